"""Recommenders: everything with `fit` and `score`.

`from recsys_lib.models import EASE` costs no TensorFlow: what needs it is imported on first use.
"""

from recsys_lib.models.base import BaseRecommender, Recommender, recommend
from recsys_lib.models.baselines import ALS, EASE, BiasModel, ItemKNN, Popularity
from recsys_lib.models.cold_items import ContentCosine, ItemRidge
from recsys_lib.models.content import ContentTFIDF
from recsys_lib.models.dated import RecencyRidge, RecentPopularity
from recsys_lib.models.loading import load, model_class
from recsys_lib.models.saving import MODELS
from recsys_lib.models.sequential import DecayedCosine, DecayedEASE, NextItemRidge, TransitionCounts
from recsys_lib.models.unified import UnifiedFused

__all__ = [
    "ALS",
    "EASE",
    "MODELS",
    "BaseRecommender",
    "BiasModel",
    "ContentCosine",
    "ContentTFIDF",
    "DatedSASRec",
    "DecayedCosine",
    "DecayedEASE",
    "GRURec",
    "GenerativeRetrieval",
    "ItemKNN",
    "ItemRidge",
    "MatrixFactorization",
    "NextItemRidge",
    "Popularity",
    "RecencyRidge",
    "RecentPopularity",
    "Recommender",
    "SASRec",
    "TransitionCounts",
    "UnifiedFused",
    "load",
    "recommend",
]


def __getattr__(name):
    if name in MODELS:  # not imported above: it needs TensorFlow
        return model_class(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
