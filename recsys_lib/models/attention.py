"""Models that read a history with attention or a GRU and are trained to name the next item. Keras 3."""

import numpy as np

from recsys_lib import losses
from recsys_lib._checks import choice, setting
from recsys_lib.data.batches import padded, sample_negatives
from recsys_lib.data.sequences import Sequences
from recsys_lib.models.attention_network import SequenceNetwork
from recsys_lib.models.keras_base import KerasRecommender, keras, tf
from recsys_lib.models.ordered import OrderedRecommender

LOSSES = ("softmax", "bce", "gbce")
SCORED_TOGETHER = 256  # histories in one pass of the network when scoring


class SASRec(OrderedRecommender, KerasRecommender):
    """Self-attention over the history: the last places' vector against each item's.

        x_t = e_item(t) + p_t;   n_layers blocks of causal attention and two dense layers;   h = LN(x of the last place)
        score(u, i) = h · e_i + b_i   with the same e that was read (tied weights)

    Trained at every place of every history to name the next item, all places in one pass: what place t sees ends at t.
    loss: "softmax", over the whole catalogue; "bce", each next item against `n_negatives` items drawn anew each epoch;
    "gbce", the same with gSASRec's correction of the positive's probability, σ(s)^β, of strength t = `calibration`.
    n_factors: d.   n_heads: divides d.   length: how many items back are read; in training a longer history is cut into
    pieces of so many steps, from its end.   counted_from: where places are counted from, "end", so that the last one
    always has the same vector p, or "start".   dropout: of the input and of what each half of a block adds.
    batch_size: steps (next items) a batch; histories of like length stand together.   learning_rate, weight_decay:
    AdamW's.
    The item bias starts at log(1 + likes), for the sampled losses less log(1 + negatives an item).
    liked_from, implicit: what is a like.   log_dir: folder for TensorBoard.   seed: fixes all of it.
    Fitted: `network_`, `loss_curve_`.   `attention(…)` gives who attends to whom, `weights()` all arrays by name.
    Raises ValueError for a setting out of range, and for a history without order (csr).   Memory grows with batch_size
    · n_items, time with steps · n_items · d.
    Source: Kang and McAuley 2018; Petrov and Macdonald 2023 (gbce). Chapter: Attention."""

    _encoder = "attention"

    def __init__(
        self,
        *,
        n_factors=64,
        n_layers=2,
        n_heads=1,
        length=50,
        counted_from="end",
        dropout=0.3,
        loss="softmax",
        n_negatives=1,
        calibration=0.75,
        learning_rate=0.001,
        weight_decay=0.0,
        epochs=25,
        batch_size=1024,
        liked_from=4.0,
        implicit=False,
        log_dir=None,
        seed=0,
    ):
        self.n_factors = setting("n_factors", n_factors, 1, whole=True)
        self.n_layers = setting("n_layers", n_layers, 1, whole=True)
        self.n_heads = setting("n_heads", n_heads, 1, whole=True)
        if n_factors % n_heads:
            raise ValueError(f"expected n_heads that divides n_factors = {n_factors}, received {n_heads}")
        self.length = setting("length", length, 1, whole=True)
        self.counted_from = choice("counted_from", counted_from, ("end", "start"))
        self.dropout = setting("dropout", dropout, 0, 1)
        self.loss = choice("loss", loss, LOSSES)
        self.n_negatives = setting("n_negatives", n_negatives, 1, whole=True)
        self.calibration = setting("calibration", calibration, 0, 1 + 1e-12)
        self.learning_rate = setting("learning_rate", learning_rate, 0, above=True)
        self.weight_decay = setting("weight_decay", weight_decay, 0)
        self.epochs = setting("epochs", epochs, 1, whole=True)
        self.batch_size = setting("batch_size", batch_size, 1, whole=True)
        self.liked_from = setting("liked_from", liked_from)
        self.implicit = choice("implicit", implicit, (True, False))
        self.log_dir = None if log_dir is None else str(log_dir)
        self.seed = setting("seed", seed, 0, 2**32, whole=True)

    def _network(self, train):
        sizes = dict(n_items=len(self.items_), n_factors=self.n_factors, n_layers=self.n_layers, n_heads=self.n_heads)
        more = dict(length=self.length, dropout=self.dropout, counted_from=self.counted_from)
        network = SequenceNetwork(**sizes, **more, encoder=self._encoder)
        likes = np.bincount(self.event_items_, minlength=len(self.items_))
        start = np.log1p(likes)
        if self.loss != "softmax":
            start = start - np.log1p(likes.mean() * self.n_negatives)  # how often an item is drawn as a negative
        network.bias.assign(start.astype(np.float32))
        return network

    def _loss(self):
        if self.loss == "softmax":
            return keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        return losses.gbce  # with β = 1 it is binary cross-entropy

    @property
    def beta(self):
        """The power of the positive's probability in "gbce": β = α (t (1 − 1/α) + 1/α), α = n_negatives / (n − 1)."""
        share = self.n_negatives / (len(self.items_) - 1)
        return share * (self.calibration * (1 - 1 / share) + 1 / share)

    def _batches(self, train):
        """The steps of all histories as batches, each with what `fit` reads: inputs, and the next items."""
        read, asked, owner = training_rows(self.events_, self.length)
        rng = np.random.default_rng(self.seed)
        size = max(self.batch_size, self.length)
        likes = self.likes_of(self.train_) if self.loss != "softmax" else None

        def epoch():
            for rows in rows_of_batches(asked.lengths, size, rng):
                items, wanted = padded(read.take(rows), self.length), padded(asked.take(rows), self.length)
                real = wanted > 0
                inputs, y = {"items": items, "places": np.flatnonzero(real).astype(np.int32)}, wanted[real] - 1
                if self.loss != "softmax":
                    of = np.repeat(owner[rows], real.sum(axis=1))
                    inputs["candidates"] = np.column_stack([y, sample_negatives(likes, of, self.n_negatives, rng=rng)])
                    y = np.zeros(inputs["candidates"].shape, np.float32)
                    y[:, 0] = self.beta if self.loss == "gbce" else 1
                yield inputs, y

        sampled = self.loss != "softmax"
        flat, grid = (tf.TensorSpec(shape, tf.int32) for shape in ((None,), (None, None)))
        inputs = {"items": grid, "places": flat} | ({"candidates": grid} if sampled else {})
        y = tf.TensorSpec((None, None), tf.float32) if sampled else flat
        return dataset(epoch, (inputs, y), n_batches(asked.lengths, size))

    def _score(self, sequences):
        def encode(people):
            return self.network_.encode(padded(sequences.take(people), self.length))[0]

        return self._scores_of_last_places(sequences.lengths, encode)

    def _scores_of_last_places(self, lengths, encode):
        """h · e_i + b_i, (n, n_items), with h of each person's last place; encode: people -> h (m, L, d) of some."""
        hidden = last_places(lengths, encode, self.n_factors)
        return hidden @ keras.ops.convert_to_numpy(self.network_.items.embeddings).T + self.item_bias_

    @property
    def item_bias_(self):
        """b, (n_items,)."""
        return keras.ops.convert_to_numpy(self.network_.bias)

    def attention(self, users=None, *, history=None):
        """Who attends to whom: float32 (n, n_layers, n_heads, L, L), row = the place that reads, column = what is read.

        users, history: as of `score`. Places stand as in `padded`: a history shorter than L fills the last ones. Each
        row of a place with an item sums to 1."""
        read = padded(self._sequences_of(users, history), self.length)
        return np.stack([keras.ops.convert_to_numpy(a) for a in self.network_.encode(read)[1]], axis=1)

    def weights(self):
        """Every weight as a NumPy array, by name: all that a page or another program needs to score.

        items (n_items, d), bias (n_items,), positions (length, d): its last rows stand beside a history, the last row
        beside the last item (with counted_from="start" its first rows); norm.gamma, norm.beta (d,); and of each layer
        l, from 0: l.query, l.key, l.value, l.output (d, d), applied as x @ W, heads side by side in the columns;
        l.norm_1.gamma, …beta; l.norm_2.gamma, …beta; l.first.kernel (d, d), l.first.bias, l.second.kernel,
        l.second.bias. The norms' ε is 1e-6."""
        network = self.network_
        parts = {"items": network.items.embeddings, "bias": network.bias, "positions": network.positions.embeddings}
        norms = {"norm": network.norm}
        for i, block in enumerate(network.blocks):
            parts |= {f"{i}.{name}": getattr(block, name) for name in ("query", "key", "value")}
            parts[f"{i}.output"] = block.output_weight
            norms |= {f"{i}.norm_1": block.norm_1, f"{i}.norm_2": block.norm_2}
            for name in ("first", "second"):
                dense = getattr(block, name)
                parts |= {f"{i}.{name}.kernel": dense.kernel, f"{i}.{name}.bias": dense.bias}
        for name, norm in norms.items():
            parts |= {f"{name}.gamma": norm.gamma, f"{name}.beta": norm.beta}
        return {name: keras.ops.convert_to_numpy(value) for name, value in parts.items()}


