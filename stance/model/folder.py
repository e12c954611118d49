"""A model folder: a plain Hugging Face folder plus `stance.json`, written and read here only."""

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from stance.config import DataError
from stance.labels import LabelScheme
from stance.model.abstention import Abstention
from stance.model.backends import softmax
from stance.model.calibration import Calibration
from stance.model.inputs import InputTemplate
from stance.storage import read_json, write_json

if TYPE_CHECKING:
    import numpy as np
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SETTINGS = "stance.json"
REQUIRED_FILES = ("config.json", "tokenizer.json", SETTINGS)
WEIGHTS = ("model.safetensors", "onnx/model.onnx", "onnx/model_int8.onnx")
"""A folder needs at least one of them."""


class ModelSettings(BaseModel):
    """What a stance model is beyond its weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scheme: LabelScheme
    """Labels in the order of the model's outputs."""
    max_tokens: int
    """Longer pairs are cut at the end of the longer text."""
    template: InputTemplate = InputTemplate()
    """What the encoder reads of a pair."""
    pretrained: str
    """The encoder that was fine-tuned."""
    data_fingerprint: str
    """Fingerprint of the dataset folder that it was trained on."""
    seed: int
    """Seed of the training run."""
    dev_macro_f1: float
    """Macro-F1 over the labels of these weights on the dev split."""
    calibration: Calibration | None = None
    """How logits become probabilities; None is plain softmax."""
    abstention: Abstention | None = None
    """What the model can promise when it may stay silent; None where nothing was fitted."""

    def probabilities(self, logits: "np.ndarray") -> "np.ndarray":
        """Calibrated probabilities in fp64, shape (pairs, labels)."""
        return softmax(logits if self.calibration is None else self.calibration.apply(logits))


def save_model_folder(
    folder: Path, model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", settings: ModelSettings
) -> None:
    """Write configuration, safetensors, tokenizer and stance.json."""
    model.save_pretrained(folder)
    tokenizer.model_max_length = settings.max_tokens
    tokenizer.save_pretrained(folder)
    write_json(folder / SETTINGS, settings.model_dump(mode="json"))


def read_settings(folder: Path) -> ModelSettings:
    """The settings of a model folder; raises DataError naming what is missing, wrong or contradictory."""
    missing = [name for name in REQUIRED_FILES if not (folder / name).is_file()]
    if not any((folder / name).is_file() for name in WEIGHTS):
        missing.append(WEIGHTS[0])
    if missing:
        raise DataError(
            f"{folder}: not a stance model folder, it lacks {', '.join(missing)}; train or export makes one"
        )
    try:
        settings = ModelSettings.model_validate_json((folder / SETTINGS).read_bytes())
    except ValidationError as error:
        raise DataError(f"{folder / SETTINGS}: {' '.join(str(error).split())}") from None
    id2label = {int(i): name for i, name in read_json(folder / "config.json").get("id2label", {}).items()}
    if id2label != dict(enumerate(settings.scheme.names)):
        raise DataError(f"{folder}: config.json has labels {id2label}, {SETTINGS} has {settings.scheme.names}")
    return settings


def load_network(folder: Path) -> tuple["PreTrainedModel", "PreTrainedTokenizerBase"]:
    """Model in evaluation mode and tokenizer of a model folder; safetensors only, no code from the folder is run."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(
        folder, local_files_only=True, use_safetensors=True, trust_remote_code=False
    )
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    assert tokenizer is not None  # noqa: S101 - the stub is too wide, a missing tokenizer raises
    return model.eval(), tokenizer
