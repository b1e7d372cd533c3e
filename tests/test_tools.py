"""The tools behind `make`: what they write, what they refuse and what they say."""

import nbformat
import pytest

import bookfiles
import links
import notebooks


def notebook_file(folder, *sources, name="chapter"):
    path = folder / f"{name}.ipynb"
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def execute(capsys, *paths):
    """(exit status, what it said) of tools/notebooks.py."""
    status = notebooks.main([str(path) for path in paths])
    return status, capsys.readouterr().out


def test_a_notebook_is_executed_in_an_empty_folder_and_twice_gives_the_same_bytes(tmp_path, capsys):
    path = notebook_file(tmp_path, "import os\nprint(len(os.listdir()))", "print('a')\nprint('b')", "6 * 7")
    assert execute(capsys, path)[0] == 0
    first = path.read_bytes()
    cells = bookfiles.read_notebook(path).cells
    assert [cell.execution_count for cell in cells] == [1, 2, 3]
    assert cells[0].outputs[0].text == "0\n" and cells[1].outputs[0].text == "a\nb\n"
    assert cells[2].outputs[0].data["text/plain"] == "42"
    assert execute(capsys, path)[0] == 0
    assert path.read_bytes() == first
    assert [file.name for file in tmp_path.iterdir()] == ["chapter.ipynb"]


def test_a_notebook_that_fails_stays_as_it_was(tmp_path, capsys):
    sources = {
        "ZeroDivisionError": "1 / 0",
        "wrote to stderr": "import sys\nprint('careful', file=sys.stderr)",
        "absolute path": "import os\nprint(os.getcwd())",
        "memory address": "print(object())",
        "killed from outside": "import os\nos.kill(os.getpid(), 9)",
    }
    paths = [notebook_file(tmp_path, "x = 1", source, name=f"n{n}") for n, source in enumerate(sources.values())]
    before = [path.read_bytes() for path in paths]
    status, said = execute(capsys, *paths)
    assert status == 1 and "0 of 5 notebooks executed and written" in said
    told = [part for part in said.split("\n--- ")[1:]]
    for path, text, wanted in zip(paths, told, sources, strict=True):
        assert path.name in text and wanted in text and "cell 1" in text
    assert "the kernel died in cell 1" in told[-1]
    assert [path.read_bytes() for path in paths] == before


def test_a_notebook_that_is_not_there(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        notebooks.main([str(tmp_path / "none.ipynb")])
    assert ended.value.code == 2 and "no such notebook" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["/home/ann/x", "see /tmp/tmp1/y", "C:\\Users", "('/work/book/a.py')"])
def test_absolute_paths_are_found(text):
    assert notebooks.ABSOLUTE_PATH.search(text)


@pytest.mark.parametrize(
    "text", ["https://example.org/home/x", "and/or", "notebooks/tmp/x", "a / b", "~/.cache/x", "1/2"]
)
def test_other_slashes_are_none(text):
    assert not notebooks.ABSOLUTE_PATH.search(text)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Does shrinkage save Pearson?", "does-shrinkage-save-pearson"),
        ("Users × items, 0 – 1", "users--items-0--1"),
        ("`top_k` and you", "top_k-and-you"),
        ("修正余弦", "修正余弦"),
    ],
)
def test_anchors_are_githubs(title, slug):
    assert bookfiles.slugify(bookfiles.headings(f"## {title}")[0][1]) == slug


def test_a_repeated_heading_gets_a_number():
    anchors = bookfiles.Anchors()
    assert [anchors.add("Why?") for _ in range(3)] == ["why", "why-1", "why-2"]


def test_a_broken_link_of_the_site_is_found(tmp_path):
    (tmp_path / "a.html").write_text('<p id="x"><a href="b.html#y">1</a><a href="#x">2</a><img src="no.png"></p>')
    (tmp_path / "b.html").write_text('<p id="z"><a href="a.html#x">1</a><a href="/a.html">2</a></p>')
    wrong, count, pages = links.broken_links(tmp_path)
    assert (count, pages) == (5, 2)
    assert [line.split(": ", 1)[1] for line in wrong] == [
        "b.html#y: no such anchor",
        "no.png: no such file",
        "/a.html is bound to one machine or to the root of a server",
    ]


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("old")
    with pytest.raises(TypeError):
        bookfiles.write_atomically(path, None)
    assert path.read_text() == "old" and len(list(tmp_path.iterdir())) == 1
