"""What the page *Beat the fusion* computes with: scores of five models for 200 people, and what was measured of all.

Data: the test part of the course protocol on MovieLens small. Nothing was fitted on it and nothing chosen by it: all
models are fitted on what comes before, with the settings that other chapters chose on validation. `tools/explore.py`
writes the export as a script."""

import functools
from typing import NamedTuple

import numpy as np

from explore_models import packed, unpacked
from recsys_lib import fusion
from recsys_lib.candidates import relevant_matrix
from recsys_lib.data import load_movielens, split_by_user_time
from recsys_lib.evaluation import first_seconds, paired_bootstrap
from recsys_lib.metrics import ndcg
from recsys_lib.models import ALS, EASE, ContentTFIDF, NextItemRidge, Popularity, UnifiedFused
from recsys_lib.retrieval import top_k

LIKED, K, SEED = 4.0, 10, 0
PEOPLE, CANDIDATES = 200, 120
MODELS = {  # key → what the page calls it, the model; settings as chosen in *The full build* and *Sequences*
    "popularity": ("Popularity", lambda: Popularity()),
    "text": ("Text: title and genres", lambda: ContentTFIDF()),
    "als": ("ALS", lambda: ALS(n_factors=64, regularization=10.0, alpha=1.0, rng=SEED)),
    "ease": ("EASE", lambda: EASE(regularization=100.0)),
    "next": ("Next-item ridge", lambda: NextItemRidge(regularization=300.0, decay=0.9, window=20)),
}
MIXES = {  # weights in the order of the models, which the page's text speaks of
    "likes": (1, 0, 1, 1, 0),
    "equal": (1, 1, 1, 1, 1),
    "no popularity": (0, 1, 1, 1, 1),
    "no text": (1, 0, 1, 1, 1),
    "two": (0, 0, 0, 1, 1),
    "three": (0, 1, 0, 1, 1),
}
SLICES = ("long history", "popular taste", "the best two agree")
LOW, HIGH, STEP = -1, 2, 0.1  # of a weight
DRAWN, DIVISIONS = 300, 300  # mixes tried on a half, and halves drawn, to see what tuning promises and keeps


class People(NamedTuple):
    """Everybody who is tested: users, int (n,).   items: int (n, candidates), each person's candidates.   z: float64
    (n, candidates, models), each model's scores with mean 0 and deviation 1 among a person's candidates.   hits: bool
    (n, candidates).   n_wanted: int (n,), all likes of the test, candidates or not.   slices: bool (n, 3)."""

    users: np.ndarray
    items: np.ndarray
    z: np.ndarray
    hits: np.ndarray
    n_wanted: np.ndarray
    slices: np.ndarray


# --- Scores ---


@functools.cache
def split():
    return split_by_user_time(load_movielens())


def candidates(lists, n):
    """The first n items that stand in the lists of models, rank after rank; sorted, so that their order says nothing.

    lists: int (models, depth), -1 = none. ValueError where they hold fewer than n."""
    found = dict.fromkeys(int(item) for item in np.asarray(lists).T.ravel() if item >= 0)
    if len(found) < n:
        raise ValueError(f"expected {n} items in the lists, received {len(found)}")
    return np.sort(list(found)[:n])


@functools.cache
def everybody():
    """All people of the test who have a like in it and one before it."""
    cut = split()
    train, test = cut.before("test"), cut.test
    likes = train.take(train.rating >= LIKED)
    n_likes = np.bincount(likes.user, minlength=train.n_users)
    users = np.unique(test.user[test.rating >= LIKED])
    users = users[n_likes[users] > 0]
    seen = train.matrix()[users]
    wanted = relevant_matrix(test, users, LIKED)
    left = seen.toarray() == 0
    scores = [np.where(left, make().fit(train).score(users), -np.inf) for _label, make in MODELS.values()]
    lists = np.stack([top_k(of_model, CANDIDATES) for of_model in scores], axis=1)
    chosen = np.stack([candidates(of_person, CANDIDATES) for of_person in lists])

    def of_candidates(table):
        return np.take_along_axis(table, chosen, axis=1)

    z = np.stack([fusion.z_score(of_candidates(of_model).astype(np.float64)) for of_model in scores], axis=2)
    popularity = np.bincount(likes.item, minlength=train.n_items)
    taste = np.bincount(likes.user, popularity[likes.item], train.n_users)[users] / n_likes[users]
    ease, following = (lists[:, list(MODELS).index(name), :K] for name in ("ease", "next"))
    shared = np.array([len(np.intersect1d(a, b)) for a, b in zip(ease, following)])
    known = np.diff(seen.indptr)
    return People(
        users=users,
        items=chosen,
        z=z,
        hits=of_candidates(wanted.toarray() > 0),
        n_wanted=np.diff(wanted.indptr),
        slices=np.stack([of > np.median(of) for of in (known, taste, shared)], axis=1),
    )


