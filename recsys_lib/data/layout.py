"""The layout of a text file: its rows, its separator, and which column is which field."""

import io
import re
from collections.abc import Mapping

from recsys_lib._checks import choice

from .fields import all_numbers, as_code, by_name, could_be_value, field_of, in_order, is_header_word, is_number, plain

SEPARATORS = ("\t", ";", ",")  # in this order, so that a decimal comma does not count where semicolons separate
OTHER_SEPARATORS = ("::", "|", " ")  # only where separator= says so


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
    choice("header", header, (None, True, False))
    if separator is not None and (not isinstance(separator, str) or not separator or set(separator) & set('"\r\n')):
        raise ValueError(f"expected separator as text such as '|', got {separator!r}")
    if isinstance(columns, str):
        raise TypeError(f"expected columns as a list or a dict, got {columns!r}")
    firsts = _first_rows(text, name, SEPARATORS if separator is None else [separator])
    if columns is not None and not isinstance(columns, Mapping):
        return *_by_order(name, firsts, list(columns)), bool(header)
    if header is False:
        raise ValueError(f"{name}: expected {_advice(text, name, firsts, {})[1]} because header=False is given")
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
        name for name, field, column in zip(rows.header, rows.names, rows.cells) if not field and could_be_value(column)
    ]
    if unused:
        known = {field: name for name, field in zip(rows.header, rows.names) if field}
        advice = f"say which count, e.g. columns={as_code(by_name(rows.header, rows.cells, known))}"
        raise ValueError(
            f"{rows.name}, line {rows.header_line}: expected a column rating, got none, but "
            f"{', '.join(map(repr, unused))} could be ratings or moments; {advice}, or give rating=None where every "
            "row is a like"
        )


def names_its_pairs(columns):
    """Does columns= name user and item, and so decide on every column?"""
    return columns is not None and {"user", "item"} <= set(_fields(columns))


def _first_rows(text, name, separators):
    """{separator: (line, fields) of the first row}. Raises ValueError where there is no row."""
    firsts, problem = {}, f"{name}: expected at least one row of data, got an empty file"
    for separator in separators:
        try:
            for first in split_rows(text, separator, name):
                firsts[separator] = first
                break
        except ValueError as error:  # its quotes end elsewhere: not the separator, unless none fits
            problem = str(error)
    if not firsts:
        raise ValueError(problem)
    return firsts


def _fields(columns):
    """The field of each entry of columns=, None for "_"."""
    fields = [None if str(column) == "_" else field_of(column) or "" for column in columns]
    if "" in fields:
        expected = "user, item, rating, timestamp" + ("" if isinstance(columns, Mapping) else " and '_' (ignored)")
        raise ValueError(f"expected columns of {expected}, got {list(columns)}")
    twice = [field for field in fields if field and fields.count(field) > 1]
    if twice:
        raise ValueError(f"columns: expected each field once, got {twice[0]} twice")
    return fields


def _by_order(name, firsts, columns):
    """Separator and fields where columns= lists them in file order."""
    names = _fields(columns)
    if not {"user", "item"} <= set(names):
        raise ValueError(f"expected user and item among the columns, got {columns}")
    fitting = [s for s, (_, cells) in firsts.items() if len(cells) == len(names)]
    line, cells = max(firsts.values(), key=lambda first: len(first[1]))
    where = f"{name}, line {line}"
    if not fitting:
        raise ValueError(f"{where}: expected {len(names)} fields by {_separators(firsts)}, got {_row_short(cells)}")
    if len(fitting) > 1:
        both = " or ".join(map(repr, fitting))
        raise ValueError(f"{where}: expected one separator, got {_row_short(cells)}; give separator={both}")
    return fitting[0], names


def _by_header(text, name, firsts, columns):
    """Separator and fields where the file has a header; columns: {field: what the header calls it}."""
    called = dict(zip(_fields(columns), columns.values()))
    if None in called:
        raise ValueError(f"expected columns as {{field: name in the header}}, got {dict(columns)}")
    for separator, (line, cells) in firsts.items():
        if all(_places(cells, column) for column in called.values()):
            names = [None if field_of(cell) in called else field_of(cell) for cell in cells]
            for field, column in called.items():
                for i in _places(cells, column):
                    names[i] = field
            if {"user", "item"} <= set(names):
                return separator, _once(names, f"{name}, line {line}", cells)
    line, cells = max(firsts.values(), key=lambda first: len(first[1]))
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
        return f"expected fields by {_separators(firsts)}, got {_row_short(next(iter(firsts.values()))[1])}"
    if _begins_with_header(list(zip(*rows))):
        advice = f"say which is which, e.g. {by_names}"
    elif any(is_number(cell) for cell in rows[0]):
        advice = f"for a file without a header name its columns, e.g. {by_order}"
    else:
        advice = f"if this is a header, say which is which, e.g. {by_names}; if it is data, e.g. {by_order}"
    known = "a header with user (userId, …) and item (item_id, movieId, book_id, …)"
    return f"expected {known} by {_separators(firsts)}, got {_row_short(rows[0])}; {advice}"


def _advice(text, name, firsts, called):
    """Arguments that read the file with and without a header, by the separator that makes most fields; its rows."""
    widths = {separator: len(cells) for separator, (_, cells) in firsts.items()}
    if max(widths.values()) == 1 and list(firsts) == list(SEPARATORS):
        widths |= {s: len(cells) for s, (_, cells) in _first_rows(text, name, OTHER_SEPARATORS).items()}
    width = max(widths.values())
    separator = next(s for s in widths if widths[s] == width)
    rows = [row for _, row in split_rows(text, separator, name) if len(row) == width]
    if width == 1:
        return "", 'columns=["user", "item", …]', []
    clear = separator in SEPARATORS and [s for s in SEPARATORS if widths.get(s) == width] == [separator]
    given = "" if clear else f"separator={as_code(separator)}, "
    below = list(zip(*rows[1:], strict=True)) or [()] * width
    by_names = f"columns={as_code(by_name(rows[0], below, called))}"
    if "user" not in by_names or "item" not in by_names:  # names that are empty or come twice
        by_names = f"columns={as_code(in_order(below))}, header=True"
    return given + by_names, f"{given}columns={as_code(in_order(list(zip(*rows, strict=True))))}", rows


def _begins_with_header(columns):
    """Is a cell of the first row a word of headers, or the only non-number in a column of three rows or more?"""
    if any(is_header_word(column[0]) for column in columns):
        return True
    words = [column for column in columns if column[0] and not is_number(column[0])]
    return any(len(column) > 2 and all_numbers(column[1:]) for column in words)


def _separators(firsts):
    return "comma, semicolon or tab" if list(firsts) == list(SEPARATORS) else " or ".join(map(repr, firsts))


def _row_short(cells, width=80):
    text = ", ".join(map(repr, cells))
    return text if len(text) <= width else f"{text[:width]}…"
