"""The one place that says what to install where Keras or TensorFlow is missing."""

from importlib.util import find_spec

INSTALL = 'pip install ".[tensorflow]"'  # in the folder of the book
ANYWHERE = "pip install tensorflow keras"


def require_tensorflow(module):
    """Raise ImportError with the line to run if Keras or TensorFlow is not installed; imports neither."""
    missing = [name for name in ("tensorflow", "keras") if find_spec(name) is None]
    if missing:
        what = f"{module} needs {' and '.join(missing)}, which is not installed"
        raise ImportError(f"{what}; run: {INSTALL}, or from any other folder: {ANYWHERE}")
