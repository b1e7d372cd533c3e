"""Other right ways and typical mistakes of the exercises of Learning to fuse."""

import numpy as np
import pytest

from recsys_lib.exercises import check


def said(capsys, name, answer):
    state = check(name, answer).state
    return state, capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "letter"), [("learned_fusion.q1", "b"), ("learned_fusion.q2", "c"), ("learned_fusion.q3", "c")]
)
def test_questions(capsys, name, letter):
    assert said(capsys, name, None)[0] == "not yet"
    for other in "abcd":
        assert said(capsys, name, other)[0] == ("right" if other == letter else "wrong")
    assert said(capsys, name, f"({letter.upper()})")[0] == "right"


@pytest.mark.parametrize("answer", [0.31, 0.3100, np.array([0.31]), "0.310", np.float32(0.3100255)])
def test_stacked_right(capsys, answer):
    assert said(capsys, "learned_fusion.stacked", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (-0.8, "sigmoid"),
        (0.69, "sign of the sum"),
        (0.769, "constant"),
        (0.55, "Standardise first"),
        (0.168, "EASE's is .5"),
        (0.142, "z = 0"),
        (0.5, "−2, and not 2"),
        (7, "0 for the unknown one"),
    ],
)
def test_stacked_wrong(capsys, answer, hint):
    state, text = said(capsys, "learned_fusion.stacked", answer)
    assert state == "wrong" and hint in text, text


def with_a_loop(a, b, length, edges, weights):
    rows = []
    for one, other, n in zip(a, b, length):
        w = weights[sum(n >= edge for edge in edges)]
        z = [(s - np.mean(s)) / np.std(s) for s in (one, other)]
        rows.append(((1 - w) * z[0] + w * z[1]).tolist())
    return rows


def with_digitize(a, b, length, edges, weights):
    w = weights[np.digitize(length, edges)][:, None]
    a, b = ((s.T - s.mean(1)) / s.std(1) for s in (a, b))
    return a.T + w * (b.T - a.T)


@pytest.mark.parametrize("answer", [with_a_loop, with_digitize])
def test_gated_right(capsys, answer):
    assert said(capsys, "learned_fusion.gated", answer)[0] == "right"


def variant(axis=1, swapped=False, strict=False, same=False, scaled=True):
    def scores(a, b, length, edges, weights):
        if scaled:
            a, b = ((s - s.mean(axis=axis, keepdims=True)) / s.std(axis=axis, keepdims=True) for s in (a, b))
        w = weights[[sum(n > e if strict else n >= e for e in edges) for n in length]][:, None]
        w = weights.mean() if same else w
        return w * a + (1 - w) * b if swapped else (1 - w) * a + w * b

    return scores


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (variant(scaled=False), "The scales differ"),
        (variant(axis=0), "over people"),
        (variant(axis=None), "One mean for everybody"),
        (variant(swapped=True), "first model's"),
        (variant(strict=True), "equals an edge"),
        (variant(same=True), "same weight"),
        (lambda a, b, length, edges, weights: a, "gives the bin"),
        (lambda a, b, length, edges, weights: a["x"], "IndexError"),
        ([1, 2], "A function is asked for"),
    ],
)
def test_gated_wrong(capsys, answer, hint):
    state, text = said(capsys, "learned_fusion.gated", answer)
    assert state == "wrong" and hint in text, text


@pytest.mark.parametrize("answer", [None, ..., lambda *arguments: None, lambda *arguments: ...])
def test_unfilled(capsys, answer):
    if not callable(answer):
        assert said(capsys, "learned_fusion.stacked", answer)[0] == "not yet"
    assert said(capsys, "learned_fusion.gated", answer)[0] == "not yet"
