"""Other right ways and typical mistakes of the exercises of The date."""

import numpy as np
import pandas as pd
import pytest

from recsys_lib.exercises import check


def said(capsys, name, answer):
    state = check(name, answer).state
    return state, capsys.readouterr().out


@pytest.mark.parametrize("name, letter", [("date.q1", "b"), ("date.q2", "b"), ("date.q3", "c"), ("date.q4", "b")])
def test_questions(capsys, name, letter):
    assert said(capsys, name, None)[0] == "not yet"
    for given in "abcd":
        assert said(capsys, name, given)[0] == ("right" if given == letter else "wrong")


@pytest.mark.parametrize("answer", [0.02 + 2 / 3, 0.687, "0.6867", np.float32(0.6866667)])
def test_score_right(capsys, answer):
    assert said(capsys, "date.score", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (0.52, "at day 5"),
        (1.02, "at day 2"),
        (1.22, "last three days only"),
        (0.877, "after the moment too"),
        (2.02, "its share"),
        (0.667, "is missing"),
        (0.333, "Multiply it by the weight"),
        (0.353, "counts twice"),
        (0.707, "to the share alone"),
        (7, "Likes from day 2"),
    ],
)
def test_score_wrong(capsys, answer, hint):
    state, text = said(capsys, "date.score", answer)
    assert state == "wrong" and hint in text


def by_a_table(items, seconds, n_items, at, days, k):
    table = pd.DataFrame({"item": items, "ago": at - np.asarray(seconds)})
    before = table[table["ago"] > 0]
    recent = before[before["ago"] <= days * 86_400]["item"].value_counts()
    both = pd.DataFrame({"recent": recent, "all": before["item"].value_counts()}, index=range(n_items)).fillna(0)
    both["number"] = both.index
    return both.sort_values(["recent", "all", "number"], ascending=[False, False, True]).index[:k]


def by_a_loop(items, seconds, n_items, at, days, k):
    recent, ever = [0] * n_items, [0] * n_items
    for item, second in zip(items, seconds):
        ever[item] += second < at
        recent[item] += at - days * 24 * 3600 <= second < at
    return tuple(sorted(range(n_items), key=lambda i: (-recent[i], -ever[i], i))[:k])


@pytest.mark.parametrize("answer", [by_a_table, by_a_loop])
def test_list_right(capsys, answer):
    assert said(capsys, "date.recent_list", answer)[0] == "right"


def variant(*, low=lambda t, a, d: t >= a - d * 86_400, high=np.less, ties="before", scale=True, sign=-1, out=None):
    def recent_list(items, seconds, n_items, at, days, k):
        inside = low(seconds, at, days) & (True if high is None else high(seconds, at))
        recent = np.bincount(items[inside], minlength=n_items)
        known = {"before": seconds < at, "all": seconds > 0, "none": seconds < 0}[ties]
        ever = np.bincount(items[known], minlength=n_items)
        score = recent + (ever / (ever.max() + 1) if scale else ever)
        order = np.argsort(sign * score, kind="stable")[:k]
        return {"counts": recent, "sorted": np.sort(order), None: order}[out]

    return recent_list


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (variant(high=np.less_equal), "second of the request"),
        (variant(low=lambda t, a, d: t > a - d * 86_400), "exactly `days`"),
        (variant(low=lambda t, a, d: t >= a - d), "86,400"),
        (variant(low=lambda t, a, d: t >= a - d * 3600), "hours"),
        (variant(low=lambda t, a, d: t > 0), "older than the days"),
        (variant(high=None), "after the moment too"),
        (variant(ties="all"), "later ones too"),
        (variant(ties="none"), "Ties are broken by number"),
        (variant(scale=False), "only break ties"),
        (variant(sign=1), "worst first"),
        (variant(out="counts"), "These are counts"),
        (variant(out="sorted"), "order of their numbers"),
        (lambda *a: [i for i in by_a_loop(*a) if variant(out="counts")(*a)[i]], "fill the list"),
        (lambda items, seconds, n_items, at, days, k: items[n_items * 1000], "IndexError"),
        ([1, 2], "A function is asked for"),
    ],
)
def test_list_wrong(capsys, answer, hint):
    state, text = said(capsys, "date.recent_list", answer)
    assert state == "wrong" and hint in text


@pytest.mark.parametrize("name", ["date.score", "date.recent_list"])
@pytest.mark.parametrize("answer", [None, ..., lambda *arguments: None, lambda *arguments: ...])
def test_unfilled(capsys, name, answer):
    if name == "date.score" and callable(answer):
        return
    assert said(capsys, name, answer)[0] == "not yet"
