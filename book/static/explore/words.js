// Words of codes: their data unpacked, the tree of films, and the beam over stored log p.
const words = (function () {
	"use strict";
	const LEVELS = 3, LENGTH = 4; // codes of a word: those that say what the film is, all

	// --- Data: words, LENGTH codes a film; near, the nearest by cosine, 12 bits each ---

	function of_twelve(text) {
		const bytes = films.numbers(text, Uint8Array), out = new Uint16Array((bytes.length / 3) * 2);
		for (let i = 0; i < out.length; i++) {
			const at = (i >> 1) * 3;
			out[i] = i & 1 ? (bytes[at + 1] >> 4) | (bytes[at + 2] << 4) : bytes[at] | ((bytes[at + 1] & 15) << 8);
		}
		return out;
	}

	films.unpack.codes = (data) => {
		const all = films.unpack.films(data), kinds = {};
		for (const [kind, { words, near, without }] of Object.entries(data.kinds)) {
			const flat = films.numbers(words, Uint8Array);
			const word = (film) => Array.from(flat.subarray(film * LENGTH, (film + 1) * LENGTH));
			kinds[kind] = { word, code: (film, level) => flat[film * LENGTH + level], near: of_twelve(near), under: tree(all.n, word) };
			kinds[kind].without = new Set(films.numbers(without, Uint16Array)); // films with the vector of another
		}
		return { ...all, nearest: data.nearest, size: data.size, kinds };
	};

	// The films of every beginning of a word, "" for all, as a Map.
	function tree(n, word) {
		const under = new Map();
		for (let film = 0; film < n; film++) {
			const codes = word(film);
			for (let level = 0; level <= LENGTH; level++) {
				const key = codes.slice(0, level).join();
				if (under.has(key)) under.get(key).push(film);
				else under.set(key, [film]);
			}
		}
		return under;
	}

	films.unpack.code_beams = ({ people, size }) => people.map(({ kinds, ...person }) => ({
		...person,
		kinds: Object.fromEntries(Object.entries(kinds).map(([kind, { prefixes, scores, ...said }]) => {
			const rows = new Map();
			prefixes.forEach((text, level) => {
				const codes = films.numbers(text, Uint8Array), values = films.numbers(scores[level], Int16Array);
				for (let i = 0; i < values.length / size; i++) {
					rows.set(Array.from(codes.subarray(i * level, (i + 1) * level)).join(), values.subarray(i * size, (i + 1) * size));
				}
			});
			return [kind, { ...said, rows }];
		})),
	}));

	// --- What is computed ---

	// How many codes two words have in common from the beginning, the last one, which only tells namesakes apart, left out.
	function shared(a, b) {
		let level = 0;
		while (level < LEVELS && a[level] === b[level]) level++;
		return level;
	}

	// Films, those with more ratings first.
	const rated = (some, likes) => some.slice().sort((i, j) => likes[j] - likes[i] || i - j);

	// The films that share the longest beginning with this one, among those the ones with more ratings first; without films
	// that have the vector of another.
	function in_tree({ likes, kinds }, kind, film, most) {
		const { word, under, without } = kinds[kind], found = [];
		for (let level = LEVELS; level >= 0 && found.length < most; level--) {
			const there = under.get(word(film).slice(0, level).join());
			found.push(...rated(there.filter((i) => i !== film && !without.has(i) && !found.includes(i)), likes));
		}
		return found.slice(0, most);
	}

	// The beams of a person after 0 to LENGTH steps, best first; total: the sum of log p, in thousandths.
	// rows: log p of each next code after a beginning. Only beginnings of some film's word go on: `tried` of them, which
	// have the share `inside` of the probability of all.
	function beams(rows, under, width) {
		const all = [[{ word: [], total: 0, parent: 0 }]], chance = (some) => formulas.sum(some.map(({ total }) => Math.exp(total / 1000)));
		for (let step = 0; step < LENGTH; step++) {
			const any = all[step].flatMap(({ word, total }, parent) => Array.from(rows.get(word.join()), (log, code) =>
				({ word: [...word, code], total: total + log, parent }))), next = any.filter(({ word }) => under.has(word.join()));
			const kept = formulas.top_k(next.map(({ total }) => total), width).map((i) => next[i]);
			all.push(Object.assign(kept, { tried: next.length, inside: chance(next) / chance(any) }));
		}
		return all;
	}

	return { LEVELS, LENGTH, rated, shared, in_tree, beams };
})();
