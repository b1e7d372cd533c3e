"""Checkers of the chapter Losses."""

import contextlib
import io

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise, flat, question, right, wrong

SCORES, LIKES = np.log([3.0, 1.0, 1.0, 1.0]), np.array([1.0, 1.0, 0.0, 0.0])
SHARE = np.exp(SCORES) / np.exp(SCORES).sum()


@exercise("losses.several_likes")
def several_likes(answer):
    """Gradient of the multinomial loss by the four scores: 2 π − y."""
    gradient = LIKES.sum() * SHARE - LIKES
    return check_value(
        flat(answer),
        gradient,
        tolerance=5e-3,  # two decimals by hand, such as −.67
        mistakes=[
            (SHARE - LIKES, "This is π − y, right for one like. Two likes send the probabilities down twice."),
            (-gradient, "These are the pushes, minus the gradient. The sign is the other way round."),
            (gradient / 2, "You divided by the number of likes. The loss is the sum over the likes, not their mean."),
            (SHARE, "These are the probabilities π. Now the likes: how often does π count, and who gets a 1 back?"),
            (LIKES.sum() * SHARE, "Each liked film still has to get its own 1 back: subtract y."),
            (2 * np.array([3, 1, 1, 1]) - LIKES, "Divide the exponentials by their sum, 6, first."),
            (
                2 * np.exp([3, 1, 1, 1]) / np.exp([3, 1, 1, 1]).sum() - LIKES,
                "The scores are log 3, 0, 0, 0, so their exponentials are 3, 1, 1, 1. You took exponentials of those.",
            ),
            (-np.sum(LIKES * np.log(SHARE)), "This is the loss. The gradient has one number for each film."),
            (lambda a: np.shape(a) == (4,) and np.abs(a - gradient).max() <= 0.05, "Nearly: give two decimals."),
            (lambda a: np.shape(a) != (4,), "Four films, four numbers: the gradient has one for each score."),
        ],
        hint="Start from π = (3, 1, 1, 1)/6. Each like contributes π, and subtracts 1 from the film that was liked.",
        praise="Right: the first film already has its share, so its own like and the other's cancel; and the sum is 0.",
    )


def _gaps(s):
    return s[0] - np.asarray(s[1:])


def _bpr(s):
    return np.mean(np.logaddexp(0, -_gaps(s)))


def _logs(s, floor=0.0):
    """−log σ as it is written on paper; infinite or floored where σ is rounded away."""
    with np.errstate(over="ignore", divide="ignore"):
        return np.mean(-np.log(1 / (1 + np.exp(-_gaps(s))) + floor))


FLOORS = 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16, np.finfo(float).eps  # inside the logarithm
CAPS = 10, 20, 30, 50, 100, 500, 700, 1000  # for the gap, as one would choose them


def _floored(floor):
    return lambda s: _logs(s, floor)


def _clipped(floor):
    """−log σ of a σ that is kept above a small number."""

    def loss(s):
        with np.errstate(over="ignore"):
            return np.mean(-np.log(np.maximum(1 / (1 + np.exp(-_gaps(s))), floor)))

    return loss


def _replaced(number):
    """−log σ with this number in place of infinity."""

    def loss(s):
        with np.errstate(over="ignore", divide="ignore"):
            return np.mean(np.nan_to_num(-np.log(1 / (1 + np.exp(-_gaps(s)))), posinf=number))

    return loss


