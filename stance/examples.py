"""The dataset folder, as the stages that make examples write it and every later stage reads it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet

from stance.config import DataError
from stance.labels import LabelScheme
from stance.records import Example
from stance.storage import read_json

LABELS = "labels.json"


def split_file(folder: Path, split: str) -> Path:
    """Where a split lies in a dataset folder."""
    return folder / "data" / f"{split}.parquet"


def read_scheme(folder: Path) -> LabelScheme:
    """The label scheme that a label, dataset or model folder carries."""
    return LabelScheme.model_validate(read_json(folder / LABELS), strict=False)


def write_examples(folder: Path, split: str, examples: Sequence[Example], scheme: LabelScheme) -> None:
    """Write a split as Parquet with the features that `datasets` reads: labels as ClassLabel in the scheme's order."""
    from datasets import ClassLabel, Dataset, Features, List, Value, disable_progress_bars

    disable_progress_bars()
    kinds: dict[str, Any] = {
        "label": ClassLabel(names=list(scheme.names)),
        "probabilities": List(Value("float64")),
        "tags": List(Value("string")),
        "weight": Value("float64"),
        "start": Value("int64"),
        "end": Value("int64"),
    }
    features = Features({name: kinds.get(name, Value("string")) for name in Example.model_fields})
    path = split_file(folder, split)
    path.parent.mkdir(exist_ok=True)
    Dataset.from_list([e.model_dump() for e in examples], features=features).to_parquet(path)


def pair_lists(examples: Sequence[Example]) -> tuple[list[str], list[str], list[tuple[str, str]]]:
    """(texts, targets, contexts) of examples: what an encoder or a scorer is given."""
    return [e.text for e in examples], [e.target for e in examples], [(e.before, e.after) for e in examples]


def read_examples(folder: Path, split: str) -> list[Example]:
    """The examples of a split in order; raises DataError when it is missing, damaged or empty."""
    path = split_file(folder, split)
    names = read_scheme(folder).names
    try:
        rows = pyarrow.parquet.read_table(path).to_pylist()
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as Parquet ({error})") from None
    if not rows:
        raise DataError(f"{path}: the {split} split is empty; label more articles")
    # The column holds class numbers, as datasets.ClassLabel wants them; records hold names.
    return [Example.model_validate(row | {"label": names[row["label"]]}, strict=False) for row in rows]
