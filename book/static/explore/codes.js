// Words of codes: walk down the tree of films, compare its neighbours with those by cosine, run the beam step by step.
(function () {
	"use strict";
	const { el, set, renew, format, fill } = explore, { LEVELS, LENGTH, rated, shared, in_tree, beams } = words;
	const LISTED = 8, READ = 6, OPENING = 78748, ASKED = 6; // Alien; a person whose next film a beam of text finds

	const written = (word) => word.join(" · ");
	const many = (n, one = "film") => `${n.toLocaleString("en-GB")} ${one}${n === 1 ? "" : "s"}`;
	const percent = (total) => {
		const share = 100 * Math.exp(total / 1000);
		return share >= 9.95 ? `${format(share, 0)}\u00a0%` : share >= 0.095 ? `${format(share, 1)}\u00a0%` : "< 0.1\u00a0%";
	};

	const renewed = (node, name, value) => { if (node.getAttribute(name) !== value) node.setAttribute(name, value); };

	function build(find, root, data, people) {
		const read = explore.reading(find), tell = explore.reading((selector) => find(`.codes-beam ${selector}`));
		const select = find("#codes-person"), slider = find("#codes-width"), rows = find(".codes-now");
		const drawn = find(".codes-drawn"), next = find(".codes-next"), again = find(".codes-again"), back = find(".codes-back");
		let kind = "text", film = data.ids.indexOf(OPENING), path = [], step = 0;
		const of = () => data.kinds[kind], under = (path) => of().under.get(path.join()) ?? [];

		// --- Walk down ---

		const levels = [...find(".codes-levels").children].map((node, level) => {
			const tiles = Array.from({ length: data.size }, (_, code) => {
				const go = () => walk([...path.slice(0, level), code]), up = () => { if (path[level] === code && path.length > level + 1) go(); };
				const input = el("input", { type: "radio", name: `codes-${level}`, onchange: go, onclick: up, onkeydown: ({ key }) => { if (key === " ") up(); } });
				const tile = el("label", input, el("span", String(code)));
				node.querySelector(".codes-tiles").append(tile);
				return { tile, input };
			});
			return { node, tiles, told: node.querySelector(".explore-note") };
		});

		const walk = (to) => { path = to; act(); };
		const pick = (to) => { film = to; path = of().word(film).slice(0, LEVELS); act(); };

		function act() {
			root.classList.add("has-list");
			show();
			remember();
		}

		// The two genres whose share among these films is most above that among all, and their middle year.
		const usual = data.genreNames.map((_, g) => Array.from(data.genres).filter((bits) => bits & 2 ** g).length / data.n);
		function about(some) {
			const share = (films, bit) => films.filter((i) => data.genres[i] & bit).length / films.length;
			const most = data.genreNames.map((name, g) => [name, share(some, 2 ** g), usual[g]]).sort((a, b) => b[1] - b[2] - a[1] + a[2]).slice(0, 2);
			const years = some.map((i) => data.years[i]).sort();
			return { genres: most.map(([name, part, all]) => `${name} ${format(100 * part, 0)}\u00a0% (of all ${format(100 * all, 0)}\u00a0%)`).join(", "), year: years[years.length >> 1] };
		}

		function show() {
			const mine = of().word(film), fits = path.every((code, level) => mine[level] === code);
			levels.forEach(({ node, tiles, told }, level) => {
				const open = path.length >= level, before = path.slice(0, level), chosen = path[level];
				const counts = new Uint16Array(data.size);
				if (open) for (const i of under(before)) counts[of().code(i, level)]++;
				const most = Math.max(...counts);
				tiles.forEach(({ tile, input }, code) => {
					input.disabled = !counts[code];
					input.checked = code === chosen;
					renewed(input, "aria-label", `${code}: ${many(counts[code])}`);
					renewed(tile, "style", `--much: ${counts[code] ? Math.round(12 + (36 * counts[code]) / most) : 0}%`);
					renewed(tile, "class", open && fits && mine[level] === code ? "own" : "");
				});
				node.classList.toggle("closed", !open);
				const films = chosen === undefined ? [] : under([...before, chosen]);
				told.textContent = !open ? told.dataset.closed : chosen === undefined
					? fill(told.dataset.open, { codes: counts.filter(Boolean).length, size: data.size })
					: fill(told.dataset.chosen, { word: written([...before, chosen]), films: many(films.length), ...about(films) });
			});
			const link = (i, more) => el("li", el("button", { type: "button", "data-film": i }, data.names[i]), el("span.number", more));
			const here = rated(under(path), data.likes), none = of().without.has(film);
			const near = none ? [] : Array.from(of().near.subarray(film * data.nearest, (film + 1) * data.nearest));
			const common = (i) => shared(mine, of().word(i)), code_count = (i) => common(i) ? many(common(i), "code") : "–";
			const put = (name, films, more) => renew(find(`.codes-${name} ol`), films.map((i) => link(i, more(i))));
			put("here", here.slice(0, LISTED), (i) => (of().without.has(i) ? "drawn · " : "") + data.likes[i]);
			find(".codes-here h2").textContent = path.length ? `Under ${written(path)}` : "All films";
			find(".codes-here .explore-note").textContent = fill(find(".codes-here .explore-note").dataset.text, { shown: Math.min(LISTED, here.length), films: many(here.length) });
			put("tree", in_tree(data, kind, film, data.nearest), code_count);
			put("near", near, code_count);
			for (const node of find(".codes-lists").querySelectorAll(".codes-film")) node.textContent = data.short[film];
			read(none ? "without" : "film", {
				title: data.short[film], word: written(mine.slice(0, LEVELS)), one: many(under(mine.slice(0, 1)).length - 1, "other film"), two: under(mine.slice(0, 2)).length - 1,
				three: under(mine.slice(0, 3)).length - 1, both: near.filter((i) => common(i)).length, nearest: near.length,
			});
		}

		// --- The beam ---

		function run() {
			const person = people[select.value], { rows: scores, best } = person.kinds[kind], width = slider.valueAsNumber, target = of().word(person.next);
			const all = beams(scores, of().under, width), now = all[step], begun = (word) => target.slice(0, word.length).join() === word.join();
			const past = person.history.slice(-READ).map((i) => data.names[i]), more = person.history.length - past.length;
			find(".codes-of").textContent = kind === "text" ? "text" : "ratings";
			find(".codes-history").textContent = [...(more ? [`${more} more`] : []), ...past].join(" → ");
			renew(rows, now.map(({ word, total }) => {
				const films = under(word), whole = word.length === LENGTH;
				const again = whole && person.history.includes(films[0]) ? "rated before; " : "";
				const what = !word.length ? ["every word", many(data.n)] : whole ? [data.names[films[0]], again + written(word)]
					: [written(word), (films.length > 1 ? `${many(films.length)}: ` : "") + rated(films, data.likes).slice(0, 3).map((i) => data.short[i]).join(", ")];
				return el("li", el("strong", begun(word) && word.length ? "● " : "", what[0]), el("span.what", what[1]), el("span.number", percent(total)));
			}));
			draw(all, begun);
			const lost = all.slice(1, step + 1).findIndex((beam) => !beam.some(({ word }) => begun(word)));
			const place = now.findIndex(({ word }) => begun(word)) + 1;
			const { dataset } = find(".codes-beam .explore-reading");
			tell(step === 0 ? "start" : step < LENGTH ? "step" : "end", {
				step, width: now.length, tried: now.tried,
				mass: percent(1000 * Math.log(formulas.sum(now.map(({ total }) => Math.exp(total / 1000))))), inside: `${format(100 * now.inside, 1)}\u00a0%`,
				fate: of().without.has(person.next) ? fill(dataset.drawn, { title: data.short[person.next] }) : lost >= 0 ? fill(dataset.lost, { title: data.short[person.next], at: lost + 1 }) : step === LENGTH ? fill(dataset.found, { title: data.short[person.next], place }) : fill(dataset.alive, { title: data.short[person.next] }),
				same: now.filter(({ word }) => best.slice(0, width).includes(under(word)[0])).length,
			});
			next.disabled = step === LENGTH;
			back.disabled = again.disabled = step === 0;
			remember();
		}

		// Each kept beginning is a box with its newest code, a line from what it goes on; columns are steps.
		function draw(all, begun) {
			const across = (column) => `${(100 * (column + 0.5)) / (LENGTH + 1)}%`, down = (place) => `${(100 * (place + 0.5)) / slider.valueAsNumber}%`;
			const kept = all.map((beam) => beam.map(() => false));
			for (let column = step; column >= 0; column--) {
				all[column].forEach(({ parent }, place) => {
					if (column === step) kept[column][place] = true;
					if (kept[column][place] && column) kept[column - 1][parent] = true;
				});
			}
			const lines = [], boxes = [];
			all.slice(0, step + 1).forEach((beam, column) => beam.forEach(({ word, parent }, place) => {
				const style = `${kept[column][place] ? "kept" : "dropped"} ${column && begun(word) ? "target" : ""}`;
				if (column) lines.push(el(`line.${style}`, { x1: across(column - 1), y1: down(parent), x2: across(column), y2: down(place) }));
				boxes.push(el("svg", { x: across(column), y: down(place), overflow: "visible" }, el(`rect.${style}`, { x: -14, y: -10, width: 28, height: 20, rx: 3 }),
					el(`text.${style}`, { y: 4.5, "text-anchor": "middle" }, column ? String(word.at(-1)) : "◦")));
			}));
			set(drawn, { style: `--rows: ${slider.value}`, "aria-label": fill(drawn.dataset.label, { step }) });
			renew(drawn, [...lines, ...boxes]);
		}

		// --- The address: #codes=collaborative&film=78748&person=2&width=5&step=3 ---

		function remember() {
			const hash = new URLSearchParams({ codes: kind, film: data.ids[film], person: Number(select.value) + 1, width: slider.value, step });
			if (root.classList.contains("has-list")) history.replaceState(null, "", `#${hash}`);
		}

		function recall() {
			const asked = new URLSearchParams(location.hash.slice(1)), within = (name, low, high, otherwise) => {
				const value = Number(asked.get(name) ?? NaN);
				return Number.isInteger(value) && value >= low && value <= high ? value : otherwise;
			};
			kind = Object.hasOwn(data.kinds, asked.get("codes")) ? asked.get("codes") : "text";
			film = Math.max(data.ids.indexOf(Number(asked.get("film"))), -1);
			if (film < 0) film = data.ids.indexOf(OPENING);
			path = of().word(film).slice(0, LEVELS);
			select.value = within("person", 1, people.length, ASKED) - 1;
			slider.value = within("width", 1, Number(slider.max), slider.defaultValue);
			slider.nextElementSibling.textContent = slider.value;
			step = within("step", 0, LENGTH, 1);
			find(`[value=${kind}]`).checked = true;
			root.classList.toggle("has-list", asked.has("film"));
			show();
			run();
		}

		const to = (there) => () => { step = there(); root.classList.add("has-list"); run(); };
		films.finder(find(".films-finder"), data, pick);
		select.append(...people.map(({ history }, i) => el("option", { value: i }, `Person ${i + 1}, after ${data.short[history.at(-1)]}`)));
		select.onchange = to(() => step);
		explore.range(slider, to(() => step), (value) => String(value));
		// A button that switches itself off would drop the focus.
		const press = (there) => ({ currentTarget }) => { to(there)(); if (currentTarget.disabled) (next.disabled ? back : next).focus(); };
		next.onclick = press(() => step + 1);
		back.onclick = press(() => step - 1);
		again.onclick = press(() => 0);
		find(".codes-kind").onchange = (event) => { kind = event.target.value; pick(film); run(); };
		find(".codes-lists").onclick = ({ target: { dataset } }) => { if (dataset.film) pick(Number(dataset.film)); };
		window.addEventListener("hashchange", recall);
		recall();
	}

	films.start("codes", build, "codes", "code_beams");
})();
