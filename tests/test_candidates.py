"""Lists of candidates: equal to sets and loops, each pair once, by row and item."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array

from recsys_lib.candidates import Candidates, relevant_matrix, union
from recsys_lib.data import IdMap, Interactions

N_ITEMS = 7
lists = st.integers(1, 5).flatmap(
    lambda n: st.lists(
        st.integers(1, 4).flatmap(lambda k: arrays(np.int32, (n, k), elements=st.integers(-1, N_ITEMS - 1))),
        min_size=1,
        max_size=3,
    )
)


def as_sets(found):
    sets = [set() for _ in range(found.shape[0])]
    for row, item in zip(found.row, found.item):
        sets[row].add(int(item))
    return sets


@given(lists)
def test_union_equals_sets(several):
    found = union(several, N_ITEMS)
    wanted = [{int(i) for one in several for i in one[row] if i >= 0} for row in range(len(several[0]))]
    assert as_sets(found) == wanted
    assert len(found.row) == sum(map(len, wanted))  # each pair once
    assert found.lengths.tolist() == list(map(len, wanted))
    assert (np.diff(found.row * N_ITEMS + found.item) > 0).all()
    assert found.shape == (len(wanted), N_ITEMS)


@given(lists, st.integers(0, 2**32 - 1))
def test_scores_hits_ranks_and_back(several, seed):
    found, rng = union(several, N_ITEMS), np.random.default_rng(seed)
    scores = rng.integers(0, 3, size=found.shape).astype(np.float32)  # with ties
    relevant = rng.random(found.shape) < 0.4
    row, item = np.nonzero(relevant)
    stored = csr_array((np.zeros(len(row)), (row, item)), shape=relevant.shape)  # what is stored counts, not its value
    values = found.of(scores)
    assert values.tolist() == [scores[row, item] for row, item in zip(found.row, found.item)]
    assert found.hits(stored).tolist() == [bool(relevant[row, item]) for row, item in zip(found.row, found.item)]
    ranks = found.ranks(values)
    for row in range(found.shape[0]):
        inside = np.flatnonzero(found.row == row)
        order = sorted(inside, key=lambda n: (-values[n], found.item[n]))
        assert [int(ranks[n]) for n in order] == list(range(1, len(order) + 1))
    spread = found.spread(values, -9)
    for row in range(found.shape[0]):
        for item in range(N_ITEMS):
            wanted = scores[row, item] if item in as_sets(found)[row] else -9
            assert spread[row, item] == wanted


def test_a_stored_zero_is_relevant():
    stored = csr_array((np.array([0.0]), (np.array([0]), np.array([2]))), shape=(1, N_ITEMS))
    assert union([np.array([[2, 3]])], N_ITEMS).hits(stored).tolist() == [True, False]


def test_nobody_and_nothing():
    found = union([np.zeros((0, 3), int)], N_ITEMS)
    assert found.shape == (0, N_ITEMS) and found.lengths.tolist() == []
    empty = union([np.full((2, 3), -1)], N_ITEMS)
    assert empty.lengths.tolist() == [0, 0] and len(empty.ranks(np.zeros(0))) == 0


@pytest.mark.parametrize(
    ("several", "said"),
    [
        ([], "lists"),
        ([np.zeros(3, int)], "lists"),
        ([np.zeros((2, 1), int), np.zeros((3, 1), int)], "same people"),
        ([np.array([[N_ITEMS]])], "items from 0 to 6"),
        ([np.array([[-2]])], "items from 0 to 6"),
    ],
)
def test_bad_lists(several, said):
    with pytest.raises(ValueError, match=said):
        union(several, N_ITEMS)


def test_bad_relevant():
    found = union([np.array([[2, 3]])], N_ITEMS)
    with pytest.raises(ValueError, match="expected relevant of shape"):
        found.hits(csr_array((2, N_ITEMS)))
    with pytest.raises(TypeError):
        found.hits(np.zeros((1, N_ITEMS)))


def target(rating):
    ids = IdMap(range(3)), IdMap(range(N_ITEMS))
    return Interactions(np.array([0, 0, 2]), np.array([1, 4, 5]), rating, None, *ids)


@pytest.mark.parametrize(
    ("rating", "liked_from", "wanted"),
    [
        (np.array([3.0, 4.0, 5.0]), 4.0, [[5], [4]]),
        (np.array([3.0, 4.0, 5.0]), None, [[5], [1, 4]]),
        (None, None, [[5], [1, 4]]),
    ],
)
def test_what_is_relevant(rating, liked_from, wanted):
    found = relevant_matrix(target(rating), np.array([2, 0]), liked_from)
    assert [found[[row]].indices.tolist() for row in range(2)] == wanted


def test_unlisted_people_have_no_rank_of_others():
    found = Candidates(np.array([1, 1]), np.array([0, 3]), (3, N_ITEMS))
    assert found.lengths.tolist() == [0, 2, 0]
    assert found.ranks(np.array([0.5, 0.7])).tolist() == [2, 1]
