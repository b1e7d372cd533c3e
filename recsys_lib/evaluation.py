"""One way to measure a model and one way to compare models: all tables of the book come from here."""

import inspect
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from recsys_lib import metrics as _metrics
from recsys_lib._checks import generator, require, setting
from recsys_lib.data.splits import Split
from recsys_lib.retrieval import top_k

BLOCK_CELLS = 2**20  # resampled values held together
COMPARED = ["mean", "low", "high", "difference", "difference_low", "difference_high", "seed_spread", "n_users"]


def evaluate(model, split, part="test", *, relevant_from=4.0, metrics=("ndcg@10", "recall@20"), block=512):
    """Fit on everything before the part, recommend from the whole catalogue, measure against the part.

    model: has fit(train) and score(users, history=).   split: a Split.   part: "test" (fits on train + validation) or
    "validation" (fits on train).   relevant_from: a rating of the part counts as relevant from here; without ratings
    every pair does.   metrics: names as in "ndcg@10" out of hit_rate, precision, recall, ndcg, mrr, map.   block: users
    scored together, which bounds the memory.

    What a user rated before the part is never recommended. A user the model was not fitted on is scored through
    `history=`, its ratings before the part.
    Returns DataFrame[user, metric, value], one row per user of the part and metric; user = the id of the data; NaN
    where the user has no relevant item. Raises ValueError for a part or metric it does not know, for a part without a
    relevant rating, for scores of a wrong shape, and for unfitted users where the model takes no history; TypeError for
    anything but a model and a Split.
    Chapter: Evaluation."""
    if isinstance(model, type):
        raise TypeError(f"expected a model, received the class {model.__name__}: write {model.__name__}()")
    if not all(callable(getattr(model, method, None)) for method in ("fit", "score")):
        raise TypeError(f"expected a model with fit and score, received {type(model).__name__} {model!r:.40}")
    train, seen = require(split, Split).before(part), split.seen(part).matrix()
    setting("block", block, 1, whole=True)
    wanted = [_parse(name) for name in ([metrics] if isinstance(metrics, str) else metrics)]
    if not wanted:
        raise ValueError("metrics must name at least one, received none")
    data = getattr(split, part)
    users = np.unique(data.user)
    if len(users) == 0:
        raise ValueError(f"the {part} part of the split has no rating")
    liked = np.ones(len(data), bool) if data.rating is None else data.rating >= setting("relevant_from", relevant_from)
    if not liked.any():
        raise ValueError(f"no rating of the {part} part reaches relevant_from = {relevant_from}")
    model.fit(train)
    lists = _recommend(model, users, np.isin(users, train.user), seen, max(k for _, _, k in wanted), block)

    row = np.searchsorted(users, data.user[liked])
    relevant = sparse.csr_array((np.ones(len(row)), (row, data.item[liked])), shape=(len(users), data.n_items))
    hits, n_relevant = _metrics._hits(lists, relevant)
    values = [function(hits[:, :k], n_relevant) for _, function, k in wanted]
    ids = [data.users[u] for u in users.tolist()]
    names = np.repeat([name for name, _, _ in wanted], len(users))
    return pd.DataFrame({"user": ids * len(wanted), "metric": names, "value": np.concatenate(values)})


def _parse(name):
    kind, at, k = str(name).partition("@")
    if kind not in _metrics.RANKING or not k.isdecimal() or int(k) < 1:
        raise ValueError(f"a metric must read like 'ndcg@10', one of {', '.join(_metrics.RANKING)}; received {name!r}")
    return name, _metrics.RANKING[kind], int(k)


def _recommend(model, users, fitted, seen, k, block):
    """top_k of the model for the users, block by block; those not fitted on through their history."""
    if not fitted.all() and "history" not in inspect.signature(model.score).parameters:
        raise ValueError(
            f"{np.sum(~fitted)} of {len(users)} users were not fitted on, and {type(model).__name__}.score "
            "takes no history=; expected a model that does, or a split that keeps these users in train"
        )
    lists = np.empty((len(users), k), np.int32)
    for known in (True, False):
        rows = np.flatnonzero(fitted == known)
        for start in range(0, len(rows), block):
            at = rows[start : start + block]
            before = seen[users[at]]
            scores = model.score(users[at]) if known else model.score(None, history=before)
            if np.shape(scores) != before.shape:
                raise ValueError(
                    f"{type(model).__name__}.score must give {before.shape} (users, items), gave {np.shape(scores)}"
                )
            lists[at] = top_k(scores, k, exclude=before)
    return lists


class Interval(NamedTuple):
    """A mean over users and where it may lie: `low` to `high`, from n users."""

    mean: float
    low: float
    high: float
    n: int

    def __str__(self):
        return f"{_text(self.mean)} {_interval_text(self.low, self.high)}"


