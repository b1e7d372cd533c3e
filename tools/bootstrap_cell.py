"""Owns the text of the first code cell of every notebook.

    python tools/bootstrap_cell.py                  # check: names the notebooks whose first code cell differs
    python tools/bootstrap_cell.py --write [FILE …] # write it into all notebooks (or into these)
    python tools/bootstrap_cell.py --print          # show it

The cell does nothing where the library is there. Where it is missing it says what to type; the copies that the site
opens in Colab (tools/publish.py makes them) name the place to install it from instead. It never installs TensorFlow,
Keras, NumPy or pandas by itself: the library's own requirements name none of them."""

import argparse
import sys
from pathlib import Path

import nbformat

from bookfiles import NOTEBOOKS, ROOT, notebook_paths, read_notebook, tidy, write_notebook

TEMPLATE = """\
# Setup: in Google Colab this installs the book's library, from the place named here.
import importlib.util
import subprocess
import sys

LIBRARY = "{library}"
if importlib.util.find_spec("recsys_lib") is None:
    if not LIBRARY:
        raise ImportError('recsys_lib is missing. Run: pip install ".[tensorflow]"')
    print("Installing recsys_lib, about half a minute ...")
    pip = [sys.executable, "-m", "pip", "install", "-q"]
    subprocess.run([*pip, LIBRARY], check=True)
    importlib.invalidate_caches()"""

TAGS = ["bootstrap", "hide-input"]


def text(library=""):
    """The cell; library: what pip is to install, empty where no public address is known."""
    return TEMPLATE.format(library=library)


def is_bootstrap(cell):
    return cell.cell_type == "code" and (
        "bootstrap" in cell.metadata.get("tags", []) or "importlib.util.find_spec" in cell.source
    )


def install(notebook, source):
    """Put the cell in its place (the first code cell); returns whether anything changed."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if code and is_bootstrap(code[0]):
        cell = code[0]
        if cell.source == source and cell.metadata.get("tags") == TAGS:
            return False
    else:
        cell = nbformat.v4.new_code_cell(source)
        after_head = next((i for i, c in enumerate(notebook.cells) if c.cell_type == "markdown"), -1) + 1
        notebook.cells.insert(after_head, cell)
    cell.source = source
    cell.metadata["tags"] = list(TAGS)
    return True


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--print", action="store_true", dest="show")
    args = parser.parse_args(argv)
    if args.show:
        print(text())
        return 0
    wrong = []
    for path in args.files or notebook_paths():
        notebook = read_notebook(path)
        if install(notebook, text()):
            wrong.append(path)
            if args.write:
                tidy(notebook)  # ids follow from the sources
                write_notebook(path, notebook)
    verb = "written into" if args.write else "differs in"
    for path in wrong:
        path = path.resolve()
        print(f"bootstrap cell {verb} {path.relative_to(ROOT) if path.is_relative_to(NOTEBOOKS) else path}")
    if wrong and not args.write:
        print("Run: .venv/bin/python tools/bootstrap_cell.py --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
