"""Items as short words of codes: a quantiser that cuts vectors level by level, words ↔ items, the tree of the words.

NumPy and scikit-learn's k-means. `generative` learns to write such words."""

import warnings

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from recsys_lib._checks import check_2d, generator, indices, setting

BLOCK = 2**22  # distances held at once


class ResidualQuantizer:
    """k-means on the vectors, k-means on what it leaves over, and so on: a code a level, coarse to fine.

        r_0 = v;   c_l = argmin_k ‖r_{l−1} − m_lk‖²;   r_l = r_{l−1} − m_{l, c_l};   v ≈ Σ_l m_{l, c_l}

    n_levels: L.   n_codes: K, how many means a level has.   rng: int or Generator, of where k-means starts.
    Fitted: `codebooks_`, float64 (L, K, d), the means m.
    Raises ValueError for fewer vectors than n_codes, NaN, or fewer than n_codes different residuals at a level.
    Source: Chen et al. 2010 (residual quantisation); Rajput et al. 2023 (as words for items, with an autoencoder in
    the place of k-means). Chapter: Semantic ids."""

    def __init__(self, *, n_levels=3, n_codes=64, rng=0):
        self.n_levels = setting("n_levels", n_levels, 1, whole=True)
        self.n_codes = setting("n_codes", n_codes, 1, whole=True)
        self.rng = rng

    def fit(self, vectors):
        """Learn the means from vectors (n, d). Returns self."""
        residual, rng = _vectors(vectors), generator(self.rng)
        if len(residual) < self.n_codes:
            raise ValueError(f"expected at least n_codes = {self.n_codes} vectors, received {len(residual)}")
        books = []
        for level in range(self.n_levels):
            means = KMeans(self.n_codes, n_init=1, random_state=int(rng.integers(2**31)))
            with warnings.catch_warnings():
                warnings.simplefilter("error", ConvergenceWarning)
                try:
                    means.fit(residual)
                except ConvergenceWarning as error:
                    what = f"{self.n_codes} different vectors left over at level {level + 1}"
                    raise ValueError(f"expected {what}, received fewer: take a smaller n_codes or n_levels") from error
            books.append(means.cluster_centers_)
            residual = residual - books[-1][_nearest(residual, books[-1])]
        self.codebooks_ = np.array(books)
        return self

    def encode(self, vectors):
        """The codes of vectors, of those fitted on or of new ones: int32 (n, L)."""
        residual, codes = self._like_fitted(vectors), []
        for means in self.codebooks_:
            codes.append(_nearest(residual, means))
            residual = residual - means[codes[-1]]
        return np.column_stack(codes).astype(np.int32)

    def decode(self, codes):
        """The vector that codes stand for, the sum of their means: (n, d).   codes: int (n, l), of the first l levels.

        Raises ValueError for codes that are none, or more levels than there are."""
        self._check_fitted()
        codes = check_2d("codes", indices("codes", codes, self.n_codes), "(n, n_levels)")
        if codes.shape[1] > self.n_levels:
            raise ValueError(f"expected codes of at most {self.n_levels} levels, received {codes.shape[1]}")
        total = np.zeros((len(codes), self.codebooks_.shape[2]))
        for means, of_level in zip(self.codebooks_, codes.T):
            total += means[of_level]
        return total

    def left_over(self, vectors):
        """The share of the vectors' variance that 0, 1, … L levels leave unexplained: (L + 1,), from 1 down.

        Σ_i ‖v_i − v̂_i‖² / Σ_i ‖v_i − mean‖².   Raises ValueError for vectors that are all the same."""
        vectors = self._like_fitted(vectors)
        spread = ((vectors - vectors.mean(axis=0)) ** 2).sum()
        if not spread:
            raise ValueError("expected vectors that differ, received all the same")
        codes = self.encode(vectors)
        errors = [((vectors - self.decode(codes[:, :level])) ** 2).sum() for level in range(1, self.n_levels + 1)]
        return np.array([1, *(error / spread for error in errors)])

    def _like_fitted(self, vectors):
        self._check_fitted()
        vectors, d = _vectors(vectors), self.codebooks_.shape[2]
        if vectors.shape[1] != d:
            raise ValueError(f"expected vectors of {d} numbers as those fitted on, received {vectors.shape[1]}")
        return vectors

    def _check_fitted(self):
        if not hasattr(self, "codebooks_"):
            raise NotFittedError("ResidualQuantizer is not fitted yet: call fit(vectors) first")


