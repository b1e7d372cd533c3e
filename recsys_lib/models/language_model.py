"""Inside a language model: SmolLM2-135M's forward pass, its cache, the likelihood of a text, and text that it writes.

Needs TensorFlow, and the package gguf to read the weights."""

from recsys_lib._tensorflow import require_tensorflow

require_tensorflow("recsys_lib.models.language_model")

import numpy as np  # noqa: E402  (the check above gives the better message)
import tensorflow as tf  # noqa: E402
from keras import ops  # noqa: E402

from recsys_lib.models.bpe import BytePairTokenizer  # noqa: E402
from recsys_lib.models.gguf_file import language_model_file, read_gguf  # noqa: E402

LAYERS, WIDTH, HEADS, KEY_HEADS, VOCABULARY = 30, 576, 9, 3, 49_152
SIZE = WIDTH // HEADS  # numbers of one head
BASE, EPSILON = 100_000.0, 1e-5
MAX_TOKENS = 8192  # what the model was trained to read
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"  # the file's own first message


def rms_norm(x, weight):
    """x / √(mean of x² + 1e-5) over the last axis, times a weight.

    Source: Zhang & Sennrich 2019. Chapter: Inside a language model."""
    return x / ops.sqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + EPSILON) * weight


def rotate(x, position):
    """Rotary positions: each pair of neighbouring numbers is turned by an angle that grows with the position.

        (a, b) → (a cos φ − b sin φ, a sin φ + b cos φ),   φ = position · 100,000^(−2i/size) for pair i

    x (n, heads, t, size).   position: (t,).   So q · k depends on how far apart two tokens are, not where they stand.
    GGUF stores the pairs as neighbours, (0, 1), (2, 3) …; other files pair the first half with the second.
    Source: Su et al. 2021. Chapter: Inside a language model."""
    size = x.shape[-1]
    speed = BASE ** (-np.arange(0, size, 2) / size)
    angle = ops.cast(position, "float32")[:, None] * ops.convert_to_tensor(speed, "float32")
    a, b = x[..., 0::2], x[..., 1::2]
    turned = ops.stack([a * ops.cos(angle) - b * ops.sin(angle), a * ops.sin(angle) + b * ops.cos(angle)], axis=-1)
    return ops.reshape(turned, ops.shape(x))


def dense(x, weight):
    """x W, all tokens as rows of one matrix."""
    rows = ops.matmul(ops.reshape(x, (-1, x.shape[-1])), weight)
    return ops.reshape(rows, (*ops.shape(x)[:-1], weight.shape[-1]))


