"""A saved model recommends the same in a fresh process; what cannot be a saved model is refused."""

import copy
import json
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from recsys_lib.data import IdMap, Interactions
from recsys_lib.models import ALS, EASE, BiasModel, ContentTFIDF, ItemKNN, Popularity, load, recommend

MODELS = [Popularity(), BiasModel(), ItemKNN(n_neighbors=20), EASE(), ALS(n_factors=8), ContentTFIDF()]


@pytest.fixture(scope="module")
def small(movielens):
    return movielens.k_core(user=30, item=60)


def tiny(item_ids, user_ids=("u", "v", "w"), rating=5.0, item_table=None):
    user, item = np.nonzero(np.ones((len(user_ids), len(item_ids))))
    keep = user != item
    users, items = IdMap(list(user_ids)), IdMap(list(item_ids))
    return Interactions(user[keep], item[keep], np.full(keep.sum(), rating), None, users, items, item_table)


def test_recommends_the_same_in_a_fresh_process(small, tmp_path):
    user_id, history = small.users[int(np.argmin(np.bincount(small.user)))], {1: 5.0, 50: 4.5}
    expected = []
    for model in MODELS:
        model.fit(small).save(tmp_path / type(model).__name__)
        for table in (recommend(model, user_id), recommend(model, history=history)):
            expected.append(table.to_json(double_precision=15))
    assert len(list(tmp_path.iterdir())) == len(MODELS)  # nothing temporary is left
    code = (
        "import sys; from recsys_lib.models import load, recommend\n"
        "for folder in sys.argv[2:]:\n"
        "    model = load(folder)\n"
        "    print(recommend(model, int(sys.argv[1])).to_json(double_precision=15))\n"
        f"    print(recommend(model, history={history}).to_json(double_precision=15))\n"
        "assert 'tensorflow' not in sys.modules"
    )
    folders = [str(tmp_path / type(model).__name__) for model in MODELS]
    out = subprocess.run(
        [sys.executable, "-c", code, str(user_id), *folders], check=True, capture_output=True, text=True
    )
    assert out.stdout.splitlines() == expected


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_a_copy_scores_alike(small, model):
    model.fit(small)
    wanted = model.score(range(5))
    for again in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(again.score(range(5)), wanted)
        assert again.settings == model.settings and again.users_ == model.users_


def test_the_home_folder_is_meant_by_a_tilde(tmp_path, monkeypatch):
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    EASE().fit(tiny([1, 2, 3])).save("~/model")
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    assert (tmp_path / "home" / "model" / "model.json").exists()
    assert load("~/model").items_ == IdMap([1, 2, 3])


def test_everything_fitted_and_set_survives(small, tmp_path):
    model = ItemKNN(similarity="jaccard", n_neighbors=7, shrinkage=3, liked_from=3.5).fit(small)
    model.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.settings == model.settings and repr(again) == repr(model)
    assert again.users_ == model.users_ and again.items_ == model.items_
    assert (again.train_ != model.train_).nnz == 0 and (again.neighbors_ != model.neighbors_).nnz == 0
    pd.testing.assert_frame_equal(again.item_table_, model.item_table_, check_dtype=False)
    assert again.item_table_["year"].tolist() == model.item_table_["year"].tolist()
    assert pd.api.types.is_integer_dtype(again.item_table_["year"])
    again.fit(small)  # and it can be fitted again


@pytest.mark.parametrize("ids", [[1, 2, 3], ["007", "7", "NA"], [0.5, 1.0, 2.0], ["1", 1, 2.5], [2**60, -1, 0]])
def test_ids_keep_their_types(ids, tmp_path):
    EASE().fit(tiny(ids, user_ids=ids)).save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert [(i, type(i)) for i in again.items_] == [(i, type(i)) for i in ids]
    assert again.users_ == IdMap(ids)


@pytest.mark.parametrize("ids", [[(1, 2), 3, 4], [True, 5, 6], [pd.Timestamp("2020-01-01"), 1, 2]])
def test_other_ids_are_a_type_error(ids, tmp_path):
    model = EASE().fit(tiny(ids))
    with pytest.raises(TypeError, match="numbers or texts to save as item ids"):
        model.save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cell", [pd.Timestamp("2020-01-01"), ["Action"]])
def test_a_column_that_cannot_be_saved_is_named(cell, tmp_path):
    table = pd.DataFrame({"item_id": ["a", "b", "c"], "released": [cell] * 3})
    model = EASE().fit(tiny(["a", "b", "c"], item_table=table))
    with pytest.raises(TypeError, match="numbers or texts to save as column 'released' of the item table"):
        model.save(tmp_path / "model")


@pytest.mark.parametrize("columns", [["title", "title"], ["title", 0]])
def test_columns_that_are_no_distinct_texts_are_refused(columns, tmp_path):
    table = pd.DataFrame([["A", "B"]] * 3, columns=columns)
    with pytest.raises(TypeError, match="distinct texts as columns of the item table"):
        Popularity().fit(tiny(["a", "b", "c"], item_table=table)).save(tmp_path / "model")


def test_item_table_with_gaps(tmp_path):
    table = pd.DataFrame({"item_id": ["a", "b", "c"], "title": ["A", None, "C ü"]})
    table["year"] = pd.array([1999, None, 2001], dtype="Int64")
    Popularity().fit(tiny(["a", "b", "c"], item_table=table)).save(tmp_path / "model")
    again = load(tmp_path / "model").item_table_
    assert list(again["title"].fillna("none")) == ["A", "none", "C ü"]
    pd.testing.assert_series_equal(again["year"], table["year"])  # 1999, never 1999.0


