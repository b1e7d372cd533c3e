"""Metrics against trec_eval (ir_measures), against fractions worked by hand, and against slow twins."""

import tracemalloc

import ir_measures
import numpy as np
import pandas as pd
import pytest
from ir_measures import AP, RR, P, R, Success, nDCG
from scipy import sparse

from recsys_lib import metrics
from recsys_lib.metrics import (
    average_precision,
    coverage,
    gini,
    hit_rate,
    intra_list_diversity,
    mae,
    ndcg,
    novelty,
    precision,
    recall,
    reciprocal_rank,
    rmse,
)
from recsys_lib.retrieval import top_k

RANKING = {
    hit_rate: Success,
    precision: P,
    recall: R,
    ndcg: nDCG,
    reciprocal_rank: RR,
    average_precision: AP,
}


def csr(rows, n_items):
    """csr of ones from a list of items for each row."""
    row = np.repeat(np.arange(len(rows)), [len(items) for items in rows])
    return sparse.csr_array((np.ones(len(row)), (row, np.concatenate(rows).astype(int))), shape=(len(rows), n_items))


@pytest.fixture(scope="module")
def random_lists():
    rng = np.random.default_rng(0)
    scores = rng.random((200, 150))
    relevant = sparse.csr_array((rng.random(scores.shape) < rng.random((200, 1)) * 0.2).astype(float))
    return scores, relevant


@pytest.mark.parametrize("k", [1, 5, 10, 100])
@pytest.mark.parametrize("metric", RANKING, ids=lambda metric: metric.__name__)
def test_ranking_metrics_equal_trec_eval(random_lists, metric, k):
    scores, relevant = random_lists
    qrels = [
        ir_measures.Qrel(str(u), str(i), 1) for u, i in zip(*(axis.tolist() for axis in relevant.nonzero()))
    ]  # fmt: skip
    run = [
        ir_measures.ScoredDoc(str(u), str(i), float(scores[u, i])) for u in range(len(scores)) for i in range(150)
    ]  # fmt: skip
    oracle = {m.query_id: m.value for m in ir_measures.iter_calc([RANKING[metric] @ k], qrels, run)}
    values = metric(top_k(scores, k), relevant)
    assert values.dtype == np.float64 and values.shape == (200,)
    for user, value in enumerate(values):
        if relevant.indptr[user] == relevant.indptr[user + 1]:
            assert np.isnan(value)
        else:
            assert value == pytest.approx(oracle[str(user)], abs=1e-12)


@pytest.mark.parametrize(
    ("n_relevant", "expected"),
    [
        (3, {"precision": 2 / 5, "recall": 2 / 3, "average_precision": (1 / 2 + 2 / 4) / 3, "ndcg": 0.4982}),
        (8, {"precision": 2 / 5, "recall": 2 / 8, "average_precision": (1 / 2 + 2 / 4) / 8, "ndcg": 0.3601}),
    ],
)
def test_one_ranking_by_hand(n_relevant, expected):
    """Hits at ranks 2 and 4 of five; the figures on which well-known libraries differ."""
    relevant = csr([[2, 4, *range(10, 8 + n_relevant)]], 30)
    for name, value in expected.items():
        assert getattr(metrics, name)([[1, 2, 3, 4, 5]], relevant)[0] == pytest.approx(value, abs=5e-5), name
    assert hit_rate([[1, 2, 3, 4, 5]], relevant)[0] == 1
    assert reciprocal_rank([[1, 2, 3, 4, 5]], relevant)[0] == 1 / 2


def test_a_perfect_ranking_has_ndcg_1_even_with_fewer_relevant_than_k():
    relevant = csr([[3, 1], [0, 1, 2, 3, 4, 5, 6], [5]], 9)
    lists = np.array([[1, 3, 0, 2, 4], [6, 5, 4, 3, 2], [5, -1, -1, -1, -1]])
    np.testing.assert_array_equal(ndcg(lists, relevant), 1)


