"""Downloads that are whole or not there, and files that are text or named as what they are."""

import codecs
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

ADDRESS = re.compile("[a-z][a-z0-9+.-]+:/", re.IGNORECASE)  # one letter before the colon is a drive of Windows


def local_path(path):
    """The path, "~" being the home folder. Raises TypeError for what is no path, ValueError for a web address."""
    if not isinstance(path, (str, os.PathLike)):
        advice = ": write it to a file first" if hasattr(path, "read") else ""
        if hasattr(path, "columns"):
            advice = ": Interactions.from_table takes a table"
        raise TypeError(f"expected the path of a file or folder, received {type(path).__name__}{advice}")
    if ADDRESS.match(str(path)):
        raise ValueError(f"expected a path on this machine, got the address {str(path)!r}: download the file first")
    return Path(os.path.expanduser(path))


def data_home():
    """Where downloads and computed vectors are kept: $RECSYS_DATA_HOME, else ~/.cache/recsys_lib (made if missing).

    Raises FileNotFoundError where the folder cannot be made, as where HOME cannot be written."""
    home = local_path(os.environ.get("RECSYS_DATA_HOME") or "~/.cache/recsys_lib")
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        advice = "set RECSYS_DATA_HOME to a folder of yours"
        raise FileNotFoundError(f"expected a folder for data at {home}, got: {error.strerror}; {advice}") from None
    return home


