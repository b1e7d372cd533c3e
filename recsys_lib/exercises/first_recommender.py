"""Checkers of the chapter A recommender in ten minutes."""

from recsys_lib.exercises import check_value, close, exercise


def _near(wrong):
    """Does an answer mean this wrong value, rounded or not?"""
    return lambda answer: close(answer, wrong, tolerance=5e-3)


def _names_a_film(answer):
    return str(answer).casefold().replace("film", "").strip(" .()") in {"a", "b"}


@exercise("first_recommender.score")
def score(answer):
    mistakes = [
        (4.0, "This is the score of film B. Compute that of film A too: which of the two is higher?"),
        (3.0, "This is B without its popularity number. Add it, and compare with A, which has a larger one."),
        (2.5, "These are A's two products added up. Its popularity number is still missing."),
        (2.2, "This is A's popularity number alone. Add the two products: 2 times 1.5, and −1 times 0.5."),
        (5.7, "The minus is lost: −1 times 0.5 is −0.5, which lowers the score."),
        (6.0, "This is B with the minus lost: −1 times 1 is −1, which lowers the score."),
        (5.2, "Multiply the first numbers, multiply the second numbers, and add both products: −1 times 0.5 counts."),
        (5.0, "This is B with its numbers added to the person's. Multiply them: 2 times 2, and −1 times 1."),
        (5.5, "You multiplied by the popularity number. It is added, as one more number."),
    ]
    return check_value(
        answer,
        4.7,
        tolerance=5e-3,
        mistakes=[
            (_names_a_film, "Asked is the score of the film that comes first: a number."),
            *((_near(wrong), hint) for wrong, hint in mistakes),
        ],
        hint="For each film: first numbers multiplied, plus second numbers multiplied, plus the popularity number.",
        praise="Right: A comes first with 4.7, B has 4. By taste alone B would win, 3 against 2.5. Popularity decides.",
    )
