"""Checkers of the exercises about one transformer for four tasks."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise, question, right

question(
    "one_model.q1",
    a="The tables are shared, and so are all layers. What else goes into the first place?",
    b=right("Right: the token is the one input that differs, and the layer reads it."),
    c="No task has layers of its own here. What is added to the sum of the same history?",
)
question(
    "one_model.q2",
    a="It is below the single models, but are these good ones? What does the specialist say?",
    b=right("Right: parity with a weak twin is no news. First the twin must stand near its rival."),
    c="More seeds make the interval narrower. They do not make the twin better.",
)
question(
    "one_model.q3",
    a="A cosine compares directions at one moment. Does it say where the training ends?",
    b="A refit changes more than one thing, but it shows where the ratings end without the search. Does the cosine?",
    c=right("Right: the cosine suggests, the refit measures."),
)
question(
    "one_model.q4",
    a="The bodies are small. Where do most of the numbers of a recommender stand?",
    b=right("Right: four models keep three tables of films and four of letters, one model keeps one of each."),
    c="A request took as long with one model as with four. What is kept once instead of several times?",
)


@exercise("one_model.first_place")
def first_place(answer):
    """Token (1, 0) plus ((2, 0) + (0, 4) + (4, 2) + (0, 0 as a place)) / √4."""
    return check_value(
        answer,
        [4.0, 3.0],
        tolerance=2e-3,
        mistakes=[
            ([7.0, 6.0], "This is the sum without 1/√n: there are four places, so half of it."),
            ([2.5, 1.5], "You divided by n = 4. The sum is divided by its root, 2."),
            ([3.5, 3.0], "The token is added after the division: it is not divided by the root."),
            ([7 / np.sqrt(5), 6 / np.sqrt(5)], "The token is no place: add it after the division, and n is 4."),
            ([3.0, 3.0], "The token of the task is missing: it is added to the sum."),
            ([1 + 6 / np.sqrt(5), 6 / np.sqrt(5)], "The token is no place that is summed: n is 4, not 5."),
            ([1 + 6 / np.sqrt(3), 6 / np.sqrt(3)], "The last place holds zeros, but it is real: n is 4, not 3."),
            (lambda a: np.size(a) == 1, "This is one number. The first place holds two."),
        ],
        hint="Sum the four places, divide by √4, add the token.",
        praise="Right: (1, 0) + (6, 6) / 2 = (4, 3).",
    )


def _relative(one, twin, lower_is_better, *, invert=True, swap=False, sum_=False):
    one, twin = (twin, one) if swap else (one, twin)
    ratio = np.asarray(one, float) / np.asarray(twin, float)
    ratio = np.where(lower_is_better, 1 / ratio, ratio) if invert else ratio
    return float(ratio.sum() if sum_ else ratio.mean())


def _difference(one, twin, lower_is_better):
    return float(np.mean(np.where(lower_is_better, -1, 1) * (np.asarray(one) - np.asarray(twin))))


def _of_means(one, twin, lower_is_better):
    return float(np.mean(one) / np.mean(twin))


@exercise("one_model.checkpoint")
def checkpoint(answer):
    """The mean over tasks of the one model's figure by the twin's, errors inverted."""
    inputs = [
        (np.array([0.1, 0.9, 0.4, 0.8]), np.array([0.12, 0.88, 0.42, 0.81]), np.array([False, True, False, False])),
        (np.array([0.2, 1.5]), np.array([0.1, 1.2]), np.array([False, True])),
        (np.array([0.3]), np.array([0.4]), np.array([False])),
    ]
    return check_function(
        answer,
        _relative,
        inputs,
        mistakes=[
            (lambda *a: _relative(*a, invert=False), "A lower RMSE is better: invert its ratio, twin over one."),
            (lambda *a: _relative(*a, swap=True), "The ratio stands on its head: the one model over the twin."),
            (lambda *a: _relative(*a, sum_=True), "This is the sum over the tasks. Take their mean."),
            (
                _difference,
                "This is a mean of differences: .01 of RMSE would weigh as much as .01 of NDCG. Take ratios.",
            ),
            (_of_means, "Take the ratio of each task first, then the mean: the figures have different units."),
        ],
        hint="one / twin for each task, twin / one where lower is better, then the mean.",
        praise="Right: each task counts by what it keeps of its own single model.",
    )
