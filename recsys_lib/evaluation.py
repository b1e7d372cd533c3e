"""One way to measure a model and one way to compare models: the book's comparisons come from here."""

import inspect
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from recsys_lib import formatting
from recsys_lib import metrics as _metrics
from recsys_lib._checks import generator, require, setting
from recsys_lib._thresholds import warn_of_threshold
from recsys_lib.data.sequences import of_users
from recsys_lib.data.splits import Split
from recsys_lib.retrieval import top_k

BLOCK_CELLS = 2**20  # users × resamples held together
COMPARED = ["mean", "low", "high", "difference", "difference_low", "difference_high", "seed_spread"]
COMPARED += ["n_users", "n_seeds", "n_unserved"]


def evaluate(model, split, part="test", *, relevant_from=4.0, metrics=("ndcg@10", "recall@20"), replay=None, block=512):
    """Fit on everything before the part, recommend from the whole catalogue, measure against the part.

    model: has fit(train) and score(users, history=); it is fitted here, whatever it had learnt before, and left so.
    split: a Split.   part: "test" (fits on train + validation) or "validation" (fits on train).   relevant_from: a
    rating of the part counts as relevant from here; without ratings, or with None, every pair does.   metrics: names
    as in "ndcg@10" out of hit_rate, precision, recall, ndcg, mrr, map, each once.   replay: the part, to let a model
    that knows the date count what other people did in it before the moment; a row of its own in a table, with that
    name.   block: users scored together, which bounds the memory.

    What a user rated before the part is never recommended. A user the model was not fitted on is scored through
    `history=`, its ratings before the part. A model whose `score` takes `at` is told each user's first second of the
    part; one with `reads_order` is given a history as Interactions.
    No evidence is no answer: whom the model cannot score, it gives no list, so the value is 0 where something is
    relevant, however the items are named. The models of this library say whom they can score (`can_score`); any other
    model cannot score a user it was not fitted on who rated nothing before, unless it has `needs_likes = False`.
    Returns DataFrame[user, metric, value, served], one row per user of the part and metric; user = the id of the data;
    value NaN where the user has no relevant item; served False where there was no list.
    Raises ValueError for a part or metric it does not know, a metric named twice, a part without a relevant rating, a
    replay of another part or by a model that has none, scores of a wrong shape or NaN, and unfitted users where the
    model takes no history; TypeError for anything but a model, a Split and names of metrics, and for scores that are no
    dense array of numbers.
    Warns (UserWarning) where over 90 % or under 10 % of the part's ratings are relevant: relevant_from may be meant for
    another scale. Fewer than ten ratings, or all the same, show no scale.
    Chapter: Evaluation."""
    if isinstance(model, type):
        raise TypeError(f"expected a model, received the class {model.__name__}: write {model.__name__}()")
    if not all(callable(getattr(model, method, None)) for method in ("fit", "score")):
        raise TypeError(f"expected a model with fit and score, received {type(model).__name__} {model!r:.40}")
    train, seen = require(split, Split).before(part), split.seen(part)
    setting("block", block, 1, whole=True)
    wanted = _parse(metrics)
    data = getattr(split, part)
    users = np.unique(data.user)
    if len(users) == 0:
        raise ValueError(f"the {part} part of the split has no rating")
    liked = np.ones(len(data), bool)
    if data.rating is not None and relevant_from is not None:
        liked = data.rating >= setting("relevant_from", relevant_from)
        warn_of_threshold("relevant_from", relevant_from, data.rating, stacklevel=2)
    if not liked.any():
        raise ValueError(f"no rating of the {part} part reaches relevant_from = {relevant_from}")
    if replay is not None and (replay != part or not hasattr(model, "replay")):
        raise ValueError(f"expected replay={part!r} and a model that counts by date, got {replay!r} and {model!r:.60}")
    model.fit(train)
    if replay is not None:
        model.replay(data)
    longest = max(k for _, _, k in wanted)
    dated = "at" in inspect.signature(model.score).parameters and data.timestamp is not None
    at = first_seconds(data)[users] if dated else None
    lists, served = _recommend(model, users, np.isin(users, train.user), seen, longest, block, at)

    row = np.searchsorted(users, data.user[liked])
    relevant = sparse.csr_array((np.ones(len(row)), (row, data.item[liked])), shape=(len(users), data.n_items))
    ids = [data.users[u] for u in users.tolist()]
    parts = []
    for name, function, k in wanted:
        values = function(lists[:, :k], relevant)
        parts.append(pd.DataFrame({"user": ids, "metric": name, "value": values, "served": served}))
    return pd.concat(parts, ignore_index=True)


