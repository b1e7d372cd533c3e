"""The models that run in the page *Recommend to me*, measured on users they never met.

`split_users` leaves a tenth of the users out whole, in several draws, each with a seed of its own; every model is
fitted on the others and serves the left-out from their history alone. The embedding is trained from histories (no
vector of a user's own); its settings are chosen on the validation users of the first two draws, who take no exam in any
draw. Then what the page does to it is measured: vectors in int8, a catalogue of the films with at least two likes, the
item bias out step by step."""

import numpy as np
from _runner import Run, Search, data_set, table
from scipy.sparse import csr_array, diags_array

from recsys_lib.data import split_users
from recsys_lib.evaluation import evaluate

NAME = "page_models"
DRAWS = {"movielens": range(5), "movietweetings": range(3)}
TUNING_DRAWS = range(2)  # the first of the draws
MODEL = "MatrixFactorization"
SEARCH = Search(
    {"n_factors": 64, "use_user_vector": False, "init_scale": 0.03,
     "learning_rate": 0.01, "epochs": 100, "dropout": 0.5, "weight_decay": 0.001},
    {"dropout": (0.3, 0.5, 0.7), "weight_decay": (0.0, 0.001, 0.01), "epochs": (50, 100, 200)},
)  # fmt: skip
SIZES = (32, 64, 128)
BIAS_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
EASE_SETTINGS, NEIGHBOURS = {"regularization": 100.0}, {"n_neighbors": 30}  # EASE as the chapter chose it
LIKES_OF_THE_PAGE = 2


def int8(values):
    """Values to the nearest of 255 steps, one step size for the table, and back."""
    step = np.abs(values).max() / 127
    return (np.round(values / step) * step).astype(np.float32)


WIDTHS = {"float": lambda values: values, "int8": int8}


class Served:
    """A scorer of histories in the form evaluate asks for; with a catalogue, all else is neither read nor shown."""

    def __init__(self, model, score, catalogue=None):
        self.can_score, self._score, self.catalogue = model.can_score, score, catalogue

    def fit(self, train):
        return self

    def score(self, users=None, *, history=None):
        if self.catalogue is None:
            return self._score(history)
        scores = self._score(csr_array(history @ diags_array(self.catalogue.astype(np.float32))))
        return np.where(self.catalogue, scores, -np.inf).astype(np.float32)


def embedding_score(model, vectors, bias):
    return lambda history: model.history_weights(history) @ vectors @ vectors.T + bias


def knn_score(model, weights):
    return lambda history: (model.likes_of(history) @ weights).toarray()


def with_data(matrix, data):
    return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def in_page(split, dataset):
    """Mask of the films with enough likes for the page."""
    train = split.before("test")
    return np.bincount(train.likes(dataset.liked_from).indices, minlength=train.n_items) >= LIKES_OF_THE_PAGE


def served(model, split, part, dataset):
    """NDCG@10 of each left-out user, with the full catalogue and with the page's."""
    train, page = split.before(part), in_page(split, dataset)
    model.fit(train)
    if type(model).__name__ == "ItemKNN":
        on_page = type(model)(**model.settings).fit(train.take(page[train.item]))
        variants = {}
        for width, kept in WIDTHS.items():
            full, reduced = (with_data(m.neighbors_, kept(m.neighbors_.data)) for m in (model, on_page))
            variants[width] = knn_score(model, full), knn_score(on_page, reduced)
    elif type(model).__name__ == MODEL:
        q, b = model.item_vectors_, model.item_bias_
        variants = {width: (embedding_score(model, kept(q), b),) * 2 for width, kept in WIDTHS.items()}
        if model.n_factors == 64:
            for share in BIAS_SHARES:
                variants[f"{share:.0%} of the bias"] = (embedding_score(model, int8(q), np.float32(share) * b),) * 2
    else:
        variants = {"float": (lambda history: model.score(history=history),) * 2}
    values = {}
    for name, (full, reduced) in variants.items():
        values[f"{name}, full catalogue"] = exam(Served(model, full), split, part, dataset)
        values[f"{name}, page catalogue"] = exam(Served(model, reduced, page), split, part, dataset)
    return values


def exam(scorer, split, part, dataset):
    frame = evaluate(scorer, split, part, relevant_from=dataset.liked_from, metrics="ndcg@10").dropna(subset="value")
    return dict(zip(frame["user"], frame["value"]))


def rows_of(run, split, draw, settings):
    """{row: NDCG@10 of each left-out user} of one draw."""
    rows = {}

    def add(name, kind, its_settings):
        values = run.part(kind, its_settings, draw, "test", split=split, measure=served)
        for variant, users in values.items():
            bias = variant.split(",")[0].endswith("bias")
            rows[variant if bias else name(variant)] = users

    plain = {"Popularity": {}, "EASE": EASE_SETTINGS}
    for kind, its_settings in plain.items():
        add(lambda variant, kind=kind: f"{kind}, {variant.split(', ')[1]}", kind, its_settings)
    add(lambda variant: f"item cosine, {variant}", "ItemKNN", NEIGHBOURS)
    for size in SIZES:
        add(lambda variant, size=size: f"embedding of {size}, {variant}", MODEL, settings | {"n_factors": size})
    return rows


def main(dataset):
    run = Run(dataset)
    draws = DRAWS[dataset.name]
    splits = [split_users(dataset.data, share=0.1, rng=draw) for draw in draws]
    settings = run.tune("embedding of 64", MODEL, SEARCH, splits=splits[: len(TUNING_DRAWS)])
    chose = {dataset.data.users[int(u)] for d in TUNING_DRAWS for u in np.unique(splits[d].validation.user)}
    sums = {}
    for draw in draws:
        for row, users in rows_of(run, splits[draw], draw, settings).items():
            for user, ndcg_of_user in users.items():
                if user not in chose:
                    sums.setdefault(row, {}).setdefault(user, []).append(ndcg_of_user)
    rows = {row: [{"ndcg@10": {u: sum(v) / len(v) for u, v in users.items()}}] for row, users in sums.items()}
    kept = {"split": "split_users", "draws": len(draws), "neighbours": NEIGHBOURS, "EASE": EASE_SETTINGS}
    run.record(NAME, kept, {"chosen": {"embedding of 64": settings}, "test": table(rows)}, seeds=list(draws))


if __name__ == "__main__":
    main(data_set("movielens"))
