"""Strangers: does dropout help, does a target's place in its own history matter, and what do slips in serving cost?

The embedding of *The full build* with its settings, in four versions: with its dropout or none; with the target's own
term in the score, or without it while it trains. How long each trains is chosen on validation along its curve (fitted
on train, seed 0), so that each is stopped at its best; then five seeds on test. The settings of The full build were
chosen among eight with dropout, so the version without it has a choice of its own, learning rate and weight decay; a
fifth row keeps those of the dropout.

The slips are made with the embedding of the page *Recommend to me*, on the people and draws of its experiment."""

from unittest.mock import patch

import numpy as np
from _runner import CLASSES, Run, by_user, data_set, ndcg, table
from page_models import DRAWS, TUNING_DRAWS, Served, exam, in_page, int8

from recsys_lib import results
from recsys_lib.data import split_users

NAME = "strangers"
MODEL, LEFT_OUT = "MatrixFactorization", "TargetLeftOut"
EPOCHS = (5, 10, 15, 20, 30, 40, 60, 80, 100, 125, 150)  # where each curve is looked at
ITS_OWN = [{}, {"learning_rate": 0.002}, {"learning_rate": 0.005}, {"weight_decay": 1.0}, {"weight_decay": 5.0}]
ARMS = {  # row: class, the row whose settings it starts from (None: those of The full build), what is tried besides
    "dropout": (MODEL, None, [{}]),
    "no dropout": (MODEL, None, [{"dropout": 0.0} | more for more in ITS_OWN]),
    "dropout, target left out": (LEFT_OUT, "dropout", [{}]),
    "no dropout, target left out": (LEFT_OUT, "no dropout", [{}]),
    "no dropout, same decay": (MODEL, None, [{"dropout": 0.0}]),
}


def target_left_out():
    """The embedding whose training score of a liked film i lacks i's own term, ‖q_i‖²/√n (under the same dropout)."""
    import keras

    from recsys_lib.models import MatrixFactorization, factorization

    class Network(factorization.FactorizationNetwork):
        def call(self, inputs, training=False):
            films = self.item_vectors.embeddings
            user = self.user_vectors(inputs["user"]) + keras.ops.matmul(inputs["history"], films)
            mask = self.dropout(keras.ops.ones_like(user), training=training)
            logits = keras.ops.matmul(user * mask, keras.ops.transpose(films))
            logits = logits + keras.ops.transpose(self.item_bias.embeddings)
            if training:  # the history holds 1/√n at each like
                own = keras.ops.matmul(mask, keras.ops.transpose(films * films))
                logits = logits - keras.ops.convert_to_tensor(inputs["history"], sparse=False) * own
            return logits

    class TargetLeftOut(MatrixFactorization):
        def _network(self, train):
            with patch.object(factorization, "FactorizationNetwork", Network):
                return super()._network(train)

    return TargetLeftOut


class AsItIs:
    """A model in the middle of its training, in the form evaluate asks for."""

    def __init__(self, model):
        self.score, self.can_score = model.score, model.can_score

    def fit(self, train):
        return self


def curve(model, split, part, dataset, epochs):
    """Mean NDCG@10 of the part, {"after N epochs": number}, along one training."""
    import keras

    make, values = model._network, {}

    class Look(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch + 1 in epochs:
                values[f"after {epoch + 1} epochs"] = ndcg(by_user(AsItIs(model), split, part, dataset))

    def watched(train):
        network = make(train)
        fit = network.fit
        network.fit = lambda *x, callbacks, **more: fit(*x, callbacks=[*callbacks, Look()], **more)
        return network

    with patch.object(model, "_network", watched):
        model.fit(split.before(part))
    return values


def chosen_on_curve(run, row, kind, candidates):
    """The settings and number of epochs that did best on validation; the whole curves are kept as what was tried."""
    tried = run.settings_tried[row] = []
    for settings in candidates:
        longest = settings | {"epochs": EPOCHS[-1]}
        values = run.part(kind, longest, 0, "validation", measure=curve, arguments={"epochs": list(EPOCHS)})
        for n in EPOCHS:
            validation = round(values[f"after {n} epochs"], 5)
            tried.append({"settings": settings | {"epochs": n}, "validation": validation})
    return max(tried, key=lambda one: one["validation"])["settings"]


def slipped(model, split, part, dataset):
    """NDCG@10 of each left-out user, served from the page's table as it should be and with a slip."""
    model.fit(split.before(part))
    films, bias = int8(model.item_vectors_), model.item_bias_
    step = np.abs(films).max() / 127
    steps = np.round(films / step).astype(np.int8)

    def score(liked_from=dataset.liked_from, power=0.5, share=1, shift=0, total=lambda likes: likes @ films):
        def of(history):
            likes = (history >= liked_from).toarray().astype(np.float32)
            n = np.maximum(likes.sum(axis=1, keepdims=True), 1)
            return np.roll(total(likes) / n**power @ films.T + share * bias, shift, axis=1)

        return of

    scores = {
        "right": score(),
        "without √n": score(power=0),
        "n in place of √n": score(power=1),
        "all rated taken as liked": score(liked_from=0.5),
        "bias lost": score(share=0),
        "sum kept in int8": score(total=lambda likes: (likes.astype(np.int8) @ steps).astype(np.float32) * step),
        "table one row off": score(shift=1),
    }
    page = in_page(split, dataset)
    return {slip: exam(Served(model, its_score, page), split, part, dataset) for slip, its_score in scores.items()}


def slips(run):
    """The table of the slips: each user averaged over the draws; nobody who chose the page's settings is in it."""
    dataset, sums = run.dataset, {}
    splits = [split_users(dataset.data, share=0.1, rng=draw) for draw in DRAWS[dataset.name]]
    chose = {dataset.data.users[int(u)] for d in TUNING_DRAWS for u in np.unique(splits[d].validation.user)}
    settings = results.load("page_models" + dataset.suffix)["values"]["chosen"]["embedding of 64"]
    for draw, split in enumerate(splits):
        for slip, users in run.part(MODEL, settings, draw, "test", split=split, measure=slipped).items():
            for user, value in users.items():
                if user not in chose:
                    sums.setdefault(slip, {}).setdefault(user, []).append(value)
    return table({slip: [{"ndcg@10": {u: sum(v) / len(v) for u, v in users.items()}}] for slip, users in sums.items()})


def main(dataset):
    CLASSES.setdefault(LEFT_OUT, target_left_out())
    run, chosen, rows = Run(dataset), {}, {}
    start = results.load("full_build" + dataset.suffix)["values"]["chosen"][MODEL]
    for row, (kind, base, changes) in ARMS.items():
        chosen[row] = chosen_on_curve(run, row, kind, [chosen.get(base, start) | more for more in changes])
        rows[row] = run.test(kind, chosen[row])
    values = {"chosen": chosen, "test": table(rows), "slips": slips(run)}
    run.record(NAME, {"split": run.split.kind, "epochs": list(EPOCHS), "tuning_seeds": [0]}, values)


if __name__ == "__main__":
    main(data_set("movielens"))
