// SASRec in the page: reads films in their order, scores what comes next, says whom its attention reads; ratings by day.
// Arrays by the names of SASRec.weights() in recsys_lib; a test compares the scores with Keras.
const sasrec = (function () {
	"use strict";
	const { numbers } = films, DAYS = 3;

	films.unpack.next_films = (data) => ({ ...films.unpack.films(data), firstDay: data.firstDay, days: byDay(data) });
	films.unpack.next_model = ({ whole, steps, floats, ...said }) => ({
		...said,
		...Object.fromEntries(Object.entries(whole).map(([name, text]) =>
			[name, Float32Array.from(numbers(text, Int8Array), (value) => value * steps[name])])),
		...Object.fromEntries(Object.entries(floats).map(([name, text]) => [name, numbers(text, Float32Array)])),
	});

	// Films rated on each day, one entry a rating. Stored as the gaps between sorted film · n_days + day; 255 goes on.
	function byDay({ nDays, gaps }) {
		const days = Array.from({ length: nDays }, () => []);
		let code = 0;
		for (const gap of numbers(gaps, Uint8Array)) {
			code += gap;
			if (gap < 255) days[code % nDays].push((code / nDays) | 0);
		}
		return days;
	}

	// Ratings of each film in the three days before a day.
	function recent({ days, n }, day) {
		const counts = new Uint16Array(n);
		for (const film of days.slice(Math.max(0, day - DAYS), day).flat()) counts[film] += 1;
		return counts;
	}

	// --- The model ---

	// x W (+ b): x of d numbers, W flat, a row for each of them.
	function times(x, weights, bias) {
		const n = weights.length / x.length, out = bias ? Float64Array.from(bias) : new Float64Array(n);
		x.forEach((value, i) => { for (let j = 0; j < n; j++) out[j] += value * weights[i * n + j]; });
		return out;
	}

	const plus = (x, y) => x.map((value, f) => value + y[f]);

	function norm(x, gamma, beta) {
		const mean = formulas.sum(x) / x.length, centred = x.map((value) => value - mean);
		const scale = Math.sqrt(formulas.sum(centred.map((value) => value * value)) / x.length + 1e-6);
		return centred.map((value, f) => (value / scale) * gamma[f] + beta[f]);
	}

	// Each place reads itself and what stands before it; weights[head][place][read].
	function attend(queries, keys, values, heads) {
		const size = queries[0].length / heads, out = queries.map((query) => new Float64Array(query.length));
		const weights = Array.from({ length: heads }, (_, head) => queries.map((query, place) => {
			const part = (x) => x.subarray(head * size, (head + 1) * size), mine = part(query);
			const agree = (key) => formulas.sum(mine.map((value, f) => value * part(key)[f])) / Math.sqrt(size);
			const row = formulas.softmax(keys.slice(0, place + 1).map(agree));
			row.forEach((weight, read) => part(values[read]).forEach((value, f) => { out[place][head * size + f] += weight * value; }));
			return row;
		}));
		return { out, weights };
	}

	// The vector of the last place, and the attention of each layer.
	function encode(model, history) {
		const { d, layers, heads } = model, row = (table, i) => model[table].subarray(i * d, (i + 1) * d), attention = [], first = model.positions.length / d - history.length; // places count from the end
		let x = history.map((film, place) => plus(Float64Array.from(row("items", film)), row("positions", first + place)));
		for (let layer = 0; layer < layers; layer++) {
			const of = (name) => model[`${layer}.${name}`], normed = (name) => (v) => norm(v, of(`${name}.gamma`), of(`${name}.beta`));
			const read = x.map(normed("norm_1")), [q, k, v] = ["query", "key", "value"].map((name) => read.map((z) => times(z, of(name))));
			const { out, weights } = attend(q, k, v, heads);
			x = x.map((z, place) => plus(z, times(out[place], of("output"))));
			const dense = (z) => times(times(z, of("first.kernel"), of("first.bias")).map((a) => Math.max(0, a)), of("second.kernel"), of("second.bias"));
			x = x.map((z) => plus(z, dense(normed("norm_2")(z))));
			attention.push(weights);
		}
		return { hidden: norm(x.at(-1), model["norm.gamma"], model["norm.beta"]), attention };
	}

	// The parts of every film's score: what everybody gets, your films in this order, the last days.
	function parts(model, history, counts) {
		const { hidden, attention } = encode(model, history), { d, items, bias } = model, shared = model["norm.beta"];
		const everybody = new Float64Array(bias.length), yours = new Float64Array(bias.length);
		for (let i = 0; i < bias.length; i++) {
			let all = bias[i], own = 0;
			for (let f = 0, at = i * d; f < d; f++, at++) {
				all += shared[f] * items[at];
				own += (hidden[f] - shared[f]) * items[at];
			}
			everybody[i] = all;
			yours[i] = own;
		}
		const dated = counts && Float64Array.from(counts, (count) => model.dateWeight * Math.log1p(count));
		return { everybody, yours, dated, attention };
	}

	const scores = ({ everybody, yours, dated }) => everybody.map((all, i) => all + yours[i] + (dated ? dated[i] : 0));
	const middle = (values) => values.slice().sort()[values.length >> 1];

	return { DAYS, recent, parts, scores, middle };
})();
