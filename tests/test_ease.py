"""EASE by the Woodbury identity equals EASE by the direct inverse."""

import numpy as np
import pytest

from recsys_lib.data import IdMap, Interactions
from recsys_lib.models import EASE


def direct(x, regularization):
    """B by the textbook: P = (XᵀX + λI)⁻¹, B = I − P / diag(P) by columns."""
    p = np.linalg.inv(x.T @ x + regularization * np.eye(x.shape[1]))
    b = -p / np.diag(p)
    np.fill_diagonal(b, 0)
    return b


def random_likes(n_users, n_items, seed=0):
    likes = np.random.default_rng(seed).random((n_users, n_items)) < 0.3
    likes[:, 0] = False  # an item that nobody likes
    likes[np.arange(n_users), 1 + np.arange(n_users) % (n_items - 1)] = True
    user, item = np.nonzero(likes)
    return Interactions(user, item, None, None, IdMap(range(n_users)), IdMap(range(n_items))), likes.astype(float)


@pytest.mark.parametrize(("n_users", "n_items"), [(12, 30), (30, 12), (15, 15)])
@pytest.mark.parametrize("regularization", [0.5, 10.0])
def test_equals_the_direct_inverse(n_users, n_items, regularization):
    data, x = random_likes(n_users, n_items)
    b = direct(x, regularization)
    model = EASE(regularization=regularization).fit(data)
    np.testing.assert_allclose(model.score(np.arange(n_users)), x @ b, atol=1e-6)
    new, h = random_likes(7, n_items, seed=1)  # people who were not there
    np.testing.assert_allclose(model.score(history=new.matrix()), h @ b, atol=1e-6)


def test_an_item_says_nothing_about_itself():
    data, _ = random_likes(12, 30)
    one = Interactions(np.arange(30), np.arange(30), None, None, IdMap(range(30)), data.items)
    scores = EASE(regularization=2.0).fit(data).score(history=one.matrix())
    np.testing.assert_allclose(np.diag(scores), 0, atol=1e-7)


def test_equals_the_direct_inverse_on_movielens(movielens):
    train = movielens.k_core(user=1, item=20)
    assert train.n_users < train.n_items
    x = train.likes().toarray().astype(float)
    users = np.arange(train.n_users)
    np.testing.assert_allclose(EASE().fit(train).score(users), x @ direct(x, 100.0), atol=1e-6)
