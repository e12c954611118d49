"""Which labels are likely wrong: against the guidelines, against a model's out-of-fold opinion, against their twins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stance.labels import LabelScheme

Array = np.ndarray

HOLDERS_KEPT = 0.8
"""Holders count as evidence where at least this share of the pairs that take a side name one."""
WORD = r"\w+"
SIMILAR = 0.85
"""Cosine of TF-IDF vectors above which two sentences are near-identical."""


@dataclass(frozen=True)
class Labelled:
    """A pair as the checks see it."""

    pair_id: str
    text: str
    target: str
    label: str
    holder: str | None
    group: str
    minimal_pair: str | None = None


@dataclass(frozen=True)
class Suspect:
    """A label to look at again; `score` is the probability that the model gives it, `likely` its own answer."""

    pair_id: str
    label: str
    likely: str
    score: float
    reason: str
    text: str
    target: str


def rank_suspects(rows: Sequence[Labelled], probabilities: Array, scheme: LabelScheme) -> list[Suspect]:
    """All pairs, the most suspicious first.

    First come labels that the guidelines rule out (a holder where no side is taken, none where one is), then all others
    by cleanlab's self-confidence, the probability that the model gives the given label (Kuan and Mueller 2022; on the
    bundled corpus it found more flipped labels than the margin).
    """
    from cleanlab.rank import get_label_quality_scores

    given = np.array([scheme.index(row.label) for row in rows])
    quality = get_label_quality_scores(given, _positive(probabilities), method="self_confidence")
    broken = _against_guidelines(rows, scheme)
    likely = probabilities.argmax(axis=1)
    order = sorted(range(len(rows)), key=lambda i: (rows[i].pair_id not in broken, quality[i]))
    return [
        Suspect(
            pair_id=rows[i].pair_id,
            label=rows[i].label,
            likely=scheme.names[likely[i]],
            score=float(probabilities[i, given[i]]),
            reason=broken.get(rows[i].pair_id, "the model disagrees" if likely[i] != given[i] else ""),
            text=rows[i].text,
            target=rows[i].target,
        )
        for i in order
    ]


def num_issues(rows: Sequence[Labelled], probabilities: Array, scheme: LabelScheme) -> int:
    """How many labels cleanlab's confident learning takes to be wrong: how far down the list to read."""
    from cleanlab.filter import find_label_issues

    given = np.array([scheme.index(row.label) for row in rows])
    present = np.unique(given)
    if len(present) < 2:
        return 0
    # cleanlab wants every class to occur.
    renumbered = np.searchsorted(present, given)
    part = _positive(probabilities[:, present])
    return int(find_label_issues(renumbered, part, n_jobs=1).sum())


def contradictions(rows: Sequence[Labelled]) -> list[tuple[Labelled, Labelled, float]]:
    """Near-identical sentences with one target and different labels, and their similarity; minimal pairs left out."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    by_target: dict[str, list[Labelled]] = {}
    for row in rows:
        by_target.setdefault(row.target, []).append(row)
    found: list[tuple[Labelled, Labelled, float]] = []
    for members in by_target.values():
        if len(members) < 2:
            continue
        vectors = TfidfVectorizer(token_pattern=WORD).fit_transform([row.text for row in members])
        similar = (vectors @ vectors.T).tocoo()
        for i, j, value in zip(similar.row, similar.col, similar.data, strict=True):
            first, second = members[i], members[j]
            declared = first.minimal_pair is not None and first.minimal_pair == second.minimal_pair
            if i < j and value >= SIMILAR and first.label != second.label and not declared:
                found.append((first, second, float(value)))
    return sorted(found, key=lambda row: -row[2])


def _against_guidelines(rows: Sequence[Labelled], scheme: LabelScheme) -> Mapping[str, str]:
    """Pair -> what is wrong, where the annotators name holders at all."""
    polar = [row for row in rows if row.label in scheme.polar]
    if sum(row.holder is not None for row in polar) < HOLDERS_KEPT * len(polar):
        return {}
    broken: dict[str, str] = {}
    for row in rows:
        if row.label in scheme.polar and row.holder is None:
            broken[row.pair_id] = "takes a side, names no holder"
        elif row.label in scheme.merged_into_none and row.holder is not None:
            broken[row.pair_id] = "takes no side, names a holder"
    return broken


def _positive(probabilities: Array) -> Array:
    floored = np.maximum(probabilities, 1e-9)
    return floored / floored.sum(axis=1, keepdims=True)
