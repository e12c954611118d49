"""The public API: load a model folder, ask for stances."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stance.config import ConfigError
from stance.ingest.sentences import split_sentences
from stance.labels import LabelScheme
from stance.model import Precision
from stance.model.device import Compute, choose_compute
from stance.model.folder import ModelSettings, load_network, read_settings
from stance.model.forward import predict_logits, softmax
from stance.model.inputs import PairEncoder
from stance.records import Document, Prediction, document_id, normalise, pair_id

if TYPE_CHECKING:
    from transformers import PreTrainedModel

DEFAULT_BATCH_TOKENS = 4096


class StanceClassifier:
    """Classifies (sentence, target) pairs with a fine-tuned model.

    >>> classifier = StanceClassifier.load("outputs/default/model")  # doctest: +SKIP
    >>> classifier.predict(["The council urged more strikes."], ["foreign intervention in Libya"])  # doctest: +SKIP
    """

    def __init__(
        self, network: "PreTrainedModel", inputs: PairEncoder, settings: ModelSettings, compute: Compute
    ) -> None:
        self._network = network
        self._inputs = inputs
        self._compute = compute
        self.settings = settings

    @classmethod
    def load(
        cls, folder: str | Path, *, precision: Precision = "fp32", threads: int | None = None
    ) -> "StanceClassifier":
        """The classifier in a model folder made by train or export.

        Raises ConfigError when there is no such folder, DataError when it is incomplete or contradicts itself.
        """
        folder = Path(folder)
        if not folder.is_dir():
            raise ConfigError(f"{folder}: no such folder; expected a model folder, as train or export makes one")
        settings = read_settings(folder)
        compute = choose_compute(precision, threads)
        network, tokenizer = load_network(folder)
        inputs = PairEncoder(tokenizer, settings.max_tokens, settings.template)
        return cls(network.to(compute.device), inputs, settings, compute)

    @property
    def scheme(self) -> LabelScheme:
        """The labels, in the order of the model's outputs."""
        return self.settings.scheme

    def predict_proba(
        self,
        texts: Sequence[str],
        targets: Sequence[str] | str,
        *,
        contexts: Sequence[tuple[str, str]] | None = None,
        batch_tokens: int = DEFAULT_BATCH_TOKENS,
    ) -> np.ndarray:
        """Probabilities of shape (pairs, labels), labels in the order of `scheme.names`.

        `contexts` are the sentences before and after each text, for models whose template reads them.

        `targets` has one target a text, or is one for all. Raises ValueError when the lengths differ, TypeError
        when an entry is no string.
        """
        targets = _one_each(texts, targets)
        encodings = self._inputs.encode(texts, targets, contexts)
        logits = predict_logits(self._network, encodings, self._inputs, self._compute, batch_tokens)
        return softmax(logits)

    def predict(
        self,
        texts: Sequence[str],
        targets: Sequence[str] | str,
        *,
        contexts: Sequence[tuple[str, str]] | None = None,
    ) -> list[Prediction]:
        """One Prediction a pair, in order; `document` is empty and the span covers the text as given."""
        targets = _one_each(texts, targets)
        probabilities = self.predict_proba(texts, targets, contexts=contexts)
        return [
            self._prediction(str(i), "", 0, text, target, row)
            for i, (text, target, row) in enumerate(zip(texts, targets, probabilities, strict=True))
        ]

    def predict_document(self, text: str, target: str, *, source: str = "") -> list[Prediction]:
        """One Prediction for each sentence of an article, offsets in code points of the normalised text."""
        normalised = normalise(text)
        document = Document(id=document_id(normalised), text=normalised, source=source)
        sentences = list(split_sentences(document))
        contexts = [(s.before, s.after) for s in sentences]
        probabilities = self.predict_proba([s.text for s in sentences], target, contexts=contexts)
        return [
            self._prediction(pair_id(s.id, target), source, s.start, s.text, target, row)
            for s, row in zip(sentences, probabilities, strict=True)
        ]

    def _prediction(
        self, identity: str, document: str, start: int, text: str, target: str, probabilities: np.ndarray
    ) -> Prediction:
        return Prediction(
            id=identity,
            document=document,
            start=start,
            end=start + len(text),
            text=text,
            target=target,
            label=self.scheme.names[int(probabilities.argmax())],
            probabilities={name: round(float(p), 6) for name, p in zip(self.scheme.names, probabilities, strict=True)},
        )


def _one_each(texts: Sequence[str], targets: Sequence[str] | str) -> Sequence[str]:
    if isinstance(texts, str):
        raise TypeError("texts is one string; expected a list of sentences, or use predict_document for an article")
    if isinstance(targets, str):
        targets = [targets] * len(texts)
    if len(texts) != len(targets):
        raise ValueError(f"{len(texts)} texts but {len(targets)} targets; give one target a text, or one for all")
    for name, values in (("texts", texts), ("targets", targets)):
        for i, value in enumerate(values):
            if not isinstance(value, str):
                raise TypeError(f"{name}[{i}] is {value!r}; expected a string")
    return targets
