"""Actor by target: net stance with its interval, its count and the very sentences."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stance.analysis.opinions import Opinion
from stance.bootstrap import Resampling, percentile_interval, resampled_confusions

COUNTED = ("favor", "against", "neutral")


@dataclass(frozen=True)
class Cell:
    """One actor on one target: net = (favor - against) / (favor + against + neutral), from -1 to 1."""

    actor: str
    actor_kind: str
    target: str
    counts: Mapping[str, int]
    net: float
    low: float | None
    """None where one cluster of articles is all there is: no interval can be had."""
    high: float | None
    clusters: int
    evidence: tuple[Opinion, ...]
    """The sentences counted, by document and place."""

    @property
    def n(self) -> int:
        """How many sentences are counted."""
        return sum(self.counts.values())


def matrix(opinions: Sequence[Opinion], by: str = "actor", resampling: Resampling | None = None) -> list[Cell]:
    """The cells, sorted by actor and target; `unrelated` sentences are left out.

    `by` is "actor" or "holder". Neutral sentences count for whoever they are attributed to. Intervals are percentiles
    over resampled clusters of articles that repeat one another. Raises ValueError for another `by`.
    """
    if by not in {"actor", "holder"}:
        raise ValueError(f"by: expected 'actor' or 'holder', got {by!r}")
    resampling = resampling or Resampling()
    groups: defaultdict[tuple[str, str], list[Opinion]] = defaultdict(list)
    for opinion in opinions:
        name = opinion.actor if by == "actor" else opinion.speaker or opinion.holder
        if opinion.label in COUNTED and name is not None:
            groups[name, opinion.target].append(opinion)
    return [_cell(name, target, rows, by, resampling) for (name, target), rows in sorted(groups.items())]


def _cell(name: str, target: str, rows: list[Opinion], by: str, resampling: Resampling) -> Cell:
    rows = sorted(rows, key=lambda o: (o.document, o.start, o.id))
    clusters = list(dict.fromkeys(o.cluster or o.document_id for o in rows))
    tables = np.zeros((len(clusters), len(COUNTED)))
    for o in rows:
        tables[clusters.index(o.cluster or o.document_id), COUNTED.index(o.label)] += 1
    low = high = None
    if len(clusters) > 1:
        drawn = resampled_confusions(tables, resampling)
        low, high = percentile_interval((drawn[:, 0] - drawn[:, 1]) / drawn.sum(axis=1), resampling.confidence)
    favor, against, neutral = (int(v) for v in tables.sum(axis=0))
    kind = (
        Counter(o.actor_kind or "" for o in rows).most_common(1)[0][0] if by == "actor" else rows[0].holder_kind or ""
    )
    counts = {"favor": favor, "against": against, "neutral": neutral}
    return Cell(name, kind, target, counts, (favor - against) / len(rows), low, high, len(clusters), tuple(rows))


def rows_of(cells: Sequence[Cell]) -> list[dict[str, object]]:
    """The cells as plain rows, for CSV and Parquet."""
    return [
        {
            "actor": c.actor,
            "actor_kind": c.actor_kind,
            "target": c.target,
            **c.counts,
            "n": c.n,
            "net": c.net,
            "low": c.low,
            "high": c.high,
            "clusters": c.clusters,
            "evidence": " ".join(o.id for o in c.evidence),
        }
        for c in cells
    ]
