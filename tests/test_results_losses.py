"""The stored table of Losses: the same attempts for each loss, its choice, and one seed of a row trained again."""

import numpy as np
import pytest

from recsys_lib import metrics, results
from recsys_lib.evaluation import evaluate

pytest.importorskip("tensorflow")
from recsys_lib.models import MatrixFactorization


@pytest.fixture(scope="module")
def stored():
    return results.load("losses")


def model_of(stored, name, seed=0):
    setting = {key: stored["values"]["chosen"][name][key] for key in ("learning_rate", "dropout")}
    return MatrixFactorization(
        **stored["settings"]["shared"], **stored["settings"]["losses"][name], **setting, seed=seed
    )


def test_made_from_this_split(stored, user_time_split):
    for part in ("train", "validation", "test"):
        assert stored["inputs"][part] == results.fingerprint(getattr(user_time_split, part))
    assert stored["seeds"] == [0, 1, 2, 3, 4]


def test_each_loss_had_the_same_attempts_and_kept_its_best(stored):
    chosen = stored["values"]["chosen"]
    assert set(stored["values"]["validation"]) == set(stored["settings"]["losses"])
    for name, rows in stored["values"]["validation"].items():
        assert [[row["learning_rate"], row["dropout"]] for row in rows] == stored["settings"]["grid"]
        by_list = max(rows, key=lambda row: row["ndcg"])
        if name == "MSE on ratings":
            assert chosen[name] == min(rows, key=lambda row: row["rmse"])
            assert chosen[f"{name}, tuned for the list"] == by_list
        else:
            assert chosen[name] == by_list


def test_five_seeds_a_random_row(stored):
    for name, rows in stored["values"]["test_by_seed"].items():
        assert len(rows) == (1 if name in ("Popularity", "BiasModel") else 5)
        mean = np.mean([row["ndcg"] for row in rows])
        assert mean == pytest.approx(stored["values"]["compare"]["Popularity"][name]["mean"], abs=1e-9)


def test_first_seed_again(stored, user_time_split):
    """Of the row that the chapter trains again too; here its error in stars as well."""
    model = model_of(stored, "MSE on ratings")
    kept = stored["values"]["test_by_seed"]["MSE on ratings"][0]
    ndcg = evaluate(model, user_time_split, metrics="ndcg@10")["value"].mean()
    assert ndcg == pytest.approx(kept["ndcg"], abs=0.008)
    test = user_time_split.test
    stars = np.clip(model.predict(test.user, test.item), 0.5, 5)
    assert metrics.rmse(test.rating, stars) == pytest.approx(kept["rmse"], abs=0.005)
