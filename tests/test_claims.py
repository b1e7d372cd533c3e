"""claim: prints what holds, stops at what does not, refuses what decides nothing."""

import numpy as np
import pytest

from recsys_lib.claims import ClaimError, claim


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
