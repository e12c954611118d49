"""Evaluate: predictions and gold labels -> a report as JSON, page, methods paragraph and tables; what was removed."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from stance.config import ConfigError, DataError, StageConfig
from stance.examples import read_scheme, split_file
from stance.labels import LabelScheme
from stance.manifest import Manifest, build, fingerprint, read_manifest
from stance.storage import atomic_file, read_json, write_json, write_records

if TYPE_CHECKING:
    from stance.evaluation.pairs import Pairs
    from stance.evaluation.report import Material

SPLITS = ("train", "dev", "test")
SUFFIXES = (".jsonl", ".parquet", ".csv")
HELD_OUT = "dev.jsonl"
"""In a folder of predictions: those for the dev split, which thresholds are fitted on."""
AGREEMENT = "agreement.json"
STAGES = ("ingest", "label", "dataset", "train", "predict")
"""Whose manifests are told of, in running order."""
log = logging.getLogger(__name__)


class EvaluateConfig(StageConfig):
    """Predictions of any system in, a report with intervals and baselines out."""

    predictions: Path
    """Output of predict, or a JSONL, Parquet or CSV file of predictions by anything: a model, a person, a rival."""
    name: str = "this system"
    """What these predictions are called in the report."""
    systems: Annotated[dict[str, Path], Field(default_factory=dict)]
    """More systems to compare with, by name: predictions of the same pairs."""
    dataset: Path | None = None
    """Output of dataset: gold labels of `split`, and what the baselines are trained on."""
    gold: Path | None = None
    """A JSONL, Parquet or CSV file of gold labels to measure on, in place of `split`."""
    split: Literal["dev", "test"] = "test"
    """Which part of the dataset the predictions are for."""
    labels: Path | None = None
    """Output of label, whose agreement of annotators is the ceiling."""
    held_out: Path | None = None
    """Predictions of the same system for the dev split, which thresholds are fitted on; null is dev.jsonl beside the
    predictions, and where there is none half of the measured articles."""
    also: Annotated[dict[str, Path], Field(default_factory=dict)]
    """More test sets by name: files like `gold`, each with a part of the report, which shows no sentence of theirs."""
    also_predictions: Path | None = None
    """A folder with NAME.jsonl (or .parquet, .csv) for each of `also`: output of predict_also, or made by anything."""
    probes: Path | None = None
    """Output of probe, shown at the end of the report."""
    bootstrap_resamples: Annotated[int, Field(ge=100)] = 2000
    """Resamples of articles behind every interval."""
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Of the intervals."""
    bootstrap_seed: int = 0
    """Decides the resamples."""

    @model_validator(mode="after")
    def _has_gold(self) -> "EvaluateConfig":
        if self.dataset is None and self.gold is None:
            raise ValueError("give dataset, or gold with labels of its own, or both")
        if self.name in self.systems:
            raise ValueError(f"name and systems both have {self.name!r}; every system needs its own name")
        if self.also and self.also_predictions is None:
            raise ValueError("also needs also_predictions: a folder with NAME.jsonl for each; predict_also makes it")
        return self

    @property
    def inputs(self) -> dict[str, Path]:
        """The other systems' files and the other sets too."""
        named = {"systems": self.systems, "also": self.also}
        files = {f"{field}.{name}": path for field, paths in named.items() for name, path in paths.items()}
        unused = () if self.also else ("also_predictions",)
        return {name: path for name, path in super().inputs.items() if name not in unused} | files


def evaluate(config: EvaluateConfig, *, replace: bool = False) -> Manifest:
    """Score every gold pair; raises DataError when one has no prediction."""
    return build("evaluate", config, _work, replace=replace)


def _work(config: EvaluateConfig, folder: Path) -> Mapping[str, int]:
    # numpy and pyarrow load in a second: only now.
    from stance.bootstrap import Resampling
    from stance.evaluation.answers import folding
    from stance.evaluation.baselines import all_baselines
    from stance.evaluation.ceiling import annotators_ceiling
    from stance.evaluation.further import describe_further
    from stance.evaluation.methods import methods_paragraph
    from stance.evaluation.page import render_page
    from stance.evaluation.readers import read_answers
    from stance.evaluation.report import Material, make_report
    from stance.evaluation.tables import latex_tables, markdown_tables

    gold, others, scheme, fine = _read_gold(config)
    submitted, removed, seen = {}, [], 0
    for name, path in {config.name: config.predictions, **config.systems}.items():
        submitted[name], aside = read_answers(path, gold, scheme, fine)
        seen += len(gold) + len(aside)
        removed += (
            [r.model_copy(update={"detail": f"{name}: {r.detail}".strip(": ")}) for r in aside]
            if config.systems
            else aside
        )
    held_out = _read_held_out(config, fine or scheme)
    agreement = None if config.labels is None else config.labels / AGREEMENT
    into = None if fine is None else folding(fine)[1]
    material = Material(
        gold=gold,
        scheme=scheme,
        split=config.split if config.gold is None else config.gold.stem,
        submitted=submitted,
        baselines=all_baselines(others.get("train"), others.get("dev", gold), gold, scheme),
        others=others,
        held_out=held_out,
        provenance=_provenance(config),
        ceiling=annotators_ceiling(read_json(agreement), scheme, into) if agreement and agreement.is_file() else None,
    )
    resampling = Resampling(config.bootstrap_resamples, config.confidence, config.bootstrap_seed)
    report = make_report(material, resampling)
    report["also"] = []
    for other in _further(config, fine or scheme):
        report["also"].append(describe_further(other, resampling))
        report["also"][-1]["fingerprint"] = fingerprint(config.also[other.split])
    sources = {"dataset": config.dataset, "gold": config.gold, "predictions": config.predictions}
    report["measured_on"] |= {f"{k}_fingerprint": fingerprint(path) for k, path in sources.items() if path is not None}
    report["probes"] = _read_probes(config)
    for where, part in {"": report, **{f"{further['name']}: ": further for further in report["also"]}}.items():
        for fault in part["faults"]:
            log.warning("%s%s: %s", where, ": ".join(filter(None, (fault["name"], fault["system"]))), fault["text"])
    write_json(folder / "report.json", report)
    texts = {
        "report.html": render_page(report),
        "methods.md": methods_paragraph(report),
        "tables.md": markdown_tables(report),
        "tables.tex": latex_tables(report),
    }
    for name, text in texts.items():
        with atomic_file(folder / name) as file:
            file.write(text)
    write_records(folder / "removed.jsonl", removed)
    scored = len(gold) * len(submitted)
    counts = {"predictions": seen, "gold": len(gold), "scored": scored, "removed": len(removed)}
    counts |= {"faults": len(report["faults"])}
    return counts | ({"further_sets": len(config.also)} if config.also else {})


