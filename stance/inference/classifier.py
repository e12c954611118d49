"""The public API: load a model folder, ask for stances."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from stance.config import ConfigError
from stance.ingest.sentences import split_sentences
from stance.labels import LabelScheme
from stance.model.backends import DEFAULT_BATCH_TOKENS, Scorer
from stance.model.backends.choose import BackendName, open_scorer
from stance.model.bundle import bundle_fingerprint
from stance.model.folder import ModelSettings, read_settings
from stance.model.inputs import Contexts
from stance.records import Document, Prediction, document_id, normalise, pair_id


class StanceClassifier:
    """Classifies (sentence, target) pairs with a fine-tuned model. Several threads may share one.

    >>> classifier = StanceClassifier.load("outputs/default/model")  # doctest: +SKIP
    >>> classifier.predict(["The council urged more strikes."], ["foreign intervention in Libya"])  # doctest: +SKIP
    """

    def __init__(self, scorer: Scorer, settings: ModelSettings, fingerprint: str, origin: tuple[object, ...]) -> None:
        self._scorer = scorer
        self._origin = origin
        self.settings = settings
        self.fingerprint = fingerprint

    @classmethod
    def load(
        cls, folder: str | Path, *, backend: BackendName = "auto", threads: int | None = None, download: bool = False
    ) -> "StanceClassifier":
        """The classifier in a model folder made by train or export, or in a repository of the model hub.

        A hub id is searched in the local cache, and fetched when `download` is true. `threads` None is one a core.
        Raises ConfigError when there is no such folder or backend, DataError when it is damaged or contradicts itself.
        """
        path = _locate(folder, download=download)
        scorer = open_scorer(path, backend, threads)
        return cls(scorer, read_settings(path), bundle_fingerprint(path), (str(path), backend, threads))

    def __reduce__(self) -> tuple[Callable[..., "StanceClassifier"], tuple[object, ...]]:
        """Pickles as the place it was loaded from: a worker loads it again from there."""
        return _load_again, self._origin

    @property
    def scheme(self) -> LabelScheme:
        """The labels, in the order of the model's outputs."""
        return self.settings.scheme

    @property
    def backend(self) -> str:
        """What runs the network, e.g. `onnx-int8`."""
        return self._scorer.backend.name

    @property
    def reads_context(self) -> bool:
        """Whether a sentence's neighbours change the answer."""
        return self.settings.template.reads_context

    def predict_proba(
        self,
        texts: Sequence[str],
        targets: Sequence[str] | str,
        contexts: Contexts | None = None,
        *,
        batch_tokens: int = DEFAULT_BATCH_TOKENS,
    ) -> np.ndarray:
        """Calibrated probabilities of shape (pairs, labels), labels in the order of `scheme.names`.

        `targets` has one target a text, or is one for all. `contexts` has the sentences before and after each text,
        for models whose template reads them; left out they are empty. Raises ValueError when lengths differ, or when
        `contexts` are given to a model that reads none; TypeError when an entry is no string.
        """
        targets = _one_each(texts, targets)
        if contexts is not None:
            self._check_contexts(texts, contexts)
        return self.settings.probabilities(self._scorer.logits(texts, targets, contexts, batch_tokens=batch_tokens))

    def predict(
        self,
        texts: Sequence[str],
        targets: Sequence[str] | str,
        contexts: Contexts | None = None,
        *,
        abstain_below: float = 0.0,
    ) -> list[Prediction]:
        """One Prediction a pair, in order; `document` is empty and the span covers the text as given.

        A prediction whose label is less probable than `abstain_below` is marked as abstained.
        """
        targets = _one_each(texts, targets)
        return self.predictions(
            texts, targets, self.predict_proba(texts, targets, contexts), abstain_below=abstain_below
        )

    def predictions(
        self, texts: Sequence[str], targets: Sequence[str], probabilities: np.ndarray, *, abstain_below: float = 0.0
    ) -> list[Prediction]:
        """What `predict` returns for probabilities, shape (pairs, labels), that are known already."""
        return [
            self._prediction(str(i), "", 0, text, target, row, abstain_below)
            for i, (text, target, row) in enumerate(zip(texts, targets, probabilities, strict=True))
        ]

    def predict_sets(
        self,
        texts: Sequence[str],
        targets: Sequence[str] | str,
        contexts: Contexts | None = None,
        *,
        coverage: float = 0.9,
    ) -> list[tuple[str, ...]]:
        """For each pair the labels, most probable first, that hold the right one in `coverage` of cases.

        The promise is conformal, for a random sentence of a random article like those of the dev split. Raises
        ValueError when the model was not fitted for this coverage.
        """
        fitted = self.settings.abstention
        known = fitted.sets if fitted else {}
        if f"{coverage:g}" not in known:
            raise ValueError(f"coverage {coverage:g} was not fitted; this model has {', '.join(known) or 'none'}")
        targets = _one_each(texts, targets)
        probabilities = self.predict_proba(texts, targets, contexts)
        own = fitted.sets_by_target if fitted else {}
        least = np.array([own.get(t, known)[f"{coverage:g}"] for t in targets])
        return [
            tuple(self.scheme.names[i] for i in np.argsort(-row, kind="stable") if row[i] >= bound)
            for row, bound in zip(probabilities, least, strict=True)
        ]

    def threshold_for(self, max_error: float) -> float:
        """`abstain_below` at which at most `max_error` of the answers are wrong, as promised on the dev articles.

        Raises ValueError when the model cannot promise this error; the message lists those that it can.
        """
        fitted = self.settings.abstention
        known = fitted.answers if fitted else {}
        if f"{max_error:g}" not in known:
            raise ValueError(f"error {max_error:g} cannot be promised; this model has {', '.join(known) or 'none'}")
        return known[f"{max_error:g}"]

    def predict_document(
        self, text: str, target: str | Sequence[str], *, source: str = "", abstain_below: float = 0.0
    ) -> list[Prediction]:
        """One Prediction for each sentence of an article, offsets in code points of the normalised text.

        With several targets, each sentence's predictions follow each other in the order of the targets.
        """
        normalised = normalise(text)
        document = Document(id=document_id(normalised), text=normalised, source=source)
        targets = [target] if isinstance(target, str) else list(target)
        asked = [(sentence, each) for sentence in split_sentences(document) for each in targets]
        contexts = [(s.before, s.after) for s, _ in asked] if self.reads_context else None
        probabilities = self.predict_proba([s.text for s, _ in asked], [each for _, each in asked], contexts)
        return [
            self._prediction(pair_id(s.id, each), source, s.start, s.text, each, row, abstain_below)
            for (s, each), row in zip(asked, probabilities, strict=True)
        ]

    def _check_contexts(self, texts: Sequence[str], contexts: Contexts) -> None:
        if not self.reads_context:
            raise ValueError("this model was trained without context; leave out contexts")
        if len(texts) != len(contexts):
            raise ValueError(f"{len(texts)} texts but {len(contexts)} contexts; give one (before, after) a text")
        for i, value in enumerate(contexts):
            if not isinstance(value, tuple | list) or [isinstance(part, str) for part in value] != [True, True]:
                raise TypeError(f"contexts[{i}] is {value!r}; expected two strings, the sentences before and after")

    def _prediction(
        self,
        identity: str,
        document: str,
        start: int,
        text: str,
        target: str,
        probabilities: np.ndarray,
        abstain_below: float,
    ) -> Prediction:
        best = int(probabilities.argmax())
        return Prediction(
            id=identity,
            document=document,
            start=start,
            end=start + len(text),
            text=text,
            target=target,
            label=self.scheme.names[best],
            probabilities={name: round(float(p), 6) for name, p in zip(self.scheme.names, probabilities, strict=True)},
            abstained=bool(probabilities[best] < abstain_below),
        )


