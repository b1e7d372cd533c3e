// What the pages about films share: their data, unpacked when first needed, and the box in which to find a film.
const films = (function () {
  "use strict";
  const { el, set, id } = explore;
  const SHOWN = 8; // suggestions at once

  function numbers(text, type) {
    const bytes = atob(text), buffer = new Uint8Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) buffer[i] = bytes.charCodeAt(i);
    return new type(buffer.buffer);
  }

  // Words in small letters without accents, each after a space: " la cite des enfants perdus 1995".
  const plain = (text) => ` ${text.normalize("NFD").replace(/[\u0300-\u036f'’]/g, "").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim()}`;

  const unpack = {
    films(data) {
      const titles = data.titles.split("\n"), years = numbers(data.years, Uint16Array);
      const dated = (all) => all.map((title, i) => (years[i] ? `${title} (${years[i]})` : title));
      const short = titles.map((title) => title.replace(/ \(.*/, "")); // without a second title in brackets
      return { n: titles.length, titles, years, short, names: dated(short), whole: dated(titles), words: dated(titles).map(plain), plain: short.map(plain), ids: numbers(data.ids, Uint32Array),
        likes: numbers(data.likes, Uint16Array), genres: numbers(data.genres, Uint32Array), genreNames: data.genreNames };
    },
    neighbours: ({ near, weights, step, kept }) =>
      ({ kept, near: numbers(near, Uint16Array), weights: Float32Array.from(numbers(weights, Int8Array), (w) => w * step) }),
    embedding: ({ vectors, bias, step, measured }) =>
      ({ measured, vectors: Float32Array.from(numbers(vectors, Int8Array), (v) => v * step), bias: Float64Array.from(numbers(bias, Int16Array), (b) => b / 1000) }),
    plane: ({ x, y, step, variance, agree }) =>
      ({ variance, agree, x: Float64Array.from(numbers(x, Int16Array), (v) => v * step), y: Float64Array.from(numbers(y, Int16Array), (v) => v * step) }),
  };
  const made = {};
  const load = (name) => (made[name] ??= explore.load(name).then(unpack[name]));

  // As explore.start, with the data named; none are asked for before the page is painted.
  async function start(name, build, ...parts) {
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    try {
      const data = await Promise.all(parts.map(load));
      explore.start(name, (live, root) => build(live, root, ...data));
    } catch (error) {
      document.querySelectorAll(`[data-explore="${name}"]`).forEach((root) => root.append(el("p", { role: "alert" }, error.message)));
    }
  }

  // Places of the films whose titles hold all words as beginnings: the very title first, then the best liked.
  function found(data, text) {
    const parts = plain(text).trim().split(" ").filter(Boolean).map((word) => ` ${word}`);
    if (!parts.length) return [];
    const all = data.words.map((_, i) => i).filter((i) => parts.every((part) => data.words[i].includes(part)));
    const very = new Set([plain(text), ` the${plain(text)}`]), whole = (i) => very.has(data.plain[i]);
    return all.sort((i, j) => whole(j) - whole(i) || data.likes[j] - data.likes[i] || i - j);
  }

  // A combobox over the titles. without: () → Set of films not offered; choose(film).
  function finder(data, label, { without = () => new Set(), choose }) {
    const list = el("ul.films-options", { role: "listbox", id: id("options"), "aria-label": label, hidden: true });
    const told = el("p.films-none", { role: "status" });
    const input = el("input", { type: "text", role: "combobox", id: id("find"), autocomplete: "off", spellcheck: "false",
      placeholder: "part of a title", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id });
    let options = [], at = -1;

    function point(to) {
      at = to;
      [...list.children].forEach((option, i) => set(option, { "aria-selected": String(i === at) }));
      set(input, { "aria-activedescendant": at >= 0 && list.children[at].id });
      list.children[at]?.scrollIntoView({ block: "nearest" });
    }
    function show(text) {
      const left = without();
      options = found(data, text).filter((i) => !left.has(i)).slice(0, SHOWN);
      list.replaceChildren(...options.map((film) => el("li", { role: "option", id: id("option"), onclick: () => take(film) }, data.whole[film])));
      list.hidden = !options.length;
      set(input, { "aria-expanded": String(!list.hidden) });
      told.textContent = text.trim() && !options.length ? "No other film here has this in its title." : "";
      point(options.length ? 0 : -1);
    }
    function take(film) {
      input.value = "";
      show("");
      choose(film);
    }
    input.oninput = () => show(input.value);
    input.onblur = () => show("");
    input.onfocus = () => input.value && show(input.value);
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
    const node = el("div.films-finder", el("label.explore-label", { for: input.id }, label), input, list, told);
    node.input = input;
    return node;
  }

  return { load, start, found, finder };
})();
