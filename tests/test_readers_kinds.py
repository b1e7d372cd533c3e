"""Kinds of files that people have: headers of other names, ratings of other names, packed, spaced, encoded."""

import bz2
import gzip
import io
import json
import lzma
import re
import zipfile

import numpy as np
import pandas as pd
import pytest

from recsys_lib.data import Interactions, audit, read_csv, read_movielens


@pytest.fixture
def write(tmp_path):
    def write(content, name="ratings.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def rows(data):
    return data.table().values.tolist()


# --- headers

HEADS = [
    "listener\tsong\n9\ts8\n15\ts3\n",  # the only non-number of its column
    "a,b\nx,7\ny,8\n",
    "a,b\n7,x\n8,y\n",
    "reader,book\nanna,emma\n",  # words of headers
    "user_id,thing\nanna,emma\n",
    "shopId,wine\nanna,emma\n",
]


@pytest.mark.parametrize("content", HEADS)
def test_a_header_is_no_row_of_data(write, content):
    path, n = write(content), content.count("\n")
    with pytest.raises(ValueError, match="line 1: .* header=True if it is one, header=False if it is data"):
        read_csv(path, columns=["user", "item"])
    assert len(read_csv(path, columns=["user", "item"], header=False)) == n
    assert len(read_csv(path, columns=["user", "item"], header=True)) == n - 1


@pytest.mark.parametrize("content", ["a,7\nb,8\n", "anna,emma\nben,lara\n", "a,7\nb,8\nc,nine\n", "1,2\n3,4\n5,6\n"])
def test_data_is_no_header(write, content):
    assert len(read_csv(write(content), columns=["user", "item"])) == content.count("\n")


@pytest.mark.parametrize(
    "header",
    ["user_id,movie_id", "user_id,book_id", "user_id,anime_id", "User-ID;ISBN", "userId:token\titem_id:token", "uid,x"],
)
def test_headers_of_well_known_sets(write, header):
    separator = re.search("[,;\t]", header)[0]
    path = write(f"{header}{separator}rating\n1{separator}2{separator}3\n")
    columns = {"user": "uid", "item": "x"} if header == "uid,x" else None
    assert rows(read_csv(path, columns=columns)) == [["1", "2", 3]]


def test_columns_by_name(write):
    path = write("reader,book,stars,rating\nr,b,5,1\n")
    assert rows(read_csv(path, columns={"user": "reader", "item": " BOOK"})) == [["r", "b", 1]]
    assert rows(read_csv(path, columns={"user": "reader", "item": "book", "rating": "stars"})) == [["r", "b", 5]]
    with pytest.raises(ValueError, match="expected 'member' in the header, got 'reader', 'book', 'stars', 'rating'"):
        read_csv(path, columns={"user": "member", "item": "book"})
    with pytest.raises(ValueError, match="expected columns of user, item"):
        read_csv(path, columns={"reader": "user"})
    with pytest.raises(TypeError, match="a list .in file order. or a dict"):
        read_csv(path, columns="user,item")


# --- no advice leads to the next error


@pytest.mark.parametrize(
    "content",
    [
        "reader,book,stars\nr1,b1,5\nr2,b1,3\n",
        "a,b,3\nc,d,4\n",
        "anna,emma\nben,lara\n",
        "1::2::5::978300760\n1::3::4::978302109\n",
        "user|item|rating\na|b|3\n",
        "1 100 4\n2 100 5\n",
        "user,item,label,time\na,x,1,100\na,y,0,101\nb,x,0,102\n",
        "user,item,liked\na,x,yes\nb,x,no\n",
        ",user,item\n0,a,x\n1,b,x\n",
        "user,item,rating,rating\na,x,1,2\n",
        "stars,reader,book\n5,a,x\n3,b,x\n",
        "a,a,b\n1,2,3\n2,3,4\n",
    ],
)
def test_each_advice_works(write, content):
    path = write(content)
    with pytest.raises(ValueError) as error:
        read_csv(path)
    calls = re.findall(r'(?:separator="[^"]+", )?columns=(?:\{[^}]*\}|\[[^\]]*\])(?:, header=True)?', str(error.value))
    calls += re.findall("rating=None", str(error.value))
    calls = [call for call in calls if "…" not in call]
    assert calls
    for call in calls:
        assert len(eval(f"read_csv(path, {call})", {"read_csv": read_csv, "path": path})) >= 1


def test_no_column_that_could_be_the_rating_is_passed_over(write):
    path = write("user,item,label,time\na,x,1,100\na,y,0,101\nb,x,0,102\n")
    with pytest.raises(ValueError, match="'label', 'time' could be ratings or moments"):
        read_csv(path)
    assert read_csv(path, rating=None).rating is None
    assert read_csv(path, columns={"user": "user", "item": "item"}).rating is None
    assert read_csv(path, columns=["user", "item", "_", "_"], header=True).rating is None
    assert read_csv(path, columns={"rating": "label"}).rating.tolist() == [1, 0, 0]
    for value in ("true", "4/5", "****", "80%", "2015-01-31", "-1.5"):
        with pytest.raises(ValueError, match="'x' could be"):
            read_csv(write(f"user,item,x\na,b,{value}\nc,d,\n"))
    table = pd.DataFrame({"user_id": [1, 2], "item_id": [3, 3]})
    for column in ([1, 0], [True, False], ["1", "2"], ["yes", "no"], pd.to_datetime(["2015-01-01", "2015-01-02"])):
        with pytest.raises(ValueError, match="'label' could be ratings"):
            Interactions.from_table(table.assign(label=column))
        assert Interactions.from_table(table.assign(label=column), rating=None).rating is None
    assert Interactions.from_table(table.assign(label=[1, 0]).rename(columns={"label": "rating"})).rating.tolist() == [
        1,
        0,
    ]
    assert Interactions.from_table(table.assign(title=["a", "b"])).rating is None
    assert Interactions.from_table(table.assign(rating=[1, 2]), rating=None).rating is None
    assert len(audit(table.assign(label=[1, 0]), rating=None)) == 10


def test_the_rename_that_a_table_is_advised_works():
    table = pd.DataFrame({"userId": [1, 2], "movieId": [3, 3], "stars": [4.0, 5.0]})
    with pytest.raises(ValueError, match="rename them") as error:
        Interactions.from_table(table)
    renamed = eval(re.search(r"table\.rename\(.*\)", str(error.value))[0])
    assert Interactions.from_table(renamed).rating.tolist() == [4, 5]


# --- fields, rows, numbers


def test_spaces_and_rows_of_separators(write):
    path = write("user, item, rating\nu1, k7, 3\n , ,\nu2, k7\t, 4\n,,\nu3,k7,5\n")
    assert rows(read_csv(path)) == [["u1", "k7", 3], ["u2", "k7", 4], ["u3", "k7", 5]]
    quoted = read_csv(write('user, item\nu1, " k7 "\nu2,k7 \nu3, "k7"\n,\n"","x"\n'.replace('"","x"\n', "")))
    assert quoted.items.ids == (" k7 ", "k7")


@pytest.mark.parametrize(
    "missing, n", [(-1, 1), (99, 1), ([-1, 99], 2), (np.float32(-1), 1), ("NA", 1), (["NA", "-1.0"], 2), (7, 0)]
)
def test_missing_means_not_rated(write, missing, n):
    path = write("user,item,rating\na,x,-1\na,y,3\nb,x,99.0\nc,x,4\n" + "d,x,NA\n" * ("NA" in str(missing)))
    total = path.read_text().count("\n") - 1
    with pytest.warns(UserWarning, match=f"ratings.csv: {n} rows left out"):
        assert len(read_csv(path, missing=missing)) == total - n


def test_a_pair_left_out_is_no_repeat(write):
    path = write("user,item,rating\na,x,-1\na,x,3\n")
    with pytest.warns(UserWarning, match="1 rows left out"):
        assert rows(read_csv(path, missing=-1, rating_range=(1, 5))) == [["a", "x", 3]]


def test_missing_needs_ratings(write):
    with pytest.raises(ValueError, match="expected ratings because missing="):
        read_csv(write("user,item\na,x\n"), missing=-1)
    with pytest.raises(ValueError, match="expected a rating that is not missing=0"):
        read_csv(write("user,item,rating\na,x,0\n"), missing=0)
    with pytest.raises(ValueError, match="missing as a number or a text"):
        read_csv(write("user,item,rating\na,x,0\n"), missing=[None])


def test_encodings(write):
    path = write("user,item\né,x\n".encode("latin-1"))
    with pytest.raises(ValueError, match='line 2: expected utf-8 text, .* encoding="latin-1"'):
        read_csv(path)
    assert read_csv(path, encoding="latin-1").users.ids == ("é",)
    assert read_csv(write("\ufeffuser,item\né,x\n"), encoding="utf-8").users.ids == ("é",)
    with pytest.raises(ValueError, match='encoding="utf-16-le"'):
        read_csv(write("user,item\na,x\n".encode("utf-16-le")))
    assert len(read_csv(write("user,item\na,x\n".encode("utf-16-le")), encoding="utf-16-le")) == 1
    with pytest.raises(ValueError, match="expected an encoding such as 'latin-1'"):
        read_csv(path, encoding="klingon")


@pytest.mark.parametrize("number, text", [(1, "1"), (1.0, "1"), (7, "007"), (np.int64(1), "1"), (1, "1.0")])
@pytest.mark.parametrize("column", ["user_id", "item_id"])
def test_one_id_is_not_number_and_text(number, text, column):
    other = ({"user_id", "item_id"} - {column}).pop()
    table = pd.DataFrame({column: pd.Series([number, text, "b"], dtype=object), other: [1, 2, 3]})
    with pytest.raises(ValueError, match=f"one kind of id in {column}, got the number .* and the text {text!r}"):
        Interactions.from_table(table)
    assert len(Interactions.from_table(table[1:])) == 2


def test_quotes_change_no_id(write):
    assert read_csv(write('user,item\n1,x\n"1",y\n')).users.ids == ("1",)


# --- files that are no text

TEXT = b"user,item,rating\na,x,3\n"


def zipped(name, content=TEXT):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content, kind",
    [
        (zipped("r.csv"), "a zip archive of r.csv"),
        (zipped("xl/workbook.xml"), "an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "an Excel workbook"),
        (bz2.compress(TEXT), "packed by bzip2"),
        (lzma.compress(TEXT), "packed by xz"),
        (gzip.compress(gzip.compress(TEXT, mtime=0), mtime=0), "packed by gzip twice"),
        (b"PAR1\x15\x04\0\0PAR1", "a Parquet file"),
        (gzip.compress(b"SQLite format 3\0", mtime=0), "an SQLite database"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"<!DOCTYPE html>\n<html>", "a web page"),
        (json.dumps({"user": "a", "item": "x", "rating": 3}).encode() + b"\n", "JSON, one object a line"),
        (b'[\n{"user": "a", "item": "x", "rating": 3}]', "JSON"),
    ],
)
def test_a_file_is_named_as_what_it_is(write, content, kind):
    for name in ("ratings.csv", "ratings.bin"):
        path = write(content, name)
        with pytest.raises(ValueError, match=f"{name}: expected delimited text, got {kind}") as error:
            read_csv(path)
        if call := re.search(r"import .*", str(error.value)):  # the advice is code: it makes a file that is read
            exec(call[0])
            assert rows(read_csv(path.with_name("ratings_as_text.csv"))) == [["a", "x", 3]]


def test_a_text_that_begins_like_another_kind_is_read(write):
    assert read_csv(write("ORC,x\nPAR1,y\n"), columns=["user", "item"]).users.ids == ("ORC", "PAR1")


def test_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "r.csv").write_text("user,item\na,b\n")
    (tmp_path / "u.data").write_text("1\t10\t2\t100\n")
    assert len(read_csv("~/r.csv")) == len(read_movielens("~/u.data")) == len(read_movielens("~")) == 1
    with pytest.raises(FileNotFoundError, match="nothing at .*no.csv"):
        read_csv("~/no.csv")


