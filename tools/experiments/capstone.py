"""One recommender from all of the book: what it gains over every single model, and what it costs.

Settings are chosen on three slices of what lies before the test part, each of the test's width, one setting after the
other; the test part is opened for the chosen ones. Rows: single models, the whole, the whole without each group of
signals, with MiniLM's vectors, and with hindsight, which nobody has. Then the strict cut, cold films in five draws, the
oracle choice of a model for each person, the overlap of hits, the share of targets among the candidates, what it costs,
and how the cost grows from 10⁴ to 10⁶ interactions of the known-truth world."""

import functools
import json
import time

import numpy as np
from _cost import cost
from _runner import CLASSES, METRICS, SEED_ARGUMENT, USES_LIKES, Run, build, by_user, data_set, ndcg, table
from date import deployed
from scipy.sparse import csr_array
from text_encoder import Fitted

from recsys_lib import metrics, results
from recsys_lib.candidates import relevant_matrix
from recsys_lib.data import Split, cold_items, simulate_world, split_by_user_time
from recsys_lib.data.sequences import of_users
from recsys_lib.data.slices import time_slices
from recsys_lib.draws import evaluate_cold
from recsys_lib.evaluation import evaluate, first_seconds, paired_bootstrap
from recsys_lib.fusion import error_overlap
from recsys_lib.models import ItemRidge, UnifiedFused
from recsys_lib.models.content import film_texts, tfidf
from recsys_lib.models.learned_fusion import TreeRanker
from recsys_lib.models.ordered import DatedRecommender
from recsys_lib.models.signals import GROUPS
from recsys_lib.retrieval import top_k

RANKERS = [{"n_trees": n, "learning_rate": rate} for n, rate in ((100, 0.06), (200, 0.06), (400, 0.03))]
AXES = {"n_candidates": (60, 100)}  # the first is the default
SLICES = {"user_time": {"n": 4, "width": 0.25}, "leave_last_out": {"n": 4, "width": 0.0}}  # as wide as the test
FIXED = {"user_time": {}, "leave_last_out": {"width": 0.0}}  # of the model's own slices
SEEDS = range(3)
MAIN = "UnifiedFused"
DRAWS = range(5)
LISTS = ("coverage", "diversity", "miscalibration", "fit_seconds")
SMALL = ("transitions", "recent")  # left out where a fit takes long
KEPT = (MAIN, f"{MAIN}, without transitions", "EASE", "RecentPopularity", "RecencyRidge")
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)  # interactions of the world


class UnifiedMiniLM(UnifiedFused):
    """The whole with a language model's vectors of the texts in place of TF-IDF's."""

    def text_vectors(self, train):
        from recsys_lib.models.text import TextEncoder

        return TextEncoder().encode_cached(film_texts(train.item_table)).astype(np.float64)


class TextRidge(ItemRidge):
    """Ridge regression on TF-IDF of the films' texts."""

    def __init__(self, *, regularization=30.0, liked_from=4.0, implicit=False):
        super().__init__(None, regularization=regularization, liked_from=liked_from)
        self.implicit = implicit

    def _fit(self, train):
        self._vectors = tfidf(film_texts(train.item_table))[0]
        super()._fit(train)


for kind in (UnifiedFused, UnifiedMiniLM):
    CLASSES[kind.__name__] = kind
    SEED_ARGUMENT[kind.__name__] = "seed"
    USES_LIKES.add(kind.__name__)
CLASSES["TextRidge"] = TextRidge
USES_LIKES.add("TextRidge")


# ---- slices of time


def splits_of(run):
    """A Split of each of the last three slices of what lies before the test: history, nothing, target."""
    slices = time_slices(run.split.before("test"), **SLICES[run.split.kind])[-3:]
    none = np.zeros(0, np.int64)
    return [Split(one.history, one.history.take(none), one.target, kind="user_time") for one in slices]


