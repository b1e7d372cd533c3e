"""Counting: parameters against Keras, FLOPs and activations against the products in TensorFlow's own graphs."""

import numpy as np
import pytest

from recsys_lib import counting, models
from recsys_lib.counting_models import COUNTED, parts_of
from recsys_lib.data import IdMap, Interactions, simulate_world
from recsys_lib.models.saving import MODELS

N_PEOPLE, N_ITEMS = 40, 30
TINY = {"liked_from": 3.5}
NETWORKS = ("DatedSASRec", "GRURec", "GenerativeRetrieval", "MatrixFactorization", "SASRec")
CLOSED = sorted(set(MODELS) - set(NETWORKS))
NETWORK = {"n_factors": 8, "epochs": 1, **TINY}
SETTINGS = {
    "ALS": {"n_factors": 5, "n_iterations": 1, **TINY},
    "MatrixFactorization": NETWORK,
    **{name: NETWORK | {"length": 12, "n_layers": 2} for name in ("SASRec", "GRURec", "DatedSASRec")},
    **{name: TINY for name in ("Popularity", "ItemKNN", "EASE", "ContentTFIDF", "DecayedCosine", "DecayedEASE")},
    **{name: TINY for name in ("TransitionCounts", "NextItemRidge", "RecentPopularity", "RecencyRidge")},
    "BiasModel": {},
    "GenerativeRetrieval": NETWORK | {"words": np.argwhere(np.ones((5, 6, 1)))[:N_ITEMS], "length": 12, "beam": 4},
    **{name: {"vectors": np.eye(N_ITEMS, 6), **TINY} for name in ("ContentCosine", "ItemRidge")},
}


@pytest.fixture(scope="module")
def data():
    return simulate_world(N_PEOPLE, N_ITEMS, density=0.4, rng=0).interactions


def fitted(name, data, **more):
    if name in NETWORKS:
        pytest.importorskip("keras")
    return getattr(models, name)(**SETTINGS[name] | more).fit(data)


def products(function, *inputs):
    """(FLOPs, numbers that go in and are no weights) of all matrix products in the graph of a function."""
    tf = pytest.importorskip("tensorflow")
    graph = tf.function(function).get_concrete_function(*inputs).graph
    flops, going_in = 0, {}
    for op in graph.get_operations():
        if op.type not in ("MatMul", "BatchMatMul", "BatchMatMulV2"):
            continue
        flag = "transpose_a" if op.type == "MatMul" else "adj_x"
        left = op.inputs[0].shape
        inner = left[-2] if op.get_attr(flag) else left[-1]
        flops += 2 * int(np.prod(op.outputs[0].shape)) * inner
        for tensor in op.inputs:
            source = tensor.op
            while source.type in ("ReadVariableOp", "Transpose", "Reshape", "Identity", "Cast") and source.inputs:
                tensor, source = source.inputs[0], source.inputs[0].op
            if tensor.dtype.name != "resource":
                going_in[tensor.name] = int(np.prod(tensor.shape))
    assert flops > 0
    return flops, sum(going_in.values())


# ---- numbers kept --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_parameters_are_those_of_keras(name, data):
    model = fitted(name, data)
    keras = pytest.importorskip("keras")
    found = counting.totals(part for part in parts_of(model) if "seconds" not in part.name)
    assert found["numbers"] == model.network_.count_params()
    embeddings = [x for x in model.network_._flatten_layers() if isinstance(x, keras.layers.Embedding)]
    bias = N_ITEMS if name != "MatrixFactorization" else 0  # there it is an embedding too
    if name != "GenerativeRetrieval":  # its tables are plain weights
        assert found["tables"] == sum(layer.count_params() for layer in embeddings) + bias
    assert found["dense"] == found["numbers"] - found["tables"]


def test_any_network_of_keras_can_be_counted(data):
    from recsys_lib.counting_models import keras_numbers

    model = fitted("SASRec", data)
    found, known = keras_numbers(model.network_), counting.totals(parts_of(model))
    assert found["numbers"] == known["numbers"] == found["tables"] + found["dense"]
    assert found["tables"] == known["tables"] - N_ITEMS  # the bias of the items is a plain weight, which no name tells
    with pytest.raises(TypeError, match="Keras model"):
        keras_numbers(model)


def test_ratings_have_biases_of_people(data):
    model = fitted("MatrixFactorization", data, loss="mse", use_history=False)
    assert counting.totals(parts_of(model))["numbers"] == model.network_.count_params()


