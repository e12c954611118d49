"""What more labels would buy: the learning curve so far, and its continuation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stance.labeling.probabilities import FOLDS, WordsModel

Array = np.ndarray

SHARES = (0.25, 0.5, 0.75, 1.0)
"""Of the training articles of each fold."""
MIN_FOLDS = 3
RESAMPLES = 200


@dataclass(frozen=True)
class Curve:
    """Macro-F1 by number of training pairs, `scores` of shape (folds, sizes)."""

    sizes: Array
    scores: Array


@dataclass(frozen=True)
class Gain:
    """What `labels` more would add to macro-F1, with an 80% interval over folds; 0.008 is 0.8 points."""

    labels: int
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        points = [100 * part for part in (self.value, self.low, self.high)]
        return f"the next {self.labels} labels buy about {points[0]:+.1f} points [{points[1]:+.1f}, {points[2]:+.1f}]"


def learning_curve(texts: Sequence[str], labels: Array, groups: Sequence[str], num_labels: int, seed: int = 0) -> Curve:
    """Scores of the bag of words trained on growing random shares of the articles, tested on whole other articles.

    Raises ValueError with fewer than three articles.
    """
    from sklearn.metrics import f1_score
    from sklearn.model_selection import GroupKFold

    names = np.array(groups)
    folds = min(FOLDS, len(set(groups)))
    if folds < MIN_FOLDS:
        raise ValueError(f"{len(set(groups))} articles; a learning curve needs at least {MIN_FOLDS}")
    random = np.random.default_rng(seed)
    sizes, scores = [], []
    for train, test in GroupKFold(folds).split(texts, labels, groups):
        order = random.permutation(np.unique(names[train]))
        fold_sizes, fold_scores = [], []
        for share in SHARES:
            part = train[np.isin(names[train], order[: max(1, round(share * len(order)))])]
            model = WordsModel([texts[i] for i in part], labels[part], num_labels)
            found = model.predict([texts[i] for i in test]).argmax(axis=1)
            fold_sizes.append(len(part))
            fold_scores.append(f1_score(labels[test], found, average="macro", zero_division=0))
        sizes.append(fold_sizes)
        scores.append(fold_scores)
    return Curve(np.mean(sizes, axis=0), np.array(scores))


def gain_of(curve: Curve, labels: int, total: int, seed: int = 0) -> Gain:
    """The gain of `labels` more than `total`, by an inverse power law (Figueroa et al. 2012, eq. 1), folds redrawn."""
    random = np.random.default_rng(seed)
    folds = len(curve.scores)
    drawn = random.integers(folds, size=(RESAMPLES, folds))
    gains = [_continue(curve.sizes, curve.scores[rows].mean(axis=0), labels, total) for rows in drawn]
    low, high = np.quantile(gains, [0.1, 0.9])
    return Gain(labels, _continue(curve.sizes, curve.scores.mean(axis=0), labels, total), float(low), float(high))


def _continue(sizes: Array, scores: Array, labels: int, total: int) -> float:
    """The rise of a - b * n**-c from `total` to `total + labels`: c from a grid, a and b >= 0 by least squares."""
    best_error, best = np.inf, 0.0
    for exponent in np.linspace(0.1, 1.5, 29):
        basis = -(sizes**-exponent)
        slope = max(0.0, float(np.cov(basis, scores, bias=True)[0, 1] / basis.var()))
        error = float(((scores - scores.mean() - slope * (basis - basis.mean())) ** 2).sum())
        if error < best_error:
            rise = slope * (total**-exponent - (total + labels) ** -exponent)
            best_error, best = error, float(rise)
    return best
