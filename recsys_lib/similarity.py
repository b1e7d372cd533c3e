"""How alike two items are: similarities between the columns of a users × items matrix.

All take a csr matrix (stored entry = rated, also if it is 0) or a dense array, in which NaN is "not rated". Each
returns `(len(columns), n_items)`, one row for each item of `columns` (a slice, indices or a mask; all items if left
out), in the floating dtype of the input. Sums run in float64, over blocks of columns whose scratch memory
is about 30 MB; the result itself is dense: 9,066 × 9,066 items in float32 are 0.33 GB, so take `columns` in blocks
where that is too much. The pair of an item with itself is computed like any other.
"""

import numpy as np
from scipy import sparse

from recsys_lib._checks import check_2d, setting
from recsys_lib.data.interactions import with_data

BLOCK_CELLS = 2**18  # pairs computed together: small enough to stay near the processor


def dot(matrix, *, columns=None):
    """Dot product: on a 0/1 matrix, the number of users who like both.

        dot(i, j) = Σ_u x_ui · x_uj

    matrix: (n_users, n_items), csr or dense. Returns (len(columns), n_items). Rewards items with many or large entries.
    Raises ValueError for a matrix that is not two-dimensional or not finite, or columns it does not have, TypeError for
    entries that are no numbers.
    Chapter: Similarity."""
    x, result, columns = _prepare(matrix, columns)
    rows = sparse.csr_array(x.T)
    for out, at in _blocks(result, columns):
        out[:] = _product(rows[at], x)
    return result


def cosine(matrix, *, columns=None):
    """Cosine of the angle between two columns; what is not rated counts as 0.

        cos(i, j) = Σ_u x_ui · x_uj / (‖x_i‖ · ‖x_j‖),   0 where a norm is 0

    matrix: (n_users, n_items), csr or dense. Returns (len(columns), n_items) in [-1, 1].
    Raises ValueError for a matrix that is not two-dimensional or not finite, or columns it does not have, TypeError for
    entries that are no numbers.
    Source: Sarwar et al. 2001. Chapter: Similarity."""
    x, result, columns = _prepare(matrix, columns)
    rows, squares = sparse.csr_array(x.T), x.power(2).sum(axis=0)
    for out, at in _blocks(result, columns):
        out[:] = _ratio(_product(rows[at], x), squares[at][:, None], squares)
    return result


def jaccard(matrix, *, columns=None):
    """Users of both items, as a share of the users of either.

        J(i, j) = |U_i ∩ U_j| / |U_i ∪ U_j|,   0 where nobody has either

    matrix: (n_users, n_items), csr or dense; only whether an entry is stored counts (in a dense matrix without NaN:
    whether it is not 0). Returns (len(columns), n_items) in [0, 1].
    Raises ValueError for a matrix that is not two-dimensional or not finite, or columns it does not have, TypeError for
    entries that are no numbers.
    Chapter: Similarity."""
    x, result, columns = _prepare(matrix, columns)
    x = with_data(x, np.ones_like(x.data))
    rows, users = sparse.csr_array(x.T), x.sum(axis=0)
    for out, at in _blocks(result, columns):
        both = _product(rows[at], x)
        either = users[at][:, None] + users - both
        out[:] = np.divide(both, either, out=both, where=either > 0)
    return result


