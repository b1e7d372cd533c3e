"""The networks of the chapter Attention: histories in, a vector at each place out, and its product with the items.

Plain `keras.ops`: each formula stands where it is computed. `SASRec` and `GRURec` in `attention` train and serve them.
"""

from recsys_lib._tensorflow import require_tensorflow

require_tensorflow("recsys_lib.models.attention_network")

import keras  # noqa: E402  (the check above gives the better message)
from keras import ops  # noqa: E402

FORBIDDEN = -1e9  # a score that becomes a weight of 0


def attend(query, key, value, allowed):
    """Each place reads from the places it may: a mean of their values, weighted by how well key and query agree.

        a_ts = softmax_s(q_t · k_s / √d) over the places s that are allowed to t;   out_t = Σ_s a_ts v_s

    query, key, value: (…, L, d).   allowed: bool, (…, L, L), row t, column s.   Returns out (…, L, d), a (…, L, L).
    A place that is allowed none gets the plain mean: nobody should read it.
    Source: Vaswani et al. 2017. Chapter: Attention."""
    scores = ops.matmul(query, ops.swapaxes(key, -1, -2)) / query.shape[-1] ** 0.5
    weights = ops.softmax(ops.where(allowed, scores, FORBIDDEN), axis=-1)
    return ops.matmul(weights, value), weights


def mask(items):
    """Which place may read which, bool (n, 1, L, L): no padding, and nothing later.   items: (n, L), 0 = padding."""
    place = ops.arange(ops.shape(items)[1])
    earlier = place[None, :] <= place[:, None]
    return ops.logical_and(earlier[None, None], (items > 0)[:, None, None, :])


