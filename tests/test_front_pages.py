"""What README and the book's pages say of the chapters is what the chapters say."""

import re

import pytest

from bookfiles import ROOT, notebook_paths, page_anchors, stored_notebook

PATHS = notebook_paths()


def question(path):
    """The sentence in bold under a chapter's title."""
    return re.search(r"^\*\*(.+?\?)\*\*$", stored_notebook(path).cells[0].source, re.MULTILINE)[1]


@pytest.mark.parametrize("page", ["README.md", "book/intro.md"])
@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_a_chapter_is_announced_by_its_own_question(page, path):
    line = next(
        line for line in (ROOT / page).read_text("utf-8").splitlines()
        if line.startswith(("| [", "- [")) and path.name + ")" in line
    )  # fmt: skip
    assert question(path) in line


def test_every_term_of_the_glossary_is_linked_from_a_chapter_or_page():
    pages = [*PATHS, *(ROOT / "book").glob("*.md")]
    linked = {anchor for page in pages for anchor in re.findall(r"glossary\.md#([\w-]+)", page.read_text("utf-8"))}
    assert set(list(page_anchors(ROOT / "book" / "glossary.md"))[1:]) - linked == set()
