"""Which film is which in two catalogues, the table of both, and EASE that learns from both."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.sparse import csr_array

from recsys_lib.data import IdMap, Interactions, load_movielens, load_movietweetings
from recsys_lib.data.two_catalogues import join_catalogues, match_titles, plain_title, title_names
from recsys_lib.models import EASE
from recsys_lib.models.text_ease import TextEASE
from recsys_lib.models.two_catalogues import TwoCatalogueEASE

LINKS = Path(__file__).parents[2] / "shared" / "data" / "movielens-small-2016" / "links.csv"


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("Léon", "leon"),
        ("Truth About Cats & Dogs, The", "truth about cats and dogs"),
        ("The Truth About Cats and Dogs", "truth about cats and dogs"),
        ("Enfer, L'", "lenfer"),
        ("L'enfer", "lenfer"),
        ("Avventura, L'", "lavventura"),
        ("Bug's Life, A", "bugs life"),
        ("Kaijû sôshingeki", "kaiju soshingeki"),
        ("Das weiße Band", "weisse band"),
        ("8 ½", "8 1 2"),
        ("The", "the"),
        ("Oslo, August 31st", "oslo august 31st"),
        ("M*A*S*H (a.k.a. MASH)", "m a s h a k a mash"),
        ("Goodbye, Mr. Chips", "goodbye mr chips"),
        ("  ", ""),
    ],
)
def test_plain_titles_by_hand(title, plain):
    assert plain_title(title) == plain


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Léon: The Professional (a.k.a. The Professional) (Léon)", ["leon the professional", "professional", "leon"]),
        (
            "City of Lost Children, The (Cité des enfants perdus, La)",
            ["city of lost children", "cite des enfants perdus"],
        ),
        ("Amelie (Fabuleux destin d'Amélie Poulain, Le)", ["amelie", "fabuleux destin damelie poulain"]),
        ("Seven (a.k.a. Se7en)", ["seven", "se7en"]),
        ("Dumb & Dumber (Dumb and Dumber)", ["dumb and dumber"]),
        ("Akira", ["akira"]),
        ("(500) Days of Summer", ["days of summer", "500"]),
    ],
)
def test_names_in_brackets_by_hand(title, names):
    assert title_names(title) == names


@pytest.mark.parametrize("function", [plain_title, title_names])
@pytest.mark.parametrize("bad", [None, 1984, np.nan])
def test_a_title_is_a_text(function, bad):
    with pytest.raises(TypeError, match="expected str"):
        function(bad)


def films(*rows):
    return pd.DataFrame(rows, columns=["title", "year", "genres"])


def pairs_of(left, right):
    found = match_titles(left, right)
    return found.pairs.to_numpy().tolist(), found.doubtful.to_numpy().tolist()


def test_matching_by_hand():
    left = films(
        ("Léon: The Professional (Léon)", 1994, "Crime"),
        ("Amelie (Fabuleux destin d'Amélie Poulain, Le)", 2001, "Comedy|Romance"),
        ("Host, The", 2006, "Horror"),
        ("Host, The", 2013, "Action"),
        ("Final Destination", 2000, "Drama|Thriller"),
        ("Series 7", 2001, "Action"),
        ("Toys", 1992, "Children"),
        ("Nobody", 1999, "(no genres listed)"),
    )
    right = films(
        ("The Host", 2013, "Sci-Fi"),
        ("Léon", 1994, "Crime|Drama"),
        ("Le fabuleux destin d'Amélie Poulain", 2001, "Comedy"),
        ("The Host", 2007, "Horror"),
        ("Series 7", 2001, "Comedy"),
        ("Final Destination", 2002, "Drama"),
        ("Toys", 1992, "Family"),
        ("Nobody", 1998, "Western"),
    )
    pairs, doubtful = pairs_of(left, right)
    assert pairs == [[0, 1, 0], [1, 2, 0], [2, 3, 1], [6, 6, 0], [7, 7, 1]]
    assert doubtful == [[3, 0, "no common genre"], [5, 4, "no common genre"]]  # two years apart is no candidate


def test_several_candidates_are_left_out_and_the_year_goes_first():
    left = films(("Hamlet", 1996, "Drama"), ("Hamlet", 2000, "Drama"), ("Innocence (Blue)", 2004, "Drama"))
    right = films(
        ("Hamlet", 1996, "Drama"), ("Hamlet", 1997, "Drama"), ("Blue", 2004, "Drama"), ("Innocence", 2004, "Drama")
    )
    pairs, doubtful = pairs_of(left, right)
    assert pairs == [[0, 0, 0]]  # the Hamlet of 1997 finds no film that is still free
    assert doubtful == [[2, 2, "several candidates"], [2, 3, "several candidates"]]
    again, _ = pairs_of(
        films(("Hamlet", 1996, "Drama"), ("Hamlet (a film)", 1996, "Drama")), films(("Hamlet", 1996, ""))
    )
    assert again == []  # two films for one


def test_without_title_year_or_genres_nothing_is_guessed():
    left = pd.DataFrame({"title": [None, "Akira", "Akira"], "year": pd.array([1988, None, 1988], dtype="Int64")})
    pairs, doubtful = pairs_of(left, films(("Akira", 1988, "Animation")))
    assert (pairs, doubtful) == ([[2, 0, 0]], [])
    with pytest.raises(ValueError, match=r"title and year.*\['year'\]"):
        match_titles(left[["title"]], left)
    with pytest.raises(TypeError, match="DataFrame"):
        match_titles([], left)


@pytest.fixture(scope="module")
def both():
    return load_movielens(), load_movietweetings()


@pytest.fixture(scope="module")
def matches(both):
    return match_titles(*(data.item_table for data in both))


def test_the_two_real_catalogues(both, matches):
    pairs = matches.pairs
    assert 4900 < len(pairs) < 5100 and len(matches.doubtful) < 40
    assert pairs["left"].is_unique and pairs["right"].is_unique
    assert not set(pairs["left"]) & set(matches.doubtful["left"])
    titles = [table.item_table["title"] for table in both]
    named = dict(zip(titles[0].iloc[pairs["left"]], titles[1].iloc[pairs["right"]], strict=True))
    assert named["Léon: The Professional (a.k.a. The Professional) (Léon)"] == "Léon"
    assert named["Amelie (Fabuleux destin d'Amélie Poulain, Le)"] == "Le fabuleux destin d'Amélie Poulain"
    assert named["Seven (a.k.a. Se7en)"] == "Se7en"
    years = [table.item_table["year"].to_numpy(dtype=float) for table in both]
    apart = np.abs(years[0][pairs["left"]] - years[1][pairs["right"]])
    assert (apart == pairs["years_apart"]).all() and apart.max() == 1


@pytest.mark.skipif(not LINKS.exists(), reason="needs links.csv of MovieLens small, which the package does not hold")
def test_the_numbers_of_imdb_agree(both, matches):
    with LINKS.open() as file:
        number = {int(row["movieId"]): row["imdbId"] for row in csv.DictReader(file)}
    right = {value: j for j, value in enumerate(both[1].items)}
    true = {i: right[number[film]] for i, film in enumerate(both[0].items) if number.get(film) in right}
    agree = sum(true.get(i) == j for i, j in matches.pairs[["left", "right"]].to_numpy().tolist())
    assert agree / len(matches.pairs) > 0.99 and agree / len(true) > 0.96


def likes(rows, n_items, name="", time=None):
    user, item = np.nonzero(np.asarray(rows))
    table = pd.DataFrame(
        {"item_id": [f"{name}{i}" for i in range(n_items)], "title": [f"{name} {i}" for i in range(n_items)]}
    )
    maps = IdMap([f"{name}{u}" for u in range(len(rows))]), IdMap(list(table["item_id"]))
    return Interactions(user, item, None, time if time is None else np.full(len(user), time), *maps, table)


def test_joined_by_hand():
    left, right = likes([[1, 1, 0], [0, 1, 1]], 3, "a", 10), likes([[1, 0], [1, 1]], 2, "b", 20)
    joined = join_catalogues(left, right, [(2, 0)], names=("old", "new"))
    assert list(joined.data.items) == ["old:a0", "old:a1", "old:a2", "new:b1"]
    assert list(joined.data.users) == ["old:a0", "old:a1", "new:b0", "new:b1"]
    assert joined.data.item_table["title"].tolist() == ["a 0", "a 1", "a 2", "b 1"]
    assert joined.data.matrix().toarray().tolist() == [[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 1, 1]]
    assert (joined.data.timestamp == np.where(joined.domain == 0, 10, 20)).all()
    assert joined.likes_of("new").toarray().tolist() == [[0, 0, 1, 0], [0, 0, 1, 1]]
    assert joined.right_items.tolist() == [2, 3] and joined.left_items.tolist() == [0, 1, 2]


def test_a_shared_person_has_one_row():
    left, right = likes([[1, 1, 0], [0, 1, 1]], 3, "a"), likes([[1, 0], [1, 1]], 2, "b")
    joined = join_catalogues(left, right, [(2, 0)], people=[(1, 1)])
    assert list(joined.data.users) == ["left:a0", "left:a1", "right:b0"]
    assert joined.data.matrix().toarray().tolist() == [[1, 1, 0, 0], [0, 1, 1, 1], [0, 0, 1, 0]]
    assert joined.domain.sum() == 2 and len(joined.data) == 6  # the film that both tables hold of this person: once
    assert joined.right_users.tolist() == [2, 1]


def test_what_cannot_be_joined():
    a, b = likes([[1, 1]], 2, "a"), likes([[1, 1]], 2, "b")
    rated = Interactions(a.user, a.item, [1.0, 2.0], None, a.users, a.items)
    for bad, message in (
        (lambda: join_catalogues(rated, b, [(0, 0)]), "binarize"),
        (lambda: join_catalogues(a, b, [(0, 0), (0, 1)]), "one pair each, got repeats on the left"),
        (lambda: join_catalogues(a, b, [(0, 1), (1, 1)]), "repeats on the right"),
        (lambda: join_catalogues(a, b, [(0, 2)]), "films of the right as whole numbers in 0..1"),
        (lambda: join_catalogues(a, b, [0, 1]), r"\(n, 2\)"),
        (lambda: join_catalogues(a, b, [(0, 0)], names=("x", "x")), "two different names"),
        (lambda: join_catalogues(a, b, [(0, 0)], people=[(0, 1)]), "people of the right"),
        (lambda: join_catalogues(a, b, [(0, 0)]).likes_of("mine"), "'left', 'right'"),
    ):
        with pytest.raises(ValueError, match=message):
            bad()
    with pytest.raises(TypeError, match="Interactions"):
        join_catalogues(a.matrix(), b, [(0, 0)])


def random_likes(n_users, n_items, seed):
    rng = np.random.default_rng(seed)
    rows = (rng.random((n_users, n_items)) < 0.3).astype(float)
    rows[np.arange(n_users), rng.integers(n_items, size=n_users)] = 1
    return rows


def weights_of(model, n_items):
    return model.score(history=csr_array(np.eye(n_items))).astype(float)


@pytest.mark.parametrize(("n_users", "n_items"), [(14, 7), (4, 11)])  # the direct form, and that of Woodbury
@pytest.mark.parametrize("with_texts", [False, True])
def test_equals_a_numerical_optimiser(n_users, n_items, with_texts):
    x, s, w, lam, mu = random_likes(n_users, n_items, 0), random_likes(9, n_items, 1), 0.4, 2.0, 1.5
    s[:, -3:] = 0  # films that the others do not know
    t = np.random.default_rng(2).normal(size=(n_items, 2)) if with_texts else np.zeros((n_items, 2))
    free = ~np.eye(n_items, dtype=bool)
    blocks = [(1.0, x), (w, s), (mu, t.T)]

    def loss(values):
        b = np.zeros((n_items, n_items))
        b[free] = values
        total, slope = lam * (b**2).sum(), 2 * lam * b
        for factor, rows in blocks:
            error = rows - rows @ b
            total, slope = total + factor * (error**2).sum(), slope - 2 * factor * rows.T @ error
        return total, slope[free]

    best = np.zeros((n_items, n_items))
    best[free] = minimize(loss, np.zeros(free.sum()), jac=True, method="L-BFGS-B", options={"gtol": 1e-9}).x
    data = likes(x, n_items)
    texts = t if with_texts else None
    model = TwoCatalogueEASE(csr_array(s), texts, weight=w, text_weight=mu, regularization=lam).fit(data)
    assert np.allclose(weights_of(model, n_items), best, atol=1e-4)
    assert np.allclose(model.score(np.arange(n_users)), x @ best, atol=1e-4)


@pytest.mark.parametrize(("n_users", "n_items"), [(14, 7), (4, 11)])
def test_its_two_ends(n_users, n_items):
    """Weight 0 is EASE; weight 1 is EASE on all people below each other; texts alone are TextEASE."""
    x, s = random_likes(n_users, n_items, 0), random_likes(9, n_items, 1)
    data, people = likes(x, n_items), np.arange(n_users)
    alone = TwoCatalogueEASE(csr_array(s), weight=0, regularization=3.0).fit(data)
    assert np.allclose(alone.score(people), EASE(regularization=3.0).fit(data).score(people), atol=1e-5)
    alike = TwoCatalogueEASE(csr_array(s), weight=1, regularization=3.0).fit(data)
    stacked = EASE(regularization=3.0).fit(likes(np.vstack([x, s]), n_items))
    assert np.allclose(alike.score(people), stacked.score(people), atol=1e-5)
    texts = np.random.default_rng(2).normal(size=(n_items, 2))
    told = TwoCatalogueEASE(csr_array(s), texts, weight=0, text_weight=2.0, regularization=3.0).fit(data)
    as_text = TextEASE(texts, text_weight=2.0, regularization=3.0).fit(data)
    assert np.allclose(told.score(people), as_text.score(people), atol=1e-5)


def test_what_it_must_be_given():
    data = likes(random_likes(4, 6, 0), 6)
    with pytest.raises(ValueError, match="expected others"):
        TwoCatalogueEASE().fit(data)
    with pytest.raises(ValueError, match="over 6 films"):
        TwoCatalogueEASE(csr_array((2, 5))).fit(data)
    with pytest.raises(ValueError, match="vector for each of 6"):
        TwoCatalogueEASE(csr_array((2, 6)), np.ones((5, 2))).fit(data)
    with pytest.raises(TypeError, match="sparse"):
        TwoCatalogueEASE(np.ones((2, 6))).fit(data)
    with pytest.raises(ValueError, match="weight"):
        TwoCatalogueEASE(csr_array((2, 6)), weight=-1)


def test_two_films_by_hand():
    """Of our 8 people who like the second film 6 like the first, of the 40 others 10; w = ¼, λ = 2."""
    ours, others = np.zeros((8, 2)), np.zeros((40, 2))
    ours[:, 1], others[:, 1] = 1, 1
    ours[:6, 0], others[:10, 0] = 1, 1
    model = TwoCatalogueEASE(csr_array(others), weight=0.25, regularization=2.0).fit(likes(ours, 2))
    assert np.isclose(weights_of(model, 2)[1, 0], (6 + 2.5) / (8 + 10 + 2), atol=1e-6)
