# %% [markdown]
# # Losses
#
# **Why does a good rating predictor make a poor list?**
#
# You will be able to
#
# 1. derive the gradient of six losses by the score, on paper, and check it in two independent ways;
# 2. show why cross-entropy on stars has no minimum, and give the same ratings a target that has one;
# 3. catch a right value with a wrong gradient, and a formula under a wrong name, before they train a model;
# 4. choose a loss by the signal you have and by the question your list must answer.
#
# **Needs** [Anatomy](anatomy.ipynb) and [Evaluation](evaluation.ipynb) · **to read** 40 min · **to run** 70 s

# %% tags=["bootstrap", "hide-input"]
# Setup: installs the book's library where it is missing (in Google Colab, say); elsewhere it does nothing.
import importlib.util
import subprocess
import sys

REPOSITORY = ""
if importlib.util.find_spec("recsys_lib") is None:
    if not REPOSITORY:
        raise ImportError("recsys_lib is missing: run `pip install .` in a copy of this book, restart, run again.")
    print("Installing recsys_lib, about half a minute ...")
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "recsys-lib @ git+" + REPOSITORY], check=True)
    importlib.invalidate_caches()

# %%
import os

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}  # TensorFlow quiet, its sums in one order
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

from recsys_lib import losses, metrics, plots, results
from recsys_lib.claims import claim
from recsys_lib.exercises import check

keras.utils.set_random_seed(0)
plots.use_style()

# %% [markdown]
# ## Which of two predictions is better?
#
# Tomorrow you will watch three films and give them 1, 2 and 3 stars. Two models guess today:
#
# | | film 1 | film 2 | film 3 |
# |---|---|---|---|
# | your stars, tomorrow | 1 | 2 | 3 |
# | model A says | 1.5 | 2.5 | 3.5 |
# | model B says | 1.0 | 2.6 | 2.4 |
#
# A is half a star too high, every time. B hits one film exactly. Which model is better? Decide before you run the cell. It computes the [mean squared error](../../book/glossary.md#mean-squared-error), the average of the squared distances, and then the one thing a list of length one needs: the film with the highest guess.

# %% tags=["nbval-check-output"]
stars = np.array([1.0, 2.0, 3.0])
guesses = {"A": np.array([1.5, 2.5, 3.5]), "B": np.array([1.0, 2.6, 2.4])}
for name, guess in guesses.items():
    print(f"model {name}: mean squared error {np.mean((stars - guess) ** 2):.2f}, recommends film {guess.argmax() + 1}")

# %% tags=["nbval-check-output"]
error = {name: np.mean((stars - guess) ** 2) for name, guess in guesses.items()}
claim(
    "The model with the smaller squared error recommends the wrong film",
    error["B"] < error["A"] and guesses["B"].argmax() != stars.argmax() == guesses["A"].argmax(),
    f"error {error['A']:.2f} with the right film first, {error['B']:.2f} with the wrong one first",
)

# %% [markdown]
# If you said B, you answered the question that squared error asks: how far off are the guesses? The list asks another: which film comes first? Nothing forces the two answers to agree. Three films made up for the purpose prove only that they *can* part. At the end of this chapter you see how far they part on real data, with real models, and it is further than most people guess.
#
# A [loss](../../book/glossary.md#loss) is that question, written as a number to be made small. This chapter takes six of them. For each you see what it asks, derive by hand how it moves a score, check that with two independent machines, and in the end let all six train the same model on the same films.

# %% [markdown]
# ## What does a loss tell a model?
#
# The model of this chapter gives user $u$ and film $i$ one [score](../../book/notation.md),
#
# $$s_{ui} = p_u \cdot q_i + b_i .$$
#
# Read it aloud: the score is the [dot product](../../book/glossary.md#dot-product) of the user's vector and the film's vector, plus how much everybody likes the film. The loss never sees a vector, a user or a film. It sees scores $s$ and targets $y$, and answers with one number $\ell$. All that training learns passes through its [gradient](../../book/glossary.md#gradient) by the scores: the chain rule hands it on to the vectors,
#
# $$\frac{\partial \ell}{\partial p_u} = \sum_i \frac{\partial \ell}{\partial s_{ui}}\, q_i , \qquad \frac{\partial \ell}{\partial q_i} = \frac{\partial \ell}{\partial s_{ui}}\, p_u .$$
#
# In words: the user's vector moves along the vectors of the films, each as far as the loss pushes that film's score; and each film's vector moves along the user's by the same push. So it is enough to know $\partial\ell/\partial s$, one number a film. We call minus that number the **push**: positive lifts the score, negative lowers it, zero leaves the film alone.
#
# By hand, with a user $p = (1, 0.5)$, a film $q = (0.2, 1)$ and no bias: the score is $1 \cdot 0.2 + 0.5 \cdot 1 = 0.7$. Say the push is 1 and the step $\eta = 0.1$. The user's vector becomes $p + 0.1 \cdot 1 \cdot q = (1.02,\ 0.6)$ and the score $0.804$.

# %% tags=["nbval-check-output"]
p, q, push, step = np.array([1.0, 0.5]), np.array([0.2, 1.0]), 1.0, 0.1
moved = p + step * push * q
print(f"score before {p @ q:.3f}, after {moved @ q:.3f}; the user's vector is now ({moved[0]:.2f}, {moved[1]:.2f})")

# %% [markdown]
# The score rose by $\eta$ times the push times $q \cdot q = 1.04$, as it must. From here on this chapter speaks of scores and pushes only.
#
# A derivation on paper can be wrong, and so can a library's. Two judges stand ready. [Finite differences](../../book/glossary.md#finite-differences) nudge one score up and down and watch the loss: slow, and they trust nobody. [Automatic differentiation](../../book/glossary.md#automatic-differentiation) is what trains your model: exact, provided that every operation's own rule is right. Keep that proviso in mind.

# %%
def finite_differences(loss, s, h=1e-5):
    """Slope of loss(s) along each score: half a step up, half a step down."""
    return np.array([(loss(s + e) - loss(s - e)) / (2 * h) for e in h * np.eye(len(s))])


def value(loss, y, s):
    """A Keras loss on one row, as a number."""
    return float(loss(np.atleast_2d(y), np.atleast_2d(s))[0])


def autodiff(loss, y, s):
    """Gradient of a Keras loss by the scores of one row, as TensorFlow hands it to the optimiser."""
    s = tf.Variable(np.atleast_2d(s))
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(loss(np.atleast_2d(y), s))
    return tape.gradient(value, s).numpy()[0]


def three_ways(**gradients):
    """The gradients side by side, one column a film."""
    table = pd.DataFrame.from_dict(gradients, orient="index").rename(index=lambda name: name.replace("_", " "))
    return table.rename(columns=lambda j: f"film {j + 1}").round(4) + 0.0


# %% [markdown]
# ## Squared error: how many stars am I off?
#
# One row of $n$ rated films. By hand for model A and its first film: off by $1.5 - 1 = 0.5$; squared, $0.25$; all three alike, so the mean is $0.25$. If the guess of the first film rises by a hair $h$, its square grows by about $2 \cdot 0.5\, h$, and the mean of three by a third of that. The formula:
#
# $$\ell = \frac1n \sum_i (s_i - y_i)^2 , \qquad \frac{\partial \ell}{\partial s_i} = \frac{2}{n}\,(s_i - y_i) .$$
#
# Read it: the push on a film is proportional to how far its guess is off, towards the target, whatever the other films do. A film that nobody rated has no target and gets no push at all. That half-sentence will decide this chapter.

