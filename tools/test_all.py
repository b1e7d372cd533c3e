"""Everything that `make test` proves, step by step; all steps run, and what failed is told at the end.

    make test                        # all steps
    make test STEPS="unit links"     # these

unit · contract (what a notebook must hold) · notebooks (nbval: every cell run again) · colab (rehearsal in Colab's
versions) · book (strict build) · links (internal links of the site) · browser (the site in Chromium)"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bookfiles import ROOT, notebook_paths
from durations import RECORDS, counts, report

CONTRACT = [
    f"tests/test_{name}.py"
    for name in ("notebooks_contract", "by_hand", "exercises", "claims_page", "formula_index", "repository")
] + ["tests/exercises"]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
TWO_WORKERS = ("-n", "2", "--dist", "loadfile")


def run(command, extra=None):
    """Run a command with its output on the terminal; returns its exit status and the last line that it printed."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "TF_CPP_MIN_LOG_LEVEL": "3", **(extra or {})}
    process = subprocess.Popen(
        [str(part) for part in command], cwd=ROOT, env=environment, text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=1,
    )  # fmt: skip
    lines = []
    while piece := process.stdout.read(1):  # character by character: pytest's dots are the progress
        sys.stdout.write(piece)
        sys.stdout.flush()
        lines.append(piece)
    return process.wait(), "".join(lines)


def pytest(step, *arguments, extra=None):
    record = RECORDS / f"{step}.xml"
    command = [sys.executable, "-m", "pytest", f"--junit-xml={record}", "-o", "junit_family=xunit1", "-ra", *arguments]
    status, _ = run(command, extra)
    if status == 5:  # nothing collected
        return 0, 1, 0
    passed, failed, skipped = counts(record) if record.exists() else (0, 0, 0)
    return passed, failed or int(status != 0), skipped


def tool(name, *arguments):
    """A script of tools/; it counts as one test unless it prints 'N passed, N failed'."""
    status, text = run([sys.executable, Path("tools") / name, *arguments])
    if found := re.findall(r"(\d+) passed, (\d+) failed", text):
        passed, failed = map(int, found[-1])
        return passed, failed or int(status != 0), 0
    return int(status == 0), int(status != 0), 0


def unit():
    rest = [f"--ignore={path}" for path in ["tests/browser", *CONTRACT]]
    return pytest("unit", "tests", *TWO_WORKERS[:2], *rest, extra=ONE_THREAD)


def contract():
    return pytest("contract", *[path for path in CONTRACT if (ROOT / path).exists()], *TWO_WORKERS, extra=ONE_THREAD)


def notebooks():
    """nbval on copies, each in an empty folder, so that no chapter can lean on the checkout or litter it."""
    with tempfile.TemporaryDirectory(prefix="nbval-") as name:
        copies = []
        for path in notebook_paths():
            copy = Path(name) / path.parent.name / path.stem / path.name
            copy.parent.mkdir(parents=True)
            shutil.copy(path, copy)
            copies.append(copy)
        options = ("-p", "no:cacheprovider", "--nbval-lax", "--nbval-cell-timeout=180", *TWO_WORKERS)
        place = (f"--rootdir={name}", "-c", ROOT / "pyproject.toml")
        return pytest("notebooks", *options, *place, *copies, extra={**ONE_THREAD, "IPYTHONDIR": f"{name}/.ipython"})


def browser():
    """On two workers; what is timed, alone after them."""
    parts = (
        pytest("browser", "tests/browser", *TWO_WORKERS[:2], "-k", "not 50_ms"),
        pytest("timed", "tests/browser", "-k", "50_ms"),
    )
    return tuple(map(sum, zip(*parts)))


STEPS = {
    "unit": ("unit tests", unit),
    "contract": ("notebook contract", contract),
    "notebooks": ("every cell of every notebook", notebooks),
    "colab": ("Colab rehearsal", lambda: tool("colab_rehearsal.py")),
    "book": ("strict build of the site", lambda: tool("build_book.py")),
    "links": ("internal links", lambda: tool("links.py")),
    "browser": ("the site in a browser", browser),
}


def main(argv):
    if unknown := [name for name in argv if name not in STEPS]:
        print(f"no step {', '.join(unknown)}; there are {', '.join(STEPS)}")
        return 1
    shutil.rmtree(RECORDS, ignore_errors=True)
    RECORDS.mkdir(parents=True)
    chosen = argv or list(STEPS)
    rows, begin = [], time.time()
    for number, step in enumerate(chosen, start=1):
        title, function = STEPS[step]
        print(f"\n=== {number} of {len(chosen)}: {title} ===", flush=True)
        start = time.time()
        rows.append((step, title, *function(), time.time() - start))
    print(f"\n{report()}\n\n  {'step':<30}{'seconds':>8}{'passed':>8}{'failed':>8}{'skipped':>9}")
    for _, title, passed, failed, skipped, seconds in rows:
        print(f"  {title:<30}{seconds:8.0f}{passed:8}{failed:8}{skipped:9}")
    passed, failed, skipped = (sum(row[column] for row in rows) for column in (2, 3, 4))
    broken = [row[0] for row in rows if row[3]]
    if broken:
        print(f'\nFailed steps, told above: {", ".join(broken)}. Again alone: make test STEPS="{" ".join(broken)}"')
    seconds = time.time() - begin
    print(f"\n==== {passed} passed, {failed} failed, {skipped} skipped in {seconds:.0f} s ====", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
