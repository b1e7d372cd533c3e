"""Four tasks over one catalogue, defined once: next likes, ratings, hidden genres, search with a typo. No TensorFlow.

A model for several tasks must not read in one task what it has to guess in another. So `four_tasks` makes them
together: one split in time for likes and ratings, one item table without the hidden genres, one set of queries."""

import re
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from recsys_lib._checks import choice, generator, require, setting
from recsys_lib.data.interactions import Interactions
from recsys_lib.data.splits import PARTS, SHARES, Split, split_by_user_time
from recsys_lib.metrics import ndcg
from recsys_lib.retrieval import top_k

TASKS = ("next likes", "rating", "genres", "search")
NO_GENRE = "(no genres listed)"  # what MovieLens writes for a film without one
WORD = re.compile(r"[^\W\d_]+")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Ratings(NamedTuple):
    """user, item: int32 (n,), indices.   rating: float32 (n,)."""

    user: np.ndarray
    item: np.ndarray
    rating: np.ndarray


@dataclass(frozen=True, eq=False)
class NextLikes:
    """What does a person like next? Input: their likes before; candidates: all films that they had not rated.

    train, validation, test: csr (n_users, n_items), a stored 1 for each like of the part.   rated: the same for
    whatever was rated in train and in validation, which is never recommended.   users: the ids."""

    train: csr_array
    validation: csr_array
    test: csr_array
    rated: tuple
    users: tuple
    metric = "NDCG@10"

    def before(self, part):
        """Likes that may be read and learnt from for "validation" (train) or "test" (train and validation)."""
        return (
            self.train if choice("part", part, PARTS[1:]) == "validation" else csr_array(self.train + self.validation)
        )

    def measure(self, scores, part="test"):
        """NDCG@10 of each person with a like in the part. scores: (n_users, n_items), all people, higher is better.

        A row of equal scores says nothing: no list, 0. Returns DataFrame top, bottom by user id, as of
        `task_intervals.value`. Raises ValueError for another shape."""
        relevant, seen = getattr(self, choice("part", part, PARTS[1:])), self.rated[0]
        scores = _checked(scores, relevant.shape)
        seen = seen if part == "validation" else csr_array(seen + self.rated[1])
        lists = top_k(scores, 10, exclude=seen)
        lists[np.ptp(scores, axis=1) == 0] = -1
        values = ndcg(lists, relevant)
        found = ~np.isnan(values)
        return _frame(np.array(self.users, dtype=object)[found], values[found], np.ones(found.sum()))


@dataclass(frozen=True, eq=False)
class Rating:
    """How many stars does a person give? Input: a pair; learnt from the ratings before.

    train, validation, test: `Ratings`, the same pairs as those of the split.   users: the ids."""

    train: Ratings
    validation: Ratings
    test: Ratings
    users: tuple
    metric = "RMSE"

    def before(self, part):
        """`Ratings` to learn from for "validation" (train) or "test" (train and validation)."""
        if choice("part", part, PARTS[1:]) == "validation":
            return self.train
        return Ratings(*(np.concatenate(both) for both in zip(self.train, self.validation)))

    def measure(self, predicted, part="test"):
        """Squared errors of the pairs of the part, summed by person. predicted: (n,), in stars, in the order of part.

        Returns DataFrame top (sum of squares), bottom (number of pairs) by user id, as of `task_intervals.value`."""
        pairs = getattr(self, choice("part", part, PARTS[1:]))
        squares = (_checked(predicted, pairs.rating.shape) - pairs.rating.astype(np.float64)) ** 2
        people, place = np.unique(pairs.user, return_inverse=True)
        ids = np.array(self.users, dtype=object)[people]
        return _frame(ids, np.bincount(place, squares), np.bincount(place).astype(float))


