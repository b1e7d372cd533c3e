"""What a model costs, counted from its sizes: numbers kept, FLOPs, bytes, memory in training, energy. NumPy only.

A multiplication and an addition are two FLOPs. What is counted are sums of products: vector by matrix, table row by
weight, a linear system. What takes a few operations for each number (norms, softmax, activations) is left out. The
building blocks stand here; `counting_models` puts the book's models together from them.
Chapter: What makes a model large."""

from typing import NamedTuple

import numpy as np

from recsys_lib._checks import setting

FLOAT = 4  # bytes of a float32
BACKWARD = 2  # products of the way back for each one of the way forward: by the input, and by the weight


class Part(NamedTuple):
    """One part of a model, and what a use of it takes.

    numbers: how many it keeps (parameters).   table: its rows are picked by an id, of an item, person, place or token;
    else all its numbers meet every input.   flops: of the use.   read: bytes of its numbers that the use reads.
    kept: numbers that training keeps of the use for the way back (activations)."""

    name: str
    numbers: int
    table: bool = False
    flops: float = 0.0
    read: float = 0.0
    kept: float = 0.0


def lookup(name, rows, width, used, *, size=FLOAT):
    """A table of which `used` rows are read: rows × width numbers, no FLOPs.   size: bytes of a number."""
    return Part(name, rows * width, True, read=used * width * size)


def against_table(name, rows, width, places=1, *, bias=False):
    """`places` vectors times all rows of a table, such as the scores of a catalogue: 2 · places · rows · width FLOPs.

    bias: the table has one more number a row, which is added. Kept: the input, and a number a row."""
    numbers = rows * (width + bias)
    return Part(name, numbers, True, 2 * places * rows * width, numbers * FLOAT, places * (width + rows))


def dense(name, n_in, n_out, places=1, *, bias=True, size=FLOAT):
    """x W + b at some places: n_in · n_out + n_out numbers, 2 · places · n_in · n_out FLOPs. Kept: the input."""
    numbers = n_in * n_out + n_out * bias
    return Part(name, numbers, False, 2 * places * n_in * n_out, numbers * size, places * n_in)


def attention_block(name, width, places, *, heads=1):
    """A layer of SASRec: four matrices (d, d) of attention, two dense layers with bias, two norms.

        numbers = 6 d² + 6 d;   FLOPs = 12 L d² + 4 L² d     (all L² pairs of places, also those the mask forbids)

    Kept: inputs of the products, 7 L d + heads · L².   Source: Vaswani et al. 2017."""
    d, n = width, places
    flops = 12 * n * d**2 + 4 * n**2 * d
    numbers = 6 * d**2 + 6 * d
    return Part(name, numbers, False, flops, numbers * FLOAT, 7 * n * d + heads * n**2)


def gru_layer(name, width, places):
    """A GRU of d numbers as Keras has it: 6 d² + 6 d numbers, 12 L d² FLOPs. Kept: input, state and gates, 5 L d."""
    d = width
    return Part(name, 6 * d**2 + 6 * d, False, 12 * places * d**2, (6 * d**2 + 6 * d) * FLOAT, 5 * places * d)


def sequence_network(
    *, n_items, n_factors, n_layers, places, length=50, asked=1, n_heads=1, encoder="attention", sampled=None
):
    """The parts of `SASRec` or `GRURec` that read one history.

    places: how many items of it are read, at most `length`.   asked: at how many of them all items are scored: 1 for a
    request, `places` in training.   sampled: how many items are scored in training in place of all.
    The table of items is read twice, as input and as output, and its numbers are counted once. A request reads all of
    it."""
    for name, value in (("n_items", n_items), ("n_factors", n_factors), ("n_layers", n_layers), ("places", places)):
        setting(name, value, 1, whole=True)
    setting("places", places, 1, length + 1, whole=True), setting("asked", asked, 1, places + 1, whole=True)
    d = n_factors
    out = against_table("items", n_items, d, asked, bias=True)
    if sampled is not None:
        flops, kept = 2 * asked * sampled * d, asked * (d + sampled * (d + 1))
        out = out._replace(flops=flops, kept=kept, read=asked * sampled * (d + 1) * FLOAT)
    parts = [out]
    if encoder == "attention":
        parts.append(lookup("places", length, d, places))
    for layer in range(1, n_layers + 1):
        block = attention_block if encoder == "attention" else gru_layer
        more = {"heads": n_heads} if encoder == "attention" else {}
        parts.append(block(f"layer {layer}", d, places, **more))
    return [*parts, Part("last norm", 2 * d, False, 0, 2 * d * FLOAT, places * d)]


