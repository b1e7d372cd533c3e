// Recommend to me: ten films by three models, each with the terms of its score. Nothing typed leaves the page.
const recommend = (function () {
  "use strict";
  const { el, set, format, button, note, sum } = explore;
  const LENGTH = 10, MOST = 10, LIKED = 5, NOT_LIKED = 2; // stars in the copied list
  const OPENING = [1214, 2571, 541]; // Alien, The Matrix, Blade Runner
  const models = {
    popularity: { name: "Popularity", data: "films", all: "people who liked it", digits: 0,
      scores: (m) => formulas.popularity(m.likes), terms: (m, liked, film) => formulas.popularity.terms(film, m.likes) },
    cosine: { name: "Item cosine", data: "neighbours", digits: 2,
      scores: (m, liked) => formulas.item_cosine(liked, m.near, m.weights, m.kept),
      terms: (m, liked, film) => formulas.item_cosine.terms(liked, film, m.near, m.weights, m.kept) },
    embedding: { name: "Embedding", data: "embedding", all: "popularity", digits: 2,
      scores: (m, liked, share) => formulas.embedding(liked, m.vectors, m.bias, share),
      terms: (m, liked, film, share) => formulas.embedding.terms(liked, film, m.vectors, m.bias, share) },
  };

  // The list as recsys_lib ranks it: float32, ties to the lower place, nothing that was chosen.
  function ranked(model, data, liked, left, share = 1) {
    const scores = Float32Array.from(models[model].scores(data, liked, share));
    return formulas.top_k(scores, LENGTH, new Set([...liked, ...left])).filter((film) => film >= 0)
      .map((film) => ({ film, score: scores[film], terms: models[model].terms(data, liked, film, share) }));
  }

  // The smallest share of the bias that was measured within the interval of the best.
  function openingShare({ measured }) {
    const shares = Object.entries(measured.shares), best = shares.reduce((a, b) => (b[1][0] > a[1][0] ? b : a));
    return Math.min(...shares.filter(([, row]) => row[0] >= best[1][1]).map(([share]) => Number(share)));
  }

  function build(live, root, data) {
    const compact = root.dataset.compact !== undefined, name = (film) => data.short[film];
    const chosen = new Map(OPENING.map((id) => [data.ids.indexOf(id), true])); // film → liked
    const with_ = (liked) => [...chosen.keys()].filter((film) => chosen.get(film) === liked);
    let model = "embedding", share, before;

    const finder = films.finder(data, "Find a film you have seen", { without: () => new Set(chosen.keys()), choose(film) {
      chosen.set(film, true);
      changed();
    } });
    const mine = el("ul.films-chosen"), count = note();
    const list = el("ol.films-list", { "aria-label": "Ten recommendations" });
    const curve = el("div.films-share", { hidden: true });
    const choice = explore.choice("Recommend by", Object.entries(models).map(([key, m]) => [key, m.name]), model, (key) => {
      model = key;
      show();
    });

    function drawChosen() {
      mine.replaceChildren(...[...chosen].map(([film, liked]) => {
        const box = el("input", { type: "checkbox", checked: liked, onchange() { chosen.set(film, box.checked); show(); } });
        const remove = () => {
          const place = [...chosen.keys()].indexOf(film);
          chosen.delete(film);
          changed();
          (mine.children[place]?.querySelector("button") ?? finder.input).focus();
        };
        return el("li", el("span.film", data.names[film]),
          el("label", box, el("span.explore-heard", name(film)), " liked"),
          button("×", remove, { "aria-label": `Remove ${name(film)}` }));
      }));
      finder.input.disabled = chosen.size >= MOST;
      count.textContent = chosen.size >= MOST ? "Ten chosen: remove one to add another."
        : `${chosen.size < 3 ? "Choose three films or more. " : ""}Untick what you saw and did not like: it only leaves the list.`;
    }
    function changed() {
      drawChosen();
      show();
    }

    // What is liked by everybody, the films that count most, and the rest as one.
    function because({ terms }) {
      const bias = terms.filter(([film]) => film < 0).map(([, value]) => [models[model].all + (model === "embedding" && share < 1 ? (compact && share === 0.5 ? ", halved" : `, ${format(100 * share, 0)} %`) : ""), value, "everybody"]);
      const kept = terms.filter(([film, value]) => film >= 0 && value).sort((a, b) => b[1] - a[1]);
      const shown = kept.length > (compact ? 2 : 4) ? (compact ? 1 : 3) : kept.length, rest = kept.slice(shown);
      const rows = [...bias, ...kept.slice(0, shown).map(([film, value]) => [name(film), value])];
      if (rest.length) rows.push([`your ${rest.length} others`, sum(rest.map(([, value]) => value))]);
      return rows;
    }

    function draw(entries) {
      const reasons = entries.map(because), most = Math.max(...reasons.flat().map(([, value]) => Math.abs(value)));
      const digits = models[model].digits;
      list.replaceChildren(...entries.map(({ film, score }, rank) => el("li",
        el("div.head", el("strong", name(film)), ` ${data.years[film] || ""}`, el("span.number", format(score, digits))),
        reasons[rank].length ? el("ul", { "aria-label": "because of" }, reasons[rank].map(([why, value, kind]) => el("li",
          el("span.why", why), el("span.track", el("span", { class: `bar ${kind ?? ""} ${value < 0 ? "hollow" : ""}`, style: `width: ${(100 * Math.abs(value)) / most}%` })),
          el("span.number", format(value, digits))))) : note("None of your films is among its 30 nearest: it fills the list."))));
      list.className = `films-list by-${model}`;
      const now = entries.map(({ film }) => film), fresh = before && now.filter((film) => !before.includes(film)).length;
      before = now;
      const all = sum(entries.map(({ score }) => score)), part = sum(entries.flatMap(({ terms }) => terms.filter(([film]) => film < 0).map(([, value]) => value)));
      const why = { popularity: ", for you as for everybody", cosine: reasons[0].length ? `, most of all because of ${reasons[0][0][0]}` : "",
        embedding: `; popularity makes ${format((100 * part) / all, 0)} % of the ten scores` }[model];
      read(`${called()} puts ${name(now[0])} first${why}.${fresh === undefined ? "" : ` ${fresh || "None"} of the ten ${fresh === 1 ? "is" : "are"} new.`}`);
    }

    const called = () => (model === "embedding" ? "The embedding" : models[model].name);
    async function show() {
      const wanted = model, liked = with_(true);
      set(root, { "data-waiting": "" });
      try {
        const numbers = await films.load(models[wanted].data);
        if (wanted !== model) return;
        if (wanted === "embedding" && share === undefined) drawShare(numbers);
        curve.hidden = compact || wanted !== "embedding";
        if (liked.length || wanted === "popularity") return draw(ranked(wanted, numbers, liked, with_(false), share));
        list.replaceChildren();
        read(`${called()} has nothing to go by: like a film, or ask popularity.`);
      } catch (error) {
        list.replaceChildren(el("li", { role: "alert" }, error.message));
      } finally {
        if (wanted === model) set(root, { "data-waiting": false });
      }
    }

    // The share of the bias that counts, and below it what was measured at each share.
    function drawShare({ measured }) {
      share = openingShare({ measured });
      const range = explore.range("How much popularity counts", { min: 0, max: 100, step: 5, value: 100 * share, text: (v) => `${v} %` }, (value) => {
        share = value / 100;
        mark();
        show();
      });
      curve.append(range);
      const rows = Object.entries(measured.shares).map(([s, row]) => [100 * s, ...row]).sort((a, b) => a[0] - b[0]);
      const rivals = { cosine: ["item cosine", 0, "start"], popularity: ["popularity", 100, "end"] };
      const top = Math.max(...rows.map((row) => row[3]), ...Object.values(measured.models).map((row) => row[0]));
      const p = explore.plot({ x: [0, 100], y: [0, 0.02 * Math.ceil(52 * top)], height: 190, xTicks: [0, 25, 50, 75, 100], xLabel: "% of the popularity term", yLabel: "NDCG@10, bands 95 %",
        label: `NDCG@10 by share of popularity: ${rows.map(([s, mean]) => `${format(mean)} at ${s} %`).join(", ")}` });
      const at = (column) => rows.map((row) => [row[0], row[column]]);
      p.ink.append(el("path", { class: "band", d: `${p.path([...at(2), ...at(3).reverse()])}Z` }), el("path", { class: "curve", d: p.path(at(1)) }),
        ...rows.map(([s, mean]) => el("circle", { cx: p.X(s), cy: p.Y(mean), r: 3, class: "spot" })));
      for (const [key, [text, x, anchor]] of Object.entries(rivals)) {
        const y = p.Y(measured.models[key][0]);
        p.ink.append(el("line.rival", { x1: p.X(0), x2: p.X(100), y1: y, y2: y }), el("text", { x: p.X(x) + (x ? 0 : 4), y: y - 4, "text-anchor": anchor }, text));
      }
      const line = el("line.now", { y1: p.Y(p.y[0]), y2: p.Y(p.y[1]) });
      p.ink.append(line);
      const mark = () => set(line, { x1: p.X(100 * share), x2: p.X(100 * share) });
      mark();
      curve.append(p.node, note("NDCG@10: how high the withheld likes stand in ten, 1 at best. Measured at the five dots, on people left out whole, most of whom brought more than ten likes."));
    }

    // The chosen films as a file that read_csv reads.
    function copy() {
      const text = ["user,item,rating", ...[...chosen].map(([film, liked]) => `me,${data.ids[film]},${liked ? LIKED : NOT_LIKED}`)].join("\n") + "\n";
      const say = (words) => { told.textContent = words; };
      Promise.resolve(navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject()).then(
        () => { area.hidden = true; say(`Copied: ${chosen.size} rows of user, item, rating. Save them as mine.csv.`); },
        () => { area.hidden = false; field.value = text; field.focus(); field.select(); say("The clipboard was refused: copy the rows yourself."); });
    }
    const field = el("textarea", { readonly: true, rows: 5, id: explore.id("csv") }), told = el("p.explore-note", { role: "status" });
    const area = el("div", { hidden: true }, el("label.explore-label", { for: field.id }, "Your list"), field);

    const left = el("div", finder, mine, count, choice, curve);
    if (!compact) left.append(button("Copy my list", copy), told, area);
    const right = el("div"), read = explore.reading(right);
    right.append(list);
    live.append(el("div.films-columns", left, right));
    changed();
  }

  films.start("recommend", build, "films");
  return { ranked, models };
})();
