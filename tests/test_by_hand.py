"""A function written in a notebook (cell tagged `by-hand`) gives what the library's gives, on random input.

REGISTRY: "chapter.function" → (inputs(rng) -> arguments, the library's answer to the same arguments). Each function of
a `by-hand` cell needs an entry; the chapter is the notebook's file name."""

import ast
import functools

import numpy as np
import pytest
from scipy import special
from scipy.sparse import csr_array
from sklearn.preprocessing import normalize

from bookfiles import notebook_paths, stored_notebook
from recsys_lib import fusion, metrics, retrieval, similarity
from recsys_lib.data import IdMap, Interactions
from recsys_lib.data.slices import time_slices
from recsys_lib.data.two_catalogues import plain_title
from recsys_lib.evaluation import paired_bootstrap
from recsys_lib.models import EASE, ContentTFIDF, ItemKNN, TransitionCounts
from recsys_lib.models.text_ease import TextEASE
from recsys_lib.models.two_catalogues import TwoCatalogueEASE


def random_likes(rng):
    """12 users × 9 items of 0 and 1; every user likes one at least."""
    likes = (rng.random((12, 9)) < 0.4).astype(float)
    likes[np.arange(12), rng.integers(9, size=12)] = 1
    return likes


def random_ratings(rng):
    """12 users × 9 items of 1 to 5, NaN where nothing was rated; every user rated one at least."""
    return np.where(random_likes(rng) > 0, rng.integers(1, 6, size=(12, 9)), np.nan)


def content(likes, vectors):
    model = ContentTFIDF()
    model.implicit_, model.item_vectors_ = True, csr_array(vectors)  # rows of length 1, as `fit` makes them
    return model._score(None, csr_array(likes))


def co_likes(likes):
    user, item = np.nonzero(likes)
    data = Interactions(user, item, None, None, IdMap(range(likes.shape[0])), IdMap(range(likes.shape[1])))
    model = ItemKNN(similarity="dot", n_neighbors=None).fit(data)
    return model.score(np.arange(len(likes)))


def one_list(rng):
    """hits of one list of seven (0 or 1), and how many items are relevant: at least one, and at least the hits."""
    hits = (rng.random(7) < 0.4).astype(int)
    return hits, int(max(1, hits.sum() + rng.integers(4)))


def of_one_list(measure):
    """A ranking metric of the library, as a function of hits and the number of relevant items."""

    def library(hits, n_relevant):
        items = np.append(np.flatnonzero(hits), np.arange(len(hits), len(hits) + n_relevant - hits.sum()))
        relevant = csr_array((np.ones(len(items)), (np.zeros(len(items), int), items)), shape=(1, 20))
        return measure(np.arange(len(hits))[None], relevant)[0]

    return library


def random_histories(rng):
    """12 people × 9 items in an order of each person's own."""
    return [rng.permutation(9)[: rng.integers(2, 8)].tolist() for _ in range(12)], 9, float(rng.uniform(0.2, 1))


def transition_counts(histories, n_items, decay):
    user = np.repeat(np.arange(len(histories)), [len(films) for films in histories])
    ids = IdMap(range(len(histories))), IdMap(range(n_items))
    data = Interactions(user, np.concatenate(histories), None, np.arange(len(user)), *ids)
    return TransitionCounts(decay=decay, window=n_items).fit(data).matrix_.toarray()


