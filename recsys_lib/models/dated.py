"""Models that know the date of a request. NumPy and SciPy only."""

import numpy as np
from scipy.sparse import csr_array

from recsys_lib._checks import choice, setting
from recsys_lib.data.sequences import steps
from recsys_lib.models.ordered import DatedRecommender
from recsys_lib.models.sequential import solve_ridge

DAY = 86_400  # seconds


class RecentPopularity(DatedRecommender):
    """What was liked most in the last days before the moment of the request.

        score(u, i) = |{likes of i with at_u − w ≤ t < at_u}| + popularity_i / (1 + max_j popularity_j)

    The second term is below 1: it orders the items that the days leave equal by all likes fitted on.
    days: w, in days.   delay: days by which the counts are behind: they end at at_u − delay.   liked_from: a rating
    from here on is a like.   implicit: every pair is a like, whatever its rating.   Chapter: The date."""

    _arrays = ("popularity_",)

    def __init__(self, *, days=3.0, delay=0.0, liked_from=4.0, implicit=False):
        self.days = setting("days", days, 0, above=True)
        self.delay = setting("delay", delay, 0)
        self.liked_from = setting("liked_from", liked_from)
        self.implicit = choice("implicit", implicit, (True, False))

    def _fit(self, train):
        self.popularity_ = np.bincount(self.event_items_, minlength=len(self.items_))

    def _score(self, sequences, at):
        counts = self.recent(at - int(self.delay * DAY), int(self.days * DAY))
        return counts + self.popularity_ / (1 + self.popularity_.max())


class RecencyRidge(DatedRecommender):
    """Next-item ridge plus each item's share of the last days: two estimates of the chance that i is next, added.

        score(u, i) = (h_u B)_i + v · c_ui / Σ_j c_uj,   c_ui = |{likes of i with at_u − w ≤ t < at_u}|
        B = argmin Σ_steps 2^(−a_t / H) ‖y_t − x_t B‖² + λ ‖B‖²,   a_t = age of the step, in days, at the last
        h_u, x_t, y_t as in `NextItemRidge`

    weight: v; with 0 it is a ridge that knows no date, and answers nobody without a like.   days: w.   delay: days by
    which the counts are behind.   half_life: H, in days: a step of that age counts half in the fit; None, all count the
    same.   regularization: λ, in likes.   window: how many items back count.   decay: γ of the history.   liked_from: a
    rating from here on is a like.   implicit: every pair is a like, whatever its rating.   Fitted: `matrix_`, float32
    (n_items, n_items), which is fitted without the counts.   Chapter: The date."""

    _arrays = ("matrix_",)

    def __init__(
        self,
        *,
        weight=2.0,
        days=3.0,
        delay=0.0,
        half_life=None,
        regularization=100.0,
        window=20,
        decay=0.7,
        liked_from=4.0,
        implicit=False,
    ):
        self.weight = setting("weight", weight, 0)
        self.days = setting("days", days, 0, above=True)
        self.delay = setting("delay", delay, 0)
        self.half_life = None if half_life is None else setting("half_life", half_life, 0, above=True)
        self.regularization = setting("regularization", regularization, 0, above=True)
        self.window = setting("window", window, 1, whole=True)
        self.decay = setting("decay", decay, 0, 1 + 1e-12, above=True)
        self.liked_from = setting("liked_from", liked_from)
        self.implicit = choice("implicit", implicit, (True, False))

    @property
    def needs_likes(self):
        return self.weight == 0

    def _fit(self, train):
        x, y, entries = steps(self.events_, decay=self.decay, window=self.window, n_items=len(self.items_))
        if self.half_life is not None:
            seconds = self.event_seconds_[entries]
            age = (seconds.max(initial=0) - seconds) / DAY
            root = np.sqrt(2 ** (-age / self.half_life))[:, None]  # squared by the products of the solution
            x, y = (csr_array(side.multiply(root)) for side in (x, y))
        self.matrix_ = solve_ridge(x, y, self.regularization).astype(np.float32)

    def _score(self, sequences, at):
        counts = self.recent(at - int(self.delay * DAY), int(self.days * DAY))
        share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        return sequences.decayed(self.decay, len(self.items_)) @ self.matrix_ + self.weight * share
