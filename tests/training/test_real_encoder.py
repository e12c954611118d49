"""The embedded encoder on a part of the bundled corpus: the same bits again, and after being killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow
RUN = """
import sys
from pathlib import Path
from stance.training.stage import TrainConfig, train
dataset, first, output = map(Path, sys.argv[1:4])
train(TrainConfig(dataset=dataset, first=(first,), epochs=2, checkpoint_seconds=0, threads=2, output=output))
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """outputs/small with a dataset of about 150 training pairs and 200 drills."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("data", "configs"):
        (folder / name).symlink_to(ROOT / name)
    for script, options in (
        ("ingest", []),
        ("label", []),
        ("build_dataset", ["dataset.max_train_pairs=150"]),
        ("drills", ["drills.number=200"]),
    ):
        command = [sys.executable, str(ROOT / "scripts" / f"{script}.py"), "run=small", *options]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "outputs" / "small"


def start(prepared: Path, name: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", RUN, *(str(prepared / part) for part in ("dataset", "drills", name))]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})


@pytest.mark.timeout(900)
def test_the_same_bits_again_and_after_kill(prepared: Path) -> None:
    assert start(prepared, "whole").wait() == 0
    assert start(prepared, "again").wait() == 0
    state = prepared / "killed.partial" / "state.safetensors"
    process = start(prepared, "killed")
    deadline = time.monotonic() + 300
    while not state.is_file() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert state.is_file()
    assert not (prepared / "killed").exists()
    assert start(prepared, "killed").wait() == 0
    weights = [(prepared / name / "model.safetensors").read_bytes() for name in ("whole", "again", "killed")]
    assert weights[0] == weights[1] == weights[2]
