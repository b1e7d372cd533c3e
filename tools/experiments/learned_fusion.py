"""Learning to fuse: rankers that learn from earlier slices of time whom to trust, on the same candidates and columns.

On MovieLens under the course's protocol, on MovieTweetings under leave-last-out, with slices of the test's width. The
columns of each slice are computed once, by `Signals` fitted on the slice's history alone, and kept: all rankers, all
rows without a group of columns, and all seeds read the same. Settings that a row has are chosen on the latest slice by
a ranker that learnt from the earlier ones. Seeds draw the rankers' start or their columns; ALS among the columns keeps
one start. In `leak` the same rankers learn from one slice, by models that had seen its targets, or not.

Then text and ids in one model, on the likes alone: settings chosen on validation; and among cold items, in five draws
of a tenth of the items (a tenth of which is held out in the same way to choose μ and ρ)."""

import hashlib
import importlib
import json
import os
import pickle
import time
from dataclasses import replace
from itertools import product

import numpy as np
import text_encoder
from _runner import Run, build, data_set, popularity_of, table
from scipy.sparse import csr_array
from sklearn.decomposition import TruncatedSVD

from recsys_lib import metrics, results
from recsys_lib.candidates import relevant_matrix, union
from recsys_lib.data import cold_items, data_home
from recsys_lib.data.sequences import of_users
from recsys_lib.data.slices import time_slices
from recsys_lib.evaluation import evaluate, first_seconds
from recsys_lib.models import ALS, EASE, ItemRidge
from recsys_lib.models.content import film_texts, tfidf
from recsys_lib.models.learned_fusion import LinearRanker, TreeRanker, refuse_own_target
from recsys_lib.models.neural_ranker import NeuralRanker
from recsys_lib.models.signals import GROUPS, Signals
from recsys_lib.models.text_ease import TextALS, TextEASE
from recsys_lib.retrieval import top_k

EDITION = 1  # goes up when what the kept columns hold changes
N_SLICES, DEPTH, PEOPLE, BLOCK = 4, 60, 2000, 512
SEEDS = {"movielens": range(3), "last_film_movietweetings": range(3)}
SEEDS_WITHOUT = range(1)  # of the rows that lack a group
CONFIG = {  # the slices' width, the two scores of the gate, and the settings of single models other chapters chose
    "movielens": {"width": 0.125, "gate": ("ease", "transitions"), "order": "sequences_movielens"},
    "last_film_movietweetings": {"width": 0.0, "gate": ("next_ridge", "likes of 3 days"), "order": "sequences"},
}
DATES = {"movielens": "date_movielens", "last_film_movietweetings": "date"}
RECENT = ("likes of 3 days", "likes of 30 days")
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
        return float(np.mean(list(self.measured(scores)["ndcg@10"].values())))


def built(signals, known, target, people, seen, liked_from):
    """The candidates of the people by every model of the signals, in blocks. known: what their columns are made of."""
    at, relevant = first_seconds(target)[people], relevant_matrix(target, people, liked_from)
    popularity = signals.popularity_ / (1 + signals.popularity_.max())
    parts = []
    for start in range(0, len(people), BLOCK):
        some, moments = people[start : start + BLOCK], at[start : start + BLOCK]
        history, exclude = of_users(known, some), of_users(seen, some).matrix()
        scores = signals.scores(history, moments)
        lists = [top_k(scores[name], DEPTH, exclude=exclude) for name in signals.models_ if name != "text"]
        lists += [top_k(scores[name] + popularity, DEPTH, exclude=exclude) for name in RECENT]
        candidates = union(lists, known.n_items)
        columns = signals.columns(history, moments, candidates, scores)
        parts.append((candidates.row + start, candidates.item, np.column_stack(list(columns.values())), list(columns)))
    row, item, columns = (np.concatenate([part[i] for part in parts]) for i in range(3))
    candidates = type(candidates)(row, item, (len(people), known.n_items))
    return Built(parts[0][3], columns.astype(np.float32), candidates, relevant, people)


def people_of(one, rng):
    people = np.intersect1d(one.history.user, one.target.user)
    return np.sort(rng.choice(people, PEOPLE, replace=False)) if len(people) > PEOPLE else people


