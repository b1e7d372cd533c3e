"""Losses: one embedding trained by each loss on one split; eight settings each on validation, five seeds on test.

Every model is MatrixFactorization without history, 64 numbers a vector. What differs is the loss, with the batches it
needs, and the learning rate, dropout and weight decay that did best with it on validation. Keras shrinks a weight by
lr · decay in each step, and the losses take different numbers of steps: so the decay is set by what it leaves of a
weight that nothing pulls at over the whole training, exp(−shrink), and tried at the same three values for every loss.
One row has the value of full softmax and a wrong gradient."""

from unittest.mock import patch

import numpy as np
import pandas as pd
from _runner import CLASSES, Run, Search, by_user, data_set, table, unchanged, with_movielens_settings

from recsys_lib.metrics import rmse
from recsys_lib.retrieval import top_k

MODEL = "MatrixFactorization"
SHARED = {"n_factors": 64, "use_history": False}
LOSSES = {  # name in the chapter: settings; batches as the loss needs them, about the same time for each ranking loss
    "MSE on ratings": {"loss": "mse", "epochs": 16},
    "BCE": {"loss": "binary_cross_entropy", "epochs": 20, "n_negatives": 20},
    "BPR": {"loss": "bpr", "epochs": 20, "n_negatives": 20},
    "sampled softmax": {"loss": "sampled_softmax", "epochs": 8, "n_negatives": 100},
    "categorical cross-entropy": {"loss": "categorical_cross_entropy", "epochs": 5},  # a step takes longer
    "full softmax": {"loss": "multinomial", "epochs": 150},
    "wrong gradient": {"loss": "multinomial", "epochs": 150},
}
START = {"learning_rate": 0.005, "dropout": 0.5, "shrink": 0.5}
AXES = {"learning_rate": (0.002, 0.005, 0.01, 0.02), "dropout": (0.2, 0.5, 0.8), "shrink": (0.1, 0.5, 2.5)}
BATCH = 1024  # rows a step of the losses that take pairs; full softmax takes all users in one


def kind(name):
    """The class that trains this row."""
    if name != "wrong gradient":
        return MODEL
    if "WrongGradient" not in CLASSES:
        CLASSES["WrongGradient"] = wrong_gradient()
    return "WrongGradient"


def wrong_gradient():
    """Full softmax by Keras' own function: the same value on rows with several ones, on TensorFlow a wrong gradient."""
    import keras

    from recsys_lib import losses
    from recsys_lib.models import MatrixFactorization

    def categorical(y, s):
        return keras.losses.categorical_crossentropy(y, s, from_logits=True)

    class WrongGradient(MatrixFactorization):
        def _fit(self, train):
            with patch.object(losses, "multinomial", categorical):
                super()._fit(train)

    return WrongGradient