REGISTRY = {
    "anatomy.content_scores": (lambda rng: (random_likes(rng), normalize(rng.random((9, 4)))), content),
    "anatomy.co_like_scores": (lambda rng: (random_likes(rng),), co_likes),
    "anatomy.top_k_by_hand": (
        lambda rng: (
            rng.integers(5, size=(12, 9)).astype(float),
            rng.random((12, 9)).argsort(axis=1) < rng.integers(9),  # as many seen of each user
            4,
        ),
        lambda scores, seen, k: [row[row >= 0] for row in retrieval.top_k(scores, k, exclude=csr_array(seen))],
    ),
    "evaluation.hit_rate_by_hand": (one_list, of_one_list(metrics.hit_rate)),
    "evaluation.precision_by_hand": (one_list, of_one_list(metrics.precision)),
    "evaluation.recall_by_hand": (one_list, of_one_list(metrics.recall)),
    "evaluation.reciprocal_rank_by_hand": (one_list, of_one_list(metrics.reciprocal_rank)),
    "evaluation.average_precision_by_hand": (one_list, of_one_list(metrics.average_precision)),
    "evaluation.ndcg_by_hand": (one_list, of_one_list(metrics.ndcg)),
    "evaluation.paired_bootstrap_by_hand": (
        lambda rng: (rng.random(30), rng.random(30), int(rng.integers(99))),
        lambda a, b, seed: paired_bootstrap(a, b, rng=seed)[:3],
    ),
    "similarity.dot_by_hand": (lambda rng: (random_likes(rng),), similarity.dot),
    "similarity.cosine_by_hand": (lambda rng: (random_likes(rng),), similarity.cosine),
    "similarity.jaccard_by_hand": (lambda rng: (random_likes(rng),), similarity.jaccard),
    "similarity.pearson_by_hand": (lambda rng: (random_ratings(rng),), similarity.pearson),
    "similarity.adjusted_cosine_by_hand": (lambda rng: (random_ratings(rng),), similarity.adjusted_cosine),
    "sequences.transition_counts": (random_histories, transition_counts),
    "similarity.shrink_by_hand": (
        lambda rng: (rng.random(20), rng.integers(1, 90, size=20), float(rng.integers(1, 200))),
        similarity.shrink,
    ),
}


# --- Losses: values against recsys_lib.losses, gradients against automatic differentiation of it


def _loss(name, layout=lambda *arguments: arguments):
    """(value, gradient) of the library's loss on one row, as functions of the by-hand function's arguments."""

    def run(arguments):
        tf = pytest.importorskip("tensorflow")
        from recsys_lib import losses

        y, s = layout(*arguments)
        s = tf.Variable(np.atleast_2d(s))
        with tf.GradientTape() as tape:
            value = getattr(losses, name)(np.atleast_2d(y), s)
        return value.numpy()[0], tape.gradient(value, s).numpy()[0]

    return (lambda *arguments: run(arguments)[0]), (lambda *arguments: run(arguments)[1])


def _scores(rng):
    return rng.normal(scale=3, size=rng.integers(2, 9))


def _row(target):
    def inputs(rng):
        s = _scores(rng)
        return target(rng, len(s)), s

    return inputs


_RATINGS = _row(lambda rng, n: rng.integers(1, 11, n) / 2)
_LIKES = _row(lambda rng, n: np.maximum(rng.random(n) < 0.5, np.arange(n) == 0).astype(float))
_ONE = _row(lambda rng, n: np.eye(n)[rng.integers(n)])
for _name, _inputs in {
    "mse": _RATINGS,
    "binary_cross_entropy": _LIKES,
    "categorical_cross_entropy": _ONE,
    "multinomial": _LIKES,
}.items():
    _value, _gradient = _loss(_name)
    REGISTRY |= {f"losses.{_name}": (_inputs, _value), f"losses.{_name}_gradient": (_inputs, _gradient)}
_value, _gradient = _loss("bpr", lambda gap: (0.0, [gap, 0.0]))
REGISTRY |= {
    "losses.bpr": (lambda rng: (rng.normal(scale=20),), _value),
    "losses.bpr_gradient": (lambda rng: (rng.normal(scale=20),), lambda gap: _gradient(gap)[0]),
    "losses.sigmoid": (lambda rng: (_scores(rng) * 100,), special.expit),
    "losses.log_softmax": (lambda rng: (_scores(rng) * 100,), special.log_softmax),
}


