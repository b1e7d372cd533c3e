"""What the Keras models share: a seeded fit, TensorBoard logs, a saved network. Needs TensorFlow."""

import zipfile
from pathlib import Path

from recsys_lib._tensorflow import require_tensorflow

require_tensorflow("recsys_lib.models.keras_base")

import keras  # noqa: E402  (the check above gives the better message)
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from recsys_lib import losses  # noqa: E402
from recsys_lib.models.base import BaseRecommender  # noqa: E402


class KerasRecommender(BaseRecommender):
    """A recommender around one Keras model. It writes `_network(train)` and `_batches(train)`, a `Batches`.

    Settings it needs: `loss`, `learning_rate`, `weight_decay`, `epochs`, `log_dir`, `seed`.
    Fitted: `network_`, the Keras model, under plain compile and fit; `loss_curve_`, the loss of each epoch. `seed`
    fixes Python's, NumPy's and TensorFlow's generators at the start of `fit`: same seed, same scores on the same
    machine."""

    _arrays = ("loss_curve_",)

    def _fit(self, train):
        keras.utils.set_random_seed(self.seed)
        batches = self._batches(train)
        self.network_ = self._network(train)
        self.network_.compile(
            optimizer=keras.optimizers.AdamW(self.learning_rate, weight_decay=self.weight_decay),
            loss=self._loss(),
            steps_per_execution=len(batches),  # an epoch is one call of the graph
            jit_compile=False,  # XLA knows no sparse input
        )
        callbacks = [keras.callbacks.TensorBoard(Path(self.log_dir).expanduser())] if self.log_dir else []
        log = self.network_.fit(batches, epochs=self.epochs, shuffle=False, verbose=0, callbacks=callbacks)
        self.loss_curve_ = np.array(log.history["loss"])

    def _loss(self):
        return getattr(losses, self.loss)

    def __getstate__(self):
        """What copy, pickle and joblib keep: of the network its class, configuration and weights, not its optimiser."""
        state = dict(vars(self))
        if network := state.pop("network_", None):
            state["network_"] = type(network), network.get_config(), network.get_weights()
        return state

    def __setstate__(self, state):
        vars(self).update(state)
        if "network_" in state:
            network, config, weights = state["network_"]
            self.network_ = network.from_config(config)
            self.network_.set_weights(weights)

    def write_files(self, folder):
        super().write_files(folder)
        self.network_.save(folder / "model.keras")

    def read_files(self, folder):
        super().read_files(folder)
        path = folder / "model.keras"
        if path.exists() and not zipfile.is_zipfile(path):  # of which Keras says that it is not there
            raise ValueError("expected a whole model.keras, received a damaged one")
        self.network_ = keras.saving.load_model(path, compile=False)


class Batches(keras.utils.PyDataset):
    """Rows of some arrays of one length, in a new order each epoch, as batches for `fit`.

    batch: (the arrays at the rows of a batch) -> (x, y) as the network takes them.
    redraw: () -> arrays that take the place of the first ones, called anew each epoch; None keeps them."""

    def __init__(self, arrays, batch, *, batch_size, rng, redraw=None):
        super().__init__()
        self.arrays, self.batch, self.batch_size, self.rng, self.redraw = arrays, batch, batch_size, rng, redraw
        self.order = np.arange(len(arrays[0]))

    def on_epoch_begin(self):
        if self.redraw:
            self.arrays = None  # frees the last epoch's before this one's are drawn
            self.arrays = self.redraw()
        self.order = self.rng.permutation(len(self.order))

    def __len__(self):
        return -(-len(self.order) // self.batch_size)

    def __getitem__(self, i):
        rows = self.order[i * self.batch_size : (i + 1) * self.batch_size]
        return self.batch(*(array[rows] for array in self.arrays))


def sparse_input(matrix):
    """A csr as Keras takes it from a PyDataset on TensorFlow, which refuses SciPy's own."""
    return tf.SparseTensor(np.column_stack(matrix.tocoo().coords).astype(np.int64), matrix.data, matrix.shape)
