"""What the page *Films as words of codes* computes with: words, nearest films and beams, against the library."""

import numpy as np
import pytest

import explore
import explore_codes as tool
from explore_models import unpacked
from front_lists import spelt
from recsys_lib.data import load_movietweetings, split_leave_last_out
from recsys_lib.data.sequences import sequences
from recsys_lib.models.beam import beam_search
from recsys_lib.models.content import film_texts
from recsys_lib.models.semantic_ids import PrefixTree, tell_apart

NAMES = ("codes", "code_beams")


@pytest.fixture(scope="module")
def scripts():
    """{name: text of the data script}."""
    return {name: (explore.DATA / f"{name}.js").read_text("utf-8") for name in NAMES}


@pytest.fixture(scope="module")
def stored(scripts):
    """{name: value of the data script}."""
    return {name: explore.read_script(text) for name, text in scripts.items()}


@pytest.fixture(scope="module")
def words(stored):
    """{kind: words of all films}."""
    return {kind: tool.words_of(stored["codes"]["kinds"][kind]) for kind in tool.KINDS}


@pytest.fixture(scope="module")
def text():
    return (explore.ROOT / "book" / "explore" / "codes.md").read_text("utf-8")


@pytest.fixture(scope="module")
def split():
    return split_leave_last_out(load_movietweetings().k_core(user=3, item=3))


def test_page_weighs_at_most_400_kb(scripts):
    static = explore.DATA.parent
    files = (static / "codes.js", static / "words.js", static.parent / "css" / "explore_codes.css")
    own = sum(file.stat().st_size for file in files)
    assert own + sum(len(text.encode()) for text in scripts.values()) <= 400_000
    for text in scripts.values():
        head = text.split("*/")[0]
        for said in ("MIT License", "Simon Dooms", "MovieTweetings", "Seeds:", "keras", "numpy"):
            assert said in head
        assert "GroupLens" not in head


@pytest.mark.parametrize("n", [0, 1, 2, 7, 1000])
def test_numbers_below_4096_are_read_as_they_were_written(n):
    numbers = np.random.default_rng(n).integers(0, 4096, n)
    assert tool.of_twelve(tool.twelve(numbers))[:n].tolist() == numbers.tolist()
    for wrong in (-1, 4096):
        with pytest.raises(ValueError, match="from 0 to 4,095"):
            tool.twelve([5, wrong])


def test_films_are_the_datas(stored, split):
    value, data = stored["codes"], split.before("test")
    assert value["titles"].split("\n") == data.item_table["title"].tolist()
    assert unpacked(value["ids"], "uint32").tolist() == [int(i) for i in data.item_table["item_id"]]
    np.testing.assert_array_equal(unpacked(value["likes"], "uint16"), np.bincount(data.item, minlength=data.n_items))
    bits = unpacked(value["genres"], "uint32")
    for film in (0, 900, data.n_items - 1):
        named = {name for g, name in enumerate(value["genreNames"]) if bits[film] >> g & 1}
        assert named == set(data.item_table["genres"].iloc[film].split("|"))


def test_each_film_has_a_word_of_its_own(stored, words):
    for kind, of_kind in words.items():
        tree = PrefixTree(of_kind)
        assert of_kind.shape == (tree.words.shape[0], tool.LENGTH) and tree.n_codes == tool.SIZE
        cell, last = np.unique(of_kind[:, : tool.LEVELS], axis=0, return_inverse=True)[1].ravel(), of_kind[:, -1]
        order = np.lexsort((last, cell))
        start = np.append(True, np.diff(cell[order]) > 0)
        assert not last[order][start].any(), kind  # 0, 1, 2 … within a cell
        assert (np.diff(last[order])[~start[1:]] == 1).all(), kind


def test_text_codes_come_out_again(stored, words):
    pytest.importorskip("keras")
    try:
        vectors, made = tool.made("text")
    except FileNotFoundError as error:
        pytest.skip(f"the encoder is not installed: {error}")
    # another processor may put a film that lies between two means into the other cell
    assert (made[:, 0] == words["text"][:, 0]).mean() > 0.98
    near = tool.of_twelve(stored["codes"]["kinds"]["text"]["near"]).reshape(-1, tool.NEAREST)
    assert (near == tool.nearest(vectors)).mean() > 0.98


