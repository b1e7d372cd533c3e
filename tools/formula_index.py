"""Writes book/formula_index.md from book/formulas.yml: each formula → its section → its function → its test.

    python tools/formula_index.py            # write it if it differs
    python tools/formula_index.py --check    # fail if it differs

An entry of formulas.yml:

    - name: Cosine similarity
      latex: s_{ij} = \\frac{…}{…}
      section: notebooks/foundations/similarity.ipynb#heading-slug
      function: recsys_lib.similarity.cosine
      test: tests/test_similarity.py::test_name

A link that leads nowhere is an error, in both uses."""

import ast
import sys

import yaml

from bookfiles import (
    ROOT,
    chapter_title,
    notebook_paths,
    page_anchors,
    parsed_module,
    repository_url,
    stored_notebook,
    write_or_check,
)

SOURCE = ROOT / "book" / "formulas.yml"
PAGE = ROOT / "book" / "formula_index.md"
FIELDS = ("name", "latex", "section", "function", "test")
INTRO = """# Formula index

From a formula to the section that derives it, to the function that computes it, to the test that holds the two \
together: {count} formulas. A test of the book fails where one of these leads nowhere.
"""


def find_definition(path, names):
    """Line of a (nested) function or class in a Python file, or None."""
    body = parsed_module(path).body
    node = None
    for name in names:
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        node = next((item for item in body if isinstance(item, kinds) and item.name == name), None)
        if node is None:
            return None
        body = node.body
    return node.lineno if node else None


def find_function(dotted):
    """(file, line) of recsys_lib.module.function or recsys_lib.module.Class.method; ValueError if there is none."""
    parts = dotted.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        path = ROOT.joinpath(*parts[:cut]).with_suffix(".py")
        if path.is_file():
            if line := find_definition(path, parts[cut:]):
                return path, line
            raise ValueError(f"{path.relative_to(ROOT)} defines no {'.'.join(parts[cut:])}")
    raise ValueError(f"no module file for {dotted}; name the file that defines it, recsys_lib.module.function")


def find_test(test):
    """(file, line) of tests/file.py::test_name."""
    name, _, inside = test.partition("::")
    path = ROOT / name
    if not path.is_file():
        raise ValueError(f"no test file {name}")
    line = find_definition(path, inside.split("[")[0].split("::"))
    if not line:
        raise ValueError(f"{name} has no test {inside}")
    return path, line


def find_section(section):
    """(notebook, anchor, heading) of notebooks/part/name.ipynb#slug."""
    name, _, anchor = section.partition("#")
    path = ROOT / name
    if not path.is_file():
        raise ValueError(f"no notebook {name}")
    anchors = page_anchors(path)
    if anchor not in anchors:
        raise ValueError(f"{name} has no heading with the anchor {anchor!r}; it has {', '.join(anchors)}")
    return path, anchor, anchors[anchor]


def read_entries():
    """Entries with their links resolved, and the list of what is wrong with the others."""
    entries, wrong = [], []
    for number, raw in enumerate(yaml.safe_load(SOURCE.read_text("utf-8")) or [], start=1):
        label = f"formula {number} ({raw.get('name', 'without name')})"
        if missing := [field for field in FIELDS if not str(raw.get(field) or "").strip()]:
            wrong.append(f"{label}: {', '.join(missing)} missing")
            continue
        try:
            places = find_section(raw["section"]), find_function(raw["function"]), find_test(raw["test"])
            entries.append((raw, *places))
        except ValueError as error:
            wrong.append(f"{label}: {error}")
    return entries, wrong


def code_link(name, path, line, url):
    """The name, linked to GitHub's page at that line where the address is known; the code itself stands on the page."""
    return f"[`{name}`]({url}/blob/main/{path.relative_to(ROOT).as_posix()}#L{line})" if url else f"`{name}`"


def code(path, names):
    """A function, class or test as it stands in its file; a method is moved to the left edge."""
    dedent = ":dedent:\n" if "." in names else ""
    return f"```{{literalinclude}} ../{path.relative_to(ROOT).as_posix()}\n:pyobject: {names}\n{dedent}```"


def page(entries, url=None):
    """Text of the page, with links into the repository at `url`; None: the address of _config.yml."""
    order = {path: place for place, path in enumerate(notebook_paths())}
    url = repository_url() if url is None else url
    lines = [INTRO.format(count=len(entries))]
    chapter = None
    for raw, (notebook, anchor, heading), function, test in sorted(entries, key=lambda entry: order[entry[1][0]]):
        if notebook != chapter:
            chapter = notebook
            lines.append(f"## {chapter_title(stored_notebook(notebook))}\n")
        section = f"[{heading}](../{notebook.relative_to(ROOT).as_posix()}#{anchor})"
        module = function[0].relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        names, test_name = raw["function"].removeprefix(f"{module}."), raw["test"].split("::", 1)[1].split("[")[0]
        lines.append(
            f"**{raw['name']}**\n\n$$\n{raw['latex'].strip()}\n$$\n\n"
            f"Section {section} · function {code_link(raw['function'], *function, url)} · "
            f"test {code_link(test_name, *test, url)}\n\n"
            '<details class="code"><summary>Code of the function and its test</summary>\n\n'
            f"{code(function[0], names)}\n\n{code(test[0], test_name)}\n\n</details>\n"
        )
    return "\n".join(lines)


def main(argv):
    entries, wrong = read_entries()
    if wrong:
        print("book/formulas.yml has links that lead nowhere:\n  " + "\n  ".join(wrong))
        return 1
    check = "--check" in argv
    source, command = "the entries of book/formulas.yml", "tools/formula_index.py"
    return write_or_check(PAGE, page(entries), check=check, source=source, command=command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
