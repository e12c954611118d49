"""Everything that the report says, as plain JSON-able values; the page is a function of these."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from stance.bootstrap import Resampling
from stance.evaluation.leaks import find_leaks
from stance.evaluation.scores import compare, score_systems
from stance.evaluation.slices import (
    MIN_GROUPS_FOR_INTERVAL,
    MIN_SLICE_PAIRS,
    confident_errors,
    score_minimal_pairs,
    score_slices,
)
from stance.labels import LabelScheme
from stance.records import Example, Prediction

SYSTEM = "this system"
"""What the measured system is called among the baselines."""
ONE_SEED = (
    "One set of predictions, so one seed where a trained model made them: the intervals say what other articles "
    "would change, not what another training run would."
)
DEV = (
    "The dev split also chose the model's epoch and the strength of the linear baselines, so its figures flatter them."
)

FEW_GROUPS = "So few independent groups of articles were measured that the intervals are too narrow to be believed."


def make_report(
    splits: Mapping[str, Sequence[Example]],
    split: str,
    predictions: Sequence[Prediction],
    baselines: Mapping[str, Sequence[str]],
    scheme: LabelScheme,
    resampling: Resampling,
) -> dict[str, Any]:
    """The report on `predictions`, one for each example of `splits[split]` in the same order.

    Every interval is {value, low, high}, by cluster bootstrap over `Example.group`. Keys:

    - `labels`: names in the scheme's order, that of every confusion matrix
    - `measured_on`: split, pairs, articles, groups, label_counts, train_pairs, targets, new_targets (not in train),
      abstained (scored by their label all the same), resamples, confidence, seed, notes; the stage adds
      dataset_fingerprint and predictions_fingerprint
    - `system`: macro_f1, f_avg, macro_f1_three_way, accuracy, matthews: intervals; labels: name -> {precision, recall,
      f1 (an interval), gold, predicted}; confusion: counts (labels, labels), gold in rows
    - `baselines`: name -> the same, with difference (interval of the system's macro-F1 less the baseline's, paired)
      and intervals_overlap (do the two separate intervals share a point)
    - `slices`: list of {kind, value, pairs, articles, groups, accuracy, macro_f1_three_way}, low and high
      null below five groups; `small_slices`: kind -> {values, pairs} with fewer than `min_slice_pairs`
    - `minimal_pairs`: {couples, both_right}
    - `leaks`: other split -> {group, article, sentence}: measured pairs that have theirs in common with it
    - `errors`: the most confident first: {text, target, gold, predicted, probability, document, holder, tags}
    """
    gold = splits[split]
    labels = [p.label for p in predictions]
    scores, spreads = score_systems(gold, {SYSTEM: labels, **baselines}, scheme, resampling)
    system = scores.pop(SYSTEM)
    for name, values in scores.items():
        values.update(compare(system, values, spreads[SYSTEM], spreads[name], resampling.confidence))
    groups = len({e.group for e in gold})
    slices, small = score_slices(gold, labels, scheme, resampling)
    return {
        "labels": list(scheme.names),
        "measured_on": {
            **_measured_on(splits["train"], gold, scheme, split),
            "abstained": sum(p.abstained for p in predictions),
            "resamples": resampling.resamples,
            "confidence": resampling.confidence,
            "seed": resampling.seed,
            "notes": [ONE_SEED] + [DEV] * (split == "dev") + [FEW_GROUPS] * (groups < MIN_GROUPS_FOR_INTERVAL),
        },
        "system": system,
        "baselines": scores,
        "slices": slices,
        "small_slices": small,
        "min_slice_pairs": MIN_SLICE_PAIRS,
        "minimal_pairs": score_minimal_pairs(gold, labels),
        "leaks": {name: find_leaks(other, gold) for name, other in splits.items() if name != split},
        "errors": confident_errors(gold, predictions),
    }


def _measured_on(train: Sequence[Example], gold: Sequence[Example], scheme: LabelScheme, split: str) -> dict[str, Any]:
    counts = Counter(e.label for e in gold)
    targets, known = {e.target for e in gold}, {e.target for e in train}
    return {
        "split": split,
        "pairs": len(gold),
        "articles": len({e.document for e in gold}),
        "groups": len({e.group for e in gold}),
        "label_counts": {name: counts[name] for name in scheme.names},
        "train_pairs": len(train),
        "targets": len(targets),
        "new_targets": len(targets - known),
    }
