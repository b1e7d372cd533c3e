# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Evaluation
#
# **When a table says that one recommender beats another, what has to be true for you to believe it?**
#
# Five models enter a contest that many papers have used: each film a person went on to like is hidden among 99 popular films that the person never rated, and the model scores a point if it puts the hidden film in its top ten. One of the five wins clearly, and the interval of its lead excludes zero. Ship it? Decide now. Towards the end of the chapter you will ask the same five models to pick from the whole catalogue, and see where the winner stands.
#
# You will be able to:
#
# - **compute** precision, recall, reciprocal rank, average precision and NDCG of a list by hand, and **tell** which definition a library uses;
# - **put** an interval on a difference between two models, and **say** what it still allows;
# - **measure** how much a split leaks: your own future, and that of others;
# - **show** how the negatives that a contest draws, and the order of tied scores, choose its winner;
# - **audit** a file of ratings before any model sees it.
#
# 45 min to read · about 60 s to run · needs [Anatomy](anatomy.ipynb)

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

# %% [markdown]
# ## Setup

# %%
import os

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.special import comb

from recsys_lib import data as rdata
from recsys_lib import metrics, plots, results
from recsys_lib.claims import claim
from recsys_lib.evaluation import compare, evaluate, paired_bootstrap, show
from recsys_lib.exercises import check
from recsys_lib.models import ALS, EASE, ItemKNN, Popularity
from recsys_lib.retrieval import top_k

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}  # TensorFlow, used once, keeps quiet
plots.use_style()
rng = np.random.default_rng(0)

# %% [markdown]
# ## One list, and what came true
#
# A recommender gave somebody five films. Afterwards the person rated three films 4 stars or more: these are the [relevant](../../book/glossary.md#relevant) ones. Two of them were in the list, at ranks 2 and 4. The third was not.
#
# How good was the list? Write down one number between 0 and 1 before you go on.

# %% tags=["nbval-check-output"]
hits = np.array([0, 1, 0, 1, 0])  # rank 1 to 5: was the film relevant?
n_relevant = 3
print("rank:", np.arange(1, 6), "  hit:", hits, "  relevant films:", n_relevant)

# %% [markdown]
# Write $\operatorname{hit}_r$ for the entry at rank $r$ (1 or 0), $K$ for the length of the list and $|\mathcal R_u|$ for how many films are relevant to user $u$. Three measures only count:
#
# $$\mathrm{HR@}K = \max_{r \le K} \operatorname{hit}_r, \qquad \mathrm{P@}K = \frac{1}{K}\sum_{r \le K} \operatorname{hit}_r, \qquad \mathrm{Recall@}K = \frac{1}{|\mathcal R_u|}\sum_{r \le K} \operatorname{hit}_r$$
#
# Read them aloud. [Hit rate](../../book/glossary.md#hit-rate): is there any hit at all? [Precision](../../book/glossary.md#precision): of the places in the list, which share holds a hit? [Recall](../../book/glossary.md#recall): of the relevant films, which share did the list find?
#
# By hand: 1, 2/5 and 2/3. None of the three changes if the hits move to ranks 1 and 2.

# %% tags=["by-hand"]
def hit_rate_by_hand(hits, n_relevant):
    return float(hits.max())


def precision_by_hand(hits, n_relevant):
    return hits.sum() / len(hits)


def recall_by_hand(hits, n_relevant):
    return hits.sum() / n_relevant


# %% [markdown]
# People read from the top, so three other measures look at the rank.
#
# $$\mathrm{RR@}K = \frac{1}{\text{rank of the first hit}}, \qquad \mathrm{AP@}K = \frac{1}{|\mathcal R_u|}\sum_{r \le K} \operatorname{hit}_r\,\mathrm{P@}r$$
#
# Read them aloud. [Reciprocal rank](../../book/glossary.md#reciprocal-rank): how soon does the first hit come (0 if none does)? Its mean over users is called MRR. [Average precision](../../book/glossary.md#average-precision): stop at each hit, note the precision so far, add these up, and divide by the number of relevant films. Its mean is MAP.
#
# By hand: the first hit stands at rank 2, so RR = 1/2. At rank 2 the precision is 1/2, at rank 4 it is 2/4, and AP = (1/2 + 2/4)/3 = 1/3.
#
# And the one that this book uses most, [NDCG](../../book/glossary.md#ndcg):
#
# $$\mathrm{NDCG@}K = \frac{\displaystyle\sum_{r \le K} \frac{\operatorname{hit}_r}{\log_2(r+1)}}{\displaystyle\sum_{r \le \min(K, |\mathcal R_u|)} \frac{1}{\log_2(r+1)}}$$
#
# Read it aloud: a hit at rank 1 is worth 1, at rank 2 it is worth 0.63, at rank 3 exactly 1/2, and so on down. Add up what the list earned, and divide by what the best possible list would have earned. The best list has its hits at the top, and no more of them than there are relevant films or places: that is the $\min$.
#
# By hand: earned 0.631 + 0.431 = 1.062; possible with three relevant films 1 + 0.631 + 0.5 = 2.131; NDCG = 0.498.

# %% tags=["by-hand"]
def reciprocal_rank_by_hand(hits, n_relevant):
    return 1 / (hits.argmax() + 1) if hits.any() else 0.0


def average_precision_by_hand(hits, n_relevant):
    precision_at = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return (hits * precision_at).sum() / n_relevant


def ndcg_by_hand(hits, n_relevant):
    worth = 1 / np.log2(np.arange(1, len(hits) + 1) + 1)
    return hits @ worth / worth[: min(len(hits), n_relevant)].sum()


# %% [markdown]
# The library's functions take lists of items and a sparse matrix of what is relevant, for all users at once. Films 0 to 4 are the list, film 5 is the relevant one that it missed.

# %% tags=["nbval-check-output"]
recommended = np.array([[0, 1, 2, 3, 4]])
relevant = csr_array(([1, 1, 1], ([0, 0, 0], [1, 3, 5])), shape=(1, 6))
for name in ("hit_rate", "precision", "recall", "reciprocal_rank", "average_precision", "ndcg"):
    mine, library = globals()[name + "_by_hand"](hits, n_relevant), getattr(metrics, name)(recommended, relevant)[0]
    print(f"{name:18} by hand {mine:.4f}   recsys_lib.metrics {library:.4f}")

