"""Training batches as arrays: positives with sampled negatives, and ratings."""

import numpy as np
from scipy.sparse import csr_array

from recsys_lib._checks import generator, indices, require, setting

from .interactions import Interactions


def sample_negatives(positives, users, n, *, rng, popularity=None, replace=True):
    """n items for each user that are not among the user's positives.

        P(i) = 1 / (n_items − |P_u|), or w_i / Σ_{j ∉ P_u} w_j with weights w;  0 for i ∈ P_u

    positives: csr (n_users, n_items), stored entry = positive.   users: (m,) user indices.
    popularity: weights w (n_items,) ≥ 0, such as counts; None = uniform.   replace=False: the n are distinct.
    Returns int32 (m, n). Raises ValueError where a user has no (or fewer than n distinct) negatives of weight > 0.
    Source: Rendle et al. 2009 (uniform). Chapter: Losses."""
    rng = generator(rng)
    positives = csr_array(positives)
    n_users, n_items = positives.shape
    users = indices("users", users, n_users)
    weights = np.ones(n_items) if popularity is None else np.asarray(popularity, float)
    setting("n", n, 1, whole=True)
    if users.ndim != 1 or weights.shape != (n_items,) or not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError(
            f"expected users int (m,) and finite weights ≥ 0 of shape ({n_items},), "
            f"got users {users.dtype} {users.shape}, weights {weights.shape}"
        )
    if not len(users):
        return np.empty((0, n), np.int32)
    taken = csr_array((np.ones(positives.nnz), positives.indices, positives.indptr), shape=positives.shape)
    free = int((weights > 0).sum()) - (taken @ (weights > 0)).astype(np.int64)[users]
    if free.min() < (1 if replace else n):
        few = int(np.argmin(free))
        raise ValueError(f"expected {1 if replace else n} or more negatives for user {users[few]}, got {free[few]}")
    if not replace:
        return _sample_distinct(positives, users, n, weights, rng)
    negatives = _draw(weights, (len(users), n), rng, uniform=popularity is None)
    rejected = np.flatnonzero(_is_positive(taken, np.repeat(users, n), negatives.ravel()))
    for _ in range(20):
        if not len(rejected):
            return negatives
        negatives.flat[rejected] = _draw(weights, len(rejected), rng, uniform=popularity is None)
        rejected = rejected[_is_positive(taken, users[rejected // n], negatives.flat[rejected])]
    for place in rejected:  # users who like nearly everything: draw from what is left of them
        rest = weights.copy()
        rest[positives[[users[place // n]]].indices] = 0
        negatives.flat[place] = rng.choice(n_items, p=rest / rest.sum())
    return negatives


def _draw(weights, shape, rng, *, uniform):
    if uniform:
        return rng.integers(len(weights), size=shape, dtype=np.int32)
    cumulative = np.cumsum(weights)
    drawn = np.searchsorted(cumulative, rng.random(shape) * cumulative[-1], side="right")
    return np.minimum(drawn, np.flatnonzero(weights)[-1]).astype(np.int32)  # rounding may step past the last weight


def _is_positive(taken, users, items):
    return np.asarray(taken[users, items]).ravel() > 0


def _sample_distinct(positives, users, n, weights, rng, block=256):
    """The n largest of log w + Gumbel noise are n draws by weight, one after the other, without replacement."""
    with np.errstate(divide="ignore"):
        log_weights = np.log(weights)
    drawn = np.empty((len(users), n), np.int32)
    for start in range(0, len(users), block):
        part = users[start : start + block]
        keys = log_weights + rng.gumbel(size=(len(part), len(weights)))
        row, item = positives[part].tocoo().coords  # stored zeros too, which `nonzero` would leave out
        keys[row, item] = -np.inf
        drawn[start : start + block] = np.argpartition(-keys, n - 1, axis=1)[:, :n]
    return drawn


def ranking_batches(likes, *, n_negatives, rng, popularity=None):
    """One epoch of positives, each beside its sampled negatives, in the order of the matrix.

    likes: csr (n_users, n_items), stored entry = positive.   Returns user int32 (n,) and items int32
    (n, 1 + n_negatives), the positive in column 0. Raises ValueError as `sample_negatives` does.
    Source: Rendle et al. 2009. Chapter: Losses."""
    likes = csr_array(likes)
    user, item = (part.astype(np.int32) for part in likes.tocoo().coords)
    negatives = sample_negatives(likes, user, n_negatives, rng=rng, popularity=popularity)
    return user, np.column_stack([item, negatives])


def rating_batches(interactions):
    """Ratings in the same layout: user int32 (n,), items int32 (n, 1), rating float32 (n, 1).

    Raises ValueError where there are no ratings, TypeError for anything but Interactions. Chapter: The full build."""
    rating = require(interactions, Interactions).require_rating()
    return interactions.user.copy(), interactions.item[:, None].copy(), rating[:, None].copy()
