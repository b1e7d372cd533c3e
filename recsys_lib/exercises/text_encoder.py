"""Checkers of the chapter A language model reads the catalogue."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise, question, right

question(
    "text_encoder.q1",
    a="A cosine is no share of anything. Two texts that have nothing in common get a third too.",
    b=right("Right: the common part of all vectors lifts every cosine. Take it away and see what is left."),
    c="The order of cosines still carries much: look at the neighbours of films that you know.",
)
question(
    "text_encoder.q2",
    a="More resamples make the ends of the same interval more exact. It would still be about these films alone.",
    b=right("Right: other films would give another mean. So several draws are made, and the interval draws them too."),
    c="A larger list changes the measure. The question is what would change if other films had been drawn.",
)
question(
    "text_encoder.q3",
    a="Its cold films are few, and for the others the likes say more than the text: see *When not to use it*.",
    b=right("Right: likes where there are likes; for the rest the cheap reader first."),
    c="A bigger encoder answers a question that was not asked: how many of your items have no likes?",
)


@exercise("text_encoder.centred")
def centred(answer):
    """A = mean of (4, 2) and (2, 0) = (3, 1); minus (2, 2) = (1, -1). B = (1, 3) − (2, 2) = (-1, 1)."""
    return check_value(
        answer,
        -1.0,
        tolerance=1e-3,
        mistakes=[
            (0.6, "This is the raw cosine, 6/10. Take the mean of the catalogue away from both vectors first."),
            (-2.0, "This is the dot product. A cosine divides it by both lengths, here √2 · √2."),
            (1.0, "Look at the sign: A lies to the right of and below the mean, B to the left and above."),
            (-1 / np.sqrt(2), "Your A counts the padding: the mean is over the two tokens, not over three places."),
            (lambda a: np.size(a) == 2, "This is a vector. Make both, then take the cosine between them."),
        ],
        hint="Mean of A's two tokens, then A − mean and B − mean, then their dot product over both lengths.",
        praise="Right: A is (1, −1) and B is (−1, 1) from the mean. A raw cosine of .6 hid that they are opposites.",
    )


def _scores(
    vectors, likes, warm, k, *, among="warm", mean="warm", lengths=True, weighted=True, closest=True, of="cold"
):
    centre = {"warm": vectors[warm].mean(axis=0), "all": vectors.mean(axis=0), "none": 0}[mean]
    v = vectors - centre
    v = v / np.linalg.norm(v, axis=1, keepdims=True) if lengths else v
    cosines = v @ v.T
    pool = np.flatnonzero(warm) if among == "warm" else np.arange(len(v))
    rows = np.flatnonzero(~warm) if of == "cold" else np.arange(len(v))
    scores = np.zeros((len(likes), len(rows)))
    for place, i in enumerate(rows):
        others = pool[pool != i]
        nearest = others[np.argsort(-cosines[i, others] if closest else cosines[i, others], kind="stable")[:k]]
        scores[:, place] = likes[:, nearest] @ (cosines[i, nearest] if weighted else np.ones(len(nearest)))
    return scores


def _inputs():
    """Two catalogues with crowded vectors, of which a third is cold; the cold columns of the likes are empty."""
    cases = []
    for seed, k in ((0, 3), (1, 5)):
        rng = np.random.default_rng(seed)
        vectors = rng.normal(size=(30, 5)) + rng.normal(size=5) * 2
        warm = rng.permutation(30) >= 10
        vectors[~warm] += 0.5  # so that the mean of the warm is not that of all
        likes = (rng.random((12, 30)) < 0.4) * warm.astype(float)
        cases.append((vectors, likes, warm, k))
    return cases


@exercise("text_encoder.neighbours")
def neighbours(answer):
    """Scores of the cold items from the likes of the k warm items nearest to each."""

    def mistake(**how):
        return lambda *arguments: _scores(*arguments, **how)

    return check_function(
        answer,
        _scores,
        _inputs(),
        mistakes=[
            (mistake(of="all"), "Return the cold items only: a column for each item where warm is False, in order."),
            (lambda *a: _scores(*a).T, "Rows and columns are changed over: a row is a user, a column a cold item."),
            (mistake(mean="none"), "The vectors are crowded: take the mean vector of the warm items away first."),
            (mistake(mean="all"), "Your mean counts the cold items too. Take that of the warm: it is what you know."),
            (mistake(lengths=False), "Dot products favour long vectors. Divide each centred vector by its length."),
            (
                mistake(among="all"),
                "Some of your neighbours are cold: nobody likes them yet. Look among the warm.",
            ),
            (mistake(weighted=False), "You count likes. Weigh each by the cosine: a nearer film says more."),
            (mistake(closest=False), "These are the k furthest: argsort sorts upwards. Sort by minus the cosine."),
        ],
        hint="Centre by the warm mean → unit length → cosines cold × warm → k nearest → likes[:, nearest] @ cosines.",
        praise="Right: the text picks the neighbours, and their likes decide.",
    )
