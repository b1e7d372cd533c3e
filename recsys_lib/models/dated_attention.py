"""Self-attention that knows the date of a request. Keras 3."""

import numpy as np

from recsys_lib._checks import choice, setting
from recsys_lib.data.batches import padded
from recsys_lib.data.sequences import Sequences
from recsys_lib.models.attention import SASRec, dataset, n_batches, rows_of_batches, training_rows
from recsys_lib.models.attention_network import SequenceNetwork
from recsys_lib.models.dated import DAY
from recsys_lib.models.keras_base import keras, tf
from recsys_lib.models.ordered import DatedRecommender


class DatedSASRec(DatedRecommender, SASRec):
    """SASRec that is told how often each item was liked in the days before the moment.

        r_ui = log(1 + |{likes of i with at_u − w ≤ t < at_u}|)
        "bias":   score(u, i) = h · e_i + b_i + v r_ui,   one weight v, learnt
        "input":  x_t = e_item(t) + p_t + r_t z,   r_t of the item at place t in the second of its like, z (d,) learnt
        "both":   the two together

    In training each step has the counts of its own second, so the next item's own like is not among them.
    recency: which of the three.   days: w.   delay: days by which the counts are behind.   The other settings are
    those of `SASRec`; the loss is the softmax over the catalogue.   Chapter: The date."""

    def __init__(
        self,
        *,
        recency="both",
        days=3.0,
        delay=0.0,
        n_factors=64,
        n_layers=2,
        n_heads=1,
        length=50,
        dropout=0.3,
        learning_rate=0.001,
        weight_decay=0.0,
        epochs=25,
        batch_size=1024,
        liked_from=4.0,
        implicit=False,
        log_dir=None,
        seed=0,
    ):
        of_sasrec = {name: value for name, value in locals().items() if name in SASRec._setting_names()}
        SASRec.__init__(self, **of_sasrec)
        self.recency = choice("recency", recency, ("bias", "input", "both"))
        self.days = setting("days", days, 0, above=True)
        self.delay = setting("delay", delay, 0)

    def _network(self, train):
        sizes = dict(n_items=len(self.items_), n_factors=self.n_factors, n_layers=self.n_layers, n_heads=self.n_heads)
        more = dict(length=self.length, dropout=self.dropout, encoder="attention", recency=self.recency)
        network = DatedNetwork(**sizes, **more)
        network.bias.assign(np.log1p(np.bincount(self.event_items_, minlength=len(self.items_))).astype(np.float32))
        return network

    def _recency(self, at):
        """r, float32 (n, n_items)."""
        return np.log1p(self.recent(at - int(self.delay * DAY), int(self.days * DAY)))

    def _of_each(self, events):
        """r_t of each entry of Sequences, in its own second; 0 where there are no seconds."""
        recency = np.zeros(len(events.items), np.float32)
        if events.seconds is not None:
            for start in range(0, len(recency), 1024):
                some = slice(start, start + 1024)
                at = self._recency(events.seconds[some])
                recency[some] = at[np.arange(len(at)), events.items[some]]
        return recency

    def _read(self, entries, items, recency):
        """Inputs of the network from padded numbers of entries, 0 = padding."""
        real = entries > 0
        return {"items": np.where(real, items[entries - 1] + 1, 0).astype(np.int32),
                "recency": np.where(real, recency[entries - 1], 0).astype(np.float32)}  # fmt: skip

    def _batches(self, train):
        events = self.events_
        numbered = events._replace(items=np.arange(len(events.items), dtype=np.int32), seconds=None)
        read, asked, _ = training_rows(numbered, self.length)
        of_each = self._of_each(events)
        rng = np.random.default_rng(self.seed)
        size = max(self.batch_size, self.length)

        def epoch():
            for rows in rows_of_batches(asked.lengths, size, rng):
                entries, wanted = padded(read.take(rows), self.length), padded(asked.take(rows), self.length)
                real = wanted > 0
                asked_entries = wanted[real] - 1
                inputs = self._read(entries, events.items, of_each)
                inputs["places"] = np.flatnonzero(real).astype(np.int32)
                inputs["now"] = self._recency(events.seconds[asked_entries])
                yield inputs, events.items[asked_entries]

        ints, floats = (tf.TensorSpec((None, None), kind) for kind in (tf.int32, tf.float32))
        flat = tf.TensorSpec((None,), tf.int32)
        inputs = {"items": ints, "recency": floats, "places": flat, "now": floats}
        return dataset(epoch, (inputs, flat), n_batches(asked.lengths, size))

    def _score(self, sequences, at):
        of_each = self._of_each(sequences)
        numbered = Sequences(sequences.indptr, np.arange(len(sequences.items), dtype=np.int32), None)

        def encode(people):
            read = self._read(padded(numbered.take(people), self.length), sequences.items, of_each)
            return self.network_.encode(read["items"], read["recency"])[0]

        scores = self._scores_of_last_places(sequences.lengths, encode)
        return scores + self.recency_weight_ * self._recency(at)

    @property
    def recency_weight_(self):
        """v; 0 where the recency is an input alone."""
        return float(self.network_.recency_weight) if self.recency != "input" else 0.0


@keras.saving.register_keras_serializable("recsys_lib")
class DatedNetwork(SequenceNetwork):
    """logit(t, i) = h_t · e_i + b_i + v r_ti, and r of what was read added to the input along one learnt vector."""

    def __init__(self, *, recency, **sizes):
        super().__init__(**sizes)
        self.recency = recency
        bias, into = recency != "input", recency != "bias"
        self.recency_weight = self.add_weight(shape=(), initializer="ones", trainable=bias, name="recency_weight")
        shape = (sizes["n_factors"],)
        self.recency_vector = self.add_weight(shape=shape, initializer="zeros", trainable=into, name="recency_vector")

    def get_config(self):
        return {**super().get_config(), "recency": self.recency}

    def encode(self, items, recency, training=False):
        more = recency[..., None] * self.recency_vector if self.recency != "bias" else None
        return super().encode(items, training=training, more=more)

    def call(self, inputs, training=False):
        hidden, _ = self.encode(inputs["items"], inputs["recency"], training=training)
        hidden = keras.ops.reshape(hidden, (-1, hidden.shape[-1]))
        hidden = keras.ops.take(hidden, inputs["places"], axis=0)
        logits = keras.ops.matmul(hidden, keras.ops.transpose(self.items.embeddings)) + self.bias
        return logits if self.recency == "input" else logits + self.recency_weight * inputs["now"]
