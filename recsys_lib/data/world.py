"""The known-truth world: simulated ratings of which everything is known, also those that nobody gave."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit, ndtr

from recsys_lib._checks import generator, setting

from .interactions import IdMap, Interactions

NOUNS = {  # of each genre's titles
    "Space": ("Rocket", "Orbit", "Nebula", "Comet"),
    "Crime": ("Witness", "Alibi", "Verdict", "Heist"),
    "Romance": ("Kiss", "Letter", "Promise", "Waltz"),
    "Horror": ("Cellar", "Shadow", "Scream", "Crypt"),
    "Western": ("Saddle", "Canyon", "Sheriff", "Trail"),
    "Comedy": ("Wedding", "Neighbour", "Mix-up", "Parrot"),
}
ADJECTIVES = ("Last", "Silent", "Golden", "Second", "Broken", "Hidden", "Distant", "Burning")
LEVELS = np.arange(0.5, 5.5, 0.5)


@dataclass(frozen=True, eq=False)
class World:
    """What was observed, and the truth behind it (float32, one row a user, one column an item).

    interactions: the ratings given.   expected_rating: mean rating the user would give, seen or not.
    propensity: probability that the rating was given.   user_factors (n_users, f), item_factors (n_items, f)."""

    interactions: Interactions
    expected_rating: np.ndarray
    propensity: np.ndarray
    user_factors: np.ndarray
    item_factors: np.ndarray


def simulate_world(n_users=600, n_items=300, *, n_factors=4, density=0.05, exposure_bias=1.0, noise=0.7, rng):
    """Draws users, films with genres and titles, what each would rate, and which of these ratings are given.

        m_ui = 3.2 + b_u + b_i + p_u · q_i;   rating = m_ui + N(0, noise²), rounded to 0.5, 1, …, 5
        P(given) = σ(a + exposure_bias · (m_ui − mean + popularity_i)),   a set so that the mean is `density`

    b_u, b_i ~ N(0, 0.35²);  p_u ~ N(0, 0.9² I);  q_i = (mean of the vectors of its two genres + 0.4 ε_i) / √n_factors,
    each genre's vector and ε_i ~ N(0, I);  popularity_i ~ N(0, 1). The two genres, the title and the second in the year
    2020 are drawn evenly.

    exposure_bias=0: missing at random, every rating is equally likely to be given. noise: standard deviation of one
    person's rating of one film.   Returns a `World`; the expected rating is exact, rounding and both ends included.
    Raises ValueError for sizes that are not whole or < 1, density outside (0, 1), a negative noise, or an exposure_bias
    that is no finite number.
    Source: the setting of Schnabel et al. 2016. Chapter: Anatomy."""
    sizes = {"n_users": n_users, "n_items": n_items, "n_factors": n_factors}
    n_users, n_items, n_factors = (setting(name, size, 1, whole=True) for name, size in sizes.items())
    setting("density", density, 0, 1, above=True), setting("noise", noise, 0), setting("exposure_bias", exposure_bias)
    rng = generator(rng)
    item_genres = rng.random((n_items, len(NOUNS))).argsort(axis=1)[:, :2]
    genre_factors = rng.normal(size=(len(NOUNS), n_factors))
    own = rng.normal(size=(n_items, n_factors))
    item_factors = (genre_factors[item_genres].mean(axis=1) + 0.4 * own) / np.sqrt(n_factors)
    user_factors = 0.9 * rng.normal(size=(n_users, n_factors))
    bias = 0.35 * rng.normal(size=(n_users, 1)) + 0.35 * rng.normal(size=n_items)
    mean = 3.2 + bias + user_factors @ item_factors.T
    popularity = rng.normal(size=n_items)
    pull = exposure_bias * (mean - mean.mean() + popularity)
    level = brentq(lambda a: expit(a + pull).mean() - density, -50 - np.ptp(pull), 50 + np.ptp(pull))
    propensity = expit(level + pull)

    user, item = np.nonzero(rng.random((n_users, n_items)) < propensity)
    rating = _to_level(mean[user, item] + noise * rng.normal(size=len(user)))
    timestamp = 1_577_836_800 + rng.integers(366 * 86_400, size=len(user))  # in the year 2020
    order = np.argsort(timestamp, kind="stable")
    columns = (column[order] for column in (user, item, rating, timestamp))
    users, items = IdMap([f"u{u}" for u in range(n_users)]), IdMap([f"f{i}" for i in range(n_items)])
    interactions = Interactions(*columns, users, items, _item_table(item_genres, rng))
    truth = (_expected(mean, noise), propensity, user_factors, item_factors)
    return World(interactions, *(array.astype(np.float32) for array in truth))


def _to_level(x):
    return np.clip(np.round(x * 2) / 2, LEVELS[0], LEVELS[-1])


def _expected(mean, noise):
    """E[rating] = 0.5 + 0.5 · Σ_c P(rating beyond cut c), with the cuts half-way between the levels."""
    if noise == 0:
        return _to_level(mean)
    expected = np.full(mean.shape, LEVELS[0])
    for cut in LEVELS[:-1] + 0.25:
        expected += 0.5 * ndtr((mean - cut) / noise)
    return expected


def _item_table(item_genres, rng):
    names = list(NOUNS)
    nouns = rng.integers(4, size=len(item_genres))
    adjectives = rng.integers(len(ADJECTIVES), size=len(item_genres))
    words = zip(adjectives, nouns, item_genres[:, 0], strict=True)
    return pd.DataFrame({
        "item_id": [f"f{i}" for i in range(len(item_genres))],
        "title": [f"The {ADJECTIVES[a]} {NOUNS[names[g]][n]}" for a, n, g in words],
        "genres": ["|".join(sorted(names[g] for g in pair)) for pair in item_genres],
    })  # fmt: skip
