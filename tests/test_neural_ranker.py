"""The small network over candidates: its input by a plain loop, what it learns, same seed same bytes."""

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from recsys_lib.models.neural_ranker import NeuralRanker


def small(seed=0):
    return NeuralRanker(hidden=8, epochs=6, batch_size=64, learning_rate=0.01, seed=seed)


@pytest.fixture(scope="module")
def fitted(candidate_lists):
    return small().fit(*candidate_lists())


def test_learns_which_column_tells(fitted, candidate_lists):
    columns, hits, _ = candidate_lists(seed=1)
    scores = fitted.score(columns)
    assert scores.dtype == np.float32 and ((scores >= 0) & (scores <= 1)).all()
    assert scores[hits].mean() > scores[~hits].mean() + 0.05


def test_places_by_a_loop(fitted, candidate_lists):
    learnt, _, row = candidate_lists()
    hits = candidate_lists()[1]
    used = np.isin(row, row[hits])
    columns = candidate_lists(seed=2, n_lists=3)[0]
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


def test_same_seed_same_bytes(fitted, candidate_lists):
    columns = candidate_lists(seed=1)[0]
    assert np.array_equal(small().fit(*candidate_lists()).score(columns), fitted.score(columns))
    assert not np.array_equal(small(seed=1).fit(*candidate_lists()).score(columns), fitted.score(columns))


def test_a_column_that_is_never_known(candidate_lists):
    columns, hits, row = candidate_lists(n_lists=40)
    columns[:, 1] = np.nan
    assert np.isfinite(small().fit(columns, hits, row).score(candidate_lists(1)[0])).all()


def test_bad_input(fitted):
    with pytest.raises(ValueError, match="expected 3 columns, received 2"):
        fitted.score(np.zeros((4, 2)))
    assert len(fitted.score(np.zeros((0, 3)))) == 0
    for how in ({"hidden": 0}, {"epochs": 0}, {"batch_size": 0}, {"learning_rate": 0}, {"seed": -1}):
        with pytest.raises(ValueError, match=next(iter(how))):
            NeuralRanker(**how)
