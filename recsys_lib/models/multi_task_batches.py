"""What a network for several tasks is fed with: examples of each task at each step, and titles as vectors."""

import numpy as np
from scipy.sparse import csr_array, diags_array
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from recsys_lib.models.baselines import BiasModel
from recsys_lib.models.keras_base import keras, sparse_input
from recsys_lib.tasks import with_typo

BATCH = {"next likes": 168, "rating": 4096, "genres": 512, "search": 128}  # examples of each task in a step
N_TYPOS = 4  # wrong writings of each training query
N_TITLE, N_CANDIDATES = 256, 1024  # numbers of a title, films that a query is trained against


class Titles:
    """Texts as vectors: TF-IDF of runs of two and three letters, its main directions, each row of length 1."""

    def __init__(self, titles, n):
        self.words = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3), min_df=2, sublinear_tf=True)
        counts = self.words.fit_transform(titles)
        self.svd = TruncatedSVD(min(n, min(counts.shape) - 1), n_iter=2, random_state=0)
        self.vectors = self._short(self.svd.fit_transform(counts))

    def __call__(self, texts):
        return self._short(self.svd.transform(self.words.transform(texts)))

    @staticmethod
    def _short(vectors):
        return normalize(vectors).astype(np.float32)


class Steps(keras.utils.PyDataset):
    """Examples of each task at each step, and what does not change from step to step."""

    def __init__(self, tasks, part, names, rng):
        super().__init__()
        self.names, self.rng, self.genres, self.n = names, rng, tasks.genres, 1
        self.likes, self.pairs = tasks.next_likes.before(part), tasks.rating.before(part)
        self.was_liked = (self.pairs.rating >= tasks.liked_from).astype(np.int32)
        self.n_items = n_items = self.likes.shape[1]
        year = tasks.item_table["year"].astype("Float64").fillna(0).to_numpy(float) // 10
        self.decades = (year[:, None] == np.unique(year)).astype(np.float32)
        shown = tasks.genres.visible.astype(np.float32)
        self.columns = np.hstack([shown, self.decades])
        share = shown[tasks.genres.train].mean(axis=0) / 2 + 1e-6
        n_liked, n_fans = np.diff(self.likes.indptr), np.bincount(self.likes.indices, minlength=n_items)
        audience = csr_array(diags_array(1 / np.sqrt(np.maximum(n_fans, 1.0))) @ self.likes.T).astype(np.float32)
        bias = BiasModel().fit(tasks.before(part))
        reads_titles = {"genres", "search"} & set(names)
        self.reader = Titles(tasks.search.titles, N_TITLE) if reads_titles else None
        self.constants = {
            "likes": sparse_input(self.likes), "audience": sparse_input(audience), "columns": self.columns,
            "titles": self.reader.vectors if reads_titles else None, "popularity": n_fans.astype(np.float32),
            "root": np.sqrt(np.maximum(n_liked, 1.0)).astype(np.float32)[:, None],
            "mean": bias.mean_.astype(np.float32), "user bias": bias.user_bias_.astype(np.float32),
            "item bias": bias.item_bias_.astype(np.float32),
            "log odds": np.log(share / (1 - share)).astype(np.float32),
        }  # fmt: skip
        n_title = self.reader.vectors.shape[1] if reads_titles else 0
        self.sizes = (*self.likes.shape, self.columns.shape[1], shown.shape[1], n_title)
        entropy = -np.mean(share * np.log(share) + (1 - share) * np.log(1 - share))
        self.scales = {"next likes": np.log(n_items), "rating": self.pairs.rating.var(dtype=float), "genres": entropy,
                       "search": np.log(N_CANDIDATES)}  # fmt: skip
        if "search" in names:
            queries = tasks.search.before(part)
            texts = [with_typo(tasks.search.words[q], rng=rng) for _ in range(N_TYPOS) for q in queries]
            self.queries, self.answers = self.reader(texts), tasks.search.relevant[np.tile(queries, N_TYPOS)]

    def __len__(self):
        return self.n

    def __getitem__(self, _):
        made = {task: getattr(self, "_" + task.replace(" ", "_"))(BATCH[task]) for task in self.names}
        return {task: x for task, (x, _) in made.items()}, {task: y for task, (_, y) in made.items()}

    def _next_likes(self, n):
        users = np.flatnonzero(np.diff(self.likes.indptr))
        user = self.rng.choice(users, min(n, len(users)), replace=False).astype(np.int32)
        return user, self.likes[user].toarray()

    def _rating(self, n):
        rows = self.rng.integers(len(self.pairs.user), size=n)
        return (self.pairs.user[rows], self.pairs.item[rows], self.was_liked[rows]), self.pairs.rating[rows]

    def _genres(self, n):
        item = self.rng.choice(self.genres.train, min(n, len(self.genres.train)), replace=False)
        shown, hidden = self.genres.hide(item, rng=self.rng)
        x = item.astype(np.int32), np.hstack([shown, self.decades[item]]).astype(np.float32)
        return x, np.stack([hidden, ~shown], axis=-1).astype(np.float32)

    def _search(self, n):
        """The answers of the queries and films at random are the candidates of a step."""
        rows = self.rng.integers(len(self.queries), size=n)
        answers = self.answers[rows]
        right = np.unique(answers.indices)[: N_CANDIDATES // 2]
        others = self.rng.permutation(np.setdiff1d(np.arange(self.n_items), right))[: N_CANDIDATES - len(right)]
        candidates = np.concatenate([right, others]).astype(np.int32)
        return (self.queries[rows], candidates), answers[:, candidates].toarray()
