"""Evaluation: BPR trained on uniform and on popular negatives, ranked against the catalogue and against 99 drawn films.

All models are MatrixFactorization without history. Learning rate and dropout of the model with uniform negatives are
chosen on validation by NDCG@10 over the catalogue. The model with popular negatives comes twice: with the same
settings, so that nothing but the negatives differs, and with settings chosen for it in the same way. Then five seeds
are fitted on train + validation. Kept for each test user: the mean chance that a relevant film reaches the top ten."""

import os
import time
from itertools import product

import numpy as np

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}  # as in the chapter

from recsys_lib import results
from recsys_lib.data import load_movielens, sample_negatives, split_by_user_time
from recsys_lib.evaluation import evaluate
from recsys_lib.models import MatrixFactorization

SEEDS = range(5)
GRID = list(product((0.003, 0.01, 0.03), (0.2, 0.5, 0.8)))  # learning rate, dropout
SHARED = dict(n_factors=64, loss="bpr", use_history=False, weight_decay=0.1, epochs=20, batch_size=4096, n_negatives=5)
MODELS = {  # negatives of the training, and of the model whose settings are taken
    "BPR, uniform": ("uniform", "uniform"),
    "BPR, popular": ("popularity", "uniform"),
    "BPR, popular, own settings": ("popularity", "popularity"),
}


def build(name, learning_rate, dropout, seed=0):
    return MatrixFactorization(
        **SHARED, negatives=MODELS[name][0], learning_rate=learning_rate, dropout=dropout, seed=seed
    )


def relevant_ratings(split, part):
    """user and item of each relevant rating of the part, in the order of users."""
    data = getattr(split, part)
    data = data.take(data.rating >= 4)
    order = np.argsort(data.user, kind="stable")
    return data.user[order], data.item[order]


def draw_rivals(data, split, part):
    """99 films for each relevant rating, none of which its user ever rated: evenly, and by number of ratings."""
    user, _ = relevant_ratings(split, part)
    count = np.bincount(split.before(part).item, minlength=data.n_items)
    rated = data.matrix()
    return {
        "99 uniform": sample_negatives(rated, user, 99, rng=1, replace=False),
        "99 popular": sample_negatives(rated, user, 99, rng=2, replace=False, popularity=count),
    }


def hit_chance(better, tied, k=10):
    """Chance of a place among k, with the order among equals drawn at random."""
    return np.clip((k - better) / (tied + 1), 0, 1)


def hits_by_user(model, split, part, rivals):
    """For each user with a relevant rating: mean chance of a hit@10, among each set of rivals and in the catalogue."""
    user, item = relevant_ratings(split, part)
    users, row = np.unique(user, return_inverse=True)
    scores = model.score(users).astype(np.float64)
    wanted = scores[row, item][:, None]
    chance = {}
    for name, drawn in rivals.items():
        others = scores[row[:, None], drawn]
        chance[name] = hit_chance((others > wanted).sum(1), (others == wanted).sum(1))
    seen = split.seen(part).matrix()[users].tocoo()
    scores[seen.row, seen.col] = -np.inf
    counts = [(np.sum(scores[r] > w), np.sum(scores[r] == w) - 1) for r, w in zip(row, wanted)]
    chance["catalogue"] = hit_chance(*np.array(counts).T)
    return {name: np.bincount(row, weights=values) / np.bincount(row) for name, values in chance.items()}


def measure(model, split, part, rivals):
    """(NDCG@10 and the mean of each contest, hits by user) of a model fitted on everything before the part."""
    ndcg = float(evaluate(model, split, part, metrics="ndcg@10")["value"].mean())
    hits = hits_by_user(model, split, part, rivals)
    return {"ndcg": ndcg} | {name: float(values.mean()) for name, values in hits.items()}, hits


def main():
    start = time.perf_counter()
    data = load_movielens()
    split = split_by_user_time(data)
    rivals = {part: draw_rivals(data, split, part) for part in ("validation", "test")}
    grid, chosen, seeds, by_user = {}, {}, {}, {}
    for name in MODELS:
        chosen_for = MODELS[name][1]
        if chosen_for not in grid:
            grid[chosen_for] = []
            for rate, dropout in GRID:
                means, _ = measure(build(name, rate, dropout), split, "validation", rivals["validation"])
                grid[chosen_for].append({"learning_rate": rate, "dropout": dropout} | means)
                print(chosen_for, grid[chosen_for][-1], f"{time.perf_counter() - start:.0f} s", flush=True)
        best = max(grid[chosen_for], key=lambda row: row["ndcg"])
        chosen[name] = {key: best[key] for key in ("learning_rate", "dropout")}
        runs = [measure(build(name, **chosen[name], seed=seed), split, "test", rivals["test"]) for seed in SEEDS]
        seeds[name] = [means for means, _ in runs]
        by_user[name] = {key: np.mean([hits[key] for _, hits in runs], axis=0).round(6) for key in runs[0][1]}
        print(name, chosen[name], seeds[name][0], f"{time.perf_counter() - start:.0f} s", flush=True)
    results.record(
        "evaluation",
        {"shared": SHARED, "grid": GRID, "models": MODELS, "chosen": chosen, "split": split.kind},
        {"validation": grid, "test_by_seed": seeds, "hits_by_user": by_user},
        seeds=list(SEEDS),
        inputs={"train": split.train, "validation": split.validation, "test": split.test},
        seconds=time.perf_counter() - start,
    )
