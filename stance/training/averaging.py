"""A running mean of the weights: less noisy than the weights of any one step."""

from collections.abc import Generator
from contextlib import contextmanager

import torch
from torch import nn
from transformers import PreTrainedModel

WARM_UP_STEPS = 10
Weights = dict[str, torch.Tensor]
"""Trainable parameters by name; what is frozen is never copied."""


def trainable(model: nn.Module) -> Weights:
    """The parameters that training changes, as they are: not copies."""
    return {name: parameter.detach() for name, parameter in model.named_parameters() if parameter.requires_grad}


def of_encoder(model: PreTrainedModel) -> Weights:
    """Copies of the trainable parameters that came pretrained: all but the head's."""
    encoder = {id(parameter) for parameter in model.base_model.parameters()}
    return {n: p.detach().clone() for n, p in model.named_parameters() if p.requires_grad and id(p) in encoder}


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


def draw_back(weights: Weights, pretrained: Weights, share: float) -> Weights:
    """`weights` moved by `share` of the way to `pretrained`; those without a pretrained value stay.

    A fine-tuned encoder half-forgets what it knew about other texts; a straight line back to it regains some of that at
    no cost in time (WiSE-FT: Wortsman et al. 2022, "Robust fine-tuning of zero-shot models", equation 2).
    """
    return {n: torch.lerp(w, pretrained[n], share) if n in pretrained else w for n, w in weights.items()}
