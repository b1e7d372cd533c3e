"""How fast the library is on this machine, beside a rival where there is one. Prints a Markdown table.

make bench                          # some minutes; let nothing else run
python tools/bench.py --quick       # leaves out the direct inverse, which alone takes most of it
python tools/bench.py --memory      # instead, the peak memory of each model at 50,000 × 10,000: half an hour
python tools/bench.py --memory MatrixFactorization EASE     # of those whose rows begin so
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from scipy.sparse import csr_matrix, random_array

from recsys_lib import models
from recsys_lib.data import IdMap, Interactions, load_movielens, read_movielens, split_by_user_time, split_random
from recsys_lib.evaluation import evaluate
from recsys_lib.models import ALS, EASE, MatrixFactorization
from recsys_lib.models.base import BaseRecommender
from recsys_lib.retrieval import top_k

TEN = tuple(f"{name}@{k}" for name in ("ndcg", "recall", "precision", "hit_rate", "mrr") for k in (10, 20))


LOSSES = {  # rows a step: the default, or more where the default would only take longer
    "multinomial": None,
    "categorical_cross_entropy": None,
    "sampled_softmax": 65_536,
    "bpr": 65_536,
    "binary_cross_entropy": 65_536,
    "mse": 65_536,
}


def seconds(function, repeat=3):
    """The shortest of a few runs: what the code needs when nothing disturbs it."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def seconds_in_turn(functions, repeat):
    """{name: the median of a few runs}, in turn, so that what disturbs this machine meanwhile meets all of them."""
    for function in functions.values():  # what is done once: graphs, pages of memory
        function()
        function()
    rounds = [{name: seconds(function, 1) for name, function in functions.items()} for _ in range(repeat)]
    return {name: statistics.median(times[name] for times in rounds) for name in functions}


def row(what, ours, target, rival="", theirs=None):
    """One line of the table; the target is a ratio to the rival, or seconds where there is none."""
    ratio = "" if theirs is None else f"{theirs / ours:.1f} ×" if theirs > ours else f"{theirs / ours:.2f} ×"
    return [what, show(ours), rival, "" if theirs is None else show(theirs), ratio, target]


def show(value):
    return f"{value:.0f} s" if value >= 10 else f"{value:.2f} s" if value >= 0.1 else f"{1000 * value:.1f} ms"


def bench_ease(train, quick):
    x = train.likes().toarray().astype(np.float64)
    ours = seconds(lambda: EASE().fit(train))
    if quick:
        return [row("EASE.fit, 671 × 9,066", ours, "≥ 50 ×")]

    def direct():
        p = np.linalg.inv(x.T @ x + 100.0 * np.eye(x.shape[1]))
        p /= -np.diag(p)
        np.fill_diagonal(p, 0)
        direct.scores = x @ p

    theirs = seconds(direct, repeat=1)
    gap = np.abs(EASE().fit(train).score(np.arange(len(x))) - direct.scores).max()
    return [row("EASE.fit, 671 × 9,066", ours, "≥ 50 ×", f"direct inverse (scores differ by {gap:.0e})", theirs)]


class ImplicitALS(BaseRecommender):
    """implicit's ALS behind our contract; it weighs a like by alpha, which is 1 + α here."""

    _arrays = ()

    def __init__(self, *, als, seed=0):
        self.als, self.seed, self.liked_from = als, seed, 4.0

    def _fit(self, train):
        from implicit.cpu.als import AlternatingLeastSquares
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1, "blas"):  # implicit has threads of its own and warns of BLAS' beside them
            self.model = AlternatingLeastSquares(
                factors=self.als.n_factors,
                regularization=self.als.regularization,
                alpha=1 + self.als.alpha,
                iterations=self.als.n_iterations,
                random_state=self.seed,
            )
            self.model.fit(csr_matrix(train.likes()), show_progress=False)

    def _score(self, users, history):
        return self.model.user_factors[users] @ self.model.item_factors.T


def bench_als(split):
    train = split.before("test")
    ours, theirs = ALS(), ImplicitALS(als=ALS())
    times = [seconds(lambda model=model: model.fit(train)) for model in (ours, theirs)]
    ndcg = [evaluate(model, split, metrics="ndcg@10")["value"].mean() for model in (ours, theirs)]
    what = f"ALS.fit, 32 factors, 15 iterations (NDCG@10 {ndcg[0]:.4f})"
    return [row(what, times[0], "shown", f"implicit (NDCG@10 {ndcg[1]:.4f})", times[1])]


