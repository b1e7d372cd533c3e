"""Checks that several modules share. Each error says what was expected and what came."""

import numpy as np
from scipy import sparse

FIRST_MILLISECOND = 10**11  # smaller numbers are seconds, up to the year 5138; larger ones milliseconds, from 1973 on
ADVICE = {  # what to do about an object of another kind
    "Interactions": "; make them of a table with Interactions.from_table(table)",
    "Split": "; cut the data first, e.g. split_by_user_time(data)",
    "IdMap": "; wrap the ids: IdMap(ids)",
    "Mapping": "; give each a name: {name: evaluate(…)}",
}


def require(value, kind):
    """The value itself. Raises TypeError where it is not of this kind."""
    if isinstance(value, kind):
        return value
    received, advice = type(value).__name__, ADVICE.get(kind.__name__, "")
    if (kind.__name__, received) == ("Interactions", "Split"):
        advice = "; take a part of it, e.g. split.train"
    if isinstance(value, type):
        received, advice = f"the class {value.__name__}", f": write {value.__name__}()"
    raise TypeError(f"expected {kind.__name__}, received {received}{advice}")


def setting(name, value, low=-np.inf, high=np.inf, *, whole=False, above=False):
    """The value as a plain number. Raises ValueError unless finite and low ≤ value < high; low < value if `above`."""
    kinds = (int, np.integer) if whole else (int, float, np.integer, np.floating)
    is_number = isinstance(value, kinds) and not isinstance(value, bool)
    if not (is_number and -np.inf < value < np.inf and low <= value < high) or (above and value == low):
        least = f" {'>' if above else '≥'} {low}" if low > -np.inf else ""
        most = f" and < {high}" if high < np.inf else ""
        kind = "a whole number" if whole else "a finite number"
        raise ValueError(f"expected {name} as {kind}{least}{most}, received {value!r}")
    return value.item() if isinstance(value, np.generic) else value


def choice(name, value, options):
    """The value. Raises ValueError where it is none of the options, also where it is an array or a table of them."""
    if getattr(value, "ndim", 0) or value not in tuple(options):
        raise ValueError(f"expected {name} to be one of {', '.join(map(repr, options))}, received {value!r}")
    return value


def indices(name, values, size, *, low=0, error=ValueError):
    """The values as an array of whole numbers in low..size − 1. Raises the error where they are none."""
    values = np.asarray(values) if np.size(values) else np.zeros(np.shape(values), int)
    if values.dtype.kind not in "iu" or (values.size and not (low <= values.min() and values.max() < size)):
        received = f"{values.min()}..{values.max()}" if values.dtype.kind in "iu" else f"dtype {values.dtype}"
        raise error(f"expected {name} as whole numbers in {low}..{size - 1}, got {received}")
    return values


def check_csr(name, matrix):
    """The matrix as a csr_array. Raises TypeError where it is not sparse, ValueError unless it has two dimensions."""
    if not sparse.issparse(matrix):
        advice = ": give its matrix() or likes()" if hasattr(matrix, "likes") else ""
        kind = type(matrix).__name__ + advice
        raise TypeError(f"expected {name} as a scipy sparse array (n_users, n_items), received {kind}")
    return sparse.csr_array(check_2d(name, matrix))


def check_2d(name, matrix, shape="(n_users, n_items)"):
    """The matrix, sparse or dense. Raises ValueError unless it has two dimensions; one row of a csr_array has one."""
    if len(matrix.shape) != 2:
        one_row = len(matrix.shape) == 1 and shape == "(n_users, n_items)"
        advice = ": take one row as matrix[[0]]" if one_row else ""
        raise ValueError(f"expected {name} as {shape}, got shape {matrix.shape}{advice}")
    return matrix


def in_seconds(timestamp):
    """Raises ValueError where a timestamp is of a finer unit: milliseconds, as `read_csv` tells them, or below."""
    if timestamp is None or timestamp.dtype.kind not in "iuf":
        return
    late = np.isfinite(timestamp) & ((timestamp >= FIRST_MILLISECOND) | (timestamp <= -FIRST_MILLISECOND))
    if late.any():
        row = int(late.argmax())
        units = {"milliseconds": 1000, "microseconds": 10**6, "nanoseconds": 10**9}
        unit = list(units)[min(2, int(np.log10(abs(timestamp[row]) / FIRST_MILLISECOND) // 3))]
        advice = f"if these are {unit}, divide: table['timestamp'] // {units[unit]}"
        raise ValueError(f"expected timestamp in seconds since 1970, got {timestamp[row]} at row {row}; {advice}")


def generator(rng):
    """The Generator of an rng, int ≥ 0 or Generator. Raises TypeError for None, which would repeat nothing."""
    if not isinstance(rng, (int, np.integer, np.random.Generator)) or isinstance(rng, bool):
        received = "None: nothing could be repeated" if rng is None else f"{type(rng).__name__} {rng!r:.40}"
        raise TypeError(f"expected rng as an int or a Generator, received {received}")
    if isinstance(rng, (int, np.integer)) and rng < 0:
        raise ValueError(f"expected rng ≥ 0, received {rng}")
    return np.random.default_rng(rng)
