"""8-bit graphs, by three methods of different speed and exactness."""

import json
import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx

from stance.config import ConfigError
from stance.export.bert_graph import SecondLook, is_supported, write_bert
from stance.export.linear import FloatLinear, Seen, TokenInt8Linear
from stance.export.onnx_graph import export_onnx
from stance.model.folder import load_network, read_settings
from stance.model.inputs import Encoding

Method = Literal["token", "weights", "dynamic"]
"""`token`: 8-bit weights and activations, one activation scale a token, and a second look with weights of 9 bits and
activations of 16 at pairs whose label is in doubt; BERT only, the fastest.
`weights`: 8-bit weights in blocks, any architecture. `dynamic`: ONNX Runtime's, whose scores depend on the batch."""
BLOCK = 64
"""Blocks of 32 make the file larger than 25 MB; whether they are more exact than 64 has not been measured."""
DOUBT = 4.0
"""Pairs whose margin is smaller than so many times its error get a second look, in `token`. The error is measured on
training pairs; on others it is up to one and a half times as large."""
POSITIONS = "bert.embeddings.position_embeddings.weight"
ACCURACY_LEVEL = 4
"""Of MatMulNBits: products in 8-bit integers."""


def write_int8(method: Method, model: Path, path: Path, encodings: Sequence[Encoding], threads: int) -> None:
    """Write an 8-bit graph of the network in folder `model` to `path`.

    `encodings` are unlabelled pairs for calibration, which only `token` looks at. Raises ConfigError when `token` does
    not know the architecture.
    """
    if method == "token":
        _write_token(model, path, encodings, threads)
        return
    plain = path.with_suffix(".plain.onnx")
    quiet = logging.getLogger()
    level = quiet.level
    try:
        # Not the graph of fused operators: a product of one row a pair meets another kernel of MatMulNBits, and scores
        # then move with the batch.
        network, tokenizer = load_network(model)
        export_onnx(network, tuple(tokenizer.model_input_names), plain)
        graph = onnx.load(plain)
        del graph.graph.value_info[:]  # the exporter's shapes contradict those that the quantiser infers
        onnx.save(graph, plain)
        quiet.setLevel(logging.ERROR)  # the quantiser advises a preprocessing that fails on these graphs
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (_write_weights if method == "weights" else _write_dynamic)(plain, path)
    finally:
        quiet.setLevel(level)
        plain.unlink(missing_ok=True)


def _write_weights(plain: Path, path: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    quantizer = MatMulNBitsQuantizer(
        onnx.load(plain), bits=8, block_size=BLOCK, is_symmetric=True, accuracy_level=ACCURACY_LEVEL
    )
    quantizer.process()
    matrices = path.with_suffix(".matrices.onnx")
    try:
        onnx.save(quantizer.model.model, matrices)  # ty: ignore[missing-union-attribute]
        quantize_dynamic(matrices, path, op_types_to_quantize=["Gather"], weight_type=QuantType.QUInt8)
    finally:
        matrices.unlink(missing_ok=True)


def _write_dynamic(plain: Path, path: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(plain, path, per_channel=True, weight_type=QuantType.QInt8)


def _write_token(model: Path, path: Path, encodings: Sequence[Encoding], threads: int) -> None:
    from safetensors.numpy import load_file

    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    if not is_supported(config):
        raise ConfigError(f"export.int8=token knows BERT only, not {config.get('model_type')}; use export.int8=weights")
    weights = load_file(model / "model.safetensors")
    # No pair is longer: what would never be read would only make the file larger.
    weights[POSITIONS] = weights[POSITIONS][: read_settings(model).max_tokens]
    watched, narrow_only = path.with_suffix(".watched.onnx"), path.with_suffix(".narrow.onnx")
    try:
        floats = FloatLinear()
        write_bert(watched, config, weights, floats, watch=True)
        seen, expected = calibrate(_open(watched, threads), floats.seen, encodings)
        narrow = TokenInt8Linear(seen)
        write_bert(narrow_only, config, weights, narrow, compact=True)
        margin = DOUBT * margin_error(_open(narrow_only, threads), encodings, expected)
    finally:
        watched.unlink(missing_ok=True)
        narrow_only.unlink(missing_ok=True)
    second = SecondLook(replace(narrow, wide=True), margin)
    write_bert(path, config, weights, narrow, compact=True, second=second)


def _open(graph: Path, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _feed(encoding: Encoding) -> dict[str, np.ndarray]:
    # One pair at a time needs no padding, whose activations would count.
    return {name: np.asarray([values], dtype=np.int64) for name, values in encoding.items()}


def calibrate(
    session: Any, seen: Mapping[str, str], encodings: Sequence[Encoding]
) -> tuple[dict[str, Seen], np.ndarray]:
    """(layer name -> what it read over `encodings`, logits of shape (pairs, labels)) of a watched graph."""
    names = [*dict.fromkeys(seen.values()), "logits"]
    found: dict[str, Seen] = {}
    logits = []
    for encoding in encodings:
        values = dict(zip(names, session.run(names, _feed(encoding)), strict=True))
        logits.append(values["logits"][0])
        for layer, name in seen.items():
            rows = values[name]
            largest, products = np.abs(rows).max(axis=0), rows.T @ rows
            known = found.get(layer, Seen(largest, np.zeros_like(products)))
            found[layer] = Seen(np.maximum(known.largest, largest), known.products + products)
    return found, np.stack(logits)


def margin_error(session: Any, encodings: Sequence[Encoding], expected: np.ndarray) -> float:
    """Root mean square error of a graph's difference between the two labels that are best in logits `expected`."""
    found = np.concatenate([session.run(["logits"], _feed(encoding))[0] for encoding in encodings])
    two = np.argsort(expected, axis=1)[:, -2:]
    margins = [np.diff(np.take_along_axis(logits, two, axis=1)) for logits in (found, expected)]
    return float(np.sqrt(((margins[0] - margins[1]) ** 2).mean()))
