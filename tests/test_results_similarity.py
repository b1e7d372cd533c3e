"""The stored table of Similarity: one row computed again on each data set."""

import pytest

from bookfiles import experiment_module
from recsys_lib import results
from recsys_lib.data import split_by_user_time
from recsys_lib.evaluation import evaluate
from recsys_lib.models import ItemKNN


@pytest.mark.parametrize("data, name", [("movielens", "similarity"), ("movietweetings", "similarity_movietweetings")])
def test_cosine_again(data, name):
    dataset = experiment_module("_runner").data_set(data)
    assert results.load(name)["inputs"][data] == results.fingerprint(dataset.data)
    model = ItemKNN(liked_from=dataset.liked_from)
    frame = evaluate(model, split_by_user_time(dataset.data), relevant_from=dataset.liked_from, metrics="ndcg@10")
    again = frame.dropna().set_index("user")["value"]
    kept = results.frames(name)["cosine"][0]
    kept = kept[kept["metric"] == "ndcg@10"].set_index("user")["value"]
    assert again.index.tolist() == kept.index.tolist()
    assert (again - kept).abs().mean() < 1e-3
