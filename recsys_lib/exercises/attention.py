"""Checkers of the chapter Attention."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise, question, right

question(
    "attention.q1",
    a="The softmax sums to 1 over whatever it is given. What does a place see that it should not, in training?",
    b=right("Right: the answer of place t is the film at place t + 1, which it could read."),
    c="Too many weights lower the loss on train too, but hardly to zero. What could each place read?",
)
question(
    "attention.q2",
    a="They are shares of one mean in one layer; later layers, the dense ones and the sum with x come after it.",
    b=right("Right: an explanation makes a prediction, and leaving the film out tests it."),
    c="Nothing is hidden: you can leave the film out and score again. What would you compare it with?",
)
question(
    "attention.q3",
    a="The same data and test, but two differences between the models. Which one made the gap?",
    b=right("Right: with the same loss on both sides what is left is the network."),
    c="A graphics card changes seconds, not what a loss asks for. What else differs between the two models?",
)
question(
    "attention.q4",
    a="A paper's size fits the paper's data. What would you compare its result with?",
    b=right("Right: the cheap models say what there is to win, and often win it."),
    c="Five purchases are four steps a person, and there may be many people. Counting would show it in a minute.",
)


@exercise("attention.weight")
def weight(answer):
    """Scores 0, 4 ln 3, 0 over √4 are 0, 2 ln 3, 0; e to these: 1, 9, 1."""
    return check_value(
        answer,
        9 / 11,
        tolerance=2e-3,
        mistakes=[
            (81 / 83, "You did not divide by √d: the dot product is 4 ln 3, over √4 it is 2 ln 3."),
            (3 / 5, "You divided by d = 4. The score is divided by its root, 2."),
            (9, "This is e to the score. Divide it by the sum over the three films."),
            (2 * np.log(3), "This is the score. The softmax comes next: e to each, over the sum."),
            (4 * np.log(3), "This is the dot product. Divide by √4, then take the softmax."),
            (9 / 10, "One film is missing in the sum: a score of 0 is not a weight of 0, for e to the 0 is 1."),
            (1.0, "A score of 0 is not a weight of 0: e to the 0 is 1. Sum all three."),
            (1 / 11, "This is the weight of the first film, or of the third. The second was asked for."),
            (lambda a: np.size(a) == 3, "These are three numbers. The second film's was asked for."),
        ],
        hint="Dot product of the query with each key, over √4; e to each; the second over the sum of the three.",
        praise="Right: 9 of 11. The other two films have score 0 and still get a weight of 1 in 11 each.",
    )


NOT_FINITE = 1e30


def _attend(query, key, value, real, *, causal=True, padding=True, root=0.5, axis=-1, strict=False, zero=False):
    scores = query @ key.swapaxes(-1, -2) / query.shape[-1] ** root
    length = query.shape[1]
    allowed = np.tri(length, k=-1 if strict else 0, dtype=bool) if causal else np.ones((length, length), bool)
    allowed = allowed & (real[:, None, :] if padding else True)
    scores = np.where(allowed, scores, 0 if zero else -1e9)
    weights = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return weights / weights.sum(axis=axis, keepdims=True) @ value


def _at_real(function):
    """What a function says at the real places alone: the padded ones are free, but must be finite."""

    def compared(query, key, value, real):
        with np.errstate(all="ignore"):
            out = function(query, key, value, real)
        if out is None or out is ... or np.shape(out) != value.shape:
            return out
        out = np.nan_to_num(np.asarray(out, dtype=float), nan=NOT_FINITE, posinf=NOT_FINITE, neginf=NOT_FINITE)
        return np.where(real[..., None] | (out == NOT_FINITE), out, 0)

    return compared


def _mistake(**how):
    return _at_real(lambda *arguments: _attend(*arguments, **how))


def _plain_softmax(query, key, value, real):
    """The softmax without taking off the largest score: it overflows."""
    scores = query @ key.swapaxes(-1, -2) / np.sqrt(query.shape[-1])
    weights = np.exp(np.where(np.tri(query.shape[1], dtype=bool) & real[:, None, :], scores, -1e9))
    return weights / weights.sum(axis=-1, keepdims=True) @ value


def _minus_infinity(query, key, value, real):
    """−∞ in whole rows: 0/0 at padded places."""
    scores = query @ key.swapaxes(-1, -2) / np.sqrt(query.shape[-1])
    scores = np.where(np.tri(query.shape[1], dtype=bool) & real[:, None, :], scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True) @ value


def _inputs():
    """Three people with four, two and one real places; then the same with scores in the thousands."""
    rng = np.random.default_rng(1)
    real = np.arange(4) >= 4 - np.array([[4], [2], [1]])
    some = [rng.normal(size=(3, 4, 5)) for _ in range(3)]
    return [(*some, real), (some[0] * 100, some[1] * 100, some[2], real)]


@exercise("attention.attend")
def attend(answer):
    """Causal attention over a padded batch."""
    compared = _at_real(answer) if callable(answer) else answer
    return check_function(
        compared,
        _at_real(_attend),
        _inputs(),
        mistakes=[
            (_at_real(_plain_softmax), "e to a large score overflows: take off each row's largest score first."),
            (
                _at_real(_minus_infinity),
                "A padded place may read nothing: a row of −∞ alone gives 0/0. Use a large negative number, -1e9.",
            ),
            (_mistake(causal=False), "A place reads later ones: `np.tri(L, dtype=bool)` says what is allowed."),
            (_mistake(padding=False), "Padding is read: the columns where `real` is False are forbidden, too."),
            (_mistake(causal=False, padding=False), "Nothing is forbidden: later places and padding must not be read."),
            (_mistake(root=0), "The scores are not divided by √d."),
            (_mistake(root=1), "You divided by d. The scores are divided by its root."),
            (_mistake(axis=-2), "Your softmax runs down the columns. Each row, a place that reads, sums to 1."),
            (_mistake(strict=True), "A place may read itself: np.tri with the diagonal, not below it."),
            (_mistake(zero=True), "A forbidden score of 0 still has a weight: e to the 0 is 1. It must be very low."),
        ],
        hint="query @ key.swapaxes(-1, -2) / √d → -1e9 where not allowed → softmax over the last axis → @ value.",
        praise="Right: nothing later and no padding is read, and nothing overflows.",
    )
