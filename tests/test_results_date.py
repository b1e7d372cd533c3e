"""The stored tables of The date: what they are made from, what was chosen, weights that end before the moment, and rows
that are computed again."""

import numpy as np
import pytest

from bookfiles import experiment_module
from recsys_lib import results
from recsys_lib.data import IdMap, Interactions, split_by_global_time, split_leave_last_out
from recsys_lib.evaluation import evaluate
from recsys_lib.models import RecentPopularity

SOURCES = {"date": "movietweetings", "date_movielens": "movielens"}
DAY = 86_400


@pytest.fixture(scope="module")
def experiment():
    return experiment_module("date")


@pytest.fixture(scope="module")
def dataset(runner):
    return runner.data_set("sequences")


@pytest.mark.parametrize("name", SOURCES)
def test_made_from_these_data(runner, name):
    source = "sequences" if name == "date" else "sequences_movielens"
    assert results.load(name)["inputs"] == {SOURCES[name]: results.fingerprint(runner.data_set(source).data)}


@pytest.mark.parametrize("name", SOURCES)
def test_what_did_best_on_validation_was_chosen(name):
    values = results.load(name)["values"]
    chosen = values["chosen"] | {f"{row}, weekly": s for row, s in values.get("chosen_for_cut", {}).items()}
    for row, tried in values["tried"].items():
        best = max(one["validation"] for one in tried)
        assert best in [one["validation"] for one in tried if one["settings"] == chosen[row]]
    tried = [one["settings"]["days"] for one in values["tried"]["RecentPopularity"]]
    assert tried[:8] == [0.5, 1, 2, 3, 5, 7, 14, 30]


def again(runner, dataset, row, kind, table, measure="by_user", module=None, settings=None, **arguments):
    stored = results.load("date")["values"]
    settings = stored["chosen"][row] if settings is None else settings
    model = runner.build(kind, settings, 0, None)
    split = dataset.cut(dataset.data)
    values = getattr(module or runner, measure)(model, split, "test", dataset, **arguments)["ndcg@10"]
    kept = stored[table]["rows"][row]["ndcg@10"][0]
    difference = np.array([values[user] for user in stored[table]["users"]]) - kept
    assert np.abs(difference).mean() < 1e-3


@pytest.mark.parametrize("row", ["RecentPopularity", "RecencyRidge"])
def test_rows_again(runner, dataset, row):
    again(runner, dataset, row, row, "test")


def test_counting_again_in_its_other_rows(runner, experiment, dataset):
    settings = results.load("date")["values"]["chosen"]["RecentPopularity"]
    for row, measure, module in (
        ("RecentPopularity, replay", "replayed", runner),
        ("RecentPopularity, up to midnight", "up_to_midnight", experiment),
    ):
        again(runner, dataset, row, "RecentPopularity", "test", measure, module, settings)
    again(runner, dataset, "RecentPopularity", "RecentPopularity", "train_alone", "without_the_last_two")
    late = settings | {"delay": 7}
    again(runner, dataset, "RecentPopularity, 7", "RecentPopularity", "stale", settings=late)
    once = {"module": experiment, "settings": settings, "every": 0}
    again(runner, dataset, "RecentPopularity, once", "RecentPopularity", "cut", "deployed", **once)


def weeks(n_users=60, n_items=20, seed=0):
    """People with five likes each, spread over ten weeks."""
    rng = np.random.default_rng(seed)
    item = np.concatenate([rng.permutation(n_items)[:5] for _ in range(n_users)])
    user = np.repeat(np.arange(n_users), 5)
    seconds = 1_400_000_000 + rng.permutation(70 * 24)[: len(user)] * 3600
    return Interactions(user, item, None, seconds, IdMap(range(n_users)), IdMap(range(n_items)))


class Recorder(RecentPopularity):
    """Remembers what it was fitted on, what was replayed and what it was asked."""

    asked = []  # one list for all copies

    def fit(self, train):
        self.fitted_until = train.timestamp.max()
        return super().fit(train)

    def score(self, users=None, *, history=None, at=None):
        self.asked.append((self.fitted_until, len(self.dated_items_), history, at))
        return super().score(users, history=history, at=at)


@pytest.mark.parametrize("every", [0, 7, 1])
def test_weights_end_before_the_moment_and_counts_go_on(experiment, runner, every):
    data = weeks()
    split = split_leave_last_out(data)
    dataset = runner.DataSet("weeks", data, None, "", split_leave_last_out)
    Recorder.asked = []
    values = experiment.deployed(Recorder(days=3), split, "test", dataset, every)
    start, end, people = experiment.served(split, "test", dataset)
    assert start == split_by_global_time(data).test.timestamp.min()
    moment = dict(zip(split.test.user.tolist(), split.test.timestamp.tolist()))
    assert set(values["ndcg@10"]) == people == {u for u, t in moment.items() if t >= start}
    asked = 0
    for fitted_until, n_events, history, at in Recorder.asked:
        assert fitted_until < at.min() and n_events == len(split.before("test"))
        assert start <= at.min() and at.max() < end
        if every:
            assert at.max() - at.min() < every * DAY
        asked += len(at)
        for row, second in enumerate(at):
            own = history.take(history.user == row)
            assert (own.timestamp < second).all() and len(own) == 4  # all but the last, after the cut too
    assert asked == len(people)
    plain = evaluate(RecentPopularity(days=3), split, relevant_from=None, metrics="ndcg@10").set_index("user")["value"]
    moved = [abs(values["ndcg@10"][u] - plain[u]) for u in people]
    assert np.mean(np.array(moved) < 1e-9) > 0.5  # only the ties, broken by popularity, see the fit


def test_until_midnight_rounds_the_moment_down(experiment):
    model = RecentPopularity(days=3).fit(weeks())
    at = np.array([1_400_000_000 + 40 * DAY + 12345])
    wanted = model.score([0], at=at - at % DAY)
    assert np.array_equal(experiment.UntilMidnight(model).score([0], at=at), wanted)
