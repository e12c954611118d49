"""Shares of labels, and their differences between groups, corrected for the classifier's errors."""

from collections.abc import Sequence

import numpy as np

from stance.analysis.rectified import Fitted, Power, Sample, Scores, estimate


def shares(sample: Sample, gold: np.ndarray, predicted: np.ndarray, power: Power = "tuned") -> Fitted:
    """Mean of each column: the shares of K labels.

    `gold` holds one-hot labels (or any numbers), shape (N, K), ignored where `sample` has no gold label; `predicted`
    the probabilities or one-hot answers of the classifier, shape (N, K). One power serves all labels, so that
    the shares sum to 1. PPI for means: Angelopoulos et al. 2023, Science 382, algorithm 1.
    """
    a, b = sample.prediction_weights, sample.gold_weights
    known = np.where(sample.has_gold[:, None], gold, 0).astype(np.float64)
    everywhere, labelled, truth = a @ predicted, b @ predicted, b @ known

    def solve(power: float) -> np.ndarray:
        # Weights that do not sum to 1 estimate the mean of the errors all the same.
        return power * everywhere + truth - power * labelled

    def scores(values: np.ndarray) -> Scores:
        return Scores(known - values, predicted - values, np.eye(len(values)))

    return estimate(sample, solve, scores, power)


def uncorrected(predicted: np.ndarray, clusters: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """(shares, (low, high) of each) of predictions taken for truth, shapes (K,) and (K, 2): what most papers report."""
    from stance.analysis.rectified import quantile

    values = predicted.mean(axis=0)
    codes = np.unique(clusters, return_inverse=True)[1]
    deviations = (predicted - values) / len(predicted)
    sums = np.stack([np.bincount(codes, column) for column in deviations.T], axis=1)
    half = quantile(confidence, np.inf) * np.sqrt(np.square(sums).sum(axis=0))
    return values, np.stack([values - half, values + half], axis=1)


def difference(one: Fitted, other: Fitted) -> Fitted:
    """`one` minus `other`, for groups whose rows lie in the same numbering of clusters.

    A cluster with rows in both, such as a wire story that two outlets printed, moves both at once.
    """
    count = max(len(one.influence), len(other.influence))
    return Fitted(
        one.values - other.values,
        _padded(one.influence, count) - _padded(other.influence, count),
        one.labelling + other.labelling,
        (one.power + other.power) / 2,
        one.gold + other.gold,
        min(one.gold_clusters, other.gold_clusters),
    )


def net(
    fitted: Fitted, polar: tuple[int, int], confidence: float, *, limit: float = 1, normal: bool = False
) -> dict[str, float]:
    """Share for minus share against as {value, low, high}, the interval within `limit`; `polar`: their places."""
    contrast = np.zeros((1, len(fitted.values)))
    contrast[0, polar] = 1, -1
    found = fitted.combined(contrast)
    low, high = np.clip(found.intervals(confidence, normal=normal)[0], -limit, limit)
    return {"value": float(found.values[0]), "low": float(low), "high": float(high)}


def one_hot(labels: Sequence[str | None], names: Sequence[str]) -> np.ndarray:
    """Shape (N, K); a row of zeros where there is no label. Raises ValueError for a label that is not in `names`."""
    unknown = {label for label in labels if label is not None} - set(names)
    if unknown:
        raise ValueError(f"labels {sorted(unknown)} are not in the scheme; expected {', '.join(names)}")
    return np.array([[float(label == name) for name in names] for label in labels]).reshape(len(labels), len(names))


def _padded(rows: np.ndarray, count: int) -> np.ndarray:
    return np.pad(rows, ((0, count - len(rows)), (0, 0)))
