"""README, intro and the graph of needs say what the heads of the chapters say."""

import re
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest

import front_lists
import surprise
from bookfiles import ROOT, between, notebook_paths
from front_lists import Head

START, END = "<!-- chapters:start -->", "<!-- chapters:end -->"
SVG = "{http://www.w3.org/2000/svg}"
HEADS = front_lists.read_heads()


def heads(**needs):
    """Heads of chapters a, b, … that need the letters of the others."""
    return [
        Head(Path(f"/x/{name}"), "Part", name.upper(), "?", 5, [Path(f"/x/{n}") for n in some])
        for name, some in needs.items()
    ]


def test_lists_and_graph_are_up_to_date(capsys):
    assert front_lists.main(["--check"]) == 0, capsys.readouterr().out


def test_the_surprise_is_drawn_from_the_stored_result(capsys):
    assert surprise.main(["--check"]) == 0, capsys.readouterr().out
    values = surprise.measured()
    assert values["Pearson"] < values["Popularity"] < values["cosine"]


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem)
def test_a_chapter_has_part_question_and_minutes_and_needs_what_comes_before_it(path):
    place = [head.path for head in HEADS].index(path)
    head, before = HEADS[place], {head.path for head in HEADS[:place]}
    assert head.part and head.question and head.minutes
    assert set(head.needs) <= before, "a chapter needs chapters that come later"


def test_the_graph_shows_every_chapter_within_a_phone():
    """Text is measured by letters: 28 of them at 14 pixels need 228 pixels in the widest of its fonts."""
    picture = ElementTree.parse(front_lists.GRAPH).getroot()
    assert float(picture.get("width")) <= 340
    shown = " ".join(text.text for text in picture.iter(f"{SVG}text"))
    for head in HEADS:
        assert head.title in shown
    for text in picture.iter(f"{SVG}text"):
        assert len(text.text) <= 28


def write(path, text):
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)]), path)
    return path


def test_reads_a_head(tmp_path):
    write(tmp_path / "a.ipynb", "# A\n\n**Why a?**\n\n45 min to read · about 20 s to run · needs Python")
    (tmp_path / "deep").mkdir()
    text = "# B | C\n\n**Is it | so?**\n\n**Bold.**\n\n5 min · 1 s to run\n\nNeeds [A](../a.ipynb#why), [T](t.md)"
    path = write(tmp_path / "deep" / "b.ipynb", text)
    assert front_lists.read_head(tmp_path / "a.ipynb")[2:] == ("A", "Why a?", 45, [])
    head = front_lists.read_head(path, "Part")
    assert head == Head(path, "Part", "B | C", "Is it | so?", 5, [tmp_path / "a.ipynb"])
    assert front_lists.readme([head], tmp_path / "README.md").splitlines()[2:] == [
        "| **Part** | | |",
        r"| [B \| C](deep/b.ipynb) | Is it \| so? | 5 |",
    ]


def test_a_head_that_is_not_written_yet_is_listed_with_what_it_has(tmp_path):
    path = write(tmp_path / "a.ipynb", "# A\n\nTODO min to read · needs TODO")
    head = front_lists.read_head(path)
    assert head[2:] == ("A", "", None, [])
    assert front_lists.readme([head], tmp_path / "README.md").splitlines()[3] == "| [A](a.ipynb) |  |  |"


def test_a_need_that_is_no_file_is_told(tmp_path):
    with pytest.raises(ValueError, match=r"a\.ipynb needs gone\.ipynb"):
        front_lists.read_head(write(tmp_path / "a.ipynb", "# A\n\n5 min · needs [G](gone.ipynb)"))


@pytest.mark.parametrize(
    ("needs", "drawn"),
    [
        ({"a": "", "b": "a", "c": "ab"}, {"a": "", "b": "a", "c": "b"}),
        ({"a": "", "b": "a", "c": "a", "d": "abc"}, {"a": "", "b": "a", "c": "a", "d": "bc"}),
        ({"a": "", "b": "a", "c": "b", "d": "a"}, {"a": "", "b": "a", "c": "b", "d": "a"}),
        ({"a": "", "b": "a", "c": "b", "d": "c", "e": "ad"}, {"a": "", "b": "a", "c": "b", "d": "c", "e": "d"}),
        ({"a": "", "b": "", "c": "ab"}, {"a": "", "b": "", "c": "ab"}),
    ],
)
def test_no_arrow_for_what_another_need_brings_along(needs, drawn):
    chapters = heads(**needs)
    found = {path.name: "".join(other.name for other in some) for path, some in front_lists.reduced(chapters).items()}
    assert found == drawn
    picture = ElementTree.fromstring(front_lists.graph(chapters))
    arrows = [path for path in picture.iter(f"{SVG}path") if path.get("marker-end")]
    dots = {float(dot.get("cy")): name for dot, name in zip(picture.iter(f"{SVG}circle"), needs)}
    ends = [re.match(r"M\S+ (\S+) C.* (\S+)$", arrow.get("d")).groups() for arrow in arrows]
    assert sorted(dots[float(a)] + dots[float(b)] for a, b in ends) == sorted(a + b for a in drawn for b in drawn[a])


def test_the_alt_text_tells_the_order():
    chapters = heads(a="", b="", c="a", d="a", e="a", f="cb")
    assert front_lists.reading(chapters) == "Without any other chapter: A and B; after that: C, D and E; after that: F."


def test_only_what_stands_between_the_markers_is_written():
    text = f"one\n{START}\nold\n{END}\ntwo\n"
    new = between(text, "new", "p.md")
    assert new == f"one\n{START}\nnew\n{END}\ntwo\n"
    assert between(new, "new", "p.md") == new
    with pytest.raises(ValueError, match=r"p\.md must hold <!-- needs:start --> and after it <!-- needs:end -->"):
        between(text, "new", "p.md", marker="needs")


@pytest.mark.parametrize("text", ["no marker", f"{END}{START}", START * 2 + END])
def test_a_page_without_its_markers_is_told(text):
    with pytest.raises(ValueError, match=r"p\.md must hold"):
        between(text, "new", "p.md")


def test_check_writes_nothing_and_says_what_to_run(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(front_lists, "GRAPH", ROOT / "book" / "static" / "of_no_such_name.svg")
    assert front_lists.main(["--check"]) == 1
    assert "Run: .venv/bin/python tools/front_lists.py" in capsys.readouterr().out
    assert not front_lists.GRAPH.exists()
