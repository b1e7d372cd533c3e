"""The book in Chromium: quiet, complete without a network, readable on a phone and by everybody."""

import re
from contextlib import contextmanager

import pytest

pytestmark = pytest.mark.browser
KINDS = {  # one page of each kind
    "landing": "book/intro",
    "page": "book/how_to_use",
    "glossary": "book/glossary",
    "bibliography": "book/bibliography",
    "formulas": "book/formula_index",
    "tables": "book/notation",
    "claims": "book/claims",
    "similarities": "book/explore/similarity",
    "losses": "book/explore/losses",
    "measures": "book/explore/metrics",
    "search": "search",
}


def page_names(site):
    names = sorted(path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html"))
    return [name for name in names if not name.startswith(("_static", "index"))]


@contextmanager
def opened(browser, width=1280, scheme="light"):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(15_000)
    yield page
    context.close()


def visit(page, address):
    page.goto(address, wait_until="load")
    page.evaluate("window.MathJax?.startup?.promise?.then(() => null)")  # formulas are set


@pytest.mark.parametrize("way", ["http", "file"])
def test_no_page_complains_asks_for_anything_foreign_or_scrolls_sideways(browser, site, addresses, way):
    """From disk at the width of a desk, over HTTP at that of a phone."""
    root, complaints = addresses[way], []
    with opened(browser, width=360 if way == "http" else 1280) as page:
        page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "requestfailed",  # what leaving a page cuts short has not failed
            lambda request: "ERR_ABORTED" in request.failure or complaints.append(f"failed: {request.url}"),
        )
        page.on("response", lambda response: response.status >= 400 and complaints.append(f"missing: {response.url}"))
        page.on(
            "request",
            lambda request: request.url.startswith((root, "data:")) or complaints.append(f"foreign: {request.url}"),
        )
        for name in page_names(site):
            visit(page, f"{root}{name}.html")
            assert not complaints, f"{name}: {complaints}"
            if way == "http":
                page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
                width = page.evaluate("document.documentElement.scrollWidth")
                assert width <= 360, f"{name} is {width} px wide"


def test_text_keeps_its_measure(browser, addresses):
    letters = """() => {  // of the full lines of paragraphs
        const counts = [];
        for (const p of document.querySelectorAll('.bd-article section > p')) {
            const height = parseFloat(getComputedStyle(p).lineHeight);
            const lines = Math.round(p.clientHeight / height);
            if (lines > 2) counts.push(p.textContent.length / (lines - 0.5));
        }
        return counts.reduce((a, b) => a + b) / counts.length;
    }"""
    with opened(browser) as page:
        visit(page, addresses["file"] + "book/how_to_use.html")
        assert 62 <= page.evaluate(letters) <= 80


def test_figures_are_drawn_at_twice_their_size_and_say_their_reading(browser, addresses, chapters):
    figures = """() => [...document.querySelectorAll('.bd-article img')].map(img =>
        ({alt: img.alt, file: img.src, drawn: img.naturalWidth, shown: img.width}))"""
    with opened(browser) as page:
        for name in chapters:
            visit(page, f"{addresses['file']}{name}.html")
            for figure in page.evaluate(figures):
                assert len(figure["alt"]) > 20 and "_images" not in figure["alt"], f"{name}: {figure}"
                if figure["file"].endswith(".png"):
                    assert figure["drawn"] >= 2 * figure["shown"] - 2, f"{name}: {figure}"


@pytest.mark.parametrize("way", ["http", "file"])
def test_search_finds_a_term(browser, addresses, way):
    with opened(browser) as page:
        visit(page, addresses[way] + "book/intro.html")
        page.get_by_role("button", name="Search").first.click()
        page.locator("#pst-search-dialog input[type=search]").fill("popularity")
        page.keyboard.press("Enter")
        page.wait_for_selector("#search-results li a")
        found = page.locator("#search-results li a")
        assert found.count() >= 2
        assert any("glossary" in found.nth(i).get_attribute("href") for i in range(found.count()))
        found.first.click()
        page.wait_for_selector("article h1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing(browser, site, addresses, chapters, width, scheme):
    axe_module = pytest.importorskip("axe_playwright_python.sync_playwright")
    axe, found = axe_module.Axe(), []
    with opened(browser, width, scheme) as page:
        for name in [*KINDS.values(), *chapters[:1]]:
            if not (site / f"{name}.html").exists():
                continue
            visit(page, f"{addresses['file']}{name}.html" + ("?q=popularity" if name == "search" else ""))
            if name == "search":
                page.wait_for_selector("#search-results li a")
            page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
            page.wait_for_timeout(300)  # boxes that overflow are marked after a moment
            # contrast in a chapter is the same at all widths, and takes most of the time
            contrast = width >= 1280 or name not in chapters
            options = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": contrast}}}
            for violation in axe.run(page, options=options).response["violations"]:
                places = [" ".join(map(str, node["target"])) for node in violation["nodes"][:3]]
                found.append(f"{name}: {violation['id']} ({violation['help']}) at {places}")
    assert not found, "\n".join(found)


def colab_links(page):
    return re.findall(r'href="(https://colab\.research\.google\.com/[^"]*)"', page.read_text("utf-8"))


@pytest.mark.parametrize("which", ["as it is", "the other way"])
def test_colab_button_opens_the_chapter_where_the_address_is_known(site, other_site, config, chapters, which):
    url, folder = other_site if which == "the other way" else (config["repository"]["url"], site)
    for name in page_names(folder):
        expected = []
        if url and name in chapters:
            owner = url.removeprefix("https://github.com/")
            expected = [f"https://colab.research.google.com/github/{owner}/blob/main/{name}.ipynb"]
        assert colab_links(folder / f"{name}.html") == expected, name