# %% [markdown]
# One list, six numbers from 1/3 to 1. None of them is wrong; they answer different questions. Which one did you write down?
#
# A small check that a measure is built well: the perfect list must get 1, also for somebody with a single relevant film.

# %% tags=["nbval-check-output"]
perfect = {n: round(float(ndcg_by_hand((np.arange(10) < n).astype(int), n)), 9) for n in (1, 3, 10, 40)}
perfect_precision = {n: float(precision_by_hand((np.arange(10) < n).astype(int), n)) for n in (1, 3, 10, 40)}
claim(
    "A perfect list of ten has NDCG@10 = 1 whether 1, 3, 10 or 40 films are relevant; its precision may be 0.1.",
    set(perfect.values()) == {1.0} and perfect_precision[1] == 0.1,
    f"NDCG@10 {list(perfect.values())}, P@10 {list(perfect_precision.values())}",
)

# %% [markdown]
# ### Exercise 1 · warm-up: NDCG on paper
#
# A list of five has its hits at ranks 1 and 5; four films are relevant. Predict first: is its NDCG@5 above or below the 0.498 of the list above? Then compute it, to three decimals or better.

# %% tags=["exercise"]
answer = None  # your number
check("evaluation.ndcg", answer);

# %% tags=["hide-cell", "solution"]
# @title Solution
# Earned at ranks 1 and 5; possible with four relevant films: ranks 1 to 4.
answer = (1 + 1 / np.log2(6)) / (1 + 1 / np.log2(3) + 1 / np.log2(4) + 1 / np.log2(5))
check("evaluation.ndcg", answer);

# %% [markdown]
# ## One ranking, seven libraries
#
# "NDCG@5 = 0.57" and "NDCG@5 = 0.36" may be the same list. The names are shared, the denominators are not. Here are the defaults of seven libraries, as their code read in 2026:
#
# - **trec_eval** (through `ir_measures`) and **ranx**: the formulas above. **Cornac** agrees where it offers the measure.
# - **RecBole**: divides AP by $\min(K, |\mathcal R_u|)$.
# - **implicit**: divides precision and AP by $\min(K, |\mathcal R_u|)$.
# - **RecTools**: divides DCG, the sum of NDCG's numerator, by that of $K$ hits, even if fewer films are relevant.
# - **LensKit**: divides recall and AP by $\min(K, |\mathcal R_u|)$, and discounts by $\log_2 \max(r, 2)$, so that ranks 1 and 2 are worth the same.
#
# You can compute all of them from these lines alone. Guess first: how many different values of NDCG will there be for the list above?

# %%
def seven_ways(hits, n_relevant):
    """The list's precision, recall, average precision and NDCG, by each library's definition."""
    k, rank = len(hits), np.arange(1, len(hits) + 1)
    few = min(k, n_relevant)
    found, precisions = hits.sum(), (hits * np.cumsum(hits) / rank).sum()
    worth, lenskit = 1 / np.log2(rank + 1), 1 / np.log2(np.maximum(rank, 2))
    ndcg, flat = hits @ worth / worth[:few].sum(), hits @ worth / worth.sum()
    rows = {
        "trec_eval": (found / k, found / n_relevant, precisions / n_relevant, ndcg),
        "ranx": (found / k, found / n_relevant, precisions / n_relevant, ndcg),
        "Cornac": (found / k, found / n_relevant, np.nan, ndcg),
        "RecBole": (found / k, found / n_relevant, precisions / few, ndcg),
        "implicit": (found / few, np.nan, precisions / few, ndcg),
        "RecTools": (found / k, found / n_relevant, precisions / n_relevant, flat),
        "LensKit": (found / k, found / few, precisions / few, hits @ lenskit / lenskit[:few].sum()),
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["precision", "recall", "MAP", "NDCG"])


# %% tags=["nbval-check-output"]
few, many = seven_ways(hits, 3), seven_ways(hits, 8)
print("three relevant films\n" + few.to_string(float_format="%.4f", na_rep="–"))
print("\neight relevant films\n" + many.to_string(float_format="%.4f", na_rep="–"))

# %% tags=["nbval-check-output"]
claim(
    "One list of five with three relevant films has three values of NDCG@5, depending on the library.",
    few["NDCG"].round(4).nunique() == 3,
    f"from {few['NDCG'].min():.3f} to {few['NDCG'].max():.3f}",
)
claim(
    "No measure of the four has the same value in every library for both cases.",
    all(max(few[m].round(4).nunique(), many[m].round(4).nunique()) > 1 for m in few),
    ", ".join(f"{m}: {max(few[m].round(4).nunique(), many[m].round(4).nunique())} values" for m in few),
)

# %% [markdown]
# It is not a matter of taste which one you take: it is a matter of saying it. [Tamm et al. 2021](../../book/bibliography.md#tamm2021quality) found the same confusion across published toolkits. Numbers from two libraries cannot stand in one table unless somebody has checked the denominators. This book uses trec_eval's, and each function of `recsys_lib.metrics` names its denominator.
#
# ## Four scorers to be judged
#
# To judge evaluation we need something to evaluate. Later chapters build these four; here they are given, and all you need is that each turns a user's likes into a score for each film:
#
# - **Popularity** counts how many users like a film, so everybody gets the same list.
# - **ItemKNN** adds up how similar a film is to those you like; [Similarity](similarity.ipynb) takes it apart.
# - **ALS** gives every user and film a vector of 32 numbers, such that their product is large where there is a like.
# - **EASE** predicts each film from all others with one large linear regression. [The full build](../deep/full_build.ipynb) writes out both of the last two.
#
# The data are MovieLens, 671 users and 9,066 films. For now each user's own ratings are cut in time: the first 80 % are known, the rest is the test ([temporal split](../../book/glossary.md#temporal-split)). Whether that is a good cut is a question we come to.

# %% tags=["nbval-check-output"]
movielens = rdata.load_movielens()
split = rdata.split_by_user_time(movielens)
print(split.report()[["ratings", "users", "items", "cold_users", "cold_items"]].to_string())
is_relevant = split.test.rating >= 4
print(f"\nrelevant test ratings: {is_relevant.sum():,}, by {len(np.unique(split.test.user[is_relevant]))} users")

# %% [markdown]
# `evaluate` fits a model on everything before the test part, asks for a list from the whole catalogue without what the user has already rated, and gives one value for each user and measure. A user without a relevant film has no value; the other 647 count.

