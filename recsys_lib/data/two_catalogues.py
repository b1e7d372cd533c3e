"""Two catalogues that name the same films differently: which is which, and both tables of likes as one."""

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from recsys_lib._checks import choice, indices, require

from .ids import IdMap
from .interactions import Interactions

# Of English, French, Italian, Spanish, German, Scandinavian and Portuguese: MovieLens writes them behind a comma.
ARTICLES = frozenset("the a an le la les l un une il lo gli i el los las der die das den det de en et o os as".split())
IN_BRACKETS = re.compile(r"\(([^()]*)\)")
ALSO_KNOWN_AS = re.compile(r"(a\.?\s?k\.?\s?a\.?|also known as)\s+", re.IGNORECASE)
ARTICLE_BEHIND = re.compile(r"(.*), ([^\W\d_]+)('?)", re.DOTALL)
SAME_GENRE = {"Children": "Family", "(no genres listed)": "", "IMAX": ""}  # what MovieLens calls otherwise, or adds


def plain_title(title):
    """A title without what two catalogues write differently: small letters, digits and single spaces.

        "Enfer, L'" → "lenfer",   "The Cook, the Thief & …" → "cook the thief and …",   "Léon" → "leon"

    Accents go, & becomes and, all other signs become a space (an apostrophe nothing), and an article at the start, or
    behind a comma at the end, goes. A title that is only an article stays. Raises TypeError for no text.
    Chapter: Two catalogues, one model."""
    behind = ARTICLE_BEHIND.fullmatch(require(title, str).strip())
    if behind and behind[2].casefold() in ARTICLES:
        title = f"{behind[2]}{behind[3] or ' '}{behind[1]}"
    letters = unicodedata.normalize("NFKD", title)
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()
    letters = letters.replace("&", " and ").replace("'", "").replace("’", "")
    words = re.sub(r"[\W_]+", " ", letters).split()
    return " ".join(words[1:] if len(words) > 1 and words[0] in ARTICLES else words)


def title_names(title):
    """The plain names of a film: that of its title, then those in brackets. A list without repeats.

        "Léon: The Professional (a.k.a. The Professional) (Léon)" → ["leon the professional", "professional", "leon"]

    Raises TypeError for no text. Chapter: Two catalogues, one model."""
    inside = [ALSO_KNOWN_AS.sub("", name.strip()) for name in IN_BRACKETS.findall(require(title, str))]
    names = [plain_title(name) for name in (IN_BRACKETS.sub(" ", title), *inside)]
    return list(dict.fromkeys(filter(None, names)))


class TitleMatches(NamedTuple):
    """Which film of one catalogue is which of the other, as positions in their tables.

    pairs: DataFrame left, right, years_apart (0 or 1); no film comes twice.   doubtful: DataFrame left, right, why
    ("several candidates" or "no common genre"), in none of the pairs; here films may come more than once."""

    pairs: pd.DataFrame
    doubtful: pd.DataFrame


def match_titles(left, right):
    """The films that two catalogues share, found by title, year and genre: one to one, or left out.

    A pair is a candidate where one of the `title_names` is the same and the years are; in a second round, among films
    that had no candidate, where the years are one apart. It is accepted where neither film has another candidate and
    the two share a genre, or one of them names none. All other candidates are doubtful.
    left, right: item tables with title, year and, where there are any, genres ("Action|Comedy"). A film without title
    or year is never matched. MovieLens' Children is IMDb's Family; IMAX is no genre.
    Returns TitleMatches, both tables in the order of `left`. Raises TypeError for anything but DataFrames, ValueError
    where title or year is missing among the columns.
    Source: the simplest form of Fellegi & Sunter 1969. Chapter: Two catalogues, one model."""
    names, year, genres = zip(*(_read(table) for table in (left, right)), strict=True)
    with_name = {}
    for j, its in enumerate(names[1]):
        for name in its:
            with_name.setdefault(name, []).append(j)
    pairs, doubtful, used = [], [], (set(), set())
    for apart in (0, 1):
        found, back = {}, {}
        for i, its in enumerate(names[0]):
            near = {j for name in its for j in with_name.get(name, ()) if abs(year[0][i] - year[1][j]) == apart}
            if i not in used[0] and (near := near - used[1]):
                found[i] = sorted(near)
                for j in found[i]:
                    back.setdefault(j, []).append(i)
        for i, candidates in found.items():
            j = candidates[0]
            if len(candidates) > 1 or len(back[j]) > 1:
                doubtful += [(i, j, "several candidates") for j in candidates]
            elif genres[0][i] and genres[1][j] and not genres[0][i] & genres[1][j]:
                doubtful.append((i, j, "no common genre"))
            else:
                pairs.append((i, j, apart))
        used[0].update(found), used[1].update(back)
    return TitleMatches(
        pd.DataFrame(sorted(pairs), columns=["left", "right", "years_apart"], dtype=np.int64),
        pd.DataFrame(sorted(doubtful), columns=["left", "right", "why"]),
    )


