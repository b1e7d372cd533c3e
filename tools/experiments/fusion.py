"""Fusing scores: when do added models make a better list than the best of them?

Sets of models are fused by rules without a setting, and by weights chosen on validation: models that read the same
likes, and titles and genres beside popularity; in `fusion_dates` a model of the order beside one of the date. Weights
are chosen with the first seed of a random model.

Then all pairs of models. The better of a pair is the one that is better on validation; the weight of the weaker is one
of eleven, of which 0 is the better one alone. What could tell before trying is measured on validation: the ratio of
strengths, the overlap of hits and of wrong films, the new hits, and what the weaker says of the better's candidates
beyond the better; what it should tell is measured on test. The rank correlation over pairs
has an interval over people, each drawn with its validation and its test: it speaks of these pairs of these models."""

import time
from itertools import combinations

import full_build
import numpy as np
import sequences
from _runner import (
    CLASSES,
    SEED_ARGUMENT,
    SEEDS,
    USES_LIKES,
    Run,
    Search,
    build,
    by_user,
    data_set,
    ndcg,
    order_and_date,
    table,
)
from scipy.stats import rankdata

from recsys_lib import fusion, models, results
from recsys_lib.candidates import relevant_matrix
from recsys_lib.evaluation import first_seconds, paired_bootstrap
from recsys_lib.models.ordered import DatedRecommender
from recsys_lib.retrieval import top_k

DEPTH = 100  # candidates of each model, for the rules that read lists
SETS = {
    "likes": ("EASE", "ALS", "ItemKNN", "Popularity"),
    "likes_without_popularity": ("EASE", "ALS", "ItemKNN"),
    "content": ("ContentTFIDF", "Popularity"),
}
WEIGHTS = (0.0, 0.1, 0.25, 0.5, 1.0)  # of each model but the first of a set of three or four
OF_TWO = tuple(n / 10 for n in range(11))  # of the second of two, whose first has the rest
WINDOWS = (0.5, 1, 2, 3, 5, 7, 14, 30, 90, 365, 1825)
PAIRED = ("Popularity", "ContentTFIDF", "ItemKNN", "ALS", "EASE", "MatrixFactorization", "TransitionCounts",
          "NextItemRidge", "RecentPopularity")  # fmt: skip
RESAMPLES = 2000
USES_LIKES.add("ContentTFIDF")
CLASSES["ContentTFIDF"] = models.ContentTFIDF


class Given:
    """Scores that stand already, one row for each user of the part: for `evaluate`."""

    def __init__(self, scores, served):
        self.scores, self.served = scores, served

    def fit(self, train):
        return self

    def can_score(self, history, scores):
        return self.served

    def score(self, users, *, history=None):
        return self.scores


def of_seed(names, seed):
    """[(model, its seed)]: what is not random is fitted once, with 0."""
    return [(name, seed if name in SEED_ARGUMENT else 0) for name in names]


