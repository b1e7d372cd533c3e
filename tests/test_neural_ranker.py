"""The small network over candidates: its input by a plain loop, what it learns, same seed same bytes."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from recsys_lib.models.neural_ranker import NeuralRanker


def lists(seed=0, n_lists=150, length=12):
    """Columns of which the first tells the hits, the second says nothing, the third is constant; some are unknown."""
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(n_lists * length, 3)).astype(np.float32)
    columns[:, 2] = 7
    hits = rng.random(len(columns)) < 1 / (1 + np.exp(3 - 2 * columns[:, 0]))
    columns[rng.random(len(columns)) < 0.1, 1] = np.nan
    return columns, hits, np.repeat(np.arange(n_lists), length)


def small(seed=0):
    return NeuralRanker(hidden=8, epochs=6, batch_size=64, learning_rate=0.01, seed=seed)


@pytest.fixture(scope="module")
def fitted():
    return small().fit(*lists())


def test_learns_which_column_tells(fitted):
    columns, hits, _ = lists(seed=1)
    scores = fitted.score(columns)
    assert scores.dtype == np.float32 and ((scores >= 0) & (scores <= 1)).all()
    assert scores[hits].mean() > scores[~hits].mean() + 0.05


def test_places_by_a_loop(fitted):
    learnt, _, row = lists()
    hits = lists()[1]
    used = np.isin(row, row[hits])
    columns = lists(seed=2, n_lists=3)[0]
    found = fitted._standard(columns)
    assert found.shape == (len(columns), 6)
    for n, values in enumerate(columns):
        for c, value in enumerate(values):
            known = learnt[used][:, c]
            places = np.quantile(known[~np.isnan(known)], np.linspace(0, 1, 101))
            if np.isnan(value):
                assert found[n, c] == 0 and found[n, 3 + c] == 1
            else:
                middle = ((places < value).sum() + (places <= value).sum()) / 101 - 1
                assert found[n, c] == pytest.approx(middle, abs=1e-6) and found[n, 3 + c] == 0
    assert (np.abs(found[:, 2]) < 1e-6).all()  # a constant column is in the middle


def test_same_seed_same_bytes(fitted):
    columns = lists(seed=1)[0]
    assert np.array_equal(small().fit(*lists()).score(columns), fitted.score(columns))
    assert not np.array_equal(small(seed=1).fit(*lists()).score(columns), fitted.score(columns))


def test_a_column_that_is_never_known():
    columns, hits, row = lists(n_lists=40)
    columns[:, 1] = np.nan
    assert np.isfinite(small().fit(columns, hits, row).score(lists(1)[0])).all()


def test_bad_input(fitted):
    with pytest.raises(ValueError, match="expected 3 columns, received 2"):
        fitted.score(np.zeros((4, 2)))
    assert len(fitted.score(np.zeros((0, 3)))) == 0
    for how in ({"hidden": 0}, {"epochs": 0}, {"batch_size": 0}, {"learning_rate": 0}, {"seed": -1}):
        with pytest.raises(ValueError, match=next(iter(how))):
            NeuralRanker(**how)
