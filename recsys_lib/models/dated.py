"""Models that know the date of a request. NumPy and SciPy only."""

import numpy as np

from recsys_lib._checks import choice, setting
from recsys_lib.models.ordered import DatedRecommender

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