class Scored:
    """The scores of models for all users of a part, each model fitted once on everything before the part."""

    def __init__(self, run, part, chosen):
        self.run, self.part, self.chosen = run, part, chosen
        self.held_out = getattr(run.split, part)
        self.users, seen = np.unique(self.held_out.user), run.split.seen(part)
        assert np.isin(self.users, run.split.before(part).user).all(), "every user of the part was fitted on"
        self.seen, self.kept = seen.matrix()[self.users], {}

    def model(self, name, seed=0):
        """(scores, whom the model can score)."""
        if (name, seed) not in self.kept:
            begin = time.time()
            model = build(name, self.chosen[name], seed, self.run.dataset.liked_from)
            model.fit(self.run.split.before(self.part))
            at = {"at": first_seconds(self.held_out)[self.users]} if isinstance(model, DatedRecommender) else {}
            scores = model.score(self.users, **at)
            self.kept[name, seed] = scores, model.can_score(self.seen, scores)
            print(f"{self.run.dataset.name} {self.part} {name} {seed}: {time.time() - begin:.0f} s", flush=True)
        return self.kept[name, seed]

    def parts(self, names, how, seed=0):
        """One array a model, on the scale of a rule."""
        return [self.scaled(name, how, own) for name, own in of_seed(names, seed)]

    def scaled(self, name, how, seed):
        if (name, seed, how) not in self.kept:
            scores, served = self.model(name, seed)
            if how in ("min-max", "z-score"):
                rule = {"min-max": fusion.min_max, "z-score": fusion.z_score}[how]
                found = rule(scores, exclude=self.seen)
            else:
                lists, n_items = top_k(scores, DEPTH, exclude=self.seen), scores.shape[1]
                lists[~served] = -1  # a model that cannot score a person has no list to give
                if how == "listed":
                    found = fusion.listed(fusion.min_max(scores, exclude=self.seen), lists)
                else:
                    found = {"RRF": fusion.reciprocal_rank, "Borda": fusion.borda}[how](lists, n_items)
            self.kept[name, seed, how] = found.astype(np.float32)
        return self.kept[name, seed, how]

    def of_two(self, a, b, weight):
        """`by_user` of the weighted sum of two z-scores, in float32: many are asked for."""
        one, other = self.parts([a, b], "z-score")
        return self.measured(np.float32(1 - weight) * one + np.float32(weight) * other, [a, b])

    def measured(self, scores, names, seed=0):
        """`by_user` of fused scores; served are those whom one of the models can score."""
        served = np.any([self.model(*one)[1] for one in of_seed(names, seed)], axis=0)
        more = {"block": len(self.users)}
        return by_user(Given(scores, served), self.run.split, self.part, self.run.dataset, **more)

    def wanted(self):
        """What is relevant in the part, csr: a row for each of the users."""
        return relevant_matrix(self.held_out, self.users, self.run.dataset.liked_from)

    def keep_what_pairs_need(self):
        self.kept = {key: kept for key, kept in self.kept.items() if key[1] == 0 and key[2:] in ((), ("z-score",))}

    def alone(self, name, seed=0):
        return self.measured(self.model(name, seed)[0], [name], seed)

    def fused(self, names, rule, seed=0, weights=None):
        """`by_user` of several models fused by a rule, or by these weights."""
        if rule == "product":
            return self.measured(np.prod([self.model(*one)[0] for one in of_seed(names, seed)], axis=0), names, seed)
        if rule == "CombMNZ":
            return self.measured(fusion.comb_mnz(self.parts(names, "listed", seed)), names, seed)
        parts = self.parts(names, rule, seed)
        scores = fusion.comb_sum(parts) if weights is None else fusion.weighted_sum(parts, weights)
        return self.measured(scores, names, seed)


def settings_of(run):
    """Model → settings, all chosen on validation: read where a chapter chose them, else chosen here.

    Those of MatrixFactorization are The full build's: on `sequences` they were chosen on the other ratings and the
    other cut of MovieTweetings."""
    chosen = {"ContentTFIDF": {}}
    for name in ("Popularity", "ItemKNN", "ALS", "EASE"):
        chosen[name] = run.tune(name, name, full_build.RIVALS[name])
    full = "full_build" if "movielens" in run.dataset.name else "full_build_movietweetings"
    chosen["MatrixFactorization"] = results.load(full)["values"]["chosen"]["MatrixFactorization"]
    if chapters := order_and_date(run.dataset):
        order, date = (results.load(name)["values"]["chosen"] for name in chapters)
        chosen |= {name: order[name] for name in ("TransitionCounts", "NextItemRidge")}
        return chosen | {name: date[name] for name in ("RecentPopularity", "RecencyRidge")}
    for name in ("TransitionCounts", "NextItemRidge"):
        chosen[name] = sequences.chosen_settings(run, name, *sequences.ROWS[name])
    windows = [{"days": days} for days in WINDOWS]
    return chosen | {"RecentPopularity": run.tune("RecentPopularity", "RecentPopularity", windows)}


def tuned_weights(run, validation, names, rule):
    """Weights that are best on validation with seed 0, one model's after the other, and what was tried."""
    tried = run.settings_tried.setdefault(f"{' + '.join(names)}, {rule}", [])

    def value(settings):
        for one in tried:
            if one["settings"] == settings:
                return one["validation"]
        found = ndcg(validation.fused(names, rule, weights=list(settings.values())))
        tried.append({"settings": settings, "validation": round(found, 5)})
        return tried[-1]["validation"]

    if len(names) == 2:
        both = [dict(zip(names, (round(1 - w, 1), w))) for w in OF_TWO]
        return max(both, key=value)
    return Search(dict.fromkeys(names, 1.0), dict.fromkeys(names[1:], WEIGHTS)).best(value)


