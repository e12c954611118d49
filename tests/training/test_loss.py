import pytest
import torch
from torch.nn import functional

from stance.training.loss import weighted_soft_cross_entropy


def test_with_hard_labels_and_equal_weights_it_is_the_cross_entropy() -> None:
    logits = torch.randn(7, 4, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0, 1, 2, 3, 0, 1, 2])
    ours = weighted_soft_cross_entropy(logits, functional.one_hot(labels, 4).float(), torch.full((7,), 0.3))
    assert ours.item() == pytest.approx(functional.cross_entropy(logits, labels).item(), rel=1e-6)


def test_an_example_of_weight_two_counts_as_two() -> None:
    logits = torch.tensor([[1.0, -1.0], [0.2, 0.4]])
    targets = torch.tensor([[1.0, 0.0], [0.3, 0.7]])
    weighted = weighted_soft_cross_entropy(logits, targets, torch.tensor([2.0, 1.0]))
    rows = [0, 0, 1]
    repeated = weighted_soft_cross_entropy(logits[rows], targets[rows], torch.ones(3))
    assert weighted.item() == pytest.approx(repeated.item(), rel=1e-6)
