"""One style for all figures, one colour for each model. Every function returns its Axes."""

import sys
import textwrap

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.ticker import ScalarFormatter

from recsys_lib import formatting
from recsys_lib._checks import choice

PAPER, INK, MUTED, GRID = "#fcfcfa", "#1c2128", "#57606a", "#e4e6e3"
ACCENT, SECOND = "#0b57a4", "#b3470b"
WIDE, SMALL = (6.4, 3.6), (4.2, 3.6)  # inches; as wide as the text, or two thirds of it

MODEL_STYLES = {  # hue, marker and line style together, so that grey print and colour-blind readers tell them apart
    "Popularity": {"color": "#6e7781", "marker": "s", "linestyle": (0, (1, 1.5))},
    "RecentPopularity": {"color": "#6e7781", "marker": "d", "linestyle": (0, (2, 1))},
    "BiasModel": {"color": MUTED, "marker": "P", "linestyle": (0, (4, 1.5, 1, 1.5))},
    "ContentTFIDF": {"color": "#CC79A7", "marker": "X", "linestyle": (0, (3, 1)), "markeredgecolor": INK},
    "MiniLM": {"color": "#CC79A7", "marker": "h", "linestyle": (0, (9, 1.5)), "markeredgecolor": INK},
    "ItemKNN": {"color": "#a8497f", "marker": "^", "linestyle": (0, (5, 1.5))},
    "ALS": {"color": "#8a5a00", "marker": "v", "linestyle": (0, (7, 1.5, 2, 1.5))},
    "EASE": {"color": "#D55E00", "marker": "D", "linestyle": "-"},
    "MatrixFactorization": {"color": "#0072B2", "marker": "o", "linestyle": "-"},
    "TransitionCounts": {"color": "#00735c", "marker": ">", "linestyle": (0, (1, 1))},  # sequence models: one hue
    "NextItemRidge": {"color": "#00735c", "marker": "*", "linestyle": (0, (6, 1))},
    "SASRec": {"color": "#00735c", "marker": "p", "linestyle": (0, (8, 2, 1, 2, 1, 2))},
    "RecencyRidge": {"color": "#00735c", "marker": "8", "linestyle": (0, (4, 1.5))},
    "DatedSASRec": {"color": "#00735c", "marker": "H", "linestyle": (0, (10, 2))},
    "GenerativeRetrieval": {"color": "#00735c", "marker": (4, 1, 0), "linestyle": (0, (1, 2, 5, 2))},
    "UnifiedFused": {"color": INK, "marker": "<", "linestyle": (0, (12, 0.01)), "linewidth": 2.6},  # ink, and heavy
}
MODEL_COLORS = {name: style["color"] for name, style in MODEL_STYLES.items()}


def use_style():
    """The look of all figures from here on: own light ground, ink text, axes left and bottom, grid by value."""
    mpl.rcParams.update(
        {
            "figure.figsize": WIDE,
            "figure.facecolor": PAPER,
            "figure.constrained_layout.use": True,
            "figure.constrained_layout.w_pad": 0.08,
            "figure.constrained_layout.h_pad": 0.08,
            "savefig.facecolor": PAPER,
            "savefig.dpi": 200,
            "axes.facecolor": PAPER,
            "axes.edgecolor": MUTED,
            "axes.labelcolor": INK,
            "axes.linewidth": 0.8,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
            "axes.grid": True,
            "axes.grid.axis": "y",
            "axes.titlelocation": "left",
            "axes.titlesize": 10,
            "axes.titleweight": "bold",
            "axes.titlecolor": INK,
            "axes.labelsize": 9,
            "axes.prop_cycle": mpl.cycler(color=["#3d4650", ACCENT, SECOND, "#8b949e"]),
            "grid.color": GRID,
            "grid.linewidth": 0.7,
            "xtick.color": MUTED,
            "ytick.color": MUTED,
            "xtick.labelcolor": INK,
            "ytick.labelcolor": INK,
            "xtick.labelsize": 9,
            "ytick.labelsize": 9,
            "text.color": INK,
            "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same picture everywhere, and no warning
            "font.size": 9,
            "legend.frameon": False,
            "legend.fontsize": 9,
            "lines.linewidth": 1.8,
            "lines.markersize": 5.5,
        }
    )
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("retina", bbox_inches=None)  # the size that was asked for, at twice the pixels


