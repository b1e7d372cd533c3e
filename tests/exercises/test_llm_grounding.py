"""Other right ways and typical mistakes of the exercises of Grounding."""

import numpy as np
import pytest

from recsys_lib.exercises import check
from recsys_lib.exercises.llm_grounding import _inputs
from recsys_lib.grounding import HeldToTree, PrefixTree


def said(capsys, name, answer):
    state = check(name, answer).state
    return state, capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "right"),
    [("llm_grounding.q1", "b"), ("llm_grounding.q2", "c"), ("llm_grounding.q3", "b"), ("llm_grounding.q4", "c")],
)
def test_questions(capsys, name, right):
    assert said(capsys, name, None)[0] == "not yet"
    for letter in "abcd":
        assert said(capsys, name, letter)[0] == ("right" if letter == right else "wrong")


@pytest.mark.parametrize("answer", [0.08, "0.08", np.float32(0.08), np.array([0.08]), 0.4 * 0.2])
def test_greedy_right(capsys, answer):
    assert said(capsys, "llm_grounding.greedy", answer)[0] == "right"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (0.27, "likeliest title"),
        (0.2, "last choice alone"),
        (0.4, "Go on"),
        (0.28, "not in the tree"),
        (0.04, "*Mask* is likelier"),
        (0.381, "what the tree leaves"),
        (0.267, "second step"),
        (-2.5257, "logarithm"),
        ([0.4, 0.2], "several numbers"),
        (7, "Which first token"),
    ],
)
def test_greedy_wrong(capsys, answer, hint):
    state, text = said(capsys, "llm_grounding.greedy", answer)
    assert state == "wrong" and hint in text, text


def test_greedy_is_what_the_library_writes():
    tokens = {
        "end": 0,
        "The": 1,
        "Mask": 2,
        "Matrix": 3,
        "Up": 4,
        "in": 5,
        "the": 6,
        "Air": 7,
        "Star": 8,
        "Godfather": 9,
    }
    tree = PrefixTree([(1, 2), (1, 3), (4,), (4, 5, 6, 7)], 0)
    after = {(): {"The": 0.4, "Up": 0.3, "Star": 0.3}, (1,): {"Mask": 0.2, "Matrix": 0.1, "Godfather": 0.7}}
    after |= {(1, 2): {"end": 1.0}}
    held = HeldToTree([tree], 1, 11)
    written = []
    with np.errstate(divide="ignore"):
        while not held.named[0]:
            p = np.zeros(12)
            for token, its in after[tuple(written)].items():
                p[tokens[token]] = its
            written.append(int(held(np.log(p)[None], None)[0]))
    assert written == [1, 2, 0] and np.exp(sum(held.log_p[0])) == pytest.approx(0.08)


def next_tokens(titles, begun):
    return {title[len(begun)] for title in titles if title[: len(begun)] == begun and len(title) > len(begun)}


def by_sorting(titles, log_p, width):
    beam = [(0.0, ())]
    while any(begun[-1:] != (0,) for _, begun in beam):
        longer = []
        for score, begun in beam:
            if begun[-1:] == (0,):
                longer.append((score, begun))
            else:
                row = log_p(begun)
                longer += [(score + row[t], (*begun, t)) for t in next_tokens(titles, begun)]
        beam = sorted(longer)[::-1][:width]
    return max(beam)[1]


def as_a_list(titles, log_p, width):
    return list(by_sorting(titles, log_p, width))


@pytest.mark.parametrize("answer", [by_sorting, as_a_list])
def test_beam_right(capsys, answer):
    assert said(capsys, "llm_grounding.beam", answer)[0] == "right"


def test_a_beam_of_one_is_the_library_s_greedy():
    for titles, log_p, _ in _inputs():
        held, written = HeldToTree([PrefixTree([title[:-1] for title in titles], 0)], 1, 7), []
        while not held.named[0]:
            written.append(int(held(np.array([[*log_p(tuple(written)), -99.0, -99.0]]), None)[0]))
        assert by_sorting(titles, log_p, 1) == tuple(written) == titles[held.named[0][0]]


def variant(*, width_of=lambda width: width, value=lambda score, begun, step: score, apart=False, cut=False, once=True,
            tree=True):  # fmt: skip
    def answer(titles, log_p, width):
        beam, ended = [(0.0, (), 0.0)], []
        while beam and any(begun[-1:] != (0,) for _, begun, _ in beam):
            longer = []
            for score, begun, step in beam:
                if begun[-1:] == (0,):
                    longer.append((score, begun, step))
                    continue
                row = log_p(begun)
                tokens = next_tokens(titles, begun) if tree else range(6)
                if not once:
                    tokens = [title[len(begun)] for title in titles if title[: len(begun)] == begun]
                longer += [(score + row[t], (*begun, t), row[t]) for t in tokens]
            if apart:
                ended += [one for one in longer if one[1][-1] == 0]
                longer = [one for one in longer if one[1][-1] != 0]
            beam = sorted(longer, key=lambda one: value(*one))[::-1][: width_of(width)]
        best = max(beam + ended, key=lambda one: value(*one))[1]
        return best[:-1] if cut else best

    return answer


def width_of_each(titles, log_p, width):
    beam = [()]
    total = {(): 0.0}
    while any(begun[-1:] != (0,) for begun in beam):
        longer = []
        for begun in beam:
            if begun[-1:] == (0,):
                longer.append(begun)
                continue
            row = log_p(begun)
            some = sorted(next_tokens(titles, begun), key=lambda t: -row[t])[:width]
            total |= {(*begun, t): total[begun] + row[t] for t in some}
            longer += [(*begun, t) for t in some]
        beam = longer
    return max(beam, key=total.get)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (variant(width_of=lambda width: 1), "that is greedy"),
        (variant(width_of=lambda width: None), "keep all beginnings"),
        (variant(value=lambda score, begun, step: step), "last step alone"),
        (variant(value=lambda score, begun, step: score / max(len(begun), 1)), "means a token"),
        (variant(apart=True), "takes its place in the beam"),
        (variant(once=False), "Take each next token once"),
        (variant(tree=False), "without the tree"),
        (width_of_each, "keep `width` in all"),
        (variant(cut=True), "The end is missing"),
        (lambda titles, log_p, width: titles[0], "Start with"),
        (lambda titles, log_p, width: titles["a"], "TypeError"),
        (3, "A function is asked for"),
    ],
)
def test_beam_wrong(capsys, answer, hint):
    state, text = said(capsys, "llm_grounding.beam", answer)
    assert state == "wrong" and hint in text, text


@pytest.mark.parametrize("answer", [None, ..., lambda *arguments: None, lambda *arguments: ...])
def test_unfilled(capsys, answer):
    if not callable(answer):
        assert said(capsys, "llm_grounding.greedy", answer)[0] == "not yet"
    assert said(capsys, "llm_grounding.beam", answer)[0] == "not yet"
