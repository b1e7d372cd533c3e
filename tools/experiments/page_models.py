"""The models that run in the page *Recommend to me*, measured on users they never met.

`split_users` leaves a tenth of the users out whole, ten times; every model is fitted on the others and serves the
left-out from their history alone. The embedding is trained from histories (no vector of a user's own); its settings
are chosen on the validation users of the first three draws, who take no exam in any draw. Then what the page does to
it is measured: vectors in int8, a catalogue of the films with at least two likes, the item bias out step by step."""

import os
import time
from itertools import product

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}  # as in the chapter
import numpy as np
import pandas as pd
from scipy.sparse import csr_array, diags_array

from recsys_lib import results
from recsys_lib.data import load_movielens, split_users
from recsys_lib.evaluation import evaluate
from recsys_lib.models import EASE, ItemKNN, MatrixFactorization, Popularity

NAME = "page_models"
DRAWS, TUNING_DRAWS = range(10), range(3)
SHARED = {"use_user_vector": False, "weight_decay": 0.001, "init_scale": 0.03}
GRID = [
    {"learning_rate": rate, "dropout": dropout, "epochs": epochs}
    for (rate, epochs), dropout in product(((0.01, 100), (0.005, 200)), (0.3, 0.5, 0.7))
]
SIZES = (32, 64, 128)
BIAS_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
EASE_SETTINGS, NEIGHBOURS = {"regularization": 100.0}, {"n_neighbors": 30}  # EASE as the chapter chose it
LIKES_OF_THE_PAGE = 2


def embedding(settings, n_factors, seed):
    return MatrixFactorization(**SHARED, **settings, n_factors=n_factors, seed=seed)


def int8(values):
    """Values to the nearest of 255 steps, one step size for the table, and back."""
    step = np.abs(values).max() / 127
    return (np.round(values / step) * step).astype(np.float32)


class Served:
    """A scorer of histories in the form evaluate asks for; with a catalogue, all else is neither read nor shown."""

    def __init__(self, score, catalogue=None):
        self._score, self.catalogue = score, catalogue

    def fit(self, train):
        return self

    def score(self, users=None, *, history=None):
        if self.catalogue is None:
            return self._score(history)
        scores = self._score(csr_array(history @ diags_array(self.catalogue.astype(np.float32))))
        return np.where(self.catalogue, scores, -np.inf).astype(np.float32)


def embedding_score(model, vectors, bias):
    return lambda history: model._history(history) @ vectors @ vectors.T + bias


def knn_score(model, weights):
    return lambda history: (model.likes_of(history) @ weights).toarray()


def ndcg(model, split, part="test"):
    return evaluate(model, split, part, metrics="ndcg@10").set_index("user")["value"]


def tune(splits):
    """[{settings, validation}]: 64 numbers, mean over the validation users of the tuning draws."""
    rows = []
    for settings in GRID:
        values = [ndcg(embedding(settings, 64, draw), splits[draw], "validation").mean() for draw in TUNING_DRAWS]
        rows.append({"settings": settings, "validation": round(float(np.mean(values)), 5)})
        print(settings, np.round(values, 4), flush=True)
    return rows


def measured(split, settings, draw):
    """{row: NDCG@10 of each left-out user} of one draw."""
    train = split.before("test")
    page = np.bincount(train.likes().indices, minlength=train.n_items) >= LIKES_OF_THE_PAGE
    scorers = {}  # row: (scorer with the full catalogue, scorer with the page's)
    for name, model in {"Popularity": Popularity(), "EASE": EASE(**EASE_SETTINGS)}.items():
        score = served_by(model.fit(train))
        scorers[name] = score, score
    knn, knn_page = (ItemKNN(**NEIGHBOURS).fit(part) for part in (train, train.take(page[train.item])))
    for width, kept in {"float": lambda w: w, "int8": int8}.items():
        scorers[f"item cosine, {width}"] = tuple(
            knn_score(model, with_data(model.neighbors_, kept(model.neighbors_.data))) for model in (knn, knn_page)
        )
    for size in SIZES:
        model = embedding(settings, size, draw).fit(train)
        q, b = model.item_vectors_, model.item_bias_
        for width, vectors in {"float": q, "int8": int8(q)}.items():
            score = embedding_score(model, vectors, b)
            scorers[f"embedding of {size}, {width}"] = score, score
        if size == 64:
            for share in BIAS_SHARES:
                score = embedding_score(model, int8(q), np.float32(share) * b)
                scorers[f"{share:.0%} of the bias"] = score, score
    rows = {}
    for name, (full, in_page) in scorers.items():
        rows[f"{name}, full catalogue"] = ndcg(Served(full), split)
        rows[f"{name}, page catalogue"] = ndcg(Served(in_page, page), split)
    print("draw", draw, {name: round(float(row.mean()), 4) for name, row in rows.items()}, flush=True)
    return rows


def served_by(model):
    return lambda history: model.score(None, history=history)


def with_data(matrix, data):
    return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def main():
    start = time.time()
    data = load_movielens()
    splits = [split_users(data, share=0.1, rng=draw) for draw in DRAWS]
    tuning = tune(splits)
    settings = max(tuning, key=lambda row: row["validation"])["settings"]
    draws = [measured(split, settings, draw) for draw, split in enumerate(splits)]
    per_user = pd.DataFrame(
        {name: pd.concat([rows[name] for rows in draws]).groupby(level=0).mean() for name in draws[0]}
    )
    chose = {data.users[user] for draw in TUNING_DRAWS for user in splits[draw].validation.user}
    per_user = per_user[~per_user.index.isin(chose)]
    values = {
        "tuning": tuning,
        "chosen": settings,
        "users": per_user.index.tolist(),
        "ndcg@10": {name: [None if np.isnan(v) else round(v, 6) for v in column] for name, column in per_user.items()},
    }
    kept = {
        "split": "split_users",
        "draws": len(DRAWS),
        "shared": SHARED,
        "neighbours": NEIGHBOURS,
        "EASE": EASE_SETTINGS,
    }
    results.record(NAME, kept, values, seeds=list(DRAWS), inputs={"movielens": data}, seconds=time.time() - start)


if __name__ == "__main__":
    main()