def all_built(run, vectors):
    """{what: Built}: the slices 0 (earliest) to 3, test, and the two ways to leak on slice 3. Kept in a file."""
    dataset, before = run.dataset, run.split.before("test")
    path = data_home() / "experiments" / f"columns-{dataset.name}-{EDITION}-{results.fingerprint(before)[:16]}.pkl"
    if path.exists():
        return pickle.loads(path.read_bytes())
    rng, begin, liked_from = np.random.default_rng(0), time.time(), dataset.liked_from

    def signals(data):
        kind = {"implicit": True} if liked_from is None else {"liked_from": liked_from}
        return Signals(**kind, vectors=vectors, rng=0).fit(data)

    found = {}
    for j, one in enumerate(time_slices(before, n=N_SLICES, width=CONFIG[dataset.name]["width"])):
        people = people_of(one, rng)
        refuse_own_target(one.history, one.target)
        found[j] = built(signals(one.history), one.history, one.target, people, one.history, liked_from)
        print(f"{dataset.name} slice {j}: {len(people)} people, {time.time() - begin:.0f} s", flush=True)
    whole, test = signals(before), run.split.test
    found["weights saw it"] = built(whole, one.history, one.target, people, one.history, liked_from)
    found["weights and history saw it"] = built(whole, before, one.target, people, one.history, liked_from)
    found["test"] = built(whole, before, test, np.unique(test.user), before, liked_from)
    found["seconds"] = time.time() - begin
    print(f"{dataset.name} columns: {time.time() - begin:.0f} s", flush=True)
    write_pickle(path, found)
    return found


def kept_under(key):
    digest = hashlib.sha256(json.dumps([*key, results.versions()]).encode()).hexdigest()[:24]
    return data_home() / "experiments" / f"ranked-{digest}.pkl"


def write_pickle(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".part").write_bytes(pickle.dumps(content, protocol=4))
    os.replace(path.with_suffix(".part"), path)


def fit(ranker, several, names):
    """The ranker, from the lists of several slices."""
    columns, hits = np.vstack([one.of(names) for one in several]), np.concatenate([one.hits for one in several])
    row = np.concatenate([one.candidates.row + i * 10**6 for i, one in enumerate(several)])
    _, row = np.unique(row, return_inverse=True)
    return ranker.fit(columns, hits, row)


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
    columns, hits = np.vstack([one.of(names) for one in several]), np.concatenate([one.hits for one in several])
    row = np.concatenate([one.candidates.row + i * 10**6 for i, one in enumerate(several)])
    _, row, lengths = np.unique(row, return_inverse=True, return_counts=True)
    used = (np.bincount(row, hits) > 0)[row]
    settings = {"n_estimators": 200, "learning_rate": 0.06, "num_leaves": 15, "min_child_samples": 100,
                "reg_lambda": 5.0, "colsample_bytree": 0.5, "n_jobs": 1, "random_state": seed,
                "verbose": -1}  # fmt: skip
    model = lightgbm.LGBMRanker(objective="lambdarank", **settings)
    model.fit(columns[used], hits[used], group=lengths[np.bincount(row, hits) > 0])
    return model.predict(test.columns)


def best(values, value):
    """The value that does best, and all that were tried."""
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
    """Every single model of the book's on the same test, with the settings other chapters chose."""
    order = results.load(CONFIG[run.dataset.name]["order"])["values"]["chosen"]
    date = results.load(DATES[run.dataset.name])["values"]["chosen"]
    rows = {"Popularity": ("Popularity", {}), "ItemKNN": ("ItemKNN", {}), "ALS": ("ALS", {})}
    rows |= {"EASE": ("EASE", {"regularization": order["EASE"]["regularization"]})}
    rows |= {name: (name, order[name]) for name in ("TransitionCounts", "NextItemRidge")}
    rows |= {name: (name, date[name]) for name in ("RecentPopularity", "RecencyRidge")}
    return {row: run.test(*how, seeds=SEEDS[run.dataset.name]) for row, how in rows.items()}, rows


