"""What every recommender shares: the contract, fit, score and save, and `recommend` in external ids. No TensorFlow."""

import inspect
from collections.abc import Mapping
from typing import Protocol

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError

from recsys_lib._checks import check_csr, indices, require
from recsys_lib._thresholds import warn_of_threshold
from recsys_lib.data.ids import IdMap
from recsys_lib.data.interactions import Interactions, likes, with_data
from recsys_lib.models import saving
from recsys_lib.retrieval import top_k

ROUNDING = 1e-6  # what a score of 0 may be off by


class Recommender(Protocol):
    """The contract: what `evaluate` asks of a model. `recommend` and `save` need a `BaseRecommender`.

    A model of your own may have `needs_likes = False`, which says that it answers anybody, and `can_score` as below;
    `reads_order = True`, which says that it takes a history as Interactions; and an argument `at` of `score`, seconds
    one a user, which says that it knows the date."""

    def fit(self, train) -> "Recommender": ...

    def score(self, users=None, *, history=None) -> np.ndarray: ...


class BaseRecommender:
    """Fit, score, save. A model writes `_fit(train)` and `_score(users, history)` and names its arrays in `_arrays`.

    Settings are the keyword-only arguments of the constructor, kept under the same names; what is fitted ends in `_`.
    Fitted by the base: `users_`, `items_` (IdMap), `item_table_`, `implicit_` (every pair is a like: there are no
    ratings, or the setting `implicit` says so) and `train_` (csr, n_users × n_items, ratings), which serves as history
    of the known users and as what they have seen.
    """

    _arrays: tuple[str, ...] = ()  # fitted arrays that `save` must keep, besides those of the base:
    _kept: tuple[str, ...] = ("train_",)
    implicit = False  # every pair is a like, whatever its rating, where the model has such a setting
    reads_order = False  # takes a history as Interactions, in its order
    liked_from = 4.0  # a rating from here on is a like, where the model has no such setting
    needs_likes = True  # nothing to say about a person without a like; False where the model answers anybody
    _learns_likes = True  # nothing to learn from data without a like
    _uses_history = True  # can score a user from history alone

    @classmethod
    def _setting_names(cls):
        return [p.name for p in inspect.signature(cls).parameters.values() if p.kind is p.KEYWORD_ONLY]

    @property
    def settings(self):
        """The constructor's arguments, by name."""
        return {name: getattr(self, name) for name in self._setting_names()}

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.settings.items())})"

    def fit(self, train):
        """Learn from `train` (Interactions). Returns self.

        Raises ValueError if there is nothing in it, or no like where the model learns from likes; TypeError for any
        other kind of data. Warns (UserWarning) where the model learns from likes and `liked_from` makes over 90 % or
        under 10 % of the ratings likes: it may be meant for another scale. Fewer than ten ratings, or all the same,
        show no scale."""
        if len(require(train, Interactions)) == 0:
            raise ValueError(f"{type(self).__name__}.fit expected interactions, received none")
        self.users_, self.items_, self.item_table_ = train.users, train.items, train.item_table
        self.implicit_ = train.rating is None or self.implicit
        try:
            self._keep(train)
            if self._learns_likes and not self.likes_of(self.train_).nnz:
                low, high = train.rating.min(), train.rating.max()
                raise ValueError(
                    f"expected likes to learn from, ratings of {self.liked_from} or more: received {low:g} to {high:g}"
                )
            if self._learns_likes and not self.implicit_:
                warn_of_threshold("liked_from", self.liked_from, train.rating, stacklevel=2)
            self._fit(train)
        except BaseException:
            vars(self).pop("train_", None)  # half a fit is no fit
            raise
        return self

    def _keep(self, train):
        """What the base keeps of the data, before `_fit`."""
        self.train_ = train.matrix()

    def score(self, users=None, *, history=None):
        """Scores of the whole catalogue, higher is better.

        users: int (n,), indices the model was fitted on; scored from what they rated in training.
        history: csr (n, n_items) of ratings (ones where the data are implicit), one row for each user to be scored, for
        users who were not there in training. One of the two, never both.
        Returns float32 (n, n_items). A row that the model cannot answer (`can_score`) holds what is left without the
        person, all zeros or the bias of the items: it is no answer, and `evaluate` and `recommend` make no list of it.
        Raises NotFittedError; KeyError for a user without a rating in training; TypeError for a history that is not
        sparse; ValueError for one of another shape, not finite, or given to a model that cannot use one, and for both
        arguments or none."""
        self._check_fitted()
        if users is not None and history is not None:
            raise ValueError("expected users (indices) or history=, received both")
        if history is None:
            users = self._known(users)
            return self._score(users, self.train_[users]).astype(np.float32, copy=False)
        if not self._uses_history:
            raise ValueError(f"{self!r} knows only the users it was fitted on: it cannot score a history")
        return self._score(None, self._check_history(history)).astype(np.float32, copy=False)

    def can_score(self, history, scores=None):
        """Of whom the model knows enough to score them: bool (n,).

        history: csr (n, n_items) of ratings, a row a person.   scores: what `score` gave for them, or None.
        A model that needs likes cannot score a person without one: popularity, or the bias of an item, is no evidence
        about a person. Nor can it where all scores outside the history are 0 (up to 1e-6, for rounding), as of somebody
        who liked only what nobody else rated. Popularity and the bias model answer anybody.
        Chapter: Evaluation."""
        if not self.needs_likes:
            return np.ones(history.shape[0], bool)
        able = np.diff(self.likes_of(history).indptr) > 0
        if scores is not None:
            elsewhere = scores.copy()
            elsewhere[history.tocoo().coords] = 0
            rated_all = np.diff(history.indptr) == scores.shape[1]  # there is no elsewhere
            able &= rated_all | (np.abs(elsewhere) > ROUNDING).any(axis=1)
        return able

    def likes_of(self, history):
        """The 0/1 matrix of liked items in a csr of ratings: stored entries at or above `liked_from`."""
        history = check_csr("history", history)
        return with_data(history, np.ones_like(history.data)) if self.implicit_ else likes(history, self.liked_from)

    def save(self, folder):
        """Write the fitted model to `folder`: `model.json` (class, settings, ids) and its arrays; no pickle.

        folder: a path; ~ is the home folder.
        Everything is written beside the folder and renamed at the end, so an error leaves the old one. A process killed
        between the last two renames leaves it whole in a hidden folder beside, `.NAME-…/old`.
        Raises NotFittedError; TypeError for a class of your own, of which `load` knows nothing, for ids or cells of the
        item table that are no numbers or texts, or a setting such as a Generator; ValueError if `folder` holds anything
        that `save` did not write."""
        self._check_fitted()
        saving.save(self, folder)

    def write_files(self, folder):
        """What `save` keeps beside `model.json`: the fitted arrays, into a folder that is there."""
        saving.write_arrays(folder, {name: getattr(self, name) for name in (*self._kept, *self._arrays)})

    def read_files(self, folder):
        """The way back, for `load`."""
        vars(self).update(saving.read_arrays(folder, (*self._kept, *self._arrays)))

    def _check_fitted(self):
        if not hasattr(self, "train_"):
            raise NotFittedError(f"{type(self).__name__} is not fitted yet: call fit(train) first")

    def _known(self, users):
        if users is None:
            raise ValueError("expected users (indices) or history=, received neither")
        users = np.atleast_1d(np.asarray(users))
        if users.ndim != 1 or (users.size and users.dtype.kind not in "iu"):
            raise ValueError(f"expected users as a list of indices, received {users.dtype} of shape {users.shape}")
        users = users.astype(np.int64)
        inside = (users >= 0) & (users < len(self.users_))
        known = inside.copy()
        known[inside] = np.diff(self.train_.indptr)[users[inside]] > 0
        if not known.all():
            raise KeyError(f"{type(self).__name__} was not fitted on the user indices {users[~known][:5].tolist()}")
        return users

    def _pairs(self, users, items):
        """Users that were fitted on, and items, as the two sides of as many pairs."""
        self._check_fitted()
        users, items = self._known(users), np.atleast_1d(items)
        if items.shape != users.shape:
            raise ValueError(f"expected one item for each of {len(users)} users, received items {items.shape}")
        return users, indices("items", items, len(self.items_), error=IndexError)

    def _check_history(self, history):
        history = check_csr("history", history)
        if history.shape[1] != len(self.items_):
            raise ValueError(f"expected history of shape (n, {len(self.items_)}), received {history.shape}")
        if not np.isfinite(history.data).all():
            raise ValueError("expected finite ratings in history, received NaN or infinity")
        if not history.has_canonical_format:
            entries, history = history.nnz, history.copy()
            history.sum_duplicates()
            if history.nnz < entries:
                repeats = entries - history.nnz
                raise ValueError(f"expected each item once in a row of history, received {repeats} repeats")
        return history


