"""What took longest in the last `make test`: reads the records that it left in .cache/test.

python tools/durations.py [HOW_MANY]"""

import sys
from xml.etree import ElementTree

from bookfiles import ROOT

RECORDS = ROOT / ".cache" / "test"


def counts(record):
    """(passed, failed, skipped) of a JUnit file of pytest."""
    suites = list(ElementTree.parse(record).getroot().iter("testsuite"))
    total = {key: sum(int(suite.get(key, 0)) for suite in suites) for key in ("tests", "failures", "errors", "skipped")}
    failed = total["failures"] + total["errors"]
    return total["tests"] - failed - total["skipped"], failed, total["skipped"]


def slowest(record, how_many):
    """[(seconds, name)] of a JUnit file; the cells of a notebook are added up."""
    seconds = {}
    for case in ElementTree.parse(record).getroot().iter("testcase"):
        place, name = case.get("classname") or "", case.get("name")
        name = place if "::Cell " in name or name.startswith("Cell ") else f"{place}::{name}"
        seconds[name] = seconds.get(name, 0) + float(case.get("time", 0))
    return sorted(((took, name) for name, took in seconds.items()), reverse=True)[:how_many]


def report(how_many=10):
    rows = [row for record in sorted(RECORDS.glob("*.xml")) for row in slowest(record, how_many)]
    lines = [f"  {seconds:6.1f} s  {name}" for seconds, name in sorted(rows, reverse=True)[:how_many] if seconds >= 0.5]
    return "\n".join(["What took longest:", *lines]) if lines else "Nothing took longer than half a second."


if __name__ == "__main__":
    print(report(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
