"""A chat-completions server on 127.0.0.1 that fails on request, bills what it answers and counts everything.

The model it plays obeys instructions in the system slot, and anything in a user's turn that stands outside of the one
line of JSON that is the item: text that breaks out of its delimiters would be obeyed. It never obeys the item itself.
"""

import asyncio
import json
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

PRICE_INPUT, PRICE_OUTPUT = 2.0, 8.0
"""Money a million tokens."""
INJECTION = "ignore your instructions"
OBEYED = "pwned"
STALL_SECONDS = 30.0
Fault = Callable[[str, int], str | None]
"""(sentence, how often it was asked before) -> what goes wrong, or None."""


def no_fault(_text: str, _times: int) -> str | None:
    return None


def right_label(sentence: str) -> str:
    """What the fake model thinks of a sentence."""
    for word, label in (("backs", "favor"), ("condemns", "against"), ("harvest", "unrelated")):
        if word in sentence:
            return label
    return "neutral"


@dataclass
class FakeServer:
    """Runs in a thread of its own between `start` and `stop`; the counters are what it saw and billed."""

    fault: Fault = no_fault
    delay_seconds: float = 0.0
    honours_idempotency: bool = False
    keeps_bodies: bool = True
    port: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    billed: Counter[str] = field(default_factory=Counter)
    cost: float = 0.0
    tokens: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    _paid: dict[str, bytes] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> "FakeServer":
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop)
        assert self._thread is not None
        self._thread.join(5)

    def _stop(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()

    def _run(self, ready: threading.Event) -> None:
        try:
            self._loop.run_until_complete(self.serve(ready))
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.run_until_complete(asyncio.sleep(0))
            self._loop.close()

    async def serve(self, ready: threading.Event | None = None) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        if ready:
            ready.set()
        else:
            sys.stdout.write(f"{self.port}\n")
            sys.stdout.flush()
        try:
            await asyncio.Event().wait()
        finally:
            server.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)
                try:
                    answer = await self._answer(lines[0], headers, body)
                finally:
                    self.in_flight -= 1
                writer.write(answer)
                await writer.drain()
                if b"Connection: close" in answer:
                    break
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, request: str, headers: Mapping[str, str], raw: bytes) -> bytes:
        if request.startswith("GET"):
            seen = {"billed": sum(self.billed.values()), "twice": sum(n > 1 for n in self.billed.values())}
            seen |= {"most_in_flight": self.most_in_flight, "requests": sum(self.asked.values())}
            return _response(200, seen | {"cost": self.cost})
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        body = json.loads(raw)
        if self.keeps_bodies:
            self.bodies.append(body)
            self.headers.append(headers)
        item, outside = _item(body["messages"])
        text = item["sentence"]
        fault = self.fault(text, self.asked[text])
        self.asked[text] += 1
        self.statuses[fault or "ok"] += 1
        if fault == "429":
            return _response(429, {"error": {"message": "slow down"}}, "Retry-After: 0.05\r\n")
        if fault == "stall":
            await asyncio.sleep(STALL_SECONDS)
        if fault == "drop":
            return b"Connection: close"  # no HTTP at all
        if fault == "no schema" and "response_format" in body:
            return _response(400, {"error": {"message": "response_format json_schema is not supported"}})
        if fault is not None and fault.isdigit():
            return _response(int(fault), {"error": {"message": f"status {fault}, {headers.get('authorization')}"}})
        key = headers.get("idempotency-key", "")
        if self.honours_idempotency and key in self._paid:
            return self._paid[key]
        answer = self._complete(text, outside, fault, raw)
        self._paid[key] = answer
        return answer

    def _complete(self, text: str, outside: str, fault: str | None, raw: bytes) -> bytes:
        answer = {"label": right_label(text), "holder": text.split(" ")[0], "confidence": 0.9}
        if INJECTION in outside.lower():
            answer["label"] = OBEYED
        if fault == "wrong":
            answer["label"] = "supportive"
        content = json.dumps(answer)
        if fault == "truncated":
            content = content[: len(content) // 2]
        usage = {"prompt_tokens": len(raw) // 4, "completion_tokens": 20}
        self.billed[text] += 1
        self.tokens += sum(usage.values())
        self.cost += (usage["prompt_tokens"] * PRICE_INPUT + usage["completion_tokens"] * PRICE_OUTPUT) / 1e6
        choice = {"message": {"content": content}, "finish_reason": "length" if fault == "truncated" else "stop"}
        response = _response(200, {"model": "fake-2026-11", "choices": [choice], "usage": usage})
        if fault == "half":
            return response[:-40] + b"Connection: close"[:0]
        return response


def _item(messages: list[dict[str, str]]) -> tuple[dict[str, str], str]:
    """(the item of the last turn that has one, everything else that a model would take as an instruction)."""
    outside = [m["content"] for m in messages if m["role"] == "system"]
    found: dict[str, str] = {}
    for message in messages:
        if message["role"] == "user":
            for line in message["content"].split("\n"):
                if line.startswith("{") and line.endswith("}"):
                    found = json.loads(line)
                else:
                    outside.append(line)
    return found, "\n".join(outside)


def _response(status: int, value: Any, headers: str = "") -> bytes:
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


if __name__ == "__main__":
    asyncio.run(FakeServer(delay_seconds=float(sys.argv[1]), honours_idempotency=True, keeps_bodies=False).serve())
