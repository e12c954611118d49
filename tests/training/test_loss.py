import pytest
import torch
from torch.nn import functional

from stance.training.loss import balanced, smooth, weighted_soft_cross_entropy


def test_with_hard_labels_it_is_the_cross_entropy() -> None:
    logits = torch.randn(7, 4, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0, 1, 2, 3, 0, 1, 2])
    ours = weighted_soft_cross_entropy(logits, functional.one_hot(labels, 4).float(), torch.ones(7))
    assert ours.item() == pytest.approx(functional.cross_entropy(logits, labels, reduction="sum").item(), rel=1e-6)


def test_an_example_of_weight_two_counts_as_two() -> None:
    logits = torch.tensor([[1.0, -1.0], [0.2, 0.4]])
    targets = torch.tensor([[1.0, 0.0], [0.3, 0.7]])
    weighted = weighted_soft_cross_entropy(logits, targets, torch.tensor([2.0, 1.0]))
    rows = [0, 0, 1]
    repeated = weighted_soft_cross_entropy(logits[rows], targets[rows], torch.ones(3))
    assert weighted.item() == pytest.approx(repeated.item(), rel=1e-6)


def test_smoothed_targets_are_distributions() -> None:
    targets = smooth(torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.4, 0.6, 0.0, 0.0]]), 0.2)
    torch.testing.assert_close(targets[0], torch.tensor([0.85, 0.05, 0.05, 0.05]))
    torch.testing.assert_close(targets.sum(dim=1), torch.ones(2))


def test_balancing_gives_every_label_the_same_weight_and_keeps_the_sum() -> None:
    targets = functional.one_hot(torch.tensor([0, 0, 0, 0, 0, 0, 1, 1, 2]), 4).float()
    weights = torch.full((9,), 0.5)
    changed = balanced(weights, targets, 1.0)
    torch.testing.assert_close((changed[:, None] * targets).sum(dim=0), torch.tensor([1.5, 1.5, 1.5, 0.0]))
    torch.testing.assert_close(balanced(weights, targets, 0.0), weights)
