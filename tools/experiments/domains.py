"""Two catalogues, one model: do the likes of one service's people help those of another, through the films of both?

The films are matched by title and year. MovieLens is the target of the first run, MovieTweetings (5-core) of the
second; the other one is the source, whole, of its people those with two likes or more among the target's films: one
like says nothing of which films go together. All settings, the weight of the source among them, are chosen on the
target's validation part. Every row's lists are kept, and all slices are measured on the same lists.

`cut` takes everybody with 30 likes or more before the test, and cuts these people's histories to the latest n likes;
the rest of them is nowhere in the fit. Settings are chosen anew for each n. `world` is a known-truth world of two shops
where accounts can be linked or not. Where MovieLens' links.csv lies beside the project, the pairs are compared with
those of IMDb's numbers."""

import csv
import hashlib
import json
import time
from itertools import product
from pathlib import Path

import numpy as np
from _runner import COMPUTES, table, write_whole
from scipy.sparse import csr_array, vstack

from recsys_lib import metrics, results
from recsys_lib.data import data_home, load_movielens, load_movietweetings, split_by_user_time
from recsys_lib.data.sequences import of_users
from recsys_lib.data.two_catalogues import join_catalogues, match_titles
from recsys_lib.data.world_domains import simulate_domains
from recsys_lib.evaluation import first_seconds
from recsys_lib.models import EASE, ItemKNN, ItemRidge, Popularity
from recsys_lib.models.base import BaseRecommender
from recsys_lib.models.cold_items import unit
from recsys_lib.models.content import film_texts
from recsys_lib.models.text_ease import TextEASE
from recsys_lib.models.two_catalogues import TwoCatalogueEASE
from recsys_lib.retrieval import top_k

LINKS = Path(__file__).parents[3] / "shared" / "data" / "movielens-small-2016" / "links.csv"
WEIGHTS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
OF_POPULARITY = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)
LAMBDAS = (30.0, 100.0, 300.0, 1000.0)
ALONE = (30.0, 50.0, 100.0, 200.0, 300.0, 500.0, 1000.0, 2000.0)  # of EASE alone, which has no other setting
NEIGHBOURS, MUS, RIDGE = (30, 100, 300), (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0), (1.0, 3.0, 10.0, 30.0, 100.0)
CUTS, LONG = (0, 1, 3, 10, 30), 30
RARE = 3  # a film with at most so many likes before the test
LATE = 1_377_993_600  # 2013-09-01, when MovieTweetings is nearly over
IN_SLICES = ("Popularity", "EASE", "EASE, both", "EASE and text", "EASE and text, both", "ItemRidge")
DRAWS = range(10)
WORLDS = {  # what is shared, and whether tastes agree
    "films_agree": {"shared_films": 0.5, "agreement": 1.0},
    "nothing_agree": {"shared_films": 0.0, "agreement": 1.0},
    "films_unrelated": {"shared_films": 0.5, "agreement": 0.0},
}
WORLD = {"n_people": 300, "n_films": 300, "shared_people": 0.5, "density": (0.03, 0.1)}


class PopularityOfBoth(Popularity):
    """Likes of our own people, and w times those of the others."""

    def __init__(self, others=None, *, weight=0.1, liked_from=4.0):
        super().__init__(liked_from=liked_from)
        self._others, self.weight = others, weight

    def _fit(self, train):
        super()._fit(train)
        self.item_scores_ = self.item_scores_ + self.weight * self._others.sum(axis=0, dtype=np.float32)


class KNNOfBoth(ItemKNN):
    """Cosine of columns with the others' likes below our own, each √w in the place of 1."""

    def __init__(self, others=None, *, weight=0.1, n_neighbors=100, liked_from=4.0):
        super().__init__(n_neighbors=n_neighbors, liked_from=liked_from)
        self._others, self.weight = others, weight

    def _fit(self, train):
        matrix = vstack([self.likes_of(self.train_), np.sqrt(self.weight) * self._others], format="csr")
        matrix = csr_array(matrix.astype(np.float64))
        blocks = np.split(np.arange(matrix.shape[1]), range(self._block, matrix.shape[1], self._block))
        self.neighbors_ = csr_array(vstack([self._nearest(matrix, items) for items in blocks], format="csr").T)