@pytest.mark.parametrize("name", CLOSED)
def test_numbers_are_those_of_the_arrays(name, data):
    model = fitted(name, data)
    arrays = [getattr(model, one) for one in model._arrays]
    if "Recen" in name:
        arrays += [model.dated_items_, model.dated_seconds_]
    if name == "EASE" and model._few_users:
        arrays.append(model.likes_of(model.train_))
    numbers = [a for a in map(np.asanyarray, arrays) if a.dtype.kind in "fiuO"]  # no masks and no words
    sizes = [a.item().nnz if a.dtype.kind == "O" else a.size for a in numbers]
    assert counting.totals(parts_of(model))["numbers"] == sum(sizes)


def test_every_model_that_can_be_saved_is_counted(data):
    assert all({kind.__name__ for kind in getattr(models, name).__mro__} & set(COUNTED) for name in MODELS)
    for name in CLOSED:
        total = counting.totals(parts_of(fitted(name, data), history=3))
        assert total["numbers"] > 0 and total["read"] > 0, name
    with pytest.raises(KeyError, match="nothing counted for Own"):
        parts_of(type("Own", (models.BaseRecommender,), {"_fit": lambda self, train: None})().fit(data))


def test_the_language_models_have_their_published_sizes():
    smol = counting.language_model(
        vocabulary=49_152, width=576, n_layers=30, hidden=1536, n_heads=9, n_key_heads=3, tokens=1
    )
    assert counting.totals(smol)["numbers"] == 134_515_008
    assert counting.totals(smol)["flops"] == pytest.approx(2 * 134.5e6, rel=1e-3)
    bert = counting.text_encoder(vocabulary=30_522, width=384, n_layers=6, hidden=1536, positions=512, tokens=8)
    assert counting.totals(bert)["numbers"] == 22_713_216 - 147_840 - 2 * 384 + 2 * 384  # the pooler is not used


def test_smollm2_has_the_numbers_of_its_file():
    gguf_file = pytest.importorskip("recsys_lib.models.gguf_file")
    try:
        path = gguf_file.language_model_file()
    except (FileNotFoundError, ImportError):
        pytest.skip("the weights of SmolLM2 are not here: make models")
    reader = pytest.importorskip("gguf").GGUFReader(path)
    smol = dict(vocabulary=49_152, width=576, n_layers=30, hidden=1536, n_heads=9, n_key_heads=3, tokens=1)
    assert counting.totals(counting.language_model(**smol))["numbers"] == sum(int(t.n_elements) for t in reader.tensors)


# ---- FLOPs and activations, against the graph ------------------------------------------------------------------------


@pytest.mark.parametrize(("places", "heads"), [(5, 1), (12, 2)])
def test_a_sequence_network_has_the_products_of_its_graph(data, places, heads):
    tf = pytest.importorskip("tensorflow")
    model = fitted("SASRec", data, n_heads=heads)
    items = tf.constant(np.arange(1, places + 1)[None])
    for asked in (1, places):
        chosen = tf.constant(np.arange(places - asked, places))
        flops, going_in = products(model.network_.call, {"items": items, "places": chosen})
        sizes = dict(n_items=N_ITEMS, n_factors=8, n_layers=2, n_heads=heads, length=12)
        total = counting.totals(counting.sequence_network(**sizes, places=places, asked=asked))
        assert total["flops"] == flops
        # of the graph's inputs the table stands for itself, and the softmax of the scores is no input of a product
        norm = places * 8  # what the last norm read
        assert total["kept"] == going_in + asked * N_ITEMS + norm


def test_training_takes_three_times_the_way_forward(data):
    tf = pytest.importorskip("tensorflow")
    model, places = fitted("SASRec", data), 6
    inputs = {"items": tf.constant(np.arange(1, places + 1)[None]), "places": tf.constant(np.arange(places))}
    y = tf.constant(np.arange(2, places + 2))

    def step():
        with tf.GradientTape() as tape:
            logits = model.network_(inputs)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits)
        return tape.gradient(loss, model.network_.trainable_variables)

    flops, _ = products(step)
    sizes = dict(n_items=N_ITEMS, n_factors=8, n_layers=2, length=12)
    forward = counting.totals(counting.sequence_network(**sizes, places=places, asked=places))["flops"]
    assert flops == counting.training_flops(forward) == counting.epoch_flops([places + 1], **sizes)


