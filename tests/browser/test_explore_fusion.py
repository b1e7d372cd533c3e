"""Beat the fusion: NDCG and intervals against Python on the same bytes, three tries, keyboard, axe, the address."""

import numpy as np
import pytest

import explore
import explore_fusion as tool
from browser_pages import tab_to
from explore_models import unpacked
from recsys_lib.evaluation import paired_bootstrap

pytestmark = pytest.mark.browser
PAGE = "book/explore/fusion"
LABELS = [label for label, _make in tool.MODELS.values()]
FOCUS = "document.activeElement"
HALF = tool.PEOPLE // 2


@pytest.fixture
def page(open_page):
    """The page as it opens, for a test that acts on it."""
    return open_page(PAGE)


@pytest.fixture(scope="module")
def value():
    return explore.read_script((explore.DATA / "fusion_scores.js").read_text("utf-8"))


@pytest.fixture(scope="module")
def people(value):
    """The people of the page as their bytes say."""
    hits = np.unpackbits(unpacked(value["hits"], "uint8"), bitorder="little").reshape(tool.PEOPLE, -1)
    wanted = unpacked(value["wanted"], "uint16").astype(int)
    return tool.People(None, None, tool.restored(value), hits.astype(bool), wanted, None)


def learned(value, people):
    return tool.quality(np.argsort(unpacked(value["learned"], "int8").reshape(tool.PEOPLE, -1), axis=1), people)


def shown(number):
    return f"{number:.3f}".replace("-", "−")


def reading(page, n=0):
    return page.locator(".explore-reading").nth(n).inner_text()


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def play(page):
    """Three tries, the last with a drawn mix."""
    for name in ("likes alone", "all the same", "the best of 300 random mixes"):
        press(page, name)
        press(page, "Score on the hidden half")


def cells(page, table, row):
    """Texts of the cells of a row, the first that begins so; of a difference and its interval on one line."""
    line = page.locator(f"{table} tbody tr").filter(has=page.get_by_role("rowheader", name=row)).first
    return [" ".join(text.split()) for text in line.locator("td").all_inner_texts()]


# --- What is computed ---


def test_values_of_all_people_are_pythons(kept_page, value, people):
    mixes = [*np.eye(len(LABELS)).tolist(), *map(list, tool.MIXES.values()), [-0.3, 0.7, 0, 1.9, -1]]
    found, of_learned = kept_page(PAGE).evaluate(
        """async (mixes) => {
            const data = await films.load("fusion_scores"), all = [...Array(data.people).keys()];
            return [mixes.map((weights) => fusion.of_mix(data, weights, all)), fusion.of_learned(data, all)];
        }""",
        mixes,
    )
    for weights, values in zip(mixes, found, strict=True):
        expected = tool.of_mix(weights, people)
        # the order of a sum may turn a tie of two candidates
        assert np.mean(np.isclose(values, expected, atol=1e-9)) >= 0.98, weights
        assert np.mean(values) == pytest.approx(expected.mean(), abs=1e-3)
    np.testing.assert_allclose(of_learned, learned(value, people), atol=1e-9)


def mulberry32(seed):
    """The page's generator, in Python's whole numbers."""

    def wrapped(a, b):
        return a * b & 0xFFFFFFFF

    while True:
        seed = seed + 0x6D2B79F5 & 0xFFFFFFFF
        t = wrapped(seed ^ seed >> 15, 1 | seed)
        t = t + wrapped(t ^ t >> 7, 61 | t) & 0xFFFFFFFF ^ t
        yield ((t ^ t >> 14) & 0xFFFFFFFF) / 2**32


