"""One address in one place: every file agrees with `repository.url`, and `make repository` carries it both ways."""

import shutil
import subprocess
import sys
import tomllib

import pytest
import yaml

import repository
from bookfiles import ROOT, repository_url

EXAMPLE = "https://github.com/example-owner/example-book"


def test_all_files_agree_with_the_configuration():
    differing = [repository.name_of(path) for path in repository.changes(repository_url())]
    assert differing == [], f"run: make repository URL={repository_url()}"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The files that may name the address, the tools and the tests, in a folder of their own."""
    folder = tmp_path_factory.mktemp("book")
    for name in ("tools", "book", "notebooks", "recsys_lib", "tests"):
        ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "experiments")
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    for name in (
        "_config.yml",
        "_toc.yml",
        "README.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "CITATION.cff",
        "pyproject.toml",
    ):
        shutil.copy(ROOT / name, folder)
    return folder


def tool(folder, *arguments):
    command = [sys.executable, "tools/repository.py", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts}


def test_sets_it_everywhere_and_takes_it_back(copy):
    tool(copy, "--set", "")
    unset = contents(copy)
    assert tool(copy, "--set", EXAMPLE + ".git/").returncode == 0
    assert tool(copy).returncode == 0 and tool(copy, "--check", EXAMPLE).returncode == 0

    assert yaml.safe_load((copy / "_config.yml").read_text("utf-8"))["repository"]["url"] == EXAMPLE
    assert tomllib.loads((copy / "pyproject.toml").read_text("utf-8"))["project"]["urls"]["Repository"] == EXAMPLE
    assert yaml.safe_load((copy / "CITATION.cff").read_text("utf-8"))["repository-code"] == EXAMPLE
    assert f"git+{EXAMPLE}" in (copy / "recsys_lib" / "_tensorflow.py").read_text("utf-8")
    readme = (copy / "README.md").read_text("utf-8")
    for path in sorted((copy / "notebooks").rglob("*.ipynb")):
        name = path.relative_to(copy).as_posix()
        assert f'REPOSITORY = \\"{EXAMPLE}\\"' in path.read_text("utf-8")
        assert f"https://example-owner.github.io/example-book/{name.replace('.ipynb', '.html')}" in path.read_text(
            "utf-8"
        )
        assert f"https://colab.research.google.com/github/example-owner/example-book/blob/main/{name}" in readme
    named = [path for path, data in contents(copy).items() if b"git+URL" in data]
    left = [path for path in named if not {"tools", "tests"} & set(path.parts)]
    assert left == []

    assert tool(copy, "--set", "").returncode == 0
    assert contents(copy) == unset


def test_the_tests_pass_once_it_is_set(copy):
    """What depends on the address follows it: cell ids, bootstrap cells, the links of the formula index."""
    assert tool(copy, "--set", EXAMPLE).returncode == 0
    tests = [f"tests/test_{name}.py" for name in ("notebooks_contract", "formula_index", "claims_page")]
    chosen = "make_notebooks or bootstrap or up_to_date"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", chosen, *tests]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_publish_check_gives_the_command(copy):
    tool(copy, "--set", EXAMPLE)
    done = tool(copy, "--check", "https://github.com/somebody/else")
    assert done.returncode == 1
    assert "make repository URL=https://github.com/somebody/else" in done.stdout


@pytest.mark.parametrize(
    "address", ["github.com/a/b", "http://github.com/a/b", "https://github.com/a", "a b", "https://x"]
)
def test_refuses_what_is_no_address(address):
    with pytest.raises(ValueError, match="expected an address like"):
        repository.clean_address(address)


def test_site_address():
    assert repository.site_address("https://github.com/Owner/book") == "https://owner.github.io/book"
    assert repository.site_address("https://github.com/owner/owner.github.io") == "https://owner.github.io"
    assert repository.site_address("https://example.org/owner/book") == ""
