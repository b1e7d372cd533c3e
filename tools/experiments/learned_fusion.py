"""Learning to fuse: rankers that learn from earlier slices of time whom to trust, on the same candidates and columns.

On MovieLens under the course's protocol, on MovieTweetings under leave-last-out, with slices of the test's width. The
columns of each slice are computed once, by `Signals` fitted on the slice's history alone, and kept: all rankers, all
rows without a group of columns, and all seeds read the same. Settings that a row has are chosen on the latest slice by
a ranker that learnt from the earlier ones. Seeds draw the rankers' start or their columns; ALS among the columns keeps
one start. In `leak` the same rankers learn from one slice, by models that had seen its targets, or not.

Then text and ids in one model, on the likes alone: settings chosen on validation; and among cold items, in five draws
of a tenth of the items (a tenth of which is held out in the same way to choose μ and ρ)."""

import functools
import hashlib
import importlib
import json
import os
import time
from contextlib import contextmanager
from dataclasses import replace
from itertools import product

import numpy as np
import text_encoder
from _runner import (
    COMPUTES,
    METRICS,
    Run,
    build,
    by_user,
    data_set,
    ndcg,
    order_and_date,
    popularity_of,
    table,
    write_whole,
)
from scipy.sparse import csr_array

from recsys_lib import metrics, results
from recsys_lib.candidates import Candidates, relevant_matrix, union
from recsys_lib.data import cold_items, data_home
from recsys_lib.data.sequences import of_users
from recsys_lib.data.slices import time_slices
from recsys_lib.evaluation import first_seconds
from recsys_lib.models import ALS, EASE, ItemRidge
from recsys_lib.models.content import text_vectors
from recsys_lib.models.learned_fusion import LinearRanker, TreeRanker, refuse_own_target
from recsys_lib.models.neural_ranker import NeuralRanker
from recsys_lib.models.ordered import DatedRecommender
from recsys_lib.models.signals import GROUPS, Signals
from recsys_lib.models.text_ease import TextALS, TextEASE
from recsys_lib.retrieval import top_k

EDITION = 1  # goes up when what the kept columns hold changes
N_SLICES, DEPTH, PEOPLE, BLOCK = 4, 60, 2000, 512
SEEDS = {"movielens": range(3), "last_film_movietweetings": range(3)}
SEEDS_WITHOUT = range(1)  # of the rows that lack a group
CONFIG = {  # the slices' width, and the two scores of the gate
    "movielens": {"width": 0.125, "gate": ("ease", "transitions")},
    "last_film_movietweetings": {"width": 0.0, "gate": ("next_ridge", "likes of 3 days")},
}
DROPPED = {  # row: what of `GROUPS` it lacks; the candidates stay
    "likes": ("ease", "ease of ratings", "item_knn", "als"),
    "order": ("transitions",),
    "text": ("text",),
    "year and genres": ("year and genres",),
    "recency": ("recent",),
    "person": ("person",),
}
SCORES = ("popularity", "item_knn", "als", "ease", "transitions", "next_ridge")  # the columns of the small stacker
LAMBDAS, EPOCHS = (1.0, 10.0, 100.0, 1000.0), (8, 16)
BINS = 4  # of the gate, by history length
WEIGHTS = np.linspace(0, 1, 11)
ITEM_BINS = (1, 10, 50)  # likes before the test: none, 1 to 9, 10 to 49, 50 and more
MUS, RHOS = (3.0, 10.0, 30.0, 100.0, 300.0), (1.0, 10.0, 100.0)
COLD_MUS, COLD_RHOS = (10.0, 100.0, 1000.0), (1.0, 10.0)
DRAWS, INNER = range(5), 1000


