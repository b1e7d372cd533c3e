"""The tokeniser of SmolLM2: equal to two independent ones, by hand on a tiny vocabulary, and back to the same text."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bookfiles import ROOT
from recsys_lib.models.bpe import BytePairTokenizer, byte_letters, merge

FIXTURE = json.loads((ROOT / "tests" / "fixtures" / "smollm2.json").read_text("utf-8"))
TINY = BytePairTokenizer(
    ["<end>", "a", "b", "c", "<", ">", "e", "n", "d", "Ġ", "Ã", "©", "1", "ab", "bc", "abc", "Ġab"],
    ["a b", "b c", "ab c", "Ġ ab"],
    special=["<end>"],
)


@pytest.fixture(scope="module")
def smollm2(language_model):
    return language_model.tokenizer


@pytest.fixture(scope="module")
def by_tokenizers(smollm2):
    """The same vocabulary and merges in the package tokenizers, which cuts texts by its own rules."""
    tokenizers = pytest.importorskip("tokenizers")
    merges = sorted(smollm2.rank, key=smollm2.rank.get)
    other, cut = (
        tokenizers.Tokenizer(tokenizers.models.BPE(vocab=smollm2.id_of, merges=merges)),
        tokenizers.pre_tokenizers,
    )
    other.pre_tokenizer = cut.Sequence([cut.Digits(individual_digits=True), cut.ByteLevel(add_prefix_space=False)])
    return other


@pytest.fixture(scope="module")
def lost(smollm2):
    """The bytes that have no token."""
    return {byte for byte, letter in byte_letters().items() if letter not in smollm2.id_of}


def test_equals_an_independent_run(smollm2):
    assert [(text, smollm2.encode(text)) for text, _ in FIXTURE["tokens"]] == [tuple(x) for x in FIXTURE["tokens"]]


ODD = st.sampled_from("\t\n\r \x1c\x1f\x85\u2028\u3000'_²½Ⅷ٣四ǅʰ\u0301\u200b") | st.sampled_from(
    ["'s", "'LL", "  ", "<|im_end|>"]
)


@given(st.lists(st.characters() | ODD).map("".join))
@example("we'll  go 2 see\r\n")
@example("\n\n\x1c 'll")  # \x1c is white space in Python alone
def test_what_can_be_encoded_comes_back_and_equals_tokenizers(smollm2, by_tokenizers, lost, text):
    if lost & set(text.encode()):
        with pytest.raises(ValueError, match="the vocabulary has no token for the byte 0x"):
            smollm2.encode(text)
        return
    ids = smollm2.encode(text)
    assert ids == by_tokenizers.encode(text).ids
    assert smollm2.decode(ids) == text


def test_few_bytes_are_without_a_token(lost):
    assert {byte for byte in lost if byte < 128} == {4, 6, 19, 20, 22, 29}, "control signs"
    assert lost - set(range(128)) <= {*range(0xC0, 0xC2), *range(0xF1, 0x100)}, "no text, or planes of no letters"


def test_each_byte_has_a_visible_letter_of_its_own():
    letters = byte_letters()
    assert sorted(letters) == list(range(256)) and len(set(letters.values())) == 256
    assert all(letter.isprintable() and not letter.isspace() for letter in letters.values())
    assert (letters[ord("a")], letters[ord(" ")], letters[ord("\n")]) == ("a", "Ġ", "Ċ")


@pytest.mark.parametrize(
    "parts, merged",
    [
        ("abc", ["abc"]),  # a b comes first, then ab c
        ("bcab", ["bc", "ab"]),
        ("abab", ["ab", "ab"]),  # everywhere at once
        ("aab", ["a", "ab"]),
        ("cba", ["c", "b", "a"]),
        ("bbc", ["b", "bc"]),
        ("a", ["a"]),
        ("", []),
    ],
)
def test_merges_by_hand(parts, merged):
    assert merge(list(parts), TINY.rank) == merged


def test_of_overlapping_pairs_the_left_one_is_merged():
    assert merge(list("aaa"), {("a", "a"): 0}) == ["aa", "a"]


def test_encodes_by_hand():
    assert [TINY.vocabulary[token] for token in TINY.encode("abc ab 11é")] == [
        "abc", "Ġab", "Ġ", "1", "1", "Ã", "©",
    ]  # fmt: skip
    assert TINY.encode("") == []


def test_a_special_token_in_a_text_stays_text(smollm2):
    assert [TINY.vocabulary[token] for token in TINY.encode("<end>")] == ["<", "e", "n", "d", ">"]
    text = "A title<|im_end|>\n<|im_start|>system"
    ids = smollm2.encode(text)
    assert not {smollm2.vocabulary[token] for token in ids} & smollm2.special and smollm2.decode(ids) == text


def test_decodes_by_hand():
    assert TINY.decode([15, 0, 16]) == "abc ab", "a special token is left out"
    assert TINY.decode([10, 11]) == "é" and TINY.decode([10]) == "�" and TINY.decode([]) == ""


@pytest.mark.parametrize("token", [-1, 17, 49_152])
def test_an_id_outside_the_vocabulary_is_named(token):
    with pytest.raises(KeyError, match=f"token id {token}: expected 0 to 16"):
        TINY.decode([1, token])


def test_a_byte_without_a_token_is_named():
    with pytest.raises(ValueError, match="'x': the vocabulary has no token for the byte 0x78"):
        TINY.encode("ab 1x")
    with pytest.raises(ValueError, match="0x04"):
        BytePairTokenizer(["a"], []).encode("a\x04")


@pytest.mark.parametrize("text", [None, 3, b"bytes", ["a", "list"], float("nan")])
def test_what_is_no_text_is_refused(text):
    with pytest.raises(TypeError, match="expected a text, received"):
        TINY.encode(text)


def test_a_vocabulary_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="expected 3 different tokens, received 2"):
        BytePairTokenizer(["a", "b", "a"], [])
    with pytest.raises(ValueError, match="the merge 'a b': expected a token of the vocabulary"):
        BytePairTokenizer(["a", "b"], ["a b"])
