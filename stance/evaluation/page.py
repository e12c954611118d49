"""report.json -> report.html: one file, no scripts, nothing fetched from anywhere."""

from collections.abc import Mapping
from typing import Any

from stance.evaluation.figures import (
    confusion_figure,
    differences_figure,
    labels_figure,
    reliability_figure,
    risk_coverage_figure,
    systems_figure,
)
from stance.evaluation.further import all_sets
from stance.evaluation.methods import methods_paragraph
from stance.evaluation.tables import number, p_value, with_interval

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
    environment.filters |= {
        "number": number,
        "brackets": _brackets,
        "interval": with_interval,
        "verdict": _verdict,
        "p_value": p_value,
        "percent": _percent,
    }
    kinds = dict.fromkeys(row["kind"] for row in report["slices"])
    own = [row for row in report["comparisons"] if report["name"] == row["first"]]
    return environment.get_template(TEMPLATE).render(
        report=report,
        measured=report["measured_on"],
        system=report["system"],
        sets=all_sets(report),
        own=own,
        between=[row for row in report["comparisons"] if report["name"] != row["first"]],
        probabilities=report["probabilities"].get(report["name"]),
        slices={kind: [row for row in report["slices"] if row["kind"] == kind] for kind in kinds},
        slice_rows_shown=SLICE_ROWS_SHOWN,
        methods=methods_paragraph(report),
        # Markup: our own SVG, whose only text from outside are label names and system names, escaped by matplotlib.
        figures={name: Markup(figure) for name, figure in page_figures(report).items()},  # noqa: S704
    )


def page_figures(report: Mapping[str, Any]) -> dict[str, str]:
    """Name -> inline SVG of every figure that the report has."""
    own = [row for row in report["comparisons"] if report["name"] == row["first"]]
    found = {
        "systems": _systems(report, "systems"),
        "differences": differences_figure({row["second"]: row["difference"] for row in own}),
        "labels": labels_figure(report["system"]["labels"]),
        "confusion": confusion_figure(report["system"]["confusion"], report["labels"]),
    }
    for place, part in enumerate(report["also"], start=1):
        found[f"further-{place}"] = _systems(part, f"further-{place}")
    if own_probabilities := report["probabilities"].get(report["name"]):
        found["reliability"] = reliability_figure(own_probabilities["bins"])
    if report["risk_coverage"]:
        found["risk"] = risk_coverage_figure(report["risk_coverage"])
    return found


def _systems(part: Mapping[str, Any], name: str) -> str:
    ceiling = part["ceiling"]
    scores = {system: found["macro_f1"] for system, found in part["systems"].items()}
    return systems_figure(scores, len(part["submitted"]), ceiling and ceiling["macro_f1"], name)


def _brackets(metric: Mapping[str, float | None]) -> str:
    low, high = metric["low"], metric["high"]
    return "" if low is None or high is None else f"[{number(low)}, {number(high)}]"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f}%"


def _verdict(row: Mapping[str, Any]) -> str:
    """What a comparison allows to say, after correction for the number of comparisons."""
    if row["p_holm"] > 0.05:
        return "not clear"
    return "ahead" if row["difference"]["value"] > 0 else "behind"
