"""Checkers of the chapter Anatomy of a recommender."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise

ALIBI, WALTZ, KISS = np.array([[0, 1, 0], [0, 0, 1], [0, 1, 1]], float)


@exercise("anatomy.profile")
def profile(answer):
    both = ALIBI + WALTZ
    return check_value(
        answer,
        both / 2,
        mistakes=[
            (both, "This is the sum of the liked rows. The profile is their average: how many are there?"),
            ((both + KISS) / 3, "Kiss is in your average. F dislikes it: only liked films make the profile."),
            ((both - KISS) / 3, "You subtracted Kiss. In this formula a dislike is left out, not taken away."),
            (both / 6, "You divided by all films of the catalogue. Divide by those that F likes."),
            (both / np.linalg.norm(both), "You made the sum one unit long. Asked is the plain average of the rows."),
        ],
        hint="Take the rows of Alibi and Waltz, add them, divide by the number of films that F likes.",
        praise="Right: half crime, half romance. Kiss points exactly that way (cosine 1), though F dislikes it: the "
        "profile cannot know. Only because F has rated it is it left out; Comet and Heist follow, tied at 0.5.",
    )


def _list(scores, seen, *, k=10, order=lambda s: np.argsort(-s, kind="stable"), drop=True):
    ranked = [int(i) for i in order(np.asarray(scores))]
    return np.array([i for i in ranked if not drop or i not in seen][:k])


@exercise("anatomy.top_ten")
def top_ten(answer):
    rng = np.random.default_rng(5)
    inputs = [(rng.normal(size=30), set(rng.choice(30, 6, replace=False).tolist())) for _ in range(4)]
    inputs.append((rng.integers(3, size=40).astype(float), {0, 5, 7, 39}))  # ties
    inputs.append((rng.normal(size=9), {2}))  # fewer than ten are left
    inputs.append((-rng.random(25), set(range(5))))  # all scores below 0
    mistakes = [
        (
            lambda s, seen: _list(s, seen, drop=False),
            "Films in `seen` are in your list. Leave them out before you cut.",
        ),
        (
            lambda s, seen: _list(s, seen, order=lambda x: np.argsort(x, kind="stable")),
            "You show the worst films first: argsort goes up. Sort by the negative scores.",
        ),
        (
            lambda s, seen: np.array([i for i in _list(s, seen, drop=False) if i not in seen]),
            "You cut to ten first and removed the seen films after: the list comes out short. The other way round.",
        ),
        (
            lambda s, seen: _list(s, seen, order=lambda x: np.argsort(x, kind="stable")[::-1]),
            "Right but for ties: reversing an ascending sort puts the higher index first.",
        ),
        (
            lambda s, seen: _list(np.where(np.isin(np.arange(len(s)), list(seen)), 0, s), set()),
            "You set seen films to 0. Where all scores are negative, 0 is the best: use minus infinity, or leave out.",
        ),
        (
            lambda s, seen: _list(s, seen, order=lambda x: np.argsort(-x)),
            "Right but for ties: argsort without kind='stable' may put equals in any order.",
        ),
        (
            lambda s, seen: np.asarray(s)[_list(s, seen)],
            "You return the scores. Asked are the indices of the films.",
        ),
    ]
    return check_function(
        answer,
        _list,
        inputs,
        mistakes=mistakes,
        hint="Some lists differ. Try scores with ties, nine films with one seen, and scores that are all negative.",
        praise="Right, with ties, short lists and negative scores.",
    )
