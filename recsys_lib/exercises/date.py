"""Checkers of the chapter The date beats the transformer."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise, question, right

DAY = 86_400

question(
    "date.q1",
    a="Ben's like lies one second before the moment. Which of the three lies at the moment?",
    b=right("Right: what happens in the second of the request, or later, is what the list has to foresee."),
    c="The counts read others' ratings up to the moment. Held out are only the last ratings of people.",
)
question(
    "date.q2",
    a="People do not rate there as they watch: they rate old films, years after they came out. What is new then?",
    b=right("Right: where people buy old and different records, three days say little about the next sale."),
    c="A longer window was tried too, and chosen on validation. How old are the films that people want there?",
)
question(
    "date.q3",
    a="Nothing measured here speaks of a nightly fit. Which number shows what counts cost that are a week old?",
    b="More weights do not know what came out this morning. Which number in the chapter is lost with the delay?",
    c=right("Right: an hourly count is a small job, and staleness is what costs here."),
)
question(
    "date.q4",
    a="The ridge has no counts, and those of the others stop at the moment in all columns. What was it fitted on?",
    b=right("Right: the counts are clean by rule, the weights only where the fit ends before the moment."),
    c="People and films to find are the same in all columns. What differs is what was fitted on, and until when.",
)


@exercise("date.score")
def score(answer):
    """[2, 5): one like of A, one of B, one of C; .02 + 2 · 1/3."""
    third = 2 / 3
    return check_value(
        answer,
        0.02 + third,
        tolerance=2e-3,
        mistakes=[
            (0.02 + 2 / 4, "You counted the like at day 5. The window ends before the moment: t < at."),
            (0.02 + 2 / 2, "You left out the like at day 2. The window begins with it: at − w ≤ t."),
            (0.02 + 2 * 3 / 5, "You counted all likes before the moment. The window holds the last three days only."),
            (0.02 + 2 * 3 / 7, "You counted all likes, those after the moment too. Only days 2 to 5 count here."),
            (0.02 + 2 * 1, "This adds the count of A. The model adds its share: divide by all likes of the window."),
            (third, "The share is right. The ridge's .02 is missing."),
            (1 / 3, "This is the share of A. Multiply it by the weight, and add the ridge's .02."),
            (0.02 + 1 / 3, "The weight is missing: the share counts twice."),
            (2 * (0.02 + 1 / 3), "The weight belongs to the share alone, not to the ridge's score."),
        ],
        hint="Likes from day 2 to just before day 5: how many are there, and how many of A? Then .02 + 2 · share.",
        praise="Right: three likes lie in the window, one of them of A, so .02 + 2/3.",
    )


def _list(items, seconds, n_items, at, days, k, **how):
    items, seconds = np.asarray(items), np.asarray(seconds)
    low = at - days * how.get("unit", DAY)
    first = seconds > low if how.get("open") else seconds >= low
    last = seconds <= at if how.get("with_at") else seconds < at
    if how.get("window", True):
        inside = first & last
    else:
        inside = last
    if how.get("after"):
        inside = seconds >= low
    counts = np.bincount(items[inside], minlength=n_items)
    known = {"before": seconds < at, "all": np.ones(len(seconds), bool), "none": np.zeros(len(seconds), bool)}
    popularity = np.bincount(items[known[how.get("ties", "before")]], minlength=n_items)
    value = counts + popularity / (1 + popularity.max()) if how.get("below", True) else counts + popularity
    if how.get("only_counted"):
        value = np.where(counts > 0, value, -1)
    order = np.argsort(-value if how.get("best", True) else value, kind="stable")[:k]
    if how.get("only_counted"):
        order = order[counts[order] > 0]
    if how.get("cut"):
        order = np.sort(order)
    return counts if how.get("counts") else order.tolist()


def _mistake(**how):
    return lambda *arguments: _list(*arguments, **how)


def _inputs():
    """Moments among events of the same second, at the edge of the window, with ties and with too few counted."""
    rng = np.random.default_rng(8)
    cases = []
    for days, n_items, k in ((2, 12, 6), (3, 30, 12), (1, 9, 9)):
        n = 150
        seconds = 1_400_000_000 + rng.integers(0, 10 * 24, n) * 3600
        items = np.minimum(rng.geometric(0.12, n) - 1, n_items - 1)
        items = np.where(seconds > 1_400_000_000 + 6 * DAY, n_items - 1 - items, items)  # tastes turn over
        at = int(np.sort(seconds)[90])
        edge = np.repeat([at, at - days * DAY, at - 1], 4)
        more = np.repeat([n_items - 3, n_items // 2, n_items - 1], 4)
        deal = rng.permutation(n + 12)
        cases.append((np.append(items, more)[deal], np.append(seconds, edge)[deal], n_items, at, days, k))
    return cases


@exercise("date.recent_list")
def recent_list(answer):
    """The k items most liked in the days before a moment; ties by what was liked before it, then by number."""
    return check_function(
        answer,
        _list,
        _inputs(),
        mistakes=[
            (_mistake(with_at=True), "You counted likes in the second of the request itself: t < at."),
            (_mistake(open=True), "A like exactly `days` before the moment counts: at − days · 86400 ≤ t."),
            (_mistake(unit=1), "`days` are days, the times are seconds: a day has 86,400."),
            (_mistake(unit=3600), "You took days for hours: a day has 86,400 seconds."),
            (
                _mistake(window=False),
                "You counted everything before the moment. Leave out what is older than the days.",
            ),
            (_mistake(after=True), "You counted what came after the moment too. No service has that on the day."),
            (_mistake(ties="all"), "Your ties are broken by all likes, later ones too: take those before the moment."),
            (_mistake(ties="none"), "Ties are broken by number. Break them by all likes before the moment first."),
            (
                _mistake(below=False),
                "You added popularity to the counts. It may only break ties: make it smaller than 1.",
            ),
            (_mistake(best=False), "Your list is the worst first: argsort sorts upwards. Sort by −score."),
            (_mistake(counts=True), "These are counts. Asked are the numbers of the best k items, best first."),
            (_mistake(cut=True), "These are the right items, in the order of their numbers. Best first."),
            (
                _mistake(only_counted=True),
                "Fewer than k items were counted: fill the list by the likes before the moment.",
            ),
        ],
        hint="inside = (at − days · 86400 ≤ t) & (t < at) → bincount → plus likes before at, scaled below 1 → sort.",
        praise="Right: the window is half open, and its ties see nothing of the future either.",
    )
