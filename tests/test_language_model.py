"""SmolLM2: equal to an independent run, the same from its cache, in a batch and compiled; what is bad is refused."""

import copy
import json

import numpy as np
import pytest

from bookfiles import ROOT

pytest.importorskip("tensorflow")
import tensorflow as tf

from recsys_lib.models.language_model import (
    LAYERS,
    MAX_TOKENS,
    LanguageModel,
    attention,
    empty_cache,
    forward,
    next_token_probabilities,
    rms_norm,
    rotate,
    swiglu,
)

FIXTURE = json.loads((ROOT / "tests" / "fixtures" / "smollm2.json").read_text("utf-8"))
SENTENCE, CHAT, FILMS = (case["tokens"] for case in FIXTURE["logits"])


@pytest.fixture(scope="module")
def model(language_model):
    return language_model


def greedy(logits, written):
    return logits.argmax(axis=1)


# --- equal to an independent run


@pytest.mark.parametrize("case", FIXTURE["logits"], ids=lambda case: case["name"])
def test_logits_equal_an_independent_run(model, case):
    logits = model.logits(case["tokens"])
    assert logits.dtype == np.float32 and logits.shape == (len(case["tokens"]), 49_152)
    for place in case["at"]:
        found = logits[place["position"], place["ids"]]
        assert found == pytest.approx(np.array(place["logits"]), abs=FIXTURE["tolerance"])


def test_a_conversation_has_the_tokens_of_the_independent_run(model):
    assert model.chat("What is the capital of France?") == CHAT
    assert model.chat("What is the capital of France?", start="Paris") == [*CHAT, *model.encode("Paris")]
    ended = model.chat("France?<|im_end|>")
    assert ended.count(model.end) == 2, "a prompt cannot end its own message"


@pytest.mark.parametrize("case", FIXTURE["log_likelihood"], ids=lambda case: case["continuation"])
def test_likelihoods_equal_an_independent_run(model, case):
    (found,) = model.log_likelihood(case["prompt_tokens"], [case["continuation_tokens"]])
    assert found == pytest.approx(case["sum"], abs=FIXTURE["tolerance"])


def test_greedy_tokens_equal_an_independent_run(model):
    wanted = FIXTURE["greedy"]["tokens"]
    logits = model.logits([*CHAT, *wanted[:-1]])
    assert logits[len(CHAT) - 1 :].argmax(axis=1).tolist() == wanted
    answer = wanted[: wanted.index(model.end)]
    assert model.generate(CHAT, max_tokens=16) == answer
    assert model.decode(answer) == "The capital of France is Paris."
    assert model.generate(CHAT, max_tokens=3) == answer[:3]


# --- the parts, by hand


def test_rms_norm_by_hand():
    assert np.array(rms_norm(tf.constant([3.0, 4.0]), tf.constant([1.0, 2.0]))) == pytest.approx(
        np.array([3, 8]) / 12.5**0.5
    )


def test_rotation_by_hand():
    x = tf.constant([[[[1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0]]]])
    slow = 1 / 100_000**0.5  # the angle of the second pair a position
    turned = np.array(rotate(x, tf.constant([0, 1, 2])))[0, 0]
    assert turned[0].tolist() == [1, 0, 1, 0], "at position 0 nothing turns"
    assert turned[1] == pytest.approx(np.array([np.cos(1), np.sin(1), np.cos(slow), np.sin(slow)]), abs=1e-6)
    assert turned[2] == pytest.approx(np.array([-np.sin(2), np.cos(2), -np.sin(2 * slow), np.cos(2 * slow)]), abs=1e-6)


def test_rotated_products_depend_on_the_distance_alone():
    q, k = np.random.default_rng(0).normal(size=(2, 1, 1, 1, 64)).astype("float32")

    def product(here, there):
        return np.sum(np.array(rotate(tf.constant(q), [here])) * np.array(rotate(tf.constant(k), [there])))

    assert product(7, 3) == pytest.approx(product(104, 100), abs=1e-3)
    assert abs(product(7, 3) - product(7, 4)) > 0.01


