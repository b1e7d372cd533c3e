"""Checkers of the chapter Anatomy of a recommender."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, close, exercise, flat

ALIBI, WALTZ, KISS = np.array([[0, 1, 0], [0, 0, 1], [0, 1, 1]], float)


def _near(wrong):
    """Does an answer mean this wrong value, rounded or not?"""
    return lambda answer: close(answer, wrong, tolerance=5e-3)


@exercise("anatomy.profile")
def profile(answer):
    both = ALIBI + WALTZ
    mistakes = [
        (both, "This is the sum of the liked rows. The profile is their average: how many are there?"),
        ((both + KISS) / 3, "Kiss is in your average. F dislikes it: only liked films make the profile."),
        (both - KISS, "You subtracted Kiss. In this formula a dislike is left out, not taken away."),
        (both / 3, "You divided by 3. F likes two films: neither the disliked one nor the number of genres counts."),
        (both / 6, "You divided by all films of the catalogue. Divide by those that F likes."),
        (both * 50, "These are percent. Give shares: 0 to 1."),
        (both / np.linalg.norm(both), "You made the sum one unit long. Asked is the plain average of the rows."),
    ]
    return check_value(
        flat(answer),
        both / 2,
        mistakes=[(_near(wrong), hint) for wrong, hint in mistakes],
        hint="Take the rows of Alibi and Waltz, add them, divide by the number of films that F likes.",
        praise="Right: half crime, half romance. Kiss points exactly that way (cosine 1), though F dislikes it: the "
        "profile cannot know. Only because F has rated it is it left out; Comet and Heist follow, tied at 0.5.",
    )


@exercise("anatomy.density")
def density(answer):
    customers, items, each = 2_000_000, 500_000, 40
    share = each / items
    return check_value(
        answer,
        share,
        tolerance=1e-9,
        mistakes=[
            (100 * share, "This is in percent. Give a share: 0 to 1."),
            (1 - share, "This is the share that is missing. Asked is the share that is known."),
            (each / customers, "You divided by the customers. Each customer could have bought any of the items."),
            (each * customers, "This is the number of known pairs. Divide by the number of all pairs."),
            (customers * items, "This is the number of all pairs. How many of them are known?"),
            (each / (customers * items), "40 is what one customer bought. All of them together know more pairs."),
        ],
        hint="Known pairs: customers times purchases of each. All pairs: customers times items. Divide.",
        praise="Right: 8 pairs in 100,000. MovieLens knows 205 times that share. How many customers there are makes no "
        "difference: what counts is how much of the catalogue one of them touches.",
    )


def _list(scores, seen, *, k=10, order=lambda s: np.argsort(-s, kind="stable"), drop=True):
    ranked = [int(i) for i in order(np.asarray(scores))]
    return np.array([i for i in ranked if not drop or i not in seen][:k])


def _masked(scores, seen, value):
    return np.where(np.isin(np.arange(len(scores)), list(seen)), value, scores)


TOP_TEN_MISTAKES = [
    (lambda s, seen: _list(s, seen, drop=False), "Films in `seen` are in your list. Leave them out before you cut."),
    (
        lambda s, seen: _list(_masked(s, seen, -np.inf), set()),
        "Minus infinity puts seen films last, not out: with nine films and one seen it is in your list. Drop it.",
    ),
    (
        lambda s, seen: np.argsort(-np.delete(s, list(seen)), kind="stable")[:10],
        "After np.delete the positions have moved: you return places in the shorter array, not indices of films.",
    ),
    (lambda s, seen: _list(s, seen, k=None), "Your list goes on after ten."),
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
        lambda s, seen: _list(s, seen, order=lambda x: np.argsort(x)[::-1]),
        "Right but for ties: reversing an ascending sort turns equals round, and argsort without kind='stable' may "
        "put them in any order.",
    ),
    (
        lambda s, seen: _list(_masked(s, seen, 0), set()),
        "You set seen films to 0. Where all scores are negative, 0 is the best: leave them out.",
    ),
    (
        lambda s, seen: _list(s, seen, order=lambda x: np.argsort(-x)),
        "Right but for ties: argsort without kind='stable' may put equals in any order.",
    ),
    (lambda s, seen: np.asarray(s)[_list(s, seen)], "You return the scores. Asked are the indices of the films."),
]


@exercise("anatomy.top_ten")
def top_ten(answer):
    rng = np.random.default_rng(5)
    inputs = [(rng.normal(size=30), set(rng.choice(30, 6, replace=False).tolist())) for _ in range(4)]
    inputs.append((rng.integers(3, size=40).astype(float), {0, 5, 7, 39}))  # ties
    inputs.append((rng.normal(size=9), {2}))  # fewer than ten are left
    inputs.append((-rng.random(25), set(range(5))))  # all scores below 0
    return check_function(
        answer,
        _list,
        inputs,
        mistakes=TOP_TEN_MISTAKES,
        hint="Some lists differ. Try scores with ties, nine films with one seen, and scores that are all negative.",
        praise="Right, with ties, short lists and negative scores.",
    )
