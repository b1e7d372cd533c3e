"""The network of `OneTransformer`: places with vectors in, one vector out, and its product with a table of what may be
answered.

Plain `keras.ops`: each formula stands where it is computed. `OneTransformer` in `one_transformer` trains and asks it.
"""

from recsys_lib._tensorflow import require_tensorflow

require_tensorflow("recsys_lib.models.one_transformer_network")

import keras  # noqa: E402  (the check above gives the better message)
import tensorflow as tf  # noqa: E402
from keras import ops  # noqa: E402

from recsys_lib import losses  # noqa: E402
from recsys_lib.models.attention_network import attend  # noqa: E402

TASKS = ("next likes", "rating", "genres", "search")  # the number of a task is the row of its token
START = 0.03  # σ of the first vectors
NOT_ASKED = -1.0  # in the place of 0 or 1 where a genre is shown


def first_place(token, x, real):
    """What the first place holds before any layer: the token of the task and what is known, all vectors weighed alike.

        x_0 = q_task + 1/√n · Σ_j x_j      over the n places that are real

    token: (d,).   x: (B, L, d).   real: bool (B, L), False = padding. Returns (B, d); the token alone where n = 0.
    Chapter: One transformer for all."""
    real = ops.cast(real, x.dtype)
    n = ops.maximum(ops.sum(real, axis=1), 1.0)
    return token + ops.einsum("bl,bld->bd", real, x) / ops.sqrt(n)[:, None]