# --- which separator, which lines


@pytest.mark.parametrize(
    "content",
    [
        "u1;i1;3,5\nu2;i1;4,5\n",  # decimal commas
        "u1;Heat, The;5\nu2;Heat, The;4\n",
        "1::Heat, The::5\n2::Matrix, The::4\n",
        "1|Heat, The|5\n2|Matrix, The|4\n",
        "u1 i1 3,5\nu2 i1 4,5\n",
        "u1\ti1\t3,5\nu2\ti1\t4,5\n",
        "u1;i1;3,5;2010-01-01\n",
    ],
)
def test_a_comma_within_a_field_separates_nothing_unasked(write, content):
    path = write(content)
    with pytest.raises(ValueError, match="line 1: expected one separator, got .*; give separator=") as error:
        read_csv(path, columns=["user", "item"])
    first = re.search(r"separator=('[^']+')", str(error.value))[1]
    with pytest.raises(ValueError, match="line 1: expected 2 fields"):  # the likelier one is named first
        read_csv(path, columns=["user", "item"], separator=eval(first))
    assert len(read_csv(path, columns=["user", "item"], separator=",")) == content.count("\n")


def test_a_separator_is_judged_by_several_rows(write):
    path = write("1\tHeat, The, A\t3\n1\tX\t4\n2\tX, Y\t4\n")
    assert read_csv(path, columns=["user", "item", "rating"]).items.ids == ("Heat, The, A", "X", "X, Y")
    path = write("anna lee,the long film\nben,heat\n")
    assert read_csv(path, columns=["user", "item"]).items.ids == ("heat", "the long film")
    assert read_csv(write("u1;3,5\nu2;x\n"), columns=["user", "item"]).items.ids == ("3,5", "x")


