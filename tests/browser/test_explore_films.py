"""Recommend to me and the embedding map: their data against the library, their lists, keyboard and weight."""

import gzip

import numpy as np
import pytest
from scipy.sparse import csr_array

import explore
import explore_models
from browser_pages import tab_to
from recsys_lib import results
from recsys_lib.data import read_csv
from recsys_lib.evaluation import paired_bootstrap
from recsys_lib.models import ItemKNN, Popularity, recommend
from recsys_lib.retrieval import top_k

pytestmark = pytest.mark.browser
PAGES = {"recommend": "book/explore/recommend", "map": "book/explore/map", "landing": "book/intro"}
FOCUS = "document.activeElement"
N_CHOICES = 50
LIKES = "#likes=1214,2571,541"  # Alien, The Matrix, Blade Runner


@pytest.fixture
def recommend_page(open_page):
    """The page *Recommend to me* with three films chosen, for a test that acts on it."""
    return open_page(PAGES["recommend"], query=LIKES)


@pytest.fixture(scope="module")
def exported():
    """{name of a data script: its value}."""
    return {path.stem: explore.read_script(path.read_text("utf-8")) for path in explore.DATA.glob("*.js")}


@pytest.fixture(scope="module")
def page_of_data(movielens):
    return explore_models.films_of_the_page(movielens)


def reading(page):
    return page.locator(".explore-reading").first.inner_text()


def titles(page):
    return page.locator(".films-list strong").all_inner_texts()


def add(page, text):
    """A film by its title, as the keyboard does it."""
    tab_to(page, "Find a film")
    page.keyboard.type(text)
    page.keyboard.press("Enter")


# --- Data ---


def test_films_and_neighbours_are_the_librarys(exported):
    for name in ("films", "neighbours"):
        assert exported[name] == explore_models.__dict__[name]()["value"], f"{name}.js: make explore"


def test_titles_are_said_in_order():
    said = {
        "Matrix, The": "The Matrix",
        "Avventura, L' (Adventure, The)": "L'Avventura (Adventure, The)",
        "Paris, Texas": "Paris, Texas",
        "Fish Called Wanda, A": "A Fish Called Wanda",
    }
    assert {title: explore_models.as_said(title) for title in said} == said


def test_plane_is_the_projection_of_the_vectors(exported):
    fresh, stored = explore_models.plane(exported["embedding"])["value"], exported["plane"]
    for axis in "xy":
        a, b = (explore_models.unpacked(value[axis], "int16").astype(int) for value in (fresh, stored))
        assert len(a) >= 3000 and np.abs(a - b).max() <= 1, "plane.js: make explore"
    assert fresh["variance"] == pytest.approx(stored["variance"], abs=1e-4)
    assert fresh["agree"] == pytest.approx(stored["agree"], abs=2e-3)


def test_what_the_map_shows_is_time(exported):
    x, y = (explore_models.unpacked(exported["plane"][axis], "int16").astype(float) for axis in "xy")
    years = explore_models.unpacked(exported["films"]["years"], "uint16")
    dated = years > 0
    assert max(abs(np.corrcoef(axis[dated], years[dated])[0, 1]) for axis in (x, y)) > 0.3
    assert exported["plane"]["agree"] < 1


def test_measured_numbers_are_those_of_the_run(exported):
    assert exported["embedding"]["measured"] == explore_models.measured()
    chosen = results.load("page_models")["values"]["chosen"]["embedding of 64"]
    assert str(chosen) in (explore.DATA / "embedding.js").read_text("utf-8")


def test_half_of_the_popularity_is_as_good_as_all_of_it():
    """What the page says of its curve; it opens at the smallest share within the interval of the best."""
    frames = results.frames("page_models")
    none, quarter, half, most, whole = (
        frames[f"{share}% of the bias, page catalogue"][0]["value"] for share in (0, 25, 50, 75, 100)
    )
    for more in (most, whole):
        difference = paired_bootstrap(more, half)
        assert difference.low < 0 < difference.high
    assert paired_bootstrap(most, quarter).low > 0
    assert 0.4 < np.nanmean(none) / np.nanmean(half) < 0.6