def test_nearest_are_the_nearest_by_cosine():
    vectors = np.random.default_rng(0).normal(size=(40, 6))
    cosine = vectors @ vectors.T / np.linalg.norm(vectors, axis=1) / np.linalg.norm(vectors, axis=1)[:, None]
    np.fill_diagonal(cosine, -2)
    np.testing.assert_array_equal(tool.nearest(vectors, 5), np.argsort(-cosine, axis=1)[:, :5])


def test_what_was_counted_comes_out_again(stored, words):
    """Film by film, with the library's tree."""
    value_of = stored["codes"]
    for kind, of_kind in words.items():
        value, tree = value_of["kinds"][kind], PrefixTree(of_kind)
        near = tool.of_twelve(value["near"]).reshape(-1, tool.NEAREST)
        without = set(unpacked(value["without"], "uint16").tolist())
        own = [film for film in range(len(of_kind)) if film not in without]
        assert not without & set(near[own].ravel().tolist()) and (kind == "collaborative") == bool(without)
        some, told = own[::97], value["counted"]
        for film in some:
            for levels, name in ((1, "one"), (2, "two")):
                there = np.isin(near[film], tree.below(of_kind[film, :levels])).sum()
                assert there == (tool.shared(of_kind, film, near[film]) >= levels).sum(), name
        cells = np.unique(of_kind[own][:, : tool.LEVELS], axis=0, return_counts=True)[1]
        assert [told["cells"], told["alone"], told["largest"]] == [len(cells), (cells == 1).sum(), cells.max()]
        common = tool.shared(of_kind, np.array(own)[:, None], near[own])
        assert told["one"] == pytest.approx((common >= 1).sum(axis=1).mean(), abs=0.006)
        assert told["two"] == pytest.approx((common >= 2).sum(axis=1).mean(), abs=0.006)
        years, first = unpacked(value_of["years"], "uint16")[own].astype(float), of_kind[own, 0]
        mean = np.array([years[first == code].mean() for code in range(tool.SIZE)])[first]  # of each film's group
        assert told["year"] == pytest.approx(np.corrcoef(mean, years)[0, 1] ** 2, abs=0.006)
        rng = np.random.default_rng(0)
        a, b = rng.choice(own, (2, 200_000))
        apart = a != b
        drawn = (of_kind[a[apart], 0] == of_kind[b[apart], 0]).mean() * tool.NEAREST
        assert told["chance"] == pytest.approx(drawn, abs=0.02)


# --- Beams ---


def test_people_are_drawn_from_the_test_and_nothing_of_it_is_in_their_history(stored, split):
    order, asked = sequences(split.before("test")), sequences(split.test)
    n = order.lengths
    candidates = np.unique(split.test.user)
    candidates = candidates[n[candidates] >= tool.FEWEST]
    drawn = np.sort(np.random.default_rng(tool.SEED).choice(candidates, tool.PEOPLE, replace=False))
    for user, person in zip(drawn, stored["code_beams"]["people"], strict=True):
        assert person["history"] == order.items[order.indptr[user] : order.indptr[user + 1]].tolist()
        assert [person["next"]] == asked.items[asked.indptr[user] : asked.indptr[user + 1]].tolist()
        assert person["next"] not in person["history"]


def test_rows_are_probabilities_and_hold_all_that_a_beam_asks_for(stored, words):
    for person in stored["code_beams"]["people"]:
        for kind, value in person["kinds"].items():
            rows, tree = tool.restored_rows(value), PrefixTree(words[kind])
            for beginning, row in rows.items():
                if len(beginning) < tool.LEVELS:  # in the last row, films without a rating have a share of their own
                    assert np.exp(row / tool.THOUSAND).sum() == pytest.approx(1, abs=0.002), beginning
            for width in range(1, tool.WIDEST + 1):
                for held in (True, False):
                    found = tool.found(rows, tree, width, held=held)  # KeyError where a row is missing
                    assert found.shape == (width, tool.LENGTH)
            assert (tree.find(tool.found(rows, tree)) >= 0).all()


