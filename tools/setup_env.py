"""Makes the environment .venv from requirements.lock and installs the library, editable. Standard library only.

    sh tools/python.sh && <that python> tools/setup_env.py

Nothing is done while the stamp in .venv agrees with the lock, pyproject.toml and the place of the checkout. An
environment that is there and runs is kept and brought to the lock; one that does not run is made anew."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "recsys-book.stamp"
NEEDED_BYTES = 3_500_000_000  # 2.4 GB installed, the rest for the download cache
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def wanted_stamp():
    state = LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()
    return hashlib.sha256(state).hexdigest()


def runs():
    """Whether the environment's Python starts and is of a fitting version."""
    fits = "import sys, encodings; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
    try:
        return subprocess.run([PYTHON, "-c", fits], **QUIET).returncode == 0
    except OSError:
        return False


def stop(message):
    print(f"\n{message}", file=sys.stderr)
    sys.exit(1)


def stop_if_full(needed):
    free = shutil.disk_usage(ROOT).free
    if free < needed:
        stop(
            f"The disk is full: {free / 1e9:.1f} GB are free under the book's folder, about {needed / 1e9:.1f} GB are "
            "needed.\nFree some space (`make clean` removes what was built), then type the same command again."
        )


def call(*command):
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    if "PIP_INDEX_URL" in environment:  # uv reads a name of its own
        environment.setdefault("UV_DEFAULT_INDEX", environment["PIP_INDEX_URL"])
    environment.pop("PYTHONPATH", None)
    return subprocess.run(
        [str(part) for part in command], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL
    ).returncode


def make_venv():
    print(f"Making the environment .venv with Python {sys.version.split()[0]} ...", flush=True)
    if call(sys.executable, "-m", "venv", "--clear", VENV):
        stop_if_full(200_000_000)
        stop(
            "The environment could not be made; the lines above say why.\n"
            "  Debian, Ubuntu: sudo apt install python3-venv\nThen type the same command again."
        )


def get_uv():
    """uv from the lock (with its hashes), for it installs in seconds what takes pip minutes; False where it fails."""
    if subprocess.run([PYTHON, "-m", "uv", "--version"], **QUIET).returncode == 0:
        return True
    block = re.search(r"^uv==.*(?:\n[ \t]+--hash.*)+", LOCK.read_text("utf-8"), re.MULTILINE)
    if not block:
        return False
    wanted = VENV / "uv.txt"
    wanted.write_text(block.group() + "\n", "utf-8")
    return call(PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", wanted) == 0


def install():
    start = time.time()
    stop_if_full(NEEDED_BYTES if not (VENV / "bin" / "jupyter-book").exists() else 500_000_000)
    print("Installing what requirements.lock names (once; 1 to 4 minutes) ...", flush=True)
    uv = get_uv()
    done = False
    if uv:
        done = call(PYTHON, "-m", "uv", "pip", "install", "--python", PYTHON, "--require-hashes", "-r", LOCK) == 0
        if not done:
            print("uv could not install it; trying pip ...", flush=True)
    if not done:
        done = call(PYTHON, "-m", "pip", "install", "--require-hashes", "-r", LOCK) == 0
    if done:  # setuptools is in the lock, so the library is built without fetching anything
        build = ("--no-deps", "--no-build-isolation", "--editable", ROOT)
        done = call(PYTHON, "-m", "pip", "install", "--quiet", *build) == 0
    if not done:
        stop_if_full(300_000_000)
        stop(
            "The installation failed; the lines above say why. Most often the package registry was out of reach:\n"
            "check the connection (behind a proxy: set HTTPS_PROXY; with a mirror: set PIP_INDEX_URL),\n"
            "then type the same command again: what was fetched is kept."
        )
    print(f"Installed in {time.time() - start:.0f} s.", flush=True)


def main():
    if STAMP.exists() and STAMP.read_text() == wanted_stamp() and runs():
        return
    if not runs():
        stop_if_full(NEEDED_BYTES)
        make_venv()
    try:
        install()
    except OSError as error:
        stop_if_full(300_000_000)
        stop(f"The installation failed: {error}. Mend that, then type the same command again.")
    STAMP.write_text(wanted_stamp())


if __name__ == "__main__":
    main()