def test_data_weigh_little_and_name_their_source():
    of_others = ("next_", "code")  # computed from MovieTweetings: their pages' own tests
    texts = {p.name: p.read_bytes() for p in explore.DATA.glob("*.js") if not p.stem.startswith(of_others)}
    sizes = {name: len(gzip.compress(text)) for name, text in texts.items()}
    assert sum(sizes.values()) <= 700_000, sizes
    for name, text in texts.items():
        head = text.split(b"*/")[0].decode()
        assert "GroupLens" in head and "Seeds:" in head and "numpy" in head, name


def test_no_data_are_asked_for_before_the_page_is_painted(kept_page):
    for name in PAGES.values():
        page = kept_page(name)
        painted, asked = page.evaluate("""() => [
            performance.getEntriesByName('first-contentful-paint')[0].startTime,
            Math.min(...performance.getEntriesByType('resource').filter(e => e.name.includes('/data/'))
                .map(e => e.startTime))]""")
        assert painted <= asked, name


# --- Lists ---


def random_choices(n_films):
    rng = np.random.default_rng(0)
    for _number in range(N_CHOICES):
        liked, left = rng.integers(1, 11), rng.integers(0, 4)
        films = rng.permutation(n_films)[: liked + left]
        yield films[:liked].tolist(), films[liked:].tolist()


def rows(choices, n):
    user, film = np.repeat(range(len(choices)), [len(c) for c in choices]), np.concatenate(choices)
    return csr_array((np.ones(len(film)), (user, film)), shape=(len(choices), n))


@pytest.fixture(scope="module")
def library(movielens, page_of_data, exported):
    """{model: function from a history, csr users × films of the page, to float64 scores of these films}."""
    experiment = explore_models.experiment()
    chosen, page = page_of_data
    popular = Popularity().fit(movielens).item_scores_[page].astype(np.float64)
    near = ItemKNN(**experiment.NEIGHBOURS).fit(movielens.take(chosen[movielens.item])).neighbors_
    near = experiment.with_data(near, experiment.int8(near.data)).tocsc()[:, page].tocsr()[page].astype(np.float64)
    value = exported["embedding"]
    q = explore_models.unpacked(value["vectors"], "int8").reshape(len(page), -1) * value["step"]
    q, b = q.astype(np.float32).astype(np.float64), explore_models.unpacked(value["bias"], "int16") / 1000

    def embedding(share):
        return lambda h: (h @ q / np.sqrt(h.sum(axis=1))[:, None]) @ q.T + share * b

    return {
        ("popularity", 1): lambda h: np.tile(popular, (h.shape[0], 1)),
        ("cosine", 1): lambda h: (h @ near).toarray(),
        ("embedding", 1): embedding(1),
        ("embedding", 0.35): embedding(0.35),
    }


@pytest.mark.parametrize(("model", "share"), [("popularity", 1), ("cosine", 1), ("embedding", 1), ("embedding", 0.35)])
def test_fifty_lists_are_the_librarys(kept_page, library, page_of_data, model, share):
    n = len(page_of_data[1])
    choices = list(random_choices(n))
    liked, all_chosen = rows([c[0] for c in choices], n), rows([c[0] + c[1] for c in choices], n)
    scores = library[model, share](liked)
    expected = top_k(scores.astype(np.float32), 10, exclude=all_chosen)
    shown = kept_page(PAGES["recommend"]).evaluate(
        """async ([model, share, choices]) => {
            const data = await films.load(recommend.models[model].data);
            return choices.map(([liked, left]) => recommend.ranked(model, data, liked, left, share));
        }""",
        [model, share, choices],
    )
    for user, (entries, (mine, left)) in enumerate(zip(shown, choices, strict=True)):
        got = [entry["film"] for entry in entries]
        assert len(set(got)) == 10 and not set(got) & {*mine, *left}
        for film, other in zip(got, expected[user]):
            a, b = scores[user, [film, other]]
            assert film == other or (a != b and abs(a - b) <= 1e-6 * abs(b)), (user, film, other, a, b)
        for entry in entries:
            assert sum(value for _j, value in entry["terms"]) == pytest.approx(entry["score"], rel=1e-5, abs=1e-6)


def test_it_opens_empty_and_one_tap_gives_a_full_list(open_page):
    for name, way in (("recommend", "file"), ("landing", "file"), ("landing", "http")):
        page = open_page(PAGES[name], way=way)
        assert page.locator(".films-chosen li").count() == 0 and not page.locator(".films-yours").is_visible()
        assert reading(page).startswith("Name a film")
        people = page.locator(".films-people button")
        assert people.count() == 3
        lists = set()
        for person in people.all():
            person.click()
            page.wait_for_function("document.querySelectorAll('.films-list > li').length === 10")
            assert page.locator(".films-chosen li").count() == 3 and page.locator(".films-popular li").count() == 10
            lists.add(tuple(titles(page)))
        assert len(lists) == 3


