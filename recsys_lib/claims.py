"""The checked sentences of the book: a conclusion stands only where its numbers hold."""

import re

import numpy as np


class ClaimError(AssertionError):
    """A sentence of the book that the numbers of this run do not support."""


def claim(text, holds, evidence="", *, pair=None):
    """Print the sentence if it holds, stop the notebook if it does not.

    text: the conclusion, one sentence.   holds: bool, computed from the run.   evidence: the numbers behind it.
    pair: for a claim that compares models, what it compares: (stored result, model, baseline[, metric]), or a list of
    these; the claims page says what became of it on the second data set. The stored result is a name of
    `recsys_lib.results`, or NAME/TABLE for a table other than its test.
    Prints `✓ text`, and the evidence on the next line. Raises ClaimError where it does not hold, ValueError if the text
    is empty, `holds` is not True or False (an array or a NaN decides nothing), or the pair is not of its form."""
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"text must be a sentence, received {text!r}")
    if not isinstance(holds, (bool, np.bool_)):
        raise ValueError(f"holds must be True or False, received {holds!r} ({type(holds).__name__})")
    if pair is not None:
        read_pairs(pair)
    if not holds:
        raise ClaimError(f"does not hold: {text}" + (f"\n  {evidence}" if evidence else ""))
    print(f"✓ {text}" + (f"\n  {evidence}" if evidence else ""))


def read_pairs(pair):
    """[(stored result, model, baseline, metric)] of what a claim names as its pair, or its list of pairs.

    Without a metric it is "ndcg@10". Raises ValueError for anything else; that the rows are stored is a test."""
    pairs = pair if isinstance(pair, list) else [pair]
    for one in pairs:
        texts = isinstance(one, tuple) and all(isinstance(part, str) and part.strip() for part in one)
        if not texts or len(one) not in (3, 4) or one[1] == one[2]:
            raise ValueError(
                "pair must be (stored result, model, baseline[, metric]), texts, of two models, or a list of such; "
                f"received {one!r}"
            )
        if not re.fullmatch(r"[a-z0-9_]+(/[a-z0-9_]+)?", one[0]):
            raise ValueError(f"a stored result is NAME or NAME/TABLE, of small letters, digits and _, received {one!r}")
    if not pairs:
        raise ValueError("pair must name at least one comparison, received an empty list")
    return [(*one, "ndcg@10")[:4] for one in pairs]


def verdict(first, second):
    """What became of a difference between two models on a second data set.

        "holds"       there the interval lies on the same side of zero
        "not shown"   there the interval includes zero
        "reversed"    there the interval lies on the other side of zero
        ""            the first interval includes zero: no difference was claimed, so the second speaks for itself

    first, second: (difference, low, high) on the two data sets, as `Interval` or a row of `compare` has them.
    Raises ValueError where a number is missing or low is above high."""
    sides = [_side(interval) for interval in (first, second)]
    if sides[0] == 0:
        return ""
    if sides[1] == 0:
        return "not shown"
    return "holds" if sides[0] == sides[1] else "reversed"


def _side(interval):
    """1 or −1 where the interval lies above or below zero, 0 where it includes zero."""
    difference, low, high = np.asarray(interval[:3], float)
    if not low <= high or not np.isfinite([difference, low, high]).all():
        raise ValueError(f"expected (difference, low, high) with low ≤ high, received {tuple(interval[:3])}")
    return int(low > 0) - int(high < 0)
