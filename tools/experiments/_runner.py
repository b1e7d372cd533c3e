"""What every experiment shares: tune, choose, fit, test, each finished part kept at once.

An experiment runs on two data sets. A part is one fit with its measures. Its key holds the class, all its settings,
the seed, the measure, the ratings, the versions of the packages and `COMPUTES`, so that a run that was interrupted goes
on where it stopped, and a model that several chapters need is fitted once. The code itself is not in the key: whoever
changes what a model or a measure computes raises `COMPUTES`, and everything is run again."""

import hashlib
import json
import os
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np

from recsys_lib import models, results
from recsys_lib.data import (
    Interactions,
    data_home,
    load_movielens,
    load_movietweetings,
    simulate_sequences,
    simulate_world,
    split_by_user_time,
    split_leave_last_out,
)
from recsys_lib.data.sequences import of_users
from recsys_lib.evaluation import evaluate
from recsys_lib.models.ordered import DatedRecommender

COMPUTES = 1  # the number goes up with every change of code that changes a stored figure
# of what is random, on test
SEEDS = {"movielens": range(5), "movietweetings": range(3), "sequences": range(5), "sequences_movielens": range(3)}
METRICS = ("ndcg@10", "recall@20")
EMBEDDINGS = ("MatrixFactorization", "WrongGradient", "TargetLeftOut", "SASRec", "GRURec", "DatedSASRec")
SEED_ARGUMENT = {"ALS": "rng"} | dict.fromkeys(EMBEDDINGS, "seed")  # the models that are random
ORDERED = ("DecayedCosine", "DecayedEASE", "TransitionCounts", "NextItemRidge", "RecentPopularity", "RecencyRidge")
USES_LIKES = {"Popularity", "ItemKNN", "EASE", "ALS", *ORDERED, *EMBEDDINGS}
CLASSES = {name: getattr(models, name) for name in ("Popularity", "BiasModel", "ItemKNN", "EASE", "ALS", *ORDERED)}


class DataSet(NamedTuple):
    """Ratings, from which rating on one is a like (None: every pair), what the file of results is called after it, and
    how it is cut."""

    name: str
    data: Interactions
    liked_from: float | None
    suffix: str
    cut: Callable = split_by_user_time


def data_set(name):
    """One of the two data sets of most chapters, or of the two of the chapters about sequences."""
    if name in ("movielens", "sequences_movielens"):
        return DataSet(name, load_movielens(), 4.0, "" if name == "movielens" else "_movielens")
    if name == "movietweetings":
        return DataSet(name, load_movietweetings().k_core(user=5, item=5), 8.0, "_movietweetings")
    if name == "last_film_movietweetings":  # the second of a chapter that begins with MovieLens
        return data_set("sequences")._replace(name=name, suffix="_movietweetings")
    if name == "known_world":  # of which the best possible NDCG is known
        return DataSet(name, known_world().interactions, None, "_world", split_leave_last_out)
    return DataSet(name, load_movietweetings().k_core(user=3, item=3), None, "", split_leave_last_out)


@cache
def known_world():
    """The truth of the data set of this name: the world of Sequences with three times its people, and twelve steps."""
    world = simulate_world(n_users=3000, n_items=150, rng=0)
    return simulate_sequences(world, length=12, rng=0)


def order_and_date(dataset):
    """The results of Sequences and of The date in which settings were chosen on this cut of the data; else None."""
    if dataset.cut is split_leave_last_out:
        return "sequences", "date"
    return ("sequences_movielens", "date_movielens") if "movielens" in dataset.name else None


def build(name, settings, seed, liked_from):
    """A model of a class by name, imported only when it is needed."""
    if name not in CLASSES:
        CLASSES[name] = getattr(models, name)
    more = {SEED_ARGUMENT[name]: seed} if name in SEED_ARGUMENT else {}
    if name in USES_LIKES:
        more |= {"implicit": True} if liked_from is None else {"liked_from": liked_from}
    return CLASSES[name](**settings, **more)


def by_user(model, split, part, dataset, **more):
    """The measure of most tables: {metric: {user: value}} of the users with something relevant, and who got no list.

    more: arguments of `evaluate`, by name."""
    frame = evaluate(model, split, part, relevant_from=dataset.liked_from, metrics=METRICS, **more)
    frame = frame.dropna(subset="value")
    values = {name: dict(zip(rows["user"], rows["value"])) for name, rows in frame.groupby("metric", sort=False)}
    return values | {"unserved": dict.fromkeys(frame.loc[~frame["served"], "user"], 1)}


