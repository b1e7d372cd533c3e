"""Films as words of codes: tree, neighbours and beams against the library on the same bytes; keyboard, axe, address."""

import numpy as np
import pytest

import explore
import explore_codes as tool
from browser_pages import tab_to
from recsys_lib.models.beam import beam_search
from recsys_lib.models.semantic_ids import PrefixTree

pytestmark = pytest.mark.browser
PAGE = "book/explore/codes"
FOCUS = "document.activeElement"
ALIEN = "#film=78748"


@pytest.fixture
def page(open_page):
    """The page as it opens, for a test that acts on it."""
    return open_page(PAGE)


@pytest.fixture(scope="module")
def value():
    return {
        name: explore.read_script((explore.DATA / f"{name}.js").read_text("utf-8")) for name in ("codes", "code_beams")
    }


@pytest.fixture(scope="module")
def trees(value):
    return {kind: PrefixTree(tool.words_of(value["codes"]["kinds"][kind])) for kind in tool.KINDS}


@pytest.fixture(scope="module")
def titles(value):
    return value["codes"]["titles"].split("\n")


def reading(page, n=0):
    return page.locator(".explore-reading").nth(n).inner_text()


def listed(page, name):
    return page.locator(f".codes-{name} li").all_inner_texts()


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


# --- What is computed ---


def test_tree_and_nearest_are_the_librarys(kept_page, value, trees):
    films = list(range(0, len(trees["text"].words), 53))
    found = kept_page(PAGE).evaluate(
        """async ([kinds, some]) => {
            const data = await films.load("codes");
            return kinds.map((kind) => some.map((film) => {
                const { word, under, near } = data.kinds[kind], of = word(film);
                const beginnings = [0, 1, 2, 3, 4].map((n) => under.get(of.slice(0, n).join()));
                return [of, words.in_tree(data, kind, film, 6), beginnings, [...near.subarray(film * 6, film * 6 + 6)],
                    some.map((other) => words.shared(of, word(other)))];
            }));
        }""",
        [list(tool.KINDS), films],
    )
    likes = np.array(tool.unpacked(value["codes"]["likes"], "uint16"), int)
    for kind, of_kind in zip(tool.KINDS, found, strict=True):
        tree, near = trees[kind], tool.of_twelve(value["codes"]["kinds"][kind]["near"]).reshape(-1, tool.NEAREST)
        without = tool.unpacked(value["codes"]["kinds"][kind]["without"], "uint16")  # films with another's vector
        for film, (word, in_tree, under, nearest, common) in zip(films, of_kind, strict=True):
            assert word == tree.words[film].tolist() and nearest == near[film].tolist()
            assert under == [tree.below(word[:level]).tolist() for level in range(tool.LENGTH + 1)]
            share = tool.shared(tree.words, film, np.arange(len(tree.words)))
            assert common == share[films].tolist()
            order = np.lexsort((np.arange(len(share)), -likes, -share))
            assert in_tree == order[(order != film) & ~np.isin(order, without)][:6].tolist()


def test_beams_are_those_of_the_library(kept_page, value, trees):
    found = kept_page(PAGE).evaluate(
        """async (kinds) => {
            const data = await films.load("codes"), people = await films.load("code_beams");
            const parts = (beam) =>
                [beam.map(({ word }) => word), beam.map(({ total }) => total), beam.tried, beam.inside];
            const of = (person, kind, width) =>
                words.beams(person.kinds[kind].rows, data.kinds[kind].under, width).slice(1).map(parts);
            const widths = [1, 2, 3, 7, 10];
            return kinds.map((kind) => people.map((person) => widths.map((width) => of(person, kind, width))));
        }""",
        list(tool.KINDS),
    )
    for kind, of_kind in zip(tool.KINDS, found, strict=True):
        tree = trees[kind]
        for person, of_person in zip(value["code_beams"]["people"], of_kind, strict=True):
            rows = tool.restored_rows(person["kinds"][kind])
            for width, steps in zip((1, 2, 3, 7, 10), of_person, strict=True):
                expected = beam_search(tool.Stored.start(), tool.Stored(rows), width=width, tree=tree)
                inside = tool.inside(rows, tree, width)
                for step, (words, sums, tried, share) in enumerate(steps):
                    codes, totals = (of[0].tolist() for of in expected[step])
                    assert words == codes and sums == totals
                    before = expected[step - 1][0][0] if step else np.empty((1, 0), int)
                    assert tried == sum(len(np.unique(tree.words[tree.below(word), step])) for word in before)
                    assert share == pytest.approx(inside[step], abs=1e-6)


