import json
from pathlib import Path

import numpy as np
import pytest

from stance import StanceClassifier
from stance.config import DataError
from stance.evaluation.stage import EvaluateConfig, evaluate
from stance.examples import read_examples
from stance.export.stage import ExportConfig, export
from stance.inference.stage import PredictConfig, predict


@pytest.fixture(scope="module")
def config(trained: Path, dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> ExportConfig:
    out = tmp_path_factory.mktemp("export")
    predict(PredictConfig(model=trained, dataset=dataset, output=out / "predictions", threads=1))
    evaluate(
        EvaluateConfig(predictions=out / "predictions", dataset=dataset, output=out / "report", bootstrap_resamples=100)
    )
    return ExportConfig(model=trained, dataset=dataset, report=out / "report", output=out / "model", threads=1)


@pytest.fixture(scope="module")
def bundle(config: ExportConfig) -> Path:
    export(config)
    return config.output


def test_the_bundle_predicts_what_the_model_predicts(bundle: Path, trained: Path, dataset: Path) -> None:
    examples = read_examples(dataset, "test")
    texts, targets = [e.text for e in examples], [e.target for e in examples]
    assert StanceClassifier.load(bundle).predict(texts, targets) == StanceClassifier.load(trained).predict(
        texts, targets
    )


def test_the_onnx_graph_takes_any_batch_and_length(bundle: Path) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(bundle / "onnx" / "model.onnx", providers=["CPUExecutionProvider"])
    classifier = StanceClassifier.load(bundle)
    inputs = classifier._inputs
    for batch, words in ((1, 1), (3, 7), (9, 30)):
        encodings = inputs.encode(["farmers " * words] * batch, ["foreign intervention in Mali"] * batch)
        (logits,) = session.run(["logits"], inputs.pad(encodings))
        exponentials = np.exp(logits)
        expected = classifier.predict_proba(["farmers " * words] * batch, "foreign intervention in Mali")
        assert exponentials / exponentials.sum(axis=1, keepdims=True) == pytest.approx(expected, abs=1e-5)


def test_parity_was_measured(bundle: Path) -> None:
    parity = json.loads((bundle / "onnx" / "parity.json").read_text())
    assert 0 <= parity["max_logit_difference"] <= 1e-4
    assert parity["label_flips"] == 0


def test_a_graph_that_differs_is_refused(config: ExportConfig, tmp_path: Path) -> None:
    strict = config.model_copy(update={"max_logit_difference": -1.0, "output": tmp_path / "out"})
    with pytest.raises(DataError, match="nothing was exported"):
        export(strict)
    assert list(tmp_path.iterdir()) == []


def test_the_card_quotes_the_report(bundle: Path, config: ExportConfig) -> None:
    report = json.loads((config.report / "report.json").read_text())
    card = (bundle / "README.md").read_text()
    assert f"{report['system']['macro_f1']['value']:.3f}" in card
    assert "model-index" in card
