"""Content: what an item says about itself, and nothing of what other users did."""

import re

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, diags_array
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from recsys_lib._checks import choice, setting
from recsys_lib.models.base import BaseRecommender


class ContentTFIDF(BaseRecommender):
    """Items whose words are those of the items you liked.

        score(u, i) = cos(p_u, q_i),   p_u = mean of q_j over the items j that u liked
        q_iw ∝ tf_iw · (ln((1 + n) / (1 + df_w)) + 1),   ‖q_i‖ = 1

    tf_iw is how often word w stands in item i, n the number of items and df_w that of the items with the word:
    scikit-learn's TF-IDF.
    columns: columns of the item table whose words count. Spaces and | part the words, so that a genre such as Sci-Fi is
    one, and MovieLens' "(no genres listed)" three: no, genres, listed.
    liked_from: a rating from here on is a like.   implicit: every pair is a like.   A user without a like
    scores 0 everywhere.
    Fitted: `item_vectors_` csr (n_items, n_words), `words_`. Raises ValueError for no columns; `fit` where a column is
    missing or there is no word in any.
    Chapter: Anatomy."""

    _arrays = ("item_vectors_", "words_")

    def __init__(self, *, columns=("title", "genres"), liked_from=4.0, implicit=False):
        self.columns = [columns] if isinstance(columns, str) else list(columns or ())
        if not self.columns:
            raise ValueError(f"expected columns of the item table, at least one, received {columns!r}")
        self.liked_from = setting("liked_from", liked_from)
        self.implicit = choice("implicit", implicit, (True, False))

    def _fit(self, train):
        present = [] if train.item_table is None else list(train.item_table.columns)
        if missing := [name for name in self.columns if name not in present]:
            raise ValueError(f"expected the item table to have {self.columns}, received one without {missing}")
        texts = train.item_table[self.columns].astype("string").fillna("").astype(str).agg(" ".join, axis=1)
        if not any(map(_words, texts)):
            raise ValueError(f"expected words in the columns {self.columns} of the item table, received none")
        self.item_vectors_, self.words_ = tfidf(texts)

    def profile(self, history):
        """The users' vectors: csr (n, n_words), the mean TF-IDF vector of what each row of history liked."""
        likes = self.likes_of(history)
        counts = np.maximum(np.diff(likes.indptr), 1)
        return csr_array(diags_array(1 / counts) @ (likes @ self.item_vectors_))

    def _score(self, users, history):
        profile = self.profile(history)
        unit = normalize(profile) if profile.shape[0] else profile  # scikit-learn refuses a matrix without rows
        return (unit @ self.item_vectors_.T).toarray()


def tfidf(texts):
    """TF-IDF vectors of texts as in `ContentTFIDF`: (csr (n, n_words) with rows of length 1, the words).

    Raises ValueError where there is no word in any."""
    vectorizer = TfidfVectorizer(tokenizer=_words, token_pattern=None, lowercase=True)
    vectors = csr_array(vectorizer.fit_transform(texts))
    return vectors, vectorizer.get_feature_names_out().astype(str)


def film_texts(item_table, *, title=True, year=True, genres=True):
    """One text a film of what its row says: "Toy Story (1995), 1990s. Adventure, Animation".

    item_table: with the columns title, year and genres (parted by |); an empty cell is left out.   title, year, genres:
    what to say; the decade goes with the year. The text is the same for every model that reads it.
    Returns a list of str. Raises ValueError for a column that is missing.
    Chapter: A language model reads the catalogue."""
    wanted = {"title": title, "year": year, "genres": genres}
    if missing := [name for name, said in wanted.items() if said and name not in item_table]:
        raise ValueError(f"expected the item table to have title, year and genres, received one without {missing}")
    texts = []
    for row in item_table.reindex(columns=list(wanted)).itertuples(index=False):
        name = str(row.title) if title and not pd.isna(row.title) else ""
        when = f"({int(row.year)}), {int(row.year) // 10 * 10}s" if year and not pd.isna(row.year) else ""
        kinds = row.genres.replace("|", ", ") if genres and not pd.isna(row.genres) else ""
        texts.append(". ".join(part for part in (f"{name} {when}".strip(), kinds) if part))
    return texts


def text_vectors(item_table, *, n=300, seed=0):
    """TF-IDF of what each item's row says (`film_texts`), brought to its n main directions by a truncated SVD.

    item_table: with any of the columns title, year and genres, or None.   n: directions, fewer where there are fewer
    items or words.   seed: of the SVD.   Returns float32 (n_items, n), or None where no row says anything.
    Chapter: One recommender from all of it."""
    columns = ("title", "year", "genres")
    if item_table is None or not (said := [name for name in columns if name in item_table]):
        return None
    texts = film_texts(item_table.reindex(columns=list(columns)), **{name: name in said for name in columns})
    if not any(map(str.strip, texts)):
        return None
    words, _ = tfidf(texts)
    n = min(n, *(side - 1 for side in words.shape))
    return TruncatedSVD(n, random_state=seed).fit_transform(words).astype(np.float32) if n > 0 else words


def film_titles(item_table):
    """How a person would write each film: `Postman, The (Postino, Il)` of 1994 is "The Postman (1994)".

    What stands in brackets is another name and is left out, an article goes to the front, the year follows where it is
    known; of two films with the same name and year the second is "… II".
    item_table: has `title`, may have `year`.   Returns a list of different str, a row each; a film without a title is
    "An untitled film".   Chapter: An LLM as recommender."""
    years = item_table["year"] if "year" in item_table else [None] * len(item_table)
    names = {}  # in order, each once
    for title, year in zip(item_table["title"], years):
        title = title if isinstance(title, str) else "An untitled film"
        title = re.sub(r" \([^()]*\)", "", title).strip() or title
        title = re.sub(r"^(.+), (The|A|An)$", r"\2 \1", title)
        after = "" if pd.isna(year) else f" ({int(year)})"
        n = 1
        while (name := title + (f" {'I' * n}" if n > 1 else "") + after) in names:
            n += 1
        names[name] = None
    return list(names)


def _words(text):
    """Words of a title, and genres in one piece: 'Heat Action|Sci-Fi' -> heat, action, sci-fi."""
    return [word for part in text.replace("|", " ").split() if (word := part.strip("()[],.:;!?\"'"))]
