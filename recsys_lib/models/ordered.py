"""What the models share that read the order of a history, and those that know the date. No TensorFlow."""

import numpy as np

from recsys_lib._checks import in_seconds, require
from recsys_lib.data.interactions import Interactions
from recsys_lib.data.sequences import Sequences, sequences
from recsys_lib.models.base import BaseRecommender


class OrderedRecommender(BaseRecommender):
    """A model that reads what each person liked, in order. It writes `_fit(train)` and `_score(sequences)`.

    Fitted by the base, besides what every model has: `events_`, the Sequences of the likes it was fitted on, with their
    seconds. A history comes as Interactions: a csr has no order."""

    reads_order = True
    _kept = ("train_", "event_indptr_", "event_items_", "event_seconds_")

    def _keep(self, train):
        super()._keep(train)
        train.require_timestamp()
        liked = train if self.implicit_ else train.binarize(self.liked_from)
        self.event_indptr_, self.event_items_, self.event_seconds_ = sequences(liked)

    @property
    def events_(self):
        """The likes fitted on, a Sequences with an entry for each user."""
        return Sequences(self.event_indptr_, self.event_items_, self.event_seconds_)

    def score(self, users=None, *, history=None):
        """Scores of the whole catalogue, higher is better.

        users: int (n,), indices the model was fitted on; scored from what they liked in training, in its order.
        history: Interactions over the same items, a row of scores for each of its users; without timestamps its rows
        are taken in their order. One of the two, never both.
        Returns float32 (n, n_items). Raises NotFittedError; KeyError for a user without a rating in training;
        ValueError for a history that is no Interactions (a csr has no order) or of other items, and for both arguments
        or none."""
        return self._score(self._sequences_of(users, history)).astype(np.float32, copy=False)

    def _sequences_of(self, users, history):
        self._check_fitted()
        if users is not None and history is not None:
            raise ValueError("expected users (indices) or history=, received both")
        if history is None:
            return self.events_.take(self._known(users))
        if not isinstance(history, Interactions):
            kind = type(history).__name__
            raise ValueError(
                f"{type(self).__name__} reads the order: expected history as Interactions, received {kind}"
            )
        if history.items != self.items_:
            raise ValueError(f"expected a history over the {len(self.items_)} items fitted on, received others")
        all_liked = self.implicit_ or history.rating is None
        return sequences(history if all_liked else history.binarize(self.liked_from))


class DatedRecommender(OrderedRecommender):
    """An ordered model that is told the moment of each request. It writes `_score(sequences, at)`.

    Everything that it counts of other people's timestamps comes from `recent`, which reads no event at or after the
    moment. What is *fitted* saw all of the training, as in every model of that split: of this hindsight only a cut at
    one moment for all (`split_by_global_time`) is free.
    Fitted by the base: `dated_items_`, `dated_seconds_`, all likes in time order."""

    needs_likes = False
    _kept = (*OrderedRecommender._kept, "dated_items_", "dated_seconds_")

    def _keep(self, train):
        super()._keep(train)
        order = np.argsort(self.event_seconds_, kind="stable")
        self.dated_items_, self.dated_seconds_ = self.event_items_[order], self.event_seconds_[order]

    def score(self, users=None, *, history=None, at=None):
        """Scores of the whole catalogue at a moment, higher is better.

        users, history: as of `OrderedRecommender.score`. Of a person's own history only what lies before the moment
        counts.   at: int64 (n,), the second of each request; None is the last second fitted on + 1, for all.
        Returns float32 (n, n_items). Raises what `OrderedRecommender.score` does; ValueError for an `at` of another
        length, or whose values are no whole seconds."""
        of = self._sequences_of(users, history)
        at = self.moments(at, len(of.indptr) - 1)
        return self._score(of.before(at), at).astype(np.float32, copy=False)

    def replay(self, events):
        """Let what others did after the fit count too, where it lies before the moment; weights stay. Returns self.

        events: Interactions over the same items, such as the held-out part. `evaluate(replay=part)` calls it."""
        self._check_fitted()
        if require(events, Interactions).items != self.items_:
            raise ValueError(f"expected events over the {len(self.items_)} items fitted on, received others")
        seconds = events.require_timestamp()
        liked = slice(None) if self.implicit_ or events.rating is None else events.rating >= self.liked_from
        items = np.append(self.dated_items_, events.item[liked])
        seconds = np.append(self.dated_seconds_, seconds[liked])
        order = np.argsort(seconds, kind="stable")
        self.dated_items_, self.dated_seconds_ = items[order], seconds[order]
        return self

    def recent(self, at, window):
        """How often each item was liked in the `window` seconds before each moment: float32 (n, n_items).

        count(u, i) = |{events of i with at_u − window ≤ t < at_u}|"""
        moments, of = np.unique(at, return_inverse=True)
        low, high = np.searchsorted(self.dated_seconds_, [moments - window, moments])
        counts = np.empty((len(moments), len(self.items_)), np.float32)
        for row, a, b in zip(counts, low, high):
            row[:] = np.bincount(self.dated_items_[a:b], minlength=len(row))
        return counts[of]

    def moments(self, at, n):
        """The second of each of n requests, int64 (n,): `at` as it is, or for None just after the last one fitted on.

        Raises ValueError for another length, or what is no whole seconds."""
        if at is None:
            return np.full(n, self.dated_seconds_[-1] + 1)
        at = np.atleast_1d(np.asarray(at))
        if at.shape != (n,) or (n and at.dtype.kind not in "iu"):
            raise ValueError(f"expected at as {n} whole seconds, one a person, received {at.dtype} of shape {at.shape}")
        in_seconds(at)
        return at.astype(np.int64)
