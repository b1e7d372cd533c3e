"""Several models' scores or lists made one: rules of score and rank fusion, and what two models find in common.

First each model's scores are put on one scale (`min_max`, `z_score`) or its list is turned into points
(`reciprocal_rank`, `borda`), then the parts are added (`comb_sum`, `comb_mnz`, `weighted_sum`). Each row is computed
from that row alone, so a large catalogue can be fused in blocks of users. What may not be recommended is left out of
every minimum, mean and rank; `top_k` still has to be told, for no other function leaves an item out of a list."""

from typing import NamedTuple

import numpy as np
from scipy import sparse

from recsys_lib._checks import check_2d, check_csr, indices, setting
from recsys_lib.retrieval import top_k


def min_max(scores, *, exclude=None):
    """Each row moved and stretched to 0..1.

        f(s)_ui = (s_ui − min_j s_uj) / (max_j s_uj − min_j s_uj),   j over the items not excluded for u

    scores: (n_users, n_items), finite, higher is better.   exclude: csr of the same shape or None; a stored entry
    counts in no minimum and no maximum, as what was seen should not.
    Returns float64 (n_users, n_items): the worst item left is 0, the best 1. Excluded entries are 0, and so is a row
    whose items left have all the same score. Raises ValueError for NaN or infinite scores and shapes that differ,
    TypeError for sparse scores or an `exclude` that is not sparse.
    Chapter: Fusing scores."""
    scores, left = _scores_and_left(scores, exclude)
    low, span = _low_and_span(scores, left)
    return np.where(left & (span > 0), (scores - low) / np.where(span > 0, span, 1), 0)


def z_score(scores, *, exclude=None):
    """Each row brought to mean 0 and standard deviation 1.

        f(s)_ui = (s_ui − m_u) / d_u,   m_u and d_u: mean and standard deviation of s_uj over the items not excluded

    scores, exclude: as of `min_max`. d_u divides by the number of items.
    Returns float64 (n_users, n_items). Excluded entries are 0, and so is a row whose items left have all the same
    score. Raises what `min_max` does.
    Chapter: Fusing scores."""
    scores, left = _scores_and_left(scores, exclude)
    _, span = _low_and_span(scores, left)
    n = np.maximum(left.sum(axis=1, keepdims=True), 1)
    centred = np.where(left, scores - np.where(left, scores, 0).sum(axis=1, keepdims=True) / n, 0)
    deviation = np.sqrt((centred**2).sum(axis=1, keepdims=True) / n)
    varied = (span > 0) & (deviation > 0)  # of equal scores, rounding may leave a deviation above 0
    return np.where(varied, centred / np.where(varied, deviation, 1), 0)


def reciprocal_rank(lists, n_items, *, k=60):
    """Points of a list for reciprocal rank fusion (RRF): many for the first places, few and alike far below.

        p_ui = 1 / (k + r_ui),   r_ui: place of item i in the list of u, from 1;   0 for an item not in it

    lists: int (n_users, depth) of `top_k`, best first, -1 = none.   n_items: of the catalogue.   k: ≥ 0; the larger,
    the less the first places stand out.
    Returns float64 (n_users, n_items). Raises ValueError for an item outside 0..n_items − 1, one that stands twice in a
    list, and k below 0.
    Source: Cormack, Clarke & Büttcher 2009, with their k of 60. Chapter: Fusing scores."""
    k = setting("k", k, 0)
    return _points(lists, n_items, lambda depth: 1 / (k + 1.0 + np.arange(depth)))


def borda(lists, n_items):
    """Points of a list as in an election by Borda: the last place gets 1, each place above it one more.

        p_ui = depth + 1 − r_ui,   r_ui: place of item i in the list of u, from 1;   0 for an item not in it

    lists, n_items: as of `reciprocal_rank`. Of lists with another depth the first place has another worth: give all
    models the same.
    Returns float64 (n_users, n_items). Raises what `reciprocal_rank` does.
    After Aslam & Montague 2001, who deal the remaining points evenly to the items not listed; here these get 0.
    Chapter: Fusing scores."""
    return _points(lists, n_items, lambda depth: np.arange(depth, 0.0, -1))


def listed(scores, lists):
    """The scores of the items in the lists, and 0 for all others: float64 (n_users, n_items).

    scores: (n_users, n_items), such as of `min_max`.   lists: int (n_users, depth), -1 = none, e.g. the model's own
    candidates.   Raises ValueError where the numbers of users differ, and what `reciprocal_rank` does.
    Chapter: Fusing scores."""
    scores, _ = _scores_and_left(scores, None)
    inside = _points(lists, scores.shape[1], np.ones)
    if len(inside) != len(scores):
        raise ValueError(f"expected scores and lists of the same users, received {len(scores)} and {len(inside)}")
    return np.where(inside > 0, scores, 0)


