"""Which texts of two lists have word sequences in common: exact, deterministic, and linear in what is rare."""

import re
from collections.abc import Sequence

import numpy as np

WORD = re.compile(r"\w+")
MAX_BEARERS = 50
"""A word sequence in more texts of one list is a phrase of the trade and tells nothing."""
CHUNK_ROWS = 20_000


def shared_sequences(
    left: Sequence[str], right: Sequence[str], words: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(left numbers, right numbers, shared, sizes of left texts, sizes of right texts).

    One entry for each couple of texts that share a rare sequence of `words` words; sizes count a text's different
    sequences. Case, punctuation and spaces are not looked at. A text shorter than `words` is one sequence.
    """
    from scipy.sparse import coo_array

    ids: dict[str, int] = {}
    texts, hashes = _sequences([*left, *right], words, ids)
    _, columns = np.unique(hashes, return_inverse=True)
    is_left = texts < len(left)
    sizes = np.bincount(texts, minlength=len(left) + len(right))
    bearers = [np.bincount(columns[part], minlength=columns.max(initial=-1) + 1) for part in (is_left, ~is_left)]
    useful = (bearers[0] > 0) & (bearers[1] > 0) & (bearers[0] <= MAX_BEARERS) & (bearers[1] <= MAX_BEARERS)
    kept = useful[columns]
    narrow = np.cumsum(useful) - 1
    width = int(useful.sum())

    def matrix(part: np.ndarray, first: int, rows: int) -> coo_array:
        mine = part & kept
        place = (texts[mine] - first, narrow[columns[mine]])
        return coo_array((np.ones(int(mine.sum()), dtype=np.int32), place), shape=(rows, width)).tocsr()

    mine, theirs = matrix(is_left, 0, len(left)), matrix(~is_left, len(left), len(right)).T.tocsr()
    found = [(mine[start : start + CHUNK_ROWS] @ theirs).tocoo() for start in range(0, len(left), CHUNK_ROWS)]
    starts = range(0, len(left), CHUNK_ROWS)
    rows = np.concatenate([f.coords[0] + s for f, s in zip(found, starts, strict=True)] or [np.zeros(0, dtype=int)])
    others = np.concatenate([f.coords[1] for f in found] or [np.zeros(0, dtype=int)])
    shared = np.concatenate([f.data for f in found] or [np.zeros(0, dtype=int)])
    return rows, others, shared, sizes[: len(left)], sizes[len(left) :]


def fold(text: str) -> str:
    """`text` in lower case, words only: what counts as the same sentence."""
    return " ".join(WORD.findall(text.lower()))


def _sequences(texts: Sequence[str], words: int, ids: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """(text number, hash) of each text's different word sequences."""
    numbers, lengths = [], np.zeros(len(texts), dtype=np.int64)
    for i, text in enumerate(texts):
        found = [ids.setdefault(word, len(ids) + 1) for word in WORD.findall(text.lower())]
        found += [0] * (words - len(found))
        numbers.extend(found)
        lengths[i] = len(found)
    flat = np.array(numbers, dtype=np.uint64)
    owner = np.repeat(np.arange(len(texts)), lengths)
    with np.errstate(over="ignore"):
        mixed = np.zeros(len(flat), dtype=np.uint64)
        for step in range(words):
            shifted = np.concatenate([flat[step:], np.zeros(min(step, len(flat)), dtype=np.uint64)])
            mixed = (mixed ^ (shifted + np.uint64(1))) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(flat))
    whole = left >= words
    both = np.unique(np.stack([owner[whole].astype(np.uint64), mixed[whole]]), axis=1)
    return both[0].astype(np.int64), both[1]
