"""A running mean of the weights: less noisy than the weights of any one step."""

from collections.abc import Generator
from contextlib import contextmanager

import torch
from torch import nn

WARM_UP_STEPS = 10
Weights = dict[str, torch.Tensor]
"""Trainable parameters by name; what is frozen is never copied."""


def trainable(model: nn.Module) -> Weights:
    """The parameters that training changes, as they are: not copies."""
    return {name: parameter.detach() for name, parameter in model.named_parameters() if parameter.requires_grad}


def copied(weights: Weights) -> Weights:
    """The same values in memory of their own."""
    return {name: value.clone() for name, value in weights.items()}


def update_average(average: Weights, model: nn.Module, decay: float, step: int) -> None:
    """Move `average` in place towards the model after its step number `step` (from 0) of the phase.

    Early steps weigh more, (1 + step) / (10 + step) being the most that is kept, or the first weights would stay.
    """
    current = trainable(model)
    kept = min(decay, (1 + step) / (WARM_UP_STEPS + step))
    torch._foreach_lerp_([average[name] for name in current], list(current.values()), 1 - kept)


@contextmanager
def holding(model: nn.Module, weights: Weights) -> Generator[None]:
    """The model has `weights` inside the block and its own again after it; an empty mapping changes nothing."""
    own = copied(trainable(model)) if weights else {}
    put(model, weights)
    try:
        yield
    finally:
        put(model, own)


def put(model: nn.Module, weights: Weights) -> None:
    """Copy `weights` into the model's parameters of the same names."""
    parameters = trainable(model)
    for name, value in weights.items():
        parameters[name].copy_(value)
