"""The checkers of the chapter Evaluation accept right answers however written, and name the mistake in wrong ones."""

import itertools

import numpy as np
import pytest

from recsys_lib.exercises import check, evaluation

BEST = 1 + 1 / np.log2(3) + 0.5 + 1 / np.log2(5)
EARNED = 1 + 1 / np.log2(6)


@pytest.mark.parametrize(
    "answer",
    [
        [0.35, EARNED / BEST],
        (0.35, 0.541),
        np.array([0.35, 0.5414]),
        [[0.35], [0.54140]],
        [np.float32(0.35), 0.5414],
    ],
)
def test_on_paper_right(answer):
    assert check("evaluation.on_paper", answer).state == "right"


def test_the_base_of_the_logarithm_makes_no_difference():
    natural = (1 / np.log(2) + 1 / np.log(6)) / np.sum(1 / np.log([2, 3, 4, 5]))
    assert check("evaluation.on_paper", [0.35, natural]).state == "right"


@pytest.mark.parametrize(
    "answer, hint",
    [
        (EARNED, "earned"),
        (EARNED / (BEST + 1 / np.log2(6)), "five hits"),
        (EARNED / (1 + 1 / np.log2(3)), "best order"),
        (EARNED / (BEST - 1 / np.log2(5)), "three hits"),
        (EARNED / 2, "number of hits"),
        (EARNED / 4, "number of relevant films"),
        ((1 + 1 / np.log2(5)) / (1 + 1 + 1 / np.log2(3) + 0.5), "rank + 1"),
        (1.2 / (1 + 1 / 2 + 1 / 3 + 1 / 4), "1/rank"),
        (0.5, "recall"),
        (2 / 5, "precision, two of five"),
        ((1 + 2 / 5) / 4, "AP again"),
        (1, "hit rate"),
        (0.414, "user 639"),
        (54.14, "percent"),
        (54, "ranks 1 and 5"),
        (BEST / EARNED, "upside down"),
        (0.54, "three decimals"),
        (0.2, "ranks 1 and 5"),
    ],
)
def test_ndcg_wrong(answer, hint):
    verdict = check("evaluation.on_paper", [0.35, answer])
    assert verdict.state == "wrong" and verdict.message.startswith("NDCG") and hint in verdict.message


@pytest.mark.parametrize(
    "answer, hint",
    [
        (0.7, "two hits"),
        (1.4, "sum over the hits"),
        (1.4 / 5, "length of the list"),
        (sum([1, 1 / 2, 1 / 3, 1 / 4, 2 / 5]) / 4, "at every rank"),
        (sum([1, 1 / 2, 1 / 3, 1 / 4, 2 / 5]) / 5, "averaged"),
        ((1 + 1 / 5) / 4, "you took 1/5"),
        (0.5, "recall"),
        (0.4, "whole list"),
        (0.25, "user 639"),
        (1, "reciprocal rank"),
        (35, "percent"),
        (0.9, "precision at rank 1"),
    ],
)
def test_average_precision_wrong(answer, hint):
    verdict = check("evaluation.on_paper", [answer, EARNED / BEST])
    assert verdict.state == "wrong" and verdict.message.startswith("AP") and hint in verdict.message


@pytest.mark.parametrize("answer", [0.35, EARNED / BEST, [0.35, 0.5414, 1], [], "0.35"])
def test_two_numbers_are_asked_for(answer):
    verdict = check("evaluation.on_paper", answer)
    assert verdict.state == "wrong" and "Two numbers" in verdict.message


def test_the_other_order_is_told():
    verdict = check("evaluation.on_paper", [0.5414, 0.35])
    assert verdict.state == "wrong" and "other order" in verdict.message


def test_unfilled():
    assert check("evaluation.on_paper", None).state == "not yet"
    assert check("evaluation.hit_chance", lambda scores, wanted, k: ...).state == "not yet"
    assert check("evaluation.hit_chance", nothing).state == "not yet"


def nothing(scores, wanted, k):
    """Only a description."""


def prints(scores, wanted, k):
    print(by_all_places(scores, wanted, k))


def forgets_return(scores, wanted, k):
    chance = by_all_places(scores, wanted, k)  # noqa: F841


@pytest.mark.parametrize("answer", [prints, forgets_return])
def test_a_forgotten_return_is_told(answer):
    verdict = check("evaluation.hit_chance", answer)
    assert verdict.state == "wrong" and "returns None. End it with return" in verdict.message


def by_all_places(scores, wanted, k):
    """Put the wanted film at each place among its equals, and count."""
    better = sum(s > scores[wanted] for s in scores)
    equal = sum(s == scores[wanted] for s in scores)
    return sum(place < k for place in range(better, better + equal)) / equal


def by_permutation(scores, wanted, k):
    """The definition itself: all orders of the films, each sorted by score."""
    orders = list(itertools.permutations(range(len(scores))))
    return np.mean([wanted in sorted(order, key=lambda i: -scores[i])[:k] for order in orders])


