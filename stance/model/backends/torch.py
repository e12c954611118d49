"""torch, on a GPU where there is one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from stance.model.backends import Array
from stance.model.device import Compute

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class TorchBackend:
    """A transformers network in evaluation mode."""

    def __init__(self, network: "PreTrainedModel", compute: Compute) -> None:
        self._network = network.to(compute.device).eval()
        self._compute = compute
        if compute.precision == "bf16":
            # Autocast would turn the same weights into the same bf16 numbers again in every batch.
            for module in self._network.modules():
                if isinstance(module, nn.Linear):
                    module.to(torch.bfloat16)
        self.name = f"torch-{compute.precision}"

    @torch.inference_mode()
    def run(self, batch: Mapping[str, Array]) -> Array:
        """Logits in fp32 of shape (batch, labels)."""
        tensors = {name: torch.from_numpy(array).to(self._compute.device) for name, array in batch.items()}
        with self._compute.autocast():
            return np.asarray(self._network(**tensors).logits.float().cpu().numpy())
