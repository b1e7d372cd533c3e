"""A contest of orders: a retriever draws up a short list for each person, and every rival puts the same list in order.

Who is asked film by film cannot read a catalogue of thousands; twenty films it can."""

import inspect
from typing import NamedTuple

import numpy as np
from scipy import sparse

from recsys_lib._checks import check_2d, generator, require, setting
from recsys_lib.data.interactions import Interactions
from recsys_lib.data.splits import Split
from recsys_lib.evaluation import first_seconds
from recsys_lib.metrics import ndcg
from recsys_lib.retrieval import top_k


class Contest(NamedTuple):
    """The lists of a contest, one a person.

    users (n,): index of each person.   candidates int (n, m): the retriever's list, best first.   relevant bool (n, m).
    likes: list of n arrays, the items that the person liked before, the newest first.   n_items: of the catalogue."""

    users: np.ndarray
    candidates: np.ndarray
    relevant: np.ndarray
    likes: list
    n_items: int

    def ndcg(self, scores, k=10):
        """NDCG@k of each person's candidates in the order of the scores; the ideal is the best order of the same list.

        scores: (n, m), higher is better, ties to the item of the lower index.   Returns float64 (n,).
        Raises ValueError for scores of another shape or with NaN."""
        scores = check_2d("scores", np.asarray(scores), "(n, m)")
        if scores.shape != self.candidates.shape or np.isnan(scores).any():
            raise ValueError(f"expected scores {self.candidates.shape} without NaN, received {scores.shape}")
        order = np.lexsort((self.candidates, -scores), axis=1)[:, :k]
        rows, places = np.nonzero(self.relevant)
        relevant = sparse.csr_array(
            (np.ones(len(rows)), (rows, self.candidates[rows, places])), shape=(len(self.users), self.n_items)
        )
        return ndcg(np.take_along_axis(self.candidates, order, axis=1), relevant)

    def retrieved(self):
        """Scores that keep the retriever's own order: (n, m)."""
        return np.tile(-np.arange(self.candidates.shape[1], dtype=float), (len(self.users), 1))

    def chance(self, k=10):
        """The expected NDCG@k of a random order: every place is relevant with the same probability. float64 (n,).

            (n_relevant / m) · Σ_{r ≤ min(k, m)} 1 / log2(r + 1)  /  the ideal"""
        n_relevant, m = self.relevant.sum(axis=1), self.candidates.shape[1]
        discount = 1 / np.log2(np.arange(2, min(k, m) + 2))
        ideal = np.cumsum(discount)[np.minimum(n_relevant, k) - 1]
        return n_relevant / m * discount.sum() / ideal

    def take(self, rows):
        """The contest of some of its people: an index array or a boolean one."""
        chosen = np.arange(len(self.users))[rows]
        likes = [self.likes[row] for row in chosen]
        return self._replace(
            users=self.users[chosen], candidates=self.candidates[chosen], relevant=self.relevant[chosen], likes=likes
        )

    def first(self, m):
        """The contest with the first m candidates of each list, of the people for whom one of them is relevant."""
        shorter = self._replace(candidates=self.candidates[:, :m], relevant=self.relevant[:, :m])
        return shorter.take(shorter.relevant.any(axis=1))


def draw_contest(model, split, part="test", *, n_users=200, n_candidates=20, liked_from=4.0, rng=0):
    """A contest over the best candidates of a model, among people for whom one of them is relevant.

    model: fitted here, on everything before the part; told each person's first second of the part where its `score`
    takes `at`.   n_users: drawn without repetition from those people, all of them where there are fewer.   liked_from:
    a rating from here on is a like before the part and relevant in it; None: every pair.   People whom the model was
    not fitted on take no part.
    Returns a Contest, in the order of the user indices.   Raises TypeError for no Split, ValueError for numbers below 1
    and where nobody has a relevant candidate.   Chapter: An LLM as recommender."""
    before, seen = require(split, Split).before(part), split.seen(part)
    n_users, n_candidates = (
        setting(name, n, 1, whole=True) for name, n in (("n_users", n_users), ("n_candidates", n_candidates))
    )
    data = getattr(split, part)
    users = np.intersect1d(data.user, before.user)
    model.fit(before)
    when = {"at": first_seconds(data)[users]} if "at" in inspect.signature(model.score).parameters else {}
    candidates = top_k(model.score(users, **when), n_candidates, exclude=seen.matrix()[users])
    relevant = np.zeros((len(users), data.n_items), bool)
    wanted = _liked(data, liked_from) & np.isin(data.user, users)
    relevant[np.searchsorted(users, data.user[wanted]), data.item[wanted]] = True
    hits = np.take_along_axis(relevant, candidates, axis=1) & (candidates >= 0)
    able = np.flatnonzero(hits.any(axis=1) & (candidates >= 0).all(axis=1))
    if not len(able):
        raise ValueError(f"nobody has a relevant item among the first {n_candidates} candidates")
    rows = np.sort(generator(rng).choice(able, size=min(n_users, len(able)), replace=False))
    likes = [_newest_first(seen, user, liked_from) for user in users[rows]]
    return Contest(users[rows], candidates[rows], hits[rows], likes, data.n_items)


def _liked(data: Interactions, liked_from):
    return np.ones(len(data), bool) if data.rating is None or liked_from is None else data.rating >= liked_from


def _newest_first(seen, user, liked_from):
    rows = np.flatnonzero((seen.user == user) & _liked(seen, liked_from))
    return seen.item[rows[np.lexsort((seen.item[rows], -seen.require_timestamp()[rows]))]]
