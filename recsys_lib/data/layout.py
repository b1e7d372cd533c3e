"""The layout of a text file: its rows, its separator, and which column is which field."""

import io
import re
from collections.abc import Mapping, Set
from itertools import islice

from .fields import (
    CHOOSE,
    all_numbers,
    as_code,
    by_name,
    could_be_value,
    field_of,
    fields_of,
    in_order,
    is_header_word,
    is_number,
    is_wide,
    plain,
)

SEPARATORS = ("\t", ";", ",")  # in this order, so that a decimal comma does not count where semicolons separate
OTHER_SEPARATORS = ("::", "|", " ")  # only where separator= says so
FIRST = 20  # rows by which a layout is judged


def split_rows(text, separator, name, *, quoted=True):
    """(number of its first line, fields) of each row that holds more than separators.

    Fields lose outer spaces, unless they are quoted; quoted ones may span lines. quoted=False: quotes are plain
    characters. Lines are counted as an editor counts them. Raises ValueError where quotes do not close."""
    if quoted and '"' in text:
        yield from _quoted_rows(text, separator, name)
        return
    for number, line in enumerate(io.StringIO(text, newline=None), 1):
        fields = [field.strip() for field in line.split(separator)]
        if any(fields):
            yield number, fields


def _quoted_rows(text, separator, name):
    end = rf"({re.escape(separator)}|\r\n|\r|\n|\Z)"
    field = re.compile(rf' *"((?:[^"]|"")*+)" *{end}|([^\r\n]*?){end}')
    number = start = 1  # the line that is read, and the one where its row began
    row = []
    for match in field.finditer(text):
        quoted, quoted_end, plain_text, plain_end = match.groups()
        if quoted is None:
            ending = plain_end
            row.append(plain_text.strip())
            if row[-1].startswith('"'):
                raise ValueError(f"{name}, line {number}: cannot be split into fields: a quote that does not close")
        else:
            ending = quoted_end
            row.append(quoted.replace('""', '"'))
            number += len(re.findall(r"\r\n|\r|\n", quoted))
        if ending != separator:
            if any(row):
                yield start, row
            number += 1
            start, row = number, []


def find_layout(text, name, *, columns=None, header=None, separator=None):
    """Separator, field of each column (None = ignored) and whether there is a header, as far as first rows tell.

    Arguments as `read_csv` has them. Raises ValueError where they and the file do not agree."""
    if header is not None and not isinstance(header, bool):  # 0 is pandas' first line, and equals False
        raise ValueError(f"expected header to be one of None, True, False, received {header!r}")
    if separator is not None and (not isinstance(separator, str) or not separator or set(separator) & set('"\r\n')):
        raise ValueError(f"expected separator as text such as '|', got {separator!r}")
    if separator == r"\t":
        raise ValueError(r"expected separator '\t', which is a tab, got a backslash and a t: leave out one backslash")
    if isinstance(columns, (str, bytes, Set)) or not (columns is None or hasattr(columns, "__iter__")):
        given = "a set, which has no order" if isinstance(columns, Set) else repr(columns)
        raise TypeError(f"expected columns as a list (in file order) or a dict, got {given}")
    firsts = _first_rows(text, name, SEPARATORS if separator is None else [separator])
    if columns is not None and not isinstance(columns, Mapping):
        return *_by_order(text, name, firsts, list(columns)), bool(header)
    if header is False:
        _refuse_title(text, name, firsts)
        by_names, by_order, rows = _advice(text, name, firsts, {})
        if rows and _begins_with_header(list(zip(*rows, strict=True))):
            wrong = f"got what looks like a header, {_row_short(rows[0])}; leave header=False away"
            raise ValueError(f"{name}: expected data because header=False is given, {wrong} and give {by_names}")
        raise ValueError(f"{name}: expected {by_order} because header=False is given")
    return *_by_header(text, name, firsts, columns or {}), True


def refuse_header(rows):
    """Raises ValueError where the first of the Rows of a file without a header looks like one."""
    if rows.lines and _begins_with_header(rows.cells):
        got = f"got what looks like a header, {_row_short(column[0] for column in rows.cells)}"
        advice = "give header=True if it is one, header=False if it is data"
        raise ValueError(
            f"{rows.name}, line {rows.lines[0]}: expected data because columns= is a list, {got}; {advice}"
        )


def refuse_unused(rows):
    """Raises ValueError where a column of Rows that is not used could hold the ratings that no column is named for."""
    unused = [
        name
        for name, field, column in zip(rows.header, rows.names, rows.cells)
        if not field and could_be_value(name, column)
    ]
    if unused:
        known = {field: name for name, field in zip(rows.header, rows.names) if field}
        advice = f"say which count, e.g. {_columns(by_name(rows.header, rows.cells, known))}"
        raise ValueError(
            f"{rows.name}, line {rows.header_line}: expected a column rating, got none, but "
            f"{', '.join(map(repr, unused))} could be ratings or moments; {advice}, or give rating=None where every "
            "row is a like"
        )