@dataclass(frozen=True, eq=False)
class Genres:
    """Which genres does a film have besides those that are shown? Input: title, year, shown genres, earlier likes.

    names: the genres.   visible: bool (n_items, n_genres), what every model may read: of the films of validation and
    test g − ⌊g/2⌋ genres, of all others all g.   hidden: bool of that shape, the other ⌊g/2⌋, to be found; read it to
    measure and for nothing else.   train, validation, test: film indices; train are the films with two genres or more
    that are in neither other part.   items: the ids.   The threshold comes from validation; both parts stay hidden."""

    names: tuple
    visible: np.ndarray
    hidden: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    items: tuple
    metric = "micro-F1"

    def hide(self, films, *, rng):
        """Training examples: (shown, to be found), two bool (len(films), n_genres) with ⌊g/2⌋ to be found, drawn anew.

        Drawn from what is visible, so it may be called with any film."""
        return _hide_half(self.visible[films], generator(rng))

    def threshold(self, scores):
        """The score from which a genre is said, best in micro-F1 on validation. scores: (n_validation, n_genres)."""
        hidden, open_ = self.hidden[self.validation], ~self.visible[self.validation]
        scores = _checked(scores, hidden.shape)
        order = np.argsort(-scores[open_], kind="stable")
        sorted_, hits = scores[open_][order], np.cumsum(hidden[open_][order])
        f1 = 2 * hits / (np.arange(1, len(hits) + 1) + hidden.sum())
        f1[:-1][sorted_[1:] == sorted_[:-1]] = -1  # no threshold lies between equal scores
        best = int(np.argmax(f1))
        below = sorted_[best + 1] if best + 1 < len(sorted_) else sorted_[best] - 1
        return float((sorted_[best] + below) / 2)

    def measure(self, scores, threshold, part="test"):
        """Micro-F1 over the genres that are not shown: those from the threshold on are said. scores: (n, n_genres).

            F1 = 2 Σ tp / Σ (2 tp + fp + fn)

        Returns DataFrame top (2 tp), bottom (2 tp + fp + fn) by film id, as of `task_intervals.value`."""
        films = getattr(self, choice("part", part, PARTS[1:]))
        said = (_checked(scores, (len(films), len(self.names))) >= threshold) & ~self.visible[films]
        found = (said & self.hidden[films]).sum(axis=1)
        ids = np.array(self.items, dtype=object)[films]
        return _frame(ids, 2.0 * found, (said.sum(axis=1) + self.hidden[films].sum(axis=1)).astype(float))


@dataclass(frozen=True, eq=False)
class Search:
    """Which films does a query with a typo mean? Query: the first two title words of ≥ 3 letters, one letter wrong.

    text: the queries, one a film that has such a word; words: the same without the typo.   item: int (n_queries,),
    the film each was made of.   relevant: csr (n_queries, n_items), every film whose title has these words.
    train, validation, test: indices of queries, 70, 10 and 20 % of the different sets of words.   titles: of all films,
    in lower case, letters and figures.   All films are candidates."""

    text: tuple
    words: tuple
    item: np.ndarray
    relevant: csr_array
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    titles: tuple
    metric = "NDCG@10"

    def before(self, part):
        """Indices of the queries to learn from for "validation" (train) or "test" (train and validation)."""
        choice("part", part, PARTS[1:])
        return self.train if part == "validation" else np.concatenate([self.train, self.validation])

    def measure(self, scores, part="test"):
        """NDCG@10 of each query of the part. scores: (n_queries of the part, n_items), higher is better.

        Returns DataFrame top, bottom by number of the query, as of `task_intervals.value`."""
        queries = getattr(self, choice("part", part, PARTS[1:]))
        relevant = self.relevant[queries]
        lists = top_k(_checked(scores, relevant.shape), 10)
        return _frame(queries, ndcg(lists, relevant), np.ones(len(queries)))


@dataclass(frozen=True, eq=False)
class Tasks:
    """The four tasks on one data set, for one draw of hidden genres.

    item_table: item_id, title, year, genres without the hidden ones: all that a model may read of a film.
    split: the ratings in time; of it, too, only `before(part)` may be read."""

    split: Split
    item_table: pd.DataFrame
    next_likes: NextLikes
    rating: Rating
    genres: Genres
    search: Search
    liked_from: float
    draw: int

    def before(self, part):
        """Interactions to learn from for "validation" or "test"; their item table hides what is to be found, too."""
        return self.split.before(part)


def four_tasks(data, *, liked_from=4.0, draw=0):
    """The four tasks of data with ratings, timestamps and an item table of title, year and genres.

    data: Interactions, cut by `split_by_user_time`.   liked_from: a rating from here on is a like.   draw: number of
    the draw of films with hidden genres: a tenth of the catalogue for the test, a twentieth for validation, all with
    two genres or more. The queries and the split in time are the same in every draw.
    Raises ValueError where ratings, timestamps or a column is missing, or too few films have two genres.
    Chapter: Many tasks, one body."""
    require(data, Interactions).require_rating(), data.require_timestamp()
    setting("liked_from", liked_from), setting("draw", draw, 0, whole=True)
    columns = [] if data.item_table is None else list(data.item_table)
    if missing := {"title", "year", "genres"} - set(columns):
        raise ValueError(f"expected an item table with title, year and genres, received one without {sorted(missing)}")
    genres, table = _genres(data, generator(draw))
    split = split_by_user_time(replace(data, item_table=table))
    parts = [getattr(split, part) for part in PARTS]
    likes = NextLikes(*(_ones(part, part.rating >= liked_from) for part in parts),
                      tuple(_ones(part) for part in parts[:2]), data.users.ids)  # fmt: skip
    rating = Rating(*(Ratings(part.user, part.item, part.rating) for part in parts), data.users.ids)
    search = _search(data.item_table["title"], generator(0))
    return Tasks(split, table, likes, rating, genres, search, liked_from, draw)


def _ones(part, rows=slice(None)):
    user, item = part.user[rows], part.item[rows]
    return csr_array((np.ones(len(user), np.float32), (user, item)), shape=(part.n_users, part.n_items))