def test_the_text_says_what_was_counted(text, stored):
    text_codes, of_ratings = (stored["codes"]["kinds"][kind]["counted"] for kind in tool.KINDS)
    told, by_ratings = (stored["code_beams"]["told"][kind] for kind in tool.KINDS)
    n = len(stored["codes"]["titles"].split("\n"))
    own = n - len(unpacked(stored["codes"]["kinds"]["collaborative"]["without"], "uint16"))

    def share(number):
        return f"{number:.2f}".replace("0.", ".", 1)

    def people(number):
        return spelt(int(number)) if number else "none"

    for sentence in (
        f"There are {n:,} films to find",
        f"The first code of text explains {share(text_codes['year'])} of the variance of the year.",
        f"The first code of ratings explains {share(of_ratings['year'])}, ",
        f"Of the six nearest films by cosine, {text_codes['one']:.1f} share the first code in text and "
        f"{of_ratings['one']:.1f} in ratings",
        f"by chance it would be {share(text_codes['chance'])} and {share(of_ratings['chance'])}",
        f"The first two are shared by {text_codes['two']:.1f} and {of_ratings['two']:.1f}.",
        f"{text_codes['alone']:,} films have their first three codes for themselves in text, "
        f"{100 * text_codes['alone'] / n:.0f} %. In ratings it is {100 * of_ratings['alone'] / own:.0f} % "
        f"({of_ratings['alone']:,} of {own:,}).",
        f"a beam of ten finds {told['same']:.1f} in text and {by_ratings['same']:.1f} in ratings",
        f"In step three the model gives {told['third']:.1f} % of the probability to codes that lead to a film, in text "
        "and in ratings",
        f"among the ten words of {people(told['hits'])} of them in text (person ",
        f") and of {people(by_ratings['hits'])} in ratings",
        f"Without these last ratings {n - own} films have fewer than three",
    ):
        assert sentence in text, sentence
    assert f"{told['third']:.1f}" == f"{by_ratings['third']:.1f}"  # one number for both
    assert told["outside"] == by_ratings["outside"] == 0 and "without the tree writes the same ten words" in text


def test_the_opening_film_shows_what_the_text_says_of_it(text, stored, words, split):
    value, of_text = stored["codes"], words["text"]
    titles, years = value["titles"].split("\n"), unpacked(value["years"], "uint16")
    alien, aliens = titles.index("Alien"), titles.index("Aliens")
    near = tool.of_twelve(value["kinds"]["text"]["near"]).reshape(-1, tool.NEAREST)
    assert aliens in near[alien] and tool.shared(of_text, alien, aliens) == 0
    written = [" · ".join(map(str, of_text[film, : tool.LEVELS])) for film in (alien, aliens)]
    (one, other), second = of_text[[alien, aliens], 0], of_text[alien, 1]
    assert of_text[aliens, 1] == second
    below = [years[of_text[:, 0] == code] for code in (one, other)]
    fiction = unpacked(value["genres"], "uint32") >> value["genreNames"].index("Sci-Fi") & 1
    there = fiction[of_text[:, 1] == second]
    for sentence in (
        f"their words begin differently: {written[0]} and {written[1]}.",
        f"Group {one} holds films of {below[0].min()} to {below[0].max()}, "
        f"group {other} films of {below[1].min()} to {below[1].max()}",
        f"Both have {second} as second code: of the {len(there)} films with it, {100 * there.mean():.0f} % are science "
        f"fiction, of all films {100 * fiction.mean():.0f} %.",
        f"So second code {second} means the same",
        f"“{film_texts(split.before('test').item_table)[alien]}”",
    ):
        assert sentence in text, sentence


def test_a_beam_without_the_tree_writes_the_same_ten_words(stored, words):
    for person in stored["code_beams"]["people"]:
        for kind, value in person["kinds"].items():
            rows, tree = tool.restored_rows(value), PrefixTree(words[kind])
            assert tool.found(rows, tree).tolist() == tool.found(rows, tree, held=False).tolist()


def test_what_the_text_counts_of_ten_people_comes_out_again(stored, words):
    for kind, told in stored["code_beams"]["told"].items():
        tree, same, outside, hits, third = PrefixTree(words[kind]), [], [], [], []
        for person in stored["code_beams"]["people"]:
            value = person["kinds"][kind]
            rows = tool.restored_rows(value)
            films = tree.find(tool.found(rows, tree))
            same.append(len(set(films.tolist()) & set(value["best"])))
            outside.append((tree.find(tool.found(rows, tree, held=False)) < 0).sum())
            hits.append(person["next"] in films)
            third.append(100 * tool.inside(rows, tree)[2])
        again = [np.mean(same), np.mean(outside), np.sum(hits), np.mean(third)]
        assert again == pytest.approx(list(told.values()), abs=0.006)


