"""Explorable pages under a finger: every handle, slider and list answers, and a drag along its way is never taken for a
scroll of the page."""

import pytest

from bookfiles import ROOT

pytestmark = pytest.mark.browser
LIKES = "#likes=1214,2571,541"
SUMMER = "#films=1483013,1300854,770828,1663662&day=2013-06-20"
QUERIES = {"recommend": LIKES, "next_film": SUMMER}  # where a slider shows only then
PAGES = {path.stem: f"book/explore/{path.stem}" for path in sorted((ROOT / "book" / "explore").glob("*.md"))}
CANCELLED = "window.cancelled = 0; addEventListener('pointercancel', () => { window.cancelled += 1; }, true)"


@pytest.fixture
def touched(open_page):
    """touched("losses"): that page on a phone, which counts the drags that the browser took away."""

    def opened(name, **more):
        page = open_page(PAGES[name], width=360, has_touch=True, is_mobile=True, **more)
        page.evaluate(CANCELLED)
        return page

    return opened


def middle(locator):
    locator.evaluate("node => node.scrollIntoView({ block: 'center' })")
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, start, end, steps=8):
    """A finger put down at start, moved to end and lifted."""
    client = page.context.new_cdp_session(page)

    def send(kind, *points):
        touches = [{"x": x, "y": y} for x, y in points]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    send("touchStart", start)
    for step in range(1, steps + 1):
        send("touchMove", tuple(a + (b - a) * step / steps for a, b in zip(start, end)))
        page.wait_for_timeout(20)
    send("touchEnd")
    client.detach()


def test_every_page_has_its_turn():
    assert set(PAGES) == {"codes", "fusion", "losses", "map", "metrics", "next_film", "recommend", "similarity"}


def test_every_handle_is_dragged_beyond_where_a_scroll_would_begin(touched):
    page = touched("losses")
    handles = page.locator(".explore-handle")
    assert handles.count() == 9
    for n in range(handles.count()):
        handle = handles.nth(n)
        along_x = handle.get_attribute("aria-orientation") == "horizontal"
        now, low, high = (float(handle.get_attribute(f"aria-value{name}")) for name in ("now", "min", "max"))
        x, y = middle(handle.locator(".reach"))
        forwards = now < (low + high) / 2
        by = 60 if forwards else -60
        page.wait_for_timeout(50)
        scrolled = page.evaluate("scrollY")
        drag(page, (x, y), (x + by, y) if along_x else (x, y - by))
        moved = float(handle.get_attribute("aria-valuenow")) - now
        pixels = handle.evaluate("(node) => node.ownerSVGElement.getBoundingClientRect().width") / 340
        assert moved * by > 0, f"{handle.get_attribute('aria-label')}: {now} moved by {moved}"
        assert page.evaluate("scrollY") == scrolled, "the page scrolled under a handle"
        assert abs(moved) > 0.3 * pixels, f"{handle.get_attribute('aria-label')} stopped on its way"
    assert page.evaluate("window.cancelled") == 0


@pytest.mark.parametrize("name", [name for name in PAGES if name != "metrics"])
def test_every_slider_is_dragged(touched, name):
    page = touched(name, query=QUERIES.get(name, ""))
    sliders = page.locator("input[type=range]:visible")
    assert sliders.count()
    for n in range(sliders.count()):
        slider = sliders.nth(n)
        before = slider.input_value()
        low, high = (float(slider.get_attribute(side)) for side in ("min", "max"))
        share = (float(before) - low) / (high - low)
        middle(slider)
        page.wait_for_timeout(50)
        box = slider.bounding_box()
        x, y = box["x"] + 8 + share * (box["width"] - 16), box["y"] + box["height"] / 2
        drag(page, (x, y), (box["x"] + box["width"] * (0.2 if share > 0.5 else 0.8), y))
        assert slider.input_value() != before, slider.get_attribute("id")


def test_a_result_of_the_list_is_dragged(touched):
    page = touched("metrics")
    grips, films = page.locator(".results .grip"), page.locator(".results .film")
    first = films.all_inner_texts()
    start, scrolled = middle(grips.nth(1)), page.evaluate("scrollY")
    end = grips.nth(6).bounding_box()
    drag(page, start, (end["x"] + end["width"] / 2, end["y"] + end["height"] / 2))
    now = films.all_inner_texts()
    assert now.index(first[1]) == 6 and page.evaluate("[window.cancelled, scrollY]") == [0, scrolled]


def test_a_film_of_the_history_is_dragged(touched):
    page = touched("next_film", query=SUMMER)
    grips, names = page.locator(".next-order .grip"), page.locator(".next-order .film")
    first = names.all_inner_texts()
    start, scrolled = middle(grips.nth(3)), page.evaluate("scrollY")
    end = grips.nth(0).bounding_box()
    drag(page, start, (end["x"] + end["width"] / 2, end["y"] + end["height"] / 2))
    assert names.all_inner_texts() == [first[3], *first[:3]]
    assert page.evaluate("[window.cancelled, scrollY]") == [0, scrolled]
    page.wait_for_timeout(400)  # a tap sooner than that is the second of a double tap
    page.get_by_role("button", name="Later: Pacific Rim").tap()
    assert names.all_inner_texts() == [first[0], first[3], *first[1:3]]


def test_every_list_is_tapped(touched):
    page = touched("recommend")
    page.get_by_role("button", name="romance").tap()
    page.wait_for_selector(".films-list > li")
    assert page.locator(".films-chosen li").count() == 3
    page.get_by_role("combobox").tap()
    page.get_by_role("combobox").fill("amelie")
    page.get_by_role("option").first.tap()
    assert page.locator(".films-chosen li").count() == 4
    page.locator(".films-chosen li").first.get_by_role("button").tap()
    assert page.locator(".films-chosen li").count() == 3
    page = touched("map")
    before = page.locator(".explore-reading").inner_text()
    page.locator(".map-list button").first.tap()
    after = page.locator(".explore-reading").inner_text()
    assert after != before
    box = page.locator(".map-field canvas")
    middle(box)
    box.tap(position={"x": 60, "y": 60})
    assert page.locator(".explore-reading").inner_text() != after
