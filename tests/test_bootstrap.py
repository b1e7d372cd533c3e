"""The bootstrap over users and seeds: against a loop, where the answer is known, and how much it does."""

import itertools
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from recsys_lib.evaluation import compare, paired_bootstrap


def frame(values):
    return pd.DataFrame({"user": np.arange(len(values)), "metric": "ndcg@10", "value": values})


def naive(a, b, rng, times):
    """Draw, look up, average: one resample after the other."""
    n = len(a)
    means = []
    for _ in range(times):
        users = [int(rng.integers(n)) for _ in range(n)]
        of_a = [int(rng.integers(a.shape[1])) for _ in range(a.shape[1])]
        of_b = [int(rng.integers(b.shape[1])) for _ in range(b.shape[1])]
        mean_a = sum(a[u, s] for u in users for s in of_a) / (n * len(of_a))
        mean_b = sum(b[u, s] for u in users for s in of_b) / (n * len(of_b))
        means.append(mean_a - mean_b)
    return np.array(means)


def table(rng, n, n_seeds, *, user=1.0, seed=0.5, noise=0.3):
    """users × seeds: a level for each user and for each seed, and noise of each cell."""
    return rng.normal(0, user, (n, 1)) + rng.normal(0, seed, n_seeds) + rng.normal(0, noise, (n, n_seeds))


@pytest.mark.parametrize(("of_a", "of_b"), [(3, 1), (1, 4), (3, 2)])
def test_against_a_loop(of_a, of_b):
    rng = np.random.default_rng(of_a)
    a, b = table(rng, 12, of_a), table(rng, 12, of_b)
    means = naive(a, b, rng, 4000)
    found = paired_bootstrap(a, b, n_resamples=40_000)
    assert found.mean == pytest.approx(a.mean() - b.mean()) and found.n == 12
    for end, share in ((found.low, 0.025), (found.high, 0.975)):
        assert np.mean(means < end) == pytest.approx(share, abs=0.012)  # 4.8 standard errors of a share of 4,000
    middle = paired_bootstrap(a, b, n_resamples=40_000, confidence=0.5)
    assert np.mean(means < middle.low) == pytest.approx(0.25, abs=0.033)


def test_every_draw_of_a_tiny_case():
    """Two users, two seeds: all 4 × 4 draws are equally likely, so the points of the means are known exactly."""
    a = np.array([[0.0, 1.0], [4.0, 16.0]])
    pairs = list(itertools.product(range(2), repeat=2))
    means = sorted(a[np.ix_(users, seeds)].mean() for users in pairs for seeds in pairs)
    for confidence in (0.6, 0.8):  # their ends lie between two of the sixteenths, not on one
        found = paired_bootstrap(a, n_resamples=100_000, confidence=confidence)
        exact = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2], method="inverted_cdf")
        assert found[1:3] == pytest.approx(tuple(exact))


def test_seed_noise_alone():
    """All users alike within a seed: the seeds' means are drawn, and the width is that of a mean of n_seeds draws."""
    rng = np.random.default_rng(0)
    levels = rng.normal(0.1, 0.01, 30)
    a = np.tile(levels, (200, 1))
    found = paired_bootstrap(a)
    error = levels.std() / 30**0.5  # np.std: that of the draws, smaller by √(29 / 30) than the estimate
    assert found.mean == pytest.approx(levels.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.05)
    steady = paired_bootstrap(a[:, :1], rng=3)
    assert steady.low == pytest.approx(steady.high), "one seed has no noise to show"
    both = paired_bootstrap(a, np.tile(levels[::-1], (200, 1)))
    assert both.high - both.low == pytest.approx(2 * 1.96 * 2**0.5 * error, rel=0.05), "seeds are drawn independently"
    itself = paired_bootstrap(a, a)
    assert itself.high - itself.low == pytest.approx(both.high - both.low, rel=0.05)


def test_user_noise_alone():
    """All seeds alike: the interval over users and seeds is the one over users, to rounding."""
    rng = np.random.default_rng(0)
    one, other = rng.random(150), rng.random(150)
    assert paired_bootstrap(np.tile(one[:, None], 5)) == pytest.approx(paired_bootstrap(one))
    both = paired_bootstrap(np.tile(one[:, None], 5), np.tile(other[:, None], 3))
    assert both == pytest.approx(paired_bootstrap(one, other))
    assert paired_bootstrap(one[:, None], other) == paired_bootstrap(one, other)


def test_noise_of_each_cell_alone_comes_out_too_large():
    """Nothing but noise of a user under a seed: variance σ² / (n S), of which the bootstrap makes 1 + 2 (S − 1) / S."""
    rng = np.random.default_rng(0)
    widths = []
    for _ in range(40):
        found = paired_bootstrap(rng.normal(size=(400, 5)), n_resamples=2000, rng=rng)
        widths.append((found.high - found.low) ** 2)
    one = 2 * 1.96 / (400 * 5) ** 0.5
    assert np.mean(widths) / one**2 == pytest.approx(1 + 2 * 4 / 5, rel=0.15)


