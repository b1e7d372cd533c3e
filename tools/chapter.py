"""Starts a chapter: a notebook that runs, its line in _toc.yml, its checkers and their tests.

    python tools/chapter.py part/name                     # part: a folder of notebooks/
    python tools/chapter.py part/name --part "A caption"  # a part that has no chapter yet

What the author has to write is marked TODO; a test of the book fails until none is left. A name that is bad or taken is
refused before anything is written."""

import argparse
import keyword
import re
import sys
from pathlib import Path

import nbformat
import yaml

import bootstrap_cell
from bookfiles import ROOT, tidy, write_atomically, write_notebook

PLACEHOLDER = "TODO"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

HEAD = """\
# {title}

**TODO: what is the question of this chapter, in one sentence?**

TODO: a case that the reader decides before reading on, and will often decide wrongly.

You will be able to:

- **TODO** an objective that can be tested;
- **TODO** a second one;
- **TODO** a third one.

TODO min to read · about TODO s to run · needs TODO: links to chapters"""

SETUP = """\
import matplotlib.pyplot as plt
import numpy as np

from recsys_lib import plots
from recsys_lib.data import load_movielens
from recsys_lib.exercises import check

plots.use_style()
rng = np.random.default_rng(0)"""

FIRST = """\
data = load_movielens()
raters = np.bincount(data.item, minlength=data.n_items)
print(f"{data.n_users} people, {data.n_items:,} films, {len(data):,} ratings")"""

FIGURE = """\
fig, ax = plt.subplots()
ax.plot(np.arange(1, data.n_items + 1), np.sort(raters)[::-1], color=plots.ACCENT)
ax.set(xscale="log", yscale="log", xlabel="films, most rated first", ylabel="raters")
plots.title(ax, "TODO: what the figure shows, in a sentence")
plt.show()"""

CLAIM = """\
# TODO: a claim for each conclusion; its bound had a meaning before the run
# from recsys_lib.claims import claim
# claim("A sentence.", gap.low > 0, f"{gap}", pair=("full_build", "EASE", "ItemKNN"))"""

CLOSING = """\
## What you can do now

- TODO: each objective, answered in a line.

## What to remember

TODO: what the reader should still know next year.

## Where it breaks in production

- TODO

## Further reading

- TODO: links to works of the bibliography, and what each is good for"""

CHECKERS = '''\
"""Checkers of the chapter {title}."""

from recsys_lib.exercises import check_function, check_value, exercise


@exercise("{name}.warm_up")
def warm_up(answer):
    return check_value(
        answer,
        2.5,  # TODO: the right value
        mistakes=[(5, "This is the sum. TODO: a hint for each typical mistake.")],
        hint="TODO: a hint for any other wrong value.",
        praise="Right.",
    )


@exercise("{name}.core")
def core(answer):
    return check_function(
        answer,
        lambda x: x / 2,  # TODO: the right function
        [(3.0,), (8.0,)],
        mistakes=[(lambda x: x * 2, "You doubled it. TODO: a hint for each typical mistake.")],
        hint="TODO: a hint for any other wrong function.",
        praise="Right.",
    )
'''

TESTS = '''\
"""{title}: right answers are accepted however they are written, wrong ones get their hint."""

import pytest

from recsys_lib.exercises import check

# TODO: right answers in every form that a reader may choose, and a wrong one for each hint


@pytest.mark.parametrize("answer", [2.5, [2.5], "2.5"])
def test_warm_up_right(answer):
    assert check("{name}.warm_up", answer).state == "right"


@pytest.mark.parametrize(("answer", "hint"), [(5, "sum"), (7, "any other")])
def test_warm_up_wrong(answer, hint):
    verdict = check("{name}.warm_up", answer)
    assert verdict.state == "wrong" and hint in verdict.message


def test_core_right():
    assert check("{name}.core", lambda x: 0.5 * x).state == "right"


@pytest.mark.parametrize(
    ("answer", "hint"), [(lambda x: 2 * x, "doubled"), (lambda x: x, "any other"), (3, "function")]
)
def test_core_wrong(answer, hint):
    verdict = check("{name}.core", answer)
    assert verdict.state == "wrong" and hint in verdict.message
'''


def text(source):
    return nbformat.v4.new_markdown_cell(source)


def code(source, *tags, **metadata):
    return nbformat.v4.new_code_cell(source, metadata={"tags": sorted(tags), **metadata})


def exercises(name):
    """The cells of two checked exercises and an open one."""
    warm_up, core = f'check("{name}.warm_up", answer);', f'check("{name}.core", half);'
    title = "# @title Solution\n"
    return [
        text("### Exercise 1 · warm-up: TODO\n\nTODO: one number, to be predicted first: the mean of 2 and 3."),
        code(f"answer = None  # a number\n{warm_up}", "exercise"),
        code(f"{title}answer = (2 + 3) / 2\n{warm_up}", "solution", "hide-cell"),
        text("### Exercise 2 · core: TODO\n\nTODO: a function. Write `half(x)`."),
        code(f"def half(x): ...  # your code\n\n\n{core}", "exercise"),
        code(f"{title}def half(x):\n    return x / 2\n\n\n{core}", "solution", "hide-cell"),
        text("### Exercise 3 · open: TODO\n\nTODO: a question without one answer.\n\nJudge it by: (1) TODO; (2) TODO."),
    ]


