"""Similarity: item neighbours by each measure, with and without shrinkage, beside popularity and EASE.

Nothing here is random. The measures are compared at 100 neighbours of the target film, as the chapter does; cosine is
also tuned on validation."""

from _runner import Run, data_set, table, unchanged, with_movielens_settings

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
GRID = [
    {"similarity": "cosine", "n_neighbors": k, "shrinkage": beta} for k in (30, 50, 100, 200) for beta in (0, 20)
]


def main(dataset):
    run = Run(dataset)
    rows = {"Popularity": run.test("Popularity", {}), "EASE": run.test("EASE", {})}
    for name, settings in MEASURES.items():
        rows[name] = run.test("ItemKNN", settings)
        for beta in SHRUNK.get(name, ()):
            rows[f"{name}, shrunk {beta}"] = run.test("ItemKNN", settings | {"shrinkage": beta})
    chosen = {"cosine, tuned": run.tune("cosine, tuned", "ItemKNN", GRID)}
    rows["cosine, tuned"] = run.test("ItemKNN", chosen["cosine, tuned"])
    for name, settings in with_movielens_settings(dataset, "similarity").items():
        if settings != chosen[name]:
            rows[unchanged(name)] = run.test("ItemKNN", settings)
    run.record("similarity", {"measures": MEASURES, "split": run.split.kind},
               {"chosen": chosen, "test": table(rows)}, seeds=[0])  # fmt: skip


if __name__ == "__main__":
    main(data_set("movielens"))
