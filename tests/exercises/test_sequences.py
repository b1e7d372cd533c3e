"""Other right ways and typical mistakes of the exercises of Sequences."""

import numpy as np
import pytest

from recsys_lib.data import IdMap, Interactions
from recsys_lib.exercises import check
from recsys_lib.models import NextItemRidge, TransitionCounts


def said(capsys, name, answer):
    state = check(name, answer).state
    return state, capsys.readouterr().out


@pytest.mark.parametrize("name, letter", [("sequences.q1", "b"), ("sequences.q2", "b"), ("sequences.q3", "c")])
def test_questions(capsys, name, letter):
    assert said(capsys, name, None)[0] == "not yet"
    states = {one: said(capsys, name, one)[0] for one in "abcd"}
    assert states == {one: "right" if one == letter else "wrong" for one in "abcd"}


@pytest.mark.parametrize("answer", [1.5, 3 / 2, np.array([1.5]), "1.5", np.float32(1.5)])
def test_score_right(capsys, answer):
    assert said(capsys, "sequences.score", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (1.75, "both ways"),
        (0.25, "wrong way round"),
        (2.5, "history has no decay"),
        (1.125, "start at the oldest"),
        (2, "counts have no decay"),
        (3, "no decay in it at all"),
        (1, "direct steps only"),
        (0.5, "last film alone"),
        (0.75, "one step too old"),
        ([0.5, 1], "One number"),
        (100, "Column C"),
    ],
)
def test_score_wrong(capsys, answer, hint):
    state, text = said(capsys, "sequences.score", answer)
    assert state == "wrong" and hint in text


def by_steps(histories, n_items, decay, regularization, *, past=lambda films, t: films[:t], turn=False, ages=0):
    gram, cross = regularization * np.eye(n_items), np.zeros((n_items, n_items))
    for films in histories:
        for t in range(1, len(films)):
            x, y = np.zeros(n_items), np.eye(n_items)[films[t]]
            for age, film in enumerate(past(films, t)[::-1]):
                x[film] = decay ** (age + ages)
            x, y = (y, x) if turn else (x, y)
            gram += np.outer(x, x)
            cross += np.outer(x, y)
    return np.linalg.inv(gram) @ cross


def by_the_library(histories, n_items, decay, regularization):
    user = np.repeat(np.arange(len(histories)), [len(films) for films in histories])
    items, users = IdMap(range(n_items)), IdMap(range(len(histories)))
    data = Interactions(user, np.concatenate(histories), None, np.arange(len(user)), users, items)
    return NextItemRidge(decay=decay, regularization=regularization).fit(data).matrix_


def as_list(*arguments):
    return by_steps(*arguments).tolist()


@pytest.mark.parametrize("answer", [by_steps, by_the_library, as_list])
def test_ridge_right(capsys, answer):
    state, text = said(capsys, "sequences.ridge", answer)
    assert state == "right", text


def varied(**how):
    return lambda *arguments: by_steps(*arguments, **how)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (varied(past=lambda films, t: films[:t][::-1]), "starts at the oldest"),
        (varied(ages=1), "its age is 0"),
        (varied(past=lambda films, t: films[: t + 1]), "its own history"),
        (varied(past=lambda films, t: films), "its future too"),
        (varied(past=lambda films, t: films[t - 1 : t]), "Only the film just before"),
        (varied(turn=True), "changed places"),
        (lambda *a: by_steps(*a).T, "transposed"),
        (lambda h, n, d, r: by_steps(h, n, d, r**2), "not squared"),
        (lambda h, n, d, r: by_steps([films[:2] for films in h], n, d, r), "Then solve"),
        (lambda *a: None, "not yet"),
        (lambda *a: 1 / 0, "ZeroDivisionError"),
        (3, "A function is asked for"),
    ],
)
def test_ridge_wrong(capsys, answer, hint):
    state, text = said(capsys, "sequences.ridge", answer)
    assert state != "right" and hint in text


def test_score_is_the_library_s():
    """The paper's score of film C is that of the library's counts on the same four people."""
    user, item = [0, 0, 1, 1, 1, 2, 2, 2], [0, 1, 0, 1, 2, 1, 2, 3]
    people, films = IdMap(["Fay", "Gil", "Hal"]), IdMap(list("ABCD"))
    model = TransitionCounts(decay=0.5).fit(Interactions(user, item, None, np.arange(8), people, films))
    iris = Interactions([0, 0, 0], [3, 1, 0], None, np.arange(3), IdMap(["Iris"]), films)
    assert model.score(history=iris)[0, 2] == pytest.approx(1.5)
