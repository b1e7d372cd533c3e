"""`make chapter`: a skeleton that runs, lists what is to be written, and refuses a bad name before it writes."""

import importlib.util
import shutil
import subprocess
import sys

import matplotlib
import nbformat
import pytest
import yaml

import chapter
import front_lists
from bookfiles import ROOT, notebook_paths
from recsys_lib import exercises

PATHS = notebook_paths()


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_nothing_is_left_to_be_written(path):
    left = chapter.placeholders(path.parent.name, path.stem)
    assert not left, "still to be written:\n" + "\n".join(left)


@pytest.fixture
def book(tmp_path):
    """A folder with the contents of this book and its notebooks by name alone."""
    shutil.copy(ROOT / "_toc.yml", tmp_path)
    for path in PATHS:
        empty = tmp_path / path.relative_to(ROOT)
        empty.parent.mkdir(parents=True, exist_ok=True)
        empty.touch()
    return tmp_path


def everything(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def order(book):
    parts = yaml.safe_load((book / "_toc.yml").read_text("utf-8"))["parts"]
    return [(part.get("caption"), [entry["file"] for entry in part["chapters"]]) for part in parts]


def test_a_chapter_is_three_files_and_a_line_at_the_end_of_its_part(book):
    before, parts = everything(book), order(book)
    paths = chapter.start("foundations/of_no_such_chapter", root=book)
    after = everything(book)
    assert {path.relative_to(book).as_posix() for path in set(after) - set(before)} == {
        "notebooks/foundations/of_no_such_chapter.ipynb",
        "recsys_lib/exercises/of_no_such_chapter.py",
        "tests/exercises/test_of_no_such_chapter.py",
    }
    assert set(paths) == set(after) - set(before)
    assert {path for path in before if before[path] != after[path]} == {book / "_toc.yml"}
    place = [caption for caption, _ in parts].index("Foundations")
    parts[place][1].append("notebooks/foundations/of_no_such_chapter")
    assert order(book) == parts
    old, new = ((folder / "_toc.yml").read_text("utf-8").splitlines() for folder in (ROOT, book))
    assert [line for line in new if line not in old] == ["      - file: notebooks/foundations/of_no_such_chapter"]


def test_a_new_part_stands_behind_the_last_chapter(book):
    parts = order(book)
    chapter.start("new_part/of_no_such_chapter", "Many models, one list", root=book)
    last = max(n for n, (_, files) in enumerate(parts) if any(file.startswith("notebooks/") for file in files))
    parts.insert(last + 1, ("Many models, one list", ["notebooks/new_part/of_no_such_chapter"]))
    assert order(book) == parts
    chapter.start("new_part/second", root=book)
    assert order(book)[last + 1][1] == ["notebooks/new_part/of_no_such_chapter", "notebooks/new_part/second"]


@pytest.mark.parametrize(
    ("where", "caption", "said"),
    [
        ("", None, "expected NAME=part/name"),
        ("of_no_such_chapter", None, "expected NAME=part/name"),
        ("notebooks/deep/of_no_such_chapter", None, "expected NAME=part/name"),
        ("deep/of_no_such_chapter.ipynb", None, "expected NAME=part/name"),
        ("deep/New", None, "expected NAME=part/name"),
        ("deep/new-one", None, "expected NAME=part/name"),
        ("deep/new one", None, "expected NAME=part/name"),
        ("deep/1st", None, "expected NAME=part/name"),
        ("deep/_new", None, "expected NAME=part/name"),
        ("../of_no_such_chapter", None, "expected NAME=part/name"),
        ("deep/../of_no_such_chapter", None, "expected NAME=part/name"),
        ("deep/of_no_such_chapter\n", None, "expected NAME=part/name"),
        ("deep/lambda", None, "word of Python"),
        ("foundation/of_no_such_chapter", None, "no part 'foundation', only deep, "),
        ("deep/of_no_such_chapter", "Deep", "has its caption already"),
        ("new_part/of_no_such_chapter", "a: b", "caption is made of letters"),
        ("deep/full_build", None, r"taken by notebooks/deep/full_build\.ipynb"),
        ("foundations/full_build", None, r"taken by notebooks/deep/full_build\.ipynb"),
    ],
)  # fmt: skip
def test_a_name_that_is_bad_or_taken_is_refused_before_anything_is_written(book, where, caption, said):
    before = everything(book)
    with pytest.raises(ValueError, match=said):
        chapter.start(where, caption, root=book)
    assert everything(book) == before


@pytest.mark.parametrize(
    "file", ["recsys_lib/exercises/of_no_such_chapter.py", "tests/exercises/test_of_no_such_chapter.py"]
)
def test_no_file_is_written_over(book, file):
    (book / file).parent.mkdir(parents=True)
    (book / file).write_text("mine")
    before = everything(book)
    with pytest.raises(ValueError, match=f"taken by {file}"):
        chapter.start("deep/of_no_such_chapter", root=book)
    assert everything(book) == before


def test_a_line_of_the_contents_without_its_file_is_a_taken_name(book):
    (book / "notebooks" / "deep" / "full_build.ipynb").unlink()
    with pytest.raises(ValueError, match=r"_toc\.yml names a chapter 'full_build' already"):
        chapter.start("deep/full_build", root=book)


def test_a_start_that_fails_leaves_nothing(book, monkeypatch):
    def full(*_):
        raise OSError("No space left on device")

    before = everything(book)
    monkeypatch.setattr(chapter, "write_notebook", full)
    with pytest.raises(OSError, match="No space"):
        chapter.start("deep/of_no_such_chapter", root=book)
    assert everything(book) == before


def test_the_command_says_what_it_wants(capsys):
    assert chapter.main(["deep/full_build"]) == 1
    assert "taken" in capsys.readouterr().err


# --- The skeleton


@pytest.fixture
def skeleton(book, monkeypatch):
    """The files of a new chapter, its checkers importable."""
    paths = chapter.start("deep/of_no_such_chapter", root=book)
    monkeypatch.setattr(exercises, "__path__", [*exercises.__path__, str(paths[1].parent)])
    yield paths
    sys.modules.pop("recsys_lib.exercises.of_no_such_chapter", None)
    for name in [name for name in exercises._CHECKERS if name.startswith("of_no_such_chapter.")]:
        del exercises._CHECKERS[name]


def test_the_skeleton_runs(skeleton, capsys):
    namespace, said = {}, {}
    with matplotlib.rc_context({"backend": "Agg"}):
        for cell in nbformat.read(skeleton[0], as_version=4).cells:
            if cell.cell_type == "code":
                exec(cell.source, namespace)
                kind = {"exercise", "solution"} & set(cell.metadata.get("tags", []))
                said.setdefault(*kind or {"other"}, []).append(capsys.readouterr().out)
    assert said["other"][2].startswith("671 people")
    assert len(said["exercise"]) == len(said["solution"]) == 2
    assert all(line.startswith("… not yet") for line in said["exercise"])
    assert all(line.startswith("✓") for line in said["solution"])


def module(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def functions_of(path):
    """{name: function} of a file of tests."""
    names = vars(module(path)).items()
    return {name: test for name, test in names if name.startswith("test_") and callable(test)}


def test_the_tests_of_the_skeleton_pass(skeleton):
    count = 0
    for test in functions_of(skeleton[2]).values():
        cases = [mark.args[1] for mark in getattr(test, "pytestmark", ())]
        for case in cases[0] if cases else [()]:
            test(*case) if isinstance(case, tuple) else test(case)
            count += 1
    assert count >= 8


def test_the_skeleton_is_of_the_house_style(skeleton):
    for config, paths in (("pyproject.toml", skeleton[1:]), ("notebooks/ruff.toml", skeleton[:1])):
        command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--config", ROOT / config, *paths]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_the_contract_fails_on_what_is_to_be_written_and_on_nothing_else(skeleton):
    """Outputs are stored by `make notebooks`; here the cells have none."""
    notebook, said = nbformat.read(skeleton[0], as_version=4), {}
    for name, test in functions_of(ROOT / "tests" / "test_notebooks_contract.py").items():
        given = {("notebook",): [notebook], ("path", "notebook"): [skeleton[0], notebook]}
        arguments = test.__code__.co_varnames[: test.__code__.co_argcount]
        if arguments in given:
            try:
                test(*given[arguments])
            except AssertionError as error:
                said[name] = str(error)
    said.pop("test_executed_in_order_without_error")
    assert set(said) == {
        "test_opens_with_question_objectives_needs_and_times",
        "test_the_head_says_how_long_it_is_to_read",
        "test_claims_are_computed_and_hold",
    }
    assert r"\\d+ min" in said["test_opens_with_question_objectives_needs_and_times"]


def test_the_front_pages_list_the_skeleton(skeleton, book):
    head = front_lists.read_head(skeleton[0], "Deep")
    assert (head.title, head.minutes, head.needs) == ("Of no such chapter", None, []) and head.question.endswith("?")
    assert "[Of no such chapter](notebooks/deep/of_no_such_chapter.ipynb)" in front_lists.readme(
        [head], book / "README.md"
    )


def test_every_file_says_what_is_to_be_written(skeleton, book):
    left = chapter.placeholders("deep", "of_no_such_chapter", book)
    for place in (
        "of_no_such_chapter.ipynb, cell 0",
        "recsys_lib/exercises/of_no_such_chapter.py",
        "tests/exercises/test_of_no_such_chapter.py",
    ):
        assert any(line.startswith(place) for line in left)
    wanted = ("question", "objective", "min to read", "claim", "figure", "rubric", "next year", "bibliography", "hint")
    text = "\n".join(left).lower().replace("judge it by", "rubric")
    assert [word for word in wanted if word not in text] == []
    for path in skeleton:
        path.write_text(path.read_text("utf-8").replace("TODO", ""), "utf-8")
    assert chapter.placeholders("deep", "of_no_such_chapter", book) == []
