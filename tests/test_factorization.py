"""The embedding model: what it learns, that its formula is the stated one, that it repeats itself, saves and serves."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from recsys_lib.data import IdMap, Interactions, simulate_world  # noqa: E402
from recsys_lib.metrics import rmse  # noqa: E402
from recsys_lib.models import BiasModel, MatrixFactorization, Popularity, load, recommend  # noqa: E402
from recsys_lib.models.factorization import LOSSES  # noqa: E402
from recsys_lib.retrieval import top_k  # noqa: E402

RANKING = [loss for loss in LOSSES if loss != "mse"]


@pytest.fixture(scope="module")
def small(movielens):
    return movielens.k_core(user=30, item=60)


def checkerboard(n=20):
    user, item = np.nonzero(np.add.outer(np.arange(n), np.arange(n)) % 2 == 0)
    keep = user != item
    return Interactions(user[keep], item[keep], np.full(keep.sum(), 5.0), None, IdMap(range(n)), IdMap(range(n)))


@pytest.mark.parametrize(
    ("loss", "use_history"), [*((loss, True) for loss in RANKING), ("multinomial", False), ("bpr", False)]
)
def test_checkerboard(loss, use_history):
    train = checkerboard()
    model = MatrixFactorization(
        loss=loss,
        use_history=use_history,
        n_factors=8,
        dropout=0.2,
        epochs=60,
        batch_size=128,
        n_negatives=5,
        learning_rate=0.03,
    ).fit(train)
    assert (top_k(model.score(np.arange(20)), 1, exclude=train.matrix())[:, 0] == np.arange(20)).all()
    if use_history:
        best = top_k(model.score(history=train.matrix()), 1, exclude=train.matrix())[:, 0]
        assert (best % 2 == np.arange(20) % 2).all()
    else:
        with pytest.raises(ValueError, match="history"):
            model.score(history=train.matrix())


@pytest.mark.parametrize(
    ("loss", "use_history"), [("multinomial", True), ("bpr", True), ("mse", True), ("bpr", False), ("mse", False)]
)
def test_network_and_score_are_the_same_formula(small, loss, use_history):
    model = MatrixFactorization(loss=loss, use_history=use_history, n_factors=8, epochs=2, dropout=0.3).fit(small)
    p, q, b = model.user_vectors_, model.item_vectors_, model.item_bias_
    likes = small.likes().toarray()
    user = p
    if use_history:
        user = p + likes @ q / np.sqrt(np.maximum(likes.sum(axis=1), 1))[:, None]
    expected = user @ q.T + b
    if loss == "mse":
        expected += small.rating.mean() + model.user_bias_[:, None]
    np.testing.assert_allclose(model.score(np.arange(small.n_users)), expected, rtol=1e-4, atol=1e-4)
    users, items = np.arange(20, dtype=np.int32), np.arange(20, dtype=np.int32)
    inputs = {"user": users}
    if use_history:
        inputs["history"] = model.history_weights(model.train_)[users].toarray()
    for layout in ({}, {"items": items[:, None]}):
        logits = keras.ops.convert_to_numpy(model.network_(inputs | layout))
        wanted = expected[users][np.arange(20), items][:, None] if layout else expected[users]
        np.testing.assert_allclose(logits, wanted, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(model.predict(users, items), expected[users, items], rtol=1e-4, atol=1e-4)


def test_a_new_user_is_served_by_the_same_formula_without_own_vector(small):
    model = MatrixFactorization(n_factors=8, epochs=5, use_user_vector=False).fit(small)
    users = np.arange(10)
    np.testing.assert_allclose(model.score(history=small.matrix()[users]), model.score(users), rtol=1e-5, atol=1e-5)
    with pytest.raises(AttributeError):
        model.user_vectors_  # noqa: B018


@pytest.mark.parametrize("loss", ["multinomial", "sampled_softmax", "mse"])
def test_same_seed_same_scores(small, loss):
    settings = {"loss": loss, "n_factors": 8, "epochs": 2, "use_history": loss == "multinomial"}
    scores = [MatrixFactorization(**settings, seed=seed).fit(small).score([0, 1]) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(scores[0], scores[1])
    assert np.abs(scores[0] - scores[2]).max() > 1e-4


def test_negatives_are_new_each_epoch_and_never_liked(small):
    model = MatrixFactorization(loss="bpr", n_factors=4, epochs=1, n_negatives=3).fit(small)
    batches = model._batches(small)
    liked = small.likes()
    epochs = []
    for _ in range(2):
        batches.on_epoch_begin()
        epochs.append([batches[i] for i in range(len(batches))])
        for x, y in epochs[-1]:
            assert (y[:, 0] == 1).all() and (y[:, 1:] == 0).all()
            assert (liked[x["user"], x["items"][:, 0]] == 1).all()
            assert not liked[np.repeat(x["user"], 3), x["items"][:, 1:].ravel()].any()
    items = [np.concatenate([x["items"] for x, _ in epoch]) for epoch in epochs]
    assert len(items[0]) == liked.nnz and (np.sort(items[0][:, 0]) == np.sort(items[1][:, 0])).all()
    assert (np.sort(items[0][:, 1:].ravel()) != np.sort(items[1][:, 1:].ravel())).any()


def test_ratings_do_not_read_their_own_target_through_the_history():
    """Each item is liked by half of its raters, at random: only the item's own term in the history tells by whom."""
    rng = np.random.default_rng(0)
    user, item = (part.ravel() for part in np.indices((300, 20)))
    rating = np.where(rng.random(len(user)) < 0.5, 5.0, 1.0)
    train = Interactions(user, item, rating, None, IdMap(range(300)), IdMap(range(20)))
    settings = dict(n_factors=20, dropout=0.0, weight_decay=0.0, learning_rate=0.03, epochs=30, init_scale=0.1)
    model = MatrixFactorization(loss="mse", use_user_vector=False, **settings).fit(train)
    biases = BiasModel(regularization=0.0).fit(train).predict(user, item)
    assert model.loss_curve_[-1] > 0.8 * np.mean((rating - biases) ** 2)


