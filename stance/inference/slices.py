"""Files cut into parts that one worker can read on its own, the same for the same files."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import PurePath

from stance.config import DataError
from stance.places import open_bytes, stamp

ARTICLE_SENTENCES = 20
"""How many rows of sentences stand for one article, so that parts of articles are of the same order."""
MAX_FIELD_BYTES = 4_000_000


@dataclass(frozen=True)
class Slice:
    """Lines (of tables, rows) of a file, from number `line` on; `count` None is all that follow."""

    file: str
    line: int = 1
    count: int | None = None
    offset: int = 0
    """Bytes before the first line, in files of lines."""


@dataclass(frozen=True)
class Part:
    """What is predicted in one go."""

    number: int
    slices: tuple[Slice, ...]

    @property
    def lines(self) -> int:
        """Lines or rows of the files, empty ones included."""
        return sum(piece.count or 0 for piece in self.slices)


def plan(files: list[str], part_rows: int, *, articles: bool) -> list[Part]:
    """`files` cut into parts of `part_rows` lines, a twentieth of it in articles; raises DataError on unreadable files.

    Files of lines are passed over once at the speed of the disk, so that a worker finds its lines by their offset.
    """
    size = max(1, part_rows // ARTICLE_SENTENCES) if articles else part_rows
    parts: list[Part] = []
    pieces: list[Slice] = []
    room = size
    for name in files:
        line, offset, count, length = 1, 0, 0, 0
        try:
            for lines, width in chain(_steps(name, articles=articles), [(0, 0)]):
                last = (lines, width) == (0, 0)
                count, length = count + lines, length + width
                if count and (last or count >= room):
                    pieces.append(Slice(name, line, count, offset))
                    line, offset, room = line + count, offset + length, room - count
                    count = length = 0
                if room <= 0:
                    parts.append(Part(len(parts), tuple(pieces)))
                    pieces, room = [], size
        except (OSError, ValueError, csv.Error) as error:
            raise DataError(f"{name}: cannot be read ({' '.join(str(error).split())})") from None
    return [*parts, Part(len(parts), tuple(pieces))] if pieces else parts


def _steps(name: str, *, articles: bool) -> Iterator[tuple[int, int]]:
    """(lines, bytes) of each thing in the file that cannot be cut."""
    suffix = PurePath(name).suffix.lower()
    if suffix == ".parquet":
        import pyarrow.parquet

        with open_bytes(name) as file:
            yield from repeat((1, 0), pyarrow.parquet.ParquetFile(file).metadata.num_rows)
    elif suffix == ".txt" and articles:
        yield 1, stamp(name)[0]
    elif suffix == ".csv":
        csv.field_size_limit(MAX_FIELD_BYTES)
        with io.TextIOWrapper(open_bytes(name), encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            yield from ((1, 0) for _ in csv.DictReader(text))
    else:
        with open_bytes(name) as file:
            for line in file:
                # A carriage return alone ends a line too, wherever text is read.
                yield 1 + line.removesuffix(b"\n").removesuffix(b"\r").count(b"\r"), len(line)
