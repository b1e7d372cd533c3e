"""One network for several tasks: shared tables, a shared body or a mixture of experts, a head a task. Keras 3."""

import numpy as np

from recsys_lib._checks import choice, require, setting
from recsys_lib.models.keras_base import keras, tf
from recsys_lib.models.multi_task_batches import Steps
from recsys_lib.tasks import TASKS, Tasks

ops = keras.ops
WEIGHTINGS = ("scaled", "sum", "uncertainty")


def uncertainty_weighted(losses, log_variances):
    """The losses of several tasks as one, each weighted by a number that is learnt with the network.

        L = Σ_t exp(−s_t) L_t + s_t            at the best s_t = log L_t it is Σ_t (1 + log L_t)

    losses, log_variances: L_t > 0 and s_t, (n_tasks,), arrays or tensors. Returns the sum.
    s = log σ² of Kendall et al. 2018, whose halves are left out: they change the best L by a factor and a constant.
    Chapter: Many tasks, one body."""
    return ops.sum(ops.exp(-log_variances) * losses + log_variances)


def gradient_cosine(a, b):
    """The cosine of the angle between the gradients of two tasks: 1 pulls the same way, −1 against each other.

        cos = Σ a · b / √(Σ a² · Σ b²),   summed over all weights that both tasks have

    a, b: arrays, or lists of arrays of the same shapes in the same order. Returns a float, 0 where one is all zeros.
    Raises ValueError for other shapes.   Chapter: Many tasks, one body."""
    sides = [
        [np.asarray(part, float) for part in (side if isinstance(side, (list, tuple)) else [side])] for side in (a, b)
    ]
    if [part.shape for part in sides[0]] != [part.shape for part in sides[1]]:
        shapes = [[part.shape for part in side] for side in sides]
        raise ValueError(f"expected gradients of the same weights, received shapes {shapes[0]} and {shapes[1]}")
    a, b = (np.concatenate([part.ravel() for part in side]) for side in sides)
    length = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / length) if length else 0.0


def mixture(experts, gate):
    """What a task reads of the experts: their outputs, weighted by its own gate.

        h_t = Σ_k softmax(g_t)_k E_k

    experts: E, (B, n_experts, width).   gate: g_t, (B, n_experts), before the softmax. Returns (B, width).
    Source: Ma et al. 2018 (MMoE). Chapter: Many tasks, one body."""
    return ops.einsum("bk,bkw->bw", ops.softmax(gate, axis=-1), experts)


