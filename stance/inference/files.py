"""Batch prediction over files: in parts that appear whole, so that a killed run goes on where it stopped."""

import hashlib
import itertools
import json
import logging
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from stance.config import ConfigError
from stance.inference.rows import STANDARD_INPUT, Bad, Reading, Row, input_files, read_rows
from stance.labels import LabelScheme
from stance.model.inputs import Contexts
from stance.storage import atomic_file, read_json, write_json

PART_ROWS = 2000
STREAM_ROWS = 32
LOG_SECONDS = 5.0
log = logging.getLogger(__name__)


class Classifier(Protocol):
    """What batch prediction needs of a StanceClassifier."""

    @property
    def scheme(self) -> LabelScheme:
        """The labels."""
        ...

    @property
    def fingerprint(self) -> str:
        """Names the model."""
        ...

    @property
    def backend(self) -> str:
        """Names the engine."""
        ...

    @property
    def reads_context(self) -> bool:
        """Whether a sentence's neighbours change the answer."""
        ...

    def predict_proba(
        self, texts: Sequence[str], targets: Sequence[str], contexts: Contexts | None = None
    ) -> np.ndarray:
        """Probabilities of shape (pairs, labels)."""
        ...


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
        yield from _answers(classifier, rows, abstain_below)


def predict_files(
    classifier: Classifier,
    inputs: list[str],
    output: Path,
    reading: Reading,
    *,
    abstain_below: float = 0.0,
    part_rows: int = PART_ROWS,
) -> Counts:
    """Write `output` (.jsonl or .parquet), one object a row in order, and `<output>.rejected.jsonl` beside it.

    Rows are predicted in parts kept in `<output>.parts`; the same request after an interruption goes on with the next
    part and ends in the same bytes, another request starts anew. Raises ConfigError when an input is missing or
    `output` exists, OSError when the disk is full: the parts that are done stay.
    """
    if output.suffix not in (".jsonl", ".parquet"):
        raise ConfigError(f"{output}: expected a name that ends in .jsonl or .parquet")
    if output.exists():
        raise ConfigError(f"{output}: exists already; name another file, or delete it")
    files = input_files(inputs)
    if STANDARD_INPUT in files:
        raise ConfigError("standard input cannot be read again after an interruption: write to standard output")
    parts = output.with_name(f"{output.name}.parts")
    _prepare(parts, _key(classifier, files, reading, abstain_below, part_rows))
    done = _finished(parts)
    progress = _Progress(files, reading.articles)
    chunks = _batched(read_rows(files, reading), part_rows)
    for number, rows in enumerate(chunks):
        if number >= done:
            _write_part(parts, number, list(_answers(classifier, rows, abstain_below)))
        progress.show(rows[-1], len(rows), fresh=number >= done)
    return _assemble(parts, output)


def _answers(classifier: Classifier, rows: Sequence[Row | Bad], abstain_below: float) -> Iterator[dict[str, Any] | Bad]:
    good = [row for row in rows if isinstance(row, Row)]
    names = classifier.scheme.names
    contexts = [(r.before, r.after) for r in good] if classifier.reads_context else None
    probabilities = np.zeros(0)
    if good:
        probabilities = classifier.predict_proba([r.text for r in good], [r.target for r in good], contexts)
    answers = iter(probabilities.tolist())
    for row in rows:
        if isinstance(row, Bad):
            yield row
            continue
        shares = next(answers)
        best = max(range(len(names)), key=shares.__getitem__)
        yield {
            "source": row.source,
            "line": row.line,
            "start": row.start,
            "end": row.end,
            "text": row.text,
            "target": row.target,
            "label": names[best],
            "probabilities": {name: round(share, 6) for name, share in zip(names, shares, strict=True)},
            "abstained": shares[best] < abstain_below,
            "model": f"{classifier.fingerprint}/{classifier.backend}",
        }