# %% tags=["by-hand"]
def mse(y, s):
    return np.mean((s - y) ** 2)


def mse_gradient(y, s):
    return 2 * (s - y) / len(s)


# %% tags=["nbval-check-output"]
A = guesses["A"]
print(f"by hand {mse(stars, A):.4f}, recsys_lib {value(losses.mse, stars, A):.4f}")
three_ways(
    by_hand=mse_gradient(stars, A),
    finite_differences=finite_differences(lambda s: mse(stars, s), A),
    autodiff=autodiff(losses.mse, stars, A),
)

# %% [markdown]
# Three ways, one answer: each score of A is to fall by a third of a star for each unit of step. Now the picture that every loss of this chapter gets: on the left the loss over the score, on the right the push.

# %% tags=["hide-input"]
def picture(x, curves, sentence, label, names):
    """Loss over the score on the left, push (minus the gradient) on the right; names: curve → where its name stands."""
    figure, (left, right) = plt.subplots(1, 2, figsize=plots.WIDE)
    for name, (loss, gradient) in curves.items():
        left.plot(x, loss)
        right.plot(x, -gradient)
        at = names[name]
        right.annotate(name, (at, np.interp(at, x, -gradient)), (5, 4), textcoords="offset points")
    for ax, what in ((left, "loss"), (right, "push on the score")):
        ax.set(xlabel=label, ylabel=what, xlim=(x[0], x[-1]))
    right.axhline(0, color=plots.MUTED, linewidth=0.8, zorder=1)
    plots.title(left, sentence)
    plt.show()


# %% tags=["hide-input"] mystnb={"image": {"alt": "The squared error of a film with four stars is a parabola with its floor at 4; the push is a straight line through zero at 4, twice as strong when the guess is twice as far off, and without bound."}}
x = np.linspace(0, 8, 201)
curves = {"4 stars": ((x - 4) ** 2, 2 * (x - 4))}
sentence = "Squared error pushes harder the further off the guess is"
picture(x, curves, sentence, "score, in stars", {"4 stars": 4})

# %% [markdown]
# The push has no limit: one film that is off by 3 pulls as hard as thirty that are off by a tenth. And the score is not free. It has a unit, the star, and only the target itself is right.

# %% [markdown]
# ## Binary cross-entropy: liked or not?
#
# Often there are no stars, only *liked* and *not*: $y = 1$ or $y = 0$. Turn the score into a probability with the [sigmoid](../../book/glossary.md#sigmoid), $\sigma(s) = 1/(1 + e^{-s})$, and charge minus the logarithm of the probability that you gave to what happened:
#
# $$\ell = -\,y \log \sigma(s) - (1 - y)\,\log\bigl(1 - \sigma(s)\bigr) .$$
#
# By hand: with score $0$ the probability is a half, and the loss $\log 2 = 0.693$ either way. With score $\log 3 = 1.099$ the odds are three to one and $\sigma = 0.75$: a like costs $-\log 0.75 = 0.288$, a dislike $-\log 0.25 = 1.386$.
#
# The derivation needs one line. Since $-\log\sigma(s) = \log(1 + e^{-s})$, its slope is $-e^{-s}/(1+e^{-s}) = \sigma(s) - 1$; since $-\log(1 - \sigma(s)) = \log(1 + e^{s})$, its slope is $\sigma(s)$. Weigh the first with $y$ and the second with $1 - y$, add, and nearly everything cancels:
#
# $$\frac{\partial \ell}{\partial s} = \sigma(s) - y .$$
#
# Read it: the push is what happened minus what you thought likely. At $s = \log 3$ a like pushes up by $0.25$, a dislike down by $0.75$. The function $\log(1 + e^{s})$ is called *softplus*. It is how the loss has to be computed: a score of $-800$ must cost 800, while $\log \sigma(-800)$ asks for the logarithm of a number that the machine rounds to zero. A score before the sigmoid is called a [logit](../../book/glossary.md#logit). Several films in a row count by their mean.

# %% tags=["by-hand"]
def sigmoid(s):
    return np.exp(-np.logaddexp(0, -s))  # 1 / (1 + e^-s) without overflow


def binary_cross_entropy(y, s):
    return np.mean(y * np.logaddexp(0, -s) + (1 - y) * np.logaddexp(0, s))


def binary_cross_entropy_gradient(y, s):
    return (sigmoid(s) - y) / len(s)


# %% tags=["nbval-check-output"]
y, s = np.array([1.0, 0.0, 1.0]), np.log([3.0, 3.0, 1.0])
print(f"by hand {binary_cross_entropy(y, s):.4f}, recsys_lib {value(losses.binary_cross_entropy, y, s):.4f}")
three_ways(
    by_hand=binary_cross_entropy_gradient(y, s),
    finite_differences=finite_differences(lambda s: binary_cross_entropy(y, s), s),
    autodiff=autodiff(losses.binary_cross_entropy, y, s),
)

# %% [markdown]
# The first film, liked and thought likely, is pushed up by a third of $0.25$; the second, disliked and thought likely, down by a third of $0.75$.

# %% tags=["hide-input"] mystnb={"image": {"alt": "Binary cross-entropy of a like falls towards zero as the score rises, that of a dislike rises as a straight line; the pushes are an S-shaped curve each, never stronger than 1, and vanish where the model is right."}}
x = np.linspace(-8, 8, 201)
curves = {"like": (np.logaddexp(0, -x), sigmoid(x) - 1), "not": (np.logaddexp(0, x), sigmoid(x))}
sentence = "Binary cross-entropy pushes by at most 1, and stops where it is right"
picture(x, curves, sentence, "score (logit)", {"like": 1, "not": 1})

# %% [markdown]
# ## What happens when the target is three stars?
#
# Programs that end in a sigmoid, compile with binary cross-entropy and feed in ratings from 1 to 5 are easy to find in tutorials. They run. The loss falls, epoch after epoch. Before you run the next cell: the target is $y = 3$. Where is the minimum, and how low is the loss there?

# %% tags=["nbval-check-output"]
three = np.array([3.0])
rows = []
for score in (0.0, 5.0, 10.0, 20.0, 40.0):
    s = np.array([score])
    rows.append((score, binary_cross_entropy(three, s), binary_cross_entropy_gradient(three, s)[0]))
pd.DataFrame(rows, columns=["score", "loss", "gradient"]).set_index("score").round(4)

# %% [markdown]
# There is none. The loss is $3\log(1+e^{-s}) - 2\log(1+e^{s})$; for a large score the first term dies and the second is $-2s$. The gradient is $\sigma(s) - 3$: it lies between $-3$ and $-2$ and is never zero. Whatever the film, the answer is *up*. A falling curve is no proof of learning: this one falls for ever and the model says only "yes" to everything.

# %% tags=["hide-input"] mystnb={"image": {"alt": "With target 0, one half or 1 binary cross-entropy has a floor; with target 3 the loss is a falling line that crosses zero and goes on, and its push stays between 2 and 3 and never reaches zero."}}
x = np.linspace(-6, 6, 201)
curves = {
    f"target {y:g}": (y * np.logaddexp(0, -x) + (1 - y) * np.logaddexp(0, x), sigmoid(x) - y) for y in (0, 0.5, 1, 3)
}
names = {name: 2 for name in curves}
picture(x, curves, "With a target of 3 the loss has no floor and the push never ends", "score (logit)", names)

