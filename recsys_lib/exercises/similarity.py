"""Checkers of the chapter Similarity."""

import numpy as np

from recsys_lib import similarity
from recsys_lib.exercises import check_function, check_value, exercise, question, right

R = np.array(  # the chapter's five users × (Hit, Twin, Cult, Foe)
    [[5, 4, np.nan, 1], [4, 5, np.nan, 2], [4, np.nan, 5, np.nan], [2, np.nan, 3, 5], [3, 2, np.nan, 4]]
)
TWIN, FOE = 1, 3


@exercise("similarity.adjusted_cosine")
def adjusted_cosine(answer):
    both = ~np.isnan(R[:, TWIN]) & ~np.isnan(R[:, FOE])
    x, y = R[both, TWIN], R[both, FOE]
    expected = similarity.adjusted_cosine(R)[TWIN, FOE]
    deviation = R - np.nanmean(R, axis=1, keepdims=True)
    product = np.nansum(deviation[:, TWIN] * deviation[:, FOE])
    all_raters = product / np.sqrt(np.nansum(deviation[:, TWIN] ** 2) * np.nansum(deviation[:, FOE] ** 2))
    item_mean = R - np.nanmean(R, axis=0)
    by_item = _cosine(item_mean[both, TWIN], item_mean[both, FOE])
    pair = R[both][:, [TWIN, FOE]]
    pair_means = _cosine(*(pair - pair.mean(axis=1, keepdims=True)).T)
    zeros = np.nan_to_num(R)
    missing_as_0 = _cosine(*(zeros - zeros.mean(axis=1, keepdims=True))[:, [TWIN, FOE]].T)
    by_four = _cosine(*(pair - zeros[both].mean(axis=1, keepdims=True)).T)
    return check_value(
        answer,
        expected,
        tolerance=6e-4,
        mistakes=[
            (_cosine(x, y), "This is the plain cosine of the ratings. What is each user's own level?"),
            (np.corrcoef(x, y)[0, 1], "This is Pearson: you centred on the films' means. Centre on each user's mean."),
            (by_item, "You took the mean of each film away. Take away the mean of each user, over all films rated."),
            (all_raters, "The length of Foe runs over D too, who did not rate Twin. Only common raters count."),
            (pair_means, "Your user means run over Twin and Foe alone. A's level is the mean of all A rated: 10/3."),
            (missing_as_0, "A missing rating counts as 0 here. Leave it out, of the means and of the sums."),
            (by_four, "Your user means divide by four films. A rated three."),
            (product, "This is the sum of products. What is left to divide by?"),
            (product / both.sum(), "You divided by the number of raters. By the lengths, it lies between -1 and 1."),
            (-expected, "The size is right. Look at the signs: who likes Twin likes Foe less."),
            (lambda value: abs(float(value) - expected) < 5e-3, "Nearly: give three decimals."),
        ],
        hint="Centre each rating on its user's mean, keep A, B and E, then take the cosine of the two columns.",
        praise="Right: those who put Twin above their own level put Foe below it.",
    )


@exercise("similarity.shrinkage")
def shrinkage(answer):
    return check_value(
        answer,
        5,
        mistakes=[
            (4, "With 4 it is .083, still below 2/22."),
            (2, "With 2 it keeps 0.5 · 2/22 = .045, half of what Cult keeps."),
            (lambda n: 4 < float(n) < 5, "Raters come whole: at 40/9 they tie. Who is the first above it?"),
            (lambda n: float(n) > 5, "It overtakes sooner: compare 0.5 n/(n+20) with 2/22."),
        ],
        hint="Cult keeps 1 · 2/22 = .091. From which whole n on is 0.5 n/(n+20) larger?",
        praise="Right: 0.5 · 5/25 = .100, more than 2/22 = .091; with 4 it is .083.",
    )


def _cosine(x, y):
    return x @ y / np.sqrt((x @ x) * (y @ y))


def _pearson(x, y, *, common_means=True, missing=np.nan, few=0.0, flat=0.0):
    """Says `few` for fewer than two common raters, `flat` where one side does not vary."""
    x, y = (np.where(np.isnan(c), missing, c) for c in (x, y))
    both = ~np.isnan(x) & ~np.isnan(y)
    if both.sum() < 2:
        return few
    means = (x[both].mean(), y[both].mean()) if common_means else (np.nanmean(x), np.nanmean(y))
    a, b = x[both] - means[0], y[both] - means[1]
    scale = np.sqrt((a @ a) * (b @ b))
    return a @ b / scale if scale > 1e-12 else flat


