# %% [markdown]
# # Similarity
#
# **Which films are alike, and whom does your answer recommend?**
#
# Two films were each rated by the same two people. The one who gave the first film more stars gave the second more stars as well. The textbook's correlation says: similarity 1, perfect twins. Should you build a list on it? Decide now; by the middle of the chapter you will have measured what it costs.
#
# You will be able to:
#
# - **compute** dot product, cosine, Jaccard, Pearson and adjusted cosine by hand, and say what each rewards;
# - **find** the two slips that turn an angle of 90° into one of 60°;
# - **explain** why an unshrunk correlation fills lists with films that hardly anybody saw;
# - **repair** it with shrinkage, and **say** how much of the gap that closes;
# - **choose** the side that keeps its neighbours, with an interval for the difference.
#
# 40 min to read · about 70 s to run · needs [Anatomy](anatomy.ipynb) and [Evaluation](evaluation.ipynb)

# %% [markdown]
# ## Setup

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from recsys_lib import evaluation, plots, retrieval, similarity
from recsys_lib.claims import claim
from recsys_lib.data import load_movielens, split_by_user_time
from recsys_lib.exercises import check
from recsys_lib.models import ItemKNN, Popularity

plots.use_style()
rng = np.random.default_rng(0)

# %% [markdown]
# ## Five users, four films, one sheet of paper
#
# Everything in this chapter first happens on this table. Rows are users, columns are films, a dash is "not rated".

# %% tags=["nbval-check-output"]
_ = np.nan
users, films = list("ABCDE"), ["Hit", "Twin", "Cult", "Foe"]
R = np.array([
    [5, 4, _, 1],
    [4, 5, _, 2],
    [4, _, 5, _],
    [2, _, 3, 5],
    [3, 2, _, 4],
])
print(pd.DataFrame(R, users, films).map(lambda r: "–" if np.isnan(r) else f"{r:.0f}").to_string())

# %% [markdown]
# Look at the columns before you compute. Everybody rated *Hit*. *Twin* was liked by the people who liked *Hit* most. *Foe* was liked by those who did not. *Cult* was seen by two people only, C and D.
#
# Which film is nearest to *Hit*? Most people say *Twin*. Hold on to your answer.
#
# The first three measures look at **likes**: a rating of 4 or more becomes 1, all else 0.

# %% tags=["nbval-check-output"]
X = (R >= 4).astype(float)  # NaN >= 4 is False: not rated is not liked
print(pd.DataFrame(X, users, films).astype(int).to_string())

# %% [markdown]
# ## How many people like both? The dot product
#
# The [dot product](../../book/glossary.md#dot-product) of two columns multiplies them entry by entry and adds up:
#
# $$\mathrm{dot}(i, j) = \sum_u x_{ui}\, x_{uj}$$
#
# Read it aloud: go through all users $u$; count one for each who likes film $i$ *and* film $j$. On likes this is the [co-count](../../book/glossary.md#co-count).
#
# By hand, *Hit* and *Twin*: A likes both, B likes both, C likes *Hit* alone. Two. *Hit* and *Cult*: only C. One.

# %% tags=["by-hand"]
def dot_by_hand(X):
    """All pairs of columns at once: entry (i, j) is the sum of column i times column j."""
    return X.T @ X

# %% tags=["nbval-check-output"]
print("Hit with Twin, Cult, Foe:", dot_by_hand(X)[0, 1:])

# %% [markdown]
# The dot product has no ceiling. A film that everybody likes collects large numbers with *every* film, so it will be everybody's neighbour. That is worth remembering: the measure rewards size.
#
# ## Which share of it? Cosine and Jaccard
#
# Divide the size away, and the [cosine](../../book/glossary.md#cosine-similarity) is left:
#
# $$\cos(i, j) = \frac{\sum_u x_{ui}\, x_{uj}}{\lVert x_i\rVert\, \lVert x_j\rVert}, \qquad \lVert x_i\rVert = \sqrt{\textstyle\sum_u x_{ui}^2}$$
#
# Read it aloud: the co-count, divided by the length of one column and the length of the other. The length $\lVert x_i\rVert$ of a 0/1 column is the square root of its likes. Cosine forgets how many like the two films and keeps in which proportion they like them together.
#
# [Jaccard](../../book/glossary.md#jaccard-similarity) says the same in plainer words: of the people who like either film, which share likes both? With $L_i$ for the set of users who like film $i$:
#
# $$J(i, j) = \frac{|L_i \cap L_j|}{|L_i \cup L_j|}$$
#
# By hand, *Hit* (three likes) and *Twin* (two likes, both shared): cosine $2/(\sqrt 3\sqrt 2) = 0.816$, Jaccard $2/3$.

