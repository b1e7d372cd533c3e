"""The figure of a measured task and its interval, alike for NDCG, RMSE and micro-F1: each is Σ top / Σ bottom."""

import numpy as np
import pandas as pd

from recsys_lib import results
from recsys_lib._checks import choice, generator
from recsys_lib.evaluation import Interval, _means_of_drawn_users
from recsys_lib.tasks import TASKS

METRICS = ("NDCG@10", "RMSE", "micro-F1")


def value(frame, metric):
    """The figure of a measured task: Σ top / Σ bottom over its units, and the root of it for "RMSE".

    frame: what `measure` returned.   Raises ValueError for a metric that no task has."""
    choice("metric", metric, METRICS)
    ratio = frame["top"].sum() / frame["bottom"].sum()
    return float(np.sqrt(ratio) if metric == "RMSE" else ratio)


def tasks_bootstrap(a, b=None, *, metric, n_resamples=10_000, rng=0):
    """Interval of 95 % of the figure of a, or of a − b, over units (people, films or queries) and seeds.

        draw n of the n units with replacement, the same in all seeds and for a and b; in each seed compute the figure;
        draw as many seeds as there are, the same for a and b; take the mean of the figures; 10,000 times

    a, b: a list with the frame of `measure` of each seed, of the same units in a and b; a seed may have units of its
    own (a draw of films).   A side with one frame, of a model without a seed, counts in each seed of the other.
    Returns Interval(mean, low, high, n); n units. Raises ValueError for other units in b, or fewer than two.
    Source: Owen 2007 (both factors drawn). Chapter: Many tasks, one body."""
    choice("metric", metric, METRICS)
    sides = [list(side) for side in (a, b) if side is not None]
    most = max(map(len, sides))
    sides = [side * most if len(side) == 1 else side for side in sides]
    units = sorted(set().union(*(frame.index for frame in sides[0])), key=str)
    if len({len(side) for side in sides}) > 1 or any(
        set(one.index) != set(other.index) for one, other in zip(sides[0], sides[-1])
    ):
        raise ValueError("expected a and b measured on the same units in the same seeds, received others")
    if len(units) < 2:
        raise ValueError(f"expected two units or more, received {len(units)}")
    rng, means = generator(rng), 0.0
    stacked = [np.hstack([f.reindex(units).fillna(0.0).to_numpy() for f in side]) for side in sides]
    drawn = _means_of_drawn_users(np.hstack(stacked), n_resamples, rng)  # of top and bottom, side by side
    seeds = rng.integers(most, size=(n_resamples, most))
    for sign, side in zip((1, -1), np.split(drawn, len(sides), axis=1)):
        figures = side[:, ::2] / np.maximum(side[:, 1::2], 1e-12)
        figures = np.sqrt(figures) if metric == "RMSE" else figures
        means = means + sign * np.take_along_axis(figures, seeds, axis=1).mean(axis=1)
    mean = sum(sign * np.mean([value(f, metric) for f in side]) for sign, side in zip((1, -1), sides))
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(float(mean), float(low), float(high), len(units))


def read_tasks(name):
    """A stored result of several tasks: row → {task: [the frame of `measure` of each seed]}.

    name: as of `results.load`, whose errors it raises; KeyError for a result without tables of tasks."""
    values, found = results.load(name)["values"], {}
    if missing := {task.replace(" ", "_") for task in TASKS} - set(values):
        raise KeyError(f"expected a result with a table a task, {name!r} has no {', '.join(sorted(missing))}")
    for task in TASKS:
        table = values[task.replace(" ", "_")]
        for row, kept in table["rows"].items():
            tops = kept["ndcg@10"] if "ndcg@10" in kept else kept["top"]
            for seed, top in enumerate(tops):
                units = table["users"][seed] if task == "genres" else table["users"]
                bottom = kept["bottom"][seed] if task == "genres" else table.get("bottom", [1.0] * len(units))
                index = pd.Index(units, name="unit")
                frame = pd.DataFrame({"top": top, "bottom": bottom}, index=index, dtype=float)
                found.setdefault(row, {}).setdefault(task, []).append(frame)
    return found
