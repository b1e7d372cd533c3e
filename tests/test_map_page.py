"""The map: its page and drawings are what book/systems.yml and the chapters say; nothing is outside a cell."""

import re
from xml.etree import ElementTree

import pytest

import map_page
from bookfiles import ROOT, between

SVG = "{http://www.w3.org/2000/svg}"
ENTRIES = map_page.read()


def test_page_and_drawings_are_up_to_date(capsys):
    assert map_page.main(["--check"]) == 0, capsys.readouterr().out


def test_at_least_twenty_systems_each_with_a_fact_and_a_work():
    systems = ENTRIES["systems"]
    assert len({system["name"] for system in systems}) == len(systems) >= 20
    listed = set(re.findall(r"^@\w+\{([^,]+)", (ROOT / "book" / "references.bib").read_text("utf-8"), re.MULTILINE))
    for system in systems:
        assert system["cite"] in listed and str(system["year"]) in system["cite"], system["name"]
        assert system["fact"].endswith(".") and len(system["fact"]) < 200, system["name"]


def test_every_row_and_column_of_the_map_is_taken():
    entries = ENTRIES["systems"]
    assert {entry["unified"] for entry in entries} == set(map_page.ROWS)
    assert {entry["fused"] for entry in entries} == set(map_page.COLUMNS)
    assert {entry["evidence"] for entry in entries} == set(map_page.EVIDENCE)


@pytest.mark.parametrize("path", [map_page.WIDE, map_page.NARROW], ids=["wide", "narrow"])
def test_a_drawing_shows_everybody_within_its_edges(path):
    """Text is measured by letters: 7.2 pixels each at the size of the wide drawing, 8.4 at that of the narrow one."""
    picture = ElementTree.parse(path).getroot()
    letter = 0.6 * float(picture.get("font-size"))
    texts = list(picture.iter(f"{SVG}text"))
    shown = [text.text for text in texts]
    for entry in ENTRIES["systems"] + ENTRIES["book"]:
        assert shown.count(entry["name"]) == 1, entry["name"]
    for text in texts:
        if text.get("text-anchor") != "end":
            assert float(text.get("x")) + letter * len(text.text) <= float(picture.get("width")), text.text
    assert float(picture.get("width")) <= (340 if path == map_page.NARROW else 768)


def test_names_keep_to_their_column():
    """95 pixels: 13 letters and the mark of a model of the book."""
    for entry in ENTRIES["systems"] + ENTRIES["book"]:
        assert len(entry["name"]) <= 13, entry["name"]


def entry(**changes):
    return {**ENTRIES["choices"][0], **changes}


def test_a_finding_is_what_the_cell_printed():
    said, there, where = map_page.finding(entry(said="{0}"))
    assert re.fullmatch(r"\.\d{4} \\\[\.\d{4}, \.\d{4}\\\]", said)
    assert there == "MovieTweetings: holds" and "loss_contest.ipynb#" in where


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"claim": "Popularity is best."}, "0 claims that begin 'Popularity is best.'"),
        ({"said": "{5}"}, "asks for more than the cell printed"),
    ],
)
def test_what_no_cell_printed_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        map_page.finding(entry(**changes))


def test_without_markers_the_page_is_refused():
    with pytest.raises(ValueError, match="<!-- book:start -->"):
        between("a page", "", "book/map.md", marker="book")