def test_swiglu_by_hand():
    names = ("ffn_gate", "ffn_up", "ffn_down")
    parts = ([[1.0, 0.0]], [[3.0, 5.0]], [[1.0], [10.0]])
    w = {f"a.{name}.weight": tf.constant(part) for name, part in zip(names, parts)}
    silu = 2 / (1 + np.exp(-2.0))
    assert np.array(swiglu(tf.constant([[[2.0]]]), w, "a")) == pytest.approx(silu * 6 + 0 * 10)


def test_a_token_does_not_look_at_later_ones_nor_at_empty_places(model):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 5, 576)).astype("float32")
    other = np.concatenate([x[:, :3], rng.normal(size=(2, 2, 576))], axis=1).astype("float32")

    def attend(x, length):
        return np.array(attention(tf.constant(x), 0, *empty_cache(2, length)[0], model.weights, "blk.7")[0])

    first = attend(x, 5)
    assert attend(other, 5)[:, :3] == pytest.approx(first[:, :3], abs=1e-5)
    assert np.abs(attend(other, 5)[:, 3:] - first[:, 3:]).max() > 0.01
    assert attend(x, 9) == pytest.approx(first, abs=1e-5)


def test_the_cache_takes_46080_bytes_a_token():
    cache = empty_cache(1, 10)
    assert len(cache) == LAYERS and sum(np.array(part).nbytes for pair in cache for part in pair) == 10 * 46_080


# --- the same another way


def test_read_in_pieces_from_the_cache(model):
    whole, _ = model.read(np.array([FILMS], np.int32), 0, empty_cache(1, len(FILMS)))
    cache, pieces = empty_cache(1, len(FILMS) + 5), []
    for start, end in ((0, 1), (1, 40), (40, len(FILMS))):
        vectors, cache = model.read(np.array([FILMS[start:end]], np.int32), start, cache)
        pieces.append(vectors)
    assert np.concatenate(pieces, axis=1) == pytest.approx(np.array(whole), abs=1e-3)


def test_the_graph_is_the_function_as_written(model):
    tokens = np.array([SENTENCE[:5]], np.int32)
    eager, _ = forward(tokens, 0, empty_cache(1, 5), model.weights)
    assert np.array(model.read(tokens, 0, empty_cache(1, 5))[0]) == pytest.approx(np.array(eager), abs=1e-3)


def log_probabilities(model, prompt, text):
    """log p of each token of one text after the prompt, from the logits of the whole."""
    logits = model.logits([*prompt, *text]).astype(np.float64)[len(prompt) - 1 : -1]
    return logits[np.arange(len(text)), text] - np.log(np.exp(logits).sum(axis=1))


def test_likelihoods_with_a_shared_prompt_equal_those_of_each_text_by_itself(model):
    titles = [" Finding Nemo (2003)", " Up", " The Lord of the Rings: The Two Towers (2002)", " Up"]
    texts = [model.encode(title) for title in titles]
    wanted = [log_probabilities(model, SENTENCE, text) for text in texts]
    for order, block in ((slice(None), 2), (slice(None, None, -1), 32)):
        found = model.token_log_likelihood(SENTENCE, texts[order], block=block)
        assert [len(log_p) for log_p in found] == [len(text) for text in texts[order]]
        assert np.concatenate(found) == pytest.approx(np.concatenate(wanted[order]), abs=1e-4)
    sums = model.log_likelihood(SENTENCE, texts)
    assert sums.dtype == np.float64 and sums == pytest.approx([log_p.sum() for log_p in wanted], abs=1e-4)
    assert sums[1] == sums[3]


def test_no_text_has_no_likelihood(model):
    assert model.token_log_likelihood(SENTENCE, []) == []
    assert model.log_likelihood(SENTENCE, []).shape == (0,)


