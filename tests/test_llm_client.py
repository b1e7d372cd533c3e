"""Three back ends behind one protocol; none tells the key, and what a server does wrong has a name."""

import gzip
import http.server
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from recsys_lib import llm_client, results
from recsys_lib.llm_client import (
    ANSWERS,
    SENTENCES,
    BadAnswer,
    LocalLLM,
    RecordedLLM,
    Recorder,
    RemoteLLM,
    request_hash,
)
from recsys_lib.llm_lists import ranked

TITLES = ["Alien (1979)", "Heat (1995)", "Up (2009)"]
SECRET = "sk-never-to-be-seen-0123456789"


class Words:
    """A model whose tokens are words, with the four methods of `LanguageModel` that a client uses."""

    def __init__(self):
        self.words = []

    def encode(self, text):
        self.words += [word for word in text.split() if word not in self.words]
        return [self.words.index(word) for word in text.split()]

    def decode(self, ids):
        return " ".join(self.words[i] for i in ids)

    def chat(self, prompt, *, start=""):
        return [*self.encode("<user>"), *self.encode(prompt), *self.encode("<assistant>"), *self.encode(start)]

    def log_likelihood(self, prompt, texts):
        return np.array([-sum(len(self.words[i]) for i in ids) / (3 * len(prompt)) for ids in texts], np.float32)

    def generate(self, prompt, *, max_tokens, temperature, top_p, rng):
        ids = prompt[1:-1] if not temperature else rng.permutation(prompt[1:-1]).tolist()
        return ids[: min(max_tokens, round(top_p * len(ids)))]


@pytest.fixture
def local():
    return LocalLLM(Words())


def test_the_local_model_answers_the_prompt_in_its_own_form(local):
    assert local.name == "SmolLM2-135M-Instruct"
    assert local.generate("a b c d") == "a b c d" and local.generate("a b c d", max_tokens=2) == "a b"
    assert local.generate("a b c d", temperature=1, top_p=0.5, seed=3) == local.generate(
        "a b c d", temperature=1.0, top_p=0.5, seed=3
    )
    drawn = {local.generate("a b c d", temperature=1, seed=seed) for seed in range(20)}
    assert len(drawn) > 5
    scores = local.score("p q", ["abc", "abc de"])  # the prompt is four tokens long
    assert scores.dtype == np.float64 and scores == pytest.approx([-3 / 12, -5 / 12])
    assert local.score("p", []).shape == (0,)


@pytest.fixture(scope="module")
def smollm2():
    pytest.importorskip("tensorflow")
    try:
        return LocalLLM()
    except FileNotFoundError as error:
        pytest.skip(f"the weights of SmolLM2 are not here: {error}")


def test_smollm2_itself(smollm2):
    assert "Paris" in smollm2.generate("What is the capital of France?", max_tokens=8)
    paris, cheese = smollm2.score("What is the capital of France?", ["Paris", "Cheese"])
    assert cheese < paris < 0


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"prompt": None}, TypeError),
        ({"prompt": ["a"]}, TypeError),
        ({"prompt": " "}, ValueError),
        ({"max_tokens": 0}, ValueError),
        ({"max_tokens": 1.5}, ValueError),
        ({"temperature": -0.1}, ValueError),
        ({"temperature": float("nan")}, ValueError),
        ({"top_p": 0}, ValueError),
        ({"top_p": 1.1}, ValueError),
        ({"seed": -1}, ValueError),
        ({"seed": None}, ValueError),
    ],
)
def test_every_back_end_refuses_the_same_requests(local, settings, error):
    name = next(iter(settings))
    for client in (local, Recorder(local), RecordedLLM({}), RemoteLLM("http://localhost:9", "m")):
        with pytest.raises(error, match=f"expected {name} "):
            client.generate(**({"prompt": "a"} | settings))


@pytest.mark.parametrize(
    ("texts", "error"), [("ab", TypeError), (None, TypeError), ([1], TypeError), ([""], ValueError)]
)
def test_textsrequest_to_score_are_texts(local, texts, error):
    for client in (local, Recorder(local), RecordedLLM({})):
        with pytest.raises(error, match="expected"):
            client.score("a", texts)


# Records


def some(client):
    """A few requests of both kinds."""
    yield client.generate("a b c"), client.generate("a b c", max_tokens=2)
    yield client.generate("é ü 字", temperature=1, seed=2)
    yield client.score("a b", ["x", "yy zzz"]).tolist(), client.score("a b", ["x"]).tolist()


