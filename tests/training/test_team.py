import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stance.manifest import read_manifest
from stance.training.stage import ModelConfig, train
from stance.training.team import Team, lead, share_of
from tests.conftest import ROOT, tiny_training

TOLERANCE = 1e-4
"""Of the loss of every step, absolute, in fp32: what is left is the order of sums."""
RUN = """
import json, sys
from pathlib import Path
from stance.training.stage import ModelConfig, train
from tests.conftest import tiny_training
dataset, encoder, output = map(Path, sys.argv[1:4])
model = ModelConfig(pretrained=str(encoder), max_tokens=48, freeze_layers=1, dropout=0.0)
train(tiny_training(dataset, encoder, output, model=model, epochs=4, micro_batch_tokens=128))
"""


class Member(Team):
    def __init__(self, rank: int, size: int) -> None:
        self.rank, self.size = rank, size


def test_shares_are_disjoint_and_complete() -> None:
    indices = [5, 3, 8, 1, 9]
    shares = [share_of(indices, Member(rank, 3)) for rank in range(3)]
    assert sorted(i for share in shares for i in share) == sorted(indices)
    assert shares == [[5, 1], [3, 9], [8]]


def test_alone_the_leader_builds(tmp_path: Path) -> None:
    given: list[Path] = []
    assert lead(Team(), lambda announce: (announce(tmp_path), "made")[1], given.append) == "made"
    assert given == []


@pytest.mark.slow
def test_two_processes_have_the_loss_curve_of_one(dataset: Path, encoder: Path, tmp_path: Path) -> None:
    model = ModelConfig(pretrained=str(encoder), max_tokens=48, freeze_layers=1, dropout=0.0)
    train(tiny_training(dataset, encoder, tmp_path / "one", model=model, epochs=4))
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    (tmp_path / "run.py").write_text(RUN)
    command = [*launch, str(tmp_path / "run.py"), str(dataset), str(encoder), str(tmp_path / "two")]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    for _ in range(2):  # the second finds a fresh folder, and neither process waits for the other
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200)
        assert done.returncode == 0, done.stderr
    curves = []
    for name in ("one", "two"):
        lines = (tmp_path / name / "steps.jsonl").read_text().splitlines()
        curves.append([json.loads(line)["loss"] for line in lines])
    assert len(curves[0]) == len(curves[1]) > 4
    assert max(abs(a - b) for a, b in zip(*curves, strict=True)) <= TOLERANCE
    one, two = (read_manifest(tmp_path / name) for name in ("one", "two"))
    assert one is not None
    assert two is not None
    assert one.counts == two.counts
