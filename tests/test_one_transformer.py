"""One transformer for several tasks: its sums and blocks by hand, nothing hidden or later is read, a quarter is one."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from recsys_lib.data import load_movielens
from recsys_lib.models.keras_base import keras
from recsys_lib.models.one_transformer import OneTransformer
from recsys_lib.models.one_transformer_examples import Examples
from recsys_lib.models.one_transformer_network import (
    NOT_ASKED,
    TASKS,
    NarrowBlock,
    OneTransformerNetwork,
    asked_cross_entropy,
    first_place,
    softmax_of_several,
)
from recsys_lib.tasks import TASKS as TASKS_OF_THE_LIBRARY
from recsys_lib.tasks import Ratings, four_tasks

BATCH = {"next likes": 16, "rating": 8, "genres": 32, "search": 16}
SIZES = dict(n_users=5, n_items=9, n_pieces=7, n_genres=3, n_decades=4, n_stars=5)


@pytest.fixture(scope="module")
def tasks():
    return four_tasks(load_movielens().k_core(user=60, item=40))


@pytest.fixture(scope="module")
def model(tasks):
    return OneTransformer(steps=2, inner=16, n_factors=16, batch=BATCH).fit(tasks, "validation")


def examples_of(tasks, part="validation"):
    return Examples(tasks, part, length=20, neighbors=4, batch=BATCH, rng=np.random.default_rng(0))


def arrays_in(thing):
    """All arrays within dicts of arrays and sparse tensors, by their place."""
    if isinstance(thing, dict):
        return {f"{key}/{place}": a for key, part in thing.items() for place, a in arrays_in(part).items()}
    if hasattr(thing, "values") and hasattr(thing, "indices"):
        return {"indices": np.asarray(thing.indices), "values": np.asarray(thing.values)}
    return {"": np.asarray(thing)}


def assert_same(a, b):
    a, b = arrays_in(a), arrays_in(b)
    assert a.keys() == b.keys()
    for place, values in a.items():
        np.testing.assert_array_equal(values, b[place], err_msg=place)


def network(tasks=TASKS, inner=64, n_layers=1, d=64):
    drop, weight = dict.fromkeys(TASKS, 0.0), dict.fromkeys(TASKS, 1.0)
    return OneTransformerNetwork(sizes=SIZES, tasks=tasks, n_factors=d, inner=inner, n_layers=n_layers, n_heads=1,
                                 dropout=0.0, drop=drop, weight=weight)  # fmt: skip


def body(net):
    return sum(int(np.prod(w.shape)) for w in net.trainable_variables if not w.name.startswith("table_"))


def test_the_tasks_are_those_of_the_library():
    assert TASKS == TASKS_OF_THE_LIBRARY


def test_first_place_by_hand():
    token = np.array([1.0, 0.0], np.float32)
    x = np.array([[[0, 2], [2, 0], [0, 2], [2, 0]], [[5, 5], [9, 9], [9, 9], [9, 9]]], np.float32)
    real = np.array([[1, 1, 1, 1], [1, 0, 0, 0]], bool)
    found = np.asarray(first_place(token, x, real))
    np.testing.assert_allclose(found, [[1 + 4 / 2, 4 / 2], [6, 5]])
    np.testing.assert_allclose(np.asarray(first_place(token, x, np.zeros_like(real))), [token, token])


def test_a_block_begins_by_adding_nothing_and_then_adds_what_its_formula_says():
    keras.utils.set_random_seed(0)
    block, rng = NarrowBlock(6, 4, 2, 0.0), np.random.default_rng(0)
    block.build((None, None, 6))
    x, real = rng.normal(size=(2, 3, 6)).astype(np.float32), np.array([[1, 1, 1], [1, 1, 0]], bool)
    np.testing.assert_allclose(np.asarray(block(x, real)[0]), x, atol=1e-6)
    for weight in block.trainable_variables:
        weight.assign(rng.normal(size=weight.shape))
    w = {name: np.asarray(getattr(block, name)) for name in ("query", "key", "value", "output_weight")}

    def norm(z, layer):
        z = (z - z.mean(-1, keepdims=True)) / np.sqrt(z.var(-1, keepdims=True) + 1e-6)
        return z * np.asarray(layer.gamma) + np.asarray(layer.beta)

    expected = np.empty_like(x)
    for n in range(2):
        z, read = norm(x[n], block.norm_1), []
        for head in (slice(0, 2), slice(2, 4)):
            q, k, v = (z @ w[name][:, head] for name in ("query", "key", "value"))
            scores = np.where(real[n], q @ k.T / np.sqrt(2), -np.inf)
            weights = np.exp(scores - scores.max(axis=1, keepdims=True))
            read.append(weights / weights.sum(axis=1, keepdims=True) @ v)
        y = x[n] + np.hstack(read) @ w["output_weight"]
        first, second = (([np.asarray(p) for p in layer.weights]) for layer in (block.first, block.second))
        expected[n] = y + np.maximum(norm(y, block.norm_2) @ first[0] + first[1], 0) @ second[0] + second[1]
    np.testing.assert_allclose(np.asarray(block(x, real)[0]), expected, rtol=1e-4, atol=1e-4)
    alone, weights = block(x, real, first_alone=True)
    np.testing.assert_allclose(np.asarray(alone), expected[:, :1], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(np.asarray(weights)[1, :, 0, 2], 0, atol=1e-6)  # padding


@pytest.mark.parametrize("n_layers", [1, 2])
@pytest.mark.parametrize("task", TASKS)
def test_a_quarter_is_a_quarter_within_five_percent(task, n_layers):
    whole, quarter = (body(network(inner=inner, n_layers=n_layers)) for inner in (64, 16))
    assert abs(body(network((task,), inner=16, n_layers=n_layers)) / whole - 1 / 4) < 0.05 / 4
    assert quarter < whole


@pytest.mark.parametrize("task", TASKS)
def test_a_single_model_has_only_the_tables_that_it_reads(task):
    names = {w.name for w in network((task,)).trainable_variables}
    assert ("table_films" in names) == (task != "search")
    assert ("table_stars" in names) == ("table_film_bias" in names) == (task == "rating")
    assert ("table_asked_genres" in names) == (task == "genres")


def with_other_hidden(tasks):
    """The same tasks with other genres hidden: of each film others of those that are not shown."""
    genres = tasks.genres
    return replace(tasks, genres=replace(genres, hidden=~genres.hidden & ~genres.visible))


def with_other_test(tasks):
    """The same tasks with a test of other films and stars."""
    test, likes = tasks.rating.test, tasks.next_likes
    other = Ratings(test.user, test.item[::-1].copy(), 5.5 - test.rating)
    part = replace(tasks.split.test, rating=5.5 - tasks.split.test.rating)
    return replace(tasks, split=replace(tasks.split, test=part), rating=replace(tasks.rating, test=other),
                   next_likes=replace(likes, test=likes.test[::-1]))  # fmt: skip


@pytest.mark.parametrize("changed", [with_other_hidden, with_other_test])
def test_no_input_and_no_answer_to_learn_from_holds_what_is_hidden_or_later(tasks, changed):
    mine, other = examples_of(tasks, "test"), examples_of(changed(tasks), "test")
    assert_same(mine.batch(TASKS)[0], other.batch(TASKS)[0])
    assert_same(*(dict(enumerate(e.batch(TASKS)[1].values())) for e in (mine, other)))
    for name in ("decades", "near", "mean"):
        np.testing.assert_array_equal(getattr(mine, name), getattr(other, name))
    assert_same(
        {"g": mine.genres.toarray(), "b": mine.bias.item_bias_},
        {"g": other.genres.toarray(), "b": other.bias.item_bias_},
    )
    for task in ("next likes", "genres", "search"):
        rows = mine.asked(task, "test")[0][:20]
        assert_same(mine.given(task, rows, "test"), other.given(task, rows, "test"))


def test_validation_is_not_read_before_it(tasks):
    part = tasks.split.validation
    validation = replace(part, rating=np.full(len(part), 0.5, np.float32))
    other = replace(tasks, split=replace(tasks.split, validation=validation))
    mine, other = examples_of(tasks), examples_of(other)
    assert_same(mine.batch(TASKS)[0], other.batch(TASKS)[0])


def test_half_of_the_ratings_are_read_and_the_others_asked(tasks):
    examples = examples_of(tasks)
    people = np.arange(6)
    x, stars = examples.makers["rating"](people)
    for place, person in enumerate(people):
        read = set(x["films"][place][x["films"][place] > 0] - 1)
        asked = set(x["pair_item"][x["pair_row"] == place])
        assert not read & asked and asked <= set(examples.rated[0][person])
    train = tasks.before("validation").matrix().toarray()
    np.testing.assert_array_equal(stars, train[people[x["pair_row"]], x["pair_item"]])


def test_words_sum_to_a_vector_of_length_one_and_the_cosine_is_that_of_the_whole_query(tasks):
    examples = examples_of(tasks)
    x = examples._words(["star wars", "alien"])
    rows = np.zeros((4, examples.sizes["n_pieces"]))
    rows[tuple(np.asarray(x["words"].indices).T)] = np.asarray(x["words"].values)
    np.testing.assert_array_equal(x["real"], [[True, True], [True, False]])
    sums = np.stack([rows[:2].sum(axis=0) / np.sqrt(2), rows[2]])
    np.testing.assert_allclose(np.linalg.norm(sums, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(x["alike"], sums @ examples.titles.toarray().T, atol=1e-5)


def test_losses_of_several_relevant_films_and_of_genres_that_are_shown():
    logits = np.array([[1.0, 2.0, 0.0]], np.float32)
    log_softmax = logits[0] - np.log(np.exp(logits[0]).sum())
    found = softmax_of_several(np.array([[1, 0, 1]], np.uint8), logits)
    np.testing.assert_allclose(np.asarray(found), [-(log_softmax[0] + log_softmax[2]) / 2], rtol=1e-5)
    y = np.array([[1, 0, NOT_ASKED]], np.float32)
    expected = np.log1p(np.exp(-1.0)) + np.log1p(np.exp(2.0))
    np.testing.assert_allclose(np.asarray(asked_cross_entropy(y, logits)), [expected], rtol=1e-5)


def test_ratings_are_answered_in_the_order_of_the_pairs(model, tasks):
    whole, pairs = model.scores("rating"), tasks.rating.validation
    vectors = model.network_.vectors()
    for person in np.unique(pairs.user)[[0, 7]]:
        alone = np.clip(model.answers("rating", np.array([person]), "validation", vectors), 0.5, 5)
        np.testing.assert_allclose(whole[pairs.user == person], alone, rtol=1e-4)


def test_every_task_is_measured_and_the_same_seed_gives_the_same(model, tasks):
    frames = model.measure()
    assert set(frames) == set(TASKS) and all(len(frame) > 1 for frame in frames.values())
    again = OneTransformer(**model.settings).fit(tasks, "validation")
    np.testing.assert_array_equal(again.scores("next likes"), model.scores("next likes"))


def test_the_weights_are_a_decaying_mean_of_those_after_each_step(tasks):
    def pieces(steps, averaging):
        model = OneTransformer(tasks="search", steps=steps, averaging=averaging, seed=3)
        return keras.ops.convert_to_numpy(model.fit(tasks, "validation").network_.pieces)

    after = [pieces(steps, 0) for steps in (1, 2, 3)]
    expected = 0.6 * (0.6 * after[0] + 0.4 * after[1]) + 0.4 * after[2]
    np.testing.assert_allclose(pieces(3, 0.6), expected, atol=1e-6)
    assert np.abs(after[2] - expected).max() > 1e-3


def test_a_look_sees_the_weights_that_are_kept(tasks):
    model, seen = OneTransformer(tasks="search", steps=2, averaging=0.9), []
    model.fit(tasks, "validation", look=lambda n: seen.append(keras.ops.convert_to_numpy(model.network_.pieces)))
    np.testing.assert_array_equal(seen[-1], keras.ops.convert_to_numpy(model.network_.pieces))


def test_a_task_pulls_at_no_table_that_it_does_not_read(model):
    gradients = model.gradients(1)
    for task, by_name in gradients.items():
        films = next(g for name, g in by_name.items() if "table_films" in name)
        people = next(g for name, g in by_name.items() if "table_people" in name)
        assert np.any(films) == (task != "search")
        assert np.any(people) == (task in ("next likes", "rating"))


@pytest.mark.parametrize(
    "settings",
    [{"tasks": "songs"}, {"tasks": []}, {"tasks": ["search", "search"]}, {"inner": 0}, {"inner": 5, "n_heads": 2},
     {"drop": {"songs": 0.1}}, {"drop": {"search": 1.0}}, {"weight": {"search": 0}}, {"batch": {"rating": 0.5}},
     {"steps": 0}, {"learning_rate": 0}, {"n_layers": -1}, {"averaging": 1.0}],
)  # fmt: skip
def test_settings_out_of_range(settings):
    with pytest.raises(ValueError, match="expected"):
        OneTransformer(**settings)


def test_what_cannot_be_asked(model, tasks):
    with pytest.raises(TypeError, match="expected Tasks"):
        OneTransformer().fit(tasks.split.train)
    with pytest.raises(ValueError, match="part"):
        OneTransformer().fit(tasks, "train")
    with pytest.raises(ValueError, match="task"):
        model.scores("songs")
