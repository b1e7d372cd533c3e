"""The embedding model of the full build: a vector for each user and item, trained by the loss you choose. Keras 3."""

import numpy as np
from scipy.sparse import csr_array

from recsys_lib._checks import choice, setting
from recsys_lib.data.batches import beside_negatives, leave_out_full_users, rating_batches
from recsys_lib.data.interactions import with_data
from recsys_lib.models.keras_base import Batches, KerasRecommender, keras, sparse_input

LOSSES = ("multinomial", "categorical_cross_entropy", "sampled_softmax", "bpr", "binary_cross_entropy", "mse")
WHOLE_BATCH_CELLS = 10**8  # users × items in a step of "multinomial" where no batch_size is given: about 3 GB


@keras.saving.register_keras_serializable("recsys_lib")
class FactorizationNetwork(keras.Model):
    """logit(u, i) = (p_u + Σ_j h_uj q_j) · q_i + b_i, and μ + b_u on top where ratings are predicted.

    Input: dict of user (B,); items (B, n), left out for the whole catalogue; history (B, n_items), the matrix h, where
    it counts. Output: logits (B, n) or (B, n_items). Dropout acts on the d numbers of the user's vector."""

    def __init__(
        self, *, n_users, n_items, n_factors, user_vector, history, user_bias, mean, dropout, init_scale, **kwargs
    ):
        super().__init__(**kwargs)
        self.config = dict(n_users=n_users, n_items=n_items, n_factors=n_factors, user_vector=user_vector)
        self.config |= dict(history=history, user_bias=user_bias, mean=mean, dropout=dropout, init_scale=init_scale)

        def embedding(n, d, scale):
            layer = keras.layers.Embedding(n, d, embeddings_initializer=keras.initializers.RandomNormal(stddev=scale))
            layer.build()
            return layer

        self.user_vectors = embedding(n_users, n_factors, init_scale) if user_vector else None
        self.item_vectors = embedding(n_items, n_factors, init_scale)
        self.user_bias = embedding(n_users, 1, 0.0) if user_bias else None
        self.item_bias = embedding(n_items, 1, 0.0)
        self.dropout = keras.layers.Dropout(dropout)
        self.mean = mean
        self.built = True

    def get_config(self):
        return {**super().get_config(), **self.config}

    def call(self, inputs, training=False):
        user = 0.0
        if self.user_vectors is not None:
            user = self.user_vectors(inputs["user"])  # (B, d)
        if "history" in inputs:
            user = user + keras.ops.matmul(inputs["history"], self.item_vectors.embeddings)
        user = self.dropout(user, training=training)
        if "items" in inputs:
            item, bias = self.item_vectors(inputs["items"]), self.item_bias(inputs["items"])  # (B, n, d), (B, n, 1)
            logits = keras.ops.einsum("bd,bnd->bn", user, item) + bias[..., 0]
        else:
            logits = keras.ops.matmul(user, keras.ops.transpose(self.item_vectors.embeddings))
            logits = logits + keras.ops.transpose(self.item_bias.embeddings)
        if self.user_bias is not None:
            logits = logits + self.user_bias(inputs["user"]) + self.mean
        return logits


