"""What took longest in the last `make test`, and what failed: reads the records that it left in .cache/test.

python tools/durations.py [HOW_MANY]"""

import re
import sys
from pathlib import PurePosixPath
from xml.etree import ElementTree

from bookfiles import ROOT

RECORDS = ROOT / ".cache" / "test"


def cases(record):
    return list(ElementTree.parse(record).getroot().iter("testcase"))


def of_cell(case):
    return "::Cell " in case.get("name") or case.get("name").startswith("Cell ")


def counts(record):
    """(passed, failed, skipped) of a JUnit file of pytest."""
    suites = list(ElementTree.parse(record).getroot().iter("testsuite"))
    total = {key: sum(int(suite.get(key, 0)) for suite in suites) for key in ("tests", "failures", "errors", "skipped")}
    failed = total["failures"] + total["errors"]
    return total["tests"] - failed - total["skipped"], failed, total["skipped"]


def slowest(record, how_many):
    """[(seconds, name)] of a JUnit file; the cells of a notebook are added up."""
    seconds = {}
    for case in cases(record):
        place, name = case.get("classname") or "", case.get("name")
        name = place if of_cell(case) else f"{place}::{name}"
        seconds[name] = seconds.get(name, 0) + float(case.get("time", 0))
    return sorted(((took, name) for name, took in seconds.items()), reverse=True)[:how_many]


def seconds_of_notebooks(record):
    """{notebook: seconds of its cells}, the longest first; empty where none was run."""
    if not record.exists():
        return {}
    seconds = {}
    for case in filter(of_cell, cases(record)):
        place = case.get("file") or case.get("classname") or ""
        seconds[place] = seconds.get(place, 0) + float(case.get("time", 0))
    return {
        PurePosixPath(place).name.removesuffix(".ipynb"): took
        for place, took in sorted(seconds.items(), key=lambda item: -item[1])
    }


def complaints(record):
    """A line for each test of a JUnit file that failed: its name and the first line of what it said."""
    if not record.exists():
        return []
    lines = []
    for case in cases(record):
        for said in [*case.findall("failure"), *case.findall("error")]:
            message = (said.get("message") or said.text or "").strip().splitlines()
            first = re.sub(r"^(AssertionError|ValueError|Failed): ", "", message[0]) if message else ""
            lines.append(f"  - {case.get('name')}: {first[:300]}")
    return lines


def report(how_many=10):
    rows = [row for record in sorted(RECORDS.glob("*.xml")) for row in slowest(record, how_many)]
    lines = [f"  {seconds:6.1f} s  {name}" for seconds, name in sorted(rows, reverse=True)[:how_many] if seconds >= 0.5]
    return "\n".join(["What took longest:", *lines]) if lines else "Nothing took longer than half a second."


if __name__ == "__main__":
    print(report(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
