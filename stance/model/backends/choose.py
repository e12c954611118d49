"""Which backend runs a model folder: the one asked for, or the fastest that is known to be right on this machine."""

import importlib.util
import json
import platform
import sys
from pathlib import Path
from typing import Literal

import numpy as np

from stance.config import ConfigError, DataError
from stance.model.backends import Backend, Scorer
from stance.model.backends.onnx import OnnxBackend
from stance.model.bundle import bundle_fingerprint, check_hashes, check_safe
from stance.model.folder import ModelSettings, read_settings
from stance.model.inputs import PairEncoder
from stance.storage import write_json

BackendName = Literal["auto", "onnx-int8", "onnx-fp32", "torch-fp32", "torch-bf16"]
ONNX_FILES: dict[str, str] = {"onnx-int8": "onnx/model_int8.onnx", "onnx-fp32": "onnx/model.onnx"}
VERIFIED = ".verified.json"
"""What `stance verify` found on which machine; hidden, so no part of the bundle."""
FLAGS = ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "asimddp", "i8mm", "bf16")
"""Processor features that decide which matrix kernels run."""


def open_scorer(folder: Path, backend: BackendName, threads: int | None = None) -> Scorer:
    """The network of a model folder, ready to run.

    `auto` is what `stance verify` chose on this machine; before that, int8 where the exported file passed its gate on
    a processor with the same features, else the fp32 graph, else torch. Raises ConfigError for a backend that the
    folder or the environment lacks, DataError for a folder that is incomplete, damaged or tampered with.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder; expected a model folder, as train or export makes one")
    check_safe(folder)
    settings = read_settings(folder)
    name = choose(folder) if backend == "auto" else backend
    used = ["config.json", "stance.json", "tokenizer.json", ONNX_FILES.get(name, "model.safetensors")]
    if backend == "auto" and name == "onnx-int8":
        used.insert(0, "onnx/parity.json")  # it vouches for the choice
    if not (folder / used[-1]).is_file():
        raise ConfigError(f"{folder}: has no {used[-1]} for backend {name}; it has {', '.join(available(folder))}")
    check_hashes(folder, used)
    network: Backend
    if name in ONNX_FILES:
        network = OnnxBackend(folder / used[-1], name, threads)
        inputs = PairEncoder.from_folder(folder, settings.max_tokens, network.input_names, settings.template)
    else:
        network, inputs = _open_torch(folder, name, threads, settings)
    return Scorer(inputs, network, len(settings.scheme.names))


def available(folder: Path) -> list[BackendName]:
    """Backends that the files of a folder and the installed packages allow, fastest first."""
    onnx, torch = _installed("onnxruntime"), _installed("torch") and _installed("transformers")
    torch = torch and (folder / "model.safetensors").is_file()
    usable: dict[BackendName, bool] = {
        "onnx-int8": onnx and (folder / ONNX_FILES["onnx-int8"]).is_file(),
        "torch-bf16": torch and "avx512_bf16" in machine()["flags"],
        "onnx-fp32": onnx and (folder / ONNX_FILES["onnx-fp32"]).is_file(),
        "torch-fp32": torch,
    }
    return [name for name, is_usable in usable.items() if is_usable]


def choose(folder: Path) -> BackendName:
    """The backend that `auto` means for a folder on this machine."""
    names = available(folder)
    if not names:
        raise ConfigError(f"{folder}: nothing installed can run it; pip install onnxruntime, or torch and transformers")
    try:
        noted = json.loads((folder / VERIFIED).read_text())
        if noted["machine"] == machine() and noted["model"] == bundle_fingerprint(folder) and noted["backend"] in names:
            return noted["backend"]
    except (OSError, ValueError, KeyError):
        pass
    if "onnx-int8" in names and _gate_passed_here(folder):
        return "onnx-int8"
    return next((name for name in names if name.endswith("fp32")), names[0])


def remember(folder: Path, name: str) -> None:
    """Note beside the bundle that `name` is what `auto` means on this machine; raises OSError when it is read-only."""
    write_json(folder / VERIFIED, {"machine": machine(), "model": bundle_fingerprint(folder), "backend": name})


def machine() -> dict[str, str]:
    """What decides a score's last bits: the architecture, the processor's matrix features, the engine's version."""
    flags: set[str] = set()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = cpuinfo.read_text().splitlines()
        flags = set(next((x for x in lines if x.startswith(("flags", "Features"))), "").split())
    return {
        "architecture": platform.machine(),
        "flags": " ".join(flag for flag in FLAGS if flag in flags),
        "numpy": np.__version__,
        "onnxruntime": _onnxruntime_version(),
    }


def _gate_passed_here(folder: Path) -> bool:
    try:
        gate = json.loads((folder / "onnx" / "parity.json").read_text())["int8"]
        return gate["method"] != "dynamic" and gate["machine"]["flags"] == machine()["flags"]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _open_torch(folder: Path, name: str, threads: int | None, settings: ModelSettings) -> tuple[Backend, PairEncoder]:
    try:
        from stance.model.backends.torch import TorchBackend
        from stance.model.device import choose_compute
        from stance.model.folder import load_network
    except ImportError as error:
        raise ConfigError(f"backend {name} needs torch and transformers ({error}); or use backend onnx-fp32") from None
    if name not in ("torch-fp32", "torch-bf16"):
        raise ConfigError(f"no such backend {name!r}; expected auto, {', '.join(ONNX_FILES)}, torch-fp32 or torch-bf16")
    try:
        network, tokenizer = load_network(folder)
    except (OSError, ValueError, RuntimeError) as error:
        raise DataError(f"{folder}: cannot be loaded by transformers ({error})") from None
    compute = choose_compute("bf16" if name == "torch-bf16" else "fp32", threads)
    return TorchBackend(network, compute), PairEncoder.of(tokenizer, settings.max_tokens, settings.template)


def _installed(package: str) -> bool:
    return package in sys.modules or importlib.util.find_spec(package) is not None


def _onnxruntime_version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("onnxruntime")
    except PackageNotFoundError:
        return ""
