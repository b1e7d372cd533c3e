"""Writing words: the beam against scoring every word, what is learnt, what is saved."""

import copy
import itertools

import numpy as np
import pytest

from recsys_lib.data import split_leave_last_out
from recsys_lib.evaluation import evaluate
from recsys_lib.models import load, recommend
from recsys_lib.models.beam import as_scores, beam_search, lift
from recsys_lib.models.semantic_ids import PrefixTree

pytest.importorskip("keras")
from recsys_lib.data.batches import padded
from recsys_lib.models.generative import GenerativeRetrieval
from recsys_lib.models.generative_network import word_loss
from walks import interactions, walks

SMALL = dict(n_factors=8, length=6, epochs=2, batch_size=64, implicit=True)
WORDS = np.array([[i // 6, i // 2 % 3, i % 2] for i in range(12)])  # 2 × 3 × 2: every word of these codes


class Table:
    """A speaker whose probabilities stand in tables: log p(code | person, the codes before), one table a level."""

    def __init__(self, n_codes, n_levels, rng):
        self.n_codes, self.n_levels = n_codes, n_levels
        rng = np.random.default_rng(rng)
        self.tables = [rng.dirichlet(np.full(n_codes, 0.5), size=(3, n_codes**level)) for level in range(n_levels)]

    def log_p(self, state, level):
        person, prefix = state.astype(int).T
        return np.log(self.tables[level][person, prefix])

    def say(self, state, level, codes):
        return np.column_stack([state[:, 0], state[:, 1] * self.n_codes + codes])

    def of_word(self, person, word):
        prefix, total = 0, 0.0
        for level, code in enumerate(word):
            total += np.log(self.tables[level][person, prefix, code])
            prefix = prefix * self.n_codes + code
        return total


PEOPLE = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])


@pytest.mark.parametrize("rng", range(5))
def test_a_beam_of_full_width_scores_every_word(rng):
    speaker = Table(4, 3, rng)
    every = list(itertools.product(range(4), repeat=3))
    codes, log_p = beam_search(PEOPLE, speaker, width=64)[-1]
    for person in range(3):
        scores = np.array([speaker.of_word(person, word) for word in every])
        order = np.argsort(-scores, kind="stable")
        np.testing.assert_allclose(log_p[person], scores[order], rtol=1e-4)
        np.testing.assert_array_equal(codes[person], np.array(every)[order])


@pytest.mark.parametrize("rng", range(5))
def test_the_tree_allows_its_words_alone(rng):
    speaker, some = Table(4, 3, rng), np.random.default_rng(rng).choice(64, 20, replace=False)
    words = np.array(list(itertools.product(range(4), repeat=3)))[some]
    codes, log_p = beam_search(PEOPLE, speaker, width=64, tree=PrefixTree(words))[-1]
    for person in range(3):
        scores = np.array([speaker.of_word(person, word) for word in words])
        order = np.argsort(-scores)
        np.testing.assert_allclose(log_p[person, :20], scores[order], rtol=1e-4)
        np.testing.assert_array_equal(codes[person, :20], words[order])
        assert np.isneginf(log_p[person, 20:]).all() and (codes[person, 20:] == -1).all()


def test_a_narrow_beam_can_lose_the_best_word():
    """The first code .6 leads to words of .3 and .3, the first code .4 to one word of .4: width 1 misses it."""
    speaker = Table(2, 2, 0)
    speaker.tables = [np.full((3, 1, 2), [0.6, 0.4]), np.full((3, 2, 2), [[0.5, 0.5], [1 - 1e-9, 1e-9]])]
    narrow, wide = (beam_search(PEOPLE[:1], speaker, width=width)[-1] for width in (1, 2))
    assert narrow[0][0, 0].tolist() == [0, 0] and np.exp(narrow[1][0, 0]) == pytest.approx(0.3)
    assert wide[0][0, 0].tolist() == [1, 0] and np.exp(wide[1][0, 0]) == pytest.approx(0.4)


def test_steps_are_prefixes_of_each_other():
    steps = beam_search(PEOPLE, Table(4, 3, 1), width=5)
    assert [codes.shape for codes, _ in steps] == [(3, 4, 1), (3, 5, 2), (3, 5, 3)]
    for (before, _), (after, _) in itertools.pairwise(steps):
        for person in range(3):
            known = {tuple(word) for word in before[person].tolist()}
            assert all(tuple(word[:-1]) in known for word in after[person].tolist())


def test_an_item_that_nobody_trained_shares_its_cell():
    speaker, words = Table(3, 2, 0), np.array([[0, 0], [0, 1], [0, 2], [1, 0]])
    untrained = np.array([False, True, False, True])
    tree = PrefixTree(words)
    codes, log_p = beam_search(PEOPLE[:1], speaker, width=9, tree=tree, untrained=untrained)[-1]
    found = dict(zip(tree.find(codes[0]).tolist(), log_p[0].tolist()))
    first = np.log(speaker.tables[0][0, 0])
    assert found[1] == pytest.approx(first[0] - np.log(3), rel=1e-5)
    assert found[3] == pytest.approx(first[1], rel=1e-5)
    assert found[2] == pytest.approx(speaker.of_word(0, [0, 2]), rel=1e-5)


def test_lift_by_hand():
    """One word has .2 for this person and .1 on average, the other .3 and .3."""
    others = np.log([[0.05, 0.3], [0.15, 0.3]])
    np.testing.assert_allclose(lift(np.log([[0.2, 0.3]]), others), [[np.log(2), 0]], atol=1e-12)
    np.testing.assert_allclose(lift(np.array([[-1000.0]]), np.array([[-1001.0]])), [[1]])  # nothing underflows
    with pytest.raises(ValueError, match="same items"):
        lift(np.zeros((1, 2)), np.zeros((1, 3)))


def test_what_was_not_found_lies_below():
    scores = as_scores(np.array([[2, 0, -1], [1, -1, -1]]), np.array([[-1.0, -3, -np.inf], [-2, -np.inf, -np.inf]]), 4)
    np.testing.assert_array_equal(scores, [[-3, -4, -1, -4], [-3, -2, -3, -3]])


@pytest.fixture(scope="module")
def fitted():
    return GenerativeRetrieval(WORDS, **SMALL).fit(walks())


def test_probabilities_are_those_of_a_plain_loop(fitted):
    """p(word) by hand from the network's tables, for a history of three items, no batch and no beam."""
    network = fitted.network_
    w = {name: np.asarray(getattr(network, name)) for name in ("read", "written", "bias", "levels")}

    def norm(x, layer):
        x = x - x.mean()
        return x / np.sqrt((x**2).mean() + 1e-6) * np.asarray(layer.gamma) + np.asarray(layer.beta)

    def dense(x, layer):
        return x @ np.asarray(layer.kernel) + np.asarray(layer.bias)

    h = np.asarray(network.encode(padded(fitted.events_.take([7]), 6)))[0, -1]
    scores = []
    for word in WORDS:
        state, total = h, 0.0
        for level, code in enumerate(word):
            s = state + w["levels"][level]
            z = s + dense(np.maximum(dense(norm(s, network.norm_1), network.first), 0), network.second)
            logits = w["written"][level] @ norm(z, network.norm_2) + w["bias"][level]
            total += logits[code] - np.log(np.exp(logits).sum())
            state = state + w["read"][level * network.n_codes + code]
        scores.append(total)
    np.testing.assert_allclose(fitted.score([7])[0], scores, rtol=1e-4)
    assert -np.mean(scores) < 4  # near log 12 at first


def test_every_word_is_scored_as_the_full_beam_does(fitted):
    some = np.array([9, 0, 4, 4])
    codes = fitted.log_p([7, 20], items=some)
    assert codes.shape == (2, 4, 3)
    np.testing.assert_allclose(codes.sum(axis=2), fitted.score([7, 20])[:, some], rtol=1e-5)
    np.testing.assert_allclose(
        codes[:, 0, 0], fitted.network_.log_p(fitted.states([7, 20]), 0)[:, WORDS[9, 0]], rtol=1e-6
    )


def test_nothing_later_changes_what_was_said(fitted):
    first, other = np.array([[1, 2, 3, 4, 5]]), np.array([[1, 2, 3, 9, 10]])
    a, b = (np.asarray(fitted.network_.encode(x)) for x in (first, other))
    np.testing.assert_allclose(a[:, :3], b[:, :3], atol=1e-6)
    assert np.abs(a[:, 3:] - b[:, 3:]).max() > 1e-4


def test_padding_changes_nothing(fitted):
    a, b = (np.asarray(fitted.network_.encode(np.array([x]))) for x in ([1, 2, 3], [0, 0, 0, 1, 2, 3]))
    np.testing.assert_allclose(a, b[:, 3:], atol=1e-5)


def test_the_loss_is_minus_log_p():
    logits, y = np.random.default_rng(0).normal(size=(5, 3, 4)), np.array([[0, 1, 2]] * 5)
    p = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    wanted = -np.log(p[:, [0, 1, 2], [0, 1, 2]]).sum(axis=1)
    np.testing.assert_allclose(word_loss(y, logits), wanted, rtol=1e-5)


def test_learns_a_circle():
    split = split_leave_last_out(walks())
    settings = dict(n_factors=16, length=8, dropout=0.0, learning_rate=0.01, epochs=40, batch_size=120, implicit=True)
    values = evaluate(GenerativeRetrieval(WORDS, **settings), split, relevant_from=None, metrics="ndcg@10")["value"]
    assert values.mean() > 0.99


def test_the_beam_holds_to_the_tree_that_is_given(fitted):
    items, log_p = fitted.search([0, 7], tree=fitted.tree_.cut([2, 5, 9]), width=12)
    assert [sorted(row[row >= 0].tolist()) for row in items] == [[2, 5, 9]] * 2
    assert (np.diff(log_p[:, :3], axis=1) <= 0).all()
    narrow = GenerativeRetrieval(WORDS, **SMALL, beam=3).fit(walks()).score([0])
    assert (narrow > narrow.min()).sum() == 3


def test_words_may_be_made_of_the_training():
    made = []
    model = GenerativeRetrieval(lambda train: made.append(len(train)) or WORDS, **SMALL).fit(walks())
    assert made == [len(walks())]
    np.testing.assert_array_equal(model.words_, WORDS)


def test_an_item_without_a_like_is_new():
    histories = [[1, 2, 3, 4, 5], [4, 5, 6, 7, 8], [2, 3, 9, 10, 11]]
    model = GenerativeRetrieval(WORDS, **SMALL).fit(interactions(histories, 12))
    assert np.flatnonzero(model.new_).tolist() == [0]
    assert np.isfinite(model.score([0, 1, 2])).all()


def test_same_seed_same_scores():
    a, b, c = (GenerativeRetrieval(WORDS, **SMALL, seed=seed).fit(walks()).score([0, 7]) for seed in (0, 0, 1))
    np.testing.assert_array_equal(a, b)
    assert np.abs(a - c).max() > 1e-4


def test_saved_and_copied_it_scores_alike(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    wanted = fitted.score([0, 5])
    for again in (load(tmp_path / "model"), copy.deepcopy(fitted)):
        np.testing.assert_array_equal(again.score([0, 5]), wanted)
        assert type(again) is GenerativeRetrieval and again.settings == fitted.settings
    table = recommend(fitted, history={"i3": 5.0, "i4": 5.0}, k=3)
    assert len(table) == 3 and "i4" not in table["item_id"].tolist()


def test_what_it_refuses(fitted):
    with pytest.raises(ValueError, match="order"):
        fitted.score(history=walks().matrix())
    with pytest.raises(ValueError, match=r"words \(n_items, L\) for 12 items, received none"):
        GenerativeRetrieval(**SMALL).fit(walks())
    with pytest.raises(ValueError, match="received shape"):
        GenerativeRetrieval(WORDS[:5], **SMALL).fit(walks())
    with pytest.raises(ValueError, match="same word"):
        GenerativeRetrieval(np.zeros((12, 3), int), **SMALL).fit(walks())
    with pytest.raises(ValueError, match="below n_codes"):
        GenerativeRetrieval(WORDS, **SMALL, n_codes=2).fit(walks())
    with pytest.raises(ValueError, match="divides"):
        GenerativeRetrieval(WORDS, n_factors=10, n_heads=3)
    with pytest.raises(ValueError, match="width"):
        beam_search(PEOPLE, Table(4, 3, 0), width=0)
    with pytest.raises(ValueError, match="tree of 3 levels, received 2"):
        beam_search(PEOPLE, Table(4, 3, 0), width=1, tree=PrefixTree(np.array([[0, 1]])))
    with pytest.raises(ValueError, match="codes below 2"):
        beam_search(PEOPLE, Table(2, 2, 0), width=1, tree=PrefixTree(np.array([[0, 5]])))
