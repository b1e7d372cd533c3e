// Embedding map: the films in a plane of two principal components, and the ten nearest of one, there and in full.
const map = (function () {
  "use strict";
  const { el, set, format, sum } = explore;
  const NEAREST = 10, OPENING = 5618; // Spirited Away
  const RAMPS = { light: ["#b9a23c", "#94905f", "#6d7378", "#45597f", "#14284b"], dark: ["#5f7bb0", "#7d90a6", "#a3a587", "#cdbd63", "#ffe94a"] };
  const GENRES = [ // a film takes the first that it has
    ["Children, animation", "#e69f00", "Children", "Animation"], ["Documentary", "#000000", "Documentary"],
    ["Horror", "#d55e00", "Horror"], ["Sci-fi, fantasy", "#56b4e9", "Sci-Fi", "Fantasy"],
    ["Action, war, western", "#009e73", "Action", "Adventure", "War", "Western"],
    ["Crime, thriller", "#0072b2", "Crime", "Thriller", "Mystery", "Film-Noir"],
    ["Comedy, romance", "#cc79a7", "Comedy", "Romance", "Musical"], ["Drama and others", "#8b949e"],
  ];
  const steps = (from, word) => from.map((low, i) => [word(low, from[i + 1]), (v) => v >= low && !(v >= from[i + 1])]);
  const YEARS = steps([1, 1960, 1980, 1990, 2000], (low, next) => (low === 1 ? "before 1960" : next ? `${low} to ${next - 1}` : "2000 and later"));
  const LIKES = steps([2, 4, 10, 25, 75], (low, next) => (next ? `${low} to ${next - 1} likes` : "75 likes and more"));

  // { all: the nearest in all dimensions, plane: in the plane, cosines: of every film with this one }
  function neighbours(film, vectors, { x, y }) {
    const d = vectors.length / x.length, cosines = new Float32Array(x.length), apart = new Float64Array(x.length);
    const length = (i) => Math.sqrt(sum(Array.from(vectors.subarray(i * d, (i + 1) * d), (v) => v * v)));
    const mine = Array.from(vectors.subarray(film * d, (film + 1) * d), (v) => v / length(film));
    for (let i = 0; i < x.length; i++) {
      let dot = 0, square = 0;
      for (let f = 0; f < d; f++) {
        dot += mine[f] * vectors[i * d + f];
        square += vectors[i * d + f] ** 2;
      }
      cosines[i] = dot / Math.sqrt(square);
      apart[i] = -((x[i] - x[film]) ** 2 + (y[i] - y[film]) ** 2);
    }
    const itself = new Set([film]);
    return { all: formulas.top_k(cosines, NEAREST, itself), plane: formulas.top_k(apart, NEAREST, itself), cosines };
  }

  function build(live, root, data, plane, { vectors }) {
    const bit = (name) => (1 << data.genreNames.indexOf(name)) >>> 0;
    const dark = () => document.documentElement.dataset.theme === "dark";
    const ink = (name) => getComputedStyle(root).getPropertyValue(`--${name}`);
    const ramp = (classes, values) => classes.map(([text, holds], k) => ({ text, colour: () => RAMPS[dark() ? "dark" : "light"][k], holds: (i) => holds(values[i]) }));
    const colourings = {
      genre: GENRES.map(([text, colour, ...names]) => ({ text, colour: () => (colour === "#000000" ? ink("ink") : colour),
        holds: (i) => !names.length || names.some((name) => data.genres[i] & bit(name)) })),
      year: ramp(YEARS, data.years), popularity: ramp(LIKES, data.likes),
    };
    const reach = 1.04 * Math.max(...[plane.x, plane.y].map((v) => v.reduce((most, value) => Math.max(most, Math.abs(value)), 0)));
    let film = data.ids.indexOf(OPENING), near, classes, groups, only = -1, zoom = 1, hover = -1, at, size;

    const canvas = el("canvas", { role: "img" }), pen = canvas.getContext("2d"), legend = el("ul.map-legend", { "aria-label": "Colours; press one to see it alone" });
    const lists = el("div.explore-panels");

    function colour(by) {
      classes = colourings[by];
      groups = classes.map(() => []);
      for (let i = 0; i < data.n; i++) groups[classes.findIndex((c) => c.holds(i))]?.push(i);
      only = -1;
      legend.replaceChildren(...classes.map(({ text }, k) => el("li", el("button", { type: "button", "aria-pressed": "false", onclick() {
        only = only === k ? -1 : k;
        [...legend.querySelectorAll("button")].forEach((b, j) => set(b, { "aria-pressed": String(j === only) }));
        draw();
      } }, el("span.dot"), `${text} (${groups[k].length})`))));
      draw();
    }

    function draw() {
      if (!size || !near) return;
      const ratio = window.devicePixelRatio || 1;
      const scale = (zoom * size) / (2 * reach), away = 1 - 1 / zoom;
      at = (i) => [size / 2 + (plane.x[i] - away * plane.x[film]) * scale, size / 2 - (plane.y[i] - away * plane.y[film]) * scale];
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      pen.clearRect(0, 0, size, size);
      groups.forEach((group, k) => {
        pen.fillStyle = classes[k].colour();
        legend.children[k].querySelector(".dot").style.background = pen.fillStyle;
        pen.globalAlpha = only < 0 || only === k ? 1 : 0.1;
        pen.beginPath();
        for (const i of group) { // whole pixels: sharp, and a small still figure
          const [x, y] = at(i), side = Math.round(ratio * (2.4 + 0.7 * Math.log2(zoom)));
          pen.rect(Math.round(x * ratio - side / 2) / ratio, Math.round(y * ratio - side / 2) / ratio, side / ratio, side / ratio);
        }
        pen.fill();
      });
      pen.globalAlpha = 1;
      const [x0, y0] = at(film);
      pen.lineWidth = 2;
      for (const [places, style, shape] of [[near.all, "accent", "circle"], [near.plane, "accent-2", "square"]]) {
        pen.strokeStyle = ink(style);
        for (const i of places) {
          const [x, y] = at(i);
          pen.beginPath();
          if (shape === "circle") pen.arc(x, y, 6, 0, 7);
          else pen.rect(x - 7, y - 7, 14, 14);
          pen.stroke();
          if (shape === "square") continue;
          pen.globalAlpha = 0.4;
          pen.beginPath();
          pen.moveTo(x0, y0);
          pen.lineTo(x, y);
          pen.stroke();
          pen.globalAlpha = 1;
        }
      }
      pen.fillStyle = ink("ink");
      pen.beginPath();
      pen.arc(x0, y0, 5, 0, 7);
      pen.fill();
      write(`● ${data.names[film]}`, 8, size - 10); // in the corner, free of marks
      if (hover >= 0) write(data.names[hover], at(hover)[0] + 10, at(hover)[1] - 17);
    }

    function write(text, x, y) {
      pen.font = `13px ${getComputedStyle(live).fontFamily}`;
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
      const listed = (label, places, mark) => el("div", el("h2", el(`span.map-${mark}`), ` ${label}`), el("ol.map-list", places.map((i) => el("li",
        el("button", { type: "button", onclick: () => { choose(i); lists.children[Number(mark === "square")].querySelector("button").focus({ preventScroll: true }); } }, data.names[i]),
        el("span.number", `${both.includes(i) ? "in both · " : ""}${format(near.cosines[i], 2)}`)))));
      lists.replaceChildren(listed("Nearest in all 64 dimensions", near.all, "circle"), listed("Nearest in the plane", near.plane, "square"));
      set(canvas, { "aria-label": `${data.n} films as points in a plane. ${title} and its nearest are marked; the lists below name them.` });
      read(`Of the ten films nearest to ${title}, the plane keeps ${both.length || "none"} among its ten nearest. Over all films it keeps ${format(plane.agree, 1)} of ten.`);
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

    const finder = films.finder(data, "Find a film", { choose });
    const tools = el("div", finder, explore.choice("Colour by", [["year", "Year"], ["genre", "Genre"], ["popularity", "Popularity"]], "year", colour), legend,
      explore.range("Zoom in on the film", { min: 0, max: 4, step: 0.5, value: 0, text: (v) => `${format(2 ** v, v % 1 ? 1 : 0)}×` }, (v) => { zoom = 2 ** v; draw(); }));
    live.append(el("div.map-columns", el("div.map-field", canvas), tools));
    const read = explore.reading(live);
    live.append(lists, explore.note(`The number is the cosine in all 64 dimensions. The plane is drawn by principal components, the two directions in which the vectors spread most; they hold ${format(100 * sum(plane.variance), 0)} % of the spread.`));
    new ResizeObserver(() => {
      size = canvas.clientWidth;
      canvas.width = canvas.height = size * (window.devicePixelRatio || 1);
      draw();
    }).observe(canvas);
    new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    choose(film);
    colour("year");
  }

  films.start("map", build, "films", "plane", "embedding");
  return { neighbours };
})();
