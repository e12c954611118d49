"""One part of a batch prediction: its rows predicted, and written in files that appear whole."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import IO, Any, Protocol

import numpy as np

from stance.inference.rows import Bad, Reading, Row, read_slice
from stance.inference.slices import Part
from stance.labels import LabelScheme
from stance.model.inputs import Contexts
from stance.places import atomic_bytes, open_bytes

REJECTED = ".rejected.jsonl"
UTF8_FIELDS = ("source", "text", "target")
COPY_BYTES = 1 << 22


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
class PartWork:
    """Opens the work on parts: pickled, the classifier is the place it was loaded from."""

    classifier: Classifier
    reading: Reading
    abstain_below: float
    folder: str
    suffix: str
    """Of the predictions: .jsonl or .parquet."""

    def __call__(self) -> Callable[[Part], Part]:
        """The work: write a part, return it."""
        return self._write

    def _write(self, part: Part) -> Part:
        rows = list(chain.from_iterable(read_slice(piece, self.reading) for piece in part.slices))
        found = list(answers(self.classifier, rows, self.abstain_below))
        good = [row for row in found if not isinstance(row, Bad)]
        # The rejected rows go first: the predictions' file is the mark that the part is done.
        with atomic_bytes(part_file(self.folder, part.number, REJECTED)) as file:
            file.writelines(as_line(row).encode() for row in found if isinstance(row, Bad))
        with atomic_bytes(part_file(self.folder, part.number, self.suffix)) as file:
            if self.suffix == ".parquet":
                _write_table(file, good, self.classifier.scheme)
            else:
                file.writelines(as_line(row).encode() for row in good)
        return part


def part_file(folder: str, number: int, suffix: str) -> str:
    """Where a part's predictions or rejected rows are."""
    return f"{folder}/{number:06}{suffix}"


def answers(classifier: Classifier, rows: Sequence[Row | Bad], abstain_below: float) -> Iterator[dict[str, Any] | Bad]:
    """One JSON object a row in order, bad rows in their place."""
    good = [row for row in rows if isinstance(row, Row)]
    names = classifier.scheme.names
    contexts = [(r.before, r.after) for r in good] if classifier.reads_context else None
    probabilities = np.zeros(0)
    if good:
        probabilities = classifier.predict_proba([r.text for r in good], [r.target for r in good], contexts)
    each = iter(probabilities.tolist())
    for row in rows:
        if isinstance(row, Bad):
            yield row
            continue
        shares = next(each)
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


def join_lines(sources: Sequence[str], target: str) -> int:
    """Files of lines one after the other; returns how many lines."""
    lines = 0
    with atomic_bytes(target) as file:
        for source in sources:
            with open_bytes(source) as part:
                while chunk := part.read(COPY_BYTES):
                    lines += chunk.count(b"\n")
                    file.write(chunk)
    return lines


def join_tables(sources: Sequence[str], target: str, scheme: LabelScheme) -> int:
    """Parquet files one after the other, a row group each; returns how many rows."""
    import pyarrow.parquet

    rows = 0
    with atomic_bytes(target) as file, pyarrow.parquet.ParquetWriter(file, _schema(scheme)) as writer:
        for source in sources:
            with open_bytes(source) as part:
                table = pyarrow.parquet.read_table(part)
            if table.num_rows:
                writer.write_table(table)
                rows += table.num_rows
    return rows


def _write_table(file: IO[bytes], rows: list[dict[str, Any]], scheme: LabelScheme) -> None:
    import pyarrow.parquet

    # Arrow strings are UTF-8, which has no lone surrogates.
    clean = [row | {k: row[k].encode("utf-8", "replace").decode() for k in UTF8_FIELDS} for row in rows]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(clean, schema=_schema(scheme)), file)


def _schema(scheme: LabelScheme) -> Any:
    import pyarrow

    text, number = pyarrow.string(), pyarrow.int64()
    return pyarrow.schema(
        {
            "source": text,
            "line": number,
            "start": number,
            "end": number,
            "text": text,
            "target": text,
            "label": text,
            "probabilities": pyarrow.struct([(name, pyarrow.float64()) for name in scheme.names]),
            "abstained": pyarrow.bool_(),
            "model": text,
        }
    )
