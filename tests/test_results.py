"""Recorded results: whole or not at all, and with what is needed to repeat them."""

import hashlib
import json

import numpy as np
import pandas as pd
import pytest
import scipy
import sklearn

from recsys_lib import __version__, results
from recsys_lib.data import Interactions


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "_FOLDER", tmp_path)
    return tmp_path


def write(name="losses", settings=None, values=None, **arguments):
    given = {"seeds": range(5), "inputs": {"ratings": b"abc"}, "seconds": 12.345} | arguments
    return results.record(name, settings or {"epochs": 3}, {"ndcg": 0.1} if values is None else values, **given)


def test_load_gives_what_was_recorded(folder):
    assert write() == folder / "losses.json"
    content = results.load("losses")
    assert content["settings"] == {"epochs": 3} and content["values"] == {"ndcg": 0.1}
    assert content["seeds"] == [0, 1, 2, 3, 4] and content["seconds"] == 12.3
    assert content["inputs"] == {"ratings": hashlib.sha256(b"abc").hexdigest()}
    assert content["versions"]["recsys_lib"] == __version__
    assert content["versions"]["numpy"] == np.__version__
    for package in (scipy, pd, sklearn):
        assert package.__version__ in content["versions"].values()
    assert {"scipy", "pandas", "scikit-learn"} <= set(content["versions"])
    assert content["terms"] == results.TERMS and "GroupLens" in results.TERMS


def test_versions_are_found_under_whichever_name_tensorflow_is_installed(folder, monkeypatch):
    def version(package):
        if package not in installed:
            raise results.metadata.PackageNotFoundError(package)
        return installed[package]

    monkeypatch.setattr(results.metadata, "version", version)
    for name in ("tensorflow", "tensorflow-cpu"):
        installed = {"numpy": "2.1.3", name: "2.20.0"}
        write()
        assert results.load("losses")["versions"] == {
            "recsys_lib": __version__, "numpy": "2.1.3", "tensorflow": "2.20.0",
        }  # fmt: skip


def test_values_of_numpy_and_pandas_become_plain(folder):
    table = pd.DataFrame({"mean": [0.1, 0.2], "low": [np.nan, 0.15]}, index=["a", "b"])
    write(values={"table": table, "series": table["mean"], "array": np.arange(3.0), "n": np.int64(4), 5: (True, "x")})
    assert results.load("losses")["values"] == {
        "table": {"a": {"mean": 0.1, "low": None}, "b": {"mean": 0.2, "low": 0.15}},
        "series": {"a": 0.1, "b": 0.2},
        "array": [0, 1, 2],
        "n": 4,
        "5": [True, "x"],
    }


def test_a_line_a_vector_and_an_entry(folder):
    rows = {"EASE": {"ndcg@10": [[0.25, 0.5], [0.125, 1.0]]}}
    write(values={"test": {"users": [1, 2], "rows": rows}, "tried": [{"settings": {"a": 1}, "validation": 0.1}]})
    lines = (folder / "losses.json").read_text().splitlines()
    for whole in ("[0.25, 0.5],", "[0.125, 1.0]", '"users": [1, 2],', '{"settings": {"a": 1}, "validation": 0.1}'):
        assert any(line.strip() == whole or line.strip().startswith(whole) for line in lines), whole
    assert results.load("losses")["values"]["test"]["rows"] == rows


def test_frames_are_as_evaluate_returns_them(folder):
    rows = {"EASE": {"ndcg@10": [[0.25, 0.5]]}, "ALS": {"ndcg@10": [[0.125, 1.0], [0.0, 0.5]]}}
    write(values={"test": {"users": ["u", "v"], "unserved": {"ALS": ["v"]}, "rows": rows}, "chosen": {}})
    frames = results.frames("losses")
    assert {name: len(seeds) for name, seeds in frames.items()} == {"EASE": 1, "ALS": 2}
    wanted = pd.DataFrame({"user": ["u", "v"], "metric": "ndcg@10", "value": [0.0, 0.5], "served": [True, False]})
    pd.testing.assert_frame_equal(frames["ALS"][1], wanted)
    assert frames["EASE"][0]["served"].all()
    with pytest.raises(KeyError, match="no table 'newcomers'; it has test"):
        results.frames("losses", "newcomers")
    write(values={"chosen": {}, "tried": [1]})
    with pytest.raises(KeyError, match="no table 'test'; it has none"):
        results.frames("losses")


def test_an_unknown_result_says_how_to_compute_it(folder):
    with pytest.raises(FileNotFoundError, match=r"'anatomy' \(none yet\): `make experiments`"):
        results.load("anatomy")
    write()
    with pytest.raises(FileNotFoundError, match=r"\(losses\)"):
        results.load("anatomy")


@pytest.mark.parametrize("name", ["../losses", "Losses", "", None, "a.json", "a/b"])
def test_a_name_is_no_path(folder, name):
    with pytest.raises(ValueError, match="small letters"):
        results.load(name)
    with pytest.raises(ValueError, match="small letters"):
        write(name)


def test_what_cannot_be_written_leaves_the_old_file_and_no_other(folder, monkeypatch):
    write()
    before = (folder / "losses.json").read_bytes()
    for values, error in [({"x": np.inf}, ValueError), ({"x": object()}, TypeError)]:
        with pytest.raises(error):
            write(values=values)
    with pytest.raises(TypeError, match="received DataFrame"):
        write(inputs={"ratings": pd.DataFrame()})

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(results.os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        write(values={"x": 2})
    assert [p.name for p in folder.iterdir()] == ["losses.json"]
    assert (folder / "losses.json").read_bytes() == before


def test_fingerprint_sees_values_types_shapes_and_ids(tmp_path):
    table = pd.DataFrame({"user_id": [1, 2], "item_id": [1, 1], "rating": [3.0, 4.0]})
    other_rating, other_id = table.assign(rating=[3.0, 4.5]), table.assign(item_id=[7, 7])
    data, again, *others = (Interactions.from_table(t) for t in (table, table, other_rating, other_id))
    assert results.fingerprint(data) == results.fingerprint(again)
    path = tmp_path / "ratings.csv"
    path.write_bytes(b"abc")
    assert results.fingerprint(path) == results.fingerprint(b"abc")
    arrays = [np.zeros(4), np.zeros((2, 2)), np.zeros(4, np.float32), np.ones(4)]
    prints = [results.fingerprint(thing) for thing in (data, *others, path, *arrays)]
    assert len(set(prints)) == len(prints)


def test_every_recorded_result_of_the_package_is_complete():
    for path in results._FOLDER.glob("*.json"):
        content = results.load(path.stem)
        terms = {"movietweetings": results.TERMS_OF_MOVIETWEETINGS, "known_world": results.TERMS_OF_WORLD}
        assert content["terms"] == terms.get(" ".join(content["inputs"]), results.TERMS), path.name
        keys = {"name", "terms", "settings", "values", "seeds", "versions", "inputs", "seconds"}
        assert set(content) == keys, path.name
        assert content["name"] == path.stem
        assert all(len(sha) == 64 for sha in content["inputs"].values())
        assert json.dumps(content, allow_nan=False)
