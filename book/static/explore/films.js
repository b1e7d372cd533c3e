// What the pages about films share: their data, unpacked when first needed, and the box in which to find a film.
const films = (function () {
	"use strict";
	const { el, set } = explore;
	const SHOWN = 8; // suggestions at once

	const numbers = (text, type) => new type(Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0)).buffer);

	const scaled = (type, values, step) => type.from(values, (value) => value * step);

	// Words in small letters without accents, each after a space: " la cite des enfants perdus 1995".
	function plain(text) {
		const letters = text.normalize("NFD").replace(/[\u0300-\u036f'’]/g, "").toLowerCase();
		return ` ${letters.replace(/[^\p{L}\p{N}]+/gu, " ").trim()}`;
	}

	// The words of a title, and what people type for them: II as 2, Spider-Man as spiderman, a first letter for each word.
	const ROMAN = ["ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"];
	function searched(title) {
		const text = plain(title), names = text.split(" ").slice(1), numbers = names.filter((w) => ROMAN.includes(w));
		const joined = names.slice(0, -1).map((word, i) => word + names[i + 1]), first = names.map((word) => word[0]).join("");
		return `${text} ${[...numbers.map((w) => ROMAN.indexOf(w) + 2), ...joined, first, first.replace(/^[ta]/, "")].join(" ")}`;
	}

	// Whether a typed word begins a word of the title but for one slip: a letter wrong, missing, too many, or two exchanged.
	function slipped(typed, word) {
		let i = 0;
		while (i < typed.length && typed[i] === word[i]) i++;
		const a = typed.slice(i), b = word.slice(i);
		return b.startsWith(a.slice(1)) || b.slice(1).startsWith(a) || b.slice(1).startsWith(a.slice(1)) ||
			(a[0] === b[1] && a[1] === b[0] && b.slice(2).startsWith(a.slice(2)));
	}

	const unpack = {
		films(data) {
			const titles = data.titles.split("\n"), years = numbers(data.years, Uint16Array);
			const dated = (all) => all.map((title, i) => (years[i] ? `${title} (${years[i]})` : title));
			const short = titles.map((title) => title.replace(/ \(.*/, "")); // without a second title in brackets
			const whole = dated(titles);
			return {
				n: titles.length, years, short, names: dated(short), whole, words: whole.map(searched), plain: short.map(plain),
				ids: numbers(data.ids, Uint32Array), likes: numbers(data.likes, Uint16Array),
				genres: numbers(data.genres ?? "", Uint32Array), genreNames: data.genreNames,
			};
		},
		neighbours: ({ near, weights, step, kept }) =>
			({ kept, near: numbers(near, Uint16Array), weights: scaled(Float32Array, numbers(weights, Int8Array), step) }),
		embedding: ({ vectors, bias, step, measured }) => ({
			measured,
			vectors: scaled(Float32Array, numbers(vectors, Int8Array), step),
			bias: Float64Array.from(numbers(bias, Int16Array), (b) => b / 1000),
		}),
		plane({ x, y, step, ...said }) {
			const axis = (text) => scaled(Float64Array, numbers(text, Int16Array), step);
			return { ...said, x: axis(x), y: axis(y) };
		},
	};
	const made = {}, there = {};
	const load = (name) => (made[name] ??= explore.load(name).then((data) => (there[name] = unpack[name](data))));
	const now = (name) => there[name]; // what was loaded before

	// explore.start with the data named, which are asked for once the page is painted.
	async function start(name, build, ...parts) {
		await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
		try {
			const data = await Promise.all(parts.map(load));
			explore.start(name, (find, root) => build(find, root, ...data));
		} catch (error) {
			document.querySelector(`[data-explore="${name}"]`).append(el("p", { role: "alert" }, error.message));
		}
	}

	// The films whose titles hold all words as beginnings, or where there is none, nearly: the very title first, then the
	// best liked.
	function found(data, text, slips = false) {
		const parts = plain(text).match(/ [^ ]+/g);
		if (!parts) return [];
		const near = (part, words) => part.length > 4 && words.split(" ").some((word) => slipped(part.slice(1), word));
		const holds = (i) => parts.every((part) => data.words[i].includes(part) || (slips && near(part, data.words[i])));
		const all = [...data.words.keys()].filter(holds);
		const very = new Set([plain(text), ` the${plain(text)}`]), whole = (i) => very.has(data.plain[i]);
		return all.sort((i, j) => whole(j) - whole(i) || data.likes[j] - data.likes[i] || i - j);
	}

	// What the box shows for a text: the films found, or where there is none, those that are one slip away.
	function search(data, text) {
		const all = found(data, text);
		return all.length ? all : found(data, text, true);
	}

	// Makes the template's box a combobox over the titles; without: Set or Map of films not offered.
	function finder(box, data, choose, without = new Set()) {
		const [, input, list, told] = box.children;
		let options = [], at = -1;

		function point(to) {
			at = to;
			[...list.children].forEach((option, i) => set(option, { "aria-selected": String(i === at) }));
			set(input, { "aria-activedescendant": list.children[at]?.id });
			list.children[at]?.scrollIntoView({ block: "nearest" });
		}
		function show(text) {
			const all = search(data, text), first = all[0], exact = found(data, text).length > 0;
			options = all.filter((i) => !without.has(i)).slice(0, SHOWN);
			list.replaceChildren(...options.map((film, i) =>
				el("li", { role: "option", id: `films-option-${i}`, onclick: () => take(film) }, data.whole[film])));
			list.hidden = !options.length;
			set(input, { "aria-expanded": String(!list.hidden) });
			const { taken, near, none } = told.dataset, again = without.has(first);
			told.textContent = !text.trim() ? "" : again ? explore.fill(taken, { film: data.short[first] })
				: exact ? "" : options.length ? near : none;
			point(options.length ? 0 : -1);
		}
		function take(film) {
			input.value = "";
			show("");
			choose(film);
		}
		input.oninput = input.onfocus = () => show(input.value);
		input.onblur = () => show("");
		list.onmousedown = (event) => event.preventDefault(); // the box keeps the focus
		input.onkeydown = (event) => {
			const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
			if (step && list.hidden) show(input.value);
			else if (step) point((at + step + options.length) % options.length);
			else if (event.key === "Enter" && at >= 0) take(options[at]);
			else if (event.key === "Escape" && !list.hidden) show("");
			else if (event.key === "Escape") input.value = "";
			else return;
			event.preventDefault();
		};
		return input;
	}

	return { load, now, search, start, finder, unpack, numbers };
})();
