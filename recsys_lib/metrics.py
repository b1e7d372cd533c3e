"""Measures of a prediction, of a list and of all lists together.

The ranking metrics are trec_eval's, of binary relevance: `(recommended (n_users, k), relevant csr) -> (n_users,)`.
Their mean over users is `numpy.nanmean`: a user with no relevant item has no value (NaN) and is not counted.
"""

import numpy as np
import pandas as pd
from scipy import sparse

from recsys_lib._checks import check_2d, check_csr, setting


def hit_rate(recommended, relevant):
    """Is there a relevant item among the k? (success@k)

        HR@k = 1 if Σ_{r ≤ k} hit_r > 0, else 0

    recommended: int (n_users, k), best first, -1 = none.   relevant: csr (n_users, n_items), stored entry = relevant.
    Returns float64 (n_users,), 0 or 1; NaN for a user with no relevant item. Nothing is divided; where each user has
    one relevant item it equals recall@k. Raises ValueError if shapes or items do not fit, TypeError for a dense
    `relevant`.
    Source: trec_eval's success. Chapter: Evaluation."""
    hits, n_relevant = _hits(recommended, relevant)
    return np.where(np.isnan(n_relevant), np.nan, hits.any(axis=1))


def precision(recommended, relevant):
    """Share of the k places that hold a relevant item.

        P@k = Σ_{r ≤ k} hit_r / k

    The denominator is k, even where fewer than k were recommended or are relevant; implicit divides by min(k, |R_u|).
    recommended: int (n_users, k), best first, -1 = none.   relevant: csr (n_users, n_items), stored entry = relevant.
    Returns float64 (n_users,) in [0, 1]; NaN for a user with no relevant item. Raises ValueError if shapes or items
    do not fit, TypeError for a dense `relevant`.
    Source: trec_eval's P. Chapter: Evaluation."""
    hits, n_relevant = _hits(recommended, relevant)
    return np.where(np.isnan(n_relevant), np.nan, hits.sum(axis=1) / hits.shape[1])


def recall(recommended, relevant):
    """Share of the relevant items that are among the k.

        Recall@k = Σ_{r ≤ k} hit_r / |R_u|

    The denominator is |R_u|, so a user with more than k relevant items cannot reach 1; LensKit takes min(k, |R_u|).
    recommended: int (n_users, k), best first, -1 = none.   relevant: csr (n_users, n_items), stored entry = relevant.
    Returns float64 (n_users,) in [0, 1]; NaN for a user with no relevant item. Raises ValueError if shapes or items
    do not fit, TypeError for a dense `relevant`.
    Source: trec_eval's recall. Chapter: Evaluation."""
    hits, n_relevant = _hits(recommended, relevant)
    return hits.sum(axis=1) / n_relevant


def ndcg(recommended, relevant):
    """Normalised discounted cumulative gain at k, binary relevance.

        NDCG@k = Σ_{r ≤ k} hit_r / log2(r + 1)  /  Σ_{r ≤ min(k, |R_u|)} 1 / log2(r + 1)

    The denominator is the best sum that k places and |R_u| items allow, so a perfect list has 1 even where |R_u| < k.
    RecTools divides by the sum over all k places; LensKit discounts by log2(max(r, 2)).
    recommended: int (n_users, k), best first, -1 = none.   relevant: csr (n_users, n_items), stored entry = relevant.
    Returns float64 (n_users,) in [0, 1]; NaN for a user with no relevant item. Raises ValueError if shapes or items
    do not fit, TypeError for a dense `relevant`.
    Source: Järvelin & Kekäläinen 2002, trec_eval's form. Chapter: Evaluation."""
    hits, n_relevant = _hits(recommended, relevant)
    discount = 1 / np.log2(np.arange(2, hits.shape[1] + 2))
    ideal = np.cumsum(discount)[np.minimum(np.nan_to_num(n_relevant, nan=1), len(discount)).astype(int) - 1]
    return np.where(np.isnan(n_relevant), np.nan, hits @ discount / ideal)


