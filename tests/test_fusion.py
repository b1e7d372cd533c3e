"""Rules of fusion equal their loops, leave out what is excluded, and refuse what has no meaning."""

from statistics import fmean, pstdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from recsys_lib import fusion
from recsys_lib.metrics import recall
from recsys_lib.retrieval import top_k

NUMBERS = st.integers(-8, 8).map(lambda n: n / 4)  # ties and constant rows come often


@st.composite
def scores_and_excluded(draw):
    """Scores (n_users, n_items) and what is excluded, bool of the same shape: none, some, or whole rows."""
    n_users, n_items = draw(st.integers(1, 4)), draw(st.integers(1, 7))
    cells = st.lists(NUMBERS, min_size=n_items, max_size=n_items)
    scores = np.array(draw(st.lists(cells, min_size=n_users, max_size=n_users)))
    marks = st.lists(st.booleans(), min_size=n_items, max_size=n_items)
    return scores, np.array(draw(st.lists(marks, min_size=n_users, max_size=n_users)))


@st.composite
def some_lists(draw, n_lists=1):
    """n lists (n_users, depth) over the same items, filled up with -1, and the number of items."""
    n_users, n_items, depth = draw(st.integers(1, 4)), draw(st.integers(1, 7)), draw(st.integers(1, 5))
    lists = np.full((n_lists, n_users, depth), -1)
    for of_model in lists:
        for row in of_model:
            items = draw(st.permutations(range(n_items)))[: draw(st.integers(0, min(depth, n_items)))]
            row[: len(items)] = items
    return (lists[0] if n_lists == 1 else lists), n_items


def csr(mask):
    """What is excluded, stored with the value 0: an entry counts by being stored."""
    row, column = np.nonzero(mask)
    return csr_array((np.zeros(len(row)), (row, column)), shape=mask.shape)


def each_cell(scores, excluded, of_row):
    """A loop over all cells; of_row: the scores left in the row → a function of one score."""
    found = np.zeros(scores.shape)
    for user, row in enumerate(scores):
        left = [float(s) for s, out in zip(row, excluded[user]) if not out]
        for item, score in enumerate(row):
            if not excluded[user, item] and max(left) > min(left):
                found[user, item] = of_row(left)(float(score))
    return found


@given(scores_and_excluded())
def test_min_max_is_its_loop(case):
    scores, out = case
    naive = each_cell(scores, out, lambda left: lambda s: (s - min(left)) / (max(left) - min(left)))
    np.testing.assert_allclose(fusion.min_max(scores, exclude=csr(out)), naive, atol=1e-12)


@given(scores_and_excluded())
def test_z_score_is_its_loop(case):
    scores, out = case
    naive = each_cell(scores, out, lambda left: lambda s: (s - fmean(left)) / pstdev(left))
    np.testing.assert_allclose(fusion.z_score(scores, exclude=csr(out)), naive, atol=1e-12)


@given(some_lists(), st.integers(0, 100))
def test_points_of_lists_are_their_loops(case, k):
    lists, n_items = case
    depth, rrf, points = lists.shape[1], np.zeros((len(lists), n_items)), np.zeros((len(lists), n_items))
    for user, items in enumerate(lists.tolist()):
        for place, item in enumerate(items, 1):
            if item >= 0:
                rrf[user, item] = 1 / (k + place)
                points[user, item] = depth + 1 - place
    np.testing.assert_allclose(fusion.reciprocal_rank(lists, n_items, k=k), rrf, atol=1e-15)
    assert np.array_equal(fusion.borda(lists, n_items), points)
    scores = np.random.default_rng(k).normal(size=points.shape)
    assert np.array_equal(fusion.listed(scores, lists), np.where(points > 0, scores, 0))


@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_sums_are_their_loops(n_parts, n_users, n_items, seed):
    rng = np.random.default_rng(seed)
    parts = rng.integers(0, 3, (n_parts, n_users, n_items)) / 2
    weights = rng.integers(-2, 3, n_parts) / 2
    total, mnz, weighted = (np.zeros((n_users, n_items)) for _ in range(3))
    for user in range(n_users):
        for item in range(n_items):
            for weight, part in zip(weights, parts):
                total[user, item] += part[user, item]
                weighted[user, item] += weight * part[user, item]
            mnz[user, item] = total[user, item] * sum(part[user, item] > 0 for part in parts)
    np.testing.assert_allclose(fusion.comb_sum(list(parts)), total)
    np.testing.assert_allclose(fusion.comb_mnz(list(parts)), mnz)
    np.testing.assert_allclose(fusion.weighted_sum(list(parts), weights), weighted)


