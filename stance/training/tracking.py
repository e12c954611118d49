"""Experiment trackers, all local: TensorBoard files, an MLflow or a trackio database."""

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

from stance.config import ConfigError

TrackerName = Literal["tensorboard", "mlflow", "trackio"]
PROJECT = "stance"


class Tracker(Protocol):
    """Where the figures of a run go."""

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Take down the values of a step."""

    def close(self) -> None:
        """End the run."""


def open_trackers(names: Sequence[TrackerName], folder: Path, run: str, settings: Mapping[str, Any]) -> list[Tracker]:
    """One tracker a name, writing below `folder`; raises ConfigError with the install line of what is missing."""
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(f"train.track: {', '.join(missing)} not installed; pip install {' '.join(missing)}")
    return [TRACKERS[name](folder, run, settings) for name in names]


class _TensorBoard:
    def __init__(self, folder: Path, run: str, settings: Mapping[str, Any]) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder / "tensorboard" / run))
        self._writer.add_text("settings", str(settings))

    def log(self, values: Mapping[str, float], step: int) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        self._writer.close()


class _MLflow:
    def __init__(self, folder: Path, run: str, settings: Mapping[str, Any]) -> None:
        import mlflow

        folder.mkdir(parents=True, exist_ok=True)
        self._mlflow = mlflow
        mlflow.set_tracking_uri(f"sqlite:///{(folder / 'mlflow.db').resolve()}")
        mlflow.set_experiment(PROJECT)
        mlflow.start_run(run_name=run)
        mlflow.log_dict(dict(settings), "settings.json")

    def log(self, values: Mapping[str, float], step: int) -> None:
        self._mlflow.log_metrics(dict(values), step)

    def close(self) -> None:
        self._mlflow.end_run()


class _Trackio:
    def __init__(self, folder: Path, run: str, settings: Mapping[str, Any]) -> None:
        import os

        os.environ.setdefault("TRACKIO_DIR", str((folder / "trackio").resolve()))
        import trackio

        self._run = trackio.init(project=PROJECT, name=run, config=dict(settings))

    def log(self, values: Mapping[str, float], step: int) -> None:
        self._run.log(dict(values), step=step)

    def close(self) -> None:
        self._run.finish()


TRACKERS: Mapping[TrackerName, Any] = {"tensorboard": _TensorBoard, "mlflow": _MLflow, "trackio": _Trackio}