def test_what_is_not_popular_is_marked_and_counted(recommend_page):
    page = recommend_page
    popular = [text.rsplit(" ", 1)[0] for text in page.locator(".films-popular li").all_inner_texts()]
    marked = [mark == "●" for mark in page.locator(".films-list .mine").all_text_contents()]
    assert marked == [title not in popular for title in titles(page)]
    assert reading(page).startswith(f"{sum(marked)} of your ten are not among the ten most popular")
    page.get_by_label("Popularity", exact=True).check()
    assert titles(page) == popular and "the same for everybody" in reading(page)


def test_a_constant_added_to_every_bias_changes_no_bar(kept_page):
    """What is drawn of a term is what it has above the middle one of all films."""
    page = kept_page(PAGES["recommend"])
    before, after = page.evaluate("""async () => {
        const data = await films.load("embedding"), liked = [3, 40, 500], n = data.bias.length;
        const more = { ...data, bias: data.bias.map((b) => b + 7) };
        return [data, more].map((numbers) => {
            const middle = recommend.middles("embedding", numbers, liked, n);
            return recommend.ranked("embedding", numbers, liked, [], 1)
                .map(({ film, terms }) => [film, terms.map(([j, value]) => value - middle.get(j))]);
        });
    }""")
    for (film, bars), (other, others) in zip(before, after, strict=True):
        assert film == other and bars == pytest.approx(others, abs=1e-6)


def test_the_middle_of_a_term_is_its_median_over_all_films(kept_page, exported):
    page = kept_page(PAGES["recommend"])
    got = page.evaluate("""async () => {
        const data = await films.load("embedding");
        return [...recommend.middles("embedding", data, [3, 40], data.bias.length)];
    }""")
    value = exported["embedding"]
    bias = explore_models.unpacked(value["bias"], "int16") / 1000
    q = explore_models.unpacked(value["vectors"], "int8").reshape(len(bias), -1) * np.float64(value["step"])
    middle = len(bias) // 2
    expected = {-1: np.sort(bias)[middle]} | {j: np.sort(q @ q[j] / np.sqrt(2))[middle] for j in (3, 40)}
    assert {j: v for j, v in got} == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("likes", "said"),
    [
        ("1214", "You like one film so far"),
        ("1214,541", "You like two films so far"),
        ("5618,5971,3000", "Animation: only 7 %"),
        ("588,594,4886", "Children: only 8 %"),
    ],
)
def test_what_the_data_hardly_hold_is_told_beside_the_list(open_page, likes, said):
    page = open_page(PAGES["recommend"], query=f"#likes={likes}")
    assert said in page.locator(".films-thin").inner_text()


def test_a_rare_film_is_told_and_three_common_ones_are_not(open_page, exported):
    ids, likes = (
        explore_models.unpacked(exported["films"][name], kind)
        for name, kind in (("ids", "uint32"), ("likes", "uint16"))
    )
    rare = ids[np.argmin(likes)]
    page = open_page(PAGES["recommend"], query=f"#likes=1214,2571,{rare}")
    assert f"Only {likes.min()} of the 671 people like" in page.locator(".films-thin").inner_text()
    page = open_page(PAGES["recommend"], query="#likes=318,296,356")
    assert page.locator(".films-thin").inner_text() == ""


def test_the_list_stands_in_the_address(open_page):
    """Reload, Back, a shared link and paper keep it; a damaged address is an empty list or what is left of it."""
    page = open_page(PAGES["landing"])
    page.get_by_role("button", name="romance").click()
    page.wait_for_function("location.hash.includes('likes=597,2671,539')")
    page.get_by_role("link", name="See why").click()
    page.wait_for_selector(".films-list > li")
    assert page.url.endswith("recommend.html#likes=597,2671,539")
    page.locator(".films-chosen li").first.get_by_role("checkbox").uncheck()
    page.get_by_label("Item cosine").check()
    page.wait_for_selector(".films-list.by-cosine")
    assert page.url.endswith("#likes=2671,539&not=597&by=cosine")
    kept = titles(page)
    page.reload()
    page.wait_for_selector(".films-list.by-cosine > li")
    assert titles(page) == kept
    page.goto(page.url.split("#")[0].replace("recommend", "map"))
    page.go_back()
    page.wait_for_selector(".films-list.by-cosine > li")
    assert titles(page) == kept
    page.emulate_media(media="print")
    assert page.locator(".films-list").is_visible() and not page.locator(".explore-still").is_visible()
    page = open_page(PAGES["recommend"], query="#likes=abc,1214,99999999&by=nobody")
    assert page.locator(".films-chosen li").all_inner_texts()[0].startswith("Alien")
    assert page.locator(".films-chosen li").count() == 1


