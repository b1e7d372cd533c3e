"""What every recommender must do: find the pattern, forget the names, repeat itself, refuse what it cannot use."""

import copy
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from recsys_lib.data import IdMap, Interactions
from recsys_lib.evaluation import evaluate
from recsys_lib.models import ALS, EASE, BiasModel, ContentTFIDF, ItemKNN, Popularity, load, recommend
from recsys_lib.models.base import BaseRecommender
from recsys_lib.retrieval import top_k

DETERMINISTIC = [Popularity(), BiasModel(), ItemKNN(n_neighbors=None), EASE(regularization=5.0), ContentTFIDF()]
ALL = [*DETERMINISTIC, ALS(n_factors=8)]
NAMES = [type(model).__name__ for model in ALL]


@pytest.fixture(scope="module")
def small(movielens):
    return movielens.k_core(user=30, item=60)


def checkerboard(n=30, rating=5.0):
    """Even users like even items, odd users odd ones; the diagonal is withheld."""
    user, item = np.nonzero(np.add.outer(np.arange(n), np.arange(n)) % 2 == 0)
    keep = user != item
    return Interactions(user[keep], item[keep], np.full(keep.sum(), rating), None, IdMap(range(n)), IdMap(range(n)))


@pytest.mark.parametrize(
    "model", [ItemKNN(), ItemKNN(neighbors_of="history"), EASE(regularization=1.0), ALS(n_factors=8)]
)
def test_checkerboard(model):
    train = checkerboard()
    model.fit(train)
    for scores in (model.score(np.arange(30)), model.score(history=train.matrix())):
        assert (top_k(scores, 1, exclude=train.matrix())[:, 0] == np.arange(30)).all()


def permuted(data, rng):
    """The same ratings with the items in another order, and where each item went."""
    order = rng.permutation(data.n_items)
    place = np.argsort(order)
    table = None if data.item_table is None else data.item_table.iloc[order].reset_index(drop=True)
    items = IdMap([data.items[int(i)] for i in order])
    return Interactions(data.user, place[data.item], data.rating, data.timestamp, data.users, items, table), order


@pytest.mark.parametrize("model", DETERMINISTIC, ids=NAMES[:-1])
def test_permuting_items_permutes_scores(small, model):
    users = np.arange(40)
    before = model.fit(small).score(users)
    other, order = permuted(small, np.random.default_rng(0))
    after = model.fit(other).score(users)
    np.testing.assert_allclose(after, before[:, order], rtol=1e-5, atol=1e-5)
    k = 10
    seen = small.matrix()[users]
    a, b = top_k(before, k, exclude=seen), top_k(after, k, exclude=other.matrix()[users])
    scored = [np.where(lists < 0, 0, np.take_along_axis(s, lists, axis=1)) for s, lists in ((before, a), (after, b))]
    np.testing.assert_allclose(*scored, rtol=1e-5, atol=1e-5)  # the same lists, up to ties


@pytest.mark.parametrize("model", ALL, ids=NAMES)
def test_scores_repeat_are_float32_and_by_history_the_same(small, model):
    users = np.array([3, 0, 7])
    first = model.fit(small).score(users)
    assert first.dtype == np.float32 and first.shape == (3, small.n_items)
    np.testing.assert_array_equal(model.fit(small).score(users), first)
    np.testing.assert_allclose(model.score(history=small.matrix()[users]), first, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.score([7, 3]), first[[2, 0]], rtol=1e-4, atol=1e-5)  # whoever stands beside you


def test_als_rng(small):
    scores = [ALS(n_factors=8, n_iterations=3, rng=rng).fit(small).score([0]) for rng in (1, 1, 2)]
    np.testing.assert_array_equal(scores[0], scores[1])
    assert np.abs(scores[0] - scores[2]).max() > 1e-3
    generator = ALS(n_factors=8, n_iterations=3, rng=np.random.default_rng(1)).fit(small).score([0])
    np.testing.assert_array_equal(scores[0], generator)