# %% [markdown]
# If the loss is given probabilities in place of scores, the accident takes a second form. Keras has to keep away from $\log 0$, so it clips a probability to stay $10^{-7}$ away from 0 and 1. (Where it can see that the number comes straight out of a sigmoid layer, it goes back to the score, and you get the first form.)

# %% tags=["nbval-check-output"]
def from_probabilities(y, s):
    return keras.losses.binary_crossentropy(y, tf.sigmoid(s))


rows = []
for score in (10.0, 15.0, 17.0, 40.0):
    y, s = np.float32([3]), np.float32([score])
    rows.append((score, value(from_probabilities, y, s), autodiff(from_probabilities, y, s)[0] + 0.0))
table = pd.DataFrame(rows, columns=["score", "loss", "gradient"])
table.set_index("score").round(2)

# %% tags=["nbval-check-output"]
claim(
    "On a target of 3, cross-entropy from scores never stops pushing, and from clipped probabilities it stops dead",
    (binary_cross_entropy_gradient(three, np.array([40.0]))[0] == -2) and table["gradient"].iloc[-1] == 0,
    f"at score 40: gradient −2 from the score; loss −{-table['loss'].iloc[-1]:.2f}, gradient 0 from the probability",
)

# %% [markdown]
# Loss $-31.88$, gradient exactly zero, no warning: a [dead gradient](../../book/glossary.md#dead-gradient). The number is $-2 \log(1.19 \cdot 10^{-7})$ up to its sign: $1.19 \cdot 10^{-7}$ is the smallest step below 1 that a 32-bit number can take, so that is what the clipped $1 - p$ becomes. How many real ratings ask for anything but *up*? Load them and count.

# %% tags=["nbval-check-output"]
from recsys_lib.data import load_movielens, split_by_user_time

ratings = load_movielens()
split = split_by_user_time(ratings)
half, one, more = (int(np.sum(test)) for test in (ratings.rating == 0.5, ratings.rating == 1, ratings.rating > 1))
print(f"{len(ratings):,} ratings")
print(f"{half:,} of half a star, {one:,} of one star, {more:,} ({more / len(ratings):.0%}) of more")

# %% [markdown]
# Only the half stars have a floor, at score 0. One star pushes up until infinity like any like, and all the others, nineteen in twenty, push up without end. No film is ever pushed down below zero. The list from such a model is whatever was pushed most often.

# %% [markdown]
# ### The other cross-entropy on stars
#
# A second formula is often printed next to squared error for ratings: $-\sum_i y_i \log \hat y_i$. Try it on the three films of the opening, where squared error gave $0.25$, rightly.

# %% tags=["nbval-check-output"]
def printed_formula(y, guess):
    return -np.sum(y * np.log(guess))


for name, guess in {"model A": A, "a perfect guess": stars, "ten times too high": 10 * stars}.items():
    as_printed = printed_formula(stars, guess)
    print(f"{name:18} squared error {mse(stars, guess):6.2f}, cross-entropy as printed {as_printed:7.3f}")

# %% tags=["nbval-check-output"]
claim(
    "On stars, −Σ y log ŷ calls a perfect guess worse than a wrong one",
    printed_formula(stars, stars) > printed_formula(stars, A) > printed_formula(stars, 10 * stars),
    f"perfect −{-printed_formula(stars, stars):.3f}, half a star too high −{-printed_formula(stars, A):.3f}, "
    "and lower counts as better",
)

# %% [markdown]
# The larger the guesses, the "better". Cross-entropy compares two *distributions*: numbers that are not negative and sum to 1. Then, and only then, no guess can win by shouting. $(1, 2, 3)$ is no distribution, and neither is $(1.5, 2.5, 3.5)$.
#
# ### The same ratings, with a target that has a floor
#
# Three ways are sound, and they ask three questions:
#
# - *How many stars?* Squared error, score in stars, no sigmoid.
# - *Will you like it?* Target $y = 1$ from four stars on, else $0$; binary cross-entropy from the score.
# - *How good, between nothing and everything?* Target $y = (r - 0.5)/4.5$, between 0 and 1. The gradient $\sigma(s) - y$ is then zero where $\sigma(s) = y$, at $s = \log\frac{y}{1-y}$: three stars give $y = 0.556$ and a floor at $s = 0.223$.

# %% tags=["nbval-check-output"]
rows = []
for r in (1.0, 3.0, 4.0, 4.5):
    y = np.array([(r - 0.5) / 4.5])
    floor = np.log(y / (1 - y))
    rows.append((r, y[0], floor[0], binary_cross_entropy(y, floor), binary_cross_entropy_gradient(y, floor)[0]))
table = pd.DataFrame(rows, columns=["stars", "target", "floor at score", "loss there", "gradient there"])
table.set_index("stars").round(3) + 0.0

# %% [markdown]
# The loss at the floor is not zero. It need not be: what counts is that there is a place where the push ends.

# %% [markdown]
# ## Softmax: one film out of all of them
#
# Binary cross-entropy asks about one film at a time. A list asks which film stands out among all. [Softmax](../../book/glossary.md#softmax) turns the scores of a whole row into probabilities that compete for one unit:
#
# $$\pi_i = \frac{e^{s_i}}{\sum_j e^{s_j}} , \qquad \ell = -\sum_i y_i \log \pi_i = -\,s_c + \log \sum_j e^{s_j} ,$$
#
# where film $c$ is the one that was chosen. This is [categorical cross-entropy](../../book/glossary.md#categorical-cross-entropy). Read it: the loss is how surprised the model is that you took $c$, of all films.
#
# By hand, three films with scores $\log 2,\ 0,\ 0$: the exponentials are $2, 1, 1$, the probabilities $\tfrac12, \tfrac14, \tfrac14$. If you took the first, the loss is $\log 2 = 0.693$; if the second, $\log 4 = 1.386$.
#
# The slope of $\log\sum_j e^{s_j}$ by $s_i$ is $e^{s_i} / \sum_j e^{s_j} = \pi_i$, so
#
# $$\frac{\partial \ell}{\partial s_i} = \pi_i - y_i .$$
#
# Took the first: gradient $(-\tfrac12, \tfrac14, \tfrac14)$. It sums to zero. What one film gains, the others lose, each in proportion to how much it was in the way. Add 100 to all scores and nothing changes: the loss sees differences only. That also mends the arithmetic. Subtract the largest score first, and $e^{1000}$ never has to be computed.

# %% tags=["by-hand"]
def log_softmax(s):
    shifted = s - np.max(s)
    return shifted - np.log(np.sum(np.exp(shifted)))


def categorical_cross_entropy(y, s):
    return -np.sum(y * log_softmax(s))


def categorical_cross_entropy_gradient(y, s):
    return np.exp(log_softmax(s)) - y


# %% tags=["nbval-check-output"]
s, y = np.log([2.0, 1.0, 1.0]), np.array([1.0, 0.0, 0.0])
print(f"by hand {categorical_cross_entropy(y, s):.4f}, recsys_lib {value(losses.categorical_cross_entropy, y, s):.4f}")
three_ways(
    by_hand=categorical_cross_entropy_gradient(y, s),
    finite_differences=finite_differences(lambda s: categorical_cross_entropy(y, s), s),
    autodiff=autodiff(losses.categorical_cross_entropy, y, s),
)

