"""Histories in the order in which they happened."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from recsys_lib._checks import require, setting

from .ids import IdMap
from .interactions import Interactions


class Sequences(NamedTuple):
    """What each person did, one after the other: person n has the entries indptr[n] to indptr[n + 1] of the others.

    indptr: int64 (n + 1,).   items: int32, oldest first.   seconds: int64, or None where there are none."""

    indptr: np.ndarray
    items: np.ndarray
    seconds: np.ndarray | None

    @property
    def lengths(self):
        """How many items each person has, int64 (n,)."""
        return np.diff(self.indptr)

    @property
    def rows(self):
        """Whose each entry is: the number of the person."""
        return np.repeat(np.arange(len(self.indptr) - 1), self.lengths)

    @property
    def ages(self):
        """How many items of the same person came later: 0 for the last one."""
        return np.repeat(self.indptr[1:], self.lengths) - 1 - np.arange(len(self.items))

    def take(self, people):
        """The sequences of some people, in this order."""
        people = np.asarray(people, dtype=np.int64)
        lengths = self.lengths[people]
        indptr = np.append(0, np.cumsum(lengths))
        entries = np.arange(indptr[-1]) + np.repeat(self.indptr[people] - indptr[:-1], lengths)
        return Sequences(indptr, self.items[entries], None if self.seconds is None else self.seconds[entries])

    def keep(self, mask):
        """The entries of a mask; people stay, be it with none."""
        rows = self.rows[mask]
        indptr = np.append(0, np.cumsum(np.bincount(rows, minlength=len(self.indptr) - 1)))
        return Sequences(indptr, self.items[mask], None if self.seconds is None else self.seconds[mask])

    def before(self, at):
        """What each person did before a moment of its own, at: int64 (n,) seconds. Without seconds, all of it."""
        return self if self.seconds is None else self.keep(self.seconds < at[self.rows])

    def last(self, n):
        """The last n items of each person."""
        return self.keep(self.ages < n)

    def decayed(self, decay, n_items):
        """csr (n, n_items): γ^age at each item, so 1 for the last one, γ for the one before, γ² for the third.

        decay: γ.   An item that comes twice counts twice. Chapter: Sequences."""
        weights = (decay**self.ages).astype(np.float32)
        return csr_array((weights, self.items, self.indptr), shape=(len(self.indptr) - 1, n_items))

    def shuffled(self, rng):
        """The same items of each person in an order drawn anew; the seconds stay in their places."""
        order = np.lexsort((rng.random(len(self.items)), self.rows))
        return self._replace(items=self.items[order])


def sequences(data):
    """The Sequences of Interactions, one for each of its users: by second, and within a second as the rows stand.

    Without timestamps the rows are taken in their order. Chapter: Sequences."""
    time = np.zeros(len(data)) if require(data, Interactions).timestamp is None else data.timestamp
    order = np.lexsort((time, data.user))
    indptr = np.append(0, np.cumsum(np.bincount(data.user, minlength=data.n_users)))
    return Sequences(indptr, data.item[order], None if data.timestamp is None else data.timestamp[order])


def steps(histories, *, decay, window, n_items):
    """Every step from a history to the next item, as two csr with a row a step: X what came before, Y what came next.

        X_tj = γ^(items between j and the next one),   the last `window` before it;   Y_ti = 1 for the next item i

    histories: Sequences.   decay: γ.   window: how many items of the history count.   Returns X, Y (n_steps, n_items),
    steps in the order of the people and then of time, and the number of the entry that is each step's next item.
    Chapter: Sequences."""
    setting("window", window, 1, whole=True)
    place = np.arange(len(histories.items)) - np.repeat(histories.indptr[:-1], histories.lengths)
    next_entry = np.flatnonzero(place > 0)
    before = np.minimum(place[next_entry], window)  # items of the history that count
    indptr = np.append(0, np.cumsum(before))
    back = np.arange(indptr[-1]) - np.repeat(indptr[:-1], before)  # 0 for the item just before
    entries = np.repeat(next_entry, before) - 1 - back
    shape = (len(next_entry), n_items)
    x = csr_array(((decay**back).astype(np.float32), histories.items[entries], indptr), shape=shape)
    ones = np.ones(len(next_entry), np.float32)
    y = csr_array((ones, histories.items[next_entry], np.arange(len(next_entry) + 1)), shape=shape)
    return x, y, next_entry


def of_users(data, users):
    """The Interactions of some users alone: row n of `users` (indices) becomes user n, with its id. Order is kept."""
    users = np.asarray(users, dtype=np.int64)
    place = np.full(data.n_users, -1)
    place[users] = np.arange(len(users))
    some = data.take(place[data.user] >= 0)
    ids = IdMap([data.users[int(u)] for u in users])
    return Interactions(place[some.user], some.item, some.rating, some.timestamp, ids, data.items, data.item_table)
