"""Systems' answers -> every metric with its interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from stance.bootstrap import Resampling, confusions_by_group, draws, percentile_interval, resampled_confusions
from stance.evaluation.answers import Answers
from stance.evaluation.metrics import f1, headline_metrics, precision, recall
from stance.evaluation.pairs import Pairs
from stance.labels import LabelScheme

Interval = dict[str, float]
"""{value, low, high}."""


@dataclass(frozen=True)
class Resampled:
    """One system's confusion matrix, and that of every resample; systems of one call met the same resamples."""

    confusion: np.ndarray
    """Counts (labels, labels), gold in rows."""
    resamples: np.ndarray
    """Shape (resamples, labels, labels)."""


def resample_systems(
    gold: Pairs, systems: Mapping[str, Answers], scheme: LabelScheme, resampling: Resampling
) -> dict[str, Resampled]:
    """Name -> confusion matrices of systems that answered all of `gold`."""
    size = len(scheme.names)
    stack = np.stack(
        [confusions_by_group(gold.label, a.label, gold.unit, gold.num_groups, size) for a in systems.values()], axis=1
    )
    resampled = resampled_confusions(stack, resampling)
    return {name: Resampled(stack[:, i].sum(axis=0), resampled[:, i]) for i, name in enumerate(systems)}


def describe_system(system: Resampled, scheme: LabelScheme, confidence: float) -> dict[str, Any]:
    """`macro_f1`, `f_avg`, `macro_f1_three_way`, `accuracy`, `matthews`, `kappa` as intervals; `labels`, label ->
    {precision, recall, f1 (intervals), gold, predicted}; `confusion`, counts with gold labels in rows.
    """
    point, spread = headline_metrics(system.confusion, scheme), headline_metrics(system.resamples, scheme)
    scores: dict[str, Any] = {name: interval(float(point[name]), spread[name], confidence) for name in point}
    each = {"precision": precision, "recall": recall, "f1": f1}
    values = {name: (measure(system.confusion), measure(system.resamples)) for name, measure in each.items()}
    scores["labels"] = {
        label: {name: interval(float(p[i]), s[:, i], confidence) for name, (p, s) in values.items()}
        | {"gold": int(system.confusion[i].sum()), "predicted": int(system.confusion[:, i].sum())}
        for i, label in enumerate(scheme.names)
    }
    scores["confusion"] = system.confusion.astype(int).tolist()
    return scores


def f_avg_over_targets(
    gold: Pairs, answers: Answers, scheme: LabelScheme, resampling: Resampling
) -> dict[str, float | int] | None:
    """{value, low, high, targets}: F_avg of each target, averaged; None where no target has gold of both sides.

    Pooled F_avg is nearly met by each target's majority label; this is the MacF_avg of SemEval-2016 Task 6. Targets
    without gold pairs of both sides are left out, in each resample anew: their F_avg is not defined.
    """
    from scipy.sparse import csr_array

    target, _ = gold.codes("target")
    polar = np.array([scheme.index(name) for name in scheme.polar])
    has = [np.isin(np.arange(target.max() + 1), target[gold.label == side]) for side in polar]
    kept = np.flatnonzero(has[0] & has[1])
    if not len(kept):
        return None
    number = np.full(target.max() + 1, -1)
    number[kept] = np.arange(len(kept))
    parts = [of == side for side in polar for of in (answers.label, gold.label)]
    hits = [(answers.label == side) & (gold.label == side) for side in polar]
    # Columns: for each target and side the hits, and predicted plus gold; F1 = 2 hits / (predicted + gold).
    columns = np.stack([*hits, parts[0].astype(int) + parts[1], parts[2].astype(int) + parts[3], parts[1], parts[3]], 1)
    mine = number[target]
    rows, cells, values = [], [], []
    for column in range(columns.shape[1]):
        used = np.flatnonzero((mine >= 0) & (columns[:, column] > 0))
        rows.append(gold.unit[used])
        cells.append(mine[used] * columns.shape[1] + column)
        values.append(columns[used, column].astype(np.float64))
    shape = (gold.num_groups, len(kept) * columns.shape[1])
    matrix = csr_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(cells))), shape=shape)
    whole = _mean_f_avg(np.asarray(matrix.sum(axis=0)).reshape(1, len(kept), -1))
    spread = np.concatenate(
        [
            _mean_f_avg((counts @ matrix).reshape(len(counts), len(kept), -1))
            for counts in draws(gold.num_groups, resampling)
        ]
    )
    return {**interval(float(whole[0]), spread[~np.isnan(spread)], resampling.confidence), "targets": len(kept)}


def interval(value: float, spread: np.ndarray, confidence: float) -> Interval:
    """{value, low, high} from a value and its resamples."""
    low, high = percentile_interval(spread, confidence) if len(spread) else (value, value)
    return {"value": value, "low": low, "high": high}


def _mean_f_avg(cells: np.ndarray) -> np.ndarray:
    """Mean over the targets with gold of both sides, shape (resamples,), of cells (resamples, targets, 6)."""
    first = np.divide(2 * cells[..., 0], cells[..., 2], out=np.zeros(cells.shape[:2]), where=cells[..., 2] > 0)
    second = np.divide(2 * cells[..., 1], cells[..., 3], out=np.zeros(cells.shape[:2]), where=cells[..., 3] > 0)
    both = (cells[..., 4] > 0) & (cells[..., 5] > 0)
    total, number = np.where(both, (first + second) / 2, 0).sum(axis=1), both.sum(axis=1)
    return np.divide(total, number, out=np.full(len(cells), np.nan), where=number > 0)
