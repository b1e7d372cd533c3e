"""How the book prints numbers: no leading zero, a true minus sign, – for what is not there."""

import math


def number(value, digits=4, plus=""):
    """A number as text: .1165, −.0020, 1.2500, or – for NaN.

    digits: after the point.   plus: what to write before a number above 0, e.g. "+". What rounds to 0 has no sign."""
    if math.isnan(value):
        return "–"
    text = f"{abs(value):.{digits}f}"
    sign = "" if float(text) == 0 else "−" if value < 0 else plus
    return sign + (text[1:] if text.startswith("0.") else text)


def interval(low, high, digits=4):
    """Two ends as text: [.0412, .0630], or – where they are NaN.   digits: after the point."""
    return "–" if math.isnan(low) else f"[{number(low, digits)}, {number(high, digits)}]"
