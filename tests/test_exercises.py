"""The exercises of each chapter: the unfilled stub says *not yet* and raises nothing, the solution is accepted.

What a checker says of other right ways and of typical mistakes stands in tests/exercises/test_<chapter>.py."""

import ast
import importlib

import pytest

from bookfiles import ROOT, headings, notebook_paths, read_notebook
from lengths import is_start
from notebooks import output_text
from recsys_lib import exercises
from recsys_lib.claims import claim

PATHS = notebook_paths()


def tags(cell):
    return set(cell.metadata.get("tags", []))


def checks(source):
    """Names that a cell hands to check(…)."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    calls = [call for call in calls if getattr(call.func, "id", getattr(call.func, "attr", "")) == "check"]
    return [call.args[0].value for call in calls if call.args and isinstance(call.args[0], ast.Constant)]


def groups(path):
    """[(stub cells, solution cells)]: each checked exercise, from its stub to the next heading or stub."""
    found = []
    for cell in read_notebook(path).cells:
        if cell.cell_type == "markdown" and headings(cell.source):
            found.append(None)
        elif cell.cell_type == "code" and "exercise" in tags(cell):
            if not found or found[-1] is None or found[-1][1]:
                found.append(([], []))
            found[-1][0].append(cell)
        elif cell.cell_type == "code" and found and found[-1]:
            found[-1]["solution" in tags(cell)].append(cell)
    return [group for group in found if group and any(checks(cell.source) for cell in group[0] + group[1])]


EXERCISES = [
    pytest.param(path, number, id=f"{path.stem}-{number + 1}") for path in PATHS for number in range(len(groups(path)))
]


def printed(cells):
    return "".join(output_text(output) for cell in cells for output in cell.outputs)


def names_before(path, source):
    """Imports and by-hand functions of a notebook: what a cell may use when it is run alone."""
    keep = []
    for cell in read_notebook(path).cells:
        if cell.cell_type == "code" and cell.source == source:
            break
        if cell.cell_type == "code":
            functions = (ast.FunctionDef,) if "by-hand" in tags(cell) else ()
            kinds = (ast.Import, ast.ImportFrom, *functions)
            keep += [ast.unparse(node) for node in ast.parse(cell.source).body if isinstance(node, kinds)]
    return "\n".join(keep)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_two_checked_exercises_and_an_open_one(path):
    if is_start(path):  # which has one exercise, checked
        assert len(groups(path)) == 1
        return
    assert len(groups(path)) >= 2, "two checked exercises a chapter"
    text = "\n".join(cell.source for cell in read_notebook(path).cells if cell.cell_type == "markdown").lower()
    assert "open" in text and ("rubric" in text or "judge it by" in text), "the open exercise says how it is judged"


@pytest.mark.parametrize(("path", "number"), EXERCISES)
def test_stored_outputs_say_not_yet_then_right(path, number):
    stub, solution = groups(path)[number]
    assert "not yet" in printed(stub), "the unfilled stub prints 'not yet'"
    assert solution, "a folded solution follows"
    for cell in solution:
        assert {"solution", "hide-cell"} <= tags(cell)
        assert cell.source.startswith("# @title Solution")
    assert "✓" in printed(solution) and "✗" not in printed(solution)


@pytest.mark.parametrize(("path", "number"), EXERCISES)
def test_stub_and_solution_run_alone(path, number, capsys):
    stub, solution = groups(path)[number]
    namespace = {"claim": claim}
    exec(names_before(path, stub[0].source), namespace)
    for cell in stub:
        exec(cell.source, namespace)
    said = capsys.readouterr().out
    assert "not yet" in said and "✗" not in said
    for cell in solution:
        exec(cell.source, namespace)
    said = capsys.readouterr().out
    assert "✓" in said and "✗" not in said and "not yet" not in said


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_checker_is_used_and_tested(path):
    importlib.import_module(f"recsys_lib.exercises.{path.stem}")
    registered = {name for name in exercises._CHECKERS if name.split(".")[0] == path.stem}
    used = {name for stub, solution in groups(path) for cell in stub + solution for name in checks(cell.source)}
    assert registered == used
    tests = ROOT / "tests" / "exercises" / f"test_{path.stem}.py"
    assert tests.is_file(), "tests/exercises holds right ways and typical mistakes of each chapter's exercises"
    for name in registered:
        assert name in tests.read_text("utf-8"), f"{tests.name} does not test {name}"
