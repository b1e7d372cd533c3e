# %% [markdown]
# # Anatomy of a recommender
#
# **What is a recommender made of, and which of its parts finds the films people go on to like?**
#
# Somebody opens your site for the first time. You know nothing about them, so you show the film with the best mean rating: a clean 5.0 out of 5. Good idea? Decide before you read on. In this data 315 films have a mean of exactly 5.0.
#
# You will be able to:
#
# - **name** the parts of a recommender, user model, item model and algorithm, and **trace** one recommendation through them by hand;
# - **compute** how sparse a set of ratings is and how long its tail;
# - **explain** why the mean of the ratings you have is not the mean of the ratings there could be, and why real data alone cannot prove it;
# - **compare** a content-based with a collaborative recommender on the same users, with an interval;
# - **make** a list for yourself.
#
# 35 min to read · about 40 s to run · needs Python, NumPy and a first course in machine learning

# %% [markdown]
# ## Setup

# %%
import dataclasses

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from recsys_lib import plots
from recsys_lib.claims import claim
from recsys_lib.data import load_movielens, simulate_world, split_by_user_time
from recsys_lib.evaluation import compare, evaluate, show
from recsys_lib.exercises import check
from recsys_lib.models import ContentTFIDF, ItemKNN, Popularity, recommend

plots.use_style()
rng = np.random.default_rng(0)

# %% tags=["nbval-check-output"]
data = load_movielens()
raters = np.bincount(data.item, minlength=data.n_items)
mean_rating = np.bincount(data.item, weights=data.rating, minlength=data.n_items) / raters
best = mean_rating == 5
print(f"films with mean 5.0: {best.sum()}; rated once: {(raters[best] == 1).sum()}; at most by {raters[best].max()}")
claim(
    "A perfect mean is the mark of one voter, not of a great film.",
    (raters[best] == 1).mean() > 0.9,
    f"{(raters[best] == 1).mean():.0%} of the films with mean 5.0 have one rating",
)

# %% [markdown]
# That first list would have been the whims of single people. A recommender needs more than a column to sort. This chapter takes one apart, first on paper, then on a hundred thousand ratings.

# %% [markdown]
# ## A recommender you can hold in your hand
#
# Six films, three genres. A film is described by a row of zeros and ones. That row is the [item model](../../book/glossary.md#item-model): what the system knows about an item.

# %% tags=["nbval-check-output"]
films = ["Orbit", "Comet", "Alibi", "Heist", "Waltz", "Kiss"]
genres = ["space", "crime", "romance"]
V = np.array([[1, 0, 0], [1, 0, 1], [0, 1, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1]], float)
X = np.array([  # likes: one row a user, one column a film
    [1, 1, 0, 0, 0, 0],
    [1, 0, 0, 1, 0, 0],
    [0, 0, 1, 1, 0, 0],
    [0, 0, 0, 0, 1, 1],
    [0, 1, 0, 0, 1, 0],
], float)
print(pd.DataFrame(V, films, genres).astype(int).T.to_string())
print(pd.DataFrame(X, list("ABCDE"), films).astype(int).to_string())

# %% [markdown]
# User A likes *Orbit* and *Comet*. What should A see next?
#
# **The user model.** Average the rows of the liked films. With $L_u$ for the films that user $u$ likes and $v_i$ for the row of film $i$:
#
# $$p_u = \frac{1}{|L_u|} \sum_{i \in L_u} v_i$$
#
# Read it aloud: $p_u$, the [user profile](../../book/glossary.md#user-profile), is the average of what $u$ liked. For A: $\tfrac12\,[(1,0,0) + (1,0,1)] = (1, 0, \tfrac12)$. All space, half romance.
#
# **The algorithm.** Score each film by how far its row points the way of the profile, the cosine of the angle between them:
#
# $$\mathrm{score}(u, i) = \frac{p_u \cdot v_i}{\lVert p_u\rVert\,\lVert v_i\rVert}$$
#
# then leave out what A has seen, sort, and show the top. By hand for *Heist*, $(1, 1, 0)$: $1 / (\sqrt{1.25}\sqrt 2) = 0.632$. For *Waltz*, $(0, 0, 1)$: $0.5/\sqrt{1.25} = 0.447$.

