"""Ratings from any text file: read rightly, or refused with line and reason."""

import csv
import gzip
import io
import re
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from recsys_lib._checks import FIRST_MILLISECOND

from .interactions import Interactions

FIELDS = {
    "user": "user", "user_id": "user", "userid": "user",
    "item": "item", "item_id": "item", "itemid": "item", "movieid": "item",
    "rating": "rating", "timestamp": "timestamp",
}  # fmt: skip
DELIMITERS = "\t;,"  # in this order, so that a decimal comma does not count where semicolons separate
SHOWN = 5
NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]+)?")
SECONDS = re.compile(r"([+-]?[0-9]+)(\.[0-9]*)?")
THOUSANDS = re.compile(r"[+-]?[0-9]{1,3},[0-9]{3}")
COMPACT_DATE = re.compile(
    r"(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])(([01][0-9]|2[0-3])([0-5][0-9]){1,2})?"
)
LARGEST_FLOAT32 = 3.4028234e38
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_csv(path, *, columns=None, duplicates="error", rating_range=None):
    """Ratings from a text file with a user and an item in each line and, optionally, rating and timestamp.

    Separated by commas, semicolons or tabs, quoted or not, UTF-8 (UTF-16 with its mark), gzip or plain. The header
    names user | user_id | userId, item | item_id | itemId | movieId, rating, timestamp, in any order and case; other
    columns are ignored. Without a header: columns=["user", "item", …] in file order, "_" for one to ignore.
    Ids stay the text of the file: "007" is not "7", "NA" is an id.   Ratings are numbers, with a decimal point or,
    unless it separates, a decimal comma.   Timestamps are seconds, milliseconds or ISO dates (UTC where they do not
    say otherwise); fractions of a second are cut off.
    duplicates: "error", "last" or "mean" for a pair that comes twice.   rating_range: (lowest, highest) allowed.

    Raises FileNotFoundError; ValueError that lists the first bad lines, as an editor counts them, with the reason:
    an empty field, a field too many or few, no number, a pair twice, no data row, a gzip file cut short.
    Chapter: The full build."""
    path = Path(path)
    text = read_text(path)
    delimiter, names, header_rows = _layout(text, path.name, columns)
    rows = Rows(text, path.name, delimiter, names, header_rows=header_rows)
    return rows.interactions(duplicates=duplicates, rating_range=rating_range)


def read_text(path, *, encodings=("utf-8-sig",)):
    """The text of a file, unpacked if it is gzip. Raises FileNotFoundError, or ValueError that names the line."""
    if not path.exists():
        raise FileNotFoundError(f"expected a file, got nothing at {path}")
    if path.is_dir():
        raise ValueError(f"expected a file, got the folder {path}")
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(f"{path.name}: expected a whole gzip file, got a damaged one: {error}") from None
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ("utf-16",)
    for encoding in encodings:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError as error:
            reason = f"line {_line_of(content[: error.start])}: expected {encoding} text, got {error.reason}"
    else:
        raise ValueError(f"{path.name}, {reason}")
    if "\0" in text:
        raise ValueError(f"{path.name}, line {_line_of(text.partition(chr(0))[0].encode())}: expected text, got a NUL")
    return text


def _line_of(before):
    return 1 + before.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n")


def _lines(text):
    return io.StringIO(text, newline="")  # splits at \n, \r\n and \r, as an editor does, and keeps what is quoted


def first_line(text, name):
    """Number and text of the first line that is not empty. Raises ValueError where there is none."""
    for number, line in enumerate(_lines(text), 1):
        if line := line.rstrip("\r\n"):
            return number, line
    raise ValueError(f"{name}: expected at least one row of data, got an empty file")


def first_row(text, delimiter):
    """Fields of the first line that is not empty; none where it cannot be split."""
    try:
        return next(filter(None, csv.reader(_lines(text), delimiter=delimiter)), [])
    except csv.Error:
        return []


