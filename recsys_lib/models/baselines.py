"""Baselines that refuse to die: popularity, biases, item neighbours, EASE, ALS. NumPy and SciPy only.

Every one of them scores a user from history alone, so a new person is served by the same formula as a known one.
The defaults are the settings with which the book quotes them.
"""

import warnings

import numpy as np
from scipy import linalg
from scipy.sparse import csr_array, diags_array, issparse, vstack
from scipy.sparse.linalg import LinearOperator, cg
from sklearn.exceptions import ConvergenceWarning

from recsys_lib import similarity as similarities
from recsys_lib._checks import check_csr, choice, generator, setting
from recsys_lib.data.interactions import with_data
from recsys_lib.models.base import BaseRecommender
from recsys_lib.retrieval import top_k


class Popularity(BaseRecommender):
    """Everybody gets the same list: the items that most users liked.

        score(u, i) = |{v : v likes i}|

    liked_from: a rating from here on is a like.   implicit: every pair is a like, whatever its rating.
    Chapter: Anatomy."""

    _arrays = ("item_scores_",)
    needs_likes = False

    def __init__(self, *, liked_from=4.0, implicit=False):
        self.liked_from = setting("liked_from", liked_from)
        self.implicit = choice("implicit", implicit, (True, False))

    def _fit(self, train):
        self.item_scores_ = self.likes_of(self.train_).sum(axis=0, dtype=np.float32)

    def _score(self, users, history):
        return np.tile(self.item_scores_, (history.shape[0], 1))


class BiasModel(BaseRecommender):
    """A rating is the mean, plus how generous the user is, plus how good the item is.

        r̂_ui = μ + b_u + b_i,   minimising Σ (r_ui − r̂_ui)² + λ (Σ b_u² + Σ b_i²)

    regularization: λ, in ratings: an item with λ ratings gets half of its deviation. With λ = 0 a constant may move
    from the users to the items and nothing changes; the items' biases then sum to 0 over the ratings.
    Fitted: `mean_`, `user_bias_`, `item_bias_`, the minimum itself, found by conjugate gradients, in tens of steps
    whatever λ is. `fit` raises ValueError for data without ratings; a ConvergenceWarning says that 10,000 steps were
    too few. Memory grows with the number of ratings.
    Source: Koren 2009. Chapter: Which loss makes a list."""

    _arrays = ("mean_", "user_bias_", "item_bias_")
    _learns_likes = needs_likes = False
    _steps = 10_000  # at most

    def __init__(self, *, regularization=5.0):
        self.regularization = setting("regularization", regularization, 0)

    def _fit(self, train):
        if train.rating is None:
            raise ValueError("BiasModel predicts ratings: expected data with ratings, received pairs only")
        self.mean_ = np.float64(self.train_.data.mean(dtype=np.float64))
        self.item_bias_ = self._best_item_bias()
        self.user_bias_ = self._user_bias(self.train_, self.item_bias_)

    def _user_bias(self, ratings, item_bias):
        """b_u = Σ_i (r_ui − μ − b_i) / (n_u + λ) for the rows of a csr of ratings: the minimum over b_u."""
        rated = with_data(ratings, np.ones(len(ratings.data)))
        deviation = with_data(ratings, ratings.data - self.mean_)
        weight = _at_least_tiny(rated.sum(axis=1) + self.regularization)
        return (deviation.sum(axis=1) - rated @ item_bias) / weight

    def _best_item_bias(self):
        """Solves the conditions for the minimum, with b_u put in: linear equations for b_i, symmetric.

        (n_i + λ) b_i + Σ_u b_u = Σ_u (r_ui − μ)   and   b_u = (Σ_j (r_uj − μ) − Σ_j b_j) / (n_u + λ)
        ⇒   (n_i + λ) b_i − Σ_u Σ_j b_j / (n_u + λ) = Σ_u (r_ui − μ) − Σ_u Σ_j (r_uj − μ) / (n_u + λ)"""
        rated = with_data(self.train_, np.ones(len(self.train_.data)))
        deviation = with_data(self.train_, self.train_.data - self.mean_)
        user_weight = _at_least_tiny(rated.sum(axis=1) + self.regularization)
        item_weight = _at_least_tiny(rated.sum(axis=0) + self.regularization)

        def left(item_bias):
            return item_weight * item_bias - rated.T @ ((rated @ item_bias) / user_weight)

        right = deviation.sum(axis=0) - rated.T @ (deviation.sum(axis=1) / user_weight)
        n_items = len(item_weight)
        item_bias, failed = cg(
            LinearOperator((n_items, n_items), matvec=left, dtype=np.float64),
            right,
            rtol=0,
            atol=1e-13 * np.linalg.norm(abs(self.train_).sum(axis=0, dtype=np.float64)),
            maxiter=self._steps,
            M=diags_array(1 / item_weight),  # makes the number of steps independent of how often items are rated
        )
        if failed:
            warnings.warn(f"the biases had not converged after {self._steps:,} steps", ConvergenceWarning, stacklevel=3)
        return item_bias

    def _score(self, users, history):
        return self.mean_ + self._user_bias(history, self.item_bias_)[:, None] + self.item_bias_

    def predict(self, users, items):
        """Predicted ratings of the pairs (users[n], items[n]), int indices. Returns float32 (n,).

        An item without a rating has no bias: it is predicted at the user's level. Raises KeyError for a user not fitted
        on, IndexError for an item that is not there, ValueError for sides of different lengths."""
        users, items = self._pairs(users, items)
        return (self.mean_ + self.user_bias_[users] + self.item_bias_[items]).astype(np.float32)


