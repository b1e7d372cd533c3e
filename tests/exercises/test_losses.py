"""Other right ways and typical mistakes of the exercises of Losses."""

import numpy as np
import pytest
from scipy.special import expit, log_expit, logsumexp

from recsys_lib.exercises import check


def said(capsys, name, answer):
    state = check(name, answer).state
    return state, capsys.readouterr().out


@pytest.mark.parametrize(
    "answer",
    [
        [0, -2 / 3, 1 / 3, 1 / 3],
        (0.0, -0.667, 0.333, 0.333),
        [0, -0.67, 0.33, 0.33],
        [[0], [-2 / 3], [1 / 3], [1 / 3]],
        np.array([[0, -0.6667, 0.3333, 0.3333]])[0],
        2 * np.array([3, 1, 1, 1]) / 6 - np.array([1, 1, 0, 0]),
    ],
)
def test_several_likes_right(capsys, answer):
    assert said(capsys, "losses.several_likes", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ([-0.5, -5 / 6, 1 / 6, 1 / 6], "one like"),
        ([0, 2 / 3, -1 / 3, -1 / 3], "sign"),
        ([0, -1 / 3, 1 / 6, 1 / 6], "divided by the number of likes"),
        ([0.5, 1 / 6, 1 / 6, 1 / 6], "probabilities"),
        ([1, 1 / 3, 1 / 3, 1 / 3], "subtract y"),
        ([5, 1, 2, 2], "Divide the exponentials"),
        ([0.4225, -0.8075, 0.1925, 0.1925], "You took exponentials of those"),
        (2.4849, "This is the loss"),
        ([0, -2 / 3], "Four films"),
        ([0, -0.7, 0.3, 0.3], "two decimals"),
        ([0, 0, 0, 0], "Start from"),
        ("nothing", "Four films"),
    ],
)
def test_several_likes_wrong(capsys, answer, hint):
    state, text = said(capsys, "losses.several_likes", answer)
    assert state == "wrong" and hint in text


@pytest.mark.parametrize("answer", [None, ...])
def test_several_likes_unfilled(capsys, answer):
    assert said(capsys, "losses.several_likes", answer)[0] == "not yet"


def loop(s):
    total = 0.0
    for rival in s[1:]:
        gap = s[0] - rival
        total += max(-gap, 0) + np.log1p(np.exp(-abs(gap)))
    return total / (len(s) - 1)


RIGHT = {
    "logaddexp": lambda s: np.logaddexp(0, s[1:] - s[0]).mean(),
    "log_expit": lambda s: -log_expit(s[0] - s[1:]).mean(),
    "loop": loop,
    "two-film softmax": lambda s: np.mean([logsumexp([s[0], r]) - s[0] for r in s[1:]]),
    "array of one": lambda s: np.logaddexp(0, s[1:] - s[0]).mean(keepdims=True),
}


@pytest.mark.parametrize("way", RIGHT)
def test_bpr_row_right(capsys, way):
    assert said(capsys, "losses.bpr_row", RIGHT[way])[0] == "right"


WRONG = {
    "1 − σ(gap)": lambda s: np.mean(1 - expit(s[0] - s[1:])),
    "infinite": lambda s: np.mean(-np.log(1 / (1 + np.exp(-(s[0] - s[1:]))))),
    "near 23": lambda s: np.mean(-np.log(expit(s[0] - s[1:]) + 1e-10)),
    "near 28": lambda s: np.mean(-np.log(expit(s[0] - s[1:]) + 1e-12)),
    "prints the loss": lambda s: print(np.mean(np.logaddexp(0, s[1:] - s[0]))),
    "One number a row": lambda s: np.logaddexp(0, s[1:] - s[0]),
    "You cap the gap": lambda s: np.mean(np.log1p(np.exp(-np.clip(s[0] - s[1:], -30, 30)))),
    "or the loss": lambda s: np.mean(np.minimum(1000, np.logaddexp(0, s[1:] - s[0]))),
    "log(1 + e^x) without this": lambda s: np.mean(np.log1p(np.exp(s[1:] - s[0]))),
    "dead gradient": lambda s: np.mean(-np.log(np.clip(expit(s[0] - s[1:]), 1e-7, 1 - 1e-7))),
    "dead gradient from above": lambda s: np.mean(-np.log(np.maximum(expit(s[0] - s[1:]), 1e-15))),
    "in place of infinity": lambda s: np.mean(np.nan_to_num(np.log1p(np.exp(s[1:] - s[0])), posinf=1000)),
    "You add up": lambda s: np.sum(np.logaddexp(0, s[1:] - s[0])),
    "turned round": lambda s: np.mean(np.logaddexp(0, s[0] - s[1:])),
    "minus in front": lambda s: np.mean(log_expit(s[0] - s[1:])),
    "mean of the gaps first": lambda s: np.logaddexp(0, np.mean(s[1:]) - s[0]),
    "against itself": lambda s: np.mean(np.logaddexp(0, s - s[0])),
    "sampled softmax": lambda s: logsumexp(s) - s[0],
    "softplus(s_j − s_0)": lambda s: 0.5,
    "raises": lambda s: s.nothing,
}


@pytest.mark.parametrize("hint", WRONG)
def test_bpr_row_wrong(capsys, hint):
    state, text = said(capsys, "losses.bpr_row", WRONG[hint])
    assert state == "wrong" and hint in text


def test_bpr_row_other_answers(capsys):
    assert said(capsys, "losses.bpr_row", 0.69)[0] == "wrong"
    assert said(capsys, "losses.bpr_row", lambda s: None)[0] == "not yet"
    assert said(capsys, "losses.bpr_row", lambda s: ...)[0] == "not yet"
    assert said(capsys, "losses.bpr_row", None)[0] == "not yet"


@pytest.mark.parametrize(
    ("name", "answer", "hint"),
    [
        ("losses.q1", "a", "more slowly"),
        ("losses.q1", "c", "no floor"),
        ("losses.q2", "a", "Values agree"),
        ("losses.q2", "b", "several likes"),
        ("losses.q2", "d", "falls with the wrong gradient"),
        ("losses.q3", "a", "is not drawn"),
        ("losses.q3", "b", "turned round"),
    ],
)
def test_question_wrong(capsys, name, answer, hint):
    state, text = said(capsys, name, answer)
    assert state == "wrong" and hint in text


@pytest.mark.parametrize(("name", "answer"), [("losses.q1", "b"), ("losses.q2", "c"), ("losses.q3", "c")])
def test_question_right(capsys, name, answer):
    assert said(capsys, name, answer)[0] == "right"
