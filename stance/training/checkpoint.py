"""The state of a run in one safetensors file: tensors, and a JSON header for everything else."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from stance.config import DataError
from stance.training.averaging import Weights, put, trainable

State = dict[str, Any]
"""JSON-able values: step, best score, history."""


def save_state(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, kept: Mapping[str, Weights], state: State
) -> None:
    """Write everything that the next step depends on; the file appears whole or the old one stays.

    Frozen parameters are left out, the pretrained encoder has them. `kept` holds more sets of weights by name: the
    best so far, the running mean.
    """
    tensors = {f"model.{name}": value for name, value in trainable(model).items()}
    for group, weights in kept.items():
        tensors |= {f"{group}.{name}": value for name, value in weights.items()}
    for index, values in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in values.items()}
    tensors["random.cpu"] = torch.get_rng_state()
    if torch.cuda.is_available():
        tensors["random.cuda"] = torch.cuda.get_rng_state()
    partial = path.with_suffix(".partial")
    try:
        # Clones, because safetensors refuses tensors that share memory (tied weights).
        save_file(
            {k: v.detach().clone().contiguous() for k, v in tensors.items()}, partial, {"state": json.dumps(state)}
        )
        partial.replace(path)
    except SafetensorError as error:
        raise OSError(f"{path}: the training state could not be written ({error}); the previous one is kept") from None
    finally:
        partial.unlink(missing_ok=True)


def load_state(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, groups: tuple[str, ...]
) -> tuple[State, dict[str, Weights]]:
    """Restore model, optimizer and random generators in place; returns the JSON state and the kept weights by group."""
    try:
        with safe_open(path, framework="pt") as file:
            state = json.loads(file.metadata()["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise DataError(
            f"{path}: damaged training state ({error}); delete {path.parent} to train from the start"
        ) from None
    put(model, _below("model.", tensors))
    restored = optimizer.state_dict()
    restored["state"] = {}
    for name, value in _below("optimizer.", tensors).items():
        index, _, field = name.partition(".")
        restored["state"].setdefault(int(index), {})[field] = value
    optimizer.load_state_dict(restored)
    torch.set_rng_state(tensors["random.cpu"])
    if torch.cuda.is_available() and "random.cuda" in tensors:
        torch.cuda.set_rng_state(tensors["random.cuda"])
    device = next(model.parameters()).device
    kept = {group: {n: v.to(device) for n, v in _below(f"{group}.", tensors).items()} for group in groups}
    return state, kept


def _below(prefix: str, tensors: dict[str, torch.Tensor]) -> Weights:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
