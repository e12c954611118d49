from pathlib import Path

import pytest

from stance.labels import LabelScheme
from stance.model.network import new_classifier
from stance.training.optimizer import OptimizerConfig, make_optimizer, set_learning_rate


def test_rates_fall_from_the_head_down_and_only_matrices_decay(encoder: Path, scheme: LabelScheme) -> None:
    model, _ = new_classifier(str(encoder), scheme)
    config = OptimizerConfig(learning_rate=1.0, layer_decay=0.5, weight_decay=0.1)
    peak, decay = {}, {}
    for group in make_optimizer(model, config).param_groups:
        for parameter in group["params"]:
            peak[parameter], decay[parameter] = group["peak"], group["weight_decay"]
    named = dict(model.named_parameters())
    assert len(peak) == len(named)
    assert peak[named["classifier.weight"]] == 1.0
    assert peak[named["bert.encoder.layer.1.output.dense.weight"]] == 0.5
    assert peak[named["bert.encoder.layer.0.output.dense.weight"]] == 0.25
    assert peak[named["bert.embeddings.word_embeddings.weight"]] == 0.125
    assert decay[named["classifier.weight"]] == 0.1
    assert decay[named["classifier.bias"]] == 0.0
    assert decay[named["bert.encoder.layer.0.output.LayerNorm.weight"]] == 0.0


def test_the_rate_rises_then_falls_and_never_reaches_zero(encoder: Path, scheme: LabelScheme) -> None:
    model, _ = new_classifier(str(encoder), scheme)
    optimizer = make_optimizer(model, OptimizerConfig())
    scales = [set_learning_rate(optimizer, step, 100, 0.1) for step in range(100)]
    assert scales[9] == 1.0 == max(scales)
    assert scales[:10] == sorted(scales[:10])
    assert scales[10:] == sorted(scales[10:], reverse=True)
    assert scales[-1] == pytest.approx(1 / 90)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(optimizer.param_groups[0]["peak"] / 90)