# %% tags=["hide-input"] mystnb={"image": {"alt": "As the score of the chosen film rises past those of its rivals, its own upward push and the downward pushes on the rivals shrink together; a rival with a higher score is pushed down about three times as hard as the other."}}
x = np.linspace(-4, 6, 201)
rows = np.column_stack([x, np.full_like(x, 1.0), np.zeros_like(x)])
loss = np.array([categorical_cross_entropy(y, row) for row in rows])
gradient = np.array([categorical_cross_entropy_gradient(y, row) for row in rows])
none = np.full_like(x, np.nan)
curves = {"chosen": (loss, gradient[:, 0])}
curves |= {"rival at 0": (none, gradient[:, 2]), "rival at 1": (none, gradient[:, 1])}
names = {"chosen": 0.8, "rival at 0": -3.9, "rival at 1": -3.9}
picture(x, curves, "Softmax lifts the chosen film at the cost of those in its way", "score of the chosen film", names)

# %% [markdown]
# The rival with the higher score is pushed down more, by a factor of $e$. Nobody told the loss which films are hard to beat. It finds out by itself, and spends its push there.

# %% [markdown]
# ## A person likes more than one film
#
# Your row has not one 1 but, say, forty. Treat each like as a choice of its own, made from the whole catalogue, and add the forty losses. With $n = \sum_i y_i$ ones in the row that gives the [multinomial loss](../../book/glossary.md#multinomial-loss),
#
# $$\ell = -\sum_i y_i \log \pi_i , \qquad \frac{\partial \ell}{\partial s_i} = \sum_{c\,:\,y_c = 1} \bigl(\pi_i - [i = c]\bigr) = n\,\pi_i - y_i .$$
#
# Read the gradient: every like sends down its own $\pi$, so the probabilities count $n$ times; then each liked film gets its own 1 back. ($[i = c]$ is 1 if $i$ is $c$, else 0.) The formula of the loss looks the same as for one choice, and that is the trap.
#
# By hand, the three films again, scores $\log 2, 0, 0$, and you like the first two. The loss is $-\log\tfrac12 - \log\tfrac14 = 2.079$. The gradient is $2 \cdot (\tfrac12, \tfrac14, \tfrac14) - (1, 1, 0) = (0, -\tfrac12, \tfrac12)$: the first already has its share, the second is lifted, the third pays.

# %% tags=["by-hand"]
def multinomial(y, s):
    return -np.sum(y * log_softmax(s))


def multinomial_gradient(y, s):
    return np.sum(y) * np.exp(log_softmax(s)) - y


# %% [markdown]
# Keras has a function for this formula too, `keras.losses.categorical_crossentropy` with `from_logits=True`. Compare the values first, then the gradients.

# %% tags=["nbval-check-output"]
def keras_loss(y, s):
    return keras.losses.categorical_crossentropy(y, s, from_logits=True)


y = np.array([1.0, 1.0, 0.0])
recsys, with_keras = value(losses.multinomial, y, s), value(keras_loss, y, s)
print(f"value by hand {multinomial(y, s):.4f}, recsys_lib {recsys:.4f}, Keras {with_keras:.4f}")
three_ways(
    by_hand=multinomial_gradient(y, s),
    finite_differences=finite_differences(lambda s: multinomial(y, s), s),
    autodiff_of_recsys_lib=autodiff(losses.multinomial, y, s),
    autodiff_of_Keras=autodiff(keras_loss, y, s),
)

# %% tags=["nbval-check-output"]
told = autodiff(keras_loss, y, s)
measured = finite_differences(lambda s: value(keras_loss, y, s), s)
claim(
    "On a row with two ones Keras on TensorFlow returns the right loss and a wrong gradient",
    bool(np.isclose(with_keras, multinomial(y, s)) and np.abs(told - measured).max() > 0.2),
    f"slopes of its own value {measured.round(2) + 0.0}; gradient it gives the optimiser {told.round(2)}",
)

# %% [markdown]
# The value is right, and finite differences *of Keras' own value* give our gradient. What Keras hands to the optimiser is $\pi - y$, the formula for one choice. There is no bug report to file: TensorFlow's documentation of the operation underneath says that each row of labels must be a probability distribution, and that otherwise the gradient will be incorrect. Nothing checks it, nothing warns. This is the proviso from above: automatic differentiation is exact if every operation's own rule is right.
#
# Does it matter? Let plain gradient descent follow both on these three films.

# %% tags=["nbval-check-output"]
def descend(gradient, s, steps, rate=0.1):
    for _ in range(steps):
        s = s - rate * gradient(y, s)
    return s


rows = []
for steps in (0, 100, 1000, 10_000):
    right, misled = (descend(g, s, steps) for g in (multinomial_gradient, categorical_cross_entropy_gradient))
    rows.append((steps, right.mean(), multinomial(y, right), misled.mean(), multinomial(y, misled)))
pd.DataFrame(rows, columns=["steps", "mean score", "loss", "mean score, wrong", "loss, wrong"]).set_index("steps").round(3) + 0.0

# %% [markdown]
# With the right gradient the mean score never moves: the gradient sums to $n - n = 0$, and the loss cannot see a shift. The wrong one sums to $1 - n$: every step lifts all scores of the row together, for ever, and works at something that the loss cannot even see. The curve of the loss betrays nothing; on three free scores it falls to the same floor, and sooner. But compare what a rival feels: $n\pi$ in the right gradient, $\pi$ in the wrong one. For a user with fifty likes the films that are in the way are pushed down fifty times too weakly. What that does to a real model is a row of the table at the end.
#
# Two ways out: write $-\sum_i y_i \log \pi_i$ yourself with `log_softmax`, as `recsys_lib.losses.multinomial` does, or divide the row by $n$, which makes it a distribution and every user count the same. And a habit for any loss you did not write: finite differences on one odd row before the first epoch.

# %% [markdown]
# ## BPR: which of two films?
#
# Perhaps you want no probabilities at all, only the order. Take a film that the user liked, with score $s^+$, and one drawn from the rest, with score $s^-$; the gap is $x = s^+ - s^-$. Bayesian personalised ranking, [BPR](../../book/glossary.md#bpr) for short ([Rendle 2009](../../book/bibliography.md#rendle2009bpr)), asks that the gap be positive:
#
# $$\ell = -\log \sigma(x) = \log(1 + e^{-x}) , \qquad \frac{\partial \ell}{\partial x} = -\,\sigma(-x) .$$
#
# Read the gradient: the push on the gap is the probability that the model still gives to the wrong order. The liked film rises by it, the other falls by it. By hand: a gap of $\log 3$ gives $\sigma = 0.75$, loss $0.288$, push $0.25$. A gap of $0$: loss $0.693$, push $0.5$. A gap of $-8$, the pair badly upside down: loss $8.0003$, push $0.9997$.

# %% tags=["by-hand"]
def bpr(gap):
    return np.logaddexp(0, -gap)


def bpr_gradient(gap):
    return -np.exp(-np.logaddexp(0, gap))


# %% [markdown]
# Two libraries in wide use train "BPR" by another formula. [Spotlight](https://github.com/maciejkula/spotlight)'s `bpr_loss` is $1 - \sigma(x)$. [RecBole](../../book/bibliography.md#zhao2021recbole)'s adds a small number for safety: $-\log(10^{-10} + \sigma(x))$. Which pairs need the strongest push? Which pairs get it?

# %% tags=["nbval-check-output"]
def one_minus_sigmoid(gap):
    return 1 - sigmoid(gap)


def with_a_floor(gap):
    return -np.log(1e-10 + sigmoid(gap))


