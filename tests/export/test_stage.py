import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from stance import StanceClassifier
from stance.config import ConfigError, DataError
from stance.examples import read_examples
from stance.export.stage import ExportConfig, export


@pytest.mark.parametrize(("backend", "tolerance"), [("torch-fp32", 1e-7), ("onnx-fp32", 1e-5), ("onnx-int8", 0.05)])
def test_every_backend_of_the_bundle_gives_what_the_model_gives(
    bundle: Path, trained: Path, dataset: Path, backend: str, tolerance: float
) -> None:
    examples = read_examples(dataset, "test")
    texts, targets = [e.text for e in examples], [e.target for e in examples]
    expected = StanceClassifier.load(trained, threads=1).predict_proba(texts, targets)
    found = StanceClassifier.load(bundle, backend=backend, threads=1).predict_proba(texts, targets)
    np.testing.assert_allclose(found, expected, atol=tolerance)
    assert (found.argmax(axis=1) == expected.argmax(axis=1)).all()


@pytest.mark.parametrize("backend", ["onnx-fp32", "onnx-int8"])
def test_a_score_does_not_depend_on_its_neighbours(bundle: Path, backend: str) -> None:
    classifier = StanceClassifier.load(bundle, backend=backend, threads=1)
    texts = ["farmers " * (1 + i % 30) + "met in Mali" for i in range(40)]
    together = classifier.predict_proba(texts, "foreign intervention in Mali")
    alone = np.concatenate([classifier.predict_proba([t], "foreign intervention in Mali") for t in texts])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_parity_was_measured_on_dev(bundle: Path, dataset: Path) -> None:
    parity = json.loads((bundle / "onnx" / "parity.json").read_text())
    assert parity["fp32"]["pairs"] == len(read_examples(dataset, "dev"))
    assert parity["fp32"]["max_logit_difference"] <= 1e-4
    assert parity["fp32"]["label_flips"] == parity["int8"]["label_flips"] == 0
    assert parity["int8"]["method"] == "token"
    assert 0 < parity["int8"]["max_logit_difference"] < 1


def test_a_graph_that_differs_is_refused(config: ExportConfig, tmp_path: Path) -> None:
    strict = config.model_copy(update={"max_logit_difference": -1.0, "output": tmp_path / "out"})
    with pytest.raises(DataError, match="nothing was exported"):
        export(strict)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("method", ["token", pytest.param("weights", marks=pytest.mark.slow)])
def test_a_corrupted_quantisation_is_refused(
    config: ExportConfig, tmp_path: Path, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stance.export import quantization
    from tests.export.corruption import corrupt_one_layer

    write = quantization.write_int8

    def write_then_corrupt(name: str, model: Path, path: Path, *rest: object) -> None:
        write(name, model, path, *rest)
        corrupt_one_layer(path)

    monkeypatch.setattr(quantization, "write_int8", write_then_corrupt)
    with pytest.raises(DataError, match=r"onnx/model_int8\.onnx: .*labels differ.*nothing was exported"):
        export(config.model_copy(update={"int8": method, "output": tmp_path / "out"}))
    assert list(tmp_path.iterdir()) == []


def test_auto_leaves_int8_out_when_no_method_passes(config: ExportConfig, tmp_path: Path) -> None:
    impossible = {"int8": "auto", "max_macro_f1_loss": -1.0, "output": tmp_path / "out"}
    manifest = export(config.model_copy(update=impossible))
    assert "int8_label_flips" not in manifest.counts
    assert not (tmp_path / "out" / "onnx" / "model_int8.onnx").exists()
    assert "There is no 8-bit graph" in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.slow
def test_dynamic_is_made_only_on_request_and_is_never_auto(config: ExportConfig, tmp_path: Path) -> None:
    export(config.model_copy(update={"int8": "dynamic", "output": tmp_path / "out", "max_label_flips": 1.0}))
    assert "depends on its neighbours" in (tmp_path / "out" / "README.md").read_text()
    assert StanceClassifier.load(tmp_path / "out", threads=1).backend != "onnx-int8"


def test_a_light_bundle_and_its_archive_predict(config: ExportConfig, tmp_path: Path) -> None:
    export(config.model_copy(update={"contents": "int8", "archive": True, "output": tmp_path / "light"}))
    assert not (tmp_path / "light" / "model.safetensors").exists()
    with tarfile.open(tmp_path / "light.tar") as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    classifier = StanceClassifier.load(tmp_path / "unpacked" / "light", threads=1)
    assert classifier.backend == "onnx-int8"
    assert classifier.predict_proba(["Farmers met."], "t").sum() == pytest.approx(1)


def test_a_bundle_of_nothing_is_refused(config: ExportConfig, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="leave nothing"):
        export(config.model_copy(update={"contents": "int8", "int8": "off", "output": tmp_path / "out"}))


def test_the_card_quotes_report_and_parity(bundle: Path, config: ExportConfig) -> None:
    report = json.loads((config.report / "report.json").read_text())
    card = (bundle / "README.md").read_text()
    assert f"{report['system']['macro_f1']['value']:.3f}" in card
    assert "model-index" in card
    assert "method: token" in card


def test_licence_and_methods_paragraph_travel_with_the_bundle(bundle: Path, config: ExportConfig) -> None:
    report = json.loads((config.report / "report.json").read_text())
    paragraph = " ".join((bundle / "METHODS.md").read_text().split())
    macro = report["system"]["macro_f1"]
    assert f"F1 is {macro['value']:.2f} (95% bootstrap interval" in paragraph
    assert f"{report['measured_on']['train_pairs']:,} labelled pairs" in paragraph
    assert "Apache License" in (bundle / "LICENSE").read_text()
    assert {"METHODS.md", "LICENSE"} <= set(json.loads((bundle / "hashes.json").read_text()))
