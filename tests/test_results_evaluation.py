"""The stored run of the chapter Evaluation: one row trained again gives what is stored, up to rounding."""

import pytest

from bookfiles import experiment_module
from recsys_lib import results
from recsys_lib.data import load_movielens, split_by_user_time

pytest.importorskip("tensorflow")
from recsys_lib.models import MatrixFactorization


def test_a_row_trained_again():
    experiment, data = experiment_module("evaluation"), load_movielens()
    stored = results.load("evaluation")
    assert stored["inputs"]["movielens"] == results.fingerprint(data)
    name = "BPR, popular"
    model = MatrixFactorization(**stored["values"]["chosen"][name], seed=0)
    dataset = experiment_module("_runner").data_set("movielens")
    again = experiment.hits(model, split_by_user_time(data), "test", dataset)
    frame = results.frames("evaluation")[name][0]
    assert set(again) == {"unserved", *frame["metric"]}
    for contest, users in again.items():
        if contest == "unserved":
            continue
        kept = frame[frame["metric"] == contest].set_index("user")["value"]
        assert kept.index.tolist() == list(users)
        assert sum(users.values()) / len(users) == pytest.approx(kept.mean(), abs=0.015)


@pytest.mark.parametrize("name", ["evaluation", "evaluation_movietweetings"])
def test_the_best_on_validation_was_chosen(name):
    content = results.load(name)
    for row, (own, whose) in content["settings"]["models"].items():
        best = max(content["values"]["tried"][whose], key=lambda one: one["validation"])
        assert content["values"]["chosen"][row] == best["settings"] | {"negatives": own}
