"""What a fused model knows of a person and an item: scores of single models, and columns that tell when to trust them.

Everything is computed from what was fitted on and from the person's own earlier ratings. Of other people, what is
counted by date ends before the moment of the request; the models, `log_likes`, `log_ratings` and `mean_rating` count
all that they were fitted on, later events too: cut the training at one moment for all where this must not be."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from recsys_lib.data.sequences import sequences
from recsys_lib.models.baselines import ALS, EASE, ItemKNN, Popularity
from recsys_lib.models.cold_items import ItemRidge
from recsys_lib.models.dated import DAY
from recsys_lib.models.ordered import DatedRecommender
from recsys_lib.models.sequential import NextItemRidge, TransitionCounts
from recsys_lib.retrieval import top_k

WINDOWS = (1, 3, 7, 30, 365)  # days of recent popularity
RECENT = ("likes of 3 days", "likes of 30 days")  # those that bring candidates
LAST = 10  # how many likes count as the latest ones
LARGEST_INVERSE = 12_000  # EASE inverts a matrix of the smaller side
LARGEST_RIDGE = 5_000  # the ridge on steps solves one over the items
GROUPS = {  # what can be left out: models, with the candidates that they bring, and columns
    "ease": ("ease",),
    "ease of ratings": ("ease_rated",),
    "item_knn": ("item_knn",),
    "als": ("als",),
    "transitions": ("transitions", "transitions_rated", "next_ridge"),
    "text": ("text", "log_likes_by_text"),
    "recent": (*(f"likes of {days} days" for days in WINDOWS), "days since last like", "days since first like"),
    "year and genres": ("year", "age_of_item")
    + tuple(of + name for of in ("", "latest_") for name in ("year_gap", "genre_share", "genre_best")),
    "person": ("n_ratings", "n_likes", "mean_rating_of_user", "days_since_last_rating", "days_here")
    + ("ratings_of_last_hour",)
    + tuple(of + name for of in ("", "latest_") for name in ("log_likes_of_user", "log_likes_gap")),
}


class RecentCounts(DatedRecommender):
    """The counts of `recent` alone, as a fitted thing: likes of all people in time order."""

    def __init__(self, *, liked_from=4.0, implicit=False):
        self.liked_from, self.implicit = liked_from, implicit

    def _fit(self, train):
        self.first_ = np.full(train.n_items, np.iinfo(np.int64).max)
        np.minimum.at(self.first_, self.dated_items_, self.dated_seconds_)

    def replay(self, events):
        super().replay(events)
        self._fit(events)
        return self

    def before(self, at):
        """Days since the last and since the first like of each item before each moment, NaN without one: (n, n_items).

        The first like counts only where it lies before the moment."""
        moments, of = np.unique(at, return_inverse=True)
        last = np.full(len(self.first_), np.nan)
        since_last = np.empty((len(moments), len(last)), np.float32)
        start = 0
        for row, moment, stop in zip(since_last, moments, np.searchsorted(self.dated_seconds_, moments)):
            last[self.dated_items_[start:stop]] = self.dated_seconds_[start:stop]  # in time order: the latest stays
            row[:], start = (moment - last) / DAY, stop
        since_first = np.where(self.first_ < moments[:, None], (moments[:, None] - self.first_) / DAY, np.nan)
        return since_last[of], since_first.astype(np.float32)[of]

    def after(self, at, window):
        """Likes in the `window` seconds from each moment on: what nobody knows at the request."""
        return self.recent(at + window, window)


class Signals:
    """Fitted single models and item columns; `scores` and `columns` speak of people given by their earlier ratings.

    liked_from, implicit: as of every model.   without: names out of `GROUPS`, which are left out.   hindsight: columns
    from what other people did after the moment, to show what they would be worth; never for a real request.   vectors:
    (n_items, d) of the items' texts, or None.
    Fitted: `models_`, `left_out_`: what the data lack, each with what it costs."""

    def __init__(self, *, liked_from=4.0, implicit=False, without=(), hindsight=False, vectors=None, rng=0):
        self.liked_from, self.implicit, self.rng, self.vectors = liked_from, implicit, rng, vectors
        self.without, self.hindsight = without, hindsight
        self.dropped_ = {name for group in without for name in GROUPS[group]}

    def fit(self, train):
        kind = {"liked_from": self.liked_from, "implicit": self.implicit}
        self.rated_ = train.rating is not None and not self.implicit
        self.timed_, self.left_out_ = train.timestamp is not None, []
        models = {"popularity": Popularity(**kind), "item_knn": ItemKNN(**kind), "als": ALS(**kind, rng=self.rng)}
        if min(train.n_users, train.n_items) <= LARGEST_INVERSE:
            models["ease"] = EASE(**kind)
            if self.rated_:
                models["ease_rated"] = EASE(implicit=True)
        else:
            self.left_out_.append(f"EASE: it inverts a matrix of the smaller side, over {LARGEST_INVERSE:,} here")
        if self.timed_:
            models["transitions"] = TransitionCounts(**kind)
            if self.rated_:
                models["transitions_rated"] = TransitionCounts(implicit=True)
            if train.n_items <= LARGEST_RIDGE:
                models["next_ridge"] = NextItemRidge(**kind)
            else:
                self.left_out_.append(f"next-item ridge: it solves over the items, more than {LARGEST_RIDGE:,} here")
        if self.vectors is not None:
            models["text"] = ItemRidge(self.vectors, regularization=30.0, liked_from=self.liked_from)
        if not self.timed_:
            self.left_out_.append("timestamps: no order, no age, no popularity of the last days")
        models = {name: model for name, model in models.items() if name not in self.dropped_}
        likes = train if self.rated_ else replace(train, rating=None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about `liked_from`: it was told once, for all of the data
            self.models_ = {name: model.fit(likes if name == "text" else train) for name, model in models.items()}
            self.dated_ = RecentCounts(**kind).fit(train) if self.timed_ else None
        self._fit_items(train)
        return self

    def _fit_items(self, train):
        """Columns of the items: how often liked and rated, how well, of which year and genres."""
        ratings = train.matrix()
        n_rated = np.bincount(train.item, minlength=train.n_items).astype(np.float32)
        self.popularity_ = self.models_["popularity"].item_scores_
        self.item_columns_ = {"log_likes": np.log1p(self.popularity_), "log_ratings": np.log1p(n_rated)}
        if self.rated_:
            mean = ratings.data.mean()
            self.item_columns_["mean_rating"] = (ratings.sum(axis=0) + 5 * mean) / (n_rated + 5)
        if "text" in self.models_:
            self.item_columns_["log_likes_by_text"] = self.models_["text"].predict(self.item_columns_["log_likes"])
        table = train.item_table if train.item_table is not None else pd.DataFrame(index=range(train.n_items))
        self.year_ = self.genres_ = None
        if "year" in table and table["year"].notna().any():
            self.year_ = table["year"].to_numpy(np.float32, na_value=np.nan)
            self.item_columns_["year"] = self.year_
        else:
            self.left_out_.append("the item's year: no age of an item, no distance to what a person likes")
        if "genres" in table and table["genres"].notna().any():
            self.genres_ = table["genres"].fillna("").str.get_dummies("|").to_numpy(np.float32)
        else:
            self.left_out_.append("genres: no share of a person's likes in the item's genres")

    def scores(self, known, at):
        """Scores of each model for the people, and what was liked lately: {name: float32 (n, n_items)}.

        known: Interactions, one user a row, of before the moment.   at: int64 (n,) or None without timestamps."""
        ratings = known.matrix()
        found = {}
        for name, model in self.models_.items():
            found[name] = model.score(history=known if model.reads_order else ratings)
        if self.timed_:
            if "recent" not in self.without:
                for days in WINDOWS:
                    found[f"likes of {days} days"] = self.dated_.recent(at, days * DAY)
                found["days since last like"], found["days since first like"] = self.dated_.before(at)
            if self.hindsight:
                for days in (30, 365):
                    found[f"likes of the next {days} days"] = self.dated_.after(at, days * DAY)
        return found

    def lists(self, scores, seen, n):
        """{name: int32 (n_people, n)}: the n best of each model but the text's, and of what was liked lately.

        scores: as `scores` gives them.   seen: csr, what is left out.   Ties of what was liked lately go to what more
        people like."""
        of = {name: scores[name] for name in self.models_ if name != "text"}
        popularity = self.popularity_ / (1 + self.popularity_.max(initial=0))
        of |= {name: scores[name] + popularity for name in RECENT if name in scores}
        return {name: top_k(one, n, exclude=seen) for name, one in of.items()}

    def columns(self, known, at, candidates, scores):
        """One row a candidate: {name: (n_candidates,)}, in the same order for all people."""
        row, item = candidates.row, candidates.item
        found = {name: candidates.of(of_all) for name, of_all in scores.items()}
        found |= {name: values[item] for name, values in self.item_columns_.items()}
        likes = self.models_["popularity"].likes_of(known.matrix())
        person = {"n_ratings": np.diff(known.matrix().indptr), "n_likes": np.diff(likes.indptr)}
        latest = self._latest(known)
        for name, of in (("", likes), ("latest_", latest)):
            n = np.maximum(np.asarray(of.sum(axis=1)), 1)
            level = (of @ self.item_columns_["log_likes"]) / n
            person[f"{name}log_likes_of_user"] = level
            found[f"{name}log_likes_gap"] = self.item_columns_["log_likes"][item] - level[row]
            if self.year_ is not None:
                dated = ~np.isnan(self.year_)
                mean = (of @ np.nan_to_num(self.year_)) / np.maximum(of @ dated.astype(np.float32), 1)
                found[f"{name}year_gap"] = np.where(mean[row] > 0, self.year_[item] - mean[row], np.nan)
            if self.genres_ is not None:
                share = (of @ self.genres_) / n[:, None]
                inside = share[row] * self.genres_[item]
                found[f"{name}genre_share"] = inside.sum(axis=1) / np.maximum(self.genres_[item].sum(axis=1), 1)
                found[f"{name}genre_best"] = inside.max(axis=1)
        if self.rated_:
            person["mean_rating_of_user"] = known.matrix().sum(axis=1) / np.maximum(person["n_ratings"], 1)
        if self.timed_:
            person |= self._moments(known, at)
            if self.year_ is not None:
                found["age_of_item"] = (1970 + at / (365.25 * DAY))[row] - self.year_[item]
        found |= {name: np.asarray(values, np.float32)[row] for name, values in person.items()}
        return {name: values for name, values in found.items() if name not in self.dropped_}

    def _latest(self, known):
        """The last likes of each person as a csr of ones; of all without timestamps."""
        liked = known if not self.rated_ else known.binarize(self.liked_from)
        last = sequences(liked)
        last = last.last(LAST) if self.timed_ else last
        return csr_array((np.ones(len(last.items), np.float32), last.items, last.indptr), shape=known.matrix().shape)

    def _moments(self, known, at):
        """Columns of the person's own times: the pause before the request, how long here, how much in the last hour."""
        first, last = at.copy(), np.zeros(len(at), np.int64)
        np.minimum.at(first, known.user, known.timestamp)
        np.maximum.at(last, known.user, known.timestamp)
        last = np.maximum(last, first)
        sitting = known.timestamp >= last[known.user] - 3600
        return {
            "days_since_last_rating": (at - last) / DAY,
            "days_here": (last - first) / DAY,
            "ratings_of_last_hour": np.bincount(known.user[sitting], minlength=len(at)),
        }
