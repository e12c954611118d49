import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import ROOT

PUSH = """
import sys; from pathlib import Path
from stance.config import DataError
from stance.export.stage import push
try: push(Path(sys.argv[1]), "me/stance")
except DataError as error: sys.exit(str(error))
"""


class Hub(BaseHTTPRequestHandler):
    """As much of a model hub as an upload meets; keeps what was committed."""

    files: dict[str, bytes]
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = f"http://{self.headers['Host']}/me/stance"
        answer: dict[str, object] = {"success": True, "url": url, "commitUrl": f"{url}/commit/0", "commitOid": "0"}
        if self.path.endswith("/preupload/main"):
            names = [file["path"] for file in json.loads(body)["files"]]
            answer = {"files": [{"path": n, "uploadMode": "regular", "shouldIgnore": False} for n in names]}
        elif self.path.endswith("/commit/main"):
            for row in map(json.loads, body.splitlines()):
                if row["key"] == "file":
                    type(self).files[row["value"]["path"]] = base64.b64decode(row["value"]["content"])
        self.reply(answer)

    def do_GET(self) -> None:
        self.reply({"id": "me/stance", "sha": "0", "siblings": []})

    def reply(self, answer: object) -> None:
        content = json.dumps(answer).encode()
        self.send_response(type(self).status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def hub() -> Iterator[tuple[type[Hub], dict[str, str]]]:
    class Fresh(Hub):
        files: dict[str, bytes] = {}  # noqa: RUF012

    server = ThreadingHTTPServer(("127.0.0.1", 0), Fresh)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    yield (
        Fresh,
        {**os.environ, "HF_ENDPOINT": endpoint, "HF_HUB_OFFLINE": "0", "HF_TOKEN": "t", "PYTHONPATH": str(ROOT)},
    )
    server.shutdown()
    server.server_close()
    thread.join()


def push(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PUSH, str(folder)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)


def bundle_like(folder: Path) -> Path:
    (folder / "onnx").mkdir()
    for name in ("README.md", "config.json", "onnx/model_int8.onnx", ".verified.json"):
        (folder / name).write_text(name)
    return folder


def test_a_pushed_bundle_arrives_whole_without_the_machines_notes(
    hub: tuple[type[Hub], dict[str, str]], tmp_path: Path
) -> None:
    done = push(bundle_like(tmp_path), hub[1])
    assert done.returncode == 0, done.stderr
    assert {name: data.decode() for name, data in hub[0].files.items()} == {
        name: name for name in ("README.md", "config.json", "onnx/model_int8.onnx")
    }


def test_a_hub_that_refuses_is_named(hub: tuple[type[Hub], dict[str, str]], tmp_path: Path) -> None:
    hub[0].status = 403
    done = push(bundle_like(tmp_path), hub[1])
    assert done.returncode == 1
    assert done.stderr.startswith("export.push: me/stance: ")
    assert f"the bundle is in {tmp_path}" in done.stderr
