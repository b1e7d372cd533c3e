"""Makes the book with the public address of the repository it is published from, and its branch `colab`.

    python tools/publish.py tree ADDRESS FOLDER   # the tracked files, carrying the address, into an empty folder
    python tools/publish.py site FOLDER           # that book's site, into FOLDER/_build/html
    python tools/publish.py push FOLDER REMOTE    # that book as the one commit of the branch `colab` of REMOTE

The publish workflow runs all three with the address of its own repository; the branch `main` names none. From `colab`
the buttons of the site open the chapters, and their setup cells install the library."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import bootstrap_cell
from bookfiles import ROOT, read_notebook, tidy, write_notebook

BRANCH = "colab"
ADDRESS = re.compile(r"https://[\w.-]+(?::\d+)?(?:/[\w.-]+){2,}|file:///[^\s\"]+")
LEFT_OUT = ".github/"  # a workflow may not push workflows, and the branch runs none
PLACED = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX")
SIGNATURE = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Unify & Fuse"), ("EMAIL", "noreply@localhost"))
}


def clean_address(address):
    address = address.strip().rstrip("/").removesuffix(".git")
    if not ADDRESS.fullmatch(address):
        raise ValueError(f"expected an address like https://github.com/OWNER/NAME, received {address!r}")
    return address


def site_address(address):
    """GitHub Pages' address of a repository at github.com; empty elsewhere."""
    match = re.fullmatch(r"https://github\.com/([^/]+)/([^/]+)", address)
    if not match:
        return ""
    owner, name = match.group(1).lower(), match.group(2)
    return f"https://{owner}.github.io" + ("" if name.lower() == f"{owner}.github.io" else f"/{name}")


def git(*arguments, cwd=ROOT, **variables):
    """What a git command prints; a hook's or a caller's own GIT_DIR has no say in it."""
    environment = {name: value for name, value in os.environ.items() if name not in PLACED} | variables
    done = subprocess.run(["git", *map(str, arguments)], cwd=cwd, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def replace(path, *pairs):
    """Replace each text that must stand once or more in a file."""
    text = path.read_text("utf-8")
    for old, new in pairs:
        if old not in text:
            raise ValueError(f"{path.name}: expected {old!r}, for the address to take its place")
        text = text.replace(old, new)
    path.write_text(text, "utf-8")


def carry(folder, address):
    """Write the address into every file of the book in `folder` that names it."""
    source = f"git+{address}@{BRANCH}"
    replace(folder / "_config.yml", ('url: ""', f'url: "{address}"'), ("branch: main", f"branch: {BRANCH}"))
    if address.startswith("https:"):  # setuptools refuses any other
        replace(folder / "pyproject.toml", ('# Repository = "URL"', f'Repository = "{address}"'))
    replace(folder / "CITATION.cff", ('# repository-code: "URL"', f'repository-code: "{address}"'))
    for path in [folder / "README.md", *(folder / "recsys_lib").rglob("*.py")]:
        old = path.read_text("utf-8")
        text = old.replace("git+URL", source)
        if path.suffix == ".py":  # the library is installed from the branch: its folder is not at hand
            text = text.replace('pip install ".[tensorflow]"', f'pip install "recsys-lib[tensorflow] @ {source}"')
        if text != old:
            path.write_text(text, "utf-8")
    for path in (folder / "notebooks").rglob("*.ipynb"):
        notebook = read_notebook(path)
        bootstrap_cell.install(notebook, bootstrap_cell.text(source))
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = cell.source.replace("git+URL", source)
        if site := site_address(address):
            page = path.relative_to(folder).with_suffix(".html").as_posix()
            notebook.cells[0].source += f"\n\n[This chapter in the book]({site}/{page})."
        tidy(notebook)  # ids follow from the sources
        write_notebook(path, notebook)


def tree(address, folder):
    """Copy the tracked files as they are now into an empty folder and write the address into them."""
    address = clean_address(address)
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; name an empty folder or a new one")
    for name in git("ls-files", "-z").split("\0"):
        if (ROOT / name).is_file() and not name.startswith(LEFT_OUT):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    carry(folder, address)
    print(f"The book with the address {address} lies in {folder}.")


def site(folder):
    """Build the site of a book that tree() made and check its links."""
    for name in ("claims_page.py", "formula_index.py", "build_book.py", "links.py"):
        if status := subprocess.run([sys.executable, folder / "tools" / name], cwd=folder).returncode:
            raise OSError(f"tools/{name} ended with {status}; the lines above say why")


def push(folder, remote):
    """Force-push what tree() made as one commit without history; branch, index and files of the checkout stay."""
    with tempfile.TemporaryDirectory(prefix="publish-") as name:
        place = {
            "GIT_DIR": git("rev-parse", "--absolute-git-dir"),
            "GIT_WORK_TREE": str(folder.resolve()),
            "GIT_INDEX_FILE": str(Path(name) / "index"),
        }
        git("-c", f"core.excludesFile={os.devnull}", "add", "--all", ".", cwd=folder, **place)
        content = git("write-tree", cwd=folder, **place)
    message = f"The book with its public address, from {git('rev-parse', 'HEAD')}"
    commit = git("commit-tree", content, "-m", message, **SIGNATURE)
    git("push", "--force", remote, f"{commit}:refs/heads/{BRANCH}")
    print(f"The branch {BRANCH} is the commit {commit[:12]}.")


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(dest="step", required=True)
    for name, arguments in {"tree": ("address", "folder"), "site": ("folder",), "push": ("folder", "remote")}.items():
        step = steps.add_parser(name)
        for argument in arguments:
            step.add_argument(argument, type=Path if argument == "folder" else str)
    args = vars(parser.parse_args(argv))
    try:
        {"tree": tree, "site": site, "push": push}[args.pop("step")](**args)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