def model_style(name):
    """Colour, marker and line style of a model, for `ax.plot(x, y, **model_style(name))`.

    name: of the model, or a variant that begins with it ("EASE λ=10"). Raises KeyError for any other."""
    for known in sorted(MODEL_STYLES, key=len, reverse=True):
        if str(name).startswith(known):
            return dict(MODEL_STYLES[known])
    raise KeyError(f"no model style for {name!r}; names begin with {', '.join(MODEL_STYLES)}")


def title(ax, sentence):
    """The answer of a figure, one sentence, over the whole figure from its left edge."""
    width = int(ax.figure.get_figwidth() * 12.5)
    text = textwrap.fill(sentence, width)
    ax.figure.suptitle(text, x=0.015, ha="left", fontsize=10, fontweight="bold", color=INK)
    return ax


def intervals(table, *, value="mean", ax=None, label=None, models=None, reference=None, reference_label=None):
    """Dots with interval bars, one row each, of a table of `evaluation.compare`; first row on top.

    value: "mean" or "difference" (rows without one, as the baseline, are left out; a line at 0 names the baseline).
    label: of the value axis.   models: row → name of the model whose colour it takes, or one name for all; by default
    the row's own, ink where it is no model's.   reference, reference_label: a dashed line at a value, and its name.
    The axis says that the bars are over users, or over users and seeds where a model of the table has several.
    Raises ValueError for any other value=."""
    choice("value", value, ("mean", "difference"))
    low, high = ("low", "high") if value == "mean" else ("difference_low", "difference_high")
    over = "users and seeds" if "n_seeds" in table and (table["n_seeds"] > 1).any() else "users"
    table = table[table[value].notna()]
    metric, baseline = table.attrs.get("metric", ""), table.attrs.get("baseline", "the baseline")
    if value == "difference" and reference is None:
        reference, reference_label = 0, baseline
    if ax is None:
        _, ax = plt.subplots(figsize=(WIDE[0], max(1.6, 0.9 + 0.32 * len(table))))
    for place, (name, row) in enumerate(table.iterrows()):
        style = _style_or_ink(models if isinstance(models, str) else (models or {}).get(name, name))
        ax.plot([row[low], row[high]], [place, place], color=style["color"], linewidth=2.2, solid_capstyle="round")
        ax.plot(row[value], place, **(style | {"linestyle": "none", "markersize": 7}))
        place_of_text = {"xycoords": ax.get_yaxis_transform(), "textcoords": "offset points", "annotation_clip": False}
        text = formatting.number(row[value], 3, plus="+" if value == "difference" else "")
        ax.annotate(text, (1, place), (6, 0), va="center_baseline", **place_of_text)
    ax.set(yticks=range(len(table)), yticklabels=map(str, table.index), ylim=(len(table) - 0.4, -0.6))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(False, axis="y")
    ax.grid(True, axis="x")
    short_ticks(ax, axis="x")
    what = f"{_spell(metric)} minus {baseline}'s" if value == "difference" else _spell(metric)
    ax.set_xlabel(label if label is not None else f"{what}; bars: 95 % interval over {over}")
    if reference is not None:
        reference_line(ax, reference, reference_label or "", axis="x")
    return ax


def reference_line(ax, at, text, *, axis="y"):
    """A dashed line at a value of the axis, with its name written at the line."""
    style = {"color": MUTED, "linestyle": (0, (4, 3)), "linewidth": 1, "zorder": 1}
    if axis == "x":
        ax.axvline(at, **style)
        ax.annotate(text, (at, 1), (0, 2), xycoords=ax.get_xaxis_transform(), textcoords="offset points", ha="center")
    else:
        ax.axhline(at, **style)
        ax.annotate(text, (1, at), (-2, 3), xycoords=ax.get_yaxis_transform(), textcoords="offset points", ha="right")
    return ax


def short_ticks(ax, *, axis="y"):
    """Ticks of an axis as the tables print numbers: .10, −.05, without the leading zero."""
    formatter = _ShortFormatter(useOffset=False)
    formatter.set_scientific(False)
    getattr(ax, f"{axis}axis").set_major_formatter(formatter)
    return ax


def _style_or_ink(name):
    try:
        return model_style(name)
    except KeyError:
        return {"color": INK, "marker": "o", "linestyle": "-"}


class _ShortFormatter(ScalarFormatter):
    def __call__(self, x, pos=None):
        text = super().__call__(x, pos)
        return "0" if x == 0 else text.replace("0.", ".", 1) if abs(x) < 1 else text


def _spell(metric):
    """ndcg@10 → NDCG@10."""
    kind, at, k = metric.partition("@")
    names = {"ndcg": "NDCG", "mrr": "MRR", "map": "MAP", "hit_rate": "Hit rate"}
    return names.get(kind, kind.capitalize()) + at + k
