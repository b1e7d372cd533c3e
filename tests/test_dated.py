"""Models that know the date: nothing at or after the moment counts, and the counts are those of a plain loop."""

import copy

import numpy as np
import pandas as pd
import pytest

from recsys_lib.data import IdMap, Interactions, split_by_user_time, split_leave_last_out
from recsys_lib.data.sequences import of_users, sequences
from recsys_lib.evaluation import evaluate
from recsys_lib.models import NextItemRidge, RecencyRidge, RecentPopularity, load, recommend

DAY = 86_400
START = 1_400_000_000
N_USERS, N_ITEMS = 30, 15


def random_events(seed=0, n=240, rated=True):
    """Distinct pairs over 20 days; several share a second."""
    rng = np.random.default_rng(seed)
    pairs = np.concatenate([np.arange(N_USERS) * N_ITEMS, rng.permutation(N_USERS * N_ITEMS)])
    pairs = pd.unique(pairs)[:n]
    seconds = START + rng.integers(20 * 24, size=n) * 3600
    rating = rng.integers(1, 6, size=n).astype(np.float32) if rated else None
    users, items = IdMap([f"u{i}" for i in range(N_USERS)]), IdMap([f"i{i}" for i in range(N_ITEMS)])
    return Interactions(pairs // N_ITEMS, pairs % N_ITEMS, rating, seconds, users, items)


def dated_attention():
    pytest.importorskip("tensorflow")
    from recsys_lib.models import DatedSASRec

    return DatedSASRec(days=4, n_factors=8, n_layers=1, length=6, epochs=1, batch_size=64, implicit=True)


MODELS = {
    "RecentPopularity": lambda: RecentPopularity(days=4, implicit=True),
    "RecencyRidge": lambda: RecencyRidge(days=4, weight=2.0, regularization=1.0, implicit=True),
    "RecencyRidge, decay of the fit": lambda: RecencyRidge(days=4, half_life=5, regularization=1.0, implicit=True),
    "DatedSASRec": dated_attention,
}


@pytest.fixture(scope="module", params=MODELS)
def fitted(request):
    model = MODELS[request.param]().fit(random_events())
    if hasattr(model, "network_"):  # as drawn, the vector of the input is 0
        model.network_.recency_vector.assign(np.linspace(-1, 1, 8))
    return model


def rows(items, seconds, *, of_one=False):
    """Interactions of as many people as rows, or of one."""
    n = len(items)
    user, ids = (np.zeros(n, int), IdMap(["new"])) if of_one else (np.arange(n), IdMap(range(n)))
    return Interactions(user, np.array(items), np.full(n, 5.0), np.array(seconds), ids, random_events().items)


def test_nothing_at_or_after_the_moment_changes_a_score(fitted):
    """Weights stay; the dated events and the own history at t ≥ at are dealt anew, and others are added."""
    rng = np.random.default_rng(1)
    for user in (0, 7, 19):
        at = START + rng.integers(5, 15) * DAY
        own = of_users(random_events(), [user])
        before = fitted.score(history=own, at=[at])
        assert np.array_equal(before, fitted.score([user], at=[at]))
        other = copy.copy(fitted)
        later = fitted.dated_seconds_ >= at
        assert 0 < later.sum() < len(later)
        other.dated_items_ = np.where(later, rng.integers(N_ITEMS, size=len(later)), fitted.dated_items_)
        other.replay(rows(range(N_ITEMS), [at] * N_ITEMS))
        other.replay(rows(range(5), [at + 1, at + 50, at + DAY, at + 2, at + 9]))
        kept = own.timestamp < at
        others = rng.permutation(np.setdiff1d(np.arange(N_ITEMS), own.item[kept]))[:3]
        changed = rows([*own.item[kept], *others], [*own.timestamp[kept], at, at + 5, at + DAY], of_one=True)
        assert np.array_equal(before, other.score(history=changed, at=[at]))


def test_what_lies_before_the_moment_changes_them(fitted):
    at = START + 10 * DAY
    own = of_users(random_events(), [3])
    before = fitted.score(history=own, at=[at])
    more = copy.copy(fitted).replay(rows([4] * 3, [at - 1] * 3))
    assert not np.array_equal(before, more.score(history=own, at=[at]))
    old = copy.copy(fitted).replay(rows([4] * 3, [at - 4 * DAY - 1] * 3))  # before the window
    edge = copy.copy(fitted).replay(rows([4] * 3, [at - 4 * DAY] * 3))
    assert np.array_equal(before, old.score(history=own, at=[at]))
    assert not np.array_equal(before, edge.score(history=own, at=[at]))
    if not isinstance(fitted, RecentPopularity):  # which reads no history
        unseen = np.setdiff1d(np.arange(N_ITEMS), own.item)[0]
        longer = rows([*own.item, unseen], [*own.timestamp, at - 1], of_one=True)
        assert not np.array_equal(before, fitted.score(history=longer, at=[at]))


def test_the_counts_of_a_loop():
    events = random_events()
    model = RecentPopularity(days=4, implicit=True).fit(events)
    at = np.append(np.random.default_rng(2).integers(START, START + 20 * DAY, 12), events.timestamp[:6])
    counts = model.recent(at, 4 * DAY)
    assert counts.dtype == np.float32
    for row, moment in zip(counts, at):
        wanted = np.zeros(N_ITEMS)
        for item, second in zip(events.item, events.timestamp):
            wanted[item] += moment - 4 * DAY <= second < moment
        assert np.array_equal(row, wanted)


def test_recent_popularity_of_a_loop():
    events, at = random_events(), START + 11 * DAY
    liked = events.rating >= 4
    for delay in (0, 2.5):
        model = RecentPopularity(days=3, delay=delay).fit(events)
        score = model.score([5], at=[at])[0]
        end = at - delay * DAY
        inside = liked & (events.timestamp < end) & (events.timestamp >= end - 3 * DAY)
        recent = np.bincount(events.item[inside], minlength=N_ITEMS)
        popularity = np.bincount(events.item[liked], minlength=N_ITEMS)
        assert np.allclose(score, recent + popularity / (1 + popularity.max()), atol=1e-6)
        assert (recent[np.argsort(-score, kind="stable")] == np.sort(recent)[::-1]).all()


@pytest.mark.parametrize("half_life, delay", [(None, 0.0), (6.0, 0.0), (6.0, 1.0)])
def test_recency_ridge_of_a_loop(half_life, delay):
    """Dense and step by step: the weighted normal equations, the decayed history, the shares."""
    events, at = random_events(), START + 12 * DAY
    settings = dict(weight=3.0, days=4, delay=delay, regularization=2.0, window=3, decay=0.6)
    model = RecencyRidge(**settings, half_life=half_life, implicit=True).fit(events)
    histories = sequences(events)
    pairs = []
    for u in range(N_USERS):
        a, b = histories.indptr[u : u + 2]
        for t in range(a + 1, b):
            x = np.zeros(N_ITEMS)
            for back, item in enumerate(histories.items[max(a, t - 3) : t][::-1]):
                x[item] += 0.6**back
            pairs.append((x, histories.items[t], histories.seconds[t]))
    last = max(second for *_, second in pairs)
    left, right = 2.0 * np.eye(N_ITEMS), np.zeros((N_ITEMS, N_ITEMS))
    for x, item, second in pairs:
        weight = 1 if half_life is None else 2 ** (-(last - second) / DAY / half_life)
        left += weight * np.outer(x, x)
        right[:, item] += weight * x
    b = np.linalg.solve(left, right)
    assert np.allclose(model.matrix_, b, atol=1e-5)
    own = [i for i, t in zip(*sequences(of_users(events, [5]))[1:]) if t < at]
    h = np.zeros(N_ITEMS)
    for back, item in enumerate(own[::-1]):
        h[item] += 0.6**back
    end = at - delay * DAY
    inside = (events.timestamp < end) & (events.timestamp >= end - 4 * DAY)
    counts = np.bincount(events.item[inside], minlength=N_ITEMS)
    assert np.allclose(model.score([5], at=[at])[0], h @ b + 3 * counts / counts.sum(), atol=1e-5)


def test_without_weight_it_is_the_ridge_and_needs_a_like():
    events = random_events()
    settings = dict(regularization=3.0, window=5, decay=0.5, implicit=True)
    ridge, dated = NextItemRidge(**settings).fit(events), RecencyRidge(**settings, weight=0).fit(events)
    assert np.allclose(ridge.score(np.arange(N_USERS)), dated.score(np.arange(N_USERS)), atol=1e-6)
    assert dated.needs_likes and not RecencyRidge().needs_likes


def test_no_moment_is_the_last_second_and_one(fitted):
    users = np.arange(6)
    last = random_events().timestamp.max()
    assert np.array_equal(fitted.score(users), fitted.score(users, at=np.full(6, last + 1)))
    assert not np.array_equal(fitted.score(users), fitted.score(users, at=np.full(6, last - 5 * DAY)))


def test_no_event_in_the_window_leaves_the_rest():
    model = RecencyRidge(days=1, regularization=1.0, implicit=True).fit(random_events())
    late = [START + 400 * DAY]
    ridge = NextItemRidge(regularization=1.0, implicit=True).fit(random_events())
    assert np.allclose(model.score([3], at=late), ridge.score([3]), atol=1e-6)


@pytest.mark.parametrize(
    "at, said",
    [
        ([START], "2 whole seconds"),
        ([START] * 3, "2 whole seconds"),
        (START, "2 whole seconds"),
        ([[START, START]], "2 whole seconds"),
        ([float(START)] * 2, "float64"),
        (["2014-05-13"] * 2, "whole seconds"),
        ([np.datetime64("2014-05-13")] * 2, "whole seconds"),
        ([START * 1000] * 2, "milliseconds"),
    ],
)
def test_moments_it_refuses(fitted, at, said):
    with pytest.raises(ValueError, match=said):
        fitted.score([0, 1], at=at)


@pytest.mark.parametrize("name", MODELS)
def test_a_fit_needs_times(name):
    events = random_events()
    without = Interactions(events.user, events.item, events.rating, None, events.users, events.items)
    with pytest.raises(ValueError, match="timestamp"):
        MODELS[name]().fit(without)


def test_a_csr_has_no_order(fitted):
    with pytest.raises(ValueError, match="reads the order"):
        fitted.score(history=random_events().matrix())


def test_replay_counts_what_others_did_after_the_fit(fitted):
    at = START + 30 * DAY
    later = rows([1, 1, 2], [at - DAY, at - 2 * DAY, at + 1])
    other = copy.copy(fitted).replay(later)
    assert np.array_equal(other.recent([at], 4 * DAY), fitted.recent([at], 4 * DAY) + 2 * (np.arange(N_ITEMS) == 1))
    foreign = Interactions([0], [0], [5.0], [at], IdMap(["a"]), IdMap(["z"]))
    with pytest.raises(ValueError, match="15 items"):
        fitted.replay(foreign)


def test_replay_keeps_to_likes():
    model = RecentPopularity(days=4, liked_from=4).fit(random_events())
    at = START + 30 * DAY
    events = Interactions([0, 0], [1, 2], [5.0, 1.0], [at - 9, at - 9], IdMap(["a"]), random_events().items)
    assert np.flatnonzero(model.replay(events).recent([at], DAY)[0]).tolist() == [1]


class Recorder:
    """Remembers what evaluate asks."""

    needs_likes = False

    def fit(self, train):
        self.n, self.asked = train.n_items, []
        return self

    def score(self, users=None, *, history=None, at=None):
        self.asked.append((users, history, at))
        return np.zeros((len(at), self.n))


@pytest.mark.parametrize("part", ["validation", "test"])
def test_evaluate_tells_the_first_second_of_each(part):
    split = split_by_user_time(random_events())
    model = Recorder()
    evaluate(model, split, part, metrics="ndcg@5", block=7)
    held_out = getattr(split, part)
    first = {u: held_out.timestamp[held_out.user == u].min() for u in np.unique(held_out.user)}
    told = {}
    for users, history, at in model.asked:
        assert history is None and at.dtype.kind == "i"
        told |= dict(zip(users.tolist(), at.tolist()))
    assert told == first


def test_evaluate_with_replay():
    split = split_leave_last_out(random_events())
    model = RecentPopularity(days=4, implicit=True)
    evaluate(model, split, relevant_from=None)
    assert len(model.dated_items_) == len(split.before("test"))
    evaluate(model, split, relevant_from=None, replay="test")
    assert len(model.dated_items_) == len(random_events())
    evaluate(model, split, relevant_from=None)
    assert len(model.dated_items_) == len(split.before("test"))
    for other, part in ((model, "validation"), (NextItemRidge(), "test"), (model, True)):
        with pytest.raises(ValueError, match="replay="):
            evaluate(other, split, relevant_from=None, replay=part)


def test_saved_it_keeps_order_and_seconds(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert type(again) is type(fitted) and again.settings == fitted.settings
    for name in ("event_indptr_", "event_items_", "event_seconds_", "dated_items_", "dated_seconds_"):
        assert np.array_equal(getattr(again, name), getattr(fitted, name))
    users, at = np.arange(5), np.full(5, START + 9 * DAY)
    assert np.allclose(again.score(users, at=at), fitted.score(users, at=at), atol=1e-6)


def test_recommend_at_a_moment(fitted):
    early, late = (recommend(fitted, "u3", k=N_ITEMS, at=START + days * DAY, exclude_seen=False) for days in (6, 19))
    scores = fitted.score([3], at=[START + 6 * DAY])[0]
    assert early["item_id"].tolist() == [f"i{i}" for i in np.argsort(-scores, kind="stable")]
    assert early["item_id"].tolist() != late["item_id"].tolist()
    with pytest.raises(ValueError, match="whole seconds"):
        recommend(fitted, "u3", at=1.5)


def test_a_mapping_is_read_in_its_order(fitted):
    first, second = ({"i3": 5.0, "i7": 5.0, "i1": 5.0}, {"i1": 5.0, "i7": 5.0, "i3": 5.0})
    at = START + 9 * DAY
    tables = [recommend(fitted, history=mapping, at=at, k=5) for mapping in (first, second)]
    reads_history = not isinstance(fitted, RecentPopularity)
    assert np.allclose(tables[0]["score"], tables[1]["score"]) != reads_history
    history = Interactions([0] * 3, [3, 7, 1], [5.0] * 3, None, IdMap(["new"]), random_events().items)
    scores = fitted.score(history=history, at=[at])[0]
    assert np.allclose(tables[0]["score"], np.sort(np.delete(scores, [3, 7, 1]))[::-1][:5], atol=1e-6)


@pytest.mark.parametrize(
    "setting", [{"days": 0}, {"days": "3"}, {"delay": -1}, {"implicit": 1.5}, {"days": float("nan")}]
)
def test_settings_it_refuses(setting):
    for kind in (RecentPopularity, RecencyRidge):
        with pytest.raises(ValueError, match=next(iter(setting))):
            kind(**setting)


@pytest.mark.parametrize("setting", [{"weight": -1}, {"half_life": 0}, {"regularization": 0}, {"window": 0}])
def test_settings_the_ridge_refuses(setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        RecencyRidge(**setting)
