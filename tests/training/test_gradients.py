from pathlib import Path

import pytest
import torch

from stance.model.device import Compute
from stance.model.inputs import PairEncoder
from stance.model.network import new_classifier
from stance.training.gradients import Backward, TrainingData
from stance.training.team import Team
from tests.conftest import PLACES, SENTENCES

TOLERANCE = 1e-6
"""Of the gradient as a whole, relative; the loss itself is summed in fp32."""


@pytest.fixture(scope="module")
def parts(encoder: Path) -> tuple[torch.nn.Module, TrainingData, PairEncoder]:
    """A model without dropout, and 16 pairs of several lengths with soft labels and uneven weights."""
    from tests.conftest import SCHEME

    torch.manual_seed(0)
    model, tokenizer = new_classifier(str(encoder), SCHEME, dropout=0.0)
    model.double()  # in fp32 the order of sums alone can move a random encoder's gradient by more than the tolerance
    inputs = PairEncoder.of(tokenizer, 48)
    texts = [(text.format(PLACES[i]) + " ") * (1 + i % 3) for i in range(4) for text in SENTENCES.values()]
    encodings = inputs.encode(texts, [f"foreign intervention in {place}" for place in PLACES + PLACES[:4]])
    random = torch.Generator().manual_seed(1)
    targets = torch.rand(16, 4, generator=random).softmax(dim=1)
    weights = torch.rand(16, generator=random) + torch.tensor([0.01, 3.0]).repeat(8)
    return model, TrainingData(encodings, targets, weights), inputs


def gradient(parts: tuple[torch.nn.Module, TrainingData, PairEncoder], tokens: int | None, team: Team) -> torch.Tensor:
    model, data, inputs = parts
    model.zero_grad()
    backward = Backward(data, inputs, tokens, Compute("cpu", 1, "fp32"), team)
    backward(model, list(range(16)))
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@pytest.mark.parametrize("micro_batch_tokens", [64, 160, 400])
def test_micro_batches_add_up_to_the_big_batch(
    parts: tuple[torch.nn.Module, TrainingData, PairEncoder], micro_batch_tokens: int
) -> None:
    whole = gradient(parts, None, Team())
    pieces = gradient(parts, micro_batch_tokens, Team())
    assert (pieces - whole).norm() <= TOLERANCE * whole.norm()


class Member(Team):
    """One process of several whose gradients are added up by hand, in place of the mean that the wrapper takes."""

    def __init__(self, rank: int, size: int) -> None:
        self.rank, self.size = rank, size


@pytest.mark.parametrize("size", [2, 3, 20])
def test_the_mean_over_processes_is_the_gradient_of_one(
    parts: tuple[torch.nn.Module, TrainingData, PairEncoder], size: int
) -> None:
    whole = gradient(parts, None, Team())
    mean = sum(gradient(parts, 160, Member(rank, size)) for rank in range(size)) / size
    assert (mean - whole).norm() <= TOLERANCE * whole.norm()


def test_the_loss_that_comes_back_is_the_weighted_mean(
    parts: tuple[torch.nn.Module, TrainingData, PairEncoder],
) -> None:
    model, data, inputs = parts
    backward = Backward(data, inputs, 64, Compute("cpu", 1, "fp32"), Team())
    losses = [backward(model, [i]) for i in range(16)]
    expected = sum(loss * weight for loss, weight in zip(losses, data.weights.tolist(), strict=True))
    assert backward(model, list(range(16))) == pytest.approx(expected / data.weights.sum().item(), rel=1e-5)
