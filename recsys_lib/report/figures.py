"""Pictures of the page as SVG: places in per cent of the width, so that text keeps its size on any screen."""

import math
from html import escape

from recsys_lib import formatting

COLORS = {"Popularity": "#6e7781", "ItemKNN": "#a8497f", "EASE": "#D55E00"}  # those of `plots.MODEL_COLORS`; else ink
MARKS = {"Popularity": "M-4-4H4V4H-4Z", "ItemKNN": "M0-5L5 4H-5Z", "EASE": "M0-5.5L5.5 0L0 5.5L-5.5 0Z"}
DOT = "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0Z"
ROW, TOP, MARGIN = 44, 8, 1.5  # pixels a row, pixels above the first, per cent left and right


def figure(title, picture, note=""):
    """A <figure>: its title is the answer, one sentence.   note: what the axis shows."""
    below = f'<figcaption class="note">{escape(note)}</figcaption>' if note else ""
    return f"<figure><figcaption>{escape(title)}</figcaption>{picture}{below}</figure>"


def intervals(rows, *, alt, reference=None, signed=False):
    """One row a model: its name, its value, a dot and a bar from low to high.

    rows: (name, value, low, high); low and high may be NaN.   reference: a value with a dashed line.   signed: numbers
    above 0 are written with a plus.   alt: what a reader would take from it."""
    ends = [end for row in rows for end in row[1:] if not math.isnan(end)] + [0]
    ticks = nice_ticks(min(ends), max(ends))
    low, high = min(ticks[0], *ends), max(ticks[-1], *ends)

    def x(value):
        share = (value - low) / (high - low) if high > low else 0.5
        return f"{MARGIN + (100 - 2 * MARGIN) * share:.2f}%"

    bottom = TOP + ROW * len(rows)
    parts = [_line(x(tick), TOP, bottom, "grid") for tick in ticks]
    names = ["0" if tick == 0 else formatting.number(tick, _digits(ticks)) for tick in ticks]
    parts += [_text(x(tick), bottom + 16, name, "middle", "axis") for tick, name in zip(ticks, names)]
    if reference is not None:
        parts.append(_line(x(reference), TOP, bottom, "reference"))
    for place, (name, value, left, right) in enumerate(rows):
        top = TOP + ROW * place
        number = formatting.number(value, 4, "+" if signed else "")
        parts += [_text("0", top + 14, escape(name), "start"), _text("100%", top + 14, number, "end")]
        color = COLORS.get(name)
        style = f'style="stroke:{color};fill:{color}"' if color else 'class="ink"'
        thick = 2.5 if color else 4
        if not math.isnan(left):
            ends = f'x1="{x(left)}" x2="{x(right)}" y1="{top + 28}" y2="{top + 28}"'
            parts.append(f'<line {ends} stroke-width="{thick}" stroke-linecap="round" {style}/>')
        mark = f'<path d="{MARKS.get(name, DOT)}" stroke="none" {style}/>'
        parts.append(f'<svg x="{x(value)}" y="{top + 28}" width="1" height="1">{mark}</svg>')
    return _svg(parts, bottom + 24, alt)


def bars(values, labels, *, alt, liked=(), height=110):
    """Bars from left to right. values ≥ 0.   labels: below each, "" for none.   liked: which have the second colour."""
    most, width = max([*values, 1e-12]), (100 - 2 * MARGIN) / max(1, len(values))
    parts = []
    for i, (value, label) in enumerate(zip(values, labels, strict=True)):
        tall = (height - 20) * value / most
        left = MARGIN + width * (i + 0.1)
        place = f'x="{left:.2f}%" y="{height - tall:.1f}" width="{0.8 * width:.2f}%" height="{tall:.1f}"'
        parts.append(f'<rect class="bar{" liked" if i in liked else ""}" {place}/>')
        parts.append(_text(f"{left + 0.4 * width:.2f}%", height + 15, escape(label), "middle", "axis"))
    parts.append(f'<line class="grid" x1="0" x2="100%" y1="{height}" y2="{height}"/>')
    if len(values):
        top = max(range(len(values)), key=values.__getitem__)
        middle = MARGIN + width * (top + 0.5)
        side = "start" if middle < 15 else "end" if middle > 85 else "middle"
        parts.append(_text(f"{middle:.2f}%", 14, f"{values[top]:,}", side))
    return _svg(parts, height + 22, alt)


def nice_ticks(low, high):
    """Three to five round numbers that lie around low to high."""
    if not high - low > 1e-12:
        return [low]
    for step in (m * 10.0**e for e in range(math.floor(math.log10(high - low)) - 1, 9) for m in (1, 2, 5)):
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first <= 4:
            return [step * i for i in range(first, last + 1)]


def _digits(ticks):
    step = min((b - a for a, b in zip(ticks, ticks[1:])), default=1)
    return max(0, -math.floor(math.log10(step) + 1e-9))


def _line(x, top, bottom, kind):
    return f'<line class="{kind}" x1="{x}" x2="{x}" y1="{top}" y2="{bottom}"/>'


def _text(x, y, text, anchor, kind=""):
    kind = f' class="{kind}"' if kind else ""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{kind}>{text}</text>'


def _svg(parts, height, alt):
    return f'<svg role="img" aria-label="{escape(alt)}" height="{height}">{"".join(parts)}</svg>'
