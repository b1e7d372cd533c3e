"""Makes what stands between markers in book/map.md, and its drawings book/static/map_systems.svg and …_narrow.svg, from
book/systems.yml; what this book measured is copied from the claims that the notebooks printed.

python tools/map_page.py            # write what differs
python tools/map_page.py --check    # fail if something differs"""

import re
import sys
import textwrap
from collections import Counter
from html import escape

import yaml

from bookfiles import ROOT, between, chapter_title, stored_notebook, write_or_check
from claims_page import became, chapter_claims, plain
from front_lists import FONT, row, spelt
from recsys_lib.plots import ACCENT, INK, MUTED, PAPER

PAGE, DATA = ROOT / "book" / "map.md", ROOT / "book" / "systems.yml"
WIDE, NARROW = (ROOT / "book" / "static" / f"map_systems{ending}.svg" for ending in ("", "_narrow"))
ROWS = {  # what is unified: its line in the drawing
    "tasks": "tasks",
    "stages": "stages",
    "domains": "domains",
    "modalities": "modalities",
    "search and recommendation": "search and recommen- dation",
    "users and items": "users and items",
    "nothing": "nothing: several models stay",
}
COLUMNS = ("data", "token", "feature", "model", "score or rank", "decision", "objective")
EVIDENCE = ("public data", "private A/B test", "both", "none")
MEASURED = re.compile(r"[+−-]?\d*\.\d+ \[[^\]]+\]")  # a number and its interval, as a cell prints them


def read():
    """{systems, book, choices}: lists of dicts. ValueError where an entry lies in no cell of the map."""
    entries = yaml.safe_load(DATA.read_text("utf-8"))
    for entry in entries["systems"] + entries["book"]:
        if entry["unified"] not in ROWS or entry["fused"] not in COLUMNS:
            raise ValueError(f"{entry['name']}: {entry['unified']} × {entry['fused']} is no cell of the map")
        if entry.get("evidence", "none") not in EVIDENCE:
            raise ValueError(f"{entry['name']}: evidence is one of {', '.join(EVIDENCE)}, not {entry['evidence']}")
    return entries


def finding(entry):
    """(what the cell found, what became of it on the second data, link to it). ValueError where no cell claims it."""
    notebook = stored_notebook(ROOT / entry["chapter"])
    found = [claim for claim in chapter_claims(notebook) if claim[0].startswith(entry["claim"])]
    if len(found) != 1:
        raise ValueError(f"{entry['chapter']} has {len(found)} claims that begin {entry['claim']!r}, expected 1")
    _, evidence, pairs, anchor, _ = found[0]
    numbers = MEASURED.findall(evidence)
    try:
        said = plain(entry["said"].format(*numbers))
    except IndexError:
        raise ValueError(f"{entry['said']!r} asks for more than the cell printed: {evidence!r}") from None
    where = f"[{plain(chapter_title(notebook))}](../{entry['chapter']}#{anchor})"
    return said, second(pairs), where


def second(pairs):
    """'MovieTweetings: holds', of the first comparison that a claim names; – where it names none."""
    if not pairs:
        return "–"
    verdict, text = became(pairs[0])
    return f"{re.match(r'On (.+?):', text)[1]}: {verdict}"


# --- The tables


def together(text):
    """A number keeps its per cent, and a name its et al., on one line."""
    return re.sub(r" (?=%|et al)|(?<=et) (?=al)", "\u00a0", text)


def systems_table(entries):
    lines = [row("System", "Year", "Unified", "Fused at", "Evidence", "One fact"), "|---|---|---|---|---|---|"]
    for system in sorted(entries["systems"], key=lambda one: one["name"].lower()):
        source = f"[{together(system['by'])}](bibliography.md#{system['cite']})"
        fact = f"As reported by {system['reported']}: {system['fact']}" if "reported" in system else system["fact"]
        name = f"{system['name']}, {system['who']}"
        cells = (system["year"], system["unified"], system["fused"], system["evidence"])
        lines.append(row(name, *cells, f"{together(fact)} {source}"))
    return "\n".join(lines)


def evidence_text(entries):
    """How many systems can be checked."""
    count = Counter(system["evidence"] for system in entries["systems"])
    public = count["public data"] + count["both"]
    return (
        f"Of the {len(entries['systems'])} systems, {public} report figures on data that anybody can get, "
        f"{spelt(count['both'])} of them with an A/B test beside it. {count['private A/B test']} rest on an A/B test "
        f"alone, and {spelt(count['none'])} on neither, as far as we read."
    )


def book_table(entries):
    lines = ["| Model | Unified | Fused at | What a cell found | On the other data |", "|---|---|---|---|---|"]
    for model in entries["book"]:
        said, there, where = finding(model)
        name = f"**{plain(model['name'])}**: {plain(model['what'])}"
        lines.append(row(name, model["unified"], model["fused"], f"{said} {where}", there))
    return "\n".join(lines)


def choices_table(entries):
    lines = ["| Your data | Try first | What a cell found | On the other data |", "|---|---|---|---|"]
    for choice in entries["choices"]:
        said, there, where = finding(choice)
        lines.append(row(choice["data"], choice["first"], f"{said} {where}", there))
    return "\n".join(lines)


# --- The drawings


