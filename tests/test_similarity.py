"""Similarities against slow twins that loop over pairs and users, and against NumPy on full matrices."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from recsys_lib import similarity
from recsys_lib.similarity import adjusted_cosine, common_raters, cosine, dot, jaccard, pearson, shrink

MEASURES = [dot, cosine, jaccard, adjusted_cosine, pearson, common_raters]
RATED = [adjusted_cosine, pearson, common_raters]


def csr(table):
    """csr of a dense table in which NaN is "not rated"; zeros stay stored."""
    row, col = np.nonzero(~np.isnan(table))
    return sparse.csr_array((table[row, col], (row, col)), shape=table.shape)


# The slow twins: one pair of columns x, y with NaN = not rated, and the whole table for the users' means.


def slow_dot(x, y, table):
    return np.nansum(x * y)


def slow_cosine(x, y, table):
    scale = np.sqrt(np.nansum(x * x) * np.nansum(y * y))
    return np.nansum(x * y) / scale if scale > 0 else 0


def slow_jaccard(x, y, table):
    either = np.sum(~np.isnan(x) | ~np.isnan(y))
    return np.sum(~np.isnan(x) & ~np.isnan(y)) / either if either else 0


def slow_adjusted_cosine(x, y, table):
    both = np.flatnonzero(~np.isnan(x) & ~np.isnan(y))
    a = np.array([x[u] - np.nanmean(table[u]) for u in both])
    b = np.array([y[u] - np.nanmean(table[u]) for u in both])
    a[np.abs(a) < 1e-9], b[np.abs(b) < 1e-9] = 0, 0
    scale = np.sqrt(a @ a) * np.sqrt(b @ b)
    return a @ b / scale if scale > 0 else 0


def slow_pearson(x, y, table):
    both = ~np.isnan(x) & ~np.isnan(y)
    if both.sum() < 2 or np.ptp(x[both]) == 0 or np.ptp(y[both]) == 0:
        return 0
    return np.corrcoef(x[both], y[both])[0, 1]


def slow_common_raters(x, y, table):
    return np.sum(~np.isnan(x) & ~np.isnan(y))


def slow(measure, table):
    pair = globals()[f"slow_{measure.__name__}"]
    return np.array([[pair(x, y, table) for y in table.T] for x in table.T])


half_stars = st.one_of(st.just(np.nan), st.integers(0, 10).map(lambda r: r / 2))
tables = hnp.arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 5)), elements=half_stars)


@settings(max_examples=60, deadline=None)
@given(table=tables, dtype=st.sampled_from([np.float32, np.float64]))
@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.__name__)
def test_similarity_equals_its_slow_twin(measure, table, dtype):
    result = measure(csr(table.astype(dtype)))
    assert result.dtype == (np.int32 if measure is common_raters else dtype)
    tolerance = 1e-6 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(result, slow(measure, table), atol=tolerance, rtol=tolerance)
    if np.isnan(table).any():  # the same as a dense table
        np.testing.assert_array_equal(measure(table.astype(dtype)), result)
    if measure not in (dot, common_raters):
        assert (np.abs(result) <= 1).all()


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.float64, (7, 4), elements=st.floats(-100, 100, width=16)))
def test_pearson_of_a_full_matrix_is_numpys_corrcoef(table):
    table = table + np.arange(28).reshape(7, 4) ** 1.5
    table[table == 0] = 1
    np.testing.assert_allclose(pearson(table), np.corrcoef(table.T), atol=1e-9)


def test_cosine_of_a_full_matrix():
    table = np.random.default_rng(0).normal(size=(20, 5))
    unit = table / np.linalg.norm(table, axis=0)
    np.testing.assert_allclose(cosine(table), unit.T @ unit, atol=1e-15)


@pytest.mark.parametrize("scale", [0.1, 1 / 3, 1e-3, 1e6])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_two_common_raters_correlate_exactly(scale, dtype):
    """±1, or 0 where one of the two ratings pairs did not vary, on scales that binary fractions do not hit."""
    rng = np.random.default_rng(0)
    table = np.where(rng.random((40, 60)) < 0.2, rng.integers(1, 11, (40, 60)), np.nan)
    matrix = csr((table * scale + 7 * scale).astype(dtype))
    r, n = pearson(matrix), common_raters(matrix)
    assert set(np.unique(r[n == 2]).tolist()) == {-1.0, 0.0, 1.0}
    assert (r[n < 2] == 0).all()
    np.testing.assert_allclose(r, pearson(csr(table)), atol=1e-5 if dtype == np.float32 else 1e-9)


def test_one_common_rater_gives_adjusted_cosine_of_plus_or_minus_1():
    rng = np.random.default_rng(0)
    table = np.where(rng.random((30, 50)) < 0.2, rng.integers(1, 11, (30, 50)) / 10, np.nan)
    table[:5] = np.where(np.isnan(table[:5]), np.nan, 0.3)  # users without an opinion: 0/0, not ±1
    s, n = adjusted_cosine(csr(table)), common_raters(csr(table))
    assert set(np.unique(s[n == 1]).tolist()) == {-1.0, 0.0, 1.0}
    assert (s[n == 0] == 0).all()


def test_pearson_is_pandas_correlation_of_what_both_rated():
    rng = np.random.default_rng(0)
    table = np.where(rng.random((40, 12)) < 0.4, rng.integers(1, 6, (40, 12)), np.nan)
    wanted = pd.DataFrame(table).corr(min_periods=2).fillna(0).to_numpy()
    np.testing.assert_allclose(pearson(table), wanted, atol=1e-12)


def test_far_off_scales_lose_no_digits_in_pearson():
    table = np.array([[1e6, 1e6 + 2], [1e6 + 1, 1e6 + 1], [1e6 + 2, 1e6], [1e6 + 4, 1e6 + 3.0]])
    np.testing.assert_allclose(pearson(table), np.corrcoef(table.T), atol=1e-12)


def test_five_similarities_by_hand():
    """Three users on paper: what each measure sees of the same two films."""
    nan = np.nan
    table = np.array([[5, 4, nan], [1, 2, nan], [3, nan, 0]])
    assert dot(table)[0, 1] == 5 * 4 + 1 * 2
    assert cosine(table)[0, 1] == pytest.approx(22 / (35**0.5 * 20**0.5))
    assert jaccard(table)[0, 1] == 2 / 3
    assert pearson(table)[0, 1] == 1
    assert adjusted_cosine(table)[0, 1] == -1, "each of the two users puts one film above the mean, the other below"
    assert common_raters(table)[0].tolist() == [3, 2, 1]
    assert jaccard(table)[0, 2] == 1 / 3, "a rating of 0 is a rating"


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.__name__)
def test_columns_are_rows_of_the_whole(measure, monkeypatch):
    rng = np.random.default_rng(0)
    matrix = csr(np.where(rng.random((30, 40)) < 0.3, rng.integers(1, 11, (30, 40)) / 2, np.nan))
    whole = measure(matrix)
    for columns in (slice(5, 11), [7, 3, 3, -1], np.array([2, 39], np.int32), np.arange(40) % 3 == 0, 4, []):
        expected = whole[np.arange(40)[columns].reshape(-1)]
        np.testing.assert_array_equal(measure(matrix, columns=columns), expected)
    monkeypatch.setattr(similarity, "BLOCK_CELLS", 40 * 7)
    np.testing.assert_array_equal(measure(matrix), whole)
    np.testing.assert_allclose(whole, whole.T, atol=1e-15)
    with pytest.raises(ValueError, match="40 items"):
        measure(matrix, columns=[40])


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.__name__)
def test_similarity_leaves_its_input_and_reads_any_layout(measure):
    rng = np.random.default_rng(0)
    table = np.where(rng.random((6, 8)) < 0.5, rng.integers(1, 11, (6, 8)) / 2, np.nan)
    matrix = csr(table)
    kept = matrix.copy()
    whole = measure(matrix)
    np.testing.assert_array_equal(matrix.data, kept.data)
    np.testing.assert_array_equal(matrix.indices, kept.indices)
    for other in (sparse.csc_array(matrix), sparse.coo_array(matrix), sparse.csr_matrix(matrix)):
        np.testing.assert_array_equal(measure(other), whole)
    assert measure(sparse.csr_array((3, 4))).shape == (4, 4)
    assert measure(sparse.csr_array((3, 0))).shape == (0, 0)
    integers = csr(np.array([[1.0, 2], [2, 1]])).astype(int)
    assert measure(integers).dtype == (np.int32 if measure is common_raters else np.float64)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.__name__)
def test_similarity_refuses(measure):
    with pytest.raises(ValueError, match="n_users, n_items"):
        measure(np.ones(3))
    with pytest.raises(ValueError, match="finite"):
        measure(np.array([[1.0, np.inf]]))
    with pytest.raises(ValueError, match="finite"):
        measure(sparse.csr_array(np.array([[1.0, np.nan]])))


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.__name__)
def test_one_row_and_what_holds_no_numbers_are_told(measure):
    for row in (sparse.csr_array(np.eye(3))[0], np.ones(3)):
        with pytest.raises(
            ValueError, match=r"expected matrix as \(n_users, n_items\), got shape \(3,\): take one row as"
        ):
            measure(row)
    with pytest.raises(ValueError, match=r"got shape \(1, 2, 2\)$"):
        measure(np.ones((1, 2, 2)))
    for wrong in ([[1, None], [2, 3]], pd.DataFrame({"a": [1, pd.NA]}), [["1", None]]):
        with pytest.raises(
            TypeError, match="expected matrix as numbers, received dtype object; use np.nan where nothing"
        ):
            measure(wrong)
    for wrong in (np.array([["1", "2"]]), np.ones((2, 2), complex), sparse.csr_array(np.ones((2, 2), complex))):
        with pytest.raises(TypeError, match="expected matrix as numbers, received dtype "):
            measure(wrong)
    assert measure(sparse.csr_array(np.eye(3))[[0]]).shape == measure(np.ones((2, 3), bool)).shape == (3, 3)


@pytest.mark.parametrize("measure", RATED, ids=lambda measure: measure.__name__)
def test_a_dense_0_that_may_be_a_rating_or_none_is_refused(measure):
    with pytest.raises(ValueError, match="what 0 means"):
        measure(np.array([[1.0, 0], [2, 3]]))


def test_shrink_by_hand():
    s, n = np.array([[1.0, -1.0, 0.5, 1.0]], np.float32), np.array([[1, 3, 20, 0]], np.int32)
    np.testing.assert_allclose(shrink(s, n, 20), [[1 / 21, -3 / 23, 0.25, 0]], rtol=1e-6)
    assert shrink(s, n, 20).dtype == np.float32
    np.testing.assert_array_equal(shrink(s, n, 0), [[1, -1, 0.5, 0]])
    assert shrink(1.0, 5, 5) == 0.5
    assert shrink(np.array([2, 3], np.int16), np.array([5, 5]), 5).dtype == np.float64
    assert shrink(np.ones(2, np.float16), np.array([5, 5]), 5).dtype == np.float16
    for other in (n[0], n.T, 5, [[1, 3]]):  # NumPy would spread them over s
        with pytest.raises(ValueError, match=r"n for each similarity s, received shapes \(1, 4\) and \("):
            shrink(s, other, 20)
    with pytest.raises(ValueError, match=r"received shapes \(2, 3\) and \(3,\)"):
        shrink(np.ones((2, 3)), np.ones(3), 20)
    for beta in (-1, np.inf, np.nan):
        with pytest.raises(ValueError, match="expected beta as a finite number ≥ 0"):
            shrink(s, n, beta)
    for wrong in ((np.nan, 5), (0.5, np.nan), (0.5, -1), ([0.5, 0.5], [3, -3])):
        with pytest.raises(ValueError, match="received NaN or a negative n"):
            shrink(*wrong, 20)