# %% tags=["by-hand"]
def content_scores(likes, vectors):
    """Cosine between each user's profile and each film's row; rows of unit length are averaged."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    profile = likes @ unit / np.maximum(likes.sum(axis=1, keepdims=True), 1)
    length = np.linalg.norm(profile, axis=1, keepdims=True)
    return profile / np.where(length > 0, length, 1) @ unit.T


def top_k_by_hand(scores, seen, k):
    """The k best unseen films of each user, best first; ties go to the lower index."""
    scores = np.where(seen, -np.inf, scores)
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]

# %% tags=["nbval-check-output"]
p = V[:2].mean(axis=0)
print("A's profile on paper:", p, " Heist:", round(p @ V[3] / np.linalg.norm(p) / np.linalg.norm(V[3]), 3))
lists = top_k_by_hand(content_scores(X, V), X > 0, 2)
for user, row in zip("ABCDE", lists):
    print(user, "likes", [films[i] for i in np.flatnonzero(X["ABCDE".index(user)])], "→ show", [films[i] for i in row])

# %% [markdown]
# The function makes each film's row one unit long before it averages, so that a film with three genres does not shout louder than a film with one; the order here is the one from paper.
#
# This is [content-based filtering](../../book/glossary.md#content-based-filtering). It knows what films are, and nothing of what other people did. A is shown *Heist* because it is set in space.
#
# ### The same question without a single genre
#
# Now throw the genres away and keep only the likes. Count for each pair of films how many people like both, the [co-count](../../book/glossary.md#co-count) $c_{ij}$, and score a film by its co-counts with what you like:
#
# $$\mathrm{score}(u, i) = \sum_{j \in L_u,\; j \ne i} c_{ij}, \qquad c_{ij} = \sum_u x_{ui}\, x_{uj}$$
#
# Read it aloud: people who liked what you like also liked film $i$, this many times.

# %% tags=["by-hand"]
def co_like_scores(likes):
    together = likes.T @ likes
    np.fill_diagonal(together, 0)
    return likes @ together

# %% tags=["nbval-check-output"]
print("A's co-like scores:", dict(zip(films, co_like_scores(X)[0].astype(int).tolist())))
for user, row in zip("ABCDE", top_k_by_hand(co_like_scores(X), X > 0, 2)):
    print(user, "→ show", [films[i] for i in row])

# %% [markdown]
# A is shown *Heist* again, for another reason: B likes *Orbit* and *Heist*. And *Waltz*, since E likes *Comet* and *Waltz*. No genre was read. This is [collaborative filtering](../../book/glossary.md#collaborative-filtering): it knows what people did together, and nothing of what films are.
#
# In the second kind the item model is a column of likes, the user model a row of them, and the algorithm is the same: score, leave out what was seen, sort.

# %% [markdown]
# ## Three boxes, and the arrow that everybody forgets

# %% tags=["hide-input"]
BOXES = {"behaviour": (1, 3.8), "item data": (1, 1.7), "user model": (3.3, 3.8), "item model": (3.3, 1.7)}
BOXES |= {"retrieval\nmillions →\nthousands": (5.5, 2.75), "ranking\n→ hundreds": (7.4, 2.75), "list\n→ ten": (9.1, 2.75)}
STARTS = [(1.75, 3.8), (1.75, 1.7), (1.5, 3.5), (4.1, 3.7), (4.1, 1.8), (6.25, 2.75), (8.15, 2.75)]
ENDS = [(2.5, 3.8), (2.5, 1.7), (2.6, 2.0), (4.75, 3.2), (4.75, 2.3), (6.6, 2.75), (8.65, 2.75)]

# %% tags=["hide-input"] mystnb={"image": {"alt": "Behaviour and item data feed a user model and an item model; retrieval takes thousands of candidates from millions, ranking hundreds, the list shows ten; what is shown becomes the next behaviour, an arrow back to the start."}}
fig, ax = plt.subplots(figsize=(6.4, 3.2))
ax.set(xlim=(0, 10), ylim=(0.2, 4.5))
ax.axis("off")
for text, (x, y) in BOXES.items():
    ax.text(x, y, text, ha="center", va="center", bbox={"boxstyle": "round,pad=0.45", "fc": "white", "ec": plots.INK})
for start, end in zip(STARTS, ENDS):
    ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": plots.INK})
ax.plot([9.1, 9.1, 0.2], [2.2, 0.55, 0.55], color=plots.SECOND, linewidth=1.8)
ax.annotate("", (0.2, 3.8), (0.2, 0.5), arrowprops={"arrowstyle": "->", "color": plots.SECOND, "linewidth": 1.8})
ax.text(5, 0.7, "what is shown decides what is seen, rated and learnt next", ha="center")
plots.title(ax, "A recommender feeds on its own output")
plt.show()

# %% [markdown]
# The usual drawing has three boxes: a user model, an item model, an algorithm. Systems in use stretch the third into a [funnel](../../book/glossary.md#two-stage-funnel): a cheap step takes thousands of candidates out of millions ([retrieval](../../book/glossary.md#retrieval)), a costly one puts hundreds in order ([ranking](../../book/glossary.md#ranking)), rules and taste choose the ten you see. The two steps exist because nothing good can be computed for millions of items in the time a page may take. With nine thousand films we can afford one step, and so does this book's first part.
#
# The fourth arrow runs back. What is shown decides what is watched, rated and learnt from next: the [feedback loop](../../book/glossary.md#feedback-loop). Keep it in mind for the next two sections: no data set is a sample of what people like. It is a record of what they met.

# %% [markdown]
# ## What the ratings look like
#
# MovieLens is a site on which people rate films from half a star to five. A rating is an [explicit](../../book/glossary.md#explicit-feedback) signal: somebody was asked and answered. A view, a click, a purchase are [implicit](../../book/glossary.md#implicit-feedback) ones: plenty, cheap and silent about dislike. The choice to rate a film at all is an implicit signal inside the explicit data, and you will see that it is the stronger one.

# %% tags=["nbval-check-output"]
print(data.describe().to_string())

# %% [markdown]
# What share of all user–film pairs do we know? Guess, then multiply: 671 users times 9,066 films are six million pairs.

# %% tags=["nbval-check-output"]
density = len(data) / (data.n_users * data.n_items)
print(f"known: {len(data):,} of {data.n_users * data.n_items:,} pairs, {density:.2%}; missing: {1 - density:.2%}")

# %% [markdown]
# Fewer than two in a hundred, and MovieLens is dense: a shop with a million items knows far less. [Sparsity](../../book/glossary.md#sparsity) is the normal state. And what is known is not spread evenly.

# %% tags=["hide-input"] mystnb={"image": {"alt": "A tenth of the films hold about sixty in a hundred of all ratings, while a third of the films have a single rating: the curve of cumulated ratings rises steeply and then crawls."}}
order = np.sort(raters)[::-1]
films_so_far, ratings_so_far = np.arange(1, len(order) + 1) / len(order), np.cumsum(order) / order.sum()
tenth, once = len(order) // 10, (raters == 1).mean()
fig, ax = plt.subplots()
ax.plot(films_so_far, ratings_so_far, color=plots.ACCENT)
ax.plot(0.1, ratings_so_far[tenth], "o", color=plots.SECOND)
ax.text(0.13, 0.5, f"a tenth of the films:\n{ratings_so_far[tenth]:.0%} of the ratings")
ax.axvline(1 - once, color=plots.MUTED, linestyle="--", linewidth=1)
ax.text(1 - once + 0.01, 0.06, f"rated once: {once:.0%} of the films")
ax.set(xlabel="share of films, most rated first", ylabel="share of all ratings", ylim=(0, 1.02), xlim=(0, 1))
plots.title(ax, "A tenth of the films holds most ratings; a third was rated once")
plt.show()

# %% tags=["nbval-check-output"]
claim("Half of the films were rated by three people or fewer.", np.median(raters) <= 3, f"median {np.median(raters):.0f} raters, maximum {raters.max()}")

# %% [markdown]
# That is a [long tail](../../book/glossary.md#long-tail). For the head, numbers speak. For the tail, there is next to nothing to count.

# %% [markdown]
# ## The ratings you have are not a sample of the ratings there are
#
# Would the mean of all six million pairs, if everybody had to rate everything, be the mean of the ratings we hold? People choose what they watch, and mostly choose well. Ratings of what they would hate are missing *because* they would hate it: [missing not at random](../../book/glossary.md#missing-not-at-random).
#
# It sounds right. Can we prove it? Not on MovieLens: the ratings we would need are the ones nobody gave. So build a world in which everything is known. [`simulate_world`](../../book/glossary.md#known-truth-world) draws people and films, what each would rate, and then hides most of it. One knob, `exposure_bias`, says how strongly people meet what they would like. At 0 every rating has the same chance of being given.

# %% tags=["nbval-check-output"]
rows = []
for bias in (0, 0.5, 1, 2):
    world = simulate_world(exposure_bias=bias, rng=0)
    given = world.interactions
    draws = [rng.choice(given.rating, len(given)).mean() for _ in range(1000)]
    low, high = np.quantile(draws, [0.025, 0.975])
    rows.append((bias, given.rating.mean(), low, high, world.expected_rating.mean()))
worlds = pd.DataFrame(rows, columns=["exposure_bias", "mean of the given", "low", "high", "mean of all (truth)"])
print(worlds.round(2).to_string(index=False))

# %% tags=["hide-input"] mystnb={"image": {"alt": "With no exposure bias the mean of the given ratings equals the true mean of 3.18; with a bias of 2 it stands at 4.06 while the truth has not moved."}}
fig, ax = plt.subplots(figsize=(4.2, 3.0))
ax.errorbar(worlds["exposure_bias"], worlds["mean of the given"], [worlds["mean of the given"] - worlds["low"], worlds["high"] - worlds["mean of the given"]], fmt="o-", color=plots.SECOND)
ax.plot(worlds["exposure_bias"], worlds["mean of all (truth)"], "--", color=plots.INK)
ax.annotate("given", (2, worlds["mean of the given"].iloc[-1]), (0, 8), textcoords="offset points", ha="right")
ax.annotate("all pairs (truth)", (2, worlds["mean of all (truth)"].iloc[-1]), (0, 5), textcoords="offset points", ha="right")
ax.set(xlabel="exposure bias (no unit)", ylabel="mean rating (stars)", ylim=(3, 4.35))
plots.title(ax, "The truth stays; what is seen drifts up")
plt.show()

# %% tags=["nbval-check-output"]
off = (worlds["low"] > worlds["mean of all (truth)"]).tolist()
claim("Where people meet what they like, the mean of the given ratings overstates the truth, more with a stronger pull.", not off[0] and all(off[1:]) and worlds["mean of the given"].is_monotonic_increasing, f"bias 0: {rows[0][1]:.2f} against {rows[0][4]:.2f}; bias 2: {rows[3][1]:.2f} against {rows[3][4]:.2f}")

# %% [markdown]
# With the knob at 0 the interval covers the truth. With the knob turned, nine thousand ratings agree closely on a wrong number: more data of the same kind makes the error no smaller, only better measured. A model that never sees the missing ratings inherits this.
#
# ### The symptom in MovieLens
#
# If people meet good films more often, films with many ratings should be rated higher. Are they?

# %% tags=["nbval-check-output"]
bands = pd.cut(raters, [0, 1, 5, 20, 100, 1000], labels=["1", "2–5", "6–20", "21–100", "over 100"])
table = pd.DataFrame({"raters": bands, "mean": mean_rating}).groupby("raters", observed=True)["mean"].agg(["size", "mean"])
print(table.rename(columns={"size": "films", "mean": "mean of the films' means"}).round(2).to_string())

# %% [markdown]
# They are, band by band. It looks like proof. It is none. Here is a second world, in which the ratings given are an honest sample *of each film*: good films are met more often by everybody, whatever the single person thinks.

# %%
def by_band(item, rating, truth, n_items):
    """Mean rating of much-rated minus little-rated films, and how far films' means stand above their truth."""
    count = np.bincount(item, minlength=n_items)
    seen = count > 0
    means = np.bincount(item, weights=rating, minlength=n_items)[seen] / count[seen]
    many = count[seen] > np.median(count[seen])
    return means[many].mean() - means[~many].mean(), (means - truth.mean(axis=0)[seen]).mean()