def _layout(text, name, columns):
    """Delimiter, field of each column (None = ignored) and the number of header rows."""
    number, first = first_line(text, name)
    where, shown = f"{name}, line {number}", _short(first, 80)
    options = {d: first_row(text, d) for d in DELIMITERS}
    headers = {d: [FIELDS.get(field.strip().casefold()) for field in fields] for d, fields in options.items()}
    headers = {d: names for d, names in headers.items() if {"user", "item"} <= set(names)}
    if columns is None:
        if not headers:
            raise ValueError(
                f"{where}: expected a header with user (or user_id, userId) and item (or item_id, itemId, movieId), by "
                f'comma, semicolon or tab, got {shown}; for a file without a header give columns=["user", "item", …]'
            )
        delimiter, names = next(iter(headers.items()))
        return delimiter, _once(names, f"{where}: header"), 1
    names = [FIELDS.get(str(column).casefold()) for column in columns]
    if any(field is None and column != "_" for field, column in zip(names, columns, strict=True)):
        raise ValueError(f"expected columns of user, item, rating, timestamp and '_' (ignored), got {columns}")
    if not {"user", "item"} <= set(names):
        raise ValueError(f"expected user and item among the columns, got {columns}")
    _once(names, "columns")
    if headers:
        raise ValueError(f"{where}: expected data because columns= is given, got the header {shown}")
    fitting = [d for d, fields in options.items() if len(fields) == len(columns)]
    if not fitting:
        raise ValueError(f"{where}: expected {len(columns)} fields by comma, semicolon or tab, got {shown}")
    if len(fitting) > 1:
        both = " or ".join(map(repr, fitting))
        raise ValueError(f"{where}: expected one separator, got {shown}, which may be split by {both}")
    return fitting[0], names, 0


def _once(names, where):
    twice = {field for field in names if field and names.count(field) > 1}
    if twice:
        raise ValueError(f"{where}: expected each field once, got {', '.join(sorted(twice))} twice")
    return names


