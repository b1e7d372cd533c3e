"""Checkers of the chapter Evaluation."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, close, exercise, question, right, wrong

WORTH = 1 / np.log2(np.arange(2, 7))  # of a hit at rank 1 to 5
EARNED, BEST = WORTH[0] + WORTH[4], WORTH[:4].sum()  # hits at ranks 1 and 5; four relevant films


@exercise("evaluation.ndcg")
def ndcg(answer):
    rank = np.arange(1, 6)
    linear, flat = 1 / rank, 1 / np.log2(np.maximum(rank, 2))
    mistakes = [
        (EARNED, "This is what the list earned. What could the best list have earned?"),
        (EARNED / WORTH.sum(), "You divided by five hits. Only four films are relevant: the best list has four."),
        (EARNED / WORTH[:2].sum(), "You divided by the best order of the two hits. Four films could have been found."),
        (EARNED / WORTH[:3].sum(), "Your best list has three hits. Four films are relevant: ranks 1 to 4."),
        (EARNED / 2, "You divided by the number of hits. Divide by what the best possible list earns."),
        (EARNED / 4, "You divided by the number of relevant films. Even the best list earns less than 1 for each."),
        ((flat[0] + flat[4]) / flat[:4].sum(), "Your discount is log2 of the rank. It is log2 of the rank + 1."),
        ((linear[0] + linear[4]) / linear[:4].sum(), "Your hits are worth 1/rank. They are worth 1/log2(rank + 1)."),
        (0.5, "This is the recall: two of four. Where in the list do the hits stand?"),
        (0.4, "This is the precision: two of five. NDCG also looks at the ranks of the hits."),
        (0.35, "This is the average precision, (1/1 + 2/5) / 4. NDCG discounts each hit by 1/log2(rank + 1)."),
        (1, "This is the hit rate, or the reciprocal rank: both look at one hit only. NDCG looks at all."),
        (0.4144, "This is the NDCG of user 639's list. Here the hits are at ranks 1 and 5, not 2 and 4."),
        (lambda value: abs(float(value) - 100 * EARNED / BEST) < 0.1, "This is in percent. NDCG lies between 0 and 1."),
        (BEST / EARNED, "Upside down: divide what was earned by what was possible."),
        (lambda value: abs(float(value) - EARNED / BEST) < 5e-3, "Nearly: give three decimals."),
    ]
    return check_value(
        answer,
        EARNED / BEST,
        tolerance=6e-4,
        mistakes=mistakes,
        hint="Add 1/log2(rank + 1) for ranks 1 and 5, and divide by the same sum for ranks 1 to 4.",
        praise="Right: above .414. Both lists are divided by 2.562; ranks 1 and 5 earn 1.387, ranks 2 and 4 1.062.",
    )


question(
    "evaluation.q1",
    a="trec_eval divides by the best possible list. With two relevant films that is two hits, and this list has both "
    "at the top: its NDCG is 1.",
    b=right("Right: RecTools divides 1.631 by the sum for five hits, 2.948, although only two are possible."),
    c="LensKit also divides by two hits, because two films are relevant, and the list has both at the top: its NDCG "
    "is 1. Who divides by five?",
)

question(
    "evaluation.q2",
    a="An interval that includes zero does not show that two models are equal. This one still allows a loss of .011.",
    b="The mean is below zero, but zero lies inside the interval: other users of this kind could turn the sign.",
    c=right("Right: no difference is shown, and the interval says how large a difference is still possible."),
)

question(
    "evaluation.q3",
    a="Users are drawn in any case, seeds as well if a model is random. That would not repair this value: "
    "what was it chosen by?",
    b=right("Right: the best of 40 on test is partly luck, and no unused data is left to measure it."),
    c="Rule 4 says the opposite: nothing is sampled. Look at the data that chose among the 40 settings.",
)


def _parts(scores, wanted):
    """Scores above the wanted film's, others equal to it, and those of them with a lower index."""
    scores = np.asarray(scores, float)
    equal = scores == scores[wanted]
    return np.sum(scores > scores[wanted]), np.sum(equal) - 1, np.sum(equal[:wanted])


