"""The network as an ONNX graph, dynamic in batch and length."""

import contextlib
import io
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn
from transformers import PreTrainedModel

OPSET = 20
EXAMPLE_BATCH = 2
EXAMPLE_TOKENS = 16


class _Logits(nn.Module):
    """The network with named inputs in, logits out: ONNX graphs know no keyword arguments and no output classes."""

    def __init__(self, model: PreTrainedModel, names: Sequence[str]) -> None:
        super().__init__()
        self.model = model
        self.names = tuple(names)

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.model(**dict(zip(self.names, inputs, strict=True))).logits


def export_onnx(model: PreTrainedModel, input_names: Sequence[str], path: Path) -> None:
    """Write `model` as one fp32 ONNX file; inputs int64 (batch, tokens), output `logits` (batch, labels)."""
    example = tuple(torch.ones(EXAMPLE_BATCH, EXAMPLE_TOKENS, dtype=torch.int64) for _ in input_names)
    axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("tokens")}
    chatter = io.StringIO()
    quiet = logging.getLogger("torch.onnx")
    level = quiet.level
    quiet.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(chatter):
            # The exporter's own use of deprecated interfaces is no concern of the user's.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                _Logits(model.eval(), input_names),
                example,
                str(path),
                input_names=list(input_names),
                output_names=["logits"],
                dynamic_shapes=(tuple(axes for _ in input_names),),
                opset_version=OPSET,
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    finally:
        quiet.setLevel(level)
