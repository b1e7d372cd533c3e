"""Earlier slices of time, on which a model that fuses others learns what they are worth."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from recsys_lib._checks import generator, require, setting

from .interactions import Interactions
from .splits import places


class Slice(NamedTuple):
    """What people had done up to some point of their histories, and what they did next: no pair is in both."""

    history: Interactions
    target: Interactions

    def people(self, at_most, rng):
        """Who is in history and target: indices, sorted; `at_most` of them, drawn where there are more.

        rng: numpy Generator."""
        people = np.intersect1d(self.history.user, self.target.user)
        return np.sort(rng.choice(people, at_most, replace=False)) if len(people) > at_most else people


def time_slices(data, *, n=4, width=0.125, rng=None):
    """n slices, the earliest first: each person's ratings up to a point, and the next ones as target.

        slice j of n … 1:   history = the first n_u − j h_u ratings of u,   target = the next h_u,   h_u = max(1, w n_u)

    n: slices.   width: w, a share of a person's ratings, rounded to whole ones; 0 for one rating.   rng: int or
    Generator, needed where there are no timestamps, to draw an order; with timestamps it is not used.
    Ratings of one second are never cut: they go whole to the history.
    A person whose history would be empty is not in that slice. Returns a list of n Slice.
    Raises ValueError for n < 1, a width outside [0, 1), data without timestamps and without rng, and data in which no
    person has a second rating.   Chapter: Learning to fuse."""
    setting("n", n, 1, whole=True)
    if not 0 <= setting("width", width) < 1:
        raise ValueError(f"expected width in [0, 1), received {width}")
    if require(data, Interactions).timestamp is not None:
        timed = data
    elif rng is None:
        raise ValueError("expected timestamps, or rng= to draw an order: received data without timestamps and no rng")
    else:
        timed = replace(data, timestamp=generator(rng).permutation(len(data)))
    order, first, n_ratings = places(timed, by_user=True)
    step = np.maximum(1, np.round(width * n_ratings)).astype(np.int64)
    slices = []
    for j in range(n, 0, -1):
        start = n_ratings - j * step
        known = first < start
        after = (start > 0) & (first < start + step) & ~known
        slices.append(Slice(data.take(order[known]), data.take(order[after])))
    if not any(len(one.target) for one in slices):
        raise ValueError("expected a person with a rating after the first, received histories of one rating each")
    return slices