@functools.cache
def learned():
    """Of everybody: the places of the candidates in the learned list (n, candidates), 0 first, and the NDCG@10 (n,) of
    the learned list of the whole catalogue."""
    people, train, test = everybody(), split().before("test"), split().test
    scores = UnifiedFused(seed=SEED).fit(train).score(people.users, at=first_seconds(test)[people.users])
    order = np.argsort(-np.take_along_axis(scores, people.items, axis=1), axis=1, kind="stable")
    wanted = relevant_matrix(test, people.users, LIKED)
    return np.argsort(order, axis=1), ndcg(top_k(scores, K, exclude=train.matrix()[people.users]), wanted)


def page_people():
    """Places among everybody of the people of the page: the first half is tuned on, the second hidden."""
    return np.random.default_rng(SEED).permutation(len(everybody().users))[:PEOPLE]


# --- Bytes ---


def stored_scores(z):
    """(whole numbers from −127 to 127 as float64, float32 steps (n, models)): a model's scores of a person in 254 steps
    from the least to the most.

    The middle is left out: a weight times it is the same for all candidates of a person, and changes no order."""
    low, high = z.min(axis=1), z.max(axis=1)
    steps = ((high - low) / 254).astype(np.float32)
    middle = ((high + low) / 2)[:, None, :]
    return np.round((z - middle) / np.where(steps > 0, steps, 1)[:, None, :].astype(np.float64)), steps


def restored(value):
    """What the page adds up, float64 (people, candidates, models), of a stored value."""
    shape = value["people"], len(value["models"]), value["candidates"]
    steps = unpacked(value["steps"], "float32").reshape(shape[:2]).astype(np.float64)
    return (unpacked(value["scores"], "int8").reshape(shape) * steps[:, :, None]).transpose(0, 2, 1)


# --- What was measured ---


def quality(order, people):
    """NDCG@10 of an order of the candidates (n, candidates), best first; of all likes, candidates or not."""
    worth = 1 / np.log2(np.arange(2, K + 2))
    found = np.take_along_axis(people.hits, order[:, :K], axis=1) @ worth
    return found / np.cumsum(worth)[np.minimum(people.n_wanted, K) - 1]


def of_mix(weights, people, z=None):
    """NDCG@10 of a weighted sum of the scores; ties to the candidate that stands first."""
    total = (people.z if z is None else z) @ np.asarray(weights, float)
    return quality(np.argsort(-total, axis=1, kind="stable"), people)


def row(*values):
    interval = paired_bootstrap(*values)
    return [round(float(v), 4) for v in (interval.mean, interval.low, interval.high)]


def drawn_mixes(rng):
    """Random weights, as the page's button draws them: (DRAWN, models)."""
    whole = rng.integers(round(LOW / STEP), round(HIGH / STEP) + 1, size=(DRAWN, len(MODELS)))
    return whole * STEP


def climbed(weights, people):
    """Weights from which no step of one weight leads higher, with all answers in view: a bound for fixed weights."""
    weights, best = np.array(weights, float), of_mix(weights, people).mean()
    for step in (0.4, 0.2, 0.1):
        higher = True
        while higher:
            tried = [weights + sign * step * one for one in np.eye(len(weights)) for sign in (1, -1)]
            means = [of_mix(one, people).mean() for one in tried]
            higher = max(means) > best
            if higher:
                weights, best = tried[int(np.argmax(means))], max(means)
    return weights


