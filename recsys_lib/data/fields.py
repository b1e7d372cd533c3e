"""Which column is what: the names that columns go by, and what their values could be."""

import json
import re
from datetime import datetime

# Names are compared in lower case, without " ", "_", "-" and RecBole's ":token".
FIELDS = {
    "user": "user", "userid": "user", "visitorid": "user", "reviewerid": "user", "customerid": "user",
    "item": "item", "itemid": "item", "movieid": "item", "filmid": "item", "bookid": "item", "isbn": "item",
    "animeid": "item", "songid": "item", "trackid": "item", "productid": "item", "asin": "item",
    "businessid": "item", "recipeid": "item", "gameid": "item",
    "rating": "rating", "bookrating": "rating", "timestamp": "timestamp",
}  # fmt: skip
PEOPLE = set("uid reader listener member customer visitor viewer reviewer player person client people".split())
THINGS = set("book song movie film anime product article track artist game recipe course title name".split())
TIMES = set("time date datetime day year unixtime unixreviewtime createdat ratedat".split())
VALUES = set("ratings score scores stars starrating label like likes liked weight count overall".split())
RECBOLE = re.compile(r":(token|float)(_seq)?$")
AN_ID = re.compile(r".*[ _-]id|.*[a-z]I[dD]", re.DOTALL)

NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]+)?")
MARK = re.compile(rf"{NUMBER.pattern} ?(%|stars?|/ ?[0-9]+)|[★☆*]+")  # 80%, 4 stars, 4/5, ****
YES_NO = set("true false yes no y n t f like dislike liked disliked".split())
NOTHING = ("", "na", "n/a", "nan", "nat", "none", "null", "<na>", r"\n")


def plain(name):
    """A column's name as names are compared."""
    return re.sub(r"[\s_-]", "", RECBOLE.sub("", str(name).strip())).casefold()


def field_of(name):
    """user, item, rating or timestamp, where the name is known; else None."""
    return FIELDS.get(plain(name))


def is_header_word(cell):
    """Is this a word that stands in headers, and hardly ever in data?"""
    word = plain(cell)
    return word in FIELDS or word in PEOPLE | THINGS | TIMES | VALUES or bool(AN_ID.fullmatch(cell.strip()))


def is_number(text):
    return bool(NUMBER.fullmatch(text.strip()))


def is_date(text):
    try:
        datetime.fromisoformat(text.strip())
    except ValueError:
        return False
    return True


def could_be_value(values):
    """Could these be ratings or moments? All of them numbers, marks, yes or no, or dates, whatever is empty aside."""
    texts = {str(value).strip() for value in values}
    texts = {text for text in texts if text.casefold() not in NOTHING}
    return bool(texts) and all(
        is_number(text) or MARK.fullmatch(text) or text.casefold() in YES_NO or is_date(text) for text in texts
    )


def by_name(names, columns, found):
    """{field: name} that such a header most likely means: a proposal to put into advice, never to read by.

    names: the header.   columns: the values below each, as text.   found: the fields that are known already."""
    found = dict(found)
    for name in names:
        if field_of(name):
            found.setdefault(field_of(name), name)
    once = [name for name in names if name and [plain(other) for other in names].count(plain(name)) == 1]
    free = [name for name in once if name not in found.values()]
    for field, words in (("user", PEOPLE), ("item", THINGS)):
        if field not in found and free:
            found[field] = min(free, key=lambda name: (plain(name) not in words, plain(name) in TIMES | VALUES))
            free.remove(found[field])
    ratings = [name for name in free if plain(name) not in TIMES and all_numbers(columns[names.index(name)])]
    if ratings:
        found.setdefault("rating", ratings[0])
    return {field: found[field] for field in ("user", "item", "rating", "timestamp") if field in found}


def in_order(columns):
    """Fields of the columns of a file without a header, "_" for none: a proposal to put into advice."""
    fields = ["user", "item"] + ["_"] * (len(columns) - 2)
    number = next((i for i, column in enumerate(columns) if i > 1 and all_numbers(column)), None)
    if number is not None:
        fields[number] = "rating"
    return fields[: len(columns)]


def all_numbers(values):
    return len(values) > 0 and all(is_number(str(value)) for value in values)


def as_code(value):
    """A dict or list of texts as one types it in Python."""
    return json.dumps(value, ensure_ascii=False)
