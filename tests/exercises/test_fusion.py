"""Other right ways and typical mistakes of the exercises of Fusing scores."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys_lib import fusion
from recsys_lib.exercises import check
from recsys_lib.exercises.fusion import _inputs
from recsys_lib.retrieval import top_k


def said(capsys, name, answer):
    state = check(name, answer).state
    return state, capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "letter"), [("fusion.q1", "b"), ("fusion.q2", "b"), ("fusion.q3", "b"), ("fusion.q4", "c")]
)
def test_questions(capsys, name, letter):
    assert said(capsys, name, None)[0] == "not yet"
    for given in "abcd":
        assert said(capsys, name, given)[0] == ("right" if given == letter else "wrong")


@pytest.mark.parametrize("answer", [0.35, 1 / 4 + 1 / 10, "0.35", np.float32(0.35), [0.35]])
def test_rrf_right(capsys, answer):
    assert said(capsys, "fusion.rrf", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (0.4444, "Places count from 1"),
        (0.625, "Add k = 2"),
        (0.0308, "with k = 60"),
        (0.175, "takes no mean"),
        (0.11667, "takes no mean"),
        (0.85, "is missing gives 0"),
        (0.08333, "Divide first, then add"),
        (3, "for each list that has the film"),
    ],
)
def test_rrf_wrong(capsys, answer, hint):
    state, text = said(capsys, "fusion.rrf", answer)
    assert state == "wrong" and hint in text


def by_the_library(scores, seen, weights, k):
    exclude = csr_array(seen[None])
    parts = [fusion.z_score(row[None], exclude=exclude) for row in scores]
    return top_k(fusion.weighted_sum(parts, weights), k, exclude=exclude)[0]


def by_sorting(scores, seen, weights, k):
    left = np.flatnonzero(~seen)
    part = np.asarray(scores)[:, left]
    z = part - part.mean(axis=1, keepdims=True)
    spread = z.std(axis=1, ddof=1, keepdims=True)  # of the same number of films: the same order
    z = np.divide(z, spread, out=np.zeros_like(z), where=np.ptp(part, axis=1, keepdims=True) > 0)
    total = dict(zip(left.tolist(), (weights @ z).tolist()))
    return tuple(sorted(total, key=lambda film: -total[film])[:k])


@pytest.mark.parametrize("answer", [by_the_library, by_sorting])
def test_list_right(capsys, answer):
    assert said(capsys, "fusion.fused_list", answer)[0] == "right"


def variant(*, guard=True, over=None, scale="std", weighted=True, keep_seen=False, sign=-1, out="list"):
    def fused_list(scores, seen, weights, k):
        over_these = ~seen if over is None else over(seen)
        total = np.zeros(scores.shape[1])
        for weight, s in zip(weights, scores):
            of = s[over_these]
            if guard and of.max() == of.min():
                continue
            middle = {"std": of.mean(), "range": of.min(), "mean": of.mean(), "raw": 0}[scale]
            width = {"std": of.std(), "range": of.max() - of.min(), "mean": 1, "raw": 1}[scale]
            with np.errstate(all="ignore"):
                total = total + (weight if weighted else 1) * (s - middle) / width
        if out == "scores":
            return total
        order = [int(i) for i in np.argsort(sign * total, kind="stable") if keep_seen or not seen[i]][:k]
        return sorted(order) if out == "sorted" else order

    return fused_list


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (variant(guard=False, over=lambda seen: np.ones_like(seen)), "count what was seen"),
        (variant(over=lambda seen: np.ones_like(seen)), "count what was seen"),
        (variant(scale="range"), "This is min–max"),
        (variant(scale="mean"), "divide each by its deviation"),
        (variant(scale="raw"), "divide each by its deviation"),
        (variant(weighted=False), "have weight 1"),
        (variant(keep_seen=True), "films that were seen"),
        (variant(sign=1), "worst first"),
        (variant(out="sorted"), "in the order of their numbers"),
        (variant(out="scores"), "These are scores"),
        (lambda scores, seen, weights, k: scores[9], "IndexError"),
        (lambda scores, seen, weights, k: list(range(k)), "For each model"),
        ([1, 2], "A function is asked for"),
    ],
)
def test_list_wrong(capsys, answer, hint):
    state, text = said(capsys, "fusion.fused_list", answer)
    assert state == "wrong" and hint in text


def test_a_constant_model_divided_by_0(capsys):
    def fused_list(scores, seen, weights, k):
        with np.errstate(all="ignore"):
            z = scores - scores[:, ~seen].mean(axis=1, keepdims=True)
            spread = scores[:, ~seen].std(axis=1, keepdims=True)
            total = weights @ (z / np.where(spread < 1e-12, 0, spread))
        return [i for i in np.argsort(-total, kind="stable") if not seen[i]][:k]

    state, _ = said(capsys, "fusion.fused_list", fused_list)
    assert state == "wrong"


def test_the_inputs_hold_what_the_hints_speak_of():
    constant = [np.ptp(scores[2][~seen]) == 0 for scores, seen, _, _ in _inputs()]
    assert sum(constant) == 1
    for _, seen, _, k in _inputs():
        assert (~seen).sum() > k


@pytest.mark.parametrize("name", ["fusion.rrf", "fusion.fused_list"])
@pytest.mark.parametrize("answer", [None, ..., lambda *arguments: None, lambda *arguments: ...])
def test_unfilled(capsys, name, answer):
    if name == "fusion.rrf" and callable(answer):
        return
    assert said(capsys, name, answer)[0] == "not yet"
