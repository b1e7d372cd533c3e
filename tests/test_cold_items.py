"""Items held out whole: the cut, the models that score them from vectors, the measure and its interval."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from recsys_lib import results
from recsys_lib.data import ColdItems, IdMap, Interactions, cold_items
from recsys_lib.draws import compare_draws, draws_bootstrap, evaluate_cold, read_draws
from recsys_lib.evaluation import paired_bootstrap, show
from recsys_lib.models import load
from recsys_lib.models.cold_items import ContentCosine, ItemRidge, centre, unit, whiten
from recsys_lib.models.content import film_texts, film_titles, tfidf


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    user, item = np.nonzero(rng.random((25, 40)) < 0.4)
    rating = rng.integers(1, 6, len(user)).astype(float)
    users, items = IdMap([f"u{u}" for u in range(25)]), IdMap([f"i{i}" for i in range(40)])
    return Interactions(user, item, rating, None, users, items)


@pytest.fixture
def vectors():
    return np.random.default_rng(1).normal(size=(40, 6)) + 3


def test_the_cut_is_whole_and_disjoint(data):
    warm, cold, items = cold_items(data, n_items=10, rng=3)
    assert len(items) == 10 and len(warm) + len(cold) == len(data)
    assert not np.isin(warm.item, items).any() and np.isin(cold.item, items).all()
    assert warm.items == cold.items == data.items
    again = cold_items(data, n_items=10, rng=np.random.default_rng(3))
    assert np.array_equal(again.items, items)
    assert not np.array_equal(cold_items(data, n_items=10, rng=4).items, items)
    for wrong in (0, 40, 2.5, "3"):
        with pytest.raises(ValueError, match="n_items"):
            cold_items(data, n_items=wrong, rng=0)


def by_hand(data, vectors, penalty):
    """The same regression, one person after the other, with the constant as a column that is not penalised."""
    warm = np.unique(data.item)
    x = np.column_stack([vectors - vectors[warm].mean(axis=0), np.ones(len(vectors))])
    ridge = penalty * np.diag([1.0] * vectors.shape[1] + [0.0])
    scores = np.zeros((data.n_users, len(vectors)))
    for u in range(data.n_users):
        liked = set(data.item[(data.user == u) & (data.rating >= 4)].tolist())
        target = np.array([float(i in liked) for i in warm])
        w = np.linalg.solve(x[warm].T @ x[warm] + ridge, x[warm].T @ target)
        scores[u] = x @ w
    return scores


@pytest.mark.parametrize("penalty", [0.01, 1.0, 50.0])
@pytest.mark.parametrize("kind", [np.asarray, csr_array])
def test_ridge_equals_one_regression_a_person(data, vectors, penalty, kind):
    warm = cold_items(data, n_items=10, rng=0).warm
    model = ItemRidge(kind(vectors), regularization=penalty).fit(warm)
    users = np.unique(warm.user)
    assert model.score(users) == pytest.approx(by_hand(warm, vectors, penalty)[users], abs=1e-5)


def test_ridge_through_the_other_side_is_the_same(data):
    """More numbers than items: V (VᵀV + λI)⁻¹ Vᵀ = K (K + λI)⁻¹ with K = V Vᵀ."""
    wide = np.random.default_rng(2).normal(size=(40, 200))
    warm = cold_items(data, n_items=10, rng=0).warm
    model = ItemRidge(wide, regularization=2.0).fit(warm)
    rows = np.flatnonzero(model.warm_)
    centred = wide - wide[rows].mean(axis=0)
    k = centred @ centred[rows].T
    x = model.likes_of(model.train_).toarray()[:, rows]
    dual = x @ np.linalg.solve(k[rows] + 2 * np.eye(len(rows)), k.T) + x.mean(axis=1, keepdims=True)
    assert model.score(np.arange(25)) == pytest.approx(dual, abs=1e-5)


def test_a_stranger_gets_what_a_known_user_with_the_same_likes_gets(data, vectors):
    for model in (ItemRidge(vectors, regularization=1.0), ContentCosine(vectors)):
        model.fit(data)
        np.testing.assert_array_equal(model.score([3]), model.score(history=model.train_[[3]]))


def test_saved_and_read_back(data, vectors, tmp_path):
    for model in (ItemRidge(vectors, regularization=1.0), ContentCosine(vectors)):
        model.fit(data).save(tmp_path / type(model).__name__)
        again = load(tmp_path / type(model).__name__)
        np.testing.assert_array_equal(again.score(range(25)), model.score(range(25)))


def test_cosine_equals_the_sum_of_cosines(data, vectors):
    model = ContentCosine(vectors).fit(data)
    length = np.linalg.norm(vectors, axis=1)
    cosines = vectors @ vectors.T / np.outer(length, length)
    likes = model.likes_of(model.train_).toarray()
    assert model.score(range(25)) == pytest.approx(likes @ cosines, abs=1e-4)
    assert ContentCosine(csr_array(vectors)).fit(data).score([0]) == pytest.approx(model.score([0]), abs=1e-5)


@pytest.mark.parametrize("kind", [ItemRidge, ContentCosine])
@pytest.mark.parametrize("wrong", [None, np.zeros((39, 3)), np.zeros(40), np.full((40, 2), np.nan)])
def test_vectors_that_do_not_fit_are_refused(data, kind, wrong):
    with pytest.raises(ValueError, match="expected"):
        kind(wrong).fit(data)


def test_settings_that_do_not_fit_are_refused(vectors):
    for wrong in (0, -1, np.inf, "1"):
        with pytest.raises(ValueError, match="regularization"):
            ItemRidge(vectors, regularization=wrong)


def test_centre_unit_and_whiten(vectors):
    assert centre(vectors).mean(axis=0) == pytest.approx(np.zeros(6), abs=1e-12)
    assert np.linalg.norm(unit(np.vstack([vectors, np.zeros(6)])), axis=1) == pytest.approx([1] * 40 + [0])
    white = whiten(vectors)
    assert white.T @ white / 40 == pytest.approx(np.eye(6), abs=1e-9)
    kept = whiten(vectors, keep=2)
    assert kept == pytest.approx(white[:, :2])
    flat = np.column_stack([vectors, vectors[:, 0]])  # a direction without any variance is left out
    assert whiten(flat).shape == (40, 6)


@pytest.mark.parametrize("kind", [np.asarray, csr_array])
def test_a_number_from_vectors(data, vectors, kind):
    warm = cold_items(data, n_items=10, rng=0).warm
    model = ItemRidge(kind(vectors), regularization=1e-9).fit(warm)
    target = vectors @ np.arange(6.0) + 5
    assert model.predict(np.where(model.warm_, target, np.nan)) == pytest.approx(target, abs=1e-5)
    for wrong in (target[:3], np.full(40, np.nan)):
        with pytest.raises(ValueError, match="expected a number for each of 40 items"):
            model.predict(wrong)
    firm = ItemRidge(kind(vectors), regularization=5.0).fit(data)
    x = vectors - vectors.mean(axis=0)
    wanted = x @ np.linalg.solve(x.T @ x + 5 * np.eye(6), x.T @ (target - target.mean())) + target.mean()
    assert firm.predict(target) == pytest.approx(wanted)


def test_drawn_among_some_items(data):
    first = cold_items(data, n_items=10, rng=0)
    others = np.setdiff1d(np.arange(40), first.items)
    again = cold_items(first.warm, n_items=10, rng=1, among=others)
    assert not np.isin(again.items, first.items).any() and not np.isin(again.warm.item, first.items).any()
    for wrong in ([1, 1, 2] * 5, [99] * 12, [0.5] * 12, others[:10]):
        with pytest.raises(ValueError, match="among|n_items"):
            cold_items(data, n_items=10, rng=1, among=wrong)


class Oracle:
    """Gives the scores that it was made with."""

    def __init__(self, scores):
        self.scores = scores

    def fit(self, train):
        self.train = train
        return self

    def score(self, users):
        return self.scores[users]


def naive(scores, cut, candidates):
    """NDCG@10 of each user with a like on both sides, by sorting."""
    found = {}
    for u in range(cut.warm.n_users):
        likes = [set(p.item[(p.user == u) & (p.rating >= 4)].tolist()) for p in (cut.warm, cut.cold)]
        if all(likes):
            pool = cut.items.tolist() if candidates == "cold" else [i for i in range(40) if i not in likes[0]]
            best = sorted(pool, key=lambda i: -scores[u, i])[:10]
            gain = sum((i in likes[1]) / np.log2(r + 2) for r, i in enumerate(best))
            found[cut.warm.users[u]] = gain / sum(1 / np.log2(r + 2) for r in range(min(10, len(likes[1]))))
    return found


@pytest.mark.parametrize("candidates", ["cold", "all"])
def test_measure_equals_a_naive_one(data, candidates):
    cut = cold_items(data, n_items=15, rng=1)
    scores = np.random.default_rng(5).random((25, 40))
    model = Oracle(scores)
    frame = evaluate_cold(model, cut, metrics="ndcg@10", candidates=candidates)
    assert model.train is cut.warm
    assert dict(zip(frame["user"], frame["value"])) == pytest.approx(naive(scores, cut, candidates))


def test_what_cannot_be_measured_is_refused(data):
    cut = cold_items(data, n_items=15, rng=1)
    with pytest.raises(ValueError, match="'cold' or 'all'"):
        evaluate_cold(Oracle(None), cut, candidates="warm")
    with pytest.raises(ValueError, match="a like among the warm and among the cold"):
        evaluate_cold(Oracle(None), ColdItems(cut.warm, cut.cold.take(cut.cold.rating < 4), cut.items))


def test_perfect_scores_give_one(data):
    cut = cold_items(data, n_items=15, rng=1)
    scores = np.zeros((25, 40))
    liked = cut.cold.rating >= 4
    scores[cut.cold.user[liked], cut.cold.item[liked]] = 1
    assert evaluate_cold(Oracle(scores), cut, metrics="ndcg@10")["value"].to_numpy() == pytest.approx(1)


def test_interval_with_one_draw_is_that_over_users():
    values = pd.Series(np.random.default_rng(0).random(50), index=[f"u{i}" for i in range(50)])
    mine, other = draws_bootstrap([values]), paired_bootstrap(values)
    assert mine.mean == pytest.approx(other.mean) and mine.n == other.n
    assert (mine.low, mine.high) == pytest.approx((other.low, other.high), abs=0.01)


def test_interval_equals_a_naive_one():
    rng = np.random.default_rng(1)
    a = [pd.Series(rng.random(20) + d / 5, index=rng.permutation(30)[:20]) for d in range(4)]
    b = [pd.Series(rng.random(20), index=one.index) for one in a]
    found = draws_bootstrap(a, b)
    table = pd.DataFrame({d: x - y for d, (x, y) in enumerate(zip(a, b))})
    means = []
    for _ in range(3000):
        some = table.iloc[rng.integers(len(table), size=len(table))].mean()
        means.append(some.iloc[rng.integers(4, size=4)].mean())
    assert found.mean == pytest.approx(table.mean().mean())
    assert (found.low, found.high) == pytest.approx(np.quantile(means, [0.025, 0.975]), abs=0.02)
    assert draws_bootstrap(a, a)[:3] == (0, 0, 0)
    assert draws_bootstrap(a, b) == found


def test_models_are_compared_over_draws(tmp_path, monkeypatch):
    rng = np.random.default_rng(2)
    users = [f"u{u}" for u in range(30)]
    rows = {name: [[round(rng.random(), 4) for _ in users] for _ in range(3)] for name in ("a", "b")}
    for draw, out in enumerate(((0, 3), (5,), ())):
        for values in rows.values():
            for place in out:
                values[draw][place] = None
    stored = {"cold": {"draws": 3, "users": users, "rows": {name: {"ndcg@10": v} for name, v in rows.items()}}}
    monkeypatch.setattr(results, "_FOLDER", tmp_path)
    results.record("some", {}, stored, seeds=[0], inputs={}, seconds=1)
    read = read_draws("some")
    assert [len(one) for one in read["a"]] == [28, 29, 30]
    table = compare_draws(read, baseline="a")
    gap = draws_bootstrap(read["b"], read["a"])
    assert tuple(table.loc["b", ["difference", "difference_low", "difference_high"]]) == gap[:3]
    assert tuple(table.loc["a", ["mean", "low", "high"]]) == draws_bootstrap(read["a"])[:3]
    assert np.isnan(table.loc["a", "difference"]) and (table["n_seeds"] == 3).all() and (table["n_users"] == 30).all()
    assert list(show(table).index) == sorted(rows, key=lambda name: -table.loc[name, "mean"])
    with pytest.raises(KeyError, match="baseline 'c'"):
        compare_draws(read, baseline="c")
    with pytest.raises(KeyError, match="ndcg@10"):
        read_draws("some", metric="recall@20")


def test_an_interval_of_something_else_is_refused():
    one = pd.Series([0.1, 0.2, 0.3], index=list("abc"))
    for wrong in (one, [], [one.to_numpy()], {"a": one}):
        with pytest.raises(TypeError, match="expected a list of Series"):
            draws_bootstrap(wrong)
    other = pd.Series([0.1, 0.2, 0.3], index=["a", "b", "x"])
    with pytest.raises(ValueError, match="same users in the same draws"):
        draws_bootstrap([one, one], [one, other])
    for wrong in (one.where(one > 0.15), pd.Series([1.0, 2.0], index=["a", "a"]), one * np.inf):
        with pytest.raises(ValueError, match="one finite value"):
            draws_bootstrap([wrong])
    with pytest.raises(ValueError, match="two users"):
        draws_bootstrap([one.iloc[:1]])


def test_the_text_of_a_film():
    table = pd.DataFrame({
        "title": ["Toy Story", None, "Gilda", "Up"],
        "year": pd.array([1995, 1946, None, 2009], dtype="Int64"),
        "genres": ["Animation|Children", "Drama", None, "(no genres listed)"],
    })  # fmt: skip
    assert film_texts(table) == [
        "Toy Story (1995), 1990s. Animation, Children",
        "(1946), 1940s. Drama",
        "Gilda",
        "Up (2009), 2000s. (no genres listed)",
    ]
    assert film_texts(table, year=False)[0] == "Toy Story. Animation, Children"
    assert film_texts(table, title=False, genres=False)[0] == "(1995), 1990s"
    assert film_texts(table[["title"]], year=False, genres=False)[:2] == ["Toy Story", ""]
    with pytest.raises(ValueError, match="'year'"):
        film_texts(table[["title", "genres"]])
    assert sorted(tfidf(film_texts(table))[1][:3]) == ["1940s", "1946", "1990s"]


def test_how_a_person_would_write_a_film():
    table = pd.DataFrame({
        "title": ["Postman, The (Postino, Il)", "Heat", "Heat", "Heat", "Beautiful Mind, A", "American in Paris, An",
                  "Theory, The, of Flight", None, "(500) Days of Summer", "M", "(Untitled)", None],
        "year": pd.array([1994, 1995, 1986, 1995, 2001, 1951, 1998, None, 2009, None, 2009, None], dtype="Int64"),
    })  # fmt: skip
    assert film_titles(table) == [
        "The Postman (1994)",
        "Heat (1995)",
        "Heat (1986)",
        "Heat II (1995)",
        "A Beautiful Mind (2001)",
        "An American in Paris (1951)",
        "Theory, The, of Flight (1998)",
        "An untitled film",
        "(500) Days of Summer (2009)",
        "M",
        "(Untitled) (2009)",
        "An untitled film II",
    ]
    assert film_titles(table[["title"]])[:4] == ["The Postman", "Heat", "Heat II", "Heat III"]
    taken = pd.DataFrame({"title": ["Heat", "Heat", "Heat II", "Heat"]})
    assert film_titles(taken) == ["Heat", "Heat II", "Heat II II", "Heat III"]
    with pytest.raises(KeyError, match="title"):
        film_titles(table[["year"]])


def test_titles_of_the_whole_catalogue_differ(movielens):
    from recsys_lib.data import load_movietweetings

    for data in (movielens, load_movietweetings()):
        titles = film_titles(data.item_table)
        assert len(set(titles)) == len(titles) == data.n_items
        assert all(title.strip() == title and title for title in titles)
