"""Negatives that are none of the user's positives, drawn as promised."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from recsys_lib.data import ranking_batches, rating_batches, sample_negatives
from recsys_lib.data.batches import leave_out_full_users


def positives(seed=0, shape=(20, 30), density=0.4):
    return csr_array((np.random.default_rng(seed).random(shape) < density) * 1.0)


def test_no_negative_is_a_positive_and_weights_of_zero_are_never_drawn(movielens):
    likes = movielens.likes()
    dense = likes.toarray() > 0
    counts = dense.sum(axis=0)
    users = np.arange(movielens.n_users)
    for popularity in (None, counts):
        drawn = sample_negatives(likes, users, 50, rng=0, popularity=popularity)
        assert drawn.shape == (671, 50) and drawn.dtype == np.int32
        assert not dense[users[:, None], drawn].any()
    assert counts[drawn].min() > 0


def test_a_stored_zero_is_a_positive():
    matrix = csr_array((np.zeros(2, np.float32), ([0, 0], [0, 1])), shape=(1, 3))
    for replace in (True, False):
        assert sample_negatives(matrix, [0], 1, rng=0, replace=replace).tolist() == [[2]]


@settings(max_examples=200)
@given(st.integers(0, 1000), st.booleans(), st.booleans())
def test_any_user_with_a_negative_gets_it(seed, weighted, replace):
    rng = np.random.default_rng(seed)
    liked = rng.random((5, 40)) < 0.9
    weights = rng.integers(0, 3, 40) if weighted else np.ones(40)
    free = ((weights > 0) & ~liked).sum(axis=1)
    users = np.flatnonzero(free > 0)
    popularity = weights if weighted else None
    if len(users):
        n = 4 if replace else int(free[users].min())
        drawn = sample_negatives(csr_array(liked * 1.0), users, n, rng=seed, popularity=popularity, replace=replace)
        assert not liked[users[:, None], drawn].any() and weights[drawn].min() > 0
        assert replace or all(len(set(row)) == n for row in drawn.tolist())


@pytest.mark.parametrize("replace", [True, False])
@pytest.mark.parametrize("weights", [None, [1.0, 2, 3, 4, 0, 6]])
def test_the_distribution_is_the_one_promised(weights, replace):
    matrix = csr_array(np.array([[1.0, 0, 0, 0, 0, 0]]))
    drawn = sample_negatives(matrix, np.zeros(60_000, int), 1, rng=1, popularity=weights, replace=replace)
    wanted = np.ones(6) if weights is None else np.array(weights)
    wanted = np.append(0, wanted[1:]) / wanted[1:].sum()
    assert np.abs(np.bincount(drawn[:, 0], minlength=6) / 60_000 - wanted).max() < 0.01


@pytest.mark.parametrize("weights", [None, [9.0, 1, 2, 3]])
def test_without_replacement_one_is_drawn_after_the_other(weights):
    """P({i, j}) = w_i w_j / W · (1 / (W − w_i) + 1 / (W − w_j)) over the three items left, in either order."""
    matrix = csr_array(np.array([[1.0, 0, 0, 0]]))
    drawn = sample_negatives(matrix, np.zeros(60_000, int), 2, rng=1, popularity=weights, replace=False)
    w = np.append(0, np.ones(3) if weights is None else weights[1:])
    for i, j in ((1, 2), (1, 3), (2, 3)):
        wanted = w[i] * w[j] / w.sum() * (1 / (w.sum() - w[i]) + 1 / (w.sum() - w[j]))
        assert (np.sort(drawn, axis=1) == [i, j]).all(axis=1).mean() == pytest.approx(wanted, abs=0.01)


def test_same_seed_same_bytes():
    a, b, c = (sample_negatives(positives(), range(20), 5, rng=seed) for seed in (3, np.random.default_rng(3), 4))
    assert a.tobytes() == b.tobytes() != c.tobytes()


def test_what_cannot_be_drawn():
    full = csr_array(np.ones((2, 3)))
    half = csr_array(np.array([[1.0, 0, 0], [1, 1, 0]]))
    with pytest.raises(ValueError, match="1 or more negatives for user 1, got 0"):
        sample_negatives(full, [1], 2, rng=0)
    with pytest.raises(ValueError, match="1 or more negatives for user 1, got 0"):
        sample_negatives(half, [0, 1], 1, rng=0, popularity=[1, 1, 0])
    with pytest.raises(ValueError, match="2 or more negatives for user 1, got 1"):
        sample_negatives(half, [0, 1], 2, rng=0, replace=False)
    for bad in (
        {"n": 0},
        {"n": 1.5},
        {"n": "1"},
        {"popularity": [1, -1, 1]},
        {"popularity": [1, 1]},
        {"users": [[0]]},
        {"users": [0.5]},
    ):
        arguments = {"users": [0], "n": 1} | bad
        named = "n as a whole number ≥ 1" if "n" in bad else next(iter(bad))
        with pytest.raises(ValueError, match=f"expected {named}"):
            sample_negatives(half, rng=0, **arguments)
    with pytest.raises(ValueError, match="users as whole numbers in 0..1, got 0..2"):
        sample_negatives(half, [0, 2], 1, rng=0)
    with pytest.raises(ValueError, match="users as whole numbers in 0..1, got dtype float64"):
        sample_negatives(half, [0.0], 1, rng=0)
    with pytest.raises(TypeError, match="rng as an int or a Generator, received None"):
        sample_negatives(half, [0], 1, rng=None)
    assert sample_negatives(full, [], 2, rng=0).shape == (0, 2)


def test_one_row_and_a_dense_matrix_say_what_was_expected():
    likes = positives()
    for draw in (lambda m: sample_negatives(m, [0], 1, rng=0), lambda m: ranking_batches(m, n_negatives=1, rng=0)):
        with pytest.raises(ValueError, match=r"got shape \(30,\): take one row as matrix\[\[0\]\]"):
            draw(likes[0])
        with pytest.raises(TypeError, match="as a scipy sparse array .*, received ndarray"):
            draw(likes.toarray())
        draw(likes[[0]])


def test_ranking_batches():
    likes = positives()
    user, items = ranking_batches(likes, n_negatives=3, rng=0)
    assert user.shape == (likes.nnz,) and items.shape == (likes.nnz, 4)
    assert user.dtype == items.dtype == np.int32
    dense = likes.toarray() > 0
    assert dense[user, items[:, 0]].all() and not dense[user[:, None], items[:, 1:]].any()
    assert len(set(zip(user.tolist(), items[:, 0].tolist(), strict=True))) == likes.nnz


def twice(dense):
    """A csr that stores each entry of the matrix twice."""
    row, col = np.nonzero(dense)
    starts = np.append(0, 2 * np.cumsum(np.count_nonzero(dense, axis=1)))
    return csr_array((np.ones(2 * len(row)), np.repeat(col, 2), starts), shape=dense.shape)


@pytest.mark.parametrize("replace", [True, False])
def test_an_entry_that_is_stored_twice_is_one_positive(replace):
    dense = np.array([[1, 1, 0, 0], [1, 1, 1, 0]])
    matrix = twice(dense)
    assert matrix.nnz == 10
    drawn = sample_negatives(matrix, [0, 1], 1, rng=0, replace=replace)
    assert drawn[0, 0] in (2, 3) and drawn[1, 0] == 3
    assert sample_negatives(matrix, [0], 2, rng=0, replace=False).tolist() in ([[2, 3]], [[3, 2]])
    assert matrix.nnz == 10  # the caller's matrix is as it was
    plain = csr_array(dense * 1.0)
    for a, b in zip(*(ranking_batches(m, n_negatives=2, rng=0) for m in (matrix, plain)), strict=True):
        np.testing.assert_array_equal(a, b)


def test_who_likes_everything_is_left_out_and_counted():
    likes = csr_array(np.array([[1.0, 0, 1], [1, 1, 1], [0, 0, 0], [0, 1, 0]]))
    with pytest.warns(UserWarning, match=r"1 user\(s\) like every item .* 3 likes"):
        user, items = ranking_batches(likes, n_negatives=4, rng=0)
    assert user.tolist() == [0, 0, 3] and items[:, 0].tolist() == [0, 2, 1]
    assert (items[:2, 1:] == 1).all() and not (items[2, 1:] == 1).any()
    with pytest.warns(UserWarning, match=r"2 user\(s\)"):  # of what has a weight, user 0 likes all too
        assert ranking_batches(likes, n_negatives=4, rng=0, popularity=[1, 0, 1])[0].tolist() == [3]
    with pytest.raises(ValueError, match="expected a user with a negative to draw, received 2 who"):
        ranking_batches(csr_array(np.ones((2, 3))), n_negatives=1, rng=0)
    np.testing.assert_array_equal(leave_out_full_users(positives()).toarray(), positives().toarray())
    assert ranking_batches(csr_array((2, 3)), n_negatives=1, rng=0)[1].shape == (0, 2)
    with pytest.raises(ValueError, match="popularity"):
        leave_out_full_users(likes, popularity=[1, 2])


def test_rating_batches(movielens):
    user, items, rating = rating_batches(movielens)
    assert user.shape == (100_004,) and items.shape == rating.shape == (100_004, 1)
    assert rating.dtype == np.float32 and (items[:, 0] == movielens.item).all()
    assert user.flags.writeable and rating.flags.writeable
    with pytest.raises(ValueError, match="expected ratings"):
        rating_batches(movielens.binarize())
    with pytest.raises(TypeError, match="expected Interactions, received DataFrame; make them of a table"):
        rating_batches(movielens.table())