# %%
NAMES = ("ndcg@10", "recall@20", "hit_rate@10")
models = {"Popularity": Popularity(), "ItemKNN": ItemKNN(), "ALS": ALS(), "EASE": EASE()}
frames = {name: evaluate(model, split, metrics=NAMES) for name, model in models.items()}


def per_user(frame, metric="ndcg@10"):
    return frame[frame["metric"] == metric].set_index("user")["value"]


pd.DataFrame({name: {m: per_user(frame, m).mean() for m in NAMES} for name, frame in frames.items()}).T.round(3)

# %% [markdown]
# Now let the same lists of EASE be read by three definitions of NDCG. Nothing about the model changes.

# %%
test_users = np.unique(split.test.user[is_relevant])
seen = split.seen("test").matrix()[test_users]
wanted = split.test.take(is_relevant).matrix()[test_users]
lists = {name: top_k(model.score(test_users), 10, exclude=seen) for name, model in models.items()}
n_wanted = np.diff(wanted.indptr)
shown = np.take_along_axis(wanted.toarray() > 0, lists["EASE"], axis=1).astype(int)
read = [seven_ways(row, n)["NDCG"] for row, n in zip(shown, n_wanted)]
read = pd.DataFrame(read).mean()[["trec_eval", "RecTools", "LensKit"]]
read.round(4).to_frame("NDCG@10 of EASE")

# %%
gap = per_user(frames["EASE"]).mean() - per_user(frames["ItemKNN"]).mean()
claim(
    "For the same lists, two libraries' NDCG@10 lie further apart than EASE and ItemKNN do in one library.",
    read.max() - read.min() > 1.3 * gap,
    f"definitions apart by {read.max() - read.min():.3f}, models by {gap:.3f}",
)


# %% [markdown]
# Compare your model under one definition with a published figure under another, and you may have measured the libraries.
#
# ## How sure? The paired bootstrap
#
# EASE has the highest NDCG of the four. Would it still have, had 647 other people of the same kind walked in? Look at what the mean is a mean of.

# %% mystnb={"image": {"alt": "More than half of the test users get an NDCG@10 of exactly zero from EASE; the rest are spread thinly up to one, so the mean of .12 describes nobody."}} tags=["hide-input"]
values = per_user(frames["EASE"]).dropna().to_numpy()
fig, ax = plt.subplots(figsize=plots.SMALL)
ax.hist(values, bins=np.linspace(0, 1, 26), color=plots.MODEL_COLORS["EASE"])
ax.set(xlabel="NDCG@10 of one user", ylabel="users")
plots.reference_line(ax, values.mean(), "mean", axis="x")
plots.title(ax, "The mean is a mean over many zeros")
plt.show()

# %% [markdown]
# Half of the users get nothing, a few get a lot. The mean hangs on who happens to be in the sample. To see by how much, do to the sample what chance did to the world: draw users at random.
#
# **The bootstrap.** Put the 647 users in a hat, draw 647 times with replacement, and take the mean of those drawn. Do it 10,000 times. The middle 95 % of the means is the [interval](../../book/glossary.md#confidence-interval).
#
# **Paired.** For two models, give each user in the hat *one* number: the difference of the two models for this very user. With $a_u$ and $b_u$ for the two values of user $u$ and $u_1, \dots, u_n$ for the users drawn:
#
# $$\bar d^{\,*} = \frac{1}{n} \sum_{m=1}^{n} \left(a_{u_m} - b_{u_m}\right), \qquad \text{interval: the 2.5 \% and 97.5 \% points of } \bar d^{\,*}$$
#
# Read it aloud: draw users, average their differences, again and again; report between which values these averages lie, all but one in twenty.
#
# By hand, three users with differences 0.2, 0 and −0.1: the mean is 0.033. A draw may be (first, first, third), mean 0.1, or (second, third, third), mean −0.067. Of the 27 possible draws only those count, not a formula for normal distributions, and that is why it works for a heap of zeros too.

# %% tags=["by-hand"]
def paired_bootstrap_by_hand(a, b, seed):
    difference = a - b
    n = len(difference)
    draws = np.random.default_rng(seed).integers(n, size=(10_000, n), dtype=np.int32)  # a row: the users of one draw
    means = difference[draws].mean(axis=1)
    return difference.mean(), *np.quantile(means, [0.025, 0.975])


# %%
ease, als, popular = (per_user(frames[name]).dropna().to_numpy() for name in ("EASE", "ALS", "Popularity"))
mean, low, high = paired_bootstrap_by_hand(ease, popular, 0)
print(f"EASE − Popularity, by hand:  {mean:.4f} [{low:.4f}, {high:.4f}]")
print("EASE − Popularity, library: ", paired_bootstrap(ease, popular))
print("EASE − ALS, library:        ", paired_bootstrap(ease, als))

# %% [markdown]
# The first interval lies far above zero: on users like these, EASE finds more than popularity. The second contains zero. **Not told apart** is the word for it, and it is not the word "equal": the data allow that EASE is better by more than .01, and that ALS is better by a little.
#
# Why paired? Because some users are easy for every model. The easy and the hard ones come and go in the draws, and with pairs they come and go for both models at once. See what happens to the interval if each model gets a draw of its own:

# %%
apart = [ease[rng.integers(len(ease), size=len(ease))].mean() - als[rng.integers(len(als), size=len(als))].mean()
         for _ in range(10_000)]  # fmt: skip
unpaired = np.diff(np.quantile(apart, [0.025, 0.975]))[0]
paired = paired_bootstrap(ease, als)
claim(
    "EASE beats popularity; EASE and ALS are not told apart.",
    paired_bootstrap(ease, popular).low > 0 and paired.low < 0 < paired.high,
    f"minus popularity {paired_bootstrap(ease, popular)}, minus ALS {paired}",
)
claim(
    "Pairing makes the interval of EASE − ALS less than half as wide as two independent draws would.",
    paired.high - paired.low < 0.5 * unpaired,
    f"{paired.high - paired.low:.3f} wide paired, {unpaired:.3f} unpaired; the correlation of the two models over "
    f"users is {np.corrcoef(ease, als)[0, 1]:.2f}",
)