def ranked_rows(run, found, seeds):
    """Rows of the rankers on test, {row: [{metric: {user: value}} of a seed]}; what was chosen, and what is beside."""
    slices, test = [found[j] for j in range(N_SLICES)], found["test"]
    names, ids = test.names, [run.split.test.users[int(u)] for u in test.users]
    path = kept_under(
        ["chosen", LAMBDAS, EPOCHS, names, EDITION, *(results.fingerprint(one.columns) for one in slices)]
    )
    if not path.exists():
        write_pickle(path, chosen_on_the_latest(slices, names))
    chosen, tried = pickle.loads(path.read_bytes())
    print(chosen, tried, flush=True)
    rows, scored, seconds = {}, {}, {}

    def add(row, make, several=slices, columns=names, seeds=seeds):
        rows[row] = []
        for seed in seeds:
            ranker, begin = make(seed), time.time()
            key = [
                row,
                seed,
                sorted(map(str, vars(ranker).items())),
                columns,
                EDITION,
                results.fingerprint(several[-1].columns),
            ]
            path = kept_under(key)
            if not path.exists():
                fit(ranker, several, columns)
                write_pickle(path, (ranker.score(test.of(columns)), ranker, time.time() - begin))
            scores, ranker, took = pickle.loads(path.read_bytes())
            rows[row].append(test.measured(scores, ids))
            scored.setdefault(row, scores)
            seconds.setdefault(row, []).append(round(took, 1))
        print(run.dataset.name, row, [round(np.mean(list(one["ndcg@10"].values())), 4) for one in rows[row]],
              seconds[row], flush=True)  # fmt: skip
        return ranker

    linear = add("linear", lambda seed: LinearRanker(**chosen["linear"]), seeds=[0])
    add("trees", lambda seed: TreeRanker(seed=seed))
    add("network", lambda seed: NeuralRanker(**chosen["network"], seed=seed))
    beside = {"weights": dict(zip(names, np.round(linear.weights_, 4).tolist()))}
    pair = CONFIG[run.dataset.name]["gate"]
    for row, n_bins in (("one weight", 1), ("gate", BINS)):
        scores, beside[row] = gate(slices, test, pair, n_bins)
        rows[row], scored[row] = [test.measured(scores, ids)], scores
        print(run.dataset.name, row, round(test.mean(scores), 4), beside[row], flush=True)
    # learning from the latest slice alone, and what a leak does to it
    small = [name for name in SCORES if name in names]
    beside["leak"], latest = {}, slices[-1]
    for how, one in (("honest", latest), *((how, found[how]) for how in found if str(how).startswith("weights"))):
        for kind, make in (("linear", LinearRanker), ("trees", TreeRanker)):
            row = f"{kind}, {how}"
            ranker = add(row, lambda seed, make=make: make(), [one], small, seeds=[0])
            beside["leak"][row] = {"on its own slice": round(one.mean(ranker.score(one.of(small))), 4)}
            if kind == "linear":
                beside["leak"][row]["weights"] = dict(zip(small, np.round(ranker.weights_, 4).tolist()))
    alone = {name: round(latest.mean(latest.of([name])[:, 0]), 4) for name in small}
    beside["scores on the latest slice"] = alone
    for group, parts in DROPPED.items():
        dropped = {name for part in parts for name in GROUPS[part]}
        kept = [name for name in names if name not in dropped]
        seeds_here = SEEDS_WITHOUT
        add(f"trees, without {group}", lambda seed: TreeRanker(seed=seed), columns=kept, seeds=seeds_here)
    of_boost = [lightgbm_ranker(slices, test, names, seed) for seed in list(seeds)[:1]]
    if of_boost[0] is not None:
        rows["LambdaMART"] = [test.measured(scores, ids) for scores in of_boost]
        print(run.dataset.name, "LambdaMART", test.mean(of_boost[0]), flush=True)
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
    more = {"at": first_seconds(run.split.test)[test.users]} if name.startswith("Recen") else {}
    return top_k(model.score(test.users, **more), 20, exclude=run.split.before("test").matrix()[test.users])


def one_model(run, vectors):
    """Text and ids in one model: rows on test, and among cold items."""
    kind = {"implicit": True} if run.dataset.liked_from is None else {"liked_from": run.dataset.liked_from}
    settings = {"ALS": {}, "EASE": {"regularization": 100.0}}
    if run.dataset.liked_from is None:
        settings["EASE"] = {"regularization": results.load("sequences")["values"]["chosen"]["EASE"]["regularization"]}

    def measured(model, part):
        frame = evaluate(model, run.split, part, relevant_from=run.dataset.liked_from).dropna(subset="value")
        return {name: dict(zip(of["user"], of["value"])) for name, of in frame.groupby("metric", sort=False)}

    def validation(model):
        return float(np.mean(list(measured(model, "validation")["ndcg@10"].values())))

    lambdas = [settings["EASE"]["regularization"] * x for x in (1.0, 2.0)]
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
    print(run.dataset.name, {row: round(np.mean([list(one["ndcg@10"].values()) for one in its]), 4)
                             for row, its in rows.items()}, text_ease, ease, rho, flush=True)  # fmt: skip
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


def text_vectors(item_table):
    """TF-IDF of title, year and genres, in few directions, as in `UnifiedFused`."""
    words = tfidf(film_texts(item_table))[0]
    return TruncatedSVD(300, random_state=0).fit_transform(words).astype(np.float32)


def main(dataset):
    run = Run(dataset)
    vectors, seeds = text_vectors(dataset.data.item_table), SEEDS[dataset.name]
    found, begin = all_built(run, vectors), time.time()
    run.seconds += found["seconds"]
    singles, how = single_rows(run)
    means = {row: np.mean([np.mean(list(one["ndcg@10"].values())) for one in its]) for row, its in singles.items()}
    print(dataset.name, means, flush=True)
    rows, beside, lists = ranked_rows(run, found, seeds)
    strongest = max(means, key=means.get)
    for name in {"EASE", strongest}:
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
    run.seconds += time.time() - begin
    settings = {"split": run.split.kind, "slices": N_SLICES, "depth": DEPTH, "people": PEOPLE, **CONFIG[dataset.name]}
    run.record("learned_fusion", settings, values, seeds=seeds)


if __name__ == "__main__":
    main(data_set("movielens"))
