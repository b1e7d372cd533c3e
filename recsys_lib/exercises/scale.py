"""Checkers of the exercises on what a model costs."""

from recsys_lib.exercises import check_function, check_value, exercise, question, right

question(
    "scale.q1",
    a="A request reads the rows of one history, and for the scores those of the candidates. Who multiplies the rest?",
    b=right("Right: the table has to be stored, loaded and updated, but a request multiplies few of its rows."),
    c="A table is trained row by row, as its items occur. What does every row take, whether it occurs or not?",
)
question(
    "scale.q2",
    a=right("Right: 100 µs for the bytes, 20 µs for the FLOPs. The processor waits for the memory."),
    b="1 MFLOP at 50 GFLOP/s is 20 µs. And 1 MB at 10 GB/s?",
    c="They do not add up: a machine loads and multiplies at the same time, and the slower one decides. Which is it?",
)
question(
    "scale.q3",
    a="The points come from two data sets and a narrow range of compute. Which of them lies at 100 times?",
    b="More seeds narrow the error bars of these points. Do they tell anything about a place where there is no point?",
    c=right("Right: nothing was measured there. A line beyond its last point is a guess, up or down."),
)
question(
    "scale.q4",
    a="Parameters say how much is stored. Does that make a list better?",
    b=right("Right: that separates storage from computation, and a paired test against the cheap rival does the rest."),
    c="Seconds of training depend on the machine. What of the trillion does one request touch?",
)


@exercise("scale.numbers")
def numbers(answer):
    """A SASRec of 1,000 items, d = 8, two layers, 20 places: 9,000 + 160 + 2 · 432 + 16."""
    return check_value(
        answer,
        10_040,
        tolerance=1e-4,
        mistakes=[
            (9_040, "Each item has a bias besides its vector: 8 + 1 numbers."),
            (9_880, "The places have vectors, too: 20 of them."),
            (9_608, "There are two layers."),
            (10_024, "The last norm has 2 d numbers."),
            (9_944, "Each layer has 6 d numbers besides its matrices: two biases, two norms of 2 d."),
            (9_928, "The 6 d of each layer and the last norm's 2 d are missing."),
            (18_040, "The table of items is read twice and kept once."),
            (19_040, "The table of items is read twice and kept once."),
            (864, "These are the numbers of the layers. The tables hold most."),
            (9_160, "These are the tables. The layers and the last norm are missing."),
        ],
        hint="Add four parts: n (d + 1), M d, two layers of 6 d² + 6 d, and 2 d.",
        praise="Right: 9,160 of the 10,040 stand in tables.",
    )


def _widest(n_items, budget, *, moments=2, bias=1, gradients=1, size=4, least=0):
    each = size * (1 + gradients + moments) * n_items
    return max(int(budget // each) - bias, least)


def _mistake(**how):
    return lambda n_items, budget: _widest(n_items, budget, **how)


@exercise("scale.widest")
def widest(answer):
    """The widest table of items that can be trained with AdamW in so many bytes."""
    return check_function(
        answer,
        _widest,
        [(1000, 10**6), (1_000_000, 8 * 10**9), (3754, 10**7), (100_000_000, 8 * 10**10), (10**7, 10**6), (10, 1600)],
        mistakes=[
            (
                _mistake(moments=0, gradients=0),
                "These are the weights alone: training keeps gradients and moments, too.",
            ),
            (_mistake(moments=0), "AdamW keeps two moments of each number."),
            (_mistake(moments=1), "AdamW keeps two moments of each number, not one."),
            (_mistake(gradients=0), "Each number has a gradient, too."),
            (_mistake(bias=0), "Each item has a bias besides its d numbers."),
            (_mistake(size=8), "A float32 has 4 bytes."),
            (_mistake(least=-1), "Where not even the biases fit, the answer is 0."),
            (lambda n, b: max(b / (16 * n) - 1, 0), "d is a whole number: round down."),
            (lambda n, b: max(round(b / (16 * n)) - 1, 0), "Rounded up it does not fit: round down."),
        ],
        hint="Each number takes 4 bytes four times; an item has d + 1 numbers. Solve for d, round down, not below 0.",
        praise="Right: sixteen bytes a number, and the table alone fills the memory.",
    )
