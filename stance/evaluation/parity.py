"""How far a backend is from the fp32 reference, and whether that is near enough."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from stance.bootstrap import Resampling, group_confusions, percentile_interval, resampled_confusions
from stance.evaluation.metrics import macro_f1
from stance.model.backends import Scorer, softmax
from stance.model.inputs import Contexts

SAMPLED_ALONE = 64
"""So many pairs are scored alone too, to see whether batch neighbours change a score."""


@dataclass(frozen=True)
class Tolerance:
    """What a backend may differ by."""

    label_flips: float = 0.01
    """Share of pairs with another label."""
    macro_f1_loss: float = 0.005
    """Macro-F1 of the reference less that of the backend, both against gold."""
    batch_difference: float = 1e-5
    """Probability of a pair alone against the same pair in a batch."""


@dataclass(frozen=True)
class Parity:
    """Differences from the reference over some gold pairs; the interval is a 95% bootstrap over articles."""

    pairs: int
    label_flips: int
    max_logit_difference: float
    max_probability_difference: float
    mean_probability_difference: float
    max_batch_difference: float
    macro_f1_loss: float
    macro_f1_loss_low: float
    macro_f1_loss_high: float

    def problems(self, tolerance: Tolerance, *, batch_dependence_allowed: bool = False) -> list[str]:
        """One line for each tolerance that is exceeded; nothing when the backend is right."""
        found = []
        if not self.label_flips <= tolerance.label_flips * self.pairs:
            found.append(f"{self.label_flips} of {self.pairs} labels differ, at most {tolerance.label_flips:.1%} may")
        if not self.macro_f1_loss <= tolerance.macro_f1_loss:
            found.append(f"macro-F1 falls by {self.macro_f1_loss:.4f}, at most by {tolerance.macro_f1_loss:g} it may")
        if not batch_dependence_allowed and not self.max_batch_difference <= tolerance.batch_difference:
            found.append(f"batch neighbours move a probability by {self.max_batch_difference:.2g}")
        return found

    def as_json(self) -> dict[str, Any]:
        """Plain data; a figure that is not finite becomes null."""
        return {k: v if isinstance(v, int) or np.isfinite(v) else None for k, v in asdict(self).items()}


def measure_parity(
    scorer: Scorer,
    texts: Sequence[str],
    targets: Sequence[str],
    contexts: Contexts | None,
    gold: Sequence[int],
    groups: Sequence[str],
    expected: np.ndarray,
) -> Parity:
    """Compare `scorer` with the reference's logits `expected`, shape (pairs, labels), on gold pairs."""
    found = scorer.logits(texts, targets, contexts)
    sample = range(0, len(texts), max(1, len(texts) // SAMPLED_ALONE))
    alone = np.concatenate([scorer.logits([texts[i]], [targets[i]], contexts and [contexts[i]]) for i in sample])
    probabilities, reference = softmax(found), softmax(expected)
    drift = np.abs(probabilities - reference)
    loss, low, high = _macro_f1_loss(gold, groups, expected.argmax(axis=1), found.argmax(axis=1), scorer.num_labels)
    return Parity(
        pairs=len(texts),
        label_flips=int((found.argmax(axis=1) != expected.argmax(axis=1)).sum()),
        max_logit_difference=float(np.abs(found - expected).max()),
        max_probability_difference=float(drift.max()),
        mean_probability_difference=float(drift.mean()),
        max_batch_difference=float(np.abs(softmax(alone) - probabilities[list(sample)]).max()),
        macro_f1_loss=loss,
        macro_f1_loss_low=low,
        macro_f1_loss_high=high,
    )


def _macro_f1_loss(
    gold: Sequence[int], groups: Sequence[str], reference: np.ndarray, found: np.ndarray, num_labels: int
) -> tuple[float, float, float]:
    stack = np.stack([group_confusions(gold, list(a), groups, num_labels) for a in (reference, found)], axis=1)
    resampling = Resampling()
    resampled = resampled_confusions(stack, resampling)
    spread = macro_f1(resampled[:, 0]) - macro_f1(resampled[:, 1])
    point = macro_f1(stack.sum(axis=0))
    return float(point[0] - point[1]), *percentile_interval(spread, resampling.confidence)
