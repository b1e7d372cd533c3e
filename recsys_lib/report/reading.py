"""From a file of ratings to what the comparison needs: pairs, what is known of the items, and what counts as a like."""

import re
import warnings
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from recsys_lib.data import Interactions
from recsys_lib.data.fields import ELSE, field_of, plain
from recsys_lib.data.files import local_path, read_text
from recsys_lib.data.layout import SEPARATORS, split_rows
from recsys_lib.data.movielens import TITLE_AND_YEAR
from recsys_lib.data.tables import read_rows

ABOUT_ITEMS = {  # names of columns, compared as `plain` does
    "title": "title titles name itemname itemtitle movietitle filmtitle booktitle productname producttitle".split(),
    "genres": "genres genre category categories".split(),
    "year": "year releaseyear yearofpublication".split(),
    "description": "description overview summary".split(),
}
YEAR = re.compile("[0-9]{4}")
AGREE = 0.6  # share of the rows of items with several that must say the same of their item


@dataclass(frozen=True)
class Reading:
    """What a file holds.

    data: the pairs, with an item table where the file (or another) tells of the items.   n_rows: rows of the file that
    were read.   n_merged: of these, rows that repeat a pair and were merged.   liked_from: a rating from here on is a
    like; None, every pair is one.   liked_why: who said so, a sentence.   notes: what else a reader must know."""

    data: Interactions
    n_rows: int
    n_merged: int
    liked_from: float | None
    liked_why: str
    notes: tuple = ()