personal = simulate_world(exposure_bias=0.5, rng=0)
honest = simulate_world(exposure_bias=0, density=0.4, rng=0)
quality = honest.expected_rating.mean(axis=0)
keep = rng.random(len(honest.interactions)) < 0.25 * np.exp(quality - quality.max())[honest.interactions.item]
thinned = honest.interactions.take(keep)
# %% tags=["nbval-check-output"]
two_worlds = {
    "people meet what they like": (personal, personal.interactions),
    "good films are met by all": (honest, thinned),
}
for name, (world, given) in two_worlds.items():
    gap, excess = by_band(given.item, given.rating, world.expected_rating, given.n_items)
    print(f"{name:27} much − little rated: {gap:+.2f} stars; films' means above their truth: {excess:+.2f} stars")

# %% [markdown]
# Both worlds show the symptom. In the first every film's mean is too high; in the second every film's mean is right. From the ratings alone you cannot tell them apart, because the column that would tell them apart is the one that is missing. What would tell: a random sample of pairs that people are *made* to rate, or a log of what was shown.

# %%
results = [by_band(g.item, g.rating, world.expected_rating, g.n_items) for world, g in two_worlds.values()]
claim("Popular films rated higher prove nothing: a world in which every film's mean is honest shows it too.", min(r[0] for r in results) > 0.05 and results[0][1] > 0.2 and abs(results[1][1]) < 0.05, "; ".join(f"much − little rated {gap:+.2f} stars, bias of the films' means {excess:+.2f}" for gap, excess in results))

