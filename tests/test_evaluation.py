"""evaluate, paired_bootstrap and compare: what is fitted, what is left out, who is counted, how sure."""

from math import comb

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from recsys_lib import metrics
from recsys_lib.data import Interactions, split_by_global_time, split_by_user_time, split_users
from recsys_lib.evaluation import Interval, compare, evaluate, paired_bootstrap, show
from recsys_lib.models import Popularity
from recsys_lib.retrieval import top_k


class Scorer:
    """Scores by a fixed table; remembers what it was given."""

    def __init__(self, scores):
        self.scores = scores

    def fit(self, train):
        self.train, self.fitted_users, self.histories = train, set(train.user.tolist()), []
        return self

    def score(self, users=None, *, history=None):
        if history is not None:
            self.histories.append(history)
            return np.tile(self.scores[0], (history.shape[0], 1))
        missing = set(np.asarray(users).tolist()) - self.fitted_users
        if missing:
            raise KeyError(missing)
        return self.scores[users]


class NoHistory:
    def fit(self, train):
        self.n_items = train.n_items
        return self

    def score(self, users):
        return np.zeros((len(users), self.n_items))


def make_data(rng=0, n_users=30, n_items=40, n=600, rating=True, ids=int):
    rng = np.random.default_rng(rng)
    pair = rng.choice(n_users * n_items, n, replace=False)
    table = pd.DataFrame({"user_id": pair // n_items, "item_id": pair % n_items})
    table["user_id"] = [ids(u) for u in table["user_id"]]
    table["timestamp"] = rng.permutation(n)
    if rating:
        table["rating"] = rng.integers(0, 11, n) / 2
    return Interactions.from_table(table)


@pytest.fixture(scope="module")
def split():
    return split_by_user_time(make_data())


def scores_of(split, rng=0):
    return np.random.default_rng(rng).random((split.train.n_users, split.train.n_items))


@pytest.mark.parametrize("part", ["validation", "test"])
def test_evaluate_fits_before_the_part_and_measures_the_part(split, part):
    model = Scorer(scores_of(split))
    frame = evaluate(model, split, part, metrics=("ndcg@10", "recall@20", "map@3"))
    assert len(model.train) == len(split.before(part))
    data = getattr(split, part)
    users = np.unique(data.user)
    lists = top_k(model.scores[users], 20, exclude=split.seen(part).matrix()[users])
    wanted = data.take(data.rating >= 4)
    relevant = sparse.csr_array((np.ones(len(wanted)), (wanted.user, wanted.item)), shape=model.scores.shape)[users]
    expected = {
        "ndcg@10": metrics.ndcg(lists[:, :10], relevant),
        "recall@20": metrics.recall(lists, relevant),
        "map@3": metrics.average_precision(lists[:, :3], relevant),
    }
    assert list(frame.columns) == ["user", "metric", "value", "served"] and frame["served"].all()
    assert len(frame) == 3 * len(users)
    for metric, values in expected.items():
        one = frame[frame["metric"] == metric]
        assert one["user"].tolist() == [data.users[u] for u in users.tolist()]
        np.testing.assert_array_equal(one["value"], values)
    assert frame["value"].isna().any(), "a user with test ratings but no relevant one keeps its row"


def test_evaluate_needs_nothing_of_what_fit_returns(split):
    class Silent(Scorer):
        def fit(self, train):
            super().fit(train)

    scores = scores_of(split)
    pd.testing.assert_frame_equal(evaluate(Silent(scores), split), evaluate(Scorer(scores), split))


def test_evaluate_does_not_depend_on_the_block_or_on_the_other_metrics(split):
    model = Scorer(scores_of(split))
    whole = evaluate(model, split, metrics=("ndcg@10", "recall@20"))
    pd.testing.assert_frame_equal(evaluate(model, split, metrics=("ndcg@10", "recall@20"), block=3), whole)
    alone = evaluate(model, split, metrics="ndcg@10")
    pd.testing.assert_frame_equal(alone, whole[whole["metric"] == "ndcg@10"])


def test_evaluate_recommends_nothing_that_was_seen():
    """A model that scores highest what was seen loses nothing by it."""
    split = split_by_user_time(make_data())
    scores = scores_of(split)
    seen = split.seen("test").matrix()
    pushed = scores + 100 * (seen.toarray() > 0)
    frame, frame_pushed = evaluate(Scorer(scores), split), evaluate(Scorer(pushed), split)
    pd.testing.assert_frame_equal(frame, frame_pushed)


def test_evaluate_an_oracle_and_its_opposite(split):
    truth = split.test.matrix().toarray()
    assert np.nanmean(evaluate(Scorer(truth), split, metrics="ndcg@10")["value"]) == 1
    assert np.nanmean(evaluate(Scorer(-truth), split, metrics="hit_rate@1")["value"]) < 0.2


def test_relevant_from_and_implicit_data(split):
    strict = evaluate(Scorer(scores_of(split)), split, relevant_from=4.5)
    with pytest.warns(UserWarning, match=r"relevant_from = 0 makes 100.0% of the ratings likes; they go from 0 to 5"):
        everything = evaluate(Scorer(scores_of(split)), split, relevant_from=0.0)
    assert strict["value"].isna().sum() > everything["value"].isna().sum() == 0, "a rating of 0 can be relevant"
    implicit = split_by_user_time(make_data(rating=False))
    pd.testing.assert_frame_equal(evaluate(Scorer(scores_of(split)), implicit), everything)


def test_users_keep_the_ids_of_the_data():
    data = make_data(ids=lambda u: ("u", int(u)) if u % 2 else f"user {u}")
    frame = evaluate(Scorer(np.zeros((30, 40))), split_by_user_time(data), metrics="ndcg@5")
    assert set(frame["user"]) <= set(data.users)
    table = compare({"a": frame, "b": [frame, frame]}, baseline="a", metric="ndcg@5")
    assert table.loc["b", "difference"] == 0


@pytest.mark.parametrize("part", ["validation", "test"])
def test_users_left_out_are_scored_from_their_history(part):
    split = split_users(make_data(), share=0.2, rng=0)
    model = Scorer(scores_of(split))
    frame = evaluate(model, split, part, block=4)
    users = np.unique(getattr(split, part).user)
    history = sparse.vstack(model.histories, format="csr")
    assert len(users) == len(frame) / 2
    np.testing.assert_array_equal(history.toarray(), split.seen(part).matrix()[users].toarray())
    assert history.nnz == np.isin(split.history.user, users).sum(), "ratings of 0 stay stored"
    with pytest.raises(ValueError, match="NoHistory.score takes no history="):
        evaluate(NoHistory(), split, part)


def test_known_and_unknown_users_in_one_part():
    split = split_by_global_time(make_data(n_users=200, n=400))
    users = np.unique(split.test.user)
    fitted = np.isin(users, split.before("test").user)
    assert 0 < (~fitted).sum() < len(users), "the test needs both kinds"
    model = Scorer(scores_of(split))
    frame = evaluate(model, split, metrics="recall@20")
    assert sum(h.shape[0] for h in model.histories) == (~fitted).sum()
    own = np.where(fitted[:, None], model.scores[users], model.scores[0])
    seen = split.seen("test").matrix()[users]
    strangers = ~fitted & (np.diff(seen.indptr) == 0)
    assert 0 < strangers.sum()
    lists = top_k(own, 20, exclude=seen)
    lists[strangers] = -1  # of whom nothing is known
    assert frame["served"].tolist() == (~strangers).tolist()
    wanted = split.test.take(split.test.rating >= 4)
    relevant = sparse.csr_array((np.ones(len(wanted)), (wanted.user, wanted.item)), shape=model.scores.shape)[users]
    np.testing.assert_array_equal(frame["value"], metrics.recall(lists, relevant))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"part": "train"}, "one of 'validation', 'test', received 'train'"),
        ({"metrics": ("ndcg",)}, "ndcg@10"),
        ({"metrics": ("auc@10",)}, "hit_rate, precision"),
        ({"metrics": ("ndcg@0",)}, "received 'ndcg@0'"),
        ({"metrics": ()}, "at least one"),
        ({"metrics": ("ndcg@5", "ndcg@5")}, "name each once, received 'ndcg@5' twice"),
        ({"metrics": ["map@5", "ndcg@5", "map@3", "map@5"]}, "name each once, received 'map@5' twice"),
        ({"metrics": ("ndcg@5", "ndcg@05")}, "read like 'ndcg@10', .*received 'ndcg@05'"),
        ({"metrics": "ndcg@٥"}, "read like 'ndcg@10'"),
        ({"block": 0}, "block as a whole number ≥ 1, received 0"),
        ({"block": -5}, "block as a whole number ≥ 1, received -5"),
        ({"relevant_from": 40}, "no rating of the test part reaches relevant_from = 40"),
        ({"relevant_from": "4"}, "relevant_from as a finite number, received '4'"),
    ],
)
def test_evaluate_refuses(split, arguments, message):
    with pytest.raises(ValueError, match=message):
        evaluate(Scorer(scores_of(split)), split, **arguments)


