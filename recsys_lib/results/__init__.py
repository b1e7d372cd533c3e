"""Figures of runs too long for a notebook: written by `make experiments`, read by the chapters.

One JSON file a name, which says how its values came about: settings, seeds, versions, SHA-256 of the inputs, seconds.
`NAME` is an experiment on the first data set of its chapter, `NAME_movietweetings` or `NAME_movielens` the same on the
second. What comes from MovieLens is under GroupLens' terms, what comes from MovieTweetings under the MIT licence,
unlike the code around it: `TERMS`.
"""

import hashlib
import json
import math
import os
import re
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd

TERMS = (
    "Derived from MovieLens ratings, collected by GroupLens at the University of Minnesota (Harper & Konstan 2015, "
    "https://doi.org/10.1145/2827872): for research, with this citation, under these same conditions, and not for "
    "commercial use without their permission. The LICENSE of the book says more."
)
TERMS_OF_WORLD = "Simulated: these people and films do not exist. Under the licence of the code."
TERMS_OF_MOVIETWEETINGS = "Derived from MovieTweetings, Copyright (c) 2013 Simon Dooms, under the MIT licence."
_TERMS_OF = {("movietweetings",): TERMS_OF_MOVIETWEETINGS, ("known_world",): TERMS_OF_WORLD}
_FOLDER = Path(__file__).parent
_PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "keras", "tensorflow", "tensorflow-cpu")


def load(name):
    """What `record` wrote under this name.

    Returns dict(name, terms, settings, values, seeds, versions, inputs, seconds). Raises FileNotFoundError where there
    is none, ValueError for a name that is none."""
    path = _path(name, _FOLDER)
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in _FOLDER.glob("*.json"))) or "none yet"
        raise FileNotFoundError(f"no result {name!r} ({known}): `make experiments` computes them")
    return json.loads(path.read_text(encoding="utf-8"))


def frames(name, table="test"):
    """One stored table of a result: row name → a list of frames as `evaluate` returns, one a seed, for `compare`.

    name: as for `load`.   table: which of its tables, "test" or, where there is another, e.g. "newcomers". Users
    without a relevant item are left out of what is stored. Raises FileNotFoundError as `load`, KeyError for a table
    that is not there."""
    values = load(name)["values"]
    if "rows" not in values.get(table, ()):
        known = [key for key, value in values.items() if isinstance(value, dict) and "rows" in value]
        raise KeyError(f"result {name!r} has no table {table!r}; it has {', '.join(known) or 'none'}")
    users, unserved = values[table]["users"], values[table].get("unserved", {})
    found = {}
    for row, metrics in values[table]["rows"].items():
        served = [user not in unserved.get(row, ()) for user in users]
        n_seeds = len(next(iter(metrics.values())))
        found[row] = [_frame(users, served, metrics, seed) for seed in range(n_seeds)]
    return found


def _frame(users, served, metrics, seed):
    """One seed's values of all metrics, one under the other."""
    parts = []
    for name, by_seed in metrics.items():
        parts.append(pd.DataFrame({"user": users, "metric": name, "value": by_seed[seed], "served": served}))
    return pd.concat(parts, ignore_index=True)


def record(name, settings, values, *, seeds, inputs, seconds, folder=None):
    """Write the values of a run, with what is needed to judge and to repeat them, as one whole file or none.

    name: of the file, small letters, digits and _.   settings, values: dicts of numbers, texts, lists, arrays, tables;
    NaN is written as null.   seeds: list of int.   inputs: dict of label → Interactions, array, bytes or Path, of which
    the SHA-256 is kept.   seconds: how long the run took.   folder: where to, by default into this package.
    Returns the path. Raises ValueError for a name that is none or an infinite value, TypeError for what JSON cannot
    hold."""
    from recsys_lib import __version__

    path = _path(name, Path(folder) if folder is not None else _FOLDER)
    content = {
        "name": name,
        "terms": _TERMS_OF.get(tuple(inputs), TERMS),
        "settings": _for_json(settings),
        "values": _for_json(values),
        "seeds": [int(seed) for seed in seeds],
        "versions": {"recsys_lib": __version__, **versions()},
        "inputs": {label: fingerprint(thing) for label, thing in inputs.items()},
        "seconds": round(float(seconds), 1),
    }
    text = _pretty(content) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{name}-{os.getpid()}.part")
    try:
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def fingerprint(thing):
    """SHA-256 of Interactions, an array, bytes or the file at a Path, in hexadecimal. TypeError for anything else."""
    digest = hashlib.sha256()
    if isinstance(thing, Path):
        digest.update(thing.read_bytes())
    elif isinstance(thing, bytes):
        digest.update(thing)
    elif isinstance(thing, np.ndarray) and thing.dtype != object:
        digest.update(f"{thing.dtype.str}{thing.shape}".encode())
        digest.update(np.ascontiguousarray(thing).tobytes())
    elif hasattr(thing, "users") and hasattr(thing, "rating"):
        for part in (thing.user, thing.item, thing.rating, thing.timestamp):
            digest.update(b"none" if part is None else fingerprint(part).encode())
        digest.update(json.dumps([list(map(str, thing.users)), list(map(str, thing.items))]).encode())
    else:
        raise TypeError(f"expected Interactions, an array, bytes or a Path, received {type(thing).__name__}")
    return digest.hexdigest()


def _path(name, folder):
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9_]+", name):
        raise ValueError(f"a result's name is made of small letters, digits and _, received {name!r}")
    return folder / f"{name}.json"


def versions():
    """Versions of the packages that decide the numbers, read without importing them."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package.removesuffix("-cpu")] = metadata.version(package)
        except metadata.PackageNotFoundError:
            pass
    return found


def _pretty(value, indent=""):
    """JSON with a line for each vector and each entry of a dict: small, and a change shows where it is."""
    inner = indent + " "
    if isinstance(value, dict) and value:
        lines = (f"{inner}{json.dumps(key, ensure_ascii=False)}: {_pretty(v, inner)}" for key, v in value.items())
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(v, (list, dict)) for v in value):
        return "[\n" + ",\n".join(inner + _one_line(v) for v in value) + f"\n{indent}]"
    return _one_line(value)


def _one_line(value):
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _for_json(value):
    """The value in the types of JSON: arrays as lists, tables as dicts by row, NaN as None."""
    if isinstance(value, dict):
        return {str(key): _for_json(v) for key, v in value.items()}
    if isinstance(value, pd.DataFrame):
        return {str(key): _for_json(row) for key, row in value.to_dict("index").items()}
    if isinstance(value, pd.Series):
        return _for_json(value.to_dict())
    if isinstance(value, (list, tuple)):
        return [_for_json(v) for v in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return _for_json(value.tolist())
    return None if isinstance(value, float) and math.isnan(value) else value
