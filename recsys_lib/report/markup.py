"""Pieces of HTML. Whatever comes from a file goes through `text` or `ident`, which escape it."""

import math
import re
from html import escape

import numpy as np
import pandas as pd

from recsys_lib import formatting

OPTION = re.compile(r"(?<![\w-])--[a-z]+(-[a-z]+)*")


def text(value):
    """Anything as text of the page, escaped."""
    return escape(str(value), quote=True)


def ident(value):
    """An id or a title from the file, whose direction of writing stays its own."""
    return f"<bdi>{text(value)}</bdi>"


def prose(value):
    """A sentence as text of the page, escaped, in which an option of the command stays on one line."""
    return OPTION.sub(r'<code class="option">\g<0></code>', text(value))


def table_of(header, rows, *, number=()):
    """A table of cells that are HTML already. header: None for a table without one.   number: columns of numbers."""
    right = {number} if isinstance(number, int) else set(number)
    kind = [' class="n"' if i in right else "" for i in range(max(map(len, rows), default=0))]
    head = "" if header is None else "".join(f'<th scope="col"{k}>{text(name)}</th>' for k, name in zip(kind, header))
    body = []
    for row in rows:
        cells = "".join(f"<td{k}>{cell}</td>" for k, cell in zip(kind[1:], row[1:]))
        body.append(f'<tr><th scope="row"{kind[0]}>{row[0]}</th>{cells}</tr>')
    head = f"<thead><tr>{head}</tr></thead>" if head else ""
    return f'<div class="wide" tabindex="0"><table>{head}<tbody>{"".join(body)}</tbody></table></div>'


def with_interval(value, low, high, *, bold=False, plus=""):
    """A number and, on a line of its own, its interval."""
    number = formatting.number(value, 4, plus)
    return f"{f'<b>{number}</b>' if bold else number}<small>{formatting.interval(low, high)}</small>"


def plain(value):
    """A number as the house writes it, with two or three digits that count; anything else as it is."""
    if isinstance(value, (float, np.floating)):
        if math.isnan(value) or (value % 1 and abs(value) < 10):
            return formatting.number(value, 2 if not abs(value) < 0.1 else 3 if abs(value) >= 0.01 else 5)
        return f"{value:,.1f}" if value % 1 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, (int, np.integer)) else value


def count(n, what):
    """1 user, 2 users."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def is_there(value):
    """Is this a text or a number, and not what stands for none?"""
    return value is not None and value is not pd.NA and value == value and value != ""
