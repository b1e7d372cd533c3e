"""What every recommender shares: the contract, `recommend` in external ids, `save` and `load`. No TensorFlow."""

import inspect
import json
import shutil
import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError

from recsys_lib.data.interactions import IdMap, likes
from recsys_lib.retrieval import top_k

FORMAT = 1  # of a saved folder; `load` refuses any other


class Recommender(Protocol):
    """The contract: what `evaluate` and `recommend` ask of a model."""

    def fit(self, train) -> "Recommender": ...

    def score(self, users=None, *, history=None) -> np.ndarray: ...


class BaseRecommender:
    """Fit, score, save. A model writes `_fit(train)` and `_score(users, history)` and names its arrays in `_arrays`.

    Settings are the keyword-only arguments of the constructor, kept under the same names; what is fitted ends in `_`.
    Fitted by the base: `users_`, `items_` (IdMap), `item_table_`, `implicit_` (no ratings: every pair is a like) and
    `train_` (csr, n_users × n_items, ratings), which serves as history of the known users and as what they have seen.
    """

    _arrays: tuple[str, ...] = ()  # fitted arrays that `save` must keep
    _needs_likes = True  # nothing to say about a user without a liked item
    _uses_history = True  # can score a user from history alone

    @classmethod
    def _setting_names(cls):
        return [p.name for p in inspect.signature(cls).parameters.values() if p.kind is p.KEYWORD_ONLY]

    @property
    def settings(self):
        """The constructor's arguments, by name."""
        return {name: getattr(self, name) for name in self._setting_names()}

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.settings.items())})"

    def fit(self, train):
        """Learn from `train` (Interactions). Returns self. Raises ValueError if there is nothing in it."""
        if len(train) == 0:
            raise ValueError(f"{type(self).__name__}.fit expected interactions, received none")
        self.users_, self.items_, self.item_table_ = train.users, train.items, train.item_table
        self.implicit_ = train.rating is None
        self.train_ = train.matrix()
        try:
            self._fit(train)
        except BaseException:
            del self.train_  # half a fit is no fit
            raise
        return self

    def score(self, users=None, *, history=None):
        """Scores of the whole catalogue, higher is better.

        users: int (n,), indices the model was fitted on; scored from what they rated in training.
        history: csr (n, n_items) of ratings (ones where the data are implicit), one row for each user to be scored, for
        users who were not there in training; `users` is then not read.
        Returns float32 (n, n_items). A row without a like, where the model needs one, is all zeros.
        Raises NotFittedError; KeyError for a user without a rating in training; ValueError for a history of another
        shape, or given to a model that cannot use one."""
        self._check_fitted()
        if history is None:
            users = self._known(users)
            return self._score(users, self.train_[users]).astype(np.float32, copy=False)
        if not self._uses_history:
            raise ValueError(f"{self!r} knows only the users it was fitted on: it cannot score a history")
        return self._score(None, self._check_history(history)).astype(np.float32, copy=False)

    def likes_of(self, history):
        """The 0/1 matrix of liked items in a csr of ratings: stored entries at or above `liked_from`."""
        if self.implicit_:
            return csr_array((np.ones_like(history.data), history.indices, history.indptr), shape=history.shape)
        return likes(history, self.liked_from)

    def save(self, folder):
        """Write the fitted model to `folder`: `model.json` (class, settings, ids) and its arrays; no pickle.

        Everything is written beside the folder and renamed at the end, so a failure leaves the old one.
        Raises NotFittedError; TypeError for ids that are not int, str or float, or a setting such as a Generator;
        ValueError if `folder` holds something that is not a saved model."""
        self._check_fitted()
        for name, value in self.settings.items():
            if not isinstance(value, (bool, int, float, str, list, type(None))):
                raise TypeError(f"expected {name} to be a number, text or list to save it, received {value!r}")
        folder = Path(folder)
        if folder.exists() and not (folder / "model.json").is_file() and (folder.is_file() or any(folder.iterdir())):
            raise ValueError(f"{folder} exists and is not a saved model: expected a new or an empty folder")
        head = {
            "format": FORMAT,
            "class": type(self).__name__,
            "settings": self.settings,
            "implicit": self.implicit_,
            "users": _plain_ids(self.users_, "user"),
            "items": _plain_ids(self.items_, "item"),
            "item_table": _table_to_json(self.item_table_),
        }
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
        try:
            new = temporary / "new"
            new.mkdir()
            lines = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items())
            (new / "model.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
            self._write(new)
            if folder.exists():
                folder.rename(temporary / "old")
            new.rename(folder)
        finally:
            if (temporary / "old").exists() and not folder.exists():
                (temporary / "old").rename(folder)
            shutil.rmtree(temporary, ignore_errors=True)

    def _write(self, folder):
        np.savez(folder / "arrays.npz", **_flatten({name: getattr(self, name) for name in ("train_", *self._arrays)}))

    def _read(self, folder):
        with np.load(folder / "arrays.npz", allow_pickle=False) as stored:
            for name, value in _unflatten(stored).items():
                setattr(self, name, value)

    def _check_fitted(self):
        if not hasattr(self, "train_"):
            raise NotFittedError(f"{type(self).__name__} is not fitted yet: call fit(train) first")

    def _known(self, users):
        if users is None:
            raise ValueError("expected users (indices) or history=, received neither")
        users = np.atleast_1d(np.asarray(users))
        if users.ndim != 1 or (users.size and users.dtype.kind not in "iu"):
            raise ValueError(f"expected users as a list of indices, received {users.dtype} of shape {users.shape}")
        users = users.astype(np.int64)
        inside = (users >= 0) & (users < len(self.users_))
        known = inside.copy()
        known[inside] = np.diff(self.train_.indptr)[users[inside]] > 0
        if not known.all():
            raise KeyError(f"{type(self).__name__} was not fitted on the user indices {users[~known][:5].tolist()}")
        return users

    def _check_history(self, history):
        if not hasattr(history, "tocsr"):
            raise TypeError(f"expected history as a sparse matrix of ratings, received {type(history).__name__}")
        history = csr_array(history)
        if history.shape[1] != len(self.items_):
            raise ValueError(f"expected history of shape (n, {len(self.items_)}), received {history.shape}")
        if not np.isfinite(history.data).all():
            raise ValueError("expected finite ratings in history, received NaN or infinity")
        return history


def recommend(model, user_id=None, *, k=10, history=None, fallback=None, exclude_seen=True):
    """The best k items for one person, in external ids.

    user_id: somebody the model was fitted on.   history: in its place, {item_id: rating} of somebody who was not there.
    fallback: a fitted model (Popularity) that answers for an unknown user, or for a person who liked nothing.
    Returns DataFrame(rank, item_id, columns of the item table, score), best first; seen items are left out.
    Raises KeyError for an unknown user or unknown items; ValueError where nothing is liked and there is no fallback, or
    where the fallback was fitted on other items.
    Chapter: The full build."""
    model._check_fitted()
    if (user_id is None) == (history is None):
        raise ValueError("expected one of user_id and history=, received " + ("neither" if user_id is None else "both"))
    if fallback is not None:
        fallback._check_fitted()
        if fallback.items_ != model.items_:
            raise ValueError("expected a fallback fitted on the same items as the model")
    user, seen = _row_of_user(model, user_id, fallback) if history is None else (None, _row_of_history(model, history))
    unknown = user is None and history is None
    if unknown or (model._needs_likes and model.likes_of(seen).nnz == 0):
        if fallback is None:
            raise ValueError(
                f"expected an item rated {model.liked_from} or more to go by, received none; "
                "pass fallback=, a fitted Popularity, to get its answer instead"
            )
        model, user = fallback, None
    scores = model.score(history=seen) if user is None else model.score([user])
    ranked = top_k(scores, k, exclude=seen if exclude_seen else None)[0]
    ranked = ranked[ranked >= 0]
    table = pd.DataFrame({"rank": np.arange(1, len(ranked) + 1), "item_id": [model.items_[int(i)] for i in ranked]})
    if model.item_table_ is not None:
        for name in model.item_table_.columns.drop("item_id", errors="ignore"):
            table[name] = model.item_table_[name].array[ranked]
    return table.assign(score=scores[0, ranked])


def _row_of_user(model, user_id, fallback):
    """(index, csr row of what the user rated); (None, empty row) for an unknown user where a fallback answers."""
    try:
        user = model.users_.index(user_id)
        row = model.train_[[user]]
        if row.nnz == 0:
            raise KeyError(
                f"user {user_id!r} had no rating in what the model was fitted on; pass history= or fallback="
            )
        return user, row
    except KeyError:
        if fallback is None:
            raise
        return None, csr_array((1, len(model.items_)), dtype=np.float32)


def _row_of_history(model, history):
    """csr row of a mapping item_id -> rating."""
    if not isinstance(history, Mapping):
        raise TypeError(f"expected history as a mapping item_id -> rating, received {type(history).__name__}")
    if unknown := [item_id for item_id in history if item_id not in model.items_]:
        try:
            model.items_.index(unknown[0])
        except KeyError as error:
            raise KeyError(f"unknown items {unknown} in history: {error.args[0]}") from None
    ratings = np.array(list(history.values()), dtype=np.float32)
    items = model.items_.indices(history)
    return csr_array((ratings, (np.zeros(len(items), int), items)), shape=(1, len(model.items_)))


def load(folder):
    """Read a model written by `save`; it recommends as the one that was saved.

    Raises FileNotFoundError where there is none; ValueError for another format, an unknown class or missing ids."""
    folder = Path(folder)
    path = folder / "model.json"
    if not path.is_file():
        raise FileNotFoundError(f"no saved model in {folder}: expected model.json")
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        found = head.get("format") if isinstance(head, dict) else None
        raise ValueError(f"{path}: expected format {FORMAT}, received {found!r}; fit and save the model again")
    missing = {"class", "settings", "implicit", "users", "items", "item_table"} - set(head)
    if missing:
        raise ValueError(f"{path} lacks {sorted(missing)}")
    from recsys_lib.models import MODELS

    if head["class"] not in MODELS:
        raise ValueError(f"{path}: expected one of {sorted(MODELS)}, received class {head['class']!r}")
    cls = getattr(import_module(f"recsys_lib.models.{MODELS[head['class']]}"), head["class"])
    try:
        model = cls(**head["settings"])
    except TypeError as error:
        raise ValueError(f"{path}: settings do not fit {head['class']}: {error}") from None
    model.users_, model.items_ = IdMap(head["users"]), IdMap(head["items"])
    model.implicit_ = head["implicit"]
    model._read(folder)
    if model.train_.shape != (len(model.users_), len(model.items_)):
        raise ValueError(
            f"{path}: expected the ids of {model.train_.shape[0]} users and {model.train_.shape[1]} items, "
            f"received {len(model.users_)} and {len(model.items_)}"
        )
    model.item_table_ = _table_from_json(head["item_table"], model.items_)
    return model


def _plain_ids(ids, what):
    plain = [int(i) if isinstance(i, np.integer) else i for i in ids]
    for i in plain:
        if isinstance(i, bool) or not isinstance(i, (int, str, float)):
            raise TypeError(f"expected {what} ids of type int, str or float to save, received {type(i).__name__} {i!r}")
    return plain


def _table_to_json(table):
    if table is None:
        return None
    columns = table.columns.drop("item_id", errors="ignore")
    return {name: [None if pd.isna(v) else v for v in table[name].tolist()] for name in columns}


def _table_from_json(columns, items):
    if columns is None:
        return None
    return pd.DataFrame({"item_id": list(items), **columns})


def _flatten(arrays):
    """Sparse matrices as their parts, so that everything is a plain array."""
    flat = {}
    for name, value in arrays.items():
        if isinstance(value, csr_array):
            flat |= {f"{name}.{part}": getattr(value, part) for part in ("data", "indices", "indptr")}
            flat[f"{name}.shape"] = np.array(value.shape)
        else:
            flat[name] = np.asarray(value)
    return flat


def _unflatten(stored):
    arrays = {name: stored[name] for name in stored.files if "." not in name}
    for name in {name.split(".")[0] for name in stored.files if "." in name}:
        parts = [stored[f"{name}.{part}"] for part in ("data", "indices", "indptr", "shape")]
        arrays[name] = csr_array(tuple(parts[:3]), shape=tuple(parts[3].tolist()))
    return arrays
