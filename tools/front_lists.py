"""Writes what the front pages say of the chapters, from the heads of the notebooks: README's table, intro's list, and
what each chapter needs, in book/how_to_use.md, as a graph (book/static/needs.svg) and as a table.

python tools/front_lists.py            # write what differs
python tools/front_lists.py --check    # fail if something differs

In a page only what stands between the markers <!-- chapters:start --> and <!-- chapters:end --> is written."""

import os
import re
import sys
import textwrap
from html import escape
from pathlib import Path
from typing import NamedTuple

import yaml

from bookfiles import ROOT, between, chapter_title, notebook_paths, stored_notebook, write_or_check

GRAPH = ROOT / "book" / "static" / "needs.svg"
WIDTH, DOT, TEXT, LINE, WRAP = 340, 96, 112, 18, 28  # pixels of the graph, and letters in a line of a title

FONT = "Inter, 'Source Sans 3', 'Helvetica Neue', Arial, 'Liberation Sans', system-ui, sans-serif"


class Head(NamedTuple):
    """What the first cell of a notebook says; minutes is None and the question empty while they are not written."""

    path: Path
    part: str
    title: str
    question: str
    minutes: int | None
    needs: list


def parts():
    """{notebook without ending, as _toc.yml names it: caption of its part}; one without goes on with that before it."""
    contents, caption, found = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8")), "", {}
    for part in contents["parts"]:
        caption = part.get("caption", caption)
        found |= {str(chapter.get("file")).removesuffix(".ipynb"): caption for chapter in part["chapters"]}
    return found


def read_head(path, part=""):
    """The Head of a notebook. ValueError where it needs a file that is none."""
    notebook = stored_notebook(path)
    text = notebook.cells[0].source if notebook.cells else ""
    question = re.search(r"^\*\*(.+?\?)\*\*$", text, re.MULTILINE)
    minutes = re.search(r"(\d+) min\b", text)
    line = re.search(r"\bneeds\b(.*)$", text, re.MULTILINE | re.IGNORECASE)
    needs = []
    for link in re.findall(r"\]\(([^)#]+\.ipynb)", line[1] if line else ""):
        needs.append((path.parent / link).resolve())
        if not needs[-1].is_file():
            raise ValueError(f"{path.name} needs {link}, which is no file")
    return Head(
        path,
        part,
        chapter_title(notebook),
        question[1] if question else "",
        int(minutes[1]) if minutes else None,
        needs,
    )


def read_heads():
    """Heads of all chapters in reading order."""
    part_of = parts()
    name = {path: path.relative_to(ROOT).with_suffix("").as_posix() for path in notebook_paths()}
    return [read_head(path, part_of.get(name[path], "")) for path in name]


def link(head, page):
    return f"[{head.title}]({Path(os.path.relpath(head.path, page.parent)).as_posix()})"


def row(*cells):
    """A row of a Markdown table."""
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def by_part(heads):
    """[(part, heads)] in reading order."""
    found = []
    for head in heads:
        if not found or found[-1][0] != head.part:
            found.append((head.part, []))
        found[-1][1].append(head)
    return found


def readme(heads, page):
    lines = ["| chapter | its question | minutes |", "|---|---|--:|"]
    for part, chapters in by_part(heads):
        lines.append(f"| **{part}** | | |")
        lines += [row(link(head, page), head.question, head.minutes or "") for head in chapters]
    return "\n".join(lines)


def intro(heads, page):
    minutes = sum(head.minutes or 0 for head in heads)
    blocks = [f"{spelt(len(heads)).capitalize()} chapters, about {round(minutes / 60)} hours to read."]
    for part, chapters in by_part(heads):
        lines = [f"- {link(head, page)}: {head.question} *{head.minutes or '?'} min*" for head in chapters]
        blocks.append(f"**{part}**\n\n" + "\n".join(lines))
    lines = [
        f"- [{title}]({place.relative_to(page.parent).as_posix()}): {question}" for place, title, question in pages()
    ]
    return "\n\n".join([*blocks, "**Explore**, in the page, nothing to install\n\n" + "\n".join(lines)])


def spelt(number):
    """A small number in words."""
    words = "no one two three four five six seven eight nine ten eleven twelve".split()
    return words[number] if number < len(words) else str(number)


