"""The sequence networks: what may be seen, what is computed, what is learnt."""

import copy
import warnings

import numpy as np
import pytest

from recsys_lib.data import IdMap, Interactions, split_leave_last_out
from recsys_lib.data.batches import padded
from recsys_lib.data.sequences import Sequences, sequences
from recsys_lib.evaluation import evaluate
from recsys_lib.models import load, recommend

pytest.importorskip("keras")
from recsys_lib import losses
from recsys_lib.models.attention import GRURec, SASRec, training_rows
from recsys_lib.models.attention_network import attend, mask
from walks import interactions, walks

SMALL = dict(n_factors=8, length=6, epochs=2, batch_size=64, implicit=True)
KINDS = [SASRec, GRURec]


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.__name__)
def fitted(request):
    return request.param(**SMALL).fit(walks())


@pytest.fixture(scope="module")
def two_heads():
    return SASRec(**SMALL | dict(n_heads=2, epochs=3, learning_rate=0.01)).fit(walks())


def test_padding_stands_on_the_left():
    some = Sequences(np.array([0, 0, 1, 5]), np.array([4, 0, 1, 2, 3], np.int32), None)
    np.testing.assert_array_equal(padded(some, 3), [[0, 0, 0], [0, 0, 5], [2, 3, 4]])
    assert padded(some, 50).shape == (3, 4) and padded(some, 3).dtype == np.int32
    assert padded(some.take([0]), 3).tolist() == [[0]]
    with pytest.raises(ValueError, match="length"):
        padded(some, 0)
    with pytest.raises(TypeError, match="Sequences"):
        padded([[1, 2]], 3)


def test_training_rows_ask_each_step_once():
    some = Sequences(np.array([0, 1, 8, 8, 10]), np.arange(10, dtype=np.int32), None)
    read, asked, owner = training_rows(some, 4)
    rows = [
        (r.tolist(), a.tolist()) for r, a in zip(np.split(read.items, read.indptr), np.split(asked.items, asked.indptr))
    ]
    rows = [row for row in rows if row[0]]
    assert rows == [([3, 4, 5, 6], [4, 5, 6, 7]), ([1, 2], [2, 3]), ([8], [9])]
    assert owner.tolist() == [1, 1, 3]


def test_attention_by_hand():
    """Two places of two numbers: the first reads itself alone, the second half and half where its scores are equal."""
    query, key = np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    value = np.array([[2.0, 0.0], [0.0, 4.0]])
    out, weights = attend(*(x[None].astype(np.float32) for x in (query, key, value)), np.tril(np.ones((1, 2, 2), bool)))
    np.testing.assert_allclose(weights[0], [[1, 0], [0.5, 0.5]], atol=1e-6)
    np.testing.assert_allclose(out[0], [[2, 0], [1, 2]], atol=1e-6)


def test_the_mask_allows_nothing_later_and_no_padding():
    allowed = np.asarray(mask(np.array([[0, 3, 4]])))[0, 0]
    np.testing.assert_array_equal(allowed[1:], [[False, True, False], [False, True, True]])


def test_nothing_later_changes_what_was_said(fitted):
    first, other = np.array([[1, 2, 3, 4, 5]]), np.array([[1, 2, 3, 9, 10]])
    a, b = (np.asarray(fitted.network_.encode(x)[0]) for x in (first, other))
    np.testing.assert_allclose(a[:, :3], b[:, :3], atol=1e-6)
    assert np.abs(a[:, 3:] - b[:, 3:]).max() > 1e-4


def test_padding_changes_nothing(fitted):
    short, wide = np.array([[1, 2, 3]]), np.array([[0, 0, 0, 1, 2, 3]])
    a, b = (np.asarray(fitted.network_.encode(x)[0]) for x in (short, wide))
    np.testing.assert_allclose(a, b[:, 3:], atol=1e-5)


def test_only_the_last_items_count(fitted):
    long, short = ([7, 8, 9, 10, 11, 0, 1, 2], [9, 10, 11, 0, 1, 2])
    data = interactions([long, short], 12)
    a, b = fitted.score(history=Interactions(data.user, data.item, None, data.timestamp, data.users, fitted.items_))
    np.testing.assert_allclose(a, b, atol=1e-5)


def numpy_scores(weights, items, *, n_heads):
    """The scores of all items after a history, its items oldest first, from `SASRec.weights()` alone.

    items: at most as many as `positions` has rows. The whole network in NumPy: what another program has to write."""

    def norm(x, name):
        x = x - x.mean(axis=-1, keepdims=True)
        x = x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6)
        return x * weights[f"{name}.gamma"] + weights[f"{name}.beta"]

    x = weights["items"][items] + weights["positions"][-len(items) :]
    n_layers = sum(name.endswith(".query") for name in weights)
    for layer in range(n_layers):
        of = {name.split(".", 1)[1]: w for name, w in weights.items() if name.startswith(f"{layer}.")}
        z = norm(x, f"{layer}.norm_1")
        query, key, value = z @ of["query"], z @ of["key"], z @ of["value"]
        read = []
        for head in np.split(np.arange(x.shape[1]), n_heads):
            scores = query[:, head] @ key[:, head].T / np.sqrt(len(head))
            scores[np.triu_indices(len(items), 1)] = -np.inf
            a = np.exp(scores - scores.max(axis=1, keepdims=True))
            read.append(a / a.sum(axis=1, keepdims=True) @ value[:, head])
        x = x + np.hstack(read) @ of["output"]
        z = np.maximum(norm(x, f"{layer}.norm_2") @ of["first.kernel"] + of["first.bias"], 0)
        x = x + z @ of["second.kernel"] + of["second.bias"]
    return norm(x, "norm")[-1] @ weights["items"].T + weights["bias"]


