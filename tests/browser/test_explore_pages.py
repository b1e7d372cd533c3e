"""The explorable pages in Chromium: their opening state, keyboard, pointer, speed; from a disk as from a server."""

import json
import re
import struct

import pytest
import yaml

from bench_pages import ACTS, prepare
from bookfiles import ROOT, stored_notebook
from explore_stills import OPENED
from recsys_lib.plots import MODEL_COLORS

pytestmark = pytest.mark.browser
SCRIPTS = ROOT / "book" / "static" / "explore"
READING = ".explore-reading"
FOCUS = "document.activeElement"


def explorable_pages():
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    files = [entry["file"] for part in contents["parts"] for entry in part["chapters"]]
    return [name for name in files if name.startswith("book/explore/")]


PAGES = explorable_pages()
MINE = ["similarity", "losses", "metrics"]


@pytest.fixture
def explorable(open_page):
    """explorable("losses", …): that page, for a test that acts on it."""
    return lambda name, **settings: open_page(f"book/explore/{name}", **settings)


def reading(page, n=0):
    return page.locator(READING).nth(n).inner_text()


def tab_to(page, describe, limit=80):
    """Press Tab until the focused element fits; the keyboard alone, as a reader has it."""
    page.locator("article h1").click()
    for _number in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate(f"{FOCUS}.closest('.explore-live') !== null && ({describe})({FOCUS})"):
            return
    raise AssertionError(f"no focus on {describe} within {limit} presses of Tab")


def by_label(text):
    name = "e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.textContent"
    return f"e => ({name}).includes({json.dumps(text)})"


# --- Frame ---


@pytest.mark.parametrize("name", PAGES)
def test_without_script_and_on_paper_the_still_figure_stands(open_page, kept_page, name):
    plain = open_page(name, java_script_enabled=False)
    still = plain.locator(".explore-still img")
    assert still.is_visible() and len(still.get_attribute("alt")) > 60
    live = kept_page(name)
    assert not live.locator(".explore-still").is_visible()
    live.emulate_media(media="print")
    assert live.locator(".explore-still").is_visible() and not live.locator(".explore-live").is_visible()
    live.emulate_media(media="screen")


@pytest.mark.parametrize("name", PAGES)
def test_still_figure_is_the_opening_state_at_twice_its_size(kept_page, open_page, name):
    for figure in kept_page(name).locator("[data-explore]").all():
        if opened := OPENED.get(figure.get_attribute("data-explore")):
            page = open_page(name, query=opened)
            figure = page.locator("[data-explore]")
        file = SCRIPTS / "stills" / f"{figure.get_attribute('data-explore')}.png"
        width, height = struct.unpack(">II", file.read_bytes()[16:24])
        box = figure.locator(".explore-live").bounding_box()
        assert file.stat().st_size <= 120_000
        assert abs(width - 2 * box["width"]) <= 4 and abs(height - 2 * box["height"]) <= 0.05 * height, (
            f"{file.name} is {width} × {height}, the figure {box['width']} × {box['height']}: make explore"
        )


def test_scripts_load_where_they_are_needed_and_weigh_little(site):
    for path in site.rglob("*.html"):
        text = path.read_text("utf-8")
        wanted = set(re.findall(r'data-explore="(\w+)"', text))
        loaded = set(re.findall(r"_static/explore/(\w+)\.js", text))
        assert loaded - {"films", "sasrec", "words"} == (wanted | {"formulas", "explore"} if wanted else set()), (
            path.name
        )
        assert sum((SCRIPTS / f"{name}.js").stat().st_size for name in loaded) <= 40_000, path.name
    for path in SCRIPTS.glob("*.js"):
        text = path.read_text("utf-8")
        assert path.stat().st_size <= 15_000, path.name
        assert len(text.splitlines()) <= 250, path.name
        assert not re.search(r"\bfetch\(|\bimport\b|https?://(?!www\.w3\.org)", text), path.name


def test_colours_are_the_models(site):
    css = (ROOT / "book" / "static" / "css" / "explore.css").read_text("utf-8")
    names = {"popularity": "Popularity", "neighbourhood": "ItemKNN", "als": "ALS", "ease": "EASE",
             "embedding": "MatrixFactorization", "sequence": "SASRec"}  # fmt: skip
    for variable, model in names.items():
        assert f"--{variable}: {MODEL_COLORS[model].lower()};" in css


