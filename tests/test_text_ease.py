"""Text and ids in one model: the closed form is the minimum that is stated, and texts reach items without a like."""

import numpy as np
import pytest
from scipy.optimize import minimize

from recsys_lib.data import IdMap, Interactions
from recsys_lib.models import ALS, EASE
from recsys_lib.models.text_ease import TextALS, TextEASE


def random_likes(n_users, n_items, seed=0, cold=1):
    """0/1, the last items without a like; every user likes two at least."""
    rng = np.random.default_rng(seed)
    likes = (rng.random((n_users, n_items)) < 0.3).astype(float)
    for row in likes:
        row[rng.choice(n_items - cold, 2, replace=False)] = 1
    likes[:, n_items - cold :] = 0
    return likes


def as_data(likes):
    user, item = np.nonzero(likes)
    return Interactions(user, item, None, None, IdMap(range(likes.shape[0])), IdMap(range(likes.shape[1])))


def texts(n_items, d=3, seed=1):
    return np.random.default_rng(seed).normal(size=(n_items, d))


def weights_of(model, n_items):
    """B: what one like of each item gives."""
    return model.score(history=as_data(np.eye(n_items)).matrix()).astype(float)


@pytest.mark.parametrize(("n_users", "n_items"), [(12, 7), (4, 11)])  # the direct form, and that of Woodbury
def test_equals_a_numerical_optimiser(n_users, n_items):
    x, t, mu, lam = random_likes(n_users, n_items), texts(n_items), 2.5, 3.0
    free = ~np.eye(n_items, dtype=bool)

    def loss(values):
        b = np.zeros((n_items, n_items))
        b[free] = values
        errors = x - x @ b, t.T - t.T @ b
        slope = -2 * x.T @ errors[0] - 2 * mu * t @ errors[1] + 2 * lam * b
        return (errors[0] ** 2).sum() + mu * (errors[1] ** 2).sum() + lam * (b**2).sum(), slope[free]

    best = np.zeros((n_items, n_items))
    best[free] = minimize(loss, np.zeros(free.sum()), jac=True, method="L-BFGS-B", options={"gtol": 1e-9}).x
    model = TextEASE(t, text_weight=mu, regularization=lam).fit(as_data(x))
    found = weights_of(model, n_items)
    assert np.allclose(found, best, atol=1e-4)
    assert np.abs(np.diag(found)).max() < 1e-6
    assert np.abs(found[:, -1]).max() > 0.01  # the item without a like has weights from its text


@pytest.mark.parametrize(("n_users", "n_items"), [(12, 7), (5, 30)])
def test_without_weight_it_is_ease(n_users, n_items):
    data = as_data(random_likes(n_users, n_items))
    own = TextEASE(texts(n_items), text_weight=0, regularization=2.0).fit(data)
    assert np.allclose(
        own.score(np.arange(n_users)), EASE(regularization=2.0).fit(data).score(np.arange(n_users)), atol=1e-5
    )


def test_both_forms_agree():
    """With users added who like nothing, the rows exceed the items and the other form is used."""
    x, t = random_likes(6, 14), texts(14)
    few = TextEASE(t, text_weight=1.5, regularization=2.0).fit(as_data(x))
    user, item = np.nonzero(x)
    data = Interactions(user, item, None, None, IdMap(range(40)), IdMap(range(14)))
    many = TextEASE(t, text_weight=1.5, regularization=2.0).fit(data)
    assert few._few_users and not many._few_users
    assert np.allclose(weights_of(few, 14), weights_of(many, 14), atol=1e-5)


def test_ratings_below_the_threshold_are_no_likes():
    x = random_likes(6, 9)
    user, item = np.nonzero(np.ones_like(x))
    rating = np.where(x[user, item] > 0, 4.0, 2.0)
    data = Interactions(user, item, rating, None, IdMap(range(6)), IdMap(range(9)))
    found = TextEASE(texts(9)).fit(data).score(np.arange(6))
    assert np.allclose(found, TextEASE(texts(9)).fit(as_data(x)).score(np.arange(6)), atol=1e-5)