@pytest.mark.parametrize(
    "above, body",
    [
        ("sep=;", "user;item;rating\n1;2;3,5\n"),
        ("sep=,", "user,item\n1,2\n"),
        ("# MovieLens", "user,item,rating\n1,2,3\n"),
        ("My ratings, 2015", "user,item,rating\n1,2,3\n"),
        ("% bip weighted", "1 2 5 100\n1 3 4 101\n"),
    ],
)
def test_a_line_above_the_header_is_named(write, above, body):
    with pytest.raises(ValueError, match="line 1 is no header: remove it"):
        read_csv(write(f"{above}\n{body}"))
    with pytest.raises(ValueError, match="lines 1 to 3 are no header: remove them"):
        read_csv(write(f"{above}\n\n{above}\n{body}")) if "sep" not in above else read_csv(
            write(f"\n\n{above}\n{body}")
        )


def test_a_header_of_other_words_is_no_title(write):
    with pytest.raises(ValueError, match='columns={"user": "Nutzer", "item": "Artikel", "rating": "Bewertung"}'):
        read_csv(write("Nutzer;Artikel;Bewertung\n1;2;3,5\n1;3;4,0\n"))
    with pytest.raises(ValueError, match="a Matrix Market file; read it with scipy.io.mmread"):
        read_csv(write("%%MatrixMarket matrix coordinate real general\n3 3 4\n1 1 5.0\n"))
    with pytest.raises(ValueError, match="line 1: expected a header of 3 fields, got 1"):
        read_csv(write("title\na,b,1\na,c,2\n"), columns=["user", "item", "rating"], header=True)