class ItemKNN(BaseRecommender):
    """Recommends what is similar to what you liked.

        score(u, i) = Σ_{j liked by u, j ∈ N(i)} s(i, j),   N(i) = the k items nearest to i, s > 0

    similarity: "cosine", "jaccard", "dot" between the 0/1 columns of likes; "pearson", "adjusted_cosine" between the
    columns of ratings.   n_neighbors: k, None for all; ties go to the lower index.   shrinkage: β of `shrink`, in users
    who rated both, liked or not.   neighbors_of: "target" as above; "history" keeps the k nearest of each liked item j
    instead, which changes who is recommended.   liked_from: a rating from here on is a like.   implicit: every pair is
    a like, whatever its rating.
    Fitted: `neighbors_`, csr (n_items, n_items), entry (j, i) = s(i, j) where kept. `fit` raises ValueError where a
    similarity of ratings gets data without ratings. Memory grows with n_items · k, or with n_items² where k is None.
    Source: Sarwar et al. 2001. Chapter: Similarity."""

    _arrays = ("neighbors_",)
    _block = 512  # items whose similarities stand in memory at once

    def __init__(
        self,
        *,
        similarity="cosine",
        n_neighbors=100,
        shrinkage=0,
        neighbors_of="target",
        liked_from=4.0,
        implicit=False,
    ):
        known = ("cosine", "jaccard", "dot", "pearson", "adjusted_cosine")
        self.similarity = choice("similarity", similarity, known)
        self.neighbors_of = choice("neighbors_of", neighbors_of, ("target", "history"))
        self.n_neighbors = None if n_neighbors is None else setting("n_neighbors", n_neighbors, 1, whole=True)
        self.shrinkage = setting("shrinkage", shrinkage, 0)
        self.liked_from = setting("liked_from", liked_from)
        self.implicit = choice("implicit", implicit, (True, False))

    def _fit(self, train):
        ratings = self.similarity in ("pearson", "adjusted_cosine")
        if ratings:
            train.require_rating()  # of ones alone, every deviation would be 0
        matrix = (self.train_ if ratings else self.likes_of(self.train_)).astype(np.float64)
        blocks = np.split(np.arange(matrix.shape[1]), range(self._block, matrix.shape[1], self._block))
        nearest = vstack([self._nearest(matrix, items) for items in blocks], format="csr")
        self.neighbors_ = csr_array(nearest.T if self.neighbors_of == "target" else nearest)

    def _nearest(self, matrix, items):
        """csr (len(items), n_items): the similarities of each item's nearest."""
        s = getattr(similarities, self.similarity)(matrix, columns=items)
        if self.shrinkage:
            s = similarities.shrink(s, similarities.common_raters(self.train_, columns=items), self.shrinkage)
        s[np.arange(len(items)), items] = 0  # an item is no neighbour of its own
        s[s < 0] = 0
        if self.n_neighbors is None or self.n_neighbors >= s.shape[1]:
            return csr_array(s.astype(np.float32))
        columns = top_k(s, self.n_neighbors)
        values = np.take_along_axis(s, columns, axis=1).astype(np.float32)
        rows = np.repeat(np.arange(len(items)), self.n_neighbors)
        kept = csr_array((values.ravel(), (rows, columns.ravel())), shape=s.shape)
        kept.eliminate_zeros()
        return kept

    def _score(self, users, history):
        return (self.likes_of(history) @ self.neighbors_).toarray()


