"""Training batches as arrays: positives with sampled negatives, and ratings."""

import warnings

import numpy as np

from recsys_lib._checks import check_csr, generator, indices, require, setting

from .interactions import Interactions, with_data
from .sequences import Sequences

BLOCK = 2**20  # pairs looked at together


def sample_negatives(positives, users, n, *, rng, popularity=None, replace=True):
    """n items for each user that are not among the user's positives.

        P(i) = 1 / (n_items − |P_u|), or w_i / Σ_{j ∉ P_u} w_j with weights w;  0 for i ∈ P_u

    positives: csr (n_users, n_items), stored entry = positive.   users: (m,) user indices.
    popularity: weights w (n_items,) ≥ 0, such as counts; None = uniform.   replace=False: the n are distinct.
    Returns int32 (m, n). Raises ValueError where a user has no (or fewer than n distinct) negatives of weight > 0, or
    an argument is not of its shape and range; TypeError for positives that are not sparse, or rng=None.
    Source: Rendle et al. 2009 (uniform). Chapters: Losses (in training), Leakage (in testing)."""
    rng = generator(rng)
    positives = check_csr("positives", positives)
    n_users, n_items = positives.shape
    users = indices("users", users, n_users)
    weights = _drawing_weights(popularity, n_items)
    setting("n", n, 1, whole=True)
    if users.ndim != 1:
        raise ValueError(f"expected users as int (m,), got shape {users.shape}")
    if not len(users):
        return np.empty((0, n), np.int32)
    taken = _each_once(positives)
    free = _count_free(taken, weights)[users]
    if free.min() < (1 if replace else n):
        few = int(np.argmin(free))
        raise ValueError(f"expected {1 if replace else n} or more negatives for user {users[few]}, got {free[few]}")
    if not replace:
        return _sample_distinct(positives, users, n, weights, rng)
    negatives = _draw(weights, (len(users), n), rng, uniform=popularity is None)
    rejected = []
    for start in range(0, negatives.size, BLOCK):
        place = np.arange(start, min(start + BLOCK, negatives.size))
        rejected.append(place[_is_positive(taken, users[place // n], negatives.flat[place])])
    rejected = np.concatenate(rejected)
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


def _drawing_weights(popularity, n_items):
    if popularity is None:
        return np.ones(n_items)
    weights = np.asarray(popularity, float)
    if weights.shape != (n_items,) or not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError(f"expected popularity as {n_items} finite weights ≥ 0, got {weights} of shape {weights.shape}")
    return weights


def _each_once(positives):
    """A copy with a one for each stored entry, once also where it is stored twice."""
    stored = check_csr("likes", positives).copy()
    stored.sum_duplicates()
    return with_data(stored, np.ones(len(stored.data)))


def _count_free(taken, weights):
    """For each user, how many items of weight > 0 are no positives."""
    return int((weights > 0).sum()) - (taken @ (weights > 0)).astype(np.int64)


def _draw(weights, shape, rng, *, uniform):
    if uniform:
        return rng.integers(len(weights), size=shape, dtype=np.int32)
    cumulative, last = np.cumsum(weights), np.flatnonzero(weights)[-1]
    drawn = np.empty(shape, np.int32)
    for start in range(0, drawn.size, BLOCK):
        part = drawn.reshape(-1)[start : start + BLOCK]
        part[:] = np.searchsorted(cumulative, rng.random(len(part)) * cumulative[-1], side="right")
    return np.minimum(drawn, last, out=drawn)  # rounding may step past the last weight


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


def leave_out_full_users(likes, *, popularity=None):
    """The likes without those of users who like everything: no negative can be drawn for them.

    likes: csr (n_users, n_items), stored entry = positive.   popularity: as in `sample_negatives`; an item of weight 0
    is no negative. Returns csr of ones of the same shape, those users' rows empty; warns with their number. Raises
    ValueError where nobody is left, or for weights of another shape or below 0. Chapter: Losses."""
    taken = _each_once(likes)
    weights = _drawing_weights(popularity, taken.shape[1])
    full = (np.diff(taken.indptr) > 0) & (_count_free(taken, weights) == 0)
    if not full.any():
        return taken
    if not taken.nnz > taken[full].nnz:
        raise ValueError(f"expected a user with a negative to draw, received {full.sum()} who like every item")
    warnings.warn(
        f"{full.sum()} user(s) like every item that can be drawn: no negative is left for them, and their "
        f"{taken[full].nnz} likes are not trained on",
        stacklevel=2,
    )
    taken.data[np.repeat(full, np.diff(taken.indptr))] = 0
    taken.eliminate_zeros()
    return taken


def ranking_batches(likes, *, n_negatives, rng, popularity=None):
    """One epoch of positives, each beside its sampled negatives, in the order of the matrix.

    likes: csr (n_users, n_items), stored entry = positive.   Returns user int32 (n,) and items int32
    (n, 1 + n_negatives), the positive in column 0. Users who like everything are left out, with a warning that counts
    them. Raises ValueError as `leave_out_full_users` and `sample_negatives` do.
    Source: Rendle et al. 2009. Chapter: Losses."""
    likes = leave_out_full_users(likes, popularity=popularity)
    return beside_negatives(likes, n_negatives=n_negatives, rng=rng, popularity=popularity)


def beside_negatives(likes, *, n_negatives, rng, popularity=None):
    """What `ranking_batches` gives, of likes from which `leave_out_full_users` has taken what it takes."""
    user, item = (part.astype(np.int32) for part in likes.tocoo().coords)
    negatives = sample_negatives(likes, user, n_negatives, rng=rng, popularity=popularity)
    return user, np.column_stack([item, negatives])


def rating_batches(interactions):
    """Ratings in the same layout: user int32 (n,), items int32 (n, 1), rating float32 (n, 1).

    Raises ValueError where there are no ratings, TypeError for anything but Interactions. Chapter: The full build."""
    rating = require(interactions, Interactions).require_rating()
    return interactions.user.copy(), interactions.item[:, None].copy(), rating[:, None].copy()


def padded(sequences, length):
    """The last `length` items of each person as a row of a grid: 0 = padding on the left, else 1 + the item.

    sequences: Sequences.   Returns int32 (n, L), L the longest row, at most `length` and at least 1. The 1 that is
    added never leaves such a grid: items are counted from 0 everywhere else.
    Raises ValueError for a length below 1, TypeError for anything but Sequences. Chapter: Attention."""
    recent = require(sequences, Sequences).last(setting("length", length, 1, whole=True))
    lengths = recent.lengths
    grid = np.zeros((len(lengths), max(1, lengths.max(initial=0))), np.int32)
    grid[recent.rows, grid.shape[1] - 1 - recent.ages] = recent.items + 1
    return grid
