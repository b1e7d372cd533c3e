"""The stored tables of An LLM as recommender: what they were made from, what was chosen, and rows computed again, from
the recorded answers and by the model itself."""

import numpy as np
import pytest

from bookfiles import experiment_module
from recsys_lib import results
from recsys_lib.contest import draw_contest
from recsys_lib.llm_client import LocalLLM, RecordedLLM
from recsys_lib.llm_lists import KINDS
from recsys_lib.llm_ranking import LISTS, PROMPTS, listwise, pointwise, rotations
from recsys_lib.models.content import film_titles

DATA = {"llm_recommender": "movielens", "llm_recommender_movietweetings": "last_film_movietweetings"}


@pytest.fixture(scope="module")
def experiment():
    return experiment_module("llm_recommender")


@pytest.fixture(scope="module")
def contests(experiment, runner):
    """{result: (contest, titles, ids of the users, popularity)}, drawn when first asked for."""
    drawn = {}

    def contest(name):
        if name not in drawn:
            dataset = runner.data_set(DATA[name])
            split = dataset.cut(dataset.data)
            drawn[name] = (
                draw_contest(experiment.retriever(dataset), split, liked_from=dataset.liked_from),
                film_titles(dataset.data.item_table),
                dataset.data.users,
                experiment.popularity_of(split.seen("test"), dataset.liked_from),
            )
        return drawn[name]

    return contest


def row_of(name, row, table="test"):
    frames = results.frames(name, table)[row]
    return np.array([one["value"] for one in frames]).T


@pytest.mark.parametrize("name", DATA)
def test_made_from_these_data(runner, name):
    source = "movielens" if name == "llm_recommender" else "movietweetings"
    assert results.load(name)["inputs"] == {source: results.fingerprint(runner.data_set(DATA[name]).data)}


@pytest.mark.parametrize("name", DATA)
def test_what_did_best_on_validation_was_chosen(name, experiment):
    values = results.load(name)["values"]
    tried = values["tried"]["one by one"]
    asked = [(one["prompt"], one["n_likes"]) for one in tried]
    assert asked == [(prompt, n) for prompt in PROMPTS for n in experiment.N_LIKES]
    for kind in ("raw", "calibrated"):
        best = max(tried, key=lambda one: one[kind])
        assert values["chosen"][kind] == {"prompt": best["prompt"], "n_likes": best["n_likes"]}
    shares = values["tried"]["all at once"]
    assert set(shares) == set(LISTS) and shares[values["chosen"]["wording"]] == max(shares.values())


@pytest.mark.parametrize("name", DATA)
def test_the_same_contest_again(name, contests):
    contest, _, ids, popularity = contests(name)
    frame = results.frames(name)["chance"][0]
    assert frame["user"].tolist() == [ids[user] for user in contest.users.tolist()] and len(frame) == 200
    for row, expected in {
        "chance": contest.chance(),
        "retrieved": contest.ndcg(contest.retrieved()),
        "popularity": contest.ndcg(popularity[contest.candidates]),
    }.items():
        np.testing.assert_allclose(row_of(name, row)[:, 0], expected, atol=6e-5)


@pytest.mark.parametrize("name", DATA)
def test_the_pairs_are_of_fifty_of_these_people(name, contests, experiment):
    contest = contests(name)[0]
    few, _ = experiment.some_of(contest.first(10), contest, experiment.N_PAIRWISE)
    np.testing.assert_allclose(row_of(name, "chance", "pairs")[:, 0], few.chance(), atol=6e-5)
    np.testing.assert_allclose(row_of(name, "retrieved", "pairs")[:, 0], few.ndcg(few.retrieved()), atol=6e-5)
    values = results.load(name)["values"]
    assert all(0 <= share <= 1 for share in values["letters"].values())


@pytest.mark.parametrize("name", DATA)
def test_counts_of_answers(name, experiment):
    values = results.load(name)["values"]
    assert set(values["kinds"]) == {"None", *KINDS} and sum(values["kinds"].values()) == 500
    assert len(values["places"]) == 20 and sum(values["places"]) == values["kinds"]["None"]
    assert row_of(name, "all at once, one order", "lists").shape == (experiment.N_LISTWISE, experiment.N_ORDERS)
    assert row_of(name, "two by two, one order", "pairs").shape == (experiment.N_PAIRWISE, experiment.N_DRAWS)