# --- The full build: the embedding model with given weights, and EASE fitted on the same likes


def _given(own, likes, films, bias):
    """MatrixFactorization with these weights, and the history of its users."""
    pytest.importorskip("tensorflow")
    from recsys_lib.models import MatrixFactorization

    class Given(MatrixFactorization):
        user_vectors_, item_vectors_, item_bias_, implicit_ = own, films, bias, True

    return Given(), np.arange(len(likes)), csr_array(likes)


def _embedding_user_vectors(own, likes, films):
    model, users, history = _given(own, likes, films, np.zeros(len(films)))
    return model._user_vectors_of(users, history)


def _embedding_scores(own, likes, films, bias):
    model, users, history = _given(own, likes, films, bias)
    return model._score(users, history)


def _ease(likes, regularization):
    user, item = np.nonzero(likes)
    data = Interactions(user, item, None, None, IdMap(range(likes.shape[0])), IdMap(range(likes.shape[1])))
    return EASE(regularization=regularization).fit(data).score(np.arange(len(likes)))


def _weights(rng, *, bias):
    weights = rng.normal(size=(12, 4)), random_likes(rng), rng.normal(size=(9, 4))
    return (*weights, rng.normal(size=9)) if bias else weights


def _stranger_scores(likes, films, bias):
    model, _, history = _given(None, likes, films, bias)
    return model._score(None, history)


REGISTRY |= {"strangers.stranger_scores": (lambda rng: _weights(rng, bias=True)[1:], _stranger_scores)}
REGISTRY |= {
    "full_build.user_vectors": (lambda rng: _weights(rng, bias=False), _embedding_user_vectors),
    "full_build.embedding_scores": (lambda rng: _weights(rng, bias=True), _embedding_scores),
    "full_build.ease": (lambda rng: (random_likes(rng)[: rng.integers(5, 13)], float(rng.uniform(1, 50))), _ease),
}


# --- A language model reads the catalogue: MiniLM's own weights, random tokens; the regression on random vectors


@functools.cache
def _minilm_weights():
    pytest.importorskip("tensorflow")
    from recsys_lib.models.text import TextEncoder

    return TextEncoder().weights


def _of_text(name):
    """A function of recsys_lib.models.text, imported when it is called."""

    def library(*arguments):
        from recsys_lib.models import text

        return getattr(text, name)(*arguments)

    return library


def _hidden(rng, name):
    return rng.normal(size=(3, 5, 384)).astype("float32"), _minilm_weights(), name


def _text_mask(rng):
    return (np.arange(5) < rng.integers(1, 6, size=(3, 1))).astype("float32")


def _attention_inputs(rng):
    x, w, name = _hidden(rng, "encoder.layer.2.attention")
    return x, _text_mask(rng), w, name


def _ridge_inputs(rng):
    warm = np.append(rng.permutation(8) < 6, True)  # a person's likes are among the warm
    return rng.normal(size=(9, 4)) + 1, random_likes(rng) * warm, warm, float(rng.uniform(0.1, 10))


def _item_ridge(vectors, likes, warm, regularization):
    from recsys_lib.models import ItemRidge

    user, item = np.nonzero(np.vstack([likes, warm]))  # the last person likes all that is warm
    data = Interactions(user, item, None, None, IdMap(range(len(likes) + 1)), IdMap(range(len(warm))))
    return ItemRidge(vectors, regularization=regularization).fit(data).score(history=csr_array(likes))


REGISTRY |= {
    "text_encoder.dense": (lambda rng: _hidden(rng, "encoder.layer.0.attention.self.key"), _of_text("dense")),
    "text_encoder.layer_norm": (lambda rng: _hidden(rng, "encoder.layer.1.output.LayerNorm"), _of_text("layer_norm")),
    "text_encoder.attention": (_attention_inputs, _of_text("attention")),
    "text_encoder.minilm": (
        lambda rng: (rng.integers(30_000, size=(3, 5)), _text_mask(rng), _minilm_weights()),
        _of_text("minilm"),
    ),
    "text_encoder.ridge_scores": (_ridge_inputs, _item_ridge),
}


