"""What must not depend on how a run is cut: micro-batches, processes, kills."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import AutoTokenizer, BertConfig, BertModel

from stance.examples import read_examples, read_scheme
from stance.model.device import choose_compute
from stance.model.inputs import PairEncoder
from stance.model.network import new_classifier
from stance.model.pretrained import EMBEDDED, locate_pretrained
from stance.training.gradients import Backward, TrainingData
from stance.training.progress import STEPS_FILE
from stance.training.team import Team

ROOT = Path(__file__).parent.parent

RUN = """
import json, os, signal, sys, threading
from pathlib import Path
from stance.training.progress import Progress
from stance.training.stage import ModelConfig, TrainConfig, train
given = json.loads(sys.argv[1])
plain = Progress.step
def step(self, number, *rest):
    if given["kill_at"] is not None and number >= given["kill_at"]:
        # at any moment from here on, so in the middle of a saved state too
        threading.Timer(given["delay"], os.kill, (os.getpid(), signal.SIGKILL)).start()
    plain(self, number, *rest)
Progress.step = step
model = ModelConfig(pretrained=given["encoder"], dropout=given["dropout"], freeze_layers=1)
train(TrainConfig(dataset=Path(given["dataset"]), output=Path(given["output"]), epochs=1, passes=2, pairs_per_label=32,
    swap_targets=0.0, precision=given["precision"], batch_tokens=256, threads=1,
    checkpoint_seconds=given["checkpoint_seconds"], model=model))
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
        Backward(data, inputs, tokens, compute, Team())(model, list(range(16)))
        found.append(torch.cat([p.grad.flatten().double() for p in model.parameters() if p.grad is not None]))
    return float((found[1] - found[0]).norm() / found[0].norm())


def largest_loss_difference(dataset: Path, folder: Path) -> float:
    """Between the steps of one process and of two, of the embedded model, in fp32 and without dropout."""
    curves = []
    for name, launch in (("one", []), ("two", ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"])):
        run = _Run(dataset, folder, EMBEDDED, dropout=0.0, precision="fp32")
        if status := run.start(name, launch=launch):
            raise SystemExit(f"training with {name} process(es) left with status {status}")
        lines = (folder / name / STEPS_FILE).read_text(encoding="utf-8").splitlines()
        curves.append([json.loads(line)["loss"] for line in lines])
    return max(abs(a - b) for a, b in zip(*curves, strict=True))


def kills_with_the_same_bits(dataset: Path, folder: Path, encoder: str, kills: int) -> int:
    """Kill a run at `kills` random moments, each time letting it go on; the kills it survived, or -1 for other bits."""
    run = _Run(dataset, folder, encoder, dropout=0.1, precision="auto")
    if status := run.start("whole"):
        raise SystemExit(f"training without a kill left with status {status}")
    steps = len((folder / "whole" / STEPS_FILE).read_text(encoding="utf-8").splitlines())
    generator = random.Random(0)  # noqa: S311
    points = sorted(generator.sample(range(1, steps - 1), min(kills, steps - 2)))
    killed = sum(run.start("killed", kill_at=p, delay=generator.uniform(0, 0.005)) == -signal.SIGKILL for p in points)
    if status := run.start("killed"):
        raise SystemExit(f"training after {killed} kills left with status {status}")
    same = all(
        (folder / "killed" / name).read_bytes() == (folder / "whole" / name).read_bytes()
        for name in ("model.safetensors", "training_log.json", STEPS_FILE)
    )
    return killed if same else -1


def write_tiny_encoder(folder: Path) -> Path:
    """A BERT of three narrow layers with random weights and the embedded model's vocabulary."""
    tokenizer = AutoTokenizer.from_pretrained(locate_pretrained(EMBEDDED))
    assert tokenizer is not None  # noqa: S101 - the stub is too wide
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=64
    )
    BertModel(config).save_pretrained(folder)
    return folder


@dataclass(frozen=True)
class _Run:
    """A training in a process of its own."""

    dataset: Path
    folder: Path
    encoder: str
    dropout: float
    precision: str

    def start(self, name: str, *, launch: Sequence[str] = (), kill_at: int | None = None, delay: float = 0.0) -> int:
        """Train into `folder / name` to the end, or until the process kills itself; returns its status."""
        script = self.folder / "run.py"
        script.write_text(RUN, encoding="utf-8")
        places = {"dataset": str(self.dataset), "output": str(self.folder / name), "encoder": self.encoder}
        given = places | {"dropout": self.dropout, "precision": self.precision, "kill_at": kill_at, "delay": delay}
        given["checkpoint_seconds"] = 0.0 if name == "killed" else 1e9
        command = [sys.executable, *launch, str(script), json.dumps(given)]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
        return subprocess.run(command, env=environment, check=False, timeout=TIMEOUT_SECONDS).returncode
