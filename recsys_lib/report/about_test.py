"""The part of the page about the test: what each model scored, how sure that is, and what was held back."""

from recsys_lib import formatting

from . import figures
from .comparing import BASELINE, METRICS
from .markup import count, prose, table_of, text, with_interval

NAMES = {"ndcg@10": "NDCG@10", "recall@20": "Recall@20"}
MEANING = {
    "ndcg@10": "how far up a user's held-back likes stand in the first ten of the list: 1 is best, 0 is none there",
    "recall@20": "the share of a user's held-back likes that is among the first twenty",
}
ABOUT = {
    "Popularity": "the same list for everybody: what most users liked.",
    "ItemKNN": "items liked by the users who liked what you liked; each item has 100 neighbours.",
    "EASE": "a weight for every pair of items, all fitted together in closed form.",
    "UnifiedFused": "candidates of many models, and of texts and times where there are; trees learn whom to trust.",
}


def answer(comparison):
    """What the test showed, in two or three sentences."""
    if comparison.split is None:
        return f"No test was possible. {comparison.cut}"
    best = comparison.best()
    if best is None:
        return "No model could be tested on this file; the table below says why for each."
    table = comparison.table(METRICS[0], baseline=best)
    if table is None:
        value = formatting.number(comparison.means(METRICS[0])[best])
        said = f"{best} has the highest NDCG@10, {value}, of one user: that shows nothing about others."
        return said + _not_tested(comparison)
    row = table.loc[best]
    users = f"over {comparison.n_users():,} users"
    if not row["mean"] > 0:
        none = f"No model put a held-back like into anybody's first ten: NDCG@10 is 0 {users}."
        return none + _not_tested(comparison)
    if len(table) == 1:
        return f"{best} has NDCG@10 {_mean(row)} {users}. No other model could be tested."
    second = table.index[1]
    low, high = -table.difference_high[second], -table.difference_low[second]
    gap = f"{formatting.number(-table.difference[second])} below, 95 % interval {formatting.interval(low, high)}"
    if low > 0:
        said = (
            f"{best} makes the best lists by NDCG@10: {_mean(row)} {users}. The next is {second}, {gap}: it excludes "
        )
        return f"{said}zero.{_by_recall(comparison, best)}{_not_tested(comparison)}"
    said = f"No winner: {best} has the highest NDCG@10, {_mean(row)} {users}; {second} is {gap}, which includes zero."
    return f"{said} This test does not show a difference.{_by_recall(comparison, best)}{_not_tested(comparison)}"


def _not_tested(comparison):
    """A sentence where a model could not be fitted: that it is not the best was not shown."""
    names = ", ".join(comparison.failures)
    return f" Not tested: {names} (reason below the tables)." if names else ""


def _by_recall(comparison, best):
    """A sentence where another model leads by the second metric."""
    means = comparison.means(METRICS[1])
    first = max(means, key=means.get)
    value = f"{formatting.number(means[first])} against {formatting.number(means[best])}"
    return f" By Recall@20 the highest is {first}, {value}." if means[first] > means[best] else ""


def _mean(row):
    return f"{formatting.number(row['mean'])} {formatting.interval(row['low'], row['high'])}"


def about_test(reading, comparison):
    title = "<h2>Which model makes the best list?</h2>\n"
    if comparison.split is None:
        return f"{title}<p>No test was possible, for the reason above.</p>"
    parts = [title, f"<p>{text(comparison.cut)} {_cold(comparison.split)}</p>", _picture(comparison)]
    parts.append(_results(comparison))
    meanings = " ".join(f"{NAMES[m]}: {MEANING[m]}." for m in METRICS)
    n = comparison.n_users()
    users = f"Means over the {count(n, 'user')} with a like in the test part; no list holds what a user had."
    brackets = (
        " Brackets: 95 % intervals by a paired bootstrap of users. Where the interval of a difference includes zero, "
        "this test does not show a difference. The intervals tell what other users would change, not what another "
        "split or another random seed of a model would."
    )
    parts.append(f'<p class="small">{text(meanings)} {text(users)}{brackets if n > 1 else ""}</p>')
    known = [name for name in (*comparison.results, *comparison.failures) if name in ABOUT]
    items = "".join(f"<li>{text(name)}: {text(ABOUT[name])}</li>" for name in known)
    parts.append(f"<h3>The models</h3>\n<ul>{items}</ul>")
    if comparison.left_out:
        items = "".join(f"<li>{text(line)}</li>" for line in comparison.left_out)
        parts.append(f"<h3>What the fused model had to do without</h3>\n<ul>{items}</ul>")
    if comparison.notes:
        items = "".join(f"<li>{prose(line)}</li>" for line in comparison.notes)
        parts.append(f"<h3>Warnings of the run</h3>\n<ul>{items}</ul>")
    parts.append("<h3>What was held back</h3>\n" + _held_back(comparison.split))
    return "\n".join(parts)