class Built:
    """Candidates of some people with their columns, what of them was liked, and all that was liked."""

    def __init__(self, names, columns, candidates, relevant, users):
        self.names, self.columns, self.candidates = names, columns, candidates
        self.relevant, self.users, self.hits = relevant, users, candidates.hits(relevant)

    def arrays(self):
        """All of it, {name: array}, from which `of_arrays` makes it again."""
        candidates, relevant = self.candidates, self.relevant
        found = {"names": np.array(self.names), "columns": self.columns, "users": self.users}
        found |= {"row": candidates.row, "item": candidates.item, "shape": np.array(candidates.shape)}
        return found | {"data": relevant.data, "indices": relevant.indices, "indptr": relevant.indptr}

    @classmethod
    def of_arrays(cls, names, columns, users, row, item, shape, data, indices, indptr):
        shape = tuple(shape.tolist())
        relevant = csr_array((data, indices, indptr), shape=shape)
        return cls(names.tolist(), columns, Candidates(row, item, shape), relevant, users)

    @functools.cached_property
    def fingerprint(self):
        """SHA-256 of all that a ranker learns from here, or is measured by."""
        parts = (self.columns, self.candidates.row, self.candidates.item, self.relevant.indptr, self.relevant.indices)
        return [self.names, *map(results.fingerprint, parts)]

    def of(self, names):
        return self.columns[:, [self.names.index(name) for name in names]]

    def lists(self, scores, k=20):
        found = np.full((len(self.users), k), -1)
        ranks = self.candidates.ranks(scores)
        listed = ranks <= k
        found[self.candidates.row[listed], ranks[listed] - 1] = self.candidates.item[listed]
        return found

    def measured(self, scores, ids=None):
        """{metric: {user: value}} of those with something relevant."""
        lists = self.lists(scores)
        found = {
            "ndcg@10": metrics.ndcg(lists[:, :10], self.relevant),
            "recall@20": metrics.recall(lists, self.relevant),
        }
        return {name: self.by_user(values, ids) for name, values in found.items()}

    def by_user(self, values, ids=None):
        ids = self.users if ids is None else ids
        return {u: float(v) for u, v in zip(ids, values) if not np.isnan(v)}

    def mean(self, scores):
        return ndcg(self.measured(scores))


def built(signals, known, target, people, seen, liked_from):
    """The candidates of the people by every model of the signals, in blocks. known: what their columns are made of."""
    at, relevant = first_seconds(target)[people], relevant_matrix(target, people, liked_from)
    parts = []
    for start in range(0, len(people), BLOCK):
        some, moments = people[start : start + BLOCK], at[start : start + BLOCK]
        history, exclude = of_users(known, some), of_users(seen, some).matrix()
        scores = signals.scores(history, moments)
        candidates = union(signals.lists(scores, exclude, DEPTH).values(), known.n_items)
        columns = signals.columns(history, moments, candidates, scores)
        parts.append((candidates.row + start, candidates.item, np.column_stack(list(columns.values())), list(columns)))
    row, item, columns = (np.concatenate([part[i] for part in parts]) for i in range(3))
    candidates = Candidates(row, item, (len(people), known.n_items))
    return Built(parts[0][3], columns.astype(np.float32), candidates, relevant, people)


def place(what, key, ending):
    """The file in which something is kept, under all that decides it."""
    digest = hashlib.sha256(json.dumps([*key, EDITION, COMPUTES, results.versions()]).encode()).hexdigest()[:24]
    return data_home() / "experiments" / f"{what}-{digest}.{ending}"


def kept(what, key, compute):
    """{name: array} of `compute()`, or as it was kept under the key."""
    path = place(what, key, "npz")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.npz")
        try:
            np.savez(draft, **compute())
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


@contextmanager
def counted(run):
    """What is computed within is kept nowhere, so that its seconds are those of this run."""
    begin = time.time()
    yield
    run.seconds += time.time() - begin


def all_built(run, vectors):
    """{what: Built}: slice 0 (earliest) to slice 3, test, and the two ways to leak on slice 3. Kept in a file."""
    dataset = run.dataset
    key = [N_SLICES, DEPTH, PEOPLE, CONFIG[dataset.name]["width"], dataset.liked_from]
    key += map(results.fingerprint, (run.split.before("test"), run.split.test, vectors))
    stored = kept(f"columns-{dataset.name}", key, lambda: columns_of(run, vectors))
    run.seconds += float(stored.pop("seconds"))
    found = {}
    for name, values in stored.items():
        what, part = name.split("/")
        found.setdefault(what, {})[part] = values
    return {what: Built.of_arrays(**parts) for what, parts in found.items()}


