from pathlib import Path

import numpy as np
import pytest

from stance import StanceClassifier
from stance.config import ConfigError
from stance.examples import read_examples
from stance.records import normalise
from tests.conftest import PLACES, SENTENCES


@pytest.fixture(scope="module")
def classifier(trained: Path) -> StanceClassifier:
    return StanceClassifier.load(trained, threads=1)


@pytest.fixture(scope="module")
def pairs() -> tuple[list[str], list[str]]:
    """100 pairs of all labels and mixed lengths."""
    texts = [text.format(place) for place in PLACES for text in SENTENCES.values()] * 3
    return texts[:100], [f"foreign intervention in {PLACES[i % 7]}" for i in range(100)]


def test_transformers_alone_gives_the_same_answers(
    classifier: StanceClassifier, trained: Path, pairs: tuple[list[str], list[str]]
) -> None:
    from transformers import pipeline

    theirs = pipeline("text-classification", str(trained))(
        [{"text": text, "text_pair": target} for text, target in zip(*pairs, strict=True)]
    )
    ours = classifier.predict(*pairs)
    assert [p.label for p in ours] == [row["label"] for row in theirs]
    assert [p.probabilities[p.label] for p in ours] == pytest.approx([row["score"] for row in theirs], abs=1e-5)


def test_a_pair_is_scored_the_same_whatever_its_neighbours(
    classifier: StanceClassifier, pairs: tuple[list[str], list[str]]
) -> None:
    together = classifier.predict_proba(*pairs)
    alone = np.concatenate([classifier.predict_proba([text], [target]) for text, target in zip(*pairs, strict=True)])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    np.testing.assert_allclose(together.sum(axis=1), 1)


def test_it_has_learnt_the_tiny_corpus(classifier: StanceClassifier, dataset: Path) -> None:
    examples = read_examples(dataset, "test")
    predictions = classifier.predict([e.text for e in examples], [e.target for e in examples])
    right = sum(p.label == e.label for p, e in zip(predictions, examples, strict=True))
    assert right >= 0.9 * len(examples)


def test_document_offsets_point_at_the_sentences(classifier: StanceClassifier) -> None:
    article = "The council met.\r\nIt voted “for” the mission… Farmers – 14 of them – left.\n"
    predictions = classifier.predict_document(article, "foreign intervention in Mali")
    assert len(predictions) == 3
    assert all(normalise(article)[p.start : p.end] == p.text for p in predictions)


@pytest.mark.parametrize("text", ["", " ", "\0", "🎈🎈", "слово", "x" * 100_000, "\ud800"])
def test_odd_texts_get_an_answer(classifier: StanceClassifier, text: str) -> None:
    (row,) = classifier.predict_proba([text], ["t"])
    assert row.sum() == pytest.approx(1)


def test_nothing_in_nothing_out(classifier: StanceClassifier) -> None:
    assert classifier.predict([], []) == []
    assert classifier.predict_proba([], "t").shape == (0, 4)
    assert classifier.predict_document("", "t") == []


@pytest.mark.parametrize(
    ("texts", "targets", "message"),
    [
        ("a sentence", "t", "use predict_document"),
        (["a", "b"], ["t"], "2 texts but 1 targets"),
        (["a", None], "t", r"texts\[1\] is None"),
        (["a"], [3], r"targets\[0\] is 3"),
    ],
)
def test_wrong_arguments_say_what_is_expected(
    classifier: StanceClassifier, texts: object, targets: object, message: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        classifier.predict(texts, targets)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder; expected a model folder"):
        StanceClassifier.load(tmp_path / "absent")
