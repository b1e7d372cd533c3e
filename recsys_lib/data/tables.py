"""Ratings from any text file: read rightly, or refused with line and reason."""

import re
import warnings
from datetime import UTC, datetime, timedelta
from itertools import compress

import numpy as np
import pandas as pd

from recsys_lib._checks import FIRST_MILLISECOND, choice

from .fields import NOTHING, NUMBER, is_number
from .files import local_path, read_text
from .interactions import Interactions
from .layout import find_layout, names_its_pairs, refuse_header, refuse_unused, split_rows

SHOWN = 5
SECONDS = re.compile(r"([+-]?[0-9]+)(\.[0-9]*)?")
THOUSANDS = re.compile(r"[+-]?[0-9]{1,3},[0-9]{3}")
COMPACT_DATE = re.compile(  # a year, or a day, or that with hour and minute
    r"(19|20)[0-9]{2}((0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])(([01][0-9]|2[0-3])([0-5][0-9]){1,2})?)?"
)
LARGEST_FLOAT32 = 3.4028234e38
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_csv(
    path,
    *,
    columns=None,
    header=None,
    separator=None,
    encoding=None,
    rating="rating",
    missing=None,
    rating_range=None,
    duplicates="error",
):
    """Ratings from a text file with a user and an item in each line and, optionally, rating and timestamp.

    Separated by commas, semicolons or tabs (separator= for others), quoted or not, UTF-8 (encoding= for others), gzip
    or plain. Spaces around a field that is not quoted do not count; a row of separators alone is no row.
    The header names user, item, rating, timestamp in any order and case, or as well-known data sets do: userId,
    User-ID, movieId, book_id, ISBN, Book-Rating, item_id:token, …   columns={"user": "reader", …} says what the header
    calls a field.   columns=["user", "item", …]: there is no header; the fields in file order, "_" for one to ignore. A
    first line that looks like a header is then refused, unless header=False (it is data) or True (skip it).
    Further columns are ignored where there are ratings or where columns= names user and item; otherwise those that
    could be ratings are refused: by a name such as score or date, or with numbers, yes and no, dates or a few short
    words.   rating=None: every row is a like.
    Ids stay the text of the file: "007" is not "7", "NA" is an id.   Ratings are numbers, with a decimal point or,
    unless it separates, a decimal comma.   missing: a number (or several) that means "not rated", as -1 or 99; such
    rows are left out, and a warning says how many.   rating_range: (lowest, highest) allowed.
    Timestamps are seconds, milliseconds or ISO dates (UTC where they do not say otherwise); fractions of a second are
    cut off; years, and dates without hyphens, are refused.   duplicates: "error", "last" or "mean" for a pair that
    comes twice.

    Raises FileNotFoundError; ValueError that lists the first bad lines, as an editor counts them, with the reason:
    an empty field, a field too many or few, no number, a pair twice, no data row, a file that is no text; ValueError
    for a web address and for an argument of the wrong form; TypeError for a path that is none, such as an open file,
    and for columns that are one text.
    Chapter: The full build."""
    options = {"columns": columns, "header": header, "separator": separator, "encoding": encoding, "missing": missing}
    rows = read_rows(path, rating=rating, **options)
    if rating_range is not None and "rating" not in rows.columns:
        raise ValueError(f"{rows.name}: expected ratings because rating_range= is given, got none")
    return rows.interactions(rating_range=rating_range, duplicates=duplicates)


def read_rows(path, *, columns=None, header=None, separator=None, encoding=None, rating="rating", missing=None):
    """The Rows of a file, also of the columns that are no field: what `read_csv` makes its Interactions of."""
    path = local_path(path)
    choice("rating", rating, ("rating", None))
    text = read_text(path, () if encoding is None else [encoding])
    separator, names, has_header = find_layout(text, path.name, columns=columns, header=header, separator=separator)
    if rating is None:
        names = [None if field == "rating" else field for field in names]
    rows = Rows(path.name, names, split_rows(text, separator, path.name), has_header=has_header)
    if not has_header and header is None:
        refuse_header(rows)
    if rating is not None and "rating" not in names and not names_its_pairs(columns):
        refuse_unused(rows)
    if "rating" not in names and missing is not None:
        raise ValueError(f"{path.name}: expected ratings because missing= is given, got none")
    if missing is not None:
        n = rows.leave_out(missing)
        warnings.warn(f"{path.name}: {n:,} rows left out, not rated (missing={missing!r})", stacklevel=3)
    return rows


