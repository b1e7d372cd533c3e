"""Downloads that are whole or not there."""

import hashlib
import os
import re
import shutil
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path, PurePosixPath, PureWindowsPath


def data_home():
    """Where downloads and computed vectors are kept: $RECSYS_DATA_HOME, else ~/.cache/recsys_lib (made if missing)."""
    home = Path(os.environ.get("RECSYS_DATA_HOME") or Path.home() / ".cache" / "recsys_lib").expanduser()
    home.mkdir(parents=True, exist_ok=True)
    return home


def fetch(url, *, sha256, name=None):
    """Path of a file under data_home(), downloaded unless it is there already with this SHA-256.

    name: file name to keep it under; the last part of the URL where None.   The download goes to a temporary name and
    is renamed only once its SHA-256 is right, so an interrupted or wrong one leaves nothing.
    Raises ValueError for a URL, name or digest of the wrong form and for other content than expected,
    ConnectionError where the server does not answer."""
    address = urllib.parse.urlsplit(url)
    name = PurePosixPath(urllib.parse.unquote(address.path)).name if name is None else name
    if address.scheme not in ("http", "https") or not address.netloc:
        raise ValueError(f"expected an http or https address, got {url!r}")
    if name in ("", ".", "..") or PurePosixPath(name).name != name or PureWindowsPath(name).name != name:
        raise ValueError(f"expected a plain file name, got {name!r}")
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        raise ValueError(f"expected a SHA-256 of 64 hexadecimal digits, got {sha256!r}")
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
