"""Tiny real models of one encoder and different heads, and the real server in a process of its own."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from stance.serving.app import make_app
from stance.serving.config import ServeConfig
from stance.serving.service import Service
from tests.conftest import SCHEME

ADDRESS = "http://127.0.0.1:8000"
PAIR = {"text": "Elders in Mali condemned the strikes.", "target": "foreign intervention in Mali"}


def write_model(folder: Path, encoder: Path, seed: int = 0, first: str = "{text}") -> Path:
    """A model folder with an fp32 graph, whose head is drawn with `seed`."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification, BertModel

    from stance.export.fp32 import write_fp32
    from stance.model.folder import ModelSettings, save_model_folder
    from stance.model.inputs import InputTemplate

    torch.manual_seed(seed)
    names = dict(enumerate(SCHEME.names))
    network = BertForSequenceClassification(BertConfig.from_pretrained(encoder, id2label=names))
    network.bert.load_state_dict(BertModel.from_pretrained(encoder).state_dict())
    settings = ModelSettings(
        scheme=SCHEME,
        max_tokens=48,
        template=InputTemplate(first=first),
        pretrained="tiny",
        data_fingerprint="none",
        seed=seed,
        dev_macro_f1=0.0,
    )
    save_model_folder(folder, network, AutoTokenizer.from_pretrained(encoder), settings)
    (folder / "onnx").mkdir()
    write_fp32(folder, folder / "onnx" / "model.onnx")
    return folder


@pytest.fixture(scope="session")
def model(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("served") / "model", encoder)


@pytest.fixture(scope="session")
def other_model(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It answers differently, and reads context."""
    return write_model(tmp_path_factory.mktemp("served") / "other", encoder, seed=1, first="{before} {text} {after}")


Start = Callable[..., TestClient]


@pytest.fixture
def start(model: Path) -> Iterator[Start]:
    """A function that starts the application of a config and gives its client."""
    with contextlib.ExitStack() as stack:

        def make(**values: Any) -> TestClient:
            config = ServeConfig(**({"model": model, "workers": 2, "reload_seconds": 0.0} | values))
            app = make_app(Service(config), config)
            return stack.enter_context(TestClient(app, base_url=ADDRESS))

        yield make


@pytest.fixture
def client(start: Start) -> TestClient:
    return start()


class Process:
    """`stance serve` on a free port."""

    def __init__(self, model: Path, *fields: str, **options: Any) -> None:
        code = "from stance.cli import main; main()"
        command = [sys.executable, "-c", code, "serve", str(model), "--port", "0", "--workers", "2", *fields]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", **options.pop("environment", {})}
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
        )
        assert self.process.stdout is not None
        first = self.process.stdout.readline()
        assert first.startswith("serve: "), self.process.communicate()
        self.address = self.process.stdout.readline().strip().rstrip("/")
        self.port = int(self.address.rpartition(":")[2])

    def stop(self, sent: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Exit status, output and errors after a signal."""
        self.process.send_signal(sent)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@pytest.fixture
def serve() -> Iterator[Callable[..., Process]]:
    """A function that starts a server; none outlives the test."""
    started: list[Process] = []

    def start(*arguments: Any, **options: Any) -> Process:
        started.append(Process(*arguments, **options))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.process.kill()
            server.process.communicate()
