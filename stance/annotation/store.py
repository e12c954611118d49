"""The history of answers in one SQLite file that survives a crash of the page, the server or the machine.

Write-ahead log with synchronous=FULL: when `append` returns, the row is on disk (https://sqlite.org/wal.html, 2.3).
Triggers refuse to change or delete a row.
"""

import sqlite3
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from stance.annotation.answers import Answer, Given
from stance.config import DataError

APPLICATION_ID = 0x57A4CE
LAYOUT = """
CREATE TABLE IF NOT EXISTS answers (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    coder TEXT NOT NULL,
    pair_id TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('answer', 'skip', 'undo')),
    label TEXT, holder TEXT, holder_start INTEGER, holder_end INTEGER,
    unsure INTEGER NOT NULL, note TEXT NOT NULL, seconds REAL NOT NULL,
    undoes TEXT, created TEXT NOT NULL, guidelines TEXT, suggestion TEXT
);
CREATE INDEX IF NOT EXISTS of_coder ON answers (coder, pair_id);
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS no_change BEFORE UPDATE ON answers
    BEGIN SELECT RAISE(ABORT, 'answers are only ever added'); END;
CREATE TRIGGER IF NOT EXISTS no_delete BEFORE DELETE ON answers
    BEGIN SELECT RAISE(ABORT, 'answers are only ever added'); END;
"""
COLUMNS = tuple(Answer.model_fields)


class Store:
    """The answers in the file `path`, which is made where it is missing; usable from several threads."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        """Open or make the file; raises DataError where it is missing and may not be made, or holds something else."""
        if not create and not path.is_file():
            raise DataError(f"{path}: no such file; give the store that `stance annotate` wrote")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            self._prepare(path)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise DataError(f"{path}: not a store of answers ({error}); name another file") from None

    def _prepare(self, path: Path) -> None:
        run = self._connection.execute
        run("PRAGMA busy_timeout=10000")
        (mark,) = run("PRAGMA application_id").fetchone()
        (tables,) = run("SELECT count(*) FROM sqlite_master").fetchone()
        if mark != APPLICATION_ID and tables:
            raise sqlite3.DatabaseError(f"{path.name} is a database of another program")
        run("PRAGMA journal_mode=WAL")
        run("PRAGMA synchronous=FULL")
        run(f"PRAGMA application_id={APPLICATION_ID}")
        self._connection.executescript(LAYOUT)
        run("INSERT OR IGNORE INTO about VALUES ('id', ?)", (uuid.uuid4().hex,))

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        self._connection.close()

    @property
    def id(self) -> str:
        """A random name made with the file, by which the page keeps unsent answers of two projects apart."""
        (value,) = self._connection.execute("SELECT value FROM about WHERE name = 'id'").fetchone()
        return value

    def append(self, given: Given, *, suggestion: str | None, guidelines: str | None) -> tuple[Answer, bool]:
        """The stored row, and whether it is new; returns only when the row is on disk.

        `suggestion` is the label shown to every coder who has answered this pair: it is kept with the row where this
        coder had. Giving the same id again changes nothing and returns the row that is there. Raises DataError where
        another answer has that id.
        """
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                row, new = self._append(given, suggestion, guidelines)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        return row, new

    def _append(self, given: Given, suggestion: str | None, guidelines: str | None) -> tuple[Answer, bool]:
        if there := list(self._select("WHERE id = ?", given.id)):
            if Given.model_validate(there[0].model_dump(include=set(Given.model_fields))) != given:
                raise DataError(f"answer {given.id}: another answer has this id; reload the page")
            return there[0], False
        seen = self._connection.execute(
            "SELECT 1 FROM answers WHERE coder = ? AND pair_id = ? AND action = 'answer' LIMIT 1",
            (given.coder, given.pair_id),
        ).fetchone()
        values = given.model_dump() | {
            "created": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "guidelines": guidelines,
            "suggestion": suggestion if seen else None,
        }
        names = [name for name in COLUMNS if name != "seq"]
        places = ", ".join("?" * len(names))
        added = self._connection.execute(
            f"INSERT INTO answers ({', '.join(names)}) VALUES ({places})",  # noqa: S608 - our own column names
            [values[name] for name in names],
        )
        return Answer.model_validate({"seq": added.lastrowid, **values}), True

    def history(self, coder: str | None = None) -> list[Answer]:
        """Every row in order, of one coder or of all."""
        with self._lock:
            return list(self._select("WHERE coder = ?", coder) if coder is not None else self._select(""))

    def coders(self) -> list[str]:
        """Names of those who have answered, sorted."""
        with self._lock:
            return [name for (name,) in self._connection.execute("SELECT DISTINCT coder FROM answers ORDER BY coder")]

    def _select(self, where: str, *values: str) -> Iterator[Answer]:
        query = f"SELECT {', '.join(COLUMNS)} FROM answers {where} ORDER BY seq"  # noqa: S608 - our own column names
        for row in self._connection.execute(query, values):
            fields = dict(zip(COLUMNS, row, strict=True))
            yield Answer.model_validate(fields | {"unsure": bool(fields["unsure"])})
