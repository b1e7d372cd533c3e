"""Which column is what: the names that columns go by, and what their values could be."""

import json
import re
from collections import Counter
from datetime import datetime

# Names are compared in lower case, without " ", "_", "-", ".", "/" and RecBole's ":token".
FIELDS = {
    "user": "user", "userid": "user", "visitorid": "user", "reviewerid": "user", "customerid": "user",
    "item": "item", "itemid": "item", "movieid": "item", "filmid": "item", "bookid": "item", "isbn": "item",
    "animeid": "item", "songid": "item", "trackid": "item", "productid": "item", "asin": "item",
    "businessid": "item", "recipeid": "item", "gameid": "item",
    "rating": "rating", "bookrating": "rating", "timestamp": "timestamp",
}  # fmt: skip
ELSE = {  # these count where no column has a name above
    "session": "user", "artistid": "item", "parentasin": "item", "joke": "item", "jokeid": "item", "gametitle": "item",
    "videoid": "item", "articleid": "item", "appid": "item", "aid": "item",
}  # fmt: skip
PEOPLE = set("uid reader listener member customer visitor viewer reviewer player person client people".split())
THINGS = set("book song movie film anime product article track artist game recipe course title name".split())
MOMENTS = set("time date datetime ts unixtime unixreviewtime reviewtime reviewdate createdat ratedat".split())
TIMES = MOMENTS | set("day month year dateread tdat".split())
RATINGS = set(
    "rating ratings score scores stars starrating myrating userrating reviewrating reviewscore "
    "reviewstars reviewoverall overall overallrating label like likes liked isliked weight count isrecommended "
    "recommended watchratio playhours hoursplayed playcount plays points bewertung calificacion 评分".split()
)
VALUES = RATINGS | set("grade mark vote thumb thumbs feedback reaction sentiment verdict opinion".split())
VALUES |= set("event behavior behaviour action interaction preference".split())
TEXTS = set("genre genres tag tags comment review text summary category brand author country city language".split())
A_USER = re.compile("user|profile|customer|member|reviewer")
RECBOLE = re.compile(r":(token|float)(_seq)?$")
AN_ID = re.compile(r".*[ _.-]id|.*[a-z]I[dD]", re.DOTALL)

NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]+)?")
MARK = re.compile(  # 80%, 4 stars, 4/5, 5 of 5, 4-5, ****
    rf"{NUMBER.pattern} ?(%|stars?|star rating|/ ?[0-9]+|(out )?of [0-9]+|points?|- ?[0-9]+)|[★☆*]+|[👍👎❤]+"
)
DATE = re.compile(r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}\b.*", re.DOTALL)  # as 12/31/2015
FLAGS = set("true false yes no y n t f like dislike liked disliked good bad positive negative pos neg up down".split())
NOTHING = ("", "na", "n/a", "nan", "nat", "none", "null", "<na>", r"\n")
FEW, SHORT = 10, 20
CHOOSE = "…"


def plain(name):
    """A column's name as names are compared."""
    return re.sub(r"[\s_./-]", "", RECBOLE.sub("", str(name).strip())).casefold()


def field_of(name):
    """user, item, rating or timestamp, where the name is known; else None."""
    return FIELDS.get(plain(name))


def fields_of(header):
    """The field of each name of a header, None where it is not known."""
    known = [field_of(name) for name in header]
    other = [ELSE.get(plain(name)) for name in header]
    return [field or (more if more not in known else None) for field, more in zip(known, other)]


def is_header_word(cell):
    """Is this a word that stands in headers, and hardly ever in data?"""
    word = plain(cell)
    known = word in FIELDS or word in ELSE or word in PEOPLE | THINGS | TIMES | RATINGS
    return known or bool(AN_ID.fullmatch(cell.strip()))


def is_number(text):
    return bool(NUMBER.fullmatch(text.strip()))


def is_date(text):
    try:
        datetime.fromisoformat(text.strip())
    except ValueError:
        return False
    return True


def is_moment(text):
    """Seconds or milliseconds of 1973 or later, or an ISO date: what can hardly be anything else."""
    text = text.strip()
    if is_number(text):
        return bool(re.fullmatch(r"([1-9][0-9]{8,9}|1[0-9]{12})(\.[0-9]*)?", text))
    return bool(re.match("[0-9]{4}-", text)) and is_date(text)


def is_value(text):
    """A number, a mark, yes or no, or a date."""
    return is_number(text) or bool(MARK.fullmatch(text) or DATE.fullmatch(text)) or text.casefold() in FLAGS


def written(values):
    """How often each text comes, stripped; what is empty aside."""
    texts = Counter(str(value).strip() for value in values)
    return {text: n for text, n in texts.items() if text.casefold() not in NOTHING}