def of_rankers(model, split, part, dataset, rankers):
    """{settings of the trees: {user: NDCG@10}} of one fit, whose training lists all of the trees learn from."""
    lists = {}
    model.learn = lambda columns, hits, row: lists.update(columns=columns, hits=hits, row=row)
    model.fit(split.before(part))
    fitted = [TreeRanker(**one, n_leaves=model.n_leaves, seed=model.seed).fit(**lists) for one in rankers]
    lists.clear()
    target = getattr(split, part)
    people = np.unique(target.user)
    relevant, at = relevant_matrix(target, people, dataset.liked_from), first_seconds(target)[people]
    values, held = {json.dumps(one): {} for one in rankers}, 0
    for start in range(0, len(people), 512):
        rows = np.arange(start, min(start + 512, len(people)))
        known = of_users(model.events_, people[rows])
        found = model.candidates(model.signals_, known, at[rows])
        held += int(found[0].hits(relevant[rows]).sum())
        for one, ranker in zip(rankers, fitted):
            model.ranker_ = ranker
            best = top_k(model.spread(known, *found), 10, exclude=known.matrix())
            of = metrics.ndcg(best, csr_array(relevant[rows]))
            ids = [target.users[int(u)] for u in people[rows]]
            values[json.dumps(one)] |= {user: v for user, v in zip(ids, of.tolist()) if not np.isnan(v)}
    return values | {"ceiling": held / relevant.nnz}


def chosen_on_slices(run):
    """(settings, {settings: [NDCG@10 of each slice]}): the trees by three slices, the rest by the latest."""
    splits, tried = splits_of(run), {}

    def values(settings, splits):
        found = {json.dumps(one): [] for one in RANKERS}
        arguments = {"rankers": RANKERS}
        for split in splits:
            measured = run.part(
                MAIN, settings | RANKERS[1], 0, "test", split=split, measure=of_rankers, arguments=arguments
            )
            for one in found:
                found[one].append(round(float(np.mean(list(measured[one].values()))), 5))
        for one, of in found.items():
            tried.setdefault(json.dumps(settings | json.loads(one)), of)
        return found

    settings = dict(FIXED[run.split.kind])
    first = values(settings, splits)
    trees = max(first, key=lambda one: np.mean(first[one]))
    for axis, steps in AXES.items():
        latest = {x: values(settings | ({axis: x} if i else {}), splits[-1:])[trees][0] for i, x in enumerate(steps)}
        best = max(latest, key=latest.get)
        settings |= {axis: best} if best != steps[0] else {}
    return settings | json.loads(trees), tried


def singles_on_slices(run, singles):
    """Models that one validation part may set in the wrong order, on the same slices."""
    found = {}
    for row, (kind, settings) in singles.items():
        parts = [run.part(kind, settings, 0, "test", split=split) for split in splits_of(run)]
        found[row] = [round(ndcg(part), 5) for part in parts]
    return found


# ---- the test part


def of_lists(model, split, part, dataset):
    """`by_user`, and what the lists are like: films in all top tens, spread of genres within each, and how far the
    genres of each list are from those of the person's likes (Steck 2018)."""
    lists, seen = [], split.seen(part).matrix()
    score, fit = model.score, model.fit

    @functools.wraps(score)
    def kept(users=None, **more):
        scores = score(users, **more)
        lists.append((users, top_k(scores, 10, exclude=seen[users])))
        return scores

    @functools.wraps(fit)
    def timed(train):
        begin = time.time()
        fit(train)
        timed.seconds = time.time() - begin
        return model

    model.score, model.fit = kept, timed
    values = by_user(model, split, part, dataset)
    model.score, model.fit = score, fit
    users, best = (np.concatenate(of) for of in zip(*lists))
    known = split.before(part)
    likes = known.matrix() if dataset.liked_from is None else known.likes(dataset.liked_from)
    genres = csr_array(dataset.data.item_table["genres"].fillna("").str.get_dummies("|").to_numpy(float))
    return values | {
        "coverage": metrics.coverage(best, known.n_items),
        "diversity": float(np.nanmean(metrics.intra_list_diversity(best, genres))),
        "miscalibration": float(np.nanmean(metrics.miscalibration(best, likes[users], genres.toarray()))),
        "fit_seconds": timed.seconds,
    }


