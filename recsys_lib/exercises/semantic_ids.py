"""Checkers of the chapter Semantic ids."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise, question, right

question(
    "semantic_ids.q1",
    a="k-means gives each vector to its nearest mean; there is no largest error that a code could stand for.",
    b=right("Right: it numbers the films of a cell in random order, so that no two have the same word."),
    c="Nothing of the vector is left in it: the order within a cell is drawn. What would be lost without it?",
)
question(
    "semantic_ids.q2",
    a="Finding the next branch costs one look into a table. The network takes nearly all of the time.",
    b="The network's probabilities are not touched. What can a word be without a tree?",
    c=right("Right: most rows of codes are no film's word, and a list may hold only films."),
)
question(
    "semantic_ids.q3",
    a="Popularity knows nothing about the person. Most of the gap may come from reading the history at all.",
    b=right("Right: it has the same network, tree and number of words, and only the meaning is gone."),
    c="A larger network may score more or less, with or without meaning. What has to change, and nothing else?",
)
question(
    "semantic_ids.q4",
    a="Among the new films alone its text codes, by lift, found more than permuted ones. So it has learnt something "
    "about them.",
    b="Ten places are enough for the other models. Which words has the decoder seen as an answer?",
    c=right(
        "Right: in training no word of a new film was ever the answer, so log p puts trained words first, and new ones "
        "meet only each other once the tree is cut to them."
    ),
)


@exercise("semantic_ids.word")
def word(answer):
    """v = (3.2, .9); means (0, 0), (4, 0); then (−1, −1), (−1, 1), (1, 0): left over is (−.8, .9)."""
    return check_value(
        answer,
        [1, 1],
        mistakes=[
            ([1, 2], "The second level compares what is left over, v minus its first mean, not v itself."),
            ([2, 2], "Codes count from 0: the first mean of a level has code 0."),
            ([0, 1], "The first mean is not the nearest: compare (3.2, .9) with (0, 0) and with (4, 0)."),
            ([1, 0], "Left over is (−.8, +.9): mind the sign of the second number."),
            (lambda a: np.size(a) == 3, "Two levels give two codes."),
            (lambda a: np.size(a) == 1, "A word of two codes is asked for, such as [0, 2]."),
        ],
        hint="Take the nearest mean of level 1, subtract it from v, take the nearest mean of level 2 to the rest.",
        praise="Right: nearest to (4, 0), which leaves (−.8, .9), and that is nearest to (−1, 1).",
    )


def _step(log_p, total, allowed, width, *, add=True, hold=True, each=False, upside_down=False):
    sums = log_p + (total[:, None] if add else 0)
    if hold:
        sums = np.where(allowed, sums, -np.inf)
    if each:  # the best code of each beam alone
        rows = np.column_stack([np.arange(len(sums)), sums.argmax(axis=1)])
        return rows[np.argsort(-sums.max(axis=1), kind="stable")][:width]
    order = np.argsort(sums if upside_down else -sums, axis=None, kind="stable")
    order = order[np.isfinite(sums.ravel()[order])][:width]
    return np.column_stack(np.divmod(order, sums.shape[1]))


def _as_rows(function):
    """Pairs as rows of whole numbers, however they are written."""

    def said(*arguments):
        rows = function(*arguments)
        if rows is None or rows is ...:
            return rows
        rows = np.asarray(rows)
        return rows.tolist() if rows.ndim == 2 else rows

    return said


def _inputs():
    """Three beams of five codes; two beams of which one may go on with one code alone; then fewer codes than places."""
    rng = np.random.default_rng(5)
    log_p = np.log(rng.dirichlet(np.full(5, 0.6), size=3))
    total, allowed = np.array([-0.3, -1.4, -2.5]), rng.random((3, 5)) < 0.7
    few = np.zeros((2, 4), bool)
    few[0, 3] = few[1, 0] = few[1, 2] = True
    log_p_2 = np.log(rng.dirichlet(np.full(4, 0.8), size=2))
    return [(log_p, total, allowed, 4), (log_p_2, np.array([-0.1, -0.9]), few, 2), (log_p_2, total[:2], few, 9)]


@exercise("semantic_ids.beam_step")
def beam_step(answer):
    """One step of a beam search that is held by a tree."""

    def mistake(**how):
        return lambda *arguments: _step(*arguments, **how).tolist()

    return check_function(
        _as_rows(answer) if callable(answer) else answer,
        _as_rows(_step),
        _inputs(),
        mistakes=[
            (
                mistake(add=False),
                "A beam's own log p is missing: a likely code after an unlikely start is no gain.",
            ),
            (mistake(hold=False), "Codes that the tree does not allow are among them: set their sum to −∞ first."),
            (mistake(each=True), "You keep one code of each beam. Two of the best may continue the same beam."),
            (mistake(upside_down=True), "Yours are the unlikeliest: sort from the largest sum down."),
            (
                lambda *a: _as_rows(lambda *b: _step(*b)[:, ::-1])(*a),
                "Each row is (beam, code), in this order; yours has them the other way round.",
            ),
        ],
        hint="sums = total[:, None] + log_p, −∞ where not allowed; the places of the `width` largest, without any −∞.",
        praise="Right: all continuations compete, and only those that the tree allows.",
    )