def names_its_pairs(columns):
    """Does columns= name user and item, and so decide on every column?"""
    return columns is not None and {"user", "item"} <= set(_fields(columns))


def _first_rows(text, name, separators):
    """{separator: (line, fields) of the first rows}. Raises ValueError where there is no row."""
    firsts, problem = {}, f"{name}: expected at least one row of data, got an empty file"
    for separator in separators:
        rows = []
        try:
            rows.extend(islice(split_rows(text, separator, name), FIRST))
        except ValueError as error:  # its quotes end elsewhere: not the separator, unless none fits
            problem = str(error)
        if rows:
            firsts[separator] = rows
    if not firsts:
        raise ValueError(problem)
    return firsts


def _longest(firsts):
    """The line and the fields of the first row, by the separator that makes most of it."""
    return max((rows[0] for rows in firsts.values()), key=lambda first: len(first[1]))


def _widths(rows):
    return [len(cells) for _, cells in rows]


def _refuse_title(text, name, firsts):
    """Raises ValueError where a file begins with a few lines that are none of its table: a title, a comment, sep=;"""
    if len(firsts) > 1:
        firsts = _first_rows(text, name, SEPARATORS + OTHER_SEPARATORS)
    widths = [_widths(rows) for rows in firsts.values()]
    above = [next(i for i in range(len(row)) if len(set(row[i:])) == 1) for row in widths if row[-1] > 1]
    found = 1 if re.match(r'\s*"?sep=', text) else min(above, default=0)  # 0: by one separator, all is one table
    if 0 < found <= 5:
        line = next(iter(firsts.values()))[found - 1][0]
        which = "line 1 is no header: remove it" if line == 1 else f"lines 1 to {line} are no header: remove them"
        first, cells = _longest(firsts)
        raise ValueError(f"{name}, line {first}: expected a header, got {_row_short(cells)}; {which}")


def _fields(columns):
    """The field of each entry of columns=, None for "_"."""
    fields = [None if str(column) == "_" else field_of(column) or "" for column in columns]
    if "" in fields:
        expected = "user, item, rating, timestamp" + ("" if isinstance(columns, Mapping) else " and '_' (ignored)")
        advice = "; the name in the file comes second: {'user': 'reader'}" if isinstance(columns, Mapping) else ""
        raise ValueError(f"expected columns of {expected}, got {list(columns)}{advice}")
    twice = [field for field in fields if field and fields.count(field) > 1]
    if twice:
        raise ValueError(f"columns: expected each field once, got {twice[0]} twice")
    return fields


def _by_order(text, name, firsts, columns):
    """Separator and fields where columns= lists them in file order."""
    names = _fields(columns)
    if not {"user", "item"} <= set(names):
        raise ValueError(f"expected user and item among the columns, got {columns}")
    n = len(names)
    widths = {s: _widths(rows) for s, rows in firsts.items()}
    fitting = [s for s in widths if set(widths[s]) == {n}]
    fitting = fitting or [s for s in widths if 2 * widths[s].count(n) > len(widths[s])]
    fitting = fitting or [s for s in widths if widths[s][0] == n]
    line, cells = _longest(firsts)
    where = f"{name}, line {line}"
    if not fitting:
        advice = '; name each of them, "_" for one to ignore, or say what a header calls them, columns={"user": "…"}'
        raise ValueError(f"{where}: expected {n} fields by {_separators(firsts)}, got {_row_short(cells)}{advice}")
    if len(firsts) > 1 or len(fitting) > 1:
        fitting = [s for s in _rivals(text, name, fitting[0], n) if s not in fitting] + fitting
    if len(fitting) > 1:
        both = " or ".join(map(repr, fitting))
        row = _row_short(next(firsts[s] for s in fitting if s in firsts)[0][1])
        raise ValueError(f"{where}: expected one separator, got {row}; give separator={both}")
    return fitting[0], names


def _rivals(text, name, separator, n):
    """Other separators that make more fields of each of the first rows, so that `separator` may be part of a field.

    Texts have spaces: those count only where `separator` stands in numbers alone, as a decimal comma does."""
    for other, split in _first_rows(text, name, SEPARATORS + OTHER_SEPARATORS).items():
        widths = set(_widths(split))
        if other == separator or len(widths) > 1 or max(widths) <= n:
            continue
        pieces = [cell for _, cells in split for cell in cells if separator in cell]
        if other != " " or all(map(is_number, pieces)):
            yield other


