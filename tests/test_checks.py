"""The checks that several modules share."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from recsys_lib._checks import check_2d, check_csr, choice, generator, require, setting
from recsys_lib.data import IdMap, Interactions, Split
from recsys_lib.similarity import cosine


def test_one_row_of_a_sparse_array_is_told_how_to_be_taken():
    matrix = sparse.csr_array(np.eye(3))
    row = "expected history as .n_users, n_items., got shape .3,.: take one row as matrix"
    for check in (check_csr, check_2d):
        with pytest.raises(ValueError, match=row):
            check("history", matrix[0])
    with pytest.raises(TypeError, match="expected history as a scipy sparse array .*, received ndarray"):
        check_csr("history", np.eye(3))
    for given in (matrix[[0]], matrix[0:1]):
        assert check_csr("history", given).toarray().tolist() == [[1, 0, 0]]
    for kind in (sparse.coo_array, sparse.csc_array, sparse.csr_matrix, sparse.dok_array):
        assert check_csr("history", kind(np.eye(3))).toarray().tolist() == np.eye(3).tolist()


@pytest.mark.parametrize("value", [-np.inf, np.inf, np.nan, "4", None, True, [4.0], np.array([4.0])])
def test_a_setting_is_a_finite_number(value):
    with pytest.raises(ValueError, match="expected liked_from as a finite number, received"):
        setting("liked_from", value)


def test_a_setting_within_its_limits():
    assert setting("x", np.float32(0.5), 0, 1) == 0.5 and type(setting("x", np.int64(3), 1, whole=True)) is int
    for value, arguments in [(0, {"low": 0, "above": True}), (1, {"high": 1}), (1.5, {"whole": True})]:
        with pytest.raises(ValueError, match="expected x as"):
            setting("x", value, **arguments)


@pytest.mark.parametrize(
    "value", [np.array(["cosine"]), np.array(["a", "b"]), pd.Series(["dot", "dot"]), ["dot"], sparse.eye_array(2), 1]
)
def test_a_choice_is_one_of_the_options_and_no_array_of_them(value):
    with pytest.raises(ValueError, match="expected similarity to be one of 'cosine', 'dot', received"):
        choice("similarity", value, ("cosine", "dot"))
    assert choice("similarity", np.str_("dot"), ("cosine", "dot")) == "dot"


@pytest.mark.parametrize("rng", ["0", 0.5, True, np.random, np.random.RandomState(0), [1, 2]])
def test_an_rng_is_an_int_or_a_generator(rng):
    with pytest.raises(TypeError, match=f"expected rng as an int or a Generator, received {type(rng).__name__}"):
        generator(rng)
    with pytest.raises(ValueError, match="expected rng ≥ 0, received -1"):
        generator(-1)


def test_what_is_of_another_kind_is_told_what_to_do():
    split = object.__new__(Split)
    with pytest.raises(TypeError, match="expected Interactions, received Split; take a part of it, e.g. split.train"):
        require(split, Interactions)
    with pytest.raises(TypeError, match=r"expected IdMap, received the class IdMap: write IdMap\(\)"):
        require(IdMap, IdMap)


def test_advice_on_one_row_is_given_for_matrices_of_users_alone():
    with pytest.raises(ValueError, match=r"expected item_features as \(n_items, d\), got shape \(3,\)$"):
        check_2d("item_features", np.ones(3), "(n_items, d)")


def test_interactions_are_told_to_give_their_matrix():
    data = Interactions([0], [0], [4.0], None, IdMap([1]), IdMap([1]))
    for call in (lambda: check_csr("history", data), lambda: cosine(data)):
        with pytest.raises(TypeError, match=r"received Interactions: give .* matrix\(\) or likes\(\)"):
            call()