# --- The tree ---


def test_it_opens_with_a_film_and_one_step(kept_page, trees, titles):
    page = kept_page(PAGE)
    film = titles.index("Alien")
    word = trees["text"].words[film]
    assert reading(page).startswith(f"Alien is {' · '.join(map(str, word[:3]))}. Its first code is shared by ")
    others = [len(trees["text"].below(word[:level])) - 1 for level in (1, 2, 3)]
    assert f"shared by {others[0]} other film" in reading(
        page
    ) and f"first two by {others[1]}, all three by {others[2]}" in reading(page)
    assert page.locator(".codes-tiles input:checked").count() == 3
    assert reading(page, 1).startswith(
        "Step 1 of 4. 64 beginnings lead to a film; the model gives them 100.0\xa0% of the probability of this code. "
        "Kept: the likeliest 10, together "
    )
    assert page.locator(".codes-now li").count() == 10 and page.locator(".codes-drawn rect").count() == 11
    for n in (0, 1):
        assert page.locator(".explore-heard").nth(n).text_content() == reading(page, n)


def test_walking_down_by_keyboard_alone(page, trees, value, titles):
    likes = np.array(tool.unpacked(value["codes"]["likes"], "uint16"), int)
    first = trees["text"].words[titles.index("Alien"), 0]
    tab_to(page, f"{first}: ")
    page.keyboard.press("ArrowRight")
    code = int(page.locator(".codes-tiles").first.locator("input:checked").get_attribute("aria-label").split(":")[0])
    assert code != first and page.locator(".codes-tiles input:checked").count() == 1
    under = trees["text"].below([code])
    best = under[np.lexsort((under, -likes[under]))][:8]
    assert [line.split("\n")[0].rsplit(" (", 1)[0] for line in listed(page, "here")] == [
        titles[i].split(" (")[0] for i in best
    ]
    assert f"8 of {len(under)} films" in page.locator(".codes-here .explore-note").inner_text()
    enabled = page.locator(".codes-levels fieldset:nth-child(2) input:enabled")
    assert enabled.count() == len(np.unique(trees["text"].words[under, 1]))
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.locator(".codes-tiles input:checked").count() == 2
    assert page.locator(".codes-here h2").inner_text().startswith(f"Under {code} · ")
    assert reading(page).startswith("Alien is"), "a walk leaves the film"


def test_a_film_is_found_by_typing_and_its_neighbours_are_walked_to(page, trees, titles):
    tab_to(page, "Find a film")
    page.keyboard.type("the matrx")
    page.keyboard.press("Enter")
    assert reading(page).startswith("The Matrix is ")
    film = titles.index("The Matrix")
    common = tool.shared(trees["text"].words, film, np.arange(len(titles)))
    for name in ("tree", "near"):
        for line in listed(page, name):
            title, number = line.split("\n")
            assert int(number.split()[0].replace("–", "0")) in {
                common[i] for i, t in enumerate(titles) if t.split(" (")[0] == title.rsplit(" (", 1)[0]
            }
    second = listed(page, "near")[1].split("\n")[0].rsplit(" (", 1)[0]
    page.locator(".codes-near button").nth(1).focus()
    page.keyboard.press("Enter")
    assert reading(page).startswith(f"{second} is ")
    page.get_by_role("status").filter(has_text=f"{second} is ").wait_for(state="attached")


