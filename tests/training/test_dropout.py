import pytest
import torch
from torch import nn

from stance.training.dropout import CheapDropout, use_cheap_dropout


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_the_share_dropped_and_the_mean_are_those_of_dropout(rate: float, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    values = torch.ones(1001, 333, dtype=dtype, requires_grad=True)
    out = CheapDropout(rate)(values)
    out.sum().backward()
    kept = (out != 0).float()
    assert 1 - kept.mean().item() == pytest.approx(rate, abs=0.005)  # 5 standard errors and more
    assert out.float().mean().item() == pytest.approx(1, abs=0.01)
    assert values.grad is not None
    assert torch.equal(values.grad, out)
    for lane in range(4):
        assert 1 - kept.flatten()[lane::4].mean().item() == pytest.approx(rate, abs=0.01)


def test_the_seed_decides_and_evaluation_changes_nothing() -> None:
    layer, values = CheapDropout(0.3), torch.ones(64)
    torch.manual_seed(1)
    first = layer(values)
    assert not torch.equal(first, layer(values))
    torch.manual_seed(1)
    assert torch.equal(first, layer(values))
    assert layer.eval()(values) is values


def test_only_dropout_layers_are_replaced() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Dropout(0.2), nn.AlphaDropout(0.2)))
    assert use_cheap_dropout(model) == 1
    inner = model[1]
    assert isinstance(inner, nn.Sequential)
    assert isinstance(inner[0], CheapDropout)
    assert inner[0].p == 0.2
    assert not isinstance(inner[1], CheapDropout)