def columns_of(run, vectors):
    """The arrays of all that is built, {what/name: array}, and the seconds it took."""
    dataset, before = run.dataset, run.split.before("test")
    rng, begin, liked_from = np.random.default_rng(0), time.time(), dataset.liked_from

    def signals(data):
        kind = {"implicit": True} if liked_from is None else {"liked_from": liked_from}
        return Signals(**kind, vectors=vectors, rng=0).fit(data)

    found = {}
    for j, one in enumerate(time_slices(before, n=N_SLICES, width=CONFIG[dataset.name]["width"])):
        people = one.people(PEOPLE, rng)
        refuse_own_target(one.history, one.target)
        found[f"slice {j}"] = built(signals(one.history), one.history, one.target, people, one.history, liked_from)
        print(f"{dataset.name} slice {j}: {len(people)} people, {time.time() - begin:.0f} s", flush=True)
    whole, test = signals(before), run.split.test
    found["weights saw it"] = built(whole, one.history, one.target, people, one.history, liked_from)
    found["weights and history saw it"] = built(whole, before, one.target, people, one.history, liked_from)
    found["test"] = built(whole, before, test, np.unique(test.user), before, liked_from)
    print(f"{dataset.name} columns: {time.time() - begin:.0f} s", flush=True)
    arrays = {f"{what}/{name}": values for what, one in found.items() for name, values in one.arrays().items()}
    return arrays | {"seconds": time.time() - begin}


def together(several, names):
    """The lists of several slices, one after the other: columns, hits, and in whose list each candidate is."""
    columns, hits = np.vstack([one.of(names) for one in several]), np.concatenate([one.hits for one in several])
    row = np.concatenate([one.candidates.row + i * 10**6 for i, one in enumerate(several)])
    return columns, hits, np.unique(row, return_inverse=True)[1]


def fit(ranker, several, names):
    """The ranker, from the lists of several slices."""
    return ranker.fit(*together(several, names))


def ranked(ranker, several, names, test):
    """What is asked of a ranker that learnt from several slices: its scores of the test, its weights where it has such,
    the seconds; and where it learnt from one, how well it does there."""
    begin = time.time()
    scores = fit(ranker, several, names).score(test.of(names))
    found = {"scores": scores, "seconds": time.time() - begin, "weights": getattr(ranker, "weights_", np.zeros(0))}
    if len(several) == 1:
        found["own"] = several[0].mean(ranker.score(several[0].of(names)))
    return found


def z_scored(one, name):
    """A column, standardised within each list."""
    values, row = one.of([name])[:, 0].astype(np.float64), one.candidates.row
    n = np.maximum(one.candidates.lengths, 1)
    values = values - (np.bincount(row, values, len(n)) / n)[row]
    spread = np.sqrt(np.bincount(row, values**2, len(n)) / n)[row]
    return values / np.where(spread > 0, spread, 1)


def gate(several, test, pair, n_bins):
    """A weight for each bin of history length, the best on the slices' lists: scores of the test, and the weights."""
    length = np.concatenate([_length(one) for one in several])
    edges = np.quantile(length, np.linspace(0, 1, n_bins + 1)[1:-1])
    curves = np.zeros((n_bins, len(WEIGHTS)))
    for one in several:
        a, b = (z_scored(one, name) for name in pair)
        bins = np.searchsorted(edges, _length(one), side="right")
        for place, w in enumerate(WEIGHTS):
            values = one.measured((1 - w) * a + w * b)["ndcg@10"]
            values = np.array([values.get(user, 0.0) for user in one.users])
            curves[:, place] += np.bincount(bins, values, n_bins)
    weights = WEIGHTS[curves.argmax(axis=1)]
    w = weights[np.searchsorted(edges, _length(test), side="right")][test.candidates.row]
    a, b = (z_scored(test, name) for name in pair)
    return (1 - w) * a + w * b, {"edges": edges.tolist(), "weights": weights.tolist()}


def _length(one):
    values = np.zeros(len(one.users))
    values[one.candidates.row] = one.of(["n_ratings"])[:, 0]
    return values


def lightgbm_ranker(several, test, names, seed):
    """LambdaMART's scores of the test, where LightGBM is installed; it is no part of the book's requirements."""
    try:
        lightgbm = importlib.import_module("lightgbm")  # optional: its wheel needs a library of the system
    except (ImportError, OSError):
        return None
    columns, hits, row = together(several, names)
    with_hit = np.bincount(row, hits) > 0
    used = with_hit[row]
    settings = {"n_estimators": 200, "learning_rate": 0.06, "num_leaves": 15, "min_child_samples": 100,
                "reg_lambda": 5.0, "colsample_bytree": 0.5, "n_jobs": 1, "random_state": seed,
                "verbose": -1}  # fmt: skip
    model = lightgbm.LGBMRanker(objective="lambdarank", **settings)
    model.fit(columns[used], hits[used], group=np.bincount(row)[with_hit])
    return model.predict(test.of(names))


