"""Running notebooks: no setting of the person's own reaches a kernel, and a chapter that takes too long is refused."""

import os
import subprocess
import sys

import nbformat
import pytest

import bookfiles
import notebooks
from bookfiles import ROOT


def notebook_file(folder, *sources, name="chapter"):
    path = folder / f"{name}.ipynb"
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


SHOW = """
import os, matplotlib.pyplot as plt
print("matplotlib", plt.get_backend().split(".")[-1].lower(), os.environ["MPLCONFIGDIR"] == "elsewhere")
own = ("KERAS_BACKEND", "PYTHONPATH", "PYTHONSTARTUP", "JUPYTER_CONFIG_DIR", "TF_USE_LEGACY_KERAS", "XDG_CACHE_HOME")
print([name for name in own if name in os.environ])
plt.plot([1, 2])
plt.show()
"""


def test_no_setting_of_the_persons_own_reaches_the_kernel(tmp_path):
    own = {
        "HOME": "/proc/nohome",
        "XDG_CACHE_HOME": "/proc/nohome",
        "MPLCONFIGDIR": "elsewhere",
        "MPLBACKEND": "TkAgg",
        "KERAS_BACKEND": "torch",
        "KERAS_HOME": "/proc/nohome",
        "TF_USE_LEGACY_KERAS": "1",
        "PYTHONPATH": "elsewhere",
        "PYTHONSTARTUP": "elsewhere",
        "JUPYTER_CONFIG_DIR": "/proc/nohome",
        "IPYTHONDIR": "/proc/nohome",
    }
    path = notebook_file(tmp_path, SHOW)
    command = [sys.executable, ROOT / "tools" / "notebooks.py", path]
    done = subprocess.run(command, env=os.environ | own, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout
    outputs = bookfiles.read_notebook(path).cells[0].outputs
    first, second = outputs[0].text.splitlines()
    assert "inline" in first and first.endswith("False") and second == "[]"
    assert "image/png" in outputs[1].data


def test_a_chapter_that_takes_too_long_alone_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(notebooks, "BUDGET_SECONDS", 1)
    path = notebook_file(tmp_path, "import time\ntime.sleep(1.5)\nprint('done')")
    before = path.read_bytes()
    assert notebooks.main([str(path)]) == 1
    said = capsys.readouterr().out
    assert path.read_bytes() == before
    assert "s alone on two cores" in said and "make experiments" in said


def test_run_beside_another_it_is_told_and_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(notebooks, "BUDGET_SECONDS", 1)
    slow = notebook_file(tmp_path, "import time\ntime.sleep(1.5)\nprint('done')", name="slow")
    assert notebooks.main(["--workers", "2", str(slow), str(notebook_file(tmp_path, "1"))]) == 0
    assert bookfiles.read_notebook(slow).cells[0].outputs[0].text == "done\n"
    assert "over the budget of 1 s" in capsys.readouterr().out


@pytest.mark.parametrize(("waited", "refused"), [(0, True), (15, False), (5, True)])
def test_time_that_other_work_took_is_not_counted(tmp_path, waited, refused):
    run = notebooks.Run(notebook_file(tmp_path, "1"))
    run.notebook, run.seconds, run.waited = bookfiles.read_notebook(run.path), 100, waited
    notebooks.write(run, alone=True)
    assert bool(run.failure) == refused
    assert not refused or ("run it again alone" in run.failure) == bool(waited)


def test_all_run_one_after_the_other():
    """What is measured with another beside it says nothing of a chapter."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert "notebooks.py $(NB)" in makefile and "--workers" not in makefile
