"""How a linear layer is computed in a graph: in fp32, or in 8-bit integers with one activation scale a token.

A scale a token (Yao et al. 2022, ZeroQuant, section 4.2) keeps a pair's score free of its batch neighbours, which one
scale a batch, ONNX Runtime's own dynamic quantisation, does not. Integer sums are exact, so that not a bit moves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from stance.export.graph_builder import FUSED, GraphBuilder

SIGNED_LEVELS = 127
UNSIGNED_LEVELS = 255
GELU_FLOOR = 0.17
"""GELU is nowhere below minus this: shifted by it, its outputs use all 256 levels."""
SMOOTHING = 0.5
"""How much of the activations' range is moved into the weights (Xiao et al. 2023, SmoothQuant, equation 4)."""
TINY = 1e-12


class Linear(Protocol):
    """Adds `x @ weight + bias` to a graph."""

    def __call__(  # noqa: D102
        self, graph: GraphBuilder, x: str, name: str, weight: np.ndarray, bias: np.ndarray, *, after_gelu: bool = False
    ) -> str: ...


@dataclass
class FloatLinear:
    """fp32; `seen` collects layer name -> the value that it reads, for calibration."""

    seen: dict[str, str] = field(default_factory=dict)

    def __call__(  # noqa: D102
        self, graph: GraphBuilder, x: str, name: str, weight: np.ndarray, bias: np.ndarray, *, after_gelu: bool = False
    ) -> str:
        del after_gelu
        self.seen[name] = x
        return graph.op("Add", graph.op("MatMul", x, graph.constant(f"{name}.w", weight)), _bias(graph, name, bias))


@dataclass(frozen=True)
class TokenInt8Linear:
    """8-bit weights with a scale a column, 8-bit activations with a scale a token.

    `ranges` holds layer name -> largest magnitude of each of its inputs, shape (inputs,), for smoothing.
    """

    ranges: Mapping[str, np.ndarray]

    def __call__(  # noqa: D102
        self, graph: GraphBuilder, x: str, name: str, weight: np.ndarray, bias: np.ndarray, *, after_gelu: bool = False
    ) -> str:
        inputs, outputs = weight.shape
        rows = graph.op("Reshape", x, graph.constant(f"rows_of_{inputs}", [-1, inputs], np.int64))
        if after_gelu:
            rows = graph.op("Add", rows, graph.constant("gelu_floor", GELU_FLOOR, np.float32))
            magnitude, levels, zero = rows, UNSIGNED_LEVELS, 0
        else:
            factor = _smoothing(self.ranges[name], weight)
            weight = weight * factor[:, None]
            rows = graph.op("Mul", rows, graph.constant(f"{name}.smoothing", 1 / factor))
            magnitude, levels, zero = graph.op("Abs", rows), SIGNED_LEVELS, SIGNED_LEVELS + 1
        largest = graph.op("ReduceMax", magnitude, graph.constant("last_axis", [-1], np.int64), keepdims=1)
        scaled = graph.op("Mul", largest, graph.constant(f"one_of_{levels}", 1 / levels, np.float32))
        scale = graph.op("Max", scaled, graph.constant("tiny", TINY, np.float32))
        flat_scale = graph.op("Reshape", scale, graph.constant("flat", [-1], np.int64))
        zeros = graph.op("Expand", graph.constant(f"zeros_{zero}", [zero], np.uint8), graph.op("Shape", flat_scale))
        quantised = graph.op("QuantizeLinear", rows, flat_scale, zeros, axis=0)

        integers, columns = quantise_columns(weight)
        product = graph.op(
            "MatMulIntegerToFloat",
            quantised,
            graph.constant(f"{name}.w8", integers),
            graph.constant("unit", 1, np.float32),
            graph.constant(f"{name}.scale", columns),
            graph.constant(f"zero_{zero}", zero, np.uint8),
            domain=FUSED,
        )
        if after_gelu:
            bias = bias - GELU_FLOOR * (integers.astype(np.float32) * columns).sum(axis=0)
        result = graph.op("Add", graph.op("Mul", product, scale), _bias(graph, name, bias))
        head = graph.op("Slice", graph.op("Shape", x), *(graph.constant(f"at_{i}", [i], np.int64) for i in (0, 2)))
        shape = graph.op("Concat", head, graph.constant(f"width_{outputs}", [outputs], np.int64), axis=0)
        return graph.op("Reshape", result, shape)


def quantise_columns(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(int8 of the weight's shape, fp32 scale of each column): symmetric, no value is clipped."""
    scale = np.maximum(np.abs(weight).max(axis=0) / SIGNED_LEVELS, TINY).astype(np.float32)
    return np.round(weight / scale).astype(np.int8), scale


def quantise_rows(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(uint8 with zero at 128, fp32 scale of shape (rows, 1)) of an embedding table."""
    scale = np.maximum(np.abs(table).max(axis=1, keepdims=True) / SIGNED_LEVELS, TINY).astype(np.float32)
    return (np.round(table / scale) + SIGNED_LEVELS + 1).astype(np.uint8), scale


def _smoothing(activation: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """A factor for each input, shape (inputs,), of geometric mean 1."""
    floor = 1e-5
    factor = np.maximum(activation, floor) ** SMOOTHING
    factor /= np.maximum(np.abs(weight).max(axis=1), floor) ** (1 - SMOOTHING)
    return (factor / np.exp(np.log(factor).mean())).astype(np.float32)


def _bias(graph: GraphBuilder, name: str, bias: np.ndarray) -> str:
    return graph.constant(f"{name}.added", bias, np.float32)
