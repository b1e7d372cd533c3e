"""The second data set: what it holds, against counts made by other means, and what happens to a damaged file."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys_lib.data import load_movietweetings, movietweetings, split_by_user_time

PUBLISHED = Path(__file__).parents[2] / "shared" / "data" / "movietweetings-100k"


@pytest.fixture(scope="module")
def data():
    return load_movietweetings()


def test_size_scale_and_span(data):
    assert (data.n_users, data.n_items, len(data)) == (16_554, 10_506, 100_000)
    assert (data.rating.min(), data.rating.max()) == (0, 10)
    first, last = pd.to_datetime([data.timestamp.min(), data.timestamp.max()], unit="s")
    assert (first.strftime("%Y-%m"), last.strftime("%Y-%m")) == ("2013-02", "2013-09")


def test_five_core(data):
    core = data.k_core(user=5, item=5)
    assert (core.n_users, core.n_items) == (4_333, 2_414)
    split = split_by_user_time(core)
    assert len(np.unique(split.test.user[split.test.rating >= movietweetings.LIKED_FROM])) == 2_960


def test_people_rate_as_they_watch(data):
    order = np.lexsort((data.timestamp, data.user))
    user, time = data.user[order], data.timestamp[order]
    same_second = (user[1:] == user[:-1]) & (time[1:] == time[:-1])
    assert same_second.sum() == 2


def test_titles(data):
    row = data.item_table.iloc[data.items.index("0133093")]
    assert (row["title"], row["year"]) == ("The Matrix", 1999) and "Sci-Fi" in row["genres"].split("|")
    assert data.item_table["title"].str.len().min() > 0 and data.item_table["year"].between(1890, 2014).all()


def test_same_as_published(data):
    if not PUBLISHED.exists():
        pytest.skip("the published files are not here")
    names = ["user_id", "item_id", "rating", "timestamp"]
    lines = (PUBLISHED / "ratings.dat").read_text(encoding="utf-8").splitlines()
    table = pd.DataFrame([line.split("::") for line in lines], columns=names)
    ours = pd.DataFrame({
        "user_id": [str(data.users[u]) for u in data.user],
        "item_id": [data.items[i] for i in data.item],
        "rating": data.rating.astype(int).astype(str),
        "timestamp": data.timestamp.astype(str),
    })  # fmt: skip
    pd.testing.assert_frame_equal(ours, table, check_dtype=False)


def test_another_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(movietweetings, "FILE", tmp_path / "ratings.npz")
    with pytest.raises(FileNotFoundError, match="ratings.npz"):
        load_movietweetings()
    (tmp_path / "ratings.npz").write_bytes(b"something else")
    with pytest.raises(ValueError, match="SHA-256"):
        load_movietweetings()


def test_the_licence_lies_beside_it():
    text = (movietweetings.FILE.parent / "LICENSE").read_text(encoding="utf-8")
    assert "MIT License" in text and movietweetings.FILE.stat().st_size <= 1_000_000