@pytest.mark.parametrize("model", [Popularity(), ItemKNN(), EASE(), ALS(n_factors=8), ContentTFIDF()])
def test_implicit_data_every_pair_is_a_like(small, model):
    liked = small.binarize(4.0)
    expected = model.fit(small).score([0, 1])
    np.testing.assert_allclose(model.fit(liked).score([0, 1]), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.score(history=liked.matrix()[[0, 1]]), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("model", ALL, ids=NAMES)
def test_refusals(small, model):
    with pytest.raises(NotFittedError, match="fit"):
        type(model)().score([0])
    model.fit(small.take(small.user != 2))
    for users in ([-1], [small.n_users], [0, 2]):
        with pytest.raises(KeyError, match=str(users[-1])):
            model.score(users)
    with pytest.raises(ValueError, match="indices"):
        model.score(["0"])
    with pytest.raises(ValueError, match="users .* or history=, received neither"):
        model.score()
    with pytest.raises(ValueError, match="users .* or history=, received both"):
        model.score([0], history=small.matrix()[[0]])
    for ask in (lambda row: model.score(history=row), model.likes_of):
        with pytest.raises(ValueError, match=r"history as .*, got shape \(\d+,\): take one row as matrix\[\[0\]\]"):
            ask(small.matrix()[0])
    with pytest.raises(ValueError, match="shape"):
        model.score(history=csr_array((2, 3)))
    with pytest.raises(TypeError, match="sparse"):
        model.score(history=np.zeros((1, small.n_items)))
    with pytest.raises(ValueError, match="finite"):
        model.score(history=csr_array(([np.nan], ([0], [1])), shape=(1, small.n_items)))
    with pytest.raises(ValueError, match="none"):
        model.fit(small.take([]))
    with pytest.raises(TypeError, match="expected Interactions, received DataFrame; make them of a table with"):
        model.fit(small.table())
    assert (
        model.fit(small).score([]).shape
        == model.score(history=csr_array((0, small.n_items))).shape
        == (0, small.n_items)
    )


@pytest.mark.parametrize("model", ALL, ids=NAMES)
def test_data_without_a_like_are_refused_where_likes_are_learnt(small, model):
    zero_one = replace(small, rating=small.rating >= 4)
    if isinstance(model, BiasModel):
        model.fit(zero_one)
    else:
        with pytest.raises(ValueError, match="likes to learn from, ratings of 4.0 or more: received 0 to 1"):
            model.fit(zero_one)


@pytest.mark.parametrize("similarity", ["pearson", "adjusted_cosine"])
def test_a_similarity_of_ratings_needs_ratings(small, similarity):
    with pytest.raises(ValueError, match="expected ratings"):
        ItemKNN(similarity=similarity).fit(small.binarize())


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        (Popularity, {"liked_from": "4"}),
        (Popularity, {"liked_from": np.nan}),
        *((BiasModel, {"regularization": value}) for value in (-0.5, np.nan, "5", None)),
        *((ItemKNN, {"n_neighbors": value}) for value in (0, 2.5, True)),
        *((ItemKNN, setting) for setting in ({"similarity": "cosinus"}, {"neighbors_of": "both"}, {"shrinkage": -1})),
        *((EASE, {"regularization": value}) for value in (0, np.inf)),
        *((ALS, setting) for setting in ({"n_iterations": 0}, {"regularization": 0}, {"alpha": -2}, {"n_factors": 0})),
    ],
)
def test_settings_are_checked(model, settings):
    with pytest.raises(ValueError, match=f"expected {next(iter(settings))} .*received"):
        model(**settings)


def test_settings_are_plain_numbers_by_keyword(small):
    assert (
        repr(ItemKNN(n_neighbors=np.int64(5))) == repr(ItemKNN(n_neighbors=5))
        and EASE(regularization=5).regularization == 5
    )
    with pytest.raises(TypeError, match="rng as an int or a Generator, received None"):
        ALS(rng=None).fit(small)
    with pytest.raises(TypeError):
        EASE(100)  # keyword-only


def test_a_user_without_a_like_scores_nothing(small):
    disliked = csr_array(([1.0, 2.0], ([0, 0], [3, 5])), shape=(1, small.n_items))
    for model in (ItemKNN(), EASE(), ALS(n_factors=8), ContentTFIDF()):
        assert not model.fit(small).score(history=disliked).any()


