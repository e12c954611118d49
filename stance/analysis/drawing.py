"""Pictures of findings as inline SVG: every mark is a link to the sentences behind it."""

import html
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stance.analysis.periods import middle, place_in_time
from stance.evaluation.canvas import INK, canvas, style, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FAVOR, AGAINST, PLAIN = "#1f6fb2", "#c2571a", "#7a828c"
"""Blue and orange, which colour-blind readers can tell apart, and grey."""
LOOK = {"font.size": 9.5, "axes.linewidth": 0.6}
WIDTH_INCHES = 7.2
ROW_INCHES, PANEL_INCHES = 0.34, 1.55
PANELS_ABREAST = 2
MAX_EVENT_LETTERS = 26


def net_figure(groups: Sequence[Mapping[str, Any]], name: str, description: str) -> str:
    """One row a group: net stance with its interval, hollow where the correction is borrowed; a grey tick is the count
    of answers as they are. Each group holds name, anchor, correction, net {value, low, high}, counted_net.
    """
    with style(LOOK):
        figure, axes = canvas(ROW_INCHES * len(groups) + 0.75, WIDTH_INCHES)
        for row, group in enumerate(groups):
            net, colour = group["net"], _side(group["net"])
            axes.plot([net["low"], net["high"]], [row, row], color=colour, linewidth=2, solid_capstyle="round")
            axes.plot([group["counted_net"]] * 2, [row - 0.28, row + 0.28], color=PLAIN, linewidth=1.4)
            _mark(axes, [net["value"]], [row], colour, [group["anchor"]], hollow=group["correction"] != "own")
        axes.axvline(0, color=INK, linewidth=0.8, alpha=0.5)
        axes.set(xlim=(-1, 1), ylim=(len(groups) - 0.4, -0.6))
        axes.set_yticks(range(len(groups)), [group["name"] for group in groups])
        axes.tick_params(axis="y", length=0)
        _scale(axes)
        axes.set_xlabel("net stance: share in favor \N{MINUS SIGN} share against")
        return _svg(figure, name, description, {group["anchor"]: group["name"] for group in groups})


def timeline_figure(panels: Sequence[Mapping[str, Any]], name: str, description: str) -> str:
    """Small multiples: net stance by period with intervals, events as numbered lines, change points as bands.

    Each panel holds name, points [{period, anchor, correction, net}], changes [{date, low, high}], events [{date,
    number}].
    """
    from matplotlib.figure import Figure

    abreast = min(PANELS_ABREAST, len(panels))
    down = -(-len(panels) // abreast)
    with style(LOOK):
        figure = Figure(figsize=(WIDTH_INCHES, PANEL_INCHES * down + 0.5), layout="constrained")
        grid = figure.subplots(down, abreast, sharex=True, sharey=True, squeeze=False)
        for axes, panel in zip(grid.ravel(), panels, strict=False):
            _panel(axes, panel)
        for axes in grid.ravel()[len(panels) :]:
            axes.set_visible(False)
        figure.supylabel("net stance", fontsize=9.5)
        names = {point["anchor"]: f"{p['name']} {point['period']}" for p in panels for point in p["points"]}
        return _svg(figure, name, description, names)


def _panel(axes: "Axes", panel: Mapping[str, Any]) -> None:
    points = panel["points"]
    places = [middle(point["period"]) for point in points]
    axes.axhline(0, color=INK, linewidth=0.8, alpha=0.5)
    for change in panel["changes"]:
        axes.axvspan(
            place_in_time(change["low"]), place_in_time(change["high"]), color=AGAINST, alpha=0.16, linewidth=0
        )
        axes.axvline(place_in_time(change["date"]), color=AGAINST, linewidth=1.4)
    for event in panel["events"]:
        axes.axvline(place_in_time(event["date"]), color=PLAIN, linewidth=0.9, linestyle=(0, (2, 2)))
        place: Any = {"xycoords": ("data", "axes fraction"), "ha": "center", "va": "bottom", "fontsize": 7.5}
        axes.annotate(str(event["number"]), (place_in_time(event["date"]), 1.0), **place)
    axes.plot(places, [point["net"]["value"] for point in points], color=PLAIN, linewidth=0.9, alpha=0.6)
    for place_, point in zip(places, points, strict=True):
        colour = _side(point["net"])
        ends = [point["net"]["low"], point["net"]["high"]]
        axes.plot([place_, place_], ends, color=colour, linewidth=1.6, solid_capstyle="round")
        _mark(axes, [place_], [point["net"]["value"]], colour, [point["anchor"]], hollow=point["correction"] != "own")
    axes.set_title(panel["name"], loc="left", fontsize=9.5, pad=12)
    axes.set_ylim(-1.05, 1.05)
    axes.set_yticks([-1, 0, 1], ["\N{MINUS SIGN}1", "0", "+1"])
    axes.tick_params(axis="y", length=0)
    axes.locator_params(axis="x", integer=True, nbins=6)
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.tick_params(axis="x", labelbottom=True)


def _mark(
    axes: "Axes", x: Sequence[float], y: Sequence[float], colour: str, anchors: Sequence[str], *, hollow: bool
) -> None:
    """A dot that links to its evidence; hollow ones let the page through."""
    face = "none" if hollow else colour
    dots = axes.scatter(x, y, s=34, facecolors=face, edgecolors=colour, linewidths=1.5, zorder=3)
    dots.set_urls([f"#{anchor}" for anchor in anchors])


def _side(net: Mapping[str, float]) -> str:
    """Blue or orange only where the interval says which side."""
    if net["low"] > 0:
        return FAVOR
    return AGAINST if net["high"] < 0 else PLAIN


def _scale(axes: "Axes") -> None:
    axes.set_xticks([-1, -0.5, 0, 0.5, 1], ["\N{MINUS SIGN}1", "\N{MINUS SIGN}0.5", "0", "+0.5", "+1"])
    axes.grid(axis="x", color=INK, alpha=0.1)
    axes.set_axisbelow(True)


def _svg(figure: "Figure", name: str, description: str, links: Mapping[str, str]) -> str:
    """`links` says in words where each anchor leads."""
    text = svg(figure, name, description, role="group").replace("xlink:href", "href")
    return re.sub(r'<a href="#([^"]*)"[^>]*>', lambda found: _link(found.group(1), links), text)


def _link(anchor: str, links: Mapping[str, str]) -> str:
    return f'<a href="#{anchor}" aria-label="Sentences: {html.escape(links[anchor])}">'