def loss_of_als(model, x, t, cold, rho):
    """What TextALS says it minimises; given vectors, G is the best one."""
    y, u = model.item_factors_.astype(float), model.user_factors_.astype(float)
    warm = ~cold
    g = np.linalg.solve(t[warm].T @ t[warm] + rho * np.eye(t.shape[1]), t[warm].T @ y[warm])
    c = 1 + model.alpha * x[:, warm]
    fit = (c * (x[:, warm] - u @ y[warm].T) ** 2).sum()
    lam = model.regularization
    return fit + lam * ((u**2).sum() + ((y[warm] - t[warm] @ g) ** 2).sum() + rho * (g**2).sum()), g


def test_als_goes_down_and_gives_cold_items_what_their_text_says():
    x, t = random_likes(30, 12, cold=2), texts(12)
    cold = x.sum(axis=0) == 0
    how = {"n_factors": 3, "text_regularization": 2.0, "regularization": 1.0}
    losses = []
    for n in (1, 2, 4, 8, 40, 80):
        model = TextALS(t, n_iterations=n, **how).fit(as_data(x))
        losses.append(loss_of_als(model, x, t, cold, 2.0)[0])
    assert (np.diff(losses) < 1e-4).all() and losses[-2] - losses[-1] < 1e-2
    g = loss_of_als(model, x, t, cold, 2.0)[1]
    assert np.allclose(model.item_factors_[cold], t[cold] @ g, atol=1e-3)
    assert np.abs(model.score(np.arange(30))[:, cold]).max() > 0.01
    assert np.abs(ALS(n_factors=3).fit(as_data(x)).score(np.arange(30))[:, cold]).max() < 1e-6


def test_als_drawn_by_nothing_is_als():
    """With a large ρ, G is 0 and nothing is left of the texts."""
    x, t = random_likes(30, 12), texts(12)
    how = {"n_factors": 3, "n_iterations": 5, "rng": 0}
    model = TextALS(t, text_regularization=1e12, **how).fit(as_data(x))
    assert np.allclose(model.score(np.arange(30)), ALS(**how).fit(as_data(x)).score(np.arange(30)), atol=1e-3)


def test_als_started_from_texts_is_als_after_the_start():
    """Directions of texts by the eigenvectors of T Tᵀ, with centred texts, of which no direction's sign counts."""
    x, t = random_likes(30, 12, cold=0), texts(12, d=5)
    t -= t.mean(axis=0)
    model = TextALS(t, drawn=False, n_factors=3, n_iterations=1).fit(as_data(x))
    values, vectors = np.linalg.eigh(t @ t.T)
    largest = np.argsort(values)[::-1][:3]
    start = vectors[:, largest] * np.sqrt(values[largest])
    start *= 0.1 / np.sqrt(np.mean(start**2))
    plain = ALS(n_factors=3)
    users = plain.half_step(as_data(x).matrix(), start)
    items = plain.half_step(as_data(x.T).matrix(), users)
    signs = np.sign((model.item_factors_ * items).sum(axis=0))
    assert np.allclose(model.item_factors_, items * signs, atol=1e-4)
    assert not model.prior_.any()


def test_bad_input():
    data = as_data(random_likes(6, 9))
    for make in (TextEASE, TextALS):
        with pytest.raises(ValueError, match="expected vectors, one row for each item, received none"):
            make().fit(data)
        with pytest.raises(ValueError, match="a vector for each of 9 items, received 4"):
            make(texts(4)).fit(data)
        with pytest.raises(ValueError, match="finite"):
            make(np.full((9, 2), np.nan)).fit(data)
    with pytest.raises(ValueError, match="expected texts of 32 directions"):
        TextALS(texts(9), drawn=False).fit(data)
    for make, how in (
        (TextEASE, {"text_weight": -1}),
        (TextEASE, {"regularization": 0}),
        (TextALS, {"text_regularization": 0}),
        (TextALS, {"drawn": "maybe"}),
    ):
        with pytest.raises(ValueError, match=next(iter(how))):
            make(texts(9), **how)