def _held_back(split):
    """The size of each part, and what in it nobody had met before."""
    header = {"ratings": "pairs", "users": "users", "items": "items"}
    header |= {"cold_users": "new users", "ratings_of_cold_items": "on new items"}
    table = split.report()[list(header)]
    table = table.loc[:, [name for name in header if "cold" not in name or table[name].any()]]
    cells = [[text(part), *(f"{value:,}" for value in row)] for part, row in zip(table.index, table.to_numpy())]
    return table_of(["part", *(header[name] for name in table)], cells, number=range(1, 6))


def _cold(split):
    row = split.report().loc["test"]
    if not row["ratings_of_cold_items"]:
        return "Every item of the test was met before."
    cold = (
        f"{row['ratings_of_cold_items']:,} of the test's {count(row['ratings'], 'pair')} are on items that nobody had"
    )
    return f"{cold} before: a model that learns from pairs alone cannot find them."


def _picture(comparison):
    table = comparison.table(METRICS[0])
    if table is None:
        return ""
    rows = [(name, row["mean"], row["low"], row["high"]) for name, row in table.iterrows()]
    said = "; ".join(f"{name} {formatting.number(mean)} {formatting.interval(*ends)}" for name, mean, *ends in rows)
    alt = f"Mean NDCG@10 with 95 % intervals, best first: {said}."
    title = f"{table.index[0]} has the highest NDCG@10" if table["mean"].iloc[0] > 0 else "NDCG@10 is 0 for all"
    picture = figures.intervals(rows, alt=alt)
    others = table[table["difference"].notna()]
    rows = [(name, r["difference"], r["difference_low"], r["difference_high"]) for name, r in others.iterrows()]
    first = figures.figure(title, picture, "NDCG@10; bars: 95 % interval over users.")
    if not rows:
        return first
    above = [name for name, _, low, _ in rows if low > 0]
    title = f"Above {BASELINE} by an interval that excludes zero: {', '.join(above) or 'none'}"
    said = "; ".join(f"{name} {formatting.number(v, 4, '+')} {formatting.interval(*e)}" for name, v, *e in rows)
    alt = f"NDCG@10 less that of {BASELINE}, with 95 % intervals: {said}."
    note = f"NDCG@10 less that of {BASELINE}; bars: 95 % interval of the difference, the same users in both."
    return first + figures.figure(title, figures.intervals(rows, alt=alt, reference=0, signed=True), note)


def _results(comparison):
    """A table for each metric, and one of what the models cost."""
    parts, order = [], list(comparison.results)
    for metric in METRICS:
        table = comparison.table(metric)
        if table is None:
            rows = [[text(name), formatting.number(mean)] for name, mean in comparison.means(metric).items()]
            parts.append(table_of(["model", NAMES[metric]], rows, number=1) if rows else "")
            continue
        rows = []
        for name, row in table.iterrows():
            ends = row["difference"], row["difference_low"], row["difference_high"]
            own = with_interval(row["mean"], row["low"], row["high"], bold=row["mean"] == table["mean"].max())
            rows.append([text(name), own, "–" if name == BASELINE else with_interval(*ends, plus="+")])
        parts.append(table_of(["model", NAMES[metric], f"less {BASELINE}"], rows, number=(1, 2)))
        if metric == METRICS[0]:
            order = list(table.index)
        unserved = table["n_unserved"].astype(int)
    if order:
        none = [f"{unserved[name]:,}" if comparison.n_users() > 1 else "–" for name in order]
        rows = [[text(name), n, f"{comparison.seconds[name]:.1f}"] for name, n in zip(order, none)]
        parts.append(table_of(["model", "users it has no list for", "seconds"], rows, number=(1, 2)))
    failed = [f"<li>{text(name)}: not tested. {prose(why)}</li>" for name, why in comparison.failures.items()]
    return "".join(parts) + (f"<ul>{''.join(failed)}</ul>" if failed else "")
