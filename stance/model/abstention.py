"""Answers with a guarantee: sets that hold the right label, and a threshold above which errors are rare.

The articles are what is exchangeable, not the sentences: both guarantees are about a random sentence of a random new
article, drawn as the measured articles were.

Sets: conformal prediction with the score 1 - p(gold) (Sadinle, Lei and Wasserman 2019) over two layers (Lee, Barber and
Willett 2023, "Distribution-free inference with hierarchical data", HCP): every article weighs the same.

Threshold: Learn-then-Test (Angelopoulos, Bates, Candès, Jordan and Lei 2021), fixed sequences from several starts,
each threshold tested by the binomial bound of Clopper and Pearson (1934). It is exact where every article has one pair.
Where articles have several, the sample counts for as many independent pairs as its spread over articles is worth (Korn
and Graubard 1998, "Confidence intervals for proportions with small expected number of positive counts estimated from
survey data"), which is an approximation; tests/model/test_abstention.py simulates how well it holds.
"""

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict

COVERAGES = (0.8, 0.9, 0.95)
MAX_ERRORS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
CONFIDENCE = 0.95
THRESHOLDS = tuple(round(0.98 - 0.02 * i, 2) for i in range(37))
"""Least probabilities of the label that are tried, strict to lax; fixed, so that they owe nothing to the data."""
STARTS = (0, 9, 19)
"""Where in `THRESHOLDS` a sequence of tests begins; each spends an equal share of the risk."""
MIN_TARGET_ARTICLES = 20
"""A target with fewer articles has the threshold of all."""


class Abstention(BaseModel):
    """What a model needs to keep its promises; fitted on articles it was not trained on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sets: dict[str, float]
    """Coverage -> least probability of a label in the set; 0 puts in all labels."""
    sets_by_target: dict[str, dict[str, float]]
    """The same for targets with enough articles of their own."""
    answers: dict[str, float]
    """Largest share of errors -> least probability of the label that is answered; errors that cannot be promised are
    missing."""
    confidence: float
    """With which each promise of `answers` holds, over draws of the articles."""
    articles: int
    """Fitted on so many articles."""
    pairs: int
    """Fitted on so many pairs."""


def fit_abstention(
    probabilities: np.ndarray, gold: np.ndarray, articles: Sequence[str], targets: Sequence[str]
) -> Abstention:
    """Thresholds from `probabilities` of shape (pairs, labels) and label numbers `gold` of shape (pairs,)."""
    unit = np.unique(np.asarray(articles), return_inverse=True)[1]
    misfit = 1 - probabilities[np.arange(len(gold)), gold]
    by_target: dict[str, dict[str, float]] = {}
    names, of_target = np.unique(np.asarray(targets), return_inverse=True)
    for number, name in enumerate(names):
        mine = of_target == number
        if len(np.unique(unit[mine])) >= MIN_TARGET_ARTICLES:
            by_target[str(name)] = _sets(misfit[mine], unit[mine])
    right = probabilities.argmax(axis=1) == gold
    answers = {f"{r:g}": answer_threshold(probabilities.max(axis=1), right, unit, r) for r in MAX_ERRORS}
    return Abstention(
        sets=_sets(misfit, unit),
        sets_by_target=by_target,
        answers={r: threshold for r, threshold in answers.items() if threshold is not None},
        confidence=CONFIDENCE,
        articles=int(unit.max()) + 1,
        pairs=len(gold),
    )


def set_quantile(misfit: np.ndarray, unit: np.ndarray, coverage: float) -> float:
    """The misfit up to which labels belong to the set; infinite where there are too few articles for the coverage.

    `misfit` is 1 - p(gold) of each pair, `unit` its article's number. An article's pairs share the weight 1 / (articles
    + 1), and the new article's weight lies at infinity.
    """
    unit = np.unique(unit, return_inverse=True)[1]
    sizes = np.bincount(unit)
    order = np.argsort(misfit, kind="stable")
    reached = np.cumsum(1 / sizes[unit[order]]) / (len(sizes) + 1)
    # Sums of fractions miss their whole numbers by some 1e-16 a pair.
    place = np.searchsorted(reached, coverage - 1e-12 * len(order))
    return float(misfit[order[place]]) if place < len(order) else float("inf")


def answer_threshold(
    sureness: np.ndarray, right: np.ndarray, unit: np.ndarray, max_error: float, confidence: float = CONFIDENCE
) -> float | None:
    """The laxest least probability at which the error among answers is at most `max_error`, or None where none is.

    The promise holds with probability `confidence` over the articles that were drawn. `sureness` is the probability of
    the label of each pair, `right` whether it is the gold one, `unit` the number of its article.
    """
    from scipy.special import betainc

    allowed = (1 - confidence) / len(STARTS)
    unit = np.unique(unit, return_inverse=True)[1]
    overall = _design_effect(np.ones(len(unit), dtype=bool), ~right, unit)
    certified: list[float] = []
    for start in STARTS:
        for threshold in THRESHOLDS[start:]:
            answered = sureness >= threshold
            wrong = answered & ~right
            pairs = answered.sum() / max(overall, _design_effect(answered, wrong, unit))
            errors = pairs * wrong.sum() / max(1, answered.sum())
            # P(Binomial(pairs, max_error) <= errors), for pairs and errors that need not be whole.
            if not pairs > errors or betainc(pairs - errors, errors + 1, 1 - max_error) > allowed:
                break
            certified.append(threshold)
    return min(certified, default=None)


def _design_effect(answered: np.ndarray, wrong: np.ndarray, unit: np.ndarray) -> float:
    """How many times the variance of the error is that of independent pairs, at least 1.

    The variance between articles is that of a ratio of sums, by linearisation.
    """
    total = int(answered.sum())
    share = wrong.sum() / max(1, total)
    if not 0 < share < 1:
        return 1.0
    sums = np.bincount(unit, weights=wrong - share * answered)
    articles = len(sums)
    if articles < 2 or articles == len(unit):
        return 1.0
    variance = articles / (articles - 1) * float(sums @ sums) / total**2
    return max(1.0, variance * total / (share * (1 - share)))


def _sets(misfit: np.ndarray, unit: np.ndarray) -> dict[str, float]:
    return {f"{c:g}": round(max(0.0, 1 - set_quantile(misfit, unit, c)), 6) for c in COVERAGES}
