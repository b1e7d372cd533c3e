"""Losses: one embedding trained by each loss on one split; eight settings each on validation, five seeds on test.

Every model is MatrixFactorization without history, 64 numbers a vector. What differs is the loss, with the batches
it needs, and which of eight pairs of learning rate and dropout, the same eight for every loss, did best with it on
validation. One row has the value of full softmax and a wrong gradient. Each loss is kept in the cache as it ends, so
that an interrupted run goes on where it stopped."""

import os
import time
from itertools import product
from unittest.mock import patch

import pandas as pd

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}  # as in the chapter
import keras
import numpy as np

from recsys_lib import losses, results
from recsys_lib.data import data_home, load_movielens, split_by_user_time
from recsys_lib.evaluation import compare, evaluate
from recsys_lib.metrics import rmse
from recsys_lib.models import BiasModel, MatrixFactorization, Popularity
from recsys_lib.retrieval import top_k

SEEDS = range(5)
SHARED = {"n_factors": 64, "use_history": False, "weight_decay": 0.3}
LOSSES = {  # name in the chapter: settings; batches as the loss needs them, about the same time for each ranking loss
    "MSE on ratings": {"loss": "mse", "epochs": 16},
    "BCE": {"loss": "binary_cross_entropy", "epochs": 20, "n_negatives": 20},
    "BPR": {"loss": "bpr", "epochs": 20, "n_negatives": 20},
    "sampled softmax": {"loss": "sampled_softmax", "epochs": 8, "n_negatives": 100},
    "categorical cross-entropy": {"loss": "categorical_cross_entropy", "epochs": 12},  # takes longer
    "full softmax": {"loss": "multinomial", "epochs": 150},
    "wrong gradient": {"loss": "multinomial", "epochs": 150},
}
GRID = list(product((0.002, 0.005, 0.01, 0.02), (0.5, 0.8)))  # learning rate, dropout


class WrongGradient(MatrixFactorization):
    """Full softmax by Keras' own function: the same value on rows with several ones, on TensorFlow a wrong gradient."""

    def _fit(self, train):
        def categorical(y, s):
            return keras.losses.categorical_crossentropy(y, s, from_logits=True)

        with patch.object(losses, "multinomial", categorical):
            super()._fit(train)


def build(name, learning_rate, dropout, seed=0):
    kind = WrongGradient if name == "wrong gradient" else MatrixFactorization
    return kind(**SHARED, **LOSSES[name], learning_rate=learning_rate, dropout=dropout, seed=seed)


def score_pairs(model, part):
    """The model's score of each rated pair of a part."""
    users, at = np.unique(part.user, return_inverse=True)
    return model.score(users)[at, part.item].astype(np.float64)


def generosity(split, part):
    """How far each user's ratings before the part lie above the mean, drawn to 0 as by five ratings more."""
    before = split.before(part)
    above = np.bincount(before.user, before.rating - before.rating.mean(), minlength=before.n_users)
    return above / (np.bincount(before.user, minlength=before.n_users) + 5)


def measure(model, split, part, line=None):
    """(frame, RMSE, line): evaluate's NDCG@10 of each user, and each user's mean squared error in stars.

    line: (slope, intercept), stars = slope · score + intercept + the user's generosity; None on validation, where the
    line with the least squared error on that very part is taken, and kept for test. "stars": the model scores in stars
    itself."""
    frame = evaluate(model, split, part, metrics=("ndcg@10",))
    ratings = getattr(split, part)
    stars = score_pairs(model, ratings)
    if line != "stars":
        own = generosity(split, part)[ratings.user]
        line = np.polyfit(stars, ratings.rating - own, 1).tolist() if line is None else line
        stars = line[0] * stars + line[1] + own
    stars = np.clip(stars, 0.5, 5.0)
    error = pd.Series((stars - ratings.rating) ** 2).groupby(ratings.user).mean()
    ids = [ratings.users[u] for u in error.index]
    frame = pd.concat([frame, pd.DataFrame({"user": ids, "metric": "squared error", "value": error.to_numpy()})])
    return frame, rmse(ratings.rating, stars), line


def ndcg_of(frame):
    return float(frame.loc[frame["metric"] == "ndcg@10", "value"].mean())


