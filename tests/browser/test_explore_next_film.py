"""The next film: the page's scores against Keras on the same int8 weights, the order by hand, the date, the address."""

import numpy as np
import pytest

import explore
import explore_next_film as tool
from browser_pages import tab_to

pytestmark = pytest.mark.browser
PAGE = "book/explore/next_film"
SUMMER = "#films=1483013,1300854,770828,1663662"  # Oblivion, Iron Man 3, Man of Steel, Pacific Rim
DATED = f"{SUMMER}&day=2013-06-20"
FOCUS = "document.activeElement"


@pytest.fixture
def page(open_page):
    """The page as it opens, for a test that acts on it."""
    return open_page(PAGE)


@pytest.fixture(scope="module")
def value():
    return explore.read_script((explore.DATA / "next_model.js").read_text("utf-8"))


def histories(n=20):
    rng = np.random.default_rng(1)
    return [rng.choice(tool.N_FILMS, rng.integers(1, 11), replace=False).tolist() for _number in range(n)]


def reading(page):
    return page.locator(".explore-reading").inner_text()


def order(page):
    return [text.split(" (")[0] for text in page.locator(".next-order .film").all_inner_texts()]


def titles(page):
    return page.locator(".next-list strong").all_inner_texts()


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


# --- What is computed ---


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis")  # of one film
def test_scores_and_attention_are_those_of_keras(kept_page, value):
    pytest.importorskip("keras")
    shown = kept_page(PAGE).evaluate(
        """async (histories) => {
            const model = await films.load("next_model");
            return histories.map((history) => {
                const parts = sasrec.parts(model, history);
                return [[...sasrec.scores(parts)], parts.attention];
            });
        }""",
        histories(),
    )
    network = tool.network(tool.restored(value))
    for history, (scores, attention) in zip(histories(), shown, strict=True):
        expected, layers = tool.keras_scores(network, history)
        np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-5)
        for layer, heads in enumerate(attention):
            for head, rows in enumerate(heads):
                for place, row in enumerate(rows):
                    assert row == pytest.approx(layers[layer, head, place, : place + 1], abs=1e-5)


def test_the_date_adds_what_three_days_counted(kept_page, value):
    data = tool.page_data()
    day = data.timestamp // tool.DAY
    day -= day.min()
    days = [3, 50, 112, int(day.max()) + 1]
    shown = kept_page(PAGE).evaluate(
        """async (days) => {
            const data = await films.load("next_films"), model = await films.load("next_model");
            return days.map((day) => {
                const counts = sasrec.recent(data, day), plain = sasrec.scores(sasrec.parts(model, [3, 40]));
                const dated = sasrec.scores(sasrec.parts(model, [3, 40], counts));
                return [[...counts], [...dated.map((score, i) => score - plain[i])]];
            });
        }""",
        days,
    )
    for today, (counts, added) in zip(days, shown, strict=True):
        expected = np.bincount(data.item[(day >= today - 3) & (day < today)], minlength=data.n_items)
        assert counts == expected.tolist()
        np.testing.assert_allclose(added, value["dateWeight"] * np.log1p(expected), atol=1e-9)


def test_the_list_is_the_best_ten_of_what_was_not_watched(page, value):
    pytest.importorskip("keras")
    data = tool.page_data()
    place = {title: i for i, title in enumerate(data.item_table["title"])}
    history = [place[title] for title in order(page)]
    scores, _attention = tool.keras_scores(tool.network(tool.restored(value)), history)
    scores[history] = -np.inf
    best = data.item_table["title"].to_numpy()[np.argsort(-scores, kind="stable")[:10]]
    assert titles(page) == best.tolist()


def test_parts_of_a_score_are_drawn_against_the_middle_film(kept_page):
    """The parts add up to the score; an equal amount more for every film moves no bar."""
    score, total, before, after = kept_page(PAGE).evaluate("""async () => {
        const model = await films.load("next_model"), parts = sasrec.parts(model, [3, 40, 500]);
        const more = sasrec.parts({ ...model, bias: model.bias.map((b) => b + 7) }, [3, 40, 500]);
        const bar = ({ everybody }) => everybody[9] - sasrec.middle(everybody);
        return [sasrec.scores(parts)[9], parts.everybody[9] + parts.yours[9], bar(parts), bar(more)];
    }""")
    assert score == pytest.approx(total, abs=1e-9) and before == pytest.approx(after, abs=1e-5)


# --- The order ---


def test_it_opens_with_four_films_and_an_answer(kept_page):
    page = kept_page(PAGE)
    assert order(page) == ["Oblivion", "Iron Man 3", "Man of Steel", "Pacific Rim"]
    assert len(set(titles(page))) == 10 and not set(titles(page)) & set(order(page))
    assert "not among the ten most rated" in reading(page)
    assert page.locator(".next-matrix tbody tr").count() == 4
    for row in page.locator(".next-matrix tbody tr").all():
        assert sum(int(text) for text in row.locator("td:not(.later)").all_inner_texts()) == pytest.approx(100, abs=2)


def test_the_order_alone_changes_the_list_and_undo_brings_it_back(page):
    before, first = order(page), titles(page)
    press(page, "Reverse")
    assert order(page) == before[::-1] and titles(page) != first
    new = page.locator(".next-list .mine").all_text_contents().count("●")
    assert new == len(set(titles(page)) - set(first))
    assert f"The same films in another order. New in the list: {new}." in reading(page)
    press(page, "Undo")
    assert order(page) == before and titles(page) == first
    for _number in range(4):
        now = order(page)
        press(page, "Shuffle")
        assert order(page) != now and sorted(order(page)) == sorted(before)
    for _number in range(4):
        press(page, "Undo")
    assert order(page) == before and titles(page) == first
    assert page.get_by_role("button", name="Undo").is_disabled()