def test_bias_model_is_the_ridge_solution():
    rng = np.random.default_rng(0)
    user, item = np.nonzero(rng.random((12, 9)) < 0.5)
    data = Interactions(user, item, rng.integers(1, 6, len(user)), None, IdMap(range(12)), IdMap(range(9)))
    model = BiasModel(regularization=2.0).fit(data)
    design = np.zeros((len(user), 21))
    design[np.arange(len(user)), user] = design[np.arange(len(user)), 12 + item] = 1
    left = design.T @ design + 2.0 * np.eye(21)
    biases = np.linalg.solve(left, design.T @ (data.rating - data.rating.mean()))
    np.testing.assert_allclose(model.user_bias_, biases[:12], atol=1e-5)
    np.testing.assert_allclose(model.item_bias_, biases[12:], atol=1e-5)
    np.testing.assert_allclose(model.predict(user, item), data.rating.mean() + design @ biases, atol=1e-4)
    with pytest.raises(ValueError, match="ratings"):
        BiasModel().fit(data.binarize(4.0))
    for items, error in (([-1], IndexError), ([9], IndexError), ([1.0], IndexError), ([1, 2, 3], ValueError)):
        with pytest.raises(error, match="expected"):
            model.predict([0], items)


def rated(user, item, rating, n_users=None, n_items=None):
    ids = IdMap(range(n_users or max(user) + 1)), IdMap(range(n_items or max(item) + 1))
    return Interactions(np.asarray(user), np.asarray(item), np.asarray(rating, float), None, *ids)


def scattered(seed, *, share, n_users=40, n_items=30):
    rng = np.random.default_rng(seed)
    user, item = np.nonzero(rng.random((n_users, n_items)) < share)
    return rated(user, item, rng.integers(1, 6, len(user)), n_users, n_items)


CHAIN = np.arange(600) // 2, np.arange(1, 601) // 2  # user 0 – item 0, user 0 – item 1, user 1 – item 1, …
BIAS_CASES = {
    "dense": scattered(0, share=0.6),
    "sparse, with parts that do not touch": scattered(1, share=0.04),
    "a long chain": rated(*CHAIN, np.random.default_rng(2).integers(1, 6, 600)),
    "one rating a user": rated(range(50), np.arange(50) % 3, np.arange(50) % 5 + 0.1),
    "all alike": rated([0, 0, 1], [0, 1, 1], [3.3] * 3, 4, 4),
    "all nought": rated([0, 0, 1], [0, 1, 1], [0.0] * 3),
    "far from nought": rated([0, 0, 1, 1], [0, 1, 1, 2], [1e6 + 1, 1e6 + 2, 1e6, 1e6 + 5]),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("regularization", [0, 1e-9, 1e-3, 0.5, 5, 1e6])
@pytest.mark.parametrize("name", BIAS_CASES)
def test_bias_model_reaches_the_minimum_for_every_regularization(name, regularization):
    """Against least squares with √λ times the biases as further rows, which for λ = 0 knows predictions only."""
    data = BIAS_CASES[name]
    n = data.n_users + data.n_items
    design = np.zeros((len(data), n))
    design[np.arange(len(data)), data.user] = design[np.arange(len(data)), data.n_users + data.item] = 1
    target = data.rating.astype(float) - data.rating.mean(dtype=float)
    rows = np.vstack([design, np.sqrt(regularization) * np.eye(n)])
    wanted = np.linalg.lstsq(rows, np.append(target, np.zeros(n)), rcond=None)[0]
    model = BiasModel(regularization=regularization).fit(data)
    found = np.append(model.user_bias_, model.item_bias_)
    scale = max(1, np.abs(target).max())
    np.testing.assert_allclose(design @ found, design @ wanted, atol=1e-5 * scale)
    if regularization >= 1e-3:
        np.testing.assert_allclose(found, wanted, atol=1e-5 * scale)
    if regularization == 0:
        assert abs(model.item_bias_[data.item].sum()) < 1e-5 * scale
    cold = np.setdiff1d(np.arange(data.n_items), data.item)
    assert (model.item_bias_[cold] == 0).all()


def test_a_bias_model_that_has_not_converged_says_so(monkeypatch):
    monkeypatch.setattr(BiasModel, "_steps", 2)
    with pytest.warns(ConvergenceWarning, match="not converged after 2 steps"):
        BiasModel(regularization=0).fit(BIAS_CASES["a long chain"])


@pytest.mark.parametrize("shape", [(400_000, 300_000), (300_000, 400_000)])
def test_ease_says_how_much_memory_it_needed(shape):
    data = rated([0, 1], [0, 1], [5, 5], *shape)
    with pytest.raises(MemoryError, match=r"300,000 × 300,000 .* 720.0 GB as float64, .*: keep fewer with k_core"):
        EASE().fit(data)


def test_item_knn_by_hand():
    """Likes: user 0 {a, b}, 1 {a, b, c}, 2 {b, c}, 3 {d}."""
    likes = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1]])
    user, item = np.nonzero(likes)
    data = Interactions(user, item, None, None, IdMap(range(4)), IdMap(list("abcd")))
    ab, ac, bc = 2 / np.sqrt(6), 1 / 2, 2 / np.sqrt(6)
    scores = ItemKNN(n_neighbors=None).fit(data).score([0])
    np.testing.assert_allclose(scores, [[ab, ab, ac + bc, 0]], rtol=1e-6)
    # one neighbour of each target: a keeps b, b keeps a (a tie with c: the lower index), c keeps b
    np.testing.assert_allclose(ItemKNN(n_neighbors=1).fit(data).score([0]), [[ab, ab, bc, 0]], rtol=1e-6)
    # one neighbour of each history film: a's is b, b's is a, so c hears of nobody
    by_history = ItemKNN(n_neighbors=1, neighbors_of="history").fit(data)
    np.testing.assert_allclose(by_history.score([0]), [[ab, ab, 0, 0]], rtol=1e-6)
    shrunk = ItemKNN(n_neighbors=None, shrinkage=2).fit(data)
    np.testing.assert_allclose(shrunk.score([0]), [[ab / 2, ab / 2, ac / 3 + bc / 2, 0]], rtol=1e-6)


