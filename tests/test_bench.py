"""What the bench compares with, and which rows of the memory bench a name stands for; measuring itself is no test."""

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


def test_the_bare_products_are_all_of_the_language_model(language_model):
    wanted = [(576, 576), (576, 192), (576, 192), (576, 576), (576, 1536), (576, 1536), (1536, 576)] * 30
    shapes = [tuple(w.shape) for w in bench.matrices(language_model)]
    assert sorted(shapes) == sorted([*wanted, (576, 49_152)])
    products = bench.bare_products(language_model, 3)
    assert [product.shape for product in products["NumPy"]()] == [(3, n) for _, n in shapes[:-1]] + [(1, 49_152)]
    total = sum(product[0, 0] for product in products["NumPy"]())
    assert sum(product[0, 0] for product in products[bench.TURNED]()) == pytest.approx(total, rel=1e-4)
    assert products["TensorFlow"]() == pytest.approx(total, rel=1e-4)


def test_the_median_run_of_each_in_turn(monkeypatch):
    order, clock = [], iter([0, 4, 4, 5, 5, 7, 7, 8, 8, 17, 17, 18])  # a: 4, 2, 9; b: 1, 1, 1
    monkeypatch.setattr(bench.time, "perf_counter", lambda: next(clock))
    found = bench.seconds_in_turn({name: lambda name=name: order.append(name) for name in "ab"}, 3)
    assert order == [*"aabb", *"ababab"] and found == {"a": 4, "b": 1}


@pytest.mark.parametrize(
    "times, shown",
    [
        ((0.5, 45.0), ["0.50 s", "45 s", "90.0 ×"]),
        ((0.02, 0.013), ["20.0 ms", "13.0 ms", "0.65 ×"]),
    ],
)
def test_a_ratio_below_one_has_two_digits(times, shown):
    assert [bench.row("what", times[0], "", "rival", times[1])[n] for n in (1, 3, 4)] == shown
