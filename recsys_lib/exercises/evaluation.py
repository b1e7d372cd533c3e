"""Checkers of the chapter Evaluation."""

import contextlib
import io

import numpy as np

from recsys_lib.exercises import NO_NUMBERS, check_function, check_value, close, exercise, flat, question, right, wrong

WORTH = 1 / np.log2(np.arange(2, 7))  # of a hit at rank 1 to 5
EARNED, BEST = WORTH[0] + WORTH[4], WORTH[:4].sum()  # hits at ranks 1 and 5; four relevant films


@exercise("evaluation.on_paper")
def on_paper(answer):
    """AP@5 and NDCG@5 of hits at ranks 1 and 5, with four relevant films."""
    try:
        ap, ndcg = map(float, flat(answer))
    except (*NO_NUMBERS, KeyError, IndexError):
        return wrong("Two numbers are asked for, in this order: [AP@5, NDCG@5].")
    if close([ndcg, ap], [AP, EARNED / BEST], tolerance=6e-4):
        return wrong("These are the two values in the other order. AP comes first.")
    verdict = check_value(ap, AP, tolerance=6e-4, mistakes=AP_MISTAKES, hint=AP_HINT)
    if verdict.state == "right":
        verdict = check_value(ndcg, EARNED / BEST, tolerance=6e-4, mistakes=NDCG_MISTAKES, hint=NDCG_HINT)
    return right(PRAISE) if verdict.state == "right" else verdict


AP = (1 / 1 + 2 / 5) / 4
AP_MISTAKES = [
    (0.7, "AP: you divided by the two hits. Divide by the number of relevant films: two of the four were missed."),
    (1.4, "AP: this is the sum over the hits. Divide it by the number of relevant films."),
    (0.28, "AP: you divided by the length of the list. Divide by the number of relevant films."),
    (
        (1 + 1 / 2 + 1 / 3 + 1 / 4 + 2 / 5) / 4,
        "AP: you added the precision at every rank. Add it only at ranks 1 and 5, where the hits are.",
    ),
    (
        (1 + 1 / 2 + 1 / 3 + 1 / 4 + 2 / 5) / 5,
        "AP: you averaged the precision over every rank. Only the ranks of the hits count, over four relevant films.",
    ),
    (0.3, "AP: at rank 5 you took 1/5. Two of the first five are hits, so the precision there is 2/5."),
    (0.5, "AP: this is the recall, two of four. AP adds the precision at each hit."),
    (0.4, "AP: this is the precision of the whole list. AP adds the precision at each hit."),
    (0.25, "AP: this is user 639's. Here the hits are at ranks 1 and 5, not 2 and 4."),
    (1, "AP: this is the reciprocal rank, or the hit rate. AP looks at every hit."),
    (35, "AP: this is in percent. AP lies between 0 and 1."),
]
AP_HINT = "AP: add the precision at rank 1 and the precision at rank 5, and divide by the number of relevant films."

LINEAR, LATE = 1 / np.arange(1, 6), 1 / np.log2([2, 2, 3, 4, 5])  # two other discounts
NDCG_MISTAKES = [
    (EARNED, "NDCG: this is what the list earned. What could the best list have earned?"),
    (EARNED / WORTH.sum(), "NDCG: you divided by five hits. Only four films are relevant: the best list has four."),
    (
        EARNED / WORTH[:2].sum(),
        "NDCG: you divided by the best order of the two hits. Four films could have been found.",
    ),
    (EARNED / WORTH[:3].sum(), "NDCG: your best list has three hits. Four films are relevant: ranks 1 to 4."),
    (EARNED / 2, "NDCG: you divided by the number of hits. Divide by what the best possible list earns."),
    (
        EARNED / 4,
        "NDCG: you divided by the number of relevant films. Even the best list earns less than 1 for each.",
    ),
    (
        (LATE[0] + LATE[4]) / LATE[:4].sum(),
        "NDCG: your discount is log2 of the rank. It is log2 of the rank + 1.",
    ),
    (
        (LINEAR[0] + LINEAR[4]) / LINEAR[:4].sum(),
        "NDCG: your hits are worth 1/rank. They are worth 1/log2(rank + 1).",
    ),
    (0.5, "NDCG: this is the recall, two of four. Where in the list are the hits?"),
    (0.4, "NDCG: this is the precision, two of five. NDCG also looks at the ranks of the hits."),
    (AP, "NDCG: this is AP again. NDCG discounts each hit by 1/log2(rank + 1)."),
    (1, "NDCG: this is the hit rate, or the reciprocal rank: both look at one hit only. NDCG looks at all."),
    (0.4144, "NDCG: this is user 639's. Here the hits are at ranks 1 and 5, not 2 and 4."),
    (lambda v: abs(float(v) - 100 * EARNED / BEST) < 0.1, "NDCG: this is in percent. NDCG lies between 0 and 1."),
    (BEST / EARNED, "NDCG: upside down. Divide what was earned by what was possible."),
    (lambda v: abs(float(v) - EARNED / BEST) < 5e-3, "NDCG: nearly. Give three decimals."),
]
NDCG_HINT = "NDCG: add 1/log2(rank + 1) for ranks 1 and 5, and divide by the same sum for ranks 1 to 4."
PRAISE = "Right: both are above user 639's. The two lists find as much, but this one has a hit at rank 1."


