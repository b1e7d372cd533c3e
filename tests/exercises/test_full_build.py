"""Other right ways and typical mistakes of the exercises of The full build."""

import numpy as np
import pandas as pd
import pytest

from recsys_lib.exercises import check


def said(capsys, name, answer):
    state = check(name, answer).state
    return state, capsys.readouterr().out


@pytest.mark.parametrize("answer", [8.5, 17 / 2, np.array([8.5]), "8.5", np.float32(8.5)])
def test_score_right(capsys, answer):
    assert said(capsys, "full_build.score", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (14.5, "as they are"),
        (5.5, "mean"),
        (3.5, "mean of the likes, without the own vector"),
        (22.5, "the root is missing"),
        (8, "bias is missing"),
        (6.5, "stranger"),
        (6.5, "mean of all five"),
        (12.5, "2 stars is in your sum"),
        (12.5, "stranger without the root"),
        (11.444, "in your n"),
        (7.867, "n is the number of likes"),
        (7.5, "own vector too"),
        (2.5, "own vector alone"),
        (4.9, "divided by 5"),
        ([3, 2], "dot product"),
        (100, "Add the vectors"),
    ],
)
def test_score_wrong(capsys, answer, hint):
    state, text = said(capsys, "full_build.score", answer)
    assert state == "wrong" and hint in text


def parts(ratings, ids, films, bias, *, liked_from=4):
    likes = [ids.index(i) for i, stars in ratings.items() if stars >= liked_from]
    return likes, films[likes].sum(axis=0), films, np.array(bias)


def by_a_table(ratings, ids, films, bias, k):
    likes, total, films, bias = parts(ratings, ids, films, bias)
    table = pd.Series(films @ (total / max(1, len(likes)) ** 0.5) + bias, index=ids)
    return table.drop(list(ratings)).nlargest(k).index


def by_a_loop(ratings, ids, films, bias, k):
    likes, total, films, bias = parts(ratings, ids, films, bias)
    root = len(likes) ** 0.5 or 1
    scored = [(float(q @ total) / root + b, i) for q, b, i in zip(films, bias, ids) if i not in ratings]
    return tuple(i for _, i in sorted(scored, reverse=True)[:k])


@pytest.mark.parametrize("answer", [by_a_table, by_a_loop])
def test_serve_right(capsys, answer):
    assert said(capsys, "full_build.serve", answer)[0] == "right"


def variant(*, root=0.5, exclude="rated", sign=-1, ids_out=True, liked_from=4, with_bias=True, n=None, out=np.inf):
    def serve(ratings, ids, films, bias, k):
        likes, total, films, bias = parts(ratings, ids, films, bias, liked_from=liked_from)
        scores = films @ (total / (n or (lambda rated, liked: max(1, liked)))(len(ratings), len(likes)) ** root)
        scores = scores + with_bias * bias
        rated = [ids.index(i) for i in ratings]
        scores[{"rated": rated, "likes": likes, "none": []}[exclude]] = sign * out
        order = np.argsort(sign * scores, kind="stable")[:k]
        return [ids[i] for i in order] if ids_out else order

    return serve


def cut_then_drop(ratings, ids, films, bias, k):
    return [i for i in variant(exclude="none")(ratings, ids, films, bias, k) if i not in ratings]


def zero_by_zero(ratings, ids, films, bias, k):
    with np.errstate(invalid="ignore"):
        return variant(n=lambda rated, liked: np.float64(liked))(ratings, ids, films, bias, k)


def unsorted(ratings, ids, films, bias, k, cut=lambda scores, k: np.argpartition(-scores, k)[:k]):
    likes, total, films, bias = parts(ratings, ids, films, bias)
    scores = films @ total / max(1, len(likes)) ** 0.5 + bias
    scores[[ids.index(i) for i in ratings]] = -np.inf
    return [ids[place] for place in cut(scores, k)]


def worst_of_the_best_first(*arguments):
    return unsorted(*arguments, cut=lambda scores, k: np.argsort(scores)[-k:])


def masked_by_nan(ratings, ids, films, bias, k):
    likes, total, films, bias = parts(ratings, ids, films, bias)
    scores = films @ total / max(1, len(likes)) ** 0.5 + bias
    scores[[ids.index(i) for i in ratings]] = np.nan
    return [ids[place] for place in scores.argsort()[::-1][:k]]


def upwards(*arguments):
    return unsorted(*arguments, cut=lambda scores, k: np.argsort(scores)[:k])


def by_bias_for_the_rest(ratings, ids, films, bias, k):
    if max(ratings.values()) < 4:
        return [ids[place] for place in np.argsort(-bias)[:k]]
    return variant()(ratings, ids, films, bias, k)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (unsorted, "their order is not"),
        (worst_of_the_best_first, "their order is not"),
        (masked_by_nan, "argsort puts NaN last"),
        (upwards, "begins with the rated films"),
        (by_bias_for_the_rest, "Who liked nothing gets rated films back"),
        (variant(liked_from=4.5), "Exactly 4"),
        (variant(liked_from=3), "A 3 is no like"),
        (variant(liked_from=3.5), "A 3 is no like"),
        (variant(n=lambda rated, liked: rated), "n counts likes"),
        (cut_then_drop, "Exclude before you cut"),
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
        (variant(root=0, exclude="none"), "Likes → rows"),
        (lambda ratings, ids, films, bias, k: films[ids[0]], "IndexError"),
        ([1, 2], "A function is asked for"),
    ],
)
def test_serve_wrong(capsys, answer, hint):
    state, text = said(capsys, "full_build.serve", answer)
    assert state == "wrong" and hint in text


def by_reversal(ratings, ids, films, bias, k):
    likes, total, films, bias = parts(ratings, ids, films, bias)
    scores = films @ total / max(1, len(likes)) ** 0.5 + bias
    scores[[ids.index(i) for i in ratings]] = -np.inf
    return [ids[place] for place in scores.argsort()[::-1][:k]]


def test_reversing_a_list_with_minus_infinity_is_right(capsys):
    assert said(capsys, "full_build.serve", by_reversal)[0] == "right"


@pytest.mark.parametrize(
    ("name", "letter", "words"),
    [
        ("full_build.q1", "a", "the loss still falls"),
        ("full_build.q1", "c", "epochs in a row"),
        ("full_build.q2", "a", "does not show that a difference is zero"),
        ("full_build.q2", "b", "no evidence"),
    ],
)
def test_question_wrong(capsys, name, letter, words):
    state, text = said(capsys, name, letter)
    assert state == "wrong" and words in text


@pytest.mark.parametrize(("name", "letter"), [("full_build.q1", "b"), ("full_build.q2", "c")])
def test_question_right(capsys, name, letter):
    assert said(capsys, name, letter)[0] == "right"


@pytest.mark.parametrize("name", ["full_build.score", "full_build.serve"])
@pytest.mark.parametrize("answer", [None, ..., lambda *arguments: None, lambda *arguments: ...])
def test_unfilled(capsys, name, answer):
    if name == "full_build.score" and callable(answer):
        return
    assert said(capsys, name, answer)[0] == "not yet"
