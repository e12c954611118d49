"""Where and how arithmetic runs: device, threads, precision. Chosen once, on purpose, and printed."""

import ctypes
import os
import resource
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

import torch

from stance.model import Precision


@dataclass(frozen=True)
class Compute:
    """The device, the number of CPU threads and the precision of matrix products."""

    device: str
    threads: int
    precision: Literal["fp32", "bf16"]

    def autocast(self) -> AbstractContextManager[object]:
        """Context in which matrix products run in `precision`; weights stay fp32."""
        return torch.autocast(self.device, torch.bfloat16, enabled=self.precision == "bf16")

    def __str__(self) -> str:
        return f"{self.device}, {self.threads} threads, {self.precision}"


def choose_compute(precision: Precision = "auto", threads: int | None = None) -> Compute:
    """The GPU where there is one; else the CPU with `threads` threads (default: the cores this process may use, shared
    with its siblings under torchrun).

    `auto` is bf16 where the hardware multiplies bf16, else fp32.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        keep_freed_memory()
    threads = threads or max(1, len(os.sched_getaffinity(0)) // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
    torch.set_num_threads(threads)
    if precision == "auto":
        precision = "bf16" if has_bf16_hardware(device) else "fp32"
    return Compute(device, threads, precision)


def has_bf16_hardware(device: str) -> bool:
    """Whether the device multiplies bf16 in hardware (Ampere GPUs on, AVX512_BF16 or AMX on CPUs)."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu.get_capabilities().get("avx512_bf16", False)


def keep_freed_memory() -> bool:
    """Tell glibc to keep freed blocks instead of giving them back to the system; returns whether it could be told.

    By default it maps every large activation anew in every step: over 40,000 page faults a step of 1,500 tokens.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    trim_threshold, mmap_threshold = -1, -3
    return bool(mallopt(mmap_threshold, 1 << 30) and mallopt(trim_threshold, (1 << 31) - 1))


def peak_memory_bytes() -> int:
    """The largest resident size of this process so far, or of the GPU's memory where there is one."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
