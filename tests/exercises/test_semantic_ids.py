"""Other right ways and typical mistakes of the exercises of Semantic ids."""

import numpy as np
import pytest

from recsys_lib.exercises import check


def said(capsys, name, answer):
    state = check(name, answer).state
    return state, capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("semantic_ids.q1", "b"),
        ("semantic_ids.q2", "c"),
        ("semantic_ids.q3", "b"),
        ("semantic_ids.q4", "c"),
    ],
)
def test_questions(capsys, name, letter):
    assert said(capsys, name, None)[0] == "not yet"
    states = {option: said(capsys, name, option)[0] for option in "abcd"}
    assert states == {option: "right" if option == letter else "wrong" for option in "abcd"}


@pytest.mark.parametrize("answer", [[1, 1], (1, 1), np.array([1, 1]), [1.0, 1.0]])
def test_word_right(capsys, answer):
    assert said(capsys, "semantic_ids.word", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ([1, 2], "what is left over"),
        ([2, 2], "count from 0"),
        ([0, 1], "not the nearest"),
        ([1, 0], "mind the sign"),
        ([1, 1, 0], "two codes"),
        (1, "word of two codes"),
        ([0, 0], "Take the nearest mean"),
    ],
)
def test_word_wrong(capsys, answer, hint):
    state, text = said(capsys, "semantic_ids.word", answer)
    assert state == "wrong" and hint in text


def by_loops(log_p, total, allowed, width):
    ways = [
        (total[beam] + log_p[beam, code], -beam, -code)
        for beam in range(len(log_p))
        for code in range(log_p.shape[1])
        if allowed[beam, code]
    ]
    return [(-beam, -code) for _, beam, code in sorted(ways, reverse=True)[:width]]


def by_arrays(log_p, total, allowed, width, *, add=True, hold=True, sign=-1):
    sums = (total[:, None] if add else 0) + log_p
    sums = np.where(allowed, sums, -np.inf) if hold else sums
    order = np.argsort(sign * sums.ravel(), kind="stable")
    order = order[np.isfinite(sums.ravel()[order])][:width]
    return np.column_stack(np.unravel_index(order, sums.shape))


def one_of_each(log_p, total, allowed, width):
    sums = np.where(allowed, total[:, None] + log_p, -np.inf)
    code = sums.argmax(axis=1)
    order = np.argsort(-sums.max(axis=1))[:width]
    return np.column_stack([order, code[order]])


@pytest.mark.parametrize("answer", [by_loops, by_arrays])
def test_beam_step_right(capsys, answer):
    assert said(capsys, "semantic_ids.beam_step", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda *a: by_arrays(*a, add=False), "own log p is missing"),
        (lambda *a: by_arrays(*a, hold=False), "does not allow"),
        (lambda *a: by_arrays(*a, sign=1), "unlikeliest"),
        (one_of_each, "one code of each beam"),
        (lambda *a: by_arrays(*a)[:, ::-1], "(beam, code)"),
        (lambda log_p, *a: log_p[0], "sums = total"),
        (lambda log_p, total, allowed, width: log_p @ total, "ValueError"),
        ([1, 2], "A function is asked for"),
    ],
)
def test_beam_step_wrong(capsys, answer, hint):
    state, text = said(capsys, "semantic_ids.beam_step", answer)
    assert state == "wrong" and hint in text


@pytest.mark.parametrize("answer", [None, ..., lambda *arguments: None, lambda *arguments: ...])
def test_unfilled(capsys, answer):
    assert said(capsys, "semantic_ids.beam_step", answer)[0] == "not yet"
    assert said(capsys, "semantic_ids.word", None)[0] == "not yet"
