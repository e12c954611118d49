"""Leave one out, train again, test on what was left out: generalization.json and a picture. Finished folds are kept."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stance.bootstrap import Resampling, percentile_interval, resampled_confusions
from stance.config import ConfigError, DataError, StageConfig
from stance.examples import LABELS, read_examples, read_scheme, write_examples
from stance.labels import LabelScheme
from stance.manifest import Manifest, build
from stance.probing.folds import AXES, Fold, values_of, without
from stance.records import Example
from stance.storage import read_json, write_json
from stance.training.stage import TrainConfig

RESULT, PICTURE = "generalization.json", "generalization.svg"
METRIC = "F_avg"
TFIDF_SECONDS, ENCODER_SECONDS = 3e-4, 1.5e-2
"""For a training pair, the encoder's for an epoch too: measured on two cores with the default settings."""
TrainAndAnswer = Callable[[Sequence[Example], Sequence[Example], Sequence[Example], Path], list[str]]
"""(train, dev, test, a folder to work in) -> a label for each test pair."""
log = logging.getLogger(__name__)


class GeneralizationConfig(StageConfig):
    """A dataset in, a matrix of scores out."""

    dataset: Path
    """Output of dataset."""
    train: TrainConfig | None = None
    """How the encoder is trained for each fold; null trains the TF-IDF baseline, in seconds."""
    axes: tuple[str, ...] = tuple(AXES)
    """What is left out: conflict, intervener, genre, period, holder."""
    resamples: int = 2000
    """Resamples of articles behind every interval."""
    confidence: float = 0.95
    """Of the intervals."""


def generalization(config: GeneralizationConfig, *, replace: bool = False) -> Manifest:
    """Train and test every fold that is not finished; raises ConfigError for an unknown axis."""
    if unknown := set(config.axes) - set(AXES):
        raise ConfigError(f"axes: {', '.join(sorted(unknown))} unknown; expected some of {', '.join(AXES)}")
    return build("generalization", config, _work, replace=replace, resumable=True)


def _work(config: GeneralizationConfig, folder: Path) -> Mapping[str, int]:
    from stance.probing.matrix import draw_matrices

    scheme = read_scheme(config.dataset)
    train, dev, test = (read_examples(config.dataset, name) for name in ("train", "dev", "test"))
    answer = tfidf if config.train is None else _encoder(config.train, scheme)
    resampling = Resampling(config.resamples, config.confidence)
    values_by_axis = {axis: values_of(axis, train, test, scheme) for axis in config.axes}
    _estimate(config, train, values_by_axis, folder)
    seen_all = _answers(Fold("all", None), train, dev, test, folder, answer)
    blocks: dict[str, dict[str, Any]] = {}
    for axis, values in values_by_axis.items():
        if not values:
            log.warning("generalization: no value of %s has enough pairs; left out", axis)
            continue
        folds = {v: _answers(Fold(axis, v), train, dev, test, folder, answer) for v in values}
        blocks[axis] = _block(axis, values, test, seen_all, folds, scheme, resampling)
    if not blocks:
        raise DataError(f"{config.dataset}: too small; no axis has a value with enough pairs in train and test")
    write_json(
        folder / RESULT,
        {
            "metric": METRIC,
            "system": "TF-IDF, sentence and target" if config.train is None else config.train.model.pretrained,
            "epochs": None if config.train is None else config.train.epochs,
            "test_pairs": len(test),
            "axes": blocks,
        },
    )
    draw_matrices(blocks, METRIC, folder / PICTURE)
    return {"folds": sum(len(b["values"]) for b in blocks.values()) + 1, "test": len(test)}


def _estimate(
    config: GeneralizationConfig, train: Sequence[Example], values_by_axis: Mapping[str, Sequence[str]], folder: Path
) -> None:
    """Say how many models are still to be trained and about how long that takes on two cores."""
    folds = [Fold("all", None), *(Fold(axis, v) for axis, values in values_by_axis.items() for v in values)]
    left = [fold for fold in folds if not _answers_file(folder, fold).is_file()]
    pairs = sum(len(without(train, fold)) for fold in left)
    each = TFIDF_SECONDS if config.train is None else ENCODER_SECONDS * config.train.epochs
    log.info(
        "generalization: %d of %d models to train, about %s on two quiet cores; stopped, it goes on with the next one",
        len(left),
        len(folds),
        duration(each * pairs),
    )


