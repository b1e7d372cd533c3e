// Recommend to me: ten films by three models beside the ten most popular. Nothing typed leaves the page; the list stands
// in the address after #, which no server gets.
const recommend = (function () {
	"use strict";
	const { el, set, format, fill } = explore, { sum } = formulas;
	const LENGTH = 10, MOST = 10, LIKED = 5, NOT_LIKED = 2; // stars in the copied list
	const FEW = 3, RARE = 10, SMALL_GENRE = 0.1; // likes of a person, likes of a film, share of all likes: told below that
	const models = {
		popularity: { data: "films", all: "people who liked it", scores: formulas.popularity, parts: (m) => [m.likes] },
		cosine: { data: "neighbours", scores: formulas.item_cosine, parts: (m) => [m.near, m.weights, m.kept] },
		embedding: { data: "embedding", all: "popularity", scores: formulas.embedding, parts: (m, share) => [m.vectors, m.bias, share] },
	};
	const total = (terms) => sum(terms.map(([, value]) => value));

	// The list as recsys_lib ranks it: float32, ties to the lower place, nothing chosen.
	function ranked(model, data, liked, left, share) {
		const of = models[model], parts = of.parts(data, share), scores = new Float32Array(of.scores(liked, ...parts));
		return formulas.top_k(scores, LENGTH, new Set([...liked, ...left]))
			.map((film) => ({ film, score: scores[film], terms: of.scores.terms(liked, film, ...parts) }));
	}

	// The middle of each term over all films, {film of the history, or -1: median}: a term says something of a film only
	// by what it adds more than this. A constant added to every bias changes no bar.
	function middles(model, data, liked, n) {
		const of = models[model], parts = of.parts(data, 1), columns = new Map();
		for (let i = 0; i < n; i++) {
			of.scores.terms(liked, i, ...parts).forEach(([film, value]) => {
				if (!columns.has(film)) columns.set(film, new Float64Array(n));
				columns.get(film)[i] = value;
			});
		}
		return new Map([...columns].map(([film, values]) => [film, values.sort()[n >> 1]]));
	}

	// The smallest share of the bias that was measured within the interval of the best.
	function openingShare({ shares }) {
		const [, low] = Object.values(shares).reduce((a, b) => (b[0] > a[0] ? b : a));
		return Math.min(...Object.keys(shares).filter((share) => shares[share][0] >= low));
	}

	// What was measured at each share of the bias; returns the function that marks one share.
	function sharePlot(svg, { shares, models: rivals }) {
		const rows = Object.entries(shares).map(([share, row]) => [100 * share, ...row]).sort((a, b) => a[0] - b[0]);
		const top = Math.max(...rows.map((row) => row[3]), ...Object.values(rivals).map((row) => row[0]));
		const plot = explore.plot(svg, { x: [0, 100], y: [0, 0.02 * Math.ceil(52 * top)], xTicks: [0, 25, 50, 75, 100] });
		set(svg, { "aria-label": `NDCG@10 by share of popularity: ${rows.map(([s, mean]) => `${format(mean)} at ${s} %`).join(", ")}` });
		const { X, Y, y: [low, high] } = plot, column = (k) => rows.map((row) => [row[0], row[k]]);
		plot.ink.append(el("path.band", { d: `${plot.path([...column(2), ...column(3).reverse()])}Z` }));
		plot.curve(column(1));
		plot.ink.append(...rows.map(([s, mean]) => el("circle.spot", { cx: X(s), cy: Y(mean), r: 3 })));
		for (const [key, text, x, anchor] of [["cosine", "item cosine", X(0) + 4, "start"], ["popularity", "popularity", X(100), "end"]]) {
			const y = Y(rivals[key][0]);
			plot.ink.append(el("path.rival", { d: `M${X(0)} ${y}H${X(100)}` }), el("text", { x, y: y - 4, "text-anchor": anchor }, text));
		}
		const line = el("path.now");
		plot.ink.append(line);
		return (share) => set(line, { d: `M${X(100 * share)} ${Y(low)}V${Y(high)}` });
	}

	// What the data hardly hold: few likes, a film that few like, a genre of all liked films with few likes in all.
	function thin(told, data, liked) {
		const said = liked.length < FEW ? [fill(told.few, { n: liked.length === 1 ? "one film" : "two films" })] : [];
		for (const film of liked.filter((film) => data.likes[film] < RARE)) {
			said.push(fill(told.rare, { likes: data.likes[film], film: data.short[film] }));
		}
		const all = sum([...data.likes]), shared = liked.reduce((bits, film) => bits & data.genres[film], -1);
		data.genreNames.forEach((genre, g) => {
			const share = sum([...data.likes].filter((_, i) => (data.genres[i] >> g) & 1)) / all;
			if (liked.length && (shared >> g) & 1 && share < SMALL_GENRE) said.push(fill(told.genre, { genre, share: format(100 * share, 0) }));
		});
		return said.slice(0, 3).map((text) => el("li", text));
	}

	function build(find, root, data) {
		const compact = root.dataset.compact !== undefined, name = (film) => data.short[film];
		const chosen = new Map(); // film → liked
		const those = (liked) => [...chosen.keys()].filter((film) => chosen.get(film) === liked);
		const read = explore.reading(find);
		const mine = find(".films-chosen"), list = find(".films-list"), curve = find(".films-share"), rare = find(".films-thin");
		const copying = find(".films-copy"), [button, told, area] = copying.children;
		const by = find(".films-settings").querySelectorAll("[name=recommend-by]");
		let model = "embedding", share, before, kept = {};

		const add = (film) => { chosen.set(film, true); changed(); };
		const finder = films.finder(find(".films-finder"), data, add, chosen);
		find(".explore-choice").onchange = (event) => { model = event.target.value; show(); };
		for (const person of find(".films-people").querySelectorAll("button")) {
			person.onclick = () => {
				chosen.clear();
				for (const id of person.dataset.likes.split(",")) chosen.set(data.ids.indexOf(Number(id)), true);
				changed().then(() => { if (compact) find(".films-yours").scrollIntoView({ block: "nearest" }); });
			};
		}

		// The list in the address: #likes=1214,541&not=2&by=cosine
		function remember() {
			const ids = (liked) => those(liked).map((film) => data.ids[film]).join();
			const parts = [["likes", ids(true)], ["not", ids(false)], ["by", chosen.size && model !== "embedding" ? model : ""]];
			const hash = parts.filter(([, value]) => value).map((part) => part.join("=")).join("&");
			if (hash || chosen.size || /^#(likes|not)=/.test(location.hash)) history.replaceState(null, "", `#${hash}`);
			root.classList.toggle("has-list", chosen.size > 0);
			if (compact) set(onward, { href: `explore/recommend.html#${hash}` });
		}
		function recall() {
			const said = new URLSearchParams(location.hash.slice(1));
			chosen.clear();
			for (const [key, liked] of [["likes", true], ["not", false]]) {
				for (const id of (said.get(key) ?? "").split(",").filter(Boolean)) {
					const film = data.ids.indexOf(Number(id));
					if (film >= 0 && chosen.size < MOST) chosen.set(film, liked);
				}
			}
			if (models[said.get("by")]) model = said.get("by");
			by.forEach((input) => { input.checked = input.value === model; });
			changed();
		}

		function changed() {
			mine.replaceChildren(...[...chosen].map(([film, liked], place) => {
				const box = el("input", { type: "checkbox", checked: liked, onchange() { chosen.set(film, box.checked); show(); } });
				const remove = () => {
					chosen.delete(film);
					changed();
					(mine.children[place]?.querySelector("button") ?? finder).focus();
				};
				return el("li", el("span.film", data.names[film]),
					compact ? "" : el("label", box, el("span.explore-heard", name(film)), " liked"),
					el("button.explore-button", { type: "button", "aria-label": `Remove ${name(film)}`, onclick: remove }, "×"));
			}));
			finder.disabled = chosen.size >= MOST;
			if (finder.disabled) mine.lastChild.querySelector("button").focus();
			find(".films-full").hidden = !finder.disabled;
			return show();
		}

		// What everybody likes, the films that count most, the rest as one: each less its middle.
		function because({ terms }, middle) {
			const above = terms.map(([film, value]) => [film, value - (film < 0 && model === "embedding" ? share : 1) * middle.get(film)]);
			const part = model !== "embedding" || share === 1 ? "" : `, ${format(100 * share, 0)} %`;
			const bias = above.filter(([film]) => film < 0).map(([, value]) => [models[model].all + part, value, "everybody"]);
			const own = above.filter(([film, value]) => film >= 0 && value).sort((a, b) => b[1] - a[1]);
			const rest = own.length > 4 ? own.splice(3) : [];
			const rows = [...bias, ...own.map(([film, value]) => [name(film), value])];
			if (rest.length) rows.push([`your ${rest.length} others`, total(rest)]);
			return rows;
		}

		const head = (film, popular) => el("div.head", el("b.mine", popular.has(film) ? "" : "●"), el("strong", name(film)), ` ${data.years[film] || ""}`);

		function draw(entries, liked) {
			const most_liked = ranked("popularity", data, liked, those(false)).map(({ film }) => film), popular = new Set(most_liked);
			const key = `${model} ${liked}`, middle = compact ? null : (kept[key] ??= middles(model, films.now(models[model].data), liked, data.n));
			kept = { [key]: middle };
			const reasons = entries.map((entry) => (compact ? [] : because(entry, middle)));
			const most = Math.max(1e-9, ...reasons.flat().map(([, value]) => Math.abs(value)));
			const number = (value) => el("span.number", format(value, model === "popularity" ? 0 : 2));
			explore.renew(list, entries.map(({ film }, rank) => el("li", head(film, popular),
				reasons[rank].length ? el("ul", { "aria-label": "because of" }, reasons[rank].map(([why, value, kind = ""]) => el("li", el("span.why", why),
					el(`span.bar ${kind} ${value < 0 ? "hollow" : ""}`, { style: `--part: ${Math.abs(value) / most}` }), number(value))))
					: el("p.explore-note", compact ? "" : list.dataset.filled))));
			list.className = `films-list by-${model}`;
			const now = entries.map(({ film }) => film), fresh = before ? ` New in the list: ${now.filter((film) => !before.includes(film)).length}.` : "";
			before = now;
			explore.renew(find(".films-popular"), most_liked.map((film) => el("li", el("span", name(film)), ` ${data.years[film] || ""}`)));
			const own = now.filter((film) => !popular.has(film)).length;
			read(model === "popularity" ? "popularity" : own ? "some" : "same", { own, fresh });
		}

		async function show() {
			const wanted = model, liked = those(true);
			remember();
			button.disabled = !chosen.size;
			told.textContent = "";
			area.hidden = true;
			explore.renew(rare, thin(rare.dataset, data, liked).filter(() => liked.length));
			root.dataset.waiting = "";
			try {
				const numbers = await films.load(models[wanted].data);
				if (wanted !== model) return;
				if (wanted === "embedding" && share === undefined) openShare(numbers.measured);
				curve.hidden = wanted !== "embedding";
				const answered = liked.length > 0 || wanted === "popularity";
				root.classList.toggle("has-answer", answered);
				if (answered) return draw(ranked(wanted, numbers, liked, those(false), share), liked);
				before = undefined;
				list.replaceChildren();
				read(chosen.size ? "alone" : "nothing");
			} catch (error) {
				root.classList.add("has-answer");
				list.replaceChildren(el("li", { role: "alert" }, error.message));
			} finally {
				if (wanted === model) delete root.dataset.waiting;
			}
		}

		function openShare(measured) {
			const mark = sharePlot(find("svg"), measured), input = find("#films-share");
			share = openingShare(measured);
			input.value = 100 * share;
			explore.range(input, (value) => { share = value / 100; mark(share); before = undefined; show(); }, (value) => `${value} %`);
			mark(share);
		}

		// The chosen films as a file that read_csv reads.
		async function copy() {
			const rows = [...chosen].map(([film, liked]) => `me,${data.ids[film]},${liked ? LIKED : NOT_LIKED}\n`);
			const text = `user,item,rating\n${rows.join("")}`, field = area.lastElementChild;
			try {
				await navigator.clipboard.writeText(text);
				told.textContent = fill(told.dataset.copied, { n: rows.length });
			} catch { // refused, or there is none
				area.hidden = false;
				field.value = text;
				field.focus();
				field.select();
				told.textContent = told.dataset.refused;
			}
		}

		const onward = el("a", { href: "explore/recommend.html" }, "See why, change the model, and keep the list");
		if (compact) {
			copying.remove();
			find(".films-bars").remove();
			find(".films-entry").append(...find(".films-answer").querySelectorAll("p, ul.films-thin"));
			find(".films-theirs").after(find(".films-key"), el("p.films-onward", onward));
		}
		button.onclick = copy;
		window.addEventListener("hashchange", () => { if (/^#(likes|not)=/.test(location.hash) || !location.hash) recall(); });
		recall();
	}

	films.start("recommend", build, "films");
	return { ranked, models, middles };
})();
