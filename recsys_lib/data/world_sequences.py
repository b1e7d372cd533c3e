"""The known-truth world, in order: who watches what next is drawn from known probabilities."""

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from recsys_lib._checks import generator, require, setting

from .interactions import Interactions
from .world import World

START, DAY = 1_577_836_800, 86_400  # the year 2020, in seconds


@dataclass(frozen=True, eq=False)
class SequenceWorld:
    """Sequences that were drawn, and the truth about the last film of each.

    interactions: rating=None; each user's seconds rise strictly.   probability (n_users, n_items) float64: of the last
    film, given everything before it; 0 for films seen before, rows sum to 1.   taste (n_users, n_items) float64: the
    exponent without the term of order, p_u · q_i + c_i, also of films seen.   successors (n_items, n_successors): the
    films that are likelier after each film."""

    interactions: Interactions
    probability: np.ndarray
    taste: np.ndarray
    successors: np.ndarray

    def expected_ndcg(self, scores=None, *, k=10):
        """Mean NDCG@k of the last film that a ranking has in expectation, float64 (n_users,); the best if scores=None.

            E[NDCG@k] = Σ_{r ≤ k} P(film at rank r) / log2(r + 1)

        One film is relevant, so NDCG is 1/log2(rank + 1) of that film. The sum is largest where films stand in the
        order of P: that is the best possible value, and no list has a higher one.
        scores: (n_users, n_items), higher is better; films seen before are left out, ties go to the lower index.
        Raises ValueError for another shape, for NaN, and for a k that is not whole or < 1. Chapter: Sequences."""
        setting("k", k, 1, whole=True)
        scores = self.probability if scores is None else np.asarray(scores, dtype=np.float64)
        if scores.shape != self.probability.shape or np.isnan(scores).any():
            expected = f"expected scores (n_users, n_items) = {self.probability.shape} without NaN"
            raise ValueError(f"{expected}, received shape {scores.shape}")
        unseen = np.where(self.probability > 0, scores, -np.inf)
        best = np.argsort(-unseen, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(self.probability, best, axis=1) @ (1 / np.log2(np.arange(2, best.shape[1] + 2)))


def simulate_sequences(world, *, order=4.0, n_successors=3, length=15, popularity=1.0, rng):
    """Draws what each user of a world watches, film after film, so that the best possible NDCG is known.

        P(next = i | last = j, user u)  ∝  exp(p_u · q_i + c_i + order · [i is a successor of j])   over films not seen

    p_u, q_i: the factors of the world.   c_i ~ N(0, popularity²).   Each film has `n_successors` successors, drawn
    evenly among the others; being one multiplies the odds by e^order. j being a successor of i says nothing about i
    after j: the order has a direction.   order=0: what comes next depends on the films seen, not on their order.
    length: films a user watches, at least 3 and fewer than there are; the first is drawn without a last film. Between
    two films lies a random time of one day on average, in whole seconds, at least one; the first is watched in 2020.
    Returns a `SequenceWorld` with the users, films and item table of the world.
    Raises TypeError for no World, ValueError for sizes that are not whole, n_successors outside 1 … n_items − 1, a
    length < 3 or not below n_items, a negative popularity, or an order that is no finite number.
    Source: a Plackett-Luce draw with a first-order term. Chapter: Sequences."""
    p, q = require(world, World).user_factors, world.item_factors
    n_users, n_items = len(p), len(q)
    setting("order", order), setting("popularity", popularity, 0)
    setting("length", length, 3, n_items, whole=True), setting("n_successors", n_successors, 1, n_items, whole=True)
    rng = generator(rng)
    away = rng.random((n_items, n_items - 1)).argsort(axis=1)[:, :n_successors] + 1
    successors = (np.arange(n_items)[:, None] + away) % n_items
    taste = p.astype(np.float64) @ q.T + popularity * rng.normal(size=n_items)

    users = np.arange(n_users)
    unseen = np.ones((n_users, n_items), bool)
    watched = np.empty((n_users, length), np.int64)
    for step in range(length):
        logits = taste.copy()
        if step > 0:
            logits[users[:, None], successors[watched[:, step - 1]]] += order
        probability = softmax(np.where(unseen, logits, -np.inf), axis=1)
        cut = rng.random((n_users, 1)) * probability.sum(axis=1, keepdims=True)
        watched[:, step] = _last_below(np.cumsum(probability, axis=1), cut, unseen)
        unseen[users, watched[:, step]] = False

    first = START + rng.integers(366 * DAY, size=(n_users, 1))
    gaps = 1 + rng.exponential(DAY, size=(n_users, length)).astype(np.int64)
    seconds = first + np.cumsum(gaps, axis=1)
    data = world.interactions
    columns = np.repeat(users, length), watched.ravel(), None, seconds.ravel()
    watched = Interactions(*columns, data.users, data.items, data.item_table)
    return SequenceWorld(watched, probability, taste, successors)


def _last_below(cumulated, cut, unseen):
    """The first film whose cumulated probability passes the cut; never one that was seen, whatever the rounding."""
    return np.where(unseen & (cumulated > cut), 1, 0).argmax(axis=1)
