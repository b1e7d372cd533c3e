"""The stored tables of Sequences: what they are made from, what was chosen, and rows that are computed again."""

import numpy as np
import pytest

from bookfiles import experiment_module
from recsys_lib import results
from recsys_lib.data import IdMap, Interactions
from recsys_lib.models import NextItemRidge, TransitionCounts

SOURCES = {"sequences": "movietweetings", "sequences_movielens": "movielens"}


@pytest.fixture(scope="module")
def experiment():
    return experiment_module("sequences")


@pytest.fixture(scope="module")
def dataset(runner):
    return runner.data_set("sequences")


@pytest.mark.parametrize("name", SOURCES)
def test_made_from_these_data(runner, name):
    stored = results.load(name)
    assert stored["inputs"] == {SOURCES[name]: results.fingerprint(runner.data_set(name).data)}


def test_the_protocol_of_the_chapter(dataset):
    users, items = (len(np.unique(side)) for side in (dataset.data.user, dataset.data.item))
    assert (users, items) == (6516, 3754) == (dataset.data.n_users, dataset.data.n_items)
    assert dataset.liked_from is None and results.load("sequences")["settings"]["split"] == "leave_last_out"
    assert len(results.load("sequences")["values"]["test"]["users"]) == 6516


@pytest.mark.parametrize("name", SOURCES)
def test_what_did_best_on_validation_was_chosen(experiment, name):
    values = results.load(name)["values"]
    assert set(values["chosen"]) == set(experiment.ROWS)
    for row, tried in values["tried"].items():
        best = max(one["validation"] for one in tried)
        assert best in [one["validation"] for one in tried if one["settings"] == values["chosen"][row]]
        assert {one["settings"].get("direction") for one in tried} == {experiment.ROWS[row][1].get("direction")}


def again(runner, dataset, row, kind, measure, table):
    stored = results.load("sequences")["values"]
    model = runner.build(kind, stored["chosen"][row], 0, None)
    split = dataset.cut(dataset.data)
    values = getattr(runner, measure)(model, split, "test", dataset)["ndcg@10"]
    kept = stored[table]["rows"][row]["ndcg@10"][0]
    difference = np.array([values[user] for user in stored[table]["users"]]) - kept
    assert np.abs(difference).mean() < 1e-3


@pytest.mark.parametrize("measure, table", [("by_user", "test"), ("without_the_last_two", "train_alone")])
@pytest.mark.parametrize("row, kind", [("NextItemRidge", "NextItemRidge"), ("TransitionCounts", "TransitionCounts")])
def test_ridge_and_counts_again(runner, dataset, row, kind, measure, table):
    again(runner, dataset, row, kind, measure, table)


def small():
    """40 people who watch films in the order of a circle of 12, from where they like."""
    rng = np.random.default_rng(0)
    start, length = rng.integers(12, size=40), 6
    item = (start[:, None] + np.arange(length)) % 12
    user = np.repeat(np.arange(40), length)
    seconds = np.tile(np.arange(length), 40) * 100
    return Interactions(user, item.ravel(), None, seconds, IdMap(range(40)), IdMap(range(12)))


def test_a_shuffle_leaves_sets_and_seconds(experiment):
    data = small()
    drawn = experiment.shuffled(data, np.random.default_rng(1))
    assert (drawn.matrix() != data.matrix()).nnz == 0
    assert sorted(zip(drawn.user, drawn.timestamp)) == sorted(zip(data.user, data.timestamp))
    assert (drawn.item != data.item).mean() > 0.5
    other = experiment.shuffled(data, np.random.default_rng(2))
    assert (drawn.item != other.item).any()


@pytest.mark.parametrize("when", ["asked", "fitted"])
def test_shuffled_takes_the_order_from_one_side_only(experiment, when):
    data, users = small(), np.arange(40)
    drawn = experiment.shuffled(data, np.random.default_rng(3))
    model = experiment.Shuffled(TransitionCounts(), 3, when).fit(data)
    fitted = TransitionCounts().fit(data if when == "asked" else drawn)
    histories = drawn if when == "asked" else data
    assert model.score(users[5:9]) == pytest.approx(fitted.score(history=histories)[5:9])


def test_came_later_gives_everybody_the_same_list(experiment):
    data = small()
    model = experiment.CameLater(window=1).fit(data)
    scores = model.score(np.arange(40))
    assert (scores == scores[0]).all()
    place = np.tile(np.arange(6), 40)
    assert scores[0] == pytest.approx(np.bincount(data.item[place > 0], minlength=12))
    assert NextItemRidge(regularization=1.0).fit(data).score([0]).argmax() == (data.item[5] + 1) % 12
