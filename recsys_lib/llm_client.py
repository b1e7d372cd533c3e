"""One way to ask a language model, whoever answers: this machine, a record of its answers, or a server."""

import gzip
import hashlib
import http.client
import io
import json
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np

from recsys_lib._checks import setting

FOLDER = Path(__file__).parent / "results" / "answers"
ANSWERS, SENTENCES = FOLDER / "llm_answers.json", FOLDER / "llm_sentences.json.gz"
URL, MODEL, KEY = (f"RECSYS_LIB_LLM_{name}" for name in ("URL", "MODEL", "KEY"))  # environment variables
LARGEST = 4 << 20  # bytes of a server's answer; a list of films has a few thousand


class LLMClient(Protocol):
    """What every back end offers: text for a prompt, and how likely given texts are as its answer.

        score_i = Σ_t log p(token t of text i | prompt, the tokens of text i before t)

    `generate(prompt, …) -> str`: at most max_tokens tokens; temperature 0 takes the most likely token each time; else
    a token is drawn, with this seed, from the fewest ones that hold top_p of the probability.
    `score(prompt, texts) -> float64 (len(texts),)`; NotImplementedError where a back end has no such figure.
    prompt: the one message of the user; the back end puts it into its model's own form.   `name`: of the model.
    Raises TypeError and ValueError for requests of the wrong form.   Chapter: An LLM as recommender."""

    name: str

    def generate(self, prompt, *, max_tokens=128, temperature=0.0, top_p=1.0, seed=0): ...

    def score(self, prompt, texts): ...


class BadAnswer(ValueError):
    """A back end gave no usable answer.

    kind: "time-out", nothing whole came in time; "error page", something else than an answer came (an HTTP error, a
    redirect, a page, another JSON, a broken connection) or there was nobody to ask; "empty", the answer holds no text;
    "cut", it was stopped at max_tokens.   What the server wrote is not repeated in the message."""

    def __init__(self, kind, message):
        super().__init__(kind, message)
        self.kind = kind

    def __str__(self):
        return ": ".join(self.args)


class LocalLLM:
    """SmolLM2-135M-Instruct on this machine.

    model: a `LanguageModel` of recsys_lib.models.language_model, by default a new one, which needs TensorFlow and the
    weights.   Raises FileNotFoundError where there are none.   Chapter: An LLM as recommender."""

    name = "SmolLM2-135M-Instruct"

    def __init__(self, model=None):
        if model is None:
            from recsys_lib.models.language_model import LanguageModel

            model = LanguageModel()
        self.model = model

    def generate(self, prompt, *, max_tokens=128, temperature=0.0, top_p=1.0, seed=0):
        """As `LLMClient`: the same seed gives the same text."""
        request = request_to_generate(prompt, max_tokens, temperature, top_p, seed)
        wanted = {key: request[key] for key in ("max_tokens", "temperature", "top_p")}
        ids = self.model.generate(self.model.chat(prompt), **wanted, rng=np.random.default_rng(request["seed"]))
        return self.model.decode(ids)

    def score(self, prompt, texts):
        """As `LLMClient`: what the prompt and the texts share is computed once."""
        texts = request_to_score(prompt, texts)["texts"]
        ids = [self.model.encode(text) for text in texts]
        return np.asarray(self.model.log_likelihood(self.model.chat(prompt), ids), np.float64)


class Recorder:
    """Passes requests on to a client, and keeps each answer for `RecordedLLM`.

    client: an `LLMClient`.   path: a file that `save` wrote, whose requests are not asked again; it need not exist.
    `records`: request hash → text, or scores at four digits. It returns what it keeps, so that a run and its replay
    are the same. A BadAnswer is passed on and not kept.
    Raises ValueError where the file is damaged or holds answers of another model. Chapter: An LLM as recommender."""

    def __init__(self, client, path=None):
        self.client, self.name, self.path, self.records = client, client.name, path, {}
        if path is not None and Path(path).exists():
            content = _read(path)
            if content["model"] != self.name:
                raise ValueError(f"expected answers of {self.name} in {Path(path).name}, got {content['model']}'s")
            self.records = content["records"]

    def generate(self, prompt, *, max_tokens=128, temperature=0.0, top_p=1.0, seed=0):
        """As `LLMClient`."""
        request = request_to_generate(prompt, max_tokens, temperature, top_p, seed)
        key = request_hash(request)
        if key not in self.records:
            settings = {name: value for name, value in request.items() if name not in ("kind", "prompt")}
            self.records[key] = str(self.client.generate(prompt, **settings))
        return self.records[key]

    def score(self, prompt, texts):
        """As `LLMClient`, rounded to four digits after the point."""
        request = request_to_score(prompt, texts)
        key = request_hash(request)
        if key not in self.records:
            scores = np.asarray(self.client.score(prompt, request["texts"]), np.float64)
            if scores.shape != (len(request["texts"]),) or not np.isfinite(scores).all():
                raise ValueError(f"expected {len(request['texts'])} finite scores, received {scores!r:.80}")
            self.records[key] = [round(score, 4) for score in scores.tolist()]
        return np.array(self.records[key], np.float64)

    def save(self, path=None, *, terms=""):
        """Write the records as one whole file or none: JSON, gzipped where the name ends in .gz. Returns the path.

        path: by default the one given at the start.   terms: under which the answers may be used, kept in the file.
        The same records give the same bytes. Raises ValueError where there is no path."""
        if path is None and self.path is None:
            raise ValueError("expected the path of a file to save the records in, received None")
        path = Path(self.path if path is None else path)
        lines = (f"  {json.dumps(key)}: {_json(self.records[key])}" for key in sorted(self.records))
        head = f'{{\n "model": {_json(self.name)},\n "terms": {_json(terms)},\n "records": {{\n'
        data = (head + ",\n".join(lines) + "\n }\n}\n").encode()
        if path.suffix == ".gz":
            packed = io.BytesIO()
            with gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as file:  # no name and no date in it
                file.write(data)
            data = packed.getvalue()
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}-{os.getpid()}.part")
        try:
            draft.write_bytes(data)
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)
        return path


