// Lets a table be sorted by its heads and filtered by words and by columns of few values. A plain script: it also runs
// from file://, and without it the whole table stands.
(function () {
  "use strict";

  const SELECTS = { Unified: "What is unified", "Fused at": "Where it is fused", Evidence: "Evidence" };
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function enhance(box) {
    const table = box.querySelector("table"), body = table.tBodies[0], rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells], titles = heads.map((head) => head.textContent.trim());
    const words = (row, column) => row.cells[column].textContent.trim();
    const all = element("option", { value: "" }, "all");

    const search = element("input", { type: "search", autocomplete: "off", spellcheck: false });
    const selects = Object.entries(SELECTS).map(([title, label]) => {
      const column = titles.indexOf(title), values = new Set(rows.map((row) => words(row, column)));
      const options = [...values].sort(collator.compare).map((value) => element("option", { value }, value));
      const select = element("select", {}, all.cloneNode(true), ...options);
      return { column, select, label };
    });
    const clear = element("button", { type: "button" }, "Show all");
    const count = element("p", { className: "systems-count" });
    count.setAttribute("role", "status");

    function show() {
      const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !(wanted.every((word) => text.includes(word))
          && selects.every(({ column, select }) => !select.value || words(row, column) === select.value));
        shown += !row.hidden;
      }
      count.textContent = shown ? `${shown} of ${rows.length} systems` : "No system fits. Show all, or ask for less.";
      table.hidden = !shown;
      clear.disabled = shown === rows.length;
    }

    function sort(column) {
      const down = heads[column].getAttribute("aria-sort") === "ascending";
      heads.forEach((head, n) => {
        if (n === column) head.setAttribute("aria-sort", down ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
      rows.sort((a, b) => (down ? -1 : 1) * collator.compare(words(a, column), words(b, column)));
      body.append(...rows);
    }

    heads.forEach((head, column) => {
      head.scope = "col";
      head.replaceChildren(element("button", { type: "button", onclick: () => sort(column) }, titles[column]));
    });
    heads[0].setAttribute("aria-sort", "ascending"); // as the page gives it
    const roles = { table: [table], rowgroup: [table.tHead, body], row: [...table.rows], columnheader: heads,
      cell: rows.flatMap((row) => [...row.cells]) };
    for (const [role, parts] of Object.entries(roles)) { // on a phone no part is laid out as one of a table
      parts.forEach((part) => part.setAttribute("role", role));
    }

    search.addEventListener("input", show);
    selects.forEach(({ select }) => select.addEventListener("change", show));
    clear.addEventListener("click", () => {
      search.value = "";
      selects.forEach(({ select }) => { select.value = ""; });
      show();
      search.focus(); // the button cannot keep the focus: it has nothing more to do
    });
    const fields = [["Words", search], ...selects.map(({ label, select }) => [label, select])];
    const form = element("form", { className: "systems-controls", onsubmit: () => false });
    form.append(...fields.map(([label, field]) => element("label", {}, element("span", {}, label), field)), clear);
    box.prepend(form, count);
    box.classList.add("is-live");
    show();
  }

  document.querySelectorAll("[data-systems]").forEach(enhance);
})();