class Rows:
    """The columns of a file as text, the line on which each row begins, and what is wrong with each line.

    names: field of each column, None = ignored.   rows: (line, fields) of each row, the first of them the header where
    has_header.   Raises ValueError where there is no row."""

    def __init__(self, name, names, rows, *, has_header=False):
        self.name, self.names, width = name, names, len(names)
        self.header_line, self.header = next(rows, (1, [])) if has_header else (None, None)
        if has_header and len(self.header) != width:
            got = f"expected a header of {width} fields, got {len(self.header)}"
            raise ValueError(f"{name}, line {self.header_line}: {got}")
        self.problems = {}  # {line: what is wrong with it}
        self.lines, cells = [], []
        for line, fields in rows:
            if len(fields) == width:
                self.lines.append(line)
                cells += fields
            else:
                self.problems[line] = f"expected {width} fields, got {len(fields)}"
        if not self.lines and not self.problems:
            raise ValueError(f"{name}: expected at least one row of data, got none")
        self.cells = [cells[i::width] for i in range(width)]  # one list a column
        self.columns = {field: column for field, column in zip(names, self.cells) if field}

    def leave_out(self, missing):
        """Drops the rows whose rating means "not rated", and returns how many these are."""
        absent = _absent(missing)
        absent = {
            text for text in set(self.columns["rating"]) if (_number(text) if is_number(text) else text) in absent
        }
        keep = [text not in absent for text in self.columns["rating"]]
        if self.lines and not any(keep):
            raise ValueError(f"{self.name}: expected a rating that is not missing={missing!r}, got none")
        self.lines = list(compress(self.lines, keep))
        self.columns = {field: list(compress(column, keep)) for field, column in self.columns.items()}
        return keep.count(False)

    def convert(self, field, parse):
        """The column through `parse`, once for each distinct text; a ValueError is a problem of its lines, and None."""
        values, wrong = {}, {}
        for text in set(self.columns[field]):
            try:
                if not text.strip():
                    raise ValueError(" is empty")
                values[text] = parse(text)
            except ValueError as error:
                values[text] = None
                wrong[text] = f"{field} {_quoted_short(text)}{error}" if text else f"{field} is empty"
                if field == "rating" and (text.strip().casefold() in NOTHING or not re.search(r"\w", text)):
                    wrong[text] += f" (or give missing={text.strip()!r} if it means not rated)"
        if wrong:
            self.complain(field, wrong)
        return [values[text] for text in self.columns[field]]

    def complain(self, field, wrong):
        """Notes the problem of each line whose text is in wrong; the first problem of a line counts."""
        for line, text in zip(self.lines, self.columns[field]):
            if text in wrong:
                self.problems.setdefault(line, wrong[text])

    def refuse(self):
        """Raises ValueError with the first lines that have problems and the number of the others, if there are any."""
        bad = [f"{self.name}, line {line}: {self.problems[line]}" for line in sorted(self.problems)]
        if len(bad) > SHOWN:
            bad[SHOWN:] = [f"… and {len(bad) - SHOWN} more lines that cannot be used"]
        if bad:
            raise ValueError("\n".join(bad))

    def interactions(self, *, parse_id=str, item_table=None, duplicates="error", rating_range=None):
        """Interactions of the columns user, item and, where they are there, rating and timestamp."""
        users, items = self.convert("user", parse_id), self.convert("item", parse_id)
        table = pd.DataFrame({"user_id": pd.Series(users, dtype=object), "item_id": pd.Series(items, dtype=object)})
        if "rating" in self.columns:
            table["rating"] = self.convert("rating", _rating_parser(rating_range))
        if "timestamp" in self.columns:
            table["timestamp"] = self._seconds()
        if duplicates == "error" and table.duplicated(["user_id", "item_id"]).any():
            self._refuse_repeats(users, items)
        self.refuse()
        return Interactions.from_table(table, item_table=item_table, duplicates=duplicates)

    def _seconds(self):
        """Seconds; refuses two units side by side, and what could be dates without hyphens."""
        texts = self.columns["timestamp"]
        compact = [text for text in texts if COMPACT_DATE.fullmatch(text.strip())]
        known = len(texts) - texts.count("0")  # 0: the time is not known
        if compact and 2 * len(compact) >= known:  # a few among many seconds are seconds of 1970
            reason = "is a date or a number of seconds (expected 2015-01-31 for a date)"
            self.complain("timestamp", {text: f"timestamp {_quoted_short(text)} {reason}" for text in compact})
        digits = "".join(texts)
        if digits.isdigit() and digits.isascii() and all(texts) and max(map(len, texts)) <= 10:
            return [int(text) for text in texts]  # seconds alone, as in most files: several times faster
        moments = [moment or (None, "any") for moment in self.convert("timestamp", _moment)]
        units = dict.fromkeys(unit for _, unit in moments if unit != "any")  # in order of appearance
        if len(units) > 1:
            first = next(iter(units))
            reason = f"is of another unit than the first, which is in {first}"
            wrong = {text for text, (_, unit) in zip(texts, moments) if unit not in ("any", first)}
            self.complain("timestamp", {text: f"timestamp {_quoted_short(text)} {reason}" for text in wrong})
        return [seconds for seconds, _ in moments]

    def _refuse_repeats(self, users, items):
        first = {}
        for line, user, item in zip(self.lines, users, items):
            earlier = first.setdefault((user, item), line)
            if earlier != line and None not in (user, item):
                again = f"user {_quoted_short(user)}, item {_quoted_short(item)} stands in line {earlier} already"
                self.problems.setdefault(line, f"{again} (or give duplicates='last' or 'mean')")


