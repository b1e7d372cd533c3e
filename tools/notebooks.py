"""Execute notebooks top to bottom and write their outputs.

    python tools/notebooks.py                              # all, one after the other
    python tools/notebooks.py notebooks/deep/x.ipynb …     # these
    python tools/notebooks.py --workers 2                  # two at a time: nothing is refused for its time

Each runs in a clean kernel in an empty temporary folder. A file is written only when its whole run succeeded, without
an error, a line on stderr, or an absolute path in a cell, and within 90 seconds alone on two cores; else it stays as
it was and the message says what to mend."""

import argparse
import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert.filters import strip_ansi

from bookfiles import ROOT, notebook_paths, read_notebook, tidy, write_notebook

ABSOLUTE_PATH = re.compile(
    r"(?<![\w.:/~])(?:/(?:home|root|tmp|Users|usr|opt|work|var|private|mnt|content|workspace)/[\w.\-/]+|[A-Z]:\\\w+)"
)
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")
BUDGET_SECONDS, BUDGET_GB = 90, 3.0
OWN = re.compile(r"(PYTHON|PIP_|UV_|JUPYTER|IPYTHON|KERAS_|TF_|MPL|MATPLOTLIBRC|XDG_|VIRTUAL_ENV|CONDA_|PYTEST_).*")


def output_text(output):
    """All text of an output that a reader can see."""
    if output.output_type == "stream":
        return output.text
    if output.output_type == "error":
        return "\n".join(output.traceback)
    data = output.get("data", {})
    return "\n".join(str(value) for kind, value in data.items() if kind.startswith("text/") or kind.endswith("+xml"))


def problems(notebook):
    """What stands against writing this executed notebook, as messages with the cell's number."""
    found = []
    for number, cell in enumerate(notebook.cells):
        place = f"cell {number} ({first_line(cell.source)})"
        for path in ABSOLUTE_PATH.findall(cell.source):
            found.append(f"{place}: absolute path {path!r} in the source; use a relative or a computed one")
        for output in cell.get("outputs", []):
            text = output_text(output)
            if output.output_type == "stream" and output.name == "stderr":
                found.append(f"{place}: wrote to stderr; mend its cause or silence it in the cell:\n{text.strip()}")
            for path in ABSOLUTE_PATH.findall(text):
                found.append(f"{place}: absolute path {path!r} in the output; print a name instead")
            if address := ADDRESS.search(text):
                found.append(f"{place}: memory address {address.group()!r} in the output, other at each run")
    return found


def first_line(source):
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    return (lines[0] if lines else "empty")[:60]


def kernel_environment(folder, workers):
    """The reader's kernel: no setting of the person who runs this, no checkout on the path, one core a worker.

    A notebook keeps its own stderr quiet, so TF_CPP_MIN_LOG_LEVEL goes with the rest."""
    environment = {name: value for name, value in os.environ.items() if not OWN.fullmatch(name)}
    for name in ("IPYTHONDIR", "MPLCONFIGDIR", "KERAS_HOME"):
        environment[name] = str(folder / name.lower())
    environment["JUPYTER_PREFER_ENV_PATH"] = "1"
    environment["PYTHONFAULTHANDLER"] = "1"  # a crash in compiled code leaves its place in the log
    if workers > 1:
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
            environment.setdefault(name, "1")
    return environment


def list_fonts(environment):
    """Matplotlib lists the fonts before the run: where that takes long, it says so on stderr."""
    subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], env=environment, capture_output=True)


def peak_gigabytes(client):
    """Largest memory of the kernel so far; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{client.km.provisioner.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 2**20
    except (OSError, AttributeError):
        return 0.0


def waiting_seconds(client):
    """How long the kernel waited for a core that other work held; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{client.km.provisioner.pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, AttributeError, IndexError):
        return 0.0


