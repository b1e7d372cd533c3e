"""Losses: gradients by formula, finite differences and autodiff; extreme logits; the trap in Keras' own."""

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

import keras  # noqa: E402

from recsys_lib import losses  # noqa: E402

RNG = np.random.default_rng(3)
LOGITS = RNG.normal(scale=2, size=(4, 6))
ONE_HOT = np.eye(6)[[0, 3, 5, 1]]
MULTI_HOT = np.array([[1, 1, 0, 0, 0, 0], [0, 1, 1, 1, 0, 0], [1, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 0]], float)
RATINGS = RNG.integers(1, 11, size=(4, 6)) / 2
FIRST = np.eye(6)[[0, 0, 0, 0]]


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def bpr_gradient(y, s):
    to_negatives = sigmoid(s[:, 1:] - s[:, :1]) / (s.shape[1] - 1)
    return np.column_stack([-to_negatives.sum(axis=1), to_negatives])


# name, y_true, gradient of one row's loss with respect to its logits, as the docstring writes it
CASES = [
    ("mse", RATINGS, lambda y, x: -2 * (y - x) / x.shape[1]),
    ("binary_cross_entropy", MULTI_HOT, lambda y, x: (sigmoid(x) - y) / x.shape[1]),
    ("categorical_cross_entropy", ONE_HOT, lambda y, x: softmax(x) - y),
    ("multinomial", MULTI_HOT, lambda y, x: softmax(x) * y.sum(axis=1, keepdims=True) - y),
    ("bpr", FIRST, bpr_gradient),
    ("sampled_softmax", FIRST, lambda y, x: softmax(x) - np.eye(1, x.shape[1])),
]


def value(name, y, x):
    return keras.ops.convert_to_numpy(getattr(losses, name)(y, x))


def autodiff(loss, y, x):
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(loss(tf.constant(y, x.dtype), x))
    return tape.gradient(total, x).numpy()


def finite_differences(loss, y, x, step=1e-6):
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        shift = np.zeros_like(x)
        shift[place] = step
        up, down = (keras.ops.convert_to_numpy(loss(y, x + sign * shift)) for sign in (1, -1))
        gradient[place] = (up - down)[place[0]] / (2 * step)
    return gradient


@pytest.mark.parametrize(("name", "y", "gradient"), CASES, ids=[case[0] for case in CASES])
def test_gradient_is_the_formula(name, y, gradient):
    loss = getattr(losses, name)
    np.testing.assert_allclose(autodiff(loss, y, LOGITS), gradient(y, LOGITS), atol=1e-12)
    np.testing.assert_allclose(finite_differences(loss, y, LOGITS), gradient(y, LOGITS), atol=1e-8)


@pytest.mark.parametrize(("name", "y", "gradient"), CASES, ids=[case[0] for case in CASES])
def test_gradient_at_equal_logits(name, y, gradient):
    zeros = np.zeros_like(LOGITS)  # where max, abs and relu have a kink, which a loss must not
    np.testing.assert_allclose(autodiff(getattr(losses, name), y, zeros), gradient(y, zeros), atol=1e-12)


@pytest.mark.parametrize(("name", "y"), [case[:2] for case in CASES], ids=[case[0] for case in CASES])
def test_one_value_a_row_in_the_dtype_that_came(name, y):
    for dtype in (np.float32, np.float64):
        out = value(name, y.astype(dtype), LOGITS.astype(dtype))
        assert out.shape == (4,) and out.dtype == dtype


@pytest.mark.parametrize(("name", "y"), [case[:2] for case in CASES if case[0] != "mse"])
def test_extreme_logits_stay_finite(name, y):
    x = np.where(RNG.random(LOGITS.shape) < 0.5, 1e4, -1e4).astype(np.float32)
    assert np.isfinite(value(name, y.astype(np.float32), x)).all()
    assert np.isfinite(autodiff(getattr(losses, name), y.astype(np.float32), x)).all()


@pytest.mark.parametrize(
    ("name", "y", "x", "message"),
    [
        ("mse", [1.0, 2.0], [[1.0], [2.0]], r"y_true of the shape of y_pred \(2, 1\), received \(2,\)"),
        ("mse", [[1.0, 2.0]], [[1.0, 2.0], [3.0, 4.0]], r"of y_pred \(2, 2\), received \(1, 2\)"),
        ("binary_cross_entropy", [1.0, 0.0], [1.0, 0.0], r"logits \(B, n\) with n ≥ 1, received shape \(2,\)"),
        ("multinomial", [[1], [2]], np.zeros((2, 4)), r"received \(2, 1\)"),  # class labels
        ("categorical_cross_entropy", [[1], [2]], np.zeros((2, 4)), r"received \(2, 1\)"),
        ("bpr", None, np.zeros((2, 1)), r"n ≥ 2, received shape \(2, 1\)"),
        ("sampled_softmax", None, np.zeros((2, 1)), r"n ≥ 2, received shape \(2, 1\)"),
    ],
)
def test_other_shapes_are_refused(name, y, x, message):
    with pytest.raises(ValueError, match=message):
        getattr(losses, name)(y if y is None else np.array(y), np.array(x))


