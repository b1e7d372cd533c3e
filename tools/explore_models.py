"""What the pages *Recommend to me* and *Embedding map* compute with: films, neighbours, vectors, a plane. No history.

The films are those with at least two likes in all data; the models are fitted on all ratings. `tools/explore.py`
writes each export as a script; numbers stand in it as base64 of little-endian typed arrays, which `packed` makes."""

import base64
import re

import numpy as np

from bookfiles import experiment_module
from recsys_lib import results
from recsys_lib.data import load_movielens
from recsys_lib.evaluation import paired_bootstrap
from recsys_lib.models import ItemKNN, Popularity
from recsys_lib.retrieval import top_k

N_FACTORS, SEED, NEAREST = 64, 0, 10
WITH_TRAINING = ("numpy", "scipy", "keras", "tensorflow-cpu")
ARTICLE = re.compile(r"^(.+?), (The|An?|La|Les?|L'|El|Das|Der)(?= \(|$)")


def experiment():
    """tools/experiments/page_models.py, imported when it is needed: it brings TensorFlow."""
    return experiment_module("page_models")


def packed(values, dtype):
    """base64 of an array; raises ValueError where the type would change a value."""
    array = np.asarray(values).astype(np.dtype(dtype).newbyteorder("<"))
    if not np.array_equal(array, values):
        raise ValueError(f"expected whole numbers in the range of {dtype}, received others")
    return base64.b64encode(array.tobytes()).decode("ascii")


def unpacked(text, dtype):
    return np.frombuffer(base64.b64decode(text), np.dtype(dtype).newbyteorder("<"))


def films_of_the_page(data):
    """bool (n_items,), and the places of the films in the data's own order."""
    chosen = np.bincount(data.likes().indices, minlength=data.n_items) >= experiment().LIKES_OF_THE_PAGE
    return chosen, np.flatnonzero(chosen)


def as_said(title):
    """Matrix, The → The Matrix; an original title in brackets stays as it is."""
    return ARTICLE.sub(r"\2 \1", title).replace("L' ", "L'")


def whole_steps(values):
    """(int8 values, step): as `page_models.int8`, which gives their product."""
    step = np.abs(values).max() / 127
    steps = np.round(values / step)
    if not np.array_equal((steps * step).astype(np.float32), experiment().int8(values)):
        raise ValueError("expected the values that page_models measured, received others")
    return steps, float(step)


def films():
    """Titles, years, genres, ids and likes (the popularity model) of the films of the page."""
    data = load_movielens()
    _, page = films_of_the_page(data)
    table = data.item_table.iloc[page]
    names = sorted(set(table["genres"].str.split("|").explode()) - {"(no genres listed)"})
    bits = [sum(1 << names.index(g) for g in text.split("|") if g in names) for text in table["genres"]]
    ids = [data.items[int(i)] for i in page]
    titles = [f"Film {i}, without a title in the data" if t != t else as_said(t) for i, t in zip(ids, table["title"])]
    value = {
        "titles": "\n".join(titles),
        "years": packed(table["year"].fillna(0).to_numpy(int), "uint16"),
        "ids": packed(ids, "uint32"),
        "likes": packed(Popularity().fit(data).item_scores_[page], "uint16"),
        "genreNames": names,
        "genres": packed(bits, "uint32"),
    }
    about = "Films with at least two likes: title, year, id, likes, genres."
    return {"about": about, "seeds": {}, "value": value}


def neighbours():
    """The 30 nearest of each film by cosine, among the films of the page; a weight of 0 fills up."""
    data = load_movielens()
    chosen, page = films_of_the_page(data)
    model = ItemKNN(**experiment().NEIGHBOURS).fit(data.take(chosen[data.item]))
    by_target = model.neighbors_.tocsc()[:, page].tocsr()[page].T.tocsr()  # row = target film
    kept = experiment().NEIGHBOURS["n_neighbors"]
    near, weights = np.zeros((2, len(page), kept))
    steps, step = whole_steps(by_target.data)
    for i, (start, stop) in enumerate(zip(by_target.indptr, by_target.indptr[1:])):
        order = np.lexsort((by_target.indices[start:stop], -by_target.data[start:stop]))
        near[i, : stop - start] = by_target.indices[start:stop][order]
        weights[i, : stop - start] = steps[start:stop][order]
    value = {"kept": kept, "step": step, "near": packed(near, "uint16"), "weights": packed(weights, "int8")}
    return {"about": "The 30 nearest of each film by cosine of likes.", "seeds": {}, "value": value}


