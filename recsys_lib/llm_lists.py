"""A ranked list out of what a language model wrote, and what stands in its place where it wrote none."""

import re
import unicodedata

import numpy as np

from recsys_lib._checks import choice, generator, setting
from recsys_lib.llm_client import BadAnswer

KINDS = ("empty", "cut", "not a list", "unknown titles", "time-out", "error page")  # of bad answers, all of them
MARK = re.compile(r"(?:\(?\d{1,3}[.)]|[-*•]|and)\s+", re.IGNORECASE)  # before an entry
SEPARATOR = re.compile(r"([,;>])")
EDGE = " \t\"'“”‘’`*_[]."
LONGEST_TITLE = 6  # pieces between commas that may be one title
SENTENCE = 8  # words: more without a separator are running text


def read_list(answer, titles, k):
    """The first k different titles that an answer ranks, best first, and what is bad about it.

    answer: str.   titles: list of n different str, those that the model was given, in this order.   1 ≤ k ≤ n.
    An entry stands on its own line or between `,`, `;` or `>`, and may have a number or bullet before it and quotes
    around it. It is a title of the list (in any case, also without its year where no other title is then the same,
    `The Matrix` for `Matrix, The`, and with a remark behind `(1999) -`) or a whole number from 1 to n, the place in the
    list. `7. Heat` is Heat, whatever stands at place 7. A title given twice counts once, where it came first. Passed
    over are a first line that ends in a colon, a line `3.` among others, which waits for its title, and all that
    follows the k-th title.
    Returns (order, kind): order, a list of places from 0, at most k; kind, None where there are k, else what the
    answer, read from its beginning, shows first:

        "empty"            nothing but white space
        "unknown titles"   an entry that names no title of the list, or a place outside 1..n
        "not a list"       running text where the first entry should be, or no entry at all: an unmarked line of which
                           nothing was read, with a piece of more than 8 words or with . ! ? : at its end
        "cut"              fewer than k titles, and nothing wrong with those: the answer ends, goes on in running text,
                           or breaks off within a title

    Raises TypeError and ValueError for arguments of another form.   Chapter: An LLM as recommender."""
    if not isinstance(answer, str):
        raise TypeError(f"expected an answer as a str, received {type(answer).__name__}")
    names, k = _names(titles), setting("k", k, 1, len(titles) + 1, whole=True)
    if not answer.strip():
        return [], "empty"
    lines = [line for line in map(str.strip, answer.splitlines()) if line.strip(EDGE + "-•")]
    if len(lines) > 1:
        lines = [line for line in lines if not re.fullmatch(r"\(?\d+[.)]", line)]
    order = []
    for number, line in enumerate(lines):
        is_last = number == len(lines) - 1
        read = 0
        for index, rest in _entries(line, names, len(titles)):
            if index is None:
                if is_last and order and _begins_a_title(rest, titles):
                    return order, "cut"
                if read or not _is_running_text(line):
                    return order, "unknown titles"
                if order:
                    return order, "cut"
                if number == 0 and line.endswith(":") and not is_last:
                    break
                return order, "not a list"
            read += 1
            if index not in order:
                order.append(index)
            if len(order) == k:
                return order, None
    return order, "cut" if order else "not a list"


def ranked(client, prompt, titles, k, *, fallback, rng=None, **settings):
    """The list that a language model makes of titles; where its answer is bad, another stands in its place, whole.

    client: an `LLMClient`, asked once with `prompt` and the settings of `generate`.   titles, k: as for `read_list`;
    titles in the order in which they were retrieved.   fallback: "random", k titles drawn by `rng`, so that a table
    does not credit the model with the order of the retrieval (an rng for each list, or what is drawn depends on the
    lists before); or "retrieved", the first k, for serving.
    Returns (int (k,), kind): places from 0, best first, and None or one of KINDS: print the share of each.
    Raises ValueError for another fallback, TypeError for "random" without an rng.
    Chapter: An LLM as recommender."""
    choice("fallback", fallback, ("random", "retrieved"))
    draw = generator(rng) if fallback == "random" else None
    try:
        order, kind = read_list(client.generate(prompt, **settings), titles, k)
    except BadAnswer as error:
        kind = error.kind
    if kind is not None:
        order = np.arange(len(titles)) if draw is None else draw.permutation(len(titles))
    return np.asarray(order[:k]), kind


def _names(titles):
    """{form of a title: its place}: with its year, and without where that is one title alone."""
    if isinstance(titles, str) or not all(isinstance(title, str) and title_form(title) for title in titles):
        raise TypeError(f"expected titles as a list of str with letters or digits in them, received {titles!r:.60}")
    names, short = {}, {}
    for place, title in enumerate(titles):
        if names.setdefault(title_form(title), place) != place:
            raise ValueError(f"expected different titles, received {title!r} twice")
        short.setdefault(title_form(re.sub(r"\(\d{4}\)\s*$", "", title)), []).append(place)
    return {name: places[0] for name, places in short.items() if name and len(places) == 1} | names


def title_form(text):
    """`plain_text` with the article in front: `Matrix, The (1999)` → `the matrix (1999)`."""
    return re.sub(r"^(.+), (the|a|an)(?= \(\d{4}\)$|$)", r"\2 \1", plain_text(text))


def plain_text(text):
    """Small letters, one space between words, no quotes around."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().replace("’", "'").split()).strip(EDGE)


def _entries(line, names, n):
    """(place or None, the line from there on) of each entry; of two readings the longer one."""
    pieces = SEPARATOR.split(line)
    start = 0
    while start < len(pieces):
        if not pieces[start].strip(EDGE):
            start += 2
            continue
        for stop in range(min(len(pieces), start + 2 * LONGEST_TITLE - 1), start, -2):
            text = "".join(pieces[start:stop]).strip()
            if (index := _find(text, names, n)) is not None:
                break
        yield index, "".join(pieces[start : start + 2 * LONGEST_TITLE])
        start = stop + 1


def _find(text, names, n):
    """The place that an entry names, or None."""
    for form in (text, MARK.sub("", text, count=1) if MARK.match(text) else text):
        plain = form.strip(EDGE)
        if plain.isdecimal() and plain.isascii() and len(plain) < 6 and 1 <= int(plain) <= n:
            return int(plain) - 1
        with_remark = re.match(r"(.+?\(\d{4}\))\W*\s*[-–—:]\s", form)
        for name in (form, with_remark[1] if with_remark else form):
            if (index := names.get(title_form(name))) is not None:
                return index
    return None


def _is_running_text(line):
    longest = max(len(piece.split()) for piece in SEPARATOR.split(line))
    return not MARK.match(line) and (longest > SENTENCE or line[-1] in ".!?:")


def _begins_a_title(text, titles):
    begun = plain_text(MARK.sub("", text, count=1) if MARK.match(text) else text)
    return bool(begun) and any(form(title).startswith(begun) for title in titles for form in (plain_text, title_form))
