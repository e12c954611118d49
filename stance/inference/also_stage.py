"""Predict further gold files with one model, so that `evaluate` can measure on several sets: NAME.jsonl for each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from stance.config import StageConfig
from stance.manifest import Manifest, build
from stance.model.backends.choose import BackendName
from stance.storage import write_records


class PredictAlsoConfig(StageConfig):
    """A model and files of labelled pairs in, predictions of each out."""

    model: Path
    """Output of train or export."""
    sets: Annotated[dict[str, Path], Field(default_factory=dict)]
    """Files of gold by name, as in evaluate.also: JSONL, Parquet or CSV with text and target."""
    backend: BackendName = "auto"
    """What runs the network; auto is the fastest that was measured to be right on this machine."""
    threads: int | None = None
    """CPU threads; null is one a core."""

    @property
    def inputs(self) -> dict[str, Path]:
        """The files of the sets too."""
        return super().inputs | {f"sets.{name}": path for name, path in self.sets.items()}


def predict_also(config: PredictAlsoConfig, *, replace: bool = False) -> Manifest:
    """Predict every pair of every set; raises DataError for a file without text and target."""
    return build("predict_also", config, _work, replace=replace)


def _work(config: PredictAlsoConfig, folder: Path) -> Mapping[str, int]:
    from stance.evaluation.readers import read_asked
    from stance.inference.classifier import StanceClassifier

    asked = {name: read_asked(path) for name, path in config.sets.items()}
    classifier = StanceClassifier.load(config.model, backend=config.backend, threads=config.threads)
    counts = {}
    for name, pairs in asked.items():
        contexts = list(zip(pairs["before"], pairs["after"], strict=True)) if classifier.reads_context else None
        answers = classifier.predict(pairs["text"], pairs["target"], contexts)
        rows = (a.model_copy(update={"id": i}) for i, a in zip(pairs["id"], answers, strict=True))
        counts[name] = write_records(folder / f"{name}.jsonl", rows)
    return counts