question(
    "evaluation.q1",
    a="trec_eval divides by the best possible list. With two relevant films that is two hits, and this list has both "
    "at the top: its NDCG is 1.",
    b=right("Right: RecTools' default divides 1.631 by the sum for five hits, 2.948, although only two are possible."),
    c="LensKit also divides by two hits, because two films are relevant, and the list has both at the top: its NDCG "
    "is 1. Who divides by five?",
)

question(
    "evaluation.q2",
    a="An interval that includes zero does not show that two models are equal. This one still allows a loss of .011.",
    b="The mean is below zero, but zero lies inside the interval: other users of this kind could turn the sign.",
    c=right("Right: no difference is shown, and the interval says how large a difference is still possible."),
    d="More users make an interval narrower, but nobody knows around which value: it may then include zero or lie on "
    "either side of it.",
)

question(
    "evaluation.q3",
    a="Users are drawn in any case, seeds as well if a model is random. That would not repair this value: "
    "what was it chosen by?",
    b=right("Right: the best of 40 on test is partly luck, and no unused data is left to measure it."),
    c="Both models have the same users, so the interval is rightly paired. Look at the data that chose among the 40 "
    "settings.",
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


def _shared_with_better(scores, wanted, k):
    return k / (sum(_parts(scores, wanted)[:2]) + 1)


def _forgets_better(scores, wanted, k):
    return k / (_parts(scores, wanted)[1] + 1)


SHARED = (
    "You share the k places among better and equal films. The better ones have their places for certain: "
    "how many are left?"
)
FORGOTTEN = "You forgot the films with higher scores: they take places first."
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
        (_shared_with_better, SHARED),
        (lambda s, w, k: min(_shared_with_better(s, w, k), 1), SHARED),
        (_forgets_better, FORGOTTEN),
        (lambda s, w, k: min(_forgets_better(s, w, k), 1), FORGOTTEN),
        (lambda s, w, k: min(k / len(s), 1), "That is the chance if all films tie. Which score higher, which tie?"),
        (
            lambda s, w, k: k / len(s),
            "k / n is the chance if all films tie, and it exceeds 1 for k > n. Which films score higher, which tie?",
        ),
        (lambda s, w, k: _chance(-np.asarray(s, float), w, k), "You rank low scores first. Higher is better here."),
        (lambda s, w, k: 100 * _chance(s, w, k), "This is in percent. A chance lies between 0 and 1."),
        (lambda s, w, k: 1 - _chance(s, w, k), "This is the chance of a miss. Which chance is asked for?"),
    ]
    if callable(answer) and _gives_nothing(answer):
        return wrong("Your function returns None. End it with return.")
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


def _gives_nothing(answer):
    """Whether it prints or computes something, and returns nothing. An unfilled function does neither."""
    code, printed = getattr(answer, "__code__", None), io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), np.errstate(all="ignore"):
            if answer(np.zeros(10), 9, 3) is not None:
                return False
    except Exception:  # check_function says what is wrong
        return False
    return bool(printed.getvalue() or code and (code.co_names or code.co_nlocals > code.co_argcount))
