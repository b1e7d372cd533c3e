"""Checkers of the chapter Grounding."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise, question, right

question(
    "llm_grounding.q1",
    a="Its name is right and the year is not. Whoever follows it by name and year finds nothing.",
    b=right(
        "Right: the title is real and the shop does not have it. The year was not compared, so the film itself may "
        "still be invented."
    ),
    c="Its title exists: the list of other films has it. Invented is what no list has.",
)
question(
    "llm_grounding.q2",
    a="The tree forbids what is not a title. Among 9,066 titles it has no taste.",
    b="A title's probability says how likely the text is after this prompt, and famous names are likely text.",
    c=right(
        "Right: the tree makes every title real. Whether the person wants it is another question, with its own test."
    ),
)
question(
    "llm_grounding.q3",
    a="Then two things change at once: who wrote the text, and what stood in it.",
    b=right("Right: the same films, the same encoder, the same regression, λ chosen alike; only the text differs."),
    c="The new row is read by an encoder, this one is counted words: text and reader differ. Which row changes the "
    "text alone?",
)
question(
    "llm_grounding.q4",
    a="It shows that the sentence is fluent. What did the list depend on?",
    b="The list was there before the reason. Nothing that is done to the sentence afterwards can change it.",
    c=right("Right: change the input of the model that made the list, and look at that model's list."),
)


@exercise("llm_grounding.greedy")
def greedy(answer):
    """The: .4, then Mask .2 before Matrix .1, then the end, 1: .4 · .2 = .08. Up with its end would have .3 · .9."""
    return check_value(
        answer,
        0.08,
        tolerance=1e-3,
        mistakes=[
            (0.27, "This is *Up*, the likeliest title. Greedy decoding takes the likeliest token first: *The*."),
            (0.2, "This is the last choice alone. The probability of the title is the product over its tokens."),
            (0.4, "This is the first token. Go on to the end of the title."),
            (0.28, "*The Godfather* is not in the tree. Which of the children is the likeliest?"),
            (0.04, "This is *The Matrix*. *Mask* is likelier at that step."),
            (
                4 / 7 * 2 / 3,
                "You divided by what the tree leaves. The question is what the free model gives the title.",
            ),
            (0.4 * 2 / 3, "You divided by what the tree leaves in the second step. Leave the free model's .2."),
            (np.log(0.08), "This is the logarithm. The probability itself was asked for."),
            (lambda a: np.size(a) > 1, "These are several numbers. One was asked for: of the whole title."),
        ],
        hint="Which first token may come, and which is the likeliest? Then the same behind it; multiply.",
        praise="Right: .4 · .2 · 1. Greedy writes The Mask, though Up has .27.",
    )


def _beam(titles, log_p, width, *, keep=None, value=None, apart=False, once=True, tree=True):
    """The titles hold their end; the best finished one by the sum of log p, of `width` kept after each step.

    The rest are mistakes.   keep: another width.   value: what is compared, of (sum, beginning, last step).   apart: a
    finished title leaves the beam.   once: each next token once.   tree: only tokens with which a title goes on."""
    value = value or (lambda total, begun, step: total)
    kept, ended = [(0.0, (), 0.0)], []
    for _ in range(20):
        if all(begun[-1:] == (0,) for _, begun, _ in kept):
            break
        longer = []
        for total, begun, step in kept:
            if begun[-1:] == (0,):
                longer.append((total, begun, step))
                continue
            row, n = log_p(begun), len(begun)
            options = [title[n] for title in titles if title[:n] == begun] if tree else range(len(row))
            options = sorted(set(options)) if once else options
            longer += [(total + row[token], (*begun, token), row[token]) for token in options]
        if apart:
            ended += [one for one in longer if one[1][-1] == 0]
            longer = [one for one in longer if one[1][-1] != 0]
        kept = sorted(longer, key=lambda one: value(*one), reverse=True)[: keep or width]
    return max((one for one in kept + ended if one[1][-1:] == (0,)), key=lambda one: value(*one), default=((),) * 3)[1]


def _width_each(titles, log_p, width):
    """The mistake of keeping `width` of each beginning, not of all together: after a few steps nothing is cut off."""
    kept = [(0.0, ())]
    while not all(begun[-1:] == (0,) for _, begun in kept):
        longer = []
        for total, begun in kept:
            if begun[-1:] == (0,):
                longer.append((total, begun))
                continue
            row, n = log_p(begun), len(begun)
            tokens = {title[n] for title in titles if title[:n] == begun}
            longer += sorted(((total + row[token], (*begun, token)) for token in tokens), reverse=True)[:width]
        kept = longer
    return max(kept)[1]


def _inputs():
    """Catalogues over six tokens, 0 ends a title; the log-probabilities depend on all that is written. In these each
    mistake gives another title than every other mistake, once at least."""
    cases = []
    for seed, width in ((29, 3), (3, 2), (17, 2), (0, 1)):
        rng = np.random.default_rng(seed)
        titles = {(*rng.integers(1, 6, size=rng.integers(1, 6)).tolist(), 0) for _ in range(25)}
        cases.append((sorted(titles), _log_p(seed), width))
    return cases


def _log_p(seed):
    """A model of a vocabulary of six: begun (a tuple) → log-probabilities, a list."""

    def log_p(begun):
        logits = np.random.default_rng([seed, len(begun), *map(int, begun)]).normal(size=6) * 1.5
        return (logits - np.log(np.exp(logits).sum())).tolist()

    return log_p


@exercise("llm_grounding.beam")
def beam(answer):
    """The best finished title that a beam finds: at each step the `width` best beginnings are kept."""

    def mistake(**how):
        return lambda *arguments: _beam(*arguments, **how)

    return check_function(
        _as_tuple(answer) if callable(answer) else answer,
        _beam,
        _inputs(),
        mistakes=[
            (mistake(keep=1), "You keep one beginning: that is greedy. Keep the `width` best."),
            (
                mistake(value=lambda total, begun, step: step),
                "You compare the last step alone. Compare the sums of log p from the first token.",
            ),
            (
                mistake(value=lambda total, begun, step: total / max(len(begun), 1)),
                "You compare means a token, which favours long titles. Compare the sums.",
            ),
            (mistake(tree=False), "You extend by tokens with which no title goes on: that is a beam without the tree."),
            (
                mistake(once=False),
                "Two titles that begin alike give the same beginning twice, and it takes two places. Take each next "
                "token once, as a set.",
            ),
            (
                _width_each,
                "You keep `width` of each beginning. Sort all of them together, and keep `width` in all.",
            ),
            (
                mistake(apart=True),
                "A finished title takes its place in the beam too: it competes with beginnings that go on.",
            ),
            (lambda *a: _beam(*a)[:-1], "The end is missing: give the title as it stands in `titles`, with its 0."),
            (
                mistake(keep=99),
                "You keep all beginnings, so you look at every title. Keep `width` after each step.",
            ),
        ],
        hint="Start with [(0.0, ())] → extend each unfinished one by each allowed token, each once (a set), none that "
        "leaves the tree → sort all of them together by the sum, keep `width` → until all kept are finished → the "
        "best.",
        praise="Right: with a width of 2 or 3 the tree is searched at two or three times the price of greedy.",
    )


def _as_tuple(function):
    """A title as a list or an array is as good as a tuple."""

    def tuple_of(*arguments):
        title = function(*arguments)
        return tuple(map(int, title)) if isinstance(title, (list, tuple, np.ndarray)) else title

    return tuple_of
