"""Other right ways and typical mistakes of the exercises on what a model costs."""

import numpy as np
import pytest

from recsys_lib import counting
from recsys_lib.exercises import check


def said(capsys, name, answer):
    state = check(name, answer).state
    return state, capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "letter"), [("scale.q1", "b"), ("scale.q2", "a"), ("scale.q3", "c"), ("scale.q4", "b")]
)
def test_questions(capsys, name, letter):
    assert said(capsys, name, None)[0] == "not yet"
    for other in "abcd":
        assert said(capsys, name, other)[0] == ("right" if other == letter else "wrong")


def test_numbers_is_what_the_library_counts():
    parts = counting.sequence_network(n_items=1000, n_factors=8, n_layers=2, places=20, length=20)
    assert counting.totals(parts)["numbers"] == 10_040


@pytest.mark.parametrize("answer", [10_040, 10_040.0, "10040", np.int64(10_040)])
def test_numbers_right(capsys, answer):
    assert said(capsys, "scale.numbers", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (9_040, "a bias"),
        (9_880, "places have vectors"),
        (9_608, "two layers"),
        (10_024, "last norm"),
        (9_944, "6 d numbers"),
        (9_928, "2 d are missing"),
        (18_040, "kept once"),
        (864, "tables hold most"),
        (9_160, "are missing"),
        (5, "four parts"),
    ],
)
def test_numbers_wrong(capsys, answer, hint):
    state, text = said(capsys, "scale.numbers", answer)
    assert state == "wrong" and hint in text


def by_search(n_items, budget):
    """The last d whose memory, as the library counts it, still fits."""
    low, high = 0, 1
    while sum(counting.training_memory(n_items * (high + 1), 0, 0).values()) <= budget:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        fits = sum(counting.training_memory(n_items * (middle + 1), 0, 0).values()) <= budget
        low, high = (middle, high) if fits else (low, middle)
    return low


@pytest.mark.parametrize("answer", [by_search, lambda n, b: max(0, int(np.floor(b / n / 16)) - 1)])
def test_widest_right(capsys, answer):
    assert said(capsys, "scale.widest", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda n, b: max(b // (4 * n) - 1, 0), "weights alone"),
        (lambda n, b: max(b // (8 * n) - 1, 0), "two moments"),
        (lambda n, b: max(b // (16 * n), 0), "a bias"),
        (lambda n, b: b // (16 * n) - 1, "the answer is 0"),
        (lambda n, b: max(b / (16 * n) - 1, 0), "round down"),
        (lambda n, b: max(b // (32 * n) - 1, 0), "4 bytes"),
        (lambda n, b: 7, "sixteen|four times"),
        (3, "A function is asked for"),
    ],
)
def test_widest_wrong(capsys, answer, hint):
    import re

    state, text = said(capsys, "scale.widest", answer)
    assert state == "wrong" and re.search(hint, text)


@pytest.mark.parametrize("answer", [None, ..., lambda *arguments: None])
def test_unfilled(capsys, answer):
    assert said(capsys, "scale.widest", answer)[0] == "not yet"
    assert said(capsys, "scale.numbers", None)[0] == "not yet"
