"""Recommenders: everything with `fit` and `score`.

Names load on first use, so that `from recsys_lib.models import EASE` costs no TensorFlow; only
`MatrixFactorization` needs it.
"""

from importlib import import_module

# class -> the file it stands in; `load` finds the class of a saved model here and nowhere else
MODELS = {
    "Popularity": "baselines",
    "BiasModel": "baselines",
    "ItemKNN": "baselines",
    "EASE": "baselines",
    "ALS": "baselines",
    "ContentTFIDF": "content",
    "MatrixFactorization": "factorization",
}
_NAMES = MODELS | {name: "base" for name in ("Recommender", "BaseRecommender", "recommend")} | {"load": "saving"}

__all__ = [*_NAMES, "MODELS"]


def __getattr__(name):
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)


def __dir__():
    return sorted(__all__)
