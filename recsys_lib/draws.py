"""Items held out in several draws: how well a model ranks them, and intervals over draws and users."""

import numpy as np
import pandas as pd
from scipy import sparse

from recsys_lib import results
from recsys_lib._checks import generator, require, setting
from recsys_lib.data.splits import ColdItems
from recsys_lib.evaluation import COMPARED, Interval, _means_of_drawn_seeds, _means_of_drawn_users, _parse
from recsys_lib.retrieval import top_k


def evaluate_cold(model, cut, *, relevant_from=4.0, metrics=("ndcg@10", "recall@20"), candidates="cold"):
    """Fit on the warm items, rank the cold ones, measure against the likes of them.

    model: has fit(train) and score(users); it is fitted here.   cut: ColdItems.   relevant_from: a rating is a like
    from here; without ratings every pair is.   metrics: as of `evaluate`.   candidates: "cold", the items held out
    alone; "all", the whole catalogue without what the user liked among the warm.
    Measured are the users with a like on both sides. Returns DataFrame[user, metric, value], user = the id of the data.
    Raises ValueError where there is no such user, or for other metrics or candidates.
    Chapter: A language model reads the catalogue."""
    if candidates not in ("cold", "all"):
        raise ValueError(f"expected candidates to be 'cold' or 'all', received {candidates!r}")
    wanted = _parse(metrics)
    users, relevant, known = _likes_on_both_sides(cut, relevant_from)
    model.fit(cut.warm)
    scores = np.asarray(model.score(users))
    if candidates == "cold":
        lists, relevant = top_k(scores[:, cut.items], max(k for *_, k in wanted)), relevant[:, cut.items]
    else:
        lists = top_k(scores, max(k for *_, k in wanted), exclude=known)
    ids = [cut.warm.users[u] for u in users.tolist()]
    parts = [{"user": ids, "metric": name, "value": of(lists[:, :k], relevant)} for name, of, k in wanted]
    return pd.concat(map(pd.DataFrame, parts), ignore_index=True)


def _likes_on_both_sides(cut, relevant_from):
    """Users with a like among the warm and among the cold items, int; their likes there and here, csr."""
    likes = [
        part.matrix() if part.rating is None else part.likes(relevant_from)
        for part in (require(cut, ColdItems).cold, cut.warm)
    ]
    users = np.flatnonzero(np.all([np.diff(side.indptr) > 0 for side in likes], axis=0))
    if len(users) == 0:
        raise ValueError("expected users with a like among the warm and among the cold items, received none")
    return users, *(sparse.csr_array(side[users]) for side in likes)


def draws_bootstrap(a, b=None, *, n_resamples=10_000, confidence=0.95, rng=0):
    """Interval of the mean over users, then over draws, of a, or of a − b.

        draw n of the n users with replacement, the same for all draws and for a and b; in each draw take the mean over
        those of them that it measured; draw as many draws as there are, with replacement; take the mean of their means;
        10,000 times

    a, b: a list with a Series (index: user) a draw, of the same users in a and b; who is measured differs from draw to
    draw.   n_resamples, confidence, rng: as of `paired_bootstrap`.
    With few draws the variance between them comes out too small, by (n_draws − 1) / n_draws.
    Returns Interval(mean, low, high, n); n users measured in one draw or more. Raises ValueError for a and b of other
    users or draws, NaN, or fewer than two users.
    Source: Owen 2007 (both factors drawn). Chapter: A language model reads the catalogue."""
    setting("confidence", confidence, 0, 1, above=True)
    setting("n_resamples", n_resamples, 1, whole=True)
    table = _users_by_draws(a)
    if b is not None:
        other = _users_by_draws(b)
        if not other.notna().equals(table.notna()):
            raise ValueError("expected a and b measured on the same users in the same draws, received others")
        table = table - other
    values, measured = table.fillna(0).to_numpy(), table.notna().to_numpy(np.float64)
    rng = generator(rng)
    drawn = _means_of_drawn_users(np.hstack([values, measured]), n_resamples, rng)
    sums, counts = np.split(drawn, 2, axis=1)
    means = _means_of_drawn_seeds(sums / np.maximum(counts, 1e-12), rng)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(table.mean().mean()), float(low), float(high), len(table))


def read_draws(name, table="cold", metric="ndcg@10"):
    """A stored table of several draws: row → a list with a Series (index: user) a draw, for `compare_draws`.

    name, table: as of `results.frames`, whose errors it raises; KeyError for another metric."""
    return {row: by_draw(frames, metric) for row, frames in results.frames(name, table).items()}


def by_draw(frames, metric):
    """The values of a metric by user, a Series a frame, without the users whom it did not measure."""
    if metric not in set(frames[0]["metric"]):
        raise KeyError(f"expected one of {', '.join(frames[0]['metric'].unique())}, received {metric!r}")
    values = (frame[frame["metric"] == metric].set_index("user")["value"] for frame in frames)
    return [one.dropna().astype(float) for one in values]


def compare_draws(rows, *, baseline, metric="ndcg@10", rng=0):
    """Means of the models over draws, and their differences from one of them, with 95 % intervals of `draws_bootstrap`.

    rows: name → a list with a Series a draw, as of `read_draws`.   baseline: a name in rows.   metric: what it is
    called.   Returns a DataFrame by model as `compare` does, with n_seeds the number of draws and seed_spread the
    standard deviation of their means; all rows are given the same resamples.
    Raises KeyError for a baseline that is not there, else as `draws_bootstrap`.
    Chapter: A language model reads the catalogue."""
    if baseline not in rows:
        raise KeyError(f"baseline {baseline!r} is not among the rows: {', '.join(map(str, rows))}")
    found = {}
    for name, draws in rows.items():
        own = draws_bootstrap(draws, rng=rng)
        gap = draws_bootstrap(draws, rows[baseline], rng=rng)[:3] if name != baseline else (np.nan,) * 3
        spread = pd.Series([draw.mean() for draw in draws]).std()
        found[name] = (*own[:3], *gap, spread, own.n, len(draws), 0)
    table = pd.DataFrame.from_dict(found, orient="index", columns=COMPARED).rename_axis("model")
    table.attrs = {"metric": metric, "baseline": baseline}
    return table


def _users_by_draws(side):
    """DataFrame users × draws of a list of Series, NaN where a draw did not measure a user."""
    if not isinstance(side, (list, tuple)) or not all(isinstance(one, pd.Series) for one in side) or not len(side):
        raise TypeError(f"expected a list of Series by user, one a draw, received {type(side).__name__}")
    if any(one.isna().any() or one.index.has_duplicates or np.isinf(one).any() for one in side):
        raise ValueError("expected one finite value a user in each draw, received NaN, infinity or a user twice")
    table = pd.concat(side, axis=1, keys=range(len(side))).sort_index()
    if len(table) < 2:
        raise ValueError(f"expected two users or more, received {len(table)}")
    return table
