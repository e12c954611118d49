"""What runs the network: one Protocol, padded arrays in, logits out. Each file here imports one engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from stance.model.inputs import Contexts, PairEncoder, batches_of_one_width

Array = np.ndarray[Any, np.dtype[Any]]
DEFAULT_BATCH_TOKENS = 1024
"""Padded tokens in a batch: the activations of a small encoder then stay in the processor's cache."""


class Backend(Protocol):
    """A network that is ready to run; safe to call from several threads."""

    @property
    def name(self) -> str:
        """Engine and precision, e.g. `onnx-int8`."""
        ...

    def run(self, batch: Mapping[str, Array]) -> Array:
        """Logits in fp32 of shape (batch, labels) for padded inputs of shape (batch, tokens)."""
        ...


@dataclass(frozen=True)
class Scorer:
    """A backend with the encoder that feeds it."""

    inputs: PairEncoder
    backend: Backend
    num_labels: int

    def logits(
        self,
        texts: Sequence[str],
        targets: Sequence[str],
        contexts: Contexts | None = None,
        *,
        batch_tokens: int = DEFAULT_BATCH_TOKENS,
    ) -> np.ndarray:
        """Logits in fp32 of shape (pairs, labels), in the order of the pairs.

        `contexts` are not looked at where the template reads none; without them it reads empty ones.
        """
        encodings = self.inputs.encode(texts, targets, contexts)
        logits = np.zeros((len(encodings), self.num_labels), dtype=np.float32)
        lengths = [len(e["input_ids"]) for e in encodings]
        for indices in batches_of_one_width(lengths, batch_tokens, self.inputs.max_tokens):
            logits[indices] = self.backend.run(self.inputs.pad([encodings[i] for i in indices]))
        return logits


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities along the last axis, in fp64."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)
