"""Do probabilities mean what they say? Proper scores, expected calibration error with its bias, reliability bins."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from stance.bootstrap import Resampling, percentile_interval, resampled_confusions, sums_by_group
from stance.evaluation.answers import Answers
from stance.evaluation.pairs import Pairs
from stance.evaluation.scores import interval
from stance.model.calibration import fit_calibration

BINS = 15
"""Of equal width, as in Guo et al. 2017."""
FLOOR = 1e-6
"""Files hold six decimals: a smaller probability counts as this in logarithms."""
FOLDS = 5
MAX_FITTED = 50_000
"""Scaling has at most a few numbers; so many pairs settle them."""


def describe_probabilities(gold: Pairs, answers: Answers, resampling: Resampling) -> dict[str, Any] | None:
    """Scores of the probabilities, or None for a system without.

    - `nll`, `brier` (sum over labels of squared differences, 0 to 2), `ece`: intervals over groups of articles
    - `ece_by_chance`: the ECE that a perfectly calibrated system would show on as many pairs with these probabilities,
      that is the bias of `ece` there; pairs taken as independent
    - `bins`: {low, high, pairs, sureness, accuracy, accuracy_low, accuracy_high} of those that hold pairs
    - `rescaled`: method -> {nll, brier, ece} after scaling fitted on other articles (five folds), and its temperature
    - `soft`: {cross_entropy, total_variation, jensen_shannon} to soft gold, intervals; None for hard gold
    """
    if answers.probabilities is None or answers.sureness is None:
        return None
    probabilities = answers.probabilities
    parts = _bin_sums(answers.sureness, answers.label == gold.label, gold.unit, gold.num_groups)
    resampled = resampled_confusions(parts, resampling)
    each = {"nll": nll(probabilities, gold.label), "brier": brier(probabilities, gold.label)}
    found: dict[str, Any] = _means(gold, each, resampling)
    whole = parts.sum(axis=0)
    found["ece"] = interval(float(ece_from_sums(whole)), ece_from_sums(resampled), resampling.confidence)
    found["ece_by_chance"] = ece_by_chance(answers.sureness)
    found["bins"] = _bins(whole, resampled, resampling.confidence)
    found["rescaled"] = rescaled(gold, probabilities)
    found["soft"] = _soft(gold, probabilities, resampling) if gold.is_soft else None
    return found


def nll(probabilities: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Negative log-likelihood of each pair's gold label in nats, shape (pairs,)."""
    return -np.log(np.maximum(probabilities[np.arange(len(label)), label], FLOOR))


