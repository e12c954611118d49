"""Classification metrics from confusion matrices: one matrix, or a stack of bootstrap resamples, in one call.

A confusion matrix has gold labels in rows and predicted ones in columns, shape (..., labels, labels). Counts may be
fractional or zero. A ratio with an empty denominator is 0, as in scikit-learn with zero_division=0.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from stance.labels import LabelScheme, three_way_names

Array = np.ndarray


def confusion_matrix(gold: Sequence[int] | Array, predicted: Sequence[int] | Array, num_labels: int) -> Array:
    """Counts of shape (labels, labels)."""
    matrix = np.zeros((num_labels, num_labels), dtype=np.int64)
    np.add.at(matrix, (np.asarray(gold, dtype=np.int64), np.asarray(predicted, dtype=np.int64)), 1)
    return matrix


def precision(confusion: Array) -> Array:
    """Of each label, shape (..., labels): the share of its predictions that are right."""
    return _ratio(_hits(confusion), confusion.sum(axis=-2))


def recall(confusion: Array) -> Array:
    """Of each label, shape (..., labels): the share of its gold examples that were found."""
    return _ratio(_hits(confusion), confusion.sum(axis=-1))


def f1(confusion: Array) -> Array:
    """Of each label, shape (..., labels): the harmonic mean of precision and recall."""
    return _ratio(2 * _hits(confusion), confusion.sum(axis=-1) + confusion.sum(axis=-2))


def macro_f1(confusion: Array) -> Array:
    """Unweighted mean of the labels' F1, shape (...); a label that never occurs counts as 0."""
    return f1(confusion).mean(axis=-1)


def accuracy(confusion: Array) -> Array:
    """Share of right predictions, shape (...)."""
    return _ratio(_hits(confusion).sum(axis=-1), confusion.sum(axis=(-2, -1)))


def matthews(confusion: Array) -> Array:
    """Matthews correlation for several classes, shape (...) (Gorodkin 2004, R_K)."""
    total = confusion.sum(axis=(-2, -1)).astype(np.float64)
    gold, predicted = confusion.sum(axis=-1).astype(np.float64), confusion.sum(axis=-2).astype(np.float64)
    covariance = _hits(confusion).sum(axis=-1) * total - (gold * predicted).sum(axis=-1)
    spread = (total**2 - (gold**2).sum(axis=-1)) * (total**2 - (predicted**2).sum(axis=-1))
    return _ratio(covariance, np.sqrt(spread))


def cohen_kappa(confusion: Array) -> Array:
    """Agreement beyond that of independent labels with the same shares, shape (...) (Cohen 1960)."""
    total = confusion.sum(axis=(-2, -1)).astype(np.float64)
    observed = _hits(confusion).sum(axis=-1) * total
    expected = (confusion.sum(axis=-1).astype(np.float64) * confusion.sum(axis=-2)).sum(axis=-1)
    return _ratio(observed - expected, total**2 - expected)


def merge_labels(confusion: Array, groups: Sequence[Sequence[int]]) -> Array:
    """Confusion between groups of labels, shape (..., groups, groups)."""
    member = np.zeros((confusion.shape[-1], len(groups)))
    for column, indices in enumerate(groups):
        member[list(indices), column] = 1
    return member.T @ confusion @ member


def headline_metrics(confusion: Array, scheme: LabelScheme) -> Mapping[str, Array]:
    """Metric name -> value of shape (...), all from one confusion matrix or a stack of them.

    `f_avg` is the mean F1 of the two polar labels (SemEval-2016 Task 6, Mohammad et al. 2016);
    `macro_f1_three_way` merges the labels that take no side into `none` first.
    """
    polar = [scheme.index(name) for name in scheme.polar]
    names = three_way_names(scheme)
    groups = [[i for i, label in enumerate(scheme.names) if scheme.three_way(label) == name] for name in names]
    per_label = f1(confusion)
    return {
        "macro_f1": per_label.mean(axis=-1),
        "f_avg": per_label[..., polar].mean(axis=-1),
        "macro_f1_three_way": macro_f1(merge_labels(confusion, groups)),
        "accuracy": accuracy(confusion),
        "matthews": matthews(confusion),
        "kappa": cohen_kappa(confusion),
    }


def _hits(confusion: Array) -> Array:
    return np.diagonal(confusion, axis1=-2, axis2=-1)


def _ratio(numerator: Array, denominator: Array) -> Array:
    return np.divide(numerator, denominator, out=np.zeros(np.shape(numerator), dtype=np.float64), where=denominator > 0)
