"""Each annotator: against the others (the ceiling for a model), over time, confusion and ability, who stands out."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from stance.bootstrap import Resampling
from stance.labeling.agreement import Unit, interval, mutual_macro_f1, raw_agreement
from stance.labeling.label_models import count_ballots, dawid_skene
from stance.labels import LabelScheme
from stance.records import Gold, Vote

Array = np.ndarray

MAX_PERIODS = 6
MIN_VOTES_A_PERIOD = 20
MIN_UNITS_TO_ACCUSE = 20
"""Below so many shared pairs nobody is called suspicious."""


def people_units(gold: Iterable[Gold], article: Mapping[str, str]) -> list[Unit]:
    """The pairs that at least two people answered, adjudicated answers left out; `article` has each pair's group."""
    units: list[Unit] = []
    for row in gold:
        labels = {v.labeler: v.label for v in row.votes if v.kind == "human" and v.label is not None}
        if len(labels) > 1:
            units.append(Unit(labels, article[row.pair_id]))
    return units


def annotator_rows(units: Sequence[Unit], scheme: LabelScheme, resampling: Resampling) -> list[dict[str, Any]]:
    """One row an annotator, the least agreeing first: {annotator, units, macro_f1, raw, suspicious, confusion}.

    `macro_f1` and `raw` compare with all other annotators of the same pairs, who weigh 1 together on each pair.
    `suspicious` when the interval of `raw` lies below that of all others among themselves.
    """
    names = sorted({name for unit in units for name in unit.labels})
    rows = []
    for name in names:
        own, others = against_others(name, units, scheme)
        raw = interval(raw_agreement, own, resampling)
        row: dict[str, Any] = {"annotator": name, "units": round(float(own.sum())), "raw": raw}
        row["macro_f1"] = interval(mutual_macro_f1, own, resampling)
        row["confusion"] = own.sum(axis=0).round(2).tolist()
        enough = others.sum() > 0 and row["units"] >= MIN_UNITS_TO_ACCUSE
        row["suspicious"] = bool(enough and raw["high"] < interval(raw_agreement, others, resampling)["low"])
        rows.append(row)
    return sorted(rows, key=lambda row: row["raw"]["value"])


def against_others(name: str, units: Sequence[Unit], scheme: LabelScheme) -> tuple[Array, Array]:
    """(own, others), each (groups, labels, labels): `name` against the rest, and the rest among themselves."""
    groups = {group: i for i, group in enumerate(dict.fromkeys(unit.group for unit in units))}
    own = np.zeros((len(groups), len(scheme.names), len(scheme.names)))
    others = np.zeros_like(own)
    for unit in units:
        rest = [scheme.index(label) for who, label in unit.labels.items() if who != name]
        place = groups[unit.group]
        if name in unit.labels:
            for other in rest:
                own[place, scheme.index(unit.labels[name]), other] += 1 / len(rest)
        for i, first in enumerate(rest):
            for second in rest[i + 1 :]:
                others[place, first, second] += 0.5
                others[place, second, first] += 0.5
    return own, others


def abilities(votes: Iterable[Vote], scheme: LabelScheme) -> list[dict[str, Any]]:
    """By Dawid and Skene's model: {annotator, votes, accuracy, confusion: true -> said -> probability}."""
    ballots = count_ballots(votes, scheme)
    if not len(ballots.items):
        return []
    fit = dawid_skene(ballots)
    counts = np.bincount(ballots.sources, minlength=len(ballots.source_names))
    return [
        {
            "annotator": name,
            "votes": int(counts[i]),
            "accuracy": float(fit.accuracy[i]),
            "confusion": {
                true: dict(zip(scheme.names, fit.confusion[i, t].tolist(), strict=True))
                for t, true in enumerate(scheme.names)
            },
        }
        for i, name in enumerate(ballots.source_names)
    ]


def over_time(gold: Iterable[Gold]) -> list[dict[str, Any]]:
    """Agreement by when votes were cast, in up to six equal parts: {first, last, votes, agreement}.

    `agreement` is the share of other people's answers to the same pair that a vote agrees with. Undated votes are left
    out.
    """
    dated: list[tuple[str, float]] = []
    for row in gold:
        cast = [v for v in row.votes if v.kind == "human" and v.label is not None]
        for vote in cast:
            rest = [other.label == vote.label for other in cast if other.labeler != vote.labeler]
            if rest and vote.created:
                dated.append((vote.created, sum(rest) / len(rest)))
    dated.sort()
    parts = min(MAX_PERIODS, len(dated) // MIN_VOTES_A_PERIOD)
    edges = np.linspace(0, len(dated), parts + 1).astype(int).tolist() if parts else []
    periods = [dated[start:end] for start, end in pairwise(edges)]
    return [
        {
            "first": period[0][0],
            "last": period[-1][0],
            "votes": len(period),
            "agreement": float(np.mean([share for _, share in period])),
        }
        for period in periods
    ]
