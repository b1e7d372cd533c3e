"""What every notebook of the book must hold, read from its file; nbval runs the cells."""

import base64
import copy
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
import yaml

import bootstrap_cell
import lengths
import notebooks as runner
import test_all
from bookfiles import ROOT, TEXT_FORMATTER, headings, notebook_paths, page_anchors, stored_notebook
from claims_page import claim_calls, printed_claims

PATHS = notebook_paths()
TAGS = {"bootstrap", "by-hand", "exercise", "hide-cell", "hide-input", "nbval-check-output", "solution"}
MAX_LINES, MAX_FOLDED_LINES, MAX_WIDTH = 20, 32, 88
MAX_IMAGE, MAX_FILE = 120_000, 1_500_000
EXERCISES = ("Exercise 1 · warm-up: ", "Exercise 2 · core: ", "Exercise 3 · open: ")
OPENING = ("you will be able to", r"\d+ min", r"\d+ s", "needs", r"\?")
CLOSING = ("remember", "production", "reading")
MYST = re.compile(r"^\s*(?:```\{|:::|\{\w+\}`)|\{(?:term|cite|ref|eq|doc|numref)\}`", re.MULTILINE)


@pytest.fixture(params=PATHS, ids=[path.stem for path in PATHS], scope="module")
def path(request):
    return request.param


@pytest.fixture(scope="module")
def notebook(path):
    return stored_notebook(path)


def code_cells(notebook):
    return [(number, cell) for number, cell in enumerate(notebook.cells) if cell.cell_type == "code"]


def text_cells(notebook):
    return [(number, cell) for number, cell in enumerate(notebook.cells) if cell.cell_type == "markdown"]


def tags(cell):
    return set(cell.metadata.get("tags", []))


def images(cell):
    """Decoded bytes of each picture that a cell shows."""
    for output in cell.outputs:
        for kind, data in output.get("data", {}).items():
            if kind == "image/svg+xml":
                yield data.encode()
            elif kind.startswith("image/"):
                yield base64.b64decode(data)


def prints(cell):
    """Whether a cell shows text: what it printed, or the value of its last line."""
    shown = (output for output in cell.outputs if not any(k.startswith("image/") for k in output.get("data", {})))
    return any(runner.output_text(output).strip() for output in shown)


def links(notebook):
    """[(cell number, address)] of all links and pictures in the text."""
    for number, cell in text_cells(notebook):
        for token in TEXT_FORMATTER.parse(cell.source):
            for child in token.children or []:
                if address := child.attrs.get("href") or child.attrs.get("src"):
                    yield number, address


def test_contents_and_notebooks_agree():
    named = re.findall(r"file:\s*(notebooks/\S+)", (ROOT / "_toc.yml").read_text("utf-8"))
    there = [path.relative_to(ROOT).with_suffix("").as_posix() for path in PATHS]
    assert sorted(name.removesuffix(".ipynb") for name in named) == sorted(there)
    assert there, "the book has no notebook"


def test_executed_in_order_without_error(notebook):
    for expected, (number, cell) in enumerate(code_cells(notebook), start=1):
        assert cell.execution_count == expected, f"cell {number}: not executed in order; run make notebooks"
        errors = [output.ename for output in cell.outputs if output.output_type == "error"]
        assert not errors, f"cell {number}: stored error {errors}"


def test_nothing_on_stderr_no_path_no_memory_address(notebook):
    assert runner.problems(notebook) == []


def test_written_by_make_notebooks(path, notebook):
    tidied = copy.deepcopy(notebook)
    runner.tidy(tidied)
    assert nbformat.writes(tidied).rstrip("\n") + "\n" == path.read_text("utf-8"), "run make notebooks"


def test_first_code_cell_is_the_bootstrap_cell(notebook):
    first, second = (cell for _, cell in code_cells(notebook)[:2])
    assert first.source == bootstrap_cell.text(), "run tools/bootstrap_cell.py --write"
    assert not first.outputs
    assert "use_style()" in second.source, "the second code cell sets seed and style"


def test_cells_are_short(notebook):
    for number, cell in code_cells(notebook):
        folded = tags(cell) & {"hide-input", "hide-cell"}
        lines = cell.source.splitlines()
        assert len(lines) <= (MAX_FOLDED_LINES if folded else MAX_LINES), f"cell {number}: {len(lines)} lines"


def test_code_and_prints_fit_the_page(notebook):
    for number, cell in code_cells(notebook):
        printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
        claims = [line for pair in printed_claims(cell) for line in pair]  # shown as sentences
        for line in [*cell.source.splitlines(), *printed.splitlines()]:
            if line.removeprefix("✓ ").strip() not in claims:
                assert len(line) <= MAX_WIDTH, f"cell {number}: {len(line)} wide: {line}"


def test_is_one_class(path):
    assert lengths.too_long(path) == []


def test_the_head_says_how_long_it_is_to_read(path, notebook):
    minutes = re.search(r"(\d+) min to read", notebook.cells[0].source)
    assert minutes and int(minutes[1]) == lengths.length(path).minutes


def test_exercises_are_named_alike(path, notebook):
    titles = [title for _, cell in text_cells(notebook) for _, title in headings(cell.source)]
    found = [title for title in titles if title.startswith("Exercise")]
    expected = EXERCISES[:1] if lengths.is_start(path) else EXERCISES
    assert len(found) == len(expected)
    assert all(title.startswith(start) for title, start in zip(found, expected)), found


