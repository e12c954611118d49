"""The engine of prediction-powered and design-based inference: many predictions, few gold labels, valid intervals.

A parameter is the root of a mean moment E[psi(theta; y)] = 0. Gold labels y are known for some rows, predictions f for
all. The moment is estimated as

    sum_i a_i L psi(theta; f_i)  +  sum_i b_i (psi(theta; y_i) - L psi(theta; f_i))

with a_i the weight of row i's prediction and b_i that of its gold label (0 where there is none), both summing to 1. The
second sum takes out what the classifier gets wrong, whatever its errors depend on. With L = 1 this is
prediction-powered inference (Angelopoulos et al. 2023, Science 382, eq. 2-4) where gold and predicted rows are apart,
and design-based supervised learning (Egami et al. 2023, arXiv 2306.04746, eq. 3-5) where the gold rows are a random
sample of the predicted ones with known inclusion probabilities, b_i = R_i / (pi_i N). With L = 0 it is the gold
sample alone; between them L is tuned to the smallest variance (PPI++, Angelopoulos, Duchi and Zrnic 2023, arXiv
2311.01453, section 6).

Variances are sandwiches over clusters: rows of one article, or of one wire story, are summed before they are squared
(Liang and Zeger 1986), each piece with the factor G / (G - 1) for its G clusters.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

TUNING_ROUNDS = 2
MIN_CLUSTERS = 2
Power = float | Literal["tuned"]
"""The weight L of the predictions; `tuned` chooses it in [0, 1]."""


@dataclass(frozen=True)
class Sample:
    """What is known of N rows, and what each counts for. All arrays have shape (N,)."""

    prediction_weights: np.ndarray
    """a: 0 where a row's prediction stands for nobody else."""
    gold_weights: np.ndarray
    """b: 0 where there is no gold label."""
    inclusion: np.ndarray
    """Probability with which a row was drawn for gold labelling; 0 where the gold rows are no draw from the others."""
    clusters: np.ndarray
    """Number of each row's cluster, from 0."""
    centred: bool = True
    """Whether the sample has a fixed size, so that only deviations from its mean are chance."""

    @property
    def has_gold(self) -> np.ndarray:
        """Which rows have a gold label; bool."""
        return self.gold_weights > 0

    @property
    def gold_clusters(self) -> int:
        """Number of clusters with at least one gold label."""
        return len(np.unique(self.clusters[self.has_gold]))


@dataclass(frozen=True)
class Scores:
    """Moments at some parameter values, P of them."""

    gold: np.ndarray
    """psi(theta; y), shape (N, P); anything where there is no gold label."""
    predicted: np.ndarray
    """psi(theta; f), shape (N, P)."""
    bread: np.ndarray
    """Inverse of minus the mean derivative of psi, shape (P, P)."""


@dataclass(frozen=True)
class Fitted:
    """Estimates of P parameters with what moves them."""

    values: np.ndarray
    """Shape (P,)."""
    influence: np.ndarray
    """How far each cluster moves each estimate, shape (clusters, P); its Gram matrix is the covariance."""
    labelling: np.ndarray
    """Part of each variance that labelling everything would take away, shape (P,)."""
    power: float
    """The weight L that the predictions got."""
    gold: int
    """Number of gold labels."""
    gold_clusters: int
    """Number of clusters that they come from."""

    @property
    def covariance(self) -> np.ndarray:
        """Of the estimates, shape (P, P)."""
        return self.influence.T @ self.influence

    @property
    def errors(self) -> np.ndarray:
        """Standard errors, shape (P,)."""
        return np.sqrt(np.square(self.influence).sum(axis=0))

    def intervals(self, confidence: float = 0.95, *, normal: bool = False) -> np.ndarray:
        """(low, high) of each parameter, shape (P, 2); Student's t with one degree fewer than clusters with gold."""
        half = quantile(confidence, np.inf if normal else self.gold_clusters - 1) * self.errors
        return np.stack([self.values - half, self.values + half], axis=1)

    def combined(self, weights: np.ndarray) -> "Fitted":
        """Linear combinations of the estimates, such as differences; `weights` has shape (Q, P).

        The labelling part is that of independent labels, so it is kept for single parameters only.
        """
        return Fitted(
            weights @ self.values,
            self.influence @ weights.T,
            np.square(weights) @ self.labelling,
            self.power,
            self.gold,
            self.gold_clusters,
        )


def nested(
    has_gold: np.ndarray, inclusion: np.ndarray | float, clusters: np.ndarray | None = None, *, centred: bool = True
) -> Sample:
    """Gold labels are a random sample of the rows, drawn with probability `inclusion`, shape (N,) or one for all.

    `centred` scales the weights R / pi to sum to 1 (Hajek); without it they are R / (pi N) as Egami et al. write them,
    right for independent draws, and wider. Raises ValueError where a gold row's probability is not in (0, 1].
    """
    inclusion = np.broadcast_to(np.asarray(inclusion, dtype=np.float64), has_gold.shape)
    if np.any((inclusion[has_gold] <= 0) | (inclusion[has_gold] > 1)):
        raise ValueError("inclusion: expected probabilities in (0, 1] for every row with a gold label")
    count = len(has_gold)
    weights = np.where(has_gold, 1 / np.where(has_gold, inclusion, 1), 0) / count
    if centred and has_gold.any():
        weights /= weights.sum()
    return Sample(np.full(count, 1 / count), weights, inclusion, _codes(clusters, count), centred)


