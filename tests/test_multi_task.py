"""One network for several tasks: its pieces by hand, what each task may read, and that the weights of losses matter."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from recsys_lib.data import load_movietweetings
from recsys_lib.models.keras_base import sparse_input
from recsys_lib.models.multi_task import MultiTask, gradient_cosine, mixture, uncertainty_weighted
from recsys_lib.task_intervals import value
from recsys_lib.tasks import TASKS, four_tasks


@pytest.fixture(scope="module")
def tasks():
    return four_tasks(load_movietweetings().k_core(user=20, item=20), liked_from=8.0)


@pytest.fixture(scope="module")
def fitted(tasks):
    return MultiTask(steps=12, n_factors=16, width=32, dropout=0.2).fit(tasks)


def test_uncertainty_by_hand_and_at_its_best():
    losses = np.array([4.0, 0.25], np.float32)
    assert float(uncertainty_weighted(losses, np.zeros(2, np.float32))) == pytest.approx(4.25)
    best = np.log(losses)
    lowest = float(uncertainty_weighted(losses, best))
    assert lowest == pytest.approx(np.sum(1 + np.log(losses)))
    for step in (0.3, -0.3):
        assert float(uncertainty_weighted(losses, best + step)) > lowest


def test_cosine_of_gradients_by_hand():
    assert gradient_cosine([3, 0], [2, 2]) == pytest.approx(1 / np.sqrt(2))
    assert gradient_cosine([np.eye(2), [1.0]], [-np.eye(2), [-1.0]]) == pytest.approx(-1)
    assert gradient_cosine([0, 0], [1, 2]) == 0
    with pytest.raises(ValueError, match="same weights"):
        gradient_cosine([1, 2], [1, 2, 3])


def test_mixture_by_hand():
    experts = np.array([[[1.0, 0.0], [0.0, 4.0]]], np.float32)
    same, first = np.zeros((1, 2), np.float32), np.array([[50.0, 0.0]], np.float32)
    assert np.allclose(mixture(experts, same), [[0.5, 2.0]]) and np.allclose(mixture(experts, first), [[1, 0]])


def numpy_network(network, tasks, part):
    """The formulas of the docstring in NumPy, of a shared body: {task: scores}."""
    w = {weight.name: np.asarray(weight, np.float64) for weight in network.weights}
    likes = tasks.next_likes.before(part).astype(np.float64)
    year = tasks.item_table["year"].astype("Float64").fillna(0).to_numpy(float) // 10
    columns = np.hstack([tasks.genres.visible, year[:, None] == np.unique(year)]).astype(float)

    def f(task, z):
        return np.maximum(z @ w["body"], 0) @ w[f"head_of_{task}"]

    films = w["films"] + columns @ w["columns"]
    n = np.maximum(np.diff(likes.indptr), 1)[:, None]
    people = w["users"] + (likes @ films) / np.sqrt(n)
    fans = np.maximum(np.diff(csr_array(likes.T).indptr), 1)[:, None]
    titles = np.asarray(network.constants["titles"], np.float64)
    z = titles @ w["titles"] + columns @ w["columns"] + (likes.T @ w["users"]) / np.sqrt(fans)
    pairs = getattr(tasks.rating, part)
    c = network.constants
    bias = c["mean"] + c["user bias"][pairs.user] + c["item bias"][pairs.item]
    return {
        "next likes": (people + f("next_likes", people)) @ films.T + w["popularity"],
        "rating": bias + (f("rating", people)[pairs.user] * films[pairs.item]).sum(axis=1),
        "genres": (f("genres", z) + w["genre_bias"])[tasks.genres.test],
    }


def test_the_network_computes_its_formulas(fitted, tasks):
    own, by_hand = fitted.predict(tasks), numpy_network(fitted.network_, tasks, "test")
    for task in ("next likes", "rating"):
        np.testing.assert_allclose(own[task], by_hand[task], rtol=1e-3, atol=2e-3)
    np.testing.assert_allclose(own["genres"]["test"], by_hand["genres"], rtol=1e-3, atol=2e-3)
    assert own["search"].shape == (len(tasks.search.test), len(tasks.search.titles))


def test_a_rated_film_is_left_out_of_the_likes_that_predict_it(fitted, tasks):
    network, likes = fitted.network_, tasks.next_likes.before("test")
    user = int(np.argmax(np.diff(likes.indptr)))
    item = likes[[user]].indices[0]
    pair = np.array([user], np.int32), np.array([item], np.int32)
    left_out = float(network({"rating": (*pair, np.array([1], np.int32))})["rating"][0])
    read = float(network({"rating": (*pair, np.array([0], np.int32))})["rating"][0])
    whole, network.constants["likes"] = network.constants["likes"], without(likes, user, item)
    root, network.constants["root"] = network.constants["root"], network.constants["root"].copy()
    network.constants["root"][user] = np.sqrt(root[user] ** 2 - 1)
    expected = float(network({"rating": (*pair, np.array([0], np.int32))})["rating"][0])
    network.constants |= {"likes": whole, "root": root}
    assert left_out == pytest.approx(expected, abs=1e-4) and abs(read - left_out) > 1e-6


def without(likes, user, item):
    kept = likes.tolil()
    kept[user, item] = 0
    return sparse_input(csr_array(kept.tocsr()))


def test_same_seed_same_scores(fitted, tasks):
    again = MultiTask(steps=12, n_factors=16, width=32, dropout=0.2).fit(tasks)
    np.testing.assert_array_equal(again.predict(tasks)["next likes"], fitted.predict(tasks)["next likes"])


def test_looking_on_the_way_changes_nothing(tasks):
    seen, settings = [], dict(steps=6, n_factors=8, width=16)
    looked = MultiTask("genres", **settings)
    looked.fit(
        tasks, "validation", looked_at=[3, 6], look=lambda m, n: seen.append((n, m.measure(tasks, "validation")))
    )
    unseen = MultiTask("genres", **settings).fit(tasks, "validation")
    assert [n for n, _ in seen] == [3, 6] and looked.loss_curve_ == unseen.loss_curve_
    pd.testing.assert_frame_equal(seen[1][1]["genres"], unseen.measure(tasks, "validation")["genres"])


@pytest.mark.parametrize("body", ["shared", "experts"])
def test_each_task_learns(tasks, body):
    before = MultiTask(body=body, steps=1, seed=1).fit(tasks)
    after = MultiTask(body=body, steps=40, dropout=0.3, learning_rate=0.003, seed=1).fit(tasks)
    metric = {task: getattr(tasks, task.replace(" ", "_")).metric for task in TASKS}
    figures = [{t: value(f, metric[t]) for t, f in m.measure(tasks).items()} for m in (before, after)]
    assert figures[1]["genres"] > figures[0]["genres"] + 0.02
    assert all(after.loss_curve_[task][-1] < before.loss_curve_[task][-1] for task in TASKS)


def test_the_sum_as_it_comes_follows_the_largest_loss(tasks):
    """In nats the likes weigh several times the stars, in scaled losses about as much."""
    sums = {}
    for weighting in ("sum", "scaled"):
        model = MultiTask(TASKS[:2], weighting=weighting, steps=1).fit(tasks)
        losses = np.array([model.loss_curve_[task][0] for task in model.tasks])
        sums[weighting] = losses / (1 if weighting == "sum" else model.network_.scales)
    assert sums["sum"][0] > 2 * sums["sum"][1] and 0.5 < sums["scaled"][0] / sums["scaled"][1] < 2


def test_uncertainty_learns_a_number_a_task(tasks):
    model = MultiTask(weighting="uncertainty", steps=20).fit(tasks)
    s = np.asarray(model.network_.log_variances)[:, 0]
    assert s.shape == (4,) and (np.abs(s) > 0.01).all()


def test_gradients_reach_only_what_a_task_reads(fitted, tasks):
    gradients = fitted.gradients(tasks, n_batches=1)
    assert set(gradients) == set(TASKS) and set(gradients["search"]) == {"users", "films", "columns", "titles", "body"}
    assert not np.any(gradients["search"]["films"]) and np.any(gradients["search"]["body"])
    assert not np.any(gradients["rating"]["titles"]) and np.any(gradients["next likes"]["films"])


def test_experts_have_the_same_body_and_heads_of_a_quarter(tasks):
    shared, experts = (MultiTask(body=body, steps=1).fit(tasks).network_ for body in ("shared", "experts"))
    assert shared.shared.shape == experts.shared.shape
    smaller = sum(np.prod(head.shape) for head in experts.heads.values())
    assert smaller * 4 == sum(np.prod(head.shape) for head in shared.heads.values())


@pytest.mark.parametrize(
    "settings, said",
    [
        ({"tasks": ("next likes", "clicks")}, "a task"),
        ({"tasks": ()}, "different tasks"),
        ({"tasks": ("rating", "rating")}, "different tasks"),
        ({"body": "tower"}, "body"),
        ({"weighting": "pcgrad"}, "weighting"),
        ({"body": "experts", "width": 30}, "experts can share"),
        ({"dropout": 1.0}, "dropout"),
        ({"steps": 0}, "steps"),
    ],
)
def test_settings_out_of_range(settings, said):
    with pytest.raises(ValueError, match=said):
        MultiTask(**settings)


def test_fit_needs_tasks(tasks):
    with pytest.raises(TypeError, match="Tasks"):
        MultiTask(steps=1).fit(tasks.split)
