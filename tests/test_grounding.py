"""Which named films exist, and a tree that lets a language model name no others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_lib.grounding import FOUND, HeldToTree, PrefixTree, Titles, likeliest, named_like, named_titles

END, STOP, VOCABULARY = 0, 9, 10
words = st.lists(st.integers(1, 8), min_size=1, max_size=4).map(tuple)
catalogues = st.lists(words, min_size=1, max_size=12, unique=True)


def written_by(held, logits, n_steps):
    """What a model writes that gives these logits at each step: list of lists, as `LanguageModel.write`."""
    written = [[] for _ in held.trees]
    ended = np.zeros(len(written), bool)
    for step in range(n_steps):
        chosen = held(logits[step % len(logits)], written)
        ended |= chosen == STOP
        for row in np.flatnonzero(~ended):
            written[row].append(int(chosen[row]))
        if ended.all():
            break
    return written


def brute_force(titles, logits, n_titles):
    """The same without a tree: at each step all titles that begin so are gone through."""
    left, named, written, step = dict(enumerate(titles)), [], [], 0
    while len(named) < n_titles:
        begun = ()
        while True:
            fitting = [(*title, END) for title in left.values() if (*title, END)[: len(begun)] == begun]
            tokens = {title[len(begun)] for title in fitting}
            row = logits[step % len(logits)]
            token = max(sorted(tokens), key=lambda t: row[t])
            begun, step = (*begun, token), step + 1
            written.append(token)
            if token == END:
                break
        place = next(place for place, title in left.items() if title == begun[:-1])
        named.append(place)
        del left[place]
    return named, written


@given(catalogues, st.integers(0, 1000), st.integers(1, 3))
def test_held_decoding_is_greedy_over_the_titles_that_are_left(titles, seed, n_titles):
    n_titles = min(n_titles, len(titles))
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(60, 2, VOCABULARY))
    tree = PrefixTree(titles, END)
    held = HeldToTree([tree, tree], n_titles, STOP)
    written = written_by(held, logits, 60)
    for row in range(2):
        named, expected = brute_force(titles, logits[:, row], n_titles)
        assert held.named[row] == named and written[row] == expected
        assert len(set(named)) == n_titles  # each of the catalogue, none twice
        parts = " ".join(map(str, written[row])).split(" 0")
        assert [tuple(map(int, part.split())) for part in parts[:-1]] == [titles[place] for place in named]


def test_log_p_is_the_free_models():
    titles = [(1, 2), (1, 3), (4,)]
    logits = np.random.default_rng(0).normal(size=(10, 1, VOCABULARY))
    held = HeldToTree([PrefixTree(titles, END)], 1, STOP)
    written = written_by(held, logits, 10)[0]
    free = logits[:, 0] - np.log(np.exp(logits[:, 0]).sum(axis=1, keepdims=True))
    assert held.log_p[0] == pytest.approx([free[step, token] for step, token in enumerate(written)])


def test_a_title_that_begins_another_can_end():
    tree = PrefixTree([(5,), (5, 6)], END)
    assert sorted(tree.allowed([5])) == [END, 6]
    logits = np.zeros((1, 1, VOCABULARY))
    logits[..., END] = 1
    held = HeldToTree([tree], 1, STOP)
    assert written_by(held, logits, 5) == [[5, END]] and held.named == [[0]]
    logits[..., END] = -1
    held = HeldToTree([tree], 2, STOP)
    assert written_by(held, logits, 9) == [[5, 6, END, 5, END]] and held.named == [[1, 0]]


def test_marks_are_written_before_the_titles():
    logits = np.random.default_rng(0).normal(size=(20, 1, VOCABULARY))
    held = HeldToTree([PrefixTree([(1, 2), (3,)], END)], 2, STOP, marks=[[7, 8], [8]])
    written = written_by(held, logits, 20)[0]
    titles = [[1, 2], [3]]
    assert written == [7, 8, *titles[held.named[0][0]], END, 8, *titles[held.named[0][1]], END]
    free = logits[:, 0] - np.log(np.exp(logits[:, 0]).sum(axis=1, keepdims=True))
    assert held.log_p[0] == pytest.approx([free[step, token] for step, token in enumerate(written)])
    with pytest.raises(ValueError, match="expected 2 marks, one a title, received 1"):
        HeldToTree([PrefixTree([(1,), (2,)], END)], 2, STOP, marks=[[7]])


def test_the_tree_says_what_may_come():
    tree = PrefixTree([[1, 2], [1, 3], [4]], END)
    assert tree.allowed([]) == [1, 4] and tree.allowed([1]) == [2, 3] and tree.allowed([1, 3]) == [END]
    assert tree.node([1, 3, END]) == 1 and tree.allowed([4, END]) == []
    with pytest.raises(KeyError, match=r"no title begins with the tokens \[1, 4\]"):
        tree.allowed([1, 4, 7])
    with pytest.raises(KeyError, match="no title begins"):
        tree.allowed([4, END, 1])


@given(catalogues, st.data())
def test_without_is_the_tree_of_the_others(titles, data):
    gone = data.draw(st.sets(st.integers(0, len(titles) - 1)))
    tree = PrefixTree(titles, END)
    rest = tree.without(gone)
    places = {title: place for place, title in enumerate(titles)}

    def paths(node, path=()):
        if not isinstance(node, dict):
            return {path[:-1]: node}
        return {name: place for token, child in node.items() for name, place in paths(child, (*path, token)).items()}

    assert paths(rest.root) == {title: place for title, place in places.items() if place not in gone}
    assert paths(tree.root) == places  # the first one is as it was
    for place in gone:
        with pytest.raises(KeyError, match="a title that is in the tree"):
            rest.without([place])


def test_a_bad_tree_is_refused():
    for titles, match in (
        ([[]], "received \\(\\) at place 0"),
        ([[1], [2, END]], "without the end 0, received \\(2, 0\\) at place 1"),
        ([[1], [2], [1]], "at places 0 and 2"),
    ):
        with pytest.raises(ValueError, match=match):
            PrefixTree(titles, END)


def test_a_tree_that_runs_out_says_so():
    held = HeldToTree([PrefixTree([(1,)], END)], 2, STOP)
    with pytest.raises(ValueError, match="expected 2 titles in the tree, it held 1"):
        written_by(held, np.zeros((1, 1, VOCABULARY)), 9)


def test_likeliest_takes_the_first_of_equals():
    assert likeliest([0.0, 1.0, 1.0], [2, 1]) == (2, pytest.approx(1 - np.log(1 + 2 * np.e)))
    token, log_p = likeliest([1000.0, 0.0], [1])
    assert token == 1 and log_p == pytest.approx(-1000)


# Named titles


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ("1. Heat (1995)\n2. Alien (1979) - slow, dark\n", ["Heat (1995)", "Alien (1979)"]),
        ('Here are five films:\n\n- "Up"\n* **Alien** (1979)', ["Up", "Alien (1979)"]),
        ("1. Heat: 1995; 2. Up - 2009\nTron, 1982.", ["Heat (1995)", "Up (2009)", "Tron (1982)"]),
        ("Blade Runner 2049 (2017)\nWonder Woman 1984\n-;", ["Blade Runner 2049 (2017)", "Wonder Woman 1984"]),
        ("12 Angry Men (1957)", ["12 Angry Men (1957)"]),
        ("I hope that you enjoy these films.\nUp\n2. What is it?", ["Up", "What is it?"]),
        ("I can only say that I have no films to show here", []),
        ("1. 1995; Alien (1979); Heat (199", ["Alien (1979)"]),
        ('1. "Raging Bull" (1980)\n“Up” (2009)\n2\n1996)', ["Raging Bull (1980)", "Up (2009)"]),
        (" \n", []),
    ],
)
def test_named_titles(answer, names):
    assert named_titles(answer) == names


def test_named_titles_refuses_what_is_no_text():
    with pytest.raises(TypeError, match="received NoneType"):
        named_titles(None)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("You liked ALIEN, so you will like this.", 0),
        ("As in Aliens (1986) and Alien.", 1),
        ("It is like Alien 3, only shorter.", 2),
        ("It is for everybody; aliens3 too.", None),
        ("", None),
    ],
)
def test_named_like(text, place):
    assert named_like(text, ["Alien (1979)", "Aliens (1986)", "Alien 3 (1992)"]) == place


def test_titles_are_looked_up():
    titles = Titles(["The Matrix (1999)", "Heat (1995)", "Heat (1986)", "Scorpio Rising"], ["Solo, The", "Heat"])
    assert titles.find("matrix, the (1999)") == ("in the catalogue", 0)
    assert titles.find("Heat (1986)") == ("in the catalogue", 2)
    assert titles.find("1995: Heat") == ("in the catalogue", 1)
    assert titles.find("1994: Heat (1995)") == ("in the catalogue", 1)
    assert titles.find("The Heat (1995)") == ("in the catalogue", 1)
    assert titles.find("scorpio rising") == ("in the catalogue", 3)
    assert titles.find("Heat (1987)") == titles.find("Heat") == ("another year", None)
    assert titles.find("The Solo (1970)") == ("another film", None)
    assert titles.find("The Return of Heat (1995)") == ("invented", None)
    assert {titles.find(name)[0] for name in ("Heat (1995)", "Heat", "Solo, The", "x")} == set(FOUND)


def test_titles_that_differ_in_nothing_are_refused():
    with pytest.raises(ValueError, match="received 'HEAT \\(1995\\)' twice"):
        Titles(["Heat (1995)", "HEAT (1995)"])