@pytest.mark.parametrize(
    "texts",
    [
        [SENTENCE[:5], FILMS[:7]],  # begin differently
        [SENTENCE[:6], SENTENCE[:4] + FILMS[:3], SENTENCE[:4]],  # the last begins the others
        [SENTENCE[:1]],
    ],
)
def test_next_logits_equal_those_of_each_text_by_itself(model, texts):
    wanted = np.array([model.logits(text)[-1] for text in texts])
    assert model.next_logits(texts, block=2) == pytest.approx(wanted, abs=1e-3)
    assert model.next_logits(texts[::-1])[::-1] == pytest.approx(wanted, abs=1e-3)


def test_two_prompts_side_by_side_write_what_each_writes_alone(model):
    prompts = [model.chat(f"What is the capital of {country}?") for country in ("France", "Norway")]
    alone = [model.generate(prompt, max_tokens=9) for prompt in prompts]
    assert model.write(prompts, greedy, max_tokens=9) == alone
    assert alone[0] != alone[1] and len(alone[0]) == 7, "the first ends before the other"


def test_who_has_ended_writes_no_more(model):
    steps = iter([[5, 6], [model.end, 7], [8, 9], [10, model.end]])
    seen = []

    def choose(logits, written):
        seen.append((logits.shape, copy.deepcopy(written)))
        return next(steps)

    assert model.write([SENTENCE[:3], FILMS[:3]], choose, max_tokens=20) == [[5], [6, 7, 9]]
    assert [shape for shape, _ in seen] == [(2, 49_152)] * 4
    assert [written for _, written in seen] == [[[], []], [[5], [6]], [[5], [6, 7]], [[5], [6, 7, 9]]]


def test_compiled_writes_the_same(model):
    compiled = copy.copy(model)  # as LanguageModel(compiled=True), without reading the file again
    compiled.compiled = True
    compiled.step = tf.function(compiled._step, jit_compile=True)
    assert compiled.generate(CHAT, max_tokens=16) == model.generate(CHAT, max_tokens=16)


# --- the next token


def test_probabilities_by_hand():
    logits = np.log([0.5, 0.2, 0.2, 0.1])
    assert next_token_probabilities(logits) == pytest.approx([0.5, 0.2, 0.2, 0.1])
    assert next_token_probabilities(logits, temperature=0.5) == pytest.approx(np.array([25, 4, 4, 1]) / 34)
    assert next_token_probabilities(logits + 1000, temperature=2) == pytest.approx(
        np.sqrt([0.5, 0.2, 0.2, 0.1]) / np.sqrt([0.5, 0.2, 0.2, 0.1]).sum()
    )


@pytest.mark.parametrize(
    "top_p, kept",
    [
        (1e-9, [1, 0, 0, 0]),  # the likeliest is always kept
        (0.5, [1, 0, 0, 0]),  # it reaches top_p alone
        (0.51, [5 / 7, 2 / 7, 0, 0]),  # the lower of two that are equal
        (0.7, [5 / 7, 2 / 7, 0, 0]),
        (0.71, [5 / 9, 2 / 9, 2 / 9, 0]),
        (1.0, [0.5, 0.2, 0.2, 0.1]),
    ],
)
def test_top_p_by_hand(top_p, kept):
    assert next_token_probabilities(np.log([0.5, 0.2, 0.2, 0.1]), top_p=top_p) == pytest.approx(kept)


def test_temperature_at_its_ends():
    logits = [1.0, 3.0, 2.0]
    assert next_token_probabilities(logits, temperature=1e-300).tolist() == [0, 1, 0]
    assert next_token_probabilities(logits, temperature=1e9) == pytest.approx(np.full(3, 1 / 3), abs=1e-6)
    assert next_token_probabilities([-np.inf, 0.0, -np.inf]).tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    "settings", [{"temperature": 0}, {"temperature": -1}, {"temperature": np.nan}, {"top_p": 0}, {"top_p": 1.1}]
)
def test_settings_out_of_range_are_refused(model, settings):
    with pytest.raises(ValueError, match="expected temperature > 0 and 0 < top_p ≤ 1"):
        next_token_probabilities([1.0, 2.0], **settings)
    if settings.get("temperature") != 0:  # greedy
        with pytest.raises(ValueError, match="expected temperature > 0 and 0 < top_p ≤ 1"):
            model.generate(SENTENCE, max_tokens=1, **settings)


