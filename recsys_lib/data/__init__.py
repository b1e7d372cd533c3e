"""From files to arrays: `from recsys_lib.data import load_movielens, split_by_user_time, …`."""

from .interactions import IdMap, Interactions, likes, to_table
from .movielens import load_movielens
from .splits import (
    Split,
    split_by_global_time,
    split_by_user_time,
    split_leave_last_out,
    split_random,
    split_users,
)

__all__ = [
    "IdMap",
    "Interactions",
    "Split",
    "likes",
    "load_movielens",
    "split_by_global_time",
    "split_by_user_time",
    "split_leave_last_out",
    "split_random",
    "split_users",
    "to_table",
]
