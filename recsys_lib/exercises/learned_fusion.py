"""Checkers of the chapter Learning to fuse."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise, question, right

question(
    "learned_fusion.q1",
    a="That the test is held out does not help: the weights were learnt on scores that knew their answers.",
    b=right("Right: fit the models without those likes, then score. `refuse_own_target` checks it before you learn."),
    c="A stronger λ shrinks all weights alike. The models that remember best keep the largest.",
)
question(
    "learned_fusion.q2",
    a="The candidates were the same in all rows. What a group brings to the lists is not in these differences.",
    b="Two groups can hold the same news: drop one, and the other speaks for it. Drop both, and it is lost.",
    c=right("Right: a group that others can replace looks worthless alone. The rows do not add up."),
)
question(
    "learned_fusion.q3",
    a="They are fitted on likes up to the slice, as its history says; new likes of yesterday are no reason.",
    b="The ranker never sees an item's number, so a new item needs no new tree.",
    c=right("Right: its columns come from another distribution than the one it learnt on. Refit all, or neither."),
)


@exercise("learned_fusion.stacked")
def stacked(answer):
    """.8 · (2 − 1)/.5 + .5 · 0 + .2 · (3 − 5)/1 − 2 = −.8, and σ(−.8) = .310."""

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    return check_value(
        answer,
        sigmoid(-0.8),
        tolerance=2e-3,
        mistakes=[
            (-0.8, "This is the weighted sum. The chance is its sigmoid."),
            (sigmoid(0.8), "Look at the sign of the sum: 1.6 + 0 − .4 − 2."),
            (sigmoid(1.2), "The constant −2 is missing."),
            (sigmoid(0.8 * 2 + 0.2 * 3 - 2), "Standardise first: minus the mean, over the deviation."),
            (sigmoid(0.8 * 1 + 0.2 * -2 - 2), "You took the mean away. Now divide by the deviation: EASE's is .5."),
            (
                sigmoid(0.8 * 2 - 0.5 * 2 - 0.4 - 2),
                "An unknown score counts as average: z = 0. It is not a score of 0.",
            ),
            (sigmoid(0.8 * 2 + 0.2 * 2 - 2), "Popularity lies below its mean: its z-score is −2, and not 2."),
        ],
        hint="z of each score, 0 for the unknown one; times the weights; plus the constant; then the sigmoid.",
        praise="Right: σ(1.6 + 0 − .4 − 2) = σ(−.8) = .31.",
    )


def _gated(a, b, length, edges, weights, *, scaled="person", of="b", side="right", bins=True):
    a, b = np.asarray(a, float), np.asarray(b, float)
    if scaled != "none":
        axis = {"person": 1, "item": 0, "all": None}[scaled]
        a, b = ((s - s.mean(axis=axis, keepdims=True)) / s.std(axis=axis, keepdims=True) for s in (a, b))
    place = np.searchsorted(edges, length, side=side)
    w = np.asarray(weights)[place][:, None] if bins else np.mean(weights)
    return (1 - w) * a + w * b if of == "b" else w * a + (1 - w) * b


def _mistake(**how):
    return lambda *arguments: _gated(*arguments, **how)


def _inputs():
    """Two models on scales of their own; one person's length is an edge."""
    cases = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        a = rng.normal(size=(9, 6)) * rng.uniform(0.1, 3, size=(9, 1))
        b = rng.gamma(0.5, 30, size=(9, 6)) + 40
        length = rng.permutation([2, 5, 10, 12, 20, 33, 40, 50, 90])
        cases.append((a, b, length, np.array([10, 40]), rng.permutation([0.1, 0.45, 0.8])))
    return cases


@exercise("learned_fusion.gated")
def gated(answer):
    """Scores of two models, mixed by a weight that the length of the history picks."""
    return check_function(
        answer,
        _gated,
        _inputs(),
        mistakes=[
            (_mistake(scaled="none"), "The scales differ: standardise each person's row of both models first."),
            (_mistake(scaled="item"), "You standardise over people. Take mean and deviation over each person's items."),
            (_mistake(scaled="all"), "One mean for everybody: take mean and deviation over each person's own items."),
            (_mistake(of="a"), "Your weights are the first model's. w belongs to b, and 1 − w to a."),
            (
                _mistake(side="left"),
                "A length that equals an edge belongs to the bin above: edges 10 and 40, length 10.",
            ),
            (_mistake(bins=False), "Everybody has the same weight. Let each person's length pick its bin."),
        ],
        hint="np.searchsorted(edges, length, side='right') gives the bin; z-scores by row; (1 − w) a + w b.",
        praise="Right: one number about the person decides whom to trust, and everybody's scores are on one scale.",
    )
