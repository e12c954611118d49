"""AdamW with decay on matrices only, layer-wise learning rates, and a linear schedule with warm-up."""

from typing import TYPE_CHECKING

from pydantic import Field

from stance.config import Config
from stance.model.network import LAYER

if TYPE_CHECKING:
    import torch
    from torch import nn


class OptimizerConfig(Config):
    """AdamW (Loshchilov and Hutter 2019) with linear warm-up and decay."""

    learning_rate: float = 3e-4
    """Peak rate of the head and, without layer decay, of every layer."""
    layer_decay: float = 1.0
    """Factor on the rate from each layer to the one below it; 1 is the same rate everywhere."""
    weight_decay: float = 0.01
    """On matrices; biases and normalisation are left alone."""
    warmup_fraction: float = 0.1
    """Share of a phase's steps in which the rate rises from 0."""
    warmup_steps: int = Field(40, ge=0)
    """And at least so many, or half of a short phase: with 13 some seeds never left the loss of guessing."""
    max_gradient_norm: float = 1.0
    """Gradients are scaled down to this norm."""


def make_optimizer(model: "nn.Module", config: OptimizerConfig) -> "torch.optim.AdamW":
    """AdamW over the parameters that require gradients; each group keeps its peak rate as `peak`."""
    import torch

    depths = [int(match[1]) for name, _ in model.named_parameters() if (match := LAYER.search(name))]
    top = max(depths, default=-1) + 1
    groups: dict[tuple[int, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((_height_below_head(name, top), parameter.ndim > 1), []).append(parameter)
    return torch.optim.AdamW(
        [
            {
                "params": parameters,
                "peak": config.learning_rate * config.layer_decay**height,
                "weight_decay": config.weight_decay if decays else 0.0,
            }
            for (height, decays), parameters in groups.items()
        ],
        lr=config.learning_rate,
        fused=True,
    )


def set_learning_rate(optimizer: "torch.optim.Optimizer", share: float) -> None:
    """Set every group's rate to `share` of its peak."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * share


def _height_below_head(name: str, top: int) -> int:
    """How many layers lie between the parameter and the head: 0 for the head, `top` + 1 for the embeddings."""
    if match := LAYER.search(name):
        return top - int(match[1])
    return top + 1 if "embeddings" in name else 0
