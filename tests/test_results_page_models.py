"""A row of the page's models again: who was left out in one draw only has the value of that draw."""

import numpy as np
import pytest

from bookfiles import experiment_module
from recsys_lib import results
from recsys_lib.data import load_movielens, split_users

DRAW = 5


@pytest.fixture(scope="module")
def experiment():
    return experiment_module("page_models")


@pytest.fixture(scope="module")
def splits(experiment):
    data = load_movielens()
    return [split_users(data, share=0.1, rng=draw) for draw in experiment.DRAWS]


def people(splits, part, draws):
    return {splits[d].test.users[user] for d in draws for user in getattr(splits[d], part).user}


def test_ease_again_on_the_page_catalogue(experiment, splits):
    stored = results.load("page_models")["values"]
    split = splits[DRAW]
    train = split.before("test")
    page = np.bincount(train.likes().indices, minlength=train.n_items) >= experiment.LIKES_OF_THE_PAGE
    model = experiment.EASE(**experiment.EASE_SETTINGS).fit(train)
    row = experiment.ndcg(experiment.Served(experiment.served_by(model), page), split)
    others = people(splits, "test", [d for d in experiment.DRAWS if d != DRAW])
    column = dict(zip(stored["users"], stored["ndcg@10"]["EASE, page catalogue"], strict=True))
    both = [u for u in row.dropna().index if u in column and u not in others]
    assert len(both) > 10
    off = np.abs(np.array([column[u] for u in both]) - row[both].to_numpy())
    assert off.mean() < 1e-3  # a tie in the last digit may turn two films round


def test_nobody_who_chose_the_settings_takes_the_exam(experiment, splits):
    examined = set(results.load("page_models")["values"]["users"])
    assert examined and not examined & people(splits, "validation", experiment.TUNING_DRAWS)
