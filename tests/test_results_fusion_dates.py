"""The stored table of order and date in Fusing scores: rows that are computed again."""

import numpy as np
import pytest

from bookfiles import experiment_module
from recsys_lib import results


@pytest.fixture(scope="module")
def experiment():
    return experiment_module("fusion")


@pytest.mark.parametrize("name", ["fusion_dates", "fusion_dates_movielens"])
def test_settings_are_those_of_sequences_and_the_date(name):
    chosen = results.load(name)["values"]["chosen"]
    for source in ("sequences", "date"):
        theirs = results.load(name.replace("fusion_dates", source))["values"]["chosen"]
        shared = {"TransitionCounts", "NextItemRidge", "RecentPopularity", "RecencyRidge"} & set(theirs)
        assert shared and {model: chosen[model] for model in shared} == {model: theirs[model] for model in shared}


def test_the_tuned_sum_and_its_parts_again(runner, experiment):
    stored = results.load("fusion_dates")["values"]
    test = experiment.Scored(runner.Run(runner.data_set("sequences")), "test", stored["chosen"])
    names = list(stored["weights"]["order_and_date"]["z-score"])
    weights = list(stored["weights"]["order_and_date"]["z-score"].values())
    found = {name: test.alone(name) for name in names}
    found["z-score, tuned weights"] = test.fused(names, "z-score", weights=weights)
    table = stored["order_and_date"]
    for row, values in found.items():
        values = np.array([values["ndcg@10"][user] for user in table["users"]])
        assert np.abs(values - table["rows"][row]["ndcg@10"][0]).mean() < 1e-3
    date = results.load("date")["values"]["test"]
    for name in names:
        assert np.mean(date["rows"][name]["ndcg@10"][0]) == pytest.approx(
            np.mean(table["rows"][name]["ndcg@10"][0]), abs=2e-3
        )