def test_what_is_no_model_no_split_or_no_table_is_a_type_error(split):
    model, ratings = Scorer(scores_of(split)), pd.DataFrame({"user_id": [1], "item_id": [2], "rating": [4.0]})
    for call, message in [
        (lambda: evaluate(model, split.train), r"expected Split, received Interactions; cut the data first"),
        (lambda: evaluate(Scorer, split), r"expected a model, received the class Scorer: write Scorer\(\)"),
        (lambda: evaluate("EASE", split), "expected a model with fit and score, received str 'EASE'"),
        (lambda: evaluate(None, split), "expected a model with fit and score, received NoneType None"),
        (lambda: show(None), r"expected what compare returned, received NoneType with columns \[\]"),
        (lambda: show(ratings), "expected what compare returned, received DataFrame with columns .'user_id'"),
        (
            lambda: compare([frame([0.1])], baseline="a"),
            r"expected Mapping, received list; give each a name: \{name: evaluate\(…\)\}",
        ),
        (
            lambda: compare(frame([0.1]), baseline="a"),
            r"expected Mapping, received DataFrame; give each a name: \{name: ",
        ),
        (
            lambda: compare({"a": ratings}, baseline="a"),
            "returned for 'a'.* received DataFrame with columns .'user_id'",
        ),
        (lambda: compare({"a": split}, baseline="a"), "expected what evaluate returned for 'a'.*Split"),
        (lambda: paired_bootstrap([1.0, 2.0], rng=None), "rng as an int or a Generator, received None"),
        (lambda: paired_bootstrap(ratings.assign(metric="ndcg@10", value=1.0)), "received a table of evaluate"),
        (lambda: paired_bootstrap([np.ones(5)] * 2), "received a list of arrays; of seeds: numpy.column_stack"),
        (lambda: evaluate(Popularity(), split, metrics=np.mean), "metrics must be names such as 'ndcg@10'"),
    ]:
        with pytest.raises(TypeError, match=message):
            call()


