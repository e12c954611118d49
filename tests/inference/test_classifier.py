import pickle
from concurrent.futures import ThreadPoolExecutor
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
        [{"text": text, "text_pair": target} for text, target in zip(*pairs, strict=True)],
        top_k=None,
        function_to_apply="none",
    )
    names = classifier.scheme.names
    logits = np.array([[{row["label"]: row["score"] for row in rows}[name] for name in names] for rows in theirs])
    ours = classifier.predict(*pairs)
    assert [p.label for p in ours] == [rows[0]["label"] for rows in theirs]
    expected = classifier.settings.probabilities(logits)
    np.testing.assert_allclose([list(p.probabilities.values()) for p in ours], expected, atol=1e-5)


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
        (None, "t", "texts is NoneType"),
        (["a"], None, "targets is NoneType"),
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


def test_threads_may_share_a_classifier(classifier: StanceClassifier, pairs: tuple[list[str], list[str]]) -> None:
    expected = classifier.predict_proba(*pairs)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: classifier.predict_proba(*pairs), range(8)):
            np.testing.assert_array_equal(found, expected)


def test_it_pickles_as_the_place_it_came_from(classifier: StanceClassifier, pairs: tuple[list[str], list[str]]) -> None:
    content = pickle.dumps(classifier)
    assert len(content) < 1000
    again = pickle.loads(content)  # noqa: S301 - our own bytes
    assert again.backend == classifier.backend
    np.testing.assert_array_equal(again.predict_proba(*pairs), classifier.predict_proba(*pairs))


def test_several_targets_follow_each_other_sentence_by_sentence(classifier: StanceClassifier) -> None:
    targets = ["foreign intervention in Mali", "foreign intervention in Chad"]
    found = classifier.predict_document("Farmers met. Elders spoke.", targets)
    assert [(p.text, p.target) for p in found] == [(s, t) for s in ("Farmers met.", "Elders spoke.") for t in targets]


def test_unsure_answers_abstain_when_asked_to(classifier: StanceClassifier) -> None:
    assert not classifier.predict(["Farmers met."], "t")[0].abstained
    assert classifier.predict(["Farmers met."], "t", abstain_below=1.01)[0].abstained


def test_context_is_refused_by_a_model_that_reads_none(classifier: StanceClassifier) -> None:
    with pytest.raises(ValueError, match="trained without context"):
        classifier.predict(["a"], ["t"], [("before", "after")])


@pytest.mark.parametrize(
    ("backend", "message"), [("onnx-int8", "has no onnx/model_int8.onnx"), ("onyx", "no such backend 'onyx'")]
)
def test_a_backend_that_is_not_there_is_named(trained: Path, backend: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        StanceClassifier.load(trained, backend=backend)


def test_a_hub_id_that_is_not_cached_is_named() -> None:
    with pytest.raises(ConfigError, match="nor a hub id in the local cache"):
        StanceClassifier.load("nobody/no-such-model")