def as_line(row: dict[str, Any] | Bad) -> str:
    """One JSON object on a line; lone surrogates are escaped, so that it is valid UTF-8."""
    value = asdict(row) if isinstance(row, Bad) else row
    line = json.dumps(value, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:
        line = json.dumps(value)
    return line + "\n"


def _write_part(parts: Path, number: int, rows: list[dict[str, Any] | Bad]) -> None:
    # The rejected rows go first: the predictions' file is the mark that the part is done.
    with atomic_file(parts / f"{number:06}.rejected.jsonl") as file:
        file.writelines(as_line(row) for row in rows if isinstance(row, Bad))
    with atomic_file(parts / f"{number:06}.jsonl") as file:
        file.writelines(as_line(row) for row in rows if not isinstance(row, Bad))


def _finished(parts: Path) -> int:
    """How many parts are done without a gap."""
    return next(number for number in itertools.count() if not (parts / f"{number:06}.jsonl").is_file())


def _prepare(parts: Path, key: str) -> None:
    mark = parts / "request.json"
    if parts.exists():
        if mark.is_file() and read_json(mark) == key:
            log.info("going on in %s after part %d", parts, _finished(parts))
            return
        if not mark.is_file() and any(parts.iterdir()):
            raise ConfigError(f"{parts}: holds files that are not ours; delete it, or name another output")
        shutil.rmtree(parts)
    parts.mkdir(parents=True)
    write_json(mark, key)


def _key(classifier: Classifier, files: list[str], reading: Reading, abstain_below: float, part_rows: int) -> str:
    stats = [(name, os.stat(name).st_size, os.stat(name).st_mtime_ns) for name in files]  # noqa: PTH116
    request = [classifier.fingerprint, classifier.backend, stats, asdict(reading), abstain_below, part_rows]
    return hashlib.sha256(json.dumps(request).encode()).hexdigest()


def _assemble(parts: Path, output: Path) -> Counts:
    numbers = range(_finished(parts))
    rejected = output.with_name(f"{output.name}.rejected.jsonl")
    num_rejected = _join([parts / f"{n:06}.rejected.jsonl" for n in numbers], rejected)
    predictions = [parts / f"{n:06}.jsonl" for n in numbers]
    num_predicted = (_to_parquet if output.suffix == ".parquet" else _join)(predictions, output)
    shutil.rmtree(parts)
    return Counts(num_rejected + num_predicted, num_predicted, num_rejected)


def _join(sources: list[Path], target: Path) -> int:
    lines = 0
    with atomic_file(target) as file:
        for source in sources:
            with source.open(encoding="utf-8") as part:
                for line in part:
                    file.write(line)
                    lines += 1
    return lines


def _to_parquet(sources: list[Path], target: Path) -> int:
    import pyarrow
    import pyarrow.parquet

    partial = target.with_name(f".{target.name}.partial")
    writer: Any = None
    rows = 0
    try:
        for source in sources:
            with source.open(encoding="utf-8") as file:
                records = [json.loads(line) for line in file]
            if not records:
                continue
            for record in records:
                # Arrow strings are UTF-8, which has no lone surrogates.
                record |= {k: record[k].encode("utf-8", "replace").decode() for k in ("source", "text", "target")}
            table = pyarrow.Table.from_pylist(records)
            writer = writer or pyarrow.parquet.ParquetWriter(partial, table.schema)
            writer.write_table(table)
            rows += len(records)
        writer = writer or pyarrow.parquet.ParquetWriter(partial, pyarrow.schema([]))
        writer.close()
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return rows


def _batched(rows: Iterable[Row | Bad], size: int) -> Iterator[list[Row | Bad]]:
    iterator = iter(rows)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


class _Progress:
    """Logs rows, rate and time left now and then."""

    def __init__(self, files: list[str], articles: bool) -> None:  # noqa: FBT001
        self._started = self._logged = time.monotonic()
        self._rows = self._fresh_lines = 0
        self._before: dict[str, int] = {}
        self._total = 0
        for name in files:
            self._before[name] = self._total
            self._total += 1 if articles and name.endswith(".txt") else _count_lines(Path(name))
        self._line = 0

    def show(self, last: Row | Bad, rows: int, *, fresh: bool) -> None:
        line = self._before[last.source] + last.line
        self._rows += rows
        self._fresh_lines += line - self._line if fresh else 0
        self._line = line
        now = time.monotonic()
        if now - self._logged < LOG_SECONDS or not self._fresh_lines:
            return
        self._logged = now
        rate = self._fresh_lines / (now - self._started)
        left = max(0, self._total - line) / rate
        log.info("%d rows; line %d of %d, %.0f lines/s, about %.0f s left", self._rows, line, self._total, rate, left)


def _count_lines(path: Path) -> int:
    if path.suffix.lower() == ".parquet":
        import pyarrow.parquet

        return pyarrow.parquet.ParquetFile(path).metadata.num_rows
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b"")) or 1
