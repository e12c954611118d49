"""A pretrained encoder with a fresh classification head."""

import re
import warnings
from typing import TYPE_CHECKING

from stance.config import ConfigError
from stance.labels import LabelScheme
from stance.model.pretrained import check_encodes, check_is_encoder, locate_pretrained

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

LAYER = re.compile(r"\.layers?\.(\d+)\.")
"""A layer's number in a parameter's name, in BERT, RoBERTa, DeBERTa, ELECTRA and ModernBERT."""


def new_classifier(
    pretrained: str, scheme: LabelScheme, *, dropout: float | None = None, download: bool = False
) -> tuple["PreTrainedModel", "PreTrainedTokenizerBase"]:
    """(model, tokenizer): the encoder with a head of one output a label, named by the scheme.

    The head's weights are drawn from torch's global generator: seed it first. `dropout` replaces the encoder's own
    rates. Raises ConfigError when `pretrained` cannot be found or is no encoder.
    """
    from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

    location = locate_pretrained(pretrained, download=download)
    check_is_encoder(location)
    labels = dict(enumerate(scheme.names))
    try:
        config = AutoConfig.from_pretrained(
            location, id2label=labels, label2id={name: i for i, name in labels.items()}, local_files_only=not download
        )
        check_encodes(location, config.to_dict())  # a hub id has no folder to look into before
        if dropout is not None:
            for name in ("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout"):
                if hasattr(config, name):
                    setattr(config, name, dropout)
        model = AutoModelForSequenceClassification.from_pretrained(
            location, config=config, use_safetensors=True, local_files_only=not download, ignore_mismatched_sizes=True
        )
        tokenizer = AutoTokenizer.from_pretrained(location, local_files_only=not download)
    except (OSError, ValueError) as error:
        raise ConfigError(f"train.model.pretrained: {pretrained} cannot be loaded: {error}") from None
    assert tokenizer is not None  # noqa: S101 - the stub is too wide, a missing tokenizer raises
    # The tokenizer file of a sentence encoder may carry its own padding and truncation, which would override ours.
    if backend := getattr(tokenizer, "backend_tokenizer", None):
        backend.no_padding()
        backend.no_truncation()
    return model, tokenizer


def freeze_lowest(model: "PreTrainedModel", layers: int) -> None:
    """Take the embeddings and the `layers` lowest layers out of training; gradients are not computed below them.

    Raises ConfigError when the encoder has fewer layers or names them in a way that is not known here.
    """
    numbered = {name: int(found[1]) for name, _ in model.named_parameters() if (found := LAYER.search(name))}
    if layers and layers > max(numbered.values(), default=-1):
        raise ConfigError(
            f"train.model.freeze_layers: {layers}, but the encoder has {max(numbered.values(), default=-1) + 1} layers "
            f"that can be told apart; at least one must be trained"
        )
    for name, parameter in model.named_parameters():
        if "embeddings" in name or numbered.get(name, layers) < layers:
            parameter.requires_grad = False


def add_lora(model: "PreTrainedModel", rank: int) -> "PreTrainedModel":
    """The model with low-rank updates (Hu et al. 2022) on its linear layers; they and the head alone are trained.

    `merge_and_unload()` makes a plain model of it again. Raises ConfigError when peft is not installed.
    """
    try:
        from peft import LoraConfig, TaskType, get_peft_model
    except ImportError:
        raise ConfigError("train.model.lora_rank: needs peft; pip install 'stance[lora]'") from None
    config = LoraConfig(task_type=TaskType.SEQ_CLS, r=rank, lora_alpha=2 * rank, target_modules="all-linear")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft still asks transformers 5 under an old name
        return get_peft_model(model, config)  # ty: ignore[invalid-explicit-return]
