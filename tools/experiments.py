"""Runs the long computations behind the chapters: main() of each tools/experiments/<chapter>.py, one after the other.

    make experiments                  # all
    make experiments CHAPTER=losses   # one

Each writes recsys_lib/results/<chapter>.json, which the notebooks read."""

import subprocess
import sys
import time

from bookfiles import ROOT

FOLDER = ROOT / "tools" / "experiments"


def main(argv):
    available = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
    if unknown := [name for name in argv if name not in available]:
        print(f"no experiment {', '.join(unknown)}; there are {', '.join(available)}")
        return 1
    failed = []
    for name in argv or available:
        print(f"--- {name}", flush=True)
        start = time.time()
        code = f"import sys; sys.path.insert(0, {str(FOLDER)!r}); import {name}; {name}.main()"
        ended = subprocess.run([sys.executable, "-u", "-c", code], cwd=ROOT).returncode
        print(f"--- {name}: {'FAILED' if ended else 'done'} after {(time.time() - start) / 60:.1f} min", flush=True)
        if ended:
            failed.append(name)
    if failed:
        print(f"Failed: {', '.join(failed)}. Mend them, then: make experiments CHAPTER={failed[0]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
