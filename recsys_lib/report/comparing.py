"""The comparison of a page: one split, a few models, and for each what it scored or why it could not be fitted."""

import re
import time
import warnings
from dataclasses import dataclass, field
from importlib import metadata

import numpy as np
import pandas as pd

from recsys_lib.data import Split, split_by_user_time, split_random
from recsys_lib.evaluation import compare, evaluate
from recsys_lib.models import EASE, ItemKNN, Popularity, UnifiedFused, recommend

METRICS = ("ndcg@10", "recall@20")
BASELINE = "Popularity"
FEW = 30  # users; with fewer, resampling users makes intervals too narrow
BY_TIME = (
    "Each user's pairs in order of time: about 70 % to learn from, then 10 %, then 20 % to test. Pairs of one second "
    "stay together, in the earlier part, so a part may be smaller and a user may have no test. What other users did "
    "later is learnt from; a test on everybody's future after one day may give lower numbers."
)
NOT_FITTED = (ValueError, KeyError, MemoryError, ArithmeticError)
MODELS = {  # name → factory of a model, given what a like is; the order is that of the run
    "Popularity": Popularity,
    "ItemKNN": ItemKNN,
    "EASE": EASE,
    "UnifiedFused": UnifiedFused,
}


@dataclass
class Comparison:
    """What a test on held-back pairs showed.

    split: None where nothing could be held back.   cut: how it was cut, or why it was not: sentences.   fair: is the
    test later than what was fitted on?   results: model → what `evaluate` returned.   failures: model → why there is
    none.   seconds: model → of fit and test.   left_out: what the fused model did without, and what that costs.
    notes: warnings that came."""

    split: Split | None
    cut: str
    fair: bool = False
    results: dict = field(default_factory=dict)
    failures: dict = field(default_factory=dict)
    seconds: dict = field(default_factory=dict)
    left_out: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    def table(self, metric, baseline=BASELINE):
        """`compare` of the models that were measured, best first; None with fewer than two users or no baseline."""
        if self.n_users() < 2 or baseline not in self.results:  # nothing to draw, nothing to compare with
            return None
        table = compare(self.results, baseline=baseline, metric=metric)
        return table.sort_values("mean", ascending=False, kind="stable")

    def best(self):
        """The name of the model with the highest mean of the first metric, the simplest of equals; None without one."""
        means = self.means(METRICS[0])
        return max(means, key=means.get) if means else None

    def means(self, metric):
        """Model → mean over users."""
        return {name: float(_values(frame, metric).mean()) for name, frame in self.results.items()}

    def n_users(self):
        """How many users have a like in the test part."""
        return next((int(_values(frame, METRICS[0]).notna().sum()) for frame in self.results.values()), 0)


def _values(frame, metric):
    return frame.loc[frame["metric"] == metric, "value"]


def cut(data):
    """A Comparison with a split and nothing measured: by the time of each user where that can be, else at random."""
    if data.n_users == 1:
        why = "The file has one user: there is nobody else to learn from, so a test of lists would show nothing."
        return Comparison(None, why)
    if np.bincount(data.user).max() == 1:
        why = "Each user has one pair: held back, nothing is known of its user; kept, nothing is left to test with."
        return Comparison(None, why)
    why = "The file has no times."
    if data.timestamp is not None:
        try:
            split = split_by_user_time(data)
            return Comparison(split, BY_TIME, fair=True)
        except ValueError:
            why = "In order of time no part of a user's pairs can be held back: they lie in one second, or are few."
    try:
        split = split_random(data, rng=0)
    except ValueError:
        return Comparison(None, f"{len(data):,} pairs are too few to learn from some and test with others.")
    leak = "what came later is learnt from, so a list of tomorrow may do worse than these numbers."
    return Comparison(split, f"{why} So the pairs were dealt out at random, 70, 10 and 20 %: {leak}")


