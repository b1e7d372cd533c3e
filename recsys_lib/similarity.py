"""How alike two items are: similarities between the columns of a users × items matrix.

All take a csr matrix (stored entry = rated, also if it is 0) or a dense array, in which NaN is "not rated". Each
returns `(len(columns), n_items)`, one row for each item of `columns` (a slice, indices or a mask; all items if left
out), in the floating dtype of the input. Sums run in float64, over blocks of columns whose scratch memory
is about 30 MB; the result itself is dense: 9,066 × 9,066 items in float32 are 0.33 GB, so take `columns` in blocks
where that is too much. The pair of an item with itself is computed like any other.
"""

import numpy as np
from scipy import sparse

BLOCK_CELLS = 2**18  # pairs computed together: small enough to stay near the processor


def dot(matrix, *, columns=None):
    """Dot product: on a 0/1 matrix, the number of users who like both.

        dot(i, j) = Σ_u x_ui · x_uj

    matrix: (n_users, n_items), csr or dense. Returns (len(columns), n_items). Rewards items with many or large entries.
    Raises ValueError for a matrix that is not two-dimensional or not finite, or columns it does not have.
    Chapter: Similarity."""
    x, dtype = _stored(matrix)
    return _by_blocks(x.shape[1], columns, dtype, _products(x, x))


def cosine(matrix, *, columns=None):
    """Cosine of the angle between two columns; what is not rated counts as 0.

        cos(i, j) = Σ_u x_ui · x_uj / (‖x_i‖ · ‖x_j‖),   0 where a norm is 0

    matrix: (n_users, n_items), csr or dense. Returns (len(columns), n_items) in [-1, 1].
    Raises ValueError for a matrix that is not two-dimensional or not finite, or columns it does not have.
    Source: Sarwar et al. 2001. Chapter: Similarity."""
    x, dtype = _stored(matrix)
    squares, products = _map(x, np.square).sum(axis=0), _products(x, x)
    return _by_blocks(x.shape[1], columns, dtype, lambda at: _ratio(products(at), squares[at][:, None], squares))


def jaccard(matrix, *, columns=None):
    """Users of both items, as a share of the users of either.

        J(i, j) = |U_i ∩ U_j| / |U_i ∪ U_j|,   0 where nobody has either

    matrix: (n_users, n_items), csr or dense; only whether an entry is stored counts (in a dense matrix without NaN:
    whether it is not 0). Returns (len(columns), n_items) in [0, 1].
    Raises ValueError for a matrix that is not two-dimensional or not finite, or columns it does not have.
    Chapter: Similarity."""
    x, dtype = _stored(matrix)
    stored, users = _map(x, np.ones_like), np.bincount(x.indices, minlength=x.shape[1])
    common = _products(stored, stored)

    def block(at):
        both = common(at)
        either = users[at][:, None] + users - both
        return np.divide(both, either, out=both, where=either > 0)

    return _by_blocks(x.shape[1], columns, dtype, block)


def adjusted_cosine(matrix, *, columns=None):
    """Cosine of ratings centred on each user's mean, with norms over the common raters.

        adj(i, j) = Σ_{u ∈ U_ij} d_ui d_uj / sqrt( Σ_{u ∈ U_ij} d_ui² · Σ_{u ∈ U_ij} d_uj² ),   d_ui = r_ui − r̄_u

    r̄_u is the mean of all ratings of u, U_ij the users who rated both. 0 only where it would be 0/0, so that a single
    common rater gives +1 or -1.
    matrix: ratings (n_users, n_items), csr (stored entry = rated) or dense with NaN = not rated.
    Returns (len(columns), n_items) in [-1, 1]. Raises ValueError for a matrix that is not two-dimensional or not
    finite, a dense one with zeros and no NaN (rated 0, or not rated?), or columns it does not have.
    Source: Sarwar et al. 2001. Chapter: Similarity."""
    x, dtype = _stored(matrix, rated=True)
    counts = np.diff(x.indptr)
    mean = x.sum(axis=1) / np.maximum(counts, 1)
    deviation = x.data - np.repeat(mean, counts)
    deviation[np.abs(deviation) <= 1e-12 * np.abs(x.data).max(initial=0)] = 0  # rounding of the mean is no opinion
    d, rated = _map(x, lambda _: deviation), _map(x, np.ones_like)
    squares = _map(d, np.square)
    products, mine, other = _products(d, d), _products(squares, rated), _products(rated, squares)
    return _by_blocks(x.shape[1], columns, dtype, lambda at: _ratio(products(at), mine(at), other(at)))


