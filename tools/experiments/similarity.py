"""Similarity: item neighbours by each measure, with and without shrinkage, beside popularity and EASE.

Nothing here is random. The measures are compared at 100 neighbours of the target film, as the chapter does, and then
with other signals, lengths, cuts and sides; cosine is also tuned on validation."""

import numpy as np
from _runner import CLASSES, Run, by_user, data_set, table, unchanged, with_movielens_settings
from scipy.sparse import csr_array

from recsys_lib.models import ItemKNN
from recsys_lib.retrieval import top_k

MEASURES = {
    "co-count": {"similarity": "dot"},
    "cosine": {"similarity": "cosine"},
    "Jaccard": {"similarity": "jaccard"},
    "adjusted cosine": {"similarity": "adjusted_cosine"},
    "Pearson": {"similarity": "pearson"},
}
SHRUNK = {
    "cosine": (20,),
    "adjusted cosine": (20, 100, 500),
    "Pearson": (20, 100, 500),
}
VARIANTS = {
    "Pearson, uncut": {"similarity": "pearson", "n_neighbors": None},
    "adjusted cosine, uncut": {"similarity": "adjusted_cosine", "n_neighbors": None},
    "cosine, all neighbours": {"similarity": "cosine", "n_neighbors": None},
    "cosine, of history": {"similarity": "cosine", "neighbors_of": "history"},
    "Jaccard, of history": {"similarity": "jaccard", "neighbors_of": "history"},
}
OF_RATINGS = {
    "cosine of ratings": {"centre": False},
    "adjusted cosine, full lengths": {"centre": True},
}
GRID = [{"similarity": "cosine", "n_neighbors": k, "shrinkage": beta} for k in (30, 50, 100, 200) for beta in (0, 20)]


class CosineOfRatings(ItemKNN):
    """ItemKNN by the cosine of the ratings, lengths over all raters of a film.

    centre: take the mean of its user from each rating first, which makes it adjusted cosine but for the lengths."""

    def __init__(self, *, centre, liked_from):
        super().__init__(liked_from=liked_from)
        self.centre = centre

    def _nearest(self, matrix, items):
        return super()._nearest(centred(self.train_) if self.centre else self.train_, items)


CLASSES["CosineOfRatings"] = CosineOfRatings


def centred(ratings):
    """csr: each stored rating minus the mean of its user."""
    counts = np.diff(ratings.indptr)
    means = ratings.sum(axis=1) / np.maximum(counts, 1)
    return csr_array((ratings.data - np.repeat(means, counts), ratings.indices, ratings.indptr), ratings.shape)


def with_lists(model, split, part, dataset):
    """The usual measure; and of the lists the raters of a recommended film (mean) and the distinct films."""
    values = by_user(model, split, part, dataset)
    users, before = np.unique(getattr(split, part).user), split.before(part).matrix()
    scores, seen = model.score(users), before[users]
    top = top_k(scores, 10, exclude=seen)[model.can_score(seen, scores)]
    shown = top[top >= 0]
    raters = np.bincount(before.indices, minlength=before.shape[1])
    return values | {"raters": float(raters[shown].mean()), "films": len(np.unique(shown))}


def main(dataset):
    run = Run(dataset)

    def test(name, settings):
        return run.test(name, settings, measure=with_lists)

    rows = {"Popularity": test("Popularity", {}), "EASE": test("EASE", {})}
    for name, settings in MEASURES.items():
        rows[name] = test("ItemKNN", settings)
        for beta in SHRUNK.get(name, ()):
            rows[f"{name}, shrunk {beta}"] = test("ItemKNN", settings | {"shrinkage": beta})
    rows |= {name: test("ItemKNN", settings) for name, settings in VARIANTS.items()}
    for name, settings in OF_RATINGS.items():
        rows[name] = test("CosineOfRatings", settings | {"liked_from": dataset.liked_from})
    chosen = {"cosine, tuned": run.tune("cosine, tuned", "ItemKNN", GRID)}
    rows["cosine, tuned"] = test("ItemKNN", chosen["cosine, tuned"])
    for name, settings in with_movielens_settings(dataset, "similarity").items():
        if settings != chosen[name]:
            rows[unchanged(name)] = test("ItemKNN", settings)
    named = ("ndcg@10", "recall@20", "unserved")
    by_list = {row: [{m: part[m] for m in named} for part in parts] for row, parts in rows.items()}
    by_seed = {row: [{m: part[m] for m in ("raters", "films")} for part in parts] for row, parts in rows.items()}
    run.record("similarity", {"measures": MEASURES, "split": run.split.kind},
               {"chosen": chosen, "test": table(by_list), "test_by_seed": by_seed}, seeds=[0])  # fmt: skip


if __name__ == "__main__":
    main(data_set("movielens"))
