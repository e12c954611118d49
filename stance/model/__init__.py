"""The encoder, shared by whoever runs one: inputs, network, device and precision, the layout of a model folder."""

from typing import Literal

Precision = Literal["auto", "fp32", "bf16"]
"""Of matrix products; `auto` is bf16 where the hardware multiplies bf16, else fp32."""