def test_sampled_losses_score_only_what_was_drawn():
    sizes = dict(n_items=1000, n_factors=8, n_layers=1, places=6, asked=6)
    all_items, some = (counting.totals(counting.sequence_network(**sizes, sampled=s)) for s in (None, 2))
    assert all_items["flops"] - some["flops"] == 2 * 6 * 8 * (1000 - 2)
    assert all_items["numbers"] == some["numbers"] and some["read"] < all_items["read"]


def test_a_gru_has_the_products_of_keras():
    keras, tf = pytest.importorskip("keras"), pytest.importorskip("tensorflow")
    layer = keras.layers.GRU(8, return_sequences=True, unroll=True)
    layer.build((1, 5, 8))
    part = counting.gru_layer("gru", 8, 5)
    assert part.numbers == layer.count_params()
    assert part.flops == products(layer, tf.zeros((1, 5, 8)))[0]


def test_an_embedding_has_the_products_of_its_graph(data):
    tf = pytest.importorskip("tensorflow")
    model = fitted("MatrixFactorization", data, use_history=False)
    flops, _ = products(model.network_.call, {"user": tf.constant([3])})
    assert counting.totals(parts_of(model))["flops"] == flops


def test_dense_and_tables_by_hand():
    assert counting.dense("d", 3, 2, places=4) == ("d", 8, False, 48, 32, 12)
    assert counting.lookup("t", 10, 3, 2) == ("t", 30, True, 0, 24, 0)
    assert counting.against_table("t", 10, 3, places=2, bias=True) == ("t", 40, True, 120, 160, 26)


def test_requests_by_hand(data):
    """A history of 3 of 30 items: rows that are added, a system that is solved, the table that is read."""
    counted = {name: counting.totals(parts_of(fitted(name, data), history=3)) for name in ("NextItemRidge", "ALS")}
    assert counted["NextItemRidge"]["flops"] == 2 * 3 * 30 and counted["NextItemRidge"]["read"] == 3 * 30 * 4
    assert counted["ALS"]["flops"] == pytest.approx(2 * 30 * 25 + 2 * 3 * 25 + 2 * 125 / 3 + 2 * 30 * 5)
    few = data.take(data.user < 10)
    few = Interactions(few.user, few.item, few.rating, few.timestamp, IdMap(list(few.users)[:10]), few.items)
    wide = fitted("EASE", few)
    assert wide._few_users and parts_of(wide)[0].flops == 2 * 10 * 30


# ---- training, machine, energy ---------------------------------------------------------------------------------------


def test_histories_are_cut_as_the_model_cuts_them(data):
    pytest.importorskip("keras")
    from recsys_lib.models.attention import training_rows

    model = fitted("SASRec", data, length=4)
    lengths = training_rows(model.events_, 4)[1].lengths
    found = counting.steps_of(model.events_.lengths, 4)
    assert found == dict(zip(*(part.tolist() for part in np.unique(lengths, return_counts=True))))
    assert counting.steps_of([0, 1], 4) == {}


def test_memory_in_training_by_hand():
    found = counting.training_memory(1000, 50, 8)
    assert found == {"weights": 4000, "gradients": 4000, "moments": 8000, "activations": 1600}
    assert counting.training_memory(1000, 50, 8, moments=0)["moments"] == 0


def test_the_slower_of_two_decides():
    machine = dict(flops_per_second=10.0, bytes_per_second=2.0)
    assert counting.least_seconds(100, 10, **machine) == 10 and counting.least_seconds(10, 100, **machine) == 50
    assert counting.energy(3600, watts=1000) == 3.6e6


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: counting.energy(1, watts=0), "watts"),
        (lambda: counting.least_seconds(1, 1, flops_per_second=0, bytes_per_second=1), "flops_per_second"),
        (lambda: counting.least_seconds(-1, 1, flops_per_second=1, bytes_per_second=1), "flops"),
        (lambda: counting.sequence_network(n_items=5, n_factors=2, n_layers=1, places=51), "places"),
        (lambda: counting.sequence_network(n_items=5, n_factors=2, n_layers=1, places=3, asked=4), "asked"),
        (lambda: counting.sequence_network(n_items=0, n_factors=2, n_layers=1, places=3), "n_items"),
        (lambda: counting.training_memory(-1, 0, 0), "numbers"),
        (lambda: counting.training_flops(float("nan")), "forward"),
    ],
)
def test_what_it_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_it_asks_for_a_fitted_model(data):
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        parts_of(models.EASE())
    with pytest.raises(TypeError, match="BaseRecommender"):
        parts_of("EASE")
    with pytest.raises(ValueError, match="history"):
        parts_of(models.EASE(liked_from=3.5).fit(data), history=0)
    assert "SASRec" in COUNTED