def singles_of(dataset):
    """Row → class and settings, as the chapters chose them."""
    if dataset.cut is split_by_user_time:
        order = results.load("sequences_movielens")["values"]["chosen"]
        date = results.load("date_movielens")["values"]["chosen"]
        full = results.load("full_build")["values"]["chosen"]
        rows = {name: (name, full[name]) for name in ("Popularity", "ItemKNN", "ALS", "EASE")}
    else:
        order, date = (results.load(name)["values"]["chosen"] for name in ("sequences", "date"))
        rows = {"Popularity": ("Popularity", {}), "ALS": ("ALS", {})}
        rows |= {"ItemKNN": ("DecayedCosine", order["ItemKNN"]), "EASE": ("DecayedEASE", order["EASE"])}
    rows |= {name: (name, order[name]) for name in ("TransitionCounts", "NextItemRidge")}
    rows["EASE, decayed"] = "DecayedEASE", order["EASE, decayed"]
    rows |= {name: (name, date[name]) for name in ("RecentPopularity", "RecencyRidge")}
    return rows | {"TextRidge": ("TextRidge", {})}


STORED = {  # models of Keras, whose values stand in the results of their chapters
    "movielens": {"MatrixFactorization": "full_build", "SASRec": "attention_movielens"},
    "last_film_movietweetings": {"SASRec": "attention", "DatedSASRec, both": "date"},
}


def stored(dataset):
    found = {}
    for row, name in STORED[dataset.name].items():
        of_seeds = results.frames(name, "test")[row]
        found[row] = [
            {metric: dict(zip(part["user"], part["value"])) for metric, part in frame.groupby("metric")}
            for frame in of_seeds
        ]
    return found


def of_whole(model, split, part, dataset, others):
    """`of_lists`; the same without places for new films; and `of_hits`. One fit."""
    values = of_lists(model, split, part, dataset)
    model.fit = lambda train: model
    model.new_items = 0
    without = by_user(model, split, part, dataset)
    values |= {f"{metric}, no new items": without[metric] for metric in METRICS}
    return values | of_hits(model, split, part, dataset, others)


def rows_of(run, chosen):
    """{row: [what was measured, a seed]} of single models and of the whole."""
    rows, singles = {}, singles_of(run.dataset)
    whole = []
    for seed in SEEDS:
        arguments = {"others": singles if seed == SEEDS[0] else {}}
        whole.append(run.part(MAIN, chosen, seed, "test", measure=of_whole, arguments=arguments))
    for row, (kind, settings) in singles.items():
        rows[row] = run.test(kind, settings, seeds=SEEDS, measure=of_lists)
    rows[MAIN] = whole
    rows[f"{MAIN}, no new items"] = [{m: part[f"{m}, no new items"] for m in METRICS} for part in whole]
    large = run.split.kind == "user_time"
    for group in GROUPS if large else SMALL:
        rows[f"{MAIN}, without {group}"] = run.test(MAIN, chosen | {"without": [group]}, seeds=[0], measure=of_lists)
    if large:
        rows[f"{MAIN}, hindsight"] = run.test(MAIN, chosen | {"hindsight": True}, seeds=[0], measure=of_lists)
        rows[f"{MAIN}, MiniLM"] = run.test("UnifiedMiniLM", chosen, seeds=[0], measure=of_lists)
    return rows


def column(parts, users, metric="ndcg@10"):
    """Users × seeds."""
    return np.column_stack([[part[metric][user] for user in users] for part in parts])


def compared(rows, baselines, users):
    """{row: {baseline: {difference: [mean, low, high], ratio}}}, paired over users and seeds, and each row's mean."""
    found = {}
    for row, parts in rows.items():
        own = column(parts, users)
        found[row] = {"mean": list(paired_bootstrap(own))[:3], "recall@20": None}
        if "recall@20" in parts[0]:
            found[row]["recall@20"] = float(column(parts, users, "recall@20").mean())
        for baseline in baselines:
            if row != baseline and baseline in rows:
                other = column(rows[baseline], users)
                gap = list(paired_bootstrap(own, other))[:3]
                found[row][baseline] = {"difference": gap, "ratio": float(own.mean() / other.mean())}
    return found


def analysis(rows, users):
    """Oracle choice between single models, overlap of hits with the best ones, and the ceiling of the candidates."""
    names = [row for row in rows if not row.startswith(MAIN)]
    each = np.column_stack([column(rows[row], users)[:, 0] for row in names])
    best = each.argmax(axis=1)
    told = {
        "oracle": float(each.max(axis=1).mean()),
        "oracle with the whole": float(np.maximum(each.max(axis=1), column(rows[MAIN], users)[:, 0]).mean()),
        "chosen by the oracle": {row: int(np.sum((best == i) & (each.max(axis=1) > 0))) for i, row in enumerate(names)},
        "nobody finds anything": int(np.sum(each.max(axis=1) == 0)),
    }
    hits = ("ceiling", "candidates", "new among the targets", "overlap", "gain of the columns")
    return told | {name: rows[MAIN][0][name] for name in hits}


