"""Checkers of the chapter The full build."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise, question, right


@exercise("full_build.score")
def score(answer):
    """Own vector (1, 0) plus (4, 4)/√4, times (2, 1), plus .5."""
    root = np.sqrt(5)
    return check_value(
        answer,
        8.5,
        tolerance=1e-3,
        mistakes=[
            (14.5, "You added the films' vectors as they are. Divide their sum by √n, here √4."),
            (5.5, "You took the mean of the films' vectors. The sum is divided by √n, not by n."),
            (3.5, "You took the mean of the likes, without the own vector: divide by √n, and add (1, 0)."),
            (8.0, "The dot product is right. What does everybody think of the film? Its bias is missing."),
            (6.5, "You scored a stranger, or took the mean of all five films. Own vector (1, 0), four likes, √4."),
            (7.5, "You divided the own vector too. Only the sum of the films' vectors is divided by √n."),
            (2.5, "You scored with the own vector alone. The sum of the likes' vectors over √n is missing."),
            (4.9, "You divided by 5. n counts the likes, 4, and the sum is divided by its root."),
            (12.5, "The film with 2 stars is in your sum, or you scored a stranger without the root: √n, plus (1, 0)."),
            (22.5, "The film with 2 stars is in your sum, and the root is missing."),
            (2 + 2 * 8 / root + 4 / root + 0.5, "The film with 2 stars is in your sum and in your n: no like."),
            (2 + 3 * 4 / root + 0.5, "Your sum is right, but n counts the 2 stars too. n is the number of likes, 4."),
            (lambda a: np.size(a) == 2, "This is a vector like the user's: now the dot product with (2, 1), plus .5."),
        ],
        hint="Add the vectors of the four likes, divide by 2, add (1, 0); dot product with (2, 1); then the bias.",
        praise="Right: (1, 0) + (4, 4)/2 = (3, 2), times (2, 1) is 8, plus .5.",
    )


def _scores(ratings, ids, films, bias, *, liked_from=4.0, power=0.5, with_bias=True, n_of="likes"):
    row = {item_id: place for place, item_id in enumerate(ids)}
    used = [row[item_id] for item_id, stars in ratings.items() if stars >= liked_from]
    n = {"likes": max(len(used), 1), "rated": len(ratings), "likes or 0": len(used)}[n_of]
    with np.errstate(invalid="ignore"):  # 0/0 is one of the mistakes
        vector = films[used].sum(axis=0) / np.float64(n) ** power
    return films @ vector + (bias if with_bias else 0), row, used


def _list(ratings, ids, films, bias, k, exclude="rated", best=True, indices=False, cut_first=False, cut=None, **how):
    scores, row, used = _scores(ratings, ids, films, bias, **how)
    rated = [row[item_id] for item_id in ratings]
    left_out = {"likes": used, "none": [], "rated, of likers": rated if used else []}.get(exclude, rated)
    if not cut_first:
        at = {"rated, at 0": 0, "rated, NaN": np.nan, "rated, -inf": -np.inf}
        scores[left_out] = at.get(exclude, -np.inf if best else np.inf)
    order = np.argsort(-scores if best else scores, kind="stable")[:k] if cut is None else cut(scores, k)
    if cut_first:
        order = np.array([place for place in order if place not in left_out])
    return order.tolist() if indices else [ids[place] for place in order]


def _mistake(**how):
    return lambda *arguments: _list(*arguments, **how)


def four_people(ids, rng):
    """[{item id: stars}]: two with several likes, one with a single like, one with none."""
    stars = [5.0, 4.0, 4.5, 5.0, 4.0, 2.0, 3.5, 1.0, 3.0], [4.0, 1.0, 0.5, 2.0, 5.0, 4.5], [4.0, 3.0, 0.5], [1.0, 3.0]
    return [dict(zip(rng.choice(ids, len(given), replace=False).tolist(), given)) for given in stars]


def rated_films_return(mistake):
    """Mistakes in leaving out what a person rated; mistake(**how) makes the function that makes it."""
    return [
        (mistake(exclude="none"), "The person gets back what they rated: set it to -inf before sorting."),
        (mistake(exclude="likes"), "Only the likes are left out. A film with one star comes back: leave out all."),
        (mistake(exclude="rated, at 0"), "Your rated films score 0. Others can score less: -inf is below all."),
        (mistake(exclude="rated, of likers"), "Who liked nothing gets rated films back: leave them out as well."),
    ]


def list_is_not_sorted(mistake):
    """Mistakes in cutting a list to its best k."""
    return [
        (mistake(cut=cut), "Your k films are the best; their order is not: sort them, best first.")
        for cut in (lambda s, k: np.argpartition(-s, k)[:k], lambda s, k: np.argsort(s, kind="stable")[-k:])
    ]


def history_is_not_as_in_training(mistake):
    """Mistakes in the vector of a person's likes."""
    return [
        (mistake(power=0), "The sum is not divided by √n: with a long history taste drowns the bias."),
        (mistake(power=1), "You take the mean of the liked films. The formula divides their sum by √n."),
        (mistake(liked_from=0), "All rated films are in your vector, the disliked too. Likes start at 4."),
        (mistake(liked_from=4.1), "Exactly 4 stars is a like too: >= 4."),
        *((mistake(liked_from=stars), "A 3 is no like: likes start at 4.") for stars in (3, 3.5)),
        (mistake(n_of="rated"), "n counts likes, not everything rated."),
        (
            mistake(n_of="likes or 0"),
            "Who liked nothing gets 0/0, which is NaN, from you: divide by √1 there, so that the bias decides.",
        ),
    ]