# %% [markdown]
# ### Exercise 1 · warm-up: a profile on paper
#
# In the toy catalogue, user F likes *Alibi* and *Waltz* and dislikes *Kiss*. Predict which film the content-based recommender shows F first, then give F's profile by the formula above (plain average of the rows of the table, three numbers).

# %% tags=["exercise"]
answer = None  # three numbers: space, crime, romance
check("anatomy.profile", answer);

# %% tags=["hide-cell", "solution"]
# @title Solution
alibi, waltz = np.array([0, 1, 0]), np.array([0, 0, 1])
answer = (alibi + waltz) / 2  # a dislike is no like: Kiss stays out
check("anatomy.profile", answer);

# %% [markdown]
# ### Exercise 2 · core: from scores to a list
#
# Write `top_ten(scores, seen)` for one user: `scores` an array with one number a film, `seen` a set of indices. Return the indices of the ten best films that were not seen, best first, ties to the lower index; fewer if fewer are left. Before you check: what does `np.argsort(-scores)` do with ties?

# %% tags=["exercise"]
def top_ten(scores, seen):
    ...  # your code; return a list of indices


check("anatomy.top_ten", top_ten);

# %% tags=["hide-cell", "solution"]
# @title Solution
def top_ten(scores, seen):
    order = np.argsort(-np.asarray(scores), kind="stable")
    return [int(i) for i in order if int(i) not in seen][:10]


