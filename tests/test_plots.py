"""The figure style: drawn without a warning, right numbers at the dots, readable in grey."""

import warnings

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from recsys_lib import plots


@pytest.fixture(autouse=True)
def _style():
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("error")
        plots.use_style()
        yield
        plt.close("all")


def table():
    columns = ["mean", "low", "high", "difference", "difference_low", "difference_high", "seed_spread", "n_users"]
    rows = {
        "Popularity": [0.0646, 0.054, 0.075, np.nan, np.nan, np.nan, np.nan, 647],
        "EASE λ=100": [0.1166, 0.104, 0.129, 0.0519, 0.041, 0.063, np.nan, 647],
        "mine": [0.06, 0.05, 0.07, -0.0046, -0.01, 0.001, 0.002, 647],
    }
    result = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    result.attrs = {"metric": "ndcg@10", "baseline": "Popularity"}
    return result


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_intervals_show_the_means_of_all_rows(caplog):
    ax = plots.intervals(table())
    ax.figure.canvas.draw()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Popularity", "EASE λ=100", "mine"]
    assert texts(ax) == [".065", ".117", ".060"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1], "the first row is on top"
    bars = [line for line in ax.get_lines() if len(line.get_xdata()) == 2]
    assert [tuple(bar.get_xdata()) for bar in bars] == [(0.054, 0.075), (0.104, 0.129), (0.05, 0.07)]
    assert bars[1].get_color() == plots.MODEL_COLORS["EASE"] and bars[2].get_color() == plots.INK
    assert ax.get_xlabel() == "NDCG@10; bars: 95 % interval over users"
    assert not caplog.records, "a missing font would be logged"


def test_intervals_of_differences_leave_out_the_baseline_and_name_it_at_zero():
    ax = plots.intervals(table(), value="difference", models="ItemKNN")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["EASE λ=100", "mine"]
    assert texts(ax) == ["+.052", "−.005", "Popularity"]
    assert {line.get_color() for line in ax.get_lines()[:4]} == {plots.MODEL_COLORS["ItemKNN"]}
    _, own = plt.subplots()
    ax = plots.intervals(table(), ax=own, models={"mine": "ALS"}, reference=0.1, reference_label="a line", label="x")
    assert ax is own and texts(ax)[-1] == "a line" and ax.get_xlabel() == "x"
    with pytest.raises(ValueError, match="one of 'mean', 'difference'"):
        plots.intervals(table(), value="ndcg")


@pytest.mark.parametrize("value", ["mean", "difference"])
@pytest.mark.parametrize(
    ("n_seeds", "over"),
    [([1, 1, 1], "users"), ([1, 5, 1], "users and seeds"), ([5, 1, 1], "users and seeds")],  # the baseline is row 0
)
def test_the_axis_says_over_what_the_intervals_are(value, n_seeds, over):
    ax = plots.intervals(table().assign(n_seeds=n_seeds), value=value)
    assert ax.get_xlabel().endswith(f"; bars: 95 % interval over {over}")
    ax.figure.canvas.draw()
    assert ax.xaxis.label.get_window_extent().x1 <= ax.figure.bbox.x1, "the label stays within the figure"


def test_a_variant_takes_the_style_of_its_family():
    assert plots.model_style("EASE λ=10") == plots.MODEL_STYLES["EASE"]
    assert plots.model_style("ItemKNN cosine")["color"] == "#a8497f"
    plots.model_style("ALS")["color"] = "red"
    assert plots.MODEL_COLORS["ALS"] == plots.model_style("ALS")["color"] == "#8a5a00"
    with pytest.raises(KeyError, match="no model style for 'Ease'; names begin with Popularity"):
        plots.model_style("Ease")


def test_models_differ_without_their_colour():
    assert len({style["marker"] for style in plots.MODEL_STYLES.values()}) == len(plots.MODEL_STYLES)
    sequence = ("NextItemRidge", "SASRec", "RecencyRidge", "DatedSASRec", "GenerativeRetrieval")  # as TransitionCounts
    alike = (*sequence, "MiniLM", "RecentPopularity")  # as ContentTFIDF, as Popularity
    families = [name for name in plots.MODEL_STYLES if name not in alike]
    assert len(set(plots.MODEL_COLORS.values())) == len(families)
    dashes = [str(style["linestyle"]) for style in plots.MODEL_STYLES.values()]
    assert len(set(dashes)) == len(dashes) - 1, "EASE and the embedding are both solid; their markers differ"


def luminance(color):
    channel = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return np.dot([0.2126, 0.7152, 0.0722], channel)


def test_contrast_on_the_figures_own_ground():
    def against_paper(color):
        return (luminance(plots.PAPER) + 0.05) / (luminance(color) + 0.05)

    assert plt.rcParams["figure.facecolor"] == plots.PAPER == "#fcfcfa"
    assert plt.rcParams["text.color"] == plots.INK and against_paper(plots.INK) > 15
    assert against_paper(plots.MUTED) > 4.5
    for name, color in plots.MODEL_COLORS.items():
        assert against_paper(color) > (2.9 if name in ("ContentTFIDF", "MiniLM") else 3), name
    assert all(plots.MODEL_STYLES[name]["markeredgecolor"] == plots.INK for name in ("ContentTFIDF", "MiniLM"))


def test_reference_line_and_title():
    fig, ax = plt.subplots(figsize=plots.SMALL)
    ax.plot([0, 1], [0, 1])
    assert plots.reference_line(ax, 0.5, "popularity") is ax
    assert plots.title(ax, "A sentence that is far too long for one line of a small figure") is ax
    assert "\n" in fig._suptitle.get_text() and fig._suptitle.get_ha() == "left"
    fig.canvas.draw()
    box = fig._suptitle.get_window_extent()
    assert box.x0 >= 0 and box.x1 <= fig.bbox.x1, "the title stays inside the figure"


def test_short_ticks_drop_the_leading_zero():
    _, ax = plt.subplots()
    ax.set(ylim=(-0.1, 0.1), xlim=(0, 20))
    plots.short_ticks(plots.short_ticks(ax), axis="x")
    ax.figure.canvas.draw()
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert "−.100" in labels and ".050" in labels and not any("0." in label for label in labels)
    assert ax.get_xticklabels()[-1].get_text().startswith("20")


def test_a_figure_is_small_on_disk(tmp_path):
    ax = plots.intervals(table())
    plots.title(ax, "EASE beats popularity")
    ax.figure.savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size < 120_000
