"""The report's pictures as inline SVG, in colours that colour-blind readers can tell apart."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.evaluation.canvas import BLUE, GREEN, GREY, INK, ORANGE, canvas, style, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_INCHES = 0.46
DARKEST_CELL = 0.75
"""Opacity of a cell that holds its whole row; below 1, so that the page's text colour stays readable on it."""
LINES = ((BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (GREY, ":"))
"""Colour and dash of curves, so that print in grey tells them apart too."""


def systems_figure(
    systems: Mapping[str, Mapping[str, float]], submitted: int, ceiling: float | None, title: str = "systems"
) -> str:
    """Macro-F1 of name -> {value, low, high}: dots with whiskers, the `submitted` first ones in colour.

    `title` keeps the ids of several such figures apart.
    """
    with style():
        figure, axes = canvas(ROW_INCHES * len(systems) + (0.95 if ceiling else 0.7))
        colours = [BLUE] * submitted + [GREY] * (len(systems) - submitted)
        _dots(axes, list(systems), list(systems.values()), colours)
        if ceiling is not None:
            axes.axvline(ceiling, color=GREEN, linewidth=2, zorder=0.5)
            place: Any = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
            axes.annotate("annotators", (ceiling, 1), xytext=(0, 3), ha="center", va="bottom", **place)
        axes.set_xlabel("macro-F1")
        return svg(figure, title, "Macro-F1 of the systems and of simple ones, with intervals")


def differences_figure(rows: Mapping[str, Mapping[str, float]]) -> str:
    """Name of the other system -> paired difference; the line at 0 is no difference."""
    with style():
        figure, axes = canvas(ROW_INCHES * len(rows) + 0.7)
        colours = [BLUE if row["low"] > 0 else ORANGE if row["high"] < 0 else GREY for row in rows.values()]
        ends = [abs(row[end]) for row in rows.values() for end in ("low", "high")]
        reach = 1.05 * max(0.05, *ends)
        _dots(axes, list(rows), list(rows.values()), colours, (-reach, reach))
        axes.axvline(0, color=INK, linewidth=1, alpha=0.6)
        axes.set_xlabel("macro-F1 less that of the other")
        return svg(figure, "differences", "Paired differences in macro-F1 from each other system, with intervals")


def labels_figure(labels: Mapping[str, Mapping[str, Any]]) -> str:
    """F1 of each label with its interval."""
    with style():
        figure, axes = canvas(ROW_INCHES * len(labels) + 0.7)
        names = [f"{name} ({row['gold']:,} pairs)" for name, row in labels.items()]
        _dots(axes, names, [row["f1"] for row in labels.values()], [BLUE] * len(labels))
        axes.set_xlabel("F1")
        return svg(figure, "labels", "F1 of each label, with intervals")


def confusion_figure(confusion: Sequence[Sequence[int]], labels: Sequence[str]) -> str:
    """Counts and row shares, each cell shaded by its share of the gold label's row."""
    from matplotlib.patches import Rectangle

    counts = np.asarray(confusion)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with style():
        figure, axes = canvas(0.62 * len(labels) + 0.7)
        for row, column in np.ndindex(*counts.shape):
            fill = (BLUE, DARKEST_CELL * shares[row, column])
            place = (column - 0.48, row - 0.48)
            axes.add_patch(Rectangle(place, 0.96, 0.96, facecolor=fill, edgecolor=(INK, 0.15), linewidth=0.5))
            text = f"{counts[row, column]:,}\n{shares[row, column]:.0%}"
            axes.text(column, row, text, ha="center", va="center", fontsize=9.5)
        axes.set(xlim=(-0.5, len(labels) - 0.5), ylim=(len(labels) - 0.5, -0.5), xlabel="predicted", ylabel="gold")
        axes.set_xticks(range(len(labels)), labels)
        axes.set_yticks(range(len(labels)), labels)
        axes.tick_params(length=0)
        axes.spines["bottom"].set_visible(False)
        return svg(figure, "confusion", "Confusion matrix: gold labels in rows, predicted labels in columns")


def reliability_figure(bins: Sequence[Mapping[str, float]]) -> str:
    """Accuracy over sureness with intervals; below, how many pairs are how sure."""
    sureness, accuracy = [b["sureness"] for b in bins], [b["accuracy"] for b in bins]
    with style():
        figure, axes = canvas(4.4)
        axes.remove()
        upper, lower = figure.subplots(2, sharex=True, height_ratios=(4, 1))
        upper.plot([0, 1], [0, 1], color=GREY, linewidth=1.2, linestyle="--")
        upper.vlines(sureness, [b["accuracy_low"] for b in bins], [b["accuracy_high"] for b in bins], color=BLUE, lw=2)
        upper.plot(sureness, accuracy, "o", color=BLUE, markersize=6)
        upper.text(0.03, 0.97, "dashed: as often right as sure", va="top")
        upper.set(xlim=(0, 1), ylim=(-0.03, 1.03), ylabel="share right")
        lower.bar(
            [(b["low"] + b["high"]) / 2 for b in bins], [b["pairs"] for b in bins], 0.9 / 15, color=BLUE, alpha=0.55
        )
        lower.set(xlabel="probability of the label", ylabel="pairs")
        lower.locator_params(axis="y", nbins=2)
        for part in (upper, lower):
            part.grid(color=INK, alpha=0.12)
            part.set_axisbelow(True)
        return svg(figure, "reliability", "Reliability diagram: share right over probability of the label")


def risk_coverage_figure(curves: Mapping[str, Mapping[str, Any]]) -> str:
    """Error among answers over the share answered, the surest first; the first system with its interval."""
    with style():
        figure, axes = canvas(3.2)
        top = 0.05
        for i, (name, curve) in enumerate(list(curves.items())[: len(LINES)]):
            points = curve["points"]
            answered = [p["answered"] for p in points]
            colour, dash = LINES[i]
            axes.plot(answered, [p["error"]["value"] for p in points], color=colour, linestyle=dash, lw=2.2, label=name)
            if not i:
                low, high = ([p["error"][end] for p in points] for end in ("low", "high"))
                axes.fill_between(answered, low, high, color=colour, alpha=0.18, linewidth=0)
                top = max(top, *high)
            top = max(top, *(p["error"]["value"] for p in points))
        axes.set(xlim=(0, 1), ylim=(0, min(1, 1.05 * top)), xlabel="share answered, the surest first")
        axes.set_ylabel("share wrong")
        if len(curves) > 1:
            axes.legend(frameon=False)
        axes.grid(color=INK, alpha=0.12)
        return svg(figure, "risk", "Risk-coverage curve: share of wrong answers over share of pairs answered")


def _dots(
    axes: "Axes",
    names: Sequence[str],
    values: Sequence[Mapping[str, float]],
    colours: Sequence[str],
    limits: tuple[float, float] | None = None,
) -> None:
    ends = [interval[end] for interval in values for end in ("low", "high")]
    for row, (name, interval, colour) in enumerate(zip(names, values, colours, strict=True)):
        axes.plot([interval["low"], interval["high"]], [row, row], color=colour, linewidth=2.2, solid_capstyle="round")
        axes.plot(interval["value"], row, "o", color=colour, markersize=7)
        numbers = f"{interval['value']:.2f}  [{interval['low']:.2f}, {interval['high']:.2f}]".replace("-", "−")
        place: Any = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "ha": "left"}
        axes.annotate(name, (0, row), xytext=(0, 7), va="bottom", **place)
        # In a column of their own, where no line can run through them.
        axes.annotate(numbers, (1, row), xytext=(8, 0), va="center", **place)
    axes.set(xlim=limits or (min(0, *ends), 1), ylim=(len(names) - 0.5, -0.75), yticks=[])
    axes.grid(axis="x", color=INK, alpha=0.12)
    axes.set_axisbelow(True)
