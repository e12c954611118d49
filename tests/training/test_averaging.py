import torch
from torch import nn

from stance.training.averaging import copied, holding, put, trainable, update_average


def model_with(value: float) -> nn.Module:
    model = nn.Linear(2, 1)
    nn.init.constant_(model.weight, value)
    model.bias.requires_grad = False
    return model


def test_frozen_parameters_are_not_copied() -> None:
    assert list(trainable(model_with(1.0))) == ["weight"]


def test_the_mean_follows_the_weights_at_the_given_decay() -> None:
    model = model_with(0.0)
    average = copied(trainable(model))
    nn.init.constant_(model.weight, 1.0)
    update_average(average, model, decay=0.9, step=10_000)
    torch.testing.assert_close(average["weight"], torch.full((1, 2), 0.1))


def test_the_first_weights_do_not_stay_for_long() -> None:
    model = model_with(0.0)
    average = copied(trainable(model))
    nn.init.constant_(model.weight, 1.0)
    for step in range(20):
        update_average(average, model, decay=0.999, step=step)
    assert average["weight"].min() > 0.99


def test_a_block_with_other_weights_leaves_the_model_as_it_was() -> None:
    model = model_with(1.0)
    with holding(model, {"weight": torch.full((1, 2), 5.0)}):
        assert model.weight.tolist() == [[5.0, 5.0]]
    assert model.weight.tolist() == [[1.0, 1.0]]
    with holding(model, {}):
        assert model.weight.tolist() == [[1.0, 1.0]]


def test_put_copies_and_does_not_share() -> None:
    model, weights = model_with(1.0), {"weight": torch.full((1, 2), 2.0)}
    put(model, weights)
    weights["weight"].zero_()
    assert model.weight.tolist() == [[2.0, 2.0]]
