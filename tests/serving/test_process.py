"""The real server: its end, its reload, clients that leave, and what it does without rights."""

import json
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stance.model.bundle import bundle_fingerprint
from tests.serving.conftest import PAIR, Process
from tests.serving.test_documents import PAGE

REQUEST = json.dumps({"pairs": [PAIR] * 3}).encode()
Serve = Callable[..., Process]
HEAD = b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


def ask(address: str, path: str = "/predict", body: bytes | None = REQUEST) -> Any:
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(address + path, body, headers), timeout=30) as reply:  # noqa: S310
        return json.loads(reply.read())


def raw(port: int, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


class Load:
    """Threads that ask again and again; what happened to each request."""

    def __init__(self, address: str, threads: int = 4) -> None:
        self.address = address
        self.answers: list[dict[str, Any]] = []
        self.lost: list[BaseException] = []
        self.stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def _ask(self) -> None:
        while not self.stop.is_set():
            try:
                self.answers.append(ask(self.address))
            except urllib.error.URLError as error:
                if isinstance(error.reason, ConnectionRefusedError):  # it has left, and took nothing on
                    return
                self.lost.append(error)
            except Exception as error:
                self.lost.append(error)

    def wait(self) -> None:
        for thread in self._threads:
            thread.join(30)

    def until(self, count: int) -> None:
        more = len(self.answers) + count
        for _ in range(1000):
            if len(self.answers) >= more:
                return
            time.sleep(0.02)
        raise AssertionError(f"{len(self.answers)} answers, {self.lost[:1]}")


def test_sigterm_under_load_loses_no_request(serve: Serve, model: Path) -> None:
    process = serve(model)
    load = Load(process.address)
    load.until(10)
    status, out, err = process.stop(signal.SIGTERM)
    load.wait()
    assert load.lost == []
    assert (status, err) == (0, "")
    assert f"stopped; {len(load.answers)} requests answered" in out


def test_it_says_that_it_is_about_to_stop(serve: Serve, model: Path) -> None:
    process = serve(model, "--set", "drain_seconds=2")
    assert ask(process.address, "/ready", None) == {"status": "ready"}
    process.process.send_signal(signal.SIGTERM)
    for _ in range(100):
        reply = raw(process.port, b"GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n")
        if b" 503 " in reply:
            break
        time.sleep(0.01)
    assert b" 503 " in reply
    assert b"connection: close" in reply
    assert len(ask(process.address)["predictions"]) == 3
    assert process.stop(signal.SIGCONT)[0] == 0


def test_a_new_model_takes_over_without_a_lost_request(
    serve: Serve, model: Path, other_model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(model, folder)
    process = serve(folder, "--set", "reload_seconds=0.1")
    load = Load(process.address)
    load.until(5)
    folder.rename(tmp_path / "old")
    shutil.copytree(other_model, folder)
    for _ in range(200):
        if ask(process.address, "/info", None)["model"] == bundle_fingerprint(other_model):
            break
        time.sleep(0.05)
    load.until(5)
    (folder / "stance.json").write_text("{}")  # nobody can use that: the model stays
    time.sleep(1)
    load.until(5)
    load.stop.set()
    load.wait()
    status, _, err = process.stop()
    assert load.lost == []
    assert status == 0
    assert {a["model"] for a in load.answers} == {bundle_fingerprint(model), bundle_fingerprint(other_model)}
    assert load.answers[-1]["model"] != load.answers[0]["model"]
    assert "the old one stays" in err


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
        HEAD + b"Host: evil.example\r\n\r\n",
        HEAD + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n",
        HEAD + b"X" * 100_000 + b": y\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET /info HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x00" * 20 + b"\r\n\r\n",
        b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n" + b"x" * 3_000_000,
    ],
    ids=lambda sent: repr(sent[-40:]),
)
def test_tricks_with_headers_and_paths_are_4xx(shared: Process, sent: bytes) -> None:
    try:
        reply = raw(shared.port, sent)
    except (ConnectionResetError, BrokenPipeError):
        reply = b"HTTP/1.1 4xx"  # it hung up on what it would not read
    assert reply.startswith(b"HTTP/1.1 4")
    assert b"root:" not in reply
    assert len(ask(shared.address)["predictions"]) == 3


def test_a_client_that_leaves_takes_its_work_along(shared: Process) -> None:
    before = figure(shared, "stance_pairs_dropped_total")
    long = json.dumps({"pairs": [{"text": "strikes " * 1000, "target": "t"}] * 200}).encode()
    for _ in range(4):
        with socket.create_connection(("127.0.0.1", shared.port)) as client:
            client.sendall(HEAD + f"Content-Length: {len(long)}\r\n\r\n".encode() + long)
            time.sleep(0.05)
    for _ in range(200):
        if figure(shared, "stance_pairs_dropped_total") > before and not figure(shared, "stance_queue_pairs"):
            break
        time.sleep(0.05)
    assert figure(shared, "stance_pairs_dropped_total") > before
    assert figure(shared, "stance_queue_pairs") == 0


def figure(process: Process, name: str) -> float:
    with urllib.request.urlopen(f"{process.address}/metrics", timeout=10) as reply:  # noqa: S310 - our own address
        lines = reply.read().decode().splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(f"{name} "))


@pytest.fixture(scope="module")
def shared(model: Path) -> Any:
    process = Process(model)
    yield process
    status, _, err = process.stop()
    assert status == 0
    assert "Traceback" not in err


def test_it_writes_no_file(serve: Serve, model: Path) -> None:
    def no_file_may_grow() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    environment = {"HOME": "/nonexistent", "TMPDIR": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}
    process = serve(model, environment=environment, preexec_fn=no_file_may_grow)
    assert len(ask(process.address)["predictions"]) == 3
    page = {"html": PAGE, "targets": ["t"]}
    assert ask(process.address, "/documents", json.dumps(page).encode())["sentences"]
    assert process.stop()[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["absent"], "absent: no such folder"),
        (["absent", "--set", "prt=1"], "did you mean 'port'?"),
        (["absent", "--port", "high"], "port: "),
        (["absent", "--workers", "0"], "workers: "),
        (["absent", "--set", "nonsense"], "expected FIELD=VALUE"),
    ],
)
def test_a_mistake_is_one_clear_message(arguments: list[str], said: str, tmp_path: Path) -> None:
    code = "from stance.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "serve", *arguments], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
