"""The picture of a run: training loss and dev macro-F1, epoch by epoch."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

LOSS_COLOUR, SCORE_COLOUR = "#8a8f98", "#2f6f9f"


def curve_figure(history: Sequence[Mapping[str, Any]], best_epoch: int) -> str:
    """An SVG file of both curves over the epochs, the kept epoch marked; equal histories give equal files."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    epochs = [row["epoch"] + 1 for row in history]
    scores = [row["dev_macro_f1"] for row in history]
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "stance"}):
        figure = Figure(figsize=(6, 3.2), layout="constrained")
        axes = figure.add_subplot()
        axes.plot(epochs, [row["loss"] for row in history], "o-", color=LOSS_COLOUR)
        axes.set_xlabel("epoch")
        axes.set_ylabel("training loss", color=LOSS_COLOUR)
        axes.set_xticks(epochs)
        right = axes.twinx()
        right.plot(epochs, scores, "s-", color=SCORE_COLOUR)
        right.set_ylabel("dev macro-F1", color=SCORE_COLOUR)
        right.set_ylim(0, 1)
        kept = [row["dev_macro_f1"] for row in history if row["epoch"] == best_epoch]
        right.plot([best_epoch + 1] * len(kept), kept, "o", markersize=14, fillstyle="none", color=SCORE_COLOUR)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()
