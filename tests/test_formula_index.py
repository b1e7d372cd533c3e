"""Formula → section → function → test: each link of the index leads somewhere, no formula is left out."""

import ast
import re

import pytest

import formula_index
from bookfiles import ROOT

MODULES = ("similarity", "losses", "metrics")


def public_functions(module):
    tree = ast.parse((ROOT / "recsys_lib" / f"{module}.py").read_text("utf-8"))
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {f"recsys_lib.{module}.{name}" for name in functions if not name.startswith("_")}


def test_every_link_leads_somewhere():
    entries, wrong = formula_index.read_entries()
    assert wrong == []
    assert entries, "book/formulas.yml holds no formula"


def test_page_is_up_to_date():
    entries, _ = formula_index.read_entries()
    assert formula_index.PAGE.read_text("utf-8") == formula_index.page(entries), "run tools/formula_index.py"


def source_of_test(path, name):
    """The test and whatever of its module it names, directly or by way of something named: constants, helpers."""
    rest = []
    for node in ast.parse(path.read_text("utf-8")).body:
        inside = list(ast.walk(node)) if not isinstance(node, ast.FunctionDef) else [node]
        names = {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        names |= {n.name for n in inside if isinstance(n, ast.FunctionDef)}
        rest.append((names, ast.unparse(node)))
    source, found = "", {name}
    while found:
        source += "\n".join(text for names, text in rest if names & found)
        rest = [(names, text) for names, text in rest if not names & found]
        found = {n for names, _ in rest for n in names} & set(re.findall(r"\w+", source))
    return source


def test_each_test_speaks_of_its_function():
    for raw, _, _, (path, _) in formula_index.read_entries()[0]:
        function, test = raw["function"].split(".")[-1], raw["test"].split("::")[1].split("[")[0]
        source = source_of_test(path, test)
        assert re.search(rf"\b{function}\b", source), f"{raw['test']} does not use {function}"


def test_a_test_that_does_not_use_its_function_is_told():
    source = source_of_test(ROOT / "tests" / "test_metrics.py", "test_novelty_by_hand")
    assert "novelty" in source and "gini" not in source


@pytest.mark.parametrize("module", MODULES)
def test_every_formula_of_the_library_is_in_the_index(module):
    listed = {raw["function"] for raw, *_ in formula_index.read_entries()[0]}
    assert public_functions(module) - listed == set()


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("recsys_lib.metrics.nothing_of_this_name", "defines no"),
        ("recsys_lib.nowhere.ndcg", "no module"),
    ],
)
def test_a_function_that_is_not_there_is_told(function, message):
    with pytest.raises(ValueError, match=message):
        formula_index.find_function(function)


def test_a_test_that_is_not_there_is_told():
    with pytest.raises(ValueError, match="no test file"):
        formula_index.find_test("tests/test_nowhere.py::test_x")
    with pytest.raises(ValueError, match="has no test"):
        formula_index.find_test("tests/test_formula_index.py::test_of_another_name")