class RecordedLLM:
    """Answers that were recorded, by the hash of the request: no model, no TensorFlow, the same everywhere.

    source: a file that `Recorder.save` wrote, by default ANSWERS, the book's own (SENTENCES are the other one), or
    `Recorder.records` itself.
    Raises FileNotFoundError, ValueError for a damaged file, and KeyError for a request without a record.
    Chapter: An LLM as recommender."""

    def __init__(self, source=ANSWERS):
        content = {"model": "recorded", "records": source} if isinstance(source, Mapping) else _read(source)
        self.name, self.records = content["model"], content["records"]

    def generate(self, prompt, *, max_tokens=128, temperature=0.0, top_p=1.0, seed=0):
        """As `LLMClient`. Raises KeyError where this request was not recorded."""
        return self._find(request_to_generate(prompt, max_tokens, temperature, top_p, seed))

    def score(self, prompt, texts):
        """As `LLMClient`. Raises KeyError where this request was not recorded, be it for one text more or less."""
        return np.array(self._find(request_to_score(prompt, texts)), np.float64)

    def _find(self, request):
        if (key := request_hash(request)) not in self.records:
            others = {name: value for name, value in request.items() if name not in ("kind", "prompt", "texts")}
            detail = f"{len(request['texts'])} texts" if "texts" in request else str(others)
            what = f"{request['kind']} of {request['prompt'][:60]!r} ({detail})"
            raise KeyError(f"no record of {what}; `make experiments CHAPTER=llm_recommender` makes the records")
        return self.records[key]


