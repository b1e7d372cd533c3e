"""Other right ways and typical mistakes of the exercises of Two catalogues, one model."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys_lib.exercises import check


def said(capsys, name, answer):
    state = check(name, answer).state
    return state, capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "letter"), [("domains.q1", "b"), ("domains.q2", "b"), ("domains.q3", "b"), ("domains.q4", "c")]
)
def test_questions(capsys, name, letter):
    assert said(capsys, name, None)[0] == "not yet"
    for one in "abcd":
        assert said(capsys, name, one.upper())[0] == ("right" if one == letter else "wrong")


@pytest.mark.parametrize("answer", [8.5 / 20, 0.425, np.float32(0.425), "0.425"])
def test_weight_right(capsys, answer):
    assert said(capsys, "domains.weight", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (0.472, "penalty λ = 2 is missing"),
        (0.6, "Only your own people"),
        (0.32, "All count alike"),
        (0.17, "below all of them"),
        (0.8, "above all of them"),
        (0.75, "Neither the others"),
        (0.5095, "mixed two weights"),
        (0.5, "Below stand all"),
        (8.5 / 20.5, "not weighted"),
        (0.1, "theirs + λ"),
    ],
)
def test_weight_wrong(capsys, answer, hint):
    state, text = said(capsys, "domains.weight", answer)
    assert state == "wrong" and hint in text


def by_loops(likes, left, right, n_films):
    rows = [[0] * n_films for _ in likes]
    for u in range(len(likes)):
        for a, b in zip(left, right):
            rows[u][a] = int(likes[u][b])
    return rows


def by_product(likes, left, right, n_films):
    move = csr_array((np.ones(len(left)), (right, left)), shape=(likes.shape[1], n_films))
    return likes @ move.toarray()


@pytest.mark.parametrize("answer", [by_loops, by_product])
def test_carry_right(capsys, answer):
    assert said(capsys, "domains.carry", answer)[0] == "right"


def moved(likes, left, right, n_films):
    out = np.zeros((len(likes), n_films))
    out[:, left] = likes[:, right]
    return out


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda likes, left, right, n: moved(likes, right, left, n), "wrong way round"),
        (lambda likes, left, right, n: np.pad(likes, ((0, 0), (0, n - likes.shape[1]))), "by position"),
        (lambda likes, left, right, n: likes[:, right], "side by side"),
        (lambda likes, left, right, n: moved(likes, left, np.sort(right), n), "torn apart"),
        (
            lambda likes, left, right, n: moved(likes, left, right, n)[moved(likes, left, right, n).sum(axis=1) > 0],
            "drop",
        ),
        (lambda likes, left, right, n: moved(likes, left, right, n).T, "Rows are people"),
        (
            lambda likes, left, right, n: np.hstack(
                [moved(likes, left, right, n), likes[:, np.setdiff1d(np.arange(likes.shape[1]), right)]]
            ),
            "only the others know",
        ),
        (lambda likes, left, right, n: np.zeros((len(likes), n)), "Zeros of shape"),
        (lambda likes, left, right, n: likes[:, 99], "IndexError"),
        (np.ones((4, 6)), "A function is asked for"),
    ],
)
def test_carry_wrong(capsys, answer, hint):
    state, text = said(capsys, "domains.carry", answer)
    assert state == "wrong" and hint in text


@pytest.mark.parametrize("answer", [None, ..., lambda *arguments: None])
def test_unfilled(capsys, answer):
    assert said(capsys, "domains.carry", answer)[0] == "not yet"
    assert said(capsys, "domains.weight", None)[0] == "not yet"
