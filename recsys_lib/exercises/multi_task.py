"""Checkers of the chapter Many tasks, one body."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise, question, right

question(
    "multi_task.q1",
    a="Each task alone can still be learnt: the cosine speaks of both at this point, not of one. What is a step?",
    b=right("Right: an angle above 90° says that the steps oppose each other, the lengths say who wins."),
    c="It is one point of one training. Whether sharing costs anything is measured on the tasks, with intervals.",
)
question(
    "multi_task.q2",
    a=right("Right: the best weight is 1 over the loss, so a change of unit cancels."),
    b="So it is with the sum as it comes. What is the best s of a loss that is 400 times as large?",
    c="That is what it is for: exp(−s) times the loss has no unit once s has settled. Put in s = log L.",
)
question(
    "multi_task.q3",
    a="The cost matters later. First: is the gain real? What was it measured against?",
    b=right("Right: a weak twin makes any shared network look good, and a specialist of five lines may beat both."),
    c="A picture of gates changes no number. What was it measured against?",
)
question(
    "multi_task.q4",
    a=right("Right: share where a harmful cost is excluded, and keep apart what loses. Then find out why."),
    b="Tasks do not vote: people use the search. Must all four be shared?",
    c="In three tasks a harmful loss is excluded, and one network is kept in place of three. All or nothing?",
)


@exercise("multi_task.cosine")
def cosine(answer):
    """(−2, −4) and (−1, 0): 2 / (√20 · 1)."""
    return check_value(
        answer,
        1 / np.sqrt(5),
        tolerance=2e-3,
        mistakes=[
            (-1 / np.sqrt(5), "One of your gradients has the wrong sign: both losses want their score higher."),
            (2.0, "This is the dot product. Divide by both lengths."),
            (0.1, "You divided by the squared lengths. Take their roots."),
            (2 / np.sqrt(5), "The length of (−2, −4) is √20, not √5."),
            (0.0, "The films are not at a right angle: (1, 2) · (2, 0) = 2."),
            (np.degrees(np.arccos(1 / np.sqrt(5))), "This is the angle in degrees. Its cosine was asked for."),
            (np.arccos(1 / np.sqrt(5)), "This is the angle in radians. Its cosine was asked for."),
            (-4 / 5, "The gradient of task 2 is (σ(0) − 1) times its film (2, 0), not times the film of task 1."),
            (lambda a: np.size(a) == 2, "These are two numbers, a gradient perhaps. One cosine was asked for."),
        ],
        hint="−2 (truth − prediction) times film 1; (σ(0) − 1) times film 2; their dot product over both lengths.",
        praise="Right: .447. Both tasks want Ann's vector moved to the right, so here they help each other.",
    )


def _mix(z, experts, gates, *, relu=True, softmax=-1, shift=True, one_gate=False, after=False):
    outputs = np.einsum("nd,kdw->nkw", z, experts)
    outputs = np.maximum(outputs, 0) if relu and not after else outputs
    logits = np.einsum("nd,tdk->tnk", z, gates)
    if one_gate:
        logits = np.broadcast_to(logits[:1], logits.shape)
    if softmax is not None:
        weights = np.exp(logits - logits.max(axis=softmax, keepdims=True) * shift)
        weights = weights / weights.sum(axis=softmax, keepdims=True)
    else:
        weights = logits
    read = np.einsum("tnk,nkw->tnw", weights, outputs)
    return np.maximum(read, 0) if after else read


def _mistake(**how):
    def variant(*arguments):
        with np.errstate(all="ignore"):
            return _mix(*arguments, **how)

    return variant


def _inputs():
    """Two tasks, five examples, three experts; then gates in the thousands."""
    rng = np.random.default_rng(2)
    z, experts, gates = rng.normal(size=(5, 4)), rng.normal(size=(3, 4, 6)), rng.normal(size=(2, 4, 3))
    return [(z, experts, gates), (z, experts, 1000 * gates)]


@exercise("multi_task.mix")
def mix(answer):
    """Experts, mixed by a gate a task."""

    def quiet(*arguments):
        with np.errstate(all="ignore"):
            return answer(*arguments)

    return check_function(
        quiet if callable(answer) else answer,
        _mix,
        _inputs(),
        mistakes=[
            (_mistake(shift=False), "e to a large number overflows: take off the largest of each row first."),
            (_mistake(relu=False), "The experts' outputs go through a relu: max(z B, 0)."),
            (_mistake(after=True), "The relu comes before the mix: each expert's own output is at least 0."),
            (_mistake(softmax=None), "The gate's numbers become weights by a softmax: positive, and 1 in sum."),
            (_mistake(softmax=1), "Your softmax runs over the examples. The weights of the experts sum to 1."),
            (_mistake(softmax=0), "Your softmax runs over the tasks. The weights of the experts sum to 1."),
            (_mistake(one_gate=True), "Every task got the gate of the first: gates[t] is task t's."),
            (lambda *a: _mix(*a).swapaxes(0, 1), "The shape is (tasks, examples, width): the first two are swapped."),
        ],
        hint="relu(z @ experts[k]) for each k; softmax over k of z @ gates[t]; their weighted sum, for each t.",
        praise="Right: one set of experts, and each task reads its own mix of them.",
    )
