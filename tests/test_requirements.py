"""Ranges, lock and Colab's list agree, and no notebook installs what Colab has of its own."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from bookfiles import ROOT, notebook_paths
from colab_rehearsal import LIST, UNTOUCHED

LOCK = (ROOT / "requirements.lock").read_text("utf-8")


def requirements(lines):
    stripped = (line.split("#")[0].strip() for line in lines)
    return [Requirement(line) for line in stripped if line]


DIRECT = requirements((ROOT / "requirements.txt").read_text("utf-8").splitlines())
COLAB = {r.name: next(iter(r.specifier)).version for r in requirements(LIST.read_text("utf-8").splitlines())}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]


@pytest.mark.parametrize("name", sorted(COLAB))
def test_ranges_accept_what_colab_has(name):
    version = Version(COLAB[name])
    library = requirements(PROJECT["dependencies"] + EXTRAS)
    ranges = [r for r in DIRECT + library if r.name == name]
    assert ranges, f"{name} is in no list of requirements"
    for requirement in ranges:
        assert requirement.specifier.contains(version), f"{requirement} refuses Colab's {version}"


def test_library_and_book_ask_for_the_same():
    book = {r.name: r.specifier for r in DIRECT}
    for requirement in requirements(PROJECT["dependencies"] + EXTRAS):
        assert book[requirement.name] == requirement.specifier, requirement.name


def locked():
    """{name: [(version, marker)]} of the lock; a package may stand twice, for two Pythons."""
    found = {}
    for name, version, marker in re.findall(r"^([\w.-]+)==([^\s;\\]+)(?: ; ([^\\\n]+))?", LOCK, re.MULTILINE):
        found.setdefault(canonicalize_name(name), []).append((Version(version), marker.strip()))
    return found


def test_lock_holds_every_direct_requirement():
    pins = locked()
    for requirement in DIRECT:
        versions = pins.get(canonicalize_name(requirement.name))
        assert versions, f"{requirement.name} is not in requirements.lock; run make lock"
        for version, _ in versions:
            assert requirement.specifier.contains(version), f"{requirement} refuses the locked {version}; run make lock"


def test_whatever_is_imported_is_a_direct_requirement():
    """What comes in by way of another package may leave with it."""
    distributions, listed = packages_distributions(), {canonicalize_name(r.name) for r in DIRECT}
    files = [path for folder in ("recsys_lib", "tools", "tests", "book") for path in (ROOT / folder).rglob("*.py")]
    own = {path.stem for path in files} | {path.parent.name for path in files} | set(sys.stdlib_module_names)
    for path in files:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in {name.split(".")[0] for name in names} - own:
                by = {canonicalize_name(found) for found in distributions.get(name, [name])}
                assert by & listed, f"{path.relative_to(ROOT)} imports {name}, which requirements.txt does not list"


def test_lock_has_a_hash_for_each_package_and_no_address():
    blocks = re.split(r"^(?=[\w.-]+==)", LOCK, flags=re.MULTILINE)[1:]
    assert len(blocks) > 100
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in LOCK


def test_tensorflow_cpu_is_in_requirements_alone():
    """Colab's distribution is called tensorflow; a wheel that asks for tensorflow-cpu would put a second over it."""
    assert "tensorflow-cpu" not in (ROOT / "pyproject.toml").read_text("utf-8")


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem)
def test_no_notebook_installs_what_colab_has(path):
    names = "|".join(UNTOUCHED)
    found = re.search(rf"(?:pip|uv|conda|apt)\W+install\b[^\n]*[\s\"'](?:{names})\b", path.read_text("utf-8"))
    assert not found, found.group()
