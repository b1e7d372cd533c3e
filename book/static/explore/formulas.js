// The formulas of recsys_lib, for the explorable pages: same names, order of arguments and edge cases, in float64.
// A test compares each with the library on random input and on the edges.
const formulas = (function () {
	"use strict";
	const sum = (values) => values.reduce((a, b) => a + b, 0);

	// --- Similarity: matrix = rows of users, null = not rated. Each gives rows of `columns` (all items) × items. ---

	const similarity = (of_pair) => (matrix, columns) => {
		const items = [...(matrix[0] ?? []).keys()];
		return (columns ?? items).map((i) => items.map((j) => of_pair(matrix, i, j)));
	};

	function ratio(numerator, square, other) {
		const scale = Math.sqrt(square) * Math.sqrt(other);
		const result = scale > 0 ? numerator / scale : 0;
		return Math.abs(result) > 1 - 1e-12 ? Math.sign(result) : result;
	}

	const common = (matrix, i, j) => matrix.filter((row) => row[i] !== null && row[j] !== null);
	const power = (matrix, i) => sum(matrix.map((row) => (row[i] ?? 0) ** 2));
	const product = (matrix, i, j) => sum(matrix.map((row) => (row[i] ?? 0) * (row[j] ?? 0)));
	const cosine_of = (matrix, i, j) => ratio(product(matrix, i, j), power(matrix, i), power(matrix, j));

	const dot = similarity(product);
	const cosine = similarity(cosine_of);
	const common_raters = similarity((matrix, i, j) => common(matrix, i, j).length);
	const jaccard = similarity((matrix, i, j) => {
		const either = matrix.filter((row) => row[i] !== null || row[j] !== null).length;
		return either ? common(matrix, i, j).length / either : 0;
	});

	// What a rating is above the mean of all ratings of its user; what rounding leaves is 0.
	function deviations(matrix) {
		const largest = Math.max(0, ...matrix.flat().map((r) => Math.abs(r ?? 0)));
		return matrix.map((row) => {
			const rated = row.filter((r) => r !== null);
			const mean = sum(rated) / Math.max(rated.length, 1);
			return row.map((r) => (r === null ? null : Math.abs(r - mean) <= 1e-12 * largest ? 0 : r - mean));
		});
	}

	const cosine_of_common = similarity((d, i, j) => cosine_of(common(d, i, j), i, j));
	const adjusted_cosine = (matrix, columns) => cosine_of_common(deviations(matrix), columns);

	const correlation = similarity((r, i, j) => {
		const both = common(r, i, j), n = both.length;
		const mine = sum(both.map((row) => row[i])), other = sum(both.map((row) => row[j]));
		const variance = (squares, total) => {
			const v = n * squares - total * total;
			return v <= 1e-12 * n * squares ? 0 : v;
		};
		return ratio(n * product(both, i, j) - mine * other, variance(power(both, i), mine), variance(power(both, j), other));
	});

	// Less the middle rating, so that no squares of large numbers cancel.
	function pearson(matrix, columns) {
		const rated = matrix.flat().filter((r) => r !== null).sort((a, b) => a - b);
		const middle = (rated[(rated.length - 1) >> 1] + rated[rated.length >> 1]) / 2;
		return correlation(matrix.map((row) => row.map((r) => (r === null ? null : r - middle))), columns);
	}

	function shrink(s, n, beta) {
		if (!(beta >= 0 && beta < Infinity)) throw new RangeError(`beta must be a number of raters, 0 or more, received ${beta}`);
		return n > 0 ? (s * n) / (n + beta) : 0;
	}

	// --- Losses: y_true and y_pred of one row in, a number out; `gradient` has the same names, a number a score. ---

	const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
	const sigmoid = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

	function logsumexp(x) {
		const most = Math.max(...x);
		return most + Math.log(sum(x.map((value) => Math.exp(value - most))));
	}

	function softmax(x) {
		const total = logsumexp(x);
		return x.map((value) => Math.exp(value - total));
	}

	const mse = (y, x) => sum(y.map((target, j) => (target - x[j]) ** 2)) / y.length;
	const binary_cross_entropy = (y, x) =>
		sum(y.map((target, j) => target * softplus(-x[j]) + (1 - target) * softplus(x[j]))) / y.length;
	const multinomial = (y, x) => sum(y.map((target, j) => target * (logsumexp(x) - x[j])));
	const bpr = (y, s) => sum(s.slice(1).map((other) => softplus(other - s[0]))) / (s.length - 1);
	const sampled_softmax = (y, s) => logsumexp(s) - s[0];

	const gradient = {
		mse: (y, x) => y.map((target, j) => (-2 * (target - x[j])) / y.length),
		binary_cross_entropy: (y, x) => y.map((target, j) => (sigmoid(x[j]) - target) / y.length),
		multinomial: (y, x) => softmax(x).map((share, j) => share * sum(y) - y[j]),
		categorical_cross_entropy: (y, x) => gradient.multinomial(y, x),
		bpr(y, s) {
			const push = s.slice(1).map((other) => sigmoid(other - s[0]) / (s.length - 1));
			return [-sum(push), ...push];
		},
		sampled_softmax: (y, s) => softmax(s).map((share, j) => share - (j === 0 ? 1 : 0)),
	};

	// --- Metrics: one list (best first, -1 = none) and the relevant items; NaN where none is relevant. ---

	const metric = (of_hits) => (recommended, relevant) => {
		if (!recommended.length) throw new RangeError("recommended must hold at least one place, received none");
		const wanted = new Set(relevant), hit = recommended.map((item) => (item >= 0 && wanted.has(item) ? 1 : 0));
		return wanted.size ? of_hits(hit, wanted.size) : NaN;
	};

	const discount = (rank) => 1 / Math.log2(rank + 1);
	const hit_rate = metric((hit) => (hit.includes(1) ? 1 : 0));
	const precision = metric((hit) => sum(hit) / hit.length);
	const recall = metric((hit, n) => sum(hit) / n);
	const reciprocal_rank = metric((hit) => (hit.includes(1) ? 1 / (hit.indexOf(1) + 1) : 0));
	const average_precision = metric((hit, n) => sum(hit.map((h, r) => (h * sum(hit.slice(0, r + 1))) / (r + 1))) / n);
	const ndcg = metric((hit, n) => {
		const worth = hit.map((_, r) => discount(r + 1));
		return sum(hit.map((h, r) => h * worth[r])) / sum(worth.slice(0, n));
	});

	// --- Lists: scores of one user, exclude = Set of items. Ties to the lower index, -1 where fewer are left. ---

	function top_k(scores, k, exclude = new Set()) {
		if (!(Number.isInteger(k) && k >= 1)) throw new RangeError(`k must be a whole number of at least 1, received ${k}`);
		if (scores.some(Number.isNaN)) throw new RangeError("scores must not be NaN");
		const best = [];
		for (let i = 0; i < scores.length; i++) {
			if (exclude.has(i) || (best.length === k && !(scores[i] > scores[best[k - 1]]))) continue;
			let at = best.length;
			while (at > 0 && scores[i] > scores[best[at - 1]]) at--;
			best.splice(at, 0, i);
			if (best.length > k) best.pop();
		}
		return Array.from({ length: k }, (_, rank) => best[rank] ?? -1);
	}

	// --- Models of the pages: scores of all items as float64, and the terms of one item's score,
	// [[item of the history, value]…]; -1 stands for what everybody gets. ---

	const popularity = (history, likes) => Float64Array.from(likes);
	popularity.terms = (history, item, likes) => [[-1, likes[item]]];

	// neighbors, weights: flat, `kept` entries a target item; a weight of 0 fills up.
	function item_cosine(history, neighbors, weights, kept) {
		const scores = new Float64Array(neighbors.length / kept), chosen = scores.map((_, j) => history.includes(j));
		for (let at = 0; at < neighbors.length; at++) if (chosen[neighbors[at]]) scores[(at / kept) | 0] += weights[at];
		return scores;
	}
	item_cosine.terms = (history, item, neighbors, weights, kept) =>
		history.map((j) => {
			const at = neighbors.subarray(item * kept, (item + 1) * kept).indexOf(j);
			return [j, at < 0 ? 0 : weights[item * kept + at]];
		});

	// vectors: flat, d numbers an item. share: how much of the bias counts (1 = the model as it was trained).
	function embedding(history, vectors, bias, share = 1) {
		const d = vectors.length / bias.length, user = new Float64Array(d);
		for (const j of history) for (let f = 0; f < d; f++) user[f] += vectors[j * d + f] / Math.sqrt(history.length);
		return Float64Array.from(bias, (b, i) => {
			let score = share * b;
			for (let f = 0; f < d; f++) score += user[f] * vectors[i * d + f];
			return score;
		});
	}
	embedding.terms = (history, item, vectors, bias, share = 1) => {
		const d = vectors.length / bias.length, vector = (i) => vectors.subarray(i * d, (i + 1) * d), mine = vector(item);
		const reach = (j) => vector(j).reduce((all, value, f) => all + value * mine[f], 0) / Math.sqrt(history.length);
		return [[-1, share * bias[item]], ...history.map((j) => [j, reach(j)])];
	};

	return {
		sum, discount, dot, cosine, jaccard, adjusted_cosine, pearson, common_raters, shrink, deviations, sigmoid, softmax,
		mse, binary_cross_entropy, categorical_cross_entropy: multinomial, multinomial, bpr, sampled_softmax, gradient,
		hit_rate, precision, recall, ndcg, reciprocal_rank, average_precision, top_k, popularity, item_cosine, embedding,
	};
})();