@pytest.mark.parametrize("name", ["answers.json", "sentences.json.gz"])
def test_what_was_recorded_is_answered_again(local, tmp_path, name):
    recorder = Recorder(local)
    said = list(some(recorder))
    path = recorder.save(tmp_path / "new" / name, terms="for research")
    assert path == tmp_path / "new" / name and [p.name for p in path.parent.iterdir()] == [name]
    recorded = RecordedLLM(path)
    assert list(some(recorded)) == said and recorded.name == recorder.name == local.name
    assert list(some(RecordedLLM(recorder.records))) == said
    content = json.loads(gzip.decompress(path.read_bytes()) if name.endswith("gz") else path.read_bytes())
    assert set(content) == {"model", "terms", "records"} and content["terms"] == "for research"
    assert len(content["records"]) == 5 and recorded.score("a b", ["x"]).dtype == np.float64


def test_scores_are_kept_at_four_digits_and_texts_whole(local):
    recorder = Recorder(local)
    scores = recorder.score("a b c", ["x", "yy"])
    assert scores.tolist() == [-0.0667, -0.1333] and local.score("a b c", ["x"])[0] == pytest.approx(-1 / 15)
    assert recorder.generate("字 b", max_tokens=5) == "字 b"
    assert list(recorder.records.values()) == [[-0.0667, -0.1333], "字 b"]


def test_the_same_records_are_the_same_bytes(local, tmp_path, monkeypatch):
    written = []
    for number, order in enumerate([("a", "b", "c"), ("c", "a", "b")]):
        recorder = Recorder(local)
        for prompt in order:
            recorder.generate(prompt)
        monkeypatch.setattr(time, "time", lambda now=1e9 * (1 + number): now)  # gzip would write it
        paths = [recorder.save(tmp_path / f"{number}{ending}") for ending in (".json", ".json.gz")]
        written.append([path.read_bytes() for path in paths])
    assert written[0] == written[1] and b"\n" in written[0][0]


def test_a_request_is_known_by_all_that_shapes_its_answer(local):
    def hashes(**changed):
        recorder = Recorder(local)
        recorder.generate(**({"prompt": "a", "max_tokens": 3, "temperature": 1, "top_p": 0.5, "seed": 1} | changed))
        return set(recorder.records)

    keys = hashes()
    assert all(len(key) == 24 and int(key, 16) >= 0 for key in keys)
    assert hashes(temperature=1.0) == keys == hashes(seed=np.int64(1))
    changes = [{"prompt": "b"}, {"max_tokens": 4}, {"temperature": 2}, {"top_p": 1}, {"seed": 2}]
    assert len(keys.union(*(hashes(**change) for change in changes))) == 6
    recorder = Recorder(local)
    for prompt, texts in [("a", ["b", "c"]), ("a", ["c", "b"]), ("a", ["b"]), ("a", ["b c"]), ("a b", ["c"])]:
        recorder.score(prompt, texts)
    assert len(recorder.records) == 5
    request = {"kind": "score", "prompt": "a", "texts": ["é"]}
    assert request_hash(request) == "29b2cadcbae3403c25ab0be1", "stored records hang on it"


def test_a_missing_record_is_an_error_that_names_the_request():
    prompt = "Which of these films would somebody like who likes the following: Alien, Heat?"
    with pytest.raises(KeyError) as caught:
        RecordedLLM({}).generate(prompt, max_tokens=7)
    for part in ("generate", repr(prompt[:60]), "'max_tokens': 7", "make experiments CHAPTER=llm_recommender"):
        assert part in str(caught.value.args[0])
    assert prompt[:61] not in caught.value.args[0]
    with pytest.raises(KeyError, match=r"score of 'a' \(2 texts\)"):
        RecordedLLM({}).score("a", ["b", "c"])


def test_a_run_goes_on_from_its_file(local, tmp_path):
    path = tmp_path / "answers.json"
    first = Recorder(local, path)
    said = list(some(first))
    assert first.save() == path
    local.model = None  # nothing is asked again
    again = Recorder(local, path)
    assert list(some(again)) == said
    local.name = "another"
    with pytest.raises(ValueError, match="expected answers of another in answers.json, got SmolLM2"):
        Recorder(local, path)
    with pytest.raises(ValueError, match="expected the path"):
        Recorder(local).save()


