"""Train, validation and test: five ways to cut, and the proof that a cut is clean; and a cut by items."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from recsys_lib._checks import choice, generator, indices, require, setting

from .interactions import Interactions

SHARES = (0.7, 0.1, 0.2)
PARTS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Split:
    """Three disjoint parts over the same IdMaps, checked when it is built.

    history: only for left-out users (`split_users`), what they rated before their part.   kind: the cut, one of
    "user_time", "global_time", "random", "leave_last_out", "users"; those in time must be ordered in time, with no
    second on both sides. Ratings and timestamps are in all parts or in none.   Raises ValueError where any of this does
    not hold. Chapter: Evaluation."""

    train: Interactions
    validation: Interactions
    test: Interactions
    history: Interactions | None = None
    kind: str = field(kw_only=True)

    def __post_init__(self):
        choice("kind", self.kind, KINDS)
        if (self.history is not None) != (self.kind == "users"):
            raise ValueError(f"expected a history for kind 'users' and only there, got kind {self.kind!r}")
        parts = self._parts()
        for name, part in parts.items():
            if require(part, Interactions).users != self.train.users or part.items != self.train.items:
                raise ValueError(f"expected the same IdMaps in all parts, got others in {name}")
        for name in ("rating", "timestamp"):
            if len({getattr(part, name) is None for part in parts.values()}) > 1:
                raise ValueError(f"expected a {name} in all parts or in none, got parts with and without")
        pairs = np.concatenate([part.pairs() for part in parts.values()])
        if len(np.unique(pairs)) < len(pairs):
            raise ValueError(f"expected disjoint parts, got {len(pairs) - len(np.unique(pairs))} pairs in two of them")
        KINDS[self.kind](self)

    def _parts(self):
        parts = {name: getattr(self, name) for name in (*PARTS, "history")}
        return {name: part for name, part in parts.items() if part is not None}

    def before(self, part):
        """What a model may be fitted on for "validation" (train) or "test" (train and validation).

        With left-out users, the validation users' histories belong to the test's. Raises ValueError for other parts."""
        choice("part", part, ("validation", "test"))
        if part == "validation":
            return self.train
        known = [self.train, self.validation]
        if self.history is not None:
            known.append(self.history.take(np.isin(self.history.user, self.validation.user)))
        return join(known)

    def seen(self, part):
        """All that the users of a part had rated before it: what is excluded from their lists. Raises as `before`."""
        known = self.before(part) if self.history is None else self.history
        return known.take(np.isin(known.user, getattr(self, part).user))

    def report(self):
        """One row a part: its size, what in it was never seen before it (cold), and the users who lie whole in it."""
        parts = self._parts()
        user = np.concatenate([part.user for part in parts.values()])
        n_ratings = np.bincount(user, minlength=self.train.n_users)
        rows = []
        for name, part in parts.items():
            known = self.before(name) if name in ("validation", "test") else part
            met = known.user if self.history is None or name == "train" else np.append(known.user, self.history.user)
            users, counts = np.unique(part.user, return_counts=True)
            cold_item = ~np.isin(part.item, known.item)
            rows.append({
                "part": name,
                "ratings": len(part),
                "users": len(users),
                "items": len(np.unique(part.item)),
                "cold_users": int((~np.isin(users, met)).sum()),
                "cold_items": len(np.unique(part.item[cold_item])),
                "ratings_of_cold_items": int(cold_item.sum()),
                "users_kept_whole": int((counts == n_ratings[users]).sum()),
            })  # fmt: skip
        return pd.DataFrame(rows).set_index("part")


def join(parts):
    """One Interactions of several over the same IdMaps, rows one after the other."""
    columns = {}
    for name in ("user", "item", "rating", "timestamp"):
        values = [getattr(part, name) for part in parts]
        columns[name] = None if any(v is None for v in values) else np.concatenate(values)
    return replace(parts[0], **columns)


def _check_order(earlier, later, *, what):
    """No user has a rating in `later` at or before the second of one of its own in `earlier`."""
    last = np.full(earlier.n_users, np.iinfo(np.int64).min)
    np.maximum.at(last, earlier.user, earlier.require_timestamp())
    early = later.require_timestamp() <= last[later.user]
    if early.any():
        user = later.users[int(later.user[np.argmax(early)])]
        raise ValueError(f"expected {what}, got {int(early.sum())} ratings not after it, the first of user {user!r}")


def _check_user_time(split):
    _check_order(split.train, split.validation, what="each user's validation after its train")
    _check_order(join([split.train, split.validation]), split.test, what="each user's test after what comes before")


def _check_global_time(split):
    last = None
    for name in PARTS:
        time = getattr(split, name).require_timestamp()
        if len(time):
            if last is not None and time.min() <= last:
                raise ValueError(f"expected every second of {name} after all before it, got {time.min()} ≤ {last}")
            last = time.max()


def _check_users(split):
    for a, b in (("train", "validation"), ("train", "test"), ("train", "history"), ("validation", "test")):
        both = np.intersect1d(getattr(split, a).user, getattr(split, b).user)
        if len(both):
            raise ValueError(f"expected no user in both {a} and {b}, got {split.train.users[both[0]]!r}")
    _check_order(split.history, split.validation, what="each user's validation after its history")
    _check_order(split.history, split.test, what="each user's test after its history")


KINDS = {
    "random": lambda split: None,
    "user_time": _check_user_time,
    "leave_last_out": _check_user_time,
    "global_time": _check_global_time,
    "users": _check_users,
}


def _finish(data, rows, *, kind):
    """The Split of the rows of each part; proves that every row is in exactly one of them."""
    used = np.sort(np.concatenate(list(rows.values())))
    if not np.array_equal(used, np.arange(len(data))):
        raise ValueError(f"expected every one of {len(data)} rows in one part, got {len(used)}")
    for name in PARTS:
        if len(rows[name]) == 0:
            raise ValueError(f"expected ratings in every part, got none in {name} ({len(data)} ratings, cut {kind})")
    return Split(**{name: data.take(np.sort(part)) for name, part in rows.items()}, kind=kind)


def _check_shares(shares):
    try:
        array = np.asarray(shares, dtype=float)
    except (TypeError, ValueError):  # a text, a dict
        array = np.empty(0)
    if array.shape != (3,) or not (array > 0).all() or abs(array.sum() - 1) > 1e-9:
        expected = "expected three positive shares that sum to 1, of train, validation and test"
        raise ValueError(f"{expected}, such as (0.7, 0.1, 0.2), got {shares!r}")
    return array


def _ceil(x):
    """Smallest integer not below x, with 0.7 · 10 = 7.000000000000001 taken as 7."""
    return np.ceil(np.asarray(x) - 1e-9).astype(np.int64)


def places(data, *, by_user):
    """Rows in time order (of each user, if by_user), the place of each row's second in its group, the group's size.

    data: Interactions with timestamps. Three int arrays (n,), the last two in the order of the first. The place of a
    second is that of its first row: comparing it with a cut sends the whole second to one side."""
    time = require(data, Interactions).require_timestamp()
    group = data.user if by_user else np.zeros(len(data), np.int32)
    order = np.lexsort((time, group))
    group, time = group[order], time[order]
    new_group = np.append(True, group[1:] != group[:-1])[: len(order)]
    new_second = new_group | np.append(True, time[1:] != time[:-1])[: len(order)]
    place = np.arange(len(order))
    start = np.maximum.accumulate(np.where(new_group, place, 0))
    first_of_second = np.maximum.accumulate(np.where(new_second, place, 0)) - start
    return order, first_of_second, np.bincount(group)[group]


def _cut_in_time(data, shares, *, by_user, kind):
    shares = _check_shares(shares)
    order, first, size = places(data, by_user=by_user)
    in_train = first < _ceil(shares[0] * size)
    in_test = first >= _ceil((shares[0] + shares[1]) * size)
    rows = {"train": order[in_train], "validation": order[~in_train & ~in_test], "test": order[in_test]}
    return _finish(data, rows, kind=kind)


def split_by_user_time(data, *, shares=SHARES):
    """Each user's ratings in time order, cut at ⌈.7 n⌉ and ⌈.8 n⌉; a cut inside a second moves to its end.

    Raises ValueError without timestamps, for shares that do not sum to 1, or where a part would be empty.
    It lets other users' future into the training: see `split_by_global_time`. Chapter: Evaluation."""
    return _cut_in_time(data, shares, by_user=True, kind="user_time")