def _absent(missing):
    """The set of numbers, and of texts that are no numbers, that missing= names."""
    values = [missing] if isinstance(missing, str) or not hasattr(missing, "__iter__") else list(missing)
    wanted = set()
    for value in values:
        text = str(value).strip()
        if isinstance(value, bool) or (not isinstance(value, str) and not is_number(text)):
            advice = ": write it as the file does, missing='NaN'" if value is None or value != value else ""
            raise ValueError(f"expected missing as a number or a text, or several, got {value!r}{advice}")
        wanted.add(_number(text) if is_number(text) else text)
    return wanted


def _number(text):
    return float(text.replace(",", "."))


def _quoted_short(value, width=40):
    text = repr(value)
    return text if len(text) <= width + 2 else f"{text[:width]}…'"


def _rating_parser(rating_range):
    ends = [0.5, 5] if rating_range is None else list(rating_range) if np.iterable(rating_range) else []
    if len(ends) != 2 or not all(isinstance(end, (int, float, np.number)) for end in ends) or not ends[0] <= ends[1]:
        raise ValueError(f"expected rating_range as (lowest, highest), got {rating_range!r}: write it as (1, 5)")
    low, high = ends
    expected = f"(expected {'e.g. ' if rating_range is None else ''}{low:g} to {high:g})"

    def parse(text):
        text = text.strip()
        if not NUMBER.fullmatch(text):
            raise ValueError(f" is not a number {expected}")
        if THOUSANDS.fullmatch(text):
            raise ValueError(f" may be thousands or decimals {expected}")
        value = _number(text)
        if abs(value) > LARGEST_FLOAT32 or (rating_range is not None and not low <= value <= high):
            raise ValueError(f" is out of range {expected}")
        return value

    return parse


def _moment(text):
    """Seconds since 1970-01-01 UTC, and the unit that the text was written in."""
    text = text.strip()
    number = SECONDS.fullmatch(text)
    if number and len(number[1]) <= 15:
        value = int(number[1])
        if abs(value) < FIRST_MILLISECOND:
            return value, "seconds" if value else "any"
        if abs(value) < 1000 * FIRST_MILLISECOND:
            return value // 1000, "milliseconds"
    try:
        moment = datetime.fromisoformat(text)
        value = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH) // timedelta(seconds=1)
    except (ValueError, OverflowError):
        reason = " is neither seconds nor milliseconds since 1970 nor an ISO date (expected e.g. 2015-01-31 18:30:00)"
        raise ValueError(reason) from None
    if value >= FIRST_MILLISECOND:
        raise ValueError(" lies after the year 5138 (expected e.g. 2015-01-31 18:30:00)")
    return value, "dates"
