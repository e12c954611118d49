"""How far annotators agree, with intervals that respect articles.

Two annotators' answers are one confusion matrix, any number of annotators' one coincidence matrix; both add up over
articles, so a bootstrap over articles is a sum of the drawn articles' matrices.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stance.bootstrap import Resampling, group_confusions, percentile_interval, resampled_confusions
from stance.labels import LabelScheme

Array = np.ndarray


@dataclass(frozen=True)
class Unit:
    """One pair as its annotators answered it: annotator -> label; `group` is what is redrawn in the bootstrap."""

    labels: Mapping[str, str]
    group: str


def raw_agreement(confusion: Array) -> Array:
    """Share of the pairs on which two annotators agree, shape (...), of confusion matrices (..., labels, labels)."""
    return _ratio(_trace(confusion), confusion.sum(axis=(-2, -1)))


def cohen_kappa(confusion: Array) -> Array:
    """Agreement beyond what the two annotators' own label shares would give by chance, shape (...) (Cohen 1960)."""
    total = confusion.sum(axis=(-2, -1))
    expected = _ratio((confusion.sum(axis=-1) * confusion.sum(axis=-2)).sum(axis=-1), total**2)
    return _ratio(raw_agreement(confusion) - expected, 1 - expected)


def mutual_macro_f1(confusion: Array) -> Array:
    """Macro-F1 of one annotator against the other, shape (...); symmetric: what a model should be read against."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    return _ratio(2 * hits, confusion.sum(axis=-1) + confusion.sum(axis=-2)).mean(axis=-1)


def coincidences(units: Sequence[Unit], names: Sequence[str]) -> Array:
    """Krippendorff's coincidence matrices, one a group, shape (groups, labels, labels).

    A unit that m annotators answered adds each ordered pair of their answers with weight 1 / (m - 1); a unit with one
    answer adds nothing (Krippendorff 2011, "Computing Krippendorff's alpha-reliability", step 2).
    """
    groups = {name: i for i, name in enumerate(dict.fromkeys(unit.group for unit in units))}
    matrices = np.zeros((len(groups), len(names), len(names)))
    for unit in units:
        counts = np.array([sum(label == name for label in unit.labels.values()) for name in names], dtype=np.float64)
        answers = counts.sum()
        if answers > 1:
            matrices[groups[unit.group]] += (np.outer(counts, counts) - np.diag(counts)) / (answers - 1)
    return matrices


def krippendorff_alpha(coincidence: Array) -> Array:
    """Nominal alpha, shape (...), of coincidence matrices (..., labels, labels) (Krippendorff 2011, section D)."""
    marginals = coincidence.sum(axis=-1)
    total = marginals.sum(axis=-1)
    disagreement = total - _trace(coincidence)
    expected = _ratio(total**2 - (marginals**2).sum(axis=-1), total - 1)
    return 1 - _ratio(disagreement, expected)


def fleiss_sums(units: Sequence[Unit], names: Sequence[str]) -> Array:
    """What Fleiss' kappa is made of, summed over each group: (groups, 2 + labels).

    Columns: the agreement of each unit's answers (Fleiss 1971, eq. 2), the number of units, how often each label was
    given. A unit with one answer adds nothing.
    """
    groups = {name: i for i, name in enumerate(dict.fromkeys(unit.group for unit in units))}
    sums = np.zeros((len(groups), 2 + len(names)))
    for unit in units:
        counts = np.array([sum(label == name for label in unit.labels.values()) for name in names], dtype=np.float64)
        answers = counts.sum()
        if answers > 1:
            agreeing = (counts @ counts - answers) / (answers * (answers - 1))
            sums[groups[unit.group]] += np.concatenate([[agreeing, 1.0], counts])
    return sums


def fleiss_kappa(sums: Array) -> Array:
    """Fleiss' kappa, shape (...), of `fleiss_sums` (..., 2 + labels) (Fleiss 1971, eq. 3 to 7)."""
    observed = _ratio(sums[..., 0], sums[..., 1])
    shares = _ratio(sums[..., 2:], sums[..., 2:].sum(axis=-1, keepdims=True))
    expected = (shares**2).sum(axis=-1)
    return _ratio(observed - expected, 1 - expected)


