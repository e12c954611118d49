import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from safetensors.numpy import load_file

from stance.export.bert_graph import SecondLook, write_bert
from stance.export.linear import FloatLinear, TokenInt8Linear
from stance.export.quantization import calibrate, margin_error

TOKENS = 12


def open_graph(path: Path) -> Any:
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def batch() -> dict[str, np.ndarray]:
    ids = np.random.default_rng(0).integers(5, 60, (24, TOKENS))
    return {"input_ids": ids, "token_type_ids": np.zeros_like(ids), "attention_mask": np.ones_like(ids)}


@pytest.fixture(scope="module")
def graphs(trained: Path, batch: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The same network in fp32, with 8-bit and 16-bit activations, and with second looks at none, some and all."""
    folder = tmp_path_factory.mktemp("graphs")
    config, weights = json.loads((trained / "config.json").read_text()), load_file(trained / "model.safetensors")
    floats = FloatLinear()
    write_bert(folder / "fp32.onnx", config, weights, floats, watch=True)
    encodings = [{name: rows[i].tolist() for name, rows in batch.items()} for i in range(8)]
    seen, _ = calibrate(open_graph(folder / "fp32.onnx"), floats.seen, encodings)
    narrow = TokenInt8Linear(seen)
    wide = replace(narrow, wide=True)
    write_bert(folder / "narrow.onnx", config, weights, narrow)
    write_bert(folder / "wide.onnx", config, weights, wide)
    fp32 = open_graph(folder / "fp32.onnx").run(["logits"], batch)[0]
    margins = np.diff(np.sort(fp32, axis=1)[:, -2:])
    for name, margin in (("none", -1.0), ("some", float(np.median(margins))), ("all", 1e9)):
        write_bert(folder / f"{name}.onnx", config, weights, narrow, second=SecondLook(wide, margin))
    return {path.stem: open_graph(path) for path in folder.iterdir()}


def test_sixteen_bits_are_nearer_than_eight(graphs: dict[str, Any], batch: dict[str, np.ndarray]) -> None:
    encodings = [{name: rows[i].tolist() for name, rows in batch.items()} for i in range(24)]
    fp32 = graphs["fp32"].run(["logits"], batch)[0]
    assert 0 < margin_error(graphs["wide"], encodings, fp32) < margin_error(graphs["narrow"], encodings, fp32)
    assert margin_error(graphs["fp32"], encodings, fp32) < 1e-5


def test_only_pairs_in_doubt_get_a_second_look(graphs: dict[str, Any], batch: dict[str, np.ndarray]) -> None:
    found = {name: session.run(["logits"], batch)[0] for name, session in graphs.items()}
    np.testing.assert_array_equal(found["none"], found["narrow"])
    np.testing.assert_array_equal(found["all"], found["wide"])
    again = (found["some"] == found["wide"]).all(axis=1)
    kept = (found["some"] == found["narrow"]).all(axis=1)
    assert 0 < again.sum() < len(again)
    assert (again | kept).all()
    margins = np.diff(np.sort(found["narrow"], axis=1)[:, -2:])[:, 0]
    assert margins[again & ~kept].max() < margins[kept & ~again].min()
