"""Beam search over words of codes, free or held by the tree of a catalogue. No TensorFlow."""

import numpy as np

from recsys_lib._checks import require, setting
from recsys_lib.models.semantic_ids import PrefixTree
from recsys_lib.retrieval import top_k


def beam_search(state, speaker, *, width, tree=None, untrained=None):
    """The likeliest words, level by level: of all beams and all their next codes, the best `width` go on.

        log p(c_1 … c_l) = log p(c_1 … c_{l−1}) + log p(c_l | c_1 … c_{l−1})

    state: (n, d), what the speaker knows before the first code.   speaker: has `n_levels`, `n_codes`,
    `log_p(state (m, d), level)`, (m, K), and `say(state, level, codes (m,))`, the state after.
    tree: PrefixTree; a code that no word of it goes on with is not said. None: any code may follow any other. The
    probabilities stay those of all K codes, so that the order is that of p(word), given that it is a word of the tree.
    untrained: bool (n_items,), with a tree: items whose last code nobody could learn. They get 1 / (items in the cell)
    in the place of its probability.
    A width of all words scores them all. Ties go to the lower code.
    Returns a list with an entry a level: codes int32 (n, ≤ width, l), log p (n, ≤ width), best first; where a person
    has fewer words, −1 and −inf. Raises ValueError for a width below 1, or a tree of another depth.
    Source: Sutskever et al. 2014 (beam search); De Cao et al. 2021 (held by a tree). Chapter: Semantic ids."""
    setting("width", width, 1, whole=True)
    if tree is not None and require(tree, PrefixTree).n_levels != speaker.n_levels:
        raise ValueError(f"expected a tree of {speaker.n_levels} levels, received {tree.n_levels}")
    n, d = state.shape
    state, total = np.asarray(state)[:, None], np.zeros((n, 1), np.float32)
    node, codes, steps = np.zeros((n, 1), np.int32), np.zeros((n, 1, 0), np.int32), []
    for level in range(speaker.n_levels):
        log_p = speaker.log_p(state.reshape(-1, d), level).reshape(*state.shape[:2], -1)
        if tree is not None:
            below = _columns(tree.children[level], log_p.shape[2])[node]  # (n, b, K)
            if untrained is not None and level == speaker.n_levels - 1:
                share = np.maximum((below >= 0).sum(axis=2, keepdims=True), 1)
                log_p = np.where((below >= 0) & untrained[below], -np.log(share), log_p)
            log_p = np.where(below >= 0, log_p, -np.inf)
        sums = (total[..., None] + log_p).reshape(n, -1)
        kept = top_k(sums, min(width, sums.shape[1]))
        total = np.take_along_axis(sums, kept, axis=1)
        beam, code = np.divmod(kept, log_p.shape[2])
        codes = np.concatenate([np.take_along_axis(codes, beam[..., None], axis=1), code[..., None]], axis=2)
        codes = np.where(np.isfinite(total)[..., None], codes, -1).astype(np.int32)
        steps.append((codes, total))
        if tree is not None:
            node = np.maximum(np.take_along_axis(below.reshape(n, -1), kept, axis=1), 0)
        state = np.take_along_axis(state, beam[..., None], axis=1)
        state = speaker.say(state.reshape(-1, d), level, code.ravel()).reshape(*code.shape, d)
    return steps


def _columns(table, n_codes):
    """A table of the tree with a column for each code that can be said."""
    if table.shape[1] > n_codes:
        raise ValueError(f"expected a tree of codes below {n_codes}, received {table.shape[1] - 1}")
    return np.pad(table, ((0, 0), (0, n_codes - table.shape[1])), constant_values=-1)


def lift(log_p, others):
    """How much likelier one history makes a word than other people's do.

        lift(u, i) = log p(i | u) − log (1/n) Σ_v p(i | v)

    log_p: (m, n_items), of the people asked about.   others: (n, n_items), log p of the people v.   Returns float64
    (m, n_items); what is likely for everybody gains nothing by it. Raises ValueError for other items, or nobody.
    Chapter: Semantic ids."""
    log_p, others = np.asarray(log_p, np.float64), np.asarray(others, np.float64)
    if log_p.ndim != 2 or others.ndim != 2 or log_p.shape[1] != others.shape[1] or not len(others):
        raise ValueError(f"expected log p of the same items for both, received shapes {log_p.shape}, {others.shape}")
    highest = others.max(axis=0)
    return log_p - highest - np.log(np.exp(others - highest).mean(axis=0))


def as_scores(items, log_p, n_items):
    """What a beam found as scores of the whole catalogue: 1 below the worst of a row where nothing was found."""
    there = items >= 0
    floor = np.min(log_p, axis=1, where=there, initial=0) - 1
    scores = np.repeat(floor[:, None], n_items, axis=1).astype(np.float32)
    row, column = np.nonzero(there)
    scores[row, items[row, column]] = log_p[row, column]
    return scores
