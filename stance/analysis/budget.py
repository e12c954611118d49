"""How many more gold labels an interval of a wished width needs.

A variance has two parts: what labelling everything would take away, which falls as 1/n - 1/N when n of N rows have
labels (Cochran 1977, Sampling Techniques, eq. 2.8, applied to the classifier's errors), and the rest, chance in which
articles were written at all, which no labelling changes.
"""

import math
from dataclasses import dataclass

from stance.analysis.rectified import Fitted, quantile


@dataclass(frozen=True)
class Need:
    """What a wished half-width takes."""

    half_width: float
    """Wished for."""
    labels: int | None
    """Further gold labels; None where all of them would not do."""
    best_half_width: float
    """With everything labelled."""


def labels_needed(
    fitted: Fitted, rows: int, half_width: float | None = None, confidence: float = 0.95, parameter: int = 0
) -> Need:
    """Further labels, drawn as the present ones were, out of `rows` rows; by default to halve the interval.

    The normal quantile is used, and errors as frequent as on the present labels are expected.
    """
    z = quantile(confidence, math.inf)
    variance = float(fitted.errors[parameter]) ** 2
    by_labels = min(float(fitted.labelling[parameter]), variance)
    rest = variance - by_labels
    wished = half_width if half_width is not None else z * math.sqrt(variance) / 2
    best = z * math.sqrt(rest)
    allowed = (wished / z) ** 2 - rest
    if fitted.gold >= rows or allowed < 0:
        return Need(wished, 0 if wished >= z * math.sqrt(variance) else None, best)
    # by_labels = c (1/n - 1/N), allowed = c (1/m - 1/N)
    scale = by_labels / (1 / fitted.gold - 1 / rows)
    total = 1 / (allowed / scale + 1 / rows) if scale > 0 else fitted.gold
    return Need(wished, max(0, math.ceil(total) - fitted.gold), best)
