"""The trainings behind the corpus figures: the default recipe, another seed and split each; finished ones are kept."""

import json
import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stance.config import decode
from stance.dataset.stage import DatasetConfig, build_dataset
from stance.drills.stage import DrillsConfig, drills
from stance.evaluation.metrics import confusion_matrix, f1, macro_f1
from stance.examples import read_examples
from stance.inference.classifier import StanceClassifier
from stance.ingest.stage import IngestConfig, ingest
from stance.labeling.stage import LabelConfig, label
from stance.labels import LabelScheme, three_way_names
from stance.records import Example
from stance.training.stage import TrainConfig, train

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "data" / "corpus"
LEXICON = ROOT / "data" / "drills" / "lexicon.yaml"
SHARED = ROOT.parent / "shared" / "data"
OUTPUT = ROOT / "outputs" / "bench-corpus"


Job = tuple[int, int | None]
"""Seed of split and training; number of training pairs, None for all."""


@dataclass(frozen=True)
class Run:
    """One training on the bundled corpus and what it answers."""

    dataset: Path
    classifier: StanceClassifier
    seed: int

    def examples(self, split: str) -> list[Example]:
        """The examples of a split of this run's dataset."""
        return read_examples(self.dataset, split)

    def labels(self, texts: Sequence[str], targets: Sequence[str]) -> list[str]:
        """The most probable label of each pair."""
        return [p.label for p in self.classifier.predict(texts, targets)]

    def probabilities(self, texts: Sequence[str], targets: Sequence[str]) -> np.ndarray:
        """Shape (pairs, labels)."""
        return self.classifier.predict_proba(texts, targets)


def train_all(jobs: Sequence[Job], scheme: LabelScheme) -> list[Run]:
    """The trainings, two at a time with one thread each, which on two cores beats two threads one after the other."""
    sentences, labels = OUTPUT / "sentences", OUTPUT / "labels"
    ingest(IngestConfig(articles=CORPUS / "articles", output=sentences), replace=True)
    annotations = CORPUS / "annotations.jsonl"
    label(LabelConfig(sentences=sentences, annotations=annotations, scheme=scheme, output=labels), replace=True)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        folders = list(pool.map(_train, jobs, [scheme] * len(jobs)))
    return [Run(dataset, StanceClassifier.load(model, threads=2), seed) for seed, dataset, model in folders]


def _train(job: Job, scheme: LabelScheme) -> tuple[int, Path, Path]:
    """The default recipe on split number `seed` with seed `seed`; from disk where it was trained before."""
    seed, pairs = job
    name = f"{pairs or 'all'}-{seed}"
    sentences, labels, dataset = OUTPUT / "sentences", OUTPUT / "labels", OUTPUT / "datasets" / name
    build_dataset(
        DatasetConfig(sentences=sentences, labels=labels, split_seed=seed, max_train_pairs=pairs, output=dataset),
        replace=True,
    )
    first, model = OUTPUT / "drills" / name, OUTPUT / "models" / name
    drills(DrillsConfig(lexicon=LEXICON, scheme=scheme, seed=seed, output=first), replace=True)
    train(TrainConfig(dataset=dataset, first=(first,), seed=seed, threads=1, output=model), replace=True)
    return seed, dataset, model


def read_scheme_config() -> LabelScheme:
    """The labels of configs/labels/foreign_intervention.yaml."""
    import yaml

    return decode(LabelScheme, yaml.safe_load((ROOT / "configs/labels/foreign_intervention.yaml").read_text()))


def read_shared(name: str) -> list[dict[str, Any]]:
    """The rows of a measuring set; exits with status 2 where there is none."""
    path = SHARED / name
    if not path.is_file():
        raise SystemExit(f"{path}: not there; this bench measures on data that is not part of the project")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def real_news_scores(run: Run, scheme: LabelScheme) -> Mapping[str, float]:
    """Three-way macro-F1 and each label's F1 on the real news sentences."""
    rows = read_shared("real_news_dev.jsonl")
    names = list(three_way_names(scheme))
    found = [scheme.three_way(x) for x in run.labels([r["text"] for r in rows], [r["target"] for r in rows])]
    matrix = confusion_matrix([names.index(r["label"]) for r in rows], [names.index(x) for x in found], len(names))
    return {"macro_f1": float(macro_f1(matrix)), **dict(zip(names, map(float, f1(matrix)), strict=True))}


def on_topic_scores(run: Run, scheme: LabelScheme) -> Mapping[int, float]:
    """Tier -> macro-F1 over favor and against, the likelier of the two taken."""
    rows = read_shared("on_topic_dev.jsonl")
    polar = [scheme.index(name) for name in scheme.polar]
    answers = run.probabilities([r["text"] for r in rows], [r["target"] for r in rows])[:, polar].argmax(axis=1)
    scores: dict[int, float] = {}
    for tier in sorted({r["tier"] for r in rows}):
        chosen = [i for i, r in enumerate(rows) if r["tier"] == tier]
        gold = [scheme.polar.index(rows[i]["label"]) for i in chosen]
        scores[tier] = float(macro_f1(confusion_matrix(gold, answers[chosen], 2)))
    return scores


def own_test_score(run: Run, scheme: LabelScheme) -> float:
    """Macro-F1 over the four labels on the run's own test articles."""
    test = run.examples("test")
    found = run.labels([e.text for e in test], [e.target for e in test])
    gold = [scheme.index(e.label) for e in test]
    return float(macro_f1(confusion_matrix(gold, [scheme.index(x) for x in found], len(scheme.names))))
