"""Rankers over candidates: the same as a plain computation, and models that saw their target are refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from recsys_lib.data import IdMap, Interactions
from recsys_lib.data.slices import time_slices
from recsys_lib.models.learned_fusion import LinearRanker, TreeRanker, refuse_own_target

IDS = IdMap(range(4)), IdMap(range(6))
pairs = st.sets(st.tuples(st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=12)


def interactions(these, ids=IDS):
    these = sorted(these)
    user, item = (np.array([pair[side] for pair in these], int) for side in (0, 1))
    return Interactions(user, item, None, np.arange(len(these)), *ids)


@given(pairs, pairs)
def test_refuses_where_a_pair_is_shared(known, wanted):
    if shared := len(known & wanted):
        with pytest.raises(ValueError, match=f"{shared} of the target's {len(wanted)} pairs"):
            refuse_own_target(interactions(known), interactions(wanted))
    else:
        refuse_own_target(interactions(known), interactions(wanted))


def test_refuses_other_ids_and_other_things():
    other = IdMap(["a", "b", "c", "d"]), IDS[1]
    with pytest.raises(ValueError, match="same ids"):
        refuse_own_target(interactions({(0, 0)}), interactions({(1, 1)}, other))
    with pytest.raises(TypeError, match="expected Interactions"):
        refuse_own_target(interactions({(0, 0)}), [(1, 1)])


def test_slices_pass_and_the_whole_does_not():
    data = interactions({(u, i) for u in range(4) for i in range(6)})
    for one in time_slices(data, n=2, width=0):
        refuse_own_target(one.history, one.target)
        with pytest.raises(ValueError, match="fitted without its target"):
            refuse_own_target(data, one.target)


def weights_of(hits, row):
    """1/√h of the lists with a hit, and which rows are used."""
    n = np.array([hits[row == one].sum() for one in row])
    return 1 / np.sqrt(np.maximum(n, 1)), n > 0


def rankers():
    return {"linear": LinearRanker(), "trees": TreeRanker(n_trees=20, min_leaf=20)}


@pytest.mark.parametrize("name", ["linear", "trees"])
def test_learns_which_column_tells(name, candidate_lists):
    ranker = rankers()[name].fit(*candidate_lists())
    columns, hits, _ = candidate_lists(seed=1)
    scores = ranker.score(columns)
    assert scores.dtype == np.float32 and scores.shape == hits.shape
    assert ((scores >= 0) & (scores <= 1)).all()
    assert scores[hits].mean() > scores[~hits].mean() + 0.05
    told = [np.corrcoef(np.nan_to_num(columns[:, c]), scores)[0, 1] for c in (0, 1)]
    assert told[0] > 0.7 and abs(told[1]) < 0.2


@pytest.mark.parametrize("name", ["linear", "trees"])
def test_lists_without_a_hit_are_left_out_and_the_order_of_rows_changes_nothing(name, candidate_lists):
    columns, hits, row = candidate_lists(n_lists=60)
    hits[row < 20] = False
    kept = row >= 20
    whole = rankers()[name].fit(columns, hits, row)
    part = rankers()[name].fit(columns[kept], hits[kept], row[kept])
    assert np.array_equal(whole.score(columns), part.score(columns))
    other_names = rankers()[name].fit(columns, hits, row[::-1].max() - row)  # the lists' numbers mean nothing
    assert np.allclose(whole.score(columns), other_names.score(columns), atol=1e-6)


def test_linear_minimises_what_it_says(candidate_lists):
    columns, hits, row = candidate_lists(n_lists=40)
    weight, used = weights_of(hits, row)
    ranker = LinearRanker(regularization=2.0).fit(columns, hits, row)
    kept = columns[used].astype(float)
    mean, spread = np.nanmean(kept, axis=0), np.nanstd(kept, axis=0)
    z = np.clip(np.nan_to_num((kept - mean) / np.where(spread > 0, spread, np.inf)), -5, 5)
    sign = np.where(hits[used], 1.0, -1.0)

    def loss(w):
        return (weight[used] * np.logaddexp(0, -sign * (z @ w[:-1] + w[-1]))).sum() + 2.0 / 2 * (w[:-1] ** 2).sum()

    best = minimize(loss, np.zeros(4), method="BFGS").x
    assert np.allclose(ranker.weights_, best[:-1], atol=2e-3) and abs(ranker.constant_ - best[-1]) < 2e-3
    assert ranker.weights_[2] == pytest.approx(0, abs=1e-6)  # a constant column pulls nobody
    chance = 1 / (1 + np.exp(-(z @ best[:-1] + best[-1])))
    assert np.allclose(ranker.score(columns[used]), chance, atol=1e-3)


def test_linear_cuts_what_lies_far_out(candidate_lists):
    ranker = LinearRanker(cut=2.0).fit(*candidate_lists())
    far, further = np.array([[1e6, 0, 7]]), np.array([[1e9, 0, 7]])
    assert ranker.score(far) == ranker.score(further)


def test_trees_are_those_of_scikit_learn_with_these_weights(candidate_lists):
    from sklearn.ensemble import HistGradientBoostingClassifier

    columns, hits, row = candidate_lists(n_lists=80)
    weight, used = weights_of(hits, row)
    ranker = TreeRanker(n_trees=15, learning_rate=0.1, n_leaves=7, min_leaf=30, l2=1.0, share=1.0, seed=3)
    oracle = HistGradientBoostingClassifier(
        max_iter=15, learning_rate=0.1, max_leaf_nodes=7, min_samples_leaf=30, l2_regularization=1.0,
        early_stopping=False, random_state=3,
    ).fit(columns[used], hits[used], sample_weight=weight[used])  # fmt: skip
    assert np.allclose(ranker.fit(columns, hits, row).score(columns), oracle.predict_proba(columns)[:, 1], atol=1e-6)


def test_same_seed_same_trees(candidate_lists):
    one, same, other = (
        TreeRanker(n_trees=20, min_leaf=20, share=0.4, seed=seed).fit(*candidate_lists()).score(candidate_lists(1)[0])
        for seed in (0, 0, 1)
    )
    assert np.array_equal(one, same) and not np.array_equal(one, other)


@pytest.mark.parametrize("name", ["linear", "trees"])
def test_bad_input(name, candidate_lists):
    columns, hits, row = candidate_lists(n_lists=20)
    ranker = rankers()[name]
    for bad, said in (
        ((columns[:, 0], hits, row), "n_candidates, n_columns"),
        ((columns, hits[1:], row), "a row a candidate"),
        ((columns, hits, row[1:]), "a row a candidate"),
        ((columns, np.zeros_like(hits), row), "a hit and a miss, received 0 hits"),
        ((columns, np.ones_like(hits), row), "a hit and a miss"),
        ((columns[:0], hits[:0], row[:0]), "a hit and a miss"),
    ):
        with pytest.raises(ValueError, match=said):
            ranker.fit(*bad)
    ranker.fit(columns, hits, row)
    with pytest.raises(ValueError, match="expected 3 columns, received 2"):
        ranker.score(columns[:, :2])
    assert len(ranker.score(columns[:0])) == 0


@pytest.mark.parametrize(
    "how",
    [{"n_trees": 0}, {"learning_rate": 0}, {"n_leaves": 1}, {"min_leaf": 0}, {"l2": -1}, {"share": 0}, {"share": 1.5}],
)
def test_bad_settings_of_trees(how):
    with pytest.raises(ValueError, match=next(iter(how))):
        TreeRanker(**how)


@pytest.mark.parametrize("how", [{"regularization": 0}, {"cut": 0}])
def test_bad_settings_of_linear(how):
    with pytest.raises(ValueError, match=next(iter(how))):
        LinearRanker(**how)


@pytest.mark.parametrize("ranker", [TreeRanker(min_leaf=5), LinearRanker()])
def test_a_column_that_nobody_knows_changes_nothing(ranker):
    rng = np.random.default_rng(0)
    columns, row = rng.normal(size=(400, 3)).astype(np.float32), np.repeat(np.arange(40), 10)
    columns[:, 1] = np.nan
    hits = columns[:, 0] > 1
    scores = ranker.fit(columns, hits, row).score(columns)
    assert np.isfinite(scores).all() and scores[hits].min() > scores[~hits].mean()