class OthersAlone(BaseRecommender):
    """EASE of the others' likes, over the films they like; our own people are served, and teach nothing."""

    def __init__(self, others=None, *, regularization=100.0, liked_from=4.0):
        self._others, self.regularization, self.liked_from = others, regularization, liked_from

    def _fit(self, train):
        self.films_ = np.flatnonzero(np.bincount(self._others.indices, minlength=train.n_items))
        likes = self._others[:, self.films_].astype(np.float64)
        gram = (likes.T @ likes).toarray()
        gram[np.diag_indices_from(gram)] += self.regularization
        self.inverse_ = np.linalg.inv(gram)

    def _score(self, users, history):
        h = self.likes_of(history)[:, self.films_].astype(np.float64)
        scores = np.full((history.shape[0], history.shape[1]), -1e6)
        scores[:, self.films_] = h.toarray() - (h @ self.inverse_) / np.diag(self.inverse_)
        return scores

    def can_score(self, history, scores=None):
        return np.diff(self.likes_of(history)[:, self.films_].indptr) > 0


def encoded(texts):
    from recsys_lib.models.text import TextEncoder  # needs TensorFlow

    return TextEncoder().encode_cached(texts)


class Target:
    """One target with its source: the split, what is asked, and lists of every model, each kept once computed."""

    def __init__(self, dataset):
        self.dataset, self.data, self.liked_from = dataset, dataset.data, dataset.liked_from
        first = dataset.name == "movielens"
        self.source = load_movietweetings() if first else load_movielens()
        self.source_from = 8.0 if first else 4.0
        self.matches = match_titles(self.data.item_table, self.source.item_table)
        self.split, self.seconds, self.tried = split_by_user_time(self.data), 0.0, {}
        self.others = self.others_by(self.matches.pairs)
        self.texts = unit(encoded(film_texts(self.data.item_table)))

    def joined(self, pairs, source=None):
        source = self.source if source is None else source
        sides = self.data.binarize(self.liked_from), source.binarize(self.source_from)
        return join_catalogues(*sides, pairs, names=("target", "source"))

    def others_by(self, pairs, source=None):
        """csr of the likes of the source's people over the target's films."""
        likes = self.joined(pairs, source).likes_of("source")[:, : self.data.n_items]
        return csr_array(likes[np.diff(likes.indptr) >= 2])

    def model(self, row, settings, others=None):
        others = self.others if others is None else others
        settings, texts = settings | {"liked_from": self.liked_from}, self.texts
        return {
            "Popularity": lambda: Popularity(**settings),
            "Popularity, both": lambda: PopularityOfBoth(others, **settings),
            "ItemKNN": lambda: ItemKNN(**settings),
            "ItemKNN, both": lambda: KNNOfBoth(others, **settings),
            "EASE": lambda: EASE(**settings),
            "EASE, both": lambda: TwoCatalogueEASE(others, **settings),
            "EASE, source alone": lambda: OthersAlone(others, **settings),
            "EASE and text": lambda: TextEASE(texts, **settings),
            "EASE and text, both": lambda: TwoCatalogueEASE(others, texts, **settings),
            "ItemRidge": lambda: ItemRidge(texts, **settings),
        }[row.split(" (")[0]]()

    def asked(self, part):
        """Users of a part with something relevant, sorted, and their relevant films."""
        held_out = getattr(self.split, part).binarize(self.liked_from)
        users = np.unique(held_out.user)
        return users, held_out.matrix()[users]

    def lists(self, row, settings, part, *, cut=None, others=None):
        """int (n, 20) of the asked users; cut: n, which keeps the latest n likes of those with a long history."""
        known = self.split.before(part)
        train, users = known, self.asked(part)[0]
        if cut is not None:
            train, users = self.cut(known, cut), np.intersect1d(users, self.long())
        used = self.others if others is None else others
        key = [row.split(" (")[0], settings, part, results.fingerprint(train), results.fingerprint(users)]
        key += [results.fingerprint(used.indices), results.fingerprint(used.indptr)]
        key += [self.liked_from, results.versions(), COMPUTES]
        path = data_home() / "experiments" / f"{hashlib.sha256(json.dumps(key).encode()).hexdigest()[:24]}.json"
        if not path.exists():
            begin = time.time()
            model = self.model(row, settings, others).fit(train)
            found = listed(model, of_users(train, users).matrix(), of_users(known, users).matrix())
            write_whole(path, {"key": key, "seconds": time.time() - begin, "lists": found.tolist()})
        kept = json.loads(path.read_text(encoding="utf-8"))
        self.seconds += kept["seconds"]
        return np.array(kept["lists"]), kept["seconds"]

    def long(self):
        """Who has `LONG` likes or more before the test, and a relevant film in it."""
        counts = np.diff(self.split.before("test").likes(self.liked_from).indptr)
        return np.intersect1d(np.flatnonzero(counts >= LONG), self.asked("test")[0])

    def cut(self, known, n):
        """What the fit may see: of people with long histories the latest n likes, of all others everything."""
        order = np.lexsort((np.arange(len(known)), known.timestamp, known.user))
        liked = known.rating[order] >= self.liked_from
        later = np.cumsum(liked[::-1])[::-1] - liked  # likes after it, of this and all later users
        last = np.searchsorted(known.user[order], known.user[order], side="right") - 1
        rank = later - (later[last])  # likes of the same user that came after
        keep = ~np.isin(known.user[order], self.long()) | (liked & (rank < n))
        return known.take(np.sort(order[keep]))

    def value(self, row, settings, part="validation", **more):
        users, relevant = self.asked(part)
        if "cut" in more:
            relevant = relevant[np.isin(users, self.long())]
        found, _ = self.lists(row, settings, part, **more)
        return float(np.mean(metrics.ndcg(found[:, :10], relevant)))

    def tune(self, row, candidates, name=None, **more):
        """The candidate that is best on validation; all that were tried are kept under the name."""
        tried = self.tried.setdefault(name or row, [])
        for settings in candidates:
            tried.append({"settings": settings, "validation": round(self.value(row, settings, **more), 5)})
        best = max(tried, key=lambda one: one["validation"])
        print(f"{self.dataset.name} {name or row}: {best}", flush=True)
        return best["settings"]


