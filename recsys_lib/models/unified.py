"""One recommender from all of the book: many models retrieve, trees over their scores rank. No TensorFlow."""

from dataclasses import replace

import numpy as np

from recsys_lib._checks import choice, generator, setting
from recsys_lib.candidates import relevant_matrix, union
from recsys_lib.data.interactions import Interactions
from recsys_lib.data.sequences import of_users
from recsys_lib.data.slices import time_slices
from recsys_lib.evaluation import first_seconds
from recsys_lib.fusion import min_max
from recsys_lib.models.base import BaseRecommender
from recsys_lib.models.content import text_vectors
from recsys_lib.models.learned_fusion import TreeRanker, refuse_own_target
from recsys_lib.models.signals import GROUPS, Signals
from recsys_lib.retrieval import top_k

BLOCK = 512  # people scored together
FIRST = 20  # the places among which new items get theirs


class UnifiedFused(BaseRecommender):
    """Candidates from every single model, ranked by trees that learnt on earlier slices of time whom to trust.

        candidates(u) = ∪_m top_k(score_m(u), n_candidates);   score(u, i) = 1 + P(hit | columns(u, i)) for a candidate,
        in [0, 1) by EASE for other items, and −1 to 0 by their text for items that nobody has rated

    Within `fit` everything is fitted again for each slice on its history alone, and the trees learn from its target
    (`time_slices`, `refuse_own_target`); then on the whole. Texts, years, genres and timestamps are used where the data
    have them; `left_out_` says what was not there, and what that costs.
    width, n_slices: of the slices.   n_candidates: of each model.   max_people: of each slice, drawn where there are
    more.   n_trees, learning_rate, n_leaves: of the `TreeRanker`.   new_items: so many of the first twenty places, the
    last of them, go to items that nobody has rated, the best by their text (`ItemRidge`).   without: groups of models
    and columns that are left out, names of `signals.GROUPS`, to see what each is worth.   hindsight: columns of what
    others did after the moment: to compare with, never for use.
    liked_from, implicit: as of every model.   seed: all that is drawn.   vectors: (n_items, d) of the items' texts, in
    place of TF-IDF.
    A history without timestamps counts as rated just before the moment, in its order.
    Fitted: `signals_`, `names_` of the columns, `ranker_`, None where no target has a like: then EASE alone ranks.
    Chapter: One recommender from all of it."""

    reads_order = True
    needs_likes = False

    def __init__(
        self,
        *,
        width=0.125,
        n_slices=4,
        n_candidates=60,
        max_people=4000,
        n_trees=400,
        learning_rate=0.03,
        n_leaves=15,
        new_items=2,
        without=(),
        hindsight=False,
        liked_from=4.0,
        implicit=False,
        seed=0,
        vectors=None,
    ):
        self.width, self.n_slices = setting("width", width, 0, 1), setting("n_slices", n_slices, 1, whole=True)
        self.n_candidates = setting("n_candidates", n_candidates, 1, whole=True)
        self.max_people = setting("max_people", max_people, 1, whole=True)
        self.n_trees, self.learning_rate, self.n_leaves = n_trees, learning_rate, n_leaves
        TreeRanker(n_trees=n_trees, learning_rate=learning_rate, n_leaves=n_leaves)  # raises where one is wrong
        self.new_items = setting("new_items", new_items, 0, FIRST, whole=True)
        self.without = tuple(choice("without", group, tuple(GROUPS)) for group in without)
        self.hindsight = choice("hindsight", hindsight, (True, False))
        self.liked_from = setting("liked_from", liked_from)
        self.implicit = choice("implicit", implicit, (True, False))
        self.seed, self.vectors = setting("seed", seed, 0, whole=True), vectors

    def _fit(self, train):
        self.events_, self._vectors = train, self.text_vectors(train)
        rng = generator(self.seed)
        try:
            slices = time_slices(train, n=self.n_slices, width=self.width, rng=rng)
        except ValueError:  # nobody has a second rating
            slices = []
        lists = [self._training_list(one, rng) for one in slices if len(one.target) and len(one.history)]
        lists = [one for one in lists if one is not None]
        self.signals_ = self.fit_signals(train)
        self.left_out_ = list(self.signals_.left_out_)
        self.new_ = np.bincount(train.item, minlength=train.n_items) == 0
        if self._vectors is None:
            self.left_out_.append("texts: items that nobody has rated are never recommended")
        self.names_ = lists[0][0] if lists else ()
        self.ranker_ = None
        if lists:
            columns, hits = (np.concatenate([one[i] for one in lists]) for i in (1, 2))
            row = np.concatenate([one[3] + i * train.n_users for i, one in enumerate(lists)])
            self.learn(columns, hits, row)
        else:
            self.left_out_.append("training lists: nobody likes anything after a first rating, so nothing is learnt")

    def learn(self, columns, hits, row):
        """The trees, of the candidates of all slices; row: whose list each is of."""
        settings = {"n_trees": self.n_trees, "learning_rate": self.learning_rate, "n_leaves": self.n_leaves}
        self.ranker_ = TreeRanker(**settings, seed=self.seed).fit(columns, hits, row)

    def fit_signals(self, train):
        """The single models and columns, fitted on a slice's history or on everything."""
        settings = {"without": self.without, "hindsight": self.hindsight, "vectors": self._vectors}
        return Signals(liked_from=self.liked_from, implicit=self.implicit_, rng=self.seed, **settings).fit(train)

    def _training_list(self, one, rng):
        """(names, columns, hits, row) of the candidates of one slice; None where nothing can be learnt of it."""
        if not self.likes_of(one.history.matrix()).nnz:
            return None
        signals = self.fit_signals(one.history)
        refuse_own_target(one.history, one.target)
        people = one.people(self.max_people, rng)
        liked_from = None if self.implicit_ else self.liked_from
        relevant = relevant_matrix(one.target, people, liked_from)
        at = None if one.target.timestamp is None else first_seconds(one.target)[people]
        parts = []
        for start in range(0, len(people), BLOCK):
            some = slice(start, start + BLOCK)
            known, moments = of_users(one.history, people[some]), None if at is None else at[some]
            candidates, columns, _ = self.candidates(signals, known, moments)
            parts.append((list(columns), _table(columns), candidates.hits(relevant[some]), candidates.row + start))
        columns, hits, row = (np.concatenate(of) for of in zip(*(part[1:] for part in parts)))
        hit = np.bincount(row, weights=hits, minlength=len(people)) > 0
        used = hit[row]
        return (parts[0][0], columns[used], hits[used], row[used]) if used.any() and not hits[used].all() else None

    def candidates(self, signals, known, at):
        """Candidates of the people, their columns, and the scores of all items."""
        scores = signals.scores(known, at)
        candidates = union(signals.lists(scores, known.matrix(), self.n_candidates).values(), known.n_items)
        return candidates, signals.columns(known, at, candidates, scores), scores

    def text_vectors(self, train):
        """What orders items by their text: `vectors`, or `text_vectors` of the item table; None without a text."""
        return text_vectors(train.item_table, seed=self.seed) if self.vectors is None else self.vectors

    def score(self, users=None, *, history=None, at=None):
        """Scores of the whole catalogue at a moment, higher is better.

        users: int (n,), indices fitted on.   history: Interactions over the same items, a row of scores for each of its
        users. One of the two.   at: int64 (n,), the second of each request; None is just after the last one fitted on.
        Of a person's own history only what lies before the moment counts, and of other people's timestamps too.
        Returns float32 (n, n_items). Raises NotFittedError; KeyError for a user not fitted on; ValueError for a history
        that is no Interactions or of other items, for both arguments or none, and for an `at` of another length, that
        is no whole seconds, or given where the model was fitted without timestamps."""
        self._check_fitted()
        if users is not None and history is not None:
            raise ValueError("expected users (indices) or history=, received both")
        if history is None:
            known = of_users(self.events_, self._known(users))
        elif not isinstance(history, Interactions) or history.items != self.items_:
            raise ValueError(f"expected history as Interactions over the {len(self.items_)} items fitted on")
        else:
            known = history
        at = self._moments(at, known.n_users)
        parts = []
        for start in range(0, known.n_users, BLOCK):
            rows = np.arange(start, min(start + BLOCK, known.n_users))
            parts.append(self._score_block(*_before(of_users(known, rows), None if at is None else at[rows])))
        return np.vstack(parts) if parts else np.zeros((0, len(self.items_)), np.float32)

    def replay(self, events):
        """Let what others did after the fit count where it lies before the moment; weights stay. Returns self.

        events: Interactions over the same items. Raises NotFittedError; ValueError for other items, and where the model
        was fitted without timestamps."""
        self._check_fitted()
        if not self.signals_.timed_:
            raise ValueError("expected no replay: the model was fitted without timestamps")
        self.signals_.dated_.replay(events)
        return self

    def can_score(self, history, scores=None):
        """Everybody is answered: bool (n,)."""
        return np.ones(history.shape[0], bool)

    def _moments(self, at, n):
        if not self.signals_.timed_:
            if at is not None:
                raise ValueError("expected no at=: the model was fitted without timestamps")
            return None
        if at is None:
            return np.full(n, self.events_.timestamp.max() + 1)
        return self.signals_.dated_.moments(at, n)

    def _score_block(self, known, at):
        return self.spread(known, *self.candidates(self.signals_, known, at))

    def spread(self, known, candidates, columns, of_models):
        """Scores of all items: the ranker's of the candidates, one model's of the rest, the text's of new ones."""
        rest = next(of_models[name] for name in ("ease", "item_knn", "popularity") if name in of_models)
        rest = rest + 1e-6 * of_models["popularity"]  # who likes nothing yet is given what is popular
        scores = min_max(rest).astype(np.float32) * 0.999
        if self.ranker_ is not None:
            scores[candidates.row, candidates.item] = 1 + self.ranker_.score(_table(columns))
        if "text" in of_models and self.new_.any():
            self._place_new(scores, known, of_models["text"], of_models.get("days since last like"))
        return scores

    def _place_new(self, scores, known, text, since_last_like):
        """Items that nobody has rated: ordered by text below all others, the best at the last of the first twenty.

        Those that somebody has liked since the fit and before the moment (`replay`) keep the ranker's score."""
        new = np.flatnonzero(self.new_)
        text = min_max(text[:, new]).astype(np.float32)
        met = np.zeros(text.shape, bool) if since_last_like is None else ~np.isnan(since_last_like[:, new])
        text[met] = -1
        scores[:, new] = np.where(met, scores[:, new], -1 + text)
        n = min(self.new_items, len(new))
        if not n or scores.shape[1] < FIRST:
            return
        rows, place = np.arange(len(scores)), FIRST - n
        seen = np.zeros(scores.shape, bool)
        seen[known.user, known.item] = True
        first = top_k(np.where(seen, -2, scores), place + 1)
        level = np.where(seen[rows, first[:, place]], -2, scores[rows, first[:, place]])  # what they come before
        best = top_k(text, n)
        for i in range(n)[::-1]:
            level, own = np.nextafter(level, np.float32(np.inf)), scores[rows, new[best[:, i]]]
            scores[rows, new[best[:, i]]] = np.where(met[rows, best[:, i]], own, np.maximum(level, own))
        ahead = rows[:, None], first[:, :place]  # these stay before them, also where they had the same score
        for _ in range(n + 1):
            scores[ahead] = np.nextafter(scores[ahead], np.float32(np.inf))


def _table(columns):
    """The columns side by side, float32 (n_candidates, n_columns)."""
    return np.column_stack([np.asarray(values, np.float32) for values in columns.values()])


def _before(known, at):
    """What of the histories lies before the moments, and the moments."""
    if at is None:
        return known, None
    if known.timestamp is None:  # in its order, the last one a second before the moment
        order = np.lexsort((np.arange(len(known)), known.user))
        n = np.bincount(known.user, minlength=known.n_users)
        after = (np.cumsum(n)[known.user[order]] - np.arange(len(order))).astype(np.int64)
        seconds = np.empty(len(order), np.int64)
        seconds[order] = at[known.user[order]] - after
        return replace(known, timestamp=seconds), at
    return known.take(known.timestamp < at[known.user]), at