def test_the_text_says_what_beams_do_for_ten_people(text, stored, words):
    of_kinds = {}
    for kind in tool.KINDS:
        tree, told = PrefixTree(words[kind]), {"first": {}, "hits": [], "dropped": [], "rated": 0}
        for number, person in enumerate(stored["code_beams"]["people"], start=1):
            value = person["kinds"][kind]
            rows, target = tool.restored_rows(value), tree.words[person["next"]]
            for width in (1, tool.WIDEST):
                likeliest = tree.find(tool.found(rows, tree, width))[0] == value["best"][0]
                told["first"][width] = told["first"].get(width, 0) + likeliest
            steps = beam_search(tool.Stored.start(), tool.Stored(rows), width=tool.WIDEST, tree=tree)
            kept = [(codes[0] == target[: level + 1]).all(axis=1).any() for level, (codes, _totals) in enumerate(steps)]
            films = tree.find(steps[-1][0][0])
            told["dropped"].append(len(kept) if all(kept) else kept.index(False))
            told["rated"] += np.isin(films, person["history"]).sum()
            if person["next"] in films:
                told["hits"].append(number)
        of_kinds[kind] = told
    of_text, of_ratings = of_kinds.values()
    assert of_text["first"][tool.WIDEST] == of_ratings["first"][tool.WIDEST] == tool.PEOPLE
    (person,), dropped = of_text["hits"], np.bincount(of_text["dropped"], minlength=3)
    assert not of_ratings["hits"] and dropped[:2].sum() == tool.PEOPLE - 1
    for sentence in (
        f"It is for {spelt(int(of_text['first'][1]))} of the ten people in text and for "
        f"{spelt(int(of_ratings['first'][1]))} in ratings; with width {tool.WIDEST}, for all ten.",
        f"among the ten words of one of them in text (person {person}) and of none in ratings",
        f"dropped in step 1 for {spelt(int(dropped[0]))} people and in step 2 for {spelt(int(dropped[1]))}.",
        f"{of_text['rated']} of {tool.PEOPLE * tool.WIDEST} in text and {of_ratings['rated']} in ratings.",
    ):
        assert sentence in text, sentence
    script = (explore.DATA.parent / "codes.js").read_text("utf-8")
    assert f"ASKED = {person};" in script  # the page opens with this person


@pytest.fixture(scope="module")
def small():
    """A decoder of a few seconds over words drawn at random, with a film that nobody rated in training."""
    pytest.importorskip("keras")
    from recsys_lib.models.generative import GenerativeRetrieval

    data = load_movietweetings().k_core(user=12, item=12)
    train = data.take(data.item != 3)
    rng = np.random.default_rng(0)
    cells = rng.integers(0, 6, (data.n_items, tool.LEVELS))
    made = tell_apart(cells, n_codes=tool.SIZE, rng=0)
    settings = dict(n_codes=tool.SIZE, n_factors=16, n_layers=1, n_heads=1, epochs=2, implicit=True)
    return GenerativeRetrieval(made, **settings).fit(train)


def test_beams_over_stored_rows_are_those_of_the_network(small):
    """All that the page may do: its rows, written and read again, give the beams of the model itself."""
    for user in (0, 1, 2):
        state = small.states([user])[0]
        rows = tool.restored_rows(tool.stored_rows(tool.rows_of_beams(small, state)))
        for width in (1, 3, tool.WIDEST):
            items, log_p = small.search([user], width=width)
            words, totals = (
                of[0] for of in beam_search(tool.Stored.start(), tool.Stored(rows), width=width, tree=small.tree_)[-1]
            )
            np.testing.assert_allclose(totals / tool.THOUSAND, log_p[0], atol=0.0021)
            apart = np.append(np.diff(log_p[0]) < -0.005, True) & np.append(True, np.diff(log_p[0]) < -0.005)
            np.testing.assert_array_equal(small.tree_.find(words)[apart], items[0][apart])
            free = beam_search(state[None], small.network_, width=width)[tool.LEVELS - 1][1][0]
            again = beam_search(tool.Stored.start(), tool.Stored(rows), width=width)[tool.LEVELS - 1][1][0]
            np.testing.assert_allclose(again / tool.THOUSAND, free, atol=0.0016)
