"""No evidence is no answer: whom a model cannot score, by how it is told, and that names of items decide nothing."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from recsys_lib.data import IdMap, Interactions, Split, split_by_user_time
from recsys_lib.evaluation import compare, evaluate, show
from recsys_lib.models import ALS, EASE, BiasModel, ContentTFIDF, ItemKNN, Popularity, recommend

NEED_LIKES = [EASE(), ItemKNN(), ItemKNN(similarity="adjusted_cosine"), ALS(n_factors=4), ContentTFIDF()]
ANSWER_ANYBODY = [Popularity(), BiasModel()]
WORDS = {6: "six", 7: "seven", 8: "eight crowd", 9: "nine crowd"}


def toy(more, *, rename=lambda item: item, test=(("n", 6, 5.0),)):
    """Two users like 8 and 9, c likes 7; then `more` before the test, and the test; the items under other names."""
    known = [("a", 8, 5.0), ("a", 9, 5.0), ("b", 8, 5.0), ("b", 9, 5.0), ("d", 9, 1.0), *more, ("c", 7, 5.0)]
    rows = [*known, *test]
    table = pd.DataFrame(rows, columns=["user_id", "item_id", "rating"])
    table["item_id"] = [rename(item) for item in table["item_id"]]
    texts = pd.DataFrame({"item_id": [rename(item) for item in WORDS], "title": WORDS.values(), "genres": ""})
    data = Interactions.from_table(table, item_table=texts, items=IdMap.from_values(texts["item_id"]))
    at = np.arange(len(rows))
    parts = [data.take(at < len(known) - 1), data.take(at == len(known) - 1), data.take(at >= len(known))]
    return Split(*parts, kind="random")


@pytest.mark.parametrize("model", NEED_LIKES, ids=str)
@pytest.mark.parametrize(
    "more",
    [
        [],  # a stranger: nothing is known
        [("n", 9, 2.0)],  # fitted on, but liked nothing
        [("n", 7, 3.5), ("n", 8, 1.0)],
    ],
)
def test_a_person_without_a_like_gets_no_list_however_items_are_named(model, more):
    for rename in (lambda item: item, lambda item: 20 - item, lambda item: f"film {item}"):
        table = evaluate(model, toy(more, rename=rename), metrics=("ndcg@1", "recall@3"))
        assert table["value"].tolist() == [0, 0] and table["served"].tolist() == [False, False]


@pytest.mark.parametrize("model", [EASE(), ItemKNN(), ContentTFIDF()], ids=str)
def test_a_like_that_says_nothing_of_other_items_is_no_evidence(model):
    """c liked one item, which nobody else rated: every other item stands at 0, in the order of the names."""
    for rename in (lambda item: item, lambda item: 20 - item):
        test = [("c", 6, 5.0), ("c", 9, 1.0)]
        split = toy([("a", 6, 5.0), ("b", 6, 4.0)], rename=rename, test=test)
        table = evaluate(model, split, metrics="hit_rate@1")
        assert table["value"].tolist() == [0] and table["served"].tolist() == [False]


@pytest.mark.parametrize("model", ANSWER_ANYBODY, ids=str)
def test_popularity_and_the_bias_model_answer_anybody(model):
    test = [("n", 8, 5.0), ("d", 8, 5.0)]  # n is a stranger, d liked nothing
    table = evaluate(model, toy([("a", 7, 3.0)], test=test), metrics="hit_rate@2")
    assert table["value"].tolist() == [1, 1] and table["served"].all()
    assert model.can_score(csr_array((3, 4))).tolist() == [True] * 3


def test_nothing_relevant_stays_without_a_value():
    table = evaluate(EASE(), toy([], test=[("n", 6, 2.0), ("m", 6, 5.0)]), metrics="ndcg@1")
    assert table.set_index("user")["served"].to_dict() == {"n": False, "m": False}
    assert table.set_index("user")["value"].isna().to_dict() == {"n": True, "m": False}


def test_can_score_by_hand(movielens):
    small = movielens.k_core(user=30, item=60)
    history = csr_array(([5.0, 1.0, 3.9, 4.0], ([0, 1, 1, 3], [2, 2, 3, 2])), shape=(4, small.n_items))
    for model in (EASE(), ItemKNN(), ALS(n_factors=4), ContentTFIDF()):
        assert model.fit(small).can_score(history).tolist() == [True, False, False, True]
        scores = model.score(history=history)
        assert model.can_score(history, scores).tolist() == [True, False, False, True]
        scores[0] = 0
        scores[0, 2] = 1e-7  # what stands at the liked item itself is no answer
        assert model.can_score(history, scores).tolist() == [False, False, False, True]
    assert EASE(liked_from=4.5).fit(small).can_score(history).tolist() == [True, False, False, False]
    implicit = EASE().fit(small.binarize())
    assert implicit.can_score(history).tolist() == [True, True, False, True], "every stored pair is a like"


class Foreign:
    """No model of the library: scores by a table, known users and strangers alike."""

    def fit(self, train):
        self.scores = np.arange(train.n_items, dtype=float)

    def score(self, users=None, *, history=None):
        return np.tile(self.scores, (len(users) if history is None else history.shape[0], 1))


def test_other_models_cannot_score_a_stranger_of_whom_nothing_is_known():
    test = [("n", 6, 5.0), ("d", 6, 5.0)]
    table = evaluate(Foreign(), toy([], test=test), metrics="recall@4").set_index("user")
    assert table["served"].to_dict() == {"d": True, "n": False} and table["value"].to_dict() == {"d": 1, "n": 0}


def test_other_models_may_say_that_they_answer_anybody():
    class Anybody(Foreign):
        needs_likes = False

    class Nobody(Foreign):
        def can_score(self, history, scores=None):
            return np.zeros(history.shape[0], bool)

    assert evaluate(Anybody(), toy([]), metrics="recall@4")[["value", "served"]].values.tolist() == [[1, True]]
    assert evaluate(Nobody(), toy([]), metrics="recall@4")[["value", "served"]].values.tolist() == [[0, False]]


def test_recommend_agrees_with_evaluate(movielens):
    split = split_by_user_time(movielens)
    users = split.test.user[np.unique(split.test.user, return_index=True)[1]]
    for model in (EASE(), ItemKNN(), ALS(n_factors=4, n_iterations=2)):
        table = evaluate(model, split, metrics="recall@5")
        served = table.set_index("user")["served"]
        assert 0 < (~served).sum() < 10
        popular = Popularity().fit(split.before("test"))
        for user in served.index[~served]:
            with pytest.raises(ValueError, match="4.0 or more to go by, received none; pass fallback="):
                recommend(model, user)
            assert len(recommend(model, user, fallback=popular)) == 10
        for user in served.index[served][:5]:
            assert len(recommend(model, user, fallback=popular)) == 10
    assert len(users) == len(table)


def test_recommend_refuses_a_like_that_says_nothing_of_other_items():
    data = toy([]).before("test")
    model, popular = EASE().fit(data), Popularity().fit(data)
    for person in ({"user_id": "c"}, {"history": {7: 5.0}}, {"history": {6: 5.0}}):  # nobody else rated 7, nobody 6
        with pytest.raises(ValueError, match="4.0 or more that others liked too, received none; pass fallback="):
            recommend(model, **person)
        assert list(recommend(model, **person, fallback=popular)["item_id"][:2]) == [8, 9]
    assert list(recommend(model, history={8: 5.0})["item_id"])[0] == 9


def test_compare_counts_and_show_tells_whom_a_model_could_not_score():
    users = ["u", "v", "w", "x"]

    def frame(values, served):
        return pd.DataFrame({"user": users, "metric": "ndcg@10", "value": values, "served": served})

    first = frame([0.5, 0.0, 0.2, np.nan], [True, False, True, False])  # x has nothing relevant: not counted
    second = frame([0.5, 0.0, 0.0, np.nan], [True, False, False, False])
    plain = first.drop(columns="served")
    table = compare({"one": first, "two seeds": [first, second[::-1]], "no column": plain}, baseline="one")
    assert table["n_unserved"].tolist() == [1, 2, 0] and table["n_users"].tolist() == [3, 3, 3]
    assert show(table)["no list"].to_dict() == {"one": 1, "two seeds": 2, "no column": 0}
    assert "no list" not in show(compare({"no column": plain}, baseline="no column"))
    both = pd.concat([first, second.assign(metric="recall@20")])
    assert compare({"a": both}, baseline="a")["n_unserved"].tolist() == [1], "by the metric that is asked for"


def test_the_embedding_model_does_not_answer_by_its_item_bias():
    pytest.importorskip("tensorflow")
    from recsys_lib.models import MatrixFactorization

    fast = {"n_factors": 4, "epochs": 2, "dropout": 0.0}
    model = MatrixFactorization(**fast)
    for more in ([], [("n", 9, 2.0)]):
        table = evaluate(model, toy(more, test=[("n", 8, 5.0)]), metrics="hit_rate@3")
        assert table["value"].tolist() == [0] and table["served"].tolist() == [False]
    with pytest.raises(ValueError, match="fallback"):
        recommend(model, "n")
    by_stars = MatrixFactorization(**fast, loss="mse", use_history=False)
    table = evaluate(by_stars, toy([("n", 9, 2.0)], test=[("n", 8, 5.0)]), metrics="hit_rate@3")
    assert table["value"].tolist() == [1] and table["served"].tolist() == [True], "a rating of 2 is evidence there"


# --- a threshold that belongs to another scale


def ratings(values):
    n = len(values)
    return Interactions(
        np.arange(n) % 10, np.arange(n) // 10, values, None, IdMap(range(10)), IdMap(range(n // 10 + 1))
    )


def told(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [str(w.message) for w in caught if issubclass(w.category, UserWarning)], caught


@pytest.mark.parametrize(
    ("values", "liked_from", "message"),
    [
        (np.arange(100) + 1, 4.0, "liked_from = 4 makes 97.0% of the ratings likes; they go from 1 to 100"),
        (np.arange(100) / 20, 4.6, "liked_from = 4.6 makes 8.0% of the ratings likes; they go from 0 to 4.95"),
        (np.arange(100) + 1, 11, None),  # exactly nine tenths
        (np.arange(100) + 1, 91, None),  # exactly a tenth
        (np.arange(100) % 5 + 1, 4.0, None),
        (np.full(100, 5), 4.0, None),  # no scale seen
        (np.arange(9) + 5, 4.0, None),  # too few
        (None, 4.0, None),
    ],
)
def test_fit_doubts_a_threshold(values, liked_from, message):
    data = ratings(np.zeros(100)) if values is None else ratings(values)
    data = replace(data, rating=None) if values is None else data
    for model in (Popularity(liked_from=liked_from), EASE(liked_from=liked_from)):
        texts, caught = told(lambda model=model: model.fit(data))
        assert [text.split(":")[0] for text in texts] == ([] if message is None else [message])
        assert all(warning.filename == __file__ for warning in caught), "points to the line that fits"


def test_no_doubt_where_likes_are_not_learnt_and_none_on_movielens(movielens):
    assert told(lambda: BiasModel().fit(ratings(np.arange(100) + 1)))[0] == []
    split = split_by_user_time(movielens)
    for call in (
        lambda: evaluate(Popularity(), split),
        lambda: evaluate(Popularity(), split, "validation", metrics=("ndcg@10", "map@5")),
        lambda: EASE(liked_from=5.0).fit(movielens.k_core(user=30, item=60)),
    ):
        assert told(call)[0] == []


def test_evaluate_doubts_what_is_relevant_once():
    rng = np.random.default_rng(0)
    pairs = rng.choice(30 * 40, 600, replace=False)
    ids = IdMap(range(30)), IdMap(range(40))
    data = Interactions(pairs // 40, pairs % 40, rng.integers(1, 101, 600), np.arange(600), *ids)
    split = split_by_user_time(data)
    texts, _ = told(lambda: evaluate(BiasModel(), split, metrics=("ndcg@10", "recall@20", "map@5")))
    assert len(texts) == 1 and texts[0].startswith("relevant_from = 4 makes 9") and "to what a like is" in texts[0]
    texts, _ = told(lambda: evaluate(EASE(), split))
    assert [text.split(" ")[0] for text in texts] == ["relevant_from", "liked_from"]
    assert told(lambda: evaluate(EASE(liked_from=60), split, relevant_from=60))[0] == []
    assert told(lambda: evaluate(EASE(), Split(*(replace(p, rating=None) for p in (split.train, split.validation,
                split.test)), kind="user_time")))[0] == []  # fmt: skip


@pytest.mark.parametrize("model", [EASE(), ALS(n_factors=4), ItemKNN()], ids=lambda model: type(model).__name__)
def test_liking_what_nobody_else_liked_is_no_evidence(model):
    rows = [(user, item) for user in range(8) for item in range(5)] + [(8, 9)]
    data = Interactions.from_table(pd.DataFrame(rows, columns=["user_id", "item_id"]))
    model.fit(data)
    with pytest.raises(ValueError, match="that others liked too"):
        recommend(model, 8)


def test_who_rated_everything_gets_an_empty_table():
    rows = [(0, item) for item in range(4)] + [(1, 0), (1, 1), (2, 1), (2, 2)]
    data = Interactions.from_table(pd.DataFrame(rows, columns=["user_id", "item_id"]))
    assert len(recommend(EASE().fit(data), 0)) == 0


def test_an_item_twice_in_a_history_is_refused():
    data = Interactions.from_table(pd.DataFrame({"user_id": [0, 0, 1], "item_id": [0, 1, 1]}))
    twice = csr_array((np.array([5.0, 5.0]), np.array([1, 1]), np.array([0, 2])), shape=(1, 2))
    with pytest.raises(ValueError, match="each item once"):
        EASE().fit(data).score(history=twice)


def test_a_known_person_under_another_type_of_id_is_no_stranger():
    data = Interactions.from_table(pd.DataFrame({"user_id": [1, 1, 2], "item_id": [5, 6, 5]}))
    model, popularity = EASE().fit(data), Popularity().fit(data)
    with pytest.raises(KeyError, match="did you mean 1"):
        recommend(model, "1", fallback=popularity)
    assert len(recommend(model, "somebody", fallback=popularity)) == 2
