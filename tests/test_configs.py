"""Every YAML composes and decodes; every mistake is one clear message."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

from stance.config import decode, defaults
from stance.pipeline import PipelineConfig
from tests.conftest import ROOT, run_script

CONFIGS = ROOT / "configs"
CHOICES = sorted(path for path in CONFIGS.rglob("*.yaml") if path.parent != CONFIGS)
SCRIPTS = (
    "ingest",
    "label",
    "label_llm",
    "label_zero_shot",
    "build_dataset",
    "drills",
    "train",
    "predict",
    "evaluate",
    "export",
    "pipeline",
    "seeds",
    "study",
    "findings",
    "probe",
    "generalization",
)


def composed(*overrides: str) -> PipelineConfig:
    ConfigStore.instance().store(name="defaults", node=defaults(PipelineConfig))
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        values = OmegaConf.to_container(compose("config", list(overrides)), resolve=True)
    assert isinstance(values, dict)
    return decode(PipelineConfig, {str(k): v for k, v in values.items() if k not in ("run", "branch", "seed")})


def test_there_are_choices() -> None:
    assert {path.parent.name for path in CHOICES} == {"experiment", "labels", "model"}


@pytest.mark.parametrize("path", CHOICES, ids=lambda path: f"{path.parent.name}={path.stem}")
def test_every_choice_composes_and_decodes(path: Path) -> None:
    composed(f"{path.parent.name}={path.stem}")


def test_an_input_is_an_earlier_stages_output() -> None:
    config = composed("run=try")
    assert config.label.sentences == config.ingest.output == Path("outputs/try/sentences")
    assert config.predict.model == config.export.model == config.train.output


def test_an_experiment_overrides_a_primary_value() -> None:
    assert composed("experiment=quick").train.epochs < composed().train.epochs
    assert composed("experiment=quick").train.output == Path("outputs/quick/training")


def test_the_seed_reaches_training() -> None:
    assert composed("seed=7").train.seed == 7


@pytest.mark.parametrize(
    ("script", "arguments", "messages"),
    [
        ("train", ["train.optimizer.learning_rat=1"], ["did you mean 'learning_rate'?"]),
        ("train", ["train.epochs=many", "train.sed=1"], ["train.epochs: ", "train.sed: no such field"]),
        ("train", ["train.dataset=nowhere"], ["train.dataset: nowhere does not exist"]),
        ("ingest", ["ingest.articles=nowhere"], ["ingest.articles: nowhere does not exist"]),
        (
            "pipeline",
            ["ingest.articles=a", "label.annotations=b"],
            ["ingest.articles: a does", "label.annotations: b does"],
        ),
        ("pipeline", ["model=minlm"], ["minlm", "minilm"]),
        ("pipeline", ["outputs"], ["outputs"]),
        ("pipeline", ["predict.input=a.txt", "predict.target=t"], ["use scripts/predict.py"]),
        ("predict", ["predict.input=a.txt"], ["input and target go together"]),
        ("train", ["label.targets=[NO,false]"], ["label.targets.1: "]),
    ],
)
def test_a_mistake_is_one_clear_message_and_exit_status_2(
    script: str, arguments: list[str], messages: list[str], tmp_path: Path
) -> None:
    done = run_script(script, *arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    for message in messages:
        assert message in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_explains_every_field(script: str) -> None:
    done = run_script(script, "--help")
    assert done.returncode == 0
    assert "usage: python scripts/" in done.stdout
    assert ".output" in done.stdout
    assert "seed=N" in done.stdout


def test_cfg_job_prints_the_whole_configuration() -> None:
    done = run_script("train", "--cfg", "job")
    assert done.returncode == 0
    for branch in PipelineConfig.model_fields:
        assert f"{branch}:" in done.stdout
    assert "learning_rate:" in done.stdout
