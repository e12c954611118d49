"""A model that reads a sentence's neighbours, from training to every way of asking it."""

from pathlib import Path

import numpy as np
import pytest

from stance import StanceClassifier
from stance.examples import pair_lists, read_examples
from stance.export.stage import ExportConfig, export
from stance.inference.files import predict_stream
from stance.inference.rows import Reading
from stance.inference.verify import verify
from stance.model.inputs import InputTemplate
from stance.model.probe import read_probe
from stance.training.stage import ModelConfig, train
from tests.conftest import tiny_training

ARTICLE = "Elders in Mali condemned the strikes. Two planes landed. The harvest around Mali was the best in ten years."
TARGET = "foreign intervention in Mali"


@pytest.fixture(scope="module")
def context_bundle(
    config: ExportConfig, dataset: Path, encoder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("context")
    model = ModelConfig(
        pretrained=str(encoder),
        max_tokens=64,
        freeze_embeddings=False,
        freeze_layers=0,
        template=InputTemplate(first="{text} {before} {after}"),
    )
    train(tiny_training(dataset, encoder, folder / "model", model=model))
    export(config.model_copy(update={"model": folder / "model", "output": folder / "bundle"}))
    return folder / "bundle"


def test_every_backend_of_the_bundle_reads_the_neighbours(context_bundle: Path, dataset: Path) -> None:
    pairs, logits = read_probe(context_bundle)
    examples = read_examples(dataset, "dev")
    assert [(p.before, p.after) for p in pairs] == [(e.before, e.after) for e in examples]
    torch = StanceClassifier.load(context_bundle, backend="torch-fp32", threads=1)
    with_context, without = torch.predict_proba(*pair_lists(examples)), torch.predict_proba(*pair_lists(examples)[:2])
    assert np.abs(with_context - without).max() > 1e-3
    assert (with_context.argmax(axis=1) == logits.argmax(axis=1)).all()
    assert {v.backend for v in verify(context_bundle, threads=1).verdicts} >= {"onnx-int8", "onnx-fp32", "torch-fp32"}
    card = (context_bundle / "README.md").read_text()
    assert "Input is `{text} {before} {after}` as `text`" in card


def test_an_article_gives_its_sentences_their_neighbours(context_bundle: Path, tmp_path: Path) -> None:
    classifier = StanceClassifier.load(context_bundle, backend="onnx-fp32", threads=1)
    found = classifier.predict_document(ARTICLE, TARGET)
    texts = [p.text for p in found]
    contexts = [("", texts[1]), (texts[0], texts[2]), (texts[1], "")]
    expected = [p.probabilities for p in classifier.predict(texts, TARGET, contexts)]
    assert [p.probabilities for p in found] == expected
    assert expected != [p.probabilities for p in classifier.predict(texts, TARGET)]
    (tmp_path / "a.txt").write_text(ARTICLE)
    rows = list(predict_stream(classifier, [str(tmp_path / "a.txt")], Reading(target=TARGET, articles=True)))
    assert [row["probabilities"] for row in rows if isinstance(row, dict)] == expected


@pytest.mark.parametrize(
    ("contexts", "message"),
    [
        ([], "1 texts but 0 contexts"),
        (["before"], r"contexts\[0\] is 'before'"),
        ([("a", None)], "expected two strings"),
    ],
)
def test_wrong_contexts_say_what_is_expected(context_bundle: Path, contexts: object, message: str) -> None:
    classifier = StanceClassifier.load(context_bundle, backend="onnx-fp32", threads=1)
    with pytest.raises((TypeError, ValueError), match=message):
        classifier.predict(["a"], ["t"], contexts)
