"""Checkers of the chapter One recommender from all of it."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise, question, right

question(
    "capstone.q1",
    a="Then it has been opened six times, and the best of six looks better than it is.",
    b="One slice is one draw: EASE with decay was ahead on one part above, and behind on three slices.",
    c=right("Right: several slices of the past choose, and the test part is opened once, for what they chose."),
)
question(
    "capstone.q2",
    a="Alone it may be good. The table says only that nothing is missed while the others are there.",
    b=right("Right: the others may tell the same. Leave several out together to see what they share."),
    c="Each was left out alone, with the other still there. What if each stands in for the other?",
)
question(
    "capstone.q3",
    a="A cluster answers a need that you have not measured: first see what is slow, the search or the fit.",
    b=right("Right: measure both, then hand over the part that is too slow, and keep the exact one to test against."),
    c="More items make the exact search slower, and a sample of items is another question.",
)


@exercise("capstone.ratio")
def ratio(answer):
    """(.6 + .2 + .1) / (.3 + .2 + .1) = .9 / .6 = 1.5"""
    return check_value(
        answer,
        1.5,
        tolerance=1e-3,
        mistakes=[
            (4 / 3, "This is the mean of the ratios, (2 + 1 + 1) / 3: one person with almost nothing decides it."),
            (0.1, "This is the difference of the means. The ratio divides them."),
            (2 / 3, "The other way round: the fused model's mean goes above the line."),
            (0.5, "This is the gain. The ratio is 1 plus it."),
            (50.0, "This is the gain in percent. The ratio is 1 plus the gain."),
            (1.0, "This is the median of the ratios. Take both means first."),
            (2.0, "This is the first person's ratio alone."),
        ],
        hint="Mean of the fused model's three values over the mean of EASE's three.",
        praise="Right: .3 / .2 = 1.5. The mean of the three ratios, 1.33, answers another question.",
    )


def _ceiling(candidates, relevant, k, *, capped=True, ideal="relevant", gain="log", mean=False, clip=True):
    held = (candidates & relevant).sum(axis=1)
    wanted = (relevant if ideal == "relevant" else candidates & relevant).sum(axis=1)
    discount = 1 / np.log2(np.arange(2, max(relevant.shape[1], k) + 2))
    if gain == "share":
        return held / wanted
    sums = np.append(0, np.cumsum(discount))
    best = sums[np.minimum(held, k)] if capped else sums[held]
    values = best / np.maximum(sums[np.minimum(wanted, k)] if clip else sums[wanted], 1e-12)
    return values.mean() if mean else values


def _inputs():
    """People × items: who is a candidate, what is relevant (one item or more each), k."""
    cases = []
    for seed, k in ((0, 3), (1, 5)):
        rng = np.random.default_rng(seed)
        relevant = rng.random((12, 30)) < 0.25
        relevant[:, 0] |= ~relevant.any(axis=1)
        candidates = rng.random((12, 30)) < 0.5
        candidates[0] = ~relevant[0]  # nothing that this person wants is a candidate
        cases.append((candidates, relevant, k))
    return cases


@exercise("capstone.ceiling")
def ceiling(answer):
    """The best NDCG@k that any order of the candidates can have, for each person."""

    def mistake(**how):
        return lambda *arguments: _ceiling(*arguments, **how)

    return check_function(
        answer,
        _ceiling,
        _inputs(),
        mistakes=[
            (mistake(mean=True), "One value a person is asked for, not their mean."),
            (mistake(gain="share"), "This is the share of the wanted items among the candidates, so a recall. "
             "NDCG counts places: the best order puts these items first."),
            (mistake(ideal="candidates"), "Your ideal list holds candidates only, so the answer is 1 wherever there is "
             "one. The ideal list of NDCG holds everything that is relevant."),
            (mistake(capped=False, clip=False), "A list has k places: no more than k items count, above the line and "
             "below it."),
            (mistake(capped=False), "A list has k places: no more than k of the candidates can be hits."),
            (mistake(clip=False), "The ideal list has k places too: below the line stand min(k, relevant) terms."),
            (lambda c, r, k: _ceiling(c | True, r, k), "This is 1 for everybody: only candidates can be recommended."),
        ],
        hint="Relevant candidates first, k at most: Σ 1/log2(r + 1) over them, divided by the same sum over "
        "min(k, number of relevant items).",
        praise="Right: no order of these candidates does better. What is missing above it, retrieval has lost.",
    )  # fmt: skip