def fused_rows(run, names, validation, test, seeds):
    """{row: a list with an entry a seed} of one set: each model alone, each rule, tuned weights; and the weights."""
    rows, chosen = {}, {}
    random = list(seeds) if set(names) & set(SEED_ARGUMENT) else [0]
    for name in names:
        rows[name] = [test.alone(name, seed) for seed in (random if name in SEED_ARGUMENT else [0])]
    rules = ["min-max", "z-score", "RRF", "Borda", "CombMNZ"] + ["product"] * ("ContentTFIDF" in names)
    for rule in rules:
        rows[rule] = [test.fused(names, rule, seed) for seed in random]
    for rule in ("z-score", "RRF"):
        chosen[rule] = tuned_weights(run, validation, names, rule)
        rows[f"{rule}, tuned weights"] = [test.fused(names, rule, seed, list(chosen[rule].values())) for seed in random]
    print(run.dataset.name, *names, {row: round(np.mean([ndcg(p) for p in parts]), 4) for row, parts in rows.items()},
          chosen, flush=True)  # fmt: skip
    return rows, chosen


def vector(values, users):
    """NDCG@10 of these users, NaN where one has nothing relevant in the part."""
    return np.array([values["ndcg@10"].get(user, np.nan) for user in users])


def hits_by_user(scored, users, k=10):
    """{model: bool (n relevant pairs,)}, whose each relevant pair is, as a place in users, and {model: lists}."""
    held_out, liked_from = scored.held_out, scored.run.dataset.liked_from
    if liked_from is not None and held_out.rating is not None:
        held_out = held_out.take(held_out.rating >= liked_from)
    place = {user: n for n, user in enumerate(users)}
    owner = np.array([place[held_out.users[int(u)]] for u in held_out.user])
    row = np.searchsorted(scored.users, held_out.user)
    found, lists_of = {}, {}
    for name in PAIRED:
        lists = top_k(scored.model(name)[0], k, exclude=scored.seen)
        lists[~scored.model(name)[1]] = -1
        found[name] = (lists[row] == held_out.item[:, None]).any(axis=1)
        lists_of[name] = np.full((len(users), k), -1)
        lists_of[name][[place[scored.held_out.users[int(u)]] for u in scored.users]] = lists
    return found, owner, lists_of


def of_pairs(run, validation, test):
    """A row a pair, with the weights' curve, and what tells the gain before trying."""
    users = list(run.dataset.data.users)
    alone = {part: {n: vector(s.alone(n), users) for n in PAIRED} for part, s in
             (("validation", validation), ("test", test))}  # fmt: skip
    hits, owner, lists = hits_by_user(validation, users)
    wanted = validation.wanted()
    means = {name: np.nanmean(values) for name, values in alone["validation"].items()}
    rows, by_person = [], []
    for a, b in combinations(PAIRED, 2):
        a, b = (a, b) if means[a] >= means[b] else (b, a)  # a is the better one on validation
        curve = [alone["validation"][a], *(vector(validation.of_two(a, b, w), users) for w in OF_TWO[1:])]
        best = int(np.argmax([np.nanmean(values) for values in curve]))
        weight = OF_TWO[best]
        equal, tuned = (vector(test.of_two(a, b, w), users) if w else alone["test"][a] for w in (0.5, weight))
        shared = {
            "both": hits[a] & hits[b],
            "only_a": hits[a] & ~hits[b],
            "only_b": hits[b] & ~hits[a],
        }
        counts = {name: np.bincount(owner, part, len(users)) for name, part in shared.items()}
        counts |= wrong_films(lists[a], lists[b], *counts.values())
        gains = {"equal": equal - alone["test"][a], "tuned": tuned - alone["test"][a]}
        adds = np.full(len(users), np.nan)
        adds[validation.users] = fusion.beyond(
            validation.model(a)[0], validation.model(b)[0], wanted, exclude=validation.seen
        )
        person = {
            "adds": adds,
            "strength a": alone["validation"][a],
            "strength b": alone["validation"][b],
            "gain of equal weights on validation": curve[5] - curve[0],
            "gain of the tuned weight on validation": curve[best] - curve[0],
            **counts,
            **gains,
        }
        by_person.append(person)
        told = {name: list(paired_bootstrap(values))[:3] for name, values in gains.items()}
        row = {
            "a": a, "b": b, "validation": [means[a], means[b]], "weight": weight,
            "test": [np.nanmean(alone["test"][a]), np.nanmean(alone["test"][b])],
            "overlap": {name: int(part.sum()) for name, part in counts.items()},
            "beyond": [round(x, 4) for x in paired_bootstrap(adds)[:3]],
            "curve": [round(float(np.nanmean(values)), 5) for values in curve],
            "gain": {name: [round(x, 5) for x in values] for name, values in told.items()},
        }  # fmt: skip
        rows.append(row)
        print(run.dataset.name, a, b, weight, row["overlap"], row["gain"], flush=True)
    return rows, foretold(by_person)