def bench_factorization(train):
    import keras
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # it warns of tracing anew, which each new model does once, before it is timed

    def fit(epochs, data=train):
        return MatrixFactorization(
            loss="mse", use_history=False, n_factors=64, dropout=0.0, epochs=epochs, batch_size=1024
        ).fit(data)

    def epoch(run, short=1, long=6):
        return (seconds(lambda: run(long), 2) - seconds(lambda: run(short), 2)) / (long - short)

    def plain(batch_size):
        user, item = keras.Input((), dtype="int32"), keras.Input((), dtype="int32")
        vectors = [keras.layers.Embedding(n, 64)(ids) for n, ids in ((train.n_users, user), (train.n_items, item))]
        biases = [keras.layers.Embedding(n, 1)(ids) for n, ids in ((train.n_users, user), (train.n_items, item))]
        model = keras.Model([user, item], keras.layers.Add()([keras.layers.Dot(axes=1)(vectors), *biases]))
        model.compile(optimizer="adamw", loss="mse")
        arrays = [train.user, train.item], train.rating
        return lambda epochs: model.fit(*arrays, batch_size=batch_size, epochs=epochs, verbose=0)

    def article(cells):
        """The model and the fit of the article that the book grew from: each cell of the matrix, unrated ones as 0.

        As printed there, `fit` is given one array for two inputs, which Keras refuses; this is what it means."""
        inputs = [keras.Input((1,), dtype="int32") for _ in range(2)]
        sizes = train.n_users, train.n_items
        vectors = [keras.layers.Flatten()(keras.layers.Embedding(n, 64)(ids)) for n, ids in zip(sizes, inputs)]
        output = keras.layers.Dense(1, activation="sigmoid")(keras.layers.Dot(axes=1)(vectors))
        model = keras.Model(inputs, output)
        model.compile(optimizer=keras.optimizers.Adam(0.001), loss="binary_crossentropy", metrics=["accuracy"])
        user, item = np.divmod(np.random.default_rng(0).choice(np.prod(sizes), cells, replace=False), sizes[1])
        arrays = [user[:, None], item[:, None]], np.asarray(train.matrix()[user, item]).reshape(-1, 1)
        return lambda epochs: model.fit(*arrays, batch_size=32, epochs=epochs, verbose=0)

    cells = 32 * 2000  # of 6 million, which would take minutes
    whole = train.n_users * train.n_items / cells
    theirs = f"the article's own loop, batch 32, on each cell of the matrix ({cells:,} timed, scaled up × {whole:.0f})"

    ours = epoch(fit)
    what = f"MatrixFactorization, an epoch on {len(train):,} ratings, batch 1,024"
    return [
        row(what, ours, "≤ 0.4 s", "plain Keras, batch 1,024", epoch(plain(1024))),
        row("the same", ours, "", "plain Keras, Keras' own batch of 32", epoch(plain(32), 1, 2)),
        row("the same", ours, "", theirs, whole * epoch(article(cells), 1, 2)),
    ]


def bench_top_k(n_users=6040, n_items=3706, k=10):
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 5000, size=(n_users, n_items)).astype(np.float32)  # with ties
    exclude = random_array((n_users, n_items), density=0.03, format="csr", rng=rng)

    def argsort():
        masked = scores.copy()
        masked[exclude.nonzero()] = -np.inf
        argsort.lists = np.argsort(-masked, axis=1, kind="stable")[:, :k]

    ours, theirs = seconds(lambda: top_k(scores, k, exclude=exclude)), seconds(argsort, repeat=1)
    if not (top_k(scores, k, exclude=exclude) == argsort.lists).all():
        raise AssertionError("top_k and the full stable argsort differ")
    return [row(f"top_k, {n_users:,} × {n_items:,}, k = {k}, ties, exclusion", ours, "≥ 8 ×", "stable argsort", theirs)]


class Given(BaseRecommender):
    """Scores made beforehand: what is left to time is the evaluation."""

    _learns_likes = needs_likes = False

    def _fit(self, train):
        shape = (len(self.users_), len(self.items_))
        self.scores = np.random.default_rng(1).random(shape, dtype=np.float32)

    def _score(self, users, history):
        return self.scores[users]