@pytest.mark.parametrize("name", MINE)
def test_a_page_says_its_result_in_both_places(kept_page, name):
    page = kept_page(f"book/explore/{name}")
    for heard, seen in zip(page.locator("[aria-live=polite]").all(), page.locator(READING).all(), strict=True):
        assert heard.text_content() == seen.inner_text() != ""


# --- Similarity ---


def test_similarity_opens_with_the_chapters_answer(kept_page):
    page = kept_page("book/explore/similarity")
    assert reading(page) == (
        "Nearest to Hit: Twin by dot product, cosine, Jaccard and adjusted cosine; Cult by Pearson (2 common raters)."
    )
    rows = page.locator(".similarity-order tr").all_inner_texts()
    assert "Twin 0.816 > Cult 0.577 > Foe 0.000" in " ".join(rows[1].split())
    assert "Twin 0.510 > Cult 0.227 > Foe −0.891" in " ".join(rows[4].split())


def test_similarity_by_keyboard_alone(explorable):
    page = explorable("similarity")
    before = reading(page)
    tab_to(page, by_label("A gives Cult"))
    page.keyboard.type("1")
    assert reading(page) != before and "by all five" in reading(page)
    tab_to(page, by_label("Shrinkage"))
    page.keyboard.press("End")
    assert "Shrunk" in page.locator(".similarity-terms").inner_text()
    tab_to(page, "e => e.value === 'chapter'")
    page.keyboard.press("ArrowRight")
    assert "Rumour by Pearson (2 common raters)" in reading(page)
    tab_to(page, by_label("Shrinkage"))
    for beta in range(1, 5):
        page.keyboard.press("ArrowRight")
        assert ("Rumour by Pearson" in reading(page)) == (beta < 4)


def test_similarity_refuses_what_is_no_rating_and_keeps_the_last(explorable):
    page = explorable("similarity")
    field, before = page.get_by_label("A gives Hit"), reading(page)
    field.fill("7")
    assert field.get_attribute("aria-invalid") is not None
    assert reading(page) == "What A gives Hit is not counted: it must be from 0.5 to 5."
    field.fill("5")
    assert field.get_attribute("aria-invalid") is None and reading(page) == before


def test_similarity_says_where_it_divides_by_nothing(explorable):
    page, zero = explorable("similarity"), "0/0, counted as 0"
    terms = page.locator(".similarity-terms")
    assert zero not in terms.inner_text()
    for who in "CD":
        page.get_by_label(f"{who} gives Cult").fill("4")
    assert zero in terms.inner_text()
    for measure in ("dot product", "cosine", "Jaccard", "adjusted cosine"):
        page.locator(".similarity-measure").get_by_label(measure, exact=True).check()
        assert zero not in terms.inner_text(), measure
    for who in "ABCDE":
        page.get_by_label(f"{who} gives Cult").fill("")
        page.get_by_label(f"{who} gives Hit").fill("")
    for measure, divides in (("dot product", False), ("cosine", True), ("Jaccard", True)):
        page.locator(".similarity-measure").get_by_label(measure, exact=True).check()
        assert (zero in terms.inner_text()) == divides, measure


def test_similarity_writes_out_each_preset(explorable):
    page = explorable("similarity")
    for preset, told in {
        "Two people against six": "2·0.25 + (−2)·(−0.25)",
        "One common rater": "Common raters: D.",
        "Generous and strict": "= 0.8",
        "A right angle": "= 0",
    }.items():
        page.get_by_label(preset).check()
        assert told in page.locator(".similarity-terms").inner_text(), preset


# --- Losses ---


def test_losses_by_keyboard_alone(explorable):
    page = explorable("losses")
    assert "no floor" in reading(page)
    tab_to(page, by_label("20 steps"))
    for _number in range(5):
        page.keyboard.press("Enter")
    captions = page.locator(".explore section >> nth=0").locator(".explore-panels .explore-note").all_inner_texts()
    assert captions[0].startswith("score 3, loss 0, gradient 0.000")
    score, loss = (float(n.replace("−", "-")) for n in re.match(r"score (\S+), loss (\S+),", captions[1]).groups())
    assert score > 40 and loss < -80  # beyond the frame that it began in, and still going
    tab_to(page, by_label("Target"))
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert "floor at the score 0" in reading(page)
    tab_to(page, by_label("Score under squared error"))
    page.keyboard.press("End")
    assert page.evaluate(f"{FOCUS}.getAttribute('aria-valuetext')").startswith("score 12, loss 132.25")


