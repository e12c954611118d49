"""The report's pictures as inline SVG, in colours that colour-blind readers can tell apart."""

import html
import io
import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
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
    "font.size": 10.5,
    "text.color": INK,
    "text.parse_math": False,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
}
WIDTH_INCHES = 4.6
"""So narrow that the text is still readable when a phone shrinks the figure to its screen."""
ROW_INCHES = 0.5
DARKEST_CELL = 0.75
"""Opacity of a cell that holds its whole row; below 1, so that the page's text colour stays readable on it."""


def systems_figure(systems: Mapping[str, Mapping[str, float]], metric: str) -> str:
    """Name -> {value, low, high}: dots with whiskers, the first system in colour."""
    with _style():
        figure, axes = _canvas(ROW_INCHES * len(systems) + 0.7)
        _dots(axes, list(systems), list(systems.values()), [BLUE] + [GREY] * (len(systems) - 1))
        axes.set_xlabel(metric)
        return _svg(figure, "systems", f"{metric} of this system and of simple ones, with intervals")


def labels_figure(labels: Mapping[str, Mapping[str, Any]]) -> str:
    """F1 of each label with its interval."""
    with _style():
        figure, axes = _canvas(ROW_INCHES * len(labels) + 0.7)
        names = [f"{name} ({row['gold']} pairs)" for name, row in labels.items()]
        _dots(axes, names, [row["f1"] for row in labels.values()], [BLUE] * len(labels))
        axes.set_xlabel("F1")
        return _svg(figure, "labels", "F1 of each label, with intervals")


def confusion_figure(confusion: Sequence[Sequence[int]], labels: Sequence[str]) -> str:
    """Counts and row shares, each cell shaded by its share of the gold label's row."""
    from matplotlib.patches import Rectangle

    counts = np.asarray(confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with _style():
        figure, axes = _canvas(0.62 * len(labels) + 0.7)
        for row, column in np.ndindex(*counts.shape):
            fill = (BLUE, DARKEST_CELL * shares[row, column])
            place = (column - 0.48, row - 0.48)
            axes.add_patch(Rectangle(place, 0.96, 0.96, facecolor=fill, edgecolor=(INK, 0.15), linewidth=0.5))
            text = f"{counts[row, column]}\n{shares[row, column]:.0%}"
            axes.text(column, row, text, ha="center", va="center", fontsize=9.5)
        axes.set(xlim=(-0.5, len(labels) - 0.5), ylim=(len(labels) - 0.5, -0.5), xlabel="predicted", ylabel="gold")
        axes.set_xticks(range(len(labels)), labels)
        axes.set_yticks(range(len(labels)), labels)
        axes.tick_params(length=0)
        axes.spines["bottom"].set_visible(False)
        return _svg(figure, "confusion", "Confusion matrix: gold labels in rows, predicted labels in columns")


@contextmanager
def _style() -> Generator[None]:
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        yield


def _canvas(height_inches: float) -> tuple["Figure", "Axes"]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_INCHES, height_inches), layout="constrained")
    return figure, figure.add_subplot()


def _dots(axes: "Axes", names: Sequence[str], values: Sequence[Mapping[str, float]], colours: Sequence[str]) -> None:
    ends = [interval[end] for interval in values for end in ("low", "high")]
    for row, (name, interval, colour) in enumerate(zip(names, values, colours, strict=True)):
        axes.plot([interval["low"], interval["high"]], [row, row], color=colour, linewidth=2.2, solid_capstyle="round")
        axes.plot(interval["value"], row, "o", color=colour, markersize=7)
        numbers = f"{interval['value']:.2f}  [{interval['low']:.2f}, {interval['high']:.2f}]"
        place: Any = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "va": "bottom"}
        axes.annotate(name, (0, row), xytext=(0, 7), ha="left", **place)
        axes.annotate(numbers, (1, row), xytext=(0, 7), ha="right", **place)
    axes.set(xlim=(min(0, *ends), 1), ylim=(len(names) - 0.5, -0.75), yticks=[])
    axes.grid(axis="x", color=INK, alpha=0.12)
    axes.set_axisbelow(True)


def _svg(figure: "Figure", name: str, description: str) -> str:
    stream = io.StringIO()
    figure.savefig(stream, format="svg", transparent=True)
    svg = stream.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    # Metadata holds the date, which would make equal reports differ.
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    label = html.escape(description)
    svg = re.sub(
        r'<svg [^>]*?viewBox="([^"]+)"[^>]*>',
        rf'<svg viewBox="\1" role="img" aria-label="{label}"><title>{label}</title>',
        svg,
        count=1,
    )
    # Ids count from 1 in every figure; several figures share one page.
    svg = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    return re.sub(r"font: ([\d.]+)px [^;\"]*", r"font: \1px system-ui, sans-serif", svg)
