"""How a linear layer is computed in a graph: in fp32, or in 8-bit integers with one activation scale a token.

A scale a token (Yao et al. 2022, ZeroQuant, section 4.2) keeps a pair's score free of its batch neighbours, which one
scale a batch, ONNX Runtime's own dynamic quantisation, does not. Integer sums are exact, so that not a bit moves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from stance.export.graph_builder import FUSED, GraphBuilder
from stance.export.rounding import QUARTER, Rounded, round_weight

SIGNED_LEVELS = 127
UNSIGNED_LEVELS = 255
GELU_FLOOR = 0.17
"""GELU is nowhere below minus this: shifted by it, its outputs use all 256 levels."""
SMOOTHING = 0.5
"""How much of the activations' range is moved into the weights (Xiao et al. 2023, SmoothQuant, equation 4)."""
FINER = 254
"""The second quantisation's step is so many times smaller: what the first leaves is at most half a step."""
BITS = 8
"""In a byte."""
TINY = 1e-12


Parts = Sequence[tuple[np.ndarray, np.ndarray]]
"""(weight of shape (inputs, outputs), bias of shape (outputs,)) of each product of one and the same input."""


class Linear(Protocol):
    """Adds `x @ weight + bias` for each of some parts to a graph; `x` and the results have a row a token."""

    def __call__(  # noqa: D102
        self, graph: GraphBuilder, x: str, name: str, parts: Parts, *, after_gelu: bool = False
    ) -> list[str]: ...


@dataclass
class FloatLinear:
    """fp32; `seen` collects layer name -> the value that it reads, for calibration."""

    seen: dict[str, str] = field(default_factory=dict)

    def __call__(  # noqa: D102
        self, graph: GraphBuilder, x: str, name: str, parts: Parts, *, after_gelu: bool = False
    ) -> list[str]:
        del after_gelu
        self.seen[name] = x
        products = [
            graph.op("MatMul", x, graph.constant(f"{name}.{i}.w", weight)) for i, (weight, _) in enumerate(parts)
        ]
        return [
            graph.op("Add", product, _bias(graph, f"{name}.{i}", bias))
            for i, (product, (_, bias)) in enumerate(zip(products, parts, strict=True))
        ]


@dataclass(frozen=True)
class Seen:
    """What a layer's inputs were on calibration pairs."""

    largest: np.ndarray
    """Largest magnitude of each input, shape (inputs,)."""
    products: np.ndarray
    """Sum of x @ x.T over the inputs x, shape (inputs, inputs)."""


