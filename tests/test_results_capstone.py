"""The stored tables of One recommender from all of it: what they were made from, what was chosen, rows run again."""

import json

import numpy as np
import pytest

from bookfiles import experiment_module
from recsys_lib import results
from recsys_lib.data import split_by_user_time
from recsys_lib.evaluation import compare, evaluate
from recsys_lib.models import EASE

SOURCES = {
    "capstone": ("movielens", "movielens"),
    "capstone_movietweetings": ("last_film_movietweetings", "movietweetings"),
}
MAIN = "UnifiedFused"


@pytest.fixture(scope="module")
def experiment():
    return experiment_module("capstone")


@pytest.fixture(scope="module", params=SOURCES)
def stored(request):
    return results.load(request.param)


def test_made_from_these_data(runner, stored):
    dataset, source = SOURCES[stored["name"]]
    assert stored["inputs"] == {source: results.fingerprint(runner.data_set(dataset).data)}


def test_the_slices_chose(stored, experiment):
    """The trees by the mean of three slices, each axis by the latest slice alone."""
    chosen, tried = stored["values"]["chosen"], stored["values"]["slices"]
    found = {name: of for name, of in tried.items() if name.startswith("{")}
    fixed = experiment.FIXED[stored["settings"]["split"]]
    of_trees = {name: np.mean(found[name]) for name in (json.dumps(fixed | one) for one in experiment.RANKERS)}
    best = json.loads(max(of_trees, key=of_trees.get))
    assert all(len(found[name]) == 3 for name in of_trees)
    assert {name: chosen[name] for name in best} == best
    for axis, (usual, other) in experiment.AXES.items():
        last = {json.loads(name).get(axis, usual): of[-1] for name, of in found.items()
                if json.loads(name).items() >= best.items() and axis in (json.loads(name) | {axis: usual})}  # fmt: skip
        assert (chosen.get(axis, usual) == other) == (last[other] > last[usual])


def test_differences_are_those_of_the_values(stored):
    rows = results.frames(stored["name"])
    baseline = "EASE" if stored["name"] == "capstone" else "RecentPopularity"
    again = compare({name: rows[name] for name in (MAIN, baseline)}, baseline=baseline)
    told = stored["values"]["compared"][MAIN]
    expected = again.loc[MAIN, ["difference", "difference_low", "difference_high"]].astype(float)
    assert np.allclose(told[baseline]["difference"], expected, atol=2e-3)
    means = again["mean"]
    assert told[baseline]["ratio"] == pytest.approx(means[MAIN] / means[baseline], abs=0.01)


def test_the_oracle_is_no_worse_than_the_best_single_model(stored):
    values = stored["values"]
    singles = [of["mean"][0] for row, of in values["compared"].items() if not row.startswith(MAIN)]
    analysis = values["analysis"]
    assert analysis["oracle with the whole"] >= analysis["oracle"] >= max(singles) - 0.005
    assert 0 < analysis["ceiling"] < 1 and set(analysis["overlap"]) >= {"EASE", "Popularity", "RecentPopularity"}


def test_what_it_costs_is_within_what_was_promised():
    """Five minutes and four gigabytes on the course's data."""
    cost = results.load("capstone")["values"]["costs"][MAIN]
    assert cost["seconds"] < 300 and cost["fit_mb"] < 4000
    assert cost["start_mb"] < cost["fit_mb"] <= cost["peak_mb"] and cost["request_p50"] <= cost["request_p95"]


def test_cost_grows_with_the_data():
    for name, of in results.load("capstone")["values"]["scale"].items():
        done = [one for one in of if "seconds" in one]
        assert len(done) >= 3, name
        assert done[-1]["interactions"] > 10 * done[0]["interactions"] and done[-1]["seconds"] > done[0]["seconds"]


def test_ease_is_computed_again(movielens):
    table = evaluate(EASE(), split_by_user_time(movielens), metrics=("ndcg@10",)).set_index("user")["value"].dropna()
    (frame,) = results.frames("capstone")["EASE"]
    told = frame[frame["metric"] == "ndcg@10"].set_index("user")["value"]
    assert np.allclose(told, table.loc[told.index], atol=6e-5)


def test_a_small_fused_row_is_computed_again(experiment, movielens):
    told = results.load("capstone")["values"]["small"]
    again = experiment.small(movielens)
    assert list(map(str, again)) == list(told)
    assert np.mean(list(again.values())) == pytest.approx(np.mean(list(told.values())), abs=0.005)
