"""Does the measured set share anything with what was trained on? Then its figures flatter the system."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from stance.evaluation.overlap import fold, shared_sequences
from stance.evaluation.pairs import Pairs

NEAR_WORDS, NEAR_SHARE = 3, 0.6
"""Sentences are near-duplicates when that share of their word triples is common (Jaccard)."""
STORY_WORDS, STORY_SHARE = 6, 0.2
"""Articles tell one wire story when that share of the shorter one's sequences of six words is common."""
MIN_STORY_SEQUENCES = 20
"""Fewer can be one quotation."""
MAX_SEARCHED = 50_000
"""Of more measured pairs an even sample is searched for near-duplicates."""
MAX_SHOWN = 5


def find_leaks(other: Pairs, gold: Pairs) -> dict[str, Any]:
    """How many pairs of `gold` have something in common with the split `other`.

    - `group`, `article`, `sentence`: pairs whose group, article, or sentence (words only) is there too
    - `near_duplicate`: pairs whose sentence is nearly one of there, exact ones not counted; `searched`: in so many
    - `wire_story`: pairs of articles that repeat an article of there under another name
    - `articles`: names of articles in common; `stories`: {measured, there, share}; `near`: {measured, there, share},
      MAX_SHOWN of each, the most alike first
    """
    leaks: dict[str, Any] = {}
    for name, column in (("group", "group"), ("article", "document")):
        leaks[name] = int(_known(gold, other, column).sum())
    mine, theirs = [fold(t or "") for t in gold.values("text")], [fold(t or "") for t in other.values("text")]
    there = set(theirs)
    same = np.array([text in there for text in mine], dtype=bool)
    leaks["sentence"] = int(same.sum())
    codes, names = gold.codes("document")
    shared = np.unique(codes[_known(gold, other, "document")])
    leaks["articles"] = [names[i] for i in shared[:MAX_SHOWN]]
    sample = np.arange(0, len(gold), max(1, -(-len(gold) // MAX_SEARCHED)))
    leaks["searched"] = len(sample)
    leaks |= _near(gold.values("text"), mine, sample[~same[sample]], other.values("text"), theirs)
    leaks |= _stories(other, gold)
    return leaks


def counts(leaks: Mapping[str, Any]) -> dict[str, int]:
    """The counts of a leak alone."""
    return {name: leaks[name] for name in ("group", "article", "sentence", "near_duplicate", "wire_story")}


def _known(gold: Pairs, other: Pairs, column: str) -> np.ndarray:
    codes, names = gold.codes(column)
    there = set(other.codes(column)[1])
    return np.array([name in there for name in names] + [False], dtype=bool)[codes]


def _near(
    shown: list[str | None], mine: list[str], sample: np.ndarray, there: list[str | None], theirs: list[str]
) -> dict[str, Any]:
    left, right, shared, sizes, other_sizes = shared_sequences([mine[i] for i in sample], theirs, NEAR_WORDS)
    share = shared / (sizes[left] + other_sizes[right] - shared)
    alike = np.flatnonzero(share >= NEAR_SHARE)
    alike = alike[np.argsort(-share[alike], kind="stable")]
    examples = [
        {"measured": shown[sample[left[i]]], "there": there[right[i]], "share": round(float(share[i]), 3)}
        for i in alike[:MAX_SHOWN]
    ]
    return {"near_duplicate": len(np.unique(left[alike])), "near": examples}


def _stories(other: Pairs, gold: Pairs) -> dict[str, Any]:
    names, texts, codes = _articles(gold)
    their_names, their_texts, _ = _articles(other)
    left, right, shared, sizes, other_sizes = shared_sequences(texts, their_texts, STORY_WORDS)
    shorter = np.minimum(sizes[left], other_sizes[right])
    share = shared / shorter
    told = np.array([names[i] != their_names[j] for i, j in zip(left, right, strict=True)], dtype=bool)
    alike = np.flatnonzero((share >= STORY_SHARE) & (shorter >= MIN_STORY_SEQUENCES) & told)
    alike = alike[np.argsort(-share[alike], kind="stable")]
    shown = [
        {"measured": names[left[i]], "there": their_names[right[i]], "share": round(float(share[i]), 3)}
        for i in alike[:MAX_SHOWN]
    ]
    return {"wire_story": int(np.isin(codes, left[alike]).sum()), "stories": shown}


def _articles(pairs: Pairs) -> tuple[list[str], list[str], np.ndarray]:
    """(names, texts of the sentences that are asked about, number of each pair's article)."""
    codes, names = pairs.codes("document")
    sentences: list[dict[str, None]] = [{} for _ in names]
    for code, text in zip(codes.tolist(), pairs.values("text"), strict=True):
        sentences[code][text or ""] = None
    return names, [" ".join(each) for each in sentences], codes
