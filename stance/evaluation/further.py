"""More test sets in one report: the same system on other gold, in figures only.

A further set may belong to somebody else, so none of its sentences is taken over: no errors, no near-duplicates.
"""

from collections.abc import Mapping
from typing import Any

from stance.bootstrap import Resampling
from stance.evaluation.leaks import counts
from stance.evaluation.report import Material, make_report

KEPT = (
    "labels",
    "polar",
    "faults",
    "measured_on",
    "system",
    "systems",
    "submitted",
    "baselines",
    "comparisons",
    "detectable",
    "power",
    "ceiling",
    "probabilities",
    "promises",
    "split",
    "target_use",
)
QUOTED = "stories", "near"
"""Of leaks: what quotes the measured articles."""


def describe_further(material: Material, resampling: Resampling) -> dict[str, Any]:
    """The parts KEPT of `make_report` on that set, `leaks` without quotations, and `name`, that of the set."""
    report = make_report(material, resampling)
    leaks = {other: counts(found) | {"searched": found["searched"]} for other, found in report["leaks"].items()}
    return {"name": material.split, **{key: report[key] for key in KEPT}, "leaks": leaks}


def all_sets(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The measured set and the further ones side by side, the report's own first.

    Rows of {name, pairs, articles, labels, macro_f1, macro_f1_three_way, f_avg, baseline (name), baseline_macro_f1
    (of the best baseline), ceiling (or None), drawn_at_random (None where there is no training data), faults}.
    """
    return [
        _row(part["measured_on"]["split"] if part is report else part["name"], part)
        for part in (report, *report["also"])
    ]


def _row(name: str, part: Mapping[str, Any]) -> dict[str, Any]:
    best, system = part["detectable"]["against"], part["system"]
    return {
        "name": name,
        **{key: part["measured_on"][key] for key in ("pairs", "articles")},
        "labels": part["labels"],
        **{key: system[key] for key in ("macro_f1", "macro_f1_three_way", "f_avg")},
        "baseline": best,
        "baseline_macro_f1": part["systems"][best]["macro_f1"],
        "ceiling": part["ceiling"] and part["ceiling"]["macro_f1"],
        "drawn_at_random": part["split"] and part["split"]["drawn_at_random"],
        "faults": [fault["name"] for fault in part["faults"]],
    }