def _chance(scores, wanted, k, *, share=1):
    return np.clip(_unclipped(scores, wanted, k, share=share), 0, 1)


def _unclipped(scores, wanted, k, *, share=1):
    better, tied, _ = _parts(scores, wanted)
    return (k - better) / max(tied + share, 1)


HINT = "Some chances differ. How many places are left after the better films, and how many films share them?"


@exercise("evaluation.hit_chance")
def hit_chance(answer):
    rng = np.random.default_rng(4)
    scores, films, places = rng.integers(4, size=(30, 12)), rng.integers(12, size=30), rng.integers(1, 7, size=30)
    inputs = [(s.astype(float), int(film), int(k)) for s, film, k in zip(scores, films, places)]
    inputs += [(np.zeros(10), 9, 3), (np.arange(10.0), 0, 3), (np.arange(10.0), 9, 3), (np.zeros(4), 1, 10)]
    mistakes = [
        (
            lambda s, w, k: float(_parts(s, w)[0] < k),
            "The optimist: only better films count, so a constant scorer always hits. Where do the equals go?",
        ),
        (
            lambda s, w, k: float(sum(_parts(s, w)[:2]) < k),
            "The pessimist: every equal stands before the wanted film. At random only some of them do.",
        ),
        (
            lambda s, w, k: float(_parts(s, w)[0] + _parts(s, w)[2] < k),
            "You let the index decide among equals. Any order among them should be as likely as any other.",
        ),
        (
            lambda s, w, k: float(_parts(s, w)[0] + _parts(s, w)[1] / 2 < k),
            "You take the mean rank and ask whether it is in the list. A chance lies between 0 and 1.",
        ),
        (
            lambda s, w, k: _chance(s, w, k, share=0),
            "Nearly: the wanted film is one of the equals that share the places. Count it in.",
        ),
        (
            _unclipped,
            "Right in the middle, but a chance stops at 0 and at 1: more places than equals, or none left.",
        ),
        (
            lambda s, w, k: min(_unclipped(s, w, k), 1),
            "Your chance stops at 1, but it falls below 0 where more than k films are better. Stop there too.",
        ),
        (
            lambda s, w, k: max(_unclipped(s, w, k), 0),
            "Your chance stops at 0, but it exceeds 1 where more places are left than equals. Stop there too.",
        ),
        (
            lambda s, w, k: np.clip((k - sum(_parts(s, w)[:2]) - 1) / (_parts(s, w)[1] + 1), 0, 1),
            "You count the equals, even the wanted film, as better: use >, not >=.",
        ),
        (lambda s, w, k: min(k / len(s), 1), "That is the chance if all films tie. Which score higher, which tie?"),
        (
            lambda s, w, k: k / len(s),
            "k / n is the chance if all films tie, and it exceeds 1 for k > n. Which films score higher, which tie?",
        ),
        (lambda s, w, k: _chance(-np.asarray(s, float), w, k), "You rank low scores first. Higher is better here."),
        (lambda s, w, k: 100 * _chance(s, w, k), "This is in percent. A chance lies between 0 and 1."),
        (lambda s, w, k: 1 - _chance(s, w, k), "This is the chance of a miss. Which chance is asked for?"),
    ]
    verdict = check_function(
        answer,
        _chance,
        inputs,
        mistakes=mistakes,
        hint=HINT,
        praise="Right: the places that the better films leave, shared evenly among the equals.",
    )
    if verdict.message == HINT and _simulates(answer, inputs):
        return wrong("Near, but a simulation: its value changes with the draws. Count places and equals, and divide.")
    return verdict


def _simulates(answer, inputs):
    """Whether an answer is near the chance everywhere: drawn orders give that, but not the exact value."""
    return all(close(answer(s.copy(), film, k), _chance(s, film, k), tolerance=0.1) for s, film, k in inputs)
