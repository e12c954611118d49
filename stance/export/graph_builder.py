"""A small writer of ONNX graphs: operators by name, constants once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 20
IR_VERSION = 10
FUSED = "com.microsoft"
"""ONNX Runtime's own operators: attention, skip connection with normalisation, and others in one kernel."""


class GraphBuilder:
    """Collects nodes and constants; every method returns the name of the value it made."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}
        self._outermost = self._nodes
        self._once: dict[str, str] = {}
        self._made = 0

    def constant(self, name: str, value: Any, dtype: Any = None) -> str:
        """A constant; the same name may be used again for the same value."""
        array = np.asarray(value, dtype=dtype, order="C")
        known = self._constants.setdefault(name, numpy_helper.from_array(array, name))
        assert np.array_equal(numpy_helper.to_array(known), array), name  # noqa: S101 - a bug of ours
        return name

    def op(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """An operator with one output; an empty input name is an input left out."""
        return self.ops(kind, *inputs, outputs=1, domain=domain, **attributes)[0]

    def ops(self, kind: str, *inputs: str, outputs: int, domain: str = "", **attributes: Any) -> list[str]:
        """An operator with several outputs."""
        name = f"{kind}_{self._made}"
        self._made += 1
        made = [f"{name}_{i}" for i in range(outputs)]
        self._nodes.append(helper.make_node(kind, inputs, made, name=name, domain=domain, **attributes))
        return made

    def once(self, name: str, make: Callable[[], str]) -> str:
        """The value that `make` adds, added at the first call only and outside of all branches.

        What is made of constants alone is thus computed when the graph is loaded, not at each run of a branch.
        """
        if name not in self._once:
            here, self._nodes = self._nodes, self._outermost
            self._once[name] = make()
            self._nodes = here
        return self._once[name]

    def choose(self, condition: str, then: Callable[[], str], otherwise: Callable[[], str]) -> str:
        """The fp32 value that `then` or `otherwise` makes; only the one that `condition` asks for is computed."""
        branches: dict[str, Any] = {}
        outer = self._nodes
        for attribute, make in (("then_branch", then), ("else_branch", otherwise)):
            self._nodes = []
            made = helper.make_tensor_value_info(make(), TensorProto.FLOAT, None)
            branches[attribute] = helper.make_graph(self._nodes, attribute, [], [made])
        self._nodes = outer
        return self.op("If", condition, **branches)

    def save(self, path: Path, inputs: tuple[str, ...], logits: str, also: tuple[str, ...] = ()) -> None:
        """Write the graph: int64 `inputs` of shape (batch, tokens), `logits` and fp32 values of any shape out."""
        self._nodes.append(helper.make_node("Identity", [logits], ["logits"], name="logits"))
        graph = helper.make_graph(
            self._nodes,
            "stance",
            [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in inputs],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "labels"])]
            + [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in also],
            list(self._constants.values()),
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION), path)
