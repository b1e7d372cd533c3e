"""Writes book/claims.md from the `claim(…)` cells of the notebooks: each sentence, its section, its evidence.

python tools/claims_page.py            # write it if it differs
python tools/claims_page.py --check    # fail if it differs"""

import ast
import re
import sys

from bookfiles import ROOT, Anchors, chapter_title, headings, notebook_paths, read_notebook, write_or_check

PAGE = ROOT / "book" / "claims.md"
INTRO = """# Claims

Each conclusion that a chapter draws is a cell that computes it and stops the chapter where it does not hold. \
This page is made from those cells: {claims} claims of {chapters} chapters, each with the numbers that its cell \
printed. Their conditions are checked again whenever the book is tested; those that rest on long runs read the stored \
figures, which `make experiments` computes.
"""


def claim_calls(source):
    """Number of claim(…) calls written in a cell."""
    try:
        tree = ast.parse(re.sub(r"^[%!].*$", "", source, flags=re.MULTILINE))
    except SyntaxError:
        return 0
    names = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return sum(getattr(name, "id", getattr(name, "attr", "")) == "claim" for name in names)


def printed_claims(cell):
    """[(sentence, evidence)] from the stored output of a cell."""
    text = "".join(output.text for output in cell.outputs if output.output_type == "stream" and output.name == "stdout")
    found = []
    for line in text.splitlines():
        if line.startswith("✓ "):
            found.append([line[2:].strip(), []])
        elif found and line.startswith("  ") and line.strip():
            found[-1][1].append(line.strip())
    return [(sentence, " ".join(evidence)) for sentence, evidence in found]


def plain(text):
    """Markdown that shows exactly this text."""
    return re.sub(r"([\\`*_{}\[\]<>#$|~])", r"\\\1", text)


def chapter_claims(notebook):
    """[(sentence, evidence, anchor, heading)] in reading order."""
    anchors, anchor, heading, found = Anchors(), "", "", []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for _, heading in headings(cell.source):
                anchor = anchors.add(heading)
        elif cell.cell_type == "code" and claim_calls(cell.source):
            found += [(sentence, evidence, anchor, heading) for sentence, evidence in printed_claims(cell)]
    return found


def page():
    sections, total, chapters = [], 0, 0
    for path in notebook_paths():
        notebook = read_notebook(path)
        claims = chapter_claims(notebook)
        if not claims:
            continue
        address = "../" + path.relative_to(ROOT).as_posix()
        lines = [f"## {plain(chapter_title(notebook))}\n"]
        for sentence, evidence, anchor, heading in claims:
            shown = f"- **{plain(sentence)}**"
            if evidence:
                shown += f"\\\n  {plain(evidence)}"
            lines.append(f"{shown}\\\n  [{plain(heading)}]({address}#{anchor})\n")
        sections.append("\n".join(lines))
        total, chapters = total + len(claims), chapters + 1
    return "\n".join([INTRO.format(claims=total, chapters=chapters), *sections])


def main(argv):
    check = "--check" in argv
    return write_or_check(PAGE, page(), check=check, source="the notebooks", command="tools/claims_page.py")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