# %% tags=["by-hand"]
def cosine_by_hand(X):
    length = np.sqrt((X**2).sum(axis=0))
    scale = np.outer(length, length)
    return np.divide(X.T @ X, scale, out=np.zeros_like(scale), where=scale > 0)


def jaccard_by_hand(X):
    both = X.T @ X
    likes = X.sum(axis=0)
    either = likes[:, None] + likes - both
    return np.divide(both, either, out=np.zeros_like(both), where=either > 0)

# %% tags=["nbval-check-output"]
print("cosine  Hit with Twin, Cult, Foe:", cosine_by_hand(X)[0, 1:].round(3))
print("Jaccard Hit with Twin, Cult, Foe:", jaccard_by_hand(X)[0, 1:].round(3))

# %% [markdown]
# The order is the same, the gap is smaller: *Cult* has one like, and its only fan likes *Hit*, so a share makes it look closer than a count does.
#
# ### A worked example that goes wrong
#
# The article this book started from computes dot and cosine of $u = (1, 0, -1, 0)$ and $v = (0, 1, 0, -1)$, and reports a dot product of 1 and a cosine of 1/2. Multiply yourself before you run the cell.

# %% tags=["nbval-check-output"]
u, v = np.array([1, 0, -1, 0]), np.array([0, 1, 0, -1])
print("products:", u * v, " dot:", u @ v, " cosine:", u @ v / np.sqrt((u @ u) * (v @ v)))
slip = np.array([1, 0, -1, -1])  # the fourth entry of u read as -1
print("with the slip:", slip * v, " dot:", slip @ v)
print("divided by the lengths of u and v:", (slip @ v / np.sqrt((u @ u) * (v @ v))).round(3))

# %% [markdown]
# Wherever one vector has a number, the other has 0. All products are 0, so both measures are 0: the vectors stand at right angles.
#
# Two slips are needed for 1/2. The first reads the fourth entry of $u$ as $-1$, which makes the dot product 1. The second keeps the old length of $u$, which no longer belongs to it. With $w = (1, 0, -1, 1)$ instead of $v$ you get an example worth having: dot product 2, cosine $2/(\sqrt 2\sqrt 3)$.

# %% tags=["nbval-check-output"]
w = np.array([1, 0, -1, 1])
print("dot:", u @ w, " cosine:", (u @ w / np.sqrt((u @ u) * (w @ w))).round(3))
claim(
    "The vectors of the article's example are orthogonal: dot product and cosine are 0, not 1 and 1/2.",
    u @ v == 0,
    f"dot {u @ v}",
)

# %% [markdown]
# ## Do the ratings move together? Pearson
#
# Likes throw away the difference between a 4 and a 5. [Pearson's correlation](../../book/glossary.md#pearson-correlation) keeps it. Write $U_{ij}$ for the users who rated both films, the [common raters](../../book/glossary.md#common-raters), and $m_i$ for the mean of film $i$ over *them*:
#
# $$\rho(i, j) = \frac{\sum_{u \in U_{ij}} (r_{ui} - m_i)(r_{uj} - m_j)}{\sqrt{\sum_{u \in U_{ij}} (r_{ui} - m_i)^2}\,\sqrt{\sum_{u \in U_{ij}} (r_{uj} - m_j)^2}}$$
#
# Read it aloud: among those who rated both, do people who put film $i$ above its mean put film $j$ above its mean too? 1 is always, −1 is always the opposite.
#
# By hand, *Hit* and *Twin*. Common raters are A, B, E. *Hit* is 5, 4, 3 with mean 4, so the differences are 1, 0, −1. *Twin* is 4, 5, 2 with mean 11/3: 1/3, 4/3, −5/3. Sum of products 2; sums of squares 2 and 42/9. So $\rho = 2/\sqrt{2 \cdot 42/9} = 0.655$.
#
# Now *Hit* and *Cult*. Common raters are C and D: *Hit* 4 and 2, *Cult* 5 and 3. Differences 1, −1 and 1, −1. So $\rho = 2/\sqrt{2 \cdot 2} = 1$.

