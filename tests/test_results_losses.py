"""The stored table of Losses: the same attempts for each loss, its choice, and one seed of a row trained again."""

import numpy as np
import pytest

from recsys_lib import metrics, results
from recsys_lib.evaluation import evaluate

pytest.importorskip("tensorflow")
from recsys_lib.models import MatrixFactorization

NAMES = ("losses", "losses_movietweetings")


@pytest.fixture(scope="module")
def stored():
    return results.load("losses")


def test_made_from_these_data(stored, movielens):
    assert stored["inputs"]["movielens"] == results.fingerprint(movielens)
    assert stored["seeds"] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", NAMES)
def test_each_loss_had_the_same_attempts_and_kept_its_best(name):
    content = results.load(name)
    values, axes = content["values"], content["settings"]["axes"]
    attempts = sum(len(options) for options in axes.values()) - len(axes) + 1
    for row, tried in values["tried"].items():
        best = max(one["validation"] for one in tried)
        assert values["chosen"][row] in [one["settings"] for one in tried if one["validation"] == best]
        assert len(tried) == attempts


def kept_share(settings, steps):
    """What the decay leaves of a weight that nothing pulls at."""
    return np.exp(-settings["learning_rate"] * settings["weight_decay"] * steps)


def test_each_loss_was_offered_the_same_shrinkage(stored, movielens, user_time_split):
    train = user_time_split.train
    rows = {"mse": len(train), "multinomial": None}
    shares = {}
    for row, tried in stored["values"]["tried"].items():
        if row == "BiasModel":
            continue
        loss = tried[0]["settings"]["loss"]
        pairs = rows.get(loss, int((train.rating >= 4).sum()))
        steps = tried[0]["settings"]["epochs"] * (1 if pairs is None else -(-pairs // 1024))
        shares[row] = {round(float(kept_share(one["settings"], steps)), 2) for one in tried}
    assert all(found == {0.9, 0.61, 0.08} for found in shares.values()), shares


def test_five_seeds_a_random_row(stored):
    for name, seeds in results.frames("losses").items():
        assert len(seeds) == (1 if name in ("Popularity", "BiasModel") else 5)
        assert len(stored["values"]["test_by_seed"][name]) == len(seeds)


def test_first_seed_again(stored, user_time_split):
    """Its NDCG and its error in stars."""
    model = MatrixFactorization(**stored["values"]["chosen"]["MSE on ratings"], seed=0)
    frame = results.frames("losses")["MSE on ratings"][0]
    ndcg = evaluate(model, user_time_split, metrics="ndcg@10")["value"].mean()
    assert ndcg == pytest.approx(frame.loc[frame["metric"] == "ndcg@10", "value"].mean(), abs=0.008)
    test = user_time_split.test
    stars = np.clip(model.predict(test.user, test.item), 0.5, 5)
    kept = stored["values"]["test_by_seed"]["MSE on ratings"][0]["rmse"]
    assert metrics.rmse(test.rating, stars) == pytest.approx(kept, abs=0.005)
