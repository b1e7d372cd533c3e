"""Builds the site into _build/html, strictly (a warning is an error), and says how to open it."""

import re
import subprocess
import sys
import time

from bookfiles import ROOT

INDEX = ROOT / "_build" / "html" / "index.html"
COLOUR = re.compile(r"\x1b\[[\d;]*m")
JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"


def main():
    start = time.time()
    print("Building the site (about half a minute) ...", flush=True)
    command = [sys.executable, "-c", JUPYTER_BOOK, "build", ".", "-n", "-W", "--keep-going", "--all"]
    log = ROOT / ".cache" / "book.log"
    log.parent.mkdir(exist_ok=True)
    with open(log, "w", encoding="utf-8") as file:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in process.stdout:
            line = COLOUR.sub("", line).replace(f"{ROOT}/", "")
            file.write(line)
            if line.startswith(("reading sources", "writing output")):
                print(f"  {line.strip()[:100]}", flush=True)
    if process.wait():
        text = log.read_text("utf-8")
        complaints = [line for line in text.splitlines() if "WARNING" in line or "ERROR" in line or "Error" in line]
        print("\n" + "\n".join(complaints or text.splitlines()[-30:]))
        print("\nThe site was not built: mend the lines above (all of the log: .cache/book.log).")
        return 1
    print(
        f"\nThe book is built ({time.time() - start:.0f} s). It lies in _build/html; "
        "open _build/html/index.html in a browser:"
    )
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    print(f"  {opener} _build/html/index.html")
    print("or, on another machine:  .venv/bin/python -m http.server --directory _build/html  and visit port 8000.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
