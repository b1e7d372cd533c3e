"""formulas.js against recsys_lib: the same numbers to 1e-9 on 1,000 random inputs a formula, and on the edges."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from bookfiles import ROOT
from recsys_lib import losses, metrics, similarity
from recsys_lib.data import simulate_world
from recsys_lib.models import ItemKNN, MatrixFactorization, Popularity
from recsys_lib.retrieval import top_k

pytestmark = pytest.mark.browser
N = 1000
CLOSE = {"rtol": 1e-9, "atol": 1e-9}
SCRIPT = ROOT / "book" / "static" / "explore" / "formulas.js"


@pytest.fixture(scope="module")
def js(browser):
    """js(expression, inputs): the expression, a function of one input, applied to each of them in Chromium."""
    page = browser.new_page()
    page.add_script_tag(path=SCRIPT)
    yield lambda expression, inputs: page.evaluate(f"inputs => inputs.map({expression})", list(inputs))
    page.close()


@pytest.fixture(scope="module")
def thrown(js):
    return lambda expression: js(f"() => {{ try {{ {expression}; }} catch (error) {{ return error.name; }} }}", [0])[0]


# --- Similarity ---


def table(*rows):
    return np.array(rows, dtype=float)


_ = np.nan
EDGE_TABLES = [
    table([5, 4, _, 1], [4, 5, _, 2], [4, _, 5, _], [2, _, 3, 5], [3, 2, _, 4]),  # the chapter's
    table([1, 0, 1], [0, 1, 0], [-1, 0, -1], [0, -1, 1]),  # zeros that are ratings
    table([0, 0], [0, 0]),
    table([5, _], [_, 3]),  # no common rater
    table([5, 1]),  # one
    table([5, 1], [3, 4]),  # two
    table([4, 4], [4, 4], [4, 4]),  # ties: nothing varies
    table([_, _], [_, _]),  # nobody rated
    table([3.3, 3.3, 3.3], [0.1, 0.7, 0.2]),  # a user whose mean rounding moves
]


def random_tables(rng):
    for _number in range(N):
        size = rng.integers(1, 7), rng.integers(1, 6)
        values = rng.integers(0, 11, size) / 2 if rng.random() < 0.7 else rng.normal(size=size)
        yield np.where(rng.random(size) < rng.choice([0, 0.3, 0.6]), np.nan, values)


def stored(values):
    row, col = np.nonzero(~np.isnan(values))
    return csr_array((values[row, col], (row, col)), shape=values.shape)


@pytest.mark.parametrize("name", ["dot", "cosine", "jaccard", "adjusted_cosine", "pearson", "common_raters"])
def test_similarity(js, name):
    tables = EDGE_TABLES + list(random_tables(np.random.default_rng(1)))
    inputs = [[[None if np.isnan(v) else v for v in row] for row in values.tolist()] for values in tables]
    for values, got in zip(tables, js(f"matrix => formulas.{name}(matrix)", inputs), strict=True):
        expected = getattr(similarity, name)(stored(values))
        np.testing.assert_allclose(got, expected, **CLOSE, err_msg=f"{name} of\n{values}")


def test_similarity_of_chosen_columns(js):
    matrix = [[5, 4, None], [4, None, 5]]
    whole, rows = js("m => formulas.cosine(m)", [matrix]), js("m => formulas.cosine(m, [2, 0])", [matrix])
    assert rows[0] == [whole[0][2], whole[0][0]]


def test_shrink(js, thrown):
    rng = np.random.default_rng(2)
    s, n, beta = rng.uniform(-1, 1, N), rng.integers(0, 4, N), rng.choice([0, 1, 20, 100.5], N)
    got = js("([s, n, beta]) => formulas.shrink(s, n, beta)", np.column_stack([s, n, beta]).tolist())
    np.testing.assert_allclose(got, [similarity.shrink(*row) for row in zip(s, n, beta)], **CLOSE)
    for bad in ("-1", "Infinity", "NaN"):
        assert thrown(f"formulas.shrink(1, 1, {bad})") == "RangeError"


# --- Losses ---

LOSSES = {  # the targets each is meant for
    "mse": lambda rng, n: rng.integers(1, 11, (N, n)) / 2,
    "binary_cross_entropy": lambda rng, n: rng.choice([0, 1, 0.5, 3], (N, n)),
    "categorical_cross_entropy": lambda rng, n: np.eye(n)[rng.integers(0, n, N)],
    "multinomial": lambda rng, n: rng.integers(0, 2, (N, n)),
    "bpr": lambda rng, n: np.zeros((N, n)),
    "sampled_softmax": lambda rng, n: np.zeros((N, n)),
}


@pytest.mark.parametrize("n", [2, 5])
@pytest.mark.parametrize("name", LOSSES)
def test_loss_and_its_gradient(js, name, n):
    import tensorflow as tf

    rng = np.random.default_rng(3)
    y = LOSSES[name](rng, n).astype(float)
    scores = rng.normal(size=(N, n)) * rng.choice([0, 1, 10, 300], (N, 1))  # zeros and ties, and far beyond exp's range
    s = tf.Variable(scores, dtype=tf.float64)
    with tf.GradientTape() as tape:
        value = getattr(losses, name)(y, s)
    gradient = tape.gradient(value, s)
    inputs = [[a.tolist(), b.tolist()] for a, b in zip(y, scores)]
    got = js(f"([y, s]) => [formulas.{name}(y, s), formulas.gradient.{name}(y, s)]", inputs)
    np.testing.assert_allclose([row[0] for row in got], value, **CLOSE)
    np.testing.assert_allclose([row[1] for row in got], gradient, **CLOSE)


def test_a_target_of_three_pushes_for_ever(js):
    assert js("s => formulas.gradient.binary_cross_entropy([3], [s])[0]", [0, 40]) == [-2.5, -2]


# --- Metrics and lists ---


@pytest.mark.parametrize("name", ["hit_rate", "precision", "recall", "ndcg", "reciprocal_rank", "average_precision"])
def test_metric(js, name):
    rng = np.random.default_rng(4)
    cases = [([0, 1, 2], []), ([-1, -1], [0]), ([-1], []), ([3], [3]), ([0, 1, 2, 3, 4], [1, 3, 5])]
    for _number in range(N):
        k, n_items = rng.integers(1, 11), rng.integers(10, 20)
        shown = rng.permutation(n_items)[:k]
        shown[rng.integers(0, k + 1) :] = -1  # fewer were recommended
        cases.append((shown.tolist(), rng.permutation(n_items)[: rng.integers(0, 9)].tolist()))
    got = js(f"([shown, wanted]) => formulas.{name}(shown, wanted)", [list(case) for case in cases])
    for (shown, wanted), value in zip(cases, got, strict=True):
        relevant = csr_array((np.ones(len(wanted)), ([0] * len(wanted), wanted)), shape=(1, 20))
        expected = getattr(metrics, name)(np.array([shown]), relevant)
        np.testing.assert_allclose([value], expected, **CLOSE, err_msg=f"{shown}, relevant {wanted}")


def test_an_empty_list_has_no_measure(thrown):
    for name in ("hit_rate", "precision", "recall", "ndcg", "reciprocal_rank", "average_precision"):
        assert thrown(f"formulas.{name}([], [1])") == "RangeError"  # recsys_lib: ValueError


def test_top_k(js, thrown):
    rng = np.random.default_rng(5)
    inputs, expected = [], []
    for _number in range(N):
        n, k = rng.integers(1, 40), int(rng.integers(1, 12))
        scores = rng.choice([rng.normal(size=n), rng.integers(0, 4, n), np.zeros(n)])
        scores[rng.random(n) < 0.1] = -np.inf
        left_out = np.flatnonzero(rng.random(n) < 0.3)
        exclude = csr_array((np.ones(len(left_out)), (np.zeros(len(left_out), int), left_out)), shape=(1, n))
        inputs.append([scores.tolist(), k, left_out.tolist()])
        expected.append(top_k(scores[None], k, exclude=exclude)[0].tolist())
    assert js("([s, k, out]) => formulas.top_k(s, k, new Set(out))", inputs) == expected
    for bad in ("[1, NaN], 1", "[1], 0", "[1], 1.5"):
        assert thrown(f"formulas.top_k({bad})") == "RangeError"


# --- Models of the pages ---


@pytest.fixture(scope="module")
def world():
    return simulate_world(n_users=120, n_items=80, rng=0).interactions


def random_histories(n_items):
    rng = np.random.default_rng(6)
    return [rng.permutation(n_items)[: rng.integers(1, 11)].tolist() for _number in range(N)]


def rows_of(histories, n_items):
    rows = np.repeat(np.arange(len(histories)), [len(h) for h in histories])
    return csr_array((np.ones(len(rows)), (rows, np.concatenate(histories))), shape=(len(histories), n_items))


def test_popularity_and_its_only_term(js, world):
    scores = Popularity().fit(world).item_scores_.tolist()
    assert js("likes => [...formulas.popularity([0], likes)]", [scores])[0] == scores
    assert js("likes => formulas.popularity.terms([0], 3, likes)", [scores])[0] == [[-1, scores[3]]]


def test_item_cosine_and_its_terms(js, world):
    model = ItemKNN(n_neighbors=30).fit(world)
    kept, by_target = model.neighbors_.astype(np.float64).T.tocsr(), np.zeros((2, world.n_items, 30))
    for i in range(world.n_items):
        at = slice(kept.indptr[i], kept.indptr[i + 1])
        by_target[:, i, : at.stop - at.start] = kept.indices[at], kept.data[at]
    flat = by_target.reshape(2, -1).tolist()
    histories = random_histories(world.n_items)
    expected = (rows_of(histories, world.n_items) @ kept.T).toarray()
    js("([j, w]) => { window.near = [Uint16Array.from(j), Float64Array.from(w), 30]; }", [flat])
    got = js("h => [...formulas.item_cosine(h, ...near)]", histories)
    np.testing.assert_allclose(got, expected, **CLOSE)
    terms = js("h => [0, 40, 79].map(i => formulas.item_cosine.terms(h, i, ...near))", histories)
    sums = [[sum(value for _j, value in of_item) for of_item in row] for row in terms]
    np.testing.assert_allclose(sums, expected[:, [0, 40, 79]], **CLOSE)
    assert [j for j, _value in terms[0][0]] == histories[0]


def test_embedding_and_its_terms(js, world):
    model = MatrixFactorization(n_factors=8, epochs=2, use_user_vector=False).fit(world)
    q, b = model.item_vectors_.astype(np.float64), model.item_bias_.astype(np.float64)
    histories = random_histories(len(b))
    x = rows_of(histories, len(b))
    share = 0.5
    expected = (x / np.sqrt(x.sum(axis=1))[:, None]) @ q @ q.T + share * b
    js("m => { window.model = m.map(part => Float64Array.from(part)); }", [[q.ravel().tolist(), b.tolist()]])
    got = js("h => [...formulas.embedding(h, ...model, 0.5)]", histories)
    np.testing.assert_allclose(got, expected, **CLOSE)
    terms = js("h => [0, 40, 79].map(i => formulas.embedding.terms(h, i, ...model, 0.5))", histories)
    sums = [[sum(value for _j, value in of_item) for of_item in row] for row in terms]
    np.testing.assert_allclose(sums, expected[:, [0, 40, 79]], **CLOSE)
    assert [j for j, _value in terms[0][0]] == [-1, *histories[0]]
    whole = js("h => [...formulas.embedding(h, ...model)]", histories[:50])
    np.testing.assert_allclose(whole, model.score(None, history=5 * x[:50]), rtol=1e-4, atol=1e-4)
