"""The stored tables of A language model reads the catalogue: what they were made from, and a row computed again."""

import json

import numpy as np
import pytest

from bookfiles import ROOT, experiment_module
from recsys_lib import results
from recsys_lib.data import cold_items, split_by_user_time
from recsys_lib.draws import read_draws

MAIN = ["TF-IDF", "TF-IDF, centred", "TF-IDF, ridge", "MiniLM", "MiniLM, centred", "MiniLM, whitened", "MiniLM, ridge"]
NAMES = ["text_encoder", "text_encoder_movietweetings"]


@pytest.fixture(scope="module")
def experiment():
    return experiment_module("text_encoder")


@pytest.fixture(scope="module")
def stored():
    return results.load("text_encoder")


@pytest.fixture(scope="module")
def cut(movielens):
    return cold_items(movielens, n_items=906, rng=0)


def test_made_from_these_data(stored, movielens):
    assert stored["inputs"]["movielens"] == results.fingerprint(movielens)
    second = results.load("text_encoder_movietweetings")
    dataset = experiment_module("_runner").data_set("movietweetings")
    assert second["inputs"]["movietweetings"] == results.fingerprint(dataset.data)


@pytest.mark.parametrize("name", NAMES)
def test_every_table_holds_its_rows_of_five_draws(name):
    for table, rows in {"cold": MAIN, "late": MAIN, "catalogue": ["TF-IDF, ridge", "MiniLM, ridge"]}.items():
        found = read_draws(name, table)
        assert {*rows, "chance"} <= set(found)
        for draws in found.values():
            assert len(draws) == 5 and all(((one >= 0) & (one <= 1)).all() for one in draws)
            assert [list(one.index) for one in draws] == [list(one.index) for one in found["chance"]]


@pytest.mark.parametrize("name", NAMES)
def test_each_penalty_is_the_best_of_its_inner_draw(name, experiment):
    values = results.load(name)["values"]
    for row, by_draw in values["chosen"].items():
        for draw, chosen in by_draw.items():
            tried = values["tried"][row][f"draw {draw}"]
            assert len(tried) == 5 and tried[str(chosen)] == max(tried.values())
            assert list(map(float, tried)) in list(map(list, experiment.GRID.values()))


def test_chance_is_the_mean_of_random_orders(experiment, cut, movielens):
    expected = dict(experiment.chance(cut, 4.0)["ndcg@10"])
    rng, random = np.random.default_rng(0), experiment.Same(None)
    random.score = lambda users: rng.random((len(users), movielens.n_items), np.float32)
    orders = [experiment.by_user(random, cut, 4.0) for _ in range(60)]
    means = np.mean([list(dict(order["ndcg@10"]).values()) for order in orders])
    assert means == pytest.approx(np.mean(list(expected.values())), rel=0.06)
    stored = read_draws("text_encoder")["chance"][0]
    assert stored.to_dict() == pytest.approx(expected, abs=6e-5)


def test_the_words_regression_of_one_draw_computed_again(experiment, stored, cut, movielens):
    vectors = experiment.tfidf(experiment.film_texts(movielens.item_table))[0].astype(np.float32)
    chosen = stored["values"]["chosen"]["TF-IDF, ridge"]["0"]
    fresh = dict(experiment.by_ridge(vectors, cut, 4.0, regularization=chosen)["ridge"]["ndcg@10"])
    kept = read_draws("text_encoder")["TF-IDF, ridge"][0]
    assert set(kept.index) == set(fresh)
    assert np.mean(list(fresh.values())) == pytest.approx(kept.mean(), abs=1e-3)
    assert np.mean([abs(fresh[user] - value) > 1e-3 for user, value in kept.items()]) < 0.03


def test_late_likes_lie_in_the_test_part(experiment, cut, movielens):
    split = split_by_user_time(movielens)
    late = experiment.late_cut(split, cut)
    assert len(late.warm) + np.isin(split.before("test").item, cut.items).sum() == len(split.before("test"))
    assert np.isin(late.cold.item, cut.items).all() and np.isin(late.cold.pairs(), split.test.pairs()).all()
    assert len(read_draws("text_encoder", "late")["chance"][0]) == len(experiment.chance(late, 4.0)["ndcg@10"])


def test_the_vector_of_another_program_is_the_fixtures(stored):
    fixture = json.loads((ROOT / "tests" / "fixtures" / "minilm.json").read_text("utf-8"))
    kept = stored["values"]["pytorch"]
    assert kept["text"] == fixture["texts"][0] and kept["vector"] == fixture["vectors"][0]


def test_people_of_another_world_are_other_people():
    draws = read_draws("text_encoder", "world")["chance"]
    assert [{user.split("/")[0] for user in one.index} for one in draws] == [{str(draw)} for draw in range(5)]
