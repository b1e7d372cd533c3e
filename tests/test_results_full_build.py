"""The stored tables of The full build: one row of each is computed again."""

import numpy as np
import pandas as pd
import pytest

from recsys_lib import results
from recsys_lib.data import split_users
from recsys_lib.evaluation import evaluate
from recsys_lib.models import EASE


@pytest.fixture(scope="module")
def stored():
    return results.load("full_build")


def ndcg(model, split, part="test"):
    return evaluate(model, split, part, metrics="ndcg@10").set_index("user")["value"]


def numbers(values):
    return np.array(values, dtype=float)


def test_made_from_these_data(stored, movielens):
    assert stored["inputs"]["movielens"] == results.fingerprint(movielens)
    assert stored["seeds"] == [0, 1, 2, 3, 4]


def test_each_tuned_model_had_the_same_number_of_settings(stored):
    tuning = stored["values"]["tuning"]
    assert {len(rows) for name, rows in tuning.items() if name != "Popularity"} == {8}
    for name, rows in tuning.items():
        assert stored["values"]["chosen"][name] == max(rows, key=lambda row: row["validation"])["settings"]


def test_tuning_row(stored, user_time_split):
    for row in stored["values"]["tuning"]["EASE"][2:4]:
        assert ndcg(EASE(**row["settings"]), user_time_split, "validation").mean() == pytest.approx(
            row["validation"], abs=1e-4
        )


def test_exam_row_of_ease(stored, user_time_split):
    values = ndcg(EASE(**stored["values"]["chosen"]["EASE"]), user_time_split)
    assert values.index.tolist() == stored["values"]["users"]
    kept = numbers(stored["values"]["test"]["EASE"]["ndcg@10"])
    assert (values.isna() == np.isnan(kept)).all()
    assert np.nanmean(np.abs(values - kept)) < 1e-3  # a tie in the last digit may turn two films round


def test_newcomers_row_of_ease(stored, movielens):
    draws = [
        ndcg(EASE(**stored["values"]["chosen"]["EASE"]), split_users(movielens, share=0.1, rng=r))
        for r in range(stored["settings"]["draws"])
    ]
    again = pd.concat(draws).groupby(level=0).mean()
    assert again.index.tolist() == stored["values"]["newcomers"]["users"]
    assert np.nanmean(np.abs(again - numbers(stored["values"]["newcomers"]["ndcg@10"]["EASE"]))) < 1e-3


def test_embedding_seed_and_its_strangers(stored, user_time_split):
    pytest.importorskip("tensorflow")
    from recsys_lib.models import MatrixFactorization

    model = MatrixFactorization(**stored["values"]["chosen"]["MatrixFactorization"], seed=0)
    known = ndcg(model, user_time_split).mean()
    assert known == pytest.approx(
        stored["values"]["test"]["MatrixFactorization"]["seed_means"]["ndcg@10"][0], abs=0.006
    )

    class Strangers:
        def fit(self, train):
            return self

        def score(self, users=None, *, history=None):
            return model.score(history=model.train_[users])

    kept = stored["values"]["variants"]["own vector taken away"]["seed_means"]["ndcg@10"][0]
    assert ndcg(Strangers(), user_time_split).mean() == pytest.approx(kept, abs=0.006)
