"""Columns of a fused model: those of plain loops, and nothing at or after the moment changes one."""

import copy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recsys_lib.candidates import union
from recsys_lib.data import IdMap, Interactions
from recsys_lib.data.sequences import of_users
from recsys_lib.models import ALS, EASE, ItemKNN, ItemRidge, NextItemRidge, Popularity, TransitionCounts
from recsys_lib.models.signals import GROUPS, RecentCounts, Signals

DAY, START, N_USERS, N_ITEMS = 86_400, 1_400_000_000, 30, 15
KIND = {"liked_from": 4.0}


def random_events(seed=0, n=240, *, rated=True, timed=True, table=True):
    """Distinct pairs over 20 days; several share a second; two items have no year, one no genre."""
    rng = np.random.default_rng(seed)
    pairs = pd.unique(np.append(np.arange(N_USERS) * N_ITEMS, rng.permutation(N_USERS * N_ITEMS)))[:n]
    seconds = START + rng.integers(20 * 24, size=n) * 3600 if timed else None
    rating = rng.integers(1, 6, size=n).astype(np.float32) if rated else None
    users, items = IdMap([f"u{i}" for i in range(N_USERS)]), IdMap([f"i{i}" for i in range(N_ITEMS)])
    year = pd.array([*rng.integers(1950, 2014, size=N_ITEMS - 2), None, None], "Int64")
    genres = ["Drama|War", "Comedy", "Drama", "War|Comedy|Drama", ""] * 3
    of_items = pd.DataFrame({"title": [f"film {i}" for i in range(N_ITEMS)], "year": year, "genres": genres})
    return Interactions(pairs // N_ITEMS, pairs % N_ITEMS, rating, seconds, users, items, of_items if table else None)


def texts():
    return np.random.default_rng(5).normal(size=(N_ITEMS, 4)).astype(np.float32)


def before(events, users, at):
    """What these people did before their moments."""
    own = of_users(events, users)
    return own.take(own.timestamp < np.asarray(at)[own.user])


USERS, AT = np.array([0, 7, 19, 4]), START + np.array([9, 12, 15, 11]) * DAY


@pytest.fixture(scope="module")
def events():
    return random_events()


@pytest.fixture(scope="module")
def fitted(events):
    return Signals(**KIND, vectors=texts()).fit(events)


def all_columns(signals, known, at):
    everything = union([np.tile(np.arange(N_ITEMS), (known.n_users, 1))], N_ITEMS)
    return signals.columns(known, at, everything, signals.scores(known, at))


def as_matrix(columns):
    return np.column_stack(list(columns.values()))


def test_scores_are_those_of_the_models(fitted, events):
    known = before(events, USERS, AT)
    scores = fitted.scores(known, AT)
    alone = {
        "popularity": Popularity(**KIND),
        "item_knn": ItemKNN(**KIND),
        "als": ALS(**KIND, rng=0),
        "ease": EASE(**KIND),
        "ease_rated": EASE(implicit=True),
        "text": ItemRidge(texts(), regularization=30.0),
    }
    for name, model in alone.items():
        assert np.allclose(scores[name], model.fit(events).score(history=known.matrix()), atol=1e-5), name
    assert np.allclose(scores["next_ridge"], NextItemRidge(**KIND).fit(events).score(history=known), atol=1e-5)
    counts = {"transitions": TransitionCounts(decay=0.7, window=20, **KIND)}
    counts["transitions_rated"] = TransitionCounts(decay=0.7, window=20, implicit=True)
    for name, model in counts.items():
        assert np.allclose(scores[name], model.fit(events).score(history=known), atol=1e-4), name


def test_dated_columns_of_a_loop(fitted, events):
    known = before(events, USERS, AT)
    scores = fitted.scores(known, AT)
    liked = events.rating >= 4
    for row, at in enumerate(AT):
        for item in range(N_ITEMS):
            seconds = [t for i, t in zip(events.item[liked], events.timestamp[liked]) if i == item and t < at]
            for days in (1, 3, 7, 30, 365):
                wanted = sum(at - days * DAY <= t for t in seconds)
                assert scores[f"likes of {days} days"][row, item] == wanted
            found = [scores[f"days since {which} like"][row, item] for which in ("last", "first")]
            if seconds:
                assert found == pytest.approx([(at - max(seconds)) / DAY, (at - min(seconds)) / DAY], rel=1e-5)
            else:
                assert np.isnan(found).all()


def test_columns_of_items_and_people_by_a_loop(fitted, events):
    known = before(events, USERS, AT)
    columns, table = all_columns(fitted, known, AT), events.item_table
    liked_all = np.bincount(events.item[events.rating >= 4], minlength=N_ITEMS)
    rated_all = np.bincount(events.item, minlength=N_ITEMS)
    mean = events.rating.mean()
    year = table["year"].to_numpy(float, na_value=np.nan)
    genres = [set(filter(None, of.split("|"))) for of in table["genres"]]
    n = 0
    for row, at in enumerate(AT):
        own = known.take(known.user == row)
        order = np.argsort(own.timestamp, kind="stable")
        likes = [int(i) for i in own.item[order][own.rating[order] >= 4]]
        for item in range(N_ITEMS):
            got = {name: float(values[n]) for name, values in columns.items()}
            wanted = {
                "log_likes": np.log1p(liked_all[item]),
                "log_ratings": np.log1p(rated_all[item]),
                "mean_rating": (events.rating[events.item == item].sum() + 5 * mean) / (rated_all[item] + 5),
                "year": year[item],
                "age_of_item": 1970 + at / (365.25 * DAY) - year[item],
                "n_ratings": len(own),
                "n_likes": len(likes),
                "mean_rating_of_user": own.rating.mean(),
                "days_since_last_rating": (at - own.timestamp.max()) / DAY,
                "days_here": (own.timestamp.max() - own.timestamp.min()) / DAY,
                "ratings_of_last_hour": (own.timestamp >= own.timestamp.max() - 3600).sum(),
            }
            for name, of in (("", likes), ("latest_", likes[-10:])):
                level = np.mean([np.log1p(liked_all[j]) for j in of]) if of else 0
                years = [year[j] for j in of if not np.isnan(year[j])]
                share = {g: np.mean([g in genres[j] for j in of] or [0]) for g in ("Drama", "War", "Comedy")}
                inside = [share[g] for g in genres[item]]
                wanted[f"{name}log_likes_of_user"] = level
                wanted[f"{name}log_likes_gap"] = np.log1p(liked_all[item]) - level
                wanted[f"{name}year_gap"] = year[item] - np.mean(years) if years else np.nan
                wanted[f"{name}genre_share"] = np.mean(inside) if inside else 0
                wanted[f"{name}genre_best"] = max(inside, default=0)
            for name, value in wanted.items():
                assert got[name] == pytest.approx(value, rel=1e-3, abs=1e-4, nan_ok=True), (name, row, item)
            n += 1


def with_later_events(signals, at):
    """The same weights; what lies at or after the earliest moment is dealt anew, and more is added."""
    rng, other = np.random.default_rng(3), copy.copy(signals)
    other.dated_ = copy.copy(signals.dated_)
    later = other.dated_.dated_seconds_ >= at
    assert 0 < later.sum() < len(later)
    other.dated_.dated_items_ = np.where(later, rng.integers(N_ITEMS, size=len(later)), other.dated_.dated_items_)
    more = Interactions(
        np.repeat(np.arange(3), N_ITEMS), np.tile(np.arange(N_ITEMS), 3), np.full(3 * N_ITEMS, 5.0),
        np.repeat([at, at + 1, at + 20 * DAY], N_ITEMS), IdMap(range(3)), random_events().items,
    )  # fmt: skip
    other.dated_.replay(more)
    return other


@pytest.mark.parametrize(("user", "at"), list(zip(USERS, AT)))
def test_nothing_at_or_after_the_moment_changes_a_column(fitted, events, user, at):
    known = before(events, [user], [at])
    columns = all_columns(fitted, known, np.array([at]))
    other = all_columns(with_later_events(fitted, at), known, np.array([at]))
    assert list(columns) == list(other)
    for name in columns:
        assert np.array_equal(columns[name], other[name], equal_nan=True), name


def test_a_second_earlier_it_would_change_them(fitted, events):
    known, at = before(events, [7], [AT[1]]), AT[1]
    changed = all_columns(with_later_events(fitted, at - 1), known, np.array([at]))
    same = all_columns(fitted, known, np.array([at]))
    told = {name for name in same if not np.array_equal(same[name], changed[name], equal_nan=True)}
    assert told >= {"likes of 1 days", "likes of 365 days", "days since last like"}


def test_hindsight_is_off_by_default_and_sees_what_came_after(fitted, events):
    known = before(events, [7], [AT[1]])
    hindsight = Signals(**KIND, vectors=texts(), hindsight=True).fit(events)
    here, there = (all_columns(one, known, AT[1:2]) for one in (fitted, hindsight))
    more = {"likes of the next 30 days", "likes of the next 365 days"}
    assert set(there) - set(here) == more and not set(here) - set(there)
    changed = all_columns(with_later_events(hindsight, AT[1]), known, AT[1:2])
    told = {name for name in there if not np.array_equal(there[name], changed[name], equal_nan=True)}
    assert told == more


def test_replay_counts_before_the_moment(events):
    counts = RecentCounts(**KIND).fit(events)
    late = START + 30 * DAY
    last, first = counts.before(np.array([late]))
    more = Interactions(
        np.array([0]), np.array([3]), np.array([5.0]), np.array([late - DAY]), events.users, events.items
    )
    after = copy.copy(counts).replay(more).before(np.array([late]))
    assert after[0][0, 3] == 1 and last[0, 3] > 1
    assert np.array_equal(np.delete(after[0], 3, axis=1), np.delete(last, 3, axis=1))
    assert np.array_equal(after[1], first)


def test_the_row_of_one_person_does_not_depend_on_the_others(fitted, events):
    whole = as_matrix(all_columns(fitted, before(events, USERS, AT), AT))
    for row, (user, at) in enumerate(zip(USERS, AT)):
        alone = as_matrix(all_columns(fitted, before(events, [user], [at]), np.array([at])))
        part = whole[row * N_ITEMS : (row + 1) * N_ITEMS]
        assert np.allclose(alone, part, rtol=1e-4, atol=1e-5, equal_nan=True)


def test_columns_of_candidates_alone(fitted, events):
    known = before(events, USERS, AT)
    some = union([np.array([[1, 5], [3, -1], [-1, -1], [0, 14]])], N_ITEMS)
    columns = fitted.columns(known, AT, some, fitted.scores(known, AT))
    whole = as_matrix(all_columns(fitted, known, AT))
    assert np.array_equal(as_matrix(columns), whole[some.row * N_ITEMS + some.item], equal_nan=True)


@pytest.mark.parametrize("group", GROUPS)
def test_without_a_group(events, group):
    signals = Signals(**KIND, vectors=texts(), without=(group,)).fit(events)
    known = before(events, USERS, AT)
    columns = all_columns(signals, known, AT)
    assert not set(columns) & set(GROUPS[group]) and not set(signals.models_) & set(GROUPS[group])
    assert set(columns) | set(GROUPS[group]) == set(
        all_columns(Signals(**KIND, vectors=texts()).fit(events), known, AT)
    )


def test_what_the_data_lack_is_said():
    bare = random_events(rated=False, timed=False, table=False)
    signals = Signals().fit(bare)
    columns = all_columns(signals, of_users(bare, USERS), None)
    assert set(signals.models_) == {"popularity", "item_knn", "als", "ease"}
    assert not [name for name in columns if "year" in name or "genre" in name or "days" in name or "mean" in name]
    for said in ("timestamps", "year", "genres"):
        assert any(said in line for line in signals.left_out_)
    assert not any("timestamps" in line for line in Signals(**KIND).fit(random_events()).left_out_)


def test_implicit_reads_every_pair_as_a_like(events):
    signals = Signals(implicit=True).fit(events)
    bare = replace(events, rating=None)
    other = Signals().fit(bare)
    known = before(events, USERS, AT)
    there = all_columns(other, before(bare, USERS, AT), AT)
    here = all_columns(signals, known, AT)
    assert list(here) == list(there)
    assert np.allclose(as_matrix(here), as_matrix(there), rtol=1e-4, atol=1e-5, equal_nan=True)


def test_somebody_who_did_nothing_yet(fitted, events):
    known = before(events, [7], [START - DAY])
    columns = all_columns(fitted, known, np.array([START - DAY]))
    assert len(known) == 0
    assert (columns["n_ratings"] == 0).all() and (columns["ease"] == 0).all()
    assert (columns["likes of 365 days"] == 0).all() and np.isnan(columns["days since last like"]).all()


def test_bad_input(events):
    with pytest.raises(ValueError, match=f"expected a vector for each of {N_ITEMS} items, received 4"):
        Signals(vectors=texts()[:4]).fit(events)
    with pytest.raises(KeyError, match="nonsense"):
        Signals(without=("nonsense",))
