"""The measured pairs as columns, so that a million of them fit in memory: no record object a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from stance.labels import LabelScheme
from stance.records import Example

pc: Any = pyarrow.compute
"""Its functions are made when it is imported, which type checkers do not see."""
TEXT_COLUMNS = ("id", "text", "target", "document", "group", "holder", "intervener", "place", "minimal_pair")
SLICE_COLUMNS = ("conflict", "genre", "intervener", "outlet", "year", "source")
COLUMNS = tuple(dict.fromkeys((*TEXT_COLUMNS, *SLICE_COLUMNS)))


@dataclass(frozen=True)
class Pairs:
    """Gold: `table` holds COLUMNS as strings (null where unknown) and `tags` as lists; arrays are in its order."""

    table: pa.Table
    label: np.ndarray
    """Label numbers in the scheme's order, shape (pairs,)."""
    soft: np.ndarray
    """Label distributions, shape (pairs, labels); one-hot where gold is hard."""
    weight: np.ndarray
    """Weight of each pair for those who train on them, shape (pairs,)."""

    def __len__(self) -> int:
        return len(self.label)

    def values(self, column: str) -> list[Any]:
        """A column as Python values."""
        return self.table[column].to_pylist()

    def codes(self, column: str) -> tuple[np.ndarray, list[str]]:
        """(number of each pair's value, -1 for none; the values in order of first appearance)."""
        return encode(self.table[column])

    def take(self, indices: np.ndarray) -> "Pairs":
        """The pairs with these positions."""
        return Pairs(self.table.take(pa.array(indices)), self.label[indices], self.soft[indices], self.weight[indices])

    def folded(self, into: np.ndarray, num_labels: int) -> "Pairs":
        """The pairs in coarser labels; `into` has the new number of each label."""
        return Pairs(self.table, into[self.label], self.soft @ np.eye(num_labels)[into], self.weight)

    @property
    def is_soft(self) -> bool:
        """Whether some pair's gold is shared by several labels."""
        return bool((self.soft.max(axis=1) < 1 - 1e-9).any())

    @cached_property
    def unit(self) -> np.ndarray:
        """Number of each pair's group of articles, what resamples draw; shape (pairs,)."""
        return self.codes("group")[0]

    @cached_property
    def num_groups(self) -> int:
        """Groups of articles."""
        return int(self.unit.max()) + 1

    @property
    def num_articles(self) -> int:
        """Articles."""
        return int(pc.count_distinct(self.table["document"]).as_py())


def from_examples(examples: Sequence[Example], scheme: LabelScheme) -> Pairs:
    """Examples as columns."""
    rows = [e.model_dump(include={*COLUMNS, "tags"}) for e in examples]
    schema = pa.schema([(name, pa.string()) for name in COLUMNS] + [("tags", pa.list_(pa.string()))])
    return Pairs(
        pa.Table.from_pylist(rows, schema=schema),
        np.array([scheme.index(e.label) for e in examples], dtype=np.int64),
        np.array([e.probabilities for e in examples], dtype=np.float64).reshape(-1, len(scheme.names)),
        np.array([e.weight for e in examples], dtype=np.float64),
    )


def encode(column: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """(number of each value, -1 for null; the values in order of first appearance)."""
    encoded = pc.dictionary_encode(column.combine_chunks())
    encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    return encoded.indices.fill_null(-1).to_numpy().astype(np.int64), encoded.dictionary.to_pylist()