def test_item_knn_shrinks_by_raters_not_by_likers():
    rating = [5.0, 5.0, 4.0, 1.0, 1.0, 5.0]
    data = Interactions([0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1], rating, None, IdMap(list("uvw")), IdMap(list("ab")))
    plain, shrunk = (ItemKNN(shrinkage=beta).fit(data).score([0])[0, 0] for beta in (0, 3))
    assert shrunk == pytest.approx(plain * 3 / (3 + 3))  # three raters of both, one liker of both


def test_content_recommends_by_words(movielens):
    model = ContentTFIDF().fit(movielens)
    table = movielens.item_table
    star_wars = table.index[table["title"].fillna("").str.startswith("Star Wars")]
    history = csr_array(([5.0], ([0], [star_wars[0]])), shape=(1, movielens.n_items))
    best = top_k(model.score(history=history), 3, exclude=history)[0]
    assert set(best) <= set(star_wars)
    with pytest.raises(ValueError, match="plot"):
        ContentTFIDF(columns=("title", "plot")).fit(movielens)
    with pytest.raises(ValueError, match="item table"):
        model.fit(checkerboard())
    with pytest.raises(NotFittedError):  # half a fit is no fit
        model.score([0])
    assert "1977" in ContentTFIDF(columns=("title", "year")).fit(movielens).words_
    for columns in ((), [], None):
        with pytest.raises(ValueError, match="columns of the item table, at least one, received"):
            ContentTFIDF(columns=columns)
    empty = replace(movielens, item_table=movielens.item_table.assign(title="", genres=" | .", none=None))
    for columns in (("title", "genres"), ("none",)):
        with pytest.raises(ValueError, match="expected words in the columns .* received none"):
            ContentTFIDF(columns=columns).fit(empty)


