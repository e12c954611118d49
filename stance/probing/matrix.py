"""The picture of leave-one-out: one matrix an axis, what was left out in rows, what was tested in columns."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

BLUE, ORANGE = "#2f6f9f", "#c46210"
CELL_INCHES, MARGIN_INCHES = 0.72, 2.6
STRONGEST_MOVE = 0.2
"""Change of score at which a cell has its full colour."""
MAX_NAME = 22


def draw_matrices(axes_rows: Mapping[str, Mapping[str, Any]], metric: str, path: Path) -> None:
    """Write an SVG; each cell holds the score and is coloured by its change against a model that saw everything.

    `axes_rows` is axis -> {values, matrix, reference}, matrix of shape (left out, tested).
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    most = max(len(block["values"]) for block in axes_rows.values())
    height = sum(CELL_INCHES * (len(block["values"]) + 1) + 1.3 for block in axes_rows.values())
    style: Any = {"svg.fonttype": "none", "svg.hashsalt": "stance", "font.size": 10, "text.parse_math": False}
    with mpl.rc_context(style):
        figure = Figure(figsize=(CELL_INCHES * most + MARGIN_INCHES, height), layout="constrained")
        ratios = [len(block["values"]) + 1 for block in axes_rows.values()]
        plots = figure.subplots(len(axes_rows), 1, squeeze=False, height_ratios=ratios)[:, 0]
        for plot, (axis, block) in zip(plots, axes_rows.items(), strict=True):
            _draw(plot, axis, block, metric)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _draw(plot: Any, axis: str, block: Mapping[str, Any], metric: str) -> None:
    from matplotlib.patches import Rectangle

    names: Sequence[str] = block["values"]
    reference = np.asarray(block["reference"])
    rows = np.vstack([reference, np.asarray(block["matrix"])])
    for row, column in np.ndindex(*rows.shape):
        move = rows[row, column] - reference[column]
        colour = (BLUE if move > 0 else ORANGE, min(1.0, abs(move) / STRONGEST_MOVE) * 0.75)
        own = row == column + 1
        place = (column - 0.48, row - 0.48)
        plot.add_patch(Rectangle(place, 0.96, 0.96, facecolor=colour, edgecolor="black", linewidth=1.8 if own else 0.2))
        weight = "bold" if own else "normal"
        plot.text(column, row, f"{rows[row, column]:.2f}", ha="center", va="center", weight=weight)
    plot.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(names) + 0.5, -0.5))
    plot.set_xticks(range(len(names)), [_short(n) for n in names], rotation=35, ha="right")
    plot.set_yticks(range(len(names) + 1), ["nothing left out", *(f"without {_short(n)}" for n in names)])
    plot.set_title(
        f"{metric} by {axis} tested (columns), framed where it was not seen in training", fontsize=10, loc="left"
    )
    plot.tick_params(length=0)
    for spine in plot.spines.values():
        spine.set_visible(False)


def _short(name: str) -> str:
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"
