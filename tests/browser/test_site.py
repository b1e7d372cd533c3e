"""The book in Chromium: quiet, complete without a network, readable on a phone and by everybody."""

import re

import pytest
import yaml

from bookfiles import ROOT
from browser_pages import visit

pytestmark = pytest.mark.browser
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
NAMES = [entry["file"] for part in TOC["parts"] for entry in part["chapters"]]
EXPLORABLES = [name for name in NAMES if name.startswith("book/explore/")]
CHAPTERS = [name for name in NAMES if name.startswith("notebooks/")]
KINDS = [  # one page of each kind, every explorable
    TOC["root"],
    "book/how_to_use",
    "book/map",
    "book/glossary",
    "book/bibliography",
    "book/formula_index",
    "book/notation",
    "book/claims",
    "search",
    CHAPTERS[0],
    *EXPLORABLES,
]


def page_names(site):
    names = sorted(path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html"))
    return [name for name in names if not name.startswith(("_static", "index"))]


FIGURES = """() => [...document.querySelectorAll('.bd-article img')].map(img =>
    ({alt: img.alt, file: img.src, drawn: img.naturalWidth, shown: img.width}))"""


def figures_that_say_little(page):
    """Of a chapter at the width of a desk: drawn at less than twice their size, or without their reading."""
    page.set_viewport_size({"width": 1280, "height": 900})
    shown = page.evaluate(FIGURES)
    page.set_viewport_size({"width": 360, "height": 900})
    unread = [figure for figure in shown if len(figure["alt"]) <= 20 or "_images" in figure["alt"]]
    coarse = [f for f in shown if f["file"].endswith(".png") and f["drawn"] < 2 * f["shown"] - 2]
    return unread + coarse


@pytest.mark.parametrize("way", ["http", "file"])
def test_no_page_complains_asks_for_anything_foreign_or_scrolls_sideways(contexts, site, addresses, way):
    """Every page over HTTP at the width of a phone, its figures at that of a desk; one of each kind from disk."""
    root, complaints = addresses[way], []
    page = contexts(width=360 if way == "http" else 1280).new_page()
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
    for name in page_names(site) if way == "http" else KINDS:
        visit(page, f"{root}{name}.html")
        assert not complaints, f"{name}: {complaints}"
        if way == "http":
            page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= 360, f"{name} is {width} px wide"
            if name in CHAPTERS:
                assert figures_that_say_little(page) == [], name
    page.close()


def test_text_keeps_its_measure(kept_page):
    letters = """() => {  // of the full lines of paragraphs
        const counts = [];
        for (const p of document.querySelectorAll('.bd-article section > p')) {
            const height = parseFloat(getComputedStyle(p).lineHeight);
            const lines = Math.round(p.clientHeight / height);
            if (lines > 2) counts.push(p.textContent.length / (lines - 0.5));
        }
        return counts.reduce((a, b) => a + b) / counts.length;
    }"""
    assert 62 <= kept_page("book/how_to_use").evaluate(letters) <= 80


@pytest.mark.parametrize("way", ["http", "file"])
def test_search_finds_a_term(open_page, way):
    page = open_page("book/intro", way=way)
    page.get_by_role("button", name="Search").first.click()
    page.locator("#pst-search-dialog input[type=search]").fill("popularity")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results li a")
    found = page.locator("#search-results li a").evaluate_all("links => links.map(a => a.getAttribute('href'))")
    assert len(found) >= 2 and any("glossary" in address for address in found)
    page.locator("#search-results li a").first.click()
    page.wait_for_selector("article h1")


@pytest.mark.parametrize(
    ("words", "term"),
    [
        ("ndcg", "NDCG"),
        ("cold start", "Cold start"),
        ("Jaccard", "Jaccard similarity"),
        ("余弦相似度", "Cosine similarity"),
        ("协同过滤", "Collaborative filtering"),
    ],
)
def test_search_offers_the_glossary_first_and_opens_at_the_place(open_page, words, term):
    page = open_page("search", query=f"?q={words}")
    first = page.locator("#search-results li a").first
    first.wait_for()
    page.wait_for_function("document.querySelector('#search-results').textContent.includes('finished')")
    found = page.locator("#search-results li a").all_inner_texts()
    assert found[0].startswith("Glossary > ") and f"Glossary > {term}" in found[:3]
    page.get_by_role("link", name=f"Glossary > {term}", exact=True).click()
    page.wait_for_selector("article h1")
    assert "#" in page.url and page.locator(":target h2").first.inner_text().startswith(term)


def test_the_code_of_a_formula_stands_on_the_page(kept_page):
    page = kept_page("book/formula_index")
    folded = page.locator("details.code")
    assert folded.count() == page.locator("div.math").count() > 30
    assert not page.locator("article a[download], article a[href$='.py']").count()
    for part in folded.all():
        assert len(re.findall(r"^(?:def|class) ", part.text_content(), re.MULTILINE)) >= 2  # the function, its test


def test_what_is_cut_on_a_phone_shows_that_there_is_more(open_page):
    page = open_page("book/formula_index", width=360)
    page.wait_for_timeout(300)
    cut = page.evaluate("""() => [...document.querySelectorAll('div.math mjx-container, div.highlight > pre')]
        .filter(box => box.clientWidth && box.scrollWidth > box.clientWidth + 2)
        .map(box => box.classList.contains('more-right'))""")
    assert cut and all(cut)
    box = page.locator("div.math mjx-container.more-right").first.element_handle()
    box.evaluate("box => { box.scrollLeft = box.scrollWidth; }")
    page.wait_for_function("({ classList: c }) => c.contains('more-left') && !c.contains('more-right')", arg=box)


@pytest.mark.parametrize("name", KINDS)
def test_axe_finds_nothing(open_page, name):
    """By day: everything; by night: contrast; on a phone: everything else, for its colours are the same."""
    axe, found = pytest.importorskip("axe_playwright_python.sync_playwright").Axe(), []
    page = open_page(name, query="?q=popularity" if name == "search" else "")
    if name == "search":
        page.wait_for_selector("#search-results li a")
    # of the many folded pieces of code in the formula index, which are alike, a few
    page.evaluate("""() => {
        const all = (selector) => [...document.querySelectorAll(selector)];
        [...all('details:not(.code)'), ...all('details.code').slice(0, 4)].forEach(part => { part.open = true });
    }""")
    for field in page.locator("[role=combobox]").all():
        field.fill("the")  # its list of options is open

    def look(where, **options):
        page.wait_for_timeout(200)  # boxes that overflow are marked after 150 ms
        result = axe.run(page, options={"resultTypes": ["violations"], **options}).response
        for violation in result["violations"]:
            places = [" ".join(map(str, node["target"])) for node in violation["nodes"][:3]]
            found.append(f"{where}: {violation['id']} ({violation['help']}) at {places}")

    look("by day")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    look("by night", runOnly=["color-contrast"])
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 360, "height": 900})
    look("on a phone", rules={"color-contrast": {"enabled": False}})
    assert not found, "\n".join(found)


def colab_links(page):
    return re.findall(r'href="(https://colab\.research\.google\.com/[^"]*)"', page.read_text("utf-8"))


@pytest.mark.parametrize("which", ["as it is", "the other way"])
def test_colab_button_opens_the_chapter_where_the_address_is_known(request, site, config, which):
    url, branch, folder = config["repository"]["url"], config["repository"]["branch"], site
    if which == "the other way":
        url, branch, folder = request.getfixturevalue("small_site")
    for name in page_names(folder):
        expected = []
        if url and name.startswith("notebooks/"):
            place = f"{url.removeprefix('https://github.com/')}/blob/{branch}"
            expected = [f"https://colab.research.google.com/github/{place}/{name}.ipynb"]
        assert colab_links(folder / f"{name}.html") == expected, name
