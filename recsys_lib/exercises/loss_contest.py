"""Checkers of the chapter Which loss makes a list."""

import contextlib
import io

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise, question, right, wrong

question(
    "loss_contest.q1",
    a="Nearly is not the same: a list is an order, and small differences order as well as large ones. Which part of "
    "the formula still differs between two films?",
    b=right(
        "Right: n + λ is nearly the same for all films at 3,000 already, so the sum of the deviations decides, and it "
        "does at a million too."
    ),
    c="The number of raters in the denominator counts for nothing now. The numerator is left: a sum over the raters, "
    "which is negative for a film that many people rated below the mean.",
)

question(
    "loss_contest.q2",
    a="Each of these two intervals compares with popularity, not the two losses. The same users stand behind both, so "
    "a user who is hard for one model is hard for the other, and their difference is known better than either number: "
    "read its own interval.",
    b=right("Right: the interval of the difference excludes zero, for these users, these data and these settings."),
    c="The interval is over users and seeds of this file. It says nothing of other data, nor of other settings.",
)

question(
    "loss_contest.q3",
    a="That answers how many stars a recipe would get. Sorted by it, lists were below popularity here unless the "
    "settings were chosen for the list. Which part of the ratings says what belongs into a list?",
    b="Then one star is a target like five: the model learns what people try, not what they like.",
    c=right("Right: a list is wanted, so the likes are the signal, and 4,000 scores a person fit in memory."),
)


@exercise("loss_contest.equal_bias")
def equal_bias(answer):
    """λ with 5 · 1.5 / (5 + λ) = 100 · 0.7 / (100 + λ)."""
    return check_value(
        answer,
        6.4,
        tolerance=5e-3,
        mistakes=[
            (
                lambda a: np.isclose(float(a), 400 / 395, atol=6e-3),
                "You divided the sums of the ratings. Subtract the mean, 3.5, from each rating first.",
            ),
            (-6.4, "The sign is turned round: λ is added to n, and is never below 0."),
            (1 / 6.4, "This is one over the answer: check the last division, 400 by 62.5."),
            (6, "Nearly: give one decimal. 6 is below the value."),
            (7, "Nearly: give one decimal. 7 is above the value."),
            (lambda a: np.isclose(float(a), 64) or np.isclose(float(a), 0.64), "A decimal place slipped: 400 / 62.5."),
            (5, "With λ = 5 the first film keeps half of its deviation, 0.75; the second then has 0.667."),
            (100, "With λ = 100 the second film keeps half of its deviation, 0.35; the first then has 0.071."),
            (0, "With λ = 0 the biases are 1.5 and 0.7, the plain mean deviations."),
            (
                lambda a: np.isclose(float(a), (750 - 350) / 77.5, atol=6e-3),
                "Almost: 7.5 λ stands on the left side and 70 λ on the right, so subtract them, do not add.",
            ),
            (
                lambda a: np.any(np.isclose(np.ravel(a).astype(float), 7.5 / 11.4, atol=6e-3)),
                "This is the bias that both films have there. Asked is the λ at which they have it.",
            ),
        ],
        hint="Write both biases with the unknown λ, 5 · 1.5 / (5 + λ) and 100 · 0.7 / (100 + λ), set them equal, and "
        "multiply both sides by both denominators.",
        praise="Right: below λ = 6.4 the film with five ratings stands first, above it the one with a hundred.",
    )


def _steps(rows, batch, epochs):
    return epochs * np.ceil(rows / batch)


def _decay(share, rate, rows, batch, epochs):
    return -np.log(share) / (rate * _steps(rows, batch, epochs))


def _scaled(function):
    """A million times as large, so that the tolerance is relative for small decays too."""

    def scaled(*arguments):
        value = function(*arguments)
        return value if value is None or value is ... else 1e6 * value

    return scaled if callable(function) else function


CASES = [(0.61, 0.002, 1500, 1024, 200), (0.08, 0.005, 69_500, 1024, 16), (0.9, 0.01, 671, 1000, 150)]
DECAY_MISTAKES = [
    (lambda s, r, n, b, e: -_decay(s, r, n, b, e), "The logarithm of a share below 1 is negative: turn the sign."),
    (
        lambda s, r, n, b, e: _decay(1 - s, r, n, b, e),
        "`share` is what is kept, not what is lost: take the logarithm of the share itself.",
    ),
    (
        lambda s, r, n, b, e: -np.log(s) / (r * e),
        "You counted epochs. An epoch has many steps, one for each batch, and every step shrinks.",
    ),
    (
        lambda s, r, n, b, e: -np.log(s) / (r * e * n),
        "You counted a step for each row. A step takes a whole batch of rows.",
    ),
    (
        lambda s, r, n, b, e: -np.log(s) / (r * e * max(n // b, 1)),
        "The last batch of an epoch may be smaller, and it is a step too: round rows / batch up.",
    ),
    (
        lambda s, r, n, b, e: -np.log(s) / (r * e * n / b),
        "Part of a batch is a whole step: round rows / batch up to the next whole number.",
    ),
    (
        lambda s, r, n, b, e: -np.log(s) / (r * np.ceil(e * n / b)),
        "You rounded up once, over all epochs. The short last batch comes in every epoch: round rows / batch up, then "
        "multiply by the epochs.",
    ),
    (
        lambda s, r, n, b, e: -np.log(s) / r,
        "This is the decay times the number of steps: divide by the steps too.",
    ),
    (
        lambda s, r, n, b, e: -np.log(s) / _steps(n, b, e),
        "This is the rate times the decay. What is left to divide by?",
    ),
    (
        lambda s, r, n, b, e: -np.log10(s) / (r * _steps(n, b, e)),
        "The share is a power of e: take the natural logarithm, np.log.",
    ),
    (
        lambda s, r, n, b, e: (1 - s) / (r * _steps(n, b, e)),
        "Each step takes its part of what is left, not of the start: the share is e^(−rate · decay · steps).",
    ),
    (
        lambda s, r, n, b, e: np.exp(-r * s * _steps(n, b, e)),
        "This is the share that a decay of that size keeps. Solve the same equation for the decay.",
    ),
]


def _prints(function):
    """Whether it prints its result and returns nothing."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            return function(*CASES[0]) is None and bool(printed.getvalue().strip())
    except Exception:  # check_function says what is wrong
        return False


@exercise("loss_contest.decay_for")
def decay_for(answer):
    """The weight decay that keeps a share: −log(share) / (rate · steps), or 1 − share^(1/steps) over the rate."""
    if callable(answer) and _prints(answer):
        return wrong("Your function prints the decay and returns None. End it with return.")
    return check_function(
        _scaled(answer),
        _scaled(_decay),
        CASES,
        tolerance=2e-3,  # the exact form and the one with the exponential differ by less
        mistakes=[(_scaled(mistake), hint) for mistake, hint in DECAY_MISTAKES],
        hint="steps = epochs · (rows / batch, rounded up), and share = e^(−rate · decay · steps). Solve for the decay.",
        praise="Right: with it, each loss may take its own number of steps and be shrunk alike.",
    )