def wrong_films(a, b, both, only_a, only_b):
    """How many films without a hit both lists of each person hold, and how many either does."""
    shared = ((a[:, :, None] == b[:, None, :]) & (a >= 0)[:, :, None]).sum(axis=(1, 2))
    either = (a >= 0).sum(axis=1) + (b >= 0).sum(axis=1) - shared
    return {"both_wrong": shared - both, "either_wrong": either - both - only_a - only_b}


def foretold(by_person):
    """{what tells before: {gain: [rank correlation over pairs, low, high]}}, people drawn with replacement."""
    n = len(next(iter(by_person[0].values())))
    drawn = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    drawn = np.vstack([np.ones(n), drawn])  # the first is what was measured
    names = list(by_person[0])
    of = {name: np.empty((len(by_person), len(drawn))) for name in names}
    for place, person in enumerate(by_person):
        values = np.array([person[name] for name in names])
        known = (~np.isnan(values)).astype(float)
        sums = drawn @ np.nan_to_num(values).T
        means = sums / (drawn @ known.T)
        for column, name in enumerate(names):
            of[name][place] = means[:, column]
    told = {
        "ratio of strengths": of["strength b"] / of["strength a"],
        "overlap": of["both"] / (of["both"] + of["only_a"] + of["only_b"]),
        "overlap of wrong films": of["both_wrong"] / of["either_wrong"],
        "beyond the better": of["adds"],
        "new hits": of["only_b"] / (of["both"] + of["only_a"]),
        "gain of equal weights on validation": of["gain of equal weights on validation"],
        "gain of the tuned weight on validation": of["gain of the tuned weight on validation"],
    }
    found = {}
    for name, values in told.items():
        found[name] = {}
        for gain in ("equal", "tuned"):
            by_draw = [np.corrcoef(rankdata(x), rankdata(y))[0, 1] for x, y in zip(values.T, of[gain].T)]
            low, high = np.quantile(by_draw[1:], [0.025, 0.975])
            found[name][gain] = [round(float(x), 4) for x in (by_draw[0], low, high)]
    print(found, flush=True)
    return found


def measure(name, dataset, sets, *, more=(), pairs=True):
    """The experiment of this name on one data set. more: models whose rows stand beside those of every set."""
    run = Run(dataset)
    chosen = settings_of(run)
    validation, test = Scored(run, "validation", chosen), Scored(run, "test", chosen)
    begin, values, seeds = time.time(), {"chosen": chosen, "weights": {}}, SEEDS[dataset.name]
    for title, names in sets.items():
        rows, values["weights"][title] = fused_rows(run, names, validation, test, seeds)
        rows |= {one: [test.alone(one)] for one in more}
        kept = ("ndcg@10", "unserved")
        values[title] = table({row: [{m: one[m] for m in kept} for one in parts] for row, parts in rows.items()})
    if pairs:
        for scored in (validation, test):
            scored.keep_what_pairs_need()
        values["pairs"], values["foretold"] = of_pairs(run, validation, test)
    run.seconds += time.time() - begin
    settings = {"split": run.split.kind, "sets": sets, "depth": DEPTH, "paired": PAIRED}
    run.record(name, settings, values)


def main(dataset):
    measure("fusion", dataset, SETS)


if __name__ == "__main__":
    main(data_set("movielens"))
