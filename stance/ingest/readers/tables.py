"""Tables of articles, one a row: JSON Lines, CSV, TSV (also gzipped) and Parquet, with a mapping of their columns."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from stance.config import Config
from stance.ingest.article import MAX_ARTICLE_BYTES, Article, UnreadableError, attempt, make_document, open_unpacked
from stance.ingest.readers.encoding import decode
from stance.records import Document, Removed

MAX_ROW_BYTES = 4 * MAX_ARTICLE_BYTES
"""JSON may spell a character in six."""
PARQUET_ROWS = 256
SKIP_BYTES = 1 << 20


class Columns(Config):
    """What the columns of a table are called; a column that is not there is left out, but for `text`."""

    text: str = "text"
    """The article's text; required."""
    title: str = "title"
    """The headline."""
    outlet: str = "outlet"
    """Who published it."""
    author: str = "author"
    """Who wrote it."""
    url: str = "url"
    """Where it stands."""
    published: str = "published"
    """The day, as ISO 8601 or RFC 822."""
    language: str = "language"
    """Code of its language."""
    genre: str = "genre"
    """Wire report, editorial, ..."""
    conflict: str = "conflict"
    """The conflict that it is about."""


def read_jsonl(path: Path, columns: Columns) -> Iterator[Article]:
    """The articles of a JSON Lines file; a line that is no JSON object, or has no text, is left out by itself."""
    with open_unpacked(path) as stream:
        for number, line in _lines(stream):
            source = f"{path.as_posix()}#{number}"
            if line is None:
                yield Removed(item=source, reason="row too long", detail=f"at most {MAX_ROW_BYTES} bytes")
            elif line.strip():
                yield attempt(source, lambda: _json_document(source, line, columns))  # noqa: B023


def read_csv(path: Path, columns: Columns) -> Iterator[Article]:
    """The articles of a CSV or TSV file with a header line; raises UnreadableError when there is no text column."""
    csv.field_size_limit(MAX_ROW_BYTES)
    delimiter = "\t" if ".tsv" in path.suffixes else None
    with open_unpacked(path) as stream:
        lines = _csv_lines(stream)
        try:
            header = next(lines)
            names = next(csv.reader([header], delimiter=delimiter or _delimiter(header)))
        except (StopIteration, csv.Error):
            raise UnreadableError("empty") from None
        names = [name.strip() for name in names]
        _check_columns(names, columns)
        rows = csv.reader(lines, delimiter=delimiter or _delimiter(header), strict=True)
        number = 1
        while True:
            number += 1
            try:
                values = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                raise UnreadableError("damaged CSV", f"row {number}: {error}; what follows was not read") from None
            source = f"{path.as_posix()}#{number}"
            if len(values) != len(names):
                if values:
                    detail = f"{len(values)} values for {len(names)} columns"
                    yield Removed(item=source, reason="wrong number of columns", detail=detail)
                continue
            row = dict(zip(names, values, strict=True))
            yield attempt(source, lambda: _document(source, row, columns))  # noqa: B023


def read_parquet(path: Path, columns: Columns) -> Iterator[Article]:
    """The articles of a Parquet file; raises UnreadableError when it is damaged or has no text column."""
    import pyarrow
    from pyarrow.parquet import ParquetFile

    number = 0
    try:
        with ParquetFile(path) as file:
            names = file.schema_arrow.names
            _check_columns(names, columns)
            wanted = [name for name in columns.model_dump().values() if name in names]
            for batch in file.iter_batches(batch_size=PARQUET_ROWS, columns=wanted):
                for row in batch.to_pylist():
                    number += 1
                    source = f"{path.as_posix()}#{number}"
                    yield attempt(source, lambda: _document(source, row, columns))  # noqa: B023
    except (OSError, pyarrow.ArrowException) as error:
        raise UnreadableError("damaged Parquet", f"after row {number}: {error}") from None


def _document(source: str, row: Mapping[str, object], columns: Columns) -> Document:
    values = {field: row.get(column) for field, column in columns.model_dump().items()}
    text = values.pop("text")
    if not isinstance(text, str):
        raise UnreadableError("empty" if text is None else "wrong value", f"{columns.text}: expected text")
    return make_document(source, text, values)


def _json_document(source: str, line: bytes, columns: Columns) -> Document:
    try:
        row = json.loads(decode(line))
    except (ValueError, RecursionError) as error:
        raise error if isinstance(error, UnreadableError) else UnreadableError("not JSON", str(error)) from None
    if not isinstance(row, dict):
        raise UnreadableError("not JSON", f"expected an object, got {type(row).__name__}")
    if columns.text not in row:
        raise UnreadableError("no text column", _columns_found(list(row), columns))
    return _document(source, row, columns)


def _check_columns(names: list[str], columns: Columns) -> None:
    if columns.text not in names:
        raise UnreadableError("no text column", _columns_found(names, columns))


def _columns_found(names: list[str], columns: Columns) -> str:
    found = ", ".join(name[:40] for name in names[:20])
    return f"expected {columns.text!r}, found {found}; name it with ingest.columns.text=..."


def _delimiter(header: str) -> str:
    return max(",;\t|", key=header.count)


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """(number, line) of a file; None for a line that is too long, which is skipped in flat memory."""
    number = 0
    try:
        while line := stream.readline(MAX_ROW_BYTES):
            number += 1
            if len(line) < MAX_ROW_BYTES or line.endswith(b"\n"):
                yield number, line
                continue
            while (rest := stream.readline(SKIP_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield number, None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableError("damaged gzip", f"after line {number}: {error}") from None


def _csv_lines(stream: BinaryIO) -> Iterator[str]:
    for number, line in _lines(stream):
        if line is None:
            raise UnreadableError(
                "row too long", f"line {number}, at most {MAX_ROW_BYTES} bytes; the rest was not read"
            )
        yield from io.StringIO(decode(line.replace(b"\0", b"")), newline="")
