// The next film: up to ten films in their order, what SASRec names next, whom it attends to, and what the date adds.
// The list stands in the address after #, which no server gets.
(function () {
	"use strict";
	const { el, set, format, fill } = explore, { DAYS, recent, parts, scores, middle } = sasrec;
	const LENGTH = 10, MOST = 10, DAY = 86_400_000;

	function build(find, root, data, model) {
		const name = (film) => data.short[film], read = explore.reading(find), firstDay = Date.parse(data.firstDay);
		const rows = new Map(), past = [], mine = find(".next-order"), list = find(".next-list"), undo = find(".next-undo");
		const dated = find("#next-dated"), slider = find("#next-day"), table = find(".next-matrix"), bars = find(".next-measured tbody");
		const said = (day, year) => new Date(firstDay + day * DAY).toLocaleDateString("en-GB",
			{ day: "numeric", month: "long", year, timeZone: "UTC" });
		const iso = (day) => new Date(firstDay + day * DAY).toISOString().slice(0, 10);
		let order = [], shown, layer = model.layers - 1, layers, held, middles = {};

		// --- Your films ---

		function row(film) {
			const move = (by) => () => put(order.indexOf(film) + by, film);
			const button = (text, label, onclick) => el("button.explore-button", { type: "button", "aria-label": `${label} ${name(film)}`, onclick }, text);
			const grip = el("span.grip", { "aria-hidden": true }, "⠿");
			const remove = button("×", "Remove", () => {
				const at = order.indexOf(film);
				change(order.filter((other) => other !== film));
				(rows.get(order[Math.min(at, order.length - 1)])?.lastChild ?? finder).focus();
			});
			const node = el("li", grip, el("span.film", data.names[film]),
				button("↑", "Earlier:", move(-1)), button("↓", "Later:", move(1)), remove);
			grip.onpointerdown = (event) => {
				grip.setPointerCapture(event.pointerId);
				held = { film, from: order };
				node.classList.add("held");
			};
			grip.onpointermove = (event) => {
				if (held?.film !== film) return;
				const { top, height } = mine.getBoundingClientRect();
				put(Math.floor(((event.clientY - top) / height) * order.length), film);
			};
			grip.onlostpointercapture = () => {
				node.classList.remove("held");
				if (held && `${held.from}` !== `${order}`) past.push(held.from);
				held = undefined;
				set(undo, { disabled: !past.length });
			};
			return node;
		}

		function put(to, film) {
			const at = Math.max(0, Math.min(order.length - 1, to)), rest = order.filter((other) => other !== film);
			if (at !== order.indexOf(film)) change([...rest.slice(0, at), film, ...rest.slice(at)], film);
		}

		// The others move past the film that stays: it keeps focus and pointer.
		function change(to, stays, remember = true) {
			if (remember && !held) past.push(order);
			order = to;
			for (const film of [...rows.keys()].filter((film) => !order.includes(film))) {
				rows.get(film).remove();
				rows.delete(film);
			}
			for (const film of order) if (!rows.has(film)) rows.set(film, row(film));
			const those = (some) => some.map((film) => rows.get(film)), at = order.indexOf(stays);
			if (at < 0) mine.append(...those(order));
			else {
				rows.get(stays).before(...those(order.slice(0, at)));
				rows.get(stays).after(...those(order.slice(at + 1)));
			}
			finder.disabled = order.length >= MOST;
			find(".next-full").hidden = !finder.disabled;
			for (const node of find(".next-turns").children) set(node, { disabled: node === undo ? !past.length : order.length < 2 });
			show();
		}

		function shuffled() {
			const to = order.slice();
			do {
				for (let i = to.length - 1; i > 0; i--) {
					const j = Math.floor(Math.random() * (i + 1));
					[to[i], to[j]] = [to[j], to[i]];
				}
			} while (`${to}` === `${order}`);
			return to;
		}

		// --- The address: #films=133093,1375666&day=2013-06-20 ---

		function remember() {
			const hash = [`films=${order.map((film) => data.ids[film])}`, ...(dated.checked ? [`day=${iso(slider.valueAsNumber)}`] : [])].join("&");
			if (root.classList.contains("has-list")) history.replaceState(null, "", `#${hash}`);
		}

		function recall() {
			const asked = new URLSearchParams(location.hash.slice(1)), own = asked.has("films");
			const example = find(".films-people button");
			const ids = (own ? asked.get("films") : example.dataset.films).split(",").map((id) => data.ids.indexOf(Number(id)));
			const day = Math.round((Date.parse(asked.get("day")) - firstDay) / DAY);
			dated.checked = day >= Number(slider.min) && day <= Number(slider.max);
			if (dated.checked) slider.value = day;
			showDay();
			root.classList.toggle("has-list", own);
			past.length = 0;
			shown = undefined;
			change([...new Set(ids.filter((film) => film >= 0))].slice(0, MOST), undefined, false);
		}

		// --- The answer ---

		function show() {
			const day = slider.valueAsNumber, counts = dated.checked ? recent(data, day) : undefined;
			const days = `${said(day - DAYS)} to ${said(day - 1)}`, worth = counts ?? data.likes;
			remember();
			slider.closest(".explore-range").hidden = !dated.checked;
			root.classList.toggle("has-answer", order.length > 0);
			const most = formulas.top_k(Array.from(worth, (count, i) => count + data.likes[i] / 1e4), LENGTH), title = find(".next-theirs h2");
			title.textContent = counts ? fill(title.dataset.days, { days }) : title.dataset.all;
			explore.renew(find(".films-popular"), most.map((film) => el("li", el("span", name(film)), `, ${worth[film]} ratings`)));
			bars.querySelectorAll("tr").forEach((node) => node.classList.toggle("now", node.dataset.model === (counts ? "both" : "sequence")));
			if (!order.length) {
				shown = undefined;
				list.replaceChildren();
				return read("nothing");
			}
			const of = parts(model, order, counts), all = new Float32Array(scores(of));
			const ten = formulas.top_k(all, LENGTH, new Set(order));
			middles = { everybody: middles.everybody ?? middle(of.everybody), yours: middle(of.yours), dated: 0 };
			draw(ten, of, counts);
			attention(layers = of.attention);
			const before = shown, same = before && before.order.length === order.length && order.every((film) => before.order.includes(film));
			const fresh = before ? ten.filter((film) => !before.ten.includes(film)).length : 0;
			const moved = before ? ten.filter((film, rank) => before.ten.includes(film) && before.ten[rank] !== film).length : 0;
			const turned = same && `${order}` !== `${before.order}`;
			shown = { order, ten };
			read(!before ? "opened" : turned ? "ordered" : "changed",
				{ own: ten.filter((film) => !most.includes(film)).length, fresh, moved, of: counts ? ` of ${days}` : "" });
		}

		function draw(ten, of, counts) {
			const lines = ten.map((film) => [
				["everybody", "everybody", of.everybody[film] - middles.everybody],
				["your films, in order", "yours", of.yours[film] - middles.yours],
				...(counts ? [[`${counts[film]} ratings in 3 days`, "recent", of.dated[film]]] : []),
			]);
			const most = Math.max(1e-9, ...lines.flat().map(([, , value]) => Math.abs(value)));
			explore.renew(list, ten.map((film, rank) => el("li",
				el("div.head", el("b.mine", shown && !shown.ten.includes(film) ? "●" : ""), el("strong", name(film)), ` ${data.years[film]}`),
				el("ul", { "aria-label": "parts of its score" }, lines[rank].map(([why, kind, value]) => el("li", el("span.why", why),
					el(`span.bar ${kind} ${value < 0 ? "hollow" : ""}`, { style: `--part: ${Math.abs(value) / most}` }), el("span.number", format(value, 2))))))));
		}

		function attention() {
			const [weights] = layers[layer], last = weights.at(-1), most = last.indexOf(Math.max(...last));
			const cell = (place) => (_, read) => {
				const weight = weights[place][read];
				if (weight === undefined) return el("td.later");
				const much = weight > 0.5, shade = much ? 80 + 20 * weight : 80 * weight; // no shade on which neither ink is read
				return el("td", { class: much ? "much" : "little", style: `--shade: ${shade.toFixed(1)}%` }, format(100 * weight, 0));
			};
			explore.renew(table.tHead, [el("tr", el("td"), order.map((film, at) => el("th", { scope: "col", "aria-label": name(film) }, String(at + 1))))]);
			explore.renew(table.tBodies[0], order.map((film, place) =>
				el("tr", el("th", { scope: "row" }, el("span", `${place + 1} ${name(film)}`)), order.map(cell(place)))));
			const told = find(".next-most");
			told.textContent = fill(told.dataset.text, { last: name(order.at(-1)), most: most === order.length - 1 ? told.dataset.itself : name(order[most]), share: format(100 * last[most], 0) });
		}

		function measures() {
			const most = Math.max(...Object.values(model.measured).map(([, , , high]) => high)), percent = (value) => `${(100 * value) / most}%`;
			find(".next-people").textContent = model.people.toLocaleString("en-GB");
			bars.append(...Object.entries(model.measured).map(([key, [label, mean, low, high]]) => el("tr", { "data-model": key },
				el("th", { scope: "row" }, label),
				el("td", el("div.track", el(`span.bar ${key}`, { style: `width: ${percent(mean)}` }),
					el("span.error", { style: `left: ${percent(low)}; width: ${percent(high - low)}` }))),
				el("td.number", format(mean), el("span.interval", ` [${format(low)}, ${format(high)}]`)))));
		}

		const act = (to) => { root.classList.add("has-list"); change(to); };
		const finder = films.finder(find(".films-finder"), data, (film) => act([...order, film]), { has: (film) => order.includes(film) });
		for (const button of find(".films-people").querySelectorAll("button")) {
			button.onclick = () => act(button.dataset.films.split(",").map((id) => data.ids.indexOf(Number(id))));
		}
		find(".next-shuffle").onclick = () => act(shuffled());
		find(".next-reverse").onclick = () => act(order.slice().reverse());
		undo.onclick = () => { change(past.pop(), undefined, false); if (undo.disabled) finder.focus(); };
		find(".next-attention .explore-choice").onchange = (event) => { layer = Number(event.target.value); attention(); };
		set(slider, { min: DAYS, max: data.days.length, value: (Date.parse(slider.dataset.day) - firstDay) / DAY });
		explore.range(slider, () => { root.classList.add("has-list"); show(); }, (day) => said(day, "numeric"));
		const showDay = () => { slider.nextElementSibling.textContent = said(slider.valueAsNumber, "numeric"); };
		dated.onchange = () => { root.classList.add("has-list"); show(); };
		window.addEventListener("hashchange", recall);
		measures();
		recall();
	}

	films.start("next_film", build, "next_films", "next_model");
})();