def test_an_interrupted_save_leaves_the_old_file(local, tmp_path, monkeypatch):
    recorder = Recorder(local, tmp_path / "answers.json")
    recorder.generate("a")
    before = recorder.save().read_bytes()
    recorder.generate("b")

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(llm_client.os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        recorder.save()
    assert [p.name for p in tmp_path.iterdir()] == ["answers.json"]
    assert (tmp_path / "answers.json").read_bytes() == before


def test_a_bad_answer_is_not_recorded(local):
    def late(*_, **__):
        raise BadAnswer("time-out", "late")

    local.generate, local.score = late, lambda *_: np.array([np.nan])
    recorder = Recorder(local)
    with pytest.raises(BadAnswer):
        recorder.generate("a")
    with pytest.raises(ValueError, match="expected 1 finite scores"):
        recorder.score("a", ["b"])
    assert recorder.records == {}


@pytest.mark.parametrize("name", ["answers.json", "answers.json.gz"])
def test_a_damaged_file_of_records_is_refused(tmp_path, name):
    path = tmp_path / name
    with pytest.raises(FileNotFoundError, match=f"no recorded answers at {name}: `make experiments`"):
        RecordedLLM(path)
    pack = gzip.compress if name.endswith("gz") else bytes
    whole = pack(b'{"model": "m", "records": {}}')
    assert (path.write_bytes(whole), RecordedLLM(path).name)[1] == "m"
    for damaged in (b"", b"x", whole[:-9], pack(b"[]"), pack(b'{"model": "m"}'), pack(b'{"model": 1, "records": {}}')):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=f"{name} is damaged"):
            RecordedLLM(path)


@pytest.mark.parametrize("path", [ANSWERS, SENTENCES], ids=lambda path: path.name)
def test_the_books_own_records_are_small_and_say_their_terms(path):
    if not path.exists():
        pytest.skip(f"{path.name} is not recorded yet: make experiments CHAPTER=llm_recommender")
    assert path.stat().st_size <= 1_000_000
    content = llm_client._read(path)
    assert content["model"] == LocalLLM.name and content["terms"] == results.TERMS and content["records"]
    assert all(len(key) == 24 and isinstance(value, (str, list)) for key, value in content["records"].items())


def test_records_are_no_result_files():
    assert ANSWERS.parent == SENTENCES.parent == results._FOLDER / "answers"


def test_records_and_servers_need_no_tensorflow():
    code = "import sys, recsys_lib.llm_lists as m; m.BadAnswer; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1]).returncode == 0


# Servers


