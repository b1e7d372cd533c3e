"""A like threshold that belongs to another scale is told."""

import warnings

FEW = 10  # with fewer ratings no share lies between these two and all or nothing
MOST, LEAST = 0.9, 0.1  # shares of likes beyond which the threshold is doubted


def warn_of_threshold(name, threshold, ratings, *, stacklevel):
    """UserWarning where the threshold makes over 90 % or under 10 % of the ratings likes.

    Fewer than 10 ratings, or ratings that are all the same, show no scale and are let pass.
    name: of the setting.   ratings: numbers (n,), or None for implicit data, where every pair is a like.   stacklevel:
    1 would point to the caller of this function, 2 to the caller's caller."""
    if ratings is None or len(ratings) < FEW or ratings.min() == ratings.max():
        return
    share = float((ratings >= threshold).mean())
    if LEAST <= share <= MOST:
        return
    warnings.warn(
        f"{name} = {threshold:g} makes {share:.1%} of the ratings likes; they go from {ratings.min():g} to "
        f"{ratings.max():g}: set {name} to what a like is on that scale",
        UserWarning,
        stacklevel=stacklevel + 1,
    )