def brier(probabilities: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Brier's score (1950) of each pair, summed over labels, shape (pairs,)."""
    of_gold = probabilities[np.arange(len(label)), label]
    return (probabilities**2).sum(axis=1) - 2 * of_gold + 1


def cross_entropy(probabilities: np.ndarray, soft: np.ndarray) -> np.ndarray:
    """Of the gold distribution and the predicted one in nats, shape (pairs,)."""
    return -(soft * np.log(np.maximum(probabilities, FLOOR))).sum(axis=1)


def total_variation(probabilities: np.ndarray, soft: np.ndarray) -> np.ndarray:
    """Half the sum of absolute differences, shape (pairs,): 0 for equal distributions, 1 for disjoint ones."""
    return np.abs(probabilities - soft).sum(axis=1) / 2


def jensen_shannon(probabilities: np.ndarray, soft: np.ndarray) -> np.ndarray:
    """Square root of the divergence in bits, shape (pairs,), between 0 and 1 (Endres and Schindelin 2003)."""
    middle = (probabilities + soft) / 2
    parts = [
        np.where(p > 0, p * np.log2(np.divide(p, middle, where=p > 0, out=np.ones_like(p))), 0).sum(axis=1)
        for p in (probabilities, soft)
    ]
    return np.sqrt(np.maximum(sum(parts) / 2, 0))


def expected_calibration_error(sureness: np.ndarray, right: np.ndarray) -> float:
    """Mean distance of accuracy from sureness over BINS of equal width (Guo et al. 2017, equation 3)."""
    return float(ece_from_sums(_bin_sums(sureness, right, np.zeros(len(right), dtype=np.int64), 1)[0]))


def ece_by_chance(sureness: np.ndarray) -> float:
    """Mean ECE of a perfectly calibrated system: each bin's deviation as a centred normal variable."""
    place = _place(sureness)
    spread = np.bincount(place, weights=sureness * (1 - sureness), minlength=BINS)
    return float(np.sqrt(2 / np.pi) * np.sqrt(spread).sum() / len(sureness))


def ece_from_sums(sums: np.ndarray) -> np.ndarray:
    """ECE of shape (...) from sums of shape (..., 3 * BINS): pairs, sureness and hits of each bin."""
    pairs, sureness, hits = np.split(sums, 3, axis=-1)
    return np.abs(hits - sureness).sum(axis=-1) / np.maximum(pairs.sum(axis=-1), 1)


def rescaled(gold: Pairs, probabilities: np.ndarray) -> dict[str, dict[str, float]]:
    """What scaling would make of the probabilities, each group of articles scaled by what was fitted on others."""
    if gold.num_groups < FOLDS:
        return {}
    logits = np.log(np.maximum(probabilities, FLOOR))
    fold = gold.unit % FOLDS
    found = {}
    for method in ("temperature", "vector"):
        scaled = np.empty_like(logits)
        temperatures = []
        for number in range(FOLDS):
            here = fold == number
            if not here.any() or here.all():
                return {}
            others = np.flatnonzero(~here)
            others = others[:: max(1, len(others) // MAX_FITTED)]
            fitted = fit_calibration(logits[others], gold.label[others], method)
            scaled[here] = fitted.apply(logits[here])
            temperatures.append(fitted.temperature)
        shares = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        label = shares.argmax(axis=1)
        found[method] = {
            "temperature": float(np.mean(temperatures)),
            "nll": float(nll(shares, gold.label).mean()),
            "brier": float(brier(shares, gold.label).mean()),
            "ece": expected_calibration_error(shares.max(axis=1), label == gold.label),
        }
    return found


def _soft(gold: Pairs, probabilities: np.ndarray, resampling: Resampling) -> dict[str, Any]:
    measures = {"cross_entropy": cross_entropy, "total_variation": total_variation, "jensen_shannon": jensen_shannon}
    return _means(gold, {name: measure(probabilities, gold.soft) for name, measure in measures.items()}, resampling)


def _means(gold: Pairs, values: Mapping[str, np.ndarray], resampling: Resampling) -> dict[str, Any]:
    columns = np.stack([*values.values(), np.ones(len(gold))], axis=1)
    resampled = resampled_confusions(sums_by_group(columns, gold.unit, gold.num_groups), resampling)
    means = resampled[:, :-1] / resampled[:, -1:]
    return {
        name: interval(float(each.mean()), means[:, i], resampling.confidence)
        for i, (name, each) in enumerate(values.items())
    }


def _place(sureness: np.ndarray) -> np.ndarray:
    """Bin numbers; a bin holds its upper end."""
    return np.clip(np.ceil(sureness * BINS).astype(int) - 1, 0, BINS - 1)


def _bin_sums(sureness: np.ndarray, right: np.ndarray, unit: np.ndarray, num_groups: int) -> np.ndarray:
    """Shape (groups, 3 * BINS): what `ece_from_sums` adds up."""
    cell, size = unit * BINS + _place(sureness), num_groups * BINS
    columns = [np.bincount(cell, weights=w, minlength=size) for w in (None, sureness, right)]
    return np.concatenate([column.reshape(num_groups, BINS).astype(np.float64) for column in columns], axis=1)


def _bins(whole: np.ndarray, resampled: np.ndarray, confidence: float) -> list[dict[str, float]]:
    rows = []
    for i in range(BINS):
        pairs, sureness, hits = whole[i], whole[BINS + i], whole[2 * BINS + i]
        if not pairs:
            continue
        drawn = resampled[:, i] > 0
        low, high = percentile_interval(resampled[drawn, 2 * BINS + i] / resampled[drawn, i], confidence)
        rows.append(
            {
                "low": i / BINS,
                "high": (i + 1) / BINS,
                "pairs": int(pairs),
                "sureness": float(sureness / pairs),
                "accuracy": float(hits / pairs),
                "accuracy_low": low,
                "accuracy_high": high,
            }
        )
    return rows
