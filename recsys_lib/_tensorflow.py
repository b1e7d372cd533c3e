"""The one place that says what to install where Keras or TensorFlow is missing."""

from importlib.util import find_spec

INSTALL = 'pip install ".[tensorflow]"'


def require_tensorflow(module):
    """Raise ImportError with the line to run if Keras or TensorFlow is not installed; imports neither."""
    missing = [name for name in ("tensorflow", "keras") if find_spec(name) is None]
    if missing:
        raise ImportError(f"{module} needs {' and '.join(missing)}, which is not installed; run: {INSTALL}")
