"""torch, on a GPU where there is one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch

from stance.model.backends import Array
from stance.model.device import Compute

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class TorchBackend:
    """A transformers network in evaluation mode."""

    def __init__(self, network: "PreTrainedModel", compute: Compute) -> None:
        self._network = network.to(compute.device).eval()
        self._compute = compute
        self.name = f"torch-{compute.precision}"

    @torch.inference_mode()
    def run(self, batch: Mapping[str, Array]) -> Array:
        """Logits in fp32 of shape (batch, labels)."""
        tensors = {name: torch.from_numpy(array).to(self._compute.device) for name, array in batch.items()}
        with self._compute.autocast():
            return np.asarray(self._network(**tensors).logits.float().cpu().numpy())
