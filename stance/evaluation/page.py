"""report.json -> report.html: one file, no scripts, nothing fetched from anywhere."""

from collections.abc import Mapping
from typing import Any

from stance.evaluation.figures import confusion_figure, labels_figure, systems_figure

TEMPLATE = "report.html.j2"
SLICE_ROWS_SHOWN = 12


def render_page(report: Mapping[str, Any]) -> str:
    """The report as a page; a pure function of the JSON."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("stance.evaluation", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["interval"] = _interval
    systems = {"this model": report["system"], **report["baselines"]}
    figures = {
        "systems": systems_figure({name: scores["macro_f1"] for name, scores in systems.items()}, "macro-F1"),
        "labels": labels_figure(report["system"]["labels"]),
        "confusion": confusion_figure(report["system"]["confusion"], report["labels"]),
    }
    kinds = dict.fromkeys(row["kind"] for row in report["slices"])
    slices = {kind: [row for row in report["slices"] if row["kind"] == kind][:SLICE_ROWS_SHOWN] for kind in kinds}
    return environment.get_template(TEMPLATE).render(
        report=report,
        systems=systems,
        slices=slices,
        # Markup: our own SVG, whose only text from outside are label names and system names, escaped by matplotlib.
        figures={name: Markup(svg) for name, svg in figures.items()},  # noqa: S704
    )


def _interval(metric: Mapping[str, float], digits: int = 2) -> str:
    return f"{metric['value']:.{digits}f} [{metric['low']:.{digits}f}, {metric['high']:.{digits}f}]"