def test_the_history_of_a_rating_is_what_was_liked_besides(small):
    model = MatrixFactorization(loss="mse", n_factors=4, epochs=1).fit(small)
    likes = small.likes().toarray()
    x, rating = model._batches(small)[0]
    history = keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(x["history"], sparse=False))
    for row, user, item in zip(history, x["user"], x["items"][:, 0], strict=True):
        other = likes[user].copy()
        other[item] = 0
        np.testing.assert_allclose(row, other / max(1, np.sqrt(other.sum())), rtol=1e-6)
    assert (likes[x["user"], x["items"][:, 0]] == (rating[:, 0] >= 4)).all()


def test_the_whole_batch_is_bounded(small, monkeypatch):
    def rows(**settings):
        batches = MatrixFactorization(n_factors=4, epochs=1, **settings).fit(small)._batches(small)
        return [len(batches[i][0]["user"]) for i in range(len(batches))]

    n = small.n_users
    assert rows() == [n]
    monkeypatch.setattr("recsys_lib.models.factorization.WHOLE_BATCH_CELLS", 10 * small.n_items + 1)
    assert rows() == [10] * (n // 10) + [n % 10] * (n % 10 > 0)
    assert rows(batch_size=n) == [n]
    monkeypatch.setattr("recsys_lib.models.factorization.WHOLE_BATCH_CELLS", 1)
    assert rows() == [1] * n


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("loss", LOSSES)
def test_one_user_who_likes_everything_stops_nobody(loss):
    train = checkerboard()
    everything = Interactions(np.full(20, 20), np.arange(20), np.full(20, 5.0), None, IdMap(range(21)), train.items)
    user, item = np.append(train.user, everything.user), np.append(train.item, everything.item)
    data = Interactions(user, item, np.full(len(user), 5.0), None, everything.users, train.items)
    model = MatrixFactorization(loss=loss, n_factors=4, epochs=3)
    if loss in ("bpr", "sampled_softmax", "binary_cross_entropy"):
        with pytest.warns(UserWarning, match=r"1 user\(s\) like every item") as warned:
            model.fit(data)
        assert sum("like every item" in str(w.message) for w in warned) == 1
    else:
        model.fit(data)
    assert np.isfinite(model.score(np.arange(21))).all()


def test_item_bias_starts_at_popularity(small):
    model = MatrixFactorization(n_factors=4, epochs=1, learning_rate=1e-9).fit(small)
    order = np.corrcoef(model.item_bias_, np.log1p(Popularity().fit(small).item_scores_))[0, 1]
    assert order > 0.9999


def test_ratings_beat_the_bias_model_in_a_world_of_factors():
    world = simulate_world(n_users=200, n_items=100, density=0.3, rng=0).interactions
    test = np.random.default_rng(0).random(len(world)) < 0.2
    train, test = world.take(~test), world.take(test)
    fitted_on = np.isin(test.user, train.user)
    test = test.take(fitted_on)
    model = MatrixFactorization(
        loss="mse", use_history=False, n_factors=8, dropout=0.2, weight_decay=0.3, epochs=30, learning_rate=0.01
    ).fit(train)
    ours = rmse(test.rating, model.predict(test.user, test.item))
    assert ours < rmse(test.rating, np.full(len(test), train.rating.mean()))
    assert ours < rmse(test.rating, BiasModel().fit(train).predict(test.user, test.item))
    assert model.loss_curve_[-1] < model.loss_curve_[0] and len(model.loss_curve_) == 30


def test_saved_and_served_in_a_fresh_process(small, tmp_path):
    model = MatrixFactorization(n_factors=8, epochs=3).fit(small)
    model.save(tmp_path / "model")
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == ["arrays.npz", "model.json", "model.keras"]
    again = load(tmp_path / "model")
    assert again.settings == model.settings
    np.testing.assert_array_equal(again.loss_curve_, model.loss_curve_)
    user_id = small.users[int(np.argmin(np.bincount(small.user)))]
    code = (
        "import sys; from recsys_lib.models import load, recommend; model = load(sys.argv[1]);"
        "print(recommend(model, int(sys.argv[2]))['item_id'].tolist());"
        "print(recommend(model, history={1: 5.0, 50: 4.5})['item_id'].tolist())"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "model"), str(user_id)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert lines[0] == str(recommend(model, user_id)["item_id"].tolist())
    assert lines[1] == str(recommend(model, history={1: 5.0, 50: 4.5})["item_id"].tolist())


@pytest.mark.parametrize("loss", ["multinomial", "mse"])
def test_a_copy_scores_alike_and_lives_on_its_own(small, loss, tmp_path):
    model = MatrixFactorization(loss=loss, n_factors=8, epochs=1).fit(small)
    users, history = np.arange(10), small.matrix()[:10]
    wanted = model.score(users), model.score(history=history)
    copies = [copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
    for again in copies:
        np.testing.assert_array_equal(again.score(users), wanted[0])
        np.testing.assert_array_equal(again.score(history=history), wanted[1])
        np.testing.assert_array_equal(again.loss_curve_, model.loss_curve_)
        assert again.settings == model.settings
    copies[0].network_.item_vectors.set_weights([np.zeros((small.n_items, 8))])
    np.testing.assert_array_equal(model.score(users), wanted[0])
    copies[1].save(tmp_path / "model")  # and it can be saved, and fitted again
    np.testing.assert_array_equal(load(tmp_path / "model").score(users), wanted[0])
    np.testing.assert_array_equal(copies[1].fit(small).score(users), wanted[0])
    unfitted = copy.deepcopy(MatrixFactorization(loss=loss, seed=3))
    assert unfitted.seed == 3 and not hasattr(unfitted, "network_")


def test_a_model_crosses_to_another_process(small, tmp_path):
    model = MatrixFactorization(n_factors=8, epochs=1).fit(small)
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(model))
    code = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb')).score([3])[0, :5].tolist())"
    command = [sys.executable, "-c", code, str(tmp_path / "model.pickle")]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert out.strip() == str(model.score([3])[0, :5].tolist())


def test_the_home_folder_takes_logs(small, tmp_path, monkeypatch):
    pytest.importorskip("tensorboard")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    MatrixFactorization(n_factors=4, epochs=1, log_dir="~/logs").fit(small)
    assert list((tmp_path / "home" / "logs").rglob("events.out.tfevents.*")) and not (tmp_path / "~").exists()


def test_tensorboard_logs_are_written(small, tmp_path):
    pytest.importorskip("tensorboard")
    MatrixFactorization(n_factors=4, epochs=2, log_dir=str(tmp_path / "logs")).fit(small)
    assert list((tmp_path / "logs").rglob("events.out.tfevents.*"))


def test_refusals(small):
    for settings in (
        {"loss": "rmse"}, {"use_history": False, "use_user_vector": False}, {"negatives": "hard"},
        {"batch_size": 0}, {"epochs": 0}, {"learning_rate": -1}, {"dropout": 1.0}, {"n_negatives": 0}, {"seed": None},
        {"weight_decay": -1}, {"use_history": "no"},
    ):  # fmt: skip
        with pytest.raises(ValueError, match="expected"):
            MatrixFactorization(**settings)
    with pytest.raises(ValueError, match="ratings"):
        MatrixFactorization(loss="mse", epochs=1).fit(small.binarize(4.0))
    with pytest.raises(ValueError, match="likes"):
        MatrixFactorization(epochs=1, liked_from=6.0).fit(small)
    model = MatrixFactorization(n_factors=4, epochs=1).fit(small.take(small.user != 2))
    with pytest.raises(KeyError, match="2"):
        model.score([2])
    with pytest.raises(ValueError, match="fallback"):
        recommend(model, history={})
    for items, error in (([-1], IndexError), ([1, 2], ValueError)):
        with pytest.raises(error, match="expected"):
            model.predict([0], items)


@pytest.mark.parametrize(
    "settings", [{"loss": "mse"}, {"loss": "mse", "use_history": False}, {"use_user_vector": False}]
)
def test_predictions_are_cells_of_the_scores(small, settings):
    model = MatrixFactorization(n_factors=4, epochs=1, **settings).fit(small)
    users, items = small.user[::-7], small.item[::-7]
    whole = model.predict(users, items)
    assert whole.dtype == np.float32
    np.testing.assert_allclose(whole, model.score(np.arange(small.n_users))[users, items], rtol=1e-5, atol=1e-6)
    assert model.predict([], []).shape == (0,)


def test_a_damaged_network_is_told(small, tmp_path):
    MatrixFactorization(n_factors=4, epochs=1, log_dir=tmp_path / "logs").fit(small).save(tmp_path / "model")
    assert load(tmp_path / "model").log_dir == str(tmp_path / "logs")
    (tmp_path / "model" / "model.keras").write_bytes(b"PK")
    with pytest.raises(ValueError, match="cannot be loaded: expected a whole model.keras, received a damaged one"):
        load(tmp_path / "model")