def _parse(metrics):
    """(name, function, k) of each metric."""
    wanted = []
    if not isinstance(metrics, (str, list, tuple)):
        raise TypeError(f"metrics must be names such as 'ndcg@10', in a list, received {type(metrics).__name__}")
    for name in [metrics] if isinstance(metrics, str) else metrics:
        kind, at, k = str(name).partition("@")
        if kind not in _metrics.RANKING or not k.isdecimal() or int(k) < 1 or str(int(k)) != k:
            known = ", ".join(_metrics.RANKING)
            raise ValueError(f"a metric must read like 'ndcg@10', one of {known}; received {name!r}")
        if name in [earlier for earlier, _, _ in wanted]:
            raise ValueError(f"metrics must name each once, received {name!r} twice")
        wanted.append((name, _metrics.RANKING[kind], int(k)))
    if not wanted:
        raise ValueError("metrics must name at least one, received none")
    return wanted


def first_seconds(data):
    """The first second of each user in the data: int64 (n_users,), the largest int64 for a user without one."""
    at = np.full(data.n_users, np.iinfo(np.int64).max)
    np.minimum.at(at, data.user, data.require_timestamp())
    return at


def _recommend(model, users, fitted, seen, k, block, at):
    """top_k of the model for the users, and who got a list, block by block; those not fitted on through history."""
    if not fitted.all() and "history" not in inspect.signature(model.score).parameters:
        raise ValueError(
            f"{np.sum(~fitted)} of {len(users)} users were not fitted on, and {type(model).__name__}.score "
            "takes no history=; expected a model that does, or a split that keeps these users in train"
        )
    lists, served = np.empty((len(users), k), np.int32), np.empty(len(users), bool)
    ratings, reads_order = seen.matrix(), getattr(model, "reads_order", False)
    for known in (True, False):
        rows = np.flatnonzero(fitted == known)
        for start in range(0, len(rows), block):
            chosen = rows[start : start + block]
            before = ratings[users[chosen]]
            when = {} if at is None else {"at": at[chosen]}
            if known:
                scores = model.score(users[chosen], **when)
            else:
                scores = model.score(None, history=of_users(seen, users[chosen]) if reads_order else before, **when)
            _check_scores(model, scores, before.shape, [seen.users[u] for u in users[chosen].tolist()])
            lists[chosen] = top_k(scores, k, exclude=before)
            served[chosen] = _can_score(model, before, scores, known)
    lists[~served] = -1
    return lists, served


def _check_scores(model, scores, shape, ids):
    """Raises the errors of `evaluate` about what the model's score gave for the users with these ids."""
    method = f"{type(model).__name__}.score"
    if np.shape(scores) != shape:
        raise ValueError(f"{method} must give {shape} (users, items), gave {np.shape(scores)}")
    scores = np.asarray(scores)
    if scores.dtype.kind not in "iufb":
        raise TypeError(f"{method} must give a dense array of numbers, gave dtype {scores.dtype}")
    unknown = np.isnan(scores).any(axis=1)
    if unknown.any():
        raise ValueError(f"{method} must give numbers, gave NaN for user {ids[unknown.argmax()]!r}")


def _can_score(model, before, scores, known):
    """Whom the model has something to say about, bool (n,).

    It says so itself, or knows the users, or answers anybody; else it needs something that they rated before."""
    if hasattr(model, "can_score"):
        return model.can_score(before, scores)
    if known or not getattr(model, "needs_likes", True):
        return np.ones(len(scores), bool)
    return np.diff(before.indptr) > 0


class Interval(NamedTuple):
    """A mean over users and where it may lie: `low` to `high`, from n users."""

    mean: float
    low: float
    high: float
    n: int

    def __str__(self):
        return f"{formatting.number(self.mean)} {formatting.interval(self.low, self.high)}"


def paired_bootstrap(a, b=None, *, n_resamples=10_000, confidence=0.95, rng=0):
    """Interval of the mean over users of a, or of a − b, both measured on the same users.

        draw n users with replacement, the same for a and b; draw as many seeds as a has, and as many as b has, each
        with replacement; take the mean of a less the mean of b over those drawn; 10,000 times
        low and high are the 2.5 % and 97.5 % points of these means

    a, b: one value a user (n,), or users × seeds (n, n_seeds) where a model is random and was trained with several
    seeds; in the same order of users: two Series or DataFrames must have the same index. NaN (no relevant item) is left
    out.   n_resamples, confidence: as said.   rng: int or numpy Generator, which goes on. With one seed on each side a
    Generator fresh from an int gives what the int gives; of several seeds it draws others.
    With one seed on each side the interval is over users alone: it leaves out what another seed would give. With few
    seeds the variance between them comes out too small, by (n_seeds − 1) / n_seeds; that of a single user under a
    single seed comes out too large, up to three times.
    Returns Interval(mean, low, high, n); n users. Raises ValueError for users or NaN that differ, infinite values, or
    fewer than two users left: of one user nothing can be drawn; TypeError for a list of arrays, of which nobody knows
    whether its rows are users or seeds, and for a table of `evaluate`.
    Source: Owen 2007 (both factors drawn). Chapter: Evaluation."""
    a, b = _users_by_seeds(a, b)
    return _intervals([(a, b)], n_resamples, confidence, rng)[0]


