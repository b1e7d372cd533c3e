// What style sheets cannot do. A plain script: it also runs from file://.
(function () {
  "use strict";

  // What is wider than its column scrolls in a box of its own; the keyboard reaches the box only where it must.
  const BOXES = {
    "div.math mjx-container, span.math.wide": "Formula, wider than the page: scroll sideways",
    ".pst-scrollable-table-container, .output.text_html, .explore .scroll": "Table, wider than the page: scroll sideways",
    "div.highlight > pre": "Code, wider than the page: scroll sideways",
  };

  // The edge behind which there is more fades out.
  function fade(box) {
    box.classList.toggle("more-right", box.scrollLeft + box.clientWidth < box.scrollWidth - 2);
    box.classList.toggle("more-left", box.scrollLeft > 2);
  }

  function markOverflow() {
    document.querySelectorAll("p span.math, li span.math, td span.math").forEach((formula) => {
      formula.classList.remove("wide");
      const column = formula.closest("p, li, td");
      formula.classList.toggle("wide", formula.getBoundingClientRect().width > column.clientWidth);
    });
    document.querySelectorAll(".cell_output > a.image-reference, .explore-still").forEach((picture) => {
      fade(picture);
      picture.onscroll = () => fade(picture);
    });
    for (const [selector, label] of Object.entries(BOXES)) {
      document.querySelectorAll(selector).forEach((box) => {
        fade(box);
        box.onscroll = () => fade(box);
        if (box.scrollWidth > box.clientWidth) {
          box.tabIndex = 0;
          box.setAttribute("role", "group");
          box.setAttribute("aria-label", label);
        } else if (box.getAttribute("aria-label") === label) {
          ["tabindex", "role", "aria-label"].forEach((name) => box.removeAttribute(name));
        }
      });
    }
  }

  let waiting;
  function markSoon() {
    clearTimeout(waiting);
    waiting = setTimeout(markOverflow, 150);
  }
  window.addEventListener("resize", markSoon);
  document.addEventListener("toggle", markSoon, true); // an opened solution
  window.addEventListener("load", () => {
    markOverflow();
    window.MathJax?.startup?.promise?.then(markOverflow);
  });

  // Paper is white, and cannot be clicked: print in the light colours, with everything unfolded.
  let shown;
  window.addEventListener("beforeprint", () => {
    const folded = [...document.querySelectorAll("details:not([open])")];
    shown = { theme: document.documentElement.dataset.theme, folded };
    document.documentElement.dataset.theme = "light";
    folded.forEach((part) => { part.open = true; });
  });
  window.addEventListener("afterprint", () => {
    document.documentElement.dataset.theme = shown.theme;
    shown.folded.forEach((part) => { part.open = false; });
  });
})();
