"""The tools behind `make`: what they write, what they refuse and what they say."""

import os
import shutil
import subprocess
import sys

import nbformat
import pytest
import yaml

import bookfiles
import bootstrap_cell
import links
import notebooks
import setup_env
from bookfiles import ROOT


def notebook_file(folder, *sources):
    path = folder / "chapter.ipynb"
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def execute(*arguments):
    command = [sys.executable, ROOT / "tools" / "notebooks.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def test_a_notebook_is_executed_in_an_empty_folder_and_twice_gives_the_same_bytes(tmp_path):
    path = notebook_file(tmp_path, "import os\nprint(len(os.listdir()))", "print('a')\nprint('b')", "6 * 7")
    assert execute(path).returncode == 0
    first = path.read_bytes()
    cells = bookfiles.read_notebook(path).cells
    assert [cell.execution_count for cell in cells] == [1, 2, 3]
    assert cells[0].outputs[0].text == "0\n" and cells[1].outputs[0].text == "a\nb\n"
    assert cells[2].outputs[0].data["text/plain"] == "42"
    assert execute(path).returncode == 0
    assert path.read_bytes() == first
    assert [file.name for file in tmp_path.iterdir()] == ["chapter.ipynb"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import sys\nprint('careful', file=sys.stderr)", "wrote to stderr"),
        ("import os\nprint(os.getcwd())", "absolute path"),
        ("print(object())", "memory address"),
    ],
)
def test_a_notebook_that_fails_stays_as_it_was(tmp_path, source, said):
    path = notebook_file(tmp_path, "x = 1", source)
    before = path.read_bytes()
    done = execute(path)
    assert done.returncode == 1
    assert said in done.stdout and "cell 1" in done.stdout
    assert path.read_bytes() == before


def test_a_kernel_that_dies_is_told(tmp_path):
    done = execute(notebook_file(tmp_path, "x = 1", "import os\nos.kill(os.getpid(), 9)"))
    assert done.returncode == 1
    assert "the kernel died in cell 1" in done.stdout and "killed from outside" in done.stdout


def test_a_notebook_that_is_not_there(tmp_path):
    done = execute(tmp_path / "none.ipynb")
    assert done.returncode == 2 and "no such notebook" in done.stderr


@pytest.mark.parametrize("text", ["/home/ann/x", "see /tmp/tmp1/y", "C:\\Users", "('/work/book/a.py')"])
def test_absolute_paths_are_found(text):
    assert notebooks.ABSOLUTE_PATH.search(text)


@pytest.mark.parametrize(
    "text", ["https://example.org/home/x", "and/or", "notebooks/tmp/x", "a / b", "~/.cache/x", "1/2"]
)
def test_other_slashes_are_none(text):
    assert not notebooks.ABSOLUTE_PATH.search(text)


def test_bootstrap_cell_replaces_itself_and_follows_the_head():
    markdown, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    notebook = nbformat.v4.new_notebook(cells=[markdown("# T"), markdown("text"), code("x = 1")])
    assert bootstrap_cell.install(notebook, bootstrap_cell.text(""))
    assert notebook.cells[1].source == bootstrap_cell.text("")
    assert not bootstrap_cell.install(notebook, bootstrap_cell.text(""))
    assert bootstrap_cell.install(notebook, bootstrap_cell.text("https://example.org/a/b"))
    assert len(notebook.cells) == 4
    compile(notebook.cells[1].source, "cell", "exec")


def test_bootstrap_cell_without_address_says_what_to_do():
    hidden = "import importlib.util\nimportlib.util.find_spec = lambda name: None\n"
    with pytest.raises(ImportError, match=r"pip install \."):
        namespace = {}
        find_spec = __import__("importlib.util").util.find_spec
        try:
            exec(hidden + bootstrap_cell.text(""), namespace)
        finally:
            __import__("importlib.util").util.find_spec = find_spec


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Does shrinkage save Pearson?", "does-shrinkage-save-pearson"),
        ("Users × items, 0 – 1", "users--items-0--1"),
        ("`top_k` and you", "top_k-and-you"),
        ("修正余弦", "修正余弦"),
    ],
)
def test_anchors_are_githubs(title, slug):
    assert bookfiles.slugify(bookfiles.headings(f"## {title}")[0][1]) == slug


