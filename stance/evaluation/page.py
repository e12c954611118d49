"""report.json -> report.html: one file, no scripts, nothing fetched from anywhere."""

from collections.abc import Mapping
from typing import Any

from stance.evaluation.figures import confusion_figure, labels_figure, systems_figure
from stance.evaluation.report import SYSTEM

TEMPLATE = "report.html.j2"
SLICE_ROWS_SHOWN = 8


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
    environment.filters |= {"number": _number, "brackets": _brackets, "interval": _interval, "verdict": _verdict}
    systems = {SYSTEM: report["system"], **report["baselines"]}
    figures = {
        "systems": systems_figure({name: scores["macro_f1"] for name, scores in systems.items()}, "macro-F1"),
        "labels": labels_figure(report["system"]["labels"]),
        "confusion": confusion_figure(report["system"]["confusion"], report["labels"]),
    }
    kinds = dict.fromkeys(row["kind"] for row in report["slices"])
    return environment.get_template(TEMPLATE).render(
        report=report,
        systems=systems,
        leaks={name: counts for name, counts in report["leaks"].items() if any(counts.values())},
        slices={kind: [row for row in report["slices"] if row["kind"] == kind] for kind in kinds},
        slice_rows_shown=SLICE_ROWS_SHOWN,
        # Markup: our own SVG, whose only text from outside are label names and system names, escaped by matplotlib.
        figures={name: Markup(svg) for name, svg in figures.items()},  # noqa: S704
    )


def _number(value: float) -> str:
    positive_zero = round(value, 2) + 0.0
    return f"{positive_zero:.2f}".replace("-", "\N{MINUS SIGN}")


def _brackets(metric: Mapping[str, float | None]) -> str:
    low, high = metric["low"], metric["high"]
    return "" if low is None or high is None else f"[{_number(low)}, {_number(high)}]"


def _interval(metric: Mapping[str, float]) -> str:
    return f"{_number(metric['value'])} {_brackets(metric)}".strip()


def _verdict(difference: Mapping[str, float]) -> str:
    """What the paired interval of a difference allows to say."""
    if difference["low"] > 0:
        return "ahead"
    return "behind" if difference["high"] < 0 else "not clear"