def best(values, value):
    """The value that does best, and all that were tried; what each did is called "slice", on validation too."""
    tried = [{"settings": one, "slice": round(value(one), 5)} for one in values]
    return max(tried, key=lambda one: one["slice"])["settings"], tried


def chosen_on_the_latest(slices, names):
    """Settings of the rankers: learnt from the earlier slices, measured on the latest."""
    *earlier, latest = slices

    def of(ranker):
        return latest.mean(fit(ranker, earlier, names).score(latest.of(names)))

    regularization, of_linear = best(LAMBDAS, lambda x: of(LinearRanker(regularization=x)))
    epochs, of_network = best(EPOCHS, lambda x: of(NeuralRanker(epochs=x)))
    return {"linear": {"regularization": regularization}, "network": {"epochs": epochs}}, {
        "linear": of_linear, "network": of_network, "trees": [{"settings": {}, "slice": round(of(TreeRanker()), 5)}]
    }  # fmt: skip


def single_rows(run):
    """Single models on the same test: settings as Sequences and The date chose them, of Popularity, ItemKNN and ALS
    the library's defaults; and {row: (class, settings)}."""
    order, date = (results.load(name)["values"]["chosen"] for name in order_and_date(run.dataset))
    rows = {"Popularity": ("Popularity", {}), "ItemKNN": ("ItemKNN", {}), "ALS": ("ALS", {})}
    rows |= {"EASE": ("EASE", {"regularization": order["EASE"]["regularization"]})}
    rows |= {name: (name, order[name]) for name in ("TransitionCounts", "NextItemRidge")}
    rows |= {name: (name, date[name]) for name in ("RecentPopularity", "RecencyRidge")}
    return {row: run.test(*how, seeds=SEEDS[run.dataset.name]) for row, how in rows.items()}, rows


def ranked_rows(run, found, seeds):
    """Rows of the rankers on test, {row: [{metric: {user: value}} of a seed]}; what was chosen, and what is beside."""
    slices, test = [found[f"slice {j}"] for j in range(N_SLICES)], found["test"]
    names, ids = test.names, [run.split.test.users[int(u)] for u in test.users]
    path = place("chosen", [LAMBDAS, EPOCHS, *(one.fingerprint for one in slices)], "json")
    if not path.exists():
        begin = time.time()
        write_whole(path, [*chosen_on_the_latest(slices, names), time.time() - begin])
    chosen, tried, took = json.loads(path.read_text(encoding="utf-8"))
    run.seconds += took
    print(chosen, tried, flush=True)
    rows, scored, seconds = {}, {}, {}

    def add(row, make, several=slices, columns=names, seeds=seeds):
        rows[row] = []
        for seed in seeds:
            ranker = make(seed)
            key = [type(ranker).__name__, sorted(map(str, vars(ranker).items())), columns]
            key += [one.fingerprint for one in (*several, test)]
            one = kept("ranked", key, functools.partial(ranked, ranker, several, columns, test))
            rows[row].append(test.measured(one["scores"], ids))
            scored.setdefault(row, one["scores"])
            seconds.setdefault(row, []).append(round(float(one["seconds"]), 1))
            run.seconds += float(one["seconds"])
        print(run.dataset.name, row, [round(ndcg(part), 4) for part in rows[row]], seconds[row], flush=True)
        return one

    linear = add("linear", lambda seed: LinearRanker(**chosen["linear"]), seeds=[0])
    add("trees", lambda seed: TreeRanker(seed=seed))
    add("network", lambda seed: NeuralRanker(**chosen["network"], seed=seed))
    beside = {"weights": dict(zip(names, np.round(linear["weights"], 4).tolist()))}
    pair = CONFIG[run.dataset.name]["gate"]
    for row, n_bins in (("one weight", 1), ("gate", BINS)):
        with counted(run):
            scores, beside[row] = gate(slices, test, pair, n_bins)
        rows[row], scored[row] = [test.measured(scores, ids)], scores
        print(run.dataset.name, row, round(test.mean(scores), 4), beside[row], flush=True)
    # learning from the latest slice alone, and what a leak does to it
    small = [name for name in SCORES if name in names]
    beside["leak"], latest = {}, slices[-1]
    for how, one in (("honest", latest), *((how, found[how]) for how in found if how.startswith("weights"))):
        for kind, make in (("linear", LinearRanker), ("trees", TreeRanker)):
            row = f"{kind}, {how}"
            told = add(row, lambda seed, make=make: make(), [one], small, seeds=[0])
            beside["leak"][row] = {"on its own slice": round(float(told["own"]), 4)}
            if kind == "linear":
                beside["leak"][row]["weights"] = dict(zip(small, np.round(told["weights"], 4).tolist()))
    alone = {name: round(latest.mean(latest.of([name])[:, 0]), 4) for name in small}
    beside["scores on the latest slice"] = alone
    for group, parts in DROPPED.items():
        dropped = {name for part in parts for name in GROUPS[part]}
        left = [name for name in names if name not in dropped]
        add(f"trees, without {group}", lambda seed: TreeRanker(seed=seed), columns=left, seeds=SEEDS_WITHOUT)
    with counted(run):
        boost = lightgbm_ranker(slices, test, names, seeds[0])
    if boost is not None:
        rows["LambdaMART"] = [test.measured(boost, ids)]
        print(run.dataset.name, "LambdaMART", test.mean(boost), flush=True)
    beside |= {"chosen": chosen, "tried on the latest slice": tried, "seconds": seconds, "columns": names}
    beside |= {"n_candidates": float(test.candidates.lengths.mean()), "pair": pair,
               "share of targets among them": float(test.hits.sum() / test.relevant.nnz)}  # fmt: skip
    return rows, beside, {row: test.lists(scored[row]) for row in ("trees", "linear")}