def separate(has_gold: np.ndarray, clusters: np.ndarray | None = None) -> Sample:
    """Gold rows and predicted rows are two samples of one population, as in the papers on PPI."""
    count = len(has_gold)
    rest = ~has_gold
    return Sample(
        rest / max(1, int(rest.sum())),
        has_gold / max(1, int(has_gold.sum())),
        np.zeros(count),
        _codes(clusters, count),
    )


def estimate(
    sample: Sample,
    solve: Callable[[float], np.ndarray],
    scores: Callable[[np.ndarray], Scores],
    power: Power = "tuned",
) -> Fitted:
    """Estimates of the root. `solve` gives it for a power L, `scores` the moments at a root.

    Raises ValueError where fewer than two clusters have a gold label: nothing is known then of the errors' spread.
    """
    if sample.gold_clusters < MIN_CLUSTERS:
        raise ValueError(f"gold labels come from {sample.gold_clusters} clusters; expected at least {MIN_CLUSTERS}")
    if power == "tuned":
        chosen = 1.0
        for _ in range(TUNING_ROUNDS):
            chosen = tuned_power(sample, scores(solve(chosen)))
    else:
        chosen = power
    values = solve(chosen)
    found = scores(values)
    fixed, moving = _pieces(sample, found)
    rows = sample.has_gold
    errors = np.where(rows[:, None], found.gold - chosen * found.predicted, 0)
    errors = errors - sample.gold_weights @ errors if sample.centred else errors
    drawn = (sample.gold_weights * np.sqrt(1 - sample.inclusion))[:, None] * errors
    return Fitted(
        values,
        (fixed + chosen * moving) @ found.bread.T,
        np.square(drawn[rows] @ found.bread.T).sum(axis=0),
        float(chosen),
        int(rows.sum()),
        sample.gold_clusters,
    )


def tuned_power(sample: Sample, scores: Scores) -> float:
    """The L in [0, 1] that makes the sum of the variances smallest, clusters and weights taken into account.

    The variance is a quadratic in L. For independent rows in two samples its minimum is that of PPI++ (section 6), up
    to their pooling of both samples' variances, which unequal weights do not allow.
    """
    fixed, moving = (piece @ scores.bread.T for piece in _pieces(sample, scores))
    bottom = np.square(moving).sum()
    return 0.0 if bottom == 0 else float(np.clip(-(fixed * moving).sum() / bottom, 0, 1))


def quantile(confidence: float, degrees: float) -> float:
    """Two-sided quantile of Student's t; of the normal distribution for infinitely many degrees of freedom."""
    from scipy.stats import norm, t

    level = (1 + confidence) / 2
    return float(norm.ppf(level) if np.isinf(degrees) else t.ppf(level, degrees))


def _pieces(sample: Sample, scores: Scores) -> tuple[np.ndarray, np.ndarray]:
    """Each cluster's share in the moment, as (fixed, moving) of `fixed + L moving`; both of shape (clusters, P)."""
    a, b = sample.prediction_weights[:, None], sample.gold_weights[:, None]
    gold = np.where(b > 0, scores.gold, 0)
    predicted = scores.predicted
    if sample.centred:
        gold = gold - b.T @ gold
        everywhere = a * (predicted - a.T @ predicted)
        labelled = b * (predicted - b.T @ predicted)
    else:
        everywhere, labelled = a * predicted, b * predicted
    factor_a, factor_b = _small_sample(sample, a[:, 0] > 0), _small_sample(sample, b[:, 0] > 0)
    fixed = factor_b * _cluster_sums(b * gold, sample.clusters)
    moving = factor_a * _cluster_sums(everywhere, sample.clusters) - factor_b * _cluster_sums(labelled, sample.clusters)
    return fixed, moving


def _small_sample(sample: Sample, rows: np.ndarray) -> float:
    """sqrt(G / (G - 1)) for the G clusters among `rows`; not where sizes are left to chance, as in Egami et al."""
    clusters = len(np.unique(sample.clusters[rows]))
    return (clusters / (clusters - 1)) ** 0.5 if sample.centred and clusters > 1 else 1.0


def _cluster_sums(rows: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    size = int(clusters.max()) + 1
    return np.stack([np.bincount(clusters, column, size) for column in rows.T], axis=1)


def _codes(clusters: np.ndarray | None, count: int) -> np.ndarray:
    return np.arange(count) if clusters is None else np.unique(clusters, return_inverse=True)[1]
