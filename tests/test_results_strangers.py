"""The stored tables of Strangers: each training stopped at its best, the term left out, and a row computed again."""

import numpy as np
import pytest

from bookfiles import experiment_module
from recsys_lib import results
from recsys_lib.data import split_by_user_time, split_users
from recsys_lib.evaluation import compare

MODEL = "MatrixFactorization"
SMALL = {"n_factors": 8, "init_scale": 0.3, "learning_rate": 0.05, "weight_decay": 0.0}


@pytest.fixture(scope="module")
def experiment():
    return experiment_module("strangers")


@pytest.fixture(scope="module")
def dataset():
    return experiment_module("_runner").data_set("movielens")


@pytest.fixture(scope="module")
def stored():
    return results.load("strangers")


def test_made_from_these_data(stored, movielens):
    assert stored["inputs"]["movielens"] == results.fingerprint(movielens)
    assert stored["seeds"] == [0, 1, 2, 3, 4]


def test_each_training_is_stopped_where_its_curve_was_best(stored, experiment):
    values = stored["values"]
    assert set(values["chosen"]) == set(experiment.ARMS)
    for arm, tried in values["tried"].items():
        epochs = stored["settings"]["epochs"]
        assert [one["settings"]["epochs"] for one in tried] == epochs * (len(tried) // len(epochs))
        best = max(one["validation"] for one in tried)
        assert [one["validation"] for one in tried if one["settings"] == values["chosen"][arm]] == [best]


def test_with_and_without_the_target_nothing_differs_but_the_steps(stored):
    chosen = stored["values"]["chosen"]
    chosen["whole"] = results.load("full_build")["values"]["chosen"][MODEL]
    for arm, other in (("whole", "dropout"), *((arm, f"{arm}, target left out") for arm in ("dropout", "no dropout"))):
        assert {name for name in chosen[arm] if chosen[arm][name] != chosen[other][name]} <= {"epochs"}
    kept = chosen["no dropout, same decay"]
    assert {name for name in kept if kept[name] != chosen["dropout"][name]} <= {"dropout", "epochs"}
    assert chosen["no dropout"]["dropout"] == kept["dropout"] == 0


def test_what_is_left_out_is_the_targets_own_term(experiment, movielens):
    pytest.importorskip("tensorflow")
    from recsys_lib.models import MatrixFactorization

    some = movielens.take(movielens.user < 40)
    model = experiment.target_left_out()(**SMALL, dropout=0.0, epochs=2).fit(some)
    assert isinstance(model, MatrixFactorization)
    users = np.arange(40)
    likes = model.likes_of(model.train_[users])
    inputs = model._inputs(users, likes)
    served, trained = (np.asarray(model.network_(inputs, training=training)) for training in (False, True))
    q, liked = model.item_vectors_, likes.toarray()
    n = np.maximum(liked.sum(axis=1, keepdims=True), 1)
    assert served == pytest.approx(model.score(users), abs=1e-4)
    assert served - trained == pytest.approx(liked * (q**2).sum(axis=1) / np.sqrt(n), abs=1e-4)


def test_a_point_of_a_curve_is_a_training_of_that_length(experiment, dataset, movielens):
    pytest.importorskip("tensorflow")
    from recsys_lib.models import MatrixFactorization

    split = split_by_user_time(movielens.take(movielens.user < 60))
    settings = SMALL | {"dropout": 0.5}
    values = experiment.curve(MatrixFactorization(**settings, epochs=4), split, "validation", dataset, [2, 4])
    shorter = MatrixFactorization(**settings, epochs=2)
    again = experiment.ndcg(experiment.by_user(shorter, split, "validation", dataset))
    assert values["after 2 epochs"] == pytest.approx(again, abs=1e-6)


def test_nobody_who_chose_the_settings_takes_the_exam_of_the_slips(stored, experiment, movielens):
    splits = [split_users(movielens, share=0.1, rng=draw) for draw in experiment.TUNING_DRAWS]
    chose = {split.validation.users[int(u)] for split in splits for u in np.unique(split.validation.user)}
    assert not chose & set(stored["values"]["slips"]["users"])


def test_served_right_is_what_the_page_serves():
    """The same fits were made for the page's own experiment."""
    right = results.frames("strangers", "slips")["right"]
    page = results.frames("page_models")["embedding of 64, int8, page catalogue"]
    both = compare({"right": right, "page": page}, baseline="page")
    assert both.loc["right", "n_users"] == both.loc["page", "n_users"]
    assert abs(both.loc["right", "difference"]) < 0.003
