"""The stored grid of What makes a model large: all cells and seeds, what they took, two rows computed again."""

import numpy as np
import pytest

from bookfiles import experiment_module
from recsys_lib import counting, results
from recsys_lib.evaluation import paired_bootstrap

SOURCES = {"scale": "sequences", "scale_world": "known_world"}


@pytest.fixture(scope="module")
def experiment():
    return experiment_module("scale")


def by_person(name, width, share, metric="loss"):
    """People × seeds of a cell."""
    return np.array(results.load(name)["values"]["test"]["rows"][f"width {width}, share {share:g}"][metric]).T


@pytest.mark.parametrize(("name", "data"), SOURCES.items())
def test_made_from_these_data(runner, name, data):
    stored = results.load(name)
    (fingerprint,) = stored["inputs"].values()
    assert fingerprint == results.fingerprint(runner.data_set(data).data)
    assert stored["seeds"] == [0, 1, 2] and stored["settings"]["split"] == "leave_last_out"


@pytest.mark.parametrize("name", SOURCES)
def test_every_cell_is_there_with_its_seeds(experiment, name):
    stored = results.load(name)
    values, settings = stored["values"], stored["settings"]
    assert (tuple(settings["widths"]), tuple(settings["shares"])) == (experiment.WIDTHS, experiment.SHARES)
    cells = {experiment.cell(width, share) for width in experiment.WIDTHS for share in experiment.SHARES}
    assert set(values["test"]["rows"]) == set(values["sizes"]) == cells
    corners = {experiment.cell(*corner) for corner in experiment.CORNERS}
    for cell, row in values["test"]["rows"].items():
        n_seeds, size = 3 if cell in corners else 1, values["sizes"][cell]
        assert {len(row["loss"]), len(row["ndcg@10"]), len(size["epochs"]), len(size["best_epoch"])} == {n_seeds}
        assert all(best <= epochs for best, epochs in zip(size["best_epoch"], size["epochs"], strict=True))
        loss, ndcg = np.array(row["loss"]), np.array(row["ndcg@10"])
        assert loss.shape == ndcg.shape == (n_seeds, len(values["test"]["users"]))
        assert (loss > 0).all() and (ndcg >= 0).all() and (ndcg <= 1).all()


@pytest.mark.parametrize("name", SOURCES)
def test_settings_follow_the_rule_and_training_stops_by_patience(experiment, name):
    values = results.load(name)["values"]
    for width in experiment.WIDTHS:
        for share in experiment.SHARES:
            cell = experiment.cell(width, share)
            size = values["sizes"][cell]
            batches = -(-size["steps"] // experiment.BATCH)
            assert values["chosen"][cell] == experiment.settings_of(width, batches)
            patience, longest = -(-experiment.PATIENCE // batches), values["chosen"][cell]["epochs"]
            for best, epochs in zip(size["best_epoch"], size["epochs"], strict=True):
                assert epochs in (best + patience, longest)
            curve = list(values["curves"][cell].values())
            assert len(curve) == size["epochs"][0] and curve.index(min(curve)) + 1 == size["best_epoch"][0]


@pytest.mark.parametrize(("name", "data"), SOURCES.items())
def test_sizes_and_flops_are_those_of_the_counts(experiment, runner, name, data):
    dataset = runner.data_set(data)
    split, values = dataset.cut(dataset.data), results.load(name)["values"]
    lengths = np.bincount(split.train.user, minlength=split.train.n_users)
    for width in experiment.WIDTHS:
        shape = {"n_items": dataset.data.n_items, "n_factors": width, "n_layers": 2}
        numbers = counting.totals(counting.sequence_network(**shape, places=1))["numbers"]
        for share in experiment.SHARES:
            size, some = values["sizes"][experiment.cell(width, share)], experiment.people_of(share, len(lengths))
            assert size["parameters"] == numbers and size["steps"] == (lengths[some] - 1).sum()
            assert size["epoch_flops"] == pytest.approx(counting.epoch_flops(lengths[some], **shape))


def test_the_smallest_share_is_in_every_share(experiment):
    for name, n_users in (("scale", 6516), ("scale_world", 3000)):
        shares = [set(experiment.people_of(share, n_users)) for share in experiment.SHARES]
        assert shares[0] < shares[1] < shares[2] and len(shares[2]) == n_users
        assert sum(results.load(name)["values"]["in_every_share"]) == len(shares[0])
    assert len(results.load("scale")["values"]["test"]["users"]) == 6516
    assert all(results.load("scale_world")["values"]["in_every_share"])


def test_nothing_is_better_than_the_truth():
    values = results.load("scale_world")["values"]
    for row in values["test"]["rows"].values():
        assert np.mean(row["loss"], axis=1).min() > values["best"]["loss"]
        assert np.mean(row["ndcg@10"], axis=1).max() < values["best"]["ndcg@10"]
    assert np.mean(values["ridge"]["rows"]["NextItemRidge"]["ndcg@10"]) < values["best"]["ndcg@10"]


def test_what_the_text_says_of_the_grid():
    """More people lower the loss at every width on both data; the two data disagree on width against data."""
    for name in SOURCES:
        for width in (8, 128):
            assert paired_bootstrap(by_person(name, width, 1), by_person(name, width, 0.25), n_resamples=500).high < 0
        for width in (16, 32, 64):
            assert by_person(name, width, 1).mean() < by_person(name, width, 0.5).mean()
            assert by_person(name, width, 0.5).mean() < by_person(name, width, 0.25).mean()
    crossed = {name: by_person(name, 8, 1).mean() - by_person(name, 128, 0.25).mean() for name in SOURCES}
    assert crossed["scale"] < -0.2 and crossed["scale_world"] > 0.02
    wide = paired_bootstrap(by_person("scale", 128, 1), by_person("scale", 8, 1), n_resamples=1000)
    assert wide.low < 0 and abs(wide.mean) < 0.05


def test_users_stand_in_one_order():
    for name in SOURCES:
        values = results.load(name)["values"]
        assert values["ridge"]["users"] == values["test"]["users"]


def test_the_ridge_again(experiment, runner):
    """MovieTweetings' ridge, fitted without anybody's last two items."""
    dataset, values = runner.data_set("sequences"), results.load("scale")["values"]
    kind = experiment.ROWS["NextItemRidge"][0]
    model = runner.build(kind, values["chosen"]["NextItemRidge"], 0, dataset.liked_from)
    again = runner.without_the_last_two(model, dataset.cut(dataset.data), "test", dataset)["ndcg@10"]
    (kept,) = values["ridge"]["rows"]["NextItemRidge"]["ndcg@10"]
    np.testing.assert_allclose(kept, [again[user] for user in values["test"]["users"]], atol=1e-3)


def test_a_network_of_the_world_again(experiment, runner):
    """A narrow network on a quarter of the people: trained and stopped once more."""
    pytest.importorskip("keras")
    dataset, values = runner.data_set("known_world"), results.load("scale_world")["values"]
    cell = experiment.cell(16, 0.25)
    model = runner.build("SASRec", values["chosen"][cell], 0, dataset.liked_from)
    batches = -(-values["sizes"][cell]["steps"] // experiment.BATCH)
    more = {"share": 0.25, "patience": -(-experiment.PATIENCE // batches)}
    again = experiment.stopped_early(model, dataset.cut(dataset.data), "test", dataset, **more)
    assert again["parameters"] == values["sizes"][cell]["parameters"]
    loss = np.mean([again["loss"][user] for user in values["test"]["users"]])
    assert loss == pytest.approx(by_person("scale_world", 16, 0.25).mean(), abs=0.06)