# %% tags=["by-hand"]
def pearson_by_hand(R):
    n_items = R.shape[1]
    rho = np.zeros((n_items, n_items))
    for i in range(n_items):
        for j in range(n_items):
            both = ~np.isnan(R[:, i]) & ~np.isnan(R[:, j])
            if both.sum() >= 2:
                a, b = R[both, i] - R[both, i].mean(), R[both, j] - R[both, j].mean()
                scale = np.sqrt((a @ a) * (b @ b))
                rho[i, j] = a @ b / scale if scale > 1e-9 else 0
    return rho

# %% tags=["nbval-check-output"]
print("Pearson Hit with Twin, Cult, Foe:", pearson_by_hand(R)[0, 1:].round(3))

# %% [markdown]
# Pearson's nearest film to *Hit* is *Cult*, with a perfect 1. Two people were enough.
#
# And any two people are. Two points always lie on a line. So the correlation of two raters is exactly $+1$ or $-1$, or it is 0/0, counted as 0, where a film got the same rating from both. Try all ratings from 1 to 5:

# %% tags=["nbval-check-output"]
tables = np.stack(np.meshgrid(*[np.arange(1.0, 6)] * 4), axis=-1).reshape(-1, 2, 2)
pairs = np.array([pearson_by_hand(table)[0, 1] for table in tables])
values, counts = np.unique(pairs.round(6), return_counts=True)
print(dict(zip(values.tolist(), counts.tolist())))
claim(
    "Two common raters give a Pearson correlation of exactly −1, 0 or +1, whatever they rated.",
    set(values) == {-1, 0, 1},
    f"{len(pairs)} ways to fill in the four ratings, {len(values)} values",
)

# %% [markdown]
# All 625 ways to fill in the four ratings give three values. There is no such thing as a weak correlation between two people.
#
# ## Whose level is it? Adjusted cosine
#
# A mean of 3 is praise from one user and a shrug from another. [Adjusted cosine](../../book/glossary.md#adjusted-cosine), the measure of the classic item-based paper [Sarwar et al. 2001](../../book/bibliography.md#sarwar2001itemcf), takes each user's own level away. With $\bar r_u$ for the mean of *all* ratings of user $u$ and $d_{ui} = r_{ui} - \bar r_u$:
#
# $$\mathrm{adj}(i, j) = \frac{\sum_{u \in U_{ij}} d_{ui}\, d_{uj}}{\sqrt{\sum_{u \in U_{ij}} d_{ui}^2}\,\sqrt{\sum_{u \in U_{ij}} d_{uj}^2}}$$
#
# Read it aloud: how far above *their own* average did the common raters put the two films, together?
#
# By hand, *Hit* and *Cult*: C's mean is 4.5, so $d$ is −1/2 and +1/2; D's is 10/3, so $d$ is −4/3 and −1/3. Products −1/4 and 4/9 add to 7/36; the lengths squared are 73/36 and 13/36. So $\mathrm{adj} = 7/\sqrt{73 \cdot 13} = 0.227$. No twin after all.

# %% tags=["by-hand"]
def adjusted_cosine_by_hand(R):
    D = R - np.nanmean(R, axis=1, keepdims=True)
    rated = ~np.isnan(R)
    D = np.where(rated & (np.abs(D) > 1e-9), D, 0)
    squares = (D**2).T @ rated  # entry (i, j): squares of film i over those who rated j as well
    scale = np.sqrt(squares * squares.T)
    return np.divide(D.T @ D, scale, out=np.zeros_like(scale), where=scale > 1e-12)

# %% tags=["nbval-check-output"]
print("adjusted cosine Hit with Twin, Cult, Foe:", adjusted_cosine_by_hand(R)[0, 1:].round(3))
print("adjusted cosine of Cult and Foe, common rater D:", adjusted_cosine_by_hand(R)[2, 3].round(3))