def test_content_vectors_follow_their_formula():
    table = pd.DataFrame({"item_id": [0, 1, 2], "title": ["heat heat night", "heat day", "day of day"]})
    data = replace(checkerboard(3), item_table=table)
    model = ContentTFIDF(columns="title").fit(data)
    df = {"heat": 2, "night": 1, "day": 2, "of": 1}
    for vector, text in zip(model.item_vectors_.toarray(), table["title"], strict=True):
        raw = np.array([text.split().count(word) * (np.log((1 + 3) / (1 + df[word])) + 1) for word in model.words_])
        np.testing.assert_allclose(vector, raw / np.sqrt((raw**2).sum()), rtol=1e-12)


def test_a_model_without_the_setting_liked_from_can_be_fitted(small):
    class Constant(BaseRecommender):
        def _fit(self, train):
            pass

        def _score(self, users, history):
            return np.zeros(history.shape)

    assert Constant().fit(small).score([0]).shape == (1, small.n_items)


# --- recommend


def test_recommend_for_a_known_user(small):
    model = EASE().fit(small)
    user = int(np.argmin(np.bincount(small.user)))
    user_id = small.users[user]
    table = recommend(model, user_id, k=7)
    assert list(table.columns[:3]) == ["rank", "item_id", "title"] and table.columns[-1] == "score"
    assert list(table["rank"]) == list(range(1, 8))
    assert (np.diff(table["score"]) <= 0).all()
    seen = {small.items[int(i)] for i in small.item[small.user == user]}
    assert not seen & set(table["item_id"])
    titles = small.item_table.set_index("item_id")["title"]
    assert list(table["title"]) == list(titles[table["item_id"]])
    assert len(recommend(model, user_id, k=10**6)) == small.n_items - len(seen)
    assert len(recommend(model, user_id, k=10**6, exclude_seen=False)) == small.n_items


def test_rank_and_score_of_the_item_table_give_way(small):
    plain = EASE().fit(small)
    more = small.item_table.assign(rank="from the table", score=-1.0, genre=small.item_table["genres"])
    model = EASE().fit(replace(small, item_table=more))
    for arguments in ({"user_id": small.users[5]}, {"history": {small.items[0]: 5.0}}):
        table = recommend(model, **arguments)
        pd.testing.assert_frame_equal(table.drop(columns="genre"), recommend(plain, **arguments))
        assert list(table.columns) == ["rank", "item_id", "title", "year", "genres", "genre", "score"]
    doubled = pd.concat([small.item_table, small.item_table[["title"]]], axis=1)  # columns of one name
    table = recommend(EASE().fit(replace(small, item_table=doubled)), small.users[5], k=3)
    assert list(table.columns).count("title") == 2 and len(table) == 3


def test_recommend_from_history_equals_the_known_user(small):
    model = EASE().fit(small)
    rows = np.flatnonzero(small.user == 5)
    history = {small.items[int(small.item[r])]: float(small.rating[r]) for r in rows[::-1]}
    pd.testing.assert_frame_equal(recommend(model, history=history), recommend(model, small.users[5]))


def test_recommend_refuses_and_falls_back(small):
    model, popular = EASE().fit(small), Popularity().fit(small)
    item = small.items[0]
    with pytest.raises(KeyError, match="-7"):
        recommend(model, -7)
    with pytest.raises(KeyError, match="'1'|int"):
        recommend(model, str(small.users[0]))
    assert list(recommend(model, -7, fallback=popular)["item_id"]) == list(popular_ids(popular, 10))
    with pytest.raises(ValueError, match="one of user_id and history"):
        recommend(model)
    with pytest.raises(ValueError, match="one of user_id and history"):
        recommend(model, small.users[0], history={item: 5})
    with pytest.raises(KeyError, match="99999999"):
        recommend(model, history={item: 5.0, 99999999: 4.0})
    with pytest.raises(ValueError, match="finite ratings"):
        recommend(model, history={small.items[0]: None}, fallback=Popularity().fit(small))
    with pytest.raises(TypeError, match="mapping"):
        recommend(model, history=[item])
    for history in ({}, {item: 1.0}):
        with pytest.raises(ValueError, match="fallback"):
            recommend(model, history=history)
        answer = recommend(model, history=history, fallback=popular)
        assert len(answer) == 10 and (not history or item not in set(answer["item_id"]))
    with pytest.raises(ValueError, match="a fallback that needs no likes, such as Popularity, received EASE"):
        recommend(model, -7, fallback=EASE().fit(small))
    with pytest.raises(TypeError, match="expected BaseRecommender, received Scores"):
        recommend(type("Scores", (), {"fit": None, "score": None})(), small.users[0])
    with pytest.raises(ValueError, match="same items"):
        recommend(model, -7, fallback=Popularity().fit(checkerboard()))
    with pytest.raises(NotFittedError):
        recommend(EASE(), 1)


