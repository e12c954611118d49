"""Predict: a model and a dataset split -> predictions.jsonl; or a model and articles -> one Prediction a sentence."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator

from stance.config import ConfigError, StageConfig
from stance.examples import pair_lists, read_examples
from stance.ingest.stage import load_articles
from stance.manifest import Manifest, build
from stance.model.backends.choose import BackendName
from stance.records import Document, Prediction, Removed
from stance.storage import write_records

if TYPE_CHECKING:
    from stance.inference.classifier import StanceClassifier

PREDICTIONS = "predictions.jsonl"
HELD_OUT = "dev.jsonl"
"""Predictions of the dev split beside those of the test split: evaluate fits its thresholds on them."""


class PredictConfig(StageConfig):
    """A model and pairs in, probabilities out."""

    model: Path
    """Output of train or export."""
    dataset: Path
    """Output of dataset, whose `split` is predicted when no `input` is given."""
    split: Literal["train", "dev", "test"] = "test"
    """Which part of the dataset."""
    input: Path | None = None
    """An article or a folder of articles to predict instead; the result goes to standard output."""
    target: str | None = None
    """The intervention to ask every sentence of `input` about, e.g. 'Russian intervention in Libya'."""
    format: Literal["text", "jsonl"] = "text"
    """How sentences of `input` are printed: for reading, or one JSON object a line."""
    backend: BackendName = "auto"
    """What runs the network; auto is the fastest that was measured to be right on this machine."""
    threads: int | None = None
    """CPU threads; null is one a core."""

    @model_validator(mode="after")
    def _input_has_target(self) -> "PredictConfig":
        if (self.input is None) != (self.target is None):
            raise ValueError(
                "input and target go together: predict.input=article.txt 'predict.target=Russian intervention in Libya'"
            )
        return self

    @property
    def inputs(self) -> dict[str, Path]:
        """Articles do not need a dataset, nor a dataset articles."""
        unused = "dataset" if self.input else "input"
        return {name: path for name, path in super().inputs.items() if name != unused}


def predict(config: PredictConfig, *, replace: bool = False) -> Manifest:
    """Predict a split of the dataset into `config.output`."""
    return build("predict", config, _work, replace=replace)


def predict_articles(config: PredictConfig) -> Iterator[Prediction | Removed]:
    """One Prediction for each sentence below `config.input`; articles that cannot be read come as Removed."""
    from stance.inference.classifier import StanceClassifier

    if config.input is None or config.target is None:
        raise ConfigError("predict.input and predict.target are needed to predict articles")
    classifier = StanceClassifier.load(config.model, backend=config.backend, threads=config.threads)
    for article in load_articles(config.input):
        if isinstance(article, Document):
            yield from classifier.predict_document(article.text, config.target, source=article.source)
        else:
            yield article


def describe(prediction: Prediction) -> str:
    """One line for people: span, label, its probability, the sentence."""
    span = f"{prediction.start}-{prediction.end}"
    text = " ".join(prediction.text.split())
    return f"{span:>11}  {prediction.label:<9} {prediction.probabilities[prediction.label]:.2f}  {text}"


def _work(config: PredictConfig, folder: Path) -> Mapping[str, int]:
    from stance.inference.classifier import StanceClassifier

    classifier = StanceClassifier.load(config.model, backend=config.backend, threads=config.threads)
    pairs = _predict_split(classifier, config.dataset, config.split, folder / PREDICTIONS)
    counts = {"pairs": pairs, "predictions": pairs}
    if config.split == "test":
        counts["dev_predictions"] = _predict_split(classifier, config.dataset, "dev", folder / HELD_OUT)
    return counts


def _predict_split(classifier: "StanceClassifier", dataset: Path, split: str, path: Path) -> int:
    examples = read_examples(dataset, split)
    texts, targets, contexts = pair_lists(examples)
    answers = classifier.predict(texts, targets, contexts if classifier.reads_context else None)
    return write_records(
        path,
        (
            answer.model_copy(update={"id": e.id, "document": e.document, "start": e.start, "end": e.end})
            for e, answer in zip(examples, answers, strict=True)
        ),
    )