def _users_by_seeds(a, b):
    """Both as users × seeds without the users that are NaN; b as zeros where there is none."""
    for side in (a, b):
        if isinstance(side, pd.DataFrame) and {"metric", "value"} <= set(side):
            raise TypeError("expected one value a user, received a table of evaluate: give such tables to compare")
        parts = side if isinstance(side, (list, tuple)) else ()
        if any(isinstance(part, (np.ndarray, pd.Series)) and part.ndim for part in parts):  # each would be a user
            received = f"received a {type(side).__name__} of arrays"
            raise TypeError(f"expected users × seeds as one array, {received}; of seeds: numpy.column_stack(…)")
    frames = [side for side in (a, b) if isinstance(side, (pd.Series, pd.DataFrame))]
    if len(frames) == 2 and not a.index.equals(b.index):
        raise ValueError("a and b must have the same index in the same order, received two that differ")
    sides = [np.asarray(side, dtype=np.float64) for side in (a, b) if side is not None]
    shapes = " and ".join(str(side.shape) for side in sides)
    sides = [side[:, None] if side.ndim == 1 else side for side in sides]
    if any(side.ndim != 2 or side.shape[1] == 0 or len(side) != len(sides[0]) for side in sides):
        raise ValueError(f"expected one value a user, or users × seeds, for the same users, received shapes {shapes}")
    if any(np.isinf(side).any() for side in sides):
        raise ValueError("expected finite values, or NaN where nothing is relevant, received an infinite one")
    missing = np.isnan(sides[0][:, 0])
    if any((np.isnan(side) != missing[:, None]).any() for side in sides):
        nan = "a and b must be NaN for the same users in all seeds (no relevant item), received others"
        raise ValueError(f"{nan}: were they measured with one split and one relevant_from?")
    if (~missing).sum() < 2:
        raise ValueError(f"expected two users or more with a value, received {(~missing).sum()} in shapes {shapes}")
    a = sides[0][~missing]
    return a, np.zeros((len(a), 1)) if b is None else sides[1][~missing]


def _intervals(pairs, n_resamples, confidence, rng):
    """The Interval of each pair (a, b) of users × seeds; all pairs are given the same resamples of users."""
    setting("confidence", confidence, 0, 1, above=True)
    setting("n_resamples", n_resamples, 1, whole=True)
    # Less the first seed of b on both sides: the same difference, and 0 to the last digit where a and b agree.
    pairs = [(a - b[:, :1], b - b[:, :1]) for a, b in pairs]
    users = generator(rng)
    drawn = _means_of_drawn_users(np.hstack([side for pair in pairs for side in pair]), n_resamples, users)
    whole = isinstance(rng, (int, np.integer))
    seeds_of_a, seeds_of_b = np.random.SeedSequence(rng).spawn(2) if whole else users.integers(2**63, size=2)
    intervals, first = [], 0
    for a, b in pairs:
        middle, last = first + a.shape[1], first + a.shape[1] + b.shape[1]
        means = _means_of_drawn_seeds(drawn[:, first:middle], np.random.default_rng(seeds_of_a))
        means -= _means_of_drawn_seeds(drawn[:, middle:last], np.random.default_rng(seeds_of_b))
        low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
        intervals.append(Interval(float(a.mean() - b.mean()), float(low), float(high), len(a)))
        first = last
    return intervals


