"""The training objective, and how targets and weights are prepared for it."""

import torch
from torch.nn import functional


def weighted_soft_cross_entropy(logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Sum over examples of the weighted cross-entropy with a target distribution; a scalar.

    `logits` and `targets` have shape (batch, labels), `weights` (batch,). Divided by the sum of the weights of a whole
    step, the sums of its micro-batches add up to the weighted mean, however the step is cut.
    """
    terms = -(targets * functional.log_softmax(logits.float(), dim=-1)).sum(dim=-1)
    return (weights * terms).sum()


def smooth(targets: torch.Tensor, share: float) -> torch.Tensor:
    """`targets` with `share` of every row spread evenly over the labels; shape (examples, labels)."""
    return targets * (1 - share) + share / targets.shape[1]


def balanced(weights: torch.Tensor, targets: torch.Tensor, power: float) -> torch.Tensor:
    """`weights` times the inverse share of the labels to a power, with the same sum; labels may be soft."""
    totals = (weights[:, None] * targets).sum(dim=0)
    factors = torch.where(totals > 0, totals.sum() / totals.clamp_min(1e-12), 0.0) ** power
    changed = weights * (targets @ factors)
    return changed * (weights.sum() / changed.sum())
