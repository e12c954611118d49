"""Dropout whose random numbers cost little on a CPU: torch draws one float an element there, one by one."""

import torch
from torch import nn

STEPS = 1 << 16
"""Rates are rounded to 1/65,536."""
LANES = 4
"""16-bit numbers in one 64-bit draw."""


class CheapDropout(nn.Dropout):
    """Like `nn.Dropout`, with four decisions from every random number; the kept values are scaled by the exact rate."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - the name that nn.Dropout gives it
        """`input` in evaluation mode; in training each value is 0 with probability p, and else scaled up."""
        if not self.training or self.p == 0:
            return input
        dropped = round(self.p * STEPS)
        count = input.numel()
        draws = torch.empty(-(-count // LANES), dtype=torch.int64).random_(-(1 << 63), None)
        kept = draws.view(torch.int16)[:count].view(input.shape) >= dropped - STEPS // 2
        return input * kept.to(input.dtype).mul_(STEPS / (STEPS - dropped))


def use_cheap_dropout(model: nn.Module) -> int:
    """Replace the dropout layers of a model on the CPU, in place; returns how many. Functional ones stay."""
    found = [
        (parent, name, child)
        for parent in model.modules()
        for name, child in parent.named_children()
        if type(child) is nn.Dropout
    ]
    for parent, name, child in found:
        setattr(parent, name, CheapDropout(child.p).train(child.training))
    return len(found)
