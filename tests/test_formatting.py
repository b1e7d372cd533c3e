"""Numbers as the book prints them."""

import numpy as np
import pytest

from recsys_lib import formatting


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((0.11652,), ".1165"),
        ((-0.002,), "−.0020"),
        ((1.25,), "1.2500"),
        ((-10.5, 1), "−10.5"),
        ((0.99999, 2), "1.00"),
        ((-0.00001,), ".0000"),  # rounds to 0, which has no sign
        ((0.00001, 4, "+"), ".0000"),
        ((0.5, 2, "+"), "+.50"),
        ((np.float32(0.5), 1), ".5"),
        ((3, 0), "3"),
        ((0.2, 0), "0"),
        ((np.nan,), "–"),
    ],
)
def test_number(arguments, text):
    assert formatting.number(*arguments) == text


def test_interval():
    assert formatting.interval(-0.01, 0.02) == "[−.0100, .0200]"
    assert formatting.interval(-1, 1.5, 1) == "[−1.0, 1.5]"
    assert formatting.interval(np.nan, np.nan) == "–"
