"""Is one system better than another? Paired over the same articles, corrected for the number of questions asked."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from stance.bootstrap import Resampling
from stance.evaluation.answers import Answers
from stance.evaluation.metrics import macro_f1
from stance.evaluation.pairs import Pairs
from stance.evaluation.scores import Resampled, interval

POWER = 0.8
"""With which the minimal detectable difference would be found."""


def compare_systems(
    gold: Pairs,
    answers: Mapping[str, Answers],
    resampled: Mapping[str, Resampled],
    submitted: Sequence[str],
    resampling: Resampling,
) -> list[dict[str, Any]]:
    """One row for each pair of `submitted` systems, and for the first of them against every other system.

    A row is {first, second, difference (macro-F1 of the first less the second, a paired interval), p_bootstrap,
    p_mcnemar, only_first_right, only_second_right, p_mcnemar_articles, p_holm, p_mcnemar_holm, intervals_overlap,
    detectable}. Holm's correction (1979) is over all rows.
    """
    others = [name for name in answers if name not in submitted]
    asked = [*combinations(submitted, 2), *((submitted[0], other) for other in others)]
    spread = {name: macro_f1(r.resamples) for name, r in resampled.items()}
    point = {name: float(macro_f1(r.confusion)) for name, r in resampled.items()}
    rows: list[dict[str, Any]] = []
    for first, second in asked:
        delta = spread[first] - spread[second]
        own = [interval(point[n], spread[n], resampling.confidence) for n in (first, second)]
        rows.append(
            {
                "first": first,
                "second": second,
                "difference": interval(point[first] - point[second], delta, resampling.confidence),
                "p_bootstrap": bootstrap_p(delta),
                **_mcnemar(gold, answers[first], answers[second]),
                "intervals_overlap": max(o["low"] for o in own) <= min(o["high"] for o in own),
                "detectable": detectable_difference(delta, resampling.confidence),
            }
        )
    for name in ("bootstrap", "mcnemar"):
        found = [float(row[f"p_{name}"]) for row in rows]
        for row, adjusted in zip(rows, holm(found), strict=True):
            row["p_holm" if name == "bootstrap" else "p_mcnemar_holm"] = adjusted
    return rows


def bootstrap_p(delta: np.ndarray) -> float:
    """Two-sided p-value that a difference with the resamples `delta` is 0 (Davison and Hinkley 1997, section 4.2)."""
    below, above = (delta <= 0).sum(), (delta >= 0).sum()
    return float(min(1.0, 2 * (1 + min(below, above)) / (1 + len(delta))))


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Two-sided exact p-value that both systems are right equally often (McNemar 1947); pairs as independent."""
    from scipy.special import bdtr

    total = only_first + only_second
    return min(1.0, 2 * float(bdtr(min(only_first, only_second), total, 0.5)))


def mcnemar_of_articles(surplus: np.ndarray) -> float:
    """The same with groups of articles as what is independent (Yang, Sun and Hardin 2010).

    `surplus` is, for each group, how many pairs only the first system has right less those only the second has.
    """
    from scipy.special import chdtrc

    squares = float(surplus @ surplus)
    return float(chdtrc(1, surplus.sum() ** 2 / squares)) if squares else 1.0


def holm(p_values: list[float]) -> list[float]:
    """Adjusted p-values (Holm 1979): below a level, they reject with that level's family-wise error."""
    order = np.argsort(p_values, kind="stable")
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.maximum.accumulate(np.asarray(p_values)[order] * (len(p_values) - np.arange(len(p_values))))
    return np.minimum(adjusted, 1).tolist()


def detectable_difference(delta: np.ndarray, confidence: float) -> float:
    """The smallest true difference that a test of size 1 - confidence finds with POWER, by normal approximation."""
    from scipy.special import ndtri

    return float((ndtri((1 + confidence) / 2) + ndtri(POWER)) * delta.std(ddof=1))


def _mcnemar(gold: Pairs, first: Answers, second: Answers) -> dict[str, Any]:
    one, two = first.label == gold.label, second.label == gold.label
    only_first, only_second = one & ~two, two & ~one
    surplus = np.bincount(gold.unit, weights=only_first.astype(float) - only_second, minlength=gold.num_groups)
    counts = int(only_first.sum()), int(only_second.sum())
    return {
        "only_first_right": counts[0],
        "only_second_right": counts[1],
        "p_mcnemar": mcnemar_exact(*counts),
        "p_mcnemar_articles": mcnemar_of_articles(surplus),
    }
