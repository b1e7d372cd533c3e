"""The audit finds what is planted, and says what it cannot check."""

import numpy as np
import pandas as pd
import pytest

from recsys_lib.data import Interactions, audit

CHECKS = 10


def values(report):
    assert list(report.columns) == ["check", "value", "meaning"] and len(report) == CHECKS
    assert report["meaning"].str.len().gt(0).all()
    return dict(zip(report["check"], report["value"], strict=True))


def test_movielens(movielens):
    found = values(audit(movielens))
    assert found["pairs given more than once"] == 0
    assert round(found["share of ratings in the second of the user's one before"], 3) == 0.220
    assert found["days on which the median user rated"] == 1
    assert found["item id and first rating of the item"] > 0.9
    assert found["item id and number of ratings"] < -0.4
    assert round(found["share of the last fifth on items new in it"], 3) == 0.207
    assert found["items that share title and year with another"] == 4


def table(n=400, seed=0):
    rng = np.random.default_rng(seed)
    pairs = rng.choice(20 * 50, n, replace=False)
    return pd.DataFrame({
        "user_id": pairs // 50,
        "item_id": pairs % 50,
        "rating": rng.integers(1, 6, n),
        "timestamp": rng.choice(10**7, n, replace=False),
    })  # fmt: skip


def test_a_clean_table_is_clean():
    report = audit(table())
    found = values(report)
    assert found["share of ratings in the second of the user's one before"] == 0
    assert abs(found["row order and time, within users"]) < 0.2
    assert found["share of the last fifth on items new in it"] == 0
    meaning = dict(zip(report["check"], report["meaning"], strict=True))
    assert meaning["row order and time, within users"] == "rows do not follow time"
    assert meaning["share of the last fifth by users new in it"] == "no user is new"


def test_what_is_planted_is_found():
    sorted_by_time = table().sort_values("timestamp")
    assert values(audit(sorted_by_time))["row order and time, within users"] == 1
    assert values(audit(sorted_by_time[::-1]))["row order and time, within users"] == -1
    twice = pd.concat([table(), table().iloc[:7]])
    assert values(audit(twice))["pairs given more than once"] == 7
    tied = table().assign(timestamp=5)
    assert values(audit(tied))["share of ratings in the second of the user's one before"] == 1
    by_id = table()
    by_id["timestamp"] = by_id["item_id"] * 10**6 + by_id["user_id"]
    found = values(audit(by_id))
    assert found["item id and first rating of the item"] == pytest.approx(1)
    assert found["share of the last fifth on items new in it"] > 0.9
    assert found["share of the last fifth by users new in it"] == 0


def test_tied_share_against_a_loop(movielens):
    part = movielens.take(movielens.user < 20)
    tied = again = 0
    for user in range(20):
        times = sorted(part.timestamp[part.user == user].tolist())
        again += len(times) - 1
        tied += sum(a == b for a, b in zip(times, times[1:], strict=False))
    found = values(audit(part))["share of ratings in the second of the user's one before"]
    assert found == pytest.approx(tied / again, abs=1e-4)


def test_what_is_missing_is_said():
    report = audit(Interactions.from_table(table()[["user_id", "item_id"]]))
    found = values(report)
    assert found["share of pairs that carry a rating"] == 0
    missing = report[report["meaning"].str.startswith("not available")]
    assert missing["value"].isna().all() and len(missing) == 7
    assert report["meaning"].str.contains("ratings are not available").any()


def test_an_order_of_rows_that_follows_time_is_not_neutral():
    report = audit(table().sort_values("timestamp")).set_index("check")
    assert "row order is not neutral" in report.loc["row order and time, within users", "meaning"]


def test_what_cannot_be_audited():
    with pytest.raises(
        TypeError, match=r"received str: read the file first, read_csv\('ratings.csv', duplicates='last'\)"
    ):
        audit("ratings.csv")
    with pytest.raises(TypeError, match="expected Interactions or a DataFrame, received list$"):
        audit([1, 2])
    dates = table().assign(timestamp="2015-03-01")
    with pytest.raises(ValueError, match="seconds since 1970 or as datetime64, got text such as '2015-03-01'"):
        audit(dates)
    dates["timestamp"] = pd.to_datetime(dates["timestamp"])
    assert values(audit(dates))["days on which the median user rated"] == 1


def test_one_rating_and_none():
    one = table()[:1]
    assert np.isnan(values(audit(one))["row order and time, within users"])
    with pytest.raises(ValueError, match="at least one rating to audit, got none"):
        audit(Interactions.from_table(one).take([]))
    with pytest.raises(ValueError, match="expected columns user_id, item_id"):
        audit(one.rename(columns={"user_id": "user"}))
