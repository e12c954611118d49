"""Opinions, gold labels and events -> findings.json: every figure with its interval and the sentences behind it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stance.analysis.groups import group_of, sentence_of
from stance.analysis.how_much import GroupShares, Rows, by_group, overall
from stance.analysis.opinions import Opinion
from stance.analysis.periods import Event
from stance.analysis.quantification import classical
from stance.analysis.shares import difference, net, shares
from stance.analysis.timeline import panels
from stance.analysis.wishes import Wishes
from stance.labels import LabelScheme

ALL = "all articles"


def make_findings(
    opinions: Sequence[Opinion],
    rows: Rows,
    scheme: LabelScheme,
    events: Sequence[Event],
    wishes: Wishes,
    trained_on: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """All estimates and their evidence as plain data; `rows` are the opinions in the same order.

    `trained_on` has the labels' shares among the training pairs, where known.
    """
    polar = (scheme.index(scheme.polar[0]), scheme.index(scheme.polar[1]))
    describe = _Describer(rows, scheme, polar, wishes)
    everything = overall(rows, ALL, wishes.confidence, wishes.min_gold)
    kinds = {kind: _kind(kind, opinions, rows, describe, wishes) for kind in wishes.groups}
    timeline = panels(opinions, rows, events, polar, wishes, describe)
    whole = describe(everything, "all", "all-0", np.ones(len(opinions), dtype=bool))
    groups = [whole, *(g for kind in kinds.values() for g in kind["groups"])]
    groups += [point for panel in timeline["panels"] for point in panel["points"]]
    shown = sorted({number for group in groups for number in group["evidence"]})
    return {
        "labels": list(scheme.names),
        "polar": list(scheme.polar),
        "confidence": wishes.confidence,
        "min_gold": wishes.min_gold,
        "min_rows": wishes.min_rows,
        "opinions": len(opinions),
        "articles": len({opinion.document_id for opinion in opinions}),
        "stories": len(np.unique(rows.clusters)),
        "overall": whole,
        "groups": kinds,
        "timeline": timeline,
        "classical": _classical(rows, scheme, trained_on),
        "classifier": _classifier(rows, scheme, wishes.confidence),
        "claims": _claims([g for g in groups if g is not whole], whole),
        "evidence": [sentence_of(opinions[n], n, _gold_label(rows, n, scheme)) for n in shown],
    }


class _Describer:
    """Estimates of a group as plain data."""

    def __init__(self, rows: Rows, scheme: LabelScheme, polar: tuple[int, int], wishes: Wishes) -> None:
        self.polar = polar
        self._rows, self._scheme, self._wishes = rows, scheme, wishes

    def __call__(self, group: GroupShares, kind: str, anchor: str, chosen: np.ndarray) -> dict[str, Any]:
        lean = self._rows.probabilities[:, self.polar[0]] - self._rows.probabilities[:, self.polar[1]]
        places = np.flatnonzero(chosen)
        strongest = places[np.argsort(-np.abs(lean[places]), kind="stable")][: self._wishes.evidence]
        answers = self._rows.answers[chosen].argmax(axis=1)
        counts = Counter(self._scheme.names[a] for a in answers)
        return {
            "kind": kind,
            "name": group.name,
            "anchor": anchor,
            "rows": group.rows,
            "articles": group.articles,
            "gold": group.gold,
            "correction": group.correction,
            "power": group.fitted.power,
            "labels": {
                name: {
                    "value": float(np.clip(group.fitted.values[k], 0, 1)),
                    "low": float(group.intervals[k, 0]),
                    "high": float(group.intervals[k, 1]),
                    "answers": counts[name],
                    "counted": float(group.counted[k]),
                    "counted_low": float(max(0.0, group.counted_intervals[k, 0])),
                    "counted_high": float(min(1.0, group.counted_intervals[k, 1])),
                }
                for k, name in enumerate(self._scheme.names)
            },
            "net": group.net(self.polar, self._wishes.confidence),
            "counted_net": float(group.counted[self.polar[0]] - group.counted[self.polar[1]]),
            "need": None if group.need is None else vars(group.need),
            "evidence": [int(n) for n in strongest],
        }


def _kind(kind: str, opinions: Sequence[Opinion], rows: Rows, describe: _Describer, wishes: Wishes) -> dict[str, Any]:
    """The groups of one kind, the largest first; the small ones are counted, not shown."""
    names = [group_of(opinion, kind) for opinion in opinions]
    sizes = Counter(name for name in names if name is not None)
    large = [name for name, size in sizes.most_common() if size >= wishes.min_rows][: wishes.max_groups]
    kept = set(large)
    found = by_group(rows, [name if name in kept else None for name in names], wishes.confidence, wishes.min_gold)
    described = []
    for number, name in enumerate(large):
        chosen = np.array([other == name for other in names])
        group = describe(found[name], kind, f"{kind}-{number}", chosen)
        group["rest"] = _against_rest(rows, chosen, found[name], describe, wishes)
        described.append(group)
    return {
        "groups": described,
        "small": {"groups": len(sizes) - len(large), "rows": sum(sizes.values()) - sum(sizes[n] for n in large)},
        "unknown": sum(name is None for name in names),
    }


def _against_rest(
    rows: Rows, chosen: np.ndarray, group: GroupShares, describe: _Describer, wishes: Wishes
) -> dict[str, float] | None:
    """Net stance minus that of all other groups; only where both have gold labels of their own."""
    if group.correction != "own" or chosen.all():
        return None
    rest = by_group(rows, [None if inside else "rest" for inside in chosen], wishes.confidence, wishes.min_gold)["rest"]
    if rest.correction != "own":
        return None
    return net(difference(group.fitted, rest.fitted), describe.polar, wishes.confidence, limit=2)


def _classical(rows: Rows, scheme: LabelScheme, trained_on: Mapping[str, float] | None) -> dict[str, dict[str, float]]:
    prior = None if trained_on is None else np.array([trained_on[name] for name in scheme.names])
    weights = np.where(rows.has_gold, 1 / np.where(rows.has_gold, rows.inclusion, 1), 0)
    found = classical(rows.probabilities, rows.gold, rows.has_gold, weights, prior)
    return {method: dict(zip(scheme.names, map(float, values), strict=True)) for method, values in found.items()}


def _classifier(rows: Rows, scheme: LabelScheme, confidence: float) -> dict[str, Any] | None:
    """How often the classifier is right, and what it takes for what, on the gold labels; None without any."""
    sample = rows.sample()
    if sample.gold_clusters < 2:
        return None
    right = (rows.answers * rows.gold).sum(axis=1, keepdims=True)
    fitted = shares(sample, right, np.zeros_like(right), 0.0)
    low, high = np.clip(fitted.intervals(confidence)[0], 0, 1)
    table = rows.gold[rows.has_gold].T @ rows.answers[rows.has_gold]
    return {
        "gold": int(rows.has_gold.sum()),
        "accuracy": {"value": float(fitted.values[0]), "low": float(low), "high": float(high)},
        "confusion": table.astype(int).tolist(),
        "labels": list(scheme.names),
    }


def _claims(groups: Sequence[Mapping[str, Any]], whole: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Groups whose interval excludes zero, in the order of the groups, and the side that they lean to."""
    claims = []
    for group in [whole, *groups]:
        net = group["net"]
        if net["low"] <= 0 <= net["high"] or group["correction"] == "none":
            continue
        claims.append({"anchor": group["anchor"], "side": 0 if net["low"] > 0 else 1})
    return claims


def _gold_label(rows: Rows, number: int, scheme: LabelScheme) -> str | None:
    return scheme.names[int(rows.gold[number].argmax())] if rows.has_gold[number] else None
