"""Which rows of the memory bench a name stands for; the measuring itself is no test."""

import pytest

import bench
from recsys_lib import models


def test_a_class_is_all_of_its_rows_and_a_row_is_itself():
    every = bench.memory_rows([])
    assert {row.split()[0] for row in every} <= set(models.MODELS)
    assert bench.memory_rows(["EASE"]) == ["EASE"]
    embedding = bench.memory_rows(["MatrixFactorization"])
    assert len(embedding) == 6 and "MatrixFactorization bpr" in embedding
    assert bench.memory_rows(["MatrixFactorization bpr"]) == ["MatrixFactorization bpr"]
    assert bench.memory_rows(["MatrixFactorization", "ALS"]) == ["ALS", *embedding]


@pytest.mark.parametrize("name", ["SVD", "matrixfactorization", "MatrixFactorization hinge"])
def test_an_unknown_model_is_told_with_those_that_are_known(name):
    with pytest.raises(SystemExit, match=f"one of Popularity, .*MatrixFactorization bpr.*, received {name!r}"):
        bench.main(["--memory", name])
