"""The long runs behind *The full build*: tuning on validation, then the test table, variants and newcomers, five seeds.

Every tuned model gets eight settings, looked at on validation (fitted on train); a random model is averaged over three
seeds there. The test part is then scored once with the setting chosen. About an hour on one core."""

import time

import numpy as np
import pandas as pd

from recsys_lib import results
from recsys_lib.data import load_movielens, split_by_user_time, split_users
from recsys_lib.evaluation import evaluate
from recsys_lib.models import ALS, EASE, ItemKNN, MatrixFactorization, Popularity

NAME = "full_build"
SEEDS, TUNING_SEEDS, DRAWS = range(5), range(3), range(6)
METRICS = ("ndcg@10", "recall@20")
EMBEDDING = {"n_factors": 128, "weight_decay": 0.001, "init_scale": 0.03}
GRID = {
    "Popularity": [{}],
    "ItemKNN": [
        {"similarity": similarity, "n_neighbors": k, "shrinkage": beta}
        for similarity, k, beta in (
            *[("cosine", k, beta) for k in (50, 100, 200) for beta in (0, 20)],
            *[("jaccard", k, 0) for k in (100, 200)],
        )
    ],
    "ALS": [
        {"n_factors": d, "regularization": float(reg), "alpha": float(alpha)}
        for d in (64, 128)
        for reg, alpha in ((3, 0.3), (5, 0.5), (10, 1), (30, 5))
    ],
    "EASE": [{"regularization": float(reg)} for reg in (20, 50, 100, 150, 200, 300, 500, 1000)],
    "MatrixFactorization": [
        {**EMBEDDING, "learning_rate": rate, "dropout": dropout, "epochs": epochs, **more}
        for rate, dropout, epochs, more in (
            (0.01, 0.8, 100, {}),
            (0.01, 0.8, 200, {}),
            (0.01, 0.7, 200, {}),
            (0.01, 0.8, 200, {"n_factors": 64}),
            (0.005, 0.8, 200, {}),
            (0.005, 0.7, 200, {}),
            (0.005, 0.7, 300, {}),
            (0.005, 0.8, 300, {}),
        )
    ],
}
CLASSES = {m.__name__: m for m in (Popularity, ItemKNN, ALS, EASE, MatrixFactorization)}
SEED_ARGUMENT = {"ALS": "rng", "MatrixFactorization": "seed"}  # the models that are random


def build(name, settings, seed=0):
    more = {SEED_ARGUMENT[name]: seed} if name in SEED_ARGUMENT else {}
    return CLASSES[name](**settings, **more)


class Strangers:
    """A fitted model that must serve everybody from history alone, as if it had never met them."""

    def __init__(self, model):
        self.model = model

    def fit(self, train):
        return self

    def score(self, users=None, *, history=None):
        return self.model.score(history=self.model.train_[users] if history is None else history)


def tune(split):
    """{model: [{settings, validation}]}, in the order of the grid."""
    tuning = {}
    for name, grid in GRID.items():
        tuning[name] = []
        for settings in grid:
            seeds = TUNING_SEEDS if name in SEED_ARGUMENT else [0]
            values = [mean(evaluate(build(name, settings, s), split, "validation", metrics=METRICS[:1])) for s in seeds]
            tuning[name].append({"settings": settings, "validation": round(float(np.mean(values)), 5)})
            print(name, settings, np.round(values, 4), flush=True)
    return tuning


def mean(frame, metric="ndcg@10"):
    return frame.loc[frame["metric"] == metric, "value"].mean()


def summary(frames):
    """What is kept of the frames of several seeds: each user averaged over them, and each seed's mean."""
    values = {"seed_means": {m: [round(mean(frame, m), 6) for frame in frames] for m in METRICS}}
    for metric in METRICS:
        users = pd.concat([frame[frame["metric"] == metric].set_index("user")["value"] for frame in frames], axis=1)
        values[metric] = [None if np.isnan(v) else round(v, 6) for v in users.mean(axis=1, skipna=False)]
    return values


def run(name, settings, split, seeds, **more):
    seeds = seeds if name in SEED_ARGUMENT else [0]
    return [evaluate(build(name, settings | more, s), split, metrics=METRICS) for s in seeds]


def compare_on_test(split, chosen):
    """(test table, variants of the embedding), each {name: summary}."""
    test = {name: summary(run(name, chosen[name], split, SEEDS)) for name in CLASSES if name != "MatrixFactorization"}
    name, settings = "MatrixFactorization", chosen["MatrixFactorization"]
    frames, strangers = [], []
    for seed in SEEDS:
        model = build(name, settings, seed)
        frames.append(evaluate(model, split, metrics=METRICS))
        strangers.append(evaluate(Strangers(model), split, metrics=METRICS))
        print("test, seed", seed, round(mean(frames[-1]), 4), round(mean(strangers[-1]), 4), flush=True)
    test[name] = summary(frames)
    variants = {
        "own vector taken away": summary(strangers),
        "trained on history alone": summary(run(name, settings, split, SEEDS, use_user_vector=False)),
    }
    return test, variants


def newcomers(data, chosen):
    """{model: {ndcg@10 per user}}: users left out whole, each averaged over the draws in which it was left out."""
    frames = {name: [] for name in (*CLASSES, "trained on history alone")}
    for draw in DRAWS:
        split = split_users(data, share=0.1, rng=draw)
        for name in frames:
            kind, more = (name, {}) if name in CLASSES else ("MatrixFactorization", {"use_user_vector": False})
            frames[name] += run(kind, chosen[kind], split, [draw], **more)
        print("newcomers, draw", draw, flush=True)
    kept = {}
    for name, parts in frames.items():
        table = pd.concat(parts)
        table = table[table["metric"] == "ndcg@10"].groupby("user")["value"].mean()
        kept[name] = [None if np.isnan(v) else round(v, 6) for v in table]
    return {"users": table.index.tolist(), "ndcg@10": kept}


def main():
    start = time.time()
    data = load_movielens()
    split = split_by_user_time(data)
    tuning = tune(split)
    chosen = {name: max(rows, key=lambda row: row["validation"])["settings"] for name, rows in tuning.items()}
    test, variants = compare_on_test(split, chosen)
    users = evaluate(Popularity(), split, metrics=METRICS[:1])["user"].tolist()
    values = {"tuning": tuning, "chosen": chosen, "users": users, "test": test, "variants": variants}
    values["newcomers"] = newcomers(data, chosen)
    settings = {"split": "split_by_user_time", "tuning_seeds": list(TUNING_SEEDS), "draws": len(DRAWS)}
    results.record(NAME, settings, values, seeds=SEEDS, inputs={"movielens": data}, seconds=time.time() - start)


if __name__ == "__main__":
    main()