def test_numbers_above_the_columns_are_a_header(write):
    path = write("0,1,2\n11,21,3\n12,21,4\n12,22,5\n")
    with pytest.raises(ValueError, match="looks like a header, '0', '1', '2'"):
        read_csv(path, columns=["user", "item", "rating"])
    assert len(read_csv(path, columns=["user", "item", "rating"], header=True)) == 3
    assert len(read_csv(path, columns=["user", "item", "rating"], header=False)) == 4


def test_what_columns_cannot_be(write):
    path = write("user_id,item_id,rating\n1,2,3\n1,3,4\n")
    for columns in ({"user", "item"}, frozenset({"user", "item"}), 2):
        with pytest.raises(TypeError, match="columns as a list .in file order. or a dict, got"):
            read_csv(path, columns=columns)
    with pytest.raises(ValueError, match="two fields name the same column, user and item are both 'USER-ID'"):
        read_csv(path, columns={"user": "user_id", "item": "USER-ID"})
    with pytest.raises(ValueError, match="looks like a header, .*; leave header=False away"):
        read_csv(path, header=False)
    with pytest.raises(ValueError, match='columns=."user", "item", "rating". because header=False'):
        read_csv(write("1,2,3\n1,3,4\n", "other.csv"), header=False)
    with pytest.raises(ValueError, match="is a tab, got a backslash and a t"):
        read_csv(path, separator=r"\t")
    for rating_range in (5, "1-5"):
        with pytest.raises(ValueError, match=r"write it as \(1, 5\)"):
            read_csv(path, rating_range=rating_range)
    with pytest.raises(ValueError, match="expected an encoding such as .* got .'latin-1'"):
        read_csv(path, encoding=["latin-1"])
    with pytest.raises(TypeError, match="received DataFrame: Interactions.from_table"):
        read_csv(pd.DataFrame())


