"""Byte-level byte-pair encoding: from text to the token ids of a language model, and back."""

import re
import sys
import unicodedata
from functools import lru_cache

# GPT-2's pieces: short forms as in we'll, a word, a run of signs, white space; one leading space belongs to the piece.
# `letter` and `number` stand for the Unicode classes L and N, which Python's re does not know, `space` for its \s
# without four control signs, which are no white space in Unicode.
PIECES = (
    r"'(?:[sdmt]|ll|ve|re)| ?{letter}+| ?{number}+| ?(?:(?!{letter}|{number}|{space}).)+|{space}+(?={space}|$)|{space}+"
)


def byte_letters():
    """A visible letter for each of the 256 bytes, {byte: letter}: the vocabulary is written in them.

    The 188 bytes that are visible in Latin-1 stand for themselves; the others take the letters from 256 on, in order,
    so that the space, byte 32, becomes Ġ.   Source: Radford et al. 2019. Chapter: Inside a language model."""
    visible = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    hidden = [byte for byte in range(256) if byte not in visible]
    return {b: chr(b) for b in visible} | {b: chr(256 + place) for place, b in enumerate(hidden)}


def merge(parts, rank):
    """Joins neighbours until no pair of neighbours is in the list: first, everywhere, the pair that was learnt first.

    parts: list of str, at first single letters.   rank: (left, right) → place in the list of merges.
    Returns a list of str.   Source: Sennrich et al. 2016. Chapter: Inside a language model."""
    while True:
        pair = min(zip(parts, parts[1:]), key=lambda pair: rank.get(pair, len(rank)), default=None)
        if pair not in rank:
            return parts
        joined, place = [], 0
        while place < len(parts):
            found = tuple(parts[place : place + 2]) == pair
            joined.append("".join(pair) if found else parts[place])
            place += 2 if found else 1
        parts = joined


@lru_cache(1)
def piece_pattern():
    """The pieces into which a text is cut before any merge, each digit alone, as a compiled pattern."""
    numbers = "".join(chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c))[0] == "N")
    number, letter = f"[{numbers}]", rf"(?:(?![{numbers}_])\w)"
    space = r"[^\S\x1c-\x1f]"
    return re.compile(number), re.compile(PIECES.format(letter=letter, number=number, space=space))


class BytePairTokenizer:
    """The tokeniser of SmolLM2, from the vocabulary and the merges in its file.

    vocabulary: list of str, written in the letters of `byte_letters`.   merges: list of "left right", first learnt
    first.   special: the tokens that stand for no text, such as <|im_end|>; text never becomes one of them, so that a
    film's title cannot end a prompt.   Raises ValueError where a token stands twice, or two are merged into none.
    Source: Sennrich et al. 2016, Radford et al. 2019. Chapter: Inside a language model."""

    def __init__(self, vocabulary, merges, special=()):
        self.vocabulary, self.special = list(vocabulary), set(special)
        self.id_of = {token: place for place, token in enumerate(self.vocabulary)}
        if len(self.id_of) < len(self.vocabulary):
            raise ValueError(f"expected {len(self.vocabulary)} different tokens, received {len(self.id_of)}")
        if lost := [pair for pair in merges if pair.replace(" ", "") not in self.id_of]:
            raise ValueError(f"the merge {lost[0]!r}: expected a token of the vocabulary as its result")
        self.rank = {tuple(pair.split(" ")): place for place, pair in enumerate(merges)}
        self.letters = byte_letters()
        self.bytes = {letter: byte for byte, letter in self.letters.items()}
        self.ids_of_piece = lru_cache(1 << 16)(self._ids_of_piece)

    def pieces(self, text):
        """The words, signs and single digits of a text, which no token crosses: list of str."""
        number, pattern = piece_pattern()
        places = [0, *(end for digit in number.finditer(text) for end in digit.span()), len(text)]
        parts = (text[start:end] for start, end in zip(places, places[1:]))
        return [piece for part in parts for piece in pattern.findall(part)]

    def encode(self, text):
        """Token ids of a text: list of int.

        Raises TypeError for anything but text, ValueError for a byte that the vocabulary lacks (some control signs)."""
        if not isinstance(text, str):
            raise TypeError(f"expected a text, received {type(text).__name__} {text!r:.40}")
        return [token for piece in self.pieces(text) for token in self.ids_of_piece(piece)]

    def _ids_of_piece(self, piece):
        parts = merge([self.letters[byte] for byte in piece.encode("utf-8")], self.rank)
        if lost := [part for part in parts if part not in self.id_of]:
            byte = self.bytes[lost[0][0]]
            raise ValueError(f"{piece!r}: the vocabulary has no token for the byte {byte:#04x}")
        return tuple(self.id_of[part] for part in parts)

    def decode(self, ids):
        """The text of token ids; special tokens are left out, a letter that was cut in two becomes �.

        Raises KeyError for an id outside the vocabulary."""
        if wrong := [token for token in ids if not 0 <= token < len(self.vocabulary)]:
            raise KeyError(f"token id {wrong[0]}: expected 0 to {len(self.vocabulary) - 1}")
        tokens = (self.vocabulary[token] for token in ids)
        letters = "".join(token for token in tokens if token not in self.special)
        return bytes(self.bytes[letter] for letter in letters).decode("utf-8", errors="replace")