gaps = np.array([-40.0, -8.0, 0.0, 8.0])
versions = {"−log σ": bpr, "1 − σ": one_minus_sigmoid, "−log(1e-10 + σ)": with_a_floor}
columns = {("loss", name): version(gaps) for name, version in versions.items()}
columns |= {("push", name): -(version(gaps + 1e-5) - version(gaps - 1e-5)) / 2e-5 for name, version in versions.items()}
pd.DataFrame(columns, index=pd.Index(gaps, name="gap")).round(4) + 0.0

# %% tags=["nbval-check-output"]
push = -bpr_gradient(-8.0), sigmoid(-8.0) * sigmoid(8.0)  # the slope of 1 − σ is −σ(x) σ(−x)
claim(
    "On a badly ranked pair 1 − σ pushes about three thousand times less than BPR",
    2900 < push[0] / push[1] < 3100,
    f"at a gap of −8: {push[0]:.4f} against {push[1]:.6f}",
)

# %% tags=["hide-input"] mystnb={"image": {"alt": "Minus log sigmoid grows along a straight line for wrongly ordered pairs and pushes them with strength near 1; one minus sigmoid flattens out there, and its push fades to nothing exactly for the pairs that are most wrong."}}
x = np.linspace(-8, 8, 201)
curves = {"−log σ, BPR": (bpr(x), bpr_gradient(x)), "1 − σ": (1 - sigmoid(x), -sigmoid(x) * sigmoid(-x))}
names = {"−log σ, BPR": -1, "1 − σ": -7}
picture(x, curves, "BPR pushes the worst pairs hardest; 1 − σ gives them up", "gap s⁺ − s⁻", names)

# %% [markdown]
# $1 - \sigma$ is a respectable quantity, a smoothed count of wrongly ordered pairs. It is no BPR, and where learning begins, with pairs upside down, it has nothing to say. The floor of $10^{-10}$ does no harm until a gap of about $-23$, and beyond it the push dies the same way. Softplus needs neither.
#
# One more identity, for the next section. Put only the two films into a softmax: $-\log\frac{e^{s^+}}{e^{s^+} + e^{s^-}} = \log(1 + e^{-(s^+ - s^-)})$. **BPR is softmax over two films.**

# %% tags=["nbval-check-output"]
gap = np.log(3.0)
pair = np.array([gap, 0.0])
print(f"BPR by hand          {bpr(gap):.4f}, push on the liked film {-bpr_gradient(gap):.4f}")
push = -autodiff(losses.bpr, pair, pair)[0]
print(f"recsys_lib.bpr       {value(losses.bpr, pair, pair):.4f}, push on the liked film {push:.4f}")
print(f"softmax over the two {categorical_cross_entropy(np.array([1.0, 0.0]), pair):.4f}")

# %% [markdown]
# ## Sampled softmax: a few rivals instead of all
#
# Two films at one end, the whole catalogue at the other. In between: the liked film and $m$ others, drawn anew each time ([negative sampling](../../book/glossary.md#negative-sampling)). With the liked film in column 0,
#
# $$\ell = -\log \frac{e^{s_0}}{e^{s_0} + \sum_{j=1}^{m} e^{s_j}} , \qquad \frac{\partial \ell}{\partial s_j} = \pi_j - [j = 0] ,$$
#
# softmax over the films in the row. So one knob, the number of rivals, leads from BPR ($m = 1$) to softmax (all of them), and the bill grows with it: scores to compute for each like.

# %% tags=["by-hand"]
def sampled_softmax(s):
    shifted = s - np.max(s)
    return np.log(np.sum(np.exp(shifted))) - shifted[0]


def sampled_softmax_gradient(s):
    weights = np.exp(s - np.max(s))
    return weights / np.sum(weights) - (np.arange(len(s)) == 0)


# %% tags=["nbval-check-output"]
s = np.array([1.0, 2.0, 0.0, -1.0])  # the liked film, then three drawn ones
print(f"by hand {sampled_softmax(s):.4f}, recsys_lib {value(losses.sampled_softmax, s, s):.4f}")
three_ways(
    by_hand=sampled_softmax_gradient(s),
    finite_differences=finite_differences(sampled_softmax, s),
    autodiff=autodiff(losses.sampled_softmax, s, s),
)

# %% [markdown]
# The drawn film with score 2 stands above the liked one and takes the larger part of the downward push.
#
# ### Does it matter how the rivals are drawn?
#
# In practice rivals often come from the same batch, so popular films are drawn often. What the full loss needs is the sum over the catalogue, $Z = \sum_i e^{s_i}$. If film $i$ is drawn with chance $q(i)$, the mean of $e^{s}$ over the draws estimates $\sum_i q(i)\, e^{s_i}$, another sum, in which popular films weigh more. Divide each term by its chance and the draws give $Z$ itself, on average:
#
# $$\mathbb{E}\Bigl[\tfrac1m \sum_{k=1}^m \tfrac{e^{s_k}}{q(k)}\Bigr] = \sum_i q(i)\, \frac{e^{s_i}}{q(i)} = Z , \qquad \frac{e^{s}}{q} = e^{\,s - \log q} .$$
#
# So the mend is a subtraction inside the exponent: $s - \log q$, the [log-q correction](../../book/glossary.md#log-q-correction) ([Yi 2019](../../book/bibliography.md#yi2019twotower)). Five films are few enough to go through every possible pair of draws and take the exact mean.

# %% tags=["nbval-check-output"]
from itertools import product

scores = np.array([2.0, 1.0, 0.5, 0.0, -1.0])
popular = np.array([0.5, 0.25, 0.15, 0.07, 0.03])  # the chance to be drawn: film 1 is popular


def exact_mean(estimate, q, draws=2):
    """Mean of estimate(drawn films) over all ways to draw them, each with its chance."""
    every = [np.array(drawn) for drawn in product(range(len(q)), repeat=draws)]
    return sum(np.prod(q[drawn]) * estimate(drawn) for drawn in every)


corrected = losses.log_q_correction(scores[None], np.log(popular)).numpy()[0]
Z = np.exp(scores).sum()
plain = exact_mean(lambda drawn: 5 * np.mean(np.exp(scores[drawn])), popular)
with_log_q = exact_mean(lambda drawn: np.mean(np.exp(corrected[drawn])), popular)
print(f"the sum over all films  {Z:.4f}\nplain draws, on average {plain:.4f}\nwith log q, on average  {with_log_q:.4f}")

# %% tags=["nbval-check-output"]
uniform = np.full(5, 0.2)
log_means = {m: exact_mean(lambda drawn: np.log(5 * np.mean(np.exp(scores[drawn]))), uniform, m) for m in (1, 2, 4, 6)}
claim(
    "Two popular draws, corrected by log q, estimate the sum over the catalogue without bias",
    bool(np.isclose(with_log_q, Z) and plain > 1.5 * Z),
    f"sum {Z:.3f}; average of the estimates {with_log_q:.3f} with log q, {plain:.3f} without",
)
claim(
    "The logarithm of the estimate comes out too low, less so with more draws",
    log_means[1] < log_means[2] < log_means[4] < log_means[6] < np.log(Z),
    f"log of the sum {np.log(Z):.2f}; with 1, 2, 4, 6 uniform draws "
    + ", ".join(f"{v:.2f}" for v in log_means.values()),
)