def test_every_objective_is_tested(path, notebook):
    """Two by checked exercises, one by the open one, each other by a question; the part `start` asks no questions."""
    objectives = len(re.findall(r"^- ", notebook.cells[0].source, re.MULTILINE))
    stubs = [cell.source for _, cell in code_cells(notebook) if "exercise" in tags(cell)]
    checked = {name for source in stubs for name in re.findall(r"""check\(\s*["']([\w.]+)""", source)}
    if lengths.is_start(path):
        assert len(checked) == 1
    else:
        assert 3 <= objectives <= 5
        assert len(checked) >= objectives - 1, f"{objectives} objectives, and only {sorted(checked)} are checked"


def test_tags_are_known(notebook):
    for number, cell in enumerate(notebook.cells):
        assert tags(cell) <= TAGS, f"cell {number}: unknown tags {tags(cell) - TAGS}"


def test_claims_are_computed_and_hold(path, notebook):
    calls = 0
    for number, cell in code_cells(notebook):
        written = claim_calls(cell.source)
        assert len(printed_claims(cell)) >= written, f"cell {number}: a claim is written that did not print"
        calls += written
    assert calls >= (1 if lengths.is_start(path) else 3), "a chapter's conclusions are claim cells"


def test_a_third_of_the_printing_cells_is_compared(notebook):
    printing = [cell for _, cell in code_cells(notebook) if prints(cell)]
    compared = [cell for cell in printing if "nbval-check-output" in tags(cell)]
    assert 3 * len(compared) >= len(printing), f"{len(compared)} of {len(printing)} printing cells are compared"


def test_pictures_have_a_reading_and_are_light(notebook):
    for number, cell in code_cells(notebook):
        for picture in images(cell):
            assert len(picture) <= MAX_IMAGE, f"cell {number}: picture of {len(picture):,} bytes"
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt) >= 40, f"cell {number}: a picture's alt text gives its reading"
            start = re.match(r"(a |an |the )?(plot|figure|chart|image|picture|graph)\b", alt, re.IGNORECASE)
            assert not start, f"cell {number}: the alt text gives the reading, not the drawing: {alt!r}"


def test_a_stored_result_is_computed_again(path):
    for name in test_all.stored_results(path):
        test = ROOT / "tests" / f"test_results_{name}.py"
        assert test.is_file(), f"no {test.name}, which computes a row of the stored result {name} again"


def test_file_is_light(path):
    assert path.stat().st_size <= MAX_FILE


def test_text_is_plain_markdown(notebook):
    for number, cell in text_cells(notebook):
        found = MYST.search(cell.source)
        assert not found, f"cell {number}: {found and found.group()!r} is raw text in Colab and on GitHub"


def test_opens_with_question_objectives_needs_and_times(notebook):
    assert notebook.cells[0].cell_type == "markdown"
    head = notebook.cells[0].source
    assert head.startswith("# ")
    missing = [part for part in OPENING if not re.search(part, head, re.IGNORECASE)]
    assert not missing, f"the head lacks {missing}"


def test_has_one_title(notebook):
    levels = [level for _, cell in text_cells(notebook) for level, _ in headings(cell.source)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:])), "a heading level is skipped"


def test_closes_with_what_to_remember_production_and_reading(path, notebook):
    closing = CLOSING[:1] if lengths.is_start(path) else CLOSING
    titles = " · ".join(title for _, cell in text_cells(notebook) for _, title in headings(cell.source)[:9])
    missing = [part for part in closing if not re.search(part, titles, re.IGNORECASE)]
    assert not missing, f"no section on {missing}"


@pytest.fixture(scope="module")
def bibliography():
    return set(re.findall(r"^@\w+\{\s*([^,\s]+)", (ROOT / "book" / "references.bib").read_text("utf-8"), re.MULTILINE))


def test_links_lead_somewhere(path, notebook, bibliography):
    broken = []
    for number, address in links(notebook):
        parts = urlsplit(address)
        if parts.scheme:
            ok = parts.scheme == "https"
        else:
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            ok = target.is_file() and target.is_relative_to(ROOT)
            if ok and parts.fragment:
                known = bibliography if target.name == "bibliography.md" else page_anchors(target)
                ok = unquote(parts.fragment) in known
        if not ok:
            broken.append(f"cell {number}: {address}")
    assert broken == []


def test_links_of_the_pages_lead_somewhere(bibliography):
    broken = []
    for page in [*sorted((ROOT / "book").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        for token in TEXT_FORMATTER.parse(page.read_text("utf-8")):
            for child in token.children or []:
                parts = urlsplit(str(child.attrs.get("href") or child.attrs.get("src") or ""))
                if parts.scheme or not (parts.path or parts.fragment):
                    continue
                target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
                known = bibliography if target.name == "bibliography.md" else None
                ok = target.exists()
                if ok and parts.fragment and target.suffix in (".md", ".ipynb"):
                    ok = unquote(parts.fragment) in (page_anchors(target) if known is None else known)
                if not ok:
                    broken.append(f"{page.name}: {parts.geturl()}")
    assert broken == []


def test_every_cited_work_is_listed_and_every_listed_work_cited(bibliography):
    pages = [cell.source for path in PATHS for _, cell in text_cells(stored_notebook(path))]
    pages += [page.read_text("utf-8") for page in (ROOT / "book").glob("*.md")]
    cited = set(re.findall(r"bibliography\.md#([\w:.-]+)", "\n".join(pages)))
    unlisted, uncited = sorted(cited - bibliography), sorted(bibliography - cited)
    assert not unlisted, f"cited and not in book/references.bib: {', '.join(unlisted)}"
    assert not uncited, f"in book/references.bib and cited nowhere: {', '.join(uncited)}"


def test_toc_is_yaml_and_names_existing_pages():
    text = (ROOT / "_toc.yml").read_text("utf-8")
    assert yaml.safe_load(text)
    for name in re.findall(r"(?:file|root):\s*(\S+)", text):
        assert any(Path(ROOT / f"{name}{suffix}").is_file() for suffix in ("", ".md", ".ipynb")), name
