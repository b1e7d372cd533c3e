"""Losses on logits, each usable as `model.compile(loss=…)`: one value a row, which Keras averages over the batch.

Two layouts of a batch (see `recsys_lib.models.factorization`):

- sampled: logits (B, 1 + n_negatives), the positive in column 0;
- whole catalogue: logits (B, n_items), `y_true` the 0/1 row of the user's likes.

`keras.ops` only, so the formulas outlive one backend. The dtype of the logits is kept: float64 in, float64 out.
"""

from recsys_lib._tensorflow import require_tensorflow

require_tensorflow("recsys_lib.losses")

from keras import ops  # noqa: E402  (the check above gives the better message)


def _logits(y_pred, least=1):
    """As a floating tensor (B, n): whole numbers would cut what is compared with them down to whole numbers."""
    logits = ops.convert_to_tensor(y_pred)
    shape = tuple(logits.shape)  # sizes may be None, still open, in a graph
    if len(shape) != 2 or (shape[1] is not None and shape[1] < least):
        raise ValueError(f"expected logits (B, n) with n ≥ {least}, received shape {shape}")
    return logits if "float" in str(logits.dtype) else ops.cast(logits, "float32")


def _pair(y_true, y_pred):
    y_pred = _logits(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    expected, received = tuple(y_pred.shape), tuple(y_true.shape)
    if len(received) != 2 or any(a != b for a, b in zip(expected, received) if None not in (a, b)):
        raise ValueError(f"expected y_true of the shape of y_pred {expected}, received {received}")
    return y_true, y_pred


def mse(y_true, y_pred):
    """Mean squared error of a row.

        loss = mean_j (y_j − ŷ_j)²            ∂/∂ŷ_j = −2 (y_j − ŷ_j) / n

    y_true, y_pred: (B, n), in the units of the rating. Returns (B,). Raises ValueError for two other shapes.
    Chapter: Losses."""
    y_true, y_pred = _pair(y_true, y_pred)
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def binary_cross_entropy(y_true, y_pred):
    """Binary cross-entropy from logits, mean over the row.

        loss = mean_j −y_j log σ(x_j) − (1 − y_j) log(1 − σ(x_j))            ∂/∂x_j = (σ(x_j) − y_j) / n

    y_true: (B, n) in [0, 1]; a target outside (a rating of 3, say) has no minimum: the loss falls without end.
    y_pred: (B, n) logits, never probabilities. Returns (B,). −log σ(x) is computed as softplus(−x): no overflow.
    Raises ValueError for two other shapes.
    Chapter: Losses."""
    y, x = _pair(y_true, y_pred)
    return ops.mean(y * ops.softplus(-x) + (1 - y) * ops.softplus(x), axis=-1)


def gbce(y_true, y_pred):
    """Binary cross-entropy of one positive and its negatives, the positive's probability to a power β.

        loss = mean_j [j = 0] · −β log σ(s⁺) − [j > 0] · log(1 − σ(s_j))            ∂/∂s⁺ = −β (1 − σ(s⁺)) / n

    y_true: (B, 1 + n_negatives), β in column 0, zeros elsewhere.   y_pred: logits of the same shape. Returns (B,).
    With β = 1 it is `binary_cross_entropy`. A β below 1 undoes what drawing few negatives does: a positive among few
    looks surer than it is. Raises ValueError for two other shapes.
    Source: Petrov and Macdonald 2023. Chapter: Attention."""
    beta, s = _pair(y_true, y_pred)
    negative = ops.cast(ops.arange(ops.shape(s)[1]) > 0, s.dtype)
    return ops.mean(beta * ops.softplus(-s) + negative * ops.softplus(s), axis=-1)


def multinomial(y_true, y_pred):
    """Multinomial likelihood of a row with any number of ones: the softmax loss over the whole catalogue.

        loss = −Σ_j y_j log softmax(x)_j            ∂/∂x_j = softmax(x)_j · Σ_i y_i − y_j

    y_true: (B, n) of 0/1 (or counts). y_pred: (B, n) logits. Returns (B,): a sum, so who likes more weighs more.
    Raises ValueError for two other shapes, as of class labels (B, 1).
    Differs from: `keras.losses.categorical_crossentropy(from_logits=True)`, which on TensorFlow returns the same value
    but, where Σ y ≠ 1, the gradient of another function, softmax(x) − y: no error, only a worse model.
    Chapter: Losses."""
    y, x = _pair(y_true, y_pred)
    return -ops.sum(y * ops.log_softmax(x, axis=-1), axis=-1)


def categorical_cross_entropy(y_true, y_pred):
    """Cross-entropy of a row with one positive: `multinomial` where Σ y = 1.

        loss = −log softmax(x)_c            ∂/∂x_j = softmax(x)_j − [j = c]

    y_true: (B, n) one-hot. y_pred: (B, n) logits. Returns (B,). Raises ValueError for two other shapes.
    Chapter: Losses."""
    return multinomial(y_true, y_pred)


def bpr(y_true, y_pred):
    """Bayesian personalised ranking: the positive should score above each negative.

        loss = mean_j −log σ(s⁺ − s_j)            ∂/∂s⁺ = −mean_j σ(s_j − s⁺), which tends to −1 as the gap → −∞

    y_true: ignored (the layout says which is positive). y_pred: (B, 1 + n_negatives), positive in column 0.
    Returns (B,). Written as softplus(s_j − s⁺), so that the worst pairs keep their gradient.
    Raises ValueError for fewer than two columns.
    Differs from: 1 − σ(s⁺ − s_j), which some libraries call BPR and whose gradient vanishes on the worst pairs.
    Source: Rendle et al. 2009. Chapter: Losses."""
    s = _logits(y_pred, least=2)
    return ops.mean(ops.softplus(s[:, 1:] - s[:, :1]), axis=-1)


def sampled_softmax(y_true, y_pred):
    """Softmax cross-entropy of the positive against the negatives drawn for it.

        loss = −log( e^{s⁺} / (e^{s⁺} + Σ_j e^{s_j}) )            ∂/∂s_j = softmax(s)_j − [j = 0]

    y_true: ignored. y_pred: (B, 1 + n_negatives), positive in column 0. Returns (B,). Raises ValueError for fewer than
    two columns.
    Negatives not drawn uniformly bias it: correct the logits with `log_q_correction` first.
    Source: Yi et al. 2019. Chapter: Losses."""
    s = _logits(y_pred, least=2)
    return ops.logsumexp(s, axis=-1) - s[:, 0]


def log_q_correction(logits, log_q):
    """Logits corrected for how often each item is drawn as a negative.

        s'_j = s_j − log q_j

    logits: (B, n).   log_q: (B, n) or (n,), log of the probability with which the item of a column is drawn.
    Returns (B, n). Raises ValueError for other shapes.
    Apply to all columns, the positive's too; not when scoring. Without it a softmax over items drawn by popularity
    learns s − log q: it ranks the popular too low.
    Source: Yi et al. 2019. Chapter: Losses."""
    logits = _logits(logits)
    log_q = ops.cast(log_q, logits.dtype)
    expected, received = tuple(logits.shape), tuple(log_q.shape)
    fits = all(a == b for a, b in zip(expected[::-1], received[::-1]) if None not in (a, b))
    if len(received) not in (1, 2) or not fits:
        raise ValueError(f"expected log_q (n,) or (B, n) for logits {expected}, received {received}")
    return logits - log_q
