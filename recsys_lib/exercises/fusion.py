"""Checkers of the chapter Fusing scores."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise, question, right

question(
    "fusion.q1",
    a="Each rule first brings every model to a scale of its own. Multiply one by 100 and its scale goes along.",
    b=right("Right: min–max and z-score divide the factor away, and ranks never saw it. A plain sum would change."),
    c="Do min–max by hand once more: (100 s − 100 min) / (100 max − 100 min). What is left of the 100?",
)
question(
    "fusion.q2",
    a="Weaker is not useless: .4 lies below σ₁/σ₂ = .5, so what it gets wrong is partly its own.",
    b=right("Right: .4 < .5, so a small weight helps; but .4 > (3 − 4)/4 = −.25, so equal weights do harm."),
    c="Equal weights need ρ < (3 − r²)/(2r) with r = 2, which is −.25. And ρ is .4.",
)
question(
    "fusion.q3",
    a="Popularity shares few hits with the models of this chapter too. Added to them, it did harm.",
    b=right("Right: a weight on validation tells more than any overlap, and costs one pass over the scores."),
    c="ContentTFIDF had a tenth of the best model's NDCG, and a weight for it helped. Weak alone is no verdict.",
)
question(
    "fusion.q4",
    a="The interval is of the test, and it includes zero. Validation chose the weight: it flatters its own choice.",
    b="Choose on the test, and no part is left that could tell whether it was luck.",
    c=right("Right: two models to fit, feed and watch, for a gain that this test does not show."),
)


@exercise("fusion.rrf")
def rrf(answer):
    """1/(2 + 2) + 1/(2 + 8) = .35; the list in which the film is missing gives nothing."""
    return check_value(
        answer,
        0.35,
        tolerance=1e-3,
        mistakes=[
            (1 / 3 + 1 / 9, "Places count from 1: the second place is r = 2, and not 1."),
            (0.625, "This is 1/r. Add k = 2 to each place before you divide."),
            (1 / 62 + 1 / 68, "This is with k = 60. Here k is 2."),
            (0.175, "RRF adds; it takes no mean. It would change no order, but this is not the sum."),
            (0.35 / 3, "RRF adds; it takes no mean. It would change no order, but this is not the sum."),
            (0.85, "A list in which the film is missing gives 0, and not 1/k."),
            (1 / 12, "Each list gives its own fraction. Divide first, then add."),
        ],
        hint="1/(k + r) for each list that has the film, with r from 1, and then the sum.",
        praise="Right: 1/4 + 1/10, and nothing from the list in which it is missing.",
    )


def _fused(
    scores, seen, weights, k, *, among="left", scale="z-score", weighted=True, drop=True, best=True, guard=True, of=None
):
    scores = np.asarray(scores, dtype=float)
    left = ~seen if among == "left" else np.ones(len(seen), bool)
    total = np.zeros(len(seen))
    for row, weight in zip(scores, weights if weighted else np.ones(len(scores))):
        mean, spread = row[left].mean(), row[left].std()
        if scale == "min-max":
            mean, spread = row[left].min(), np.ptp(row[left])
        if scale == "none":
            mean, spread = 0.0, 1.0
        if guard and np.ptp(row[left]) == 0:
            continue
        with np.errstate(all="ignore"):
            total += weight * (row - mean) / spread
    if of == "scores":
        return total
    order = np.argsort(-total if best else total, kind="stable")
    order = order[~seen[order]] if drop else order
    return np.sort(order[:k]).tolist() if of == "sorted" else order[:k].tolist()


def _mistake(**how):
    return lambda *arguments: _fused(*arguments, **how)


def _inputs():
    """Three models on scales of their own; what was seen has extreme scores; in one case a model is constant."""
    cases = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        scores = np.array([rng.normal(size=14), rng.gamma(0.5, 40, 14), 5 + rng.normal(size=14) / 100])
        seen = rng.permutation(14) < 4
        scores[0, seen] += 6
        scores[1, seen] = 0
        scores[2, seen] -= rng.random(seen.sum())
        if seed == 3:
            scores[2, ~seen] = 0.1
        cases.append((scores, seen, np.array([1.0, 0.4, 0.7]), 6))
    return cases


@exercise("fusion.fused_list")
def fused_list(answer):
    """The list of one person by a weighted sum of z-scores over what it has not seen."""
    return check_function(
        answer,
        _fused,
        _inputs(),
        mistakes=[
            (_mistake(guard=False), "A model that gives all films one score has deviation 0. Let it add 0, not NaN."),
            (_mistake(among="all"), "Your mean and deviation count what was seen. Take them over the others alone."),
            (
                _mistake(among="all", guard=False),
                "Your mean and deviation count what was seen. Take them over the others alone.",
            ),
            (_mistake(scale="min-max"), "This is min–max. Asked is the z-score: minus the mean, over the deviation."),
            (
                _mistake(scale="none"),
                "The model with the largest numbers decides: divide each by its deviation, not only minus the mean.",
            ),
            (_mistake(weighted=False), "All your models have weight 1. Use the weights."),
            (_mistake(drop=False), "Your list holds films that were seen."),
            (_mistake(best=False), "Your list is the worst first: argsort sorts upwards. Sort by −score."),
            (_mistake(of="sorted"), "These are the right films, in the order of their numbers. Best first."),
            (_mistake(of="scores"), "These are scores. Asked are the numbers of the best k films."),
        ],
        hint="For each model: mean and deviation over ~seen, z-score, times its weight; add; best k of the others.",
        praise="Right: every model speaks on one scale, about films that can be recommended.",
    )