# %% [markdown]
# For the same reason, two overlapping intervals in a table prove nothing about a difference. Ask for the interval *of the difference*. `compare` gives it for each model against one of them, and all tables of this book come from it.
#
# Draw users, never ratings: the ten places of one list, and the many ratings of one person, stand or fall together.
#
# ## Can the last rating of each user rank models?
#
# The most common test in papers on sequences is [leave-one-out](../../book/glossary.md#leave-one-out): keep the last rating of each user, train on all the rest. It is simple. Is it enough, with 671 users? First, who is left?

# %% tags=["nbval-check-output"]
last_out = rdata.split_leave_last_out(movielens)
report = last_out.report()
print(report[["ratings", "users", "users_kept_whole"]].to_string())
print("test ratings of 4 or more:", int((last_out.test.rating >= 4).sum()))

# %% [markdown]
# A user whose last two moments hold several ratings each has no *last* rating, only a heap of them with one timestamp: 193 users drop out whole. Of the others' last films many are not liked. 276 users remain, with one film each.

# %%
last_frames = {name: evaluate(model, last_out, metrics="ndcg@10") for name, model in models.items()}
protocol, last = compare(frames, baseline="EASE"), compare(last_frames, baseline="EASE")
show(last, digits=3)

# %% mystnb={"image": {"alt": "Against EASE, the per-user cut places popularity far below and item-kNN slightly below; with the last rating alone all three intervals include zero and no model can be told from another."}} tags=["hide-input"]
both = pd.concat([t.rename(index=lambda n, s=s: f"{n}, {s}") for t, s in ((protocol, "last 20 %"), (last, "last rating"))])
both = both.loc[[f"{n}, {s}" for n in ("Popularity", "ItemKNN", "ALS") for s in ("last 20 %", "last rating")]]
both.attrs = {"metric": "ndcg@10", "baseline": "EASE"}
ax = plots.intervals(both, value="difference")
plots.title(ax, "One rating a user cannot even tell EASE from popularity")
plt.show()

# %%
others = ["Popularity", "ItemKNN", "ALS"]
claim(
    "With each user's last rating as test, none of three models is told from EASE, not even popularity.",
    bool(((last.loc[others, "difference_low"] < 0) & (last.loc[others, "difference_high"] > 0)).all()),
    f"popularity minus EASE: {last.loc['Popularity', 'difference_low']:+.3f} to "
    f"{last.loc['Popularity', 'difference_high']:+.3f} with the last rating, "
    f"{protocol.loc['Popularity', 'difference_low']:+.3f} to {protocol.loc['Popularity', 'difference_high']:+.3f} "
    "with the last 20 %",
)

# %% [markdown]
# Leave-one-out is no sin; with a million users it has power. Here it has none, and a table of it would rank the models by luck. We do not use it again.
#
# ## Does the test lie in the future?
#
# The quickest split of all deals the ratings at random. Before you run it: what will that do to EASE, which had an NDCG@10 of about .12? And to popularity?

# %%
random_split = rdata.split_random(movielens, rng=0)
random_frames = {name: evaluate(model, random_split, metrics="ndcg@10") for name, model in models.items()}
at_random = compare(random_frames, baseline="EASE")
times = at_random["mean"] / protocol["mean"]
pd.DataFrame({"cut in time": protocol["mean"].round(3), "dealt at random": at_random["mean"].round(3),
              "times": times.round(1)})  # fmt: skip

# %% mystnb={"image": {"alt": "Dealing the ratings at random more than doubles the NDCG@10 of all four models, from between .06 and .12 to between .15 and .30, with intervals far apart."}} tags=["hide-input"]
fig, ax = plt.subplots(figsize=(6.4, 2.8))
for place, name in enumerate(models):
    style = plots.model_style(name) | {"linestyle": "none", "markersize": 8}
    for table, face in ((protocol, style["color"]), (at_random, plots.PAPER)):
        row = table.loc[name]
        ax.plot([row["low"], row["high"]], [place] * 2, color=style["color"], linewidth=1.6)
        ax.plot(row["mean"], place, **style, markerfacecolor=face)
for table, text in ((protocol, "cut in time"), (at_random, "dealt at random")):
    ax.annotate(text, (table.loc["Popularity", "mean"], 0), (0, 10), textcoords="offset points", ha="center")
ax.set(yticks=range(4), yticklabels=models, ylim=(3.5, -0.8), xlim=(0, 0.34), xlabel="NDCG@10; bars: 95 % interval")
ax.grid(True, axis="x")
plots.short_ticks(ax, axis="x")
plots.title(ax, "A random split more than doubles every score, and nothing was learnt")
plt.show()

# %%
first_test = pd.Series(random_split.test.timestamp).groupby(random_split.test.user).min()
known = random_split.before("test")
later = known.timestamp > first_test.reindex(known.user, fill_value=np.iinfo(np.int64).max).to_numpy()
claim(
    "A random split more than doubles the NDCG@10 of EASE and of popularity.",
    bool((times[["EASE", "Popularity"]] > 2).all()),
    f"EASE {times['EASE']:.1f} times, popularity {times['Popularity']:.1f} times",
)
claim(
    "Most of what such a model learns from a user happened after the first rating it is tested on.",
    later.mean() > 0.5,
    f"{later.mean():.0%} of the training ratings",
)


# %% [markdown]
# This is [leakage](../../book/glossary.md#leakage). The model fills gaps between ratings of one evening: it has seen what you rated a minute later. In use it never will. And popularity, which learns nothing about anybody, gains as much: the tested films are now those popular in the same years as the training.
#
# The order of the models happens to be the same. Nobody promised you that; and the *number* is worthless.
#
# ## And the future of others?
#
# Cutting each user's own time stops the model from knowing *your* future. But users come at different times. When you are tested on 1997, the ratings that others gave in 2015 are in the training. The clean way is one moment for everybody, a [global cut](../../book/glossary.md#global-temporal-split). Try it.

# %% tags=["nbval-check-output"]
global_split = rdata.split_by_global_time(movielens)
print(global_split.report()[["ratings", "users", "cold_users", "cold_items", "ratings_of_cold_items"]].to_string())

# %% [markdown]
# Read the line *test*. Of 147 users who rate after the cut, 124 had never been seen before it. In this file people come, rate on one day, and leave. Now watch what `evaluate` makes of that.

# %%
naive = {name: evaluate(models[name], global_split, metrics="ndcg@10") for name in ("Popularity", "EASE")}
naive = compare(naive, baseline="EASE")
show(naive, digits=3)

