"""Checkers of the chapter Sequences."""

import numpy as np

from recsys_lib.exercises import check_function, check_value, exercise, question, right

question(
    "sequences.q1",
    a="Both models have a decayed history, so shuffling changes both. Look at what each was fitted on.",
    b=right("Right: cosine knows no direction, so it loses only which films are recent."),
    c="A shuffle leaves the set as it was. Both scores change, because both have a decayed history.",
)
question(
    "sequences.q2",
    a="An order that many people share can be the page's order. What lies between two of their ratings?",
    b=right("Right: with seconds between two ratings, the order is that of the pages."),
    c="The shuffle showed that the model uses the order. It did not show where the order comes from.",
)
question(
    "sequences.q3",
    a="The mean is higher, but the interval includes zero: no gain is shown, and the order has a price.",
    b="An interval that includes zero does not show that the two are equal: a gain of .004 is still possible.",
    c=right("Right: no gain is shown, at most .004 is possible, and sets are cheaper."),
)


@exercise("sequences.score")
def score(answer):
    """T[A, C] = 1/2, T[B, C] = 2, T[D, C] = 0; the history D, B, A weighs 1/4, 1/2, 1."""
    return check_value(
        answer,
        1.5,
        tolerance=1e-3,
        mistakes=[
            (1.75, "You counted both ways: Hal watched D after C, which says nothing of C after D."),
            (0.25, "You read the counts the wrong way round: T[C, D] is D after C. You need column C."),
            (2.5, "The history has no decay: Iris's last film weighs 1, the one before 1/2, then 1/4."),
            (1.125, "Your weights start at the oldest film. Her last film, A, weighs 1."),
            (2.0, "The counts have no decay: Gil's step from A to C has a film in between, so it counts 1/2."),
            (3.0, "There is no decay in it at all: neither in the counts nor in the history."),
            (1.0, "You counted direct steps only. Gil went from A to C over B: that is 1/2 more."),
            (0.5, "That is the last film alone. B was the film before: add 1/2 · T[B, C]."),
            (0.75, "Your history is one step too old: the last film weighs 1, not 1/2."),
            (lambda a: np.size(a) > 1, "One number is asked for: the score of film C."),
        ],
        hint="Column C of T: after A 1/2, after B 2, after D 0. Weights of Iris's films: A 1, B 1/2, D 1/4. Add up.",
        praise="Right: 1 · 1/2 + 1/2 · 2 + 1/4 · 0.",
    )


def _ridge(histories, n_items, decay, regularization, *, ages="from the last", seen="before", keep="all", how="solve"):
    x, y = [], []
    for films in histories:
        for t in range(1, len(films)):
            if keep == "last step" and t < len(films) - 1:
                continue
            past = films[:t] if seen == "before" else films[: t + 1] if seen == "target too" else films
            past = past[-1:] if keep == "last film" else past
            weights = decay ** np.arange(len(past)).astype(float)
            row, target = np.zeros(n_items), np.zeros(n_items)
            row[past] = weights if ages == "from the first" else weights[::-1]
            row = row * decay if ages == "one too old" else row
            target[films[t]] = 1
            x.append(row), y.append(target)
    x, y = np.array(x), np.array(y)
    if how == "reversed":
        x, y = y, x
    gram = x.T @ x
    if how == "counts":
        return x.T @ y
    if how == "no λ":
        return np.linalg.pinv(gram) @ x.T @ y
    if how == "λ everywhere":
        return np.linalg.pinv(gram + regularization) @ x.T @ y
    if how == "λ²":
        return np.linalg.solve(gram + regularization**2 * np.eye(n_items), x.T @ y)
    solved = np.linalg.solve(gram + regularization * np.eye(n_items), x.T @ y)
    if how == "no diagonal":
        np.fill_diagonal(solved, 0)
    return solved.T if how == "transposed" else solved


def _mistake(**how):
    return lambda *arguments: _ridge(*arguments, **how)


def _inputs():
    """Histories of 1 to 6 films, without repeats, two decays and two λ; in the last, some films nobody watched."""
    rng = np.random.default_rng(7)

    def histories(n_people, n_items):
        return [rng.permutation(n_items)[: rng.integers(1, 7)].tolist() for _ in range(n_people)]

    return [(histories(30, 8), 8, 0.5, 2.0), (histories(12, 7), 7, 0.8, 0.5), (histories(15, 7), 10, 0.5, 3.0)]


@exercise("sequences.ridge")
def ridge(answer):
    """The matrix that maps a decayed history to the next film, in closed form."""
    return check_function(
        answer,
        _ridge,
        _inputs(),
        mistakes=[
            (_mistake(ages="from the first"), "Your decay starts at the oldest film. The film just before weighs 1."),
            (_mistake(ages="one too old"), "The film just before weighs decay⁰ = 1: its age is 0, not 1."),
            (_mistake(seen="target too"), "The film to be predicted stands in its own history: take films[:t]."),
            (_mistake(seen="all"), "Each step sees the whole history, its future too: take films[:t]."),
            (_mistake(keep="last step"), "Each film but the first is a target, not only the last one of a person."),
            (_mistake(keep="last film"), "Only the film just before is in your x. All earlier ones are, with a decay."),
            (_mistake(how="reversed"), "X and Y have changed places: you predict what came before."),
            (_mistake(how="counts"), "XᵀY counts transitions. Multiply by the inverse of XᵀX + λI, with solve."),
            (_mistake(how="no λ"), "Add λ to the diagonal of XᵀX: λ · np.eye(n_items)."),
            (_mistake(how="λ everywhere"), "λ belongs on the diagonal alone: λ · np.eye(n_items)."),
            (_mistake(how="λ²"), "λ stands in the formula as it is, not squared."),
            (
                _mistake(how="transposed"),
                "Your matrix is transposed: a row for each film of the history.",
            ),
            (_mistake(how="no diagonal"), "Keep the diagonal: this is not EASE, and nothing is set to 0 here."),
        ],
        hint="For each t: x = decay**age at the films before, y = 1 at films[t]. Then solve(XᵀX + λI, XᵀY).",
        praise="Right: one linear system, and its right-hand side counts transitions.",
    )
