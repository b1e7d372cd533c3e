"""The built site, a server for it, and Chromium; what is missing is built or skipped with its reason."""

import functools
import http.server
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import nbformat
import pytest
import yaml

from browser_pages import NONE, launched, visit

ROOT = Path(__file__).parents[2]
EXAMPLE = "https://github.com/example/unify-and-fuse"


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def site():
    """Folder of the built book."""
    folder = ROOT / "_build" / "html"
    if not (folder / "index.html").exists():
        subprocess.run([sys.executable, ROOT / "tools" / "build_book.py"], cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="session")
def addresses(site):
    """{way of opening the site: address of its root}."""
    handler = functools.partial(QuietHandler, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {"http": f"http://127.0.0.1:{server.server_address[1]}/", "file": site.as_uri() + "/"}
        server.shutdown()


@pytest.fixture(scope="session")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = launched(playwright)
        if chromium is None:
            pytest.skip(f"{NONE}, then: make test STEPS=browser")
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def contexts(browser):
    """contexts(…): a browser's profile with these settings, made once for each of them."""
    made = {}

    def context(*, width=1280, scheme="light", **settings):
        key = width, scheme, repr(sorted(settings.items()))
        if key not in made:
            settings = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme, **settings}
            made[key] = browser.new_context(reduced_motion="reduce", **settings)
            made[key].set_default_timeout(30_000)
        return made[key]

    return context


@pytest.fixture
def open_page(contexts, addresses):
    """open_page("book/intro", way="file", width=1280, …): that page, closed after the test."""
    pages = []

    def opened(name, *, way="file", query="", **settings):
        page = contexts(**settings).new_page()
        pages.append(page)
        go = visit if settings.get("java_script_enabled", True) else type(page).goto
        go(page, f"{addresses[way]}{name}.html{query}")
        return page

    yield opened
    for page in pages:
        page.close()


@pytest.fixture(scope="module")
def kept_page(contexts, addresses):
    """kept_page("book/intro"): that page from disk as it opens, opened once for all tests that leave it so."""
    pages = {}

    def kept(name):
        if name not in pages:
            pages[name] = contexts().new_page()
            visit(pages[name], f"{addresses['file']}{name}.html")
        return pages[name]

    yield kept
    for page in pages.values():
        page.close()


WORK = """async () => {
    const records = [], note = (list) => records.push(...list), elements = (node) => 1 + (node.children
        ? node.querySelectorAll("*").length : 0);
    const observer = new MutationObserver(note);
    observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    const most = { changes: 0, added: 0, lists: 0 }, ranked = formulas.top_k;
    let lists = 0;
    formulas.top_k = (...given) => { lists += 1; return ranked(...given); };
    for (let i = 0; i < 5; i++) {
        records.length = lists = 0;
        ACT
        for (let t = 0; t < 9; t++) await null;
        note(observer.takeRecords());
        const added = records.flatMap((record) => [...record.addedNodes]).reduce((n, node) => n + elements(node), 0);
        most.changes = Math.max(most.changes, records.length);
        most.added = Math.max(most.added, added);
        most.lists = Math.max(most.lists, lists);
    }
    formulas.top_k = ranked;
    return most;
}"""


@pytest.fixture(scope="session")
def work():
    """work(page, act): the most that `act` does in one of five times: changes of the page, elements added, rankings.

    act: statements, which may use the number i of the time. How many milliseconds they take, make bench tells."""
    return lambda page, act: page.evaluate(WORK.replace("ACT", act))


@pytest.fixture(scope="session")
def config():
    return yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))


@pytest.fixture(scope="session")
def chapters():
    """Chapters in the book's order, as paths without suffix."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    files = [entry["file"] for part in contents["parts"] for entry in part["chapters"]]
    return [name for name in files if name.startswith("notebooks/")]


@pytest.fixture(scope="session")
def small_site(config, tmp_path_factory):
    """(address, branch, folder): two pages with the book's settings, with an address where the book has none."""
    url = "" if config["repository"]["url"] else EXAMPLE
    book = tmp_path_factory.mktemp("book")
    shutil.copytree(ROOT / "book" / "_ext", book / "book" / "_ext", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "book" / "search_scorer.js", book / "book")
    for name in ("_templates", "static"):
        shutil.copytree(ROOT / "book" / name, book / "book" / name)
    shutil.copy(ROOT / "book" / "references.bib", book / "book")
    settings = {**config, "repository": {"url": url, "branch": "colab"}}
    (book / "_config.yml").write_text(yaml.safe_dump(settings), "utf-8")
    contents = {"format": "jb-book", "root": "book/intro", "chapters": [{"file": "notebooks/part/chapter"}]}
    (book / "_toc.yml").write_text(yaml.safe_dump(contents), "utf-8")
    (book / "book" / "intro.md").write_text("# Intro\n", "utf-8")
    (book / "notebooks" / "part").mkdir(parents=True)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Chapter")])
    nbformat.write(notebook, book / "notebooks" / "part" / "chapter.ipynb")
    command = "from jupyter_book.cli.main import main; main()"
    built = subprocess.run([sys.executable, "-c", command, "build", "."], cwd=book, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr[-2000:]
    return url, "colab", book / "_build" / "html"
