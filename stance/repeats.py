"""The same job with several seeds: what of a figure is the recipe, and what is luck."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stance.config import ConfigError, StageConfig
from stance.pipeline import STAGES, PipelineConfig
from stance.storage import read_json

METRICS = ("macro_f1", "macro_f1_three_way", "f_avg", "accuracy")
SEEDED = ("train", "predict", "evaluate")
"""The stages that another seed changes, in running order."""


@dataclass(frozen=True)
class Spread:
    """A figure over several seeds."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Of the values."""
        return statistics.mean(self.values)

    @property
    def deviation(self) -> float:
        """Sample standard deviation."""
        return statistics.stdev(self.values)

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Of the mean over seeds, by Student's t; it says nothing about other test articles."""
        from scipy.stats import t

        half = t.ppf((1 + confidence) / 2, len(self.values) - 1) * self.deviation / len(self.values) ** 0.5
        return self.mean - float(half), self.mean + float(half)

    def __str__(self) -> str:
        low, high = self.interval()
        return f"{self.mean:.3f} ± {self.deviation:.3f}  [{low:.3f}, {high:.3f}]"


def with_seed(config: PipelineConfig, seed: int) -> PipelineConfig:
    """The configuration of one of several runs: its seed, and folders `seed=N` beside the ones given."""
    changes: dict[str, StageConfig] = {}
    place = config.train.output.parent / f"seed={seed}"
    for name in SEEDED:
        stage: StageConfig = getattr(config, name)
        changes[name] = stage.model_copy(update={"output": place / stage.output.name})
    changes["train"] = changes["train"].model_copy(update={"seed": seed})
    changes["predict"] = changes["predict"].model_copy(update={"model": changes["train"].output})
    changes["evaluate"] = changes["evaluate"].model_copy(update={"predictions": changes["predict"].output})
    return config.model_copy(update=changes)


def run_seeds(
    config: PipelineConfig, seeds: Sequence[int], told: Callable[[int, Mapping[str, float]], None]
) -> dict[str, Spread]:
    """Metric -> its spread over seeds; trains, predicts and evaluates what is not fresh, and tells of each seed.

    Raises ConfigError for fewer than two different seeds: one has no spread.
    """
    if len(set(seeds)) < 2:
        raise ConfigError(f"seeds {list(seeds)}: expected at least two different ones")
    found: dict[str, list[float]] = {metric: [] for metric in METRICS}
    for seed in dict.fromkeys(seeds):
        one = with_seed(config, seed)
        for name in SEEDED:
            STAGES[name](getattr(one, name), replace=True)
        scores = _scores(one.evaluate.output)
        told(seed, scores)
        for metric in METRICS:
            found[metric].append(scores[metric])
    return {metric: Spread(tuple(values)) for metric, values in found.items()}


def _scores(report: Path) -> dict[str, float]:
    system = read_json(report / "report.json")["system"]
    return {metric: system[metric]["value"] for metric in METRICS}
