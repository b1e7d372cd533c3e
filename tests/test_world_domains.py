"""Two shops of a known world: what is shared is shared, and the likes are drawn from the stated chances."""

import numpy as np
import pytest

from recsys_lib.data.two_catalogues import join_catalogues
from recsys_lib.data.world_domains import simulate_domains


def test_shapes_shares_and_density():
    world = simulate_domains(200, 150, shared_people=0.25, shared_films=0.4, density=(0.05, 0.1), rng=0)
    assert world.target.n_users == world.source.n_users == 200 and world.target.n_items == world.source.n_items == 150
    assert len(world.same_people) == 50 and len(world.same_films) == 60
    assert world.probability.shape == (200, 150) and np.isclose(world.probability.mean(), 0.05)
    assert abs(len(world.target) / 30_000 - 0.05) < 0.006 and abs(len(world.source) / 30_000 - 0.1) < 0.008
    assert world.target.rating is None and world.target.timestamp.min() >= 1_577_836_800


def test_likes_come_as_often_as_the_probability_says():
    world = simulate_domains(400, 200, density=(0.1, 0.1), rng=1)
    drawn, chance = world.target.matrix().toarray().ravel(), world.probability.ravel()
    for low, high in ((0, 0.02), (0.02, 0.1), (0.1, 0.4), (0.4, 1)):
        inside = (chance >= low) & (chance < high)
        assert abs(drawn[inside].mean() - chance[inside].mean()) < 5 * np.sqrt(chance[inside].mean() / inside.sum())


@pytest.mark.parametrize(("agreement", "alike"), [(1.0, True), (0.0, False)])
def test_a_shared_person_has_one_taste_where_tastes_agree(agreement, alike):
    """Same people, same films, many likes: the two tables correlate beyond popularity only where tastes agree."""
    world = simulate_domains(
        150, 150, shared_people=1, shared_films=1, agreement=agreement, density=(0.2, 0.2), popularity=0.0, rng=2
    )
    tables = [shop.matrix().toarray() for shop in (world.target, world.source)]
    correlation = np.corrcoef(tables[0].ravel(), tables[1].ravel())[0, 1]
    assert (correlation > 0.25) if alike else (abs(correlation) < 0.03)


def test_strangers_share_no_taste():
    world = simulate_domains(150, 150, shared_people=0, shared_films=1, density=(0.2, 0.2), popularity=0.0, rng=3)
    tables = [shop.matrix().toarray() for shop in (world.target, world.source)]
    assert abs(np.corrcoef(tables[0].ravel(), tables[1].ravel())[0, 1]) < 0.03
    together = [table.T @ table for table in tables]  # but who likes one film likes the same others
    off = ~np.eye(150, dtype=bool)
    assert np.corrcoef(together[0][off], together[1][off])[0, 1] > 0.3


def test_it_joins():
    world = simulate_domains(60, 50, shared_people=0.5, shared_films=0.5, density=(0.1, 0.1), rng=4)
    joined = join_catalogues(world.target, world.source, world.same_films, people=world.same_people)
    assert joined.data.n_users == 90 and joined.data.n_items == 75
    assert joined.likes_of("left").nnz == len(world.target)


def test_same_seed_same_world():
    worlds = [simulate_domains(40, 30, rng=seed) for seed in (7, 7, 8)]
    same, other = ([w.target.pairs().tolist() for w in worlds[k : k + 2]] for k in (0, 1))
    assert same[0] == same[1] and other[0] != other[1]


@pytest.mark.parametrize(
    "bad",
    [
        {"n_people": 0},
        {"n_films": 2.5},
        {"shared_people": 1.2},
        {"shared_films": -0.1},
        {"agreement": 2},
        {"density": (0.1,)},
        {"density": 0.1},
        {"density": (0.1, 1.0)},
        {"popularity": -1},
        {"n_factors": 0},
    ],
)
def test_settings_that_cannot_be(bad):
    with pytest.raises(ValueError, match=f"expected {next(iter(bad))}"):
        simulate_domains(**bad, rng=0)