def test_evaluate_refuses_scores_of_another_shape(split):
    with pytest.raises(ValueError, match=r"\(30, 40\).*\(30, 39\)"):
        evaluate(Scorer(scores_of(split)[:, :-1]), split)


@pytest.mark.parametrize("block", [3, 512])
def test_scores_that_are_no_numbers_name_the_model_and_the_user(block):
    data = make_data(ids=lambda u: f"user {u}")
    for split in (split_by_user_time(data), split_users(data, share=0.2, rng=0)):
        users = np.unique(split.test.user)
        scores = scores_of(split)
        scores[users[4:], 7] = np.nan
        scores[0, 7] = np.nan if split.kind == "users" else 0  # a Scorer answers strangers by its first row
        first = data.users[int(users[0 if split.kind == "users" else 4])]
        with pytest.raises(ValueError, match=f"Scorer.score must give numbers, gave NaN for user '{first}'$"):
            evaluate(Scorer(scores), split, block=block)
    split = split_by_user_time(data)
    for wrong in (sparse.csr_array(scores_of(split)), scores_of(split).astype(str), scores_of(split).astype(complex)):
        with pytest.raises(TypeError, match="Scorer.score must give a dense array of numbers, gave dtype "):
            evaluate(Scorer(wrong), split)
    whole = np.arange(30 * 40).reshape(30, 40)
    pd.testing.assert_frame_equal(evaluate(Scorer(whole), split), evaluate(Scorer(whole.astype(float)), split))


def test_evaluate_fits_the_model_anew(split):
    model = Popularity(liked_from=3.0).fit(split.before("validation"))
    was = model.score([int(split.test.user[0])])
    evaluate(model, split)
    assert (model.score([int(split.test.user[0])]) != was).any(), "left fitted on what stands before the test"
    assert len(model.train_.data) == len(split.before("test"))


def test_a_constant_scorer_hits_as_often_as_chance():
    """Over random relabellings of the items: 1 − C(n−R, k)/C(n, k) for n candidates and R relevant, never 0 or 1."""
    rng = np.random.default_rng(0)
    n_items, n_seen, n_relevant, k, times = 60, 10, 4, 5, 20_000
    label = rng.permuted(np.tile(np.arange(n_items), (times, 1)), axis=1)
    rows = np.arange(times)

    def chosen(columns):
        row = np.repeat(rows, columns.shape[1])
        return sparse.csr_array((np.ones(len(row)), (row, columns.ravel())), shape=(times, n_items))

    lists = top_k(np.zeros((times, n_items)), k, exclude=chosen(label[:, :n_seen]))
    rate = metrics.hit_rate(lists, chosen(label[:, n_seen : n_seen + n_relevant])).mean()
    n = n_items - n_seen
    expected = 1 - comb(n - n_relevant, k) / comb(n, k)
    assert rate == pytest.approx(expected, abs=4 * (expected * (1 - expected) / times) ** 0.5)
    assert rate not in (0, 1)