def slices_of(run, test, lists):
    """What describes the people and the items of the test, and recall@20 of each kind of item by person."""
    before, liked_from = run.split.before("test"), run.dataset.liked_from
    popularity = popularity_of(before, liked_from)
    likes = relevant_matrix(before, test.users, liked_from)
    n_likes = np.diff(likes.indptr)
    taste = (likes @ np.log1p(popularity)) / np.maximum(n_likes, 1)
    kind = np.searchsorted(ITEM_BINS, popularity, side="right")
    recall = {row: [] for row in lists}
    for one in range(len(ITEM_BINS) + 1):
        row, item = test.relevant.tocoo().coords
        inside = kind[item] == one
        of_kind = csr_array((np.ones(inside.sum()), (row[inside], item[inside])), shape=test.relevant.shape)
        for row, its in lists.items():
            values = metrics.recall(its, of_kind)
            recall[row].append([None if np.isnan(v) else round(float(v), 4) for v in values])
    ids = [run.split.test.users[int(u)] for u in test.users]
    n_ratings = np.diff(before.matrix()[test.users].indptr)
    people = {
        "users": ids,
        "n_ratings": n_ratings.tolist(),
        "n_likes": n_likes.tolist(),
        "taste": taste.round(4).tolist(),
    }
    return {"people": people, "item_bins": list(ITEM_BINS), "recall@20": recall}


def lists_of_single(run, name, settings, test):
    """The list of a single model, for the kinds of items."""
    model = build(name, settings, 0, run.dataset.liked_from).fit(run.split.before("test"))
    more = {"at": first_seconds(run.split.test)[test.users]} if isinstance(model, DatedRecommender) else {}
    return top_k(model.score(test.users, **more), 20, exclude=run.split.before("test").matrix()[test.users])


