"""A language model reads the catalogue: who finds a cold item's people, from the same text?

A tenth of the items is held out whole, in five draws, time ignored. TF-IDF and MiniLM read the same text of each film;
each is used in the same three ways: cosine, centred cosine, ridge regression. λ is chosen in each draw, on a tenth of
its warm items held out in the same way. Beside it stand numbers that are the same for everybody: popularity predicted
from columns, from words, from MiniLM, with and without titles; and the true one, which nobody can know.

Three more tables: `late`, fitted on what came before the test part, where only likes of the test part are relevant;
`catalogue`, the cold items among all others; `world`, films of a known-truth world with invented texts, one world a
draw."""

import hashlib
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from _runner import COMPUTES, popularity_of, unchanged, write_whole

from recsys_lib import results
from recsys_lib.data import (
    ColdItems,
    cold_items,
    data_home,
    invented_texts,
    simulate_world,
    split_by_user_time,
)
from recsys_lib.draws import evaluate_cold
from recsys_lib.models.cold_items import ContentCosine, ItemRidge, centre, unit, whiten
from recsys_lib.models.content import film_texts, tfidf

FIXTURE = Path(__file__).parents[2] / "tests" / "fixtures" / "minilm.json"  # one run of another program
DRAWS = range(5)
INNER = 1000  # added to the number of a draw, for the draw inside it on which λ is chosen
GRID = {"TF-IDF": (3.0, 10.0, 30.0, 100.0, 300.0), "MiniLM": (1.0, 3.0, 10.0, 30.0, 100.0)}
GRID["columns"] = GRID["MiniLM"]
WITH = {"": {}, " of titles": {"year": False, "genres": False}, " without titles": {"title": False}}
NO_YEAR = "TF-IDF of title and genres"


def of_table(texts, columns, encode):
    """{name: vectors} of what is read, all rows of length 1: words, MiniLM's numbers, columns of genres and year."""
    vectors = {"columns": columns}
    for name, its_texts in texts.items():
        vectors["TF-IDF" + name] = tfidf(its_texts)[0].astype(np.float32)
        if name in WITH:
            vectors["MiniLM" + name] = unit(encode(its_texts))
    return vectors