def heads(x, n_heads):
    """(n, t, n_heads · size) → (n, n_heads, t, size)."""
    n, t = ops.shape(x)[:2]
    return ops.transpose(ops.reshape(x, (n, t, n_heads, x.shape[-1] // n_heads)), (0, 2, 1, 3))


def attention(x, start, keys, values, w, name):
    """Each token takes a weighted mean of itself and the tokens before it, in nine heads side by side.

        softmax(q kᵀ / 8) v   in each head, over the tokens up to its own; three heads share their keys and values

    x (n, t, 576) stands at positions start, start + 1, ….   keys, values (n, 3, length, 64): the cache, whose first
    `start` places are filled.   Returns the tokens' new part (n, t, 576) and both caches with x's own places filled.
    Source: Vaswani et al. 2017, Ainslie et al. 2023 (shared keys). Chapter: Inside a language model."""
    n, t = ops.shape(x)[:2]
    position = start + ops.arange(t)
    q = rotate(heads(dense(x, w[f"{name}.attn_q.weight"]), HEADS), position)
    k = rotate(heads(dense(x, w[f"{name}.attn_k.weight"]), KEY_HEADS), position)
    v = heads(dense(x, w[f"{name}.attn_v.weight"]), KEY_HEADS)
    keys, values = (ops.slice_update(cache, (0, 0, start, 0), new) for cache, new in ((keys, k), (values, v)))
    q = ops.reshape(q, (n, KEY_HEADS, -1, SIZE))  # the three heads that share keys, one below the other
    scores = ops.reshape(ops.matmul(q, ops.transpose(keys, (0, 1, 3, 2))), (n, HEADS, t, -1)) / SIZE**0.5
    later = ops.arange(ops.shape(keys)[2])[None, :] > position[:, None]
    weights = ops.softmax(scores - 1e9 * ops.cast(later, "float32"))
    mixed = ops.matmul(ops.reshape(weights, (n, KEY_HEADS, -1, ops.shape(keys)[2])), values)
    mixed = ops.transpose(ops.reshape(mixed, (n, HEADS, t, SIZE)), (0, 2, 1, 3))
    return dense(ops.reshape(mixed, (n, t, WIDTH)), w[f"{name}.attn_output.weight"]), keys, values


def swiglu(x, w, name):
    """(silu(x W₁) ⊙ x W₂) W₃: 1,536 numbers, each let through as far as its gate says.   silu(z) = z / (1 + e⁻ᶻ).

    Source: Shazeer 2020. Chapter: Inside a language model."""
    gate = ops.silu(dense(x, w[f"{name}.ffn_gate.weight"]))
    return dense(gate * dense(x, w[f"{name}.ffn_up.weight"]), w[f"{name}.ffn_down.weight"])


def forward(tokens, start, cache, w):
    """The model: token ids to one vector a token.

        x = embedding;   30 times: x = x + attention(norm(x)), x = x + swiglu(norm(x));   norm(x)

    tokens: int (n, t), at positions start, start + 1, ….   cache: 30 pairs (keys, values) as `empty_cache` makes them,
    filled up to `start`.   w: name → array (in, out).   Returns float32 (n, t, 576) and the cache with t places more.
    Source: Allal et al. 2025 (SmolLM2), Touvron et al. 2023 (the network). Chapter: Inside a language model."""
    x, filled = ops.take(w["token_embd.weight"], tokens, axis=0), []
    for layer, (keys, values) in enumerate(cache):
        name = f"blk.{layer}"
        new, keys, values = attention(rms_norm(x, w[f"{name}.attn_norm.weight"]), start, keys, values, w, name)
        filled.append((keys, values))
        x = x + new
        x = x + swiglu(rms_norm(x, w[f"{name}.ffn_norm.weight"]), w, name)
    return rms_norm(x, w["output_norm.weight"]), filled


def empty_cache(n, length):
    """30 pairs of zeros (n, 3, length, 64), for n texts of up to `length` tokens: 46,080 bytes a token."""
    return [(ops.zeros((n, KEY_HEADS, length, SIZE)), ops.zeros((n, KEY_HEADS, length, SIZE))) for _ in range(LAYERS)]


def next_token_probabilities(logits, *, temperature=1.0, top_p=1.0):
    """The probabilities from which the next token is drawn.

        p = softmax(logits / temperature), then only the likeliest tokens that together reach top_p, scaled to sum 1

    logits: (vocabulary,); −∞ for a token that shall not come.   Returns float64 (vocabulary,); of equally likely tokens
    the lower id is kept.   Raises ValueError unless temperature > 0, 0 < top_p ≤ 1 and some logit is finite.
    Source: Holtzman et al. 2020 (top-p). Chapter: Inside a language model."""
    if not temperature > 0 or not 0 < top_p <= 1:
        raise ValueError(f"expected temperature > 0 and 0 < top_p ≤ 1, received {temperature} and {top_p}")
    logits = np.asarray(logits, np.float64)
    if not np.isfinite(largest := logits.max(initial=-np.inf)):
        raise ValueError(f"expected logits of which some are finite, received {largest} as the largest")
    p = np.exp((logits - largest) / temperature)
    p /= p.sum()
    order = np.argsort(-p, kind="stable")
    kept = order[: 1 + np.searchsorted(np.cumsum(p[order]), top_p - 1e-12)]  # the one that reaches top_p is kept
    out = np.zeros_like(p)
    out[kept] = p[kept] / p[kept].sum()
    return out


class LanguageModel:
    """SmolLM2-135M-Instruct with its tokeniser.

    path: its GGUF file; by default where `language_model_file` finds it.   compiled: whether XLA compiles the step of
    one token: about 4 s once for each size of the cache, then 1.5 × the speed.

    `weights`: name → array (in, out).   `to_logits` (576, 49152): a vector of `forward` times it are the logits of the
    next token.   `read(tokens, start, cache)`: `forward` with these weights as one graph.   `begin`, `end`: the ids of
    <|im_start|> and <|im_end|>.   `encode`, `decode`: those of the `tokenizer`.
    Raises FileNotFoundError as `language_model_file`, ImportError and ValueError as `read_gguf`, ValueError for a model
    of other sizes.   Chapter: Inside a language model."""

    def __init__(self, path=None, *, compiled=False):
        settings, weights = read_gguf(language_model_file() if path is None else path)
        names = ("block_count", "embedding_length", "attention.head_count", "attention.head_count_kv", "vocab_size")
        expected = dict(zip(names, (LAYERS, WIDTH, HEADS, KEY_HEADS, VOCABULARY)))
        if (received := {name: settings.get(f"llama.{name}") for name in names}) != expected:
            raise ValueError(f"expected the sizes of SmolLM2-135M, {expected}, received {received}")
        table = weights.pop("token_embd.weight")
        # (in, out): a row times such a matrix is read in the order in which it lies
        self.weights = {name: ops.convert_to_tensor(np.ascontiguousarray(w.T)) for name, w in weights.items()}
        self.weights["token_embd.weight"] = ops.convert_to_tensor(table)
        self.to_logits = ops.convert_to_tensor(np.ascontiguousarray(table.T))  # the same table, read the other way
        vocabulary, kinds = settings["tokenizer.ggml.tokens"], settings["tokenizer.ggml.token_type"]
        special = [token for token, kind in zip(vocabulary, kinds) if kind != 1]  # 1: stands for text
        self.tokenizer = BytePairTokenizer(vocabulary, settings["tokenizer.ggml.merges"], special)
        self.encode, self.decode = self.tokenizer.encode, self.tokenizer.decode
        self.begin, self.end = (self.tokenizer.id_of[token] for token in ("<|im_start|>", "<|im_end|>"))
        filled = tf.TensorSpec((None, KEY_HEADS, None, SIZE), "float32")
        shapes = [tf.TensorSpec((None, None), "int32"), tf.TensorSpec((), "int32"), [(filled, filled)] * LAYERS]
        # `forward` as one graph for texts and caches of any length
        self.read = tf.function(lambda *arguments: forward(*arguments, self.weights), input_signature=shapes)
        self.compiled = compiled
        self.step = tf.function(self._step, jit_compile=True) if compiled else self._step

    def _step(self, tokens, start, cache):
        """The logits after the last token, and the cache."""
        vectors, cache = (
            forward(tokens, start, cache, self.weights) if self.compiled else self.read(tokens, start, cache)
        )
        return ops.matmul(vectors[:, -1], self.to_logits), cache

    def chat(self, prompt, *, start=""):
        """Token ids of a conversation: the system's message, the user's `prompt`, and the `start` of the answer."""
        ids = []
        for role, text in (("system", SYSTEM), ("user", prompt)):
            ids += [self.begin, *self.encode(f"{role}\n{text}"), self.end, *self.encode("\n")]
        return [*ids, self.begin, *self.encode("assistant\n"), *self.encode(start)]

    def logits(self, tokens):
        """The logits of the next token after each token: float32 (t, 49152) for a list of t ids.

        Raises ValueError for no token, for more than 8,192 and for an id outside the vocabulary."""
        tokens = _checked(tokens)
        _fits(len(tokens))
        vectors, _ = self.read(tokens[None], 0, empty_cache(1, len(tokens)))
        return ops.convert_to_numpy(ops.matmul(vectors[0], self.to_logits))

    def token_log_likelihood(self, prompt, texts, *, block=32):
        """log p(token | all tokens before it) of each token of each text after the same prompt: float64 arrays.

        prompt: list of ids.   texts: lists of ids.   block: texts that pass side by side, filled up on the right, where
        no token looks.   The prompt is read once.   Raises ValueError where one is empty or the whole is too long."""
        prompt, texts = _checked(prompt), [_checked(text) for text in texts]
        read, cache = self._read_prompt(prompt, max(map(len, texts), default=0))
        log_p = []
        for start in range(0, len(texts), block):
            some = texts[start : start + block]
            vectors = self._read_after(len(prompt), cache, some)
            # what says how likely a token is stands one place before it: the first follows the prompt's last
            before = ops.concatenate([ops.repeat(read[:, -1:], len(some), axis=0), vectors[:, :-1]], axis=1)
            lengths = [len(text) for text in some]
            kept = ops.convert_to_numpy(before)[np.arange(vectors.shape[1]) < np.array(lengths)[:, None]]
            logits = ops.convert_to_numpy(ops.matmul(ops.convert_to_tensor(kept), self.to_logits))
            chosen = logits[np.arange(len(kept)), np.concatenate(some)].astype(np.float64)
            log_p += np.split(chosen - ops.convert_to_numpy(ops.logsumexp(logits, axis=1)), np.cumsum(lengths)[:-1])
        return log_p

    def next_logits(self, texts, *, block=32):
        """The logits of the token after each text: float32 (n, 49152). What all texts begin with is read once.

        texts: lists of ids.   block: texts that pass side by side.   Raises ValueError where one is empty or too long,
        or no text is given."""
        texts = [_checked(text) for text in texts]
        if not texts:
            raise ValueError("expected at least one text, received none")
        shortest = min(map(len, texts))
        same = np.all([text[:shortest] == texts[0][:shortest] for text in texts], axis=0)  # place by place
        shared = min(int(np.argmin([*same, False])), shortest - 1)  # each keeps a token of its own
        rests = [text[shared:] for text in texts]
        cache = self._read_prompt(texts[0][:shared], max(map(len, rests)))[1] if shared else None
        logits = []
        for start in range(0, len(texts), block):
            some = rests[start : start + block]
            vectors = self._read_after(shared, cache, some)
            last = ops.convert_to_numpy(vectors)[np.arange(len(some)), [len(rest) - 1 for rest in some]]
            logits.append(ops.convert_to_numpy(ops.matmul(ops.convert_to_tensor(last), self.to_logits)))
        return np.concatenate(logits)

    def _read_prompt(self, prompt, more):
        """Vectors and cache of a prompt, with room for `more` tokens."""
        _fits(len(prompt), more)
        return self.read(prompt[None], 0, empty_cache(1, len(prompt) + more))

    def _read_after(self, start, cache, texts):
        """Vectors (n, t, 576) of texts that stand side by side after what is in the cache, filled up with token 0."""
        n, longest = len(texts), max(map(len, texts))
        _fits(start, longest)
        if cache is None:
            cache = empty_cache(1, longest)
        cache = [(ops.repeat(keys, n, axis=0), ops.repeat(values, n, axis=0)) for keys, values in cache]
        rows = np.array([np.pad(text, (0, longest - len(text))) for text in texts], np.int32)
        return self.read(rows, start, cache)[0]

    def log_likelihood(self, prompt, texts):
        """Σ log p of the tokens of each text after the prompt: float64 (n,). Arguments of `token_log_likelihood`."""
        return np.array([log_p.sum() for log_p in self.token_log_likelihood(prompt, texts)])

    def write(self, prompts, choose, *, max_tokens):
        """Tokens after prompts of the same length, one after the other, from the cache: a list of lists of ids.

        prompts: int (n, t).   choose: (logits (n, 49152), written: the lists so far) → the next token of each, int
        (n,).   A text ends before <|im_end|> or after `max_tokens`.   Raises ValueError for no prompt, for prompts of
        different lengths, for max_tokens below 1, and where both are longer together than 8,192."""
        prompts = [_checked(prompt) for prompt in prompts]
        if len(lengths := {len(prompt) for prompt in prompts}) != 1:
            raise ValueError(f"expected prompts of one length, received lengths {sorted(lengths)}")
        if max_tokens < 1:
            raise ValueError(f"expected max_tokens of at least 1, received {max_tokens}")
        prompts, n_tokens = np.array(prompts), len(prompts[0])
        written, ended = [[] for _ in prompts], np.zeros(len(prompts), bool)
        _fits(n_tokens, max_tokens)
        length = n_tokens + max_tokens
        if self.compiled:
            length = -(-length // 256) * 256  # few sizes, each compiled once
        vectors, cache = self.read(prompts, 0, empty_cache(len(prompts), length))
        logits = ops.matmul(vectors[:, -1], self.to_logits)
        for place in range(n_tokens, n_tokens + max_tokens):
            chosen = _checked(choose(ops.convert_to_numpy(logits), written))
            ended |= chosen == self.end
            for row in np.flatnonzero(~ended):
                written[row].append(int(chosen[row]))
            if ended.all() or place == n_tokens + max_tokens - 1:
                break
            logits, cache = self.step(ops.convert_to_tensor(chosen[:, None]), ops.convert_to_tensor(place), cache)
        return written

    def generate(self, prompt, *, max_tokens=128, temperature=0.0, top_p=1.0, rng=0):
        """The tokens that follow a prompt: list of ids, up to <|im_end|>.

        temperature: 0 takes the likeliest token each time (greedy); above 0 one is drawn by
        `next_token_probabilities`.   rng: int or Generator.   Raises ValueError as `write`, and for a temperature
        below 0 or a top_p outside (0, 1]."""
        next_token_probabilities([0.0], temperature=temperature or 1.0, top_p=top_p)  # what is wrong shows now
        rng = np.random.default_rng(rng)

        def choose(logits, written):
            if not temperature:
                return logits.argmax(axis=1)
            p = next_token_probabilities(logits[0], temperature=temperature, top_p=top_p)
            return [rng.choice(len(p), p=p)]

        return self.write([prompt], choose, max_tokens=max_tokens)[0]


def _checked(tokens):
    """Token ids as int32 (t,). Raises ValueError where there are none, or one is outside the vocabulary."""
    tokens = np.asarray(tokens)
    if tokens.ndim != 1 or not tokens.size or not np.issubdtype(tokens.dtype, np.integer):
        raise ValueError(f"expected a list of token ids, at least one, received shape {tokens.shape} of {tokens.dtype}")
    if (wrong := tokens[(tokens < 0) | (tokens >= VOCABULARY)]).size:
        raise ValueError(f"expected token ids from 0 to {VOCABULARY - 1}, received {wrong[0]}")
    return tokens.astype(np.int32)


def _fits(n_tokens, more=0):
    """Raises ValueError where so many tokens, and so many after them, are more than the model can read."""
    if n_tokens + more > MAX_TOKENS:
        raise ValueError(f"expected at most {MAX_TOKENS} tokens in all, received {n_tokens} and {more} more")
