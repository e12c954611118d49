"""Stance without training or network, from any encoder of sentences: nearness to the mean of a few seed sentences.

Prototypes as in Snell, Swersky and Zemel 2017 (Prototypical Networks, NeurIPS), the seeds in the place of the support
set. Embeddings of sentences are mostly about their topic, which all labels of one target share, so what the
prototypes of a target have in common is taken out before they are compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from stance.config import ConfigError
from stance.labeling.zero_shot import BATCH_TOKENS, softmax
from stance.model.device import Compute
from stance.model.forward import tensors
from stance.model.inputs import PairEncoder, batches_by_length
from stance.model.pretrained import check_is_encoder, locate_pretrained

if TYPE_CHECKING:
    from transformers import PreTrainedModel

SHARPNESS = 20.0
"""Differences of cosines are small; this makes probabilities of them."""


@dataclass(frozen=True)
class SentenceEncoder:
    """Mean of the token vectors of an encoder, of length 1 (Reimers and Gurevych 2019, Sentence-BERT)."""

    model: "PreTrainedModel"
    inputs: PairEncoder
    compute: Compute

    @classmethod
    def load(cls, pretrained: str, max_tokens: int, compute: Compute, *, download: bool = False) -> "SentenceEncoder":
        """The encoder on disk, in the local cache, or on the hub; raises ConfigError when there is none."""
        from transformers import AutoModel, AutoTokenizer

        location = locate_pretrained(pretrained, download=download)
        check_is_encoder(location)
        try:
            model = AutoModel.from_pretrained(location, use_safetensors=True, local_files_only=not download)
            tokenizer = AutoTokenizer.from_pretrained(location, local_files_only=not download)
        except (OSError, ValueError) as error:
            raise ConfigError(f"{pretrained}: cannot be loaded ({error})") from None
        assert tokenizer is not None  # noqa: S101 - the stub is too wide, a missing tokenizer raises
        return cls(model.eval().to(compute.device), PairEncoder.of(tokenizer, max_tokens), compute)

    @torch.inference_mode()
    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of shape (texts, width), in fp32."""
        encoded = self.inputs.tokenizer.encode_batch_fast(list(texts))
        encodings = [{"input_ids": e.ids, "attention_mask": e.attention_mask} for e in encoded]
        vectors = np.zeros((len(texts), int(self.model.config.hidden_size)), dtype=np.float32)
        for indices in batches_by_length([len(e["input_ids"]) for e in encodings], BATCH_TOKENS):
            batch = tensors(self.inputs, [encodings[i] for i in indices], self.compute)
            with self.compute.autocast():
                hidden = self.model(**batch).last_hidden_state.float()
            mask = batch["attention_mask"][..., None].float()
            mean = (hidden * mask).sum(1) / mask.sum(1)
            vectors[indices] = torch.nn.functional.normalize(mean, dim=1).cpu().numpy()
        return vectors


def prototype_probabilities(
    encoder: SentenceEncoder, seeds: Sequence[Sequence[str]], pairs: Sequence[tuple[str, str]]
) -> np.ndarray:
    """Probabilities of shape (pairs, labels); `seeds` holds each label's sentences, {target} where the target goes."""
    targets = list(dict.fromkeys(target for _, target in pairs))
    number = {target: i for i, target in enumerate(targets)}
    prototypes = label_prototypes(encoder, seeds, targets)
    vectors = encoder.embed([text for text, _ in pairs])
    return nearness(vectors, prototypes[[number[target] for _, target in pairs]])


def label_prototypes(encoder: SentenceEncoder, seeds: Sequence[Sequence[str]], targets: Sequence[str]) -> np.ndarray:
    """Mean seed vectors of shape (targets, labels, width); a seed that names no target is embedded once for all."""
    filled = [[[seed.replace("{target}", target) for seed in group] for group in seeds] for target in targets]
    texts = list(dict.fromkeys(text for groups in filled for group in groups for text in group))
    place = {text: i for i, text in enumerate(texts)}
    vectors = encoder.embed(texts)
    return np.stack([[vectors[[place[t] for t in group]].mean(axis=0) for group in groups] for groups in filled])


def nearness(vectors: np.ndarray, prototypes: np.ndarray) -> np.ndarray:
    """Probabilities of shape (pairs, labels) for vectors (pairs, width) and prototypes (pairs, labels, width)."""
    centre = prototypes.mean(axis=1, keepdims=True)
    own = prototypes - centre
    own = own / np.maximum(np.linalg.norm(own, axis=2, keepdims=True), 1e-12)
    return softmax(SHARPNESS * np.einsum("pd,pld->pl", vectors - centre[:, 0], own))