@pytest.mark.parametrize("metric", RANKING, ids=lambda metric: metric.__name__)
def test_ranking_metrics_at_the_edges(metric):
    lists = np.array([[0, 1, -1], [0, 1, 2], [-1, -1, -1]])
    relevant = csr([[1], [], [2]], 4)
    zeros = relevant.copy()
    zeros.data[:] = 0  # a stored entry is relevant, whatever its value
    values = metric(lists, relevant)
    np.testing.assert_array_equal(metric(lists, zeros), values)
    assert values[0] > 0 and np.isnan(values[1]) and values[2] == 0
    doubled = sparse.csr_array(([1.0, 1], [1, 1], [0, 2, 2, 2]), shape=(3, 4))
    assert metric(lists, doubled)[0] == values[0], "an entry stored twice is one relevant item"


@pytest.mark.parametrize(
    ("lists", "error", "message"),
    [
        ([[0, 1], [0, 1], [1, 2]], ValueError, "3 and 2"),
        ([[0, 1], [2, 2]], ValueError, "row 1 holds 2 twice"),
        ([[0, 1], [1, 4]], ValueError, "0 to 3.*row 1 holds 4"),
        ([[0, 1], [-2, 1]], ValueError, "row 1 holds -2"),
        ([0, 1], ValueError, "n_users, k"),
        ([[0.0, 1.0], [1.0, 2.0]], ValueError, "integers"),
        (np.empty((2, 0), int), ValueError, "n_users, k"),
    ],
)
@pytest.mark.parametrize("metric", RANKING, ids=lambda metric: metric.__name__)
def test_ranking_metrics_refuse(metric, lists, error, message):
    with pytest.raises(error, match=message):
        metric(lists, csr([[0], [1]], 4))


@pytest.mark.parametrize("metric", RANKING, ids=lambda metric: metric.__name__)
def test_relevant_must_be_sparse_and_have_rows(metric):
    with pytest.raises(TypeError, match="expected relevant as a scipy sparse array .*, received ndarray"):
        metric([[0, 1]], np.ones((1, 3)))
    one_row = sparse.csr_array(np.ones((1, 3)))[0]
    with pytest.raises(
        ValueError, match=r"expected relevant as \(n_users, n_items\), got shape \(3,\): .*matrix\[\[0\]\]"
    ):
        metric([[0, 1]], one_row)


def test_rmse_and_mae():
    assert rmse([1, 2, 3], [1, 4, 3]) == pytest.approx((4 / 3) ** 0.5)
    assert mae([1, 2, 3], [1, 4, 2]) == pytest.approx(3 / 3)
    assert isinstance(rmse([1], [2.5]), float)
    series = pd.Series([1.0, 2.0])
    assert rmse(series, series.to_numpy()) == rmse(series, series + 0) == 0
    for bad in [([1, 2], [1]), ([], []), ([1, np.nan], [1, 2]), (series, series[::-1])]:
        with pytest.raises(ValueError, match="received"):
            rmse(*bad)


def test_coverage_and_gini_by_hand():
    lists = np.array([[0, 1], [0, 2], [0, -1]])
    assert coverage(lists, 6) == 3 / 6
    assert gini(np.array([[0], [0], [0]]), 4) == pytest.approx(1 - 1 / 4), "one item takes all"
    assert gini(np.array([[0, 1], [2, 3]]), 4) == 0
    assert gini(np.array([[0, 1], [2, 3]]), 8) == pytest.approx(1 / 2), "items never shown count"
    assert np.isnan(gini(np.array([[-1, -1]]), 4))
    for metric in (coverage, gini):
        with pytest.raises(ValueError, match="n_items as a whole number ≥ 1"):
            metric(np.array([[-1]]), 0)
    counts = np.random.default_rng(0).integers(0, 9, 50)
    one_a_list = np.repeat(np.arange(50), counts)[:, None]
    pairs = np.abs(counts[:, None] - counts).sum() / (2 * 50 * counts.sum())
    assert gini(one_a_list, 50) == pytest.approx(pairs)


