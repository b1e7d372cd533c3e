"""A small network that ranks candidates, with the interface of the rankers in `learned_fusion`. Needs TensorFlow."""

from recsys_lib._tensorflow import require_tensorflow

require_tensorflow("recsys_lib.models.neural_ranker")

import keras  # noqa: E402  (the check above gives the better message)
import numpy as np  # noqa: E402

from recsys_lib._checks import setting  # noqa: E402
from recsys_lib.models.learned_fusion import Ranker  # noqa: E402

PLACES = 101  # quantiles of each column


class NeuralRanker(Ranker):
    """Two hidden layers that tell hits from misses, over the same columns as `TreeRanker` and `LinearRanker`.

        minimise Σ_lists (1 / √h_l) Σ_{i in l} log loss(y_li, σ(w · relu(B relu(A z_li + a) + b) + c))

        z = for each column its place among the columns learnt from, from −1 to 1, and 0 where unknown; and 1 where it
        is unknown, else 0

    hidden: neurons of each layer.   epochs, batch_size, learning_rate: of Adam.   seed: draws start and order.
    Fitted: `network_`. Same seed, same bytes.   Chapter: Learning to fuse."""

    def __init__(self, *, hidden=64, epochs=4, batch_size=2048, learning_rate=0.002, seed=0):
        self.hidden = setting("hidden", hidden, 1, whole=True)
        self.epochs = setting("epochs", epochs, 1, whole=True)
        self.batch_size = setting("batch_size", batch_size, 1, whole=True)
        self.learning_rate = setting("learning_rate", learning_rate, 0, above=True)
        self.seed = setting("seed", seed, 0, whole=True)

    def _learn(self, columns, hits, weight):
        keras.utils.set_random_seed(self.seed)
        known = [column[~np.isnan(column)] for column in columns.T]
        self.places_ = [np.quantile(one, np.linspace(0, 1, PLACES)) if len(one) else np.zeros(1) for one in known]
        self.network_ = keras.Sequential(
            [
                keras.layers.Input((2 * columns.shape[1],)),
                keras.layers.Dense(self.hidden, "relu"),
                keras.layers.Dense(self.hidden, "relu"),
                keras.layers.Dense(1),
            ]
        )
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        self.network_.compile(keras.optimizers.Adam(self.learning_rate), loss)
        how = {"batch_size": self.batch_size, "epochs": self.epochs, "verbose": 0}
        self.network_.fit(self._standard(columns), hits.astype(np.float32), sample_weight=weight, **how)

    def _standard(self, columns):
        """Each column's place, from −1 to 1, in the middle of equal ones; and what is unknown: float32 (n, 2 c)."""
        found = np.zeros((len(columns), 2 * columns.shape[1]), np.float32)
        for column, values, unknown, places in zip(columns.T, found.T, found.T[columns.shape[1] :], self.places_):
            middle = (np.searchsorted(places, column) + np.searchsorted(places, column, side="right")) / len(places) - 1
            values[:], unknown[:] = np.where(np.isnan(column), 0, middle), np.isnan(column)
        return found

    def _chance(self, columns):
        logits = self.network_.predict(self._standard(columns), batch_size=8192, verbose=0)[:, 0]
        return 1 / (1 + np.exp(-logits.astype(np.float64)))