def comb_sum(parts):
    """The sum of several models' scores: Σ_m p^m_ui.

    parts: list of arrays (n_users, n_items), one a model, on one scale.   Returns float64 (n_users, n_items).
    Raises ValueError for no part, NaN or infinite scores, and shapes that differ.
    Source: Fox & Shaw 1994. Chapter: Fusing scores."""
    return sum(_checked(parts))


def comb_mnz(parts):
    """The sum of several models' scores, times how many of them name the item.

        s_ui = |{m : p^m_ui > 0}| · Σ_m p^m_ui

    parts: as of `comb_sum`, none below 0: `min_max`, best kept to each model's candidates by `listed`; over a whole
    catalogue nearly every item has a score above 0 from every model, and the number says nothing.
    Returns float64 (n_users, n_items). Raises what `comb_sum` does, and ValueError for a score below 0.
    Source: Fox & Shaw 1994. Chapter: Fusing scores."""
    parts = _checked(parts)
    if (lowest := min(part.min(initial=0) for part in parts)) < 0:
        raise ValueError(f"expected scores ≥ 0, as of min_max, received {lowest}")
    return sum(part > 0 for part in parts) * sum(parts)


def weighted_sum(parts, weights):
    """The sum of several models' scores, each times its weight: Σ_m w_m p^m_ui.

    parts: as of `comb_sum`.   weights: one finite number a part, to be chosen on validation.
    Returns float64 (n_users, n_items). Raises what `comb_sum` does, and ValueError for another number of weights or one
    that is not finite.
    Source: Vogt & Cottrell 1999. Chapter: Fusing scores."""
    parts = _checked(parts)
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != (len(parts),) or not np.isfinite(weights).all():
        raise ValueError(f"expected {len(parts)} finite weights, one a part, received {weights}")
    return sum(weight * part for weight, part in zip(weights, parts))


class Overlap(NamedTuple):
    """Relevant pairs of user and item by who has them in its list: both models, one alone, neither."""

    both: int
    only_a: int
    only_b: int
    neither: int

    @property
    def jaccard(self):
        """What both find as a share of what either finds: 0 where no hit is shared, 1 where all are; NaN for none."""
        found = self.both + self.only_a + self.only_b
        return self.both / found if found else np.nan

    @property
    def new(self):
        """The hits that b alone has, per hit of a: what b could add at most. NaN where a has none."""
        of_a = self.both + self.only_a
        return self.only_b / of_a if of_a else np.nan


def error_overlap(a, b, relevant):
    """Do two models find the same? Counts, over all relevant pairs of user and item, of who has them in its list.

        jaccard = |hits of a ∩ hits of b| / |hits of a ∪ hits of b|

    a, b: int (n_users, k) of `top_k`, -1 = none, of the same k.   relevant: csr (n_users, n_items), stored entry =
    relevant, as for the metrics.
    Returns Overlap(both, only_a, only_b, neither), with `jaccard` and `new`. Raises ValueError for lists or relevant of
    other shapes, TypeError where `relevant` is not sparse.
    Chapter: Fusing scores."""
    relevant = check_csr("relevant", relevant)
    user, item = np.repeat(np.arange(relevant.shape[0]), np.diff(relevant.indptr)), relevant.indices
    if np.shape(a) != np.shape(b) or len(np.shape(a)) != 2 or len(a) != relevant.shape[0]:
        shapes = f"{np.shape(a)}, {np.shape(b)} and {relevant.shape}"
        raise ValueError(f"expected two lists (n_users, k) of one shape and relevant (n_users, n_items), got {shapes}")
    hit_a, hit_b = (_points(lists, relevant.shape[1], np.ones)[user, item] > 0 for lists in (a, b))
    counts = (hit_a & hit_b, hit_a & ~hit_b, ~hit_a & hit_b, ~hit_a & ~hit_b)
    return Overlap(*(int(part.sum()) for part in counts))


