"""The dataset folder, as the dataset stage writes it and every later stage reads it."""

from pathlib import Path

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
