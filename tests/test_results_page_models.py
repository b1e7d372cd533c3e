"""A row of the page's models again: who was left out in one draw only has the value of that draw."""

import numpy as np
import pytest

from bookfiles import experiment_module
from recsys_lib import results
from recsys_lib.data import split_users
from recsys_lib.models import EASE

DRAW = 3


@pytest.fixture(scope="module")
def experiment():
    return experiment_module("page_models")


@pytest.fixture(scope="module")
def dataset():
    return experiment_module("_runner").data_set("movielens")


@pytest.fixture(scope="module")
def splits(dataset):
    draws = range(results.load("page_models")["settings"]["draws"])
    return [split_users(dataset.data, share=0.1, rng=draw) for draw in draws]


def people(splits, part, draws):
    return {splits[d].test.users[user] for d in draws for user in np.unique(getattr(splits[d], part).user).tolist()}


def test_ease_again_on_the_page_catalogue(experiment, dataset, splits):
    again = experiment.served(EASE(**experiment.EASE_SETTINGS), splits[DRAW], "test", dataset)
    again = again["float, page catalogue"]
    others = people(splits, "test", [d for d in range(len(splits)) if d != DRAW])
    frame = results.frames("page_models")["EASE, page catalogue"][0]
    kept = frame.set_index("user")["value"].to_dict()
    once = [user for user in again if user in kept and user not in others]
    assert len(once) > 10
    off = np.abs([again[user] - kept[user] for user in once])
    assert off.mean() < 1e-3  # a tie in the last digit may turn two films round


def test_nobody_who_chose_the_settings_takes_the_exam(experiment, splits):
    examined = set(results.load("page_models")["values"]["test"]["users"])
    assert examined and not examined & people(splits, "validation", experiment.TUNING_DRAWS)
