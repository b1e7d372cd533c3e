"""Other right ways and typical mistakes of the exercises of One recommender from all of it."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys_lib import metrics
from recsys_lib.exercises import check


def said(capsys, name, answer):
    state = check(name, answer).state
    return state, capsys.readouterr().out


@pytest.mark.parametrize(("name", "letter"), [("capstone.q1", "c"), ("capstone.q2", "b"), ("capstone.q3", "b")])
def test_questions(capsys, name, letter):
    assert said(capsys, name, None)[0] == "not yet"
    for option in "abcd":
        assert said(capsys, name, option)[0] == ("right" if option == letter else "wrong")


@pytest.mark.parametrize("answer", [1.5, "1.5", np.float32(1.5), np.array([1.5])])
def test_ratio_right(capsys, answer):
    assert said(capsys, "capstone.ratio", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [(4 / 3, "mean of the ratios"), (0.1, "difference of the means"), (2 / 3, "other way round"), (0.5, "the gain"),
     (50, "in percent"), (1, "median"), (2, "first person's"), (7, "Mean of the fused")],
)  # fmt: skip
def test_ratio_wrong(capsys, answer, hint):
    state, text = said(capsys, "capstone.ratio", answer)
    assert state == "wrong" and hint in text


def with_the_metric(candidates, relevant, k):
    """An order of the candidates that puts what is relevant first, measured by the library."""
    lists = np.full((len(relevant), k), -1)
    for row, (may, wanted) in enumerate(zip(candidates, relevant)):
        order = np.flatnonzero(may)
        order = order[np.argsort(~wanted[order], kind="stable")][:k]
        lists[row, : len(order)] = order
    return metrics.ndcg(lists, csr_array(relevant.astype(float)))


def with_a_loop(candidates, relevant, k):
    values = []
    for may, wanted in zip(candidates, relevant):
        hits, ideal = min(k, int((may & wanted).sum())), min(k, int(wanted.sum()))
        values.append(sum(1 / np.log2(r + 2) for r in range(hits)) / sum(1 / np.log2(r + 2) for r in range(ideal)))
    return values


@pytest.mark.parametrize("answer", [with_the_metric, with_a_loop])
def test_ceiling_right(capsys, answer):
    assert said(capsys, "capstone.ceiling", answer)[0] == "right"


def dcg(n):
    return np.array([sum(1 / np.log2(r + 2) for r in range(int(m))) for m in np.atleast_1d(n)])


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda c, r, k: float(np.mean(with_a_loop(c, r, k))), "not their mean"),
        (lambda c, r, k: (c & r).sum(axis=1) / r.sum(axis=1), "so a recall"),
        (lambda c, r, k: dcg(np.minimum(k, (c & r).sum(axis=1))) / np.maximum(dcg(np.minimum(k, (c & r).sum(axis=1))),
         1e-12), "holds candidates only"),
        (lambda c, r, k: dcg((c & r).sum(axis=1)) / dcg(r.sum(axis=1)), "above the line and"),
        (lambda c, r, k: dcg((c & r).sum(axis=1)) / dcg(np.minimum(k, r.sum(axis=1))), "can be hits"),
        (lambda c, r, k: dcg(np.minimum(k, (c & r).sum(axis=1))) / dcg(r.sum(axis=1)), "ideal list has k places"),
        (lambda c, r, k: np.ones(len(r)), "1 for everybody"),
        (lambda c, r, k: np.zeros(len(r)), "Relevant candidates first"),
        (lambda c, r, k: c["a"], "Error"),
        ([1, 2], "A function is asked for"),
    ],
)  # fmt: skip
def test_ceiling_wrong(capsys, answer, hint):
    state, text = said(capsys, "capstone.ceiling", answer)
    assert state == "wrong" and hint in text, text


@pytest.mark.parametrize("answer", [None, ..., lambda *arguments: None])
def test_unfilled(capsys, answer):
    if not callable(answer):
        assert said(capsys, "capstone.ratio", answer)[0] == "not yet"
    assert said(capsys, "capstone.ceiling", answer)[0] == "not yet"