# %% [markdown]
# Popularity beats EASE by far! Don't write that paper. For a person never seen, the history is empty, and every film gets the same score, 0, from EASE. The list is then decided by how ties are broken. The table does not compare two models: it compares one model with none.
#
# To measure what the future of others is worth, change *only that*. Take the users whose test ratings lie after the cut. Give each of them the whole of their own earlier ratings as history, and the same films to find. Then train three times:
#
# 1. **everything** that the per-user cut allows, others' future included;
# 2. **the past only**: what anybody rated before the cut;
# 3. **as little**: everything, but of so few users, drawn at random, that there are no more ratings than in 2. Five draws.
#
# The third is there because less data is worse data. If 2 is below 1 only for want of ratings, 3 will be as low.

# %%
class FittedOn:
    """A model fitted on some rows only; everybody is scored from all of their own earlier ratings."""

    def __init__(self, model, keep):
        self.model, self.keep = model, keep

    def fit(self, before):
        self.history = before.matrix()
        self.model.fit(before.take(self.keep(before)))
        return self

    def score(self, users):
        return self.model.score(history=self.history[users])


cut = global_split.test.timestamp.min()
start = pd.Series(split.test.timestamp).groupby(split.test.user).min()
late = [movielens.users[int(u)] for u in start.index[start >= cut]]
n_past = int((split.before("test").timestamp < cut).sum())
print(f"test begins after the cut for {len(late)} users; before it lie {n_past:,} of {len(split.before('test')):,} ratings")


# %%
def as_little(seed):
    """Rows of whole users, drawn at random until there are as many ratings as before the cut."""

    def keep(before):
        order = np.random.default_rng(seed).permutation(before.n_users)
        total = np.cumsum(np.bincount(before.user, minlength=before.n_users)[order])
        return np.isin(before.user, order[total <= n_past])

    return keep


def of_late_users(model, keep):
    frame = evaluate(FittedOn(model, keep), split, metrics="ndcg@10")
    return frame[frame["user"].isin(late)]


others_future = {
    "everything": of_late_users(EASE(), lambda before: before.timestamp > 0),
    "the past only": of_late_users(EASE(), lambda before: before.timestamp < cut),
    "as little": [of_late_users(EASE(), as_little(seed)) for seed in range(5)],
}
leak = compare(others_future, baseline="the past only")
show(leak, digits=3)

# %%
row = leak.loc["as little"]
claim(
    "With equally many ratings to learn from, knowing the future of other users lifts EASE.",
    row["difference_low"] > 0,
    f"NDCG@10 +{row['difference']:.3f} [{row['difference_low']:.3f}, {row['difference_high']:.3f}], "
    f"{row['n_users']:.0f} users, on {leak.loc['the past only', 'mean']:.3f}",
)

# %% [markdown]
# So the per-user cut is kinder than life: part of what EASE seems to know about these late users, it knows from people who came after them. [Ji et al. 2023](../../book/bibliography.md#ji2023leakage) find the same in larger data, and that it can change the order of models.
#
# Neither cut is clean *and* useful here. The global one leaves too few people to ask, the per-user one lets others' future in. This book compares models by the per-user cut, because it keeps 647 users and gives every model the same advantage in kind, if not in size; and it does not call its numbers what you would see in production. Where a chapter speaks of deployment, it cuts globally and replays each person's own history, as you just did.
#
# ## What is a tie worth?
#
# EASE scored strangers with nothing but zeros, and still got some hits. Take it to the end: a scorer that gives 1 to every film, for everybody. What is its hit rate at ten? That depends on who breaks the ties.

# %%
class Constant:
    """Knows nothing: every film gets the same score."""

    def fit(self, before):
        self.n_items = before.n_items
        return self

    def score(self, users):
        return np.ones((len(users), self.n_items), np.float32)


constant = per_user(evaluate(Constant(), split, metrics="hit_rate@10"), "hit_rate@10").dropna()
n_candidates = movielens.n_items - np.diff(seen.indptr)
truth = 1 - comb(n_candidates - n_wanted, 10) / comb(n_candidates, 10)
ties = pd.Series({
    "optimistic: better than all its equals": 1.0,
    "pessimistic: worse than all its equals": 0.0,
    "by position in the file (lower index first)": constant.mean(),
    "at random: the truth": truth.mean(),
})  # fmt: skip
ties.round(3).to_frame("hit rate@10 of a constant")

# %% [markdown]
# The optimist counts how many films score *higher* than the one wanted: none, so the rank is 1. The pessimist counts how many score *at least* as high. Both evaluators exist: two of the most copied scripts of the field put the wanted film first, or last, in an array before sorting, and give a constant scorer a hit rate of 1 and of 0.
#
# The truth is a matter of counting. Of $n$ candidates $R$ are relevant, and ten are drawn without looking:
#
# $$\mathrm{HR@}K = 1 - \binom{n-R}{K} \Big/ \binom{n}{K}$$
#
# Read it aloud: one minus the share of all lists of $K$ films that miss every relevant one. By hand, two films of which one is relevant, and $K = 1$: $1 - \binom11/\binom21 = 1/2$.

# %%
draws = np.random.default_rng(0).random((200, 1000))  # 200 lists from 1,000 candidates, the first 30 relevant
simulated = (np.argsort(draws, axis=1)[:, :10] < 30).any(axis=1).mean()
print(f"30 of 1,000 relevant: counted {1 - comb(970, 10) / comb(1000, 10):.3f}, drawn {simulated:.2f}")
claim(
    "A scorer that knows nothing has a hit rate of 1, 0 or anything between, by the rule for ties alone.",
    ties.iloc[2] > 3 * ties.iloc[3],
    f"by file order {ties.iloc[2]:.3f}, at random {ties.iloc[3]:.3f}",
)

# %% [markdown]
# The third line should worry you most, since it is the rule of this book's `top_k` too. Ties to the lower index sound neutral. They are not if the index carries knowledge, and a constant beats its due several times over. What the index knows, the audit below will tell.
#
# ### Exercise 2 · core: an honest hit
#
# Write `hit_chance(scores, wanted, k)`: the *chance* that film `wanted` stands among the first `k` of `scores` (higher is better) when the order among equal scores is drawn at random. Predict first: ten films, all with score 0, and $k = 3$. What must come out?

# %% tags=["exercise"]
def hit_chance(scores, wanted, k): ...  # your code; return a number from 0 to 1


check("evaluation.hit_chance", hit_chance);


