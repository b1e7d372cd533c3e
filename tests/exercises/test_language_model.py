"""Other right ways and typical mistakes of the exercises of Inside a language model."""

import json

import numpy as np
import pytest
from scipy import special

from bookfiles import ROOT
from recsys_lib.exercises import check


def said(capsys, name, answer):
    state = check(name, answer).state
    return state, capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("language_model.q1", "a"),
        ("language_model.q2", "c"),
        ("language_model.q3", "b"),
        ("language_model.q4", "b"),
    ],
)
def test_questions(capsys, name, right):
    assert said(capsys, name, None)[0] == "not yet"
    for letter in "abcd":
        assert said(capsys, name, letter)[0] == ("right" if letter == right else "wrong")


def test_what_the_praise_of_question_1_says():
    from recsys_lib.models.bpe import merge

    rank = {("a", "r"): 0, ("s", "t"): 1, ("st", "ar"): 2}
    steps = [merge(list("starts"), dict(list(rank.items())[:n])) for n in (1, 2, 3)]
    assert [" ".join(parts) for parts in steps] == ["s t ar t s", "st ar t s", "star t s"]


def test_the_multiplications_of_question_4():
    layer = 2 * 576 * 576 + 2 * 576 * 192 + 3 * 576 * 1536
    shown = [round(n / 1e6) for n in (30 * layer, 30 * layer + 49_152 * 576, 2 * (30 * layer + 49_152 * 576))]
    assert shown == [106, 134, 269]


@pytest.mark.parametrize("answer", [0.2, "0.2", [0.2], np.float32(0.2), 9 / 45])
def test_second_right(capsys, answer):
    assert said(capsys, "language_model.second", answer)[0] == "right"


def test_second_is_what_the_library_draws_with(capsys):
    pytest.importorskip("tensorflow")
    from recsys_lib.models.language_model import next_token_probabilities

    p = next_token_probabilities(np.log([6, 3, 2, 1]), temperature=0.5, top_p=0.8)
    assert said(capsys, "language_model.second", p[1])[0] == "right"
    np.testing.assert_allclose(p, [0.8, 0.2, 0, 0])
    roots = np.sqrt([6, 3, 2, 1])
    np.testing.assert_allclose(next_token_probabilities(np.log([6, 3, 2, 1]), temperature=2), roots / roots.sum())


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (0.18, "before top-p"),
        (0.8, "first token's"),
        (0.2727, "left the temperature out"),
        (1 / 3, "dropped the token that reaches"),
        (20, "in percent"),
        (0.3095, "multiplied by the temperature"),
        (9 / 49, "top-p first"),
        (0, "is kept"),
        (0.25, "temperature 1"),
        ([0.8, 0.2], "several numbers"),
        (7, "over their sum"),
    ],
)
def test_second_wrong(capsys, answer, hint):
    state, text = said(capsys, "language_model.second", answer)
    assert state == "wrong" and hint in text, text


def with_a_loop(logits, tokens, n_prompt):
    total = 0.0
    for place in range(n_prompt, len(tokens)):
        row = logits[place - 1]
        total += row[tokens[place]] - special.logsumexp(row)
    return total


def with_log_softmax(logits, tokens, n_prompt):
    log_p = special.log_softmax(logits[:-1], axis=-1)
    return np.take_along_axis(log_p, tokens[1:, None], axis=1)[n_prompt - 1 :].sum()


@pytest.mark.parametrize("answer", [with_a_loop, with_log_softmax])
def test_log_likelihood_right(capsys, answer):
    assert said(capsys, "language_model.log_likelihood", answer)[0] == "right"


def test_the_solution_is_the_library_s_sum():
    pytest.importorskip("tensorflow")
    from recsys_lib.models.language_model import LanguageModel

    stored = json.loads((ROOT / "tests" / "fixtures" / "smollm2.json").read_text("utf-8"))
    case = stored["log_likelihood"][0]
    model, prompt, text = LanguageModel(), case["prompt_tokens"], case["continuation_tokens"]
    mine = with_a_loop(model.logits(prompt + text).astype(float), np.array(prompt + text), len(prompt))
    np.testing.assert_allclose(mine, model.log_likelihood(prompt, [text])[0], atol=1e-4)
    np.testing.assert_allclose(mine, case["sum"], atol=stored["tolerance"])


def log_p(logits, axis=-1):
    return special.log_softmax(logits, axis=axis)


def picked(rows, tokens, first, shift=1):
    return np.array([rows[place - shift, tokens[place]] for place in range(first, len(tokens))])


def overflows(logits, tokens, n_prompt, shift=1):
    with np.errstate(all="ignore"):
        return np.log(picked(np.exp(logits) / np.exp(logits).sum(axis=1)[:, None], tokens, n_prompt, shift)).sum()


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (overflows, "overflows"),
        (lambda z, t, n: overflows(z, t, n, shift=0), "Two things"),
        (lambda z, t, n: log_p(z)[n - 1 : -1][:, t[n:]].sum(), "One a row"),
        (lambda z, t, n: picked(log_p(z), t, n, shift=0).sum(), "stand in row t − 1"),
        (lambda z, t, n: picked(log_p(z), t, 1).sum(), "count the prompt too"),
        (lambda z, t, n: picked(log_p(z), t, n + 1).sum(), "first token of the text is missing"),
        (lambda z, t, n: picked(z, t, n).sum(), "add up logits"),
        (lambda z, t, n: picked(log_p(z), t, n).mean(), "the mean a token"),
        (lambda z, t, n: -picked(log_p(z), t, n).sum(), "sign is turned"),
        (lambda z, t, n: picked(log_p(z), t, n).sum() / np.log(2), "in bits"),
        (lambda z, t, n: np.exp(picked(log_p(z), t, n).sum()), "probability itself"),
        (lambda z, t, n: special.logsumexp(picked(log_p(z), t, n)), "added probabilities"),
        (lambda z, t, n: picked(log_p(z, axis=0), t, n).sum(), "down the columns"),
        (lambda z, t, n: picked(log_p(z), t, n), "one number a token"),
        (lambda z, t, n: 0.0, "log-softmax of each row"),
        (lambda z, t, n: z["a"], "IndexError"),
        (-3.0, "A function is asked for"),
    ],
)
def test_log_likelihood_wrong(capsys, answer, hint):
    state, text = said(capsys, "language_model.log_likelihood", answer)
    assert state == "wrong" and hint in text, text


@pytest.mark.parametrize("answer", [None, ..., lambda *arguments: None, lambda *arguments: ...])
def test_unfilled(capsys, answer):
    if not callable(answer):
        assert said(capsys, "language_model.second", answer)[0] == "not yet"
    assert said(capsys, "language_model.log_likelihood", answer)[0] == "not yet"
