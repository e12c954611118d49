from pathlib import Path

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


def test_a_rate_is_a_share_of_every_groups_peak(encoder: Path, scheme: LabelScheme) -> None:
    model, _ = new_classifier(str(encoder), scheme)
    optimizer = make_optimizer(model, OptimizerConfig(learning_rate=1.0, layer_decay=0.5))
    set_learning_rate(optimizer, 0.25)
    assert all(group["lr"] == group["peak"] / 4 for group in optimizer.param_groups)
