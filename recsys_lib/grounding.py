"""A language model held to a catalogue: which films it names exist, and a tree that lets it write no others."""

import re

import numpy as np

from recsys_lib.llm_lists import MARK, SENTENCE, plain_text, title_form

FOUND = ("in the catalogue", "another year", "another film", "invented")  # what a named title can be
QUOTES = " \t\"'“”‘’`*_"


def named_titles(answer):
    """The entries of a free answer, without their numbers, bullets, quotes and remarks: list of str.

    An entry stands on its own line or between semicolons. A remark stands behind a year, as in `Heat (1995) - slow`.
    `Heat: 1995`, `Heat, 1995` and `Heat - 1995` are read as `Heat (1995)`. Passed over is what is no entry: a line that
    ends in a colon, a piece without letters (so a title of digits needs its year), a last piece that breaks off within
    its year, and running text, which has no number or bullet before it, no year, and more than 8 words or . ! ? at its
    end.
    Raises TypeError for anything but a str.   Chapter: Grounding."""
    if not isinstance(answer, str):
        raise TypeError(f"expected an answer as a str, received {type(answer).__name__}")
    names = []
    for piece in re.split(r"[\n;]", answer.replace("**", "")):
        piece, is_marked = piece.strip(), MARK.match(piece.strip())
        piece = MARK.sub("", piece, count=1) if is_marked else piece
        piece = re.sub(r"[:,–-]\s*((?:19|20)\d{2})\.?$", r" (\1)", piece)
        with_year = re.match(r"(.+?\(\d{4}\))", piece)
        running = not is_marked and not with_year and (len(piece.split()) > SENTENCE or piece[-1:] in tuple(".!?"))
        name = re.sub(r"[\s\"”]*\s\(|[\"”]+\(", " (", (with_year[1] if with_year else piece).strip(QUOTES))
        no_name = not re.search(r"\w", name) or re.fullmatch(r"[\d)]+", name) or re.search(r"\(\d*$|:$", name)
        if not no_name and not running:
            names.append(name)
    return names


def named_like(text, titles):
    """Which of the titles a text names first, with its year or without: its place, or None.

    Of titles that begin at the same letter the longest counts.   Chapter: Grounding."""
    text, found = plain_text(text), []
    for place, title in enumerate(titles):
        short = _without_year(plain_text(title))
        if (at := re.search(rf"(?<!\w){re.escape(short)}(?!\w)", text)) is not None:
            found.append((at.start(), -len(short), place))
    return min(found)[2] if found else None


class Titles:
    """Looks named titles up: in the catalogue, and else among the titles of other films.

    catalogue: list of different str as `film_titles` writes them.   others: more titles that exist, with or without a
    year.   Small and capital letters, and where the article stands, make no difference.
    Raises ValueError where two titles of the catalogue differ in nothing else.   Chapter: Grounding."""

    def __init__(self, catalogue, others=()):
        self.titles, self._place = list(catalogue), {}
        for place, title in enumerate(catalogue):
            if self._place.setdefault(title_form(title), place) != place:
                raise ValueError(f"expected different titles, received {title!r} twice")
        self._names = {_without_year(form) for form in self._place}
        self._others = {_without_year(title_form(title)) for title in others}

    def find(self, name):
        """(kind, place) of a named title: one of FOUND, and where it stands in the catalogue, or None.

        "in the catalogue": title and year agree.   "another year": the catalogue has the title, not with this year, or
        none was named.   "another film": only the other titles have it, whatever the year.   "invented": nothing does.
        A title that is not found as it stands is looked up without a year in front, `1995: Heat`, and without an
        article in front, too."""
        forms = [title_form(name)]
        if turned := re.match(r"(\d{4}): (.+)", name):
            has_year = re.search(r"\(\d{4}\)$", turned[2])
            forms.append(title_form(turned[2] if has_year else f"{turned[2]} ({turned[1]})"))
        forms += [re.sub(r"^(the|an?) ", "", form) for form in forms]
        for form in forms:
            if form in self._place:
                return FOUND[0], self._place[form]
        shorts = {_without_year(form) for form in forms}
        for kind, known in ((FOUND[1], self._names), (FOUND[2], self._others)):
            if shorts & known:
                return kind, None
        return FOUND[3], None


def _without_year(form):
    return re.sub(r"\s*\(\d{4}\)$", "", form)


