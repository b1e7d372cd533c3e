"""What the page *Beat the fusion* computes with: five models again, int8 against their scores, numbers of the text."""

import numpy as np
import pytest
from scipy.sparse import csr_array

import explore
import explore_fusion as tool
from explore_models import unpacked
from recsys_lib.evaluation import evaluate
from recsys_lib.metrics import ndcg
from recsys_lib.models import EASE

NAME = "fusion_scores"


@pytest.fixture(scope="module")
def text():
    return (explore.DATA / f"{NAME}.js").read_text("utf-8")


@pytest.fixture(scope="module")
def value(text):
    return explore.read_script(text)


@pytest.fixture(scope="module")
def everybody():
    """All people of the test, with the models fitted again."""
    return tool.everybody()


@pytest.fixture(scope="module")
def chosen(everybody):
    """The same of the people of the page."""
    return tool.People(*(of_all[tool.page_people()] for of_all in everybody))


def test_script_weighs_little_and_names_its_source(text):
    assert len(text.encode()) <= 300_000
    for said in ("GroupLens", "Harper & Konstan 2015", "Seeds:", "scikit-learn", "numpy"):
        assert said in text.split("*/")[0]


def test_stored_value_is_whole(value):
    cells = tool.PEOPLE * tool.CANDIDATES
    assert list(value["models"]) == list(tool.MODELS) and value["people"] == tool.PEOPLE
    assert len(unpacked(value["scores"], "int8")) == cells * len(tool.MODELS)
    places = unpacked(value["learned"], "int8").reshape(tool.PEOPLE, -1)
    assert (np.sort(places, axis=1) == np.arange(tool.CANDIDATES)).all()
    assert len(unpacked(value["hits"], "uint8")) == cells / 8
    wanted = unpacked(value["wanted"], "uint16")
    hits = np.unpackbits(unpacked(value["hits"], "uint8"), bitorder="little").reshape(tool.PEOPLE, -1)
    assert len(wanted) == tool.PEOPLE and (wanted >= 1).all() and (hits.sum(axis=1) <= wanted).all()
    assert 0 < hits.sum() < cells / 10


def test_people_are_left_out_of_what_was_fitted(everybody, movielens):
    """Their likes of the test are in no part that a model was fitted on, and nobody stands in both halves."""
    cut = tool.split()
    known, asked = cut.before("test"), cut.test
    assert not np.intersect1d(known.pairs(), asked.pairs()).size and len(known) + len(asked) == len(movielens)
    places = tool.page_people()
    assert len(np.unique(places)) == tool.PEOPLE and places.max() < len(everybody.users)
    seen = known.matrix()[everybody.users].toarray() > 0
    assert not np.take_along_axis(seen, everybody.items, axis=1).any(), "what was rated before is no candidate"


def test_candidates_are_the_best_of_each_model_in_turn():
    lists = np.array([[9, 4, 1], [9, 2, 3], [5, -1, -1]])
    assert tool.candidates(lists, 4).tolist() == [2, 4, 5, 9]
    assert tool.candidates(lists, 6).tolist() == [1, 2, 3, 4, 5, 9]
    with pytest.raises(ValueError, match="expected 7 items in the lists, received 6"):
        tool.candidates(lists, 7)


def test_stored_scores_are_the_models(value, chosen):
    """Within half a step of 254; on another processor a near tie may let another film be a candidate of few people."""
    whole, steps = tool.stored_scores(chosen.z)
    assert np.abs(whole).max() <= 127
    expected = chosen.z - (chosen.z.max(axis=1, keepdims=True) + chosen.z.min(axis=1, keepdims=True)) / 2
    off = np.abs(tool.restored(value) - expected).max(axis=(1, 2)) / steps.max(axis=1)
    assert np.mean(off <= 0.5001) >= 0.95, "make explore"
    hits = np.unpackbits(unpacked(value["hits"], "uint8"), bitorder="little").reshape(tool.PEOPLE, -1)
    assert np.mean((hits == chosen.hits).all(axis=1)) >= 0.95
    np.testing.assert_array_equal(unpacked(value["wanted"], "uint16"), chosen.n_wanted)
    bits = unpacked(value["slices"], "uint8")[:, None] >> np.arange(3) & 1
    assert np.mean(bits == chosen.slices) >= 0.99


