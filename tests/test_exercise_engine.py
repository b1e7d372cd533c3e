"""The engine of the exercises: every kind of answer gets one line, and none a traceback."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from recsys_lib import exercises
from recsys_lib.exercises import (
    Verdict,
    check,
    check_function,
    check_value,
    close,
    exercise,
    not_yet,
    question,
    right,
    wrong,
)


@pytest.fixture(autouse=True)
def _own_checkers(monkeypatch):
    monkeypatch.setattr(exercises, "_CHECKERS", {})

    @exercise("paper.cosine")
    def cosine_checker(answer):
        mistakes = [(20, "Your value is the dot product. What is left to divide by?")]
        mistakes.append((lambda value: value > 1, "A cosine is never above 1."))
        return check_value(answer, 0.8, mistakes=mistakes, hint="Not the cosine.")

    @exercise("paper.mean")
    def mean_checker(answer):
        rng = np.random.default_rng(0)
        inputs = [(rng.random(n), np.arange(1, n + 1)) for n in (2, 5, 9)]

        def unweighted(x, w):
            return x.mean()

        mistakes = [(unweighted, "You forget the weights."), (lambda x, w: x @ w, "You do not divide.")]
        return check_function(answer, lambda x, w: x @ w / w.sum(), inputs, mistakes=mistakes)


def said(capsys, name, answer):
    verdict = check(name, answer)
    out = capsys.readouterr().out
    assert out == f"{verdict}\n" and "\n" not in str(verdict)
    return out.strip()


@pytest.mark.parametrize("answer", [0.8, 0.8 + 1e-9, np.float32(0.8), [0.8], (0.8,), pd.Series([0.8]), np.array(0.8)])
def test_a_right_value_is_right_however_written(capsys, answer):
    assert said(capsys, "paper.cosine", answer) == "✓ Right."


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (20, "Your value is the dot product. What is left to divide by?"),
        (1.3, "A cosine is never above 1."),
        (0.5, "Not the cosine."),
        ("eight tenths", "Not the cosine."),
        ([0.8, 0.8], "Not the cosine."),
        (np.nan, "Not the cosine."),
        (lambda: 0.8, "Not the cosine."),
    ],
)
def test_a_wrong_value_is_named(capsys, answer, hint):
    assert said(capsys, "paper.cosine", answer) == f"✗ {hint}"


@pytest.mark.parametrize("answer", [None, ...])
@pytest.mark.parametrize("name", ["paper.cosine", "paper.mean"])
def test_an_unfilled_stub_is_not_yet(capsys, name, answer):
    assert said(capsys, name, answer).startswith("… not yet:")


def raises(error):
    def function(*_):
        raise error

    return function


def changes_its_input(x, w):
    x *= w
    return x.sum() / w.sum()


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (lambda x, w: np.average(x, weights=w), "✓ Right."),
        (lambda x, w: [sum(a * b for a, b in zip(x, w)) / sum(w)], "✓ Right."),
        (changes_its_input, "✓ Right."),
        (lambda x, w: sum(x) / len(x), "✗ You forget the weights."),
        (lambda x, w: (x * w).sum(), "✗ You do not divide."),
        (lambda x, w: 0, "✗ Some results differ."),
        (lambda x, w: x, "✗ Some results differ."),
        (lambda x, w: None if len(x) > 2 else x @ w / w.sum(), "✗ Your function returns None for some inputs."),
        (lambda x: x.mean(), "✗ Your function raises TypeError: "),
        (raises(ZeroDivisionError("division by zero")), "✗ Your function raises ZeroDivisionError: division by zero"),
        (raises(ValueError("two\nlines")), "✗ Your function raises ValueError: two lines"),
        (raises(NotImplementedError), "… not yet:"),
        (lambda x, w: None, "… not yet:"),
        (lambda x, w: ..., "… not yet:"),
        (0.5, "✗ A function is asked for; this is a float. Pass it without parentheses."),
    ],
)
def test_functions_are_judged_by_what_they_return(capsys, answer, line):
    assert said(capsys, "paper.mean", answer).startswith(line)


def test_an_unknown_name_lists_those_of_its_chapter():
    with pytest.raises(KeyError, match="'paper.cosin'; there is paper.cosine, paper.mean"):
        check("paper.cosin", 1)
    with pytest.raises(KeyError, match="no exercise 'nowhere.at_all'"):
        check("nowhere.at_all", None)


def test_a_chapter_is_imported_by_its_prefix(capsys, monkeypatch, tmp_path):
    (tmp_path / "leaf.py").write_text(
        "from recsys_lib.exercises import exercise, right\n"
        "@exercise('leaf.one')\n"
        "def one(answer):\n    return right(f'{answer} it is.')\n"
    )
    monkeypatch.setattr(exercises, "__path__", [*exercises.__path__, str(tmp_path)])
    assert said(capsys, "leaf.one", 1) == "✓ 1 it is."


def test_close_reads_numbers_in_any_container():
    class Tensor:
        def __array__(self, dtype=None, copy=None):
            return np.array([1.0, 2.0], dtype=dtype)

    for value in ([1, 2], (1, 2), np.array([1, 2]), pd.Series([1, 2], [7, 8]), Tensor(), sparse.csr_array([[1, 2]])):
        expected = np.array([[1, 2]]) if sparse.issparse(value) else [1, 2]
        assert close(value, expected)
        assert not close(value, np.asarray(expected) + 0.1)
    assert close([np.nan, 1], [np.nan, 1]) and not close([np.nan, 1], [0, 1])
    assert not close([[1, 2]], [1, 2]), "another shape is another answer"
    assert not close("x", 1) and not close({"a": 1}, 1) and not close([1, [2, 3]], [1, 2])
    assert close(1.001, 1, tolerance=0.01) and not close(1.001, 1)


def test_verdicts():
    assert right() == Verdict("right", "Right.") and str(wrong("No.")) == "✗ No."
    assert not_yet().state == "not yet"


# --- questions with options


def a_question():
    question("paper.q1", a="That is the sum.", b=right("A mean divides by n."), c="That divides twice.")


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ("b", "✓ A mean divides by n."),
        (" B) ", "✓ A mean divides by n."),
        ("(b)", "✓ A mean divides by n."),
        ("b.", "✓ A mean divides by n."),
        ("a", "✗ That is the sum."),
        ("C", "✗ That divides twice."),
        ("d", "✗ There is no option 'd': answer one of a, b, c, as text."),
        ("ab", "✗ There is no option 'ab': answer one of a, b, c, as text."),
        (2, "✗ There is no option '2': answer one of a, b, c, as text."),
        (["a", "b"], "✗ There is no option"),
        (None, "… not yet:"),
        (..., "… not yet:"),
        ("", "… not yet: put the letter"),
    ],
)
def test_a_question_has_a_hint_for_each_wrong_answer(capsys, answer, line):
    a_question()
    assert said(capsys, "paper.q1", answer).startswith(line)


@pytest.mark.parametrize(
    "options",
    [{}, {"a": "no", "b": "no"}, {"a": right("yes")}, {"a": right("yes"), "b": ""}, {"a": right("yes"), "b": None}],
)
def test_a_question_without_a_right_answer_or_a_hint_is_refused(options):
    with pytest.raises(ValueError, match="expected right.* for one option of 'paper.q2' and a hint for each other"):
        question("paper.q2", **options)


def test_a_notebook_shows_a_verdict_once(capsys):
    """IPython's own formatter finds nothing left to show for the value of a last line."""
    display = pytest.importorskip("IPython.core.formatters").DisplayFormatter()
    assert display.format("text")[0], "it shows other values"
    a_question()
    data, _ = display.format(check("paper.q1", "a"))
    assert data == {} and capsys.readouterr().out == "✗ That is the sum.\n"
