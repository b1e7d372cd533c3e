"""The stored tables of Learning to fuse: what they are made from, what was chosen, and rows that are computed again."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from bookfiles import experiment_module
from recsys_lib import results
from recsys_lib.data.slices import time_slices
from recsys_lib.evaluation import evaluate
from recsys_lib.models.signals import Signals
from recsys_lib.models.text_ease import TextEASE

SOURCES = {"learned_fusion": "movielens", "learned_fusion_movietweetings": "last_film_movietweetings"}


@pytest.fixture(scope="module")
def experiment():
    pytest.importorskip("tensorflow")
    return experiment_module("learned_fusion")


@pytest.fixture(scope="module", params=SOURCES)
def stored(request):
    return request.param, results.load(request.param)["values"]


@pytest.mark.parametrize("name", SOURCES)
def test_made_from_these_data(runner, name):
    source = SOURCES[name]
    data = source.removeprefix("last_film_")
    assert results.load(name)["inputs"] == {data: results.fingerprint(runner.data_set(source).data)}


def test_what_did_best_was_chosen(stored):
    _, values = stored
    tried = values["tried on the latest slice"] | values["tried_of_one_model"]
    for row, of in tried.items():
        settings = values["chosen"].get(row, {})
        (told,) = [one for one in of if one["settings"] in (settings, *settings.values())]
        assert told["slice"] == max(one["slice"] for one in of), row


def test_the_strongest_single_model_is_that_of_the_test(stored):
    name, values = stored
    singles = {row: its for row, its in results.frames(name).items() if row[0].isupper() and row != "LambdaMART"}

    def mean(frames):
        return np.mean([frame[frame["metric"] == "ndcg@10"]["value"].mean() for frame in frames])

    assert max(singles, key=lambda row: mean(singles[row])) == values["strongest"]


def test_singles_are_those_of_other_chapters(stored):
    name, _ = stored
    order = results.frames("sequences_movielens" if name == "learned_fusion" else "sequences")
    here = results.frames(name)
    for row in ("EASE", "NextItemRidge", "TransitionCounts"):
        own, theirs = (one[row][0].query("metric == 'ndcg@10'")["value"].mean() for one in (here, order))
        assert own == pytest.approx(theirs, abs=2e-4), row


def test_kinds_of_films_make_up_the_whole(stored):
    """Every person with something to be found has it in one kind at least; a single model and the trees alike."""
    name, values = stored
    recall = values["kinds"]["recall@20"]
    asked = {row: np.array([[v is not None for v in kind] for kind in of]) for row, of in recall.items()}
    for of in asked.values():
        assert np.array_equal(of, asked["trees"])
    users = values["test"]["users"]
    measured = set(np.array(values["kinds"]["people"]["users"], dtype=object)[asked["trees"].any(axis=0)])
    assert measured == set(users)


def few(experiment, seed=0):
    """A Built of three people, one without a candidate."""
    candidates = experiment.Candidates(np.array([0, 0, 2]), np.array([1, 3, 0]), (3, 5))
    columns = np.random.default_rng(seed).normal(size=(3, 2)).astype(np.float32)
    relevant = csr_array(np.array([[0, 1, 0, 0, 1], [0, 0, 0, 0, 0], [1, 0, 0, 0, 0]]))
    return experiment.Built(["one", "other"], columns, candidates, relevant, np.array([4, 6, 9]))


def test_what_is_kept_is_what_was_computed_and_no_pickle(experiment, tmp_path, monkeypatch):
    monkeypatch.setattr(experiment, "data_home", lambda: tmp_path)
    one, asked = few(experiment), []

    def compute():
        asked.append(1)
        return one.arrays()

    kept = [experiment.Built.of_arrays(**experiment.kept("few", [5], compute)) for _ in range(2)]
    assert len(asked) == 1
    for again in kept:
        assert again.names == one.names and again.fingerprint == one.fingerprint
        assert np.array_equal(again.hits, one.hits) and again.candidates.shape == one.candidates.shape
        assert again.measured(one.columns[:, 0]) == one.measured(one.columns[:, 0])
    experiment.kept("few", [6], compute)  # another key is computed anew, and so is another `COMPUTES`
    monkeypatch.setattr(experiment, "COMPUTES", experiment.COMPUTES + 1)
    experiment.kept("few", [5], compute)
    assert len(asked) == 3 and len(list((tmp_path / "experiments").iterdir())) == 3
    with pytest.raises(ValueError, match="allow_pickle"):
        experiment.kept("objects", [], lambda: {"values": np.array([{}, []], dtype=object)})


def test_what_breaks_off_leaves_no_file(experiment, tmp_path, monkeypatch):
    monkeypatch.setattr(experiment, "data_home", lambda: tmp_path)

    def full(draft, **arrays):
        draft.write_bytes(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(experiment.np, "savez", full)
    with pytest.raises(OSError, match="no space left"):
        experiment.kept("few", [5], few(experiment).arrays)
    assert not list((tmp_path / "experiments").iterdir())


@pytest.mark.parametrize("part", ["columns", "item", "indices"])
def test_a_fingerprint_tells_all_that_is_learnt_from(experiment, part):
    one = few(experiment)
    other = one.arrays()
    other[part] = other[part].copy()
    other[part].flat[0] += 2
    assert experiment.Built.of_arrays(**other).fingerprint != one.fingerprint
    assert few(experiment, seed=1).fingerprint != one.fingerprint


def test_linear_of_one_slice_again(runner, experiment):
    dataset = runner.data_set("movielens")
    split = dataset.cut(dataset.data)
    before, vectors = split.before("test"), experiment.text_vectors(dataset.data.item_table)
    one = time_slices(before, n=4, width=0.125)[-1]
    people = np.intersect1d(one.history.user, one.target.user)
    signals = Signals(vectors=vectors, rng=0).fit(one.history)
    latest = experiment.built(signals, one.history, one.target, people, one.history, 4.0)
    small = [name for name in experiment.SCORES if name in latest.names]
    ranker = experiment.fit(experiment.LinearRanker(), [latest], small)
    whole, users = Signals(vectors=vectors, rng=0).fit(before), np.unique(split.test.user)
    test = experiment.built(whole, before, split.test, users, before, 4.0)
    ids = [split.test.users[int(user)] for user in users]
    again(test.measured(ranker.score(test.of(small)), ids)["ndcg@10"], "test", "linear, honest")


def test_ease_with_texts_again(runner, experiment):
    dataset = runner.data_set("movielens")
    settings = results.load("learned_fusion")["values"]["chosen"]["EASE with texts"]
    model = TextEASE(experiment.text_vectors(dataset.data.item_table), **settings)
    frame = evaluate(model, dataset.cut(dataset.data), metrics="ndcg@10").dropna(subset="value")
    again(dict(zip(frame["user"], frame["value"])), "one_model", "EASE with texts")


def again(values, table, row):
    stored = results.load("learned_fusion")["values"][table]
    difference = np.array([values[user] for user in stored["users"]]) - stored["rows"][row]["ndcg@10"][0]
    assert np.abs(difference).mean() < 1e-3
