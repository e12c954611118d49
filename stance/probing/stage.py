"""Probe: a model and a dataset -> probes.json, every changed example, and a browser of errors."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from stance.config import ConfigError, DataError, StageConfig
from stance.examples import read_examples
from stance.manifest import Manifest, build
from stance.model.backends.choose import BackendName
from stance.model.pretrained import EMBEDDED
from stance.records import Example, Prediction
from stance.storage import atomic_file, read_records, write_json, write_records

if TYPE_CHECKING:
    from stance.bootstrap import Resampling
    from stance.inference.classifier import StanceClassifier
    from stance.probing.attribution import Attribution
    from stance.probing.deletion import Deletion
    from stance.probing.robustness import Score

PROBES, EXAMPLES, ERRORS = "probes.json", "examples.jsonl", "errors.html"
WEIGHTS = "model.safetensors"
log = logging.getLogger(__name__)


class ProbeConfig(StageConfig):
    """A trained model and its dataset in; what moves its answers out."""

    model: Path
    """Output of train or export, with its weights as safetensors."""
    dataset: Path
    """Output of dataset."""
    predictions: Path | None = None
    """Output of predict for `split`, or a file of predictions, whose errors are shown; null asks the model."""
    split: Literal["dev", "test"] = "test"
    """Which part of the dataset; rare tests take pairs from the other parts too, and say so."""
    pairs_per_test: Annotated[int, Field(ge=1)] = 40
    """At most so many pairs for each transformation."""
    fairness_sentences: Annotated[int, Field(ge=0)] = 24
    """At most so many sentences in which every intervener is tried."""
    attributed_errors: Annotated[int, Field(ge=0)] = 12
    """The surest errors, whose words are marked."""
    attributed_pairs: Annotated[int, Field(ge=0)] = 12
    """Pairs drawn from the split, right or wrong, for the test that takes tokens out."""
    neighbours: Annotated[int, Field(ge=0, le=5)] = 3
    """Training examples shown with each error."""
    encoder: str = EMBEDDED
    """What puts the training examples in order, as in train.model.pretrained; nothing is downloaded."""
    bootstrap_resamples: Annotated[int, Field(ge=100)] = 2000
    """Resamples of articles behind every interval."""
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Of the intervals."""
    seed: int = 0
    """Decides which pairs are attributed, which tokens are taken out at random, and the resamples."""
    backend: BackendName = "auto"
    """What runs the network for the changed examples; attributions always need torch."""
    threads: int | None = None
    """CPU threads; null is one a core."""


@dataclass(frozen=True)
class Explained:
    """An attribution of one example, and the two texts that the model read."""

    example: Example
    attribution: "Attribution"
    filled: tuple[str, str]


def probe(config: ProbeConfig, *, replace: bool = False) -> Manifest:
    """Make the probes of a model; raises ConfigError when the folder has no weights to differentiate."""
    return build("probe", config, _work, replace=replace)


def _work(config: ProbeConfig, folder: Path) -> Mapping[str, int]:
    from stance.bootstrap import Resampling
    from stance.inference.classifier import StanceClassifier
    from stance.probing.errors import confident_first, make_error, render_errors
    from stance.probing.fairness import fairness_table, swappable
    from stance.probing.neighbours import nearest
    from stance.probing.robustness import make_cases, run_cases, summarise

    if not (config.model / WEIGHTS).is_file():
        raise ConfigError(f"probe.model: {config.model} has no {WEIGHTS}; attributions need it. Give train's output")
    resampling = Resampling(config.bootstrap_resamples, config.confidence, config.seed)
    classifier = StanceClassifier.load(config.model, backend=config.backend, threads=config.threads)
    scheme = classifier.scheme
    other = "dev" if config.split == "test" else "test"
    splits = {name: read_examples(config.dataset, name) for name in (config.split, other, "train")}
    gold = splits[config.split]

    def score(examples: Sequence[Example]) -> np.ndarray:
        return _score(classifier, examples)

    cases, counts = make_cases(splits, scheme, config.pairs_per_test)
    outcomes = run_cases(cases, score, scheme)
    log.info("probe: %d changed examples asked", len(outcomes))
    fairness = fairness_table(swappable(gold, config.fairness_sentences), score, scheme, resampling)

    predictions = _predictions(config, gold, score, scheme.names)
    wrong = [(e, p) for e, p in zip(gold, predictions, strict=True) if e.label != p.label]
    wrong.sort(key=lambda pair: (-pair[1].probabilities.get(pair[1].label, 0.0), pair[0].id))
    marked = [e for e, _ in wrong[: config.attributed_errors]]
    drawn = _drawn([e for e in gold if e not in marked], config.attributed_pairs, config.seed)
    explained, deletions = _explain(config, [*marked, *drawn], score)
    log.info("probe: %d pairs attributed", len(explained))
    near = nearest([e for e, _ in wrong], splits["train"], config.encoder, config.neighbours)
    by_id = {e.example.id: (e.attribution, e.filled) for e in explained}
    errors = confident_first([make_error(e, p, n, by_id.get(e.id)) for (e, p), n in zip(wrong, near, strict=True)])
    attributed = sum(error.attribution is not None for error in errors[: len(marked)])
    facts = {
        "split": config.split,
        "pairs": len(gold),
        "attributed": attributed,
        "encoder": config.encoder,
        "model": classifier.fingerprint,
    }
    write_records(folder / EXAMPLES, outcomes)
    with atomic_file(folder / ERRORS) as file:
        file.write(render_errors(errors, facts))
    probes = {
        "folder": config.output.name,
        "model": classifier.fingerprint,
        "backend": classifier.backend,
        "reads_context": classifier.reads_context,
        "split": config.split,
        "pairs": len(gold),
        "sampling": {
            "seed": config.seed,
            "pairs_per_test": config.pairs_per_test,
            "fairness_sentences": config.fairness_sentences,
            "resamples": config.bootstrap_resamples,
            "confidence": config.confidence,
        },
        "tests": summarise(outcomes, counts, resampling),
        "fairness": fairness,
        "attributions": _completeness(explained) | {"deletion": _deletions(deletions, resampling)},
        "errors": {"wrong": len(wrong), "attributed": attributed, "page": ERRORS},
    }
    write_json(folder / PROBES, probes)
    return {"changed_examples": len(outcomes), "attributed": len(explained), "errors": len(wrong)}


