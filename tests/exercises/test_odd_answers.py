"""No answer makes `check` raise, whatever it is; and none of these is right."""

from importlib import import_module
from pkgutil import iter_modules

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from recsys_lib import exercises

for module in iter_modules(exercises.__path__):
    import_module(f"recsys_lib.exercises.{module.name}")

ODD = {
    "ragged": [[1], [2, 3]],
    "text": "half",
    "bytes": b"1",
    "empty": [],
    "no row": np.zeros((0, 3)),
    "a cube": np.zeros((2, 2, 2)),
    "dict": {"a": 1},
    "set": {1, 2},
    "object": object(),
    "class": dict,
    "complex": 1 + 2j,
    "None inside": [[1, None]],
    "NaN": np.nan,
    "infinity": np.inf,
    "beyond floats": 10**400,
    "texts": pd.Series(["1", "x"]),
    "sparse": csr_array((2, 3)),
    "one row of a sparse array": csr_array(np.eye(3))[0],
    "generator": (i for i in range(4)),
    "date": np.datetime64("2020-01-01"),
    "too few arguments": lambda: 1,
}
GIVEN_BACK = ["ragged", "text", "empty", "no row", "dict", "object", "None inside", "beyond floats", "sparse", "date"]
ODD |= {f"a function that gives {name}": lambda *_, given=ODD[name]: given for name in GIVEN_BACK}


@pytest.mark.parametrize("name", sorted(exercises._CHECKERS))
def test_an_odd_answer_gets_a_hint(name, capsys):
    for what, answer in ODD.items():
        verdict = exercises.check(name, answer)
        assert verdict.state == "wrong" and len(verdict.message) > 9, what
        assert capsys.readouterr().out == f"✗ {verdict.message}\n"


def test_flat_makes_a_row_of_what_holds_numbers():
    row = csr_array(np.array([[0, 1, 2]]))
    for answer in ([0, 1, 2], [[0], [1], [2]], row, row[[0]], row[0], pd.Series([0, 1, 2]), range(3)):
        assert exercises.flat(answer).tolist() == [0, 1, 2]
    for name in ("ragged", "text", "dict", "object", "beyond floats"):
        assert exercises.flat(ODD[name]) is ODD[name]
