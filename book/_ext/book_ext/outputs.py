"""Outputs of cells: claims as sentences, data frames as tables that can be read."""

import re

from bs4 import BeautifulSoup
from docutils import nodes

NUMBER = re.compile(r"^[−+-]?[\d.,\s]*\d%?$|^[-–—]?$|^n/?an?$|^inf$", re.I)


def style_claims(doctree):
    """Turns `✓ text` and the indented evidence below it, in a printed output, into paragraphs."""
    for block in list(doctree.findall(nodes.literal_block)):
        if "stream" in block["classes"] and re.search("^✓ ", block.astext(), re.M):
            block.replace_self(split_claims(block))


def split_claims(block):
    """The block's parts in their order: what was printed stays as it is, claims become sentences."""
    parts = []
    for line in block.astext().split("\n"):
        in_claims = bool(parts) and isinstance(parts[-1], nodes.container)
        if line.startswith("✓ ") or (in_claims and line.startswith("  ")):
            if not in_claims:
                parts.append(nodes.container(classes=["output", "claims"]))
            if line.startswith("✓"):
                tick = nodes.inline("", "✓ ", classes=["tick"])
                parts[-1] += nodes.paragraph("", "", tick, nodes.Text(line[2:]), classes=["claim"])
            else:
                parts[-1] += nodes.paragraph("", line.strip(), classes=["evidence"])
        elif parts and not in_claims:
            parts[-1].append(nodes.Text("\n" + line))
        elif line.strip():
            parts.append(nodes.literal_block("", line, **block.attributes))
    for part in parts:
        if isinstance(part, nodes.literal_block):
            part.rawsource = part.astext()  # else it counts as parsed and is not highlighted
    return parts


def style_tables(doctree):
    for raw in doctree.findall(nodes.raw):
        text = raw.astext()
        if raw.get("format") == "html" and "<table" in text and "<template" not in text:
            raw.children = [nodes.Text(readable_table(text))]


def readable_table(html):
    """A pandas table without borders and styles of its own; columns of words are marked, empty heads are no heads."""
    soup = BeautifulSoup(html, "html.parser")
    for style in soup.find_all("style"):
        style.decompose()
    for table in soup.find_all("table"):
        del table["border"]
        join_heads(table)
        for row in table.find_all("tr"):
            del row["style"]
        body = [row.find_all(["th", "td"]) for row in table.select("tbody tr")]
        width = max((len(row) for row in body), default=0)
        for column in range(width):
            # the right-hand cells line up even where a row index spans rows
            cells = [row[column - width] for row in body if len(row) >= width - column]
            if not all(NUMBER.match(cell.get_text(strip=True)) for cell in cells):
                heads = [row[column - width] for row in (r.find_all(["th", "td"]) for r in table.select("thead tr"))
                         if len(row) == width]  # fmt: skip
                for cell in cells + heads:
                    cell["class"] = [*cell.get("class", []), "words"]
        for head in table.find_all("th"):
            del head["halign"]
            if not head.get_text(strip=True):
                head.name = "td"
    return str(soup)


def join_heads(table):
    """pandas gives the name of the index a line of its own; it stands where the line above is empty."""
    rows = [row.find_all(["th", "td"]) for row in table.select("thead tr")]
    if len(rows) > 1 and len(rows[-2]) == len(rows[-1]):
        pairs = [(up, low) for up, low in zip(rows[-2], rows[-1]) if low.get_text(strip=True)]
        if not any(up.get_text(strip=True) for up, _ in pairs):
            for up, low in pairs:
                up.replace_with(low)
            rows[-1][-1].parent.decompose()


def style_outputs(app, doctree):
    style_claims(doctree)
    style_tables(doctree)


def setup(app):
    app.connect("doctree-read", style_outputs)
