"""ALS: one half-step against a slow oracle and against implicit's; the objective falls."""

import numpy as np
import pytest
from scipy.sparse import csr_array, csr_matrix

from recsys_lib.data import IdMap, Interactions
from recsys_lib.models import ALS


@pytest.fixture(scope="module")
def likes():
    likes = (np.random.default_rng(0).random((23, 17)) < 0.2).astype(np.float64)
    likes[4] = 0  # somebody who likes nothing
    return likes


def slow_half_step(likes, factors, regularization, alpha):
    """Row by row with the n × n matrix of confidences, as Hu et al. write it."""
    rows = []
    for p in likes:
        c = np.diag(1 + alpha * p)
        left = factors.T @ c @ factors + regularization * np.eye(factors.shape[1])
        rows.append(np.linalg.solve(left, factors.T @ c @ p))
    return np.array(rows)


def test_half_step_equals_the_slow_oracle(likes):
    factors = np.random.default_rng(1).normal(size=(17, 5))
    fast = ALS(regularization=0.7, alpha=3.0).half_step(csr_array(likes), factors)
    np.testing.assert_allclose(fast, slow_half_step(likes, factors, 0.7, 3.0), atol=1e-10)


def test_half_step_says_what_does_not_fit(likes):
    factors = np.ones((17, 5))
    with pytest.raises(ValueError, match=r"got shape \(17,\): take one row as matrix\[\[0\]\]"):
        ALS().half_step(csr_array(likes)[0], factors)
    with pytest.raises(TypeError, match="likes as a scipy sparse array .*, received ndarray"):
        ALS().half_step(likes, factors)
    with pytest.raises(ValueError, match=r"likes \(n, m\) and factors \(m, d\), received \(23, 17\) and \(16, 5\)"):
        ALS().half_step(csr_array(likes), factors[:16])


def test_half_step_equals_implicit(likes):
    cpu_als = pytest.importorskip("implicit.cpu.als")
    factors = np.random.default_rng(1).normal(size=(17, 5)).astype(np.float32)
    theirs = cpu_als.AlternatingLeastSquares(
        factors=5, regularization=0.7, alpha=4.0, use_cg=False, use_native=False, num_threads=1
    )  # implicit weighs a like by alpha, so alpha = 1 + α of Hu et al.
    theirs.item_factors = factors
    some = likes[likes.sum(axis=1) > 0]
    expected = theirs.recalculate_user(np.arange(len(some)), csr_matrix(some.astype(np.float32)))
    ours = ALS(regularization=0.7, alpha=3.0).half_step(csr_array(some.astype(np.float32)), factors)
    np.testing.assert_allclose(ours, expected, atol=1e-4)


def objective(model, likes):
    error = (likes - model.user_factors_ @ model.item_factors_.T) ** 2 * (1 + model.alpha * likes)
    return error.sum() + model.regularization * ((model.user_factors_**2).sum() + (model.item_factors_**2).sum())


def test_the_objective_falls(likes):
    user, item = np.nonzero(likes)
    data = Interactions(user, item, None, None, IdMap(range(23)), IdMap(range(17)))
    values = [
        objective(ALS(n_factors=4, regularization=0.5, alpha=2.0, n_iterations=n).fit(data), likes)
        for n in (1, 2, 4, 8, 16)
    ]
    assert all(earlier > later for earlier, later in zip(values, values[1:]))
