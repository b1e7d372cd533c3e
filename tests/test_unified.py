"""UnifiedFused: the contract, what it may know at a moment, and data that lack something."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from recsys_lib.data import IdMap, Interactions, simulate_world, split_by_user_time
from recsys_lib.data.sequences import of_users
from recsys_lib.evaluation import evaluate, first_seconds
from recsys_lib.models import EASE, Popularity, UnifiedFused
from recsys_lib.models import unified as module
from recsys_lib.models.learned_fusion import refuse_own_target
from recsys_lib.models.signals import GROUPS
from recsys_lib.retrieval import top_k

FEW = {"n_trees": 20, "n_slices": 2, "n_candidates": 10}


@pytest.fixture(scope="module")
def data():
    """80 people and 60 items with titles, years and genres; the last three items are rated by nobody."""
    data = simulate_world(n_users=80, n_items=60, density=0.3, rng=0).interactions
    data = data.take(data.item < 57)
    assert len(np.unique(data.item)) == 57
    year = pd.array(1960 + np.arange(60) % 50, dtype="Int64")
    return replace(data, item_table=data.item_table.assign(year=year))


@pytest.fixture(scope="module")
def model(data):
    return UnifiedFused(**FEW).fit(data)


# ---- contract


def test_scores_are_finite_float32_for_the_whole_catalogue(model, data):
    scores = model.score(np.arange(5))
    assert scores.shape == (5, data.n_items) and scores.dtype == np.float32 and np.isfinite(scores).all()
    candidates = scores >= 1
    assert 10 <= candidates.sum(axis=1).min() and candidates.sum(axis=1).max() < data.n_items
    assert (scores[:, :57] >= 0).all() and (scores <= 2).all()


def test_blocks_equal_the_whole(model, data, monkeypatch):
    whole = model.score(np.arange(data.n_users))
    monkeypatch.setattr(module, "BLOCK", 7)
    assert np.allclose(model.score(np.arange(data.n_users)), whole, atol=1e-6)
    assert model.score(np.zeros(0, np.int64)).shape == (0, data.n_items)


def test_same_seed_same_scores_other_seed_others(model, data):
    again = UnifiedFused(**FEW).fit(data).score(np.arange(20))
    assert np.array_equal(again, model.score(np.arange(20)))
    assert not np.array_equal(UnifiedFused(**FEW, seed=1).fit(data).score(np.arange(20)), again)


@pytest.mark.parametrize("wrong", [{"users": [0], "history": 1}, {}, {"history": np.eye(3)}])
def test_one_of_users_and_history(model, wrong):
    with pytest.raises(ValueError, match="users|history"):
        model.score(**wrong)


def test_what_it_refuses(model, data):
    with pytest.raises(NotFittedError):
        UnifiedFused().score([0])
    with pytest.raises(KeyError, match="80"):
        model.score([80])
    others = replace(data, items=IdMap([f"x{i}" for i in range(60)]), item_table=None)
    with pytest.raises(ValueError, match="items fitted on"):
        model.score(history=others)
    for at in ([1, 2], [1.5], np.array([10**19], dtype=np.uint64)):
        with pytest.raises(ValueError, match="expected"):
            model.score([0], at=np.asarray(at))


@pytest.mark.parametrize(
    "settings",
    [{"width": 1.0}, {"n_slices": 0}, {"n_candidates": 0}, {"new_items": 21}, {"new_items": -1}, {"n_trees": 0},
     {"learning_rate": 0}, {"without": ["order"]}, {"hindsight": 2}, {"implicit": "no"}, {"max_people": 0}],
)  # fmt: skip
def test_settings_are_checked_at_once(settings):
    with pytest.raises((ValueError, TypeError), match=next(iter(settings)).split("_")[-1]):
        UnifiedFused(**settings)


def test_save_says_that_it_cannot(model, tmp_path):
    with pytest.raises(TypeError, match="UnifiedFused"):
        model.save(tmp_path / "model")


def test_evaluate_takes_it_and_it_is_told_the_moment(data, monkeypatch):
    """Random scores have .14 on these data."""
    split, told, score = split_by_user_time(data), {}, UnifiedFused.score

    def kept(self, users=None, *, history=None, at=None):
        told.update(zip(users.tolist(), at.tolist()))
        return score(self, users, history=history, at=at)

    monkeypatch.setattr(UnifiedFused, "score", kept)
    table = evaluate(UnifiedFused(**FEW), split, metrics=("ndcg@10",))
    assert table["served"].all() and table["value"].mean() > 0.25
    assert told == {int(u): int(first_seconds(split.test)[u]) for u in np.unique(split.test.user)}


def test_a_stranger_with_the_history_of_a_known_person_gets_its_scores(model, data):
    some = np.array([3, 41])
    known = of_users(data, some)
    strangers = replace(known, users=IdMap(["new", "newer"]))
    assert np.array_equal(model.score(history=strangers), model.score(some))


def test_a_history_without_timestamps_counts_in_its_order(model, data):
    known = of_users(data, [5])
    order = np.argsort(known.timestamp, kind="stable")
    untimed = replace(known.take(order), timestamp=None)
    scores, backwards = (model.score(history=one) for one in (untimed, untimed.take(slice(None, None, -1))))
    assert np.isfinite(scores).all() and not np.array_equal(scores, backwards)


# ---- what it may know


def test_no_event_at_or_after_the_moment_changes_a_score(data):
    """Weights stand; what is counted at the request, of others and of the person, ends before the moment."""
    model = UnifiedFused(**FEW).fit(data)
    moment = int(np.quantile(data.timestamp, 0.6))
    users = np.unique(data.user[data.timestamp < moment])[:20]
    at = np.full(len(users), moment)
    before = model.score(users, at=at)
    rng = np.random.default_rng(0)
    dated = model.signals_.dated_
    late = dated.dated_seconds_ >= moment
    assert late.any() and (~late).any()
    dated.dated_items_ = np.where(late, rng.permutation(dated.dated_items_), dated.dated_items_)
    dated.first_ = np.where(dated.first_ >= moment, moment + rng.integers(10**6, size=len(dated.first_)), dated.first_)
    later = model.events_.timestamp >= moment
    other = replace(model.events_, rating=np.where(later, 0.5, model.events_.rating))
    model.events_ = other.take(~later | (rng.random(len(later)) < 0.5))
    assert np.array_equal(model.score(users, at=at), before)
    assert not np.array_equal(model.score(users, at=at + 10**8), before)


def test_hindsight_does_look_ahead(data):
    model = UnifiedFused(**FEW, hindsight=True).fit(data)
    assert any("of the next" in name for name in model.names_)
    assert not any("of the next" in name for name in UnifiedFused(**FEW).fit(data).names_)


def test_replay_counts_what_others_did_before_the_moment(data):
    moment = int(np.quantile(data.timestamp, 0.6))
    earlier = data.timestamp < moment
    model = UnifiedFused(**FEW).fit(data.take(earlier))
    users, at = np.array([0, 1]), np.full(2, moment + 40 * 86_400)
    own = of_users(data.take(earlier), users)
    before = model.signals_.scores(own, at)
    after = model.replay(data.take(~earlier)).signals_.scores(own, at)
    assert after["likes of 30 days"].sum() > before["likes of 30 days"].sum() == 0
    liked = (data.rating >= 4) & ~earlier & (data.timestamp < at[0]) & (data.timestamp >= at[0] - 30 * 86_400)
    assert after["likes of 30 days"][0].sum() == liked.sum()
    assert np.array_equal(before["ease"], after["ease"])


def test_each_slice_is_fitted_without_its_target(data, monkeypatch):
    seen = []
    monkeypatch.setattr(module, "refuse_own_target", lambda a, b: seen.append((a, b)) or refuse_own_target(a, b))
    UnifiedFused(**FEW).fit(data)
    assert len(seen) == 2
    for history, target in seen:
        last = np.full(data.n_users, np.iinfo(np.int64).min)
        np.maximum.at(last, history.user, history.timestamp)
        assert (target.timestamp > last[target.user]).all()


# ---- what is left out


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_left_out_is_in_no_column_and_no_model(data, group):
    model = UnifiedFused(**FEW, without=[group]).fit(data)
    assert not set(GROUPS[group]) & (set(model.names_) | set(model.signals_.models_))
    whole = UnifiedFused(**FEW).fit(data)
    assert set(model.names_) == set(whole.names_) - set(GROUPS[group]) < set(whole.names_)
    assert np.isfinite(model.score([0, 1])).all()


def test_without_ease_and_item_knn_the_rest_goes_by_popularity(data):
    model = UnifiedFused(**FEW, without=["ease", "item_knn"]).fit(data)
    scores = model.score([0])[0]
    rest = np.flatnonzero((scores < 1) & ~model.new_)
    popular = Popularity().fit(data).score([0])[0]
    order, by_popularity = (np.argsort(-of[rest], kind="stable") for of in (scores, popular))
    assert np.array_equal(order, by_popularity)


# ---- data that lack something


def test_untimed_data_are_ranked_and_said_to_lack_an_order(data):
    untimed = replace(data, timestamp=None)
    model = UnifiedFused(**FEW).fit(untimed)
    assert any(told.startswith("timestamps") for told in model.left_out_)
    assert not any("days" in name for name in model.names_)
    assert np.isfinite(model.score([0, 1])).all()
    with pytest.raises(ValueError, match="without timestamps"):
        model.score([0], at=[5])
    with pytest.raises(ValueError, match="without timestamps"):
        model.replay(data)


def test_pairs_alone(data):
    pairs = replace(data, rating=None, item_table=None)
    model = UnifiedFused(**FEW, width=0.0).fit(pairs)
    assert model.implicit_ and "ease_rated" not in model.signals_.models_
    told = " ".join(model.left_out_)
    assert all(word in told for word in ("texts", "genres", "year"))
    assert np.isfinite(model.score([0, 1])).all()


def test_implicit_counts_every_rating(data):
    model = UnifiedFused(**FEW, implicit=True).fit(data)
    assert model.signals_.popularity_.sum() == len(data)


def test_one_like_each_learns_nothing_and_says_so():
    n = 20
    users, items = IdMap([f"u{u}" for u in range(n)]), IdMap([f"i{i}" for i in range(5)])
    each = Interactions(np.arange(n), np.arange(n) % 5, np.full(n, 5.0), np.arange(n) * 1000, users, items, None)
    model = UnifiedFused(**FEW).fit(each)
    assert model.ranker_ is None and any("training lists" in told for told in model.left_out_)
    scores, ease = model.score(np.arange(n)), EASE().fit(each).score(np.arange(n))
    known = each.matrix()
    assert np.isfinite(scores).all()
    assert np.array_equal(top_k(scores, 3, exclude=known), top_k(ease, 3, exclude=known))


# ---- items that nobody has rated


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_new_items_take_the_last_of_the_first_twenty_places(data, n):
    model = UnifiedFused(**FEW, new_items=n).fit(data)
    users = np.arange(30)
    lists = top_k(model.score(users), 20, exclude=data.matrix()[users])
    new = np.isin(lists, [57, 58, 59])
    assert (new.sum(axis=1) == n).all()
    assert not new[:, : 20 - n].any() and new[:, 20 - n :].all()


def test_an_item_liked_since_the_fit_is_ranked_and_no_longer_placed(data):
    """Item 57 has no rating in the fit; ten people like it afterwards, before the moment, and one after it."""
    model = UnifiedFused(**FEW).fit(data)
    last = int(data.timestamp.max())
    users = np.arange(10)
    rows = [users, np.full(10, 57), np.full(10, 5.0), last + 1 + users]
    later = Interactions(*rows, data.users, data.items, data.item_table)
    asked, at = np.arange(20, 40), np.full(20, last + 100)
    before = model.score(asked, at=at)
    after = model.replay(later).score(asked, at=at)
    assert (after[:, 57] >= 1).all() and ((before[:, 57] < 1) | np.isin(top_k(before, 60)[:, 19], [57])).any()
    assert np.array_equal(model.score(asked, at=np.full(20, last + 1)), UnifiedFused(**FEW).fit(data).score(asked))


def test_new_items_stand_in_the_order_of_their_text(data):
    model = UnifiedFused(**FEW, new_items=2).fit(data)
    users = np.arange(30)
    text = model.signals_.models_["text"].score(users)[:, 57:]
    assert np.array_equal(np.argsort(-model.score(users)[:, 57:], axis=1), np.argsort(-text, axis=1, kind="stable"))


def test_vectors_of_your_own_take_the_place_of_tfidf(data):
    vectors = np.random.default_rng(0).normal(size=(60, 4))
    model = UnifiedFused(**FEW, vectors=vectors).fit(replace(data, item_table=None))
    assert model.signals_.models_["text"].item_vectors_.shape == (60, 4)
    with pytest.raises(ValueError, match="60"):
        UnifiedFused(**FEW, vectors=vectors[:10]).fit(data)
