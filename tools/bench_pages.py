"""How fast the explorable pages answer, on a processor at a quarter of its speed. Prints a Markdown table.

make bench                        # with the library's; let nothing else run
python tools/bench_pages.py

A processor that is slower than the one that the limits are meant for, or has other work, is slower in the loop timed
beside each trial too; its fastest run says how much. The tests count what a page changes, which no machine disturbs."""

import sys

from bookfiles import ROOT
from browser_pages import NONE, launched, visit
from explore_stills import OPENED

SITE = ROOT / "_build" / "html" / "book" / "explore"
LIMIT_MS = 50
REFERENCE_MS = 14.0  # of the loop below, at a quarter of the speed of the processor that the limit is meant for
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
RATING = "const e = document.querySelector('.ratings input'); e.value = i % 5 + 1; e.oninput()"
MOVE = (
    "const key = i % 2 ? 'End' : 'Home', grip = document.querySelector('.results .grip');"
    "grip.onkeydown(new KeyboardEvent('keydown', { key }))"
)
SHARE = "const e = document.querySelector('.films-share input'); e.value = (i * 20) % 100; e.oninput()"
TITLE = "const e = document.querySelector('[role=combobox]'); e.value = 'the'.slice(i % 3); e.oninput()"
LIKE = "document.querySelector('.films-chosen input').click()"
DAY = (
    "const box = document.querySelector('#next-dated'), e = document.querySelector('#next-day');"
    "box.checked = true; e.value = 20 * (i + 1); e.oninput()"
)
WEIGHT = "const e = document.querySelector('.fusion-weight input'); e.value = i / 5; e.oninput()"
CODE = "document.querySelector('.codes-tiles').querySelectorAll('input')[i].click()"
BEAM = "const e = document.querySelector('#codes-width'); e.value = 2 * i + 1; e.oninput()"
ACTS = {  # what the reader does → page, the choice made before, the statements that do it, by the number i of the time
    "types a rating": ("similarity", None, RATING),
    "asks for 20 steps": ("losses", None, "document.querySelectorAll('.explore-button')[1].click()"),
    "moves a result": ("metrics", None, MOVE),
    "takes a like back": ("recommend", None, LIKE),
    "takes a like back from item cosine": ("recommend", "Item cosine", LIKE),
    "weighs popularity": ("recommend", None, SHARE),
    "types a title": ("recommend", None, TITLE),
    "moves a film of the history": ("next_film", None, "document.querySelector('.next-order li + li button').click()"),
    "turns the day": ("next_film", None, DAY),
    "moves a weight": ("fusion", None, WEIGHT),
    "walks down the tree": ("codes", None, CODE),
    "widens the beam": ("codes", None, BEAM),
    "chooses a film": ("map", None, "document.querySelectorAll('.map-list button')[i].click()"),
}


def prepare(page, choice):
    if choice:
        page.get_by_label(choice).check()
        page.wait_for_selector(".films-list.by-cosine")


def milliseconds(page, act):
    """Milliseconds that `act` takes, the fastest of 15 trials, by the speed of the reference."""
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    trials = [page.evaluate(MEASURE.replace("ACT", act)) for _ in range(15)]
    reference, taken = (min(times) for times in zip(*trials))
    return taken * min(1, REFERENCE_MS / reference)


def main():
    if not SITE.is_dir():
        print("The pages are not measured: the site is not built. Run: make book")
        return 0
    from playwright.sync_api import sync_playwright

    print("| page | the reader … | at a quarter of the speed | wanted |\n| --- | --- | ---: | ---: |", flush=True)
    over = 0
    with sync_playwright() as playwright:
        browser = launched(playwright)
        if browser is None:
            print(f"The pages are not measured: {NONE}")
            return 0
        for what, (name, choice, act) in ACTS.items():
            page = browser.new_page()
            visit(page, (SITE / f"{name}.html").as_uri() + OPENED.get(name, ""))
            prepare(page, choice)
            taken = milliseconds(page, act)
            over += taken > LIMIT_MS
            print(f"| {name} | {what} | {taken:.0f} ms | ≤ {LIMIT_MS} ms |", flush=True)
            page.close()
        browser.close()
    return int(over > 0)


if __name__ == "__main__":
    sys.exit(main())