def _inputs():
    """Four strangers; ids that are no indices, one person with a single like, one with none; all scores below 0.

    What they rated has the largest biases, so that it comes back where it is not left out."""
    rng = np.random.default_rng(4)
    ids = rng.permutation(np.arange(1000, 2000)).tolist()
    films, bias = rng.normal(size=(1000, 4)), rng.normal(size=1000) * 2 - 20
    people = four_people(ids, rng)
    bias[[ids.index(item_id) for person in people for item_id in person]] += 8
    return [(person, ids, films, bias, 300) for person in people]


@exercise("full_build.serve")
def serve(answer):
    """The list of a person who was not there in training."""
    return check_function(
        answer,
        _list,
        _inputs(),
        mistakes=[
            *rated_films_return(_mistake),
            *list_is_not_sorted(_mistake),
            (
                _mistake(exclude="rated, NaN", cut=lambda s, k: np.argsort(s)[::-1][:k]),
                "argsort puts NaN last, so [::-1] puts what was rated first: mark it by -inf.",
            ),
            *(
                (
                    _mistake(exclude="rated, -inf", cut=lambda s, k, kind=kind: np.argsort(s, kind=kind)[:k]),
                    "argsort sorts upwards, so your list begins with the rated films, at -inf: sort by -scores.",
                )
                for kind in (None, "stable")
            ),
            (_mistake(indices=True), "These are rows of the table, not ids. The last step is the way back: ids[row]."),
            (_mistake(best=False), "Your list is the worst first: argsort sorts upwards. Sort by -scores."),
            *history_is_not_as_in_training(_mistake),
            (_mistake(cut_first=True), "You cut to k, then dropped what was rated: too short. Exclude before you cut."),
            (_mistake(with_bias=False), "The bias of the films is missing: add it to the dot products."),
        ],
        hint="Likes → rows → sum of vectors / √n → films @ vector + bias → all rated to -inf → sort by -scores → ids.",
        praise="Right: likes in, ids out, nothing rated comes back, and nothing was trained.",
    )


question(
    "full_build.q1",
    a="Look at the two curves after the dashed line: the list gets worse, and the loss still falls. "
    "It does not measure the list.",
    b=right("Right: the loss has a new best value at nearly every step, so nothing stops it."),
    c="Patience counts epochs in a row without a new best value. The training loss has a new best value nearly always.",
)

question(
    "full_build.q2",
    a="An interval that includes zero does not show that a difference is zero. It also includes a loss of a tenth.",
    b="A higher mean alone is no evidence: with other users drawn the sign may change, as the upper end says.",
    c=right("Right: no difference is shown, and the interval says which ones remain possible."),
)