# --- what an unused column could be

VALUE_CELLS = [
    ("score", ["5", "-", "4", "3"]),
    ("label", ["1", "?", "0", "1"]),
    ("label", ["good", "bad", "great", "fine"]),
    ("grade", ["A", "B+", "C", "B"]),
    ("stars", ["5 of 5", "3 of 5", "2", "x"]),
    ("date", ["12/31/2015", "01/02/2016", "?", "soon"]),
    ("behavior", ["buy", "view", "cart", "dislike"]),
    ("My Rating", ["a", "b", "c", "d"]),
    ("x", ["5", "-", "4", "3"]),
    ("x", ["5 of 5", "3 of 5", "2 of 5", "2"]),
    ("x", ["12/31/2015", "01/02/2016", "31.12.2015", "?"]),
    ("x", ["fine", "meh", "fine", "meh"]),
    ("x", ["👍", "👎", "👍", "👍"]),
]


@pytest.mark.parametrize("name, cells", VALUE_CELLS)
def test_a_column_of_odd_cells_is_not_passed_over(write, name, cells):
    lines = "".join(f"u{i},i,{cell}\n" for i, cell in enumerate(cells))
    path = write(f"user,item,{name}\n{lines}")
    with pytest.raises(ValueError, match=f"expected a column rating, got none, but '{name}' could be"):
        read_csv(path)
    assert len(read_csv(path, rating=None)) == 4
    cells = [int(cell) if cell.isdecimal() else cell for cell in cells]
    table = pd.DataFrame({"user_id": range(4), "item_id": 1, name: pd.Series(cells, dtype=object)})
    with pytest.raises(ValueError, match=f"expected a column rating, got none, but '{name}' could be"):
        Interactions.from_table(table)


@pytest.mark.parametrize(
    "name, cells",
    [
        ("title", ["Heat", "1984", "Heat", "Emma"]),
        ("tags", ["drama", "drama", "war", "drama"]),
        ("comment", ["good", "I liked it", "meh", "5 stars from me"]),
        ("x", ["a long text", "another", "and one more", "the last"]),
        ("score", ["", "", "", ""]),
    ],
)
def test_texts_are_no_values(write, name, cells):
    lines = "".join(f"u{i},i,{cell}\n" for i, cell in enumerate(cells))
    assert read_csv(write(f"user,item,{name}\n{lines}")).rating is None


# --- advice reads what it says, or asks to choose