def reciprocal_rank(recommended, relevant):
    """One over the rank of the first relevant item; its mean over users is the MRR.

        RR@k = 1 / min{r ≤ k : hit_r = 1},  0 if there is none

    Only the first hit counts; Spotlight averages 1/rank over all relevant items instead.
    recommended: int (n_users, k), best first, -1 = none.   relevant: csr (n_users, n_items), stored entry = relevant.
    Returns float64 (n_users,) in [0, 1]; NaN for a user with no relevant item. Raises ValueError if shapes or items
    do not fit, TypeError for a dense `relevant`.
    Source: trec_eval's recip_rank. Chapter: Evaluation."""
    hits, n_relevant = _hits(recommended, relevant)
    return np.where(np.isnan(n_relevant), np.nan, hits.any(axis=1) / (hits.argmax(axis=1) + 1))


def average_precision(recommended, relevant):
    """Precision at the rank of each hit, summed and divided by the relevant items; its mean over users is the MAP.

        AP@k = Σ_{r ≤ k} hit_r · P@r / |R_u|

    The denominator is |R_u|; RecBole, implicit and LensKit divide by min(k, |R_u|).
    recommended: int (n_users, k), best first, -1 = none.   relevant: csr (n_users, n_items), stored entry = relevant.
    Returns float64 (n_users,) in [0, 1]; NaN for a user with no relevant item. Raises ValueError if shapes or items
    do not fit, TypeError for a dense `relevant`.
    Source: trec_eval's map_cut. Chapter: Evaluation."""
    hits, n_relevant = _hits(recommended, relevant)
    precision_at = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    return (hits * precision_at).sum(axis=1) / n_relevant


RANKING = {  # by the names that evaluation.evaluate knows
    "hit_rate": hit_rate,
    "precision": precision,
    "recall": recall,
    "ndcg": ndcg,
    "mrr": reciprocal_rank,
    "map": average_precision,
}


def _lists(recommended, n_items):
    """The lists as an int array, once they are lists: (n_users, k), items in -1..n_items-1, none twice in a row."""
    recommended = np.asarray(recommended)
    if recommended.ndim != 2 or recommended.shape[1] == 0 or not np.issubdtype(recommended.dtype, np.integer):
        raise ValueError(
            f"recommended must be integers (n_users, k), received {recommended.dtype} of shape {recommended.shape}"
        )
    outside = (recommended < -1) | (recommended >= n_items)
    if outside.any():
        user = int(outside.any(axis=1).argmax())
        item = recommended[user][outside[user]][0]
        raise ValueError(f"recommended must hold items 0 to {n_items - 1}, or -1 for none; row {user} holds {item}")
    ordered = np.sort(recommended, axis=1)
    twice = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    if twice.any():
        user = int(twice.any(axis=1).argmax())
        item = ordered[user, 1:][twice[user]][0]
        raise ValueError(f"recommended must name an item once a user; row {user} holds {item} twice")
    return recommended


def _hits(recommended, relevant):
    """What all ranking metrics are made of: where each list hits, and how many items are relevant to its user.

    A hit at rank r of user u: the item there is relevant to u.
    Returns hits, bool (n_users, k), and n_relevant, float64 (n_users,), NaN where nothing is relevant."""
    relevant = check_csr("relevant", relevant).copy()
    relevant.sum_duplicates()
    n_users, n_items = relevant.shape
    recommended = _lists(recommended, n_items)
    if len(recommended) != n_users:
        raise ValueError(f"expected as many lists as rows of relevant, received {len(recommended)} and {n_users}")
    row, column = relevant.tocoo().coords
    stored = row.astype(np.int64) * n_items + column
    wanted = np.arange(n_users, dtype=np.int64)[:, None] * n_items + recommended
    place = np.searchsorted(stored, wanted)
    hits = np.append(stored, -1)[place] == wanted
    hits[recommended < 0] = False
    counts = np.diff(relevant.indptr)
    return hits, np.where(counts > 0, counts, np.nan)