class Misbehaving(http.server.BaseHTTPRequestHandler):
    """Does what the first part of the path says, and notes what it was asked."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        way, _, self.rest = self.path.removeprefix("/").partition("/")
        try:
            getattr(self, way)()
        except OSError:
            pass  # the client went away

    do_GET = do_POST  # what some clients make of a POST that is redirected

    def send(self, body, *, status=200, kind="application/json", length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def says(self, content, reason="stop", **options):
        choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": reason}
        self.send(json.dumps({"object": "chat.completion", "choices": [choice]}).encode(), **options)

    def well(self):
        self.says("1. Up (2009)\n2. Alien\n3. Heat")

    def five(self):
        self.says("5, 4, 3, 2, 1")

    def in_chunks(self, last=b"0\r\n\r\n"):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in (b'{"choices": [{"message": ', b'{"content": "3, 1, 2"}}]}'):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(last)

    def lacks_a_chunk(self):
        self.in_chunks(last=b"")

    def empty_body(self):
        self.send(b"")

    def empty_content(self):
        self.says(" \n")

    def no_content(self):
        self.says(None)

    def length(self):
        self.says("1. Up\n2. Ali", "length")

    def prose(self):
        self.says("As somebody who likes space, you would enjoy Alien the most.")

    def unknown(self):
        self.says("1. Alien Dawn (2031)\n2. Heat\n3. Up")

    def sleeps(self):
        time.sleep(5)
        self.well()

    def drips(self):
        self.send(b"", length=1000)
        for _ in range(100):
            self.wfile.write(b" ")
            time.sleep(0.05)

    def html_500(self):
        body = b"<html>Internal error " + self.headers.get("Authorization", "").encode()
        self.send(body, status=500, kind="text/html")

    def html_200(self):
        self.send(b"<html><body>Please log in</body></html>", kind="text/html")

    def no_choices(self):
        self.send(b'{"error": {"message": "no such model"}}')

    def empty_choices(self):
        self.send(b'{"choices": []}')

    def a_list(self):
        self.send(b"[1, 2]")

    def parts(self):
        self.says([{"type": "text", "text": "3, 1, 2"}])

    def deep(self):
        self.send(b"[" * 200_000)

    def redirects(self):
        self.send(b"", status=int(self.rest.split("/")[0]), Location=self.server.elsewhere + "/well/chat/completions")

    def breaks(self):
        self.says("1. Up\n2. Alien\n3. Heat", length=5000)
        self.close_connection = True

    def breaks_within(self):
        self.send(b'{"choices": [{"index": 0, "mess', length=5000)
        self.close_connection = True

    def hangs_up(self):
        self.close_connection = True

    def no_http(self):
        self.wfile.write(self.headers.get("Authorization", "").encode() + b"\r\n")

    def huge(self):
        self.says("x" * 200_000)

    def echoes(self):
        self.says("You said: " + self.headers.get("Authorization", ""))

    def log_message(self, *_):
        pass


def serve():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Misbehaving)
    server.daemon_threads, server.block_on_close, server.asked = True, False, []
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("RECSYS_LIB_LLM_KEY", SECRET)
    server, other = serve(), serve()
    server.elsewhere, server.other = other.url, other
    yield server
    for one in (server, other):
        one.shutdown()
        one.server_close()


TRANSPORT = {
    "empty_body": "empty",
    "empty_content": "empty",
    "no_content": "empty",
    "length": "cut",
    "sleeps": "time-out",
    "drips": "time-out",
    "html_500": "error page",
    "html_200": "error page",
    "no_choices": "error page",
    "empty_choices": "error page",
    "a_list": "error page",
    "parts": "error page",
    "deep": "error page",
    "redirects/301": "error page",
    "redirects/302": "error page",
    "redirects/303": "error page",
    "redirects/307": "error page",
    "redirects/308": "error page",
    "breaks": "error page",
    "breaks_within": "error page",
    "lacks_a_chunk": "error page",
    "hangs_up": "error page",
    "no_http": "error page",
    "echoes": "error page",
}


def patience(way):
    """Seconds: short only where the server takes five, for other processes may run beside."""
    return 0.3 if way in ("sleeps", "drips") else 30


def no_key_in(*things):
    for thing in things:
        assert SECRET not in thing and SECRET[3:] not in thing


def test_a_server_that_behaves(server):
    client = RemoteLLM(server.url + "/well/", "m", timeout=5)
    assert client.generate("Rank!", max_tokens=9, temperature=0.5, seed=4).startswith("1. Up")
    order, kind = ranked(client, "Rank!", TITLES, 3, fallback="retrieved")
    assert order.tolist() == [2, 0, 1] and kind is None
    method, path, headers, body = server.asked[0]
    assert (method, path) == ("POST", "/well/chat/completions")
    assert headers["Authorization"] == f"Bearer {SECRET}" and headers["Content-Type"] == "application/json"
    message = {"role": "user", "content": "Rank!"}
    settings = {"max_tokens": 9, "temperature": 0.5, "top_p": 1.0, "seed": 4}
    assert json.loads(body) == {"model": "m", "messages": [message], **settings}
    no_key_in(path, body.decode())


def test_an_answer_may_come_in_chunks_and_without_a_reason(server):
    assert RemoteLLM(server.url + "/in_chunks", "m", timeout=5).generate("a") == "3, 1, 2"


@pytest.mark.parametrize(("way", "kind"), TRANSPORT.items())
def test_a_server_that_misbehaves(server, way, kind):
    client = RemoteLLM(f"{server.url}/{way}", "m", timeout=patience(way))
    start = time.monotonic()
    with pytest.raises(BadAnswer) as caught:
        client.generate("Rank!")
    assert caught.value.kind == kind and str(caught.value).startswith(kind + ": ")
    assert time.monotonic() - start < 4
    assert server.asked and not server.other.asked, "no other address was asked"
    assert caught.value.__cause__ is None and caught.value.__suppress_context__ or caught.value.__context__ is None
    no_key_in(repr(caught.value), str(caught.value), repr(client), repr(vars(client)))


@pytest.mark.parametrize(("way", "kind"), [("prose", "not a list"), ("unknown", "unknown titles"), *TRANSPORT.items()])
def test_another_list_stands_in_the_place_of_a_bad_answer(server, way, kind):
    client = RemoteLLM(f"{server.url}/{way}", "m", timeout=patience(way))
    order, found = ranked(client, "Rank!", TITLES, 3, fallback="random", rng=1)
    assert found == kind and order.tolist() == np.random.default_rng(1).permutation(3).tolist()


def test_nobody_there(server):
    with serve().socket as free:
        port = free.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "http://nowhere.invalid"):
        with pytest.raises(BadAnswer, match="error page: no whole answer from http://") as caught:
            RemoteLLM(url, "m", timeout=5).generate("a")
        no_key_in(str(caught.value))


def test_an_answer_without_end_is_not_read_to_its_end(server, monkeypatch):
    monkeypatch.setattr(llm_client, "LARGEST", 100_000)
    with pytest.raises(BadAnswer, match="error page: the answer has more than 100,000 bytes"):
        RemoteLLM(server.url + "/huge", "m").generate("a")


def test_the_key_is_read_when_it_is_needed_and_kept_nowhere(server, monkeypatch, tmp_path, capfd):
    monkeypatch.delenv("RECSYS_LIB_LLM_KEY")
    client = RemoteLLM(server.url + "/well", "m")
    recorder = Recorder(client)
    recorder.generate("a")
    assert "Authorization" not in server.asked[-1][2], "a server of one's own needs none"
    monkeypatch.setenv("RECSYS_LIB_LLM_KEY", f" {SECRET}\n")
    recorder.generate("b")
    assert server.asked[-1][2]["Authorization"] == f"Bearer {SECRET}"
    recorder.save(tmp_path / "answers.json")
    output = capfd.readouterr()
    no_key_in((tmp_path / "answers.json").read_text(), repr(client), repr(vars(client)), output.out, output.err)
    for key in ("sk-two\nlines", "sk-clé", "sk-\x00"):
        monkeypatch.setattr(llm_client.os, "environ", {"RECSYS_LIB_LLM_KEY": key})
        with pytest.raises(ValueError, match="printable ASCII characters in RECSYS_LIB_LLM_KEY") as caught:
            client.generate("a")
        assert "sk-" not in str(caught.value)


def test_a_proxy_is_not_told_the_key_in_the_clear(server, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, server.elsewhere)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    RemoteLLM(server.url + "/well", "m").generate("a")
    assert server.asked and not server.other.asked


def test_address_and_model_by_argument_or_variable(monkeypatch):
    for name in ("URL", "MODEL", "KEY"):
        monkeypatch.delenv(f"RECSYS_LIB_LLM_{name}", raising=False)
    with pytest.raises(ValueError, match="address of a server: set RECSYS_LIB_LLM_URL"):
        RemoteLLM()
    with pytest.raises(ValueError, match="name of a model: set RECSYS_LIB_LLM_MODEL"):
        RemoteLLM("http://localhost:8080/v1")
    monkeypatch.setenv("RECSYS_LIB_LLM_URL", "https://one.example/v1/")
    monkeypatch.setenv("RECSYS_LIB_LLM_MODEL", "two")
    client = RemoteLLM()
    assert repr(client) == "RemoteLLM(url='https://one.example/v1', model='two', timeout=60)" and client.name == "two"
    assert RemoteLLM("http://localhost:1/v1", "m").url == "http://localhost:1/v1"


@pytest.mark.parametrize(
    "url",
    [
        "a.example:8080", "file:///etc/passwd", "ftp://a.example", "https://", "https://:80", "http://a.example:x", 3,
        f"https://user:{SECRET}@a.example", f"https://a.example/v1?key={SECRET}", f"https://a.example/#{SECRET}",
        "http://a.example/ b", "http://a.example/\r\nX: y", "http://é.example",
    ],
)  # fmt: skip
def test_an_address_of_another_form_is_refused_and_not_shown(url):
    with pytest.raises(ValueError, match="expected an address like") as caught:
        RemoteLLM(url, "m")
    no_key_in(str(caught.value))
    assert str(url) not in str(caught.value)


@pytest.mark.parametrize("timeout", [0, -1, None, float("inf"), "60"])
def test_a_timeout_is_a_number_of_seconds(timeout):
    with pytest.raises(ValueError, match="expected timeout"):
        RemoteLLM("http://localhost:1", "m", timeout)


def test_a_server_scores_nothing():
    with pytest.raises(NotImplementedError, match="no likelihood of a given text: use LocalLLM"):
        RemoteLLM("http://localhost:1", "m").score("a", ["b"])
