"""How long a run will take and how much memory it needs, tried on its own steps before it starts."""

import dataclasses
import time
from collections.abc import Sequence

import torch
from transformers import PreTrainedModel

from stance.model.device import peak_memory_bytes
from stance.training.averaging import trainable
from stance.training.batching import Step
from stance.training.gradients import Backward
from stance.training.progress import Plan
from stance.training.team import Team, share_of

OPTIMIZER_BYTES = 8
"""Two moments in fp32 for every trained parameter."""


def make_plan(model: PreTrainedModel, steps: Sequence[Step], backward: Backward, examples: Sequence[int]) -> Plan:
    """Try the longest step, then time a middling one; no weight changes, and no random number is used up."""
    tokens = [backward.data.num_tokens(step.indices) for step in steps]
    by_length = sorted(range(len(steps)), key=tokens.__getitem__)
    generators = torch.get_rng_state(), torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    alone = dataclasses.replace(backward, team=Team())
    model.train()
    seconds = 0.0
    middle = by_length[len(by_length) // 2]
    for number in (by_length[-1], middle):
        started = time.perf_counter()
        alone(model, share_of(steps[number].indices, backward.team) or steps[number].indices[:1])
        seconds = time.perf_counter() - started
        model.zero_grad(set_to_none=True)
    torch.set_rng_state(generators[0])
    if generators[1]:
        torch.cuda.set_rng_state_all(generators[1])
    changed = sum(value.numel() for value in trainable(model).values())
    return Plan(
        examples=examples,
        steps=len(steps),
        tokens=sum(tokens),
        seconds=seconds * sum(tokens) / tokens[middle],
        memory_bytes=peak_memory_bytes() + OPTIMIZER_BYTES * changed,
        trainable=changed,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
    )