def _by_header(text, name, firsts, columns):
    """Separator and fields where the file has a header; columns: {field: what the header calls it}."""
    called = dict(zip(_fields(columns), columns.values()))
    if None in called:
        raise ValueError(f"expected columns as {{field: name in the header}}, got {dict(columns)}")
    by_column = {}
    for field, column in called.items():
        other = by_column.setdefault(plain(column), field)
        if other != field:
            raise ValueError(f"columns: two fields name the same column, {other} and {field} are both {column!r}")
    for separator, ((line, cells), *_) in firsts.items():
        if all(_places(cells, column) for column in called.values()):
            names = [None if field in called else field for field in fields_of(cells)]
            for field, column in called.items():
                for i in _places(cells, column):
                    names[i] = field
            if {"user", "item"} <= set(names):
                return separator, _once(names, f"{name}, line {line}", cells)
    _refuse_title(text, name, firsts)
    line, cells = _longest(firsts)
    lost = [column for column in called.values() if not _places(cells, column)]
    if lost:
        raise ValueError(f"{name}, line {line}: expected {lost[0]!r} in the header, got {_row_short(cells, 400)}")
    raise ValueError(f"{name}, line {line}: {_no_header(text, name, firsts, called)}")


def _places(cells, column):
    """Where a header has this name: as it is written or, if it is nowhere, as names are compared."""
    exact = [i for i, cell in enumerate(cells) if cell == str(column).strip()]
    return exact or [i for i, cell in enumerate(cells) if plain(cell) == plain(column)]


def _once(names, where, cells):
    kept = [field if field and field not in names[:i] else "_" for i, field in enumerate(names)]
    twice = [field for i, field in enumerate(names) if field and field in names[:i]]
    if twice:
        advice = f"give the fields in file order: columns={as_code(kept)}, header=True"
        raise ValueError(f"{where}: expected each field once, got {twice[0]} twice in {_row_short(cells)}; {advice}")
    return names


def _no_header(text, name, firsts, called):
    """What was expected, what came, and the arguments that read it as what it seems to be."""
    by_names, by_order, rows = _advice(text, name, firsts, called)
    if not rows:
        return f"expected fields by {_separators(firsts)}, got {_row_short(_longest(firsts)[1])}"
    if is_wide(rows[0], list(zip(*rows[1:]))):
        user = next(name for name in rows[0] if not is_number(name))
        melt = f"table.melt({user!r}, var_name='item', value_name='rating').dropna()"
        advice = f"if each column is an item, make a row of each rating: in pandas, {melt}"
    elif _begins_with_header(list(zip(*rows))):
        advice = f"say which is which, e.g. {by_names}"
    elif any(is_number(cell) for cell in rows[0]):
        advice = f"for a file without a header name its columns, e.g. {by_order}"
    else:
        advice = f"if this is a header, say which is which, e.g. {by_names}; if it is data, e.g. {by_order}"
    known = "a header with user (userId, …) and item (item_id, movieId, book_id, …)"
    return f"expected {known} by {_separators(firsts)}, got {_row_short(rows[0])}; {advice}"


def _advice(text, name, firsts, called):
    """Arguments that read the file with and without a header, by the separator that makes most fields; its rows."""
    widths = {separator: _widths(rows)[0] for separator, rows in firsts.items()}
    if max(widths.values()) == 1 and list(firsts) == list(SEPARATORS):
        widths |= {s: _widths(rows)[0] for s, rows in _first_rows(text, name, OTHER_SEPARATORS).items()}
    width = max(widths.values())
    separator = next(s for s in widths if widths[s] == width)
    rows = [row for _, row in split_rows(text, separator, name) if len(row) == width]
    if width == 1:
        return "", 'columns=["user", "item", …]', []
    clear = separator in SEPARATORS and [s for s in SEPARATORS if widths.get(s) == width] == [separator]
    given = "" if clear else f"separator={as_code(separator)}, "
    below = list(zip(*rows[1:], strict=True)) or [()] * width
    found = by_name(rows[0], below, called)
    by_names = _columns(found)
    if not {"user", "item"} <= set(found):  # names that are empty or come twice
        by_names = _columns(in_order(below), ", header=True")
    return given + by_names, given + _columns(in_order(list(zip(*rows, strict=True)))), rows


def _columns(proposed, more=""):
    """The argument, and what to do about an entry that must be chosen."""
    code = f"columns={as_code(proposed)}{more}"
    if isinstance(proposed, dict):
        return code + (f' (with the column that you choose for "{CHOOSE}")' if CHOOSE in proposed.values() else "")
    return code + (f' (with "rating" or "_" for "{CHOOSE}")' if CHOOSE in proposed else "")


def _begins_with_header(columns):
    """Is a cell of the first row a word of headers, or the only non-number in a column of three rows or more?

    Or does the first row only number the columns, above three rows or more?"""
    if any(is_header_word(column[0]) for column in columns):
        return True
    names = [column[0] for column in columns if column[0]]
    if len(columns[0]) > 3 and len(names) > 1 and names == [str(i) for i in range(len(names))]:
        return True
    words = [column for column in columns if column[0] and not is_number(column[0])]
    return any(len(column) > 2 and all_numbers(column[1:]) for column in words)


def _separators(firsts):
    return "comma, semicolon or tab" if list(firsts) == list(SEPARATORS) else " or ".join(map(repr, firsts))


def _row_short(cells, width=80):
    text = ", ".join(map(repr, cells))
    return text if len(text) <= width else f"{text[:width]}…"
