"""What each of the four tasks has to be measured against: one simple specialist a task, in a few lines each.

All take `Tasks` and the part, learn from what is before the part, and return scores as the task's `measure` takes them.
"""

import numpy as np
from scipy import linalg, sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from recsys_lib._checks import choice, generator, setting
from recsys_lib.models.baselines import EASE, BiasModel
from recsys_lib.models.content import film_texts


def ease(tasks, part="test", *, regularization=100.0):
    """Next likes by `EASE`: (n_users, n_items)."""
    model = EASE(regularization=regularization, liked_from=tasks.liked_from).fit(tasks.before(part))
    return model.score(np.arange(len(tasks.next_likes.users)))


def bias_ratings(tasks, part="test", *, regularization=5.0):
    """Ratings by `BiasModel`: (n,) for the pairs of the part."""
    pairs = getattr(tasks.rating, part)
    return BiasModel(regularization=regularization).fit(tasks.before(part)).predict(pairs.user, pairs.item)


def als_ratings(
    tasks, part="test", *, n_factors=16, regularization=10.0, bias_regularization=5.0, n_iterations=10, rng=0
):
    """Ratings by a dot product of vectors on top of the bias model, fitted by alternating least squares: (n,).

        r̂_ui = μ + b_u + b_i + x_u · y_i,   x_u = (Σ_{i rated} y_i y_iᵀ + λ I)⁻¹ Σ_{i rated} y_i (r_ui − μ − b_u − b_i)

    over the rated pairs alone: what was not rated says nothing of stars. Source: Koren et al. 2009's form."""
    setting("n_factors", n_factors, 1, whole=True), setting("regularization", regularization, 0, above=True)
    train, pairs = tasks.before(part), getattr(tasks.rating, part)
    bias = BiasModel(regularization=bias_regularization).fit(train)
    rest = train.rating - bias.predict(train.user, train.item)
    by_user = sparse.csr_array((rest, (train.user, train.item)), shape=(train.n_users, train.n_items))
    by_item = sparse.csr_array((rest, (train.item, train.user)), shape=(train.n_items, train.n_users))
    y = generator(rng).normal(scale=0.1, size=(train.n_items, n_factors))
    for _ in range(n_iterations):
        x = _half_step(by_user, y, regularization)
        y = _half_step(by_item, x, regularization)
    return bias.predict(pairs.user, pairs.item) + (x[pairs.user] * y[pairs.item]).sum(axis=1)


def _half_step(rows, factors, regularization):
    solved = np.zeros((rows.shape[0], factors.shape[1]))
    for row in np.flatnonzero(np.diff(rows.indptr)):
        entries = slice(rows.indptr[row], rows.indptr[row + 1])
        y = factors[rows.indices[entries]]
        solved[row] = np.linalg.solve(y.T @ y + regularization * np.eye(y.shape[1]), y.T @ rows.data[entries])
    return solved


def genre_prior(tasks):
    """How often a film of train has each genre: the same for all films, {part: (n, n_genres)}."""
    genres = tasks.genres
    often = genres.visible[genres.train].mean(axis=0)
    return {part: np.tile(often, (len(getattr(genres, part)), 1)) for part in ("validation", "test")}


def ridge_genres(tasks, vectors=None, *, regularization=3.0, n_draws=3, rng=0):
    """Hidden genres by ridge regression on text and shown genres: {part: (n, n_genres)} for both parts at once.

        W = (ZᵀZ + λ I)⁻¹ Zᵀ H,   Z = [text, shown genres, how many, 1],   H = genres hidden, drawn anew n_draws times

    vectors: (n_items, d), dense or sparse, of the films' texts; None for TF-IDF of the words of title and year. They
    must not know the genres.   Chapter: Many tasks, one body."""
    genres, rng = tasks.genres, generator(rng)
    if vectors is None:
        texts = film_texts(tasks.item_table, genres=False)
        vectors = TfidfVectorizer(token_pattern=r"\w+", min_df=2, sublinear_tf=True).fit_transform(texts)
    vectors = sparse.csr_array(vectors).astype(np.float64)
    films = np.tile(genres.train, setting("n_draws", n_draws, 1, whole=True))
    shown, hidden = genres.hide(films, rng=rng)
    z = _with_shown(vectors[films], shown)
    gram = (z.T @ z).toarray()
    gram[np.diag_indices_from(gram)] += setting("regularization", regularization, 0, above=True)
    weights = linalg.solve(gram, z.T @ hidden.astype(np.float64), assume_a="pos")
    parts = {part: getattr(genres, part) for part in ("validation", "test")}
    return {part: _with_shown(vectors[rows], genres.visible[rows]) @ weights for part, rows in parts.items()}


def _with_shown(vectors, shown):
    how_many = shown.sum(axis=1)[:, None]
    return sparse.csr_array(sparse.hstack([vectors, shown.astype(np.float64), how_many, np.ones_like(how_many)]))


def tfidf_search(tasks, part="test", *, longest=4, analyzer="char_wb"):
    """Search by the cosine of TF-IDF vectors of runs of 2 to `longest` letters: (n_queries, n_items)."""
    search = tasks.search
    choice("analyzer", analyzer, ("char_wb", "char"))
    reader = TfidfVectorizer(analyzer=analyzer, ngram_range=(2, longest), sublinear_tf=True)
    titles = reader.fit_transform(search.titles)
    return (reader.transform([search.text[i] for i in getattr(search, part)]) @ titles.T).toarray()