def _score(classifier: "StanceClassifier", examples: Sequence[Example]) -> np.ndarray:
    contexts = [(e.before, e.after) for e in examples] if classifier.reads_context else None
    return classifier.predict_proba([e.text for e in examples], [e.target for e in examples], contexts)


def _predictions(
    config: ProbeConfig, gold: Sequence[Example], score: "Score", names: Sequence[str]
) -> list[Prediction]:
    """One prediction a gold pair, in order; raises DataError when the file lacks one."""
    if config.predictions is None:
        rows = score(gold)
        return [_prediction(e, row, names) for e, row in zip(gold, rows, strict=True)]
    path = config.predictions / "predictions.jsonl" if config.predictions.is_dir() else config.predictions
    found = {p.id: p for p in read_records(path, Prediction)}
    missing = [e.id for e in gold if e.id not in found]
    if missing:
        raise DataError(
            f"{path}: no prediction for {len(missing)} of {len(gold)} pairs (first: {missing[0]}); "
            f"predict the {config.split} split, or leave probe.predictions out"
        )
    return [found[e.id] for e in gold]


def _prediction(example: Example, row: np.ndarray, names: Sequence[str]) -> Prediction:
    shares = {name: float(p) for name, p in zip(names, row, strict=True)}
    return Prediction(
        **example.model_dump(include={"id", "document", "start", "end", "text", "target"}),
        label=names[int(row.argmax())],
        probabilities=shares,
    )


def _drawn(examples: Sequence[Example], number: int, seed: int) -> list[Example]:
    random = np.random.default_rng(seed)
    chosen = random.choice(len(examples), min(number, len(examples)), replace=False) if examples else []
    return [examples[int(i)] for i in sorted(chosen)]


def _explain(
    config: ProbeConfig, examples: Sequence[Example], score: "Score"
) -> tuple[list[Explained], list["Deletion"]]:
    """(attributions, deletions) of examples."""
    from stance.model.folder import load_network, read_settings
    from stance.model.inputs import PairEncoder
    from stance.probing.attribution import Explainer, contrast
    from stance.probing.deletion import delete_tokens

    if not examples:
        return [], []
    settings = read_settings(config.model)
    network, tokenizer = load_network(config.model)
    inputs = PairEncoder.of(tokenizer, settings.max_tokens, settings.template)
    explainer: Explainer = Explainer(network, inputs, settings.scheme.names)
    explained: list[Explained] = []
    deletions: list[Deletion] = []
    for number, (example, row) in enumerate(zip(examples, score(examples), strict=True)):
        label, against = contrast(row, settings.scheme.names, example.label)
        context = (example.before, example.after)
        attribution = explainer.explain(example.text, example.target, context, label, against)
        explained.append(Explained(example, attribution, inputs.template.fill(example.text, example.target, *context)))
        encoding = explainer.encode(example.text, example.target, context)
        fall = delete_tokens(explainer, encoding, attribution, example.group, config.seed + number)
        deletions += [fall] if fall else []
    return explained, deletions


def _completeness(explained: Sequence[Explained]) -> dict[str, Any]:
    gaps = [e.attribution.gap for e in explained]
    return {
        "pairs": len(gaps),
        "within_one_percent": sum(e.attribution.complete for e in explained),
        "largest_gap": max(gaps, default=None),
        "median_steps": float(np.median([e.attribution.steps for e in explained])) if explained else None,
    }


def _deletions(deletions: Sequence["Deletion"], resampling: "Resampling") -> dict[str, Any]:
    from stance.probing.deletion import TOP_TOKENS, summarise_deletions

    return {"tokens": TOP_TOKENS, **summarise_deletions(deletions, resampling)}
