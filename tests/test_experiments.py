"""The runner of the experiments: what is finished stays, what is shared is fitted once, a search keeps its best."""

import sys

import numpy as np
import pytest

from bookfiles import ROOT
from recsys_lib import results
from recsys_lib.data import Interactions, split_by_user_time
from recsys_lib.evaluation import compare, evaluate
from recsys_lib.models import EASE, Popularity

sys.path.insert(0, str(ROOT / "tools" / "experiments"))
import _runner

import experiments


@pytest.fixture
def dataset(tmp_path, monkeypatch):
    """A small data set under the name of the first, and a cache of its own."""
    import pandas as pd

    monkeypatch.setenv("RECSYS_DATA_HOME", str(tmp_path))
    rng = np.random.default_rng(0)
    pairs = np.argwhere(rng.random((40, 30)) < 0.5)
    table = pd.DataFrame(pairs, columns=["user_id", "item_id"])
    table["rating"] = rng.integers(1, 6, len(table))
    table["timestamp"] = rng.permutation(len(table))
    return _runner.DataSet("movielens", Interactions.from_table(table), 4.0, "")


@pytest.fixture
def fitted(monkeypatch):
    """The models that were fitted and kept, by name, in order."""
    names, write = [], _runner.write_whole

    def write_and_note(path, content):
        names.append(content["key"][0])
        write(path, content)

    monkeypatch.setattr(_runner, "write_whole", write_and_note)
    return names


def test_a_finished_part_is_read_back_also_by_another_run(dataset, fitted):
    first = _runner.Run(dataset).part("EASE", {"regularization": 50.0}, 0, "test")
    again = _runner.Run(dataset).part("EASE", {"regularization": 50.0}, 3, "test")  # EASE knows no seed
    assert first == again and fitted == ["EASE"]
    frame = evaluate(EASE(regularization=50.0), split_by_user_time(dataset.data), metrics=_runner.METRICS)
    wanted = frame[frame["metric"] == "ndcg@10"].dropna().set_index("user")["value"]
    assert first["ndcg@10"] == pytest.approx(wanted.to_dict(), abs=1e-12)


def test_what_decides_the_numbers_decides_the_key(dataset, fitted):
    run = _runner.Run(dataset)
    other = _runner.DataSet("movielens", dataset.data.take(dataset.data.item > 2), 4.0, "")
    run.part("EASE", {"regularization": 50.0}, 0, "test")
    run.part("EASE", {"regularization": 60.0}, 0, "test")
    run.part("EASE", {"regularization": 50.0}, 0, "validation")
    _runner.Run(other).part("EASE", {"regularization": 50.0}, 0, "test")
    run.part("ALS", {"n_factors": 2}, 0, "test")
    run.part("ALS", {"n_factors": 2}, 1, "test")
    run.part("EASE", {}, 0, "test")
    run.part("EASE", {"regularization": 100.0}, 0, "test")  # the default, written out: the same part
    assert fitted == ["EASE"] * 4 + ["ALS"] * 2 + ["EASE"]


def test_the_arguments_of_a_measure_and_the_edition_of_the_code_are_in_the_key(dataset, fitted, monkeypatch):
    def measure(model, split, part, dataset, line):
        return {"line": line}

    run = _runner.Run(dataset)
    found = [run.part("EASE", {}, 0, "test", measure=measure, arguments={"line": line})["line"] for line in (1, 2, 1)]
    assert found == [1, 2, 1] and len(fitted) == 2
    monkeypatch.setattr(_runner, "COMPUTES", _runner.COMPUTES + 1)
    run.part("EASE", {}, 0, "test", measure=measure, arguments={"line": 1})
    assert len(fitted) == 3


def test_an_interrupted_part_leaves_nothing_and_the_others_stay(dataset, fitted, tmp_path):
    run = _runner.Run(dataset)
    run.part("EASE", {}, 0, "test")

    def interrupted(model, split, part, dataset):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.part("Popularity", {}, 0, "test", measure=interrupted)
    assert len(list((tmp_path / "experiments").iterdir())) == 1
    _runner.Run(dataset).part("EASE", {}, 0, "test")
    assert fitted == ["EASE"]


def test_tune_keeps_all_that_was_tried_and_returns_the_best(dataset):
    run = _runner.Run(dataset)
    grid = [{"regularization": 1.0}, {"regularization": 30.0}, {"regularization": 1000.0}]
    best = run.tune("EASE", "EASE", grid)
    tried = run.settings_tried["EASE"]
    assert [row["settings"] for row in tried] == grid
    split = split_by_user_time(dataset.data)
    values = [evaluate(EASE(**settings), split, "validation", metrics="ndcg@10")["value"].mean() for settings in grid]
    assert [row["validation"] for row in tried] == pytest.approx(values, abs=1e-5)
    assert best == grid[int(np.argmax(values))]


def test_search_gives_each_setting_its_turn():
    asked = []

    def value(settings):
        asked.append((settings["a"], settings["b"]))
        return -abs(settings["a"] - 3) - abs(settings["b"] - 10)

    search = _runner.Search({"a": 1, "b": 20}, {"a": (1, 2, 3, 4), "b": (10, 20, 30)})
    assert search.best(value) == {"a": 3, "b": 10}
    assert asked == [(1, 20), (2, 20), (3, 20), (4, 20), (3, 10), (3, 20), (3, 30)]


def test_what_is_recorded_compares_as_what_was_evaluated(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "_FOLDER", tmp_path)
    run = _runner.Run(dataset)
    rows = {"Popularity": run.test("Popularity", {}), "ALS": run.test("ALS", {"n_factors": 2})}
    assert len(rows["Popularity"]) == 1 and len(rows["ALS"]) == 5
    run.record("losses", {}, {"chosen": {}, "test": _runner.table(rows, digits=12)})
    stored = compare(results.frames("losses"), baseline="Popularity")
    split = split_by_user_time(dataset.data)
    frames = {
        "Popularity": evaluate(Popularity(), split),
        "ALS": [evaluate(_runner.build("ALS", {"n_factors": 2}, seed, 4.0), split) for seed in range(5)],
    }
    fresh = compare(frames, baseline="Popularity")
    assert stored[["mean", "low", "high", "difference"]].to_numpy() == pytest.approx(
        fresh[["mean", "low", "high", "difference"]].to_numpy(), abs=1e-9, nan_ok=True
    )
    assert results.load("losses")["inputs"] == {"movielens": results.fingerprint(dataset.data)}


def test_a_table_of_different_users_is_refused():
    with pytest.raises(AssertionError, match="same users"):
        _runner.table({"a": [{"ndcg@10": {1: 0.5}}], "b": [{"ndcg@10": {2: 0.5}}]})


@pytest.mark.parametrize("path", sorted((ROOT / "recsys_lib" / "results").glob("*.json")), ids=lambda path: path.stem)
def test_make_experiments_runs_what_was_recorded(path):
    """Each file of results is of a data set that its experiment is run on, and is named after it."""
    kept = results.load(path.stem)["settings"]["data"]
    name = max((e.stem for e in experiments.FOLDER.glob("[!_]*.py") if path.stem.startswith(e.stem)), key=len)
    assert kept in experiments.DATA_SETS_OF.get(name, experiments.DATA_SETS)
    if kept != "known_world":
        assert path.stem == name + _runner.data_set(kept).suffix