def _no_root(x, y):
    both = ~np.isnan(x) & ~np.isnan(y)
    return np.cov(x[both], y[both], ddof=0)[0, 1] if both.sum() >= 2 else 0.0


def _mixed(x, y, power):
    """Means over n on one side of the fraction, over n - 1 on the other."""
    n = (~np.isnan(x) & ~np.isnan(y)).sum()
    return _pearson(x, y) * (1 - 1 / n) ** power if n >= 2 else 0.0


@exercise("similarity.pearson_pair")
def pearson_pair(answer):
    rng = np.random.default_rng(3)
    inputs = [tuple(np.where(rng.random(12) < 0.35, np.nan, rng.integers(1, 6, 12)) for _ in "xy") for _ in range(6)]
    inputs.append((R[:, 0], R[:, 2]))  # two common raters
    inputs.append((np.array([5, np.nan, 3, 1.0]), np.array([4, 2, np.nan, np.nan])))  # one
    flat, other = np.array([4, 4, 4.0, 2]), np.array([1, 5, 3.0, np.nan])  # one side does not vary, then the other
    inputs += [(flat, other), (other, flat), (np.array([3, 3.0]), np.array([1, 5.0]))]
    inputs.append((np.array([5, 1, np.nan]), np.array([2, 4, 3.0])))  # two common raters who disagree: -1
    inputs.append((np.array([4, np.nan]), np.array([np.nan, 2.0])))  # nobody rated both
    return check_function(
        answer,
        _pearson,
        inputs,
        mistakes=[
            (lambda x, y: _pearson(x, y, common_means=False), "Your means run over all raters. Which rated both?"),
            (lambda x, y: _pearson(x, y, missing=0), "A missing rating counts as 0 here. Leave it out."),
            (_no_root, "This is the covariance. Divide by the two lengths: then it lies between -1 and 1."),
            (lambda x, y: _mixed(x, y, 1), "You mix n and n - 1: mean of products over deviations with ddof=1."),
            (lambda x, y: _mixed(x, y, -1), "You mix n and n - 1: covariance with ddof=1 over np.std with n."),
            (lambda x, y: abs(_pearson(x, y)), "The sign is lost: people who disagree have a correlation below 0."),
            (
                lambda x, y: _pearson(x, y, few=np.nan, flat=np.nan),
                "Nearly: NaN comes out for fewer than two common raters or a side that does not vary. Say 0.",
            ),
            (lambda x, y: _pearson(x, y, few=np.nan), "Nearly: NaN comes out for fewer than two common raters. Say 0."),
            (lambda x, y: _pearson(x, y, flat=np.nan), "Nearly: NaN comes out where one side does not vary. Say 0."),
            (_cosine_of_common, "You did not subtract the means: this is the cosine over the common raters."),
        ],
        hint="Some results differ. Means, products and both lengths run over the common raters only; "
        "then look at one common rater and at a film without variation.",
        praise="Right, in the awkward cases too.",
    )


def _cosine_of_common(x, y):
    both = ~np.isnan(x) & ~np.isnan(y)
    return _cosine(x[both], y[both]) if both.any() else 0.0


question(
    "similarity.q1",
    a="2 is the dot product. The cosine divides it by both lengths.",
    b=right("Right: 1 + 0 + 1 + 0 = 2, over the lengths √2 and √3."),
    c="You divided 2 by 3, one squared length. The cosine divides by √2 · √3.",
)
question(
    "similarity.q2",
    a="The test says the opposite: these lists find fewer of the films that people went on to like.",
    b=right("Right: the highest similarity is easiest to reach where one or two people speak."),
    c="A difference, and not the reason: Pearson's lengths run over the common raters alone, so two are enough.",
)
question(
    "similarity.q3",
    a="The interval includes zero: this test does not show that the history side is better.",
    b=right(
        "Right: no difference is shown, so another reason decides. A gain of .010 or a loss of .002 is still possible."
    ),
    c="A side chosen on the test part is flattered by it: the figure that you report is then no test any more.",
)
