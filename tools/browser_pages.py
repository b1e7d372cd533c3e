"""The site in Chromium: what the browser tests and the bench of the pages share."""

import shutil

# the shell opens a page in half the time of the whole browser
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
NONE = f"no Chromium on PATH (looked for {', '.join(CHROMIUM)}); install it, for example: sudo apt install chromium"
DRAWN = "!document.querySelector('.explore:not(.is-live), .explore[data-waiting]')"


def launched(playwright):
    """Chromium, started; None where none is installed."""
    executable = next(filter(None, map(shutil.which, CHROMIUM)), None)
    return executable and playwright.chromium.launch(executable_path=executable, args=OPTIONS)


def visit(page, address):
    """Go there, and wait until what the page draws itself is drawn: formulas, explorables."""
    page.goto(address)
    page.evaluate("window.MathJax?.startup?.promise?.then(() => null)")
    page.wait_for_function(DRAWN)


def tab_to(page, name, limit=60):
    """Press Tab until a focused element of the explorable has this in its name; AssertionError where none comes."""
    page.locator("article h1").click()
    focus = "document.activeElement"
    label = "e => e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.textContent"
    for _number in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate(f"{focus}.closest('.explore-live') !== null") and name in page.evaluate(f"({label})({focus})"):
            return
    raise AssertionError(f"no focus on {name!r} within {limit} presses of Tab")
