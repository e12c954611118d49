"""Systems' answers -> every metric with its interval, and the paired differences between systems."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stance.bootstrap import Resampling, group_confusions, percentile_interval, resampled_confusions
from stance.evaluation.metrics import f1, headline_metrics, precision, recall
from stance.labels import LabelScheme
from stance.records import Example

Interval = dict[str, float]
"""{value, low, high}."""


def score_systems(
    gold: Sequence[Example], answers: Mapping[str, Sequence[str]], scheme: LabelScheme, resampling: Resampling
) -> tuple[dict[str, dict[str, Any]], dict[str, np.ndarray]]:
    """(name -> scores, name -> macro-F1 of each resample, shape (resamples,)) of systems that answered all of `gold`.

    `answers` maps a system to its labels in the order of `gold`. Scores hold `macro_f1`, `f_avg`, `macro_f1_three_way`,
    `accuracy` and `matthews` as intervals; `labels`, label -> {precision, recall, f1 (an interval), gold, predicted};
    and `confusion`, counts with gold labels in rows.
    """
    truth, groups = [scheme.index(e.label) for e in gold], [e.group for e in gold]
    size = len(scheme.names)
    stack = np.stack(
        [group_confusions(truth, [scheme.index(a) for a in labels], groups, size) for labels in answers.values()],
        axis=1,
    )
    resampled = resampled_confusions(stack, resampling)
    scores: dict[str, dict[str, Any]] = {}
    spreads: dict[str, np.ndarray] = {}
    for i, name in enumerate(answers):
        scores[name] = _scores(stack[:, i].sum(axis=0), resampled[:, i], scheme, resampling.confidence)
        spreads[name] = headline_metrics(resampled[:, i], scheme)["macro_f1"]
    return scores, spreads


def compare(
    system: Mapping[str, Any], other: Mapping[str, Any], spread: np.ndarray, other_spread: np.ndarray, confidence: float
) -> dict[str, Any]:
    """Macro-F1 of `system` less that of `other`: `difference`, a paired interval, and `intervals_overlap`.

    `intervals_overlap` is whether the two systems' own intervals share a point. They may although the paired difference
    excludes 0: both systems find the same articles hard.
    """
    ours, theirs = system["macro_f1"], other["macro_f1"]
    return {
        "difference": _interval(ours["value"] - theirs["value"], spread - other_spread, confidence),
        "intervals_overlap": max(ours["low"], theirs["low"]) <= min(ours["high"], theirs["high"]),
    }


def _scores(confusion: np.ndarray, resampled: np.ndarray, scheme: LabelScheme, confidence: float) -> dict[str, Any]:
    point, spread = headline_metrics(confusion, scheme), headline_metrics(resampled, scheme)
    scores: dict[str, Any] = {name: _interval(float(point[name]), spread[name], confidence) for name in point}
    precisions, recalls, f1s, f1_spread = precision(confusion), recall(confusion), f1(confusion), f1(resampled)
    scores["labels"] = {
        name: {
            "precision": float(precisions[i]),
            "recall": float(recalls[i]),
            "f1": _interval(float(f1s[i]), f1_spread[:, i], confidence),
            "gold": int(confusion[i].sum()),
            "predicted": int(confusion[:, i].sum()),
        }
        for i, name in enumerate(scheme.names)
    }
    scores["confusion"] = confusion.astype(int).tolist()
    return scores


def _interval(value: float, spread: np.ndarray, confidence: float) -> Interval:
    low, high = percentile_interval(spread, confidence)
    return {"value": value, "low": low, "high": high}
