"""Where the rows of a batch prediction come from: files, folders, standard input; streamed, in order."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import Any

from stance.config import ConfigError, DataError
from stance.inference.slices import MAX_FIELD_BYTES, Slice
from stance.ingest.sentences import sentence_offsets
from stance.places import files_below, open_bytes
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
        if name == STANDARD_INPUT:
            found.append(name)
            continue
        below = files_below(name)
        if below is None:
            raise ConfigError(f"{name}: no such file or folder")
        if below == [name] and _suffix(name) not in READERS:
            raise ConfigError(f"{name}: expected one of {', '.join(READERS)}, or - for standard input")
        found += [file for file in below if _suffix(file) in READERS]
    if not found:
        raise ConfigError(f"{', '.join(inputs)}: no file with suffix {', '.join(READERS)}")
    return found


def read_rows(files: list[str], reading: Reading) -> Iterator[Row | Bad]:
    """Every row of `files` in order, bad ones in their place; raises DataError when a file as a whole is unreadable."""
    for name in files:
        yield from read_slice(Slice(name), reading)


def read_slice(piece: Slice, reading: Reading) -> Iterator[Row | Bad]:
    """The same for some lines of a file."""
    for line, fields in _fields(piece, articles=reading.articles):
        yield from _rows(piece.file, line, fields, reading)


def _fields(piece: Slice, *, articles: bool) -> Iterator[Fields]:
    if piece.file == STANDARD_INPUT:
        yield from _text_lines(enumerate(sys.stdin, start=1))
        return
    try:
        if _suffix(piece.file) == ".txt" and articles:
            with open_bytes(piece.file) as file:
                text = file.read().decode("utf-8-sig", errors="surrogateescape")
            yield 1, {"text": text.replace("\r\n", "\n").replace("\r", "\n")}
        else:
            yield from READERS[_suffix(piece.file)](piece)
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{piece.file}: cannot be read ({' '.join(str(error).split())})") from None


def _suffix(name: str) -> str:
    return PurePath(name).suffix.lower()


def _lines(piece: Slice) -> Iterator[tuple[int, str]]:
    file = open_bytes(piece.file)
    file.seek(piece.offset)
    # A byte order mark is one at the beginning only.
    encoding = "utf-8" if piece.offset else "utf-8-sig"
    with io.TextIOWrapper(file, encoding=encoding, errors="surrogateescape") as text:
        yield from enumerate(islice(text, piece.count), start=piece.line)


def _text_file(piece: Slice) -> Iterator[Fields]:
    yield from _text_lines(_lines(piece))


def _text_lines(lines: Iterable[tuple[int, str]]) -> Iterator[Fields]:
    for number, line in lines:
        text = line.rstrip("\r\n")
        if text.startswith("{"):
            yield number, _json_object(text)
        elif text.strip():
            yield number, {"text": text}


def _json_file(piece: Slice) -> Iterator[Fields]:
    yield from ((number, _json_object(line)) for number, line in _lines(piece) if line.strip())


def _json_object(line: str) -> dict[str, Any] | str:
    try:
        value = json.loads(line)
    except ValueError as error:
        return f"not JSON ({error})"
    return value if isinstance(value, dict) else f"expected a JSON object, got {type(value).__name__}"


def _csv_file(piece: Slice) -> Iterator[Fields]:
    csv.field_size_limit(MAX_FIELD_BYTES)
    with io.TextIOWrapper(open_bytes(piece.file), encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        # Where a row begins is known only after all rows before it.
        first = piece.line - 1
        rows = islice(csv.DictReader(text), first, None if piece.count is None else first + piece.count)
        yield from enumerate(rows, start=piece.line)


def _parquet_file(piece: Slice) -> Iterator[Fields]:
    import pyarrow.parquet

    with open_bytes(piece.file) as file:
        table = pyarrow.parquet.ParquetFile(file)
        groups = [table.metadata.row_group(i).num_rows for i in range(table.num_row_groups)]
        skipped, first = 0, 0
        while first < len(groups) and skipped + groups[first] < piece.line:
            skipped += groups[first]
            first += 1
        chosen = list(range(first, len(groups)))
        batches = table.iter_batches(batch_size=1024, row_groups=chosen) if chosen else iter(())
        start = piece.line - 1 - skipped
        rows = (row for batch in batches for row in batch.to_pylist())
        stop = None if piece.count is None else start + piece.count
        yield from enumerate(islice(rows, start, stop), start=piece.line)


READERS: dict[str, Callable[[Slice], Iterator[Fields]]] = {
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
