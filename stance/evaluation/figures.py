"""The report's pictures as inline SVG, in colours that colour-blind readers can tell apart."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, GREY = "#2f6f9f", "#8a8f98"
INK = "#010203"
"""Drawn in this colour, then replaced by the page's own text colour, so that dark mode works."""
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "stance",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
}
ROW_INCHES = 0.42


def systems_figure(systems: Mapping[str, Mapping[str, float]], metric: str) -> str:
    """Name -> {value, low, high}: dots with whiskers, the first system in colour."""
    figure, axes = _canvas(len(systems))
    colours = [BLUE] + [GREY] * (len(systems) - 1)
    _dots(axes, list(systems), list(systems.values()), colours)
    axes.set_xlabel(f"{metric} with its interval")
    return _svg(figure, f"{metric} of this model and of simple systems, with intervals")


def labels_figure(labels: Mapping[str, Mapping[str, Any]]) -> str:
    """F1 of each label with its interval."""
    figure, axes = _canvas(len(labels))
    names = [f"{name} ({row['gold']})" for name, row in labels.items()]
    _dots(axes, names, [row["f1"] for row in labels.values()], [BLUE] * len(labels))
    axes.set_xlabel("F1 with its interval; in brackets the number of gold pairs")
    return _svg(figure, "F1 of each label, with intervals")


def confusion_figure(confusion: Sequence[Sequence[int]], labels: Sequence[str]) -> str:
    """Counts, shaded by their share of the gold label's row."""
    counts = np.asarray(confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = _canvas(len(labels) + 2, width=5.0)
    centres = np.arange(len(labels))
    axes.pcolormesh(centres, centres, shares, cmap="Blues", vmin=0, vmax=1, shading="nearest")
    axes.invert_yaxis()
    axes.set_xticks(centres, labels)
    axes.set_yticks(centres, labels)
    axes.set_xlabel("predicted")
    axes.set_ylabel("gold")
    axes.tick_params(length=0)
    for row, column in np.ndindex(*counts.shape):
        dark = shares[row, column] > 0.5
        text = f"{counts[row, column]}\n{shares[row, column]:.0%}"
        axes.text(column, row, text, ha="center", va="center", color="white" if dark else "#1b1f24", fontsize=9)
    return _svg(figure, "Confusion matrix: gold labels in rows, predicted labels in columns")


def _canvas(rows: int, width: float = 7.0) -> tuple["Figure", "Axes"]:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, ROW_INCHES * rows + 0.9), layout="constrained")
        return figure, figure.add_subplot()


def _dots(axes: "Axes", names: Sequence[str], values: Sequence[Mapping[str, float]], colours: Sequence[str]) -> None:
    for row, (interval, colour) in enumerate(zip(values, colours, strict=True)):
        axes.plot([interval["low"], interval["high"]], [row, row], color=colour, linewidth=2, solid_capstyle="round")
        axes.plot(interval["value"], row, "o", color=colour, markersize=8)
        axes.annotate(
            f"{interval['value']:.2f}",
            (interval["value"], row),
            xytext=(0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.7)
    axes.set_xlim(0, 1)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", alpha=0.25)
    axes.set_axisbelow(True)


def _svg(figure: "Figure", description: str) -> str:
    import matplotlib as mpl

    stream = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = stream.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(
        r'<svg [^>]*?viewBox="([^"]+)"[^>]*>',
        rf'<svg viewBox="\1" role="img" aria-label="{description}">',
        svg,
        count=1,
    )
    return re.sub(r"font: ([\d.]+)px [^;\"]*", r"font: \1px system-ui, sans-serif", svg)
