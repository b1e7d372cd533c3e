"""Set-up: what an interrupted one leaves is mended, and nothing of the person's own settings has a say in it."""

import fcntl
import os
import shutil
import subprocess
import sys
import venv
import zipfile

import pytest
import yaml

import setup_env
from bookfiles import ROOT

HOSTILE = {
    "PIP_USER": "1",
    "PIP_TARGET": "elsewhere",
    "PIP_PREFIX": "elsewhere",
    "PIP_ROOT": "elsewhere",
    "PIP_NO_DEPS": "1",
    "PIP_DRY_RUN": "1",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PIP_CONSTRAINT": "no-such-file.txt",
    "PIP_PYTHON": "no-such-python",
    "UV_PYTHON": "3.8",
    "UV_PROJECT_ENVIRONMENT": "elsewhere",
    "UV_SYSTEM_PYTHON": "1",
    "UV_TARGET": "elsewhere",
    "VIRTUAL_ENV": "elsewhere",
    "CONDA_PREFIX": "elsewhere",
    "PYTHONPATH": "elsewhere",
    "PYTHONHOME": "elsewhere",
    "PYTHONUSERBASE": "elsewhere",
    "PYTHONWARNINGS": "error",
    "PYTHONSTARTUP": "elsewhere",
    "PYTHONOPTIMIZE": "2",
    "PYTHONSAFEPATH": "1",
}


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book of two files in a folder of its own; set-up records there whether it makes .venv and installs."""
    (tmp_path / "requirements.lock").write_text("old lock")
    (tmp_path / "pyproject.toml").write_text("")
    environment = tmp_path / ".venv"
    monkeypatch.setattr(setup_env, "ROOT", tmp_path)
    monkeypatch.setattr(setup_env, "LOCK", tmp_path / "requirements.lock")
    monkeypatch.setattr(setup_env, "VENV", environment)
    monkeypatch.setattr(setup_env, "PYTHON", environment / "bin" / "python")
    monkeypatch.setattr(setup_env, "STAMP", environment / "recsys-book.stamp")
    return tmp_path


@pytest.fixture
def done(book, monkeypatch):
    """What set-up does, in order."""
    steps = []

    def make_venv():
        steps.append("venv")
        with_pip(book)

    monkeypatch.setattr(setup_env, "make_venv", make_venv)
    monkeypatch.setattr(setup_env, "install", lambda: steps.append("install"))
    return steps


def with_pip(book):
    """An environment that starts and sees a pip (that of the Python under this one), made in a moment."""
    venv.create(book / ".venv", clear=True, system_site_packages=True, symlinks=True)


def without_pip(book):
    venv.create(book / ".venv", clear=True, symlinks=True)


def stamped(book):
    with_pip(book)
    (book / ".venv" / "recsys-book.stamp").write_text(setup_env.wanted_stamp())


def stamped_before_the_lock_changed(book):
    stamped(book)
    (book / "requirements.lock").write_text("new lock")


def stamped_but_its_python_is_gone(book):
    stamped(book)
    for name in (book / ".venv" / "bin").glob("python*"):
        name.unlink()


def stamped_but_pip_is_gone(book):
    without_pip(book)
    (book / ".venv" / "recsys-book.stamp").write_text(setup_env.wanted_stamp())


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (lambda book: None, ["venv", "install"]),
        (without_pip, ["venv", "install"]),
        (with_pip, ["venv", "install"]),
        (stamped, []),
        (stamped_before_the_lock_changed, ["install"]),
        (stamped_but_its_python_is_gone, ["venv", "install"]),
        (stamped_but_pip_is_gone, ["venv", "install"]),
    ],
    ids=["nothing", "no pip", "no stamp", "whole", "another lock", "no Python", "pip is gone"],
)
def test_what_is_found_decides_what_is_done(book, done, state, expected):
    state(book)
    setup_env.main()
    assert done == expected
    setup_env.main()
    assert done == expected, "the second time nothing is left to do"


@pytest.mark.parametrize("step", ["make_venv", "install"])
@pytest.mark.parametrize("state", [stamped_before_the_lock_changed, without_pip])
def test_an_interrupted_set_up_begins_anew(book, done, monkeypatch, capsys, state, step):
    def interrupted():
        raise KeyboardInterrupt

    state(book)
    with monkeypatch.context() as patch:
        patch.setattr(setup_env, step, interrupted)
        if (state, step) != (stamped_before_the_lock_changed, "make_venv"):  # that one makes no .venv
            with pytest.raises(SystemExit):
                setup_env.main()
            assert "Interrupted" in capsys.readouterr().err
            assert not setup_env.STAMP.exists()
            done.clear()
    setup_env.main()
    assert done[-1:] == ["install"] and setup_env.ready()
    assert done == ["venv", "install"] or step == "make_venv"


@pytest.mark.parametrize("kind", ["a file", "a link to nothing"])
def test_something_else_in_the_place_of_the_environment(book, monkeypatch, kind):
    path = book / ".venv"
    path.write_text("") if kind == "a file" else path.symlink_to(book / "gone")
    monkeypatch.setattr(setup_env, "call", lambda *command: with_pip(book))
    setup_env.make_venv()
    assert setup_env.runs()


def test_a_second_command_waits_for_the_first(tmp_path):
    code = (
        f"import sys, pathlib; sys.path.insert(0, {str(ROOT / 'tools')!r}); import setup_env\n"
        f"setup_env.ROOT = pathlib.Path({str(tmp_path)!r})\n"
        "with setup_env.alone(): print('begins', flush=True)"
    )
    (tmp_path / ".cache").mkdir()
    with open(tmp_path / ".cache" / "setup.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert "waiting for it" in second.stdout.readline()
        assert second.poll() is None
    assert second.communicate(timeout=60)[0] == "begins\n" and second.returncode == 0


def tiny_wheel(folder):
    path = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny.py", "")
        wheel.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("tiny-1.0.dist-info/RECORD", "")
    return path


@pytest.mark.parametrize("where", ["variables", "pip.conf"])
def test_packages_go_into_the_environment_whatever_the_person_has_set(book, monkeypatch, where):
    wheel = tiny_wheel(book)
    with_pip(book)
    if where == "variables":
        for name, value in HOSTILE.items():
            monkeypatch.setenv(name, value)
    else:
        (book / "pip.conf").write_text("[global]\nuser = true\n[install]\ntarget = elsewhere\nno-deps = true\n")
        monkeypatch.setenv("PIP_CONFIG_FILE", str(book / "pip.conf"))
    env = setup_env.with_pip_files()
    assert setup_env.runs()
    assert setup_env.call(setup_env.PYTHON, "-m", "pip", "install", "--quiet", "--no-index", wheel, env=env) == 0
    assert len(list(book.glob(".venv/lib/python3*/site-packages/tiny.py"))) == 1
    assert not (book / "elsewhere").exists()


def test_where_packages_come_from_is_heard(book, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    with_pip(book)
    (book / "pip.conf").write_text(
        "[global]\nindex-url = https://mirror.example/simple\ntrusted-host = mirror.example\ntimeout = 7\n"
        "[install]\nfind-links = wheels\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(book / "pip.conf"))
    monkeypatch.setenv("PIP_TIMEOUT", "9")
    found = setup_env.with_pip_files()
    assert found["PIP_INDEX_URL"] == found["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert (found["PIP_TRUSTED_HOST"], found["PIP_FIND_LINKS"]) == ("mirror.example", "wheels")
    assert found["PIP_TIMEOUT"] == "9", "a variable goes before a file"


def in_make(tmp_path, **variables):
    """The variables that make gives to its commands."""
    file = tmp_path / "show.mk"
    file.write_text("include Makefile\nshow:\n\t@env\n")
    environment = {name: v for name, v in os.environ.items() if not name.startswith("MAKE")} | variables
    command = ["make", "--no-print-directory", "-f", file, "show"]
    shown = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    return dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)


def test_make_hands_no_setting_of_the_persons_own_on(tmp_path):
    own = {
        **{name: value for name, value in HOSTILE.items() if name.startswith(("PYTHON", "VIRTUAL", "CONDA"))},
        "KERAS_BACKEND": "torch",
        "TF_USE_LEGACY_KERAS": "1",
        "MPLBACKEND": "TkAgg",
        "MATPLOTLIBRC": "elsewhere",
        "JUPYTER_CONFIG_DIR": "elsewhere",
        "JUPYTER_DATA_DIR": "elsewhere",
        "JUPYTER_RUNTIME_DIR": "elsewhere",
        "IPYTHONDIR": "elsewhere",
        "PYTEST_ADDOPTS": "--no-such-option",
    }
    given = in_make(tmp_path, MPLCONFIGDIR="elsewhere", KERAS_HOME="elsewhere", PYTHON="python3.12", **own)
    assert not own.keys() & given.keys()
    assert given["MPLCONFIGDIR"].startswith(str(ROOT)) and given["KERAS_HOME"].startswith(str(ROOT))
    assert given["PYTHON"] == "python3.12"


@pytest.mark.parametrize("broken", ["HOME", "XDG_CACHE_HOME"])
def test_a_home_that_cannot_be_written_is_replaced(tmp_path, broken):
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert in_make(tmp_path, **home)["HOME"] == str(tmp_path)
    given = in_make(tmp_path, **home | {broken: "/proc/nohome"})
    assert given["HOME"] == str(ROOT / ".cache" / "home") and os.access(given["HOME"], os.W_OK)
    assert "XDG_CACHE_HOME" not in given


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a Git checkout")
def test_a_checkout_by_git_for_windows_has_lf(tmp_path):
    copy = tmp_path / "a folder with spaces"
    command = ["git", "-c", "core.autocrlf=true", "-c", "core.eol=crlf", "clone", "--quiet", ROOT, copy]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    files = [path for path in copy.rglob("*") if path.is_file() and ".git" not in path.parts]
    assert len(files) > 100
    texts = [path for path in files if path.suffix not in (".png", ".npz", ".gz")]
    assert [path.name for path in texts if b"\r\n" in path.read_bytes()] == []
    assert subprocess.run(["sh", "tools/python.sh"], cwd=copy, capture_output=True).returncode == 0


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


def test_a_full_disk_is_told(monkeypatch, capsys):
    monkeypatch.setattr(setup_env.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10**8})())
    with pytest.raises(SystemExit):
        setup_env.stop_if_full(setup_env.NEEDED_BYTES)
    said = capsys.readouterr().err
    assert "The disk is full: 0.1 GB" in said and "make clean" in said


def test_a_failed_installation_says_what_to_do(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(setup_env, "call", lambda *command, env=None: 1)
    monkeypatch.setattr(setup_env, "get_uv", lambda env: True)
    monkeypatch.setattr(setup_env, "stop_if_full", lambda needed: None)
    with pytest.raises(SystemExit):
        setup_env.install()
    assert "type the same command again" in capsys.readouterr().err