# %% [markdown]
# Unbiased for the sum, not for its logarithm, and the loss takes the logarithm: the fewer the draws, the more the sum is underrated. That is a reason to draw a hundred rivals and not two. Below, rivals are drawn uniformly, every film with the same chance; then $\log q$ is one constant for all rivals and bends nothing.

# %% [markdown]
# ## Which films does each loss look at?
#
# You have all the gradients. Each pushes towards its target and stops when it is met. But *which films* get a push at all? Count, on the training part: the first seven tenths of every user's time.

# %% tags=["nbval-check-output"]
n_users, n_items = split.train.n_users, split.train.n_items
likes = split.train.likes()
rated_share = len(split.train) / (n_users * n_items)
print(f"{n_users} users, {n_items:,} films: {n_users * n_items:,} scores to learn")
films = len(split.train) / n_users
print(f"squared error on ratings: {films:.0f} films a user, {rated_share:.1%} of the catalogue, their own choice")
print(f"softmax over the catalogue: all films, for each user {likes.nnz / n_users:.0f} ones among zeros, on average")

# %% [markdown]
# Squared error on ratings learns from films that people had chosen to watch. The list is made of films they have not chosen. About those the loss says nothing: their scores go where the vectors happen to carry them. Ratings are [missing not at random](../../book/glossary.md#missing-not-at-random), as [Anatomy](anatomy.ipynb) shows, and a film you have not rated is mostly a film you did not want enough.
#
# ## Same embedding, same films: which question makes the best list?
#
# Now the trial. One model, the embedding of the second section with 64 numbers a vector, from `recsys_lib`; [The full build](../deep/full_build.ipynb) takes it apart. One split by each user's time. The questions:
#
# | name | target | films in a row |
# |---|---|---|
# | MSE on ratings | the stars | those the user rated |
# | BCE | 1 for a like, 0 for a drawn film | a like and 20 drawn uniformly |
# | BPR | a like above a drawn film | the same |
# | sampled softmax | the like, among the drawn | a like and 100 drawn uniformly |
# | full softmax | all likes, among all films | the catalogue |
#
# Categorical cross-entropy needs no row of its own: over the likes of a user it adds up to full softmax, as you derived.
#
# Every loss got the same number of attempts: pairs of learning rate and dropout, judged on the validation part. The ranking losses were chosen by NDCG@10; MSE on ratings by the error in stars, which is what it is for, and once more, to be generous, by NDCG@10. The chosen setting was trained again on train and validation with five seeds and opened on test. [Popularity](../../book/glossary.md#popularity) and the bias model, $\hat r_{ui} = \mu + b_u + b_i$ (the mean, how generous the user is, how good the film is), stand beside them.

# %%
from recsys_lib.evaluation import compare, evaluate, show
from recsys_lib.models import BiasModel, MatrixFactorization, Popularity
from recsys_lib.retrieval import top_k

stored = results.load("losses")
values, how = stored["values"], stored["settings"]
tried = values["validation"]
attempts = pd.DataFrame({name: [row["ndcg"] for row in rows] for name, rows in tried.items()})
chosen = pd.DataFrame({name: values["chosen"][name] for name in attempts}).T[["learning_rate", "dropout"]]
chosen.assign(worst=attempts.min(), best=attempts.max()).astype(float).round(3)

# %% [markdown]
# Four attempts each: the setting chosen, and NDCG@10 on validation of the worst and the best attempt. Tuning moves sampled softmax further than the winner of this table is ahead of any other ranking loss. Tune one loss and not its rivals, and you can make it win.
#
# Write your guess down now: the order of the five by NDCG@10 on test, and where popularity stands among them. Then train two of them yourself, one seed each.

# %%
def embedding(name, kind=MatrixFactorization, seed=0):
    """The model of a row of the stored table, with the setting that validation chose for it."""
    setting = {key: values["chosen"][name][key] for key in ("learning_rate", "dropout")}
    return kind(**how["shared"], **how["losses"][name], **setting, seed=seed)


models = {"Popularity": Popularity(), "BiasModel": BiasModel()}
models |= {name: embedding(name) for name in ("MSE on ratings", "full softmax")}
live = {name: evaluate(model, split, metrics="ndcg@10") for name, model in models.items()}
show(compare(live, baseline="Popularity"), digits=3)

# %% [markdown]
# NDCG@10 on test with its interval, and the difference from popularity with the paired interval over the same users. Two of the four predict stars, so look at their error, too; the ruler is what you get by saying the mean rating every time.

# %%
test, mean = split.test, split.before("test").rating.mean()
stars_error = {"the mean, always": metrics.rmse(test.rating, np.full(len(test), mean))}
for name in ("BiasModel", "MSE on ratings"):
    stars_error[name] = metrics.rmse(test.rating, np.clip(models[name].predict(test.user, test.item), 0.5, 5))
for name, off in stars_error.items():
    print(f"{name:17} off by {off:.3f} stars (RMSE)")

# %%
ndcg_live = {name: frame["value"].mean() for name, frame in live.items()}
ndcg_stored = {name: np.mean([row["ndcg"] for row in values["test_by_seed"][name]]) for name in models}
claim(
    "One seed trained here gives what the stored table says, to a hundredth",
    all(abs(ndcg_live[name] - ndcg_stored[name]) < 0.01 for name in models),
    "; ".join(f"{name} {ndcg_live[name]:.3f}, stored {ndcg_stored[name]:.3f}" for name in models),
)

# %% [markdown]
# So you can trust the stored table. It has all rows, five seeds each. For its column of stars the ranking models get the benefit of the best straight line from score to stars, found on validation: they were never asked for stars.

# %%
tables = {base: pd.DataFrame.from_dict(rows, orient="index") for base, rows in values["compare"].items()}
for base, table in tables.items():
    table["n_users"] = table["n_users"].astype(int)
    table.attrs = {"metric": "ndcg@10", "baseline": base}
by_seed = pd.DataFrame({name: pd.DataFrame(rows).mean() for name, rows in values["test_by_seed"].items()}).T
shown = show(tables["Popularity"], digits=3)
shown.insert(0, "RMSE, stars", by_seed["rmse"].map("{:.3f}".format))
shown

# %% tags=["hide-input"] mystnb={"image": {"alt": "The bias model and the embedding trained on stars have the smallest error in stars, about nine tenths, and the lowest ranking quality, below popularity; all ranking losses lie together far above popularity, with an error in stars about a tenth larger."}}
figure, ax = plt.subplots(figsize=plots.WIDE)
left = ("full softmax", "BPR")  # their names stand left of the point, where there is room
for name, row in tables["Popularity"].iterrows():
    style = plots.model_style(name if name in plots.MODEL_STYLES else "MatrixFactorization") | {"linestyle": "none"}
    x = by_seed.loc[name, "rmse"]
    ax.plot([x, x], [row["low"], row["high"]], color=style["color"], linewidth=1.2, alpha=0.6)
    ax.plot(x, row["mean"], **style | {"markersize": 7})
    shift = (-7 if name in left else 7, 5 if name in ("full softmax", "sampled softmax", "Popularity") else -5)
    side = "right" if name in left else "left"
    ax.annotate(name, (x, row["mean"]), shift, textcoords="offset points", va="center", ha=side)
plots.reference_line(ax, tables["Popularity"].loc["Popularity", "mean"], "")
ax.set(xlabel="error of predicted stars (RMSE, stars; left is better)", ylabel="NDCG@10 (up is better)")
ax.set(xlim=(0.88, 1.1), ylim=(0, 0.13))
plots.title(ax, "The best predictors of stars make the worst lists")
plt.show()

