"""Writes the data scripts of the explorable pages, book/static/explore/data/NAME.js: the numbers of the chapters.

    make explore                        # all, then the still figures
    python tools/explore.py contests    # one, data alone

Each script sets `exploreData.NAME`; its head names where the numbers come from, their seeds and versions."""

import json
import os
import sys
import time
from importlib import metadata

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}

from bookfiles import ROOT, write_atomically

sys.path.insert(0, str(ROOT))

import explore_codes
import explore_fusion
import explore_models
import explore_next_film

DATA = ROOT / "book" / "static" / "explore" / "data"
HEAD = """/* {about}
   Written by tools/explore.py. Seeds: {seeds}. Versions: {versions}.
"""
MOVIELENS = """\
   Derived from MovieLens ratings, collected by GroupLens at the University of Minnesota (Harper & Konstan 2015,
   https://doi.org/10.1145/2827872): for research, with this citation, under these same conditions, and not for
   commercial use without their permission. GroupLens does not endorse this book. The LICENSE of the book says more. */
"""


def contests():
    """hit@10 of five models in the three contests of Evaluation, with intervals, as its figure shows them."""
    from recsys_lib import results
    from recsys_lib.evaluation import compare

    frames = results.frames("evaluation")
    models = ("ItemKNN", "ALS", "EASE", "BPR, uniform", "BPR, popular")
    names = ("catalogue", "99 uniform", "99 popular")
    value = {"users": frames["EASE"][0]["user"].nunique(), "contests": names, "models": {name: [] for name in models}}
    for name in names:
        table = compare({model: frames[model] for model in models}, baseline="EASE", metric=f"hit@10, {name}")
        for model in models:
            value["models"][model].append([round(float(v), 4) for v in table.loc[model, ["mean", "low", "high"]]])
    about = "hit@10 of five models against the whole catalogue, 99 uniform and 99 popular rivals: [mean, low, high]."
    seeds = {"ALS and BPR": results.load("evaluation")["seeds"], "rivals": [1, 2], "bootstrap": 0}
    return {"about": about, "seeds": seeds, "value": value}


def plane():
    """The map: a projection of the vectors that stand in embedding.js."""
    return explore_models.plane(read_script((DATA / "embedding.js").read_text("utf-8")))


EXPORTS = {  # name of the script → function that gives dict(about, seeds, value); packages, source where they differ
    "contests": contests,
    "films": explore_models.films,
    "neighbours": explore_models.neighbours,
    "embedding": explore_models.embedding,
    "plane": plane,
    "next_films": explore_next_film.next_films,
    "next_model": explore_next_film.next_model,
    "fusion_scores": explore_fusion.fusion_scores,
    "codes": explore_codes.codes,
    "code_beams": explore_codes.code_beams,
}


def script(name, export):
    """The text of a data script."""
    versions = {p: metadata.version(p) for p in export.get("packages", ("numpy", "scipy"))}
    head = HEAD.format(about=export["about"], seeds=_listed(export["seeds"]), versions=_listed(versions))
    head += export.get("source", MOVIELENS)
    value = json.dumps(export["value"], ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return f"{head}(window.exploreData ??= {{}}).{name} = {value};\n"


def read_script(text):
    """The value that a data script sets."""
    return json.loads(text.split(" = ", 1)[1].rstrip().rstrip(";"))


def _listed(items):
    return ", ".join(f"{key} {str(value).strip('[]')}" for key, value in items.items()) or "none"


def main(argv):
    if unknown := [name for name in argv if name not in EXPORTS]:
        print(f"no export {', '.join(unknown)}; there are {', '.join(EXPORTS)}")
        return 1
    for name in argv or EXPORTS:
        start = time.time()
        try:
            text = script(name, EXPORTS[name]())
        except FileNotFoundError as error:
            print(f"{name}.js is not written: {error}")
            return 1
        write_atomically(DATA / f"{name}.js", text)
        print(f"{name}.js: {len(text.encode()) / 1000:.1f} kB ({time.time() - start:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
