"""From scores to lists: exact top-k. This is the only place of the library that filters items."""

import numpy as np
from scipy import sparse

from recsys_lib._checks import setting

BLOCK_CELLS = 2**18  # scores looked at together, at least one user's


def top_k(scores, k, *, exclude=None):
    """The k highest scores of each row, exactly: best first, ties to the lower item index.

        top_k(s)_u = the first k of sort(i ∉ exclude_u; by −s_ui, then by i)

    scores: (n_users, n_items), higher is better; -inf is ranked last, not left out.
    exclude: csr (n_users, n_items) or None; stored entry = never recommended, even if its value is 0.
    Returns int32 (n_users, k), -1 where fewer than k items are left. Works through blocks of users: scratch
    memory is a few MB, 15 MB where all scores tie, for any number of users. Raises ValueError for NaN scores, k < 1 or
    shapes that differ, TypeError where `exclude` is not sparse.
    Chapter: Evaluation."""
    scores = np.asarray(scores)
    if scores.ndim != 2:
        raise ValueError(f"scores must be (n_users, n_items), received shape {scores.shape}")
    setting("k", k, 1, whole=True)
    if not np.issubdtype(scores.dtype, np.floating):
        scores = scores.astype(np.float64)
    if exclude is None:
        exclude = sparse.csr_array(scores.shape)
    if not sparse.issparse(exclude):
        raise TypeError(f"exclude must be a scipy sparse array (stored entry = excluded), received {type(exclude)}")
    if exclude.shape != scores.shape:
        raise ValueError(f"exclude must have the shape of scores {scores.shape}, received {exclude.shape}")
    exclude = sparse.csr_array(exclude)
    n_users, n_items = scores.shape
    lists = np.full((n_users, k), -1, dtype=np.int32)
    step = max(1, BLOCK_CELLS // max(n_items, 1))
    for start in range(0, n_users if n_items else 0, step):
        block = scores[start : start + step]
        if np.isnan(block).any():
            user = start + int(np.isnan(block).any(axis=1).argmax())
            raise ValueError(f"scores must not be NaN, received NaN in row {user}")
        _fill(lists[start : start + step], block, min(k, n_items), *exclude[start : start + step].tocoo().coords)
    return lists


def _fill(lists, scores, k, excluded_row, excluded_col):
    """Write the top k of each row of one block into lists, without sorting whole rows."""
    if len(excluded_row):
        scores = scores.copy()
        scores[excluded_row, excluded_col] = -np.inf
    # The columns are dealt to groups like cards; the k-th largest of the groups' maxima is a lower bound for the k-th
    # largest score. At most k - 1 groups hold anything above it, so few candidates are left to sort.
    n_users, n_items = scores.shape
    n_groups = min(n_items, 16 * k)
    whole = n_items - n_items % n_groups
    maxima = np.hstack([scores[:, :whole].reshape(n_users, -1, n_groups).max(axis=1), scores[:, whole:]])
    bound = np.partition(maxima, maxima.shape[1] - k, axis=1)[:, -k]
    candidate = scores >= bound[:, None]
    candidate[excluded_row, excluded_col] = False  # also where -inf is the bound
    row, col = np.divmod(np.flatnonzero(candidate), n_items)  # by row, then by item
    score = scores[row, col]

    # Of those that equal the bound only the first few are needed: a constant scorer would keep them all.
    tied = score == bound[row]
    first = np.searchsorted(row, np.arange(n_users))
    ties_before = np.cumsum(tied) - tied
    tie_rank = ties_before - np.append(ties_before, 0)[first][row]
    needed = k - np.bincount(row[~tied], minlength=n_users)
    keep = ~tied | (tie_rank < needed[row])
    row, col, score = row[keep], col[keep], score[keep]

    order = np.lexsort((-score, row))  # stable, so equal scores stay by item
    row, col = row[order], col[order]
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    keep = rank < k
    lists[row[keep], rank[keep]] = col[keep]