def test_bpr_and_softmax_by_keyboard_alone(explorable):
    page = explorable("losses")
    tab_to(page, by_label("Score of the liked film"))
    page.keyboard.press("End")
    assert reading(page, 1).startswith("Gap 2, loss 0.127: the liked film is lifted by 0.119")
    tab_to(page, by_label("film 1 is liked"))
    page.keyboard.press("Space")
    assert reading(page, 2).startswith("Loss 2.904")  # −log π_1 − log π_3
    tab_to(page, by_label("Score of film 1"))
    page.keyboard.press("ArrowDown")
    assert page.evaluate(f"{FOCUS}.getAttribute('aria-valuenow')") == "1.9"


def test_a_score_that_runs_down_stays_in_the_picture(explorable):
    page = explorable("losses")
    page.get_by_label("Target", exact=True).fill("0")
    for _number in range(20):
        page.get_by_role("button", name="20 steps").first.click()
    knob = page.get_by_role("slider", name="Score under sigmoid")
    now, least = (float(knob.get_attribute(f"aria-value{name}")) for name in ("now", "min"))
    assert least <= now < -4


def test_softmax_comes_to_rest_and_begins_again(explorable):
    page = explorable("losses")
    five = page.locator(".losses-five")
    before = reading(page, 2)
    for box in five.get_by_role("checkbox").all():
        box.check()
    five.get_by_role("button", name="20 steps").click()
    assert reading(page, 2).endswith("the push never quite ends.")
    five.get_by_role("button", name="Back to the start").click()
    assert reading(page, 2) == before
    five.get_by_label("film 1 is liked").check()
    assert "Film 3 is lifted most, by 0.83; film 2 pays most, 0.47" in reading(page, 2)


def test_a_score_is_dragged(explorable):
    page = explorable("losses")
    handle = page.get_by_role("slider", name="Score under squared error")
    box = handle.locator(".reach").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y, steps=4)
    page.mouse.up()
    assert 2 < float(handle.get_attribute("aria-valuenow")) < 4


# --- Metrics ---


def test_metrics_open_with_the_chapters_list(kept_page):
    page = kept_page("book/explore/metrics")
    values = [row.split("\t")[1] for row in page.locator(".values tbody tr").all_inner_texts()]
    assert values == ["1.000", "0.400", "0.500", "0.500", "0.250", "0.414"]
    assert reading(page).endswith("Different NDCGs among the libraries: 3.")


def test_metrics_by_keyboard_alone(explorable):
    page = explorable("metrics")
    tab_to(page, by_label("Move Film B, at rank 2"))
    for _number in range(3):
        page.keyboard.press("ArrowDown")
    assert "Film B is at rank 5. Hits at ranks 3, 5" in reading(page)
    assert page.evaluate(f"{FOCUS}.getAttribute('aria-label')").startswith("Move Film B, at rank 5")
    page.keyboard.press("End")
    assert "Hits at rank 3 of the first 5, 4 relevant" in reading(page)
    tab_to(page, by_label("Film D is relevant"))
    page.keyboard.press("Space")
    assert "Hits at no rank" in reading(page)
    tab_to(page, by_label("Relevant first"))
    page.keyboard.press("Enter")
    assert "Hits at rank 1 " in reading(page)