def test_intervals_come_from_seeded_resamples(kept_page, people):
    a, b = tool.of_mix((0, 1, 0, 1, 1), people)[HALF:], tool.of_mix((0, 0, 0, 0, 1), people)[HALF:]
    for values in (a - b, a[:37], b[:3]):
        found = kept_page(PAGE).evaluate("values => fusion.interval(values)", values.tolist())
        n, numbers = len(values), mulberry32(0)
        drawn = [[int(next(numbers) * n) for _number in range(n)] for _resample in range(2000)]
        expected = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
        np.testing.assert_allclose([found["low"], found["high"]], expected, atol=1e-12)
        assert found["mean"] == pytest.approx(values.mean())
    found = kept_page(PAGE).evaluate("values => fusion.interval(values)", (a - b).tolist())
    mean, low, high, _n = paired_bootstrap(a, b)
    assert [found[key] for key in ("mean", "low", "high")] == pytest.approx([mean, low, high], abs=0.0025)


# --- The game ---


def test_it_opens_with_all_the_same_and_nothing_of_the_hidden_half(kept_page, people):
    page = kept_page(PAGE)
    mean = tool.of_mix(np.ones(5), people)[:HALF].mean()
    assert f"Your mix has NDCG@10 {shown(mean)}" in reading(page)
    assert page.locator(".explore-heard").first.text_content() == reading(page)
    for m, label in enumerate(LABELS):
        own = tool.of_mix(np.eye(5)[m], people)[:HALF].mean()
        assert cells(page, ".fusion-bars", label)[-1] == shown(own)
    assert page.locator(".fusion-closed").is_visible() and not page.locator(".fusion-result").is_visible()
    assert not page.locator(".fusion-result tbody td").count(), "no number of the hidden half before a try"
    assert page.locator(".fusion-left").inner_text() == "Tries left: 3."


def test_three_tries_then_the_learned_fusion(page, value, people):
    single = LABELS[int(np.argmax([tool.of_mix(one, people)[:HALF].mean() for one in np.eye(5)]))]
    alone = tool.of_mix(np.eye(5)[LABELS.index(single)], people)[HALF:]
    press(page, "Score on the hidden half")
    first = tool.of_mix(np.ones(5), people)
    text = cells(page, ".fusion-table", "Try 1")
    assert text[0] == shown(first[:HALF].mean()) and text[1].startswith(shown(first[HALF:].mean()))
    by = (first[HALF:] - alone).mean()
    assert text[2].startswith(("+" if by > 0 else "") + shown(by)) and f"Try 1 has {text[1].split()[0]}" in reading(
        page, 1
    )
    assert ("includes 0" in reading(page, 1)) == ("[−" in text[2] and ", −" not in text[2])
    assert page.locator(".fusion-left").inner_text() == "Tries left: 2."
    assert not page.get_by_role("rowheader", name="Learned fusion").count()
    assert not page.locator(".fusion-late").first.is_visible()
    press(page, "Score on the hidden half")
    assert "same lists" in page.locator(".fusion-left").inner_text()
    assert not page.get_by_role("rowheader", name="Try 2").count(), "the same weights are no second try"
    press(page, "EASE alone")
    press(page, "Score on the hidden half")
    press(page, "the best of 300 random mixes")
    assert reading(page).startswith("The best of 300 random mixes")
    press(page, "Score on the hidden half")
    assert "number 3" in reading(page, 1), "the mix that was searched is the best of the three on the reader's half"
    hidden = learned(value, people)[HALF:]
    assert cells(page, ".fusion-table", "Learned fusion")[1].startswith(shown(hidden.mean()))
    assert f"The learned fusion has {shown(hidden.mean())}" in reading(page, 1)
    by, low, high = map(shown, value["measured"]["differences"]["learned minus hindsight"])
    assert f"The difference is +{by} [{low}, {high}]." in page.locator(".fusion-all").inner_text()
    assert page.evaluate(f"{FOCUS}.textContent") == "Start again"
    now = cells(page, ".fusion-table", "Your weights now")
    press(page, "all the same")
    assert cells(page, ".fusion-table", "Your weights now") != now
    assert cells(page, ".fusion-table", "Your weights now") == cells(page, ".fusion-table", "Try 1")
    press(page, "Start again")
    assert page.locator(".fusion-closed").is_visible() and not page.locator(".fusion-result").is_visible()
    assert "practice" in page.locator(".fusion-left").inner_text()
    assert page.evaluate(f"{FOCUS}.textContent") == "Score on the hidden half"


