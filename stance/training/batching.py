"""Which examples each step trains on: a function of lengths, budget and seed, so that a resumed run needs no state."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stance.model.inputs import batches_by_length

WINDOW_BATCHES = 16
"""Sentences are sorted by length within windows of about this many batches: little padding, still well mixed."""


@dataclass(frozen=True)
class Step:
    """One change of the weights: which examples, at which share of the peak learning rate."""

    epoch: int
    """Counts from 0 over all phases."""
    main: bool
    """Whether this is the main phase, whose epochs compete to be kept; earlier phases only prepare."""
    indices: list[int]
    rate: float
    """In (0, 1]."""


def schedule(phases: Sequence[Sequence[Sequence[list[int]]]], warmup_fraction: float, warmup_steps: int) -> list[Step]:
    """The phases (each epochs x steps x indices) one after the other, each with its own warm-up and linear decay.

    The rate rises over a fraction of a phase, and over at least `warmup_steps` or, in a short one, half of it.
    """
    planned: list[Step] = []
    epoch = 0
    for number, phase in enumerate(phases):
        total = sum(len(steps) for steps in phase)
        warmup = max(1, round(warmup_fraction * total), min(warmup_steps, total // 2))
        done = 0
        for steps in phase:
            for indices in steps:
                rate = (done + 1) / warmup if done < warmup else (total - done) / max(1, total - warmup)
                planned.append(Step(epoch, number == len(phases) - 1, indices, rate))
                done += 1
            epoch += 1
    return planned


def plan_phases(
    lengths: Sequence[int], sizes: Sequence[int], epochs: Sequence[int], batch_tokens: int, seed: int
) -> list[list[list[list[int]]]]:
    """For each phase its epochs x steps x indices: phase number n has the next `sizes[n]` examples."""
    plans: list[list[list[list[int]]]] = []
    start = 0
    for number, (size, passes) in enumerate(zip(sizes, epochs, strict=True)):
        plan = plan_steps(lengths[start : start + size], batch_tokens, passes, seed + number)
        plans.append([[[start + i for i in indices] for indices in steps] for steps in plan])
        start += size
    return plans


def plan_steps(lengths: Sequence[int], batch_tokens: int, epochs: int, seed: int) -> list[list[list[int]]]:
    """For each epoch its steps, for each step the indices of its examples; every index occurs once an epoch."""
    return [_plan_epoch(lengths, batch_tokens, np.random.default_rng([seed, epoch])) for epoch in range(epochs)]


def in_one(plan: Sequence[list[list[int]]], passes: int) -> list[list[list[int]]]:
    """The plan with every `passes` epochs as one: the same steps in the same order."""
    return [[step for steps in plan[i : i + passes] for step in steps] for i in range(0, len(plan), passes)]


def _plan_epoch(lengths: Sequence[int], batch_tokens: int, random: np.random.Generator) -> list[list[int]]:
    order = random.permutation(len(lengths))
    window = max(1, WINDOW_BATCHES * batch_tokens // max(1, round(float(np.mean(lengths)))))
    steps: list[list[int]] = []
    for start in range(0, len(order), window):
        indices = order[start : start + window].tolist()
        batches = batches_by_length([lengths[i] for i in indices], batch_tokens)
        steps += [[indices[i] for i in batch] for batch in batches]
    return [steps[i] for i in random.permutation(len(steps))]