def test_novelty_by_hand():
    lists = np.array([[0, 1], [2, -1], [-1, -1]])
    values = novelty(lists, [8, 2, 0], n_users=8)
    np.testing.assert_allclose(values, [(0 + 2) / 2, 3, np.nan])
    with pytest.raises(ValueError, match="from 0 to n_users = 4"):
        novelty(lists, [8, 2, 0], n_users=4)
    for lists in ([[-1]], [[0]], np.empty((0, 1), int)):
        with pytest.raises(ValueError, match="one number an item from 0 to n_users = 5, received .."):
            novelty(lists, counts=[], n_users=5)
    with pytest.raises(ValueError, match="n_users as a whole number ≥ 1, received 0"):
        novelty(lists, [0, 0, 0], n_users=0)


def test_intra_list_diversity_equals_all_pairs():
    rng = np.random.default_rng(0)
    features = rng.integers(0, 2, (40, 6)).astype(float)
    features[3] = 0
    lists = np.array([rng.permutation(40)[:5] for _ in range(20)])
    lists[0, 0], lists[1, 2:], lists[2, 1:] = 3 if 3 not in lists[0] else lists[0, 0], -1, -1
    lists[3] = -1

    def slow(row):
        items = [i for i in row if i >= 0]
        unit = [features[i] / max(np.linalg.norm(features[i]), 1e-300) for i in items]
        distances = [1 - unit[a] @ unit[b] for a in range(len(items)) for b in range(a)]
        return np.mean(distances) if distances else np.nan

    expected = [slow(row) for row in lists]
    np.testing.assert_allclose(intra_list_diversity(lists, features), expected, atol=1e-12)
    np.testing.assert_allclose(intra_list_diversity(lists, sparse.csr_array(features)), expected, atol=1e-12)


def test_a_list_of_equal_features_has_no_diversity_at_all():
    rng = np.random.default_rng(0)
    for d in range(1, 30):
        features = np.tile(rng.random(d), (4, 1))
        assert 0 <= intra_list_diversity([[0, 1, 2, 3]], features)[0] < 1e-12
    assert intra_list_diversity([[0, 1]], [[1.0, 0], [-1, 0]]).tolist() == [2], "features below 0 may point apart"
    assert np.isnan(intra_list_diversity([[0, -1]], [[1.0, 0], [1, 0]])).all()


def test_features_without_a_value_or_a_row_an_item_are_refused():
    with pytest.raises(ValueError, match="item_features must be finite"):
        intra_list_diversity([[0, 1]], [[np.nan, 1], [1, 0]])
    for features in (np.ones(2), sparse.csr_array(np.ones((1, 2)))[0]):
        with pytest.raises(ValueError, match=r"item_features as \(n_items, d\), got shape \(2,\)"):
            intra_list_diversity([[0, 1]], features)


def test_each_docstring_names_its_denominator_and_chapter():
    for metric in RANKING:
        assert "Chapter:" in metric.__doc__ and "NaN" in metric.__doc__
    for metric in (precision, recall, ndcg, average_precision):
        assert "denominator" in metric.__doc__, metric.__name__


def test_the_metrics_that_evaluate_knows_are_the_public_functions():
    assert list(metrics.RANKING.values()) == [hit_rate, precision, recall, ndcg, reciprocal_rank, average_precision]


def test_a_metric_works_in_memory_of_the_lists_not_of_the_catalogue():
    """2,000 × 20,000: a table of users × items would be 40 MB in bytes, 320 MB in float64."""
    rng = np.random.default_rng(0)
    n_users, n_items, k = 2000, 20_000, 10
    lists = np.argsort(rng.random((n_users, 50)), axis=1)[:, :k] * 400
    item = rng.integers(n_items, size=20_000)
    relevant = sparse.csr_array((np.ones(20_000), item, np.arange(0, 20_001, 10)), shape=(n_users, n_items))
    for function in metrics.RANKING.values():
        tracemalloc.start()
        function(lists, relevant)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 8e6, function.__name__