# %% tags=["hide-cell", "solution"]
# @title Solution
def hit_chance(scores, wanted, k):
    scores = np.asarray(scores)
    better = np.sum(scores > scores[wanted])
    equal = np.sum(scores == scores[wanted])  # the wanted film is one of them
    return np.clip((k - better) / equal, 0, 1)  # places left for the equals, shared evenly


check("evaluation.hit_chance", hit_chance);

# %% [markdown]
# ## The same five models, three ways to draw their rivals
#
# Back to the contest of the first paragraph. Ranking 9,066 films for each user was once thought slow, so a shortcut spread: rank the wanted film against 99 others, drawn at random. Two ways to draw are common: **evenly** among the films that the user never rated, or **by popularity**, since beating an unknown film is too easy.
#
# The five models: ItemKNN, ALS and EASE as above, and one embedding model trained twice with [BPR](../../book/glossary.md#bpr), a [loss](losses.ipynb) that pushes a liked film above a drawn one. *BPR, uniform* draws its films evenly. *BPR, popular* draws them by popularity. Each got the same search for its settings on validation, by NDCG@10 over the catalogue, and five seeds: too long for this page, so the hits of its test users come from a stored run. One seed you train here.

# %%
from recsys_lib.models import MatrixFactorization

stored = results.load("evaluation")
settings = stored["settings"]["shared"] | stored["settings"]["chosen"]["BPR, popular"]
bpr = MatrixFactorization(**settings, negatives="popularity", seed=0).fit(split.before("test"))
print({name: settings[name] for name in ("n_factors", "epochs", "n_negatives", "learning_rate", "dropout")})

# %% [markdown]
# Each of the 9,108 relevant test ratings gets 99 rivals, twice. Who rates much has many relevant films, so hits are averaged within each user first, then over users.

# %%
order = np.argsort(split.test.user[is_relevant], kind="stable")
user, item = split.test.user[is_relevant][order], split.test.item[is_relevant][order]
count = np.bincount(split.before("test").item, minlength=movielens.n_items)
rated = movielens.matrix()
rivals = {
    "99 uniform": rdata.sample_negatives(rated, user, 99, rng=1, replace=False),
    "99 popular": rdata.sample_negatives(rated, user, 99, rng=2, replace=False, popularity=count),
}
for name, drawn in rivals.items():
    print(f"{name}: half of the rivals have at most {np.median(count[drawn]):.0f} ratings")
print(f"the wanted films: half have at most {np.median(count[item]):.0f}")


# %%
def chance(others, mark):
    """Chance of a place among ten against the other scores of each row, the order of equals being drawn at random."""
    better, equal = (others > mark).sum(axis=1), (others == mark).sum(axis=1)
    return np.clip((10 - better) / (equal + 1), 0, 1)


def hits_by_user(model):
    """Chance of a place in the top ten of each contest: the mean over each user's wanted films."""
    row = np.searchsorted(test_users, user)
    scores = model.score(test_users).astype(np.float64)
    mark = scores[row, item][:, None]
    hit = {name: chance(scores[row[:, None], drawn], mark) for name, drawn in rivals.items()}
    scores[seen.nonzero()] = -np.inf
    hit["catalogue"] = np.empty(len(row))
    for each, (r, i) in enumerate(zip(row, item)):
        hit["catalogue"][each] = chance(np.delete(scores[r], i)[None], mark[each])[0]
    return {name: np.bincount(row, weights=h) / np.bincount(row) for name, h in hit.items()}


# %%
contests = ["catalogue", "99 uniform", "99 popular"]
found = {name: hits_by_user(model.fit(split.before("test"))) for name, model in models.items()}
found |= {name: {c: np.array(v) for c, v in hits.items()} for name, hits in stored["values"]["hits_by_user"].items()}
table = pd.DataFrame({name: {c: hits[c].mean() for c in contests} for name, hits in found.items()}).T
seed_0 = {c: v.mean() for c, v in hits_by_user(bpr).items()}
print("BPR, popular, seed 0, here:", {c: round(float(seed_0[c]), 2) for c in contests})
table.round(3)

# %% mystnb={"image": {"alt": "On the catalogue EASE ranks first and the BPR model trained on popular negatives last; against uniform rivals the BPR trained on uniform negatives is first; against popular rivals the one trained on popular negatives is first."}} tags=["hide-input"]
five = table.drop(index="Popularity")
rank = five.rank(ascending=False)
fig, ax = plt.subplots(figsize=(6.4, 3.7))
for name in five.index:
    style = plots.model_style("MatrixFactorization" if name.startswith("BPR") else name) | {"markersize": 8}
    if name == "BPR, popular":
        style |= {"marker": "o", "markerfacecolor": plots.PAPER, "linewidth": 2.8}
    ax.plot(range(3), rank.loc[name], **style)
    ax.annotate(name, (2, rank.loc[name].iloc[-1]), (34, 0), textcoords="offset points", va="center")
    for x, contest in enumerate(contests):
        text = f"{five.loc[name, contest]:.2f}".lstrip("0")
        ax.annotate(text, (x, rank.loc[name, contest]), (0, 7), textcoords="offset points", ha="center", fontsize=8)
ax.set(xticks=range(3), xlim=(-0.25, 3.0), ylim=(5.5, 0.4), yticks=range(1, 6), ylabel="place (number: hit@10)")
ax.set_xticklabels(["whole catalogue\n(what users face)", "99 uniform\nrivals", "99 popular\nrivals"])
ax.grid(False)
plots.title(ax, "Three ways to draw rivals, three winners: each sampler crowns the model trained on it")
plt.show()

# %% [markdown]
# Five models, the same scores in all three columns, three winners. Look for *BPR, popular*: last of the five where users have to choose from everything, first by a wide margin where the rivals are popular. And *BPR, uniform* wins under uniform rivals.
#
# No coincidence: each of the two was *trained* to tell a liked film from films drawn in just this way. The contest asks it the question that it practised. Your users ask another one: which ten of nine thousand?

# %%
def lead(a, b, contest):
    return paired_bootstrap(found[a][contest], found[b][contest])