def test_scores_are_those_of_numpy(two_heads):
    weights = two_heads.weights()
    scores = two_heads.score([3, 20])
    for row, user in enumerate((3, 20)):
        items = two_heads.events_.take([user]).items[-6:]
        np.testing.assert_allclose(numpy_scores(weights, items, n_heads=2), scores[row], rtol=1e-5, atol=1e-5)


def test_attention_weights_sum_to_one_and_look_back(two_heads):
    a = two_heads.attention([3, 20])
    assert a.shape == (2, 2, 2, 6, 6)
    np.testing.assert_allclose(a.sum(axis=-1), 1, atol=1e-5)
    assert np.abs(np.triu(a, 1)).max() == 0
    short = two_heads.attention(history=interactions([[1, 2], [5]], 12))
    np.testing.assert_allclose(short[1, :, :, -1], np.broadcast_to([0, 1], (2, 2, 2)), atol=1e-6)
    with pytest.raises(AttributeError, match="no attention"):
        GRURec(**SMALL).attention([0])


@pytest.mark.parametrize(
    ("kind", "loss"), [(SASRec, "softmax"), (SASRec, "bce"), (SASRec, "gbce"), (GRURec, "softmax")]
)
def test_learns_a_circle(kind, loss):
    split = split_leave_last_out(walks())
    more = {} if loss == "softmax" else {"n_negatives": 8}
    model = kind(n_factors=16, length=8, dropout=0.0, learning_rate=0.02, epochs=30, batch_size=120, loss=loss,
                 implicit=True, **more)  # fmt: skip
    values = evaluate(model, split, relevant_from=None, metrics="ndcg@10")["value"]
    assert values.mean() > 0.99 and len(model.loss_curve_) == 30 and np.isfinite(model.loss_curve_).all()


def test_the_formula_of_gbce():
    s, beta = np.array([[0.3, -1.2, 2.0]]), 0.4
    probability = 1 / (1 + np.exp(-s))
    wanted = -(beta * np.log(probability[0, 0]) + np.log(1 - probability[0, 1:]).sum()) / 3
    y = np.array([[beta, 0.0, 0.0]])
    np.testing.assert_allclose(losses.gbce(y, s), [wanted], rtol=1e-6)
    np.testing.assert_allclose(losses.gbce([[1.0, 0, 0]], s), losses.binary_cross_entropy([[1.0, 0, 0]], s), rtol=1e-6)
    assert np.isfinite(np.asarray(losses.gbce(y, np.array([[-1e4, 1e4, 0.0]])))).all()


def test_the_power_of_the_positive():
    """β is 1 without calibration, α with all of it: Petrov and Macdonald, equation of β(t, α)."""
    model = SASRec(loss="gbce", n_negatives=4, calibration=0.75)
    model.items_ = IdMap(list(range(41)))
    alpha = 4 / 40
    assert model.beta == pytest.approx(alpha * (0.75 * (1 - 1 / alpha) + 1 / alpha)) == pytest.approx(0.325)
    for calibration, wanted in ((0, 1), (1, alpha)):
        model.calibration = calibration
        assert model.beta == pytest.approx(wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_scores(kind):
    a, b, c = (kind(**SMALL, loss="bce", seed=seed).fit(walks()).score([0, 7]) for seed in (0, 0, 1))
    np.testing.assert_array_equal(a, b)
    assert np.abs(a - c).max() > 1e-4


def test_saved_and_copied_it_scores_alike(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    wanted = fitted.score([0, 5])
    for again in (load(tmp_path / "model"), copy.deepcopy(fitted)):
        np.testing.assert_array_equal(again.score([0, 5]), wanted)
        assert type(again) is type(fitted) and again.settings == fitted.settings
    table = recommend(fitted, history={"i3": 5.0, "i4": 5.0}, k=3)
    assert len(table) == 3 and "i4" not in table["item_id"].tolist()


def test_what_it_refuses(fitted):
    with pytest.raises(ValueError, match="order"):
        fitted.score(history=walks().matrix())
    with pytest.raises(ValueError, match="two likes"):
        SASRec(**SMALL).fit(interactions([[1], [2]], 3))
    for settings, message in (
        ({"n_factors": 10, "n_heads": 3}, "divides"),
        ({"loss": "mse"}, "loss"),
        ({"dropout": 1.0}, "dropout"),
        ({"length": 0}, "length"),
        ({"calibration": 2}, "calibration"),
    ):
        with pytest.raises(ValueError, match=message):
            SASRec(**settings)


def test_nobody_without_a_like_is_scored():
    data = walks()
    rating = np.where(data.user == 4, 1, 5).astype(np.float32)
    data = Interactions(data.user, data.item, rating, data.timestamp, data.users, data.items)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # all ratings but these are likes
        model = SASRec(**SMALL | {"implicit": False}).fit(data)
    scores = model.score([4, 5])
    np.testing.assert_allclose(scores[0], model.item_bias_, atol=1e-6)
    assert model.can_score(model.train_[[4, 5]], scores).tolist() == [False, True]
    assert sequences(data).lengths[4] == 9