class Run:
    """One notebook under execution."""

    def __init__(self, path, timeout=600, kernel="python3", extra=None):
        self.path, self.timeout, self.kernel, self.extra = Path(path), timeout, kernel, extra or {}
        resolved = self.path.resolve()
        self.name = str(resolved.relative_to(ROOT)) if resolved.is_relative_to(ROOT) else self.path.name
        self.seconds = self.gigabytes = self.waited = 0.0
        self.failure = self.process = None
        self.cell = 0

    async def execute(self, workers):
        self.notebook = read_notebook(self.path)
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        folder = Path(tempfile.mkdtemp(prefix="notebook-"))
        home = Path(tempfile.mkdtemp(prefix="ipython-"))
        client = NotebookClient(
            self.notebook,
            timeout=self.timeout,
            kernel_name=self.kernel,
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(folder)}},
            on_cell_start=self.note_start,
            on_cell_executed=self.note_use,
        )
        self.client = client
        environment = kernel_environment(home, workers) | self.extra
        list_fonts(environment)
        start = time.perf_counter()
        print(f"start   {self.name}", flush=True)
        try:
            with open(home / "stderr", "w") as kernel_log:  # the kernel's own log; a cell's stderr arrives as output
                await client.async_execute(env=environment, stderr=kernel_log)
        except CellExecutionError as error:
            self.failure = f"cell {self.cell} ({self.cell_line()}) raised\n{strip_ansi(error.traceback)}"
        except CellTimeoutError:
            self.failure = f"cell {self.cell} ({self.cell_line()}) took longer than {self.timeout} s"
        except (
            DeadKernelError,
            AssertionError,
            RuntimeError,
        ) as error:  # nbclient's clean-up may stumble over a dead one
            log = (home / "stderr").read_text("utf-8", "replace").strip()[-1500:]
            self.failure = f"the kernel died in cell {self.cell} ({self.cell_line()}): {self.death() or error}\n{log}"
        finally:
            self.seconds = time.perf_counter() - start
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(home, ignore_errors=True)
        if not self.failure and (found := problems(self.notebook)):
            self.failure = "\n".join(found)
        return self

    def note_start(self, cell, cell_index):
        self.cell = cell_index
        self.process = getattr(self.client.km.provisioner, "process", None)

    def death(self):
        """What ended the kernel, if its process tells."""
        status = self.process.poll() if self.process else None
        if status == -9:
            return "killed from outside, or by the system for want of memory"
        return f"ended with status {status}" if status is not None else ""

    def note_use(self, cell, cell_index, execute_reply):
        self.gigabytes = max(self.gigabytes, peak_gigabytes(self.client))
        self.waited = max(self.waited, waiting_seconds(self.client))

    def cell_line(self):
        return first_line(self.notebook.cells[self.cell].source)

    def report(self):
        state = "FAILED " if self.failure else "done   "
        over = ""
        if self.seconds - self.waited > BUDGET_SECONDS or self.gigabytes > BUDGET_GB:
            over = f"  over the budget of {BUDGET_SECONDS} s and {BUDGET_GB:g} GB"
        print(f"{state} {self.name}  {self.seconds:.0f} s, {self.gigabytes:.1f} GB{over}", flush=True)


async def run_all(runs, workers, finish):
    """Execute with at most `workers` at a time; finish(run) is called as each ends."""
    slots = asyncio.Semaphore(workers)

    async def one(run):
        async with slots:
            await run.execute(workers)
        finish(run)
        run.report()

    async def progress():
        while True:
            await asyncio.sleep(15)
            active = [r for r in runs if hasattr(r, "client") and not r.seconds]
            print("        " + " · ".join(f"{r.path.stem}: cell {r.cell} of {len(r.notebook.cells)}" for r in active),
                  flush=True)  # fmt: skip

    ticker = asyncio.create_task(progress())
    await asyncio.gather(*(one(run) for run in runs))
    ticker.cancel()


def write(run, alone):
    """Write what ran well; measured alone, a run above the budget is refused."""
    taken = run.seconds - run.waited
    if alone and not run.failure and taken > BUDGET_SECONDS:
        run.failure = (
            f"it took {taken:.0f} s alone on two cores, and a chapter may take {BUDGET_SECONDS}. Move its heavy "
            "table to tools/experiments/:\n`make experiments` computes and stores it, and the chapter reads it."
        )
        if run.waited > 1:
            run.failure += f"\nOther work kept this machine busy ({run.waited:.0f} s, not counted): run it again alone."
    if not run.failure:
        tidy(run.notebook)
        write_notebook(run.path, run.notebook)


def same_for_all():
    """What a chapter takes is measured on two cores, whatever the machine has, and without the person's settings."""
    for name in filter(OWN.fullmatch, list(os.environ)):
        del os.environ[name]
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--timeout", type=int, default=600, help="seconds a cell may take (default 600)")
    args = parser.parse_args(argv)
    paths = args.files or notebook_paths()
    if missing := [str(path) for path in paths if not path.is_file()]:
        parser.error(f"no such notebook: {', '.join(missing)} (expected a path like notebooks/deep/full_build.ipynb)")
    workers = max(1, min(args.workers, len(paths)))
    runs = [Run(path, args.timeout) for path in paths]
    asyncio.run(run_all(runs, workers, lambda run: write(run, alone=workers == 1)))
    failed = [run for run in runs if run.failure]
    for run in failed:
        print(f"\n--- {run.name}: not written\n{run.failure}", flush=True)
    if len(runs) > 1:
        print(f"\n{len(runs) - len(failed)} of {len(runs)} notebooks executed and written.")
    return 1 if failed else 0


if __name__ == "__main__":
    same_for_all()
    sys.exit(main())
