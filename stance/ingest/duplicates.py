"""Near-duplicate articles by MinHash: wire copy in several outlets, and versions of one article.

Two articles are compared by the share of three-word sequences that they have in common (Jaccard similarity). Locality-
sensitive hashing finds the pairs worth comparing in time that grows with the number of articles, not of pairs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from stance.ingest.minhash import minhash

NUM_HASHES = 192
BAND_ROWS = 3
SEED = 1
SHINGLE_WORDS = 3
MIN_WORDS = 50
"""Shorter texts share too much by chance; they are compared as wholes only."""
COMPARED_AT_ONCE = 20_000
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Match:
    """An article (by number) that repeats the first one of its cluster, with their estimated similarity."""

    number: int
    first: int
    similarity: float


def signature(text: str) -> np.ndarray:
    """MinHash of the word sequences of `text`, shape (NUM_HASHES,); all zeros for a text too short to compare."""
    words = WORD.findall(text.lower())
    if len(words) < MIN_WORDS:
        return np.zeros(NUM_HASHES, np.uint32)
    shingles = [" ".join(words[i : i + SHINGLE_WORDS]) for i in range(len(words) - SHINGLE_WORDS + 1)]
    return minhash(shingles, NUM_HASHES, SEED)


def near_duplicates(signatures: np.ndarray, threshold: float) -> list[Match]:
    """Every article but the first of each cluster, in order; `signatures` has shape (articles, NUM_HASHES)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(signatures)
    pairs = _candidates(signatures)
    pairs = pairs[_similarities(signatures, pairs) >= threshold]
    if not len(pairs):
        return []
    links = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, cluster = connected_components(links, directed=False)
    _, first_of_cluster = np.unique(cluster, return_index=True)
    first = first_of_cluster[cluster]
    numbers = np.flatnonzero(first != np.arange(count))
    similarities = _similarities(signatures, np.stack([first[numbers], numbers], axis=1))
    rows = zip(numbers.tolist(), first[numbers].tolist(), similarities.tolist(), strict=True)
    return [Match(number, first, round(similarity, 4)) for number, first, similarity in rows]


def _candidates(signatures: np.ndarray) -> np.ndarray:
    """Pairs, shape (pairs, 2), that agree in a band: each article with the first and the previous of its bucket."""
    comparable = np.flatnonzero(signatures.any(axis=1))
    found = [np.empty((0, 2), np.int64)]
    for keys in _bands(signatures[comparable]):
        order = np.argsort(keys, kind="stable")
        ranked = keys[order]
        starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]]) if len(ranked) else np.empty(0, np.int64)
        lengths = np.diff(np.r_[starts, len(ranked)])
        leader = np.repeat(starts, lengths)
        position = np.arange(len(ranked))
        later = position > leader
        others = (leader, position - 1)
        found.extend(np.stack([order[other[later]], order[position[later]]], axis=1) for other in others)
    return comparable[np.unique(np.concatenate(found).astype(np.int64), axis=0)]


def _bands(signatures: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, NUM_HASHES, BAND_ROWS):
        keys = np.full(len(signatures), start, np.uint64)
        for column in range(start, start + BAND_ROWS):
            keys = (keys ^ signatures[:, column]) * np.uint64(0x9E3779B97F4A7C15)
            keys ^= keys >> np.uint64(29)
        yield keys


def _similarities(signatures: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    parts = [
        (signatures[pairs[i : i + COMPARED_AT_ONCE, 0]] == signatures[pairs[i : i + COMPARED_AT_ONCE, 1]]).mean(axis=1)
        for i in range(0, len(pairs), COMPARED_AT_ONCE)
    ]
    return np.concatenate([np.empty(0), *parts])
