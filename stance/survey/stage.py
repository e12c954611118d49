"""Survey: sentences, targets and a model -> predictions.jsonl, pairs.jsonl, removed.jsonl."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import model_validator

from stance.config import DataError, StageConfig
from stance.examples import LABELS, read_examples
from stance.manifest import Manifest, build
from stance.model.backends.choose import BackendName
from stance.records import Pair, Prediction, Sentence
from stance.storage import read_records, write_json, write_records
from stance.survey.asking import askable, every_target

if TYPE_CHECKING:
    from stance.inference.classifier import StanceClassifier

PREDICTIONS, PAIRS, REMOVED = "predictions.jsonl", "pairs.jsonl", "removed.jsonl"
TRAINED_SHARES = "trained_shares.json"
"""Label -> share among the pairs that the model was trained on, where they are known."""
BATCH = 2000


class SurveyConfig(StageConfig):
    """Sentences and interventions in, one prediction a pair out."""

    sentences: Path
    """Output of ingest."""
    model: Path
    """Output of train or export."""
    targets: tuple[str, ...] = ()
    """Interventions to ask every sentence about, e.g. 'Russian intervention in Libya'."""
    pairs: Path | None = None
    """Or a file of pairs of a sentence and a target: pairs.jsonl of label, proposals.jsonl of ingest."""
    trained_on: Path | None = None
    """Dataset that the model was trained on, if its articles are among these; those of its train split are left out."""
    backend: BackendName = "auto"
    """What runs the network."""
    threads: int | None = None
    """CPU threads; null is one a core."""

    @model_validator(mode="after")
    def _asks_something(self) -> "SurveyConfig":
        if bool(self.targets) == (self.pairs is not None):
            raise ValueError(
                "targets or pairs: give one of them, "
                "survey.targets=['Russian intervention in Libya'] survey.pairs=null, or survey.pairs=pairs.jsonl"
            )
        return self


def survey(config: SurveyConfig, *, replace: bool = False) -> Manifest:
    """Ask the model about every pair that it was not trained on."""
    return build("survey", config, _work, replace=replace)


def _work(config: SurveyConfig, folder: Path) -> Mapping[str, int]:
    from stance.inference.classifier import StanceClassifier

    sentences = {row.id: row for row in read_records(config.sentences / "sentences.jsonl", Sentence)}
    if config.pairs is None:
        pairs = list(every_target(sentences.values(), config.targets))
    else:
        pairs = list(read_records(config.pairs, Pair))
    trained = [] if config.trained_on is None else read_examples(config.trained_on, "train")
    # Examples carry a pair's id, which begins with that of its sentence, which begins with that of its document.
    asked, removed = askable(pairs, sentences, {example.id.partition(":")[0] for example in trained})
    if not asked:
        raise DataError(f"{config.pairs or config.sentences}: no pair is left to ask about; see survey.trained_on")
    classifier = StanceClassifier.load(config.model, backend=config.backend, threads=config.threads)
    write_json(folder / LABELS, classifier.scheme.model_dump(mode="json"))
    if trained:
        counts = Counter(example.label for example in trained)
        write_json(folder / TRAINED_SHARES, {name: counts[name] / len(trained) for name in classifier.scheme.names})
    write_records(folder / PAIRS, asked)
    write_records(folder / REMOVED, removed)
    written = write_records(folder / PREDICTIONS, _answers(classifier, asked, sentences))
    return {
        "sentences": len(sentences),
        "pairs": len(pairs),
        "predictions": written,
        "removed": len(removed),
    }


def _answers(
    classifier: "StanceClassifier", pairs: Sequence[Pair], sentences: Mapping[str, Sentence]
) -> Iterator[Prediction]:
    for start in range(0, len(pairs), BATCH):
        batch = pairs[start : start + BATCH]
        asked = [sentences[pair.sentence_id] for pair in batch]
        contexts = [(s.before, s.after) for s in asked] if classifier.reads_context else None
        answers = classifier.predict([s.text for s in asked], [p.target for p in batch], contexts)
        for pair, sentence, answer in zip(batch, asked, answers, strict=True):
            place = {"document": sentence.document_id, "start": sentence.start, "end": sentence.end}
            yield answer.model_copy(update={"id": pair.id, **place})
