"""How much: shares of labels in groups of opinions, each corrected as well as its gold labels allow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from stance.analysis.borrowed import Errors, borrowed_shares, errors_between
from stance.analysis.budget import Need, labels_needed
from stance.analysis.rectified import Fitted, Sample, nested
from stance.analysis.shares import net, shares, uncorrected

MIN_GOLD_CLUSTERS = 5
"""From fewer articles the spread of the errors between articles cannot be told."""
Correction = Literal["own", "borrowed", "none"]


@dataclass(frozen=True)
class Rows:
    """What is known of N opinions, K labels each; arrays of shape (N,) or (N, K)."""

    probabilities: np.ndarray
    """Of the classifier, (N, K)."""
    gold: np.ndarray
    """One-hot gold labels, (N, K); zeros where there is none."""
    has_gold: np.ndarray
    inclusion: np.ndarray
    """Chance with which the pair was drawn for gold labelling; read where there is gold."""
    clusters: np.ndarray
    """Number of the article, or of the story that several outlets printed."""

    @property
    def answers(self) -> np.ndarray:
        """One-hot most probable labels, (N, K)."""
        return np.eye(self.probabilities.shape[1])[self.probabilities.argmax(axis=1)]

    def where(self, rows: np.ndarray) -> "Rows":
        """Those where `rows` (bool, N) holds; clusters keep their numbers."""
        return Rows(
            self.probabilities[rows], self.gold[rows], self.has_gold[rows], self.inclusion[rows], self.clusters[rows]
        )

    def sample(self) -> Sample:
        """The design, in the numbering of clusters that all groups share."""
        design = nested(self.has_gold, np.where(self.has_gold, self.inclusion, 0))
        return Sample(design.prediction_weights, design.gold_weights, design.inclusion, self.clusters)


@dataclass(frozen=True)
class GroupShares:
    """Shares of K labels in one group."""

    name: str
    rows: int
    articles: int
    gold: int
    correction: Correction
    """`own`: by the group's own gold labels, valid whatever the errors depend on. `borrowed`: by those of all groups,
    valid where groups' errors are alike. `none`: there are no gold labels, the classifier is taken at its word.
    """
    fitted: Fitted
    intervals: np.ndarray
    """(K, 2), within [0, 1]."""
    counted: np.ndarray
    """Shares of the answers as they are, (K,)."""
    counted_intervals: np.ndarray
    """What is usually reported with them, (K, 2); it knows nothing of the classifier's errors."""
    need: Need | None
    """Labels that would halve the widest interval."""

    def net(self, polar: tuple[int, int], confidence: float) -> dict[str, float]:
        """Share for minus share against as {value, low, high}; `polar` holds the two labels' places."""
        return net(self.fitted, polar, confidence, normal=self.correction == "none")


def overall(rows: Rows, name: str, confidence: float, min_gold: int) -> GroupShares:
    """Shares among all rows."""
    return by_group(rows, [name] * len(rows.has_gold), confidence, min_gold)[name]


def by_group(rows: Rows, groups: Sequence[str | None], confidence: float, min_gold: int) -> Mapping[str, GroupShares]:
    """Group -> its shares, in order of first appearance; rows with group None are in none of them.

    A group with at least `min_gold` gold labels from five articles is corrected by them, another one by all gold
    labels.
    """
    codes = {name: code for code, name in enumerate(dict.fromkeys(group for group in groups if group is not None))}
    numbers = np.array([-1 if group is None else codes[group] for group in groups], dtype=int)
    errors = None
    if rows.has_gold.sum() >= min_gold and _gold_clusters(rows) >= MIN_GOLD_CLUSTERS:
        errors = errors_between(rows.sample(), numbers, rows.gold, rows.probabilities)
    return {name: _group(rows, numbers == code, name, errors, confidence, min_gold) for name, code in codes.items()}


def _group(
    rows: Rows, chosen: np.ndarray, name: str, errors: Errors | None, confidence: float, min_gold: int
) -> GroupShares:
    inside = rows.where(chosen)
    counted, counted_intervals = uncorrected(inside.answers, inside.clusters, confidence)
    correction: Correction = "none"
    if inside.has_gold.sum() >= min_gold and _gold_clusters(inside) >= MIN_GOLD_CLUSTERS:
        correction = "own"
        fitted = shares(inside.sample(), inside.gold, inside.probabilities)
    elif errors is not None:
        correction = "borrowed"
        fitted = borrowed_shares(rows.sample(), chosen, rows.gold, rows.probabilities, errors)
    else:
        fitted = _uncorrected(inside)
    intervals = np.clip(fitted.intervals(confidence, normal=correction == "none"), 0, 1)
    widest = int((intervals[:, 1] - intervals[:, 0]).argmax())
    return GroupShares(
        name,
        int(chosen.sum()),
        len(np.unique(inside.clusters)),
        int(inside.has_gold.sum()),
        correction,
        fitted,
        intervals,
        counted,
        counted_intervals,
        labels_needed(fitted, int(chosen.sum()), None, confidence, widest) if correction == "own" else None,
    )


def _gold_clusters(rows: Rows) -> int:
    return len(np.unique(rows.clusters[rows.has_gold]))


def _uncorrected(rows: Rows) -> Fitted:
    """The answers' shares as a Fitted, so that groups without gold labels can be drawn like others."""
    answers = rows.answers
    values = answers.mean(axis=0)
    deviations = (answers - values) / len(answers)
    influence = np.stack([np.bincount(rows.clusters, column) for column in deviations.T], axis=1)
    return Fitted(values, influence, np.zeros(len(values)), 1.0, 0, 0)
