"""Items that nobody rated yet, scored from vectors of what they say about themselves. NumPy and SciPy only.

The vectors come from anywhere: TF-IDF, a language model, columns of genres. One row an item of the catalogue."""

import numpy as np
from scipy import linalg, sparse

from recsys_lib._checks import check_2d, setting
from recsys_lib.models.base import BaseRecommender


def unit(vectors):
    """Each row divided by its length; a row of zeros stays. Sparse vectors stay sparse."""
    vectors = _finite(vectors)
    length = np.sqrt((vectors * vectors).sum(axis=1))
    scale = 1 / np.where(length > 0, length, 1).astype(vectors.dtype)
    return (
        sparse.csr_array(sparse.diags_array(scale) @ vectors) if sparse.issparse(vectors) else vectors * scale[:, None]
    )


def centre(vectors):
    """What sets each row apart: the mean of all rows taken away.

        v_i − (1/n) Σ_j v_j

    vectors: (n, d), dense or sparse; `unit(…)` them first where directions count. Returns an array (n, d).
    Raises ValueError for no row, or NaN. Chapter: A language model reads the catalogue."""
    vectors = dense(_finite(vectors))
    return vectors - vectors.mean(axis=0)


def whiten(vectors, *, keep=None):
    """Centred, turned to the main directions, and stretched so that each direction varies alike.

        (v_i − m) U Λ^(−1/2),   C = (1/n) Σ (v_i − m)(v_i − m)ᵀ = U Λ Uᵀ

    vectors: (n, d).   keep: how many directions, those with the largest variance; None for all with a variance above
    1e-6 of the largest. Returns an array (n, kept): its covariance is the identity.
    Source: Su et al. 2021. Chapter: A language model reads the catalogue."""
    centred = centre(vectors)
    variance, directions = np.linalg.eigh(centred.T @ centred / len(centred))
    variance, directions = variance[::-1], directions[:, ::-1]
    n_kept = int(np.sum(variance > 1e-6 * variance[0]))
    if keep is not None:
        n_kept = min(n_kept, setting("keep", keep, 1, whole=True))
    return centred @ (directions[:, :n_kept] / np.sqrt(variance[:n_kept]))


class ContentCosine(BaseRecommender):
    """Items whose vectors point where those of your likes point.

        score(u, i) = Σ_{j liked by u} cos(v_j, v_i)

    vectors: (n_items, d), dense or sparse, a row for each item of the data.   liked_from: a rating from here on is a
    like.   An item needs a vector and no rating.
    `fit` raises ValueError where the number of rows is not that of the items.
    Chapter: A language model reads the catalogue."""

    _arrays = ("item_vectors_",)

    def __init__(self, vectors=None, *, liked_from=4.0):
        self._vectors, self.liked_from = vectors, setting("liked_from", liked_from)

    def _fit(self, train):
        self.item_vectors_ = unit(rows_of(self._vectors, train))

    def _score(self, users, history):
        return dense((self.likes_of(history) @ self.item_vectors_) @ self.item_vectors_.T)


