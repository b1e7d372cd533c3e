"""Publishing, rehearsed with a local repository in place of the public one: what stands on the branch `colab`."""

import os
import subprocess
import sys
import tomllib

import nbformat
import pytest
import yaml

import bootstrap_cell
import publish
from bookfiles import ROOT, notebook_paths, read_notebook

EXAMPLE = "https://github.com/example-owner/example-book"
pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a Git checkout")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """The book with an address at github.com."""
    folder = tmp_path_factory.mktemp("published") / "book"
    publish.tree(EXAMPLE + ".git/", folder)
    return folder


def test_every_file_that_names_the_address_names_this_one(tree):
    source = f"git+{EXAMPLE}@colab"
    config = yaml.safe_load((tree / "_config.yml").read_text("utf-8"))
    assert config["repository"] == {"url": EXAMPLE, "branch": "colab"}
    assert tomllib.loads((tree / "pyproject.toml").read_text("utf-8"))["project"]["urls"]["Repository"] == EXAMPLE
    assert yaml.safe_load((tree / "CITATION.cff").read_text("utf-8"))["repository-code"] == EXAMPLE
    assert f'pip install "recsys-lib[tensorflow] @ {source}"' in (tree / "recsys_lib/_tensorflow.py").read_text("utf-8")
    assert f'pip install "recsys-lib[tensorflow] @ {source}"' in (tree / "README.md").read_text("utf-8")
    for path in sorted((tree / "notebooks").rglob("*.ipynb")):
        name = path.relative_to(tree).with_suffix(".html").as_posix()
        cells = read_notebook(path).cells
        assert f'LIBRARY = "{source}"' in next(c for c in cells if c.cell_type == "code").source
        assert f"(https://example-owner.github.io/example-book/{name})" in cells[0].source
        assert "git+URL" not in path.read_text("utf-8")


def test_the_setup_cell_is_the_same_in_every_chapter_and_all_else_is_unchanged(tree):
    first = set()
    for path in notebook_paths():
        before, after = read_notebook(path), read_notebook(tree / path.relative_to(ROOT))
        code = [[c for c in book.cells if c.cell_type == "code"] for book in (before, after)]
        first.add(code[1][0].source)
        assert [c.source for c in code[0][1:]] == [c.source for c in code[1][1:]]
        assert [c.outputs for c in code[0][1:]] == [c.outputs for c in code[1][1:]]
    assert len(first) == 1


def test_holds_what_is_tracked_and_no_workflow(tree):
    tracked = {name for name in publish.git("ls-files", "-z").split("\0") if (ROOT / name).is_file()}
    held = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}
    assert {name for name in tracked - held if not name.startswith(".github/")} == set()
    assert held <= tracked and not any(name.startswith(".github/") for name in held)


def test_main_names_no_address():
    assert yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]["url"] == ""
    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"].get("urls", {}) == {}


def state(folder):
    """Branch, index and files of a checkout."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    commands = (["rev-parse", "HEAD"], ["ls-files", "--stage"], ["branch", "--all"])
    return [subprocess.check_output(["git", *command], cwd=folder, env=environment, text=True) for command in commands]


