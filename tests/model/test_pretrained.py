import json
from pathlib import Path

import pytest

from stance.config import ConfigError, DataError
from stance.model.pretrained import (
    EMBEDDED,
    EMBEDDED_SHA256,
    check_is_encoder,
    check_sha256,
    locate_pretrained,
)


def test_the_embedded_weights_are_the_published_ones() -> None:
    folder = Path(locate_pretrained(EMBEDDED))
    check_sha256(folder / "model.safetensors", EMBEDDED_SHA256)


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    weights = Path(locate_pretrained(EMBEDDED)) / "model.safetensors"
    copy = tmp_path / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    copy.write_bytes(content)
    with pytest.raises(DataError, match="damaged or was replaced"):
        check_sha256(copy, EMBEDDED_SHA256)


def test_a_hub_id_that_is_not_cached_says_how_to_get_it() -> None:
    with pytest.raises(ConfigError, match=r"train\.model\.download=true"):
        locate_pretrained("somebody/some-encoder")


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no config\.json"):
        locate_pretrained(str(tmp_path))


def test_a_generating_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "t5", "is_encoder_decoder": True}))
    with pytest.raises(ConfigError, match="t5 generates text; expected an encoder"):
        check_is_encoder(str(tmp_path))