claim(
    "On the whole catalogue EASE beats the BPR model trained on popular negatives, which is last of the five.",
    lead("EASE", "BPR, popular", "catalogue").low > 0 and rank.loc["BPR, popular", "catalogue"] == 5,
    f"hit@10: EASE minus it {lead('EASE', 'BPR, popular', 'catalogue')}",
)
claim(
    "Among 99 popular rivals that same model beats EASE and all others.",
    all(lead("BPR, popular", name, "99 popular").low > 0 for name in five.index.drop("BPR, popular")),
    f"minus EASE {lead('BPR, popular', 'EASE', '99 popular')}",
)
claim(
    "Among 99 uniform rivals the model trained on uniform negatives beats EASE and all others.",
    all(lead("BPR, uniform", name, "99 uniform").low > 0 for name in five.index.drop("BPR, uniform")),
    f"minus EASE {lead('BPR, uniform', 'EASE', '99 uniform')}",
)

# %% [markdown]
# The intervals exclude zero in all three contests. An interval guards against the luck of the users; it does not guard against the wrong question.
#
# [Krichene & Rendle 2020](../../book/bibliography.md#krichene2020sampled) show why: a sampled rank sees little of the top of the list, where ten of nine thousand are decided, and much of the middle. Some corrections exist. On a catalogue of thousands you need none: score everything. The whole column *catalogue* took this page a second or two.
#
# So, the contest of the first paragraph: the interval was right, and shipping that model would have been wrong.
#
# ## What else does a list do?
#
# Hits are not all. Four measures look at the lists without asking what came true. With $c_i$ for how often film $i$ stands in some list:
#
# $$\mathrm{coverage} = \frac{|\{i : c_i > 0\}|}{n_\text{items}}, \qquad G = \frac{\sum_i (2i - n - 1)\, c_{(i)}}{n \sum_i c_i}, \quad c_{(1)} \le \dots \le c_{(n)}$$
#
# Read them aloud. [Coverage](../../book/glossary.md#coverage): which share of the catalogue does anybody get to see? [Gini](../../book/glossary.md#gini-coefficient): sort the $n$ films by how often they are shown; 0 if all are shown equally, near 1 if a few take everything.
#
# By hand: two lists of two, $(0, 1)$ and $(0, 2)$, in a catalogue of four. Three of four films are shown: coverage 3/4. Counts sorted are 0, 1, 1, 2, so $G = (-3\cdot0 - 1\cdot1 + 1\cdot1 + 3\cdot2)/(4\cdot4) = 6/16$.

# %% tags=["by-hand"]
def coverage_by_hand(lists, n_items):
    return len(np.unique(lists)) / n_items


def gini_by_hand(lists, n_items):
    count = np.sort(np.bincount(lists.ravel(), minlength=n_items))
    place = np.arange(1, n_items + 1)
    return ((2 * place - n_items - 1) * count).sum() / (n_items * count.sum())


# %% tags=["nbval-check-output"]
two = np.array([[0, 1], [0, 2]])
print("coverage:", coverage_by_hand(two, 4), metrics.coverage(two, 4))
print("Gini:    ", gini_by_hand(two, 4), metrics.gini(two, 4))

# %% [markdown]
# The other two are means over a list. [Novelty](../../book/glossary.md#novelty) asks how unlikely it was that you knew the film, with $n_i$ for its raters; [intra-list diversity](../../book/glossary.md#intra-list-diversity) how unlike each other the films of one list are, with $f_i$ for the row of genres of film $i$:
#
# $$\mathrm{novelty}_u = \frac1K \sum_{i \in \text{list}} -\log_2 \frac{n_i}{n_\text{users}}, \qquad \mathrm{ILD}_u = \frac{2}{K(K-1)} \sum_{i < j} \bigl(1 - \cos(f_i, f_j)\bigr)$$
#
# Read them aloud: how many times would you have to halve the crowd until only the film's raters are left? And over all pairs of the list: one minus the cosine of their genres, on average.

# %%
genres = movielens.item_table["genres"].str.get_dummies("|").to_numpy(float)
side = {
    name: {
        "coverage": metrics.coverage(shown, movielens.n_items),
        "Gini": metrics.gini(shown, movielens.n_items),
        "novelty, bits": metrics.novelty(shown, count, n_users=movielens.n_users).mean(),
        "diversity": metrics.intra_list_diversity(shown, genres).mean(),
    }
    for name, shown in lists.items()
}
side = pd.DataFrame(side).T
side.round(3)

# %%
claim(
    "All four models show less than a sixth of the catalogue; popularity shows hardly one film in a hundred.",
    side["coverage"].max() < 1 / 6 and side.loc["Popularity", "coverage"] < 0.015,
    ", ".join(f"{name} {value:.1%}" for name, value in side["coverage"].items()),
)

# %% [markdown]
# There is no right value for any of these. They tell you what a list does to the catalogue, and a change of model that gains nothing in NDCG may still show three times as many films. The measures of predicted stars, RMSE and MAE, wait for [Losses](losses.ipynb), where you will see how little they say about a list.
#
# ## The audit: what does the file know?
#
# You have met three traps that came from the file, not from a model: tied timestamps, an index that is not neutral, people who come once. None of them shows in a table of results. So look before you fit. `audit` asks each question of a set of ratings and says what the answer means.

# %% tags=["nbval-check-output"]
for _, row in rdata.audit(movielens).iterrows():
    print(f"{row['value']:10.4g}  {row['check']}\n            {row['meaning']}")

# %% [markdown]
# Read the last line first: it is the constant scorer's secret. The correlation of a film's id and its number of ratings is clearly negative: low ids are famous films. MovieLens numbered its first films when it began with films everybody knows. Whoever breaks ties by index recommends *Toy Story*.
#
# And the ids follow time almost perfectly: a large id means a film that came late. A model that reads ids as numbers, a tree or a language model, say, knows when a film appeared. The row order inside a user goes with time as well, so a tie of timestamps broken by row looks a little ahead. Both are why a split here never cuts a second, and why no model sees an id.
#
# Does it help to throw the order away? Deal new ids at random, audit again, and ask the constant again.

# %% tags=["nbval-check-output"]
deal = np.random.default_rng(0).permutation(movielens.n_items)
table_of_ratings = movielens.to_table()
table_of_ratings["item_id"] = deal[movielens.item]
dealt = rdata.Interactions.from_table(table_of_ratings)
checks = ["item id and first rating of the item", "item id and number of ratings"]
print(rdata.audit(dealt).set_index("check").loc[checks].to_string())
constant_dealt = per_user(evaluate(Constant(), rdata.split_by_user_time(dealt), metrics="hit_rate@10"), "hit_rate@10")
claim(
    "With ids dealt at random, the constant scorer falls to what counting says it is worth.",
    abs(constant_dealt.mean() - truth.mean()) < 0.02,
    f"hit rate@10 {constant_dealt.mean():.3f}, truth {truth.mean():.3f}, before {constant.mean():.3f}",
)

