"""What each model of the book keeps, and what one request takes of it. The arithmetic is `counting`'s.

Sizes are read from the fitted model's settings and catalogue; nothing is run."""

import numpy as np
from scipy.sparse import issparse

from recsys_lib._checks import require, setting
from recsys_lib.counting import FLOAT, Part, against_table, attention_block, dense, lookup, sequence_network
from recsys_lib.models.base import BaseRecommender

DOUBLE, INDEX = 8, 4  # bytes of a float64, and of an index of a sparse matrix


def parts_of(model, *, history=10):
    """The parts of a fitted model as one request uses them: a person with `history` likes, the whole catalogue scored.

    A list of `Part`. Raises NotFittedError for a model that is not fitted, KeyError for a class that is not counted
    here, ValueError for a history that is no whole number above 0, or that the model has no room for."""
    setting("history", history, 1, whole=True)
    require(model, BaseRecommender)._check_fitted()
    for kind in type(model).__mro__:
        if kind.__name__ in COUNTED:
            return COUNTED[kind.__name__](model, history)
    raise KeyError(f"nothing counted for {type(model).__name__}; counted are {', '.join(COUNTED)}")


def keras_numbers(network, *, tables=("embedding", "table")):
    """{numbers, tables, dense} of any Keras model.

    tables: a weight stands in a table where its path holds one of these words. Raises TypeError for what has no
    weights."""
    weights = getattr(network, "weights", None)
    if not isinstance(weights, list):  # a recommender has a method of that name
        raise TypeError(f"expected a Keras model, received {type(network).__name__}")
    sizes = {weight.path: int(np.prod(weight.shape)) for weight in weights if "seed" not in weight.path}
    in_tables = sum(size for path, size in sizes.items() if any(word in path for word in tables))
    numbers = sum(sizes.values())
    return {"numbers": numbers, "tables": in_tables, "dense": numbers - in_tables}


def size_of_item(array):
    """Bytes of a number of an array; of a sparse matrix with the number of its column."""
    return array.data.itemsize + array.indices.itemsize if issparse(array) else array.itemsize


def popularity(model, history):
    n = len(model.items_)
    return [lookup("likes of each item", n, 1, n)]


def bias_model(model, history):
    n, users = len(model.items_), len(model.users_)
    items = Part("items' biases", n, True, 2 * n, n * DOUBLE)  # the mean and the person's are added to each
    return [items, lookup("people's biases", users, 1, 1, size=DOUBLE), Part("mean", 1, False, 0, DOUBLE)]


def item_by_item(matrix, history, name="items × items"):
    """A history times a matrix of items by items, dense or sparse: the rows of what was liked are read and added."""
    if issparse(matrix):
        used = history * matrix.nnz / matrix.shape[0]  # of a row of mean length
        return Part(name, matrix.nnz, True, 2 * used, used * size_of_item(matrix))
    used = history * matrix.shape[1]
    return Part(name, matrix.size, True, 2 * used, used * matrix.itemsize)


def item_knn(model, history):
    return [item_by_item(model.neighbors_, history, "neighbours")]


def decayed(model, history):
    return [item_by_item(model.matrix_, history)]


def ease(model, history):
    """Items by items; or, with fewer people than items, people by items, all of it read for everybody."""
    rows, n = model.inverse_.shape
    scale = Part("diagonal", n, False, n, n * DOUBLE)
    if not model._few_users:
        return [item_by_item(model.inverse_, history), scale]
    likes = model.likes_of(model.train_)
    used = history * likes.nnz / n
    x = Part("likes", likes.nnz, True, 2 * used, used * size_of_item(likes))
    return [Part("people × items", rows * n, True, 2 * rows * n, rows * n * DOUBLE), x, scale]


def als(model, history):
    """A linear system for the person, then its vector against all items; the stored vectors of people rest.

    The system holds the product of all items' vectors, 2 n d² FLOPs, which `ALS.score` computes anew at each call."""
    n, d = model.item_factors_.shape
    solve = 2 * n * d**2 + 2 * history * d**2 + 2 * d**3 / 3
    items = against_table("items", n, d)
    return [
        items._replace(flops=items.flops + solve, read=2 * items.read),  # read for the system, and for the scores
        lookup("people", len(model.users_), d, 0),
    ]


def matrix_factorization(model, history):
    n, d = len(model.items_), model.n_factors
    items = against_table("items", n, d, bias=True)
    if model.use_history:
        items = items._replace(flops=items.flops + 2 * history * d, read=items.read + history * d * FLOAT)
    parts = [items]
    if model.use_user_vector:
        parts.append(lookup("people", len(model.users_), d, 1))
    if model.loss == "mse":
        parts.append(lookup("people's biases", len(model.users_), 1, 1))
    return parts


