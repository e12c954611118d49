"""The gradients of one step: whole, in micro-batches, or spread over processes, with the same result."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import nn

from stance.model.device import Compute
from stance.model.forward import tensors
from stance.model.inputs import Encoding, PairEncoder, batches_by_length
from stance.training.loss import weighted_soft_cross_entropy
from stance.training.team import Team, share_of


@dataclass(frozen=True)
class TrainingData:
    """Tokenised examples with their gold distributions, shape (examples, labels), and weights, shape (examples,)."""

    encodings: Sequence[Encoding]
    targets: torch.Tensor
    weights: torch.Tensor

    def num_tokens(self, indices: Sequence[int]) -> int:
        """Tokens of these examples, padding not counted."""
        return sum(len(self.encodings[i]["input_ids"]) for i in indices)


@dataclass(frozen=True)
class Backward:
    """Adds the gradients of a step to the parameters."""

    data: TrainingData
    inputs: PairEncoder
    micro_batch_tokens: int | None
    compute: Compute
    team: Team

    def __call__(self, wrapped: nn.Module, indices: Sequence[int]) -> float:
        """Leave in `.grad` the gradient of the weighted mean loss over all `indices`, and return that loss.

        Each process takes its share and cuts it into micro-batches; sums are divided by the weight of the whole step,
        so neither the cut nor the number of processes changes the result beyond rounding.
        """
        total_weight = self.data.weights[list(indices)].sum().clamp_min(1e-12).item()
        mine = share_of(indices, self.team)
        # A process without a share still has to take part in the sum over the team: with weight 0.
        filler = not mine
        batches = self._micro_batches(mine or indices[:1])
        loss_sum = torch.zeros((), device=self.compute.device)
        for number, batch in enumerate(batches):
            last = number + 1 == len(batches)
            with nullcontext() if last else self.team.quiet(wrapped):
                loss = self._loss(wrapped, batch) * (0.0 if filler else 1 / total_weight)
                (loss * self.team.size).backward()  # the wrapper takes the mean over the team
            loss_sum += loss.detach()
        return self.team.total(loss_sum).item()

    def _micro_batches(self, indices: Sequence[int]) -> list[list[int]]:
        if self.micro_batch_tokens is None:
            return [list(indices)]
        lengths = [len(self.data.encodings[i]["input_ids"]) for i in indices]
        return [[indices[i] for i in batch] for batch in batches_by_length(lengths, self.micro_batch_tokens)]

    def _loss(self, wrapped: nn.Module, indices: Sequence[int]) -> torch.Tensor:
        batch = tensors(self.inputs, [self.data.encodings[i] for i in indices], self.compute)
        targets = self.data.targets[indices].to(self.compute.device)
        weights = self.data.weights[indices].to(self.compute.device)
        with self.compute.autocast():
            logits = wrapped(**batch).logits
        return weighted_soft_cross_entropy(logits, targets, weights)
