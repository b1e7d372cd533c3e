"""Other right ways and typical mistakes of the exercises of An LLM as recommender."""

import numpy as np
import pytest
from scipy.stats import rankdata

from recsys_lib.exercises import check
from recsys_lib.llm_client import RecordedLLM, request_hash, request_to_generate
from recsys_lib.llm_ranking import list_prompt, listwise, rotations


def said(capsys, name, answer):
    state = check(name, answer).state
    return state, capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "right"), [("llm_recommender.q1", "c"), ("llm_recommender.q2", "a"), ("llm_recommender.q3", "b")]
)
def test_questions(capsys, name, right):
    assert said(capsys, name, None)[0] == "not yet"
    for letter in "abcd":
        assert said(capsys, name, letter)[0] == ("right" if letter == right else "wrong")


@pytest.mark.parametrize("answer", [1.39, 1.386, "1.3863", np.log(4), [np.log(4)], np.float32(np.log(2) * 2)])
def test_calibrated_right(capsys, answer):
    assert said(capsys, "llm_recommender.calibrated", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (-5.298, "raw score"),
        (-6.685, "without the likes"),
        (-1.386, "sign is turned"),
        (4, "four times as likely"),
        (0.00375, "Take logarithms first"),
        (2, "bits"),
        (0.462, "mean a token"),
        (-11.98, "added both"),
        ([0.69, 0.69, 0], "several numbers"),
        (1.4, "rounded too far"),
        (0.602, "base 10"),
        (0.294, "added probabilities"),
        (7, "minus the sum"),
    ],
)
def test_calibrated_wrong(capsys, answer, hint):
    state, text = said(capsys, "llm_recommender.calibrated", answer)
    assert state == "wrong" and hint in text, text


def with_rankdata(answers, n):
    scores = np.zeros((len(answers), n))
    for row, named in enumerate(answers):
        scores[row, named] = np.arange(len(named), 0, -1)
    return rankdata(-scores, axis=1).mean(axis=0)


def with_a_loop(answers, n):
    means = []
    for film in range(n):
        ranks = [named.index(film) + 1 if film in named else np.mean(range(len(named) + 1, n + 1)) for named in answers]
        means.append(sum(ranks) / len(ranks))
    return means


@pytest.mark.parametrize("answer", [with_rankdata, with_a_loop])
def test_mean_ranks_right(capsys, answer):
    assert said(capsys, "llm_recommender.mean_ranks", answer)[0] == "right"


def test_mean_ranks_are_the_library_s():
    titles, rng = [f"Film {i} ({1990 + i})" for i in range(10)], np.random.default_rng(0)
    orders, answers, records = rotations(10, 5, rng=0), [], {}
    for order in orders:
        answers.append(rng.permutation(10)[:5].tolist())
        prompt = list_prompt("titles", ["A"], [titles[i] for i in order])
        text = "\n".join(titles[i] for i in answers[-1])
        records[request_hash(request_to_generate(prompt, 96, 0.0, 1.0, 0))] = text
    ranks, kinds = listwise(RecordedLLM(records), "titles", ["A"], titles, orders, rng=0)
    assert kinds == [None] * 5
    np.testing.assert_allclose(ranks.mean(axis=0), with_rankdata(answers, 10))


def variant(first=1, rest=None, mean=lambda ranks: ranks.mean(axis=0)):
    def ranks(answers, n):
        table = np.array(
            [
                [named.index(i) + first if i in named else (rest or (lambda k, n: (k + 1 + n) / 2))(len(named), n)
                 for i in range(n)]
                for named in answers
            ]
        )  # fmt: skip
        return mean(table)

    return ranks


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (variant(first=0), "begin with 0"),
        (variant(rest=lambda k, n: (k + n) / 2), "half a rank off"),
        (variant(rest=lambda k, n: (n + 1) / 2), "mean of all ranks 1 to n"),
        (variant(rest=lambda k, n: k + 1), "not the next rank"),
        (variant(rest=lambda k, n: n), "the last rank"),
        (variant(rest=lambda k, n: 0), "have rank 0"),
        (variant(rest=lambda k, n: np.nan, mean=lambda r: np.nanmean(r, axis=0)), "only where a film is named"),
        (variant(mean=lambda r: r.sum(axis=0)), "sum over the answers"),
        (variant(mean=lambda r: np.median(r, axis=0)), "median"),
        (variant(mean=lambda r: np.argsort(r.mean(axis=0), kind="stable")), "order of the films"),
        (variant(mean=lambda r: -r.mean(axis=0)), "sign is turned"),
        (variant(mean=lambda r: r), "one row an answer"),
        (lambda answers, n: np.zeros(n), "then the mean over answers"),
        (lambda answers, n: answers["a"], "TypeError"),
        (2.0, "A function is asked for"),
    ],
)
def test_mean_ranks_wrong(capsys, answer, hint):
    state, text = said(capsys, "llm_recommender.mean_ranks", answer)
    assert state == "wrong" and hint in text, text


@pytest.mark.parametrize("answer", [None, ..., lambda *arguments: None, lambda *arguments: ...])
def test_unfilled(capsys, answer):
    if not callable(answer):
        assert said(capsys, "llm_recommender.calibrated", answer)[0] == "not yet"
    assert said(capsys, "llm_recommender.mean_ranks", answer)[0] == "not yet"
