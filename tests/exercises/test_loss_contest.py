"""Which loss makes a list: right answers are accepted however they are written, wrong ones get their hint."""

import math

import numpy as np
import pytest

from recsys_lib.exercises import check


@pytest.mark.parametrize(
    ("name", "letter"), [("loss_contest.q1", "b"), ("loss_contest.q2", "b"), ("loss_contest.q3", "c")]
)
def test_questions(name, letter):
    assert check(name, letter).state == "right"
    assert check(name, f" {letter.upper()}) ").state == "right"
    assert check(name, None).state == "not yet"


@pytest.mark.parametrize(
    ("name", "answer", "hint"),
    [
        ("loss_contest.q1", "a", "a list is an order"),
        ("loss_contest.q1", "c", "below the mean"),
        ("loss_contest.q2", "a", "its own interval"),
        ("loss_contest.q2", "c", "other data"),
        ("loss_contest.q3", "a", "below popularity"),
        ("loss_contest.q3", "b", "one star"),
        ("loss_contest.q3", "d", "no option"),
    ],
)
def test_wrong_options(name, answer, hint):
    verdict = check(name, answer)
    assert verdict.state == "wrong" and hint in verdict.message


@pytest.mark.parametrize("answer", [6.4, [6.4], "6.4", np.float32(6.4), 400 / 62.5])
def test_equal_bias_right(answer):
    assert check("loss_contest.equal_bias", answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (400 / 395, "Subtract the mean"),
        (1.01, "Subtract the mean"),
        (-6.4, "sign"),
        (0.15625, "one over"),
        (5, "0.75"),
        (100, "0.35"),
        (0, "1.5 and 0.7"),
        (5.16, "do not add"),
        (0.658, "both films have"),
        ([0.658, 0.658], "both films have"),
        (6, "one decimal"),
        (7, "one decimal"),
        (64, "decimal place"),
        ("0.64", "decimal place"),
        (12, "multiply both sides"),
        ("six", "multiply both sides"),
    ],
)
def test_equal_bias_wrong(answer, hint):
    verdict = check("loss_contest.equal_bias", answer)
    assert verdict.state == "wrong" and hint in verdict.message


def steps(rows, batch, epochs):
    return epochs * math.ceil(rows / batch)


def exact(share, rate, rows, batch, epochs):
    return (1 - share ** (1 / steps(rows, batch, epochs))) / rate


def whole_numbers(share, rate, rows, batch, epochs):
    return math.log(1 / share) / rate / epochs / (-(-rows // batch))


@pytest.mark.parametrize("answer", [exact, whole_numbers])
def test_decay_right(answer):
    assert check("loss_contest.decay_for", answer).state == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda s, r, n, b, e: math.log(s) / (r * steps(n, b, e)), "turn the sign"),
        (lambda s, r, n, b, e: -math.log(1 - s) / (r * steps(n, b, e)), "not what is lost"),
        (lambda s, r, n, b, e: -math.log(s) / (r * e), "counted epochs"),
        (lambda s, r, n, b, e: -math.log(s) / (r * e * n), "for each row"),
        (lambda s, r, n, b, e: -math.log(s) / (r * e * max(1, n // b)), "may be smaller"),
        (lambda s, r, n, b, e: -math.log(s) / (r * e * n / b), "Part of a batch"),
        (lambda s, r, n, b, e: -math.log(s) / (r * math.ceil(e * n / b)), "rounded up once"),
        (lambda s, r, n, b, e: -math.log(s) / r, "times the number of steps"),
        (lambda s, r, n, b, e: print(exact(s, r, n, b, e)), "End it with return"),
        (lambda s, r, n, b, e: -math.log(s) / steps(n, b, e), "left to divide by"),
        (lambda s, r, n, b, e: -math.log10(s) / (r * steps(n, b, e)), "natural logarithm"),
        (lambda s, r, n, b, e: (1 - s) / (r * steps(n, b, e)), "what is left"),
        (lambda s, r, n, b, e: math.exp(-r * s * steps(n, b, e)), "Solve the same equation"),
        (lambda s, r, n, b, e: 1.0, "rounded up"),
        (0.5, "function"),
        (lambda s: s, "raises TypeError"),
    ],
)
def test_decay_wrong(answer, hint):
    verdict = check("loss_contest.decay_for", answer)
    assert verdict.state == "wrong" and hint in verdict.message


def test_decay_unfilled():
    assert check("loss_contest.decay_for", lambda s, r, n, b, e: None).state == "not yet"
