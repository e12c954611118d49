"""The fp32 graph: of fused operators where the architecture is known, the exporter's elsewhere."""

import json
from pathlib import Path

from stance.export.bert_graph import is_supported, write_bert
from stance.export.linear import FloatLinear
from stance.export.onnx_graph import export_onnx
from stance.model.folder import load_network


def write_fp32(model: Path, path: Path) -> None:
    """Write the network in folder `model` as one fp32 ONNX file: int64 inputs, `logits` out."""
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    if is_supported(config):
        from safetensors.numpy import load_file

        weights = load_file(model / "model.safetensors")
        write_bert(path, config, weights, FloatLinear())
        return
    network, tokenizer = load_network(model)
    export_onnx(network, tuple(tokenizer.model_input_names), path)