def popular_ids(popular, k):
    return [popular.items_[int(i)] for i in np.argsort(-popular.item_scores_, kind="stable")[:k]]


def test_recommend_says_so_of_a_user_without_ratings(small):
    for model in (EASE(), BiasModel()):
        model.fit(small.take(small.user != 2))
        with pytest.raises(KeyError, match=f"user {small.users[2]} had no rating"):
            recommend(model, small.users[2])
        popular = Popularity().fit(small)
        for user_id in (small.users[2], "nobody"):
            answer = recommend(model, user_id, fallback=popular)
            assert list(answer["item_id"]) == popular_ids(popular, 10), "also where the model needs no likes"


# --- copy, pickle, the home folder


@pytest.mark.parametrize("model", ALL, ids=NAMES)
@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_is_the_model(small, model, twin):
    bare = twin(type(model)())
    assert bare.settings == type(model)().settings
    with pytest.raises(NotFittedError):
        bare.score([0])
    scores = model.fit(small).score([3, 0])
    other = twin(model)
    np.testing.assert_array_equal(other.score([3, 0]), scores)
    pd.testing.assert_frame_equal(recommend(other, small.users[3]), recommend(model, small.users[3]))
    other.fit(small.take(small.user < 20))
    np.testing.assert_array_equal(model.score([3, 0]), scores)


def test_a_tilde_is_the_home_folder(small, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    model = EASE().fit(small)
    model.save("~/models/ease")
    assert (tmp_path / "models" / "ease" / "model.json").is_file() and not (tmp_path / "~").exists()
    np.testing.assert_array_equal(load(tmp_path / "models" / "ease").score([0]), model.score([0]))


# --- the numbers that the book quotes, on its protocol

REFERENCE = [
    (Popularity(), 0.0646, 0.0887),
    (ItemKNN(similarity="cosine", n_neighbors=100), 0.1064, 0.1429),
    (ItemKNN(similarity="cosine", n_neighbors=100, shrinkage=20), 0.1064, 0.1509),
    (EASE(regularization=100), 0.1165, 0.1595),
]


@pytest.mark.parametrize(("model", "ndcg", "recall"), REFERENCE, ids=lambda value: str(value)[:40])
def test_reference_numbers(user_time_split, model, ndcg, recall):
    table = evaluate(model, user_time_split)
    mean = table.groupby("metric")["value"].mean()
    assert table["value"].notna().sum() == 2 * 647
    assert mean["ndcg@10"] == pytest.approx(ndcg, abs=5e-4)
    assert mean["recall@20"] == pytest.approx(recall, abs=5e-4)


def test_als_reaches_its_reference(user_time_split):
    table = evaluate(ALS(), user_time_split, metrics="ndcg@10")
    assert 0.107 <= table["value"].mean() <= 0.1145


def test_defaults_are_the_reference_settings():
    assert EASE().settings == {"regularization": 100.0, "liked_from": 4.0, "implicit": False}
    assert ItemKNN().settings["similarity"] == "cosine" and ItemKNN().settings["n_neighbors"] == 100
    assert ALS().n_factors == 32


def test_importing_the_models_loads_no_tensorflow():
    code = (
        "import sys; from recsys_lib.models import EASE, ALS, recommend, load; import recsys_lib.models as m; dir(m);"
        "assert not {'tensorflow', 'keras'} & set(sys.modules), 'loaded'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_missing_tensorflow_is_an_import_error_that_says_what_to_do():
    code = (
        "import sys, importlib.util as u; real = u.find_spec;"
        "u.find_spec = lambda name, *a: None if name == 'tensorflow' else real(name, *a);\n"
        "try:\n import recsys_lib.models.factorization\n"
        "except ImportError as error: print(error)"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert "tensorflow" in out and "pip install" in out