@given(some_lists(n_lists=2), st.integers(0, 2**32 - 1))
def test_error_overlap_is_its_loop(case, seed):
    (a, b), n_items = case
    wanted = np.random.default_rng(seed).random((len(a), n_items)) < 0.4
    hits = [{(u, i) for u, i in zip(*np.nonzero(wanted)) if i in lists[u]} for lists in (a, b)]
    overlap = fusion.error_overlap(a, b, csr(wanted))
    assert overlap[:3] == (len(hits[0] & hits[1]), len(hits[0] - hits[1]), len(hits[1] - hits[0]))
    assert sum(overlap) == wanted.sum()
    either = len(hits[0] | hits[1])
    np.testing.assert_equal(overlap.jaccard, len(hits[0] & hits[1]) / either if either else np.nan)
    np.testing.assert_equal(overlap.new, len(hits[1] - hits[0]) / len(hits[0]) if hits[0] else np.nan)


def test_hits_of_the_overlap_are_those_of_recall():
    rng = np.random.default_rng(0)
    relevant = csr_array(rng.random((30, 40)) < 0.2)
    a, b = (top_k(rng.random((30, 40)), 10) for _ in range(2))
    overlap = fusion.error_overlap(a, b, relevant)
    assert overlap.both + overlap.only_a == round(np.nansum(recall(a, relevant) * np.diff(relevant.indptr)))
    assert fusion.error_overlap(a, a, relevant).jaccard == 1


def beyond_by_loops(better, other, wanted, seen, depth):
    values = np.full(len(better), np.nan)
    for user in range(len(better)):
        items = sorted(np.flatnonzero(~seen[user]), key=lambda i: (-better[user, i], i))[:depth]
        if len({wanted[user, i] for i in items}) < 2:
            continue
        x = np.array([[1, better[user, i]] for i in items])
        t = np.array([other[user, i] for i in items])
        e = dict(zip(items, t - x @ np.linalg.lstsq(x, t, rcond=None)[0]))
        pairs = [(e[i], e[j]) for i in items if wanted[user, i] for j in items if not wanted[user, j]]
        values[user] = np.mean([0.5 if abs(a - b) < 1e-9 else float(a > b) for a, b in pairs])
    return values


@pytest.mark.parametrize("depth", [2, 6, 30])
def test_beyond_is_its_loop(depth):
    rng = np.random.default_rng(depth)
    better, other = rng.normal(size=(2, 40, 12))
    wanted, seen = rng.random((2, 40, 12)) < 0.25
    found = fusion.beyond(better, other, csr(wanted), exclude=csr(seen), depth=depth)
    np.testing.assert_allclose(found, beyond_by_loops(better, other, wanted, seen, depth))


def test_beyond_of_what_is_known_of_the_answer_and_of_noise():
    rng = np.random.default_rng(0)
    better, wanted = rng.normal(size=(300, 60)), rng.random((300, 60)) < 0.2
    for nothing_new in (3 * better - 1, np.ones_like(better)):
        values = fusion.beyond(better, nothing_new, csr(wanted))
        assert set(values[~np.isnan(values)]) == {0.5}
    assert np.nanmean(fusion.beyond(better, wanted + 0.3 * better, csr(wanted))) > 0.9
    noise = rng.normal(size=(300, 60))
    assert abs(np.nanmean(fusion.beyond(better, noise, csr(wanted))) - 0.5) < 0.02


def test_what_cannot_be_recommended_is_in_no_statistic():
    """A seen film with the top score must not press all others together."""
    scores, seen = np.array([[9.0, 2.0, 1.0, 0.0]]), csr_array(np.array([[1, 0, 0, 0]]))
    assert fusion.min_max(scores, exclude=seen).tolist() == [[0, 1, 0.5, 0]]
    assert fusion.min_max(scores).round(3).tolist() == [[1, 0.222, 0.111, 0]]
    other = scores.copy()
    other[0, 0] = -50
    for rule in (fusion.min_max, fusion.z_score):
        assert np.array_equal(rule(scores, exclude=seen), rule(other, exclude=seen))


@pytest.mark.parametrize("rule", [fusion.min_max, fusion.z_score])
def test_a_constant_row_is_0(rule):
    assert not rule(np.full((2, 3), 0.1)).any()  # of three .1, rounding makes a deviation above 0
    assert not rule([[0.1, 0.1, 5.0]], exclude=csr_array([[0, 0, 1]])).any()
    assert not rule([[1.0, 2.0]], exclude=csr_array([[1, 1]])).any()
    assert rule(np.zeros((0, 3))).shape == (0, 3) and rule(np.zeros((2, 0))).shape == (2, 0)


@pytest.mark.parametrize("rule", [fusion.min_max, fusion.z_score])
def test_the_scale_of_a_model_does_not_count(rule):
    scores = np.random.default_rng(0).random((3, 8))
    np.testing.assert_allclose(rule(1000 * scores - 7), rule(scores), atol=1e-9)


