// Recommend to me: ten films by three models, and the terms of each score. Nothing typed leaves the page.
const recommend = (function () {
	"use strict";
	const { el, set, format } = explore, { sum } = formulas;
	const LENGTH = 10, MOST = 10, LIKED = 5, NOT_LIKED = 2; // stars in the copied list
	const OPENING = [1214, 2571, 541]; // Alien, The Matrix, Blade Runner
	const models = {
		popularity: { data: "films", all: "people who liked it", scores: formulas.popularity, parts: (m) => [m.likes] },
		cosine: { data: "neighbours", scores: formulas.item_cosine, parts: (m) => [m.near, m.weights, m.kept] },
		embedding: { data: "embedding", all: "popularity", scores: formulas.embedding, parts: (m, share) => [m.vectors, m.bias, share] },
	};
	const ofAll = ([film]) => film < 0; // a term that is the same for everybody
	const total = (terms) => sum(terms.map(([, value]) => value));

	// The list as recsys_lib ranks it: float32, ties to the lower place, nothing chosen.
	function ranked(model, data, liked, left, share) {
		const of = models[model], parts = of.parts(data, share), scores = new Float32Array(of.scores(liked, ...parts));
		return formulas.top_k(scores, LENGTH, new Set([...liked, ...left]))
			.map((film) => ({ film, score: scores[film], terms: of.scores.terms(liked, film, ...parts) }));
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

	function build(find, root, data) {
		const compact = root.dataset.compact !== undefined, name = (film) => data.short[film];
		const chosen = new Map(OPENING.map((id) => [data.ids.indexOf(id), true])); // film → liked
		const those = (liked) => [...chosen.keys()].filter((film) => chosen.get(film) === liked);
		const read = explore.reading(find);
		const mine = find(".films-chosen"), list = find(".films-list"), curve = find(".films-share");
		const copying = find(".films-copy"), [button, told, area] = copying.children;
		let model = "embedding", share, before;

		const finder = films.finder(find(".films-finder"), data, (film) => { chosen.set(film, true); changed(); }, chosen);
		find(".explore-choice").onchange = (event) => { model = event.target.value; show(); };

		function changed() {
			mine.replaceChildren(...[...chosen].map(([film, liked], place) => {
				const box = el("input", { type: "checkbox", checked: liked, onchange() { chosen.set(film, box.checked); show(); } });
				const remove = () => {
					chosen.delete(film);
					changed();
					(mine.children[place]?.querySelector("button") ?? finder).focus();
				};
				return el("li", el("span.film", data.names[film]),
					el("label", box, el("span.explore-heard", name(film)), " liked"),
					el("button.explore-button", { type: "button", "aria-label": `Remove ${name(film)}`, onclick: remove }, "×"));
			}));
			finder.disabled = chosen.size >= MOST;
			if (finder.disabled) mine.lastChild.querySelector("button").focus();
			find(".films-few").hidden = chosen.size >= 3;
			find(".films-more").hidden = finder.disabled;
			find(".films-full").hidden = !finder.disabled;
			show();
		}

		// What everybody likes, the films that count most, the rest as one.
		function because({ terms }) {
			const part = model !== "embedding" || share === 1 ? "" : `, ${format(100 * share, 0)} %`;
			const bias = terms.filter(ofAll).map(([, value]) => [models[model].all + part, value, "everybody"]);
			const kept = terms.filter(([film, value]) => film >= 0 && value).sort((a, b) => b[1] - a[1]);
			const room = compact ? 2 : 4, rest = kept.length > room ? kept.splice(room - 1) : [];
			const rows = [...bias, ...kept.map(([film, value]) => [name(film), value])];
			if (rest.length) rows.push([`your ${rest.length} others`, total(rest)]);
			return rows;
		}

		function draw(entries) {
			const reasons = entries.map(because), most = Math.max(...reasons.flat().map(([, value]) => Math.abs(value)));
			const number = (value) => el("span.number", format(value, model === "popularity" ? 0 : 2));
			explore.renew(list, entries.map(({ film, score }, rank) => el("li",
				el("div.head", el("strong", name(film)), ` ${data.years[film] || ""}`, number(score)),
				reasons[rank].length ? el("ul", { "aria-label": "because of" }, reasons[rank].map(([why, value, kind = ""]) => el("li", el("span.why", why),
					el(`span.bar ${kind} ${value < 0 ? "hollow" : ""}`, { style: `--part: ${Math.abs(value) / most}` }), number(value))))
					: el("p.explore-note", list.dataset.filled))));
			list.className = `films-list by-${model}`;
			const now = entries.map(({ film }) => film), fresh = before ? ` New: ${now.filter((film) => !before.includes(film)).length} of ten.` : "";
			before = now;
			const all = sum(entries.map(({ score }) => score)), part = total(entries.flatMap(({ terms }) => terms.filter(ofAll)));
			read(model === "cosine" && !reasons[0].length ? "filled" : part > all ? "over" : model, { first: name(now[0]), film: reasons[0][0]?.[0],
				share: format((100 * part) / all, 0), fresh });
		}

		async function show() {
			const wanted = model, liked = those(true);
			button.disabled = !chosen.size;
			told.textContent = "";
			area.hidden = true;
			root.dataset.waiting = "";
			try {
				const numbers = await films.load(models[wanted].data);
				if (wanted !== model) return;
				if (wanted === "embedding" && share === undefined) openShare(numbers.measured);
				curve.hidden = compact || wanted !== "embedding";
				if (liked.length || wanted === "popularity") return draw(ranked(wanted, numbers, liked, those(false), share));
				before = 0;
				list.replaceChildren();
				read(`${wanted}Alone`);
			} catch (error) {
				list.replaceChildren(el("li", { role: "alert" }, error.message));
			} finally {
				if (wanted === model) delete root.dataset.waiting;
			}
		}

		function openShare(measured) {
			const mark = sharePlot(find("svg"), measured), input = find("#films-share");
			share = openingShare(measured);
			input.value = 100 * share;
			explore.range(input, (value) => { share = value / 100; mark(share); before = 0; show(); }, (value) => `${value} %`);
			mark(share);
		}

		// The chosen films as a file that read_csv reads.
		async function copy() {
			const rows = [...chosen].map(([film, liked]) => `me,${data.ids[film]},${liked ? LIKED : NOT_LIKED}\n`);
			const text = `user,item,rating\n${rows.join("")}`, field = area.lastElementChild;
			try {
				await navigator.clipboard.writeText(text);
				told.textContent = explore.fill(told.dataset.copied, { n: rows.length });
			} catch { // refused, or there is none
				area.hidden = false;
				field.value = text;
				field.focus();
				field.select();
				told.textContent = told.dataset.refused;
			}
		}
		if (compact) copying.remove();
		button.onclick = copy;
		changed();
	}

	films.start("recommend", build, "films");
	return { ranked, models };
})();