@keras.saving.register_keras_serializable("recsys_lib")
class NarrowBlock(keras.layers.Layer):
    """A layer of a transformer that may be narrower inside than its input is wide.

        x ← x + dropout(attend(LN(x)) W_o);   x ← x + dropout(relu(LN(x) W_1 + b_1) W_2 + b_2)

    x: (n, L, d); queries, keys and values have `inner` numbers, shared by the heads, W_1 is (d, inner). W_o and W_2
    start at 0: the block begins by adding nothing. 6 · d · inner + inner + 5 · d weights.
    first_alone: only the first place is computed, which is all that is read after the last layer.
    Source: Vaswani et al. 2017. Chapter: One transformer for all."""

    def __init__(self, n_factors, inner, n_heads, dropout, **kwargs):
        super().__init__(**kwargs)
        self.sizes = dict(n_factors=n_factors, inner=inner, n_heads=n_heads, dropout=dropout)
        self.norm_1, self.norm_2 = (keras.layers.LayerNormalization(epsilon=1e-6) for _ in range(2))
        self.first = keras.layers.Dense(inner, activation="relu")
        self.second = keras.layers.Dense(n_factors, kernel_initializer="zeros")
        self.dropout = keras.layers.Dropout(dropout)

    def build(self, shape):
        d, inner = self.sizes["n_factors"], self.sizes["inner"]
        for name in ("query", "key", "value"):
            setattr(self, name, self.add_weight(shape=(d, inner), initializer="glorot_uniform", name=name))
        self.output_weight = self.add_weight(shape=(inner, d), initializer="zeros", name="output_weight")
        for part, width in ((self.norm_1, d), (self.norm_2, d), (self.first, d), (self.second, inner)):
            part.build((None, None, width))

    def get_config(self):
        return {**super().get_config(), **self.sizes}

    def heads(self, x, weight):
        """(n, L, d) → (n, heads, L, inner / heads)."""
        n_heads, inner = self.sizes["n_heads"], self.sizes["inner"]
        split = ops.reshape(ops.matmul(x, weight), (-1, ops.shape(x)[1], n_heads, inner // n_heads))
        return ops.transpose(split, (0, 2, 1, 3))

    def call(self, x, real, first_alone=False, training=False):
        """real: bool (n, L), False = padding, which nobody reads. Returns x after the block and who reads whom."""
        z = self.norm_1(x)
        reads = z[:, :1] if first_alone else z
        x = x[:, :1] if first_alone else x
        key, value = self.heads(z, self.key), self.heads(z, self.value)
        out, weights = attend(self.heads(reads, self.query), key, value, real[:, None, None, :])
        out = ops.reshape(ops.transpose(out, (0, 2, 1, 3)), (-1, ops.shape(x)[1], self.sizes["inner"]))
        x = x + self.dropout(ops.matmul(out, self.output_weight), training=training)
        z = self.second(self.first(self.norm_2(x)))
        return x + self.dropout(z, training=training), weights


@keras.saving.register_keras_serializable("recsys_lib")
class OneTransformerNetwork(keras.Model):
    """Every task is the same sentence: [task] [what is known], and one vector h that is multiplied with a table.

    To the product each task adds a simple model's answer: biases; in the search the cosine of letters.

        x_0 = token of the task + 1/√n · Σ of the n places;   h = x_0 after n_layers blocks over all places
        next likes: places = the person and films liked      logit_i  = h · f_i + b_i
        rating:     the person and films with their stars    r̂_i     = μ + b_u + c_i + β h · f_i
        genres:     title, year, shown genres, films liked by the same people   logit_g = h · z_g + b_g
        search:     words of the query                       logit_i  = λ cos(letters) + γ h · t_i

        t_i = Σ of the vectors of the title's pieces of letters;   f_i = e_i + α t_i, and as a place + its genres, year

    Input: dict by task of what `OneTransformer` feeds. Output: dict by task of logits, of the rating the prediction.
    sizes: n_users, n_items, n_pieces, n_genres, n_decades, n_stars.   tasks: which of the four; only the tables that
    they use are made.   mean: μ.   drop: task → share of the numbers of h dropped in training.
    titles, genres: fixed tf.SparseTensor (n_items, n_pieces) and (n_items, n_genres); decades: int (n_items,)."""

    def __init__(self, *, sizes, tasks, n_factors, inner, n_layers, n_heads, dropout, drop, weight, mean=0.0, **kwargs):
        super().__init__(**kwargs)
        self.config = dict(sizes=sizes, tasks=tasks, n_factors=n_factors, inner=inner, n_layers=n_layers)
        self.config |= dict(n_heads=n_heads, dropout=dropout, drop=drop, weight=weight, mean=mean)
        self.mean, self.titles, self.genres, self.decades = mean, None, None, None
        likes, rating, genres, search = (task in tasks for task in TASKS)
        films = likes or rating or genres

        def table(name, rows, needed=True, width=n_factors, start=START):
            if not needed:
                return None
            first = keras.initializers.RandomNormal(stddev=start) if start else "zeros"
            return self.add_weight(shape=(rows, width), initializer=first, name=f"table_{name}")

        def number(name, start):
            return self.add_weight(shape=(), initializer=keras.initializers.Constant(start), name=name)

        self.task_tokens = table("tasks", len(TASKS))
        self.films = table("films", sizes["n_items"], films)
        self.people = table("people", sizes["n_users"], likes or rating)
        self.pieces = table("pieces", sizes["n_pieces"])
        self.shown = table("shown_genres", sizes["n_genres"], films)
        self.decade = table("decades", sizes["n_decades"], films)
        self.stars = table("stars", sizes["n_stars"], rating)
        self.asked_genres = table("asked_genres", sizes["n_genres"], genres)
        self.like_bias = table("like_bias", sizes["n_items"], likes, 1, 0)
        self.person_bias = table("person_bias", sizes["n_users"], rating, 1, 0)
        self.film_bias = table("film_bias", sizes["n_items"], rating, 1, 0)
        self.genre_bias = table("genre_bias", sizes["n_genres"], genres, 1, 0)
        self.text_share = number("text_share", 0.1) if films else None
        self.rating_share = number("rating_share", 0.1) if rating else None  # stars differ by less than logits
        self.sharpness = number("sharpness", 15.0) if search else None
        self.letters_share = number("letters_share", 20.0) if search else None
        self.blocks = [NarrowBlock(n_factors, inner, n_heads, dropout) for _ in range(n_layers)]
        for block in self.blocks:
            block.build((None, None, n_factors))
        self.curves = {task: keras.metrics.Mean(name=task) for task in tasks}
        self.drops = {task: keras.layers.Dropout(drop[task]) for task in tasks}
        self.built = True

    def get_config(self):
        return {**super().get_config(), **self.config}

    def vectors(self):
        """t (n_items, d), f (n_items, d) and the films as places (n_items, d); the last two None where not needed."""
        text = tf.sparse.sparse_dense_matmul(self.titles, ops.convert_to_tensor(self.pieces))
        if self.films is None:
            return text, None, None
        film = self.films + self.text_share * text
        kinds = tf.sparse.sparse_dense_matmul(self.genres, ops.convert_to_tensor(self.shown))
        return text, film, film + kinds + ops.take(self.decade, self.decades, axis=0)

    def places(self, task, given, text, film):
        """Vectors (n, L, d) and which are real, bool (n, L), of what is known in a task, without its token."""
        if task == "search":
            words = tf.sparse.sparse_dense_matmul(given["words"], ops.convert_to_tensor(self.pieces))
            real = given["real"]
            return ops.reshape(words, (-1, ops.shape(real)[1], words.shape[-1])), real
        x, real = ops.take(film, ops.maximum(given["films"] - 1, 0), axis=0), given["films"] > 0
        if task == "rating":
            x = x + ops.take(self.stars, given["stars"], axis=0)
        if task == "genres":  # the film without its own vector, which could learn its genres by heart
            own = self.text_share * ops.take(text, given["own"], axis=0)
            own = own + ops.take(self.decade, ops.take(self.decades, given["own"]), axis=0)
            first = ops.stack([own, ops.matmul(given["shown"], self.shown)], axis=1)
        else:
            first = ops.take(self.people, given["person"], axis=0)[:, None]
        x = ops.concatenate([first, x * ops.cast(real, x.dtype)[..., None]], axis=1)
        return x, ops.concatenate([ops.ones(ops.shape(first)[:2], "bool"), real], axis=1)

    def read(self, task, x, real, training=False):
        """h (n, d), and the weights with which each layer reads, a list of (n, heads, L, L)."""
        start = first_place(self.task_tokens[TASKS.index(task)], x, real)
        x = ops.concatenate([start[:, None], x], axis=1)
        real = ops.concatenate([ops.ones_like(real[:, :1]), real], axis=1)
        weights = []
        for number, block in enumerate(self.blocks, 1):
            x, of_block = block(x, real, first_alone=number == len(self.blocks), training=training)
            weights.append(of_block)
        return self.drops[task](x[:, 0], training=training), weights

    def answer(self, task, h, given, text, films):
        """What a task makes of h: (n, n_items), (n, n_genres), or of a rating (n_pairs,)."""
        if task == "next likes":
            return ops.matmul(h, ops.transpose(films)) + self.like_bias[:, 0]
        if task == "search":
            return self.letters_share * given["alike"] + self.sharpness * ops.matmul(h, ops.transpose(text))
        if task == "genres":
            return ops.matmul(h, ops.transpose(self.asked_genres)) + self.genre_bias[:, 0]
        row, item = given["pair_row"], given["pair_item"]
        level = ops.take(self.person_bias[:, 0], ops.take(given["person"], row)) + ops.take(self.film_bias[:, 0], item)
        product = ops.sum(ops.take(h, row, axis=0) * ops.take(films, item, axis=0), axis=-1)
        return self.mean + level + self.rating_share * product

    def call(self, inputs, training=False):
        text, films, as_places = self.vectors()
        answers = {}
        for task, given in inputs.items():
            h, _ = self.read(task, *self.places(task, given, text, as_places), training=training)
            answers[task] = self.answer(task, h, given, text, films)
        return answers

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Σ_t w_t L_t; each L_t is the mean over the examples of its task."""
        total = 0.0
        for task, answered in y_pred.items():
            loss = ops.mean(LOSSES[task](y[task], answered))
            self.curves[task].update_state(loss)
            total = total + self.config["weight"][task] * loss
        return total


def squared_error(y, predicted):
    """(r − r̂)² of each pair."""
    return keras.ops.square(y - predicted)


def softmax_of_several(y, logits):
    """`multinomial` of a row over the number of its ones: each query weighs the same."""
    y = keras.ops.cast(y, "float32")
    return losses.multinomial(y / keras.ops.sum(y, axis=-1, keepdims=True), logits)


def asked_cross_entropy(y, logits):
    """Binary cross-entropy summed over the genres asked of a film: y is 0 or 1; NOT_ASKED where it is shown."""
    asked = keras.ops.cast(y >= 0, logits.dtype)
    return keras.ops.sum(asked * (keras.ops.softplus(logits) - keras.ops.maximum(y, 0.0) * logits), axis=-1)


LOSSES = {"next likes": losses.multinomial, "rating": squared_error, "genres": asked_cross_entropy,
          "search": softmax_of_several}  # fmt: skip