def listed(model, history, seen, block=512):
    """The best 20 of each history, without what was seen; no list where the model cannot score it."""
    found = np.full((history.shape[0], 20), -1)
    for start in range(0, len(found), block):
        rows = slice(start, start + block)
        scores = model.score(history=history[rows])
        best = top_k(scores[:, : seen.shape[1]], 20, exclude=seen[rows])
        best[~model.can_score(history[rows], scores)] = -1
        found[rows] = best
    return found


def measured(found, relevant, ids):
    """{metric: {user: value}} of those with a relevant film, as `table` takes it."""
    some = np.diff(relevant.indptr) > 0
    values = {"ndcg@10": metrics.ndcg(found[:, :10], relevant), "recall@20": metrics.recall(found, relevant)}
    return {name: dict(zip(ids[some].tolist(), value[some].tolist(), strict=True)) for name, value in values.items()}


def grid(**axes):
    return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]


def choose(target):
    """{row: settings}, each chosen on validation."""
    chosen = {"Popularity": {}}
    chosen["Popularity, both"] = target.tune("Popularity, both", grid(weight=OF_POPULARITY))
    chosen["EASE"] = target.tune("EASE", grid(regularization=ALONE))
    chosen["EASE, both"] = target.tune("EASE, both", grid(weight=WEIGHTS, regularization=LAMBDAS))
    alike = [one for one in target.tried["EASE, both"] if one["settings"]["weight"] == 1.0]
    chosen["EASE, both (all alike)"] = max(alike, key=lambda one: one["validation"])["settings"]
    chosen["EASE, source alone"] = target.tune("EASE, source alone", grid(regularization=LAMBDAS))
    chosen["ItemKNN"] = target.tune("ItemKNN", grid(n_neighbors=NEIGHBOURS))
    start = [chosen["ItemKNN"] | {"weight": weight} for weight in WEIGHTS]
    chosen["ItemKNN, both"] = target.tune("ItemKNN, both", start)
    for row in ("EASE", "EASE, both"):
        with_text = row.replace("EASE", "EASE and text")
        chosen[with_text] = target.tune(with_text, [chosen[row] | {"text_weight": mu} for mu in MUS])
    chosen["ItemRidge"] = target.tune("ItemRidge", grid(regularization=RIDGE))
    return chosen


