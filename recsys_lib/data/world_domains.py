"""The known-truth world with two shops: shared people, shared films, and how far tastes agree between them."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from recsys_lib._checks import generator, setting

from .ids import IdMap
from .interactions import Interactions

YEAR_2020, YEAR = 1_577_836_800, 366 * 86_400  # in seconds


@dataclass(frozen=True, eq=False)
class DomainWorld:
    """Two tables of likes, and the truth behind them.

    target, source: Interactions without ratings, each with people and films of its own.   same_people, same_films:
    int (n, 2), who and what is the same in both (target's index, source's index).   probability: float64 (people,
    films) of the target: that the person likes the film, seen or not."""

    target: Interactions
    source: Interactions
    same_people: np.ndarray
    same_films: np.ndarray
    probability: np.ndarray


def simulate_domains(
    n_people=300,
    n_films=300,
    *,
    shared_people=0.5,
    shared_films=0.5,
    agreement=1.0,
    density=(0.02, 0.08),
    n_factors=6,
    popularity=1.0,
    rng,
):
    """Draws two shops, the target and the source, whose people and films are partly the same.

        P(u likes i in shop d) = σ(a_d + p_u^d · q_i^d + c_i),   a_d set so that the mean is density[d]
        p^source = ρ p^target + √(1 − ρ²) p',   and the same for q;   p, p' ~ N(0, 1),   q, q' ~ N(0, 2² / f)

    f: n_factors.   ρ: agreement. 1: the same taste in both shops; 0: knowing the one says nothing of the other.   c_i ~
    N(0, popularity²), the same in both shops for a film of both.   shared_people, shared_films: the share of each
    shop's that both have.   n_people, n_films: of each shop.   density: mean chance of a like, in the target and in
    the source.   Each like is drawn alone, and gets an evenly drawn second of 2020; of a shared person's shared film
    the two shops draw apart.
    Returns a `DomainWorld`. Raises ValueError for sizes that are not whole or < 1, shares or an agreement outside
    [0, 1], densities outside (0, 1) or not two of them, and a negative popularity.
    Chapter: Two catalogues, one model."""
    sizes = {"n_people": n_people, "n_films": n_films, "n_factors": n_factors}
    n_people, n_films, f = (setting(name, size, 1, whole=True) for name, size in sizes.items())
    shares = {"shared_people": shared_people, "shared_films": shared_films, "agreement": agreement}
    for name, share in shares.items():
        if not 0 <= setting(name, share) <= 1:
            raise ValueError(f"expected {name} in [0, 1], received {share}")
    if np.shape(density) != (2,):
        raise ValueError(f"expected density as two numbers, of target and source, received {density!r}")
    for mean in density:
        setting("density", mean, 0, 1, above=True)
    setting("popularity", popularity, 0)
    rng = generator(rng)
    both = {"people": round(shared_people * n_people), "films": round(shared_films * n_films)}
    p = _two_sides(rng.normal(size=(2, 2 * n_people, f)), n_people, both["people"], agreement)
    q = _two_sides(2 / np.sqrt(f) * rng.normal(size=(2, 2 * n_films, f)), n_films, both["films"], agreement)
    c = _two_sides(popularity * rng.normal(size=(1, 2 * n_films, 1)), n_films, both["films"], 1.0)
    shops, probability = [], []
    for d, (name, mean) in enumerate(zip(("t", "s"), density, strict=True)):
        pull = p[d] @ q[d].T + c[d].T
        probability.append(expit(pull + brentq(lambda a, x=pull, m=mean: expit(a + x).mean() - m, -60, 60)))
        user, item = np.nonzero(rng.random(pull.shape) < probability[d])
        seconds = YEAR_2020 + rng.integers(YEAR, size=len(user))
        people, films = IdMap([f"{name}{u}" for u in range(n_people)]), IdMap([f"{name}f{i}" for i in range(n_films)])
        shops.append(Interactions(user, item, None, seconds, people, films))
    same = [np.column_stack([np.arange(n), np.arange(n)]) for n in both.values()]
    return DomainWorld(*shops, *same, probability[0])


def _two_sides(drawn, n, shared, agreement):
    """Of 2n drawn vectors the target's n, and the source's n: the first `shared` are the same things.

    Everything the source draws is turned away from the target by 1 − ρ²; what it has alone is a fresh draw anyway."""
    own, other = drawn[0], drawn[-1]
    source = own[np.append(np.arange(shared), n + np.arange(n - shared))]
    return own[:n], agreement * source + np.sqrt(1 - agreement**2) * other[:n]
