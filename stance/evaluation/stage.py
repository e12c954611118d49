"""Evaluate: predictions and a dataset split -> report.json, report.html, removed.jsonl."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from stance.config import DataError, StageConfig
from stance.examples import read_examples, read_scheme
from stance.labels import LabelScheme
from stance.manifest import Manifest, build, fingerprint
from stance.records import Example, Prediction, Removed
from stance.storage import atomic_file, read_records, write_json, write_records

SPLITS = ("train", "dev", "test")
MAX_SHOWN = 3
log = logging.getLogger(__name__)


class EvaluateConfig(StageConfig):
    """Predictions of any system in, a report with intervals and baselines out."""

    predictions: Path
    """Output of predict, or a JSONL or Parquet file of predictions by anything: a model, a person, a rival."""
    dataset: Path
    """Output of dataset: gold labels of `split`, and what the baselines are trained on."""
    split: Literal["dev", "test"] = "test"
    """Which part of the dataset the predictions are for."""
    bootstrap_resamples: Annotated[int, Field(ge=100)] = 2000
    """Resamples of articles behind every interval."""
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Of the intervals."""
    bootstrap_seed: int = 0
    """Decides the resamples."""


def evaluate(config: EvaluateConfig, *, replace: bool = False) -> Manifest:
    """Score every gold pair of the split; raises DataError when one has no prediction."""
    return build("evaluate", config, _work, replace=replace)


def match_predictions(
    gold: Sequence[Example], predictions: Iterable[Prediction], scheme: LabelScheme
) -> tuple[list[Prediction], list[Removed]]:
    """(one prediction for each gold pair in order, predictions set aside).

    Raises DataError when a label is off the scheme, among the removed ones too, or a gold pair has no prediction.
    """
    wanted = {e.id for e in gold}
    found: dict[str, Prediction] = {}
    removed: list[Removed] = []
    odd: list[str] = []
    for prediction in predictions:
        odd += [f"{prediction.id}: {label!r}" for label in _labels(prediction) if label not in scheme.names]
        if prediction.id not in wanted:
            removed.append(Removed(item=prediction.id, reason="not in the split"))
        elif prediction.id in found:
            same = "same" if prediction.label == found[prediction.id].label else "another"
            reason = "second prediction for the pair"
            removed.append(Removed(item=prediction.id, reason=reason, detail=f"{same} label, {prediction.label}"))
        else:
            found[prediction.id] = prediction
    if odd:
        raise DataError(
            f"{len(odd)} predicted labels are off the scheme (first: {'; '.join(odd[:MAX_SHOWN])}); "
            f"expected one of {', '.join(scheme.names)}"
        )
    missing = [e.id for e in gold if e.id not in found]
    if missing:
        raise DataError(
            f"{len(missing)} of {len(gold)} gold pairs have no prediction (first: {', '.join(missing[:MAX_SHOWN])}); "
            f"a system is scored on all of them or not at all"
        )
    return [found[e.id] for e in gold], removed


def _labels(prediction: Prediction) -> Iterable[str]:
    return dict.fromkeys((prediction.label, *prediction.probabilities))


def _work(config: EvaluateConfig, folder: Path) -> Mapping[str, int]:
    from stance.bootstrap import Resampling
    from stance.evaluation.baselines import all_baselines
    from stance.evaluation.page import render_page
    from stance.evaluation.report import make_report

    scheme = read_scheme(config.dataset)
    splits = {split: read_examples(config.dataset, split) for split in SPLITS}
    gold = splits[config.split]
    path = config.predictions
    rows = list(read_records(path / "predictions.jsonl" if path.is_dir() else path, Prediction))
    try:
        predictions, removed = match_predictions(gold, rows, scheme)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    resampling = Resampling(config.bootstrap_resamples, config.confidence, config.bootstrap_seed)
    baselines = all_baselines(splits["train"], splits["dev"], gold)
    report = make_report(splits, config.split, predictions, baselines, scheme, resampling)
    sources = {"dataset_fingerprint": config.dataset, "predictions_fingerprint": config.predictions}
    report["measured_on"] |= {name: fingerprint(source) for name, source in sources.items()}
    for other, leaks in report["leaks"].items():
        if any(leaks.values()):
            log.warning("%s: leak: of %d %s pairs, in common with %s: %s", path, len(gold), config.split, other, leaks)
    write_json(folder / "report.json", report)
    with atomic_file(folder / "report.html") as file:
        file.write(render_page(report))
    write_records(folder / "removed.jsonl", removed)
    return {"predictions": len(rows), "gold": len(gold), "scored": len(predictions), "removed": len(removed)}
