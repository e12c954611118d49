"""Gold pairs that travel in a bundle, with the logits that the trained network gave: what `verify` measures against."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from stance.records import Record
from stance.storage import read_records, write_records

PROBE = "onnx/probe.jsonl"


class ProbePair(Record):
    """A dev pair with its gold label, the group of articles it belongs to, and the fp32 logits."""

    text: str
    target: str
    before: str = ""
    """The sentence before, where the model's template reads context; so is `after`."""
    after: str = ""
    label: str
    group: str
    logits: tuple[float, ...]


def write_probe(folder: Path, pairs: Sequence[ProbePair]) -> None:
    """Write the pairs into a bundle."""
    write_records(folder / PROBE, pairs)


def read_probe(folder: Path) -> tuple[list[ProbePair], np.ndarray]:
    """(pairs, logits of shape (pairs, labels)) of a bundle; raises DataError when the file is missing or damaged."""
    pairs = list(read_records(folder / PROBE, ProbePair))
    return pairs, np.asarray([pair.logits for pair in pairs], dtype=np.float32)
