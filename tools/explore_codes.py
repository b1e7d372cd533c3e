"""What the page *Films as words of codes* computes with: words, nearest films, and beams of ten people.

Data: the 3-core of MovieTweetings, all of its films; every rating counts, whatever its stars. The words are those of
the chapter *Semantic ids*; the decoders are half as wide. Each person's last rating is in nothing that is fitted.
`tools/explore.py` writes each export as a script."""

import functools

import numpy as np

from bookfiles import experiment_module
from explore_models import WITH_TRAINING, packed, unpacked
from explore_next_film import SOURCE
from recsys_lib.data.sequences import sequences
from recsys_lib.models.beam import beam_search
from recsys_lib.models.semantic_ids import semantic_ids
from recsys_lib.retrieval import top_k

KINDS = ("text", "collaborative")
LEVELS, LENGTH, SIZE = 3, 4, 64  # of a word: codes that say what the film is, all codes; of a level: codes
NEAREST, WIDEST, PEOPLE, SEED = 6, 10, 10, 0
SETTINGS = {"n_factors": 64, "dropout": 0.3, "learning_rate": 0.002, "epochs": 15}  # of the decoders
FEWEST = 5  # ratings before the last, of a person who may be drawn
THOUSAND = 1000  # log p stands in thousandths
FLOOR = -32_000  # below it no beam looks


def twelve(values):
    """base64 of whole numbers below 4,096, two in three bytes."""
    values = np.asarray(values, np.int64).ravel()
    if len(values) and not 0 <= values.min() <= values.max() < 4096:
        raise ValueError(f"expected whole numbers from 0 to 4,095, received {values.min()} to {values.max()}")
    low, high = np.append(values, np.zeros(len(values) % 2, np.int64)).reshape(-1, 2).T
    return packed(np.stack([low & 255, low >> 8 | (high & 15) << 4, high >> 4], axis=1), "uint8")


def of_twelve(text):
    """The numbers that `twelve` wrote, with a 0 more where they were odd."""
    first, middle, last = unpacked(text, "uint8").reshape(-1, 3).astype(int).T
    return np.stack([first | (middle & 15) << 8, middle >> 4 | last << 4], axis=1).ravel()


# --- Words and nearest films ---


def experiment():
    """tools/experiments/semantic_ids.py, imported when it is needed: it brings TensorFlow."""
    return experiment_module("semantic_ids")


@functools.cache
def split():
    dataset = experiment_module("_runner").data_set("sequences")
    return dataset.cut(dataset.data)


def fitted_on():
    return split().before("test")


def rare():
    """bool (n_items,): films rated too seldom for a collaborative vector of their own; they have that of another."""
    before = fitted_on()
    return np.bincount(before.item, minlength=before.n_items) < experiment().FEW


def made(kind):
    """Vectors (n_items, d) and the words that are cut from them, int (n_items, LENGTH), as the chapter has them."""
    rng, before = np.random.default_rng(SEED), fitted_on()
    if kind == "text":
        vectors = experiment().text_vectors(before)
    else:
        vectors = experiment().collaborative_vectors(before, None, rng)
    rated = np.unique(before.item)
    return vectors, semantic_ids(vectors, n_levels=LEVELS, n_codes=SIZE, rng=rng, fitted_on=rated)[0]


def fitted(kind):
    """A decoder over the words of a kind, fitted without each person's last rating: a minute or two."""
    from recsys_lib.models.generative import GenerativeRetrieval  # brings TensorFlow

    return GenerativeRetrieval(made(kind)[1], n_codes=SIZE, **SETTINGS, implicit=True, seed=SEED).fit(fitted_on())


