"""claim prints what holds, stops at what does not, refuses what decides nothing; verdict reads a second data set."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from recsys_lib.claims import ClaimError, claim, read_pairs, verdict
from recsys_lib.evaluation import compare


def test_a_claim_that_holds_is_printed_with_its_evidence(capsys):
    claim("EASE beats popularity.", np.bool_(True), ".052 [.041, .063]")
    assert capsys.readouterr().out == "✓ EASE beats popularity.\n  .052 [.041, .063]\n"
    claim("Two is even.", 2 % 2 == 0)
    assert capsys.readouterr().out == "✓ Two is even.\n"


def test_a_claim_that_does_not_hold_raises(capsys):
    with pytest.raises(ClaimError, match=r"does not hold: EASE wins\.\n  \.001 \[−\.002, \.004\]"):
        claim("EASE wins.", False, ".001 [−.002, .004]")
    assert issubclass(ClaimError, AssertionError)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("text", ["", "  ", None, 3])
def test_a_claim_needs_a_sentence(text):
    with pytest.raises(ValueError, match="sentence"):
        claim(text, True)


@pytest.mark.parametrize("holds", [1, 0.0, None, "yes", np.nan, np.array([True, True]), np.array(True), [True]])
def test_a_claim_needs_true_or_false(holds):
    with pytest.raises(ValueError, match="True or False"):
        claim("It holds.", holds)


@pytest.mark.parametrize(
    ("pair", "read"),
    [
        (("full_build", "EASE", "ItemKNN"), [("full_build", "EASE", "ItemKNN", "ndcg@10")]),
        (("full_build/newcomers", "EASE", "ItemKNN"), [("full_build/newcomers", "EASE", "ItemKNN", "ndcg@10")]),
        (("full_build", "EASE", "ItemKNN", "recall@20"), [("full_build", "EASE", "ItemKNN", "recall@20")]),
        ([("a1", "x, y", "z"), ("a1", "x", "z", "hit@10, 99 popular")],
         [("a1", "x, y", "z", "ndcg@10"), ("a1", "x", "z", "hit@10, 99 popular")]),
    ],
)  # fmt: skip
def test_a_pair_changes_nothing_that_is_printed(pair, read, capsys):
    claim("EASE beats item-kNN.", True, ".01", pair=pair)
    assert capsys.readouterr().out == "✓ EASE beats item-kNN.\n  .01\n"
    assert read_pairs(pair) == read


@pytest.mark.parametrize(
    "pair",
    [
        "full_build",
        (),
        [],
        ("full_build", "EASE"),
        ("full_build", "EASE", "ItemKNN", "ndcg@10", "more"),
        ("full_build", "EASE", "EASE"),
        ("full_build", "EASE", " "),
        ("full_build", "EASE", None),
        ("full_build", "EASE", "ItemKNN", ""),
        ("full_build", "EASE", "ItemKNN", 10),
        ("full_build.json", "EASE", "ItemKNN"),
        ("full_build/", "EASE", "ItemKNN"),
        ("full_build/a/b", "EASE", "ItemKNN"),
        ["full_build", "EASE", "ItemKNN"],
        [("full_build", "EASE", "ItemKNN"), ("full_build", "EASE")],
        {"full_build": ("EASE", "ItemKNN")},
        np.array(["full_build", "EASE", "ItemKNN"]),
        False,
    ],
    ids=str,
)
def test_a_pair_of_another_form_is_refused_even_where_the_claim_fails(pair, capsys):
    for holds in (True, False):
        with pytest.raises(ValueError, match=r"pair must|stored result"):
            claim("EASE beats item-kNN.", holds, pair=pair)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ((0.01, 0.005, 0.02), (0.001, 0.0001, 0.003), "holds"),
        ((-0.01, -0.02, -0.005), (-0.3, -0.4, -0.2), "holds"),
        ((0.01, 0.005, 0.02), (0.002, -0.001, 0.005), "not shown"),
        ((-0.01, -0.02, -0.005), (0.002, -0.001, 0.005), "not shown"),
        ((0.01, 0.005, 0.02), (0.0, 0.0, 0.0), "not shown"),
        ((0.01, 0.005, 0.02), (0.002, 0.0, 0.005), "not shown"),
        ((-0.01, -0.02, -0.005), (-0.002, -0.005, 0.0), "not shown"),
        ((0.01, 0.005, 0.02), (-0.01, -0.02, -0.005), "reversed"),
        ((-0.01, -0.02, -0.005), (0.01, 0.005, 0.02), "reversed"),
        ((0.001, -0.002, 0.004), (0.01, 0.005, 0.02), ""),
        ((0.001, -0.002, 0.004), (-0.01, -0.02, -0.005), ""),
        ((0.001, 0.0, 0.004), (0.001, -0.002, 0.004), ""),
    ],
)
def test_the_verdict_of_a_second_data_set(first, second, said):
    assert verdict(first, second) == said
    assert verdict(pd.Series(first), (*second, 647)) == said


@pytest.mark.parametrize("wrong", [(0.1, 0.2, 0.1), (np.nan, 0.1, 0.2), (0.1, np.nan, 0.2), (0.1, 0.0, np.inf)])
def test_a_verdict_needs_an_interval(wrong):
    right = (0.1, 0.05, 0.2)
    for both in ((wrong, right), (right, wrong)):
        with pytest.raises(ValueError, match="low ≤ high"):
            verdict(*both)


@pytest.mark.parametrize(("lead", "said"), [(0.05, "holds"), (-0.05, "reversed"), (0.0, "not shown")])
def test_the_verdict_of_measured_users(lead, said):
    """400 users whose difference spreads by .1: a lead of .05 is ten standard errors."""

    def measured(lead, seed):
        rng = np.random.default_rng(seed)
        base = rng.normal(0.3, 0.3, 400)
        gap = rng.normal(0, 0.1, 400)
        gap += lead - gap.mean()
        frames = {
            name: pd.DataFrame({"user": range(400), "metric": "ndcg@10", "value": value})
            for name, value in {"base": base, "model": base + gap}.items()
        }
        row = compare(frames, baseline="base").loc["model"]
        return row[["difference", "difference_low", "difference_high"]]

    assert verdict(measured(0.05, 1), measured(lead, 2)) == said


def test_claims_imports_nothing_heavy():
    code = "import sys, recsys_lib.claims; print({'pandas', 'scipy', 'tensorflow', 'matplotlib'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"