def language_model(*, vocabulary, width, n_layers, hidden, n_heads, n_key_heads, tokens, written=1, size=FLOAT):
    """The parts of a decoder such as SmolLM2 or Llama that reads `tokens` tokens and scores the vocabulary `written`
    times.

        a layer: d (d + 2 d_k) + d² of attention, 3 d · hidden of SwiGLU, 2 d of norms;   d_k = d · key heads / heads

    The vocabulary's table is read as input and, tied, as output.   size: bytes of a number, which may be below 1.
    Source: Touvron et al. 2023."""
    d, d_key = width, width * n_key_heads // n_heads
    products = d * (d + 2 * d_key) + d * d + 3 * d * hidden
    flops = 2 * tokens * products + 4 * tokens**2 * d
    layers = n_layers * (products + 2 * d)
    table = vocabulary * d
    return [
        Part("tokens", table, True, 2 * written * table, table * size),
        Part(f"{n_layers} layers", layers, False, n_layers * flops, layers * size),
        Part("last norm", d, False, 0, d * size),
    ]


def text_encoder(*, vocabulary, width, n_layers, hidden, positions, tokens):
    """The parts of an encoder such as MiniLM or BERT that makes one vector of `tokens` tokens.

        a layer: 4 d² + 4 d of attention, 2 d · hidden + hidden + d of two dense layers, 4 d of norms

    Source: Devlin et al. 2019."""
    d = width
    products = 4 * d**2 + 2 * d * hidden
    numbers = n_layers * (products + hidden + 9 * d) + 2 * d
    flops = n_layers * (2 * tokens * products + 4 * tokens**2 * d)
    return [
        lookup("tokens", vocabulary, d, tokens),
        lookup("places and kinds", positions + 2, d, 2 * tokens),
        Part(f"{n_layers} layers", numbers, False, flops, numbers * FLOAT),
    ]


def totals(parts):
    """{numbers, tables, dense, flops, read, kept}: the sums of the parts."""
    parts = list(parts)
    tables = sum(p.numbers for p in parts if p.table)
    numbers = sum(p.numbers for p in parts)
    sums = {name: sum(getattr(p, name) for p in parts) for name in ("flops", "read", "kept")}
    return {"numbers": numbers, "tables": tables, "dense": numbers - tables, **sums}


def training_flops(forward):
    """FLOPs of a training step: three times the way forward.

    For y = x W the way back has two products of the same size, ∂L/∂x = ∂L/∂y Wᵀ and ∂L/∂W = xᵀ ∂L/∂y."""
    return (1 + BACKWARD) * setting("forward", forward, 0)


def steps_of(lengths, length):
    """How the histories of these lengths are cut for training: {places of a piece: how many such pieces}.

    A history of n items has n − 1 steps, cut from its end into pieces of at most `length`, as `SASRec` does."""
    steps = np.maximum(np.asarray(lengths) - 1, 0)
    places = np.concatenate([np.full((steps // length).sum(), length), steps % length])
    pieces, how_many = np.unique(places[places > 0], return_counts=True)
    return {int(p): int(n) for p, n in zip(pieces, how_many)}


def epoch_flops(lengths, *, length=50, sampled=None, **sizes):
    """FLOPs of one epoch of a `sequence_network` over histories of these lengths, without padding.

    sizes: n_items, n_factors, n_layers, and what else `sequence_network` takes."""
    forward = 0
    for places, how_many in steps_of(lengths, length).items():
        parts = sequence_network(**sizes, places=places, asked=places, length=length, sampled=sampled)
        forward += how_many * totals(parts)["flops"]
    return training_flops(forward)


def training_memory(numbers, kept, batch, *, moments=2):
    """Bytes of a training step in float32: {weights, gradients, moments, activations}.

        4 P,   4 P,   4 P · moments,   4 · kept · batch

    numbers: P.   kept: activations of an example, as `totals` has them.   batch: examples.   moments: numbers that the
    optimiser keeps of each weight: 2 for Adam and AdamW, 1 for momentum, 0 for plain descent.
    All kept in full: sparse gradients or activations computed again take less, a framework's copies more."""
    for name, value in (("numbers", numbers), ("kept", kept), ("batch", batch), ("moments", moments)):
        setting(name, value, 0)
    weights = FLOAT * numbers
    return {
        "weights": weights,
        "gradients": weights,
        "moments": moments * weights,
        "activations": FLOAT * kept * batch,
    }


def least_seconds(flops, read, *, flops_per_second, bytes_per_second):
    """What a machine needs at least: max(FLOPs / speed, bytes / speed of memory). The larger term is the bottleneck.

    Raises ValueError for a speed that is not above 0. Source: Williams, Waterman & Patterson 2009 (the roofline)."""
    setting("flops_per_second", flops_per_second, 0, above=True)
    setting("bytes_per_second", bytes_per_second, 0, above=True)
    return max(setting("flops", flops, 0) / flops_per_second, setting("read", read, 0) / bytes_per_second)


def energy(seconds, *, watts):
    """Joules: watts times seconds. 3,600,000 of them are a kilowatt-hour.

    watts: what the machine takes while it computes, which the caller states: nothing here measures it."""
    return setting("seconds", seconds, 0) * setting("watts", watts, 0, above=True)
