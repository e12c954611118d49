"""Items with their votes to and from the files of labelling tools: `FORMATS` by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stance.labeling.exchange import argilla, doccano, label_studio, prodigy, tables
from stance.labeling.items import Item
from stance.labels import LabelScheme


@dataclass(frozen=True)
class Format:
    """How items are written for a tool, and read from what it exports; `suffix` is the usual end of a file name."""

    suffix: str
    write: Callable[[Path, Sequence[Item], LabelScheme], None]
    read: Callable[[Path], list[Item]]


FORMATS: Mapping[str, Format] = {
    "label-studio": Format(".json", label_studio.write, label_studio.read),
    "doccano": Format(".jsonl", doccano.write, doccano.read),
    "prodigy": Format(".jsonl", prodigy.write, prodigy.read),
    "argilla": Format(".json", argilla.write, argilla.read),
    "csv": Format(".csv", tables.write_csv, tables.read_csv),
    "xlsx": Format(".xlsx", tables.write_xlsx, tables.read_xlsx),
}