def test_ndcg_counts_what_is_no_candidate_too():
    """As the library does on the whole catalogue: a person's other likes are columns that no list holds."""
    rng = np.random.default_rng(0)
    hits, n_more = rng.random((50, 30)) < 0.1, rng.integers(0, 15, 50)
    n_more[hits.sum(axis=1) == 0] += 1
    order = rng.permuted(np.tile(np.arange(30), (50, 1)), axis=1)
    people = tool.People(None, None, None, hits, hits.sum(axis=1) + n_more, None)
    rows = [np.append(np.flatnonzero(of), 30 + np.arange(more)) for of, more in zip(hits, n_more)]
    user = np.repeat(np.arange(50), [len(of) for of in rows])
    relevant = csr_array((np.ones(len(user)), (user, np.concatenate(rows))), shape=(50, 50))
    np.testing.assert_allclose(tool.quality(order, people), ndcg(order[:, : tool.K], relevant), atol=1e-12)
    with_candidates_alone = tool.quality(order, people._replace(n_wanted=hits.sum(axis=1).clip(1)))
    assert with_candidates_alone.mean() > tool.quality(order, people).mean() + 0.01


def test_a_single_models_list_is_the_librarys(everybody, value):
    """Its best ten are all candidates, so the page's EASE is EASE of the whole catalogue."""
    frame = evaluate(EASE(regularization=100.0), tool.split(), metrics="ndcg@10").set_index("user")["value"]
    expected = frame[[tool.split().test.users[int(u)] for u in everybody.users]]
    here = tool.of_mix(np.eye(len(tool.MODELS))[list(tool.MODELS).index("ease")], everybody)
    np.testing.assert_allclose(here, expected, atol=1e-12)
    assert value["measured"]["ndcg"]["ease"][0] == pytest.approx(here.mean(), abs=2e-4)


def test_rounding_changes_little(value, everybody, chosen):
    """As stored, and again: of everybody by each model and mix under .0006, of the people of the page under .002."""
    assert max(map(abs, value["measured"]["rounding"].values())) <= 0.0006
    weights = [*np.eye(len(tool.MODELS)), *tool.MIXES.values()]
    for people, limit in ((everybody, 0.0006), (chosen, 0.002)):
        whole, steps = tool.stored_scores(people.z)
        rounded = whole * steps.astype(np.float64)[:, None, :]
        for of in weights:
            assert abs(tool.of_mix(of, people, rounded).mean() - tool.of_mix(of, people).mean()) <= limit, of
    coarse = np.round(everybody.z)  # such a rounding would be seen
    change = [abs(tool.of_mix(of, everybody, coarse).mean() - tool.of_mix(of, everybody).mean()) for of in weights]
    assert max(change) > 0.002


def test_what_was_measured_comes_out_again(value, everybody):
    for name, weights in tool.MIXES.items():
        again = tool.row(tool.of_mix(weights, everybody))
        np.testing.assert_allclose(value["measured"]["ndcg"][name], again, atol=5e-4, err_msg=name)
    hindsight = value["measured"]["ndcg"]["hindsight"][0]
    assert hindsight >= max(value["measured"]["ndcg"][name][0] for name in tool.MIXES)
    assert tool.of_mix(value["measured"]["hindsight"], everybody).mean() == pytest.approx(hindsight, abs=5e-4)