# %% [markdown]
# But the trap has only moved. *Cult* and *Foe* have one common rater, D. One product, divided by its own size, is $+1$ or $-1$. Where Pearson needs two people to be certain, adjusted cosine needs one.
#
# ## Five answers to one question

# %% tags=["hide-input"] mystnb={"image": {"alt": "Dot product, cosine, Jaccard and adjusted cosine all put Twin nearest to Hit; Pearson alone puts Cult first, with similarity 1 from two common raters."}}
measures = {
    "co-count ÷ 3": dot_by_hand(X) / 3,
    "cosine": cosine_by_hand(X),
    "Jaccard": jaccard_by_hand(X),
    "adjusted cosine": adjusted_cosine_by_hand(R),
    "Pearson": pearson_by_hand(R),
}
fig, ax = plt.subplots(figsize=(6.4, 2.9))
for film, marker, color in (("Twin", "o", plots.ACCENT), ("Cult", "D", plots.SECOND), ("Foe", "s", plots.MUTED)):
    values = [s[0, films.index(film)] for s in measures.values()]
    ax.plot(values, range(5), marker, color=color, markersize=8)
    ax.annotate(film, (values[0], 0), (0, 9), textcoords="offset points", ha="center")
ax.set(yticks=range(5), yticklabels=measures, ylim=(4.5, -0.9), xlabel="similarity to Hit (no unit)")
ax.grid(True, axis="x")
plots.title(ax, "Only Pearson calls the film that two people saw Hit's twin")
plt.show()

# %% [markdown]
# | measure | looks at | rewards | is blind to |
# |---|---|---|---|
# | co-count (dot) | likes | films many like | how many like the other film alone |
# | cosine | likes | shared audience, in proportion | the size of the audience |
# | Jaccard | likes | shared audience, as a share | the same |
# | Pearson | ratings of common raters | ratings that move together | how many raters there are, and everybody's level |
# | adjusted cosine | ratings of common raters | being liked above the user's own mean | how many raters there are |
#
# The last column holds the chapter. The library has all five under these names; a test compares your five functions with them on random tables.

# %% tags=["nbval-check-output"]
pairs = [
    (dot_by_hand(X), similarity.dot(X)), (cosine_by_hand(X), similarity.cosine(X)),
    (jaccard_by_hand(X), similarity.jaccard(X)), (pearson_by_hand(R), similarity.pearson(R)),
    (adjusted_cosine_by_hand(R), similarity.adjusted_cosine(R)),
]
print("largest difference from recsys_lib.similarity:", max(np.abs(a - b).max() for a, b in pairs).round(9))

# %% [markdown]
# ### Exercise 1 · warm-up: adjusted cosine on paper
#
# Predict first: will *Twin* and *Foe* come out above or below zero? Then compute the adjusted cosine of *Twin* and *Foe* from the table, by hand, to three decimals or better.

# %% tags=["exercise"]
answer = None  # your number
check("similarity.adjusted_cosine", answer);

# %% tags=["hide-cell", "solution"]
# @title Solution
# Common raters A, B, E with means 10/3, 11/3, 3. Twin: 2/3, 4/3, -1.  Foe: -7/3, -5/3, 1.
answer = (2 / 3 * -7 / 3 + 4 / 3 * -5 / 3 + -1 * 1) / np.sqrt((4 + 16 + 9) / 9 * (49 + 25 + 9) / 9)
check("similarity.adjusted_cosine", answer);

# %% [markdown]
# ### Exercise 2 · core: Pearson without the traps
#
# Write `pearson_pair(x, y)` for two columns with `np.nan` where nobody rated: means over the *common* raters, 0 where fewer than two rated both or where one side does not vary. Before you run the check: which of these cases would your first draft get wrong?

# %% tags=["exercise"]
def pearson_pair(x, y):
    ...  # your code; return a number


check("similarity.pearson_pair", pearson_pair);