def fetch(url, *, sha256, name=None):
    """Path of a file under data_home(), downloaded unless it is there already with this SHA-256.

    name: file name to keep it under; the last part of the URL where None.   The download goes to a temporary name and
    is renamed only once its SHA-256 is right, so an interrupted or wrong one leaves nothing.
    Raises ValueError for a URL, name or digest of the wrong form and for other content than expected,
    ConnectionError where the server does not answer."""
    address = urllib.parse.urlsplit(str(url))
    name = PurePosixPath(urllib.parse.unquote(address.path)).name if name is None else name
    if address.scheme not in ("http", "https") or not address.netloc:
        raise ValueError(f"expected an http or https address, got {url!r}")
    if name in ("", ".", "..") or PurePosixPath(name).name != name or PureWindowsPath(name).name != name:
        raise ValueError(f"expected a plain file name, got {name!r}")
    if not re.fullmatch("[0-9a-fA-F]{64}", str(sha256)):
        raise ValueError(f"expected a SHA-256 of 64 hexadecimal digits, got {sha256!r}")
    sha256 = sha256.lower()
    target = data_home() / name
    if target.is_file() and _sha256(target) == sha256:
        return target
    handle, part = tempfile.mkstemp(dir=target.parent, prefix=f".{name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file, urllib.request.urlopen(url, timeout=60) as answer:
            shutil.copyfileobj(answer, file, 1 << 20)
        received = _sha256(part)
        if received != sha256:
            size = os.path.getsize(part)
            raise ValueError(f"expected {url} with SHA-256 {sha256}, received {received} ({size:,} bytes)")
        os.replace(part, target)
    except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
        raise ConnectionError(f"expected an answer from {url}, got: {error}") from error
    finally:
        Path(part).unlink(missing_ok=True)
    return target


def _sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# How files that are no text begin, what they are, and how to make a text of them.
PACKED = "unpack it: import {module}; open({text}, 'wb').write({module}.open({path}).read())"
BZIP2, XZ, GZIP = (PACKED.replace("{module}", module) for module in ("bz2", "lzma", "gzip"))
FROM_PANDAS = "in Python with pandas and {package}: pandas.{reader}({path}).to_csv({text}, index=False)"
PARQUET = FROM_PANDAS.replace("{package}", "pyarrow")
SHEET = 'open it in a spreadsheet program and save the sheet as "CSV UTF-8"'
EXPORT = "export its table of ratings as CSV"
KINDS = [
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook (.xls)", SHEET),
    (b"BZh", "packed by bzip2", BZIP2),
    (b"\xfd7zXZ\0", "packed by xz", XZ),
    (b"\x1f\x8b", "packed by gzip twice", GZIP),
    (b"\x28\xb5\x2f\xfd", "packed by Zstandard", "unpack it: zstd -d"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it"),
    (b"Rar!", "a RAR archive", "unpack it"),
    (b"PAR1", "a Parquet file", PARQUET.replace("{reader}", "read_parquet")),
    (b"ARROW1", "a Feather (Arrow) file", PARQUET.replace("{reader}", "read_feather")),
    (b"FEA1", "a Feather file", PARQUET.replace("{reader}", "read_feather")),
    (b"ORC", "an ORC file", PARQUET.replace("{reader}", "read_orc")),
    (b"Obj\x01", "an Avro file", EXPORT),
    (b"SQLite format 3\0", "an SQLite database", EXPORT),
    (b"\x89HDF", "an HDF5 file", EXPORT),
    (b"\x93NUMPY", "a NumPy array (.npy)", "import numpy; numpy.savetxt({text}, numpy.load({path}), '%.10g', ',')"),
    (b"%PDF", "a PDF", "ask its source for the table as CSV"),
    (b"\x89PNG", "a picture", "ask its source for the table as CSV"),
    ((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"), "a Python pickle, which can run code", EXPORT),
]
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
MARKS = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32"}
MARKS |= {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def read_text(path, encodings=()):
    """The text of a file, unpacked if it is gzip.

    encodings: tried in turn after what a mark at its beginning says; UTF-8 where there is neither.
    Raises FileNotFoundError; ValueError that names the line of the first byte that is no text, or what kind of file it
    is instead (Excel, zip, Parquet, …) and how to make a text of it."""
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
    _refuse_other_kinds(path, content)
    mark = [encoding for mark, encoding in MARKS.items() if content.startswith(mark)]
    content = content.removeprefix(codecs.BOM_UTF8)  # whatever encoding is given, it is no text
    for encoding in [*mark[:1], *encodings] or ["utf-8"]:
        try:
            text = content.decode(encoding).removeprefix("\ufeff")
            break
        except (LookupError, TypeError):
            raise ValueError(f"expected an encoding such as 'latin-1' or 'cp1252', got {encoding!r}") from None
        except UnicodeError as error:
            before, why = content[: getattr(error, "start", 0)], getattr(error, "reason", error)
    else:
        advice = "" if b"\0" in content else _encodings(content)
        raise ValueError(f"{path.name}, line {_line_of(before)}: expected {encoding} text, got {why}{advice}")
    if "\0" in text:
        line = _line_of(text.partition("\0")[0].encode("utf-8", "replace"))
        raise ValueError(f"{path.name}, line {line}: expected text, got a NUL{_other_encoding(content)}")
    return text


def _line_of(before):
    return 1 + before.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n")


def _encodings(content):
    """Advice where a text is not UTF-8: Windows writes quotes and dashes where latin-1 has control characters."""
    windows = re.search(rb"[\x80-\x9f]", content) and not re.search(rb"[\x81\x8d\x8f\x90\x9d]", content)
    likely = 'encoding="cp1252" for Western Windows; ' if windows else ""
    any_text = 'encoding="latin-1" reads any, but perhaps as wrong letters'
    return f"; give the encoding that it was written in: {likely}{any_text}"


def _other_encoding(content):
    """Advice where every other byte is a NUL, as in UTF-16 without its mark."""
    for encoding, nuls in (("utf-16-le", content[1::2]), ("utf-16-be", content[::2])):
        if nuls.count(0) > 0.9 * len(nuls):
            return f'; it may be UTF-16: encoding="{encoding}"'
    return ""


def _refuse_other_kinds(path, content):
    """Raises ValueError where the first bytes are those of a file that is no delimited text."""
    found = next(((kind, advice) for start, kind, advice in KINDS if content.startswith(start)), None)
    if found and not _is_binary(content):
        found = None  # a user may be called ORC
    start = content[:200].lstrip(b"\xef\xbb\xbf \r\n\t")
    if content.startswith(b"PK\x03\x04"):
        found = _kind_of_zip(content)
    elif content[257:262] == b"ustar":
        found = "a tar archive", "unpack it: python -m tarfile -e {path} unpacked"
    elif start.startswith(b"%%MatrixMarket"):
        found = (
            "a Matrix Market file",
            "read it with scipy.io.mmread({path}): its row, col and data make a table",
        )
    elif re.match(rb"<(!doctype|html|\?xml)", start, re.IGNORECASE):
        found = "a web page or XML", "download the file itself, not the page that leads to it"
    elif start[:1] in (b"{", b"["):
        found = _kind_of_json(content)
    if found:
        kind, advice = found
        names = {"path": json.dumps(str(path)), "text": json.dumps(str(path.with_name(f"{path.stem}_as_text.csv")))}
        for name, value in names.items():
            advice = advice.replace("{" + name + "}", value)
        raise ValueError(f"{path.name}: expected delimited text, got {kind}; {advice}")


def _is_binary(content):
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return bool(CONTROL.search(content))


def _kind_of_zip(content):
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except zipfile.BadZipFile:
        return "a damaged zip archive", "download or copy it again"
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook (.xlsx)", SHEET
    if "content.xml" in names:
        return "an OpenDocument file", SHEET
    if names and all(name.endswith(".npy") for name in names):
        return f"a NumPy archive (.npz) of {', '.join(names[:5])}", EXPORT
    return f"a zip archive of {', '.join(names[:5]) or 'nothing'}", "unpack it: python -m zipfile -e {path} unpacked"


def _kind_of_json(content):
    """JSON, or one JSON object or list a line; None for text that only begins with a bracket."""
    first, _, rest = content.decode("utf-8-sig", "replace").strip().partition("\n")
    first, by_line = first.strip(), "map(json.loads, filter(str.strip, open({path}, encoding='utf-8')))"
    lines = f"import json, pandas; pandas.DataFrame({by_line}).to_csv({{text}}, index=False)"
    reader = "import pandas; pandas.read_json({path}).to_csv({text}, index=False)"
    try:
        if isinstance(json.loads(first), dict):
            return "JSON, one object a line", lines
        return ("JSON, one list a line", lines) if rest.strip() else ("JSON", reader)
    except ValueError:
        if re.match(r"\{'\w+': ", first):
            return "Python dicts, one a line", lines.replace("json.loads", "ast.literal_eval").replace("json,", "ast,")
    return ("JSON", reader) if re.match(r'[{\[]\s*(["{\[]|$)', first) else None