def slices(target):
    """{name: mask of the films}: by likes before the test, and by whether the source has the film."""
    likes = np.bincount(target.split.before("test").binarize(target.liked_from).item, minlength=target.data.n_items)
    shared = np.zeros(target.data.n_items, bool)
    shared[target.matches.pairs["left"]] = True
    rare = likes <= RARE
    return {
        "rare": rare,
        "rare_in_both": rare & shared,
        "rare_in_one": rare & ~shared,
        "known": ~rare,
    }


def beside(target, chosen):
    """EASE of both with other pairs or other times: {row: lists}, and what there is to say of the pairs."""
    settings, pairs = chosen["EASE, both"], target.matches.pairs[["left", "right"]]
    told, more = {}, {}
    doubtful = target.matches.doubtful.drop_duplicates("left").drop_duplicates("right")[["left", "right"]]
    more["with doubtful pairs"] = np.vstack([pairs, doubtful])
    told["doubtful pairs used"] = len(doubtful)
    if (true := true_pairs(target)) is not None:
        more["pairs by IMDb's numbers"] = true
        by_number = set(map(tuple, true.tolist()))
        same, guessed = (len(by_number & set(map(tuple, its.to_numpy().tolist()))) for its in (pairs, doubtful))
        told["IMDb"] = {"shared": len(true), "found": len(pairs), "right": same}
        told["doubtful pairs right"] = guessed
    rows = {}
    for name, its in more.items():
        rows[name] = target.lists("EASE, both", settings, "test", others=target.others_by(its))[0]
    if target.dataset.name != "movielens":
        begin = int(target.split.test.timestamp.min())
        earlier = target.others_by(pairs, target.source.take(target.source.timestamp < begin))
        rows["source before the test"] = target.lists("EASE, both", settings, "test", others=earlier)[0]
        told["source likes before the test"] = int(earlier.nnz)
    return rows, told


def true_pairs(target):
    """The films of both by the numbers of IMDb: int (n, 2), or None where links.csv is not there."""
    if not LINKS.exists():
        return None
    with LINKS.open() as file:
        number = {int(row["movieId"]): row["imdbId"] for row in csv.DictReader(file)}
    by_number = [[number.get(i, i) for i in data.items] for data in (target.data, target.source)]
    right = {value: j for j, value in enumerate(by_number[1])}
    return np.array([(i, right[value]) for i, value in enumerate(by_number[0]) if value in right])


