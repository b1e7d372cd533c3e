"""Writes book/claims.md from the `claim(…)` cells of the notebooks: each sentence, its section, its evidence.

python tools/claims_page.py            # write it if it differs
python tools/claims_page.py --check    # fail if it differs

A claim that names its pair, pair=("result", "model", "baseline"), gets a line more: what became of that comparison on
the second data set, from the stored results. Its intervals take seconds each: they are kept in book/second_data.json,
and computed again where the stored result is another."""

import ast
import collections
import functools
import hashlib
import json
import re
import sys

from bookfiles import (
    ROOT,
    Anchors,
    chapter_title,
    headings,
    notebook_paths,
    stored_notebook,
    write_atomically,
    write_or_check,
)
from recsys_lib.claims import read_pairs, verdict

PAGE = ROOT / "book" / "claims.md"
KEPT = ROOT / "book" / "second_data.json"
# ending of the stored result of a second data set → (the first data, the second)
SECOND = {"_movietweetings": ("MovieLens", "MovieTweetings"), "_movielens": ("MovieTweetings", "MovieLens")}
VERDICTS = ("holds", "not shown", "reversed", "no verdict", "not measured")
INTRO = """# Claims

Each conclusion that a chapter draws is a cell that computes it and stops the chapter where it does not hold. \
This page is made from those cells: {claims} claims of {chapters} chapters, each with the numbers that its cell \
printed. Their conditions are checked again whenever the book is tested; those that rest on long runs read the stored \
figures, which `make experiments` computes.

## Do they hold on other data?

MovieLens small is small and old: 671 people and 100,004 ratings, the last of October 2016. GroupLens, who gathered \
the ratings, write in their description of the data:

> This is a *development* dataset. As such, it may change over time and is not an appropriate dataset for shared \
research results. See available *benchmark* datasets if that is your intent.

So read a claim as a finding on this data, not as a law. A comparison of two models that rests on a stored run is run \
again on a second data set, with the same split, the same code, and settings chosen anew there. It is MovieTweetings \
([Dooms et al. 2013](bibliography.md#dooms2013movietweetings)): ratings from 0 to 10 that people published in 2013. \
Used is what remains when everybody and every film has at least five ratings: 68,055, by 4,333 people, of 2,414 \
films. The chapters about order and date begin with MovieTweetings, where films were rated as they were watched, and \
keep everybody and every film with three ratings: 79,822, by 6,516 people, of 3,754 films. Their second data set is \
MovieLens. A language model as recommender is asked on MovieLens first, and then about the last film of people in the \
data of those chapters. Below such a claim you read the difference on the second data set, its 95 % interval in \
brackets, and a verdict:

- **holds**: the difference has the same sign there, and the interval does not include zero.
- **not shown**: the interval includes zero. The second data set does not show the difference. It does not show \
either that there is none.
- **reversed**: the difference has the other sign there, and the interval does not include zero. What is better \
depends on the data.
- no verdict: on the first data set the interval includes zero already. Read the two intervals side by side.

Behind it stands the same difference with the settings that were chosen on the first data set, unchanged: it says \
whether settings travel, too. {counted}
"""


def claim_nodes(source):
    """The claim(…) calls written in a cell, in order."""
    try:
        tree = ast.parse(re.sub(r"^[%!].*$", "", source, flags=re.MULTILINE))
    except SyntaxError:
        return []
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    calls = [call for call in calls if getattr(call.func, "id", getattr(call.func, "attr", "")) == "claim"]
    return sorted(calls, key=lambda call: (call.lineno, call.col_offset))


def claim_calls(source):
    """Number of claim(…) calls written in a cell."""
    return len(claim_nodes(source))


def printed_claims(cell):
    """[(sentence, evidence)] from the stored output of a cell."""
    text = "".join(output.text for output in cell.outputs if output.output_type == "stream" and output.name == "stdout")
    found = []
    for line in text.splitlines():
        if line.startswith("✓ "):
            found.append([line[2:].strip(), []])
        elif found and line.startswith("  ") and line.strip():
            found[-1][1].append(line.strip())
    return [(sentence, " ".join(evidence)) for sentence, evidence in found]


