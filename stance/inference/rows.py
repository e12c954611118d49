"""Where the rows of a batch prediction come from: files, folders, standard input; streamed, in order."""

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from stance.config import ConfigError, DataError
from stance.ingest.sentences import sentence_offsets
from stance.records import normalise

MAX_CHARACTERS = 1_000_000
STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Row:
    """A sentence to classify, and where it came from. Offsets count code points of the normalised text there."""

    source: str
    line: int
    start: int
    end: int
    text: str
    target: str
    before: str = ""
    """The sentence before, in an article; so is `after`."""
    after: str = ""


@dataclass(frozen=True)
class Bad:
    """A row that cannot be classified, and why."""

    source: str
    line: int
    reason: str


@dataclass(frozen=True)
class Reading:
    """How files are understood."""

    target: str | None = None
    """The target of every row that names none."""
    articles: bool = False
    """Whether each text is an article to be split into sentences; a .txt file is then one article."""
    text_field: str = "text"
    target_field: str = "target"


Fields = tuple[int, Any]
"""(line or row number from 1, mapping of fields, or a string that says why there is none)."""


def input_files(inputs: list[str]) -> list[str]:
    """The files named, folders replaced by the files below them that have a reader; raises ConfigError."""
    found: list[str] = []
    for name in inputs:
        path = Path(name)
        if name == STANDARD_INPUT or path.is_file():
            if name != STANDARD_INPUT and path.suffix.lower() not in READERS:
                raise ConfigError(f"{name}: expected one of {', '.join(READERS)}, or - for standard input")
            found.append(name)
        elif path.is_dir():
            files = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in READERS)
            found += [p.as_posix() for p in files if not any(x.startswith(".") for x in p.relative_to(path).parts)]
        else:
            raise ConfigError(f"{name}: no such file or folder")
    if not found:
        raise ConfigError(f"{', '.join(inputs)}: no file with suffix {', '.join(READERS)}")
    return found


def read_rows(files: list[str], reading: Reading) -> Iterator[Row | Bad]:
    """Every row of `files` in order, bad ones in their place; raises DataError when a file as a whole is unreadable."""
    for name in files:
        for line, fields in _fields(name, articles=reading.articles):
            yield from _rows(name, line, fields, reading)


def _fields(name: str, *, articles: bool) -> Iterator[Fields]:
    if name == STANDARD_INPUT:
        yield from _text_lines(sys.stdin)
        return
    path = Path(name)
    suffix = path.suffix.lower()
    try:
        if suffix == ".txt" and articles:
            yield 1, {"text": path.read_text(encoding="utf-8-sig", errors="surrogateescape")}
        else:
            yield from READERS[suffix](path)
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{name}: cannot be read ({' '.join(str(error).split())})") from None


def _text_file(path: Path) -> Iterator[Fields]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        yield from _text_lines(file)


def _text_lines(file: IO[str]) -> Iterator[Fields]:
    for number, line in enumerate(file, start=1):
        text = line.rstrip("\r\n")
        if text.startswith("{"):
            yield number, _json_object(text)
        elif text.strip():
            yield number, {"text": text}


def _json_file(path: Path) -> Iterator[Fields]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        yield from ((number, _json_object(line)) for number, line in enumerate(file, start=1) if line.strip())


def _json_object(line: str) -> dict[str, Any] | str:
    try:
        value = json.loads(line)
    except ValueError as error:
        return f"not JSON ({error})"
    return value if isinstance(value, dict) else f"expected a JSON object, got {type(value).__name__}"


def _csv_file(path: Path) -> Iterator[Fields]:
    csv.field_size_limit(MAX_CHARACTERS * 4)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        yield from enumerate(csv.DictReader(file), start=1)


def _parquet_file(path: Path) -> Iterator[Fields]:
    import pyarrow.parquet

    number = 0
    for batch in pyarrow.parquet.ParquetFile(path).iter_batches(batch_size=1024):
        for row in batch.to_pylist():
            number += 1
            yield number, row


READERS: dict[str, Callable[[Path], Iterator[Fields]]] = {
    ".txt": _text_file,
    ".jsonl": _json_file,
    ".csv": _csv_file,
    ".parquet": _parquet_file,
}


def _rows(source: str, line: int, fields: Mapping[str, Any] | str, reading: Reading) -> Iterator[Row | Bad]:
    if isinstance(fields, str):
        yield Bad(source, line, fields)
        return
    text = fields.get(reading.text_field)
    target = fields.get(reading.target_field) or reading.target
    if problem := _problem(text, target, reading):
        yield Bad(source, line, problem)
        return
    if not reading.articles:
        yield Row(source, line, 0, len(text), text, target)  # ty: ignore[invalid-argument-type]
        return
    article = normalise(text)  # ty: ignore[invalid-argument-type]
    spans = sentence_offsets(article)
    if not spans:
        yield Bad(source, line, "no sentence in the text")
    texts = ["", *(article[start:end] for start, end in spans), ""]
    for (start, end), (before, own, after) in zip(spans, zip(texts, texts[1:], texts[2:], strict=False), strict=True):
        yield Row(source, line, start, end, own, target, before, after)  # ty: ignore[invalid-argument-type]


def _problem(text: object, target: object, reading: Reading) -> str | None:
    if not isinstance(text, str):
        found = "missing" if text is None else f"{type(text).__name__}, expected a string"
        return f"field {reading.text_field!r} is {found}"
    if not text.strip():
        return "empty text"
    if len(text) > MAX_CHARACTERS:
        return f"{len(text)} characters, at most {MAX_CHARACTERS}"
    if not isinstance(target, str) or not target.strip():
        return f"no target: give field {reading.target_field!r} in the row, or one target for all"
    return None
