"""Where a system is right and where it is not: parts of the split, minimal pairs, confident errors."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stance.bootstrap import Resampling
from stance.evaluation.scores import score_systems
from stance.labels import LabelScheme
from stance.records import Example, Prediction

MIN_SLICE_PAIRS = 10
MIN_GROUPS_FOR_INTERVAL = 5
"""Fewer groups of articles can be redrawn in so few ways that quantiles say nothing."""
MAX_ERRORS_SHOWN = 10
SLICES: Mapping[str, Callable[[Example], Sequence[str | None]]] = {
    "conflict": lambda e: (e.conflict,),
    "genre": lambda e: (e.genre,),
    "intervener": lambda e: (e.intervener,),
    "year": lambda e: (e.year,),
    "tag": lambda e: e.tags,
}


def score_slices(
    gold: Sequence[Example], labels: Sequence[str], scheme: LabelScheme, resampling: Resampling
) -> tuple[list[dict[str, Any]], dict[str, dict[str, int]]]:
    """(slices with at least MIN_SLICE_PAIRS pairs, the largest of a kind first; what is smaller, counted by kind).

    A slice is {kind, value, pairs, articles, groups, accuracy, macro_f1_three_way}, the two metrics as {value, low,
    high} with None as low and high below MIN_GROUPS_FOR_INTERVAL groups. What is smaller is {values, pairs}.
    """
    rows: list[dict[str, Any]] = []
    small: dict[str, dict[str, int]] = {}
    for kind, members in _members(gold).items():
        for value, indices in sorted(members.items(), key=lambda item: (-len(item[1]), item[0])):
            if len(indices) < MIN_SLICE_PAIRS:
                counts = small.setdefault(kind, {"values": 0, "pairs": 0})
                counts["values"] += 1
                counts["pairs"] += len(indices)
                continue
            part = [gold[i] for i in indices]
            scores, _ = score_systems(part, {"system": [labels[i] for i in indices]}, scheme, resampling)
            groups = len({e.group for e in part})
            unknown = {"low": None, "high": None} if groups < MIN_GROUPS_FOR_INTERVAL else {}
            rows.append(
                {
                    "kind": kind,
                    "value": value,
                    "pairs": len(part),
                    "articles": len({e.document for e in part}),
                    "groups": groups,
                    **{metric: scores["system"][metric] | unknown for metric in ("accuracy", "macro_f1_three_way")},
                }
            )
    return rows, small


def score_minimal_pairs(gold: Sequence[Example], labels: Sequence[str]) -> dict[str, int]:
    """{couples, both_right}: of the couples that are whole in the split, those with every member labelled right."""
    couples: dict[str, list[bool]] = {}
    for example, label in zip(gold, labels, strict=True):
        if example.minimal_pair:
            couples.setdefault(example.minimal_pair, []).append(label == example.label)
    whole = [right for right in couples.values() if len(right) > 1]
    return {"couples": len(whole), "both_right": sum(all(right) for right in whole)}


def confident_errors(gold: Sequence[Example], predictions: Sequence[Prediction]) -> list[dict[str, Any]]:
    """The wrong predictions of highest probability, MAX_ERRORS_SHOWN at most, the surest first."""
    wrong = [(_probability(p), p, e) for p, e in zip(predictions, gold, strict=True) if p.label != e.label]
    wrong.sort(key=lambda row: (-row[0], row[2].id))
    return [
        {
            "text": e.text,
            "target": e.target,
            "gold": e.label,
            "predicted": p.label,
            "probability": probability,
            "document": e.document,
            "holder": e.holder,
            "tags": list(e.tags),
        }
        for probability, p, e in wrong[:MAX_ERRORS_SHOWN]
    ]


def _members(gold: Sequence[Example]) -> dict[str, dict[str, list[int]]]:
    found: dict[str, dict[str, list[int]]] = {}
    for kind, values_of in SLICES.items():
        members = found.setdefault(kind, {})
        for i, example in enumerate(gold):
            for value in dict.fromkeys(values_of(example)):
                if value:
                    members.setdefault(value, []).append(i)
    return found


def _probability(prediction: Prediction) -> float:
    # A system may name only the labels that it gives weight to.
    return prediction.probabilities.get(prediction.label, 0.0)
