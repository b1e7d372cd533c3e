"""What the page *The next film* computes with: films and days counted again, the int8 model against Keras and NumPy."""

import numpy as np
import pytest

import explore
import explore_next_film as tool
from explore_models import unpacked
from recsys_lib.models.dated import DAY

NAMES = ("next_films", "next_model")


@pytest.fixture(scope="module")
def scripts():
    """{name: text of the data script}."""
    return {name: (explore.DATA / f"{name}.js").read_text("utf-8") for name in NAMES}


@pytest.fixture(scope="module")
def stored(scripts):
    """{name: value of the data script}."""
    return {name: explore.read_script(text) for name, text in scripts.items()}


def histories(n=20):
    rng = np.random.default_rng(0)
    return [rng.choice(tool.N_FILMS, rng.integers(1, 11), replace=False) for _number in range(n)]


def test_scripts_weigh_little_and_name_their_source(scripts):
    assert sum(len(text.encode()) for text in scripts.values()) <= 500_000
    for name, text in scripts.items():
        head = text.split("*/")[0]
        for said in ("MIT License", "Simon Dooms", "MovieTweetings", "Seeds:", "numpy"):
            assert said in head, f"{name}: {said}"
        assert "GroupLens" not in head


def test_films_and_days_are_the_datas(scripts):
    assert scripts["next_films"] == explore.script("next_films", tool.next_films()), "make explore"


def test_gaps_are_read_as_they_were_written():
    rng = np.random.default_rng(0)
    for codes in ([0, 0, 254, 255, 510, 510, 1020], np.sort(rng.integers(0, 10**5, 300)), [255], [765, 765]):
        written, code, read = tool.gaps(np.asarray(codes)), 0, []
        assert written.max() <= 255
        for gap in written.tolist():
            code += gap
            read += [code] * (gap < 255)
        assert read == list(codes)


def test_stored_days_give_the_counts_of_three_days(stored):
    """Against the ratings one by one: the three whole days before a midnight, and nothing of the day itself."""
    data, value = tool.page_data(), stored["next_films"]
    gaps = unpacked(value["gaps"], "uint8").astype(int)
    codes = np.cumsum(gaps)[gaps < 255]
    film, day = np.divmod(codes, value["nDays"])
    first = np.datetime64(value["firstDay"], "D").astype(int)
    for today in (3, 20, 112, value["nDays"]):
        midnight = (first + today) * DAY
        counted = np.bincount(film[(day >= today - tool.DAYS) & (day < today)], minlength=tool.N_FILMS)
        for item in (int(counted.argmax()), 7, 1200):
            seconds = data.timestamp[data.item == item]
            assert counted[item] == sum(midnight - 3 * DAY <= second < midnight for second in seconds.tolist())
        assert counted.sum() == ((data.timestamp >= midnight - 3 * DAY) & (data.timestamp < midnight)).sum()
    assert len(codes) == len(data)


def test_stored_model_is_whole(stored):
    value = stored["next_model"]
    d, n = tool.SETTINGS["n_factors"], tool.N_FILMS
    arrays = tool.restored(value)
    assert arrays["items"].shape == (n, d) and arrays["bias"].shape == (n,)
    assert arrays["positions"].shape == (tool.READ, d) and len(arrays) == 5 + 12 * tool.SETTINGS["n_layers"]
    again = tool.stored(arrays)
    assert again["whole"] == value["whole"] and again["floats"] == value["floats"]
    assert again["steps"] == pytest.approx(value["steps"], rel=1e-6)
    assert value["dateWeight"] == float(max(value["tried"], key=value["tried"].get))
    assert 0 < value["dateWeight"] < max(tool.WEIGHTS), "the best weight stands inside of what was tried"


def test_what_was_measured_carries_what_the_page_says(stored):
    value = stored["next_model"]
    means = [value["measured"][name][1] for name in ("popularity", "sequence", "recent", "both")]
    assert means == sorted(means)
    assert all(low > 0 for _mean, low, _high in value["differences"].values()), value["differences"]
    for name, (_label, mean, low, high) in value["measured"].items():
        assert low < mean < high, name


def test_the_text_says_what_was_measured(stored):
    text = (explore.ROOT / "book" / "explore" / "next_film.md").read_text("utf-8")

    def said(name):
        mean, low, high = (f"{number:.3f}".removeprefix("0") for number in stored["next_model"]["differences"][name])
        return f"{mean} [{low}, {high}]"

    assert f"loses {said('sequence minus shuffled')} of its NDCG@10" in text
    assert f"above the model by {said('recent minus sequence')}" in text
    assert f"above the three days alone by {said('both minus recent')}" in text
    assert f"plus {stored['next_model']['dateWeight']:g} · log(1 + its ratings" in text
    assert f"the lists of {tool.page_data().n_users:,} people" in text and f"There are {tool.N_FILMS:,} films" in text


def normed(x, gamma, beta):
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-6) * gamma + beta


def scores_and_attention(w, history, n_layers):
    """SASRec in plain NumPy, one head: scores (n_items,) and attention, (n_layers, L, L)."""
    x, attention = w["items"][history] + w["positions"][-len(history) :], []
    for layer in range(n_layers):
        of = {name.removeprefix(f"{layer}."): array for name, array in w.items()}
        z = normed(x, of["norm_1.gamma"], of["norm_1.beta"])
        q, k, v = (z @ of[name] for name in ("query", "key", "value"))
        agree = q @ k.T / np.sqrt(q.shape[1])
        agree[np.triu_indices(len(history), 1)] = -np.inf
        weights = np.exp(agree - agree.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        x = x + weights @ v @ of["output"]
        z = normed(x, of["norm_2.gamma"], of["norm_2.beta"]) @ of["first.kernel"] + of["first.bias"]
        x = x + np.maximum(z, 0) @ of["second.kernel"] + of["second.bias"]
        attention.append(weights)
    return w["items"] @ normed(x[-1], w["norm.gamma"], w["norm.beta"]) + w["bias"], np.array(attention)


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis")  # of one film
def test_int8_weights_in_keras_are_the_formula(stored):
    pytest.importorskip("keras")
    arrays = tool.restored(stored["next_model"])
    network = tool.network(arrays)
    w = {name: array.astype(np.float64) for name, array in arrays.items()}
    for history in histories():
        expected, attention = scores_and_attention(w, history, tool.SETTINGS["n_layers"])
        got, layers = tool.keras_scores(network, history)
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(layers[:, 0], attention, atol=1e-5)


def test_arrays_are_named_as_the_librarys(stored):
    pytest.importorskip("keras")
    from recsys_lib.models.attention import SASRec

    arrays = tool.restored(stored["next_model"])
    model = SASRec(**tool.SETTINGS, implicit=True)
    model.network_ = tool.network(arrays)
    named = model.weights()
    assert set(named) == set(arrays)
    for name, array in named.items():
        np.testing.assert_array_equal(array, arrays[name], err_msg=name)
    with pytest.raises(ValueError, match="bias"):
        tool.network({name: array for name, array in arrays.items() if name != "bias"})
