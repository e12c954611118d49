"""Clients: wrk for how much a server can do, and one of our own that keeps to a rate and notes every answer."""

import asyncio
import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

LUA = """
local bodies, index = {}, 0
for line in io.lines(os.getenv("BODIES")) do bodies[#bodies + 1] = line end
request = function()
  index = index % #bodies + 1
  return wrk.format("POST", "/predict", {["Content-Type"] = "application/json"}, bodies[index])
end
"""
TIMEOUT_SECONDS = 60


def wrk(port: int, bodies: Sequence[bytes], seconds: float, connections: int = 64) -> float:
    """Requests answered with 2xx a second; raises RuntimeError when others were among them."""
    with tempfile.TemporaryDirectory() as folder:
        script, file = Path(folder) / "ask.lua", Path(folder) / "bodies"
        script.write_text(LUA)
        file.write_bytes(b"\n".join(bodies) + b"\n")
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "30s", "-s", str(script)]
        done = subprocess.run(
            [*command, f"http://127.0.0.1:{port}"],
            env={**os.environ, "BODIES": str(file)},
            check=True,
            capture_output=True,
            text=True,
        )
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(f"wrk met errors:\n{done.stdout}")
    found = re.search(r"Requests/sec:\s*([\d.]+)", done.stdout)
    assert found is not None  # noqa: S101
    return float(found[1])


@dataclass
class Outcome:
    """What a load met. `lost` are requests that were sent and had no answer; `refused` could not even connect."""

    statuses: dict[int, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    without_retry: int = 0
    lost: list[str] = field(default_factory=list)
    refused: int = 0
    models: set[str] = field(default_factory=set)

    @property
    def answered(self) -> int:
        """Requests with an answer of any status."""
        return sum(self.statuses.values())

    def p99(self) -> float:
        """Of the seconds from when a request was due to its answer, successful ones only."""
        return float(np.percentile(self.seconds, 99)) if self.seconds else float("nan")


@dataclass(frozen=True)
class Request:
    """What is sent."""

    body: bytes
    method: str = "POST"
    path: str = "/predict"
    headers: str = "Content-Type: application/json\r\n"

    def raw(self) -> bytes:
        """The bytes on the wire."""
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{self.headers}"
        return f"{head}Content-Length: {len(self.body)}\r\n\r\n".encode() + self.body


class Client:
    """Connections to one server that are kept and used again."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.outcome = Outcome()

    async def ask(self, request: Request, due: float) -> None:
        """Send it, and note what came."""
        try:
            reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            self.outcome.refused += 1
            return
        try:
            writer.write(request.raw())
            async with asyncio.timeout(TIMEOUT_SECONDS):
                status, headers, body = await _answer(reader)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            self.outcome.lost.append(f"{type(error).__name__}: {request.raw()[:60]!r}")
            writer.close()
            return
        seconds = time.perf_counter() - due
        self.outcome.statuses[status] = self.outcome.statuses.get(status, 0) + 1
        if status == 200:
            self.outcome.seconds.append(seconds)
            if request.path == "/predict":
                self.outcome.models.add(json.loads(body)["model"])
        if status == 503 and b"retry-after:" not in headers:
            self.outcome.without_retry += 1
        if b"connection: close" in headers:
            writer.close()
        else:
            self._idle.append((reader, writer))

    def close(self) -> None:
        """Hang up."""
        for _, writer in self._idle:
            writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = re.search(rb"content-length: (\d+)", head)
    body = await reader.readexactly(int(length[1])) if length else await reader.read()
    return int(head.split(b" ", 2)[1]), head, body


async def at_rate(client: Client, requests: Sequence[Request], rate: float, seconds: float, seed: int = 0) -> None:
    """Ask `rate` times a second at random times (a Poisson process), however long the answers take."""
    gaps = np.random.default_rng(seed).exponential(1 / rate, int(rate * seconds))
    due = time.perf_counter()
    tasks = []
    for number, gap in enumerate(gaps):
        due += gap
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(client.ask(requests[number % len(requests)], due)))
    await asyncio.gather(*tasks)


async def one_after_another(client: Client, requests: Sequence[Request], lanes: int, stop: asyncio.Event) -> None:
    """Each of `lanes` asks again as soon as it is answered, until `stop`, the end of the requests, or a closed port."""
    rest = iter(requests)

    async def lane() -> None:
        for request in rest:
            if stop.is_set() or client.outcome.refused:
                return
            await client.ask(request, time.perf_counter())

    await asyncio.gather(*(lane() for _ in range(lanes)))
