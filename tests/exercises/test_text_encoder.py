"""Other right ways and typical mistakes of the exercises of A language model reads the catalogue."""

import numpy as np
import pytest

from recsys_lib.exercises import check


def said(capsys, name, answer):
    state = check(name, answer).state
    return state, capsys.readouterr().out


@pytest.mark.parametrize("name", ["text_encoder.q1", "text_encoder.q2", "text_encoder.q3"])
def test_questions(capsys, name):
    assert said(capsys, name, None)[0] == "not yet"
    assert [said(capsys, name, letter)[0] for letter in ("a", "(B)", "c", "d")] == ["wrong", "right", "wrong", "wrong"]


@pytest.mark.parametrize("answer", [-1, -1.0, np.array([-1.0]), "-1", np.float32(-1)])
def test_centred_right(capsys, answer):
    assert said(capsys, "text_encoder.centred", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (0.6, "raw cosine"),
        (-2, "divides it by both lengths"),
        (1, "Look at the sign"),
        (-0.7071, "counts the padding"),
        ([1, -1], "This is a vector"),
        (5, "Mean of A's two tokens"),
    ],
)
def test_centred_wrong(capsys, answer, hint):
    state, text = said(capsys, "text_encoder.centred", answer)
    assert state == "wrong" and hint in text


def parts(vectors, warm, mean="warm", lengths=True):
    centred = vectors - {"warm": vectors[warm].mean(axis=0), "all": vectors.mean(axis=0), "none": 0}[mean]
    return centred / np.linalg.norm(centred, axis=1)[:, None] if lengths else centred


def with_a_matrix(vectors, likes, warm, k):
    unit = parts(vectors, warm)
    cosines = unit[~warm] @ unit[warm].T
    smallest = np.sort(cosines, axis=1)[:, [-k]]
    return likes[:, warm] @ np.where(cosines >= smallest, cosines, 0).T


def with_a_loop(vectors, likes, warm, k):
    unit, columns = parts(vectors, warm), []
    for i in np.flatnonzero(~warm):
        near = sorted(np.flatnonzero(warm), key=lambda j: -float(unit[i] @ unit[j]))[:k]
        columns.append([sum(row[j] * float(unit[i] @ unit[j]) for j in near) for row in likes])
    return np.array(columns).T.tolist()


@pytest.mark.parametrize("answer", [with_a_matrix, with_a_loop])
def test_neighbours_right(capsys, answer):
    assert said(capsys, "text_encoder.neighbours", answer)[0] == "right"


def variant(mean="warm", lengths=True, rows="cold", pool="warm", weighted=True, sign=-1, turned=False):
    def scores(vectors, likes, warm, k):
        unit = parts(vectors, warm, mean, lengths)
        cosines = unit @ unit.T
        np.fill_diagonal(cosines, sign * np.inf)
        if pool == "warm":
            cosines[:, ~warm] = sign * np.inf
        out = []
        for i in np.flatnonzero(~warm) if rows == "cold" else range(len(unit)):
            near = np.argsort(sign * cosines[i], kind="stable")[:k]
            out.append(likes[:, near] @ (cosines[i, near] if weighted else np.ones(k)))
        return np.array(out) if turned else np.array(out).T

    return scores


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (variant(rows="all"), "cold items only"),
        (variant(turned=True), "changed over"),
        (variant(mean="none"), "crowded"),
        (variant(mean="all"), "counts the cold"),
        (variant(lengths=False), "Divide each centred vector"),
        (variant(pool="all"), "are cold"),
        (variant(weighted=False), "Weigh each"),
        (variant(sign=1), "furthest"),
        (lambda vectors, likes, warm, k: likes[:, ~warm], "Centre by the warm mean"),
        (lambda vectors, likes, warm, k: vectors["a"], "IndexError"),
        ([1, 2], "A function is asked for"),
    ],
)
def test_neighbours_wrong(capsys, answer, hint):
    state, text = said(capsys, "text_encoder.neighbours", answer)
    assert state == "wrong" and hint in text, text


@pytest.mark.parametrize("answer", [None, ..., lambda *arguments: None, lambda *arguments: ...])
def test_unfilled(capsys, answer):
    if not callable(answer):
        assert said(capsys, "text_encoder.centred", answer)[0] == "not yet"
    assert said(capsys, "text_encoder.neighbours", answer)[0] == "not yet"