def of_hits(model, split, part, dataset, others):
    """{other: Overlap with it}, the share of targets among the candidates, how many candidates, and which columns the
    trees split by."""
    known, target = split.before(part), getattr(split, part)
    people = np.unique(target.user)
    relevant, at = relevant_matrix(target, people, dataset.liked_from), first_seconds(target)[people]
    seen = known.matrix()[people]
    own, held, n = [], 0, 0
    for start in range(0, len(people), 512):
        rows = np.arange(start, min(start + 512, len(people)))
        some = of_users(model.events_, people[rows])
        found = model.candidates(model.signals_, some, at[rows])
        held, n = held + int(found[0].hits(relevant[rows]).sum()), n + len(found[0].item)
        own.append(top_k(model.spread(some, *found), 10, exclude=seen[rows]))
    own = np.vstack(own)
    told = {"ceiling": held / relevant.nnz, "candidates": n / len(people)}
    told["new among the targets"] = float(np.isin(relevant.indices, np.flatnonzero(model.new_)).mean())
    overlaps = {}
    for row, (kind, settings) in others.items():
        other = build(kind, settings, 0, dataset.liked_from).fit(known)
        dated = {"at": at} if isinstance(other, DatedRecommender) else {}
        lists = top_k(other.score(people, **dated), 10, exclude=seen)
        overlaps[row] = list(error_overlap(own, lists, relevant))
    splits = {name: 0 for name in model.names_}
    for (tree,) in model.ranker_.trees_._predictors:
        for node in tree.nodes:
            if not node["is_leaf"]:
                splits[model.names_[node["feature_idx"]]] += float(node["gain"])
    return told | {"overlap": overlaps, "gain of the columns": splits}


def strict(run, chosen):
    """The same people and films, but all weights end before one second: where a global cut begins its test."""
    singles, rows = singles_of(run.dataset), {}
    for row in ("Popularity", "EASE", "NextItemRidge", "RecentPopularity", "RecencyRidge"):
        rows[row] = run.test(*singles[row], measure=deployed, arguments={"every": 0}, seeds=[0])
    rows[MAIN] = run.test(MAIN, chosen, seeds=[0], measure=deployed, arguments={"every": 0})
    return rows


# ---- cold films


def cold(run, chosen):
    """{row: [a draw's numbers]}: a tenth of the films held out whole, as in the chapter on text.

    Where new films stand, and in which order, no tree decides: one tree on one slice gives the same numbers."""
    quick = chosen | {"n_trees": 1, "n_slices": 1}
    found = {row: [] for row in (MAIN, "ItemRidge", "EASE")}
    for draw in DRAWS:
        for row in found:
            kind, settings = {MAIN: (MAIN, quick), "ItemRidge": ("TextRidge", {}), "EASE": ("EASE", {})}[row]
            found[row].append(run.part(kind, settings, 0, "test", measure=of_cold, arguments={"draw": draw}))
    return found