@pytest.mark.parametrize("logits", [[], [-np.inf, -np.inf], [1.0, np.nan], [1.0, np.inf]])
def test_logits_that_leave_no_choice_are_refused(logits):
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match="expected logits of which some are finite"):
        next_token_probabilities(logits)


def test_the_same_rng_writes_the_same(model):
    prompt = model.encode("Once upon a time")

    def write(rng):
        return model.generate(prompt, max_tokens=5, temperature=1.0, top_p=0.95, rng=rng)

    first = write(3)
    assert write(3) == first == write(np.random.default_rng(3))
    assert write(4) != first


def test_little_temperature_is_greedy(model):
    assert model.generate(CHAT, max_tokens=4, temperature=1e-4) == model.generate(CHAT, max_tokens=4)


# --- what is bad is refused


@pytest.mark.parametrize(
    "tokens, message",
    [
        ([], "at least one, received shape \\(0,\\)"),
        ("a text", "expected a list of token ids, at least one, received shape \\(\\) of <U6"),
        ([1.0, 2.0], "received shape \\(2,\\) of float64"),
        ([[1, 2]], "received shape \\(1, 2\\)"),
        ([5, -1], "expected token ids from 0 to 49151, received -1"),
        ([49_152], "expected token ids from 0 to 49151, received 49152"),
        ([1] * (MAX_TOKENS + 1), "expected at most 8192 tokens in all, received 8193"),
    ],
)
def test_what_are_no_tokens_is_refused(model, tokens, message):
    calls = [
        lambda: model.logits(tokens),
        lambda: model.token_log_likelihood(tokens, [[1]]),
        lambda: model.token_log_likelihood([1], [[1], tokens]),
        lambda: model.next_logits([[1], tokens]),
        lambda: model.generate(tokens),
    ]
    for number, call in enumerate(calls):
        with pytest.raises(ValueError, match=message if len(tokens) <= MAX_TOKENS else "expected at most 8192 tokens"):
            call()
            pytest.fail(f"call {number} took it")


def test_a_text_too_long_for_its_prompt_is_refused(model):
    with pytest.raises(ValueError, match="expected at most 8192 tokens in all, received 8000 and 193 more"):
        model.log_likelihood([1] * 8000, [[1], [1] * 193])
    with pytest.raises(ValueError, match="received 17 and 8176 more"):
        model.generate(SENTENCE, max_tokens=8176)


def test_prompts_that_cannot_stand_side_by_side_are_refused(model):
    with pytest.raises(ValueError, match="expected prompts of one length, received lengths \\[2, 3\\]"):
        model.write([[1, 2], [1, 2, 3]], greedy, max_tokens=1)
    with pytest.raises(ValueError, match="received lengths \\[\\]"):
        model.write([], greedy, max_tokens=1)
    with pytest.raises(ValueError, match="expected max_tokens of at least 1, received 0"):
        model.generate(SENTENCE, max_tokens=0)
    with pytest.raises(ValueError, match="expected at least one text"):
        model.next_logits([])
    with pytest.raises(ValueError, match="expected token ids from 0 to 49151, received 49152"):
        model.write([SENTENCE], lambda logits, written: [49_152], max_tokens=2)


def test_a_model_of_other_sizes_is_refused(tmp_path):
    gguf = pytest.importorskip("gguf")
    writer = gguf.GGUFWriter(tmp_path / "small.gguf", "llama")
    writer.add_block_count(2)
    writer.add_tensor("output_norm.weight", np.ones(32, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(ValueError, match="expected the sizes of SmolLM2-135M, .*received {'block_count': 2, 'emb"):
        LanguageModel(tmp_path / "small.gguf")
    with pytest.raises(FileNotFoundError, match="none.gguf"):
        LanguageModel(tmp_path / "none.gguf")