class Rows:
    """The rows of a delimited text, its columns as text, and everything wrong with them by line.

    names: field of each column, None = ignored.   quoted=False: quotes are plain characters.
    Raises ValueError where no row is left or quotes do not close."""

    def __init__(self, text, name, delimiter, names, *, header_rows=0, quoted=True):
        self.name, self.header_rows = name, header_rows
        self.quoted = quoted and '"' in text
        quoting = csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE
        self._reader = lambda: csv.reader(_lines(text), delimiter=delimiter, quoting=quoting, strict=True)
        lines = list(filter(None, text.replace("\r\n", "\n").replace("\r", "\n").split("\n")))[header_rows:]
        self.reasons = {}  # row: what is wrong with it
        if not self.quoted and {line.count(delimiter) for line in lines} == {len(names) - 1}:
            fields = delimiter.join(lines).split(delimiter)
            columns = [fields[i :: len(names)] for i in range(len(names))]
            self.places = range(len(lines))
        else:
            columns, self.places = self._read(len(names))
        self.columns = {field: column for field, column in zip(names, columns, strict=True) if field}

    def _read(self, width):
        """The columns of the rows with the right number of fields, and the places of these rows."""
        rows = dict(enumerate(row for _, row in self._records()))
        if not rows:
            raise ValueError(f"{self.name}: expected at least one row of data, got none")
        wrong = {i: len(row) for i, row in rows.items() if len(row) != width}
        self.reasons |= {i: f"expected {width} fields, got {got}" for i, got in wrong.items()}
        good = {i: row for i, row in rows.items() if i not in wrong}
        return list(zip(*good.values(), strict=True)) or [()] * width, list(good)

    def _records(self):
        """(line on which it starts, fields) of each row; quoted fields may span lines, and empty lines are no rows."""
        reader, start = self._reader(), 1
        records = []
        try:
            for row in reader:
                records += [(start, row)] if row else []
                start = reader.line_num + 1
        except csv.Error as error:
            raise ValueError(f"{self.name}, line {start}: cannot be split into fields: {error}") from None
        return records[self.header_rows :]

    def convert(self, field, parse):
        """The column through `parse`, once for each distinct text; a ValueError is kept as the reason of its rows."""
        known, reasons = {}, {}
        for text in set(self.columns[field]):
            try:
                if not text.strip():
                    raise ValueError(" is empty")
                known[text] = parse(text)
            except ValueError as error:
                reasons[text] = f"{field} {_short(text)}{error}" if text else f"{field} is empty"
        if reasons:
            self.complain((i, reasons[text]) for i, text in enumerate(self.columns[field]) if text in reasons)
        return list(map(known.get, self.columns[field]))

    def complain(self, reasons):
        for i, reason in reasons:
            self.reasons.setdefault(self.places[i], reason)

    def refuse(self):
        """Raises ValueError with the first bad lines and their number, if there are any."""
        if self.reasons:
            records = self._records()
            bad = [f"{self.name}, line {records[i][0]}: {self.reasons[i]}" for i in sorted(self.reasons)]
            more = [f"… and {len(bad) - SHOWN} more lines that cannot be used"] if len(bad) > SHOWN else []
            raise ValueError("\n".join(bad[:SHOWN] + more))

    def interactions(self, *, parse_id=str, item_table=None, duplicates="error", rating_range=None):
        """Interactions of the columns user, item and, where they are there, rating and timestamp."""
        users, items = self.convert("user", parse_id), self.convert("item", parse_id)
        columns = {"user_id": pd.Series(users, dtype=object), "item_id": pd.Series(items, dtype=object)}
        if "rating" in self.columns:
            columns["rating"] = self.convert("rating", _rating_parser(rating_range))
        if "timestamp" in self.columns:
            columns["timestamp"] = self._seconds()
        table = pd.DataFrame(columns)
        if duplicates == "error" and table.duplicated(["user_id", "item_id"]).any():
            self.complain(self._repeats(users, items))
        self.refuse()
        return Interactions.from_table(table, item_table=item_table, duplicates=duplicates)

    def _seconds(self):
        """Seconds; complains where two units stand side by side, or most could be dates written without hyphens."""
        texts, units = self.columns["timestamp"], set()

        def parse(text):
            seconds, unit = _moment(text)
            units.add(unit)
            return seconds

        digits = "".join(texts)
        if digits.isascii() and digits.isdigit() and all(texts) and max(map(len, texts)) <= 10:
            seconds = list(map(int, texts))  # plain seconds, as most files have them: a third of the time
        else:
            seconds = self.convert("timestamp", parse)
        if len(units - {"any"}) > 1:
            known = [(i, _moment(text)[1]) for i, text in enumerate(texts) if seconds[i] is not None]
            known = [(i, unit) for i, unit in known if unit != "any"]
            reason = f"is of another unit than the first, which is in {known[0][1]}"
            self.complain((i, f"timestamp {_short(texts[i])} {reason}") for i, unit in known if unit != known[0][1])
        compact = [i for i, text in enumerate(texts) if COMPACT_DATE.fullmatch(text.strip())]
        known = sum(text.strip() != "0" for text in texts)  # 0: the time is not known
        if compact and 2 * len(compact) >= known:  # a few among many seconds are seconds of 1970
            reason = "is a date or a number of seconds (expected 2015-01-31 for a date)"
            self.complain((i, f"timestamp {_short(texts[i])} {reason}") for i in compact)
        return seconds

    def _repeats(self, users, items):
        records, first = self._records(), {}
        for i, pair in enumerate(zip(users, items, strict=True)):
            if None not in pair and first.setdefault(pair, i) != i:
                line, (user, item) = records[self.places[first[pair]]][0], map(_short, pair)
                yield i, f"user {user}, item {item} stands in line {line} already (or give duplicates='last' or 'mean')"


def _short(value, width=40):
    text = repr(value)
    return text if len(text) <= width + 2 else f"{text[:width]}…'"


def _rating_parser(rating_range):
    low, high = (0.5, 5) if rating_range is None else rating_range
    if not low <= high:
        raise ValueError(f"expected rating_range as (lowest, highest), got {rating_range}")
    expected = f"(expected {'e.g. ' if rating_range is None else ''}{low:g} to {high:g})"

    def parse(text):
        text = text.strip()
        if not NUMBER.fullmatch(text):
            raise ValueError(f" is not a number {expected}")
        if THOUSANDS.fullmatch(text):
            raise ValueError(f" may be thousands or decimals {expected}")
        value = float(text.replace(",", "."))
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
