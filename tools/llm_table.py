"""Asks a model of your own for the listwise row of An LLM as recommender, and prints it beside the stored rows.

    export RECSYS_LIB_LLM_URL=http://localhost:8080/v1 RECSYS_LIB_LLM_MODEL=its-name
    make llm-table                        # 100 people in five orders: 500 requests
    make llm-table PEOPLE=10              # the first ten of these people
    make llm-table DATA=movietweetings    # the second data set

Nothing in the book needs it. The server speaks OpenAI's chat completions. A key, if it wants one, is read from
RECSYS_LIB_LLM_KEY and goes to this address alone. People, prompts, orders and the fallback for bad answers are those of
the stored run; nothing is written."""

import argparse
import sys
import time
from collections import Counter

import numpy as np
import pandas as pd

from bookfiles import experiment_module
from recsys_lib import results
from recsys_lib.contest import draw_contest
from recsys_lib.evaluation import compare, show
from recsys_lib.llm_client import BadAnswer, Recorder, RemoteLLM
from recsys_lib.llm_lists import KINDS
from recsys_lib.llm_ranking import list_prompt, listwise, rotations
from recsys_lib.models.content import film_titles

DATA = {"movielens": "movielens", "movietweetings": "last_film_movietweetings"}
ROWS = ("retrieved", "popularity", "one by one", "all at once, five orders", "chance")  # stored, beside the new one


def questions(contest, titles, experiment):
    """(likes, titles shown, orders) of each person, as in the stored run."""
    for row in range(len(contest.users)):
        likes = experiment.liked_titles(contest, row, titles, min(experiment.N_LIKES))
        shown = experiment.by_titles(contest, row, titles)
        yield likes, shown, rotations(len(shown), experiment.N_ORDERS, rng=row)


def ask(client, contest, titles, wording, experiment):
    """(mean ranks (n, m), kinds of the answers, seconds). Raises BadAnswer where the first request already fails."""
    start, ranks, kinds = time.time(), [], []
    for row, (likes, shown, orders) in enumerate(questions(contest, titles, experiment)):
        if row == 0:
            first = list_prompt(wording, likes, [shown[i] for i in orders[0]])
            try:
                client.generate(first, max_tokens=experiment.MAX_TOKENS)  # is kept, and not asked again
            except BadAnswer as error:
                if error.kind in ("error page", "time-out"):
                    raise
        own, bad = listwise(client, wording, likes, shown, orders, max_tokens=experiment.MAX_TOKENS, rng=row)
        ranks.append(own.mean(axis=0))
        kinds += bad
        if (row + 1) % 20 == 0:
            print(f"{row + 1} of {len(contest.users)} people, {time.time() - start:.0f} s", flush=True)
    return np.array(ranks), kinds, time.time() - start


def beside(stored, name, users, values):
    """The table of `compare`: the stored rows on these people, and the new one."""
    frames = results.frames(stored, "lists")
    rows = {row: [one[one["user"].isin(users)] for one in frames[row]] for row in ROWS}
    new = pd.DataFrame({"user": users, "metric": "ndcg@10", "value": values})
    return compare(rows | {f"{name}, five orders": new}, baseline="retrieved")


def main(argv):
    parser = argparse.ArgumentParser(prog="make llm-table", description=__doc__.split("\n")[0])
    parser.add_argument("--people", type=int, default=100, help="ask for the first so many people (2 to 100)")
    parser.add_argument("--data", choices=DATA, default="movielens")
    options = parser.parse_args(argv)
    if not 2 <= options.people <= 100:
        parser.error(f"expected 2 to 100 people, received {options.people}")
    try:
        client = RemoteLLM()
    except ValueError as error:
        print(f"No model to ask. {str(error)[0].upper()}{str(error)[1:]}")
        return 1
    experiment, runner = experiment_module("llm_recommender"), experiment_module("_runner")
    dataset = runner.data_set(DATA[options.data])
    stored = "llm_recommender" + dataset.suffix
    wording = results.load(stored)["values"]["chosen"]["wording"]
    split = dataset.cut(dataset.data)
    model, draw = experiment.retriever(dataset), {"n_users": experiment.N_TEST, "liked_from": dataset.liked_from}
    contest = draw_contest(model, split, "test", **draw)
    contest = experiment.some_of(contest, contest, experiment.N_LISTWISE)[0].take(slice(options.people))
    titles = film_titles(dataset.data.item_table)
    who = f"{client.name}: {len(contest.users)} people of {options.data}"
    print(f"{who}, {experiment.N_ORDERS} orders each", flush=True)
    try:
        ranks, kinds, seconds = ask(Recorder(client), contest, titles, wording, experiment)
    except BadAnswer as error:
        print(f"Stopped: the first request failed. {error}")
        return 1
    users = [dataset.data.users[user] for user in contest.users.tolist()]
    table = show(beside(stored, client.name, users, contest.ndcg(experiment.by_lot(-ranks))), digits=3)
    print(f"\n{table.to_string()}\n")
    counts = Counter(kinds)
    shares = [(kind or "good", counts[kind]) for kind in (None, *KINDS) if counts[kind] or kind is None]
    print("answers:", ", ".join(f"{name} {n} of {len(kinds)} ({n / len(kinds):.0%})" for name, n in shares))
    if counts["cut"]:
        print(f"cut: they went on after {experiment.MAX_TOKENS} tokens, where the server stops them")
    print(f"{seconds / len(kinds):.2f} s a request")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