class PrefixTree:
    """The titles of a catalogue as paths through one tree: what two titles begin with they share.

        allowed(written) = { t : some title begins with the tokens written, t }

    titles: lists of token ids, one a title.   end: the token that ends a title, a child like the others, so that a
    title may be the beginning of another.   `root`: token → node, a dict of the same form; behind `end` stands the
    title's place in the list.
    Raises ValueError for an empty title, one that holds the end, or the same one twice.
    Source: De Cao et al. 2021 (a prefix tree of names). Chapter: Grounding."""

    def __init__(self, titles, end):
        self.end, self.root, self.titles = end, {}, [tuple(map(int, ids)) for ids in titles]
        for place, ids in enumerate(self.titles):
            if not ids or end in ids:
                raise ValueError(f"expected titles of tokens without the end {end}, received {ids} at place {place}")
            node = self.root
            for token in ids:
                node = node.setdefault(token, {})
            if end in node:
                raise ValueError(f"expected different titles, received {ids} at places {node[end]} and {place}")
            node[end] = place

    def node(self, written):
        """The node after these tokens; after a whole title with its end, the title's place, int.

        Raises KeyError where no title begins so."""
        node = self.root
        for depth, token in enumerate(written):
            if not isinstance(node, dict) or token not in node:
                raise KeyError(f"no title begins with the tokens {list(written[: depth + 1])}")
            node = node[token]
        return node

    def allowed(self, written):
        """The tokens that may come next: list of int. Raises KeyError as `node`."""
        node = self.node(written)
        return list(node) if isinstance(node, dict) else []

    def without(self, places):
        """A tree without some titles: only the nodes on their paths are copied, the rest is shared.

        places: places of titles that are still in it. Raises KeyError for one that is not."""
        tree = object.__new__(PrefixTree)
        tree.end, tree.root, tree.titles = self.end, self.root, self.titles
        for place in places:
            tree.root = _without(tree.root, (*self.titles[place], self.end))
        return tree


def _without(node, path):
    token, *rest = path
    if token not in node:
        raise KeyError("expected the place of a title that is in the tree")
    child = _without(node[token], rest) if rest else {}
    return {key: child if key == token else value for key, value in node.items() if key != token or child}


class HeldToTree:
    """Chooses tokens for `LanguageModel.write`: of those that the tree allows, the likeliest.

        t = argmax over the children of the node of log p(t | prompt, written);   no two titles of a text are the same

    trees: a PrefixTree a text, whose end parts two titles (a line's end).   n_titles: how many each text names before
    it ends.   stop: the token that ends a text.   marks: lists of tokens that are written before the first title, the
    second …, such as `1. `: what is no title has to be written for the model, or it takes titles that look like it.
    `named`: for each text the places that it named.   `log_p`: for each text log p of its tokens, of all 49,152 and not
    of the allowed ones alone; the stop is not counted.   Each object serves one call of `write`.
    ValueError for marks of another number; `write` raises it where the tree has run out of titles.
    Source: De Cao et al. 2021. Chapter: Grounding."""

    def __init__(self, trees, n_titles, stop, *, marks=None):
        self.trees, self.n_titles, self.stop = list(trees), n_titles, stop
        self.marks = [[]] * n_titles if marks is None else [list(mark) for mark in marks]
        if len(self.marks) != n_titles:
            raise ValueError(f"expected {n_titles} marks, one a title, received {len(self.marks)}")
        self.nodes, self.due = [tree.root for tree in self.trees], [list(self.marks[0]) for _ in self.trees]
        self.named, self.log_p = [[] for _ in self.trees], [[] for _ in self.trees]

    def __call__(self, logits, written):
        chosen = np.full(len(logits), self.stop)
        for row, named in enumerate(self.named):
            if len(named) == self.n_titles:
                continue
            if not self.nodes[row]:
                raise ValueError(f"expected {self.n_titles} titles in the tree, it held {len(named)}")
            due = self.due[row]
            token, log_p = likeliest(logits[row], due[:1] if due else list(self.nodes[row]))
            chosen[row] = token
            self.log_p[row].append(log_p)
            if due:
                del due[0]
                continue
            self.nodes[row] = self.nodes[row][token]
            if token == self.trees[row].end:
                named.append(self.nodes[row])
                self.trees[row] = self.trees[row].without([named[-1]])
                self.nodes[row] = self.trees[row].root
                self.due[row] = list(self.marks[len(named)]) if len(named) < self.n_titles else []
        return chosen


def likeliest(logits, allowed):
    """(token, log p) of the likeliest of the allowed tokens; log p is that of the free model, softmax over all.

    logits: (vocabulary,).   allowed: list of ids, at least one.   Of equal ones the first counts.
    Chapter: Grounding."""
    logits = np.asarray(logits, np.float64)
    best = int(np.argmax(logits[allowed]))
    largest = logits.max()
    return int(allowed[best]), float(logits[allowed[best]] - largest - np.log(np.exp(logits - largest).sum()))
