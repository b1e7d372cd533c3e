"""The date: what is counting the last days worth, beside and inside models of sequences?

All choices are made on validation. The weights of the table `test` see all of the split's training, as in every table;
the counts see nothing at or after the moment. In `cut`, on the leave-last-out split, the weights too end before the
moment: fitted once on what lies before one second (where `split_by_global_time` begins its test), or anew each week,
for the same people and films to find. Their histories and the counts go on."""

import copy

import numpy as np
from _runner import Run, Search, by_user, data_set, ndcg, replayed, table, without_the_last_two
from strangers import curve

from recsys_lib import results
from recsys_lib.data import split_by_global_time
from recsys_lib.data.sequences import of_users
from recsys_lib.models.dated import DAY

NAME = "date"
WINDOWS = (0.5, 1, 2, 3, 5, 7, 14, 30)
LONGER = (90, 365, 1825)  # for MovieLens, of which a few days hold next to nothing
DELAYS = (1, 3, 7, 14, 30)
HALF_LIVES = (15, 30, 60, 120)
AXES = {"regularization": (10.0, 30.0, 100.0, 300.0), "weight": (0.5, 1, 2, 4, 8), "days": (1, 2, 3, 5)}
CUT_AXES = {"regularization": (30.0, 100.0, 300.0, 1000.0), "weight": (4, 8, 16)}
WAYS = {"once": 0, "weekly": 7}
EPOCHS = (2, 4, 6, 8, 10, 12)  # where the curve of attention is looked at
SEEDS_OF_ATTENTION = {"both": 3, "bias": 3, "input": 3}


class UntilMidnight:
    """Recent popularity whose counts end at the last midnight (UTC) before the moment: for `evaluate`."""

    def __init__(self, model):
        self.model, self.fit, self.can_score = model, model.fit, model.can_score
        self.reads_order = True

    def score(self, users=None, *, history=None, at=None):
        return self.model.score(users, history=history, at=at - at % DAY)


def up_to_midnight(model, split, part, dataset):
    return by_user(UntilMidnight(model), split, part, dataset)


class Deployed:
    """A model whose weights end before the moment: for `evaluate`, all users in one block.

    Fitted on what lies before `start`, and where `every` (seconds) is given, anew after each such time. A person comes
    with everything it rated earlier; of others, the counts of a model that knows the date go on to the moment. Served
    are those who come from `start` on and before `end`; `deployed` leaves the others out."""

    reads_order = True

    def __init__(self, model, start, end, every):
        self.model, self.start, self.end, self.every = model, start, end, every

    def fit(self, train):
        self.known = train
        return self

    def can_score(self, history, scores):
        return (scores != 0).any(axis=1)

    def fitted(self, period):
        earlier = self.known.timestamp < self.start + period * self.every
        model = copy.copy(self.model).fit(self.known.take(earlier))
        if hasattr(model, "replay"):
            model.replay(self.known.take(~earlier))
        return model

    def score(self, users, *, history=None, at=None):
        scores = np.zeros((len(users), self.known.n_items), np.float32)
        period = (at - self.start) // self.every if self.every else np.zeros(len(at), np.int64)
        period[(at < self.start) | (at >= self.end)] = -1
        for one in np.unique(period[period >= 0]).tolist():
            rows = np.flatnonzero(period == one)
            model, known = self.fitted(one), of_users(self.known, users[rows])
            when = {"at": at[rows]} if hasattr(model, "replay") else {}
            scores[rows] = model.score(history=known if model.reads_order else known.matrix(), **when)
        return scores


def served(split, part, dataset):
    """The seconds between which a global cut of the data has this part, and the ids of those asked about then."""
    cut = split_by_global_time(dataset.data)
    start, end = int(getattr(cut, part).timestamp.min()), int(getattr(cut, part).timestamp.max()) + 1
    held_out = getattr(split, part)
    inside = (held_out.timestamp >= start) & (held_out.timestamp < end)
    return start, end, {held_out.users[int(u)] for u in held_out.user[inside]}


def deployed(model, split, part, dataset, every):
    """`by_user` of the people of `served`, by a model that is fitted before them; every: days, 0 for once."""
    start, end, people = served(split, part, dataset)
    wrapper = Deployed(model, start, end, every * DAY)
    values = by_user(wrapper, split, part, dataset, block=split.train.n_users)
    return {metric: {user: v for user, v in of.items() if user in people} for metric, of in values.items()}


def only_ndcg(rows):
    """Rows with one metric, and few enough numbers for the package."""
    return table(
        {row: [{m: part[m] for m in ("ndcg@10", "unserved")} for part in parts] for row, parts in rows.items()}
    )