check("anatomy.top_ten", top_ten);

# %% [markdown]
# ## Which half earns the hit?
#
# Now both recommenders on real people. `ContentTFIDF` is the first toy grown up: a film's row holds the words of its title and its genres, weighted by [TF-IDF](../../book/glossary.md#tf-idf), so that a rare word counts for more than "Drama". `ItemKNN` is the second: co-likes, divided by the films' sizes (the chapter [Similarity](similarity.ipynb) takes it apart). Beside them stands [popularity](../../book/glossary.md#popularity), which shows everybody what most people liked.
#
# Each user's ratings are cut in time: the models learn from the first 80 % and are asked for ten films out of all 9,066. We count a **hit** where one of the ten is among those that the user later rated 4 or more. One number, the [hit rate](../../book/glossary.md#hit-rate): the share of users with a hit in ten. It is coarse, one lucky film is enough; [Evaluation](evaluation.ipynb) brings finer ones.
#
# Beside each number stands an interval: how far it would move if we had drawn other users of the same kind. Where the interval of a *difference* leaves out zero, we say that the models differ; [Evaluation](evaluation.ipynb) shows how it is made.
#
# Guess three numbers before you run the cell: popularity, content, collaborative.

# %%
split = split_by_user_time(data)
models = {"Popularity": Popularity(), "ContentTFIDF": ContentTFIDF(), "ItemKNN": ItemKNN()}


