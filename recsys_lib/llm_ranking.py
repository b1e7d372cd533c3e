"""Three ways to have a language model put films in order: one by one, two by two, all at once."""

from typing import NamedTuple

import numpy as np

from recsys_lib._checks import generator, setting
from recsys_lib.llm_lists import ranked


class Prompt(NamedTuple):
    """A question with a person's likes in it, and the same question without them.

    asked: with `{likes}` where they stand.   blank: the calibration's question.   between: what parts two likes."""

    asked: str
    blank: str
    between: str = "; "

    def of(self, likes):
        """The question to ask about a person who liked these titles; the blank one where there are none."""
        return self.asked.replace("{likes}", self.between.join(likes)) if len(likes) else self.blank


PROMPTS = {
    "next": Prompt(
        "I liked these films: {likes}. Which film will I like next? Answer with its title only.",
        "Which film will I like next? Answer with its title only.",
    ),
    "list": Prompt(
        "Here are films that I love:\n{likes}\nName another film like these.",
        "Name a film.",
        between="\n",
    ),
    "person": Prompt(
        "The same person gave five stars to these films: {likes}. Name one more film with five stars from this person.",
        "Name one film with five stars from a person.",
    ),
}
PAIR = "I liked these films: {likes}. Which film will I like more?\nA: {a}\nB: {b}\nAnswer with A or B only."
LISTS = {  # three wordings of one question
    "titles": "I liked these films: {likes}.\n\nFilms to choose from:\n{titles}\n\n"
    "Which five of these films will I like most? Write the five titles, the best first, one a line.",
    "numbers": "I liked these films: {likes}.\n\nFilms to choose from:\n{titles}\n\n"
    "Which five of these films will I like most? Answer with five numbers, the best first, separated by commas.",
    "choose": "Choose five films from this list:\n{titles}\n\nChoose for a person who liked these films: {likes}.\n"
    "Write the five titles, the best first, one a line, nothing else.",
}
NAMED = 5  # titles that each of them asks for


def pointwise(client, prompt, likes, titles):
    """How likely each title is as the answer: float64 (n,).

        s_i = log p(title i | the question with the likes)
        calibrated: s_i − log p(title i | the question without them) = pointwise(…) − pointwise(client, prompt, [], …)

    The second takes away what a title is worth by itself: a long or rare one loses nothing, a famous one gains nothing.
    client: an `LLMClient` with `score`.   prompt: a Prompt.   likes, titles: lists of str.
    Source: Holtzman et al. 2021 (this form), Zhao et al. 2021 (calibration). Chapter: An LLM as recommender."""
    return client.score(prompt.of(likes), titles)


def pairwise(model, likes, titles):
    """Which of two the model names, for all pairs, each asked twice: float64 (n, n), 0 on the diagonal.

        d_ij = log p("A" | i stands at A, j at B) − log p("B" | the same)

    A model without a liking for a letter has d_ij = −d_ji; one that always says A has d > 0 everywhere.
    model: a LanguageModel.   likes, titles: lists of str.   Chapter: An LLM as recommender."""
    asked = "; ".join(likes)
    pairs = [(i, j) for i in range(len(titles)) for j in range(len(titles)) if i != j]
    prompts = [model.chat(PAIR.format(likes=asked, a=titles[i], b=titles[j])) for i, j in pairs]
    a, b = (model.encode(letter)[0] for letter in "AB")
    logits = model.next_logits(prompts).astype(np.float64)
    d = np.zeros((len(titles), len(titles)))
    d[tuple(np.transpose(pairs))] = logits[:, a] - logits[:, b]
    return d


def wins(d, *, both=True, rng=0):
    """How many of its pairs each film wins: float64 (n,).

    d: of `pairwise`.   both: by the mean of both orders, (d_ij − d_ji) / 2, which takes the liking for a letter away;
    else by one order for each pair, drawn by `rng`.   Chapter: An LLM as recommender."""
    n = len(d)
    if both:
        lead = (d - d.T) / 2
    else:
        first = np.triu(generator(rng).random((n, n)) < 0.5, 1)  # i stands at A
        lead = np.where(first, d, -d.T)
        lead = np.triu(lead, 1) - np.triu(lead, 1).T
    return ((lead > 0) + 0.5 * (lead == 0) - 0.5 * np.eye(n)).sum(axis=1)


def list_prompt(wording, likes, titles):
    """The question of `listwise` with the titles in this order, each on a line with its number."""
    numbered = "\n".join(f"{place}. {title}" for place, title in enumerate(titles, 1))
    return LISTS[wording].format(likes="; ".join(likes), titles=numbered)


def rotations(n, n_orders, rng):
    """A random order of n places and its rotations, evenly far apart: int (n_orders, n).

    Over all of them each film stands at places spread over the whole list.   Raises ValueError unless n_orders divides
    n.   Chapter: An LLM as recommender."""
    setting("n_orders", n_orders, 1, n + 1, whole=True)
    if n % n_orders:
        raise ValueError(f"expected a number of orders that divides {n}, received {n_orders}")
    start = generator(rng).permutation(n)
    return np.array([np.roll(start, -turn * (n // n_orders)) for turn in range(n_orders)])


def listwise(client, wording, likes, titles, orders, *, max_tokens=96, fallback="random", rng=None):
    """The model is shown all titles and names the best five, once for each order of the list.

    Returns (ranks, kinds). ranks: float64 (n_orders, n), 1 to 5 for the titles that were named, for all others the mean
    of the ranks that are left; their mean over the orders is the averaged list (Borda). kinds: of each answer, as
    `ranked`: None where it was good, else what was bad; then the fallback's list counts.
    client: an `LLMClient`.   wording: a key of LISTS.   likes, titles: lists of str.   orders: int (n_orders, n),
    permutations.   fallback, rng: as for `ranked`.   Chapter: An LLM as recommender."""
    rng = generator(rng) if fallback == "random" else None
    ranks, kinds = np.full((len(orders), len(titles)), (NAMED + 1 + len(titles)) / 2), []
    for row, order in enumerate(orders):
        shown = [titles[i] for i in order]
        prompt = list_prompt(wording, likes, shown)
        named, kind = ranked(client, prompt, shown, NAMED, fallback=fallback, rng=rng, max_tokens=max_tokens)
        ranks[row, np.asarray(order)[named]] = np.arange(1, len(named) + 1)
        kinds.append(kind)
    return ranks, kinds
