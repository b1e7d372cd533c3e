"""Online Retail (UCI) as a file for `python -m recsys_lib`: who bought what first when, with the name of the article.

    python tools/online_retail.py online_retail.csv
    python tools/online_retail.py online_retail.csv --source "Online Retail.xlsx"   # or its .zip, or a Parquet copy

Left out and counted: lines without a customer, cancellations (their invoice begins with C) and quantities of 0 or less.
Of what a customer bought several times the first purchase is kept. Times are the shop's own, written as UTC. Without
--source the file is looked for in ../shared/data/online-retail, then in the cache of recsys_lib, then at UCI (24 MB).

Source: Daqing Chen, Online Retail, UCI Machine Learning Repository, 2015, doi 10.24432/C5BW33, CC BY 4.0."""

import argparse
import os
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from recsys_lib.data import fetch

URL = "https://archive.ics.uci.edu/static/public/352/online+retail.zip"
SHA256 = "f5385cbb54bbebf7196389109c6b0621faab0c304e3702548165e71c84aede8b"
NEARBY = Path(__file__).resolve().parents[2] / "shared" / "data" / "online-retail" / "onlineretail.parquet"
COLUMNS = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "CustomerID"]
SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FIRST_DAY = 25_569  # 1970-01-01 in the days of a spreadsheet


def read(source=None):
    """The lines of all invoices: COLUMNS, InvoiceDate in seconds since 1970, CustomerID missing where there is none.

    source: the workbook, its zip or a Parquet copy; None, where it is found. Raises FileNotFoundError for a source that
    is not there, ValueError for one without these columns, ConnectionError where it cannot be downloaded, ImportError
    for a Parquet file without pyarrow."""
    if source is None:
        nearby = NEARBY.exists() and find_spec("pyarrow")  # the copy is a Parquet file
        source = NEARBY if nearby else fetch(URL, sha256=SHA256, name="online_retail.zip")
    source = Path(source)
    if not source.exists():
        raise FileNotFoundError(f"expected Online Retail.xlsx, its zip or a Parquet copy, got nothing at {source}")
    if source.suffix == ".parquet":
        table = pd.read_parquet(source)
    elif source.suffix == ".xlsx":
        table = workbook(source)
    else:
        with zipfile.ZipFile(source) as archive, archive.open("Online Retail.xlsx") as file:
            table = workbook(file)
    if missing := [name for name in COLUMNS if name not in table]:
        raise ValueError(f"expected the columns {COLUMNS} in {source.name}, got none of {missing}")
    return table[COLUMNS]


def workbook(file):
    """The first sheet of an .xlsx file as a DataFrame; its days as seconds. No package but the standard library."""
    with zipfile.ZipFile(file) as book:
        strings = []
        if "xl/sharedStrings.xml" in book.namelist():
            for _, element in ElementTree.iterparse(book.open("xl/sharedStrings.xml")):
                if element.tag == SPREADSHEET + "si":
                    strings.append("".join(part.text or "" for part in element.iter(SPREADSHEET + "t")))
                    element.clear()
        rows = []
        for _, element in ElementTree.iterparse(book.open("xl/worksheets/sheet1.xml")):
            if element.tag == SPREADSHEET + "row":
                rows.append(dict(_cell(cell, strings) for cell in element))
                element.clear()
    header, *rows = rows
    table = pd.DataFrame({name: [row.get(place) for row in rows] for place, name in header.items()})
    for name in {"Quantity", "InvoiceDate"} & set(table):
        table[name] = table[name].astype(float)
    if "InvoiceDate" in table:
        table["InvoiceDate"] = ((table["InvoiceDate"] - FIRST_DAY) * 86_400).round()
    return table


def _cell(cell, strings):
    """Letters of the column, and the text of a cell; None where it is empty."""
    place = cell.get("r").rstrip("0123456789")
    if cell.get("t") == "inlineStr":
        return place, "".join(part.text or "" for part in cell.iter(SPREADSHEET + "t"))
    value = cell.findtext(SPREADSHEET + "v")
    return place, strings[int(value)] if cell.get("t") == "s" else value


def purchases(table):
    """(user, item, timestamp, title: the first purchase of each pair, by time; how many lines went, by reason).

    The title is the most frequent description of the article."""
    left_out = {}

    def keep(mask, reason):
        nonlocal table
        left_out[reason] = int((~mask).sum())
        table = table[mask]

    keep(table["CustomerID"].notna(), "without a customer")
    keep(~table["InvoiceNo"].astype(str).str.upper().str.startswith("C"), "cancellations")
    keep(table["Quantity"] > 0, "with a quantity of 0 or less")
    titles = table.dropna(subset="Description").assign(Description=lambda t: t["Description"].str.strip())
    titles = titles.groupby("StockCode")["Description"].agg(lambda texts: texts.mode().iloc[0])
    pairs = pd.DataFrame({
        "user": table["CustomerID"].astype(float).astype(int).astype(str),
        "item": table["StockCode"].astype(str),
        "timestamp": table["InvoiceDate"].astype("int64"),
    }).sort_values("timestamp", kind="stable")  # fmt: skip
    first = pairs.drop_duplicates(["user", "item"])
    left_out["of a pair that was bought before"] = len(pairs) - len(first)
    return first.assign(title=first["item"].map(titles).fillna("")).reset_index(drop=True), left_out


def write(table, path):
    """Write the whole file or none. A new file has the usual mode, one that was there keeps its own."""
    part = path.with_name(f".{path.name}-{os.getpid()}.part")
    try:
        table.to_csv(part, index=False)
        if path.exists():
            part.chmod(path.stat().st_mode & 0o777)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def main(argv=None):
    """The command. Returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("out", type=Path, help="the CSV file to write")
    parser.add_argument("--source", type=Path, help="the workbook, its zip or a Parquet copy")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")
    args = parser.parse_args(argv)
    if not args.out.parent.is_dir():
        print(f"online_retail: there is no folder {args.out.parent}: make it first", file=sys.stderr)
        return 2
    if args.out.exists() and not args.force:
        print(f"{args.out} is there already: give --force to write over it", file=sys.stderr)
        return 2
    try:
        table = read(args.source)
    except ConnectionError as error:
        print(f"online_retail: {error}; download it yourself and give --source FILE", file=sys.stderr)
        return 2
    except ImportError:
        print("online_retail: a Parquet file needs pyarrow: pip install pyarrow", file=sys.stderr)
        return 2
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        print(f"online_retail: {error}", file=sys.stderr)
        return 2
    pairs, left_out = purchases(table)
    try:
        write(pairs, args.out)
    except OSError as error:
        print(f"online_retail: {error}", file=sys.stderr)
        return 2
    print(f"{len(table):,} lines; left out: " + ", ".join(f"{n:,} {reason}" for reason, n in left_out.items()))
    n_users, n_items = pairs["user"].nunique(), pairs["item"].nunique()
    print(f"{args.out}: {len(pairs):,} pairs of {n_users:,} users and {n_items:,} items")
    return 0


if __name__ == "__main__":
    sys.exit(main())