SLIPS = {
    "spiderman": "Spider-Man (2002)",
    "lotr": "The Lord of the Rings: The Fellowship of the Ring (2001)",
    "godfather 2": "The Godfather: Part II (1974)",
    "toy stroy": "Toy Story (1995)",
    "star wasr": "Star Wars: Episode IV - A New Hope (1977)",
    "pulp fictoin": "Pulp Fiction (1994)",
    "shawshenk": "The Shawshank Redemption (1994)",
    "forest gump": "Forrest Gump (1994)",
    "amelie": "Amelie (2001)",
    "matrix": "The Matrix (1999)",
    "wall e": "WALL·E (2008)",
}


@pytest.mark.parametrize(("typed", "film"), SLIPS.items())
def test_the_search_forgives(kept_page, typed, film):
    shown = kept_page(PAGES["recommend"]).evaluate(
        "async (typed) => { const data = await films.load('films'); return films.search(data, typed).slice(0, 3)"
        ".map((i) => data.names[i]); }",
        typed,
    )
    assert film in shown


def test_a_film_that_is_chosen_already_is_said(recommend_page):
    page = recommend_page
    page.get_by_role("combobox").fill("blade runner")
    assert "Blade Runner is in your list already." in page.locator(".films-none").inner_text()
    page.get_by_role("combobox").fill("toy stroy")
    assert "Do you mean one of these" in page.locator(".films-none").inner_text()


def test_the_landing_page_shows_it_at_once(kept_page):
    page = kept_page(PAGES["landing"])
    order = "document.querySelector('.explore').compareDocumentPosition(document.querySelector('article h2'))"
    assert page.evaluate(f"{order} & Node.DOCUMENT_POSITION_FOLLOWING")
    assert page.locator(".explore").bounding_box()["y"] < 450


def test_the_result_of_a_tap_is_in_sight_on_a_phone(open_page):
    page = open_page(PAGES["landing"], width=360, has_touch=True, is_mobile=True)
    page.set_viewport_size({"width": 360, "height": 740})
    box = page.locator(".films-people button").first.bounding_box()
    assert box["y"] + box["height"] < 740
    page.locator(".films-people button").first.tap()
    page.wait_for_function("document.querySelectorAll('.films-list > li').length === 10")
    page.wait_for_timeout(100)
    for film in page.locator(".films-list > li").all()[:5]:
        box = film.bounding_box()
        assert 0 <= box["y"] and box["y"] + box["height"] <= 740


def test_recommend_by_keyboard_alone(recommend_page):
    page = recommend_page
    before = titles(page)
    tab_to(page, "Find a film")
    box = page.get_by_role("combobox")
    page.keyboard.type("spirited aw")
    assert box.get_attribute("aria-expanded") == "true"
    active = page.locator(f"#{box.get_attribute('aria-activedescendant')}")
    assert active.get_attribute("aria-selected") == "true" and "Spirited Away" in active.inner_text()
    page.keyboard.press("Escape")
    assert box.get_attribute("aria-expanded") == "false" and page.locator(".films-chosen li").count() == 3
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator(".films-chosen li").last.inner_text().startswith("Spirited Away (2001)")
    assert "New in the list:" in reading(page)
    tab_to(page, "Embedding")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("document.querySelector('.films-list').classList.contains('by-cosine')")
    assert titles(page) != before
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.films-list').classList.contains('by-embedding')")
    at_opening = titles(page)
    tab_to(page, "How much popularity counts")
    page.keyboard.press("Home")
    assert titles(page) != at_opening
    tab_to(page, "Remove Alien")
    page.keyboard.press("Enter")
    assert "Remove The Matrix" in page.evaluate(f"{FOCUS}.getAttribute('aria-label')")
    heard = page.get_by_role("status").filter(has_text="of your ten are not among")
    heard.wait_for(state="attached")


