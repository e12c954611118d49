"""The servers that bench.serve measures, each in processes of its own: ours, and the same model behind litserve."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

START_SECONDS = 60


class Server:
    """A process that listens on 127.0.0.1; `close` ends it and all that it started."""

    def __init__(self, command: Sequence[str], port: int) -> None:
        self.port = port
        self._told = False
        self._output: str | None = None
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
        )
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{' '.join(command)} does not answer")
            time.sleep(0.2)

    def terminate(self) -> None:
        """SIGTERM, as a container's end would send it."""
        self.process.send_signal(signal.SIGTERM)
        self._told = True

    def close(self) -> str:
        """What it printed; what it leaves behind is killed."""
        if self._output is not None:
            return self._output
        if not self._told:
            self.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self._output = self.process.communicate()[0]
        return self._output

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def memory(self) -> float:
        """Resident megabytes of the process."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


def ours(model: Path, *fields: str) -> Server:
    """`stance serve`, with FIELD=VALUE settings."""
    port = free_port()
    command = [str(Path(sys.executable).parent / "stance"), "serve", str(model), "--port", str(port)]
    return Server([*command, *(part for field in fields for part in ("--set", field))], port)


def litserve(model: Path, workers: int) -> Server:
    """The same model behind litserve, as `python -m bench.serve_litserve` sets it up."""
    port = free_port()
    return Server([sys.executable, "-m", "bench.serve_litserve", str(model), str(port), str(workers)], port)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