def contest(split, k=10):
    metric = f"hit_rate@{k}"
    results = {name: evaluate(model, split, metrics=metric) for name, model in models.items()}
    return compare(results, baseline="ItemKNN", metric=metric)


everybody = contest(split)
show(everybody, digits=3)

# %% tags=["hide-input"] mystnb={"image": {"alt": "About 45 of 100 users get a hit from co-likes, 29 from plain popularity, and 6 from titles and genres; the intervals do not come near each other."}}
ax = plots.intervals(everybody.sort_values("mean", ascending=False), label="share of users with a hit in ten; bars: 95 % interval over users")
plots.title(ax, "Knowing what people did beats knowing what films are")
plt.show()

# %%
claim("Co-likes find a liked film for more users than popularity does, and popularity for more than titles and genres.", everybody.loc["Popularity", "difference_high"] < 0 and everybody.loc["ContentTFIDF", "high"] < everybody.loc["Popularity", "low"], ", ".join(f"{name} {row['mean']:.2f} [{row['low']:.2f}, {row['high']:.2f}]" for name, row in everybody.iterrows()))

# %% [markdown]
# A model that read every title and every genre finds a film for about six users in a hundred. A list that knows nothing about anybody does far better. Genres say what a film is; they do not say whether anybody goes to see it.
#
# Two cautions. These genres and titles are thin content: plots, actors or pictures say more. And the test counts films that users went on to rate, which favours whatever is in front of everybody.
#
# ### Does content win where people have rated little?
#
# The usual advice is: content for new users, collaboration for old ones. Split the users into thirds by how much they had rated before.

# %%
known = np.bincount(split.before("test").user, minlength=data.n_users)
cuts = [0, *np.quantile(known[known > 0], [1 / 3, 2 / 3]), np.inf]
thirds = {}
for low, high in zip(cuts, cuts[1:]):
    rows = (known[split.test.user] > low) & (known[split.test.user] <= high)
    name = f"{low + 1:.0f} or more" if high == np.inf else f"{low + 1:.0f} to {high:.0f}"
    thirds[name] = contest(dataclasses.replace(split, test=split.test.take(rows)))
pd.concat({name: show(table, digits=3).iloc[:, :4] for name, table in thirds.items()}, names=["ratings before", "model"])

# %%
claim("Collaborative filtering beats content in every third of the users, also among those with the fewest ratings.", all(table.loc["ContentTFIDF", "difference_high"] < 0 for table in thirds.values()), "content − ItemKNN: " + ", ".join(f"{table.loc['ContentTFIDF', 'difference']:+.2f}" for table in thirds.values()))

# %% [markdown]
# Not here. The least active third had still rated some twenty films; whom nobody knows at all, this split does not contain.
#
# ### Where content has no rival
#
# A film that nobody has rated has no co-likes. Collaborative filtering gives it 0, whatever it is: [cold start](../../book/glossary.md#cold-start). Keep in the test only such films, and ask again.

# %%
cold_film = np.bincount(split.before("test").item, minlength=data.n_items) == 0
cold = dataclasses.replace(split, test=split.test.take(cold_film[split.test.item]))
depths = {k: contest(cold, k) for k in (10, 100, 500)}
pd.concat({f"list of {k}": show(t, digits=3).iloc[:, :2].set_axis(["hit rate", "95 % interval"], axis=1) for k, t in depths.items()})