def measure(comparison, liked_from, step, models=None):
    """Fits and tests each model and notes the outcome in the comparison.

    liked_from: None where every pair is a like.   step: a context manager, called with what begins.   models: name →
    factory; MODELS where None. What a model cannot do is noted as its failure, and the next one comes."""
    for name, factory in (MODELS if models is None else models).items():
        begin = time.perf_counter()
        with step(f"fitting and testing {name}") as say, warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            model = make(factory, liked_from)
            try:
                result = evaluate(model, comparison.split, relevant_from=liked_from, metrics=METRICS)
                comparison.results[name] = result
                say(f"NDCG@10 {_values(result, METRICS[0]).mean():.4f}")
            except NOT_FITTED as error:
                comparison.failures[name] = reason(error)
                say("not possible")
            comparison.left_out += getattr(model, "left_out_", [])
        comparison.seconds[name] = time.perf_counter() - begin
        for note in (spoken(warning.message) for warning in told if issubclass(warning.category, UserWarning)):
            if not any(note[:20] == other[:20] for other in comparison.notes):  # each model warns of a threshold
                comparison.notes.append(note)
    return comparison


def make(factory, liked_from):
    """A model that takes a rating of liked_from or more as a like, or every pair where that is None."""
    return factory(implicit=True) if liked_from is None else factory(liked_from=liked_from)


def reason(error):
    """An error as one line."""
    return spoken(error.args[0] if isinstance(error, KeyError) and error.args else error) or type(error).__name__


def spoken(message):
    """A message of the library as one line in the words of the command."""
    return re.sub(r"\b(liked_from|relevant_from)\b", "--liked-from", " ".join(str(message).split()))


@dataclass(frozen=True)
class UserList:
    """One user's list. has: "liked", or "has" where the user likes nothing or every pair is a like.   history: a few of
    these pairs, newest first.   listed: what `recommend` returned, or None with a sentence in `why`.   by: the model.
    why: what a reader must know of the list."""

    user: object
    has: str
    history: pd.DataFrame
    listed: pd.DataFrame | None
    by: str
    why: str


def list_for(data, user, name, liked_from, step, models=None, k=10):
    """The UserList of a model that is fitted on the whole file.

    user: an id; None takes the user whose number of likes is the median.   name: of the model; None for Popularity."""
    models = MODELS if models is None else models
    chosen = ""
    if user is None:
        likes = np.diff(data.likes(4.0 if liked_from is None else liked_from).indptr)
        user = data.users[int(np.argmin(np.abs(likes - np.median(likes[likes > 0]))))]
        chosen = "Nobody was asked for (--user ID), so this is the first user with the median number of likes. "
    with step(f"a list by {name or BASELINE}") as say, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # told already
        fallback = make(Popularity, liked_from).fit(data)
        model, why = fallback, ""
        if name not in (None, BASELINE):
            try:
                model = make(models[name], liked_from).fit(data)
            except NOT_FITTED as error:
                why = f"{name} could not be fitted on the whole file ({reason(error)}), so these are the most liked. "
        try:
            listed = recommend(model, user, k=k)
        except ValueError:
            why = f"{name} knows too little of this user for a list, so these are the items that most users liked. "
            model, listed = fallback, recommend(fallback, user, k=k)
        say("")
    by, has, history = BASELINE if model is fallback else name, *_history(data, user, liked_from)
    if not len(listed):
        return UserList(user, has, history, None, by, f"{chosen}This user has every item of the file already.")
    if len(listed) < k:
        why += f"Only {len(listed)} items are left that this user does not have."
    return UserList(user, has, history, listed, by, (chosen + why).strip())


def _history(data, user, liked_from, n=10):
    """ "liked" or "has", and a table of the last n of these pairs, newest first."""
    own, has = data.take(data.user == data.users.index(user)), "has"
    if liked_from is not None and (own.rating >= liked_from).any():
        own, has = own.take(own.rating >= liked_from), "liked"
    if own.timestamp is not None:
        own = own.take(np.argsort(-own.timestamp, kind="stable"))
    own = own.take(slice(n))
    table = pd.DataFrame({"item_id": [own.items[i] for i in own.item.tolist()]})
    if data.item_table is not None:
        told = data.item_table.drop(columns=["item_id", "rating", "date"], errors="ignore")
        table = pd.concat([table, told.iloc[own.item].reset_index(drop=True)], axis=1)
    if own.rating is not None:
        table["rating"] = own.rating
    if own.timestamp is not None:
        table["date"] = own.timestamp.astype("datetime64[s]").astype("datetime64[D]").astype(str)
    return has, table


def versions():
    """What computed the page: name and version of each package that matters."""
    import recsys_lib

    packages = {name: metadata.version(name) for name in ("numpy", "scipy", "pandas", "scikit-learn")}
    return {"recsys_lib": recsys_lib.__version__, **packages}
