"""Attention: one network under three losses, with its places counted from either end, a GRU, and cheap rivals.

Every network has the same choices, its dropout and how long it trains: NDCG@10 on validation is looked
at along each training (fitted on train, seed 0), and the best point is kept. Then five seeds on test, refitted with
validation; two of them also fitted on train alone, as published tables are, with one seed. The rivals choose decay,
window and λ as in `sequences`. Seconds are those of a fit and its exam on one core. On MovieLens, whose trainings take
minutes, the choices are two sizes of a batch, with one dropout, and there are three seeds."""

from _runner import Run, data_set, table, without_the_last_two
from sequences import ROWS, chosen_settings
from strangers import curve

EPOCHS = {"": [5, 10, 15, 20, 25], "_movielens": [4, 8, 12]}  # where each curve is looked at
CHOICES = {
    "": [{"dropout": p, "learning_rate": 0.002} for p in (0.3, 0.5)],
    "_movielens": [{"dropout": 0.5, "learning_rate": 0.002, "batch_size": size} for size in (1024, 256)],
}
RIVALS = ("Popularity", "ItemKNN", "TransitionCounts", "NextItemRidge")  # as `sequences` names them
NETWORKS = {  # row: class, what is fixed
    "SASRec": ("SASRec", {"loss": "softmax"}),
    "SASRec, places from the start": ("SASRec", {"loss": "softmax", "counted_from": "start"}),
    "SASRec, one negative": ("SASRec", {"loss": "bce"}),
    "SASRec, gBCE": ("SASRec", {"loss": "gbce", "n_negatives": 32}),
    "GRURec": ("GRURec", {"loss": "softmax", "n_layers": 1}),
}
LONGER = {"SASRec, one negative": (2, 3)}  # an epoch of it costs a third, so it may train two and three times as long
ROWS_OF = {"": (*RIVALS, *NETWORKS), "_movielens": (*RIVALS, "SASRec", "SASRec, one negative")}
AS_PUBLISHED = ("NextItemRidge", "SASRec", "SASRec, one negative")


def epochs_of(row, suffix):
    """After how many epochs the curve of a row is looked at."""
    return EPOCHS[suffix] + [times * EPOCHS[suffix][-1] for times in LONGER.get(row, ())]


def chosen_on_curve(run, row):
    """The settings and number of epochs of a network that did best on validation; whole curves are kept as tried."""
    kind, fixed = NETWORKS[row]
    tried, epochs = run.settings_tried.setdefault(row, []), epochs_of(row, run.dataset.suffix)
    for choice in CHOICES[run.dataset.suffix]:
        settings = fixed | choice
        longest = settings | {"epochs": epochs[-1]}
        values = run.part(kind, longest, 0, "validation", measure=curve, arguments={"epochs": epochs})
        for n in epochs:
            tried.append({"settings": settings | {"epochs": n}, "validation": round(values[f"after {n} epochs"], 5)})
    return max(tried, key=lambda one: one["validation"])["settings"]


def main(dataset, rows=None):
    """rows: some of them alone, of which parts are kept but nothing is recorded, so that two can run side by side."""
    rows = ROWS_OF[dataset.suffix] if rows is None else rows
    run, chosen, tested, published, seconds = Run(dataset), {}, {}, {}, {}
    for row in rows:
        if row in RIVALS:
            kind, fixed, axes = ROWS[row]
            chosen[row] = chosen_settings(run, row, kind, fixed, axes)
        else:
            kind, chosen[row] = NETWORKS[row][0], chosen_on_curve(run, row)
        before = run.seconds
        tested[row] = run.test(kind, chosen[row])
        seconds[row] = round((run.seconds - before) / len(tested[row]), 1)
        if row in AS_PUBLISHED and run.split.kind == "leave_last_out":
            published[row] = run.test(kind, chosen[row], seeds=[0], measure=without_the_last_two)
    if set(rows) == set(ROWS_OF[dataset.suffix]):
        values = {"chosen": chosen, "seconds": seconds, "test": table(tested)}
        if published:
            values["train_alone"] = table(published)
        run.record("attention", {"split": run.split.kind, "epochs": EPOCHS[dataset.suffix]}, values)


if __name__ == "__main__":
    main(data_set("sequences"))
