"""The page of `python -m recsys_lib` in a browser: on a phone and a desk, in light and dark, alone."""

import pytest

from recsys_lib import __main__ as command
from recsys_lib.data import simulate_world
from recsys_lib.models import EASE, Popularity
from recsys_lib.report import comparing

pytestmark = pytest.mark.browser
LONG = "x" * 90  # an id that no line holds


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A page with long ids and titles."""
    folder = tmp_path_factory.mktemp("command")
    data = simulate_world(60, 40, density=0.4, rng=0).interactions
    table = data.table().merge(data.item_table, on="item_id").replace({"item_id": {"f3": LONG}})
    table.loc[table["item_id"] == "f5", "title"] = f"{LONG} or the film"
    table.to_csv(folder / "ratings.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparing, "MODELS", {"Popularity": Popularity, "EASE": EASE})
        assert command.main([str(folder / "ratings.csv"), "--out", str(folder / "page.html")]) == 0
    return folder / "page.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_fits_asks_nobody_and_is_accessible(made, contexts, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = contexts(width=width, scheme=scheme, bypass_csp=True).new_page()  # axe brings a script of its own
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    try:
        page.goto(made.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        cut = "s => [...s.querySelectorAll('text')].filter(t => { const a = t.getBoundingClientRect(), "
        cut += "b = s.getBoundingClientRect(); return a.left < b.left - 12 || a.right > b.right + 12 })"
        assert page.evaluate(f"[...document.querySelectorAll('svg[role]')].flatMap({cut}).length") == 0
        assert asked == [made.as_uri()] and said == []
        found = axe.run(page).response["violations"]
        assert [(rule["id"], len(rule["nodes"])) for rule in found] == []
    finally:
        page.close()