def _likes_in_time(rng):
    """items, seconds, n_items, a moment and a window in seconds, with likes in the moment and at the window's edge."""
    seconds = rng.integers(50, size=80)
    return rng.integers(9, size=80), seconds, 9, int(rng.integers(20, 50)), int(rng.integers(1, 20))


def _recent(items, seconds, n_items, at, window):
    from recsys_lib.models import RecentPopularity

    data = Interactions(range(len(items)), items, None, seconds, IdMap(range(len(items))), IdMap(range(n_items)))
    return RecentPopularity().fit(data).recent([at], window)[0]


REGISTRY |= {"date.recent_counts": (_likes_in_time, _recent)}


# --- Attention: one head, and a whole network of two layers


def _attend(query, key, allowed):
    pytest.importorskip("tensorflow")
    from recsys_lib.models.attention_network import attend

    return np.asarray(attend(query, key, key, allowed)[1])


def _history(rng):
    allowed = np.tri(rng.integers(2, 9), dtype=bool)
    query, key = rng.normal(scale=3, size=(2, len(allowed), 4))
    return query, key, allowed


@functools.cache
def _sequence_model():
    pytest.importorskip("tensorflow")
    from recsys_lib.models import SASRec

    user, step = np.divmod(np.arange(40 * 9), 9)
    data = Interactions(user, (user + step) % 12, None, step, IdMap(range(40)), IdMap(range(12)))
    return SASRec(n_factors=8, length=9, epochs=2, learning_rate=0.02).fit(data)


def _sequence_inputs(rng):
    return _sequence_model().weights(), rng.permutation(12)[: rng.integers(1, 10)]


def _sequence_scores(_, items):
    user = np.zeros(len(items), int)
    history = Interactions(user, items, None, None, IdMap(range(1)), IdMap(range(12)))
    return _sequence_model().score(history=history)[0]


def _layer_norm(x, gamma, beta):
    keras = pytest.importorskip("keras")
    return np.asarray(keras.ops.layer_normalization(x, gamma, beta, epsilon=1e-6))


REGISTRY |= {
    "attention.attention_weights": (_history, _attend),
    "attention.norm": (lambda rng: (rng.normal(size=(3, 8)), rng.normal(size=8), rng.normal(size=8)), _layer_norm),
    "attention.sasrec_scores": (_sequence_inputs, _sequence_scores),
}


# --- Inside a language model: SmolLM2's own weights, random vectors and tokens; each head and text alone, no cache

TOLERANCE = {"language_model.language_model": 1e-3}  # float32 through 30 layers, in another order of sums


@functools.cache
def _smollm2():
    pytest.importorskip("tensorflow")
    from recsys_lib.models.language_model import LanguageModel

    return LanguageModel()


def _of_language_model(name, *, batch=True):
    """A function of recsys_lib.models.language_model, for one text: with a first axis of length 1, then without it."""

    def library(x, *arguments):
        from recsys_lib.models import language_model

        function = getattr(language_model, name)
        return np.asarray(function(x[None], *arguments))[0] if batch else function(x, *arguments)

    return library


def _vectors(rng):
    return rng.normal(size=(rng.integers(2, 7), 576)).astype("float32")


def _rotate(x):
    return _of_language_model("rotate")(x, np.arange(x.shape[1]))


def _turn(a, b):
    turned = _rotate(np.stack([a, b], axis=-1).reshape(*a.shape[:2], -1))
    return turned[..., 0::2], turned[..., 1::2]


def _of_layer(rng):
    return _vectors(rng) * np.float32(0.1), _smollm2().weights, f"blk.{rng.integers(30)}"


