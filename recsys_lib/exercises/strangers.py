"""Checkers of the chapter Strangers."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise, question, right
from recsys_lib.exercises.full_build import (
    four_people,
    history_is_not_as_in_training,
    list_is_not_sorted,
    rated_films_return,
)

question(
    "strangers.q1",
    a="An interval that includes zero does not show that two models are equal: it reaches to a loss of a hundredth.",
    b=right("Right: the interval says how large a loss is still possible, and only a history serves a stranger."),
    c="The highest mean decides nothing while the intervals of the differences include zero.",
)
question(
    "strangers.q2",
    a="SVD++ adds an own vector to the sum, and leaves no film out of it.",
    b=right("Right: two tables, no own vectors, and the film to be scored is left out of the sum."),
    c="The embedding of this book scores with the same table that it adds up, and leaves no film out.",
)
question(
    "strangers.q3",
    a="Their own vectors are gone, but their likes have trained the vectors and biases of the films.",
    b=right("Right: so people are left out whole, before anything is trained."),
    c="Look at the exam: known people bring the same kind of history. What did their ratings do in training?",
)
question(
    "strangers.q4",
    a="Under-training gives popular films, from the biases it starts with. What changed is the release: compare it.",
    b=right("Right: a handful of known answers finds shifted ids, a lost bias and a wrong divisor at once."),
    c="That would hide the symptom. If ids have shifted, a larger bias lifts the wrong films too.",
)


@exercise("strangers.score")
def score(answer):
    """(40, 40) steps of .1, over √4, times (20, 10) steps of .1, plus .5."""
    root = np.sqrt(5)
    return check_value(
        answer,
        6.5,
        tolerance=1e-3,
        mistakes=[
            (600.5, "These are whole numbers of steps. Multiply each vector by the step, 0.1, first."),
            (60.5, "One of the two vectors is still in steps. The step belongs to both: the history's and the film's."),
            *(
                (wrong, "The bias is a plain number, and the step belongs to both vectors: .1 · .1.")
                for wrong in (65.0, 64.5, 60.05)
            ),
            (0.6, "The step is in it, the bias is not. And the step counts in both vectors, not three times."),
            (6.05, "The bias is a plain number: no step multiplies it."),
            (6.0, "The dot product is right. What does everybody think of the film? Its bias is missing."),
            (12.5, "You added up the vectors and did not divide the sum by √n, here √4."),
            (3.5, "You divided by n. The sum is divided by √n, here 2."),
            (
                10.5,
                "The film with 2 stars is in your sum, or you took the sum without it and a wrong root: 4 likes, √4.",
            ),
            (20 / root + 0.5, "The film with 2 stars is in your sum and in your n: it is no like."),
            (12 / root + 0.5, "Your sum is right, but n counts the 2 stars too. n is the number of likes, 4."),
            (2.9, "You divided by 5. n counts the likes, 4, and the sum is divided by its root."),
            (4.5, "You took the mean of all five films. Four likes, and the sum over √4."),
            (20.5, "The film with 2 stars is in your sum, and the root is missing."),
            (lambda a: np.size(a) == 2, "This is the stranger's vector: now the dot product with the film's, plus .5."),
        ],
        hint="Add the vectors of the four likes, divide by 2, times 0.1; dot product with (2, 1); then the bias.",
        praise="Right: (40, 40)/2 in steps of .1 is (2, 2), times (2, 1) is 6, plus .5.",
    )


def _list(ratings, ids, steps, step, bias, k, *, liked_from=4.0, power=0.5, with_bias=True, n_of="likes", **how):
    row = {item_id: place for place, item_id in enumerate(ids)}
    used = [row[item_id] for item_id, stars in ratings.items() if stars >= liked_from]
    n = {"likes": max(len(used), 1), "rated": len(ratings), "likes or 0": len(used)}[n_of]
    own, other = {"both": (step, step), "once": (step, 1.0), "never": (1.0, 1.0)}[how.get("scaled", "both")]
    kept = np.int8 if how.get("wraps") else np.float64
    with np.errstate(invalid="ignore"):  # 0/0 is one of the mistakes
        vector = steps[used].sum(axis=0, dtype=kept) * own / np.float64(n) ** power
    scores = steps * other @ vector + (bias if with_bias else 0)
    rated, best = [row[item_id] for item_id in ratings], how.get("best", True)
    exclude, cut = how.get("exclude", "rated"), how.get("cut")
    left_out = {"likes": used, "none": [], "rated, of likers": rated if used else []}.get(exclude, rated)
    if exclude != "after the cut":
        scores[left_out] = 0 if exclude == "rated, at 0" else -np.inf if best else np.inf
    order = np.argsort(-scores if best else scores, kind="stable")[:k] if cut is None else cut(scores, k)
    if exclude == "after the cut":
        order = np.array([place for place in order if place not in left_out])
    return order.tolist() if how.get("rows") else [ids[place] for place in order]


def _mistake(**how):
    return lambda *arguments: _list(*arguments, **how)


def _inputs():
    """Four strangers; ids that are no indices, one person with a single like, one with none; all scores below 0.

    What they rated has the largest biases, so that it comes back where it is not left out."""
    rng = np.random.default_rng(4)
    ids = rng.permutation(np.arange(1000, 2000)).tolist()
    steps = np.clip(np.round(rng.normal(size=(1000, 4)) * 60), -127, 127).astype(np.int8)
    bias = rng.normal(size=1000) * 2 - 40
    people = four_people(ids, rng)
    bias[[ids.index(item_id) for person in people for item_id in person]] += 20
    return [(person, ids, steps, 0.015, bias, 300) for person in people]


@exercise("strangers.serve")
def serve(answer):
    """The list of a person who was not there in training, from a table of bytes."""
    return check_function(
        answer,
        _list,
        _inputs(),
        mistakes=[
            *rated_films_return(_mistake),
            (_mistake(exclude="after the cut"), "You cut to k, then dropped what was rated: exclude before you cut."),
            *list_is_not_sorted(_mistake),
            (
                _mistake(cut=lambda s, k: np.argsort(s, kind="stable")[:k]),
                "argsort sorts upwards, so your list is the worst, with the -inf first: sort by -scores.",
            ),
            (_mistake(rows=True), "These are rows of the table, not ids. The last step is the way back: ids[row]."),
            (_mistake(best=False), "Your list is the worst first: argsort sorts upwards. Sort by -scores."),
            (_mistake(scaled="never"), "The bytes count steps. Multiply them by step, or taste drowns the bias."),
            (_mistake(scaled="once"), "The step is in one of the two vectors only: history and film both need it."),
            (_mistake(wraps=True), "Your sum is kept in int8 and wraps round beyond 127: make the bytes floats first."),
            *history_is_not_as_in_training(_mistake),
            (_mistake(with_bias=False), "The bias of the films is missing: add it to the dot products."),
        ],
        hint="Bytes × step → likes → sum / √n → films @ vector + bias → all rated to -inf → sort by -scores → ids.",
        praise="Right: likes and bytes in, ids out, nothing rated comes back, and nothing was trained.",
    )