def pearson(matrix, *, columns=None):
    """Correlation of the ratings of the users who rated both items.

        ρ(i, j) = Σ (r_ui − m_i)(r_uj − m_j) / sqrt( Σ (r_ui − m_i)² · Σ (r_uj − m_j)² ),   each Σ over u ∈ U_ij

    U_ij are the users who rated both, m_i and m_j the means over them. 0 where it would be 0/0 or fewer than two rated
    both; two common raters give exactly +1, -1 or 0.
    matrix: ratings (n_users, n_items), csr (stored entry = rated) or dense with NaN = not rated.
    Returns (len(columns), n_items) in [-1, 1]. Raises ValueError for a matrix that is not two-dimensional or not
    finite, a dense one with zeros and no NaN (rated 0, or not rated?), or columns it does not have.
    This is `numpy.corrcoef` over the common raters, `pandas.DataFrame.corr(min_periods=2)` with 0 for NaN, and
    Surprise's `pearson`, which says 1 for each item with itself. Differs from: LensKit's item-kNN, which centres on the
    item's mean over all its raters and takes the norms over all of them.
    Source: Sarwar et al. 2001. Chapter: Similarity."""
    x, dtype = _stored(matrix, rated=True)
    # A shift changes no correlation. By the median, half stars stay exact and far-off scales lose no digits.
    r = _map(x, lambda data: data - (np.median(data) if len(data) else 0))
    squares, rated = _map(r, np.square), _map(r, np.ones_like)
    common, products = _products(rated, rated), _products(r, r)
    sums, other_sums = _products(r, rated), _products(rated, r)
    powers, other_powers = _products(squares, rated), _products(rated, squares)

    def block(at):
        n, mine, other = common(at), sums(at), other_sums(at)
        covariance = n * products(at) - mine * other
        return _ratio(covariance, _variance(n, powers(at), mine), _variance(n, other_powers(at), other))

    return _by_blocks(x.shape[1], columns, dtype, block)


def common_raters(matrix, *, columns=None):
    """Number of users who rated both items.

        n(i, j) = |U_ij|

    matrix: ratings (n_users, n_items), csr (stored entry = rated) or dense with NaN = not rated.
    Returns int32 (len(columns), n_items). Raises ValueError as `pearson` does.
    Chapter: Similarity."""
    rated = _map(_stored(matrix, rated=True)[0], np.ones_like)
    return _by_blocks(rated.shape[1], columns, np.int32, _products(rated, rated))


def shrink(s, n, beta):
    """A similarity drawn towards 0 where few users speak for it.

        shrink(s, n, β) = s · n / (n + β)

    s: similarities.   n: common raters, same shape.   beta: the number of raters at which half of s is left, ≥ 0.
    Returns the dtype of s; 0 where n = 0. Raises ValueError for a negative or infinite beta, a negative n, or NaN.
    Source: Koren 2008. Chapter: Similarity."""
    if not 0 <= beta < np.inf:
        raise ValueError(f"beta must be a number of raters, 0 or more, received {beta!r}")
    s, n = np.asarray(s), np.asarray(n)
    if np.isnan(s).any() or not (n >= 0).all():
        raise ValueError("expected similarities s and numbers of raters n ≥ 0, received NaN or a negative n")
    trust = np.divide(n, n + beta, out=np.zeros(n.shape, np.result_type(s, np.float32)), where=n > 0)
    return s * trust


def _stored(matrix, *, rated=False):
    """The matrix as float64 csr whose stored entries are the ratings, and the floating dtype to answer in."""
    if sparse.issparse(matrix):
        x = sparse.csr_array(matrix, copy=True)
        x.sum_duplicates()
    else:
        matrix = np.asarray(matrix)
        if matrix.ndim != 2:
            raise ValueError(f"matrix must be (n_users, n_items), received shape {matrix.shape}")
        unknown = np.isnan(matrix)
        if rated and not unknown.any() and (matrix == 0).any():
            raise ValueError(
                "a dense matrix of ratings must say what 0 means: use NaN where nothing was rated, "
                "or pass scipy.sparse.csr_array(matrix) if 0 is no rating; received zeros and no NaN"
            )
        row, col = np.nonzero(~unknown if unknown.any() or rated else matrix)
        x = sparse.csr_array((matrix[row, col], (row, col)), shape=matrix.shape)
    if not np.isfinite(x.data).all():
        raise ValueError("matrix must be finite, received NaN or infinity as an entry")
    dtype = x.dtype if np.issubdtype(x.dtype, np.floating) else np.float64
    return x.astype(np.float64), dtype


def _map(x, function):
    """The same stored entries with other values."""
    return sparse.csr_array((function(x.data), x.indices, x.indptr), shape=x.shape)


def _products(a, b):
    """Gives, for a block of columns of a, their products with all columns of b: dense (block, n_items)."""
    rows = sparse.csr_array(a.T)
    return lambda at: (rows[at] @ b).toarray()


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


def _by_blocks(n_items, columns, dtype, function):
    """function(block of columns) for all columns asked for, block by block."""
    try:
        columns = np.arange(n_items)[slice(None) if columns is None else columns].reshape(-1)
    except IndexError as error:
        raise ValueError(f"columns must lie within the {n_items} items: {error}") from None
    result = np.empty((len(columns), n_items), dtype)
    step = max(1, BLOCK_CELLS // max(n_items, 1))
    for start in range(0, len(columns), step):
        result[start : start + step] = function(columns[start : start + step])
    return result
