"""Which opinions stand and fall together: those of one article, and of articles that repeat one another."""

from collections.abc import Iterable, Sequence

import numpy as np


def stories(documents: Sequence[str], copies: Iterable[tuple[str, str]]) -> np.ndarray:
    """Number of each row's story, from 0, shape (N,). `documents` holds each row's article, `copies` pairs of articles
    that share text, as ingest found them; copies of copies are one story.
    """
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.get(name, name) != name:
            parent[name] = parent.get(parent[name], parent[name])
            name = parent[name]
        return name

    for one, other in copies:
        parent[root(one)] = root(other)
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(root(name), len(numbers)) for name in documents], dtype=int)
