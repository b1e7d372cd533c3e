"""Generative retrieval: read a history, then write the next item's word code by code, held by the tree of words."""

import numpy as np

from recsys_lib._checks import choice, setting
from recsys_lib.data.batches import padded
from recsys_lib.models.attention import dataset, last_places, n_batches, rows_of_batches, training_rows
from recsys_lib.models.beam import as_scores, beam_search
from recsys_lib.models.generative_network import WordNetwork, word_loss
from recsys_lib.models.keras_base import KerasRecommender, tf
from recsys_lib.models.ordered import OrderedRecommender
from recsys_lib.models.semantic_ids import PrefixTree

TOGETHER = 128  # people whose beams are searched at once


class GenerativeRetrieval(OrderedRecommender, KerasRecommender):
    """Writes the next item's word: p(item | history) = Π_l p(c_l | history, c_1 … c_{l−1}), as `WordNetwork` has it.

    Trained at every place of every history to write the next item's word, all places in one pass. It scores what a
    beam search in the tree of words finds; all other items share a score below these.
    words: int (n_items, L), a word for each item of the data, such as of `semantic_ids`; or a function that makes them
    of the training data (Interactions). An item that is not in the training needs a word alone.
    n_codes: K, codes 0..K − 1 on each level; None for the largest code + 1.   n_factors: d.   n_layers, n_heads,
    length, dropout: of the encoder, as of `SASRec`.   beam: how many words are kept at each level, when scoring.
    batch_size: steps (next items) a batch.   liked_from, implicit, log_dir, seed: as of `SASRec`.
    Fitted: `network_`; `words_`; `tree_`; `new_`, the items without a like in training; `loss_curve_`, −log p(word).
    `fit` raises ValueError where the words are not one for each item, or two are the same; scoring raises it for a
    history without order (csr).
    Source: Rajput et al. 2023; they read the history as one long row of codes. Chapter: Semantic ids."""

    _arrays = (*KerasRecommender._arrays, "words_", "new_")

    def __init__(
        self,
        words=None,
        *,
        n_codes=None,
        n_factors=128,
        n_layers=2,
        n_heads=2,
        length=50,
        dropout=0.3,
        learning_rate=0.002,
        weight_decay=0.0,
        epochs=15,
        batch_size=1024,
        beam=50,
        liked_from=4.0,
        implicit=False,
        log_dir=None,
        seed=0,
    ):
        self._words = words
        self.n_codes = None if n_codes is None else setting("n_codes", n_codes, 1, whole=True)
        self.n_factors = setting("n_factors", n_factors, 1, whole=True)
        self.n_layers = setting("n_layers", n_layers, 1, whole=True)
        self.n_heads = setting("n_heads", n_heads, 1, whole=True)
        if n_factors % n_heads:
            raise ValueError(f"expected n_heads that divides n_factors = {n_factors}, received {n_heads}")
        self.length = setting("length", length, 1, whole=True)
        self.dropout = setting("dropout", dropout, 0, 1)
        self.learning_rate = setting("learning_rate", learning_rate, 0, above=True)
        self.weight_decay = setting("weight_decay", weight_decay, 0)
        self.epochs = setting("epochs", epochs, 1, whole=True)
        self.batch_size = setting("batch_size", batch_size, 1, whole=True)
        self.beam = setting("beam", beam, 1, whole=True)
        self.liked_from = setting("liked_from", liked_from)
        self.implicit = choice("implicit", implicit, (True, False))
        self.log_dir = None if log_dir is None else str(log_dir)
        self.seed = setting("seed", seed, 0, 2**32, whole=True)

    def _fit(self, train):
        words = self._words(train) if callable(self._words) else self._words
        if words is None or np.ndim(words) != 2 or len(words) != train.n_items:
            received = "none" if words is None else f"shape {np.shape(words)}"
            raise ValueError(f"expected words (n_items, L) for {train.n_items} items, received {received}")
        self.words_ = np.asarray(words, np.int32)
        self.new_ = np.bincount(self.event_items_, minlength=train.n_items) == 0
        self.tree_ = PrefixTree(self.words_)
        super()._fit(train)

    def _network(self, train):
        if self.n_codes is not None and self.n_codes < self.tree_.n_codes:
            raise ValueError(f"expected codes below n_codes = {self.n_codes}, received {self.tree_.n_codes - 1}")
        n_items, n_levels = self.words_.shape
        sizes = dict(n_items=n_items, n_levels=n_levels, n_codes=self.n_codes or self.tree_.n_codes)
        sizes |= dict(n_factors=self.n_factors, n_layers=self.n_layers, n_heads=self.n_heads)
        network = WordNetwork(**sizes, length=self.length, dropout=self.dropout)
        network.words.assign(self.words_)
        return network

    def _loss(self):
        return word_loss

    def _batches(self, train):
        read, asked, _ = training_rows(self.events_, self.length)
        rng, size = np.random.default_rng(self.seed), max(self.batch_size, self.length)

        def epoch():
            for rows in rows_of_batches(asked.lengths, size, rng):
                items, wanted = padded(read.take(rows), self.length), padded(asked.take(rows), self.length)
                real = wanted > 0
                said = self.words_[wanted[real] - 1]
                yield {"items": items, "places": np.flatnonzero(real).astype(np.int32), "said": said}, said

        grid = tf.TensorSpec((None, None), tf.int32)
        words = tf.TensorSpec((None, self.words_.shape[1]), tf.int32)
        inputs = {"items": grid, "places": tf.TensorSpec((None,), tf.int32), "said": words}
        return dataset(epoch, (inputs, words), n_batches(asked.lengths, size))

    def read_files(self, folder):
        super().read_files(folder)
        self.tree_ = PrefixTree(self.words_)

    def states(self, users=None, *, history=None):
        """h of the last place, (n, d), from which the first code is said; zeros of an empty history."""
        return self._states(self._sequences_of(users, history))

    def _states(self, sequences):
        def encode(people):
            return self.network_.encode(padded(sequences.take(people), self.length))

        return last_places(sequences.lengths, encode, self.n_factors)

    def log_p(self, users=None, *, history=None, items):
        """log p of each code of some items' words, given the codes before it: float32 (n, n_items asked for, L).

        users, history: as of `score`.   items: int (m,). Their sum over the last axis is log p(word); no beam, every
        word is scored. Memory grows with n · m · L."""
        state, words = self.states(users, history=history), self.words_[items]
        found = np.empty((len(state), *words.shape), np.float32)
        for level in range(words.shape[1]):
            starts, of = np.unique(words[:, :level], axis=0, return_inverse=True)
            for start, codes in enumerate(starts):  # the words that begin alike ask the same question
                own, after = np.flatnonzero(of.ravel() == start), state
                for before, code in enumerate(codes):
                    after = self.network_.say(after, before, np.full(len(after), code))
                found[:, own, level] = self.network_.log_p(after, level)[:, words[own, level]]
        return found

    def search(self, users=None, *, history=None, width=None, tree=None):
        """What the beam finds: items int32 (n, ≤ width), best first, −1 = none, and log p (n, ≤ width).

        users, history: as of `score`.   width: `beam` where None.   tree: a PrefixTree, such as `tree_.cut(items)`;
        the whole catalogue's where None."""
        return self._search(self.states(users, history=history), width, tree)

    def _search(self, state, width=None, tree=None):
        tree, width = tree or self.tree_, width or self.beam
        found = []
        for start in range(0, len(state), TOGETHER):
            some = state[start : start + TOGETHER]
            codes, log_p = beam_search(some, self.network_, width=width, tree=tree, untrained=self.new_)[-1]
            found.append((tree.find(codes), log_p))
        items, log_p = (np.concatenate(parts) for parts in zip(*found))
        return items, log_p

    def _score(self, sequences):
        items, log_p = self._search(self._states(sequences))
        return as_scores(items, log_p, len(self.items_))