def test_the_text_says_what_reversing_changes(page):
    text = page.locator("article").inner_text()
    press(page, "Reverse")
    assert "New in the list: 5." in reading(page) and "when the page opens: 5 of the ten are new" in text
    press(page, "older science fiction")
    press(page, "Reverse")
    assert "New in the list: 4." in reading(page) and "Reverse the older science fiction: 4 are" in text


def test_the_order_by_keyboard_alone(page):
    tab_to(page, "Later: Oblivion")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert order(page) == ["Iron Man 3", "Man of Steel", "Oblivion", "Pacific Rim"]
    assert page.evaluate(f"{FOCUS}.getAttribute('aria-label')") == "Later: Oblivion"
    tab_to(page, "Earlier: Pacific Rim")
    page.keyboard.press("Space")
    assert order(page)[2:] == ["Pacific Rim", "Oblivion"]
    tab_to(page, "Remove Iron Man 3")
    page.keyboard.press("Enter")
    assert page.evaluate(f"{FOCUS}.getAttribute('aria-label')") == "Remove Man of Steel"
    tab_to(page, "Add the film")
    page.keyboard.type("the matrx")
    page.keyboard.press("Enter")
    assert order(page)[-1] == "The Matrix" and titles(page)
    tab_to(page, "Turn the date on")
    page.keyboard.press("Space")
    tab_to(page, "Today is")
    before = titles(page)
    page.keyboard.press("Home")
    assert "3 March 2013" in page.locator(".next-date output").inner_text() and titles(page) != before
    assert "28 February to 2 March" in reading(page)
    tab_to(page, "Last")
    matrix = page.locator(".next-matrix").inner_text()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".next-matrix").inner_text() != matrix
    page.get_by_role("status").filter(has_text="not among").wait_for(state="attached")


def test_a_film_is_dragged_and_the_drag_is_one_step_back(page):
    before = order(page)
    grips = page.locator(".next-order .grip")
    start, end = grips.nth(0).bounding_box(), grips.nth(3).bounding_box()
    page.mouse.move(start["x"] + 8, start["y"] + 12)
    page.mouse.down()
    page.mouse.move(end["x"] + 8, end["y"] + 12, steps=6)
    page.mouse.up()
    assert order(page) == [*before[1:], before[0]]
    press(page, "Undo")
    assert order(page) == before


def test_ten_are_the_most_and_none_is_no_list(page):
    while len(order(page)) < 10:
        page.get_by_role("combobox").fill(titles(page)[0])
        page.get_by_role("option").first.click()
    assert page.get_by_role("combobox").is_disabled() and page.locator(".next-full").is_visible()
    assert page.locator(".next-matrix tbody tr").count() == 10
    while order(page):
        page.locator(".next-order li").first.get_by_role("button").last.click()
    assert reading(page).startswith("Name a film") and not titles(page)
    assert not page.locator(".next-matrix").is_visible()
    press(page, "Undo")
    assert len(order(page)) == 1 and len(titles(page)) == 10


# --- The date and the address ---


def test_the_date_changes_the_list_and_what_was_measured(page):
    first = titles(page)
    now = page.locator(".next-measured tr.now th")
    assert now.inner_text() == "The model" and not page.locator("#next-day").is_visible()
    page.get_by_label("Turn the date on").check()
    assert now.inner_text() == "The model and the date" and titles(page) != first
    assert page.locator(".next-list .recent").count() == 10
    assert "17 June to 19 June" in page.locator(".next-theirs h2").inner_text()
    page.get_by_label("Turn the date on").uncheck()
    assert titles(page) == first


def test_what_was_measured_stands_in_the_page(kept_page, value):
    rows = kept_page(PAGE).locator(".next-measured tbody tr").all_inner_texts()
    for text, (label, *numbers) in zip(rows, value["measured"].values(), strict=True):
        mean, low, high = (f"{number:.3f}" for number in numbers)
        assert " ".join(text.split()) == f"{label} {mean} [{low}, {high}]"


def test_the_state_stands_in_the_address(open_page):
    page = open_page(PAGE, query=DATED)
    press(page, "Reverse")
    assert page.url.endswith("#films=1663662,770828,1300854,1483013&day=2013-06-20")
    kept = titles(page)
    page.reload()
    page.wait_for_selector(".next-list > li")
    assert titles(page) == kept and order(page)[0] == "Pacific Rim"
    assert "20 June 2013" in page.locator(".next-date output").inner_text()
    page.get_by_label("Turn the date on").uncheck()
    assert page.url.endswith("1483013")
    page.emulate_media(media="print")
    assert page.locator(".next-list").is_visible() and not page.locator(".explore-still").is_visible()
    page = open_page(PAGE, query="#films=abc,133093,133093,99999999&day=1999-01-01")
    assert order(page) == ["The Matrix"] and not page.get_by_label("Turn the date on").is_checked()


SLIPS = {"iron man 3": "Iron Man 3 (2013)", "matrx": "The Matrix (1999)", "wall e": "WALL·E (2008)",
         "les miserables": "Les Misérables (2012)", "despicabel": "Despicable Me 2 (2013)"}  # fmt: skip


@pytest.mark.parametrize(("typed", "film"), SLIPS.items())
def test_the_search_forgives(kept_page, typed, film):
    shown = kept_page(PAGE).evaluate(
        "async (typed) => { const data = await films.load('next_films'); return films.search(data, typed).slice(0, 3)"
        ".map((i) => data.names[i]); }",
        typed,
    )
    assert film in shown
