"""BERT as a graph of fused operators, for speed on a CPU: the same function as the network, checked by parity.

Attention is one operator; all else works on rows of tokens, shape (tokens of the batch, hidden), so that no product is
reshaped; the last layer computes its first token only, the one that the head reads. Skip connection and normalisation
stay two operators: ONNX Runtime's fused one took ten times as long (OnnxBackend tells it not to fuse them).
"""

from collections.abc import Mapping
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


def is_supported(config: Mapping[str, Any]) -> bool:
    """Whether this file knows the architecture in a config.json."""
    plain = {"model_type": "bert", "hidden_act": "gelu", "is_decoder": False}
    usual = config.get("position_embedding_type", "absolute") == "absolute"
    return usual and all(config.get(key) == value for key, value in plain.items())


def write_bert(
    path: Path, config: Mapping[str, Any], weights: Weights, linear: Linear, *, int8_embeddings: bool, watch: bool
) -> None:
    """Write the graph to `path`, every linear layer of the encoder made by `linear`.

    With `watch`, the inputs of these layers become outputs too, under the names that a FloatLinear has `seen`.
    """
    graph = GraphBuilder()
    x = _embeddings(graph, config, weights, int8_embeddings=int8_embeddings)
    mask = graph.op("Cast", "attention_mask", to=6)  # int32
    layers = range(config["num_hidden_layers"])
    for layer in layers:
        x = _layer(
            graph, config, weights, linear, f"bert.encoder.layer.{layer}", x, mask, first_token_only=layer == layers[-1]
        )
    pooled = graph.op("Tanh", _dense(graph, weights, "bert.pooler.dense", x))
    logits = _dense(graph, weights, "classifier", pooled)
    also = tuple(dict.fromkeys(getattr(linear, "seen", {}).values())) if watch else ()
    graph.save(path, INPUTS, logits, also)


def _embeddings(graph: GraphBuilder, config: Mapping[str, Any], weights: Weights, *, int8_embeddings: bool) -> str:
    prefix = "bert.embeddings"
    words = weights[f"{prefix}.word_embeddings.weight"]
    if int8_embeddings:
        integers, scale = quantise_rows(words)
        rows = graph.op("Cast", graph.op("Gather", graph.constant("words.w8", integers), "input_ids"), to=1)
        centred = graph.op("Sub", rows, graph.constant("middle", 128, np.float32))
        word = graph.op("Mul", centred, graph.op("Gather", graph.constant("words.scale", scale), "input_ids"))
    else:
        word = graph.op("Gather", graph.constant("words", words), "input_ids")
    kind = graph.op("Gather", _constant(graph, weights, f"{prefix}.token_type_embeddings.weight"), "token_type_ids")
    length = graph.op("Gather", graph.op("Shape", "input_ids"), graph.constant("one", 1, np.int64))
    positions = graph.op("Range", graph.constant("none", 0, np.int64), length, graph.constant("one", 1, np.int64))
    place = graph.op("Gather", _constant(graph, weights, f"{prefix}.position_embeddings.weight"), positions)
    summed = graph.op("Add", graph.op("Add", word, kind), place)
    norm = (_constant(graph, weights, f"{prefix}.LayerNorm.{n}") for n in PARAMETERS)
    x = graph.op("LayerNormalization", summed, *norm, axis=-1, epsilon=config["layer_norm_eps"])
    return _rows(graph, x, config["hidden_size"])


def _layer(
    graph: GraphBuilder,
    config: Mapping[str, Any],
    weights: Weights,
    linear: Linear,
    prefix: str,
    x: str,
    mask: str,
    *,
    first_token_only: bool,
) -> str:
    def parts(*names: str) -> list[tuple[np.ndarray, np.ndarray]]:
        return [(weights[f"{prefix}.{name}.weight"].T, weights[f"{prefix}.{name}.bias"]) for name in names]

    def add_and_normalise(value: str, skip: str, name: str) -> str:
        norm = (_constant(graph, weights, f"{prefix}.{name}.LayerNorm.{n}") for n in PARAMETERS)
        summed = graph.op("Add", value, skip)
        return graph.op("LayerNormalization", summed, *norm, axis=-1, epsilon=config["layer_norm_eps"])

    size = config["hidden_size"]
    query, key, value = (f"attention.self.{name}" for name in ("query", "key", "value"))
    if first_token_only:
        cut = [graph.constant(f"first_token_{i}", v, np.int64) for i, v in enumerate(FIRST_TOKEN)]
        kept = _rows(graph, graph.op("Slice", _sequences(graph, x, size), *cut), size)
        [q] = linear(graph, kept, f"{prefix}.query", parts(query))
        k, v = linear(graph, x, f"{prefix}.key_value", parts(key, value))
    else:
        kept = x
        q, k, v = linear(graph, x, f"{prefix}.query_key_value", parts(query, key, value))
    heads = config["num_attention_heads"]
    sequences = (_sequences(graph, rows, size) for rows in (q, k, v))
    attended = graph.op("MultiHeadAttention", *sequences, "", mask, domain=FUSED, num_heads=heads)
    [mixed] = linear(graph, _rows(graph, attended, size), f"{prefix}.attention_output", parts("attention.output.dense"))
    x = add_and_normalise(mixed, kept, "attention.output")
    [grown] = linear(graph, x, f"{prefix}.intermediate", parts("intermediate.dense"))
    active = graph.op("Gelu", grown)
    [shrunk] = linear(graph, active, f"{prefix}.output", parts("output.dense"), after_gelu=True)
    return add_and_normalise(shrunk, x, "output")


def _rows(graph: GraphBuilder, x: str, size: int) -> str:
    """(batch, tokens, size) -> (batch * tokens, size)."""
    return graph.op("Reshape", x, graph.constant(f"rows_of_{size}", [-1, size], np.int64))


def _sequences(graph: GraphBuilder, rows: str, size: int) -> str:
    """(batch * tokens, size) -> (batch, tokens, size); a batch of first tokens has one token each."""
    pairs = graph.op("Shape", "input_ids", end=1)
    shape = graph.op("Concat", pairs, graph.constant(f"sequences_of_{size}", [-1, size], np.int64), axis=0)
    return graph.op("Reshape", rows, shape)


def _dense(graph: GraphBuilder, weights: Weights, name: str, x: str) -> str:
    return graph.op("Gemm", x, *(_constant(graph, weights, f"{name}.{n}") for n in PARAMETERS), transB=1)


def _constant(graph: GraphBuilder, weights: Weights, name: str) -> str:
    return graph.constant(name, weights[name])
