// What the explorable pages share: elements, controls, a plot with handles, data scripts. Classic script, no network.
const explore = (function () {
  "use strict";
  const here = document.currentScript.src;
  const DRAWN = new Set(["svg", "g", "path", "line", "circle", "rect", "text", "tspan", "polyline", "polygon", "title"]);
  const reduced = matchMedia("(prefers-reduced-motion: reduce)");
  let count = 0;

  // el("button.name", {onclick: f}, "text", node …): HTML, or SVG by the name of the tag; without attributes as well.
  function el(name, attributes, ...children) {
    const [tag, style] = name.split(".");
    const node = DRAWN.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    if (style) node.setAttribute("class", style);
    if (Object.getPrototypeOf(attributes ?? "") === Object.prototype) set(node, attributes);
    else children.unshift(attributes ?? "");
    node.append(...children.flat());
    return node;
  }

  function set(node, attributes) {
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") node[name] = value;
      else if (value === false || value === null || value === undefined) node.removeAttribute(name);
      else node.setAttribute(name, value === true ? "" : value);
    }
    return node;
  }

  const id = (name) => `explore-${name}-${++count}`;

  // A number for people: true minus, no more digits than said.
  function format(x, digits = 3) {
    const text = Number.isNaN(x) ? "–" : x === Infinity ? "∞" : x.toFixed(digits);
    return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
  }

  // As format, without zeros at the end: 2, 0.5, −1.333.
  const short = (x, digits = 3) => format(x, digits).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");

  // --- Page: build(live) fills the figure; only when that went well does it take the place of the still one. ---

  function start(name, build) {
    for (const root of document.querySelectorAll(`[data-explore="${name}"]`)) {
      const live = el("div.explore-live");
      build(live, root);
      root.append(live);
      root.classList.add("is-live");
    }
  }

  // Data scripts set exploreData.NAME; each is fetched once, when first asked for.
  const asked = {};
  function load(name) {
    asked[name] ??= new Promise((resolve, reject) => {
      const script = el("script", { src: new URL(`data/${name}.js`, here).href });
      script.onload = () => resolve(window.exploreData[name]);
      script.onerror = () => reject(new Error(`The data of this figure did not load (${name}.js). Reload the page to try again.`));
      document.head.append(script);
    });
    return asked[name];
  }

  // The sentence that says the result: seen by all, read aloud when the hand rests.
  function reading(live) {
    const seen = el("p.explore-reading", { "aria-hidden": "true" });
    const heard = el("p.explore-heard", { role: "status", "aria-live": "polite" });
    let waiting;
    live.append(seen, heard);
    return (text) => {
      if (!seen.textContent) heard.textContent = text; // the opening state is read in its turn, not announced
      seen.textContent = text;
      clearTimeout(waiting);
      waiting = setTimeout(() => { heard.textContent = text; }, 400);
    };
  }

  // --- Controls: native inputs with their label. Each returns its node, with .value or .set where it can be set. ---

  // options: [value, text] pairs. One of several, as a row of radio buttons.
  function choice(label, options, value, change) {
    const name = id("choice");
    const buttons = options.map(([key, text]) => {
      const input = el("input", { type: "radio", name, value: key, checked: key === value, onchange: () => change(key) });
      return el("label", input, el("span", text));
    });
    const node = el("fieldset.explore-choice", el("legend", label), el("div", buttons));
    node.set = (key) => node.querySelectorAll("input").forEach((input) => { input.checked = input.value === String(key); });
    return node;
  }

  // text(value): what stands beside the slider.
  function range(label, { min, max, step, value, text = short }, change) {
    const input = el("input", { type: "range", id: id("range"), min, max, step, value });
    const output = el("output", { for: input.id });
    const show = () => {
      output.textContent = text(node.get());
      input.setAttribute("aria-valuetext", output.textContent);
    };
    input.oninput = () => { show(); change(node.get()); };
    const node = el("div.explore-range", el("label", { for: input.id }, label), input, output);
    node.set = (to) => { input.value = to; show(); };
    node.get = () => Number(input.value);
    show();
    return node;
  }

  const button = (text, click, attributes = {}) => el("button", { type: "button", class: "explore-button", onclick: click, ...attributes }, text);

  const note = (...text) => el("p.explore-note", ...text);

  // A table in a box that scrolls where it must; an empty head is no head.
  function table(style, heads, body) {
    const cell = (head) => (head instanceof Node ? head : head ? el("th", { scope: "col" }, head) : el("td"));
    return el("div.scroll", el(`table.${style}`, el("thead", el("tr", heads.map(cell))), body));
  }

  const rowHead = (text) => el("th", { scope: "row" }, text);
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  const list = (words) => (words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words[0]);

  // --- Plot: an SVG with axes left and bottom; x and y = [low, high]. ---

  function ticks([low, high], wanted = 5) {
    const rough = (high - low) / wanted, base = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * base).find((s) => s >= rough * 0.999);
    const first = Math.ceil(low / step - 1e-9);
    return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
  }

  function plot({ x, y, width = 340, height = 240, xLabel = "", yLabel = "", label, xTicks = ticks(x), yTicks = ticks(y),
    left = 38, bottom = 38, top = 20, right = 10 }) {
    const X = (value) => left + ((value - x[0]) / (x[1] - x[0])) * (width - left - right);
    const Y = (value) => height - bottom - ((value - y[0]) / (y[1] - y[0])) * (height - top - bottom);
    const axes = el("g.axes", { "aria-hidden": "true" });
    for (const v of yTicks) {
      axes.append(el("line.grid", { x1: left, x2: width - right, y1: Y(v), y2: Y(v) }));
      axes.append(el("text", { x: left - 6, y: Y(v) + 4, "text-anchor": "end" }, short(v)));
    }
    for (const v of xTicks) axes.append(el("text", { x: X(v), y: height - bottom + 16, "text-anchor": "middle" }, short(v)));
    axes.append(
      el("line", { x1: left, x2: width - right, y1: height - bottom, y2: height - bottom }),
      el("line", { x1: left, x2: left, y1: top, y2: height - bottom }),
      el("text.name", { x: width - right, y: height - 4, "text-anchor": "end" }, xLabel),
      el("text.name", { x: 2, y: 11 }, yLabel),
    );
    const ink = el("g", { "aria-hidden": "true" });
    const node = el("svg.explore-plot", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": label }, axes, ink);
    // points [[x, y]…] as the d of a path; what leaves the frame is cut off
    const path = (points) => points.filter(([px, py]) => px >= x[0] && px <= x[1] && py >= y[0] && py <= y[1])
      .map(([px, py], i) => `${i ? "L" : "M"}${X(px).toFixed(1)} ${Y(py).toFixed(1)}`).join("");
    // curve of f over x; returns it with .draw(f)
    function curve(f, attributes = {}) {
      const line = el("path.curve", { ...attributes });
      line.draw = (g) => set(line, { d: path(Array.from({ length: 161 }, (_, i) => x[0] + ((x[1] - x[0]) * i) / 160).map((v) => [v, g(v)])) });
      line.draw(f);
      ink.append(line);
      return line;
    }
    return { node, ink, X, Y, x, y, width, height, curve, path };
  }

  // A handle in a plot's SVG: dragged, or moved by arrows, Page Up/Down, Home and End along "x" or "y".
  function handle(area, { label, along = "x", min, max, step, value, text = short, shape }, change) {
    const knob = shape ?? el("circle", { r: 7 });
    const node = el("g", { class: `explore-handle along-${along}`, role: "slider", tabindex: 0, "aria-label": label,
      "aria-valuemin": min, "aria-valuemax": max, "aria-orientation": along === "x" ? "horizontal" : "vertical" },
    el("circle.reach", { r: 16 }), set(knob, { class: "knob" }));
    let now;
    const move = (to) => {
      const stepped = Math.round(Math.min(max, Math.max(min, to)) / step) * step;
      node.set(Number(stepped.toFixed(6)));
      change(now);
    };
    node.set = (to) => { now = to; set(node, { "aria-valuenow": to, "aria-valuetext": text(to) }); };
    node.at = (px, py) => set(node, { transform: `translate(${px.toFixed(1)} ${py.toFixed(1)})` });
    node.onkeydown = (event) => {
      const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
      const to = { Home: min, End: max }[event.key] ?? (steps && now + steps * step);
      if (to === undefined) return;
      event.preventDefault();
      move(to);
    };
    node.onpointerdown = (event) => { node.setPointerCapture(event.pointerId); node.focus(); event.preventDefault(); };
    node.onpointermove = (event) => {
      if (!node.hasPointerCapture(event.pointerId)) return;
      const box = area.node.getBoundingClientRect(), scale = area.width / box.width;
      const [low, high] = area[along];
      const start = along === "x" ? area.X(low) : area.Y(low), end = along === "x" ? area.X(high) : area.Y(high);
      const here = (along === "x" ? event.clientX - box.left : event.clientY - box.top) * scale;
      move(low + ((here - start) / (end - start)) * (high - low));
    };
    node.set(value);
    area.node.append(node);
    return node;
  }

  return {
    el, set, id, format, short, sum, list, start, load, reading, choice, range, button, note, table, rowHead, plot, handle, reduced,
  };
})();
