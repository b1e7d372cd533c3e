// What the explorable pages share: elements, a plot with handles, sliders, data scripts.
const explore = (function () {
	"use strict";
	const here = document.currentScript.src;
	const DRAWN = new Set(["svg", "g", "path", "circle", "rect", "line", "text", "use"]);

	// el("span.name", {onclick: f}, "text", node …): HTML, or SVG by the name of the tag; without attributes as well.
	function el(name, attributes, ...children) {
		const [tag, style] = name.split(".");
		const node = DRAWN.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
		if (style) node.setAttribute("class", style);
		if (attributes?.constructor === Object) set(node, attributes);
		else children.unshift(attributes ?? "");
		node.append(...children.flat());
		return node;
	}

	function set(node, attributes) {
		for (const [name, value] of Object.entries(attributes)) {
			if (typeof value === "function") node[name] = value;
			else if (value === false || value === undefined) node.removeAttribute(name);
			else node.setAttribute(name, value === true ? "" : value);
		}
		return node;
	}

	// Gives node these children, which have no handlers; what is alike stays, for new elements are slow.
	function renew(node, children) {
		const kind = (child) => [child?.nodeName, child?.getAttributeNames?.()].join();
		while (node.childNodes.length > children.length) node.lastChild.remove();
		children.forEach((child, i) => {
			const was = node.childNodes[i];
			if (kind(was) !== kind(child)) return was ? was.replaceWith(child) : node.append(child);
			if (was.isEqualNode(child)) return;
			was.nodeValue = child.nodeValue;
			for (const { name, value } of child.attributes ?? []) was.setAttribute(name, value);
			renew(was, [...child.childNodes]);
		});
	}

	// A number for people: true minus, no more digits than said.
	function format(x, digits = 3) {
		const text = Number.isNaN(x) ? "–" : x.toFixed(digits);
		return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
	}

	// Without zeros at the end: 2, 0.5, −1.333.
	const short = (x, digits = 3) => format(x, digits).replace(/\.?0+$/, "");

	// --- Page: build(find) wires a copy of its template; if that went well, it replaces the still figure. ---

	function start(name, build) {
		const root = document.querySelector(`[data-explore="${name}"]`);
		const live = el("div.explore-live", document.getElementById(`explore-${name}`).content.cloneNode(true));
		build((selector) => live.querySelector(selector), root);
		root.append(live);
		root.classList.add("is-live");
	}

	// A data script sets exploreData[name].
	const load = (name) => new Promise((resolve, reject) => {
		const script = el("script", { src: new URL(`data/${name}.js`, here).href });
		script.onload = () => resolve(window.exploreData[name]);
		script.onerror = () => reject(new Error(`The data of this figure did not load (${name}.js). Reload the page to try again.`));
		document.head.append(script);
	});

	// A text of the template; {name} stands for values.name.
	const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

	// Says the result by the text data-KEY of the reading: seen at once, read aloud when the hand rests.
	function reading(find) {
		const seen = find(".explore-reading"), heard = seen.nextElementSibling;
		let waiting;
		return (key, values) => {
			const text = fill(seen.dataset[key], values);
			if (!seen.textContent) heard.textContent = text; // the opening state is read in its turn, not announced
			seen.textContent = text;
			clearTimeout(waiting);
			waiting = setTimeout(() => { heard.textContent = text; }, 400);
		};
	}

	// A slider of the template; text(value) stands in the output behind it. Returns its node with .reset.
	function range(input, change, text = short) {
		const show = () => set(input, { "aria-valuetext": (input.nextElementSibling.textContent = text(input.valueAsNumber)) });
		input.oninput = () => { show(); change(input.valueAsNumber); };
		input.reset = () => { input.value = input.defaultValue; show(); };
		show();
		return input;
	}

	// --- Plot: axes left and bottom of an SVG of the template, named by its data-x and data-y; x and y = [low, high]. ---

	function ticks([low, high]) {
		const rough = (high - low) / 5, base = 10 ** Math.floor(Math.log10(rough));
		const step = [1, 2, 5, 10].map((m) => m * base).find((s) => s >= rough * 0.999);
		const first = Math.ceil(low / step - 1e-9);
		return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
	}

	function plot(node, { x, y, xTicks = ticks(x), yTicks = ticks(y), left = 38, bottom = 38 }) {
		const { width, height } = node.viewBox.baseVal, right = width - 10, top = 20, floor = height - bottom;
		const X = (value) => left + ((value - x[0]) / (x[1] - x[0])) * (right - left);
		const Y = (value) => floor - ((value - y[0]) / (y[1] - y[0])) * (floor - top);
		const axes = el("g.axes", { "aria-hidden": "true" },
			yTicks.flatMap((v) => [el("path.grid", { d: `M${left} ${Y(v)}H${right}` }),
				el("text", { x: left - 6, y: Y(v) + 4, "text-anchor": "end" }, short(v))]),
			xTicks.map((v) => el("text", { x: X(v), y: floor + 16, "text-anchor": "middle" }, short(v))),
			el("path", { d: `M${left} ${top}V${floor}H${right}` }),
			el("text.name", { x: right, y: height - 4, "text-anchor": "end" }, node.dataset.x ?? ""),
			el("text.name", { x: 2, y: 11 }, node.dataset.y ?? ""));
		const ink = el("g", { "aria-hidden": "true" });
		node.replaceChildren(axes, ink);
		// points [[x, y]…] as the d of a path; what leaves the frame is cut off
		const path = (points) => points.filter(([px, py]) => px >= x[0] && px <= x[1] && py >= y[0] && py <= y[1])
			.map(([px, py], i) => `${i ? "L" : "M"}${X(px).toFixed(1)} ${Y(py).toFixed(1)}`).join("");
		const curve = (points) => ink.append(el("path.curve", { d: path(points) }));
		return { node, ink, X, Y, x, y, path, curve };
	}

	// A handle in a plot: dragged, or moved by arrows, Page Up/Down, Home and End along "x" or "y", in steps of 0.1.
	// change(to) answers with .set(to, across), across in the units of the picture.
	function handle(area, { label, along = "x", text = short, shape = el("circle", { r: 7 }) }, change) {
		const [low, high] = area[along], [start, end] = area[along].map(along === "x" ? area.X : area.Y);
		const node = el(`g.explore-handle along-${along}`, { role: "slider", tabindex: 0, "aria-label": label, "aria-valuemin": low,
			"aria-valuemax": high, "aria-orientation": along === "x" ? "horizontal" : "vertical" },
		el("circle.reach", { r: 16 }), set(shape, { class: "knob" }));
		let now;
		const move = (to) => change(Math.round(10 * Math.min(high, Math.max(low, to))) / 10);
		node.set = (to, across) => {
			const [x, y] = along === "x" ? [area.X(to), across] : [across, area.Y(to)];
			now = to;
			set(node, { "aria-valuenow": to, "aria-valuetext": text(to), transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` });
		};
		node.onkeydown = (event) => {
			const step = { ArrowRight: 0.1, ArrowUp: 0.1, ArrowLeft: -0.1, ArrowDown: -0.1, PageUp: 1, PageDown: -1 }[event.key];
			const to = { Home: low, End: high }[event.key] ?? now + step;
			if (Number.isNaN(to)) return;
			event.preventDefault();
			move(to);
		};
		node.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false }); // a finger drags, nothing scrolls
		node.onpointerdown = (event) => { node.setPointerCapture(event.pointerId); node.focus(); event.preventDefault(); };
		node.onpointermove = (event) => {
			if (!node.hasPointerCapture(event.pointerId)) return;
			const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(area.node.getScreenCTM().inverse());
			move(low + ((point[along] - start) / (end - start)) * (high - low));
		};
		area.node.append(node);
		return node;
	}

	return { el, set, renew, format, short, start, load, fill, reading, range, plot, handle };
})();