def adjusted_cosine(matrix, *, columns=None):
    """Cosine of ratings centred on each user's mean, with norms over the common raters.

        adj(i, j) = Σ_{u ∈ U_ij} d_ui d_uj / sqrt( Σ_{u ∈ U_ij} d_ui² · Σ_{u ∈ U_ij} d_uj² ),   d_ui = r_ui − r̄_u

    r̄_u is the mean of all ratings of u, U_ij the users who rated both. 0 only where it would be 0/0, so that a single
    common rater gives +1 or -1.
    matrix: ratings (n_users, n_items), csr (stored entry = rated) or dense with NaN = not rated.
    Returns (len(columns), n_items) in [-1, 1]. Raises ValueError for a matrix that is not two-dimensional or not
    finite, a dense one with zeros and no NaN (rated 0, or not rated?), or columns it does not have, TypeError for
    entries that are no numbers.
    Source: Sarwar et al. 2001. Chapter: Similarity."""
    x, result, columns = _prepare(matrix, columns, rated=True)
    counts = np.diff(x.indptr)
    mean = x.sum(axis=1) / np.maximum(counts, 1)
    deviation = x.data - np.repeat(mean, counts)
    deviation[np.abs(deviation) <= 1e-12 * np.abs(x.data).max(initial=0)] = 0  # rounding of the mean is no opinion
    d, rated = with_data(x, deviation), with_data(x, np.ones_like(x.data))
    squares = d.power(2)
    d_rows, rated_rows, squares_rows = (sparse.csr_array(each.T) for each in (d, rated, squares))
    for out, at in _blocks(result, columns):
        mine, other = _product(squares_rows[at], rated), _product(rated_rows[at], squares)
        out[:] = _ratio(_product(d_rows[at], d), mine, other)
    return result


def pearson(matrix, *, columns=None):
    """Correlation of the ratings of the users who rated both items.

        ρ(i, j) = Σ (r_ui − m_i)(r_uj − m_j) / sqrt( Σ (r_ui − m_i)² · Σ (r_uj − m_j)² ),   each Σ over u ∈ U_ij

    U_ij are the users who rated both, m_i and m_j the means over them. 0 where it would be 0/0 or fewer than two rated
    both; two common raters give exactly +1, -1 or 0.
    matrix: ratings (n_users, n_items), csr (stored entry = rated) or dense with NaN = not rated.
    Returns (len(columns), n_items) in [-1, 1]. Raises ValueError for a matrix that is not two-dimensional or not
    finite, a dense one with zeros and no NaN (rated 0, or not rated?), or columns it does not have, TypeError for
    entries that are no numbers.
    This is `numpy.corrcoef` over the common raters, `pandas.DataFrame.corr(min_periods=2)` with 0 for NaN, and
    Surprise's `pearson`, which says 1 for each item with itself. Differs from: LensKit's item-kNN, which centres on the
    item's mean over all its raters and takes the norms over all of them.
    Source: Sarwar et al. 2001. Chapter: Similarity."""
    x, result, columns = _prepare(matrix, columns, rated=True)
    # A shift changes no correlation. By the median, half stars stay exact and far-off scales lose no digits.
    r = with_data(x, x.data - (np.median(x.data) if x.nnz else 0))
    rated, squares = with_data(x, np.ones_like(x.data)), r.power(2)
    r_rows, rated_rows, squares_rows = (sparse.csr_array(each.T) for each in (r, rated, squares))
    for out, at in _blocks(result, columns):
        n = _product(rated_rows[at], rated)
        mine, other = _product(r_rows[at], rated), _product(rated_rows[at], r)
        my_squares, other_squares = _product(squares_rows[at], rated), _product(rated_rows[at], squares)
        covariance = n * _product(r_rows[at], r) - mine * other
        out[:] = _ratio(covariance, _variance(n, my_squares, mine), _variance(n, other_squares, other))
    return result


def common_raters(matrix, *, columns=None):
    """Number of users who rated both items.

        n(i, j) = |U_ij|

    matrix: ratings (n_users, n_items), csr (stored entry = rated) or dense with NaN = not rated.
    Returns int32 (len(columns), n_items). Raises ValueError and TypeError as `pearson` does.
    Chapter: Similarity."""
    x, result, columns = _prepare(matrix, columns, rated=True, dtype=np.int32)
    rated = with_data(x, np.ones_like(x.data))
    rows = sparse.csr_array(rated.T)
    for out, at in _blocks(result, columns):
        out[:] = _product(rows[at], rated)
    return result


