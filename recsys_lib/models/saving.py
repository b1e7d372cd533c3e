"""A fitted model as a folder: `model.json` (class, settings, ids) and its arrays. No pickle. `loading` reads it."""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from recsys_lib.data.files import local_path

MODELS = {  # class → its file; only these can be saved, and `load` finds a class here and nowhere else
    "Popularity": "baselines",
    "BiasModel": "baselines",
    "ItemKNN": "baselines",
    "EASE": "baselines",
    "ALS": "baselines",
    "ContentTFIDF": "content",
    "ContentCosine": "cold_items",
    "ItemRidge": "cold_items",
    "MatrixFactorization": "factorization",
    "DecayedCosine": "sequential",
    "DecayedEASE": "sequential",
    "TransitionCounts": "sequential",
    "NextItemRidge": "sequential",
    "RecentPopularity": "dated",
    "RecencyRidge": "dated",
    "DatedSASRec": "dated_attention",
    "SASRec": "attention",
    "GRURec": "attention",
    "GenerativeRetrieval": "generative",
}
FORMAT = 2  # of a saved folder, one more when it changes; `load` refuses any other
FILES = {"model.json", "arrays.npz", "model.keras"}
KEYS = {"format", "class", "settings", "implicit", "users", "items", "item_table"}


def save(model, folder):
    """What `BaseRecommender.save` does."""
    kind, folder = type(model), local_path(folder)
    if (kind.__module__, kind.__qualname__) != (f"recsys_lib.models.{MODELS.get(kind.__name__)}", kind.__name__):
        known = f"only the library's models can be saved: {', '.join(MODELS)}"
        raise TypeError(f"{known}; received {kind.__module__}.{kind.__qualname__}")
    if folder.exists() and not _is_ours(folder):
        raise ValueError(f"{folder} is not a saved model, or holds other files: expected a new or an empty folder")
    settings = model.settings.items()
    head = {
        "format": FORMAT,
        "class": kind.__name__,
        "settings": {name: _python_values([value], name, bool, list, type(None))[0] for name, value in settings},
        "implicit": model.implicit_,
        "users": _python_values(model.users_, "user ids"),
        "items": _python_values(model.items_, "item ids"),
        "item_table": _table_to_json(model.item_table_),
    }
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        new = temporary / "new"
        new.mkdir()
        lines = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items())
        (new / "model.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        model.write_files(new)
        if folder.exists():
            folder.rename(temporary / "old")
        new.rename(folder)
    finally:
        if (temporary / "old").exists() and not folder.exists():
            (temporary / "old").rename(folder)
        shutil.rmtree(temporary, ignore_errors=True)


def _is_ours(folder):
    """An empty folder, or one that holds what `save` wrote and nothing else: only that may be replaced."""
    try:
        names = {path.name for path in folder.iterdir()}
        return not names or (names <= FILES and KEYS <= set(read_head(folder)))
    except (OSError, ValueError, TypeError):
        return False


def read_head(folder):
    """What stands in `model.json`."""
    return json.loads((folder / "model.json").read_text(encoding="utf-8"))


def _python_values(values, what, *more):
    """The values as numbers and texts of Python, which JSON keeps. Raises TypeError for any other."""
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    for value in plain:
        if type(value) not in (int, float, str, *more):
            raise TypeError(f"expected numbers or texts to save as {what}, received {type(value).__name__} {value!r}")
    return plain


def _table_to_json(table):
    if table is None:
        return None
    if not table.columns.is_unique or not all(isinstance(name, str) for name in table.columns):
        raise TypeError(f"expected distinct texts as columns of the item table, received {list(table.columns)}")
    columns = {}
    for name in table.columns.drop("item_id", errors="ignore"):
        values = [None if gap else value for value, gap in zip(table[name].tolist(), table[name].isna(), strict=True)]
        columns[name] = _python_values(values, f"column {name!r} of the item table", bool, type(None))
    return columns


def table_from_json(columns, items):
    """The item table of what `_table_to_json` gave."""
    if columns is None:
        return None
    return pd.DataFrame({"item_id": list(items)} | {name: _column(values) for name, values in dict(columns).items()})


def _column(values):
    """Whole numbers with gaps stay whole: pandas would make 1995.0 of 1995."""
    return pd.array(values, dtype="Int64") if set(map(type, values)) == {int, type(None)} else values


def write_arrays(folder, arrays):
    """`arrays.npz`, sparse matrices as their parts."""
    flat = {}
    for name, value in arrays.items():
        if isinstance(value, csr_array):
            flat |= {f"{name}.{part}": getattr(value, part) for part in ("data", "indices", "indptr")}
            flat[f"{name}.shape"] = np.array(value.shape)
        else:
            flat[name] = np.asarray(value)
    np.savez(folder / "arrays.npz", **flat)


def read_arrays(folder, names):
    """The arrays of these names. Raises ValueError where the file holds others."""
    with np.load(folder / "arrays.npz", allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files if "." not in name}
        for name in {name.split(".")[0] for name in stored.files if "." in name}:
            parts = [stored[f"{name}.{part}"] for part in ("data", "indices", "indptr", "shape")]
            arrays[name] = csr_array(tuple(parts[:3]), shape=tuple(parts[3].tolist()))
    if set(arrays) != set(names):
        raise ValueError(f"expected the arrays {sorted(names)}, received {sorted(arrays)}")
    return arrays
