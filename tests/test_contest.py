"""A contest of orders: who takes part, what is relevant, and NDCG within the list against slow twins."""

from itertools import permutations

import numpy as np
import pytest

from recsys_lib.contest import Contest, draw_contest
from recsys_lib.data import IdMap, Interactions, Split, split_by_user_time
from recsys_lib.models import EASE, Popularity, RecentPopularity


def a_contest(n=30, m=8, seed=0, n_items=50):
    rng = np.random.default_rng(seed)
    candidates = np.array([rng.permutation(n_items)[:m] for _ in range(n)])
    relevant = rng.random((n, m)) < 0.3
    relevant[np.arange(n), rng.integers(m, size=n)] = True
    likes = [rng.permutation(n_items)[: rng.integers(5)] for _ in range(n)]
    return Contest(np.arange(n) * 2, candidates, relevant, likes, n_items)


def slow_ndcg(scores, candidates, relevant, k):
    order = sorted(range(len(scores)), key=lambda place: (-scores[place], candidates[place]))
    gains = [relevant[place] / np.log2(rank + 2) for rank, place in enumerate(order[:k])]
    ideal = sum(1 / np.log2(rank + 2) for rank in range(min(k, relevant.sum())))
    return sum(gains) / ideal


@pytest.mark.parametrize("k", [1, 3, 8, 10])
def test_ndcg_is_that_of_the_list_alone(k):
    contest = a_contest()
    scores = np.random.default_rng(1).integers(4, size=contest.candidates.shape).astype(float)  # with ties
    expected = [slow_ndcg(*row, k) for row in zip(scores, contest.candidates, contest.relevant)]
    np.testing.assert_allclose(contest.ndcg(scores, k), expected)
    assert np.allclose(contest.ndcg(contest.relevant.astype(float), k), 1), "the best order of the list"
    assert contest.ndcg(scores, k).min() < 1


def test_the_retrieved_order_and_a_list_of_lists():
    contest = a_contest()
    kept = contest.retrieved()
    expected = [slow_ndcg(*row, 5) for row in zip(kept, contest.candidates, contest.relevant)]
    np.testing.assert_allclose(contest.ndcg(kept, 5), expected)
    np.testing.assert_allclose(contest.ndcg(kept.tolist(), 5), expected)
    assert (np.diff(kept, axis=1) < 0).all()


@pytest.mark.parametrize("k", [2, 5, 10])
def test_chance_is_the_mean_of_all_orders(k):
    contest = a_contest(n=6, m=5)
    orders = np.array(list(permutations(range(5))), float)
    values = [contest.ndcg(np.tile(order, (6, 1)), k) for order in orders]
    np.testing.assert_allclose(contest.chance(k), np.mean(values, axis=0))


def test_chance_on_paper():
    """Four films, one relevant, NDCG@2: (1 + .63) / 4."""
    contest = Contest(np.array([0]), np.array([[4, 7, 2, 0]]), np.array([[0, 0, 1, 0]], bool), [np.array([1])], 9)
    assert contest.chance(2)[0] == pytest.approx((1 + 1 / np.log2(3)) / 4)
    assert contest.ndcg(contest.retrieved(), 2)[0] == 0 and contest.ndcg([[0, 1, 1, 0]], 2)[0] == 1  # 2 before 7


def test_some_of_the_people_and_the_first_of_the_list():
    contest = a_contest()
    some = contest.take([3, 1])
    assert some.users.tolist() == [6, 2] and len(some.likes) == 2 and some.likes[0] is contest.likes[3]
    np.testing.assert_array_equal(some.candidates, contest.candidates[[3, 1]])
    np.testing.assert_array_equal(contest.take(contest.users > 20).users, contest.users[11:])
    short = contest.first(3)
    able = contest.relevant[:, :3].any(axis=1)
    assert 0 < able.sum() < len(able)
    np.testing.assert_array_equal(short.users, contest.users[able])
    np.testing.assert_array_equal(short.candidates, contest.candidates[able, :3])
    assert short.relevant.any(axis=1).all() and len(short.likes) == able.sum()


@pytest.mark.parametrize("scores", [np.zeros((30, 7)), np.zeros((2, 8)), np.zeros(8), np.full((30, 8), np.nan)])
def test_scores_of_another_form_are_refused(scores):
    with pytest.raises(ValueError, match="expected scores"):
        a_contest().ndcg(scores)


# Drawing one


