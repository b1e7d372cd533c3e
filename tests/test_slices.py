"""Slices of time: equal to a plain loop over people; nothing of the target is in the history or before its end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_lib.data import IdMap, Interactions
from recsys_lib.data.slices import time_slices


def events(user, seconds, rated=True):
    """One new item a row."""
    n = len(user)
    ids = IdMap([f"u{i}" for i in range(max(user, default=0) + 1)]), IdMap([f"i{i}" for i in range(max(n, 1))])
    seconds = None if seconds is None else np.array(seconds, np.int64)
    rating = np.full(n, 4.0) if rated else None
    return Interactions(np.array(user, np.int64), np.arange(n), rating, seconds, *ids)


def by_loop(data, n, width):
    """[(set of rows of the history, set of rows of the target)], a person and a slice at a time."""
    found = [(set(), set()) for _ in range(n)]
    for u in range(data.n_users):
        mine = sorted(np.flatnonzero(data.user == u), key=lambda r: data.timestamp[r])
        h = max(1, int(np.round(width * len(mine))))
        for place, j in enumerate(range(n, 0, -1)):
            start = len(mine) - j * h
            if start <= 0:
                continue

            def until(count, mine=mine):
                return {r for r in mine if data.timestamp[r] <= data.timestamp[mine[count - 1]]}

            history = until(start)
            found[place][0].update(history)
            found[place][1].update(until(start + h) - history)
    return found


def rows_of(part):
    return set(part.item.tolist())  # each row has its own item


people = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), min_size=4, max_size=40)


@given(people, st.integers(1, 5), st.sampled_from([0.0, 0.1, 0.125, 0.25, 0.4]))
def test_equals_a_loop(rows, n, width):
    data = events(*zip(*rows))
    wanted = by_loop(data, n, width)
    if not any(target for _, target in wanted):
        with pytest.raises(ValueError, match="expected a person with a rating after the first"):
            time_slices(data, n=n, width=width)
        return
    found = time_slices(data, n=n, width=width)
    assert [(rows_of(one.history), rows_of(one.target)) for one in found] == wanted


@given(people, st.integers(1, 4))
def test_history_ends_before_its_target(rows, n):
    data = events(*zip(*rows))
    if not any(target for _, target in by_loop(data, n, 0.2)):
        return
    for history, target in time_slices(data, n=n, width=0.2):
        assert not rows_of(history) & rows_of(target)
        assert history.users is data.users and target.items is data.items
        for u in np.unique(target.user):
            assert history.timestamp[history.user == u].max() < target.timestamp[target.user == u].min()


def test_the_last_slice_ends_with_the_data_and_each_goes_on_where_the_one_before_ended():
    data = events([0] * 10, range(10))
    slices = time_slices(data, n=3, width=0.2)
    assert [sorted(rows_of(one.target)) for one in slices] == [[4, 5], [6, 7], [8, 9]]
    assert [len(one.history) for one in slices] == [4, 6, 8]
    assert [sorted(rows_of(one.target)) for one in time_slices(data, n=2, width=0)] == [[8], [9]]


def test_one_second_is_never_cut():
    slices = time_slices(events([0] * 6, [0, 1, 2, 2, 2, 3]), n=3, width=0)
    assert [sorted(rows_of(one.target)) for one in slices] == [[], [], [5]]
    assert [len(one.history) for one in slices] == [5, 5, 5]


def test_without_timestamps_an_order_is_drawn():
    data = events([0] * 8 + [1] * 8, None)
    with pytest.raises(ValueError, match="received data without timestamps and no rng"):
        time_slices(data)
    one, same, other = ([rows_of(s.target) for s in time_slices(data, n=2, width=0.25, rng=seed)] for seed in (0, 0, 1))
    assert one == same and one != other
    assert [len(target) for target in one] == [4, 4] and not one[0] & one[1]
    timed = events([0] * 8, range(8))
    assert [rows_of(s.target) for s in time_slices(timed, n=2, rng=0)] == [
        rows_of(s.target) for s in time_slices(timed, n=2, rng=5)
    ]


def test_ratings_go_along():
    data = events([0] * 4, range(4), rated=False)
    assert all(part.rating is None for one in time_slices(data, n=1) for part in one)
    assert time_slices(events([0] * 4, range(4)), n=1)[0].target.rating.tolist() == [4.0]


@pytest.mark.parametrize(
    ("how", "said"),
    [({"n": 0}, "n"), ({"n": 1.5}, "n"), ({"width": 1}, "width in"), ({"width": -0.1}, "width in")],
)
def test_bad_settings(how, said):
    with pytest.raises(ValueError, match=said):
        time_slices(events([0] * 4, range(4)), **how)


def test_bad_data():
    with pytest.raises(TypeError, match="expected Interactions"):
        time_slices([1, 2])
    with pytest.raises(ValueError, match="histories of one rating each"):
        time_slices(events([0, 1, 2], [1, 2, 3]))
