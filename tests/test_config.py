import json
from pathlib import Path
from typing import Any

import pytest

from stance.config import REQUIRED, ConfigError, decode, defaults, reference
from stance.labels import LabelScheme
from stance.pipeline import PipelineConfig
from stance.training.stage import TrainConfig


def complete(**changes: Any) -> dict[str, Any]:
    values = defaults(TrainConfig) | {"dataset": "in", "output": "out"}
    return values | changes


def test_defaults_decode_to_the_defaults() -> None:
    config = decode(TrainConfig, complete())
    assert config == TrainConfig(dataset=Path("in"), output=Path("out"))


def test_required_fields_are_marked() -> None:
    assert defaults(TrainConfig)["dataset"] == REQUIRED
    assert defaults(PipelineConfig)["label"]["scheme"]["polar"] == REQUIRED


def test_all_problems_come_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        decode(TrainConfig, complete(epochs="many", learning_rat=1, dataset=REQUIRED))
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert any(line.startswith("epochs: ") and "'many'" in line for line in lines)
    assert any(line.startswith("dataset: required") for line in lines)
    assert any(line.startswith("learning_rat: no such field") for line in lines)


def test_a_misspelt_nested_key_names_the_nearest_one() -> None:
    values = complete()
    values["optimizer"]["learning_rat"] = 1e-4
    with pytest.raises(ConfigError, match=r"optimizer\.learning_rat: no such field; did you mean 'learning_rate'\?"):
        decode(TrainConfig, values)


@pytest.mark.parametrize(("field", "value"), [("epochs", 1.5), ("epochs", True), ("seed", "1"), ("precision", "fp8")])
def test_wrong_types_are_refused_not_converted(field: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"^{field}: "):
        decode(TrainConfig, complete(**{field: value}))


def test_a_country_code_that_yaml_takes_for_a_boolean_is_refused() -> None:
    """YAML reads `NO` as false; a target list must not silently turn Norway into 'False'."""
    values = {"definitions": {"favor": False, "against": "a"}, "polar": ["favor", "against"], "merged_into_none": []}
    with pytest.raises(ConfigError, match=r"definitions\.favor"):
        decode(LabelScheme, values)


def test_labels_without_a_definition_are_refused() -> None:
    values = {"definitions": {"favor": "f"}, "polar": ["favor", "against"], "merged_into_none": ["none"]}
    with pytest.raises(ConfigError, match="labels without a definition: against, none"):
        decode(LabelScheme, values)


def test_every_field_is_documented() -> None:
    rows = list(reference(PipelineConfig))
    assert len(rows) > 30
    assert not [name for name, _, text in rows if not text and not name.endswith(".output")]


def test_defaults_are_plain_json() -> None:
    assert json.loads(json.dumps(defaults(PipelineConfig))) == defaults(PipelineConfig)
