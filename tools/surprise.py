"""Draws the surprise of the landing page, book/static/surprise.svg, from the stored result of Similarity.

python tools/surprise.py            # write it if it differs
python tools/surprise.py --check    # fail if it differs"""

import sys
from html import escape

from bookfiles import ROOT, write_or_check
from front_lists import FONT
from recsys_lib import results
from recsys_lib.formatting import number
from recsys_lib.plots import ACCENT, MODEL_COLORS, MUTED, PAPER

PICTURE = ROOT / "book" / "static" / "surprise.svg"
WIDTH, BAR = 340, 190  # pixels; the length of the longest bar
ROWS = [  # what is said of it, row of the stored result, colour
    ("films that correlate with yours", "Pearson", MODEL_COLORS["ItemKNN"]),
    ("the most popular films, for everybody", "Popularity", MODEL_COLORS["Popularity"]),
    ("films liked by the same people (cosine)", "cosine", MODEL_COLORS["ItemKNN"]),
]


def measured():
    """{row: NDCG@10}."""
    frames = results.frames("similarity")
    return {row: frames[row][0].query("metric == 'ndcg@10'")["value"].mean() for _, row, _ in ROWS}


def reading(values):
    """What the picture shows: its alt text."""
    return (
        "Two people rated both films, so two points stand in the plane, and a line through two points always fits: "
        f"correlation 1. Lists made by correlation reach an NDCG@10 of {number(values['Pearson'], 3)}, the most "
        f"popular films {number(values['Popularity'], 3)}, cosine {number(values['cosine'], 3)}."
    )


def picture(values):
    """The SVG: two people on one line, and what such lists are worth."""
    text = '<text x="{}" y="{}" font-size="{}" fill="{}" {}>{}</text>'
    parts = [
        '<path d="M24 20V112H146" fill="none" stroke="#57606a"/>',
        f'<path d="M34 104L136 30" stroke="{ACCENT}" stroke-width="1.6"/>',
        f'<circle cx="52" cy="91" r="5" fill="{ACCENT}"/><circle cx="118" cy="43" r="5" fill="{ACCENT}"/>',
        text.format(85, 128, 11.5, MUTED, 'text-anchor="middle"', "stars for one film"),
        text.format(-66, 14, 11.5, MUTED, 'text-anchor="middle" transform="rotate(-90)"', "for the other"),
    ]
    for n, line in enumerate(("Two people rated", "both films. A line", "through two points", "always fits:")):
        parts.append(text.format(164, 42 + 18 * n, 13, "#1c2128", "", line))
    parts.append(text.format(164, 118, 13, ACCENT, 'font-weight="600"', "correlation 1"))
    parts.append(text.format(8, 164, 13, "#1c2128", 'font-weight="600"', "What a list of ten is worth (NDCG@10)"))
    longest = max(values.values())
    for n, (said, row, colour) in enumerate(ROWS):
        y, long = 188 + 44 * n, max(2, BAR * values[row] / longest)
        parts.append(text.format(8, y, 12.5, "#1c2128", "", escape(said)))
        parts.append(f'<rect x="8" y="{y + 7}" width="{long:.1f}" height="12" fill="{colour}"/>')
        parts.append(text.format(f"{16 + long:.1f}", y + 18, 12.5, "#1c2128", "", number(values[row], 3)))
    height = 188 + 44 * len(ROWS)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(reading(values))}" font-family="{FONT}">',
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6" fill="{PAPER}" stroke="#d9dcd6"/>',
        *parts,
        "</svg>",
    ]) + "\n"  # fmt: skip


def main(argv):
    source, command = "the stored result of Similarity", "tools/surprise.py"
    return write_or_check(PICTURE, picture(measured()), check="--check" in argv, source=source, command=command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