def test_the_switch_changes_words_neighbours_and_beam(page, trees, titles):
    before = [listed(page, name) for name in ("tree", "near", "now")]
    tab_to(page, "Text")
    page.keyboard.press("ArrowRight")
    word = trees["collaborative"].words[titles.index("Alien")]
    assert reading(page).startswith(f"Alien is {' · '.join(map(str, word[:3]))}")
    assert all(listed(page, name) != old for name, old in zip(("tree", "near", "now"), before))


def test_a_film_without_a_vector_of_its_own_says_so(open_page, value, titles):
    film = tool.unpacked(value["codes"]["kinds"]["collaborative"]["without"], "uint16")[0]
    number = tool.unpacked(value["codes"]["ids"], "uint32")[film]
    page = open_page(PAGE, query=f"#film={number}&codes=collaborative")
    assert "drawn at random" in reading(page) and not listed(page, "near")
    page.get_by_label("Text", exact=True).check()
    assert "drawn at random" not in reading(page) and len(listed(page, "near")) == 6


@pytest.mark.parametrize("how", ["by mouse", "by space"])
def test_a_code_above_goes_back_up(page, how):
    tile = page.locator(".codes-tiles").first.locator("label:has(input:checked)")
    if how == "by mouse":
        tile.click()
    else:
        tile.locator("input").focus()
        page.keyboard.press("Space")
    assert page.locator(".codes-tiles input:checked").count() == 1


# --- The beam ---


def test_four_steps_forth_and_back(page, value, trees, titles):
    person = value["code_beams"]["people"][5]  # whose next film the beam finds
    assert page.get_by_label("A person of the test").input_value() == "5"
    tree, rows = trees["text"], tool.restored_rows(person["kinds"]["text"])
    steps = beam_search(tool.Stored.start(), tool.Stored(rows), width=10, tree=tree)
    target = tree.words[person["next"]]
    shown = [listed(page, "now")]
    for step in (2, 3, 4):
        press(page, "Next step")
        shown.append(listed(page, "now"))
        assert reading(page, 1).startswith(f"Step {step} of 4. ")
        there = any((word == target[:step]).all() for word in steps[step - 1][0][0])
        assert there and ("is among them." if step < 4 else "is in place 9.") in reading(page, 1)
    assert page.get_by_role("button", name="Next step").is_disabled()
    films = tree.find(steps[-1][0][0])
    for line, film in zip(shown[3], films, strict=True):
        assert titles[film].split(" (")[0] in line.split("\n")[0]
    same = len(set(films.tolist()) & set(person["kinds"]["text"]["best"]))
    assert reading(page, 1).endswith(f"Of the 10 likeliest of all words, {same} are here.")
    assert [line.startswith("●") for line in shown[3]] == (films == person["next"]).tolist()
    for step in (3, 2, 1):
        press(page, "One back")
        assert listed(page, "now") == shown[step - 1]
    press(page, "Start again")
    assert (
        reading(page, 1).startswith("Nothing is written yet")
        and page.get_by_role("button", name="One back").is_disabled()
    )


def test_the_next_film_with_anothers_word_is_said_to_be_so(open_page, value):
    without = set(tool.unpacked(value["codes"]["kinds"]["collaborative"]["without"], "uint16").tolist())
    drawn = [i for i, person in enumerate(value["code_beams"]["people"]) if person["next"] in without]
    assert [i + 1 for i in drawn] == [9]
    page = open_page(PAGE, query=f"{ALIEN}&codes=collaborative&person=9&step=4")
    assert "has the word of another film" in reading(page, 1) and "was dropped" not in reading(page, 1)


