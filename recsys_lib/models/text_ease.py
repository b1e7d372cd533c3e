"""Text and ids in one model: EASE that also has to explain the items' texts, and ALS whose item vectors follow them."""

import numpy as np
from scipy.sparse import csr_array

from recsys_lib._checks import choice, generator, setting
from recsys_lib.models.baselines import ALS, EASE
from recsys_lib.models.cold_items import dense, rows_of


class TextEASE(EASE):
    """EASE with the texts as further rows: one matrix of weights explains who liked an item and what is written of it.

        B = argmin ‖X − X B‖² + μ ‖Tᵀ − Tᵀ B‖² + λ ‖B‖² with B_ii = 0
          ⇒   B = I − P diag(P)⁻¹,   P = (XᵀX + μ T Tᵀ + λ I)⁻¹

    Each number of the text vectors is like one more user, with √μ T_if in the place of likes: the sum of squares of two
    blocks of rows is that of both below each other, Z = [X; √μ Tᵀ], and so the solution is EASE's with Z for X. An item
    that nobody liked gets its weights from the texts alone. Where rows of Z are fewer than items, as in `EASE`:

        P = (I − Zᵀ K Z) / λ,   K = (Z Zᵀ + λ I)⁻¹

    vectors: T, (n_items, d), dense or sparse, a row for each item of the data.   text_weight: μ; 0 is EASE.
    regularization: λ, in likes.   liked_from, implicit: as of every model.
    Fitted: `texts_`, `inverse_`, `scale_`. `fit` raises ValueError where the vectors' rows are not the items'.
    Memory grows with the square of the smaller of n_users + d and n_items and, where that is the first, with
    (n_users + d) · n_items. `save` does not know it.
    Source: Jeunen, Van Balen & Goethals 2020 (collective EASE). Chapter: Learning to fuse."""

    def __init__(self, vectors=None, *, text_weight=10.0, regularization=100.0, liked_from=4.0, implicit=False):
        super().__init__(regularization=regularization, liked_from=liked_from, implicit=implicit)
        self._vectors, self.text_weight = vectors, setting("text_weight", text_weight, 0)

    def _fit(self, train):
        self.texts_ = np.asarray(dense(rows_of(self._vectors, train)), np.float64)
        x = self.likes_of(self.train_).astype(np.float64)
        if self._few_users:
            z = self._rows(x)
            self.inverse_ = self._inverse(z @ z.T) @ z  # K Z
            self.scale_ = 1 - np.einsum("ri,ri->i", z, self.inverse_)
        else:
            gram = (x.T @ x).toarray() + self.text_weight * (self.texts_ @ self.texts_.T)
            self.inverse_ = self._inverse(gram)
            self.scale_ = np.diag(self.inverse_).copy()

    def _rows(self, x):
        """Z, (n_users + d, n_items)."""
        return np.vstack([x.toarray(), np.sqrt(self.text_weight) * self.texts_.T])

    def _score(self, users, history):
        h = self.likes_of(history).astype(np.float64)
        if self._few_users:
            x = self.likes_of(self.train_).astype(np.float64)
            of_rows = np.hstack([(h @ x.T).toarray(), h @ (np.sqrt(self.text_weight) * self.texts_)])
            return h.toarray() - (h.toarray() - of_rows @ self.inverse_) / self.scale_
        return h.toarray() - (h @ self.inverse_) / self.scale_

    @property
    def _few_users(self):
        return self.train_.shape[0] + self.texts_.shape[1] < self.train_.shape[1]


class TextALS(ALS):
    """ALS whose item vectors are drawn to what their texts let expect, not to zero.

        minimise Σ_{u,i} c_ui (p_ui − x_u · y_i)² + λ (Σ ‖x_u‖² + Σ ‖y_i − Gᵀ t_i‖² + ρ ‖G‖²)

        y_i = (XᵀX + α Σ_{u likes i} x_u x_uᵀ + λI)⁻¹ ((1 + α) Σ_{u likes i} x_u + λ Gᵀ t_i)
        G   = (TᵀT + ρI)⁻¹ Tᵀ Y,   over the items that somebody liked

    The pairs of an item that nobody liked are in no sum: its vector is Gᵀ t_i, so that it gets scores from its text.
    drawn: False leaves the texts to the start alone: y begins at the first n_factors directions of the texts (their
    singular vectors, scaled to the spread of the random start), and then all is as in `ALS`.
    vectors: T, (n_items, d), a row for each item.   text_regularization: ρ > 0.   The others: those of `ALS`.
    Fitted: `item_factors_`, `user_factors_`, `prior_` (n_items, n_factors), `warm_`: who liked the item is known.
    `fit` raises ValueError where the vectors' rows are not the items', and where drawn is False and the texts have
    fewer than n_factors directions.
    Source: the idea is Wang & Blei 2011's. Chapter: Learning to fuse."""

    def __init__(
        self,
        vectors=None,
        *,
        drawn=True,
        text_regularization=10.0,
        n_factors=32,
        regularization=3.0,
        alpha=0.5,
        n_iterations=15,
        liked_from=4.0,
        implicit=False,
        rng=0,
    ):
        super().__init__(n_factors=n_factors, regularization=regularization, alpha=alpha, n_iterations=n_iterations,
                         liked_from=liked_from, implicit=implicit, rng=rng)  # fmt: skip
        self._vectors, self.drawn = vectors, choice("drawn", drawn, (True, False))
        self.text_regularization = setting("text_regularization", text_regularization, 0, above=True)

    def _fit(self, train):
        texts = np.asarray(dense(rows_of(self._vectors, train)), np.float32)
        by_user = self.likes_of(self.train_)
        by_item = csr_array(by_user.T)
        self.warm_ = warm = np.diff(by_item.indptr) > 0
        self.item_factors_ = self._start(texts)
        self.prior_ = np.zeros_like(self.item_factors_)
        gram = texts[warm].T @ texts[warm] + self.text_regularization * np.eye(texts.shape[1], dtype=np.float32)
        for _ in range(self.n_iterations):
            self.user_factors_ = self.half_step(by_user, self._of_warm())
            self.item_factors_ = self.half_step(by_item, self.user_factors_, self.prior_)
            if self.drawn:
                self.prior_ = texts @ np.linalg.solve(gram, texts[warm].T @ self.item_factors_[warm])
                self.item_factors_[~warm] = self.prior_[~warm]
        self.user_factors_ = self.half_step(by_user, self._of_warm())

    def _of_warm(self):
        """The items' vectors, 0 where nobody liked the item: it says nothing about a person."""
        return np.where(self.warm_[:, None], self.item_factors_, 0)

    def _score(self, users, history):
        return self.half_step(self.likes_of(history), self._of_warm()) @ self.item_factors_.T

    def _start(self, texts):
        if self.drawn:
            draw = generator(self.rng).normal(scale=0.1, size=(len(self.items_), self.n_factors))
            return draw.astype(np.float32)
        directions, lengths, _ = np.linalg.svd(texts, full_matrices=False)
        if (lengths > 1e-6 * lengths.max(initial=1e-30)).sum() < self.n_factors:
            raise ValueError(f"expected texts of {self.n_factors} directions to start from, received {texts.shape}")
        start = directions[:, : self.n_factors] * lengths[: self.n_factors]
        return (0.1 * start / start.std()).astype(np.float32)
