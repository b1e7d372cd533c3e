"""The claims page is what the claim cells say, and what the stored results say of the pairs that they name."""

import re

import nbformat
import numpy as np
import pandas as pd
import pytest

import claims_page
from bookfiles import ROOT, notebook_paths, stored_notebook
from recsys_lib import results
from recsys_lib.claims import ClaimError, claim
from recsys_lib.data import load_movietweetings

PATHS = notebook_paths()
README = ROOT.parent / "shared" / "data" / "movielens-small-2016" / "README.txt"


def cell(source, printed):
    return nbformat.v4.new_code_cell(source, outputs=[nbformat.v4.new_output("stream", name="stdout", text=printed)])


def test_page_is_up_to_date():
    assert claims_page.PAGE.read_text("utf-8") == claims_page.page(), "run tools/claims_page.py"


def test_every_claim_of_every_notebook_is_on_the_page():
    page = claims_page.PAGE.read_text("utf-8")
    for path in PATHS:
        for sentence, evidence, _, _, heading in claims_page.chapter_claims(stored_notebook(path)):
            assert claims_page.plain(sentence) in page and claims_page.plain(evidence) in page
            assert heading, f"{path.stem}: a claim stands before the first heading"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_pair_names_rows_of_the_stored_results(path):
    for number, code in enumerate(stored_notebook(path).cells):
        for call in claims_page.claim_nodes(code.source) if code.cell_type == "code" else ():
            for result, model, baseline, metric in claims_page.written_pairs(call):
                frames = results.frames(*result.split("/"))
                for row in (model, baseline):
                    assert row in frames, f"cell {number}: {result} has no row {row!r}; it has {', '.join(frames)}"
                    assert metric in set(frames[row][0]["metric"]), f"cell {number}: {row} has no {metric}"


def test_the_kept_intervals_are_what_compare_says():
    """One of each stored result; the others were computed with it."""
    newest = {}
    for key, entry in claims_page.kept_intervals().items():
        pair = key.split(" | ")
        if entry["of"] == claims_page.fingerprint(pair[0]):
            newest.setdefault(pair[0], (pair, entry["interval"]))
    for pair, interval in newest.values():
        said = "remove book/second_data.json and run tools/claims_page.py"
        assert list(claims_page.measured(*pair)) == pytest.approx(interval, abs=1e-12), said


def test_the_warning_is_quoted_letter_for_letter():
    if not README.is_file():
        pytest.skip("the description that comes with MovieLens small is not beside this book")
    quoted = re.search(r"^> (.+)$", claims_page.PAGE.read_text("utf-8"), re.MULTILINE)[1]
    assert quoted in README.read_text("utf-8").splitlines()


def test_the_page_counts_the_second_data_set():
    core = load_movietweetings().k_core(user=5, item=5)
    counted = f"{len(core):,}, by {core.n_users:,} people, of {core.n_items:,} films"
    assert counted in claims_page.PAGE.read_text("utf-8")


def test_reads_what_claim_prints(capsys):
    claim("Half of $x$ is *less* than x.", True, "0.5 < 1")
    claim("And so is a third.", True, pair=("a", "b", "c"))
    printed = capsys.readouterr().out
    found = claims_page.printed_claims(cell("claim(...)", printed))
    assert found == [("Half of $x$ is *less* than x.", "0.5 < 1"), ("And so is a third.", "")]
    assert claims_page.plain("$x$ *y*") == r"\$x\$ \*y\*"
    with pytest.raises(ClaimError):
        claim("It is not so.", False)


