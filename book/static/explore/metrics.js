// A list put in order by hand and measured six ways; then five models under three contests.
(function () {
  "use strict";
  const { el, set, short, format, range, choice, button, note, table, rowHead, sum, reduced } = explore;
  const NAMES = { hit_rate: "Hit rate", precision: "Precision", recall: "Recall", reciprocal_rank: "Reciprocal rank", average_precision: "Average precision", ndcg: "NDCG" };
  const films = Array.from("ABCDEFGHIJ", (letter) => `Film ${letter}`);
  const worth = (rank) => 1 / Math.log2(rank + 1);

  // The list's precision, recall, average precision and NDCG by each library's definition, as in the chapter Evaluation.
  function definitions(hit, n) {
    const k = hit.length, few = Math.min(k, n), found = sum(hit);
    const precisions = sum(hit.map((h, r) => (h * sum(hit.slice(0, r + 1))) / (r + 1)));
    const gain = (value) => sum(hit.map((h, r) => h * value(r + 1))), ideal = (value, places) => sum(hit.slice(0, places).map((_, r) => value(r + 1)));
    const flat = (rank) => 1 / Math.log2(Math.max(rank, 2)), ndcg = gain(worth) / ideal(worth, few);
    return {
      "trec_eval, ranx, this book": [found / k, found / n, precisions / n, ndcg],
      Cornac: [found / k, found / n, null, ndcg],
      RecBole: [found / k, found / n, precisions / few, ndcg],
      implicit: [found / few, null, precisions / few, ndcg],
      RecTools: [found / k, found / n, precisions / n, gain(worth) / ideal(worth, k)],
      LensKit: [found / k, found / few, precisions / few, gain(flat) / ideal(flat, few)],
    };
  }

  function ownList() {
    const words = el("div"), say = explore.reading(words);
    let order;
    const values = el("tbody"), others = el("tbody");
    const list = el("ol.results", { "aria-label": "Ten results, best first" });
    const rows = films.map((film, item) => {
      const grip = el("button", { type: "button", class: "grip" }, el("span", { "aria-hidden": "true" }, "⠿"));
      const box = el("input", { type: "checkbox", id: explore.id("relevant"), "aria-label": `${film} is relevant`, onchange: () => update() });
      const row = el("li", grip, el("span.film", film), el("label", { for: box.id }, "relevant"), box);
      const move = (to) => { moveItem(item, Math.max(0, Math.min(9, to))); update(film); };
      grip.onkeydown = (event) => {
        const at = order.indexOf(item);
        const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: 9 }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        move(to);
      };
      grip.onpointerdown = (event) => { grip.setPointerCapture(event.pointerId); row.classList.add("held"); };
      grip.onlostpointercapture = () => row.classList.remove("held");
      grip.onpointermove = (event) => {
        if (!grip.hasPointerCapture(event.pointerId)) return;
        const box_ = list.getBoundingClientRect(), to = Math.floor(((event.clientY - box_.top) / box_.height) * 10);
        if (to !== order.indexOf(item)) move(to);
      };
      return Object.assign(row, { grip, box });
    });

    // The neighbours move past it, so that the row itself keeps focus and pointer.
    function moveItem(item, to) {
      const at = order.indexOf(item);
      order.splice(to, 0, ...order.splice(at, 1));
      order.forEach((other, place) => {
        if (other === item) return;
        if (place < to) list.insertBefore(rows[other], rows[item]);
        else list.append(rows[other]);
      });
    }

    const liked = (item) => Number(rows[item].box.checked);
    function arrange(to) {
      order = to;
      list.append(...order.map((item) => rows[item]));
      update();
    }
    const sorted = (sign) => arrange([...order].sort((a, b) => sign * (liked(b) - liked(a))));

    function begin() { // the chapter's list
      rows.forEach((row, item) => { row.box.checked = [1, 3].includes(item); });
      k.set(5);
      missed.set(1);
      arrange(films.map((_, i) => i));
    }

    function update(moved) {
      const K = k.get(), shown = order.slice(0, K), relevant = films.map((_, i) => i).filter(liked);
      for (let i = 0; i < missed.get(); i++) relevant.push(10 + i);
      const hit = shown.map(liked), n = relevant.length;
      order.forEach((item, at) => {
        rows[item].classList.toggle("beyond", at >= K);
        rows[item].classList.toggle("cut", at === K - 1);
        set(rows[item].grip, { "aria-label": `Move ${films[item]}, at rank ${at + 1} of 10: arrow keys up and down, or drag` });
      });
      const at = hit.flatMap((h, r) => (h ? [r + 1] : [])), found = at.length;
      const text = {
        hit_rate: found ? "a hit is there" : "no hit", precision: `${found}/${K}`, recall: `${found}/${n}`,
        reciprocal_rank: found ? `1/${at[0]}` : "no hit", average_precision: found ? `(${at.map((r, i) => `${i + 1}/${r}`).join(" + ")}) / ${n}` : "no hit",
        ndcg: `(${at.map((r) => short(worth(r))).join(" + ") || 0}) / (${hit.slice(0, n).map((_, r) => short(worth(r + 1))).join(" + ")})`,
      };
      const measured = Object.keys(NAMES).map((name) => [name, formulas[name](shown, relevant)]);
      values.replaceChildren(...measured.map(([name, value]) => el("tr", rowHead(NAMES[name]), el("td.number", format(value)),
        el("td", el("span.bar", { style: `width: ${n ? 100 * value : 0}%` })), el("td.sum", n ? text[name] : "nothing is relevant"))));
      const all = Object.entries(definitions(hit, n)), ours = all[0][1];
      others.replaceChildren(...all.map(([library, row]) => el("tr", rowHead(library), row.map((value, i) => {
        const differs = value !== null && n && Math.abs(value - ours[i]) > 1e-9;
        return el("td", { class: differs ? "number differs" : "number" }, value === null || !n ? "–" : (differs ? "≠ " : "") + format(value));
      }))));
      const ndcgs = new Set(all.map(([, row]) => format(row[3]))).size;
      say(!n ? "Nothing is relevant: no measure has a value, and such a user is not counted."
        : `${moved ? `${moved} is at rank ${order.indexOf(films.indexOf(moved)) + 1}. ` : ""}Hits at ${found ? `rank${found > 1 ? "s" : ""} ${at.join(", ")}` : "no rank"} of the first ${K}, ${n} relevant: `
          + `NDCG ${format(measured[5][1])}, average precision ${format(measured[4][1])}; the libraries give ${ndcgs === 1 ? "one NDCG" : `${ndcgs} different NDCGs`}.`);
    }

    const k = range("Length of the list, k", { min: 1, max: 10, step: 1, value: 5 }, () => update());
    const missed = range("Relevant films that are not among the ten", { min: 0, max: 10, step: 1, value: 1 }, () => update());
    begin();
    return el("section", el("h2", "Ten results, in your order"), words, el("div.explore-panels",
      list, el("div", k, missed, el("div.explore-row", button("Relevant first", () => sorted(1)), button("Relevant last", () => sorted(-1)), button("The chapter’s list", begin)),
        note("Drag a film by its grip, or move it with the arrow keys."))),
    table("values", ["Measure", "At k", "", "Written out"], values), el("h3", "The same list by other definitions in use"),
    table("others", ["Library", "Precision", "Recall", "AP", "NDCG"], others));
  }

  // --- Three contests ---

  const COLOURS = { ItemKNN: "neighbourhood", ALS: "als", EASE: "ease", "BPR, uniform": "embedding", "BPR, popular": "embedding" };
  const CONTESTS = ["On the whole catalogue", "Among 99 uniform rivals", "Among 99 popular rivals"];
  const ORDINALS = ["first", "second", "third", "fourth", "fifth"];

  function threeContests(root) {
    const body = el("div", el("p", "The numbers are being loaded."));
    root.setAttribute("data-waiting", "");
    explore.load("contests").then((data) => body.replaceChildren(contests(data)), (error) => body.replaceChildren(el("p", { role: "alert" }, error.message)))
      .finally(() => root.removeAttribute("data-waiting"));
    return el("section", el("h2", "Five models, three contests"), body);
  }

  function contests(data) {
    const words = el("div"), say = explore.reading(words), models = Object.keys(data.models);
    const orders = CONTESTS.map((_, c) => [...models].sort((a, b) => data.models[b][c][0] - data.models[a][c][0]));
    const places = (model) => orders.map((order) => order.indexOf(model));
    const heads = ["whole", "uniform", "popular"].map((name) => el("th.place", { scope: "col" }, name)), body = el("tbody");
    const place = (i, c) => (i === c ? "place now" : "place");
    let before = 0;

    function show(c) {
      const most = Math.max(...models.map((model) => data.models[model][c][2])), percent = (value) => `${(100 * value) / most}%`;
      heads.forEach((head, i) => set(head, { class: place(i, c) }));
      body.replaceChildren(...orders[c].map((model, now) => {
        const [mean, low, high] = data.models[model][c];
        const row = el("tr", rowHead(model), el("td", el("div.track",
          el("span", { class: model === "BPR, popular" ? "bar hollow" : "bar", style: `width: ${percent(mean)}; --model: var(--${COLOURS[model]})` }),
          el("span.error", { style: `left: ${percent(low)}; width: ${percent(high - low)}` }))),
        el("td.number", format(mean), el("span.interval", ` [${format(low)}, ${format(high)}]`)),
        places(model).map((at, i) => el("td", { class: place(i, c) }, String(at + 1))));
        const moved = [{ translate: `0 ${100 * (orders[before].indexOf(model) - now)}%` }, { translate: 0 }];
        if (!reduced.matches) row.animate(moved, { duration: 350, easing: "ease-out" });
        return row;
      }));
      before = c;
      const winner = orders[c][0], last = orders[c][4];
      say(`${CONTESTS[c]} ${winner} is first, hit@10 ${format(data.models[winner][c][0])}${c ? `; on the whole catalogue it is ${ORDINALS[places(winner)[0]]}` : `, and ${last} last; among 99 popular rivals ${last} is ${ORDINALS[places(last)[2]]}`}.`);
    }
    const pick = choice("Whom does each model have to beat?", CONTESTS.map((name, c) => [c, name]), 0, show);
    show(0);
    return el("div", pick, words, table("contests", ["Model", "", el("th.number", { scope: "col" }, "hit@10"), ...heads], body),
    note(`hit@10: the share of a user’s withheld films that are among the first ten, each ranked alone against its rivals. BPR, uniform and popular: the same model, trained against films drawn evenly or by popularity. Bar: mean over ${data.users} users; line: 95 % interval. Each contest has its own scale. The last columns are a model’s places in the three contests; where intervals overlap, neighbours may be ties.`));
  }

  explore.start("metrics", (live, root) => live.append(ownList(), threeContests(root)));
})();