def columns_of(item_table):
    """Genres as 0 and 1, each decade as 0 and 1, and the year in decades: (n_items, d)."""
    genres = item_table["genres"].str.get_dummies("|")
    if "year" not in item_table:
        return genres.to_numpy(np.float64)
    year = item_table["year"].astype("Float64")
    decade = pd.get_dummies((year // 10).astype("string").fillna("none"))
    year = year.fillna(year.mean()).to_numpy(np.float64)
    return np.column_stack([genres, decade, (year - year.mean()) / 10]).astype(np.float64)


class Same:
    """The same number of each item for everybody."""

    def __init__(self, numbers):
        self.numbers = numbers

    def fit(self, train):
        return self

    def score(self, users):
        return np.tile(self.numbers, (len(users), 1))


class Fitted(Same):
    """A model that was fitted on this very training."""

    def __init__(self, model):
        self.score = model.score


def by_user(model, cut, liked_from, candidates="cold"):
    frame = evaluate_cold(model, cut, relevant_from=liked_from, candidates=candidates)
    rows = {name: dict(zip(part["user"], part["value"])) for name, part in frame.groupby("metric", sort=False)}
    return {"ndcg@10": list(rows["ndcg@10"].items()), "recall@20": float(np.mean(list(rows["recall@20"].values())))}


def chance(cut, liked_from):
    """Expected NDCG@10 of a random order: hits R / N at each rank."""
    blank = by_user(Same(np.zeros(cut.warm.n_items)), cut, liked_from)
    n, discount = len(cut.items), 1 / np.log2(np.arange(2, 12))
    counts = cut.cold.matrix() if cut.cold.rating is None else cut.cold.likes(liked_from)
    likes = dict(zip(cut.cold.users, np.diff(counts.indptr).tolist()))
    values = [(user, likes[user] / n * discount.sum() / discount[: likes[user]].sum()) for user, _ in blank["ndcg@10"]]
    return {"ndcg@10": values, "recall@20": 20 / n}


def by_cosine(vectors, cut, liked_from):
    """The rows of one encoder without a regression."""
    rows = {"cosine": vectors, "centred": centre(vectors)}
    if not hasattr(vectors, "indptr"):  # of thousands of words there is no covariance to speak of
        rows["whitened"] = whiten(vectors)
    model = {name: ContentCosine(its, liked_from=liked_from) for name, its in rows.items()}
    return {name: by_user(one, cut, liked_from) for name, one in model.items()}


def by_ridge(vectors, cut, liked_from, *, regularization):
    """The rows of one regression: each person's, that of popularity, and each person's in the whole catalogue."""
    model = ItemRidge(vectors, regularization=regularization, liked_from=liked_from).fit(cut.warm)
    popularity = model.predict(np.log1p(popularity_of(cut.warm, liked_from)))
    return {
        "ridge": by_user(Fitted(model), cut, liked_from),
        "popularity": by_user(Same(popularity), cut, liked_from),
        "catalogue": by_user(Fitted(model), cut, liked_from, "all"),
    }


def fingerprint(vectors):
    parts = (vectors.data, vectors.indices) if hasattr(vectors, "indptr") else (vectors,)
    return [results.fingerprint(part) for part in parts]


class Parts:
    """Finished parts of the experiment, each kept under a key of all that decides its numbers."""

    def __init__(self, liked_from):
        self.liked_from, self.seconds, self.tried = liked_from, 0.0, {}

    def part(self, measure, vectors, cut, **settings):
        data = [results.fingerprint(part) for part in (cut.warm, cut.cold)] + [results.fingerprint(cut.items)]
        key = [measure.__name__, fingerprint(vectors), data, self.liked_from, settings, results.versions(), COMPUTES]
        path = data_home() / "experiments" / f"{hashlib.sha256(json.dumps(key).encode()).hexdigest()[:24]}.json"
        if not path.exists():
            begin = time.time()
            values = measure(vectors, cut, self.liked_from, **settings)
            write_whole(path, {"key": key, "seconds": time.time() - begin, "values": values})
        kept = json.loads(path.read_text(encoding="utf-8"))
        self.seconds += kept["seconds"]
        return kept["values"]

    def chosen(self, name, vectors, cut, draw):
        """{ridge, popularity: λ} that did best on warm items held out in the same way."""
        warm = np.unique(cut.warm.item)
        inner = cold_items(cut.warm, n_items=len(cut.items), rng=INNER + draw, among=warm)
        best = {}
        for regularization in GRID[name.split(" of")[0].split(" without")[0]]:
            rows = self.part(by_ridge, vectors, inner, regularization=regularization)
            for how in ("ridge", "popularity"):
                value = round(mean_ndcg(rows[how]), 5)
                self.tried.setdefault(f"{name}, {how}", {}).setdefault(f"draw {draw}", {})[str(regularization)] = value
                if value > best.get(how, (-1, 0))[0]:
                    best[how] = value, regularization
        return {how: regularization for how, (_, regularization) in best.items()}

    def rows_of(self, vectors, cut, draw, chosen, more=()):
        """{row: {metric: …}} of one draw, and the same for the whole catalogue."""
        cold, catalogue = {"chance": chance(cut, self.liked_from)}, {}
        for name, its in vectors.items():
            if name in ("TF-IDF", "MiniLM", NO_YEAR):
                rows = self.part(by_cosine, its, cut)
                cold |= {name if how == "cosine" else f"{name}, {how}": row for how, row in rows.items()}
            if name == NO_YEAR:
                continue
            for how in ("ridge", "popularity"):
                settings = chosen.setdefault(f"{name}, {how}", {})
                if str(draw) not in settings:
                    settings |= {str(draw): self.chosen(name, its, cut, draw)[how]}
                rows = self.part(by_ridge, its, cut, regularization=settings[str(draw)])
                if how == "popularity":
                    cold[f"popularity from {name}"] = rows["popularity"]
                elif name in ("TF-IDF", "MiniLM", *more):
                    cold[f"{name}, ridge"] = rows["ridge"]
                    catalogue[f"{name}, ridge"] = rows["catalogue"]
        return cold, catalogue


def mean_ndcg(row):
    return float(np.mean([value for _, value in row["ndcg@10"]]))


def table(draws, digits=4):
    """The rows of several draws as `results.frames` reads them: null where a draw did not measure a user."""
    users = list(dict.fromkeys(user for rows in draws for user, _ in rows["chance"]["ndcg@10"])) if draws else []
    found, recall = {}, {}
    for row in draws[0]:
        values = [dict(map(tuple, rows[row]["ndcg@10"])) for rows in draws]
        found[row] = {"ndcg@10": [[round(v[u], digits) if u in v else None for u in users] for v in values]}
        recall[row] = [round(rows[row]["recall@20"], digits) for rows in draws]
    return {"draws": len(draws), "users": users, "rows": found, "recall@20": recall}


def worlds(encode):
    """Draws of the known-truth world: another world, another catalogue and other invented texts in each."""
    parts, draws, chosen = Parts(4.0), [], {}
    for draw in DRAWS:
        world = simulate_world(n_users=600, n_items=2000, density=0.03, rng=draw)
        told = invented_texts(world, rng=draw)
        data = replace(world.interactions, item_table=told)
        genres = told["genres"].str.replace("|", ", ")
        texts = {"": told["title"] + ". " + told["description"] + " " + genres, " of titles": told["title"]}
        texts[" without titles"] = told["description"] + " " + genres
        vectors = of_table({name: list(these) for name, these in texts.items()}, columns_of(told), encode)
        vectors["columns"] = np.asarray(vectors["columns"])
        cut = cold_items(data, n_items=data.n_items // 10, rng=draw)
        rows, _ = parts.rows_of(vectors, cut, draw, chosen)
        factors = ItemRidge(world.item_factors.astype(np.float64), regularization=1.0)
        rows["true factors, ridge"] = by_user(factors, cut, 4.0)
        rows["true popularity"] = by_user(Same(popularity_of(data, 4.0)), cut, 4.0)
        for row in rows.values():  # people of another world are other people
            row["ndcg@10"] = [(f"{draw}/{user}", value) for user, value in row["ndcg@10"]]
        draws.append(rows)
        print(f"world {draw}: " + told_in_a_line(rows), flush=True)
    return table(draws), parts


def told_in_a_line(rows):
    return ", ".join(f"{name} {mean_ndcg(row):.3f}" for name, row in rows.items())


def vectors_of(data, encode):
    """{name: vectors} of the films of MovieLens or MovieTweetings."""
    texts = {name: film_texts(data.item_table, **said) for name, said in WITH.items()}
    texts[NO_YEAR.removeprefix("TF-IDF")] = film_texts(data.item_table, year=False)
    return of_table(texts, columns_of(data.item_table), encode)


def late_cut(split, cut):
    """The same cold items, the training ended before the test part, and its ratings to be found."""
    before, test = split.before("test"), split.test
    known, asked = ~np.isin(before.item, cut.items), np.isin(test.item, cut.items)
    return ColdItems(before.take(known), test.take(asked), cut.items)


def main(dataset):
    from recsys_lib.models.text import TextEncoder

    encode = TextEncoder().encode_cached
    data, liked_from = dataset.data, dataset.liked_from
    vectors, parts, split = vectors_of(data, encode), Parts(liked_from), split_by_user_time(data)
    chosen, tables = {}, {"cold": [], "late": [], "catalogue": []}
    for draw in DRAWS:
        cut = cold_items(data, n_items=data.n_items // 10, rng=draw)
        cold, catalogue = parts.rows_of(vectors, cut, draw, chosen)
        for name in ("TF-IDF", "MiniLM") if dataset.suffix else ():
            theirs = results.load("text_encoder")["values"]["chosen"][f"{name}, ridge"][str(draw)]
            row = parts.part(by_ridge, vectors[name], cut, regularization=theirs)["ridge"]
            cold[unchanged(f"{name}, ridge")] = row
        cold["true popularity"] = by_user(Same(popularity_of(data, liked_from)), cut, liked_from)
        catalogue["chance"] = by_user(Same(np.random.default_rng(draw).random(data.n_items)), cut, liked_from, "all")
        main_ones = {name: vectors[name] for name in ("TF-IDF", "MiniLM")}
        late, _ = parts.rows_of(main_ones, late_cut(split, cut), draw, chosen)
        for name, rows in (("cold", cold), ("catalogue", catalogue), ("late", late)):
            tables[name].append(rows)
            print(f"{dataset.name} {draw} {name}: " + told_in_a_line(rows), flush=True)
    values = {"chosen": chosen, "tried": parts.tried} | {
        name: table(draws, 3 if dataset.suffix else 4) for name, draws in tables.items()
    }
    settings = {"data": dataset.name, "liked_from": liked_from, "n_items": data.n_items // 10}
    settings |= {"text": film_texts(data.item_table)[0], "grid": GRID}
    if not dataset.suffix:
        oracle = json.loads(FIXTURE.read_text("utf-8"))
        values["pytorch"] = {"text": oracle["texts"][0], "vector": oracle["vectors"][0], "by": oracle["made_with"]}
        values["world"], in_worlds = worlds(encode)
        parts.seconds += in_worlds.seconds
    inputs = {dataset.name: data}
    results.record("text_encoder" + dataset.suffix, settings, values, seeds=DRAWS, inputs=inputs, seconds=parts.seconds)


if __name__ == "__main__":
    from _runner import data_set

    main(data_set("movielens"))