# %% tags=["hide-cell", "solution"]
# @title Solution
def pearson_pair(x, y):
    x, y = np.asarray(x, float), np.asarray(y, float)
    both = ~np.isnan(x) & ~np.isnan(y)
    if both.sum() < 2:
        return 0.0
    a, b = x[both] - x[both].mean(), y[both] - y[both].mean()
    scale = np.sqrt((a @ a) * (b @ b))
    return a @ b / scale if scale > 1e-12 else 0.0


check("similarity.pearson_pair", pearson_pair);

# %% [markdown]
# ## How many people speak for a pair of real films?
#
# Now MovieLens, split as [Evaluation](evaluation.ipynb) ends: per user in time, everything before the test part is there to learn from. A pair of films is worth a number only if somebody rated both. How many did?

# %%
data = load_movielens()
split = split_by_user_time(data)
before = split.before("test")
raters = np.bincount(before.item, minlength=data.n_items)
known = np.flatnonzero(raters)
print(f"{len(before):,} ratings before the test part; {len(known):,} of {data.n_items:,} films have a rating")

# %% tags=["nbval-check-output"]
ratings = before.matrix().astype(np.float64)
counts = np.zeros(1000, dtype=np.int64)
for start in range(0, len(known), 1000):
    columns = known[start : start + 1000]
    common = similarity.common_raters(ratings, columns=columns)
    common[np.arange(len(columns)), columns] = 0  # a film with itself is no pair
    counts += np.bincount(common[common > 0], minlength=1000)[:1000]
share = counts / counts.sum()
print(f"pairs of films with a common rater: {counts.sum() // 2:,}")
print(f"share with one: {share[1]:.3f}, with two: {share[2]:.3f}, with ten or more: {share[10:].sum():.3f}")

# %% tags=["nbval-check-output"]
claim(
    "Most pairs of films that anybody rated together were rated together by one or two people.",
    share[1] + share[2] > 0.8,
    f"{share[1] + share[2]:.1%} of the pairs with a common rater have one or two",
)

# %% [markdown]
# For most pairs, a correlation has one or two points to go by. What then do the "nearest" films of a well-known film look like? Take every film with ten raters or more and its 100 nearest by adjusted cosine, ties to the lower index, as [item-kNN](../../book/glossary.md#item-knn) does.

# %%
famous = np.flatnonzero(raters >= 10)
perfect, speakers = [], []
for start in range(0, len(famous), 500):
    columns = famous[start : start + 500]
    s = similarity.adjusted_cosine(ratings, columns=columns)
    common = similarity.common_raters(ratings, columns=columns)
    s[np.arange(len(columns)), columns] = -np.inf
    nearest = retrieval.top_k(s, 100)
    perfect.append((np.take_along_axis(s, nearest, 1) > 1 - 1e-9).mean(1))
    speakers.append(np.take_along_axis(common, nearest, 1))
perfect, speakers = np.concatenate(perfect), np.concatenate(speakers)

# %% tags=["nbval-check-output"]
claim(
    "By adjusted cosine nearly every film with ten raters has a hundred perfect neighbours, mostly one person's work.",
    (perfect == 1).mean() > 0.95 and np.median(speakers) == 1,
    f"{(perfect == 1).mean():.1%} of {len(famous):,} films; {(speakers == 1).mean():.1%} of neighbours by one rater",
)

# %% [markdown]
# A hundred perfect neighbours each, and nearly all of them vouched for by one person. The measure has not gone mad: with one common rater, 1 is the only value it can give to agreement.
#
# ## Whom does each measure recommend?
#
# Item-kNN turns a similarity into a list. The score of film $i$ for user $u$ adds up the similarities between $i$ and the films the user likes, as far as they are among the $k$ nearest of $i$:
#
# $$\mathrm{score}(u, i) = \sum_{j \text{ liked by } u,\; j \in N_k(i)} s(i, j)$$
#
# Guess before you run it, and write the guesses down: NDCG@10 of popularity is about .065. Where will cosine end? Where Pearson?

# %%
def measure(model):
    """NDCG@10 per user, how many rated what is recommended, and how many films are recommended at all."""
    result = evaluation.evaluate(model, split, metrics="ndcg@10")
    rows = np.unique(split.test.user)
    lists = retrieval.top_k(model.score(rows), 10, exclude=split.seen("test").matrix()[rows])
    shown = lists[lists >= 0]
    return result, raters[shown].mean(), len(np.unique(shown))


