"""The stored tables of The full build: the choice on validation, and one row of each computed again."""

import numpy as np
import pytest

from bookfiles import experiment_module
from recsys_lib import results
from recsys_lib.data import split_by_user_time, split_users
from recsys_lib.evaluation import compare, evaluate
from recsys_lib.models import ALS, EASE

NAMES = ("full_build", "full_build_movietweetings")


@pytest.fixture(scope="module")
def stored():
    return results.load("full_build")


def by_user(frame, metric="ndcg@10"):
    return frame[frame["metric"] == metric].dropna().set_index("user")["value"]


def assert_same_but_for_ties(again, kept):
    assert again.index.tolist() == kept.index.tolist()
    assert (again - kept).abs().mean() < 1e-3  # a tie in the last digit may turn two films round


def test_made_from_these_data(stored, movielens):
    assert stored["inputs"]["movielens"] == results.fingerprint(movielens)
    assert stored["seeds"] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", NAMES)
def test_each_tuned_model_had_about_as_many_settings_and_kept_the_best(name):
    values = results.load(name)["values"]
    for row, tried in values["tried"].items():
        best = max(one["validation"] for one in tried)
        assert [one["validation"] for one in tried if one["settings"] == values["chosen"][row]] == [best]
        assert row == "Popularity" or len(tried) == 8, row


def test_tuning_row(stored, user_time_split):
    tried = stored["values"]["tried"]["EASE"][2]
    frame = evaluate(EASE(**tried["settings"]), user_time_split, "validation", metrics="ndcg@10")
    assert frame["value"].mean() == pytest.approx(tried["validation"], abs=1e-4)


def test_test_row_of_ease(stored, user_time_split):
    kept = by_user(results.frames("full_build")["EASE"][0])
    assert_same_but_for_ties(by_user(evaluate(EASE(**stored["values"]["chosen"]["EASE"]), user_time_split)), kept)


def test_row_of_ease_on_the_second_data_set():
    dataset = experiment_module("_runner").data_set("movietweetings")
    content = results.load("full_build_movietweetings")
    assert content["inputs"]["movietweetings"] == results.fingerprint(dataset.data)
    model = EASE(**content["values"]["chosen"]["EASE"], liked_from=dataset.liked_from)
    frame = evaluate(model, split_by_user_time(dataset.data), relevant_from=dataset.liked_from)
    assert_same_but_for_ties(by_user(frame), by_user(results.frames("full_build_movietweetings")["EASE"][0]))


def test_newcomers_row_of_ease(stored, movielens):
    """Who was left out in one draw only has the value of that draw."""
    draws = range(stored["settings"]["draws"])
    splits = [split_users(movielens, share=0.1, rng=draw) for draw in draws]
    kept = by_user(results.frames("full_build", "newcomers")["EASE"][0])
    again = by_user(evaluate(EASE(**stored["values"]["chosen"]["EASE"]), splits[1], metrics="ndcg@10"))
    others = {splits[d].test.users[u] for d in draws if d != 1 for u in np.unique(splits[d].test.user).tolist()}
    once = [user for user in again.index if user not in others]
    assert len(once) > 10
    assert (again[once] - kept[once]).abs().mean() < 1e-3


def test_one_seed_of_a_random_row(stored, user_time_split):
    """ALS; the embedding is trained by the chapter itself."""
    frame = evaluate(ALS(**stored["values"]["chosen"]["ALS"], rng=0), user_time_split)
    kept = by_user(results.frames("full_build")["ALS"][0]).mean()
    assert by_user(frame).mean() == pytest.approx(kept, abs=0.002)


def test_all_rows_are_of_the_same_users():
    for name in NAMES:
        frames = results.frames(name)
        table = compare(frames, baseline="EASE", metric="recall@20")
        assert table["n_users"].nunique() == 1 and table.loc["MatrixFactorization", "seed_spread"] > 0
