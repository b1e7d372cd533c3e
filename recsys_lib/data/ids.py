"""External ids ↔ positions."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .fields import is_number


def _as_list(values):
    """A list of plain Python objects; NumPy scalars would print as np.int64(7) and are not JSON."""
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise TypeError(f"expected a sequence of ids, got {type(values).__name__} {values!r}")
    if getattr(values, "ndim", 1) != 1:  # a table would give the names of its columns
        raise TypeError(f"expected ids in one dimension, got {type(values).__name__} of shape {values.shape}")
    if hasattr(values, "tolist"):
        return values.tolist()
    values = list(values)
    scalars = any(issubclass(kind, np.generic) for kind in set(map(type, values)))
    return [value.item() if isinstance(value, np.generic) else value for value in values] if scalars else values


def _is_missing(value):
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)


@dataclass(frozen=True, repr=False)
class IdMap:
    """External ids ↔ 0..n-1, in the order given.

    ids: any sequence of distinct, hashable ids.   Raises ValueError for an id that is missing or comes twice,
    TypeError for one that cannot be hashed. Chapter: The full build."""

    ids: tuple
    _position: dict = field(init=False, compare=False)

    def __post_init__(self):
        ids = tuple(_as_list(self.ids))
        position = {value: i for i, value in enumerate(ids)}
        if len(position) < len(ids):
            twice = next(value for i, value in enumerate(ids) if position[value] != i)
            raise ValueError(f"expected distinct ids, got {twice!r} more than once")
        if any(map(_is_missing, ids)):
            raise ValueError(f"expected an id at every position, got none at {list(map(_is_missing, ids)).index(True)}")
        object.__setattr__(self, "ids", ids)
        object.__setattr__(self, "_position", position)

    @classmethod
    def from_values(cls, values):
        """The distinct values: sorted where they can be sorted, else in order of first appearance."""
        ids = list(dict.fromkeys(_as_list(values)))
        try:
            ids = sorted(ids)
        except TypeError:  # only sorting itself can tell that these have no order
            pass
        return cls(ids)

    def index(self, value):
        """Position of one id. Raises KeyError for an unknown id, and says so where it exists with another type."""
        value = value.item() if isinstance(value, np.generic) else value
        if value not in self:
            raise KeyError(self.why_unknown(value))
        return self._position[value]

    def indices(self, ids):
        """Positions of many ids, int32 (len(ids),). Raises KeyError that names the first unknown one."""
        ids = _as_list(ids)
        for value in ids:
            if value not in self:
                raise KeyError(self.why_unknown(value))
        return np.array([self._position[value] for value in ids], dtype=np.int32)

    def alike(self, value):
        """The known id that is written as this one, such as 1 for "1"; None where there is none."""
        text = str(value).strip()
        return next((known for known in self.ids if str(known).strip() == text), None)

    def why_unknown(self, value):
        """What to say of an id that is not here: the known one that it may have been, or some that are known."""
        known = self.alike(value)
        if known is None:
            return f"unknown id {value!r}; expected one of {len(self)} ids such as {self._some()}"
        kind = "" if type(known) is type(value) else f" ({type(known).__name__}, not {type(value).__name__})"
        return f"unknown id {value!r}; did you mean {known!r}{kind}?"

    def _some(self):
        return ", ".join(map(repr, self.ids[:3])) + (", …" if len(self) > 3 else "")

    def __contains__(self, value):
        try:
            return value in self._position
        except TypeError:  # a list is nobody's id
            return False

    def __getitem__(self, i):
        if not 0 <= i < len(self):  # -1 means "no item" in a list, never the last one
            raise IndexError(f"expected an index in 0..{len(self) - 1}, got {i}")
        return self.ids[i]

    def __len__(self):
        return len(self.ids)

    def __iter__(self):
        return iter(self.ids)

    def __repr__(self):
        return f"IdMap({len(self)} ids: {self._some()})"


def refuse_mixed_ids(name, values):
    """Raises ValueError where a column holds one id as number and as text: 1 and "1", or 1 and True."""
    values = _as_list(values)
    kinds = set(map(type, values))
    as_text = f"make them all text: table[{name!r}].astype(str)"
    if bool in kinds and kinds & {int, float}:
        raise ValueError(f"expected one kind of id in {name}, got True or False among numbers; {as_text}")
    if str not in kinds or not kinds & {int, float}:
        return
    numbers = {value: value for value in values if type(value) in (int, float)}
    texts = dict.fromkeys(value for value in values if type(value) is str)
    same = {text: numbers[_read(text)] for text in texts if is_number(text) and _read(text) in numbers}
    for text, number in same.items():
        advice = f"write the one as the other, table[{name!r}].replace({{{text!r}: {number!r}}}), and so with others"
        if all(is_number(text) and "," not in text for text in texts):
            advice = f"make them all numbers: pandas.to_numeric(table[{name!r}])"
        elif all(str(number) == text for text, number in same.items()):
            advice = as_text
        raise ValueError(
            f"expected one kind of id in {name}, got the number {number!r} and the text {text!r}; {advice}"
        )


def _read(text):
    return int(text) if text.strip().isdecimal() else float(text.replace(",", "."))
