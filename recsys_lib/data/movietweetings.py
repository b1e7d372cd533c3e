"""MovieTweetings 100K: ratings that people tweeted, in the order in which they watched. Comes with the library.

Source: Dooms, De Pessemier & Martens 2013, under the MIT licence, which stands beside the file."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pandas as pd

from .interactions import IdMap, Interactions

FILE = Path(__file__).parent / "movietweetings_100k" / "ratings.npz"  # made by tools/pack_movietweetings.py
SHA256 = "3eec1cafc5537ff504fcd4e6c55c8f3f50a8df37ad7a4de41c93392a4e8add06"
LIKED_FROM = 8.0  # of 10; a rating from here on is a like, as 4 of 5 is in MovieLens


def load_movietweetings():
    """MovieTweetings 100K: 16,554 users × 10,506 films, 100,000 ratings of 0 to 10 from February to September 2013.

    A like is a rating of 8 or more, `LIKED_FROM`: give it to models as `liked_from` and to `evaluate` as
    `relevant_from`. Users are whole numbers; an item_id is the film's number at IMDb, as text ("0133093").
    Item table: item_id, title, year, genres ("Action|Comedy"; empty for a film without), in the order of item_id.
    Raises FileNotFoundError where the file of the package is missing, ValueError if it is not the one expected.
    Source: Dooms, De Pessemier & Martens 2013. Chapter: Evaluation."""
    if not FILE.exists():
        raise FileNotFoundError(f"expected {FILE.name} of MovieTweetings in the package, got nothing: install it again")
    content = FILE.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256:
        raise ValueError(f"expected {FILE.name} of MovieTweetings with SHA-256 {SHA256}, got {digest}")
    with np.load(io.BytesIO(content), allow_pickle=False) as packed:
        columns = {name: packed[name] for name in packed.files}
    text = {name: columns[name].tobytes().decode("utf-8").split("\n") for name in ("item_id", "title", "genres")}
    items = IdMap(text["item_id"])
    item_table = pd.DataFrame({**text, "year": pd.array(columns["year"], dtype="Int64")})
    users = IdMap.from_values(columns["user"])
    pairs = users.indices(columns["user"]), columns["item"], columns["rating"], columns["timestamp"]
    return Interactions(*pairs, users, items, item_table[["item_id", "title", "year", "genres"]])