def split_by_global_time(data, *, shares=SHARES):
    """All ratings in time order, cut at two moments: the past of everybody against the future of everybody.

    A cut inside a second moves to its end. Raises as `split_by_user_time` does. Chapter: Leakage."""
    return _cut_in_time(data, shares, by_user=False, kind="global_time")


def split_random(data, *, shares=SHARES, rng):
    """Ratings dealt to the parts at random, whatever their time.

    A test rating has, on average, half of the training ratings after it. Shown to measure that leak, not to be
    used. rng: int or Generator. Raises ValueError for shares that do not sum to 1, or where a part would be empty.
    Chapter: Leakage."""
    shares = _check_shares(shares)
    order = generator(rng).permutation(len(require(data, Interactions)))
    train, validation, test = np.split(order, _ceil(np.cumsum(shares)[:2] * len(data)))
    return _finish(data, {"train": train, "validation": validation, "test": test}, kind="random")


def split_leave_last_out(data):
    """Each user's last rating is test, the last but one validation, the rest train.

    A user with fewer than three ratings, or with several in the last or last but one second, has no last rating: it
    stays whole in train and is counted by `report()`. Raises ValueError without timestamps, or where a part would be
    empty. Chapter: Leakage."""
    order, first, size = places(data, by_user=True)
    last = first == size - 1
    last_but_one = first == size - 2
    clean = np.zeros(data.n_users, bool)
    clean[np.intersect1d(data.user[order[last]], data.user[order[last_but_one]])] = True
    clean &= np.bincount(data.user, minlength=data.n_users) >= 3
    clean = clean[data.user[order]]
    rows = {"train": ~clean | ~(last | last_but_one), "validation": clean & last_but_one, "test": clean & last}
    return _finish(data, {name: order[mask] for name, mask in rows.items()}, kind="leave_last_out")


