"""Learning how much to trust each model: rankers over lists of candidates, and the check that keeps them honest."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from recsys_lib._checks import check_2d, require, setting
from recsys_lib.data.interactions import Interactions


def refuse_own_target(fitted_on, target):
    """Raises ValueError where what a model was fitted on holds a pair of the target that it shall help to predict.

    Of its own training pairs a model knows the answer, so its scores there say nothing about other pairs, and whatever
    learns to combine models on such scores learns to trust the one that remembers best.
    fitted_on, target: Interactions over the same ids.   Chapter: Learning to fuse."""
    known, wanted = require(fitted_on, Interactions), require(target, Interactions)
    if known.users != wanted.users or known.items != wanted.items:
        raise ValueError("expected what was fitted on and the target to have the same ids, received others")
    if shared := int(np.isin(wanted.pairs(), known.pairs()).sum()):
        raise ValueError(
            f"expected a model fitted without its target: {shared:,} of the target's {len(wanted):,} pairs were in "
            "what it was fitted on"
        )


class Ranker:
    """fit(columns, hits, row) on lists of candidates, score(columns). Each ranker writes `_learn` and `_chance`."""

    def fit(self, columns, hits, row):
        """columns: float (n, c), a row a candidate, NaN where unknown.   hits: bool (n,).   row: int (n,), whose list.

        A list without a hit shows no order and is left out; each row of a list with h hits weighs 1/√h.
        Returns self. Raises ValueError for lengths that differ, and where no list has a hit and a miss."""
        columns = check_2d("columns", np.asarray(columns, np.float32), "(n_candidates, n_columns)")
        hits, row = np.asarray(hits, bool), np.asarray(row, np.int64)
        if not len(columns) == len(hits) == len(row):
            raise ValueError(f"expected a row a candidate, received {len(columns)}, {len(hits)} and {len(row)}")
        of_list = np.bincount(row, weights=hits)[row] if len(row) else np.zeros(0)
        used = of_list > 0
        if not used.any() or hits[used].all():
            raise ValueError(f"expected lists with a hit and a miss, received {int(hits.sum())} hits of {len(hits)}")
        self.n_columns_ = columns.shape[1]
        self.unknown_ = np.isnan(columns[used]).all(axis=0)  # scikit-learn's trees refuse a column without a number
        self._learn(self._without_unknown(columns[used]), hits[used], 1 / np.sqrt(of_list[used]))
        return self

    def score(self, columns):
        """The chance of a hit, float32 (n,). Raises ValueError for another number of columns than fitted on."""
        columns = check_2d("columns", np.asarray(columns, np.float32), "(n_candidates, n_columns)")
        if columns.shape[1] != self.n_columns_:
            raise ValueError(f"expected {self.n_columns_} columns, received {columns.shape[1]}")
        chance = self._chance(self._without_unknown(columns)) if len(columns) else np.zeros(0)
        return chance.astype(np.float32)

    def _without_unknown(self, columns):
        return np.where(self.unknown_, np.float32(0), columns) if self.unknown_.any() else columns


class TreeRanker(Ranker):
    """Gradient-boosted trees that tell hits from misses: scikit-learn's `HistGradientBoostingClassifier`.

        minimise Σ_lists (1 / √h_l) Σ_{i in l} log loss(y_li, σ(Σ_t f_t(x_li)))

    h_l: hits of the list.   n_trees, learning_rate, n_leaves, min_leaf: of the trees.   l2: shrinks the leaves.
    share: of the columns that each split may look at.   seed: draws them. Unknown values (NaN) go where they fit.
    Source: Friedman 2001. Chapter: Learning to fuse."""

    def __init__(self, *, n_trees=200, learning_rate=0.06, n_leaves=15, min_leaf=100, l2=5.0, share=0.5, seed=0):
        self.n_trees = setting("n_trees", n_trees, 1, whole=True)
        self.learning_rate = setting("learning_rate", learning_rate, 0, above=True)
        self.n_leaves = setting("n_leaves", n_leaves, 2, whole=True)
        self.min_leaf = setting("min_leaf", min_leaf, 1, whole=True)
        self.l2, self.share = setting("l2", l2, 0), setting("share", share, 0, 1 + 1e-12, above=True)
        self.seed = seed

    def _learn(self, columns, hits, weight):
        self.trees_ = HistGradientBoostingClassifier(
            max_iter=self.n_trees,
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.n_leaves,
            min_samples_leaf=self.min_leaf,
            l2_regularization=self.l2,
            max_features=self.share,
            early_stopping=False,
            random_state=self.seed,
        ).fit(columns, hits, sample_weight=weight)

    def _chance(self, columns):
        return self.trees_.predict_proba(columns)[:, 1]


class LinearRanker(Ranker):
    """Linear stacking: a weight for each column, by logistic regression on standardised columns.

        chance(x) = σ(w · z + b),   z_c = (x_c − mean_c) / deviation_c, cut at ±`cut`; 0 where unknown or constant

    regularization: λ of λ/2 ‖w‖², per unit of the lists' weights.   cut: how far a column may pull.
    Fitted: `weights_` (c,), `constant_`.   Source: Wolpert 1992. Chapter: Learning to fuse."""

    def __init__(self, *, regularization=1.0, cut=5.0):
        self.regularization = setting("regularization", regularization, 0, above=True)
        self.cut = setting("cut", cut, 0, above=True)

    def _learn(self, columns, hits, weight):
        known = ~np.isnan(columns)
        n = np.maximum(known.sum(axis=0), 1)
        self.mean_ = np.where(known, columns, 0).sum(axis=0, dtype=np.float64) / n
        spread = np.sqrt((np.where(known, columns - self.mean_, 0) ** 2).sum(axis=0) / n)
        self.scale_ = np.where(spread > 0, spread, np.inf)
        model = LogisticRegression(C=1 / self.regularization, max_iter=1000)
        model.fit(self._standard(columns), hits, sample_weight=weight)
        self.weights_, self.constant_ = model.coef_[0], model.intercept_[0]

    def _standard(self, columns):
        return np.clip(np.nan_to_num((columns - self.mean_) / self.scale_), -self.cut, self.cut)

    def _chance(self, columns):
        return 1 / (1 + np.exp(-(self._standard(columns) @ self.weights_ + self.constant_)))