def _vectors(vectors):
    vectors = np.asarray(check_2d("vectors", np.asarray(vectors, np.float64), "(n, d)"))
    if not np.isfinite(vectors).all():
        raise ValueError("expected finite vectors, received NaN or infinity")
    return vectors


def _nearest(vectors, means):
    """The row of `means` nearest to each vector, the lower one where two are alike."""
    squares, nearest = (means**2).sum(axis=1), np.empty(len(vectors), np.int64)
    step = max(1, BLOCK // len(means))
    for start in range(0, len(vectors), step):
        nearest[start : start + step] = (squares - 2 * vectors[start : start + step] @ means.T).argmin(axis=1)
    return nearest


def tell_apart(cells, *, n_codes, rng, taken=None):
    """A further code for items that share all codes so far: 0, 1, 2, … in random order within each cell.

    cells: int (n, L), an item's codes.   n_codes: how many codes the new level has.   rng: int or Generator.
    taken: int (m, L + 1), words that are given away already: a new item gets the lowest code free in its cell.
    Returns int32 (n, L + 1): no word twice. Raises ValueError where a cell holds more than n_codes items.
    Source: Rajput et al. 2023, section 3.1. Chapter: Semantic ids."""
    cells = check_2d("cells", np.asarray(cells), "(n, n_levels)")
    used = {}
    for *cell, last in np.empty((0, cells.shape[1] + 1), int) if taken is None else np.asarray(taken):
        used.setdefault(tuple(cell), set()).add(last)
    words = np.column_stack([cells, np.zeros(len(cells), int)]).astype(np.int32)
    for row in generator(rng).permutation(len(cells)):
        of_cell = used.setdefault(tuple(cells[row]), set())
        last = next(code for code in range(len(of_cell) + 1) if code not in of_cell)
        if last >= n_codes:
            cell = cells[row].tolist()
            raise ValueError(f"expected at most {n_codes} items in a cell, received more in {cell}: add a level")
        of_cell.add(last)
        words[row, -1] = last
    return words


def semantic_ids(vectors, *, n_levels=3, n_codes=64, rng, fitted_on=None):
    """A word for each item: the codes of a residual quantiser, and a last one that tells apart who shares them.

    vectors: (n_items, d).   fitted_on: indices of the items that the quantiser is fitted on, all where None. The others
    are new: they get the codes of the fitted quantiser, and a last code that was free in their cell.
    rng: int or Generator.   Returns the words, int32 (n_items, n_levels + 1), and the fitted ResidualQuantizer.
    Raises what ResidualQuantizer and `tell_apart` do. Chapter: Semantic ids."""
    vectors, rng = _vectors(vectors), generator(rng)
    old = np.arange(len(vectors)) if fitted_on is None else np.unique(indices("fitted_on", fitted_on, len(vectors)))
    quantizer = ResidualQuantizer(n_levels=n_levels, n_codes=n_codes, rng=rng).fit(vectors[old])
    cells = quantizer.encode(vectors)
    words = np.column_stack([cells, np.full(len(cells), -1)]).astype(np.int32)
    words[old] = tell_apart(cells[old], n_codes=n_codes, rng=rng)
    new = np.setdiff1d(np.arange(len(vectors)), old)
    if len(new):
        words[new] = tell_apart(cells[new], n_codes=n_codes, rng=rng, taken=words[old])
    return words, quantizer


def permuted(words, *, rng, groups=None):
    """The same words given to other items: what is left of a model then is not owed to what the words mean.

    words: (n_items, L).   groups: a label an item; words are exchanged within a group alone, such as among new items.
    Returns an array of the same shape. Raises ValueError for labels of another length. Chapter: Semantic ids."""
    words, rng = check_2d("words", np.asarray(words), "(n_items, n_levels)"), generator(rng)
    groups = np.zeros(len(words), int) if groups is None else np.asarray(groups)
    if groups.shape != (len(words),):
        raise ValueError(f"expected a group for each of {len(words)} items, received shape {groups.shape}")
    given = words.copy()
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        given[members] = words[rng.permutation(members)]
    return given


def codebook_use(words, *, n_codes):
    """How evenly the codes of each level are used: DataFrame, a row a level.

    Columns: used, codes that an item has; effective, exp of the entropy of their shares (n_codes where all are used
    alike); largest, the share of items with the most frequent code; collisions, the share of items that do not have
    their codes up to this level for themselves. Raises ValueError for codes outside 0..n_codes − 1.
    Chapter: Semantic ids."""
    words = check_2d("words", indices("words", words, n_codes), "(n_items, n_levels)")
    rows = []
    for level in range(words.shape[1]):
        share = np.bincount(words[:, level], minlength=n_codes) / len(words)
        some = share[share > 0]
        _, cell, size = np.unique(words[:, : level + 1], axis=0, return_inverse=True, return_counts=True)
        rows.append({"level": level + 1, "used": len(some), "effective": np.exp(-(some * np.log(some)).sum()),
                     "largest": share.max(), "collisions": (size[cell.ravel()] > 1).mean()})  # fmt: skip
    return pd.DataFrame(rows).set_index("level")


class PrefixTree:
    """The words of a catalogue as a tree: from each prefix, which codes lead on.

    words: int (n_items, L), no word twice.   items: the items whose words are in the tree; all where None.
    `children`: a list of L arrays int32 (nodes of the level, K); children[l][node, code] is the node below, on the last
    level the item; −1 where no word goes on so. The root is node 0 of level 0.
    Raises ValueError for a word that two items have, or codes below 0. Chapter: Semantic ids."""

    def __init__(self, words, items=None):
        self.words = check_2d("words", np.asarray(words), "(n_items, n_levels)").astype(np.int32)
        if not len(self.words) or self.words.min() < 0:
            raise ValueError("expected words of codes from 0 on, received a code below 0 or no word")
        size = len(self.words)
        self.items = np.arange(size) if items is None else np.unique(indices("items", items, size))
        self.n_codes = int(self.words.max()) + 1
        self.children, node = [], np.zeros(len(self.items), np.int64)
        for level in range(self.n_levels):
            key = node * self.n_codes + self.words[self.items, level]
            edges, below = np.unique(key, return_inverse=True)
            last = level == self.n_levels - 1
            if last and len(edges) < len(key):
                raise ValueError("expected each word once, received two items with the same word: see tell_apart")
            table = np.full((int(node.max()) + 1, self.n_codes), -1, np.int32)
            table.flat[edges] = self.items[np.argsort(key)] if last else np.arange(len(edges))
            self.children.append(table)
            node = below

    @property
    def n_levels(self):
        return self.words.shape[1]

    def cut(self, items):
        """The tree of some of the items alone; they keep their numbers."""
        return PrefixTree(self.words, items)

    def find(self, words):
        """The item of each word, −1 where it is nobody's: int32 (…,).   words: int (…, L), any codes."""
        words = np.asarray(words)
        if words.shape[-1:] != (self.n_levels,) or words.dtype.kind not in "iu":
            raise ValueError(f"expected words of {self.n_levels} whole numbers, received shape {words.shape}")
        node = np.zeros(words.shape[:-1], np.int32)
        for level, table in enumerate(self.children):
            code = words[..., level]
            there = (node >= 0) & (code >= 0) & (code < self.n_codes)
            node = np.where(there, table[np.where(there, node, 0), np.where(there, code, 0)], -1)
        return node

    def below(self, prefix):
        """The items whose words begin with these codes, ascending.   prefix: list of up to L codes."""
        prefix = np.asarray(prefix, int)
        same = (self.words[self.items, : len(prefix)] == prefix).all(axis=1)
        return self.items[same]
