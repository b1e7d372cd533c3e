"""Everything that `make test` proves, step by step; all steps run, and what failed is told at the end.

    make test                               # all steps
    make test STEPS="unit links"            # these
    make test NB=notebooks/part/name.ipynb  # what one chapter must hold: its tests, its cells run again, strict build

unit · contract (what a notebook must hold) · notebooks (nbval: every cell run again) · colab (rehearsal in Colab's
versions) · book (strict build) · links (internal links of the site) · browser (the site in Chromium)"""

import argparse
import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bookfiles import ROOT, notebook_paths, seconds_to_run, stored_notebook
from durations import RECORDS, complaints, counts, report, seconds_of_notebooks
from notebooks import BUDGET_SECONDS, kernel_environment, list_fonts

OF_CHAPTERS = [
    f"tests/test_{name}.py"
    for name in (
        "notebooks_contract", "chapter", "by_hand", "exercises", "claims_page", "formula_index", "front_pages",
        "front_lists",
    )
]  # fmt: skip
CONTRACT = [*OF_CHAPTERS, "tests/test_publish.py", "tests/exercises"]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
TWO_WORKERS = ("-n", "2", "--dist", "loadfile")


def run(command, environment):
    """Run a command with its output on the terminal; returns its exit status and what it printed."""
    environment = {**environment, "PYTHONUNBUFFERED": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    process = subprocess.Popen(
        [str(part) for part in command], cwd=ROOT, env=environment, text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=1,
    )  # fmt: skip
    printed = []
    while piece := process.stdout.read(1):  # character by character: pytest's dots are the progress
        sys.stdout.write(piece)
        sys.stdout.flush()
        printed.append(piece)
    return process.wait(), "".join(printed)


def pytest(step, *arguments, environment=None):
    record = RECORDS / f"{step}.xml"
    command = [sys.executable, "-m", "pytest", f"--junit-xml={record}", "-o", "junit_family=xunit1", "-ra", *arguments]
    status, _ = run(command, environment or {**os.environ, **ONE_THREAD})
    if status == 5:  # nothing collected
        return 0, 1, 0
    passed, failed, skipped = counts(record) if record.exists() else (0, 0, 0)
    return passed, failed or int(status != 0), skipped


def tool(name, *arguments):
    """A script of tools/; it counts as one test unless it prints 'N passed, N failed'."""
    status, text = run([sys.executable, Path("tools") / name, *arguments], os.environ)
    if found := re.findall(r"(\d+) passed, (\d+) failed", text):
        passed, failed = map(int, found[-1])
        return passed, failed or int(status != 0), 0
    return int(status == 0), int(status != 0), 0


def unit():
    rest = [f"--ignore={path}" for path in ["tests/browser", *CONTRACT]]
    return pytest("unit", "tests", "-p", "no:nbval", "-n", "2", "--dist", "worksteal", *rest)


def contract():
    return pytest("contract", "-p", "no:nbval", *[path for path in CONTRACT if (ROOT / path).exists()], *TWO_WORKERS)


def stored_results(path):
    """Names of the stored results that a notebook reads, without their data set: one file of tests holds both."""
    found = re.findall(r"results\.(?:load|frames)\(\\?[\"'](\w+)", path.read_text("utf-8"))
    return sorted({name.removesuffix("_movietweetings").removesuffix("_movielens") for name in found})


def chapter(path):
    """The contract of one notebook, and the tests of its exercises and of the results that it reads."""
    own = [f"tests/exercises/test_{path.stem}.py"]
    own += [f"tests/test_results_{name}.py" for name in sorted({path.stem, *stored_results(path)})]
    files = [name for name in [*OF_CHAPTERS, *own] if (ROOT / name).exists()]
    of_skeletons = "tests/test_chapter.py"  # of its tests one speaks of a chapter
    files[files.index(of_skeletons)] = f"{of_skeletons}::test_nothing_is_left_to_be_written"
    return pytest("chapter", "-p", "no:nbval", *files, f"--notebook={path}", *TWO_WORKERS)


def notebooks(paths):
    """nbval on copies, each in an empty folder, so that no chapter can lean on the checkout or litter it.

    The longest come first, so that no worker waits long for the other's last."""
    with tempfile.TemporaryDirectory(prefix="nbval-") as name:
        copies = []
        for path in sorted(paths, key=lambda path: seconds_to_run(stored_notebook(path)), reverse=True):
            copy = Path(name) / path.parent.name / path.stem / path.name
            copy.parent.mkdir(parents=True)
            shutil.copy(path, copy)
            copies.append(copy)
        workers = min(2, len(copies))
        environment = kernel_environment(Path(name), workers)  # a home that cannot be written does no harm
        for folder in ("CONFIG", "DATA", "RUNTIME"):
            environment[f"JUPYTER_{folder}_DIR"] = f"{name}/.jupyter-{folder.lower()}"
        list_fonts(environment)
        options = ("-p", "no:cacheprovider", "--nbval-lax", "--nbval-cell-timeout=180", "--no-loadscope-reorder")
        place = (f"--rootdir={name}", "-c", ROOT / "pyproject.toml")
        spread = TWO_WORKERS if workers > 1 else ()
        return pytest("notebooks", *options, *spread, *place, *copies, environment=environment)


def browser():
    return pytest("browser", "-p", "no:nbval", "tests/browser", "-n", "2", "--dist", "worksteal")


STEPS = {
    "unit": ("unit tests", unit),
    "contract": ("notebook contract", contract),
    "notebooks": ("every cell of every notebook", lambda: notebooks(notebook_paths())),
    "colab": ("Colab rehearsal", lambda: tool("colab_rehearsal.py")),
    "book": ("strict build of the site", lambda: tool("build_book.py")),
    "links": ("internal links", lambda: tool("links.py")),
    "browser": ("the site in a browser", browser),
}


def steps_of(path):
    return {
        "chapter": ("contract, exercises, results", functools.partial(chapter, path)),
        "notebooks": ("every cell", lambda: notebooks([path])),
        "book": STEPS["book"],
    }


def slow_notebooks():
    """What to say of chapters above the budget of time: a warning, for something else may keep the machine busy."""
    found = seconds_of_notebooks(RECORDS / "notebooks.xml")
    return [
        f"  warning: {name} took {seconds:.0f} s here; a chapter may take {BUDGET_SECONDS} s alone on two cores "
        "(make notebooks measures and refuses)"
        for name, seconds in found.items()
        if seconds > BUDGET_SECONDS
    ]


def conclude(rows, seconds, again):
    """Print what failed, what took how long, and the line of totals; returns the exit status."""
    print(f"\n{report()}\n\n  {'step':<30}{'seconds':>8}{'passed':>8}{'failed':>8}{'skipped':>9}")
    for _, title, passed, failed, skipped, took in rows:
        print(f"  {title:<30}{took:8.0f}{passed:8}{failed:8}{skipped:9}")
    passed, failed, skipped = (sum(row[column] for row in rows) for column in (2, 3, 4))
    print("\n".join(["", *slow_notebooks()]))
    if broken := [row[0] for row in rows if row[3]]:
        lines = [line for step in broken for line in complaints(RECORDS / f"{step}.xml")]
        print("\n".join(["What is missing or wrong:", *lines]) if lines else "")
        print(f"Failed steps, told above: {', '.join(broken)}. Again: {again(broken)}")
    print(f"\n==== {passed} passed, {failed} failed, {skipped} skipped in {seconds:.0f} s ====", flush=True)
    return 1 if failed else 0


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("steps", nargs="*")
    parser.add_argument("--notebook", type=Path, help="prove one chapter")
    args = parser.parse_args(argv)
    steps, again = STEPS, lambda broken: f'make test STEPS="{" ".join(broken)}"'
    if args.notebook:
        path = args.notebook.resolve()
        if path not in notebook_paths():
            there = ", ".join(path.relative_to(ROOT).as_posix() for path in notebook_paths())
            parser.error(f"no such notebook: {args.notebook} (there are {there})")
        steps, again = steps_of(path), lambda broken: f"make test NB={path.relative_to(ROOT).as_posix()}"
    if unknown := [name for name in args.steps if name not in steps]:
        parser.error(f"no step {', '.join(unknown)}; there are {', '.join(steps)}")
    shutil.rmtree(RECORDS, ignore_errors=True)
    RECORDS.mkdir(parents=True)
    chosen = args.steps or list(steps)
    rows, begin = [], time.time()
    for number, step in enumerate(chosen, start=1):
        title, function = steps[step]
        print(f"\n=== {number} of {len(chosen)}: {title} ===", flush=True)
        start = time.time()
        rows.append((step, title, *function(), time.time() - start))
    return conclude(rows, time.time() - begin, again)


if __name__ == "__main__":
    sys.exit(main())
