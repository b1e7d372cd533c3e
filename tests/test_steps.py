"""What `make test` leaves out, tells and warns of: one chapter's tests, what failed, slow chapters, Colab's cells."""

from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

import bookfiles
import colab_rehearsal
import durations
import test_all

HERE = Path(__file__).parent
RECORD = """<?xml version="1.0"?><testsuites><testsuite tests="5" failures="2" errors="1" skipped="0">
<testcase classname="part.slow.slow.ipynb" file="part/slow/slow.ipynb" name="Cell 0" time="70"/>
<testcase classname="part.slow.slow.ipynb" file="part/slow/slow.ipynb" name="Cell 1" time="30.5"/>
<testcase classname="part.quick.quick.ipynb" file="part/quick/quick.ipynb" name="Cell 0" time="3"/>
<testcase classname="tests.test_x" name="test_head[new]" time="1"><failure
 message="AssertionError: the head lacks ['needs']&#10;assert not ['needs']">long text</failure></testcase>
<testcase classname="tests.test_x" name="test_none" time="1"><error
 message="ValueError: no file">long</error></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def record(tmp_path, monkeypatch):
    path = tmp_path / "notebooks.xml"
    path.write_text(RECORD, "utf-8")
    monkeypatch.setattr(test_all, "RECORDS", tmp_path)
    return path


def test_what_failed_is_listed_in_a_line_each(record):
    assert durations.complaints(record) == ["  - test_head[new]: the head lacks ['needs']", "  - test_none: no file"]
    assert durations.complaints(record.with_name("none.xml")) == []


def test_a_slow_chapter_is_warned_of_and_fails_nothing(record, capsys):
    assert durations.seconds_of_notebooks(record) == {"slow": 100.5, "quick": 3.0}
    rows = [("notebooks", "every cell", 3, 0, 0, 103.0)]
    assert test_all.conclude(rows, 103.0, str) == 0
    said = capsys.readouterr().out
    assert "warning: slow took 100 s" in said and "quick took" not in said


def test_a_failed_step_says_what_is_missing_and_how_to_try_again(record, capsys):
    rows = [("notebooks", "every cell", 3, 2, 0, 103.0)]
    assert test_all.conclude(rows, 103.0, lambda steps: f"make test {steps}") == 1
    said = capsys.readouterr().out
    assert "What is missing or wrong:\n  - test_head[new]: the head lacks ['needs']" in said
    assert "make test ['notebooks']" in said


def test_an_unknown_notebook_or_step_is_told(capsys):
    for arguments, told in ((["--notebook", "notebooks/none.ipynb"], "no such notebook"), (["nothing"], "no step")):
        with pytest.raises(SystemExit):
            test_all.main(arguments)
        assert told in capsys.readouterr().err


def test_stored_results_of_a_chapter_are_found(tmp_path):
    path = tmp_path / "chapter.ipynb"
    sources = 'a = results.load("one")', "results.frames('two')", 'results.load("one_movietweetings")', "load('three')"
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    assert test_all.stored_results(path) == ["one", "two"]


def item(name, **parameters):
    return SimpleNamespace(name=name, **({"callspec": SimpleNamespace(params=parameters)} if parameters else {}))


def test_a_chapter_leaves_out_the_tests_of_the_others(request, tmp_path):
    mine, other = tmp_path / "a.ipynb", tmp_path / "b.ipynb"
    items = [item("a", path=mine), item("b", path=other), item("book"), item("words", path="b"), item("c", number=1)]
    left_out = []
    hook = SimpleNamespace(pytest_deselected=lambda items: left_out.extend(items))
    config = SimpleNamespace(getoption=lambda name: mine, hook=hook)
    plugins = request.config.pluginmanager.get_plugins()
    book = next(plugin for plugin in plugins if getattr(plugin, "__file__", None) == str(HERE / "conftest.py"))
    book.pytest_collection_modifyitems(config, items)
    assert [i.name for i in items] == ["a", "book", "words", "c"] and [i.name for i in left_out] == ["b"]


def chapter(folder, name, seconds, *sources):
    folder.mkdir(exist_ok=True)
    cells = [nbformat.v4.new_markdown_cell(f"# {name}\n\n10 min to read · about {seconds} s to run · needs nothing")]
    cells += [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / f"{name}.ipynb")
    return folder / f"{name}.ipynb"


@pytest.mark.parametrize(
    ("sources", "kept"),
    [
        (["import x", "data = load_movielens()", "more"], 3),
        (["from recsys_lib.data import read_csv", "data = read_csv(path)", "load_world()"], 3),
        (["world = data.simulate_world(9)", "more"], 2),
        (["no_data()", "download(1)"], 3),
    ],
)
def test_colab_runs_a_chapter_up_to_its_data(tmp_path, sources, kept):
    path = chapter(tmp_path / "part", "a", 10, *sources)
    assert colab_rehearsal.cells_to_data(bookfiles.read_notebook(path)) == kept
    before = path.read_bytes()
    copy = bookfiles.read_notebook(colab_rehearsal.shortened(path, tmp_path / "copies"))
    assert [cell.source for cell in copy.cells[1:]] == sources[: kept - 1] and path.read_bytes() == before


def test_colab_runs_the_quickest_of_each_part_whole(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    paths = [chapter(one, "a", 60), chapter(one, "b", 40), chapter(one, "c", 40), chapter(two, "d", 90)]
    assert colab_rehearsal.quickest_of_each_part(paths) == {paths[1], paths[3]}


def test_a_file_is_read_once_until_it_changes(tmp_path):
    path, asked = tmp_path / "a.txt", []
    read = bookfiles.kept(lambda path: asked.append(path) or path.read_text())
    path.write_text("one")
    assert [read(path), read(str(path))] == ["one", "one"] and len(asked) == 1
    path.write_text("three")
    assert read(path) == "three" and len(asked) == 2