def tune(name, split):
    """One row per setting of the loss, on validation, seed 0."""
    rows = []
    for rate, dropout in GRID:
        start = time.perf_counter()
        frame, error, line = measure(build(name, rate, dropout), split, "validation", start_line(name))
        row = dict(learning_rate=rate, dropout=dropout, ndcg=ndcg_of(frame), rmse=error, line=line)
        rows.append(row)
        print(f"{name:30} rate {rate} dropout {dropout}: NDCG@10 {row['ndcg']:.4f}, RMSE {error:.4f}, "
              f"{time.perf_counter() - start:.0f} s", flush=True)  # fmt: skip
    return rows


def start_line(name):
    """A model of ratings scores in stars; for any other `measure` finds the line on validation."""
    return "stars" if name in ("MSE on ratings", "BiasModel") else None


def chosen(name, rows):
    """The rating loss is tuned for what it minimises, and once more for the list; the others for the list."""
    by_list = max(rows, key=lambda row: row["ndcg"])
    if name == "MSE on ratings":
        return {name: min(rows, key=lambda row: row["rmse"]), f"{name}, tuned for the list": by_list}
    return {name: by_list}


def lists(model, split):
    """What the fitted model recommends to the test users: raters of a recommended film (mean), distinct films."""
    users, before = np.unique(split.test.user), split.before("test").matrix()
    top = top_k(model.score(users), 10, exclude=before[users])
    raters = np.bincount(before.indices, minlength=before.shape[1])
    return {"raters": float(raters[top].mean()), "films": len(np.unique(top))}


def test(name, models, line, split):
    """Frames of evaluate, and RMSE and lists of each of the models (seeds), on test."""
    frames, rows = [], []
    for model in models:
        frame, error, _ = measure(model, split, "test", line)
        frames.append(frame)
        rows.append({"ndcg": ndcg_of(frame), "rmse": error, **lists(model, split)})
    mean = {key: np.mean([row[key] for row in rows]) for key in rows[0]}
    print(f"{name:30} test: {mean}", flush=True)
    return frames, rows


def run(name, split):
    """(grid rows, {row name: setting}, {row name: frames}, {row name: rows of the seeds}, seconds) of one loss."""
    settings = repr((name, "line and generosity", SHARED, LOSSES[name], GRID, results.fingerprint(split.train)))
    kept = data_home() / "experiments" / f"losses-{results.fingerprint(settings.encode())[:16]}.pkl"
    if kept.exists():
        return pd.read_pickle(kept)
    start = time.perf_counter()
    rows = tune(name, split)
    settings, frames, seeds = chosen(name, rows), {}, {}
    for row, setting in settings.items():
        models = (build(name, setting["learning_rate"], setting["dropout"], seed) for seed in SEEDS)
        frames[row], seeds[row] = test(row, models, setting["line"], split)
    answer = rows, settings, frames, seeds, time.perf_counter() - start
    kept.parent.mkdir(parents=True, exist_ok=True)
    pd.to_pickle(answer, kept.with_suffix(".part"))
    kept.with_suffix(".part").rename(kept)
    return answer


def main():
    split = split_by_user_time(load_movielens())
    frames, seeds, settings, tried, seconds = {}, {}, {}, {}, 0.0
    for name, model in {"Popularity": Popularity(), "BiasModel": BiasModel()}.items():
        line = measure(model, split, "validation", start_line(name))[2]
        frames[name], seeds[name] = test(name, [model], line, split)
    for name in LOSSES:
        tried[name], its_settings, its_frames, its_seeds, its_seconds = run(name, split)
        settings, frames, seeds = settings | its_settings, frames | its_frames, seeds | its_seeds
        seconds += its_seconds
    bases = ("Popularity", "MSE on ratings", "BPR", "full softmax")
    results.record(
        "losses",
        {"shared": SHARED, "losses": LOSSES, "grid": GRID, "split": split.kind},
        {
            "validation": tried,
            "chosen": settings,
            "test_by_seed": seeds,
            "compare": {base: compare(frames, baseline=base) for base in bases},
            "squared_error": compare(frames, baseline="MSE on ratings", metric="squared error"),
        },
        seeds=list(SEEDS),
        inputs={"train": split.train, "validation": split.validation, "test": split.test},
        seconds=seconds,
    )
