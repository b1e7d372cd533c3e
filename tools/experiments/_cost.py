"""What a model costs: seconds of a fit, peak memory, bytes that stay, time of a request. Each in a process of its own.

A process is started for each measurement, so that its peak memory is the model's, its data's and that of Python with
the book's packages."""

import multiprocessing
import resource
import sys
import time
from pathlib import Path

import numpy as np
from scipy.sparse import issparse

from recsys_lib.data import IdMap, Interactions
from recsys_lib.retrieval import top_k

PARTS = ("user", "item", "rating", "timestamp")


def cost(build, data, *, users=None, at=None, requests=0, block=512):
    """{seconds, start_mb, fit_mb, peak_mb, bytes, request_p50, request_p95 (ms), rank_seconds} of a model, fitted in a
    child process; {failed: 1} where that was ended.

    build: makes the model, without arguments; it is sent to the child.   users, at: who is asked about, and when;
    `requests` of them one by one, then all in blocks."""
    context = multiprocessing.get_context("spawn")
    mine, its = context.Pipe()
    arrays = {name: getattr(data, name) for name in PARTS} | {"sizes": (data.n_users, data.n_items)}
    given = {"users": users, "at": at, "requests": requests, "block": block, "table": data.item_table}
    child = context.Process(target=_measure, args=(build, arrays, given, its))
    child.start()
    its.close()
    try:
        found = mine.recv()
    except EOFError:
        child.join()
        if child.exitcode >= 0:
            raise RuntimeError(f"the measurement ended with an error, status {child.exitcode}: see above") from None
        found = {"failed": 1}  # ended from outside, most likely for want of memory
    child.join()
    return found


def _measure(build, arrays, given, pipe):
    n_users, n_items = arrays.pop("sizes")
    table = given["table"] if given["table"] is None else given["table"].assign(item_id=range(n_items))
    data = Interactions(**arrays, users=IdMap(range(n_users)), items=IdMap(range(n_items)), item_table=table)
    model, before = build(), _peak()
    begin = time.perf_counter()
    model.fit(data)
    found = {"seconds": time.perf_counter() - begin, "start_mb": before, "fit_mb": _peak(), "bytes": size_of(model)}
    users, at = given["users"], given["at"]
    if users is not None:
        seen = data.matrix()

        def ask(rows):
            when = {} if at is None else {"at": at[rows]}
            return top_k(model.score(users[rows], **when), 10, exclude=seen[users[rows]])

        milliseconds = []
        for row in range(min(given["requests"], len(users))):
            begin = time.perf_counter()
            ask(np.array([row]))
            milliseconds.append(1000 * (time.perf_counter() - begin))
        if milliseconds:
            found |= {f"request_p{q}": float(np.percentile(milliseconds, q)) for q in (50, 95)}
        begin = time.perf_counter()
        for start in range(0, len(users), given["block"]):
            ask(np.arange(start, min(start + given["block"], len(users))))
        found["rank_seconds"] = time.perf_counter() - begin
    pipe.send(found | {"peak_mb": _peak()})


def _peak():
    """The largest memory this process has held, in megabytes. Linux's `ru_maxrss` would begin at the parent's size."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def size_of(thing, counted=None):
    """Bytes of all arrays within a thing: its attributes, theirs, and what lists and dicts hold; each array once."""
    counted = set() if counted is None else counted
    if id(thing) in counted or isinstance(thing, (str, bytes, int, float, type(None))):
        return 0
    counted.add(id(thing))
    if isinstance(thing, np.ndarray):
        return thing.nbytes
    if issparse(thing):
        return sum(size_of(part, counted) for part in (thing.data, thing.indices, thing.indptr))
    if isinstance(thing, dict):
        return sum(size_of(part, counted) for part in thing.values())
    if isinstance(thing, (list, tuple)):
        return sum(size_of(part, counted) for part in thing)
    known = vars(thing) if hasattr(thing, "__dict__") else {}
    more = [getattr(thing, name) for name in ("nodes", "binned_left_cat_bitsets") if hasattr(thing, name)]
    return size_of({name: part for name, part in known.items() if name != "item_table"}, counted) + size_of(
        more, counted
    )