class MatrixFactorization(KerasRecommender):
    """Embeddings of users and items, scored by their dot product.

        score(u, i) = (p_u + 1/√n_u · Σ_{j liked by u} q_j) · q_i + b_i

    loss: "multinomial" (softmax over the whole catalogue, a row with all likes of a user), "categorical_cross_entropy"
    (the same, one like a row), "bpr", "sampled_softmax", "binary_cross_entropy" (one like and `n_negatives` items drawn
    anew each epoch), or "mse": ratings, with μ and b_u added to the score. There the history of a training example is
    what the user liked besides the rated item: with its own term in it, the loss would read whether it was liked.
    use_user_vector, use_history: which part of the user's vector there is. With history a new user is served by the
    same formula, p = 0; without it `score(history=…)` is a ValueError.
    dropout: share of the d numbers of the user's vector dropped in training.   learning_rate, weight_decay: AdamW's;
    the decay acts on all weights.   batch_size: rows a step; None = 1,024, for "multinomial" all users at once while
    users × items ≤ 10⁸, beyond it 10⁸ // n_items users a step, so several steps an epoch.
    negatives: "uniform", or "popularity" (by count of likes).   init_scale: σ of the first vectors; the item bias
    starts at log(1 + likes), which carries popularity (for "binary_cross_entropy" less log(1 + negatives an item); for
    "mse" at 0).   log_dir: folder for TensorBoard.   seed: fixes all of it.
    Fitted: `network_` (Keras model), `loss_curve_` (loss of each epoch), `user_vectors_`, `item_vectors_`,
    `item_bias_`; for "mse" `user_bias_` too.   Raises ValueError for a setting out of range; `fit` for "mse" without
    ratings. Memory grows with (n_users + n_items) · d, and a step of a whole-catalogue loss with batch_size · n_items.
    Source: Koren 2009, Rendle et al. 2009. Chapter: The full build."""

    def __init__(
        self,
        *,
        n_factors=128,
        loss="multinomial",
        use_history=True,
        use_user_vector=True,
        dropout=0.8,
        learning_rate=0.01,
        weight_decay=0.001,
        epochs=200,
        batch_size=None,
        n_negatives=20,
        negatives="uniform",
        init_scale=0.03,
        liked_from=4.0,
        implicit=False,
        log_dir=None,
        seed=0,
    ):
        choice("use_history", use_history, (True, False)), choice("use_user_vector", use_user_vector, (True, False))
        if not (use_history or use_user_vector):
            raise ValueError("expected use_history or use_user_vector, or both: a user needs a vector")
        self.loss = choice("loss", loss, LOSSES)
        self.negatives = choice("negatives", negatives, ("uniform", "popularity"))
        self.use_history, self.use_user_vector = use_history, use_user_vector
        self.n_factors = setting("n_factors", n_factors, 1, whole=True)
        self.dropout = setting("dropout", dropout, 0, 1)
        self.learning_rate = setting("learning_rate", learning_rate, 0, above=True)
        self.weight_decay = setting("weight_decay", weight_decay, 0)
        self.epochs = setting("epochs", epochs, 1, whole=True)
        self.batch_size = None if batch_size is None else setting("batch_size", batch_size, 1, whole=True)
        self.n_negatives = setting("n_negatives", n_negatives, 1, whole=True)
        self.init_scale = setting("init_scale", init_scale, 0)
        self.liked_from = setting("liked_from", liked_from)
        self.implicit = choice("implicit", implicit, (True, False))
        if implicit and loss == "mse":
            raise ValueError("expected implicit=False for the loss of ratings, mse, received True")
        self.log_dir = None if log_dir is None else str(log_dir)
        self.seed = setting("seed", seed, 0, 2**32, whole=True)

    @property
    def _uses_history(self):
        return self.use_history

    @property
    def _learns_likes(self):
        return self.loss != "mse"

    @property
    def needs_likes(self):
        return self.loss != "mse" or self.use_history

    def _network(self, train):
        ratings = self.loss == "mse"
        sizes = dict(n_users=len(self.users_), n_items=len(self.items_), n_factors=self.n_factors)
        parts = dict(user_vector=self.use_user_vector, history=self.use_history, user_bias=ratings)
        mean = float(train.require_rating().mean(dtype=np.float64)) if ratings else 0.0
        network = FactorizationNetwork(**sizes, **parts, mean=mean, dropout=self.dropout, init_scale=self.init_scale)
        if not ratings:
            likes = self.likes_of(self.train_).sum(axis=0, dtype=np.float64)
            start = np.log1p(likes)
            if self.loss == "binary_cross_entropy":
                start -= np.log1p(likes.mean() * self.n_negatives)  # how often an item is drawn as a negative
            network.item_bias.set_weights([start[:, None]])
        return network

    def _batches(self, train):
        """What `fit` reads: the rows of an epoch, and below how each batch of them is fed."""
        rng = np.random.default_rng(self.seed)
        likes, size = self.likes_of(self.train_), self.batch_size or 1024
        if self.loss == "mse":
            return Batches(rating_batches(train), self._rating_batch, batch_size=size, rng=rng)
        if self.loss == "multinomial":
            users = np.flatnonzero(np.diff(likes.indptr)).astype(np.int32)
            size = self.batch_size or max(1, min(len(users), WHOLE_BATCH_CELLS // likes.shape[1]))
            return Batches((users,), self._whole_row_batch, batch_size=size, rng=rng)
        if self.loss == "categorical_cross_entropy":
            return Batches(likes.tocoo().coords, self._one_like_batch, batch_size=size, rng=rng)
        weights = likes.sum(axis=0, dtype=np.float64) if self.negatives == "popularity" else None
        likes = leave_out_full_users(likes, popularity=weights)

        def draw():
            return beside_negatives(likes, n_negatives=self.n_negatives, rng=rng, popularity=weights)

        return Batches(draw(), self._sampled_batch, batch_size=size, rng=rng, redraw=draw)

    def _rating_batch(self, user, items, rating):
        likes = _without(self.likes_of(self.train_[user]), items)  # the rated item's own place would tell the rating
        return self._inputs(user, likes, items=items), rating

    def _whole_row_batch(self, user):
        likes = self.likes_of(self.train_[user])
        return self._inputs(user, likes), likes.astype(np.uint8).toarray()  # a quarter of the memory of float32

    def _one_like_batch(self, user, item):
        return self._inputs(user, self.likes_of(self.train_[user])), _one_hot(item, len(self.items_))

    def _sampled_batch(self, user, items):
        likes = self.likes_of(self.train_[user])
        return self._inputs(user, likes, items=items), _one_hot(np.zeros(len(user), int), items.shape[1])

    def _inputs(self, user, likes, **items):
        """What the network takes; likes: csr (len(user), n_items)."""
        history = {"history": sparse_input(_share(likes))} if self.use_history else {}
        return {"user": user, **history, **items}

    def history_weights(self, ratings):
        """csr: 1/√n_u where a row of ratings holds a like, so that weights @ `item_vectors_` is the history's share."""
        return _share(self.likes_of(ratings))

    def _user_vectors_of(self, users, history):
        own = self.user_vectors_[users] if users is not None and self.use_user_vector else 0.0
        return own + self.history_weights(history) @ self.item_vectors_ if self.use_history else own

    def _score(self, users, history):
        scores = self._user_vectors_of(users, history) @ self.item_vectors_.T + self.item_bias_
        if self.loss == "mse":
            scores += self.network_.mean
            if users is not None:
                scores += self.user_bias_[users][:, None]
        return scores

    def predict(self, users, items):
        """Predicted ratings (loss="mse"; else logits) of the pairs (users[n], items[n]). Returns float32 (n,).

        For a pair of the training, with use_history, the user's like of that very item stands in the history: an RMSE
        on train is flattered by it. Raises KeyError for a user without a rating in training, IndexError for an item
        that is not there, ValueError for sides of different lengths."""
        users, items = self._pairs(users, items)
        known, row = np.unique(users, return_inverse=True)
        vectors, item_vectors = self._user_vectors_of(known, self.train_[known]), self.item_vectors_
        predicted = self.item_bias_[items]
        for factor in range(self.n_factors):  # one at a time: pairs × factors may be more than memory holds
            predicted += vectors[row, factor] * item_vectors[items, factor]
        if self.loss == "mse":
            predicted += self.network_.mean + self.user_bias_[users]
        return predicted

    @property
    def user_vectors_(self):
        """p, (n_users, d)."""
        return _values_of(self.network_.user_vectors)

    @property
    def item_vectors_(self):
        """q, (n_items, d)."""
        return _values_of(self.network_.item_vectors)

    @property
    def item_bias_(self):
        """b, (n_items,)."""
        return _values_of(self.network_.item_bias)[:, 0]

    @property
    def user_bias_(self):
        """b_u, (n_users,); only where ratings are predicted."""
        return _values_of(self.network_.user_bias)[:, 0]


def _values_of(layer):
    if layer is None:
        raise AttributeError("this model was built without such a layer")
    return layer.get_weights()[0]


def _share(likes):
    """The 0/1 matrix with 1/√n_u in place of the ones of a row."""
    counts = np.diff(likes.indptr)
    return with_data(likes, np.repeat(1 / np.sqrt(np.maximum(counts, 1)), counts).astype(np.float32))


def _without(likes, items):
    """The 0/1 matrix less one item a row: items (n, 1)."""
    row, col = likes.tocoo().coords
    keep = col != items[row, 0]
    return csr_array((likes.data[keep], (row[keep], col[keep])), shape=likes.shape)


def _one_hot(columns, n):
    """float32 (len(columns), n): a one in each row."""
    y = np.zeros((len(columns), n), np.float32)
    y[np.arange(len(columns)), columns] = 1
    return y