def full_settings(name, train, liked_from):
    """A function from learning rate, dropout and shrink to the settings of the model."""
    loss = LOSSES[name]
    rows = len(train) if loss["loss"] == "mse" else int((train.rating >= liked_from).sum())
    steps = loss["epochs"] * (1 if loss["loss"] == "multinomial" else -(-rows // BATCH))

    def make(tried):
        rate, shrink = tried["learning_rate"], tried["shrink"]
        decay = float(f"{shrink / (rate * steps):.4g}")
        return {**SHARED, **loss, "learning_rate": rate, "dropout": tried["dropout"], "weight_decay": decay}

    return make


def measured(model, split, part, dataset, line=None):
    """The measure of this chapter: NDCG@10, each user's squared error in stars, RMSE, and whom the lists name.

    line: stars = slope · score + intercept + the user's generosity; None on validation, where the line with the least
    squared error on that very part is taken, and kept for test. "stars": the model scores in stars itself."""
    values = by_user(model, split, part, dataset)
    ratings = getattr(split, part)
    stars = score_pairs(model, ratings)
    if line != "stars":
        own = generosity(split, part)[ratings.user]
        if line is None:
            line = dict(zip(("slope", "intercept"), np.polyfit(stars, ratings.rating - own, 1).tolist()))
        stars = line["slope"] * stars + line["intercept"] + own
    stars = np.clip(stars, dataset.data.rating.min(), dataset.data.rating.max())
    error = pd.Series((stars - ratings.rating) ** 2).groupby(ratings.user).mean()
    values["squared error"] = {ratings.users[int(u)]: float(e) for u, e in error.items()}
    return values | {"rmse": float(rmse(ratings.rating, stars)), "line": line} | lists(model, split, part)


def score_pairs(model, part):
    """The model's score of each rated pair of a part."""
    users, at = np.unique(part.user, return_inverse=True)
    return model.score(users)[at, part.item].astype(np.float64)


def generosity(split, part):
    """How far each user's ratings before the part lie above the mean, drawn to 0 as by five ratings more."""
    before = split.before(part)
    above = np.bincount(before.user, before.rating - before.rating.mean(), minlength=before.n_users)
    return above / (np.bincount(before.user, minlength=before.n_users) + 5)


def lists(model, split, part):
    """What the fitted model recommends to the users of the part: mean raters of a film shown, distinct films."""
    users, before = np.unique(getattr(split, part).user), split.before(part).matrix()
    top = top_k(model.score(users), 10, exclude=before[users])
    raters = np.bincount(before.indices, minlength=before.shape[1])
    return {"raters": float(raters[top].mean()), "films": len(np.unique(top))}


def first_line(name):
    """A model of ratings scores in stars; for any other the line is found on validation."""
    return "stars" if name.startswith(("MSE", "BiasModel")) else None


def least_rmse(part):
    return -part["rmse"]


def main(dataset):
    run = Run(dataset)
    train, best = run.split.train, {}
    best["Popularity"] = {}
    lambdas = [{"regularization": float(reg)} for reg in (1, 2, 3, 5, 8, 12, 20, 40)]
    stars = {"measure": measured, "arguments": {"line": "stars"}}
    best["BiasModel"] = run.tune("BiasModel", "BiasModel", lambdas, score=least_rmse, **stars)
    for name in rows_of(dataset):
        search = Search(START, AXES, full_settings(name, train, dataset.liked_from))
        measure = {"measure": measured, "arguments": {"line": first_line(name)}}
        if name == "MSE on ratings":  # tuned for what it minimises, and once more for the list
            best[name] = run.tune(name, kind(name), search, score=least_rmse, **measure)
            name_of_list = f"{name}, tuned for the list"
            best[name_of_list] = run.tune(name_of_list, kind(name), search, **measure)
        else:
            best[name] = run.tune(name, kind(name), search, **measure)
    rows = {row: tested(run, row, settings) for row, settings in best.items()}
    for row, settings in with_movielens_settings(dataset, "losses").items():
        if row in best and settings != best[row]:
            rows[unchanged(row)] = tested(run, row, settings, seeds=[0])
    named = ("ndcg@10", "recall@20", "unserved")
    by_list = {row: [{m: seed[m] for m in named} for seed in seeds] for row, seeds in rows.items()}
    by_star = {row: [{"squared error": seed["squared error"]} for seed in seeds] for row, seeds in rows.items()}
    others = ("rmse", "raters", "films")
    by_seed = {row: [{m: seed[m] for m in others} for seed in seeds] for row, seeds in rows.items()}
    values = {"chosen": best, "test": table(by_list), "squared_error": table(by_star), "test_by_seed": by_seed}
    run.record("losses", {"shared": SHARED, "losses": LOSSES, "axes": AXES, "split": run.split.kind}, values)


def rows_of(dataset):
    """All losses; the wrong gradient on the first data set alone, where a mistake in the code is shown once."""
    return [name for name in LOSSES if dataset.name == "movielens" or name != "wrong gradient"]


def tested(run, row, settings, seeds=None):
    """The parts of test, a seed each; a model of likes is put on the line that validation gave it."""
    name = {"Popularity": "Popularity", "BiasModel": "BiasModel"}.get(row) or kind(row)
    line = first_line(row)
    if line is None:
        line = run.part(name, settings, 0, "validation", measure=measured, arguments={"line": None})["line"]
    return run.test(name, settings, seeds=seeds, measure=measured, arguments={"line": line})


if __name__ == "__main__":
    main(data_set("movielens"))