def test_four_films_by_hand():
    """The table of the chapter: five rules, three winners."""
    rows = ([0, 0.5, 1, 0.4], [70, 40, 25, 5], [4, 5, 0, 40])
    scores = [np.array([row], dtype=float) for row in rows]
    least, lists = [fusion.min_max(s) for s in scores], [top_k(s, 4) for s in scores]
    expected = {
        "min-max": (fusion.comb_sum(least), [1.1, 1.1635, 1.3077, 1.4]),
        "z-score": (fusion.comb_sum([fusion.z_score(s) for s in scores]), [-0.3693, -0.1685, 0.2928, 0.2449]),
        "CombMNZ": (fusion.comb_mnz(least), [2.2, 3.4904, 2.6154, 2.8]),
        "Borda": (fusion.comb_sum([fusion.borda(x, 4) for x in lists]), [7, 9, 7, 7]),
    }
    for rule, (found, by_hand) in expected.items():
        np.testing.assert_allclose(found, [by_hand], atol=1e-4, err_msg=rule)
    points = fusion.comb_sum([fusion.reciprocal_rank(x, 4) for x in lists])[0]
    np.testing.assert_allclose(points[[1, 3]], [3 / 62, 1 / 63 + 1 / 64 + 1 / 61])


@pytest.mark.parametrize("rule", [fusion.min_max, fusion.z_score])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_must_be_finite(rule, bad):
    with pytest.raises(ValueError, match="finite scores.*row 1.*exclude="):
        rule(np.array([[0.0, 1.0], [bad, 1.0]]))
    with pytest.raises(ValueError, match="finite"):
        fusion.comb_sum([np.array([[bad]])])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: fusion.min_max(np.zeros(3)), ValueError, "n_users, n_items"),
        (lambda: fusion.min_max(csr_array((2, 2))), TypeError, "toarray"),
        (lambda: fusion.z_score(np.zeros((2, 2)), exclude=np.zeros((2, 2))), TypeError, "sparse"),
        (lambda: fusion.z_score(np.zeros((2, 2)), exclude=csr_array((2, 3))), ValueError, "shape of scores"),
        (lambda: fusion.reciprocal_rank([[0, 5]], 5), ValueError, "lists as whole numbers in -1..4"),
        (lambda: fusion.reciprocal_rank([[0, -2]], 5), ValueError, "lists as whole numbers in -1..4"),
        (lambda: fusion.borda([[0.5]], 5), ValueError, "lists as whole numbers"),
        (lambda: fusion.borda([[1, 2], [3, 3]], 5), ValueError, "item 3 twice in row 1"),
        (lambda: fusion.borda([0, 1], 5), ValueError, "depth"),
        (lambda: fusion.borda([[0]], 0), ValueError, "n_items"),
        (lambda: fusion.reciprocal_rank([[0]], 5, k=-1), ValueError, "expected k"),
        (lambda: fusion.listed(np.zeros((2, 3)), [[0]]), ValueError, "same users, received 2 and 1"),
        (lambda: fusion.comb_sum([]), ValueError, "one array or more of one shape, received none"),
        (lambda: fusion.comb_sum([np.zeros((1, 2)), np.zeros((2, 1))]), ValueError, "of one shape"),
        (lambda: fusion.comb_mnz([np.array([[-0.5, 1]])]), ValueError, "≥ 0, as of min_max, received -0.5"),
        (lambda: fusion.weighted_sum([np.zeros((1, 2))], [1, 2]), ValueError, "1 finite weights"),
        (lambda: fusion.weighted_sum([np.zeros((1, 2))], [np.nan]), ValueError, "finite weights"),
        (
            lambda: fusion.beyond(np.ones((1, 3)), np.ones((1, 3)), csr_array((1, 2))),
            ValueError,
            "relevant of the shape",
        ),
        (lambda: fusion.beyond(np.ones((1, 3)), np.ones((1, 2)), csr_array((1, 3))), ValueError, "of one shape"),
        (lambda: fusion.beyond(np.ones((1, 3)), np.ones((1, 3)), csr_array((1, 3)), depth=1), ValueError, "depth"),
        (lambda: fusion.error_overlap([[0]], [[0, 1]], csr_array((1, 2))), ValueError, "of one shape"),
        (lambda: fusion.error_overlap([[0]], [[1]], csr_array((2, 2))), ValueError, "of one shape"),
        (lambda: fusion.error_overlap([[0]], [[1]], np.zeros((1, 2))), TypeError, "sparse"),
        (lambda: fusion.error_overlap([[0]], [[3]], csr_array((1, 2))), ValueError, "lists as whole numbers"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_inputs_stay_as_they_are():
    scores = np.random.default_rng(0).random((3, 5))
    kept, seen = scores.copy(), csr_array(scores > 0.5)
    for rule in (fusion.min_max, fusion.z_score):
        rule(scores, exclude=seen)
    fusion.weighted_sum([scores, scores], [0.3, 0.7]), fusion.comb_mnz([scores])
    assert np.array_equal(scores, kept)