def one_model(run, vectors):
    """Text and ids in one model: rows on test, and among cold items."""
    kind = {"implicit": True} if run.dataset.liked_from is None else {"liked_from": run.dataset.liked_from}
    regularization = 100.0
    if run.dataset.liked_from is None:
        regularization = results.load("sequences")["values"]["chosen"]["EASE"]["regularization"]

    def measured(model, part):
        values = by_user(model, run.split, part, run.dataset)
        return {metric: values[metric] for metric in METRICS}  # who got no list is told in the table of the rankers

    def validation(model):
        return ndcg(measured(model, "validation"))

    lambdas = [regularization * x for x in (1.0, 2.0)]
    pairs = [{"text_weight": mu, "regularization": x} for mu, x in product(MUS, lambdas)]
    text_ease, tried = best(pairs, lambda x: validation(TextEASE(vectors, **x, **kind)))
    ease, of_ease = best([{"regularization": x} for x in lambdas], lambda x: validation(EASE(**x, **kind)))
    rho, of_als = best([{"text_regularization": x} for x in RHOS], lambda x: validation(TextALS(vectors, **x, **kind)))
    seeds = SEEDS[run.dataset.name]
    rows = {
        "EASE": [measured(EASE(**ease, **kind), "test")],
        "EASE with texts": [measured(TextEASE(vectors, **text_ease, **kind), "test")],
        "ALS": [measured(ALS(rng=seed, **kind), "test") for seed in seeds],
        "ALS started from texts": [measured(TextALS(vectors, drawn=False, **kind), "test")],
        "ALS drawn to texts": [measured(TextALS(vectors, **rho, rng=seed, **kind), "test") for seed in seeds],
    }
    means = {row: round(np.mean([ndcg(one) for one in its]), 4) for row, its in rows.items()}
    print(run.dataset.name, means, text_ease, ease, rho, flush=True)
    chosen = {"EASE with texts": text_ease, "EASE": ease, "ALS drawn to texts": rho}
    tried = {"EASE with texts": tried, "EASE": of_ease, "ALS drawn to texts": of_als}
    return table(rows), chosen, tried, cold_rows(run.dataset, vectors, ease["regularization"], kind)


def cold_rows(dataset, vectors, regularization, kind):
    """The table of cold items, and what was chosen in each draw."""
    data, liked_from = dataset.data, dataset.liked_from
    as_likes = data if liked_from is not None else replace(data, rating=None)
    makes = {
        "ridge on texts": (lambda x: ItemRidge(vectors, regularization=x), (3.0, 30.0, 300.0)),
        "EASE with texts": (
            lambda x: TextEASE(vectors, text_weight=x, regularization=regularization, **kind),
            COLD_MUS,
        ),
        "ALS drawn to texts": (lambda x: TextALS(vectors, text_regularization=x, **kind), COLD_RHOS),
    }
    draws, chosen = [], {row: [] for row in makes}
    for draw in DRAWS:
        cut = cold_items(as_likes, n_items=data.n_items // 10, rng=draw)
        inner = cold_items(cut.warm, n_items=len(cut.items), rng=draw + INNER, among=np.unique(cut.warm.item))
        draws.append({"chance": text_encoder.chance(cut, liked_from)})
        for row, (make, values) in makes.items():

            def of(x, make=make, inner=inner):
                return text_encoder.mean_ndcg(text_encoder.by_user(make(x), inner, liked_from))

            x = max(values, key=of)
            chosen[row].append(x)
            draws[-1][row] = text_encoder.by_user(make(x), cut, liked_from)
        print(dataset.name, "cold", draw, text_encoder.told_in_a_line(draws[-1]), flush=True)
    return text_encoder.table(draws), chosen


def main(dataset):
    run = Run(dataset)
    vectors, seeds = text_vectors(dataset.data.item_table), SEEDS[dataset.name]
    found = all_built(run, vectors)
    singles, how = single_rows(run)
    means = {row: np.mean([ndcg(one) for one in its]) for row, its in singles.items()}
    print(dataset.name, means, flush=True)
    rows, beside, lists = ranked_rows(run, found, seeds)
    strongest = max(means, key=means.get)
    with counted(run):
        for name in dict.fromkeys(("EASE", strongest)):
            lists[name] = lists_of_single(run, *how[name], found["test"])
        kinds = slices_of(run, found["test"], lists)
        one, chosen, tried, (cold, chosen_cold) = one_model(run, vectors)
    values = {
        "test": table(singles | rows),
        "strongest": strongest,
        "kinds": kinds,
        "one_model": one,
        "cold": cold,
        "chosen": {row: settings for row, (_, settings) in how.items()} | chosen | beside.pop("chosen"),
        "chosen_cold": chosen_cold,
        "tried_of_one_model": tried,
        **beside,
    }
    settings = {"split": run.split.kind, "slices": N_SLICES, "depth": DEPTH, "people": PEOPLE, **CONFIG[dataset.name]}
    settings["order"] = order_and_date(dataset)[0]
    run.record("learned_fusion", settings, values, seeds=seeds)


if __name__ == "__main__":
    main(data_set("movielens"))
