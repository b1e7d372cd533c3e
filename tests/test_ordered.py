"""Histories in order, steps, and the models that read them, against plain loops."""

import itertools

import numpy as np
import pytest

from recsys_lib.data import IdMap, Interactions
from recsys_lib.data.sequences import Sequences, of_users, sequences, steps
from recsys_lib.evaluation import evaluate
from recsys_lib.models import (
    ALS,
    EASE,
    ContentTFIDF,
    DecayedCosine,
    DecayedEASE,
    ItemKNN,
    NextItemRidge,
    Popularity,
    RecencyRidge,
    RecentPopularity,
    TransitionCounts,
    load,
    recommend,
)

N_USERS, N_ITEMS = 25, 12


def random_events(seed=0, n=150, rated=True):
    """Distinct pairs in rows of no order; seconds from few, so that a person has several in one."""
    rng = np.random.default_rng(seed)
    pairs = rng.permutation(N_USERS * N_ITEMS)
    own = np.array([np.flatnonzero(pairs // N_ITEMS == u)[0] for u in range(N_USERS)])  # one at least of everybody
    pairs = pairs[np.union1d(own, np.arange(n))]
    n = len(pairs)
    rating = rng.integers(1, 6, size=n).astype(np.float32) if rated else None
    users, items = IdMap([f"u{i}" for i in range(N_USERS)]), IdMap([f"i{i}" for i in range(N_ITEMS)])
    return Interactions(pairs // N_ITEMS, pairs % N_ITEMS, rating, 1000 + rng.integers(8, size=n), users, items)


def histories_of(events):
    """{user: [(item, second)] by second, and as the rows stand}."""
    rows = sorted(range(len(events)), key=lambda row: events.timestamp[row])  # sorted keeps the order of equals
    return {
        u: [(int(events.item[r]), int(events.timestamp[r])) for r in rows if events.user[r] == u]
        for u in range(events.n_users)
    }


def test_sequences_of_a_loop():
    events = random_events()
    got = sequences(events)
    for u, wanted in histories_of(events).items():
        a, b = got.indptr[u : u + 2]
        assert list(zip(got.items[a:b].tolist(), got.seconds[a:b].tolist())) == wanted


def test_a_tie_within_a_second_keeps_the_order_of_the_rows():
    ids = IdMap(["a"]), IdMap(range(5))
    for order in itertools.permutations([4, 1, 3]):
        data = Interactions([0] * 4, [*order, 0], None, [7, 7, 7, 2], *ids)
        assert sequences(data).items.tolist() == [0, *order]


def test_without_seconds_the_rows_are_the_order():
    data = Interactions([1, 0, 1], [4, 2, 0], None, None, IdMap(["a", "b"]), IdMap(range(5)))
    got = sequences(data)
    assert got.items.tolist() == [2, 4, 0] and got.seconds is None


def test_parts_of_sequences_of_a_loop():
    events = random_events()
    got, plain = sequences(events), histories_of(events)
    people = [4, 0, 4, 17]
    taken = got.take(people)
    assert [len(plain[u]) for u in people] == taken.lengths.tolist()
    assert taken.items.tolist() == [i for u in people for i, _ in plain[u]]
    at = 1000 + np.arange(N_USERS) % 9
    before = got.before(at)
    assert before.items.tolist() == [i for u in plain for i, t in plain[u] if t < at[u]]
    assert before.indptr[-1] == len(before.items) and len(before.indptr) == N_USERS + 1
    last = got.last(2)
    assert last.items.tolist() == [i for u in plain for i, _ in plain[u][-2:]]
    assert got.ages.tolist() == [len(plain[u]) - 1 - n for u in plain for n in range(len(plain[u]))]
    shuffled = got.shuffled(np.random.default_rng(0))
    assert np.array_equal(shuffled.seconds, got.seconds) and not np.array_equal(shuffled.items, got.items)
    assert np.array_equal(np.sort(shuffled.items + 100 * got.rows), np.sort(got.items + 100 * got.rows))


def test_decayed_history_of_a_loop():
    events = random_events()
    wanted = np.zeros((N_USERS, N_ITEMS))
    for u, history in histories_of(events).items():
        for age, (item, _) in enumerate(reversed(history)):
            wanted[u, item] += 0.6**age
    assert np.allclose(sequences(events).decayed(0.6, N_ITEMS).toarray(), wanted, atol=1e-6)


def plain_steps(histories, decay, window):
    """(x, next item) of each step, one after the other."""
    for history in histories:
        for t in range(1, len(history)):
            x = np.zeros(N_ITEMS)
            for back, item in enumerate(reversed(history[max(0, t - window) : t])):
                x[item] += decay**back
            yield x, history[t]


@pytest.mark.parametrize("decay, window", [(0.5, 2), (1.0, 1), (0.8, 50)])
def test_steps_of_a_loop(decay, window):
    events = sequences(random_events())
    x, y, entries = steps(events, decay=decay, window=window, n_items=N_ITEMS)
    histories = [events.items[a:b].tolist() for a, b in itertools.pairwise(events.indptr)]
    wanted = list(plain_steps(histories, decay, window))
    assert np.allclose(x.toarray(), [row for row, _ in wanted], atol=1e-6)
    assert events.items[entries].tolist() == [item for _, item in wanted] == y.indices.tolist()
    assert (y.toarray().sum(axis=1) == 1).all()


def test_nobody_with_two_likes_has_no_step():
    x, y, entries = steps(Sequences(np.array([0, 1, 1]), np.array([3]), None), decay=0.5, window=2, n_items=5)
    assert x.shape == y.shape == (0, 5) and len(entries) == 0


def test_of_users_keeps_order_and_seconds():
    events = random_events()
    some = of_users(events, [9, 3])
    plain = histories_of(events)
    got = sequences(some)
    assert [some.users[0], some.users[1]] == ["u9", "u3"]
    assert list(zip(got.items.tolist(), got.seconds.tolist())) == plain[9] + plain[3]


def all_liked(kind, **settings):
    return kind(implicit=True, **settings)


ORDERED = {
    "DecayedCosine": (DecayedCosine, {}),
    "DecayedEASE": (DecayedEASE, {"regularization": 2.0}),
    "TransitionCounts": (TransitionCounts, {"window": 3}),
    "undirected": (TransitionCounts, {"window": 3, "direction": "undirected"}),
    "reversed": (TransitionCounts, {"window": 3, "direction": "reversed"}),
    "NextItemRidge": (NextItemRidge, {"regularization": 2.0, "window": 3}),
}


def plain_matrix(name, events):
    """B of each model, by loops and dense algebra."""
    histories = [[i for i, _ in h] for h in histories_of(events).values()]
    likes = np.zeros((N_USERS, N_ITEMS))
    likes[events.user, events.item] = 1
    gram = likes.T @ likes
    if name == "DecayedCosine":
        length = np.sqrt(np.diag(gram))
        b = gram / np.outer(length, length)
    elif name == "DecayedEASE":
        p = np.linalg.inv(gram + 2 * np.eye(N_ITEMS))
        b = -p / np.diag(p)
    elif name == "NextItemRidge":
        x, y = zip(*plain_steps(histories, 0.7, 3))
        x, y = np.array(x), np.eye(N_ITEMS)[list(y)]
        return np.linalg.solve(x.T @ x + 2 * np.eye(N_ITEMS), x.T @ y)
    else:
        counts = np.zeros((N_ITEMS, N_ITEMS))
        for history in histories:
            for earlier, later in itertools.combinations(range(len(history)), 2):
                if later - earlier <= 3:
                    counts[history[earlier], history[later]] += 0.7 ** (later - earlier - 1)
        return {"TransitionCounts": counts, "reversed": counts.T, "undirected": counts + counts.T}[name]
    np.fill_diagonal(b, 0)
    return b


@pytest.mark.parametrize("name", ORDERED)
def test_scores_of_a_loop(name):
    events, (kind, settings) = random_events(), ORDERED[name]
    model = all_liked(kind, **settings).fit(events)
    wanted = np.zeros((N_USERS, N_ITEMS))
    b = plain_matrix(name, events)
    for u, history in histories_of(events).items():
        for age, (item, _) in enumerate(reversed(history)):
            wanted[u] += 0.7**age * b[item]
    assert np.allclose(model.score(np.arange(N_USERS)), wanted, atol=1e-4)
    assert model.score([3]).dtype == np.float32


def permuted(events, order):
    """The same events where item i is number order[i]; ids go along."""
    items = IdMap([f"i{i}" for i in np.argsort(order)])
    return Interactions(events.user, order[events.item], events.rating, events.timestamp, events.users, items)


@pytest.mark.parametrize("name", [*ORDERED, "RecentPopularity", "RecencyRidge"])
def test_the_numbering_of_the_items_changes_nothing(name):
    kind, settings = ORDERED.get(name, ({"RecentPopularity": RecentPopularity}.get(name, RecencyRidge), {}))
    events, order = random_events(), np.random.default_rng(5).permutation(N_ITEMS)
    a, b = (all_liked(kind, **settings).fit(e).score(np.arange(N_USERS)) for e in (events, permuted(events, order)))
    assert np.allclose(a, b[:, order], atol=1e-5)


def test_rows_dealt_anew_change_nothing_where_no_second_is_shared():
    events = random_events()
    rng = np.random.default_rng(3)
    seconds = rng.permutation(len(events))
    deal = rng.permutation(len(events))
    one = Interactions(events.user, events.item, None, seconds, events.users, events.items)
    other = one.take(deal)
    for name, (kind, settings) in ORDERED.items():
        a, b = (kind(**settings).fit(e).score(np.arange(N_USERS)) for e in (one, other))
        assert np.allclose(a, b, atol=1e-5), name


def with_titles(events):
    import pandas as pd

    table = pd.DataFrame({"title": [f"word{i % 5} film{i}" for i in range(N_ITEMS)], "genres": ["Drama"] * N_ITEMS})
    return Interactions(events.user, events.item, events.rating, events.timestamp, events.users, events.items, table)


def matrix_factorization(**more):
    pytest.importorskip("tensorflow")
    from recsys_lib.models import MatrixFactorization

    return MatrixFactorization(n_factors=4, epochs=2, seed=0, **more)


LIKERS = {
    "Popularity": Popularity,
    "ItemKNN": ItemKNN,
    "EASE": EASE,
    "ALS": lambda **more: ALS(n_factors=3, rng=0, **more),
    "MatrixFactorization": matrix_factorization,
    "ContentTFIDF": ContentTFIDF,
    "RecentPopularity": RecentPopularity,
    "RecencyRidge": RecencyRidge,
} | {name: (lambda kind=kind, settings=settings, **more: kind(**settings, **more)) for name, (kind, settings) in
     ORDERED.items()}  # fmt: skip


@pytest.mark.parametrize("name", LIKERS)
def test_implicit_is_as_if_there_were_no_ratings(name):
    events = with_titles(random_events())
    without = Interactions(
        events.user, events.item, None, events.timestamp, events.users, events.items, events.item_table
    )
    users = np.arange(N_USERS)
    told, bare = LIKERS[name](implicit=True).fit(events), LIKERS[name]().fit(without)
    assert told.implicit_ and bare.implicit_
    assert np.allclose(told.score(users), bare.score(users), atol=1e-5)
    rated = LIKERS[name]().fit(events)
    assert not np.allclose(rated.score(users), told.score(users), atol=1e-3)


@pytest.mark.parametrize("name", ORDERED)
def test_likes_alone_are_the_history(name):
    """Of rated data only the likes are read, in training and in a history."""
    kind, settings = ORDERED[name]
    events = random_events()
    model = kind(**settings).fit(events)
    liked = events.take(events.rating >= 4)
    again = kind(**settings, implicit=True).fit(liked)
    users = np.unique(liked.user)
    assert np.allclose(model.score(users), again.score(users), atol=1e-5)
    assert np.allclose(model.score(history=of_users(events, users)), model.score(users), atol=1e-6)


def test_what_an_ordered_model_refuses():
    events = random_events()
    model = NextItemRidge(implicit=True).fit(events)
    with pytest.raises(ValueError, match="reads the order"):
        model.score(history=events.matrix())
    with pytest.raises(ValueError, match="12 items"):
        model.score(history=Interactions([0], [0], None, None, IdMap(["a"]), IdMap(["z"])))
    with pytest.raises(ValueError, match="received both"):
        model.score([0], history=events)
    with pytest.raises(ValueError, match="received neither"):
        model.score()
    with pytest.raises(KeyError, match="not fitted on"):
        model.score([N_USERS])
    with pytest.raises(ValueError, match="timestamp"):
        NextItemRidge().fit(Interactions([0, 0], [0, 1], None, None, IdMap(["a"]), events.items))
    for wrong in ({"decay": 0}, {"decay": 1.1}, {"window": 0}, {"window": 1.5}, {"regularization": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            NextItemRidge(**wrong)
    with pytest.raises(ValueError, match="direction"):
        TransitionCounts(direction="sideways")


def test_a_mapping_is_read_in_its_order():
    model = TransitionCounts(decay=0.1, window=1, implicit=True).fit(random_events())
    tables = [recommend(model, history=dict.fromkeys(ids, 5.0), k=3) for ids in (("i1", "i2"), ("i2", "i1"))]
    assert not np.allclose(tables[0]["score"], tables[1]["score"])


def test_saved_it_keeps_the_order(tmp_path):
    model = NextItemRidge(regularization=1.0, implicit=True).fit(random_events())
    model.save(tmp_path / "ridge")
    again = load(tmp_path / "ridge")
    for name in ("event_indptr_", "event_items_", "event_seconds_"):
        assert np.array_equal(getattr(again, name), getattr(model, name))
    assert np.array_equal(again.score(np.arange(N_USERS)), model.score(np.arange(N_USERS)))


class Recorder:
    reads_order = True

    def fit(self, train):
        self.n, self.histories = train.n_items, []
        return self

    def score(self, users=None, *, history=None):
        self.histories.append(history)
        return np.random.default_rng(0).random((len(users) if history is None else history.n_users, self.n))


def test_evaluate_gives_a_stranger_to_the_fit_as_interactions():
    from recsys_lib.data import split_users

    split = split_users(random_events(), share=0.2, rng=0)
    model = Recorder()
    evaluate(model, split, relevant_from=None, metrics="ndcg@5")
    (history,) = [h for h in model.histories if h is not None]
    assert isinstance(history, Interactions) and history.timestamp is not None
    people = np.unique(split.test.user)
    wanted = of_users(split.seen("test"), people)
    assert np.array_equal(sequences(history).items, sequences(wanted).items)