def _read(table):
    """Names, year (NaN where there is none) and genres of each film of an item table."""
    if missing := [name for name in ("title", "year") if name not in require(table, pd.DataFrame)]:
        raise ValueError(f"expected an item table with title and year, got none of {missing} in {list(table.columns)}")
    names = [title_names(title) if isinstance(title, str) else [] for title in table["title"]]
    year = table["year"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    told = table["genres"] if "genres" in table else [""] * len(table)
    genres = [{SAME_GENRE.get(genre, genre) for genre in text.split("|")} - {""} for text in told]
    return names, year, genres


@dataclass(frozen=True, eq=False)
class TwoCatalogues:
    """The likes of two catalogues as one table that still knows where each came from.

    data: Interactions without ratings; its films are those of the left catalogue, in their order, and then those that
    only the right one has. Ids are texts, "NAME:ID", with the name of the left where both have the film or the person.
    names: of the two.   domain: int8, a number a pair of `data`: 0 where it came from the left, 1 from the right.
    left_users, right_users, left_items, right_items: for each index of a catalogue, the index in `data`."""

    data: Interactions
    names: tuple
    domain: np.ndarray
    left_users: np.ndarray
    right_users: np.ndarray
    left_items: np.ndarray
    right_items: np.ndarray

    def likes_of(self, name):
        """csr (people of that catalogue, all films of both): their likes in it, in the order of its own users.

        Raises ValueError for a name that is neither. Chapter: Two catalogues, one model."""
        domain = self.names.index(choice("name", name, self.names))
        people = (self.left_users, self.right_users)[domain]
        return self.data.take(self.domain == domain).matrix()[people]


def join_catalogues(left, right, pairs, *, names=("left", "right"), people=None):
    """Two tables of likes over one catalogue, the films that are the same under one id.

    left, right: Interactions without ratings (`binarize` each by its own scale first).   pairs: DataFrame or array
    (n, 2), the positions left and right of the films that are the same, as in `TitleMatches`.   people: array (n, 2),
    the accounts that belong to the same person; None: nobody has two. A film that a person liked in both catalogues
    counts once, as the left's.   names: of the two catalogues, to begin the ids with.
    Timestamps are kept where both have them. Returns TwoCatalogues. Raises ValueError for data with ratings, whose
    scales could differ, for a film or a person in two pairs, positions that are not there or two names that are
    the same; TypeError for anything but Interactions.
    Chapter: Two catalogues, one model."""
    for side in (left, right):
        if require(side, Interactions).rating is not None:
            raise ValueError("expected likes without ratings, got ratings: their scales may differ, so binarize each")
    if len(names) != 2 or names[0] == names[1]:
        raise ValueError(f"expected two different names, got {names}")
    items = _merged(pairs, left.n_items, right.n_items, "films")
    users = _merged(np.empty((0, 2), int) if people is None else people, left.n_users, right.n_users, "people")
    user = np.concatenate([left.user, users[right.user]])
    item = np.concatenate([left.item, items[right.item]])
    domain = np.repeat(np.int8([0, 1]), [len(left), len(right)])
    _, first = np.unique(user.astype(np.int64) * (items.max(initial=-1) + left.n_items + 1) + item, return_index=True)
    rows = np.sort(first)
    timed = left.timestamp is not None and right.timestamp is not None
    time = np.concatenate([left.timestamp, right.timestamp])[rows] if timed else None
    maps = [
        _ids(a, b, new, names) for a, b, new in ((left.users, right.users, users), (left.items, right.items, items))
    ]
    table = None
    if left.item_table is not None and right.item_table is not None:
        table = pd.concat([left.item_table, right.item_table[items >= left.n_items]], ignore_index=True)
        table["item_id"] = list(maps[1])
    data = Interactions(user[rows], item[rows], None, time, *maps, table)
    of_left = np.arange(left.n_users), users, np.arange(left.n_items), items
    return TwoCatalogues(data, tuple(names), domain[rows], *of_left)


def _merged(pairs, n_left, n_right, what):
    """For each index of the right, that in the union: the left's where they are a pair, else one after the left's."""
    pairs = pairs[["left", "right"]].to_numpy() if isinstance(pairs, pd.DataFrame) else np.asarray(pairs)
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise ValueError(f"expected pairs of {what} as an array (n, 2), got shape {pairs.shape}")
    for side, size, name in ((0, n_left, "left"), (1, n_right, "right")):
        column = indices(f"{what} of the {name}", pairs[:, side], size)
        if len(np.unique(column)) < len(column):
            raise ValueError(f"expected {what} in one pair each, got repeats on the {name}")
    union = np.full(n_right, -1)
    union[pairs[:, 1]] = pairs[:, 0]
    union[union < 0] = n_left + np.arange(n_right - len(pairs))
    return union


def _ids(left, right, union, names):
    """IdMap of the left's ids and then those of the right that are new, each with the name of its catalogue."""
    new = union >= len(left)
    own = [f"{names[0]}:{value}" for value in left]
    return IdMap(own + [f"{names[1]}:{value}" for value, is_new in zip(right, new, strict=True) if is_new])
