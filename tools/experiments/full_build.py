"""The long runs behind *The full build*: rivals tuned alike, the test table, three arms of the embedding, newcomers.

Every tuned model gets eight settings on validation (fitted on train, seed 0); the test part is then scored with the
setting chosen, a random model with five seeds. Newcomers are users left out whole, in several draws, each with a seed
of its own."""

from _runner import Run, Search, by_user, data_set, table, unchanged, with_movielens_settings

from recsys_lib.data import split_users

DRAWS = {"movielens": range(6), "movietweetings": range(3)}
RIVALS = {
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
}
EMBEDDING = Search(
    {"n_factors": 128, "init_scale": 0.03, "learning_rate": 0.01, "dropout": 0.8, "weight_decay": 0.001, "epochs": 100},
    {"dropout": (0.7, 0.8, 0.9), "learning_rate": (0.005, 0.01, 0.02), "weight_decay": (0.0, 0.001, 0.01),
     "epochs": (100, 200)},
)  # fmt: skip
MODEL = "MatrixFactorization"
TAKEN_AWAY = ", no own vector"
ARMS = {
    "trained on own vector alone": {"use_history": False},
    "trained on history alone": {"use_user_vector": False},
}


class Strangers:
    """A fitted model that must serve everybody from history alone, as if it had never met them."""

    def __init__(self, model):
        self.model, self.can_score = model, model.can_score

    def fit(self, train):
        return self

    def score(self, users=None, *, history=None):
        return self.model.score(history=self.model.train_[users] if history is None else history)


def with_strangers(model, split, part, dataset):
    """The usual measure, and once more with each user's own vector taken away."""
    known = by_user(model, split, part, dataset)
    taken_away = by_user(Strangers(model), split, part, dataset)
    return known | {metric + TAKEN_AWAY: values for metric, values in taken_away.items()}


def main(dataset):
    run = Run(dataset)
    chosen = {name: run.tune(name, name, grid) for name, grid in RIVALS.items()}
    chosen[MODEL] = run.tune(MODEL, MODEL, EMBEDDING)
    rows = {name: run.test(name, chosen[name]) for name in RIVALS}
    both = run.test(MODEL, chosen[MODEL], measure=with_strangers)
    rows[MODEL] = [{m: v for m, v in seed.items() if not m.endswith(TAKEN_AWAY)} for seed in both]
    rows["own vector taken away"] = [
        {m.removesuffix(TAKEN_AWAY): v for m, v in seed.items() if m.endswith(TAKEN_AWAY)} for seed in both
    ]
    for arm, more in arms(dataset).items():
        rows[arm] = run.test(MODEL, chosen[MODEL] | more)
    for name, settings in with_movielens_settings(dataset, "full_build").items():
        if settings != chosen[name]:
            rows[unchanged(name)] = run.test(name, settings, seeds=[0])
    values = {"chosen": chosen, "test": table(rows), "newcomers": newcomers(run, chosen)}
    draws = len(DRAWS[dataset.name])
    run.record("full_build", {"split": "split_by_user_time", "tuning_seeds": [0], "draws": draws}, values)


def arms(dataset):
    """The embedding with a part of it left out; on the second data set only the whole is trained."""
    return ARMS if dataset.name == "movielens" else {}


def newcomers(run, chosen):
    """The table of users left out whole: NDCG@10, each user averaged over the draws in which it was left out."""
    table_of = {name: (name, {}) for name in chosen}
    if "trained on history alone" in arms(run.dataset):
        table_of["trained on history alone"] = MODEL, ARMS["trained on history alone"]
    sums = {row: {} for row in table_of}
    for draw in DRAWS[run.dataset.name]:
        split = split_users(run.dataset.data, share=0.1, rng=draw)
        for row, (name, more) in table_of.items():
            part = run.part(name, chosen[name] | more, draw, "test", split=split)
            for user, value in part["ndcg@10"].items():
                sums[row].setdefault(user, []).append(value)
    means = {row: [{"ndcg@10": {u: sum(v) / len(v) for u, v in users.items()}}] for row, users in sums.items()}
    return table(means)


if __name__ == "__main__":
    main(data_set("movielens"))
