"""A saved model, back from its folder; and which class stands in which file."""

import zipfile
from importlib import import_module

from recsys_lib.data.files import local_path
from recsys_lib.data.interactions import IdMap
from recsys_lib.models.saving import FORMAT, KEYS, MODELS, read_head, table_from_json


def model_class(name):
    """The class of this name; its file is imported now, and TensorFlow with it where it needs that."""
    return getattr(import_module(f"recsys_lib.models.{MODELS[name]}"), name)


def load(folder):
    """Read a model written by `save`; it recommends as the one that was saved. `~` is the home folder.

    Raises FileNotFoundError where there is none; ValueError for another format, an unknown class, missing ids or a
    damaged file."""
    folder = local_path(folder)
    if not (folder / "model.json").is_file():
        raise FileNotFoundError(f"no saved model in {folder}: expected model.json")
    try:
        head = read_head(folder)
        found = head.get("format") if isinstance(head, dict) else head
        if found != FORMAT:
            raise ValueError(f"expected format {FORMAT}, received {found!r}; fit and save the model again")
        if KEYS - set(head):
            raise ValueError(f"model.json lacks {sorted(KEYS - set(head))}")
        if head["class"] not in list(MODELS):
            raise ValueError(f"expected one of {sorted(MODELS)}, received class {head['class']!r}")
        if not isinstance(head["implicit"], bool):
            raise ValueError(f"expected implicit as true or false, received {head['implicit']!r}")
        model = model_class(head["class"])(**head["settings"])
        model.users_, model.items_, model.implicit_ = IdMap(head["users"]), IdMap(head["items"]), head["implicit"]
        model.read_files(folder)
        ids = len(model.users_), len(model.items_)
        if model.train_.shape != ids:
            raise ValueError(f"expected the ids of {model.train_.shape} users and items, received {ids}")
        model.item_table_ = table_from_json(head["item_table"], model.items_)
        return model
    except (TypeError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{folder} cannot be loaded: {error}") from error