@pytest.mark.parametrize(
    "content, columns",
    [
        (
            "Id,ProductId,UserId,HelpfulnessNumerator,Score,Time\n1,B1,A3,1,5,1303862400\n2,B1,A1,0,1,1346976000\n",
            {"user": "UserId", "item": "ProductId", "rating": "Score", "timestamp": "Time"},
        ),
        (
            "app_id,helpful,date,is_recommended,user_id,review_id\n97,0,2022-12-12,true,5,0\n30,4,2017-02-17,false,6,1\n",
            {"user": "user_id", "item": "app_id", "rating": "…", "timestamp": "date"},
        ),
        (
            "t_dat,customer_id,article_id,price\n2018-09-20,a1,066,0.05\n2018-09-20,a2,067,0.04\n",
            {"user": "customer_id", "item": "article_id", "rating": "…"},
        ),
        (
            "brewery_id,review_time,review_overall,review_profilename,beer_name\n1,1234817823,1.5,st,S\n2,1234817824,2,x,P\n",
            {"user": "review_profilename", "rating": "review_overall", "timestamp": "review_time"},
        ),
        ("user,item,watch_ratio\na,x,1.2\nb,x,.5\n", {"user": "user", "item": "item", "rating": "watch_ratio"}),
        ("Book Id,Title,My Rating\n1,Emma,4\n2,Heat,0\n", {"user": "…", "item": "Book Id", "rating": "My Rating"}),
        ("a,b,x\nu,i,7\nv,j,8\n", {"user": "a", "item": "b", "rating": "…"}),
        ("1,31,2.5,1260759144\n1,29,3.0,1260759179\n", ["user", "item", "rating", "timestamp"]),
        ("1,31,1260759144\n1,29,1260759179\n", ["user", "item", "timestamp"]),
        ("1,31,2015-01-01,4\n1,29,2015-01-02,5\n", ["user", "item", "timestamp", "rating"]),
        ("a,2015-01-01,x\nb,2015-01-02,y\n", ["user", "timestamp", "item"]),
        ("1,u1,i1,4\n2,u2,i1,5\n3,u3,i4,5\n", ["_", "user", "item", "rating"]),
        ("1,226,2520377,pv,1511544070\n1,233,2520771,pv,1511561733\n", ["user", "item", "…", "_", "timestamp"]),
    ],
)
def test_what_advice_proposes(write, content, columns):
    with pytest.raises(ValueError, match="columns=") as error:
        read_csv(write(content))
    proposed = json.loads(
        re.findall(r"columns=(\{[^}]*\}|\[[^\]]*\])", str(error.value))[
            -1 if "if it is data" in str(error.value) else 0
        ]
    )
    if isinstance(columns, dict):
        assert {field: proposed.get(field) for field in columns} == columns
    else:
        assert proposed == columns
    assert isinstance(columns, list) or ("the column that you choose for" in str(error.value)) == (
        "…" in columns.values()
    )


@pytest.mark.parametrize("content", ["user,m1,m2,m3\nu1,3,4,\nu2,,5,1\n", "user_id,1,2,3\nu1,3,4,5\nu2,2,5,1\n"])
def test_a_wide_table_is_made_long(write, content):
    path = write(content)
    with pytest.raises(ValueError, match="make a row of each rating") as error:
        read_csv(path)
    code = re.search(r"table\.melt.*dropna\(\)", str(error.value))[0]
    table = pd.read_csv(path)
    long = eval(code, {"table": table})
    assert long["rating"].tolist() == [v for column in table.columns[1:] for v in table[column] if v == v]
    wide = table.rename(columns={"user": "user_id"})
    with pytest.raises(ValueError, match="make a row of each rating") as error:
        Interactions.from_table(wide)
    assert len(Interactions.from_table(eval(re.search(r"table\.melt.*", str(error.value))[0], {"table": wide}))) == len(
        long
    )


@pytest.mark.parametrize(
    "header",
    ["userID,artistID", "user_id,parent_asin", "user,joke", "user_id,game_title", "user_id,video_id", "session,aid"]
    + ["customer_id,article_id", "user.id,item.id", "user_id,app_id", "user_id,asin,parent_asin"],
)
def test_more_headers_of_well_known_sets(write, header):
    path = write(f"{header},rating\n" + ",".join("123"[: header.count(",") + 1]) + ",5\n")
    assert rows(read_csv(path)) == [["1", "2", 5]]


def test_a_mark_at_the_beginning_is_no_text(write):
    content = b"\xef\xbb\xbfuser,item,rating\r\n1,B\xf6r,3\r\n"
    for encoding in ("latin-1", "cp1252"):
        assert rows(read_csv(write(content), encoding=encoding)) == [["1", "Bör", 3]]
    path = write(b"\xef\xbb\xbf1,B\xf6r,3\n")
    assert rows(read_csv(path, encoding="latin-1", columns=["user", "item", "rating"])) == [["1", "Bör", 3]]
    with pytest.raises(ValueError, match='encoding="latin-1" reads any, but perhaps as wrong letters'):
        read_csv(path, columns=["user", "item", "rating"])
    with pytest.raises(ValueError, match='encoding="cp1252" for Western Windows'):
        read_csv(write(b"user,item\n1,\x93x\x94\n"))