def _read_gold(
    config: EvaluateConfig,
) -> tuple["Pairs", dict[str, "Pairs"], LabelScheme, LabelScheme | None]:
    """(measured pairs, the dataset's other splits, the scheme of all, the finer scheme that was folded into it)."""
    from stance.evaluation.answers import folding
    from stance.evaluation.readers import read_pairs

    full = None if config.dataset is None else read_scheme(config.dataset)
    splits: dict[str, Pairs] = {}
    if config.dataset is not None:
        names = [s for s in SPLITS if config.gold is not None or s != config.split]
        splits = {
            s: read_pairs(split_file(config.dataset, s), full)[0] for s in names if s != "test" or not config.gold
        }
    path = config.gold
    if path is None:
        assert config.dataset is not None  # noqa: S101 - the config looked
        path = split_file(config.dataset, config.split)
    gold, scheme = read_pairs(path, full)
    if full is None or scheme == full:
        return gold, splits, scheme, None
    into = folding(full)[1]
    return gold, {name: pairs.folded(into, len(scheme.names)) for name, pairs in splits.items()}, scheme, full


def _further(config: EvaluateConfig, full: LabelScheme) -> Iterator["Material"]:
    """What each of `also` is measured with: its gold, the system's answers, and baselines trained on the dataset."""
    from stance.evaluation.answers import folding
    from stance.evaluation.baselines import all_baselines
    from stance.evaluation.ceiling import voters_ceiling
    from stance.evaluation.readers import read_answers, read_pairs, read_votes
    from stance.evaluation.report import Material

    splits = {}
    if config.dataset is not None:
        splits = {name: read_pairs(split_file(config.dataset, name), full)[0] for name in SPLITS if name != "test"}
    for name, path in config.also.items():
        gold, scheme = read_pairs(path, full)
        fine = None if scheme == full else full
        into = None if fine is None else folding(fine)[1]
        others = splits if into is None else {s: p.folded(into, len(scheme.names)) for s, p in splits.items()}
        answers, _ = read_answers(_answers_of(config, name), gold, scheme, fine)
        yield Material(
            gold=gold,
            scheme=scheme,
            split=name,
            submitted={config.name: answers},
            baselines=all_baselines(others.get("train"), others.get("dev"), gold, scheme),
            others=others,
            held_out=_read_held_out(config, full),
            ceiling=voters_ceiling(read_votes(path), scheme, full),
        )


def _answers_of(config: EvaluateConfig, name: str) -> Path:
    """The file in `also_predictions` for a set; raises ConfigError where there is none."""
    assert config.also_predictions is not None  # noqa: S101 - the config looked
    found = [path for suffix in SUFFIXES if (path := config.also_predictions / f"{name}{suffix}").is_file()]
    if not found:
        raise ConfigError(
            f"evaluate.also_predictions: {config.also_predictions} has no {name}.jsonl; "
            f"predict_also makes it, or `stance predict -m MODEL {config.also[name]} -o {name}.jsonl`"
        )
    return found[0]


def _read_held_out(config: EvaluateConfig, full: LabelScheme) -> Any:
    """(dev pairs, the system's answers to them) in the labels of `full`, or None where there are none."""
    from stance.evaluation.readers import read_answers, read_pairs

    if config.dataset is None or (config.split == "dev" and config.gold is None):
        return None
    path = config.held_out
    if path is None and config.predictions.is_dir() and (config.predictions / HELD_OUT).is_file():
        path = config.predictions / HELD_OUT
    if path is None:
        return None
    dev = read_pairs(split_file(config.dataset, "dev"), full)[0]
    return dev, read_answers(path, dev, full)[0]


def _read_probes(config: EvaluateConfig) -> Any:
    if config.probes is None:
        return None
    path = config.probes / "probes.json" if config.probes.is_dir() else config.probes
    if not path.is_file():
        raise DataError(f"{path}: no such file; expected the output of probe")
    return read_json(path)


def _provenance(config: EvaluateConfig) -> dict[str, Any]:
    """Counts and settings of the stages that led here, from the manifests that they left; unknown ones are missing."""
    found: dict[str, Any] = {}
    waiting = [path for path in (config.predictions, config.dataset, config.labels) if path is not None]
    while waiting:
        folder = waiting.pop()
        manifest = read_manifest(folder) if folder.is_dir() else None
        if manifest is None or manifest.stage in found:
            continue
        files = {name.partition(".")[0] for name in manifest.inputs} | {"output"}
        plain = {k: v for k, v in manifest.config.items() if k not in files}
        found[manifest.stage] = {"counts": manifest.counts, "settings": plain}
        waiting += [Path(v) for k, v in manifest.config.items() if k in manifest.inputs and isinstance(v, str)]
    return {stage: found[stage] for stage in STAGES if stage in found}