def test_rehearsal_the_setup_cell_installs_the_library_from_the_branch(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", "elsewhere")  # as in a hook of another repository
    remote, folder = tmp_path / "remote.git", tmp_path / "book"
    publish.git("init", "--quiet", "--bare", remote)
    before = state(ROOT)
    publish.tree(remote.as_uri().removesuffix(".git"), folder)
    remote.rename(tmp_path / "remote")  # the address ends without .git, as at github.com
    remote = tmp_path / "remote"
    for _ in range(2):
        publish.push(folder, remote)
    assert state(ROOT) == before
    monkeypatch.delenv("GIT_DIR")
    assert publish.git("branch", "--list", "--format=%(refname:short)", cwd=remote) == "colab"
    assert publish.git("rev-list", "--count", "colab", cwd=remote) == "1"

    (folder / "README.md").write_text("another edition")
    (folder / "CONTRIBUTING.md").unlink()
    publish.push(folder, remote)
    assert publish.git("rev-list", "--count", "colab", cwd=remote) == "1"
    assert publish.git("show", "colab:README.md", cwd=remote) == "another edition"
    assert "CONTRIBUTING.md" not in publish.git("ls-tree", "--name-only", "colab", cwd=remote)

    name = notebook_paths()[0].relative_to(ROOT).as_posix()
    notebook = nbformat.reads(publish.git("show", f"colab:{name}", cwd=remote), as_version=4)
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code").source
    target = tmp_path / "installed"  # nothing is fetched: the library alone, built with the setuptools that is here
    pip = {"PIP_TARGET": str(target), "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_INDEX": "1"}
    command = [sys.executable, "-I", "-S", "-c", cell]  # -S: without the packages that are installed
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | pip, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (target / "recsys_lib" / "__init__.py").is_file() and (target / "recsys_lib" / "results").is_dir()
    assert f"git+{remote.as_uri()}@colab" in (target / "recsys_lib" / "_tensorflow.py").read_text("utf-8")


def test_a_folder_that_is_not_empty_is_refused(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert publish.main(["tree", EXAMPLE, str(tmp_path)]) == 1
    assert "is not empty" in capsys.readouterr().err


def test_a_remote_that_is_not_there_is_told(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert publish.main(["push", str(tmp_path), str(tmp_path / "none")]) == 1
    assert "git push failed" in capsys.readouterr().err


@pytest.mark.parametrize(
    "address", ["github.com/a/b", "http://github.com/a/b", "https://github.com/a", "a b", "https://x", ""]
)
def test_refuses_what_is_no_address(address):
    with pytest.raises(ValueError, match="expected an address like"):
        publish.clean_address(address)


def test_site_address():
    assert publish.site_address("https://github.com/Owner/book") == "https://owner.github.io/book"
    assert publish.site_address("https://github.com/owner/owner.github.io") == "https://owner.github.io"
    assert publish.site_address("https://example.org/owner/book") == ""


def test_setup_cell_replaces_itself_and_follows_the_head():
    markdown, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    notebook = nbformat.v4.new_notebook(cells=[markdown("# T"), markdown("text"), code("x = 1")])
    assert bootstrap_cell.install(notebook, bootstrap_cell.text())
    assert notebook.cells[1].source == bootstrap_cell.text()
    assert not bootstrap_cell.install(notebook, bootstrap_cell.text())
    assert bootstrap_cell.install(notebook, bootstrap_cell.text("git+https://example.org/a/b@colab"))
    assert len(notebook.cells) == 4
    compile(notebook.cells[1].source, "cell", "exec")


def test_setup_cell_without_address_says_what_to_type():
    command = [sys.executable, "-I", "-S", "-c", bootstrap_cell.text()]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert 'ImportError: recsys_lib is missing. Run: pip install ".[tensorflow]"' in done.stderr


def test_setup_cell_does_nothing_where_the_library_is_there():
    done = subprocess.run([sys.executable, "-c", bootstrap_cell.text("no such thing")], capture_output=True, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def workflow():
    return yaml.safe_load((ROOT / ".github/workflows/publish.yml").read_text("utf-8"))


def test_the_workflow_takes_the_address_from_where_it_runs_and_publishes_that_site():
    """Three steps in the browser and no command: it can be started by hand, and no file names an address."""
    events = workflow()[True]  # YAML reads `on` as true
    assert "workflow_dispatch" in events
    steps = workflow()["jobs"]["build"]["steps"]
    runs = [step["run"] for step in steps if "run" in step]
    expected = [
        "make env",
        '.venv/bin/python tools/publish.py tree "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY" "$RUNNER_TEMP/book"',
        '.venv/bin/python tools/publish.py site "$RUNNER_TEMP/book"',
        '.venv/bin/python tools/publish.py push "$RUNNER_TEMP/book" origin',
    ]
    assert runs == expected
    assert steps[-1]["with"]["path"] == "${{ runner.temp }}/book/_build/html"
    assert workflow()["jobs"]["build"]["permissions"] == {"contents": "write"}


def test_only_a_push_to_the_book_itself_is_published():
    """A pull request from a fork's branch `main` ends in a successful run of `test` on `main` too."""
    condition = workflow()["jobs"]["build"]["if"]
    run = "github.event.workflow_run."
    assert f"({run}event == 'push' && {run}conclusion == 'success')" in condition
