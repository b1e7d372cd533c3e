// A list put in order by hand and measured six ways; then five models under three contests.
(function () {
	"use strict";
	const { el, set, short, format, range, reading } = explore, { sum, discount } = formulas;

	// Precision, recall, average precision and NDCG of a list by each library's definition, as in Evaluation.
	function definitions(hit, n) {
		const k = hit.length, few = Math.min(k, n), found = sum(hit);
		const precisions = sum(hit.map((h, r) => (h * sum(hit.slice(0, r + 1))) / (r + 1)));
		const dcg = (list, worth) => sum(list.map((h, r) => h * worth(r + 1)));
		const ndcg = (worth, places) => dcg(hit, worth) / dcg(Array(places).fill(1), worth);
		return {
			"trec_eval, ranx, this book": [found / k, found / n, precisions / n, ndcg(discount, few)],
			Cornac: [found / k, found / n, NaN, ndcg(discount, few)],
			RecBole: [found / k, found / n, precisions / few, ndcg(discount, few)],
			implicit: [found / few, NaN, precisions / few, ndcg(discount, few)],
			RecTools: [found / k, found / n, precisions / n, ndcg(discount, k)],
			LensKit: [found / k, found / few, precisions / few, ndcg((rank) => 1 / Math.log2(Math.max(rank, 2)), few)],
		};
	}

	function ownList(find) {
		const say = reading(find), list = find(".results");
		let order;
		const items = Array.from(list.children, (row, item) => {
			const [grip, { textContent: film }, , box] = row.children;
			const move = (to) => { moveItem(item, Math.max(0, Math.min(9, to))); update(item); };
			box.onchange = () => update();
			grip.onkeydown = (event) => {
				const at = order.indexOf(item);
				const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: 9 }[event.key];
				if (to === undefined) return;
				event.preventDefault();
				move(to);
			};
			grip.onpointerdown = (event) => { grip.setPointerCapture(event.pointerId); row.classList.add("held"); };
			grip.onlostpointercapture = () => row.classList.remove("held");
			grip.onpointermove = (event) => {
				if (!grip.hasPointerCapture(event.pointerId)) return;
				const { top, height } = list.getBoundingClientRect(), to = Math.floor(((event.clientY - top) / height) * 10);
				if (to !== order.indexOf(item)) move(to);
			};
			return { row, grip, film, box };
		});

		// The neighbours move past it, so that the row keeps focus and pointer.
		function moveItem(item, to) {
			order.splice(to, 0, ...order.splice(order.indexOf(item), 1));
			items[item].row.before(...rows(order.slice(0, to)));
			items[item].row.after(...rows(order.slice(to + 1)));
		}

		const rows = (places) => places.map((item) => items[item].row);
		const relevant = (item) => Number(items[item].box.checked);
		function arrange(to) {
			order = to;
			list.append(...rows(order));
			update();
		}
		const sorted = (sign) => arrange([...order].sort((a, b) => sign * (relevant(b) - relevant(a))));

		function begin() { // the chapter's list
			items.forEach(({ box }) => { box.checked = box.defaultChecked; });
			k.reset();
			missed.reset();
			arrange([...items.keys()]);
		}

		function update(moved) {
			const K = k.valueAsNumber, shown = order.slice(0, K);
			const wanted = [...order.filter(relevant), ...Array.from({ length: missed.valueAsNumber }, (_, i) => 10 + i)];
			const hit = shown.map(relevant), n = wanted.length;
			order.forEach((item, at) => {
				const { row, grip, film } = items[item];
				row.classList.toggle("beyond", at >= K);
				row.classList.toggle("cut", at === K - 1);
				set(grip, { "aria-label": `Move ${film}, at rank ${at + 1} of 10: arrow keys up and down, or drag` });
			});
			const at = hit.flatMap((h, r) => (h ? [r + 1] : [])), found = at.length, none = "no hit";
			const discounts = (ranks) => ranks.map((r) => short(discount(r))).join(" + ");
			const written = {
				hit_rate: found ? "a hit is there" : none,
				precision: `${found}/${K}`,
				recall: `${found}/${n}`,
				reciprocal_rank: found ? `1/${at[0]}` : none,
				average_precision: found ? `(${at.map((r, i) => `${i + 1}/${r}`).join(" + ")}) / ${n}` : none,
				ndcg: `(${discounts(at) || 0}) / (${discounts(hit.slice(0, n).map((_, r) => r + 1))})`,
			};
			for (const row of find(".values tbody").rows) {
				const { measure } = row.dataset, [, number, bar, terms] = row.cells, value = formulas[measure](shown, wanted);
				number.textContent = format(value);
				bar.firstChild.style.width = `${n ? 100 * value : 0}%`;
				terms.textContent = n ? written[measure] : "nothing is relevant";
			}
			const all = Object.entries(definitions(hit, n)), ours = all[0][1];
			const cell = (value, i) => (Math.abs(value - ours[i]) > 1e-9 ? el("td.number differs", `≠ ${format(value)}`)
				: el("td.number", format(n ? value : NaN)));
			find(".others tbody").replaceChildren(...all.map(([library, values]) =>
				el("tr", el("th", { scope: "row" }, library), values.map(cell))));
			const ndcgs = new Set(all.map(([, values]) => format(values[3]))).size;
			say(n ? "hits" : "nothing", {
				moved: moved === undefined ? "" : `${items[moved].film} is at rank ${order.indexOf(moved) + 1}. `,
				ranks: found ? `rank${found > 1 ? "s" : ""} ${at.join(", ")}` : "no rank",
				k: K, n, ndcg: format(formulas.ndcg(shown, wanted)), precision: format(formulas.average_precision(shown, wanted)),
				different: ndcgs,
			});
		}

		const k = range(find("#metrics-k"), () => update()), missed = range(find("#metrics-missed"), () => update());
		find(".metrics-first").onclick = () => sorted(1);
		find(".metrics-last").onclick = () => sorted(-1);
		find(".metrics-begin").onclick = begin;
		begin();
	}

	// --- Three contests ---

	function contests(find, data) {
		const say = reading(find), body = find("tbody");
		const rows = Object.fromEntries(Array.from(body.rows, (row) => [row.cells[0].textContent, row]));
		const names = Array.from(find(".explore-choice div").children, (label) => label.textContent);
		const orders = names.map((_, c) => Object.keys(rows).sort((a, b) => data.models[b][c][0] - data.models[a][c][0]));
		const rank = (model, c) => orders[c].indexOf(model);
		let before = 0;

		for (const model in rows) {
			rows[model].querySelectorAll(".place").forEach((cell, c) => { cell.textContent = rank(model, c) + 1; });
		}

		function show(c) {
			const most = Math.max(...Object.values(data.models).map((model) => model[c][2])), percent = (value) => `${(100 * value) / most}%`;
			orders[c].forEach((model, now) => {
				const row = rows[model], [mean, low, high] = data.models[model][c];
				const [bar, error] = row.querySelector(".track").children, [number, interval] = row.cells[2].children;
				bar.style.width = percent(mean);
				Object.assign(error.style, { left: percent(low), width: percent(high - low) });
				number.textContent = format(mean);
				interval.textContent = ` [${format(low)}, ${format(high)}]`;
				body.append(row);
				const moved = [{ translate: `0 ${100 * (rank(model, before) - now)}%` }, { translate: 0 }];
				if (!matchMedia("(prefers-reduced-motion: reduce)").matches) row.animate(moved, { duration: 350 });
			});
			find(".contests").dataset.shown = c;
			before = c;
			const [winner, , , , last] = orders[c];
			say(c ? "rivals" : "whole", { contest: names[c], winner, last, value: format(data.models[winner][c][0]),
				before: rank(winner, 0) + 1, after: rank(last, 2) + 1 });
		}
		find(".explore-choice").onchange = (event) => show(Number(event.target.value));
		find(".metrics-users").textContent = data.users;
		show(0);
	}

	explore.start("metrics", (page, root) => {
		ownList((selector) => page(`.metrics-own ${selector}`));
		const find = (selector) => page(`.metrics-contests ${selector}`), waiting = find(".metrics-waiting");
		root.dataset.waiting = "";
		explore.load("contests").then((data) => {
			contests(find, data);
			waiting.nextElementSibling.hidden = false;
			waiting.remove();
		}).catch((error) => waiting.replaceWith(el("p", { role: "alert" }, error.message)))
			.finally(() => { delete root.dataset.waiting; });
	});
})();