def _means_of_drawn_users(table, n_resamples, rng):
    """The means of a table users × columns over n users drawn with replacement: resamples × columns.

    How often each user was drawn, times the table, is the sum over those drawn: a matrix product in place of n rows to
    look up, in blocks of resamples."""
    n = len(table)
    means = np.empty((n_resamples, table.shape[1]))
    step = max(1, BLOCK_CELLS // n)
    for start in range(0, n_resamples, step):
        size = min(step, n_resamples - start)
        users = rng.integers(n, size=(size, n), dtype=np.int32)
        cells = users + n * np.arange(size)[:, None]
        times = np.bincount(cells.ravel(), minlength=size * n).reshape(size, n)
        means[start : start + size] = times.astype(np.float64) @ table / n
    return means


def _means_of_drawn_seeds(by_seed, rng):
    """The mean of each row, resamples × seeds, over as many seeds drawn with replacement."""
    drawn = rng.integers(by_seed.shape[1], size=by_seed.shape)
    return np.take_along_axis(by_seed, drawn, axis=1).mean(axis=1)


def compare(results, *, baseline, metric="ndcg@10", rng=0):
    """Means of the models, and their differences from one of them, with paired bootstrap intervals of 95 %.

    results: model name → what evaluate returned, or a list of these, one per seed of a random model.   baseline: a name
    in results.   metric: one they all hold.   rng: as in `paired_bootstrap`; all rows are given the same resamples of
    users.
    Returns DataFrame by model: mean, low, high, difference (model − baseline; NaN for the baseline itself),
    difference_low, difference_high, seed_spread (standard deviation of the seeds' means; NaN for one seed), n_users,
    n_seeds, n_unserved (of n_users, those to whom a seed gave no list, and who count as 0). The intervals are
    `paired_bootstrap`'s, over users and seeds. Where n_seeds is 1 the model's interval is over users only; so is a
    difference's where both models have one seed.
    Raises KeyError for a baseline or metric that is not there, ValueError for models measured on different users or on
    fewer than two, TypeError for anything but tables of evaluate by name.
    Chapter: Evaluation."""
    if baseline not in require(results, Mapping):
        raise KeyError(f"baseline {baseline!r} is not among the results: {', '.join(map(str, results))}")
    by_seed = {name: _by_seed(name, frames, metric) for name, frames in results.items()}
    users = by_seed[baseline].index
    for name, seeds in by_seed.items():
        if not _same(seeds.index, users):
            raise ValueError(f"{name!r} and {baseline!r} must be measured on the same users: compare one split only")
    values = {name: seeds.reindex(users) for name, seeds in by_seed.items()}
    own = [_users_by_seeds(seeds, None) for seeds in values.values()]
    differences = [_users_by_seeds(seeds, values[baseline]) for seeds in values.values()]
    intervals = _intervals(own + differences, 10_000, 0.95, rng)
    rows = {}
    for i, (name, seeds) in enumerate(values.items()):
        mean, difference = intervals[i], intervals[len(own) + i][:3] if name != baseline else (np.nan,) * 3
        unserved = _unserved(results[name], metric, users[seeds[0].notna()])
        rows[name] = (*mean[:3], *difference, seeds.mean().std(), mean.n, seeds.shape[1], unserved)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=COMPARED).rename_axis("model")
    table.attrs = {"metric": metric, "baseline": baseline}
    return table


def _unserved(frames, metric, users):
    """How many of the users got no list from a frame. A frame without a column served gave one to everybody."""
    unserved = set()
    for frame in _as_list(frames):
        if "served" in frame:
            rows = frame[(frame["metric"] == metric) & ~frame["served"].astype(bool)]
            unserved |= set(rows["user"])
    return sum(user in unserved for user in users)


def _by_seed(name, frames, metric):
    """Users × seeds of one model and metric."""
    columns = []
    for frame in _as_list(frames):
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


def _as_list(frames):
    return frames if isinstance(frames, (list, tuple)) else [frames]


def _kind(table):
    return f"{type(table).__name__} with columns {list(getattr(table, 'columns', ()))}"


def _same(users, others):
    return len(users) == len(others) and bool(users.isin(others).all())


def show(table, *, digits=4):
    """A table of compare, as text to read: best first, intervals as [low, high], no leading zeros.

    table: what compare returned.   digits: after the point. Returns a DataFrame of strings by model, and of counts:
    "users", "seeds" (1: the model's interval is over users only, and says nothing of another seed) and, where it is not
    0 in all rows, "no list" (users whom the model could not score, counted as 0).
    Raises TypeError for anything else.
    Chapter: Evaluation."""
    if not set(COMPARED) <= set(getattr(table, "columns", ())):
        raise TypeError(f"expected what compare returned, received {_kind(table)}")
    table = table.sort_values("mean", ascending=False, kind="stable")
    metric, baseline = table.attrs.get("metric", "mean"), table.attrs.get("baseline", "baseline")
    text = pd.DataFrame(index=table.index)
    text[metric] = [formatting.number(v, digits) for v in table["mean"]]
    text["95 % interval"] = [formatting.interval(*v, digits) for v in zip(table["low"], table["high"])]
    text[f"− {baseline}"] = [formatting.number(v, digits) for v in table["difference"]]
    ends = zip(table["difference_low"], table["difference_high"])
    text["its 95 % interval"] = [formatting.interval(*v, digits) for v in ends]
    if table["seed_spread"].notna().any():
        text["± over seeds"] = [formatting.number(v, digits) for v in table["seed_spread"]]
    text["users"], text["seeds"] = table["n_users"], table["n_seeds"]
    if table["n_unserved"].any():
        text["no list"] = table["n_unserved"]
    return text
