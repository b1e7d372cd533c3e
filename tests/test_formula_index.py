"""Formula → section → function → test: each link of the index leads somewhere, no formula is left out."""

import ast

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


def test_each_test_speaks_of_its_function():
    for raw, _, _, (path, _) in formula_index.read_entries()[0]:
        function = raw["function"].split(".")[-1]
        assert function in path.read_text("utf-8"), f"{raw['test']} does not use {function}"


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
