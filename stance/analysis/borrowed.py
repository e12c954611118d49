"""Shares of a group with too few gold labels of its own, corrected with what is known of the classifier elsewhere.

The share of a true label is the group's shares of answers, each passed on to the true labels as the gold rows of all
groups do (Greenland and Lash 2008, Modern Epidemiology, ch. 19, predictive values; the same is post-stratification by
answer). It needs that an answer is right as often in the group as elsewhere, so it is always marked as borrowed.
"""

import numpy as np

from stance.analysis.rectified import Fitted, Sample


def borrowed_shares(sample: Sample, group: np.ndarray, gold: np.ndarray, answers: np.ndarray) -> Fitted:
    """Shares of K labels among the rows where `group` (bool, N) holds.

    `sample` is that of all rows, `gold` one-hot labels (N, K), `answers` the one-hot answers of the classifier (N, K).
    An answer that no gold row got is taken at its word. Standard errors by the delta method, over clusters.
    """
    weights = sample.gold_weights
    known = np.where(sample.has_gold[:, None], gold, 0)
    mass = weights @ answers
    passed_on = np.eye(answers.shape[1])
    np.divide((weights[:, None] * answers).T @ known, mass[:, None], out=passed_on, where=(mass > 0)[:, None])
    shares = answers[group].mean(axis=0)
    values = shares @ passed_on

    expected = answers @ passed_on
    scale = np.divide(shares, mass, out=np.zeros_like(shares), where=mass > 0)
    by_gold = (weights * (answers @ scale))[:, None] * (known - np.where(sample.has_gold[:, None], expected, 0))
    by_group = np.where(group[:, None], expected - values, 0) / group.sum()
    rows = by_gold + by_group
    size = int(sample.clusters.max()) + 1
    influence = np.stack([np.bincount(sample.clusters, column, size) for column in rows.T], axis=1)
    return Fitted(
        values,
        influence,
        np.square(by_gold * np.sqrt(1 - sample.inclusion)[:, None]).sum(axis=0),
        1.0,
        int((sample.has_gold & group).sum()),
        sample.gold_clusters,
    )