def nearest(vectors, n=NEAREST):
    """The n nearest of each row by cosine, int (n_items, n)."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    found = []
    for rows in np.array_split(np.arange(len(unit)), 8):
        cosines = unit[rows] @ unit.T
        cosines[np.arange(len(rows)), rows] = -np.inf
        found.append(top_k(cosines, n))
    return np.concatenate(found)


def shared(words, a, b):
    """How many codes the words of films a and b have in common from the beginning; the last one tells nothing."""
    return np.cumprod(words[a, :LEVELS] == words[b, :LEVELS], axis=-1).sum(axis=-1)


def words_of(value):
    """The words of a stored kind, int (n_items, LENGTH)."""
    return unpacked(value["words"], "uint8").astype(int).reshape(-1, LENGTH)


def told_by(first, numbers):
    """The share of the variance of numbers (n,) that the first codes tell: 1 − within their groups / in all."""
    groups = [numbers[first == code] for code in np.unique(first)]
    return 1 - sum(((of - of.mean()) ** 2).sum() for of in groups) / ((numbers - numbers.mean()) ** 2).sum()


def counted(words, near, years):
    """What the text of the page says of a kind: cells, how many of the nearest by cosine share a beginning, and how
    much of the year the first code tells."""
    n = len(words)
    common = shared(words, np.arange(n)[:, None], near)
    _, cells = np.unique(words[:, :LEVELS], axis=0, return_counts=True)
    first = np.bincount(words[:, 0])
    return {
        "cells": len(cells),
        "alone": int((cells == 1).sum()),
        "largest": int(cells.max()),
        "one": round(float((common >= 1).mean() * NEAREST), 2),
        "two": round(float((common >= 2).mean() * NEAREST), 2),
        "year": round(float(told_by(words[:, 0], years)), 2),
        "chance": round(float((first * (first - 1)).sum() / (n * (n - 1)) * NEAREST), 2),
    }


# --- Beams ---


class Stored:
    """A speaker for `beam_search` that reads log p from rows, {beginning: (K,)}; its state is the beginning itself."""

    n_levels, n_codes = LENGTH, SIZE

    def __init__(self, rows):
        self.rows = rows

    @staticmethod
    def start(n=1):
        return np.full((n, LENGTH), -1)

    def log_p(self, state, level):
        return np.array([self.rows[tuple(of[:level].tolist())] for of in state], np.float32)

    @staticmethod
    def say(state, level, codes):
        after = np.array(state)
        after[:, level] = codes
        return after


class Listening:
    """A network that notes what it was asked: rows {beginning: log p in thousandths}, whole numbers.

    In the last row of a cell, a film that no one rated in training gets the share that `beam_search` gives it."""

    n_levels, n_codes = LENGTH, SIZE

    def __init__(self, model, state):
        self.model, self.network, self.rows = model, model.network_, {}
        self.h = np.append(np.full(LENGTH, -1.0), state)

    def log_p(self, state, level):
        """state: (m, LENGTH + d), the beginning and what the network knows."""
        of_network = self.network.log_p(state[:, LENGTH:].astype(np.float32), level)
        for said, row in zip(state[:, :LENGTH].astype(int).tolist(), of_network):
            beginning = tuple(said[:level])
            if level == LENGTH - 1:
                row = self.with_untrained(beginning, row)
            self.rows.setdefault(beginning, np.maximum(np.round(THOUSAND * row), FLOOR).astype(int))
        return Stored(self.rows).log_p(state[:, :LENGTH].astype(int), level)

    def with_untrained(self, cell, row):
        row, films = np.array(row), self.model.tree_.below(list(cell))
        for film in films[self.model.new_[films]]:
            row[self.model.words_[film, -1]] = -np.log(len(films))
        return row

    def say(self, state, level, codes):
        after = np.array(state)
        after[:, level] = codes
        after[:, LENGTH:] = self.network.say(state[:, LENGTH:].astype(np.float32), level, codes)
        return after


def rows_of_beams(model, state):
    """{beginning: log p of the next code in thousandths} for all beams of a person, held by the tree and not."""
    speaker = Listening(model, state)
    for width in range(1, WIDEST + 1):
        for tree in (model.tree_, None):
            beam_search(speaker.h[None], speaker, width=width, tree=tree)
    return speaker.rows


def stored_rows(rows):
    """{beginning: row} as it stands in the script: a text of beginnings and one of values for each level."""
    levels = [sorted(beginning for beginning in rows if len(beginning) == level) for level in range(LENGTH)]
    return {
        "prefixes": [packed(np.array(of, int).ravel(), "uint8") for of in levels],
        "scores": [packed(np.concatenate([rows[beginning] for beginning in of]), "int16") for of in levels],
    }


def restored_rows(value):
    """{beginning: log p in thousandths} of a stored value."""
    rows = {}
    for level, (beginnings, scores) in enumerate(zip(value["prefixes"], value["scores"])):
        values = unpacked(scores, "int16").astype(int).reshape(-1, SIZE)
        codes = unpacked(beginnings, "uint8").astype(int).reshape(len(values), level)
        rows |= {tuple(of.tolist()): row for of, row in zip(codes, values)}
    return rows


def found(rows, tree, width=WIDEST, *, held=True):
    """What a beam over stored rows writes: words int (≤ width, LENGTH), best first."""
    return beam_search(Stored.start(), Stored(rows), width=width, tree=tree if held else None)[-1][0][0]


def inside(rows, tree, width=WIDEST):
    """What part of the probability the tree leaves at each step, [LENGTH]: of the kept beginnings' next codes."""
    shares, kept = [], (np.empty((1, 0), int), np.zeros(1))
    for level, (codes, totals) in enumerate(beam_search(Stored.start(), Stored(rows), width=width, tree=tree)):
        chance = np.exp((kept[1][:, None] + [rows[tuple(of.tolist())] for of in kept[0]]) / THOUSAND)
        goes_on = [np.isin(np.arange(SIZE), tree.words[tree.below(of), level]) for of in kept[0]]
        shares.append(float(chance[np.array(goes_on)].sum() / chance.sum()))
        kept = codes[0], totals[0]
    return shares


