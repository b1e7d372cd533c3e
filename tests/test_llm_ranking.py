"""One by one, two by two, all at once: against models whose liking is known."""

import re

import numpy as np
import pytest

from recsys_lib.llm_client import BadAnswer
from recsys_lib.llm_ranking import (
    LISTS,
    NAMED,
    PROMPTS,
    Prompt,
    list_prompt,
    listwise,
    pairwise,
    pointwise,
    rotations,
    wins,
)

TITLES = [f"Film {letter} ({1990 + i})" for i, letter in enumerate("abcdefghij")]
WORTH = dict(zip(TITLES, [3.0, 1, 9, 2, 8, 5, 0, 7, 4, 6]))


# One by one


class Scores:
    """Gives a title its worth by itself, and more where the prompt names a like that begins with the same letter."""

    def score(self, prompt, texts):
        self.asked = prompt
        likes = 2.0 * prompt.count("liked one")
        return np.array([WORTH[text] - 10 + likes * (text == TITLES[3]) for text in texts])


def test_the_question_holds_the_likes_or_is_blank():
    prompt = Prompt("I like {likes}. And {x}?", "Which {x}?", between=" + ")
    assert prompt.of(["A {likes}", "B"]) == "I like A {likes} + B. And {x}?"
    assert prompt.of([]) == prompt.of(()) == "Which {x}?"
    for name, each in PROMPTS.items():
        asked = each.of(["Alien (1979)", "Heat (1995)"])
        assert f"Alien (1979){each.between}Heat (1995)" in asked and "{" not in asked + each.blank, name
        assert "likes" not in each.blank.split() and each.blank.strip()


def test_calibration_leaves_what_the_likes_did():
    client, prompt = Scores(), Prompt("liked one: {likes}", "which?")
    raw = pointwise(client, prompt, ["X"], TITLES)
    assert client.asked == "liked one: X" and raw.argmax() == 2
    blank = pointwise(client, prompt, [], TITLES)
    assert client.asked == "which?"
    np.testing.assert_allclose(raw - blank, 2.0 * (np.arange(10) == 3))


# Two by two


class Pairs:
    """The part of a LanguageModel that `pairwise` asks; the logit of A is the lead of the film at A plus a liking."""

    def __init__(self, liking):
        self.liking, self.n_asked = liking, 0

    def chat(self, prompt):
        return [prompt]

    def encode(self, letter):
        return [{"A": 7, "B": 2}[letter]]

    def next_logits(self, texts):
        rows = np.zeros((len(texts), 9), np.float32)
        for row, (prompt,) in zip(rows, texts):
            a, b = (re.search(rf"\n{letter}: (.+)\n", prompt)[1] for letter in "AB")
            assert "I liked these films: Heat; Up." in prompt
            row[7], row[2] = WORTH[a] + self.liking, WORTH[b]
        self.n_asked += len(texts)
        return rows


@pytest.mark.parametrize("liking", [0, 0.5, 100])
def test_both_orders_take_the_liking_for_a_letter_away(liking):
    model = Pairs(liking)
    d = pairwise(model, ["Heat", "Up"], TITLES)
    worth = np.array(list(WORTH.values()))
    off = ~np.eye(10, dtype=bool)
    np.testing.assert_allclose(d[off], (worth[:, None] - worth + liking)[off])
    assert model.n_asked == 90 and (np.diag(d) == 0).all() and d.dtype == np.float64
    np.testing.assert_array_equal(wins(d), worth)  # from 0 to 9 wins, as the worths are
    one = wins(d, both=False, rng=0)
    assert one.sum() == 45
    if liking < 1:
        np.testing.assert_array_equal(one, worth)
    else:  # the letter decides: whoever was drawn to stand at A
        drawn = [wins(d, both=False, rng=seed) for seed in range(400)]
        np.testing.assert_allclose(np.mean(drawn, axis=0), 4.5, atol=0.4)


def test_wins_of_one_order_by_a_loop_and_a_tie_is_half():
    d = np.random.default_rng(3).normal(size=(6, 6))
    np.fill_diagonal(d, 0)
    first = np.random.default_rng(5).random((6, 6)) < 0.5
    expected = np.zeros(6)
    for i in range(6):
        for j in range(i + 1, 6):
            a, b = (i, j) if first[i, j] else (j, i)
            expected[a if d[a, b] > 0 else b] += 1
    np.testing.assert_array_equal(wins(d, both=False, rng=5), expected)
    np.testing.assert_array_equal(wins(np.zeros((4, 4))), np.full(4, 1.5))
    with pytest.raises(TypeError, match="None"):
        wins(d, both=False, rng=None)


# All at once