def test_a_list_drawn_over_another_is_the_list_drawn_afresh(kept_page):
    """What stays of the old list, a message of an error too, changes nothing; what is alike is the same node."""
    page = kept_page(PAGES["recommend"])
    assert page.evaluate("""() => {
        const { el, renew } = explore, row = (text) => el("li", el("b", text), " of ten");
        const lists = [[], [row("a"), row("b")], [el("li", { role: "alert" }, "no data")], [row("b"), "text"],
            [el("p.note", "ten")], [el("p", { title: "x" }, "ten"), row("c")], [row("d"), el("ul", row("e"))]];
        return lists.every((one) => lists.every((two) => {
            const copy = (list) => list.map((node) => node.cloneNode?.(true) ?? new Text(node));
            const list = el("ol"), wanted = el("ol", copy(two));
            list.append(...copy(one));
            renew(list, copy(two));
            return list.isEqualNode(wanted);
        }));
    }""")
    kept = page.evaluate("""() => {
        const list = explore.el("ol", explore.el("li", "a"), explore.el("li", "b")), [first, second] = list.children;
        explore.renew(list, [explore.el("li", "a"), explore.el("li", "c")]);
        return [list.children[0] === first, list.children[1] === second, list.textContent];
    }""")
    assert kept == [True, True, "ac"]


def test_what_was_chosen_is_not_recommended_and_ten_are_the_most(recommend_page):
    page = recommend_page
    while page.locator(".films-chosen li").count() < 10:
        first = titles(page)[0]
        add(page, first)
        assert first in page.locator(".films-chosen").inner_text()
        chosen = [text.split(" (")[0] for text in page.locator(".films-chosen .film").all_inner_texts()]
        assert not set(chosen) & set(titles(page)) and len(titles(page)) == 10
    assert page.get_by_role("combobox").is_disabled()
    page.get_by_role("button", name="Remove Alien", exact=True).click()
    assert page.get_by_role("combobox").is_enabled()


def test_what_was_not_liked_only_leaves_the_list(recommend_page):
    page = recommend_page
    add(page, titles(page)[0])
    page.locator(".films-chosen li").last.get_by_role("checkbox").uncheck()
    without = titles(page)
    page.locator(".films-chosen li").last.get_by_role("button").click()
    assert [t for t in titles(page)[1:]] == without[:9]
    for box in page.locator(".films-chosen").get_by_role("checkbox").all():
        box.uncheck()
    assert "None of your films is liked" in reading(page) and not page.locator(".films-yours").is_visible()
    page.get_by_label("Popularity", exact=True).check()
    assert len(titles(page)) == 10


def test_a_title_that_is_not_there_is_said(recommend_page):
    page = recommend_page
    page.get_by_role("combobox").fill("zzzz")
    assert "No title here is like this" in page.get_by_role("status").filter(has_text="title").inner_text()
    page.get_by_role("combobox").fill("amelie poulain")
    assert page.get_by_role("option").all_inner_texts() == ["Amelie (Fabuleux destin d'Amélie Poulain, Le) (2001)"]


def test_the_copied_list_is_read_by_the_library(open_page, movielens, tmp_path):
    page = open_page(PAGES["recommend"], way="http", query=LIKES, permissions=["clipboard-read", "clipboard-write"])
    add(page, "spirited away")
    page.locator(".films-chosen li").last.get_by_role("checkbox").uncheck()
    page.get_by_role("button", name="Copy my list").click()
    page.get_by_text("Copied: 4 rows").wait_for()
    (tmp_path / "mine.csv").write_text(page.evaluate("navigator.clipboard.readText()"), "utf-8")
    mine = read_csv(tmp_path / "mine.csv", rating_range=(0.5, 5))
    history = {int(mine.items[int(i)]): float(r) for i, r in zip(mine.item, mine.rating)}
    assert history == {1214: 5, 2571: 5, 541: 5, 5618: 2}
    assert len(recommend(ItemKNN().fit(movielens), history=history)) == 10


def test_what_was_copied_is_told_until_the_list_changes(open_page):
    page = open_page(PAGES["recommend"], way="http", query=LIKES, permissions=["clipboard-read", "clipboard-write"])
    copy, told = page.get_by_role("button", name="Copy my list"), page.locator(".films-copy p")
    copy.click()
    page.get_by_text("Copied: 3 rows").wait_for()
    page.locator(".films-chosen li").first.get_by_role("checkbox").uncheck()
    assert told.inner_text() == ""
    for _number in range(3):
        page.locator(".films-chosen li").first.get_by_role("button").click()
    assert not copy.is_visible()


