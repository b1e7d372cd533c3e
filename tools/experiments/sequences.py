"""Sequences: rivals of ten lines each, tuned alike, and the tests that show who uses the order.

Every row chooses decay, window and λ on validation, one setting after the other. On the leave-last-out split each row
is measured twice: fitted on train alone, as published tables of sequence models are, and refitted with validation.
Order is taken away in four ways: transitions undirected, transitions reversed, histories shuffled when the model is
asked, and histories shuffled when it is fitted. The shuffles are drawn anew for each seed."""

from dataclasses import replace

import numpy as np
from _runner import CLASSES, SEEDS, USES_LIKES, Run, Search, by_user, data_set, table, without_the_last_two

from recsys_lib.data.sequences import of_users
from recsys_lib.models import TransitionCounts

DECAYS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
WINDOWS, LAMBDAS = (5, 20, 100), (10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
START = {"decay": 0.7, "window": 20, "regularization": 100.0}
AXES = {"regularization": LAMBDAS, "decay": DECAYS, "window": WINDOWS}
ROWS = {  # row: class, what is fixed, what is chosen
    "Popularity": ("Popularity", {}, ()),
    "Popularity, of what came later": ("CameLater", {"direction": "directed"}, ()),
    "Popularity, of what came earlier": ("CameLater", {"direction": "reversed"}, ()),
    "ItemKNN": ("DecayedCosine", {"decay": 1.0}, ()),
    "ItemKNN, decayed": ("DecayedCosine", {}, ("decay",)),
    "EASE": ("DecayedEASE", {"decay": 1.0}, ("regularization",)),
    "EASE, decayed": ("DecayedEASE", {}, ("regularization", "decay")),
    "TransitionCounts": ("TransitionCounts", {}, ("decay", "window")),
    "TransitionCounts, undirected": ("TransitionCounts", {"direction": "undirected"}, ("decay", "window")),
    "TransitionCounts, reversed": ("TransitionCounts", {"direction": "reversed"}, ("decay", "window")),
    "NextItemRidge": ("NextItemRidge", {}, ("regularization", "decay", "window")),
}
SHUFFLED = ("ItemKNN, decayed", "EASE, decayed", "TransitionCounts", "NextItemRidge")
CURVES = ("ItemKNN, decayed", "EASE, decayed", "TransitionCounts", "NextItemRidge")


class CameLater(TransitionCounts):
    """How often a film came after another one, the same list for everybody: what order knows without the person."""

    needs_likes = False

    def _score(self, sequences):
        return np.tile(self.matrix_.sum(axis=0), (len(sequences.indptr) - 1, 1))


CLASSES["CameLater"] = CameLater
USES_LIKES.add("CameLater")


def shuffled(data, rng):
    """The same items and ratings of each person, dealt anew to the person's seconds."""
    in_order = np.lexsort((data.timestamp, data.user))
    dealt = np.lexsort((rng.random(len(data)), data.user))
    rating = None if data.rating is None else data.rating[dealt]
    seconds = data.timestamp[in_order]
    return replace(data, user=data.user[in_order], item=data.item[dealt], rating=rating, timestamp=seconds)


class Shuffled:
    """A model whose histories are shuffled, when it is fitted or when it is asked: for `evaluate`."""

    def __init__(self, model, draw, when):
        self.model, self.draw, self.when, self.can_score = model, draw, when, model.can_score

    def fit(self, train):
        drawn = shuffled(train, np.random.default_rng(self.draw))
        self.model.fit(drawn if self.when == "fitted" else train)
        self.asked = drawn if self.when == "asked" else train
        return self

    def score(self, users, *, history=None):
        return self.model.score(history=of_users(self.asked, users))


def without_order(model, split, part, dataset, draw, when):
    """`by_user` of a model with shuffled histories."""
    return by_user(Shuffled(model, draw, when), split, part, dataset)


def chosen_settings(run, row, kind, fixed, axes):
    if not axes:
        return fixed
    start = fixed | {axis: START[axis] for axis in axes}
    return run.tune(row, kind, Search(start, {axis: AXES[axis] for axis in AXES if axis in axes}))


def main(dataset):
    run, chosen, rows, published = Run(dataset), {}, {}, {}
    for row, (kind, fixed, axes) in ROWS.items():
        chosen[row] = chosen_settings(run, row, kind, fixed, axes)
        rows[row] = run.test(kind, chosen[row])
        if run.split.kind == "leave_last_out":
            published[row] = run.test(kind, chosen[row], measure=without_the_last_two)
    order = {row: rows[row] for row in SHUFFLED}
    for row in SHUFFLED:
        kind, draws = ROWS[row][0], SEEDS[dataset.name]
        for when in ("asked", "fitted"):
            if when == "fitted" and row not in ("TransitionCounts", "NextItemRidge"):
                continue  # cosine and EASE are fitted without any order
            order[f"{row}, shuffled when {when}"] = [
                run.part(kind, chosen[row], 0, "test", measure=without_order, arguments={"draw": draw, "when": when})
                for draw in draws
            ]
    curves = {}
    for row in CURVES:
        settings = [chosen[row] | {"decay": decay} for decay in DECAYS]
        parts = [run.part(ROWS[row][0], s, 0, "validation")["ndcg@10"] for s in settings]
        curves[row] = {str(decay): float(np.mean(list(p.values()))) for decay, p in zip(DECAYS, parts, strict=True)}
    values = {"chosen": chosen, "test": table(rows), "order": table(order), "curves": curves}
    if published:
        values["train_alone"] = table(published)
    run.record("sequences", {"split": run.split.kind, "decays": list(DECAYS), "windows": list(WINDOWS)}, values)


if __name__ == "__main__":
    main(data_set("sequences"))
