"""Checkers of the chapter An LLM as recommender."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise, question, right

question(
    "llm_recommender.q1",
    a="NDCG is no share of lists: a film found at place 5 counts .39. What does a random order get?",
    b="A useless order does not get 0 here. With one film of twenty, what does a random order get on average?",
    c=right("Right: (the ten discounts) / 20 = .227. A value means something only beside chance and the ideal."),
)
question(
    "llm_recommender.q2",
    a=right(
        "Right: if a stranger's likes do as well, the order is not about this person. New films show what is left when "
        "nothing can be remembered."
    ),
    b="More people make the interval shorter. They do not say where the lead comes from.",
    c="Choose prompts on validation, yes. But every prompt can draw on the same memory.",
)
question(
    "llm_recommender.q3",
    a="Chance is 5 for a model that ignores the films. If the retriever is good, its first film may win 60 times.",
    b=right("Right: place and film are one here. Turn the list: a model that chooses films goes with the film."),
    c="A good ranker may say this, and so may one that copies. This test cannot tell: the order was always the same.",
)


@exercise("llm_recommender.calibrated")
def calibrated(answer):
    """ln(.02 · .5 · .5) − ln(.01 · .25 · .5) = ln(.005 / .00125) = ln 4."""
    return check_value(
        answer,
        np.log(4),
        tolerance=5e-3,
        mistakes=[
            (np.log(0.005), "This is the raw score. Take away what the title gets without the likes."),
            (np.log(0.00125), "This is the score without the likes. It is what is taken away."),
            (-np.log(4), "The sign is turned: with the likes minus without them. The likes help this title."),
            (1.4, "Right idea, rounded too far: give two decimals."),
            (np.log10(4), "This is the logarithm to base 10. Take the natural one, np.log."),
            (np.log(1.02 / 0.76), "You added probabilities. A title's probability is the product of its tokens'."),
            (4, "The likes make the title four times as likely. The score is the logarithm of that."),
            (0.00375, "You took probabilities away from each other. Take logarithms first."),
            (2, "This is in bits. The natural logarithm was asked for."),
            (np.log(4) / 3, "This is the mean a token. The score is the sum: the same title stands on both sides."),
            (np.log(0.005) + np.log(0.00125), "You added both scores. The one without the likes is taken away."),
            (lambda a: np.size(a) > 1, "These are several numbers. Add up the three tokens."),
        ],
        hint="Sum of the logarithms with the likes, minus the sum of the logarithms without them.",
        praise="Right: ln 4. The first two tokens doubled, the third stayed, and the title's length cancelled out.",
    )


def _mean_ranks(answers, n, *, first=1, rest="mean", of=np.mean, order=False):
    """rest: what a film has that an answer does not name."""
    ranks = np.empty((len(answers), n))
    for row, named in enumerate(answers):
        k = len(named)
        ranks[row] = {
            "mean": (k + 1 + n) / 2, "half": (k + n) / 2, "all": (n + 1) / 2, "next": k + 1, "last": n,
            "zero": 0.0, "none": np.nan,
        }[rest]  # fmt: skip
        ranks[row, named] = np.arange(first, first + k)
    mean = np.nanmean(ranks, axis=0) if rest == "none" else of(ranks, axis=0)
    return np.argsort(mean, kind="stable") if order else mean


def _by_answer(answers, n):
    """Ranks of each answer, unaveraged."""
    return np.array([_mean_ranks([named], n) for named in answers])


def _inputs():
    """Answers of different lengths; every film is named by some answer, none by all."""
    cases = []
    for seed, n, lengths in ((0, 6, (2, 2, 3, 2)), (1, 8, (3, 3, 3, 3)), (2, 5, (4, 1, 2))):
        rng = np.random.default_rng(seed)
        start = rng.permutation(n)
        step = -(-n // len(lengths))
        cases.append(([np.roll(start, -step * i)[:k].tolist() for i, k in enumerate(lengths)], n))
    return cases


@exercise("llm_recommender.mean_ranks")
def mean_ranks(answers):
    """The mean of the ranks 1, 2, … over the answers; what is not named shares the mean of the ranks that are left."""

    def mistake(**how):
        return lambda *arguments: _mean_ranks(*arguments, **how)

    return check_function(
        answers,
        _mean_ranks,
        _inputs(),
        mistakes=[
            (mistake(first=0), "Your ranks begin with 0. The film that is named first has rank 1."),
            (mistake(rest="half"), "You are half a rank off: the ranks left are k + 1 to n. What is their mean?"),
            (
                mistake(rest="all"),
                "This is the mean of all ranks 1 to n. Ranks 1 to k are taken: use those that are left.",
            ),
            (mistake(rest="next"), "Films that are not named share the mean of the ranks left, not the next rank."),
            (mistake(rest="last"), "You give unnamed films the last rank. They share the mean of all ranks left."),
            (mistake(rest="zero"), "Unnamed films have rank 0, better than the first. They share the ranks left."),
            (mistake(rest="none"), "You average only where a film is named: once at rank 1 then beats always rank 2."),
            (mistake(of=np.sum), "This is the sum over the answers. Divide by their number."),
            (mistake(of=np.median), "This is the median. The mean was asked for."),
            (mistake(order=True), "This is the order of the films. Return each film's mean rank, film 0 first."),
            (lambda *a: -_mean_ranks(*a), "The sign is turned: a good film has a small rank."),
            (_by_answer, "This is one row an answer. Take the mean over the answers."),
        ],
        hint="For each answer: all films get (k + 1 + n)/2, then the named ones 1 to k; then the mean over answers.",
        praise="Right: this is how the five rotations become one list.",
    )
