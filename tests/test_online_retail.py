"""The recipe that turns Online Retail into a file for the command."""

import zipfile

import pandas as pd
import pytest

import online_retail
from recsys_lib.data import read_csv

LINES = [  # invoice, article, description, quantity, day of a spreadsheet, price, customer, country
    ("536365", "85123A", " HOLDER ", 6, 40513.35138888889, 2.55, 17850, "United Kingdom"),
    ("536365", "71053", "LANTERN", 1, 40513.35138888889, 3.39, 17850, "United Kingdom"),
    ("536366", "71053", "LANTERN", 2, 40514.0, 3.39, 17850, "United Kingdom"),  # again: not the first
    ("536367", "71053", "lantern, damaged", 2, 40514.0, 3.39, 13047, "France"),
    ("C536368", "71053", "LANTERN", -2, 40515.0, 3.39, 13047, "France"),  # a cancellation
    ("C536369", "85123A", "HOLDER", 2, 40515.0, 3.39, 13047, "France"),  # one that looks like a purchase
    ("536370", "85123A", "HOLDER", 0, 40515.0, 3.39, 13047, "France"),
    ("536371", "85123A", None, 3, 40516.0, 0.0, None, "United Kingdom"),  # nobody
]
HEADER = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
LEFT_OUT = {
    "without a customer": 1,
    "cancellations": 2,
    "with a quantity of 0 or less": 1,
    "of a pair that was bought before": 1,
}


def workbook(path):
    """Writes the lines as a spreadsheet program does: texts in a table of their own, numbers in the cells."""
    texts, rows = [], []
    for number, line in enumerate([HEADER, *LINES], 1):
        cells = []
        for letter, value in zip("ABCDEFGH", line):
            if isinstance(value, str) and not value.isdigit():
                texts.append(f"<si><t>{value}</t></si>")
                cells.append(f'<c r="{letter}{number}" t="s"><v>{len(texts) - 1}</v></c>')
            elif value is not None:
                cells.append(f'<c r="{letter}{number}"><v>{value}</v></c>')
        rows.append(f'<row r="{number}">{"".join(cells)}</row>')
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("xl/sharedStrings.xml", f"<sst {space}>{''.join(texts)}</sst>")
        book.writestr(
            "xl/worksheets/sheet1.xml", f"<worksheet {space}><sheetData>{''.join(rows)}</sheetData></worksheet>"
        )
    return path


@pytest.fixture
def zipped(tmp_path):
    """The workbook in a zip, as it is published."""
    with zipfile.ZipFile(tmp_path / "online+retail.zip", "w") as archive:
        archive.write(workbook(tmp_path / "lines.xlsx"), "Online Retail.xlsx")
    return tmp_path / "online+retail.zip"


def test_first_purchases_are_kept_and_the_rest_is_counted(zipped):
    pairs, left_out = online_retail.purchases(online_retail.read(zipped))
    assert left_out == LEFT_OUT
    assert sum(left_out.values()) + len(pairs) == len(LINES)
    eight_26 = int(pd.Timestamp("2010-12-01 08:26", tz="UTC").timestamp())
    assert pairs.to_dict("split", index=False)["data"] == [
        ["17850", "85123A", eight_26, "HOLDER"],
        ["17850", "71053", eight_26, "LANTERN"],
        ["13047", "71053", eight_26 + 86_400 - (8 * 60 + 26) * 60, "LANTERN"],
    ]


def test_workbook_zip_and_frame_are_read_alike(zipped, tmp_path):
    frame = online_retail.read(tmp_path / "lines.xlsx")
    pd.testing.assert_frame_equal(frame, online_retail.read(zipped))
    assert frame["InvoiceNo"].tolist() == [line[0] for line in LINES]
    assert frame["Description"].isna().tolist() == [line[2] is None for line in LINES]


def test_the_file_is_one_that_the_library_reads(zipped, tmp_path, capsys):
    out = tmp_path / "out.csv"
    assert online_retail.main([str(out), "--source", str(zipped)]) == 0
    assert "8 lines; left out: 1 without a customer, 2 cancellations, 1 with a quantity" in capsys.readouterr().out
    data = read_csv(out)
    assert (len(data), data.n_users, data.n_items) == (3, 2, 2) and data.rating is None


def test_a_file_that_is_there_stays(zipped, tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("mine")
    assert online_retail.main([str(out), "--source", str(zipped)]) == 2 and out.read_text() == "mine"
    assert online_retail.main([str(out), "--source", str(zipped), "--force"]) == 0 and out.read_text() != "mine"


def test_the_file_has_the_mode_of_any_other_and_keeps_its_own(zipped, tmp_path):
    out, usual = tmp_path / "out.csv", tmp_path / "usual"
    usual.touch()
    assert online_retail.main([str(out), "--source", str(zipped)]) == 0
    assert out.stat().st_mode == usual.stat().st_mode
    out.chmod(0o640)
    assert online_retail.main([str(out), "--source", str(zipped), "--force"]) == 0
    assert out.stat().st_mode & 0o777 == 0o640
    assert not list(tmp_path.glob("*.part")) and not list(tmp_path.glob(".*"))


def test_a_folder_that_is_not_there_is_told_in_a_line(zipped, tmp_path, capsys):
    assert online_retail.main([str(tmp_path / "no" / "out.csv"), "--source", str(zipped)]) == 2
    printed = capsys.readouterr().err
    assert f"there is no folder {tmp_path / 'no'}" in printed and printed.count("\n") == 1
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize(
    ("source", "says"),
    [("nothing.xlsx", "got nothing at"), ("other.zip", "no item named"), ("text.xlsx", "not a zip file")],
)
def test_other_sources_are_refused(source, says, tmp_path, capsys):
    (tmp_path / "text.xlsx").write_text("a,b")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("else.txt", "")
    assert online_retail.main([str(tmp_path / "out.csv"), "--source", str(tmp_path / source)]) == 2
    printed = capsys.readouterr().err
    assert says in printed and printed.count("\n") == 1
    assert not (tmp_path / "out.csv").exists()


def test_the_real_file():
    if not online_retail.NEARBY.exists():
        pytest.skip("Online Retail is not in ../shared/data")
    pytest.importorskip("pyarrow", reason="the copy in ../shared/data is a Parquet file, which needs pyarrow")
    pairs, left_out = online_retail.purchases(online_retail.read(online_retail.NEARBY))
    assert left_out["without a customer"] == 135_080 and left_out["cancellations"] == 8_905
    assert (len(pairs), pairs["user"].nunique(), pairs["item"].nunique()) == (266_802, 4_339, 3_665)
