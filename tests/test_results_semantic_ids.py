"""The stored tables of Semantic ids: equal choices, equal sizes, controls on the same words; cheap rows again."""

import numpy as np
import pytest

from bookfiles import experiment_module
from recsys_lib import results
from recsys_lib.draws import read_draws
from recsys_lib.evaluation import compare

NAMES = ("semantic_ids", "semantic_ids_movielens")


@pytest.fixture(scope="module")
def experiment():
    return experiment_module("semantic_ids")


@pytest.mark.parametrize(("name", "data"), list(zip(NAMES, ("sequences", "sequences_movielens"))))
def test_made_from_these_data(runner, name, data):
    stored = results.load(name)
    (fingerprint,) = stored["inputs"].values()
    assert fingerprint == results.fingerprint(runner.data_set(data).data)


@pytest.mark.parametrize("name", NAMES)
def test_each_row_had_the_same_choices_and_stopped_at_its_best(experiment, name):
    values, suffix = results.load(name)["values"], name.removeprefix("semantic_ids")
    for row in experiment.ROWS:
        tried = values["tried"][row]
        (fixed,) = experiment.CHOICES[suffix]
        assert [one["settings"]["epochs"] for one in tried] == experiment.EPOCHS[suffix]
        assert all(fixed.items() <= one["settings"].items() for one in tried)
        best = max(one["validation"] for one in tried)
        assert [one["validation"] for one in tried if one["settings"] == values["chosen"][row]] == [best]


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_there_and_as_large(experiment, name):
    frames, sizes = results.frames(name), results.load(name)["values"]["parameters"]
    assert set(frames) == {*experiment.ROWS, "SASRec", "Popularity"}
    seeds = len(results.load(name)["seeds"])
    assert {row: len(some) for row, some in frames.items()} == dict.fromkeys(sizes, seeds) | {"Popularity": 1}
    assert all(abs(size / sizes["SASRec"] - 1) < 0.05 for size in sizes.values())
    assert compare(frames, baseline="SASRec")["n_users"].nunique() == 1


def test_popularity_again(runner, experiment):
    dataset = runner.data_set("sequences")
    again = runner.by_user(runner.build("Popularity", {}, 0, None), dataset.cut(dataset.data), "test", dataset)[
        "ndcg@10"
    ]
    (kept,) = results.frames("semantic_ids")["Popularity"]
    kept = kept[kept["metric"] == "ndcg@10"].set_index("user")["value"]
    np.testing.assert_allclose(kept, [again[user] for user in kept.index], atol=1e-3)


def test_five_draws_of_people_whose_last_film_is_new(experiment):
    for table in ("cold", "catalogue"):
        rows = read_draws("semantic_ids", table)
        assert {len(draws) for draws in rows.values()} == {5}
        sizes = [[len(draw) for draw in draws] for draws in rows.values()]
        assert all(one == sizes[0] for one in sizes) and 400 < min(sizes[0]) and max(sizes[0]) < 650


def test_one_draw_of_the_text_rows_again(runner, experiment):
    dataset = runner.data_set("sequences")
    split = dataset.cut(dataset.data)
    items = experiment.cold_items(dataset.data, n_items=375, rng=2).items
    cut = experiment.cut_of(split.before("test"), split.test, items)
    chosen = results.load("semantic_ids")["values"]["chosen_cold"]["text, ridge"][2]
    again = experiment.by_text(experiment.text_vectors(dataset.data), cut, None, regularization=chosen)
    for table in ("cold", "catalogue"):
        for row, how in (("text, ridge", "ridge"), ("text, cosine", "cosine")):
            kept, values = read_draws("semantic_ids", table)[row][2], dict(again[table][how]["ndcg@10"])
            np.testing.assert_allclose(kept, [values[user] for user in kept.index], atol=2e-3)


def test_the_words_again(runner, experiment):
    """The codebook use of the text words: they are made of the text alone."""
    dataset = runner.data_set("sequences")
    model = experiment.Worded(source="text", implicit=True)
    words = model._make(dataset.cut(dataset.data).before("test"))
    use = experiment.codebook_use(words, n_codes=experiment.CODES).reset_index().to_dict("records")
    for again, kept in zip(use, results.load("semantic_ids")["values"]["words"]["text"]["use"]):
        assert again == pytest.approx(kept, rel=0.02, abs=0.02)
