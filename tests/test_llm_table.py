"""`make llm-table` against a server that answers well, badly or not at all."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

import llm_table
from bookfiles import experiment_module
from recsys_lib import results
from recsys_lib.llm_client import BadAnswer, RecordedLLM, request_hash, request_to_generate
from recsys_lib.llm_ranking import list_prompt, listwise
from recsys_lib.models import EASE
from recsys_lib.models.content import film_titles

spec = importlib.util.spec_from_file_location("misbehaving", Path(__file__).with_name("test_llm_client.py"))
misbehaving = importlib.util.module_from_spec(spec)
spec.loader.exec_module(misbehaving)
SECRET = misbehaving.SECRET


@pytest.fixture
def asked(monkeypatch, capsys):
    """(way the server answers, arguments) → (exit status, what was printed, prompts that came)."""
    server = misbehaving.serve()

    def asked(way, *argv):
        monkeypatch.setenv("RECSYS_LIB_LLM_URL", f"{server.url}/{way}")
        monkeypatch.setenv("RECSYS_LIB_LLM_MODEL", "a-model")
        monkeypatch.setenv("RECSYS_LIB_LLM_KEY", SECRET)
        status = llm_table.main(list(argv))
        text = capsys.readouterr()
        assert SECRET not in text.out + text.err
        bodies = [json.loads(body) for _, _, _, body in server.asked]
        assert all(set(body) == {"model", "messages", "max_tokens", "temperature", "top_p", "seed"} for body in bodies)
        return status, text.out, [body["messages"][0]["content"] for body in bodies]

    yield asked
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def stored():
    return results.load("llm_recommender")


def test_the_same_people_prompts_and_orders_as_the_stored_run(asked, stored):
    status, text, prompts = asked("five", "--people", "3")
    assert status == 0 and len(prompts) == 15
    records = RecordedLLM().records
    assert all(request_hash(request_to_generate(prompt, 96, 0.0, 1.0, 0)) in records for prompt in prompts)
    assert "a-model: 3 people of movielens, 5 orders each" in text and "good 15 of 15 (100%)" in text
    assert re.search(r"\d\.\d\d s a request", text)
    for row in (*llm_table.ROWS, "a-model, five orders"):
        assert re.search(rf"^{re.escape(row)} ", text, re.MULTILINE), row


class Bad:
    def generate(self, *_, **__):
        raise BadAnswer("empty", "")


def test_where_answers_are_bad_the_same_random_orders_count(asked, stored, user_time_split):
    status, text, _ = asked("unknown", "--people", "4")
    assert status == 0 and "good 0 of 20 (0%), unknown titles 20 of 20 (100%)" in text
    experiment = experiment_module("llm_recommender")
    contest = llm_table.draw_contest(EASE(), user_time_split)
    contest = experiment.some_of(contest, contest, 100)[0].take(slice(4))
    titles = film_titles(user_time_split.test.item_table)
    ranks = []
    for row, (likes, shown, orders) in enumerate(llm_table.questions(contest, titles, experiment)):
        ranks.append(listwise(Bad(), "titles", likes, shown, orders, rng=row)[0].mean(axis=0))
    mean = contest.ndcg(experiment.by_lot([-row for row in ranks])).mean()
    assert re.search(rf"a-model, five orders +{re.escape(f'{mean:.3f}'[1:])} ", text), text


def test_the_second_data_set(asked):
    status, text, prompts = asked("five", "--people", "2", "--data", "movietweetings")
    assert status == 0 and "2 people of movietweetings" in text and len(prompts) == 10


def test_without_an_address_it_says_what_to_set(monkeypatch, capsys):
    for name in ("URL", "MODEL", "KEY"):
        monkeypatch.delenv(f"RECSYS_LIB_LLM_{name}", raising=False)
    assert llm_table.main([]) == 1
    assert "No model to ask. Expected the address of a server: set RECSYS_LIB_LLM_URL" in capsys.readouterr().out
    monkeypatch.setenv("RECSYS_LIB_LLM_URL", "http://localhost:9/v1")
    assert llm_table.main([]) == 1 and "set RECSYS_LIB_LLM_MODEL" in capsys.readouterr().out


@pytest.mark.parametrize(("way", "why"), [("html_500", "HTTP 500"), ("no_choices", "expected JSON with choices")])
def test_it_stops_where_the_first_request_meets_an_error_page(asked, way, why):
    status, text, prompts = asked(way)
    assert status == 1 and len(prompts) == 1
    assert "Stopped: the first request failed. error page: " in text and why in text


def test_it_stops_where_nobody_is_there(monkeypatch, capsys):
    monkeypatch.setenv("RECSYS_LIB_LLM_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("RECSYS_LIB_LLM_MODEL", "a-model")
    assert llm_table.main(["--people", "2"]) == 1
    assert "Stopped: the first request failed. error page: no whole answer from" in capsys.readouterr().out


@pytest.mark.parametrize("people", ["1", "101", "x"])
def test_numbers_of_people_that_there_are_not(people, capsys):
    with pytest.raises(SystemExit):
        llm_table.main(["--people", people])
    assert "people" in capsys.readouterr().err


def test_a_bad_first_answer_is_no_reason_to_stop(asked):
    status, text, prompts = asked("length", "--people", "2")
    assert status == 0 and "cut 10 of 10" in text and len(prompts) == 11  # a bad one is not kept


def test_the_prompts_are_those_of_list_prompt(asked, stored):
    _, _, prompts = asked("five", "--people", "2")
    wording = stored["values"]["chosen"]["wording"]
    shown = re.findall(r"^\d+\. (.+)$", prompts[0], re.MULTILINE)
    likes = re.search(r"liked these films: (.+?)\.\n", prompts[0])[1].split("; ")
    assert len(shown) == 20 and len(likes) == 5 and list_prompt(wording, likes, shown) == prompts[0]
