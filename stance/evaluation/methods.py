"""A paragraph for the methods section of a paper, every figure of it from the report."""

from collections.abc import Mapping
from typing import Any

from stance.evaluation.tables import p_value, with_interval

REFERENCES = (
    "Cameron, Gelbach and Miller 2008 (cluster bootstrap); Holm 1979; McNemar 1947; Mohammad et al. 2016 (F_avg); "
    "Guo et al. 2017 (ECE, temperature); Lee, Barber and Willett 2023 (conformal sets, hierarchical data); "
    "Angelopoulos et al. 2021 (Learn then Test); Korn and Graubard 1998"
)


def methods_paragraph(report: Mapping[str, Any]) -> str:
    """Markdown: data, measures, intervals, comparisons, calibration, limits."""
    measured, system = report["measured_on"], report["system"]
    level = f"{100 * measured['confidence']:g}%"
    sentences = [
        (
            f"We measured {report['name']} on {measured['pairs']:,} "
            f"sentence–target pairs from {measured['articles']:,} "
            f"articles ({measured['split']}; {', '.join(f'{n} {c:,}' for n, c in measured['label_counts'].items())}), "
            f"which form {measured['groups']:,} groups that share no text."
        )
    ]
    if measured["train_pairs"]:
        sentences.append(
            f"Trained baselines saw {measured['train_pairs']:,} pairs of other articles; {measured['new_targets']} of "
            f"the {measured['targets']} measured targets do not occur there."
        )
    sentences.append(
        f"Macro-F1 is {with_interval(system['macro_f1'])}; brackets are {level} percentile intervals from "
        f"{measured['resamples']:,} bootstrap resamples of whole groups of articles."
    )
    if system["f_avg_targets"]:
        sentences.append(
            f"F_avg, the mean F1 of {' and '.join(report['polar'])}, is {with_interval(system['f_avg'])} pooled and "
            f"{with_interval(system['f_avg_targets'])} as the mean over {system['f_avg_targets']['targets']} targets "
            f"with gold of both sides."
        )
    best = report["detectable"]["against"]
    row = next(r for r in report["comparisons"] if r["first"] == report["name"] and r["second"] == best)
    sentences.append(
        f"The best baseline is {best}; the difference is {with_interval(row['difference'])} (paired bootstrap, p "
        f"{p_value(row['p_holm'])} after Holm's correction over {len(report['comparisons'])} comparisons). With "
        f"{report['power']:.0%} power this set shows differences from {row['detectable']:.2f} on."
    )
    if ceiling := report["ceiling"]:
        sentences.append(
            f"Two annotators reach macro-F1 {ceiling['macro_f1']:.2f} and kappa {ceiling['kappa']:.2f} against each "
            f"other on {ceiling['units']:,} pairs."
        )
    if found := report["probabilities"].get(report["name"]):
        sentences.append(
            f"The expected calibration error over 15 bins is {with_interval(found['ece'])}; a perfectly calibrated "
            f"system would show {found['ece_by_chance']:.2f} on as many pairs."
        )
    sentences.append(_faults(report))
    sentences += map(_further, report["also"])
    return " ".join(sentences) + f"\n\nReferences: {REFERENCES}.\n"


def _faults(report: Mapping[str, Any]) -> str:
    if not report["leaks"]:
        return "Leaks between training and measured data could not be looked at."
    if not report["faults"]:
        return (
            "No article, sentence, near-duplicate or retold story is in common with the other splits, and the measured "
            "set differs from training no more than a random draw of articles explains."
        )
    return "Faults found: " + "; ".join(f"{f['name']} ({f['system'] or 'data'})" for f in report["faults"]) + "."


def _further(part: Mapping[str, Any]) -> str:
    measured, best = part["measured_on"], part["detectable"]["against"]
    counts = ", ".join(f"{name} {count:,}" for name, count in measured["label_counts"].items())
    sizes = f"{measured['pairs']:,} pairs from {measured['articles']:,} articles; {counts}"
    own, other = (with_interval(scores["macro_f1"]) for scores in (part["system"], part["systems"][best]))
    faults = "".join(f"; {fault['name']}" for fault in part["faults"])
    score = f"macro-F1 over {len(part['labels'])} labels is {own}, that of {best} {other}"
    return f"On {part['name']} ({sizes}) {score}{faults}."