def bench_evaluate(n_users=6040, n_items=3706, n=1_000_000):
    rng = np.random.default_rng(0)
    pairs = np.unique(rng.integers(n_users * n_items, size=n))
    user, item = np.divmod(pairs, n_items)
    rating = rng.integers(1, 6, size=len(pairs))
    data = Interactions(user, item, rating, None, IdMap(range(n_users)), IdMap(range(n_items)))
    split, model = split_random(data, rng=0), Given()
    train = split.before("test")
    ours = seconds(lambda: evaluate(model, split, metrics=TEN)) - seconds(lambda: model.fit(train))
    return [row(f"evaluate, ten metrics, {n_users:,} × {n_items:,}, after scores", ours, "< 1 s")]


def bench_reader(data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ratings.csv"
        names = {"user_id": "userId", "item_id": "movieId"}
        data.table().rename(columns=names).to_csv(path, index=False)
        return [row(f"read_movielens, {len(data):,} rows", seconds(lambda: read_movielens(path)), "< 0.3 s")]


TURNED = "NumPy, turned"


def matrices(model):
    """The matrices (in, out) by which a token of SmolLM2 is multiplied: seven a layer, and the one of the logits."""
    inner = [w for name, w in model.weights.items() if len(w.shape) == 2 and name != "token_embd.weight"]
    return [*inner, model.to_logits]


def bare_products(model, n_tokens):
    """{how: function}: so many tokens times each matrix, nothing else; the last token alone times that of the logits.

    NumPy; TensorFlow as a graph, and compiled by XLA; apart, NumPy with the matrices turned, stored as (out, in)."""
    import tensorflow as tf

    def rows(n_in):
        return np.random.default_rng(0).standard_normal((n_tokens, n_in), dtype=np.float32)

    x = {n_in: rows(n_in) for n_in in {w.shape[0] for w in matrices(model)}}
    pairs = [(x[w.shape[0]][: 1 if w is model.to_logits else n_tokens], w) for w in matrices(model)]
    across = [(x, w.numpy()) for x, w in pairs]
    along = [(x, np.ascontiguousarray(w.T)) for x, w in across]
    tensors = [(tf.constant(x), w) for x, w in pairs]

    def graph():  # one number of each product is asked for, so that none is left out
        return tf.add_n([tf.matmul(x, w)[0, 0] for x, w in tensors])

    plain, compiled = tf.function(graph), tf.function(graph, jit_compile=True)
    return {
        "NumPy": lambda: [x @ w for x, w in across],
        "TensorFlow": lambda: plain().numpy(),
        "TensorFlow, XLA": lambda: compiled().numpy(),
        TURNED: lambda: [x @ w.T for x, w in along],
    }


def bench_language_model(n_tokens=256, length=512):
    """SmolLM2 reads a prompt into a cache of fixed length, and writes one token after it, both compiled by XLA.

    Beside it as the graph for any length, which `LanguageModel.read` is, and operation by operation."""
    import tensorflow as tf
    from keras import ops

    from recsys_lib.models.language_model import LanguageModel, empty_cache, forward

    start = time.perf_counter()
    model = LanguageModel(compiled=True)
    load = time.perf_counter() - start
    prompt = np.random.default_rng(0).integers(1000, 40_000, size=(1, n_tokens)).astype(np.int32)
    token, place, empty = prompt[:, :1], ops.convert_to_tensor(n_tokens), empty_cache(1, length)
    _, cache = model.read(prompt, 0, empty)
    compilation = seconds(lambda: model.step(token, place, cache), 1)
    compiled = tf.function(lambda tokens, cache: forward(tokens, 0, cache, model.weights)[0], jit_compile=True)

    def greedy(logits):
        return ops.convert_to_numpy(logits).argmax(axis=1)

    def greedy_after(vectors):
        return greedy(ops.matmul(vectors[:, -1], model.to_logits))

    reading = {
        "compiled": lambda: greedy_after(compiled(prompt, empty)),
        "graph": lambda: greedy_after(model.read(prompt, 0, empty)[0]),
    }
    writing = {
        "compiled": lambda: greedy(model.step(token, place, cache)[0]),
        "graph": lambda: greedy_after(model.read(token, place, cache)[0]),
    }
    rows = []
    for what, n, ours, repeat in (
        (f"SmolLM2 reads {n_tokens} tokens, cache of {length}", n_tokens, reading, 9),
        (f"SmolLM2 writes a token, cache of {length}", 1, writing, 31),
    ):
        bare = bare_products(model, n)
        times = seconds_in_turn(ours | bare, repeat)
        best = min(bare.keys() - {TURNED}, key=times.get)
        beside = [("compiled", best, "≥ .5 ×"), ("graph", best, "shown")]
        if n == 1:  # one row is multiplied faster by turned matrices, in NumPy alone
            beside.append(("compiled", TURNED, "shown"))
        for how, rival, target in beside:
            name = f"{what}, {how} ({n / times[how]:,.0f} tokens/s)"
            rows.append(row(name, times[how], target, f"its matrix products alone: {rival}", times[rival]))
    eager = seconds(lambda: greedy_after(forward(token, place, cache, model.weights)[0]))
    return [
        *rows,
        row(f"the same, operation by operation ({1 / eager:.0f} tokens/s)", eager, "shown"),
        row("SmolLM2 from its file", load, "shown"),
        row(f"compiling the step, once for a cache of {length}", compilation, "shown"),
    ]


MEMORY = {  # one epoch and few factors where they would only take longer: a loss's memory is in its batches
    "Popularity": {},
    "BiasModel": {},
    "ItemKNN": {},
    "EASE": {},
    "ALS": {"n_iterations": 1},
    **{f"MatrixFactorization {loss}": {"loss": loss, "epochs": 1, "batch_size": size} for loss, size in LOSSES.items()},
}


def many_likes(n_users=50_000, n_items=10_000, n=5_000_000):
    """Ratings by chance, of items that differ in popularity as 1 / (rank + 10), one a pair."""
    rng = np.random.default_rng(0)
    share = 1 / (np.arange(n_items) + 10)
    item = rng.choice(n_items, size=2 * n, p=share / share.sum())
    pairs = np.unique(rng.integers(n_users, size=2 * n) * n_items + item)
    user, item = np.divmod(rng.permutation(pairs)[:n], n_items)
    rating = rng.integers(4, 6, size=n)
    return Interactions(user, item, rating, None, IdMap(range(n_users)), IdMap(range(n_items)))


def peak_memory(name):
    """GB that this process has held at most: before, and after fit and the scores of 1,024 users."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024

    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9

    data = many_likes()
    before = peak()
    model = getattr(models, name.split()[0])(**MEMORY[name]).fit(data)
    for start in range(0, 4096, 1024):
        top_k(model.score(np.arange(start, start + 1024)), 10, exclude=data.matrix()[start : start + 1024])
    print(f"{before:.1f} {peak():.1f}")


def memory_rows(names):
    """The rows of MEMORY that begin with one of the names, all where there are none. SystemExit for any other name."""
    for name in names:
        if not any(row.startswith(name) for row in MEMORY):
            raise SystemExit(f"expected models whose names begin as one of {', '.join(MEMORY)}, received {name!r}")
    return [row for row in MEMORY if not names or row.startswith(tuple(names))]


def bench_memory(names):
    """Each model in a process of its own, one after the other."""
    print(
        "| fit and scores, 50,000 × 10,000, 5 M likes | the data alone | peak | wanted |\n| --- | ---: | ---: | ---: |"
    )
    for name in names:
        command = [sys.executable, __file__, "--peak-of", name]
        before, peak = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()[-2:]
        print(f"| {name} | {before} GB | {peak} GB | ≤ 4 GB |", flush=True)


def machine():
    """Processor, cores, memory and versions, in a line."""
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        names = [
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ]
        cpu = names[0] if names else cpu
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {__import__(name).__version__}" for name in ("numpy", "scipy", "keras", "tensorflow"))
    return f"{cpu}, {cores} cores, {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}, {versions}"


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="leave out the direct inverse of EASE")
    parser.add_argument(
        "--memory", nargs="*", metavar="MODEL", help="the peak memory of each model, or of those that begin so"
    )
    parser.add_argument("--peak-of", help=argparse.SUPPRESS)  # what a process of --memory does
    arguments = parser.parse_args(argv)
    quick = arguments.quick
    if arguments.peak_of:
        peak_memory(arguments.peak_of)
        return 0
    if arguments.memory is not None:
        names = memory_rows(arguments.memory)
        print(f"Measured on: {machine()}.\n")
        bench_memory(names)
        return 0
    data = load_movielens()
    split = split_by_user_time(data)
    train = split.before("test")
    print(f"Measured on: {machine()}.\n")
    print("| what | ours | beside | theirs | ratio | wanted |\n| --- | ---: | --- | ---: | ---: | --- |", flush=True)
    for part in (
        lambda: bench_ease(train, quick),
        lambda: bench_als(split),
        lambda: bench_factorization(train),
        bench_top_k,
        bench_evaluate,
        lambda: bench_reader(data),
        bench_language_model,
    ):
        for cells in part():
            print("| " + " | ".join(cells) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
