"""The page: one HTML file with everything in it, which asks nobody for anything."""

from .about_file import about_file
from .about_test import about_test, answer
from .comparing import FEW
from .markup import ident, is_there, prose, table_of, text
from .style import CSS

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(name, reading, audited, comparison, shown, *, command, sha256, versions):
    """The whole page as text.

    name: of the file.   reading: a Reading.   audited: the table of `audit`.   comparison: a Comparison.   shown: a
    UserList.   command: as it was given.   sha256: of the file.   versions: name → version."""
    sections = [
        _head(name, reading, comparison),
        about_file(reading, audited),
        about_test(reading, comparison),
        _list(shown),
        _made(command, sha256, versions, tested=comparison.split is not None),
    ]
    head = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(name)}: which list is best</title>
<style>{CSS}</style>
</head>
"""
    return head + "<body>\n<main>\n" + "\n".join(sections) + "\n</main>\n</body>\n</html>\n"


def _head(name, reading, comparison):
    facts = [] if comparison.fair or comparison.split is None else [comparison.cut]  # without a split, it is the answer
    facts.append(reading.liked_why)
    if reading.n_merged:
        facts.append(f"{reading.n_merged:,} of {reading.n_rows:,} rows repeat a pair and were merged (--duplicates).")
    n, of = comparison.n_users(), reading.data.n_users
    if 0 < n < of:
        untested = "The others have no like in the test part; the result says nothing about them."
        facts.append(f"Tested: {n:,} of {of:,} users. {untested}")
    if 0 < n < FEW:
        few = "Only one user has" if n == 1 else f"Only {n} users have"
        rough = "of one user no interval can be drawn" if n == 1 else "the intervals are rough, and rather too narrow"
        advice = "Do not read an order of models from it." if n == 1 else "Take the order of the models as a hint."
        facts.append(f"{few} a like in the test part: {rough}. {advice}")
    facts += reading.notes
    items = "".join(f"<li>{prose(fact)}</li>" for fact in facts)
    return (
        f"<h1>{ident(name)}: which list is best</h1>\n"
        f'<p class="answer">{text(answer(comparison))}</p>\n'
        f'<div class="first"><p><b>Read this first</b></p><ul>{items}</ul></div>'
    )


def _list(shown):
    parts = [f"<h2>A list for user {ident(shown.user)}</h2>"]
    if shown.why:
        parts.append(f"<p>{prose(shown.why)}</p>")
    if shown.listed is not None:
        parts.append(f"<p>By {text(shown.by)}, fitted on the whole file; what the user has already is left out.</p>")
        parts.append(_items(shown.listed.drop(columns="score")))
    title = f"What the user {shown.has}, {'newest first' if 'date' in shown.history else 'in the order of the file'}"
    parts.append(f"<h3>{title}</h3>\n" + _items(shown.history))
    return "\n".join(parts)


def _items(table):
    """A table of items: title and year where they are, the id beside them, and what else is told."""
    rows, header = [], []
    titled = "title" in table
    for row in table.to_dict("records"):
        cells = {}
        if "rank" in row:
            cells["rank"] = text(row["rank"])
        title = row.get("title") if titled else None
        if is_there(title):
            year = f" ({text(row['year'])})" if is_there(row.get("year")) else ""
            cells["item"] = f"{ident(title)}{year}<small>{ident(row['item_id'])}</small>"
        else:
            cells["item"] = ident(row["item_id"])
        for name in ("genres", "rating", "date"):
            if name in table:
                value = row[name]
                said = f"{value:g}" if name == "rating" else str(value).replace("|", ", ") if is_there(value) else ""
                cells[name] = text(said)
        header = list(cells)
        rows.append(list(cells.values()))
    return table_of(header, rows, number=[i for i, name in enumerate(header) if name in ("rating", "date")])


def _made(command, sha256, versions, *, tested):
    fitted = (
        "<p>No setting was tuned to this file. Each model is fitted on everything but the test part and tested on it "
        "once; the highest of several values is a little too high. What a number here is worth is told in the chapter "
        "Evaluation of <i>Unify &amp; Fuse</i>.</p>\n"
    )
    used = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        "<h2>How was this page made?</h2>\n"
        f"<p><code>{text(command)}</code></p>\n"
        f"{fitted if tested else ''}"
        f'<p class="small">File: SHA-256 {text(sha256)}. {text(used)}.</p>'
    )