# %%
content = {k: table.loc["ContentTFIDF"] for k, table in depths.items()}
claim("Among films that nobody had rated only content finds any, in long lists; for a list of ten the data do not tell.", content[10]["low"] == 0 and content[100]["low"] > 0 and depths[500].loc["ItemKNN", "mean"] == 0, ", ".join(f"list of {k}: {row['mean']:.3f} [{row['low']:.3f}, {row['high']:.3f}]" for k, row in content.items()))

# %% [markdown]
# So who wins where? On films with a past, what people did wins by a wide margin, for everybody. On films without a past, content is the only one that speaks; it speaks softly, and only a longer list hears it. Neither half is the recommender. Putting them together without losing either is what the word *fusion* in this book's title means.

# %% [markdown]
# ## Your first list
#
# Find a few films that you like and put their ids into `mine`, with your rating. Then run the last cell.

# %% tags=["nbval-check-output"]
def search(words):
    found = data.item_table["title"].astype(str).str.contains(words, case=False, regex=False)
    return data.item_table.loc[found, ["item_id", "title", "year"]].to_string(index=False)


print(search("matrix"))
print(search("fargo"))

# %%
mine = {2571: 5.0, 608: 4.5, 5618: 5.0}  # The Matrix, Fargo, Spirited Away: put your own here
model = ItemKNN().fit(data)
recommend(model, history=mine)[["rank", "title", "year", "score"]].round(2)

# %% [markdown]
# It has never met you. Three films were enough, since the score needs only what you liked and who else liked it.

# %% tags=["nbval-check-output"]
mine_list = recommend(model, history=mine)
claim("Your list holds ten films, and none that you named.", len(mine_list) == 10 and not set(mine_list["item_id"]) & set(mine), f"{len(mine_list)} films, {len(set(mine_list['item_id']) & set(mine))} of them named")

# %% [markdown]
# ### Exercise 3 · open: take one apart
#
# Choose a recommender you use every day. Draw its boxes: what might its user model read, what its item model, where are retrieval and ranking, and where does the arrow run back? Then predict one thing it will do wrong because of what is missing not at random, and say what you would log to find out.
#
# Judge it by: (1) each box names its data, not its fashion; (2) the feedback arrow leads to a measurable consequence; (3) the prediction could turn out false; (4) the log you ask for would tell the two worlds of this chapter apart.

# %% [markdown]
# ## What you can do now
#
# - You traced a recommendation through item model, user model and algorithm, twice, on paper.
# - You computed density and tail: under 2 % known, half of the films with three raters or fewer.
# - You showed in a known world that given ratings overstate the truth, and why the symptom alone proves nothing.
# - You compared content with collaboration on the same users, with intervals, and found where each has no rival.
# - You made a list of your own.
#
# ## What to remember
#
# A recommender is a user model, an item model, an algorithm, and an arrow back. What people did is the strongest signal for what has a past; what an item is, is the only one for what has none.
#
# ## Where it breaks in production
#
# - **The loop closes.** You retrain on clicks on your own lists. Log what was shown, and keep a small random share, or the next model learns the last one.
# - **The catalogue moves.** Items arrive hourly; a batch of co-likes knows yesterday's.
# - **A new user has no row.** Decide what the first page shows, and say so in the code: here `fallback=` must be asked for.
# - **The mean lies twice:** few raters make it noisy, and those raters chose themselves.
#
# ## Further reading
#
# - [Goldberg et al. 1992](../../book/bibliography.md#goldberg1992tapestry) and [Resnick et al. 1994](../../book/bibliography.md#resnick1994grouplens): where collaborative filtering got its name and its first users.
# - [Harper & Konstan 2015](../../book/bibliography.md#harper2015movielens): how MovieLens came about, and how its ratings were gathered.
# - [Steck 2010](../../book/bibliography.md#steck2010mnar) and [Schnabel et al. 2016](../../book/bibliography.md#schnabel2016treatments): training and testing where ratings are missing not at random.
# - [Ricci et al. 2022](../../book/bibliography.md#ricci2022handbook): the handbook.
