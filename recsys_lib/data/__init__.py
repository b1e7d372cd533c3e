"""From files to arrays: `from recsys_lib.data import load_movielens, split_by_user_time, …`."""

from .audit import audit
from .batches import ranking_batches, rating_batches, sample_negatives
from .files import data_home, fetch
from .interactions import IdMap, Interactions, likes, to_table
from .movielens import load_movielens, read_movielens
from .movietweetings import load_movietweetings
from .splits import (
    ColdItems,
    Split,
    cold_items,
    split_by_global_time,
    split_by_user_time,
    split_leave_last_out,
    split_random,
    split_users,
)
from .tables import read_csv
from .two_catalogues import TwoCatalogues, join_catalogues, match_titles
from .world import World, simulate_world
from .world_domains import DomainWorld, simulate_domains
from .world_sequences import SequenceWorld, simulate_sequences
from .world_texts import invented_texts

__all__ = [
    "ColdItems",
    "DomainWorld",
    "IdMap",
    "Interactions",
    "SequenceWorld",
    "Split",
    "TwoCatalogues",
    "World",
    "audit",
    "cold_items",
    "data_home",
    "fetch",
    "invented_texts",
    "join_catalogues",
    "likes",
    "load_movielens",
    "load_movietweetings",
    "match_titles",
    "ranking_batches",
    "rating_batches",
    "read_csv",
    "read_movielens",
    "sample_negatives",
    "simulate_domains",
    "simulate_sequences",
    "simulate_world",
    "split_by_global_time",
    "split_by_user_time",
    "split_leave_last_out",
    "split_random",
    "split_users",
    "to_table",
]
