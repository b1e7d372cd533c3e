"""Makes the environment .venv from requirements.lock and installs the library, editable. Standard library only.

    sh tools/python.sh && <that python> tools/setup_env.py

The stamp in .venv is taken away before anything is changed and written when all has ended well. So:

    a stamp that agrees with the lock, pyproject.toml and the place of the checkout: nothing is done
    another stamp: the environment is whole but old, and is brought to the lock
    no stamp, or a Python that does not start: a set-up was interrupted, and .venv is made anew

Of pip's and uv's settings only those are heard that say where packages come from: others (`PIP_USER`, `UV_PYTHON`, a
`target` in pip.conf) would send them elsewhere."""

import ast
import contextlib
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
REDIRECTS = re.compile(r"PYTHON.+|PIP_.*|UV_.*|VIRTUAL_ENV.*|CONDA_.*")
SOURCES = re.compile(
    r"(PIP|UV)_(DEFAULT_INDEX|INDEX.*|EXTRA_INDEX.*|NO_INDEX|FIND_LINKS|TRUSTED_HOST|INSECURE_HOST|CERT|CLIENT_CERT"
    r"|PROXY|NATIVE_TLS|SYSTEM_CERTS|KEYRING_PROVIDER|OFFLINE|.*TIMEOUT|.*RETRIES|CONCURRENT_.*|CACHE_DIR|CONFIG_FILE)"
)


def wanted_stamp():
    state = LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()
    return hashlib.sha256(state).hexdigest()


def environment():
    """The environment variables for Python, pip and uv: none that sends packages or imports elsewhere."""
    kept = {name: v for name, v in os.environ.items() if SOURCES.fullmatch(name) or not REDIRECTS.fullmatch(name)}
    return {**kept, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0"}


def quietly(*command):
    """Whether the environment's Python does this without an error."""
    try:
        return subprocess.run([PYTHON, *command], cwd=ROOT, env=environment(), **QUIET).returncode == 0
    except OSError:
        return False


def runs():
    """Whether the environment's Python starts, is of a fitting version and has pip."""
    return quietly("-c", "import sys, encodings, pip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))")


def with_pip_files():
    """environment() and, in place of pip's configuration files, what they say of where packages come from."""
    found = environment()
    command = [PYTHON, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, env=found, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout
    for section in ("install", "global"):  # the section of the command goes before the general one
        for key, value in re.findall(rf"^{section}\.([\w-]+)=(.+)$", listed, re.MULTILINE):
            name = "PIP_" + key.upper().replace("-", "_")
            if SOURCES.fullmatch(name):
                found.setdefault(name, ast.literal_eval(value))
    found["PIP_CONFIG_FILE"] = os.devnull
    if "PIP_INDEX_URL" in found and "UV_INDEX_URL" not in found:  # uv reads a name of its own
        found.setdefault("UV_DEFAULT_INDEX", found["PIP_INDEX_URL"])
    return found


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


def call(*command, env=None):
    """Exit status of a command. It inherits the lock: a child that outlives this process keeps the next one waiting."""
    command, env = [str(part) for part in command], env or environment()
    return subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, close_fds=False).returncode


def make_venv():
    print(f"Making the environment .venv with Python {sys.version.split()[0]} ...", flush=True)
    if VENV.is_file() or (VENV.is_symlink() and not VENV.exists()):
        VENV.unlink()
    if call(sys.executable, "-m", "venv", "--clear", VENV):
        stop_if_full(200_000_000)
        stop(
            "The environment could not be made; the lines above say why.\n"
            "  Debian, Ubuntu: sudo apt install python3-venv\nThen type the same command again."
        )


def get_uv(env):
    """uv from the lock (with its hashes), for it installs in seconds what takes pip minutes; False where it fails."""
    if quietly("-m", "uv", "--version"):
        return True
    block = re.search(r"^uv==.*(?:\n[ \t]+--hash.*)+", LOCK.read_text("utf-8"), re.MULTILINE)
    if not block:
        return False
    wanted = VENV / "uv.txt"
    wanted.write_text(block.group() + "\n", "utf-8")
    return call(PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", wanted, env=env) == 0


def install():
    start = time.time()
    stop_if_full(NEEDED_BYTES if not (VENV / "bin" / "jupyter-book").exists() else 500_000_000)
    print("Installing what requirements.lock names (once; 1 to 4 minutes) ...", flush=True)
    env = with_pip_files()
    done = False
    if get_uv(env):
        uv = (PYTHON, "-m", "uv", "pip", "install", "--python", PYTHON, "--require-hashes", "-r", LOCK)
        done = call(*uv, env=env) == 0 and quietly("-c", "import jupyter_book")
        if not done:
            print("uv could not install it; trying pip ...", flush=True)
    if not done:
        done = call(PYTHON, "-m", "pip", "install", "--require-hashes", "-r", LOCK, env=env) == 0
    if done:  # setuptools is in the lock, so the library is built without fetching anything
        build = ("--no-deps", "--no-build-isolation", "--editable", ROOT)
        done = call(PYTHON, "-m", "pip", "install", "--quiet", *build, env=env) == 0
    if not done or not quietly("-c", "import jupyter_book, recsys_lib"):
        stop_if_full(300_000_000)
        stop(
            "The installation failed; the lines above say why. Most often the package registry was out of reach:\n"
            "check the connection (behind a proxy: set HTTPS_PROXY; with a mirror: set PIP_INDEX_URL),\n"
            "then type the same command again: what was fetched is kept."
        )
    print(f"Installed in {time.time() - start:.0f} s.", flush=True)


@contextlib.contextmanager
def alone():
    """Waits while another command sets the environment up. The system gives the lock back however a process ends."""
    import fcntl

    folder = ROOT / ".cache"
    folder.mkdir(exist_ok=True)
    with open(folder / "setup.lock", "w") as file:
        os.set_inheritable(file.fileno(), True)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another command is setting the environment up; waiting for it ...", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:
            pass  # a file system without locks
        yield


def ready():
    return STAMP.is_file() and STAMP.read_text("utf-8") == wanted_stamp() and runs()


def set_up():
    whole = STAMP.is_file() and runs()
    try:
        STAMP.unlink(missing_ok=True)
        if not whole:
            make_venv()
        install()
        STAMP.write_text(wanted_stamp(), "utf-8")
    except OSError as error:
        stop_if_full(300_000_000)
        stop(f"The installation failed: {error}. Mend that, then type the same command again.")


def main():
    if ready():
        return
    try:
        with alone():
            if not ready():
                set_up()
    except KeyboardInterrupt:
        stop("Interrupted. The next command makes the environment anew; what was fetched is kept.")


if __name__ == "__main__":
    main()