def last_places(lengths, encode, d):
    """The vector of each history's last place, float32 (n, d), zeros of an empty one; rows of like length together.

    lengths: (n,).   encode: rows -> vectors of all their places, (m, L, d)."""
    hidden = np.zeros((len(lengths), d), np.float32)
    some = np.flatnonzero(lengths)
    some = some[np.argsort(lengths[some], kind="stable")]
    for start in range(0, len(some), SCORED_TOGETHER):
        rows = some[start : start + SCORED_TOGETHER]
        hidden[rows] = keras.ops.convert_to_numpy(encode(rows)[:, -1])
    return hidden


def n_batches(lengths, size):
    """How many batches of `size` steps the rows of these lengths make."""
    return -(-int(lengths.sum()) // size)


def rows_of_batches(lengths, size, rng):
    """The rows of each batch of an epoch: about `size` steps, rows of like length together, batches in random order."""
    order = np.argsort(lengths * rng.uniform(1, 1.5, len(lengths)), kind="stable")
    batch = (np.cumsum(lengths[order]) - 1) // size  # of each row, by its last step
    bounds = np.searchsorted(batch, np.arange(n_batches(lengths, size) + 1))
    for b in rng.permutation(len(bounds) - 1):
        yield order[bounds[b] : bounds[b + 1]]


def dataset(epoch, signature, n):
    """What Keras reads: `n` batches an epoch of the generator function `epoch`."""
    data = tf.data.Dataset.from_generator(epoch, output_signature=signature)
    return data.apply(tf.data.experimental.assert_cardinality(n)).prefetch(4)


class GRURec(SASRec):
    """The same model with a GRU in the place of attention: n_layers of them, and no positions, for it reads in order.

    Settings, losses and training: as of `SASRec`; n_heads is not used. It has no `attention` and no `weights`.
    Source: Hidasi et al. 2016. Chapter: Attention."""

    _encoder = "gru"

    def attention(self, users=None, *, history=None):
        raise AttributeError("a GRU has no attention weights")

    def weights(self):
        raise AttributeError("expected a SASRec; of a GRURec use network_.get_weights()")


def training_rows(events, length):
    """What a network reads and what it is asked at each place: histories without their last item, and without their
    first, cut into pieces of at most `length` steps from the end.

    events: Sequences.   Returns two Sequences with a row a piece, and whose each is (n_pieces,). Raises ValueError
    where nobody has two likes."""
    steps = np.maximum(events.lengths - 1, 0)
    if not steps.any():
        raise ValueError("expected somebody with two likes, of which one is next, received nobody")
    pieces = -(-steps // length)
    owner = np.repeat(np.arange(len(steps)), pieces)
    back = np.arange(len(owner)) - np.repeat(np.cumsum(pieces) - pieces, pieces)  # pieces after it, of the same person
    end = events.indptr[1:][owner] - 1 - back * length
    lengths = np.minimum(length, end - events.indptr[:-1][owner])
    indptr = np.append(0, np.cumsum(lengths))
    entries = np.arange(indptr[-1]) + np.repeat(end - lengths - indptr[:-1], lengths)
    read, asked = events.items[entries], events.items[entries + 1]
    return Sequences(indptr, read, None), Sequences(indptr, asked, None), owner
