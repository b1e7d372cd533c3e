"""What the local extension makes of a chapter's plain Markdown, read from the built pages; needs no browser."""

import nbformat
import pytest
from bs4 import BeautifulSoup

from claims_page import printed_claims


@pytest.fixture(scope="module")
def pages(site, chapters):
    """{chapter: (notebook, parsed page)}."""
    root = site.parents[1]
    return {
        name: (
            nbformat.read(root / f"{name}.ipynb", as_version=4),
            BeautifulSoup((site / f"{name}.html").read_text("utf-8"), "html.parser"),
        )
        for name in chapters
    }


def words(node):
    return " ".join(node.get_text().split())


def test_head_holds_number_question_and_times(pages):
    for number, (name, (_, page)) in enumerate(pages.items(), start=1):
        title = page.select_one("article h1")
        assert words(title).startswith(f"Chapter {number} "), name
        question, times = title.find_next_siblings("p", limit=2)
        assert question["class"] == ["chapter-question"] and "?" in words(question), name
        assert times["class"] == ["chapter-times"], name
        assert page.select_one(".chapter-objectives li"), name


def test_previous_and_next_say_the_question(pages, site):
    """Of the chapters, and of the map, which stands among them."""
    before = next(name for name, after in zip(pages, list(pages)[1:]) if "/unify_fuse/" in after)
    found = []
    for name, (_, page) in pages.items():
        found.append(page)
        if name == before:
            found.append(BeautifulSoup((site / "book" / "map.html").read_text("utf-8"), "html.parser"))
    for here, after in zip(found, found[1:]):
        asked = words(after.select_one(".chapter-question"))
        assert words(here.select_one("a.right-next .prev-next-question")) == asked
        asked = words(here.select_one(".chapter-question"))
        assert words(after.select_one("a.left-prev .prev-next-question")) == asked


def test_every_claim_is_a_sentence(pages):
    for name, (notebook, page) in pages.items():
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        claims = [words_of for cell in cells for words_of, _ in printed_claims(cell)]
        shown = [words(claim).removeprefix("✓ ") for claim in page.select(".cell_output .claims .claim")]
        assert shown == [" ".join(claim.split()) for claim in claims], name
        assert not [pre for pre in page.select(".cell_output pre") if pre.get_text().startswith("✓")], name


def test_exercises_look_alike_and_solutions_are_folded(pages):
    for name, (_, page) in pages.items():
        stubs = page.select("section.exercise .tag_exercise")  # questions stand in their sections
        assert len(stubs) >= (1 if "/start/" in name else 2), name
        for solution in page.select(".tag_solution"):
            assert words(solution.select_one("summary p")) == "Solution", name
            assert not solution.select_one("details").has_attr("open"), name


def test_tables_of_data_have_heads_and_no_borders(pages):
    for name, (_, page) in pages.items():
        for table in page.select("table.dataframe"):
            assert not table.has_attr("border"), name
            assert all(words(head) for head in table.select("th")), name
