"""Invented titles and descriptions of the films of a known-truth world: texts that no model has read."""

import re

import numpy as np
import pandas as pd

from recsys_lib._checks import generator, require

from .world import NOUNS, World

STARTS = ("Bl", "Dr", "Fl", "Gr", "Kl", "Kv", "Pr", "Skr", "Thr", "Tr", "V", "Vl", "Vr", "Z", "Zl", "Zr")
VOWELS = ("a", "e", "i", "o", "u")
MIDDLES = ("b", "d", "gg", "km", "ld", "lv", "mb", "nd", "ndr", "ngr", "rk", "rv", "sk", "tr", "v", "zz")
ENDS = ("ax", "esk", "ilm", "oon", "oth", "uld", "unt", "urn", "yl", "yx")
SIZES = len(STARTS), len(VOWELS), len(MIDDLES), len(ENDS)
N_NAMES = int(np.prod(SIZES))
WORDS = {  # of each genre: who, does what, where
    "Space": (
        ("pilot", "astronaut", "engineer", "navigator"),
        ("repairs a starship", "answers a signal from another galaxy", "lands on an unknown planet"),
        ("a space station", "a moon base", "an orbiting colony"),
    ),
    "Crime": (
        ("detective", "burglar", "lawyer", "prosecutor"),
        ("solves a murder", "plans a bank robbery", "hides stolen money"),
        ("a courtroom", "a police station", "a prison"),
    ),
    "Romance": (
        ("bride", "dancer", "poet", "widow"),
        ("falls in love", "writes love letters", "waits for a lost sweetheart"),
        ("a seaside hotel", "a ballroom", "a rose garden"),
    ),
    "Horror": (
        ("ghost", "vampire", "grave digger", "exorcist"),
        ("wakes a monster", "hears screams in the night", "opens a haunted coffin"),
        ("a graveyard", "a cursed mansion", "a dark cellar"),
    ),
    "Western": (
        ("sheriff", "cowboy", "outlaw", "rancher"),
        ("draws a revolver at noon", "drives cattle across the prairie", "hunts a gang on horseback"),
        ("a frontier town", "a saloon", "a desert canyon"),
    ),
    "Comedy": (
        ("clown", "waiter", "neighbour", "salesman"),
        ("mixes up two suitcases", "tells a silly lie", "ruins a birthday party"),
        ("a crowded flat", "a shoe shop", "a school canteen"),
    ),
}
MOODS = (("quiet", "loud"), ("gloomy", "cheerful"), ("slow", "fast"), ("old", "modern"))
MOODS += (("gentle", "cruel"), ("strange", "familiar"), ("short", "long"), ("cold", "warm"))
TITLES = ("{name}", "The {noun} of {name}", "{name} and the {noun}", "A {noun} for {name}")
SENTENCES = (
    "A {mood} and {other_mood} film in which a {who} {does} in {where} near {place}.",
    "In {where} of {place}, a {who} {does}: a {mood}, {other_mood} story.",
    "The {mood}, {other_mood} tale of {hero}, a {who} who {does} in {where}.",
)


def invented_texts(world, *, rng):
    """A title and a sentence for each film of a world, of invented names and of words that belong to its taste.

    Title: an invented name, one for each film, alone or with a noun of the film's first genre. Description: a person, a
    deed and a place, each drawn evenly from the words of one of the film's two genres (drawn evenly too), and two
    adjectives: those of its two factors that are furthest from 0, each with one word for below 0 and one for above
    (factors from the ninth on have none). So the words say something of q_i, and through it of who likes the film; the
    names say nothing.
    Returns DataFrame[item_id, title, description, genres], a row a film, for `Interactions(item_table=…)`; titles are
    distinct.   rng: int or Generator; the world's own draws are left as they are.
    Raises TypeError for no World, ValueError for more films than there are names (12,800).
    Chapter: A language model reads the catalogue."""
    factors, table = require(world, World).item_factors[:, : len(MOODS)], world.interactions.item_table
    rng = generator(rng)
    n = len(table)
    if n > N_NAMES:
        raise ValueError(f"expected a world of at most {N_NAMES:,} films, received {n:,}")
    names = _names(rng.choice(N_NAMES, size=n, replace=False))
    places, heroes = (_names(rng.integers(N_NAMES, size=n)) for _ in range(2))
    rows = []
    for i, genres in enumerate(table["genres"].str.split("|")):
        furthest = np.argsort(-np.abs(factors[i]), kind="stable")
        moods = [MOODS[f][int(factors[i, f] > 0)] for f in (furthest[0], furthest[min(1, len(furthest) - 1)])]
        who, does, where = (_one(WORDS[_one(genres, rng)][part], rng) for part in range(3))
        parts = {"who": who, "does": does, "where": where, "mood": moods[0], "other_mood": moods[1]}
        title = _one(TITLES, rng).format(name=names[i], noun=_one(NOUNS[genres[0]], rng))
        sentence = _one(SENTENCES, rng).format(place=places[i], hero=heroes[i], **parts)
        rows.append((_with_an(title), _with_an(sentence)))
    titles, descriptions = zip(*rows, strict=True)
    columns = {"item_id": table["item_id"], "title": titles, "description": descriptions, "genres": table["genres"]}
    return pd.DataFrame(columns)


def _names(numbers):
    """The invented names with these numbers: start, vowel, middle, end, as in "Zra" + "lv" + "oon"."""
    parts = zip(*np.unravel_index(numbers, SIZES), strict=True)
    return [STARTS[a] + VOWELS[b] + MIDDLES[c] + ENDS[d] for a, b, c, d in parts]


def _one(options, rng):
    return options[rng.integers(len(options))]


def _with_an(text):
    """The text with "an" for "a" before a vowel."""
    return re.sub(r"\b([Aa]) (?=[aeiouAEIOU])", r"\1n ", text)
