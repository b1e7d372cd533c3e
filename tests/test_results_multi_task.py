"""The stored tables of Many tasks, one body: equal choices, all rows and seeds, a row of each kind computed again."""

import numpy as np
import pytest

from bookfiles import experiment_module
from recsys_lib import results
from recsys_lib.task_intervals import read_tasks, tasks_bootstrap, value
from recsys_lib.tasks import TASKS

NAMES = ("multi_task", "multi_task_movietweetings")
METRIC = {"next likes": "NDCG@10", "rating": "RMSE", "genres": "micro-F1", "search": "NDCG@10"}


@pytest.fixture(scope="module")
def experiment():
    return experiment_module("multi_task")


@pytest.fixture(scope="module")
def parts(experiment, runner):
    return experiment.Parts(runner.data_set("movietweetings"))


@pytest.mark.parametrize(("name", "data"), [(NAMES[0], "movielens"), (NAMES[1], "movietweetings")])
def test_made_from_these_data(runner, name, data):
    stored = results.load(name)
    assert stored["inputs"][data] == results.fingerprint(runner.data_set(data).data)
    assert stored["seeds"] == stored["settings"]["draws"] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", NAMES)
def test_every_network_had_the_same_number_of_choices_and_took_the_best(experiment, name):
    values = results.load(name)["values"]
    for row in (*experiment.SINGLES, *experiment.SEVERAL):
        tried = values["tried"][row]
        assert len(tried) == 2 * len(experiment.STOPS)
        if row in experiment.SINGLES:
            (task,) = experiment.SINGLES[row]
            scores = [experiment.better(task, one["validation"][task]) for one in tried]
        else:
            scores = [one["relative"] for one in tried]
            again = [experiment.relative(one["validation"], values["validation"]) for one in tried]
            np.testing.assert_allclose(again, scores, atol=1e-4)
        assert values["chosen"][row] == tried[int(np.argmax(scores))]["settings"]
    for row, (*_, grid) in experiment.RIVALS.items():
        assert [one["settings"] for one in values["tried"][row]] == grid


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_there_with_its_tasks_and_seeds(experiment, name):
    rows = read_tasks(name)
    expected = {row: (task,) for row, (task, *_) in experiment.RIVALS.items()} | experiment.SINGLES
    expected |= {row: tasks for row, (tasks, _) in experiment.SEVERAL.items()} | {experiment.EARLY: TASKS}
    assert {row: set(tasks) for row, tasks in rows.items()} == {row: set(tasks) for row, tasks in expected.items()}
    for row, found in rows.items():
        for task, frames in found.items():
            assert len(frames) == len(experiment.SEEDS[task]) or (row in experiment.RIVALS and len(frames) == 1)
            assert all((0 <= f["top"]).all() and (f["bottom"] >= 0).all() for f in frames)
    unlike = [set(frame.index) for frame in rows["genres alone"]["genres"]]
    assert unlike[0] != unlike[1] and len(unlike[0]) == len(unlike[1])


@pytest.mark.parametrize("row", ["EASE", "bias model", "shares of genres", "TF-IDF of letters"])
def test_a_specialist_computed_again(experiment, parts, row):
    stored = results.load(NAMES[1])["values"]
    task = experiment.RIVALS[row][0]
    again = experiment.rival(parts, row, stored["chosen"][row], "test", 0)["figures"][task]
    assert value(read_tasks(NAMES[1])[row][task][0], METRIC[task]) == pytest.approx(again, abs=1e-3)


def test_a_network_computed_again(experiment, parts):
    """The single network of the genres, and what a network of two tasks is built of."""
    stored = results.load(NAMES[1])["values"]
    again = experiment.tested(parts, ("genres",), seed=0, **stored["chosen"]["genres alone"])
    kept = value(read_tasks(NAMES[1])["genres alone"]["genres"][0], "micro-F1")
    assert again["figures"]["genres"] == pytest.approx(kept, abs=0.02)
    assert again["parameters"] == stored["cost"]["genres alone"]["parameters"]


@pytest.mark.parametrize("name", NAMES)
def test_one_network_has_fewer_numbers_than_four(name):
    cost = results.load(name)["values"]["cost"]
    four = sum(cost[f"{task} alone"]["parameters"] for task in TASKS)
    assert cost["four tasks, shared body"]["parameters"] < 0.6 * four


def test_an_interval_holds_its_mean():
    rows = read_tasks(NAMES[0])
    for task in TASKS:
        gap = tasks_bootstrap(
            rows["four tasks, shared body"][task], rows[f"{task} alone"][task], metric=METRIC[task], n_resamples=300
        )
        assert gap.low <= gap.mean <= gap.high