knn = {
    "Popularity": Popularity(),
    "co-count": ItemKNN(similarity="dot"),
    "cosine": ItemKNN(similarity="cosine"),
    "Jaccard": ItemKNN(similarity="jaccard"),
    "adjusted cosine": ItemKNN(similarity="adjusted_cosine"),
    "Pearson": ItemKNN(similarity="pearson"),
}
measured = {name: measure(model) for name, model in knn.items()}

# %%
def summary(measured, baseline):
    table = evaluation.compare({name: m[0] for name, m in measured.items()}, baseline=baseline)
    text = evaluation.show(table, digits=3)
    text["raters of a film shown"] = [f"{measured[name][1]:.0f}" for name in text.index]
    text["films shown"] = [f"{measured[name][2]:,}" for name in text.index]
    return table, text


def difference(table, name):
    """A row's difference from the baseline, with its interval, as text."""
    row = table.loc[name]
    return f"{name} {row['difference']:+.3f} [{row['difference_low']:+.3f}, {row['difference_high']:+.3f}]"


table, text = summary(measured, "cosine")
text

# %% tags=["hide-input"] mystnb={"image": {"alt": "Cosine and Jaccard reach an NDCG@10 near .106 with films that about 135 people rated; Pearson and adjusted cosine lie near zero and recommend films that two to four people rated."}}
fig, ax = plt.subplots()
for name, (_, n_raters, _) in measured.items():
    row = table.loc[name]
    style = plots.model_style("Popularity" if name == "Popularity" else "ItemKNN")
    ax.plot([n_raters] * 2, [row["low"], row["high"]], color=style["color"], linewidth=1.6)
    ax.plot(n_raters, row["mean"], marker=style["marker"], color=style["color"], markersize=8)
    offset = {"cosine": (-8, 0), "Jaccard": (8, 0)}.get(name, (8, 0))
    side = "left" if offset[0] > 0 else "right"
    ax.annotate(name, (n_raters, row["mean"]), offset, textcoords="offset points", ha=side, va="center")
ax.set(xscale="log", xlim=(1, 900), ylim=(-0.004, 0.13), ylabel="NDCG@10; bars: 95 % interval")
ax.set_xlabel("raters of a recommended film, mean (people, log scale)")
plots.short_ticks(ax)
plots.title(ax, "Unshrunk correlation recommends films two people saw")
plt.show()

# %% [markdown]
# This is the picture to keep. Each dot is the same algorithm with another similarity.

# %%
claim(
    "Unshrunk Pearson and adjusted cosine rank far below popularity, and far below cosine.",
    bool((table.loc[["Pearson", "adjusted cosine"], "high"] < table.loc["Popularity", "low"]).all()),
    ", ".join(f"{n} {table.loc[n, 'mean']:.3f}" for n in ("Pearson", "adjusted cosine", "Popularity", "cosine")),
)
claim(
    "What they recommend was rated by a handful of people; what cosine recommends, by over a hundred.",
    max(measured["Pearson"][1], measured["adjusted cosine"][1]) < 10 and measured["cosine"][1] > 100,
    ", ".join(f"{n}: {measured[n][1]:.0f} raters" for n in ("adjusted cosine", "Pearson", "cosine", "co-count")),
)
claim(
    "Cosine beats the plain co-count; cosine and Jaccard are not told apart.",
    table.loc["co-count", "difference_high"] < 0
    and table.loc["Jaccard", "difference_low"] < 0 < table.loc["Jaccard", "difference_high"],
    f"minus cosine: {difference(table, 'co-count')}, {difference(table, 'Jaccard')}",
)

# %% [markdown]
# The textbook's formula, used as printed, is worse than showing everybody the same ten films. The ratings are the same, the algorithm is the same: only the measure of likeness changed. It prefers certainty, and certainty is cheapest where two people speak.
#
# At the other end the co-count recommends what over two hundred people rated, and few different films: it leans on [popularity](../../book/glossary.md#popularity-bias). Cosine stands between them.
#
# One caution before you throw Pearson away. The test counts films that the user went on to rate, and people rate what they come across: a list of unknown films has a hard time in any such test, good or bad. What the figure proves is that these lists do not find what users went on to like. It does not prove that nobody would have liked them.