def of_cold(model, split, part, dataset, draw):
    """NDCG@10 among the cold by user; recall@20 of the cold likes and NDCG@10 of the warm ones in the catalogue."""
    data = dataset.data
    cut = cold_items(data, n_items=data.n_items // 10, rng=draw)
    model.fit(cut.warm)
    of = {}
    for candidates in ("cold", "all"):
        frame = evaluate_cold(Fitted(model), cut, relevant_from=dataset.liked_from, candidates=candidates)
        of[candidates] = {name: dict(zip(part["user"], part["value"])) for name, part in frame.groupby("metric")}
    found = {
        "ndcg@10": of["cold"]["ndcg@10"],
        "recall@20": of["cold"]["recall@20"],
        "recall@20 in the catalogue": of["all"]["recall@20"],
    }
    if hasattr(model, "new_items"):
        model.new_items = 1
        frame = evaluate_cold(Fitted(model), cut, relevant_from=dataset.liked_from, candidates="all")
        frame = frame[frame["metric"] == "recall@20"]
        found["recall@20 in the catalogue, one place"] = dict(zip(frame["user"], frame["value"]))
    return found


# ---- cost


def of_cost(model, split, part, dataset, requests):
    """`cost` of the model on everything before the part."""
    target = getattr(split, part)
    people = np.unique(target.user)[:1000]
    at = first_seconds(target)[people] if isinstance(model, UnifiedFused) else None
    make = functools.partial(type(model), **model.settings)
    return cost(make, split.before(part), users=people, at=at, requests=requests)


def of_scale(model, split, part, dataset, size):
    """`cost` on a known-truth world with `size` interactions; people and films grow alike."""
    side = np.sqrt(size / 1e6)
    world = simulate_world(n_users=int(10_000 * side), n_items=int(4_000 * side), density=0.025, rng=0)
    data = world.interactions
    people = np.arange(min(512, data.n_users))
    at = np.full(len(people), int(data.timestamp.max()) + 1) if isinstance(model, UnifiedFused) else None
    found = cost(functools.partial(type(model), **model.settings), data, users=people, at=at, requests=50)
    return found | {"interactions": len(data), "users": data.n_users, "items": data.n_items}


def costs(run, chosen):
    """{row: cost} with the settings of the table: of single models too on the first data set."""
    rows = {MAIN: (MAIN, chosen)}
    if run.dataset.liked_from is not None:
        singles = singles_of(run.dataset)
        rows |= {row: singles[row] for row in ("EASE", "ItemKNN", "ALS", "NextItemRidge")}
    more = {"measure": of_cost, "arguments": {"requests": 200}}
    return {row: run.part(kind, settings, 0, "test", **more) for row, (kind, settings) in rows.items()}


def scale(run):
    """{model: [cost of a size]} with the library's settings."""
    more = [{"measure": of_scale, "arguments": {"size": size}} for size in SIZES]
    return {name: [run.part(name, {}, 0, "test", **one) for one in more] for name in ("EASE", "ALS", MAIN)}


def small(data):
    """{person: NDCG@10} of a quick fit on 200 people: a row that a test can compute again."""
    some = np.sort(np.random.default_rng(0).choice(data.n_users, 200, replace=False))
    model = UnifiedFused(n_trees=50, learning_rate=0.1, n_slices=2)
    table = evaluate(model, split_by_user_time(of_users(data, some)), metrics=("ndcg@10",)).dropna()
    return dict(zip(table["user"], table["value"].round(4)))


def main(dataset):
    run = Run(dataset)
    chosen, tried = chosen_on_slices(run)
    singles = singles_of(dataset)
    leaders = ("EASE", "EASE, decayed", "NextItemRidge", "RecentPopularity", "RecencyRidge")
    values = {"chosen": chosen, "slices": tried | singles_on_slices(run, {row: singles[row] for row in leaders})}
    rows = rows_of(run, chosen)
    lists = {
        row: {name: float(np.mean([part[name] for part in parts])) for name in LISTS}
        for row, parts in rows.items()
        if LISTS[0] in parts[0]
    }
    rows = stored(dataset) | rows
    users = sorted(rows[MAIN][0]["ndcg@10"])
    baselines = ("EASE", "RecentPopularity", "RecencyRidge", MAIN)
    values |= {"compared": compared(rows, baselines, users), "lists": lists}
    values["analysis"] = analysis(rows, users)
    fitted_before = strict(run, chosen)
    their = sorted(fitted_before["EASE"][0]["ndcg@10"])
    values["strict"] = compared(fitted_before, baselines, their) | {"people": len(their)}
    kept = METRICS if run.split.kind == "user_time" else ("ndcg@10",)
    kept = {row: [{m: part[m] for m in kept} for part in parts] for row, parts in rows.items() if row in KEPT}
    values["test"] = table(kept, 4 if dataset.liked_from is not None else 3)
    values["costs"] = costs(run, chosen)
    if dataset.liked_from is not None:
        values |= {"cold": cold(run, chosen), "scale": scale(run), "small": small(dataset.data)}
    settings = {
        "split": run.split.kind,
        "slices": SLICES[run.split.kind],
        "rankers": RANKERS,
        "axes": AXES,
    }
    settings |= {"groups": list(GROUPS), "draws": len(DRAWS), "sizes": SIZES}
    run.record("capstone", settings, values, seeds=SEEDS)


if __name__ == "__main__":
    main(data_set("movielens"))