def test_hit_chance_right_in_another_way():
    assert check("evaluation.hit_chance", by_all_places).state == "right"


@pytest.mark.parametrize("k", [1, 2, 4, 6])
@pytest.mark.parametrize("scores", [[0, 0, 0, 0, 0], [2, 1, 1, 1, 0], [3, 2, 2, 0, 0]])
def test_hit_chance_is_the_share_of_orders(scores, k):
    for wanted in range(5):
        assert evaluation._chance(scores, wanted, k) == pytest.approx(by_permutation(scores, wanted, k))


def place(scores, wanted):
    return int(np.flatnonzero(np.argsort(-np.asarray(scores), kind="stable") == wanted)[0])


@pytest.mark.parametrize(
    "answer, hint",
    [
        (lambda s, w, k: np.sum(s > s[w]) < k, "optimist"),
        (lambda s, w, k: np.sum(s >= s[w]) <= k, "pessimist"),
        (lambda s, w, k: place(s, w) < k, "index"),
        (lambda s, w, k: np.sum(s > s[w]) + (np.sum(s == s[w]) - 1) / 2 < k, "mean rank"),
        (lambda s, w, k: np.clip((k - np.sum(s > s[w])) / max(np.sum(s == s[w]) - 1, 1), 0, 1), "Count it in"),
        (lambda s, w, k: (k - np.sum(s > s[w])) / np.sum(s == s[w]), "stops at 0 and at 1"),
        (lambda s, w, k: np.clip((k - np.sum(s >= s[w])) / np.sum(s == s[w]), 0, 1), "use >, not >="),
        (lambda s, w, k: min((k - np.sum(s > s[w])) / np.sum(s == s[w]), 1), "falls below 0"),
        (lambda s, w, k: max((k - np.sum(s > s[w])) / np.sum(s == s[w]), 0), "exceeds 1"),
        (lambda s, w, k: k / np.sum(s >= s[w]), "how many are left"),
        (lambda s, w, k: min(1, k / np.sum(s >= s[w])), "how many are left"),
        (lambda s, w, k: k / np.sum(s == s[w]), "higher scores"),
        (lambda s, w, k: min(1, k / np.sum(s == s[w])), "higher scores"),
        (lambda s, w, k: min(k / len(s), 1), "if all films tie"),
        (lambda s, w, k: k / len(s), "k / n"),
        (lambda s, w, k: 100 * by_all_places(s, w, k), "percent"),
        (lambda s, w, k: 1 - by_all_places(s, w, k), "a miss"),
        (lambda s, w, k: by_all_places(-s, w, k), "Higher is better"),
        (lambda s, w, k: 0.5, "places are left"),
        (lambda s, w, k: 1 / 0, "ZeroDivisionError"),
        (0.3, "function is asked for"),
    ],
)
def test_hit_chance_wrong(answer, hint):
    verdict = check("evaluation.hit_chance", answer)
    assert verdict.state == "wrong" and hint in verdict.message


def by_draws(seed):
    """The chance by 2,000 random orders of the films."""
    rng = np.random.default_rng(seed)

    def simulated(scores, wanted, k):
        keys = rng.random((2000, len(scores)))
        before = (scores > scores[wanted]) | ((scores == scores[wanted]) & (keys < keys[:, [wanted]]))
        return np.mean(before.sum(axis=1) < k)

    return simulated


@pytest.mark.parametrize("seed", range(3))
def test_a_simulated_hit_chance_is_named(seed):
    verdict = check("evaluation.hit_chance", by_draws(seed))
    assert verdict.state == "wrong" and "simulation" in verdict.message


@pytest.mark.parametrize("name, letter", [("evaluation.q1", "b"), ("evaluation.q2", "c"), ("evaluation.q3", "b")])
def test_questions_have_one_right_answer(name, letter):
    states = {option: check(name, option).state for option in ("abcd" if name == "evaluation.q2" else "abc")}
    assert states.pop(letter) == "right" and set(states.values()) == {"wrong"}


@pytest.mark.parametrize(
    "name, answer, hint",
    [
        ("evaluation.q1", "a", "trec_eval divides"),
        ("evaluation.q1", "c", "LensKit also divides"),
        ("evaluation.q2", "a", "does not show that two models are equal"),
        ("evaluation.q2", "b", "inside the interval"),
        ("evaluation.q2", "d", "narrower"),
        ("evaluation.q3", "a", "what was it chosen by"),
        ("evaluation.q3", "c", "rightly paired"),
    ],
)
def test_a_wrong_option_gets_its_own_hint(name, answer, hint):
    verdict = check(name, answer)
    assert verdict.state == "wrong" and hint in verdict.message


def test_the_number_of_the_first_question():
    worth = 1 / np.log2(np.arange(2, 7))
    assert worth[:2].sum() / worth.sum() == pytest.approx(0.553, abs=5e-4)
