"""The part of the page about the file: how much, how it is spread, and what it can be used for."""

import numpy as np

from recsys_lib.data.audit import BETRAYS

from . import figures
from .markup import count, plain, table_of, text

CALLED = {  # checks of `audit` that the page calls otherwise: a rank correlation by its name, a share by what it is of
    "row order and time, within users": "rank correlation of row order and time, within users",
    "item id and first rating of the item": "rank correlation of item id and first pair of the item",
    "item id and number of ratings": "rank correlation of item id and number of pairs",
    "share of ratings in the second of the user's one before": (
        "share of pairs in the same second as the user's previous pair"
    ),
    "share of the last fifth by users new in it": "of the latest 20 % of pairs: share by users not seen before",
    "share of the last fifth on items new in it": "of the latest 20 % of pairs: share on items not seen before",
}


def about_file(reading, audited):
    data = reading.data
    size = f"{count(len(data), 'pair')} of {count(data.n_users, 'user')} and {count(data.n_items, 'item')}"
    facts = {str(key): value for key, value in data.describe().items()}
    table = table_of(None, [[text(key), text(plain(value))] for key, value in facts.items()])
    checks = [list(map(text, _check(*row))) for row in audited[["check", "value", "meaning"]].itertuples(index=False)]
    pictures = [_histogram(reading)] if data.rating is not None and data.rating.min() < data.rating.max() else []
    pictures += [_sizes(data.user, data.n_users, "user"), _sizes(data.item, data.n_items, "item")]  # "": one class
    if data.timestamp is not None and data.timestamp.min() < data.timestamp.max():
        pictures.append(_times(data.timestamp))
    return (
        f"<h2>What is in the file?</h2>\n<p>{size}.</p>\n{table}\n"
        f'<div class="pair">{"".join(pictures)}</div>\n'
        "<h3>What the file can and cannot be used for</h3>\n"
        + table_of(["check", "value", "meaning"], checks, number=1)
    )


def _check(check, value, meaning):
    """A row of `audit` as the page has it: shares as per cent, and words that hold for any items."""
    if check.startswith("share of") and value == value:
        return CALLED.get(check, check), f"{100 * value:.3g} %", meaning
    if check == "row order and time, within users" and value >= BETRAYS:
        meaning = "the rows stand in order of time: break no ties by row order"
    if check == "items that share title and year with another" and value > 0:
        meaning = "perhaps one item under two ids: a model may learn from one and be tested on the other"
    return CALLED.get(check, check), plain(value), meaning


def _histogram(reading):
    ratings = reading.data.rating
    levels, counts = np.unique(ratings, return_counts=True)
    if len(levels) > 11:
        counts, edges = np.histogram(ratings, bins=10)
        levels = edges[:-1]
    counts = counts.tolist()
    liked = {i for i, level in enumerate(levels) if reading.liked_from is not None and level >= reading.liked_from}
    share = 1.0 if reading.liked_from is None else float((ratings >= reading.liked_from).mean())
    said = "; ".join(f"{level:g}: {count:,}" for level, count in zip(levels, counts))
    title = f"{100 * share:.0f} % of the ratings are likes"
    picture = figures.bars(counts, [f"{level:.3g}" for level in levels], alt=f"{title}. Ratings: {said}.", liked=liked)
    return figures.figure(title, picture, "Pairs by rating; likes in colour.")


def _sizes(index, n, what):
    """How many pairs a user or an item has, in classes that double."""
    counts = np.bincount(index, minlength=n)
    counts = counts[counts > 0]
    classes = np.bincount(np.log2(counts).astype(int)).tolist()
    if np.count_nonzero(classes) == 1:
        return ""
    labels = [f"{2**i:,}" for i in range(len(classes))]
    shown = [label if len(labels) <= 8 or i % 2 == 0 else "" for i, label in enumerate(labels)]
    median = float(np.median(counts))
    title = f"Half of the {what}s have at most {median:g} {'pair' if median == 1 else 'pairs'}"
    if what == "item":
        top = max(1, round(len(counts) / 100))
        share = np.sort(counts)[-top:].sum() / counts.sum()
        most = "most frequent item holds" if top == 1 else f"{top:,} most frequent items hold"
        title = f"The {most} {100 * share:.0f} % of the pairs"
    said = ", ".join(f"{label} and up: {value:,}" for label, value in zip(labels, classes))
    note = f"{what.capitalize()}s by their number of pairs: 1, 2–3, 4–7, …"
    return figures.figure(title, figures.bars(classes, shown, alt=f"{title}. {said}."), note)


def _times(timestamp, n=24):
    counts, edges = np.histogram(timestamp, bins=n)
    days = [str(np.datetime64(int(edge), "s").astype("datetime64[D]")) for edge in edges]
    title = f"The pairs are from {days[0]} to {days[-1]}"
    busiest = int(counts.argmax())
    alt = f"{title}. Most, {counts[busiest]:,}, from {days[busiest]} to {days[busiest + 1]}."
    return figures.figure(title, figures.bars(counts.tolist(), [""] * n, alt=alt), f"Pairs in {n} equal spans of time.")