# %% [markdown]
# This is the picture of the chapter. Left is better at stars, up is better at lists, bars are 95 % intervals over users. The two models that predict stars stand far left and at the bottom. Everything that was asked about all films stands at the right and high up.

# %%
against = tables["Popularity"]
error = pd.DataFrame.from_dict(values["squared_error"], orient="index")
ranking = ["BCE", "BPR", "sampled softmax", "full softmax"]
raters = ["MSE on ratings", "BiasModel"]


def interval(row):
    text = "{:+.3f} [{:+.3f}, {:+.3f}]".format(*row[["difference", "difference_low", "difference_high"]])
    return text.replace("-", "−").replace("0.", ".")


claim(
    "The two models that predict stars best make lists below popularity",
    all(against.loc[name, "difference_high"] < 0 for name in raters)
    and all(error.loc[name, "difference_low"] > 0 for name in ["Popularity", *ranking]),
    "NDCG@10 minus popularity's: " + "; ".join(f"{name} {interval(against.loc[name])}" for name in raters),
)
print(f"squared error, BiasModel minus MSE on ratings: {interval(error.loc['BiasModel'])}")
nearest = error.loc[ranking].nsmallest(1, "mean")
print(f"squared error, {nearest.index[0]} minus MSE on ratings: {interval(nearest.iloc[0])}")

# %% [markdown]
# The embedding and the bias model themselves are not told apart in their error in stars: the vectors add little to the two biases on this data. Both beat every ranking model there, and both lose to the plainest list there is. Is it a matter of tuning? The same embedding, chosen by validation for its list and not for its stars:

# %%
generous = "MSE on ratings, tuned for the list"
claim(
    "Chosen for its list instead of its stars, squared error on ratings still stays below popularity",
    against.loc[generous, "difference_high"] < 0,
    f"NDCG@10 minus popularity's: {interval(against.loc[generous])}",
)

# %% [markdown]
# ### Is the square at fault?
#
# MSE on ratings differs from the others in two ways: its formula, and the films it looks at. Change one and keep the other: the same squared error, but with target 1 for a like and 0 for a drawn film, on the rows of BCE. Guess: does the list stay below popularity? A few lines exchange the loss that is compiled into the model and leave all else.

# %%
class OtherLoss(MatrixFactorization):
    """The same model and the same batches, under another loss function."""

    def _network(self, train):
        network = super()._network(train)
        compile_it = network.compile
        network.compile = lambda **settings: compile_it(**settings | {"loss": self.function})
        return network


class SquaredErrorOnLikes(OtherLoss):
    function = staticmethod(losses.mse)

    def _network(self, train):  # these scores live between 0 and 1: the film's part starts at 0, not at log(1 + likes)
        network = super()._network(train)
        network.item_bias.set_weights([np.zeros((n_items, 1))])
        return network


live["MSE on 0/1"] = evaluate(embedding("BCE", SquaredErrorOnLikes), split, metrics="ndcg@10")

# %%
control = compare(live, baseline="MSE on ratings").loc["MSE on 0/1"]
over_popularity = compare(live, baseline="Popularity").loc["MSE on 0/1"]
claim(
    "Squared error on likes and drawn films makes a list far better than on ratings, and above popularity",
    control["difference_low"] > 0.02 and over_popularity["difference_low"] > 0,
    f"one seed: NDCG@10 {control['mean']:.3f}; minus MSE on ratings {interval(control)}, "
    f"minus popularity {interval(over_popularity)}",
)

# %% [markdown]
# So the square is not at fault, the question is. With nothing changed but the films that the loss looks at and what it asks of them, the worst list becomes a good one. (It runs on the settings found for BCE, without attempts of its own.)

# %% [markdown]
# ### What do the two kinds of list look like?
#
# Take one person and put two lists side by side, from the models that you trained above. Beside each film: how many people had rated it.

# %%
before = split.before("test")
counts = np.bincount(before.item, minlength=n_items)


def first(name, user, k=6):
    scores = models[name].score([user])
    top = top_k(scores, k, exclude=before.matrix()[[user]])[0]
    titles = ratings.item_table["title"].iloc[top].str.slice(0, 34)
    return [f"{title} · {counts[i]}" for i, title in zip(top, titles)]


user = int(np.flatnonzero(np.diff(before.likes().indptr) >= 40)[0])  # the first person with forty likes
liked = before.likes()[[user]].indices
best_known = liked[np.argsort(-counts[liked], kind="stable")][:6]
print("likes, among others:", ", ".join(ratings.item_table["title"].iloc[best_known]))
side_by_side = {name: first(name, user) for name in ("MSE on ratings", "full softmax")}
pd.DataFrame(side_by_side, index=range(1, 7))

# %%
claim(
    "Squared error on ratings recommends films that fewer people rated than any ranking loss does",
    by_seed.loc["MSE on ratings", "raters"] < by_seed.loc[ranking, "raters"].min() - 10,
    "raters of a recommended film, mean: "
    + ", ".join(f"{name} {by_seed.loc[name, 'raters']:.0f}" for name in ["MSE on ratings", *ranking]),
)

# %% [markdown]
# ### And the four ranking losses among themselves?
#
# One of them has the highest mean. Ask the intervals before you believe it: the figure shows the difference of each from full softmax, three comparisons.

# %% tags=["hide-input"] mystnb={"image": {"alt": "Compared with full softmax over the same users, BCE and BPR lie about a hundredth below it with intervals clear of zero; the interval of sampled softmax is nearest and includes zero."}}
shown = tables["full softmax"].loc[[name for name in ranking if name != "full softmax"]]
shown.attrs = tables["full softmax"].attrs
ax = plots.intervals(shown, value="difference", models="MatrixFactorization")
plots.title(ax, "BCE and BPR lie below full softmax; sampled softmax is not told apart")
plt.show()

# %%
claim(
    "All four ranking losses make lists above popularity",
    bool((against.loc[ranking, "difference_low"] > 0).all()),
    "NDCG@10 minus popularity's: " + "; ".join(f"{name} {interval(against.loc[name])}" for name in ranking),
)

# %%
full = tables["full softmax"]
claim(
    "BCE and BPR make worse lists than full softmax; sampled softmax is not told apart from it",
    bool((full.loc[["BCE", "BPR"], "difference_high"] < 0).all()) and full.loc["sampled softmax", "difference_high"] > 0,
    "NDCG@10 minus full softmax's: "
    + "; ".join(f"{name} {interval(full.loc[name])}" for name in ("BCE", "BPR", "sampled softmax")),
)

# %% [markdown]
# "Not told apart" is not "equal": the interval says how much worse sampled softmax may still be. And two cautions before you quote the order. The intervals tell how far it depends on who happened to be in the data; they do not tell how far it depends on the tuning. Each loss had four attempts, and look at the table of attempts again: the best learning rate was in every case the largest that was offered. A fifth attempt could move any of them, by as much as the gaps between them. The order of the four is that of this budget. The gap between all of them and the two that predict stars is several times larger than anything that tuning moved.

# %% [markdown]
# ### What does a wrong gradient cost?
#
# One debt is left: Keras' `categorical_crossentropy` on rows with several ones. Same model, same setting, same seed as the full softmax that you trained above; the loss has the same value at every score. Only the gradient is $\pi - y$ and not $n\pi - y$.

# %%
class WrongGradient(OtherLoss):
    function = staticmethod(keras_loss)