def _load_again(folder: str, backend: BackendName, threads: int | None) -> StanceClassifier:
    return StanceClassifier.load(folder, backend=backend, threads=threads)


def _locate(folder: str | Path, *, download: bool) -> Path:
    path = Path(folder)
    if path.is_dir():
        return path.absolute()
    if isinstance(folder, Path) or folder.count("/") != 1 or folder.startswith((".", os.sep)):
        raise ConfigError(f"{folder}: no such folder; expected a model folder, as train or export makes one")
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise ConfigError(f"{folder}: no such folder; for a hub id, pip install huggingface-hub") from None
    try:
        return Path(snapshot_download(folder, local_files_only=not download))
    except (OSError, ValueError) as error:
        wish = "" if download else ", or allow its download with download=True"
        raise ConfigError(f"{folder}: no such folder, nor a hub id in the local cache{wish} ({error})") from None


def _one_each(texts: Sequence[str], targets: Sequence[str] | str) -> Sequence[str]:
    if isinstance(texts, str):
        raise TypeError("texts is one string; expected a list of sentences, or use predict_document for an article")
    if not isinstance(texts, Sequence):
        raise TypeError(f"texts is {type(texts).__name__}; expected a list of sentences")
    if isinstance(targets, str):
        targets = [targets] * len(texts)
    elif not isinstance(targets, Sequence):
        raise TypeError(f"targets is {type(targets).__name__}; expected a string, or a list of one a text")
    if len(texts) != len(targets):
        raise ValueError(f"{len(texts)} texts but {len(targets)} targets; give one target a text, or one for all")
    for name, values in (("texts", texts), ("targets", targets)):
        for i, value in enumerate(values):
            if not isinstance(value, str):
                raise TypeError(f"{name}[{i}] is {value!r}; expected a string")
    return targets
