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
        (np.array([0.5, 0.5, 0]), "The order is space, crime, romance."),
        (np.array([0.5, 0, 0.5]), "The order is space, crime, romance."),
        (ALIBI / 2, "F likes two films; this is half of one of them."),
        (WALTZ / 2, "F likes two films; this is half of one of them."),
        (ALIBI, "This is Alibi alone. F likes two films: average both rows."),
        (WALTZ, "This is Waltz alone. F likes two films: average both rows."),
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


@exercise("anatomy.trace")
def trace(answer):
    return check_value(
        flat(answer),
        [1, 0, 0, 2],
        mistakes=[
            (
                [1, 0, 0, 1],
                "Kiss has two paths: D likes it together with Comet, and once more together with Waltz. Add both.",
            ),
            ([0, 0, 0, 2], "Orbit is missing: A likes it together with Comet."),
            ([0, 0, 0, 1], "Orbit is missing: A likes it with Comet. And D likes Kiss with Comet and with Waltz."),
            ([1, 2, 0, 0, 2, 2], "E has seen Comet and Waltz: leave them out and give the other four."),
            ([1, 2, 0, 0, 2, 1], "E has seen Comet and Waltz: leave them out. And Kiss has two paths."),
            (
                _near(np.array([0.44721, 0, 0.31623, 0.63246])),
                "These are cosines, made of genres. Asked are co-counts: how many people like both films.",
            ),
            (
                [2, 1, 2, 1],
                "This counts everybody who likes the film. Count those who like it together with E's films.",
            ),
            ([0.5, 0, 0, 1], "You divided by the two films that E likes. The score is the sum of the co-counts."),
            ([2, 0, 0, 1], "The right numbers in the wrong order. The order is Orbit, Alibi, Heist, Kiss."),
            ([0, 1, 0, 2], "The right numbers in the wrong order. The order is Orbit, Alibi, Heist, Kiss."),
            ([0, 0, 1, 2], "The right numbers in the wrong order. The order is Orbit, Alibi, Heist, Kiss."),
            (
                [2, 1, 0, 0],
                "These are the scores as the list sorts them. Give them in the order Orbit, Alibi, Heist, Kiss.",
            ),
        ],
        hint="For each of the four films: how many people like it together with Comet, plus how many like it together "
        "with Waltz?",
        praise="Right. Kiss comes first: D leads to it twice, from Comet and from Waltz. Then Orbit, by way of A.",
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
    a="With one and with three likes, co-likes reached fewer users than the popular list, shrunk or not. And a film "
    "without a rating has no co-likes: its score is 0 for everybody.",
    b=right(
        "With one and with three likes the popular list reached more. And co-likes and popularity score a film without "
        "a rating 0; that a list of ten would show it to the right people is another matter."
    ),
    c="For the film, content is the one of these models with a score above zero. But alone, titles and genres reached "
    "far fewer new persons than the popular list.",
)
