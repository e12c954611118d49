"""The training objective."""

import torch
from torch.nn import functional


def weighted_soft_cross_entropy(logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Weighted mean over examples of the cross-entropy with a target distribution; a scalar.

    `logits` and `targets` have shape (batch, labels), `weights` (batch,). The sum of the weighted terms is divided by
    the sum of the weights, so that an example of weight 0.3 counts 0.3 times.
    """
    terms = -(targets * functional.log_softmax(logits.float(), dim=-1)).sum(dim=-1)
    return (weights * terms).sum() / weights.sum()