def read(path, *, items=None, liked_from=None, rating="rating", duplicates="error", **options):
    """The Reading of a file of pairs.

    items: a file with a row an item, for titles, genres and years; UTF-8, or else in the encoding of the options.
    liked_from: None, by a rule of thumb (see `threshold`).   rating, duplicates, options: as `read_csv` takes them.
    Raises what `read_csv` raises, and ValueError where no rating is a like, where the rule of thumb knows no answer, or
    where the file of items holds none of the items."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        rows = read_rows(path, rating=rating, **options)
    notes = [str(warning.message) for warning in told]
    data = rows.interactions(duplicates=duplicates)
    if items is not None:
        table, unknown = _table_of_file(items, data.items, options.get("encoding"))
        if unknown:
            notes.append(f"Items without a row in {local_path(items).name}: {unknown:,} of {data.n_items:,}.")
    else:
        table, differing = _table_of_rows(rows, data.items)
        if differing:
            notes.append(f"Items that go by several titles in the file: {differing:,}; the most frequent is shown.")
    who = "The command says that" if rating is None else "The file has no ratings:"
    value, why = None, f"{who} every pair is a like."
    if data.rating is not None:
        value, why = threshold(data.rating, liked_from)
    elif liked_from is not None:
        raise ValueError("expected ratings because --liked-from is given, got none: leave --liked-from away")
    data = data if table is None else replace(data, item_table=table)
    return Reading(data, len(rows.lines), len(rows.lines) - len(data), value, why, tuple(notes))


def threshold(ratings, given=None):
    """(rating from which on a pair is a like, a sentence that says who said so).

    given: None by a rule of thumb: 4 where the ratings end at 5, 8 where they end at 10, 1 where they are 0 and 1; all
    ratings the same, and each is a like.
    Raises ValueError where no rating reaches what is given, and for any other scale: only the reader knows that."""
    low, high, median = float(ratings.min()), float(ratings.max()), float(np.median(ratings))
    if given is not None:
        if high < given:
            raise ValueError(f"expected ratings of --liked-from {given:g} or more, got {low:g} to {high:g}")
        return given, f"A rating of {given:g} or more is a like, as the command said (--liked-from)."
    if low == high:
        return low, f"All ratings are {low:g}: none is better than another, so every pair is a like."
    if set(np.unique(ratings).tolist()) == {0.0, 1.0}:
        return 1.0, "The ratings are 0 and 1: a 1 is taken as a like."
    for end in (5, 10):
        like = 0.8 * end
        if low >= 0 and like <= high <= end:
            rule = f"The ratings go from {low:g} to {high:g}, so {like:g} or more of {end} is taken as a like"
            return like, f"{rule}, a rule of thumb. Say --liked-from for another one."
    advice = f"give --liked-from N (half of the ratings are {median:g} or more), or --no-rating if every row is a like"
    raise ValueError(f"from which rating on is a row a like? The ratings go from {low:g} to {high:g}; {advice}")


def _table_of_rows(rows, items):
    """Item table of the columns beside the pairs, or None, and the number of items with several titles.

    Of several texts for one item the most frequent counts, the first of these where two are equally frequent. A column
    in which most rows do not agree on their item (a user's name, a review) tells nothing of items and is left aside."""
    cells = dict(zip(rows.names, rows.cells))
    found, differing = {}, 0
    for name, field, column in zip(rows.header or [], rows.names, rows.cells):
        about = _about(name)
        if field is None and about and about not in found:
            texts = {}
            for item, text in zip(cells["item"], column):
                if text:
                    texts.setdefault(item, Counter())[text] += 1
            again = [counts for counts in texts.values() if counts.total() > 1]
            agreeing = sum(counts.most_common(1)[0][1] for counts in again)
            if texts and agreeing >= AGREE * sum(counts.total() for counts in again):
                found[about] = {item: counts.most_common(1)[0][0] for item, counts in texts.items()}
                differing += sum(len(counts) > 1 for counts in texts.values()) if about == "title" else 0
    return _table(found, items), differing


def _table_of_file(path, items, encoding=None):
    """Item table of a file with a row an item, and how many items have none. Raises ValueError where all have none.

    encoding: of the file where it is not UTF-8; what is UTF-8 is read as that, for the file of pairs may be another."""
    path = local_path(path)
    try:
        text = read_text(path)
    except ValueError:
        if encoding is None:
            raise
        text = read_text(path, [encoding])
    for separator in SEPARATORS:
        rows = split_rows(text, separator, path.name)
        _, header = next(rows, (1, []))
        fields = [field_of(name) or ELSE.get(plain(name)) for name in header]
        if "item" in fields and any(map(_about, header)):
            break
    else:
        raise ValueError(f"{path.name}: expected a header with item (item_id, movieId, …) and title, genres or year")
    lines = list(rows)
    wrong = [line for line, cells in lines if len(cells) != len(header)]
    if wrong:
        raise ValueError(f"{path.name}, line {wrong[0]}: expected {len(header)} fields as in the header")
    place = fields.index("item")
    ids = [cells[place] for _, cells in lines]
    found = {}
    for i, name in enumerate(header):
        if i != place and _about(name) and _about(name) not in found:
            found[_about(name)] = {item: cells[i] for item, (_, cells) in zip(ids, lines) if cells[i]}
    unknown = len(set(items) - set(ids))
    if unknown == len(items):
        raise ValueError(f"{path.name}: expected ids of items such as {items[0]!r}, got others such as {ids[:1]}")
    return _table(found, items), unknown


def _about(name):
    """title, genres, year or description, where the name of a column is known as one; else None."""
    return next((about for about, names in ABOUT_ITEMS.items() if plain(name) in names), None)


def _table(found, items):
    """item_id, and the columns that were found, in the order of items; None where nothing was."""
    if not found:
        return None
    columns = {name: [texts.get(item) for item in items] for name, texts in found.items()}
    if "title" in columns and "year" not in columns:  # as MovieLens has it: "Heat (1995)"
        parts = [title and TITLE_AND_YEAR.fullmatch(title) for title in columns["title"]]
        if any(parts):
            columns["title"] = [part[1] if part else title for part, title in zip(parts, columns["title"])]
            columns["year"] = [part and part[2] for part in parts]
    if "year" in columns:
        years = [int(year) if year and YEAR.fullmatch(year) else None for year in columns["year"]]
        columns["year"] = pd.array(years, dtype="Int64")
    return pd.DataFrame({"item_id": list(items), **columns})