# %% [markdown]
# Run it on your own file before anything else. It takes a table with `user_id`, `item_id` and, where you have them, `rating` and `timestamp`. Here is a small one with everything wrong that a file can have: a pair given twice, rows in the order of time, ids dealt out as things first appear.

# %% tags=["nbval-check-output"]
small = pd.DataFrame({
    "user_id": ["ann", "ann", "bob", "bob", "bob", "cy", "cy", "cy", "ann"],
    "item_id": [1, 2, 1, 3, 4, 4, 5, 6, 1],
    "rating": [4.0, 5, 3, 4, 4, 5, 2, 4, 2],
    "timestamp": [10, 20, 30, 40, 50, 60, 70, 80, 90],
})  # fmt: skip
report = rdata.audit(small).set_index("check")
bad = ["pairs given more than once", "row order and time, within users", "item id and first rating of the item"]
print(report.loc[bad].to_string())

# %% [markdown]
# For a file of your own: `rdata.audit(rdata.read_csv("ratings.csv"))`.
#
# ## The protocol used from here on
#
# All that this chapter found, as rules. From here on every table in the book obeys them, because it goes through `evaluate` and `compare`.
#
# 1. **Split:** each user's ratings in time, 70 % train, 10 % validation, 20 % test. Ratings of one second are never separated. It lets others' future in, and says so; questions of deployment get a global cut.
# 2. **Choose** settings on validation, with models fitted on train. **Report** test, with the model fitted again on train and validation, once.
# 3. **Relevant** is a rating of 4 or more. Users without one have no value; how many count is shown.
# 4. **Candidates** are the whole catalogue without what the user has rated. Nothing is sampled.
# 5. **Measures** are trec_eval's: NDCG@10 first, Recall@20 beside it.
# 6. **Ties** go to the lower index, so a model that leaves many ties is suspect: look at it before you believe it.
# 7. **Differences** come with a paired bootstrap over users, each user averaged over five seeds where the model is random. A sentence explains a difference only if its interval excludes zero. The spread over seeds is shown and is not the interval.
# 8. **Every rival** is tuned as hard as the hero.
#
# Run once, for the four scorers:

# %%
show(compare(frames, baseline="EASE"))

# %%
show(compare(frames, baseline="EASE", metric="recall@20"))

# %% mystnb={"image": {"alt": "Under the protocol EASE reaches an NDCG@10 of about .117, ALS .110, item-kNN .106 and popularity .065, with overlapping intervals for the first three."}} tags=["hide-input"]
final = compare(frames, baseline="EASE").sort_values("mean", ascending=False)
final.attrs = {"metric": "ndcg@10", "baseline": "EASE"}
ax = plots.intervals(final, value="mean")
plots.title(ax, "Three models far above popularity, close to each other")
plt.show()

# %%
claim(
    "Under the protocol EASE, ALS and ItemKNN each beat popularity; EASE is told from ItemKNN, not from ALS.",
    bool((compare(frames, baseline="Popularity").loc[["EASE", "ALS", "ItemKNN"], "difference_low"] > 0).all())
    and final.loc["ItemKNN", "difference_high"] < 0 < final.loc["ALS", "difference_high"],
    f"minus EASE: ItemKNN up to {final.loc['ItemKNN', 'difference_high']:+.4f}, "
    f"ALS up to {final.loc['ALS', 'difference_high']:+.4f}",
)

# %% [markdown]
# These are the numbers to beat. ALS starts from random vectors, and this row is one seed of it; EASE and the others have none. EASE against ItemKNN is decided narrowly: with three models compared to EASE, an interval that ends this close to zero is worth a second look on other data before you build on it.
#
# ### Exercise 3 · open: audit a claim
#
# Take a paper, a blog post or a report from your own house that says "our recommender is better than X by Y percent". Find out, for its table: which split, which candidates, which definition of the measure, how ties were broken, how the rivals were tuned, how many users, what interval. Then change *one* of these on MovieLens, on two of the models above, and measure how far the difference moves.
#
# Judge it by: (1) each of the seven questions is answered with a quotation or with "not said"; (2) the change is one change, all else being equal, and its effect has a paired interval; (3) the conclusion is what the interval allows, a negative one included; (4) somebody else can run it from what you wrote.
#
# ## What you can do now
#
# - You computed six measures on paper, and know seven libraries' versions of them.
# - You bootstrapped a difference by hand, saw what pairing is worth, and what "not told apart" still allows.
# - You measured two leaks: your own future, worth more than a factor of two, and the future of others, smaller and harder to see.
# - You saw each sampler crown its own model, and a constant scorer get any hit rate you like.
# - You audited a file, and found in it why the constant did so well.
#
# ## What to remember
#
# The same scores, asked in three ways, have three winners. Before you ask *which model is best*, ask what it was asked.
#
# ## Where it breaks in production
#
# - **Offline counts what people found without you.** A good film that nobody came across is a miss here. Only an experiment with real users tells what a shown list does.
# - **The log was made by a recommender.** What the old system showed was rated; a new model is rewarded for agreeing with it.
# - **A mean hides groups.** Equal NDCG over all may be a loss for newcomers and a gain for regulars: report both.
# - **Pipelines re-create leaks.** A feature computed over the whole table, such as a film's mean rating, brings the future back after the cleanest split.
#
# ## Further reading
#
# - [Järvelin & Kekäläinen 2002](../../book/bibliography.md#jarvelin2002dcg): cumulated gain, where NDCG began.
# - [Krichene & Rendle 2020](../../book/bibliography.md#krichene2020sampled): what sampled measures do to rankings.
# - [Ji et al. 2023](../../book/bibliography.md#ji2023leakage) and [Gusak et al. 2025](../../book/bibliography.md#gusak2025split): leakage, and splits for data with order.
# - [Ferrari Dacrema et al. 2019](../../book/bibliography.md#dacrema2019progress): what became of published gains when rivals were tuned.
# - [Herlocker et al. 2004](../../book/bibliography.md#herlocker2004evaluating): the questions of this field, before the shortcuts.
