"""Where the parts of the book lie, and how its headings become anchors. Shared by the other tools."""

import ast
import functools
import hashlib
import importlib.util
import os
import re
import sys
import tempfile
from pathlib import Path

# jsonschema, which nbformat imports, would compile a grammar of web addresses: 2.5 s that no notebook needs
sys.modules.setdefault("rfc3987_syntax", None)

import nbformat
import yaml
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
CELL_METADATA = ("tags", "mystnb")
TEXT_FORMATTER = MarkdownIt("commonmark").enable("table")


def notebook_paths():
    """Notebooks in reading order (_toc.yml first, then any that it does not name)."""
    found = sorted(p for p in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)
    toc = ROOT / "_toc.yml"
    if not toc.exists():
        return found
    order = [str(name).removesuffix(".ipynb") for name in re.findall(r"file:\s*(\S+)", toc.read_text("utf-8"))]
    name = {path: str(path.relative_to(ROOT).with_suffix("")) for path in found}
    return sorted(found, key=lambda path: (order.index(name[path]) if name[path] in order else len(order), name[path]))


def kept(read):
    """`read(path)`, kept until the file changes. Its value is shared by all who ask: look at it, do not change it."""
    values = {}

    @functools.wraps(read)
    def shared(path):
        path = Path(path)
        state = path.stat().st_mtime_ns, path.stat().st_size
        if values.get(path, (None,))[0] != state:
            values[path] = state, read(path)
        return values[path][1]

    return shared


def read_notebook(path):
    """A notebook to work on; who only looks at it asks for `stored_notebook`, which reads a file once."""
    return nbformat.read(path, as_version=4)


stored_notebook = kept(read_notebook)


@kept
def parsed_module(path):
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text("utf-8"))


@functools.cache
def experiment_module(name):
    """The module tools/experiments/NAME.py, which may have the name of another."""
    folder = ROOT / "tools" / "experiments"
    if str(folder) not in sys.path:
        sys.path.append(str(folder))  # for the runner, which each of them imports
    spec = importlib.util.spec_from_file_location(f"experiment_{name}", folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_atomically(path, text):
    """Write the whole file or leave the old one: a temporary name in the same folder, then a rename."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(name, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_or_check(path, text, *, check, source, command):
    """Exit status of a tool that makes a page: write it where it differs, or with `check` say what to run."""
    name = path.relative_to(ROOT).as_posix()
    if path.exists() and path.read_text("utf-8") == text:
        return 0
    if check:
        print(f"{name} is not what {source} say. Run: .venv/bin/python {command}")
        return 1
    write_atomically(path, text)
    print(f"{name} written.")
    return 0


def between(text, block, page, marker="chapters"):
    """The text with the block between its markers renewed. ValueError where they are not there, once each and in order.

    page: what it is called."""
    start, end = f"<!-- {marker}:start -->", f"<!-- {marker}:end -->"
    if text.count(start) != 1 or text.count(end) != 1 or text.index(start) > text.index(end):
        raise ValueError(f"{page} must hold {start} and after it {end}, once each")
    return text[: text.index(start)] + f"{start}\n{block}\n" + text[text.index(end) :]


def tidy(notebook):
    """Same run, same bytes: no times, no editor's metadata, ids that follow from the sources."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
    }
    seen = {}
    for cell in notebook.cells:
        cell.metadata = {key: cell.metadata[key] for key in CELL_METADATA if cell.metadata.get(key)}
        count = seen[cell.source] = seen.get(cell.source, -1) + 1
        cell.id = hashlib.sha256(f"{cell.cell_type}{count}{cell.source}".encode()).hexdigest()[:8]
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = {kind: value for kind, value in output.metadata.items() if value}


def write_notebook(path, notebook):
    write_atomically(path, nbformat.writes(notebook).rstrip("\n") + "\n")


def repository_url():
    """`repository.url` of _config.yml; empty while the public address is not known."""
    config = ROOT / "_config.yml"
    if not config.exists():
        return ""
    return ((yaml.safe_load(config.read_text("utf-8")) or {}).get("repository") or {}).get("url") or ""


def slugify(title):
    """GitHub's anchor of a heading, as the site builds it: lower case, spaces to hyphens, punctuation dropped."""
    return re.sub(r"[^\w\u4e00-\u9fff\- ]", "", title.strip().lower().replace(" ", "-"))


@functools.cache
def headings(markdown):
    """[(level, plain title)] of a Markdown text; headings inside code fences do not count."""
    tokens = TEXT_FORMATTER.parse(markdown)
    found = []
    for opening, inline in zip(tokens, tokens[1:]):
        if opening.type == "heading_open":
            title = "".join(child.content for child in inline.children if child.type in ("text", "code_inline"))
            found.append((int(opening.tag[1]), title))
    return found


class Anchors:
    """Gives each heading of one page its anchor; a repeated title gets -1, -2 …"""

    def __init__(self):
        self.taken = {}

    def add(self, title):
        slug = base = slugify(title)
        count = 1
        while slug in self.taken:
            slug = f"{base}-{count}"
            count += 1
        self.taken[slug] = title
        return slug


@kept
def page_anchors(path):
    """{anchor: title} of the headings of a notebook or Markdown page."""
    if path.suffix == ".ipynb":
        texts = [cell.source for cell in stored_notebook(path).cells if cell.cell_type == "markdown"]
    else:
        texts = [path.read_text("utf-8")]
    anchors = Anchors()
    for text in texts:
        for _, title in headings(text):
            anchors.add(title)
    return anchors.taken


def seconds_to_run(notebook):
    """What the head of a chapter says that it takes to run; 0 where it says nothing."""
    found = re.search(r"(\d+) s to run", notebook.cells[0].source) if notebook.cells else None
    return int(found[1]) if found else 0


def chapter_title(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for level, title in headings(cell.source):
                if level == 1:
                    return title
    return "(no title)"