class FittedOnTrain:
    """A model fitted without the last two of each person, whose history at the test is whole: for `evaluate`."""

    reads_order = True

    def __init__(self, model, split):
        self.model, self.split, self.can_score = model, split, model.can_score

    def fit(self, train):
        self.model.fit(self.split.train)
        self.known = train
        return self

    def score(self, users, *, history=None, **when):
        known = of_users(self.known, users)
        return self.model.score(history=known if self.model.reads_order else known.matrix(), **when)


class DatedFittedOnTrain(FittedOnTrain):
    """The same of a model that is told the moment."""

    def score(self, users, *, history=None, at=None):
        return super().score(users, at=at)


def without_the_last_two(model, split, part, dataset):
    """`by_user` of a model that was fitted on train alone, as published tables of sequence models are."""
    wrapper = DatedFittedOnTrain if isinstance(model, DatedRecommender) else FittedOnTrain
    return by_user(wrapper(model, split), split, part, dataset)


def replayed(model, split, part, dataset):
    """`by_user` where a model that knows the date counts what other people did in the part before the moment, too."""
    return by_user(model, split, part, dataset, replay=part)


class Run:
    """The parts of one experiment on one data set: fitted, or read back where they were fitted before."""

    def __init__(self, dataset):
        self.dataset, self.start = dataset, time.time()
        self.split = dataset.cut(dataset.data)
        self.seconds, self.settings_tried = 0.0, {}

    def part(self, name, settings, seed, part, *, split=None, measure=by_user, arguments=None):
        """What `measure` says of one fitted model, {metric: {user: value} or number}; kept under its key.

        arguments: further ones of the measure, by name; they stand in the key too."""
        split, arguments = self.split if split is None else split, arguments or {}
        model = build(name, settings, seed if name in SEED_ARGUMENT else 0, self.dataset.liked_from)
        ratings = [results.fingerprint(x) for x in (split.before(part), split.seen(part), getattr(split, part))]
        key = [name, model.settings, part, measure.__name__, arguments, METRICS, ratings, results.versions(), COMPUTES]
        digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:24]
        path = data_home() / "experiments" / f"{digest}.json"
        if not path.exists():
            begin = time.time()
            values = measure(model, split, part, self.dataset, **arguments)
            values = {metric: list(v.items()) if isinstance(v, dict) else v for metric, v in values.items()}
            write_whole(path, {"key": key, "seconds": time.time() - begin, "values": values})
            print(f"{self.dataset.name} {name} {settings} seed {seed} {part}: {summary(values)}, "
                  f"{time.time() - begin:.0f} s", flush=True)  # fmt: skip
        kept = json.loads(path.read_text(encoding="utf-8"))
        self.seconds += kept["seconds"]
        return {metric: dict(map(tuple, v)) if isinstance(v, list) else v for metric, v in kept["values"].items()}

    def tune(self, row, name, candidates, *, score=None, splits=None, measure=by_user, arguments=None):
        """The settings that are best on validation, out of a list or of a `Search`; all that were tried are kept.

        score: what to make large, of what the measure says; the mean NDCG@10 where None.   splits: one a seed, of
        which the mean counts; where None the run's own, with seed 0."""
        score = ndcg if score is None else score
        splits = [self.split] if splits is None else splits
        tried = self.settings_tried.setdefault(row, [])

        def value(settings):
            for one in tried:
                if one["settings"] == settings:
                    return one["validation"]
            values = [
                score(self.part(name, settings, seed, "validation", split=split, measure=measure, arguments=arguments))
                for seed, split in enumerate(splits)
            ]
            tried.append({"settings": settings, "validation": round(float(np.mean(values)), 5)})
            return tried[-1]["validation"]

        if isinstance(candidates, Search):
            return candidates.best(value)
        return max(candidates, key=value)

    def test(self, name, settings, *, seeds=None, measure=by_user, arguments=None):
        """What the measure says on test, a list with an entry a seed."""
        seeds = SEEDS[self.dataset.name] if seeds is None else seeds
        seeds = seeds if name in SEED_ARGUMENT else [0]
        return [self.part(name, settings, seed, "test", measure=measure, arguments=arguments) for seed in seeds]

    def record(self, experiment, settings, values, *, seeds=None):
        """Write the results of the experiment on this data set."""
        seeds = SEEDS[self.dataset.name] if seeds is None else seeds
        name = experiment + self.dataset.suffix
        settings = {"data": self.dataset.name, "liked_from": self.dataset.liked_from, **settings}
        source = {"sequences": "movietweetings", "sequences_movielens": "movielens"}
        source["last_film_movietweetings"] = "movietweetings"
        inputs = {source.get(self.dataset.name, self.dataset.name): self.dataset.data}
        values = {"tried": self.settings_tried, **values}
        results.record(name, settings, values, seeds=seeds, inputs=inputs, seconds=self.seconds)


