"""Lists of candidates: the few items of each person that a second stage looks at. NumPy only.

The ranking step of a fused model works on these alone, so its memory grows with people × candidates and not with
people × items."""

from typing import NamedTuple

import numpy as np
from scipy import sparse

from recsys_lib._checks import check_csr


class Candidates(NamedTuple):
    """Pairs to be ranked: item[n] is a candidate of row[n], by row and within a row by item; each pair once.

    row, item: int64 (n,).   shape: (rows, items of the catalogue)."""

    row: np.ndarray
    item: np.ndarray
    shape: tuple[int, int]

    @property
    def lengths(self):
        """How many candidates each row has, int64 (rows,)."""
        return np.bincount(self.row, minlength=self.shape[0])

    def of(self, scores):
        """The scores of the candidates, (n,), out of a matrix (rows, items)."""
        return scores[self.row, self.item]

    def hits(self, relevant):
        """Which candidates are relevant, bool (n,). relevant: csr (rows, items), a stored entry is relevant."""
        relevant = check_csr("relevant", relevant)
        if relevant.shape != self.shape:
            raise ValueError(f"expected relevant of shape {self.shape}, received {relevant.shape}")
        stored = relevant.tocoo().coords
        return np.isin(self._keys(self.row, self.item), self._keys(*map(np.int64, stored)))

    def ranks(self, values):
        """The place of each candidate within its row, 1 for the highest value; ties to the lower item. int64 (n,)."""
        order = np.lexsort((self.item, -values, self.row))
        ranks = np.empty(len(order), np.int64)
        ranks[order] = np.arange(len(order)) - (np.cumsum(self.lengths) - self.lengths)[self.row[order]] + 1
        return ranks

    def spread(self, values, fill):
        """The values as a matrix (rows, items), `fill` everywhere else."""
        scores = np.full(self.shape, fill, np.float32)
        scores[self.row, self.item] = values
        return scores

    def _keys(self, row, item):
        return row * self.shape[1] + item


def union(lists, n_items):
    """The candidates that stand in any of several lists.

    lists: of int (rows, depth) as `top_k` gives them, −1 = none.   n_items: of the catalogue.
    Raises ValueError for no list, lists of different numbers of rows, and items outside the catalogue.
    Chapter: Learning to fuse."""
    lists = [np.asarray(one) for one in lists]
    if not lists or any(one.ndim != 2 or len(one) != len(lists[0]) for one in lists):
        raise ValueError(f"expected lists (rows, depth) of the same people, received {[one.shape for one in lists]}")
    together = np.hstack(lists).astype(np.int64)
    if together.size and not -1 <= together.min() <= together.max() < n_items:
        raise ValueError(f"expected items from 0 to {n_items - 1}, or -1, received {together.min()}, {together.max()}")
    row = np.repeat(np.arange(len(together)), together.shape[1])
    listed = together.ravel() >= 0
    keys = np.unique(row[listed] * n_items + together.ravel()[listed])
    return Candidates(keys // n_items, keys % n_items, (len(together), n_items))


def relevant_matrix(target, users, liked_from=None):
    """What the users like in a target: csr (len(users), n_items). liked_from: None where every pair is a like.

    target: Interactions.   users: indices, a row each."""
    liked = slice(None) if target.rating is None or liked_from is None else target.rating >= liked_from
    user, item = target.user[liked], target.item[liked]
    matrix = sparse.csr_array((np.ones(len(user)), (user, item)), shape=(target.n_users, target.n_items))
    return sparse.csr_array(matrix[np.asarray(users)])
