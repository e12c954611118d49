"""BERT as a graph of fused operators, for speed on a CPU: the same function as the network, checked by parity.

Attention is one operator; all else works on rows of tokens, shape (tokens of the batch, hidden), so that no product is
reshaped; the last layer computes its first token only, the one that the head reads. Skip connection and normalisation
stay two operators: ONNX Runtime's fused one took ten times as long (OnnxBackend tells it not to fuse them).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stance.export.graph_builder import FUSED, GraphBuilder
from stance.export.linear import Linear, quantise_rows

INPUTS = ("input_ids", "token_type_ids", "attention_mask")
PARAMETERS = ("weight", "bias")
FIRST_TOKEN = ((0,), (1,), (1,))
"""Start, end and axis of a slice."""

Weights = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class SecondLook:
    """Pairs whose two best labels are near are computed again, by another linear layer."""

    linear: Linear
    margin: float
    """Of the logits of the two best labels."""


def is_supported(config: Mapping[str, Any]) -> bool:
    """Whether this file knows the architecture in a config.json."""
    plain = {"model_type": "bert", "hidden_act": "gelu", "is_decoder": False}
    usual = config.get("position_embedding_type", "absolute") == "absolute"
    return usual and all(config.get(key) == value for key, value in plain.items())


def write_bert(
    path: Path,
    config: Mapping[str, Any],
    weights: Weights,
    linear: Linear,
    *,
    compact: bool = False,
    watch: bool = False,
    second: SecondLook | None = None,
) -> None:
    """Write the graph to `path`, every linear layer of the encoder made by `linear`.

    With `compact` the file holds word embeddings in 8 bits, and positions and the pooler in 16. With `watch`,
    the inputs of the linear layers become outputs too, under the names that a FloatLinear has `seen`.
    """
    graph = GraphBuilder()
    logits = _Pass(graph, config, weights, linear, compact, INPUTS).logits()
    if second:
        logits = _look_again(graph, logits, second, config, weights, compact=compact)
    also = tuple(dict.fromkeys(getattr(linear, "seen", {}).values())) if watch else ()
    graph.save(path, INPUTS, logits, also)


def _look_again(
    graph: GraphBuilder,
    logits: str,
    second: SecondLook,
    config: Mapping[str, Any],
    weights: Weights,
    *,
    compact: bool,
) -> str:
    two = graph.ops("TopK", logits, graph.constant("two", [2], np.int64), outputs=2)[0]
    best, next_best = graph.ops("Split", two, outputs=2, axis=-1, num_outputs=2)
    margins = graph.op("Reshape", graph.op("Sub", best, next_best), graph.constant("flat", [-1], np.int64))
    near = graph.op("Less", margins, graph.constant("near", second.margin, np.float32))
    count = graph.op("ReduceSum", graph.op("Cast", near, to=6), keepdims=0)

    def again() -> str:
        pairs = graph.op("Reshape", graph.op("NonZero", near), graph.constant("flat", [-1], np.int64))
        chosen = tuple(graph.op("Gather", name, pairs) for name in INPUTS)
        better = _Pass(graph, config, weights, second.linear, compact, chosen).logits()
        places = graph.op("Reshape", pairs, graph.constant("column", [-1, 1], np.int64))
        return graph.op("ScatterND", logits, places, better)

    return graph.choose(graph.op("Cast", count, to=9), again, lambda: graph.op("Identity", logits))


@dataclass(frozen=True)
class _Pass:
    """The network once, over some pairs."""

    graph: GraphBuilder
    config: Mapping[str, Any]
    weights: Weights
    linear: Linear
    compact: bool
    inputs: tuple[str, ...]
    """Names of the values that INPUTS stand for."""

    def logits(self) -> str:
        graph = self.graph
        x = self._embeddings()
        mask = graph.op("Cast", self.inputs[2], to=6)  # int32
        layers = range(self.config["num_hidden_layers"])
        for layer in layers:
            x = self._layer(f"bert.encoder.layer.{layer}", x, mask, first_token_only=layer == layers[-1])
        return self._dense("classifier", graph.op("Tanh", self._dense("bert.pooler.dense", x)))

    def _embeddings(self) -> str:
        graph, prefix = self.graph, "bert.embeddings"
        ids, kinds, _ = self.inputs
        words = self.weights[f"{prefix}.word_embeddings.weight"]
        if self.compact:
            integers, scale = quantise_rows(words)
            rows = graph.op("Cast", graph.op("Gather", graph.constant("words.w8", integers), ids), to=1)
            centred = graph.op("Sub", rows, graph.constant("middle", 128, np.float32))
            word = graph.op("Mul", centred, graph.op("Gather", graph.constant("words.scale", scale), ids))
        else:
            word = graph.op("Gather", graph.constant("words", words), ids)
        kind = graph.op("Gather", self._constant(f"{prefix}.token_type_embeddings.weight"), kinds)
        length = graph.op("Gather", graph.op("Shape", ids), graph.constant("one", 1, np.int64))
        positions = graph.op("Range", graph.constant("none", 0, np.int64), length, graph.constant("one", 1, np.int64))
        place = graph.op("Gather", self._large(f"{prefix}.position_embeddings.weight"), positions)
        summed = graph.op("Add", graph.op("Add", word, kind), place)
        return self._rows(self._normalise(summed, f"{prefix}.LayerNorm"))

    def _layer(self, prefix: str, x: str, mask: str, *, first_token_only: bool) -> str:
        graph, linear = self.graph, self.linear

        def parts(*names: str) -> list[tuple[np.ndarray, np.ndarray]]:
            return [(self.weights[f"{prefix}.{n}.weight"].T, self.weights[f"{prefix}.{n}.bias"]) for n in names]

        query, key, value = (f"attention.self.{name}" for name in ("query", "key", "value"))
        if first_token_only:
            cut = [graph.constant(f"first_token_{i}", v, np.int64) for i, v in enumerate(FIRST_TOKEN)]
            kept = self._rows(graph.op("Slice", self._sequences(x), *cut))
            [q] = linear(graph, kept, f"{prefix}.query", parts(query))
            k, v = linear(graph, x, f"{prefix}.key_value", parts(key, value))
        else:
            kept = x
            q, k, v = linear(graph, x, f"{prefix}.query_key_value", parts(query, key, value))
        heads = self.config["num_attention_heads"]
        sequences = (self._sequences(rows) for rows in (q, k, v))
        attended = graph.op("MultiHeadAttention", *sequences, "", mask, domain=FUSED, num_heads=heads)
        output = parts("attention.output.dense")
        [mixed] = linear(graph, self._rows(attended), f"{prefix}.attention_output", output)
        x = self._normalise(graph.op("Add", mixed, kept), f"{prefix}.attention.output.LayerNorm")
        [grown] = linear(graph, x, f"{prefix}.intermediate", parts("intermediate.dense"))
        active = graph.op("Gelu", grown)
        [shrunk] = linear(graph, active, f"{prefix}.output", parts("output.dense"), after_gelu=True)
        return self._normalise(graph.op("Add", shrunk, x), f"{prefix}.output.LayerNorm")

    def _rows(self, x: str) -> str:
        """(pairs, tokens, hidden) -> (pairs * tokens, hidden)."""
        return self.graph.op("Reshape", x, self.graph.constant("rows", [-1, self.config["hidden_size"]], np.int64))

    def _sequences(self, rows: str) -> str:
        """(pairs * tokens, hidden) -> (pairs, tokens, hidden), of however many tokens each pair has."""
        pairs = self.graph.op("Shape", self.inputs[0], end=1)
        rest = self.graph.constant("tokens_hidden", [-1, self.config["hidden_size"]], np.int64)
        return self.graph.op("Reshape", rows, self.graph.op("Concat", pairs, rest, axis=0))

    def _normalise(self, x: str, name: str) -> str:
        norm = (self._constant(f"{name}.{n}") for n in PARAMETERS)
        return self.graph.op("LayerNormalization", x, *norm, axis=-1, epsilon=self.config["layer_norm_eps"])

    def _dense(self, name: str, x: str) -> str:
        return self.graph.op("Gemm", x, self._large(f"{name}.weight"), self._constant(f"{name}.bias"), transB=1)

    def _large(self, name: str) -> str:
        if not self.compact:
            return self._constant(name)
        half = self.weights[name].astype(np.float16)
        return self.graph.once(name, lambda: self.graph.op("Cast", self.graph.constant(name, half), to=1))

    def _constant(self, name: str) -> str:
        return self.graph.constant(name, self.weights[name])
