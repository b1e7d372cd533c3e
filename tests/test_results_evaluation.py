"""The stored run of the chapter Evaluation: one row trained again gives what is stored, up to rounding."""

import sys

import pytest

from bookfiles import ROOT
from recsys_lib import results
from recsys_lib.data import load_movielens, split_by_user_time

pytest.importorskip("tensorflow")
sys.path.insert(0, str(ROOT / "tools" / "experiments"))


def test_a_row_trained_again():
    import evaluation as experiment

    stored = results.load("evaluation")
    data = load_movielens()
    split = split_by_user_time(data)
    assert stored["inputs"]["test"] == results.fingerprint(split.test)
    name = "BPR, popular"
    model = experiment.build(name, **stored["settings"]["chosen"][name]).fit(split.before("test"))
    hits = experiment.hits_by_user(model, split, "test", experiment.draw_rivals(data, split, "test"))
    for contest, values in hits.items():
        assert values.mean() == pytest.approx(stored["values"]["test_by_seed"][name][0][contest], abs=0.015)
        assert len(values) == len(stored["values"]["hits_by_user"][name][contest])


def test_the_best_on_validation_was_chosen():
    stored = results.load("evaluation")
    for name, (_, chosen_for) in stored["settings"]["models"].items():
        best = max(stored["values"]["validation"][chosen_for], key=lambda row: row["ndcg"])
        assert {key: best[key] for key in ("learning_rate", "dropout")} == stored["settings"]["chosen"][name]
