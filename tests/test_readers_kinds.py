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
        (gzip.compress(gzip.compress(TEXT)), "packed by gzip twice"),
        (b"PAR1\x15\x04\0\0PAR1", "a Parquet file"),
        (gzip.compress(b"SQLite format 3\0"), "an SQLite database"),
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