def tuning(table, n_single):
    """What choosing on one half promises there and keeps on the other, means over many halves of as many people.

    table: NDCG (people, mixes), the single models first."""
    rng, half, found = np.random.default_rng(SEED), PEOPLE // 2, []
    for _division in range(DIVISIONS):
        drawn = rng.permutation(len(table))[:PEOPLE]
        own, hidden = table[drawn[:half]].mean(axis=0), table[drawn[half:]].mean(axis=0)
        mix, single = own.argmax(), own[:n_single].argmax()
        found.append([own[mix], hidden[mix], own[single], hidden[single], hidden[mix] > hidden[single]])
    names = ("mix", "mix_hidden", "single", "single_hidden", "ahead")
    return {name: round(float(v), 4) for name, v in zip(names, np.mean(found, axis=0))}


def measured():
    """NDCG@10 of everybody, [mean, low, high]: of the models, of mixes, of the learned fusion among the candidates and
    everywhere, of the best fixed weights in hindsight, and of differences."""
    people, keys = everybody(), list(MODELS)
    singles = {key: of_mix(np.eye(len(keys))[m], people) for m, key in enumerate(keys)}
    mixes = {name: of_mix(weights, people) for name, weights in MIXES.items()}
    places, learned_everywhere = learned()
    drawn = np.vstack([np.eye(len(keys)), drawn_mixes(np.random.default_rng(SEED))])
    table = np.stack([of_mix(weights, people) for weights in drawn], axis=1)
    hindsight = climbed(MIXES["three"], people)
    of_learned = quality(np.argsort(places, axis=1), people)
    of_all = singles | mixes | {"learned": of_learned, "everywhere": learned_everywhere}
    of_all |= {"hindsight": of_mix(hindsight, people)}
    pairs = [("likes", "ease"), ("equal", "ease"), ("two", "ease"), ("three", "ease"), ("three", "two")]
    pairs += [("equal", "no popularity"), ("equal", "no text")]
    pairs += [("learned", "ease"), ("learned", "hindsight"), ("everywhere", "hindsight"), ("everywhere", "learned")]
    whole, steps = stored_scores(people.z)
    rounded = whole * steps.astype(np.float64)[:, None, :]
    weights = dict(zip(keys, np.eye(len(keys)))) | MIXES
    return {
        "n": len(people.users),
        "found": round(float(people.hits.sum() / people.n_wanted.sum()), 3),
        "ndcg": {name: row(values) for name, values in of_all.items()},
        "hindsight": [round(float(weight), 2) for weight in hindsight],
        "differences": {f"{a} minus {b}": row(of_all[a], of_all[b]) for a, b in pairs},
        "tuning": tuning(table, len(keys)),
        "rounding": {n: round(float((of_mix(w, people, rounded) - of_all[n]).mean()), 5) for n, w in weights.items()},
    }


# --- The export ---


def fusion_scores():
    """All that the page needs; of the people nothing but scores, which candidates they liked, and three slices."""
    people, chosen = everybody(), page_people()
    whole, steps = stored_scores(people.z[chosen])
    value = {
        "models": {key: label for key, (label, _make) in MODELS.items()},
        "people": PEOPLE,
        "candidates": CANDIDATES,
        "scores": packed(whole.transpose(0, 2, 1), "int8"),  # person, model, candidate
        "steps": packed(steps, "float32"),
        "learned": packed(learned()[0][chosen], "int8"),
        "hits": packed(np.packbits(people.hits[chosen], bitorder="little"), "uint8"),
        "wanted": packed(people.n_wanted[chosen], "uint16"),
        "slices": packed(people.slices[chosen] @ (1 << np.arange(len(SLICES))), "uint8"),
        "measured": measured(),
    }
    about = f"Scores of five models for {PEOPLE} people × {CANDIDATES} candidates in int8, places in the learned list."
    seeds = {"ALS, learned fusion, people, halves": SEED}
    return {"about": about, "seeds": seeds, "packages": ("numpy", "scipy", "scikit-learn"), "value": value}