@dataclass(frozen=True)
class TokenInt8Linear:
    """8-bit weights with a scale a column, activations of 8 bits with a scale a token; or 9 and nearly 16 bits.

    Weights are rounded so that the outputs seen in calibration, `seen` by layer name, stay near.
    """

    seen: Mapping[str, Seen]
    wide: bool = False
    """Whether the weights' ninth bit counts, and what 8 bits leave of an activation is quantised once more: three times
    the products, a third of the error."""
    rounded: dict[str, Rounded] = field(default_factory=dict)
    """Layer name -> weight, for a second linear layer of the same weights."""

    def __call__(  # noqa: D102
        self, graph: GraphBuilder, x: str, name: str, parts: Parts, *, after_gelu: bool = False
    ) -> list[str]:
        seen = self.seen[name]
        factor = np.ones(len(seen.largest), dtype=np.float32)
        if after_gelu:
            rows = graph.op("Add", x, graph.constant("gelu_floor", GELU_FLOOR, np.float32))
            magnitude, levels, zero = rows, UNSIGNED_LEVELS, 0
        else:
            factor = _smoothing(seen.largest, np.concatenate([weight for weight, _ in parts], axis=1))
            rows = graph.op("Mul", x, graph.constant(f"{name}.smoothing", 1 / factor))
            magnitude, levels, zero = graph.op("Abs", rows), SIGNED_LEVELS, SIGNED_LEVELS + 1
        largest = graph.op("ReduceMax", magnitude, graph.constant("last_axis", [-1], np.int64), keepdims=1)
        scaled = graph.op("Mul", largest, graph.constant(f"one_of_{levels}", 1 / levels, np.float32))
        scale = graph.op("Max", scaled, graph.constant("tiny", TINY, np.float32))
        quantised = self._quantise(graph, rows, scale, zero)
        if self.wide:
            near = graph.op("DequantizeLinear", *quantised, axis=0)
            fine = graph.op("Mul", scale, graph.constant("finer", 1 / FINER, np.float32))
            rest = self._quantise(graph, graph.op("Sub", rows, near), fine, SIGNED_LEVELS + 1)
        results = []
        for i, (weight, bias) in enumerate(parts):
            layer = f"{name}.{i}"
            if layer not in self.rounded:
                products = seen.products / np.outer(factor, factor)
                self.rounded[layer] = round_weight(weight * factor[:, None], products)
            known = self.rounded[layer]
            stored = graph.constant(f"{layer}.w8", known.integers)
            columns = graph.constant(f"{layer}.scale", known.scale)
            product = self._product(graph, quantised[0], stored, columns, zero)
            used = known.integers * known.scale
            if self.wide:
                used = known.weight()
                finer = graph.constant("finer", 1 / FINER, np.float32)
                low = self._product(graph, rest[0], stored, columns, SIGNED_LEVELS + 1)
                upper = _ninth_bits(graph, layer, known.upper)
                ninth = self._product(graph, quantised[0], upper, columns, zero, step=QUARTER)
                product = graph.op("Add", graph.op("Add", product, ninth), graph.op("Mul", low, finer))
            # What the shift by GELU_FLOOR adds depends on the weights as they are used here.
            added = bias - GELU_FLOOR * used.sum(axis=0) if after_gelu else bias
            shared = f"{layer}.wide" if after_gelu and self.wide else layer
            results.append(graph.op("Add", graph.op("Mul", product, scale), _bias(graph, shared, added)))
        return results

    def _quantise(self, graph: GraphBuilder, rows: str, scale: str, zero: int) -> tuple[str, str, str]:
        """(integers, scale, zero point) of rows that have a scale each."""
        flat = graph.op("Reshape", scale, graph.constant("flat", [-1], np.int64))
        zeros = graph.op("Expand", graph.constant(f"zeros_{zero}", [zero], np.uint8), graph.op("Shape", flat))
        return graph.op("QuantizeLinear", rows, flat, zeros, axis=0), flat, zeros

    def _product(
        self, graph: GraphBuilder, integers: str, weight: str, columns: str, zero: int, step: float = 1.0
    ) -> str:
        return graph.op(
            "MatMulIntegerToFloat",
            integers,
            weight,
            graph.constant(f"step_{step:g}", step, np.float32),
            columns,
            graph.constant(f"zero_{zero}", zero, np.uint8),
            domain=FUSED,
        )


def _ninth_bits(graph: GraphBuilder, layer: str, upper: np.ndarray) -> str:
    """int8 1 where `upper`, -1 elsewhere; eight of them lie in a byte of the file."""

    def unpacked() -> str:
        rows = -(-len(upper) // BITS)
        padded = np.zeros((BITS * rows, upper.shape[1]), dtype=bool)
        padded[: len(upper)] = upper
        packed = np.packbits(padded.reshape(BITS, rows, -1), axis=0, bitorder="little")
        masks = graph.constant("masks", 1 << np.arange(BITS).reshape(BITS, 1, 1), np.uint8)
        signs = graph.op(
            "Where",
            graph.op("Cast", graph.op("BitwiseAnd", graph.constant(f"{layer}.w1", packed), masks), to=9),
            graph.constant("above", 1, np.int32),
            graph.constant("below", -1, np.int32),
        )
        flat = graph.op("Reshape", signs, graph.constant(f"{layer}.shape", padded.shape, np.int64))
        cut = (graph.constant(f"{layer}.{i}", [v], np.int64) for i, v in (("from", 0), ("to", len(upper)), ("axis", 0)))
        return graph.op("Cast", graph.op("Slice", flat, *cut), to=3)

    return graph.once(f"{layer}.ninth", unpacked)


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
