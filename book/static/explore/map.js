// Embedding map: films in the plane of two principal components; the ten nearest of one, there and in full.
const map = (function () {
	"use strict";
	const { el, set, format } = explore, { sum } = formulas;
	const NEAREST = 10, OPENING = 5618; // Spirited Away

	// { all: the nearest in all dimensions, plane: in the plane, cosines: of every film with this one }
	function neighbours(film, vectors, { x, y }) {
		const d = vectors.length / x.length, cosines = new Float32Array(x.length), apart = new Float64Array(x.length);
		const mine = vectors.subarray(film * d, (film + 1) * d), length = Math.hypot(...mine);
		for (let i = 0; i < x.length; i++) {
			let dot = 0, square = 0;
			for (let f = 0; f < d; f++) {
				dot += mine[f] * vectors[i * d + f];
				square += vectors[i * d + f] ** 2;
			}
			cosines[i] = dot / (length * Math.sqrt(square));
			apart[i] = -((x[i] - x[film]) ** 2 + (y[i] - y[film]) ** 2);
		}
		const itself = new Set([film]);
		return { all: formulas.top_k(cosines, NEAREST, itself), plane: formulas.top_k(apart, NEAREST, itself), cosines };
	}

	// The films of each button of a legend: by the first of its genres that fits, or the last number not above theirs.
	function grouped(buttons, data, values) {
		const groups = buttons.map(() => []), from = buttons.map((button) => Number(button.dataset.from));
		const masks = buttons.map(({ dataset }) => sum((dataset.genres?.split(" ") ?? []).map((name) => 2 ** data.genreNames.indexOf(name))));
		for (let i = 0; i < data.n; i++) {
			const place = values ? from.findLastIndex((low) => low <= values[i]) : masks.findIndex((mask) => !mask || data.genres[i] & mask);
			groups[place]?.push(i);
		}
		return groups;
	}

	function build(find, root, data, plane, { vectors }) {
		const ink = (name) => getComputedStyle(root).getPropertyValue(`--${name}`);
		const reach = 1.04 * Math.max(...[...plane.x, ...plane.y].map(Math.abs));
		const canvas = find("canvas"), pen = canvas.getContext("2d"), read = explore.reading(find);
		const legends = [...find(".map-legend").children];
		let film, near, legend, only = -1, zoom = 1, hover = -1, at, size;

		for (const each of legends) {
			const buttons = [...each.querySelectorAll("button")];
			each.groups = grouped(buttons, data, { year: data.years, popularity: data.likes }[each.dataset.by]);
			buttons.forEach((button, k) => {
				button.lastChild.appendData(` (${each.groups[k].length})`);
				button.onclick = () => alone(only === k ? -1 : k);
			});
		}

		function colour(by) {
			legends.forEach((each) => { each.hidden = each.dataset.by !== by; });
			legend = legends.find((each) => !each.hidden);
			alone(-1);
		}

		function alone(k) {
			only = k;
			legend.querySelectorAll("button").forEach((button, j) => set(button, { "aria-pressed": String(j === only) }));
			draw();
		}

		function draw() {
			if (!size) return;
			const dots = legend.querySelectorAll(".dot"), ratio = devicePixelRatio;
			const scale = (zoom * size) / (2 * reach), away = 1 - 1 / zoom;
			at = (i) => [size / 2 + (plane.x[i] - away * plane.x[film]) * scale, size / 2 - (plane.y[i] - away * plane.y[film]) * scale];
			pen.setTransform(ratio, 0, 0, ratio, 0, 0);
			pen.clearRect(0, 0, size, size);
			legend.groups.forEach((group, k) => {
				pen.fillStyle = getComputedStyle(dots[k]).backgroundColor;
				pen.globalAlpha = only < 0 || only === k ? 1 : 0.1;
				pen.beginPath();
				for (const i of group) { // whole pixels: sharp
					const [x, y] = at(i), side = Math.round(ratio * (2.4 + 0.7 * Math.log2(zoom)));
					pen.rect(Math.round(x * ratio - side / 2) / ratio, Math.round(y * ratio - side / 2) / ratio, side / ratio, side / ratio);
				}
				pen.fill();
			});
			const [x0, y0] = at(film);
			const stroke = (alpha, trace) => {
				pen.globalAlpha = alpha;
				pen.beginPath();
				trace();
				pen.stroke();
			};
			pen.lineWidth = 2;
			pen.strokeStyle = ink("accent");
			for (const [x, y] of near.all.map(at)) {
				stroke(1, () => pen.arc(x, y, 6, 0, 7));
				stroke(0.4, () => { pen.moveTo(x0, y0); pen.lineTo(x, y); });
			}
			pen.strokeStyle = ink("accent-2");
			for (const [x, y] of near.plane.map(at)) stroke(1, () => pen.rect(x - 7, y - 7, 14, 14));
			pen.fillStyle = ink("ink");
			pen.beginPath();
			pen.arc(x0, y0, 5, 0, 7);
			pen.fill();
			write(`● ${data.names[film]}`, 8, size - 10); // free of marks
			if (hover >= 0) write(data.names[hover], at(hover)[0] + 10, at(hover)[1] - 17);
		}

		function write(text, x, y) {
			pen.font = `13px ${getComputedStyle(root).fontFamily}`;
			const wide = pen.measureText(text).width, left = Math.max(4, Math.min(x, size - wide - 6));
			pen.fillStyle = ink("paper");
			pen.fillRect(left - 3, y - 13, wide + 6, 18);
			pen.fillStyle = ink("ink");
			pen.fillText(text, left, y);
		}

		function choose(to) {
			film = to;
			near = neighbours(film, vectors, plane);
			const both = near.all.filter((i) => near.plane.includes(i)), title = data.names[film];
			for (const name of ["all", "plane"]) {
				const list = find(`.map-${name}`);
				const pick = (i) => { choose(i); list.querySelector("button").focus({ preventScroll: true }); };
				list.replaceChildren(...near[name].map((i) => el("li", el("button", { type: "button", onclick: () => pick(i) }, data.names[i]),
					el("span.number", `${both.includes(i) ? "in both · " : ""}${format(near.cosines[i], 2)}`))));
			}
			set(canvas, { "aria-label": explore.fill(canvas.dataset.label, { n: data.n, title }) });
			read("kept", { title, kept: both.length || "none", mean: format(plane.agree, 1) });
			draw();
		}

		const under = ({ offsetX, offsetY }) => { // the film under the pointer
			let best = -1, least = 14 ** 2;
			for (let i = 0; i < data.n; i++) {
				const [x, y] = at(i), far = (x - offsetX) ** 2 + (y - offsetY) ** 2;
				if (far < least) [best, least] = [i, far];
			}
			return best;
		};
		const point = (i) => { if (i !== hover) { hover = i; draw(); } };
		canvas.onpointermove = (event) => point(under(event));
		canvas.onpointerleave = () => point(-1);
		canvas.onclick = (event) => { const i = under(event); if (i >= 0) choose(i); };

		films.finder(find(".films-finder"), data, choose);
		find(".explore-choice").onchange = (event) => colour(event.target.value);
		explore.range(find("#map-zoom"), (v) => { zoom = 2 ** v; draw(); }, (v) => `${format(2 ** v, v % 1 ? 1 : 0)}×`);
		find(".map-spread").textContent = format(100 * sum(plane.variance), 0);
		new ResizeObserver(() => {
			size = canvas.clientWidth;
			canvas.width = canvas.height = size * devicePixelRatio;
			draw();
		}).observe(canvas);
		new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
		choose(data.ids.indexOf(OPENING));
		colour("year");
	}

	films.start("map", build, "films", "plane", "embedding");
	return { neighbours };
})();