def test_the_rows_of_the_recorded_answers_again(contests, experiment):
    contest, titles, *_ = contests("llm_recommender")
    values, recorded = results.load("llm_recommender")["values"], RecordedLLM()
    raw, calibrated = values["chosen"]["raw"], values["chosen"]["calibrated"]
    items = np.unique(contest.candidates)

    def blank(question):
        by_item = pointwise(recorded, PROMPTS[question["prompt"]], [], [titles[item] for item in items])
        return by_item[np.searchsorted(items, contest.candidates)]

    def asked(question):
        return np.array(
            [
                pointwise(
                    recorded,
                    PROMPTS[question["prompt"]],
                    experiment.liked_titles(contest, person, titles, question["n_likes"]),
                    experiment.by_titles(contest, person, titles),
                )
                for person in range(200)
            ]
        )

    own = asked(raw)
    scores = {
        "one by one": own,
        "title by itself": blank(raw),
        "one by one, less its own blank": own - blank(raw),
        "one by one, calibrated": asked(calibrated) - blank(calibrated),
    }
    for row, again in scores.items():
        np.testing.assert_allclose(row_of("llm_recommender", row)[:, 0], contest.ndcg(again), atol=6e-5, err_msg=row)


def test_the_lists_of_the_recorded_answers_again(contests, experiment):
    contest, titles, *_ = contests("llm_recommender")
    values, recorded = results.load("llm_recommender")["values"], RecordedLLM()
    shorter, of_all = experiment.some_of(contest, contest, experiment.N_LISTWISE)
    assert shorter.users.tolist() == contest.users[of_all].tolist()
    ranks, kinds = [], []
    for person in range(len(shorter.users)):
        likes = experiment.liked_titles(shorter, person, titles, min(experiment.N_LIKES))
        shown = experiment.by_titles(shorter, person, titles)
        orders = rotations(20, experiment.N_ORDERS, rng=person)
        own, bad = listwise(recorded, values["chosen"]["wording"], likes, shown, orders, rng=person)
        ranks.append(own)
        kinds += bad
    ranks = np.array(ranks)
    assert {kind: kinds.count(None if kind == "None" else kind) for kind in values["kinds"]} == values["kinds"]
    one = [shorter.ndcg(experiment.by_lot(-ranks[:, turn])) for turn in range(experiment.N_ORDERS)]
    five = shorter.ndcg(experiment.by_lot(-ranks.mean(axis=1)))
    stored = row_of("llm_recommender", "all at once, one order", "lists")
    np.testing.assert_allclose(stored, np.array(one).T, atol=6e-5)
    np.testing.assert_allclose(row_of("llm_recommender", "all at once, five orders", "lists")[:, 0], five, atol=6e-5)


def test_the_model_gives_the_recorded_scores(contests, experiment, language_model):
    contest, titles, *_ = contests("llm_recommender")
    chosen = results.load("llm_recommender")["values"]["chosen"]["raw"]
    few, recorded = contest.take(slice(8)), RecordedLLM()
    scores = []
    for person in range(8):
        likes = experiment.liked_titles(few, person, titles, chosen["n_likes"])
        shown = experiment.by_titles(few, person, titles)
        scores.append(pointwise(LocalLLM(language_model), PROMPTS[chosen["prompt"]], likes, shown))
        kept = pointwise(recorded, PROMPTS[chosen["prompt"]], likes, shown)
        np.testing.assert_allclose(scores[-1], kept, atol=0.02)
    again, kept = few.ndcg(scores), row_of("llm_recommender", "one by one")[:8, 0]
    assert np.mean(np.abs(again - kept) > 1e-3) <= 1 / 8, "two titles as good as equal may change places"


def test_a_stranger_s_likes_are_those_of_the_next_person(contests, experiment, language_model):
    contest, titles, *_ = contests("llm_recommender")
    chosen = results.load("llm_recommender")["values"]["chosen"]["raw"]
    scores = []
    for person in range(8):
        likes = experiment.liked_titles(contest, person + 1, titles, chosen["n_likes"])
        shown = experiment.by_titles(contest, person, titles)
        scores.append(pointwise(LocalLLM(language_model), PROMPTS[chosen["prompt"]], likes, shown))
    again, kept = (
        contest.take(slice(8)).ndcg(scores),
        row_of("llm_recommender", "one by one, a stranger's likes")[:8, 0],
    )
    assert np.mean(np.abs(again - kept) > 1e-3) <= 1 / 8, "two titles as good as equal may change places"
    assert not np.array_equal(again, row_of("llm_recommender", "one by one")[:8, 0])


@pytest.mark.parametrize("name", DATA)
def test_the_rows_of_the_contest(name):
    asked = {"one by one", "one by one, less its own blank", "one by one, calibrated", "one by one, a stranger's likes"}
    assert set(results.load(name)["values"]["test"]["rows"]) == asked | {
        "title by itself", "retrieved", "popularity", "chance"
    }  # fmt: skip


def test_the_world_is_the_control(experiment):
    values = results.load("llm_recommender")["values"]
    rows = set(values["world"]["rows"])
    ways = {"one by one", "one by one, calibrated", "title by itself"}
    assert rows == ways | {"retrieved", "popularity", "chance"}
    assert len(values["world"]["users"]) == 172 < experiment.N_TEST, "all people of the world who will like a candidate"
    assert -1 <= values["memory_world"]["spearman"] <= 1