def duration(seconds: float) -> str:
    """In the largest unit that fits: `40 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def tfidf(train: Sequence[Example], dev: Sequence[Example], test: Sequence[Example], _: Path) -> list[str]:
    """The answers of a logistic regression on TF-IDF of sentence and target."""
    from stance.evaluation.baselines import linear

    return list(linear(train, dev, test, lambda e: f"{e.text} [{e.target}]"))


def _encoder(settings: TrainConfig, scheme: LabelScheme) -> TrainAndAnswer:
    """Trains with `settings` on a dataset folder of the fold; the weights are deleted when the answers are there."""

    def answer(
        train_part: Sequence[Example], dev: Sequence[Example], test: Sequence[Example], place: Path
    ) -> list[str]:
        import shutil

        from stance.inference.classifier import StanceClassifier
        from stance.training.stage import train

        data = place / "dataset"
        for name, part in (("train", train_part), ("dev", dev), ("test", test)):
            data.mkdir(parents=True, exist_ok=True)
            write_examples(data, name, part, scheme)
        write_json(data / LABELS, scheme.model_dump(mode="json"))
        train(settings.model_copy(update={"dataset": data, "output": place / "training"}), replace=True)
        classifier = StanceClassifier.load(place / "training", threads=settings.threads)
        contexts = [(e.before, e.after) for e in test] if classifier.reads_context else None
        rows = classifier.predict_proba([e.text for e in test], [e.target for e in test], contexts)
        shutil.rmtree(place)
        return [scheme.names[int(i)] for i in rows.argmax(axis=1)]

    return answer


def _answers(
    fold: Fold,
    train: Sequence[Example],
    dev: Sequence[Example],
    test: Sequence[Example],
    folder: Path,
    answer: TrainAndAnswer,
) -> list[str]:
    """The labels that a model of the fold gives to all test pairs; read from its file where there is one."""
    path = _answers_file(folder, fold)
    if path.is_file():
        return list(read_json(path))
    part = without(train, fold)
    labels = answer(part, without(dev, fold) or list(dev), test, folder / "work" / fold.name)
    log.info("generalization: %s, %d of %d training pairs", fold.name, len(part), len(train))
    write_json(path, labels)
    return labels


def _answers_file(folder: Path, fold: Fold) -> Path:
    return folder / "folds" / f"{fold.name}.json"


def _block(
    axis: str,
    values: Sequence[str],
    test: Sequence[Example],
    seen_all: Sequence[str],
    folds: Mapping[str, Sequence[str]],
    scheme: LabelScheme,
    resampling: Resampling,
) -> dict[str, Any]:
    """{values, matrix, reference, unseen}: scores of every fold on every value, and what not having seen it costs."""
    members = {v: [i for i, e in enumerate(test) if AXES[axis](e) == v] for v in values}

    def on(labels: Sequence[str], value: str) -> float:
        chosen = members[value]
        return f_avg(_counts([test[i] for i in chosen], [labels[i] for i in chosen], scheme).sum(axis=0))

    unseen = []
    for value in values:
        chosen = [test[i] for i in members[value]]
        pair = [_counts(chosen, [labels[i] for i in members[value]], scheme) for labels in (folds[value], seen_all)]
        stacked = np.stack(pair, axis=1)
        low = high = None
        if len(stacked) > 1:
            drawn = resampled_confusions(stacked, resampling)
            low, high = percentile_interval(f_avg(drawn[:, 0]) - f_avg(drawn[:, 1]), resampling.confidence)
        total = stacked.sum(axis=0)
        unseen.append(
            {
                "value": value,
                "pairs": len(chosen),
                "groups": len(stacked),
                "seen": float(f_avg(total[1])),
                "unseen": float(f_avg(total[0])),
                "difference": {"value": float(f_avg(total[0]) - f_avg(total[1])), "low": low, "high": high},
            }
        )
    return {
        "values": list(values),
        "matrix": [[float(on(folds[left_out], tested)) for tested in values] for left_out in values],
        "reference": [float(on(seen_all, tested)) for tested in values],
        "unseen": unseen,
    }


def f_avg(counts: np.ndarray) -> Any:
    """Mean F1 of the two polar labels (SemEval-2016 Task 6); counts have shape (..., 2, (hit, gold, answered))."""
    hits, gold, answered = counts[..., 0], counts[..., 1], counts[..., 2]
    return (2 * hits / np.maximum(gold + answered, 1)).mean(axis=-1)


def _counts(examples: Sequence[Example], labels: Sequence[str], scheme: LabelScheme) -> np.ndarray:
    """Counts of shape (groups, 2 polar labels, (hit, gold, answered))."""
    order = {g: i for i, g in enumerate(dict.fromkeys(e.group for e in examples))}
    counts = np.zeros((len(order), 2, 3))
    for example, label in zip(examples, labels, strict=True):
        for side, name in enumerate(scheme.polar):
            gold, answered = example.label == name, label == name
            counts[order[example.group], side] += (gold and answered, gold, answered)
    return counts
