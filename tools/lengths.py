"""How long a chapter is, and whether it is still one class.

    python tools/lengths.py                                   # all chapters
    python tools/lengths.py notebooks/foundations/losses.ipynb

Words are those of the text and of the sentences that its code prints; formulas, code, link targets, further reading and
the first 300 words of the exercises do not count. Lines of setup and of solutions do not count. In the part `start`
neither do the words and cells of setup, exercise and closing."""

import re
import sys
from pathlib import Path
from typing import NamedTuple

from bookfiles import TEXT_FORMATTER, notebook_paths, stored_notebook
from claims_page import claim_calls, printed_claims

FREE_EXERCISE_WORDS, WORDS_A_MINUTE, LINES_A_MINUTE = 300, 180, 15
# the kind of what stands below a heading; any other ## heading begins the body of the chapter
KINDS = {"reading": r"further reading", "closing": r"remember|production|can do now", "exercise": r"exercise|your turn"}
HEADING = re.compile(r"^(#{1,6})\s+(.+)$", re.MULTILINE)


class Length(NamedTuple):
    """Sizes of a chapter: its words, shown lines, lines with the folded ones, cells and claims; the most words of a
    paragraph, between two pictures, and of the text between head and first picture."""

    words: int
    shown: int
    lines: int
    cells: int
    claims: int
    paragraph: int
    between_pictures: int
    before_picture: int

    @property
    def minutes(self):
        """Time to read, rounded up to five minutes."""
        return 5 * -int(-(self.words / WORDS_A_MINUTE + self.shown / LINES_A_MINUTE) // 5)


LIMITS = Length(3000, 300, 450, 60, 10, 80, 600, 250)
START_LIMITS = LIMITS._replace(words=900, cells=20, claims=1)


def is_start(path):
    """Whether a chapter is of the part `start`, which has a form of its own."""
    return Path(path).parent.name == "start"


def words(markdown):
    """Words of a piece of Markdown; formulas, code and link targets are none."""
    plain = re.sub(r"```.*?```|\$\$.*?\$\$|\$[^$\n]+\$|`[^`\n]+`", " ", markdown, flags=re.DOTALL)
    plain = re.sub(r"\]\([^)]*\)|<[^>]+>", " ", plain)
    return sum(bool(re.search(r"\w", word)) for word in plain.split())


def paragraphs(markdown):
    """The paragraphs, headings, entries of lists and cells of tables of a piece of Markdown."""
    return [token.content for token in TEXT_FORMATTER.parse(markdown) if token.type == "inline"]


def is_sentence(line):
    """Whether a printed line reads as one: a capital letter, five words or more, a full stop or its kin."""
    return line[:1].isupper() and line[-1:] in ".?!" and words(line) >= 5


def printed_sentences(cell):
    """Words of the sentences that a cell prints: its claims, without their evidence, and whatever ends like one."""
    claims = printed_claims(cell)
    printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
    told = [line.removeprefix("✓ ").strip() for line in printed.splitlines()]
    others = [line for line in told if is_sentence(line) and not any(line in claim for claim in claims)]
    return sum(words(text) for text in [*(claim[0] for claim in claims), *others])


def has_picture(cell):
    shown = [pair for output in cell.get("outputs", []) for pair in output.get("data", {}).items()]
    return any(kind.startswith("image/") or (kind == "text/html" and "<svg" in data) for kind, data in shown)


def pieces(notebook):
    """(kind, cell, text) through the chapter: each code cell, and each Markdown cell cut at its headings.

    kind: "head", "setup", "body", "exercise", "closing" or "reading"; text is that of the piece."""
    kind, codes = "head", 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            codes += 1
            own = {"exercise", "solution"} & set(cell.metadata.get("tags", []))
            yield "setup" if codes <= 2 else "exercise" if own else kind, cell, cell.source
            continue
        starts = [found.start() for found in HEADING.finditer(cell.source)]
        for start, end in zip([0, *starts], [*starts, len(cell.source)]):
            text = cell.source[start:end]
            if heading := HEADING.match(text):
                named = [name for name, words in KINDS.items() if re.search(words, heading[2], re.IGNORECASE)]
                if named:
                    kind = named[0]
                elif len(heading[1]) == 2:
                    kind = "setup" if heading[2] == "Setup" else "body"
            if text.strip():
                yield kind, cell, text


def length(path):
    """The Length of a chapter."""
    notebook = stored_notebook(path)
    form = {"setup", "exercise", "closing"} if is_start(path) else set()
    total = exercise = shown = lines = paragraph = since = between = 0
    before = None
    counted = set()
    for kind, cell, text in pieces(notebook):
        if kind not in form:
            counted.add(id(cell))
        if cell.cell_type == "markdown":
            size = words(text)
            paragraph = max([paragraph, *map(words, paragraphs(text))])
            if kind in ("setup", "body", "closing"):
                since += size
        else:
            size = printed_sentences(cell)
            tags = set(cell.metadata.get("tags", []))
            if kind != "setup" and "solution" not in tags:
                count = sum(bool(line.strip()) for line in text.splitlines())
                lines += count
                shown += 0 if tags & {"hide-cell", "hide-input"} else count
        if kind == "exercise":
            exercise += size
        elif kind != "reading" and kind not in form:
            total += size
        if has_picture(cell):
            before = since if before is None else before
            between, since = max(between, since), 0
    total += 0 if is_start(path) else max(0, exercise - FREE_EXERCISE_WORDS)
    claims = sum(claim_calls(cell.source) for cell in notebook.cells if cell.cell_type == "code")
    cells = len(counted) if is_start(path) else len(notebook.cells)
    between = max(between, since)
    return Length(total, shown, lines, cells, claims, paragraph, between, between if before is None else before)


def too_long(path):
    """What of a chapter is above its limit, one sentence each."""
    limits = START_LIMITS if is_start(path) else LIMITS
    return [
        f"{name.replace('_', ' ')}: {value}, at most {limit}"
        for name, value, limit in zip(Length._fields, length(path), limits)
        if value > limit
    ]


def main(argv):
    chapters = [Path(name).resolve() for name in argv] or notebook_paths()
    print(f"{'':34}" + " ".join(f"{name.replace('_', ' '):>10.10}" for name in (*Length._fields, "minutes")))
    for path in chapters:
        sizes = length(path)
        print(f"{path.stem:34}" + " ".join(f"{size:>10}" for size in (*sizes, sizes.minutes)))
    over = [f"{path.stem}: {what}" for path in chapters for what in too_long(path)]
    print("\n".join(over))
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
