"""Stance without training, from a natural-language-inference checkpoint: which hypothesis does the sentence entail?

Yin, Hay and Roth 2019 (Benchmarking Zero-shot Text Classification, EMNLP): each label is a hypothesis, and the labels'
entailment scores compete. Here the hypotheses name the target.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from stance.config import ConfigError
from stance.model.device import Compute
from stance.model.forward import predict_logits
from stance.model.inputs import InputTemplate, PairEncoder
from stance.model.pretrained import locate_pretrained

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

ENTAILMENT = re.compile(r"entail(s|ed|ment)?")
BATCH_TOKENS = 4096


def load_nli(pretrained: str, *, download: bool = False) -> "tuple[PreTrainedModel, PreTrainedTokenizerBase, int]":
    """(model, tokenizer, position of entailment) of a checkpoint on disk, in the local cache, or on the hub.

    Raises ConfigError when it cannot be found, is no classifier, or does not name its entailment output.
    """
    from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

    location = locate_pretrained(pretrained, download=download)
    try:
        config = AutoConfig.from_pretrained(location, local_files_only=not download)
        entailment = entailment_index(config.id2label, pretrained)
        model = AutoModelForSequenceClassification.from_pretrained(
            location, use_safetensors=True, local_files_only=not download
        )
        tokenizer = AutoTokenizer.from_pretrained(location, local_files_only=not download)
    except ConfigError:
        raise
    except (OSError, ValueError) as error:
        raise ConfigError(f"{pretrained}: cannot be loaded ({error})") from None
    assert tokenizer is not None  # noqa: S101 - the stub is too wide, a missing tokenizer raises
    return model, tokenizer, entailment


def entailment_index(id2label: Mapping[int, str], name: str) -> int:
    """Position of the output that means entailment; orders differ between checkpoints, so only names count.

    Raises ConfigError unless exactly one output has that name.
    """
    found = [int(i) for i, label in id2label.items() if ENTAILMENT.fullmatch(label.strip().lower())]
    if len(found) != 1:
        raise ConfigError(
            f"{name}: its outputs are {', '.join(id2label.values())}; expected exactly one named entailment, as NLI "
            "checkpoints have it. Name the outputs in id2label of its config.json, or take another checkpoint"
        )
    return found[0]


def entailment_probabilities(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    entailment: int,
    hypotheses: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    max_tokens: int,
    compute: Compute,
) -> np.ndarray:
    """Probabilities of shape (pairs, hypotheses): a softmax over the hypotheses' entailment logits.

    `pairs` are (sentence, target); a hypothesis has {target} where the target goes.
    """
    texts, targets = [text for text, _ in pairs], [target for _, target in pairs]
    columns = []
    for hypothesis in hypotheses:
        inputs = PairEncoder.of(tokenizer, max_tokens, InputTemplate(second=hypothesis))
        logits = predict_logits(model, inputs.encode(texts, targets), inputs, compute, BATCH_TOKENS)
        columns.append(logits[:, entailment])
    return softmax(np.stack(columns, axis=1))


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities along the last axis, in fp64."""
    exponents = np.exp(scores.astype(np.float64) - scores.max(axis=-1, keepdims=True))
    return exponents / exponents.sum(axis=-1, keepdims=True)
