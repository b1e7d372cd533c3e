"""The checked sentences of the book: a conclusion stands only where its numbers hold."""

import numpy as np


class ClaimError(AssertionError):
    """A sentence of the book that the numbers of this run do not support."""


def claim(text, holds, evidence=""):
    """Print the sentence if it holds, stop the notebook if it does not.

    text: the conclusion, one sentence.   holds: bool, computed from the run.   evidence: the numbers behind it.
    Prints `✓ text`, and the evidence on the next line. Raises ClaimError where it does not hold, ValueError if the text
    is empty or `holds` is not True or False (an array or a NaN decides nothing)."""
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"text must be a sentence, received {text!r}")
    if not isinstance(holds, (bool, np.bool_)):
        raise ValueError(f"holds must be True or False, received {holds!r} ({type(holds).__name__})")
    if not holds:
        raise ClaimError(f"does not hold: {text}" + (f"\n  {evidence}" if evidence else ""))
    print(f"✓ {text}" + (f"\n  {evidence}" if evidence else ""))
