"""top_k against a stable sort of whole rows."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from recsys_lib import retrieval
from recsys_lib.retrieval import top_k


def by_sorting(scores, k, exclude=None):
    """The slow twin: a stable sort of each row without what is excluded."""
    lists = np.full((len(scores), k), -1)
    for user, row in enumerate(scores):
        left = np.arange(len(row))
        if exclude is not None:
            left = np.setdiff1d(left, exclude.indices[exclude.indptr[user] : exclude.indptr[user + 1]])
        best = left[np.argsort(-row[left], kind="stable")][:k]
        lists[user, : len(best)] = best
    return lists


def stored(mask, value=1.0):
    row, col = np.nonzero(mask)
    return sparse.csr_array((np.full(len(row), value), (row, col)), shape=mask.shape)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_top_k_equals_a_stable_sort_with_many_ties(data):
    shape = data.draw(st.tuples(st.integers(1, 5), st.integers(1, 60)))
    values = st.sampled_from([-np.inf, -1.0, 0.0, 1.0, 2.0, np.inf])
    scores = data.draw(hnp.arrays(data.draw(st.sampled_from([np.float32, np.float64])), shape, elements=values))
    exclude = stored(data.draw(hnp.arrays(bool, shape)))
    k = data.draw(st.integers(1, 70))
    np.testing.assert_array_equal(top_k(scores, k), by_sorting(scores, k))
    np.testing.assert_array_equal(top_k(scores, k, exclude=exclude), by_sorting(scores, k, exclude))


def test_top_k_by_hand():
    scores = np.array([[1.0, 3.0, 3.0, 2.0], [-np.inf, 0.0, -np.inf, np.inf]])
    exclude = stored(np.array([[0, 1, 0, 0], [0, 0, 0, 1]], bool), value=0.0)
    lists = top_k(scores, 3, exclude=exclude)
    assert lists.dtype == np.int32
    assert lists.tolist() == [[2, 3, 0], [1, 0, 2]], "excluded though stored as 0; -inf comes last"
    assert top_k(scores, 6)[0].tolist() == [1, 2, 3, 0, -1, -1]
    assert top_k(np.array([[True, False, True]]), 2).tolist() == [[0, 2]]
    assert top_k(np.empty((0, 4)), 2).shape == (0, 2)
    assert top_k(np.empty((2, 0)), 2).tolist() == [[-1, -1]] * 2


def test_nothing_recommended_is_excluded():
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 9, size=(200, 300)).astype(np.float32)
    exclude = rng.random(scores.shape) < rng.random((200, 1))  # from nothing to almost everything
    exclude[0] = True
    lists = top_k(scores, 20, exclude=stored(exclude))
    assert not exclude[np.arange(200)[:, None], lists][lists >= 0].any()
    np.testing.assert_array_equal((lists >= 0).sum(axis=1), np.minimum(20, (~exclude).sum(axis=1)))


def test_top_k_does_not_depend_on_the_block_and_leaves_its_input(monkeypatch):
    rng = np.random.default_rng(1)
    scores, exclude = rng.integers(0, 30, size=(57, 40)).astype(float), stored(rng.random((57, 40)) < 0.2)
    before, whole = scores.copy(), top_k(scores, 7, exclude=exclude)
    monkeypatch.setattr(retrieval, "BLOCK_CELLS", 100)
    np.testing.assert_array_equal(top_k(scores, 7, exclude=exclude), whole)
    np.testing.assert_array_equal(scores, before)
    np.testing.assert_array_equal(top_k(scores[:, ::-1], 7), by_sorting(scores[:, ::-1], 7))


def test_excluding_rows_may_have_unsorted_columns_and_repeat_them():
    exclude = sparse.csr_array(([1.0, 1, 1], [2, 0, 2], [0, 3]), shape=(1, 4))
    assert top_k(np.ones((1, 4)), 4, exclude=exclude).tolist() == [[1, 3, -1, -1]]


@pytest.mark.parametrize(
    ("scores", "k", "exclude", "error", "message"),
    [
        (np.array([[1.0, 2.0], [1.0, np.nan]]), 1, None, ValueError, "NaN in row 1"),
        (np.ones(3), 1, None, ValueError, "n_users, n_items"),
        (np.ones((2, 3)), 0, None, ValueError, "whole number ≥ 1"),
        (np.ones((2, 3)), 1.5, None, ValueError, "whole number ≥ 1"),
        (np.ones((2, 3)), True, None, ValueError, "whole number ≥ 1"),
        (np.ones((2, 3)), 1, sparse.csr_array((2, 4)), ValueError, r"\(2, 3\).*\(2, 4\)"),
        (np.ones((2, 3)), 1, np.zeros((2, 3)), TypeError, "expected exclude as a scipy sparse array"),
        (
            np.ones((1, 3)),
            1,
            sparse.csr_array((1, 3))[0],
            ValueError,
            r"exclude .* \(3,\): take one row as matrix\[\[0\]\]",
        ),
        (
            sparse.csr_array((2, 3)),
            1,
            None,
            TypeError,
            r"scores as a dense array, .*csr_array: pass scores.toarray\(\)",
        ),
        (sparse.csr_array((2, 3))[0], 1, None, TypeError, "pass scores.toarray"),
    ],
)
def test_top_k_refuses(scores, k, exclude, error, message):
    with pytest.raises(error, match=message):
        top_k(scores, k, exclude=exclude)


def test_only_few_scores_are_sorted_however_they_tie(monkeypatch):
    """Sorting is what takes long: about 16 + 1 candidates a place, of 3,706 items, and few more where scores tie."""
    rng = np.random.default_rng(2)
    n_users, n_items, k = 60, 3706, 10
    exclude = stored(rng.random((n_users, n_items)) < 0.045)
    random = rng.random((n_users, n_items), dtype=np.float32)
    stars = rng.integers(1, 11, size=random.shape).astype(np.float32)
    sorts, lexsort = [], np.lexsort
    monkeypatch.setattr(np, "lexsort", lambda keys: sorts.append(len(keys[0])) or lexsort(keys))
    for scores, most in ((random, 2 * k), (stars, 20 * k), (np.zeros_like(random), 20 * k)):
        sorts.clear()
        lists = top_k(scores, k, exclude=exclude)
        assert k * n_users <= sum(sorts) <= most * n_users
        np.testing.assert_array_equal(lists, by_sorting(scores, k, exclude))


def test_scratch_memory_does_not_grow_with_the_users():
    scores = np.random.default_rng(0).random((4000, 1000), dtype=np.float32)  # 16 MB
    for tried in (scores, np.zeros_like(scores)):
        tracemalloc.start()
        top_k(tried, 10)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 15e6
