// Losses as something to push: a score on its curve, two scores of a pair, five scores of a row.
(function () {
  "use strict";
  const { el, set, short, format, range, button, note, plot, handle } = explore;
  const RATE = 0.2; // a step moves a score by this times its push
  const signed = (x) => (x > 0.0005 ? "+" : "") + format(x);

  // An arrow from (x1, y1) by (dx, dy), as the d of a path; nothing where there is no length.
  function arrow(x1, y1, dx, dy) {
    const length = Math.hypot(dx, dy);
    if (length < 1) return "";
    const [ux, uy] = [dx / length, dy / length], head = Math.min(7, length), [x2, y2] = [x1 + dx, y1 + dy];
    const side = (s) => `M${x2} ${y2}L${x2 - head * ux + s * 0.6 * head * uy} ${y2 - head * uy - s * 0.6 * head * ux}`;
    return `M${x1} ${y1}L${x2} ${y2}${side(1)}${side(-1)}`;
  }

  const figure = (title, ...children) => el("section", el("h2", title), ...children);

  // --- One score and its target ---

  const KINDS = {
    mse: { name: "Squared error", unit: "score, in stars", top: 12,
      frame: (y, far) => [0, 10 * Math.ceil(Math.max((y + 4) ** 2, (far - y) ** 2) / 10)] },
    binary_cross_entropy: { name: "Sigmoid and cross-entropy", unit: "score (logit)", top: 12,
      frame: (y, far) => [Math.min(0, -Math.ceil((y - 1) * far)), Math.max(14, Math.ceil(4 * y + 1), Math.ceil((1 - y) * far))] },
  };

  function panel(kind, state) {
    const { name, unit, frame, top } = KINDS[kind];
    const caption = note(), holder = el("div");
    let area, knob, push;
    const loss = (s) => formulas[kind]([state.target], [s]);

    function draw() {
      const far = Math.max(top, 10 * Math.ceil((state[kind] + 2) / 10)), x = [-4, far];
      area = plot({ x, y: frame(state.target, far), xLabel: unit, yLabel: "loss", label: `${name}, target ${short(state.target)}` });
      area.curve(loss);
      push = el("path.push");
      area.ink.append(push);
      knob = handle(area, { label: `Score under ${name.toLowerCase()}`, min: x[0], max: x[1], step: 0.1, value: state[kind],
        text: (s) => `score ${short(s)}, loss ${format(loss(s))}` }, (s) => { state[kind] = s; place(); state.told(); });
      holder.replaceChildren(area.node);
      place();
    }

    function place() {
      const s = state[kind], pushed = -formulas.gradient[kind]([state.target], [s])[0];
      if (s > area.x[1]) return draw();
      const px = area.X(s), py = area.Y(Math.min(loss(s), area.y[1]));
      knob.set(s);
      knob.at(px, py);
      set(push, { d: arrow(px, py, area.X(Math.min(area.x[1], Math.max(area.x[0], s + pushed))) - px, 0) });
      caption.textContent = `score ${short(s, 2)}, loss ${short(loss(s), 2)}, gradient ${format(-pushed)}, push ${signed(pushed)}`;
    }

    return { node: el("div", el("h3", name), holder, caption), draw, place };
  }

  function oneScore() {
    const state = { target: 3, mse: 0, binary_cross_entropy: 0, steps: 0 };
    const panels = Object.keys(KINDS).map((kind) => panel(kind, state));
    const words = el("div"), say = explore.reading(words);
    state.told = () => {
      const y = state.target, push = -formulas.gradient.binary_cross_entropy([y], [state.binary_cross_entropy])[0];
      const cross = y > 1 ? `Cross-entropy pushes up by ${format(push, 2)} here, and by more than ${short(y - 1)} at any score: it has no floor.`
        : y === 1 || y === 0 ? `Cross-entropy pushes ${y ? "up" : "down"} by ${format(Math.abs(push), 2)}, less and less as the score goes ${y ? "up" : "down"}.`
          : `Cross-entropy has its floor at the score ${short(Math.log(y / (1 - y)), 2)}, where σ is ${short(y)}.`;
      const after = state.steps ? `After ${state.steps} step${state.steps > 1 ? "s" : ""}: ` : "";
      say(`${after}${after ? "s" : "S"}quared error has its floor at ${short(y)}. ${cross}`);
    };
    const target = range("Target", { min: 0, max: 5, step: 0.5, value: 3 }, (y) => {
      state.target = y;
      panels.forEach((p) => p.draw());
      state.told();
    });
    const step = (n) => {
      for (let i = 0; i < n; i++) {
        for (const kind of Object.keys(KINDS)) state[kind] -= RATE * formulas.gradient[kind]([state.target], [state[kind]])[0];
      }
      state.steps += n;
      panels.forEach((p) => p.place());
      state.told();
    };
    const back = () => {
      Object.assign(state, { mse: 0, binary_cross_entropy: 0, steps: 0 });
      panels.forEach((p) => p.draw());
      state.told();
    };
    panels.forEach((p) => p.draw());
    state.told();
    return figure("One score, one target", el("div.explore-row", target,
      button("One step", () => step(1)), button("20 steps", () => step(20)), button("Back to 0", back)),
    words, el("div.explore-panels", panels.map((p) => p.node)),
    note("Squared error: (score − target)². Cross-entropy: −y log σ(s) − (1 − y) log(1 − σ(s)), with y the target, s the score (the logit) and σ(s) = 1/(1 + e⁻ˢ)."),
    note(`The arrow is the push, minus the gradient, in units of the score; a step goes ${RATE} of its length. Where it leaves the picture it is cut; the line under the picture has its length. The dots can be dragged.`));
  }

  // --- BPR: two scores, one gap ---

  function pair() {
    const state = { liked: -2, drawn: 2 }, words = el("div"), say = explore.reading(words);
    const scores = plot({ x: [-4, 4], y: [0, 1], yTicks: [], height: 150, left: 46, xLabel: "score", label: "The two scores" });
    const gaps = plot({ x: [-8, 8], y: [0, 8], xLabel: "gap: liked minus drawn", yLabel: "loss", label: "Loss over the gap" });
    gaps.curve((gap) => formulas.bpr([], [gap, 0]));
    const dot = el("circle", { r: 5, class: "spot" }), push = el("path.push");
    gaps.ink.append(push, dot);
    const row = { liked: 40, drawn: 80 }, shapes = { liked: el("circle", { r: 7 }), drawn: el("rect", { x: -6, y: -6, width: 12, height: 12 }) };
    const arrows = {}, knobs = {};
    for (const [who, label] of [["liked", "Score of the liked film"], ["drawn", "Score of the drawn film"]]) {
      arrows[who] = el("path.push");
      scores.ink.append(el("text", { x: 0, y: row[who] + 4 }, who), arrows[who]);
      knobs[who] = handle(scores, { label, min: -4, max: 4, step: 0.1, value: state[who], shape: shapes[who] },
        (s) => { state[who] = s; place(); });
    }
    function place() {
      const { liked, drawn } = state, gap = liked - drawn, at = [liked, drawn];
      const gradient = formulas.gradient.bpr([], at), loss = formulas.bpr([], at);
      ["liked", "drawn"].forEach((who, i) => {
        knobs[who].at(scores.X(at[i]), row[who]);
        set(arrows[who], { d: arrow(scores.X(at[i]), row[who], scores.X(-gradient[i]) - scores.X(0), 0) });
      });
      set(dot, { cx: gaps.X(gap), cy: gaps.Y(loss) });
      set(push, { d: arrow(gaps.X(gap), gaps.Y(loss), gaps.X(-gradient[0]) - gaps.X(0), 0) });
      const other = formulas.sigmoid(gap) * formulas.sigmoid(-gap); // the push of 1 − σ(gap)
      say(`Gap ${short(gap, 1)}, loss ${format(loss)}: the liked film is lifted by ${format(-gradient[0])}, the drawn one lowered by as much. `
        + `Under 1 − σ, which some programs call BPR, the push is ${format(other)}.`);
    }
    place();
    return figure("BPR: two scores, one gap", words, el("div.explore-panels", scores.node, gaps.node),
      note("The liked film is one that the user likes; the drawn one was drawn at random from the rest. Loss: −log σ(gap), with σ(x) = 1/(1 + e⁻ˣ)."));
  }

  // --- Softmax: five scores share one unit ---

  function five() {
    const state = { scores: [2, 1, 0, -1, -2], likes: [0, 0, 1, 0, 0] }, words = el("div"), say = explore.reading(words);
    const area = plot({ x: [0.4, 5.6], y: [-4, 4], xTicks: [], bottom: 12, yLabel: "score", label: "Scores of five films" });
    area.ink.append(el("line.zero", { x1: area.X(0.4), x2: area.X(5.6), y1: area.Y(0), y2: area.Y(0) }));
    const pushes = state.scores.map(() => el("path.push")), shares = state.scores.map(() => el("output"));
    area.ink.append(...pushes);
    const knobs = state.scores.map((s, i) => handle(area, { label: `Score of film ${i + 1}`, along: "y", min: -4, max: 4, step: 0.1, value: s },
      (to) => { state.scores[i] = to; place(); }));
    const boxes = state.likes.map((like, i) => el("label", `film ${i + 1}`, el("input", { type: "checkbox", checked: Boolean(like), "aria-label": `film ${i + 1} is liked`,
      onchange: (event) => { state.likes[i] = event.target.checked ? 1 : 0; place(); } }), el("span", { "aria-hidden": "true" }, "liked"), shares[i]));
    const step = (n) => {
      for (let t = 0; t < n; t++) {
        const gradient = formulas.gradient.multinomial(state.likes, state.scores);
        state.scores = state.scores.map((s, i) => Math.min(4, Math.max(-4, s - 5 * RATE * gradient[i])));
      }
      place();
    };
    function place() {
      const { scores, likes } = state, gradient = formulas.gradient.multinomial(likes, scores), share = formulas.softmax(scores);
      scores.forEach((s, i) => {
        const px = area.X(i + 1), py = area.Y(s);
        knobs[i].set(Number(s.toFixed(3)));
        knobs[i].at(px, py);
        set(pushes[i], { d: arrow(px + 14, py, 0, area.Y(-gradient[i]) - area.Y(0)) });
        shares[i].textContent = format(share[i], 2);
      });
      const n = likes.filter(Boolean).length, most = gradient.indexOf(Math.max(...gradient)), least = gradient.indexOf(Math.min(...gradient));
      say(n ? `Loss ${format(formulas.multinomial(likes, scores))}. Film ${least + 1} is lifted most, by ${format(-gradient[least], 2)}; film ${most + 1} pays most, ${format(gradient[most], 2)}. All pushes sum to 0.`
        : "Nothing is liked: no push on any film.");
    }
    place();
    return figure("Softmax: five films, one unit to share", words, el("div.explore-panels",
      el("div", area.node, el("div.softmax-films", boxes), note("Below each film: its share π = eˢ / (sum of eˢ over the five).")),
      el("div", note("A film’s push is its like minus n · π, with n likes in the row: categorical cross-entropy for one, the multinomial loss for several. A step goes the whole length of the arrows."),
        el("div.explore-row", button("One step", () => step(1)), button("20 steps", () => step(20))))));
  }

  explore.start("losses", (live) => live.append(oneScore(), pair(), five()));
})();