def test_kinds_of_people_make_up_the_hidden_half(page, value, people):
    play(page)
    rows = page.locator(".fusion-slices tbody tr").all()
    assert len(rows) == 6
    slices = unpacked(value["slices"], "uint8")[HALF:]
    hidden = learned(value, people)[HALF:]
    for bit in range(3):
        for row, is_it in zip(rows[2 * bit : 2 * bit + 2], (0, 1)):
            mine = (slices >> bit & 1) == is_it
            assert row.locator("th").inner_text().endswith(f" {mine.sum()}")
            assert row.locator("td").nth(2).inner_text() == shown(hidden[mine].mean())


def test_the_game_by_keyboard_alone(page):
    tab_to(page, "Text: title and genres")
    before = reading(page)
    page.keyboard.press("Home")
    assert page.evaluate(f"{FOCUS}.getAttribute('aria-valuetext')") == "−1" and reading(page) != before
    page.keyboard.press("Tab")
    assert page.evaluate(f"{FOCUS}.getAttribute('aria-label')") == "Text: title and genres, as a number"
    page.keyboard.press("Control+a")
    page.keyboard.type("0.5")
    assert page.locator("#fusion-text").input_value() == "0.5"
    for weight in ("0.1", "0.2", "0.3"):
        tab_to(page, "Popularity, as a number")
        page.keyboard.press("Control+a")
        page.keyboard.type(weight)
        tab_to(page, "Score on the hidden half")
        page.keyboard.press("Enter")
    assert page.get_by_role("rowheader", name="Learned fusion").is_visible()
    page.get_by_role("status").filter(has_text="The learned fusion has").wait_for(state="attached")


def test_what_is_no_weight_is_refused_and_the_last_kept(page):
    field, before = page.get_by_label("EASE, as a number"), reading(page)
    for wrong in ("7", "", "-1.5"):
        field.fill(wrong)
        assert field.get_attribute("aria-invalid") == "true"
        assert reading(page).startswith("The weight of EASE must be a number from −1 to 2.")
        assert page.locator("#fusion-ease").input_value() == "1"
    field.fill("1")
    assert field.get_attribute("aria-invalid") is None and reading(page) == before
    for label in LABELS:
        page.get_by_label(f"{label}, as a number").fill("0")
    assert "at least one model" in reading(page)
    assert page.get_by_role("button", name="Score on the hidden half").is_disabled()


def test_weights_stand_in_the_address(open_page):
    page = open_page(PAGE, query="#weights=0,0.5,-0.2,1,2")
    numbers = page.locator("input[type=number]")
    assert [field.input_value() for field in numbers.all()] == ["0", "0.5", "-0.2", "1", "2"]
    kept = reading(page)
    page.get_by_label("EASE, as a number").fill("1.5")
    assert page.url.endswith("#weights=0,0.5,-0.2,1.5,2")
    page.evaluate("location.hash = 'weights=0,0.5,-0.2,1,2'")
    page.wait_for_function("document.querySelector('#fusion-ease').value === '1'")
    assert reading(page) == kept
    page.emulate_media(media="print")
    assert page.locator(".fusion-bars").is_visible() and not page.locator(".explore-still").is_visible()
    for wrong in ("#weights=1,2", "#weights=1,2,3,1,1", "#weights=a,b,c,d,e", "#weights="):
        page = open_page(PAGE, query=wrong)
        assert [field.input_value() for field in page.locator("input[type=number]").all()] == ["1"] * 5, wrong


def test_axe_finds_nothing_when_the_game_is_over(open_page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for width, scheme in ((1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")):
        page = open_page(PAGE, width=width, scheme=scheme)
        play(page)
        page.mouse.move(1, 1)
        page.wait_for_timeout(200)
        found = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert not found, [(v["id"], v["nodes"][0]["target"]) for v in found]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for table in page.locator(".explore-live table").all():
            assert table.evaluate("t => t.scrollWidth <= t.parentElement.clientWidth + 1")
