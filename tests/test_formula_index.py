"""Formula → section → function → test: each link of the index leads somewhere, no formula is left out."""

import ast
import functools
import re

import pytest

import formula_index
from bookfiles import ROOT, notebook_paths, parsed_module, stored_notebook

MODULES = ("similarity", "losses", "metrics")
PATHS = notebook_paths()

# Displayed formulas that no function of the library computes: chapter → {formula: why not}.
WITHOUT_FUNCTION = {
    "losses": {
        r"\frac{\partial \ell}{\partial p_u} = \sum_i \frac{\partial \ell}{\partial s_{ui}}\, q_i , \qquad "
        r"\frac{\partial \ell}{\partial q_i} = \frac{\partial \ell}{\partial s_{ui}}\, p_u": (
            "the chain rule, which training leaves to automatic differentiation"
        ),
        r"e^{s_i} \propto \frac{p(i)}{q(i)}": (
            "where training without the log-q correction ends; a claim of the chapter holds it, by training"
        ),
    },
    "fusion": {
        r"V(w) = (1-w)^2 \sigma_1^2 + w^2 \sigma_2^2 + 2 w (1-w) \rho\, \sigma_1 \sigma_2": (
            "the variance of a weighted mean, which the chapter's simulated world checks"
        ),
    },
    "one_model": {
        r"\frac{1}{4} \sum_t \frac{m_t(\text{one})}{m_t(\text{twin})}, \qquad \text{RMSE the other way round.}": (
            "how the checkpoint was chosen; a test of the stored results repeats it, and an exercise asks it"
        ),
    },
}


@functools.cache
def entries_and_wrong():
    return formula_index.read_entries()


@functools.cache
def listed():
    """{notebook: the statements of its entries}."""
    found = {path: set() for path in PATHS}
    for raw, (notebook, *_), *_ in entries_and_wrong()[0]:
        found[notebook] |= set(statements(raw["latex"]))
    return found


def public_functions(module):
    body = parsed_module(ROOT / "recsys_lib" / f"{module}.py").body
    functions = [node.name for node in body if isinstance(node, ast.FunctionDef)]
    return {f"recsys_lib.{module}.{name}" for name in functions if not name.startswith("_")}


def test_every_link_leads_somewhere():
    entries, wrong = entries_and_wrong()
    assert wrong == []
    assert entries, "book/formulas.yml holds no formula"


def test_page_is_up_to_date():
    entries, _ = entries_and_wrong()
    assert formula_index.PAGE.read_text("utf-8") == formula_index.page(entries), "run tools/formula_index.py"


@functools.cache
def parts_of_module(path):
    """[(names that a statement binds, its source)]."""
    parts = []
    for node in parsed_module(path).body:
        inside = list(ast.walk(node)) if not isinstance(node, ast.FunctionDef) else [node]
        names = {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        names |= {n.name for n in inside if isinstance(n, ast.FunctionDef)}
        parts.append((names, ast.unparse(node)))
    return parts


def source_of_test(path, name):
    """The test and whatever of its module it names, directly or by way of something named: constants, helpers."""
    rest, source, found = parts_of_module(path), "", {name}
    while found:
        source += "\n".join(text for names, text in rest if names & found)
        rest = [(names, text) for names, text in rest if not names & found]
        found = {n for names, _ in rest for n in names} & set(re.findall(r"\w+", source))
    return source


def test_each_test_speaks_of_its_function():
    for raw, _, _, (path, _) in entries_and_wrong()[0]:
        function, test = raw["function"].split(".")[-1], raw["test"].split("::")[1].split("[")[0]
        source = source_of_test(path, test)
        assert re.search(rf"\b{function}\b", source), f"{raw['test']} does not use {function}"


def test_a_test_that_does_not_use_its_function_is_told():
    source = source_of_test(ROOT / "tests" / "test_metrics.py", "test_novelty_by_hand")
    assert "novelty" in source and "gini" not in source


@pytest.mark.parametrize("module", MODULES)
def test_every_formula_of_the_library_is_in_the_index(module):
    of_entries = {raw["function"] for raw, *_ in entries_and_wrong()[0]}
    assert public_functions(module) - of_entries == set()


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


def squeezed(text):
    return re.sub(r"[\s{}]|\\[,;!]|\\q?quad", "", text).replace("\\tfrac", "\\frac")


def statements(latex):
    """The statements of a formula, which stand side by side with a \\quad or \\qquad after the comma."""
    return [squeezed(part).rstrip(".,") for part in re.split(r",\s*\\q?quad", latex)]


def text_of(path):
    return "\n".join(cell.source for cell in stored_notebook(path).cells if cell.cell_type == "markdown")


def displayed(text):
    """Each statement between $$ and $$."""
    return [statement for latex in re.findall(r"\$\$(.+?)\$\$", text, re.DOTALL) for statement in statements(latex)]


def excused(path):
    return {statement for latex in WITHOUT_FUNCTION.get(path.stem, ()) for statement in statements(latex)}


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_formulas_stand_in_their_chapters_letter_for_letter(path):
    text = squeezed(text_of(path))
    assert [statement for statement in sorted(listed()[path]) if statement not in text] == []


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_every_displayed_formula_has_an_entry_or_a_reason(path):
    missing = set(displayed(text_of(path))) - listed()[path] - excused(path)
    assert missing == set(), "add it to book/formulas.yml, or with a reason to WITHOUT_FUNCTION"


def test_a_reason_stands_for_a_formula_that_is_there_and_has_no_entry():
    assert set(WITHOUT_FUNCTION) <= {path.stem for path in PATHS}
    for path in PATHS:
        assert excused(path) <= set(displayed(text_of(path))) - listed()[path]


def test_a_new_formula_is_told():
    path = next(path for path in PATHS if path.stem == "losses")
    text = text_of(path) + "\n\n$$\n\\ell = |s - y| , \\qquad\n\\pi_i = y_i .\n$$"
    assert set(displayed(text)) - listed()[path] - excused(path) == {r"\ell=|s-y|", r"\pi_i=y_i"}
