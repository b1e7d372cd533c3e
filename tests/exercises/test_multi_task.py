"""Other right ways and typical mistakes of the exercises of Many tasks, one body."""

import numpy as np
import pytest

from recsys_lib.exercises import check


def said(capsys, name, answer):
    state = check(name, answer).state
    return state, capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "best"), [("multi_task.q1", "b"), ("multi_task.q2", "a"), ("multi_task.q3", "b"), ("multi_task.q4", "a")]
)
def test_questions(capsys, name, best):
    assert said(capsys, name, None)[0] == "not yet"
    assert {letter: said(capsys, name, letter)[0] for letter in "abc"} == {
        letter: "right" if letter == best else "wrong" for letter in "abc"
    }


@pytest.mark.parametrize("answer", [0.4472, 2 / np.sqrt(20), np.float32(0.447), "0.447"])
def test_cosine_right(capsys, answer):
    assert said(capsys, "multi_task.cosine", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (-0.447, "wrong sign"),
        (2, "dot product"),
        (0.1, "Take their roots"),
        (0.894, "√20"),
        (0, "right angle"),
        (63.43, "degrees"),
        (1.107, "radians"),
        (-0.8, "not times the film"),
        ([-2, -4], "two numbers"),
        (0.3, "over both lengths"),
    ],
)
def test_cosine_wrong(capsys, answer, hint):
    state, text = said(capsys, "multi_task.cosine", answer)
    assert state == "wrong" and hint in text


def by_loops(z, experts, gates):
    out = np.zeros((len(gates), len(z), experts.shape[2]))
    for t in range(len(gates)):
        for n in range(len(z)):
            score = np.array([z[n] @ gates[t][:, k] for k in range(len(experts))])
            weights = np.exp(score - score.max())
            weights /= weights.sum()
            out[t, n] = sum(w * np.maximum(z[n] @ expert, 0) for w, expert in zip(weights, experts))
    return out


def with_keras(z, experts, gates):
    keras_part = pytest.importorskip("recsys_lib.models.multi_task")
    outputs = np.maximum(np.einsum("nd,kdw->nkw", z, experts), 0).astype(np.float64)
    return np.stack([np.asarray(keras_part.mixture(outputs, z @ gate)) for gate in gates])


def variant(*, relu=True, shift=True, axis=-1, soft=True, first=False, after=False, swapped=False):
    def mix(z, experts, gates):
        outputs = np.stack([z @ expert for expert in experts], axis=1)
        outputs = np.maximum(outputs, 0) if relu and not after else outputs
        score = np.stack([z @ gates[0 if first else t] for t in range(len(gates))])
        weights = score
        if soft:
            weights = np.exp(score - score.max(axis=axis, keepdims=True) * shift)
            weights = weights / weights.sum(axis=axis, keepdims=True)
        read = (weights[..., None] * outputs).sum(axis=2)
        read = np.maximum(read, 0) if after else read
        return read.swapaxes(0, 1) if swapped else read

    return mix


@pytest.mark.parametrize("answer", [by_loops, with_keras, variant()])
def test_mix_right(capsys, answer):
    assert said(capsys, "multi_task.mix", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (variant(shift=False), "overflows"),
        (variant(relu=False), "go through a relu"),
        (variant(after=True), "before the mix"),
        (variant(soft=False), "by a softmax"),
        (variant(axis=1), "over the examples"),
        (variant(axis=0), "over the tasks"),
        (variant(first=True), "gate of the first"),
        (variant(swapped=True), "swapped"),
        (lambda z, experts, gates: z, "softmax over k"),
        ([1, 2], "A function is asked for"),
    ],
)
def test_mix_wrong(capsys, answer, hint):
    state, text = said(capsys, "multi_task.mix", answer)
    assert state == "wrong" and hint in text


@pytest.mark.parametrize("answer", [None, ..., lambda *arguments: None, lambda *arguments: ...])
def test_unfilled(capsys, answer):
    assert said(capsys, "multi_task.mix", answer)[0] == "not yet"
    assert said(capsys, "multi_task.cosine", None)[0] == "not yet"
