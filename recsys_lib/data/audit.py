"""What a file of ratings can and cannot be used for, before any model sees it."""

from pathlib import Path

import numpy as np
import pandas as pd

from .interactions import Interactions

BETRAYS = 0.3  # rank correlation from which an order counts as a leak; a convention, not a test


def audit(data, *, rating="rating"):
    """One row a check: check, value, meaning. What cannot be checked has value NaN and says what is missing.

    data: Interactions, or a DataFrame as for `Interactions.from_table`, in which a pair may come twice.
    rating=None: every row of that DataFrame is a like.
    Correlations are Spearman's, in [-1, 1]; shares lie in [0, 1]. Raises ValueError for data without a row and, as
    `from_table` does, for dates as text; TypeError for anything but Interactions or a DataFrame.
    Chapter: Leakage."""
    repeats = 0
    if isinstance(data, pd.DataFrame):
        repeats = int(data.duplicated(["user_id", "item_id"]).sum()) if {"user_id", "item_id"} <= set(data) else 0
        data = Interactions.from_table(data, rating=rating, duplicates="last")
    if not isinstance(data, Interactions):
        remedy = ""
        if isinstance(data, (str, Path)):
            remedy = f": read the file first, read_csv({str(data)!r}, duplicates='last')"
        raise TypeError(f"expected Interactions or a DataFrame, received {type(data).__name__}{remedy}")
    if len(data) == 0:
        raise ValueError("expected at least one rating to audit, got none")
    rows = [
        ("pairs given more than once", repeats, _repeats(repeats)),
        _same_title(data),
        ("share of pairs that carry a rating", float(data.rating is not None), _kind(data)),
        *(_in_time(data) if data.timestamp is not None else _no_time()),
        _id_and_popularity(data),
    ]
    return pd.DataFrame(rows, columns=["check", "value", "meaning"])


TIME_CHECKS = (
    "share of ratings in the second of the user's one before",
    "days on which the median user rated",
    "row order and time, within users",
    "item id and first rating of the item",
    "share of the last fifth by users new in it",
    "share of the last fifth on items new in it",
)


def _no_time():
    return [(check, np.nan, "not available: no timestamps") for check in TIME_CHECKS]


def _repeats(n):
    return "each pair comes once" if n == 0 else "decide between the last and the mean before anything is counted"


def _kind(data):
    if data.rating is None:
        return "ratings are not available: every pair is a like, so dislike cannot be told from not seen"
    return f"{len(np.unique(data.rating))} distinct values, {data.rating.min():g} to {data.rating.max():g}"


def _same_title(data):
    check = "items that share title and year with another"
    if data.item_table is None or "title" not in data.item_table:
        return check, np.nan, "not available: no titles"
    columns = [c for c in ("title", "year") if c in data.item_table]
    table = data.item_table[data.item_table["title"].notna()]
    n = int(table.duplicated(columns, keep=False).sum())
    return check, n, "perhaps one film under two ids: ratings of one train for the other" if n else "none entered twice"


def _in_time(data):
    order = np.lexsort((data.timestamp, data.user))
    user, time = data.user[order], data.timestamp[order]
    again = user[1:] == user[:-1]  # ratings that have one of the same user before them
    tied = float((again & (time[1:] == time[:-1])).sum() / max(1, again.sum()))
    days = pd.DataFrame({"user": user, "day": time // 86_400}).groupby("user")["day"].nunique().median()
    row_order = _rank_correlation(np.arange(len(data)), data.timestamp, data.user)
    first = pd.Series(data.timestamp).groupby(data.item).min()
    id_order = _rank_correlation(first.index.to_numpy(), first.to_numpy())
    cut = np.sort(data.timestamp)[int(np.ceil(0.8 * len(data) - 1e-9)) - 1]
    past, future = data.take(data.timestamp <= cut), data.take(data.timestamp > cut)
    sides = (future.user, past.user), (future.item, past.item)
    cold = [float((~np.isin(new, known)).mean()) if len(future) else np.nan for new, known in sides]
    values = [tied, float(days), row_order, id_order, *cold]
    meanings = [
        "their order is unknown: a split must keep a second whole" if tied else "every rating has a moment of its own",
        "one sitting: the order is the site's as much as taste"
        if days < 2
        else "users come back: order may carry taste",
        _leak(row_order, "row order is not neutral: do not break ties by it", "rows do not follow time"),
        _leak(id_order, "an id used as a number tells when the item appeared", "ids do not follow time"),
        "a model that must know its users has no answer for these" if cold[0] else "no user is new",
        "collaborative filtering cannot recommend these" if cold[1] else "no item is new",
    ]
    return zip(TIME_CHECKS, np.round(values, 4).tolist(), meanings, strict=True)


def _id_and_popularity(data):
    popularity = np.bincount(data.item, minlength=data.n_items)
    value = round(_rank_correlation(np.arange(data.n_items), popularity), 4)
    meaning = _leak(value, "ties broken by index favour one end of popularity", "ties broken by index favour nobody")
    return "item id and number of ratings", value, meaning


def _leak(value, bad, good):
    if np.isnan(value):
        return "not available: nothing varies"
    return bad if abs(value) >= BETRAYS else good


def _rank_correlation(a, b, group=None):
    """Spearman's correlation, mean ranks for ties; with groups, of the ranks within each, pooled."""
    group = np.zeros(len(a), int) if group is None else group
    ranks = pd.DataFrame({"a": a, "b": b}).groupby(group).rank()
    ranks -= ranks.groupby(group).transform("mean")
    spread = np.sqrt((ranks["a"] ** 2).sum() * (ranks["b"] ** 2).sum())
    return float((ranks["a"] * ranks["b"]).sum() / spread) if spread > 0 else np.nan