class EASE(BaseRecommender):
    """A linear model that predicts each column of the likes from all others, in closed form.

        score(u) = x_u B,   B = argmin ‖X − X B‖² + λ ‖B‖² with B_ii = 0   ⇒   B = I − P diag(P)⁻¹,  P = (XᵀX + λI)⁻¹

    P is n_items × n_items. Where users are fewer, the Woodbury identity needs the inverse of n_users × n_users only:

        P = (I − Xᵀ K X) / λ,   K = (X Xᵀ + λI)⁻¹   ⇒   score(h) = h − (h − (h Xᵀ) K X) / (1 − diag(Xᵀ K X))

    regularization: λ, in likes.   liked_from: a rating from here on is a like.   implicit: every pair is a like,
    whatever its rating.
    Fitted: `inverse_` (K X, or P itself where items are fewer), `scale_` (λ diag P, or diag P).
    Memory grows with the square of the smaller side, m, and in that identity with n_users · n_items too: `fit` needs up
    to 28 bytes · m² (2.8 GB for 10,000 items), and raises MemoryError, which says what was needed, where that is not
    to be had.
    Source: Steck 2019. Chapter: The full build."""

    _arrays = ("inverse_", "scale_")

    def __init__(self, *, regularization=100.0, liked_from=4.0, implicit=False):
        self.regularization = setting("regularization", regularization, 0, above=True)
        self.liked_from = setting("liked_from", liked_from)
        self.implicit = choice("implicit", implicit, (True, False))

    def _fit(self, train):
        x = self.likes_of(self.train_).astype(np.float64)
        try:
            if self._few_users:
                k = self._inverse(x @ x.T)
                self.inverse_ = (x.T @ k).T  # K X, as K is symmetric
                self.scale_ = 1 - np.asarray(x.multiply(self.inverse_).sum(axis=0)).ravel()
            else:
                self.inverse_ = self._inverse(x.T @ x)
                self.scale_ = np.diag(self.inverse_).copy()
        except MemoryError as error:
            n, side = (x.shape[0], "users") if self._few_users else (x.shape[1], "items")
            raise MemoryError(
                f"EASE inverts a dense matrix of {n:,} × {n:,} {side}, {8 * n**2 / 1e9:,.1f} GB as float64, and needs "
                f"up to {28 * n**2 / 1e9:,.1f} GB while it does: keep fewer with k_core, or fit ItemKNN or ALS, which "
                f"need no such matrix ({error})"
            ) from error

    def _inverse(self, gram):
        """(G + λI)⁻¹ of a symmetric G, dense; G is written over where it is dense."""
        dense = gram.toarray() if issparse(gram) else gram
        dense[np.diag_indices_from(dense)] += self.regularization
        return linalg.inv(
            dense.T, overwrite_a=True, check_finite=False
        )  # .T is the layout that LAPACK works in: no copy

    def _score(self, users, history):
        h = self.likes_of(history).astype(np.float64)
        if self._few_users:
            x = self.likes_of(self.train_).astype(np.float64)
            return h.toarray() - (h.toarray() - (h @ x.T).toarray() @ self.inverse_) / self.scale_
        return h.toarray() - (h @ self.inverse_) / self.scale_

    @property
    def _few_users(self):
        return self.train_.shape[0] < self.train_.shape[1]