def _genres(data, rng):
    """The task of the genres, and the item table without those that are hidden."""
    listed = [[] if pd.isna(g) else [one for one in g.split("|") if one and one != NO_GENRE]
              for g in data.item_table["genres"]]  # fmt: skip
    names = tuple(sorted({name for film in listed for name in film}))
    all_ = np.array([[name in film for name in names] for film in listed], bool).reshape(len(listed), len(names))
    several = np.flatnonzero(all_.sum(axis=1) >= 2)
    n_test, n_validation = data.n_items // 10, data.n_items // 20
    if n_validation < 1 or len(several) <= n_test + n_validation:
        wanted = f"more than {n_test + n_validation} films with two genres, and 20 films or more"
        raise ValueError(f"expected {wanted}, received {len(several)} such films of {data.n_items}")
    drawn = rng.permutation(several)
    test, validation = np.sort(drawn[:n_test]), np.sort(drawn[n_test : n_test + n_validation])
    visible, hidden = all_.copy(), np.zeros_like(all_)
    for film in (*test, *validation):
        for name in rng.permutation(listed[film])[: len(listed[film]) // 2]:  # by place in the list, not by which it is
            visible[film, names.index(name)], hidden[film, names.index(name)] = False, True
    shown = ["|".join(name for name in film if visible[row, names.index(name)]) for row, film in enumerate(listed)]
    table = data.item_table[["item_id", "title", "year"]].assign(genres=shown)
    task = Genres(names, visible, hidden, np.sort(drawn[n_test + n_validation :]), validation, test, data.items.ids)
    return task, table


def _hide_half(genres, rng):
    """(shown, hidden): of the g genres in each row ⌊g/2⌋ are hidden, drawn at random."""
    order = np.where(genres, rng.random(genres.shape), 2).argsort(axis=1).argsort(axis=1)
    hidden = order < genres.sum(axis=1, keepdims=True) // 2
    return genres & ~hidden, hidden


def with_typo(text, *, rng):
    """The text with one letter wrong: replaced by another, left out, or one inserted before it, each as often.

    Returns str; a text without a letter stays. Raises TypeError for anything but a text.
    Chapter: Many tasks, one body."""
    places, rng = [i for i, letter in enumerate(require(text, str)) if letter.isalpha()], generator(rng)
    if not places:
        return text
    i, kind = places[rng.integers(len(places))], rng.integers(3)
    other = LETTERS.replace(text[i].lower(), "") if kind == 0 else LETTERS
    new = ("" if kind == 1 else other[rng.integers(len(other))]) + (text[i] if kind == 2 else "")
    return text[:i] + new + text[i + 1 :]


def _search(titles, rng):
    """The task of the search."""
    titles = [title.lower() if isinstance(title, str) else "" for title in titles]
    words = [WORD.findall(title) for title in titles]
    asked = [tuple(word for word in these if len(word) >= 3)[:2] for these in words]
    item = np.array([i for i, these in enumerate(asked) if these], dtype=np.int64)
    sets = [tuple(sorted(set(asked[i]))) for i in item]
    holders = {}  # word -> films
    for i, these in enumerate(words):
        for word in set(these):
            holders.setdefault(word, set()).add(i)
    found = {key: sorted(set.intersection(*(holders[word] for word in key))) for key in set(sets)}
    rows = np.repeat(np.arange(len(item)), [len(found[key]) for key in sets])
    columns = np.concatenate([found[key] for key in sets]) if len(sets) else np.zeros(0, int)
    relevant = csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(item), len(titles)))
    different = sorted(found)
    place = dict(zip(different, rng.permutation(len(different))))
    share = np.array([place[key] for key in sets]) / max(1, len(different))
    ends = np.cumsum(SHARES)
    parts = [np.flatnonzero((share >= low - 1e-12) & (share < high - 1e-12))
             for low, high in zip((0, *ends[:2]), (*ends[:2], 2))]  # fmt: skip
    clean = tuple(" ".join(asked[i]) for i in item)
    plain = tuple(" ".join(re.findall(r"[^\W_]+", title)) for title in titles)
    return Search(tuple(with_typo(text, rng=rng) for text in clean), clean, item, relevant, *parts, plain)


def _frame(units, top, bottom):
    return pd.DataFrame({"top": top, "bottom": bottom}, index=pd.Index(units, name="unit"))


def _checked(scores, shape):
    """The scores as float64 or float32. Raises ValueError for another shape or NaN."""
    scores = np.asarray(scores)
    if scores.shape != tuple(shape) or scores.dtype.kind not in "fiu" or np.isnan(scores).any():
        raise ValueError(f"expected scores of shape {tuple(shape)} without NaN, received {scores.shape} {scores.dtype}")
    return scores if scores.dtype.kind == "f" else scores.astype(np.float64)