def paired_bootstrap(a, b=None, *, n_resamples=10_000, confidence=0.95, rng=0):
    """Interval of the mean over users of a, or of a − b, both measured on the same users.

        draw n users with replacement, 10,000 times; low and high are the 2.5 % and 97.5 % points of the means

    a, b: one value a user, in the same order of users; two Series must have the same index. NaN (no relevant item) is
    left out.   n_resamples, confidence: as said.   rng: int or numpy Generator.
    Returns Interval(mean, low, high, n). Raises ValueError for lengths, indices or NaN that differ, infinite values, or
    no user left.
    Chapter: Evaluation."""
    setting("confidence", confidence, 0, 1, above=True)
    setting("n_resamples", n_resamples, 1, whole=True)
    a, other = _metrics._paired("a and b", a, a if b is None else b)
    if np.isinf([a, other]).any():
        raise ValueError("expected finite values, or NaN where nothing is relevant, received an infinite one")
    if (np.isnan(a) != np.isnan(other)).any():
        raise ValueError("a and b must be NaN for the same users (no relevant item), received different ones")
    values = a if b is None else a - other
    if values.ndim != 1 or np.isnan(values).all():
        raise ValueError(f"expected one value a user and at least one that is not NaN, received shape {values.shape}")
    values = values[~np.isnan(values)]
    rng, n = generator(rng), len(values)
    means = np.empty(n_resamples)
    step = max(1, BLOCK_CELLS // n)
    for start in range(0, n_resamples, step):
        size = min(step, n_resamples - start)
        means[start : start + size] = values[rng.integers(n, size=(size, n), dtype=np.int32)].mean(axis=1)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(values.mean()), float(low), float(high), n)


def compare(results, *, baseline, metric="ndcg@10", rng=0):
    """Means of the models, and their differences from one of them, with paired bootstrap intervals of 95 %.

    results: model name → what evaluate returned, or a list of these, one per seed (each user is averaged over the
    seeds first, so that the interval is over users).   baseline: a name in results.   metric: one they all hold.
    Returns DataFrame by model: mean, low, high, difference (model − baseline; NaN for the baseline itself),
    difference_low, difference_high, seed_spread (standard deviation of the seeds' means; NaN for one seed), n_users.
    Raises KeyError for a baseline or metric that is not there, ValueError for models measured on different users,
    TypeError for anything but tables of evaluate by name.
    Chapter: Evaluation."""
    if baseline not in require(results, Mapping):
        raise KeyError(f"baseline {baseline!r} is not among the results: {', '.join(map(str, results))}")
    if isinstance(rng, np.random.Generator):
        rng = int(rng.integers(2**63))  # the same resamples for every row
    by_seed = {name: _by_seed(name, frames, metric) for name, frames in results.items()}
    reference = by_seed[baseline].mean(axis=1, skipna=False)
    rows = {}
    for name, seeds in by_seed.items():
        if not _same(seeds.index, reference.index):
            raise ValueError(f"{name!r} and {baseline!r} must be measured on the same users: compare one split only")
        users = seeds.mean(axis=1, skipna=False).reindex(reference.index)
        own = paired_bootstrap(users, rng=rng)
        difference = paired_bootstrap(users, reference, rng=rng)[:3] if name != baseline else (np.nan,) * 3
        rows[name] = (*own[:3], *difference, seeds.mean().std(), own.n)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=COMPARED).rename_axis("model")
    table.attrs = {"metric": metric, "baseline": baseline}
    return table


def _by_seed(name, frames, metric):
    """Users × seeds of one model and metric."""
    columns = []
    for frame in frames if isinstance(frames, (list, tuple)) else [frames]:
        if not {"user", "metric", "value"} <= set(getattr(frame, "columns", ())):
            raise TypeError(f"expected what evaluate returned for {name!r}, or a list of it, received {_kind(frame)}")
        values = frame.loc[frame["metric"] == metric].set_index("user")["value"]
        if values.empty:
            raise KeyError(f"{name!r} has no {metric!r}; it has {', '.join(frame['metric'].unique())}")
        if values.index.has_duplicates:
            raise ValueError(f"{name!r} must have one {metric} a user; pass several seeds as a list of frames")
        columns.append(values)
    if not columns:
        raise ValueError(f"{name!r} must have at least one frame, received an empty list")
    users = columns[0].index
    if not all(_same(column.index, users) for column in columns):
        raise ValueError(f"{name!r}: all seeds must be measured on the same users")
    return pd.DataFrame({seed: column.reindex(users) for seed, column in enumerate(columns)})


def _kind(table):
    return f"{type(table).__name__} with columns {list(getattr(table, 'columns', ()))}"


def _same(users, others):
    return len(users) == len(others) and bool(users.isin(others).all())


def show(table, *, digits=4):
    """A table of compare, as text to read: best first, intervals as [low, high], no leading zeros.

    table: what compare returned.   digits: after the point. Returns a DataFrame of strings by model.
    Raises TypeError for anything else.
    Chapter: Evaluation."""
    if not set(COMPARED) <= set(getattr(table, "columns", ())):
        raise TypeError(f"expected what compare returned, received {_kind(table)}")
    table = table.sort_values("mean", ascending=False, kind="stable")
    metric, baseline = table.attrs.get("metric", "mean"), table.attrs.get("baseline", "baseline")
    text = pd.DataFrame(index=table.index)
    text[metric] = [_text(v, digits) for v in table["mean"]]
    text["95 % interval"] = [_interval_text(*v, digits) for v in zip(table["low"], table["high"])]
    text[f"− {baseline}"] = [_text(v, digits) for v in table["difference"]]
    ends = zip(table["difference_low"], table["difference_high"])
    text["its 95 % interval"] = [_interval_text(*v, digits) for v in ends]
    if table["seed_spread"].notna().any():
        text["± over seeds"] = [_text(v, digits) for v in table["seed_spread"]]
    text["users"] = table["n_users"]
    return text


def _text(value, digits=4, plus=""):
    """.1165, −.0020, or – for NaN: as the book prints numbers. plus: what to write before those above 0."""
    if np.isnan(value):
        return "–"
    text = f"{abs(value):.{digits}f}"
    sign = "" if not float(text) else "−" if value < 0 else plus
    return sign + (text[1:] if text.startswith("0.") else text)


def _interval_text(low, high, digits=4):
    return "–" if np.isnan(low) else f"[{_text(low, digits)}, {_text(high, digits)}]"
