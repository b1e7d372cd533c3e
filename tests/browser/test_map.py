"""The map: its table is sorted and filtered by keyboard, stands whole without script, and fits a phone."""

import pytest

import map_page

pytestmark = pytest.mark.browser
PAGE = "book/map"
SYSTEMS = map_page.read()["systems"]
TABLE = ".systems[data-systems] table"
FOCUS = "document.activeElement"


@pytest.fixture
def page(open_page):
    return open_page(PAGE)


def column(page, number, table=TABLE):
    cells = page.locator(f"{table} tbody tr:visible td:nth-child({number})")
    return [" ".join(text.split()) for text in cells.all_inner_texts()]


def tab_until(page, test, limit=80):
    """Press Tab until the focused element passes a test in JavaScript; AssertionError where none comes."""
    for _number in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate(f"({test})({FOCUS})"):
            return
    raise AssertionError(f"no focus that passes {test} within {limit} presses of Tab")


def start(page):
    """Put the focus before the controls."""
    page.locator("#what-can-you-check h2").click()


def test_without_script_the_whole_table_stands(open_page):
    page = open_page(PAGE, java_script_enabled=False)
    assert len(column(page, 1)) == len(SYSTEMS)
    assert not page.locator(".systems-controls").count() and not page.locator(f"{TABLE} button").count()


def test_it_opens_with_every_system_in_the_order_of_names(page):
    names = column(page, 1)
    assert len(names) == len(SYSTEMS) and names == sorted(names, key=str.lower)
    assert page.get_by_role("status").inner_text() == f"{len(SYSTEMS)} of {len(SYSTEMS)} systems"
    assert page.get_by_role("button", name="Show all").is_disabled()
    for name, label in zip(column(page, 1), page.locator(f"{TABLE} tbody td:last-child a").all_inner_texts()):
        assert name and label


def test_sorted_by_keyboard_up_and_down(page):
    start(page)
    tab_until(page, "e => e.closest('th') && e.textContent === 'Year'")
    page.keyboard.press("Enter")
    years = column(page, 2)
    assert years == sorted(years) and years[0] != years[-1]
    head = page.locator(f"{TABLE} th").nth(1)
    assert head.get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Space")
    assert column(page, 2) == sorted(years, reverse=True) and head.get_attribute("aria-sort") == "descending"
    assert page.locator(f"{TABLE} th[aria-sort]").count() == 1
    assert page.evaluate(f"{FOCUS}.textContent") == "Year"  # where it was


def test_filtered_by_keyboard_with_a_count(page):
    start(page)
    tab_until(page, "e => e.labels?.[0]?.textContent.startsWith('Words')")
    page.keyboard.type("spotify jobs")
    assert [name.split(",")[0] for name in column(page, 1)] == ["Joint SIDs"]
    assert page.get_by_role("status").inner_text() == f"1 of {len(SYSTEMS)} systems"
    tab_until(page, "e => e.textContent === 'Show all'")
    page.keyboard.press("Enter")
    assert len(column(page, 1)) == len(SYSTEMS)
    assert page.evaluate(f"{FOCUS}.type") == "search"


@pytest.mark.parametrize(
    ("label", "key", "value"),
    [
        ("What is unified", "unified", "stages"),
        ("Where it is fused", "fused", "score or rank"),
        ("Evidence", "evidence", "private A/B test"),
    ],
)
def test_a_choice_shows_those_and_no_others(page, label, key, value):
    page.get_by_label(label).select_option(value)
    expected = sorted(system["name"] for system in SYSTEMS if system[key] == value)
    assert sorted(name.split(",")[0] for name in column(page, 1)) == expected
    assert f"{len(expected)} of" in page.get_by_role("status").inner_text()


def test_filters_add_up_and_nothing_left_says_so(page):
    page.get_by_label("What is unified").select_option("stages")
    page.get_by_label("Evidence").select_option("none")
    assert not page.locator(TABLE).is_visible()
    assert "No system fits" in page.get_by_role("status").inner_text()
    page.get_by_role("button", name="Show all").click()
    assert len(column(page, 1)) == len(SYSTEMS)


def test_a_sorted_table_keeps_its_filter(page):
    page.get_by_label("What is unified").select_option("modalities")
    before = column(page, 1)
    page.get_by_role("button", name="One fact").click()
    assert sorted(column(page, 1)) == sorted(before)


def test_a_phone_gets_its_own_drawing_and_paragraphs_for_lines(open_page):
    page = open_page(PAGE, width=360)
    drawn = page.locator("article picture img").evaluate("image => [image.currentSrc, image.naturalWidth]")
    assert drawn[0].endswith("map_systems_narrow.svg") and drawn[1] <= 340
    for table in page.locator(".systems table").all():
        assert table.evaluate("table => table.scrollWidth <= table.parentElement.clientWidth + 1")
    assert page.get_by_role("columnheader").first.is_visible()  # it can be sorted here too
    named = "cell => getComputedStyle(cell, '::before').content"
    assert "unified" in page.locator(f"{TABLE} tbody td:nth-child(3)").first.evaluate(named)


def test_paper_shows_the_table_without_its_controls(page):
    page.emulate_media(media="print")
    assert not page.locator(".systems-controls").is_visible() and page.locator(TABLE).is_visible()
