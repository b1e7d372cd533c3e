"""What the page *The next film* computes with: films, ratings by day, a SASRec in int8, and what was measured of it.

Data: the 3-core of MovieTweetings, its 2,500 films with most ratings; every rating counts, whatever its stars. The
model of the page is trained on all of it; what is measured, without each person's last rating (`measured`).
`tools/explore.py` writes each export as a script."""

import copy
import functools

import numpy as np

from explore_models import WITH_TRAINING, packed, unpacked
from recsys_lib.data import load_movietweetings, split_leave_last_out
from recsys_lib.evaluation import evaluate, paired_bootstrap
from recsys_lib.models import Popularity
from recsys_lib.models.dated import DAY, RecentPopularity

N_FILMS, READ, DAYS, SEED = 2500, 10, 3, 0
SETTINGS = {
    **{"n_factors": 64, "n_layers": 2, "n_heads": 1, "length": READ, "counted_from": "end"},
    **{"loss": "softmax", "dropout": 0.3, "learning_rate": 0.002, "epochs": 15},
}
WEIGHTS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0)  # of the date, chosen on validation
LABELS = {
    "popularity": "Popularity",
    "recent": "Popularity of the three days",
    "shuffled": "The model, films shuffled",
    "sequence": "The model",
    "both": "The model and the date",
}
SOURCE = """\
   Derived from MovieTweetings 100K (Dooms, De Pessemier & Martens 2013). Copyright (c) 2013 Simon Dooms, MIT License.
   Its text: recsys_lib/data/movietweetings_100k. The LICENSE of the book says more. */
"""


@functools.cache
def page_data():
    """The ratings of the films of the page, over these films alone."""
    core = load_movietweetings().k_core(user=3, item=3)
    most = np.argsort(-np.bincount(core.item, minlength=core.n_items), kind="stable")[:N_FILMS]
    return core.take(np.isin(core.item, most)).k_core(user=1, item=1)


# --- Films and days ---


def next_films():
    """Titles, years, ids and number of ratings of the films, and their ratings by day."""
    data = page_data()
    day = data.timestamp // DAY
    first, n_days = int(day.min()), int(np.ptp(day)) + 1
    value = {
        "titles": "\n".join(data.item_table["title"]),
        "years": packed(data.item_table["year"].fillna(0).to_numpy(int), "uint16"),
        "ids": packed([int(i) for i in data.item_table["item_id"]], "uint32"),
        "likes": packed(np.bincount(data.item, minlength=data.n_items), "uint16"),
        "firstDay": str(np.datetime64(first, "D")),
        "nDays": n_days,
        "gaps": packed(gaps(np.sort(data.item * n_days + day - first)), "uint8"),
    }
    about = f"{N_FILMS:,} films: title, year, id, ratings; and each rating's day, as gaps (255 goes on)."
    return {"about": about, "seeds": {}, "source": SOURCE, "value": value}


def gaps(codes):
    """Differences of sorted whole numbers, the first from 0, in bytes: 255 is added to what comes next."""
    steps = np.diff(codes, prepend=0)
    whole, rest = np.divmod(steps, 255)
    out = np.full(len(codes) + whole.sum(), 255)
    out[np.arange(len(codes)) + np.cumsum(whole)] = rest
    return out


# --- The model ---


def trained(data):
    from recsys_lib.models.attention import SASRec  # brings TensorFlow

    return SASRec(**SETTINGS, implicit=True, seed=SEED).fit(data)


def stored(weights):
    """The arrays of `SASRec.weights()` as they stand in the script: tables in int8, a step each, the rest float32."""
    tables = {name: array for name, array in weights.items() if array.ndim == 2}
    steps = {name: float(np.abs(array).max() / 127) for name, array in tables.items()}
    whole = {name: packed(np.round(array / steps[name]), "int8") for name, array in tables.items()}
    floats = {name: packed(array, "float32") for name, array in weights.items() if array.ndim == 1}
    d, layers, heads = (SETTINGS[name] for name in ("n_factors", "n_layers", "n_heads"))
    return {"d": d, "layers": layers, "heads": heads, "steps": steps, "whole": whole, "floats": floats}


def restored(value):
    """The arrays that a script's value stands for, float32, as the page has them."""
    arrays = {name: unpacked(text, "float32") for name, text in value["floats"].items()}
    for name, text in value["whole"].items():
        n_columns = len(arrays[name.replace("kernel", "bias")]) if name.endswith("kernel") else value["d"]
        values = unpacked(text, "int8") * np.float64(value["steps"][name])
        arrays[name] = values.astype(np.float32).reshape(-1, n_columns)
    return arrays


