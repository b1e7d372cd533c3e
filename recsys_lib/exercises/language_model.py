"""Checkers of the chapter Inside a language model."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise, question, right

question(
    "language_model.q1",
    a=right(
        "Right: s t ar t s after the first merge, st ar t s after the second, then star t s; no merge joins t and s."
    ),
    b="After the first two merges the neighbours `st` and `ar` stand there, and the third merge joins them.",
    c="The list has no merge `t s`. Only pairs of the list are joined, however common they look.",
)
question(
    "language_model.q2",
    a="The wrong rotation has the right shapes and no parameter of its own. Nothing here would differ.",
    b="With five tokens the wrong rotation says Paris too. At which distances does it do its harm?",
    c=right("Right: numbers differ long before the written text looks wrong. A long text also tests far places."),
)
question(
    "language_model.q3",
    a="46,080 bytes times 1,000 tokens: that is one conversation. There are 200.",
    b=right("Right: 46,080 · 1,000 · 200 bytes. The weights in float32 are .54 GB, a seventeenth of it."),
    c="This counts a key and a value for each of the nine heads. How many of them are stored?",
)
question(
    "language_model.q4",
    a="These are the 30 layers alone. The vector is then compared with 49,152 rows of 576 numbers.",
    b=right("Right: 3.54 million a layer, times 30, and 28.3 million at the end: each number of a matrix once."),
    c="This counts each addition too. How many multiplications are there?",
)


@exercise("language_model.second")
def second(answer):
    """6, 3, 2, 1 squared over their sum: .72, .18, .08, .02; the first two reach .8; .18/.90."""
    return check_value(
        answer,
        0.2,
        tolerance=2e-3,
        mistakes=[
            (0.18, "This is before top-p: divide by the sum of the tokens that remain."),
            (0.8, "This is the first token's. The second was asked for."),
            (3 / 11, "You left the temperature out: divide the logits by ½, so 6, 3, 2, 1 are squared."),
            (1 / 3, "You left the temperature out, and dropped the token that reaches .8: it is kept."),
            (np.sqrt(3) / np.sqrt([6, 3, 2]).sum(), "You multiplied by the temperature: the logits are divided by ½."),
            (9 / 49, "You applied top-p first. The temperature comes first; then .72 and .18 reach .8."),
            (0, "The token that reaches .8 is kept: .72 is too little, and .72 + .18 = .90 reaches it."),
            (0.25, "These are the probabilities at temperature 1, all four kept. Square them, then cut off the tail."),
            (20, "This is in percent. A probability lies between 0 and 1."),
            (lambda a: np.size(a) > 1, "These are several numbers. The second token's probability was asked for."),
        ],
        hint="6², 3², 2², 1² over their sum; keep the likeliest until .8 is reached; divide by the sum of the kept.",
        praise="Right: .18 of .90. The two least likely tokens can no longer be drawn.",
    )


def _log_softmax(logits, axis=1):
    rows = logits - logits.max(axis=axis, keepdims=True)
    return rows - np.log(np.exp(rows).sum(axis=axis, keepdims=True))


def _log_likelihood(logits, tokens, n_prompt, *, shift=1, first=None, last=None, raw=False, axis=1, of=np.sum):
    """The sum over the places of the text; shift: how many rows before a token its logits stand."""
    log_p = logits if raw else _log_softmax(logits, axis)
    places = np.arange(n_prompt if first is None else first(n_prompt), len(tokens) if last is None else last)
    return of(log_p[places - shift, tokens[places]])


def _overflows(logits, tokens, n_prompt, *, shift=1):
    """The softmax as it is written, without taking off the largest logit."""
    with np.errstate(all="ignore"):
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return _log_likelihood(np.log(p), tokens, n_prompt, raw=True, shift=shift)


def _all_columns(logits, tokens, n_prompt):
    """In every row of the text the columns of all its tokens, not one a row."""
    return _log_softmax(logits)[n_prompt - 1 : -1][:, tokens[n_prompt:]].sum()


def _inputs():
    """Three texts; the logits of the last lie about 1,000, where e to a logit overflows."""
    cases = []
    for seed, (n_prompt, n, level) in enumerate(((1, 4, 0.0), (3, 7, 2.0), (2, 5, 1000.0))):
        rng = np.random.default_rng(seed)
        cases.append((rng.normal(size=(n, 9)) + level, rng.integers(9, size=n), n_prompt))
    return cases


@exercise("language_model.log_likelihood")
def log_likelihood(answer):
    """Σ log p of the tokens after the prompt, from the logits one row earlier."""

    def mistake(**how):
        return lambda *arguments: _log_likelihood(*arguments, **how)

    return check_function(
        _quiet(answer) if callable(answer) else answer,
        _log_likelihood,
        _inputs(),
        mistakes=[
            (_overflows, "e to a large logit overflows: take each row's largest logit off first."),
            (
                lambda *a: _overflows(*a, shift=0),
                "Two things. Row t speaks of the token after t: tokens[t] has its logits in row t − 1. "
                "And e to a large logit overflows: take each row's largest logit off first.",
            ),
            (
                _all_columns,
                "Your index takes all these columns in every row. One a row: log_p[np.arange(len(text)), text].",
            ),
            (mistake(shift=0), "Row t speaks of the token after t: the logits of tokens[t] stand in row t − 1."),
            (mistake(first=lambda n: 1), "You count the prompt too. Begin with tokens[n_prompt]."),
            (
                mistake(first=lambda n: n + 1),
                "The first token of the text is missing: its logits stand in row n_prompt − 1.",
            ),
            (mistake(raw=True), "You add up logits. Log-probabilities first: each row minus the log of Σ e^logit."),
            (mistake(of=np.mean), "This is the mean a token. The log-likelihood is the sum."),
            (lambda *a: -_log_likelihood(*a), "The sign is turned: this is a loss. A log-likelihood is at most 0."),
            (lambda *a: _log_likelihood(*a) / np.log(2), "This is in bits. The natural logarithm was asked for."),
            (lambda *a: np.exp(_log_likelihood(*a)), "This is the probability itself. Leave it as a logarithm."),
            (
                mistake(of=lambda log_p: np.log(np.exp(log_p).sum())),
                "You added probabilities. The probability of a text is their product: add the logarithms.",
            ),
            (mistake(axis=0), "Your softmax runs down the columns. Each row is one distribution over the tokens."),
            (
                mistake(of=lambda log_p: log_p),
                "This is one number a token. Add them up.",
            ),
        ],
        hint="Rows n_prompt − 1 to the last but one → log-softmax of each row → pick tokens[n_prompt:] → sum.",
        praise="Right. With this number the model can rank any list of texts.",
    )


def _quiet(function):
    """The answer without NumPy's warnings: an overflow is told by its result."""

    def quiet(*arguments):
        with np.errstate(all="ignore"):
            return function(*arguments)

    return quiet
