"""Records to and from files. A file appears whole or not at all."""

import json
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

from pydantic import BaseModel, ValidationError

from stance.config import DataError

AnyRecord = TypeVar("AnyRecord", bound=BaseModel)


@contextmanager
def atomic_file(path: Path) -> Generator[IO[str]]:
    """A text file that replaces `path` when the block ends, and leaves no trace when the block fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_records(path: Path, records: Iterable[BaseModel]) -> int:
    """Write one JSON object a line; returns how many."""
    count = 0
    with atomic_file(path) as file:
        for count, record in enumerate(records, start=1):  # noqa: B007
            file.write(record.model_dump_json() + "\n")
    return count


def dump_line(row: dict[str, Any]) -> str:
    """`row` as one line of JSON, newline included; what is no Unicode text of its own is escaped."""
    return json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"


def read_records(path: Path, cls: type[AnyRecord]) -> Iterator[AnyRecord]:
    """The records of a JSONL or Parquet file in order; raises DataError naming file, line and fields."""
    rows = _parquet_rows(path) if path.suffix == ".parquet" else _numbered_lines(path)
    for number, row in rows:
        try:
            yield cls.model_validate_json(row) if isinstance(row, str) else cls.model_validate(row, strict=False)
        except ValidationError as error:
            problems = "; ".join(_problem(detail) for detail in error.errors())
            raise DataError(f"{path}:{number}: not a {cls.__name__}: {problems}") from None


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, JSON object) of every line of a JSONL file; raises DataError on anything else."""
    for number, line in _numbered_lines(path):
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{path}:{number}: not JSON ({error.msg} at column {error.colno})") from None
        if not isinstance(row, dict):
            raise DataError(f"{path}:{number}: expected a JSON object, got {type(row).__name__}")
        yield number, row


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys left as they are."""
    with atomic_file(path) as file:
        file.write(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """The value in a JSON file; raises DataError when the file is missing or is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not JSON ({error})") from None


def _numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8") as file:
            yield from ((number, line) for number, line in enumerate(file, start=1) if line.strip())
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start})") from None
    except (FileNotFoundError, IsADirectoryError) as error:
        raise DataError(f"{path}: {error.strerror}; expected a JSONL file") from None


def _parquet_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as Parquet ({error})") from None
    number = 0
    for batch in file.iter_batches():
        for row in batch.to_pylist():
            number += 1
            yield number, row


def _problem(detail: Any) -> str:
    return f"{'.'.join(map(str, detail['loc'])) or 'record'}: {detail['msg']}"
