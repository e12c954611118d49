from pathlib import Path

import pytest

from stance.evaluation.stage import EvaluateConfig, evaluate
from stance.export.stage import ExportConfig, export
from stance.inference.stage import PredictConfig, predict


@pytest.fixture(scope="session")
def config(trained: Path, dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> ExportConfig:
    out = tmp_path_factory.mktemp("export")
    predict(PredictConfig(model=trained, dataset=dataset, output=out / "predictions", threads=1))
    evaluate(
        EvaluateConfig(predictions=out / "predictions", dataset=dataset, output=out / "report", bootstrap_resamples=100)
    )
    return ExportConfig(
        model=trained, dataset=dataset, report=out / "report", output=out / "model", int8="token", threads=1
    )


@pytest.fixture(scope="session")
def bundle(config: ExportConfig) -> Path:
    export(config)
    return config.output