def test_where_the_clipboard_is_refused_the_list_is_shown(open_page):
    page = open_page(PAGES["recommend"], way="http", query=LIKES)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    tab_to(page, "Copy my list")
    page.keyboard.press("Enter")
    area = page.get_by_label("Your list")
    assert area.is_visible() and area.input_value() == "user,item,rating\nme,1214,5\nme,2571,5\nme,541,5\n"
    assert page.evaluate(f"{FOCUS}.tagName") == "TEXTAREA"


# --- Map ---


def test_neighbours_of_the_map_are_numpys(kept_page, exported):
    value = exported["embedding"]
    plane = np.column_stack([explore_models.unpacked(exported["plane"][axis], "int16") for axis in "xy"]).astype(float)
    q = explore_models.unpacked(value["vectors"], "int8").reshape(len(plane), -1).astype(np.float64)
    unit = q / np.linalg.norm(q, axis=1, keepdims=True)
    chosen = np.random.default_rng(1).permutation(len(plane))[:N_CHOICES].tolist()
    shown = kept_page(PAGES["map"]).evaluate(
        """async (chosen) => {
            const [plane, {vectors}] = await Promise.all([films.load("plane"), films.load("embedding")]);
            return chosen.map((film) => map.neighbours(film, vectors, plane)).map((near) => [near.all, near.plane]);
        }""",
        chosen,
    )
    for film, lists in zip(chosen, shown, strict=True):
        closeness = unit @ unit[film], -((plane - plane[film]) ** 2).sum(axis=1)
        for got, s in zip(lists, closeness):
            s[film] = -np.inf
            expected = top_k(s[None], 10)[0]
            assert len(set(got)) == 10 and film not in got
            np.testing.assert_allclose(s[got], s[expected], rtol=1e-6)


@pytest.mark.parametrize("way", ["http", "file"])
def test_map_by_keyboard_alone(open_page, way):
    page = open_page(PAGES["map"], way=way)
    assert "nearest to Spirited Away (2001), the plane keeps none" in reading(page)  # as the still figure's text says
    lists = page.locator(".map-list")
    assert [lists.nth(i).locator("li").count() for i in (0, 1)] == [10, 10]
    picture = "document.querySelector('.map-field canvas').toDataURL()"
    seen = {page.evaluate(picture)}
    add(page, "toy story")
    assert "nearest to Toy Story (1995)" in reading(page)
    assert "Toy Story (1995)" in page.get_by_role("img", name="films as points").get_attribute("aria-label")
    seen.add(page.evaluate(picture))
    tab_to(page, "Year")
    page.keyboard.press("ArrowRight")
    assert "Horror" in page.locator(".map-legend").inner_text()
    seen.add(page.evaluate(picture))
    tab_to(page, "Horror")
    page.keyboard.press("Enter")
    assert page.evaluate(f"{FOCUS}.getAttribute('aria-pressed')") == "true"
    seen.add(page.evaluate(picture))
    tab_to(page, "Zoom")
    page.keyboard.press("End")
    seen.add(page.evaluate(picture))
    assert len(seen) == 5
    first = lists.first.get_by_role("button").first.inner_text()
    tab_to(page, first)
    page.keyboard.press("Enter")
    assert f"nearest to {first}" in reading(page)
    both = page.locator(".map-list").first.get_by_text("in both").count()
    assert f"keeps {both or 'none'} among" in reading(page)


def test_a_film_chosen_in_a_list_leaves_the_reader_there(open_page):
    page = open_page(PAGES["map"], width=360)
    chosen = page.locator(".map-list").nth(1).get_by_role("button").nth(2)
    chosen.scroll_into_view_if_needed()
    title, before = chosen.inner_text(), page.evaluate("scrollY")
    chosen.click()
    assert f"nearest to {title}" in reading(page)
    assert abs(page.evaluate("scrollY") - before) < 100
    assert page.evaluate(f"[...document.querySelectorAll('.map-list')].findIndex(l => l.contains({FOCUS}))") == 1


def test_a_film_is_chosen_on_the_map(open_page):
    page = open_page(PAGES["map"])
    box = page.locator(".map-field canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert "Spirited Away" not in reading(page)
