"""What the one transformer reads and is asked: the examples of the four tasks as arrays, drawn anew at each step."""

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from recsys_lib._checks import choice
from recsys_lib.data.interactions import with_data
from recsys_lib.models.baselines import BiasModel
from recsys_lib.models.keras_base import sparse_input, tf
from recsys_lib.models.one_transformer_network import NOT_ASKED
from recsys_lib.tasks import with_typo

TOGETHER = 512  # rows that pass through the network at once when it answers
FIRST_DECADE, DECADES = 189, 15  # the 1890s are decade 0, as a film without a year
MOST_WORDS = 3  # of a query


class Examples:
    """The inputs and answers of four tasks, made of nothing but what stands before a part.

    tasks: `Tasks`.   part: "validation" or "test".   length, neighbors, batch: as of `OneTransformer`.
    `batch(names)` gives the next examples of some tasks to learn from, `given(task, rows, part)` what is read when
    people, films or queries are asked for.   sizes: of the tables.   titles: csr (n_items, n_pieces), each title's
    TF-IDF of its pieces of two and three letters, of length 1.   near: int (n_items, neighbors), 1 + the films that the
    same people liked, by cosine; 0 where there are fewer.   likes, bias, mean, genres, decades: what tables begin with.
    """

    def __init__(self, tasks, part, *, length, neighbors, batch, rng):
        train = tasks.before(part)
        train = train.take(np.argsort(train.timestamp, kind="stable"))  # the last of a person's films are the latest
        self.tasks, self.part, self.length, self.size, self.rng, self.streams = tasks, part, length, batch, rng, {}
        self.likes = tasks.next_likes.before(part)
        self.reader = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3), min_df=2, sublinear_tf=True, norm=None)
        self.titles = normalize(_csr32(self.reader.fit_transform(tasks.search.titles)))
        self.genres = _csr32(tasks.genres.visible)
        year = tasks.item_table["year"].astype("float").to_numpy()
        decade = np.clip(np.nan_to_num(year) // 10 - FIRST_DECADE, 0, DECADES - 1)
        self.decades = decade.astype(np.int32)
        self.levels, self.mean = np.unique(train.rating), float(train.rating.mean(dtype=np.float64))
        self.bias = BiasModel().fit(train)
        self.liked = _by_person(train.take(train.rating >= tasks.liked_from), None)
        self.rated = _by_person(train, self.levels)
        self.near = _liked_together(self.likes, neighbors)
        self.sizes = dict(n_users=train.n_users, n_items=train.n_items, n_pieces=self.titles.shape[1],
                          n_genres=self.genres.shape[1], n_decades=DECADES, n_stars=len(self.levels))  # fmt: skip
        self.makers = {
            "next likes": self._likes,
            "rating": self._ratings,
            "genres": self._films,
            "search": self._queries,
        }

    # ---- to learn from

    def batch(self, names):
        """(inputs, answers) of the next examples of each task; all are through before one comes again."""
        examples = {
            "next likes": np.flatnonzero(self.liked[2]), "rating": np.flatnonzero(self.rated[2] > 1),
            "genres": self.tasks.genres.train, "search": self.tasks.search.before(self.part),
        }  # fmt: skip
        for task in names:
            self.streams.setdefault(task, _stream(examples[task], self.size[task], self.rng))
        made = {task: self.makers[task](next(self.streams[task])) for task in names}
        return {task: x for task, (x, _) in made.items()}, {task: y for task, (_, y) in made.items()}

    def signature(self, names):
        """Types and shapes of a batch, for tf.data."""
        ints, grid = tf.TensorSpec((None,), tf.int32), tf.TensorSpec((None, None), tf.int32)
        floats, many = tf.TensorSpec((None, None), tf.float32), tf.TensorSpec((None, None), tf.uint8)
        person = {"person": ints, "films": grid}
        words = tf.SparseTensorSpec((None, self.titles.shape[1]), tf.float32)
        x = {"next likes": person, "rating": person | {"stars": grid, "pair_row": ints, "pair_item": ints},
             "genres": {"own": ints, "shown": floats, "films": grid},
             "search": {"words": words, "real": tf.TensorSpec((None, None), tf.bool), "alike": floats}}  # fmt: skip
        y = {"next likes": many, "rating": tf.TensorSpec((None,), tf.float32), "genres": floats, "search": many}
        return {task: x[task] for task in names}, {task: y[task] for task in names}

    def _likes(self, people):
        """All likes of a person, from 30 to 100 % of them."""
        items, _, n = self.liked
        kept = np.maximum(1, np.rint(n[people] * self.rng.uniform(0.3, 1, len(people)))).astype(int)
        rows = [self.rng.permutation(items[p])[: min(k, self.length)] for p, k in zip(people, kept)]
        return self._history(people, rows), self.likes[people].astype(np.uint8).toarray()

    def _ratings(self, people):
        """Half of a person's ratings, from the other half."""
        items, levels, _ = self.rated
        orders = [self.rng.permutation(len(items[p])) for p in people]
        read = [order[: len(order) // 2] for order in orders]
        asked = [order[len(order) // 2 :] for order in orders]
        row = np.repeat(np.arange(len(people), dtype=np.int32), [len(a) for a in asked])
        item = np.concatenate([items[p][a] for p, a in zip(people, asked)])
        stars = np.concatenate([self.levels[levels[p][a]] for p, a in zip(people, asked)])
        x = self._rated(people, [(items[p][r], levels[p][r]) for p, r in zip(people, read)])
        return x | {"pair_row": row, "pair_item": item}, stars.astype(np.float32)

    def _films(self, films):
        """Half of a film's genres, from the other half."""
        shown, hidden = self.tasks.genres.hide(films, rng=self.rng)
        return self._film(films, shown), np.where(shown, NOT_ASKED, hidden).astype(np.float32)

    def _queries(self, queries):
        """The films of a query, from its words with a typo drawn anew."""
        search = self.tasks.search
        texts = [with_typo(search.words[q], rng=self.rng) for q in queries]
        y = search.relevant[queries]
        return self._words(texts), with_data(y, np.ones(len(y.data), np.uint8)).toarray()

    # ---- to be asked

    def asked(self, task, part):
        """The people, films or queries of a part, int, in pieces that pass through the network together."""
        if task == "next likes":
            rows = np.arange(self.sizes["n_users"])
        elif task == "rating":
            rows = np.unique(getattr(self.tasks.rating, part).user)
        else:
            rows = getattr(getattr(self.tasks, choice("task", task, ("genres", "search"))), part)
        return np.array_split(rows, max(1, -(-len(rows) // TOGETHER)))

    def given(self, task, rows, part):
        """The inputs for some people, films or queries; for the ratings, with all their pairs in the part."""
        if task == "next likes":
            return self._history(rows, [self.liked[0][p][-self.length :] for p in rows])
        if task == "genres":
            return self._film(rows, self.tasks.genres.visible[rows])
        if task == "search":
            return self._words([self.tasks.search.text[q] for q in rows])
        items, levels, _ = self.rated
        pairs = getattr(self.tasks.rating, part)
        order = np.argsort(pairs.user, kind="stable")
        order = order[np.isin(pairs.user[order], rows)]
        x = self._rated(rows, [(items[p][-self.length :], levels[p][-self.length :]) for p in rows])
        place = np.searchsorted(rows, pairs.user[order]).astype(np.int32)
        return x | {"pair_row": place, "pair_item": pairs.item[order].astype(np.int32)}

    # ---- as arrays

    def _history(self, people, rows):
        return {"person": people.astype(np.int32), "films": _grid(rows, self.length)}

    def _rated(self, people, rows):
        films, levels = zip(*rows)
        stars = np.maximum(_grid(levels, self.length) - 1, 0)
        return self._history(people, films) | {"stars": stars}

    def _film(self, films, shown):
        return {"own": films.astype(np.int32), "shown": shown.astype(np.float32), "films": self.near[films]}

    def _words(self, texts):
        """Each word of a query as a row of weights of its pieces, and the cosine of the whole query with each title.

        The rows of a query of n words are scaled so that their sum over √n has length 1."""
        words = [(text.split() or [""])[:MOST_WORDS] for text in texts]
        longest, n = max(map(len, words)), np.array([len(these) for these in words])
        rows = _csr32(self.reader.transform([w for these in words for w in these + [""] * (longest - len(these))]))
        query = np.repeat(np.arange(len(words)), longest)  # of each row
        together = sparse.csr_array((np.ones(len(query), np.float32), (query, np.arange(len(query)))))
        whole = together @ rows
        length = np.sqrt(np.maximum(whole.multiply(whole).sum(axis=1), 1e-12)).astype(np.float32)
        alike = sparse.diags_array(1 / length) @ whole @ self.titles.T
        rows = _csr32(sparse.diags_array((np.sqrt(n) / length)[query]) @ rows)
        real = np.arange(longest) < n[:, None]
        return {"words": sparse_input(rows), "real": real, "alike": alike.toarray().astype(np.float32)}


def _stream(rows, size, rng):
    """Batches of `size` rows without end, in an order drawn anew whenever they are through."""
    size, order = min(size, len(rows)), rng.permutation(rows)
    while True:
        if len(order) < size:
            order = np.concatenate([order, rng.permutation(rows)])
        yield order[:size]
        order = order[size:]


def _grid(rows, length):
    """The first `length` numbers of each list as a row of a grid int32 (n, L), each + 1, filled up with 0."""
    rows = [row[:length] for row in rows]
    grid = np.zeros((len(rows), max(1, max(map(len, rows), default=1))), np.int32)
    for place, row in enumerate(rows):
        grid[place, : len(row)] = np.asarray(row) + 1
    return grid


def _by_person(train, levels):
    """Each person's items, and their ratings' levels, in time order: two lists of arrays, and how many."""
    order = np.argsort(train.user, kind="stable")
    ends = np.cumsum(np.bincount(train.user, minlength=train.n_users))[:-1]
    items = np.split(train.item[order], ends)
    found = None if levels is None else np.split(np.searchsorted(levels, train.rating[order]), ends)
    return items, found, np.array([len(row) for row in items])


def _csr32(matrix):
    return sparse.csr_array(matrix).astype(np.float32)


def _liked_together(likes, k):
    """The k films with the largest cosine of who liked them, int32 (n_items, k), + 1; 0 where there are fewer."""
    columns = sparse.csc_array(likes)
    length = np.sqrt(np.maximum(np.diff(columns.indptr), 1))
    unit = sparse.csr_array(likes @ sparse.diags_array(1 / length))
    near = sparse.csr_array(unit.T @ unit)
    grid = np.zeros((likes.shape[1], k), np.int32)
    for i in range(likes.shape[1]):
        row = slice(near.indptr[i], near.indptr[i + 1])
        items, values = near.indices[row], near.data[row]
        items, values = items[items != i], values[items != i]
        best = items[np.lexsort((items, -values))][:k]
        grid[i, : len(best)] = best + 1
    return grid