def notebook(name, title):
    cells = [
        text(HEAD.format(title=title)),
        text("## Setup"),
        code(SETUP),
        text("## TODO: a heading that is a question or an answer?\n\nTODO: the failure or case that the idea answers."),
        code(FIRST, "nbval-check-output"),
        code(FIGURE, "hide-input"),
        text("TODO: what that showed, and how sure you are."),
        code(CLAIM),
        *exercises(name),
        text(CLOSING),
    ]
    made = nbformat.v4.new_notebook(cells=cells)
    bootstrap_cell.install(made, bootstrap_cell.text())
    tidy(made)
    return made


def with_chapter(contents, part, name, caption=None):
    """The text of _toc.yml with the chapter after the last one of its part, or in a new part after the last chapter.

    The part is the one in which the first chapter of the folder stands: a later one may stand elsewhere."""
    lines = contents.splitlines()
    own = [n for n, line in enumerate(lines) if re.match(rf"\s*- file: notebooks/{part}/", line)]
    if own:
        end = next((n for n, line in enumerate(lines) if n > own[0] and "caption:" in line), len(lines))
        own = [n for n in own if n < end]
        indent = lines[own[-1]].partition("-")[0]
        lines.insert(own[-1] + 1, f"{indent}- file: notebooks/{part}/{name}")
    else:
        last = max((n for n, line in enumerate(lines) if "- file: notebooks/" in line), default=len(lines) - 1)
        new = f"  - caption: {caption}\n    numbered: 2\n    chapters:\n      - file: notebooks/{part}/{name}"
        lines.insert(last + 1, new)
    return "\n".join(lines) + "\n"


def refusal(where, caption, root):
    """Why no chapter can be started under this name, or None."""
    if not re.fullmatch(rf"{NAME.pattern}/{NAME.pattern}", where):
        return f"expected NAME=part/name, in small letters, digits and _, as in deep/full_build; received {where!r}"
    part, name = where.split("/")
    if keyword.iskeyword(name):
        return f"{name!r} is a word of Python; choose another name"
    contents = (root / "_toc.yml").read_text("utf-8")
    known = sorted(set(re.findall(r"file: notebooks/(\w+)/", contents)))
    if part not in known and not caption:
        return f"there is no part {part!r}, only {', '.join(known)}; a new one needs its caption: PART='…'"
    if part in known and caption:
        return f"the part {part!r} has its caption already; leave PART= out"
    if caption and not re.fullmatch(r"\w[\w ,&-]*", caption):
        return f"a caption is made of letters, digits, spaces, commas, & and -, received {caption!r}"
    taken = [path for path in files(part, name, root) if path.exists()]
    taken += [path for path in sorted((root / "notebooks").glob(f"*/{name}.ipynb")) if path not in taken]
    if taken:
        return f"the name is taken by {', '.join(path.relative_to(root).as_posix() for path in taken)}"
    if re.search(rf"file: notebooks/\w+/{name}(\.ipynb)?\s*$", contents, re.MULTILINE):
        return f"_toc.yml names a chapter {name!r} already"
    return None


def files(part, name, root):
    """What a chapter consists of, besides its line in _toc.yml: notebook, checkers, tests of the checkers."""
    return (
        root / "notebooks" / part / f"{name}.ipynb",
        root / "recsys_lib" / "exercises" / f"{name}.py",
        root / "tests" / "exercises" / f"test_{name}.py",
    )


def start(where, caption=None, root=ROOT):
    """Write the files of a new chapter; returns their paths. ValueError, with nothing written, for a name refused."""
    root = Path(root)
    if why := refusal(where, caption, root):
        raise ValueError(why)
    part, name = where.split("/")
    title = name.replace("_", " ").capitalize()
    contents = with_chapter((root / "_toc.yml").read_text("utf-8"), part, name, caption)
    yaml.safe_load(contents)
    paths = files(part, name, root)
    try:
        for path, template in zip(paths[1:], (CHECKERS, TESTS)):
            write_atomically(path, template.format(name=name, title=title))
        write_notebook(paths[0], notebook(name, title))
        write_atomically(root / "_toc.yml", contents)
    except BaseException:
        for path in paths:
            path.unlink(missing_ok=True)
        raise
    return paths


def placeholders(part, name, root=ROOT):
    """[place: line] of all that is still to be written in the files of a chapter."""
    found = []
    for path in files(part, name, root):
        if not path.exists():
            continue
        if path.suffix == ".ipynb":
            cells = nbformat.read(path, as_version=4).cells
            pieces = [(f"{path.name}, cell {number}", cell.source) for number, cell in enumerate(cells)]
        else:
            pieces = [(path.relative_to(root).as_posix(), path.read_text("utf-8"))]
        found += [
            f"{place}: {line.strip()}"
            for place, source in pieces
            for line in source.splitlines()
            if PLACEHOLDER in line
        ]
    return found


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="part/name, as in deep/full_build")
    parser.add_argument("--part", default=None, help="caption of a part that has no chapter yet")
    args = parser.parse_args(argv)
    try:
        paths = start(args.name, args.part)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    for path in paths:
        print(f"{path.relative_to(ROOT).as_posix()} written.")
    print(f"_toc.yml names it. What {PLACEHOLDER} marks is yours to write.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