def could_be_value(name, values):
    """Could these be ratings or moments? Yes, where anything stands under a name of such; where half of the texts or
    more are numbers, marks, yes or no, or dates; and where a few short words come again and again, as flags do.
    Titles, tags and comments, by their names, only where each text is such a value."""
    name, texts = plain(name), written(values)
    if not texts:
        return False
    if name in TEXTS | THINGS | PEOPLE:
        return all(map(is_value, texts))
    n = sum(texts.values())
    if name in VALUES | TIMES or 2 * sum(n for text, n in texts.items() if is_value(text)) >= n:
        return True
    return 1 < len(texts) <= FEW and len(texts) < n and all(len(text) <= SHORT for text in texts)


def by_name(names, columns, found):
    """{field: name} that such a header most likely means: a proposal to put into advice, never to read by.

    names: the header.   columns: the values below each, as text.   found: the fields that are known already.
    A rating or timestamp is proposed only by a name that is known as one, and "…" stands for what must be
    chosen: a rating among other columns of numbers, or a user where all else are titles and texts."""
    found = dict(found)
    for name, field in zip(names, fields_of(names)):
        if field:
            found.setdefault(field, name)
    column = dict(zip(names, columns))
    once = [name for name in names if name and [plain(other) for other in names].count(plain(name)) == 1]
    free = [name for name in once if name not in found.values()]
    for field, words in (("rating", RATINGS), ("timestamp", MOMENTS)):
        named = [name for name in free if plain(name) in words and _fits(field, column[name])]
        if field not in found and named:
            found[field] = named[0]
            free.remove(named[0])
    for field, words, like in (("user", PEOPLE, A_USER), ("item", THINGS, None)):
        if field not in found and free:

            def unlike(name, words=words, like=like):
                value = plain(name) in TIMES | VALUES or all(map(is_moment, written(column[name])))
                return plain(name) not in words, not (like and like.search(name.casefold())), value

            found[field] = min(free, key=unlike)
            free.remove(found[field])
            if field == "user" and plain(found[field]) in THINGS | TEXTS:  # a title is no user
                found[field] = CHOOSE
    values = [name for name in free if not AN_ID.fullmatch(name) and plain(name) not in TIMES]
    if any(could_be_value(name, column[name]) and not _counts(column[name]) for name in values):
        found.setdefault("rating", CHOOSE)
    return {field: found[field] for field in ("user", "item", "rating", "timestamp") if field in found}


def _fits(field, values):
    """Are most of the texts numbers, for a rating, or all of them moments?"""
    texts = written(values)
    if field == "rating":
        return 2 * sum(n for text, n in texts.items() if is_number(text)) > sum(texts.values())
    return bool(texts) and all(map(is_moment, texts))


def in_order(columns):
    """Fields of the columns of a file without a header, "_" for none: a proposal to put into advice.

    "…" for each of several columns that could be the rating."""
    numbers = [all_numbers(column) for column in columns]
    dates = [len(column) > 0 and all(map(is_moment, column)) for column in columns]
    dates = [date and (not number or i > 1) for i, (date, number) in enumerate(zip(dates, numbers))]
    rest = [i for i, date in enumerate(dates) if not date]
    if (
        len(rest) > 2
        and len(columns[0]) > 2
        and _counts(columns[rest[0]])
        and not numbers[rest[1]]
        and not numbers[rest[2]]
    ):
        rest = rest[1:]  # the first column only numbers the rows
    fields = ["_"] * len(columns)
    for i, field in zip(rest, ("user", "item")):
        fields[i] = field
    if any(dates):
        fields[dates.index(True)] = "timestamp"
    ratings = [i for i in rest[2:] if numbers[i]]
    small = all(abs(float(str(value).replace(",", "."))) <= 100 for i in ratings for value in columns[i])
    for i in ratings:
        fields[i] = "rating" if len(ratings) == 1 and small else CHOOSE
    return fields


def _counts(values):
    """0, 1, 2, … or 1, 2, 3, …"""
    return list(map(str, values)) in [[str(i) for i in range(first, first + len(values))] for first in (0, 1)]


def is_wide(names, columns):
    """Does each column but that of the user look like an item, with ratings and blanks below it?"""
    users = [i for i, name in enumerate(names) if field_of(name) == "user" or plain(name) in PEOPLE]
    others = [i for i in range(len(names)) if i not in users]
    if len(users) != 1 or len(others) < 2 or "item" in fields_of(names):
        return False
    if any(plain(names[i]) in THINGS | TIMES | VALUES or AN_ID.fullmatch(names[i].strip()) for i in others):
        return False
    texts = [str(value).strip() for i in others for value in columns[i]]
    filled = [text for text in texts if text.casefold() not in NOTHING]
    return all(map(is_number, filled)) and (len(filled) < len(texts) or all(is_number(names[i]) for i in others))


def all_numbers(values):
    return len(values) > 0 and all(is_number(str(value)) for value in values)


def as_code(value):
    """A dict or list of texts as one types it in Python."""
    return json.dumps(value, ensure_ascii=False)