def ratings(n_users=60, n_items=40, seed=0, liked=True):
    rng = np.random.default_rng(seed)
    item = np.concatenate([rng.permutation(n_items)[:20] for _ in range(n_users)])
    rating = rng.integers(1, 6, size=len(item)).astype(float)
    seconds = 1_400_000_000 + rng.permutation(len(item)) * 60
    ids = IdMap(range(n_users)), IdMap(range(n_items))
    return Interactions(np.repeat(np.arange(n_users), 20), item, rating if liked else None, seconds, *ids)


@pytest.fixture(scope="module")
def split():
    return split_by_user_time(ratings())


@pytest.mark.parametrize("part", ["test", "validation"])
def test_who_takes_part_and_what_counts(split, part):
    contest = draw_contest(Popularity(), split, part, n_users=7, n_candidates=6)
    assert len(contest.users) == 7 and (np.diff(contest.users) > 0).all() and contest.n_items == 40
    seen, data = split.seen(part), getattr(split, part)
    scores = Popularity().fit(split.before(part)).score(contest.users)
    for user, films, hits, likes, row in zip(*contest[:4], scores):
        own = seen.item[seen.user == user]
        left = sorted(set(range(40)) - set(own.tolist()), key=lambda film: (-row[film], film))
        assert films.tolist() == left[:6], "the model's best that are not seen"
        wanted = set(data.item[(data.user == user) & (data.rating >= 4)].tolist())
        assert hits.tolist() == [film in wanted for film in films] and hits.any()
        before = [(-t, film) for t, film, r in zip(*(a[seen.user == user] for a in
                  (seen.timestamp, seen.item, seen.rating))) if r >= 4]  # fmt: skip
        assert likes.tolist() == [film for _, film in sorted(before)], "the newest first"


def test_the_same_draw_again_another_draw_and_everybody(split):
    def users(**how):
        return draw_contest(EASE(), split, n_candidates=6, **how).users.tolist()

    assert users(n_users=10) == users(n_users=10, rng=0) == users(n_users=10, rng=np.random.default_rng(0))
    assert users(n_users=10) != users(n_users=10, rng=1)
    everybody = users(n_users=10_000)
    assert set(users(n_users=10)) < set(everybody) and len(everybody) == len(set(everybody))


def test_without_ratings_every_pair_is_a_like():
    split = split_by_user_time(ratings(liked=False))
    contest = draw_contest(Popularity(), split, n_users=10_000, n_candidates=6)
    strict = draw_contest(Popularity(), split_by_user_time(ratings()), n_users=10_000, n_candidates=6)
    assert contest.relevant.sum() > strict.relevant.sum()
    assert all(len(likes) == (split.seen("test").user == user).sum() for user, likes in zip(*contest[:4:3]))
    every = draw_contest(Popularity(), split_by_user_time(ratings()), n_candidates=6, n_users=10_000, liked_from=None)
    assert len(every.users) > len(strict.users)


def test_a_model_that_knows_the_date_is_told_the_first_second(split):
    asked = {}

    class Recorder(RecentPopularity):
        def score(self, users=None, *, history=None, at=None):
            asked.update(zip(users.tolist(), at.tolist()))
            return super().score(users, history=history, at=at)

    draw_contest(Recorder(days=3), split, n_users=5, n_candidates=6)
    first = {user: split.test.timestamp[split.test.user == user].min() for user in np.unique(split.test.user)}
    assert asked == first


def test_people_whom_the_model_was_not_fitted_on_take_no_part():
    data = ratings()
    split = split_by_user_time(data)
    new = np.isin(split.train.user, [3, 4]), np.isin(split.validation.user, [3, 4])
    without = Split(split.train.take(~new[0]), split.validation.take(~new[1]), split.test, kind=split.kind)
    whole = draw_contest(Popularity(), split, n_users=10_000, n_candidates=8).users
    assert {3, 4} & set(whole), "else this test shows nothing"
    assert not {3, 4} & set(draw_contest(Popularity(), without, n_users=10_000, n_candidates=8).users)


def test_bad_arguments(split):
    with pytest.raises(TypeError, match="Split"):
        draw_contest(Popularity(), ratings())
    for name in ("n_users", "n_candidates"):
        for value in (0, 1.5, "a"):
            with pytest.raises(ValueError, match=f"expected {name} as a whole number"):
                draw_contest(Popularity(), split, **{name: value})
    with pytest.raises(ValueError, match="nobody has a relevant item among the first 2"):
        draw_contest(Popularity(), split, n_candidates=2, liked_from=6.0)
