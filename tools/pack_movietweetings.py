"""Packs the files of MovieTweetings 100K into the one file that the library carries.

    python tools/pack_movietweetings.py FOLDER   # with ratings.dat, movies.dat and LICENSE, as published

Users keep the numbers of the file and nothing else: the published file of account ids is not read. Prints the
SHA-256 that `recsys_lib/data/movietweetings.py` expects."""

import hashlib
import shutil
import sys
from pathlib import Path

import numpy as np

from bookfiles import ROOT
from recsys_lib.data.movielens import TITLE_AND_YEAR

TARGET = ROOT / "recsys_lib" / "data" / "movietweetings_100k"


def read(path):
    """The fields of each line, which "::" separates."""
    return [line.split("::") for line in path.read_text(encoding="utf-8").splitlines()]


def pack(folder):
    """The arrays of the packed file: pairs in the order of the file, films in the order of their ids."""
    ratings = read(folder / "ratings.dat")
    films = sorted(read(folder / "movies.dat"))
    ids = np.array([film[0] for film in films])
    titles = [TITLE_AND_YEAR.fullmatch(film[1]) for film in films]
    return {
        "user": np.array([row[0] for row in ratings]).astype(np.int32),
        "item": np.searchsorted(ids, [row[1] for row in ratings]).astype(np.int16),
        "rating": np.array([row[2] for row in ratings]).astype(np.int8),
        "timestamp": np.array([row[3] for row in ratings]).astype(np.int32),
        "item_id": text(ids),
        "title": text(title[1] for title in titles),
        "year": np.array([title[2] for title in titles]).astype(np.int16),
        "genres": text(film[2] for film in films),
    }


def text(lines):
    """Lines of text as bytes: an array that is read without pickle."""
    return np.frombuffer("\n".join(lines).encode("utf-8"), dtype=np.uint8)


def main(folder):
    TARGET.mkdir(exist_ok=True)
    np.savez_compressed(TARGET / "ratings.npz", **pack(Path(folder)))
    shutil.copyfile(Path(folder) / "LICENSE", TARGET / "LICENSE")
    content = (TARGET / "ratings.npz").read_bytes()
    print(f"{len(content):,} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