def recommend(model, user_id=None, *, k=10, history=None, at=None, fallback=None, exclude_seen=True):
    """The best k items for one person, in external ids.

    user_id: somebody the model was fitted on.   history: in its place, {item_id: rating} of somebody who was not there;
    a model that reads the order takes it as it stands, oldest first.   at: for a model that knows the date, the second
    of the request; None is just after the last second fitted on.
    fallback: a fitted model (Popularity) that answers for an unknown user, or for whom the model cannot score
    (`can_score`): above all a person who liked nothing.
    Returns DataFrame(rank, item_id, columns of the item table, score), best first; seen items are left out. Columns
    rank and score of the item table give way to these.
    Raises KeyError for an unknown user or unknown items, with a fallback too where a known id is written alike ("1" for
    1); ValueError where the model cannot score the person and there is no fallback, or where the fallback was fitted on
    other items or needs likes itself, or for an `at` that the model does not take; TypeError for a model that is no
    `BaseRecommender`.
    Chapter: The full build."""
    require(model, BaseRecommender)._check_fitted()
    if (user_id is None) == (history is None):
        raise ValueError("expected one of user_id and history=, received " + ("neither" if user_id is None else "both"))
    if fallback is not None:
        require(fallback, BaseRecommender)._check_fitted()
        if fallback.items_ != model.items_:
            raise ValueError("expected a fallback fitted on the same items as the model")
        if fallback.needs_likes:
            raise ValueError(f"expected a fallback that needs no likes, such as Popularity, received {fallback!r}")
    if at is not None and "at" not in inspect.signature(model.score).parameters:
        raise ValueError(f"{type(model).__name__} does not know the date: expected no at=, received {at!r}")
    when = {} if at is None else {"at": at}
    if history is not None:
        seen = _row_of_history(model, history)
        known = _in_order(model, history) if model.reads_order else seen
        scores = model.score(history=known, **when)
    elif _was_fitted_on(model, user_id):
        user = model.users_.index(user_id)
        seen, scores = model.train_[[user]], model.score([user], **when)
    elif fallback is not None and (user_id in model.users_ or model.users_.alike(user_id) is None):
        seen, scores = csr_array((1, len(model.items_)), dtype=np.float32), None
    else:
        known = f"user {user_id!r} had no rating in what the model was fitted on; pass history= or fallback="
        raise KeyError(known if user_id in model.users_ else model.users_.why_unknown(user_id))
    if scores is None or not model.can_score(seen, scores)[0]:
        if fallback is None:
            liked = "that others liked too" if model.likes_of(seen).nnz else "to go by"
            raise ValueError(
                f"expected an item rated {model.liked_from} or more {liked}, received none; "
                "pass fallback=, a fitted Popularity, to get its answer instead"
            )
        model, scores = fallback, fallback.score(history=seen)
    ranked = top_k(scores, k, exclude=seen if exclude_seen else None)[0]
    ranked = ranked[ranked >= 0]
    table = pd.DataFrame({"rank": np.arange(1, len(ranked) + 1), "item_id": [model.items_[int(i)] for i in ranked]})
    if model.item_table_ is not None:
        told = model.item_table_.drop(columns=["rank", "item_id", "score"], errors="ignore")
        table = pd.concat([table, told.iloc[ranked].reset_index(drop=True)], axis=1)
    return table.assign(score=scores[0, ranked])


def _was_fitted_on(model, user_id):
    """Had this user a rating in training?"""
    return user_id in model.users_ and model.train_[[model.users_.index(user_id)]].nnz > 0


def _in_order(model, history):
    """The Interactions of a mapping item_id -> rating, of one person, in its order."""
    items, ratings = model.items_.indices(history), np.array(list(history.values()), dtype=np.float32)
    return Interactions(np.zeros(len(items), int), items, ratings, None, IdMap(["you"]), model.items_)


def _row_of_history(model, history):
    """csr row of a mapping item_id -> rating."""
    if not isinstance(history, Mapping):
        raise TypeError(f"expected history as a mapping item_id -> rating, received {type(history).__name__}")
    if unknown := [item_id for item_id in history if item_id not in model.items_]:
        raise KeyError(f"unknown items {unknown} in history: {model.items_.why_unknown(unknown[0])}")
    ratings = np.array(list(history.values()), dtype=np.float32)
    items = model.items_.indices(history)
    return model._check_history(csr_array((ratings, (np.zeros(len(items), int), items)), shape=(1, len(model.items_))))
