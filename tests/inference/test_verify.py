import json
import pickle
import shutil
from pathlib import Path

import pytest

from stance import StanceClassifier
from stance.config import ConfigError, DataError
from stance.inference.verify import describe, verify
from stance.model.bundle import write_hashes
from tests.export.conftest import bundle, config  # noqa: F401 - fixtures
from tests.export.corruption import corrupt_one_layer


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:  # noqa: F811
    return Path(shutil.copytree(bundle, tmp_path / "bundle"))


def test_a_good_bundle_is_verified_and_the_choice_is_remembered(copy: Path) -> None:
    result = verify(copy, threads=1)
    assert {v.backend for v in result.verdicts} >= {"onnx-int8", "onnx-fp32", "torch-fp32"}
    assert StanceClassifier.load(copy, threads=1).backend == result.chosen
    assert result.chosen in describe(result)
    verify(copy, threads=1)


def test_a_bad_quantisation_with_right_hashes_is_refused_by_measurement(copy: Path) -> None:
    corrupt_one_layer(copy / "onnx" / "model_int8.onnx")
    write_hashes(copy)
    with pytest.raises(DataError, match=r"onnx/model_int8\.onnx: .*labels differ"):
        verify(copy, threads=1)


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["onnx/model_int8.onnx", "model.safetensors", "tokenizer.json", "onnx/probe.jsonl"])
def test_changed_files_are_refused_by_name(copy: Path, name: str) -> None:
    flip_a_byte(copy / name)
    with pytest.raises(DataError, match=f"{name}: changed since export"):
        verify(copy, threads=1)


@pytest.mark.parametrize(
    ("backend", "name"),
    [("onnx-int8", "onnx/model_int8.onnx"), ("torch-fp32", "model.safetensors"), ("auto", "tokenizer.json")],
)
def test_loading_checks_what_it_uses(copy: Path, backend: str, name: str) -> None:
    flip_a_byte(copy / name)
    with pytest.raises(DataError, match=f"{name}: changed since export"):
        StanceClassifier.load(copy, backend=backend, threads=1)


def test_a_missing_and_an_added_file_are_refused_by_name(copy: Path) -> None:
    (copy / "training_log.json").rename(copy / "log.json")
    with pytest.raises(DataError, match=r"log\.json: not a file of this bundle"):
        StanceClassifier.load(copy, threads=1)
    (copy / "log.json").unlink()
    with pytest.raises(DataError, match=r"training_log\.json: missing from the bundle"):
        StanceClassifier.load(copy, threads=1)


def test_a_pickle_is_refused_by_name_and_not_opened(copy: Path) -> None:
    (copy / "pytorch_model.bin").write_bytes(pickle.dumps({"a": 1}))
    for attempt in (verify, StanceClassifier.load):
        with pytest.raises(DataError, match=r"pytorch_model\.bin: \.bin files can carry code"):
            attempt(copy)


def change_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    write_hashes(folder)  # as somebody would who knows the format


def test_a_config_with_code_is_refused_by_name(copy: Path) -> None:
    change_config(copy, auto_map={"AutoModel": "modeling.Evil"})
    with pytest.raises(DataError, match=r"config\.json: auto_map makes loaders run code"):
        StanceClassifier.load(copy, threads=1)


def test_labels_in_another_order_are_refused(copy: Path) -> None:
    change_config(copy, id2label={"0": "against", "1": "favor", "2": "neutral", "3": "unrelated"})
    with pytest.raises(DataError, match=r"config\.json has labels"):
        StanceClassifier.load(copy, threads=1)


def test_a_trained_folder_is_no_bundle(trained: Path) -> None:
    with pytest.raises(ConfigError, match=r"no hashes\.json"):
        verify(trained)
