"""The stored tables of Two catalogues, one model: what they are made from, what was chosen, rows computed again."""

import numpy as np
import pytest

from bookfiles import experiment_module
from recsys_lib import metrics, results
from recsys_lib.evaluation import evaluate
from recsys_lib.models import EASE

SOURCES = {"domains": "movielens", "domains_movietweetings": "movietweetings"}


@pytest.fixture(scope="module")
def experiment():
    return experiment_module("domains")


@pytest.fixture(scope="module")
def targets(experiment, runner):
    """Without the vectors of texts, which need the weights of a language model."""
    experiment.encoded = lambda texts: np.ones((len(texts), 1))
    return {name: experiment.Target(runner.data_set(source)) for name, source in SOURCES.items()}


@pytest.mark.parametrize("name", SOURCES)
def test_made_from_these_data(targets, name):
    inputs, target = results.load(name)["inputs"], targets[name]
    assert inputs == {
        SOURCES[name]: results.fingerprint(target.data),
        "source": results.fingerprint(target.source),
    }


@pytest.mark.parametrize("name", SOURCES)
def test_what_did_best_on_validation_was_chosen(name):
    values = results.load(name)["values"]
    for row, settings in values["chosen"].items():
        if row in values["tried"]:
            best = max(one["validation"] for one in values["tried"][row])
            assert best in [one["validation"] for one in values["tried"][row] if one["settings"] == settings], row
    for n, chosen in values["chosen of a cut"].items():
        for row, settings in chosen.items():
            tried = values["tried"][f"{row}, {n}"]
            assert settings in [one["settings"] for one in tried]
            assert max(one["validation"] for one in tried) == next(
                one["validation"] for one in tried if one["settings"] == settings
            )


@pytest.mark.parametrize("name", SOURCES)
def test_the_facts_computed_again(experiment, targets, name):
    target, stored = targets[name], results.load(name)["values"]["facts"]
    again = experiment.facts(target)
    assert again.keys() <= stored.keys()
    for key, value in again.items():
        assert stored[key] == (pytest.approx(value) if isinstance(value, float) else value), key


@pytest.mark.parametrize("name", SOURCES)
def test_ease_is_the_course_protocol(targets, name):
    """The same numbers as `evaluate` gives, so that the table can stand beside those of other chapters."""
    target, values = targets[name], results.load(name)["values"]
    model = EASE(**values["chosen"]["EASE"], liked_from=target.liked_from)
    frame = evaluate(model, target.split, relevant_from=target.liked_from, metrics="ndcg@10").dropna(subset="value")
    kept = results.frames(name)["EASE"][0].query("metric == 'ndcg@10'").set_index("user")["value"]
    again = frame.set_index("user")["value"]
    assert set(kept.index) == set(again.index)
    np.testing.assert_allclose(kept, again.loc[kept.index], atol=1e-3)


def test_both_computed_again(experiment, targets):
    """On MovieTweetings, whose matrix is small; and the slices are measured on the same lists."""
    name = "domains_movietweetings"
    target, values = targets[name], results.load(name)["values"]
    users, relevant = target.asked("test")
    known = target.split.before("test")
    model = target.model("EASE, both", values["chosen"]["EASE, both"]).fit(known)
    history = known.matrix()[users]
    found = experiment.listed(model, history, history)
    kept = results.frames(name)["EASE, both"][0].query("metric == 'ndcg@10'")["value"]
    np.testing.assert_allclose(kept, metrics.ndcg(found[:, :10], relevant), atol=1e-3)


def test_cut_histories_are_cut(targets):
    target = targets["domains"]
    known = target.split.before("test")
    for n in (0, 3):
        kept = target.cut(known, n)
        counts = np.bincount(kept.user, minlength=known.n_users)
        long = np.isin(np.arange(known.n_users), target.long())
        assert (counts[long] == n).all()
        assert (counts[~long] == np.bincount(known.user, minlength=known.n_users)[~long]).all()
    user = int(target.long()[0])
    latest = known.take((known.user == user) & (known.rating >= 4)).timestamp
    mine = target.cut(known, 3)
    assert mine.timestamp[mine.user == user].min() >= np.sort(latest)[-3]


def test_one_draw_of_a_world_computed_again(experiment):
    name, knobs = next(iter(experiment.WORLDS.items()))
    rows = experiment.one_world(knobs, 0)
    for row, frames in results.frames("domains", f"world_{name}").items():
        kept = frames[0].set_index("user")["value"]
        mine = [value for user, value in kept.items() if user.startswith("0/")]
        assert np.isclose(np.mean(mine), np.mean(list(rows[row].values())), atol=2e-3), row