def rmse(actual, predicted):
    """Root mean squared error, in the unit of the ratings.

        RMSE = sqrt( Σ (r − r̂)² / n )

    actual, predicted: numbers (n,). Returns a float. Raises ValueError for shapes or indices that differ, no pair or
    NaN.
    Chapter: Losses."""
    return float(np.sqrt(np.mean(_errors(actual, predicted) ** 2)))


def mae(actual, predicted):
    """Mean absolute error, in the unit of the ratings.

        MAE = Σ |r − r̂| / n

    actual, predicted: numbers (n,). Returns a float. Raises ValueError for shapes or indices that differ, no pair or
    NaN.
    Chapter: Losses."""
    return float(np.mean(np.abs(_errors(actual, predicted))))


def _errors(actual, predicted):
    """actual − predicted, once the two pair up."""
    series = isinstance(actual, pd.Series) and isinstance(predicted, pd.Series)
    if series and not actual.index.equals(predicted.index):
        raise ValueError("actual and predicted must have the same index in the same order, received two that differ")
    actual, predicted = np.asarray(actual, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if actual.shape != predicted.shape:
        raise ValueError(f"actual and predicted must pair up, received shapes {actual.shape} and {predicted.shape}")
    if actual.size == 0:
        raise ValueError("expected at least one pair of ratings, received none")
    errors = actual - predicted
    if not np.isfinite(errors).all():
        raise ValueError(f"ratings must be finite, received {np.sum(~np.isfinite(errors))} pairs that are not")
    return errors


def coverage(recommended, n_items):
    """Share of the catalogue that is recommended to somebody.

        coverage = |∪_u list_u| / n_items

    recommended: int (n_users, k), -1 = none. The denominator is the whole catalogue, also items nobody rated.
    Returns a float in [0, 1]. Raises ValueError if lists or items do not fit.
    Chapter: Evaluation."""
    return float(np.mean(_exposure(recommended, n_items) > 0))


def gini(recommended, n_items):
    """Inequality of how often the items are recommended: 0 = all equally often, 1 − 1/n_items = one takes all.

        G = Σ_i (2i − n − 1) c_(i) / (n Σ_i c_i),   c_(1) ≤ … ≤ c_(n) the times item i is recommended

    recommended: int (n_users, k), -1 = none. Items never recommended are in n: leaving them out gives a smaller value.
    Returns a float in [0, 1], NaN if nothing is recommended. Raises ValueError if lists or items do not fit.
    Chapter: Evaluation."""
    counts = np.sort(_exposure(recommended, n_items))
    if counts[-1] == 0:
        return float("nan")
    return float((2 * np.arange(1, n_items + 1) - n_items - 1) @ counts / (n_items * counts.sum()))


def _exposure(recommended, n_items):
    """How often each item stands in a list."""
    setting("n_items", n_items, 1, whole=True)
    recommended = _lists(recommended, n_items)
    return np.bincount(recommended[recommended >= 0], minlength=n_items)


def novelty(recommended, counts, *, n_users):
    """How surprising the items of a list are to somebody who knows only what is popular, in bits.

        novelty_u = mean over i in list_u of −log2( max(c_i, 1) / n_users )

    recommended: int (n_users, k), -1 = none.   counts: (n_items,), the users who rated each item, out of n_users.
    Returns float64, one value a list; 0 = everybody rated all of it, NaN for an empty list. An item nobody rated counts
    as rated by one. Raises ValueError if lists, items or counts do not fit, or n_users < 1.
    Chapter: Evaluation."""
    setting("n_users", n_users, 1, whole=True)
    counts = np.asarray(counts, dtype=np.float64)
    if counts.ndim != 1 or not counts.size or not ((counts >= 0) & (counts <= n_users)).all():
        raise ValueError(f"counts must be one number an item from 0 to n_users = {n_users}, received {counts}")
    recommended = _lists(recommended, len(counts))
    bits = -np.log2(np.maximum(counts, 1) / n_users)
    present = recommended >= 0
    length = present.sum(axis=1)
    total = np.where(present, bits[recommended], 0).sum(axis=1)
    return np.divide(total, length, out=np.full(len(length), np.nan), where=length > 0)


def intra_list_diversity(recommended, item_features):
    """Mean cosine distance between the items of a list.

        ILD_u = mean over pairs i < j in list_u of 1 − cos(f_i, f_j)

    recommended: int (n_users, k), -1 = none.   item_features: (n_items, d), dense or sparse, e.g. genres; an item with
    no feature has cosine 0 with all.
    Returns float64, one value a list, ≥ 0, and ≤ 1 for features ≥ 0; NaN for a list of fewer than two items. Raises
    ValueError if lists or items do not fit, or a feature is not finite.
    Chapter: Evaluation."""
    if not sparse.issparse(item_features):
        item_features = np.asarray(item_features, dtype=np.float64)
    features = sparse.csr_array(check_2d("item_features", item_features, "(n_items, d)"), dtype=np.float64)
    if not np.isfinite(features.data).all():
        raise ValueError("item_features must be finite, received NaN or infinity")
    recommended = _lists(recommended, features.shape[0])
    norm = np.sqrt(features.multiply(features).sum(axis=1))
    unit = sparse.diags_array(np.divide(1, norm, out=np.zeros_like(norm), where=norm > 0)) @ features
    present = recommended >= 0
    length = present.sum(axis=1)
    shape, ends = (len(recommended), features.shape[0]), np.append(0, np.cumsum(length))
    member = sparse.csr_array((np.ones(present.sum()), recommended[present], ends), shape=shape)
    total = member @ unit  # the cosines of all ordered pairs of a list sum to |Σ f|² − Σ |f|²
    cosines = total.multiply(total).sum(axis=1) - member @ (norm > 0)
    pairs = length * (length - 1)
    mean = np.divide(cosines, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
    return np.maximum(1 - mean, 0)  # of equal features rounding leaves a hair less than 0


def miscalibration(recommended, likes, item_features, *, mixed=0.01):
    """How far the features of a list, such as genres, are from those of the person's likes, in bits.

        KL_u = Σ_g p_g log2( p_g / q̃_g ),   q̃ = (1 − α) q + α p
        p_g, q_g = share of feature g among the likes and in the list; an item's features share its weight of 1

    recommended: int (n_users, k), -1 = none.   likes: csr (n_users, n_items), stored entry = liked.   item_features:
    (n_items, d), ≥ 0.   mixed: α in (0, 1), which keeps a feature that the list lacks from making the sum infinite.
    Returns float64, one value a list, ≥ 0; 0 is the same mix; NaN where the likes or the list have no feature. Raises
    ValueError if lists, likes or features do not fit, TypeError for dense `likes`.
    Source: Steck 2018. Chapter: One recommender from all of it."""
    setting("mixed", mixed, 0, 1, above=True)
    likes, features = check_csr("likes", likes), np.asarray(item_features, dtype=np.float64)
    if features.ndim != 2 or len(features) != likes.shape[1] or not (np.isfinite(features) & (features >= 0)).all():
        raise ValueError(f"expected features ≥ 0 of {likes.shape[1]} items, received an array of {features.shape}")
    recommended = _lists(recommended, likes.shape[1])
    if len(recommended) != likes.shape[0]:
        raise ValueError(f"expected as many lists as rows of likes, received {len(recommended)} and {likes.shape[0]}")
    share = features / np.maximum(features.sum(axis=1, keepdims=True), 1e-300)
    row, place = np.nonzero(recommended >= 0)
    listed = sparse.csr_array((np.ones(len(row)), (row, recommended[row, place])), shape=likes.shape)
    liked = sparse.csr_array((np.ones(likes.nnz), likes.indices, likes.indptr), shape=likes.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        p, q = (of / of.sum(axis=1, keepdims=True) for of in (liked @ share, listed @ share))
        terms = np.where(p > 0, p * np.log2(p / ((1 - mixed) * q + mixed * p)), p * 0)
        return np.maximum(terms.sum(axis=1) + 0 * q.sum(axis=1), 0)