def pages():
    """(path, title, question) of the explorable pages; the question is the paragraph below the title."""
    names = [name for name in parts() if name.startswith("book/explore/")]
    for path in (ROOT / f"{name}.md" for name in names):
        title, question = re.match(r"# (.+)\n\n(.+)\n", path.read_text("utf-8")).groups()
        yield path, title, question


def how_to_use(heads, page):
    by_path, needs = {head.path: head for head in heads}, reduced(heads)
    picture = f"![{reading(heads)}]({GRAPH.relative_to(page.parent).as_posix()})"
    lines = ["| chapter | minutes | needs |", "|---|--:|---|"]
    for head in heads:
        needed = ", ".join(link(by_path[path], page) for path in needs[head.path])
        lines.append(row(link(head, page), head.minutes or "", needed or "no other chapter"))
    return f"{picture}\n\n" + "\n".join(lines)


# --- The graph of what needs what


def reduced(heads):
    """{path: what it needs and no other of its needs brings along}: the arrows that are drawn."""
    needs = {head.path: head.needs for head in heads}

    def behind(path, seen):
        for other in needs.get(path, ()):
            if other not in seen:
                seen.add(other)
                behind(other, seen)
        return seen

    return {
        path: [one for one in direct if not any(one in behind(other, set()) for other in direct if other != one)]
        for path, direct in needs.items()
    }


def levels(heads):
    """[[titles]]: what needs nothing, what needs only that, and so on."""
    level = {}
    for head in heads:
        level[head.path] = 1 + max((level.get(path, 0) for path in head.needs), default=0)
    return [
        [head.title for head in heads if level[head.path] == depth]
        for depth in range(1, max(level.values(), default=0) + 1)
    ]


def reading(heads):
    """What the graph shows, in a sentence: its alt text."""
    steps = [" and ".join(filter(None, [", ".join(titles[:-1]), titles[-1]])) for titles in levels(heads)]
    return f"Without any other chapter: {'; after that: '.join(steps)}."


def graph(heads):
    """SVG: a line a chapter in reading order, and an arrow to each chapter that it needs."""
    rows, y, place = [], 8, {}
    for part, chapters in by_part(heads):
        y += 24
        rows.append(f'<text x="{TEXT}" y="{y}" font-size="13" fill="#57606a">{escape(part)}</text>')
        for head in chapters:
            y += 26
            place[head.path] = y
            titles = textwrap.wrap(head.title, WRAP)
            rows.append(f'<circle cx="{DOT}" cy="{y - 5}" r="4"/>')
            for number, words in enumerate(titles):
                rows.append(f'<text x="{TEXT}" y="{y + number * LINE}">{escape(words)}</text>')
            y += LINE * (len(titles) - 1)
        y += 6
    longest = max([1, *(abs(place[a] - place[b]) for a, needed in reduced(heads).items() for b in needed)])
    for path, needed in reduced(heads).items():
        for other in needed:
            start, end = place[path] - 5, place[other] - 5
            out = DOT - 14 - 96 * (abs(start - end) / longest) ** 0.5
            rows.append(
                f'<path d="M{DOT - 5} {start} C{out:.0f} {start} {out:.0f} {end} {DOT - 6} {end}" fill="none" '
                'stroke="#57606a" stroke-width="1.3" marker-end="url(#tip)"/>'
            )
    height = y + 14
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'role="img" aria-labelledby="title desc"',
        f'     font-family="{FONT}" font-size="14" fill="#1c2128">',
        '<title id="title">What each chapter needs</title>',
        f'<desc id="desc">{escape(reading(heads))}</desc>',
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
        'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0.8 L9.4 5 L0 9.2 Z" fill="#57606a"/></marker></defs>',
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6" fill="#fcfcfa" stroke="#d9dcd6"/>',
        *rows,
        "</svg>",
    ]) + "\n"  # fmt: skip


PAGES = {ROOT / "README.md": readme, ROOT / "book" / "intro.md": intro, ROOT / "book" / "how_to_use.md": how_to_use}


def main(argv):
    more = {"check": "--check" in argv, "source": "the heads of the notebooks", "command": "tools/front_lists.py"}
    try:
        heads = read_heads()
        texts = {page: between(page.read_text("utf-8"), block(heads, page), page.name) for page, block in PAGES.items()}
    except ValueError as error:
        print(error)
        return 1
    texts[GRAPH] = graph(heads)
    return max(write_or_check(path, text, **more) for path, text in texts.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
