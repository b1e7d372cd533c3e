"""Checkers of the chapter Evaluation."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise

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
        (BEST / EARNED, "Upside down: divide what was earned by what was possible."),
        (lambda value: abs(float(value) - EARNED / BEST) < 5e-3, "Nearly: give three decimals."),
    ]
    return check_value(
        answer,
        EARNED / BEST,
        tolerance=6e-4,
        mistakes=mistakes,
        hint="Add 1/log2(rank + 1) for ranks 1 and 5, and divide by the same sum for ranks 1 to 4.",
        praise="Right: above .498. Ranks 1 and 5 earn 1.387, ranks 2 and 4 only 1.062, which outweighs "
        "the larger best sum (2.562 against 2.131).",
    )


def _parts(scores, wanted):
    """Scores above the wanted film's, others equal to it, and those of them with a lower index."""
    scores = np.asarray(scores, float)
    equal = scores == scores[wanted]
    return np.sum(scores > scores[wanted]), np.sum(equal) - 1, np.sum(equal[:wanted])


def _chance(scores, wanted, k, *, share=1):
    better, tied, _ = _parts(scores, wanted)
    return np.clip((k - better) / max(tied + share, 1), 0, 1)


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
            lambda s, w, k: (k - _parts(s, w)[0]) / (_parts(s, w)[1] + 1),
            "Right in the middle, but a chance stops at 0 and at 1: more places than equals, or none left.",
        ),
        (
            lambda s, w, k: np.clip((k - sum(_parts(s, w)[:2]) - 1) / (_parts(s, w)[1] + 1), 0, 1),
            "You count the equals, even the wanted film, as better: use >, not >=.",
        ),
        (lambda s, w, k: min(k / len(s), 1), "That is the chance if all films tie. Which score higher, which tie?"),
        (lambda s, w, k: _chance(-np.asarray(s, float), w, k), "You rank low scores first. Higher is better here."),
    ]
    return check_function(
        answer,
        _chance,
        inputs,
        mistakes=mistakes,
        hint="Some chances differ. How many places are left after the better films, and how many films share them?",
        praise="Right: the places that the better films leave, shared evenly among the equals.",
    )
