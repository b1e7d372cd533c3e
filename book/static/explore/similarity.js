// Five similarities over a small table that the reader edits; the formula with these numbers in it.
(function () {
	"use strict";
	const { el, set, short, format } = explore, { sum } = formulas;
	const signed = (x) => (x < 0 ? `(${short(x)})` : short(x));
	const letter = (u) => "ABCDEFGH"[u], people = (users) => users.map(letter).join(", ");
	const list = (words) => (words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words[0]);
	const mean = (values) => sum(values) / values.length;
	const mark = (j, attributes) => el(`use.mark mark-${j}`, { href: `#mark-${j}`, ...attributes });

	explore.start("similarity", (find) => {
		const presets = JSON.parse(find("script").textContent);
		const say = explore.reading(find);
		const beta = explore.range(find("#similarity-beta"), () => update());
		let state;

		function begin(key) {
			state = structuredClone(presets[key]);
			beta.reset();
			ratings();
			choice("target", [...state.films.keys()]);
			find(`.similarity-measure [value=${state.measure}]`).checked = true;
			others();
		}

		function ratings() {
			const limits = state.numbers ? { min: -5, max: 5, step: 1 } : { min: 0.5, max: 5, step: 0.5 };
			find(".ratings thead").replaceChildren(el("tr", el("td"), state.films.map((film) => el("th", { scope: "col" }, film))));
			const field = (row, u, value, i) => {
				const who = `${letter(u)} gives ${state.films[i]}`;
				const input = el("input", { type: "number", inputmode: "decimal", ...limits, value: value ?? "", placeholder: "–", "aria-label": who });
				input.oninput = () => {
					const { badInput, rangeUnderflow, rangeOverflow } = input.validity, wrong = badInput || rangeUnderflow || rangeOverflow;
					set(input, { "aria-invalid": wrong && "true" });
					row[i] = wrong || input.value === "" ? null : input.valueAsNumber;
					update();
					if (wrong) say("refused", { who, min: short(limits.min), max: limits.max });
				};
				return el("td", input);
			};
			find(".ratings tbody").replaceChildren(...state.table.map((row, u) =>
				el("tr", el("th", { scope: "row" }, letter(u)), row.map((value, i) => field(row, u, value, i)))));
			find(".similarity-stars").hidden = state.numbers;
			find(".similarity-numbers").hidden = !state.numbers;
		}

		// Radio buttons for these films; the one pressed becomes state[what].
		function choice(what, films) {
			find(`.similarity-${what} div`).replaceChildren(...films.map((i) => el("label",
				el("input", { type: "radio", name: `similarity-${what}`, value: i, checked: i === state[what] }), el("span", state.films[i]))));
		}

		function others() {
			const films = [...state.films.keys()].filter((i) => i !== state.target);
			if (state.other === state.target) state.other = films[0];
			find(".similarity-other legend").textContent = `${state.films[state.target]} with`;
			choice("other", films);
			update();
		}

		// likes as the library's models see them: a stored 1, or nothing
		const likes = () => state.table.map((row) => row.map((r) => (state.numbers ? r || null : r >= 4 ? 1 : null)));
		const seen = (measure) => (["pearson", "adjusted_cosine"].includes(measure) ? state.table : likes());

		function update() {
			const { films, target } = state, [n] = formulas.common_raters(state.table, [target]), b = beta.valueAsNumber, nearest = {};
			for (const row of find(".similarity-order tbody").rows) {
				const { measure } = row.dataset, [name, strip, text] = row.cells;
				const matrix = seen(measure), s = formulas[measure](matrix, [target])[0].map((value, j) => (b ? formulas.shrink(value, n[j], b) : value));
				const order = formulas.top_k(s, s.length - 1, new Set([target])), top = s[order[0]];
				const best = order.filter((j) => s[j] === top);
				const alone = best.length === 1 && top > 0;
				(nearest[top > 0 ? list(best.map((j) => films[j])) : "none above 0"] ??= []).push([name.textContent, alone ? n[best[0]] : Infinity]);
				draw(strip.firstChild, measure === "dot", matrix !== state.table, s, order);
				text.replaceChildren(...order.map((j, at) => el("span", at ? (s[j] === s[order[at - 1]] ? " = " : " > ") : "", films[j], " ",
					el("b", measure === "dot" ? short(s[j]) : format(s[j])))));
			}
			find(".similarity-order .legend").replaceChildren("Common raters (n): ", ...films.flatMap((film, j) => (j === target ? [] : [
				el("span", el("svg", { viewBox: "-8 -8 16 16", width: 14, height: 14, "aria-hidden": "true" }, mark(j)), ` ${film} ${n[j]} `)])));
			const told = Object.entries(nearest).map(([film, by]) => {
				const [[, raters]] = by;
				const measures = by.length === 5 ? "all five" : list(by.map(([name]) => name));
				return `${film} by ${measures}${raters < 3 ? ` (${raters} common rater${raters === 1 ? "" : "s"})` : ""}`;
			});
			say("nearest", { film: films[target], told: told.join("; ") });
			write(n[state.other]);
		}

		function draw(strip, dot, binary, s, order) {
			const [, origin, left, right, marks] = strip.children;
			const high = dot ? Math.max(1, ...order.map((j) => Math.abs(s[j]))) : 1;
			const low = binary && !state.numbers ? 0 : -high, X = (v) => 26 + ((v - low) / (high - low)) * 168;
			set(origin, { x1: X(0), x2: X(0) });
			left.textContent = short(low, 1);
			right.textContent = short(high, 1);
			marks.replaceChildren(...order.toReversed().map((j) => mark(j, { transform: `translate(${X(s[j])} 13)` })));
		}

		// --- The formula with these numbers in it ---

		const fraction = (top, bottom) => el("span.fraction", el("span", top), el("span.explore-heard", " divided by "), el("span", bottom));
		const products = (a, b) => a.map((x, r) => `${signed(x)}·${signed(b[r])}`).join(" + ");
		const lengths = (...columns) => columns.map((a) => `√(${a.map((x) => `${signed(x)}²`).join(" + ")})`).join(" · ");

		function write(n) {
			const { films, target: i, other: j, measure } = state;
			const matrix = seen(measure), value = formulas[measure](matrix, [i])[0][j];
			const users = [...matrix.keys()], rated = (u, item) => matrix[u][item] !== null;
			const both = users.filter((u) => rated(u, i) && rated(u, j)), either = users.filter((u) => rated(u, i) || rated(u, j));
			const means = [i, j].map((item) => mean(both.map((u) => matrix[u][item]))), d = formulas.deviations(matrix);
			const own = both.map((u) => `${letter(u)} ${short(mean(matrix[u].filter((r) => r !== null)))}`);
			const terms = find(".similarity-terms"), shown = [];
			const say = (key, values) => shown.push(el("p", explore.fill(terms.dataset[key], values)));
			function equation(top, bottom, ...lower) {
				shown.push(el("p", bottom ? fraction(top, bottom) : top, ` = ${short(value)}`));
				if (lower.some((a) => a.every((x) => Math.abs(x) < 1e-9))) say("zero");
			}

			if (measure === "jaccard") {
				say("jaccard", { verb: state.numbers ? "In" : "Like", both: people(both) || "nobody", either: people(either) || "nobody" });
				equation(String(both.length), String(either.length), [either.length]);
			} else if (measure === "dot" || measure === "cosine") {
				const [a, b] = [i, j].map((item) => matrix.map((row) => row[item] ?? 0));
				say("products", { users: people(users) });
				equation(products(a, b), ...(measure === "dot" ? [] : [lengths(a, b), a, b]));
			} else if (!both.length) {
				say("nobody");
			} else {
				const [a, b] = [i, j].map((item, k) => both.map((u) => (measure === "pearson" ? matrix[u][item] - means[k] : d[u][item])));
				say(measure, { both: people(both), own: own.join(", "), film: films[i], mean: short(means[0]), other: films[j], otherMean: short(means[1]) });
				equation(products(a, b), lengths(a, b), a, b);
			}
			if (beta.valueAsNumber) {
				say("shrunk", { value: signed(value), n, beta: beta.value, shrunk: short(formulas.shrink(value, n, beta.valueAsNumber)) });
			}
			terms.replaceChildren(...shown);
		}

		find(".similarity-presets").onclick = ({ target: { value } }) => value && begin(value);
		find(".similarity-target").onchange = (event) => { state.target = Number(event.target.value); others(); };
		find(".similarity-measure").onchange = (event) => { state.measure = event.target.value; update(); };
		find(".similarity-other").onchange = (event) => { state.other = Number(event.target.value); update(); };
		begin("chapter");
	});
})();