def test_paired_bootstrap_by_hand():
    assert paired_bootstrap([0.5, 0.5, 0.5]) == Interval(0.5, 0.5, 0.5, 3)
    assert paired_bootstrap([1.0, np.nan, 2.0], [0.5, np.nan, 1.5]) == (0.5, 0.5, 0.5, 2)
    zeros_and_ones = paired_bootstrap(np.arange(100) % 2)
    assert zeros_and_ones.mean == 0.5
    assert zeros_and_ones.low == pytest.approx(0.5 - 1.96 * 0.05, abs=0.011)
    assert zeros_and_ones.high == pytest.approx(0.5 + 1.96 * 0.05, abs=0.011)
    narrower = paired_bootstrap(np.arange(100) % 2, confidence=0.5)
    assert zeros_and_ones.low < narrower.low < 0.5 < narrower.high < zeros_and_ones.high
    assert str(Interval(0.005, -0.002, 0.012, 9)) == ".0050 [−.0020, .0120]"


def test_paired_bootstrap_pairs():
    """Two models of the same users: the difference is far surer than either mean."""
    rng = np.random.default_rng(0)
    user = rng.random(500)
    a, b = user + 0.01 * rng.random(500), user
    own, difference = paired_bootstrap(a), paired_bootstrap(a, b)
    assert difference.high - difference.low < 0.1 * (own.high - own.low)
    assert difference.low > 0
    index = pd.Index(range(500))
    assert paired_bootstrap(pd.Series(a, index), pd.Series(b, index)) == difference


def test_same_rng_same_interval(split):
    values = np.random.default_rng(0).random(50)
    assert paired_bootstrap(values, rng=3) == paired_bootstrap(values, rng=np.random.default_rng(3))
    assert paired_bootstrap(values, rng=3) != paired_bootstrap(values, rng=4)


@pytest.mark.parametrize(
    ("a", "b", "arguments", "message"),
    [
        ([1, 2], [1], {}, r"\(2,\) and \(1,\)"),
        ([], None, {}, "expected two users or more with a value, received 0"),
        ([np.nan], None, {}, "expected two users or more with a value, received 0"),
        ([0.3], None, {}, "expected two users or more with a value, received 1"),
        ([0.3, np.nan], [0.2, np.nan], {}, "expected two users or more with a value, received 1"),
        ([[0.3, 0.4, 0.5]], None, {}, r"two users or more with a value, received 1 in shapes \(1, 3\)"),
        (np.ones((2, 2, 2)), None, {}, r"one value a user, or users × seeds, .*\(2, 2, 2\)"),
        (np.ones((2, 0)), None, {}, r"users × seeds, .*\(2, 0\)"),
        (3.0, None, {}, r"one value a user.*received shapes \(\)"),
        (np.ones((2, 3)), np.ones((3, 2)), {}, r"\(2, 3\) and \(3, 2\)"),
        ([1, np.nan], [1, 2], {}, "same users"),
        ([[1, 1], [1, np.nan]], None, {}, "same users in all seeds"),
        ([1, np.nan], [[1, 1], [np.nan, 2]], {}, "same users in all seeds"),
        (pd.DataFrame([1, 2], ["u", "v"]), pd.Series([1, 2], ["v", "u"]), {}, "same order"),
        (pd.Series([1, 2], ["u", "v"]), pd.Series([1, 2], ["v", "u"]), {}, "same order"),
        ([np.inf, 1], None, {}, "infinite"),
        ([np.inf, 1], [np.inf, 1], {}, "infinite"),
        ([1, 2], None, {"confidence": 95}, "received 95"),
        ([1, 2], None, {"n_resamples": 0}, "n_resamples as a whole number ≥ 1, received 0"),
    ],
)
def test_paired_bootstrap_refuses(a, b, arguments, message):
    with pytest.raises(ValueError, match=message):
        paired_bootstrap(a, b, **arguments)


def test_intervals_cover_about_as_often_as_they_say():
    """400 samples of 200 users, skewed as NDCG is: the 90 % interval holds the true mean in 90 % of them, nearly."""
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(400):
        low, high = paired_bootstrap(rng.beta(0.3, 2.7, 200), n_resamples=1000, confidence=0.9, rng=rng)[1:3]
        covered.append(low <= 0.1 <= high)
    assert 0.85 < np.mean(covered) < 0.93


