"""Words of codes: the quantiser against a plain loop, words that are nobody's twice, the tree."""

import itertools

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from recsys_lib.models.semantic_ids import (
    PrefixTree,
    ResidualQuantizer,
    codebook_use,
    permuted,
    semantic_ids,
    tell_apart,
)


def clouds(n=600, d=6, rng=0):
    """Points in four clouds, each of four smaller ones."""
    rng = np.random.default_rng(rng)
    far, near = rng.normal(scale=5, size=(4, d)), rng.normal(scale=1, size=(4, d))
    return far[np.arange(n) % 4] + near[np.arange(n) // 4 % 4] + rng.normal(scale=0.1, size=(n, d))


@pytest.fixture(scope="module")
def quantizer():
    return ResidualQuantizer(n_levels=3, n_codes=8, rng=0).fit(clouds())


def test_codes_are_those_of_a_plain_loop(quantizer):
    vectors = clouds(80, rng=1)
    for vector, codes in zip(vectors, quantizer.encode(vectors)):
        rest = vector.copy()
        for means, code in zip(quantizer.codebooks_, codes):
            assert code == min(range(8), key=lambda k: ((rest - means[k]) ** 2).sum())
            rest -= means[code]
        np.testing.assert_allclose(quantizer.decode(codes[None])[0], vector - rest, atol=1e-9)


def test_each_level_leaves_less(quantizer):
    left = quantizer.left_over(clouds())
    assert left[0] == 1 and (np.diff(left) < 0).all() and left[-1] < 0.05
    one = np.square(clouds() - quantizer.decode(quantizer.encode(clouds())[:, :1])).sum()
    assert left[1] == pytest.approx(one / np.square(clouds() - clouds().mean(axis=0)).sum())


def test_same_rng_same_codes(quantizer):
    vectors = clouds()
    again, other = (ResidualQuantizer(n_levels=3, n_codes=8, rng=rng).fit(vectors) for rng in (0, 1))
    np.testing.assert_array_equal(quantizer.codebooks_, again.codebooks_)
    assert (quantizer.encode(vectors) != other.encode(vectors)).any()


def test_no_word_twice_and_the_last_codes_are_the_lowest():
    cells = np.array([[0, 1]] * 4 + [[2, 2]] + [[0, 1]])
    words = tell_apart(cells, n_codes=8, rng=0)
    np.testing.assert_array_equal(words[:, :2], cells)
    assert sorted(words[[0, 1, 2, 3, 5], 2]) == [0, 1, 2, 3, 4] and words[4, 2] == 0
    orders = {tuple(tell_apart(cells, n_codes=8, rng=rng)[:, 2]) for rng in range(20)}
    assert len(orders) > 10  # at random, not as the items stand
    with pytest.raises(ValueError, match="at most 4 items in a cell"):
        tell_apart(cells, n_codes=4, rng=0)


def test_new_items_get_what_is_free_in_their_cell():
    taken = np.array([[0, 1, 0], [0, 1, 2], [3, 3, 0]])
    new = tell_apart(np.array([[0, 1], [0, 1], [5, 5]]), n_codes=8, rng=0, taken=taken)
    assert sorted(new[:2, 2]) == [1, 3] and new[2].tolist() == [5, 5, 0]


def test_new_items_change_nothing_of_the_old():
    vectors, old = clouds(400), np.arange(300)
    words, fitted = semantic_ids(vectors, n_codes=16, rng=3, fitted_on=old)
    without, _ = semantic_ids(vectors[old], n_codes=16, rng=3)
    np.testing.assert_array_equal(words[old], without)
    np.testing.assert_array_equal(words[:, :3], fitted.encode(vectors))
    assert len(np.unique(words, axis=0)) == 400


def test_permuted_words_stay_in_their_group():
    words = np.arange(40).reshape(20, 2)
    groups = np.repeat([0, 1], [15, 5])
    dealt = permuted(words, rng=0, groups=groups)
    assert (dealt != words).any()
    for group in (0, 1):
        own = groups == group
        np.testing.assert_array_equal(np.sort(dealt[own], axis=0), words[own])
    with pytest.raises(ValueError, match="group"):
        permuted(words, rng=0, groups=[0])


def test_codebook_use_by_hand():
    words = np.array([[0, 0, 0], [0, 1, 0], [0, 1, 1], [2, 1, 0]])
    use = codebook_use(words, n_codes=4)
    assert use["used"].tolist() == [2, 2, 2] and use["largest"].tolist() == [0.75, 0.75, 0.75]
    assert use["collisions"].tolist() == [0.75, 0.5, 0]
    assert use.loc[1, "effective"] == pytest.approx(np.exp(-0.75 * np.log(0.75) - 0.25 * np.log(0.25)))
    with pytest.raises(ValueError, match="words"):
        codebook_use(words, n_codes=2)


@pytest.fixture(scope="module")
def words():
    return semantic_ids(clouds(200), n_levels=2, n_codes=16, rng=0)[0]


def test_the_tree_finds_each_word_and_no_other(words):
    tree = PrefixTree(words)
    np.testing.assert_array_equal(tree.find(words), np.arange(200))
    item_of = {tuple(word): item for item, word in enumerate(words.tolist())}
    every = np.array(list(itertools.product(range(-1, 17), range(17), range(tree.n_codes + 1))))
    np.testing.assert_array_equal(tree.find(every), [item_of.get(tuple(word), -1) for word in every.tolist()])
    for level, table in enumerate(tree.children):
        assert (table >= 0).sum() == len(np.unique(words[:, : level + 1], axis=0))


def test_a_tree_of_some_items(words):
    some = np.array([3, 17, 50, 199])
    tree = PrefixTree(words).cut(some)
    wanted = np.full(200, -1)
    wanted[some] = some
    np.testing.assert_array_equal(tree.find(words), wanted)
    np.testing.assert_array_equal(tree.below([]), some)
    np.testing.assert_array_equal(PrefixTree(words).below(words[3, :1]), np.flatnonzero(words[:, 0] == words[3, 0]))


def test_what_is_refused(words):
    with pytest.raises(ValueError, match="at least n_codes"):
        ResidualQuantizer(n_codes=64).fit(np.eye(5))
    with pytest.raises(ValueError, match="different vectors"):
        ResidualQuantizer(n_codes=4).fit(np.repeat(np.eye(2), 10, axis=0))
    with pytest.raises(ValueError, match="finite"):
        ResidualQuantizer(n_codes=2).fit(np.full((5, 2), np.nan))
    with pytest.raises(NotFittedError):
        ResidualQuantizer().encode(np.eye(5))
    fitted = ResidualQuantizer(n_levels=1, n_codes=2).fit(np.eye(5))
    with pytest.raises(ValueError, match="5 numbers"):
        fitted.encode(np.eye(3))
    with pytest.raises(ValueError, match="at most 1 levels"):
        fitted.decode([[0, 0]])
    with pytest.raises(ValueError, match="all the same"):
        fitted.left_over(np.ones((4, 5)))
    with pytest.raises(ValueError, match="same word"):
        PrefixTree(np.array([[0, 1], [0, 1]]))
    with pytest.raises(ValueError, match="below 0"):
        PrefixTree(np.array([[0, -1]]))
    with pytest.raises(ValueError, match="3 whole numbers"):
        PrefixTree(words).find([[0, 1]])
    with pytest.raises(ValueError, match="items"):
        PrefixTree(words, [999])
