"""The stored tables of Attention: each training stopped at its best, equal choices, cheap rows computed again."""

import numpy as np
import pytest

from bookfiles import experiment_module
from recsys_lib import results
from recsys_lib.evaluation import compare

NAMES = ("attention", "attention_movielens")


@pytest.fixture(scope="module")
def experiment():
    return experiment_module("attention")


@pytest.mark.parametrize(("name", "data", "seeds"), [(NAMES[0], "sequences", 5), (NAMES[1], "sequences_movielens", 3)])
def test_made_from_these_data(runner, name, data, seeds):
    stored = results.load(name)
    (fingerprint,) = stored["inputs"].values()
    assert fingerprint == results.fingerprint(runner.data_set(data).data)
    assert stored["seeds"] == list(range(seeds))


@pytest.mark.parametrize("name", NAMES)
def test_each_network_had_the_same_choices_and_stopped_at_its_best(experiment, name):
    stored = results.load(name)
    values, suffix = stored["values"], name.removeprefix("attention")
    choices = experiment.CHOICES[suffix]
    for row in set(experiment.NETWORKS) & set(experiment.ROWS_OF[suffix]):
        fixed = experiment.NETWORKS[row][1]
        tried, epochs = values["tried"][row], experiment.epochs_of(row, suffix)
        assert [one["settings"] for one in tried] == [fixed | c | {"epochs": n} for c in choices for n in epochs]
        best = max(one["validation"] for one in tried)
        assert [one["validation"] for one in tried if one["settings"] == values["chosen"][row]] == [best]


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_there_with_its_seeds(experiment, name):
    frames, values = results.frames(name), results.load(name)["values"]
    assert set(frames) == set(experiment.ROWS_OF[name.removeprefix("attention")]) == set(values["seconds"])
    for row, seeds in frames.items():
        assert len(seeds) == (len(results.load(name)["seeds"]) if row in experiment.NETWORKS else 1)
    table = compare(frames, baseline="SASRec")
    assert table["n_users"].nunique() == 1 and table.loc["SASRec", "seed_spread"] > 0


@pytest.mark.parametrize("row", ["TransitionCounts", "NextItemRidge"])
def test_a_cheap_row_computed_again(experiment, runner, row):
    dataset = runner.data_set("sequences")
    model = runner.build(row, results.load("attention")["values"]["chosen"][row], 0, None)
    again = runner.by_user(model, dataset.cut(dataset.data), "test", dataset)["ndcg@10"]
    (kept,) = results.frames("attention")[row]
    kept = kept[kept["metric"] == "ndcg@10"].set_index("user")["value"]
    np.testing.assert_allclose(kept, [again[user] for user in kept.index], atol=1e-3)


def test_the_targets_of_the_chapter():
    """Refitted, five seeds: the full softmax against ridge, one negative and item cosine."""
    table = compare(results.frames("attention"), baseline="SASRec")
    assert table.loc["NextItemRidge", "difference_high"] < 0.01
    assert table.loc["SASRec, one negative", "difference_high"] < 0
    assert table.loc["ItemKNN", "difference_high"] < 0