def test_a_result_is_dragged(explorable):
    page = explorable("metrics")
    grips = page.locator(".results .grip")
    start, end = grips.nth(1).bounding_box(), grips.nth(8).bounding_box()
    page.mouse.move(start["x"] + 10, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(end["x"] + 10, end["y"] + 10, steps=6)
    page.mouse.up()
    assert page.locator(".results .film").all_inner_texts()[8] == "Film B"


def cell_with(chapter, text):
    notebook = stored_notebook(ROOT / "notebooks" / "foundations" / f"{chapter}.ipynb")
    return next(cell for cell in notebook.cells if cell.cell_type == "code" and text in cell.source)


def test_other_definitions_are_the_chapters(explorable):
    import numpy as np
    import pandas as pd

    space = {"np": np, "pd": pd}
    for name in ("def precision_by_hand", "def average_precision_by_hand", "def seven_ways"):
        exec(cell_with("evaluation", name).source, space)
    page = explorable("metrics")
    for k, missed in ((5, 1), (5, 6), (1, 1), (10, 10)):
        for label, value in (("Length of the list, k", k), ("Relevant films that are not", missed)):
            page.get_by_label(label).fill(str(value))
        hits = np.isin(np.arange(k), [1, 3]).astype(int)
        expected = space["seven_ways"](hits, 2 + missed).rename(index={"ranx": "trec_eval, ranx, this book"})
        for row in page.locator(".others tbody tr").all_inner_texts():
            library, *values = row.split("\t")
            want = ["–" if np.isnan(v) else f"{v:.3f}" for v in expected.loc[library]]
            assert [v.removeprefix("≠ ") for v in values] == want, (k, missed, library)


def test_contests_turn_the_order_around(explorable):
    page = explorable("metrics")
    models = page.locator(".contests tbody th")
    assert [models.first.inner_text(), models.last.inner_text()] == ["EASE", "BPR, popular"]
    tab_to(page, "e => e.type === 'radio'")
    page.keyboard.press("ArrowRight")
    assert models.first.inner_text() == "BPR, uniform"
    page.keyboard.press("ArrowRight")
    assert models.first.inner_text() == "BPR, popular"
    assert "on the whole catalogue this model is in place 5" in reading(page, 1)


def test_numbers_of_the_contests_are_the_chapters():
    """The page shows each model, the chapter how far it is from EASE."""
    text = (SCRIPTS / "data" / "contests.js").read_text("utf-8")
    shown = json.loads(text.split(" = ", 1)[1].rstrip(";\n"))
    outputs = cell_with("leakage", "def minus_ease").outputs
    html = next(out.data["text/html"] for out in outputs if "text/html" in out.get("data", {}))
    rows = re.findall(r"<th>([^<]+)</th>" + r"\s*<td>([−.\d]+) \[[^<]*</td>" * 3, html)
    chapter = {name: [float(v.replace("−", "-")) for v in values] for name, *values in rows}
    ease = [mean for mean, _low, _high in shown["models"]["EASE"]]
    compared = set(shown["models"]) & set(chapter)
    assert len(compared) == 4
    for model in compared:
        means = [mean for mean, _low, _high in shown["models"][model]]
        assert [a - b for a, b in zip(means, ease)] == pytest.approx(chapter[model], abs=2e-4), model


def test_a_figure_whose_data_is_missing_says_so(explorable):
    page = explorable("similarity")
    page.route("**/contests.js*", lambda route: route.abort())
    page.goto(page.url.replace("similarity", "metrics"))
    assert "did not load" in page.get_by_role("alert").inner_text()


# --- Work ---

MOST = {  # changes of the page and elements added, half as many again as were counted; lists ranked, exactly
    "types a rating": (50, 110, 5),
    "asks for 20 steps": (27, 45, 0),
    "moves a result": (65, 155, 0),
    "takes a like back": (415, 62, 2),
    "takes a like back from item cosine": (345, 50, 2),
    "weighs popularity": (415, 3, 2),
    "types a title": (18, 12, 0),
    "moves a film of the history": (195, 32, 2),
    "turns the day": (215, 66, 2),
    "moves a weight": (21, 3, 100),
    "walks down the tree": (377, 44, 0),
    "widens the beam": (555, 101, 4),
    "chooses a film": (6, 92, 2),
}


@pytest.mark.parametrize("what", ACTS)
def test_an_answer_changes_little_of_the_page(explorable, work, what):
    """A fixed amount of work, whatever the machine; in milliseconds: make bench."""
    name, choice, act = ACTS[what]
    page = explorable(name, query=OPENED.get(name, ""))
    prepare(page, choice)
    done, (changes, added, lists) = work(page, act), MOST[what]
    assert 0 < done["changes"] <= changes and done["added"] <= added and done["lists"] == lists, done
