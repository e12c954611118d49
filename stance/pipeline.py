"""The whole job: one branch a stage, in running order; what is fresh is skipped."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stance.analysis.stage import FindingsConfig, SampleConfig, findings, sample
from stance.config import Config, ConfigError, StageConfig
from stance.dataset.stage import DatasetConfig, build_dataset
from stance.drills.stage import DrillsConfig, drills
from stance.evaluation.stage import EvaluateConfig, evaluate
from stance.export.stage import ExportConfig, export
from stance.inference.also_stage import PredictAlsoConfig, predict_also
from stance.inference.stage import PredictConfig, predict
from stance.ingest.stage import IngestConfig, ingest
from stance.labeling.llm_stage import LabelLlmConfig
from stance.labeling.stage import LabelConfig, label
from stance.labeling.zero_shot_stage import LabelZeroShotConfig
from stance.manifest import Manifest, missing_inputs
from stance.probing.stage import ProbeConfig, probe
from stance.serving.config import ServeConfig
from stance.storage import read_json
from stance.survey.stage import SurveyConfig, survey
from stance.training.stage import TrainConfig, train

log = logging.getLogger(__name__)


class PipelineConfig(Config):
    """One branch per stage, in the order they run; an input is an earlier stage's output."""

    ingest: IngestConfig
    label: LabelConfig
    label_llm: LabelLlmConfig
    """Not a part of the whole job: scripts/label_llm.py."""
    label_zero_shot: LabelZeroShotConfig
    """Not a part of the whole job: scripts/label_zero_shot.py."""
    dataset: DatasetConfig
    drills: DrillsConfig
    train: TrainConfig
    predict: PredictConfig
    predict_also: PredictAlsoConfig
    """Left out where evaluate.also names no set."""
    probe: ProbeConfig
    evaluate: EvaluateConfig
    export: ExportConfig
    survey: SurveyConfig
    sample: SampleConfig
    findings: FindingsConfig
    serve: ServeConfig
    """Not a part of the whole job: scripts/serve.py."""
    overwrite: bool = False
    """Whether a single stage may replace an output of other settings; the pipeline always does."""


STAGES: Mapping[str, Callable[..., Manifest]] = {
    "ingest": ingest,
    "label": label,
    "dataset": build_dataset,
    "drills": drills,
    "train": train,
    "predict": predict,
    "predict_also": predict_also,
    "probe": probe,
    "evaluate": evaluate,
    "export": export,
}
FINDINGS: Mapping[str, Callable[..., Manifest]] = {"survey": survey, "sample": sample, "findings": findings}
"""What turns a model and articles into findings; these stages need no training data."""


@dataclass(frozen=True)
class Summary:
    """What a pipeline run made."""

    config: PipelineConfig
    manifests: Mapping[str, Manifest]
    report: Mapping[str, Any] = field(repr=False)

    def __str__(self) -> str:
        system = self.report["system"]["macro_f1"]
        measured = self.report["measured_on"]
        names = [f"test macro-F1  {_with_interval(system)}   this model"]
        names += [f"               {_with_interval(v['macro_f1'])}   {k}" for k, v in self.report["baselines"].items()]
        seconds = "  ".join(f"{k} {'fresh' if m.fresh else f'{m.seconds:.1f}'}" for k, m in self.manifests.items())
        model = self.config.export.output
        request = f"predict.model={model} predict.input=article.txt 'predict.target=Russian intervention in Libya'"
        unseen = f"{measured['pairs']} pairs of {measured['articles']} unseen articles"
        lines = {
            "measured on": f"{unseen}; 95% intervals over articles; one seed",
            "report": self.config.evaluate.output / "report.html",
            "model": model,
            "seconds": seconds,
            "your article": f"python scripts/predict.py {request}",
        }
        return "\n".join(["", *names, *(f"{name:<13}  {text}" for name, text in lines.items())])


def run(config: PipelineConfig) -> Summary:
    """Run every stage that is not fresh; raises ConfigError listing all missing inputs before any work."""
    stages: dict[str, StageConfig] = {name: getattr(config, name) for name in STAGES}
    if config.drills.output not in config.train.first:
        del stages["drills"]
    if not asks_also(config):
        del stages["predict_also"]
    if config.predict.input is not None:
        raise ConfigError("predict.input: the pipeline predicts its test split; for articles use scripts/predict.py")
    made: set[Path] = set()
    problems: list[str] = []
    for name, stage in stages.items():
        problems += missing_inputs(stage, name, frozenset(made))
        made.add(stage.output)
    if problems:
        raise ConfigError("\n".join(problems))
    manifests: dict[str, Manifest] = {}
    for number, (name, stage) in enumerate(stages.items(), start=1):
        log.info("[%d/%d] %s ...", number, len(stages), name)
        manifests[name] = STAGES[name](stage, replace=True)
        log.info("[%d/%d] %s", number, len(stages), describe(manifests[name], stage.output))
    return Summary(config, manifests, read_json(config.evaluate.output / "report.json"))


def asks_also(config: PipelineConfig) -> bool:
    """Whether there are further test sets that the model itself has to be asked about."""
    return bool(config.evaluate.also) and config.evaluate.also_predictions == config.predict_also.output


def run_findings(config: PipelineConfig) -> dict[str, Manifest]:
    """Ingest, survey, sample, findings, as far as they are not fresh; raises ConfigError listing all missing inputs.

    A queue with labels that people filled in is given as `findings.gold`; the sample is drawn again then, and left as
    it is where nothing else changed.
    """
    stages = {"ingest": ingest, **FINDINGS}
    made: set[Path] = set()
    problems: list[str] = []
    for name in stages:
        stage: StageConfig = getattr(config, name)
        problems += missing_inputs(stage, name, frozenset(made))
        made.add(stage.output)
    if problems:
        raise ConfigError(
            "\n".join([*problems, "make pipeline makes the model and what else is missing of the bundled data"])
        )
    manifests = {}
    for number, (name, run_stage) in enumerate(stages.items(), start=1):
        log.info("[%d/%d] %s ...", number, len(stages), name)
        manifests[name] = run_stage(getattr(config, name), replace=True)
        log.info("[%d/%d] %s", number, len(stages), describe(manifests[name], getattr(config, name).output))
    return manifests


def describe(manifest: Manifest, output: Path) -> str:
    """One line on what a stage made."""
    counts = ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in manifest.counts.items())
    took = "fresh" if manifest.fresh else f"{manifest.seconds:.1f} s"
    return f"{manifest.stage}: {counts} -> {output} ({took})"


def _with_interval(metric: Mapping[str, float]) -> str:
    return f"{metric['value']:.3f} [{metric['low']:.3f}, {metric['high']:.3f}]"