def test_tuning_is_counted_on_halves_that_do_not_meet():
    """A mix that is best where it is chosen alone: chance promises more than it keeps."""
    luck = np.random.default_rng(1).normal(0.1, 0.1, size=(600, 300))
    told = tool.tuning(luck, 5)
    assert told["mix"] > told["single"] > 0.105 and abs(told["mix_hidden"] - 0.1) < 0.004
    sure = np.tile([0.1, 0.2, 0.3], (400, 1))
    assert tool.tuning(sure, 2) == {"mix": 0.3, "mix_hidden": 0.3, "single": 0.2, "single_hidden": 0.2, "ahead": 1}


def test_the_text_says_what_was_measured(value):
    text = (explore.ROOT / "book" / "explore" / "fusion.md").read_text("utf-8")
    measured = value["measured"]

    def short(number):
        return f"{number:.3f}".replace("0.", ".", 1).replace("-", "−")

    def said(name, sign=1):
        mean, low, high = measured["differences"][name]
        return "{} [{}, {}]".format(*map(short, (mean, low, high) if sign > 0 else (-mean, -high, -low)))

    ndcg = {name: short(mean) for name, (mean, _low, _high) in measured["ndcg"].items()}
    told = {name: short(number) for name, number in measured["tuning"].items()}
    for sentence in (
        f"Over all {measured['n']} people of the test their sum is below EASE by {said('likes minus ease', -1)}.",
        f"their sum is above EASE by {said('two minus ease')}.",
        f"Popularity alone ({ndcg['popularity']}) is seven times as good as text ({ndcg['text']}).",
        f"the sum rises by {said('equal minus no popularity', -1)}:",
        f"it falls by {said('equal minus no text')}; this interval includes zero",
        f"others were drawn {tool.DIVISIONS} times. The best of {tool.DRAWN} random mixes had {told['mix']} where it "
        f"was chosen and {told['mix_hidden']} on the others. The best of the five models had {told['single']} where it "
        f"was chosen and {told['single_hidden']} on the others.",
        f"ahead on the others in {measured['tuning']['ahead']:.0%}".replace("%", " %"),
        f"it has {ndcg['learned']} over all {measured['n']} people, above EASE by {said('learned minus ease')}.",
        f"with all answers in view have {ndcg['hindsight']}.",
        f"it is above them by {said('learned minus hindsight')}: the interval excludes zero.",
        f"it has {ndcg['everywhere']}, above these weights by {said('everywhere minus hindsight')}.",
        f"{tool.PEOPLE} of them, drawn at random, are here. Each has {tool.CANDIDATES} candidates",
        f"{measured['found']:.0%} of the films".replace("%", " %"),
    ):
        assert sentence in text, sentence
    assert 6.5 < measured["ndcg"]["popularity"][0] / measured["ndcg"]["text"][0] < 7.5
    signs = {"likes minus ease": -1, "two minus ease": 1, "equal minus no popularity": -1, "learned minus hindsight": 1}
    for name, sign in signs.items():
        mean, low, high = measured["differences"][name]
        assert min(sign * low, sign * high) > 0, f"{name}: the text says that it is no chance"
    low, high = measured["differences"]["equal minus no text"][1:]
    assert low < 0 < high
    assert f"at most {max(map(abs, measured['rounding'].values())):.4f}".replace("0.", ".") in text


def test_the_still_figure_is_described_by_its_numbers(value):
    text = (explore.ROOT / "book" / "explore" / "fusion.md").read_text("utf-8")
    wanted = unpacked(value["wanted"], "uint16").astype(int)
    hits = np.unpackbits(unpacked(value["hits"], "uint8"), bitorder="little").reshape(tool.PEOPLE, -1) > 0
    people = tool.People(None, None, tool.restored(value), hits, wanted, None)
    names = ("popularity", "text", "ALS", "EASE", "next-item ridge", "and the sum of all five")
    for name, weights in zip(names, [*np.eye(5), np.ones(5)], strict=True):
        mean = tool.of_mix(weights, people)[: tool.PEOPLE // 2].mean()
        assert f"{name} {mean:.3f}".replace(" 0.", " .") in text
