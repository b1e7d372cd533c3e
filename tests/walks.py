"""Small histories in order, for tests of models that read sequences."""

import numpy as np

from recsys_lib.data import IdMap, Interactions


def interactions(histories, n_items):
    """Interactions of lists of items, a second a step."""
    user = np.repeat(np.arange(len(histories)), [len(h) for h in histories])
    second = np.concatenate([np.arange(len(h)) for h in histories])
    ids = IdMap([f"u{n}" for n in range(len(histories))]), IdMap([f"i{n}" for n in range(n_items)])
    item = np.concatenate([np.asarray(h, int) for h in histories])
    return Interactions(user, item, np.full(len(user), 5, np.float32), second, *ids)


def walks(n_people=60, n_items=12, steps=9):
    """Each person walks round a circle of items, from a place of its own."""
    return interactions([(start + np.arange(steps)) % n_items for start in range(n_people)], n_items)
