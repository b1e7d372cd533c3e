"""How far the genres of a list are from those of the likes: against a loop, and what it refuses."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys_lib.metrics import miscalibration

GENRES = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0]], float)


def by_loop(lists, likes, genres, mixed):
    values = []
    for items, liked in zip(lists, likes):
        shares = []
        for chosen in (np.flatnonzero(liked), [i for i in items if i >= 0]):
            share = np.zeros(genres.shape[1])
            for i in chosen:
                if genres[i].sum():
                    share += genres[i] / genres[i].sum()
            shares.append(share / share.sum())
        p, q = shares
        values.append(sum(a * np.log2(a / ((1 - mixed) * b + mixed * a)) for a, b in zip(p, q) if a > 0))
    return values


def test_equals_a_loop():
    rng = np.random.default_rng(0)
    genres = (rng.random((40, 6)) < 0.3).astype(float)
    likes = (rng.random((25, 40)) < 0.3).astype(float)
    lists = np.array([rng.choice(40, 8, replace=False) for _ in range(25)])
    lists[0, 5:] = -1
    for mixed in (0.01, 0.2):
        assert np.allclose(
            miscalibration(lists, csr_array(likes), genres, mixed=mixed), by_loop(lists, likes, genres, mixed)
        )


def test_by_hand():
    """Likes half and half, a list of one genre alone: ½ log2(½ / .995) + ½ log2(½ / .005) with α = .01."""
    likes = csr_array([[1.0, 1, 0, 0, 0]])
    assert miscalibration([[2]], likes, GENRES) == pytest.approx([0])
    expected = 0.5 * np.log2(0.5 / 0.995) + 0.5 * np.log2(0.5 / 0.005)
    assert miscalibration([[0]], likes, GENRES) == pytest.approx([expected])
    assert np.isnan(miscalibration([[4]], likes, GENRES)).all()
    assert np.isnan(miscalibration([[0]], csr_array([[0, 0, 0, 0, 1.0]]), GENRES)).all()


@pytest.mark.parametrize(
    ("lists", "likes", "genres", "more"),
    [([[0]], csr_array((1, 4)), GENRES, {}), ([[0], [1]], csr_array((1, 5)), GENRES, {}),
     ([[9]], csr_array((1, 5)), GENRES, {}), ([[0]], csr_array((1, 5)), -GENRES, {}),
     ([[0]], csr_array((1, 5)), GENRES, {"mixed": 0}), ([[0]], csr_array((1, 5)), GENRES[:, 0], {})],
)  # fmt: skip
def test_what_it_refuses(lists, likes, genres, more):
    with pytest.raises(ValueError, match="expected|hold|mixed"):
        miscalibration(lists, likes, genres, **more)
