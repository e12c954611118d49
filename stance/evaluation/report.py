"""Everything that the report says, as plain JSON-able values; the page and the tables are functions of these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stance.bootstrap import Resampling
from stance.evaluation.answers import Answers
from stance.evaluation.baselines import MAX_LINEAR_PAIRS
from stance.evaluation.comparison import POWER, compare_systems
from stance.evaluation.faults import find_faults
from stance.evaluation.leaks import find_leaks
from stance.evaluation.pairs import Pairs
from stance.evaluation.probabilities import describe_probabilities
from stance.evaluation.scores import describe_system, f_avg_over_targets, resample_systems
from stance.evaluation.selective import promises, risk_coverage
from stance.evaluation.shift import compare_with_training
from stance.evaluation.slices import (
    MIN_GROUPS_FOR_INTERVAL,
    MIN_SLICE_PAIRS,
    confident_errors,
    score_minimal_pairs,
    score_slices,
    score_target_use,
)
from stance.labels import LabelScheme

ONE_SEED = (
    "One set of predictions, so one seed where a trained model made them: the intervals say what other articles "
    "would change, not what another training run would."
)
DEV = (
    "The dev split also chose the model's calibration and the strength of the linear baselines, so its figures flatter "
    "them."
)
FEW_GROUPS = "So few independent groups of articles were measured that the intervals are too narrow to be believed."
NO_TRAINING = "No training data was given: leaks, label shift and trained baselines could not be looked at."
NO_LINEAR = f"More than {MAX_LINEAR_PAIRS:,} pairs: linear baselines and rules were left out to save time."


@dataclass(frozen=True)
class Material:
    """What a report is made of."""

    gold: Pairs
    scheme: LabelScheme
    split: str
    """What the measured set is called."""
    submitted: Mapping[str, Answers]
    """The systems that are asked about; the first is the one that the report is on."""
    baselines: Mapping[str, Answers]
    others: Mapping[str, Pairs]
    """The other splits by name, `train` among them; empty where only gold is there."""
    held_out: tuple[Pairs, Answers] | None = None
    """Other pairs with the first system's answers, for thresholds."""
    ceiling: Mapping[str, Any] | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Stage -> {counts, settings}."""


def make_report(material: Material, resampling: Resampling) -> dict[str, Any]:
    """The report as JSON-able values.

    Every interval is {value, low, high}, by bootstrap over groups of articles. Keys:

    - `labels`: names in the scheme's order, that of every confusion matrix; `polar`: the two that take a side
    - `measured_on`: split, pairs, articles, groups, label_counts, soft, train_pairs, targets, new_targets, abstained
      (answers marked so and scored by their label all the same), resamples, confidence, seed, notes; the stage adds
      fingerprints
    - `faults`: list of {name, system, text}: what makes figures worthless
    - `name`: of the system that the report is on; `system`: its scores: macro_f1, f_avg, macro_f1_three_way, accuracy,
      matthews, kappa: intervals; f_avg_targets: the same with `targets`, or null; labels: name -> {precision, recall,
      f1: intervals, gold, predicted}; confusion: counts (labels, labels), gold in rows
    - `systems`: every system's, submitted ones first; `submitted`: their names; `baselines`: name -> scores, with
      `difference` and `intervals_overlap` of the comparison with the first system
    - `comparisons`: see `compare_systems`; `power`; `detectable`: the smallest true difference in macro-F1 from the
      best baseline that would be found with that power
    - `splits`: name -> {pairs, articles, groups, label_counts} of the measured set and the others; `provenance`:
      stage -> {counts, settings} of the stages that led here, as far as they are known
    - `ceiling`: see `annotators_ceiling`, or null
    - `probabilities`: name -> see `describe_probabilities`; `risk_coverage`: name -> see there; `promises`
    - `leaks`: other split -> see `find_leaks`; `split`: see `compare_with_training`, or null; `target_use`: name -> see
      `score_target_use`
    - the stage adds `also`: further sets, see `describe_further`, each with the `fingerprint` of its gold; and `probes`
    - `slices`, `small_slices`, `min_slice_pairs`, `minimal_pairs`, `errors`: see `slices`
    """
    gold, scheme, confidence = material.gold, material.scheme, resampling.confidence
    submitted = list(material.submitted)
    answers = {**material.submitted, **material.baselines}
    first = material.submitted[submitted[0]]
    resampled = resample_systems(gold, answers, scheme, resampling)
    systems = {name: describe_system(r, scheme, confidence) for name, r in resampled.items()}
    for name, scores in systems.items():
        scores["f_avg_targets"] = f_avg_over_targets(gold, answers[name], scheme, resampling)
    comparisons = compare_systems(gold, answers, resampled, submitted, resampling)
    against = {row["second"]: row for row in comparisons if row["first"] == submitted[0]}
    baselines = {
        name: systems[name] | {key: against[name][key] for key in ("difference", "intervals_overlap")}
        for name in material.baselines
    }
    train = material.others.get("train")
    slices, small = score_slices(gold, first, scheme, resampling, train)
    described = {name: describe_probabilities(gold, answers[name], resampling) for name in submitted}
    curves = {name: risk_coverage(gold, answers[name], resampling) for name in submitted}
    best = max(material.baselines, key=lambda name: systems[name]["macro_f1"]["value"])
    report: dict[str, Any] = {
        "labels": list(scheme.names),
        "polar": list(scheme.polar),
        "measured_on": _measured_on(material, train, first, resampling),
        "splits": {name: _sizes(pairs, scheme) for name, pairs in {**material.others, material.split: gold}.items()},
        "provenance": material.provenance,
        "name": submitted[0],
        "system": systems[submitted[0]],
        "systems": systems,
        "submitted": submitted,
        "baselines": baselines,
        "comparisons": comparisons,
        "power": POWER,
        "detectable": {"against": best, "difference": against[best]["detectable"]},
        "ceiling": material.ceiling,
        "probabilities": {name: found for name, found in described.items() if found},
        "risk_coverage": {name: found for name, found in curves.items() if found},
        "promises": promises(gold, first, resampling, material.held_out),
        "slices": slices,
        "small_slices": small,
        "min_slice_pairs": MIN_SLICE_PAIRS,
        "minimal_pairs": score_minimal_pairs(gold, first),
        "target_use": {name: score_target_use(gold, answers[name]) for name in submitted},
        "leaks": {name: find_leaks(other, gold) for name, other in material.others.items()},
        "split": None if train is None else compare_with_training(train, gold, scheme, resampling.seed),
        "errors": confident_errors(gold, first, scheme),
    }
    return {"faults": find_faults(gold, answers, report, scheme, submitted), **report}


def _measured_on(material: Material, train: Pairs | None, first: Answers, resampling: Resampling) -> dict[str, Any]:
    gold = material.gold
    known = set(train.codes("target")[1]) if train is not None else set()
    targets = gold.codes("target")[1]
    notes: Sequence[str] = (
        [ONE_SEED]
        + [DEV] * (material.split == "dev")
        + [FEW_GROUPS] * (gold.num_groups < MIN_GROUPS_FOR_INTERVAL)
        + [NO_TRAINING] * (train is None)
        + [NO_LINEAR] * (len(gold) > MAX_LINEAR_PAIRS)
    )
    return {
        "split": material.split,
        **_sizes(gold, material.scheme),
        "soft": gold.is_soft,
        "train_pairs": 0 if train is None else len(train),
        "train_articles": 0 if train is None else train.num_articles,
        "targets": len(targets),
        "new_targets": len([t for t in targets if t not in known]) if train is not None else None,
        "abstained": 0 if first.abstained is None else int(first.abstained.sum()),
        "resamples": resampling.resamples,
        "confidence": resampling.confidence,
        "seed": resampling.seed,
        "notes": list(notes),
    }


def _sizes(pairs: Pairs, scheme: LabelScheme) -> dict[str, Any]:
    counts = np.bincount(pairs.label, minlength=len(scheme.names)).tolist()
    return {
        "pairs": len(pairs),
        "articles": pairs.num_articles,
        "groups": pairs.num_groups,
        "label_counts": dict(zip(scheme.names, counts, strict=True)),
    }