def _attention_weights(x, w, name, rotate):
    """Each head alone: its own columns, its own softmax over the tokens so far."""
    q, k = (x @ np.asarray(w[f"{name}.attn_{part}.weight"]) for part in "qk")
    out = np.zeros((9, len(x), len(x)))
    for head in range(9):
        query, key = (m[None, :, 64 * h : 64 * h + 64] for m, h in ((q, head), (k, head // 3)))
        query, key = (np.asarray(rotate(m))[0] for m in (query, key))
        for t in range(len(x)):
            out[head, t, : t + 1] = special.softmax(query[t] @ key[: t + 1].T / 8)
    return out


def _language_model_attention(x, w, name, _):
    from recsys_lib.models.language_model import attention, empty_cache

    return attention(x[None], 0, *empty_cache(1, len(x))[0], w, name)[0][0]


def _silu(z):
    return z * special.expit(z)


def _merge(parts, rank):
    from recsys_lib.models.bpe import merge

    return merge(parts, rank)


def _word(rng):
    return list("".join(rng.choice(list("aeinorst"), size=rng.integers(1, 15)))), _smollm2().tokenizer.rank


REGISTRY |= {
    "language_model.merge": (_word, _merge),
    "language_model.rms_norm": (lambda rng: (_vectors(rng), rng.normal(size=576)), _of_language_model("rms_norm")),
    "language_model.turn": (lambda rng: rng.normal(size=(2, 3, rng.integers(1, 7), 32)).astype("float32"), _turn),
    "language_model.rotate": (lambda rng: (rng.normal(size=(3, 5, 64)).astype("float32"),), _rotate),
    "language_model.heads": (lambda rng: (_vectors(rng), 9), _of_language_model("heads")),
    "language_model.attention_weights": (lambda rng: (*_of_layer(rng), _rotate), _attention_weights),
    "language_model.attention": (lambda rng: (*_of_layer(rng), _rotate), _language_model_attention),
    "language_model.silu": (lambda rng: (rng.normal(scale=4, size=20),), _silu),
    "language_model.swiglu": (_of_layer, _of_language_model("swiglu")),
    "language_model.language_model": (
        lambda rng: (rng.integers(49_152, size=rng.integers(2, 7)), _smollm2().weights),
        lambda tokens, _: _smollm2().logits(tokens),
    ),
}


# --- Grounding: random titles over a few tokens, and a model that scores them at random


def _titles(rng):
    return sorted({tuple(rng.integers(1, 6, size=rng.integers(1, 5)).tolist()) for _ in range(8)})


def _grown(titles, end):
    from recsys_lib.grounding import PrefixTree

    return PrefixTree(titles, end).root


def _tree_and_model(rng):
    """A tree whose tokens are texts, its end, and log p of the tokens after what is written."""
    titles, seed = [tuple(map(str, title)) for title in _titles(rng)], int(rng.integers(1000))
    tree = {}
    for place, title in enumerate(titles):
        node = tree
        for token in title:
            node = node.setdefault(token, {})
        node["0"] = place

    def log_p(begun):
        return dict(zip("012345", np.random.default_rng([seed, *map(int, begun)]).normal(size=6)))

    return tree, "0", log_p


def _held_title(tree, end, log_p):
    from recsys_lib.grounding import HeldToTree, PrefixTree

    def titles(node, begun=()):
        for token, child in node.items():
            yield from [begun] if token == end else titles(child, (*begun, int(token)))

    held, written = HeldToTree([PrefixTree(list(titles(tree)), int(end))], 1, 6), []
    while not held.named[0]:
        logits = np.array([[*log_p(tuple(written)).values(), -99.0]])
        written.append(str(held(logits, None)[0]))
    return written


REGISTRY |= {
    "llm_grounding.grow": (lambda rng: (_titles(rng), 0), _grown),
    "llm_grounding.held_title": (_tree_and_model, _held_title),
}


# --- An LLM as recommender


class _ByTable:
    """Scores a title by the probabilities of its tokens: other ones where the question holds likes."""

    def __init__(self, p_with, p_without):
        self.p = {"with likes": p_with, "without": p_without}

    def score(self, prompt, texts):
        return np.array([np.log(self.p[prompt]).sum() for _ in texts])


def _calibrated(p_with, p_without):
    from recsys_lib.llm_ranking import Prompt, pointwise

    client, prompt = _ByTable(p_with, p_without), Prompt("with {likes}", "without")
    return (pointwise(client, prompt, ["likes"], ["title"]) - pointwise(client, prompt, [], ["title"]))[0]


def _wins(d):
    from recsys_lib.llm_ranking import wins

    return wins(d)


def _pairs(rng):
    """Whole numbers, so that some pairs are ties."""
    d = rng.integers(-2, 3, size=(7, 7)).astype(float)
    np.fill_diagonal(d, 0)
    return (d,)


REGISTRY |= {
    "llm_recommender.calibrated": (lambda rng: tuple(rng.random((2, rng.integers(1, 9)))), _calibrated),
    "llm_recommender.wins_by_hand": (_pairs, _wins),
}


def _one_row(rule):
    """A rule of score fusion, as a function of one person's scores."""
    return lambda s: rule(s[None])[0]


def _points(rule):
    """A rule of rank fusion, as a function of one person's scores, all of which are listed."""
    return lambda s, *how: rule(retrieval.top_k(s[None], len(s)), len(s), **dict(zip(("k",), how)))[0]


def _some_scores(rng):
    return rng.normal(size=rng.integers(2, 30))


REGISTRY |= {
    "fusion.min_max_by_hand": (lambda rng: (_some_scores(rng),), _one_row(fusion.min_max)),
    "fusion.z_score_by_hand": (lambda rng: (_some_scores(rng),), _one_row(fusion.z_score)),
    "fusion.reciprocal_rank_by_hand": (
        lambda rng: (_some_scores(rng), int(rng.integers(100))),
        _points(fusion.reciprocal_rank),
    ),
    "fusion.borda_by_hand": (lambda rng: (_some_scores(rng),), _points(fusion.borda)),
    "fusion.comb_mnz_by_hand": (
        lambda rng: (rng.integers(3, size=(3, 8)) / 2,),
        lambda parts: fusion.comb_mnz([part[None] for part in parts])[0],
    ),
}


@functools.cache
def by_hand_code(path):
    """(source, function names): imports and functions of the `by-hand` cells, in reading order."""
    keep, names = [], []
    for cell in stored_notebook(path).cells:
        if cell.cell_type == "code" and "by-hand" in cell.metadata.get("tags", []):
            for node in ast.parse(cell.source).body:
                if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef)):
                    keep.append(ast.unparse(node))
                if isinstance(node, ast.FunctionDef):
                    names.append(node.name)
    return "\n".join(keep), names


PATHS = notebook_paths()
WRITTEN = [(path, f"{path.stem}.{name}") for path in PATHS for name in by_hand_code(path)[1]]


# --- Learning to fuse


def _one_person(rng):
    """Seconds of one person, some of them equal, a number of slices and their width."""
    return rng.integers(0, 30, size=rng.integers(2, 25)), int(rng.integers(1, 5)), float(rng.choice([0, 0.125, 0.2]))


def _slices_of_one(seconds, n, width):
    """1 = history, 2 = target, 0 = later, a row a slice: the first of two people, as the second always has a slice."""
    count = np.array([len(seconds), 40])
    user, item = np.repeat([0, 1], count), np.arange(count.sum())
    ids = IdMap(range(2)), IdMap(range(len(item)))
    data = Interactions(user, item, None, np.append(seconds, np.arange(40)), *ids)
    part = np.zeros((n, len(item)), int)
    for row, one in zip(part, time_slices(data, n=n, width=width)):
        row[one.history.item], row[one.target.item] = 1, 2
    return part[:, : len(seconds)]


def _likes_and_texts(rng):
    """Likes, text vectors, μ and λ."""
    return random_likes(rng), rng.normal(size=(9, 3)), float(rng.uniform(0, 20)), float(rng.uniform(1, 50))


def _ease_with_texts(likes, texts, mu, lam):
    user, item = np.nonzero(likes)
    data = Interactions(user, item, None, None, IdMap(range(likes.shape[0])), IdMap(range(likes.shape[1])))
    return TextEASE(texts, text_weight=mu, regularization=lam).fit(data).score(np.arange(len(likes)))


REGISTRY |= {
    "learned_fusion.slices_by_hand": (_one_person, _slices_of_one),
    "learned_fusion.ease_with_texts": (_likes_and_texts, _ease_with_texts),
}


# --- Two catalogues, one model: plain titles, and EASE of two tables

TITLES = (
    "Léon", "L'enfer", "Enfer, L'", "Truth About Cats & Dogs, The", "Bug's Life, A", "8 ½", "The", "Kaijû sôshingeki",
    "Das weisse Band", "(500) Days of Summer", "Oslo, August 31st", "Goodbye, Mr. Chips", "M*A*S*H", "Face/Off",
)  # fmt: skip


def _two_tables(rng):
    """Our likes, theirs, w and λ."""
    return random_likes(rng), random_likes(rng), float(rng.uniform(0, 1)), float(rng.uniform(1, 50))


def _ease_of_both(ours, theirs, weight, lam):
    user, item = np.nonzero(ours)
    data = Interactions(user, item, None, None, IdMap(range(ours.shape[0])), IdMap(range(ours.shape[1])))
    model = TwoCatalogueEASE(csr_array(theirs), weight=weight, regularization=lam).fit(data)
    return model.score(np.arange(len(ours)))


REGISTRY |= {
    "domains.plain": (lambda rng: (str(rng.choice(TITLES)),), lambda title: plain_title(title).split()),
    "domains.ease_of_both": (_two_tables, _ease_of_both),
}


# --- Semantic ids: random means and vectors; a beam over random tables, held by random words


def _means_and_vectors(rng):
    return rng.normal(size=(20, 3)), rng.normal(size=(rng.integers(1, 4), 5, 3))


def _residual_codes(vectors, codebooks):
    from recsys_lib.models.semantic_ids import ResidualQuantizer

    quantizer = ResidualQuantizer(n_levels=len(codebooks), n_codes=5)
    quantizer.codebooks_ = codebooks
    return quantizer.encode(vectors)


class _Tables:
    """A speaker for `beam_search` whose state is the code after which one stands."""

    n_levels, n_codes = 2, 4

    def __init__(self, tables):
        self.tables = tables

    def log_p(self, state, level):
        starts = [() if level == 0 else (int(code),) for (code,) in state]
        return np.log([self.tables[level][start] for start in starts])

    def say(self, state, level, codes):
        return codes[:, None].astype(float)


def _tables_and_words(rng):
    first, second = rng.dirichlet(np.ones(4)), rng.dirichlet(np.ones(4), size=4)
    words = [divmod(int(n), 4) for n in rng.choice(16, 9, replace=False)]
    return [{(): first}, {(code,): p for code, p in enumerate(second)}], words, int(rng.integers(1, 9))


def _beam(tables, words, width):
    from recsys_lib.models.beam import beam_search
    from recsys_lib.models.semantic_ids import PrefixTree

    codes, log_p = beam_search(np.zeros((1, 1)), _Tables(tables), width=width, tree=PrefixTree(np.array(words)))[-1]
    return [(*word, np.exp(p)) for word, p in zip(codes[0].tolist(), log_p[0].tolist()) if np.isfinite(p)]


REGISTRY |= {
    "semantic_ids.residual_codes": (_means_and_vectors, _residual_codes),
    "semantic_ids.beam_by_hand": (_tables_and_words, _beam),
}


# --- Many tasks, one body: the angle of two gradients, learnt weights of losses, a mix of experts


def _gradient_cosine(a, b):
    from recsys_lib.models.multi_task import gradient_cosine

    return gradient_cosine(a, b)


def _uncertainty_weighted(losses, s):
    from recsys_lib.models.multi_task import uncertainty_weighted

    return float(uncertainty_weighted(losses, s))


def _mixture_of_experts(z, experts, gate):
    from recsys_lib.models.multi_task import mixture

    return np.asarray(mixture(np.maximum(z @ experts, 0)[None], (z @ gate)[None]))[0]


REGISTRY |= {
    "multi_task.cosine_of_gradients": (lambda rng: rng.normal(size=(2, 7)), _gradient_cosine),
    "multi_task.weighted_by_uncertainty": (
        lambda rng: (rng.random(4) + 0.1, rng.normal(size=4)), _uncertainty_weighted
    ),
    "multi_task.what_a_task_reads": (
        lambda rng: (rng.normal(size=5), rng.normal(size=(4, 5, 3)), rng.normal(size=(5, 4))), _mixture_of_experts
    ),
}  # fmt: skip


# --- What makes a model large: the counts of a SASRec


def _sasrec_parts(n_films, d, n_layers, room, watched):
    from recsys_lib.counting import sequence_network

    shape = {"n_items": n_films, "n_factors": d, "n_layers": n_layers}
    found = {"layers": [0, 0]}
    for part in sequence_network(**shape, places=watched, length=room):
        name = "films" if part.name == "items" else "layers" if part.name.startswith("layer") else part.name
        found[name] = [a + b for a, b in zip(found.get(name, [0, 0]), (part.numbers, part.flops))]
    return found


def _some_network(rng):
    watched = int(rng.integers(1, 9))
    return int(rng.integers(1, 200)), int(rng.integers(1, 20)), int(rng.integers(1, 4)), watched + 3, watched


REGISTRY |= {"scale.sasrec_by_hand": (_some_network, _sasrec_parts)}


# --- One transformer for all: what the first place holds


def _first_place(token, places):
    from recsys_lib.models.one_transformer_network import first_place

    return np.asarray(first_place(token, places[None], np.ones((1, len(places)), bool)))[0]


REGISTRY |= {"one_model.first_place": (lambda rng: (rng.normal(size=5), rng.normal(size=(7, 5))), _first_place)}


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_each_function_is_registered_and_each_entry_is_written(path):
    written = {name for of, name in WRITTEN if of == path}
    missing, unknown = written - set(REGISTRY), {n for n in REGISTRY if n.split(".")[0] == path.stem} - written
    assert not missing, f"tests/test_by_hand.py compares {', '.join(sorted(missing))} with nothing of the library"
    assert not unknown, f"{path.stem} writes no {', '.join(sorted(unknown))} by hand, which tests/test_by_hand.py names"


def test_each_entry_is_of_a_chapter():
    assert {name.split(".")[0] for name in REGISTRY} <= {path.stem for path in PATHS}


@pytest.mark.parametrize(("path", "name"), [pytest.param(*pair, id=pair[1]) for pair in WRITTEN if pair[1] in REGISTRY])
def test_by_hand_equals_the_library(path, name):
    namespace = {"np": np}
    exec(by_hand_code(path)[0], namespace)
    function = namespace[name.split(".")[1]]
    inputs, library = REGISTRY[name]
    for seed in range(20):
        arguments = inputs(np.random.default_rng(seed))
        answer, expected, atol = function(*arguments), library(*arguments), TOLERANCE.get(name, 1e-6)
        if isinstance(expected, dict) or isinstance(expected, list) and isinstance(expected[0], str):
            assert answer == expected, name
        else:
            np.testing.assert_allclose(answer, expected, rtol=1e-5, atol=atol, err_msg=name)
