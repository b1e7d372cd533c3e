"""How a chapter is counted: what is a word, a shown line, a paragraph, the way to the next picture."""

import nbformat
import pytest

import lengths
from lengths import Length

PNG = {"image/png": "iVBORw0KGgo="}


def text(source):
    return nbformat.v4.new_markdown_cell(source)


def code(source, *tags, outputs=()):
    return nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)}, outputs=list(outputs))


def picture():
    return nbformat.v4.new_output("display_data", PNG)


def printed(words):
    return nbformat.v4.new_output("stream", text=words)


@pytest.fixture
def measured(tmp_path):
    """The Length of a notebook of these cells, behind a head of two words, the bootstrap cell and the setup."""

    def measure(*cells, part="foundations"):
        path = tmp_path / part / "chapter.ipynb"
        path.parent.mkdir(exist_ok=True)
        first = [text("# Two words"), code("import sys", "bootstrap"), text("## Setup"), code("import numpy")]
        nbformat.write(nbformat.v4.new_notebook(cells=[*first, *cells]), path)
        return lengths.length(path)

    return measure


@pytest.mark.parametrize(
    ("markdown", "count"),
    [
        ("one two, three – four", 4),
        ("the score $s_{ui} = p_u \\cdot q_i$ of a film", 5),
        ("$$a\\\\b\n= c$$ in words", 2),
        ("call `fit(train)` first", 2),
        ("```python\nx = 1\n```\nthen", 1),
        ("see [this chapter](../deep/full_build.ipynb#a-b-c) again", 4),
        ("**95 %** of them", 3),
        ("", 0),
    ],
)
def test_formulas_code_and_addresses_are_no_words(markdown, count):
    assert lengths.words(markdown) == count


def test_setup_and_solutions_are_no_lines_and_blank_ones_neither(measured):
    plain = measured(text("## Body"), code("a = 1\n\nb = 2"), code("c = 3\nd = 4", "hide-input"))
    assert (plain.shown, plain.lines) == (2, 4)
    solved = measured(text("## Body"), code("a = 1"), code("# @title Solution\na = 2", "solution", "hide-cell"))
    assert (solved.shown, solved.lines) == (1, 1)


def test_further_reading_and_the_first_words_of_exercises_are_free(measured):
    head = 3  # "Two words", "Setup"
    assert measured(text("## Your turn\n\n" + "word " * 298)).words == head
    assert measured(text("## Your turn\n\n" + "word " * 308)).words == head + 10
    assert measured(text("## Further reading\n\n" + "word " * 500)).words == head
    assert measured(text("## What to remember\n\none two\n\n## Further reading\n\nthree")).words == head + 5


def test_a_printed_sentence_counts_and_a_printed_table_does_not(measured):
    told = "This line is a sentence.\nEASE .117\nn = 5 of the people in it.\n"
    assert measured(text("## Body"), code("print(x)", outputs=[printed(told)])).words == 4 + 5


def test_paragraphs_and_pictures(measured):
    long, short = "word " * 30, "word " * 10
    cells = [text(f"## Body\n\n{long}\n\n- {short}"), code("plot()", outputs=[picture()]), text(f"{short}\n\n{short}")]
    found = measured(*cells)
    assert found.paragraph == 30
    assert found.before_picture == 42  # Setup, Body and the two paragraphs; the head is not part of the way
    assert found.between_pictures == 42
    assert measured(*cells, text(long)).between_pictures == 50


def test_claims_and_minutes(measured):
    cells = [text("## Body"), code('claim("A.", True)\nclaim("B.", True)')]
    assert measured(*cells).claims == 2
    assert Length(2970, 225, 0, 0, 0, 0, 0, 0).minutes == 35  # 16.5 + 15 minutes
    assert Length(1800, 0, 0, 0, 0, 0, 0, 0).minutes == 10


def test_the_part_start_counts_neither_setup_nor_exercise_nor_closing(measured):
    body = [text("## Body\n\none two three"), code("a = 1")]
    rest = [text("### Exercise 1 · warm-up: four\n\nmore"), code("b", "exercise"), text("## What to remember\n\nfive")]
    assert measured(*body, *rest, part="start")[:4] == (6, 2, 2, 3)  # the head, and the two cells of the body


def test_what_is_above_its_limit_is_named(tmp_path, measured):
    measured(text("## Body"), code('claim("A.", True)\n' * 11))
    assert lengths.too_long(tmp_path / "foundations" / "chapter.ipynb") == ["claims: 11, at most 10"]
    measured(text("## Body"), code('claim("A.", True)\n' * 2), part="start")
    assert lengths.too_long(tmp_path / "start" / "chapter.ipynb") == ["claims: 2, at most 1"]
