"""Splits: disjoint, complete, ordered in time, no second on two sides; and the counts of the book's protocol."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from recsys_lib.data import (
    IdMap,
    Interactions,
    Split,
    split_by_global_time,
    split_by_user_time,
    split_leave_last_out,
    split_random,
    split_users,
)

PARTS = ("train", "validation", "test")


def make(user, time=None, rating=None):
    """Each row an item of its own."""
    n = len(user)
    return Interactions(user, range(n), rating, time, IdMap(range(max(user) + 1)), IdMap(range(n)))


@st.composite
def timed(draw):
    n = draw(st.integers(12, 60))
    user = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    return make(user, draw(st.lists(st.integers(0, draw(st.sampled_from([8, 10_000]))), min_size=n, max_size=n)))


def cut(split, data, **settings):
    try:
        return split(data, **settings)
    except ValueError as error:
        assume("expected ratings in every part" not in str(error))
        raise


def is_complete(split, data):
    parts = [part for part in (split.train, split.validation, split.test, split.history) if part is not None]
    pairs = np.concatenate([part.pairs() for part in parts])
    return sorted(pairs.tolist()) == sorted(data.pairs().tolist())


# --- the counts of the protocol


def test_user_time_gives_the_known_counts(user_time_split, movielens):
    split = user_time_split
    assert [len(split.train), len(split.validation), len(split.test)] == [70_613, 9_924, 19_467]
    relevant = split.test.rating >= 4
    assert len(np.unique(split.test.user)) == 666
    assert len(np.unique(split.test.user[relevant])) == 647 and relevant.sum() == 9_108
    cold = ~np.isin(split.test.item[relevant], split.before("test").item)
    assert round(cold.mean(), 3) == 0.057
    assert is_complete(split, movielens)


def test_global_time_gives_the_known_counts(movielens):
    split = split_by_global_time(movielens)
    users = np.unique(split.test.user)
    assert len(users) == 147 and np.isin(users, split.before("test").user).sum() == 23
    assert split.report().loc["test", "cold_users"] == 124


def test_report(user_time_split, movielens):
    report = user_time_split.report()
    assert report.index.tolist() == list(PARTS) and report["ratings"].sum() == len(movielens)
    assert report.loc["train", ["cold_users", "cold_items"]].tolist() == [0, 0]
    assert report.loc["test", "users"] == 666 and report.loc["test", "cold_users"] == 0
    assert report.loc["train", "users_kept_whole"] == 2
    test, before = user_time_split.test, user_time_split.before("test")
    assert report.loc["test", "ratings_of_cold_items"] == (~np.isin(test.item, before.item)).sum()


# --- the rules


def test_the_cut_moves_to_the_end_of_a_second():
    # ⌈.7 · 10⌉ = 7 and ⌈.8 · 10⌉ = 8: the cut at 7 lies inside the second 6
    split = split_by_user_time(make([0] * 10 + [1] * 10, [0, 1, 2, 3, 4, 5, 6, 6, 8, 9, *range(10)]))
    first_user = [getattr(split, part).timestamp[getattr(split, part).user == 0].tolist() for part in PARTS]
    assert first_user == [[0, 1, 2, 3, 4, 5, 6, 6], [], [8, 9]]
    second_user = [getattr(split, part).timestamp[getattr(split, part).user == 1].tolist() for part in PARTS]
    assert second_user == [[0, 1, 2, 3, 4, 5, 6], [7], [8, 9]]


def test_a_user_of_one_second_stays_in_train():
    split = split_by_user_time(make([0] * 10 + [1] * 10, [5] * 10 + list(range(10))))
    assert (split.train.user == 0).sum() == 10 and split.report().loc["train", "users_kept_whole"] == 1


@settings(max_examples=200)
@given(timed(), st.sampled_from([(0.7, 0.1, 0.2), (0.5, 0.25, 0.25), (0.2, 0.4, 0.4)]))
def test_user_time_against_a_loop(data, shares):
    split = cut(split_by_user_time, data, shares=shares)
    assert is_complete(split, data)
    for user in range(data.n_users):
        times = sorted(data.timestamp[data.user == user].tolist())
        ends = []
        for share in (shares[0], shares[0] + shares[1]):
            end = int(np.ceil(round(share * len(times), 9)))
            while 0 < end < len(times) and times[end] == times[end - 1]:
                end += 1
            ends.append(end)
        wanted = [times[: ends[0]], times[ends[0] : ends[1]], times[ends[1] :]]
        got = [sorted(getattr(split, part).timestamp[getattr(split, part).user == user].tolist()) for part in PARTS]
        assert got == wanted


@settings(max_examples=200)
@given(timed())
def test_global_time_is_ordered_and_cuts_no_second(data):
    split = cut(split_by_global_time, data)
    assert is_complete(split, data)
    assert split.train.timestamp.max() < split.validation.timestamp.min()
    assert split.validation.timestamp.max() < split.test.timestamp.min()
    assert len(split.train) >= 0.7 * len(data)


@settings(max_examples=200)
@given(timed())
def test_leave_last_out_against_a_loop(data):
    split = cut(split_leave_last_out, data)
    assert is_complete(split, data)
    kept = 0
    for user in range(data.n_users):
        times = sorted(data.timestamp[data.user == user].tolist())
        tail = times[-3:]
        clean = len(times) >= 3 and len(set(tail)) == 3
        kept += bool(times) and not clean
        for part, wanted in (("validation", tail[-2:-1]), ("test", tail[-1:])):
            got = getattr(split, part).timestamp[getattr(split, part).user == user].tolist()
            assert got == (wanted if clean else [])
    assert split.report().loc["train", "users_kept_whole"] == kept


def test_leave_last_out_keeps_whole_whom_a_second_hides():
    user = [0] * 4 + [1] * 4 + [2] * 2 + [3] * 4
    time = [1, 2, 3, 3] + [1, 2, 2, 3] + [1, 2] + [1, 1, 2, 3]
    split = split_leave_last_out(make(user, time))
    assert split.test.user.tolist() == [3] and split.validation.timestamp.tolist() == [2]
    assert split.report().loc["train", "users_kept_whole"] == 3


@settings(max_examples=200)
@given(timed(), st.integers(0, 9))
def test_users_are_left_out_whole(data, seed):
    split = cut(split_users, data, share=0.2, rng=seed)
    assert is_complete(split, data)
    assert not set(split.train.user) & (set(split.validation.user) | set(split.test.user) | set(split.history.user))
    assert not set(split.validation.user) & set(split.test.user)
    for part in (split.validation, split.test):
        for user in set(part.user):
            past = split.history.timestamp[split.history.user == user]
            assert past.max() < part.timestamp[part.user == user].min()


def test_split_users_on_real_data(movielens):
    split = split_users(movielens, rng=0)
    left_out = np.unique(split.history.user)
    assert len(left_out) == 2 * 68 and len(np.unique(split.train.user)) == 671 - 136
    report = split.report()
    assert report.index.tolist() == [*PARTS, "history"] and report.loc["test", "cold_users"] == 0
    histories = split.history.take(np.isin(split.history.user, split.validation.user))
    assert len(split.before("test")) == len(split.train) + len(split.validation) + len(histories)
    assert not np.isin(split.before("test").user, split.test.user).any()
    assert split.before("validation") is split.train
    for part in ("validation", "test"):
        users = getattr(split, part).user
        wanted = split.history.take(np.isin(split.history.user, users))
        assert sorted(split.seen(part).pairs()) == sorted(wanted.pairs())


def test_before_and_seen(user_time_split):
    split = user_time_split
    assert split.before("validation") is split.train
    assert len(split.before("test")) == len(split.train) + len(split.validation)
    seen = split.seen("validation")
    assert set(seen.user) == set(split.validation.user)
    assert len(seen) == np.isin(split.train.user, split.validation.user).sum()
    with pytest.raises(ValueError, match="part to be one of 'validation', 'test', received 'train'"):
        split.before("train")


def test_random_is_dealt_by_shares_and_seed(movielens):
    a, b, c = (split_random(movielens, rng=seed) for seed in (0, 0, 1))
    assert [len(getattr(a, part)) for part in PARTS] == [70_003, 10_001, 20_000]
    assert is_complete(a, movielens)
    assert a.test.pairs().tobytes() == b.test.pairs().tobytes() != c.test.pairs().tobytes()
    d = split_random(movielens, rng=np.random.default_rng(0))
    assert a.test.pairs().tobytes() == d.test.pairs().tobytes()
    e, f, g = (split_users(movielens, rng=seed) for seed in (0, 0, 1))
    assert e.test.pairs().tobytes() == f.test.pairs().tobytes() != g.test.pairs().tobytes()


def test_rows_keep_their_order(movielens):
    split = split_by_user_time(movielens)
    rows = {pair: i for i, pair in enumerate(movielens.pairs().tolist())}
    places = [rows[pair] for pair in split.train.pairs().tolist()]
    assert places == sorted(places)


# --- what a Split refuses


def test_construction_proves_the_split():
    data = make([0] * 6, [1, 2, 3, 3, 4, 5])
    a, b, c, d, e, f = (data.take([i]) for i in range(6))
    other = make([0] * 7, range(7)).take([6])
    Split(a, b, c, kind="user_time")
    with pytest.raises(TypeError, match="expected Interactions, received DataFrame"):
        Split(*[data.table()] * 3, kind="random")
    with pytest.raises(TypeError, match="kind"):
        Split(a, b, c)  # no cut named, no order checked
    with pytest.raises(ValueError, match="disjoint parts, got 1 pairs"):
        Split(a, b, b, kind="random")
    with pytest.raises(ValueError, match="same IdMaps in all parts, got others in test"):
        Split(a, b, other, kind="random")
    for name, values in (("rating", np.ones(1)), ("timestamp", None)):
        with pytest.raises(ValueError, match=f"a {name} in all parts or in none"):
            Split(a, b, replace(c, **{name: values}), kind="random")
    with pytest.raises(ValueError, match="each user's test after what comes before, got 1 ratings not after it"):
        Split(a, c, b, kind="user_time")
    with pytest.raises(ValueError, match="each user's test after"):
        Split(a, c, d, kind="user_time")  # one second on two sides
    with pytest.raises(ValueError, match="every second of test after all before it, got 3 ≤ 3"):
        Split(a, c, d, kind="global_time")
    with pytest.raises(ValueError, match="expected kind to be one of"):
        Split(a, b, c, kind="time")
    with pytest.raises(ValueError, match="history for kind 'users' and only there"):
        Split(a, b, c, history=d, kind="random")
    with pytest.raises(ValueError, match="no user in both train and validation, got 0"):
        Split(a, b, c, history=d, kind="users")


@pytest.mark.parametrize("shares", [(0.8, 0.2), (0.8, 0.2, 0), (0.5, 0.3, 0.3), (1.2, -0.4, 0.2), "7/1/2", {"test": 1}])
def test_shares_that_do_not_fit(shares):
    data = make([0] * 20, range(20))
    for split in (split_by_user_time, split_by_global_time, lambda d, shares: split_random(d, shares=shares, rng=0)):
        with pytest.raises(ValueError, match="three positive shares that sum to 1"):
            split(data, shares=shares)


def test_data_that_cannot_be_cut():
    untimed = make([0] * 20)
    for split in (split_by_user_time, split_by_global_time, split_leave_last_out, lambda d: split_users(d, rng=0)):
        with pytest.raises(ValueError, match="expected timestamps, got timestamp=None"):
            split(untimed)
    with pytest.raises(ValueError, match=r"in every part, got none in validation \(5 ratings"):
        split_by_user_time(make([0] * 5, range(5)))
    with pytest.raises(ValueError, match="share as a finite number > 0 and < 0.5, received 0.5"):
        split_users(make([0] * 5, range(5)), share=0.5, rng=0)
    timed = make([0] * 20, range(20))
    for split in (lambda d, rng: split_random(d, rng=rng), lambda d, rng: split_users(d, rng=rng)):
        with pytest.raises(TypeError, match="rng as an int or a Generator, received None"):
            split(timed, None)
        with pytest.raises(TypeError, match="expected Interactions, received DataFrame"):
            split(timed.table(), 0)
    for split in (split_by_user_time, split_by_global_time, split_leave_last_out):
        with pytest.raises(TypeError, match="received DataFrame; make them of a table with Interactions.from_table"):
            split(timed.table())


def test_ratings_and_tables_travel_along(movielens, user_time_split):
    assert user_time_split.test.item_table is movielens.item_table
    assert user_time_split.before("test").rating.dtype == np.float32
    table = pd.concat([getattr(user_time_split, part).table() for part in PARTS])
    whole = movielens.table()
    keys = ["user_id", "item_id"]
    pd.testing.assert_frame_equal(
        table.sort_values(keys).reset_index(drop=True), whole.sort_values(keys).reset_index(drop=True)
    )