def split_users(data, *, share=0.1, rng):
    """Leaves users out whole: one group of ⌈share · n⌉ users is for validation, another for test.

    Of each left-out user the first 80 % in time are history (the cut as in `split_by_user_time`), the rest is the part;
    all others are train. rng: int or Generator. Raises ValueError without timestamps, for a share outside (0, 0.5), or
    where a part would be empty. Chapter: Strangers."""
    setting("share", share, 0, 0.5, above=True)
    present = np.unique(require(data, Interactions).user)
    n = int(_ceil(share * len(present)))
    chosen = generator(rng).permutation(present)
    group = np.zeros(data.n_users, np.int8)
    group[chosen[:n]], group[chosen[n : 2 * n]] = 1, 2
    order, first, size = places(data, by_user=True)
    group, is_past = group[data.user[order]], first < _ceil(0.8 * size)
    masks = {"train": group == 0, "history": (group > 0) & is_past}
    masks |= {"validation": (group == 1) & ~is_past, "test": (group == 2) & ~is_past}
    return _finish(data, {name: order[mask] for name, mask in masks.items()}, kind="users")


class ColdItems(NamedTuple):
    """A cut by items: ratings of those held out, and of the others.

    warm: the ratings of the others.   cold: those of the items held out.   items: these, int, sorted.
    Both parts are over the same IdMaps."""

    warm: Interactions
    cold: Interactions
    items: np.ndarray


def cold_items(data, *, n_items, rng, among=None):
    """Items held out whole, drawn evenly: nobody's rating of them is trained on, whenever it was given.

    data: Interactions.   n_items: how many are drawn.   among: indices of the items to draw from; None for all.
    rng: int or Generator.
    Returns ColdItems(warm, cold, items). Raises ValueError for fewer than 1 or all items, or items that are not there.
    Chapter: A language model reads the catalogue."""
    size = require(data, Interactions).n_items
    among = np.arange(size) if among is None else indices("among", among, size)
    if len(np.unique(among)) < len(among):
        raise ValueError("expected each item once in among, received repeats")
    setting("n_items", n_items, 1, len(among), whole=True)
    items = np.sort(generator(rng).choice(among, n_items, replace=False))
    cold = np.isin(data.item, items)
    return ColdItems(data.take(~cold), data.take(cold), items)
