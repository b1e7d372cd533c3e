"""From scores to lists: exact top-k. This is the only place of the library that filters items."""

import numpy as np
from scipy import sparse

from recsys_lib._checks import check_2d, check_csr, setting

BLOCK_CELLS = 2**18  # scores looked at together, at least one user's


def top_k(scores, k, *, exclude=None):
    """The k highest scores of each row, exactly: best first, ties to the lower item index.

        top_k(s)_u = the first k of sort(i ∉ exclude_u; by −s_ui, then by i)

    scores: (n_users, n_items), higher is better; -inf is ranked last, not left out.
    exclude: csr (n_users, n_items) or None; stored entry = never recommended, even if its value is 0.
    Returns int32 (n_users, k), -1 where fewer than k items are left. Works through blocks of users: scratch
    memory is a few MB, 15 MB where all scores tie, for any number of users. Raises ValueError for NaN scores, k < 1 or
    shapes that differ, TypeError where `exclude` is not sparse or the scores are.
    Chapter: Evaluation."""
    if sparse.issparse(scores):
        raise TypeError(f"expected scores as a dense array, received {type(scores).__name__}: pass scores.toarray()")
    scores = check_2d("scores", np.asarray(scores))
    setting("k", k, 1, whole=True)
    if not np.issubdtype(scores.dtype, np.floating):
        scores = scores.astype(np.float64)
    exclude = sparse.csr_array(scores.shape) if exclude is None else check_csr("exclude", exclude)
    if exclude.shape != scores.shape:
        raise ValueError(f"exclude must have the shape of scores {scores.shape}, received {exclude.shape}")
    n_users, n_items = scores.shape
    lists = np.full((n_users, k), -1, dtype=np.int32)
    step = max(1, BLOCK_CELLS // max(n_items, 1))
    for start in range(0, n_users if n_items else 0, step):
        block = scores[start : start + step]
        if np.isnan(block).any():
            user = start + int(np.isnan(block).any(axis=1).argmax())
            raise ValueError(f"scores must not be NaN, received NaN in row {user}")
        excluded = exclude[start : start + step].tocoo().coords
        _fill(lists[start : start + step], block, min(k, n_items), excluded)
    return lists


def _fill(lists, scores, k, excluded):
    """Write the top k of each row of one block into lists; excluded: (rows, columns)."""
    scores = scores.copy()
    scores[excluded] = -np.inf
    bound = _lower_bound(scores, k)
    candidate = scores >= bound
    candidate[excluded] = False  # also where the bound is -inf
    if candidate.sum() > 20 * k * len(scores):  # near-constant scores: of those at the bound, the first k are enough
        tied = candidate & (scores == bound)
        candidate[tied & (np.cumsum(tied, axis=1) > k)] = False
    row, item = np.divmod(np.flatnonzero(candidate), scores.shape[1])  # by row, then by item

    order = np.lexsort((-scores[row, item], row))  # by row, then best first; equal scores stay by item
    row, item = row[order], item[order]
    rank = np.arange(len(row)) - np.searchsorted(row, row)  # place within the row
    best = rank < k
    lists[row[best], rank[best]] = item[best]


def _lower_bound(scores, k):
    """(n_users, 1): a value that k or more scores of the row reach and few exceed; faster than the k-th largest.

    The columns are dealt to groups like cards. The k-th largest of the groups' maxima is reached in k groups."""
    n_users, n_items = scores.shape
    n_groups = min(n_items, 16 * k)
    dealt = n_items - n_items % n_groups
    maxima = np.hstack([scores[:, :dealt].reshape(n_users, -1, n_groups).max(axis=1), scores[:, dealt:]])
    return np.partition(maxima, -k, axis=1)[:, [-k]]