def test_saving_twice_replaces_and_a_failed_save_leaves_the_old_one(small, tmp_path, monkeypatch):
    folder = tmp_path / "model"
    Popularity().fit(small).save(folder)
    EASE().fit(small).save(folder)
    assert type(load(folder)) is EASE
    broken = ALS(n_factors=2).fit(small)
    monkeypatch.setattr(broken, "write_files", lambda folder: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        broken.save(folder)
    assert type(load(folder)) is EASE and [path.name for path in tmp_path.iterdir()] == ["model"]


def test_save_refuses(small, tmp_path):
    with pytest.raises(NotFittedError):
        EASE().save(tmp_path / "model")
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("you")
    with pytest.raises(ValueError, match="not a saved model"):
        Popularity().fit(small).save(tmp_path / "letters")
    assert (tmp_path / "letters" / "dear.txt").read_text() == "you"
    model = ALS(n_factors=2, rng=np.random.default_rng(0)).fit(small)
    with pytest.raises(TypeError, match="rng"):
        model.save(tmp_path / "model")
    ItemKNN(n_neighbors=np.int64(5)).fit(small).save(tmp_path / "model")


class Mine(EASE):
    """A class of one's own."""


def test_a_class_of_ones_own_is_refused_before_anything_is_written(tmp_path):
    namesake = type("Popularity", (Popularity,), {"_score": lambda self, users, history: -1.0})
    inner = type("EASE", (EASE,), {"__module__": EASE.__module__, "__qualname__": "Outer.EASE"})
    for kind in (Mine, namesake, inner, type("baselines", (ALS,), {}), type("None", (ALS,), {})):
        model = kind().fit(tiny([1, 2, 3]))
        with pytest.raises(TypeError, match=f"only the library's models can be saved: .*; received .*{kind.__name__}"):
            model.save(tmp_path / "folder" / "model")
        assert list(tmp_path.iterdir()) == []
    again = pickle.loads(pickle.dumps(EASE().fit(tiny([1, 2, 3]))))
    again.save(tmp_path / "model")
    assert type(load(tmp_path / "model")) is EASE


@pytest.mark.parametrize("other", ["my_notes.txt", "model.json"])
def test_save_leaves_the_files_of_others_alone(small, tmp_path, other):
    folder = tmp_path / "model"
    model = Popularity().fit(small)
    model.save(folder)
    (folder / other).write_text('{"format": "layers-model"}')
    with pytest.raises(ValueError, match="holds other files"):
        model.save(folder)
    assert (folder / other).read_text() == '{"format": "layers-model"}' and len(list(tmp_path.iterdir())) == 1
    with pytest.raises(ValueError, match="not a saved model"):
        model.save(folder / other)


def test_load_refuses(small, tmp_path):
    with pytest.raises(FileNotFoundError, match="model.json"):
        load(tmp_path)
    folder = tmp_path / "model"
    EASE().fit(small).save(folder)
    path = folder / "model.json"
    good = json.loads(path.read_text(encoding="utf-8"))
    for change, message in [
        ({"format": 1}, "format 2"),
        ({"class": "Popularity2"}, "Popularity2"),
        ({"items": good["items"][:-1]}, "ids of"),
        ({"users": []}, "ids of"),
        ({"settings": {"lambda": 3}}, "lambda"),
        ({"settings": {"regularization": -1}}, "regularization"),
        ({"settings": [1]}, "mapping"),
        ({"class": ["EASE"]}, "class"),
        ({"users": "abc"}, "sequence of ids"),
        ({"implicit": "no"}, "true or false"),
        ({"item_table": [1]}, "cannot be loaded"),
        ({"item_table": {"title": ["x"]}}, "cannot be loaded"),
    ]:
        path.write_text(json.dumps(good | change), encoding="utf-8")
        with pytest.raises(ValueError, match=message):
            load(folder)
    path.write_text(json.dumps({key: value for key, value in good.items() if key != "users"}), encoding="utf-8")
    with pytest.raises(ValueError, match="users"):
        load(folder)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="cannot be loaded: Expecting property name"):
        load(folder)
    path.write_text(json.dumps(good), encoding="utf-8")
    arrays = folder / "arrays.npz"
    whole, stored = arrays.read_bytes(), dict(np.load(arrays))
    for change, message in [
        (lambda: arrays.write_bytes(whole[: len(whole) // 2]), "zip"),
        (lambda: arrays.write_bytes(b""), "cannot be loaded"),
        (lambda: np.savez(arrays, **{n: a for n, a in stored.items() if n != "scale_"}), "expected the arrays"),
        (lambda: np.savez(arrays, **{n: a for n, a in stored.items() if n != "train_.data"}), "train_.data"),
        (lambda: np.savez(arrays, fit=np.zeros(2), **stored), "expected the arrays .* received .*'fit'"),
        (lambda: np.savez(arrays, train_=np.array([{"a": 1}], dtype=object)), "pickle"),
    ]:
        change()
        with pytest.raises(ValueError, match=message):
            load(folder)
    arrays.unlink()
    with pytest.raises(FileNotFoundError, match="arrays.npz"):
        load(folder)


def test_no_pickle_is_read_or_written(small, tmp_path):
    EASE().fit(small).save(tmp_path / "model")
    with np.load(tmp_path / "model" / "arrays.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)
