"""The known-truth world: what it says of itself is true."""

import numpy as np
import pytest

from recsys_lib.data import simulate_world


def rmse(rating, guess=3.0, weight=None):
    return np.sqrt(np.average((rating - guess) ** 2, weights=weight))


def test_shapes_and_ranges():
    world = simulate_world(50, 40, rng=0)
    data = world.interactions
    assert (data.n_users, data.n_items) == world.expected_rating.shape == world.propensity.shape == (50, 40)
    assert len(world.user_factors) == 50 and len(world.item_factors) == 40
    assert set(data.rating.tolist()) <= set(np.arange(0.5, 5.5, 0.5))
    assert (0.5 <= world.expected_rating).all() and (world.expected_rating <= 5).all()
    assert (np.diff(data.timestamp) >= 0).all()
    assert list(data.item_table.columns) == ["item_id", "title", "genres"]
    assert data.item_table["item_id"].tolist() == list(data.items)


@pytest.mark.parametrize("exposure_bias", [0, 1, 2])
def test_the_density_is_the_one_asked_for(exposure_bias):
    world = simulate_world(rng=1, density=0.08, exposure_bias=exposure_bias)
    assert abs(world.propensity.mean() - 0.08) < 1e-5
    assert abs(len(world.interactions) / world.propensity.size - 0.08) < 0.002


@pytest.mark.parametrize("noise", [0.0, 0.3, 0.7, 2.0])
def test_the_expected_rating_is_exact(noise):
    """Everything seen: the ratings' mean is the expected one, up to what chance allows."""
    world = simulate_world(400, 300, density=0.99, exposure_bias=0, noise=noise, rng=2)
    data = world.interactions
    error = data.rating - world.expected_rating[data.user, data.item]
    assert abs(error.mean()) <= 4 * error.std() / np.sqrt(len(error)) + 1e-9
    low = world.expected_rating[data.user, data.item] < 1.5  # where both ends of the scale bend the mean
    assert abs(error[low].mean()) <= 4 * error[low].std() / np.sqrt(low.sum()) + 1e-9
    if noise == 0:
        assert np.abs(error).max() == 0


def test_ratings_are_missing_not_at_random_and_weights_mend_it():
    world = simulate_world(rng=0)
    data, truth = world.interactions, world.expected_rating
    assert data.rating.mean() > truth.mean() + 0.4, "what people choose to see they like"
    seen, p = truth[data.user, data.item], world.propensity[data.user, data.item]
    naive, mended = rmse(seen), rmse(seen, weight=1 / p)
    assert abs(naive - rmse(truth)) > 5 * abs(mended - rmse(truth))


def test_without_exposure_bias_they_are_missing_at_random():
    world = simulate_world(rng=0, exposure_bias=0)
    data, truth = world.interactions, world.expected_rating
    assert np.ptp(world.propensity) < 1e-6
    assert abs(data.rating.mean() - truth.mean()) < 0.05
    assert abs(rmse(truth[data.user, data.item]) - rmse(truth)) < 0.02


def test_titles_belong_to_genres():
    from recsys_lib.data.world import NOUNS

    table = simulate_world(5, 60, rng=0).interactions.item_table
    for title, genres in zip(table["title"], table["genres"], strict=True):
        assert any(title.endswith(noun) for genre in genres.split("|") for noun in NOUNS[genre])
        assert len(genres.split("|")) == 2


def test_same_seed_same_bytes():
    a, b, c = (simulate_world(30, 20, rng=seed) for seed in (5, np.random.default_rng(5), 6))
    for part in ("expected_rating", "propensity"):
        assert getattr(a, part).tobytes() == getattr(b, part).tobytes() != getattr(c, part).tobytes()
    assert a.interactions.rating.tobytes() == b.interactions.rating.tobytes()
    assert a.interactions.item_table.equals(b.interactions.item_table)


@pytest.mark.parametrize(
    "bad",
    [
        *({"n_users": value} for value in (0, "10", 2.5, None, True)),
        *({"n_items": value} for value in (0, np.nan)),
        *({"n_factors": value} for value in (0, 2.5)),
        *({"density": value} for value in (0, 1, "0.1", np.nan)),
        *({"noise": value} for value in (-1, np.nan, np.inf)),
        *({"exposure_bias": value} for value in (np.nan, np.inf, -np.inf, "1")),
    ],
)
def test_settings_that_cannot_be(bad):
    name, value = next(iter(bad.items()))
    with pytest.raises(ValueError, match=f"expected {name} as a .* number.*, received {value!r}"):
        simulate_world(rng=0, **bad)


def test_the_parts_of_a_rating_are_spread_as_the_docstring_says():
    """Var(b_u + b_i) = 2 · 0.35², Var(p_u · q_i) = 0.81 · (1/2 + 0.16) with two genres' vectors of variance 1."""
    sd_p, sd_q = (
        np.mean([getattr(simulate_world(800, 800, rng=seed, density=0.001), side).std() for seed in range(5)])
        for side in ("user_factors", "item_factors")
    )
    assert sd_p == pytest.approx(0.9, rel=0.02)
    assert sd_q == pytest.approx(np.sqrt((1 / 2 + 0.4**2) / 4), rel=0.15)  # six genres only