def written_pairs(call):
    """The pairs that a claim call names; ValueError where they cannot be read from the text of the cell."""
    pair = next((keyword.value for keyword in call.keywords if keyword.arg == "pair"), None)
    if pair is None:
        return []
    try:
        value = ast.literal_eval(pair)
    except ValueError:
        raise ValueError(f"pair= must be written out, as in pair=('a', 'b', 'c'): {ast.unparse(pair)}") from None
    return read_pairs(value) if value is not None else []


def can_print(call, sentence):
    """Whether this call can have printed the sentence: all of its text that is written out stands in it."""
    given = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "text")]
    parts = given[0].values if isinstance(given[0], ast.JoinedStr) else given[:1]
    written = (re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".*" for part in parts)
    return re.fullmatch("".join(written), sentence) is not None


def pairs_of(source, sentences):
    """The pairs of each sentence that a cell printed. A claim in a loop prints several, each with its pairs.

    ValueError where two claims of the cell can have printed a sentence and name different pairs."""
    calls = claim_nodes(source)
    pairs = [written_pairs(call) for call in calls]
    found = []
    for place, sentence in enumerate(sentences):
        fitting = [i for i, call in enumerate(calls) if can_print(call, sentence)] or range(len(calls))
        if len(calls) == len(sentences) and place in fitting:
            fitting = [place]
        choices = {tuple(pairs[i]) for i in fitting}
        if len(choices) > 1:
            raise ValueError(f"which claim of the cell printed this, and with which pair? {sentence!r}")
        found.append(list(*choices))
    return found


def plain(text):
    """Markdown that shows exactly this text."""
    return re.sub(r"([\\`*_{}\[\]<>#$|~])", r"\\\1", text)


def chapter_claims(notebook):
    """[(sentence, evidence, pairs, anchor, heading)] in reading order."""
    anchors, anchor, heading, found = Anchors(), "", "", []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for _, heading in headings(cell.source):
                anchor = anchors.add(heading)
        elif cell.cell_type == "code" and claim_calls(cell.source):
            printed = printed_claims(cell)
            pairs = pairs_of(cell.source, [sentence for sentence, _ in printed])
            found += [(*claim, named, anchor, heading) for claim, named in zip(printed, pairs)]
    return found


@functools.cache
def stored_frames(result):
    """{row: frames} of a stored result, NAME or NAME/TABLE; None where it is not there yet."""
    from recsys_lib import results

    try:
        return results.frames(*result.split("/"))
    except (FileNotFoundError, KeyError):
        return None


def measured(result, model, baseline, metric):
    """Interval of model − baseline, computed from the stored result."""
    from recsys_lib.draws import by_draw, compare_draws
    from recsys_lib.evaluation import Interval, compare

    rows, how = stored_frames(result), compare
    if any(frame["value"].isna().any() for frame in rows[model]):  # draws of items: other users in each
        rows, how = {one: by_draw(rows[one], metric) for one in (baseline, model)}, compare_draws
    row = how({one: rows[one] for one in (baseline, model)}, baseline=baseline, metric=metric).loc[model]
    return Interval(*row[["difference", "difference_low", "difference_high"]], int(row["n_users"]))


@functools.cache
def fingerprint(result):
    """Of the file of a stored result; None where there is none."""
    path = ROOT / "recsys_lib" / "results" / f"{result.split('/')[0]}.json"
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.exists() else None


@functools.cache
def kept_intervals():
    """{result | model | baseline | metric: {"of": fingerprint of the result, "interval": mean, low, high, users}}."""
    return json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}


def key_of(*pair):
    return " | ".join(pair)


USED = {}  # the intervals that this run needed, in the form of kept_intervals


@functools.cache
def difference(result, model, baseline, metric):
    """Interval of model − baseline in a stored result; None where it, or one of the two, is not stored."""
    from recsys_lib.evaluation import Interval

    if not {model, baseline} <= set(stored_frames(result) or {}):
        return None
    pair = result, model, baseline, metric
    known, of = kept_intervals().get(key_of(*pair)), fingerprint(result)
    interval = Interval(*known["interval"]) if known and known["of"] == of else measured(*pair)
    if of:
        USED[key_of(*pair)] = {"of": of, "interval": list(interval)}
    return interval