def cut_curve(target):
    """{n: table} of people with long histories cut to the latest n likes, and what was chosen for each n."""
    users, relevant = target.asked("test")
    inside = np.isin(users, target.long())
    relevant, ids = relevant[inside], ids_of(target.data, users[inside])
    tables, chosen = {}, {}
    for n in CUTS:
        one, both = ("EASE", "EASE, both") if n else ("Popularity", "Popularity, both")
        candidates = grid(weight=WEIGHTS, regularization=LAMBDAS[:3]) if n else grid(weight=OF_POPULARITY)
        its = {both: target.tune(both, candidates, f"{both}, {n}", cut=n)}
        its[one] = target.tune(one, grid(regularization=ALONE) if n else [{}], f"{one}, {n}", cut=n)
        chosen[str(n)] = its
        its = its if not n else its | {"Popularity": {}}
        lists = {row: target.lists(row, settings, "test", cut=n)[0] for row, settings in its.items()}
        tables[f"cut_{n}"] = table({row: [measured(found, relevant, ids)] for row, found in lists.items()})
    return tables, chosen


def ids_of(data, users):
    return np.array([data.users[int(u)] for u in users])


def facts(target):
    """Counts that the chapter tells."""
    users, relevant = target.asked("test")
    test, source = target.split.test, target.source
    liked = source.binarize(target.source_from)
    at = first_seconds(test)[users]
    counts = np.diff(target.split.before("test").likes(target.liked_from).indptr)
    rare = slices(target)["rare"]
    found = {
        "films": [target.data.n_items, source.n_items],
        "pairs": len(target.matches.pairs),
        "a year apart": int(target.matches.pairs["years_apart"].sum()),
        "doubtful": target.matches.doubtful["why"].value_counts().to_dict(),
        "source people": len(np.unique(source.user)),
        "source people used": target.others.shape[0],
        "source likes": len(liked),
        "source likes used": int(target.others.nnz),
        "target likes": int(target.split.before("test").likes(target.liked_from).nnz),
        "test ratings before the source begins": float(np.mean(test.timestamp < source.timestamp.min())),
        "source likes after the last test rating": float(np.mean(liked.timestamp > test.timestamp.max())),
        "late people": ids_of(target.data, users[at >= LATE]).tolist(),
        "late people of all in the test": int((first_seconds(test)[np.unique(test.user)] >= LATE).sum()),
        "long histories": len(target.long()),
        "long histories of all": int((counts >= LONG).sum()),
        "rare of the relevant": float(relevant[:, rare].nnz / relevant.nnz),
    }
    return found | {"earlier likes": counts[users].tolist()}


def worlds():
    """{world: {row: mean NDCG@10 of a draw and of the linked, or of all others}} with settings chosen in each draw."""
    tables = {}
    for name, knobs in WORLDS.items():
        draws = [kept_world(knobs, draw) for draw in DRAWS]
        rows = {row: [] for row in draws[0]}
        for draw, values in enumerate(draws):
            for row in rows:
                rows[row].append({f"{draw}/{user}": v for user, v in values[row].items()})
        users = [user for values in rows["best possible"] for user in values]
        one = {
            row: {"ndcg@10": [[round(v, 4) for part in parts for v in part.values()]]} for row, parts in rows.items()
        }
        tables[f"world_{name}"] = {"users": users, "rows": one}
        print(name, {row: round(float(np.mean(its["ndcg@10"])), 4) for row, its in one.items()}, flush=True)
    return tables


def kept_world(knobs, draw):
    key = ["world", WORLD, knobs, draw, WEIGHTS, results.versions(), COMPUTES]
    path = data_home() / "experiments" / f"{hashlib.sha256(json.dumps(key).encode()).hexdigest()[:24]}.json"
    if not path.exists():
        write_whole(path, {"key": key, "values": one_world(knobs, draw)})
    return json.loads(path.read_text(encoding="utf-8"))["values"]