def test_whole_numbers_as_logits_do_not_cut_the_target():
    assert value("mse", np.array([[0.5]]), np.array([[2]])) == pytest.approx(2.25)
    np.testing.assert_allclose(losses.log_q_correction(np.array([[1, 2]]), np.array([-0.5, -1.5])), [[1.5, 3.5]])


@pytest.mark.parametrize("shape", [(4, 3), (1, 1), (2,), (), (1, 1, 3)])
def test_log_q_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"log_q \(n,\) or \(B, n\) for logits \(1, 3\), received"):
        losses.log_q_correction(np.zeros((1, 3)), np.zeros(shape))


def test_values_by_hand():
    x = np.log([[1.0, 2.0, 3.0, 4.0]])
    y = np.array([[1.0, 0.0, 0.0, 1.0]])
    assert value("multinomial", y, x) == pytest.approx(-np.log(0.1) - np.log(0.4))
    assert value("categorical_cross_entropy", np.eye(1, 4), x) == pytest.approx(-np.log(0.1))
    assert value("sampled_softmax", y, x) == pytest.approx(-np.log(0.1))
    assert value("binary_cross_entropy", y, x) == pytest.approx(-np.log([1 / 2, 1 / 3, 1 / 4, 4 / 5]).mean())
    assert value("bpr", y, x) == pytest.approx(-np.log([1 / 3, 1 / 4, 1 / 5]).mean())
    assert value("mse", np.array([[3.0, 5.0]]), np.array([[4.0, 3.0]])) == pytest.approx(2.5)


def test_bpr_gradient_tends_to_minus_one():
    gaps = np.array([4.0, 0.0, -4.0, -40.0, -400.0])
    gradient = autodiff(losses.bpr, np.zeros((5, 2)), np.column_stack([gaps, np.zeros(5)]))[:, 0]
    np.testing.assert_allclose(gradient[:3], -sigmoid(-gaps[:3]))
    np.testing.assert_allclose(gradient[3:], -1)


def test_agrees_with_keras_where_keras_is_right():
    bce = keras.losses.binary_crossentropy(MULTI_HOT, LOGITS, from_logits=True)
    np.testing.assert_allclose(value("binary_cross_entropy", MULTI_HOT, LOGITS), bce, rtol=1e-6)
    cce = keras.losses.categorical_crossentropy(ONE_HOT, LOGITS, from_logits=True)
    np.testing.assert_allclose(value("categorical_cross_entropy", ONE_HOT, LOGITS), cce, rtol=1e-6)
    np.testing.assert_allclose(value("mse", RATINGS, LOGITS), keras.losses.mean_squared_error(RATINGS, LOGITS))


def test_trap_in_keras_categorical_crossentropy():
    """On rows with several ones it returns the right loss and the gradient of another function, without a word."""

    def theirs(y, x):
        return keras.losses.categorical_crossentropy(y, x, from_logits=True)

    np.testing.assert_allclose(value("multinomial", MULTI_HOT, LOGITS), theirs(MULTI_HOT, LOGITS), rtol=1e-6)
    wrong = autodiff(theirs, MULTI_HOT, LOGITS)
    np.testing.assert_allclose(wrong, softmax(LOGITS) - MULTI_HOT, atol=1e-6)
    one = MULTI_HOT.sum(axis=1) == 1
    right = finite_differences(theirs, MULTI_HOT, LOGITS)
    np.testing.assert_allclose(wrong[one], right[one], atol=1e-6)
    assert (np.abs(wrong - right)[~one].max(axis=1) > 0.1).all()


def test_bce_on_a_rating_has_no_minimum():
    falling = value("binary_cross_entropy", np.full((3, 1), 3.0), np.array([[0.0], [10.0], [1000.0]]))
    assert falling[0] > falling[1] > falling[2] and falling[2] < -1000


def test_log_q_correction_undoes_the_sampling():
    """The gradient of the corrected sampled softmax, averaged over draws, tends to that of the full softmax."""
    rng = np.random.default_rng(0)
    n_items, n_drawn = 8, 400
    scores, q = rng.normal(size=n_items), np.arange(1, n_items + 1) / 36
    drawn = rng.choice(n_items, size=(500, n_drawn), p=q)
    corrected = keras.ops.convert_to_numpy(losses.log_q_correction(scores[drawn], np.log(q)[drawn]))
    weight = softmax(corrected)  # of each drawn item, in place of 1/n
    estimate = np.bincount(drawn.ravel(), weights=weight.ravel(), minlength=n_items) / len(drawn)
    np.testing.assert_allclose(estimate, softmax(scores), atol=0.01)
    plain = np.bincount(drawn.ravel(), weights=softmax(scores[drawn]).ravel(), minlength=n_items) / len(drawn)
    assert np.abs(plain - softmax(scores)).max() > 0.05


@pytest.mark.parametrize("name", [case[0] for case in CASES])
def test_usable_under_plain_compile(name):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Dense(6)])
    model.compile(optimizer=keras.optimizers.Adam(0.05), loss=getattr(losses, name))
    y = FIRST if name in ("bpr", "sampled_softmax") else ONE_HOT
    log = model.fit(np.eye(4), y, epochs=30, verbose=0).history["loss"]
    assert log[-1] < log[0]