def choose(run, ridge):
    """Row → class and settings, chosen on validation; on MovieLens, where a ridge takes a minute, of few."""
    quick = run.split.kind == "leave_last_out"
    windows = WINDOWS if quick else WINDOWS + LONGER
    recent = run.tune("RecentPopularity", "RecentPopularity", [{"days": days} for days in windows])
    search = Search(ridge | {"weight": 2, **recent}, AXES if quick else {"weight": (0.1, 0.2, 0.5, 2)})
    both = run.tune("RecencyRidge", "RecencyRidge", search)
    rows = {
        "Popularity": ("Popularity", {}),
        "NextItemRidge": ("NextItemRidge", ridge),
        "RecentPopularity": ("RecentPopularity", recent),
        "RecencyRidge": ("RecencyRidge", both),
    }
    if quick:
        for row, settings in (("NextItemRidge", ridge | {"weight": 0}), ("RecencyRidge", both)):
            row = f"{row}, decay of the fit"
            tried = [settings, *(settings | {"half_life": days} for days in HALF_LIVES)]
            rows[row] = "RecencyRidge", run.tune(row, "RecencyRidge", tried)
    return rows


def main(dataset):
    run = Run(dataset)
    ridge = results.load("sequences" + dataset.suffix)["values"]["chosen"]["NextItemRidge"]
    of_rows = choose(run, ridge)
    rows = {row: run.test(*of) for row, of in of_rows.items()}
    validation, values = {row: ndcg(run.part(*of, 0, "validation")) for row, of in of_rows.items()}, {}
    if run.split.kind == "leave_last_out":
        dated = [row for row, of in of_rows.items() if of[0] in ("RecentPopularity", "RecencyRidge")]
        for row in ("RecentPopularity", "RecencyRidge"):
            rows[f"{row}, replay"] = run.test(*of_rows[row], measure=replayed)
        rows["RecentPopularity, up to midnight"] = run.test(*of_rows["RecentPopularity"], measure=up_to_midnight)
        alone = {row: run.test(*of_rows[row], measure=without_the_last_two) for row in ("NextItemRidge", *dated)}
        stale = {
            f"{row}, {days}": run.test(of_rows[row][0], of_rows[row][1] | {"delay": days})
            for row in ("RecentPopularity", "RecencyRidge")
            for days in DELAYS
        }
        values["cut"], values["chosen_for_cut"] = cut(run, of_rows, rows)
        values |= {"train_alone": only_ndcg(alone), "stale": only_ndcg(stale)}
        rows |= attention(run, of_rows)
    chosen = {row: settings for row, (_, settings) in of_rows.items()}
    values |= {"chosen": chosen, "validation": validation, "test": only_ndcg(rows)}
    settings = {"split": run.split.kind, "windows": list(WINDOWS), "delays": list(DELAYS)}
    run.record(NAME, settings, values, seeds=range(max(SEEDS_OF_ATTENTION.values())))


def cut(run, of_rows, rows):
    """The table `cut`, and the settings that were chosen for models that are fitted weekly, before each moment.

    They are chosen on the people of the validation part between the two seconds where the global cut has its own."""
    *_, people = served(run.split, "test", run.dataset)
    chosen, found = {}, {}
    for row in ("Popularity", "NextItemRidge", "RecentPopularity", "RecencyRidge"):
        kind, settings = of_rows[row]
        found[row] = [{m: {u: v for u, v in of.items() if u in people} for m, of in rows[row][0].items()}]
        if axes := {axis: CUT_AXES[axis] for axis in CUT_AXES if axis in settings}:
            search, more = Search(settings, axes), {"measure": deployed, "arguments": {"every": 7}}
            settings = run.tune(f"{row}, weekly", kind, search, **more)
        chosen[row] = settings
        for name, every in WAYS.items():
            if axes or name == "once":  # popularity and counts do not change within weeks
                found[f"{row}, {name}"] = run.test(kind, settings, measure=deployed, arguments={"every": every})
    return only_ndcg(found), chosen


def attention(run, of_rows):
    """Rows of attention with the recency as a bias and an input, and as either alone.

    How long it trains is chosen on validation along the curve of both, and kept for the other two, which so differ by
    one thing."""
    days, rows = of_rows["RecentPopularity"][1]["days"], {}
    both = {"recency": "both", "days": days, "dropout": 0.3}
    longest, more = both | {"epochs": EPOCHS[-1]}, {"epochs": list(EPOCHS)}
    values = run.part("DatedSASRec", longest, 0, "validation", measure=curve, arguments=more)
    tried = run.settings_tried.setdefault("DatedSASRec, both", [])
    tried += [{"settings": both | {"epochs": n}, "validation": round(values[f"after {n} epochs"], 5)} for n in EPOCHS]
    both = max(tried, key=lambda one: one["validation"])["settings"]
    for recency, seeds in SEEDS_OF_ATTENTION.items():
        row = f"DatedSASRec, {recency}"
        of_rows[row] = "DatedSASRec", both | {"recency": recency}
        rows[row] = run.test(*of_rows[row], seeds=range(seeds))
    return rows


if __name__ == "__main__":
    main(data_set("sequences"))
