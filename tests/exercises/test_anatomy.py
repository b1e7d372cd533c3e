"""The checkers of the chapter Anatomy accept right answers however written, and name the mistake in wrong ones."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from recsys_lib.exercises import check


@pytest.mark.parametrize(
    "answer",
    [
        [0, 0.5, 0.5],
        (0, 1 / 2, 1 / 2),
        np.array([0, 0.5, 0.5]),
        np.array([[0, 0.5, 0.5]]),
        csr_array([[0, 0.5, 0.5]]),
        pd.Series([0, 0.5, 0.5]),
    ],
)
def test_profile_right(answer):
    assert check("anatomy.profile", answer).state == "right"


@pytest.mark.parametrize(
    "answer, hint",
    [
        ([0, 1, 1], "sum of the liked rows"),
        ([0, 2 / 3, 2 / 3], "Kiss is in your average"),
        ([0, 0.667, 0.667], "Kiss is in your average"),
        ([0, 0.33, 0.33], "divided by 3"),
        ([0.5, 0.5, 0], "order is space"),
        ([0.5, 0, 0.5], "order is space"),
        ([0, 0.5, 0], "half of one"),
        ([0, 0, 0.5], "half of one"),
        ([0, 1, 0], "Alibi alone"),
        ([0, 0, 1], "Waltz alone"),
        ([0, 50, 50], "percent"),
        ([0, 1 / 6, 1 / 6], "all films"),
        ([0, np.sqrt(0.5), np.sqrt(0.5)], "one unit long"),
        ([0, 0, 0], "All zeros: did you subtract Kiss, or multiply"),
        (np.zeros(3), "divide by two"),
        ([1, 0, 0], "add them"),
        ("half", "add them"),
    ],
)
def test_profile_wrong(answer, hint):
    verdict = check("anatomy.profile", answer)
    assert verdict.state == "wrong" and hint in verdict.message


@pytest.mark.parametrize("answer", [[1, 0, 0, 2], (1.0, 0, 0, 2), np.array([[1], [0], [0], [2]])])
def test_trace_right(answer):
    assert check("anatomy.trace", answer).state == "right"


@pytest.mark.parametrize(
    "answer, hint",
    [
        ([1, 0, 0, 1], "two paths"),
        ([0, 0, 0, 2], "Orbit is missing"),
        ([0, 0, 0, 1], "Comet and with Waltz"),
        ([1, 2, 0, 0, 2, 2], "leave them out and give"),
        ([1, 2, 0, 0, 2, 1], "And Kiss has two"),
        ([0.447, 0, 0.316, 0.632], "cosines"),
        ([2, 1, 2, 1], "everybody who likes"),
        ([0.5, 0, 0, 1], "divided by the two"),
        ([2, 0, 0, 1], "wrong order"),
        ([0, 1, 0, 2], "wrong order"),
        ([0, 0, 1, 2], "wrong order"),
        ([2, 1, 0, 0], "as the list sorts"),
        (2, "each of the four"),
        ("Kiss", "each of the four"),
    ],
)
def test_trace_wrong(answer, hint):
    verdict = check("anatomy.trace", answer)
    assert verdict.state == "wrong" and hint in verdict.message


def stub(scores, seen): ...


def test_unfilled():
    assert check("anatomy.trace", ...).state == "not yet"
    assert check("anatomy.profile", None).state == "not yet"
    assert check("anatomy.top_ten", lambda scores, seen: ...).state == "not yet"
    assert check("anatomy.top_ten", stub).state == "not yet"
    for number in (2, 3, 4):
        assert check(f"anatomy.q{number}", None).state == "not yet"


@pytest.mark.parametrize("name, letter", [("anatomy.q2", "b"), ("anatomy.q3", "c"), ("anatomy.q4", "b")])
def test_questions_right(name, letter):
    assert check(name, f" {letter.upper()}) ").state == "right"


@pytest.mark.parametrize(
    "name, letter, hint",
    [
        ("anatomy.q2", "a", "wrong place"),
        ("anatomy.q2", "c", "symptom"),
        ("anatomy.q3", "a", "includes zero"),
        ("anatomy.q3", "b", "does not show that there is none"),
        ("anatomy.q4", "a", "no co-likes"),
        ("anatomy.q4", "c", "alone"),
        ("anatomy.q4", "d", "no option"),
    ],
)
def test_questions_wrong(name, letter, hint):
    verdict = check(name, letter)
    assert verdict.state == "wrong" and hint in verdict.message


def by_sorted(scores, seen):
    left = sorted((i for i in range(len(scores)) if i not in seen), key=lambda i: (-scores[i], i))
    return left[:10]


def masked(scores, seen, value=-np.inf):
    scores = np.array(scores, float)
    scores[list(seen)] = value
    return scores


def printing(scores, seen):
    print(by_sorted(scores, seen))


def forgetting(scores, seen):
    by_sorted(scores, seen)


def by_infinity(scores, seen):
    return np.argsort(-masked(scores, seen), kind="stable")[: min(10, len(scores) - len(seen))]


@pytest.mark.parametrize("answer", [by_sorted, by_infinity, lambda s, seen: tuple(by_sorted(s, seen))])
def test_top_ten_right(answer):
    assert check("anatomy.top_ten", answer).state == "right"


@pytest.mark.parametrize(
    "answer, hint",
    [
        (lambda s, seen: np.argsort(-s, kind="stable")[:10], "`seen` are in your list"),
        (lambda s, seen: np.argsort(-masked(s, seen), kind="stable")[:10], "last, not out"),
        (lambda s, seen: np.argsort(-np.delete(s, list(seen)), kind="stable")[:10], "positions have moved"),
        (lambda s, seen: [i for i in np.argsort(-s, kind="stable") if i not in seen], "goes on after ten"),
        (lambda s, seen: [i for i in np.argsort(s)[::-1] if i not in seen][:10], "Right but for ties"),
        (lambda s, seen: np.argsort(-masked(s, seen, 0), kind="stable")[:10], "0 is the best"),
        (lambda s, seen: [i for i in np.argsort(s, kind="stable") if i not in seen][:10], "worst films first"),
        (lambda s, seen: [i for i in np.argsort(-s, kind="stable")[:10] if i not in seen], "cut to ten first"),
        (lambda s, seen: [i for i in np.argsort(s, kind="stable")[::-1] if i not in seen][:10], "ties"),
        (lambda s, seen: np.asarray(s)[by_sorted(s, seen)], "indices"),
        (lambda s, seen: np.argsort(-masked(s, seen, np.nan), kind="stable")[:10], "last, not out"),
        (lambda s, seen: np.argsort(-masked(s, seen))[:10], "last, not out"),
        (lambda s, seen: np.argsort(-masked(s, seen, np.nan))[:10], "last, not out"),
        (lambda s, seen: np.argsort(masked(s, seen))[::-1][:10], "turns ties round"),
        (lambda s, seen: np.argsort(masked(s, seen), kind="stable")[::-1][:10], "last, not out"),
        (lambda s, seen: np.argsort(masked(s, seen, np.nan))[::-1][:10], "NaN is sorted last"),
        (lambda s, seen: np.argsort(masked(s, seen, np.nan), kind="stable")[::-1][:10], "NaN is sorted last"),
        (lambda s, seen: np.argsort(masked(s, seen))[::-1][: min(10, len(s) - len(seen))], "Right but for ties"),
        (lambda s, seen: [i for i in np.argsort(-s) if i not in seen][:10], "any order"),
        (printing, "prints its list"),
        (forgetting, "begin with `return`"),
        (lambda s, seen: s.nothing, "AttributeError"),
    ],
)
def test_top_ten_wrong(answer, hint):
    verdict = check("anatomy.top_ten", answer)
    assert verdict.state == "wrong" and hint in verdict.message