def label_kappas(coincidence: Array) -> Array:
    """Agreement beyond chance on each label against all others, shape (..., labels).

    1 - (answer pairs of which just one has the label) / (as many as chance would give), from coincidence matrices; with
    equally many answers a unit it is the kappa_j of Fleiss 1971, eq. 20.
    """
    marginals = coincidence.sum(axis=-1)
    total = marginals.sum(axis=-1, keepdims=True)
    mixed = marginals - np.diagonal(coincidence, axis1=-2, axis2=-1)
    return 1 - _ratio(mixed, marginals * (1 - _ratio(marginals, total)))


def agreement(units: Sequence[Unit], scheme: LabelScheme, resampling: Resampling) -> dict[str, Any] | None:
    """Agreement on the units that at least two annotators answered; None where there is no such unit.

    `units`, `groups`, `krippendorff_alpha` and `fleiss_kappa` as {value, low, high}, `labels`: name -> {value, low,
    high} of the agreement on that label beyond chance, and `pairs_of_annotators`: a list of {annotators,
    units, raw, cohen_kappa, macro_f1 as {value, low, high}, labels: name -> F1 of one against the other, confusion}.
    """
    double = [unit for unit in units if len(unit.labels) > 1]
    if not double:
        return None
    matrices = coincidences(double, scheme.names)
    annotators = sorted({name for unit in double for name in unit.labels})
    pairs = [
        _between(first, second, double, scheme, resampling)
        for i, first in enumerate(annotators)
        for second in annotators[i + 1 :]
    ]
    return {
        "units": len(double),
        "groups": len(matrices),
        "krippendorff_alpha": interval(krippendorff_alpha, matrices, resampling),
        "fleiss_kappa": interval(fleiss_kappa, fleiss_sums(double, scheme.names), resampling),
        "labels": {
            name: interval(lambda m, i=i: label_kappas(m)[..., i], matrices, resampling)
            for i, name in enumerate(scheme.names)
        },
        "pairs_of_annotators": [pair for pair in pairs if pair["units"]],
    }


def _between(
    first: str, second: str, units: Sequence[Unit], scheme: LabelScheme, resampling: Resampling
) -> dict[str, Any]:
    both = [unit for unit in units if first in unit.labels and second in unit.labels]
    if not both:
        return {"units": 0}
    answers = [[scheme.index(unit.labels[name]) for unit in both] for name in (first, second)]
    matrices = group_confusions(*answers, [unit.group for unit in both], len(scheme.names))
    confusion = matrices.sum(axis=0)
    hits = np.diagonal(confusion)
    f1 = _ratio(2 * hits, confusion.sum(axis=1) + confusion.sum(axis=0))
    return {
        "annotators": [first, second],
        "units": len(both),
        "raw": interval(raw_agreement, matrices, resampling),
        "cohen_kappa": interval(cohen_kappa, matrices, resampling),
        "macro_f1": interval(mutual_macro_f1, matrices, resampling),
        "labels": {name: float(value) for name, value in zip(scheme.names, f1, strict=True)},
        "confusion": confusion.astype(int).tolist(),
    }


def interval(measure: Callable[[Array], Array], matrices: Array, resampling: Resampling) -> dict[str, float]:
    """{value, low, high} of a measure of summed matrices, groups (the first axis) redrawn."""
    low, high = percentile_interval(measure(resampled_confusions(matrices, resampling)), resampling.confidence)
    return {"value": float(measure(matrices.sum(axis=0))), "low": low, "high": high}


def _trace(matrix: Array) -> Array:
    return np.trace(matrix, axis1=-2, axis2=-1)


def _ratio(numerator: Array, denominator: Array) -> Array:
    numerator, denominator = np.broadcast_arrays(np.asarray(numerator, float), np.asarray(denominator, float))
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator != 0)