# --- The exports ---


def codes():
    """Films, their words, the nearest of each by cosine, and what the text says of them."""
    data = fitted_on()
    table = data.item_table
    names = sorted(set(table["genres"].str.split("|").explode().dropna()) - {"", "(no genres listed)"})
    bits = [sum(1 << names.index(g) for g in str(text).split("|") if g in names) for text in table["genres"]]
    kinds, years = {}, table["year"].to_numpy(float)
    for kind in KINDS:
        (vectors, words), without = made(kind), rare() & (kind == "collaborative")
        near = np.zeros((len(words), NEAREST), np.int64)
        own = np.flatnonzero(~without)
        near[own] = own[nearest(vectors[own])]
        kinds[kind] = {
            "words": packed(words, "uint8"),
            "near": twelve(near),
            "without": packed(np.flatnonzero(without), "uint16"),
            "counted": counted(words[own], np.searchsorted(own, near[own]), years[own]),
        }
    value = {
        "titles": "\n".join(table["title"]),
        "years": packed(years, "uint16"),
        "ids": packed([int(i) for i in table["item_id"]], "uint32"),
        "likes": packed(np.bincount(data.item, minlength=data.n_items), "uint16"),
        "genreNames": names,
        "genres": packed(bits, "uint32"),
        "size": SIZE,
        "nearest": NEAREST,
        "kinds": kinds,
    }
    about = f"{data.n_items:,} films: title, year, id, ratings, genres; two words of {LENGTH} codes, nearest by cosine."
    return {"about": about, "seeds": {"codes": SEED}, "packages": WITH_TRAINING, "source": SOURCE, "value": value}


def page_people():
    """Ten people of the test, drawn at random among those with at least FEWEST ratings before it."""
    n = sequences(fitted_on()).lengths
    asked = np.unique(split().test.user)
    return np.sort(np.random.default_rng(SEED).choice(asked[n[asked] >= FEWEST], PEOPLE, replace=False))


def code_beams():
    """Of ten people: the films before the test, the film of the test, and log p of all that a beam may ask for."""
    people, order, asked = page_people(), sequences(fitted_on()), sequences(split().test)
    value = {"size": SIZE, "people": [], "told": {}}
    for user in people.tolist():
        history = order.items[order.indptr[user] : order.indptr[user + 1]].tolist()
        value["people"].append({"history": history, "next": int(asked.items[asked.indptr[user]]), "kinds": {}})
    for kind in KINDS:
        model, same, outside, hits, third = fitted(kind), [], [], [], []
        best, _log_p = model.search(people, width=len(model.words_))
        for person, state, of_all in zip(value["people"], model.states(people), best[:, :WIDEST].tolist()):
            rows = rows_of_beams(model, state)
            person["kinds"][kind] = stored_rows(rows) | {"best": of_all}
            films = model.tree_.find(found(rows, model.tree_))
            same.append(len(np.intersect1d(films, of_all)))
            outside.append((model.tree_.find(found(rows, model.tree_, held=False)) < 0).sum())
            hits.append(person["next"] in films)
            third.append(100 * inside(rows, model.tree_)[2])
        told = {"same": np.mean(same), "outside": np.mean(outside), "hits": np.sum(hits), "third": np.mean(third)}
        value["told"][kind] = {name: round(float(number), 2) for name, number in told.items()}
    about = f"Beams of {PEOPLE} people, widths up to {WIDEST}: log p in thousandths, by decoders {SETTINGS}."
    seeds = {"codes and training": SEED, "people": SEED}
    return {"about": about, "seeds": seeds, "packages": WITH_TRAINING, "source": SOURCE, "value": value}
