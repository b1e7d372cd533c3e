"""One transformer for several tasks: a token says which, the weights and the tables are shared. Keras 3."""

import inspect

import numpy as np

from recsys_lib._checks import choice, require, setting
from recsys_lib.models.attention import dataset
from recsys_lib.models.keras_base import keras, sparse_input, tf
from recsys_lib.models.one_transformer_examples import Examples
from recsys_lib.models.one_transformer_network import LOSSES, TASKS, OneTransformerNetwork
from recsys_lib.tasks import Tasks

LOOKS = 20  # steps of training between two looks at it
BATCH = {"next likes": 168, "rating": 168, "genres": 512, "search": 128}  # people, people, films, queries
DROP = {"next likes": 0.8, "rating": 0.8, "genres": 0.2, "search": 0.0}
WEIGHT = {"next likes": 0.03, "rating": 1.0, "genres": 1.0, "search": 1.0}
OF_ONE_TASK = ("table_tasks", "table_stars", "table_asked", "table_like", "table_person_bias", "table_film_bias",
               "table_genre_bias", "rating_share", "sharpness", "letters_share")  # fmt: skip


class OneTransformer:
    """One network that names next likes, predicts ratings, finds genres and searches; or one of these alone.

    The network and its formulas: `OneTransformerNetwork`.   tasks: which it is trained for.   n_factors: d, the width
    of all tables.   inner: width inside a block.   n_layers: 0 leaves the sums alone.   length: films read of a
    history.   neighbors: films read beside a film whose genres are asked, those liked by the same people.
    dropout: in the blocks;   drop, batch, weight: task → share of h dropped, examples of a step, factor of its loss;
    those left out are the defaults.
    steps: of training, each with a batch of every task; above `LOOKS` rounded up to a multiple of it.
    learning_rate, weight_decay: AdamW's.   seed: fixes all.
    averaging: m, from 0 (none) to below 1: what is used are not the weights θ of the last step but w ← m w + (1 − m) θ,
    which starts at the first step's.
    What it is taught: next likes, all likes of a person from a part of them (softmax over the catalogue); ratings, half
    of a person's from the other half (squared error; biases start at `BiasModel`'s); genres, half of a film's from the
    other half (binary cross-entropy); search, the films of a query with a typo drawn anew (softmax).
    Fitted: `network_`.   Raises ValueError for a setting out of range. A step costs about batch · n_items · d.
    Chapter: One transformer for all."""

    def __init__(
        self,
        *,
        tasks=TASKS,
        n_factors=64,
        inner=64,
        n_layers=1,
        n_heads=2,
        length=50,
        neighbors=10,
        dropout=0.1,
        drop=None,
        batch=None,
        weight=None,
        steps=120,
        learning_rate=0.01,
        weight_decay=0.001,
        averaging=0.95,
        seed=0,
    ):
        self.tasks = tuple(choice("tasks", task, TASKS) for task in ((tasks,) if isinstance(tasks, str) else tasks))
        if not self.tasks or len(set(self.tasks)) < len(self.tasks):
            raise ValueError(f"expected tasks, each once, received {tasks!r}")
        self.n_factors = setting("n_factors", n_factors, 1, whole=True)
        self.inner = setting("inner", inner, 1, whole=True)
        self.n_heads = setting("n_heads", n_heads, 1, whole=True)
        if inner % n_heads:
            raise ValueError(f"expected n_heads that divides inner = {inner}, received {n_heads}")
        self.n_layers = setting("n_layers", n_layers, 0, whole=True)
        self.length, self.neighbors = (setting(name, n, 1, whole=True)
                                       for name, n in (("length", length), ("neighbors", neighbors)))  # fmt: skip
        self.dropout = setting("dropout", dropout, 0, 1)
        self.drop = {task: setting("drop", p, 0, 1) for task, p in _by_task(drop, DROP).items()}
        self.batch = {task: setting("batch", n, 1, whole=True) for task, n in _by_task(batch, BATCH).items()}
        self.weight = {task: setting("weight", w, 0, above=True) for task, w in _by_task(weight, WEIGHT).items()}
        self.steps = setting("steps", steps, 1, whole=True)
        self.learning_rate = setting("learning_rate", learning_rate, 0, above=True)
        self.weight_decay = setting("weight_decay", weight_decay, 0)
        self.averaging = setting("averaging", averaging, 0, 1)
        self.seed = setting("seed", seed, 0, 2**32, whole=True)

    def fit(self, tasks, part="test", *, look=None):
        """Learn from all that stands before the part. Returns self.

        tasks: `Tasks`.   look: function of the number of steps done, called every `LOOKS` steps and at the end.
        Raises TypeError for anything but Tasks, ValueError for another part."""
        choice("part", part, ("validation", "test")), require(tasks, Tasks)
        keras.utils.set_random_seed(self.seed)
        rng = np.random.default_rng(self.seed)
        self.examples_ = Examples(tasks, part, length=self.length, neighbors=self.neighbors, batch=self.batch, rng=rng)
        self.network_, per_epoch = self._network(self.examples_), min(LOOKS, self.steps)
        optimizer = keras.optimizers.AdamW(
            self.learning_rate, weight_decay=self.weight_decay, use_ema=True, ema_momentum=self.averaging
        )
        self.network_.compile(optimizer=optimizer, steps_per_execution=per_epoch, jit_compile=False)
        callbacks = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)]  # the mean is what is looked at
        if look is not None:
            each = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: look((epoch + 1) * per_epoch))
            callbacks.append(each)

        def epoch():
            for _ in range(per_epoch):
                yield self.examples_.batch(self.tasks)

        batches = dataset(epoch, self.examples_.signature(self.tasks), per_epoch)
        epochs = -(-self.steps // per_epoch)
        log = self.network_.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=callbacks)
        self.loss_curves_ = {task: np.array(log.history[task]) for task in self.tasks}
        return self

    def _network(self, examples):
        """The network, its biases where the simple model of each task has them."""
        network = OneTransformerNetwork(
            sizes=examples.sizes, tasks=self.tasks, n_factors=self.n_factors, inner=self.inner, mean=examples.mean,
            n_layers=self.n_layers, n_heads=self.n_heads, dropout=self.dropout, drop=self.drop, weight=self.weight,
        )  # fmt: skip
        network.titles, network.genres = sparse_input(examples.titles), sparse_input(examples.genres)
        network.decades = examples.decades
        starts = {"like_bias": np.log1p(examples.likes.sum(axis=0, dtype=np.float32)),
                  "person_bias": examples.bias.user_bias_, "film_bias": examples.bias.item_bias_}  # fmt: skip
        share = examples.genres.mean(axis=0).clip(1e-3)
        starts["genre_bias"] = np.log(share / (1 - share))
        for name, values in starts.items():
            if (table := getattr(network, name)) is not None:
                table.assign(values[:, None])
        return network

    @property
    def settings(self):
        """The constructor's arguments, by name."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def scores(self, task, part=None):
        """What `measure` of a task takes, for the people, pairs, films or queries of a part.

        Raises ValueError for a task it was not trained for, AttributeError before `fit`."""
        choice("task", task, self.tasks)
        part, vectors = self.examples_.part if part is None else part, self.network_.vectors()
        asked = self.examples_.asked(task, part)
        scores = np.concatenate([self.answers(task, rows, part, vectors) for rows in asked])
        if task != "rating":
            return scores
        user = getattr(
            self.examples_.tasks.rating, part
        ).user  # answered person by person, wanted in the order of the pairs
        scores = scores[np.argsort(np.argsort(user, kind="stable"), kind="stable")]
        return np.clip(scores, *self.examples_.levels[[0, -1]])

    def answers(self, task, rows, part, vectors=None):
        """What the network says of some people, films or queries; of the ratings, of their pairs in the part.

        vectors: those of all films, `network_.vectors()`, where they were computed before."""
        text, films, as_places = self.network_.vectors() if vectors is None else vectors
        given = self.examples_.given(task, rows, part)
        h, _ = self.network_.read(task, *self.network_.places(task, given, text, as_places))
        return keras.ops.convert_to_numpy(self.network_.answer(task, h, given, text, films))

    def measure(self, part=None):
        """{task: frame} as the tasks' `measure` returns them, for the tasks it was trained for."""
        data, part = self.examples_.tasks, self.examples_.part if part is None else part
        frames = {}
        for task in self.tasks:
            scores, asked = self.scores(task, part), getattr(data, task.replace(" ", "_"))
            more = [asked.threshold(self.scores(task, "validation"))] if task == "genres" else []
            frames[task] = asked.measure(scores, *more, part)
        return frames

    def weight_counts(self):
        """{"tables": weights in tables with a row a film, person, piece of letters…, "body": all others}."""
        counts = {"tables": 0, "body": 0}
        for weight in self.network_.trainable_variables:
            counts["tables" if weight.name.startswith("table_") else "body"] += int(np.prod(weight.shape))
        return counts

    def gradients(self, n_batches=10):
        """What each task's loss asks of the weights: {task: {name of a weight: array}}, the mean over some batches.

        Of the weights that more than one task reads: body, films, people, pieces of letters, genres shown, decades."""
        network = self.network_
        shared = [w for w in network.trainable_variables if not w.name.startswith(OF_ONE_TASK)]
        total = {task: [np.zeros(w.shape, np.float32) for w in shared] for task in self.tasks}
        for _ in range(setting("n_batches", n_batches, 1, whole=True)):
            x, y = self.examples_.batch(self.tasks)
            for task in self.tasks:
                with tf.GradientTape() as tape:
                    answers = network({task: x[task]}, training=False)
                    loss = keras.ops.mean(LOSSES[task](y[task], answers[task]))
                for sum_, gradient in zip(total[task], tape.gradient(loss, [w.value for w in shared])):
                    sum_ += 0 if gradient is None else tf.convert_to_tensor(gradient).numpy() / n_batches
        return {task: {w.path: g for w, g in zip(shared, total[task])} for task in self.tasks}


def _by_task(own, defaults):
    if unknown := set(own or {}) - set(TASKS):
        raise ValueError(f"expected tasks out of {', '.join(TASKS)}, received {sorted(unknown)}")
    return defaults | (own or {})