class RemoteLLM:
    """A server that speaks OpenAI's chat completions: a provider's, or one on this machine.

    url: the address before /chat/completions, by default from RECSYS_LIB_LLM_URL.   model: the server's name of it,
    by default from RECSYS_LIB_LLM_MODEL.   timeout: seconds for a whole answer.   A key, where the server wants one, is
    read from RECSYS_LIB_LLM_KEY at each request, goes into its Authorization header, and is kept nowhere. No redirect
    is followed.   Raises ValueError where address or model are missing or none.   Chapter: An LLM as recommender."""

    def __init__(self, url=None, model=None, timeout=60):
        self.url = _address(url or os.environ.get(URL))
        self.name = model or os.environ.get(MODEL)
        if not self.name:
            raise ValueError(f"expected the name of a model: set {MODEL}, or give model=")
        self.timeout = setting("timeout", timeout, 0, above=True)

    def __repr__(self):
        return f"RemoteLLM(url={self.url!r}, model={self.name!r}, timeout={self.timeout})"

    def generate(self, prompt, *, max_tokens=128, temperature=0.0, top_p=1.0, seed=0):
        """As `LLMClient`; whether the seed repeats a text is the server's affair. Raises BadAnswer."""
        settings = request_to_generate(prompt, max_tokens, temperature, top_p, seed)
        del settings["kind"], settings["prompt"]
        body = {"model": self.name, "messages": [{"role": "user", "content": prompt}], **settings}
        if not (answer := self._post(json.dumps(body).encode())).strip():
            raise BadAnswer("empty", "the server's answer has no content")
        try:
            choice = json.loads(answer)["choices"][0]
            text, reason = choice["message"]["content"], choice.get("finish_reason")
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise BadAnswer("error page", "expected JSON with choices and a message, got something else") from None
        if reason == "length":
            raise BadAnswer("cut", f"the answer was stopped at {settings['max_tokens']} tokens")
        if text is not None and not isinstance(text, str):
            raise BadAnswer("error page", f"expected text as the message's content, got {type(text).__name__}")
        if not (text or "").strip():
            raise BadAnswer("empty", "the message has no text")
        return text

    def score(self, prompt, texts):
        """Raises NotImplementedError: such a server says nothing about the likelihood of a text it did not write."""
        raise NotImplementedError("a server of chat completions gives no likelihood of a given text: use LocalLLM")

    def _post(self, body):
        """The body of the server's answer, as bytes. Raises BadAnswer, which holds nothing that the server wrote."""
        headers = {"Content-Type": "application/json", "User-Agent": "recsys_lib"}
        if key := os.environ.get(KEY, "").strip():
            if not (key.isascii() and key.isprintable()):  # http.client's own error would show it
                raise ValueError(f"expected a key of printable ASCII characters in {KEY}")
            headers["Authorization"] = f"Bearer {key}"
        request = urllib.request.Request(f"{self.url}/chat/completions", body, headers, method="POST")
        # an address without encryption is never asked through a proxy, which would read the key
        proxies = [urllib.request.ProxyHandler({})] if self.url.startswith("http:") else []
        late = time.monotonic() + self.timeout
        try:
            with urllib.request.build_opener(_NoRedirect, *proxies).open(request, timeout=self.timeout) as answer:
                parts, size = [], 0
                while part := answer.read1(1 << 16):
                    parts, size = [*parts, part], size + len(part)
                    if time.monotonic() > late:
                        raise TimeoutError
                    if size > LARGEST:
                        raise BadAnswer("error page", f"the answer has more than {LARGEST:,} bytes")
                if answer.length:  # of the bytes that were announced
                    raise ConnectionError
        except urllib.error.HTTPError as error:
            error.close()
            meaning = "a redirect, which is not followed" if 300 <= error.code < 400 else "see the server's manual"
            raise BadAnswer("error page", f"the server answered HTTP {error.code}: {meaning}") from None
        except (OSError, http.client.HTTPException) as error:
            cause = getattr(error, "reason", error)
            if isinstance(cause, TimeoutError):
                raise BadAnswer("time-out", f"no whole answer within {self.timeout:g} seconds") from None
            what = f"no whole answer from {self.url} ({type(cause).__name__})"
            raise BadAnswer("error page", what) from None
        whole = b"".join(parts)
        if len(key) >= 16 and key.encode() in whole:  # a shorter one is no secret: "EMPTY", "ollama"
            raise BadAnswer("error page", "the server's answer repeats the key")
        return whole


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """urllib would send the key to wherever a server points."""

    def redirect_request(self, *_):
        return None


def request_hash(request):
    """24 hexadecimal digits of the SHA-256 of a request, as JSON with sorted keys."""
    text = json.dumps(request, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def request_to_generate(prompt, max_tokens, temperature, top_p, seed):
    """The request in one form: 1 and 1.0 are the same."""
    if not setting("top_p", top_p, 0, above=True) <= 1:
        raise ValueError(f"expected top_p > 0 and ≤ 1, received {top_p!r}")
    return {
        "kind": "generate",
        "prompt": _text("prompt", prompt),
        "max_tokens": setting("max_tokens", max_tokens, 1, whole=True),
        "temperature": float(setting("temperature", temperature, 0)),
        "top_p": float(top_p),
        "seed": setting("seed", seed, 0, whole=True),
    }


def request_to_score(prompt, texts):
    """The request in one form."""
    if isinstance(texts, (str, bytes)) or not hasattr(texts, "__iter__"):
        raise TypeError(f"expected a list of texts, received {type(texts).__name__}")
    texts = [_text("each text", text) for text in texts]
    return {"kind": "score", "prompt": _text("prompt", prompt), "texts": texts}


def _text(name, value):
    if not isinstance(value, str):
        raise TypeError(f"expected {name} as a str, received {type(value).__name__} {value!r:.40}")
    if not value.strip():
        raise ValueError(f"expected {name} with something in it, received {value!r:.40}")
    return str(value)


def _address(url):
    """The address without its last slash. The message shows no address, for a careless one may hold a key."""
    if not url:
        raise ValueError(f"expected the address of a server: set {URL}, e.g. to http://localhost:8080/v1")
    try:
        parts = urllib.parse.urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except (ValueError, AttributeError, TypeError):
        good = False
    if not good or parts.username is not None or parts.query or parts.fragment or not re.fullmatch("[!-~]+", url):
        raise ValueError(f"expected an address like http://localhost:8080/v1 without name, password or query in {URL}")
    return url.rstrip("/")


def _json(value):
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _read(path):
    """What `Recorder.save` wrote: a dict of model, terms and records."""
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"no recorded answers at {path.name}: `make experiments` records them")
    try:
        data = path.read_bytes()
        content = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
        if isinstance(content["model"], str) and isinstance(content["records"], dict):
            return content
    except (ValueError, LookupError, TypeError, EOFError, OSError, zlib.error):
        pass
    raise ValueError(f"{path.name} is damaged: expected the JSON of a model and its records, as Recorder.save writes")
