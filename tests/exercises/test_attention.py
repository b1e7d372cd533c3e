"""Other right ways and typical mistakes of the exercises of Attention."""

import numpy as np
import pytest

from recsys_lib.exercises import check


def said(capsys, name, answer):
    state = check(name, answer).state
    return state, capsys.readouterr().out


@pytest.mark.parametrize("name", ["attention.q1", "attention.q2", "attention.q3", "attention.q4"])
def test_questions(capsys, name):
    assert said(capsys, name, None)[0] == "not yet"
    assert [said(capsys, name, letter)[0] for letter in ("a", "(B)", "c", "d")] == ["wrong", "right", "wrong", "wrong"]


@pytest.mark.parametrize("answer", [9 / 11, 0.818, np.float32(9 / 11), "0.8182"])
def test_weight_right(capsys, answer):
    assert said(capsys, "attention.weight", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (81 / 83, "did not divide by √d"),
        (0.6, "divided by d = 4"),
        (9, "e to the score"),
        (2.197, "The softmax comes next"),
        (4.394, "Divide by √4"),
        (0.9, "not a weight of 0"),
        (1, "Sum all three"),
        (1 / 11, "The second was asked for"),
        ([1 / 11, 9 / 11, 1 / 11], "three numbers"),
        (0.3, "Dot product of the query"),
    ],
)
def test_weight_wrong(capsys, answer, hint):
    state, text = said(capsys, "attention.weight", answer)
    assert state == "wrong" and hint in text


def by_loops(query, key, value, real):
    out = np.zeros(value.shape)
    for n in range(len(query)):
        for t in range(query.shape[1]):
            places = [s for s in range(t + 1) if real[n, s]]
            if places:
                scores = np.array([query[n, t] @ key[n, s] for s in places]) / query.shape[-1] ** 0.5
                weights = np.exp(scores - scores.max())
                out[n, t] = weights @ value[n, places] / weights.sum()
    return out


def variant(*, mask=lambda allowed: allowed, root=0.5, low=-1e9, axis=-1, shift=True, causal=None, padding=True):
    def attend(query, key, value, real):
        scores = np.einsum("ntd,nsd->nts", query, key) / query.shape[-1] ** root
        allowed = np.tri(query.shape[1], dtype=bool) if causal is None else causal(query.shape[1])
        allowed = allowed & real[:, None, :] if padding else np.broadcast_to(allowed, scores.shape)
        scores = np.where(allowed, scores, low)
        weights = np.exp(scores - scores.max(axis=axis, keepdims=True) * shift)
        return np.einsum("nts,nsd->ntd", weights / weights.sum(axis=axis, keepdims=True), value)

    return attend


def with_keras(query, key, value, real):
    pytest.importorskip("keras")
    from recsys_lib.models.attention_network import attend

    return attend(query, key, value, np.tri(query.shape[1], dtype=bool) & real[:, None, :])[0]


@pytest.mark.parametrize("answer", [by_loops, variant(low=-1e30), with_keras])
def test_attend_right(capsys, answer):
    assert said(capsys, "attention.attend", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (variant(shift=False), "overflows"),
        (variant(low=-np.inf), "0/0"),
        (variant(causal=lambda n: np.ones((n, n), bool)), "reads later ones"),
        (variant(padding=False), "Padding is read"),
        (variant(causal=lambda n: np.ones((n, n), bool), padding=False), "Nothing is forbidden"),
        (variant(root=0), "not divided by √d"),
        (variant(root=1), "divided by d"),
        (variant(axis=-2), "down the columns"),
        (variant(causal=lambda n: np.tri(n, k=-1, dtype=bool)), "may read itself"),
        (variant(low=0), "must be very low"),
        (lambda query, key, value, real: value, "swapaxes"),
        (lambda query, key, value, real: query[0], "swapaxes"),
        (lambda query, key, value, real: query @ key, "ValueError"),
        ([1, 2], "A function is asked for"),
    ],
)
def test_attend_wrong(capsys, answer, hint):
    state, text = said(capsys, "attention.attend", answer)
    assert state == "wrong" and hint in text


@pytest.mark.parametrize("answer", [None, ..., lambda *arguments: None, lambda *arguments: ...])
def test_unfilled(capsys, answer):
    assert said(capsys, "attention.attend", answer)[0] == "not yet"
    assert said(capsys, "attention.weight", None)[0] == "not yet"
