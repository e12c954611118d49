"""Sentences that an outlet repeats from article to article: sign-up lines, notices, captions."""

import hashlib

import numpy as np

MIN_ARTICLES = 5
MIN_SHARE = 0.01
"""Of the outlet's articles; a short sentence may well occur five times in ten thousand articles by chance."""


def sentence_key(outlet: str | None, text: str) -> int:
    """A 64-bit number for a sentence of an outlet, whatever its white space and case; 0 where no outlet is known."""
    if outlet is None:
        return 0
    content = f"{outlet}\0{' '.join(text.casefold().split())}"
    return int.from_bytes(hashlib.blake2b(content.encode(), digest_size=8).digest(), "little") or 1


def repeated_keys(keys: np.ndarray, articles: np.ndarray, outlet_sizes: np.ndarray) -> np.ndarray:
    """The keys, sorted, that stand in enough articles of their outlet.

    All three have one entry a sentence: its key, the number of its article, and how many articles its outlet has.
    """
    known = keys != 0
    rows = np.unique(np.stack([keys[known], articles[known].astype(np.uint64)], axis=1), axis=0)
    unique, counts = np.unique(rows[:, 0], return_counts=True)
    _, first = np.unique(keys[known], return_index=True)
    sizes = outlet_sizes[known][first]
    return unique[(counts >= MIN_ARTICLES) & (counts >= MIN_SHARE * sizes)]