def test_a_film_dropped_by_the_beam_is_said_to_be(open_page, value, trees):
    person, tree = value["code_beams"]["people"][0], trees["text"]
    rows, target = tool.restored_rows(person["kinds"]["text"]), tree.words[person["next"]]
    steps = beam_search(tool.Stored.start(), tool.Stored(rows), width=10, tree=tree)
    kept = [(codes[0] == target[: level + 1]).all(axis=1).any() for level, (codes, _totals) in enumerate(steps)]
    page = open_page(PAGE, query=f"{ALIEN}&person=1&step=4")
    assert f", was dropped in step {kept.index(False) + 1}." in reading(page, 1)
    assert not any(line.startswith("●") for line in listed(page, "now"))


def test_the_focus_stays_where_a_button_switches_itself_off(page):
    def focused():
        return page.evaluate(f"{FOCUS}.innerText")

    page.get_by_role("button", name="Next step").focus()
    for expected in ("Next step", "Next step", "One back"):
        page.keyboard.press("Enter")
        page.wait_for_timeout(50)  # the browser takes the focus off a disabled button when it draws
        assert focused() == expected
    for expected in ("One back", "One back", "One back", "Next step"):
        page.keyboard.press("Enter")
        page.wait_for_timeout(50)
        assert focused() == expected
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Start again").focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(50)
    assert focused() == "Next step" and reading(page, 1).startswith("Nothing is written yet")


def test_on_a_phone_a_line_begins_with_the_codes_and_boxes_stay_apart(open_page):
    page = open_page(PAGE, width=360)
    rows = page.locator(".codes-now li").evaluate_all(
        """(lines) => lines.map((line) => [".what", "strong"].map((of) => line.querySelector(of)
            .getBoundingClientRect())).map(([what, code]) => what.top - code.bottom)"""
    )
    assert len(rows) == 10 and min(rows) >= -2, rows  # codes stand above the films, not beside them
    boxes = page.locator(".codes-drawn rect").evaluate_all(
        "(boxes) => boxes.map((box) => box.getBoundingClientRect()).map(({ left, right }) => [left, right])"
    )
    columns = sorted({tuple(box) for box in boxes})
    assert len(columns) == 2 and columns[1][0] - columns[0][1] > 5, columns


def test_the_width_is_moved_by_keyboard(page):
    tab_to(page, "Beam width")
    page.keyboard.press("Home")
    assert len(listed(page, "now")) == 1 and page.locator(".codes-ask output").inner_text() == "1"
    for width in (2, 3):
        page.keyboard.press("ArrowRight")
        assert len(listed(page, "now")) == width
    page.get_by_role("status").filter(has_text="Kept: the likeliest 3, together").wait_for(state="attached")


def test_the_state_stands_in_the_address(open_page):
    query = "#codes=collaborative&film=133093&person=4&width=6&step=3"
    page = open_page(PAGE, query=query)
    assert reading(page).startswith("The Matrix is ") and reading(page, 1).startswith("Step 3 of 4")
    assert page.get_by_label("A person of the test").input_value() == "3" and len(listed(page, "now")) == 6
    press(page, "Next step")
    assert page.url.endswith("#codes=collaborative&film=133093&person=4&width=6&step=4")
    page.evaluate(f"location.hash = '{ALIEN}'")
    page.wait_for_function("document.querySelector('.explore-reading').textContent.startsWith('Alien')")
    assert page.locator(".codes-kind input:checked").input_value() == "text" and reading(page, 1).startswith(
        "Step 1 of 4"
    )
    page.emulate_media(media="print")
    assert page.locator(".codes-now").is_visible() and not page.locator(".explore-still").is_visible()
    for wrong in ("#film=abc&codes=x&person=11&width=0&step=9", "#film=&person=-1", "#"):
        page = open_page(PAGE, query=wrong)
        assert reading(page).startswith("Alien is") and reading(page, 1).startswith("Step 1 of 4. "), wrong


def test_axe_finds_nothing_in_any_state(open_page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for width, scheme in ((1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")):
        page = open_page(PAGE, width=width, scheme=scheme, query="#film=133093&codes=collaborative&step=4")
        page.mouse.move(1, 1)
        page.wait_for_timeout(200)
        found = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert not found, [(v["id"], v["nodes"][0]["target"]) for v in found]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