@pytest.mark.parametrize(("n", "n_orders"), [(20, 5), (20, 1), (10, 10), (6, 2)])
def test_rotations_bring_each_film_to_places_evenly_far_apart(n, n_orders):
    orders = rotations(n, n_orders, rng=0)
    assert orders.shape == (n_orders, n)
    places = np.argsort(orders, axis=1)  # of each film in each order
    assert (np.sort(orders, axis=1) == np.arange(n)).all()
    gaps = np.diff(np.sort(places, axis=0), axis=0)
    assert (gaps == n // n_orders).all()
    assert np.array_equal(orders, rotations(n, n_orders, rng=np.random.default_rng(0)))
    assert not np.array_equal(orders, rotations(n, n_orders, rng=1))


@pytest.mark.parametrize(
    ("n_orders", "message"), [(0, "n_orders"), (21, "n_orders"), (2.0, "n_orders"), (3, "divides 20, received 3")]
)
def test_orders_that_do_not_fit_are_refused(n_orders, message):
    with pytest.raises(ValueError, match=message):
        rotations(20, n_orders, rng=0)


@pytest.mark.parametrize("wording", LISTS)
def test_the_list_stands_in_the_prompt_with_numbers(wording):
    prompt = list_prompt(wording, ["Heat (1995)", "Up (2009)"], TITLES)
    assert "1. Film a (1990)\n2. Film b (1991)\n" in prompt and "\n10. Film j (1999)\n" in prompt
    assert "Heat (1995); Up (2009)" in prompt and "{" not in prompt


class Lists:
    """Answers with the best five by worth, or with the first five lines of the list; some calls are bad."""

    def __init__(self, copies=False, bad=()):
        self.copies, self.bad, self.calls, self.settings = copies, bad, 0, None

    def generate(self, prompt, **settings):
        self.calls, self.settings = self.calls + 1, settings
        if self.calls in self.bad:
            if self.bad == "raises":
                raise BadAnswer("time-out", "late")
            return self.bad[self.calls]
        shown = re.findall(r"^\d+\. (.+)$", prompt, re.MULTILINE)
        named = shown if self.copies else sorted(shown, key=WORTH.get, reverse=True)
        return "\n".join(named[:NAMED])


def test_who_chooses_by_worth_gives_the_same_ranks_in_every_order():
    client = Lists()
    ranks, kinds = listwise(client, "titles", ["X"], TITLES, rotations(10, 5, rng=0), rng=0)
    assert kinds == [None] * 5 and client.calls == 5 and client.settings == {"max_tokens": 96}
    expected = np.full(10, 8.0)  # the mean of the ranks 6 to 10
    for rank, title in enumerate(sorted(TITLES, key=WORTH.get, reverse=True)[:5], 1):
        expected[TITLES.index(title)] = rank
    assert (ranks == expected).all() and ranks.sum() == 5 * 55


def test_the_mean_over_rotations_leaves_nothing_of_copying():
    orders = rotations(10, 10, rng=3)
    ranks, _ = listwise(Lists(copies=True), "titles", ["X"], TITLES, orders, rng=0)
    assert [ranks[turn, order].tolist() for turn, order in enumerate(orders)] == [[1, 2, 3, 4, 5, 8, 8, 8, 8, 8]] * 10
    np.testing.assert_allclose(ranks.mean(axis=0), 5.5)


def test_a_bad_answer_is_named_and_replaced_whole():
    orders, bad = rotations(10, 5, rng=0), {2: " ", 4: "Film a (1990)\nFilm z (1890)"}
    ranks, kinds = listwise(Lists(bad=bad), "titles", ["X"], TITLES, orders, rng=0)
    assert kinds == [None, "empty", None, "unknown titles", None]
    good, _ = listwise(Lists(), "titles", ["X"], TITLES, orders, rng=0)
    assert [(a == b).all() for a, b in zip(ranks, good)] == [True, False, True, False, True]
    assert all(sorted(row) == [1, 2, 3, 4, 5, 8, 8, 8, 8, 8] for row in ranks.tolist())
    again, _ = listwise(Lists(bad=bad), "titles", ["X"], TITLES, orders, rng=0)
    other, _ = listwise(Lists(bad=bad), "titles", ["X"], TITLES, orders, rng=1)
    assert (again == ranks).all() and not (other == ranks).all()
    served, _ = listwise(Lists(bad=bad), "titles", ["X"], TITLES, orders, fallback="retrieved")
    assert served[1, orders[1]].tolist() == [1, 2, 3, 4, 5, 8, 8, 8, 8, 8], "the list as it was shown"


def test_a_random_fallback_needs_an_rng():
    with pytest.raises(TypeError, match="None"):
        listwise(Lists(), "titles", ["X"], TITLES, rotations(10, 5, rng=0))
    with pytest.raises(ValueError, match="fallback"):
        listwise(Lists(), "titles", ["X"], TITLES, rotations(10, 5, rng=0), fallback="none", rng=0)
    with pytest.raises(KeyError, match="unheard"):
        list_prompt("unheard", [], TITLES)
