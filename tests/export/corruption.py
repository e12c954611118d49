"""Damage an 8-bit graph the way a bad quantiser would."""

from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper


def corrupt_one_layer(path: Path) -> None:
    """Reverse and enlarge the scales of the first linear layer."""
    model = onnx.load(path)
    node = next(n for n in model.graph.node if n.op_type in ("MatMulIntegerToFloat", "MatMulNBits"))
    name = node.input[3] if node.op_type == "MatMulIntegerToFloat" else node.input[2]
    scale = next(i for i in model.graph.initializer if i.name == name)
    values = numpy_helper.to_array(scale)
    bad = np.ascontiguousarray(values.ravel()[::-1].reshape(values.shape) * -40)
    scale.CopyFrom(numpy_helper.from_array(bad, name))
    onnx.save(model, path)