def test_a_repeated_heading_gets_a_number():
    anchors = bookfiles.Anchors()
    assert [anchors.add("Why?") for _ in range(3)] == ["why", "why-1", "why-2"]


def test_a_broken_link_of_the_site_is_found(tmp_path):
    (tmp_path / "a.html").write_text('<p id="x"><a href="b.html#y">1</a><a href="#x">2</a><img src="no.png"></p>')
    (tmp_path / "b.html").write_text('<p id="z"><a href="a.html#x">1</a><a href="/a.html">2</a></p>')
    wrong, count, pages = links.broken_links(tmp_path)
    assert (count, pages) == (5, 2)
    assert [line.split(": ", 1)[1] for line in wrong] == [
        "b.html#y: no such anchor",
        "no.png: no such file",
        "/a.html is bound to one machine or to the root of a server",
    ]


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("old")
    with pytest.raises(TypeError):
        bookfiles.write_atomically(path, None)
    assert path.read_text() == "old" and len(list(tmp_path.iterdir())) == 1


class TestPython:
    """tools/python.sh with a PATH of its own."""

    def run(self, folder, PYTHON="", **scripts):
        for name, body in scripts.items():
            file = folder / name.replace("_", ".")
            file.write_text(f"#!/bin/sh\n{body}\n")
            file.chmod(0o755)
        shutil.copy("/bin/sh", folder / "sh") if not (folder / "sh").exists() else None
        environment = {"PATH": str(folder), "HOME": os.environ.get("HOME", "/"), "PYTHON": PYTHON}
        return subprocess.run(
            ["/bin/sh", ROOT / "tools" / "python.sh"], capture_output=True, text=True, env=environment
        )

    def test_a_shim_that_fails_is_passed_over(self, tmp_path):
        done = self.run(tmp_path, python3_13="echo no such version; exit 127", python3=f'exec "{sys.executable}" "$@"')
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()

    def test_the_one_asked_for_wins(self, tmp_path):
        """The workflow's matrix asks for 3.11 and 3.13, and must not be given the newest of the machine."""
        for name in ("3_11", "3_12", "3_13"):
            answer = f"case $2 in *executable*) echo {name};; esac"
            self.run(tmp_path, **{f"python{name}": answer})
        assert self.run(tmp_path).stdout.strip() == "3_13"
        assert self.run(tmp_path, PYTHON="python3.11").stdout.strip() == "3_11"
        test = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))["jobs"]["test"]
        assert test["env"]["PYTHON"] == "python${{ matrix.python }}"

    def test_none_that_fits(self, tmp_path):
        done = self.run(tmp_path, python3='case "$2" in *platform*) echo 3.14.0;; *) exit 3;; esac')
        assert done.returncode == 1
        for part in ("3.11, 3.12 or 3.13", "no wheel for 3.14", "python3 is 3.14.0", "apt install", "PYTHON="):
            assert part in done.stderr

    def test_without_venv(self, tmp_path):
        done = self.run(tmp_path, python3='case "$2" in *ensurepip*) exit 1;; *) echo python3.12;; esac')
        assert done.returncode == 1
        assert "sudo apt install python3.12-venv" in done.stderr


def test_only_a_push_to_the_book_itself_is_published():
    """A pull request from a fork's branch `main` ends in a successful run of `test` on `main` too."""
    condition = yaml.safe_load((ROOT / ".github/workflows/publish.yml").read_text("utf-8"))["jobs"]["build"]["if"]
    run = "github.event.workflow_run."
    assert f"({run}event == 'push' && {run}conclusion == 'success')" in condition


def test_a_full_disk_is_told(monkeypatch, capsys):
    monkeypatch.setattr(setup_env.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10**8})())
    with pytest.raises(SystemExit):
        setup_env.stop_if_full(setup_env.NEEDED_BYTES)
    said = capsys.readouterr().err
    assert "The disk is full: 0.1 GB" in said and "make clean" in said


def test_a_failed_installation_says_what_to_do(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(setup_env, "call", lambda *command: 1)
    monkeypatch.setattr(setup_env, "get_uv", lambda: True)
    monkeypatch.setattr(setup_env, "stop_if_full", lambda needed: None)
    with pytest.raises(SystemExit):
        setup_env.install()
    assert "type the same command again" in capsys.readouterr().err