def _prints(function):
    """Whether it prints its result and returns nothing."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), np.errstate(all="ignore"):
            return function(ROWS[1][0].copy()) is None and bool(printed.getvalue().strip())
    except Exception:  # check_function says what is wrong
        return False


def _capped(cap):
    return lambda s: np.mean(np.logaddexp(0, -np.clip(_gaps(s), -cap, cap)))


ROWS = [
    (np.array(row),)
    for row in (
        [0.0, 0.0],
        [2.0, -1.0, 3.5],
        [-3.0, 5.0, 0.2, 0.1],
        [-400.0, 400.0, 1.0],
        [-500.0, 500.0, 0.0],
        [0.0, 2000.0],
        [0.0, 14.0, 16.0, 18.5, 21.0, 23.0, 27.5, 34.5, 36.5],  # −log of the floors: adding one differs from clipping
    )
]
INSTEAD = 0.0, 100.0, 700.0, 1000.0, np.finfo(float).max  # of infinity


@exercise("losses.bpr_row")
def bpr_row(answer):
    """BPR of one row of scores, the liked film in column 0, mean over the others, in a form that does not overflow."""

    def quiet(s):
        with np.errstate(all="ignore"):
            return answer(s)

    if callable(answer) and _prints(answer):
        return wrong("Your function prints the loss and returns None. End it with return.")
    return check_function(
        quiet if callable(answer) else answer,
        _bpr,
        ROWS,
        mistakes=[
            (
                lambda s: np.mean(np.exp(-np.logaddexp(0, _gaps(s)))),
                "This is 1 − σ(gap). Rendle's loss is −log σ(gap), which keeps pushing the worst pairs.",
            ),
            (
                _logs,
                "The formula is right, but at a gap of −1000 e^1000 overflows, σ is 0 and the loss infinite. "
                "It should be 1000. np.logaddexp(0, x) computes log(1 + e^x) without this.",
            ),
            *(
                (
                    _floored(floor),
                    f"The small number inside the logarithm caps the loss near {-np.log(floor):.0f}, and beyond that "
                    "there is no push. Softplus needs no such help.",
                )
                for floor in FLOORS
            ),
            *((_clipped(floor), "Where you clip σ, the push is 0: the dead gradient from above.") for floor in FLOORS),
            *(
                (
                    _replaced(number),
                    "You put one number in place of infinity: the worst pairs all cost the same and get no push. "
                    "A gap of −800 costs 800, one of −2000 costs 2000.",
                )
                for number in INSTEAD
            ),
            (
                lambda s: np.sum(np.logaddexp(0, -_gaps(s))),
                "You add up the pairs. Take their mean: the loss should not grow with the number of films drawn.",
            ),
            (lambda s: np.logaddexp(0, -_gaps(s)), "One number a row is asked for: take the mean over the rivals."),
            *((_capped(cap), "You cap the gap or the loss: at a gap of −2000 the loss must be 2000.") for cap in CAPS),
            (
                lambda s: np.mean(np.logaddexp(0, _gaps(s))),
                "The sign of the gap is turned round: this loss is small where the liked film stands below the others.",
            ),
            (
                lambda s: -_bpr(s),
                "This is the mean of log σ(gap), which is negative. A loss is made small: put a minus in front.",
            ),
            (
                lambda s: np.logaddexp(0, -np.mean(_gaps(s))),
                "You take the mean of the gaps first. Each pair has a loss of its own; the mean comes last.",
            ),
            (
                lambda s: np.mean(np.logaddexp(0, np.asarray(s) - s[0])),
                "Your mean includes the liked film against itself. Only s[1:] are rivals.",
            ),
            (
                lambda s: np.logaddexp.reduce(np.asarray(s)) - s[0],
                "This is sampled softmax: all rivals in one denominator. BPR takes them one pair at a time.",
            ),
        ],
        hint="For each rival: softplus(s_j − s_0). Then the mean over the rivals.",
        praise="Right, and a pair that is 2000 upside down costs 2000, not infinity.",
    )


question(
    "losses.q1",
    a="A smaller step walks the same way more slowly. At target 3 the push is above 2 at every score.",
    b=right("One star is 0 and five stars are 1. Between 0 and 1 the loss never falls below 0, and the push dies out."),
    c="There the push is zero because a probability was clipped, not because the model is right: three stars and five "
    "get the same score, as high as it happened to be. That is a dead gradient, no floor.",
)
question(
    "losses.q2",
    a="Values agree here: Keras' value was right on a row with two likes, and its gradient was wrong.",
    b="With one like n = 1, and π − y is the right gradient. The error shows only where a row has several likes.",
    c=right("Finite differences need nothing but the value, which is right; on two likes the gradients differ."),
    d="The loss falls with the wrong gradient too: in the picture it ended as low as with the right one.",
)
question(
    "losses.q3",
    a="The subtraction undoes the drawing, and your list is not drawn. s − log q would put the popular films too low.",
    b="Then the liked film itself is not corrected: in the picture (rivals only) the order is still turned round.",
    c=right("Training learns s = log p, up to a constant, and the list is sorted by it."),
)
