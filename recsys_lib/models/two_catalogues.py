"""Data fusion: EASE that learns from the people of a second catalogue too, with one weight for all of them."""

import numpy as np
from scipy import linalg, sparse

from recsys_lib._checks import check_csr, setting
from recsys_lib.models.baselines import EASE
from recsys_lib.models.cold_items import dense, rows_of


class TwoCatalogueEASE(EASE):
    """EASE with the likes of other people as further rows, each of which counts w times as much as one of our own.

        B = argmin ‖X − X B‖² + w ‖S − S B‖² + μ ‖Tᵀ − Tᵀ B‖² + λ ‖B‖² with B_ii = 0
          ⇒   B = I − P diag(P)⁻¹,   P = (XᵀX + w SᵀS + μ T Tᵀ + λ I)⁻¹

    score(u) = x_u B, for our own people as for anybody with likes over the same films.
    others: S, csr (n_others, n_items), their likes over the films of the data: a film that they do not know is a column
    of zeros.   weight: w ≥ 0; 0 is EASE, 1 makes all alike.   vectors: T, (n_items, d), texts of the films, or None.
    text_weight: μ.   regularization: λ, in likes.   liked_from, implicit: as of every model; `others` are likes.
    Where our own people and the numbers of a text are fewer than the films, D = w SᵀS + λ I is inverted on the films
    that the others liked alone (it is λ I elsewhere), and Woodbury's identity adds Z = [X; √μ Tᵀ]:

        P = D⁻¹ − D⁻¹ Zᵀ (I + Z D⁻¹ Zᵀ)⁻¹ Z D⁻¹

    Fitted: `scale_` (diag P) and what gives h P. `fit` raises ValueError where the columns of `others`, or the rows of
    `vectors`, are not the films of the data, or no others are given.
    Memory grows with the square of the films that the others liked, and with (n_users + d) · n_items.
    Source: the idea is Singh & Gordon 2008's, who factorise; the closed form is Steck 2019's. Chapter: Two catalogues,
    one model."""

    _arrays = ("scale_", "inverse_", "touched_", "rows_", "solved_")

    def __init__(
        self,
        others=None,
        vectors=None,
        *,
        weight=0.1,
        text_weight=10.0,
        regularization=100.0,
        liked_from=4.0,
        implicit=False,
    ):
        super().__init__(regularization=regularization, liked_from=liked_from, implicit=implicit)
        self._others, self._vectors = others, vectors
        self.weight, self.text_weight = setting("weight", weight, 0), setting("text_weight", text_weight, 0)

    def _fit(self, train):
        if self._others is None:
            raise ValueError("expected others, a csr of likes over the films of the data, received none")
        others = check_csr("others", self._others).astype(np.float64)
        if others.shape[1] != train.n_items:
            raise ValueError(f"expected others over {train.n_items} films, received shape {others.shape}")
        x = self.likes_of(self.train_).astype(np.float64)
        texts = np.empty((train.n_items, 0))
        if self._vectors is not None:
            texts = np.sqrt(self.text_weight) * np.asarray(dense(rows_of(self._vectors, train)), np.float64)
        if x.shape[0] + texts.shape[1] < x.shape[1]:
            self._fit_by_rows(np.vstack([x.toarray(), texts.T]), others)
        else:
            gram = (x.T @ x + self.weight * (others.T @ others)).toarray("C") + texts @ texts.T
            self.inverse_ = self._inverse(gram)
            self.scale_ = np.diag(self.inverse_).copy()
            self.touched_ = np.arange(train.n_items)
            self.rows_ = self.solved_ = np.empty((0, train.n_items))

    def _fit_by_rows(self, z, others):
        liked = np.diff(sparse.csc_array(others).indptr) > 0
        self.touched_ = np.flatnonzero(liked & (self.weight > 0))
        their = others[:, self.touched_]
        self.inverse_ = self._inverse(self.weight * (their.T @ their))
        self.rows_ = self._times_inverse(z)  # Z D⁻¹
        core = self.rows_ @ z.T
        core[np.diag_indices_from(core)] += 1
        self.solved_ = linalg.solve(core, self.rows_, assume_a="pos", overwrite_a=True)
        self.scale_ = np.full(z.shape[1], 1 / self.regularization)
        self.scale_[self.touched_] = np.diag(self.inverse_)
        self.scale_ -= np.einsum("ri,ri->i", self.rows_, self.solved_)

    def _times_inverse(self, z):
        """z D⁻¹ of an array (n, n_items)."""
        out = z / self.regularization
        out[:, self.touched_] = z[:, self.touched_] @ self.inverse_
        return out

    def _score(self, users, history):
        h = self.likes_of(history).astype(np.float64)
        full = h.toarray()
        p = self._times_inverse(full) - (h @ self.rows_.T) @ self.solved_
        return full - p / self.scale_
