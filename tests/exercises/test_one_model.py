"""Other right ways and typical mistakes of the exercises about one transformer for four tasks."""

import numpy as np
import pytest

from recsys_lib.exercises import check


def said(capsys, name, answer):
    state = check(name, answer).state
    return state, capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "letter"), [("one_model.q1", "b"), ("one_model.q2", "b"), ("one_model.q3", "c"), ("one_model.q4", "b")]
)
def test_questions(capsys, name, letter):
    assert said(capsys, name, None)[0] == "not yet"
    for other in "abcd":
        assert said(capsys, name, other)[0] == ("right" if other == letter else "wrong")


@pytest.mark.parametrize("answer", [[4, 3], (4.0, 3.0), np.array([4.0, 3.0], np.float32)])
def test_first_place_right(capsys, answer):
    assert said(capsys, "one_model.first_place", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ([7, 6], "without 1/√n"),
        ([2.5, 1.5], "divided by n = 4"),
        ([3, 3], "token of the task is missing"),
        ([3.683, 2.683], "not 5"),
        ([4.464, 3.464], "not 3"),
        (5, "one number"),
        ([1, 2], "divide by √4"),
    ],
)
def test_first_place_wrong(capsys, answer, hint):
    state, text = said(capsys, "one_model.first_place", answer)
    assert state == "wrong" and hint in text


def by_loop(one, twin, lower_is_better):
    total = 0
    for a, b, lower in zip(one, twin, lower_is_better):
        total += b / a if lower else a / b
    return total / len(one)


def by_power(one, twin, lower_is_better):
    return np.power(one / twin, np.where(lower_is_better, -1.0, 1.0)).mean()


@pytest.mark.parametrize("answer", [by_loop, by_power])
def test_checkpoint_right(capsys, answer):
    assert said(capsys, "one_model.checkpoint", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda one, twin, lower: (one / twin).mean(), "invert its ratio"),
        (lambda one, twin, lower: by_loop(twin, one, lower), "on its head"),
        (lambda one, twin, lower: by_loop(one, twin, lower) * len(one), "sum over the tasks"),
        (lambda one, twin, lower: np.where(lower, twin - one, one - twin).mean(), "mean of differences"),
        (lambda one, twin, lower: one.mean() / twin.mean(), "each task first"),
        (lambda one, twin, lower: 0.5, "then the mean"),
    ],
)
def test_checkpoint_wrong(capsys, answer, hint):
    state, text = said(capsys, "one_model.checkpoint", answer)
    assert state == "wrong" and hint in text


def test_unfilled(capsys):
    for name in ("first_place", "checkpoint"):
        assert said(capsys, f"one_model.{name}", None)[0] == "not yet"
    assert said(capsys, "one_model.checkpoint", lambda one, twin, lower_is_better: ...)[0] == "not yet"
