"""A download is whole or not there."""

import hashlib
import http.server
import random
import threading

import pytest

from recsys_lib.data import data_home, fetch

CONTENT = random.Random(0).randbytes(3_000_000)  # the same in every worker: it stands in test names
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked += 1
        if self.path.startswith("/missing"):
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[: 1000 if self.path.startswith("/cut") else None])

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked = 0
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RECSYS_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "home"


def test_data_home(home, monkeypatch, tmp_path):
    assert data_home() == home and home.is_dir()
    monkeypatch.delenv("RECSYS_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_home() == tmp_path / ".cache" / "recsys_lib"


def test_a_file_is_fetched_once(server, home):
    asked = server.asked
    path = fetch(f"{server.url}/folder/ratings.zip?x=1", sha256=SHA256)
    assert path == home / "ratings.zip" and path.read_bytes() == CONTENT
    for digest in (SHA256, SHA256.upper()):
        assert fetch(f"{server.url}/folder/ratings.zip", sha256=digest) == path and server.asked == asked + 1
    path.write_bytes(b"damaged")
    assert fetch(f"{server.url}/folder/ratings.zip", sha256=SHA256).read_bytes() == CONTENT
    assert fetch(f"{server.url}/x", sha256=SHA256, name="other").name == "other"
    assert sorted(p.name for p in home.iterdir()) == ["other", "ratings.zip"]


@pytest.mark.parametrize("address", ["/cut/short", "/whole"])
def test_a_wrong_download_leaves_nothing(server, home, address):
    wrong = SHA256 if address == "/cut/short" else "0" * 64
    with pytest.raises(ValueError, match=f"with SHA-256 {wrong}, received [0-9a-f]{{64}} "):
        fetch(server.url + address, sha256=wrong)
    assert list(home.iterdir()) == []


def test_a_wrong_download_leaves_the_old_file(server, home):
    fetch(f"{server.url}/a", sha256=SHA256)
    with pytest.raises(ValueError, match="received"):
        fetch(f"{server.url}/a", sha256="0" * 64)
    assert (home / "a").read_bytes() == CONTENT and len(list(home.iterdir())) == 1


def test_an_interrupted_download_leaves_nothing(server, home, monkeypatch):
    def interrupted(source, target, length):
        target.write(source.read(1000))
        raise KeyboardInterrupt

    monkeypatch.setattr("shutil.copyfileobj", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch(f"{server.url}/a", sha256=SHA256)
    assert list(home.iterdir()) == []


def test_no_answer(server, home):
    with pytest.raises(ConnectionError, match="answer from http://127.0.0.1:.*missing, got: HTTP Error 404"):
        fetch(f"{server.url}/missing", sha256=SHA256)
    with pytest.raises(ConnectionError, match="expected an answer from http://127.0.0.1:9/a"):
        fetch("http://127.0.0.1:9/a", sha256=SHA256)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    "url, name, sha256, message",
    [
        ("file:///etc/hostname", None, SHA256, "http or https address, got 'file:"),
        ("ratings.zip", None, SHA256, "http or https address"),
        ("http://127.0.0.1/", None, SHA256, "plain file name, got ''"),
        ("http://127.0.0.1/..%2f..%2fevil/..", None, SHA256, "plain file name, got '..'"),
        ("http://127.0.0.1/a", "../a", SHA256, "plain file name, got '../a'"),
        ("http://127.0.0.1/a", "c:\\a", SHA256, "plain file name"),
        ("http://127.0.0.1/a", None, "abc", "SHA-256 of 64 hexadecimal digits, got 'abc'"),
        ("http://127.0.0.1/a", None, "g" * 64, "SHA-256 of 64 hexadecimal digits, got 'ggg"),
        ("http://127.0.0.1/a", None, None, "SHA-256 of 64 hexadecimal digits, got None"),
        (None, None, SHA256, "http or https address, got None"),
    ],
)
def test_what_cannot_be_fetched(home, url, name, sha256, message):
    with pytest.raises(ValueError, match=message):
        fetch(url, sha256=sha256, name=name)
    assert not home.exists()
