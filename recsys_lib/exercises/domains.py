"""Checkers of the chapter Two catalogues, one model."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise, question, right

question(
    "domains.q1",
    a="A wrong pair teaches, with all its likes, that two different films are one. What does a missing pair cost?",
    b=right("Right: a missing pair leaves a film as it was before; a wrong one poisons it with another film's likes."),
    c="Two films of one title and year do exist: War of the Worlds, 2005, twice. What does a guess cost?",
)
question(
    "domains.q2",
    a="Count how many more they are. What decides the sum when every one of them counts as much as your own?",
    b=right("Right: the weight is chosen on your own people's validation part, and 0 must be among the candidates."),
    c="0 is always safe, but it leaves unused what they know. How would you find out whether another weight is better?",
)
question(
    "domains.q3",
    a="The model never sees the test films of these people, true. But whose likes does it see, and of when?",
    b=right("Right: at the time of the request most of these likes did not exist. It is a result in hindsight."),
    c="Another data set does not move dates. When were the likes given that the model learns from?",
)
question(
    "domains.q4",
    a="Without a shared person and without a shared film no row and no column of the table says anything of both.",
    b="Strangers help through columns. Which films do the two shops have in common?",
    c=right("Right: one person's row holds films of both shops, so the weights between them can be learnt."),
)


@exercise("domains.weight")
def weight(answer):
    """(6 + ¼ · 10) / (8 + ¼ · 40 + 2)."""
    return check_value(
        answer,
        8.5 / 20,
        tolerance=2e-3,
        mistakes=[
            (8.5 / 18, "The penalty λ = 2 is missing below."),
            (6 / 10, "Only your own people are in it. Add a quarter of the others, above and below."),
            (16 / 50, "All count alike here. Each of the others counts a quarter: 2.5 above, 10 below."),
            (8.5 / 50, "Above you took a quarter of the others, below all of them."),
            (16 / 20, "Below you took a quarter of the others, above all of them."),
            (6 / 8, "Neither the others nor the penalty are in it."),
            (0.75 * 6 / 10 + 0.25 * 10 / 42, "You mixed two weights. The formula adds the counts, and divides once."),
            (8.5 / 17, "Below stand all who like Jaws: 8 and a quarter of 40."),
            (8.5 / 20.5, "The penalty is 2, and it is not weighted."),
        ],
        hint="(both, ours + w · both, theirs) / (Jaws, ours + w · Jaws, theirs + λ).",
        praise="Right: your people alone say .6, the others alone .24, and together they say .425.",
    )


def _carried(likes, left, right, n_films):
    out = np.zeros((len(likes), n_films))
    out[:, left] = np.asarray(likes)[:, right]
    return out


def _backwards(likes, left, right, n_films):
    out = np.zeros((len(likes), n_films))
    out[:, right] = np.asarray(likes)[:, left]
    return out


def _by_position(likes, left, right, n_films):
    out = np.zeros((len(likes), n_films))
    width = min(n_films, likes.shape[1])
    out[:, :width] = likes[:, :width]
    return out


def _packed(likes, left, right, n_films):
    return np.asarray(likes)[:, right]


def _in_order_of_left(likes, left, right, n_films):
    out = np.zeros((len(likes), n_films))
    out[:, left] = np.asarray(likes)[:, np.sort(right)]
    return out


def _all_films(likes, left, right, n_films):
    others = np.setdiff1d(np.arange(likes.shape[1]), right)
    return np.hstack([_carried(likes, left, right, n_films), np.asarray(likes)[:, others]])


def _whole_rows(likes, left, right, n_films):
    kept = _carried(likes, left, right, n_films)
    return kept[kept.any(axis=1)]


def _inputs():
    """Four strangers with five films, six films of ours, three pairs in mixed order; the fourth shares no film."""
    likes = np.array([[1, 0, 1, 0, 1], [0, 1, 1, 0, 0], [1, 1, 0, 1, 1], [0, 1, 0, 1, 0]])
    left, right = np.array([1, 4, 0]), np.array([4, 0, 2])
    again = np.random.default_rng(0).integers(2, size=(7, 9))
    return [(likes, left, right, 6), (again, np.array([3, 0, 5, 7]), np.array([1, 8, 2, 0]), 9)]


@exercise("domains.carry")
def carry(answer):
    """The others' likes over our own films."""
    return check_function(
        answer,
        _carried,
        _inputs(),
        mistakes=[
            (_backwards, "Left and right are the wrong way round: film left[k] of ours is film right[k] of theirs."),
            (
                _by_position,
                "You copied by position: column 3 of theirs is not our film 3. The pairs say which is which.",
            ),
            (_packed, "These are the shared films alone, side by side. Each belongs in the column of our own film."),
            (_in_order_of_left, "The pairs were torn apart: right must keep the order of left."),
            (_all_films, "Films that only the others know do not belong here: our catalogue has n_films columns."),
            (
                _whole_rows,
                "Somebody without a shared film was dropped. Keep a row for each person, zeros for that one.",
            ),
            (lambda *a: _carried(*a).T, "Rows are people and columns films; yours are the other way round."),
        ],
        hint="Zeros of shape (people, n_films); then column left[k] becomes their column right[k].",
        praise="Right: a film that the others do not know stays a column of zeros, and teaches nothing.",
    )
