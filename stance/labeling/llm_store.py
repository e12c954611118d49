"""Every request that was sent and what came of it, in SQLite: the memory of what is paid for.

A request is committed before it leaves, and again with its answer before the answer counts, so that `kill -9` at any
moment loses nothing that came. What is still marked as sent when the file is opened was in flight when a run was
killed: it may have been paid for, so its estimated cost stays on the bill. `sync` is for power cuts.
"""

import os
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
        self._path = path
        self._database = sqlite3.connect(path, timeout=0, isolation_level=None)  # every statement is committed
        try:
            self._database.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode=WAL")
            # In this mode a commit is written at once and synced by the next checkpoint: a sync each would take longer
            # than the requests.
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.executescript(CREATE)
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

    def sending(self, key: str, job: str, estimate: Usage) -> int:
        """Write down that a request is about to leave; returns its number."""
        number, self._next_id = self._next_id, self._next_id + 1
        values = (number, key, job, SENT, None, None, estimate.tokens_in, estimate.tokens_out, estimate.cost, None)
        self._write(f"INSERT INTO requests ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?)", (*values, _now()))  # noqa: S608
        return number

    def settle(self, number: int, outcome: str, raw: str, model: str, usage: Usage, seconds: float) -> None:
        """Write down the answer to a request and what it cost."""
        change = "outcome = ?, raw = ?, model = ?, tokens_in = ?, tokens_out = ?, cost = ?, seconds = ?, created = ?"
        values = (outcome, raw, model, usage.tokens_in, usage.tokens_out, usage.cost, round(seconds, 4), _now())
        self._write(f"UPDATE requests SET {change} WHERE id = ?", (*values, number))  # noqa: S608

    def lose(self, number: int) -> None:
        """Write down that no answer came to a request that the server may have served."""
        self._write("UPDATE requests SET outcome = ? WHERE id = ?", (LOST, number))

    def withdraw(self, number: int) -> None:
        """Forget a request that the server turned away and does not bill."""
        self._write("DELETE FROM requests WHERE id = ?", (number,))

    def sync(self) -> None:
        """Make what is committed outlive a power cut; may be called from another thread."""
        log = self._path.with_name(f"{self._path.name}-wal")
        with log.open("rb") as file:
            os.fsync(file.fileno())

    def _write(self, statement: str, values: Sequence[Any]) -> None:
        try:
            self._database.execute(statement, values)
        except sqlite3.Error as error:
            raise OSError(f"{self._path}: cannot be written ({error})") from None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
