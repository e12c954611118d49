"""BERT as a graph of fused operators, for speed on a CPU: the same function as the network, checked by parity.

Three things differ from the exporter's graph: attention is one operator; skip connection and normalisation are one;
and the last layer computes its first token only, the one that the head reads.
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
    for layer in range(config["num_hidden_layers"]):
        last = layer == config["num_hidden_layers"] - 1
        x = _layer(graph, config, weights, linear, f"bert.encoder.layer.{layer}", x, mask, first_token_only=last)
    size = config["hidden_size"]
    first = graph.op("Reshape", x, graph.constant(f"rows_of_{size}", [-1, size], np.int64))
    pooled = graph.op("Tanh", _dense(graph, weights, "bert.pooler.dense", first))
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
    return graph.op("LayerNormalization", summed, *norm, axis=-1, epsilon=config["layer_norm_eps"])


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
    def part(*names: str) -> tuple[np.ndarray, np.ndarray]:
        kernels = [weights[f"{prefix}.{name}.weight"].T for name in names]
        return np.concatenate(kernels, axis=1), np.concatenate([weights[f"{prefix}.{name}.bias"] for name in names])

    def add_and_normalise(value: str, skip: str, name: str) -> str:
        norm = (_constant(graph, weights, f"{prefix}.{name}.LayerNorm.{n}") for n in PARAMETERS)
        epsilon = config["layer_norm_eps"]
        return graph.op("SkipLayerNormalization", value, skip, *norm, domain=FUSED, epsilon=epsilon)

    query, key, value = (f"attention.self.{name}" for name in ("query", "key", "value"))
    if first_token_only:
        cut = [graph.constant(f"first_token_{i}", v, np.int64) for i, v in enumerate(FIRST_TOKEN)]
        read, kept = x, graph.op("Slice", x, *cut)
        q = linear(graph, kept, f"{prefix}.query", *part(query))
        k, v = graph.ops(
            "Split", linear(graph, read, f"{prefix}.key_value", *part(key, value)), outputs=2, axis=-1, num_outputs=2
        )
    else:
        kept = x
        packed = linear(graph, x, f"{prefix}.query_key_value", *part(query, key, value))
        q, k, v = graph.ops("Split", packed, outputs=3, axis=-1, num_outputs=3)
    heads = config["num_attention_heads"]
    attended = graph.op("MultiHeadAttention", q, k, v, "", mask, domain=FUSED, num_heads=heads)
    mixed = linear(graph, attended, f"{prefix}.attention_output", *part("attention.output.dense"))
    x = add_and_normalise(mixed, kept, "attention.output")
    grown = linear(graph, x, f"{prefix}.intermediate", *part("intermediate.dense"))
    active = graph.op("Gelu", grown)
    shrunk = linear(graph, active, f"{prefix}.output", *part("output.dense"), after_gelu=True)
    return add_and_normalise(shrunk, x, "output")


def _dense(graph: GraphBuilder, weights: Weights, name: str, x: str) -> str:
    return graph.op("Gemm", x, *(_constant(graph, weights, f"{name}.{n}") for n in PARAMETERS), transB=1)


def _constant(graph: GraphBuilder, weights: Weights, name: str) -> str:
    return graph.constant(name, weights[name])
