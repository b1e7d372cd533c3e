"""The figure of a measured task and its interval, alike for NDCG, RMSE and micro-F1: each is Σ top / Σ bottom."""

from typing import NamedTuple

import numpy as np

from recsys_lib._checks import choice, generator

METRICS = ("NDCG@10", "RMSE", "micro-F1")


def value(frame, metric):
    """The figure of a measured task: Σ top / Σ bottom over its units, and the root of it for "RMSE".

    frame: what `measure` returned.   Raises ValueError for a metric that no task has."""
    choice("metric", metric, METRICS)
    ratio = frame["top"].sum() / frame["bottom"].sum()
    return float(np.sqrt(ratio) if metric == "RMSE" else ratio)


class Gap(NamedTuple):
    """A figure, or a difference of two, and where it may lie; n units."""

    mean: float
    low: float
    high: float
    n: int


def tasks_bootstrap(a, b=None, *, metric, n_resamples=10_000, rng=0):
    """Interval of 95 % of the figure of a, or of a − b, over units (people, films or queries) and seeds.

        draw n of the n units with replacement, the same in all seeds and for a and b; in each seed compute the figure;
        draw as many seeds as there are, the same for a and b; take the mean of the figures; 10,000 times

    a, b: a list with the frame of `measure` of each seed, of the same units in a and b; a seed may have units of its
    own (a draw of films).   A model without a seed is given as often as the other has seeds.
    Returns Gap(mean, low, high, n). Raises ValueError for other units in b, or fewer than two.
    Source: Owen 2007 (both factors drawn). Chapter: Many tasks, one body."""
    choice("metric", metric, METRICS)
    sides = [list(side) for side in (a, b) if side is not None]
    units = sorted(set().union(*(frame.index for frame in sides[0])), key=str)
    if len({len(side) for side in sides}) > 1 or any(
        set(one.index) != set(other.index) for one, other in zip(sides[0], sides[-1])
    ):
        raise ValueError("expected a and b measured on the same units in the same seeds, received others")
    if len(units) < 2:
        raise ValueError(f"expected two units or more, received {len(units)}")
    rng, means = generator(rng), np.zeros(n_resamples)
    stacked = [np.stack([f.reindex(units).fillna(0.0).to_numpy() for f in side], axis=1) for side in sides]
    seeds = rng.integers(len(sides[0]), size=(n_resamples, len(sides[0])))
    step = max(1, 2**20 // len(units))
    for start in range(0, n_resamples, step):
        size = min(step, n_resamples - start)
        times = rng.multinomial(len(units), np.full(len(units), 1 / len(units)), size=size).astype(float)
        for sign, table in zip((1, -1), stacked):
            sums = np.einsum("ru,usc->rsc", times, table, optimize=True)
            figures = sums[..., 0] / np.maximum(sums[..., 1], 1e-12)
            figures = np.sqrt(figures) if metric == "RMSE" else figures
            means[start : start + size] += sign * np.take_along_axis(figures, seeds[start : start + size], 1).mean(1)
    mean = sum(sign * np.mean([value(f, metric) for f in side]) for sign, side in zip((1, -1), sides))
    low, high = np.quantile(means, [0.025, 0.975])
    return Gap(float(mean), float(low), float(high), len(units))
