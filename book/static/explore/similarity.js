// Five similarities over a small table that the reader edits; the formula with these numbers in it.
(function () {
  "use strict";
  const { el, set, short, format, range, choice, note, table, rowHead, list, sum } = explore;
  const MEASURES = { dot: "dot product", cosine: "cosine", jaccard: "Jaccard", pearson: "Pearson", adjusted_cosine: "adjusted cosine" };
  const MARKS = ["M0-5.5A5.5 5.5 0 1 1 -.01-5.5Z", "M0-6.5L6.5 0L0 6.5L-6.5 0Z", "M-5-5H5V5H-5Z", "M0-6L6.5 5.5H-6.5Z"];
  const TABLE = [[5, 4, null, 1], [4, 5, null, 2], [4, null, 5, null], [2, null, 3, 5], [3, 2, null, 4]];
  const FILMS = ["Hit", "Twin", "Cult", "Foe"];
  const PRESETS = {
    chapter: { name: "The chapter’s table", films: FILMS, table: TABLE, target: 0, measure: "pearson", other: 2 },
    trap: { name: "Two people against six", films: ["Hit", "Friend", "Rumour"], target: 0, measure: "pearson", other: 2,
      table: [[5, 4, 4], [4, 5, null], [2, 2, null], [1, 3, 3.5], [4, 3, null], [3, 4, null]] },
    one: { name: "One common rater", films: FILMS, table: TABLE, target: 2, measure: "adjusted_cosine", other: 3 },
    levels: { name: "Generous and strict", films: ["One", "Other", "Third"], table: [[5, 4, 5], [4, 5, 5], [2, 1, 2], [1, 2, 2]], target: 0, measure: "pearson", other: 1 },
    angle: { name: "A right angle", films: ["U", "V", "W"], table: [[1, 0, 1], [0, 1, 0], [-1, 0, -1], [0, -1, 1]],
      target: 0, measure: "cosine", other: 1, numbers: true },
  };
  const n3 = (x) => short(x, 3);
  const signed = (x) => (x < 0 ? `(${n3(x)})` : n3(x));
  const people = (rows) => rows.map((u) => "ABCDEFGH"[u]).join(", ");

  explore.start("similarity", (live) => {
    let state;
    const say = explore.reading(live);
    const parts = Object.fromEntries(["ratings", "target", "order", "written", "terms"].map((name) => [name, el("div", { class: `similarity-${name}` })]));
    const presets = choice("Begin with", Object.entries(PRESETS).map(([key, p]) => [key, p.name]), "chapter", begin);
    const beta = range("Shrinkage β: times n/(n + β), n = common raters", { min: 0, max: 100, step: 1, value: 0 }, (value) => {
      state.beta = value;
      update();
    });
    live.prepend(presets, el("div.explore-panels", parts.ratings, el("div", parts.target, beta)));
    live.append(parts.order, parts.written, parts.terms);

    function begin(key) {
      state = { ...PRESETS[key], table: PRESETS[key].table.map((row) => [...row]), beta: 0 };
      beta.set(0);
      parts.ratings.replaceChildren(ratings());
      controls();
      update();
    }

    function ratings() {
      const limits = state.numbers ? { min: -5, max: 5, step: 1 } : { min: 0.5, max: 5, step: 0.5 };
      const rows = state.table.map((row, u) => el("tr", rowHead(people([u])), row.map((value, i) => {
        const input = el("input", { type: "number", inputmode: "decimal", ...limits, value, placeholder: "–", "aria-label": `${people([u])} gives ${state.films[i]}` });
        input.oninput = () => {
          const typed = input.value === "" ? null : Number(input.value);
          const wrong = input.validity.badInput || (typed !== null && (typed < limits.min || typed > limits.max));
          set(input, { "aria-invalid": wrong });
          if (wrong) return say(`What ${people([u])} gives ${state.films[i]} is not counted: it must be from ${short(limits.min)} to ${limits.max}.`);
          state.table[u][i] = typed;
          update();
        };
        return el("td", input);
      })));
      const about = state.numbers ? "Entries from −5 to 5. An empty field is no entry; for the first three measures so is 0."
        : "Stars from 0.5 to 5; an empty field is not rated. Dot product, cosine and Jaccard see likes: 4 stars or more count 1, all else 0.";
      return el("div", table("ratings", ["", ...state.films], el("tbody", rows)), note(about));
    }

    function controls() {
      const others = state.films.map((film, i) => [i, film]).filter(([i]) => i !== state.target);
      if (!others.some(([i]) => i === state.other)) state.other = others[0][0];
      parts.target.replaceChildren(choice("Which film is nearest to …", state.films.map((film, i) => [i, film]), state.target, (i) => {
        state.target = i;
        controls();
        update();
        parts.target.querySelectorAll("input")[i].focus();
      }));
      parts.written.replaceChildren(el("h2", "Written out"),
        choice("Measure", Object.entries(MEASURES), state.measure, (key) => { state.measure = key; update(); }),
        choice(`${state.films[state.target]} with`, others, state.other, (i) => { state.other = i; update(); }));
    }

    // likes as the library's models see them: a stored 1, or nothing
    const likes = () => state.table.map((row) => row.map((r) => (state.numbers ? r || null : r >= 4 ? 1 : null)));
    const seen = (measure) => (["pearson", "adjusted_cosine"].includes(measure) ? state.table : likes());

    function similarities(measure) {
      const n = formulas.common_raters(state.table, [state.target])[0];
      return formulas[measure](seen(measure), [state.target])[0].map((s, j) => formulas.shrink(s, state.beta ? n[j] : 1, state.beta));
    }

    function update() {
      const n = formulas.common_raters(state.table, [state.target])[0];
      const nearest = {};
      parts.order.replaceChildren(el("table", el("tbody", Object.entries(MEASURES).map(([measure, name]) => {
        const s = similarities(measure);
        const order = formulas.top_k(s, s.length - 1, new Set([state.target]));
        const best = order.filter((j) => s[j] === s[order[0]]);
        const key = s[order[0]] > 0 ? list(best.map((j) => state.films[j])) : "none above 0";
        (nearest[key] ??= []).push([name, best.length === 1 ? n[best[0]] : null]);
        const text = order.map((j, at) => el("span", at ? (s[j] === s[order[at - 1]] ? " = " : " > ") : "", state.films[j], " ", el("b", measure === "dot" ? n3(s[j]) : format(s[j]))));
        return el("tr", rowHead(name), el("td", strip(measure, s, order)), el("td", text));
      }))), el("p", { class: "explore-note legend" }, "Common raters (n): ", state.films.flatMap((film, j) => (j === state.target ? [] : [
        el("span", el("svg", { viewBox: "-8 -8 16 16", width: 14, height: 14, "aria-hidden": "true" }, mark(j)), ` ${film} ${n[j]} `)]))));
      const told = Object.entries(nearest).map(([film, by]) => {
        const few = by.length === 1 && by[0][1] !== null && by[0][1] < 3 && film !== "none above 0";
        return `${film} by ${by.length === 5 ? "all five" : list(by.map(([name]) => name))}${few ? ` (${by[0][1]} common rater${by[0][1] === 1 ? "" : "s"})` : ""}`;
      });
      say(`Nearest to ${state.films[state.target]}: ${told.join("; ")}.`);
      write(n[state.other]);
    }

    const mark = (j, attributes = {}) => el("path", { d: MARKS[j], class: `mark mark-${j}`, ...attributes });

    function strip(measure, s, order) {
      const low = measure === "dot" && !state.numbers ? 0 : -1, high = measure === "dot" ? Math.max(1, ...order.map((j) => Math.abs(s[j]))) : 1;
      const from = low && -high, X = (v) => 26 + ((v - from) / (high - from)) * 168;
      return el("svg", { class: "explore-plot strip", viewBox: "0 0 220 26", "aria-hidden": "true" },
        el("line", { x1: 26, x2: 194, y1: 13, y2: 13 }), el("line", { x1: X(0), x2: X(0), y1: 7, y2: 19 }),
        el("text", { x: 15, y: 17, "text-anchor": "end" }, short(from, 1)), el("text", { x: 205, y: 17 }, short(high, 1)),
        [...order].reverse().map((j) => mark(j, { transform: `translate(${X(s[j])} 13)` })));
    }

    // --- The formula with these numbers in it ---

    const fraction = (top, bottom) => el("span.fraction", el("span", top), el("span.explore-heard", " divided by "), el("span", bottom));
    const products = (a, b) => a.map((x, r) => `${signed(x)}·${signed(b[r])}`).join(" + ");
    const length = (a) => `√(${a.map((x) => `${signed(x)}²`).join(" + ")})`;

    function write(n) {
      const { films, target: i, other: j, measure, beta } = state;
      const matrix = seen(measure), value = formulas[measure](matrix, [i])[0][j];
      const both = matrix.map((_, u) => u).filter((u) => matrix[u][i] !== null && matrix[u][j] !== null);
      const lines = [];
      const column = (item) => matrix.map((row) => row[item] ?? 0);
      let top = "", bottom = "";
      if (measure === "jaccard") {
        const either = matrix.map((_, u) => u).filter((u) => matrix[u][i] !== null || matrix[u][j] !== null);
        lines.push(`${state.numbers ? "In both" : "Like both"}: ${people(both) || "nobody"}. ${state.numbers ? "In either" : "Like either"}: ${people(either) || "nobody"}.`);
        [top, bottom] = [String(both.length), String(either.length)];
      } else if (measure === "dot" || measure === "cosine") {
        lines.push(`One product for each user, ${people(matrix.map((_, u) => u))}.`);
        top = products(column(i), column(j));
        if (measure === "cosine") bottom = `${length(column(i))} · ${length(column(j))}`;
      } else {
        const mean = (values) => sum(values) / values.length;
        const d = measure === "adjusted_cosine" ? formulas.deviations(matrix) : null;
        const side = (item) => (d ? both.map((u) => d[u][item]) : both.map((u) => matrix[u][item] - mean(both.map((v) => matrix[v][item]))));
        lines.push(both.length ? `Common raters: ${people(both)}. ` + (d
          ? `Mean of all ratings of each: ${both.map((u) => `${people([u])} ${n3(mean(matrix[u].filter((r) => r !== null)))}`).join(", ")}. Each rating minus it:`
          : `Means over them: ${films[i]} ${n3(mean(both.map((u) => matrix[u][i])))}, ${films[j]} ${n3(mean(both.map((u) => matrix[u][j])))}. Each rating minus its mean:`)
          : "No common rater: the measure has nothing to say, and 0 stands for that.");
        if (both.length) [top, bottom] = [products(side(i), side(j)), `${length(side(i))} · ${length(side(j))}`];
        if (both.length === 1 && !d) lines.push("One rater alone does not vary: 0/0, counted as 0.");
      }
      const equation = top && el("p", bottom ? fraction(top, bottom) : top, ` = ${n3(value)}`);
      const shrunk = beta ? `Shrunk: ${signed(value)} · ${n}/(${n} + ${beta}) = ${n3(formulas.shrink(value, n, beta))}` : "";
      parts.terms.replaceChildren(...[...lines.map((line) => el("p", line)), equation, shrunk && el("p", shrunk)].filter(Boolean));
    }

    begin("chapter");
  });
})();
