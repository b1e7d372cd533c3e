"""The checker of the exercises: `check("similarity.cosine", answer)` says what is right, what is wrong and why.

An answer is a value or a function. Each chapter has a file here of the chapter's name, whose checkers are registered
with `@exercise("chapter.name")`: a function `answer -> Verdict`, one of `right(…)`, `wrong(hint)`, `not_yet()`.
A question with options is one call: `question("chapter.q1", a="hint", b=right("why"), c="hint")`.
"""

import copy
from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple

import numpy as np

NO_NUMBERS = TypeError, ValueError, OverflowError  # what an answer raises that cannot be made numbers
_CHECKERS = {}


class Verdict(NamedTuple):
    """What a checker says of an answer: state "right", "wrong" or "not yet", and one sentence."""

    state: str
    message: str

    def __str__(self):
        return {"right": "✓ ", "wrong": "✗ ", "not yet": "… not yet: "}[self.state] + self.message

    def _ipython_display_(self):
        """Nothing: `check` has printed it, and as the last line of a cell it would be shown once more."""


def right(message="Right."):
    return Verdict("right", message)


def wrong(hint):
    return Verdict("wrong", hint)


def not_yet(message="write your answer in this cell, then run it again."):
    return Verdict("not yet", message)


def exercise(name):
    """Register the decorated function `answer -> Verdict` as the checker of "chapter.exercise"."""

    def register(checker):
        _CHECKERS[name] = checker
        return checker

    return register


def question(name, **options):
    """Register a question that is answered by a letter: `check("chapter.q1", "b")`.

    options: for each letter the hint that a wrong answer gets, or `right("why")`; letter case, spaces, dots and
    brackets in an answer do not count.   Raises ValueError unless one option or more is right and one or more wrong,
    each with its hint."""
    verdicts = {letter: option if isinstance(option, Verdict) else wrong(option) for letter, option in options.items()}
    states = [verdict.state for verdict in verdicts.values()]
    if set(states) != {"right", "wrong"} or not all(
        isinstance(v.message, str) and v.message for v in verdicts.values()
    ):
        raise ValueError(f"expected right(…) for one option of {name!r} and a hint for each other, got {options}")
    letters = ", ".join(verdicts)

    @exercise(name)
    def checker(answer):
        letter = str(answer).strip(" .()[]\n\t").casefold()
        if not letter and isinstance(answer, str):
            return not_yet("put the letter of your answer in this cell, then run it again.")
        return verdicts.get(letter, wrong(f"There is no option {letter[:20]!r}: answer one of {letters}, as text."))


def check(name, answer):
    """Print one line on an answer, once: right, wrong with a hint, or not yet. Returns the Verdict.

    name: "chapter.exercise".   answer: a value, a function or the letter of an option, as the exercise asks; None or
    ... is not yet.
    A function that raises is answered with a hint that names the exception. Raises KeyError for an unknown name."""
    chapter = str(name).partition(".")[0]
    if chapter in {module.name for module in iter_modules(__path__)}:
        import_module(f"{__name__}.{chapter}")
    if name not in _CHECKERS:
        known = [n for n in sorted(_CHECKERS) if n.startswith(f"{chapter}.")]
        known = known or [module.name + ".…" for module in iter_modules(__path__)]
        raise KeyError(f"no exercise {name!r}; there is {', '.join(known) or 'none'}")
    verdict = not_yet() if _unfilled(answer) else _CHECKERS[name](answer)
    print(verdict)
    return verdict


def _unfilled(value):
    return value is None or value is ...


def close(value, expected, *, tolerance=1e-6):
    """Is value the number or array expected, within the tolerance (relative and absolute)?

    value: number, list, tuple, array, tensor, Series or sparse matrix; NaN equals NaN. False where the shape differs or
    it is no number at all. A shape (1,) or () makes no difference."""
    try:
        value, expected = _array(value), _array(expected)
    except NO_NUMBERS:
        return False
    if value.size == expected.size == 1:
        value, expected = value.reshape(()), expected.reshape(())
    return value.shape == expected.shape and np.allclose(value, expected, tolerance, tolerance, equal_nan=True)


def _array(value):
    return np.asarray(value.toarray() if hasattr(value, "toarray") else value, dtype=np.float64)


def flat(value):
    """An answer as one row of numbers, such as a column or a sparse row; what holds no numbers as it is."""
    try:
        return np.ravel(_array(value))
    except NO_NUMBERS:
        return value


def check_value(answer, expected, *, mistakes=(), hint="This is not the value.", praise="Right.", tolerance=1e-6):
    """Verdict on a value. mistakes: (wrong value or function answer -> bool, hint); the first that fits speaks."""
    if close(answer, expected, tolerance=tolerance):
        return right(praise)
    for mistake, its_hint in mistakes:
        if _quietly(mistake, answer) if callable(mistake) else close(answer, mistake, tolerance=tolerance):
            return wrong(its_hint)
    return wrong(hint)


def check_function(
    answer, expected, inputs, *, mistakes=(), hint="Some results differ.", praise="Right.", tolerance=1e-6
):
    """Verdict on a function, called on each tuple of inputs and compared with expected(*input).

    mistakes: pairs (function of the same inputs that makes the mistake, hint): it speaks where the answer equals the
    mistaken function on all inputs. Inputs are copied, so that an answer may change them."""
    if not callable(answer):
        return wrong(f"A function is asked for; this is a {type(answer).__name__}. Pass it without parentheses.")
    results = []
    for arguments in inputs:
        try:
            results.append(answer(*copy.deepcopy(arguments)))
        except NotImplementedError:
            return not_yet()
        except Exception as error:  # whatever a learner's code raises is an answer too
            return wrong(f"Your function raises {type(error).__name__}: {' '.join(str(error).split())}")
        if _unfilled(results[-1]):
            return not_yet() if len(results) == 1 else wrong("Your function returns None for some inputs.")

    def equals(function):
        return all(close(r, function(*copy.deepcopy(a)), tolerance=tolerance) for r, a in zip(results, inputs))

    if equals(expected):
        return right(praise)
    for mistake, its_hint in mistakes:
        if equals(mistake):
            return wrong(its_hint)
    return wrong(hint)


def _quietly(predicate, answer):
    """A predicate that cannot read the answer does not fit it."""
    try:
        return bool(predicate(answer))
    except Exception:
        return False