def embedding():
    """The vectors and biases of the model trained from histories, with what `page_models` measured of it."""
    from recsys_lib.models import MatrixFactorization  # brings TensorFlow

    stored = results.load(experiment().NAME)
    data = load_movielens()
    settings = stored["values"]["chosen"][f"embedding of {N_FACTORS}"]
    model = MatrixFactorization(**settings, seed=SEED).fit(data)
    _, page = films_of_the_page(data)
    value = vectors_of_the_page(model.item_vectors_, model.item_bias_, page) | {"measured": measured()}
    about = f"The embedding trained from histories: {N_FACTORS} numbers a film and a bias, {settings}; NDCG@10."
    return {"about": about, "seeds": {"training": SEED}, "packages": WITH_TRAINING, "value": value}


def vectors_of_the_page(item_vectors, item_bias, page):
    """One step size for the table of all films, as it was measured; biases in thousandths."""
    steps, step = whole_steps(item_vectors)
    thousandths = np.round(item_bias[page].astype(np.float64) * 1000)
    return {"step": step, "vectors": packed(steps[page], "int8"), "bias": packed(thousandths, "int16")}


def measured():
    """NDCG@10 of people left out whole, page catalogue: of the models, and by share of the bias: [mean, low, high]."""
    frames = results.frames(experiment().NAME)

    def row(name):
        interval = paired_bootstrap(frames[f"{name}, page catalogue"][0]["value"])
        return [round(float(v), 4) for v in (interval.mean, interval.low, interval.high)]

    names = {"popularity": "Popularity", "cosine": "item cosine, int8", "embedding": f"embedding of {N_FACTORS}, int8"}
    return {
        "models": {key: row(name) for key, name in names.items()},
        "shares": {f"{share:g}": row(f"{share:.0%} of the bias") for share in experiment().BIAS_SHARES},
    }


def plane(vectors):
    """The directions of the films' vectors in two dimensions: principal components of the vectors at length 1.

    vectors: value of the export `embedding`. What the plane hides is counted: of the ten nearest films in all
    dimensions, how many are among the ten nearest in the plane, on average over all films."""
    q = unpacked(vectors["vectors"], "int8").reshape(-1, N_FACTORS).astype(np.float64)
    unit = q / np.linalg.norm(q, axis=1, keepdims=True)
    centred = unit - unit.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    points = centred @ axes[:2].T
    step = float(np.abs(points).max() / 32767)
    places = np.round(points / step)
    value = {
        "step": step,
        "x": packed(places[:, 0], "int16"),
        "y": packed(places[:, 1], "int16"),
        "variance": [round(float(v), 4) for v in sizes[:2] ** 2 / (sizes**2).sum()],
        "agree": round(agreement(unit, places), 3),
    }
    return {"about": "The films in the plane of two principal components.", "seeds": {}, "value": value}


def agreement(unit, places):
    """Of the ten nearest by cosine, how many are among the ten nearest in the plane; mean over films."""
    n, shared = len(unit), 0
    for rows in np.array_split(np.arange(n), 8):
        itself = np.zeros((len(rows), n), bool)
        itself[np.arange(len(rows)), rows] = True
        cosines = unit[rows] @ unit.T
        distances = ((places[rows, None, :] - places[None, :, :]) ** 2).sum(axis=2)
        near, flat = (top_k(np.where(itself, -np.inf, s), NEAREST) for s in (cosines, -distances))
        shared += sum(len(np.intersect1d(a, b)) for a, b in zip(near, flat))
    return shared / n