def keep_intervals():
    """Write what this run used, a line a comparison."""
    lines = (f"{json.dumps(key, ensure_ascii=False)}: {json.dumps(USED[key])}" for key in sorted(USED))
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    if USED and not (KEPT.exists() and KEPT.read_text("utf-8") == text):
        write_atomically(KEPT, text)


def second_data(result):
    """(stored result of the second data set, name of the first data, name of the second), stored or not."""
    name, *table = result.split("/")
    options = [("/".join([name + ending, *table]), *data) for ending, data in SECOND.items()]
    stored = [option for option in options if stored_frames(option[0]) is not None]
    tested = [option for option in options if stored_frames(option[0].split("/")[0]) is not None]
    return (stored + tested + options)[0]  # a table that was not measured there: the data of the chapter's test


def settings_of(result, row):
    """The settings that were chosen for a row of a stored result; None where none are stored."""
    from recsys_lib import results

    return results.load(result.split("/")[0])["values"].get("chosen", {}).get(row)


def unchanged(result, second, row, first_data):
    """The row that shows a model on the second data with the settings of the first; None where none does."""
    own = f"{row} (settings of {first_data})"
    if own in stored_frames(second):
        return own
    settings = settings_of(result, row)
    return row if settings is not None and settings == settings_of(second, row) else None


def metric_name(metric):
    """'NDCG@10' for 'ndcg@10', 'Recall@20' for 'recall@20'; the name of another measure as it is."""
    kind, at, k = metric.partition("@")
    if not (at and k.isdecimal()):
        return metric
    return f"{kind.upper() if kind in ('ndcg', 'mrr', 'map') else kind.replace('_', ' ').capitalize()}@{k}"


def became(pair):
    """(verdict, sentence) on a pair: what its comparison was on the second data set."""
    result, model, baseline, metric = pair
    first = difference(*pair)
    if first is None:
        known = ", ".join(stored_frames(result) or ()) or "nothing under this name"
        raise ValueError(f"pair {pair} names no two stored rows; stored: {known}")
    second, first_data, data = second_data(result)
    there = difference(second, model, baseline, metric)
    start = f"On {data}: {model} − {baseline}, {metric_name(metric)}"
    if there is None:
        return "not measured", f"{start}, not measured yet."
    said = verdict(first, there)
    text = f"{start}, difference {there}" + (f", {said}" if said else "")
    rows = [unchanged(result, second, name, first_data) for name in (model, baseline)]
    if rows == [model, baseline]:
        text += f"; the settings are those of {first_data}"
    elif None not in rows:
        same = difference(second, *rows, metric)
        again = verdict(first, same)
        text += f"; with the settings of {first_data} unchanged: {same}" + (f", {again}" if again else "")
    return said or "no verdict", text + "."


def count_text(counts):
    """A sentence that counts the verdicts; empty where no claim names a pair."""
    if not counts:
        return ""
    named = [f"{counts[said]} *{said}*" for said in VERDICTS if counts[said]]
    return f"Of {sum(counts.values())} comparisons: {', '.join(named)}."


def page():
    sections, total, chapters, counts = [], 0, 0, collections.Counter()
    for path in notebook_paths():
        notebook = stored_notebook(path)
        claims = chapter_claims(notebook)
        if not claims:
            continue
        address = "../" + path.relative_to(ROOT).as_posix()
        lines = [f"## {plain(chapter_title(notebook))}\n"]
        for sentence, evidence, pairs, anchor, heading in claims:
            shown = [f"- **{plain(sentence)}**", *([plain(evidence)] if evidence else [])]
            for said, text in map(became, pairs):
                shown.append(f"*{plain(text)}*")
                counts[said] += 1
            shown.append(f"[{plain(heading)}]({address}#{anchor})\n")
            lines.append("\\\n  ".join(shown))
        sections.append("\n".join(lines))
        total, chapters = total + len(claims), chapters + 1
    intro = INTRO.format(claims=total, chapters=chapters, counted=count_text(counts))
    return "\n".join([re.sub(r" +$", "", intro, flags=re.MULTILINE), *sections])


def main(argv):
    check, text = "--check" in argv, page()
    if not check:
        keep_intervals()
    return write_or_check(PAGE, text, check=check, source="the notebooks", command="tools/claims_page.py")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
