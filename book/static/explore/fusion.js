// Beat the fusion: five weights, tuned on half of the people, scored on the other half; what a learned fusion does there.
const fusion = (function () {
	"use strict";
	const { el, set, format, short, fill } = explore;
	const K = 10, TRIES = 3, RESAMPLES = 2000, SEED = 0, SEARCHED = 300, LOW = -1, HIGH = 2, STEP = 0.1;
	const SLICES = [["short history", "long history"], ["rare taste", "popular taste"], ["the best two differ", "the best two agree"]];

	// scores: person, model, candidate. ideal: what the best list would sum up to, all liked films counted, whether or not
	// they are candidates.
	const WORTH = Array.from({ length: K }, (_, i) => formulas.discount(i + 1));
	films.unpack.fusion_scores = ({ scores, steps, learned, hits, wanted, slices, ...said }) => {
		const numbers = films.numbers, bits = numbers(hits, Uint8Array);
		return {
			...said, keys: Object.keys(said.models), labels: Object.values(said.models),
			scores: numbers(scores, Int8Array), steps: numbers(steps, Float32Array), places: numbers(learned, Int8Array),
			slices: numbers(slices, Uint8Array), liked: (at) => (bits[at >> 3] >> (at & 7)) & 1,
			ideal: Array.from(numbers(wanted, Uint16Array), (n) => formulas.sum(WORTH.slice(0, n))),
		};
	};

	// --- What is computed ---

	// The weighted sum of a person's scores: one number a candidate.
	function mixed({ scores, steps, keys, candidates }, weights, person) {
		const total = new Float64Array(candidates);
		weights.forEach((weight, m) => {
			const at = person * keys.length + m, step = weight * steps[at];
			for (let c = 0; step && c < candidates; c++) total[c] += step * scores[at * candidates + c];
		});
		return total;
	}

	// NDCG@10 of a person's candidates in the order of these scores.
	function quality({ candidates, liked, ideal }, person, scores) {
		let found = 0;
		formulas.top_k(scores, K).forEach((candidate, i) => { found += liked(person * candidates + candidate) * WORTH[i]; });
		return found / ideal[person];
	}

	const of_mix = (data, weights, people) => people.map((person) => quality(data, person, mixed(data, weights, person)));

	const of_learned = (data, people) => people.map((person) =>
		quality(data, person, data.places.subarray(person * data.candidates, (person + 1) * data.candidates).map((place) => -place)));

	// A generator with a seed, mulberry32: numbers from 0 to below 1.
	function random(seed) {
		return () => {
			seed = (seed + 0x6d2b79f5) | 0;
			let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
			t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
			return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
		};
	}

	// RESAMPLES times n people out of n, with replacement; the same for all rows, so that differences are paired.
	const kept = {};
	function draws(n) {
		const next = random(SEED);
		return (kept[n] ??= Uint8Array.from({ length: RESAMPLES * n }, () => Math.floor(next() * n)));
	}

	const mean = (values) => formulas.sum(values) / values.length;
	const minus = (a, b) => a.map((value, i) => value - b[i]);

	// Mean of one value a person, and the 2.5 % and 97.5 % points of the means of the resamples.
	function interval(values) {
		const n = values.length, drawn = draws(n), means = new Float64Array(RESAMPLES);
		for (let at = 0; at < drawn.length; at++) means[(at / n) | 0] += values[drawn[at]] / n;
		means.sort();
		const point = (share) => {
			const at = share * (RESAMPLES - 1), below = Math.floor(at);
			return means[below] + (at - below) * (means[Math.min(below + 1, RESAMPLES - 1)] - means[below]);
		};
		return { mean: mean(values), low: point(0.025), high: point(0.975) };
	}

	// The best on these people of mixes drawn at random, each weight from LOW to HIGH in steps.
	function searched(data, people, next) {
		let best = { value: -1 };
		for (let i = 0; i < SEARCHED; i++) {
			const weights = data.keys.map(() => Math.round(LOW / STEP + Math.floor(next() * ((HIGH - LOW) / STEP + 1))) * STEP);
			const value = mean(of_mix(data, weights, people));
			if (value > best.value) best = { weights, value };
		}
		return best.weights.map((weight) => Number(weight.toFixed(1)));
	}

	// --- The page ---

	const signed = (x) => (x > 0 ? "+" : "") + format(x);
	const within = (label) => label.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase()); // a sentence
	const spread = ({ low, high }) => el("span.interval", ` [${format(low)}, ${format(high)}]`);
	const said = (it) => `${signed(it.mean)} [${format(it.low)}, ${format(it.high)}]`;

	function build(find, root, data) {
		const all = [...Array(data.people).keys()], own = all.slice(0, all.length / 2), hidden = all.slice(all.length / 2);
		const alone = data.keys.map((_, m) => data.keys.map((_, other) => Number(other === m)));
		const singles = alone.map((weights) => ({ own: of_mix(data, weights, own), hidden: of_mix(data, weights, hidden) }));
		const best = singles.reduce((most, { own }, m) => (mean(own) > mean(singles[most].own) ? m : most), 0);
		const result = find(".fusion-result"), button = find(".fusion-score"), again = find(".fusion-again");
		const read = explore.reading(find), tell = explore.reading((selector) => result.querySelector(selector));
		const rows = find(".fusion-table").tBodies[0], own_rows = find(".fusion-bars").tBodies[0], left = find(".fusion-left");
		const learned = { own: of_learned(data, own), hidden: of_learned(data, hidden) };
		const next = random(SEED), OPENING = data.keys.map(() => 1);
		let weights = OPENING, tries = [], round = 1, now;
		const say = (key) => { left.textContent = fill(left.dataset[key], { left: TRIES - tries.length }); };

		const sliders = data.keys.map((key, m) => {
			const id = `fusion-${key}`, label = data.labels[m];
			const range = { type: "range", id, min: LOW, max: HIGH, step: STEP }, typed = { ...range, type: "number", id: `${id}-number` };
			const slide = el("input", { ...range, oninput: () => change(m, slide.valueAsNumber) });
			const type = el("input", { ...typed, inputmode: "decimal", "aria-label": `${label}, as a number`, oninput: () => {
				const wrong = !(type.valueAsNumber >= LOW && type.valueAsNumber <= HIGH);
				set(type, { "aria-invalid": wrong && "true" });
				if (wrong) return read("refused", { model: within(label) });
				change(m, type.valueAsNumber, type);
			} });
			find(".fusion-sliders").append(el("div.fusion-weight", { style: `--model: var(--${key})` }, el("label", { for: id }, label), slide, type));
			return { slide, type };
		});

		function put(to, typing, key) {
			weights = to;
			sliders.forEach(({ slide, type }, m) => {
				slide.value = weights[m];
				set(slide, { "aria-valuetext": short(weights[m]) });
				if (type === typing) return;
				type.value = weights[m];
				set(type, { "aria-invalid": false });
			});
			show(key);
		}

		function act(...given) {
			root.classList.add("has-list");
			put(...given);
			history.replaceState(null, "", `#weights=${weights.join(",")}`);
		}

		const change = (m, value, typing) => act(weights.map((weight, other) => (other === m ? value : weight)), typing);

		function show(key) {
			const some = weights.some(Boolean), most = Math.max(...singles.map(({ own }) => mean(own)), 0.2);
			now = some && { weights, own: of_mix(data, weights, own) };
			const bar = (label, style, values) => el("tr", { class: style, style: `--model: var(--${style})` }, el("th", { scope: "row" }, label),
				el("td", el("span.bar", { style: `width: ${(100 * mean(values)) / most}%` })), el("td.number", format(mean(values))));
			explore.renew(own_rows, [...singles.map((single, m) => bar(data.labels[m], data.keys[m], single.own)),
				...(some ? [bar("Your mix", "mix", now.own)] : [])]);
			button.disabled = !some;
			if (!some) return read("nothing");
			const by = mean(now.own) - mean(singles[best].own), level = Math.abs(by) < 0.0005;
			read(level ? "level" : by < 0 ? "below" : key ?? "above",
				{ value: format(mean(now.own)), by: format(Math.abs(by)), single: within(data.labels[best]), n: SEARCHED });
			if (tries.length === TRIES) table();
			else say(round > 1 ? "again" : "left");
		}

		// --- The hidden half ---

		function score() {
			if (tries.some((other) => other.own.every((value, i) => value === now.own[i]))) return say("twice");
			tries.push({ ...now, hidden: of_mix(data, weights, hidden) });
			const over = tries.length === TRIES;
			find(".fusion-closed").hidden = true;
			result.hidden = false;
			root.classList.toggle("is-over", over);
			button.hidden = over;
			again.hidden = !over;
			if (over) again.focus();
			say(over ? "open" : round > 1 ? "again" : "left");
			table();
			const counts = counted(), mine = over ? tries[counts] : tries.at(-1);
			const it = interval(over ? minus(learned.hidden, mine.hidden) : minus(mine.hidden, singles[best].hidden));
			const { dataset } = result.querySelector(".explore-reading");
			tell(over ? "done" : "tried", {
				n: over ? counts + 1 : tries.length, value: format(mean(mine.hidden)), learned: format(mean(learned.hidden)),
				single: within(data.labels[best]), difference: said(it),
				verdict: it.low > 0 ? dataset.higher : it.high < 0 ? dataset.lower : dataset.open,
			});
			slices(mine, over ? counts : tries.length - 1, over);
		}

		// The try that is best on the reader's own half.
		const counted = () => tries.reduce((most, { own }, i) => (mean(own) > mean(tries[most].own) ? i : most), 0);

		function table() {
			const over = tries.length === TRIES, mix = (t) => t.weights.map((weight) => short(weight)).join(" · ");
			const lines = [
				...singles.map((single, m) => [data.labels[m], "", data.keys[m], single]),
				...tries.map((t, i) => [`Try ${i + 1}`, mix(t), "mix", t]),
				...(over && now ? [["Your weights now", mix(now), "mix", { ...now, hidden: of_mix(data, weights, hidden) }]] : []),
				...(over ? [["Learned fusion", "", "learned", learned]] : []),
			].map(([label, more, style, of]) => ({ label, more, style, of, level: interval(of.hidden), by: interval(minus(of.hidden, singles[best].hidden)) }));
			const least = Math.min(...lines.map(({ by }) => by.low)), most = Math.max(...lines.map(({ by }) => by.high));
			const place = (x) => 3 + (94 * (x - least)) / (most - least);
			explore.renew(rows, lines.map(({ label, more, style, of, level, by }, i) => el("tr", { class: style, style: `--model: var(--${style})` },
				el("th", { scope: "row" }, label, el("span.fusion-mix", more)),
				el("td.number", format(mean(of.own))),
				el("td.number", format(level.mean), spread(level)),
				el("td.number", i === best ? "–" : signed(by.mean), i === best ? "" : spread(by)),
				el("td.strip-cell", el("div.fusion-strip", el("span.zero", { style: `left: ${place(0)}%` }), el("span.error", { style: `left: ${place(by.low)}%; width: ${place(by.high) - place(by.low)}%` }),
					el("span.point", { style: `left: ${place(by.mean)}%` }))))));
		}

		function slices(mine, number, over) {
			const single = singles[best];
			find(".fusion-whose").textContent = `Try ${number + 1} by kinds of people`;
			explore.renew(find(".fusion-slices").tBodies[0], SLICES.flatMap((names, bit) => names.map((name, is) => {
				const some = [...hidden.keys()].filter((i) => ((data.slices[hidden[i]] >> bit) & 1) === is), of = (values) => some.map((i) => values[i]);
				const by = interval(minus(of(mine.hidden), of(single.hidden)));
				return el("tr", el("th", { scope: "row" }, name, el("span.interval", ` ${some.length}`)), el("td.number", format(mean(of(single.hidden)))),
					el("td.number", format(mean(of(mine.hidden)))), el("td.number fusion-late", over ? format(mean(of(learned.hidden))) : ""), el("td.number", signed(by.mean), spread(by)));
			})));
		}

		function restart() {
			tries = [];
			round += 1;
			root.classList.remove("is-over");
			result.hidden = again.hidden = true;
			button.hidden = find(".fusion-closed").hidden = false;
			act(OPENING);
			button.focus();
		}

		function recall() {
			const asked = (new URLSearchParams(location.hash.slice(1)).get("weights") ?? "").split(",").map(Number);
			const fits = asked.length === data.keys.length && asked.every((weight) => weight >= LOW && weight <= HIGH);
			root.classList.toggle("has-list", fits);
			put(fits ? asked : OPENING);
		}

		const everybody = find(".fusion-all"), { n, ndcg, differences } = data.measured, [by, low, high] = differences["learned minus hindsight"];
		everybody.textContent = fill(everybody.dataset.text, { n, learned: format(ndcg.learned[0]), fixed: format(ndcg.hindsight[0]), difference: said({ mean: by, low, high }) });
		for (const take of find(".fusion-mixes").querySelectorAll("[data-weights]")) take.onclick = () => act(take.dataset.weights.split(",").map(Number));
		find(".fusion-search").onclick = () => act(searched(data, own, next), undefined, "searched");
		button.onclick = score;
		again.onclick = restart;
		for (const node of [find(".fusion-own"), find(".fusion-hidden")]) node.querySelector(".fusion-people").textContent = own.length;
		find(".fusion-hidden").querySelectorAll(".fusion-single").forEach((node) => { node.textContent = within(data.labels[best]); });
		window.addEventListener("hashchange", recall);
		recall();
	}

	films.start("fusion", build, "fusion_scores");
	return { mixed, of_mix, of_learned, random, interval, searched };
})();
