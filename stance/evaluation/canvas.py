"""A figure as inline SVG that takes the page's own colours, and may be drawn in light and dark."""

import html
import io
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, GREY, ORANGE, GREEN = "#2f6f9f", "#8a8f98", "#c2570c", "#2c8a5b"
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


@contextmanager
def style(changes: Mapping[str, Any] | None = None) -> Generator[None]:
    """Matplotlib with the reports' look, but for `changes` of its settings."""
    import matplotlib as mpl

    with mpl.rc_context(STYLE | dict(changes or {})):
        yield


def canvas(height_inches: float, width_inches: float = WIDTH_INCHES) -> tuple["Figure", "Axes"]:
    """(figure, axes) of that size in inches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_inches, height_inches), layout="constrained")
    return figure, figure.add_subplot()


def svg(figure: "Figure", name: str, description: str, role: str = "img") -> str:
    """The figure as SVG text; `name` keeps its ids apart from those of other figures. One with links is a `group`."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", transparent=True)
    text = stream.getvalue()
    text = text[text.index("<svg") :].replace(INK, "currentColor")
    # Metadata holds the date, which would make equal reports differ.
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    label = html.escape(description)
    text = re.sub(
        r'<svg [^>]*?viewBox="([^"]+)"[^>]*>',
        rf'<svg viewBox="\1" role="{role}" aria-label="{label}"><title>{label}</title>',
        text,
        count=1,
    )
    # Ids count from 1 in every figure, and several share one page; links that leave the figure keep their names.
    text = re.sub(r'( id="|<use xlink:href="#|url\(#)', rf"\g<1>{name}-", text)
    return re.sub(r"font: ([\d.]+)px [^;\"]*", r"font: \1px system-ui, sans-serif", text)
