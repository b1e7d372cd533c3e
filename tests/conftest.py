"""What the tests share: hypothesis profiles (1,000 cases where CI is set) and the data, read once."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No deadline, because a busy machine is no bug; no database, so that a test run writes nothing into the tree.
common = {"deadline": None, "database": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("local", max_examples=100, **common)
settings.register_profile("ci", max_examples=1000, derandomize=True, **common)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_addoption(parser):
    parser.addoption("--notebook", type=Path, metavar="FILE", help="leave out the tests of every other notebook")


def pytest_collection_modifyitems(config, items):
    """With --notebook: a test with a parameter `path` that is another notebook is left out; the book's own stay."""
    if (chosen := config.getoption("notebook")) is None:
        return

    def of_another(item):
        path = item.callspec.params.get("path") if hasattr(item, "callspec") else None
        return isinstance(path, Path) and path.suffix == ".ipynb" and path != chosen.resolve()

    config.hook.pytest_deselected(items=[item for item in items if of_another(item)])
    items[:] = [item for item in items if not of_another(item)]


@pytest.fixture(scope="session")
def movielens():
    """MovieLens small, 2016 edition."""
    from recsys_lib.data import load_movielens

    return load_movielens()


@pytest.fixture(scope="session")
def user_time_split(movielens):
    """Its split by user time, the one of the book's tables."""
    from recsys_lib.data import split_by_user_time

    return split_by_user_time(movielens)


@pytest.fixture(scope="session")
def candidate_lists():
    """A function that draws lists for a ranker: (columns, hits, row)."""
    import numpy as np

    def drawn(seed=0, n_lists=150, length=12):
        """Columns of which the first tells the hits, the second says nothing, the third is constant; some unknown."""
        rng = np.random.default_rng(seed)
        columns = rng.normal(size=(n_lists * length, 3)).astype(np.float32)
        columns[:, 2] = 7
        hits = rng.random(len(columns)) < 1 / (1 + np.exp(3 - 2 * columns[:, 0]))
        columns[rng.random(len(columns)) < 0.1, 1] = np.nan
        return columns, hits, np.repeat(np.arange(n_lists), length)

    return drawn


@pytest.fixture(scope="session")
def language_model():
    """SmolLM2, read once."""
    pytest.importorskip("tensorflow")
    from recsys_lib.models.language_model import LanguageModel

    try:
        return LanguageModel()
    except (FileNotFoundError, ImportError) as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def runner():
    """What the experiments share, tools/experiments/_runner.py."""
    from bookfiles import experiment_module

    return experiment_module("_runner")