class Search:
    """One setting after the other: each of its values while the others stand, and the best is kept.

    The same number of settings for every model, and each setting that matters gets its turn."""

    def __init__(self, start, axes, make=lambda settings: settings):
        self.start, self.axes, self.make = start, axes, make

    def best(self, value):
        settings = dict(self.start)
        for axis, values in self.axes.items():
            settings[axis] = max(values, key=lambda x: value(self.make(settings | {axis: x})))
        return self.make(settings)


def popularity_of(data, liked_from):
    """How many people liked each item; every pair is a like where there are no ratings or no threshold."""
    liked = np.ones(len(data), bool) if data.rating is None or liked_from is None else data.rating >= liked_from
    return np.bincount(data.item[liked], minlength=data.n_items)


def write_side_by_side(model, records, prompts, max_tokens, block=32):
    """Greedy answers of a language model to the prompts that are not in the records, which they are added to.

    model: a function that gives the LanguageModel, called where something has to be written.   records: those of a
    `Recorder`.   Prompts of the same number of tokens go side by side, `block` at most. Yields, after each block, how
    many blocks are done, how many there are, and the tokens it wrote."""
    from recsys_lib.llm_client import request_hash, request_to_generate

    by_length = {}
    for prompt in dict.fromkeys(prompts):
        if (key := request_hash(request_to_generate(prompt, max_tokens, 0.0, 1.0, 0))) not in records:
            by_length.setdefault(len(ids := model().chat(prompt)), []).append((key, ids))
    blocks = [rows[i : i + block] for _, rows in sorted(by_length.items()) for i in range(0, len(rows), block)]
    for number, some in enumerate(blocks, 1):
        texts = [ids for _, ids in some]
        written = model().write(texts, lambda logits, _: logits.argmax(axis=1), max_tokens=max_tokens)
        records |= {key: model().decode(ids) for (key, _), ids in zip(some, written)}
        yield number, len(blocks), sum(map(len, written))


def ndcg(part):
    return float(np.mean(list(part["ndcg@10"].values())))


def table(rows, digits=4):
    """{users, unserved, rows: {row: {metric: [values of a seed, …]}}}, as `results.frames` reads it."""
    users = list(next(iter(next(iter(rows.values()))[0].values())))
    unserved = {
        row: [user for user in users if any(user in part.get("unserved", ()) for part in parts)]
        for row, parts in rows.items()
    }
    return {
        "users": users,
        "unserved": {row: some for row, some in unserved.items() if some},
        "rows": {
            row: {m: [vector(part[m], users, digits) for part in parts] for m in parts[0] if m != "unserved"}
            for row, parts in rows.items()
        },
    }


def vector(values, users, digits):
    assert set(values) == set(users), "all rows of a table are measured on the same users"
    return [round(values[user], digits) for user in users]


def with_movielens_settings(dataset, experiment):
    """{row: settings} as they were chosen on the first data set; none while that itself is run."""
    if not dataset.suffix:
        return {}
    return results.load(experiment)["values"]["chosen"]


def unchanged(row, first="MovieLens"):
    return f"{row} (settings of {first})"


def summary(values):
    parts = []
    for metric, v in values.items():
        v = [x for _, x in v] if isinstance(v, list) else v
        if v and isinstance(v, (list, float, int)):
            parts.append(f"{metric} {np.mean(v):.4f}")
    return ", ".join(parts)


def write_whole(path: Path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.part")
    try:
        draft.write_text(json.dumps(content), encoding="utf-8")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