def frame(values, metric="ndcg@10"):
    return pd.DataFrame({"user": np.arange(len(values)), "metric": metric, "value": np.asarray(values, float)})


def test_compare_tells_the_seeds():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=300)
    seeds = [frame(0.5 + noise), frame(0.5 - noise)]
    table = compare({"steady": frame(np.full(300, 0.4)), "noisy": seeds}, baseline="steady")
    assert table.loc["noisy", "mean"] == pytest.approx(0.5) and table.loc["noisy", "difference"] == pytest.approx(0.1)
    spread = np.std([0.5 + noise.mean(), 0.5 - noise.mean()], ddof=1)
    assert table.loc["noisy", "seed_spread"] == pytest.approx(spread)
    assert np.isnan(table.loc["steady", "seed_spread"])
    assert table.loc["steady", "difference":"difference_high"].isna().all()
    assert table["n_seeds"].tolist() == [1, 2] and table["n_unserved"].tolist() == [0, 0]
    assert table.loc["noisy", "low"] < 0.47 and table.loc["noisy", "high"] > 0.53, "one seed alone may be drawn twice"
    columns = ["mean", "low", "high", "difference", "difference_low", "difference_high", "seed_spread", "n_users"]
    assert list(table.columns) == [*columns, "n_seeds", "n_unserved"]


def test_compare_is_the_paired_bootstrap():
    rng = np.random.default_rng(0)
    a, b = rng.random(100), rng.random(100)
    a[:7] = b[:7] = np.nan
    shuffled = frame(b).sample(frac=1, random_state=0)
    table = compare({"a": pd.concat([frame(a), frame(b, "recall@20")]), "b": shuffled}, baseline="a", rng=5)
    assert list(table.index) == ["a", "b"] and table.index.name == "model"
    difference = table.loc["b", "difference":"difference_high"].tolist()
    assert difference == pytest.approx(list(paired_bootstrap(b, a, rng=5)[:3]), abs=1e-12)
    assert table.loc["a", "mean":"high"].tolist() == pytest.approx(list(paired_bootstrap(a, rng=5)[:3]), abs=1e-12)
    assert table["n_users"].tolist() == [93, 93]
    again = compare({"a": frame(a), "b": frame(b)}, baseline="a", rng=np.random.default_rng(1))
    assert again.loc["b", "difference"] == pytest.approx(table.loc["b", "difference"])


def test_compare_refuses():
    results = {"a": frame([0.1, 0.2]), "b": frame([0.1, 0.2, 0.3])}
    with pytest.raises(KeyError, match="'c' is not among the results: a, b"):
        compare(results, baseline="c")
    with pytest.raises(KeyError, match="'a' has no 'map@10'; it has ndcg@10"):
        compare(results, baseline="a", metric="map@10")
    with pytest.raises(ValueError, match="'b' and 'a' must be measured on the same users"):
        compare(results, baseline="a")
    with pytest.raises(ValueError, match="one ndcg@10 a user"):
        compare({"a": pd.concat([frame([0.1]), frame([0.2])])}, baseline="a")
    with pytest.raises(ValueError, match="empty list"):
        compare({"a": []}, baseline="a")
    with pytest.raises(ValueError, match="expected two users or more with a value, received 1"):
        compare({"a": frame([0.1, np.nan]), "b": frame([0.2, np.nan])}, baseline="a")
    with pytest.raises(ValueError, match="all seeds"):
        compare({"a": [frame([0.1]), frame([0.1, 0.2])]}, baseline="a")


def test_show_prints_as_the_book_does():
    table = compare({"Popularity": frame([0.0, 0.1]), "EASE": [frame([0.2, 0.3])] * 2}, baseline="Popularity")
    text = show(table, digits=3)
    assert list(text.index) == ["EASE", "Popularity"], "best first"
    assert list(text.columns) == [
        "ndcg@10", "95 % interval", "− Popularity", "its 95 % interval", "± over seeds", "users", "seeds",
    ]  # fmt: skip
    assert text.loc["EASE"].tolist() == [".250", "[.200, .300]", ".200", "[.200, .200]", ".000", 2, 2]
    assert text["seeds"].tolist() == [2, 1], "1: over users only"
    assert text.loc["Popularity", "− Popularity"] == "–"
    worse = compare({"a": frame([1.0, 1.0]), "b": frame([0.9, 1.0])}, baseline="a")
    assert show(worse, digits=2).loc["b", ["ndcg@10", "− a", "its 95 % interval"]].tolist() == [
        ".95", "−.05", "[−.10, .00]",
    ]  # fmt: skip
