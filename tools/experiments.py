"""Runs the long computations behind the chapters: main() of each tools/experiments/<chapter>.py, on both data sets.

    make experiments                  # all
    make experiments CHAPTER=losses   # one, on its first data set and then on its second

Each writes recsys_lib/results/<chapter>.json for the first, MovieLens, and <chapter>_movietweetings.json, which the
notebooks read. The chapters about sequences begin with MovieTweetings: their second is <chapter>_movielens.json. Two
run at a time, one thread each. What was fitted is kept, so a run that was interrupted goes on where it stopped."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from bookfiles import ROOT

FOLDER = ROOT / "tools" / "experiments"
DATA_SETS = ("movielens", "movietweetings")  # in this order: the second run looks up what was chosen on the first
BY_DATE = ("sequences", "attention", "date", "fusion_dates", "semantic_ids")
DATA_SETS_OF = dict.fromkeys(BY_DATE, ("sequences", "sequences_movielens"))
DATA_SETS_OF |= dict.fromkeys(
    ("llm_recommender", "learned_fusion", "capstone"), ("movielens", "last_film_movietweetings")
)
DATA_SETS_OF["scale"] = ("sequences", "known_world")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1",
              "TF_NUM_INTEROP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}  # fmt: skip
# glibc keeps freed memory: a training on one core took less than half of its seconds, and the same losses came out
ONE_THREAD |= {"MALLOC_MMAP_THRESHOLD_": str(2**32), "MALLOC_TRIM_THRESHOLD_": str(2**34)}


def run(name):
    """Both data sets, one after the other. Returns the exit status of the first that failed, else 0."""
    for data in DATA_SETS_OF.get(name, DATA_SETS):
        print(f"--- {name} on {data}", flush=True)
        start = time.time()
        code = (
            f"import sys; sys.path.insert(0, {str(FOLDER)!r}); import {name}, _runner; "
            f"{name}.main(_runner.data_set({data!r}))"
        )
        command, environment = [sys.executable, "-u", "-c", code], {**os.environ, **ONE_THREAD}
        ended = subprocess.run(command, cwd=ROOT, env=environment).returncode
        minutes = (time.time() - start) / 60
        print(f"--- {name} on {data}: {'FAILED' if ended else 'done'} after {minutes:.1f} min", flush=True)
        if ended:
            return ended
    return 0


def main(argv):
    available = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
    if unknown := [name for name in argv if name not in available]:
        print(f"no experiment {', '.join(unknown)}; there are {', '.join(available)}")
        return 1
    names = argv or available
    with ThreadPoolExecutor(2) as pool:
        failed = [name for name, ended in zip(names, pool.map(run, names)) if ended]
    if failed:
        print(f"Failed: {', '.join(failed)}. Mend them, then: make experiments CHAPTER={failed[0]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
