"""Batch prediction over files: in parts that appear whole, so that a killed run goes on where it stopped."""

import hashlib
import itertools
import json
import logging
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from typing import Any

from stance.config import ConfigError
from stance.inference.parts import (
    REJECTED,
    Classifier,
    PartWork,
    answers,
    join_lines,
    join_tables,
    part_file,
)
from stance.inference.rows import STANDARD_INPUT, Bad, Reading, Row, input_files, read_rows
from stance.inference.slices import Part, plan
from stance.mapping import Mapper, map_here
from stance.places import atomic_bytes, exists, files_below, open_bytes, remove_folder, stamp

PART_ROWS = 2000
STREAM_ROWS = 32
LOG_SECONDS = 5.0
MARK = "request.json"
SUFFIXES = (".jsonl", ".parquet")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Counts:
    """in = predicted + rejected."""

    rows: int
    predicted: int
    rejected: int


def predict_stream(
    classifier: Classifier, inputs: list[str], reading: Reading, *, abstain_below: float = 0.0
) -> Iterator[dict[str, Any] | Bad]:
    """One JSON object a row in order, bad rows in their place, as soon as a few rows are read."""
    for rows in _batched(read_rows(input_files(inputs), reading), STREAM_ROWS):
        yield from answers(classifier, rows, abstain_below)


def predict_files(
    classifier: Classifier,
    inputs: list[str],
    output: Path | str,
    reading: Reading,
    *,
    abstain_below: float = 0.0,
    part_rows: int = PART_ROWS,
    mapper: Mapper = map_here,
) -> Counts:
    """Write `output` (.jsonl or .parquet), one object a row in order, and `<output>.rejected.jsonl` beside it.

    Inputs and output are paths, or URIs of object storage. Rows are predicted in parts kept in `<output>.parts`,
    wherever `mapper` has its workers; the same request after an interruption, here or elsewhere, goes on with the parts
    that are missing and ends in the same bytes, another request starts anew. Raises ConfigError when an input is
    missing or `output` exists, OSError when the disk is full: the parts that are done stay.
    """
    name = str(output)
    suffix = PurePath(name).suffix
    if suffix not in SUFFIXES:
        raise ConfigError(f"{name}: expected a name that ends in .jsonl or .parquet")
    if exists(name):
        raise ConfigError(f"{name}: exists already; name another file, or delete it")
    files = input_files(inputs)
    if STANDARD_INPUT in files:
        raise ConfigError("standard input cannot be read again after an interruption: write to standard output")
    folder = f"{name}.parts"
    _prepare(folder, _key(classifier, files, reading, abstain_below, part_rows))
    parts = plan(files, part_rows, articles=reading.articles)
    done = _finished(folder, suffix)
    todo = [part for part in parts if part.number not in done]
    if len(todo) < len(parts):
        log.info("going on in %s: %d of %d parts are done", folder, len(parts) - len(todo), len(parts))
    progress = _Progress(todo)
    for part in mapper(PartWork(classifier, reading, abstain_below, folder, suffix), todo):
        progress.show(part)
    return _assemble(folder, len(parts), name, classifier)


def _finished(folder: str, suffix: str) -> set[int]:
    """Numbers of the parts that are done."""
    names = (PurePath(name).name for name in files_below(folder) or ())
    return {int(found[1]) for name in names if (found := re.fullmatch(rf"(\d+){re.escape(suffix)}", name))}


def _prepare(folder: str, key: str) -> None:
    mark = f"{folder}/{MARK}"
    if exists(folder):
        if exists(mark):
            with open_bytes(mark) as file:
                if json.loads(file.read()) == key:
                    return
        elif files_below(folder):
            raise ConfigError(f"{folder}: holds files that are not ours; delete it, or name another output")
        remove_folder(folder)
    with atomic_bytes(mark) as file:
        file.write(json.dumps(key).encode())


def _key(classifier: Classifier, files: list[str], reading: Reading, abstain_below: float, part_rows: int) -> str:
    stamps = [(name, *stamp(name)) for name in files]
    request = [classifier.fingerprint, classifier.backend, stamps, asdict(reading), abstain_below, part_rows]
    return hashlib.sha256(json.dumps(request).encode()).hexdigest()


def _assemble(folder: str, parts: int, output: str, classifier: Classifier) -> Counts:
    suffix = PurePath(output).suffix
    rejected, predictions = (
        [part_file(folder, number, kind) for number in range(parts)] for kind in (REJECTED, suffix)
    )
    num_rejected = join_lines(rejected, f"{output}{REJECTED}")
    if suffix == ".parquet":
        num_predicted = join_tables(predictions, output, classifier.scheme)
    else:
        num_predicted = join_lines(predictions, output)
    remove_folder(folder)
    return Counts(num_rejected + num_predicted, num_predicted, num_rejected)


def _batched(rows: Iterable[Row | Bad], size: int) -> Iterator[list[Row | Bad]]:
    iterator = iter(rows)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


class _Progress:
    """Logs lines, rate and time left now and then."""

    def __init__(self, todo: list[Part]) -> None:
        self._started = self._logged = time.monotonic()
        self._lines, self._total = 0, sum(part.lines for part in todo)

    def show(self, part: Part) -> None:
        self._lines += part.lines
        now = time.monotonic()
        if now - self._logged < LOG_SECONDS:
            return
        self._logged = now
        rate = self._lines / (now - self._started)
        left = (self._total - self._lines) / rate
        log.info("line %d of %d, %.0f lines/s, about %.0f s left", self._lines, self._total, rate, left)
