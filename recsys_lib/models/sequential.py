"""Models of order in ten lines each: a decayed history times a matrix of items by items. NumPy and SciPy only."""

import numpy as np
from scipy import linalg
from scipy.sparse import csr_array, issparse
from sklearn.preprocessing import normalize

from recsys_lib._checks import choice, setting
from recsys_lib.data.sequences import steps
from recsys_lib.models.ordered import OrderedRecommender


class DecayedHistory(OrderedRecommender):
    """What the models of this file share: score(u) = h_u B with h_uj = γ^(age of j), the last like having age 0.

    decay: γ in (0, 1]; with 1 the order does not count.   liked_from: a rating from here on is a like.   implicit:
    every pair is a like, whatever its rating.   Each model writes `_matrix(x)`, its B. Fitted: `matrix_`, float32
    (n_items, n_items), which is what memory grows with; sparse (csr) where B is."""

    _arrays = ("matrix_",)

    def __init__(self, *, decay=0.7, liked_from=4.0, implicit=False):
        self.decay = setting("decay", decay, 0, 1 + 1e-12, above=True)
        self.liked_from = setting("liked_from", liked_from)
        self.implicit = choice("implicit", implicit, (True, False))

    def _fit(self, train):
        self.matrix_ = self._matrix().astype(np.float32)

    def _score(self, sequences):
        scores = sequences.decayed(self.decay, len(self.items_)) @ self.matrix_
        return scores.toarray() if issparse(scores) else scores


class DecayedCosine(DecayedHistory):
    """The cosine between items, for a history in which the latest like counts most.

        score(u, i) = Σ_j γ^(age of j) cos(j, i)

    Settings: as of `DecayedHistory`. With decay=1 it is item cosine with all neighbours.   Chapter: Sequences."""

    def _matrix(self):
        x = normalize(self.likes_of(self.train_).astype(np.float64), axis=0)
        cosine = (x.T @ x).toarray()
        np.fill_diagonal(cosine, 0)
        return cosine


class DecayedEASE(DecayedHistory):
    """EASE, for a history in which the latest like counts most.

        score(u) = h_u B,   B_ij = −P_ij / P_jj for i ≠ j, 0 on the diagonal,   P = (XᵀX + λI)⁻¹

    regularization: λ, in likes.   decay, liked_from, implicit: as of `DecayedHistory`. The fit is EASE's and knows no
    order.   Chapter: Sequences."""

    def __init__(self, *, regularization=100.0, decay=0.7, liked_from=4.0, implicit=False):
        super().__init__(decay=decay, liked_from=liked_from, implicit=implicit)
        self.regularization = setting("regularization", regularization, 0, above=True)

    def _matrix(self):
        x = self.likes_of(self.train_).astype(np.float64)
        p = _regularised_inverse((x.T @ x).toarray(), self.regularization)
        b = -p / np.diag(p)
        np.fill_diagonal(b, 0)
        return b


class TransitionCounts(DecayedHistory):
    """How often item i followed item j, nearer steps counting more.

        B_ji = Σ γ^(items between)   over all people and pairs in which i came after j, at most `window` items later
        score(u, i) = Σ_j γ^(age of j) B_ji

    direction: "directed" as above; "reversed" has j and i change places; "undirected" is the sum of both.   window: how
    many items back count.   decay, liked_from, implicit: as of `DecayedHistory`.   Chapter: Sequences."""

    def __init__(self, *, direction="directed", window=20, decay=0.7, liked_from=4.0, implicit=False):
        super().__init__(decay=decay, liked_from=liked_from, implicit=implicit)
        self.direction = choice("direction", direction, ("directed", "undirected", "reversed"))
        self.window = setting("window", window, 1, whole=True)

    def _matrix(self):
        x, y, _ = steps(self.events_, decay=self.decay, window=self.window, n_items=len(self.items_))
        counts = csr_array(x.T @ y)
        if self.direction == "directed":
            return counts
        return csr_array(counts.T if self.direction == "reversed" else counts + counts.T)


class NextItemRidge(DecayedHistory):
    """The linear map from the history before a step to the item after it, in closed form.

        B = argmin Σ_steps ‖y_t − x_t B‖² + λ ‖B‖²   ⇒   B = (XᵀX + λI)⁻¹ XᵀY
        x_tj = γ^(items between j and the next one), y_t = 1 for the next item, 0 for all others;   score(u) = h_u B

    regularization: λ, in likes.   window: how many items back count.   decay, liked_from, implicit: as of
    `DecayedHistory`.   It solves a dense system over the items that stand in a history.   Chapter: Sequences."""

    def __init__(self, *, regularization=100.0, window=20, decay=0.7, liked_from=4.0, implicit=False):
        super().__init__(decay=decay, liked_from=liked_from, implicit=implicit)
        self.regularization = setting("regularization", regularization, 0, above=True)
        self.window = setting("window", window, 1, whole=True)

    def _matrix(self):
        x, y, _ = steps(self.events_, decay=self.decay, window=self.window, n_items=len(self.items_))
        return solve_ridge(x, y, self.regularization)


def solve_ridge(x, y, regularization):
    """(XᵀX + λI)⁻¹ XᵀY of two csr, dense; a row of zeros for an item that stands in no history."""
    used = np.flatnonzero(np.bincount(x.indices, minlength=x.shape[1]))
    x_used = csr_array(x.astype(np.float64)[:, used])
    gram = (x_used.T @ x_used).toarray()
    gram[np.diag_indices_from(gram)] += regularization
    solved = linalg.solve(gram, (x_used.T @ y.astype(np.float64)).toarray(), assume_a="pos", overwrite_a=True)
    b = np.zeros((x.shape[1], y.shape[1]))
    b[used] = solved
    return b


def _regularised_inverse(gram, regularization):
    gram[np.diag_indices_from(gram)] += regularization
    return linalg.inv(gram, overwrite_a=True, check_finite=False)
