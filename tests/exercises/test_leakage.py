"""Leakage: right answers are accepted however they are written, wrong ones get their hint."""

import numpy as np
import pytest

from recsys_lib.exercises import check


@pytest.mark.parametrize("answer", [1.98, [1.98], "1.98", np.float32(1.98), 99 * 180 / 9000])
def test_rivals_above_right(answer):
    assert check("leakage.rivals_above", answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (0.02, "one rival"),
        (2, "99 rivals"),
        (2.98, "mean rank"),
        (99 * 180 / 9001, "wanted film is not among"),
        (99 * 181 / 9000, "181st"),
        (99 * 181 / 9001, "both numbers"),
        (180, "how many are above it in the catalogue"),
        (181, "rank of the wanted film in the catalogue"),
        (99, "All 99"),
        (97.02, "lower"),
        (50, "Upside down"),
        (180 / 99, "Multiply 99"),
        (7, "same chance"),
    ],
)
def test_rivals_above_wrong(answer, hint):
    verdict = check("leakage.rivals_above", answer)
    assert verdict.state == "wrong" and hint in verdict.message


def by_loop(train_user, train_time, user, moment):
    later = [t >= moment for u, t in zip(train_user, train_time) if u != user]
    return sum(later) / len(later)


def by_mask(train_user, train_time, user, moment):
    others = train_user != user
    return (others & (train_time >= moment)).sum() / others.sum()


@pytest.mark.parametrize("answer", [by_loop, by_mask])
def test_future_share_right(answer):
    assert check("leakage.future_share", answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda u, t, who, m: np.mean(t[u != who] > m), ">="),
        (lambda u, t, who, m: np.mean(t[u != who] < m), "before the moment"),
        (lambda u, t, who, m: np.mean(t[u != who] <= m), "up to the moment"),
        (lambda u, t, who, m: np.sum(t[u != who] >= m), "count"),
        (lambda u, t, who, m: 100 * np.mean(t[u != who] >= m), "percent"),
        (lambda u, t, who, m: t[u != who] >= m, "truth value"),
        (lambda u, t, who, m: np.mean(t >= m), "own ratings too"),
        (lambda u, t, who, m: np.sum((u != who) & (t >= m)) / len(t), "divide by all"),
        (lambda u, t, who, m: np.mean(t[u == who] >= m), "the user's own"),
        (lambda u, t, who, m: len(set(u[t >= m])) / 4, "count people"),
        (lambda u, t, who, m: 0.5, "Some shares"),
        (0.5, "function"),
    ],
)
def test_future_share_wrong(answer, hint):
    verdict = check("leakage.future_share", answer)
    assert verdict.state == "wrong" and hint in verdict.message


@pytest.mark.parametrize(
    ("name", "correct", "hints"),
    [
        ("leakage.q1", "b", {"a": "nobody else", "c": "of 2015"}),
        ("leakage.q2", "b", {"a": "films to find differ", "c": "Two things"}),
        ("leakage.q3", "a", {"b": "no random start", "c": "no information"}),
        ("leakage.q4", "c", {"a": "cuts a second", "b": "not the row"}),
    ],
)
def test_questions(name, correct, hints):
    assert check(name, correct).state == "right"
    for letter, hint in hints.items():
        verdict = check(name, letter)
        assert verdict.state == "wrong" and hint in verdict.message


@pytest.mark.parametrize("name", ["rivals_above", "future_share", "q1", "q2", "q3", "q4"])
def test_unfilled(name):
    unfilled = None if name != "future_share" else lambda train_user, train_time, user, moment: ...
    assert check(f"leakage.{name}", unfilled).state == "not yet"