# %% [markdown]
# ## Does shrinkage save the correlation?
#
# The repair is old and one line long. Trust a similarity in proportion to the number $n$ of people behind it ([Bell & Koren 2007](../../book/bibliography.md#bell2007lessons)):
#
# $$\mathrm{shrink}(s, n, \beta) = s \cdot \frac{n}{n + \beta}$$
#
# Read it aloud: with $n = \beta$ common raters half of the similarity is left; with one, almost nothing; with thousands, all. This is [shrinkage](../../book/glossary.md#shrinkage). By hand: the perfect 1 of *Hit* and *Cult*, from two raters, with $\beta = 20$ becomes $1 \cdot 2/22 = 0.09$; a 0.5 from 60 raters stays at $0.5 \cdot 60/80 = 0.375$.

# %% tags=["by-hand"]
def shrink_by_hand(s, n, beta):
    return s * n / (n + beta)

# %% tags=["nbval-check-output"]
print("two raters, similarity 1:", round(shrink_by_hand(1.0, 2, 20), 3), " sixty raters, similarity 0.5:", shrink_by_hand(0.5, 60, 20))
print("the library:", similarity.shrink([1.0, 0.5], [2, 60], 20).round(3))

# %% [markdown]
# Will it lift Pearson past popularity? Past cosine? Write down both guesses.

# %%
shrunk = {
    "Pearson, β = 20": ItemKNN(similarity="pearson", shrinkage=20),
    "Pearson, β = 100": ItemKNN(similarity="pearson", shrinkage=100),
    "adjusted cosine, β = 100": ItemKNN(similarity="adjusted_cosine", shrinkage=100),
    "cosine, β = 20": ItemKNN(similarity="cosine", shrinkage=20),
}
measured |= {name: measure(model) for name, model in shrunk.items()}
table, text = summary(measured, "cosine")
text

# %%
both = ["Pearson, β = 100", "adjusted cosine, β = 100"]
over_popularity, _ = summary(measured, "Popularity")
claim(
    "Shrinkage at β = 100 lifts both correlations above popularity.",
    bool((over_popularity.loc[both, "difference_low"] > 0).all()),
    "minus popularity: " + ", ".join(difference(over_popularity, name) for name in both),
)
claim(
    "Even so they stay below plain cosine.",
    bool((table.loc[both, "difference_high"] < 0).all()),
    "minus cosine: " + ", ".join(difference(table, name) for name in both),
)

# %% [markdown]
# Shrinkage closes most of the gap. It does not close all of it, at the strengths tried here. On this data *that* somebody chose to rate and like a film says more for a list than *by how much*.
#
# And cosine itself? Shrinking it changes what is shown, not how well the list scores.

# %%
soft = "cosine, β = 20"
claim(
    "Shrinking cosine by 20 nearly halves the variety of what is recommended; its NDCG@10 is not told apart.",
    measured[soft][2] < 0.65 * measured["cosine"][2]
    and table.loc[soft, "difference_low"] < 0 < table.loc[soft, "difference_high"],
    f"{measured['cosine'][2]} films shown before, {measured[soft][2]} after; minus cosine: {difference(table, soft)}",
)

# %% [markdown]
# Two settings with one NDCG, and one of them shows little more than half as many different films. If your catalogue matters to you, look at more than one number.

# %% [markdown]
# ## Whose neighbours are kept?
#
# "The $k$ nearest neighbours" hides a choice. In the score above, film $i$ is the **target**: it may listen only to its own $k$ nearest. Many programs do it the other way round: each film $j$ of your **history** may speak only for *its* $k$ nearest. The formula looks the same but for one letter:
#
# $$\text{target: } j \in N_k(i) \qquad\qquad \text{history: } i \in N_k(j)$$
#
# On paper nobody would bet on a difference. With $k$ = all they are equal. What would you bet at $k = 100$?

# %%
sides = {
    "cosine, all neighbours": ItemKNN(similarity="cosine", n_neighbors=None),
    "cosine, of history": ItemKNN(similarity="cosine", neighbors_of="history"),
    "Jaccard, of history": ItemKNN(similarity="jaccard", neighbors_of="history"),
}
measured |= {name: measure(model) for name, model in sides.items()}
names = ["cosine", "Jaccard", *sides]
side_table, side_text = summary({name: measured[name] for name in names}, "cosine")
side_text