@keras.saving.register_keras_serializable("recsys_lib")
class AttentionBlock(keras.layers.Layer):
    """One layer of a transformer: attention, then two dense layers at each place, each added to what came in.

        x ← x + dropout(attend(LN(x)) W_o);   x ← x + dropout(relu(LN(x) W_1 + b_1) W_2 + b_2)

    x: (n, L, d). The heads share the d numbers, d / n_heads each.   Weights `query`, `key`, `value`, `output_weight`
    (d, d); `first`, `second` dense with bias; `norm_1`, `norm_2`."""

    def __init__(self, n_factors, n_heads, dropout, **kwargs):
        super().__init__(**kwargs)
        self.n_factors, self.n_heads, self.rate = n_factors, n_heads, dropout
        self.norm_1, self.norm_2 = (keras.layers.LayerNormalization(epsilon=1e-6) for _ in range(2))
        self.first = keras.layers.Dense(n_factors, activation="relu")
        self.second = keras.layers.Dense(n_factors)
        self.dropout = keras.layers.Dropout(dropout)

    def build(self, shape):
        d = self.n_factors
        for name in ("query", "key", "value", "output_weight"):
            setattr(self, name, self.add_weight(shape=(d, d), initializer="glorot_uniform", name=name))
        for part in (self.norm_1, self.norm_2, self.first, self.second):
            part.build((None, None, d))

    def get_config(self):
        return {**super().get_config(), "n_factors": self.n_factors, "n_heads": self.n_heads, "dropout": self.rate}

    def heads(self, x, weight):
        """(n, L, d) → (n, heads, L, d / heads)."""
        n, length = ops.shape(x)[0], ops.shape(x)[1]
        split = ops.reshape(ops.matmul(x, weight), (n, length, self.n_heads, self.n_factors // self.n_heads))
        return ops.transpose(split, (0, 2, 1, 3))

    def call(self, x, allowed, training=False):
        """Returns x after the block, and the attention weights (n, heads, L, L)."""
        z = self.norm_1(x)
        out, weights = attend(self.heads(z, self.query), self.heads(z, self.key), self.heads(z, self.value), allowed)
        out = ops.reshape(ops.transpose(out, (0, 2, 1, 3)), ops.shape(x))
        x = x + self.dropout(ops.matmul(out, self.output_weight), training=training)
        z = self.second(self.first(self.norm_2(x)))
        return x + self.dropout(z, training=training), weights


@keras.saving.register_keras_serializable("recsys_lib")
class SequenceNetwork(keras.Model):
    """logit(t, i) = h_t · e_i + b_i, with h_t of the encoder that read the places up to t; e is also what it reads.

    Input: dict of items (n, L), 0 = padding on the left, else 1 + the item; places (m,), numbers of the places of the
    n × L that are asked for; candidates (m, c), items to score there, left out for the whole catalogue.
    Output: logits (m, c) or (m, n_items).   encoder: "attention" or "gru".
    counted_from: "end" or "start" of the history, where its places are counted."""

    def __init__(
        self, *, n_items, n_factors, n_layers, n_heads, length, dropout, encoder, counted_from="end", **kwargs
    ):
        super().__init__(**kwargs)
        self.config = dict(n_items=n_items, n_factors=n_factors, n_layers=n_layers, n_heads=n_heads)
        self.config |= dict(length=length, dropout=dropout, encoder=encoder, counted_from=counted_from)
        self.items = self._embedding(n_items, n_factors)
        self.bias = self.add_weight(shape=(n_items,), initializer="zeros", name="bias")
        self.dropout = keras.layers.Dropout(dropout)
        self.positions = None
        if encoder == "attention":
            self.positions = self._embedding(length, n_factors)
            self.blocks = [AttentionBlock(n_factors, n_heads, dropout) for _ in range(n_layers)]
        else:
            self.blocks = [keras.layers.GRU(n_factors, return_sequences=True) for _ in range(n_layers)]
        self.norm = keras.layers.LayerNormalization(epsilon=1e-6)
        for part in (*self.blocks, self.norm):
            part.build((None, None, n_factors))
        self.built = True

    @staticmethod
    def _embedding(n, d):
        layer = keras.layers.Embedding(n, d, embeddings_initializer=keras.initializers.RandomNormal(stddev=0.05))
        layer.build()
        return layer

    def get_config(self):
        return {**super().get_config(), **self.config}

    def _places(self, real):
        """Row of the position table for each place, (L,) or (n, L); the last row is the last place, if from the end."""
        if self.config["counted_from"] == "start":  # however much padding stands before it
            return ops.maximum(ops.cumsum(ops.cast(real, "int32"), axis=1) - 1, 0)
        return ops.arange(ops.shape(real)[1]) + self.config["length"] - ops.shape(real)[1]

    def encode(self, items, training=False, more=None):
        """h (n, L, d), and the attention weights of each block, (n, heads, L, L); none of a GRU.

        more: (n, L, d), what is added to the vectors of the items, or None."""
        real = items > 0
        x = self.items(ops.maximum(items - 1, 0))
        if self.positions is not None:
            x = x + self.positions(self._places(real))
        x = x if more is None else x + more
        x = self.dropout(x, training=training) * ops.cast(real, x.dtype)[..., None]
        weights = []
        allowed = mask(items) if self.positions is not None else None
        for block in self.blocks:
            if allowed is None:
                x = block(x, mask=real, training=training)
            else:
                x, of_block = block(x, allowed, training=training)
                weights.append(of_block)
        return self.norm(x), weights

    def call(self, inputs, training=False):
        hidden, _ = self.encode(inputs["items"], training=training)
        hidden = ops.reshape(hidden, (-1, hidden.shape[-1]))
        hidden = ops.take(hidden, inputs["places"], axis=0)  # the padding is never multiplied with the catalogue
        if "candidates" in inputs:
            vectors = self.items(inputs["candidates"])
            return ops.einsum("md,mcd->mc", hidden, vectors) + ops.take(self.bias, inputs["candidates"])
        return ops.matmul(hidden, ops.transpose(self.items.embeddings)) + self.bias
