"""Shares of a group with too few gold labels of its own, corrected with what is known of the classifier elsewhere.

The classifier's mean error in a group is taken for a draw from a distribution over groups, whose spread the gold labels
tell: a random-effects model of small area estimation (Fay and Herriot 1979, JASA 74; Rao and Molina 2015, Small Area
Estimation, section 6.1), its spread by moments (DerSimonian and Laird 1986, Controlled Clinical Trials 7, eq. 8). The
group's own few labels and those of all groups are weighed against each other, and the interval is as wide as errors
differ between groups. It needs that groups are alike in this sense, so the result is always marked as borrowed.
"""

from dataclasses import dataclass

import numpy as np

from stance.analysis.rectified import Fitted, Sample


@dataclass(frozen=True)
class Errors:
    """The classifier's errors (gold label minus probability) over all groups, K labels."""

    mean: np.ndarray
    """Shape (K,)."""
    influence: np.ndarray
    """Of each cluster on the mean, (clusters, K)."""
    covariance: np.ndarray
    """Of single errors, (K, K)."""
    likeness: float
    """Correlation of the errors within a cluster; n of its rows tell as much as n / (1 + (n - 1) likeness) others."""
    spread: float
    """Variance between groups in units of `covariance`."""


def errors_between(sample: Sample, groups: np.ndarray, gold: np.ndarray, predicted: np.ndarray) -> Errors:
    """`groups` holds each row's group as a number, negative for none, shape (N,); `gold` and `predicted` are (N, K)."""
    weights = sample.gold_weights
    errors = np.where(sample.has_gold[:, None], gold - predicted, 0)
    mean = weights @ errors
    centred = np.where(sample.has_gold[:, None], errors - mean, 0)
    size = int(sample.clusters.max()) + 1
    rows = weights[:, None] * centred
    influence = np.stack([np.bincount(sample.clusters, column, size) for column in rows.T], axis=1)
    covariance = centred.T @ (weights[:, None] * centred)
    independent = np.trace(covariance) * np.square(weights).sum()
    effect = float(np.square(influence).sum() / independent) if independent > 0 else 1.0
    crowding = _crowding(sample.clusters[sample.has_gold])
    likeness = float(np.clip((effect - 1) / (crowding - 1), 0, 1)) if crowding > 1 else 0.0

    counts, distances = [], []
    for group in np.unique(groups[sample.has_gold & (groups >= 0)]):
        inside = sample.has_gold & (groups == group)
        counts.append(_worth(sample.clusters[inside], likeness))
        distances.append(np.square(errors[inside].mean(axis=0) - mean).sum())
    count = np.array(counts)
    spread = 0.0
    if len(count) > 1 and np.trace(covariance) > 0:
        excess = count @ np.array(distances) / np.trace(covariance) - (len(count) - 1)
        spread = max(0.0, float(excess / (count.sum() - np.square(count).sum() / count.sum())))
    return Errors(mean, influence, covariance, likeness, spread)


def borrowed_shares(
    sample: Sample, group: np.ndarray, gold: np.ndarray, predicted: np.ndarray, errors: Errors
) -> Fitted:
    """Shares of K labels among the rows where `group` (bool, N) holds; arguments as above, `errors` from there."""
    inside = sample.has_gold & group
    # How far the group's mean error may lie from that of all: it differs in kind, and it has only so many articles.
    prior = errors.spread + 1 / _worth(sample.clusters[group], errors.likeness)
    noise = 1 / _worth(sample.clusters[inside], errors.likeness) if inside.any() else np.inf
    trust = prior / (prior + noise)
    error = errors.mean
    if inside.any():
        error = trust * (gold[inside] - predicted[inside]).mean(axis=0) + (1 - trust) * errors.mean
    share = predicted[group].mean(axis=0)
    rows = np.where(group[:, None], predicted - share, 0) / group.sum()
    size = int(sample.clusters.max()) + 1
    influence = np.stack([np.bincount(sample.clusters, column, size) for column in rows.T], axis=1)
    # What remains unknown of the group's own error enters as K more clusters, so that the Gram
    # matrix is the covariance.
    roots, vectors = np.linalg.eigh(errors.covariance * prior * (1 - trust))
    unknown = np.sqrt(np.maximum(roots, 0))[:, None] * vectors.T
    return Fitted(
        share + error,
        np.vstack([influence + (1 - trust) * errors.influence, unknown]),
        np.zeros(len(share)),
        1.0,
        int(inside.sum()),
        sample.gold_clusters,
    )


def _crowding(clusters: np.ndarray) -> float:
    """Rows in the cluster of a typical row."""
    sizes = np.bincount(clusters)
    return float(np.square(sizes).sum() / sizes.sum())


def _worth(clusters: np.ndarray, likeness: float) -> float:
    """How many independent rows tell as much as these."""
    return len(clusters) / (1 + (_crowding(clusters) - 1) * likeness)
