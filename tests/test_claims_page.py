"""The claims page is what the claim cells say."""

import nbformat
import pytest

import claims_page
from bookfiles import notebook_paths, read_notebook
from recsys_lib.claims import ClaimError, claim


def cell(source, printed):
    return nbformat.v4.new_code_cell(source, outputs=[nbformat.v4.new_output("stream", name="stdout", text=printed)])


def test_page_is_up_to_date():
    assert claims_page.PAGE.read_text("utf-8") == claims_page.page(), "run tools/claims_page.py"


def test_every_claim_of_every_notebook_is_on_the_page():
    page = claims_page.PAGE.read_text("utf-8")
    for path in notebook_paths():
        for sentence, evidence, _, heading in claims_page.chapter_claims(read_notebook(path)):
            assert claims_page.plain(sentence) in page and claims_page.plain(evidence) in page
            assert heading, f"{path.stem}: a claim stands before the first heading"


def test_reads_what_claim_prints(capsys):
    claim("Half of $x$ is *less* than x.", True, "0.5 < 1")
    claim("And so is a third.", True)
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
    assert claims_page.chapter_claims(notebook) == [("a", "", "why-1", "Why?")]
    assert claims_page.claim_calls("%matplotlib inline\nif x:\n    claim('a', True)\nprint('claim(1)')") == 1