def beyond(better, other, relevant, *, exclude=None, depth=30):
    """Does a second model tell the relevant from the rest where the first one cannot?

        candidates of u: the first `depth` items of the better model
        e_ui = (t_ui − mean t) − β_u (s_ui − mean s),   β_u = Σ (s − mean s)(t − mean t) / Σ (s − mean s)²
        value_u = P(e of a relevant candidate > e of another one) + ½ P(equal)

    s and t are the scores of the better and the other model among the candidates: e is what t says that no multiple of
    s says. 1 puts all relevant candidates first, ½ tells nothing, 0 puts them last. Where the better model gives all
    items one score, its candidates are the first by number.
    better, other: (n_users, n_items), finite.   relevant, exclude: csr of that shape; a stored entry counts.
    Returns float64 (n_users,), NaN for a user whose candidates are all relevant or none of them is. Raises what
    `min_max` does, and ValueError for shapes that differ or a depth below 2.
    Chapter: Fusing scores."""
    setting("depth", depth, 2, whole=True)
    better, other = _checked([better, other])
    relevant = check_csr("relevant", relevant)
    if relevant.shape != better.shape:
        raise ValueError(f"expected relevant of the shape of the scores {better.shape}, received {relevant.shape}")
    lists, values = top_k(better, depth, exclude=exclude), np.full(len(better), np.nan)
    for user, items in enumerate(lists):
        items = items[items >= 0]
        wanted = np.isin(items, relevant.indices[relevant.indptr[user] : relevant.indptr[user + 1]])
        if wanted.any() and not wanted.all():
            values[user] = _share_above(_what_is_left(better[user, items], other[user, items]), wanted)
    return values


def _what_is_left(s, t):
    """t less its mean and its regression on s."""
    s, t = s - s.mean(), t - t.mean()
    left = t - (s @ t / (s @ s) if s @ s > 0 else 0) * s
    return np.where(np.abs(left) > 1e-9 * np.abs(t).max(), left, 0)  # of a multiple of s rounding leaves a little


def _share_above(values, marked):
    """Share of the pairs of a marked and another value in which the marked one is larger; equal ones count half."""
    more = np.subtract.outer(values[marked], values[~marked])
    return ((more > 0) + (more == 0) / 2).mean()


def _scores_and_left(scores, exclude):
    """The scores as float64, and which of them count, bool of the same shape."""
    if sparse.issparse(scores):
        raise TypeError(f"expected scores as a dense array, received {type(scores).__name__}: pass scores.toarray()")
    scores = check_2d("scores", np.asarray(scores)).astype(np.float64, copy=False)
    if not np.isfinite(scores).all():
        row = int((~np.isfinite(scores)).any(axis=1).argmax())
        advice = "; items are left out by exclude=, not by -inf"
        raise ValueError(f"expected finite scores, received NaN or an infinite one in row {row}{advice}")
    left = np.ones(scores.shape, bool)
    if exclude is not None:
        exclude = check_csr("exclude", exclude)
        if exclude.shape != scores.shape:
            raise ValueError(f"exclude must have the shape of scores {scores.shape}, received {exclude.shape}")
        left[exclude.tocoo().coords] = False
    return scores, left


def _low_and_span(scores, left):
    """(n_users, 1) each: the lowest score that counts, and how far the highest lies above it; 0 and 0 where none."""
    low = np.where(left, scores, np.inf).min(axis=1, keepdims=True, initial=np.inf)
    high = np.where(left, scores, -np.inf).max(axis=1, keepdims=True, initial=-np.inf)
    some = left.any(axis=1, keepdims=True)
    low, high = np.where(some, low, 0), np.where(some, high, 0)
    return low, high - low


def _points(lists, n_items, of_places):
    """Points by place of each list, dealt to the items: float64 (n_users, n_items); of_places: depth → points."""
    n_items = setting("n_items", n_items, 1, whole=True)
    lists = check_2d("lists", indices("lists", lists, n_items, low=-1), "(n_users, depth)")
    row, place = np.nonzero(lists >= 0)
    times = np.bincount(row * n_items + lists[row, place], minlength=len(lists) * n_items)
    if times.max(initial=0) > 1:
        user, item = divmod(int(times.argmax()), n_items)
        raise ValueError(f"expected each item once in a list, received item {item} twice in row {user}")
    points = np.zeros((len(lists), n_items))
    points[row, lists[row, place]] = of_places(lists.shape[1])[place]
    return points


def _checked(parts):
    """The parts as a list of float64 arrays of one shape."""
    parts = [_scores_and_left(part, None)[0] for part in parts]
    shapes = {part.shape for part in parts}
    if len(shapes) != 1:
        received = ", ".join(str(part.shape) for part in parts) or "none"
        raise ValueError(f"expected one array or more of one shape, received {received}")
    return parts