def shrink(s, n, beta):
    """A similarity drawn towards 0 where few users speak for it.

        shrink(s, n, β) = s · n / (n + β)

    s: similarities.   n: common raters, same shape.   beta: the number of raters at which half of s is left, ≥ 0.
    Returns the shape and floating dtype of s, float64 for whole numbers; 0 where n = 0. Raises ValueError for a
    negative or infinite beta, a negative n, NaN, or shapes that differ.
    Source: Koren 2008. Chapter: Similarity."""
    setting("beta", beta, 0)
    s, n = np.asarray(s), np.asarray(n)
    if s.shape != n.shape:
        raise ValueError(
            f"expected a number of raters n for each similarity s, received shapes {s.shape} and {n.shape}"
        )
    s = s if np.issubdtype(s.dtype, np.floating) else s.astype(np.float64)
    if np.isnan(s).any() or not (n >= 0).all():
        raise ValueError("expected similarities s and numbers of raters n ≥ 0, received NaN or a negative n")
    trust = np.divide(n, n + beta, out=np.zeros(n.shape, np.result_type(s, np.float32)), where=n > 0)
    return (s * trust).astype(s.dtype)


def _prepare(matrix, columns, *, rated=False, dtype=None):
    """The matrix as float64 csr whose stored entries are the ratings; the empty result; the columns as indices."""
    if hasattr(matrix, "likes"):
        raise TypeError("expected a matrix of numbers, received Interactions: give their matrix() or likes()")
    if not sparse.issparse(matrix):
        matrix = np.asarray(matrix)
    if check_2d("matrix", matrix).dtype.kind not in "iufb":
        advice = "; use np.nan where nothing was rated" if matrix.dtype.kind == "O" else ""
        raise TypeError(f"expected matrix as numbers, received dtype {matrix.dtype}{advice}")
    x = sparse.csr_array(matrix, copy=True) if sparse.issparse(matrix) else _from_dense(matrix, rated)
    x.sum_duplicates()
    if not np.isfinite(x.data).all():
        raise ValueError("matrix must be finite, received NaN or infinity as an entry")
    n_items = x.shape[1]
    try:
        columns = np.arange(n_items)[slice(None) if columns is None else columns].reshape(-1)
    except IndexError as error:
        raise ValueError(f"columns must lie within the {n_items} items: {error}") from None
    if dtype is None:
        dtype = x.dtype if np.issubdtype(x.dtype, np.floating) else np.float64
    return x.astype(np.float64), np.empty((len(columns), n_items), dtype), columns


def _from_dense(matrix, rated):
    """csr of a dense matrix: without its NaN or, where there is none, without its zeros unless they are ratings."""
    unknown = np.isnan(matrix)
    if rated and not unknown.any() and (matrix == 0).any():
        raise ValueError(
            "a dense matrix of ratings must say what 0 means: use NaN where nothing was rated, "
            "or pass scipy.sparse.csr_array(matrix) if 0 is no rating; received zeros and no NaN"
        )
    row, col = np.nonzero(~unknown if unknown.any() or rated else matrix)
    return sparse.csr_array((matrix[row, col], (row, col)), shape=matrix.shape)


def _blocks(result, columns):
    """Some rows of the result, to be written into, and the columns that they belong to; until all have come."""
    step = max(1, BLOCK_CELLS // max(result.shape[1], 1))
    for start in range(0, len(columns), step):
        yield result[start : start + step], columns[start : start + step]


def _product(rows, x):
    """The product of two csr as a dense array."""
    return (rows @ x).toarray()


def _variance(n, squares, total):
    """n² times the variance; what is left by rounding alone is 0."""
    variance = n * squares - total * total
    variance[variance <= 1e-12 * n * squares] = 0
    return variance


def _ratio(numerator, square, other_square):
    """numerator / sqrt(square · other_square), 0 where that is 0/0, and exactly ±1 where rounding alone hides it."""
    scale = np.sqrt(square) * np.sqrt(other_square)
    result = np.divide(numerator, scale, out=np.zeros_like(scale), where=scale > 0)
    one = np.abs(result) > 1 - 1e-12
    result[one] = np.sign(result[one])
    return result
