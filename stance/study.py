"""A search for better settings of the training: optuna proposes, dev macro-F1 judges, hopeless trials end early."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.config import Config, ConfigError, decode
from stance.model.folder import read_settings
from stance.training.stage import TrainConfig, train

if TYPE_CHECKING:
    import optuna

STUDY = "stance"


class Range(Config):
    """The values that one field may take: between two numbers, or one of several."""

    low: float | None = None
    high: float | None = None
    log: bool = False
    whole: bool = False
    choices: tuple[float | int | str | bool, ...] | None = None

    def propose(self, trial: "optuna.Trial", name: str) -> Any:
        """The trial's value."""
        if self.choices is not None:
            return trial.suggest_categorical(name, self.choices)
        if self.low is None or self.high is None:
            raise ConfigError(f"{name}: expected choices, or low and high")
        if self.whole:
            return trial.suggest_int(name, round(self.low), round(self.high), log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)


SPACE: Mapping[str, Range] = {
    "optimizer.learning_rate": Range(low=5e-5, high=1e-3, log=True),
    "optimizer.layer_decay": Range(low=0.7, high=1.0),
    "model.freeze_layers": Range(low=0, high=3, whole=True),
    "batch_tokens": Range(choices=(768, 1536, 3072)),
    "swap_targets": Range(low=0.0, high=1.0),
}
"""What is searched when nothing else is said."""


def run_study(
    config: TrainConfig, space: Mapping[str, Range], trials: int, told: Callable[[str], None] = print
) -> list[dict[str, Any]]:
    """Make `trials` more trials and return all finished ones of the study, best first: score, state and values.

    The study lies in `study/study.db` beside the output: called again it goes on, called by several processes at once
    they share it. A trial's seed is that of `config`. Raises ConfigError when optuna is missing or a field is unknown.
    """
    try:
        import optuna
    except ImportError:
        raise ConfigError("a study needs optuna; pip install 'stance[study]'") from None
    for name in space:
        changed(config, {name: 0}, check_only=True)
    folder = config.output.parent / "study"
    folder.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        storage=f"sqlite:///{folder / 'study.db'}",
        study_name=STUDY,
        direction="maximize",
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(multivariate=True),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=1),
    )

    def try_one(trial: "optuna.Trial") -> float:
        values = {name: bounds.propose(trial, name) for name, bounds in space.items()}
        one = changed(config, values | {"output": str(folder / f"trial={trial.number}")})
        epoch = 0

        def after_epoch(score: float) -> None:
            nonlocal epoch
            trial.report(score, epoch)
            epoch += 1
            if trial.should_prune():
                raise optuna.TrialPruned

        train(one, replace=True, after_epoch=after_epoch)
        score = read_settings(one.output).dev_macro_f1
        told(f"trial {trial.number}: {score:.4f} {trial.params}")
        return score

    study.optimize(try_one, n_trials=trials)
    rows = [
        {"trial": t.number, "dev_macro_f1": t.value, "state": t.state.name.lower(), **t.params}
        for t in study.trials
        if t.state.is_finished()
    ]
    return sorted(rows, key=lambda row: -1.0 if row["dev_macro_f1"] is None else row["dev_macro_f1"], reverse=True)


def changed(config: TrainConfig, values: Mapping[str, Any], *, check_only: bool = False) -> TrainConfig:
    """`config` with fields replaced by dotted name; raises ConfigError when there is no such field."""
    data = config.model_dump(mode="json")
    for name, value in values.items():
        place = data
        *sections, field = name.split(".")
        for section in sections:
            place = place.get(section, {})
        if field not in place:
            raise ConfigError(f"train.{name}: no such field to search over")
        place[field] = value
    return config if check_only else decode(TrainConfig, data)


def sweep_table(rows: list[dict[str, Any]]) -> str:
    """The trials as a Markdown table, best first."""
    if not rows:
        return "no finished trial"
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = ["| " + " | ".join(names) + " |", "| " + " | ".join("---" for _ in names) + " |"]
    lines += ["| " + " | ".join(_cell(row.get(name)) for name in names) + " |" for row in rows]
    return "\n".join(lines)


def write_table(config: TrainConfig, rows: list[dict[str, Any]]) -> Path:
    """Put the table beside the study; returns where."""
    from stance.storage import atomic_file

    path = config.output.parent / "study" / "trials.md"
    with atomic_file(path) as file:
        file.write(sweep_table(rows) + "\n")
    return path


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