# %% tags=["hide-input"] mystnb={"image": {"alt": "Compared with cosine that keeps the 100 nearest of each target film, keeping those of each history film costs about .016 NDCG@10; keeping all neighbours may cost about half of that; Jaccard in place of cosine changes nothing visible."}}
label = "NDCG@10 minus that of cosine, 100 nearest of each target; bars: 95 % interval"
ax = plots.intervals(side_table, value="difference", models="ItemKNN", label=label)
plots.title(ax, "Which side keeps its neighbours matters more than cosine or Jaccard")
plt.show()

# %%
claim(
    "Keeping the 100 nearest of each history film, in place of each target film, costs cosine NDCG@10.",
    side_table.loc["cosine, of history", "difference_high"] < 0,
    difference(side_table, "cosine, of history"),
)
claim(
    "Keeping all neighbours does not help: a neighbourhood is a setting, not only a saving of time.",
    side_table.loc["cosine, all neighbours", "difference_high"] < 0.005,
    difference(side_table, "cosine, all neighbours"),
)

# %% [markdown]
# One letter in a definition, and cosine loses more than it could gain or lose by becoming Jaccard. For *all neighbours* the interval ends at zero: whether it costs anything, these users do not tell. When a paper or a library says "item-kNN, $k = 100$", ask which side.
#
# This chapter compared a dozen settings on one test set. With that many looks, an interval that barely excludes zero is weak evidence; the large differences above would survive a correction, and the small ones we do not explain. Settings to be *used* are chosen on the validation part, as [The full build](../deep/full_build.ipynb) does.

# %% [markdown]
# ### Exercise 3 · open: a likeness for your own items
#
# Take items that you know: recipes, songs, courses, products. Which of the five measures would you begin with, which signal would it read, and how would you see within a day that it recommends what two people saw? Write half a page and one figure on MovieLens or your own ratings (`read_csv`).
#
# Judge it by: (1) the signal is named and its missing entries are accounted for; (2) the measure fits the signal, with one case worked by hand; (3) the number of people behind a similarity is shown, not assumed; (4) a comparison stands beside cosine, with an interval, and a negative result is kept.

# %% [markdown]
# ## What you can do now
#
# - You computed five similarities on paper, and know what each is blind to.
# - You found the slip that makes 1/2 of a right angle: an entry misread, and a length that no longer belonged to the vector.
# - You explained an NDCG near zero: certainty is cheapest where one or two people speak.
# - You repaired it with one factor, $n/(n+\beta)$, and saw how far that goes.
# - You measured which side should keep its neighbours here.
#
# ## What to remember
#
# A similarity without the number of people behind it is an opinion of two. Likes with cosine are a hard baseline; correlation needs shrinkage; "k nearest" needs a side.
#
# ## Where it breaks in production
#
# - **New items have no common raters at all.** Every measure here gives them 0, whatever they are. [Content-based filtering](../../book/glossary.md#content-based-filtering) is the usual bridge.
# - **Similarities age.** They are computed in a batch; a film that became famous on Friday keeps Thursday's neighbours.
# - **Popular items dominate the cost.** The pairs of an item grow with its raters; very active accounts, often shops or robots, create most pairs. Cap what one user may contribute.
# - **Ties are decided by something.** A hundred similarities of exactly 1 are cut by index order. If the index is the release order, your list has an age limit that nobody asked for.
#
# ## Further reading
#
# - [Sarwar et al. 2001](../../book/bibliography.md#sarwar2001itemcf): item-based collaborative filtering and adjusted cosine, where it began.
# - [Bell & Koren 2007](../../book/bibliography.md#bell2007lessons): lessons of the Netflix Prize, shrinkage among them.
# - [Herlocker et al. 2004](../../book/bibliography.md#herlocker2004evaluating): how to evaluate what these measures recommend.
# - [Aggarwal 2016](../../book/bibliography.md#aggarwal2016textbook): a textbook's treatment of neighbourhood methods.
