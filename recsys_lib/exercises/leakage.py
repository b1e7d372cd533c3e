"""Checkers of the chapter Leakage."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise, question, right

question(
    "leakage.q1",
    a="Cuts in each person's own time look at nobody else's. Are Bob's first ratings not in the fit there?",
    b=right("Right: cuts in each person's own time say nothing about the time of others."),
    c="One moment for everybody: your film of 2013 is after it. Can a rating of 2015 be before it?",
)
question(
    "leakage.q2",
    a="The films to find differ between these two splits, so the question differs too. What must stay the same?",
    b=right("Right: the question stays, and only what the model knows changes."),
    c="Two things change here: what the model knows, and which films it must find. Which pair keeps the films?",
)
question(
    "leakage.q3",
    a=right("Right: with all wanted films of the last 20 %, sets of 276 people were enough every time."),
    b="EASE has no random start, so other seeds give the same lists. The spread is between people.",
    c="More resamples compute the same interval more exactly. They add no information about people.",
)
question(
    "leakage.q4",
    a="That line warns of a split that cuts a second. Which line speaks of the id as a number?",
    b="That line warns of breaking ties by row. The feature here is the id, not the row.",
    c=right("Right: films got their ids as they appeared, so the number tells the time of the first rating."),
)


@exercise("leakage.rivals_above")
def rivals_above(answer):
    share = 180 / 9000
    mistakes = [
        (share, "This is the chance for one rival. How many rivals are drawn?"),
        (2, "Nearly: 99 rivals are drawn, not 100. Give the exact mean."),
        (share * 99 + 1, "This is the mean rank of the wanted film, which is one more. How many are above it?"),
        (99 * 180 / 9001, "The rivals are drawn from the 9,000 others: the wanted film is not among them."),
        (99 * 181 / 9000, "180 films score higher. The 181st place is that of the wanted film itself."),
        (99 * 181 / 9001, "180 of the 9,000 others score higher: leave the wanted film out of both numbers."),
        (181, "This is the rank of the wanted film in the catalogue. How many of the 99 rivals are above it?"),
        (180, "This is how many are above it in the catalogue. Only 99 of the 9,000 others are drawn."),
        (99, "All 99 would be above only if every other film scored higher. Here 180 of 9,000 do."),
        (99 * (1 - share), "These are the rivals that score lower. How many score higher?"),
        (9000 / 180, "Upside down: the share of films that score higher is 180/9000."),
        (180 / 99, "You divided the films above by the rivals. Multiply 99 by the share of films above."),
    ]
    return check_value(
        answer,
        99 * share,
        tolerance=1e-5,
        mistakes=mistakes,
        hint="Each rival is one of the 180 with the same chance. Multiply the chance by the number of rivals.",
        praise="Right: about two are above it, so it is nearly always a hit. In the catalogue its rank is 181.",
    )


def _times(train_user, train_time, user):
    """(times of the ratings of others, of the user's own)."""
    train_user, train_time = np.asarray(train_user), np.asarray(train_time)
    return train_time[train_user != user], train_time[train_user == user]


@exercise("leakage.future_share")
def future_share(answer):
    rng = np.random.default_rng(6)
    inputs = []
    for n in (7, 12, 20, 33):
        users, times = rng.integers(4, size=n), rng.integers(10, size=n)
        users[:2], times[:2] = [0, 1], [5, 5]  # somebody else, and a rating in the very second
        inputs += [(users, times, int(rng.integers(1, 4)), 5), (users, times, 0, 8)]

    def of_others(share):
        return lambda users, times, user, moment: share(_times(users, times, user)[0], moment)

    mistakes = [
        (of_others(lambda t, m: np.mean(t > m)), "A rating in the very second of the moment counts: use >=, not >."),
        (of_others(lambda t, m: np.mean(t < m)), "This is the share given before the moment. Which share lies ahead?"),
        (of_others(lambda t, m: np.mean(t <= m)), "This is the share given up to the moment. Which share lies ahead?"),
        (of_others(lambda t, m: np.sum(t >= m)), "This is a count. Divide by how many ratings the others gave."),
        (of_others(lambda t, m: 100 * np.mean(t >= m)), "This is in percent. Return a number from 0 to 1."),
        (of_others(lambda t, m: t >= m), "You return one truth value a rating. What share of them is True?"),
        (
            lambda users, times, user, m: np.mean(np.asarray(times) >= m),
            "You count the user's own ratings too. Leave them out, above and below the line.",
        ),
        (
            lambda users, times, user, m: np.sum(_times(users, times, user)[0] >= m) / len(times),
            "You divide by all ratings. Divide by those of the others.",
        ),
        (
            lambda users, times, user, m: np.mean(_times(users, times, user)[1] >= m),
            "These are the user's own ratings. The share of the others is asked.",
        ),
        (
            lambda users, times, user, m: len(np.unique(np.asarray(users)[(np.asarray(times) >= m)])) / 4,
            "You count people. Count ratings.",
        ),
    ]
    return check_function(
        answer,
        of_others(lambda t, m: np.mean(t >= m)),
        inputs,
        mistakes=mistakes,
        hint="Some shares differ. Keep the ratings of others, and take the share of them with time >= moment.",
        praise="Right: what lies ahead of the user's test, as a share of what others gave to the fit.",
    )