def cells(entries):
    """{(what is unified, where it is fused): [(name, whether it is the book's)]}."""
    found = {}
    for kind in ("systems", "book"):
        for entry in entries[kind]:
            found.setdefault((entry["unified"], entry["fused"]), []).append((entry["name"], kind == "book"))
    return found


def reading(entries):
    """What the map shows: its alt text."""
    found = cells(entries)
    share = Counter({place: sum(not own for _, own in names) for place, names in found.items()})
    most = max(share.values())
    fullest = " and ".join(f"{unified} by {fused}" for (unified, fused), n in share.items() if n == most)
    late = sorted({unified for (unified, fused), n in share.items() if n and fused in ("score or rank", "decision")})
    filled = sum(n > 0 for n in share.values())
    return (
        f"{len(entries['systems'])} published systems and {len(entries['book'])} models of this book on a map of what "
        f"is unified and where signals meet. The systems fill {filled} of {len(ROWS) * len(COLUMNS)} cells; the "
        f"fullest: {fullest}, with {most}. Scores, ranks and decisions are fused in "
        f"{spelt(len(late))} lines: {', '.join(late)}."
    )


def opening(width, height, entries, size):
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-labelledby="title desc" font-family="{FONT}" font-size="{size}" fill="{INK}">',
        '<title id="title">What is unified, and where it is fused</title>',
        f'<desc id="desc">{escape(reading(entries))}</desc>',
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="6" fill="{PAPER}" stroke="#d9dcd6"/>',
    ]


def text(x, y, words, **more):
    attributes = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in more.items())
    return f'<text x="{x}" y="{y}"{attributes}>{escape(words)}</text>'


def name_at(x, y, name, own):
    """A name; the book's own are marked, and heavy, for which they are a little smaller."""
    if not own:
        return [text(x, y, name)]
    heavy = text(x + 8, y, name, font_weight=700, font_size="0.96em")
    return [f'<rect x="{x}" y="{y - 8}" width="5" height="8" fill="{INK}"/>', heavy]


def wide(entries):
    """SVG: a grid, lines for what is unified, columns for where it is fused."""
    left, column, line, found = 86, 95, 17, cells(entries)
    width, end = left + column * len(COLUMNS) + 4, left + column * COLUMNS.index("objective") - 8
    parts = [
        text(10, 26, "Unified", fill=MUTED),
        text(left + 6, 26, "Fused: early", fill=MUTED),
        text(end, 26, "late", fill=MUTED, text_anchor="end"),
        f'<path d="M{left + 84} 22H{end - 32}M{end - 37} 18L{end - 32} 22L{end - 37} 26" fill="none" '
        f'stroke="{MUTED}"/>',
        text(end + 14, 26, "in training", fill=MUTED),
    ]
    parts += [text(left + 5 + column * n, 50, name, font_weight=650) for n, name in enumerate(COLUMNS)]
    y = 62
    for unified, label in ROWS.items():
        words = textwrap.wrap(label, 11)
        height = 18 + line * max([len(words), *(len(found.get((unified, fused), ())) for fused in COLUMNS)])
        parts.append(f'<path d="M8 {y}H{width - 8}" stroke="#d9dcd6"/>')
        parts += [text(10, y + 20 + line * n, part, font_weight=650) for n, part in enumerate(words)]
        for n, fused in enumerate(COLUMNS):
            for place, (name, own) in enumerate(found.get((unified, fused), ())):
                parts += name_at(left + 5 + column * n, y + 20 + line * place, name, own)
        y += height
    columns = [f'<path d="M{left + column * n} 36V{y}" stroke="#e9ebe7"/>' for n in range(len(COLUMNS))]
    parts += name_at(left + 6, y + 22, "a model of this book", True)
    return "\n".join([*opening(width, y + 36, entries, 12), *columns, *parts, "</svg>"]) + "\n"


def narrow(entries):
    """SVG for a phone: what is unified as headings, below each where it is fused and by whom."""
    width, names_at, line, y, parts, found = 340, 112, 19, 10, [], cells(entries)
    for unified, label in ROWS.items():
        y += 28
        parts.append(text(12, y, label.replace("- ", ""), font_weight=650, font_size=15))
        parts.append(f'<path d="M12 {y + 7}H{width - 12}" stroke="#d9dcd6"/>')
        y += 8
        for fused in COLUMNS:
            for place, (name, own) in enumerate(found.get((unified, fused), ())):
                y += line
                if not place:
                    parts.append(text(12, y, fused, fill=ACCENT))
                parts += name_at(names_at, y, name, own)
    parts += name_at(12, y + 34, "a model of this book", True)
    return "\n".join([*opening(width, y + 50, entries, 14), *parts, "</svg>"]) + "\n"


def figure(entries):
    return f"![{reading(entries)}](static/{WIDE.name})"


BLOCKS = {
    "figure": figure,
    "evidence": evidence_text,
    "systems": systems_table,
    "book": book_table,
    "choices": choices_table,
}


def main(argv):
    more = {"check": "--check" in argv, "source": "book/systems.yml and the notebooks", "command": "tools/map_page.py"}
    try:
        entries, page = read(), PAGE.read_text("utf-8")
        for name, block in BLOCKS.items():
            page = between(page, block(entries), "book/map.md", marker=name)
    except ValueError as error:
        print(error)
        return 1
    made = {PAGE: page, WIDE: wide(entries), NARROW: narrow(entries)}
    return max(write_or_check(path, content, **more) for path, content in made.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