class ItemRidge(BaseRecommender):
    """Who likes an item, as a linear function of the item's vector: one ridge regression a person, all at once.

        score(u, i) = p_u · (v_i − m) + a_u
        minimising Σ_{i rated by anybody} (x_ui − p_u · (v_i − m) − a_u)² + λ ‖p_u‖²,   x_ui = 1 for a like, else 0

        p_u = (V_cᵀ V_c + λ I)⁻¹ V_cᵀ x_u,   a_u = the mean of x_u

    The regression runs over the items that somebody rated in training, of which m is the mean vector and V_c holds
    v_i − m; an item that nobody rated is in no sum, and gets a score all the same. The constant a_u has no penalty. It
    changes no order.
    vectors: (n_items, d), dense or sparse, a row for each item of the data.   regularization: λ, above 0.   liked_from:
    a rating from here on is a like.
    Fitted: `mean_`, m; `warm_`, the items regressed on; `factor_`, the Cholesky factor of the matrix to invert, (d, d).
    `fit` raises ValueError where the number of rows is not that of the items. Memory grows with d² and n_items · d;
    sparse vectors stay sparse.
    Chapter: A language model reads the catalogue."""

    _arrays = ("item_vectors_", "mean_", "warm_", "factor_")

    def __init__(self, vectors=None, *, regularization=10.0, liked_from=4.0):
        self._vectors, self.liked_from = vectors, setting("liked_from", liked_from)
        self.regularization = setting("regularization", regularization, 0, above=True)

    def _fit(self, train):
        self.item_vectors_ = rows_of(self._vectors, train)
        self.warm_ = np.bincount(train.item, minlength=train.n_items) > 0
        self.mean_, self.factor_ = ridge_factor(self.item_vectors_[self.warm_], self.regularization)

    def _score(self, users, history):
        likes = self.likes_of(history) * self.warm_  # what was not regressed on takes no part
        n_likes = likes.sum(axis=1)[:, None]
        weights = linalg.cho_solve((self.factor_, False), (dense(likes @ self.item_vectors_) - n_likes * self.mean_).T)
        return self._apply(weights).T + n_likes / self.warm_.sum()

    def predict(self, target):
        """A number of each item, such as how popular it is, from its vector: the same regression with another target.

        target: float (n_items,), read where `warm_`. Returns (n_items,), for all items.
        Raises NotFittedError; ValueError for another length, or no number where it is read."""
        self._check_fitted()
        target = np.asarray(target, np.float64)
        if target.shape != self.warm_.shape or not np.isfinite(target[self.warm_]).all():
            raise ValueError(f"expected a number for each of {len(self.warm_)} items, received shape {target.shape}")
        known, level = self.item_vectors_[self.warm_], target[self.warm_].mean()
        centred = target[self.warm_] - level  # sums to 0, so the mean vector drops out on this side
        return self._apply(linalg.cho_solve((self.factor_, False), known.T @ centred)) + level

    def _apply(self, weights):
        """(v_i − m) · w of all items, for one w (d,) or several (d, n)."""
        return self.item_vectors_ @ weights - self.mean_ @ weights


def ridge_factor(vectors, regularization):
    """The mean m of the vectors, and the upper Cholesky factor of Σ (v_i − m)(v_i − m)ᵀ + λ I for `cho_solve`."""
    mean = np.asarray(vectors.mean(axis=0)).ravel()
    if sparse.issparse(vectors):  # Σ v vᵀ − n m mᵀ: the same, and nothing is filled up
        gram = (vectors.T @ vectors).toarray()
        for row, weight in zip(gram, mean):  # row by row: no second matrix of this size
            row -= vectors.shape[0] * weight * mean
    else:
        gram = (vectors - mean).T @ (vectors - mean)
    gram[np.diag_indices_from(gram)] += regularization
    return mean, linalg.cholesky(gram, overwrite_a=True)


def _finite(vectors):
    """The vectors as floats, a csr or an array (n, d). Raises ValueError where they are none."""
    vectors = sparse.csr_array(vectors) if sparse.issparse(vectors) else np.asarray(vectors)
    check_2d("vectors", vectors, "(n_items, d)")
    vectors = vectors if vectors.dtype in (np.float32, np.float64) else vectors.astype(np.float64)
    if not vectors.shape[0] or not np.isfinite(dense(vectors.sum(axis=1))).all():
        raise ValueError(f"expected finite vectors, a row an item, received shape {vectors.shape} or NaN")
    return vectors


def dense(matrix):
    """A matrix as an array, whether it is sparse or not."""
    return matrix.toarray() if sparse.issparse(matrix) else matrix


def rows_of(vectors, train):
    """The vectors, one for each item of the data."""
    if vectors is None:
        raise ValueError("expected vectors, one row for each item, received none")
    vectors = _finite(vectors)
    if vectors.shape[0] != train.n_items:
        raise ValueError(f"expected a vector for each of {train.n_items} items, received {vectors.shape[0]}")
    return vectors
