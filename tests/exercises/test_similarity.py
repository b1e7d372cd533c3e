"""The checkers of the chapter Similarity accept right answers however written, and name the mistake in wrong ones."""

import numpy as np
import pytest

from recsys_lib.exercises import check, similarity


@pytest.mark.parametrize(
    "answer", [-43 / np.sqrt(29 * 83), "-0.8765", [-0.8765], np.float32(-0.87646), np.array(-0.876)]
)
def test_adjusted_cosine_right(answer):
    assert (
        check("similarity.adjusted_cosine", answer if not isinstance(answer, str) else float(answer)).state == "right"
    )


@pytest.mark.parametrize(
    "answer, hint",
    [
        ((4 + 10 + 8) / np.sqrt(45 * 21), "plain cosine"),
        (np.corrcoef([4, 5, 2], [1, 2, 4])[0, 1], "Pearson"),
        (-43 / 9, "divide by"),
        (43 / np.sqrt(29 * 83), "signs"),
        (-43 / np.sqrt(29 * 108), "common raters"),
        (-1.0, "Twin and Foe alone"),
        (-0.310, "counts as 0"),
        (-0.665, "four films"),
        (-43 / 27, "number of raters"),
        (-0.88, "three decimals"),
        (0.3, "Centre each rating"),
    ],
)
def test_adjusted_cosine_wrong(answer, hint):
    verdict = check("similarity.adjusted_cosine", answer)
    assert verdict.state == "wrong" and hint in verdict.message


@pytest.mark.parametrize("answer", [5, 5.0, np.int64(5)])
def test_shrinkage_right(answer):
    assert check("similarity.shrinkage", answer).state == "right"


@pytest.mark.parametrize(
    "answer, hint",
    [
        (40 / 9, "whole"),
        (4, ".083"),
        (6, "sooner"),
        (20, "sooner"),
        (2, "half of what Cult keeps"),
        (3, "From which"),
        ("x", "From"),
    ],
)
def test_shrinkage_wrong(answer, hint):
    verdict = check("similarity.shrinkage", answer)
    assert verdict.state == "wrong" and hint in verdict.message


def test_unfilled():
    assert check("similarity.shrinkage", None).state == "not yet"
    assert check("similarity.adjusted_cosine", None).state == "not yet"
    assert check("similarity.pearson_pair", lambda x, y: ...).state == "not yet"


def by_corrcoef(x, y):
    both = np.isfinite(x + y)
    if both.sum() < 2 or np.ptp(x[both]) == 0 or np.ptp(y[both]) == 0:
        return 0
    return np.corrcoef(x[both], y[both])[0, 1]


def by_means(x, y, *, ddof):
    both = np.isfinite(x + y)
    if both.sum() < 2 or np.ptp(x[both]) == 0 or np.ptp(y[both]) == 0:
        return 0
    a, b = x[both] - x[both].mean(), y[both] - y[both].mean()
    return (a * b).mean() / (a.std(ddof=ddof) * b.std(ddof=ddof))


def test_pearson_right_in_another_way():
    assert check("similarity.pearson_pair", lambda x, y: by_means(x, y, ddof=0)).state == "right"
    assert check("similarity.pearson_pair", by_corrcoef).state == "right"


@pytest.mark.parametrize(
    "answer, hint",
    [
        (lambda x, y: similarity._pearson(x, y, common_means=False), "over all raters"),
        (lambda x, y: by_corrcoef(np.nan_to_num(x), np.nan_to_num(y)), "counts as 0"),
        (lambda x, y: similarity._no_root(x, y), "covariance"),
        (lambda x, y: similarity._pearson(x, y, few=np.nan, flat=np.nan), "fewer than two common raters or"),
        (lambda x, y: similarity._pearson(x, y, few=np.nan), "fewer than two common raters. Say"),
        (lambda x, y: similarity._pearson(x, y, flat=np.nan), "does not vary. Say"),
        (lambda x, y: by_means(x, y, ddof=1), "ddof=1"),
        (lambda x, y: abs(by_corrcoef(x, y)), "sign"),
        (lambda x, y: by_corrcoef(x, y) / 2, "one common rater"),
        (lambda x, y: similarity._cosine_of_common(x, y), "means"),
        (lambda x, y: 1 / 0, "ZeroDivisionError"),
        (0.5, "function is asked for"),
    ],
)
def test_pearson_wrong(answer, hint):
    verdict = check("similarity.pearson_pair", answer)
    assert verdict.state == "wrong" and hint in verdict.message


@pytest.mark.parametrize(
    ("name", "answer", "hint"),
    [
        ("similarity.q1", "a", "dot product"),
        ("similarity.q1", "c", "squared length"),
        ("similarity.q2", "a", "opposite"),
        ("similarity.q2", "c", "not the reason"),
        ("similarity.q3", "a", "includes zero"),
        ("similarity.q3", "c", "flattered"),
    ],
)
def test_questions(name, answer, hint):
    assert check(name, "b").state == "right"
    verdict = check(name, answer)
    assert verdict.state == "wrong" and hint in verdict.message