def test_missing_is_mentioned_where_it_helps(write):
    for cell, missing in (("", ""), ("NaN", "NaN"), ("-", "-"), ("?", "?")):
        path = write(f"user,item,rating\na,x,{cell}\na,y,3\n")
        with pytest.raises(ValueError, match=re.escape(f"(or give missing={missing!r} if it means not rated)")):
            read_csv(path)
        with pytest.warns(UserWarning, match="1 rows left out"):
            assert rows(read_csv(path, missing=missing)) == [["a", "y", 3]]
    with pytest.raises(ValueError, match=r"'five' is not a number \(expected e.g. 0.5 to 5\)$"):
        read_csv(write("user,item,rating\na,x,five\n"))


@pytest.mark.parametrize(
    "ids",
    [[1.0, "1", "x"], [1, "01"], [1, " 1"], [1, "01", "x"], [1.5, "1,5"], [1, "1", "b"], [1, "1"], [7, "007", "y"]],
)
def test_the_advice_on_mixed_ids_makes_one_id(ids):
    table = pd.DataFrame({"user_id": pd.Series(ids, dtype=object), "item_id": range(len(ids))})
    with pytest.raises(ValueError, match="expected one kind of id") as error:
        Interactions.from_table(table)
    code = re.search(r"(pandas\.to_numeric\()?table\['user_id'\](\.\w+\([^)]*\)|\))?", str(error.value))[0]
    mended = table.assign(user_id=eval(code, {"table": table, "pandas": pd}))
    assert Interactions.from_table(mended).n_users == len(ids) - 1


@pytest.mark.parametrize("content", ['["A","B",5]\n["A","C",4]\n', "{'user': 'A', 'item': 'B', 'rating': 5}\n"])
def test_lines_of_json_and_of_python(write, content):
    path = write(content)
    with pytest.raises(ValueError, match="expected delimited text, got .* a line") as error:
        read_csv(path)
    exec(re.search(r"import .*", str(error.value))[0])
    text = path.with_name("ratings_as_text.csv")
    columns = None if content[0] == "{" else ["user", "item", "rating"]
    assert rows(read_csv(text, columns=columns, header=columns and True))[0] == ["A", "B", 5]


# --- tables


def test_tables_that_cannot_be_used():
    good = pd.DataFrame({"user_id": [1, 2], "item_id": [3, 3]})
    with pytest.raises(TypeError, match="one name each"):
        Interactions.from_table(pd.DataFrame({("user_id", ""): [1], ("item_id", ""): [2], ("rating", "mean"): [3]}))
    with pytest.raises(ValueError, match=r"table.reset_index\(\)"):
        Interactions.from_table(good.set_index("user_id"))
    assert len(Interactions.from_table(good.set_index("user_id").reset_index())) == 2
    with pytest.raises(ValueError, match="timestamp in seconds since 1970 .* got bool"):
        Interactions.from_table(good.assign(timestamp=[True, False]))
    with pytest.raises(ValueError, match="convert it with pd.to_numeric"):
        Interactions.from_table(good.assign(rating=["1", "2"]))
    numbered = pd.DataFrame([[1, 2], [1, 3]])
    with pytest.raises(ValueError, match=r"rename\(columns=") as error:
        Interactions.from_table(numbered)
    renamed = eval(re.search(r"table\.rename\(columns=\{.*?\}\)", str(error.value))[0], {"table": numbered})
    assert len(Interactions.from_table(renamed)) == 2


# --- MovieLens


def test_copies_of_movielens(tmp_path):
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,2,3,1112486027\n")
    (tmp_path / "movies.csv").write_bytes("movieId,title,genres\n2,Misérables,Drama\n".encode("latin-1"))
    assert read_movielens(tmp_path).item_table["title"].tolist() == ["Misérables"]


@pytest.mark.parametrize(
    "name, content",
    [
        ("rating.csv", b"userId,movieId,rating,timestamp\n1,2,3.5,2005-04-02 23:53:47\n"),
        ("ratings.csv.gz", gzip.compress(b"userId,movieId,rating,timestamp\n1,2,3.5,1112486027\n", mtime=0)),
        ("u1.base", b"1\t2\t3.5\t1112486027\n"),
    ],
)
def test_other_names_of_movielens_files_are_sent_to_read_csv(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    for path in (tmp_path, tmp_path / name):
        with pytest.raises(FileNotFoundError, match="another file is read by read_csv") as error:
            read_movielens(path)
        assert rows(eval(re.search(r"read_csv\(.*\)", str(error.value))[0]))[0][:3] == ["1", "2", 3.5]
