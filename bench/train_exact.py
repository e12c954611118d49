"""What must not depend on how a run is cut: micro-batches, processes, kills."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch

from stance.examples import read_examples, read_scheme
from stance.model.device import choose_compute
from stance.model.inputs import PairEncoder
from stance.model.network import new_classifier
from stance.model.pretrained import EMBEDDED
from stance.training.gradients import Backward, TrainingData
from stance.training.objective import ObjectiveConfig
from stance.training.team import Team

RUN = """
import sys, torch
from pathlib import Path
from stance.training.stage import ModelConfig, TrainConfig, train
dataset, output, dropout = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
train(TrainConfig(dataset=dataset, output=output, epochs=2, pairs_per_label=24, swap_targets=0.0, precision=sys.argv[4],
    batch_tokens=256, checkpoint_seconds=0, threads=1, model=ModelConfig(dropout=dropout)))
"""
TIMEOUT_SECONDS = 1800


def accumulation_error(dataset: Path) -> float:
    """Relative difference of the gradients of 4 x 4 and of 16 examples with uneven weights and soft labels, in fp32."""
    compute, scheme = choose_compute("fp32", 2), read_scheme(dataset)
    torch.manual_seed(0)
    model, tokenizer = new_classifier(EMBEDDED, scheme, dropout=0.0)
    inputs = PairEncoder.of(tokenizer, 128)
    examples = read_examples(dataset, "train")[:16]
    generator = torch.Generator().manual_seed(0)
    targets = torch.rand(16, len(scheme.names), generator=generator).softmax(dim=1)
    weights = torch.rand(16, generator=generator) * torch.tensor([0.1, 5.0]).repeat(8)
    data = TrainingData(inputs.encode([e.text for e in examples], [e.target for e in examples]), targets, weights)
    longest = max(len(e["input_ids"]) for e in data.encodings)
    found = []
    for tokens in (None, 4 * longest):
        model.zero_grad()
        Backward(data, inputs, ObjectiveConfig(), tokens, compute, Team())(model, list(range(16)))
        found.append(torch.cat([p.grad.flatten().double() for p in model.parameters() if p.grad is not None]))
    return float((found[1] - found[0]).norm() / found[0].norm())


def largest_loss_difference(dataset: Path, folder: Path) -> float:
    """Between the steps of one process and of two, in fp32 and without dropout."""
    curves = []
    for name, launch in (("one", []), ("two", ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"])):
        _wait(_start(dataset, folder / name, folder, launch, dropout=0.0, precision="fp32"))
        lines = (folder / name / "steps.jsonl").read_text(encoding="utf-8").splitlines()
        curves.append([json.loads(line)["loss"] for line in lines])
    return max(abs(a - b) for a, b in zip(*curves, strict=True))


def kills_with_the_same_bits(dataset: Path, folder: Path, kills: int) -> int:
    """Kill a run at `kills` random steps, each time letting it go on; the kills survived to the same bits, or -1."""
    _wait(_start(dataset, folder / "whole", folder, [], dropout=0.1, precision="auto"))
    steps = len((folder / "whole" / "steps.jsonl").read_text(encoding="utf-8").splitlines())
    points = sorted(random.Random(0).sample(range(1, steps), min(kills, steps - 1)))  # noqa: S311
    state = folder / "killed.partial" / "state.safetensors"
    for point in points:
        process = _start(dataset, folder / "killed", folder, [], dropout=0.1, precision="auto")
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while _step(state) < point and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
    _wait(_start(dataset, folder / "killed", folder, [], dropout=0.1, precision="auto"))
    same = all(
        (folder / "killed" / name).read_bytes() == (folder / "whole" / name).read_bytes()
        for name in ("model.safetensors", "training_log.json", "steps.jsonl")
    )
    return len(points) if same else -1


def _step(state: Path) -> int:
    """The step that a state file goes on from; 0 where there is none."""
    from safetensors import safe_open

    if not state.is_file():
        return 0
    with safe_open(state, framework="pt") as file:
        return json.loads(file.metadata()["state"])["step"]


def _start(
    dataset: Path, output: Path, folder: Path, launch: list[str], *, dropout: float, precision: str
) -> "subprocess.Popen[bytes]":
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.py").write_text(RUN, encoding="utf-8")
    command = [sys.executable, *launch, str(folder / "run.py"), str(dataset), str(output), str(dropout), precision]
    root = str(Path(__file__).parent.parent)
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": root, "OMP_NUM_THREADS": "1"})


def _wait(process: "subprocess.Popen[bytes]") -> None:
    if process.wait(TIMEOUT_SECONDS):
        raise SystemExit(f"{process.args}: left with status {process.returncode}")