live["wrong gradient"] = evaluate(embedding("full softmax", WrongGradient), split, metrics="ndcg@10")
cost = compare(live, baseline="full softmax").loc["wrong gradient"]
claim(
    "The same loss with the wrong gradient makes a much worse list",
    cost["difference_high"] < -0.02,
    f"one seed: NDCG@10 {ndcg_live['full softmax']:.3f} with the right gradient, {cost['mean']:.3f} with the wrong "
    f"one, difference {interval(cost)}",
)

# %% [markdown]
# No error, no warning, a loss that falls: about a third of the list's quality is gone. The setting was found for the right gradient and not for the wrong one, so some of the difference may be tuning.

# %% [markdown]
# ## Which loss for which signal?
#
# | you have | and want | take | do not |
# |---|---|---|---|
# | stars, and every star counts | to show a predicted rating | squared error, score in stars, biases first | sigmoid and cross-entropy on the stars |
# | stars | a list | turn them into likes, then a line below | sort by predicted stars |
# | likes, clicks, plays; the catalogue fits in memory | a list | multinomial over the catalogue, written with `log_softmax` | Keras' `categorical_crossentropy` on a row of many ones |
# | the same; millions of items | a list | sampled softmax, a hundred rivals or more; $-\log q$ if they are not drawn uniformly | rivals from the batch without the correction |
# | likes, and a budget for one rival each | an order, no probabilities | BPR in the softplus form | $1-\sigma$, or a floor inside the logarithm |
# | yes *and* no, both really said (shown and skipped; thumbs up and down) | a probability: will this person click? | binary cross-entropy from the score | drawn films as if they were no's, if you mean to read the probability |
# | the next item, exactly one | what comes next | categorical cross-entropy | several ones in the row |
#
# The last column but one has a reason in common: the films that the loss looks at are the films among which the list will be chosen.

# %% [markdown]
# ## Exercises
#
# ### Warm-up: two likes, four films
#
# Four films have the scores $\log 3, 0, 0, 0$. The user likes the first two. Before you compute: will the first film, which is liked, be pushed up, down, or not at all by the multinomial loss? Then write its gradient by the four scores, as four numbers.

# %% tags=["exercise"]
gradient = None  # four numbers: by the score of film 1, 2, 3, 4

check("losses.several_likes", gradient);

# %% tags=["hide-cell", "solution"]
# @title Solution
# The exponentials are 3, 1, 1, 1, so the probabilities are 1/2, 1/6, 1/6, 1/6. Two likes: 2 π − y.
# The first film has its full share, 2 · 1/2 = 1: no push. With one like it would still have been lifted.
gradient = 2 * np.array([3, 1, 1, 1]) / 6 - np.array([1, 1, 0, 0])
check("losses.several_likes", gradient);

# %% [markdown]
# ### Core: BPR that survives
#
# Write the loss of one row: `s[0]` is the score of the liked film, `s[1:]` are the scores of films drawn against it. Each pair has its loss $-\log\sigma(s_0 - s_j)$; the row's loss is their mean. One of the rows that the check tries has a gap of $-1000$. Before you write: what must the loss of that pair be, to the nearest unit?

# %% tags=["exercise"]
def bpr_row(s):
    """Mean over j ≥ 1 of −log σ(s[0] − s[j])."""
    ...


check("losses.bpr_row", bpr_row);

# %% tags=["hide-cell", "solution"]
# @title Solution
# −log σ(x) = log(1 + e^−x) = softplus(−x), and −x is s[j] − s[0]. A gap of −1000 costs 1000.
def bpr_row(s):
    return np.mean(np.logaddexp(0, s[1:] - s[0]))


check("losses.bpr_row", bpr_row);

# %% [markdown]
# ### Open: a loss for a signal that is none of these
#
# A music service records how often each person played each song (from once to thousands of times), which songs were skipped within ten seconds, and, for two listeners in a hundred, stars. It wants one list a day of thirty songs not heard before. Choose or build a loss; write its formula, its gradient by the score, and the films, here songs, that get a push. Then name one way in which it could be right in value and wrong in effect, and a test that would show it.
#
# **Rubric**, one point each:
#
# 1. The target is defined for every kind of signal, and the loss has a minimum for each value that the target can take: a play count of 2,000 is checked, not assumed.
# 2. The gradient is derived, and its sign and its limits for very large and very small scores are right.
# 3. It is said which songs get a push, why songs never heard are among them, how rivals are drawn, and what the way of drawing does to popular songs. The stars of two in a hundred are not taken for the taste of all.
# 4. The test could fail: finite differences on one odd row, or a comparison on held-out plays with popularity beside it and an interval, with equal tuning for both sides.

# %% [markdown]
# ## What did you learn?
#
# 1. *Gradients.* All six are "what the model says minus what happened": $s - y$ in stars, $\sigma - y$ for a yes or no, $\pi - y$ for a choice, $n\pi - y$ for $n$ choices, $-\sigma(-x)$ for a gap. You checked each three ways.
# 2. *Stars and cross-entropy.* Its target must lie between 0 and 1. With 3 the gradient never reaches zero, or is clipped to exactly zero at a loss of $-31.88$. Cut the stars into likes, or scale them.
# 3. *Right value, wrong gradient; right name, wrong formula.* Both exist in software that you use. Finite differences on one odd row find the first, a badly ranked pair the second.
# 4. *Choosing.* Ask first which films the loss looks at, then how it pushes.
#
# ## What to remember
#
# - A loss is a question. The model becomes good at the question, and at nothing else.
# - Squared error on ratings is silent about films that nobody rated. The list is made of those.
# - BPR is softmax over two films, sampled softmax over a few, full softmax over all.
# - A falling curve proves nothing: the loss on a target of 3 falls for ever, and a wrong gradient lowers the right loss.
#
# ## Where does it break in production?
#
# - **The catalogue.** Full softmax needs one score for every item for every row. Beyond some hundred thousand items you sample, and the way you sample becomes part of the model.
# - **Probabilities.** Only a loss whose rows look like the traffic gives probabilities that can be read. With 20 drawn films to a like, $\sigma(s)$ answers for a world with 20 drawn films to a like ([Petrov 2023](../../book/bibliography.md#petrov2023gsasrec) measures and mends that overconfidence).
# - **Heavy users.** The multinomial loss is a sum over likes: who likes a thousand films weighs as much as a hundred people with ten. Divide by $n$ and everybody counts the same; that is a decision, not a detail.
# - **The loss curve on the dashboard.** It compares a model with itself. Losses of different kinds, or with different numbers of rivals, cannot be compared by value. Watch the ranking measure on held-out data beside it.
# - **One data set.** The order of the six is that of 671 people and films. The gap between the first and the rest is large and has a reason; the gaps among the others are small, and other data may order them otherwise.
#
# ## Further reading
#
# - [Rendle 2009](../../book/bibliography.md#rendle2009bpr): BPR, from the question "is this pair in order?" to the formula.
# - [Koren 2009](../../book/bibliography.md#koren2009mf): squared error on ratings done well, biases and all.
# - [Steck 2010](../../book/bibliography.md#steck2010mnar): why a model of ratings must answer for films that were not rated.
# - [Covington 2016](../../book/bibliography.md#covington2016youtube) and [Yi 2019](../../book/bibliography.md#yi2019twotower): sampled softmax at the size of a video site, and its correction by $\log q$.
# - [Klenitskiy 2023](../../book/bibliography.md#klenitskiy2023dross): two well-known sequence models change places when they are trained with the same loss.

