"""`python -m recsys_lib FILE`: one page from a file of ratings, or one line that says what is wrong."""

import functools
import html
import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from bookfiles import ROOT
from recsys_lib import __main__ as command
from recsys_lib import formatting, plots
from recsys_lib.data import audit, read_csv, simulate_world, split_by_user_time
from recsys_lib.evaluation import evaluate
from recsys_lib.models import EASE, ItemKNN, Popularity, UnifiedFused
from recsys_lib.report import about_file, about_test, comparing, figures, markup, reading

QUICK = {"Popularity": Popularity, "ItemKNN": ItemKNN, "EASE": EASE}
ALL = dict(comparing.MODELS)


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    """Each test in a folder of its own, with the models that take no time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(comparing, "MODELS", QUICK)
    return tmp_path


@pytest.fixture(scope="module")
def ratings():
    """60 users of a known-truth world, with the titles of its films: a table as a file would have it."""
    data = simulate_world(60, 40, density=0.4, rng=0).interactions
    table = data.table().merge(data.item_table, on="item_id")
    return table.sample(frac=1, random_state=0)


@pytest.fixture
def run(capsys):
    """(arguments) → (exit status, stdout, stderr)."""

    def run(*argv):
        status = command.main([str(part) for part in argv])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


class Page(HTMLParser):
    """What a page consists of: tags, attributes, text outside of <style>."""

    def __init__(self, path):
        super().__init__()
        self.source, self.tags, self.attributes, self.words, self.inside = path.read_text("utf-8"), [], [], [], []
        self.feed(self.source)
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in ("meta", "rect", "line", "path"):
            self.inside.append(tag)
        self.words.append("" if tag == "code" else " ")

    def handle_endtag(self, tag):
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass

    def handle_data(self, data):
        if "style" not in self.inside:
            self.words.append(data)


def write(text, name="ratings.csv"):
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)
    return name


# ---- a whole run


def test_page_says_what_evaluate_says(ratings, run, in_a_folder):
    ratings.to_csv("ratings.csv", index=False)
    status, out, err = run("ratings.csv", "--user", "u7")
    page = Page(in_a_folder / "ratings.html")
    assert status == 0 and out.startswith("ratings.html: ")
    assert [line.split(" … ")[0] for line in err.splitlines()] == [
        "reading ratings.csv",
        "auditing",
        *(f"fitting and testing {name}" for name in QUICK),
        re.search("a list by .*?(?= …)", err)[0],
    ]
    split = split_by_user_time(read_csv("ratings.csv"))
    for name, model in QUICK.items():
        for metric in ("ndcg@10", "recall@20"):
            frame = evaluate(model(), split, metrics=metric)
            assert re.search(f"{name} {re.escape(formatting.number(frame['value'].mean()))} \\[", page.text), name
    assert "u7" in page.text and "The ratings go from 0.5 to 5, so 4 or more of 5 is taken as a like" in page.text
    for title in ratings.loc[ratings["user_id"] == "u7", "title"].iloc[:3]:
        assert html.escape(title) in page.source or (ratings["user_id"] == "u7").sum() > 10


def test_page_needs_nothing_from_elsewhere_and_is_read_aloud(ratings, run, in_a_folder):
    ratings.to_csv("ratings.csv", index=False)
    assert run("ratings.csv")[0] == 0
    page = Page(in_a_folder / "ratings.html")
    assert not {"script", "link", "iframe", "img", "object", "form"} & set(page.tags)
    assert not [a for a in page.attributes if a[1] in ("src", "href", "srcset", "action") or a[1].startswith("on")]
    assert "url(" not in page.source and "@import" not in page.source
    assert "default-src 'none'" in page.source
    drawn = [value for tag, name, value in page.attributes if (tag, name) == ("svg", "aria-label")]
    assert len(drawn) >= 5 and all(len(alt) > 30 and re.search("[0-9]", alt) for alt in drawn)
    assert page.source.count('role="img"') == len(drawn)
    assert page.tags.count("h1") == 1 and ("html", "lang", "en") in page.attributes
    assert "prefers-color-scheme: dark" in page.source and "width=device-width" in page.source


def test_list_leaves_out_what_the_user_has(ratings, run, in_a_folder):
    ratings.to_csv("ratings.csv", index=False)
    assert run("ratings.csv", "--user", "u3")[0] == 0
    source = (in_a_folder / "ratings.html").read_text("utf-8")
    listed = source.split("A list for user")[1].split("What the user liked")[0]
    ids = re.findall("<small><bdi>(f[0-9]+)</bdi></small>", listed)
    assert len(ids) == 10 and not set(ids) & set(ratings.loc[ratings["user_id"] == "u3", "item_id"])


def test_same_file_same_page_but_for_the_seconds(ratings, run, in_a_folder):
    ratings.to_csv("ratings.csv", index=False)
    pages = []
    for _ in range(2):
        assert run("ratings.csv", "--force")[0] == 0
        pages.append(re.sub(r'<td class="n">[0-9.]+</td></tr>', "", (in_a_folder / "ratings.html").read_text("utf-8")))
    assert pages[0] == pages[1]


def test_nobody_was_asked_for(ratings, run, in_a_folder):
    ratings.to_csv("ratings.csv", index=False)
    assert run("ratings.csv")[0] == 0
    assert "Nobody was asked for (--user ID)" in Page(in_a_folder / "ratings.html").text


# ---- what comes from the file is escaped


EVIL = '<script>alert("1")</script>'


def test_ids_titles_and_names_are_escaped(run, in_a_folder):
    table = pd.DataFrame({
        "user": [f"{EVIL}{u}" for u in range(12) for _ in range(10)],
        "item": [f"<img src=x onerror=alert(1)>{(u * 3 + i) % 17}" for u in range(12) for i in range(10)],
        "timestamp": range(120),
        "title": [f"</title><b>{(u * 3 + i) % 17}&amp;" for u in range(12) for i in range(10)],
    })  # fmt: skip
    table.to_csv("a<b>.csv", index=False)
    assert run("a<b>.csv", "--user", f"{EVIL}3", "--out", "p.html")[0] == 0
    page = Page(in_a_folder / "p.html")
    assert not {"script", "img"} & set(page.tags) and "onerror" not in dict(a[:2] for a in page.attributes)
    assert EVIL not in page.source and html.escape(EVIL) in page.source
    assert "<img" not in page.source and "<b>a" not in page.source and "</title><b>" not in page.source
    assert f"A list for user {EVIL}3" in page.text and "a<b>.csv" in page.text


@given(st.text())
def test_text_comes_back_as_it_was(value):
    assert html.unescape(markup.text(value)) == value or "\r" in value or "\0" in value
    assert not set(markup.text(value)) & set("<>\"'")


# ---- bad input: exit status 2, one line, nothing written


def good(name="good.csv"):
    rows = [f"u{u},i{(u + 2 * i) % 9},{1 + (u + i) % 5}" for u in range(8) for i in range(8)]
    return write("user,item,rating\n" + "\n".join(rows) + "\n", name)


BAD = {
    "no argument": ([], "the following arguments are required: FILE"),
    "unknown option": (["good.csv", "--foo"], "unrecognized arguments: --foo"),
    "missing": (["nothing.csv"], "expected a file, got nothing at nothing.csv"),
    "folder": (["folder"], "expected a file, got the folder folder"),
    "empty": (["empty.csv"], "empty.csv: expected at least one row of data, got an empty file"),
    "header alone": (["header.csv"], "header.csv: expected at least one row of data, got none"),
    "bad row": (["bad.csv"], "bad.csv, line 3: rating 'five' is not a number (expected e.g. 0.5 to 5); 2 more lines"),
    "many bad rows": (["worse.csv"], "worse.csv, line 2: rating 'x' is not a number (expected e.g. 0.5 to 5); 8 more"),
    "pair twice": (["twice.csv"], "stands in line 2 already (or give --duplicates last or --duplicates mean)"),
    "column not there": (["good.csv", "--columns", "user=reader"], "line 1: expected 'reader' in the header"),
    "field not there": (["good.csv", "--columns", "person=user"], "expected columns of user, item, rating, timestamp"),
    "columns mixed": (["good.csv", "--columns", "user=user,item"], "expected field=name for each, or for none"),
    "columns twice": (["good.csv", "--columns", "user=a,user=b"], "expected each field once"),
    "columns no JSON": (["good.csv", "--columns", "{user"], "expected JSON, got '{user'"),
    "unknown user": (["good.csv", "--user", "u99"], "--user: unknown id 'u99'; expected one of 8 ids such as"),
    "nobody likes": (["good.csv", "--liked-from", "6"], "expected ratings of --liked-from 6 or more, got 1 to 5"),
    "like is no number": (["good.csv", "--liked-from", "many"], "argument --liked-from: expected a number, got 'many'"),
    "like is none": (["good.csv", "--liked-from", "nan"], "argument --liked-from: expected a number, got 'nan'"),
    "like and no rating": (["good.csv", "--no-rating", "--liked-from", "4"], "not allowed with argument --no-rating"),
    "like without ratings": (["pairs.csv", "--liked-from", "4"], "got none: leave --liked-from away"),
    "fields too many": (
        ["good.csv", "--columns", "user,item"],
        "'rating'; name each of them, \"_\" for one to ignore, or say what a header calls them, --columns user=…",
    ),
    "at home": (["~/ratings.csv", "--out", "ratings.csv", "--force"], "ratings.csv is the file to read"),
    "unknown scale": (["percent.csv"], "The ratings go from 7 to 100; give --liked-from N"),
    "could be ratings": (["score.csv"], "or give --no-rating where every row is a like"),
    "no text": (["binary.csv"], "expected text, got a NUL"),
    "not UTF-8": (["latin.csv"], "--encoding "),
    "no folder": (["good.csv", "--out", "nowhere/page.html"], "there is no folder nowhere to write page.html into"),
    "out is a folder": (["good.csv", "--out", "folder"], "folder is a folder: give --out a file in it"),
    "page is there": (["good.csv", "--out", "there.html"], "there.html is there already: give --force"),
    "out is the file": (["good.csv", "--out", "good.csv", "--force"], "good.csv is the file to read"),
    "a pipe": (["/dev/stdin"], "/dev/stdin can be read only once: write it to a file first"),
    "an address": (["http://a.b/c.csv"], "got the address 'http://a.b/c.csv': download the file first"),
    "items not UTF-8": (["good.csv", "--items", "latin.csv"], "latin.csv, line 2: expected utf-8 text"),
    "items missing": (["good.csv", "--items", "nothing.csv"], "expected a file, got nothing at nothing.csv"),
    "items of others": (["good.csv", "--items", "others.csv"], "others.csv: expected ids of items such as 'i0'"),
    "items without titles": (["good.csv", "--items", "header.csv"], "expected a header with item"),
}


@pytest.mark.parametrize(("argv", "says"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line(argv, says, run, in_a_folder, monkeypatch):
    monkeypatch.setenv("HOME", str(in_a_folder))
    good()
    for name, text in {
        "empty.csv": "",
        "header.csv": "user,item,rating\n",
        "bad.csv": "user,item,rating\na,x,5\na,y,five\nb,x,\nb,y\n",
        "worse.csv": "user,item,rating\n" + "".join(f"a,{i},x\n" for i in range(9)),
        "twice.csv": "user,item,rating\na,x,5\na,x,4\n",
        "pairs.csv": "user,item\na,x\nb,x\n",
        "ratings.csv": "user,item\na,x\nb,x\n",
        "percent.csv": "user,item,rating\na,x,50\na,y,7\nb,x,100\n",
        "score.csv": "user,item,score\na,x,50\na,y,7\nb,x,100\n",
        "binary.csv": "user,item\na,\0\n",
        "others.csv": "movieId,title\n1,Heat\n",
        "there.html": "mine",
    }.items():
        write(text, name)
    (in_a_folder / "latin.csv").write_bytes("user,item\nZoë,x\n".encode("latin-1"))
    (in_a_folder / "folder").mkdir()
    before = {path.name: path.read_bytes() for path in in_a_folder.glob("*") if path.is_file()}
    status, out, err = run(*argv)
    assert status == 2 and out == ""
    *before_it, line = err.splitlines()
    assert says in line and line.startswith("recsys_lib: ") and err.endswith(f"{line}\n")
    assert before_it in ([], [f"reading {argv[0] if argv else ''} … "])  # the step that it came of
    assert {path.name: path.read_bytes() for path in in_a_folder.glob("*") if path.is_file()} == before


def test_force_writes_over_a_page(run, in_a_folder):
    write("mine", "there.html")
    assert run(good(), "--out", "there.html", "--force")[0] == 0
    assert (in_a_folder / "there.html").read_text("utf-8").startswith("<!doctype html>")


def test_an_interrupted_run_leaves_nothing(run, in_a_folder, monkeypatch):
    good()

    def interrupted(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(comparing, "measure", interrupted)
    status, _, err = run("good.csv")
    assert status == 130 and err.endswith("interrupted, no page was written\n")
    assert os.listdir(in_a_folder) == ["good.csv"]


def test_a_page_that_cannot_be_put_in_place_leaves_no_half(run, in_a_folder, monkeypatch):
    good()

    def full(*_args):
        raise OSError(28, "No space left on device", "good.html")

    monkeypatch.setattr(os, "replace", full)
    status, _, err = run("good.csv")
    assert status == 2 and err.splitlines()[-1] == "recsys_lib: good.html: No space left on device"
    assert os.listdir(in_a_folder) == ["good.csv"]


# ---- small and odd files: a stated answer


def many(rows, header="user,item"):
    return header + "\n" + "\n".join(",".join(map(str, row)) for row in rows) + "\n"


RATED, TIMED = "user,item,rating,timestamp", "user,item,timestamp"
SMALL = {
    "one pair": ("user,item\na,x\n", "No test was possible. The file has one user"),
    "one pair each": ("user,item\na,x\nb,x\n", "No test was possible. Each user has one pair"),
    "three lines": ("user,item,rating\nann,a,5\nann,b,4\nbob,a,3\n", "3 pairs are too few to learn from some"),
    "one item": (many([(f"u{u}", "x") for u in range(9)]), "This user has every item of the file already."),
    "one like each": (many([(f"u{u}", f"i{u % 4}") for u in range(20)]), "Each user has one pair: held back, nothing"),
    "one user": (
        many([("u", f"i{i}", 1 + i % 5, i) for i in range(30)], "user,item,rating,timestamp"),
        "No test was possible. The file has one user: there is nobody else to learn from",
    ),
    "one user who likes": (
        many([(f"u{u}", f"i{i}", 5 if u == 1 else 1, i) for u in range(3) for i in range(u, 12 + u)], RATED),
        "of one user no interval can be drawn. Do not read an order of models from it.",
    ),
    "a test of some users": (
        many([(f"u{u}", f"i{(u * i) % 11}", i if u < 9 else 7) for u in range(1, 11) for i in range(1, 9)], TIMED),
        "Tested: 8 of 10 users. The others have no like in the test part; the result says nothing about them.",
    ),
    "few users": (
        many([(f"u{u}", f"i{(u * i) % 11}", i) for u in range(1, 9) for i in range(1, 9)], "user,item,timestamp"),
        "Only 8 users have a like in the test part: the intervals are rough",
    ),
    "no time": (
        many([(f"u{u}", f"i{(u * i) % 11}") for u in range(1, 9) for i in range(1, 9)]),
        "The file has no times. So the pairs were dealt out at random",
    ),
    "one second": (
        many([(f"u{u}", f"i{(u * i) % 11}", 5) for u in range(1, 9) for i in range(1, 9)], "user,item,timestamp"),
        "In order of time no part of a user's pairs can be held back",
    ),
    "all ratings the same": (
        many([(f"u{u}", f"i{(u * i) % 11}", 3) for u in range(1, 9) for i in range(1, 9)], "user,item,rating"),
        "All ratings are 3: none is better than another, so every pair is a like.",
    ),
    "nothing liked is held back": (
        many(
            [(f"u{u}", f"i{i}", 5 if i < 8 else 1, i) for u in range(9) for i in range(10)],
            "user,item,rating,timestamp",
        ),
        "not tested. no rating of the test part reaches --liked-from = 4.0",
    ),
    "no rating": (
        many([(f"u{u}", f"i{(u * i) % 11}", i) for u in range(1, 9) for i in range(1, 9)], "user,item,timestamp"),
        "The file has no ratings: every pair is a like.",
    ),
}


@pytest.mark.parametrize(("text", "says"), SMALL.values(), ids=SMALL)
def test_small_files_get_a_stated_answer(text, says, run, in_a_folder):
    status, _, err = run(write(text))
    assert status == 0 and "Traceback" not in err
    page = Page(in_a_folder / "ratings.html")
    assert says in page.text
    assert "A list for user" in page.text and not re.search(r"\bnan\b", page.text)


def test_a_file_at_home_is_read_and_named_by_all_but_its_ending(run, in_a_folder, monkeypatch):
    monkeypatch.setenv("HOME", str(in_a_folder))
    monkeypatch.setattr(comparing, "MODELS", {"Popularity": Popularity})
    for month in ("2024.01", "2024.02"):
        good(f"{month}.csv")
        assert run(f"~/{month}.csv")[0] == 0
    assert (in_a_folder / "2024.01.html").exists() and (in_a_folder / "2024.02.html").exists()


def test_what_is_being_read_is_said_before_it_is(run, in_a_folder, monkeypatch):
    def stuck(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(reading, "read", stuck)
    assert run(good())[2].startswith("reading good.csv … \n")


def test_without_a_test_the_page_says_so_once_and_tells_of_no_test(run, in_a_folder):
    assert run(write("user,item\na,x\na,y\n"))[0] == 0
    text = Page(in_a_folder / "ratings.html").text
    assert text.count("there is nobody else to learn from") == 1 and "Each model is fitted" not in text


def measured(values, recalls):
    """A Comparison with these values of NDCG@10 and Recall@20: model → one a user."""
    users = range(len(next(iter(values.values()))))
    results = {
        name: pd.concat([
            pd.DataFrame({"user": users, "metric": "ndcg@10", "value": values[name], "served": True}),
            pd.DataFrame({"user": users, "metric": "recall@20", "value": recalls[name], "served": True}),
        ])
        for name in values
    }  # fmt: skip
    return comparing.Comparison(object(), "", results=results, seconds=dict.fromkeys(values, 1.0))


def test_the_answer_names_no_winner_where_the_interval_includes_zero():
    rng = np.random.default_rng(0)
    low, high = rng.uniform(0, 0.2, 60), rng.uniform(0.4, 0.6, 60)
    clear = about_test.answer(measured({"Popularity": low, "EASE": high}, {"Popularity": low, "EASE": high}))
    assert clear.startswith("EASE makes the best lists by NDCG@10") and "excludes zero" in clear
    assert "Recall" not in clear
    near = high + rng.normal(0, 0.1, 60) - 1e-3
    near += high.mean() - near.mean() - 1e-3
    close = about_test.answer(measured({"EASE": high, "ItemKNN": near}, {"EASE": low, "ItemKNN": high}))
    assert close.startswith("No winner: EASE has the highest NDCG@10") and "does not show a difference" in close
    assert re.search(r"By Recall@20 the highest is ItemKNN, \.[0-9]{4} against \.[0-9]{4}\.$", close)


def test_intervals_are_missing_only_where_they_cannot_be():
    values = {"EASE": np.array([0.1, 0.2]), "ItemKNN": np.array([0.3, 0.1])}
    several = measured(values, values)
    assert several.table("ndcg@10") is None and list(several.table("ndcg@10", baseline="EASE").index)
    several.results["ItemKNN"] = several.results["ItemKNN"].iloc[1:]  # another user is no reason to say "of one user"
    with pytest.raises(ValueError, match="same users"):
        several.table("ndcg@10", baseline="EASE")


def test_tables_of_costs_follow_the_first_metric():
    low, high = np.linspace(0, 0.2, 9), np.linspace(0.4, 0.6, 9)
    html = about_test._results(measured({"Popularity": low, "EASE": high}, {"Popularity": high, "EASE": low}))
    costs = html.split("seconds")[1]
    assert costs.index("EASE") < costs.index("Popularity")


def test_checks_of_the_file_have_units(ratings, run, in_a_folder):
    ratings.sort_values("timestamp").to_csv("ratings.csv", index=False)
    assert run("ratings.csv")[0] == 0
    text = Page(in_a_folder / "ratings.html").text
    assert "share of pairs that carry a rating 100 %" in text
    assert "rank correlation of row order and time, within users 1 the rows stand in order of time" in text
    assert "share of pairs in the same second as the user's previous pair" in text and "share of the last" not in text
    assert set(about_file.CALLED) < set(audit(read_csv("ratings.csv"))["check"])
    assert "on new items" not in text  # nobody met one


def test_a_random_split_is_said_at_the_top(run, in_a_folder):
    assert run(good())[0] == 0
    page = Page(in_a_folder / "good.html")
    assert page.text.index("dealt out at random") < page.text.index("What is in the file?")


def test_a_model_that_cannot_be_fitted_has_a_row_that_says_so(run, in_a_folder, monkeypatch):
    class TooLarge(EASE):
        def _fit(self, train):
            raise MemoryError("needs up to 70.0 GB:\nkeep fewer items")

    monkeypatch.setattr(comparing, "MODELS", {**QUICK, "EASE": TooLarge})
    status, out, _ = run(good())
    assert status == 0
    page = Page(in_a_folder / "good.html")
    assert "Not tested: EASE (reason below the tables)." in out and "Not tested: EASE" in page.text
    assert "EASE: not tested. needs up to 70.0 GB: keep fewer items" in page.text
    assert re.search(r"ItemKNN \.[0-9]{4} \[", page.text)


def test_what_the_fused_model_lacks_is_told(run, in_a_folder, monkeypatch):
    class Fused(EASE):
        def _fit(self, train):
            super()._fit(train)
            self.left_out_ = ["no texts: <items> nobody had before cannot be found"]

    monkeypatch.setattr(comparing, "MODELS", {**QUICK, "UnifiedFused": Fused})
    assert run(good())[0] == 0
    page = Page(in_a_folder / "good.html")
    assert page.text.count("no texts: <items> nobody had before cannot be found") == 1


@pytest.mark.parametrize("timed", [True, False])
def test_the_fused_model_is_compared(ratings, timed, run, in_a_folder, monkeypatch):
    assert ALL == {**QUICK, "UnifiedFused": UnifiedFused}
    few = functools.partial(UnifiedFused, n_trees=10, n_slices=1)
    monkeypatch.setattr(comparing, "MODELS", {"Popularity": Popularity, "UnifiedFused": few})
    table = ratings if timed else ratings.drop(columns="timestamp")
    table.drop(columns=["title", "genres"]).to_csv("ratings.csv", index=False)
    with threadpool_limits(1):  # trees on as many threads as cores wait for each other where other tests run
        assert run("ratings.csv")[0] == 0
    text = Page(in_a_folder / "ratings.html").text
    assert re.search(r"UnifiedFused \.[0-9]{4} \[", text)
    lacks = text.split("What the fused model had to do without")[1].split("What was held back")[0]
    assert "texts" in lacks and ("time" in lacks) != timed


def test_a_threshold_of_another_scale_is_told_once(run, in_a_folder):
    rows = [(f"u{u}", f"i{(u + 2 * i) % 19}", 5 if u + i else 1) for u in range(9) for i in range(9)]
    assert run(write(many(rows, "user,item,rating")))[0] == 0
    text = Page(in_a_folder / "ratings.html").text
    assert text.count("of the ratings likes; they go from") == 1 and "--liked-from = 4 makes" in text


# ---- arguments


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("user=reader, item=book", {"user": "reader", "item": "book"}),
        ("user,item,_,rating", ["user", "item", "_", "rating"]),
        ('{"user": "a=b,c"}', {"user": "a=b,c"}),
        ('["user", "item"]', ["user", "item"]),
    ],
)
def test_columns(value, meant):
    assert command.columns(value) == meant


def test_columns_separator_missing_and_header(run, in_a_folder):
    rows = "".join(f"u{u}::i{(u + 2 * i) % 9}::{1 + (u + i) % 5}\n" for u in range(8) for i in range(8))
    write(rows + "u0::i9::99\n")
    argv = "ratings.csv", "--columns", "user,item,rating", "--separator", "::", "--missing", "99", "--header", "no"
    assert run(*argv)[0] == 0
    text = Page(in_a_folder / "ratings.html").text
    assert "64 pairs of 8 users and 9 items" in text and "1 rows left out, not rated (missing='99')" in text


def test_merged_rows_are_counted(run, in_a_folder):
    text = (in_a_folder / good()).read_text("utf-8") + "u0,i0,5\nu0,i2,1\n"
    assert run(write(text), "--duplicates", "last")[0] == 0
    page = Page(in_a_folder / "ratings.html").text
    assert "2 of 66 rows repeat a pair and were merged" in page
    assert "pairs given more than once 2 merged: --duplicates last" in page


ADVICE = {  # one real message of `read_csv` for each rule that turns an argument into an option
    "names": ("who,what\na,x\nb,y\n", {}, "e.g. --columns user=who,item=what"),
    "names with spaces": ("the user,what?\na,x\nb,y\n", {}, '--columns "user=the user,item=what?"'),
    "names with commas": ('"who, now",what\na,x\nb,y\n', {}, """--columns '{"user": "who, now", "item": "what"}'"""),
    "fields": ("a,x,5\nb,y,4\nc,x,3\n", {}, "--columns user,item,rating"),
    "fields, and no more": ("alone\na\n", {"header": False}, "expected --columns user,item,… because --header no is"),
    "fields by another separator": ("a::x::5\nb::y::4\n", {}, '--separator "::" --columns user,item,rating'),
    "a field twice": ("user,user,item\na,b,x\n", {}, "--columns user,_,item --header yes"),
    "a field's name": ("who,item\na,x\n", {"columns": {"who": "user"}}, "comes second: user=reader"),
    "no rating": ("user,item,score\na,x,50\na,y,7\nb,x,100\n", {}, "or give --no-rating where"),
    "duplicates": ("user,item\na,x\na,x\n", {}, "(or give --duplicates last or --duplicates mean)"),
    "header": (
        "user,item\na,x\n",
        {"columns": ["user", "item"]},
        "give --header yes if it is one, --header no if it is data",
    ),
    "missing without ratings": ("user,item\na,x\n", {"missing": "9"}, "because --missing is given, got none"),
    "missing": ("user,item,rating\na,x,-\nb,x,5\n", {}, '(or give --missing "-" if it means not rated)'),
    "separator": ("a;b,c\n", {"columns": ["user", "item"]}, "give --separator \";\" or ','"),
    "encoding": (b"user,item\nZo\xeb,x\n", {}, '--encoding "latin-1" reads any'),
}


@pytest.mark.parametrize(("content", "options", "spoken"), ADVICE.values(), ids=ADVICE)
def test_messages_speak_of_options(content, options, spoken, in_a_folder):
    (in_a_folder / "r.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError) as refused:
        read_csv("r.csv", **options)
    said = command.one_line(refused.value)
    assert spoken in said and not re.search(
        r"(?<![,\w])(columns|header|separator|encoding|missing|duplicates|rating)=", said
    )


def test_every_rule_of_the_advice_is_met(in_a_folder):
    met = set()
    for content, options, _ in ADVICE.values():
        (in_a_folder / "r.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(ValueError) as refused:
            read_csv("r.csv", **options)
        met |= {wanted for wanted, _ in command.ADVICE[:-1] if re.search(wanted, str(refused.value))}
    assert met == {wanted for wanted, _ in command.ADVICE[:-1]}


def test_a_text_of_the_file_is_no_advice():
    message = "r.csv, line 2: rating 'columns=[1' is not a number, got columns=[one], rating=None"
    assert command.one_line(ValueError(message)) == message


def test_help_and_import_are_quick_and_nothing_needs_tensorflow(tmp_path):
    """Neither --help nor the import of the module loads NumPy; a whole run loads no TensorFlow."""
    good(tmp_path / "good.csv")
    code = "import sys, recsys_lib.__main__ as m; print('numpy' in sys.modules); m.main(['good.csv']); "
    code += "print(sorted({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    options = {"capture_output": True, "text": True, "cwd": tmp_path, "env": environment, "check": True}
    lines = subprocess.run([sys.executable, "-c", code], **options).stdout.splitlines()
    assert lines[0] == "False" and lines[-1] == "[]"
    helped = subprocess.run([sys.executable, "-m", "recsys_lib", "--help"], **options)
    assert "--liked-from" in helped.stdout


# ---- what counts as a like


@pytest.mark.parametrize(
    ("ratings", "value"),
    [([0.5, 5], 4), ([1, 2, 4], 4), ([0, 10, 3], 8), ([1, 9], 8), ([0, 1, 1], 1), ([7, 7], 7), ([3], 3)],
)
def test_rule_of_thumb(ratings, value):
    assert reading.threshold(np.array(ratings, np.float32))[0] == value


@pytest.mark.parametrize("ratings", [[1, 7], [1, 3], [-10, 10], [0, 100], [-1, 1], [0, 0.5, 1]])
def test_other_scales_ask(ratings):
    with pytest.raises(ValueError, match="from which rating on is a row a like"):
        reading.threshold(np.array(ratings, np.float32))


# ---- titles


def test_titles_of_the_file_and_of_another():
    write("user,name,item,title\na,Ann,1,Heat (1995)\nb,Bob,1,Heat (1995)\nc,Cy,1,Heet\nd,Di,1,Heat (1995)\na,Ann,2,\n")
    read = reading.read("ratings.csv")
    table = read.data.item_table
    assert table["item_id"].tolist() == ["1", "2"] and table["title"].tolist()[0] == "Heat"
    assert table["title"].isna().tolist() == [False, True] and table["year"].tolist()[0] == 1995
    assert "several titles in the file: 1;" in read.notes[0]
    write("movieId,title,genres\n1,Toy Story (1995),Animation|Comedy\n9,Else (2000),Drama\n", "movies.csv")
    read = reading.read("ratings.csv", items="movies.csv")
    assert read.data.item_table.loc[0].tolist() == ["1", "Toy Story", "Animation|Comedy", 1995]
    assert "Items without a row in movies.csv: 1 of 2." in read.notes


def test_titles_that_are_not_utf_8_are_read_by_the_option(run, in_a_folder):
    (in_a_folder / "titles.csv").write_bytes("item,title\ni8,Amélie\n".encode("latin-1"))
    status, _, err = run(good(), "--items", "titles.csv")
    assert status == 2 and '--encoding "latin-1" reads any' in err
    assert run("good.csv", "--items", "titles.csv", "--encoding", "latin-1", "--user", "u0")[0] == 0
    assert "Amélie" in Page(in_a_folder / "good.html").text


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16-le"])
@pytest.mark.parametrize("items_in", [None, "utf-8"])
def test_pairs_and_titles_need_not_agree_in_encoding(encoding, items_in, in_a_folder):
    (in_a_folder / "r.csv").write_bytes("user,item\nZoë,x\nZoë,y\n".encode(encoding))
    (in_a_folder / "titles.csv").write_bytes("item,title\nx,Amélie\ny,Heat\n".encode(items_in or encoding))
    read = reading.read("r.csv", items="titles.csv", encoding=encoding)
    assert read.data.item_table["title"].tolist() == ["Amélie", "Heat"] and list(read.data.users) == ["Zoë"]


def test_titles_under_two_ids_are_told_in_words_for_any_item():
    told = ("items that share title and year with another", 2, "perhaps one film under two ids: …")
    assert about_file._check(*told)[2].startswith("perhaps one item under two ids: ")
    assert about_file._check(told[0], 0, "none entered twice")[2] == "none entered twice"


def test_a_column_about_users_is_no_title():
    write(many([(f"u{u}", f"name of {u}", f"i{i}") for u in range(5) for i in range(5)], "user,name,item"))
    assert reading.read("ratings.csv").data.item_table is None


# ---- pictures


def test_colours_are_those_of_the_book():
    assert {name: plots.MODEL_COLORS[name] for name in figures.COLORS} == figures.COLORS


@given(st.floats(-10, 10), st.floats(1e-6, 10))
def test_ticks_lie_around_the_values(low, width):
    ticks = figures.nice_ticks(low, low + width)
    assert 2 <= len(ticks) <= 5
    step = ticks[1] - ticks[0]
    assert ticks[0] <= low + 1e-6 * step and ticks[-1] >= low + width - 1e-6 * step
    assert np.allclose(np.diff(ticks), step) and step <= width


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=5))
def test_everything_drawn_lies_inside(rows):
    rows = [(f"model {i}", v, v - a, v + b) for i, (v, a, b) in enumerate(rows)]
    drawn = figures.intervals(rows, alt="…", reference=0)
    places = [float(x) for x in re.findall(r'x[12]?="(-?[0-9.]+)%"', drawn)]
    assert len(places) >= 3 * len(rows) and 0 <= min(places) and max(places) <= 100
