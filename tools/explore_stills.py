"""Takes the still figures of the explorable pages: the opening state of each, as the browser draws it.

    make explore                             # data, site, stills
    python tools/explore_stills.py losses    # builds the site, takes one

The stills stand on paper and where no script runs; book/static/explore/stills/NAME.png, twice as fine as shown."""

import io
import re
import shutil
import sys

from PIL import Image, ImageColor

import build_book
from bookfiles import ROOT
from recsys_lib.plots import MODEL_COLORS

PAGES = ROOT / "book" / "explore"
STILLS = ROOT / "book" / "static" / "explore" / "stills"
SITE = ROOT / "_build" / "html"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chromium-headless-shell")
LIMIT = 120_000  # bytes
KEPT = sorted({*MODEL_COLORS.values(), "#0b57a4", "#b3470b", "#aeb3b6", "#1c2128"})  # models, accents, a slider, ink
OPENED = {"recommend": "#likes=1214,2571,541", "codes": "#film=78748&step=4"}  # shown with a list, and with all steps
BARE = (
    "header, .bd-sidebar-primary, .bd-sidebar-secondary, .films-settings, .next-theirs,"
    ".codes-entry, .codes-ask, .codes-turns, .codes-here, .codes-now .what,"
    ":is(.codes-lists, .codes-beam) .explore-note {visibility: hidden !important}"
    ".codes-tiles label:not(.own) span {color: transparent !important}"
    "* {caret-color: transparent}"
)


def still_names():
    """{name of the figure: its page}, of all explorable pages."""
    found = {}
    for page in sorted(PAGES.glob("*.md")):
        for name in re.findall(r'data-explore="(\w+)"', page.read_text("utf-8")):
            found[name] = page.stem
    return found


def compressed(png):
    """The picture with as many colours as fit into the limit."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    kept = [value for colour in KEPT for value in ImageColor.getrgb(colour)]  # in spots too small for a palette to keep
    for colours in (128, 64, 32, 16):
        palette = Image.new("P", (1, 1))
        palette.putpalette(kept + picture.quantize(colours - len(KEPT)).getpalette()[: 3 * (colours - len(KEPT))])
        file = io.BytesIO()
        picture.quantize(palette=palette, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        if file.tell() <= LIMIT:
            return file.getvalue()
    raise ValueError(f"expected a still of at most {LIMIT:,} bytes, received {file.tell():,} with 16 colours")


def take(names):
    from playwright.sync_api import sync_playwright

    executable = next(filter(None, map(shutil.which, CHROMIUM)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        settings = {"color_scheme": "light", "reduced_motion": "reduce", "device_scale_factor": 2}
        for name, page_name in names.items():
            page = browser.new_page(viewport={"width": 1280, "height": 900}, **settings)
            page.goto((SITE / "book" / "explore" / f"{page_name}.html").as_uri() + OPENED.get(name, ""))
            figure = page.locator(f'[data-explore="{name}"].is-live:not([data-waiting]) > .explore-live')
            figure.wait_for(timeout=15_000)
            page.add_style_tag(content=BARE)
            page.evaluate("document.fonts.ready.then(() => null)")
            page.wait_for_timeout(300)
            picture = compressed(figure.screenshot(animations="disabled"))
            (STILLS / f"{name}.png").write_bytes(picture)
            print(f"{name}.png: {len(picture) / 1000:.0f} kB", flush=True)
            page.close()
        browser.close()


def main(argv):
    names = still_names()
    if unknown := [name for name in argv if name not in names]:
        print(f"no figure {', '.join(unknown)}; there are {', '.join(names)}")
        return 1
    STILLS.mkdir(parents=True, exist_ok=True)
    for name in names:
        if not (STILLS / f"{name}.png").exists():  # the site is not built without its pictures
            Image.new("RGB", (2, 2), "#fcfcfa").save(STILLS / f"{name}.png")
    if build_book.main():
        return 1
    take({name: names[name] for name in argv or names})
    print("`make book` puts them into the site.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