class ALS(BaseRecommender):
    """Matrix factorisation of likes, every pair counted, by alternating least squares.

        minimise Σ_{u,i} c_ui (p_ui − x_u · y_i)² + λ (Σ ‖x_u‖² + Σ ‖y_i‖²),   p = 1 for a like, else 0;  c = 1 + α p

        x_u = (YᵀY + α Σ_{i liked} y_i y_iᵀ + λI)⁻¹ (1 + α) Σ_{i liked} y_i,   then the same for y_i, and again

        score(u, i) = x_u · y_i,   x_u from the likes of u as above

    The first formula with c = 1 + α is Hu et al.'s; implicit's `alpha` is 1 + α here.
    n_factors: d.   regularization: λ > 0, without which the inverse may not exist.   alpha: α.   n_iterations: pairs of
    half-steps.   liked_from: a rating from here on is a like.   implicit: every pair is a like, whatever its rating.
    rng: int or Generator, draws the start.
    Fitted: `item_factors_`, `user_factors_`; the last step is the users', so a known user and a new one with the same
    likes get the same vector. Memory grows with the likes and with (n_users + n_items) · d.
    Source: Hu et al. 2008. Chapter: The full build."""

    _arrays = ("item_factors_", "user_factors_")

    def __init__(
        self, *, n_factors=32, regularization=3.0, alpha=0.5, n_iterations=15, liked_from=4.0, implicit=False, rng=0
    ):
        self.n_factors = setting("n_factors", n_factors, 1, whole=True)
        self.regularization = setting("regularization", regularization, 0, above=True)
        self.alpha = setting("alpha", alpha, 0)
        self.n_iterations = setting("n_iterations", n_iterations, 1, whole=True)
        self.liked_from, self.rng = setting("liked_from", liked_from), rng
        self.implicit = choice("implicit", implicit, (True, False))

    def _fit(self, train):
        by_user = self.likes_of(self.train_)
        by_item = csr_array(by_user.T)
        start = generator(self.rng).normal(scale=0.1, size=(len(self.items_), self.n_factors))
        self.item_factors_ = start.astype(np.float32)
        for _ in range(self.n_iterations):
            self.user_factors_ = self.half_step(by_user, self.item_factors_)
            self.item_factors_ = self.half_step(by_item, self.user_factors_)
        self.user_factors_ = self.half_step(by_user, self.item_factors_)

    def half_step(self, likes, factors, prior=None):
        """The best vectors of one side, given the other: one ridge regression a row.

            x_u = (YᵀY + α Σ_{i liked} y_i y_iᵀ + λI)⁻¹ (1 + α) Σ_{i liked} y_i,   0 for a row without a like

        likes: csr (n, m) of ones, a row for each x_u.   factors: Y, (m, n_factors).   prior: (n, n_factors), what each
        row is drawn to in place of 0, and gets where it has no like.
        Returns the dtype of factors, (n, n_factors). Raises TypeError for likes that are not sparse, ValueError for
        shapes that do not fit."""
        likes = check_csr("likes", likes)
        if likes.shape[1:] != factors.shape[:1]:
            raise ValueError(f"expected likes (n, m) and factors (m, d), received {likes.shape} and {factors.shape}")
        d = factors.shape[1]
        always = factors.T @ factors + self.regularization * np.eye(d, dtype=factors.dtype)
        solved = np.zeros((likes.shape[0], d), factors.dtype) if prior is None else prior.copy()
        for row in np.flatnonzero(np.diff(likes.indptr)):  # a row without a like is solved by 0
            y = factors[likes.indices[likes.indptr[row] : likes.indptr[row + 1]]]
            right = (1 + self.alpha) * y.sum(axis=0)
            if prior is not None:
                right += self.regularization * prior[row]
            solved[row] = np.linalg.solve(always + self.alpha * (y.T @ y), right)
        return solved

    def _score(self, users, history):
        return self.half_step(self.likes_of(history), self.item_factors_) @ self.item_factors_.T


def _at_least_tiny(weights):
    """Nobody rated it and λ = 0: its bias is 0/0, which shall be 0."""
    return np.maximum(weights, 1e-12)