def sasrec(model, history):
    sizes = {"n_items": len(model.items_), "n_factors": model.n_factors, "n_layers": model.n_layers}
    sizes |= {"n_heads": model.n_heads, "encoder": model._encoder, "length": model.length}
    return sequence_network(**sizes, places=min(history, model.length))


def generative(model, history):
    """An encoder over words of codes; then, at each level, every word of the beam meets all codes of the level."""
    n_items, levels = model.words_.shape
    network, d, places = model.network_.config, model.n_factors, min(history, model.length)
    codes, beam = network["n_codes"], 1 + (levels - 1) * model.beam  # words that are continued, at all levels
    blocks = [attention_block(f"layer {i + 1}", d, places, heads=model.n_heads) for i in range(model.n_layers)]
    decoder = dense("decoder", d, d, 2 * beam)  # two layers of one size
    return [
        lookup("words of the items", n_items, levels, places, size=INDEX),
        lookup("codes, read", levels * codes, d, places * levels),
        Part("codes, written", levels * codes * (d + 1), True, 2 * beam * codes * d, levels * codes * (d + 1) * FLOAT),
        lookup("places and levels", model.length + levels, d, places + levels),
        *blocks,
        decoder._replace(numbers=2 * decoder.numbers, read=2 * decoder.read),
        Part("norms", 6 * d, False, 0, 6 * d * FLOAT),
    ]


def dated_sasrec(model, history):
    return [*sasrec(model, history), recent(model, model.days), Part("weights of the date", 1 + model.n_factors)]


def recent(model, days):
    """The likes with their seconds, of which a request reads those of the last days (a mean over the time known)."""
    seconds = model.dated_seconds_
    span = max(int(seconds[-1] - seconds[0]), 1) if len(seconds) else 1
    read = len(seconds) * min(days * 86_400 / span, 1)
    width = model.dated_items_.itemsize + seconds.itemsize
    return Part("likes with their seconds", 2 * len(seconds), True, len(model.items_) + read, read * width)


def recent_popularity(model, history):
    return [recent(model, model.days), *popularity(model, history)]


def recency_ridge(model, history):
    return [item_by_item(model.matrix_, history), recent(model, model.days)]


def content_tfidf(model, history):
    """The mean of the liked items' words, then the words against all items."""
    return [text_vectors(model.item_vectors_, history)]


def text_vectors(vectors, history):
    n, kept = vectors.shape[0], vectors.nnz if issparse(vectors) else vectors.size
    used = (history / n + 1) * kept  # the rows of what was liked, and then all
    return Part("items' texts", kept, True, 2 * used, used * size_of_item(vectors))


def item_ridge(model, history):
    """The sum of the liked items' vectors, a system of d equations whose factor is kept, and all items' vectors."""
    d = model.factor_.shape[0]
    factor = Part("factor", d * d, False, 2 * d * d, d * d * model.factor_.itemsize)
    return [text_vectors(model.item_vectors_, history), factor, Part("mean", d, False, d, d * FLOAT)]


def unified(model, history):
    """All its single models, and the trees, of which each candidate takes one way through each."""
    parts = [
        part._replace(name=f"{name}: {part.name}")
        for name, one in model.signals_.models_.items()
        for part in parts_of(one, history=history)
    ]
    return [*parts, *([] if model.ranker_ is None else [trees(model)])]


def trees(model):
    nodes = [tree[0].nodes for tree in model.ranker_.trees_._predictors]
    numbers = sum(map(len, nodes))
    depth = float(np.mean([one["depth"][one["is_leaf"] == 1].mean() for one in nodes]))
    used = len(model.signals_.models_) * model.n_candidates * len(nodes) * depth  # at most: candidates of all models
    return Part("trees", numbers, False, used, used * nodes[0].itemsize)


COUNTED = {
    "Popularity": popularity,
    "BiasModel": bias_model,
    "ItemKNN": item_knn,
    "EASE": ease,
    "ALS": als,
    "ContentTFIDF": content_tfidf,
    "ContentCosine": content_tfidf,
    "ItemRidge": item_ridge,
    "MatrixFactorization": matrix_factorization,
    "DecayedHistory": decayed,
    "RecentPopularity": recent_popularity,
    "RecencyRidge": recency_ridge,
    "DatedSASRec": dated_sasrec,
    "GenerativeRetrieval": generative,
    "SASRec": sasrec,
    "UnifiedFused": unified,
}
