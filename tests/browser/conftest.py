"""The built site, a server for it, and Chromium; what is missing is built or skipped with its reason."""

import functools
import http.server
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
# the shell opens a page in half the time of the whole browser
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
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
    executable = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if executable is None:
        how = "install it, for example: sudo apt install chromium, then: make test STEPS=browser"
        pytest.skip(f"no Chromium on PATH (looked for {', '.join(CHROMIUM)}); {how}")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
        chromium = playwright.chromium.launch(executable_path=executable, args=options)
        yield chromium
        chromium.close()


REFERENCE_MS = 14.0  # of the loop below, at a quarter of the speed of the processor that limits in ms are meant for
MEASURE = """async () => {
    const timed = async (work) => {
        const start = performance.now();
        for (let i = 0; i < 5; i++) { work(i); for (let t = 0; t < 9; t++) await null; document.body.offsetHeight; }
        return (performance.now() - start) / 5;
    };
    const sums = () => { let s = 0; for (let k = 1; k < 1e6; k++) s += Math.sqrt(k) / k; window.reference = s; };
    const reference = await timed(sums), act = await timed((i) => { ACT });
    return [reference, act];
}"""


@pytest.fixture(scope="session")
def milliseconds():
    """f(page, act): ms that `act` takes by the wall's clock at a quarter of a processor's speed, fastest of 15 trials.

    act: statements, which may use the number i of the time. A processor that is slower than the one that limits are
    meant for, or has other work, is slower in the loop timed beside each trial too; its fastest run says how much."""

    def measured(page, act):
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
        trials = [page.evaluate(MEASURE.replace("ACT", act)) for _number in range(15)]
        reference, taken = (min(times) for times in zip(*trials))
        print(f"{taken:.0f} ms; the loop {reference:.0f} ms")
        return taken * min(1, REFERENCE_MS / reference)

    return measured


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
def other_site(config, tmp_path_factory):
    """(address, folder): the book built again with an example address, or without one where the book has one."""
    url = "" if config["repository"]["url"] else EXAMPLE
    copy = tmp_path_factory.mktemp("book")
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(ROOT / name, copy)
    for name in ("book", "notebooks", "recsys_lib", "tests"):  # the formula index links to code and tests
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    config = {**config, "repository": {**config["repository"], "url": url}}
    (copy / "_config.yml").write_text(yaml.safe_dump(config), "utf-8")
    command = "from jupyter_book.cli.main import main; main()"
    built = subprocess.run(
        [sys.executable, "-c", command, "build", ".", "--all"], cwd=copy, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr[-2000:]
    return url, copy / "_build" / "html"
