"""Other right ways and typical mistakes of the exercises of Strangers."""

import numpy as np
import pandas as pd
import pytest

from recsys_lib.exercises import check


def said(capsys, name, answer):
    state = check(name, answer).state
    return state, capsys.readouterr().out


@pytest.mark.parametrize("name", ["strangers.q1", "strangers.q2", "strangers.q3", "strangers.q4"])
def test_questions(capsys, name):
    assert said(capsys, name, None)[0] == "not yet"
    assert [said(capsys, name, letter)[0] for letter in ("a", "(B)", "c", "d")] == ["wrong", "right", "wrong", "wrong"]


@pytest.mark.parametrize("answer", [6.5, 13 / 2, np.array([6.5]), "6.5", np.float32(6.5)])
def test_score_right(capsys, answer):
    assert said(capsys, "strangers.score", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (600.5, "whole numbers of steps"),
        (60.5, "belongs to both"),
        (65, "plain number, and the step"),
        (64.5, "plain number, and the step"),
        (60.05, "plain number, and the step"),
        (0.6, "not three times"),
        (6.05, "no step multiplies"),
        (6, "bias is missing"),
        (12.5, "did not divide"),
        (3.5, "divided by n"),
        (10.5, "2 stars is in your sum"),
        (9.444, "in your n"),
        (5.867, "n is the number of likes"),
        (2.9, "divided by 5"),
        (4.5, "mean of all five"),
        (20.5, "root is missing"),
        ([2, 2], "dot product"),
        (100, "Add the vectors"),
    ],
)
def test_score_wrong(capsys, answer, hint):
    state, text = said(capsys, "strangers.score", answer)
    assert state == "wrong" and hint in text


def parts(ratings, ids, steps, step, *, liked_from=4):
    likes = [ids.index(i) for i, stars in ratings.items() if stars >= liked_from]
    films = steps.astype(float) * step
    return likes, films[likes].sum(axis=0), films


def by_a_table(ratings, ids, steps, step, bias, k):
    likes, total, films = parts(ratings, ids, steps, step)
    table = pd.Series(films @ (total / max(1, len(likes)) ** 0.5) + bias, index=ids)
    return table.drop(list(ratings)).nlargest(k).index


def by_a_loop(ratings, ids, steps, step, bias, k):
    likes, total, films = parts(ratings, ids, steps, step)
    root = len(likes) ** 0.5 or 1
    scored = [(float(q @ total) / root + b, i) for q, b, i in zip(films, bias, ids) if i not in ratings]
    return tuple(i for _, i in sorted(scored, reverse=True)[:k])


def in_float32(ratings, ids, steps, step, bias, k):
    likes, _, _ = parts(ratings, ids, steps, step)
    films = steps * np.float32(step)
    scores = films @ (films[likes].sum(axis=0) / np.sqrt(max(1, len(likes)))) + bias
    scores[[ids.index(i) for i in ratings]] = -np.inf
    return [ids[place] for place in np.argsort(-scores)[:k]]


@pytest.mark.parametrize("answer", [by_a_table, by_a_loop, in_float32])
def test_serve_right(capsys, answer):
    assert said(capsys, "strangers.serve", answer)[0] == "right"


def variant(*, root=0.5, exclude="rated", sign=-1, ids_out=True, liked_from=4, with_bias=True, n=None, out=np.inf):
    def serve(ratings, ids, steps, step, bias, k):
        likes, total, films = parts(ratings, ids, steps, step, liked_from=liked_from)
        scores = films @ (total / (n or (lambda rated, liked: max(1, liked)))(len(ratings), len(likes)) ** root)
        scores = scores + with_bias * bias
        rated = [ids.index(i) for i in ratings]
        scores[{"rated": rated, "likes": likes, "none": []}[exclude]] = sign * out
        order = np.argsort(sign * scores, kind="stable")[:k]
        return [ids[i] for i in order] if ids_out else order

    return serve


def of_bytes(history=1, film=1, wraps=False):
    def serve(ratings, ids, steps, step, bias, k):
        likes, _, _ = parts(ratings, ids, steps, step)
        total = np.zeros(steps.shape[1], np.int8 if wraps else float)
        for place in likes:
            total += steps[place]
        scores = steps * step**film @ (total * step**history / max(1, len(likes)) ** 0.5) + bias
        scores[[ids.index(i) for i in ratings]] = -np.inf
        return [ids[place] for place in np.argsort(-scores)[:k]]

    return serve


def cut_then_drop(ratings, ids, steps, step, bias, k):
    return [i for i in variant(exclude="none")(ratings, ids, steps, step, bias, k) if i not in ratings]


def zero_by_zero(*arguments):
    with np.errstate(invalid="ignore"):
        return variant(n=lambda rated, liked: np.float64(liked))(*arguments)


def unsorted(ratings, ids, steps, step, bias, k, cut=lambda scores, k: np.argpartition(-scores, k)[:k]):
    likes, total, films = parts(ratings, ids, steps, step)
    scores = films @ total / max(1, len(likes)) ** 0.5 + bias
    scores[[ids.index(i) for i in ratings]] = -np.inf
    return [ids[place] for place in cut(scores, k)]


def worst_of_the_best_first(*arguments):
    return unsorted(*arguments, cut=lambda scores, k: np.argsort(scores)[-k:])


def upwards(*arguments):
    return unsorted(*arguments, cut=lambda scores, k: np.argsort(scores, kind="stable")[:k])


def by_bias_for_the_rest(ratings, ids, steps, step, bias, k):
    if max(ratings.values()) < 4:
        return [ids[place] for place in np.argsort(-bias)[:k]]
    return variant()(ratings, ids, steps, step, bias, k)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (of_bytes(history=0), "history and film both"),
        (of_bytes(film=0), "history and film both"),
        (of_bytes(history=0, film=0), "bytes count steps"),
        (of_bytes(wraps=True), "wraps round"),
        (unsorted, "their order is not"),
        (worst_of_the_best_first, "their order is not"),
        (upwards, "-inf first"),
        (by_bias_for_the_rest, "Who liked nothing gets rated films back"),
        (variant(liked_from=4.5), "Exactly 4"),
        (variant(liked_from=3), "A 3 is no like"),
        (variant(liked_from=3.5), "A 3 is no like"),
        (variant(n=lambda rated, liked: rated), "n counts likes"),
        (cut_then_drop, "exclude before you cut"),
        (zero_by_zero, "0/0"),
        (variant(exclude="none"), "gets back"),
        (variant(exclude="likes"), "one star"),
        (variant(out=0), "-inf is below all"),
        (variant(ids_out=False), "not ids"),
        (variant(sign=1), "worst first"),
        (variant(root=0), "√n"),
        (variant(root=1), "mean"),
        (variant(liked_from=0), "disliked"),
        (variant(with_bias=False), "bias"),
        (variant(root=0, exclude="none"), "Bytes × step"),
        (lambda ratings, ids, steps, step, bias, k: steps[ids[0]], "IndexError"),
        ([1, 2], "A function is asked for"),
    ],
)
def test_serve_wrong(capsys, answer, hint):
    state, text = said(capsys, "strangers.serve", answer)
    assert state == "wrong" and hint in text


@pytest.mark.parametrize("name", ["strangers.score", "strangers.serve"])
@pytest.mark.parametrize("answer", [None, ..., lambda *arguments: None, lambda *arguments: ...])
def test_unfilled(capsys, name, answer):
    if name == "strangers.score" and callable(answer):
        return
    assert said(capsys, name, answer)[0] == "not yet"