def one_world(knobs, draw):
    """{row: {person: NDCG@10}} of one draw; the persons with an account in the source begin with "both"."""
    world = simulate_domains(**WORLD, **knobs, rng=draw)
    split = split_by_user_time(world.target)

    def values(model, part, *, linked=None):
        """linked: whether accounts are; None leaves the source out."""
        known, asked = split.before(part), getattr(split, part)
        users = np.unique(asked.user)
        relevant, seen = asked.matrix()[users], known.matrix()[users]
        if linked is None:
            found = listed(model(None).fit(known), seen, seen)
        else:
            people = world.same_people if linked else None
            data = join_catalogues(known, world.source, world.same_films, people=people).data
            own = data.take(data.user < known.n_users)  # one row a person of the target, with what is linked to it
            strangers = data.take(data.user >= known.n_users).matrix()
            found = listed(model(strangers).fit(own), own.matrix()[users], seen)
        return users, metrics.ndcg(found[:, :10], relevant)

    def chosen(kind, candidates, linked=None):
        """On test, with the settings that are best on validation."""

        def model(settings):
            if linked is None:
                return lambda _: kind(**settings, implicit=True)
            return lambda strangers: kind(strangers, **settings, implicit=True)

        best = max(candidates, key=lambda s: np.mean(values(model(s), "validation", linked=linked)[1]))
        return values(model(best), "test", linked=linked)

    lambdas = {"regularization": (3.0, 10.0, 30.0, 100.0, 300.0)}
    both = grid(weight=(0.0, *WEIGHTS), **lambdas)
    rows = {
        "Popularity": chosen(Popularity, [{}]),
        "target alone": chosen(EASE, grid(**lambdas)),
        "accounts apart": chosen(TwoCatalogueEASE, both, False),
        "accounts apart, all alike": chosen(TwoCatalogueEASE, grid(weight=(1.0,), **lambdas), False),
        "accounts linked": chosen(TwoCatalogueEASE, both, True),
    }
    users, held_out = np.unique(split.test.user), split.test.matrix()
    truth = top_k(world.probability[users].astype(np.float32), 10, exclude=split.before("test").matrix()[users])
    rows["best possible"] = users, metrics.ndcg(truth, held_out[users])
    linked = set(world.same_people[:, 0].tolist())
    names = {u: f"{'both' if u in linked else 'one'}/{u}" for u in users.tolist()}
    return {row: {names[u]: v for u, v in zip(its[0].tolist(), its[1].tolist())} for row, its in rows.items()}


def main(dataset):
    target = Target(dataset)
    print(
        f"{dataset.name}: {len(target.matches.pairs)} pairs, others {target.others.shape} {target.others.nnz}",
        flush=True,
    )
    chosen = choose(target)
    users, relevant = target.asked("test")
    ids = ids_of(target.data, users)
    lists, seconds = {}, {}
    for row, settings in chosen.items():
        lists[row], seconds[row] = target.lists(row, settings, "test")
        print(f"{dataset.name} {row}: {np.mean(metrics.ndcg(lists[row][:, :10], relevant)):.4f}", flush=True)
    other, told = beside(target, chosen)
    lists |= {f"EASE, both, {name}": found for name, found in other.items()}
    values = {"chosen": chosen, "facts": facts(target) | told, "fit": {r: round(s, 1) for r, s in seconds.items()}}
    values["test"] = table({row: [measured(found, relevant, ids)] for row, found in lists.items()})
    for name, films in slices(target).items():
        some = csr_array(relevant.multiply(films))
        some.eliminate_zeros()
        values[name] = table({row: [measured(lists[row], some, ids)] for row in IN_SLICES}, 3)
    cut, values["chosen of a cut"] = cut_curve(target)
    values |= cut
    if dataset.name == "movielens":
        values |= worlds()
    values["tried"] = target.tried
    settings = {"data": dataset.name, "liked_from": dataset.liked_from, "source_liked_from": target.source_from}
    settings |= {"world": WORLD, "worlds": WORLDS}
    inputs = {dataset.name: target.data, "source": target.source}
    results.record("domains" + dataset.suffix, settings, values, seeds=[0], inputs=inputs, seconds=target.seconds)


if __name__ == "__main__":
    from _runner import data_set

    main(data_set("movielens"))