def network(arrays):
    """A Keras network with these arrays, named as in `SASRec.weights()`."""
    from recsys_lib.models.attention_network import SequenceNetwork

    sizes = {name: SETTINGS[name] for name in ("n_factors", "n_layers", "n_heads", "length", "counted_from")}
    made = SequenceNetwork(n_items=len(arrays["items"]), **sizes, dropout=0.0, encoder="attention")
    parts = {"items": made.items.embeddings, "bias": made.bias, "positions": made.positions.embeddings}
    layers = {"norm": made.norm}
    for i, block in enumerate(made.blocks):
        parts |= {f"{i}.{name}": getattr(block, name) for name in ("query", "key", "value")}
        parts[f"{i}.output"] = block.output_weight
        layers |= {f"{i}.{name}": getattr(block, name) for name in ("norm_1", "norm_2", "first", "second")}
    parts |= {f"{name}.{part.name}": part for name, layer in layers.items() for part in layer.weights}
    if set(parts) != set(arrays):
        raise ValueError(f"expected the arrays {sorted(parts)}, received {sorted(arrays)}")
    for name, part in parts.items():
        part.assign(arrays[name])
    return made


def keras_scores(network, history):
    """What the network gives for film indices in order: scores (n_films,), attention (n_layers, n_heads, L, L)."""
    from keras.ops import convert_to_numpy

    hidden, attention = network.encode(np.asarray(history, np.int32)[None] + 1)
    vector, table, bias = map(convert_to_numpy, (hidden[0, -1], network.items.embeddings, network.bias))
    return table @ vector + bias, np.stack([convert_to_numpy(layer[0]) for layer in attention])


def of_the_page(model):
    """A fitted SASRec with its weights as the page has them."""
    served = copy.copy(model)
    served.network_ = network(restored(stored(model.weights())))
    return served


# --- What was measured ---


class Shuffled:
    """A fitted SASRec that reads each history in an order drawn at random."""

    def __init__(self, model):
        self.model, self.rng = model, np.random.default_rng(SEED)

    def score(self, users=None, *, history=None):
        return self.model._score(self.model._sequences_of(users, history).shuffled(self.rng))


class OnDay:
    """Scores on the day of the request, before its first second, as the page counts: of `model`, and of `recent`.

    score = model + weight · log(1 + ratings in the three days before);   without a model, what `recent` gives"""

    reads_order, needs_likes = True, False

    def __init__(self, recent, model=None, weight=0.0):
        self.recent, self.model, self.weight = recent, model, weight

    def fit(self, train):
        return self  # both were

    def score(self, users=None, *, history=None, at=None):
        midnight = at // DAY * DAY
        if self.model is None:
            return self.recent.score(users, history=history, at=midnight)
        counts = self.recent.recent(midnight, DAYS * DAY)
        return self.model.score(users, history=history) + self.weight * np.log1p(counts)


def ndcg(model, split, part):
    return evaluate(model, split, part, relevant_from=None, metrics="ndcg@10")["value"].to_numpy()


def fitted(split, part):
    known = split.before(part)
    return of_the_page(trained(known)), RecentPopularity(days=DAYS, implicit=True).fit(known)


def measured(split):
    """The weight of the date, chosen on validation; NDCG@10 of the last ratings: [label, mean, low, high], and more."""
    model, recent = fitted(split, "validation")
    tried = {weight: ndcg(OnDay(recent, model, weight), split, "validation").mean() for weight in WEIGHTS}
    weight = max(tried, key=tried.get)
    model, recent = fitted(split, "test")
    values = {
        "popularity": ndcg(Popularity(implicit=True), split, "test"),
        "recent": ndcg(OnDay(recent), split, "test"),
        "shuffled": ndcg(OnDay(recent, Shuffled(model)), split, "test"),
        "sequence": ndcg(OnDay(recent, model), split, "test"),
        "both": ndcg(OnDay(recent, model, weight), split, "test"),
    }

    def row(*of):
        interval = paired_bootstrap(*of)
        return [round(float(v), 4) for v in (interval.mean, interval.low, interval.high)]

    rows = {name: [LABELS[name], *row(of)] for name, of in values.items()}
    pairs = [("sequence", "popularity"), ("sequence", "shuffled"), ("recent", "sequence"), ("both", "recent")]
    differences = {f"{a} minus {b}": row(values[a], values[b]) for a, b in pairs}
    people = len(values["both"])
    on_validation = {f"{w:g}": round(float(v), 4) for w, v in tried.items()}
    return {
        "measured": rows,
        "differences": differences,
        "people": people,
        "dateWeight": weight,
        "tried": on_validation,
    }


def next_model():
    """The weights of the model trained on all data, and what was measured of it."""
    value = stored(trained(page_data()).weights()) | measured(split_leave_last_out(page_data()))
    about = f"SASRec, {SETTINGS}, in int8; NDCG@10 of each person's last rating, trained without it."
    return {"about": about, "seeds": {"training": SEED}, "packages": WITH_TRAINING, "source": SOURCE, "value": value}
