"""Who rated what: arrays, and the table at the border."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from recsys_lib._checks import check_csr, choice, in_seconds, indices, require, setting

from .fields import CHOOSE, RATINGS, by_name, could_be_value, field_of, is_wide, plain
from .ids import IdMap, refuse_mixed_ids

COLUMNS = ("user_id", "item_id", "rating", "timestamp")


def _frozen_array(name, values, dtype, n):
    """A read-only copy of `values`, checked: shape (n,), finite, and unchanged by the conversion to integers."""
    values = np.asarray(values)
    if values.shape != (n,):
        raise ValueError(f"expected {name} of shape ({n},), got {values.shape}")
    if values.size and values.dtype.kind not in "iufb":
        raise TypeError(f"expected {name} as numbers, got dtype {values.dtype}")
    with np.errstate(over="ignore", invalid="ignore"):
        array = values.astype(dtype)
        good = np.isfinite(array) if array.dtype.kind == "f" else array == values
    if not good.all():
        row = int(np.argmin(good))
        raise ValueError(f"expected {name} as {np.dtype(dtype).name}, got {values[row]} at row {row}")
    array.flags.writeable = False
    return array


@dataclass(frozen=True, eq=False, repr=False)
class Interactions:
    """Ratings (or, with rating=None, plain pairs) as arrays over two IdMaps. A pair occurs once.

    user, item: int32 (n,), indices into users and items.   rating: float32 (n,) or None.
    timestamp: int64 (n,), seconds since 1970-01-01 UTC, or None.   item_table: DataFrame with one row an item,
    in the order of items (and of its item_id), or None. Rows keep the order in which they came.
    Frozen: no field can be set anew and the arrays are read-only. The item table alone is a plain DataFrame, shared by
    all that is taken from the same data: copy it before you change it.
    Raises ValueError if shapes, ranges or the item table do not fit, or a pair comes twice, TypeError for ids that are
    no IdMap and for arrays that are no numbers. Chapter: Anatomy."""

    user: np.ndarray
    item: np.ndarray
    rating: np.ndarray | None
    timestamp: np.ndarray | None
    users: IdMap
    items: IdMap
    item_table: pd.DataFrame | None = None

    def __post_init__(self):
        n = np.size(self.user)
        for name, dtype in (("user", "int32"), ("item", "int32"), ("rating", "float32"), ("timestamp", "int64")):
            values = getattr(self, name)
            if values is not None or name in ("user", "item"):
                object.__setattr__(self, name, _frozen_array(name, values, dtype, n))
        indices("user", self.user, len(require(self.users, IdMap)))
        indices("item", self.item, len(require(self.items, IdMap)))
        pairs = np.sort(self.pairs())
        twice = pairs[1:][pairs[1:] == pairs[:-1]]
        if len(twice):
            user, item = divmod(int(twice[0]), self.n_items)
            first = f"user {self.users[user]!r}, item {self.items[item]!r}"
            advice = "of a table, from_table(…, duplicates='last' or 'mean') keeps one"
            raise ValueError(f"expected each pair once, got {len(twice)} repeats, the first: {first}; {advice}")
        table = self.item_table
        if table is None:
            return
        ids = require(table, pd.DataFrame).get("item_id", self.items)
        if len(table) != self.n_items or tuple(ids) != self.items.ids:
            raise ValueError(f"expected an item table of {self.n_items} rows in the order of items: use from_table")

    @classmethod
    def from_table(cls, table, *, rating="rating", item_table=None, users=None, items=None, duplicates="error"):
        """Interactions from a DataFrame with columns user_id, item_id and, optionally, rating and timestamp.

        rating=None: every row is a like. Without it and without ratings, another column of numbers, yes and no, dates
        or a few short words, or named as such, is refused: it could hold them.   An id column with the number 1 and the
        text "1" is refused too.
        timestamp: seconds, or datetime64 (in UTC where it names no zone).   item_table: DataFrame with a column item_id
        and a row for each item; others are left out.   users, items: IdMaps to use instead of those of the table.
        duplicates: "error", or for a pair that comes twice "last" (latest in time, then in the table) or "mean" (of its
        ratings; the latest time).
        Raises ValueError for a missing column, an empty field, a pair twice, a rating or timestamp that is text or a
        timestamp in milliseconds, KeyError for an id that users or items do not hold, TypeError for no DataFrame, two
        columns of one name, users or items that are no IdMap, or an id that cannot be hashed.
        Chapter: Anatomy."""
        if not require(table, pd.DataFrame).columns.is_unique:
            raise TypeError(f"expected distinct columns, got {list(table.columns)}")
        if table.columns.nlevels > 1:
            advice = "table.columns = [level[0] for level in table.columns], or names of yours"
            raise TypeError(f"expected columns with one name each, got {list(table.columns)[:4]}; {advice}")
        choice("duplicates", duplicates, ("error", "last", "mean"))
        choice("rating", rating, ("rating", None))
        columns = {name: table[name] for name in COLUMNS if name in table and (name != "rating" or rating)}
        if not {"user_id", "item_id"} <= set(columns):
            expected = "expected columns user_id, item_id[, rating][, timestamp]"
            raise ValueError(f"{expected}, got {list(table.columns)}{_renamed(table)}")
        if rating and "rating" not in columns:
            _refuse_unused(table)
        for name, column in columns.items():
            if column.isna().any():
                raise ValueError(f"expected a {name} in every row, got none at row {column.isna().argmax()}")
        _refuse_text(columns)
        ids = columns["user_id"].tolist(), columns["item_id"].tolist()
        refuse_mixed_ids("user_id", ids[0]), refuse_mixed_ids("item_id", ids[1])
        users = IdMap.from_values(ids[0]) if users is None else require(users, IdMap)
        items = IdMap.from_values(ids[1]) if items is None else require(items, IdMap)
        rating, timestamp = (columns[name].to_numpy() if name in columns else None for name in COLUMNS[2:])
        if timestamp is not None and columns["timestamp"].dtype.kind == "M":
            timestamp = pd.to_datetime(columns["timestamp"], utc=True).dt.as_unit("s").astype("int64").to_numpy()
        in_seconds(timestamp)
        arrays = users.indices(ids[0]), items.indices(ids[1]), rating, timestamp
        if duplicates != "error":
            arrays = _merge(*arrays, duplicates)
        return cls(*arrays, users, items, None if item_table is None else _aligned(item_table, items))

    @property
    def n_users(self):
        return len(self.users)

    @property
    def n_items(self):
        return len(self.items)

    def __len__(self):
        return len(self.user)

    def __repr__(self):
        without = [f", no {name}" for name in ("rating", "timestamp") if getattr(self, name) is None]
        return f"Interactions({len(self):,} pairs, {self.n_users:,} users, {self.n_items:,} items{''.join(without)})"

    def pairs(self):
        """One number a pair, user · n_items + item, int64 (n,): equal where the pairs are."""
        return self.user.astype(np.int64) * self.n_items + self.item

    def require_rating(self):
        """The ratings. Raises ValueError where there are none."""
        if self.rating is None:
            raise ValueError("expected ratings, got rating=None (implicit data: every pair is a like)")
        return self.rating

    def require_timestamp(self):
        """The timestamps. Raises ValueError where there are none."""
        if self.timestamp is None:
            advice = "in a file or a table, the column must be named: read_csv(path, columns={'timestamp': …})"
            raise ValueError(f"expected timestamps, got timestamp=None; {advice}")
        return self.timestamp

    def take(self, rows):
        """The rows of a mask, of indices or of a slice; the IdMaps stay whole. Raises ValueError out of range."""
        if not isinstance(rows, slice):
            rows = np.atleast_1d(np.asarray(rows, dtype=None if np.size(rows) else np.intp))
        try:
            rows = np.arange(len(self))[rows]
        except IndexError as error:
            raise ValueError(f"expected a mask of {len(self)} rows or indices below that: {error}") from None
        columns = {name: getattr(self, name) for name in ("user", "item", "rating", "timestamp")}
        return replace(self, **{name: None if c is None else c[rows] for name, c in columns.items()})

    def matrix(self):
        """csr_array (n_users, n_items), float32: the ratings as stored, zeros kept; ones where rating is None."""
        values = np.ones(len(self), np.float32) if self.rating is None else self.rating
        return csr_array((values, (self.user, self.item)), shape=(self.n_users, self.n_items))

    def likes(self, liked_from=4.0):
        """csr_array (n_users, n_items), float32: 1.0 where rating ≥ liked_from; every pair where rating is None.

        Raises ValueError where liked_from is no finite number."""
        return self.matrix() if self.rating is None else likes(self.matrix(), liked_from)

    def binarize(self, liked_from=4.0):
        """Only the pairs with rating ≥ liked_from, as implicit data (rating=None).

        Raises ValueError where liked_from is no finite number."""
        setting("liked_from", liked_from)
        return self if self.rating is None else replace(self.take(self.rating >= liked_from), rating=None)

    def k_core(self, *, user, item):
        """The largest part in which each user has ≥ `user` pairs and each item ≥ `item`; the IdMaps shrink to it.

        Raises ValueError where nothing is left, or for numbers that are not whole or below 0."""
        setting("user", user, 0, whole=True), setting("item", item, 0, whole=True)
        core = self
        while not (keep := _often(core.user, user) & _often(core.item, item)).all():
            core = core.take(keep)
        if not len(core):
            raise ValueError(f"expected a core with {user} pairs a user and {item} an item, got an empty one")
        kept_users, user = np.unique(core.user, return_inverse=True)
        kept_items, item = np.unique(core.item, return_inverse=True)
        users, items = IdMap([self.users[i] for i in kept_users]), IdMap([self.items[i] for i in kept_items])
        table = None if self.item_table is None else self.item_table.iloc[kept_items].reset_index(drop=True)
        return Interactions(user, item, core.rating, core.timestamp, users, items, table)

    def describe(self):
        """Size, density, ratings and time span as a Series to print. Chapter: The full build."""
        values = {"users": self.n_users, "items": self.n_items, "pairs": len(self)}
        values["density"] = round(len(self) / max(1, self.n_users * self.n_items), 5)
        if len(self):
            values["median pairs a user"] = float(np.median(np.bincount(self.user, minlength=self.n_users)))
            values["median pairs an item"] = float(np.median(np.bincount(self.item, minlength=self.n_items)))
        if len(self) and self.rating is not None:
            values["mean rating"] = round(float(self.rating.mean(dtype=np.float64)), 3)
            values["lowest rating"], values["highest rating"] = float(self.rating.min()), float(self.rating.max())
        if len(self) and self.timestamp is not None:
            span = np.array([self.timestamp.min(), self.timestamp.max()]).astype("datetime64[s]")
            values["first day"], values["last day"] = map(str, span.astype("datetime64[D]"))
        return pd.Series(values, dtype=object, name="value")

    def table(self):
        """DataFrame user_id, item_id[, rating][, timestamp] with the external ids; the way back is from_table."""
        ids = {"user_id": [self.users[i] for i in self.user], "item_id": [self.items[i] for i in self.item]}
        values = {name: getattr(self, name) for name in COLUMNS[2:]}
        return pd.DataFrame(ids | {name: column.copy() for name, column in values.items() if column is not None})


def _often(index, n):
    """Mask of the entries whose value comes n times or more."""
    return np.bincount(index)[index] >= n


def _refuse_text(columns):
    """Raises ValueError where ratings are no numbers, or timestamps neither numbers nor datetime64."""
    for name, kinds, wanted, remedy in (
        ("rating", "iufb", "as numbers", "pd.to_numeric"),
        ("timestamp", "iufM", "in seconds since 1970 or as datetime64", "pd.to_datetime"),
    ):
        if name in columns and len(columns[name]) and columns[name].dtype.kind not in kinds:
            value = columns[name].iloc[0]
            kind = "text" if isinstance(value, str) else type(value).__name__
            remedy = ": convert it with " + remedy if columns[name].dtype.kind != "b" else ""
            raise ValueError(f"expected {name} {wanted}, got {kind} such as {value!r}{remedy}")


def _renamed(table):
    """Advice for a table whose columns have other names: what they most likely mean."""
    if {"user_id", "item_id"} & set(table.index.names):
        return "; make columns of the index: table.reset_index()"
    names, columns = list(map(str, table.columns)), [table[column].tolist() for column in table.columns]
    if is_wide(names, columns):
        user = next(column for column in table.columns if field_of(column) == "user")
        melt = f"table.melt({user!r}, var_name='item_id', value_name='rating').dropna()"
        return f"; if each column is an item, make a row of each rating: {melt}"
    found = by_name(names, columns, {})
    if not {"user", "item"} <= set(found):
        return ""
    ours = {"user": "user_id", "item": "item_id"}
    renamed = {name: ours.get(field, field) for field, name in found.items() if name != ours.get(field, field)}
    every = "" if "rating" in found else " and rating=None where every row is a like"
    if CHOOSE in renamed:
        every = " with the column of ratings for '…', or give rating=None where every row is a like"
    ours = {str(column): column for column in table.columns}
    code = ", ".join(f"{ours.get(name, name)!r}: {new!r}" for name, new in renamed.items())
    return f"; rename them, e.g. table.rename(columns={{{code}}}){every}"


def _refuse_unused(table):
    """Raises ValueError where a column that is not used could hold ratings, and no column of ratings is there."""
    unused = [name for name in table if name not in COLUMNS and could_be_value(name, table[name].dropna())]
    if not unused:
        return
    ratings = [name for name in unused if pd.api.types.is_numeric_dtype(table[name]) and plain(name) in RATINGS]
    ratings = [name for name in ratings if table[name].notna().all()]
    advice = "make numbers of the one that counts and name it rating, or "
    if ratings:
        advice = f"rename the one that counts, table.rename(columns={{{ratings[0]!r}: 'rating'}}), or "
    names = ", ".join(map(repr, unused))
    raise ValueError(
        f"expected a column rating, got none, but {names} could be ratings or moments; {advice}"
        "give rating=None where every row is a like"
    )


def _aligned(item_table, items):
    """One row an item, in the order of `items`."""
    if "item_id" not in require(item_table, pd.DataFrame).columns:
        raise ValueError(f"expected a column item_id in the item table, got {list(item_table.columns)}")
    rows = IdMap(item_table["item_id"])
    if missing := [value for value in items if value not in rows]:
        raise ValueError(f"expected a row in the item table for every item: {rows.why_unknown(missing[0])}")
    return item_table.iloc[rows.indices(items)].reset_index(drop=True)


def _merge(user, item, rating, timestamp, duplicates):
    """One row a pair, at the place of its latest row."""
    rows = pd.DataFrame({"user": user, "item": item, "time": 0 if timestamp is None else timestamp})
    latest = rows.sort_values("time", kind="stable").drop_duplicates(["user", "item"], keep="last").index.sort_values()
    if rating is not None and duplicates == "mean":
        rating = pd.Series(rating, dtype=np.float64).groupby([rows["user"], rows["item"]]).transform("mean").to_numpy()
    return tuple(None if c is None else np.asarray(c)[latest] for c in (user, item, rating, timestamp))


def likes(matrix, liked_from=4.0):
    """csr_array of 1.0 (float32) where a csr of ratings is stored and ≥ liked_from. Chapter: Similarity.

    Raises TypeError for a dense matrix: there a rating of 0 and no rating cannot be told apart; ValueError where
    liked_from is no finite number, or the matrix has not two dimensions."""
    setting("liked_from", liked_from)
    matrix = check_csr("matrix", matrix)
    liked = with_data(matrix, (matrix.data >= liked_from).astype(np.float32)).copy()  # the next line changes it
    liked.eliminate_zeros()
    return liked


def with_data(matrix, data):
    """The same stored entries of a csr with other values; both share where they stand."""
    return csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def to_table(recommended, interactions, *, users=None, scores=None):
    """Recommended item indices as a DataFrame user_id, rank, item_id[, title][, score]; -1 (no item) is dropped.

    recommended: int (n, k), best first.   users: the n user indices the rows belong to; all users where None.
    scores: (n, k), the score of each recommended item.   Raises ValueError if shapes or indices do not fit, TypeError
    for anything but Interactions.
    Chapter: Anatomy."""
    recommended = np.asarray(recommended)
    if recommended.ndim != 2 or recommended.dtype.kind not in "iu":
        raise ValueError(f"expected int (n, k), got {recommended.dtype} of shape {recommended.shape}")
    n_users = require(interactions, Interactions).n_users
    users = indices("users", range(n_users) if users is None else users, n_users)
    if users.shape != (len(recommended),):
        raise ValueError(f"expected one row a user: users {users.shape}, got {len(recommended)} rows")
    indices("items", recommended, interactions.n_items, low=-1)
    if scores is not None and np.shape(scores) != recommended.shape:
        raise ValueError(f"expected scores of shape {recommended.shape}, got {np.shape(scores)}")
    row, rank = np.nonzero(recommended >= 0)
    item = recommended[row, rank]
    columns = {"user_id": [interactions.users[int(users[i])] for i in row], "rank": rank + 1}
    columns["item_id"] = [interactions.items[i] for i in item]
    if interactions.item_table is not None and "title" in interactions.item_table:
        columns["title"] = interactions.item_table["title"].to_numpy()[item]
    if scores is not None:
        columns["score"] = np.asarray(scores)[row, rank]
    return pd.DataFrame(columns)
