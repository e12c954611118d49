"""Every request that was sent and what came of it, in SQLite: the memory of what is paid for.

A request is written down before it leaves and again when it is settled, each durable (synced to disk) before the run
goes on. What is still marked as sent when the file is opened was in flight when a run was killed: it may have been
paid for, so its estimated cost stays on the bill.
"""

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stance.config import ConfigError

SENT, ANSWERED, INVALID, LOST = "sent", "answered", "invalid", "lost"
CREATE = """
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, job TEXT NOT NULL, outcome TEXT NOT NULL, raw TEXT, model TEXT,
    tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, cost REAL NOT NULL, seconds REAL, created TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS requests_key ON requests (key);
CREATE INDEX IF NOT EXISTS requests_job ON requests (job);
"""
COLUMNS = "id, key, job, outcome, raw, model, tokens_in, tokens_out, cost, seconds, created"
KEYS_A_QUERY = 500


@dataclass(frozen=True)
class Usage:
    """Tokens and money of one request, estimated or billed."""

    tokens_in: int
    tokens_out: int
    cost: float

    @property
    def tokens(self) -> int:
        """Both directions."""
        return self.tokens_in + self.tokens_out


@dataclass(frozen=True)
class Attempt:
    """One request; `outcome` is answered, invalid, or lost (sent, but its answer never came)."""

    id: int
    key: str
    job: str
    outcome: str
    raw: str | None
    model: str | None
    tokens_in: int
    tokens_out: int
    cost: float
    seconds: float | None
    created: str


class Store:
    """The requests of all jobs that share a file; one run at a time may have it open."""

    def __init__(self, path: Path) -> None:
        """Open or make the file; raises ConfigError when another run has it, or when it is no such file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        # One thread at a time: the event loop reads before it starts to write, and writes go through one thread.
        self._database = sqlite3.connect(path, timeout=0, check_same_thread=False)
        self._pending: list[tuple[str, Sequence[Any], asyncio.Future[None]]] = []
        self._wake: asyncio.Event | None = None
        try:
            self._database.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
            self._database.executescript(CREATE)
            with self._database:
                self._database.execute("UPDATE requests SET outcome = ? WHERE outcome = ?", (LOST, SENT))
        except sqlite3.OperationalError as error:
            self._database.close()
            raise ConfigError(f"{path}: {error}; another run may be using it, wait for it or name another") from None
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise ConfigError(f"{path}: not a cache of answers ({error}); name another file") from None
        self._next_id = self._database.execute("SELECT coalesce(max(id), 0) + 1 FROM requests").fetchone()[0]

    def close(self) -> None:
        """Give the file back."""
        self._database.close()

    def spent(self, job: str) -> Usage:
        """What all runs of a job have been billed or may have been billed."""
        query = "SELECT coalesce(sum(tokens_in), 0), coalesce(sum(tokens_out), 0), coalesce(sum(cost), 0.0)"
        return Usage(*self._database.execute(f"{query} FROM requests WHERE job = ?", (job,)).fetchone())

    def attempts(self, keys: Iterable[str]) -> dict[str, list[Attempt]]:
        """Key -> its requests in the order they were sent; keys never asked are left out."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, list[Attempt]] = {}
        for start in range(0, len(wanted), KEYS_A_QUERY):
            part = wanted[start : start + KEYS_A_QUERY]
            query = f"SELECT {COLUMNS} FROM requests WHERE key IN ({','.join('?' * len(part))}) ORDER BY id"  # noqa: S608
            for row in self._database.execute(query, part):
                found.setdefault(row[1], []).append(Attempt(*row))
        return found

    async def sending(self, key: str, job: str, estimate: Usage) -> int:
        """Write down that a request is about to leave; returns its number."""
        number, self._next_id = self._next_id, self._next_id + 1
        values = (number, key, job, SENT, None, None, estimate.tokens_in, estimate.tokens_out, estimate.cost, None)
        await self._write(f"INSERT INTO requests ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?)", (*values, _now()))  # noqa: S608
        return number

    async def settle(self, number: int, outcome: str, raw: str, model: str, usage: Usage, seconds: float) -> None:
        """Write down the answer to a request and what it cost."""
        change = "outcome = ?, raw = ?, model = ?, tokens_in = ?, tokens_out = ?, cost = ?, seconds = ?, created = ?"
        values = (outcome, raw, model, usage.tokens_in, usage.tokens_out, usage.cost, round(seconds, 4), _now())
        await self._write(f"UPDATE requests SET {change} WHERE id = ?", (*values, number))  # noqa: S608

    async def lose(self, number: int) -> None:
        """Write down that no answer came to a request that the server may have served."""
        await self._write("UPDATE requests SET outcome = ? WHERE id = ?", (LOST, number))

    async def withdraw(self, number: int) -> None:
        """Forget a request that the server turned away and does not bill."""
        await self._write("DELETE FROM requests WHERE id = ?", (number,))

    async def _write(self, statement: str, values: Sequence[Any]) -> None:
        done = asyncio.get_running_loop().create_future()
        self._pending.append((statement, values, done))
        if self._wake is not None:
            self._wake.set()
        await done

    async def write_behind(self) -> None:
        """Commit what is waiting, over and over: one sync to disk serves all requests that wait for it.

        Runs as a task beside the requests until it is cancelled, which it is only when nothing is waiting.
        """
        self._wake = asyncio.Event()
        while True:
            if not self._pending:
                self._wake.clear()
                await self._wake.wait()
            batch, self._pending = self._pending, []
            try:
                await asyncio.to_thread(self._commit, batch)
            except sqlite3.Error as error:
                problem = OSError(f"the cache of answers cannot be written ({error})")
                for _, _, done in batch:
                    if not done.done():
                        done.set_exception(problem)
                continue
            for _, _, done in batch:
                if not done.done():
                    done.set_result(None)

    def _commit(self, batch: Sequence[tuple[str, Sequence[Any], object]]) -> None:
        with self._database:
            for statement, values, _ in batch:
                self._database.execute(statement, values)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
