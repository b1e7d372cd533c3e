// The theme's scores, and entries of the glossary before all else, each under its own name.
var Scorer = {
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
  score: (result) => {
    const [page, , anchor, , score] = result;
    if (!page.endsWith("/glossary") || !anchor) return score;
    const here = ([, places]) => places.some(([, id]) => `#${id}` === anchor);
    const term = Object.entries(Search._index.alltitles).find(here)?.[0];
    if (term) result[1] = `Glossary > ${term}`;
    return score + 200;
  },
};
