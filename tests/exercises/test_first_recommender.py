"""First recommender: right answers are accepted however they are written, wrong ones get their hint."""

import numpy as np
import pytest

from recsys_lib.exercises import check


@pytest.mark.parametrize("answer", [4.7, "4.7", [4.7], np.float32(4.7), np.array([2, -1]) @ [1.5, 0.5] + 2.2])
def test_score_right(answer):
    assert check("first_recommender.score", answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("A", "a number"),
        ("Film B", "a number"),
        (4, "score of film B"),
        (3, "B without its popularity"),
        (2.5, "still missing"),
        (2.2, "alone"),
        (5.7, "minus is lost: −1 times 0.5"),
        (6, "B with the minus lost"),
        (5.2, "add both products"),
        (5, "Multiply them"),
        (5.5, "It is added"),
        (47, "For each film"),
        ("much", "For each film"),
    ],
)
def test_score_wrong(answer, hint):
    verdict = check("first_recommender.score", answer)
    assert verdict.state == "wrong" and hint in verdict.message


def test_unfilled():
    assert check("first_recommender.score", None).state == "not yet"
