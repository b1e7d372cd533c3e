"""A function written in a notebook (cell tagged `by-hand`) gives what the library's gives, on random input.

REGISTRY: "chapter.function" → (inputs(rng) -> arguments, the library's answer to the same arguments). Each function of
a `by-hand` cell needs an entry; the chapter is the notebook's file name."""

import ast

import numpy as np
import pytest
from bookfiles import notebook_paths, read_notebook

from recsys_lib import metrics, similarity  # noqa: F401

REGISTRY = {}


def by_hand_code(path):
    """(source, function names): imports and functions of the `by-hand` cells, in reading order."""
    keep, names = [], []
    for cell in read_notebook(path).cells:
        if cell.cell_type == "code" and "by-hand" in cell.metadata.get("tags", []):
            for node in ast.parse(cell.source).body:
                if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef)):
                    keep.append(ast.unparse(node))
                if isinstance(node, ast.FunctionDef):
                    names.append(node.name)
    return "\n".join(keep), names


WRITTEN = {f"{path.stem}.{name}": path for path in notebook_paths() for name in by_hand_code(path)[1]}


def test_each_function_is_registered_and_each_entry_is_written():
    assert set(REGISTRY) == set(WRITTEN)


@pytest.mark.parametrize("name", sorted(set(WRITTEN) & set(REGISTRY)))
def test_by_hand_equals_the_library(name):
    namespace = {"np": np}
    exec(by_hand_code(WRITTEN[name])[0], namespace)
    function = namespace[name.split(".")[1]]
    inputs, library = REGISTRY[name]
    for seed in range(20):
        arguments = inputs(np.random.default_rng(seed))
        np.testing.assert_allclose(function(*arguments), library(*arguments), rtol=1e-6, atol=1e-9, err_msg=name)
