"""A ranked list is read out of free text by strict rules, and what is bad about an answer has one name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_lib.llm_client import BadAnswer
from recsys_lib.llm_lists import KINDS, ranked, read_list

TITLES = [
    "Alien (1979)",
    "Heat (1995)",
    "Matrix, The (1999)",
    "Godzilla (1954)",
    "Godzilla (1998)",
    "300 (2007)",
    "Cook, the Thief, His Wife & Her Lover, The (1989)",
    "2001: A Space Odyssey (1968)",
    "12 Angry Men (1957)",
    "Airplane! (1980)",
]
GOOD = [
    ("3, 1, 2", [2, 0, 1]),
    ("3,1,2.", [2, 0, 1]),
    ("3\n1\n2", [2, 0, 1]),
    ("[3] > [1] > [2]", [2, 0, 1]),
    ("[3, 1, 2]", [2, 0, 1]),
    ("3; 1; and 2", [2, 0, 1]),
    ("1. 3\n2. 1\n3. 2", [2, 0, 1]),
    ("1. Alien (1979)\n2. Heat (1995)\n3. Matrix, The (1999)", [0, 1, 2]),
    ("1) Alien\n(2) heat\n3. THE MATRIX", [0, 1, 2]),
    ("- Alien\n* “Heat”\n• **The Matrix (1999)**", [0, 1, 2]),
    ("7. Heat\n9. Alien\n1. The Matrix", [1, 0, 2]),
    ("Alien, Heat, Matrix, The", [0, 1, 2]),
    ("Alien, Cook, the Thief, His Wife & Her Lover, The, Heat", [0, 6, 1]),
    ('["Alien", "Heat", "300"]', [0, 1, 5]),
    ("1. 2001: A Space Odyssey\n2. 12 Angry Men\n3. Airplane!", [7, 8, 9]),
    ("1. Alien (1979) - a classic, and dark\n2. **Heat (1995)**: slow\n3. 300", [0, 1, 5]),
    ("Godzilla (1998), Godzilla (1954), Alien", [4, 3, 0]),
    ("Here is your list, as you wished:\n\n1. Alien\n2. Heat\n3. 300\n\nI hope that this helps!", [0, 1, 5]),
    ("Alien\nHeat\nAlien\nALIEN (1979)\n1\n300\nTitanic", [0, 1, 5]),
]
BAD = [
    ("", "empty", []),
    (" \n\t ", "empty", []),
    ("Titanic, Up, Alien", "unknown titles", []),
    ("1. Alien\n2. The Long Way to a Place that Nobody Has Ever Filmed\n3. Heat", "unknown titles", [0]),
    ("Alien, Titanic.", "unknown titles", [0]),
    ("Alien (1980), Heat, 300", "unknown titles", []),
    ("Alien 3, Heat, 300", "unknown titles", []),
    ("Godzilla, Alien, Heat", "unknown titles", []),
    ("3, 1, 11", "unknown titles", [2, 0]),
    ("0, 1, 2", "unknown titles", []),
    ("-1, 2, 3", "unknown titles", []),
    ("1. Alien\n2. Titanic", "unknown titles", [0]),
    ("1. Tita", "unknown titles", []),
    ("Based on your likes, I recommend Alien.", "not a list", []),
    ("I think that you would like a film such as Alien, Heat", "not a list", []),
    ("Sure:", "not a list", []),
    ("Sure!\n1. Alien\n2. Heat\n3. 300", "not a list", []),
    ("Sure:\nhere it comes:\n1. Alien\n2. Heat\n3. 300", "not a list", []),
    ("-\n-", "not a list", []),
    ("1.\n2.\n3.", "not a list", []),
    ("1. Alien\n2. Heat", "cut", [0, 1]),
    ("1. Alien\n2. Heat\n3.", "cut", [0, 1]),
    ("1. Alien\n2. Heat\n3. The Mat", "cut", [0, 1]),
    ("Alien, Heat, Cook, the Thief, Hi", "cut", [0, 1]),
    ("1. Alien\n2. Heat\nI hope that this helps!", "cut", [0, 1]),
    ("3, 3, 3, 3", "cut", [2]),
    ("3,", "cut", [2]),
]


@pytest.mark.parametrize(("answer", "order"), GOOD)
def test_a_list_in_any_usual_form_is_read(answer, order):
    assert read_list(answer, TITLES, 3) == (order, None)


@pytest.mark.parametrize(("answer", "kind", "order"), BAD)
def test_what_is_bad_has_one_name(answer, kind, order):
    assert read_list(answer, TITLES, 3) == (order, kind)
    assert kind in KINDS


def test_a_place_goes_before_a_title_that_is_a_number():
    assert read_list("2", ["2 (2003)", "1 (2001)"], 1) == ([1], None)
    assert read_list("2 (2003)", ["2 (2003)", "1 (2001)"], 1) == ([0], None)
    assert read_list("1917", ["1917 (2019)", "Heat"], 1) == ([0], None)


@given(st.permutations(range(len(TITLES))), st.integers(1, len(TITLES)), st.sampled_from(["\n", ", ", "\n- "]))
def test_every_order_written_by_titles_is_read_back(order, k, between):
    for written in ([TITLES[i] for i in order], [str(i + 1) for i in order]):
        assert read_list(between.join(written), TITLES, k) == (list(order[:k]), None)


@given(st.text() | st.lists(st.sampled_from(["Alien", "3", ",", "\n", ".", ">", "1.", " and ", "x"])).map("".join))
def test_any_text_gives_places_or_a_kind(answer):
    order, kind = read_list(answer, TITLES, 4)
    assert len(set(order)) == len(order) <= 4 and set(order) <= set(range(len(TITLES)))
    assert (kind is None) == (len(order) == 4) and kind in (None, *KINDS[:4])


def test_a_long_answer_is_read_to_its_end():
    assert read_list("Alien," * 2000 + "Heat, 3", TITLES, 3) == ([0, 1, 2], None)
    assert read_list(", " * 100_000, TITLES, 3) == ([], "not a list")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((None, TITLES, 3), TypeError, "answer as a str, received NoneType"),
        (("1", TITLES, 0), ValueError, "expected k"),
        (("1", TITLES, 11), ValueError, "expected k"),
        (("1", [], 1), ValueError, "expected k"),
        (("1", "Alien", 1), TypeError, "expected titles as a list of str"),
        (("1", ["Alien", " "], 1), TypeError, "expected titles as a list of str"),
        (("1", ["Alien", 3], 1), TypeError, "expected titles as a list of str"),
        (("1", ["Alien", "alien"], 1), ValueError, "'alien' twice"),
    ],
)
def test_arguments_of_another_form_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        read_list(*arguments)


class Says:
    """A client with one answer, or one error."""

    name = "says"

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def generate(self, prompt, **settings):
        self.asked.append((prompt, settings))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_a_good_answer_is_the_list_whatever_the_fallback():
    for fallback in ({"fallback": "retrieved"}, {"fallback": "random", "rng": 0}):
        client = Says("3, 1, 2")
        order, kind = ranked(client, "Rank!", TITLES, 3, **fallback, max_tokens=9, temperature=0.5)
        assert order.tolist() == [2, 0, 1] and kind is None
        assert client.asked == [("Rank!", {"max_tokens": 9, "temperature": 0.5})]


@pytest.mark.parametrize("answer", ["", "3, 1", "3, 1, 99", "No.", BadAnswer("time-out", "late")])
def test_another_list_stands_whole_in_the_place_of_a_bad_answer(answer):
    order, kind = ranked(Says(answer), "Rank!", TITLES, 3, fallback="retrieved")
    assert order.tolist() == [0, 1, 2] and kind in KINDS
    order, again = ranked(Says(answer), "Rank!", TITLES, 3, fallback="random", rng=5)
    assert order.tolist() == np.random.default_rng(5).permutation(10)[:3].tolist() and again == kind
    lists = [ranked(Says(answer), "Rank!", TITLES, 3, fallback="random", rng=seed)[0] for seed in range(300)]
    assert np.bincount(np.ravel(lists), minlength=10) == pytest.approx(90, abs=40), "each title as often"


def test_other_errors_are_no_answers():
    with pytest.raises(KeyError):
        ranked(Says(KeyError("no record")), "Rank!", TITLES, 3, fallback="retrieved")
    with pytest.raises(ValueError, match="expected fallback to be one of 'random', 'retrieved', received None"):
        ranked(Says("1"), "Rank!", TITLES, 3, fallback=None)
    with pytest.raises(TypeError, match="nothing could be repeated"):
        ranked(Says("1"), "Rank!", TITLES, 3, fallback="random")
