from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from stance.export.graph_builder import GraphBuilder
from stance.export.linear import Seen, TokenInt8Linear

INPUTS, OUTPUTS, TOKENS = 20, 8, 6
"""20 inputs do not fill bytes of ninth bits."""


@pytest.mark.parametrize("after_gelu", [False, True])
@pytest.mark.parametrize("wide", [False, True])
def test_a_layer_multiplies_by_the_weights_it_is_meant_to(tmp_path: Path, *, wide: bool, after_gelu: bool) -> None:
    random = np.random.default_rng(0)
    weight = random.standard_normal((INPUTS, OUTPUTS)).astype(np.float32)
    bias = random.standard_normal(OUTPUTS).astype(np.float32)
    ids = random.integers(0, 128, (TOKENS, INPUTS))
    x = ids.astype(np.float32)
    # Equal ranges everywhere: smoothing then depends on the weights alone.
    linear = TokenInt8Linear({"layer": Seen(np.full(INPUTS, 127, np.float32), x.T @ x)}, wide=wide)
    graph = GraphBuilder()
    [made] = linear(graph, graph.op("Cast", "input_ids", to=1), "layer", [(weight, bias)], after_gelu=after_gelu)
    graph.save(tmp_path / "layer.onnx", ("input_ids",), made)
    session = onnxruntime.InferenceSession(tmp_path / "layer.onnx", providers=["CPUExecutionProvider"])
    found = session.run(["logits"], {"input_ids": ids})[0]

    known = linear.rounded["layer.0"]
    coarse, fine = known.integers * known.scale, known.weight()
    factor = np.sqrt((weight**2).sum(axis=1) / (fine**2).sum(axis=1))[:, None]  # what smoothing took out
    errors = [np.abs(x @ (used * factor) + bias - found).max() for used in (coarse, fine)]
    assert np.argmin(errors) == int(wide)
    exact = np.abs(x @ weight + bias - found).max()
    assert exact < np.abs(x @ weight).max() / (100 if wide else 20)
