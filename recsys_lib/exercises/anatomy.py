"""Checkers of the chapter Anatomy of a recommender."""

import contextlib
import copy
import io

import numpy as np

from recsys_lib.exercises import check_function, check_value, close, exercise, flat, not_yet, question, right, wrong

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
        (
            both - KISS,
            "All zeros: did you subtract Kiss, or multiply the two rows? A dislike is left out, not taken away: add "
            "the rows of the two liked films and divide by two.",
        ),
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
            (
                lambda a: 200 <= float(np.ravel(a)[0]) <= 210,
                "This is how many times smaller the share is than MovieLens'. Asked is the share itself: known pairs "
                "divided by all pairs.",
            ),
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


def _by_mask(value, order, *, cut=False):
    """A list by a mask alone; cut: to as many as are left, so that the seen films, sorted last, fall off."""
    return lambda s, seen: _list(
        _masked(s, seen, value), set(), k=min(10, len(s) - len(seen)) if cut else 10, order=order
    )


def _reversed(x):
    return np.argsort(x)[::-1]


def _reversed_stable(x):
    return np.argsort(x, kind="stable")[::-1]


LAST_NOT_OUT = (
    "A mask of minus infinity or NaN puts seen films last, not out: with nine films and one seen it is in your list. "
    "Drop it."
)
TWO_THINGS = LAST_NOT_OUT + " And [::-1] turns ties round: sort by the negative scores, kind='stable'."
TIES = "Right but for ties: [::-1] puts the higher index first. Sort by the negative scores."
ANY_ORDER = " And argsort without kind='stable' may put equal scores in any order."
NAN_FIRST = "NaN is sorted last, so [::-1] puts the seen films first. Leave them out of the list instead."

TOP_TEN_MISTAKES = [
    (lambda s, seen: _list(s, seen, drop=False), "Films in `seen` are in your list. Leave them out before you cut."),
    (_by_mask(-np.inf, lambda x: np.argsort(-x, kind="stable")), LAST_NOT_OUT),  # NaN gives the same list
    (_by_mask(-np.inf, lambda x: np.argsort(-x)), LAST_NOT_OUT),
    (_by_mask(np.nan, lambda x: np.argsort(-x)), LAST_NOT_OUT),
    (_by_mask(-np.inf, _reversed_stable), TWO_THINGS),
    (_by_mask(-np.inf, _reversed), TWO_THINGS),
    (_by_mask(np.nan, _reversed_stable), NAN_FIRST),
    (_by_mask(np.nan, _reversed), NAN_FIRST),
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
    (lambda s, seen: _list(s, seen, order=_reversed_stable), TIES),
    (lambda s, seen: _list(s, seen, order=_reversed), TIES + ANY_ORDER),
    (_by_mask(-np.inf, _reversed, cut=True), TIES + ANY_ORDER),
    (
        lambda s, seen: _list(_masked(s, seen, 0), set()),
        "You set seen films to 0. Where all scores are negative, 0 is the best: leave them out.",
    ),
    (lambda s, seen: _list(s, seen, order=lambda x: np.argsort(-x)), "Right but for ties." + ANY_ORDER),
    (_by_mask(-np.inf, lambda x: np.argsort(-x), cut=True), "Right but for ties." + ANY_ORDER),
    (lambda s, seen: np.asarray(s)[_list(s, seen)], "You return the scores. Asked are the indices of the films."),
]


@exercise("anatomy.top_ten")
def top_ten(answer):
    rng = np.random.default_rng(5)
    inputs = [(rng.normal(size=30), set(rng.choice(30, 6, replace=False).tolist())) for _ in range(4)]
    inputs.append((rng.integers(3, size=40).astype(float), {0, 5, 7, 39}))  # ties
    inputs.append((rng.normal(size=9), {2}))  # fewer than ten are left
    inputs.append((-rng.random(25), set(range(5))))  # all scores below 0
    if callable(answer) and (verdict := _returns_nothing(answer, *inputs[0])):
        return verdict
    return check_function(
        answer,
        _list,
        inputs,
        mistakes=TOP_TEN_MISTAKES,
        hint="Some lists differ. Try scores with ties, nine films with one seen, and scores that are all negative.",
        praise="Right, with ties, short lists and negative scores.",
    )


def _returns_nothing(answer, scores, seen):
    """The verdict on a function that gives None on this input; None where it gives something or raises."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            result = answer(scores.copy(), copy.copy(seen))
        except Exception:  # check_function names it
            return None
    if result is not None:
        return None
    if printed.getvalue().strip():
        return wrong("Your function prints its list and returns nothing. Write `return` where it prints.")
    if getattr(getattr(answer, "__code__", None), "co_code", b"") == _unwritten.__code__.co_code:
        return not_yet()
    return wrong("Your function returns nothing: does its last line begin with `return`?")


def _unwritten(scores, seen): ...


question(
    "anatomy.q2",
    a="More ratings of the same kind narrow the interval and leave it in the wrong place: the same people choose in "
    "the same way.",
    b=right("Only pairs that nobody chose show what the ratings that were not given would be."),
    c="That is the symptom. The second world shows it too, although its films' means are right.",
)
question(
    "anatomy.q3",
    a="The interval includes zero: with 50 other users the difference could as well be below zero.",
    b="The interval reaches up to .13. A test that shows no difference does not show that there is none.",
    c=right("The interval includes zero. With more users it would be narrower and could decide."),
)
question(
    "anatomy.q4",
    a="With one to five likes, co-likes reached fewer users than the popular list. And a film without a rating has no "
    "co-likes: its score is 0 for everybody.",
    b=right(
        "Two likes are too few for co-likes here, and a new film has nothing to count, only what it says of itself."
    ),
    c="For the film yes, nothing else can speak of it. But alone, titles and genres reached far fewer new persons than "
    "the popular list.",
)
