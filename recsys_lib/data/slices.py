"""Earlier slices of time, on which a model that fuses others learns what they are worth."""

from typing import NamedTuple

import numpy as np

from recsys_lib._checks import generator, require, setting

from .interactions import Interactions


class Slice(NamedTuple):
    """What people had done up to some point of their histories, and what they did next: no pair is in both."""

    history: Interactions
    target: Interactions


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
        time = data.timestamp
    elif rng is None:
        raise ValueError("expected timestamps, or rng= to draw an order: received data without timestamps and no rng")
    else:
        time = generator(rng).permutation(len(data))
    order = np.lexsort((time, data.user))
    user, time = data.user[order], time[order]
    n_ratings = np.bincount(user, minlength=data.n_users)
    place = np.arange(len(user)) - (np.cumsum(n_ratings) - n_ratings)[user]
    step = np.maximum(1, np.round(width * n_ratings)).astype(np.int64)

    def until(count):
        """The first `count` ratings of each person and what else has the second of the last of them: bool (n,)."""
        inside = place < count[user]
        last = np.full(data.n_users, np.iinfo(np.int64).min)
        np.maximum.at(last, user[inside], time[inside])
        return time <= last[user]

    slices = []
    for j in range(n, 0, -1):
        start = n_ratings - j * step
        known = until(start)
        after = until(np.where(start > 0, start + step, 0)) & ~known
        slices.append(Slice(data.take(order[known]), data.take(order[after])))
    if not any(len(one.target) for one in slices):
        raise ValueError("expected a person with a rating after the first, received histories of one rating each")
    return slices
