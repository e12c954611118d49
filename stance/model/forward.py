"""Running a network over many encoded pairs."""

from collections.abc import Sequence

import numpy as np
import torch
from transformers import PreTrainedModel

from stance.model.device import Compute
from stance.model.inputs import Encoding, PairEncoder, batches_by_length


@torch.inference_mode()
def predict_logits(
    model: PreTrainedModel, encodings: Sequence[Encoding], inputs: PairEncoder, compute: Compute, batch_tokens: int
) -> np.ndarray:
    """Logits in fp32 of shape (examples, labels), in the order of `encodings`; leaves the model in evaluation mode."""
    model.eval()
    logits = np.zeros((len(encodings), int(model.config.num_labels or 0)), dtype=np.float32)
    for indices in batches_by_length([len(e["input_ids"]) for e in encodings], batch_tokens):
        batch = tensors(inputs, [encodings[i] for i in indices], compute)
        with compute.autocast():
            logits[indices] = model(**batch).logits.float().cpu().numpy()
    return logits


def tensors(inputs: PairEncoder, encodings: Sequence[Encoding], compute: Compute) -> dict[str, torch.Tensor]:
    """A padded batch on the device."""
    return {name: torch.from_numpy(array).to(compute.device) for name, array in inputs.pad(encodings).items()}
