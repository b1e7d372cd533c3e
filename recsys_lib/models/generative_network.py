"""The network of the chapter Semantic ids: histories of words in, the probabilities of the next code out. Keras 3.

Plain `keras.ops`: each formula stands where it is computed. `GenerativeRetrieval` in `generative` trains and serves it.
"""

from recsys_lib._tensorflow import require_tensorflow

require_tensorflow("recsys_lib.models.generative_network")

import keras  # noqa: E402  (the check above gives the better message)
from keras import ops  # noqa: E402

from recsys_lib.models.attention_network import AttentionBlock, mask  # noqa: E402


@keras.saving.register_keras_serializable("recsys_lib")
class WordNetwork(keras.Model):
    """An encoder over items given as words, and a decoder that names the next code.

        x_t = Σ_l E_l[c_l of item t] + p_t;   n_layers blocks of causal attention;   h_t = LN(x_t)
        s_l = h_t + q_l + Σ_{j<l} E_j[c_j];   z_l = s_l + W_2 relu(W_1 LN(s_l));   logit(l, k) = LN(z_l) · O_lk + b_lk

    Input: dict of items (n, T), 0 = padding on the left, else 1 + the item; places (m,), numbers of the places of the
    n × T that are asked for; said (m, L), the word of each next item.   Output: logits (m, L, K), of each code given
    those before it.   An item has no vector of its own: E (L, K, d) is all that is read, and it is read twice."""

    def __init__(self, *, n_items, n_levels, n_codes, n_factors, n_layers, n_heads, length, dropout, **kwargs):
        super().__init__(**kwargs)
        self.config = dict(n_items=n_items, n_levels=n_levels, n_codes=n_codes, n_factors=n_factors)
        self.config |= dict(n_layers=n_layers, n_heads=n_heads, length=length, dropout=dropout)
        self.n_levels, self.n_codes, d = n_levels, n_codes, n_factors
        small = keras.initializers.RandomNormal(stddev=0.05)

        def table(name, *shape, start=small, **more):
            return self.add_weight(shape=shape, initializer=start, name=name, **more)

        self.words = table("words", n_items, n_levels, start="zeros", dtype="int32", trainable=False)
        self.read, self.written = table("read", n_levels * n_codes, d), table("written", n_levels, n_codes, d)
        self.bias = table("bias", n_levels, n_codes, start="zeros")
        self.positions, self.levels = table("positions", length, d), table("levels", n_levels, d)
        self.blocks = [AttentionBlock(d, n_heads, dropout) for _ in range(n_layers)]
        self.norm, self.norm_1, self.norm_2 = (keras.layers.LayerNormalization(epsilon=1e-6) for _ in range(3))
        self.first, self.second = keras.layers.Dense(d, activation="relu"), keras.layers.Dense(d)
        self.dropout = keras.layers.Dropout(dropout)
        for part in (*self.blocks, self.norm, self.norm_1, self.norm_2, self.first, self.second):
            part.build((None, None, d))
        self.built = True

    def get_config(self):
        return {**super().get_config(), **self.config}

    def vectors_of(self, words):
        """E_l[c_l] of each code of words (…, L): (…, L, d)."""
        return ops.take(self.read, words + ops.arange(self.n_levels, dtype="int32") * self.n_codes, axis=0)

    def encode(self, items, training=False):
        """h (n, T, d)."""
        real = items > 0
        words = ops.take(self.words, ops.maximum(items - 1, 0), axis=0)
        length = ops.shape(items)[1]
        place = ops.arange(length) + self.config["length"] - length  # the last row is the last place
        x = ops.sum(self.vectors_of(words), axis=-2) + ops.take(self.positions, place, axis=0)
        x = self.dropout(x, training=training) * ops.cast(real, x.dtype)[..., None]
        allowed = mask(items)
        for block in self.blocks:
            x, _ = block(x, allowed, training=training)
        return self.norm(x)

    def decode(self, state, level, training=False):
        """logits (m, K) of a level from state = h + the vectors of the codes said, (m, d)."""
        s = state + self.levels[level]
        z = s + self.dropout(self.second(self.first(self.norm_1(s))), training=training)
        return ops.matmul(self.norm_2(z), ops.transpose(self.written[level])) + self.bias[level]

    def call(self, inputs, training=False):
        h = self.encode(inputs["items"], training=training)
        state = ops.take(ops.reshape(h, (-1, h.shape[-1])), inputs["places"], axis=0)
        said, logits = self.vectors_of(inputs["said"]), []
        for level in range(self.n_levels):
            logits.append(self.decode(state, level, training=training))
            state = state + said[:, level]
        return ops.stack(logits, axis=1)

    def log_p(self, state, level):
        """log p(code | h, the codes before) as NumPy, (m, K)."""
        return ops.convert_to_numpy(ops.log_softmax(self.decode(state, level)))

    def say(self, state, level, codes):
        """The state after codes (m,) of a level."""
        return state + ops.convert_to_numpy(self.read)[level * self.n_codes + codes]


def word_loss(y, logits):
    """−log p(word) = −Σ_l log p(c_l | h, c_1 … c_{l−1}), one a step.   y: int (m, L).   logits: (m, L, K)."""
    return ops.sum(keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True), axis=-1)
