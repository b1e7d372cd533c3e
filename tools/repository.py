"""Carries the public address of the book, `repository.url` of _config.yml, to every place that names it.

    make repository URL=https://github.com/OWNER/NAME     # set it everywhere
    make repository URL=                                   # unset it everywhere
    python tools/repository.py                             # show it, and where it disagrees
    python tools/repository.py --check ADDRESS             # fail unless it is ADDRESS (the publish workflow does this)

While it is unset, `URL` stands in its place in the lines that a reader is to type, and the lines of pyproject.toml and
CITATION.cff are comments."""

import argparse
import re
import sys
from pathlib import Path

import bootstrap_cell
import formula_index
from bookfiles import ROOT, chapter_title, notebook_paths, read_notebook, repository_url, tidy, write_atomically

ADDRESS = re.compile(r"https://[\w.-]+(?::\d+)?/[\w.-]+(?:/[\w.-]+)+")
CONFIG_LINE = re.compile(r"(^repository:\n(?:[ #].*\n)*?  url: *)[^ #\n]*", re.MULTILINE)
PIP = re.compile(r"(recsys-lib(?:\[tensorflow\])?[\"']? ?@ git\+)(?:URL\b|https://[^\s\"'`\\<>)]+)")
PIP_BARE = re.compile(r"(pip install [\"']?git\+)(?:URL\b|https://[^\s\"'`\\<>)]+)")
CLONE = re.compile(r"(git clone )(?:URL\b|https://[^\s\"'`\\<>)]+)")
KEY_LINES = re.compile(r"^(?:# )?(Repository = |repository-code: )\"[^\"]*\"", re.MULTILINE)
README_BLOCK = re.compile(r"(<!-- repository:start -->\n).*?(<!-- repository:end -->)", re.DOTALL)
UNSET = (
    "The public address of this book is not set yet: `make repository URL=https://github.com/OWNER/NAME` sets it "
    "everywhere and puts a Colab button on each chapter.\n"
)
SITE_LINE = re.compile(r"\n*^\[This chapter in the book\]\(https://[^)]*\)\.$", re.MULTILINE)


def site_address(url):
    """GitHub Pages' address of a repository at github.com; empty elsewhere."""
    match = re.fullmatch(r"https://github\.com/([^/]+)/([^/]+)", url)
    if not match:
        return ""
    owner, name = match.group(1).lower(), match.group(2)
    return f"https://{owner}.github.io" + ("" if name.lower() == f"{owner}.github.io" else f"/{name}")


def carry_text(text, url):
    """A text file's content with the address set to `url` (or unset) in each line that names it."""
    address = url or "URL"
    for pattern in (PIP, PIP_BARE, CLONE):
        text = pattern.sub(lambda match: match.group(1) + address, text)
    prefix = "" if url else "# "
    return KEY_LINES.sub(lambda match: f'{prefix}{match.group(1)}"{url or "URL"}"', text)


def readme_block(url):
    """What the README says of the address: the chapters in Colab, or how to set it."""
    if not url:
        return UNSET
    match = re.fullmatch(r"https://github\.com/([^/]+/[^/]+)", url)
    if not match:
        return f"The book's repository is <{url}>; Colab opens notebooks of github.com alone.\n"
    base = f"https://colab.research.google.com/github/{match.group(1)}/blob/main"
    links = [
        f"[{chapter_title(read_notebook(path))}]({base}/{path.relative_to(ROOT).as_posix()})"
        for path in notebook_paths()
    ]
    return f"Open in Colab: {' · '.join(links)}.\n\nRead online: <{site_address(url)}>.\n"


def carry_notebook(path, url):
    """The notebook with the address in its bootstrap cell, its install lines and its head."""
    notebook = read_notebook(path)
    bootstrap_cell.install(notebook, bootstrap_cell.text(url))
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            cell.source = carry_text(cell.source, url)
            if number == 0:
                cell.source = SITE_LINE.sub("", cell.source)
                if site := site_address(url):
                    page = path.relative_to(ROOT).with_suffix(".html").as_posix()
                    cell.source += f"\n\n[This chapter in the book]({site}/{page})."
    tidy(notebook)  # ids follow from the sources
    return notebook


def text_files():
    fixed = ["README.md", "CONTRIBUTING.md", "LICENSE", "CITATION.cff", "pyproject.toml"]
    files = [ROOT / name for name in fixed] + sorted((ROOT / "book").rglob("*.md"))
    return [path for path in files + sorted((ROOT / "recsys_lib").rglob("*.py")) if path.is_file()]


def changes(url):
    """{path: new text} of every file that does not say `url` yet."""
    import nbformat

    new = {}
    for path in text_files():
        old = path.read_text("utf-8")
        text = carry_text(old, url)
        if path.name == "README.md":
            text = README_BLOCK.sub(lambda match: match.group(1) + readme_block(url) + match.group(2), text)
        if text != old:
            new[path] = text
    for path in notebook_paths():
        text = nbformat.writes(carry_notebook(path, url)).rstrip("\n") + "\n"
        if text != path.read_text("utf-8"):
            new[path] = text
    entries, wrong = formula_index.read_entries()
    text = formula_index.page(entries, url)
    if not wrong and text != formula_index.PAGE.read_text("utf-8"):  # else tools/formula_index.py tells what is wrong
        new[formula_index.PAGE] = text
    config = ROOT / "_config.yml"
    old = config.read_text("utf-8")
    text, count = CONFIG_LINE.subn(lambda match: f'{match.group(1)}"{url}"', old)
    if count != 1:
        raise ValueError(f"_config.yml: expected one `repository:` with a line `url:` under it, found {count}")
    if text != old:
        new[config] = text
    return new


def clean_address(url):
    url = url.strip().rstrip("/").removesuffix(".git")
    if url and not ADDRESS.fullmatch(url):
        raise ValueError(f"expected an address like https://github.com/OWNER/NAME, received {url!r}")
    return url


def name_of(path):
    return Path(path).relative_to(ROOT).as_posix()


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", metavar="ADDRESS")
    parser.add_argument("--check", metavar="ADDRESS")
    args = parser.parse_args(argv)
    try:
        wanted = clean_address(args.set if args.set is not None else args.check or "")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    if args.set is not None:
        new = changes(wanted)
        for path, text in new.items():
            write_atomically(path, text)
            print(f"written {name_of(path)}")
        print(f"The public address is {wanted or 'unset'}; {len(new)} files changed.")
        return 0
    url = repository_url()
    differing = [name_of(path) for path in changes(url)]
    if args.check and (url.lower() != wanted.lower() or differing):
        where = f", and differs in {', '.join(differing)}" if differing else ""
        print(f"The book says that its address is {url or 'unset'}{where}; it is published from {wanted}.")
        print(f"Run this, commit and push:  make repository URL={wanted}")
        return 1
    print(f"The public address is {url or 'unset'}.")
    for name in differing:
        print(f"differs in {name}")
    if differing:
        print(f"Run: make repository URL={url}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
