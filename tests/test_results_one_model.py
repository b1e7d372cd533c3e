"""The stored tables of One transformer for all: equal choices, all rows and seeds, what is chosen, a fit again."""

import numpy as np
import pytest

from bookfiles import experiment_module
from recsys_lib import results
from recsys_lib.task_intervals import read_tasks, value
from recsys_lib.tasks import TASKS

NAMES = ("one_model", "one_model_movietweetings")
METRIC = {"next likes": "NDCG@10", "rating": "RMSE", "genres": "micro-F1", "search": "NDCG@10"}


@pytest.fixture(scope="module")
def experiment():
    return experiment_module("one_model")


@pytest.mark.parametrize(("name", "data"), [(NAMES[0], "movielens"), (NAMES[1], "movietweetings")])
def test_made_from_these_data(runner, name, data):
    assert results.load(name)["inputs"][data] == results.fingerprint(runner.data_set(data).data)


@pytest.mark.parametrize("name", NAMES)
def test_the_one_and_its_twins_had_the_same_choices_and_took_the_best(experiment, name):
    values = results.load(name)["values"]
    tried, chosen, best = values["tried"], values["chosen"], {}
    choices = experiment.CHOICES if name == NAMES[0] else experiment.CHOICES[:1]
    points = len(choices) * experiment.LONGEST // experiment.EVERY
    for kind, inner in experiment.INNER.items():
        for task in TASKS:
            row = tried[f"{task} ({kind})"]
            assert len(row) == points and {one["settings"]["inner"] for one in row} == {inner}
            figures = [experiment.better(task, one["validation"][task]) for one in row]
            assert chosen[f"{task} ({kind})"] == row[int(np.argmax(figures))]["settings"]
            if kind == "a":
                best[task] = max(figures)
    of_one = tried["one"]
    assert len(of_one) == points
    means = [np.mean([experiment.better(t, one["validation"][t]) / best[t] for t in TASKS]) for one in of_one]
    assert chosen["one"] == of_one[int(np.argmax(means))]["settings"]
    for rival, (*_, grid) in experiment.RIVALS.items():
        assert [one["settings"] for one in tried[rival]] == grid


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_there_with_its_tasks_and_seeds(experiment, name):
    rows, seeds = read_tasks(name), {task: len(some) for task, some in experiment.SEEDS.items()}
    for row in ("one", "no blocks", "twins (a)", "twins (b)"):
        assert {task: len(frames) for task, frames in rows[row].items()} == seeds
    for rival, (task, *_) in experiment.RIVALS.items():
        assert set(rows[rival]) == {task}
    for row in set(rows) - {"one", "no blocks", "twins (a)", "twins (b)", *experiment.RIVALS}:
        left_out = row.removeprefix("without ")
        assert set(rows[row]) == set(TASKS) - {left_out}
    drawn = [set(frame.index) for frame in rows["one"]["genres"]]
    assert all(a != b for a, b in zip(drawn, drawn[1:])) and len(set(map(len, drawn))) == 1


def test_a_task_that_loses_was_refitted_without_each_other_task_on_both_data_sets(experiment):
    rows, second = map(read_tasks, NAMES)
    lost = [t for t in TASKS if experiment.loses(experiment.gap(rows["one"][t], rows["twins (a)"][t], t), t)]
    assert lost == ["rating"]
    refitted = {row.removeprefix("without ") for row in rows if row.startswith("without ")}
    assert refitted == set(TASKS) - {"rating"}
    assert {row for row in rows if row.startswith("without ")} == {r for r in second if r.startswith("without ")}


def test_the_twins_have_the_size_that_the_chapter_says():
    costs = results.load(NAMES[0])["values"]["costs"]
    for task in TASKS:
        one, a, b = (costs[row]["body"] for row in ("one", f"{task} (a)", f"{task} (b)"))
        assert a == pytest.approx(one, rel=0.05) and b == pytest.approx(one / 4, rel=0.05)
        assert costs[f"{task} (a)"]["tables"] == costs[f"{task} (b)"]["tables"] <= costs["one"]["tables"]


def test_a_twin_fitted_again(experiment, runner):
    from recsys_lib.models.one_transformer import OneTransformer

    stored, dataset = results.load(NAMES[1])["values"], runner.data_set("movietweetings")
    settings = stored["chosen"]["search (b)"]
    model = OneTransformer(**settings).fit(experiment.tasks_of(dataset, 0))
    kept = value(read_tasks(NAMES[1])["twins (b)"]["search"][0], METRIC["search"])
    assert value(model.measure()["search"], METRIC["search"]) == pytest.approx(kept, abs=0.02)
