"""Evaluation: BPR trained on uniform and on popular negatives, ranked against the catalogue and against 99 drawn films.

All models are MatrixFactorization without history. Learning rate, dropout and weight decay of the model with uniform
negatives are chosen on validation by NDCG@10 over the catalogue. The model with popular negatives comes twice: with
the same settings, so that nothing but the negatives differs, and with settings chosen for it in the same way. Then five
seeds are fitted on train + validation. Kept for each test user: the mean chance that a relevant film reaches the top
ten."""

import numpy as np
from _runner import Run, Search, by_user, data_set, table, unchanged, with_movielens_settings

from recsys_lib.data import sample_negatives

MODEL = "MatrixFactorization"
SHARED = dict(n_factors=64, loss="bpr", use_history=False, epochs=20, batch_size=4096, n_negatives=5)
MODELS = {  # negatives of the training, and of the model whose settings are taken
    "BPR, uniform": ("uniform", "uniform"),
    "BPR, popular": ("popularity", "uniform"),
    "BPR, popular, own settings": ("popularity", "popularity"),
}
RIVALS = {"Popularity": {}, "ItemKNN": {}, "ALS": {}, "EASE": {}}  # with the settings of the library


def search(negatives):
    return Search(
        {**SHARED, "negatives": negatives, "learning_rate": 0.01, "dropout": 0.5, "weight_decay": 0.1},
        {"learning_rate": (0.003, 0.01, 0.03), "dropout": (0.2, 0.5, 0.8), "weight_decay": (0.01, 0.1, 0.5, 2.0)},
    )


def relevant_ratings(split, part, liked_from):
    """user and item of each relevant rating of the part, in the order of users."""
    data = getattr(split, part)
    data = data.take(data.rating >= liked_from)
    order = np.argsort(data.user, kind="stable")
    return data.user[order], data.item[order]


def draw_rivals(data, split, part, liked_from):
    """99 films for each relevant rating, none of which its user ever rated: evenly, and by number of ratings."""
    user, _ = relevant_ratings(split, part, liked_from)
    count = np.bincount(split.before(part).item, minlength=data.n_items)
    rated = data.matrix()
    return {
        "99 uniform": sample_negatives(rated, user, 99, rng=1, replace=False),
        "99 popular": sample_negatives(rated, user, 99, rng=2, replace=False, popularity=count),
    }


def hit_chance(better, tied, k=10):
    """Chance of a place among k, with the order among equals drawn at random."""
    return np.clip((k - better) / (tied + 1), 0, 1)


def hits(model, split, part, dataset):
    """The usual measure; and for each user the mean chance of a hit@10, among each set of rivals and in all films."""
    values = by_user(model, split, part, dataset)
    user, item = relevant_ratings(split, part, dataset.liked_from)
    users, row = np.unique(user, return_inverse=True)
    scores = model.score(users).astype(np.float64)
    wanted = scores[row, item][:, None]
    chance = {}
    for name, drawn in draw_rivals(dataset.data, split, part, dataset.liked_from).items():
        others = scores[row[:, None], drawn]
        chance[name] = hit_chance((others > wanted).sum(1), (others == wanted).sum(1))
    seen = split.seen(part).matrix()[users].tocoo()
    scores[seen.row, seen.col] = -np.inf
    counts = [(np.sum(scores[r] > w), np.sum(scores[r] == w) - 1) for r, w in zip(row, wanted)]
    chance["catalogue"] = hit_chance(*np.array(counts).T)
    ids = [dataset.data.users[int(u)] for u in users]
    for name, each in chance.items():
        values[f"hit@10, {name}"] = dict(zip(ids, (np.bincount(row, weights=each) / np.bincount(row)).tolist()))
    return values


def main(dataset):
    run = Run(dataset)
    best = {negatives: run.tune(negatives, MODEL, search(negatives)) for negatives in ("uniform", "popularity")}
    chosen = {row: best[whose] | {"negatives": own} for row, (own, whose) in MODELS.items()}
    rows = {row: run.test(MODEL, settings, measure=hits) for row, settings in chosen.items()}
    for row, settings in with_movielens_settings(dataset, "evaluation").items():
        if settings != chosen[row]:
            rows[unchanged(row)] = run.test(MODEL, settings, seeds=[0], measure=hits)
    rows |= {name: run.test(name, settings, measure=hits) for name, settings in RIVALS.items()}
    run.record("evaluation", {"split": run.split.kind, "models": MODELS}, {"chosen": chosen, "test": table(rows)})


if __name__ == "__main__":
    main(data_set("movielens"))
