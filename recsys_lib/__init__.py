"""recsys_lib: the small shared library behind *Unify & Fuse*. Each name promises one formula.

What the modules hand to each other:

Table         a pandas DataFrame at the border: columns user_id, item_id, rating, timestamp (seconds since
              1970-01-01 UTC). Ids are of any hashable type.
Interactions  the same as arrays, frozen: user (n,) int32, item (n,) int32, rating (n,) float32 or None,
              timestamp (n,) int64 or None, two IdMaps and an item_table aligned with items. `matrix()` is a
              csr_array (n_users, n_items): always users × items, always the full shape, whatever the slice.
              A pair occurs once. A stored entry is a rating, also where its value is 0.
IdMap         external id ↔ 0..n-1, frozen. An unknown id is a KeyError that names it. Ids meet the world only
              here and in `to_table`; everything between speaks indices.
Split         train, validation, test: the same IdMaps, no pair in two parts, no second on two sides of a cut
              in time. `before(part)` is what may be fitted on, `seen(part)` what must not be recommended again.
Recommender   `fit(train) -> self`, `score(users) -> float32 (len(users), n_items)`, higher is better. A user that
              was not fitted on is scored through `history=`; `recommend` speaks external ids.
Three stages  score → `top_k(scores, k, exclude=csr) -> int32 (n_users, k)` → metric. Best first, ties to the
              lower index, -1 where fewer than k exist. Only `top_k` filters.
Metric        ranking: (recommended, relevant csr) -> float64 (n_users,), NaN for a user with nothing relevant.
              Ratings: pairs -> float. Lists: all lists -> float.
LLMClient     `generate(prompt) -> str`, `score(prompt, texts) -> float64 (len(texts),)`, the log-likelihood of each
              text as the answer: SmolLM2 on this machine, its recorded answers, or a server, which has no score.
rng           int or numpy.random.Generator, keyword-only. Same seed, same bytes.
Errors        ValueError, KeyError, TypeError, FileNotFoundError, NotFittedError. The message says what was
              expected and what came.
Command       `python -m recsys_lib FILE` audits a file of ratings, compares models on it and writes one page.

Importing this package loads nothing heavy; `losses` and the files of the Keras models alone need Keras and TensorFlow
(`models.text`, which reads texts with MiniLM, and `models.language_model`, which writes with SmolLM2, among them).
"""

__version__ = "1.1.0"
