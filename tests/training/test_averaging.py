import torch
from torch import nn
from transformers import BertConfig, BertForSequenceClassification

from stance.training.averaging import copied, draw_back, holding, of_encoder, put, trainable, update_average


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


def test_drawing_back_goes_a_share_of_the_way_and_leaves_the_head() -> None:
    shape = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    model = BertForSequenceClassification(BertConfig(vocab_size=9, max_position_embeddings=8, **shape))
    model.bert.embeddings.requires_grad_(requires_grad=False)
    pretrained = of_encoder(model)
    assert pretrained.keys() < trainable(model).keys()
    assert all("classifier" not in name for name in pretrained)
    moved = {name: value + 1 for name, value in trainable(model).items()}
    drawn = draw_back(moved, pretrained, 0.25)
    for name, value in drawn.items():
        expected = moved[name] - 0.25 if name in pretrained else moved[name]
        torch.testing.assert_close(value, expected, atol=1e-6, rtol=0)
