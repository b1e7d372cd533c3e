"""Four tasks over one catalogue: what is hidden stays hidden from all, and each is measured as its page says."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from recsys_lib import task_rivals
from recsys_lib.data import load_movielens
from recsys_lib.evaluation import evaluate
from recsys_lib.models import EASE
from recsys_lib.task_intervals import read_tasks, tasks_bootstrap, value
from recsys_lib.tasks import Ratings, four_tasks, with_typo

TOY_STORIES = {"Toy Story", "Toy Story 2", "Toy Story 3", "Toy Story of Terror"}


@pytest.fixture(scope="module")
def data():
    return load_movielens()


@pytest.fixture(scope="module")
def tasks(data):
    return four_tasks(data)


def everything_but_hidden(tasks):
    """All arrays and texts of the tasks that a model may read."""
    likes, rating, genres, search = tasks.next_likes, tasks.rating, tasks.genres, tasks.search
    arrays = [m.toarray() for m in (likes.train, likes.validation, likes.test, *likes.rated, search.relevant)]
    arrays += [column for part in (rating.train, rating.validation, rating.test) for column in part]
    arrays += [genres.visible, genres.train, genres.validation, genres.test, search.item]
    arrays += [search.train, search.validation, search.test]
    return arrays, [search.text, search.words, search.titles, genres.names, tasks.item_table.to_csv(index=False)]


def test_no_array_or_text_of_any_task_depends_on_a_hidden_genre(data, tasks):
    genres = tasks.genres
    swapped = data.item_table.copy()
    films = np.concatenate([genres.validation, genres.test])
    for film in films[:300]:  # other genres in the place of the hidden ones, everything else as it was
        shown, hidden = ({genres.names[g] for g in np.flatnonzero(of[film])} for of in (genres.visible, genres.hidden))
        other = iter(sorted(set(genres.names) - shown - hidden))
        listed = data.item_table["genres"][film].split("|")
        swapped.loc[film, "genres"] = "|".join(g if g in shown else next(other) for g in listed)
    assert (swapped["genres"] != data.item_table["genres"]).sum() == 300
    again = four_tasks(replace(data, item_table=swapped))
    assert (again.genres.hidden != genres.hidden).any(axis=1).sum() == 300
    arrays, texts = everything_but_hidden(tasks)
    others, other_texts = everything_but_hidden(again)
    assert all(np.array_equal(a, b) for a, b in zip(arrays, others)) and texts == other_texts


def test_the_table_and_the_shown_genres_hold_none_of_the_hidden(data, tasks):
    genres = tasks.genres
    assert not (genres.visible & genres.hidden).any()
    for film in np.concatenate([genres.validation, genres.test]):
        true = set(data.item_table["genres"][film].split("|"))
        shown = set(tasks.item_table["genres"][film].split("|"))
        hidden = {genres.names[g] for g in np.flatnonzero(genres.hidden[film])}
        assert shown < true and hidden == true - shown and len(hidden) == len(true) // 2
    assert tasks.before("test").item_table is tasks.item_table is tasks.split.test.item_table
    assert (
        not genres.hidden[genres.train].any()
        and not np.isin(genres.train, np.append(genres.test, genres.validation)).any()
    )


def test_sizes_are_those_of_the_page(data, tasks):
    assert len(tasks.genres.test) == 906 and len(tasks.genres.validation) == 453
    assert (
        "(no genres listed)" not in tasks.genres.names
        and (tasks.genres.visible[tasks.genres.train].sum(axis=1) > 1).all()
    )
    assert len(np.intersect1d(tasks.genres.test, four_tasks(data, draw=1).genres.test)) < 400


def test_likes_and_ratings_of_a_part_are_not_among_what_may_be_read_before_it(tasks):
    likes, rating = tasks.next_likes, tasks.rating
    for part in ("validation", "test"):
        assert likes.before(part).multiply(getattr(likes, part)).nnz == 0
        known, asked = rating.before(part), getattr(rating, part)
        pairs = [set(zip(side.user.tolist(), side.item.tolist())) for side in (known, asked)]
        assert not pairs[0] & pairs[1] and len(pairs[1]) == len(asked.rating)
        assert set(map(tuple, np.argwhere(getattr(likes, part).toarray()))) <= pairs[1]


def test_ease_and_bias_have_the_figures_of_the_other_chapters(tasks):
    own = tasks.next_likes.measure(task_rivals.ease(tasks))
    frame = evaluate(EASE(), tasks.split, metrics="ndcg@10").dropna(subset="value")
    assert np.allclose(own["top"].loc[frame["user"]], frame["value"]) and len(own) == len(frame) == 647
    rmse = value(tasks.rating.measure(task_rivals.bias_ratings(tasks)), "RMSE")
    errors = task_rivals.bias_ratings(tasks) - tasks.rating.test.rating
    assert rmse == pytest.approx(np.sqrt(np.mean(errors.astype(float) ** 2)))


def test_rivals_are_where_they_were_seen(tasks):
    genres, search = tasks.genres, tasks.search
    for scores, low, high in (
        (task_rivals.genre_prior(tasks), 0.24, 0.35),
        (task_rivals.ridge_genres(tasks, n_draws=1), 0.38, 0.48),
    ):
        threshold = genres.threshold(scores["validation"])
        assert low < value(genres.measure(scores["test"], threshold), "micro-F1") < high
    assert 0.8 < value(search.measure(task_rivals.tfidf_search(tasks, longest=3)), "NDCG@10") < 0.9
    assert value(tasks.rating.measure(task_rivals.als_ratings(tasks, n_iterations=3)), "RMSE") < 0.91


def test_a_search_query_and_its_answers_by_hand(tasks):
    search, titles = tasks.search, tasks.item_table["title"]
    query = int(np.flatnonzero(search.item == int(np.flatnonzero(titles == "Toy Story 2")[0]))[0])
    found = {titles[film] for film in search.relevant[[query]].indices}
    assert search.words[query] == "toy story" and found == TOY_STORIES
    parts = [{tuple(sorted(set(search.words[q].split()))) for q in part}
             for part in (search.train, search.validation, search.test)]  # fmt: skip
    assert not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]
    assert [round(len(part) / sum(map(len, parts)), 2) for part in parts] == [0.7, 0.1, 0.2]
    assert all(a != b and abs(len(a) - len(b)) <= 1 for a, b in zip(search.text, search.words))
    assert value(search.measure(search.relevant[search.test].toarray()), "NDCG@10") == 1


def test_each_kind_of_typo_comes_as_often():
    made = [with_typo("toy story", rng=seed) for seed in range(600)]
    lengths = np.bincount([len(text) for text in made])
    assert lengths.sum() == 600 and (lengths[8:11] > 150).all()
    assert "toy story" not in made and with_typo("12", rng=0) == "12" and " " in made[0]


def test_perfect_genres_have_f1_1_and_the_threshold_ignores_what_is_shown(tasks):
    genres = tasks.genres
    truth = genres.hidden[genres.validation].astype(float)
    scores = truth + 5.0 * genres.visible[genres.validation]  # a model that knows the shown ones, too
    threshold = genres.threshold(scores)
    assert 0 < threshold < 1
    assert value(genres.measure(scores, threshold, "validation"), "micro-F1") == 1
    nothing = genres.measure(np.zeros_like(truth), 1.0, "validation")
    assert value(nothing, "micro-F1") == 0 and nothing["bottom"].sum() == truth.sum()


def test_the_threshold_is_the_best_of_all(tasks):
    genres, rng = tasks.genres, np.random.default_rng(3)
    scores = rng.random((len(genres.validation), len(genres.names))).round(2) + genres.hidden[genres.validation]
    best = value(genres.measure(scores, genres.threshold(scores), "validation"), "micro-F1")
    tried = [value(genres.measure(scores, t, "validation"), "micro-F1") for t in np.arange(0, 2.2, 0.005)]
    assert best == pytest.approx(max(tried))


def test_who_gets_equal_scores_gets_no_list(tasks):
    frame = tasks.next_likes.measure(np.zeros((671, 9066)))
    assert value(frame, "NDCG@10") == 0 and len(frame) == 647


def test_hide_takes_half_rounded_down_and_only_what_is_visible(tasks):
    genres = tasks.genres
    films = np.arange(len(genres.visible))
    shown, hidden = genres.hide(films, rng=1)
    assert np.array_equal(shown | hidden, genres.visible) and not (shown & hidden).any()
    assert np.array_equal(hidden.sum(axis=1), genres.visible.sum(axis=1) // 2)


def frame(tops, bottoms):
    return pd.DataFrame({"top": np.array(tops, float), "bottom": np.array(bottoms, float)}, index=range(len(tops)))


def test_value_and_interval_by_hand():
    assert value(frame([1, 0], [1, 1]), "NDCG@10") == 0.5
    assert value(frame([9, 7], [1, 3]), "RMSE") == 2 and value(frame([2, 2], [4, 4]), "micro-F1") == 0.5
    rng = np.random.default_rng(0)
    one = [frame(rng.random(400), np.ones(400)) for _ in range(3)]
    gap = tasks_bootstrap(one, one, metric="NDCG@10", n_resamples=200)
    assert gap[:3] == (0, 0, 0) and gap.n == 400
    shifted = [frame(f["top"] + 0.2, f["bottom"]) for f in one]
    gap = tasks_bootstrap(shifted, one, metric="NDCG@10", n_resamples=200)
    assert gap.mean == pytest.approx(0.2) and gap.low == pytest.approx(0.2) and gap.high == pytest.approx(0.2)
    alone = tasks_bootstrap(one[:1], metric="NDCG@10")
    assert (alone.high - alone.low) / 2 == pytest.approx(1.96 * one[0]["top"].std() / 20, rel=0.05)


@pytest.mark.parametrize(
    "call, error, said",
    [
        (lambda d, t: four_tasks(replace(d, item_table=None)), ValueError, "title, year and genres"),
        (lambda d, t: four_tasks(replace(d, rating=None)), ValueError, "expected ratings"),
        (lambda d, t: four_tasks(d, draw=-1), ValueError, "draw"),
        (lambda d, t: four_tasks("ratings.csv"), TypeError, "Interactions"),
        (lambda d, t: t.search.measure(np.zeros((3, 4))), ValueError, "shape"),
        (lambda d, t: t.rating.measure(np.full(len(t.rating.test.rating), np.nan)), ValueError, "NaN"),
        (lambda d, t: t.next_likes.before("train"), ValueError, "part"),
        (lambda d, t: value(frame([1], [1]), "AUC"), ValueError, "metric"),
        (lambda d, t: tasks_bootstrap([frame([1, 2], [1, 1])], [], metric="RMSE"), ValueError, "same units"),
        (lambda d, t: with_typo(3, rng=0), TypeError, "str"),
        (lambda d, t: read_tasks("attention"), KeyError, "a table a task"),
    ],
)
def test_bad_input_is_named(data, tasks, call, error, said):
    with pytest.raises(error, match=said):
        call(data, tasks)


def test_parts_are_arrays_of_the_split(tasks):
    assert isinstance(tasks.rating.train, Ratings) and isinstance(tasks.next_likes.train, csr_array)
    assert sum(len(getattr(tasks.rating, part).rating) for part in ("train", "validation", "test")) == 100_004