class MultiTaskNetwork(keras.Model):
    """Tables that several tasks read, a body that all go through, a head a task.

    film i:      v_i = Q_i + c_i C              c: genres shown, decade; x: title vector (SVD of TF-IDF, length 1)
    person u:    p_u = U_u + 1/√n_u Σ_{j liked} v_j
    next likes:  (p_u + f(p_u)) · v_i + b_i     rating:  bias model + f(p_u) · v_i, i left out of the likes
    genres:      f(z) W + a, z = x_i T + c_i C + 1/√m_i Σ_{u likes i} U_u
    search:      20 · cos(g ⊙ x_q + f(x_q T), g ⊙ x_i)
    f(z) = h_t(z) W_t, W_t a head a task: h is relu(z B) for all tasks, or `mixture` of experts by a gate a task."""

    def __init__(self, constants, sizes, *, tasks, body, n_factors, width, n_experts, dropout, weighting, scales):
        super().__init__()
        self.constants, self.tasks, self.weighting = constants, tasks, weighting
        self.scales = np.array([scales[task] for task in tasks], np.float32)
        self.n_experts = n_experts if body == "experts" else 1

        def weight(name, rows, columns, scale):
            start = keras.initializers.RandomNormal(stddev=scale) if scale else "zeros"
            return self.add_weight(shape=(rows, columns), initializer=start, name=name.replace(" ", "_"))

        n_users, n_items, n_columns, n_genres, n_title = sizes
        of = {task: task in tasks for task in TASKS}
        likes_or_stars = of["next likes"] or of["rating"]
        self.users = weight("users", n_users, n_factors, 0.03) if likes_or_stars or of["genres"] else None
        self.columns = weight("columns", n_columns, n_factors, 0.03) if likes_or_stars or of["genres"] else None
        self.films = weight("films", n_items, n_factors, 0.03) if likes_or_stars else None
        self.titles = weight("titles", n_title, n_factors, 0.1) if of["genres"] or of["search"] else None
        self.shared = weight("body", n_factors, width, n_factors**-0.5)  # of experts: one beside the other
        self.gates = {task: weight(f"gate of {task}", n_factors, n_experts, 0.1) for task in tasks if body == "experts"}
        ends = {"search": n_title, "genres": n_genres}
        self.heads = {
            task: weight(f"head of {task}", width // self.n_experts, ends.get(task, n_factors), 0) for task in tasks
        }
        if of["next likes"]:
            self.popularity = weight("popularity", 1, n_items, 0)
            self.popularity.assign(np.log1p(constants["popularity"])[None])
        if of["genres"]:
            self.genre_bias = weight("genre bias", 1, n_genres, 0)
            self.genre_bias.assign(constants["log odds"][None])
        if of["search"]:
            self.directions = self.add_weight(shape=(n_title,), initializer="ones", name="directions")
        uncertain = weighting == "uncertainty"
        self.log_variances = weight("log variances", len(tasks), 1, 0) if uncertain else None
        self.dropout = {task: keras.layers.Dropout(dropout[task]) for task in tasks}
        self.trackers = [keras.metrics.Mean(name=task) for task in tasks]
        self.built = True

    def shared_weights(self):
        """{name: weight} of what two tasks or more may read."""
        parts = (self.users, self.films, self.columns, self.titles, self.shared)
        return {part.name: part for part in parts if part is not None}

    def through_body(self, task, z, training):
        h = ops.relu(ops.matmul(z, self.shared))
        if self.gates:
            experts = ops.reshape(h, (-1, self.n_experts, h.shape[-1] // self.n_experts))
            h = mixture(experts, ops.matmul(z, self.gates[task]))
        return ops.matmul(h, self.heads[task])

    def call(self, inputs, training=False):
        c, logits = self.constants, {}
        if self.films is not None:
            films = self.films + ops.matmul(c["columns"], self.columns)
            liked = ops.matmul(c["likes"], films)
        if "next likes" in inputs:
            user = inputs["next likes"]
            z = ops.take(self.users, user, 0) + ops.take(liked / c["root"], user, 0)
            z = self.dropout["next likes"](z, training=training)
            z = z + self.through_body("next likes", z, training)
            logits["next likes"] = ops.matmul(z, ops.transpose(films)) + self.popularity
        if "rating" in inputs:
            user, item, was_liked = inputs["rating"]
            film, own = ops.take(films, item, 0), ops.cast(was_liked, "float32")[:, None]
            rest = ops.maximum(ops.square(ops.take(c["root"], user, 0)) - own, 1.0)
            z = ops.take(self.users, user, 0) + (ops.take(liked, user, 0) - own * film) / ops.sqrt(rest)
            z = self.through_body("rating", self.dropout["rating"](z, training=training), training)
            bias = c["mean"] + ops.take(c["user bias"], user, 0) + ops.take(c["item bias"], item, 0)
            logits["rating"] = bias + ops.sum(z * film, axis=1)
        if "genres" in inputs:
            item, shown = inputs["genres"]  # shown: genres and decade
            audience = ops.take(ops.matmul(c["audience"], self.users), item, 0)
            z = audience + ops.matmul(ops.take(c["titles"], item, 0), self.titles) + ops.matmul(shown, self.columns)
            z = self.dropout["genres"](z, training=training)
            logits["genres"] = self.through_body("genres", z, training) + self.genre_bias
        if "search" in inputs:
            query, candidates = inputs["search"]
            z = self.dropout["search"](ops.matmul(query, self.titles), training=training)
            asked = query * self.directions + self.through_body("search", z, training)
            answers = ops.take(c["titles"], candidates, 0) * self.directions
            logits["search"] = 20 * ops.matmul(_unit(asked), ops.transpose(_unit(answers)))
        return logits

    def losses_of(self, y, logits):
        """The loss of each task, (n_tasks,), in the order of `tasks`."""
        found = []
        for task in self.tasks:
            if task in ("next likes", "search"):  # nats a like, nats a relevant film
                found.append(-ops.sum(y[task] * ops.log_softmax(logits[task])) / ops.sum(y[task]))
            elif task == "rating":
                found.append(ops.mean(ops.square(y[task] - logits[task])))
            else:  # the genres that are shown are no question
                hidden, open_ = y[task][..., 0], y[task][..., 1]
                entropy = ops.softplus(logits[task]) - hidden * logits[task]
                found.append(ops.sum(open_ * entropy) / ops.sum(open_))
        return ops.stack(found)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        losses = self.losses_of(y, y_pred)
        for i, tracker in enumerate(self.trackers):
            tracker.update_state(losses[i])
        losses = losses if self.weighting == "sum" else losses / self.scales
        return (
            uncertainty_weighted(losses, self.log_variances[:, 0])
            if self.weighting == "uncertainty"
            else ops.sum(losses)
        )


def _unit(vectors):
    return vectors / ops.sqrt(ops.sum(ops.square(vectors), axis=-1, keepdims=True) + 1e-9)


class MultiTask:
    """One network for one, two or four of the `Tasks`, trained on all of them at once.

    tasks: names out of `TASKS`; one name makes the single network of that task.   body: "shared" (bottom), or
    "experts": the same width parted among n_experts, mixed by a gate a task (MMoE).   weighting: of the losses, "sum"
    as they come, "scaled" (each divided by the loss of knowing nothing: log of the candidates, variance of the ratings,
    entropy of the genres' shares), "uncertainty": scaled, then `uncertainty_weighted`.
    n_factors: d of all tables.   width: of the body.   dropout: of the d numbers that go into the body, one for all or
    a dict by task.   learning_rate, weight_decay: AdamW's.   steps: updates, each with some examples of every task.
    seed: fixes all of it.   Fitted: `network_`, `loss_curve_`: task → its loss in each tenth of the steps,
    cut further where `fit` is looked at.
    Raises ValueError for a setting out of range, TypeError where `fit` gets no Tasks.
    Source: Caruana 1997, Ma et al. 2018, Kendall et al. 2018. Chapter: Many tasks, one body."""

    def __init__(self, tasks=TASKS, *, body="shared", weighting="scaled", n_factors=64, width=128, n_experts=4,
                 dropout=0.5, learning_rate=0.01, weight_decay=0.001, steps=300, seed=0):  # fmt: skip
        self.tasks = tuple(choice("a task", task, TASKS) for task in ([tasks] if isinstance(tasks, str) else tasks))
        if not self.tasks or len(set(self.tasks)) < len(self.tasks):
            raise ValueError(f"expected different tasks out of {TASKS}, received {tasks}")
        self.body, self.weighting = (
            choice("body", body, ("shared", "experts")),
            choice("weighting", weighting, WEIGHTINGS),
        )
        self.n_factors = setting("n_factors", n_factors, 1, whole=True)
        self.n_experts = setting("n_experts", n_experts, 1, whole=True)
        self.width = setting("width", width, 1, whole=True)
        if body == "experts" and width % n_experts:
            raise ValueError(f"expected a width that {n_experts} experts can share, received {width}")
        dropout = dropout if isinstance(dropout, dict) else dict.fromkeys(self.tasks, dropout)
        self.dropout = {task: setting("dropout", dropout[task], 0, 1) for task in self.tasks}
        self.learning_rate = setting("learning_rate", learning_rate, 0, above=True)
        self.weight_decay = setting("weight_decay", weight_decay, 0)
        self.steps, self.seed = setting("steps", steps, 1, whole=True), setting("seed", seed, 0, 2**32, whole=True)

    def fit(self, tasks, part="test", *, looked_at=(), look=None):
        """Train on what is before the part. looked_at: numbers of steps after which look(self, steps) is called."""
        keras.utils.set_random_seed(self.seed)
        batches = Steps(require(tasks, Tasks), part, self.tasks, np.random.default_rng(self.seed))
        self.reader_, self.columns_ = batches.reader, batches.columns
        self.network_ = MultiTaskNetwork(
            batches.constants, batches.sizes, tasks=self.tasks, body=self.body, n_factors=self.n_factors,
            width=self.width, n_experts=self.n_experts, dropout=self.dropout, weighting=self.weighting,
            scales=batches.scales)  # fmt: skip
        optimizer = keras.optimizers.AdamW(self.learning_rate, weight_decay=self.weight_decay)
        self.network_.compile(optimizer=optimizer, jit_compile=False)
        self.loss_curve_, done = {task: [] for task in self.tasks}, 0
        ends = sorted({*looked_at, *np.linspace(0, self.steps, 11).astype(int).tolist()} - {0})
        for end in ends:
            batches.n = end - done
            log = self.network_.fit(batches, epochs=1, shuffle=False, verbose=0)
            done = end
            for task in self.tasks:
                self.loss_curve_[task].append(float(log.history[task][-1]))
            if look and end in looked_at:
                look(self, end)
        return self

    def predict(self, tasks, part="test"):
        """{task: scores for `measure`}; those of the genres are {part: scores}, for the threshold needs validation."""
        scores, network = {}, self.network_
        for task in self.tasks:
            if task == "next likes":
                inputs = np.arange(len(tasks.next_likes.users), dtype=np.int32)
            elif task == "rating":
                pairs = getattr(tasks.rating, part)
                inputs = pairs.user, pairs.item, np.zeros(len(pairs.user), np.int32)
            elif task == "search":
                texts = [tasks.search.text[i] for i in getattr(tasks.search, part)]
                inputs = self.reader_(texts), np.arange(len(tasks.search.titles), dtype=np.int32)
            else:
                scores[task] = {}
                for name in ("validation", "test"):
                    films = getattr(tasks.genres, name)
                    inputs = films.astype(np.int32), self.columns_[films]
                    scores[task][name] = np.asarray(network({task: inputs})[task])
                continue
            scores[task] = np.asarray(network({task: inputs})[task])
        return scores

    def measure(self, tasks, part="test"):
        """{task: what its `measure` says}, for `task_intervals`."""
        scores, frames = self.predict(tasks, part), {}
        for task, found in scores.items():
            of = getattr(tasks, task.replace(" ", "_"))
            if task == "genres":
                frames[task] = of.measure(found[part], of.threshold(found["validation"]), part)
            else:
                frames[task] = of.measure(found, part)
        return frames

    def gradients(self, tasks, part="test", *, n_batches=5, rng=0):
        """{task: its gradient of each shared weight, averaged over batches}: arrays by the name of the weight."""
        network, shared = self.network_, self.network_.shared_weights()
        weights = [w.value for w in shared.values()]

        @tf.function
        def each(x, y):
            with tf.GradientTape(persistent=True) as tape:
                losses = tf.unstack(network.losses_of(y, network(x)), len(self.tasks))
            return [tape.gradient(loss, weights, unconnected_gradients="zero") for loss in losses]

        total = {task: dict.fromkeys(shared, 0.0) for task in self.tasks}
        batches = Steps(tasks, part, self.tasks, np.random.default_rng(rng))
        for _ in range(n_batches):
            for task, gradients in zip(self.tasks, each(*batches[0])):
                for name, gradient in zip(shared, gradients):
                    total[task][name] += np.asarray(tf.convert_to_tensor(gradient)) / n_batches
        return total

    def count_params(self):
        """How many numbers were learnt."""
        return self.network_.count_params()
