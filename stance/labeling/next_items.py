"""What to label next: some at random, some where the model is unsure, some unlike the rest, some where votes differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Array = np.ndarray
Reason = Literal["random", "uncertainty", "diversity", "disagreement"]

WORD = r"\w+"
MAX_DIVERSE_POOL = 5_000
"""Diversity is sought among so many random items of a larger pool: it compares each with each."""


@dataclass(frozen=True)
class Choice:
    """The pool's item number `index`; `inclusion_probability` only where it was drawn at random."""

    index: int
    reason: Reason
    inclusion_probability: float | None


@dataclass(frozen=True)
class Pool:
    """What is known of the items to choose from: texts, and where there is any, model and votes.

    `probabilities` has shape (items, labels); `disagreement` (items,) is the entropy of the votes cast so far.
    """

    texts: Sequence[str]
    probabilities: Array | None = None
    disagreement: Array | None = None


def choose(pool: Pool, size: int, random_share: float, seed: int) -> list[Choice]:
    """`size` items of the pool, or all of a smaller one; the random part is drawn first, as if there were no other.

    So every item has had the same chance of being in the random part, which is what makes it a sample to estimate from.
    The rest goes in turns to the other reasons that the pool has material for.
    """
    total = len(pool.texts)
    size = min(size, total)
    random = np.random.default_rng(seed)
    num_random = min(size, round(size * random_share))
    drawn = random.permutation(total)[:num_random].tolist()
    chosen = [Choice(index, "random", num_random / total) for index in drawn]
    taken = set(drawn)
    rankings = _rankings(pool, size, taken, random) if size > num_random else {}
    while len(chosen) < size:
        for reason, ranking in rankings.items():
            index = next((i for i in ranking if i not in taken), None)
            if index is not None and len(chosen) < size:
                taken.add(index)
                chosen.append(Choice(index, reason, None))
    return chosen


def vote_entropy(labels: Sequence[str]) -> float:
    """Entropy in nats of the labels cast on one item; 0 where all agree or there is none."""
    _, counts = np.unique(list(labels), return_counts=True)
    shares = counts / max(counts.sum(), 1)
    return float(-(shares * np.log(shares)).sum())


def _rankings(pool: Pool, size: int, taken: set[int], random: np.random.Generator) -> Mapping[Reason, list[int]]:
    """Reason -> items, the most useful first; diversity ranks `size` items beyond those already taken."""
    rankings: dict[Reason, list[int]] = {}
    if pool.probabilities is not None:
        ordered = np.sort(pool.probabilities, axis=1)
        rankings["uncertainty"] = np.argsort(ordered[:, -1] - ordered[:, -2], kind="stable").tolist()
    if pool.disagreement is not None and pool.disagreement.any():
        order = np.argsort(-pool.disagreement, kind="stable")
        rankings["disagreement"] = [i for i in order.tolist() if pool.disagreement[i] > 0]
    rankings["diversity"] = _unlike(pool.texts, size, taken, random)
    complete = list(range(len(pool.texts)))
    return {reason: [*ranking, *(complete if reason == "diversity" else ())] for reason, ranking in rankings.items()}


def _unlike(texts: Sequence[str], size: int, taken: set[int], random: np.random.Generator) -> list[int]:
    """Farthest-first (Gonzalez 1985): each item is the one least like all that were taken before it."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    pool = np.arange(len(texts))
    if len(pool) > MAX_DIVERSE_POOL:
        pool = np.union1d(random.choice(pool, MAX_DIVERSE_POOL, replace=False), sorted(taken))
    vectors = TfidfVectorizer(token_pattern=WORD, sublinear_tf=True).fit_transform([texts[i] for i in pool])
    place = {int(item): row for row, item in enumerate(pool)}
    nearest = np.zeros(len(pool))
    for item in taken:
        nearest = np.maximum(nearest, (vectors @ vectors[place[item]].T).toarray().ravel())
        nearest[place[item]] = np.inf
    order: list[int] = []
    while len(order) < min(size, len(pool) - len(taken)):
        row = int(nearest.argmin())
        order.append(int(pool[row]))
        nearest = np.maximum(nearest, (vectors @ vectors[row].T).toarray().ravel())
        nearest[row] = np.inf
    return order