def test_means_of_drawn_rows_as_they_were_before_there_were_seeds():
    """With one seed a resample is a row of drawn indices, looked up and averaged."""
    values = np.random.default_rng(1).random(60)
    draws = np.random.default_rng(7).integers(60, size=(10_000, 60), dtype=np.int32)
    expected = np.quantile(values[draws].mean(axis=1), [0.025, 0.975])
    assert paired_bootstrap(values, rng=7)[1:3] == pytest.approx(tuple(expected), abs=1e-12)


def test_two_that_agree_differ_by_nothing_at_all():
    rng = np.random.default_rng(0)
    values = rng.random(50)
    assert paired_bootstrap(values, values) == (0, 0, 0, 50)
    assert paired_bootstrap(values, np.tile(values[:, None], 3)) == (0, 0, 0, 50)
    one_better = values.copy()
    one_better[3] += 0.2
    assert paired_bootstrap(one_better, values).low == 0, "not a hair above"


def test_kinds_of_input_and_users_without_a_value():
    rng = np.random.default_rng(0)
    a, b = table(rng, 30, 3), table(rng, 30, 1)[:, 0]
    expected = paired_bootstrap(a, b)
    users = [f"user {u}" for u in range(30)]
    assert paired_bootstrap(pd.DataFrame(a, users), pd.Series(b, users)) == expected
    assert paired_bootstrap(a.tolist(), b.tolist()) == expected
    with_gaps = np.insert(a, 4, np.nan, axis=0), np.insert(b, 4, np.nan)
    assert paired_bootstrap(*with_gaps) == expected


def test_same_rng_same_interval_and_generators():
    a = table(np.random.default_rng(0), 40, 4)
    assert paired_bootstrap(a[:, 0], rng=3) == paired_bootstrap(a[:, 0], rng=np.random.default_rng(3))
    assert paired_bootstrap(a, rng=3) == paired_bootstrap(a, rng=np.int64(3)) != paired_bootstrap(a, rng=4)
    rng, twin = np.random.default_rng(3), np.random.default_rng(3)
    first = paired_bootstrap(a, rng=rng)
    assert first == paired_bootstrap(a, rng=twin)
    assert paired_bootstrap(a, rng=rng) != first, "a Generator goes on"
    rng.bit_generator.state = np.random.default_rng(3).bit_generator.state
    assert paired_bootstrap(a, rng=rng) == first, "all that it draws is in its state"


def test_any_generator_will_do_and_the_seeds_of_both_sides_are_drawn_apart():
    old = np.random.Generator(np.random.RandomState(0)._bit_generator)  # has nothing to spawn from
    a = np.tile(np.random.default_rng(0).normal(size=8), (50, 1))
    for rng in (old, np.random.Generator(np.random.PCG64(5)), np.random.default_rng(5)):
        itself = paired_bootstrap(a, a, rng=rng)
        assert itself.low < 0 < itself.high, "seeds drawn together would leave nothing"


def test_the_seeds_of_a_whole_number_are_drawn_as_in_the_stored_results():
    """Users from the number's own stream, seeds from its two children, looked up resample by resample."""
    rng = np.random.default_rng(0)
    a, b = table(rng, 15, 3), table(rng, 15, 2)
    users = np.random.default_rng(11).integers(15, size=(2000, 15), dtype=np.int32)
    children = [np.random.default_rng(child) for child in np.random.SeedSequence(11).spawn(2)]
    of_a, of_b = (child.integers(side.shape[1], size=(2000, side.shape[1])) for child, side in zip(children, (a, b)))
    means = [a[np.ix_(u, s)].mean() - b[np.ix_(u, t)].mean() for u, s, t in zip(users, of_a, of_b)]
    expected = np.quantile(means, [0.025, 0.975])
    assert paired_bootstrap(a, b, n_resamples=2000, rng=11)[1:3] == pytest.approx(tuple(expected), abs=1e-12)


def test_a_row_of_compare_is_the_paired_bootstrap_whoever_stands_beside_it():
    rng = np.random.default_rng(0)
    values = {"a": table(rng, 50, 2), "b": table(rng, 50, 1), "c": table(rng, 50, 5)}
    results = {name: [frame(column) for column in value.T] for name, value in values.items()}
    for names in ("abc", "ca", "bac"):
        rows = compare({name: results[name] for name in names}, baseline="a", rng=5)
        for name in names:
            own = paired_bootstrap(values[name], rng=5)
            assert rows.loc[name, "mean":"high"].tolist() == pytest.approx(list(own[:3]), abs=1e-12)
            if name != "a":
                difference = paired_bootstrap(values[name], values["a"], rng=5)
                found = rows.loc[name, "difference":"difference_high"].tolist()
                assert found == pytest.approx(list(difference[:3]), abs=1e-12)
    assert rows["n_seeds"].to_dict() == {"b": 1, "a": 2, "c": 5}


def test_the_users_are_drawn_once_for_a_whole_table_in_bounded_memory():
    n = 3000
    rng = np.random.default_rng(0)
    results = {name: [frame(rng.random(n)) for _ in range(5)] for name in "abc"}
    once, for_three = np.random.default_rng(1), np.random.default_rng(1)
    paired_bootstrap(rng.random(n), rng=once)
    tracemalloc.start()
    compare(results, baseline="a", rng=for_three)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert once.random() == for_three.random(), "as many draws for three models as for one"
    assert peak < 60e6, "10,000 × 3,000 counts at once would be 240 MB"
