"""The stored tables of Fusing scores: what they are made from, what was chosen, and rows that are computed again."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from bookfiles import experiment_module
from recsys_lib import fusion, results
from recsys_lib.data import IdMap, Interactions, split_by_user_time
from recsys_lib.evaluation import evaluate
from recsys_lib.models import EASE

SOURCES = {
    "fusion": ("movielens", "movielens"),
    "fusion_movietweetings": ("movietweetings", "movietweetings"),
    "fusion_dates": ("sequences", "movietweetings"),
    "fusion_dates_movielens": ("sequences_movielens", "movielens"),
}
SETS = {"fusion": ["likes", "likes_without_popularity", "content"], "fusion_dates": ["order_and_date"]}
WITH_PAIRS = ("fusion", "fusion_movietweetings", "fusion_dates")


@pytest.fixture(scope="module")
def experiment():
    return experiment_module("fusion")


@pytest.mark.parametrize("name", SOURCES)
def test_made_from_these_data(runner, name):
    dataset, source = SOURCES[name]
    assert results.load(name)["inputs"] == {source: results.fingerprint(runner.data_set(dataset).data)}


@pytest.mark.parametrize("name", SOURCES)
def test_every_set_has_its_models_and_rules(name):
    for title in SETS[name.removesuffix("_movietweetings").removesuffix("_movielens")]:
        rows = results.frames(name, title)
        assert {*results.load(name)["settings"]["sets"][title], "min-max", "z-score", "RRF", "Borda", "CombMNZ"} <= set(
            rows
        )
        seeds = 5 if name == "fusion" else 3
        for row, frames in rows.items():
            random = title.startswith("likes") and row not in ("EASE", "ItemKNN", "Popularity")
            assert len(frames) == (seeds if random else 1), row
            assert all(((frame["value"] >= 0) & (frame["value"] <= 1)).all() for frame in frames)


@pytest.mark.parametrize("name", SOURCES)
def test_weights_are_those_that_did_best_on_validation(name):
    values = results.load(name)["values"]
    for rules in values["weights"].values():
        for rule, weights in rules.items():
            tried = values["tried"][f"{' + '.join(weights)}, {rule}"]
            assert max(one["validation"] for one in tried) == max(
                one["validation"] for one in tried if one["settings"] == weights
            )
            assert len(tried) <= 16 and (len(weights) > 2 or len(tried) == 11)


@pytest.mark.parametrize("name", ["fusion", "fusion_movietweetings"])
def test_settings_are_those_of_the_full_build(name):
    chosen = results.load(name)["values"]["chosen"]
    full = results.load(name.replace("fusion", "full_build"))["values"]["chosen"]
    assert {model: chosen[model] for model in full} == full


@pytest.mark.parametrize("name", WITH_PAIRS)
def test_pairs_begin_with_the_better_and_keep_what_validation_chose(name):
    rows = results.load(name)["values"]["pairs"]
    assert len({frozenset((row["a"], row["b"])) for row in rows}) == len(rows) == 36
    for row in rows:
        assert row["validation"][0] >= row["validation"][1] and len(row["curve"]) == 11
        assert row["curve"][round(10 * row["weight"])] == max(row["curve"])
        assert row["curve"][0] == pytest.approx(row["validation"][0], abs=1e-5)
        for mean, low, high in row["gain"].values():
            assert low <= mean <= high
        if row["weight"] == 0:
            assert row["gain"]["tuned"] == [0, 0, 0]
        if row["weight"] == 0.5:
            assert row["gain"]["tuned"] == row["gain"]["equal"]


def test_the_sum_of_three_again(runner, experiment):
    """EASE, ItemKNN and popularity as they stand, and a weighted sum of two of them on validation."""
    dataset = runner.data_set("movielens")
    run = runner.Run(dataset)
    stored = results.load("fusion")["values"]
    test = experiment.Scored(run, "test", stored["chosen"])
    for row in ("EASE", "ItemKNN", "Popularity"):
        kept = stored["likes"]["rows"][row]["ndcg@10"][0]
        values = test.alone(row)["ndcg@10"]
        assert np.abs(np.array([values[user] for user in stored["likes"]["users"]]) - kept).mean() < 1e-3
        model = runner.build(row, stored["chosen"][row], 0, 4.0)
        plain = evaluate(model, run.split, metrics="ndcg@10").dropna()["value"].mean()
        assert np.mean(kept) == pytest.approx(plain, abs=1e-3)
    for row in ("z-score", "min-max", "RRF", "CombMNZ", "product"):
        values = test.fused(["ContentTFIDF", "Popularity"], row)["ndcg@10"]
        kept = stored["content"]["rows"][row]["ndcg@10"][0]
        assert np.abs(np.array([values[user] for user in stored["content"]["users"]]) - kept).mean() < 1e-3
    pair = next(row for row in stored["pairs"] if {row["a"], row["b"]} == {"EASE", "ContentTFIDF"})
    values = test.of_two("EASE", "ContentTFIDF", pair["weight"])["ndcg@10"]
    gain = np.mean(list(values.values())) - np.mean(stored["likes"]["rows"]["EASE"]["ndcg@10"][0])
    assert gain == pytest.approx(pair["gain"]["tuned"][0], abs=1e-3)


def few(n_users=40, n_items=30, seed=0):
    rng = np.random.default_rng(seed)
    item = np.concatenate([rng.permutation(n_items)[:12] for _ in range(n_users)])
    user = np.repeat(np.arange(n_users), 12)
    seconds = 1_400_000_000 + rng.permutation(len(user)) * 3600
    rating = rng.integers(3, 6, len(user)).astype(np.float32)
    return Interactions(user, item, rating, seconds, IdMap(range(n_users)), IdMap(range(n_items)))


def test_a_model_alone_is_measured_as_evaluate_measures_it(runner, experiment):
    data = few()
    run = runner.Run(runner.DataSet("few", data, 4.0, "", split_by_user_time))
    scored = experiment.Scored(run, "test", {"EASE": {"regularization": 10.0}, "Popularity": {}})
    plain = evaluate(EASE(regularization=10.0), run.split, metrics=("ndcg@10", "recall@20")).dropna()
    for metric, values in scored.alone("EASE").items():
        if metric != "unserved":
            rows = plain[plain["metric"] == metric]
            assert values == pytest.approx(dict(zip(rows["user"], rows["value"])))
    assert scored.of_two("EASE", "Popularity", 0.3)["ndcg@10"] == pytest.approx(
        scored.fused(["EASE", "Popularity"], "z-score", weights=[0.7, 0.3])["ndcg@10"]
    )


def test_a_model_that_cannot_score_a_person_gives_no_points(runner, experiment):
    data = few()
    data = replace(data, rating=np.where(data.user == 7, np.float32(3), data.rating))  # 7 likes nothing
    run = runner.Run(runner.DataSet("few", data, 4.0, "", split_by_user_time))
    scored = experiment.Scored(run, "test", {"EASE": {"regularization": 10.0}, "Popularity": {}})
    row = int(np.flatnonzero(scored.users == 7)[0])
    for how in ("RRF", "Borda", "listed", "z-score"):
        assert not scored.scaled("EASE", how, 0)[row].any() and scored.scaled("Popularity", how, 0)[row].any()


def test_wrong_films_of_two_lists(experiment):
    a, b = np.array([[1, 2, 3]]), np.array([[3, 1, 9]])
    overlap = fusion.error_overlap(a, b, csr_array(np.eye(10)[[1]]))
    counts = experiment.wrong_films(a, b, *np.array(overlap[:3]))
    assert {name: int(n[0]) for name, n in counts.items()} == {"both_wrong": 1, "either_wrong": 3}  # 3 of 2, 3, 9


def test_what_tells_the_gain_has_rank_correlation_1(experiment):
    """Where the gain on test is the gain on validation, person by person, and the overlap says the opposite."""
    rng, pairs = np.random.default_rng(0), []
    for level in np.linspace(-0.2, 0.2, 8):
        gain = level + rng.normal(size=200) / 50
        one = np.ones(200)
        counts = {"both": one, "only_a": one * (2 + level), "only_b": one}
        counts |= {"both_wrong": one, "either_wrong": one * (3 + level)}
        strengths = {"adds": 0.5 + gain, "strength a": one, "strength b": one / (2 + level)}
        on_validation = {f"gain of {which} on validation": gain for which in ("equal weights", "the tuned weight")}
        pairs.append(strengths | on_validation | counts | {"equal": gain, "tuned": -gain})
    told = experiment.foretold(pairs)
    assert told["gain of equal weights on validation"]["equal"] == told["beyond the better"]["equal"] == [1, 1, 1]
    assert told["beyond the better"]["tuned"] == told["overlap"]["equal"] == [-1, -1, -1]