def test_places_a_claim_under_its_heading():
    text = nbformat.v4.new_markdown_cell
    cells = [text("# T"), text("## Why?\n\n```\n# no heading\n```"), text("## Why?"), cell("claim('a', True)", "✓ a\n")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    assert claims_page.chapter_claims(notebook) == [("a", "", [], "why-1", "Why?")]
    assert claims_page.claim_calls("%matplotlib inline\nif x:\n    claim('a', True)\nprint('claim(1)')") == 1


# --- Which printed sentence belongs to which pair

AB, CD = ("r", "a", "b", "ndcg@10"), ("r", "c", "d", "recall@20")
WRITTEN = {AB: "pair=('r', 'a', 'b')", CD: "pair=('r', 'c', 'd', 'recall@20')"}


@pytest.mark.parametrize(
    ("source", "sentences", "found"),
    [
        ("claim('A.', True)", ["A."], [[]]),
        (f"claim('A.', True, {WRITTEN[AB]})", ["A."], [[AB]]),
        (f"claim('A.', True)\nclaim('B.', True, 'e', {WRITTEN[CD]})", ["A.", "B."], [[], [CD]]),
        (f"claim('A.', True, pair=[{WRITTEN[AB][5:]}, {WRITTEN[CD][5:]}])", ["A."], [[AB, CD]]),
        # loops print several
        (f"for x in y:\n    claim(f'{{x}} wins.', x > 0, {WRITTEN[AB]})", ["1 wins.", "2 wins."], [[AB], [AB]]),
        (f"for x in y:\n    claim(text[x], x > 0, {WRITTEN[AB]})", ["1 wins.", "2 wins."], [[AB], [AB]]),
        (f"for x in y:\n    claim(f'{{x}} wins.', x)\nclaim('Last.', 1, {WRITTEN[AB]})",
         ["1 wins.", "2 wins.", "Last."], [[], [], [AB]]),
        # a loop of two claims prints them in turn, a branch that is not taken prints none
        (f"for x in y:\n    claim(f'{{x}} up.', x, {WRITTEN[AB]})\n    claim(f'{{x}} down.', x, {WRITTEN[CD]})",
         ["1 up.", "1 down.", "2 up.", "2 down."], [[AB], [CD], [AB], [CD]]),
        (f"if x:\n    claim('A.', x, {WRITTEN[AB]})\nelse:\n    claim('B.', x, {WRITTEN[CD]})", ["B."], [[CD]]),
        # the same place decides where the words do not
        (f"claim(t, True, {WRITTEN[AB]})\nclaim(s, True, {WRITTEN[CD]})", ["A.", "B."], [[AB], [CD]]),
        (f"claims.claim(text='A.', holds=True, {WRITTEN[AB]})", ["A."], [[AB]]),
        ("claim('A (of [two]).', True, pair=None)", ["A (of [two])."], [[]]),
    ],
)  # fmt: skip
def test_each_sentence_gets_the_pairs_of_its_claim(source, sentences, found):
    assert claims_page.pairs_of(source, sentences) == found


def test_a_sentence_of_either_of_two_claims_is_refused():
    source = f"for x in y:\n    claim(t, True, {WRITTEN[AB]})\n    claim(s, True, {WRITTEN[CD]})"
    with pytest.raises(ValueError, match=r"which claim of the cell printed this.*'A\.'"):
        claims_page.pairs_of(source, ["A.", "B.", "C.", "D."])
    with pytest.raises(ValueError, match="which claim"):
        claims_page.pairs_of("claim('A.', 1)\nclaim('B.', 1, pair=('r', 'a', 'b'))", ["An older sentence."])


@pytest.mark.parametrize("written", ["pair=(name, 'a', 'b')", "pair=mine", "pair=('r', f'{x}', 'b')"])
def test_a_pair_that_is_not_written_out_is_refused(written):
    with pytest.raises(ValueError, match="must be written out"):
        claims_page.pairs_of(f"claim('A.', True, {written})", ["A."])
    with pytest.raises(ValueError, match="pair must"):
        claims_page.pairs_of("claim('A.', True, pair=('r', 'a'))", ["A."])


# --- What became of a comparison


def frame(mean, users=400):
    """Frames of one seed whose mean over users is as said; users spread by .1 in the same way in every row."""
    spread = np.random.default_rng(0).normal(0, 0.1, users)
    noise = np.random.default_rng(int(1e6 * abs(mean))).normal(0, 0.02, users)
    value = spread - spread.mean() + noise - noise.mean() + mean
    return [pd.DataFrame({"user": range(users), "metric": "ndcg@10", "value": value})]


@pytest.fixture
def stored(monkeypatch):
    """Results that a test puts there: {name: ({row: mean}, {row: chosen settings})}."""
    content = {}

    def frames(name, table="test"):
        key = name if table == "test" else f"{name}/{table}"
        if key not in content:
            raise FileNotFoundError(key)
        return {row: frame(mean) for row, mean in content[key][0].items()}

    monkeypatch.setattr(results, "frames", frames, raising=False)
    monkeypatch.setattr(results, "load", lambda name: {"values": {"chosen": content[name][1]}})
    monkeypatch.setattr(claims_page, "USED", {})
    cached = (claims_page.stored_frames, claims_page.difference, claims_page.kept_intervals, claims_page.fingerprint)
    for function in cached:
        function.cache_clear()
    yield content
    for function in cached:
        function.cache_clear()


PAIR = ("exam", "new", "old", "ndcg@10")
FIRST = ({"old": 0.1, "new": 0.12}, {"old": {}, "new": {"k": 1}})


@pytest.mark.parametrize(
    ("new", "said"), [(0.33, "holds"), (0.27, "reversed"), (0.3002, "not shown"), (0.2998, "not shown")]
)
def test_a_comparison_on_the_second_data_set(stored, new, said):
    stored["exam"] = FIRST
    stored["exam_movietweetings"] = ({"old": 0.3, "new": new}, {})
    verdict, text = claims_page.became(PAIR)
    sign = "−" if new < 0.3 else ""
    assert verdict == said
    assert re.fullmatch(rf"On MovieTweetings: new − old, NDCG@10, difference {sign}\.\d+ \[\S+, \S+\], {said}\.", text)
    # the other way round the same is said
    assert claims_page.became(("exam", "old", "new", "ndcg@10"))[0] == said


def test_a_claim_of_no_difference_gets_the_interval_alone(stored):
    stored["exam"] = ({"old": 0.1, "new": 0.1003}, {})
    stored["exam_movietweetings"] = ({"old": 0.3, "new": 0.33}, {})
    verdict, text = claims_page.became(PAIR)
    assert verdict == "no verdict" and text.endswith("].") and ".0300" in text


def test_the_settings_of_the_first_data_stand_beside_it(stored):
    stored["exam"] = FIRST
    rows = {"old": 0.3, "new": 0.33, "new (settings of MovieLens)": 0.28}
    stored["exam_movietweetings"] = (rows, {"old": {}, "new": {"k": 9}})
    verdict, text = claims_page.became(PAIR)
    assert verdict == "holds"
    assert re.search(r", holds; with the settings of MovieLens unchanged: −\.0200 \[\S+, \S+\], reversed\.$", text)


def test_where_the_settings_are_the_same_nothing_is_measured_twice(stored):
    stored["exam"] = FIRST
    stored["exam_movietweetings"] = ({"old": 0.3, "new": 0.33}, FIRST[1])
    assert claims_page.became(PAIR)[1].endswith(", holds; the settings are those of MovieLens.")


def test_a_row_of_unknown_settings_is_not_called_unchanged(stored):
    """`arm` follows from settings chosen anew; beside it `new` with old settings would be unfair."""
    stored["exam"] = ({"arm": 0.1, "new": 0.12}, {"new": {"k": 1}})
    rows = {"arm": 0.3, "new": 0.33, "new (settings of MovieLens)": 0.28}
    stored["exam_movietweetings"] = (rows, {"new": {"k": 9}})
    assert "unchanged" not in claims_page.became(("exam", "new", "arm", "ndcg@10"))[1]


@pytest.mark.parametrize("second", [None, {"old": 0.3}, {"old": 0.3, "other": 0.2}])
def test_what_is_not_measured_yet_is_said(stored, second):
    stored["exam"] = FIRST
    if second:
        stored["exam_movietweetings"] = (second, {})
    said = "On MovieTweetings: new − old, NDCG@10, not measured yet."
    assert claims_page.became(PAIR) == ("not measured", said)


def test_a_table_other_than_test_and_movielens_as_second(stored):
    stored["exam/newcomers"] = ({"old": 0.1, "new": 0.12}, {})
    stored["exam_movielens/newcomers"] = ({"old": 0.3, "new": 0.27}, {})
    stored["exam"] = stored["exam_movielens"] = ({}, {})
    verdict, text = claims_page.became(("exam/newcomers", "new", "old", "ndcg@10"))
    assert verdict == "reversed" and text.startswith("On MovieLens: ")


def test_a_row_that_is_not_stored_is_refused(stored):
    stored["exam"] = FIRST
    with pytest.raises(ValueError, match="stored: old, new"):
        claims_page.became(("exam", "knew", "old", "ndcg@10"))
    with pytest.raises(ValueError, match="nothing under this name"):
        claims_page.became(("exams", "new", "old", "ndcg@10"))


def test_the_page_shows_and_counts_what_became_of_the_pairs(stored, monkeypatch, tmp_path):
    stored["exam"] = FIRST
    stored["exam_movietweetings"] = ({"old": 0.3, "new": 0.27}, {})
    heading = nbformat.v4.new_markdown_cell("# T\n\n## Which?")
    source = "claim('New is better.', True, pair=('exam', 'new', 'old'))\nclaim('Plain.', True)"
    path = claims_page.ROOT / "notebooks" / "part" / "t.ipynb"
    notebook = nbformat.v4.new_notebook(cells=[heading, cell(source, "✓ New is better.\n  .02\n✓ Plain.\n")])
    monkeypatch.setattr(claims_page, "notebook_paths", lambda: [path])
    monkeypatch.setattr(claims_page, "stored_notebook", lambda _: notebook)
    page = claims_page.page()
    assert "2 claims of 1 chapters" in page and "Of 1 comparisons: 1 *reversed*." in page
    entry = page[page.index("- **New is better.**") :].splitlines()
    assert entry[1] == "  .02\\"
    assert entry[2].startswith("  *On MovieTweetings: new − old, NDCG@10, difference −.0300 ")
    assert entry[3] == "  [Which?](../notebooks/part/t.ipynb#which)"
    assert entry[5:7] == ["- **Plain.**\\", "  [Which?](../notebooks/part/t.ipynb#which)"]


def test_an_interval_is_computed_once_for_a_stored_result(stored, monkeypatch, tmp_path):
    """It is kept beside the fingerprint of the file it comes from; another file, and it is computed anew."""
    stored["exam"] = FIRST
    folder = tmp_path / "recsys_lib" / "results"
    folder.mkdir(parents=True)
    monkeypatch.setattr(claims_page, "ROOT", tmp_path)
    monkeypatch.setattr(claims_page, "KEPT", tmp_path / "kept.json")
    computed = []
    monkeypatch.setattr(
        claims_page, "measured", lambda *pair, own=claims_page.measured: computed.append(pair) or own(*pair)
    )

    def run(content):
        (folder / "exam.json").write_text(content)
        for function in (claims_page.difference, claims_page.kept_intervals, claims_page.fingerprint):
            function.cache_clear()
        interval = claims_page.difference(*PAIR)
        claims_page.keep_intervals()
        return interval

    first = run("a")
    assert run("a") == first and str(run("a")) == str(first) and computed == [PAIR]
    run("b")
    assert computed == [PAIR, PAIR]
    stored["exam"] = ({"old": 0.1}, {})
    claims_page.stored_frames.cache_clear()
    assert run("b") is None, "what is kept does not outlive its rows"


def test_names_of_metrics():
    named = {"ndcg@10": "NDCG@10", "recall@20": "Recall@20", "hit_rate@5": "Hit rate@5", "map@3": "MAP@3"}
    named |= {name: name for name in ("squared error", "hit@10, 99 popular")}
    assert {metric: claims_page.metric_name(metric) for metric in named} == named
